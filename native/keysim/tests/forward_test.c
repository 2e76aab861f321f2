/* Every function of the list is there and reaches the backing module. Run with the echo module's path. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pkcs11.h"
#include "platform.h"

static void every_function(CK_FUNCTION_LIST *p11) {
  CK_SESSION_HANDLE s = 0;
  CK_SLOT_ID slots[4];
  CK_ULONG count = 4, length = 0;
  CK_INFO info;
  CK_SLOT_INFO slot_info;
  CK_MECHANISM_INFO mechanism_info;
  CK_SESSION_INFO session_info;
  CK_MECHANISM mechanism = {1, NULL, 0};
  CK_BYTE in[8] = {0}, out[8];
  CK_OBJECT_HANDLE object = 0, other = 0;
  CK_TOKEN_INFO token;
  CHECK_RV(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
  CHECK(count == 1 && slots[0] == 7);
  CHECK_RV(p11->C_GetTokenInfo(slots[0], &token), CKR_OK);
  CHECK_RV(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &s), CKR_OK);
  CHECK(s != 1234);
#define ARRIVES(name, ...) CHECK_RV(p11->name(__VA_ARGS__), 0x80000000UL + KS_FN_##name)
  ARRIVES(C_GetInfo, &info);
  ARRIVES(C_GetSlotInfo, slots[0], &slot_info);
  ARRIVES(C_GetMechanismList, slots[0], NULL, &count);
  ARRIVES(C_GetMechanismInfo, slots[0], 1, &mechanism_info);
  ARRIVES(C_InitToken, slots[0], in, 8, in);
  ARRIVES(C_InitPIN, s, in, 8);
  ARRIVES(C_SetPIN, s, in, 8, in, 8);
  ARRIVES(C_GetSessionInfo, s, &session_info);
  ARRIVES(C_GetOperationState, s, out, &length);
  ARRIVES(C_SetOperationState, s, in, 8, 0, 0);
  ARRIVES(C_Login, s, CKU_USER, in, 8);
  ARRIVES(C_Logout, s);
  ARRIVES(C_CreateObject, s, NULL, 0, &object);
  ARRIVES(C_CopyObject, s, 0, NULL, 0, &object);
  ARRIVES(C_DestroyObject, s, 0);
  ARRIVES(C_GetObjectSize, s, 0, &length);
  ARRIVES(C_GetAttributeValue, s, 0, NULL, 0);
  ARRIVES(C_SetAttributeValue, s, 0, NULL, 0);
  ARRIVES(C_FindObjectsInit, s, NULL, 0);
  ARRIVES(C_FindObjects, s, &object, 1, &count);
  ARRIVES(C_FindObjectsFinal, s);
  ARRIVES(C_EncryptInit, s, &mechanism, 0);
  ARRIVES(C_Encrypt, s, in, 8, out, &length);
  ARRIVES(C_EncryptUpdate, s, in, 8, out, &length);
  ARRIVES(C_EncryptFinal, s, out, &length);
  ARRIVES(C_DecryptInit, s, &mechanism, 0);
  ARRIVES(C_Decrypt, s, in, 8, out, &length);
  ARRIVES(C_DecryptUpdate, s, in, 8, out, &length);
  ARRIVES(C_DecryptFinal, s, out, &length);
  ARRIVES(C_DigestInit, s, &mechanism);
  ARRIVES(C_Digest, s, in, 8, out, &length);
  ARRIVES(C_DigestUpdate, s, in, 8);
  ARRIVES(C_DigestKey, s, 0);
  ARRIVES(C_DigestFinal, s, out, &length);
  ARRIVES(C_SignInit, s, &mechanism, 0);
  ARRIVES(C_Sign, s, in, 8, out, &length);
  ARRIVES(C_SignUpdate, s, in, 8);
  ARRIVES(C_SignFinal, s, out, &length);
  ARRIVES(C_SignRecoverInit, s, &mechanism, 0);
  ARRIVES(C_SignRecover, s, in, 8, out, &length);
  ARRIVES(C_VerifyInit, s, &mechanism, 0);
  ARRIVES(C_Verify, s, in, 8, in, 8);
  ARRIVES(C_VerifyUpdate, s, in, 8);
  ARRIVES(C_VerifyFinal, s, in, 8);
  ARRIVES(C_VerifyRecoverInit, s, &mechanism, 0);
  ARRIVES(C_VerifyRecover, s, in, 8, out, &length);
  ARRIVES(C_DigestEncryptUpdate, s, in, 8, out, &length);
  ARRIVES(C_DecryptDigestUpdate, s, in, 8, out, &length);
  ARRIVES(C_SignEncryptUpdate, s, in, 8, out, &length);
  ARRIVES(C_DecryptVerifyUpdate, s, in, 8, out, &length);
  ARRIVES(C_GenerateKey, s, &mechanism, NULL, 0, &object);
  ARRIVES(C_GenerateKeyPair, s, &mechanism, NULL, 0, NULL, 0, &object, &other);
  ARRIVES(C_WrapKey, s, &mechanism, 0, 0, out, &length);
  ARRIVES(C_UnwrapKey, s, &mechanism, 0, in, 8, NULL, 0, &object);
  ARRIVES(C_DeriveKey, s, &mechanism, 0, NULL, 0, &object);
  ARRIVES(C_SeedRandom, s, in, 8);
  ARRIVES(C_GenerateRandom, s, out, 8);
  ARRIVES(C_GetFunctionStatus, s);
  ARRIVES(C_CancelFunction, s);
  CHECK_RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, slots, NULL), CKR_NO_EVENT);
  CHECK_RV(p11->C_CloseSession(s), CKR_OK);
  CHECK_RV(p11->C_CloseSession(s), CKR_SESSION_HANDLE_INVALID);
  CHECK_RV(p11->C_CloseAllSessions(slots[0]), CKR_OK);
}

int main(int count, char **arguments) {
  char text[4200];
  CK_FUNCTION_LIST *p11 = NULL;
  if (count != 3) return 2;
  int length = snprintf(text, sizeof text, "module = %s\ncontrol-socket = off\n", arguments[1]);
  if (length < 0 || !plat_write_file(arguments[2], text, (size_t)length)) return 2;
  (void)setenv("PKCS11_KEYSIM_CONF", arguments[2], 1);
  CHECK_RV(C_GetFunctionList(&p11), CKR_OK);
  CHECK(p11->version.major == 2 && p11->version.minor == 40);
#define KS_FUNCTION(name, parameters) CHECK(p11->name != NULL);
#include "pkcs11_functions.h"
#undef KS_FUNCTION
  CHECK_RV(p11->C_GetSlotList(CK_FALSE, NULL, NULL), CKR_ARGUMENTS_BAD);
  CHECK_RV(p11->C_CloseSession(1), CKR_CRYPTOKI_NOT_INITIALIZED);
  CHECK_RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
  CHECK_RV(p11->C_Initialize(NULL), CKR_OK);
  CHECK_RV(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
  every_function(p11);
  CHECK_RV(p11->C_Finalize(NULL), CKR_OK);
  return finish_checks("forward");
}
