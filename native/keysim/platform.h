/* All that depends on the operating system. platform_posix.c and platform_win32.c implement it. Paths are UTF-8. */
#ifndef KEYSIM_PLATFORM_H
#define KEYSIM_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkcs11.h"

enum { KS_STAMP_MAX = 96 };

/* The one lock of the module. Not recursive. */
void plat_lock(void);
void plat_unlock(void);

void plat_sleep_ms(unsigned ms);
unsigned long plat_process(void);

/* One background thread at a time; join waits for its end. */
bool plat_thread_start(void (*work)(void));
void plat_thread_join(void);

/* "" when the variable is not set. */
bool plat_environment(const char *name, char *value, size_t size);
/* The folder this module lies in, without a separator at the end. */
bool plat_module_folder(char *folder, size_t size);
/* Keeps this module's code in memory for as long as the process lives, also after dlclose. */
void plat_stay_loaded(void);
bool plat_is_absolute(const char *path);
/* The last separator of a path, NULL without one. */
const char *plat_last_separator(const char *path);

/* The function list of another module; NULL with a reason in `error`. Loaded modules are never unloaded. */
CK_FUNCTION_LIST *plat_load_module(const char *path, char *error, size_t size);

/* A whole file of at most `max` bytes, to be freed by the caller, NUL after the end; NULL when it can't be read. */
char *plat_read_file(const char *path, size_t max, size_t *length);
/* Appears whole or not at all. */
bool plat_write_file(const char *path, const char *text, size_t length);
bool plat_append_file(const char *path, const char *text, size_t length);
/* Changes when the file changes; "none" while there is no file. */
void plat_file_stamp(const char *path, char stamp[KS_STAMP_MAX]);

/* A lock between processes that ends with its holder. `wait` false: returns at once. -1: not had. */
intptr_t plat_file_lock(const char *path, bool wait);
void plat_file_unlock(intptr_t lock);

/* `size` bytes of a file as memory that all processes share; zeros at first. */
void *plat_share(const char *path, size_t size);
void plat_unshare(void *memory, size_t size);

/*
 * The control socket. plat_listen: -1 while another process serves it or it can't be made. plat_accept waits at most
 * `ms`; -1 when nobody came. plat_receive: bytes read, 0 at the end, -1 on an error or after `ms` of silence.
 */
intptr_t plat_listen(const char *path);
intptr_t plat_accept(intptr_t listener, unsigned ms);
long plat_receive(intptr_t connection, char *room, size_t size, unsigned ms);
bool plat_send(intptr_t connection, const char *text, size_t length);
void plat_close_socket(intptr_t socket);
void plat_unlisten(intptr_t listener, const char *path);

/* Ends the process the way a faulty driver does. */
_Noreturn void plat_abort(void);
_Noreturn void plat_segv(void);

#endif
