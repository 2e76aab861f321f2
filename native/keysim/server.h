/* The thread that listens on the control socket. */
#ifndef KEYSIM_SERVER_H
#define KEYSIM_SERVER_H

void ks_server_start(void);
/* Waits for the thread's end; not with the module's lock held. */
void ks_server_stop(void);

#endif
