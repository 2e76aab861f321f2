#include "control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "pin.h"
#include "presence.h"

enum { WORDS = 32 };

static void add_text(struct ks_reply *reply, const char *text) {
  size_t length = strlen(text);
  if (reply->length + length + 1 > reply->room) {
    size_t room = (reply->length + length + 1) * 2;
    char *grown = realloc(reply->text, room);
    if (grown == NULL) return;
    reply->text = grown;
    reply->room = room;
  }
  memcpy(reply->text + reply->length, text, length + 1);
  reply->length += length;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void add(struct ks_reply *reply, const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  add_text(reply, line);
}

void ks_reply_free(struct ks_reply *reply) {
  free(reply->text);
  memset(reply, 0, sizeof *reply);
}

static bool refuse(char *error, const char *reason, const char *what) {
  (void)snprintf(error, KS_ERROR_MAX, "%s%s%.100s", reason, what[0] == '\0' ? "" : " ", what);
  return false;
}

/* A name a command may use: of a key section, or of a token that is a key by itself. */
static bool known(const char *name, char *error) {
  const struct ks_key_settings *settings = ks_config_key(&ks_sim.live, name);
  if (ks_name_ok(name) && (ks_key_of_name(name) >= 0 || (settings != NULL && settings != &ks_sim.live.others))) return true;
  /* Without the backing module nothing is known of its tokens: any name may be one's serial number. */
  if (ks_name_ok(name) && settings != NULL && !ks_sim.initialised) return true;
  return refuse(error, "no such key:", name);
}

/* Everything that changes the state goes through here: begin, change, commit, take over. */
struct change {
  char **words;
  int count;
  char *error;
  struct ks_reply *reply;
};

static bool commit(struct change *change, bool (*make)(struct change *)) {
  if (!ks_state_begin()) return refuse(change->error, "the state can't be read or locked", "");
  if (!make(change)) {
    ks_state_cancel();
    (void)ks_sim_refresh();
    return false;
  }
  ks_presence_note_changes(ks_sim_preview());
  if (!ks_state_commit()) return refuse(change->error, "the state can't be written", "");
  ks_sim_rebuild();
  ks_presence_update();
  return true;
}

/* Whether another key is in that slot, or would be when plugged in. */
static bool taken(const char *slot, const char *name) {
  unsigned long long number;
  if (!ks_parse_number(slot, UINT32_MAX, &number)) return false;
  for (unsigned i = 0; i < ks_sim.live.key_count; i++) {
    const struct ks_key_settings *key = &ks_sim.live.keys[i];
    if (key->slot_set && key->slot == number && strcmp(key->name, name) != 0) return true;
  }
  for (unsigned i = 0; i < ks_sim.key_count; i++)
    if (ks_sim.keys[i].bound && ks_sim.keys[i].slot == number && strcmp(ks_sim.keys[i].name, name) != 0) return true;
  return false;
}

static bool make_present(struct change *change) {
  char section[KS_SECTION_MAX];
  bool plug = strcmp(change->words[0], "plug") == 0;
  if (change->count == 3 && taken(change->words[2], change->words[1]))
    return refuse(change->error, "another key is in slot", change->words[2]);
  (void)snprintf(section, sizeof section, "key %s", change->words[1]);
  if (plug && change->count == 3 && !ks_sim_set_live(section, "slot", change->words[2], change->error)) return false;
  return ks_sim_set_live(section, "present", plug ? "yes" : "no", change->error);
}

static bool make_setting(struct change *change) {
  return ks_sim_set_live(change->words[0], change->words[1], change->words[2], change->error);
}

static bool make_clear(struct change *change) {
  (void)change;
  (void)ks_state_forget(NULL);
  return true;
}

static bool make_tries(struct change *change) {
  unsigned long long left;
  const struct ks_key_settings *settings = ks_config_key(&ks_sim.live, change->words[1]);
  struct ks_counters *counters = ks_state_counters(change->words[1]);
  bool so = strcmp(change->words[2], "so") == 0;
  if (counters == NULL || settings == NULL) return refuse(change->error, "no room for its counters:", change->words[1]);
  unsigned tries = so ? settings->so_tries : settings->user_tries;
  if (!so && strcmp(change->words[2], "user") != 0) return refuse(change->error, "neither user nor so:", change->words[2]);
  if (!ks_parse_number(change->words[3], tries, &left)) return refuse(change->error, "more tries than it has:", change->words[3]);
  *(so ? &counters->so_failures : &counters->user_failures) = tries - (unsigned)left;
  return true;
}

static bool make_reset(struct change *change) {
  struct ks_counters *counters = ks_state_counters(change->words[1]);
  if (counters == NULL) return refuse(change->error, "no room for its counters:", change->words[1]);
  counters->user_failures = counters->so_failures = 0;
  counters->user_must_change = counters->so_must_change = 0;
  return true;
}

/* Call numbers start anew, and faults count from there. */
static bool make_calls_reset(struct change *change) {
  struct ks_state *state = ks_state();
  (void)change;
  for (unsigned i = 0; i < state->live_count; i++)
    if (strcmp(state->live[i].setting, "base") == 0) (void)ks_copy(state->live[i].value, KS_LIVE_VALUE, "0");
  ks_calls_reset();
  return true;
}

static bool fault_named(const char *name) {
  for (unsigned i = 0; i < ks_sim.live.fault_count; i++)
    if (strcmp(ks_sim.live.faults[i].name, name) == 0) return true;
  return false;
}

static bool split(const char *word, char *setting, char *value, char *error) {
  const char *equals = strchr(word, '=');
  if (equals == NULL || equals == word || (size_t)(equals - word) >= KS_SETTING_MAX ||
      !ks_copy(value, KS_LIVE_VALUE, equals + 1))
    return refuse(error, "not setting=value:", word);
  memcpy(setting, word, (size_t)(equals - word));
  setting[equals - word] = '\0';
  return true;
}

static bool make_fault(struct change *change) {
  char setting[KS_SETTING_MAX], value[KS_LIVE_VALUE], name[KS_NAME_MAX] = "", section[KS_SECTION_MAX];
  int function = -1;
  for (int i = 2; i < change->count; i++) {
    if (!split(change->words[i], setting, value, change->error)) return false;
    if (strcmp(setting, "function") == 0) function = ks_function_number(value);
    if (strcmp(setting, "name") == 0 && !ks_copy(name, sizeof name, value)) return refuse(change->error, "too long:", value);
  }
  for (unsigned i = 1; name[0] == '\0'; i++) {
    (void)snprintf(name, sizeof name, "live-%u", i);
    if (fault_named(name)) name[0] = '\0';
  }
  if (!ks_name_ok(name)) return refuse(change->error, "not a fault's name:", name);
  (void)snprintf(section, sizeof section, "fault %s", name);
  (void)ks_state_forget(section);
  (void)snprintf(value, sizeof value, "%llu", (unsigned long long)ks_calls_count(function));
  if (!ks_sim_set_live(section, "base", value, change->error)) return false;
  for (int i = 2; i < change->count; i++) {
    if (!split(change->words[i], setting, value, change->error)) return false;
    if (strcmp(setting, "name") != 0 && !ks_sim_set_live(section, setting, value, change->error)) return false;
  }
  add(change->reply, "fault %s\n", name);
  return true;
}

/* Live faults are forgotten; those of the configuration are switched off. */
static bool make_fault_clear(struct change *change) {
  const char *name = change->count > 2 ? change->words[2] : NULL;
  char section[KS_SECTION_MAX];
  bool found = name == NULL;
  for (unsigned i = 0; i < ks_sim.live.fault_count; i++) {
    if (name != NULL && strcmp(ks_sim.live.faults[i].name, name) != 0) continue;
    found = true;
    (void)snprintf(section, sizeof section, "fault %s", ks_sim.live.faults[i].name);
    (void)ks_state_forget(section);
  }
  for (unsigned i = 0; i < ks_sim.base.fault_count; i++) {
    if (name != NULL && strcmp(ks_sim.base.faults[i].name, name) != 0) continue;
    (void)snprintf(section, sizeof section, "fault %s", ks_sim.base.faults[i].name);
    if (!ks_sim_set_live(section, "off", "yes", change->error)) return false;
  }
  return found || refuse(change->error, "no such fault:", name);
}

static void status_of(const char *name, struct ks_reply *reply) {
  int at = ks_key_of_name(name);
  const struct ks_key *key = at < 0 ? NULL : &ks_sim.keys[at];
  const struct ks_key_settings *settings = ks_config_key(&ks_sim.live, name);
  const struct ks_counters *counters = ks_state_counters(name);
  if (settings == NULL || counters == NULL) return;
  add(reply, "key %s present=%s", name, settings->present ? "yes" : "no");
  if (key != NULL && key->bound)
    add(reply, " visible=%s slot=%lu sessions=%u", key->visible ? "yes" : "no", key->slot, key->sessions);
  add(reply, " user-tries=%u/%u so-tries=%u/%u", ks_pin_left(settings->user_tries, counters->user_failures),
      settings->user_tries, ks_pin_left(settings->so_tries, counters->so_failures), settings->so_tries);
  if (key != NULL && key->bound) add(reply, " serial=%s label=%s", key->serial, key->label);
  add_text(reply, "\n");
}

static void status(struct ks_reply *reply) {
  for (unsigned i = 0; i < ks_sim.live.key_count; i++) status_of(ks_sim.live.keys[i].name, reply);
  for (unsigned i = 0; i < ks_sim.key_count; i++) {
    bool stated = false;
    for (unsigned j = 0; j < ks_sim.live.key_count; j++)
      stated = stated || strcmp(ks_sim.live.keys[j].name, ks_sim.keys[i].name) == 0;
    if (!stated) status_of(ks_sim.keys[i].name, reply);
  }
  /* Keys that no program shows now, but that have a past. */
  for (unsigned i = 0; ks_sim.live.all_tokens && ks_sim.key_count == 0 && i < ks_state()->counter_count; i++) {
    bool stated = false;
    for (unsigned j = 0; j < ks_sim.live.key_count; j++)
      stated = stated || strcmp(ks_sim.live.keys[j].name, ks_state()->counters[i].name) == 0;
    if (!stated) status_of(ks_state()->counters[i].name, reply);
  }
}

static void list_calls(struct ks_reply *reply) {
  add(reply, "total %llu\n", (unsigned long long)ks_calls_count(-1));
  for (int i = 0; i < (int)KS_FUNCTIONS; i++)
    if (ks_calls_count(i) > 0)
      add(reply, "%s %llu\n", ks_function_name((enum ks_function)i), (unsigned long long)ks_calls_count(i));
}

static void list_faults(struct ks_reply *reply) {
  for (unsigned i = 0; i < ks_sim.live.fault_count; i++) {
    const struct ks_fault *fault = &ks_sim.live.faults[i];
    if (fault->off) continue;
    add(reply, "fault %s function=%s at=%llu\n", fault->name,
        fault->function < 0 ? "*" : ks_function_name((enum ks_function)fault->function), (unsigned long long)fault->at);
  }
}

/* "set [key NAME] SETTING = VALUE": the value is the rest of the line. */
static bool set(const char *rest, struct change *change) {
  char section[KS_SECTION_MAX] = "", setting[KS_SETTING_MAX], value[KS_LIVE_VALUE];
  char *parts[] = {section, setting, value};
  if (strncmp(rest, "key ", 4) == 0) {
    rest += 4;
    size_t length = strcspn(rest, " ");
    if (length >= KS_NAME_MAX) return refuse(change->error, "not a key's name:", rest);
    (void)snprintf(section, sizeof section, "key %.*s", (int)length, rest);
    if (strcmp(section + 4, "*") != 0 && !known(section + 4, change->error)) return false;
    rest += length;
  }
  rest += strspn(rest, " ");
  size_t length = strcspn(rest, " =");
  if (length == 0 || length >= sizeof setting) return refuse(change->error, "not a setting:", rest);
  memcpy(setting, rest, length);
  setting[length] = '\0';
  rest += length + strspn(rest + length, " ");
  if (*rest != '=') return refuse(change->error, "no \"=\" after", setting);
  rest += 1 + strspn(rest + 1, " ");
  if (!ks_copy(value, sizeof value, rest)) return refuse(change->error, "the value is too long:", setting);
  change->words = parts;
  return commit(change, make_setting);
}

static bool fault_command(struct change *change) {
  if (change->count >= 3 && strcmp(change->words[1], "add") == 0) return commit(change, make_fault);
  if (change->count >= 2 && change->count <= 3 && strcmp(change->words[1], "clear") == 0)
    return commit(change, make_fault_clear);
  if (change->count == 2 && strcmp(change->words[1], "list") == 0) {
    list_faults(change->reply);
    return true;
  }
  return refuse(change->error, "fault add, fault clear or fault list", "");
}

static bool command(struct change *change) {
  const char *verb = change->words[0];
  int count = change->count;
  if (strcmp(verb, "status") == 0 && count == 1) {
    status(change->reply);
    return true;
  }
  if ((strcmp(verb, "plug") == 0 && (count == 2 || count == 3)) || (strcmp(verb, "pull") == 0 && count == 2))
    return known(change->words[1], change->error) && commit(change, make_present);
  if (strcmp(verb, "tries") == 0 && count == 4)
    return known(change->words[1], change->error) && commit(change, make_tries);
  if (strcmp(verb, "reset") == 0 && count == 2)
    return known(change->words[1], change->error) && commit(change, make_reset);
  if (strcmp(verb, "clear") == 0 && count == 1) return commit(change, make_clear);
  if (strcmp(verb, "fault") == 0) return fault_command(change);
  if (strcmp(verb, "calls") == 0 && count == 2 && strcmp(change->words[1], "reset") == 0)
    return commit(change, make_calls_reset);
  if (strcmp(verb, "calls") == 0 && count == 1) {
    list_calls(change->reply);
    return true;
  }
  return refuse(change->error, "not a command:", verb);
}

/* Cuts a line into words; -1 when there are too many. */
static int cut(char *line, char **words) {
  int count = 0;
  while (*(line += strspn(line, " \t")) != '\0') {
    if (count == WORDS) return -1;
    words[count++] = line;
    line += strcspn(line, " \t");
    if (*line != '\0') *line++ = '\0';
  }
  return count;
}

void ks_control_line(const char *line, struct ks_reply *reply) {
  char copy[KS_LINE_MAX], error[KS_ERROR_MAX] = "";
  char *words[WORDS];
  struct change change = {words, 0, error, reply};
  bool done;
  for (const char *c = line; *c != '\0'; c++) {
    if ((unsigned char)*c >= ' ' || *c == '\t') continue;
    add_text(reply, "error a control character\n");
    return;
  }
  line += strspn(line, " \t");
  if (!ks_copy(copy, sizeof copy, line)) {
    add_text(reply, "error the line is too long\n");
    return;
  }
  if (!ks_sim_refresh()) {
    add_text(reply, "error the state can't be read\n");
    return;
  }
  if (strncmp(copy, "set ", 4) == 0) {
    done = set(copy + 4 + strspn(copy + 4, " "), &change);
  } else {
    change.count = cut(copy, words);
    if (change.count < 0) done = refuse(error, "too many words", "");
    else done = change.count > 0 ? command(&change) : refuse(error, "an empty line", "");
  }
  if (done) add_text(reply, "ok\n");
  else add(reply, "error %s\n", error);
}
