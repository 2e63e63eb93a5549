/*
 * logkeys - the keys of a log that changed its key: each signs the trees of its time, and no other.
 *
 * A change is an entry of the log itself, at index `from`. Trees of at most `from` entries are
 * signed by the key before; every tree that holds the entry is signed by the key that it names. So
 * there is no size at which two keys count, and a key that was stolen and changed signs nothing
 * that goes on from the change.
 */
#ifndef SR_MERKLE_LOGKEYS_H
#define SR_MERKLE_LOGKEYS_H

#include "crypto/sign.h"
#include "merkle/checkpoint.h"

enum {
	/* A vault changes its keys after a loss or a theft: one in two years for thirty years. It
	 * bounds keys/service, whose copy sealed to the board must fit a text (base/text.h). */
	SR_LOG_KEYS = 16
};

struct sr_log_keys {
	size_t count; /* at least 1 */
	struct {
		uint64_t from; /* 0 of the first; then ascending */
		uint8_t pk[SR_PK];
	} key[SR_LOG_KEYS]; /* oldest first */
};

void sr_log_keys_begin(struct sr_log_keys *k, const uint8_t pk[SR_PK]);
/* The next one. LIMIT; AUTH: ${from} is not after the change before. */
SR_MUST int sr_log_keys_add(
	struct sr_log_keys *k, uint64_t from, const uint8_t pk[SR_PK], struct sr_err *e);
/* The key that signs a tree of ${size} entries. */
const uint8_t *sr_log_keys_at(const struct sr_log_keys *k, uint64_t size);
const uint8_t *sr_log_keys_newest(const struct sr_log_keys *k);
/* Does ${b} begin with all of ${a}? */
bool sr_log_keys_begin_with(const struct sr_log_keys *b, const struct sr_log_keys *a);

/* The vkey that must have signed the checkpoint ${in} of ${origin}, by the size that it claims. */
SR_MUST int sr_log_keys_signer(struct sr_vkey *out, const struct sr_log_keys *k, const char *origin,
	struct sr_bytes in, struct sr_err *e);
/* sr_checkpoint_open with that one. */
SR_MUST int sr_log_keys_open(struct sr_checkpoint *out, struct sr_note *note, struct sr_bytes in,
	const char *origin, const struct sr_log_keys *k, struct sr_err *e);

#endif
