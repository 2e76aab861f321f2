/*
 * The frame around every call: counted, traced, delayed, failed as configured; handles translated; presence looked at
 * before and after. Nothing here is called with the module's lock held, unless it says so.
 */
#ifndef KEYSIM_CALL_H
#define KEYSIM_CALL_H

#include "presence.h"

struct ks_call {
  enum ks_function function;
  CK_BYTE *out; /* where the call puts what it makes, and how long that is; for faults on lengths */
  CK_ULONG *out_length;
  /* the rest is the frame's own */
  unsigned run;
  uint64_t sequence;
  bool faulty;
  struct ks_fault fault;
  int key; /* -1: none */
  bool watched; /* the key was there when the call began */
  bool slot_call;
  unsigned epoch;
  CK_SLOT_ID slot;           /* of the backing module */
  CK_SESSION_HANDLE own;     /* 0: not a call with a session */
  CK_SESSION_HANDLE session; /* of the backing module */
};

/* Begins a call that concerns the library as a whole. */
CK_RV ks_enter(struct ks_call *call);
/* Begins a call on a slot; `token`: the key has to be in it. Sets `slot`. */
CK_RV ks_enter_slot(struct ks_call *call, CK_SLOT_ID slot, bool token);
/* Begins a call on a session. Sets `session`. */
CK_RV ks_enter_session(struct ks_call *call, CK_SESSION_HANDLE session);
/* Ends a call, whatever became of it, and gives what the program is told. */
CK_RV ks_leave(struct ks_call *call, CK_RV rv);

/* Object handles of the call's key: from the program, and to it. 0 stays 0. */
bool ks_object_in(const struct ks_call *call, CK_OBJECT_HANDLE own, CK_OBJECT_HANDLE *backing);
void ks_object_out(const struct ks_call *call, CK_OBJECT_HANDLE *object);

/* The settings of the call's key, copied: they may change while the call is under way. */
void ks_call_settings(const struct ks_call *call, struct ks_key_settings *settings);

/* Rests for so long, but ends early when the key is pulled or the library is finalised. */
void ks_rest(const struct ks_call *call, unsigned ms);

#endif
