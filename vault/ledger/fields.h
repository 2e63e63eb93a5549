/*
 * fields - the one table of the fields that describe an item (fields.inc): from it come the lines
 * of the statement `describe` (ledger/types.c), the options and the columns of tables that curators
 * fill in, their checks, the manual's list, and what the catalogue keeps.
 *
 * Who sees a value follows from its compartment (core/reader.h): structural and descriptive ones
 * whoever may know of the item, personal ones curators, officers and members alone. Structural ones
 * are controlled words, dates and ids, and stay when the item is destroyed; the others die with its
 * key.
 *
 * A new value replaces the field (a list as a whole); `clear NAME` empties it, and the word `none`
 * alone empties hazard and language, as it always did.
 */
#ifndef SR_LEDGER_FIELDS_H
#define SR_LEDGER_FIELDS_H

#include "ledger/types.h"

enum sr_form {
	SR_FORM_HAZARD, /* a token; which there are, the rules say (board/invariants.h) */
	SR_FORM_DATE,   /* ledger/edtf.h */
	SR_FORM_LANGUAGE,
	SR_FORM_MEDIUM,
	SR_FORM_ITEM, /* an id, 32 hex digits */
	SR_FORM_QUALITY,
	SR_FORM_BASIS,
	SR_FORM_TEXT,       /* UTF-8, at most 8 KiB; may be empty */
	SR_FORM_LINE,       /* UTF-8 without control characters, 1..SR_FIELD_LINE bytes */
	SR_FORM_SHORT,      /* the same, 1..SR_FIELD_SHORT bytes */
	SR_FORM_CLOCK,      /* ledger/mark.h */
	SR_FORM_PAGES,      /* 1..SR_MARK_PAGES */
	SR_FORM_ENGAGEMENT, /* word, count, day */
	SR_FORM_PROVENANCE, /* date or interval, then who, SR_FORM_LINE */
	SR_FORM_COUNT
};

enum {
	SR_FIELD_TEXT = 8 << 10, /* bytes of a text (SR_COMPARTMENT_MAX holds it) */
	SR_FIELD_LINE = 500,     /* twelve holders fit the personal compartment: none lies out */
	SR_FIELD_SHORT = 64,
	SR_FIELDS_MAX = 64 /* rows of the table, for arrays; it has 27 */
};

enum sr_kept {
	SR_KEPT_OWN,
	SR_KEPT_ROW
};

struct sr_desc_field {
	const char *name; /* key of the statement's line, option, column */
	enum sr_value_kind kind;
	enum sr_compartment compartment;
	size_t max; /* values; 1: not a list */
	enum sr_form form;
	enum sr_kept kept;
	const char *value, *help;
};

/* All of them, in the order of a statement. */
const struct sr_desc_field *sr_desc_fields(size_t *count);
const struct sr_desc_field *sr_desc_field(struct sr_bytes name); /* NULL */
/* What a value of this form is, for people: "a date (EDTF) as 1994, ...". */
const char *sr_form_wants(enum sr_form form);

/* USAGE: says what was expected, and what came. Hazards are checked as tokens alone, items as ids.
 */
SR_MUST int sr_desc_check(const struct sr_desc_field *f, struct sr_bytes value, struct sr_err *e);
/* The spelling that a statement has: languages in lower case. Appends; ${value} was checked. */
void sr_desc_put(struct sr_buf *out, const struct sr_desc_field *f, struct sr_bytes value);

/* Lists of words, NULL-terminated. */
const char *const *sr_mediums(void);
const char *const *sr_qualities(void);
const char *const *sr_bases(void);

#endif
