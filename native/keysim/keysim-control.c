/*
 * keysim-control CONFIGURATION COMMAND...: does what the control socket does, without a program that has the module
 * loaded. Each argument is one command line; without any, lines come from the standard input.
 */
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "sim.h"

static bool run(const char *line) {
  struct ks_reply reply = {NULL, 0, 0};
  plat_lock();
  ks_control_line(line, &reply);
  plat_unlock();
  bool done = reply.text != NULL && reply.length >= 3 && strcmp(reply.text + reply.length - 3, "ok\n") == 0;
  if (reply.text != NULL) (void)fputs(reply.text, stdout);
  ks_reply_free(&reply);
  return done;
}

int main(int count, char **arguments) {
  char error[KS_ERROR_MAX] = "", line[KS_LINE_MAX];
  bool done = true;
  if (count < 2) {
    (void)fprintf(stderr, "usage: keysim-control CONFIGURATION [COMMAND]...\n");
    return 2;
  }
  if (!ks_sim_configure_from(arguments[1], error)) {
    (void)fprintf(stderr, "keysim-control: %s\n", error);
    return 2;
  }
  for (int i = 2; i < count; i++) done = run(arguments[i]) && done;
  while (count == 2 && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\r\n")] = '\0';
    done = run(line) && done;
  }
  return done ? 0 : 1;
}
