/*
 * replaying - a vault's ledger as a replay of the catalogue takes it (catalogue/catalogue.h): every
 * entry opened with the vault's keys, objects read from the store.
 *
 * A long one is read ahead by other cores (ledger/feed.h). They ask secrets.db for keys of subjects
 * while the replay asks it for keys of objects, so both go through one lock here; nobody else may
 * use the vault meanwhile.
 */
#ifndef SR_BOARD_REPLAYING_H
#define SR_BOARD_REPLAYING_H

#include <pthread.h>

#include "board/keys.h"

struct sr_feed; /* ledger/feed.h */

struct sr_replaying {
	struct sr_replay replay; /* for the catalogue */
	/* The entry that was asked for last could not be had from the ledger, or opened: whatever
	 * failed, the catalogue is not to blame, and no other one comes of this ledger. */
	bool no_entry;
	/* the rest is its own */
	struct sr_vault *vault;
	struct sr_object_source source;
	struct sr_objects objects;
	struct sr_keyring own, ring;
	struct sr_feed *feed;
	pthread_mutex_t lock;
};

/* ${r} must stay where it is until sr_replaying_free. ${progress} may be NULL. */
void sr_replaying_init(
	struct sr_replaying *r, struct sr_vault *v, const struct sr_progress *progress);
void sr_replaying_free(struct sr_replaying *r);
/* One entry out of order, while others are read ahead; the caller frees it. */
SR_MUST int sr_replaying_entry(
	struct sr_replaying *r, uint64_t index, struct sr_entry *out, struct sr_err *e);

#endif
