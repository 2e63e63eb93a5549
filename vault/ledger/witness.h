/*
 * witness - a witness of other people's logs: it remembers the size and root of each, and signs
 * only what continues them (C2SP tlog-witness; the server's side of merkle/addcheckpoint.h).
 *
 * A folder holds all of it:
 *   witness.key   strongroom/witness-key/v1, a sealed file (crypto/passphrase.h); public line
 *                 vkey <name+id+key>   type 0x04: one key is one witness
 *   witness.db    SQLite: the logs it knows, their keys, and what it cosigned last of each
 *
 * Invariants. What is signed was first durable: a transaction compares the size that the caller
 * starts from with the one remembered, replaces it, and is synced before the key is used; so two
 * callers, two processes or a kill between commit and answer leave one history signed. The memory
 * belongs to one key and neither works with another's: a key whose memory was thrown away would
 * sign a second history. A copy of witness.db that is put back forgets in the same way; nothing
 * here can tell.
 *
 *   OPEN --answer--> OPEN        any failure to write -> FAILED (sticky: 500 to everything that
 *                                would be signed, until it is opened again)
 *
 * Bytes in, bytes out: no socket (ledger/witnessd.h has them). Calls are serialised within.
 */
#ifndef SR_LEDGER_WITNESS_H
#define SR_LEDGER_WITNESS_H

#include "base/fs.h"
#include "base/time.h"
#include "crypto/passphrase.h"
#include "merkle/addcheckpoint.h"

#define SR_WITNESS_KEY_FILE "witness.key"
#define SR_WITNESS_STATE_FILE "witness.db"

enum {
	SR_WITNESS_LOGS = 1024, /* logs a small box remembers; each costs a row of 2 kB */
	SR_WITNESS_LOG_KEYS = 4 /* keys of one log: two in a rotation, twice */
};

struct sr_witness; /* opaque */

struct sr_witness_open {
	struct sr_dir *dir; /* borrowed; outlives the witness */
	/* NULL both: only its list of logs is read and added to, and nothing is signed. */
	const struct sr_unlock *unlock;
	struct sr_clock clock;
};

/* 0 while no part of a witness lies in ${dir}; else EXISTS. */
SR_MUST int sr_witness_none(struct sr_dir *dir, struct sr_err *e);
/* Make key and state in ${dir}. ${name}: as a key name (note.h), of printable ASCII. ${out}: its
 * vkey, for the operators of logs. EXISTS; a half-made one is finished only by removing it. */
SR_MUST int sr_witness_new(struct sr_vkey *out, struct sr_dir *dir, struct sr_bytes name,
	const struct sr_unlock *unlock, struct sr_err *e);
/* NOTFOUND, AUTH (wrong passphrase; a state of another key), CORRUPT, UNSUPPORTED. */
SR_MUST int sr_witness_open(
	struct sr_witness **out, const struct sr_witness_open *o, struct sr_err *e);
void sr_witness_free(struct sr_witness *w); /* NULL allowed */
const struct sr_vkey *sr_witness_vkey(const struct sr_witness *w);

/* Know a log: signatures on its checkpoints by ${key} (type 0x01) count. A second key for an
 * origin that is known is added to it; when that one has signed, those before it are forgotten, for
 * a log changes its key when the one before was lost or seen. EXISTS if that key is known for it;
 * LIMIT; USAGE. */
SR_MUST int sr_witness_log_add(
	struct sr_witness *w, struct sr_bytes origin, const struct sr_vkey *key, struct sr_err *e);

struct sr_witness_log {
	const char *origin;
	uint64_t size;       /* cosigned last; 0: nothing yet, or the empty log */
	int64_t time;        /* when; 0: never */
	const uint8_t *root; /* SR_HASH bytes; NULL: never */
	const char *vkeys;   /* with a newline after each */
};
/* In the order of origins; a non-zero answer stops and is returned. */
SR_MUST int sr_witness_each(struct sr_witness *w,
	int (*each)(void *ctx, const struct sr_witness_log *log, struct sr_err *e), void *ctx,
	struct sr_err *e);

struct sr_witness_reply {
	unsigned status;
	const char *type; /* Content-Type; static */
	struct sr_buf body;
};
/* Free ${reply}->body in any case. */
void sr_witness_add(struct sr_witness *w, struct sr_bytes body, struct sr_witness_reply *reply);
/* The last cosigned checkpoint of the log whose origin has SHA-256 ${hex}, with our cosignature. */
void sr_witness_get(struct sr_witness *w, struct sr_bytes hex, struct sr_witness_reply *reply);

#endif
