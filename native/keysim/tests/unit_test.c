/* The parts that need no backing module: numbers and names, the line format, settings, handles, choosing faults. */
#include <string.h>

#include "check.h"
#include "faults.h"
#include "handles.h"
#include "names.h"
#include "pin.h"

static struct ks_config config;
static char error[KS_ERROR_MAX];

static bool parse(const char *text) {
  ks_config_init(&config);
  error[0] = '\0';
  return ks_config_parse(&config, text, strlen(text), error);
}

static void names(void) {
  char room[32];
  unsigned long long number;
  CK_RV code;
  CK_MECHANISM_TYPE type;
  CHECK(ks_function_number("C_Sign") == KS_FN_C_Sign && ks_function_number("C_Nothing") == -1);
  CHECK(strcmp(ks_function_name(KS_FN_C_WaitForSlotEvent), "C_WaitForSlotEvent") == 0);
  CHECK(strcmp(ks_code_name(0xa4, room, sizeof room), "CKR_PIN_LOCKED") == 0);
  CHECK(strcmp(ks_code_name(0x80001234, room, sizeof room), "0x80001234") == 0);
  CHECK(ks_code_number("CKR_DEVICE_REMOVED", &code) && code == 0x32);
  CHECK(ks_code_number("0x80000007", &code) && code == 0x80000007);
  CHECK(!ks_code_number("CKR_NOPE", &code) && !ks_code_number("", &code) && !ks_code_number("0x", &code));
  CHECK(ks_mechanism_number("CKM_SHA256_RSA_PKCS", &type) && type == 0x40);
  CHECK(ks_parse_number("18446744073709551615", UINT64_MAX, &number) && number == UINT64_MAX);
  CHECK(!ks_parse_number("18446744073709551616", UINT64_MAX, &number));
  CHECK(ks_parse_number("255", 255, &number) && !ks_parse_number("256", 255, &number));
  CHECK(!ks_parse_number("-1", 255, &number) && !ks_parse_number("1 ", 255, &number));
}

static void settings(void) {
  CHECK(parse("\xef\xbb\xbf# a comment\r\nmodule = /m.so\r\n\r\nuser-tries=6\r\n"));
  CHECK(strcmp(config.module, "/m.so") == 0 && config.defaults.user_tries == 6 && config.all_tokens);
  CHECK(parse("user-tries = 8\n[key a]\ntoken = label:A B\n[key b]\nso-tries = 3\nslot = 0x10\n"));
  CHECK(config.key_count == 2 && !config.all_tokens && config.keys[0].user_tries == 8);
  CHECK(strcmp(config.keys[0].token, "label:A B") == 0 && strcmp(config.keys[1].token, "b") == 0);
  CHECK(config.keys[1].so_tries == 3 && config.keys[1].slot == 16 && config.keys[1].slot_set);
  CHECK(parse("[key a]\n[key *]\npresent = no\n") && config.all_tokens && !config.others.present && config.keys[0].present);
  CHECK(parse("preset = raw-rsa") && config.defaults.user_tries == 8 && config.defaults.memory == 65536);
  CHECK(config.defaults.mechanism_count > 10 && config.defaults.without_curves == 7);
  CHECK(config.defaults.latency[KS_FN_C_GenerateKeyPair].least == 6000);
  CHECK(config.defaults.latency[KS_FN_C_GenerateKeyPair].most == 12000);
  CHECK(parse("speed = usb-key\nspeed = instant") && config.defaults.latency[KS_FN_C_Sign].most == 0);
  CHECK(parse("style = slot-vanishes") && config.defaults.slot_gone && config.defaults.pulled_slot == CKR_SLOT_ID_INVALID);
  CHECK(parse("firmware = 1.06") && config.defaults.firmware.major == 1 && config.defaults.firmware.minor == 6);
  CHECK(parse("without-functions = C_SetAttributeValue, C_CopyObject"));
  CHECK(config.without_functions[KS_FN_C_SetAttributeValue] == 1 && config.without_functions[KS_FN_C_Sign] == 0);
}

static void refused(void) {
  static const char *const texts[] = {"nonsense",
                                      "= x",
                                      "[key",
                                      "[key ]\n",
                                      "[key a b]\n",
                                      "[other]\n",
                                      "what = ever",
                                      "user-tries = 256",
                                      "user-tries = -1",
                                      "present = maybe",
                                      "token = x",
                                      "latency.C_Nope = 1",
                                      "latency.C_Sign = 5-1",
                                      "latency.C_Sign = ",
                                      "without-mechanisms = CKM_NOPE",
                                      "without-curves = P-255",
                                      "firmware = 1",
                                      "firmware = 1.256",
                                      "preset = none-of-these",
                                      "serial = 12345678901234567",
                                      "[fault]\nfunction = C_Nope",
                                      "[fault]\ntimes = 0",
                                      "[fault]\nprobability = 1.1",
                                      "[fault]\nprobability = nan",
                                      "[fault]\ndo = dance",
                                      "[fault]\nuser-tries = 3",
                                      "[key a]\nmodule = x"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    bool taken = parse(texts[i]);
    CHECK(!taken && strncmp(error, "line ", 5) == 0);
    if (taken) (void)fprintf(stderr, "taken: %s\n", texts[i]);
  }
  CHECK(!ks_config_parse(&config, "a\0= b", 5, error) && strstr(error, "NUL") != NULL);
  CHECK(!parse("[key a]\nslot = 3\n[key b]\nslot = 3\n") && !parse("[key a]\nslot = 3\n[key b]\nslot = 0x3\n"));
  CHECK(!parse("[key ok]\nuser-tries = 3\nuser-tries = x\n") && strncmp(error, "line 3:", 7) == 0);
}

static bool chosen(enum ks_function function, uint64_t number, uint64_t total, const char *key) {
  struct ks_fault fault;
  return ks_fault_choose(&config, function, number, total, key, &fault);
}

static void fault_choice(void) {
  CHECK(parse("[fault]\nfunction = C_Sign\nat = 3\ntimes = 2\nerror = CKR_DEVICE_ERROR\n"));
  CHECK(!chosen(KS_FN_C_Sign, 2, 90, "") && chosen(KS_FN_C_Sign, 3, 90, "") && chosen(KS_FN_C_Sign, 4, 90, ""));
  CHECK(!chosen(KS_FN_C_Sign, 5, 90, "") && !chosen(KS_FN_C_Login, 3, 90, ""));
  CHECK(parse("[fault]\ncall = 17\nbase = 100\ndo = pull\n"));
  CHECK(!chosen(KS_FN_C_Login, 1, 17, "") && chosen(KS_FN_C_Login, 1, 117, "") && !chosen(KS_FN_C_Login, 1, 118, ""));
  CHECK(parse("[fault]\nkey = a\ntimes = always\n") && chosen(KS_FN_C_Login, 1, 9, "a") && !chosen(KS_FN_C_Login, 1, 9, "b"));
  CHECK(parse("[fault]\nprobability = 0.25\nseed = 7\n"));
  unsigned hits = 0;
  for (uint64_t i = 0; i < 10000; i++) hits += chosen(KS_FN_C_Sign, 1, i, "") ? 1 : 0;
  CHECK(hits > 2300 && hits < 2700);
  CHECK(parse("[fault x]\ntimes = always\n[fault x]\noff = yes\n") && config.fault_count == 1 && !chosen(0, 1, 1, ""));
}

static void handles(void) {
  CK_OBJECT_HANDLE backing;
  CK_OBJECT_HANDLE first = ks_object_own(1, 5), second = ks_object_own(2, 5);
  CHECK(first != second && ks_object_own(1, 5) == first);
  CHECK(ks_object_backing(1, first, &backing) && backing == 5 && !ks_object_backing(2, first, &backing));
  ks_object_forget(1, first);
  CHECK(!ks_object_backing(1, first, &backing) && ks_object_backing(2, second, &backing));
  CHECK(ks_object_own(1, 5) != first);
  for (CK_OBJECT_HANDLE i = 0; i < 5000; i++) (void)ks_object_own(3, i);
  ks_objects_forget(3);
  CHECK(ks_object_backing(2, second, &backing) && !ks_object_backing(3, second + 100, &backing));
  ks_objects_forget(-1);
  CHECK(!ks_object_backing(2, second, &backing));
  const struct ks_session *session = ks_session_add(0, 99, false);
  CK_SESSION_HANDLE own = session->own;
  CHECK(ks_session_find(own) == session && ks_session_find(0) == NULL && ks_session_find(own + 1) == NULL);
  for (int i = 1; i < KS_MAX_SESSIONS; i++) CHECK(ks_session_add(0, 1, false) != NULL);
  CHECK(ks_session_add(0, 1, false) == NULL);
  memset(ks_sessions(), 0, KS_MAX_SESSIONS * sizeof *ks_sessions());
  CHECK(ks_session_add(0, 99, false)->own > own);
}

static void pin_flags(void) {
  struct ks_counters counters = {.name = "a"};
  const CK_FLAGS base = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_USER_PIN_COUNT_LOW | CKF_LOGIN_REQUIRED;
  CHECK(parse("user-tries = 3\nso-tries = 2\n"));
  const CK_FLAGS clean = ks_pin_flags(&config.defaults, &counters, base);
  CHECK(clean == (base & ~CKF_USER_PIN_COUNT_LOW));
  counters.user_failures = 1;
  CHECK(ks_pin_flags(&config.defaults, &counters, base) == (clean | CKF_USER_PIN_COUNT_LOW));
  counters.user_failures = 2;
  CHECK(ks_pin_flags(&config.defaults, &counters, base) == (clean | CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY));
  counters.user_failures = 3;
  counters.so_failures = 1;
  CHECK(ks_pin_flags(&config.defaults, &counters, base) ==
        (clean | CKF_USER_PIN_LOCKED | CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY));
  counters.so_failures = 200;
  counters.user_must_change = 2;
  CHECK(ks_pin_flags(&config.defaults, &counters, base) ==
        (clean | CKF_USER_PIN_LOCKED | CKF_SO_PIN_LOCKED | CKF_USER_PIN_TO_BE_CHANGED));
  CHECK(parse("user-tries = 3\nflags = lie\nlogin-required = hidden\n"));
  CHECK(ks_pin_flags(&config.defaults, &counters, base) == (clean & ~CKF_LOGIN_REQUIRED));
  CHECK(ks_pin_left(0, 99) == 255 && ks_pin_left(10, 10) == 0);
}

int main(void) {
  names();
  settings();
  refused();
  fault_choice();
  handles();
  pin_flags();
  return finish_checks("unit");
}
