/*
 * The simulator over SoftHSM: PINs, presence, limits, faults. Run with SoftHSM's path and an empty folder. Each scene
 * has a configuration of its own over the same token; what has to outlive a process or kill one runs in children.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "control.h"
#include "limits.h"
#include "pin.h"
#include "sim.h"

static const char *softhsm, *folder;
static char path[KS_PATH_MAX];
static char serial[17];
static const char pin[] = "123456", so_pin[] = "87654321";

#define BYTES(text) (CK_BYTE *)(uintptr_t)(text), strlen(text)

static void configure(const char *text) {
  static unsigned number;
  static char whole[4096];
  char state[64];
  (void)snprintf(path, sizeof path, "%s/keysim.conf", folder);
  (void)snprintf(state, sizeof state, "state = scene-%u.state\ncalls = scene-%u.calls\n", number, number);
  number++;
  (void)snprintf(whole, sizeof whole, "module = %s\n%s%s\n", softhsm, state, text);
  CHECK(plat_write_file(path, whole, strlen(whole)));
}

static void control_file(const char *text) {
  char name[KS_PATH_MAX];
  (void)snprintf(name, sizeof name, "%s/keysim.control", folder);
  if (text == NULL) (void)unlink(name);
  else CHECK(plat_write_file(name, text, strlen(text)));
}

/* One control command; true when it was done. Its answer is in `answered`. */
static char answered[4096];
static bool control(const char *line) {
  struct ks_reply reply = {NULL, 0, 0};
  plat_lock();
  ks_control_line(line, &reply);
  plat_unlock();
  (void)snprintf(answered, sizeof answered, "%s", reply.text == NULL ? "" : reply.text);
  bool done = reply.length >= 3 && strcmp(reply.text + reply.length - 3, "ok\n") == 0;
  ks_reply_free(&reply);
  return done;
}

static CK_SLOT_ID slot_of(bool initialised) {
  CK_SLOT_ID slots[8];
  CK_ULONG count = 0;
  CK_TOKEN_INFO info;
  CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
  count = 8;
  CHECK_RV(C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
  for (CK_ULONG i = 0; i < count; i++)
    if (C_GetTokenInfo(slots[i], &info) == CKR_OK && ((info.flags & CKF_TOKEN_INITIALIZED) != 0) == initialised)
      return slots[i];
  return CK_UNAVAILABLE_INFORMATION;
}

static CK_FLAGS flags_of(CK_SLOT_ID slot) {
  CK_TOKEN_INFO info;
  memset(&info, 0, sizeof info);
  CHECK_RV(C_GetTokenInfo(slot, &info), CKR_OK);
  return info.flags;
}

static CK_SESSION_HANDLE begin(const char *text) {
  CK_SESSION_HANDLE session = 0;
  control_file(NULL);
  configure(text);
  CHECK_RV(C_Initialize(NULL), CKR_OK);
  CHECK_RV(C_OpenSession(slot_of(true), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
  return session;
}

static void end(void) { CHECK_RV(C_Finalize(NULL), CKR_OK); }

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *text) {
  return C_Login(session, user, BYTES(text));
}

static CK_RV make_rsa(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *private) {
  CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
  CK_BBOOL yes = CK_TRUE;
  CK_ULONG bits = 2048;
  CK_BYTE exponent[] = {1, 0, 1};
  CK_OBJECT_HANDLE public;
  CK_ATTRIBUTE first[] = {{CKA_TOKEN, &yes, 1}, {CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, 3}};
  CK_ATTRIBUTE second[] = {{CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &yes, 1}};
  return C_GenerateKeyPair(session, &mechanism, first, 3, second, 2, &public, private);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, CK_ULONG *length) {
  CK_MECHANISM mechanism = {type, NULL, 0};
  CK_BYTE data[20] = {1}, out[512];
  *length = sizeof out;
  CK_RV rv = C_SignInit(session, &mechanism, key);
  return rv != CKR_OK ? rv : C_Sign(session, data, sizeof data, out, length);
}

static CK_OBJECT_HANDLE find_private(CK_SESSION_HANDLE session) {
  CK_ULONG class = CKO_PRIVATE_KEY, found = 0;
  CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof class};
  CK_OBJECT_HANDLE object = 0;
  CHECK_RV(C_FindObjectsInit(session, &template, 1), CKR_OK);
  CHECK_RV(C_FindObjects(session, &object, 1, &found), CKR_OK);
  CHECK_RV(C_FindObjectsFinal(session), CKR_OK);
  return object;
}

/* The return value of a child process's work, 255 when it was killed. */
static int in_child(int (*work)(void)) {
  int status = 0;
  (void)fflush(NULL);
  pid_t child = fork();
  if (child == 0) _exit(work());
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void set_up(void) {
  CK_BYTE label[32];
  CK_SESSION_HANDLE session;
  CK_OBJECT_HANDLE key;
  CK_TOKEN_INFO info;
  memset(label, ' ', sizeof label);
  memcpy(label, "scenes", 6);
  configure("");
  CHECK_RV(C_Initialize(NULL), CKR_OK);
  CHECK_RV(C_InitToken(slot_of(false), BYTES(so_pin), label), CKR_OK);
  CK_SLOT_ID slot = slot_of(true);
  CHECK_RV(C_GetTokenInfo(slot, &info), CKR_OK);
  memcpy(serial, info.serialNumber, 16);
  CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
  CHECK_RV(login(session, CKU_SO, so_pin), CKR_OK);
  CHECK_RV(C_InitPIN(session, BYTES(pin)), CKR_OK);
  CHECK_RV(C_Logout(session), CKR_OK);
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  CHECK_RV(make_rsa(session, &key), CKR_OK);
  end();
}

static int two_wrong(void) {
  CK_SESSION_HANDLE session;
  if (C_Initialize(NULL) != CKR_OK) return 9;
  if (C_OpenSession(slot_of(true), CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK) return 8;
  int wrong = 0;
  for (int i = 0; i < 2; i++) wrong += login(session, CKU_USER, "999999") == CKR_PIN_INCORRECT ? 1 : 0;
  return wrong;
}

static void retry_counter(void) {
  CK_SESSION_HANDLE session = begin("user-tries = 4\nso-tries = 2\nlast-wrong = CKR_PIN_LOCKED\n");
  CK_SLOT_ID slot = slot_of(true);
  const CK_FLAGS user = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;
  CHECK((flags_of(slot) & user) == 0);
  CHECK_RV(login(session, CKU_USER, "000000"), CKR_PIN_INCORRECT);
  CHECK((flags_of(slot) & user) == CKF_USER_PIN_COUNT_LOW);
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  CHECK((flags_of(slot) & user) == 0);
  CHECK_RV(login(session, CKU_USER, "000000"), CKR_USER_ALREADY_LOGGED_IN);
  CHECK_RV(C_Logout(session), CKR_OK);
  CHECK_RV(C_SetPIN(session, BYTES("000000"), BYTES("222222")), CKR_PIN_INCORRECT);
  end();
  CHECK(in_child(two_wrong) == 2); /* another process, and it ends without C_Finalize */
  CHECK_RV(C_Initialize(NULL), CKR_OK);
  slot = slot_of(true);
  CHECK((flags_of(slot) & user) == (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY));
  CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
  CHECK_RV(login(session, CKU_USER, "000000"), CKR_PIN_LOCKED);
  CHECK((flags_of(slot) & user) == CKF_USER_PIN_LOCKED);
  CHECK_RV(login(session, CKU_USER, pin), CKR_PIN_LOCKED);
  CHECK_RV(C_SetPIN(session, BYTES(pin), BYTES("222222")), CKR_PIN_LOCKED);
  CHECK_RV(login(session, CKU_SO, so_pin), CKR_OK);
  CHECK_RV(C_InitPIN(session, BYTES(pin)), CKR_OK);
  CHECK_RV(C_Logout(session), CKR_OK);
  CHECK((flags_of(slot) & user) == 0);
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  CHECK_RV(C_Logout(session), CKR_OK);
  CHECK_RV(login(session, CKU_SO, "xxxxxxxx"), CKR_PIN_INCORRECT);
  CHECK((flags_of(slot) & CKF_SO_PIN_FINAL_TRY) != 0);
  CHECK_RV(login(session, CKU_SO, "xxxxxxxx"), CKR_PIN_LOCKED);
  CHECK_RV(login(session, CKU_SO, so_pin), CKR_PIN_LOCKED);
  CHECK((flags_of(slot) & CKF_SO_PIN_LOCKED) != 0);
  CHECK_RV(C_CloseSession(session), CKR_OK);
  CK_BYTE label[32] = "still locked                   ";
  CHECK_RV(C_InitToken(slot, BYTES(so_pin), label), CKR_PIN_LOCKED);
  end();
}

static int five_wrong(void) {
  CK_SESSION_HANDLE session;
  CK_RV begun = C_Initialize(NULL);
  if (begun == CKR_OK) begun = C_OpenSession(slot_of(true), CKF_SERIAL_SESSION, NULL, NULL, &session);
  if (begun != CKR_OK) {
    (void)fprintf(stderr, "could not begin: 0x%lx\n", begun);
    return 99;
  }
  int wrong = 0;
  for (int i = 0; i < 5; i++) {
    CK_RV rv = login(session, CKU_USER, "999999");
    if (rv == CKR_PIN_INCORRECT) wrong++;
    else (void)fprintf(stderr, "a wrong PIN was answered with 0x%lx\n", rv);
  }
  return wrong;
}

/* Four processes at once: each try is counted once. */
static void many_processes(void) {
  pid_t children[4];
  int status;
  CK_SESSION_HANDLE session = begin("user-tries = 21\n");
  end();
  for (int i = 0; i < 4; i++)
    if ((children[i] = fork()) == 0) _exit(five_wrong());
  for (int i = 0; i < 4; i++)
    CHECK(waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status) && WEXITSTATUS(status) == 5);
  CHECK_RV(C_Initialize(NULL), CKR_OK);
  CHECK((flags_of(slot_of(true)) & CKF_USER_PIN_FINAL_TRY) != 0);
  end();
  CHECK(session != 0);
}

/* Writes the state without end; killed in the middle, as programs are. */
static int write_states(int end) {
  char error[KS_ERROR_MAX] = "", line[64];
  if (!ks_sim_configure_from(path, error)) return 99;
  for (unsigned i = 0;; i++) {
    (void)snprintf(line, sizeof line, "tries %s user %u", serial, i % 200);
    if (!control(line)) return 98;
    if (i == 20 && write(end, "x", 1) != 1) return 97;
  }
}

static void killed(void) {
  int status, ends[2];
  char byte, error[KS_ERROR_MAX] = "";
  CK_SESSION_HANDLE session = begin("user-tries = 200\n");
  CHECK(session != 0);
  end();
  for (int i = 0; i < 20; i++) {
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) _exit(write_states(ends[1]));
    (void)close(ends[1]);
    CHECK(read(ends[0], &byte, 1) == 1);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    (void)close(ends[0]);
  }
  CHECK(ks_sim_configure_from(path, error) && control("status") && strstr(answered, serial) != NULL);
  CHECK(strstr(answered, "/200 so-tries=10/10") != NULL);
}

static void pin_rules(void) {
  CK_SESSION_HANDLE session =
      begin("pin-min = 6\npin-max = 8\npin-characters = mixed\nto-be-changed = yes\nuser-tries = 3\n");
  CK_OBJECT_HANDLE key;
  CK_ULONG length;
  CK_SLOT_ID slot = slot_of(true);
  CHECK((flags_of(slot) & CKF_USER_PIN_TO_BE_CHANGED) != 0);
  CHECK_RV(login(session, CKU_USER, "12345"), CKR_PIN_LEN_RANGE);
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  key = find_private(session);
  CHECK_RV(sign(session, key, CKM_SHA256_RSA_PKCS, &length), CKR_PIN_EXPIRED);
  CHECK_RV(C_SetPIN(session, BYTES(pin), BYTES("a1")), CKR_PIN_LEN_RANGE);
  CHECK_RV(C_SetPIN(session, BYTES(pin), BYTES("a12345678")), CKR_PIN_LEN_RANGE);
  CHECK_RV(C_SetPIN(session, BYTES(pin), BYTES("1234567")), CKR_PIN_INVALID);
  CHECK_RV(C_SetPIN(session, BYTES(pin), BYTES("abc123")), CKR_OK);
  CHECK((flags_of(slot) & CKF_USER_PIN_TO_BE_CHANGED) == 0);
  CHECK_RV(sign(session, key, CKM_SHA256_RSA_PKCS, &length), CKR_OK);
  CHECK(length == 256);
  CHECK(control("set pin-characters = any"));
  CHECK_RV(C_SetPIN(session, BYTES("abc123"), BYTES(pin)), CKR_OK);
  CHECK(control("set init-pin-to-be-changed = yes") && control("set flags = lie"));
  CHECK_RV(C_Logout(session), CKR_OK);
  CHECK_RV(login(session, CKU_USER, "000000"), CKR_PIN_INCORRECT);
  CHECK((flags_of(slot) & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) == 0);
  CHECK_RV(login(session, CKU_SO, so_pin), CKR_OK);
  CHECK_RV(C_InitPIN(session, BYTES(pin)), CKR_OK);
  CHECK(control("set flags = honest") && (flags_of(slot) & CKF_USER_PIN_TO_BE_CHANGED) != 0);
  end();
}

static void pin_pad(void) {
  CK_SESSION_HANDLE session = begin("pin-pad = yes\nuser-tries = 3\n");
  CHECK((flags_of(slot_of(true)) & CKF_PROTECTED_AUTHENTICATION_PATH) != 0);
  CHECK_RV(C_Login(session, CKU_USER, NULL, 0), CKR_FUNCTION_CANCELED);
  CHECK(control("set pad-pin = 000000"));
  CHECK_RV(C_Login(session, CKU_USER, NULL, 0), CKR_PIN_INCORRECT);
  CHECK(control("set pad-pin = 123456"));
  CHECK_RV(C_Login(session, CKU_USER, BYTES("")), CKR_OK);
  CHECK(control("set pad-new-pin = 654321"));
  CHECK_RV(C_SetPIN(session, NULL, 0, NULL, 0), CKR_OK);
  CHECK_RV(C_Logout(session), CKR_OK);
  CHECK_RV(login(session, CKU_USER, "654321"), CKR_OK);
  CHECK_RV(C_SetPIN(session, BYTES("654321"), BYTES(pin)), CKR_OK);
  end();
}

static void *wait_for_slot(void *slot) {
  CK_RV rv = C_WaitForSlotEvent(0, slot, NULL);
  return (void *)(uintptr_t)rv;
}

static void presence(void) {
  CK_SESSION_HANDLE session = begin("style = device-removed\n"), again;
  CK_SLOT_ID slot = slot_of(true), event = 0;
  CK_SLOT_INFO info;
  CK_TOKEN_INFO token;
  CK_OBJECT_HANDLE key;
  CK_ULONG length;
  char line[64];
  pthread_t thread;
  void *result;
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  key = find_private(session);
  CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL), CKR_NO_EVENT);
  CHECK(pthread_create(&thread, NULL, wait_for_slot, &event) == 0);
  (void)snprintf(line, sizeof line, "pull %s", serial);
  CHECK(control(line));
  CHECK(pthread_join(thread, &result) == 0 && (CK_RV)(uintptr_t)result == CKR_OK && event == slot);
  CHECK_RV(sign(session, key, CKM_SHA256_RSA_PKCS, &length), CKR_DEVICE_REMOVED);
  CHECK_RV(C_GetTokenInfo(slot, &token), CKR_TOKEN_NOT_PRESENT);
  CHECK_RV(C_GetSlotInfo(slot, &info), CKR_OK);
  CHECK((info.flags & CKF_TOKEN_PRESENT) == 0 && (info.flags & CKF_REMOVABLE_DEVICE) != 0);
  CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &again), CKR_TOKEN_NOT_PRESENT);
  (void)snprintf(line, sizeof line, "plug %s 77", serial);
  CHECK(control(line));
  CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL), CKR_OK);
  CHECK(event == 77 && slot_of(true) == 77);
  CHECK_RV(C_GetSlotInfo(slot, &info), CKR_SLOT_ID_INVALID);
  CHECK_RV(sign(session, key, CKM_SHA256_RSA_PKCS, &length), CKR_SESSION_HANDLE_INVALID);
  CHECK_RV(C_OpenSession(77, CKF_SERIAL_SESSION, NULL, NULL, &again), CKR_OK);
  CHECK(again != session);
  CHECK_RV(sign(again, key, CKM_SHA256_RSA_PKCS, &length), CKR_KEY_HANDLE_INVALID);
  CHECK_RV(login(again, CKU_USER, pin), CKR_OK); /* the login went with the key */
  /* Out and in between two calls: the sessions are gone all the same. */
  (void)snprintf(line, sizeof line, "pull %s", serial);
  CHECK(control(line));
  (void)snprintf(line, sizeof line, "plug %s", serial);
  CHECK(control(line));
  CHECK_RV(C_Logout(again), CKR_SESSION_HANDLE_INVALID);
  end();
}

static void other_styles(void) {
  char line[160];
  (void)snprintf(line, sizeof line, "needs-reinitialise = yes\nstyle = slot-vanishes\n[key %s]\nslot = 5\n", serial);
  CK_SESSION_HANDLE session = begin(line);
  CK_ULONG count = 0;
  CK_SLOT_ID event;
  (void)snprintf(line, sizeof line, "[key %s]\npresent = no\n", serial);
  control_file(line);
  CHECK_RV(C_Logout(session), CKR_SESSION_HANDLE_INVALID);
  CHECK_RV(C_GetSlotList(CK_FALSE, NULL, &count), CKR_OK);
  CHECK(count == 0);
  CHECK_RV(C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL), CKR_OK);
  control_file(NULL);
  CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
  CHECK(count == 0);
  end();
  CHECK_RV(C_Initialize(NULL), CKR_OK);
  CHECK(slot_of(true) == 5);
  end();
}

static void limits(void) {
  CK_SESSION_HANDLE session = begin("memory = 4096\nmax-sessions = 2\nmax-data = 100\nwithout-mechanisms = hashed-rsa\n"
                                    "without-curves = P-256\nwithout-functions = C_SetAttributeValue\n");
  CK_SESSION_HANDLE second, third;
  CK_SLOT_ID slot = slot_of(true);
  CK_OBJECT_HANDLE key;
  CK_ULONG length, class = CKO_DATA;
  CK_BBOOL yes = CK_TRUE;
  CK_BYTE data[3000] = {0}, p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  CK_MECHANISM ec = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
  CK_MECHANISM_INFO mechanism;
  CK_TOKEN_INFO info;
  CK_ATTRIBUTE curve = {CKA_EC_PARAMS, p256, sizeof p256};
  CK_ATTRIBUTE object[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, data, 101}};
  CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &second), CKR_OK);
  CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &third), CKR_SESSION_COUNT);
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  key = find_private(session);
  CHECK_RV(sign(session, key, CKM_SHA256_RSA_PKCS, &length), CKR_MECHANISM_INVALID);
  CHECK_RV(sign(session, key, CKM_RSA_PKCS, &length), CKR_OK);
  CHECK_RV(C_GetMechanismInfo(slot, CKM_SHA256_RSA_PKCS, &mechanism), CKR_MECHANISM_INVALID);
  CHECK_RV(C_GetMechanismInfo(slot, CKM_EC_KEY_PAIR_GEN, &mechanism), CKR_OK);
  CHECK(mechanism.ulMinKeySize == 257 && mechanism.ulMaxKeySize >= 521);
  CHECK_RV(C_GetMechanismInfo(slot, CKM_RSA_PKCS_KEY_PAIR_GEN, &mechanism), CKR_OK);
  CHECK(mechanism.ulMinKeySize > 257 && mechanism.ulMaxKeySize >= 2048);
  CHECK_RV(C_GenerateKeyPair(session, &ec, &curve, 1, NULL, 0, &key, &key), CKR_CURVE_NOT_SUPPORTED);
  CHECK_RV(C_SetAttributeValue(session, key, object, 1), CKR_FUNCTION_NOT_SUPPORTED);
  CHECK_RV(C_CreateObject(session, object, 3, &key), CKR_DEVICE_MEMORY);
  object[2].ulValueLen = 100;
  CHECK_RV(C_CreateObject(session, object, 3, &key), CKR_OK);
  CHECK(control("set max-data = 0"));
  object[2].ulValueLen = sizeof data;
  CHECK_RV(C_CreateObject(session, object, 3, &key), CKR_DEVICE_MEMORY);
  CHECK_RV(make_rsa(session, &key), CKR_OK);
  CHECK_RV(C_GetTokenInfo(slot, &info), CKR_OK);
  CHECK(info.ulTotalPrivateMemory == 4096 && info.ulFreePrivateMemory < 1500);
  CHECK_RV(make_rsa(session, &key), CKR_DEVICE_MEMORY);
  end();
}

/* Named keys: one over the free slot, which keeps the token that is made of it. */
static void named_keys(void) {
  CK_BYTE label[32];
  CK_ULONG count = 0;
  CK_SLOT_ID slots[4] = {0};
  memset(label, ' ', sizeof label);
  memcpy(label, "another", 7);
  CK_SESSION_HANDLE session = begin("[key new]\ntoken = free\nslot = 3\n[key old]\ntoken = label:scenes\nslot = 4\n");
  CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
  CHECK(count == 2 && slot_of(true) == 4 && slot_of(false) == 3);
  CHECK_RV(C_InitToken(4, BYTES(so_pin), label), CKR_SESSION_EXISTS);
  CHECK_RV(C_InitToken(3, BYTES("11112222"), label), CKR_OK);
  CHECK_RV(C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
  CHECK(count == 2);
  CHECK((flags_of(3) & CKF_TOKEN_INITIALIZED) != 0);
  CHECK_RV(C_CloseSession(session), CKR_OK);
  end();
  CHECK_RV(C_Initialize(NULL), CKR_OK);
  CHECK((flags_of(3) & CKF_TOKEN_INITIALIZED) != 0 && control("status") && strstr(answered, "label=another") != NULL);
  CHECK_RV(C_InitToken(3, BYTES("wrong-so"), label), CKR_PIN_INCORRECT);
  CHECK((flags_of(3) & CKF_SO_PIN_COUNT_LOW) != 0);
  CHECK(!control("plug new 4") && strstr(answered, "another key is in slot 4") != NULL);
  CHECK(control("pull new"));
  count = 4;
  CHECK_RV(C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
  CHECK(count == 1 && slots[0] == 4);
  end();
}

static void *seeding(void *session) {
  CK_RV rv = C_SeedRandom(*(CK_SESSION_HANDLE *)session, BYTES("x"));
  return (void *)(uintptr_t)rv;
}

/* Slow functions take their time, at least; and an hour is over when the key is pulled. */
static void slowness(void) {
  CK_SESSION_HANDLE session = begin("latency.C_GetSessionInfo = 40-60\nlatency.C_SeedRandom = 3600000\n");
  CK_SESSION_INFO info;
  struct timespec before, after;
  char line[64];
  pthread_t thread;
  void *result;
  (void)clock_gettime(CLOCK_MONOTONIC, &before);
  CHECK_RV(C_GetSessionInfo(session, &info), CKR_OK);
  (void)clock_gettime(CLOCK_MONOTONIC, &after);
  CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 39);
  CHECK(pthread_create(&thread, NULL, seeding, &session) == 0);
  while (ks_calls_count(KS_FN_C_SeedRandom) == 0) plat_sleep_ms(1);
  (void)snprintf(line, sizeof line, "pull %s", serial);
  CHECK(control(line));
  CHECK(pthread_join(thread, &result) == 0 && (CK_RV)(uintptr_t)result == CKR_DEVICE_REMOVED);
  CHECK(!control("plug nobody 1") && control("clear"));
  end();
}

static CK_RV crash_result;
static int crash(void) {
  CK_SESSION_HANDLE session;
  if (C_Initialize(NULL) != CKR_OK || C_OpenSession(slot_of(true), CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK) return 9;
  crash_result = C_SeedRandom(session, BYTES("x"));
  return crash_result == CKR_OK ? 0 : 1;
}

static void *hanging(void *session) {
  CK_BYTE out[8];
  CK_RV rv = C_GenerateRandom(*(CK_SESSION_HANDLE *)session, out, sizeof out);
  return (void *)(uintptr_t)rv;
}

static void faults(void) {
  CK_SESSION_HANDLE session = begin("[fault early]\nfunction = C_GetSessionInfo\nat = 2\nerror = CKR_DEVICE_ERROR\n");
  CK_SESSION_INFO info;
  CK_TOKEN_INFO token;
  CK_OBJECT_HANDLE key;
  CK_ULONG length;
  CK_BYTE out[16];
  pthread_t thread;
  void *result;
  CK_SLOT_ID slot = slot_of(true);
  CHECK_RV(C_GetSessionInfo(session, &info), CKR_OK);
  CHECK_RV(C_GetSessionInfo(session, &info), CKR_DEVICE_ERROR);
  CHECK_RV(C_GetSessionInfo(session, &info), CKR_OK);
  CHECK(control("fault add function=C_Login error=CKR_GENERAL_ERROR when=after"));
  CHECK_RV(login(session, CKU_USER, pin), CKR_GENERAL_ERROR);
  CHECK_RV(login(session, CKU_USER, pin), CKR_USER_ALREADY_LOGGED_IN);
  key = find_private(session);
  CHECK(control("fault add call=2 do=logout"));
  CHECK_RV(sign(session, key, CKM_SHA256_RSA_PKCS, &length), CKR_USER_NOT_LOGGED_IN);
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  CHECK(control("fault add function=C_GenerateRandom error=CKR_HOST_MEMORY times=2"));
  CHECK_RV(C_GenerateRandom(session, out, 16), CKR_HOST_MEMORY);
  CHECK_RV(C_GenerateRandom(session, out, 16), CKR_HOST_MEMORY);
  CHECK_RV(C_GenerateRandom(session, out, 16), CKR_OK);
  CHECK(control("fault add function=C_GetTokenInfo do=label-garbage"));
  CHECK_RV(C_GetTokenInfo(slot, &token), CKR_OK);
  CHECK(memcmp(token.label, "scenes\0", 7) == 0 && memcmp(token.label + 7, "                         ", 25) != 0);
  CHECK(control("fault add function=C_GetTokenInfo do=label-not-utf8"));
  CHECK_RV(C_GetTokenInfo(slot, &token), CKR_OK);
  CHECK(token.label[0] == 0xc3 && token.label[4] == 0xff);
  CHECK(control("fault add function=C_GetMechanismList do=buffer-too-small length=3"));
  length = 99;
  CHECK_RV(C_GetMechanismList(slot, NULL, &length), CKR_BUFFER_TOO_SMALL);
  CHECK(length == 3);
  CHECK(control("fault add function=C_GetMechanismList do=wrong-length length=+7"));
  CHECK_RV(C_GetMechanismList(slot, NULL, &length), CKR_OK);
  CK_ULONG more = length;
  CHECK_RV(C_GetMechanismList(slot, NULL, &length), CKR_OK);
  CHECK(more == length + 7);
  /* A hang holds nothing up but its own call, and ends when the fault is lifted. */
  CHECK(control("fault add name=stuck function=C_GenerateRandom do=hang"));
  CHECK(pthread_create(&thread, NULL, hanging, &session) == 0);
  CHECK_RV(C_GetSessionInfo(session, &info), CKR_OK);
  CHECK(control("fault clear stuck"));
  CHECK(pthread_join(thread, &result) == 0 && (CK_RV)(uintptr_t)result == CKR_OK);
  CHECK(control("fault add function=C_SeedRandom do=pull"));
  CHECK_RV(C_SeedRandom(session, out, 1), CKR_DEVICE_REMOVED);
  CHECK(control("clear"));
  CHECK(control("fault list") && strcmp(answered, "fault early function=C_GetSessionInfo at=2\nok\n") == 0);
  CHECK(control("fault clear") && control("fault list") && strcmp(answered, "ok\n") == 0);
  CHECK(control("fault add function=C_SeedRandom do=pull when=after"));
  CHECK_RV(C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
  CHECK_RV(C_SeedRandom(session, out, 1), CKR_DEVICE_REMOVED);
  CHECK(control("clear"));
  end();
  configure("[fault]\nfunction = C_SeedRandom\ndo = abort\n[fault]\nfunction = C_SeedRandom\ndo = segv\nat = 2\n");
  CHECK(in_child(crash) == 255); /* the count goes on in the next process: abort, then SIGSEGV, then nothing */
  CHECK(in_child(crash) == 255);
  CHECK(in_child(crash) == 0);
}

static void bad_worlds(void) {
  CK_SESSION_HANDLE session;
  configure("user-tries = lots\n");
  CHECK_RV(C_Initialize(NULL), CKR_GENERAL_ERROR);
  CHECK(plat_write_file(path, "module = /nowhere/at-all.so\n", 28));
  CHECK_RV(C_Initialize(NULL), CKR_LIBRARY_LOAD_FAILED);
  (void)unlink(path);
  CHECK_RV(C_Initialize(NULL), CKR_GENERAL_ERROR);
  session = begin("user-tries = 5\n");
  control_file("user-tries = none\n"); /* said on stderr, and things stay as they were */
  CHECK_RV(login(session, CKU_USER, pin), CKR_OK);
  CHECK(!control("set module = other") && !control("pull nobody") && !control("set key nobody present = no"));
  CHECK(!control("tries x user 3") && !control("fault add at=x") && !control("hello") && !control(""));
  CHECK(control("calls reset") && control("calls") && strncmp(answered, "total 0\n", 8) == 0);
  end();
}

int main(int count, char **arguments) {
  char text[KS_PATH_MAX + 64], file[KS_PATH_MAX];
  if (count != 3) return 2;
  softhsm = arguments[1];
  folder = arguments[2];
  (void)snprintf(file, sizeof file, "%s/softhsm2.conf", folder);
  (void)snprintf(text, sizeof text, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", folder);
  CHECK(plat_write_file(file, text, strlen(text)));
  (void)setenv("SOFTHSM2_CONF", file, 1);
  set_up();
  retry_counter();
  many_processes();
  killed();
  slowness();
  pin_rules();
  pin_pad();
  presence();
  other_styles();
  limits();
  faults();
  bad_worlds();
  named_keys();
  return finish_checks("flow");
}
