/* What holding.c (opening, facts, files) and holding_commit.c (envelope, statement) share. */
#ifndef SR_INTAKE_HOLDING_IN_H
#define SR_INTAKE_HOLDING_IN_H

#include "intake/holding.h"

#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "store/envelope.h"

struct sr_holding {
	struct sr_vault *v;
	struct sr_launcher *l;
	struct sr_item_row row;  /* as the catalogue had it */
	const uint8_t *checkout; /* SR_ID bytes, borrowed: in whose look it was opened; or NULL */
	uint8_t *part;           /* SR_PART bytes, in the secret arena; unused in a look */
	struct sr_buf file;      /* the envelope in force */
	struct sr_envelope env;  /* views into it */
	struct sr_item *it;      /* of a look: borrowed */
	uint64_t from, to;       /* files that are left for the step */
	/* what the step said */
	char result[33];
	struct sr_buf facts; /* secret; empty: none */
	uint32_t fact_count;
	uint64_t facts_more; /* that found no room */
	bool stopped;
	/* what it added */
	struct sr_ingest *ingest; /* NULL: nothing yet */
	uint8_t work[SR_ID];      /* its accession id */
	struct sr_buf rows;       /* secret: rows of the file list */
	uint64_t list_bytes;      /* of those that were there before; 0: not looked at yet */
	uint32_t added;
	uint64_t added_bytes;
	bool in_file;
	struct sr_list_file entry; /* the file at work; path is a view into names */
	struct sr_buf names;       /* secret */
	/* at commit */
	struct sr_buf envelope, boxes, seal; /* new; boxes and seal are secret */
	uint8_t *slot;                       /* SR_KEY bytes, in the secret arena */
	uint8_t hash[SR_HASH];
	uint32_t level, epoch;
	struct sr_buf packs; /* SR_HASH bytes each */
};

/* The id of what is added to envelope ${number} of ${item}. */
void sr_holding_work(
	uint8_t id[SR_ID], const struct sr_vault *v, const uint8_t item[SR_ID], uint32_t number);
/* ingest's callback: the new manifest and reach list, in an envelope. */
SR_MUST int sr_holding_envelope(void *ctx, const struct sr_ingest_item *it, struct sr_err *e);
/* Notes of the item are of no use any more. */
SR_MUST int sr_holding_notes_remove(
	struct sr_vault *v, const uint8_t item[SR_ID], struct sr_err *e);

#endif
