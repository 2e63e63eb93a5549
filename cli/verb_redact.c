/*
 * verb_redact - a version of an item without what must not be seen; leave to make one of what is
 * released.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "room/redact.h"

const struct cli_option cli_redact_options[] = {
	{"leave-out", CLI_LIST, "FILE", "number of a file that the new item does not have"},
	{"keep", CLI_LIST, "FILE",
		"number of a file that stays, though what it came out of, or a copy, is left out"},
	{"gap", CLI_LIST, "FILE:FROM-TO",
		"bytes FROM up to before TO of a text file, replaced by a mark"},
	{"keep-names", CLI_FLAG, NULL,
		"title and paths stay as they are (else: numbers, and no title)"},
	{"reason", CLI_ONE, "TEXT", "why; kept in the log"},
	{"reason-file", CLI_ONE, "F", "the same, from a file (- for standard input)"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* The decimal that ${*s} begins with; then behind it and the byte ${end}. */
static bool number(uint64_t *out, const char **s, char end) {
	const size_t n = strspn(*s, "0123456789");
	if ((*s)[n] != end ||
		sr_parse_dec(out, sr_bytes_of((const uint8_t *)*s, n), INT64_MAX, NULL) != 0)
		return false;
	*s += n + (end != '\0');
	return true;
}

static int by_file(const void *a, const void *b) {
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static int by_place(const void *a, const void *b) {
	const struct sr_gap *x = a, *y = b;
	return x->file != y->file ? by_file(&x->file, &y->file) : by_file(&x->from, &y->from);
}

/* The numbers of an option, in order. */
static int numbers(uint64_t **out, size_t *count, const char *option, const char *const *words,
	struct sr_err *e) {
	const size_t n = cli_list_count(words);
	*out = calloc(n + 1, sizeof **out);
	if (*out == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const char *s = words[i];
		if (!number(&(*out)[(*count)++], &s, '\0'))
			return sr_fail(e, SR_USAGE, "--%s %s: want the number of a file", option,
				words[i]);
	}
	qsort(*out, *count, sizeof **out, by_file);
	return 0;
}

static int plan_of(struct sr_redaction *p, struct cli *c, struct sr_err *e) {
	const char *const *left = NULL, *const *cut = NULL, *const *kept = NULL;
	int rc = cli_list(c, &left, "leave-out", e);
	if (rc == 0)
		rc = cli_list(c, &cut, "gap", e);
	if (rc == 0)
		rc = cli_list(c, &kept, "keep", e);
	if (rc != 0)
		return rc;
	const size_t files = cli_list_count(left), gaps = cli_list_count(cut);
	if (files + gaps == 0 || files > SR_REDACT_MAX || gaps > SR_REDACT_MAX ||
		cli_list_count(kept) > SR_REDACT_MAX)
		return sr_fail(e, SR_USAGE,
			"say what to leave out: --leave-out FILE, or --gap "
			"FILE:FROM-TO, each at most %d times",
			SR_REDACT_MAX);
	rc = numbers(&p->left_out, &p->left_count, "leave-out", left, e);
	if (rc == 0)
		rc = numbers(&p->kept, &p->kept_count, "keep", kept, e);
	if (rc != 0)
		return rc;
	p->gaps = calloc(gaps + 1, sizeof *p->gaps);
	if (p->gaps == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	for (size_t i = 0; i < gaps; i++) {
		const char *s = cut[i];
		struct sr_gap *g = &p->gaps[p->gap_count++];
		if (!number(&g->file, &s, ':') || !number(&g->from, &s, '-') ||
			!number(&g->to, &s, '\0') || g->from >= g->to)
			return sr_fail(e, SR_USAGE,
				"--gap %s: want FILE:FROM-TO, for example 0:120-180", cut[i]);
	}
	qsort(p->gaps, p->gap_count, sizeof *p->gaps, by_place);
	return 0;
}

int verb_redact(struct cli *c, struct sr_err *e) {
	struct sr_redaction plan = {.left_count = 0};
	struct sr_submitted out = {0};
	struct sr_redact r = {.keep_names = cli_has(c, "keep-names")};
	struct sr_buf body;
	uint8_t item[SR_ID];
	char hex[2 * SR_ID + 1];
	sr_buf_init(&body);
	int rc = plan_of(&plan, c, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &r.reason, e);
	if (rc == 0 && r.reason == NULL)
		rc = sr_fail(e, SR_USAGE, "--reason is missing: why something is left out");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, r.checkout, 0, "checkout", e);
	sr_redaction_put(&body, &plan);
	r.plan = sr_buf_view(&body);
	if (rc == 0)
		rc = sr_buf_ok(&body, e);
	if (rc == 0)
		rc = sr_client_redact(c->client, &r, item, &out, e);
	if (rc == 0) {
		sr_hex(hex, item, SR_ID);
		json_t *more = json_object();
		json_object_set_new(more, "item", json_string(hex));
		rc = cli_done(c, &out, more, "redacted version: item %s, held", hex);
	}
	sr_submitted_free(&out);
	sr_redaction_free(&plan);
	sr_buf_free(&body);
	return rc;
}

/* --- counts alone --- */

const struct cli_option cli_features_options[] = {
	{"reason", CLI_ONE, "TEXT", "for what; kept in the log"},
	{"reason-file", CLI_ONE, "F", "the same, from a file (- for standard input)"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int verb_features(struct cli *c, struct sr_err *e) {
	struct sr_redact r = {.features = true};
	struct sr_submitted out = {0};
	uint8_t item[SR_ID];
	char hex[2 * SR_ID + 1];
	int rc = cli_text(c, "reason", &r.reason, e);
	if (rc == 0 && r.reason == NULL)
		rc = sr_fail(e, SR_USAGE, "--reason is missing: what the numbers are for");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, r.checkout, 0, "checkout", e);
	if (rc == 0)
		rc = sr_client_redact(c->client, &r, item, &out, e);
	if (rc == 0) {
		sr_hex(hex, item, SR_ID);
		json_t *more = json_object();
		json_object_set_new(more, "item", json_string(hex));
		rc = cli_done(c, &out, more, "features: item %s, held", hex);
	}
	sr_submitted_free(&out);
	return rc;
}

/* --- of a released item: the board's leave --- */

const struct cli_option cli_request_redact_options[] = {
	{"ends", CLI_ONE, "WHEN", "do it until then: 7d, 2031-03-31 (else 30 days, at most 31)"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int verb_request_redact(struct cli *c, struct sr_err *e) {
	static const char *const forms[] = {"text", NULL};
	struct sr_asking a = {.kind = "redact", .forms = forms};

	return cli_ask_right(c, &a, e);
}
