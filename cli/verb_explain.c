/*
 * policy explain: which rules decided about a request, a grant or a checkout, and what is missing;
 * and, for policy diff, what live grants would ask two sets with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "policy/judge.h"

/* --- explain ---------------------------------------------------------------------------------- */

static bool is(const struct sr_row *row, const char *key, const char *word) {
	return sr_bytes_eq(sr_row_get(row, key), sr_bytes_str(word));
}

static void put(const struct sr_row *row, const char *key, const char *before) {
	const struct sr_bytes v = sr_row_get(row, key);

	if (v.p == NULL)
		return;
	fputs(before, stdout);
	cli_print(v);
}

/* principal.getTag("training x") = TIME, as people say it: "training x: until TIME". */
static bool put_tag(struct sr_bytes line) {
	static const char head[] = "principal.getTag(\"", tail[] = "\") = ";
	const size_t n = sizeof head - 1;
	const uint8_t *end;

	if (line.len <= n || memcmp(line.p, head, n) != 0)
		return false;
	end = memmem(line.p + n, line.len - n, tail, sizeof tail - 1);
	if (end == NULL)
		return false;
	printf("    ");
	cli_print(sr_bytes_of(line.p + n, (size_t)(end - line.p) - n));
	printf(" stands, or stood, until ");
	end += sizeof tail - 1;
	cli_print(sr_bytes_of(end, (size_t)(line.p + line.len - end)));
	printf("\n");
	return true;
}

static void rule_told(const struct sr_row *row) {
	printf("  ");
	put(row, "id", "rule ");
	put(row, "title", ": ");
	printf("\n");
	put(row, "why", "    ");
	printf("\n");
	for (size_t i = 0; sr_row_get_n(row, "missing", i).p != NULL; i++) {
		printf("    not so: ");
		cli_print(sr_row_get_n(row, "missing", i));
		printf("\n");
	}
	for (size_t i = 0; sr_row_get_n(row, "reads", i).p != NULL; i++) {
		const struct sr_bytes line = sr_row_get_n(row, "reads", i);

		if (put_tag(line))
			continue;
		printf("    ");
		cli_print(line);
		printf("\n");
	}
}

static void decided_told(const struct sr_row *row) {
	put(row, "entry", "decided in entry ");
	put(row, "received", ", ");
	put(row, "action", ": ");
	printf("%s", is(row, "decision", "allow")   ? " was allowed"
		     : is(row, "decision", "error") ? " was denied, because rules could not be "
						      "evaluated"
						    : " was denied");
	if (sr_row_get(row, "number").p != NULL)
		put(row, "number", ", by the board's rules number ");
	else
		printf(", by the rules of the program");
	put(row, "protection", "; protection: ");
	printf(sr_row_get(row, "decision").p != NULL ? ", by:\n" : "\n");
}

static void now_told(const struct sr_row *row) {
	printf("now ");
	put(row, "action", "");
	printf("%s", is(row, "decision", "allow") ? " is allowed" : " is denied");
	put(row, "person", " to ");
	put(row, "item", ", items like ");
	put(row, "protection", "; protection: ");
	put(row, "error", ": ");
	printf(", by:\n");
}

static void explained(const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];

		if (sr_row_is(row, "thing")) {
			put(row, "what", "");
			put(row, "id", " ");
			put(row, "state", ": ");
			put(row, "kind", ", ");
			put(row, "person", ", of ");
			put(row, "ends", ", until ");
			printf("\n");
		} else if (sr_row_is(row, "decided")) {
			decided_told(row);
		} else if (sr_row_is(row, "now")) {
			now_told(row);
		} else if (sr_row_is(row, "rule")) {
			rule_told(row);
		} else if (sr_row_is(row, "missing")) {
			put(row, "text", "missing: ");
			printf("\n");
		}
	}
}

/* Ask about what the word names: a request, a grant or a checkout, the first that there is. */
static int ask(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	static const char *const kinds[] = {"request", "grant", "checkout"};
	int rc = SR_NOTFOUND;

	for (size_t i = 0; i < 3 && rc == SR_NOTFOUND; i++) {
		uint8_t id[SR_ID];

		cli_answer_free(a);
		cli_ask(a, "explain");
		rc = sr_client_resolve(c->client, id, c->args.words[0], kinds[i], e);
		if (rc == 0)
			sr_text_put_hex(&a->q.head, kinds[i], id, SR_ID);
		if (rc == 0)
			rc = cli_call(c, a, e);
	}
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND,
					   "there is no request, grant or checkout %s that you may "
					   "see",
					   c->args.words[0])
				 : rc;
}

int verb_policy_explain(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc;

	cli_ask(&a, "explain");
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = ask(c, &a, e);
	if (rc == 0 && c->json)
		cli_json_print(cli_json_rows(&a.rows, NULL));
	else if (rc == 0)
		explained(&a);
	if (rc == 0)
		cli_vaults_word_tell(c);
	cli_answer_free(&a);
	return rc;
}

/* --- live grants under two sets --------------------------------------------------------------- */

static int judged(enum sr_judged *word, const struct sr_cedar_policies *set,
	const struct sr_question *q, struct sr_err *e) {
	struct sr_judgement j;
	int rc = sr_judge(&j, set, q, e);

	*word = j.word;
	sr_judgement_free(&j);
	return rc;
}

static int one_use(json_t *changed, const struct sr_row *row, const struct sr_cedar_policies *old,
	const struct sr_cedar_policies *new, bool tell, struct sr_err *e) {
	struct sr_question q = {NULL, NULL};
	enum sr_judged was, is_now;
	int rc = sr_question_load(&q, sr_row_get(row, "inputs"), e);

	if (rc == 0)
		rc = judged(&was, old, &q, e);
	if (rc == 0)
		rc = judged(&is_now, new, &q, e);
	if (rc == 0 && was != is_now) {
		json_t *o = json_object();
		static const char *const keys[] = {"grant", "person", "item", "action"};

		for (size_t i = 0; i < 4; i++)
			cli_json_set_bytes(o, keys[i], sr_row_get(row, keys[i]));
		json_object_set_new(o, "old", json_string(sr_judged_name(was)));
		json_object_set_new(o, "new", json_string(sr_judged_name(is_now)));
		json_array_append_new(changed, o);
		if (tell) {
			put(row, "grant", "grant ");
			put(row, "person", ": ");
			put(row, "action", " ");
			put(row, "item", ", items like ");
			printf(": was %s, would be %s\n", sr_judged_name(was),
				sr_judged_name(is_now));
		}
	}
	sr_question_free(&q);
	return rc;
}

int cli_policy_uses(struct cli *c, json_t *changed, const struct sr_cedar_policies *old,
	const struct sr_cedar_policies *new, struct sr_err *e) {
	uint64_t offset = 0, got = 1;
	int rc = cli_connect(c, CLI_PERSON, e);

	while (rc == 0 && got > 0) {
		struct cli_answer a;

		cli_ask(&a, "uses");
		sr_text_put_dec(&a.q.head, "offset", offset);
		rc = cli_call(c, &a, e);
		got = rc == 0 ? cli_field_dec(&a, "grants") : 0;
		for (size_t i = 0; rc == 0 && i < a.rows.count; i++)
			if (sr_row_is(&a.rows.rows[i], "use"))
				rc = one_use(changed, &a.rows.rows[i], old, new, !c->json, e);
		offset += got;
		cli_answer_free(&a);
	}
	return rc;
}
