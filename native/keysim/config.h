/* The simulator's settings: what the configuration, the control file and the control socket can say. */
#ifndef KEYSIM_CONFIG_H
#define KEYSIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "ini.h"
#include "pkcs11.h"

enum { KS_MAX_KEYS = 64, KS_MAX_FAULTS = 64, KS_NAME_MAX = 65, KS_PATH_MAX = 1024, KS_MAX_MECHANISMS = 64, KS_MAX_PIN = 256 };

enum ks_pin_characters { KS_PIN_ANY, KS_PIN_DIGITS, KS_PIN_ALPHANUMERIC, KS_PIN_MIXED };
enum ks_pad_answer { KS_PAD_PIN, KS_PAD_CANCEL, KS_PAD_TIMEOUT };
enum ks_curve { KS_CURVE_P256 = 1, KS_CURVE_P384 = 2, KS_CURVE_P521 = 4 };

/* Milliseconds; the time of one call lies between the two. */
struct ks_latency {
  uint32_t least, most;
};

/* The settings of one key. */
struct ks_key_settings {
  char name[KS_NAME_MAX];
  char token[128]; /* what it stands for: "serial:...", "label:...", "free", or one of the first two without prefix */

  /* presence */
  bool present;
  bool slot_set;
  bool slot_gone; /* a pulled key takes its slot along */
  bool removable;
  unsigned long slot;
  CK_RV pulled_session, pulled_during, pulled_slot;

  /* PIN */
  unsigned user_tries, so_tries;
  unsigned count_low; /* COUNT_LOW when fewer tries are left than this; 0: from the first wrong one */
  CK_RV last_wrong;   /* what the wrong PIN that locks is answered with */
  bool to_be_changed, so_to_be_changed, init_pin_to_be_changed, expired_blocks;
  bool flags_lie, login_not_required;
  unsigned pin_min, pin_max; /* 0: the token's own */
  unsigned pin_characters;
  bool pin_pad;
  unsigned pad_answer;
  unsigned pad_ms;
  char pad_pin[KS_MAX_PIN], pad_new_pin[KS_MAX_PIN], pad_so_pin[KS_MAX_PIN];

  /* limits */
  unsigned long memory;   /* bytes for token objects; 0: as the token */
  unsigned long max_data; /* bytes of CKA_VALUE of a data object; 0: as the token */
  unsigned max_sessions;  /* 0: as the token */
  bool exclusive;         /* one program at a time */
  CK_RV exclusive_error;
  unsigned without_curves;
  unsigned mechanism_count;
  CK_MECHANISM_TYPE without_mechanisms[KS_MAX_MECHANISMS];

  /* identity; empty: as the token */
  char manufacturer[33], model[17], serial[17], slot_description[65];
  bool hardware_set, firmware_set;
  CK_VERSION hardware, firmware;

  struct ks_latency latency[KS_FUNCTIONS];
};

enum ks_effect {
  KS_EFFECT_ERROR,
  KS_EFFECT_HANG,
  KS_EFFECT_DELAY,
  KS_EFFECT_ABORT,
  KS_EFFECT_SEGV,
  KS_EFFECT_WRONG_LENGTH,
  KS_EFFECT_BUFFER_TOO_SMALL,
  KS_EFFECT_LABEL_GARBAGE,
  KS_EFFECT_LABEL_NOT_UTF8,
  KS_EFFECT_LOGOUT,
  KS_EFFECT_PULL
};

struct ks_fault {
  char name[KS_NAME_MAX];
  char key[KS_NAME_MAX]; /* empty: any key, and calls without one */
  int function;          /* -1: any */
  uint64_t at;           /* the n-th such call, from 1 */
  uint64_t times;        /* how many calls from there on; 0: all */
  bool off;
  bool probable;         /* then `probability` decides instead of `at` */
  double probability;
  uint64_t seed;
  unsigned effect;
  bool after; /* the token has done its work by then */
  CK_RV error;
  unsigned ms;
  bool relative; /* `length` is added to the true one */
  long length;
  uint64_t base; /* what the call counter stood at when the fault was set */
};

struct ks_config {
  char module[KS_PATH_MAX], state[KS_PATH_MAX], calls[KS_PATH_MAX], control_file[KS_PATH_MAX],
      control_socket[KS_PATH_MAX], trace[KS_PATH_MAX];
  char library_manufacturer[33], library_description[33];
  bool needs_reinitialise;
  bool all_tokens; /* every token that no key section names is a key too */
  bool stated_keys;
  uint64_t seed;
  uint8_t without_functions[KS_FUNCTIONS];
  struct ks_key_settings defaults;
  struct ks_key_settings others; /* `[key *]` */
  unsigned key_count;
  struct ks_key_settings keys[KS_MAX_KEYS];
  unsigned fault_count;
  unsigned unnamed_faults;
  int current_fault;
  struct ks_fault faults[KS_MAX_FAULTS];
};

/* A configuration in which nothing is said. */
void ks_config_init(struct ks_config *config);

/*
 * Applies one line, as ks_ini_line does. `section`: "", "key NAME", "key *", "fault", "fault NAME". A key setting in
 * section "" holds for all keys.
 */
bool ks_config_apply(struct ks_config *config, const char *section, const char *setting, const char *value, char *error);

/* Applies a whole text. */
bool ks_config_parse(struct ks_config *config, const char *text, size_t length, char *error);

/* The section of that name; else, where all tokens are keys, the settings for those not named; else NULL. */
const struct ks_key_settings *ks_config_key(const struct ks_config *config, const char *name);

/* 1 to 64 bytes without blanks, brackets, '=' and control characters. */
bool ks_name_ok(const char *name);

#endif
