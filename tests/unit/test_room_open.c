/*
 * The room from the founding of a vault to the end of a grant: who opens what with which votes, and
 * every way in which opening must fail.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "board/keys.h"
#include "catalogue/catalogue.h"
#include "ledger/ledger.h"
#include "room/features.h"
#include "room/redact.h"
#include "store/envelope.h"
#include "store/secrets.h"
#include "world.h"

static const char LETTER[] = "What the letter says: meet at the old mill.\n";
static const char DIARY[] = "Tuesday. Nothing happened, and it was recorded.\n";

/* A vault with two released items under one live grant of researcher 0, checked out (item 0) but
 * not opened. */
struct desk {
	struct world *w;
	uint8_t item[2][SR_ID];
	uint8_t grant[SR_ID];
	struct world_request rq;
	struct world_checkout c;
};

static void items_make(struct desk *d) {
	struct world_file files[] = {{.path = "letter.txt", .content = sr_bytes_str(LETTER)},
		{.path = "diary.txt", .content = sr_bytes_str(DIARY)}};
	struct world_deposit dep = {.files = files, .count = 2};

	assert_ok(world_deposit(d->w, &dep), &d->w->out.err);
	assert_int_equal(dep.item_count, 2);
	memcpy(d->item, dep.items, sizeof d->item);
	world_held_release(d->w, d->item[0]);
	world_held_release(d->w, d->item[1]);
}

static void ask(struct desk *d) {
	d->rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 2,
		.forms = "metadata text"};
	assert_ok(world_request(d->w, &d->rq), &d->w->out.err);
}

static void check_out(struct desk *d) {
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item[0]};
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
}

static struct desk *desk_new(const struct world_options *o) {
	struct desk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	d->w = world_new(o);
	items_make(d);
	ask(d);
	return d;
}

static struct desk *desk_granted(const struct world_options *o) {
	struct desk *d = desk_new(o);

	world_grant(d->w, d->rq.id, d->grant);
	check_out(d);
	return d;
}

static void desk_free(struct desk *d) {
	world_free(d->w);
	free(d);
}

static void reads(struct desk *d, const struct world_checkout *c, const char *want) {
	struct sr_buf text;

	sr_buf_init(&text);
	assert_ok(world_read(d->w, c, 0, &text), &d->w->e);
	assert_int_equal(text.len, strlen(want));
	assert_memory_equal(text.p, want, text.len);
	sr_buf_free(&text);
}

static void whole_way(void **state) {
	(void)state;
	struct desk *d = desk_granted(&(struct world_options){.second = true});
	struct world *w = d->w;
	struct world_checkout other = {
		.by = &w->researcher[0], .grant = d->grant, .item = d->item[1]};
	struct sr_checkout_row row;
	uint64_t files = 0;

	assert_fails(sr_room_files(w->room, d->c.id, d->c.by->person, &files, &w->e), SR_NOTFOUND,
		&w->e, "open it again");
	assert_ok(world_open(w, &d->c), &w->e);
	assert_int_equal(sr_room_count(w->room), 1);
	assert_ok(sr_query_checkout(&row, w->v->catalogue, d->c.id, &w->e), &w->e);
	assert_int_equal(row.state, SR_S_OPEN);
	assert_int_equal(world_count(w, SR_T_VIEWED), 1);
	assert_ok(world_open(w, &d->c), &w->e); /* open already: nothing is done twice */
	assert_int_equal(world_count(w, SR_T_VIEWED), 1);
	assert_ok(sr_room_files(w->room, d->c.id, d->c.by->person, &files, &w->e), &w->e);
	assert_int_equal(files, 1);
	assert_fails(sr_room_files(w->room, d->c.id, w->researcher[1].person, &files, &w->e),
		SR_NOTFOUND, &w->e, "the checkout is not open");
	reads(d, &d->c, LETTER);
	assert_int_equal(world_count(w, SR_T_VIEWED), 2);
	reads(d, &d->c, LETTER); /* a second reading is the same reading */
	assert_int_equal(world_count(w, SR_T_VIEWED), 2);
	assert_ok(world_checkout(w, &other), &w->out.err);
	assert_ok(world_open(w, &other), &w->e);
	reads(d, &other, DIARY);
	assert_int_equal(sr_room_count(w->room), 2);
	assert_ok(world_return(w, &d->c), &w->out.err);
	assert_int_equal(sr_room_count(w->room), 1);
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e, "the checkout is returned");
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	/* Under the same grant it can be checked out again: a return erases no key. */
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	reads(d, &d->c, LETTER);
	desk_free(d);
}

static void open_survives_a_restart(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);

	assert_ok(world_open(d->w, &d->c), &d->w->e);
	world_reopen(d->w);
	assert_int_equal(sr_room_count(d->w->room), 0);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	reads(d, &d->c, LETTER);
	sr_room_forget(d->w->room, d->c.id);
	assert_int_equal(sr_room_count(d->w->room), 0);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	desk_free(d);
}

/* What the intake made of a file is what is read of it; by itself it is not read. */
static void text_of_a_file(void **state) {
	static const char text[] = "strongroom text 1: 2 pages, whole\n--- page 1 ---\nthe mill\n"
				   "\f--- page 2 ---\nthe river\n";
	static const char shown[] = "strongroom text 1: 2 pages, whole\n--- page 1 ---\nthe mill\n"
				    "\\x0c--- page 2 ---\nthe river\n";
	struct world_file files[] = {{.path = "a.pdf", .content = sr_bytes_str("%PDF-1.4 x")},
		{.path = "b.pdf", .content = sr_bytes_str("%PDF-1.4 y")},
		/* the same name, and not the vault's word */
		{.path = "a.pdf/(text)", .content = sr_bytes_str("a lie")},
		{.path = "a.pdf/(text)",
			.content = sr_bytes_str(text),
			.media_type = SR_RENDITION_TEXT}};
	struct world_deposit dep = {.files = files, .count = 4, .together = true};
	struct desk *d = calloc(1, sizeof *d);
	struct sr_buf got;

	(void)state;
	assert_non_null(d);
	d->w = world_new(NULL);
	assert_ok(world_deposit(d->w, &dep), &d->w->out.err);
	memcpy(d->item[0], dep.items[0], SR_ID);
	world_held_release(d->w, d->item[0]);
	d->rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 1,
		.forms = "metadata text"};
	assert_ok(world_request(d->w, &d->rq), &d->w->out.err);
	world_grant(d->w, d->rq.id, d->grant);
	check_out(d);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	reads(d, &d->c, shown);
	sr_buf_init(&got);
	assert_fails(world_read(d->w, &d->c, 1, &got), SR_UNSUPPORTED, &d->w->e,
		"has no text that its intake could make");
	assert_ok(world_read(d->w, &d->c, 2, &got), &d->w->e);
	assert_fails(world_read(d->w, &d->c, 3, &got), SR_USAGE, &d->w->e,
		"is the text of file 0: read that one");
	sr_buf_free(&got);
	desk_free(d);
}

/* --- levels, people, votes --- */

/* A request over items of two levels takes as many votes as the higher one; each item opens at its
 * own. */
static void levels_of_items(void **state) {
	(void)state;
	struct desk *d = calloc(1, sizeof *d);
	struct world_file files[] = {{.path = "letter.txt", .content = sr_bytes_str(LETTER)},
		{.path = "diary.txt", .content = sr_bytes_str(DIARY)}};
	struct world_deposit dep = {.files = files, .count = 2};
	struct world_checkout other;
	struct world *w;

	assert_non_null(d);
	d->w = w = world_new(&(struct world_options){.members = 5, .level = {2, 4}});
	assert_ok(world_deposit(w, &dep), &w->out.err);
	memcpy(d->item, dep.items, sizeof d->item);
	world_held_release(w, d->item[0]);
	assert_ok(world_describe(w, &w->curator[0], d->item[1], "Instructions", "instructional"),
		&w->out.err);
	assert_fails(world_release(w, &w->curator[1], d->item[1], NULL), SR_DENIED, &w->out.err,
		"hazard-dropped");
	assert_ok(world_release(w, &w->curator[1], d->item[1], "instructional"), &w->out.err);
	ask(d);
	for (size_t i = 0; i < 4; i++) {
		assert_false(world_grant_of(w, d->rq.id, d->grant));
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = d->rq.id}),
			&w->out.err);
	}
	assert_true(world_grant_of(w, d->rq.id, d->grant));
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	reads(d, &d->c, LETTER);
	other = (struct world_checkout){
		.by = &w->researcher[0], .grant = d->grant, .item = d->item[1]};
	assert_ok(world_checkout(w, &other), &w->out.err);
	assert_ok(world_open(w, &other), &w->e);
	reads(d, &other, DIARY);
	desk_free(d);
}

static void co_applicants_read_too(void **state) {
	(void)state;
	struct desk *d = calloc(1, sizeof *d);
	struct world *w;

	assert_non_null(d);
	d->w = w = world_new(NULL);
	items_make(d);
	d->rq = (struct world_request){.by = &w->researcher[1],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 2,
		.with = {&w->researcher[0], &w->researcher[2]}};
	assert_ok(world_request(w, &d->rq), &w->out.err);
	assert_ok(world_join(w, &w->researcher[0], d->rq.id), &w->out.err);
	assert_ok(world_join(w, &w->researcher[2], d->rq.id), &w->out.err);
	world_grant(w, d->rq.id, d->grant);
	for (size_t i = 0; i < W_RESEARCHERS; i++) {
		struct world_checkout c = {
			.by = &w->researcher[i], .grant = d->grant, .item = d->item[1]};

		assert_ok(world_checkout(w, &c), &w->out.err);
		assert_ok(world_open(w, &c), &w->e);
		reads(d, &c, DIARY);
	}
	assert_int_equal(sr_room_count(w->room), 3);
	desk_free(d);
}

static void a_bad_piece_is_named(void **state) {
	(void)state;
	struct desk *d = desk_new(&(struct world_options){.members = 4, .level = {2}});
	struct world *w = d->w;
	struct sr_entry en;
	char person[SR_PERSON_TEXT + 16];

	assert_ok(
		world_vote(w,
			&(struct world_vote){.member = 1, .request = d->rq.id, .lie = W_BAD_PIECE}),
		&w->out.err);
	assert_ok(
		world_vote(w, &(struct world_vote){.member = 2, .request = d->rq.id}), &w->out.err);
	assert_true(world_grant_of(w, d->rq.id, d->grant));
	check_out(d);
	(void)snprintf(person, sizeof person, "%s: the piece", w->member[1].person);
	assert_fails(world_open(w, &d->c), SR_AUTH, &w->e, "1 good pieces, want 2");
	assert_non_null(strstr(w->e.text, person));
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	world_last(w, SR_T_INCIDENT, &en);
	assert_true(sr_bytes_eq(
		sr_field(&en.statement, "person", 0), sr_bytes_str(w->member[1].person)));
	assert_true(sr_bytes_eq(sr_field(&en.statement, "what", 0), sr_bytes_str("piece-invalid")));
	sr_entry_free(&en);
	/* The vote is void: it is not asked again, and no second incident is written. */
	assert_fails(world_open(w, &d->c), SR_AUTH, &w->e, "1 good pieces, want 2");
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	/* A top-up by another member brings the missing piece. */
	assert_ok(world_vote(w,
			  &(struct world_vote){
				  .member = 3, .request = d->rq.id, .decision = "topup"}),
		&w->out.err);
	assert_ok(world_open(w, &d->c), &w->e);
	reads(d, &d->c, LETTER);
	/* One is enough: each is proved by the researcher's client before anything opens. */
	assert_fails(world_vote(w,
			     &(struct world_vote){
				     .member = 3, .request = d->rq.id, .decision = "topup"}),
		SR_DENIED, &w->out.err, "topped-up");
	desk_free(d);
}

/* After a write that failed nobody knows whether a grant has ended: nothing is shown any more. */
static void a_failed_vault_shows_nothing(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;
	struct sr_buf text;
	size_t wiped = 0;

	sr_buf_init_secret(&text);
	assert_ok(world_open(w, &d->c), &w->e);
	reads(d, &d->c, LETTER);
	w->v->failed = true;
	assert_fails(world_read(w, &d->c, 0, &text), SR_IO, &w->e, "an earlier write failed");
	assert_int_equal(sr_room_count(w->room), 0);
	w->v->failed = false;
	assert_ok(world_open(w, &d->c), &w->e);
	w->v->failed = true;
	assert_ok(sr_room_sweep(w->room, &wiped, &w->e), &w->e);
	assert_int_equal(wiped, 1);
	sr_buf_free(&text);
	desk_free(d);
}

/* A bundle that is not what the vote signs never gets into the log: nobody would get past it. */
static void a_false_bundle_is_refused(void **state) {
	(void)state;
	struct desk *d = desk_new(&(struct world_options){.members = 4, .level = {2}});
	struct world *w = d->w;

	assert_fails(world_vote(w,
			     &(struct world_vote){
				     .member = 0, .request = d->rq.id, .lie = W_BAD_BUNDLE}),
		SR_DENIED, &w->out.err, "bundle-invalid");
	assert_int_equal(world_count(w, SR_T_REFUSE), 1);
	for (size_t i = 1; i < 3; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = d->rq.id}),
			&w->out.err);
	assert_true(world_grant_of(w, d->rq.id, d->grant));
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	desk_free(d);
}

/* What the researcher hands over proves nothing by itself: too few, wrong, or another's keys open
 * nothing and blame nobody. */
static void wrong_record_keys(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;
	struct sr_room_record records[4];
	struct sr_room_open o = {.person = d->c.by->person, .records = records};
	size_t n = world_records(w, &d->c, records, T_COUNT(records));

	assert_int_equal(n, 2);
	memcpy(o.checkout, d->c.id, SR_ID);
	o.count = 1;
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_AUTH, &w->e, "1 good pieces, want 2");
	records[1].key[5] ^= 1;
	o.count = 2;
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_AUTH, &w->e, "does not open it");
	records[1] = records[0]; /* one vote twice is one vote */
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_AUTH, &w->e, "1 good pieces, want 2");
	o.person = w->researcher[1].person;
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_NOTFOUND, &w->e, "has no such checkout");
	o.person = d->c.by->person;
	/* a curator's part opens nothing of a grant, and votes nothing that is held (below) */
	uint8_t part[SR_PART] = {1};
	assert_fails(sr_room_open_held(w->room, d->c.id, d->c.by->person, part, &w->e), SR_DENIED,
		&w->e, "a checkout of right access opens with votes, not with a part");
	assert_fails(sr_room_open_held(w->room, d->c.id, w->curator[0].person, part, &w->e),
		SR_NOTFOUND, &w->e, "has no such checkout");
	o.checkout[0] ^= 1;
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_NOTFOUND, &w->e, "has no such checkout");
	assert_fails(sr_room_open_held(w->room, o.checkout, w->curator[0].person, part, &w->e),
		SR_NOTFOUND, &w->e, "has no such checkout");
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_ok(world_open(w, &d->c), &w->e);
	desk_free(d);
}

/* The memory for keys is bounded: when it is full, nothing opens, nothing is lost, and nobody is
 * blamed. First none is left for the part, then one for it and none for the item's key. */
static void no_room_for_keys(struct desk *d) {
	static struct {
		uint8_t *p;
		size_t size;
	} taken[2048];
	struct world *w = d->w;
	struct sr_room_record records[4];
	struct sr_room_open o = {.person = d->c.by->person, .records = records};
	size_t n = 0;

	o.count = world_records(w, &d->c, records, T_COUNT(records));
	memcpy(o.checkout, d->c.id, SR_ID);
	uint8_t *one = sr_secret_new(SR_KEY, &w->e);
	assert_non_null(one);
	for (size_t size = 4096; size >= SR_KEY; size /= 2) {
		while (n < T_COUNT(taken) && (taken[n].p = sr_secret_new(size, &w->e)) != NULL)
			taken[n++].size = size;
		assert_true(n < T_COUNT(taken));
	}
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_LIMIT, &w->e,
		"room: the arena for secrets is full");
	sr_secret_free(one, SR_KEY);
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_LIMIT, &w->e,
		"room: the arena for secrets is full");
	assert_int_equal(sr_room_count(w->room), 0);
	for (; n > 0; n--)
		sr_secret_free(taken[n - 1].p, taken[n - 1].size);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
}

/* --- the room asks for itself --- */

/* ${text} with OUT, OWN and MEM in it replaced by a person who sits on no board, the applicant, and
 * the first member. */
static void spoil(struct desk *d, const char *text) {
	struct world *w = d->w;
	struct sr_buf sql;

	sr_buf_init(&sql);
	for (const char *c = text; *c != '\0'; c++) {
		const struct world_person *p = strncmp(c, "OUT", 3) == 0   ? &w->researcher[1]
					       : strncmp(c, "OWN", 3) == 0 ? d->c.by
					       : strncmp(c, "MEM", 3) == 0 ? &w->member[0]
									   : NULL;

		if (p == NULL) {
			sr_buf_put_u8(&sql, (uint8_t)*c);
			continue;
		}
		sr_buf_put_str(&sql, p->person);
		c += 2;
	}
	sr_buf_put_u8(&sql, 0);
	assert_ok(sr_db_exec(sr_catalogue_db(w->v->catalogue), (const char *)sql.p, &w->e), &w->e);
	sr_buf_free(&sql);
}

/* What the rules keep out of the catalogue, put into it all the same (a fault of ours, or of who
 * made the catalogue anew): the room looks at each of these by itself before it opens anything. */
static void a_false_catalogue_opens_nothing(struct desk *d) {
	static const struct {
		const char *spoil, *mend;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{"update grants set state = 'revoked'", "update grants set state = 'live'",
			SR_DENIED, "the grant is revoked"},
		{"update grants set state = 'suspended'", "update grants set state = 'live'",
			SR_DENIED, "the grant is suspended"},
		{"update grant_people set person = 'OUT'", "update grant_people set person = 'OWN'",
			SR_DENIED, " is not named in the grant"},
		{"update items set state = 'held'", "update items set state = 'released'",
			SR_DENIED, "the item is held"},
		{"update items set state = 'destroyed'", "update items set state = 'released'",
			SR_DENIED, "the item is destroyed"},
		{"update items set state = 'destroyed'; update checkouts set right_to = 'referral'",
			"update items set state = 'released'; update checkouts set right_to = "
			"'access'",
			SR_DENIED, "the item is destroyed"},
		{"update items set state = 'destroyed'; update checkouts set right_to = 'reseal'",
			"update items set state = 'released'; update checkouts set right_to = "
			"'access'",
			SR_DENIED, "the item is destroyed"},
		{"update items set flags = flags + 1", "update items set flags = flags - 1",
			SR_DENIED, "the item is marked for referral: nobody looks at it"},
		{"create table kept as select v, key from versions; "
		 "update versions set key = null",
			"update versions set key = (select k.key from kept k where k.v = "
			"versions.v); "
			"drop table kept",
			SR_CORRUPT, "the request names no key, or 1 people"},
		{"insert into request_people select v, 'OUT' from versions",
			"delete from request_people", SR_CORRUPT,
			" was granted without having joined"},
		{"update items set level = level + 1", "update items set level = level - 1",
			SR_CORRUPT, "the item's envelope says level 2, its statement 3"},
		{"update votes set person = 'OUT' where person = 'MEM'",
			"update votes set person = 'MEM' where person = 'OUT'", SR_CORRUPT,
			", who is no member of epoch 1"},
	};
	struct world *w = d->w;
	struct sr_room_record records[4];
	struct sr_room_open o = {.person = d->c.by->person, .records = records};

	assert_int_equal(SR_ITEM_REFERRAL, 1); /* what a row above says */
	o.count = world_records(w, &d->c, records, T_COUNT(records));
	memcpy(o.checkout, d->c.id, SR_ID);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		spoil(d, rows[i].spoil);
		int rc = sr_room_open(w->room, &o, &w->e);
		spoil(d, rows[i].mend);
		if (rc != (int)rows[i].code || strstr(w->e.text, rows[i].says) == NULL)
			fail_msg("%s: %d: %s", rows[i].spoil, rc, w->e.text);
		assert_int_equal(sr_room_count(w->room), 0);
	}
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_int_equal(world_count(w, SR_T_VIEWED), 0);
}

static int sign_as_room(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	const struct world *w = ctx;

	return sr_sign(sig, w->v->keys->s->room_seed, text, e);
}

/* As the catalogue has it, item 0 is under the envelope of this hash, sealed to ${level}. */
static void name_envelope(struct desk *d, const uint8_t hash[SR_HASH], int level) {
	char id[2 * SR_ID + 1], hex[2 * SR_HASH + 1], sql[300];

	sr_hex(id, d->item[0], SR_ID);
	sr_hex(hex, hash, SR_HASH);
	snprintf(sql, sizeof sql,
		"update items set envelope = x'%s', level = %d where item = x'%s'", hex, level, id);
	spoil(d, sql);
}

/* Envelopes that the room itself signed and the catalogue names, and that do not fit this item. */
static void a_false_envelope_opens_nothing(struct desk *d) {
	static const struct {
		const char *what, *says;
	} rows[] = {
		{"vault", "the item's envelope is of another vault"},
		{"level", "the item's envelope says level 4, its statement 2"},
		{"seal", "the item's envelope has a seal of 271 bytes, want 272"},
		{"both", "the item is sealed to level 4, which the board does not have"},
	};
	struct world *w = d->w;
	const struct sr_envelope_signer signer = {sign_as_room, w};
	struct sr_room_record records[4];
	struct sr_room_open o = {.person = d->c.by->person, .records = records};
	char name[SR_ENVELOPE_NAME], path[T_PATH];
	struct sr_buf file, forged;
	uint8_t hash[SR_HASH];

	o.count = world_records(w, &d->c, records, T_COUNT(records));
	memcpy(o.checkout, d->c.id, SR_ID);
	sr_envelope_name(name, d->item[0], 2);
	snprintf(path, sizeof path, "%s/items/%s", w->vault, name);
	sr_buf_init(&file);
	t_read_file(path, &file);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_envelope v;

		assert_ok(sr_envelope_decode(&v, sr_buf_view(&file), w->v->keys->room_pk, &w->e),
			&w->e);
		assert_int_equal(v.seal.len, SR_SEAL);
		assert_int_equal(v.level, 2);
		if (strcmp(rows[i].what, "vault") == 0)
			v.vault[0] ^= 1;
		else if (strcmp(rows[i].what, "seal") == 0)
			v.seal.len--;
		else
			v.level = 4;
		sr_buf_init(&forged);
		assert_ok(sr_envelope_encode(&forged, hash, &v, &signer, &w->e), &w->e);
		t_write_file(path, forged.p, forged.len);
		sr_buf_free(&forged);
		name_envelope(d, hash, strcmp(rows[i].what, "both") == 0 ? 4 : 2);
		assert_fails(sr_room_open(w->room, &o, &w->e), SR_CORRUPT, &w->e, rows[i].says);
		assert_int_equal(sr_room_count(w->room), 0);
	}
	t_write_file(path, file.p, file.len);
	sr_envelope_hash(hash, sr_buf_view(&file));
	name_envelope(d, hash, 2);
	sr_buf_free(&file);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
}

/* One desk for all of them: each leaves things as they were, so that it opens in the end. */
static void what_does_not_fit_opens_nothing(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);

	no_room_for_keys(d);
	a_false_catalogue_opens_nothing(d);
	a_false_envelope_opens_nothing(d);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	reads(d, &d->c, LETTER);
	desk_free(d);
}

/* --- ends --- */

static bool room_key_there(struct desk *d) {
	char name[2 * SR_ID + 1];

	sr_hex(name, d->rq.id, SR_ID);
	return sr_secrets_has(d->w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1);
}

static void checkout_fails(struct desk *d, const char *piece) {
	struct world_checkout again = {
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item[0]};

	assert_fails(world_checkout(d->w, &again), SR_DENIED, &d->w->out.err, piece);
}

static void revoke_leaves_nothing_to_open_with(void **state) {
	(void)state;
	struct desk *d = desk_granted(&(struct world_options){.second = true});
	struct world *w = d->w;

	assert_ok(world_open(w, &d->c), &w->e);
	assert_true(room_key_there(d));
	world_revoke(w, d->grant);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_false(room_key_there(d));
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e, "the checkout is ended");
	checkout_fails(d, "the grant is revoked");
	world_reopen(w);
	assert_false(room_key_there(d));
	desk_free(d);
}

/* The erasure itself: with every state as it was, opening fails for want of the key. */
static void without_the_room_key_nothing_opens(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;
	char name[2 * SR_ID + 1];
	struct sr_buf key;

	sr_hex(name, d->rq.id, SR_ID);
	sr_buf_init_secret(&key);
	assert_ok(sr_secrets_get(
			  w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1, &key, &w->e),
		&w->e);
	assert_ok(sr_secrets_erase(
			  w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1, NULL, &w->e),
		&w->e);
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e,
		"the room key of this request version is erased");
	key.p[3] ^= 1; /* and another key in its place is noticed before anybody is blamed */
	assert_ok(sr_secrets_put(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1,
			  sr_buf_view(&key), &w->e),
		&w->e);
	assert_fails(world_open(w, &d->c), SR_CORRUPT, &w->e, "is not the one its statement names");
	/* as is one that is cut off */
	assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1,
			  sr_bytes_of(key.p, SR_X_SK - 1), &w->e),
		&w->e);
	assert_fails(world_open(w, &d->c), SR_CORRUPT, &w->e, "secrets.db: room key of request ");
	assert_non_null(strstr(w->e.text, ": want 32 bytes, have 31"));
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	sr_buf_free(&key);
	desk_free(d);
}

static void suspend_and_lift(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;

	assert_ok(world_open(w, &d->c), &w->e);
	assert_ok(world_suspend(w, 2, d->grant), &w->out.err);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_true(room_key_there(d));
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e, "the checkout is ended");
	checkout_fails(d, "the grant is suspended");
	assert_fails(world_lift(w, 1, d->grant), SR_DENIED, &w->out.err, "who-suspended-lifts");
	assert_ok(world_lift(w, 2, d->grant), &w->out.err);
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	desk_free(d);
}

static void close_by_the_researcher(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;

	assert_ok(world_open(w, &d->c), &w->e);
	assert_fails(world_close_grant(w, &w->researcher[1], d->grant), SR_DENIED, &w->out.err,
		"readers-close");
	assert_ok(world_close_grant(w, &w->researcher[0], d->grant), &w->out.err);
	assert_false(room_key_there(d));
	assert_int_equal(sr_room_count(w->room), 0);
	checkout_fails(d, "the grant is closed");
	desk_free(d);
}

/* Time alone: nobody sweeps, and nothing opens or is read any more. */
static void time_ends_what_is_open(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;
	uint64_t files = 0;
	struct sr_buf text;
	size_t ended = 0, wiped = 0;

	sr_buf_init(&text);
	w->now += INT64_C(11) * 60;
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e, "the checkout is lapsed");
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	w->now += INT64_C(8) * 3600;
	assert_fails(world_read(w, &d->c, 0, &text), SR_DENIED, &w->e,
		"the checkout has lapsed (10 minutes unopened, 8 hours in all)");
	assert_int_equal(text.len, 0);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 1);
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	/* the grant ends sooner than the checkout would */
	struct sr_grant_row g = {0};
	assert_ok(sr_query_grant(&g, w->v->catalogue, d->grant, &w->e), &w->e);
	w->now = g.ends - 3600;
	assert_ok(sr_door_sweep(w->v, NULL, &w->e), &w->e);
	check_out(d);
	assert_ok(world_open(w, &d->c), &w->e);
	assert_ok(sr_room_files(w->room, d->c.id, w->researcher[0].person, &files, &w->e), &w->e);
	w->now = g.ends;
	assert_fails(sr_room_files(w->room, d->c.id, w->researcher[0].person, &files, &w->e),
		SR_DENIED, &w->e, "the grant ended at ");
	assert_int_equal(sr_room_count(w->room), 0);
	w->now = g.ends - 1800;
	sr_grant_row_free(&g);
	assert_ok(world_open(w, &d->c), &w->e);
	w->now += 31 * W_DAY;
	assert_ok(sr_room_sweep(w->room, &wiped, &w->e), &w->e);
	assert_int_equal(wiped, 1);
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_false(room_key_there(d));
	checkout_fails(d, "the grant is expired");
	sr_buf_free(&text);
	desk_free(d);
}

/* The log has seen a later time than the clock shows now: expiry goes by the later one. */
static void a_clock_set_back_revives_nothing(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;

	assert_ok(world_open(w, &d->c), &w->e);
	sr_room_forget(w->room, d->c.id);
	w->now += INT64_C(8) * 3600 + 1; /* its time is over, no sweep has come, but an entry */
	assert_int_equal(world_person_add(w, &w->curator[0], &w->outsider, "researcher"), 0);
	w->now -= INT64_C(8) * 3600;
	assert_fails(world_open(w, &d->c), SR_LOCKED, &w->e, "until the clock is right");
	desk_free(d);
}

/* Who cannot be trusted any more is stopped in the middle of reading. */
static void a_hazard_stops_reading(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;
	struct sr_buf text;

	sr_buf_init(&text);
	assert_ok(world_open(w, &d->c), &w->e);
	assert_ok(world_describe(w, &w->curator[0], d->item[0], NULL, "referral"), &w->out.err);
	assert_fails(world_read(w, &d->c, 0, &text), SR_NOTFOUND, &w->e, "open it again");
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e, "the checkout is ended");
	assert_fails(world_checkout(w, &d->c), SR_DENIED, &w->out.err, "marked for referral");
	sr_buf_free(&text);
	desk_free(d);
}

/* A slot that was erased ends an item for good, whatever was granted. */
static void without_the_slot_nothing_opens(void **state) {
	(void)state;
	struct desk *d = desk_granted(NULL);
	struct world *w = d->w;
	char name[2 * SR_ID + 1];

	sr_hex(name, d->item[0], SR_ID);
	/* cut off, it is named as that, and nobody is blamed */
	assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), 2,
			  sr_bytes_of(name, SR_KEY - 1), &w->e),
		&w->e);
	assert_fails(world_open(w, &d->c), SR_CORRUPT, &w->e, "secrets.db: slot 2 of item ");
	assert_non_null(strstr(w->e.text, ": want 32 bytes, have 31"));
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_ok(sr_secrets_erase(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), SR_SECRET_ALL,
			  NULL, &w->e),
		&w->e);
	assert_fails(world_open(w, &d->c), SR_NOTFOUND, &w->e, "its slot 2 is erased");
	desk_free(d);
}

/* --- forms and pages --- */

static void forms_are_kept(void **state) {
	(void)state;
	struct desk *d = desk_new(NULL);
	struct world *w = d->w;
	struct sr_buf text;

	sr_buf_init(&text);
	world_grant(w, d->rq.id, d->grant);
	d->c = (struct world_checkout){
		.by = &w->researcher[0], .grant = d->grant, .item = d->item[0], .form = "grey"};
	assert_fails(world_checkout(w, &d->c), SR_DENIED, &w->out.err, "form-not-granted");
	d->c.form = "metadata";
	assert_ok(world_checkout(w, &d->c), &w->out.err);
	assert_ok(world_open(w, &d->c), &w->e);
	assert_fails(world_read(w, &d->c, 0, &text), SR_DENIED, &w->e,
		"checked out in the form metadata");
	assert_int_equal(text.len, 0);
	sr_buf_free(&text);
	desk_free(d);
}

static void pages(void **state) {
	(void)state;
	struct world *w = world_new(NULL);
	struct sr_buf big, text, want;
	struct world_file files[4] = {{.path = "big.txt"},
		{.path = "empty.txt", .content = {(const uint8_t *)"", 0}},
		{.path = "picture.png", .content = {(const uint8_t *)"\x89PNG\r\n\x1a\n-----", 13}},
		{.path = "a/note.txt", .content = {(const uint8_t *)"\x1b[31mred", 8}}};
	struct world_deposit dep = {.files = files, .count = 4, .together = true};
	uint8_t grant[SR_ID];
	struct world_request rq = {.by = &w->researcher[0], .count = 1};
	struct sr_room_page p = {.person = w->researcher[0].person, .len = 1000};
	struct sr_room_page other;
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant};
	const char *encoding = NULL;
	struct sr_room_opened opened;
	struct sr_file f;
	uint64_t next = 0, seed = 5;

	sr_buf_init(&big);
	sr_buf_init(&text);
	sr_buf_init(&want);
	while (big.len <
		(SR_BLOCK * 5) / 2) /* three blocks, characters of two bytes across every border */
		sr_buf_printf(
			&big, "line %llu \xc3\xa9\n", (unsigned long long)t_rand(&seed, 1000000));
	files[0].content = sr_buf_view(&big);
	assert_ok(world_deposit(w, &dep), &w->out.err);
	assert_int_equal(dep.item_count, 1);
	world_held_release(w, dep.items[0]);
	rq.items = (const uint8_t(*)[SR_ID])dep.items;
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	c.item = dep.items[0];
	assert_ok(world_checkout(w, &c), &w->out.err);
	assert_ok(world_open(w, &c), &w->e);
	assert_fails(sr_room_text_size(w->room, c.id, w->researcher[0].person, &next, &w->e),
		SR_MISUSE, &w->e, "no file is being read");
	assert_fails(
		sr_room_nth(w->room, 1, &opened, &w->e), SR_NOTFOUND, &w->e, "1 items are open");
	/* a reader's checkout is for reading: no version and no counts are made of it */
	struct sr_redaction plan = {0};
	struct sr_redacting making = {
		.room = w->room, .person = w->researcher[0].person, .plan = &plan};
	memcpy(making.checkout, c.id, SR_ID);
	assert_fails(sr_redact_check(&making, &w->e), SR_DENIED, &w->e,
		"this checkout is of right access: a redaction is made by a curator");
	assert_fails(sr_room_features(w->room, c.id, w->researcher[0].person, &text, &w->e),
		SR_DENIED, &w->e,
		"this checkout is of right access: features are made by a curator");
	assert_int_equal(text.len, 0);
	assert_ok(world_read(w, &c, 0, &text), &w->e);
	assert_int_equal(text.len, big.len);
	assert_memory_equal(text.p, big.p, big.len);
	sr_buf_clear(&text);
	assert_ok(world_read(w, &c, 1, &text), &w->e);
	assert_int_equal(text.len, 0);
	assert_fails(world_read(w, &c, 2, &text), SR_UNSUPPORTED, &w->e, "a picture (PNG)");
	assert_ok(world_read(w, &c, 3, &text), &w->e);
	assert_memory_equal(text.p, "\\x1b[31mred", 10);
	assert_fails(world_read(w, &c, 4, &text), SR_NOTFOUND, &w->e, "no file 4: the item has 4");
	assert_int_equal(world_count(w, SR_T_VIEWED), 1 + 3);
	memcpy(p.checkout, c.id, SR_ID);
	assert_fails(sr_room_file(w->room, c.id, 4, &f, &w->e), SR_NOTFOUND, &w->e,
		"no file 4: the item has 4 (from 0)");
	assert_ok(sr_room_file(w->room, c.id, 3, &f, &w->e), &w->e);
	assert_true(sr_bytes_eq(f.path, sr_bytes_str("a/note.txt")));
	p.offset = 10;
	assert_fails(sr_room_text(w->room, &p, &text, &next, &encoding, &w->e), SR_MISUSE, &w->e,
		"not where the last page ended");
	p.offset = 0;
	assert_ok(sr_room_text(w->room, &p, &text, &next, &encoding, &w->e), &w->e);
	assert_int_equal(next, 1000);
	assert_string_equal(encoding, "UTF-8");
	p.offset = 999;
	assert_fails(sr_room_text(w->room, &p, &text, &next, &encoding, &w->e), SR_MISUSE, &w->e,
		"not where the last page ended");
	p.offset = 1000;
	p.len = SR_BLOCK + 1;
	assert_fails(sr_room_text(w->room, &p, &text, &next, &encoding, &w->e), SR_MISUSE, &w->e,
		"a page is 1 to");
	p.len = 1;
	assert_ok(sr_room_text(w->room, &p, &text, &next, &encoding, &w->e), &w->e);
	/* What is asked wrongly of another file does not move it into the place of this one. */
	other = p;
	other.file = 3;
	other.offset = 0;
	other.len = 0;
	assert_fails(sr_room_text(w->room, &other, &text, &next, &encoding, &w->e), SR_MISUSE,
		&w->e, "a page is 1 to");
	p.offset = 1001;
	sr_buf_clear(&text);
	assert_ok(sr_room_text(w->room, &p, &text, &next, &encoding, &w->e), &w->e);
	assert_memory_equal(text.p, big.p + 1001, 1);
	sr_buf_free(&big);
	sr_buf_free(&text);
	sr_buf_free(&want);
	world_free(w);
}

/* --- nothing is left in memory ---------------------------------------------------------------- */

enum {
	SCAN = 1 << 16,
	SCAN_MAPPING_MAX = 1 << 30 /* larger ones are a sanitizer's */
};
static uint8_t scanned[SCAN];

/* How often ${len} bytes, given xor 0x5a (so that the question is not its own answer), lie in
 * [from, to). */
static size_t in_range(
	int mem, unsigned long from, unsigned long to, const uint8_t *masked, size_t len) {
	const unsigned long own = (unsigned long)(uintptr_t)scanned;
	size_t found = 0;

	for (unsigned long at = from; at < to; at += SCAN - len) {
		size_t want = to - at < SCAN ? (size_t)(to - at) : SCAN;
		ssize_t got;

		if (at < own + SCAN && at + want > own)
			continue;
		got = pread(mem, scanned, want, (off_t)at);
		for (ssize_t i = 0; i + (ssize_t)len <= got; i++) {
			size_t k = 0;

			while (k < len && (uint8_t)(scanned[i + (ssize_t)k] ^ 0x5a) == masked[k])
				k++;
			found += k == len;
		}
		sr_wipe(scanned, sizeof scanned);
	}
	return found;
}

/* The same in all of this process's writable memory. */
static size_t in_memory(const uint8_t *masked, size_t len) {
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	size_t found = 0;
	char line[512];

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof line, maps) != NULL) {
		char *dash = NULL, *mode = NULL;
		unsigned long from = strtoul(line, &dash, 16), to;

		assert_int_equal(*dash, '-');
		to = strtoul(dash + 1, &mode, 16);
		if (strncmp(mode, " rw", 3) == 0 && to - from <= SCAN_MAPPING_MAX)
			found += in_range(mem, from, to, masked, len);
	}
	fclose(maps);
	close(mem);
	return found;
}

static void nothing_left_in_memory(void **state) {
	(void)state;
	enum {
		MARK = 24
	};
	uint8_t content[4096], masked[MARK], slot[MARK];
	struct world *w = world_new(NULL);
	struct world_file file = {.path = "marked.txt", .content = {content, sizeof content}};
	struct world_deposit dep = {.files = &file, .count = 1};
	struct world_request rq = {.by = &w->researcher[0], .count = 1};
	uint8_t grant[SR_ID];
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant};
	char name[2 * SR_ID + 1];
	struct sr_buf text;
	uint64_t seed = 77;

	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)('a' + t_rand(&seed, 26));
	for (size_t i = 0; i < MARK; i++)
		masked[i] = content[1000 + i] ^ 0x5a;
	assert_ok(world_deposit(w, &dep), &w->out.err);
	world_held_release(w, dep.items[0]);
	rq.items = (const uint8_t(*)[SR_ID])dep.items;
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	c.item = dep.items[0];
	assert_ok(world_checkout(w, &c), &w->out.err);
	sr_wipe(content, sizeof content);
	assert_int_equal(in_memory(masked, MARK), 0); /* the deposit left nothing either */
	assert_ok(world_open(w, &c), &w->e);
	sr_buf_init_secret(&text);
	assert_ok(world_read(w, &c, 0, &text), &w->e);
	assert_true(in_memory(masked, MARK) > 0); /* the question can be answered with yes */
	sr_buf_free(&text);
	sr_hex(name, dep.items[0], SR_ID);
	sr_buf_init_secret(&text);
	assert_ok(
		sr_secrets_get(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), 2, &text, &w->e),
		&w->e);
	for (size_t i = 0; i < MARK; i++)
		slot[i] = text.p[i] ^ 0x5a;
	sr_buf_free(&text);
	assert_ok(world_return(w, &c), &w->out.err);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_int_equal(in_memory(masked, MARK), 0);
	assert_int_equal(in_memory(slot, MARK), 0);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_way),
		cmocka_unit_test(open_survives_a_restart),
		cmocka_unit_test(text_of_a_file),
		cmocka_unit_test(levels_of_items),
		cmocka_unit_test(co_applicants_read_too),
		cmocka_unit_test(a_bad_piece_is_named),
		cmocka_unit_test(a_failed_vault_shows_nothing),
		cmocka_unit_test(a_false_bundle_is_refused),
		cmocka_unit_test(wrong_record_keys),
		cmocka_unit_test(what_does_not_fit_opens_nothing),
		cmocka_unit_test(revoke_leaves_nothing_to_open_with),
		cmocka_unit_test(without_the_room_key_nothing_opens),
		cmocka_unit_test(suspend_and_lift),
		cmocka_unit_test(close_by_the_researcher),
		cmocka_unit_test(time_ends_what_is_open),
		cmocka_unit_test(a_clock_set_back_revives_nothing),
		cmocka_unit_test(a_hazard_stops_reading),
		cmocka_unit_test(without_the_slot_nothing_opens),
		cmocka_unit_test(forms_are_kept),
		cmocka_unit_test(pages),
		cmocka_unit_test(nothing_left_in_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
