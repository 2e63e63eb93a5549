/*
 * What operations answer to who asks for what is not there, not theirs, too much or malformed:
 * every one in its own words, since what a face shows of a refusal is this sentence and nothing
 * else. The table's own refusals (a field too many, a wrong role) are in test_core_ops.
 */
#include "catalogue/catalogue.h"
#include "catalogue/search.h"
#include "core/ops_in.h"
#include "core_desk.h"
#include "core_rig.h"
#include "ledger/ledger.h"
#include "past_the_door.h"
#include "store/db.h"
#include "world.h"

enum who {
	READER, /* whose the request, the grant and the checkout are */
	OTHER,  /* another researcher */
	GIVER,  /* the depositor */
	MEMBER,
	CURATOR, /* who looks at the held item */
	OFFICER,
	AUDITOR,
	CUSTODIAN
};

struct asking {
	struct desk t;
	struct rig_desk far;
	struct rig_far session;
	uint8_t held[SR_ID], look[SR_ID];
	uint8_t list[SR_HASH];
	uint64_t room_key; /* entry */
};

static const struct world_person *person_of(struct asking *a, enum who who) {
	struct world *w = a->t.g->w;

	switch (who) {
	case READER:
		return &w->researcher[0];
	case OTHER:
		return &w->researcher[1];
	case GIVER:
		return &w->depositor;
	case MEMBER:
		return &w->member[0];
	case CURATOR:
		return &w->curator[0];
	case OFFICER:
		return &w->officer;
	case AUDITOR:
		return &w->auditor;
	case CUSTODIAN:
		return &w->custodian;
	}
	return NULL;
}

/* The desk, a held item that the curator looks at, and the reader's item open. */
static void asking_new(struct asking *a) {
	const struct world_file file = {.path = "held.txt", .content = sr_bytes_str("Not yet.\n")};
	struct world_deposit dep = {.files = &file, .count = 1};
	struct sr_version_row v = {0};

	memset(a, 0, sizeof *a);
	desk_new(&a->t, true);
	struct world *w = a->t.g->w;
	assert_ok(world_deposit(w, &dep), &w->out.err);
	memcpy(a->held, dep.items[0], SR_ID);
	struct world_checkout look = {.by = &w->curator[0], .item = a->held};
	assert_ok(world_checkout(w, &look), &w->out.err);
	memcpy(a->look, look.id, SR_ID);
	assert_ok(world_open(w, &a->t.c), &w->e);
	assert_ok(sr_query_version(&v, w->v->catalogue, a->t.rq.id, 0, &w->e), &w->e);
	assert_true(v.has_list && v.has_room_key);
	memcpy(a->list, v.list, SR_HASH);
	a->room_key = v.room_key_entry;
	sr_version_row_free(&v);
	rig_far_open(&a->far, &a->session, &a->t.g->core);
}

static int setup(void **state) {
	static struct asking a;

	asking_new(&a);
	*state = &a;
	return 0;
}

static int teardown(void **state) {
	struct asking *a = *state;

	rig_desk_close(&a->far);
	rig_free(a->t.g);
	return 0;
}

static void put_id(char *out, size_t size, const uint8_t *id, size_t len) {
	assert_true(size > 2 * len);
	sr_hex(out, id, len);
}

/* ${fields} with its @words as what they are here. */
static void fields_of(char *out, size_t size, struct asking *a, const char *fields) {
	static const uint8_t none[SR_ID] = {0x77};
	const struct sr_bytes all = sr_bytes_str(fields);
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; all.len > 0 && i < sr_word_count(all); i++) {
		const struct sr_bytes word = sr_word(all, i);
		char value[100];

		snprintf(value, sizeof value, "%.*s", (int)word.len, (const char *)word.p);
		if (strcmp(value, "@request") == 0)
			put_id(value, sizeof value, a->t.rq.id, SR_ID);
		else if (strcmp(value, "@grant") == 0)
			put_id(value, sizeof value, a->t.grant, SR_ID);
		else if (strcmp(value, "@checkout") == 0)
			put_id(value, sizeof value, a->t.c.id, SR_ID);
		else if (strcmp(value, "@look") == 0)
			put_id(value, sizeof value, a->look, SR_ID);
		else if (strcmp(value, "@board") == 0)
			put_id(value, sizeof value, a->t.g->w->v->fingerprint, SR_ID);
		else if (strcmp(value, "@none") == 0)
			put_id(value, sizeof value, none, SR_ID);
		else if (strcmp(value, "@list") == 0)
			put_id(value, sizeof value, a->list, SR_HASH);
		else if (strcmp(value, "@room-key") == 0)
			snprintf(value, sizeof value, "%llu", (unsigned long long)a->room_key);
		else if (strcmp(value, "@reader") == 0)
			snprintf(value, sizeof value, "%s", a->t.g->w->researcher[0].person);
		else
			assert_true(value[0] != '@');
		len += (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? "" : " ", value);
		assert_true(len < size);
	}
}

enum {
	NO_BODY = -1
};

static const struct {
	enum who who;
	const char *op, *fields;
	int64_t count; /* the body is this number and nothing else */
	enum sr_code code;
	const char *words;
} asked[] = {
	/* Who is watched says so first; sections that there are not. */
	{AUDITOR, "audit.report", "section views", NO_BODY, SR_DENIED,
		"reading the log is itself logged: sign `read` of it first"},
	{OFFICER, "audit.person", "section person person @reader", NO_BODY, SR_DENIED,
		"reading the log is itself logged"},
	{OTHER, "audit.person", "section person person @reader", NO_BODY, SR_DENIED,
		"and for auditors and officers who say why"},
	{AUDITOR, "audit.report", "section nonsense", NO_BODY, SR_USAGE,
		"there is no section \"nonsense\" of a report"},
	{READER, "audit.person", "section nonsense person @reader", NO_BODY, SR_USAGE,
		"there is no section \"nonsense\" of what is held on a person"},
	/* The board. */
	{READER, "left", "", NO_BODY, SR_DENIED,
		"what is left to seal anew is for members, curators"},
	{MEMBER, "left", "limit 0", NO_BODY, SR_USAGE, "limit: want 1 to 10000"},
	{MEMBER, "left", "limit 10001", NO_BODY, SR_USAGE, "limit: want 1 to 10000"},
	{READER, "board.material", "epoch 0", NO_BODY, SR_USAGE, "epoch: want 1 and up"},
	{READER, "board.material", "epoch 4294967297", NO_BODY, SR_USAGE, "epoch: want 1 and up"},
	{AUDITOR, "epochs.keys", "index 0", NO_BODY, SR_NOTFOUND, "entry 0 has no keys of epochs"},
	/* The same words whether it is not there or not theirs to see. */
	{OTHER, "explain", "grant @grant", NO_BODY, SR_NOTFOUND, "there is no such grant"},
	{OTHER, "explain", "grant @none", NO_BODY, SR_NOTFOUND, "there is no such grant"},
	{OTHER, "explain", "checkout @checkout", NO_BODY, SR_NOTFOUND, "there is no such checkout"},
	{OTHER, "explain", "checkout @none", NO_BODY, SR_NOTFOUND, "there is no such checkout"},
	{OTHER, "explain", "", NO_BODY, SR_USAGE, "a request, a grant or a checkout is named"},
	{OTHER, "grants", "all yes", NO_BODY, SR_DENIED, "all grants are for member, officer"},
	{OTHER, "checkouts", "all yes", NO_BODY, SR_DENIED, "all checkouts are for member"},
	{OTHER, "checkout.material", "checkout @checkout", NO_BODY, SR_NOTFOUND, "has no checkout"},
	{OTHER, "checkout.material", "checkout @none", NO_BODY, SR_NOTFOUND, "has no checkout"},
	{CURATOR, "checkout.material", "checkout @look", NO_BODY, SR_USAGE,
		"a look into quarantine has no votes: quarantine.material gives what it needs"},
	{GIVER, "person", "person @reader", NO_BODY, SR_NOTFOUND, "may know of"},
	{GIVER, "person", "person p-0011223344556677", NO_BODY, SR_NOTFOUND, "may know of"},
	{GIVER, "erasure", "person @reader", NO_BODY, SR_NOTFOUND, "may know of"},
	{GIVER, "erasure", "person p-0011223344556677", NO_BODY, SR_NOTFOUND, "may know of"},
	{OTHER, "object", "id @list", NO_BODY, SR_DENIED, "this object (of entry"},
	{OTHER, "proof", "index @room-key", NO_BODY, SR_DENIED, "is not for p-"},
	{MEMBER, "request", "request @request version 7", NO_BODY, SR_NOTFOUND,
		"with a version 7 that p-"},
	{MEMBER, "request", "request @request version 4294967297", NO_BODY, SR_USAGE,
		"version 4294967297: no request has so many"},
	{MEMBER, "people", "role king", NO_BODY, SR_USAGE,
		"there is no role \"king\"; there are member, curator"},
	{AUDITOR, "log", "type ballot", NO_BODY, SR_USAGE, "type \"ballot\" names no statement"},
	{MEMBER, "proof", "", NO_BODY, SR_USAGE, "proof: 0 entries asked for, want 1 to 256"},
	{MEMBER, "consistency", "from 0 to 1", NO_BODY, SR_USAGE,
		"consistency: no log of 1 entries begins with one of 0"},
	{MEMBER, "consistency", "from 2 to 1", NO_BODY, SR_USAGE,
		"no log of 1 entries begins with"},
	{MEMBER, "consistency", "from 1 to 99999", NO_BODY, SR_AUTH, "99999 were verified earlier"},
	{MEMBER, "log.prove", "", NO_BODY, SR_USAGE, "log.prove: want an id or an index"},
	{MEMBER, "log.prove", "id @request index 1", NO_BODY, SR_USAGE,
		"log.prove: want an id or an index"},
	{MEMBER, "log.prove", "id @board", NO_BODY, SR_NOTFOUND, "a board has several entries"},
	{MEMBER, "log.prove", "id @none", NO_BODY, SR_NOTFOUND,
		"no entry of the log, and no thing, has the id 7700"},
	{CUSTODIAN, "notice.sent", "what vote-needed person @reader about @request", NO_BODY,
		SR_NOTFOUND, "no notice vote-needed for p-"},
	/* Counts and lengths. */
	{CURATOR, "intake.known", "", NO_BODY, SR_USAGE, "there is no hash in the list"},
	{CURATOR, "intake.known", "", 0, SR_USAGE, "line 1: want the 64 hex digits of a SHA-256"},
	{CURATOR, "release.prepare", "", 0, SR_USAGE, "release.prepare: 0 items, want 1 to 64"},
	{CURATOR, "release.prepare", "", 65, SR_USAGE, "release.prepare: 65 items, want 1 to 64"},
	{CURATOR, "quarantine.open", "checkout @look", 1, SR_USAGE, "a part has 32 bytes, 4 came"},
	{READER, "checkout.open", "checkout @checkout", 0, SR_USAGE,
		"keys of 0 votes came, want 1 to"},
	{READER, "checkout.open", "checkout @checkout", 1000, SR_USAGE,
		"keys of 1000 votes came, want"},
	{READER, "checkout.read", "checkout @checkout file 0 offset 0 length 0", NO_BODY, SR_USAGE,
		"checkout.read: length 0, want 1 to"},
	{READER, "checkout.read", "checkout @checkout file 9 offset 0 length 10", NO_BODY,
		SR_NOTFOUND, "file 9: the item has 1, counted from 0"},
	{READER, "export.read", "checkout @checkout length 0", NO_BODY, SR_USAGE,
		"export.read: length 0, want 1 to"},
	{MEMBER, "submit", "", 0, SR_USAGE, "0 submissions, want 1 to 64"},
};

static void test_asked(void **state) {
	struct asking *a = *state;
	uint64_t size;

	size = sr_ledger_next_index(a->t.g->w->v->ledger);
	for (size_t i = 0; i < T_COUNT(asked); i++) {
		char fields[400];
		struct sr_buf body;

		rig_login(&a->far, person_of(a, asked[i].who));
		fields_of(fields, sizeof fields, a, asked[i].fields);
		sr_buf_init(&body);
		if (asked[i].count != NO_BODY)
			sr_buf_put_le32(&body, (uint32_t)asked[i].count);
		(void)!rig_call(&a->far, asked[i].op, fields, &body);
		if (a->far.rc != (int)asked[i].code)
			print_message("%s %s\n", asked[i].op, fields);
		assert_fails(a->far.rc, asked[i].code, &a->far.e, asked[i].words);
		sr_buf_free(&body);
	}
	assert_int_equal(sr_ledger_next_index(a->t.g->w->v->ledger), size);
	/* More entries than one call proves. */
	sr_call_begin(&a->far.q, "proof");
	for (int i = 0; i <= SR_PROOF_MAX_ENTRIES; i++)
		sr_text_put_dec(&a->far.q.head, "index", 0);
	assert_fails(rig_go(&a->far), SR_USAGE, &a->far.e, "257 entries asked for, want 1 to 256");
	/* A list of hashes that would not fit memory. */
	struct sr_buf lines;
	sr_buf_init(&lines);
	for (int i = 0; i < 1000000; i++)
		sr_buf_put_u8(&lines, '\n');
	rig_login(&a->far, person_of(a, CURATOR));
	assert_fails(rig_call(&a->far, "intake.known", NULL, &lines), SR_LIMIT, &a->far.e,
		"the list has 1000001 lines, at most 1000000 are compared at once: split it");
	lines.len = SR_QUERY_MAX + 1;
	assert_fails(
		rig_call(&a->far, "search", NULL, &lines), SR_LIMIT, &a->far.e, "bytes, at most");
	sr_buf_free(&lines);
}

/* --- whose a checkout is --- */

/* The sentence of ${op} about the checkout ${id}, with XXX for the id. */
static int told_of(struct asking *a, const char *op, const char *more, const uint8_t *id, char *out,
	size_t size) {
	char fields[200], hex[2 * SR_ID + 1], *at;
	struct sr_buf body;
	const struct sr_op_info *info = sr_op_named(sr_bytes_str(op));

	assert_non_null(info);
	sr_buf_init(&body);
	if (info->body && strcmp(op, "quarantine.open") == 0) {
		sr_buf_put_zero(&body, SR_PART);
	} else if (info->body && strcmp(op, "redact.make") == 0) {
		sr_buf_put_le32(&body, 1); /* file 0 is left out; no gaps, nothing kept */
		sr_buf_put_zero(&body, 8 + 4 + 4);
	} else if (info->body) { /* the key of one vote's record */
		sr_buf_put_le32(&body, 1);
		sr_buf_put_zero(&body, SR_ID + SR_KEY);
	}
	sr_hex(hex, id, SR_ID);
	snprintf(fields, sizeof fields, "checkout %s%s", hex, more);
	(void)!rig_call(&a->far, op, fields, &body);
	sr_buf_free(&body);
	snprintf(out, size, "%.700s", a->far.e.text);
	while ((at = strstr(out, hex)) != NULL)
		memset(at, 'X', strlen(hex));
	return a->far.rc;
}

/* Who has the id of another's checkout learns by no operation that there is one, whose it is, or
 * what it allows: the answer is that to an id of nothing. */
static void test_whose(void **state) {
	static const struct {
		enum who who;
		const char *op, *more;
	} cases[] = {
		{OTHER, "checkout.material", ""},
		{OTHER, "checkout.open", ""},
		{OTHER, "checkout.files", ""},
		{OTHER, "checkout.read", " file 0 offset 0 length 10"},
		{OTHER, "checkout.forget", ""},
		{OTHER, "export.begin", ""},
		{OTHER, "export.begin", " bag yes"},
		{OTHER, "export.read", " length 10"},
		{OTHER, "export.end", ""},
		{OTHER, "explain", ""},
		{OTHER, "witness", ""},
		{CURATOR, "reseal", ""},
		{CURATOR, "quarantine.open", ""},
		{CURATOR, "intake.scan", ""},
		{CURATOR, "redact.make", ""},
		{CURATOR, "transcript.add", " file 0"},
		{CURATOR, "features.make", ""},
	};
	static const uint8_t none[SR_ID] = {0x77};
	struct asking *a = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char theirs[800], nothing[800];

		rig_login(&a->far, person_of(a, cases[i].who));
		const int rc =
			told_of(a, cases[i].op, cases[i].more, a->t.c.id, theirs, sizeof theirs);
		assert_int_not_equal(rc, 0);
		assert_null(strstr(theirs, a->t.g->w->researcher[0].person));
		assert_int_equal(
			told_of(a, cases[i].op, cases[i].more, none, nothing, sizeof nothing), rc);
		if (strcmp(theirs, nothing) != 0)
			fail_msg("%s: \"%s\", of nothing \"%s\"", cases[i].op, theirs, nothing);
	}
	/* It is open still, for whom it is. */
	assert_int_equal(sr_room_count(a->t.g->core.room), 1);
}

/* --- what is brought -------------------------------------------------------------------------- */

/* A submission whose note is any bytes, with so many texts or objects announced. */
static int submit_counts(struct asking *a, uint32_t texts, uint32_t objects) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_put_le32(&b, 1);
	sr_buf_put_lp(&b, sr_bytes_str("a note"));
	sr_buf_put_le32(&b, texts);
	sr_buf_put_le32(&b, objects);
	(void)!rig_call(&a->far, "submit", NULL, &b);
	sr_buf_free(&b);
	return a->far.rc;
}

static void begins(struct asking *a) {
	assert_ok(rig_call(&a->far, "deposit.begin",
			  rig_hex("collection", a->t.g->w->collection, SR_ID), NULL),
		&a->far.e);
}

/* Records without more to them. */
static int put_tags(struct asking *a, const char *tags) {
	struct sr_buf b;

	sr_buf_init(&b);
	for (const char *t = tags; *t != '\0'; t++) {
		sr_buf_put_u8(&b, (uint8_t)*t);
		if (*t == 'I')
			sr_buf_put_lp(&b, sr_bytes_str(""));
	}
	(void)!rig_call(&a->far, "deposit.put", NULL, &b);
	sr_buf_free(&b);
	return a->far.rc;
}

/* A file in an item; ${age}: announced as an age file. */
static int put_file(
	struct asking *a, uint8_t kind, bool age, const char *path, const char *media_type) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_put_u8(&b, 'I');
	sr_buf_put_lp(&b, sr_bytes_str(""));
	if (age)
		sr_buf_put_u8(&b, 'A');
	sr_buf_put_u8(&b, 'F');
	sr_buf_put_u8(&b, kind);
	sr_buf_put_zero(&b, 8 + 4 + 8);
	sr_buf_put_lp(&b, sr_bytes_str(path));
	sr_buf_put_lp(&b, sr_bytes_str(media_type));
	sr_buf_put_lp(&b, sr_bytes_str(""));
	(void)!rig_call(&a->far, "deposit.put", NULL, &b);
	sr_buf_free(&b);
	return a->far.rc;
}

static int put_kind(struct asking *a, uint8_t kind, bool age) {
	return put_file(a, kind, age, "a", "");
}

static void accession(struct world_draft *d, struct asking *a, const uint8_t id[SR_ID]) {
	const uint8_t root[SR_HASH] = {1};
	struct world *w = a->t.g->w;

	world_begin(d, w, &w->depositor, SR_T_ACCESSION);
	sr_text_put_hex(&d->text, "accession", id, SR_ID);
	sr_text_put_hex(&d->text, "collection", w->collection, SR_ID);
	sr_statement_put_count_root(&d->text, "items", 1, root);
	sr_statement_put_count_root(&d->text, "files", 1, root);
	sr_text_put_dec(&d->text, "bytes", 1);
}

static void test_brought(void **state) {
	const uint8_t id[SR_ID] = {0x5a};
	uint8_t list[SR_HASH] = {2};
	struct world_draft d;
	struct asking *a = *state;
	uint64_t size;

	size = sr_ledger_next_index(a->t.g->w->v->ledger);
	rig_login(&a->far, person_of(a, GIVER));
	assert_fails(submit_counts(a, SR_ENTRY_RECORDS + 1, 0), SR_LIMIT, &a->far.e,
		"submission 1 of 1: 257 texts, at most 256");
	assert_fails(submit_counts(a, 0, 9), SR_LIMIT, &a->far.e,
		"submission 1 of 1: 9 objects, at most 8");
	/* Signed for what this connection has not brought; with an object of its own. */
	accession(&d, a, id);
	sr_text_put_hex(&d.text, "list", list, SR_HASH);
	assert_fails(rig_submit(&a->far, &d, NULL), SR_USAGE, &a->far.e,
		"accession: this connection has not deposited it; resume it and finish first");
	accession(&d, a, id);
	world_object(&d, "list", sr_bytes_str("any list"));
	assert_fails(rig_submit(&a->far, &d, NULL), SR_USAGE, &a->far.e,
		"accession: its objects are those of deposit.finish, none are sent");
	for (unsigned kind = 0; kind < 256; kind += kind == 0 ? SR_FILE_UNREADABLE + 1 : 249) {
		begins(a);
		assert_fails(put_kind(a, (uint8_t)kind, false), SR_CORRUPT, &a->far.e,
			kind == 0 ? "file of kind 0, want 1 to" : "file of kind");
		assert_ok(rig_call(&a->far, "deposit.abort", NULL, NULL), &a->far.e);
	}
	begins(a);
	assert_fails(put_kind(a, SR_FILE_SYMLINK, true), SR_CORRUPT, &a->far.e,
		"deposit: an age file that is no regular file");
	assert_ok(rig_call(&a->far, "deposit.abort", NULL, NULL), &a->far.e);
	/* Not a sentence about a bug of ours: these bytes are the depositor's. */
	begins(a);
	assert_fails(put_file(a, SR_FILE_REGULAR, false, "a", "text/pl\xc3\xa4in"), SR_CORRUPT,
		&a->far.e, "a media type with byte 0xc3, want ASCII");
	assert_ok(rig_call(&a->far, "deposit.abort", NULL, NULL), &a->far.e);
	/* What the store does not take ends it, and whatever comes then is told why. */
	begins(a);
	assert_fails(put_file(a, SR_FILE_REGULAR, false, "", ""), SR_LIMIT, &a->far.e,
		"a path of 0 bytes, want 1 to");
	assert_fails(put_tags(a, "J"), SR_LIMIT, &a->far.e, "the deposit broke off: ");
	assert_ok(rig_call(&a->far, "deposit.abort", NULL, NULL), &a->far.e);
	/* What was made to be signed stays as it is. */
	begins(a);
	assert_ok(put_kind(a, SR_FILE_REGULAR, false), &a->far.e);
	assert_ok(put_tags(a, "EJ"), &a->far.e);
	assert_ok(rig_call(&a->far, "deposit.finish", NULL, NULL), &a->far.e);
	assert_fails(put_tags(a, "I"), SR_CORRUPT, &a->far.e,
		"it is finished; want its statement, or deposit.abort");
	assert_ok(rig_call(&a->far, "deposit.abort", NULL, NULL), &a->far.e);
	assert_int_equal(sr_ledger_next_index(a->t.g->w->v->ledger), size);
}

/* --- releases --------------------------------------------------------------------------------- */

static int prepare(struct asking *a, const char *fields) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_put_le32(&b, 1);
	sr_buf_put(&b, a->held, SR_ID);
	sr_buf_put_zero(&b, SR_PART);
	(void)!rig_call(&a->far, "release.prepare", fields, &b);
	sr_buf_free(&b);
	return a->far.rc;
}

static void test_release(void **state) {
	struct asking *a = *state;

	rig_login(&a->far, &a->t.g->w->curator[1]);
	assert_fails(prepare(a, "hazard harmless"), SR_USAGE, &a->far.e,
		"hazard \"harmless\" is none of the controlled terms");
	assert_fails(prepare(a, "level 1"), SR_USAGE, &a->far.e, "level 1: its hazards need 2");
	assert_fails(prepare(a, "level 256"), SR_USAGE, &a->far.e, "level 256: its hazards need 2");
	/* Where this process does what comes after deposits, that comes first. */
	a->t.g->core.works = true;
	assert_fails(prepare(a, NULL), SR_DENIED, &a->far.e,
		"what is done after its deposit (files identified, taken apart, scanned) is not "
		"over");
	a->t.g->core.works = false;
	assert_fails(prepare(a, NULL), SR_AUTH, &a->far.e, NULL); /* the part is none */
}

/* --- without a catalogue ---------------------------------------------------------------------- */

/* It could not be made anew after a destruction: nothing is answered until core starts again. */
static void test_no_catalogue(void **state) {
	struct asking *a = *state;
	struct sr_core *core = &a->t.g->core;
	struct sr_catalogue *kept = core->vault->catalogue;
	struct sr_err e = {0};

	core->vault->catalogue = NULL;
	assert_fails(rig_call(&a->far, "hello", NULL, NULL), SR_IO, &a->far.e,
		"the catalogue could not be made anew: end core and start it again");
	assert_fails(sr_core_sweep(core, &e), SR_IO, &e,
		"there is no catalogue: end core and start it again");
	core->vault->catalogue = kept;
	assert_ok(rig_call(&a->far, "hello", NULL, NULL), &a->far.e);
}

/* --- before the vault is open ----------------------------------------------------------------- */

static void test_early(void **state) {
	struct rig *g = rig_new(&(struct world_options){.bare = true});
	struct rig_desk *d = &g->desk;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_put_lp(&b, sr_bytes_str("a text"));
	sr_buf_put_le32(&b, 1025);
	assert_fails(rig_call(d, "found.draft", NULL, &b), SR_USAGE, &d->e,
		"found.draft: 1025 names, at most 1024");
	sr_buf_free(&b);
	assert_fails(rig_call(d, "audit.replay", NULL, NULL), SR_DENIED, &d->e,
		"there is nothing to replay before the vault is founded");
	assert_fails(rig_call(d, "verify", NULL, NULL), SR_DENIED, &d->e,
		"there is nothing to verify before the vault is founded");
	assert_fails(rig_call(d, "scrub", NULL, NULL), SR_DENIED, &d->e,
		"scrub writes into the log, which begins when the vault is founded");
	/* Founded, and nobody has accepted: no epoch was in force. */
	world_draft_found(g->w);
	for (size_t i = 0; i < g->w->members; i++)
		(void)world_sign_found(g->w, i);
	rig_login(d, &g->w->member[0]);
	assert_fails(rig_call(d, "board.material", "epoch 1", NULL), SR_NOTFOUND, &d->e,
		"the board was never in epoch 1");
	assert_fails(rig_call(d, "found.show", NULL, NULL), SR_EXISTS, &d->e,
		"this vault is founded already");
	rig_free(g);
}

/* --- what the log or the catalogue says that no door let in ----------------------------------- */

static void sql(struct rig *g, const char *text) {
	assert_ok(sr_db_exec(sr_catalogue_db(g->w->v->catalogue), text, &g->w->e), &g->w->e);
}

static int replay(struct rig *g) {
	struct rig_desk *d = &g->desk;

	while (rig_call(d, "audit.replay", NULL, NULL) == 0 &&
		sr_text_get(&d->r.text, "ended").p == NULL)
		continue;
	return d->rc;
}

/* That somebody read the log, signed by ${seed}: nothing speaks against it but who signed it. */
static void reads(struct rig *g, const struct world_person *who, const uint8_t seed[SR_SEED]) {
	struct world_draft d;

	world_begin(&d, g->w, who, SR_T_READ);
	sr_text_put(&d.text, "what", "log");
	past_the_door(g->w, &d, seed);
}

static void test_altered(void **state) {
	struct desk t;
	char words[80];

	(void)state;
	desk_new(&t, true);
	struct rig *g = t.g;
	struct rig_desk *d = &g->desk;
	sql(g, "UPDATE grants SET ends = ends + 86400");
	assert_fails(rig_call(d, "verify", NULL, NULL), SR_CORRUPT, &d->e,
		"verify: 1 problem; the first: the catalogue differs from the log (rebuild makes "
		"it anew): ");
	assert_field(d, "catalogue", "different");
	assert_int_equal(rig_count(d, "problem"), 1);
	assert_fails(replay(g), SR_CORRUPT, &d->e, "audit replay: 1 finding; the first: entry ");
	assert_fails(replay(g), SR_CORRUPT, &d->e, " (grant, grants.ends): ");
	assert_non_null(rig_row(d, "finding", "what", "catalogue"));
	sql(g, "UPDATE grants SET ends = ends - 86400");
	assert_ok(rig_call(d, "verify", NULL, NULL), &d->e);
	assert_ok(replay(g), &d->e);
	/* In the name of a member, by somebody who holds the ledger's keys and not theirs. */
	snprintf(words, sizeof words, "the first: entry %llu (read): ",
		(unsigned long long)sr_ledger_next_index(g->w->v->ledger));
	reads(g, &g->w->auditor, g->w->outsider.seed);
	rig_reopen(g);
	assert_fails(rig_call(d, "verify", NULL, NULL), SR_AUTH, &d->e, words);
	assert_field(d, "catalogue", "equal");
	assert_fails(replay(g), SR_CORRUPT, &d->e, "(read, signature)");
	/* In nobody's name: no catalogue takes it, so verify ends there. */
	reads(g, &g->w->outsider, g->w->outsider.seed);
	assert_fails(
		rig_call(d, "verify", NULL, NULL), SR_CORRUPT, &d->e, "is nobody of this vault");
	assert_fails(replay(g), SR_CORRUPT, &d->e, "audit replay: 2 findings; ");
	rig_free(g);
}

/* A statement of another vault: no catalogue takes it, so verify ends there. The last test of the
 * shared desk, which cannot be opened again after it. */
static void test_strange(void **state) {
	struct rig *g = ((struct asking *)*state)->t.g;
	struct rig_desk *d = &g->desk;

	g->w->v->fingerprint[0] ^= 1;
	reads(g, &g->w->auditor, g->w->auditor.seed);
	g->w->v->fingerprint[0] ^= 1;
	assert_fails(rig_call(d, "verify", NULL, NULL), SR_CORRUPT, &d->e,
		"(read): it is a statement of another vault");
	assert_fails(replay(g), SR_CORRUPT, &d->e, "it is a statement of another vault");
}

static void draft_vote(struct world *w, const uint8_t request[SR_ID], struct world_draft *d) {
	memset(d, 0, sizeof *d);
	w->instead = d;
	assert_ok(
		world_vote(w, &(struct world_vote){.member = 1, .request = request}), &w->out.err);
}

/* The line that names the object, and the object, from another draft. */
static void take_object(struct world_draft *to, struct world_draft *from) {
	char was[2 * SR_HASH + 1], is[2 * SR_HASH + 1];
	uint8_t id[SR_HASH];
	uint8_t *at;

	sr_object_id(id, to->objects[0].salt, to->objects[0].body);
	sr_hex(was, id, SR_HASH);
	sr_object_id(id, from->objects[0].salt, from->objects[0].body);
	sr_hex(is, id, SR_HASH);
	at = memmem(to->text.p, to->text.len, was, strlen(was));
	assert_non_null(at);
	memcpy(at, is, strlen(is));
	const struct sr_door_object object = to->objects[0];
	const struct sr_buf body = to->bodies[0];
	to->objects[0] = from->objects[0];
	to->bodies[0] = from->bodies[0];
	from->objects[0] = object;
	from->bodies[0] = body;
}

/* A member and the service together: a vote whose bundle is of fewer items than were asked for is
 * said to be that, and the reader's client gets no record of another item for it. */
static void test_short_bundle(void **state) {
	static struct world_draft draft, shorter;
	struct world_request one;
	struct desk t;
	char words[80];

	(void)state;
	desk_new(&t, false);
	struct world *w = t.g->w;
	one = (struct world_request){.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])t.item,
		.count = 1,
		.forms = "metadata text"};
	assert_ok(world_request(w, &one), &w->out.err);
	draft_vote(w, t.rq.id, &draft);
	draft_vote(w, one.id, &shorter);
	take_object(&draft, &shorter);
	world_draft_free(&shorter);
	past_the_door(w, &draft, w->member[1].seed);
	rig_reopen(t.g);
	world_grant(w, t.rq.id, t.grant);
	t.c = (struct world_checkout){.by = &w->researcher[0],
		.grant = t.grant,
		.item = memcmp(t.item[0], t.item[1], SR_ID) > 0 ? t.item[0] : t.item[1]};
	assert_ok(world_checkout(w, &t.c), &w->out.err);
	rig_login(&t.g->desk, &w->researcher[0]);
	snprintf(words, sizeof words, "vote of %s: its bundle has 1 items, the request more",
		w->member[1].person);
	assert_fails(
		rig_call(&t.g->desk, "checkout.material", rig_hex("checkout", t.c.id, SR_ID), NULL),
		SR_CORRUPT, &t.g->desk.e, words);
	rig_free(t.g);
}

/* --- handlers without their table ------------------------------------------------------------- */

/* The table sees to it that what a handler needs is there. One whose row lost the field says so,
 * instead of acting on whatever lay in memory. */
static void test_without_table(void **state) {
	static const struct {
		const char *op, *words;
	} cases[] = {
		{"deposit.begin", "deposit.begin without a collection"},
		{"epochs.keys", "epochs.keys without an index"},
		{"features.make", "features.make without a checkout"},
		{"grant", "grant without an id"},
		{"checkout.material", "call without a checkout"},
		{"checkout.files", "call without a checkout"},
		{"checkout.open", "call without a checkout"},
		{"export.begin", "call without a checkout"},
		{"quarantine.open", "call without a checkout"},
		{"quarantine.material", "call without an item"},
		{"intake.scan", "call without a checkout"},
		{"redact.make", "redact.make without a checkout"},
		{"transcript.add", "transcript.add without a checkout, or a file"},
		{"item", "item without an id"},
		{"intake.show", "call without an item"},
		{"intake.more", "call without an item"},
		{"request", "call without a request"},
		{"object", "object without an id"},
		{"enquiry", "enquiry without an id"},
		{"notice.sent", "notice.sent without what it is about"},
	};
	struct rig *g = ((struct asking *)*state)->t.g;
	struct sr_session session = {.embedded = true};

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct sr_op *op = sr_op_find(sr_bytes_str(cases[i].op));
		struct sr_call q, r;
		struct sr_err e = {0};

		assert_non_null(op);
		sr_call_init(&q);
		sr_call_init(&r);
		sr_call_begin(&q, cases[i].op);
		assert_ok(sr_call_parse(&q, &e), &e);
		sr_reply_begin(&r, 0, NULL);
		struct sr_x x = {.core = &g->core,
			.session = &session,
			.vault = g->w->v,
			.catalogue = g->w->v->catalogue,
			.caller = {.catalogue = g->w->v->catalogue, .roles = SR_ROLES_ALL},
			.q = &q,
			.r = &r};
		snprintf(x.caller.person, sizeof x.caller.person, "%s", g->w->member[0].person);
		assert_fails(op->run(&x, &e), SR_MISUSE, &e, cases[i].words);
		assert_true(r.body.len <= 4); /* at most the number of no rows */
		sr_call_free(&q);
		sr_call_free(&r);
	}
}

int main(void) {
	const struct CMUnitTest shared[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_brought),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_no_catalogue),
		cmocka_unit_test(test_without_table),
		cmocka_unit_test(test_strange),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_short_bundle),
	};
	const int failed = cmocka_run_group_tests(shared, setup, teardown);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
