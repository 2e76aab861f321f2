/* The tables of single settings: name, kind of value, place. */
#ifndef KEYSIM_SETTINGS_H
#define KEYSIM_SETTINGS_H

#include "config.h"

/* Each sets one value, or returns false with a reason in `error` (KS_ERROR_MAX bytes). */
bool ks_setting_is_global(const char *setting);
bool ks_setting_global(struct ks_config *config, const char *setting, const char *value, char *error);
bool ks_setting_key(struct ks_key_settings *key, const char *setting, const char *value, char *error);
bool ks_setting_fault(struct ks_fault *fault, const char *setting, const char *value, char *error);

#endif
