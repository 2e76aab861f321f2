#include "presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token {
  CK_SLOT_ID slot;
  char serial[17], label[33];
  bool initialised, taken;
};

/* A field that blanks (or NULs) fill up, as a string. */
static void padded(char *text, const CK_BYTE *field, size_t size) {
  while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0')) size--;
  memcpy(text, field, size);
  text[size] = '\0';
}

static void describe(struct token *token, CK_SLOT_ID slot) {
  CK_TOKEN_INFO info;
  memset(token, 0, sizeof *token);
  token->slot = slot;
  if (ks_sim.backing->C_GetTokenInfo(slot, &info) != CKR_OK) {
    token->taken = true; /* an empty reader of the backing module */
    return;
  }
  padded(token->serial, info.serialNumber, sizeof info.serialNumber);
  padded(token->label, info.label, sizeof info.label);
  token->initialised = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
}

/* The backing module's tokens, to be freed. */
static CK_RV list_tokens(struct token **tokens, CK_ULONG *count) {
  CK_SLOT_ID *slots = NULL;
  CK_RV rv = ks_sim.backing->C_GetSlotList(CK_TRUE, NULL, count);
  *tokens = NULL;
  if (rv != CKR_OK) return rv;
  slots = calloc(*count + 1, sizeof *slots);
  *tokens = calloc(*count + 1, sizeof **tokens);
  rv = slots == NULL || *tokens == NULL ? CKR_HOST_MEMORY : ks_sim.backing->C_GetSlotList(CK_TRUE, slots, count);
  for (CK_ULONG i = 0; rv == CKR_OK && i < *count; i++) describe(&(*tokens)[i], slots[i]);
  free(slots);
  return rv;
}

int ks_key_of_name(const char *name) {
  for (unsigned i = 0; i < ks_sim.key_count; i++)
    if (strcmp(ks_sim.keys[i].name, name) == 0) return (int)i;
  return -1;
}

static struct ks_key *key_named(const char *name) {
  int at = ks_key_of_name(name);
  if (at >= 0) return &ks_sim.keys[at];
  if (ks_sim.key_count == KS_MAX_KEYS) return NULL;
  struct ks_key *key = &ks_sim.keys[ks_sim.key_count++];
  memset(key, 0, sizeof *key);
  (void)ks_copy(key->name, sizeof key->name, name);
  key->exclusive = -1;
  return key;
}

const struct ks_key_settings *ks_key_settings(const struct ks_key *key) {
  const struct ks_key_settings *found = ks_config_key(&ks_sim.live, key->name);
  return found != NULL ? found : &ks_sim.live.others;
}

static void tie(struct ks_key *key, struct token *token) {
  token->taken = true;
  key->bound = true;
  key->backing = token->slot;
  key->initialised = token->initialised;
  (void)ks_copy(key->serial, sizeof key->serial, token->serial);
  (void)ks_copy(key->label, sizeof key->label, token->label);
}

static bool selects(const char *selector, const struct token *token) {
  if (strcmp(selector, "free") == 0) return !token->initialised;
  if (strncmp(selector, "serial:", 7) == 0) return strcmp(selector + 7, token->serial) == 0;
  if (strncmp(selector, "label:", 6) == 0) return token->initialised && strcmp(selector + 6, token->label) == 0;
  return strcmp(selector, token->serial) == 0 || (token->initialised && strcmp(selector, token->label) == 0);
}

static struct token *choose(const struct ks_key *key, const struct ks_key_settings *settings, struct token *tokens,
                            CK_ULONG count) {
  const struct ks_counters *counters = ks_state_counters(key->name);
  for (CK_ULONG i = 0; i < count; i++)
    if (!tokens[i].taken && key->bound && tokens[i].slot == key->backing) return &tokens[i];
  for (CK_ULONG i = 0; i < count; i++)
    if (!tokens[i].taken && counters != NULL && counters->serial[0] != '\0' &&
        strcmp(counters->serial, tokens[i].serial) == 0)
      return &tokens[i];
  if (counters != NULL && counters->serial[0] != '\0') return NULL;
  for (CK_ULONG i = 0; i < count; i++)
    if (!tokens[i].taken && selects(settings->token, &tokens[i])) return &tokens[i];
  return NULL;
}

/* A name for a token that no key section names: its serial number, or "blank". */
static void name_token(char *name, const struct token *token) {
  (void)ks_copy(name, KS_NAME_MAX, token->initialised ? token->serial : "blank");
  for (char *c = name; *c != '\0'; c++) {
    char one[2] = {*c, '\0'};
    if (!ks_name_ok(one)) *c = '_';
  }
  if (!ks_name_ok(name)) (void)ks_copy(name, KS_NAME_MAX, "token");
}

/* The key that already stands for this token, under its new name when it has been initialised in the meantime. */
static struct ks_key *other_key(const struct token *token) {
  char name[KS_NAME_MAX];
  name_token(name, token);
  for (unsigned i = 0; i < ks_sim.key_count; i++) {
    struct ks_key *key = &ks_sim.keys[i];
    if (!key->bound || key->backing != token->slot) continue;
    if (ks_key_of_name(name) < 0) (void)ks_copy(key->name, sizeof key->name, name);
    return key;
  }
  return key_named(name);
}

static void bind_all(struct token *tokens, CK_ULONG count) {
  for (unsigned i = 0; i < ks_sim.live.key_count; i++) {
    const struct ks_key_settings *settings = &ks_sim.live.keys[i];
    struct ks_key *key = key_named(settings->name);
    struct token *token = key == NULL ? NULL : choose(key, settings, tokens, count);
    if (token != NULL) tie(key, token);
    else if (key != NULL) key->bound = false;
  }
  if (!ks_sim.live.all_tokens) return;
  for (CK_ULONG i = 0; i < count; i++) {
    struct ks_key *key = tokens[i].taken ? NULL : other_key(&tokens[i]);
    if (key != NULL) tie(key, &tokens[i]);
  }
}

CK_RV ks_presence_bind(bool first) {
  struct token *tokens;
  CK_ULONG count = 0;
  if (first) ks_sim.key_count = 0;
  CK_RV rv = list_tokens(&tokens, &count);
  unsigned known = ks_sim.key_count;
  if (rv == CKR_OK) bind_all(tokens, count);
  free(tokens);
  for (unsigned i = 0; i < ks_sim.key_count; i++) {
    struct ks_key *key = &ks_sim.keys[i];
    const struct ks_counters *counters = ks_state_counters(key->name);
    if (i < known) continue;
    key->epoch = counters == NULL ? 0 : counters->epoch;
    key->admitted = key->bound && ks_key_settings(key)->present;
    key->event = false;
  }
  ks_presence_update();
  if (first)
    for (unsigned i = 0; i < ks_sim.key_count; i++) ks_sim.keys[i].event = false;
  return rv;
}

void ks_session_end(struct ks_session *session) {
  if (session->closed || session->busy > 0) return;
  session->closed = true;
  (void)ks_sim.backing->C_CloseSession(session->backing);
  if (session->dead && ks_sim.keys[session->key].dying > 0) ks_sim.keys[session->key].dying--;
}

void ks_session_drop(struct ks_session *session) {
  struct ks_key *key = &ks_sim.keys[session->key];
  if (!session->dead && key->sessions > 0) key->sessions--;
  session->own = 0;
  if (key->sessions > 0) return;
  key->logged_in = key->robbed = false;
  ks_objects_forget(session->key);
  plat_file_unlock(key->exclusive);
  key->exclusive = -1;
}

void ks_key_close_sessions(int key) {
  struct ks_session *sessions = ks_sessions();
  for (int i = 0; i < KS_MAX_SESSIONS; i++) {
    if (sessions[i].own == 0 || sessions[i].key != key || sessions[i].dead) continue;
    ks_session_end(&sessions[i]);
    ks_session_drop(&sessions[i]);
  }
}

/* A pulled key takes its sessions, its login and its objects along. */
static void die(struct ks_key *key) {
  int at = (int)(key - ks_sim.keys);
  struct ks_session *sessions = ks_sessions();
  for (int i = 0; i < KS_MAX_SESSIONS; i++) {
    if (sessions[i].own == 0 || sessions[i].key != at || sessions[i].dead) continue;
    sessions[i].dead = true;
    key->dying++;
    ks_session_end(&sessions[i]);
  }
  key->sessions = 0;
  key->logged_in = key->robbed = false;
  ks_objects_forget(at);
  plat_file_unlock(key->exclusive);
  key->exclusive = -1;
}

/* Handles from before the key came back are no longer worth a word of their own. */
static void bury(const struct ks_key *key) {
  struct ks_session *sessions = ks_sessions();
  for (int i = 0; i < KS_MAX_SESSIONS; i++)
    if (sessions[i].own != 0 && &ks_sim.keys[sessions[i].key] == key && sessions[i].dead && sessions[i].closed)
      sessions[i].own = 0;
}

static void update_key(struct ks_key *key) {
  const struct ks_key_settings *settings = ks_key_settings(key);
  const struct ks_counters *counters = ks_state_counters(key->name);
  unsigned epoch = counters == NULL ? 0 : counters->epoch;
  unsigned long slot = settings->slot_set ? settings->slot : key->backing;
  bool present = key->bound && settings->present;
  bool moved = epoch != key->epoch || (key->visible && slot != key->slot);
  bool before = key->visible;
  if (before && (moved || !present)) die(key);
  if (!present || (moved && ks_sim.live.needs_reinitialise)) key->admitted = false;
  else if (!ks_sim.live.needs_reinitialise) key->admitted = true;
  key->epoch = epoch;
  key->slot = slot;
  key->visible = present && key->admitted && key->dying == 0;
  if (key->visible && (!before || moved)) bury(key);
  if (key->visible != before || (moved && key->admitted)) key->event = true;
}

void ks_presence_update(void) {
  for (unsigned i = 0; i < ks_sim.key_count; i++) update_key(&ks_sim.keys[i]);
}

static void note(const char *name, const struct ks_config *next) {
  const struct ks_key_settings *old = ks_config_key(&ks_sim.live, name), *now = ks_config_key(next, name);
  bool before = old != NULL && old->present, after = now != NULL && now->present;
  struct ks_counters *counters = before == after ? NULL : ks_state_counters(name);
  if (counters != NULL) counters->epoch++;
}

static bool listed(const struct ks_config *config, const char *name) {
  for (unsigned i = 0; i < config->key_count; i++)
    if (strcmp(config->keys[i].name, name) == 0) return true;
  return false;
}

void ks_presence_note_changes(const struct ks_config *next) {
  for (unsigned i = 0; i < next->key_count; i++) note(next->keys[i].name, next);
  for (unsigned i = 0; i < ks_sim.live.key_count; i++)
    if (!listed(next, ks_sim.live.keys[i].name)) note(ks_sim.live.keys[i].name, next);
  for (unsigned i = 0; i < ks_sim.key_count; i++)
    if (!listed(next, ks_sim.keys[i].name) && !listed(&ks_sim.live, ks_sim.keys[i].name))
      note(ks_sim.keys[i].name, next);
}

bool ks_slot_exists(const struct ks_key *key) {
  return key->visible || (key->bound && !ks_key_settings(key)->slot_gone);
}

int ks_key_of_slot(CK_SLOT_ID slot) {
  for (unsigned i = 0; i < ks_sim.key_count; i++)
    if (ks_sim.keys[i].slot == slot && ks_sim.keys[i].visible) return (int)i;
  for (unsigned i = 0; i < ks_sim.key_count; i++)
    if (ks_sim.keys[i].slot == slot && ks_slot_exists(&ks_sim.keys[i])) return (int)i;
  return -1;
}

bool ks_key_set_present(const char *name, bool present) {
  char section[KS_SECTION_MAX], error[KS_ERROR_MAX];
  if (snprintf(section, sizeof section, "key %s", name) >= (int)sizeof section || !ks_state_begin()) return false;
  if (!ks_sim_set_live(section, "present", present ? "yes" : "no", error)) {
    ks_state_cancel();
    return false;
  }
  ks_presence_note_changes(ks_sim_preview());
  if (!ks_state_commit()) return false;
  ks_sim_rebuild();
  ks_presence_update();
  return true;
}

CK_RV ks_presence_event(CK_SLOT_ID *slot) {
  for (unsigned i = 0; i < ks_sim.key_count; i++) {
    if (!ks_sim.keys[i].event) continue;
    ks_sim.keys[i].event = false;
    *slot = ks_sim.keys[i].slot;
    return CKR_OK;
  }
  return CKR_NO_EVENT;
}
