/*
 * fuzz_policy - what the targets of policy/ share: policies to begin with, and the promise that a
 * policy comes back the same from its text and from its JSON form.
 */
#ifndef SR_TESTS_FUZZ_POLICY_H
#define SR_TESTS_FUZZ_POLICY_H

#include "fuzz.h"
#include "strongroom/cedar.h"

/* One of everything: each seed is a policy or two. */
static const char *const fuzz_policies[] = {
	"permit(principal, action, resource);",
	"@id(\"a\") @why @if(\"\\u{41}\\n\")\nforbid(principal == User::\"a\\\"b\", action in "
	"[Action::\"x\", N::Action::\"y\"], resource is N::Doc in Folder::\"\",)\nwhen { "
	"true } unless { "
	"false };",
	"permit(principal in ?principal, action == Action::\"view\", resource is Doc in "
	"?resource);",
	"permit(principal, action in [], resource) when { if principal has a.b.c then "
	"principal.a[\"b c\"] "
	"else !(context.x || resource is Doc in principal && action in [Action::\"x\"]) };",
	"permit(principal, action, resource) when { -9223372036854775808 + 2 * (3 - --4) <= "
	"-(5) };",
	"permit(principal, action, resource) when { \"a*b\" like \"a\\**\\u{2a}\\x41\" && 1 "
	"!= 2 && 3 > 2 && "
	"3 >= 2 && 1 < 2 };",
	"permit(principal, action, resource) when { [1, \"a\", [true], {a: 1, \"b c\": "
	"{}}].contains({}) };",
	"permit(principal, action, resource) when { [1].containsAll([]) && "
	"[1].containsAny([1,]) && "
	"![].isEmpty() && principal.hasTag(\"t\") && principal.getTag(\"t\") == 1 };",
	"permit(principal, action, resource) when { decimal(\"-1.5\").lessThan(decimal(\"2.0"
	"\")) && "
	"ip(\"::1/64\").isInRange(ip(\"10.0.0.0/8\")) && ip(\"127.0.0.1\").isLoopback() };",
	"permit(principal, action, resource) when { datetime(\"2024-02-29T01:02:03.004+0100"
	"\").toDate() < "
	"datetime(\"2024-02-29\").offset(duration(\"-1d2h3m4s5ms\")) && "
	"duration(\"1h\").toDays() == 0 };",
	"// comment\npermit ( principal , action , resource ) unless { \"\\0\\r\\t\\\\\\'\" "
	"== context.s };",
};

/* ${policy} as text and as JSON makes the same policy again. */
static inline void fuzz_policy_again(const struct sr_cedar_policy *policy) {
	struct sr_buf json, text, again;
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	sr_buf_init(&json);
	sr_buf_init(&text);
	sr_buf_init(&again);
	assert_ok(sr_cedar_policy_json(policy, &json, &e), &e);
	assert_ok(sr_cedar_policy_text(policy, &text, &e), &e);
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	int rc = sr_cedar_policies_add_json(p, sr_bytes_str("json"), sr_buf_view(&json), &e);
	MUST(rc == 0 || rc == SR_LIMIT); /* JSON is longer than text */
	if (rc == 0) {
		assert_ok(sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &again, &e), &e);
		MUST(sr_bytes_eq(sr_buf_view(&json), sr_buf_view(&again)));
	}
	sr_buf_clear(&again);
	size_t before = sr_cedar_policies_count(p);
	rc = sr_cedar_policies_add(p, sr_bytes_str("text"), sr_buf_view(&text), &e);
	if (rc == SR_LIMIT) /* what came as JSON may nest deeper */
		MUST(policy->line == 0 || text.len > SR_CEDAR_SOURCE_MAX / 4);
	else
		assert_ok(rc, &e);
	if (rc == 0) {
		assert_ok(sr_cedar_policy_json(sr_cedar_policies_get(p, before), &again, &e), &e);
		MUST(sr_bytes_eq(sr_buf_view(&json), sr_buf_view(&again)));
	}
	sr_cedar_policies_free(p);
	sr_buf_free(&json);
	sr_buf_free(&text);
	sr_buf_free(&again);
}

/* A refusal is CORRUPT with a place, or LIMIT. */
static inline void fuzz_policy_refused(int rc, const struct sr_err *e) {
	MUST(rc == SR_LIMIT || (rc == SR_CORRUPT && strstr(e->text, "line ") != NULL &&
				       strstr(e->text, "column ") != NULL));
}

#endif
