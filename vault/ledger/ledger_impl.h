/*
 * ledger_impl - what ledger.c (opening, committing, publishing) and ledger_read.c (entries, proofs,
 * verify) share. Nobody else includes it.
 */
#ifndef SR_LEDGER_LEDGER_IMPL_H
#define SR_LEDGER_LEDGER_IMPL_H

#include "ledger/ledger.h"
#include "merkle/edge.h"

/* A full tile that a reader may not write: an interrupted writer left it in the journal. */
struct sr_pending_tile {
	struct sr_tile tile;
	uint8_t bytes[SR_TILE_SIZE];
};

struct sr_ledger {
	struct sr_dir *dir;   /* the caller's */
	struct sr_lock *lock; /* writers */
	char *origin;
	struct sr_vkey vkey;     /* the newest, under the last name */
	struct sr_log_keys keys; /* with those before */
	uint8_t *seed;           /* arena; NULL: read only */
	struct sr_journal *journal;
	struct sr_edge *edge;
	struct sr_ledger_report report;
	uint64_t published; /* size of the checkpoint on disk */
	struct sr_buf note; /* that note, as we wrote or verified it; not for readers */
	bool failed;
	struct sr_pending_tile *pending; /* read only */
	size_t pending_count;
	uint64_t bundle_n; /* the bundle that was read last */
	bool bundle_have;
	struct sr_buf bundle;
	struct sr_bytes bundle_entry[SR_TILE_WIDTH];
};

/* A full hash tile from disk (or pending): SR_TILE_SIZE bytes. NOTFOUND, CORRUPT. Thread-safe. */
int sr_ledger_read_tile(
	const struct sr_ledger *l, uint8_t *out, const struct sr_tile *t, struct sr_err *e);
/* The bundle ${n} appended to ${out}, its entries into ${entry}; every leaf hash compared with
 * ${tile} (SR_TILE_SIZE bytes). Thread-safe. */
int sr_ledger_read_bundle(const struct sr_ledger *l, uint64_t n, struct sr_buf *out,
	struct sr_bytes entry[SR_TILE_WIDTH], const uint8_t *tile, struct sr_err *e);
/* Make the folders of ${path} beneath ${d} and open the last; ${path} is cut up, and ${name}
 * becomes the file's own name in it. */
int sr_ledger_folder(struct sr_dir **out, const char **name, struct sr_dir *d, char *path,
	mode_t mode, struct sr_err *e);
/* The published checkpoint, parsed and verified. */
int sr_ledger_read_checkpoint(struct sr_ledger *l, struct sr_checkpoint *out, struct sr_err *e);

#endif
