/*
 * judge - one question to a set of policies, written down, and its answer as a house takes it.
 *
 * What a decision was made from is kept as one text, so that whoever has it and the text of the set
 * gets the same answer, years later and without the vault:
 *
 *     inputs = "strongroom/inputs/v1" LF request LF entities LF
 *
 * request and entities are the JSON of cedar.h, each on a line of its own.
 *
 * The answer is Cedar's, with one rule on top: while any policy errs, nothing is allowed. (In Cedar
 * a policy that errs counts for nothing, so a `forbid` that errs would not forbid.) Cedar's own
 * answer is there as well.
 *
 * Pure like the engine: no I/O, no clock, no global.
 */
#ifndef SR_POLICY_JUDGE_H
#define SR_POLICY_JUDGE_H

#include "policy/schema.h"
#include "strongroom/cedar.h"

#define SR_INPUTS_LINE "strongroom/inputs/v1"

enum {
	SR_JUDGED_ID_MAX = 47, /* what lint allows; a longer one is cut */
	/* rules that a judgement names: more than the default set has, and they fit a statement of
	 * 32 KiB. The plain answer has all of them. */
	SR_JUDGED_RULES_MAX = 256
};

enum sr_judged {
	SR_JUDGED_DENY,
	SR_JUDGED_ALLOW,
	SR_JUDGED_ERROR /* a denial: these rules could not be evaluated */
};
const char *sr_judged_name(enum sr_judged word); /* "allow", "deny", "error" */

struct sr_question {
	struct sr_cedar_request *request;
	struct sr_cedar_entities *entities;
};
/* CORRUPT, LIMIT, NOMEM. Free with sr_question_free. */
SR_MUST int sr_question_load(struct sr_question *out, struct sr_bytes inputs, struct sr_err *e);
void sr_question_free(struct sr_question *q);
/* The text of inputs from its two parts, which have no line end in them (JSON needs none). */
void sr_question_put(struct sr_buf *out, struct sr_bytes request, struct sr_bytes entities);

struct sr_judgement {
	enum sr_judged word;
	/* Ids (@id, or Cedar's own) of the rules that decided, in the order of the set: the permits
	 * of an allow, the forbids of a deny (none: nothing permits it), those that erred. */
	char (*rules)[SR_JUDGED_ID_MAX + 1];
	size_t rule_count;
	struct sr_cedar_answer *plain; /* Cedar's own; NULL after a replay */
};
void sr_judgement_free(struct sr_judgement *v);

/* Decide. ${set} must outlive ${out}->plain. LIMIT, NOMEM: no decision. */
SR_MUST int sr_judge(struct sr_judgement *out, const struct sr_cedar_policies *set,
	const struct sr_question *q, struct sr_err *e);

/* The same from bytes alone: the text of a set and inputs as they were kept. CORRUPT: one of them
 * is not what it should be. */
SR_MUST int sr_judge_replay(
	struct sr_judgement *out, struct sr_bytes set, struct sr_bytes inputs, struct sr_err *e);

/* Are request and entities as the schema says: every entity of a type that it has, every attribute
 * there that must be and none that it does not know, each of its type, the context that of the
 * action? CORRUPT with what is not. */
SR_MUST int sr_question_conforms(
	const struct sr_schema *s, const struct sr_question *q, struct sr_err *e);

/* The ${i}th permit of the set whose scope takes this action; NULL after the last. What is missing
 * when nothing permits it. */
const struct sr_cedar_policy *sr_permit_for(const struct sr_cedar_policies *set,
	const struct sr_schema *s, struct sr_bytes action, size_t i);

#endif
