/*
 * founding - the second board that founders may name: other people, who get shares of the same keys
 * in the ceremony that makes them, and wait.
 *
 *   standby <card> ...              its members, in order; none of them sits on the board
 *   standby-quorum <level> <k> ...  how many of them each level takes
 *
 * Why so, and not shares of the same polynomials under further indices: with those, one share of
 * the second board would stand for one of the first, so that a member and k-1 of the others could
 * open together what neither board may alone. A standby board is dealt to by a reshare
 * (crypto/dkg.h), whose polynomials are new: fewer than k shares of one with any number below k of
 * the other open nothing. Nothing new is invented; the ceremony has a second half:
 *
 *   all founders accepted   `opened`, and in the same commit a `reshare` of epoch 2 that cites no
 *                           request: exactly the lines below
 *   its dealers deal        the first members, as many as the highest level takes (board deal)
 *   its members accept      `standby`: it waits (board accept)
 *
 * Until then the founding board takes no deposit: nothing is sealed to keys that one fire can lose.
 * No vote is needed for the plan, because all founders signed it, which is more than a quorum; any
 * other plan needs one, and whoever reads the log compares this one with `found`: clients
 * (core/proofs.c), auditors (audit/derive_decision.c). If its people never come, a quorum names
 * others (board reshare --standby), and those count as well.
 */
#ifndef SR_LEDGER_FOUNDING_H
#define SR_LEDGER_FOUNDING_H

#include "ledger/statement.h"

/* Do the founders name a second board? */
bool sr_founding_standby(const struct sr_statement *found);

/* The form of those lines, if any: 2 to 32 people, each once and none a member; a quorum for every
 * level of the board, of that name, 2 to as many as there are, none less than the level below.
 * CORRUPT. */
SR_MUST int sr_founding_standby_check(const struct sr_statement *found, struct sr_err *e);

/* The epoch that the plan is for. */
enum {
	SR_FOUNDING_STANDBY_EPOCH = 2
};

/* The lines of the plan, after its head: board, epoch, quorum, member, dealer, standby. */
SR_MUST int sr_founding_plan(
	struct sr_buf *text, const struct sr_statement *found, struct sr_err *e);

/* Is this `reshare` the founders' plan: does it cite no request? */
bool sr_founding_planned(const struct sr_statement *s);
/* Is it exactly the plan of ${found}? NOMEM is no answer. */
SR_MUST int sr_founding_plan_is(
	bool *is, const struct sr_statement *s, const struct sr_statement *found, struct sr_err *e);

#endif
