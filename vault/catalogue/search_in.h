/*
 * search_in - a parsed query, shared by search.c (which asks) and snippet.c (which shows where it
 * matched).
 */
#ifndef SR_CATALOGUE_SEARCH_IN_H
#define SR_CATALOGUE_SEARCH_IN_H

#include "catalogue/search.h"

enum {
	SR_SEARCH_COLUMNS = 14
}; /* title translit description creator source rights keyword file outlet channel serial hazard
      language medium */

struct sr_search_term {
	bool negative, prefix;
	unsigned columns;     /* set of 1 << column */
	struct sr_bytes text; /* a view of the query: one or more units, next to each other */
};
struct sr_search_query {
	struct sr_search_term terms[SR_QUERY_TERMS];
	size_t count;
	size_t positive;
};
/* LIMIT, USAGE. The terms point into ${in}. */
SR_MUST int sr_search_parse(struct sr_search_query *out, struct sr_bytes in, struct sr_err *e);

/* The best piece of one of the texts (p == NULL: none), with marks; text "" when there is none at
 * all. */
SR_MUST int sr_search_snippet(struct sr_snippet *out, const struct sr_search_query *q,
	const struct sr_bytes texts[SR_SEARCH_COLUMNS], struct sr_err *e);

#endif
