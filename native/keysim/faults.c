#include "faults.h"

#include <string.h>

uint64_t ks_mix(uint64_t seed, uint64_t number) {
  /* splitmix64 */
  uint64_t z = seed + (number + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

static bool hits(const struct ks_fault *fault, enum ks_function function, uint64_t number, uint64_t total, const char *key) {
  if (fault->off || (fault->function >= 0 && fault->function != (int)function)) return false;
  if (fault->key[0] != '\0' && strcmp(fault->key, key) != 0) return false;
  if (fault->probable) return (double)(ks_mix(fault->seed, total) >> 11) * 0x1p-53 < fault->probability;
  uint64_t count = fault->function >= 0 ? number : total;
  if (count < fault->base || count - fault->base < fault->at) return false;
  return fault->times == 0 || count - fault->base - fault->at < fault->times;
}

bool ks_fault_choose(const struct ks_config *config, enum ks_function function, uint64_t number, uint64_t total,
                     const char *key, struct ks_fault *fault) {
  for (unsigned i = 0; i < config->fault_count; i++) {
    if (!hits(&config->faults[i], function, number, total, key)) continue;
    *fault = config->faults[i];
    return true;
  }
  return false;
}

/* Until the fault is lifted or the library is finalised. */
static void hang(const struct ks_call *call) {
  for (bool on = true; on;) {
    plat_sleep_ms(20);
    plat_lock();
    on = ks_sim.run == call->run;
    if (ks_sim.configured && on) {
      (void)ks_sim_refresh();
      on = false;
      for (unsigned i = 0; i < ks_sim.live.fault_count; i++)
        on = on || (!ks_sim.live.faults[i].off && strcmp(ks_sim.live.faults[i].name, call->fault.name) == 0);
    }
    plat_unlock();
  }
}

/* The fault's own key, the call's, or the first that is there. */
static void pull(const struct ks_call *call) {
  char name[KS_NAME_MAX] = "";
  plat_lock();
  if (call->fault.key[0] != '\0') (void)ks_copy(name, sizeof name, call->fault.key);
  else if (call->key >= 0) (void)ks_copy(name, sizeof name, ks_sim.keys[call->key].name);
  for (unsigned i = 0; name[0] == '\0' && i < ks_sim.key_count; i++)
    if (ks_sim.keys[i].visible && ks_sim.keys[i].initialised) (void)ks_copy(name, sizeof name, ks_sim.keys[i].name);
  if (name[0] != '\0') (void)ks_key_set_present(name, false);
  plat_unlock();
}

/* Another program on the same key ends the login, in the middle of whatever this one is doing. */
static void log_out(const struct ks_call *call) {
  struct ks_session *sessions = ks_sessions();
  plat_lock();
  for (int i = 0; i < KS_MAX_SESSIONS; i++) {
    if (sessions[i].own == 0 || sessions[i].dead || (call->key >= 0 && sessions[i].key != call->key)) continue;
    struct ks_key *key = &ks_sim.keys[sessions[i].key];
    if (!key->logged_in) continue;
    key->logged_in = false;
    key->robbed = true;
    (void)ks_sim.backing->C_Logout(sessions[i].backing);
  }
  plat_unlock();
}

static CK_RV perform(struct ks_call *call, CK_RV rv) {
  switch (call->fault.effect) {
    case KS_EFFECT_ERROR:
      return call->fault.error;
    case KS_EFFECT_HANG:
      hang(call);
      return rv;
    case KS_EFFECT_DELAY:
      ks_rest(call, call->fault.ms);
      return rv;
    case KS_EFFECT_ABORT:
      plat_abort();
    case KS_EFFECT_SEGV:
      plat_segv();
    case KS_EFFECT_LOGOUT:
      log_out(call);
      return rv;
    case KS_EFFECT_PULL:
      pull(call);
      return rv;
    default:
      return rv;
  }
}

static CK_ULONG wrong(const struct ks_fault *fault, CK_ULONG length) {
  if (!fault->relative) return (CK_ULONG)fault->length;
  if (fault->length < 0 && length < (CK_ULONG)-fault->length) return 0;
  return length + (CK_ULONG)fault->length;
}

CK_RV ks_fault_before(struct ks_call *call) {
  if (!call->faulty) return CKR_OK;
  if (call->fault.effect == KS_EFFECT_BUFFER_TOO_SMALL) {
    if (call->out_length != NULL) *call->out_length = wrong(&call->fault, *call->out_length);
    return CKR_BUFFER_TOO_SMALL;
  }
  return call->fault.after ? CKR_OK : perform(call, CKR_OK);
}

CK_RV ks_fault_after(struct ks_call *call, CK_RV rv) {
  if (!call->faulty) return rv;
  if (call->fault.effect == KS_EFFECT_WRONG_LENGTH) {
    if (rv == CKR_OK && call->out_length != NULL) *call->out_length = wrong(&call->fault, *call->out_length);
    return rv;
  }
  return call->fault.after ? perform(call, rv) : rv;
}

/* GB 18030 for 密钥: what drivers of another age put where UTF-8 belongs. */
static const CK_BYTE gbk[] = {0xc3, 0xdc, 0xd4, 0xbf, 0xff};

void ks_fault_text(const struct ks_call *call, CK_BYTE *field, size_t size) {
  if (!call->faulty) return;
  if (call->fault.effect == KS_EFFECT_LABEL_NOT_UTF8) {
    memcpy(field, gbk, size < sizeof gbk ? size : sizeof gbk);
    return;
  }
  if (call->fault.effect != KS_EFFECT_LABEL_GARBAGE) return;
  size_t length = size;
  while (length > 0 && field[length - 1] == ' ') length--;
  if (length < size) field[length++] = '\0';
  for (; length < size; length++) field[length] = (CK_BYTE)ks_mix(call->sequence, length);
}
