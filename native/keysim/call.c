#include "call.h"

#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "names.h"

enum { SLICE_MS = 20 };

/* One line of the trace. The path is in the configuration in force; the lock is held. */
static void trace(const struct ks_call *call, const char *mark, const char *result) {
  char line[160];
  if (ks_sim.live.trace[0] == '\0') return;
  int length = snprintf(line, sizeof line, "%llu %s %s%s%s %lu\n", (unsigned long long)call->sequence, mark,
                        ks_function_name(call->function), result[0] == '\0' ? "" : " ", result, plat_process());
  if (length > 0 && length < (int)sizeof line) (void)plat_append_file(ks_sim.live.trace, line, (size_t)length);
}

/* True when the call's key is no longer the one it began with. The lock is held. */
static bool lost(const struct ks_call *call) {
  if (call->key < 0 || !call->watched) return false;
  const struct ks_key *key = &ks_sim.keys[call->key];
  return !key->visible || key->epoch != call->epoch;
}

void ks_rest(const struct ks_call *call, unsigned ms) {
  while (ms > 0) {
    unsigned slice = ms < SLICE_MS ? ms : SLICE_MS;
    plat_sleep_ms(slice);
    ms -= slice;
    plat_lock();
    bool over = ks_sim.run != call->run;
    if (!over && ks_sim.configured) {
      (void)ks_sim_refresh();
      over = lost(call);
    }
    plat_unlock();
    if (over) return;
  }
}

static unsigned latency(const struct ks_call *call) {
  const struct ks_key_settings *settings =
      call->key < 0 ? &ks_sim.live.defaults : ks_key_settings(&ks_sim.keys[call->key]);
  const struct ks_latency *time = &settings->latency[call->function];
  if (time->most == 0) return 0;
  return time->least + (unsigned)(ks_mix(ks_sim.live.seed, call->sequence) % (time->most - time->least + 1));
}

/* Remembers which key the call is for and that it is there. The lock is held. */
static void watch(struct ks_call *call) {
  call->watched = call->key >= 0 && ks_sim.keys[call->key].visible;
  if (call->key >= 0) call->epoch = ks_sim.keys[call->key].epoch;
}

/*
 * Counts the call and lets it suffer what comes before the token is asked. The lock is held at the beginning and not
 * at the end.
 */
static CK_RV begin(struct ks_call *call) {
  bool fresh = ks_sim_refresh();
  uint64_t number = ks_calls_add(call->function, &call->sequence);
  const char *key = call->key < 0 ? "" : ks_sim.keys[call->key].name;
  call->run = ks_sim.run;
  call->faulty = ks_fault_choose(&ks_sim.live, call->function, number, call->sequence, key, &call->fault);
  bool missing = ks_sim.live.without_functions[call->function] != 0;
  unsigned ms = latency(call);
  trace(call, ">", "");
  plat_unlock();
  if (!fresh) return CKR_DEVICE_ERROR;
  if (missing) return CKR_FUNCTION_NOT_SUPPORTED;
  ks_rest(call, ms);
  return ks_fault_before(call);
}

CK_RV ks_enter(struct ks_call *call) {
  call->key = -1;
  plat_lock();
  if (!ks_sim.configured) {
    call->run = ks_sim.run;
    plat_unlock();
    return CKR_OK;
  }
  return begin(call);
}

CK_RV ks_enter_slot(struct ks_call *call, CK_SLOT_ID slot, bool token) {
  plat_lock();
  call->key = -1;
  if (!ks_sim.initialised) {
    plat_unlock();
    return CKR_CRYPTOKI_NOT_INITIALIZED;
  }
  (void)ks_sim_refresh();
  int at = ks_key_of_slot(slot);
  call->key = at;
  watch(call);
  CK_RV rv = begin(call);
  if (rv != CKR_OK) return rv;
  plat_lock();
  if (!ks_sim.initialised || ks_sim.run != call->run) {
    rv = CKR_CRYPTOKI_NOT_INITIALIZED;
  } else {
    (void)ks_sim_refresh();
    at = ks_key_of_slot(slot);
    call->key = at;
    if (at < 0) {
      rv = CKR_SLOT_ID_INVALID;
    } else if (token && !ks_sim.keys[at].visible) {
      rv = ks_key_settings(&ks_sim.keys[at])->pulled_slot;
    } else {
      call->slot = ks_sim.keys[at].backing;
    }
    call->slot_call = rv == CKR_OK;
    watch(call);
  }
  plat_unlock();
  return rv;
}

/* What needs a login. SoftHSM goes on with an operation that was begun before the logout; a key does not. */
static bool needs_login(enum ks_function function) {
  switch (function) {
    case KS_FN_C_InitPIN:
    case KS_FN_C_CreateObject:
    case KS_FN_C_DestroyObject:
    case KS_FN_C_SetAttributeValue:
    case KS_FN_C_DecryptInit:
    case KS_FN_C_Decrypt:
    case KS_FN_C_DecryptUpdate:
    case KS_FN_C_DecryptFinal:
    case KS_FN_C_SignInit:
    case KS_FN_C_Sign:
    case KS_FN_C_SignUpdate:
    case KS_FN_C_SignFinal:
    case KS_FN_C_SignRecoverInit:
    case KS_FN_C_SignRecover:
    case KS_FN_C_GenerateKey:
    case KS_FN_C_GenerateKeyPair:
    case KS_FN_C_UnwrapKey:
    case KS_FN_C_DeriveKey:
      return true;
    default:
      return false;
  }
}

static CK_RV dead_session(const struct ks_session *session) {
  const struct ks_key *key = &ks_sim.keys[session->key];
  return key->visible ? CKR_SESSION_HANDLE_INVALID : ks_key_settings(key)->pulled_session;
}

CK_RV ks_enter_session(struct ks_call *call, CK_SESSION_HANDLE own) {
  plat_lock();
  call->key = -1;
  if (!ks_sim.initialised) {
    plat_unlock();
    return CKR_CRYPTOKI_NOT_INITIALIZED;
  }
  (void)ks_sim_refresh();
  struct ks_session *session = ks_session_find(own);
  if (session != NULL && !session->dead) {
    call->key = session->key;
    watch(call);
  }
  CK_RV rv = begin(call);
  if (rv != CKR_OK) return rv;
  plat_lock();
  if (!ks_sim.initialised || ks_sim.run != call->run) {
    rv = CKR_CRYPTOKI_NOT_INITIALIZED;
  } else {
    (void)ks_sim_refresh();
    session = ks_session_find(own);
    if (session == NULL) {
      rv = CKR_SESSION_HANDLE_INVALID;
    } else if (session->dead) {
      rv = dead_session(session);
    } else if (ks_sim.keys[session->key].robbed && needs_login(call->function)) {
      rv = CKR_USER_NOT_LOGGED_IN;
    } else {
      call->own = own;
      call->session = session->backing;
      session->busy++;
    }
  }
  plat_unlock();
  return rv;
}

CK_RV ks_leave(struct ks_call *call, CK_RV rv) {
  char room[32];
  rv = ks_fault_after(call, rv);
  plat_lock();
  if (ks_sim.configured && ks_sim.run == call->run) {
    (void)ks_sim_refresh();
    struct ks_session *session = call->own == 0 ? NULL : ks_session_find(call->own);
    if (call->slot_call && lost(call)) rv = ks_key_settings(&ks_sim.keys[call->key])->pulled_slot;
    if (session != NULL) {
      session->busy--;
      if (session->dead) {
        rv = ks_key_settings(&ks_sim.keys[session->key])->pulled_during;
        ks_session_end(session);
        ks_presence_update();
      }
    }
  }
  if (ks_sim.configured && call->sequence != 0) trace(call, "<", ks_code_name(rv, room, sizeof room));
  plat_unlock();
  return rv;
}

bool ks_object_in(const struct ks_call *call, CK_OBJECT_HANDLE own, CK_OBJECT_HANDLE *backing) {
  *backing = CK_INVALID_HANDLE;
  if (own == CK_INVALID_HANDLE) return true;
  plat_lock();
  bool found = ks_object_backing(call->key, own, backing);
  plat_unlock();
  return found;
}

void ks_object_out(const struct ks_call *call, CK_OBJECT_HANDLE *object) {
  plat_lock();
  *object = ks_object_own(call->key, *object);
  plat_unlock();
}

void ks_call_settings(const struct ks_call *call, struct ks_key_settings *settings) {
  plat_lock();
  *settings = call->key < 0 ? ks_sim.live.defaults : *ks_key_settings(&ks_sim.keys[call->key]);
  plat_unlock();
}
