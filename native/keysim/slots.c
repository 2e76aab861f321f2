/* The functions on slots, tokens and sessions. */
#include <string.h>

#include "limits.h"
#include "pin.h"
#include "faults.h"

/* Fills a field of the standard's kind: text, then blanks. */
static void fill(CK_BYTE *field, size_t size, const char *text) {
  size_t length = strlen(text);
  if (length == 0) return;
  if (length > size) length = size;
  memset(field, ' ', size);
  memcpy(field, text, length);
}

CK_RV C_GetInfo(CK_INFO *info) {
  struct ks_call call = {.function = KS_FN_C_GetInfo};
  CK_RV rv = ks_enter(&call);
  plat_lock();
  if (rv == CKR_OK && !ks_sim.initialised) rv = CKR_CRYPTOKI_NOT_INITIALIZED;
  plat_unlock();
  if (rv == CKR_OK) rv = ks_sim.backing->C_GetInfo(info);
  if (rv == CKR_OK) {
    plat_lock();
    fill(info->manufacturerID, sizeof info->manufacturerID, ks_sim.live.library_manufacturer);
    fill(info->libraryDescription, sizeof info->libraryDescription, ks_sim.live.library_description);
    plat_unlock();
    ks_fault_text(&call, info->libraryDescription, sizeof info->libraryDescription);
    ks_fault_text(&call, info->manufacturerID, sizeof info->manufacturerID);
  }
  return ks_leave(&call, rv);
}

/* The lock is held. */
static CK_RV list_slots(bool present, CK_SLOT_ID *slots, CK_ULONG *count) {
  CK_ULONG room = *count, found = 0;
  /* The standard lets a list change only when it is asked for without room for it (C_GetSlotList). */
  if (slots == NULL && !ks_sim.live.needs_reinitialise) {
    intptr_t held = ks_state_hold();
    CK_RV rv = ks_presence_bind(false);
    ks_state_release(held);
    if (rv != CKR_OK) return rv;
  }
  for (unsigned i = 0; i < ks_sim.key_count; i++) {
    const struct ks_key *key = &ks_sim.keys[i];
    if (present ? !key->visible : !ks_slot_exists(key)) continue;
    if (slots != NULL && found < room) slots[found] = key->slot;
    found++;
  }
  *count = found;
  return slots != NULL && found > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
  struct ks_call call = {.function = KS_FN_C_GetSlotList, .out_length = count};
  CK_RV rv = ks_enter(&call);
  if (rv == CKR_OK && count == NULL) rv = CKR_ARGUMENTS_BAD;
  if (rv == CKR_OK) {
    plat_lock();
    rv = ks_sim.initialised ? list_slots(present != CK_FALSE, slots, count) : CKR_CRYPTOKI_NOT_INITIALIZED;
    plat_unlock();
  }
  return ks_leave(&call, rv);
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info) {
  struct ks_call call = {.function = KS_FN_C_GetSlotInfo};
  struct ks_key_settings settings;
  CK_RV rv = ks_enter_slot(&call, slot, false);
  if (rv == CKR_OK) rv = ks_sim.backing->C_GetSlotInfo(call.slot, info);
  if (rv == CKR_OK) {
    ks_call_settings(&call, &settings);
    fill(info->slotDescription, sizeof info->slotDescription, settings.slot_description);
    fill(info->manufacturerID, sizeof info->manufacturerID, settings.manufacturer);
    if (settings.removable) info->flags |= CKF_REMOVABLE_DEVICE;
    if (!call.watched) info->flags &= ~CKF_TOKEN_PRESENT;
    ks_fault_text(&call, info->slotDescription, sizeof info->slotDescription);
  }
  call.slot_call = false; /* a slot is there with and without its key */
  return ks_leave(&call, rv);
}

static void describe_memory(const struct ks_key_settings *settings, CK_SLOT_ID backing, CK_TOKEN_INFO *info) {
  if (settings->memory == 0) return;
  CK_ULONG used = ks_memory_used(backing);
  CK_ULONG left = used < settings->memory ? settings->memory - used : 0;
  info->ulTotalPublicMemory = info->ulTotalPrivateMemory = settings->memory;
  info->ulFreePublicMemory = info->ulFreePrivateMemory = left;
}

static void describe_token(const struct ks_call *call, CK_TOKEN_INFO *info) {
  struct ks_key_settings settings;
  static const struct ks_counters none;
  ks_call_settings(call, &settings);
  plat_lock();
  const struct ks_counters *counters = ks_state_counters(ks_sim.keys[call->key].name);
  info->flags = ks_pin_flags(&settings, counters == NULL ? &none : counters, info->flags);
  plat_unlock();
  fill(info->manufacturerID, sizeof info->manufacturerID, settings.manufacturer);
  fill(info->model, sizeof info->model, settings.model);
  fill(info->serialNumber, sizeof info->serialNumber, settings.serial);
  if (settings.hardware_set) info->hardwareVersion = settings.hardware;
  if (settings.firmware_set) info->firmwareVersion = settings.firmware;
  if (settings.pin_min != 0) info->ulMinPinLen = settings.pin_min;
  if (settings.pin_max != 0) info->ulMaxPinLen = settings.pin_max;
  if (settings.max_sessions != 0) info->ulMaxSessionCount = info->ulMaxRwSessionCount = settings.max_sessions;
  describe_memory(&settings, call->slot, info);
  ks_fault_text(call, info->label, sizeof info->label);
  ks_fault_text(call, info->manufacturerID, sizeof info->manufacturerID);
  ks_fault_text(call, info->model, sizeof info->model);
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
  struct ks_call call = {.function = KS_FN_C_GetTokenInfo};
  CK_RV rv = ks_enter_slot(&call, slot, true);
  if (rv == CKR_OK) {
    intptr_t held = ks_state_hold();
    rv = ks_sim.backing->C_GetTokenInfo(call.slot, info);
    ks_state_release(held);
  }
  if (rv == CKR_OK) describe_token(&call, info);
  return ks_leave(&call, rv);
}

static CK_RV list_mechanisms(const struct ks_call *call, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
  struct ks_key_settings settings;
  CK_MECHANISM_TYPE all[512];
  CK_ULONG total = sizeof all / sizeof *all, kept = 0, room;
  if (count == NULL) return CKR_ARGUMENTS_BAD;
  ks_call_settings(call, &settings);
  if (settings.mechanism_count == 0) return ks_sim.backing->C_GetMechanismList(call->slot, list, count);
  room = *count;
  CK_RV rv = ks_sim.backing->C_GetMechanismList(call->slot, all, &total);
  if (rv != CKR_OK) return rv;
  for (CK_ULONG i = 0; i < total; i++) {
    if (ks_limit_mechanism(&settings, all[i])) continue;
    if (list != NULL && kept < room) list[kept] = all[i];
    kept++;
  }
  *count = kept;
  return list != NULL && kept > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count) {
  struct ks_call call = {.function = KS_FN_C_GetMechanismList, .out_length = count};
  CK_RV rv = ks_enter_slot(&call, slot, true);
  if (rv == CKR_OK) rv = list_mechanisms(&call, list, count);
  return ks_leave(&call, rv);
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
  struct ks_call call = {.function = KS_FN_C_GetMechanismInfo};
  CK_MECHANISM mechanism = {type, NULL, 0};
  CK_RV rv = ks_enter_slot(&call, slot, true);
  if (rv == CKR_OK) rv = ks_limit_operation(&call, &mechanism);
  if (rv == CKR_OK) rv = ks_sim.backing->C_GetMechanismInfo(call.slot, type, info);
  if (rv == CKR_OK) ks_limit_curves(&call, type, info);
  return ks_leave(&call, rv);
}

CK_RV C_InitToken(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG pin_length, CK_BYTE *label) {
  struct ks_call call = {.function = KS_FN_C_InitToken};
  CK_RV rv = ks_enter_slot(&call, slot, true);
  if (rv == CKR_OK) rv = ks_pin_init_token(&call, pin, pin_length, label);
  return ks_leave(&call, rv);
}

/* The lock is held. The notify callback is not passed on: what the backing module would name in it is its own session. */
static CK_RV open_session(const struct ks_call *call, CK_FLAGS flags, CK_SESSION_HANDLE *session) {
  CK_SESSION_HANDLE backing;
  struct ks_key *key = &ks_sim.keys[call->key];
  if (!key->visible || key->epoch != call->epoch) return ks_key_settings(key)->pulled_slot;
  CK_RV rv = ks_limit_session(key);
  if (rv == CKR_OK) rv = ks_sim.backing->C_OpenSession(call->slot, flags, NULL, NULL, &backing);
  if (rv == CKR_OK) {
    const struct ks_session *made = ks_session_add(call->key, backing, (flags & CKF_RW_SESSION) != 0);
    if (made == NULL) {
      (void)ks_sim.backing->C_CloseSession(backing);
      rv = CKR_SESSION_COUNT;
    } else {
      key->sessions++;
      *session = made->own;
    }
  }
  if (key->sessions == 0) {
    plat_file_unlock(key->exclusive);
    key->exclusive = -1;
  }
  return rv;
}

CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE *session) {
  struct ks_call call = {.function = KS_FN_C_OpenSession};
  (void)application;
  (void)notify;
  CK_RV rv = ks_enter_slot(&call, slot, true);
  if (rv == CKR_OK && session == NULL) rv = CKR_ARGUMENTS_BAD;
  if (rv == CKR_OK) {
    plat_lock();
    rv = open_session(&call, flags, session);
    plat_unlock();
  }
  return ks_leave(&call, rv);
}

CK_RV C_CloseSession(CK_SESSION_HANDLE session) {
  struct ks_call call = {.function = KS_FN_C_CloseSession};
  CK_RV rv = ks_enter_session(&call, session);
  plat_lock();
  struct ks_session *found = ks_session_find(session);
  if (rv == CKR_OK && found != NULL) {
    call.own = 0;
    found->busy--;
    if (found->busy > 0 && !found->dead) {
      /* Another thread's call is still in it: that call's end closes it. */
      found->dead = true;
      ks_sim.keys[found->key].dying++;
      ks_sim.keys[found->key].sessions--;
    } else {
      ks_session_end(found);
      ks_session_drop(found);
    }
  }
  /* One that died with its key is told of once. */
  if (call.own == 0 && call.session == 0 && found != NULL && found->dead && found->closed) ks_session_drop(found);
  plat_unlock();
  return ks_leave(&call, rv);
}

CK_RV C_CloseAllSessions(CK_SLOT_ID slot) {
  struct ks_call call = {.function = KS_FN_C_CloseAllSessions};
  CK_RV rv = ks_enter_slot(&call, slot, true);
  if (rv == CKR_OK) {
    plat_lock();
    ks_key_close_sessions(call.key);
    plat_unlock();
  }
  return ks_leave(&call, rv);
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info) {
  struct ks_call call = {.function = KS_FN_C_GetSessionInfo};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_sim.backing->C_GetSessionInfo(call.session, info);
  if (rv == CKR_OK) {
    plat_lock();
    info->slotID = ks_sim.keys[call.key].slot;
    plat_unlock();
  }
  return ks_leave(&call, rv);
}

CK_RV C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG pin_length) {
  struct ks_call call = {.function = KS_FN_C_Login};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_login(&call, user, pin, pin_length);
  return ks_leave(&call, rv);
}

CK_RV C_Logout(CK_SESSION_HANDLE session) {
  struct ks_call call = {.function = KS_FN_C_Logout};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) {
    rv = ks_sim.backing->C_Logout(call.session);
    plat_lock();
    ks_sim.keys[call.key].logged_in = ks_sim.keys[call.key].robbed = false;
    plat_unlock();
  }
  return ks_leave(&call, rv);
}

CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_BYTE *pin, CK_ULONG pin_length) {
  struct ks_call call = {.function = KS_FN_C_InitPIN};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_expired(&call);
  if (rv == CKR_OK) rv = ks_pin_init(&call, pin, pin_length);
  return ks_leave(&call, rv);
}

CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *pin, CK_ULONG pin_length) {
  struct ks_call call = {.function = KS_FN_C_SetPIN};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_set(&call, old, old_length, pin, pin_length);
  return ks_leave(&call, rv);
}

/* Waits without the lock, looking again every few milliseconds: pulls come from other processes too. */
static CK_RV wait_for_event(const struct ks_call *call, bool block, CK_SLOT_ID *slot) {
  for (;;) {
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    plat_lock();
    if (ks_sim.run == call->run && ks_sim.initialised) {
      (void)ks_sim_refresh();
      rv = ks_presence_event(slot);
    }
    plat_unlock();
    if (rv != CKR_NO_EVENT || !block) return rv;
    plat_sleep_ms(20);
  }
}

CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, CK_VOID_PTR reserved) {
  struct ks_call call = {.function = KS_FN_C_WaitForSlotEvent};
  CK_RV rv = ks_enter(&call);
  if (rv == CKR_OK && (slot == NULL || reserved != NULL)) rv = CKR_ARGUMENTS_BAD;
  if (rv == CKR_OK) rv = wait_for_event(&call, (flags & CKF_DONT_BLOCK) == 0, slot);
  return ks_leave(&call, rv);
}
