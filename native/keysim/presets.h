/* Named bundles of settings, as text in the configuration's own format. */
#ifndef KEYSIM_PRESETS_H
#define KEYSIM_PRESETS_H

#include <stddef.h>

struct ks_preset {
  const char *name;
  const char *const *lines; /* "setting = value", NULL at the end */
};

/* NULL for a name that is none. `presets`: identity and manners of makers; `styles`: what a pulled key is told with;
   `speeds`: times of functions. */
const char *const *ks_preset(const char *name);
const char *const *ks_style(const char *name);
const char *const *ks_speed(const char *name);

#endif
