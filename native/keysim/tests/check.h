/* A check that says where it failed, and a count for the end. */
#ifndef KEYSIM_TESTS_CHECK_H
#define KEYSIM_TESTS_CHECK_H

#include <stdio.h>

static unsigned checks, failures;

#define CHECK(condition)                                                        \
  do {                                                                          \
    checks++;                                                                   \
    if (!(condition)) {                                                         \
      failures++;                                                               \
      (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                           \
  } while (0)

/* For CK_RV, which are worth seeing. */
#define CHECK_RV(call, wanted)                                                                     \
  do {                                                                                             \
    CK_RV got_ = (call), wanted_ = (wanted);                                                       \
    checks++;                                                                                      \
    if (got_ != wanted_) {                                                                         \
      failures++;                                                                                  \
      (void)fprintf(stderr, "%s:%d: %s: 0x%lx, not 0x%lx\n", __FILE__, __LINE__, #call, got_, wanted_); \
    }                                                                                              \
  } while (0)

static int finish_checks(const char *name) {
  (void)printf("%s: %u checks, %u failed\n", name, checks, failures);
  return failures == 0 ? 0 : 1;
}

#endif
