#include "limits.h"

#include <stdio.h>
#include <string.h>

enum { OVERHEAD = 64, MAX_OBJECTS = 4096 }; /* bytes each object takes besides its values; objects looked at */

bool ks_limit_mechanism(const struct ks_key_settings *settings, CK_MECHANISM_TYPE type) {
  for (unsigned i = 0; i < settings->mechanism_count; i++)
    if (settings->without_mechanisms[i] == type) return true;
  return false;
}

static CK_RV missing(const struct ks_key_settings *settings, const CK_MECHANISM *mechanism) {
  return mechanism != NULL && ks_limit_mechanism(settings, mechanism->mechanism) ? CKR_MECHANISM_INVALID : CKR_OK;
}

CK_RV ks_limit_operation(const struct ks_call *call, const CK_MECHANISM *mechanism) {
  struct ks_key_settings settings;
  ks_call_settings(call, &settings);
  return missing(&settings, mechanism);
}

void ks_limit_curves(const struct ks_call *call, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
  static const CK_ULONG sizes[] = {256, 384, 521};
  struct ks_key_settings settings;
  bool curves = type == CKM_EC_KEY_PAIR_GEN || type == CKM_ECDSA || (type >= CKM_ECDSA_SHA1 && type <= CKM_ECDSA_SHA512);
  ks_call_settings(call, &settings);
  if (!curves || info == NULL || settings.without_curves == 0) return;
  for (unsigned i = 0; i < 3 && (settings.without_curves & (1U << i)) != 0; i++)
    if (info->ulMinKeySize <= sizes[i]) info->ulMinKeySize = sizes[i] + 1;
  for (unsigned i = 3; i > 0 && (settings.without_curves & (1U << (i - 1))) != 0; i--)
    if (info->ulMaxKeySize >= sizes[i - 1]) info->ulMaxKeySize = sizes[i - 1] - 1;
}

static const CK_ATTRIBUTE *find(struct ks_template template, CK_ATTRIBUTE_TYPE type) {
  for (CK_ULONG i = 0; template.attributes != NULL && i < template.count; i++)
    if (template.attributes[i].type == type && template.attributes[i].pValue != NULL) return &template.attributes[i];
  return NULL;
}

static CK_ULONG number(struct ks_template template, CK_ATTRIBUTE_TYPE type, CK_ULONG fallback) {
  const CK_ATTRIBUTE *attribute = find(template, type);
  CK_ULONG value = fallback;
  if (attribute != NULL && attribute->ulValueLen == sizeof value) memcpy(&value, attribute->pValue, sizeof value);
  return value;
}

static bool on_token(struct ks_template template) {
  const CK_ATTRIBUTE *attribute = find(template, CKA_TOKEN);
  return attribute != NULL && attribute->ulValueLen == sizeof(CK_BBOOL) && *(const CK_BBOOL *)attribute->pValue != CK_FALSE;
}

/* The curves by the DER of their object identifiers (RFC 5480). */
static unsigned curve_of(struct ks_template template) {
  static const CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  static const CK_BYTE p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
  static const CK_BYTE p521[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
  const CK_ATTRIBUTE *curve = find(template, CKA_EC_PARAMS);
  if (curve == NULL) return 0;
  if (curve->ulValueLen == sizeof p256 && memcmp(curve->pValue, p256, sizeof p256) == 0) return KS_CURVE_P256;
  if (curve->ulValueLen == sizeof p384 && memcmp(curve->pValue, p384, sizeof p384) == 0) return KS_CURVE_P384;
  if (curve->ulValueLen == sizeof p521 && memcmp(curve->pValue, p521, sizeof p521) == 0) return KS_CURVE_P521;
  return 0;
}

/* Bytes of key material that a generating mechanism adds to the object of this template. */
static CK_ULONG generated(const CK_MECHANISM *mechanism, struct ks_template public, bool private) {
  if (mechanism == NULL) return 0;
  if (mechanism->mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN) {
    CK_ULONG modulus = number(public, CKA_MODULUS_BITS, 2048) / 8;
    return private ? modulus * 9 / 2 : modulus; /* n, d and the five values of the Chinese remainder theorem */
  }
  if (mechanism->mechanism == CKM_EC_KEY_PAIR_GEN) return private ? 66 : 133;
  return number(public, CKA_VALUE_LEN, 32);
}

static CK_ULONG size_of(struct ks_template template) {
  CK_ULONG size = OVERHEAD;
  for (CK_ULONG i = 0; template.attributes != NULL && i < template.count; i++)
    if (template.attributes[i].ulValueLen < 1UL << 30) size += template.attributes[i].ulValueLen;
  return size;
}

static CK_RV check_room(const struct ks_call *call, const struct ks_key_settings *settings, CK_ULONG more) {
  if (settings->memory == 0 || more == 0) return CKR_OK;
  CK_ULONG used = ks_memory_used(ks_sim.keys[call->key].backing);
  return used > settings->memory || more > settings->memory - used ? CKR_DEVICE_MEMORY : CKR_OK;
}

CK_RV ks_limit_new(const struct ks_call *call, const CK_MECHANISM *mechanism, struct ks_template one, struct ks_template two) {
  struct ks_key_settings settings;
  ks_call_settings(call, &settings);
  CK_RV rv = missing(&settings, mechanism);
  if (rv != CKR_OK) return rv;
  if (((curve_of(one) | curve_of(two)) & settings.without_curves) != 0) return CKR_CURVE_NOT_SUPPORTED;
  const CK_ATTRIBUTE *value = find(one, CKA_VALUE);
  if (settings.max_data != 0 && value != NULL && number(one, CKA_CLASS, CKO_SECRET_KEY) == CKO_DATA &&
      value->ulValueLen > settings.max_data)
    return CKR_DEVICE_MEMORY;
  CK_ULONG more = on_token(one) ? size_of(one) + generated(mechanism, one, false) : 0;
  if (on_token(two)) more += size_of(two) + generated(mechanism, one, true);
  return check_room(call, &settings, more);
}

CK_RV ks_limit_session(struct ks_key *key) {
  char path[KS_PATH_MAX + KS_NAME_MAX + 16];
  const struct ks_key_settings *settings = ks_key_settings(key);
  if (settings->max_sessions != 0 && key->sessions >= settings->max_sessions) return CKR_SESSION_COUNT;
  if (!settings->exclusive || key->exclusive >= 0) return CKR_OK;
  (void)snprintf(path, sizeof path, "%s.%s.in-use", ks_sim.base.state, key->name);
  key->exclusive = plat_file_lock(path, false);
  return key->exclusive >= 0 ? CKR_OK : settings->exclusive_error;
}

static CK_ULONG object_size(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  static const CK_ATTRIBUTE_TYPE types[] = {CKA_VALUE,  CKA_MODULUS, CKA_LABEL,    CKA_ID,        CKA_SUBJECT,
                                            CKA_ISSUER, CKA_EC_POINT, CKA_EC_PARAMS, CKA_SERIAL_NUMBER};
  CK_ULONG class = CKO_DATA, size = OVERHEAD;
  CK_ATTRIBUTE kind = {CKA_CLASS, &class, sizeof class};
  (void)ks_sim.backing->C_GetAttributeValue(session, object, &kind, 1);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    CK_ATTRIBUTE attribute = {types[i], NULL, 0};
    if (ks_sim.backing->C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK) continue;
    if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) continue;
    bool private_modulus = types[i] == CKA_MODULUS && class == CKO_PRIVATE_KEY;
    size += private_modulus ? attribute.ulValueLen * 9 / 2 : attribute.ulValueLen;
  }
  if (class == CKO_PRIVATE_KEY) size += OVERHEAD; /* a private value that is not shown, for curves */
  return size;
}

CK_ULONG ks_memory_used(CK_SLOT_ID backing) {
  CK_SESSION_HANDLE session;
  CK_OBJECT_HANDLE object;
  CK_ULONG found = 1, used = 0;
  CK_BBOOL yes = CK_TRUE;
  CK_ATTRIBUTE tokens = {CKA_TOKEN, &yes, sizeof yes};
  /* A session of its own: the program's may be in the middle of a search. It can write, for a logged-in SO's sake. */
  if (ks_sim.backing->C_OpenSession(backing, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK) return 0;
  if (ks_sim.backing->C_FindObjectsInit(session, &tokens, 1) == CKR_OK) {
    for (int i = 0; i < MAX_OBJECTS; i++) {
      if (ks_sim.backing->C_FindObjects(session, &object, 1, &found) != CKR_OK || found == 0) break;
      used += object_size(session, object);
    }
    (void)ks_sim.backing->C_FindObjectsFinal(session);
  }
  (void)ks_sim.backing->C_CloseSession(session);
  return used;
}
