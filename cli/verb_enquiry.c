/*
 * enquiry open, answer, close, list, show: what police, courts and data subjects asked, what they
 * were told, and by when.
 */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_enquiry_open_options[] = {
	{"kind", CLI_ONE, "KIND", "who asks: police, court, data-subject, authority"},
	{"deadline", CLI_ONE, "WHEN", "when the answer is due: 14d, 2027-03-31"},
	{"item", CLI_LIST, "ITEM", "an item that it concerns"},
	{"person", CLI_LIST, "PERSON", "a person of the vault whom it concerns (p-...)"},
	{"reference", CLI_ONE, "TEXT", "whose file, which number"},
	{"text", CLI_ONE, "TEXT", "what is asked; - reads standard input"},
	{"text-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_enquiry_answer_options[] = {
	{"deadline", CLI_ONE, "WHEN", "another deadline, when one was given more time"},
	{"text", CLI_ONE, "TEXT", "what was answered; - reads standard input"},
	{"text-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_enquiry_close_options[] = {
	{"text", CLI_ONE, "TEXT", "how it ended; - reads standard input"},
	{"text-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_enquiry_list_options[] = {
	{"state", CLI_ONE, "STATE", "open, answered or closed"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int items_of(struct cli *c, struct sr_enquiring *q, struct sr_err *e) {
	const char *const *words = NULL;
	uint8_t *ids;
	size_t n;
	int rc = cli_list(c, &words, "item", e);

	if (rc != 0)
		return rc;
	n = cli_list_count(words);
	ids = calloc(n == 0 ? 1 : n, SR_ID);
	rc = cli_keep(c, ids, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = sr_client_resolve(c->client, ids + i * SR_ID, words[i], "item", e);
	q->items = ids;
	q->item_count = n;
	return rc;
}

static int people_of(struct cli *c, struct sr_enquiring *q, struct sr_err *e) {
	const char *const *typed = NULL;
	int rc = cli_list(c, &typed, "person", e);
	const size_t n = cli_list_count(typed);
	if (rc != 0 || n == 0)
		return rc;
	const char **list = calloc(n + 1, sizeof *list);
	rc = cli_keep(c, list, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = cli_person(c, &list[i], typed[i], e);
	if (rc == 0)
		q->people = list;
	return rc == 0 ? 0 : sr_wrap(e, "--person");
}

static int done(struct cli *c, const struct sr_enquiring *q, const uint8_t id[SR_ID],
	const struct sr_submitted *out) {
	char hex[2 * SR_ID + 1];
	json_t *more = json_object();

	sr_hex(hex, id, SR_ID);
	json_object_set_new(more, "enquiry", json_string(hex));
	return cli_done(c, out, more, "enquiry %s: %s", hex, q->event);
}

int verb_enquiry_open(struct cli *c, struct sr_err *e) {
	struct sr_enquiring q = {
		.event = "open", .kind = cli_get(c, "kind"), .reference = cli_get(c, "reference")};
	struct sr_submitted out = {0};
	uint8_t id[SR_ID];
	int rc = cli_text(c, "text", &q.text, e);

	if (rc == 0 && (q.kind == NULL || q.text == NULL))
		rc = sr_fail(e, SR_USAGE,
			"--kind or --text is missing: --kind says who asks, --text what");
	if (rc == 0)
		rc = cli_time(c, "deadline", &q.deadline, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = people_of(c, &q, e);
	if (rc == 0)
		rc = items_of(c, &q, e);
	if (rc == 0)
		rc = sr_client_enquiry(c->client, &q, id, &out, e);
	if (rc == 0)
		rc = done(c, &q, id, &out);
	sr_submitted_free(&out);
	return rc;
}

static int goes_on(struct cli *c, const char *event, struct sr_err *e) {
	struct sr_enquiring q = {.event = event};
	struct sr_submitted out = {0};
	uint8_t id[SR_ID];
	int rc = cli_text(c, "text", &q.text, e);

	if (rc == 0 && q.text == NULL)
		rc = sr_fail(e, SR_USAGE, "--text says what was answered, or how it ended");
	if (rc == 0)
		rc = cli_time(c, "deadline", &q.deadline, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, "enquiry", e);
	if (rc == 0)
		rc = sr_client_enquiry(c->client, &q, id, &out, e);
	if (rc == 0)
		rc = done(c, &q, id, &out);
	sr_submitted_free(&out);
	return rc;
}

int verb_enquiry_answer(struct cli *c, struct sr_err *e) {
	return goes_on(c, "answer", e);
}

int verb_enquiry_close(struct cli *c, struct sr_err *e) {
	return goes_on(c, "close", e);
}

/* "3 days left", "5 hours over": nobody computes a date under pressure. */
static void cell_left(struct cli_table *t, const struct sr_row *row) {
	const struct sr_clock clock = sr_clock_system();
	const long long day = 86400;
	long long left, away;
	int64_t deadline = 0;
	char text[64];

	if (sr_row_get_time(&deadline, row, "deadline", NULL) != 0) {
		cli_cell(t, "");
		return;
	}
	if (sr_bytes_eq(sr_row_get(row, "state"), sr_bytes_str("closed"))) {
		cli_cell(t, "");
		return;
	}
	left = (long long)(deadline - sr_now(&clock));
	away = left < 0 ? -left : left;
	if (away >= 2 * day)
		snprintf(text, sizeof text, "%lld days %s", away / day, left < 0 ? "over" : "left");
	else
		snprintf(text, sizeof text, "%lld hours %s", away / 3600,
			left < 0 ? "over" : "left");
	cli_cell(t, text);
}

int verb_enquiry_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {
		"ENQUIRY", "KIND", "STATE", "DEADLINE", "", "ITEMS", "REFERENCE"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);

	if (rc != 0)
		return rc;
	cli_ask(&a, "enquiries");
	rc = cli_pass(c, &a, "state", e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "enquiry"));
	} else if (rc == 0) {
		struct cli_table t;

		cli_table(&t, 7, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			char n[24];
			size_t items = 0;

			while (sr_row_get_n(row, "item", items).p != NULL)
				items++;
			snprintf(n, sizeof n, "%zu", items);
			cli_cell_id(&t, sr_row_get(row, "id"));
			cli_cell_row(&t, row, "kind");
			cli_cell_row(&t, row, "state");
			cli_cell_row(&t, row, "deadline");
			cell_left(&t, row);
			cli_cell(&t, n);
			cli_cell_row(&t, row, "reference");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

static void print_row(const struct sr_row *row) {
	static const struct {
		const char *kind, *head;
		const char *keys[9];
	} shapes[] = {
		{"enquiry", "enquiry", {"id", "kind", "state", "opened", "deadline", "reference"}},
		{"event", "  event", {"event", "received", "person", "text"}},
		{"item", "  item",
			{"id", "title", "state", "collection", "accession", "depositor", "hazard"}},
		{"person", "  person", {"person", "name", "role", "ever"}},
		{"request", "    request",
			{"request", "kind", "state", "applicant", "received", "purpose", "form"}},
		{"grant", "    grant", {"id", "right", "state", "ends", "person", "form"}},
		{"checkout", "    checkout",
			{"id", "person", "item", "right", "form", "state", "begun", "opened"}},
	};

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		if (!sr_row_is(row, shapes[i].kind))
			continue;
		printf("%s\n", shapes[i].head);
		for (size_t k = 0; shapes[i].keys[k] != NULL; k++) {
			const char *key = shapes[i].keys[k];

			if (sr_row_get(row, key).p == NULL)
				continue;
			printf("%*s", (int)(strspn(shapes[i].head, " ") + 2), "");
			cli_line_words(key, row, key);
		}
	}
}

int verb_enquiry_show(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_ask_of(&a, c, "enquiry", "enquiry", e);

	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json)
		cli_json_print(cli_json_rows(&a.rows, NULL));
	for (size_t i = 0; rc == 0 && !c->json && i < a.rows.count; i++)
		print_row(&a.rows.rows[i]);
	cli_answer_free(&a);
	return rc;
}
