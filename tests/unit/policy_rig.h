/*
 * policy_rig - what the tests of policy/ share: a set from a text, an answer for an expression.
 */
#ifndef SR_TESTS_POLICY_RIG_H
#define SR_TESTS_POLICY_RIG_H

#include <stdlib.h>
#include <string.h>

#include "strongroom/cedar.h"
#include "util.h"

/* A set of the policies of ${text}. */
static inline struct sr_cedar_policies *rig_parse(const char *text) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};

	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	assert_ok(sr_cedar_policies_parse(p, sr_bytes_str(text), &e), &e);
	return p;
}

/* ${text} is refused with ${code} and a sentence that holds ${piece}, and the set stays empty. */
static inline void rig_refused_bytes(struct sr_bytes text, enum sr_code code, const char *piece) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};

	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	if (sr_cedar_policies_parse(p, text, &e) != (int)code || strstr(e.text, piece) == NULL)
		fail_msg("%.*s\nwant %s \"%s\", have %s \"%s\"",
			(int)(text.len > 300 ? 300 : text.len), (const char *)text.p,
			sr_code_name(code), piece, sr_code_name(e.code), e.text);
	assert_int_equal(sr_cedar_policies_count(p), 0);
	assert_int_equal(sr_cedar_policies_parse(p, text, NULL), code);
	sr_cedar_policies_free(p);
}

static inline void rig_refused(const char *text, enum sr_code code, const char *piece) {
	rig_refused_bytes(sr_bytes_str(text), code, piece);
}

static inline struct sr_cedar_entities *rig_entities(const char *json) {
	struct sr_cedar_entities *s = NULL;
	struct sr_err e = {0};

	assert_ok(sr_cedar_entities_load(&s, sr_bytes_str(json), &e), &e);
	return s;
}

/* User::"a" does Action::"v" to Doc::"d" with this context. */
static inline struct sr_cedar_request *rig_request(const char *context) {
	struct sr_cedar_request *r = NULL;
	struct sr_err e = {0};
	struct sr_cedar_request_parts parts = {
		.principal = {sr_bytes_str("User"), sr_bytes_str("a")},
		.action = {sr_bytes_str("Action"), sr_bytes_str("v")},
		.resource = {sr_bytes_str("Doc"), sr_bytes_str("d")},
		.context = sr_bytes_str(context)};

	assert_ok(sr_cedar_request_new(&r, &parts, &e), &e);
	return r;
}

/* The world of rig_eval. */
static const char rig_world[] =
	"[{\"uid\":{\"type\":\"User\",\"id\":\"a\"},\"attrs\":{\"n\":1,\"s\":\"abc\",\"b\":true,"
	"\"r\":{\"x\":{\"y\":2}},\"e\":{\"__entity\":{\"type\":\"Doc\",\"id\":\"d\"}},"
	"\"gone\":{\"__entity\":{\"type\":\"Doc\",\"id\":\"none\"}}},"
	"\"parents\":[{\"type\":\"Group\",\"id\":\"g\"}],\"tags\":{\"t\":\"v\"}},"
	"{\"uid\":{\"type\":\"Group\",\"id\":\"g\"},\"attrs\":{},"
	"\"parents\":[{\"type\":\"Group\",\"id\":"
	"\"h\"}]},"
	"{\"uid\":{\"type\":\"Doc\",\"id\":\"d\"},\"attrs\":{},\"parents\":[]}]";

/* "true", "false", or "error: TEXT" in ${out} for an expression as the condition of a permit. */
static inline const char *rig_eval(const char *expr, char *out, size_t size) {
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = rig_entities(rig_world);
	struct sr_cedar_request *r = rig_request("{\"k\":1,\"list\":[1,\"a\"]}");
	struct sr_cedar_answer *a = NULL;
	struct sr_err e = {0};
	struct sr_buf text;

	sr_buf_init(&text);
	sr_buf_put_str(&text, "permit(principal, action, resource) when {\n");
	sr_buf_put_str(&text, expr);
	sr_buf_put_str(&text, "};");
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	if (sr_cedar_policies_parse(p, sr_buf_view(&text), &e) != 0)
		fail_msg("%s: %s", expr, e.text);
	assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
	if (a->error_count > 0)
		(void)snprintf(out, size, "error: line %u, column %u: %s", a->errors[0].line,
			a->errors[0].column, a->errors[0].text);
	else
		(void)snprintf(out, size, "%s", a->decision == SR_CEDAR_ALLOW ? "true" : "false");
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	sr_buf_free(&text);
	return out;
}

struct rig_case {
	const char *expr;
	const char *want; /* "true", "false", or a piece of "error: line L, column C: TEXT" */
};

static inline void rig_eval_all(const struct rig_case *cases, size_t count) {
	char have[400];

	for (size_t i = 0; i < count; i++) {
		(void)rig_eval(cases[i].expr, have, sizeof have);
		bool error = strncmp(cases[i].want, "error: ", 7) == 0;
		if (error ? strstr(have, cases[i].want) != have : strcmp(have, cases[i].want) != 0)
			fail_msg("%s: want %s, have %s", cases[i].expr, cases[i].want, have);
	}
}

/* "${before}" ${count} times; the caller frees. */
static inline char *rig_repeat(const char *what, size_t count) {
	size_t len = strlen(what);
	char *s = malloc(len * count + 1);

	assert_non_null(s);
	for (size_t i = 0; i < count; i++)
		memcpy(s + i * len, what, len);
	s[len * count] = '\0';
	return s;
}

#endif
