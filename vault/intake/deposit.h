/*
 * deposit - one accession on the server's side: files stream in, packs, slots, seals and envelopes
 * are made, and the depositor gets what they sign (DESIGN 7 "Accession commits").
 *
 *   begin -> (item_begin -> file* -> item_end)* -> finish -> [the depositor signs `accession`] ->
 * door, with the hooks any time before the commit: abort (removes packs, envelopes, secrets)
 *
 * For each item: random slot (secrets.db), random part; item key from both; part sealed to the
 * board's highest level (envelope number 1), and to every active curator under the quarantine key
 * of keys/service, and as intake seal for the vault's own work on it (intake/holding.h; both in
 * secrets.db); manifest, reach list, envelope.
 *
 * Order on disk: packs' bytes -> [envelopes, list object, run/, secrets.db and its copy, the names
 * of all these] -> statement. What stands in brackets is written without waiting for each, and
 * waited for once before the journal is written: secrets.db for itself, the rest in the door's
 * settle of the store, which is one syncfs. A deposit of up to SR_ENVELOPE_BATCH items costs seven
 * flushes so: two packs, secrets, syncfs, journal, INVENTORY.names, the end of the key of what lay
 * in run/ (and one for the copy). Larger ones have made earlier batches of items durable on the
 * way.
 *
 * A kill or a cut of power in between: at the next opening the accession is finished if its signed
 * statement lies whole in run/ and everything that it names is there and whole; else its envelopes
 * and secrets are removed, and its packs kept for a resume.
 *
 * What lies in run/ meanwhile has names of files and, where nothing is deduped, keys of blocks. Its
 * key dies with the accession: intake/accession_key.h.
 */
#ifndef SR_INTAKE_DEPOSIT_H
#define SR_INTAKE_DEPOSIT_H

#include "board/door.h"
#include "catalogue/lists.h"
#include "store/ingest.h"

struct sr_deposit; /* opaque */

struct sr_deposit_options {
	const uint8_t *collection; /* SR_ID */
	const char *depositor;     /* p-... */
	const uint8_t
		*resume;  /* SR_ID of an accession that was broken off, or NULL for a new one */
	bool redacted;    /* the items are redacted versions, made by the room */
	unsigned threads; /* 0: one per core */
	struct sr_progress progress;
	/* Per file, also for what could not be read: the depositor sees every one. */
	int (*file)(void *ctx, const struct sr_ingest_file_result *r, struct sr_err *e);
	void *ctx;
};
SR_MUST int sr_deposit_begin(struct sr_deposit **out, struct sr_vault *v,
	const struct sr_deposit_options *o, struct sr_err *e);
/* Are there packs of it that a resume would go on with? EXISTS: it is committed. */
SR_MUST int sr_deposit_kept(
	bool *kept, struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e);
const uint8_t *sr_deposit_accession(const struct sr_deposit *d);
/* ${title}: what the item is called until a curator describes it; empty: its first path. */
SR_MUST int sr_deposit_item_begin(struct sr_deposit *d, struct sr_bytes title, struct sr_err *e);
/* LIMIT when the item's list of files has become longer than one object holds. */
SR_MUST int sr_deposit_file(struct sr_deposit *d, const struct sr_ingest_file *f, struct sr_err *e);
SR_MUST int sr_deposit_item_end(struct sr_deposit *d, struct sr_err *e);

/* What the depositor signs; the list's salt and body are the object of the statement. Views live
 * until free. */
struct sr_deposit_sign {
	uint8_t accession[SR_ID], collection[SR_ID];
	uint64_t items, files, bytes;
	uint8_t items_root[SR_HASH], files_root[SR_HASH];
	uint8_t list_salt[SR_SALT];
	struct sr_bytes list;
	uint8_t list_id[SR_HASH];
};
SR_MUST int sr_deposit_finish(struct sr_deposit *d, struct sr_deposit_sign *out, struct sr_err *e);
/* Objects and hooks of the submission (list first, then the items' file lists, as catalogue.h
 * orders them). The note is kept in run/ before the commit, so that a kill after the envelopes
 * finishes the accession at the next opening. */
SR_MUST int sr_deposit_submission(
	struct sr_deposit *d, struct sr_submission *sub, struct sr_err *e);
void sr_deposit_free(
	struct sr_deposit *d); /* without a commit: leaves what a resume needs; NULL allowed */
SR_MUST int sr_deposit_abort(
	struct sr_deposit *d, struct sr_err *e); /* removes everything; frees */

/* At opening: finish or remove what a kill left. Tells what it did in v->recovered. */
SR_MUST int sr_deposit_recover(struct sr_vault *v, struct sr_err *e);
#ifdef SR_TESTING
void sr_deposit_list_max(size_t bytes); /* of an item's list of files, instead of SR_OBJECT_MAX */
#endif

#endif
