/*
 * lint - what must hold of a policy set before a board adopts it.
 *
 * Besides what check.h finds (all of it: a decision during which any policy errs is a denial here,
 * so a policy that can err is a door that can jam, and a `forbid` that errs would not forbid):
 *
 *   no-policy      the set is empty: it would deny everything
 *   template       a template decides nothing, and the vault links none
 *   annotation     each policy has @id (a token of its own, at most 47 characters, which refusals
 *                  carry), @title and @why (what is read aloud). Others are @duo, @safe,
 *                  @protection and @obligation, with the terms below; a name that is not known
 *                  would be one that nobody heeds
 *   blanket        a permit for every action, or one that does not look at who acts
 *
 * Terms: protection advised | default | required; obligation reason-per-lift | seal-to-recipient;
 * safe people projects settings data outputs; duo DUO:0000000 (seven digits).
 */
#ifndef SR_POLICY_LINT_H
#define SR_POLICY_LINT_H

#include "policy/check.h"

enum {
	SR_LINT_ID_MAX = 47,     /* a `refuse` entry's rule */
	SR_LINT_TITLE_MAX = 120, /* one breath */
	SR_LINT_WHY_MAX = 400    /* what fits a refusal's sentence */
};

struct sr_lint_finding {
	const char
		*what; /* "unknown", "type", "missing", "overflow", "never", or as above; static */
	const struct sr_cedar_policy *policy; /* NULL: of the set */
	unsigned line, column;
	const char *text;
};

struct sr_lint {
	struct sr_check *check;
	struct sr_lint_finding *findings; /* by place; in the memory of check */
	size_t count;
};

/* NOMEM, LIMIT. ${policies} must outlive the result, which sr_lint_free clears. */
SR_MUST int sr_lint_policies(struct sr_lint *out, const struct sr_schema *s,
	const struct sr_cedar_policies *policies, struct sr_err *e);
void sr_lint_free(struct sr_lint *l);

/* Is the text what it shows as on a screen: UTF-8, and no control or direction character but tab
 * and line end? CORRUPT with line, column and the character. Rules that a board reads must not be
 * able to show something else than they say. */
SR_MUST int sr_lint_text(struct sr_bytes text, struct sr_err *e);

/* The annotation ${key}; empty with p == NULL: none. */
struct sr_bytes sr_cedar_annotation_of(const struct sr_cedar_policy *p, const char *key);

#endif
