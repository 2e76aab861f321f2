#include "handles.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

/* In two chains: by own handle, and by key and backing handle. */
struct object {
  struct object *next_own, *next_backing;
  CK_OBJECT_HANDLE own, backing;
  int key;
};

static struct ks_session sessions[KS_MAX_SESSIONS];
static CK_SESSION_HANDLE last_session;
static struct object *by_own[BUCKETS], *by_backing[BUCKETS];
static CK_OBJECT_HANDLE last_object;

struct ks_session *ks_sessions(void) { return sessions; }

struct ks_session *ks_session_add(int key, CK_SESSION_HANDLE backing, bool writable) {
  for (int i = 0; i < KS_MAX_SESSIONS; i++) {
    if (sessions[i].own != 0) continue;
    memset(&sessions[i], 0, sizeof sessions[i]);
    sessions[i].own = ++last_session;
    sessions[i].backing = backing;
    sessions[i].key = key;
    sessions[i].writable = writable;
    return &sessions[i];
  }
  return NULL;
}

struct ks_session *ks_session_find(CK_SESSION_HANDLE own) {
  if (own == CK_INVALID_HANDLE) return NULL;
  for (int i = 0; i < KS_MAX_SESSIONS; i++)
    if (sessions[i].own == own) return &sessions[i];
  return NULL;
}

static size_t own_bucket(CK_OBJECT_HANDLE own) { return (size_t)(own % BUCKETS); }

static size_t backing_bucket(int key, CK_OBJECT_HANDLE backing) {
  uint64_t mixed = ((uint64_t)backing + (uint64_t)(unsigned)key * 0x1000193U) * 0x9e3779b97f4a7c15U;
  return (size_t)(mixed >> 54);
}

CK_OBJECT_HANDLE ks_object_own(int key, CK_OBJECT_HANDLE backing) {
  size_t bucket = backing_bucket(key, backing);
  for (struct object *object = by_backing[bucket]; object != NULL; object = object->next_backing)
    if (object->key == key && object->backing == backing) return object->own;
  struct object *made = malloc(sizeof *made);
  if (made == NULL) return CK_INVALID_HANDLE;
  made->own = ++last_object;
  made->backing = backing;
  made->key = key;
  made->next_backing = by_backing[bucket];
  by_backing[bucket] = made;
  made->next_own = by_own[own_bucket(made->own)];
  by_own[own_bucket(made->own)] = made;
  return made->own;
}

bool ks_object_backing(int key, CK_OBJECT_HANDLE own, CK_OBJECT_HANDLE *backing) {
  for (struct object *object = by_own[own_bucket(own)]; object != NULL; object = object->next_own) {
    if (object->own != own || object->key != key) continue;
    *backing = object->backing;
    return true;
  }
  return false;
}

static void leave_backing_chain(struct object *gone) {
  struct object **link = &by_backing[backing_bucket(gone->key, gone->backing)];
  while (*link != gone) link = &(*link)->next_backing;
  *link = gone->next_backing;
}

/* Takes out of one chain what fits; own 0: all of that key. */
static void forget_in(struct object **link, int key, CK_OBJECT_HANDLE own) {
  while (*link != NULL) {
    struct object *object = *link;
    if ((key >= 0 && object->key != key) || (own != 0 && object->own != own)) {
      link = &object->next_own;
      continue;
    }
    *link = object->next_own;
    leave_backing_chain(object);
    free(object);
  }
}

void ks_object_forget(int key, CK_OBJECT_HANDLE own) { forget_in(&by_own[own_bucket(own)], key, own); }

void ks_objects_forget(int key) {
  for (size_t i = 0; i < BUCKETS; i++) forget_in(&by_own[i], key, 0);
}
