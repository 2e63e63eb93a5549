/*
 * facts - what rules are asked with (board/policy_inputs.h) and cannot count themselves. Answers as
 * in query.h.
 */
#ifndef SR_CATALOGUE_FACTS_H
#define SR_CATALOGUE_FACTS_H

#include "catalogue/query.h"

/* Boards of which the person is an active member, SR_ID bytes each; the caller frees ${*ids}. */
SR_MUST int sr_query_seats(
	uint8_t **ids, size_t *count, struct sr_catalogue *c, const char *person, struct sr_err *e);
/* Items of a request together. */
struct sr_items_facts {
	uint64_t count;
	bool any_sealed, any_hold, any_referral, all_referral;
	bool held, released, destroyed; /* states that there are */
	char hazards[512];              /* tokens in byte order */
};
/* Of a version, with those that extensions of its grant added. */
SR_MUST int sr_query_version_facts(struct sr_items_facts *out, struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_err *e);
/* Of a list of ids; those that do not exist are left out. */
SR_MUST int sr_query_items_facts(struct sr_items_facts *out, struct sr_catalogue *c,
	const uint8_t *ids, size_t count, struct sr_err *e);
/* What stands between a member and those named in a version, or the version itself. */
struct sr_ties {
	bool supervisor, student, conflict, project; /* project: both are named in one live grant */
};
SR_MUST int sr_query_ties(struct sr_ties *out, struct sr_catalogue *c,
	const struct sr_version_row *v, const char *member, struct sr_err *e);
/* Of those who read the item of a flag under a live or suspended grant: the members of the board in
 * force, and ${who} (or ""); appended to ${out}, a blank after each. There may be many others, of
 * whom no rule asks. */
struct sr_flag_readers {
	const uint8_t *flag, *board;
	const char *who;
};
SR_MUST int sr_query_flag_readers(struct sr_buf *out, struct sr_catalogue *c,
	const struct sr_flag_readers *of, struct sr_err *e);
/* Votes on a version, as rules count them. */
struct sr_ballots {
	uint32_t approvals, denials, recusals;
	uint32_t institutions; /* of those who approve, each counted once, by the first affiliation
				  in byte order that stands at ${now} */
	uint32_t browser;      /* approvals that came through one */
};
SR_MUST int sr_query_ballots(struct sr_ballots *out, struct sr_catalogue *c,
	const struct sr_version_row *v, int64_t now, struct sr_err *e);
/* Items with one of these hazards (tokens) that the person opened or read since ${since}, or has
 * checked out and may still open, without ${item}. */
SR_MUST int sr_query_exposure(uint32_t *out, struct sr_catalogue *c, const char *person,
	const uint8_t item[SR_ID], int64_t since, const char *const *hazards, struct sr_err *e);
/* Live checkouts of the item by the person, without ${except} (NULL: none). */
SR_MUST int sr_query_loans(uint32_t *out, struct sr_catalogue *c, const char *person,
	const uint8_t item[SR_ID], const uint8_t *except, struct sr_err *e);
/* Until when what was attested of the person stands, or stood: the latest of each term. Where no
 * end was given it stands to the end of time. */
struct sr_standing {
	char kind[16]; /* training affiliation */
	char *term;
	int64_t until;
};
struct sr_standings {
	struct sr_standing *rows;
	size_t count;
};
SR_MUST int sr_query_standings(
	struct sr_standings *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
void sr_standings_free(struct sr_standings *l);
/* What a grant's items are like, as far as rules can tell them apart: one item for each different
 * (state, flags, level, hazards, collection). At most ${max}; the caller frees ${*ids}. */
SR_MUST int sr_query_grant_classes(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], size_t max, struct sr_err *e);

#endif
