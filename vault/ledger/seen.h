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
 *   next-key <dec> <base64>  (*) the log's later keys: the entry that named it (ledger/keychange.h)
 *   next-name <dec> <name> <dec> <dec>
 *                            (*) and its later names: the entry, how many entries were left as they
 *                            were, and how many were known (merkle/logkeys.h); in one order
 *
 * The file is `<first 16 hex of the fingerprint>-<person>.seen` in a directory of the client (never
 * under the vault). A smaller size, or the same size with another root, is refused: the memory only
 * grows; unless the log took a name for what it lost, and the caller proved that a quorum says so.
 */
#ifndef SR_LEDGER_SEEN_H
#define SR_LEDGER_SEEN_H

#include "base/fs.h"
#include "crypto/sign.h"
#include "merkle/logkeys.h"

enum {
	SR_ORIGIN_MAX = 240,
	SR_VKEY_TEXT = 320
}; /* with the NUL; an origin stays below 240 so that "<origin>/room" is a name */

struct sr_seen {
	char origin[SR_ORIGIN_MAX];
	uint8_t vault[SR_HASH];
	char vkey[SR_VKEY_TEXT]; /* of the ledger, as found says; "" in none */
	struct sr_log_keys keys; /* that one, and those that followed it */
	char person[SR_PERSON_TEXT];
	uint64_t size; /* 0: nothing verified yet; root is then that of the empty tree */
	uint8_t root[SR_HASH];
};

/* A first memory: size 0. ${vkey} "": not known yet. */
SR_MUST int sr_seen_init(struct sr_seen *out, const char *origin, const uint8_t vault[SR_HASH],
	const char *vkey, const char *person, struct sr_err *e);
void sr_seen_name(char out[64], const uint8_t vault[SR_HASH], const char *person);
/* NOTFOUND when this person has no memory of this vault. */
SR_MUST int sr_seen_load(struct sr_seen *out, struct sr_dir *d, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e);
/* Whoever stores in ${d} holds this, from what they load to compare until they stored: else two
 * processes of a person each put their own in the other's place. Of all that lies there, ended.h
 * too. LOCKED: for ten seconds another process held it. */
SR_MUST int sr_seen_lock(struct sr_lock **out, struct sr_dir *d, struct sr_err *e);
/* Durable. AUTH when the stored memory is larger, or equal in size with another root, or names
 * another origin or key. */
SR_MUST int sr_seen_store(struct sr_dir *d, const struct sr_seen *s, struct sr_err *e);
/* The same for a log that does not hold what ${was} is: as it was loaded and compared, and is
 * stored still (AUTH: another process stored another). A name of ${s} must excuse it. */
SR_MUST int sr_seen_replace(
	struct sr_dir *d, const struct sr_seen *s, const struct sr_seen *was, struct sr_err *e);
/* The newest key of the log, under the name of now, as found writes one. */
SR_MUST int sr_seen_newest_key(char out[SR_VKEY_TEXT], const struct sr_seen *s, struct sr_err *e);
void sr_seen_encode(struct sr_buf *out, const struct sr_seen *s);
SR_MUST int sr_seen_decode(struct sr_seen *out, struct sr_bytes text, struct sr_err *e);

#endif
