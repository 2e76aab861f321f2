/* The line commands of the control socket and of keysim-control. README.md has the list. */
#ifndef KEYSIM_CONTROL_H
#define KEYSIM_CONTROL_H

#include <stddef.h>

enum { KS_LINE_MAX = 2048 };

struct ks_reply {
  char *text;
  size_t length;
  size_t room;
};

/* Does what a line says and adds the answer: lines, the last of them "ok" or "error REASON". The lock is held. */
void ks_control_line(const char *line, struct ks_reply *reply);
void ks_reply_free(struct ks_reply *reply);

#endif
