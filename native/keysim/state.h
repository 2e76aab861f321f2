/*
 * What outlives a process and is shared between processes: retry counters, live settings (text, in a file that is
 * replaced whole, under a file lock) and the counts of calls (shared memory).
 *
 * The module's lock (plat_lock) is held by whoever calls these.
 */
#ifndef KEYSIM_STATE_H
#define KEYSIM_STATE_H

#include <stdatomic.h>

#include "config.h"
#include "platform.h"

enum { KS_MAX_COUNTERS = 128, KS_MAX_LIVE = 512, KS_LIVE_VALUE = 256 };

struct ks_counters {
  char name[KS_NAME_MAX];
  unsigned user_failures, so_failures;
  unsigned epoch;                           /* grows each time the key is pulled or plugged in */
  unsigned user_must_change, so_must_change; /* 0: as configured, 1: no, 2: yes */
  char serial[17];                          /* of the token that a key with `token = free` has taken */
};

/* A setting made live; in force until it is made anew or cleared. */
struct ks_live {
  char section[KS_SECTION_MAX], setting[KS_SETTING_MAX], value[KS_LIVE_VALUE];
};

struct ks_state {
  unsigned counter_count;
  struct ks_counters counters[KS_MAX_COUNTERS];
  unsigned live_count;
  struct ks_live live[KS_MAX_LIVE];
  char config_seen[KS_STAMP_MAX], control_seen[KS_STAMP_MAX];
};

/* Opens the files that the configuration names. False with a reason. */
bool ks_state_open(const struct ks_config *config, char *error);
void ks_state_close(void);

/* What was read last. */
struct ks_state *ks_state(void);
/* Reads again if another process or thread has written. 1: something new, 0: nothing, -1: can't be read. */
int ks_state_refresh(void);

/* Takes the lock between processes and reads. After that: commit or cancel. */
bool ks_state_begin(void);
bool ks_state_commit(void);
void ks_state_cancel(void);

/*
 * Holds the lock between processes and nothing else; not between begin and commit. SoftHSM empties a token's file before
 * it writes it anew: a process that looks at tokens then would find one missing.
 */
intptr_t ks_state_hold(void);
void ks_state_release(intptr_t held);

/* The counters of that key, made when there are none; NULL when there is no room. */
struct ks_counters *ks_state_counters(const char *key);

/* Sets a live setting in place of one of the same name. False when there is no room. */
bool ks_state_set(const char *section, const char *setting, const char *value);
/* Forgets the live settings of a section; NULL: all. The number forgotten. */
unsigned ks_state_forget(const char *section);

/* Counts a call; `total` gets its number among all calls. The number among calls of that function. */
uint64_t ks_calls_add(enum ks_function function, uint64_t *total);
/* The present count; -1: of all calls. */
uint64_t ks_calls_count(int function);
void ks_calls_reset(void);

#endif
