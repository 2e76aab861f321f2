/*
 * The simulator's own session and object handles. A handle is never given out twice in a process, so that one that
 * died stays dead. The module's lock is held by whoever calls these.
 */
#ifndef KEYSIM_HANDLES_H
#define KEYSIM_HANDLES_H

#include <stdbool.h>

#include "pkcs11.h"

enum { KS_MAX_SESSIONS = 1024 };

struct ks_session {
  CK_SESSION_HANDLE own; /* 0: this place is free */
  CK_SESSION_HANDLE backing;
  int key;
  unsigned busy; /* calls in the backing module right now */
  bool writable;
  bool dead;   /* its key was pulled */
  bool closed; /* the backing session is gone */
};

/* NULL when all places are taken. */
struct ks_session *ks_session_add(int key, CK_SESSION_HANDLE backing, bool writable);
struct ks_session *ks_session_find(CK_SESSION_HANDLE own);
/* All places, for loops: `own` is 0 in free ones. */
struct ks_session *ks_sessions(void);

/* The own handle of a backing object, made when it is new; 0 without memory. */
CK_OBJECT_HANDLE ks_object_own(int key, CK_OBJECT_HANDLE backing);
/* The backing handle; false for a handle that is none of this key's. */
bool ks_object_backing(int key, CK_OBJECT_HANDLE own, CK_OBJECT_HANDLE *backing);
void ks_object_forget(int key, CK_OBJECT_HANDLE own);
/* All of a key's objects; -1: of all keys. */
void ks_objects_forget(int key);

#endif
