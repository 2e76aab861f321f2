/* Windows. Written to the documentation; it builds with MinGW and has not been run. */
#define WIN32_LEAN_AND_MEAN
#define _CRT_SECURE_NO_WARNINGS
#include "platform.h"

/* winsock2.h comes before windows.h, afunix.h after both. */
#include <winsock2.h>
#include <windows.h>

#include <afunix.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 4096 };

static SRWLOCK mutex = SRWLOCK_INIT;
static HANDLE thread;
static void (*thread_work)(void);

void plat_lock(void) { AcquireSRWLockExclusive(&mutex); }
void plat_unlock(void) { ReleaseSRWLockExclusive(&mutex); }
void plat_sleep_ms(unsigned ms) { Sleep(ms); }
unsigned long plat_process(void) { return GetCurrentProcessId(); }

static unsigned __stdcall run(void *unused) {
  (void)unused;
  thread_work();
  return 0;
}

bool plat_thread_start(void (*work)(void)) {
  thread_work = work;
  thread = (HANDLE)_beginthreadex(NULL, 0, run, NULL, 0, NULL);
  return thread != NULL;
}

void plat_thread_join(void) {
  if (thread == NULL) return;
  (void)WaitForSingleObject(thread, INFINITE);
  (void)CloseHandle(thread);
  thread = NULL;
}

static bool wide(const char *text, wchar_t *room) {
  return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, room, WIDE) > 0;
}

static bool narrow(const wchar_t *text, char *room, size_t size) {
  return WideCharToMultiByte(CP_UTF8, 0, text, -1, room, (int)size, NULL, NULL) > 0;
}

bool plat_environment(const char *name, char *value, size_t size) {
  wchar_t wide_name[WIDE], found[WIDE];
  value[0] = '\0';
  if (!wide(name, wide_name)) return false;
  DWORD length = GetEnvironmentVariableW(wide_name, found, WIDE);
  return length > 0 && length < WIDE && narrow(found, value, size);
}

static HMODULE own_module(DWORD flags) {
  HMODULE module = NULL;
  (void)GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | flags, (LPCWSTR)(void *)&mutex, &module);
  return module;
}

bool plat_module_folder(char *folder, size_t size) {
  wchar_t path[WIDE];
  DWORD length = GetModuleFileNameW(own_module(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT), path, WIDE);
  if (length == 0 || length >= WIDE || !narrow(path, folder, size)) return false;
  char *separator = strrchr(folder, '\\');
  if (separator == NULL) return false;
  *separator = '\0';
  return true;
}

void plat_stay_loaded(void) { (void)own_module(GET_MODULE_HANDLE_EX_FLAG_PIN); }

bool plat_is_absolute(const char *path) {
  return (path[0] == '\\' && path[1] == '\\') || (path[0] != '\0' && path[1] == ':');
}

const char *plat_last_separator(const char *path) {
  const char *back = strrchr(path, '\\'), *slash = strrchr(path, '/');
  if (back == NULL || (slash != NULL && slash > back)) return slash;
  return back;
}

CK_FUNCTION_LIST *plat_load_module(const char *path, char *error, size_t size) {
  wchar_t wide_path[WIDE];
  CK_FUNCTION_LIST *list = NULL;
  CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
  HMODULE module = wide(path, wide_path) ? LoadLibraryExW(wide_path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH) : NULL;
  if (module == NULL) {
    (void)snprintf(error, size, "%s: error %lu", path, GetLastError());
    return NULL;
  }
  FARPROC symbol = GetProcAddress(module, "C_GetFunctionList");
  memcpy(&get, &symbol, sizeof get);
  if (get == NULL || get == C_GetFunctionList || get(&list) != CKR_OK || list == NULL) {
    (void)snprintf(error, size, "%s: not a PKCS#11 module", path);
    return NULL;
  }
  return list;
}

static HANDLE open_file(const char *path, DWORD access, DWORD creation) {
  wchar_t wide_path[WIDE];
  if (!wide(path, wide_path)) return INVALID_HANDLE_VALUE;
  return CreateFileW(wide_path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, creation,
                     FILE_ATTRIBUTE_NORMAL, NULL);
}

char *plat_read_file(const char *path, size_t max, size_t *length) {
  HANDLE file = open_file(path, GENERIC_READ, OPEN_EXISTING);
  LARGE_INTEGER size;
  char *text = NULL;
  DWORD got = 0;
  if (file == INVALID_HANDLE_VALUE) return NULL;
  if (GetFileSizeEx(file, &size) && size.QuadPart <= (LONGLONG)max) {
    text = malloc((size_t)size.QuadPart + 1);
    if (text != NULL && !ReadFile(file, text, (DWORD)size.QuadPart, &got, NULL)) got = 0;
    if (text != NULL) text[got] = '\0';
  }
  (void)CloseHandle(file);
  *length = got;
  return text;
}

static bool write_and_close(HANDLE file, const char *text, size_t length) {
  DWORD put = 0;
  if (file == INVALID_HANDLE_VALUE) return false;
  bool done = WriteFile(file, text, (DWORD)length, &put, NULL) && put == length;
  (void)CloseHandle(file);
  return done;
}

bool plat_write_file(const char *path, const char *text, size_t length) {
  char beside[WIDE];
  wchar_t from[WIDE], to[WIDE];
  if (snprintf(beside, sizeof beside, "%s.%lu.new", path, plat_process()) >= (int)sizeof beside) return false;
  if (!wide(beside, from) || !wide(path, to)) return false;
  if (write_and_close(open_file(beside, GENERIC_WRITE, CREATE_ALWAYS), text, length) &&
      MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING))
    return true;
  (void)DeleteFileW(from);
  return false;
}

bool plat_append_file(const char *path, const char *text, size_t length) {
  return write_and_close(open_file(path, FILE_APPEND_DATA, OPEN_ALWAYS), text, length);
}

void plat_file_stamp(const char *path, char stamp[KS_STAMP_MAX]) {
  wchar_t wide_path[WIDE];
  WIN32_FILE_ATTRIBUTE_DATA facts;
  if (!wide(path, wide_path) || !GetFileAttributesExW(wide_path, GetFileExInfoStandard, &facts)) {
    (void)snprintf(stamp, KS_STAMP_MAX, "none");
    return;
  }
  (void)snprintf(stamp, KS_STAMP_MAX, "%lu-%lu.%lu-%lu.%lu", facts.nFileSizeLow, facts.ftCreationTime.dwHighDateTime,
                 facts.ftCreationTime.dwLowDateTime, facts.ftLastWriteTime.dwHighDateTime,
                 facts.ftLastWriteTime.dwLowDateTime);
}

intptr_t plat_file_lock(const char *path, bool wait) {
  OVERLAPPED whole = {0};
  HANDLE file = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
  if (file == INVALID_HANDLE_VALUE) return -1;
  DWORD flags = LOCKFILE_EXCLUSIVE_LOCK | (wait ? 0 : LOCKFILE_FAIL_IMMEDIATELY);
  if (LockFileEx(file, flags, 0, 1, 0, &whole)) return (intptr_t)file;
  (void)CloseHandle(file);
  return -1;
}

void plat_file_unlock(intptr_t lock) {
  if (lock != -1) (void)CloseHandle((HANDLE)lock);
}

void *plat_share(const char *path, size_t size) {
  HANDLE file = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
  if (file == INVALID_HANDLE_VALUE) return NULL;
  HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);
  void *memory = mapping == NULL ? NULL : MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, size);
  if (mapping != NULL) (void)CloseHandle(mapping);
  (void)CloseHandle(file);
  return memory;
}

void plat_unshare(void *memory, size_t size) {
  (void)size;
  (void)UnmapViewOfFile(memory);
}

static SOCKET socket_for(const char *path, struct sockaddr_un *address) {
  WSADATA data;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path || WSAStartup(MAKEWORD(2, 2), &data) != 0) return INVALID_SOCKET;
  memcpy(address->sun_path, path, strlen(path) + 1);
  return socket(AF_UNIX, SOCK_STREAM, 0);
}

static void remove_socket(const char *path) {
  wchar_t wide_path[WIDE];
  if (wide(path, wide_path)) (void)DeleteFileW(wide_path);
}

intptr_t plat_listen(const char *path) {
  struct sockaddr_un address;
  SOCKET probe = socket_for(path, &address);
  if (probe == INVALID_SOCKET) return -1;
  bool served = connect(probe, (struct sockaddr *)&address, sizeof address) == 0;
  (void)closesocket(probe);
  if (served) return -1;
  SOCKET listener = socket_for(path, &address);
  if (listener == INVALID_SOCKET) return -1;
  remove_socket(path);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) {
    (void)closesocket(listener);
    return -1;
  }
  return (intptr_t)listener;
}

static bool readable(intptr_t file, unsigned ms) {
  WSAPOLLFD wanted = {(SOCKET)file, POLLRDNORM, 0};
  return WSAPoll(&wanted, 1, (INT)ms) == 1;
}

intptr_t plat_accept(intptr_t listener, unsigned ms) {
  if (!readable(listener, ms)) return -1;
  SOCKET connection = accept((SOCKET)listener, NULL, NULL);
  return connection == INVALID_SOCKET ? -1 : (intptr_t)connection;
}

long plat_receive(intptr_t connection, char *room, size_t size, unsigned ms) {
  return readable(connection, ms) ? recv((SOCKET)connection, room, (int)size, 0) : -1;
}

bool plat_send(intptr_t connection, const char *text, size_t length) {
  while (length > 0) {
    int put = send((SOCKET)connection, text, (int)length, 0);
    if (put <= 0) return false;
    text += put;
    length -= (size_t)put;
  }
  return true;
}

void plat_close_socket(intptr_t socket) { (void)closesocket((SOCKET)socket); }

void plat_unlisten(intptr_t listener, const char *path) {
  (void)closesocket((SOCKET)listener);
  remove_socket(path);
}

_Noreturn void plat_abort(void) { abort(); }

_Noreturn void plat_segv(void) {
  RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
  abort();
}
