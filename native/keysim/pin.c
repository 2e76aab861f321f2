#include "pin.h"

#include <string.h>

/* A PIN as given, or as typed on the pad. */
struct typed {
  CK_BYTE *pin;
  CK_ULONG length;
};

unsigned ks_pin_left(unsigned tries, unsigned failures) {
  if (tries == 0) return 255;
  return failures >= tries ? 0 : tries - failures;
}

static bool must_change(bool configured, unsigned state) { return state == 2 || (state == 0 && configured); }

/* The four flags of one PIN; they have the same order for user and SO. */
static CK_FLAGS states(unsigned tries, unsigned failures, unsigned low, bool change) {
  unsigned left = ks_pin_left(tries, failures);
  CK_FLAGS flags = change ? CKF_USER_PIN_TO_BE_CHANGED : 0;
  if (left == 0) return flags | CKF_USER_PIN_LOCKED;
  if (left == 1) flags |= CKF_USER_PIN_FINAL_TRY;
  if (failures > 0 && (low == 0 || left < low)) flags |= CKF_USER_PIN_COUNT_LOW;
  return flags;
}

CK_FLAGS ks_pin_flags(const struct ks_key_settings *settings, const struct ks_counters *counters, CK_FLAGS flags) {
  const CK_FLAGS user = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED | CKF_USER_PIN_TO_BE_CHANGED;
  const unsigned to_so = 4; /* bits between a user flag and its SO twin */
  flags &= ~(user | user << to_so);
  if (settings->login_not_required) flags &= ~CKF_LOGIN_REQUIRED;
  if (settings->pin_pad) flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  if (settings->flags_lie || (flags & CKF_TOKEN_INITIALIZED) == 0) return flags;
  if ((flags & CKF_USER_PIN_INITIALIZED) != 0)
    flags |= states(settings->user_tries, counters->user_failures, settings->count_low,
                    must_change(settings->to_be_changed, counters->user_must_change));
  return flags | states(settings->so_tries, counters->so_failures, settings->count_low,
                        must_change(settings->so_to_be_changed, counters->so_must_change))
                     << to_so;
}

CK_RV ks_pin_expired(const struct ks_call *call) {
  CK_RV rv = CKR_OK;
  plat_lock();
  const struct ks_key *key = &ks_sim.keys[call->key];
  const struct ks_key_settings *settings = ks_key_settings(key);
  const struct ks_counters *counters = ks_state_counters(key->name);
  if (key->logged_in && settings->expired_blocks && counters != NULL) {
    bool so = key->user == CKU_SO;
    bool change = so ? must_change(settings->so_to_be_changed, counters->so_must_change)
                     : must_change(settings->to_be_changed, counters->user_must_change);
    if (change) rv = CKR_PIN_EXPIRED;
  }
  plat_unlock();
  return rv;
}

static CK_RV check_length(const struct ks_key_settings *settings, CK_ULONG length) {
  if (settings->pin_min != 0 && length < settings->pin_min) return CKR_PIN_LEN_RANGE;
  if (settings->pin_max != 0 && length > settings->pin_max) return CKR_PIN_LEN_RANGE;
  return CKR_OK;
}

/* Whether a new PIN is within the token's policy. */
static CK_RV check_new(const struct ks_key_settings *settings, const struct typed *typed) {
  bool digits = false, letters = false, others = false;
  for (CK_ULONG i = 0; i < typed->length; i++) {
    CK_BYTE c = typed->pin[i];
    CK_BYTE lower = (CK_BYTE)(c | 0x20);
    if (c >= '0' && c <= '9') digits = true;
    else if (lower >= 'a' && lower <= 'z') letters = true;
    else others = true;
  }
  CK_RV rv = check_length(settings, typed->length);
  if (rv != CKR_OK) return rv;
  switch (settings->pin_characters) {
    case KS_PIN_DIGITS:
      return letters || others ? CKR_PIN_INVALID : CKR_OK;
    case KS_PIN_ALPHANUMERIC:
      return others ? CKR_PIN_INVALID : CKR_OK;
    case KS_PIN_MIXED:
      return digits && letters ? CKR_OK : CKR_PIN_INVALID;
    default:
      return CKR_OK;
  }
}

/*
 * The PIN to use. On a key with a pad, a null or empty PIN stands for the pad (bindings that can't pass a null pointer
 * pass an empty string), and what is typed there comes from the configuration. Nobody types: the pad gives up.
 */
static CK_RV take_pin(const struct ks_call *call, struct ks_key_settings *settings, struct typed *typed, char *on_pad) {
  if (!settings->pin_pad || (typed->pin != NULL && typed->length > 0)) {
    return typed->pin == NULL && typed->length > 0 ? CKR_ARGUMENTS_BAD : CKR_OK;
  }
  ks_rest(call, settings->pad_ms);
  if (settings->pad_answer != KS_PAD_PIN || on_pad[0] == '\0') return CKR_FUNCTION_CANCELED;
  typed->pin = (CK_BYTE *)on_pad;
  typed->length = (CK_ULONG)strlen(on_pad);
  return CKR_OK;
}

/* Takes both locks and finds the counters of the call's key; CKR_OK: `finish` has to be called. */
static CK_RV start(const struct ks_call *call, struct ks_counters **counters) {
  plat_lock();
  if (ks_state_begin()) {
    *counters = ks_state_counters(ks_sim.keys[call->key].name);
    if (*counters != NULL) return CKR_OK;
    ks_state_cancel();
  }
  plat_unlock();
  return CKR_DEVICE_ERROR;
}

static CK_RV finish(bool changed, CK_RV rv) {
  if (!changed) ks_state_cancel();
  else if (!ks_state_commit()) rv = CKR_DEVICE_ERROR;
  plat_unlock();
  return rv;
}

/* A wrong PIN uses up a try; the right one gives all of them back. True when the counter has changed. */
static bool count(unsigned tries, unsigned *failures, const struct ks_key_settings *settings, CK_RV *rv) {
  unsigned before = *failures;
  if (*rv == CKR_OK) *failures = 0;
  if (*rv == CKR_PIN_INCORRECT && tries != 0) {
    ++*failures;
    if (ks_pin_left(tries, *failures) == 0) *rv = settings->last_wrong;
  }
  return *failures != before;
}

CK_RV ks_pin_login(struct ks_call *call, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length) {
  struct ks_key_settings settings;
  struct ks_counters *counters;
  struct typed typed = {pin, length};
  struct ks_key *key = &ks_sim.keys[call->key];
  ks_call_settings(call, &settings);
  CK_RV rv = take_pin(call, &settings, &typed, user == CKU_SO ? settings.pad_so_pin : settings.pad_pin);
  if (rv == CKR_OK) rv = check_length(&settings, typed.length);
  if (rv != CKR_OK) return rv;
  rv = start(call, &counters);
  if (rv != CKR_OK) return rv;
  bool already = key->logged_in && user != CKU_CONTEXT_SPECIFIC;
  bool so = user == CKU_SO || (user == CKU_CONTEXT_SPECIFIC && key->logged_in && key->user == CKU_SO);
  unsigned tries = so ? settings.so_tries : settings.user_tries;
  unsigned *failures = so ? &counters->so_failures : &counters->user_failures;
  if (!already && ks_pin_left(tries, *failures) == 0) return finish(false, CKR_PIN_LOCKED);
  rv = ks_sim.backing->C_Login(call->session, user, typed.pin, typed.length);
  if (rv == CKR_OK && user != CKU_CONTEXT_SPECIFIC) {
    key->logged_in = true;
    key->robbed = false;
    key->user = user;
  }
  bool changed = count(tries, failures, &settings, &rv);
  return finish(changed, rv);
}

CK_RV ks_pin_set(struct ks_call *call, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *pin, CK_ULONG length) {
  struct ks_key_settings settings;
  struct ks_counters *counters;
  struct typed before = {old, old_length}, after = {pin, length};
  const struct ks_key *key = &ks_sim.keys[call->key];
  ks_call_settings(call, &settings);
  plat_lock();
  bool so = key->logged_in && key->user == CKU_SO;
  plat_unlock();
  CK_RV rv = take_pin(call, &settings, &before, so ? settings.pad_so_pin : settings.pad_pin);
  if (rv == CKR_OK) rv = take_pin(call, &settings, &after, settings.pad_new_pin);
  if (rv == CKR_OK) rv = check_new(&settings, &after);
  if (rv != CKR_OK) return rv;
  rv = start(call, &counters);
  if (rv != CKR_OK) return rv;
  unsigned tries = so ? settings.so_tries : settings.user_tries;
  unsigned *failures = so ? &counters->so_failures : &counters->user_failures;
  if (ks_pin_left(tries, *failures) == 0) return finish(false, CKR_PIN_LOCKED);
  rv = ks_sim.backing->C_SetPIN(call->session, before.pin, before.length, after.pin, after.length);
  if (rv == CKR_OK) *(so ? &counters->so_must_change : &counters->user_must_change) = 1;
  bool changed = count(tries, failures, &settings, &rv) || rv == CKR_OK;
  return finish(changed, rv);
}

CK_RV ks_pin_init(struct ks_call *call, CK_BYTE *pin, CK_ULONG length) {
  struct ks_key_settings settings;
  struct ks_counters *counters;
  struct typed typed = {pin, length};
  ks_call_settings(call, &settings);
  CK_RV rv = take_pin(call, &settings, &typed, settings.pad_new_pin);
  if (rv == CKR_OK) rv = check_new(&settings, &typed);
  if (rv != CKR_OK) return rv;
  rv = start(call, &counters);
  if (rv != CKR_OK) return rv;
  rv = ks_sim.backing->C_InitPIN(call->session, typed.pin, typed.length);
  if (rv == CKR_OK) {
    counters->user_failures = 0;
    counters->user_must_change = settings.init_pin_to_be_changed ? 2 : 1;
  }
  return finish(rv == CKR_OK, rv);
}

/* A token that was made of a free one keeps its key: by the serial number it has now. */
static void keep_token(const struct ks_key_settings *settings, const struct ks_key *key, struct ks_counters *counters) {
  if (strcmp(settings->token, "free") == 0) (void)ks_copy(counters->serial, sizeof counters->serial, key->serial);
}

CK_RV ks_pin_init_token(struct ks_call *call, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label) {
  struct ks_key_settings settings;
  struct ks_counters *counters;
  struct typed typed = {pin, length};
  struct ks_key *key = &ks_sim.keys[call->key];
  ks_call_settings(call, &settings);
  CK_RV rv = take_pin(call, &settings, &typed, settings.pad_so_pin);
  if (rv == CKR_OK && !key->initialised) rv = check_new(&settings, &typed);
  if (rv != CKR_OK) return rv;
  rv = start(call, &counters);
  if (rv != CKR_OK) return rv;
  if (key->initialised && ks_pin_left(settings.so_tries, counters->so_failures) == 0)
    return finish(false, CKR_PIN_LOCKED);
  rv = ks_sim.backing->C_InitToken(call->slot, typed.pin, typed.length, label);
  bool changed = count(settings.so_tries, &counters->so_failures, &settings, &rv);
  if (rv == CKR_OK) {
    changed = true;
    counters->user_failures = 0;
    counters->user_must_change = 0;
    counters->so_must_change = 0;
    (void)ks_presence_bind(false);
    counters = ks_state_counters(key->name);
    if (counters != NULL) keep_token(&settings, key, counters);
  }
  return finish(changed, rv);
}
