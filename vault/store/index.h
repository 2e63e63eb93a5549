/*
 * index - index.db: cid -> where its record lies. Rebuildable from the packs' footers with the
 * structure key.
 *
 *   packs(id, name, size, kind, accession, state)
 *           accession: the id of a deposit that is not committed yet, else NULL
 *   blocks(cid, pack, off, len)
 *           one row per stored copy
 *
 * A row is visible when its pack is committed, or to the accession that wrote it; so the commit of
 * an accession is one small update, whatever its size. A pack found damaged is marked and its rows
 * are passed over. All calls are thread-safe (one lock). A copy that this process read back, or
 * whose pack a scrub of this process found whole, is `checked`: only such a copy counts as a dedupe
 * hit (DESIGN 7). One that a deposit of this process could not read back is `broken`: no deposit is
 * told of it again, so that the copy that was stored in its place is found.
 *
 * Deposits and collection share one process. A deposit that found a block in a committed pack leans
 * on that pack until it is over; a pack that collection is about to remove is condemned, and no
 * deposit finds its blocks any more. Both are decided under the lock, so one always sees the other.
 */
#ifndef SR_STORE_INDEX_H
#define SR_STORE_INDEX_H

#include "store/db.h"
#include "store/pack.h"

struct sr_index; /* opaque */

/* Over an open index.db (borrowed); makes the tables when absent. */
SR_MUST int sr_index_open(struct sr_index **out, struct sr_db *db, struct sr_err *e);
void sr_index_close(struct sr_index *ix); /* NULL allowed */

struct sr_index_pack {
	int64_t id; /* out only: what blocks are listed under; never used twice */
	uint8_t name[SR_HASH];
	uint64_t size;
	enum sr_pack_kind kind;
	const struct sr_pack_entry *entries;
	size_t count;
};
/* One pack and its rows in one transaction. ${accession}: SR_ID bytes of a pending deposit, or NULL
 * for committed. A pack that is there already only changes its accession to NULL when ${accession}
 * is NULL. */
SR_MUST int sr_index_add(struct sr_index *ix, const struct sr_index_pack *p,
	const uint8_t *accession, struct sr_err *e);
/* Everything of ${accession} becomes visible to all. NOTFOUND is not an error: *packs is how many
 * there were (may be NULL). */
SR_MUST int sr_index_commit(
	struct sr_index *ix, const uint8_t accession[SR_ID], size_t *packs, struct sr_err *e);
/* Forget what ${accession} wrote. */
SR_MUST int sr_index_abort(struct sr_index *ix, const uint8_t accession[SR_ID], struct sr_err *e);
/* Forget a pack (after loss). */
SR_MUST int sr_index_remove(struct sr_index *ix, const uint8_t pack[SR_HASH], struct sr_err *e);

struct sr_index_hit {
	struct sr_place at;
	bool pending; /* of the asking accession */
	bool checked; /* read back or scrubbed by this process */
};
/* The best copy of ${cid} (checked ones first) visible to ${accession} (NULL: committed only).
 * With an accession, packs that are condemned and copies that are broken are passed over, and the
 * one found is leaned on. NOTFOUND. */
SR_MUST int sr_index_find(struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t *accession,
	struct sr_index_hit *out, struct sr_err *e);
/* The copy of ${cid} in ${pack} was found and could not be read back: it is broken; find another.
 * Who asks again and again asks SR_INDEX_COPIES times at most. */
SR_MUST int sr_index_find_other(struct sr_index *ix, const uint8_t cid[SR_HASH],
	const uint8_t pack[SR_HASH], const uint8_t *accession, struct sr_index_hit *out,
	struct sr_err *e);
/* The same as sr_index_find for ${count} of them at once; found[i] false: NOTFOUND, or the index
 * cannot be read. */
void sr_index_find_all(struct sr_index *ix, const uint8_t *const *cids, size_t count,
	const uint8_t *accession, struct sr_index_hit *hits, bool *found);
enum {
	/* A block is stored again only where its copies could not be read, or by two deposits at
	 * once: more than a few means that the medium dies. */
	SR_INDEX_COPIES = 16
};
/* Places of committed copies of ${cid}, SR_INDEX_COPIES at most, the oldest first. None is no
 * error. */
SR_MUST int sr_index_copies(struct sr_index *ix, const uint8_t cid[SR_HASH],
	struct sr_place places[SR_INDEX_COPIES], size_t *count, struct sr_err *e);
/* A copy was read back and is whole. */
void sr_index_checked(struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t pack[SR_HASH]);
/* A scrub found the pack whole, or damaged: its rows are passed over from now on, in later
 * processes too. */
SR_MUST int sr_index_scrubbed(
	struct sr_index *ix, const uint8_t pack[SR_HASH], bool whole, struct sr_err *e);

/* --- deposits and collection --- */

/* A deposit is open; the packs it leans on are forgotten when the last one has left. */
void sr_index_enter(struct sr_index *ix);
void sr_index_leave(struct sr_index *ix);
/* Condemn ${name}; *${leaned}: it is not, because an open deposit leans on it. */
SR_MUST int sr_index_condemn(
	struct sr_index *ix, const uint8_t name[SR_HASH], bool *leaned, struct sr_err *e);
void sr_index_absolve(struct sr_index *ix); /* all that are condemned */
/* In one transaction: what is pending under ${accession} becomes visible, the packs of ${removed}
 * (${count} x SR_HASH bytes) are forgotten. */
SR_MUST int sr_index_switch(struct sr_index *ix, const uint8_t accession[SR_ID],
	const uint8_t *removed, size_t count, struct sr_err *e);
/* Is there a pack of that name, committed or pending? */
SR_MUST int sr_index_has_pack(
	struct sr_index *ix, const uint8_t name[SR_HASH], bool *has, struct sr_err *e);
/* Drop the rows of forgotten packs, a bounded number in each transaction. */
SR_MUST int sr_index_vacuum(struct sr_index *ix, struct sr_err *e);

/* Rows whose cid's first eight bytes, read big-endian, lie in [first, last], in order of cid; of
 * all packs, those that are pending or forgotten included. */
struct sr_index_range {
	uint64_t first, last;
};
struct sr_index_block {
	uint8_t cid[SR_HASH];
	int64_t pack;
	uint32_t len;
};
SR_MUST int sr_index_blocks(struct sr_index *ix, const struct sr_index_range *range,
	int (*each)(void *ctx, const struct sr_index_block *b, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* --- lists --- */

/* Packs of ${accession} (NULL: all committed), in order of writing. */
SR_MUST int sr_index_packs(struct sr_index *ix, const uint8_t *accession,
	int (*each)(void *ctx, const struct sr_index_pack *p, struct sr_err *e), void *ctx,
	struct sr_err *e);
/* Ids of accessions that have pending packs, for the sweep at open. */
SR_MUST int sr_index_pending(struct sr_index *ix,
	int (*each)(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e), void *ctx,
	struct sr_err *e);
SR_MUST int sr_index_counts(
	struct sr_index *ix, uint64_t *packs, uint64_t *blocks, struct sr_err *e);

/* Add (committed) every pack of ${names} that the index lacks, from its footer. Damaged packs are
 * counted in ${*bad} and passed over. */
struct sr_index_rebuild {
	struct sr_backend *backend;
	const uint8_t *structure_sk; /* SR_X_SK bytes, or those of several generations in turn */
	size_t structure_count;      /* how many; 0: one */
	const uint8_t *names;        /* count x SR_HASH bytes, from statements or the inventory */
	size_t count;
};
SR_MUST int sr_index_rebuild(struct sr_index *ix, const struct sr_index_rebuild *o, size_t *added,
	size_t *bad, struct sr_err *e);

#endif
