/* The functions on objects and data: what they have in common is said once, in macros. */
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "limits.h"
#include "pin.h"

/* A call on a session that passes through: `rest` are the arguments after the session, each with its comma. */
#define PASS(name, parameters, rest, produces)                            \
  CK_RV name parameters {                                                 \
    struct ks_call call = {.function = KS_FN_##name UNWRAP produces};     \
    CK_RV rv = ks_enter_session(&call, session);                          \
    if (rv == CKR_OK) rv = ks_sim.backing->name(call.session UNWRAP rest); \
    return ks_leave(&call, rv);                                           \
  }
#define UNWRAP(...) __VA_ARGS__
#define OUTPUT (, .out = out, .out_length = out_length)
#define NOTHING ()

#define SESSION CK_SESSION_HANDLE session
#define IN CK_BYTE *in, CK_ULONG in_length
#define OUT CK_BYTE *out, CK_ULONG *out_length

/* The shapes that most functions have. */
#define PASS_BARE(name) PASS(name, (SESSION), (), NOTHING)
#define PASS_IN(name) PASS(name, (SESSION, IN), (, in, in_length), NOTHING)
#define PASS_OUT(name) PASS(name, (SESSION, OUT), (, out, out_length), OUTPUT)
#define PASS_IN_OUT(name) PASS(name, (SESSION, IN, OUT), (, in, in_length, out, out_length), OUTPUT)

PASS_BARE(C_FindObjectsFinal)
PASS_BARE(C_GetFunctionStatus)
PASS_BARE(C_CancelFunction)
PASS_IN(C_DigestUpdate)
PASS_IN(C_SignUpdate)
PASS_IN(C_VerifyUpdate)
PASS_IN(C_VerifyFinal)
PASS_IN(C_SeedRandom)
PASS_OUT(C_GetOperationState)
PASS_OUT(C_EncryptFinal)
PASS_OUT(C_DecryptFinal)
PASS_OUT(C_DigestFinal)
PASS_OUT(C_SignFinal)
PASS_IN_OUT(C_Encrypt)
PASS_IN_OUT(C_EncryptUpdate)
PASS_IN_OUT(C_Decrypt)
PASS_IN_OUT(C_DecryptUpdate)
PASS_IN_OUT(C_Digest)
PASS_IN_OUT(C_Sign)
PASS_IN_OUT(C_SignRecover)
PASS_IN_OUT(C_VerifyRecover)
PASS_IN_OUT(C_DigestEncryptUpdate)
PASS_IN_OUT(C_DecryptDigestUpdate)
PASS_IN_OUT(C_SignEncryptUpdate)
PASS_IN_OUT(C_DecryptVerifyUpdate)
PASS(C_Verify, (SESSION, IN, CK_BYTE *signature, CK_ULONG signature_length),
     (, in, in_length, signature, signature_length), NOTHING)
PASS(C_GenerateRandom, (SESSION, CK_BYTE *out, CK_ULONG out_length), (, out, out_length), NOTHING)
PASS(C_FindObjectsInit, (SESSION, CK_ATTRIBUTE *attributes, CK_ULONG count), (, attributes, count), NOTHING)

/* Beginning an operation with a key. `private`: a login's PIN has to be in order first. */
#define BEGIN_WITH_KEY(name, private)                                                              \
  CK_RV name(SESSION, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {                             \
    struct ks_call call = {.function = KS_FN_##name};                                              \
    CK_OBJECT_HANDLE backing;                                                                      \
    CK_RV rv = ks_enter_session(&call, session);                                                   \
    if (rv == CKR_OK && (private)) rv = ks_pin_expired(&call);                                     \
    if (rv == CKR_OK) rv = ks_limit_operation(&call, mechanism);                                   \
    if (rv == CKR_OK && !ks_object_in(&call, key, &backing)) rv = CKR_KEY_HANDLE_INVALID;          \
    if (rv == CKR_OK) rv = ks_sim.backing->name(call.session, mechanism, backing);                 \
    return ks_leave(&call, rv);                                                                    \
  }

BEGIN_WITH_KEY(C_EncryptInit, false)
BEGIN_WITH_KEY(C_DecryptInit, true)
BEGIN_WITH_KEY(C_SignInit, true)
BEGIN_WITH_KEY(C_SignRecoverInit, true)
BEGIN_WITH_KEY(C_VerifyInit, false)
BEGIN_WITH_KEY(C_VerifyRecoverInit, false)

CK_RV C_DigestInit(SESSION, CK_MECHANISM *mechanism) {
  struct ks_call call = {.function = KS_FN_C_DigestInit};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_limit_operation(&call, mechanism);
  if (rv == CKR_OK) rv = ks_sim.backing->C_DigestInit(call.session, mechanism);
  return ks_leave(&call, rv);
}

CK_RV C_DigestKey(SESSION, CK_OBJECT_HANDLE key) {
  struct ks_call call = {.function = KS_FN_C_DigestKey};
  CK_OBJECT_HANDLE backing;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK && !ks_object_in(&call, key, &backing)) rv = CKR_KEY_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_DigestKey(call.session, backing);
  return ks_leave(&call, rv);
}

CK_RV C_SetOperationState(SESSION, IN, CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key) {
  struct ks_call call = {.function = KS_FN_C_SetOperationState};
  CK_OBJECT_HANDLE encryption, authentication;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK && (!ks_object_in(&call, encryption_key, &encryption) ||
                       !ks_object_in(&call, authentication_key, &authentication)))
    rv = CKR_KEY_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_SetOperationState(call.session, in, in_length, encryption, authentication);
  return ks_leave(&call, rv);
}

/* What the rules say of making an object, once the session is found. */
static CK_RV allow(const struct ks_call *call, const CK_MECHANISM *mechanism, CK_ATTRIBUTE *attributes, CK_ULONG count) {
  CK_RV rv = ks_pin_expired(call);
  if (rv != CKR_OK) return rv;
  return ks_limit_new(call, mechanism, (struct ks_template){attributes, count}, (struct ks_template){NULL, 0});
}

CK_RV C_CreateObject(SESSION, CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *object) {
  struct ks_call call = {.function = KS_FN_C_CreateObject};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = allow(&call, NULL, attributes, count);
  if (rv == CKR_OK) rv = ks_sim.backing->C_CreateObject(call.session, attributes, count, object);
  if (rv == CKR_OK) ks_object_out(&call, object);
  return ks_leave(&call, rv);
}

CK_RV C_CopyObject(SESSION, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *copy) {
  struct ks_call call = {.function = KS_FN_C_CopyObject};
  CK_OBJECT_HANDLE backing;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = allow(&call, NULL, attributes, count);
  if (rv == CKR_OK && !ks_object_in(&call, object, &backing)) rv = CKR_OBJECT_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_CopyObject(call.session, backing, attributes, count, copy);
  if (rv == CKR_OK) ks_object_out(&call, copy);
  return ks_leave(&call, rv);
}

CK_RV C_DestroyObject(SESSION, CK_OBJECT_HANDLE object) {
  struct ks_call call = {.function = KS_FN_C_DestroyObject};
  CK_OBJECT_HANDLE backing;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_expired(&call);
  if (rv == CKR_OK && !ks_object_in(&call, object, &backing)) rv = CKR_OBJECT_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_DestroyObject(call.session, backing);
  if (rv == CKR_OK) {
    plat_lock();
    ks_object_forget(call.key, object);
    plat_unlock();
  }
  return ks_leave(&call, rv);
}

CK_RV C_GetObjectSize(SESSION, CK_OBJECT_HANDLE object, CK_ULONG *size) {
  struct ks_call call = {.function = KS_FN_C_GetObjectSize, .out_length = size};
  CK_OBJECT_HANDLE backing;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK && !ks_object_in(&call, object, &backing)) rv = CKR_OBJECT_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_GetObjectSize(call.session, backing, size);
  return ks_leave(&call, rv);
}

/* Labels as faulty drivers give them. */
static void spoil_labels(const struct ks_call *call, CK_ATTRIBUTE *attributes, CK_ULONG count) {
  for (CK_ULONG i = 0; i < count; i++)
    if (attributes[i].type == CKA_LABEL && attributes[i].pValue != NULL &&
        attributes[i].ulValueLen != CK_UNAVAILABLE_INFORMATION)
      ks_fault_text(call, attributes[i].pValue, attributes[i].ulValueLen);
}

CK_RV C_GetAttributeValue(SESSION, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count) {
  struct ks_call call = {.function = KS_FN_C_GetAttributeValue,
                         .out_length = attributes != NULL && count > 0 ? &attributes[0].ulValueLen : NULL};
  CK_OBJECT_HANDLE backing;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK && !ks_object_in(&call, object, &backing)) rv = CKR_OBJECT_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_GetAttributeValue(call.session, backing, attributes, count);
  if (rv == CKR_OK) spoil_labels(&call, attributes, count);
  return ks_leave(&call, rv);
}

CK_RV C_SetAttributeValue(SESSION, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count) {
  struct ks_call call = {.function = KS_FN_C_SetAttributeValue};
  CK_OBJECT_HANDLE backing;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_expired(&call);
  if (rv == CKR_OK && !ks_object_in(&call, object, &backing)) rv = CKR_OBJECT_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_SetAttributeValue(call.session, backing, attributes, count);
  return ks_leave(&call, rv);
}

CK_RV C_FindObjects(SESSION, CK_OBJECT_HANDLE *objects, CK_ULONG room, CK_ULONG *count) {
  struct ks_call call = {.function = KS_FN_C_FindObjects, .out_length = count};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_sim.backing->C_FindObjects(call.session, objects, room, count);
  for (CK_ULONG i = 0; rv == CKR_OK && i < *count; i++) ks_object_out(&call, &objects[i]);
  return ks_leave(&call, rv);
}

CK_RV C_GenerateKey(SESSION, CK_MECHANISM *mechanism, CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *key) {
  struct ks_call call = {.function = KS_FN_C_GenerateKey};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = allow(&call, mechanism, attributes, count);
  if (rv == CKR_OK) rv = ks_sim.backing->C_GenerateKey(call.session, mechanism, attributes, count, key);
  if (rv == CKR_OK) ks_object_out(&call, key);
  return ks_leave(&call, rv);
}

CK_RV C_GenerateKeyPair(SESSION, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_attributes, CK_ULONG public_count,
                        CK_ATTRIBUTE *private_attributes, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
                        CK_OBJECT_HANDLE *private_key) {
  struct ks_call call = {.function = KS_FN_C_GenerateKeyPair};
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_expired(&call);
  if (rv == CKR_OK)
    rv = ks_limit_new(&call, mechanism, (struct ks_template){public_attributes, public_count},
                      (struct ks_template){private_attributes, private_count});
  if (rv == CKR_OK)
    rv = ks_sim.backing->C_GenerateKeyPair(call.session, mechanism, public_attributes, public_count, private_attributes,
                                           private_count, public_key, private_key);
  if (rv == CKR_OK) {
    ks_object_out(&call, public_key);
    ks_object_out(&call, private_key);
  }
  return ks_leave(&call, rv);
}

CK_RV C_WrapKey(SESSION, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, OUT) {
  struct ks_call call = {.function = KS_FN_C_WrapKey, .out = out, .out_length = out_length};
  CK_OBJECT_HANDLE wrapping, wrapped;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = ks_pin_expired(&call);
  if (rv == CKR_OK) rv = ks_limit_operation(&call, mechanism);
  if (rv == CKR_OK && !ks_object_in(&call, wrapping_key, &wrapping)) rv = CKR_WRAPPING_KEY_HANDLE_INVALID;
  if (rv == CKR_OK && !ks_object_in(&call, key, &wrapped)) rv = CKR_KEY_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_WrapKey(call.session, mechanism, wrapping, wrapped, out, out_length);
  return ks_leave(&call, rv);
}

CK_RV C_UnwrapKey(SESSION, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping_key, IN, CK_ATTRIBUTE *attributes,
                  CK_ULONG count, CK_OBJECT_HANDLE *key) {
  struct ks_call call = {.function = KS_FN_C_UnwrapKey};
  CK_OBJECT_HANDLE unwrapping;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = allow(&call, mechanism, attributes, count);
  if (rv == CKR_OK && !ks_object_in(&call, unwrapping_key, &unwrapping)) rv = CKR_UNWRAPPING_KEY_HANDLE_INVALID;
  if (rv == CKR_OK)
    rv = ks_sim.backing->C_UnwrapKey(call.session, mechanism, unwrapping, in, in_length, attributes, count, key);
  if (rv == CKR_OK) ks_object_out(&call, key);
  return ks_leave(&call, rv);
}

CK_RV C_DeriveKey(SESSION, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE *attributes, CK_ULONG count,
                  CK_OBJECT_HANDLE *key) {
  struct ks_call call = {.function = KS_FN_C_DeriveKey};
  CK_OBJECT_HANDLE base;
  CK_RV rv = ks_enter_session(&call, session);
  if (rv == CKR_OK) rv = allow(&call, mechanism, attributes, count);
  if (rv == CKR_OK && !ks_object_in(&call, base_key, &base)) rv = CKR_KEY_HANDLE_INVALID;
  if (rv == CKR_OK) rv = ks_sim.backing->C_DeriveKey(call.session, mechanism, base, attributes, count, key);
  if (rv == CKR_OK) ks_object_out(&call, key);
  return ks_leave(&call, rv);
}
