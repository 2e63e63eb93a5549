/*
 * check - what a schema says of policies: names that do not exist, operators given what they do not
 * take, attributes read that may be missing, policies that cannot match.
 *
 * Each policy is looked at once for every (type of principal, action, type of resource) that the
 * schema allows and its scope takes, as Cedar's own validator does in strict mode; what is false
 * there by types alone (`principal is Board` of a person) hides what stands behind it. An optional
 * attribute or a tag counts as there after `has`, or `hasTag` with the same text, on the way.
 *
 * The findings are ours and Cedar's validator may differ at the edges; both say of a policy without
 * findings that its evaluation cannot err, as long as entities and context are as the schema says.
 */
#ifndef SR_POLICY_CHECK_H
#define SR_POLICY_CHECK_H

#include "policy/ast.h"
#include "policy/schema.h"

enum sr_check_kind {
	SR_CHECK_UNKNOWN,  /* a name that the schema does not have */
	SR_CHECK_TYPE,     /* a value of the wrong type */
	SR_CHECK_MISSING,  /* an attribute or tag that may not be there */
	SR_CHECK_OVERFLOW, /* a result that may be out of range */
	SR_CHECK_NEVER     /* it never matches */
};

enum {
	/* nodes looked at, and elements gone through, for one set: 400 times what the 95 policies
	 * that come with the program take, and a tenth of a second. A set is checked while others
	 * wait at the door. */
	SR_CHECK_STEPS_MAX = 1000000,
	/* findings kept of one policy; more help nobody */
	SR_CHECK_FINDINGS_MAX = 100
};

struct sr_check_finding {
	enum sr_check_kind kind;
	const struct sr_cedar_policy *policy;
	unsigned line, column; /* 0: the policy came as JSON */
	const char *text;
};

struct sr_check {
	struct sr_arena arena;
	struct sr_check_finding *findings; /* by policy, then as found; no two alike */
	size_t count;
};

/* NOMEM; LIMIT: too large to check. ${policies} must outlive the result, which sr_check_free frees
 * (NULL allowed). */
SR_MUST int sr_check_policies(struct sr_check **out, const struct sr_schema *s,
	const struct sr_cedar_policies *policies, struct sr_err *e);
void sr_check_free(struct sr_check *c);

#endif
