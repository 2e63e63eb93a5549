/*
 * secret - locked memory for long-lived keys.
 *
 * One arena of fixed size, mapped once: guard pages around it, mlock, MADV_DONTDUMP,
 * MADV_WIPEONFORK. libsodium's sodium_malloc takes four pages a call, and an 8 MiB memlock limit
 * allows about 2,000 of them (DESIGN 5); the arena serves 32-byte cells from SR_SECRET_ARENA bytes.
 * Memory that cannot be locked is refused with what to do about it: nothing that needs a key then
 * works. Cells are wiped when freed. Thread-safe.
 */
#ifndef SR_BASE_SECRET_H
#define SR_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Zeroed memory of at least ${len} bytes in the arena; NULL when it is full, or cannot be locked
 * (LIMIT in ${e}). First use maps and locks the arena. */
void *sr_secret_new(size_t len, struct sr_err *e);
/* Wipe and give back; ${len} as at sr_secret_new; NULL allowed. */
void sr_secret_free(void *p, size_t len);
/* Bytes in use: 0 after everything was closed (tests assert it). */
size_t sr_secret_in_use(void);

/* Zero the vector registers: copies and ciphers leave the last bytes they moved there, and a dump,
 * or whoever stops the process, reads them for as long as nothing else needs the register. Called
 * when an operation is over. Does nothing on processors whose registers we do not know. */
void sr_wipe_registers(void);

/* No core dumps, not ptraceable by the same user (PR_SET_DUMPABLE 0, RLIMIT_CORE 0). For main(),
 * once. */
void sr_process_harden(void);

#endif
