/* Runs a fuzz target over files, and over cuts and changes of each, for compilers without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGES = 300 };

/* From a copy of the exact size, so that the sanitizer sees a read past the end. */
static void try_bytes(const char *text, size_t length) {
  uint8_t *copy = malloc(length == 0 ? 1 : length);
  if (copy == NULL) abort();
  memcpy(copy, text, length);
  (void)LLVMFuzzerTestOneInput(copy, length);
  free(copy);
}

int main(int count, char **files) {
  unsigned long runs = 0;
  for (int i = 1; i < count; i++) {
    size_t length;
    char *text = plat_read_file(files[i], 1 << 20, &length);
    if (text == NULL) {
      (void)fprintf(stderr, "%s can't be read\n", files[i]);
      return 2;
    }
    try_bytes(text, length);
    for (uint64_t change = 0; length > 0 && change < CHANGES; change++, runs++) {
      uint64_t random = ks_mix((uint64_t)i, change);
      size_t at = (size_t)(random % length);
      char kept = text[at];
      text[at] = (char)(random >> 40);
      try_bytes(text, change % 3 == 0 ? at : length);
      if (change % 2 == 0) text[at] = kept;
    }
    free(text);
  }
  (void)printf("replay: %d files, %lu changed inputs\n", count - 1, runs);
  return count > 1 ? 0 : 2;
}
