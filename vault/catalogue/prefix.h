/*
 * prefix - what people call a thing by the first digits of its id: at least 4 of its 32 hex digits.
 */
#ifndef SR_CATALOGUE_PREFIX_H
#define SR_CATALOGUE_PREFIX_H

#include "catalogue/catalogue.h"

enum sr_prefix_kind {
	SR_PREFIX_ITEM,
	SR_PREFIX_COLLECTION,
	SR_PREFIX_ACCESSION,
	SR_PREFIX_REQUEST,
	SR_PREFIX_GRANT,
	SR_PREFIX_BOARD,
	SR_PREFIX_CHECKOUT,
	SR_PREFIX_ATTESTATION,
	SR_PREFIX_ENQUIRY
};
enum {
	SR_PREFIX_KINDS = SR_PREFIX_ENQUIRY + 1,
	SR_PREFIX_MIN = 4
};

struct sr_prefix_match {
	enum sr_prefix_kind kind;
	uint8_t id[SR_ID];
};
/* "item", "collection", ...; static. */
const char *sr_prefix_kind_name(enum sr_prefix_kind k);
/* Up to ${max} things whose id begins with ${prefix}, kind by kind in byte order. USAGE when it is
 * no such prefix. */
SR_MUST int sr_query_prefix(struct sr_prefix_match *out, size_t max, size_t *count,
	struct sr_catalogue *c, const char *prefix, struct sr_err *e);

#endif
