/*
 * Tests of verbs against a vault that answers, honestly or not: what a liar leaves out of an answer
 * is missed, and what an honest one has not is said to be not there. One vault for all of it.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/describing.h"
#include "cli/verbs.h"
#include "cli_rig.h"
#include "client_rig.h"
#include "intake/deposit.h"
#include "things.h"
#include "world.h"

#define NOBODY "p-0000000000000000"

static struct {
	struct office *o;
	struct world *w;
	struct desk *member, *curator, *second, *researcher, *officer, *auditor, *depositor;
	uint8_t item[4][SR_ID]; /* the last two are held */
	struct world_request request;
	uint8_t grant[SR_ID];
	struct world_checkout checkout;
	char hex[8][2 * SR_ID + 1]; /* of items, request, grant, checkout, accession */
} r;

enum {
	ITEM,
	SECOND,
	HELD,
	UNNAMED,
	REQUEST,
	GRANT,
	CHECKOUT,
	ACCESSION
};

/* "%ITEM" and so on in a line: the id. */
static const char *const names[] = {
	"%ITEM", "%SECOND", "%HELD", "%UNNAMED", "%REQUEST", "%GRANT", "%CHECKOUT", "%ACCESSION"};

static void with_ids(char *out, size_t size, const char *line) {
	size_t len = 0;

	while (*line != '\0' && len + 1 < size) {
		size_t i = 0;

		while (i < T_COUNT(names) && strncmp(line, names[i], strlen(names[i])) != 0)
			i++;
		if (i == T_COUNT(names)) {
			out[len++] = *line++;
			continue;
		}
		len += (size_t)snprintf(out + len, size - len, "%s", r.hex[i]);
		line += strlen(names[i]);
	}
	out[len] = '\0';
}

static void line_at(struct rig_line *l, struct desk *d, const char *line) {
	char text[4096];

	with_ids(text, sizeof text, line);
	cli_rig_as = (struct cli_rig_as){d->c, &d->id};
	rig_line(l, text);
	memset(&cli_rig_as, 0, sizeof cli_rig_as);
}

static void fails_at(struct desk *d, const char *line, enum sr_code code, const char *piece) {
	struct rig_line l;

	line_at(&l, d, line);
	if (l.rc != (int)code || strstr(l.e.text, piece) == NULL)
		print_error("strongroom %s\n", line);
	assert_fails(l.rc, code, &l.e, piece);
}

/* The accession of an item, as the vault tells it. */
static void accession_of(char hex[2 * SR_ID + 1], const uint8_t item[SR_ID]) {
	struct cli c = {.client = r.curator->c};
	struct cli_answer a;
	uint8_t id[SR_ID];

	assert_ok(cli_item_ask(&a, &c, item, &r.curator->e), &r.curator->e);
	assert_ok(sr_row_get_id(
			  id, SR_ID, sr_rows_first(&a.rows, "item"), "accession", &r.curator->e),
		&r.curator->e);
	sr_hex(hex, id, SR_ID);
	cli_answer_free(&a);
}

static int setup(void **state) {
	memset(&r, 0, sizeof r);
	(void)cli_rig_move_in(state);
	t_write_file("file", "x", 1);
	assert_int_equal(setenv("STRONGROOM_INTAKE", "later", 1), 0);
	assert_int_equal(setenv("STRONGROOM_VAULT", cli_rig_home, 1), 0);
	assert_int_equal(setenv("STRONGROOM_STATE", cli_rig_home, 1), 0);
	r.o = office_new(NULL);
	r.w = r.o->w;
	for (size_t i = 0; i < 4; i++)
		put_item(r.w, r.item[i], i < 2);
	r.request = (struct world_request){
		.by = &r.w->researcher[0], .items = (const uint8_t(*)[SR_ID])r.item, .count = 1};
	assert_int_equal(world_request(r.w, &r.request), 0);
	world_grant(r.w, r.request.id, r.grant);
	r.checkout = (struct world_checkout){
		.by = &r.w->researcher[0], .grant = r.grant, .item = r.item[0]};
	assert_int_equal(world_checkout(r.w, &r.checkout), 0);
	assert_int_equal(world_open(r.w, &r.checkout), 0);
	r.member = desk_new(r.o, &r.w->member[0]);
	r.curator = desk_new(r.o, &r.w->curator[0]);
	r.second = desk_new(r.o, &r.w->curator[1]);
	r.researcher = desk_new(r.o, &r.w->researcher[0]);
	r.officer = desk_new(r.o, &r.w->officer);
	r.auditor = desk_new(r.o, &r.w->auditor);
	r.depositor = desk_new(r.o, &r.w->depositor);
	for (size_t i = 0; i < 4; i++)
		sr_hex(r.hex[i], r.item[i], SR_ID);
	sr_hex(r.hex[REQUEST], r.request.id, SR_ID);
	sr_hex(r.hex[GRANT], r.grant, SR_ID);
	sr_hex(r.hex[CHECKOUT], r.checkout.id, SR_ID);
	accession_of(r.hex[ACCESSION], r.item[0]);
	return 0;
}

static int teardown(void **state) {
	struct desk *const all[] = {
		r.member, r.curator, r.second, r.researcher, r.officer, r.auditor, r.depositor};

	for (size_t i = 0; i < T_COUNT(all); i++)
		desk_free(all[i]);
	office_free(r.o);
	return cli_rig_move_out(state);
}

/* --- lies ------------------------------------------------------------------------------------- */

struct lie {
	const char *op, *row; /* rows of that kind are left out of the answer; NULL: all */
};

static void leave_out(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	const struct lie *l = ctx;

	if (l->row != NULL && !sr_row_is(row, l->row))
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
}

static int without(struct liar *liar, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	const struct lie *l = liar->ctx;

	(void)q;
	(void)e;
	if (strcmp(op, l->op) != 0)
		return 0;
	lie_rows(answer, leave_out, liar->ctx);
	liar->was_twisted = true;
	return 0;
}

static void left_out(void **state) {
	struct {
		struct desk *who;
		const char *line;
		struct lie lie;
		enum sr_code code;
		const char *piece;
	} rows[] = {
		{r.member, "person show " NOBODY, {"person", "person"}, SR_CORRUPT,
			"the answer holds no person"},
		{r.researcher, "show %ITEM", {"item", "item"}, SR_CORRUPT,
			"the answer holds no item"},
		{r.curator, "describe %ITEM --title t", {"item", "item"}, SR_CORRUPT,
			"the answer holds no item"},
		{r.researcher, "grant %GRANT", {"grant", "grant"}, SR_CORRUPT,
			"the answer holds no grant"},
		{r.researcher, "request show %REQUEST", {"request", "version"}, SR_CORRUPT,
			"the answer holds no version"},
		{r.researcher, "amend %REQUEST --reason r", {"request", "version"}, SR_CORRUPT,
			"the answer holds no version"},
		{r.member, "log disclose 0 --out told", {"proof", NULL}, SR_AUTH,
			"the vault gave 0 receipts, want 1"},
	};
	char line[100];

	(void)state;
	(void)snprintf(line, sizeof line, "person show %s", r.w->researcher[0].person);
	rows[0].line = line;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct liar *liar = &rows[i].who->liar;

		liar->twist = without;
		liar->ctx = &rows[i].lie;
		liar->was_twisted = false;
		fails_at(rows[i].who, rows[i].line, rows[i].code, rows[i].piece);
		liar->twist = NULL;
		assert_true(liar->was_twisted);
	}
	assert_false(t_exists("told.tlog-proof"));
}

/* Another entry's receipt, which is right in itself. */
static int next_entry(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	struct sr_call again;
	int rc;

	(void)q;
	if (strcmp(op, "proof") != 0)
		return 0;
	sr_call_init(&again);
	sr_call_begin(&again, op);
	sr_text_put_dec(&again.head, "index", 1);
	rc = l->real.call(l->real.ctx, &again, answer, e);
	sr_call_free(&again);
	return rc;
}

static void another_receipt(void **state) {
	(void)state;
	r.member->liar.twist = next_entry;
	fails_at(r.member, "log disclose 0 --out told", SR_AUTH,
		"the vault gave the receipt of entry 1, not of 0");
	r.member->liar.twist = NULL;
	assert_false(t_exists("told.tlog-proof"));
}

static void twice(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	(void)ctx;
	lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
	lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
}

static int doubled(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "collections") == 0 || strcmp(op, "resolve") == 0)
		lie_rows(answer, twice, NULL);
	return 0;
}

static void two_collections(void **state) {
	(void)state;
	r.depositor->liar.twist = doubled;
	fails_at(r.depositor, "deposit file --collection Seized\tarchive", SR_USAGE,
		"2 collections have that name; give the id");
	r.depositor->liar.twist = NULL;
	fails_at(r.depositor, "deposit file --collection Seized\tarchive --resume 12", SR_USAGE,
		"--resume: want the 32 digits of the accession");
}

/* What was typed begins more than one id; and what the report of a person is read for. */
static void say_more(void **state) {
	char line[100], piece[200];

	(void)state;
	(void)snprintf(line, sizeof line, "show %.8s", r.hex[ITEM]);
	(void)snprintf(piece, sizeof piece,
		"%.8s begins more than one id: item %.12s, item %.12s; type more digits",
		r.hex[ITEM], r.hex[ITEM], r.hex[ITEM]);
	r.researcher->liar.twist = doubled;
	fails_at(r.researcher, line, SR_USAGE, piece);
	r.researcher->liar.twist = NULL;
	(void)snprintf(line, sizeof line, "audit report --person %s", r.w->researcher[0].person);
	fails_at(r.auditor, line, SR_USAGE,
		"--reason TEXT is missing: whoever reads what a person did says why");
}

/* Behind the item: what the parsers of two files say, who do not agree. */
static void add_said(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	static const char *const said[] = {"Ada", "Bob"};

	(void)ctx;
	lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
	for (size_t i = 0; sr_row_is(row, "item") && i < T_COUNT(said); i++) {
		sr_row(o, "said");
		sr_row_dec(o, "file", i);
		sr_row_str(o, "field", "creator");
		sr_row_str(o, "value", said[i]);
	}
}

static int say_two(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "item") == 0)
		lie_rows(answer, add_said, NULL);
	return 0;
}

static void files_disagree(void **state) {
	(void)state;
	r.curator->liar.twist = say_two;
	fails_at(r.curator, "describe %HELD --from-extracted creator", SR_USAGE,
		"creator: its files say different things; give --creator to say which");
	r.curator->liar.twist = NULL;
}

/* --- a bag that changes under the deposit ----------------------------------------------------- */

static void other_bytes(void) {
	t_write_file("bag/data/a", "other", 5);
}

static void file_gone(void) {
	assert_int_equal(unlink("bag/data/a"), 0);
}

static void changed_bag(void **state) {
	static const char bagit[] = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
	static const struct {
		void (*meanwhile)(void);
		const char *piece;
	} rows[] = {
		{other_bytes,
			"data/a is not what it was when the bag was judged: nothing is signed"},
		{file_gone, "the bag had "},
	};
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1], manifest[128];

	(void)state;
	assert_int_equal(mkdir("bag", 0700), 0);
	assert_int_equal(mkdir("bag/data", 0700), 0);
	t_write_file("bag/bagit.txt", bagit, sizeof bagit - 1);
	sr_sha256(hash, "bytes", 5);
	sr_hex(hex, hash, SR_HASH);
	const int len = snprintf(manifest, sizeof manifest, "%s  data/a\n", hex);

	t_write_file("bag/manifest-sha256.txt", manifest, (size_t)len);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		t_write_file("bag/data/a", "bytes", 5);
		cli_rig_meanwhile = rows[i].meanwhile;
		fails_at(r.depositor, "deposit --bag bag --collection Seized\tarchive", SR_AUTH,
			rows[i].piece);
		cli_rig_meanwhile = NULL;
	}
}

/* --- an interruption -------------------------------------------------------------------------- */

static void interrupted(void) {
	cli_stopped = SIGINT;
}

static int never_ends(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "audit.replay") == 0)
		lie_head(answer, "ended", NULL);
	return 0;
}

/* The vault has more to look through, and would go on at once. */
static int more_to_do(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "intake.turn") == 0) {
		lie_head(answer, "left", "3");
		lie_head(answer, "nap", "0");
	}
	return 0;
}

/* ^C between two turns of what is done after deposits: it goes on another time. */
static void stopped_intake(void **state) {
	struct cli c = {.client = r.curator->c, .core = &r.o->core, .quiet = true};
	struct sr_err e = {0};

	(void)state;
	r.curator->liar.twist = more_to_do;
	cli_stopped = SIGINT;
	assert_fails(cli_intake_run(&c, &e), SR_LOCKED, &e, "stopped on request");
	assert_non_null(strstr(c.hint, "nothing is lost: `strongroom intake run` goes on"));
	cli_stopped = 0;
	r.curator->liar.twist = NULL;
	r.o->core.works = false; /* as it was */
}

/* A grant of copies of the second item, for somebody's age key. */
static void export_grant(char hex[2 * SR_ID + 1]) {
	char recipient[64];
	struct world_request rq = {.by = &r.w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])r.item[1],
		.count = 1,
		.recipient = recipient};
	uint8_t grant[SR_ID];
	struct sr_err e = {0};

	assert_ok(sr_identity_age_recipient(recipient, r.researcher->id.pk, &e), &e);
	assert_int_equal(world_request(r.w, &rq), 0);
	world_grant(r.w, rq.id, grant);
	sr_hex(hex, grant, SR_ID);
}

/* ^C between two steps: the verb ends by itself, and what it would have made is not there. */
static void stopped(void **state) {
	char export[200], exports[200], grant[2 * SR_ID + 1];
	const struct {
		struct desk *who;
		const char *line, *made;
	} rows[] = {
		{r.auditor, "log export www", "www/checkpoint"},
		{r.auditor, "audit export --premis", NULL},
		{r.curator, "describe --rows t.csv", NULL},
		{r.researcher, export, "copy.age"},
		{r.researcher, exports, NULL},
		{r.auditor, "log", NULL},
		{r.auditor, "audit report", NULL},
	};
	char table[200];

	(void)state;
	export_grant(grant);
	(void)snprintf(export, sizeof export, "export %s %s --out copy.age", grant, r.hex[SECOND]);
	(void)snprintf(exports, sizeof exports, "export %s --all --out copies", grant);
	const int len = snprintf(table, sizeof table, "item,title\n%s,once more\n", r.hex[HELD]);

	t_write_file("t.csv", table, (size_t)len);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		cli_rig_meanwhile = interrupted;
		fails_at(rows[i].who, rows[i].line, SR_LOCKED, "stopped on request");
		cli_rig_meanwhile = NULL;
		cli_stopped = 0;
		assert_true(rows[i].made == NULL || !t_exists(rows[i].made));
	}
	/* A replay goes on another time: here the vault says that it did not come to its end. */
	cli_rig_meanwhile = interrupted;
	r.auditor->liar.twist = never_ends;
	fails_at(r.auditor, "audit replay", SR_LOCKED, "stopped on request at entry ");
	r.auditor->liar.twist = NULL;
	cli_rig_meanwhile = NULL;
	cli_stopped = 0;
	/* What somebody may not say is refused with its row. */
	fails_at(r.depositor, "describe --rows t.csv", SR_DENIED, "row 2: ");
}

/* --- what is not there ------------------------------------------------------------------------ */

static void not_there(void **state) {
	const struct {
		struct desk *who;
		const char *line;
		enum sr_code code;
		const char *piece;
	} rows[] = {
		{r.researcher, "cat %CHECKOUT nothing.txt", SR_NOTFOUND,
			"the item has no file \"nothing.txt\""},
		{r.curator, "describe %ITEM --hazard graphic@nothing.txt", SR_USAGE,
			"hazard: the item has no file \"nothing.txt\""},
		{r.curator, "describe %ITEM --hazard graphic@9", SR_USAGE,
			"hazard: there is no file 9, the item has 1 (from 0)"},
		{r.member, "policy show --number 9", SR_NOTFOUND,
			"the board has no rules number 9"},
		{r.member, "policy show", SR_NOTFOUND, "the board has adopted no rules"},
		{r.officer, "policy explain ffffffffffffffffffffffffffffffff", SR_NOTFOUND,
			"there is no request, grant or checkout ffffffffffffffffffffffffffffffff"},
		{r.officer, "audit person ada", SR_USAGE,
			"a person is p- and 16 digits, as `person list` shows"},
		{r.officer, "audit person " NOBODY " --format html --out f", SR_USAGE,
			"what is held on a person comes as table or jsonl, what they looked at "
			"also as csv"},
		{r.officer, "audit person " NOBODY, SR_USAGE,
			"--reason TEXT is missing: whoever reads what is held on another says why"},
		{r.member, "log disclose 0 --out told/", SR_USAGE,
			"\"told/\" is no name for a file"},
		{r.curator, "release --accession %ACCESSION", SR_NOTFOUND,
			"no item of this accession is held"},
		{r.member, "board reshare --reason r --leave " NOBODY, SR_USAGE,
			"--leave: " NOBODY " is not a member of this board"},
		{r.researcher, "amend %REQUEST --without " NOBODY, SR_USAGE,
			"--without: names somebody twice, or no co-applicant of the request"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		fails_at(rows[i].who, rows[i].line, rows[i].code, rows[i].piece);
}

/* An item takes 64 marks of parts, beside its own hazards, and the command says as many. */
static void as_many_marks(void **state) {
	char line[2048];
	struct rig_line l;

	(void)state;
	for (size_t n = 64; n <= 65; n++) {
		size_t len = (size_t)snprintf(
			line, sizeof line, "describe %s --hazard graphic", r.hex[HELD]);

		for (size_t i = 0; i < n; i++)
			len += (size_t)snprintf(
				line + len, sizeof line - len, " --hazard graphic@0:%zu", i + 1);
		line_at(&l, r.curator, line);
		if (n == 64) {
			assert_ok(l.rc, &l.e);
			continue;
		}
		assert_fails(l.rc, SR_LIMIT, &l.e,
			"hazard: an item has marks for 64 parts at most; mark a whole file");
	}
}

/* The vote on a bundle is for the request that was named. */
static void other_bundle(void **state) {
	char piece[200];
	struct rig_line l;

	(void)state;
	line_at(&l, r.member, "request show %REQUEST --bundle b");
	assert_ok(l.rc, &l.e);
	(void)snprintf(
		piece, sizeof piece, "the bundle holds request %s, not ffff", r.hex[REQUEST]);
	fails_at(r.member, "vote ffff approve --bundle b", SR_USAGE, piece);
}

/* Of several items some are refused: each is told, and at the end how many were not. */
static void some(void **state) {
	struct rig_line l;

	(void)state;
	line_at(&l, r.officer, "seal %ITEM");
	assert_ok(l.rc, &l.e);
	fails_at(r.officer, "seal %ITEM %SECOND", SR_DENIED, "1 of 2 items were sealed");
	line_at(&l, r.curator, "describe %HELD --title a\tpage");
	assert_ok(l.rc, &l.e);
	fails_at(r.second, "release %HELD %UNNAMED", SR_DENIED, "1 of 2 items were released");
}

/* --- what to do ------------------------------------------------------------------------------- */

/* The replay found this, whatever it did. */
static int finds(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	struct sr_rows_out o;

	(void)q;
	(void)e;
	if (strcmp(op, "audit.replay") != 0)
		return 0;
	sr_buf_clear(&answer->body);
	sr_rows_begin(&o, &answer->body);
	sr_row(&o, "finding");
	sr_row_str(&o, "what", l->ctx);
	sr_row_dec(&o, "entry", 5);
	sr_row_str(&o, "text", "entry 5 is not what it should be");
	return 1;
}

/* ${ctx} is refused, whatever it would have been. */
static int refuses(struct liar *l, const char *op, struct sr_call *q, struct sr_call *answer,
	struct sr_err *e) {
	(void)q;
	(void)answer;
	(void)e;
	return strcmp(op, l->ctx) == 0 ? 1 : 0;
}

static void advised(void **state) {
	static char newer[] = "newer", rule[] = "rule", ballot[] = "request.material",
		    item[] = "item";
	const struct {
		struct desk *who;
		const char *line;
		int (*twist)(struct liar *l, const char *op, struct sr_call *q,
			struct sr_call *answer, struct sr_err *e);
		void *ctx;
		const char *hint;
	} rows[] = {
		{r.auditor, "audit replay", finds, newer,
			"replay it with the strongroom that wrote its newest entries, before "
			"anything is made of this"},
		{r.auditor, "audit replay", finds, rule,
			"evidence: keep this vault as it is, and compare it with an export, a "
			"backup and receipts; `rebuild` makes the catalogue anew, once it is clear "
			"who changed it"},
		{r.member, "revoke %GRANT --reason enough", refuses, ballot,
			"the request to revoke this grant is made: members vote on "},
		{r.curator, "deposit --collection Seized\tarchive --rows rows.csv", refuses, item,
			"the deposit itself is complete. Go on with: strongroom describe --rows "
			"rows.csv --accession "},
		{r.curator, "reseal run %GRANT", NULL, NULL,
			"the same command goes on with what is left"},
	};

	(void)state;
	t_write_file("rows.csv", "path,title,language\nfile,A page,en\n", 35);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct rig_line l;

		rows[i].who->liar.twist = rows[i].twist;
		rows[i].who->liar.ctx = rows[i].ctx;
		rows[i].who->liar.asked[0] = '\0';
		line_at(&l, rows[i].who, rows[i].line);
		rows[i].who->liar.twist = NULL;
		if (l.rc == 0 || strstr(l.hint, rows[i].hint) == NULL)
			fail_msg("%s\n %d: %s\n hint: %s\n asked:%s", rows[i].line, l.rc, l.e.text,
				l.hint, rows[i].who->liar.asked);
	}
}

/* What is too long for one item is that however often the deposit goes on. */
static void too_long(void **state) {
	struct rig_line l;

	(void)state;
	sr_deposit_list_max(10);
	line_at(&l, r.depositor, "deposit --collection Seized\tarchive file");
	sr_deposit_list_max(SR_OBJECT_MAX);
	assert_fails(l.rc, SR_LIMIT, &l.e, "the list of the item's files is longer than 10 bytes");
	assert_non_null(strstr(l.hint, "deposit --abandon "));
	assert_non_null(
		strstr(l.hint, " removes what was stored of it; then deposit it otherwise"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left_out),
		cmocka_unit_test(another_receipt),
		cmocka_unit_test(two_collections),
		cmocka_unit_test(say_more),
		cmocka_unit_test(files_disagree),
		cmocka_unit_test(changed_bag),
		cmocka_unit_test(stopped),
		cmocka_unit_test(stopped_intake),
		cmocka_unit_test(not_there),
		cmocka_unit_test(as_many_marks),
		cmocka_unit_test(other_bundle),
		cmocka_unit_test(some),
		cmocka_unit_test(advised),
		cmocka_unit_test(too_long),
	};
	char *memory = t_tmp_in_memory();
	const int failed = cmocka_run_group_tests(tests, setup, teardown);

	t_tmp_remove(memory);
	return failed;
}
