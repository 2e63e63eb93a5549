/*
 * logkeys - the keys and names of a log: each signs the trees of its time, and no other.
 *
 * A log is a chain of links, oldest first. A link begins with an entry of the log itself, at index
 * `from`, which says so: trees of at most `from` entries are signed by the link before; every tree
 * that holds the entry is signed by the link that it names. So there is no size at which two links
 * count, and a key that was stolen and changed signs nothing that goes on from the change.
 *
 * What a link changes is one of two things:
 *
 *   the key    (ledger/keychange.h) nothing is lost; the name stays
 *   the name   the log lost entries that somebody outside knows of (board/adopt.h). Under its name
 *              it would be a fork of itself, so it goes on under another one, which nobody has
 *              seen; the key stays. `agreed`: so many entries are what they were; `known`: so many
 *              others knew of. What was signed under the former name for more than `from` entries
 *              is of another history, for ever.
 *
 * A key change is believed by who trusts the key before. A name is not: whoever holds the key could
 * drop what does not please them, and name the rest anew. Readers with a login ask for the board's
 * votes (core/client_adopt.c), outsiders for a word of their own (verify/changes.c); and no name
 * excuses that what was remembered of the first `agreed` entries is gone (sr_log_keys_excuse).
 */
#ifndef SR_MERKLE_LOGKEYS_H
#define SR_MERKLE_LOGKEYS_H

#include "crypto/sign.h"
#include "merkle/checkpoint.h"

enum {
	/* A vault changes its keys after a loss or a theft: one in two years for thirty years. It
	 * bounds keys/service, whose copy sealed to the board must fit a text (base/text.h). */
	SR_LOG_KEYS = 16,
	SR_LOG_NAMES = 8, /* and loses entries hardly ever; every reader walks all of them */
	SR_LOG_LINKS = SR_LOG_KEYS + SR_LOG_NAMES - 1
};

struct sr_log_link {
	uint64_t from; /* 0 of the first; then ascending */
	uint8_t pk[SR_PK];
	char name[SR_NAME_MAX + 1];
	uint64_t agreed, known; /* of a name that came later; else 0 */
};

struct sr_log_keys {
	size_t count; /* at least 1 */
	struct sr_log_link key[SR_LOG_LINKS];
};

/* ${name}: at most SR_NAME_MAX bytes. */
void sr_log_keys_begin(struct sr_log_keys *k, const char *name, const uint8_t pk[SR_PK]);
/* The next key. LIMIT; AUTH: ${from} is not after the change before. */
SR_MUST int sr_log_keys_add(
	struct sr_log_keys *k, uint64_t from, const uint8_t pk[SR_PK], struct sr_err *e);
/* The next name. LIMIT; AUTH: ${from} is not after the change before, a name that it had, or
 * nothing was lost. */
SR_MUST int sr_log_keys_rename(
	struct sr_log_keys *k, const struct sr_log_link *next, struct sr_err *e);
/* Is link ${i} a name that came later? */
bool sr_log_keys_renames(const struct sr_log_keys *k, size_t i);
/* The link that signs a tree of ${size} entries, and its key. */
const struct sr_log_link *sr_log_keys_link(const struct sr_log_keys *k, uint64_t size);
const uint8_t *sr_log_keys_at(const struct sr_log_keys *k, uint64_t size);
const struct sr_log_link *sr_log_keys_last(const struct sr_log_keys *k);
const uint8_t *sr_log_keys_newest(const struct sr_log_keys *k);
/* How many links they have alike, from the first on. */
size_t sr_log_keys_alike(const struct sr_log_keys *a, const struct sr_log_keys *b);
/* Does ${b} begin with all of ${a}? */
bool sr_log_keys_begin_with(const struct sr_log_keys *b, const struct sr_log_keys *a);

/* The vkey that must have signed the checkpoint ${in}, by the size that it claims. AUTH: it has
 * another name than the log had at that size. */
SR_MUST int sr_log_keys_signer(
	struct sr_vkey *out, const struct sr_log_keys *k, struct sr_bytes in, struct sr_err *e);
/* sr_checkpoint_open with that one. */
SR_MUST int sr_log_keys_open(struct sr_checkpoint *out, struct sr_note *note, struct sr_bytes in,
	const struct sr_log_keys *k, struct sr_err *e);

/* ${size} entries were verified when the links were ${was}; now they are ${now}, and the log does
 * not hold what was verified. The name that says so: *${by}, of those that ${was} does not have and
 * that left less than ${size} as it was, the one by which most was known. AUTH: none does, so the
 * log is rolled back or forked; or the key that was verified changed in entries that this name says
 * are as they were. */
SR_MUST int sr_log_keys_excuse(const struct sr_log_link **by, const struct sr_log_keys *now,
	const struct sr_log_keys *was, uint64_t size, struct sr_err *e);

#endif
