/*
 * report - what auditors ask of the catalogue, as rows of named cells: one statement of SQL for
 * each section, all of them with the same filter.
 *
 *   section    a row for each
 *   views      opening of an item: from then until it was opened again, shut, or given back
 *   exposure   hazard and form: openings, persons, seconds (an item counts for each of its hazards)
 *   unused     grant under which nothing was ever opened
 *   requests   version of a request, with how it came out
 *   refusals   act that the vault refused
 *   glass      person who waived witnessing for a checkout
 *   exports    file that left the vault (stage ended), or began to (began)
 *   activity   day (UTC) and type of statement
 *   reads      reading of the log, of a report, or of what is held on a person
 *   heartbeat  silence of more than ten minutes while core ran (not out of the catalogue)
 *   unwitnessed  time in which entries waited for the quorum of witnesses for more than a minute
 *              (the same)
 *
 *   about one person, who must be named (audit person):
 *   texts      text under that person's key
 *   signed     type of statement that they signed: how often, first, last
 *   named      statement of others that names them
 *   attested   attestation of them, or that names them
 *
 * Names and titles come beside a row; whether the reader may see them is not decided here.
 */
#ifndef SR_CATALOGUE_REPORT_H
#define SR_CATALOGUE_REPORT_H

#include "catalogue/catalogue.h"
#include "catalogue/query.h"

enum sr_cell_kind {
	SR_CELL_DEC,   /* number */
	SR_CELL_TIME,  /* seconds since 1970 */
	SR_CELL_DAY,   /* days since 1970 */
	SR_CELL_HEX,   /* an id or a hash */
	SR_CELL_WORD,  /* a token or a person */
	SR_CELL_WORDS, /* tokens with single spaces */
	SR_CELL_FLAG,  /* 0 or 1 */
	SR_CELL_NAME,  /* of the person in cell ${of}: personal text */
	SR_CELL_TITLE, /* of the item in cell ${of}: descriptive text */
	SR_CELL_TEXT,  /* personal text of the row's subject */
	SR_CELL_REASON /* personal text of the person in cell ${of}, told to whom the row is about
			*/
};

struct sr_column {
	const char *key; /* NULL: no more */
	enum sr_cell_kind kind;
	const char *of;
};
enum {
	SR_REPORT_COLUMNS = 16
};
struct sr_section {
	const char *name;
	bool person; /* is about one person alone */
	struct sr_column columns[SR_REPORT_COLUMNS];
	const char *sql; /* NULL: core makes the rows, of board/beats.h */
};
/* All of them; NULL beyond the last. */
const struct sr_section *sr_section_at(size_t i);
const struct sr_section *sr_section_named(struct sr_bytes name);

struct sr_report_filter { /* NULL or 0: any */
	const char *person;
	const uint8_t *item, *collection;
	int64_t begins, ends; /* from, and before */
	int64_t now;          /* until when what is open has been open */
};
struct sr_cell {
	bool null;
	int64_t number;
	struct sr_bytes text; /* valid until ${each} returns */
};
/* Rows of ${s} in the order of the log. ${each} gets as many cells as the section has columns. */
SR_MUST int sr_report_rows(struct sr_catalogue *c, const struct sr_section *s,
	const struct sr_report_filter *f, const struct sr_page *page,
	int (*each)(void *ctx, const struct sr_cell *cells, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* Has ${reader} said on the record, less than SR_READ_S ago, that they read this? */
enum {
	SR_READ_S = 3600 /* one statement covers an hour's reading: a reader does not flood the log,
			    and one who comes back the next day says so again */
};
struct sr_reading_want {
	const char *what;   /* log, report, person */
	const char *reader; /* person */
	struct sr_report_filter of;
	uint64_t from, to; /* log: entries, to exclusive */
};
SR_MUST int sr_query_reading(
	bool *out, struct sr_catalogue *c, const struct sr_reading_want *w, struct sr_err *e);

/* Readings of what is held on a person, by others, that came since ${since}: for their inbox. */
struct sr_read_row {
	uint64_t entry;
	uint8_t statement[SR_ID];
	char reader[SR_PERSON_TEXT];
	char what[16];
	int64_t received;
	char *reason; /* or NULL */
};
struct sr_reads {
	struct sr_read_row *rows;
	size_t count;
};
SR_MUST int sr_query_reads_of(struct sr_reads *out, struct sr_catalogue *c, const char *person,
	int64_t since, struct sr_err *e);
void sr_reads_free(struct sr_reads *l);

#endif
