/*
 * explain - why a rule holds, or what it lacks, in the words of the rule and of what was asked.
 *
 * A rule is looked at as its scope and its conditions, these as what is joined by `&&`. Of a rule
 * that does not hold, the parts that are not true are what is missing; of one that holds, what it
 * looked at is why. Both come with the values of everything that is read there:
 *
 *     context.approvals >= resource.quorum
 *     context.approvals = 1
 *     resource.quorum = 2
 */
#ifndef SR_POLICY_EXPLAIN_H
#define SR_POLICY_EXPLAIN_H

#include "policy/judge.h"

/* Each part of the rule that is not true of ${q}, on a line of its own, as Cedar. ${parts}: how
 * many there are. */
SR_MUST int sr_rule_lacks(struct sr_buf *out, size_t *parts, const struct sr_cedar_policy *rule,
	const struct sr_question *q, struct sr_err *e);
/* What the rule reads (attributes, tags) with its value, a line each: "resource.quorum = 2". */
SR_MUST int sr_rule_reads(struct sr_buf *out, const struct sr_cedar_policy *rule,
	const struct sr_question *q, struct sr_err *e);

/* Of the permits for the action that is asked for, the nearest: of those with the fewest parts that
 * are not true and not about who asks, the one with the fewest in all (the first of several). NULL:
 * there is none. What is missing where nothing permits it. */
SR_MUST int sr_permit_nearest(const struct sr_cedar_policy **out,
	const struct sr_cedar_policies *set, const struct sr_schema *s, const struct sr_question *q,
	struct sr_err *e);

/* A value for people: words of a set with commas, a time, an entity's id. */
void sr_value_text(struct sr_buf *out, const struct sr_cedar_value *v);

#endif
