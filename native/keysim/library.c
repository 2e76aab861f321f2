/* C_GetFunctionList, C_Initialize, C_Finalize. */
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "server.h"

static CK_FUNCTION_LIST function_list = {
    {2, 40},
#define KS_FUNCTION(name, parameters) name,
#include "pkcs11_functions.h"
#undef KS_FUNCTION
};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
  struct ks_call call = {.function = KS_FN_C_GetFunctionList};
  plat_lock();
  /* Without a configuration the list is given all the same; C_Initialize tells. */
  if (!ks_sim.configured) (void)ks_sim_configure();
  plat_unlock();
  CK_RV rv = ks_enter(&call);
  if (rv == CKR_OK && list == NULL) rv = CKR_ARGUMENTS_BAD;
  if (rv == CKR_OK) *list = &function_list;
  return ks_leave(&call, rv);
}

/* The lock is held. */
static CK_RV load_backing(void) {
  char error[KS_ERROR_MAX] = "", reason[KS_ERROR_MAX + KS_PATH_MAX];
  if (ks_sim.backing != NULL && strcmp(ks_sim.backing_path, ks_sim.base.module) == 0) return CKR_OK;
  ks_sim.backing = plat_load_module(ks_sim.base.module, error, sizeof error);
  if (ks_sim.backing == NULL) {
    (void)snprintf(reason, sizeof reason, "the backing module can't be loaded: %s", error);
    ks_complain(reason);
    return CKR_LIBRARY_LOAD_FAILED;
  }
  (void)ks_copy(ks_sim.backing_path, sizeof ks_sim.backing_path, ks_sim.base.module);
  return CKR_OK;
}

static CK_RV initialise(CK_VOID_PTR args) {
  CK_RV rv = load_backing();
  if (rv == CKR_OK) rv = ks_sim.backing->C_Initialize(args);
  if (rv != CKR_OK) return rv;
  ks_sim.run++;
  rv = ks_presence_bind(true);
  if (rv != CKR_OK) {
    (void)ks_sim.backing->C_Finalize(NULL);
    return rv;
  }
  ks_sim.initialised = true;
  return CKR_OK;
}

CK_RV C_Initialize(CK_VOID_PTR args) {
  struct ks_call call = {.function = KS_FN_C_Initialize};
  plat_lock();
  bool ready = ks_sim.initialised || ks_sim_configure();
  plat_unlock();
  if (!ready) return CKR_GENERAL_ERROR;
  plat_stay_loaded();
  CK_RV rv = ks_enter(&call);
  if (rv == CKR_OK) {
    plat_lock();
    intptr_t held = ks_state_hold();
    rv = ks_sim.initialised ? CKR_CRYPTOKI_ALREADY_INITIALIZED : initialise(args);
    ks_state_release(held);
    call.run = ks_sim.run;
    plat_unlock();
    if (rv == CKR_OK) ks_server_start();
  }
  return ks_leave(&call, rv);
}

CK_RV C_Finalize(CK_VOID_PTR reserved) {
  struct ks_call call = {.function = KS_FN_C_Finalize};
  CK_RV rv = ks_enter(&call);
  if (rv == CKR_OK && reserved != NULL) rv = CKR_ARGUMENTS_BAD;
  plat_lock();
  if (rv == CKR_OK && !ks_sim.initialised) rv = CKR_CRYPTOKI_NOT_INITIALIZED;
  if (rv == CKR_OK) {
    ks_sim.initialised = false;
    ks_sim.run++;
  }
  plat_unlock();
  if (rv != CKR_OK) return ks_leave(&call, rv);
  ks_server_stop();
  plat_lock();
  memset(ks_sessions(), 0, KS_MAX_SESSIONS * sizeof *ks_sessions());
  ks_objects_forget(-1);
  for (unsigned i = 0; i < ks_sim.key_count; i++) plat_file_unlock(ks_sim.keys[i].exclusive);
  ks_sim.key_count = 0;
  rv = ks_sim.backing->C_Finalize(NULL);
  plat_unlock();
  return ks_leave(&call, rv);
}
