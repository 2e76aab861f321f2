#include "ini.h"

#include <stdio.h>
#include <string.h>

bool ks_copy(char *to, size_t size, const char *from) {
  size_t length = strlen(from);
  if (length >= size) return false;
  memcpy(to, from, length + 1);
  return true;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Narrows [*from, *to) to what is between blanks. */
static void trim(const char **from, const char **to) {
  while (*from < *to && blank(**from)) ++*from;
  while (*to > *from && blank((*to)[-1])) --*to;
}

static bool take(char *room, size_t size, const char *from, const char *to) {
  trim(&from, &to);
  size_t length = (size_t)(to - from);
  if (length >= size) return false;
  memcpy(room, from, length);
  room[length] = '\0';
  return true;
}

static bool one_line(const char *from, const char *to, char *section, ks_ini_line line, void *context, char *error) {
  char setting[KS_SETTING_MAX], value[KS_VALUE_MAX];
  trim(&from, &to);
  if (from == to || *from == '#') return true;
  if (memchr(from, '\0', (size_t)(to - from)) != NULL) {
    (void)snprintf(error, KS_ERROR_MAX, "a NUL byte");
    return false;
  }
  if (*from == '[') {
    if (to[-1] != ']' || !take(section, KS_SECTION_MAX, from + 1, to - 1)) {
      (void)snprintf(error, KS_ERROR_MAX, "not a section");
      return false;
    }
    return line(context, section, NULL, NULL, error);
  }
  const char *equals = memchr(from, '=', (size_t)(to - from));
  if (equals == NULL || !take(setting, sizeof setting, from, equals) || setting[0] == '\0') {
    (void)snprintf(error, KS_ERROR_MAX, "not \"setting = value\"");
    return false;
  }
  if (!take(value, sizeof value, equals + 1, to)) {
    (void)snprintf(error, KS_ERROR_MAX, "the value is too long");
    return false;
  }
  return line(context, section, setting, value, error);
}

bool ks_ini_parse(const char *text, size_t length, ks_ini_line line, void *context, char *error) {
  char section[KS_SECTION_MAX] = "";
  const char *end = text + length;
  unsigned long number = 0;
  if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) text += 3;
  while (text < end) {
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    if (stop == NULL) stop = end;
    number++;
    char reason[KS_ERROR_MAX] = "";
    if (!one_line(text, stop, section, line, context, reason)) {
      (void)snprintf(error, KS_ERROR_MAX, "line %lu: %.200s", number, reason);
      return false;
    }
    text = stop < end ? stop + 1 : end;
  }
  return true;
}
