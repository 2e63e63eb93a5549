/*
 * derive - what must follow from a board's votes, computed from the catalogue as it stood before,
 * by other code than the one that decides (board/decide.c): forms are the intersection, trainings
 * the union, the end is the earliest, the votes are those of eligible members, as many as the level
 * takes, and all of them, so that all their conditions hold; who reads has not left since.
 */
#ifndef SR_AUDIT_DERIVE_H
#define SR_AUDIT_DERIVE_H

#include "audit/audit.h"
#include "board/replaying.h"
#include "ledger/statement.h"

/* ${s} is `grant`, not yet applied to ${c}. *${ok} false: ${f} has what, field and text. */
SR_MUST int sr_derive_grant(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e);
/* ${s} is of the service and no grant. *${is} false: of no type that a quorum decides, or it cites
 * no request; nor is the founders' plan (ledger/founding.h), which is judged all the same, as an
 * end of somebody's roles is. ${from}: the log, for the request's own lines. */
SR_MUST int sr_derive_decision(bool *is, bool *ok, struct sr_audit_finding *f,
	struct sr_replaying *from, struct sr_catalogue *c, const struct sr_statement *s,
	struct sr_err *e);
/* ${s} is `viewed`: its form is one that the grant gives, and a file of which parts are marked with
 * hazards that the grant's level does not cover was not read (or copied) as a whole. */
SR_MUST int sr_derive_view(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e);
/* ${s} is `decided`, with the objects that it names (${rules}: empty where it names none): its set
 * is the one that was in force, and from both follow its decision and the rules that decided.
 * (Whether the inputs were true: audit_asked_same.) */
SR_MUST int sr_derive_judged(bool *ok, struct sr_audit_finding *f, struct sr_vault *v,
	struct sr_catalogue *c, const struct sr_statement *s, struct sr_bytes inputs,
	struct sr_bytes rules, struct sr_err *e);

#endif
