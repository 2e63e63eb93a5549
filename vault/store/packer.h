/*
 * packer - the open packs of one accession: records go in, places come out when a pack has closed.
 *
 * Placement: files go to one open pack until SR_PACK_SHUFFLE bytes were taken, from then on to one
 * of SR_PACKER_OPEN at random; metadata has one open pack of its own. A full pack is closed by the
 * thread that found it full: seal, rows into the index as pending, fdatasync, rename, journal. In
 * that order, so that a killed accession leaves no named pack that the index does not know.
 *
 * A slot is a record's place before that is known. It holds its pack's state alive until
 * sr_packer_resolve or sr_packer_drop. Thread-safe. Any failure is sticky.
 */
#ifndef SR_STORE_PACKER_H
#define SR_STORE_PACKER_H

#include "store/index.h"
#include "store/resume.h"

/* open packs of files (specs A1) */
enum {
	SR_PACKER_OPEN = 2
};

struct sr_packer;  /* opaque */
struct sr_packing; /* one pack's state; opaque */

struct sr_slot { /* zero: nothing to resolve */
	struct sr_packing *pack;
	uint32_t entry;
};

struct sr_packer_options {
	struct sr_backend *backend; /* borrowed, as all */
	struct sr_index *index;
	struct sr_resume *journal; /* or NULL */
	uint8_t vault[SR_HASH];
	uint8_t structure_pk[SR_X_PK];
	uint8_t accession[SR_ID];
	bool dedupe; /* cids mean something: one record per cid */
};

SR_MUST int sr_packer_new(
	struct sr_packer **out, const struct sr_packer_options *o, struct sr_err *e);
/* Open packs are thrown away. Every slot must have been resolved or dropped. NULL allowed. */
void sr_packer_free(struct sr_packer *p);

/* Records with these cids that lie in packs that are not closed yet (dedupe only): slots[i], or
 * zero. */
void sr_packer_inflight(
	struct sr_packer *p, const uint8_t *const *cids, size_t count, struct sr_slot *slots);

struct sr_packer_record {
	enum sr_pack_kind kind;
	const struct sr_block_ref *ref; /* cid; key for the journal */
	const uint8_t *lookup;          /* SR_RESUME_LOOKUP bytes for the journal, or NULL */
	struct sr_bytes record;
};
struct sr_packer_added {
	struct sr_slot slot;
	bool again; /* with dedupe, a cid in flight is not added again: the slot is the earlier
		       one's */
};
/* Takes copies of all ${count}, in this order. On failure there is no slot. */
SR_MUST int sr_packer_add(struct sr_packer *p, const struct sr_packer_record *records, size_t count,
	struct sr_packer_added *out, struct sr_err *e);
/* Close the open packs of ${kind}. No other thread may be inside add. */
SR_MUST int sr_packer_flush(struct sr_packer *p, enum sr_pack_kind kind, struct sr_err *e);
/* Fill pack, offset and len of ${ref} if its pack has closed, and let the slot go; false: not yet.
 */
bool sr_packer_resolve(struct sr_packer *p, struct sr_slot *slot, struct sr_block_ref *ref);
void sr_packer_drop(struct sr_packer *p, struct sr_slot *slot);
uint64_t sr_packer_bytes(struct sr_packer *p); /* of the packs closed so far */

#endif
