#define _GNU_SOURCE
#define _DARWIN_C_SOURCE
#include "platform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static bool thread_runs;

void plat_lock(void) { (void)pthread_mutex_lock(&mutex); }
void plat_unlock(void) { (void)pthread_mutex_unlock(&mutex); }

void plat_sleep_ms(unsigned ms) {
  struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000L};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

unsigned long plat_process(void) { return (unsigned long)getpid(); }

static void *run(void *work) {
  void (*function)(void);
  memcpy(&function, &work, sizeof function);
  function();
  return NULL;
}

bool plat_thread_start(void (*work)(void)) {
  void *argument;
  sigset_t all, before;
  memcpy(&argument, &work, sizeof argument);
  /* The host's signals are the host's business. */
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_runs = pthread_create(&thread, NULL, run, argument) == 0;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return thread_runs;
}

void plat_thread_join(void) {
  if (thread_runs) (void)pthread_join(thread, NULL);
  thread_runs = false;
}

bool plat_environment(const char *name, char *value, size_t size) {
  const char *found = getenv(name);
  value[0] = '\0';
  if (found == NULL || strlen(found) >= size) return false;
  memcpy(value, found, strlen(found) + 1);
  return found[0] != '\0';
}

static bool module_path(char *path, size_t size) {
  Dl_info info;
  if (dladdr(&mutex, &info) == 0 || info.dli_fname == NULL) return false;
  char *real = realpath(info.dli_fname, NULL);
  bool fits = real != NULL && strlen(real) < size;
  if (fits) memcpy(path, real, strlen(real) + 1);
  free(real);
  return fits;
}

bool plat_module_folder(char *folder, size_t size) {
  if (!module_path(folder, size)) return false;
  char *slash = strrchr(folder, '/');
  if (slash == NULL) return false;
  *slash = '\0';
  return true;
}

void plat_stay_loaded(void) {
  char path[4096];
  /* The handle is kept on purpose: a background thread may still run in this code. */
  if (module_path(path, sizeof path)) (void)dlopen(path, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

bool plat_is_absolute(const char *path) { return path[0] == '/'; }
const char *plat_last_separator(const char *path) { return strrchr(path, '/'); }

CK_FUNCTION_LIST *plat_load_module(const char *path, char *error, size_t size) {
  CK_FUNCTION_LIST *list = NULL;
  CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (module == NULL) {
    (void)snprintf(error, size, "%s", dlerror());
    return NULL;
  }
  void *symbol = dlsym(module, "C_GetFunctionList");
  memcpy(&get, &symbol, sizeof get);
  if (get == NULL || get == C_GetFunctionList || get(&list) != CKR_OK || list == NULL) {
    (void)snprintf(error, size, "%s: not a PKCS#11 module", path);
    return NULL;
  }
  return list;
}

char *plat_read_file(const char *path, size_t max, size_t *length) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat facts;
  if (file < 0) return NULL;
  char *text = NULL;
  size_t done = 0;
  if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size >= 0 && (size_t)facts.st_size <= max) {
    size_t size = (size_t)facts.st_size;
    text = malloc(size + 1);
    while (text != NULL && done < size) {
      ssize_t got = read(file, text + done, size - done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += (size_t)got;
    }
    if (text != NULL) text[done] = '\0';
  }
  (void)close(file);
  *length = done;
  return text;
}

static bool write_all(int file, const char *text, size_t length) {
  while (length > 0) {
    ssize_t put = write(file, text, length);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text += put;
    length -= (size_t)put;
  }
  return true;
}

bool plat_write_file(const char *path, const char *text, size_t length) {
  char beside[4096];
  if (snprintf(beside, sizeof beside, "%s.%lu.new", path, plat_process()) >= (int)sizeof beside) return false;
  int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  bool done = write_all(file, text, length);
  done = close(file) == 0 && done;
  if (done && rename(beside, path) == 0) return true;
  (void)unlink(beside);
  return false;
}

bool plat_append_file(const char *path, const char *text, size_t length) {
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return false;
  bool done = write_all(file, text, length);
  (void)close(file);
  return done;
}

void plat_file_stamp(const char *path, char stamp[KS_STAMP_MAX]) {
  struct stat facts;
  if (stat(path, &facts) != 0) {
    (void)snprintf(stamp, KS_STAMP_MAX, "none");
    return;
  }
#ifdef __APPLE__
  struct timespec changed = facts.st_mtimespec;
#else
  struct timespec changed = facts.st_mtim;
#endif
  (void)snprintf(stamp, KS_STAMP_MAX, "%llu-%lld-%lld.%09ld", (unsigned long long)facts.st_ino, (long long)facts.st_size,
                 (long long)changed.tv_sec, changed.tv_nsec);
}

intptr_t plat_file_lock(const char *path, bool wait) {
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  while (flock(file, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    (void)close(file);
    return -1;
  }
  return file;
}

void plat_file_unlock(intptr_t lock) {
  if (lock >= 0) (void)close((int)lock);
}

void *plat_share(const char *path, size_t size) {
  struct stat facts;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return NULL;
  bool ready = fstat(file, &facts) == 0 && (facts.st_size == (off_t)size || ftruncate(file, (off_t)size) == 0);
  void *memory = ready ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  (void)close(file);
  return memory == MAP_FAILED ? NULL : memory;
}

void plat_unshare(void *memory, size_t size) { (void)munmap(memory, size); }

static int socket_for(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) return -1;
  memcpy(address->sun_path, path, strlen(path) + 1);
  int made = socket(AF_UNIX, SOCK_STREAM, 0);
  if (made >= 0) (void)fcntl(made, F_SETFD, FD_CLOEXEC);
  return made;
}

static bool somebody_listens(const char *path) {
  struct sockaddr_un address;
  int probe = socket_for(path, &address);
  if (probe < 0) return false;
  bool answered = connect(probe, (struct sockaddr *)&address, sizeof address) == 0;
  (void)close(probe);
  return answered;
}

intptr_t plat_listen(const char *path) {
  struct sockaddr_un address;
  if (somebody_listens(path)) return -1;
  int listener = socket_for(path, &address);
  if (listener < 0) return -1;
  (void)unlink(path);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) {
    (void)close(listener);
    return -1;
  }
  (void)chmod(path, 0600);
  return listener;
}

static bool readable(int file, unsigned ms) {
  struct pollfd wanted = {file, POLLIN, 0};
  return poll(&wanted, 1, (int)ms) == 1;
}

intptr_t plat_accept(intptr_t listener, unsigned ms) {
  if (!readable((int)listener, ms)) return -1;
  int connection = accept((int)listener, NULL, NULL);
  if (connection >= 0) (void)fcntl(connection, F_SETFD, FD_CLOEXEC);
  return connection;
}

long plat_receive(intptr_t connection, char *room, size_t size, unsigned ms) {
  if (!readable((int)connection, ms)) return -1;
  return (long)recv((int)connection, room, size, 0);
}

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

bool plat_send(intptr_t connection, const char *text, size_t length) {
#ifdef SO_NOSIGPIPE
  int on = 1;
  (void)setsockopt((int)connection, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  while (length > 0) {
    ssize_t put = send((int)connection, text, length, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text += put;
    length -= (size_t)put;
  }
  return true;
}

void plat_close_socket(intptr_t socket) { (void)close((int)socket); }

void plat_unlisten(intptr_t listener, const char *path) {
  (void)unlink(path);
  (void)close((int)listener);
}

_Noreturn void plat_abort(void) { abort(); }

_Noreturn void plat_segv(void) {
  /* The real signal with the default action: whatever handler the host has set up is not asked. */
  (void)signal(SIGSEGV, SIG_DFL);
  sigset_t set;
  (void)sigemptyset(&set);
  (void)sigaddset(&set, SIGSEGV);
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  (void)raise(SIGSEGV);
  abort();
}
