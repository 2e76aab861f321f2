#include "presets.h"

#include <string.h>

#define LINES(...) (const char *const[]) { __VA_ARGS__, NULL }

/* Times of a cheap USB key as users know it, milliseconds. */
#define USB_KEY_TIMES                                                                                          \
  "latency.C_Initialize = 150", "latency.C_GetSlotList = 5", "latency.C_GetTokenInfo = 15",                    \
      "latency.C_OpenSession = 10", "latency.C_Login = 200", "latency.C_SetPIN = 400",                         \
      "latency.C_InitPIN = 400", "latency.C_InitToken = 3000", "latency.C_FindObjectsInit = 20",               \
      "latency.C_GetAttributeValue = 30", "latency.C_Sign = 350", "latency.C_SignFinal = 350",                 \
      "latency.C_Decrypt = 350", "latency.C_UnwrapKey = 350", "latency.C_CreateObject = 250",                  \
      "latency.C_DestroyObject = 150", "latency.C_SetAttributeValue = 120",                                    \
      "latency.C_GenerateKeyPair = 6000-12000", "latency.C_GenerateRandom = 10"

static const struct ks_preset speeds[] = {
    {"usb-key", LINES(USB_KEY_TIMES)},
    /* The same key behind a hub, a virus scanner and a reader service. */
    {"slow-usb-key",
     LINES(USB_KEY_TIMES, "latency.C_Initialize = 2500", "latency.C_GetSlotList = 120", "latency.C_GetTokenInfo = 150",
           "latency.C_OpenSession = 90", "latency.C_Login = 900", "latency.C_FindObjectsInit = 200",
           "latency.C_GetAttributeValue = 120", "latency.C_Sign = 1800", "latency.C_SignFinal = 1800",
           "latency.C_GenerateKeyPair = 15000-40000")},
    {"instant", LINES("latency.* = 0")},
};

static const struct ks_preset styles[] = {
    {"device-removed", LINES("pulled-session = CKR_DEVICE_REMOVED", "pulled-during = CKR_DEVICE_REMOVED",
                             "pulled-slot = CKR_TOKEN_NOT_PRESENT")},
    /* Drivers that close everything at once and then know nothing of it. */
    {"sessions-vanish", LINES("pulled-session = CKR_SESSION_HANDLE_INVALID", "pulled-during = CKR_DEVICE_REMOVED",
                              "pulled-slot = CKR_TOKEN_NOT_PRESENT")},
    {"token-not-present", LINES("pulled-session = CKR_TOKEN_NOT_PRESENT", "pulled-during = CKR_TOKEN_NOT_PRESENT",
                                "pulled-slot = CKR_TOKEN_NOT_PRESENT")},
    /* Slots that come and go with their keys. */
    {"slot-vanishes", LINES("pulled-session = CKR_SESSION_HANDLE_INVALID", "pulled-during = CKR_DEVICE_ERROR",
                            "pulled-slot = CKR_SLOT_ID_INVALID", "pulled-slot-gone = yes")},
    {"device-error", LINES("pulled-session = CKR_DEVICE_ERROR", "pulled-during = CKR_DEVICE_ERROR",
                           "pulled-slot = CKR_TOKEN_NOT_PRESENT")},
    {"general-error", LINES("pulled-session = CKR_GENERAL_ERROR", "pulled-during = CKR_FUNCTION_FAILED",
                            "pulled-slot = CKR_TOKEN_NOT_PRESENT")},
};

/* Kinds of keys on the market. Names are made up where a maker's would claim more than is known of its keys. */
static const struct ks_preset presets[] = {
    {"cheap-usb", LINES("manufacturer = Longxin Micro", "model = LX-Key 32", "firmware = 1.06", "hardware = 1.00",
                        "speed = usb-key", "memory = 32768", "user-tries = 6", "so-tries = 6", "pin-min = 6",
                        "pin-max = 16", "max-sessions = 16", "style = sessions-vanish")},
    {"epass2003", LINES("manufacturer = EnterSafe", "model = ePass2003", "firmware = 1.00", "hardware = 0.00",
                        "speed = usb-key", "memory = 65536", "pin-min = 4", "pin-max = 16", "user-tries = 10",
                        "so-tries = 10", "style = device-removed", "latency.C_Sign = 900")},
    {"raw-rsa", LINES("manufacturer = Hengan", "model = HA-RSA", "firmware = 2.10", "speed = usb-key",
                      "memory = 65536", "without-mechanisms = hashed-rsa ec", "without-curves = P-256 P-384 P-521",
                      "user-tries = 8", "so-tries = 8", "max-data = 4096")},
    {"one-session", LINES("manufacturer = Hengan", "model = HA-One", "firmware = 1.00", "speed = usb-key",
                          "memory = 65536", "max-sessions = 1", "exclusive = yes", "style = device-error")},
    {"pin-pad", LINES("manufacturer = Dunxin", "model = PadKey", "firmware = 3.01", "speed = usb-key",
                      "memory = 65536", "pin-pad = yes", "user-tries = 6", "so-tries = 6")},
    {"careless-driver", LINES("manufacturer = Guangming", "model = GM-Key", "firmware = 0.90", "speed = usb-key",
                              "flags = lie", "login-required = hidden", "style = general-error",
                              "last-wrong = CKR_PIN_LOCKED", "user-tries = 15", "so-tries = 15")},
};

static const char *const *find(const struct ks_preset *table, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(table[i].name, name) == 0) return table[i].lines;
  return NULL;
}

const char *const *ks_preset(const char *name) { return find(presets, sizeof presets / sizeof *presets, name); }
const char *const *ks_style(const char *name) { return find(styles, sizeof styles / sizeof *styles, name); }
const char *const *ks_speed(const char *name) { return find(speeds, sizeof speeds / sizeof *speeds, name); }
