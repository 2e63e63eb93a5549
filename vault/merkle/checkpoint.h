/*
 * checkpoint - C2SP tlog-checkpoint: a log's size and root, as the text of a signed note.
 *
 *   line 1  origin, 1..255 bytes
 *   line 2  tree size, decimal, at most 2^63 - 1
 *   line 3  base64 of the 32-byte root
 *   then    extension lines, not empty; we write none and keep those we read
 *
 * A log never signs two checkpoints that are not consistent; Ed25519 is deterministic, so signing
 * the same (size, root) again after a crash gives the same bytes. Source: digest 1.3.
 */
#ifndef SR_MERKLE_CHECKPOINT_H
#define SR_MERKLE_CHECKPOINT_H

#include "merkle/note.h"
#include "merkle/tree.h"

struct sr_checkpoint {
	char origin[SR_NAME_MAX + 1]; /* terminated */
	uint64_t size;
	uint8_t root[SR_HASH];
	/* View into the parsed text, whole lines; len 0 if none. Not written by put. */
	struct sr_bytes extension;
};

/* A log as a reader knows it: one origin, the keys that may sign for it (two while a key is being
 * changed). */
struct sr_log {
	const char *origin;
	const struct sr_vkey *keys; /* type 0x01 */
	size_t count;
};

/* Append the text. CORRUPT or LIMIT if origin or size cannot be written. */
SR_MUST int sr_checkpoint_put(struct sr_buf *out, const struct sr_checkpoint *c, struct sr_err *e);
SR_MUST int sr_checkpoint_parse(struct sr_checkpoint *out, struct sr_bytes text, struct sr_err *e);
/* Append the signed note; each signer's key name must be the origin (MISUSE). */
SR_MUST int sr_checkpoint_sign(struct sr_buf *out, const struct sr_checkpoint *c,
	const struct sr_signer *signers, size_t count, struct sr_err *e);
/* Parse the note, verify a signature of the log, check the origin. ${note} is the caller's to
 * free, empty on failure; out->extension and ${note} point into ${in}. Line `key`s are indices
 * into log->keys. CORRUPT, AUTH. */
SR_MUST int sr_checkpoint_open(struct sr_checkpoint *out, struct sr_note *note, struct sr_bytes in,
	const struct sr_log *log, struct sr_err *e);

#endif
