/*
 * A PKCS#11 module for tests: SoftHSM, with the faults that a test asks for. A file named by PKCS11_TEST_CONTROL holds
 * one wish a line; it is read anew at each call. Every C_Login is written to the file named by PKCS11_TEST_LOG.
 *
 *   initialize hang            C_Initialize never returns
 *   slots hang|crash          C_GetSlotList never returns / ends the process
 *   flags N   clear N         bits put into / taken out of the token's flags
 *   flags-after-wrong N       bits put in once a login has failed
 *   info N    login N|hang   set-pin N   init-pin N   the call answers N and does nothing
 *   sign hang|crash|garbage|N
 *   mechanisms hashing        the raw mechanisms are not listed
 *   pins MIN MAX              PIN lengths of the token
 *   template N|first          asked for several attributes at once, the answer is N / the first one only
 *   without TYPE              no object has this attribute
 *   create cut|crash|private  objects keep the first half of their value / and the process ends / are private
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef ulong_t (*any_function)();

/* CK_FUNCTION_LIST: a version, then 68 functions in the order of the standard. */
typedef struct {
  unsigned char version[2];
  any_function functions[68];
} function_list;

enum { INITIALIZE = 0, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, GET_MECHANISM_LIST = 7, INIT_PIN = 10, SET_PIN = 11, LOGIN = 18, CREATE_OBJECT = 20, GET_ATTRIBUTE_VALUE = 24, SIGN = 43 };

/* CK_TOKEN_INFO up to the fields that are changed here. */
typedef struct {
  unsigned char texts[32 + 32 + 16 + 16];
  ulong_t flags;
  ulong_t max_sessions, sessions, max_rw_sessions, rw_sessions;
  ulong_t max_pin, min_pin;
} token_info;

/* CK_ATTRIBUTE */
typedef struct {
  ulong_t type;
  void *value;
  ulong_t length;
} attribute;

static function_list *real;
static function_list own;
static int failed_logins;

/* The value of a wish, or NULL. */
static const char *wish(const char *name) {
  static char line[256];
  const char *path = getenv("PKCS11_TEST_CONTROL");
  FILE *file = path ? fopen(path, "r") : NULL;
  size_t length = strlen(name);
  if (!file) return NULL;
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) == 0 && line[length] == ' ') {
      fclose(file);
      line[strcspn(line, "\n")] = 0;
      return line + length + 1;
    }
  }
  fclose(file);
  return NULL;
}

static void misbehave(const char *how) {
  if (how && strcmp(how, "hang") == 0)
    for (;;) pause();
  if (how && strcmp(how, "crash") == 0) abort();
}

static ulong_t initialize(void *arguments) {
  misbehave(wish("initialize"));
  return real->functions[INITIALIZE](arguments);
}

static ulong_t get_slot_list(unsigned char present, ulong_t *slots, ulong_t *count) {
  misbehave(wish("slots"));
  return real->functions[GET_SLOT_LIST](present, slots, count);
}

static ulong_t get_token_info(ulong_t slot, token_info *info) {
  const char *value = wish("info");
  ulong_t result;
  if (value) return strtoul(value, NULL, 0);
  result = real->functions[GET_TOKEN_INFO](slot, info);
  if (result != 0) return result;
  if ((value = wish("flags"))) info->flags |= strtoul(value, NULL, 0);
  if (failed_logins && (value = wish("flags-after-wrong"))) info->flags |= strtoul(value, NULL, 0);
  if ((value = wish("clear"))) info->flags &= ~strtoul(value, NULL, 0);
  if ((value = wish("pins"))) sscanf(value, "%lu %lu", &info->min_pin, &info->max_pin);
  return 0;
}

static ulong_t get_mechanism_list(ulong_t slot, ulong_t *list, ulong_t *count) {
  ulong_t result = real->functions[GET_MECHANISM_LIST](slot, list, count);
  ulong_t kept = 0, index;
  if (result != 0 || !list || !wish("mechanisms")) return result;
  for (index = 0; index < *count; index++)
    if (list[index] != 0x1 && list[index] != 0xd && list[index] != 0x1041) list[kept++] = list[index];
  *count = kept;
  return 0;
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t length) {
  const char *path = getenv("PKCS11_TEST_LOG");
  const char *value;
  ulong_t result;
  FILE *file = path ? fopen(path, "a") : NULL;
  if (file) {
    fprintf(file, "login %lu\n", length);
    fclose(file);
  }
  value = wish("login");
  misbehave(value);
  result = value ? strtoul(value, NULL, 0) : real->functions[LOGIN](session, user, pin, length);
  if (result != 0) failed_logins++;
  return result;
}

static ulong_t set_pin(ulong_t session, unsigned char *old, ulong_t old_length, unsigned char *pin, ulong_t length) {
  const char *value = wish("set-pin");
  misbehave(value);
  return value ? strtoul(value, NULL, 0) : real->functions[SET_PIN](session, old, old_length, pin, length);
}

static ulong_t init_pin(ulong_t session, unsigned char *pin, ulong_t length) {
  const char *value = wish("init-pin");
  misbehave(value);
  return value ? strtoul(value, NULL, 0) : real->functions[INIT_PIN](session, pin, length);
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t length, unsigned char *out, ulong_t *out_length) {
  const char *value = wish("sign");
  ulong_t result;
  misbehave(value);
  if (value && strcmp(value, "garbage") != 0) return strtoul(value, NULL, 0);
  result = real->functions[SIGN](session, data, length, out, out_length);
  value = wish("sign");
  if (result == 0 && value && out && *out_length > 10) out[10] ^= 1;
  return result;
}

static ulong_t get_attribute_value(ulong_t session, ulong_t object, attribute *attributes, ulong_t count) {
  const char *value = count > 1 ? wish("template") : NULL;
  ulong_t index;
  if (value && strcmp(value, "first") != 0) return strtoul(value, NULL, 0);
  if (value) count = 1;
  if ((value = wish("without")))
    for (index = 0; index < count; index++)
      if (attributes[index].type == strtoul(value, NULL, 0)) {
        attributes[index].length = (ulong_t)-1;
        return 0x12; /* CKR_ATTRIBUTE_TYPE_INVALID */
      }
  return real->functions[GET_ATTRIBUTE_VALUE](session, object, attributes, count);
}

static ulong_t create_object(ulong_t session, attribute *attributes, ulong_t count, ulong_t *object) {
  enum { PRIVATE = 0x2, VALUE = 0x11, MOST = 32 };
  static unsigned char yes = 1;
  const char *value = wish("create");
  attribute own_attributes[MOST];
  ulong_t index, result;
  if (!value || count > MOST) return real->functions[CREATE_OBJECT](session, attributes, count, object);
  for (index = 0; index < count; index++) {
    own_attributes[index] = attributes[index];
    if (strcmp(value, "private") != 0 && attributes[index].type == VALUE) own_attributes[index].length /= 2;
    if (strcmp(value, "private") == 0 && attributes[index].type == PRIVATE) own_attributes[index].value = &yes;
  }
  result = real->functions[CREATE_OBJECT](session, own_attributes, count, object);
  misbehave(value);
  return result;
}

ulong_t C_GetFunctionList(function_list **list) {
  if (!real) {
    void *library = dlopen(TEST_DRIVER_BELOW, RTLD_NOW | RTLD_LOCAL);
    ulong_t (*get)(function_list **) = library ? (ulong_t(*)(function_list **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real) != 0) return 5;
    own = *real;
    own.functions[INITIALIZE] = (any_function)initialize;
    own.functions[GET_FUNCTION_LIST] = (any_function)C_GetFunctionList;
    own.functions[GET_SLOT_LIST] = (any_function)get_slot_list;
    own.functions[GET_TOKEN_INFO] = (any_function)get_token_info;
    own.functions[GET_MECHANISM_LIST] = (any_function)get_mechanism_list;
    own.functions[SET_PIN] = (any_function)set_pin;
    own.functions[INIT_PIN] = (any_function)init_pin;
    own.functions[LOGIN] = (any_function)login;
    own.functions[GET_ATTRIBUTE_VALUE] = (any_function)get_attribute_value;
    own.functions[CREATE_OBJECT] = (any_function)create_object;
    own.functions[SIGN] = (any_function)sign;
  }
  *list = &own;
  return 0;
}
