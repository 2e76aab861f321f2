#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "presets.h"
#include "settings.h"

bool ks_name_ok(const char *name) {
  size_t length = strlen(name);
  if (length == 0 || length >= KS_NAME_MAX || strcmp(name, "*") == 0) return false;
  for (; *name != '\0'; name++) {
    unsigned char c = (unsigned char)*name;
    if (c <= ' ' || c == 0x7f || strchr("[]=\"", c) != NULL) return false;
  }
  return true;
}

void ks_config_init(struct ks_config *config) {
  memset(config, 0, sizeof *config);
  config->all_tokens = true;
  config->current_fault = -1;
  struct ks_key_settings *key = &config->defaults;
  key->present = true;
  key->removable = true;
  key->user_tries = 10;
  key->so_tries = 10;
  key->last_wrong = CKR_PIN_INCORRECT;
  key->expired_blocks = true;
  key->pulled_session = CKR_DEVICE_REMOVED;
  key->pulled_during = CKR_DEVICE_REMOVED;
  key->pulled_slot = CKR_TOKEN_NOT_PRESENT;
  key->exclusive_error = CKR_DEVICE_ERROR;
  config->others = config->defaults;
}

static struct ks_key_settings *stated(struct ks_config *config, const char *name) {
  for (unsigned i = 0; i < config->key_count; i++)
    if (strcmp(config->keys[i].name, name) == 0) return &config->keys[i];
  return NULL;
}

const struct ks_key_settings *ks_config_key(const struct ks_config *config, const char *name) {
  for (unsigned i = 0; i < config->key_count; i++)
    if (strcmp(config->keys[i].name, name) == 0) return &config->keys[i];
  return config->all_tokens ? &config->others : NULL;
}

static bool fail(char *error, const char *reason, const char *what) {
  (void)snprintf(error, KS_ERROR_MAX, "%s \"%.80s\"", reason, what);
  return false;
}

static struct ks_key_settings *key_section(struct ks_config *config, const char *name, char *error) {
  struct ks_key_settings *found = stated(config, name);
  if (found != NULL) return found;
  if (!ks_name_ok(name)) {
    (void)fail(error, "not a key's name:", name);
    return NULL;
  }
  if (config->key_count == KS_MAX_KEYS) {
    (void)fail(error, "too many keys at", name);
    return NULL;
  }
  found = &config->keys[config->key_count++];
  *found = config->stated_keys ? config->defaults : config->others;
  (void)ks_copy(found->name, sizeof found->name, name);
  (void)ks_copy(found->token, sizeof found->token, name);
  return found;
}

static struct ks_fault *fault_section(struct ks_config *config, const char *name, bool opening, char *error) {
  char made[KS_NAME_MAX];
  if (name[0] == '\0') {
    if (!opening) return config->current_fault < 0 ? NULL : &config->faults[config->current_fault];
    (void)snprintf(made, sizeof made, "fault-%u", ++config->unnamed_faults);
    name = made;
  }
  for (unsigned i = 0; i < config->fault_count; i++) {
    if (strcmp(config->faults[i].name, name) != 0) continue;
    config->current_fault = (int)i;
    return &config->faults[i];
  }
  if (!ks_name_ok(name) || config->fault_count == KS_MAX_FAULTS) {
    (void)fail(error, ks_name_ok(name) ? "too many faults at" : "not a fault's name:", name);
    return NULL;
  }
  config->current_fault = (int)config->fault_count;
  struct ks_fault *fault = &config->faults[config->fault_count++];
  memset(fault, 0, sizeof *fault);
  (void)ks_copy(fault->name, sizeof fault->name, name);
  fault->function = -1;
  fault->at = 1;
  fault->times = 1;
  fault->error = CKR_DEVICE_ERROR;
  fault->length = 1;
  fault->ms = 1000;
  return fault;
}

/* The name in "key NAME", "" for "key" alone, NULL when the section is of another kind. */
static const char *section_name(const char *section, const char *kind) {
  size_t length = strlen(kind);
  if (strncmp(section, kind, length) != 0) return NULL;
  if (section[length] == '\0') return section + length;
  if (section[length] != ' ') return NULL;
  while (section[length] == ' ') length++;
  return section + length;
}

static bool apply_lines(struct ks_key_settings *key, const char *const *lines, char *error);

static bool apply_key(struct ks_key_settings *key, const char *setting, const char *value, char *error) {
  const struct {
    const char *setting;
    const char *const *lines;
  } bundles[] = {{"preset", ks_preset(value)}, {"style", ks_style(value)}, {"speed", ks_speed(value)}};
  for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
    if (strcmp(setting, bundles[i].setting) != 0) continue;
    if (bundles[i].lines == NULL) return fail(error, "no such bundle:", value);
    return apply_lines(key, bundles[i].lines, error);
  }
  return ks_setting_key(key, setting, value, error);
}

static bool apply_lines(struct ks_key_settings *key, const char *const *lines, char *error) {
  for (; *lines != NULL; lines++) {
    char setting[KS_SETTING_MAX], value[KS_VALUE_MAX];
    const char *equals = strstr(*lines, " = ");
    size_t length = equals == NULL ? sizeof setting : (size_t)(equals - *lines);
    if (length >= sizeof setting) return fail(error, "not a setting:", *lines);
    memcpy(setting, *lines, length);
    setting[length] = '\0';
    if (!ks_copy(value, sizeof value, equals + 3)) return fail(error, "too long:", *lines);
    if (!apply_key(key, setting, value, error)) return false;
  }
  return true;
}

static bool apply_top(struct ks_config *config, const char *setting, const char *value, char *error) {
  if (setting == NULL) return fail(error, "not a section:", "");
  if (ks_setting_is_global(setting)) return ks_setting_global(config, setting, value, error);
  if (strcmp(setting, "token") == 0) return fail(error, "only in a [key NAME] section:", setting);
  if (!apply_key(&config->defaults, setting, value, error)) return false;
  if (!apply_key(&config->others, setting, value, error)) return false;
  for (unsigned i = 0; i < config->key_count; i++)
    if (!apply_key(&config->keys[i], setting, value, error)) return false;
  return true;
}

bool ks_config_apply(struct ks_config *config, const char *section, const char *setting, const char *value, char *error) {
  if (section[0] == '\0') return apply_top(config, setting, value, error);
  const char *name = section_name(section, "key");
  if (name != NULL && strcmp(name, "*") == 0) {
    if (setting == NULL) config->all_tokens = true;
    return setting == NULL || apply_key(&config->others, setting, value, error);
  }
  if (name != NULL) {
    struct ks_key_settings *key = key_section(config, name, error);
    return key != NULL && (setting == NULL || apply_key(key, setting, value, error));
  }
  name = section_name(section, "fault");
  if (name == NULL) return fail(error, "no such section:", section);
  struct ks_fault *fault = fault_section(config, name, setting == NULL, error);
  return fault != NULL && (setting == NULL || ks_setting_fault(fault, setting, value, error));
}

struct reading {
  struct ks_config *config;
  bool others_stated;
};

static bool read_line(void *context, const char *section, const char *setting, const char *value, char *error) {
  struct reading *reading = context;
  if (strcmp(section, "key *") == 0) reading->others_stated = true;
  else if (strncmp(section, "key ", 4) == 0) reading->config->stated_keys = true;
  return ks_config_apply(reading->config, section, setting, value, error);
}

static bool slots_differ(const struct ks_config *config, char *error) {
  for (unsigned i = 0; i < config->key_count; i++)
    for (unsigned j = 0; j < i; j++)
      if (config->keys[i].slot_set && config->keys[j].slot_set && config->keys[i].slot == config->keys[j].slot)
        return fail(error, "two keys in the slot of", config->keys[i].name);
  return true;
}

bool ks_config_parse(struct ks_config *config, const char *text, size_t length, char *error) {
  struct reading reading = {config, false};
  if (!ks_ini_parse(text, length, read_line, &reading, error)) return false;
  if (config->stated_keys) config->all_tokens = reading.others_stated;
  return slots_differ(config, error);
}
