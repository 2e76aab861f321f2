/* What a small key can't do: mechanisms and curves it lacks, objects it has no room for, sessions it does not give. */
#ifndef KEYSIM_LIMITS_H
#define KEYSIM_LIMITS_H

#include "call.h"

bool ks_limit_mechanism(const struct ks_key_settings *settings, CK_MECHANISM_TYPE type);

/* For operations: CKR_MECHANISM_INVALID when the key lacks the mechanism. */
CK_RV ks_limit_operation(const struct ks_call *call, const CK_MECHANISM *mechanism);

/* Key sizes as a key tells them that lacks curves: those below the smallest curve it has are gone, as is a largest one. */
void ks_limit_curves(const struct ks_call *call, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info);

struct ks_template {
  const CK_ATTRIBUTE *attributes;
  CK_ULONG count;
};

/*
 * For calls that make objects: mechanism (NULL: none), curve, size of data, memory. `bytes`: what the template does not
 * say of the new object's size.
 */
CK_RV ks_limit_new(const struct ks_call *call, const CK_MECHANISM *mechanism, struct ks_template one, struct ks_template two);

/* The rules for one more session. The lock is held. */
CK_RV ks_limit_session(struct ks_key *key);

/* Bytes that token objects take up, as a small key would count; objects that a login would show are missing without it. */
CK_ULONG ks_memory_used(CK_SLOT_ID backing);

#endif
