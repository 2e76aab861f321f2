/* Fuzz target: commands of the control socket, one a line, against a state in a folder of its own. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void remove_folder(void) {
  char folder[KS_PATH_MAX];
  static const char *const files[] = {"keysim.conf", "keysim.state", "keysim.state.lock", "keysim.calls"};
  const char *slash = plat_last_separator(ks_sim.config_path);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    (void)snprintf(folder, sizeof folder, "%.*s/%s", (int)(slash - ks_sim.config_path), ks_sim.config_path, files[i]);
    (void)remove(folder);
  }
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - ks_sim.config_path), ks_sim.config_path);
  (void)rmdir(folder);
}

static void prepare(void) {
  char folder[] = "/tmp/keysim-fuzz-XXXXXX", path[64], error[KS_ERROR_MAX] = "";
  static const char text[] = "module = /nowhere.so\ncontrol-socket = off\n[key a]\n[key b]\n[key *]\n[fault f]\nat = 3\n";
  if (mkdtemp(folder) == NULL) abort();
  (void)snprintf(path, sizeof path, "%s/keysim.conf", folder);
  if (!plat_write_file(path, text, sizeof text - 1) || !ks_sim_configure_from(path, error)) abort();
  (void)atexit(remove_folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char line[KS_LINE_MAX + 16];
  if (!ks_sim.configured) prepare();
  plat_lock();
  for (size_t at = 0, lines = 0; at < size && lines < 64; lines++) {
    const uint8_t *end = memchr(data + at, '\n', size - at);
    size_t length = end == NULL ? size - at : (size_t)(end - data) - at;
    size_t kept = length < sizeof line ? length : sizeof line - 1;
    struct ks_reply reply = {NULL, 0, 0};
    memcpy(line, data + at, kept);
    line[kept] = '\0';
    ks_control_line(line, &reply);
    /* Whatever it was: an answer, and it ends as answers do. */
    if (reply.text == NULL || reply.length == 0 || reply.text[reply.length - 1] != '\n') abort();
    ks_reply_free(&reply);
    at += length + 1;
  }
  plat_unlock();
  return 0;
}
