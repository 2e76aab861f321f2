#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "presence.h"

struct ks_sim ks_sim;
static struct ks_config trial;

void ks_complain(const char *reason) {
  char path[KS_PATH_MAX + 8];
  (void)fprintf(stderr, "keysim: %s\n", reason);
  if (ks_sim.config_path[0] == '\0') return;
  (void)snprintf(path, sizeof path, "%s.error", ks_sim.config_path);
  (void)plat_write_file(path, reason, strlen(reason));
}

static bool beside(const char *path, const char *name, char *made, size_t size) {
  const char *separator = plat_last_separator(path);
  size_t length = separator == NULL ? 0 : (size_t)(separator - path) + 1;
  if (length + strlen(name) >= size) return false;
  memcpy(made, path, length);
  memcpy(made + length, name, strlen(name) + 1);
  return true;
}

static bool there(const char *path) {
  char stamp[KS_STAMP_MAX];
  plat_file_stamp(path, stamp);
  return strcmp(stamp, "none") != 0;
}

/* PKCS11_KEYSIM_CONF; else keysim.conf beside SoftHSM's own configuration; else beside this module. */
static bool find_config(char *path, size_t size) {
  char other[KS_PATH_MAX];
  if (plat_environment("PKCS11_KEYSIM_CONF", path, size)) return true;
  if (plat_environment("SOFTHSM2_CONF", other, sizeof other) && beside(other, "keysim.conf", path, size) && there(path))
    return true;
  if (!plat_module_folder(other, sizeof other)) return false;
  return snprintf(path, size, "%s/keysim.conf", other) < (int)size && there(path);
}

/* Makes a path whole: relative to the configuration's folder, or a default name in it. "off" stays. */
static bool settle_path(char *path, const char *fallback) {
  char whole[KS_PATH_MAX];
  const char *name = path[0] == '\0' ? fallback : path;
  if (plat_is_absolute(name) || strcmp(name, "off") == 0) return ks_copy(path, KS_PATH_MAX, name);
  if (!beside(ks_sim.config_path, name, whole, sizeof whole)) return false;
  return ks_copy(path, KS_PATH_MAX, whole);
}

static bool settle_paths(struct ks_config *config) {
  if (config->trace[0] != '\0' && !settle_path(config->trace, "")) return false;
  return settle_path(config->module, "") && settle_path(config->state, "keysim.state") &&
         settle_path(config->calls, "keysim.calls") && settle_path(config->control_file, "keysim.control") &&
         settle_path(config->control_socket, "keysim.sock");
}

/* A configuration that has changed starts its count of calls anew, and forgets what was set live. */
static bool note_config(char *error) {
  char stamp[KS_STAMP_MAX];
  plat_file_stamp(ks_sim.config_path, stamp);
  if (strcmp(ks_state()->config_seen, stamp) == 0) return true;
  if (!ks_state_begin()) {
    (void)snprintf(error, KS_ERROR_MAX, "the state can't be locked");
    return false;
  }
  if (strcmp(ks_state()->config_seen, stamp) != 0) {
    (void)ks_copy(ks_state()->config_seen, KS_STAMP_MAX, stamp);
    (void)ks_copy(ks_state()->control_seen, KS_STAMP_MAX, "none");
    (void)ks_state_forget(NULL);
    ks_calls_reset();
  }
  return ks_state_commit();
}

bool ks_sim_configure_from(const char *path, char *error) {
  size_t length;
  char reason[KS_ERROR_MAX];
  (void)ks_copy(ks_sim.config_path, sizeof ks_sim.config_path, path);
  char *text = plat_read_file(path, KS_INI_MAX, &length);
  if (text == NULL) {
    (void)snprintf(error, KS_ERROR_MAX, "%.200s can't be read", path);
    return false;
  }
  ks_config_init(&ks_sim.base);
  bool done = ks_config_parse(&ks_sim.base, text, length, reason);
  free(text);
  if (!done) {
    (void)snprintf(error, KS_ERROR_MAX, "%.100s: %.140s", path, reason);
    return false;
  }
  if (ks_sim.base.module[0] == '\0' || !settle_paths(&ks_sim.base)) {
    (void)snprintf(error, KS_ERROR_MAX, "%.150s: %s", path,
                   ks_sim.base.module[0] == '\0' ? "names no module" : "a path is too long");
    return false;
  }
  if (!ks_state_open(&ks_sim.base, error) || !note_config(error)) return false;
  ks_sim.configured = true;
  ks_sim_rebuild();
  return true;
}

bool ks_sim_configure(void) {
  char path[KS_PATH_MAX], error[KS_ERROR_MAX] = "", old[KS_PATH_MAX + 8];
  ks_sim.configured = false;
  if (!find_config(path, sizeof path)) {
    ks_complain("no configuration: PKCS11_KEYSIM_CONF names none, and there is no keysim.conf");
    return false;
  }
  if (!ks_sim_configure_from(path, error)) {
    ks_complain(error);
    return false;
  }
  (void)snprintf(old, sizeof old, "%s.error", path);
  if (there(old)) (void)remove(old);
  return true;
}

static bool live_allowed(const char *section, const char *setting) {
  static const char *const fixed[] = {"module", "state", "calls", "control-file", "control-socket", NULL};
  if (section[0] != '\0') return true;
  for (const char *const *name = fixed; *name != NULL; name++)
    if (strcmp(*name, setting) == 0) return false;
  return true;
}

/* Applies the live settings of the state to a copy of the file's. */
static bool overlay(struct ks_config *config, char *error) {
  const struct ks_state *state = ks_state();
  *config = ks_sim.base;
  for (unsigned i = 0; i < state->live_count; i++) {
    const struct ks_live *live = &state->live[i];
    if (!ks_config_apply(config, live->section, live->setting, live->value, error)) return false;
  }
  if (strcmp(config->trace, ks_sim.base.trace) != 0 && config->trace[0] != '\0') return settle_path(config->trace, "");
  return true;
}

void ks_sim_rebuild(void) {
  char error[KS_ERROR_MAX] = "";
  if (overlay(&trial, error)) ks_sim.live = trial;
  else (void)fprintf(stderr, "keysim: live settings: %s\n", error);
}

bool ks_sim_set_live(const char *section, const char *setting, const char *value, char *error) {
  if (!live_allowed(section, setting)) {
    (void)snprintf(error, KS_ERROR_MAX, "%.48s can't be changed while in use", setting);
    return false;
  }
  if (strncmp(section, "key ", 4) == 0 && strcmp(section + 4, "*") != 0 && ks_config_key(&ks_sim.live, section + 4) == NULL) {
    (void)snprintf(error, KS_ERROR_MAX, "no key \"%.64s\"", section + 4);
    return false;
  }
  if (!ks_state_set(section, setting, value)) {
    (void)snprintf(error, KS_ERROR_MAX, "too many live settings, or one that is too long");
    return false;
  }
  return overlay(&trial, error);
}

struct control {
  unsigned unnamed;
  char fault[KS_SECTION_MAX];
};

/* Faults in a control file count from now on; those without a name get one. */
static bool control_line(void *context, const char *section, const char *setting, const char *value, char *error) {
  struct control *control = context;
  char number[24];
  if (strncmp(section, "fault", 5) != 0)
    return setting == NULL || ks_sim_set_live(section, setting, value, error);
  if (setting == NULL) {
    if (strcmp(section, "fault") == 0)
      (void)snprintf(control->fault, sizeof control->fault, "fault control-%u", ++control->unnamed);
    else (void)ks_copy(control->fault, sizeof control->fault, section);
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)ks_calls_count(-1));
    return ks_sim_set_live(control->fault, "base", number, error);
  }
  if (!ks_sim_set_live(control->fault, setting, value, error)) return false;
  if (strcmp(setting, "function") != 0 && strcmp(setting, "call") != 0) return true;
  int function = trial.faults[trial.current_fault].function;
  (void)snprintf(number, sizeof number, "%llu", (unsigned long long)ks_calls_count(function));
  return ks_sim_set_live(control->fault, "base", number, error);
}

bool ks_sim_apply_control(const char *text, size_t length, char *error) {
  struct control control = {0, ""};
  (void)ks_state_forget(NULL);
  return ks_ini_parse(text, length, control_line, &control, error);
}

const struct ks_config *ks_sim_preview(void) {
  char error[KS_ERROR_MAX] = "";
  return overlay(&trial, error) ? &trial : &ks_sim.live;
}

static bool take_control_file(const char *stamp) {
  char error[KS_ERROR_MAX] = "";
  size_t length = 0;
  if (!ks_state_begin()) return false;
  if (strcmp(ks_state()->control_seen, stamp) == 0) {
    ks_state_cancel();
    (void)ks_state_refresh();
    return true;
  }
  char *text = strcmp(stamp, "none") == 0 ? NULL : plat_read_file(ks_sim.base.control_file, KS_INI_MAX, &length);
  if (ks_sim_apply_control(text == NULL ? "" : text, length, error)) {
    ks_presence_note_changes(ks_sim_preview());
  } else {
    /* As it was, and not tried again until the file changes. */
    ks_state_cancel();
    (void)fprintf(stderr, "keysim: %s: %s\n", ks_sim.base.control_file, error);
    if (!ks_state_begin()) {
      free(text);
      return false;
    }
  }
  free(text);
  (void)ks_copy(ks_state()->control_seen, KS_STAMP_MAX, stamp);
  return ks_state_commit();
}

bool ks_sim_refresh(void) {
  char stamp[KS_STAMP_MAX];
  int news = ks_state_refresh();
  if (news < 0) return false;
  plat_file_stamp(ks_sim.base.control_file, stamp);
  if (strcmp(stamp, ks_state()->control_seen) != 0) {
    if (!take_control_file(stamp)) return false;
    news = 1;
  }
  if (news > 0) {
    ks_sim_rebuild();
    ks_presence_update();
  }
  return true;
}
