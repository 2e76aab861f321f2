/*
 * A backing module for tests: one slot with a token, one session; every other function answers with a number of its
 * own, 0x80000000 and its place in the list, so that a test sees where its call has arrived.
 */
#include <string.h>

#include "pkcs11.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
  if (slots != NULL && *count > 0) slots[0] = 7;
  *count = 1;
  return 0;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
  memset(info, ' ', sizeof *info);
  memcpy(info->label, "echo", 4);
  memcpy(info->serialNumber, "0042", 4);
  info->flags = CKF_TOKEN_INITIALIZED;
  return 0;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE *session) {
  *session = 1234;
  return 0;
}

static CK_RV close_session(CK_SESSION_HANDLE session) { return session == 1234 ? 0 : 0xb3; }
static CK_RV begin_or_end(CK_VOID_PTR args) { return 0; }

#define KS_FUNCTION(name, parameters) \
  static CK_RV echo_##name parameters { return 0x80000000UL + KS_FN_##name; }
#include "pkcs11_functions.h"
#undef KS_FUNCTION

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
  static CK_FUNCTION_LIST functions = {
      {2, 40},
#define KS_FUNCTION(name, parameters) echo_##name,
#include "pkcs11_functions.h"
#undef KS_FUNCTION
  };
  functions.C_Initialize = begin_or_end;
  functions.C_Finalize = begin_or_end;
  functions.C_GetSlotList = get_slot_list;
  functions.C_GetTokenInfo = get_token_info;
  functions.C_OpenSession = open_session;
  functions.C_CloseSession = close_session;
  *list = &functions;
  return 0;
}
