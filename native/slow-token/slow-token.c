/*
 * A PKCS#11 module that passes every call to SoftHSM and takes its time over two of them, as a cheap key does:
 * C_GetSlotList (which every look at the keys begins with) and C_Sign. Used by the benchmark alone.
 *
 * Host processes get a scrubbed environment, so the module's path and its delay are compiled in:
 * -DREAL_MODULE="\"...\"" -DDELAY_MS=3000
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

typedef unsigned long CK_RV;
typedef unsigned long CK_ULONG;
typedef unsigned char CK_BYTE;
typedef void (*any_function)(void);

/* PKCS#11 2.40, CK_FUNCTION_LIST: a version and 68 functions in a fixed order. */
enum { FUNCTIONS = 68, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, SIGN = 43 };
struct function_list {
  CK_BYTE version[2];
  any_function functions[FUNCTIONS];
};

static struct function_list ours;
static struct function_list *real;

static void rest(void) {
  struct timespec left = {DELAY_MS / 1000, (long)(DELAY_MS % 1000) * 1000000L};
  while (nanosleep(&left, &left) != 0) {
  }
}

typedef CK_RV (*get_slot_list)(CK_BYTE, CK_ULONG *, CK_ULONG *);
typedef CK_RV (*sign)(CK_ULONG, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);

static CK_RV slow_get_slot_list(CK_BYTE present, CK_ULONG *slots, CK_ULONG *count) {
  if (slots == NULL) rest();
  return ((get_slot_list)real->functions[GET_SLOT_LIST])(present, slots, count);
}

static CK_RV slow_sign(CK_ULONG session, CK_BYTE *data, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length) {
  rest();
  return ((sign)real->functions[SIGN])(session, data, length, out, out_length);
}

CK_RV C_GetFunctionList(struct function_list **list) {
  if (real == NULL) {
    void *module = dlopen(REAL_MODULE, RTLD_NOW | RTLD_LOCAL);
    CK_RV (*get)(struct function_list **) = NULL;
    if (module == NULL) return 0x5; /* CKR_GENERAL_ERROR */
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (get == NULL) return 0x5;
    CK_RV rv = get(&real);
    if (rv != 0) return rv;
    memcpy(&ours, real, sizeof ours);
    ours.functions[GET_FUNCTION_LIST] = (any_function)C_GetFunctionList;
    ours.functions[GET_SLOT_LIST] = (any_function)slow_get_slot_list;
    ours.functions[SIGN] = (any_function)slow_sign;
  }
  *list = &ours;
  return 0;
}
