/* Names and numbers of functions, return values and mechanisms, both ways. */
#ifndef KEYSIM_NAMES_H
#define KEYSIM_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "pkcs11.h"

/* "C_Sign" for KS_FN_C_Sign. */
const char *ks_function_name(enum ks_function function);
/* The function's number, -1 for a name that PKCS#11 2.40 does not have. */
int ks_function_number(const char *name);

/* "CKR_OK", or the number in hex, written into `room`, for values without a name. */
const char *ks_code_name(CK_RV code, char *room, size_t size);
/* A name, or a number (decimal, 0x hex). */
bool ks_code_number(const char *text, CK_RV *code);
bool ks_mechanism_number(const char *text, CK_MECHANISM_TYPE *type);

/* Digits only (0x: hex), within `max`. */
bool ks_parse_number(const char *text, unsigned long long max, unsigned long long *value);

#endif
