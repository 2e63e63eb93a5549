/*
 * search - finding items by their words: titles, transliterated titles, descriptions, creators,
 * sources, keywords, paths.
 *
 * Index: one FTS5 table with our own tokenizer over fold.h. A word is one token. In runs of gram
 * characters (Chinese, Japanese, Korean, Thai, ...) every position carries the character, the pair
 * and the triple that begin there, so one, two or more characters find, by triples where there are
 * three.
 *
 * What people type:
 *     word word        both must occur             "two words"    next to each other, in this order
 *     pre*             begins with                 -word  -"..."  must not occur
 *     field:word       only there; fields: title (and translit), translit, description, creator,
 * source, rights, keyword, file, outlet, channel, serial (with volume and issue), hazard, language,
 * medium. Everything else is text: there is no syntax error. Words without a field are sought in
 * all text fields, not in hazard, language and medium. A query without any word to look for is
 * USAGE; more than SR_QUERY_MAX bytes or SR_QUERY_TERMS terms is LIMIT.
 */
#ifndef SR_CATALOGUE_SEARCH_H
#define SR_CATALOGUE_SEARCH_H

#include "catalogue/catalogue.h"
#include "catalogue/query.h"

enum {
	SR_QUERY_MAX = 4096, /* bytes: a pasted paragraph is no query */
	SR_QUERY_TERMS = 32,
	SR_SNIPPET_MAX = 240, /* bytes of text in a snippet */
	SR_SNIPPET_MARKS = 16
};

struct sr_snippet_mark { /* bytes of the snippet that match */
	uint16_t start, len;
};
struct sr_snippet {
	const char *field; /* static: "title", "description", ... */
	char text[SR_SNIPPET_MAX +
		  8]; /* valid UTF-8, terminated; "…" where it was cut; controls are spaces */
	struct sr_snippet_mark marks[SR_SNIPPET_MARKS];
	size_t mark_count;
};
struct sr_hit {
	uint8_t item[SR_ID];
	double score; /* larger is better */
	char *title;  /* owned; NULL when there is none */
	struct sr_snippet snippet;
};
struct sr_hits {
	struct sr_hit *rows;
	size_t count;
	uint64_t total; /* that match and may be seen, on all pages */
};

struct sr_search {
	struct sr_bytes query;
	struct sr_item_filter filter; /* what the caller may know of, and what they narrow it to */
	uint64_t offset;
	size_t limit; /* 1..200; 0: 20 */
};
SR_MUST int sr_search(
	struct sr_hits *out, struct sr_catalogue *c, const struct sr_search *s, struct sr_err *e);
void sr_hits_free(struct sr_hits *h);

/* Used by the catalogue: the tokenizer on a new connection; an item's texts into the index (again).
 */
SR_MUST int sr_search_register(struct sr_db *db, struct sr_err *e);
SR_MUST int sr_search_index(struct sr_db *db, int64_t item, struct sr_err *e);

#endif
