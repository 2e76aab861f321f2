#include "server.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "sim.h"

enum { LOOK_MS = 100, SILENCE_MS = 2000 };

static atomic_bool stopping;
static bool running;
static char path[KS_PATH_MAX];

static void answer(intptr_t connection, const char *line) {
  struct ks_reply reply = {NULL, 0, 0};
  plat_lock();
  if (ks_sim.configured) ks_control_line(line, &reply);
  plat_unlock();
  if (reply.text != NULL) (void)plat_send(connection, reply.text, reply.length);
  ks_reply_free(&reply);
}

/* One connection at a time: commands are short, and a silent peer is let go. */
static void serve(intptr_t connection) {
  char line[KS_LINE_MAX];
  size_t length = 0;
  long got = 0;
  while (!atomic_load(&stopping)) {
    char *end = memchr(line, '\n', length);
    if (end != NULL) {
      size_t used = (size_t)(end - line) + 1;
      *end = '\0';
      if (end > line && end[-1] == '\r') end[-1] = '\0';
      answer(connection, line);
      memmove(line, line + used, length - used);
      length -= used;
      continue;
    }
    if (length == sizeof line) return; /* no command is that long */
    got = plat_receive(connection, line + length, sizeof line - length, SILENCE_MS);
    if (got <= 0) return;
    length += (size_t)got;
  }
}

/* Under a lock of its own: of two processes that look at once, both would find the place free. */
static intptr_t take_place(void) {
  char lock_path[KS_PATH_MAX + 8];
  (void)snprintf(lock_path, sizeof lock_path, "%s.lock", path);
  intptr_t lock = plat_file_lock(lock_path, false);
  intptr_t listener = lock < 0 ? -1 : plat_listen(path);
  plat_file_unlock(lock);
  return listener;
}

/* One process of all that use the configuration serves the socket; when it ends, another takes over. */
static void work(void) {
  intptr_t listener = -1;
  while (!atomic_load(&stopping)) {
    if (listener < 0) listener = take_place();
    if (listener < 0) {
      plat_sleep_ms(LOOK_MS);
      continue;
    }
    intptr_t connection = plat_accept(listener, LOOK_MS);
    if (connection < 0) continue;
    serve(connection);
    plat_close_socket(connection);
  }
  if (listener >= 0) plat_unlisten(listener, path);
}

void ks_server_start(void) {
  plat_lock();
  (void)ks_copy(path, sizeof path, ks_sim.base.control_socket);
  bool wanted = !running && strcmp(path, "off") != 0;
  plat_unlock();
  if (!wanted) return;
  atomic_store(&stopping, false);
  running = plat_thread_start(work);
}

void ks_server_stop(void) {
  if (!running) return;
  atomic_store(&stopping, true);
  plat_thread_join();
  running = false;
}
