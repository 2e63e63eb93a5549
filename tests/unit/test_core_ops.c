/*
 * The table of operations: every row against its own words, who may call, what each role sees,
 * and one whole story through it: deposit, describe, release, request, grant, checkout, reading,
 * return, proofs, the log, verify, scrub, rebuild.
 */
#include <unistd.h>

#include "board/held.h"
#include "catalogue/lists.h"
#include "core_desk.h"
#include "core_rig.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "merkle/proof.h"
#include "world.h"

/* --- the table --- */

static const char *sample(enum sr_value_kind kind) {
	switch (kind) {
	case SR_V_ID:
		return "00112233445566778899aabbccddeeff";
	case SR_V_HASH:
		return "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	case SR_V_PERSON:
		return "p-0011223344556677";
	case SR_V_KEY:
		return "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	case SR_V_DEC:
		return "1";
	case SR_V_TOKEN:
	case SR_V_NAME:
		return "0011";
	case SR_V_TIME:
		return "2026-11-21T10:00:00Z";
	case SR_V_CARD:
	case SR_V_TEXT:
	case SR_V_COUNT_ROOT:
	case SR_V_LEVEL_KEY:
	case SR_V_LEVEL_QUORUM:
	case SR_V_ID_HASH:
		break;
	}
	fail_msg("the table uses a kind that the test has no sample of");
	return "";
}

/* A call with every field that must be there. */
static void minimal(char *out, size_t size, const struct sr_op_info *op) {
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < SR_OP_FIELDS && op->in[i].key != NULL; i++) {
		if (op->in[i].cardinality != SR_ONE && op->in[i].cardinality != SR_SOME)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s %s", len == 0 ? "" : " ",
			op->in[i].key, sample(op->in[i].kind));
		assert_true(len < size);
	}
}

static void test_table(void **state) {
	size_t n = 0;
	(void)state;
	for (; sr_op_at(n) != NULL; n++) {
		const struct sr_op_info *op = sr_op_at(n);
		for (size_t j = 0; j < n; j++)
			assert_string_not_equal(op->name, sr_op_at(j)->name);
		assert_ptr_equal(sr_op_named(sr_bytes_str(op->name)), op);
		assert_true(op->needs != SR_NEEDS_ROLE || op->roles != 0);
		assert_int_equal(op->roles & ~(unsigned)SR_ROLES_ALL, 0);
		for (size_t i = 0; i < SR_OP_FIELDS && op->in[i].key != NULL; i++) {
			struct sr_err e = {0};
			assert_ok(sr_value_check(
					  op->in[i].kind, sr_bytes_str(sample(op->in[i].kind)), &e),
				&e);
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(op->in[i].key, op->in[j].key);
		}
	}
	assert_true(n >= 46);
	assert_null(sr_op_named(sr_bytes_str("item.delete")));
}

static void test_refusals(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk d;
	struct rig_far far;
	char fields[600], more[700];
	(void)state;
	rig_far_open(&d, &far, &g->core);
	for (size_t i = 0; sr_op_at(i) != NULL; i++) {
		const struct sr_op_info *op = sr_op_at(i);
		struct sr_buf body;
		sr_buf_init(&body);
		sr_buf_put_u8(&body, 1);
		minimal(fields, sizeof fields, op);
		/* Nobody: whatever the table says needs somebody. */
		far.session.person[0] = '\0';
		(void)!rig_call(&d, op->name, fields, NULL);
		if (op->needs != SR_NEEDS_NONE)
			assert_fails(d.rc, SR_DENIED, &d.e, "log in");
		/* A person of the wrong role. */
		rig_login(&d, &g->w->researcher[2]);
		(void)!rig_call(&d, op->name, fields, NULL);
		if (op->roles != 0)
			assert_fails(d.rc, SR_DENIED, &d.e, "is for");
		/* Words that the table does not have; a body where none belongs; a field too few.
		 */
		snprintf(more, sizeof more, "%s%spassword 1", fields, fields[0] == '\0' ? "" : " ");
		assert_fails(rig_call(&d, op->name, more, NULL), SR_USAGE, &d.e,
			"has no field \"password\"");
		if (!op->body)
			assert_fails(rig_call(&d, op->name, fields, &body), SR_USAGE, &d.e,
				"takes no body");
		if (fields[0] != '\0')
			assert_fails(rig_call(&d, op->name, NULL, NULL), SR_USAGE, &d.e,
				"needs the field");
		for (size_t j = 0; j < SR_OP_FIELDS && op->in[j].key != NULL; j++) {
			if (op->in[j].kind == SR_V_NAME)
				continue; /* takes any printable word */
			snprintf(more, sizeof more, "%s OH~NO", op->in[j].key);
			assert_fails(
				rig_call(&d, op->name, more, NULL), SR_USAGE, &d.e, op->in[j].key);
			if (op->in[j].cardinality == SR_ANY)
				continue;
			snprintf(more, sizeof more, "%s%s%s %s %s %s", fields,
				fields[0] == '\0' ? "" : " ", op->in[j].key, sample(op->in[j].kind),
				op->in[j].key, sample(op->in[j].kind));
			assert_fails(rig_call(&d, op->name, more, NULL), SR_USAGE, &d.e, "times");
		}
		sr_buf_free(&body);
	}
	assert_fails(
		rig_call(&d, "item.delete", NULL, NULL), SR_UNSUPPORTED, &d.e, "\"item.delete\"");
	rig_desk_close(&d);
	rig_free(g);
}

/* --- deposit --- */

static void put_file(struct sr_buf *b, const char *path, const char *content, size_t step) {
	const size_t len = strlen(content);
	sr_buf_put_u8(b, 'F');
	sr_buf_put_u8(b, SR_FILE_REGULAR);
	sr_buf_put_le64(b, (uint64_t)W_TIME);
	sr_buf_put_le32(b, 5);
	sr_buf_put_le64(b, len);
	sr_buf_put_lp(b, sr_bytes_str(path));
	sr_buf_put_lp(b, sr_bytes_str("text/plain"));
	sr_buf_put_lp(b, sr_bytes_str(""));
	for (size_t i = 0; i < len; i += step) {
		sr_buf_put_u8(b, 'D');
		sr_buf_put_lp(b, sr_bytes_of(content + i, len - i < step ? len - i : step));
	}
}

static void put_tag(struct sr_buf *b, char tag, const char *text) {
	sr_buf_put_u8(b, (uint8_t)tag);
	if (text != NULL)
		sr_buf_put_lp(b, sr_bytes_str(text));
}

static void deposit(struct rig *g, uint8_t items[2][SR_ID]) {
	struct rig_desk *d = &g->desk;
	struct sr_accession_list list;
	struct sr_buf b;
	sr_buf_init(&b);
	rig_login(d, &g->w->depositor);
	assert_fails(
		rig_call(d, "deposit.put", NULL, NULL), SR_USAGE, &d->e, "no deposit is under way");
	assert_ok(
		rig_call(d, "deposit.begin", rig_hex("collection", g->w->collection, SR_ID), NULL),
		&d->e);
	assert_fails(
		rig_call(d, "deposit.begin", rig_hex("collection", g->w->collection, SR_ID), NULL),
		SR_LOCKED, &d->e, "under way on this connection");
	assert_fails(
		rig_call(d, "rebuild", NULL, NULL), SR_LOCKED, &d->e, "deposits are under way");
	/* Two items; the letter in pieces of seven bytes and over two messages. */
	put_tag(&b, 'I', "The letter");
	put_file(&b, "letter.txt", LETTER, 7);
	assert_ok(rig_call(d, "deposit.put", NULL, &b), &d->e);
	assert_int_equal(rig_count(d, "file"), 0);
	sr_buf_clear(&b);
	put_tag(&b, 'E', NULL);
	put_file(&b, "torn.txt", "half of i", 4);
	put_tag(&b, 'X', "the disk made a noise");
	put_tag(&b, 'J', NULL);
	put_tag(&b, 'I', "");
	put_file(&b, "diary.txt", "Tuesday.\n", 1000);
	put_tag(&b, 'C', NULL);
	put_tag(&b, 'J', NULL);
	assert_ok(rig_call(d, "deposit.put", NULL, &b), &d->e);
	assert_int_equal(rig_count(d, "file"), 3);
	const struct sr_row *letter = rig_row(d, "file", "path", "letter.txt");
	uint8_t sha[SR_HASH], want[SR_HASH];
	sr_sha256(want, LETTER, strlen(LETTER));
	assert_cell(letter, "status", "stored");
	assert_ok(sr_row_get_id(sha, SR_HASH, letter, "sha256", &d->e), &d->e);
	assert_memory_equal(sha, want, SR_HASH);
	assert_cell(rig_row(d, "file", "path", "diary.txt"), "status", "changed");
	assert_cell(rig_row(d, "file", "path", "diary.txt"), "reason",
		"it was written to while it was read");
	assert_cell(rig_row(d, "file", "path", "torn.txt"), "status", "unreadable");
	const struct sr_bytes reason = sr_row_get(rig_row(d, "file", "path", "torn.txt"), "reason");
	assert_non_null(reason.p);
	assert_non_null(memmem(reason.p, reason.len, "the disk made a noise", 21));
	assert_ok(rig_call(d, "deposit.finish", NULL, NULL), &d->e);
	assert_true(d->r.body.len > SR_SALT);
	assert_ok(sr_accession_list_read(&list,
			  sr_bytes_of(d->r.body.p + SR_SALT, d->r.body.len - SR_SALT), &d->e),
		&d->e);
	assert_int_equal(list.item_count, 2);
	memcpy(items[0], list.items[0].id, SR_ID);
	memcpy(items[1], list.items[1].id, SR_ID);
	sr_accession_list_free(&list);
	assert_ok(rig_accession(g, &g->desk), &d->e);
	assert_non_null(sr_text_get(&d->r.text, "index").p);
	assert_non_null(sr_row_get(rig_row(d, "outcome", "code", "OK"), "receipt").p);
	assert_int_equal(g->core.deposits, 0);
	sr_buf_free(&b);
}

/* What a depositor may not do: read on, or be out of order. */
static void test_deposit_order(void **state) {
	static const struct {
		const char *tags;
		const char *piece;
	} bad[] = {
		{"F", "between items; want inside an item"},
		{"E", "between items; want inside a file"},
		{"C", "between items; want inside a file"},
		{"J", "between items; want inside an item"},
		{"IE", "inside an item; want inside a file"},
		{"II", "inside an item; want between items"},
		{"IFF", "inside a file; want inside an item"},
		{"IFJ", "inside a file; want inside an item"},
		{"A", "between items; want inside an item"},
		{"IFA", "inside a file; want inside an item"},
		{"IAA", "no file after what says that it is an age file"},
		{"IAJ", "no file after what says that it is an age file"},
		{"?", "record 0x3f"},
	};
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk, other;
	(void)state;
	rig_login(d, &g->w->depositor);
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		struct sr_buf b;
		sr_buf_init(&b);
		assert_ok(rig_call(d, "deposit.begin",
				  rig_hex("collection", g->w->collection, SR_ID), NULL),
			&d->e);
		for (const char *t = bad[i].tags; *t != '\0'; t++) {
			if (*t == 'F')
				put_file(&b, "a", "", 1);
			else
				put_tag(&b, *t, *t == 'I' ? "" : NULL);
		}
		assert_fails(rig_call(d, "deposit.put", NULL, &b), SR_CORRUPT, &d->e, bad[i].piece);
		assert_fails(rig_call(d, "deposit.put", NULL, &b), SR_CORRUPT, &d->e, NULL);
		assert_ok(rig_call(d, "deposit.abort", NULL, NULL), &d->e);
		sr_buf_free(&b);
	}
	/* Cut anywhere within a record: refused, and the deposit can be given up. */
	struct sr_buf whole;
	sr_buf_init(&whole);
	put_file(&whole, "a", "bcd", 3);
	for (size_t cut = 1; cut < whole.len; cut++) {
		struct sr_buf b;
		sr_buf_init(&b);
		put_tag(&b, 'I', "");
		sr_buf_put(&b, whole.p, cut);
		assert_ok(rig_call(d, "deposit.begin",
				  rig_hex("collection", g->w->collection, SR_ID), NULL),
			&d->e);
		(void)!rig_call(d, "deposit.put", NULL, &b);
		if (cut != whole.len - 8)
			assert_int_equal(d->e.code, SR_CORRUPT);
		assert_ok(rig_call(d, "deposit.abort", NULL, NULL), &d->e);
		sr_buf_free(&b);
	}
	sr_buf_free(&whole);
	/* One that is left in the middle of a file when the connection ends can be resumed. */
	struct sr_buf b;
	uint8_t accession[SR_ID];
	sr_buf_init(&b);
	rig_desk_open(&other, &g->core);
	rig_login(&other, &g->w->depositor);
	assert_ok(rig_call(&other, "deposit.begin", rig_hex("collection", g->w->collection, SR_ID),
			  NULL),
		&other.e);
	assert_ok(sr_unhex(accession, SR_ID, sr_text_get(&other.r.text, "accession"), &other.e),
		&other.e);
	put_tag(&b, 'I', "");
	put_file(&b, "a", "bcd", 2);
	assert_ok(rig_call(&other, "deposit.put", NULL, &b), &other.e);
	assert_int_equal(g->core.deposits, 1);
	assert_ok(
		rig_call(d, "deposit.begin", rig_hex("collection", g->w->collection, SR_ID), NULL),
		&d->e);
	assert_int_equal(g->core.deposits, 2);
	/* Giving one up takes nothing from the other. */
	assert_ok(rig_call(d, "deposit.abort", NULL, NULL), &d->e);
	assert_int_equal(g->core.deposits, 1);
	rig_desk_close(&other);
	assert_int_equal(g->core.deposits, 0);
	char fields[200];
	snprintf(fields, sizeof fields, "%s %s", rig_hex("collection", g->w->collection, SR_ID),
		rig_hex("resume", accession, SR_ID));
	assert_ok(rig_call(d, "deposit.begin", fields, NULL), &d->e);
	put_tag(&b, 'E', NULL);
	put_tag(&b, 'J', NULL);
	assert_ok(rig_call(d, "deposit.put", NULL, &b), &d->e);
	assert_ok(rig_call(d, "deposit.finish", NULL, NULL), &d->e);
	assert_ok(rig_accession(g, &g->desk), &d->e);
	sr_buf_free(&b);
	rig_free(g);
}

/* Places are shared: two per person, and one that brings nothing gives way to who waits. */
static void test_deposit_places(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk desk[SR_DEPOSITS_MAX - 1], late, *slow = &g->desk;
	const struct world_person *who[] = {&g->w->depositor, &g->w->curator[0], &g->w->curator[0]};
	const char *collection = rig_hex("collection", g->w->collection, SR_ID);
	char begin[100], fields[200], accession[2 * SR_ID + 1], piece[120];
	const struct world_file file = {.path = "a", .content = sr_bytes_str("b")};
	struct world_deposit dep = {.files = &file, .count = 1};
	struct sr_item_row row = {0};
	struct sr_buf first, half, rest, one;
	uint8_t done[SR_ID];
	(void)state;
	assert_int_equal(world_deposit(g->w, &dep), 0);
	assert_ok(sr_query_item(&row, g->w->v->catalogue, dep.items[0], &late.e), &late.e);
	memcpy(done, row.accession, SR_ID);
	sr_item_row_free(&row);
	snprintf(begin, sizeof begin, "%s", collection);
	sr_buf_init(&first);
	sr_buf_init(&half);
	sr_buf_init(&rest);
	sr_buf_init(&one);
	put_tag(&first, 'I', "one");
	put_file(&first, "a", "bcd", 3);
	sr_buf_put_str(&first, "EJ");
	put_tag(&half, 'I', "two");
	put_file(&half, "e", "fgh", 3);
	sr_buf_put_str(&rest, "EJ");
	put_tag(&one, 'I', "other");

	rig_login(slow, &g->w->depositor);
	assert_ok(rig_call(slow, "deposit.begin", begin, NULL), &slow->e);
	const struct sr_bytes id = sr_text_get(&slow->r.text, "accession");
	assert_int_equal(id.len, sizeof accession - 1);
	memcpy(accession, id.p, id.len);
	accession[id.len] = '\0';
	assert_ok(rig_call(slow, "deposit.put", NULL, &first), &slow->e);
	assert_ok(rig_call(slow, "deposit.put", NULL, &half), &slow->e);
	for (size_t i = 0; i < T_COUNT(desk); i++) {
		rig_desk_open(&desk[i], &g->core);
		rig_login(&desk[i], who[i]);
		assert_ok(rig_call(&desk[i], "deposit.begin", begin, NULL), &desk[i].e);
	}
	assert_int_equal(g->core.deposits, SR_DEPOSITS_MAX);
	rig_desk_open(&late, &g->core);
	/* A third of one person; also when a connection of theirs is no longer logged in. */
	rig_login(&late, &g->w->depositor);
	assert_int_not_equal(
		rig_login_as(&desk[0], g->w->depositor.person, g->w->curator[0].seed), 0);
	g->core.silent_ms = 1;
	usleep(5000);
	snprintf(piece, sizeof piece, "2 deposits of %s are under way", g->w->depositor.person);
	assert_fails(rig_call(&late, "deposit.begin", begin, NULL), SR_LOCKED, &late.e, piece);
	assert_fails(rig_call(&late, "deposit.begin", begin, NULL), SR_LOCKED, &late.e,
		"finish or abort one");
	assert_int_equal(g->core.deposits, SR_DEPOSITS_MAX);
	/* Somebody else waits while all of them are at work. */
	rig_login(&late, &g->w->curator[1]);
	g->core.silent_ms = 0;
	assert_fails(rig_call(&late, "deposit.begin", begin, NULL), SR_LOCKED, &late.e,
		"each brought something in the last 60 s");
	/* The longest silent gives way; the empty message does not count, a refused one neither. */
	assert_ok(rig_call(slow, "deposit.put", NULL, NULL), &slow->e);
	assert_fails(rig_call(slow, "deposit.finish", NULL, NULL), SR_CORRUPT, &slow->e, "file");
	for (size_t i = 1; i < T_COUNT(desk); i++)
		assert_ok(rig_call(&desk[i], "deposit.put", NULL, &one), &desk[i].e);
	g->core.silent_ms = 1;
	usleep(5000);
	/* A begin that is refused for another reason ends nobody's. */
	snprintf(fields, sizeof fields, "%s resume %s", begin, accession);
	assert_fails(rig_call(&late, "deposit.begin", fields, NULL), SR_LOCKED, &late.e,
		"being deposited on another connection");
	assert_int_equal(g->core.deposits, SR_DEPOSITS_MAX);
	/* Nor does the resume of what never was, or of what is committed, or a wrong collection. */
	snprintf(fields, sizeof fields, "%s resume 00112233445566778899aabbccddeeff", begin);
	assert_fails(rig_call(&late, "deposit.begin", fields, NULL), SR_LOCKED, &late.e,
		"nothing of accession 00112233445566778899aabbccddeeff is kept");
	snprintf(fields, sizeof fields, "%s %s", begin, rig_hex("resume", done, SR_ID));
	assert_fails(rig_call(&late, "deposit.begin", fields, NULL), SR_EXISTS, &late.e,
		"committed already");
	assert_fails(rig_call(&late, "deposit.begin", "collection 00112233445566778899aabbccddeeff",
			     NULL),
		SR_NOTFOUND, &late.e, "collection");
	assert_int_equal(g->core.deposits, SR_DEPOSITS_MAX);
	assert_ok(rig_call(slow, "deposit.put", NULL, NULL), &slow->e);
	snprintf(fields, sizeof fields, "%s resume %s", begin, accession);
	assert_ok(rig_call(&late, "deposit.begin", begin, NULL), &late.e);
	assert_int_equal(g->core.deposits, SR_DEPOSITS_MAX);
	/* Its owner is told, whatever they do next, and resumes when there is a place again. */
	snprintf(piece, sizeof piece, "--resume %s", accession);
	assert_fails(rig_call(slow, "deposit.put", NULL, &rest), SR_LOCKED, &slow->e, piece);
	assert_fails(rig_call(slow, "deposit.finish", NULL, NULL), SR_LOCKED, &slow->e, piece);
	assert_fails(rig_call(slow, "deposit.abort", NULL, NULL), SR_LOCKED, &slow->e, piece);
	g->core.silent_ms = 0;
	assert_fails(rig_call(slow, "deposit.begin", fields, NULL), SR_LOCKED, &slow->e, "60 s");
	rig_desk_close(&late);
	assert_ok(rig_call(slow, "deposit.begin", fields, NULL), &slow->e);
	assert_ok(rig_call(slow, "deposit.put", NULL, &first), &slow->e);
	assert_ok(rig_call(slow, "deposit.put", NULL, &half), &slow->e);
	assert_ok(rig_call(slow, "deposit.put", NULL, &rest), &slow->e);
	assert_ok(rig_call(slow, "deposit.finish", NULL, NULL), &slow->e);
	const struct sr_bytes items = sr_text_get(&slow->r.text, "items");
	assert_true(items.len > 2 && memcmp(items.p, "2 ", 2) == 0);
	assert_ok(rig_accession(g, &g->desk), &slow->e);
	assert_fails(rig_call(slow, "deposit.put", NULL, &rest), SR_USAGE, &slow->e, "begin one");
	for (size_t i = 0; i < T_COUNT(desk); i++)
		rig_desk_close(&desk[i]);
	sr_buf_free(&first);
	sr_buf_free(&half);
	sr_buf_free(&rest);
	sr_buf_free(&one);
	rig_free(g);
}

/* --- the story --- */

static void describe(struct rig *g, const uint8_t item[SR_ID], const char *title) {
	struct world_draft w;
	rig_login(&g->desk, &g->w->curator[0]);
	world_begin(&w, g->w, &g->w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&w.text, "item", item, SR_ID);
	world_text(&w, "title", title);
	assert_ok(rig_submit(&g->desk, &w, NULL), &g->desk.e);
}

/* The curator's part of an item, by the quarantine's material. */
static void part_of(struct rig *g, const struct world_person *by, const uint8_t item[SR_ID],
	uint8_t part[SR_PART]) {
	struct rig_desk *d = &g->desk;
	struct sr_held_place at = {0};
	assert_ok(rig_call(d, "quarantine.material", rig_hex("item", item, SR_ID), NULL), &d->e);
	memcpy(at.vault, g->w->v->fingerprint, SR_HASH);
	memcpy(at.item, item, SR_ID);
	assert_ok(sr_parse_dec(&at.number, sr_text_get(&d->r.text, "number"), UINT32_MAX, &d->e),
		&d->e);
	assert_ok(sr_held_open_box(part, &at, sr_buf_view(&d->r.body), by->seed, &d->e), &d->e);
}

static void put_words(struct sr_buf *to, const struct sr_row *r, const char *key) {
	char value[200];
	for (size_t i = 0; sr_row_get_n(r, key, i).p != NULL; i++) {
		const struct sr_bytes v = sr_row_get_n(r, key, i);
		assert_true(v.len < sizeof value);
		memcpy(value, v.p, v.len);
		value[v.len] = '\0';
		sr_text_put(to, key, value);
	}
}

/* Both items in one call, both statements in one submit. */
static void release(struct rig *g, uint8_t items[2][SR_ID]) {
	const struct world_person *by = &g->w->curator[1];
	struct rig_desk *d = &g->desk;
	struct world_draft w;
	struct sr_buf b, subs;
	uint8_t part[SR_PART];
	sr_buf_init(&b);
	sr_buf_init(&subs);
	rig_login(d, by);
	sr_buf_put_le32(&b, 2);
	for (size_t i = 0; i < 2; i++) {
		part_of(g, by, items[i], part);
		sr_buf_put(&b, items[i], SR_ID);
		sr_buf_put(&b, part, SR_PART);
	}
	assert_fails(rig_call(d, "release.prepare", "hazard harmless", &b), SR_USAGE, &d->e,
		"\"harmless\"");
	assert_fails(rig_call(d, "release.prepare", "hazard referral", &b), SR_DENIED, &d->e, NULL);
	assert_ok(rig_call(d, "release.prepare", NULL, &b), &d->e);
	assert_int_equal(rig_count(d, "release"), 2);
	sr_buf_put_le32(&subs, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct sr_row *r = &d->rows.rows[i];
		world_begin(&w, g->w, by, SR_T_RELEASE);
		put_words(&w.text, r, "item");
		put_words(&w.text, r, "number");
		put_words(&w.text, r, "envelope");
		put_words(&w.text, r, "level");
		put_words(&w.text, r, "hazard");
		rig_put_submission(&subs, &w);
	}
	assert_ok(rig_call(d, "submit", NULL, &subs), &d->e);
	assert_int_equal(rig_count(d, "outcome"), 2);
	for (size_t i = 0; i < 2; i++)
		assert_cell(&d->rows.rows[i], "code", "OK");
	/* The same bytes again: the first receipts, nothing prepared. */
	assert_ok(rig_call(d, "submit", NULL, &subs), &d->e);
	for (size_t i = 0; i < 2; i++)
		assert_cell(&d->rows.rows[i], "repeated", "yes");
	sr_buf_free(&b);
	sr_buf_free(&subs);
}

static void sees(struct rig *g, const struct world_person *p, size_t items) {
	rig_login(&g->desk, p);
	assert_ok(rig_call(&g->desk, "items", NULL, NULL), &g->desk.e);
	assert_int_equal(rig_count(&g->desk, "item"), items);
}

struct boxed { /* one box for ${to}, made from ${by}'s own */
	const struct world_person *by, *to;
	struct sr_held_place at;
	struct sr_held_box box;
	struct sr_buf body; /* of held.offer */
};

static void box_of(struct boxed *b, struct rig *g, const struct world_person *by,
	const struct world_person *to, const uint8_t item[SR_ID]) {
	uint8_t part[SR_PART];
	struct sr_err e = {0};
	*b = (struct boxed){.by = by, .to = to, .at = {.number = 1}};
	memcpy(b->at.vault, g->w->v->fingerprint, SR_HASH);
	memcpy(b->at.item, item, SR_ID);
	part_of(g, by, item, part);
	assert_ok(sr_held_box_make(&b->box, &b->at, to->person, to->pk, part, &e), &e);
	sr_buf_init(&b->body);
	sr_buf_put_le32(&b->body, 1);
	sr_buf_put(&b->body, item, SR_ID);
	sr_buf_put_le64(&b->body, 1);
	sr_buf_put(&b->body, b->box.pk, SR_PK);
	sr_buf_put(&b->body, b->box.box, SR_HELD_BOX);
}

static int offer(struct rig *g, const struct boxed *b, const struct world_person *to) {
	char fields[80];
	snprintf(fields, sizeof fields, "person %s", to->person);
	return rig_call(&g->desk, "held.offer", fields, &b->body);
}

/* `held-box` of it, but for ${named}. */
static int sign_box(struct rig *g, const struct boxed *b, const struct world_person *named) {
	struct world_draft w;
	uint8_t hash[SR_HASH];
	sr_held_box_hash(hash, &b->at, &b->box);
	world_begin(&w, g->w, b->by, SR_T_HELD_BOX);
	sr_text_put_hex(&w.text, "item", b->at.item, SR_ID);
	sr_text_put_dec(&w.text, "number", b->at.number);
	sr_text_put(&w.text, "person", named->person);
	sr_text_put_base64(&w.text, "key", named->pk, SR_PK);
	sr_text_put_hex(&w.text, "box", hash, SR_HASH);
	return rig_submit(&g->desk, &w, NULL);
}

/* A box comes in only with the statement that signs it, on the connection that brought it, for a
 * curator who has none. */
static void test_held_boxes(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk;
	const struct world_person *by = &g->w->curator[0], *to = &g->w->curator[1];
	uint8_t items[2][SR_ID];
	struct boxed b, other;
	char fields[80];
	(void)state;
	deposit(g, items);
	rig_login(d, by);
	box_of(&b, g, by, to, items[0]);
	box_of(&other, g, by, to, items[1]);
	/* Both have boxes since the deposit. */
	snprintf(fields, sizeof fields, "person %s", to->person);
	assert_ok(rig_call(d, "held.missing", fields, NULL), &d->e);
	assert_int_equal(rig_count(d, "held"), 0);
	assert_fails(sign_box(g, &b, to), SR_NOTFOUND, &d->e, "no box of it was offered");
	/* What was offered is not what is signed: another item, box, person. */
	assert_ok(offer(g, &other, to), &d->e);
	assert_fails(sign_box(g, &b, to), SR_NOTFOUND, &d->e, "no box of it was offered");
	other.box.box[7] ^= 1;
	assert_fails(sign_box(g, &other, to), SR_DENIED, &d->e, "another box");
	other.box.box[7] ^= 1;
	assert_fails(sign_box(g, &other, &g->w->researcher[0]), SR_DENIED, &d->e, "not a curator");
	assert_fails(sign_box(g, &other, by), SR_DENIED, &d->e, "nobody gives themselves");
	/* No box takes the place of another. */
	assert_fails(sign_box(g, &other, to), SR_DENIED, &d->e, "has a box already");
	/* Another connection has nothing offered. */
	assert_ok(offer(g, &b, to), &d->e);
	rig_login(d, to);
	rig_login(d, by);
	assert_fails(sign_box(g, &b, to), SR_NOTFOUND, &d->e, "no box of it was offered");
	/* Nobody but a curator gets one; lengths and counts. */
	assert_fails(offer(g, &b, &g->w->researcher[0]), SR_DENIED, &d->e, "not a curator");
	const size_t whole = b.body.len;
	for (b.body.len = 0; b.body.len < whole; b.body.len++)
		assert_int_not_equal(offer(g, &b, to), 0);
	b.body.p[0] = SR_PREPARE_MAX + 1;
	assert_fails(offer(g, &b, to), SR_USAGE, &d->e, "65 boxes");
	b.body.p[0] = 0;
	assert_fails(offer(g, &b, to), SR_USAGE, &d->e, "0 boxes");
	sr_buf_free(&b.body);
	sr_buf_free(&other.body);
	rig_free(g);
}

static void test_held(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk;
	uint8_t items[2][SR_ID];
	(void)state;
	deposit(g, items);
	sees(g, &g->w->depositor, 2);
	sees(g, &g->w->curator[0], 2);
	sees(g, &g->w->researcher[0], 0);
	sees(g, &g->w->officer, 2); /* who puts holds on them and answers courts about them */
	sees(g, &g->w->member[0], 0);
	assert_fails(rig_call(d, "item", rig_hex("item", items[0], SR_ID), NULL), SR_NOTFOUND,
		&d->e, "may know of");
	assert_fails(rig_call(d, "quarantine.material", rig_hex("item", items[0], SR_ID), NULL),
		SR_DENIED, &d->e, "is for curator");
	/* What a curator is told to do; the depositor as curator does not release their own. */
	rig_login(d, &g->w->curator[0]);
	assert_ok(rig_call(d, "inbox", NULL, NULL), &d->e);
	assert_cell(rig_row(d, "todo", "what", "describe"), "items", "2");
	describe(g, items[0], "A letter about a mill");
	describe(g, items[1], "A diary");
	assert_ok(rig_call(d, "inbox", NULL, NULL), &d->e);
	assert_cell(rig_row(d, "todo", "what", "release"), "items", "2");
	assert_null(rig_row(d, "todo", "what", "describe"));
	/* A look into quarantine, on the record. */
	struct world_checkout look = {.by = &g->w->curator[0], .item = items[0]};
	uint8_t part[SR_PART];
	assert_ok(world_checkout(g->w, &look), &g->w->out.err);
	part_of(g, &g->w->curator[0], items[0], part);
	struct sr_buf b;
	sr_buf_init_secret(&b);
	sr_buf_put(&b, part, SR_PART - 1);
	assert_fails(rig_call(d, "quarantine.open", rig_hex("checkout", look.id, SR_ID), &b),
		SR_USAGE, &d->e, "32 bytes, 31 came");
	sr_buf_put_u8(&b, (uint8_t)(part[31] ^ 1));
	assert_fails(rig_call(d, "quarantine.open", rig_hex("checkout", look.id, SR_ID), &b),
		SR_AUTH, &d->e, NULL);
	b.p[31] ^= 1;
	assert_ok(rig_call(d, "quarantine.open", rig_hex("checkout", look.id, SR_ID), &b), &d->e);
	assert_field(d, "files", "2");
	sr_buf_free(&b);
	char fields[200];
	snprintf(fields, sizeof fields, "%s file 0 offset 0 length 1000",
		rig_hex("checkout", look.id, SR_ID));
	assert_ok(rig_call(d, "checkout.read", fields, NULL), &d->e);
	assert_true(sr_bytes_eq(sr_buf_view(&d->r.body), sr_bytes_str(LETTER)));
	release(g, items);
	/* Released: the look is over, the text gone. */
	rig_login(d, &g->w->curator[0]);
	assert_int_not_equal(rig_call(d, "checkout.read", fields, NULL), 0);
	assert_int_equal(sr_room_count(g->core.room), 0);
	sees(g, &g->w->researcher[0], 2);
	/* Search finds what may be known. */
	sr_buf_put_str(&b, "mill");
	assert_ok(rig_call(d, "search", NULL, &b), &d->e);
	assert_field(d, "total", "1");
	assert_cell(rig_row(d, "hit", NULL, NULL), "title", "A letter about a mill");
	sr_buf_free(&b);
	rig_free(g);
}

/* The receipt of ${r} opened with what was disclosed: texts read and texts kept back. */
static void open_receipt(struct rig *g, const struct sr_row *r, struct sr_entry *en) {
	struct sr_receipt receipt;
	struct sr_err e = {0};
	assert_ok(sr_receipt_decode(&receipt, sr_row_get(r, "receipt"), &e), &e);
	assert_ok(sr_entry_open_disclosed(en, W_ORIGIN, receipt.index, sr_buf_view(&receipt.leaf),
			  &receipt.keys, &e),
		&e);
	sr_receipt_free(&receipt);
	(void)g;
}

static size_t texts_read(struct rig *g, const struct world_person *p, const char *fields) {
	struct sr_entry en = {0};
	size_t n = 0;
	rig_login(&g->desk, p);
	assert_ok(rig_call(&g->desk, "proof", fields, NULL), &g->desk.e);
	open_receipt(g, rig_row(&g->desk, "receipt", NULL, NULL), &en);
	for (size_t i = 0; i < en.count; i++)
		n += en.records[i].state == SR_RECORD_READ ? 1 : 0;
	sr_entry_free(&en);
	return n;
}

static void test_who_reads(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, false);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	struct sr_version_row v = {0};
	char index[60];
	assert_ok(sr_query_version(&v, g->w->v->catalogue, t.rq.id, 0, &d->e), &d->e);
	snprintf(index, sizeof index, "index %llu", (unsigned long long)v.entry);
	/* Project and reason of the request. */
	assert_int_equal(texts_read(g, &g->w->researcher[0], index), 2);
	assert_int_equal(texts_read(g, &g->w->member[1], index), 2);
	assert_int_equal(texts_read(g, &g->w->officer, index), 2);
	assert_int_equal(texts_read(g, &g->w->auditor, index), 0);
	rig_login(d, &g->w->researcher[1]);
	assert_fails(rig_call(d, "proof", index, NULL), SR_DENIED, &d->e, "is not for p-");
	assert_fails(rig_call(d, "request", rig_hex("request", t.rq.id, SR_ID), NULL), SR_NOTFOUND,
		&d->e, "may see");
	assert_fails(rig_call(d, "request.material", rig_hex("request", t.rq.id, SR_ID), NULL),
		SR_NOTFOUND, &d->e, "may see");
	assert_ok(rig_call(d, "requests", NULL, NULL), &d->e);
	assert_int_equal(d->rows.count, 0);
	assert_fails(rig_call(d, "object", rig_hex("id", v.list, SR_HASH), NULL), SR_DENIED, &d->e,
		"not for");
	rig_login(d, &g->w->curator[0]);
	assert_fails(rig_call(d, "proof", index, NULL), SR_DENIED, &d->e, NULL);
	rig_login(d, &g->w->auditor);
	assert_ok(rig_call(d, "request", rig_hex("request", t.rq.id, SR_ID), NULL), &d->e);
	assert_null(sr_row_get(rig_row(d, "version", NULL, NULL), "reason").p);
	assert_ok(rig_call(d, "object", rig_hex("id", v.list, SR_HASH), NULL), &d->e);
	assert_int_equal(d->r.body.len, 2 * SR_ID);
	rig_login(d, &g->w->member[2]);
	assert_ok(rig_call(d, "request", rig_hex("request", t.rq.id, SR_ID), NULL), &d->e);
	assert_cell(rig_row(d, "version", NULL, NULL), "reason", "because the study needs it");
	assert_cell(rig_row(d, "tally", NULL, NULL), "eligible", "3");
	assert_ok(rig_call(d, "inbox", NULL, NULL), &d->e);
	assert_non_null(rig_row(d, "todo", "what", "vote"));
	/* Names: of the house to all, of researchers to members, curators and officers. */
	assert_ok(rig_call(d, "people", NULL, NULL), &d->e);
	assert_cell(
		rig_row(d, "person", "person", g->w->researcher[0].person), "name", "Researcher 1");
	rig_login(d, &g->w->auditor);
	assert_ok(rig_call(d, "people", NULL, NULL), &d->e);
	assert_null(
		sr_row_get(rig_row(d, "person", "person", g->w->researcher[0].person), "name").p);
	assert_cell(rig_row(d, "person", "person", g->w->officer.person), "name", "Ethics Officer");
	rig_login(d, &g->w->researcher[1]);
	assert_ok(rig_call(d, "people", NULL, NULL), &d->e);
	assert_null(rig_row(d, "person", "person", g->w->researcher[0].person));
	assert_non_null(rig_row(d, "person", "person", g->w->researcher[1].person));
	/* found: names of everybody for a member, of nobody whose name is not theirs to know for...
	 * everybody in it is of the house. */
	assert_true(texts_read(g, &g->w->researcher[1], "index 0") > 5);
	sr_version_row_free(&v);
	rig_free(g);
}

static void test_material(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	char fields[200];
	rig_login(d, &g->w->member[0]);
	snprintf(fields, sizeof fields, "%s board yes since 3", rig_hex("request", t.rq.id, SR_ID));
	assert_ok(rig_call(d, "request.material", fields, NULL), &d->e);
	assert_int_equal(rig_count(d, "dealing"), 0); /* erased at the opening */
	assert_int_equal(rig_count(d, "seal"), 2);
	assert_non_null(rig_row(d, "receipt", "what", "found"));
	assert_non_null(rig_row(d, "receipt", "what", "opened"));
	assert_non_null(rig_row(d, "receipt", "what", "accept"));
	assert_non_null(rig_row(d, "receipt", "what", "room-key"));
	assert_non_null(rig_row(d, "receipt", "what", "person"));
	const struct sr_row *request = rig_row(d, "receipt", "what", "request");
	assert_cell(request, "person", g->w->researcher[0].person);
	struct sr_receipt receipt;
	assert_ok(sr_receipt_decode(&receipt, sr_row_get(request, "receipt"), &d->e), &d->e);
	assert_int_equal(receipt.since, 3);
	sr_receipt_free(&receipt);
	assert_int_equal(sr_row_get(rig_row(d, "list", NULL, NULL), "body").len, 2 * SR_ID);
	assert_int_equal(sr_row_get(rig_row(d, "seal", NULL, NULL), "seal").len, SR_SEAL);
	/* A memory larger than the ledger is a ledger rolled back. */
	snprintf(fields, sizeof fields, "%s since 100000", rig_hex("request", t.rq.id, SR_ID));
	assert_fails(rig_call(d, "request.material", fields, NULL), SR_AUTH, &d->e, "rolled back");
	assert_fails(
		rig_call(d, "proof", "index 0 since 100000", NULL), SR_AUTH, &d->e, "rolled back");
	/* checkout.material: leaf and proof lead to the root that the vote names. */
	assert_fails(rig_call(d, "checkout.material", rig_hex("checkout", t.c.id, SR_ID), NULL),
		SR_NOTFOUND, &d->e, "has no checkout");
	rig_login(d, &g->w->researcher[0]);
	assert_ok(
		rig_call(d, "checkout.material", rig_hex("checkout", t.c.id, SR_ID), NULL), &d->e);
	assert_int_equal(rig_count(d, "record"), 2);
	uint64_t position = 0;
	assert_ok(sr_parse_dec(&position, sr_text_get(&d->r.text, "position"), 1, &d->e), &d->e);
	for (size_t i = 0; i < d->rows.count; i++) {
		const struct sr_row *r = &d->rows.rows[i];
		struct sr_vote_row vote = {0};
		struct sr_proof proof = {0};
		uint8_t id[SR_ID], leaf[SR_HASH];
		if (!sr_row_is(r, "record"))
			continue;
		assert_ok(sr_row_get_id(id, SR_ID, r, "vote", &d->e), &d->e);
		assert_ok(sr_query_vote(&vote, g->w->v->catalogue, id, &d->e), &d->e);
		while (sr_row_get_n(r, "node", proof.count).p != NULL) {
			assert_ok(sr_unbase64_fixed(proof.hash[proof.count], SR_HASH,
					  sr_row_get_n(r, "node", proof.count), &d->e),
				&d->e);
			proof.count++;
		}
		sr_leaf_hash(leaf, sr_row_get(r, "leaf"));
		assert_ok(sr_proof_check_inclusion(&proof, position, 2, leaf, vote.bundle, &d->e),
			&d->e);
		assert_fails(
			sr_proof_check_inclusion(&proof, 1 - position, 2, leaf, vote.bundle, &d->e),
			SR_AUTH, &d->e, NULL);
		sr_vote_row_free(&vote);
	}
	rig_free(g);
}

static int open_by_wire(struct desk *t, uint8_t flip) {
	struct sr_room_record records[8];
	struct sr_buf b;
	sr_buf_init_secret(&b);
	const size_t n = world_records(t->g->w, &t->c, records, 8);
	sr_buf_put_le32(&b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		records[i].key[0] ^= i == 0 ? flip : 0;
		sr_buf_put(&b, records[i].vote, SR_ID);
		sr_buf_put(&b, records[i].key, SR_KEY);
	}
	const int rc =
		rig_call(&t->g->desk, "checkout.open", rig_hex("checkout", t->c.id, SR_ID), &b);
	sr_buf_free(&b);
	return rc;
}

static void test_reading(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk, other;
	struct world_draft w;
	char read[200], files[100];
	snprintf(read, sizeof read, "%s file 0 offset 0 length 1000",
		rig_hex("checkout", t.c.id, SR_ID));
	snprintf(files, sizeof files, "%s", rig_hex("checkout", t.c.id, SR_ID));
	rig_login(d, &g->w->researcher[0]);
	assert_int_not_equal(rig_call(d, "checkout.read", read, NULL), 0);
	assert_ok(open_by_wire(&t, 0), &d->e);
	assert_field(d, "files", "1");
	assert_ok(rig_call(d, "checkout.files", files, NULL), &d->e);
	assert_cell(rig_row(d, "file", NULL, NULL), "path", "letter.txt");
	assert_ok(rig_call(d, "checkout.read", read, NULL), &d->e);
	assert_true(sr_bytes_eq(sr_buf_view(&d->r.body), sr_bytes_str(LETTER)));
	assert_field(d, "encoding", "UTF-8");
	assert_ok(rig_call(d, "checkouts", "live yes", NULL), &d->e);
	assert_cell(rig_row(d, "checkout", NULL, NULL), "open-here", "yes");
	assert_ok(rig_call(d, "status", NULL, NULL), &d->e);
	assert_field(d, "open-here", "1");
	/* Nobody else's eyes, whatever they hold. */
	rig_desk_open(&other, &g->core);
	static const char *const ops[] = {
		"checkout.read", "checkout.files", "checkout.forget", "export.begin", "export.end"};
	for (size_t i = 0; i < T_COUNT(ops); i++) {
		rig_login(&other, i % 2 == 0 ? &g->w->researcher[1] : &g->w->officer);
		assert_int_not_equal(rig_call(&other, ops[i], i == 0 ? read : files, NULL), 0);
	}
	rig_login(&other, &g->w->member[0]);
	assert_ok(rig_call(&other, "checkouts", "all yes", NULL), &other.e);
	assert_int_equal(rig_count(&other, "checkout"), 1);
	assert_null(sr_row_get(rig_row(&other, "checkout", NULL, NULL), "open-here").p);
	assert_fails(rig_call(d, "checkouts", "all yes", NULL), SR_DENIED, &d->e,
		"all checkouts are for");
	assert_fails(rig_call(d, "export.begin", files, NULL), SR_DENIED, &d->e, NULL);
	assert_fails(
		rig_call(d, "checkout.read",
			"checkout 00112233445566778899aabbccddeeff file 0 offset 0 length 0", NULL),
		SR_USAGE, &d->e, "length 0");
	/* forget, open again, suspended by one member: the text is gone at once. */
	assert_ok(rig_call(d, "checkout.forget", files, NULL), &d->e);
	assert_int_not_equal(rig_call(d, "checkout.read", read, NULL), 0);
	assert_ok(open_by_wire(&t, 0), &d->e);
	world_begin(&w, g->w, &g->w->member[0], SR_T_SUSPEND);
	sr_text_put_hex(&w.text, "grant", t.grant, SR_ID);
	world_text(&w, "reason", "a doubt");
	assert_ok(rig_submit(&other, &w, NULL), &other.e);
	assert_int_equal(sr_room_count(g->core.room), 0);
	assert_int_not_equal(rig_call(d, "checkout.read", read, NULL), 0);
	assert_ok(rig_call(&other, "inbox", NULL, NULL), &other.e);
	assert_non_null(rig_row(&other, "todo", "what", "lift"));
	rig_desk_close(&other);
	rig_free(g);
}

/* --- submit --- */

static void test_submit(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, false);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	struct world_draft w;
	struct sr_buf b;
	sr_buf_init(&b);
	rig_login(d, &g->w->member[0]);
	sr_buf_put_le32(&b, 0);
	assert_fails(rig_call(d, "submit", NULL, &b), SR_USAGE, &d->e, "0 submissions");
	sr_buf_clear(&b);
	sr_buf_put_le32(&b, SR_SUBMIT_MAX + 1);
	assert_fails(rig_call(d, "submit", NULL, &b), SR_USAGE, &d->e, "65 submissions");
	sr_buf_clear(&b);
	sr_buf_put_le32(&b, 1);
	world_begin(&w, g->w, &g->w->member[0], SR_T_COMMENT);
	sr_text_put_hex(&w.text, "request", t.rq.id, SR_ID);
	world_text(&w, "text", "Is the period not too long?");
	rig_put_submission(&b, &w);
	const uint64_t size = sr_ledger_next_index(g->w->v->ledger);
	for (size_t cut = 0; cut < b.len; cut++) {
		struct sr_buf part;
		sr_buf_init(&part);
		sr_buf_put(&part, b.p, cut);
		assert_fails(rig_call(d, "submit", NULL, &part), SR_CORRUPT, &d->e, NULL);
		sr_buf_free(&part);
	}
	assert_int_equal(sr_ledger_next_index(g->w->v->ledger), size);
	assert_fails(rig_call(d, "submit", "since 100000", &b), SR_AUTH, &d->e, "rolled back");
	assert_int_equal(sr_ledger_next_index(g->w->v->ledger), size);
	assert_ok(rig_call(d, "submit", "since 2", &b), &d->e);
	assert_int_equal(sr_ledger_next_index(g->w->v->ledger), size + 1);
	struct sr_receipt receipt;
	assert_ok(sr_receipt_decode(&receipt,
			  sr_row_get(rig_row(d, "outcome", NULL, NULL), "receipt"), &d->e),
		&d->e);
	assert_int_equal(receipt.index, size);
	assert_int_equal(receipt.since, 2);
	sr_receipt_free(&receipt);
	assert_ok(rig_call(d, "submit", NULL, &b), &d->e);
	assert_field(d, "repeated", "yes");
	assert_int_equal(sr_ledger_next_index(g->w->v->ledger), size + 1);
	/* A refusal is the reply's code, its sentence, and the outcome beside it. */
	world_begin(&w, g->w, &g->w->member[0], SR_T_CLOSE);
	sr_text_put_hex(&w.text, "grant", t.rq.id, SR_ID);
	assert_int_not_equal(rig_submit(d, &w, NULL), 0);
	assert_int_equal(rig_count(d, "outcome"), 1);
	assert_non_null(sr_row_get(rig_row(d, "outcome", NULL, NULL), "error").p);
	assert_null(sr_row_get(rig_row(d, "outcome", NULL, NULL), "receipt").p);
	/* Carried in by another person of the vault. */
	world_begin(&w, g->w, &g->w->member[1], SR_T_COMMENT);
	sr_text_put_hex(&w.text, "request", t.rq.id, SR_ID);
	world_text(&w, "text", "I agree.");
	rig_login(d, &g->w->custodian);
	assert_ok(rig_submit(d, &w, NULL), &d->e);
	assert_null(sr_row_get(rig_row(d, "outcome", NULL, NULL), "receipt").p);
	/* What needs preparation and has none. */
	rig_login(d, &g->w->curator[1]);
	world_begin(&w, g->w, &g->w->curator[1], SR_T_RELEASE);
	sr_text_put_hex(&w.text, "item", t.item[0], SR_ID);
	sr_text_put_dec(&w.text, "number", 9);
	sr_text_put_hex(&w.text, "envelope", t.rq.id, SR_ID);
	world_draft_free(&w);
	sr_buf_free(&b);
	rig_free(g);
}

static void test_resolve(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	char fields[100], hex[33];
	sr_hex(hex, t.rq.id, SR_ID);
	rig_login(d, &g->w->researcher[0]);
	snprintf(fields, sizeof fields, "prefix %.7s", hex);
	assert_ok(rig_call(d, "resolve", fields, NULL), &d->e);
	assert_cell(rig_row(d, "match", "kind", "request"), "id", hex);
	snprintf(fields, sizeof fields, "prefix %.7s kind item", hex);
	assert_ok(rig_call(d, "resolve", fields, NULL), &d->e);
	assert_int_equal(d->rows.count, 0);
	assert_fails(rig_call(d, "resolve", "prefix abc", NULL), SR_USAGE, &d->e, "shortened to 4");
	assert_fails(rig_call(d, "resolve", "prefix wxyz", NULL), SR_USAGE, &d->e,
		"not the start of an id");
	rig_login(d, &g->w->researcher[1]);
	snprintf(fields, sizeof fields, "prefix %s", hex);
	assert_ok(rig_call(d, "resolve", fields, NULL), &d->e);
	assert_int_equal(d->rows.count, 0);
	sr_hex(hex, t.item[0], SR_ID);
	snprintf(fields, sizeof fields, "prefix %s", hex);
	assert_ok(rig_call(d, "resolve", fields, NULL), &d->e);
	assert_cell(rig_row(d, "match", "kind", "item"), "id", hex);
	rig_free(g);
}

/* --- the house --- */

static void test_log(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	rig_login(d, &g->w->auditor);
	assert_ok(rig_call(d, "log", NULL, NULL), &d->e);
	assert_int_equal(rig_count(d, "entry"), sr_ledger_next_index(g->w->v->ledger));
	assert_int_equal(rig_count(d, "text"), 0);
	assert_null(sr_text_get(&d->r.text, "next").p);
	const struct sr_row *grant = rig_row(d, "entry", "type", "grant");
	assert_cell(grant, "actor", "service");
	struct sr_statement s;
	assert_ok(sr_statement_parse_text(&s, sr_row_get(grant, "statement"), &d->e), &d->e);
	assert_int_equal(s.type->id, SR_T_GRANT);
	sr_statement_free(&s);
	assert_ok(rig_call(d, "log", "from 2 limit 3", NULL), &d->e);
	assert_int_equal(rig_count(d, "entry"), 3);
	assert_field(d, "next", "5");
	assert_cell(rig_row(d, "entry", NULL, NULL), "index", "2");
	assert_ok(rig_call(d, "log", "from 1 to 3", NULL), &d->e);
	assert_int_equal(rig_count(d, "entry"), 2);
	assert_ok(rig_call(d, "log", "type vote", NULL), &d->e);
	assert_int_equal(rig_count(d, "entry"), world_count(g->w, SR_T_VOTE));
	assert_fails(rig_call(d, "log", "type ballot", NULL), SR_USAGE, &d->e, "\"ballot\"");
	assert_fails(rig_call(d, "log", "limit 1001", NULL), SR_USAGE, &d->e, "want 1 to 1000");
	rig_login(d, &g->w->officer);
	assert_ok(rig_call(d, "log", "type request", NULL), &d->e);
	assert_non_null(rig_row(d, "text", "text", "because the study needs it"));
	rig_free(g);
}

static void test_house(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	char fields[200];
	uint8_t root[SR_HASH];
	assert_ok(rig_call(d, "verify", NULL, NULL), &d->e);
	assert_field(d, "catalogue", "equal");
	assert_true(sr_bytes_eq(
		sr_text_get(&d->r.text, "entries"), sr_text_get(&d->r.text, "signatures")));
	assert_int_equal(rig_count(d, "problem"), 0);
	struct sr_buf b;
	sr_buf_init(&b);
	assert_ok(sr_ledger_root_at(g->w->v->ledger, 4, root, &d->e), &d->e);
	sr_buf_put_base64(&b, root, SR_HASH);
	char *text = sr_buf_dup_str(&b);
	snprintf(fields, sizeof fields, "since 4 root %s", text);
	assert_ok(rig_call(d, "verify", fields, NULL), &d->e);
	snprintf(fields, sizeof fields, "since 5 root %s", text);
	assert_fails(rig_call(d, "verify", fields, NULL), SR_AUTH, &d->e, "forked");
	assert_int_equal(rig_count(d, "problem"), 1);
	assert_field(d, "catalogue", "equal");
	free(text);
	sr_buf_free(&b);
	assert_fails(rig_call(d, "verify", "since 100000", NULL), SR_AUTH, &d->e, "rolled back");
	assert_ok(rig_call(d, "scrub", NULL, NULL), &d->e);
	assert_field(d, "findings", "0");
	assert_int_equal(world_count(g->w, SR_T_SCRUB), 1);
	assert_ok(rig_call(d, "rebuild", NULL, NULL), &d->e);
	assert_field(d, "catalogue", "equal");
	assert_field(d, "bad", "0");
	assert_ok(rig_call(d, "status", NULL, NULL), &d->e);
	assert_field(d, "released", "2");
	assert_field(d, "grants-live", "1");
	/* A damaged envelope: named, counted, logged. */
	char path[T_PATH], hex[33];
	sr_hex(hex, t.item[1], SR_ID);
	struct sr_item_row it = {0};
	assert_ok(sr_query_item(&it, g->w->v->catalogue, t.item[1], &d->e), &d->e);
	snprintf(path, sizeof path, "%s/items/%s.%u", g->w->vault, hex, it.number);
	sr_item_row_free(&it);
	struct sr_buf file;
	sr_buf_init(&file);
	t_read_file(path, &file);
	file.p[200] ^= 1;
	t_write_file(path, file.p, file.len);
	assert_fails(rig_call(d, "scrub", NULL, NULL), SR_CORRUPT, &d->e,
		"packs, objects and envelopes are lost or damaged");
	assert_field(d, "findings", "1");
	assert_cell(rig_row(d, "finding", NULL, NULL), "what", "envelope");
	sr_buf_free(&file);
	assert_int_equal(world_count(g->w, SR_T_SCRUB), 2);
	/* Over the socket these are for those who may. */
	rig_free(g);
}

static void test_lists(void **state) {
	struct desk t;
	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	rig_login(d, &g->w->researcher[0]);
	assert_ok(rig_call(d, "collections", NULL, NULL), &d->e);
	assert_int_equal(rig_count(d, "collection"), 1);
	assert_ok(rig_call(d, "items", "limit 1 offset 1", NULL), &d->e);
	assert_field(d, "total", "2");
	assert_int_equal(rig_count(d, "item"), 1);
	assert_null(sr_row_get(rig_row(d, "item", NULL, NULL), "depositor").p);
	assert_fails(rig_call(d, "items", "state lost", NULL), SR_USAGE, &d->e, "\"lost\"");
	assert_fails(rig_call(d, "items", "limit 0", NULL), SR_USAGE, &d->e, "limit 0");
	assert_ok(rig_call(d, "item", rig_hex("item", t.item[0], SR_ID), NULL), &d->e);
	assert_cell(rig_row(d, "file", NULL, NULL), "path", "letter.txt");
	assert_ok(rig_call(d, "board", NULL, NULL), &d->e);
	assert_field(d, "opened", "yes");
	assert_int_equal(rig_count(d, "member"), 3);
	assert_int_equal(rig_count(d, "level"), 1);
	assert_ok(rig_call(d, "requests", NULL, NULL), &d->e);
	assert_cell(rig_row(d, "request", NULL, NULL), "state", "granted");
	assert_ok(rig_call(d, "request.items", rig_hex("request", t.rq.id, SR_ID), NULL), &d->e);
	assert_field(d, "total", "2");
	assert_ok(rig_call(d, "grants", NULL, NULL), &d->e);
	assert_int_equal(rig_count(d, "grant"), 1);
	assert_ok(rig_call(d, "grant", rig_hex("grant", t.grant, SR_ID), NULL), &d->e);
	assert_int_equal(rig_count(d, "item"), 2);
	assert_non_null(sr_row_get(rig_row(d, "item", NULL, NULL), "title").p);
	assert_ok(rig_call(d, "inbox", NULL, NULL), &d->e);
	assert_non_null(rig_row(d, "todo", "what", "checkout"));
	rig_login(d, &g->w->researcher[1]);
	assert_ok(rig_call(d, "grants", NULL, NULL), &d->e);
	assert_int_equal(d->rows.count, 0);
	assert_fails(rig_call(d, "grant", rig_hex("grant", t.grant, SR_ID), NULL), SR_NOTFOUND,
		&d->e, "may see");
	assert_fails(rig_call(d, "grants", "all yes", NULL), SR_DENIED, &d->e, "sees their own");
	/* Hidden meanwhile: the request still counts the item, but says no word of it. */
	assert_ok(world_describe(g->w, &g->w->curator[0], t.item[0], "The letter", "referral"),
		&g->w->out.err);
	rig_login(d, &g->w->researcher[0]);
	const char *const ops[] = {"request.items", "grant"};
	const char *const of[] = {
		rig_hex("request", t.rq.id, SR_ID), rig_hex("grant", t.grant, SR_ID)};
	char hidden[2 * SR_ID + 1];
	sr_hex(hidden, t.item[0], SR_ID);
	for (size_t i = 0; i < 2; i++) {
		assert_ok(rig_call(d, ops[i], of[i], NULL), &d->e);
		assert_int_equal(rig_count(d, "item"), 2);
		assert_null(sr_row_get(rig_row(d, "item", "id", hidden), "title").p);
	}
	rig_free(g);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_deposit_order),
		cmocka_unit_test(test_deposit_places),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_boxes),
		cmocka_unit_test(test_who_reads),
		cmocka_unit_test(test_material),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_house),
		cmocka_unit_test(test_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
