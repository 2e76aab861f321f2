#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

struct shared {
  _Atomic uint64_t generation; /* of the state file */
  _Atomic uint64_t total;
  _Atomic uint64_t calls[KS_FUNCTIONS];
};

enum { ROOM = (KS_MAX_LIVE + KS_MAX_COUNTERS) * 512 };

static struct ks_state state;
static struct shared *shared;
static uint64_t seen;
static bool readable;
static intptr_t lock = -1;
static char state_path[KS_PATH_MAX], lock_path[KS_PATH_MAX + 8];

struct ks_state *ks_state(void) { return &state; }

bool ks_state_open(const struct ks_config *config, char *error) {
  ks_state_close();
  (void)ks_copy(state_path, sizeof state_path, config->state);
  (void)snprintf(lock_path, sizeof lock_path, "%s.lock", config->state);
  shared = plat_share(config->calls, sizeof *shared);
  if (shared == NULL) {
    (void)snprintf(error, KS_ERROR_MAX, "%.200s can't be written", config->calls);
    return false;
  }
  seen = UINT64_MAX;
  if (ks_state_refresh() >= 0) return true;
  (void)snprintf(error, KS_ERROR_MAX, "%.200s can't be read", state_path);
  return false;
}

void ks_state_close(void) {
  if (shared != NULL) plat_unshare(shared, sizeof *shared);
  shared = NULL;
}

struct ks_counters *ks_state_counters(const char *key) {
  for (unsigned i = 0; i < state.counter_count; i++)
    if (strcmp(state.counters[i].name, key) == 0) return &state.counters[i];
  if (state.counter_count == KS_MAX_COUNTERS) return NULL;
  struct ks_counters *counters = &state.counters[state.counter_count];
  memset(counters, 0, sizeof *counters);
  if (!ks_copy(counters->name, sizeof counters->name, key)) return NULL;
  state.counter_count++;
  return counters;
}

bool ks_state_set(const char *section, const char *setting, const char *value) {
  unsigned at = 0;
  while (at < state.live_count &&
         (strcmp(state.live[at].section, section) != 0 || strcmp(state.live[at].setting, setting) != 0))
    at++;
  if (at < state.live_count) {
    /* To the end: the order of lines matters to bundles such as `preset`. */
    memmove(&state.live[at], &state.live[at + 1], (state.live_count - at - 1) * sizeof *state.live);
    state.live_count--;
  }
  if (state.live_count == KS_MAX_LIVE) return false;
  struct ks_live *live = &state.live[state.live_count];
  if (!ks_copy(live->section, sizeof live->section, section) || !ks_copy(live->setting, sizeof live->setting, setting) ||
      !ks_copy(live->value, sizeof live->value, value))
    return false;
  state.live_count++;
  return true;
}

unsigned ks_state_forget(const char *section) {
  unsigned kept = 0, before = state.live_count;
  for (unsigned i = 0; i < before; i++) {
    if (section == NULL || strcmp(state.live[i].section, section) == 0) continue;
    if (kept != i) state.live[kept] = state.live[i];
    kept++;
  }
  state.live_count = kept;
  return before - kept;
}

static bool read_counter(struct ks_counters *counters, const char *setting, const char *value) {
  unsigned long long number;
  if (strcmp(setting, "serial") == 0) return ks_copy(counters->serial, sizeof counters->serial, value);
  if (!ks_parse_number(value, UINT32_MAX, &number)) return false;
  if (strcmp(setting, "user-failures") == 0) counters->user_failures = (unsigned)number;
  else if (strcmp(setting, "so-failures") == 0) counters->so_failures = (unsigned)number;
  else if (strcmp(setting, "epoch") == 0) counters->epoch = (unsigned)number;
  else if (strcmp(setting, "user-must-change") == 0) counters->user_must_change = (unsigned)number;
  else if (strcmp(setting, "so-must-change") == 0) counters->so_must_change = (unsigned)number;
  else return false;
  return true;
}

static bool read_line(void *context, const char *section, const char *setting, const char *value, char *error) {
  bool done = false;
  (void)context;
  if (setting == NULL) return true;
  if (strncmp(section, "counters ", 9) == 0) {
    struct ks_counters *counters = ks_state_counters(section + 9);
    done = counters != NULL && read_counter(counters, setting, value);
  } else if (strcmp(section, "live") == 0) {
    done = ks_state_set("", setting, value);
  } else if (strncmp(section, "live ", 5) == 0) {
    done = ks_state_set(section + 5, setting, value);
  } else if (strcmp(setting, "config-seen") == 0) {
    done = ks_copy(state.config_seen, sizeof state.config_seen, value);
  } else if (strcmp(setting, "control-seen") == 0) {
    done = ks_copy(state.control_seen, sizeof state.control_seen, value);
  }
  if (!done) (void)snprintf(error, KS_ERROR_MAX, "not part of a state: %.48s", setting);
  return done;
}

int ks_state_refresh(void) {
  char error[KS_ERROR_MAX];
  char stamp[KS_STAMP_MAX];
  size_t length;
  uint64_t generation = atomic_load(&shared->generation);
  if (generation == seen) return readable ? 0 : -1;
  seen = generation;
  memset(&state, 0, sizeof state);
  (void)ks_copy(state.control_seen, sizeof state.control_seen, "none");
  char *text = plat_read_file(state_path, ROOM, &length);
  if (text == NULL) {
    plat_file_stamp(state_path, stamp);
    readable = strcmp(stamp, "none") == 0;
    return readable ? 1 : -1;
  }
  readable = ks_ini_parse(text, length, read_line, NULL, error);
  if (!readable) (void)fprintf(stderr, "keysim: %s: %s\n", state_path, error);
  free(text);
  return readable ? 1 : -1;
}

bool ks_state_begin(void) {
  if (shared == NULL) return false;
  lock = plat_file_lock(lock_path, true);
  if (lock < 0) return false;
  if (ks_state_refresh() >= 0) return true;
  ks_state_cancel();
  return false;
}

void ks_state_cancel(void) {
  plat_file_unlock(lock);
  lock = -1;
  seen = UINT64_MAX; /* what was changed in memory is not kept */
}

intptr_t ks_state_hold(void) { return plat_file_lock(lock_path, true); }
void ks_state_release(intptr_t held) { plat_file_unlock(held); }

struct writing {
  char *text;
  size_t length;
};

static void put(struct writing *writing, const char *one, const char *two, const char *three, const char *four) {
  int length = snprintf(writing->text + writing->length, ROOM - writing->length, "%s%s%s%s", one, two, three, four);
  if (length > 0) writing->length += (size_t)length;
  if (writing->length >= ROOM) writing->length = ROOM - 1;
}

static void put_setting(struct writing *writing, const char *name, const char *value) {
  put(writing, name, " = ", value, "\n");
}

static void put_number(struct writing *writing, const char *name, unsigned number) {
  char value[16];
  if (number == 0) return;
  (void)snprintf(value, sizeof value, "%u", number);
  put_setting(writing, name, value);
}

static void put_state(struct writing *writing) {
  put(writing, "# written by the key simulator; ", "not meant to be edited while a program uses it\n", "[state]\n", "");
  put_setting(writing, "config-seen", state.config_seen);
  put_setting(writing, "control-seen", state.control_seen);
  for (unsigned i = 0; i < state.counter_count; i++) {
    const struct ks_counters *counters = &state.counters[i];
    put(writing, "[counters ", counters->name, "]\n", "");
    put_number(writing, "user-failures", counters->user_failures);
    put_number(writing, "so-failures", counters->so_failures);
    put_number(writing, "epoch", counters->epoch);
    put_number(writing, "user-must-change", counters->user_must_change);
    put_number(writing, "so-must-change", counters->so_must_change);
    if (counters->serial[0] != '\0') put_setting(writing, "serial", counters->serial);
  }
  for (unsigned i = 0; i < state.live_count; i++) {
    const struct ks_live *live = &state.live[i];
    put(writing, live->section[0] == '\0' ? "[live" : "[live ", live->section, "]\n", "");
    put_setting(writing, live->setting, live->value);
  }
}

bool ks_state_commit(void) {
  struct writing writing = {malloc(ROOM), 0};
  bool done = false;
  if (writing.text != NULL) {
    put_state(&writing);
    done = plat_write_file(state_path, writing.text, writing.length);
    free(writing.text);
  }
  if (!done) {
    (void)fprintf(stderr, "keysim: %s can't be written\n", state_path);
    ks_state_cancel();
    return false;
  }
  seen = atomic_fetch_add(&shared->generation, 1) + 1;
  plat_file_unlock(lock);
  lock = -1;
  return true;
}

uint64_t ks_calls_add(enum ks_function function, uint64_t *total) {
  *total = atomic_fetch_add(&shared->total, 1) + 1;
  return atomic_fetch_add(&shared->calls[function], 1) + 1;
}

uint64_t ks_calls_count(int function) {
  if (shared == NULL) return 0;
  return atomic_load(function < 0 ? &shared->total : &shared->calls[function]);
}

void ks_calls_reset(void) {
  atomic_store(&shared->total, 0);
  for (int i = 0; i < (int)KS_FUNCTIONS; i++) atomic_store(&shared->calls[i], 0);
}
