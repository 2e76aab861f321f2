/*
 * Which keys are in which slots, and what dies when one is pulled. The module's lock is held by whoever calls these,
 * but for ks_presence_wait.
 */
#ifndef KEYSIM_PRESENCE_H
#define KEYSIM_PRESENCE_H

#include "sim.h"

/* Finds the backing module's tokens and ties the keys to them. `first`: at C_Initialize. */
CK_RV ks_presence_bind(bool first);
/* Takes over presence from the configuration and state in force. */
void ks_presence_update(void);
/* Counts up the epoch of every key that `next` puts in or pulls out; between begin and commit. */
void ks_presence_note_changes(const struct ks_config *next);

const struct ks_key_settings *ks_key_settings(const struct ks_key *key);
/* The slots that programs see: index of a key, -1 for a number that is none. */
int ks_key_of_slot(CK_SLOT_ID slot);
int ks_key_of_name(const char *name);
bool ks_slot_exists(const struct ks_key *key);

/* Closes a session's backing half, unless a call is still in it; then the end of that call does. */
void ks_session_end(struct ks_session *session);
/* Frees the place of a session that its program has closed. */
void ks_session_drop(struct ks_session *session);
/* All sessions of a key end as if by C_CloseSession. */
void ks_key_close_sessions(int key);

/* Pulls or plugs a key for all processes. */
bool ks_key_set_present(const char *name, bool present);

/* C_WaitForSlotEvent. Not called with the lock held when `wait`. */
CK_RV ks_presence_event(CK_SLOT_ID *slot);

#endif
