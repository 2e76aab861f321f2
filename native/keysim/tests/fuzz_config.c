/* Fuzz target: the configuration parser. */
#include <stdint.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct ks_config config;
  char error[KS_ERROR_MAX];
  ks_config_init(&config);
  (void)ks_config_parse(&config, (const char *)data, size, error);
  return 0;
}
