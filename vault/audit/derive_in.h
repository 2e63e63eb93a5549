/*
 * derive_in - what the files of derive share: the request that was decided, its votes, and one line
 * of the decision against what follows from them.
 *
 *   derive.c           the request, its votes, the quorum; lines compared
 *   derive_grant.c     grants
 *   derive_decision.c  everything else that a quorum decides
 *   derive_view.c      what was shown under a grant
 *   words.c            lists of words (words.h)
 */
#ifndef SR_AUDIT_DERIVE_IN_H
#define SR_AUDIT_DERIVE_IN_H

#include "audit/derive.h"
#include "audit/words.h"
#include "catalogue/query.h"

struct derive_asked {
	struct sr_version_row v;
	struct sr_votes votes;
	struct sr_board_row board; /* of the version's epoch */
	uint32_t quorum;           /* of its level */
};
/* ${s} cites a request and, where its type says so, a version; else it is the newest. NOTFOUND. */
SR_MUST int derive_load(struct derive_asked **out, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e);
void derive_asked_free(struct derive_asked *a); /* NULL allowed */
/* Is it an approval that was not taken back? */
bool derive_counts(const struct sr_vote_row *vote);

/* --- what is wrong: the finding is filled, and *${ok} false where there is one --- */

/* ${what} may be f->what, which stays. */
void derive_wrong(struct sr_audit_finding *f, const char *what, const char *field, const char *fmt,
	...) SR_PRINTF(4, 5);
/* The quorum of the version's level, of votes that may count. */
SR_MUST int derive_quorum(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, struct sr_err *e);
/* What the catalogue does not have cannot have been decided about; ${e} is cleared. Returns 0. */
int derive_not_there(bool *ok, struct sr_audit_finding *f, struct sr_err *e);
/* The lines ${key} of the statement are these words; ${want} is sorted here. */
SR_MUST int derive_words(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, struct audit_words *want, struct sr_err *e);
/* The one line ${key} says ${want} (nothing: "" or NULL). The first that does not is the finding:
 * nothing is looked at once *${ok} is false. */
void derive_line(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, const char *want);
void derive_id(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s, const char *key,
	const uint8_t want[SR_ID]);
void derive_dec(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s, const char *key,
	uint64_t want);
void derive_time(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, int64_t want);

#endif
