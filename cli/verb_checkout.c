/*
 * grants, checkout, checkouts, cat, return, suspend, lift, revoke.
 *
 * A checkout is a statement; opening it is separate and may be repeated while it lives, since the
 * process that holds the item's key may end (each command does, without a running core).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "intake/names.h"

const struct cli_option cli_grants_options[] = {
	{"state", CLI_ONE, "STATE", "live, suspended, closed, expired, revoked"},
	{"request", CLI_ONE, "R", "only of this request"},
	{"item", CLI_ONE, "ITEM", "only with this item"},
	{"all", CLI_FLAG, NULL, "everybody's (members, officers, auditors)"},
	{"offset", CLI_ONE, "N", "skip so many"},
	{"limit", CLI_ONE, "N", "at most so many (1 to 1000)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_checkouts_options[] = {
	{"live", CLI_FLAG, NULL, "only those that are not over"},
	{"all", CLI_FLAG, NULL, "everybody's (members, officers, auditors)"},
	{"grant", CLI_ONE, "G", "only under this grant"},
	{"item", CLI_ONE, "ITEM", "only of this item"},
	{"offset", CLI_ONE, "N", "skip so many"},
	{"limit", CLI_ONE, "N", "at most so many (1 to 1000)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_checkout_options[] = {
	{"grant", CLI_ONE, "G", "under this grant (when several hold the item)"},
	{"form", CLI_ONE, "FORM", "how to look: text, if not given; one that was granted"},
	{"right", CLI_ONE, "RIGHT",
		"access; export; quarantine, redact (curators: held, released items)"},
	{"break-glass", CLI_FLAG, NULL,
		"do not wait for the witnesses: two others answer for it (strongroom break-glass)"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{"witnesses", CLI_ONE, "FILE",
		"a tlog-policy: its quorum must have seen this; else the one that the log adopted"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_cat_options[] = {
	{"list", CLI_FLAG, NULL, "list the files instead"},
	{"page", CLI_ONE, "N", "of a file whose text has pages (PDF): this one alone"},
	{"witnesses", CLI_ONE, "FILE",
		"a tlog-policy: its quorum must have seen this; else the one that the log adopted"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- lists --- */

int verb_grants(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {
		"GRANT", "STATE", "RIGHT", "ITEMS", "FORMS", "ENDS", "REQUEST", "FOR"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "grants");
	rc = cli_pass(c, &a, "state", e);
	if (rc == 0)
		rc = cli_pass_id(c, &a, "request", "request", e);
	if (rc == 0)
		rc = cli_pass_id(c, &a, "item", "item", e);
	if (rc == 0)
		rc = cli_pass(c, &a, "all", e);
	if (rc == 0)
		rc = cli_page(c, &a, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "grant"));
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 8, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			cli_cell_id(&t, sr_row_get(row, "id"));
			cli_cell_row(&t, row, "state");
			cli_cell_row(&t, row, "right");
			cli_cell_row(&t, row, "items");
			cli_cell_words(&t, row, "form");
			cli_cell_row(&t, row, "ends");
			cli_cell_id(&t, sr_row_get(row, "request"));
			cli_cell_words(&t, row, "person");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

int verb_checkouts(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {
		"CHECKOUT", "STATE", "RIGHT", "FORM", "BEGUN", "ITEM", "TITLE"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "checkouts");
	rc = cli_pass(c, &a, "live", e);
	if (rc == 0)
		rc = cli_pass(c, &a, "all", e);
	if (rc == 0)
		rc = cli_pass_id(c, &a, "grant", "grant", e);
	if (rc == 0)
		rc = cli_pass_id(c, &a, "item", "item", e);
	if (rc == 0)
		rc = cli_page(c, &a, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "checkout"));
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 7, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			cli_cell_id(&t, sr_row_get(row, "id"));
			cli_cell_row(&t, row, "state");
			cli_cell_row(&t, row, "right");
			cli_cell_row(&t, row, "form");
			cli_cell_row(&t, row, "begun");
			cli_cell_id(&t, sr_row_get(row, "item"));
			cli_cell_row(&t, row, "title");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- checkout and cat --- */

enum {
	FILES_PAGE = 1000
};

static int files_of(struct cli *c, struct cli_answer *a, const uint8_t checkout[SR_ID],
	uint64_t offset, struct sr_err *e) {
	cli_ask(a, "checkout.files");
	sr_text_put_hex(&a->q.head, "checkout", checkout, SR_ID);
	sr_text_put_dec(&a->q.head, "offset", offset);
	sr_text_put_dec(&a->q.head, "limit", FILES_PAGE);
	return cli_call(c, a, e);
}

static void files_table(struct cli_table *t) {
	static const char *const heads[] = {"FILE", "SIZE", "TYPE", "PATH"};
	cli_table(t, 4, heads);
}

static void files_cells(struct cli_table *t, const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		cli_cell_row(t, row, "index");
		cli_cell_row(t, row, "size");
		cli_cell_row(t, row, "media-type");
		cli_cell_row(t, row, "path");
	}
}

/* The first of them, and how many more there are. */
static int files_some(struct cli *c, const uint8_t checkout[SR_ID], struct sr_err *e) {
	struct cli_answer a;
	struct cli_table t;
	char hex[2 * SR_ID + 1];
	int rc = files_of(c, &a, checkout, 0, e);
	if (rc == 0) {
		files_table(&t);
		files_cells(&t, &a);
		cli_table_print(&t);
	}
	sr_hex(hex, checkout, SR_ID);
	if (rc == 0 && cli_field_dec(&a, "total") > a.rows.count)
		cli_tell(c, "and %" PRIu64 " more: strongroom cat %.12s --list",
			cli_field_dec(&a, "total") - a.rows.count, hex);
	cli_answer_free(&a);
	return rc;
}

static int files_all(struct cli *c, const uint8_t checkout[SR_ID], struct sr_err *e) {
	json_t *all = json_array();
	struct cli_table t;
	size_t n = FILES_PAGE;
	int rc = 0;
	files_table(&t);
	for (uint64_t offset = 0; rc == 0 && n == FILES_PAGE; offset += n) {
		struct cli_answer a;
		rc = files_of(c, &a, checkout, offset, e);
		n = rc == 0 ? a.rows.count : 0;
		if (rc == 0 && c->json) {
			json_t *rows = cli_json_rows(&a.rows, "file");
			json_array_extend(all, rows);
			json_decref(rows);
		} else if (rc == 0) {
			files_cells(&t, &a);
		}
		cli_answer_free(&a);
	}
	if (rc == 0 && c->json)
		cli_json_print(all);
	else
		json_decref(all);
	if (rc == 0 && !c->json)
		cli_table_print(&t);
	else
		sr_buf_free(&t.text);
	return rc;
}

/* Why there is no grant: one that ended, or a request that is still being decided. */
static void why_no_grant(struct cli *c, const uint8_t item[SR_ID]) {
	struct cli_answer a;
	struct sr_err ignored = {0};
	cli_ask(&a, "grants");
	sr_text_put_hex(&a.q.head, "item", item, SR_ID);
	const struct sr_row *g =
		cli_call(c, &a, &ignored) == 0 ? sr_rows_first(&a.rows, "grant") : NULL;
	if (g != NULL) {
		const struct sr_bytes id = sr_row_get(g, "id"), state = sr_row_get(g, "state");
		char shown[SR_ID + 1], word[32];
		(void)sr_escape_to(
			shown, sizeof shown, sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
		(void)sr_escape_to(word, sizeof word, state);
		if (strcmp(sr_client_info(c->client)->rule, "checked-out") == 0)
			cli_hint(c,
				"`strongroom checkouts --live` shows what you have open: cat reads "
				"it, return gives it back");
		else if (!sr_bytes_eq(state, sr_bytes_str("live")))
			cli_hint(c, "your grant %s of this item is %s", shown, word);
	}
	cli_answer_free(&a);
	if (g != NULL)
		return;
	cli_ask(&a, "requests");
	sr_text_put_hex(&a.q.head, "item", item, SR_ID);
	sr_text_put(&a.q.head, "mine", "yes");
	sr_text_put(&a.q.head, "state", "open");
	if (cli_call(c, &a, &ignored) == 0 && a.rows.count > 0) {
		const struct sr_bytes id = sr_row_get(&a.rows.rows[0], "request");
		const struct sr_bytes level = sr_row_get(&a.rows.rows[0], "level");
		char shown[SR_ID + 1], word[32];
		(void)sr_escape_to(
			shown, sizeof shown, sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
		(void)sr_escape_to(word, sizeof word, level);
		cli_hint(c,
			"request %s is still open: it needs %s approvals "
			"(strongroom request show %s)",
			shown, word, shown);
	} else {
		cli_hint(c, "ask the board: strongroom request ITEM ...");
	}
	cli_answer_free(&a);
}

/* A checkout is begun and does not open. Where the vault lacks pieces for its grant, which a
 * restore took away, it says who gives them and what to do then. */
static void why_not_open(struct cli *c, const uint8_t item[SR_ID], const char *checkout) {
	struct cli_answer grants, one;
	struct sr_err ignored = {0};

	cli_ask(&grants, "grants");
	sr_text_put_hex(&grants.q.head, "item", item, SR_ID);
	sr_text_put(&grants.q.head, "state", "live");
	const struct sr_row *g =
		cli_call(c, &grants, &ignored) == 0 ? sr_rows_first(&grants.rows, "grant") : NULL;
	cli_ask(&one, "grant");
	if (g != NULL) {
		const struct sr_bytes grant = sr_row_get(g, "id");

		sr_text_putf(&one.q.head, "grant", "%.*s", (int)grant.len, (const char *)grant.p);
		if (cli_call(c, &one, &ignored) == 0 && sr_rows_first(&one.rows, "topup") != NULL) {
			const struct sr_bytes id = sr_row_get(g, "request");
			char shown[SR_ID + 1];

			(void)sr_escape_to(
				shown, sizeof shown, sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
			cli_hint(c,
				"members give it new pieces: strongroom vote %s topup. Then, "
				"within %d minutes of now, `strongroom cat %.12s`; or return it "
				"(strongroom return %.12s), and later check it out again",
				shown, SR_CHECKOUT_OPEN_MIN, checkout, checkout);
		}
	}
	cli_answer_free(&one);
	cli_answer_free(&grants);
}

/* What the board lays down is said at every checkout, not once in a letter. */
static int conditions_of(struct cli *c, const uint8_t checkout[SR_ID], struct sr_err *e) {
	struct cli_answer a;
	uint8_t grant[SR_ID];
	char hex[2 * SR_ID + 1];
	bool found = false;

	sr_hex(hex, checkout, SR_ID);
	cli_ask(&a, "checkouts");
	sr_text_put(&a.q.head, "live", "yes");
	int rc = cli_call(c, &a, e);
	for (size_t i = 0; rc == 0 && !found && i < a.rows.count; i++) {
		const struct sr_row *row = &a.rows.rows[i];

		if (!sr_bytes_eq(sr_row_get(row, "id"), sr_bytes_str(hex)) ||
			sr_row_get(row, "grant").p == NULL)
			continue;
		rc = sr_row_get_id(grant, SR_ID, row, "grant", e);
		found = rc == 0;
	}
	cli_answer_free(&a);
	return found ? cli_conditions_print(c, grant, e) : rc;
}

int verb_checkout(struct cli *c, struct sr_err *e) {
	struct sr_borrow b = {.right = cli_get(c, "right"), .form = cli_get(c, "form")};
	struct sr_submitted out = {0};
	uint8_t item[SR_ID], grant[SR_ID], checkout[SR_ID];
	uint64_t files = 0;
	char hex[2 * SR_ID + 1];
	bool asked = false; /* there is a connection, and an item */
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, item, 0, "item", e);
	asked = rc == 0;
	if (rc == 0 && cli_has(c, "grant")) {
		rc = sr_client_resolve(c->client, grant, cli_get(c, "grant"), "grant", e);
		b.grant = grant;
	}
	b.item = item;
	if (rc == 0)
		rc = sr_client_checkout(c->client, &b, checkout,
			cli_has(c, "break-glass") ? NULL : &files, &out, e);
	if (rc == SR_DENIED && out.code == 0 && strstr(e->text, "not witnessed") != NULL) {
		sr_hex(hex, checkout, SR_ID);
		cli_hint(c,
			"it stays begun for %d minutes: `strongroom cat %.12s` tries again. If it "
			"cannot wait: two of the members, curators and officers, `strongroom "
			"break-glass %.12s --reason TEXT`",
			SR_CHECKOUT_OPEN_MIN, hex, hex);
	} else if (rc == SR_DENIED && out.proven) {
		sr_hex(hex, checkout, SR_ID);
		why_not_open(c, item, hex);
	} else if (asked && (rc == SR_DENIED || rc == SR_NOTFOUND) && b.grant == NULL &&
		   b.right == NULL)
		why_no_grant(c, item);
	if (rc == 0 && cli_has(c, "break-glass")) {
		json_t *more = json_object();
		sr_hex(hex, checkout, SR_ID);
		json_object_set_new(more, "checkout", json_string(hex));
		rc = cli_done(c, &out, more, "checkout %s is begun, not open", hex);
		cli_tell(c,
			"two of the members, curators and officers say `strongroom break-glass "
			"%.12s --reason TEXT`, within %d minutes; then `strongroom cat %.12s`",
			hex, SR_CHECKOUT_OPEN_MIN, hex);
		sr_submitted_free(&out);
		return rc;
	}
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, checkout, SR_ID);
		json_object_set_new(more, "checkout", json_string(hex));
		json_object_set_new(more, "files", json_integer((json_int_t)files));
		rc = cli_done(c, &out, more, "checkout %s is open: %llu file%s", hex,
			(unsigned long long)files, files == 1 ? "" : "s");
	}
	if (rc == 0 && !c->json)
		rc = conditions_of(c, checkout, e);
	if (rc == 0 && !c->json) {
		rc = files_some(c, checkout, e);
		if (rc == 0)
			cli_tell(c,
				"read: strongroom cat %.12s    give back: strongroom return %.12s",
				hex, hex);
	}
	sr_submitted_free(&out);
	return rc;
}

struct finding {
	struct sr_bytes typed;
	uint64_t alike; /* how many */
	uint64_t at;    /* the first of them */
};

static int find_on_page(struct finding *f, const struct cli_answer *a, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < a->rows.count; i++) {
		const struct sr_bytes path = sr_row_get(&a->rows.rows[i], "path");
		uint64_t index = 0;
		if (!sr_name_alike(path, f->typed))
			continue;
		rc = sr_row_get_dec(&index, &a->rows.rows[i], "index", e);
		if (f->alike++ == 0)
			f->at = index;
	}
	return rc;
}

/* Which file is meant: a number, or its path. A keyboard spells an accent in one way, and the
 * machine that a file is from may in another: what looks the same is that file, where there is one
 * alone. */
static int find_file(struct cli *c, const uint8_t checkout[SR_ID], const char *typed,
	uint64_t *index, struct sr_err *e) {
	struct finding f = {.typed = sr_bytes_str(typed)};
	char shown[128];
	size_t n = FILES_PAGE;
	int rc = 0;
	if (sr_parse_dec(index, f.typed, INT64_MAX, NULL) == 0)
		return 0;
	for (uint64_t offset = 0; rc == 0 && n == FILES_PAGE; offset += n) {
		struct cli_answer a;
		rc = files_of(c, &a, checkout, offset, e);
		n = rc == 0 ? a.rows.count : 0;
		if (rc == 0)
			rc = find_on_page(&f, &a, e);
		cli_answer_free(&a);
	}
	if (rc != 0)
		return rc;
	(void)sr_escape_to(shown, sizeof shown, f.typed);
	if (f.alike == 0)
		return sr_fail(e, SR_NOTFOUND, "the item has no file \"%s\"", shown);
	if (f.alike > 1) {
		cli_hint(c, "give the number of the file, which the list has");
		return sr_fail(e, SR_USAGE, "%" PRIu64 " files have names that look like \"%s\"",
			f.alike, shown);
	}
	*index = f.at;
	return 0;
}

/* Pages of what comes (intake/pages.h): before each but the first stands a form feed, which came as
 * an escape and which no text can say. One page alone: the lines from its own to the next one's. */
enum {
	LINE_HELD = 64 << 10 /* bytes; longer lines are printed as they come */
};
struct one_page {
	uint64_t want; /* 0: all */
	struct sr_buf line;
	bool inside, found, paged; /* paged: the first page was there */
	bool going;                /* what comes next goes on with a line */
};

/* "--- page 12, ocr ---": 12; 0: it is none. */
static uint64_t page_of(struct sr_bytes line) {
	static const char start[] = "--- page ";
	uint64_t n = 0;
	if (line.len < sizeof start || memcmp(line.p, start, sizeof start - 1) != 0)
		return 0;
	for (size_t at = sizeof start - 1;
		at < line.len && line.p[at] >= '0' && line.p[at] <= '9' && n < UINT32_MAX; at++)
		n = n * 10 + (uint64_t)(line.p[at] - '0');
	return n;
}

static int page_line(struct one_page *p, struct sr_err *e) {
	static const char feed[] = "\\x0c";
	struct sr_bytes line = sr_buf_view(&p->line);
	uint64_t page = 0;
	int rc = 0;
	if (p->going)
		page = 0;
	else if (line.len > 4 && memcmp(line.p, feed, 4) == 0 &&
		 (page = page_of(sr_bytes_of(line.p + 4, line.len - 4))) != 0)
		line = sr_bytes_of(line.p + 4, line.len - 4);
	else if (!p->paged && (page = page_of(line)) == 1)
		p->paged = true; /* the first one */
	else
		page = 0;
	if (page != 0)
		p->inside = page == p->want;
	p->found = p->found || p->inside;
	p->going = line.len == 0 || line.p[line.len - 1] != '\n';
	if ((p->inside || p->want == 0) && fwrite(line.p, 1, line.len, stdout) != line.len)
		rc = sr_fail_errno(e, "standard output");
	sr_buf_clear(&p->line);
	return rc;
}

static int print_some(struct one_page *p, struct sr_bytes text, struct sr_err *e) {
	int rc = 0;
	while (rc == 0 && text.len > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.len);
		const size_t n = end != NULL ? (size_t)(end - text.p) + 1 : text.len;
		sr_buf_put(&p->line, text.p, n);
		rc = sr_buf_ok(&p->line, e);
		if (rc == 0 && (end != NULL || (p->want == 0 && p->line.len > LINE_HELD)))
			rc = page_line(p, e);
		text = sr_bytes_of(text.p + n, text.len - n);
	}
	return rc;
}

static int print_file(struct cli *c, const uint8_t checkout[SR_ID], uint64_t file, uint64_t page,
	struct sr_err *e) {
	struct one_page one = {.want = page};
	struct sr_page_at at = {.checkout = checkout, .file = file};
	struct sr_buf text;
	uint64_t next = 0, size = 0;
	int rc = 0;
	bool newline = true;
	sr_buf_init_secret(&text);
	sr_buf_init_secret(&one.line);
	do {
		sr_buf_clear(&text);
		rc = sr_client_page(c->client, &at, &text, &next, &size, e);
		if (rc == 0 && text.len > 0) {
			rc = print_some(&one, sr_buf_view(&text), e);
			newline = text.p[text.len - 1] == '\n';
		}
		at.offset = next; /* it goes on: the client refuses a page that does not */
	} while (rc == 0 && next < size && cli_stopped == 0);
	if (rc == 0 && one.line.len > 0)
		rc = page_line(&one, e);
	if (rc == 0 && !newline && (page == 0 || one.inside))
		putchar('\n');
	if (rc == 0 && page != 0 && !one.found)
		rc = sr_fail(e, SR_NOTFOUND,
			"there is no page %llu: the text of a file says in its first line how many "
			"it has, and one that is text itself has none",
			(unsigned long long)page);
	sr_buf_free(&one.line);
	sr_buf_free(&text);
	return rc;
}

/* Why a checkout is not live: it was ended, and by what. */
static void why_no_checkout(struct cli *c, const uint8_t checkout[SR_ID]) {
	struct cli_answer a, g;
	struct sr_err ignored = {0};
	char hex[2 * SR_ID + 1], state[32], of[32] = "";
	uint8_t id[SR_ID];
	sr_hex(hex, checkout, SR_ID);
	cli_ask(&a, "checkouts");
	const int rc = cli_call(c, &a, &ignored);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++) {
		const struct sr_row *row = &a.rows.rows[i];
		if (!sr_bytes_eq(sr_row_get(row, "id"), sr_bytes_str(hex)))
			continue;
		(void)sr_escape_to(state, sizeof state, sr_row_get(row, "state"));
		if (sr_row_get_id(id, SR_ID, row, "grant", NULL) != 0) {
			cli_hint(c, "that checkout is %s: checkout ITEM begins another", state);
			break;
		}
		cli_ask(&g, "grant");
		sr_text_put_hex(&g.q.head, "grant", id, SR_ID);
		const struct sr_row *found =
			cli_call(c, &g, &ignored) == 0 ? sr_rows_first(&g.rows, "grant") : NULL;
		if (found != NULL)
			(void)sr_escape_to(of, sizeof of, sr_row_get(found, "state"));
		sr_hex(hex, id, SR_ID);
		cli_hint(c, "that checkout is %s; its grant %.12s is %s%s", state, hex, of,
			strcmp(of, "live") == 0 ? ": checkout ITEM begins another" : "");
		cli_answer_free(&g);
		break;
	}
	cli_answer_free(&a);
}

/* Open (again) unless this process, or the running core, has it open. */
static int open_checkout(struct cli *c, const uint8_t checkout[SR_ID], struct sr_err *e) {
	struct cli_answer a;
	struct sr_err ignored = {0};
	uint64_t files = 0;
	int rc = files_of(c, &a, checkout, 0, &ignored);
	cli_answer_free(&a);
	return rc == 0 ? 0 : sr_client_open_item(c->client, checkout, &files, e);
}

/* Of one file there is no question which is meant: a text that the vault made of it is read by it,
 * and a folder is nothing to read. */
static int only_file(struct cli *c, const struct cli_answer *a, uint64_t *file, struct sr_err *e) {
	const uint64_t total = cli_field_dec(a, "total");
	const struct sr_row *one = NULL;
	size_t count = 0, made = 0;
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (!sr_bytes_eq(sr_row_get(row, "kind"), sr_bytes_str("regular")))
			continue;
		if (sr_row_get(row, "rendition").p != NULL) {
			made++;
			continue;
		}
		one = row;
		count++;
	}
	if (count == 0 && made == 1 && total == 1)
		one = &a->rows.rows[0]; /* of a redacted version nothing else may be left */
	if (one != NULL && count <= 1 && total == a->rows.count)
		return sr_row_get_dec(file, one, "index", e);
	cli_hint(c, "name one: strongroom cat %s NUMBER; `strongroom cat %s --list` shows them",
		c->args.words[0], c->args.words[0]);
	if (total == a->rows.count)
		return sr_fail(e, SR_USAGE, "the item has %zu files: which?", count + made);
	return sr_fail(e, SR_USAGE, "the item has %llu files: which?", (unsigned long long)total);
}

int verb_cat(struct cli *c, struct sr_err *e) {
	uint8_t checkout[SR_ID];
	uint64_t file = 0, page = 0;
	const bool named = c->args.word_count > 1;
	const char *typed = cli_get(c, "page");
	int rc = 0;
	if (typed != NULL &&
		(sr_parse_dec(&page, sr_bytes_str(typed), UINT32_MAX, NULL) != 0 || page == 0))
		return sr_fail(e, SR_USAGE, "--page: want a number from 1");
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, checkout, 0, "checkout", e);
	if (rc == 0)
		rc = open_checkout(c, checkout, e);
	if (rc == SR_NOTFOUND && strstr(e->text, "no live checkout") != NULL)
		why_no_checkout(c, checkout);
	if (rc == 0 && named)
		rc = find_file(c, checkout, c->args.words[1], &file, e);
	if (rc == 0 && (cli_has(c, "list") || c->json))
		return files_all(c, checkout, e);
	if (rc == 0 && !named) {
		struct cli_answer a;
		rc = files_of(c, &a, checkout, 0, e);
		if (rc == 0)
			rc = only_file(c, &a, &file, e);
		cli_answer_free(&a);
	}
	return rc == 0 ? print_file(c, checkout, file, page, e) : rc;
}

/* --- acts on a checkout or grant --- */

int verb_return(struct cli *c, struct sr_err *e) {
	return cli_act(c, SR_T_RETURN, "checkout", "returned; its key is wiped", e);
}

int verb_suspend(struct cli *c, struct sr_err *e) {
	return cli_act(c, SR_T_SUSPEND, "grant", "suspended; open checkouts ended", e);
}

/* --- revoke, lift: a request of its kind, and the asking member's own vote --- */

static int ask_about_grant(struct cli *c, const char *kind, const char *asks, struct sr_err *e) {
	struct sr_asking a = {.kind = kind};
	uint8_t grant[SR_ID];
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, grant, 0, "grant", e);
	a.target = grant;
	return rc == 0 ? cli_ask_board(c, &a, asks, e) : rc;
}

int verb_revoke(struct cli *c, struct sr_err *e) {
	return ask_about_grant(c, "revoke", "revoke this grant", e);
}

/* One's own suspension needs no reason and no board; with a reason the board is asked, whoever
 * suspended. Of an item: verb_things.c. */
int verb_lift(struct cli *c, struct sr_err *e) {
	if (c->args.word_count == 2)
		return verb_lift_flag(c, e);
	if (cli_has(c, "ask"))
		return sr_fail(e, SR_USAGE, "--ask is about the seal of an item: ITEM FLAG --ask");
	if (cli_has(c, "reason") || cli_has(c, "reason-file"))
		return ask_about_grant(c, "lift", "lift this grant's suspension", e);
	const int rc = cli_act(c, SR_T_LIFT, "grant", "lifted: the grant is live again", e);
	if (rc == SR_NOTFOUND)
		cli_hint(c,
			"what stands on an item is lifted by two ids: strongroom lift ITEM FLAG; "
			"`strongroom show ITEM` lists them");
	return rc;
}
