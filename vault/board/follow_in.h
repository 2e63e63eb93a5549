/*
 * follow_in - what follow.c and decide.c share: one statement at work, and how a statement of the
 * service joins its commit.
 */
#ifndef SR_BOARD_FOLLOW_IN_H
#define SR_BOARD_FOLLOW_IN_H

#include "board/follow.h"

struct follow_job {
	const struct sr_follow *f;
	struct sr_vault *v;
	const struct sr_statement *s;
	struct sr_err *e;
};

/* Commit ${text}, as sr_follow_begin began it, with the statement at work; ${parts}: openings of
 * its `~` lines and objects, or NULL. */
SR_MUST int follow_emit(
	const struct follow_job *j, struct sr_buf *text, const struct sr_submission *parts);
/* "${what} <id>${more}" for the person who acted. */
void follow_tell_id(
	const struct follow_job *j, const char *what, const uint8_t id[SR_ID], const char *more);

/* Does the commit take what one more decision brings about? What does not fit is left. */
bool follow_fits(const struct follow_job *j);

/* After a vote or a recusal: is the newest version of ${request} decided now? Then what it asked
 * for is done, or it is refused. */
SR_MUST int follow_decide(const struct follow_job *j, const uint8_t request[SR_ID]);

/* Put the rules that the request asked for in force; *${stale}: others were adopted since, and
 * nothing was done (decide_policy.c). */
SR_MUST int follow_policy(const struct follow_job *j, const struct sr_version_row *v, bool *stale);

/* A new epoch of the structural key for the auditors of now (follow_epoch.c). */
SR_MUST int follow_key_epoch(const struct follow_job *j);
/* The same, if ${person} became an auditor or is none any more. */
SR_MUST int follow_auditors(const struct follow_job *j, const char *person);
/* The keys of epochs ${from} to now for the auditor whom the request is about. */
SR_MUST int follow_auditor_give(
	const struct follow_job *j, const struct sr_version_row *v, uint64_t from);

/* What follows when a person's roles end (follow_people.c). */
SR_MUST int follow_person_end(const struct follow_job *j);
/* What follows when a person has a new key. */
SR_MUST int follow_person_key(const struct follow_job *j);

#endif
