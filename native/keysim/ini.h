/* The line format that the configuration, the control file and the state file share. */
#ifndef KEYSIM_INI_H
#define KEYSIM_INI_H

#include <stdbool.h>
#include <stddef.h>

enum { KS_SECTION_MAX = 80, KS_SETTING_MAX = 48, KS_VALUE_MAX = 1024, KS_ERROR_MAX = 256, KS_INI_MAX = 256 * 1024 };

/*
 * Called for each section line (`setting` NULL) and each `setting = value` line. Returns false, with a reason in
 * `error`, to stop.
 */
typedef bool (*ks_ini_line)(void *context, const char *section, const char *setting, const char *value, char *error);

/*
 * Reads `length` bytes of text: `# comment`, `[section]`, `setting = value`, blank lines. LF or CRLF; a byte order
 * mark is passed over. False with "line N: reason" in `error` (KS_ERROR_MAX bytes) at the first line that does not fit.
 */
bool ks_ini_parse(const char *text, size_t length, ks_ini_line line, void *context, char *error);

/* Copies `from` into `to` of `size` bytes; false when it does not fit. */
bool ks_copy(char *to, size_t size, const char *from);

#endif
