/*
 * catalogue - the SQLite view of the ledger: opened, kept up, replayed, rebuilt, compared.
 *
 * Structural tables are a pure function of statements and the structural objects they name; texts
 * are filled in where keys exist (DESIGN 6). So a catalogue can be dropped at any time:
 * sr_catalogue_rebuild makes it again and compares.
 *
 *   READY --begin--> OPEN --apply*--> OPEN --commit--> READY; rollback at any time -> READY
 *   within OPEN: mark ... undo | keep, one level, so that the door can try one submission of a
 * group
 *
 * The position (entries applied, root of the ledger then) lies in the commit itself (store/db.h): a
 * catalogue that lags behind its ledger catches up, one that is ahead or on another root is
 * rebuilt. One thread.
 */
#ifndef SR_CATALOGUE_CATALOGUE_H
#define SR_CATALOGUE_CATALOGUE_H

#include "base/progress.h"
#include "ledger/entry.h"
#include "store/db.h"

#define SR_CATALOGUE_FILE "catalogue.db"

struct sr_catalogue; /* opaque */

struct sr_catalogue_options {
	struct sr_dir *dir; /* borrowed; outlives the catalogue */
	const char *name;   /* NULL: SR_CATALOGUE_FILE */
	const uint8_t *key; /* SR_KEY bytes */
	bool create;        /* make an empty one when there is none */
};
/* NOTFOUND; CORRUPT, AUTH and UNSUPPORTED (another schema): remove and rebuild. */
SR_MUST int sr_catalogue_open(
	struct sr_catalogue **out, const struct sr_catalogue_options *o, struct sr_err *e);
/* Frees in every case; NULL allowed. */
SR_MUST int sr_catalogue_close(struct sr_catalogue *c, struct sr_err *e);
struct sr_db *sr_catalogue_db(struct sr_catalogue *c); /* for queries of this layer */
/* Entries applied, those of an open transaction included. */
uint64_t sr_catalogue_size(struct sr_catalogue *c);
/* Size and root at the last commit. */
void sr_catalogue_position(struct sr_catalogue *c, uint64_t *size, uint8_t root[SR_HASH]);

SR_MUST int sr_catalogue_begin(struct sr_catalogue *c, struct sr_err *e);
/* ${root}: of the ledger with sr_catalogue_size entries. */
SR_MUST int sr_catalogue_commit(
	struct sr_catalogue *c, const uint8_t root[SR_HASH], struct sr_err *e);
void sr_catalogue_rollback(struct sr_catalogue *c);
SR_MUST int sr_catalogue_mark(struct sr_catalogue *c, struct sr_err *e);
SR_MUST int sr_catalogue_undo(struct sr_catalogue *c, struct sr_err *e); /* back to the mark */
SR_MUST int sr_catalogue_keep(struct sr_catalogue *c, struct sr_err *e); /* forget the mark */

/* Where an object record lies, and under which key class. An entry that names objects has an object
 * file. Order of records in a file: entry by entry; for one entry the `object` lines of the
 * statement in order, then (accession) the items' file lists in the order of the list, then the
 * records that lie out, in order. Several entries of one commit may share a file. */
struct sr_object_at {
	uint8_t id[SR_HASH];
	uint8_t file[SR_HASH];
	uint32_t position;
	uint64_t entry;
	uint32_t epoch;                /* whose structural key seals it, if it is structural */
	char subject[SR_SUBJECT_TEXT]; /* "": structural; else "item:...", "collection:...", "p-..."
					*/
};
/* Where bodies of objects come from. get appends the body (without its salt, which it has checked
 * against the id) to
 * ${body}; NOTFOUND: the subject's key is gone. */
struct sr_objects {
	int (*get)(void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e);
	void *ctx;
};

/* Where a replay comes from: a whole ledger, opened entry by entry. */
struct sr_replay {
	uint64_t size;
	uint8_t root[SR_HASH];
	/* Open entry ${index} into ${out}, signatures checked or known good; the catalogue gives
	 * it to ${done}, or frees it where that is NULL. */
	int (*entry)(void *ctx, uint64_t index, struct sr_entry *out, struct sr_err *e);
	void (*done)(void *ctx, struct sr_entry *en);
	/* The ledger's root at an earlier size, to see whether the catalogue stands on this ledger.
	 * NULL: not asked. */
	int (*root_at)(void *ctx, uint64_t size, uint8_t root[SR_HASH], struct sr_err *e);
	void *ctx;
	struct sr_objects objects;
	const struct sr_progress *progress; /* or NULL */
};
/* Apply what is missing, in transactions of up to 512 entries; of more than 4096, in those of up to
 * 131072, whose rows are written late (catalogue/late.h: what is the same, and what is not).
 * CORRUPT when the catalogue is ahead of the ledger or stands on another root: rebuild it.
 * ${applied} may be NULL. */
SR_MUST int sr_catalogue_catch_up(
	struct sr_catalogue *c, const struct sr_replay *r, uint64_t *applied, struct sr_err *e);

struct sr_rebuilt {
	bool had_old;         /* the old catalogue could be read and stood at the same size */
	bool equal;           /* then: structural tables are equal */
	char difference[512]; /* else: the first one, "items, row 12: ..." */
	uint64_t entries;
	uint8_t digest[SR_HASH]; /* of the new structural tables */
};
/* Replay into a fresh file beside the old one, compare structural tables, put it in the old one's
 * place. ${*c} is the open catalogue, or NULL when it could not be opened; afterwards it is the new
 * one. On failure ${*c} is as it was, or NULL if the old file is gone. */
SR_MUST int sr_catalogue_rebuild(struct sr_catalogue **c, const struct sr_catalogue_options *o,
	const struct sr_replay *r, struct sr_rebuilt *out, struct sr_err *e);

/* Would it be made? Replayed into a fresh file beside, which is removed; nothing else is touched.
 */
SR_MUST int sr_catalogue_try(
	const struct sr_catalogue_options *o, const struct sr_replay *r, struct sr_err *e);

/* A hash over all rows of the structural tables, in canonical order. */
SR_MUST int sr_catalogue_digest(struct sr_catalogue *c, uint8_t out[SR_HASH], struct sr_err *e);
/* Compare table by table; the first difference as text in ${difference}, "" when equal. */
SR_MUST int sr_catalogue_compare(
	struct sr_catalogue *a, struct sr_catalogue *b, char difference[512], struct sr_err *e);

#endif
