/*
 * draft - the manifest and reach list of one item while it is being written.
 *
 * Blocks get a number at once (sr_draft_block) and their ref when they were sealed (sr_draft_fill),
 * in any order. The draft turns the resolved prefix of its refs into the stream `blocks`, adds
 * their cids to the reach list, and spills a stream into metadata blocks whenever a part ends
 * (store/columns.h); so an item of any size costs about 3 MiB plus 200 bytes for each block whose
 * pack is still open. What the parts hold depends on the files alone, not on when a pack closed, so
 * that a part that is stored already is found.
 *
 *   OPEN --block, fill, file, advance--> OPEN --end--> ENDED --result--> DONE
 *
 * end wants every ref resolved (its file packs closed); result wants the metadata packs closed. One
 * thread.
 */
#ifndef SR_STORE_DRAFT_H
#define SR_STORE_DRAFT_H

#include "store/manifest.h"
#include "store/packer.h"
#include "store/reach.h"

enum {
	SR_DRAFT_WAITING = 200 /* bytes of memory of a block that waits for its place */
};

struct sr_draft; /* opaque */

struct sr_draft_options {
	const struct sr_block_domain *domain; /* borrowed, as all */
	struct sr_packer *packer;
	struct sr_backend *backend;
	struct sr_index *index;
	uint8_t accession[SR_ID];
	size_t *parts; /* counts parts, also those that are stored already */
	struct sr_block_work
		*work; /* for the metadata blocks; shared by the drafts of one thread */
	uint8_t item[SR_ID];
};
SR_MUST int sr_draft_new(struct sr_draft **out, const struct sr_draft_options *o, struct sr_err *e);
void sr_draft_free(struct sr_draft *d); /* wipes, drops its slots; NULL allowed */
const uint8_t *sr_draft_item(const struct sr_draft *d);
/* Bytes of memory it holds, about. */
size_t sr_draft_memory(const struct sr_draft *d);
/* Refs that are not encoded yet. */
size_t sr_draft_waiting(const struct sr_draft *d);

/* Number the next block; sr_draft_next says which number that will be. */
uint64_t sr_draft_next(const struct sr_draft *d);
SR_MUST int sr_draft_block(struct sr_draft *d, uint64_t *number, struct sr_err *e);
/* Takes ${slot} over. */
void sr_draft_fill(struct sr_draft *d, uint64_t number, const struct sr_block_ref *ref,
	const struct sr_slot *slot);
/* Append a file record; its blocks have been numbered. */
SR_MUST int sr_draft_file(struct sr_draft *d, const struct sr_file *f, struct sr_err *e);
/* Encode the resolved prefix; spill full parts. */
SR_MUST int sr_draft_advance(struct sr_draft *d, struct sr_err *e);
/* MISUSE while a ref is unresolved. */
SR_MUST int sr_draft_end(struct sr_draft *d, struct sr_err *e);
/* Views into the draft. */
SR_MUST int sr_draft_result(struct sr_draft *d, const struct sr_manifest **m,
	const struct sr_reach **r, struct sr_err *e);

#ifdef SR_TESTING
/* Of an item, instead of SR_MANIFEST_FILES_MAX, SR_FILES_STREAM_MAX, SR_REACH_PACKS_MAX. */
void sr_draft_max(size_t files, size_t bytes, size_t packs);
#endif

#endif
