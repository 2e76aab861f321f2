/* The running simulator: the keys as this process sees them, and the configuration in force. */
#ifndef KEYSIM_SIM_H
#define KEYSIM_SIM_H

#include "config.h"
#include "handles.h"
#include "state.h"

/* A key as this process sees it. */
struct ks_key {
  char name[KS_NAME_MAX];
  bool bound; /* a token of the backing module stands behind it */
  CK_SLOT_ID backing;
  bool initialised;
  char serial[17], label[33]; /* of the backing token */
  unsigned long slot;         /* the number that programs see */
  unsigned epoch;
  bool admitted; /* seen at C_Initialize; matters to drivers that look only then */
  bool visible;  /* in its slot, for this process */
  bool event;    /* C_WaitForSlotEvent has yet to tell */
  unsigned dying; /* sessions of a pulled key that still have a call in the backing module */
  unsigned sessions;
  bool logged_in;
  bool robbed; /* another program has ended this one's login, which does not know yet */
  CK_USER_TYPE user;
  intptr_t exclusive; /* lock between programs, -1 without */
};

struct ks_sim {
  bool configured;
  bool initialised;
  unsigned run; /* grows with each C_Initialize and C_Finalize: long waits end when it does */
  CK_FUNCTION_LIST *backing;
  char backing_path[KS_PATH_MAX];
  char folder[KS_PATH_MAX]; /* of the configuration */
  char config_path[KS_PATH_MAX];
  struct ks_config base; /* the file */
  struct ks_config live; /* and what was set since */
  unsigned key_count;
  struct ks_key keys[KS_MAX_KEYS];
};

extern struct ks_sim ks_sim;

/* Says what is wrong on the standard error stream and in `<configuration>.error`. */
void ks_complain(const char *reason);

/* Finds and reads the configuration and opens the state. False: complained. */
bool ks_sim_configure(void);
/* The same from a given file; relative paths in it start at its folder. */
bool ks_sim_configure_from(const char *path, char *error);

/*
 * Takes over what other processes, the control socket and the control file have changed, and lets keys appear and die
 * accordingly. False when the state can't be read.
 */
bool ks_sim_refresh(void);
/* Makes the configuration in force anew from file and live settings; after changes between begin and commit. */
void ks_sim_rebuild(void);

/* Applies a control file's text: it replaces all live settings. Between begin and commit. False with a reason. */
bool ks_sim_apply_control(const char *text, size_t length, char *error);
/* Sets one live setting after trying it on a copy. Between begin and commit. */
bool ks_sim_set_live(const char *section, const char *setting, const char *value, char *error);

/* The configuration as it would be with the live settings made since `begin`. Good until the next call here. */
const struct ks_config *ks_sim_preview(void);

#endif
