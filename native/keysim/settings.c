#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum kind { FLAG, WORD, NUMBER, LONG_NUMBER, WIDE_NUMBER, TEXT, CODE };

struct word {
  const char *text;
  unsigned value;
};

struct setting {
  const char *name;
  enum kind kind;
  size_t offset;
  unsigned long long limit; /* TEXT: size of the field; numbers: the highest */
  const struct word *words; /* FLAG and WORD; ends with a NULL text */
};

static const struct word yes_no[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};
static const struct word honesty[] = {{"honest", 0}, {"lie", 1}, {NULL, 0}};
static const struct word login_flag[] = {{"shown", 0}, {"hidden", 1}, {NULL, 0}};
static const struct word characters[] = {
    {"any", KS_PIN_ANY}, {"digits", KS_PIN_DIGITS}, {"alphanumeric", KS_PIN_ALPHANUMERIC}, {"mixed", KS_PIN_MIXED}, {NULL, 0}};
static const struct word pad_answers[] = {{"pin", KS_PAD_PIN}, {"cancel", KS_PAD_CANCEL}, {"timeout", KS_PAD_TIMEOUT}, {NULL, 0}};
static const struct word moments[] = {{"before", 0}, {"after", 1}, {NULL, 0}};
static const struct word effects[] = {{"error", KS_EFFECT_ERROR},
                                      {"hang", KS_EFFECT_HANG},
                                      {"delay", KS_EFFECT_DELAY},
                                      {"abort", KS_EFFECT_ABORT},
                                      {"segv", KS_EFFECT_SEGV},
                                      {"wrong-length", KS_EFFECT_WRONG_LENGTH},
                                      {"buffer-too-small", KS_EFFECT_BUFFER_TOO_SMALL},
                                      {"label-garbage", KS_EFFECT_LABEL_GARBAGE},
                                      {"label-not-utf8", KS_EFFECT_LABEL_NOT_UTF8},
                                      {"logout", KS_EFFECT_LOGOUT},
                                      {"pull", KS_EFFECT_PULL},
                                      {NULL, 0}};

#define IN(type, field) offsetof(struct type, field)
#define TEXT_IN(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field), NULL
#define G(field) IN(ks_config, field)
#define K(field) IN(ks_key_settings, field)
#define F(field) IN(ks_fault, field)

static const struct setting globals[] = {
    {"module", TEXT, TEXT_IN(ks_config, module)},
    {"state", TEXT, TEXT_IN(ks_config, state)},
    {"calls", TEXT, TEXT_IN(ks_config, calls)},
    {"control-file", TEXT, TEXT_IN(ks_config, control_file)},
    {"control-socket", TEXT, TEXT_IN(ks_config, control_socket)},
    {"trace", TEXT, TEXT_IN(ks_config, trace)},
    {"library-manufacturer", TEXT, TEXT_IN(ks_config, library_manufacturer)},
    {"library-description", TEXT, TEXT_IN(ks_config, library_description)},
    {"needs-reinitialise", FLAG, G(needs_reinitialise), 0, yes_no},
    {"seed", WIDE_NUMBER, G(seed), UINT64_MAX, NULL},
};

static const struct setting key_settings[] = {
    {"token", TEXT, TEXT_IN(ks_key_settings, token)},
    {"present", FLAG, K(present), 0, yes_no},
    {"pulled-slot-gone", FLAG, K(slot_gone), 0, yes_no},
    {"removable", FLAG, K(removable), 0, yes_no},
    {"pulled-session", CODE, K(pulled_session), 0, NULL},
    {"pulled-during", CODE, K(pulled_during), 0, NULL},
    {"pulled-slot", CODE, K(pulled_slot), 0, NULL},
    {"user-tries", NUMBER, K(user_tries), 255, NULL},
    {"so-tries", NUMBER, K(so_tries), 255, NULL},
    {"count-low", NUMBER, K(count_low), 255, NULL},
    {"last-wrong", CODE, K(last_wrong), 0, NULL},
    {"to-be-changed", FLAG, K(to_be_changed), 0, yes_no},
    {"so-to-be-changed", FLAG, K(so_to_be_changed), 0, yes_no},
    {"init-pin-to-be-changed", FLAG, K(init_pin_to_be_changed), 0, yes_no},
    {"expired-blocks", FLAG, K(expired_blocks), 0, yes_no},
    {"flags", FLAG, K(flags_lie), 0, honesty},
    {"login-required", FLAG, K(login_not_required), 0, login_flag},
    {"pin-min", NUMBER, K(pin_min), KS_MAX_PIN, NULL},
    {"pin-max", NUMBER, K(pin_max), KS_MAX_PIN, NULL},
    {"pin-characters", WORD, K(pin_characters), 0, characters},
    {"pin-pad", FLAG, K(pin_pad), 0, yes_no},
    {"pad-answer", WORD, K(pad_answer), 0, pad_answers},
    {"pad-ms", NUMBER, K(pad_ms), 600000, NULL},
    {"pad-pin", TEXT, TEXT_IN(ks_key_settings, pad_pin)},
    {"pad-new-pin", TEXT, TEXT_IN(ks_key_settings, pad_new_pin)},
    {"pad-so-pin", TEXT, TEXT_IN(ks_key_settings, pad_so_pin)},
    {"memory", LONG_NUMBER, K(memory), 1UL << 30, NULL},
    {"max-data", LONG_NUMBER, K(max_data), 1UL << 30, NULL},
    {"max-sessions", NUMBER, K(max_sessions), 65535, NULL},
    {"exclusive", FLAG, K(exclusive), 0, yes_no},
    {"exclusive-error", CODE, K(exclusive_error), 0, NULL},
    {"manufacturer", TEXT, TEXT_IN(ks_key_settings, manufacturer)},
    {"model", TEXT, TEXT_IN(ks_key_settings, model)},
    {"serial", TEXT, TEXT_IN(ks_key_settings, serial)},
    {"slot-description", TEXT, TEXT_IN(ks_key_settings, slot_description)},
};

static const struct setting fault_settings[] = {
    {"key", TEXT, TEXT_IN(ks_fault, key)},
    {"at", WIDE_NUMBER, F(at), UINT64_MAX, NULL},
    {"seed", WIDE_NUMBER, F(seed), UINT64_MAX, NULL},
    {"do", WORD, F(effect), 0, effects},
    {"when", FLAG, F(after), 0, moments},
    {"off", FLAG, F(off), 0, yes_no},
    {"ms", NUMBER, F(ms), 3600000, NULL},
    {"base", WIDE_NUMBER, F(base), UINT64_MAX, NULL},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool bad(char *error, const char *setting, const char *value) {
  (void)snprintf(error, KS_ERROR_MAX, "%.48s can't be \"%.100s\"", setting, value);
  return false;
}

static bool unknown(char *error, const char *setting) {
  (void)snprintf(error, KS_ERROR_MAX, "no such setting here: \"%.48s\"", setting);
  return false;
}

static bool set_word(void *place, const struct setting *setting, const char *value) {
  for (const struct word *word = setting->words; word->text != NULL; word++) {
    if (strcmp(word->text, value) != 0) continue;
    if (setting->kind == FLAG) *(bool *)place = word->value != 0;
    else *(unsigned *)place = word->value;
    return true;
  }
  return false;
}

static bool set_number(void *place, const struct setting *setting, const char *value) {
  unsigned long long number;
  if (!ks_parse_number(value, setting->limit, &number)) return false;
  if (setting->kind == NUMBER) *(unsigned *)place = (unsigned)number;
  else if (setting->kind == LONG_NUMBER) *(unsigned long *)place = (unsigned long)number;
  else *(uint64_t *)place = number;
  return true;
}

static bool set(void *record, const struct setting *setting, const char *value) {
  void *place = (char *)record + setting->offset;
  switch (setting->kind) {
    case FLAG:
    case WORD:
      return set_word(place, setting, value);
    case NUMBER:
    case LONG_NUMBER:
    case WIDE_NUMBER:
      return set_number(place, setting, value);
    case TEXT:
      return ks_copy(place, (size_t)setting->limit, value);
    case CODE:
      return ks_code_number(value, place);
  }
  return false;
}

/* 1: set; 0: the value is wrong; -1: no such setting in the table. */
static int set_in(void *record, const struct setting *table, size_t count, const char *name, const char *value, char *error) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(table[i].name, name) != 0) continue;
    return set(record, &table[i], value) ? 1 : (int)bad(error, name, value);
  }
  return -1;
}

/* Calls `each` for the words of a list separated by blanks or commas. */
static bool each_word(const char *list, bool (*each)(void *record, const char *word), void *record) {
  char word[KS_SETTING_MAX];
  while (*list != '\0') {
    size_t length = strcspn(list, " ,\t");
    if (length >= sizeof word) return false;
    if (length > 0) {
      memcpy(word, list, length);
      word[length] = '\0';
      if (!each(record, word)) return false;
    }
    list += length;
    list += strspn(list, " ,\t");
  }
  return true;
}

static bool add_mechanism(struct ks_key_settings *key, CK_MECHANISM_TYPE type) {
  if (key->mechanism_count == KS_MAX_MECHANISMS) return false;
  key->without_mechanisms[key->mechanism_count++] = type;
  return true;
}

/* One mechanism, or a family of them. */
static bool mechanism_word(void *record, const char *word) {
  struct ks_key_settings *key = record;
  CK_MECHANISM_TYPE type;
  CK_MECHANISM_TYPE first, last;
  if (ks_mechanism_number(word, &type)) return add_mechanism(key, type);
  if (strcmp(word, "hashed-rsa") == 0) {
    if (!add_mechanism(key, CKM_MD5_RSA_PKCS) || !add_mechanism(key, CKM_SHA1_RSA_PKCS) ||
        !add_mechanism(key, CKM_RSA_PKCS_PSS) || !add_mechanism(key, CKM_SHA1_RSA_PKCS_PSS))
      return false;
    first = CKM_SHA256_RSA_PKCS;
    last = CKM_SHA224_RSA_PKCS_PSS;
  } else if (strcmp(word, "ec") == 0) {
    if (!add_mechanism(key, CKM_ECDH1_DERIVE)) return false;
    first = CKM_EC_KEY_PAIR_GEN;
    last = CKM_ECDSA_SHA512;
  } else {
    return false;
  }
  for (type = first; type <= last; type++)
    if (!add_mechanism(key, type)) return false;
  return true;
}

static bool curve_word(void *record, const char *word) {
  struct ks_key_settings *key = record;
  if (strcmp(word, "P-256") == 0) key->without_curves |= KS_CURVE_P256;
  else if (strcmp(word, "P-384") == 0) key->without_curves |= KS_CURVE_P384;
  else if (strcmp(word, "P-521") == 0) key->without_curves |= KS_CURVE_P521;
  else return false;
  return true;
}

static bool function_word(void *record, const char *word) {
  struct ks_config *config = record;
  int function = ks_function_number(word);
  if (function < 0) return false;
  config->without_functions[function] = 1;
  return true;
}

static bool set_version(CK_VERSION *version, bool *given, const char *value) {
  char major[8];
  unsigned long long high, low;
  const char *dot = strchr(value, '.');
  if (dot == NULL || (size_t)(dot - value) >= sizeof major) return false;
  memcpy(major, value, (size_t)(dot - value));
  major[dot - value] = '\0';
  if (!ks_parse_number(major, 255, &high) || !ks_parse_number(dot + 1, 255, &low)) return false;
  version->major = (CK_BYTE)high;
  version->minor = (CK_BYTE)low;
  *given = true;
  return true;
}

/* "350" or "6000-12000"; `function`: a name or "*". */
static bool set_latency(struct ks_key_settings *key, const char *function, const char *value) {
  char least[16];
  unsigned long long low, high;
  size_t length = strcspn(value, "-");
  int number = ks_function_number(function);
  if (length >= sizeof least || (number < 0 && strcmp(function, "*") != 0)) return false;
  memcpy(least, value, length);
  least[length] = '\0';
  if (!ks_parse_number(least, 3600000, &low)) return false;
  high = low;
  if (value[length] == '-' && !ks_parse_number(value + length + 1, 3600000, &high)) return false;
  if (high < low) return false;
  for (int i = 0; i < (int)KS_FUNCTIONS; i++) {
    if (number >= 0 && i != number) continue;
    key->latency[i].least = (uint32_t)low;
    key->latency[i].most = (uint32_t)high;
  }
  return true;
}

static bool set_slot(struct ks_key_settings *key, const char *value) {
  unsigned long long number;
  key->slot_set = false;
  if (strcmp(value, "token") == 0) return true;
  if (!ks_parse_number(value, 0x7fffffff, &number)) return false;
  key->slot = (unsigned long)number;
  key->slot_set = true;
  return true;
}

bool ks_setting_is_global(const char *setting) {
  for (size_t i = 0; i < COUNT(globals); i++)
    if (strcmp(globals[i].name, setting) == 0) return true;
  return strcmp(setting, "without-functions") == 0;
}

bool ks_setting_global(struct ks_config *config, const char *setting, const char *value, char *error) {
  if (strcmp(setting, "without-functions") == 0) {
    memset(config->without_functions, 0, sizeof config->without_functions);
    return each_word(value, function_word, config) || bad(error, setting, value);
  }
  int done = set_in(config, globals, COUNT(globals), setting, value, error);
  return done < 0 ? unknown(error, setting) : done == 1;
}

bool ks_setting_key(struct ks_key_settings *key, const char *setting, const char *value, char *error) {
  bool done;
  if (strncmp(setting, "latency.", 8) == 0) {
    done = set_latency(key, setting + 8, value);
  } else if (strcmp(setting, "slot") == 0) {
    done = set_slot(key, value);
  } else if (strcmp(setting, "without-mechanisms") == 0) {
    key->mechanism_count = 0;
    done = each_word(value, mechanism_word, key);
  } else if (strcmp(setting, "without-curves") == 0) {
    key->without_curves = 0;
    done = each_word(value, curve_word, key);
  } else if (strcmp(setting, "firmware") == 0) {
    done = set_version(&key->firmware, &key->firmware_set, value);
  } else if (strcmp(setting, "hardware") == 0) {
    done = set_version(&key->hardware, &key->hardware_set, value);
  } else {
    int found = set_in(key, key_settings, COUNT(key_settings), setting, value, error);
    return found < 0 ? unknown(error, setting) : found == 1;
  }
  return done || bad(error, setting, value);
}

static bool set_length(struct ks_fault *fault, const char *value) {
  unsigned long long number;
  bool negative = value[0] == '-';
  fault->relative = negative || value[0] == '+';
  if (!ks_parse_number(fault->relative ? value + 1 : value, 0x7fffffff, &number)) return false;
  fault->length = negative ? -(long)number : (long)number;
  return true;
}

static bool set_probability(struct ks_fault *fault, const char *value) {
  char *end;
  double number = strtod(value, &end);
  if (*value == '\0' || *end != '\0' || !(number >= 0 && number <= 1)) return false;
  fault->probability = number;
  fault->probable = true;
  return true;
}

bool ks_setting_fault(struct ks_fault *fault, const char *setting, const char *value, char *error) {
  unsigned long long number;
  bool done;
  if (strcmp(setting, "function") == 0) {
    fault->function = ks_function_number(value);
    done = fault->function >= 0 || strcmp(value, "*") == 0;
  } else if (strcmp(setting, "call") == 0) {
    fault->function = -1;
    done = ks_parse_number(value, UINT64_MAX, &number);
    if (done) fault->at = number;
  } else if (strcmp(setting, "times") == 0) {
    done = strcmp(value, "always") == 0;
    if (done) fault->times = 0;
    else if ((done = ks_parse_number(value, UINT64_MAX, &number) && number > 0)) fault->times = number;
  } else if (strcmp(setting, "error") == 0) {
    fault->effect = KS_EFFECT_ERROR;
    done = ks_code_number(value, &fault->error);
  } else if (strcmp(setting, "length") == 0) {
    done = set_length(fault, value);
  } else if (strcmp(setting, "probability") == 0) {
    done = set_probability(fault, value);
  } else {
    int found = set_in(fault, fault_settings, COUNT(fault_settings), setting, value, error);
    return found < 0 ? unknown(error, setting) : found == 1;
  }
  return done || bad(error, setting, value);
}
