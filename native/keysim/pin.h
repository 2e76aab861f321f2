/* PINs: retry counters, states, policy, PIN pads. */
#ifndef KEYSIM_PIN_H
#define KEYSIM_PIN_H

#include "call.h"

/* Tries left; `tries` 0 stands for a PIN that never locks, and gives 255. */
unsigned ks_pin_left(unsigned tries, unsigned failures);

/* CK_TOKEN_INFO.flags with the simulated PIN states in place of the backing token's. The lock is held. */
CK_FLAGS ks_pin_flags(const struct ks_key_settings *settings, const struct ks_counters *counters, CK_FLAGS flags);

/* CKR_PIN_EXPIRED while the PIN of whoever is logged in has to be changed first. */
CK_RV ks_pin_expired(const struct ks_call *call);

CK_RV ks_pin_login(struct ks_call *call, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length);
CK_RV ks_pin_set(struct ks_call *call, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *pin, CK_ULONG length);
CK_RV ks_pin_init(struct ks_call *call, CK_BYTE *pin, CK_ULONG length);
CK_RV ks_pin_init_token(struct ks_call *call, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label);

#endif
