/*
 * seen - what a client remembers of a ledger it has verified: size and root, per vault and person.
 *
 *   strongroom/seen/v1
 *   origin <name>
 *   vault <hex64>            the fingerprint, pinned
 *   ledger-key <vkey>        as found says
 *   person p-...
 *   size <dec>
 *   root <base64>
 *   log <vkey>               ? the log goes on under another name: the same key, named so
 *
 * The file is `<first 16 hex of the fingerprint>-<person>.seen` in a directory of the client (never
 * under the vault). A smaller size, or the same size with another root, is refused: the memory only
 * grows.
 */
#ifndef SR_LEDGER_SEEN_H
#define SR_LEDGER_SEEN_H

#include "base/fs.h"
#include "crypto/sign.h"
#include "merkle/note.h"

enum {
	SR_ORIGIN_MAX = 240,
	SR_VKEY_TEXT = 320
}; /* with the NUL; an origin stays below 240 so that "<origin>/room" is a name */

struct sr_seen {
	char origin[SR_ORIGIN_MAX];
	uint8_t vault[SR_HASH];
	char vkey[SR_VKEY_TEXT]; /* of the ledger; "" in none */
	char log[SR_VKEY_TEXT]; /* "": checkpoints are signed with that one; else the same key under
				   the name that a quorum gave the log */
	char person[SR_PERSON_TEXT];
	uint64_t size; /* 0: nothing verified yet; root is then that of the empty tree */
	uint8_t root[SR_HASH];
};

/* A first memory: size 0. */
SR_MUST int sr_seen_init(struct sr_seen *out, const char *origin, const uint8_t vault[SR_HASH],
	const char *vkey, const char *person, struct sr_err *e);
void sr_seen_name(char out[64], const uint8_t vault[SR_HASH], const char *person);
/* NOTFOUND when this person has no memory of this vault. */
SR_MUST int sr_seen_load(struct sr_seen *out, struct sr_dir *d, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e);
/* Durable. AUTH when the stored memory is larger, or equal in size with another root, or names
 * another origin or key. */
SR_MUST int sr_seen_store(struct sr_dir *d, const struct sr_seen *s, struct sr_err *e);
/* The same, when the log goes on under another name than is stored, with a size of its own: the
 * caller proved that a quorum said so. */
SR_MUST int sr_seen_continue(struct sr_dir *d, const struct sr_seen *s, struct sr_err *e);
/* The key that signs checkpoints, under its name. */
SR_MUST int sr_seen_log(struct sr_vkey *out, const struct sr_seen *s, struct sr_err *e);
void sr_seen_encode(struct sr_buf *out, const struct sr_seen *s);
SR_MUST int sr_seen_decode(struct sr_seen *out, struct sr_bytes text, struct sr_err *e);

#endif
