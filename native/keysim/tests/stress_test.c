/*
 * Many threads on one key that another thread pulls out and plugs in again. Run with SoftHSM's path and the folder that
 * flow_test has left behind. Every answer has to be one that a pulled key may give, and in the end all works again.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "control.h"
#include "sim.h"

enum { THREADS = 4, PULLS = 120 };

static atomic_bool over;
static atomic_uint signatures, pulled;
static const char pin[] = "123456";
static char serial[17];

static bool control(const char *format) {
  char line[128];
  struct ks_reply reply = {NULL, 0, 0};
  (void)snprintf(line, sizeof line, "%s %s", format, serial);
  plat_lock();
  ks_control_line(line, &reply);
  plat_unlock();
  bool done = reply.text != NULL && strcmp(reply.text, "ok\n") == 0;
  ks_reply_free(&reply);
  return done;
}

static CK_SLOT_ID find_slot(void) {
  CK_SLOT_ID slots[16];
  CK_ULONG count = 16;
  CK_TOKEN_INFO info;
  if (C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) return CK_UNAVAILABLE_INFORMATION;
  for (CK_ULONG i = 0; i < count; i++) {
    if (C_GetTokenInfo(slots[i], &info) != CKR_OK || memcmp(info.label, "scenes ", 7) != 0) continue;
    memcpy(serial, info.serialNumber, 16);
    return slots[i];
  }
  return CK_UNAVAILABLE_INFORMATION;
}

/* Signs once in a session of its own; what went wrong, CKR_OK when nothing. */
static CK_RV sign(CK_SLOT_ID slot) {
  CK_SESSION_HANDLE session;
  CK_ULONG class = CKO_PRIVATE_KEY, count = 0, length = 512;
  CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof class};
  CK_OBJECT_HANDLE key = 0;
  CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
  CK_BYTE data[8] = {0}, out[512];
  CK_RV rv = C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
  if (rv != CKR_OK) return rv;
  rv = C_Login(session, CKU_USER, (CK_BYTE *)(uintptr_t)pin, strlen(pin));
  if (rv == CKR_USER_ALREADY_LOGGED_IN) rv = CKR_OK;
  if (rv == CKR_OK) rv = C_FindObjectsInit(session, &template, 1);
  if (rv == CKR_OK) rv = C_FindObjects(session, &key, 1, &count);
  if (rv == CKR_OK) rv = C_FindObjectsFinal(session);
  /* Found by nobody when another thread has closed the last other session meanwhile: then the login is gone too. */
  if (rv == CKR_OK && count == 1) rv = C_SignInit(session, &mechanism, key);
  if (rv == CKR_OK && count == 1) rv = C_Sign(session, data, sizeof data, out, &length);
  if (rv == CKR_OK && count == 1) atomic_fetch_add(&signatures, 1);
  (void)C_CloseSession(session);
  return rv;
}

static bool allowed(CK_RV rv) {
  return rv == CKR_OK || rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_SESSION_HANDLE_INVALID ||
         rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID || rv == CKR_USER_NOT_LOGGED_IN;
}

static void *work(void *slot) {
  CK_RV bad = CKR_OK;
  while (!atomic_load(&over)) {
    CK_RV rv = sign(*(CK_SLOT_ID *)slot);
    if (rv != CKR_OK) atomic_fetch_add(&pulled, 1);
    if (!allowed(rv)) bad = rv;
  }
  return (void *)(uintptr_t)bad;
}

static void *watch(void *unused) {
  CK_SLOT_ID slot;
  CK_RV rv;
  (void)unused;
  do rv = C_WaitForSlotEvent(0, &slot, NULL);
  while (rv == CKR_OK);
  return (void *)(uintptr_t)rv;
}

int main(int count, char **arguments) {
  char text[KS_PATH_MAX * 2], path[KS_PATH_MAX];
  pthread_t threads[THREADS], watcher;
  void *result;
  if (count != 3) return 2;
  (void)snprintf(path, sizeof path, "%s/softhsm2.conf", arguments[2]);
  (void)setenv("SOFTHSM2_CONF", path, 1);
  (void)snprintf(path, sizeof path, "%s/keysim.conf", arguments[2]);
  (void)snprintf(text, sizeof text, "module = %s\nstate = stress.state\ncalls = stress.calls\nuser-tries = 1\n", arguments[1]);
  CHECK(plat_write_file(path, text, strlen(text)));
  /* Threads: the backing module has to lock too. */
  struct {
    void *mutexes[4];
    CK_FLAGS flags;
    void *reserved;
  } args = {{NULL}, CKF_OS_LOCKING_OK, NULL};
  CHECK_RV(C_Initialize(&args), CKR_OK);
  CK_SLOT_ID slot = find_slot();
  CHECK_RV(sign(slot), CKR_OK);
  CHECK(pthread_create(&watcher, NULL, watch, NULL) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, &slot) == 0);
  for (int i = 0; i < PULLS; i++) {
    unsigned before = atomic_load(&signatures);
    CHECK(control("pull"));
    plat_sleep_ms(3);
    CHECK(control("plug"));
    while (atomic_load(&signatures) == before) plat_sleep_ms(1);
  }
  atomic_store(&over, true);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], &result) == 0 && (CK_RV)(uintptr_t)result == CKR_OK);
  CHECK(atomic_load(&pulled) > 0);
  CHECK_RV(sign(slot), CKR_OK); /* and the one try is still there */
  CHECK_RV(C_Finalize(NULL), CKR_OK);
  CHECK(pthread_join(watcher, &result) == 0 && (CK_RV)(uintptr_t)result == CKR_CRYPTOKI_NOT_INITIALIZED);
  return finish_checks("stress");
}
