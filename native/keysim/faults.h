/* Choosing and performing faults. */
#ifndef KEYSIM_FAULTS_H
#define KEYSIM_FAULTS_H

#include "call.h"

/* The first fault that hits the call with these numbers; false when none does. The lock is held. */
bool ks_fault_choose(const struct ks_config *config, enum ks_function function, uint64_t number, uint64_t total,
                     const char *key, struct ks_fault *fault);
/* What it does before the backing module is asked. CKR_OK: go on. */
CK_RV ks_fault_before(struct ks_call *call);
/* What it does to the result. */
CK_RV ks_fault_after(struct ks_call *call, CK_RV rv);

/* What a faulty driver puts in place of a text field of `size` bytes. */
void ks_fault_text(const struct ks_call *call, CK_BYTE *field, size_t size);

/* Numbers without a pattern, the same for the same input. */
uint64_t ks_mix(uint64_t seed, uint64_t number);

#endif
