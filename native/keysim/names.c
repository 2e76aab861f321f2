#include "names.h"

#include <stdio.h>
#include <string.h>

struct named {
  const char *name;
  CK_ULONG value;
};

static const char *const functions[] = {
#define KS_FUNCTION(name, parameters) #name,
#include "pkcs11_functions.h"
#undef KS_FUNCTION
};

static const struct named codes[] = {
#define KS_CODE(name, value) {"CKR_" #name, value},
#include "pkcs11_codes.h"
#undef KS_CODE
};

static const struct named mechanisms[] = {
#define KS_MECHANISM(name, value) {"CKM_" #name, value},
#include "pkcs11_mechanisms.h"
#undef KS_MECHANISM
};

const char *ks_function_name(enum ks_function function) {
  return (size_t)function < KS_FUNCTIONS ? functions[function] : "?";
}

int ks_function_number(const char *name) {
  for (int i = 0; i < (int)KS_FUNCTIONS; i++)
    if (strcmp(functions[i], name) == 0) return i;
  return -1;
}

const char *ks_code_name(CK_RV code, char *room, size_t size) {
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (codes[i].value == code) return codes[i].name;
  (void)snprintf(room, size, "0x%lx", code);
  return room;
}

bool ks_parse_number(const char *text, unsigned long long max, unsigned long long *value) {
  unsigned base = 10;
  unsigned long long sum = 0;
  if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text += 2;
  }
  if (*text == '\0') return false;
  for (; *text != '\0'; text++) {
    unsigned digit;
    if (*text >= '0' && *text <= '9') digit = (unsigned)(*text - '0');
    else if (base == 16 && *text >= 'a' && *text <= 'f') digit = (unsigned)(*text - 'a') + 10;
    else if (base == 16 && *text >= 'A' && *text <= 'F') digit = (unsigned)(*text - 'A') + 10;
    else return false;
    if (digit > max || sum > (max - digit) / base) return false;
    sum = sum * base + digit;
  }
  *value = sum;
  return true;
}

static bool number_of(const struct named *table, size_t count, const char *text, CK_ULONG *value) {
  unsigned long long number;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(table[i].name, text) != 0) continue;
    *value = table[i].value;
    return true;
  }
  if (!ks_parse_number(text, 0xffffffffULL, &number)) return false;
  *value = (CK_ULONG)number;
  return true;
}

bool ks_code_number(const char *text, CK_RV *code) {
  return number_of(codes, sizeof codes / sizeof *codes, text, code);
}

bool ks_mechanism_number(const char *text, CK_MECHANISM_TYPE *type) {
  return number_of(mechanisms, sizeof mechanisms / sizeof *mechanisms, text, type);
}
