/*
 * The client side where it keeps house: what a depositor and a curator sign, a dealer who lies,
 * people whom a quorum made, exports, and the files that are carried between machines.
 */
#include "client_rig.h"
#include "core/client_in.h"
#include "crypto/group.h"
#include "intake/recipient.h"
#include "ledger/statement.h"
#include "lies_rig.h"
#include "store/object.h"
#include "world.h"

/* --- deposit ---------------------------------------------------------------------------------- */

struct text {
	const char *text;
	size_t at;
};
struct one { /* a source: two items of one file each */
	size_t item, file;
	struct text contents[2];
	struct looking *looking; /* NULL: nobody looks */
};
static const char *const contents[] = {"The first file.\n", "The second file, somewhat longer.\n"};

static int one_read(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct text *t = ctx;
	const size_t left = strlen(t->text) - t->at;

	(void)e;
	*got = left < len ? left : len;
	memcpy(p, t->text + t->at, *got);
	t->at += *got;
	return 0;
}

static int one_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct one *o = ctx;

	(void)e;
	*title = sr_bytes_str("Title");
	o->file = 0;
	return o->item++ < T_COUNT(contents);
}

static int one_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	static const char *const names[] = {"one.txt", "two.txt"};
	struct one *o = ctx;

	(void)e;
	if (o->file++ > 0)
		return 0;
	const size_t i = o->item - 1;
	o->contents[i] = (struct text){contents[i], 0};
	out->content = (struct sr_deposit_content){.read = one_read, .ctx = &o->contents[i]};
	out->path = sr_bytes_str(names[o->item - 1]);
	out->kind = SR_FILE_REGULAR;
	out->size = UINT64_MAX;
	return 1;
}

/* Who looks at what was read (a bag that was judged before): each file, then the end. */
struct looking {
	size_t files, refuse_at; /* 0: never; above the number of files: at the end */
	bool ended;
};

static int look(
	void *ctx, struct sr_bytes path, uint64_t size, const uint8_t *sha256, struct sr_err *e) {
	struct looking *l = ((struct one *)ctx)->looking;
	uint8_t want[SR_HASH];

	assert_false(l->ended);
	if (path.p == NULL) {
		l->ended = true;
	} else {
		const char *text = contents[l->files++];
		sr_sha256(want, text, strlen(text));
		assert_int_equal(size, strlen(text));
		assert_memory_equal(sha256, want, SR_HASH);
	}
	if (l->refuse_at > 0 && l->refuse_at == l->files + (l->ended ? 1 : 0))
		return sr_fail(e, SR_AUTH, "it is not what was judged");
	return 0;
}

static void looked_at(struct office *o) {
	for (size_t at = 0; at <= T_COUNT(contents) + 1; at++) {
		struct desk *d = desk_new(o, &o->w->depositor);
		struct looking l = {.refuse_at = at};
		struct one from = {.looking = &l};
		const struct sr_deposit_source src = {
			.item = one_item, .file = one_file, .read = look, .ctx = &from};
		const struct sr_depositing dep = {.collection = o->w->collection, .source = &src};
		struct sr_deposited out;
		const int rc = sr_client_deposit(d->c, &dep, &out, &d->e);

		if (at == 0) {
			assert_ok(rc, &d->e);
			assert_true(l.ended && l.files == T_COUNT(contents));
		} else {
			assert_fails(rc, SR_AUTH, &d->e, "it is not what was judged");
			assert_false(asked(d, "submit"));
			assert_true(asked(d, "deposit.abort"));
		}
		sr_deposited_free(&out);
		desk_free(d);
	}
}

#define ZERO_ID "00000000000000000000000000000000"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static int nameless(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	const int rc = one_file(ctx, out, e);

	out->path = sr_bytes_str("");
	return rc;
}

/* A list of other items than were sent, with its own id; an accession that was not to go on; a file
 * without a name. */
static void more_deposits(struct office *o) {
	char hex[2 * SR_HASH + 1];
	struct sr_buf list;
	struct lie other[] = {{.op = "deposit.finish", .how = HEAD, .key = "list", .value = hex},
		{.op = "deposit.finish", .how = BODY}, {.op = NULL}};
	struct lie resumed[] = {{.op = "deposit.begin", .how = REPLY},
		{.op = "deposit.begin", .how = HEAD, .key = "accession", .value = ZERO_ID},
		{.op = NULL}};
	const uint8_t gone[SR_ID] = {5};
	struct one from = {0};
	const struct sr_deposit_source src = {.item = one_item, .file = one_file, .ctx = &from},
				       unnamed = {.item = one_item, .file = nameless, .ctx = &from};
	struct sr_depositing dep = {.collection = o->w->collection, .source = &src};
	struct sr_deposited out;
	struct desk *d = desk_new(o, &o->w->depositor);

	sr_buf_init(&list);
	list_of(&list, hex, 2);
	other[1].bytes = sr_buf_view(&list);
	tell_all(d, other);
	assert_fails(sr_client_deposit(d->c, &dep, &out, &d->e), SR_AUTH, &d->e,
		"item 1 of the list has 0 bytes in 1 files, 16 in 1 were sent");
	assert_false(asked(d, "submit"));
	honest(d, other);
	sr_deposited_free(&out);
	sr_buf_free(&list);
	from = (struct one){0};
	dep.resume = gone;
	tell_all(d, resumed);
	assert_fails(sr_client_deposit(d->c, &dep, &out, &d->e), SR_AUTH, &d->e,
		"the vault resumes another accession than was asked for");
	assert_false(asked(d, "deposit.put"));
	honest(d, resumed);
	sr_deposited_free(&out);
	from = (struct one){0};
	desk_free(d); /* the vault began one */
	d = desk_new(o, &o->w->depositor);
	dep.resume = NULL;
	dep.source = &unnamed;
	d->liar.asked[0] = '\0';
	assert_fails(sr_client_deposit(d->c, &dep, &out, &d->e), SR_LIMIT, &d->e,
		"a path of 0 bytes, want 1 to");
	assert_false(asked(d, "submit"));
	sr_deposited_free(&out);
	desk_free(d);
}

static void test_deposit(void **state) {
	struct office *o = office_new(NULL);
	struct lie lies[] = {
#define PUT .op = "deposit.put", .row = "file", .code = SR_AUTH
		{PUT, .all = true, .how = VALUE, .key = "path", .value = "other.txt",
			.text = "tells of another file where one.txt was sent"},
		{PUT, .all = true, .how = VALUE, .key = "size", .value = "3",
			.text = "has not stored the 16 bytes"},
		{PUT, .all = true, .how = VALUE, .key = "sha256", .value = ZERO,
			.text = "has not stored the 16 bytes"},
		{PUT, .all = true, .how = DROP, .text = "does not tell what became of 2 files"},
		{PUT, .nth = 1, .how = MANY, .times = 2,
			.text = "the vault tells of more files than were sent"},
#undef PUT
#define FINISH(k, v) .op = "deposit.finish", .how = HEAD, .key = (k), .value = (v), .code = SR_AUTH
		{FINISH("files", "2 " ZERO),
			.text = "root of the files is not that of what was read here"},
		{FINISH("files", "3 " ZERO), .text = "it says 3 files"},
		{FINISH("bytes", "49"), .text = "files of 49 bytes"},
		{FINISH("items", "2 " ZERO), .text = "root of the items"},
		{FINISH("items", "9 " ZERO), .text = "the list has 2 items"},
		{FINISH("list", ZERO), .text = "the list is not the one"},
		{FINISH("accession", "00112233445566778899aabbccddeeff"),
			.text = "another accession"},
#undef FINISH
		{.op = "deposit.finish",
			.how = SPOIL,
			.code = SR_AUTH,
			.text = "the list is not the one"},
		{.op = "deposit.finish",
			.how = BODY,
			.code = SR_CORRUPT,
			.text = "the vault withholds the list of its items"},
	};
	struct sr_deposited out;
	struct one from = {0};
	const struct sr_deposit_source src = {.item = one_item, .file = one_file, .ctx = &from};
	const struct sr_depositing dep = {.collection = o->w->collection, .source = &src};
	static const uint8_t none[SR_ID];

	(void)state;
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		struct desk *d = desk_new(o, &o->w->depositor);

		memset(&from, 0, sizeof from);
		tell(d, &lies[i]);
		assert_fails(sr_client_deposit(d->c, &dep, &out, &d->e), lies[i].code, &d->e,
			lies[i].text);
		assert_false(asked(d, "submit"));
		assert_true(asked(d, "deposit.abort"));
		assert_memory_equal(out.accession, none, SR_ID);
		sr_deposited_free(&out);
		honest(d, &lies[i]);
		desk_free(d);
	}
	more_deposits(o);
	assert_int_equal(world_count(o->w, SR_T_ACCESSION), 0);
	struct desk *d = desk_new(o, &o->w->depositor);
	memset(&from, 0, sizeof from);
	assert_ok(sr_client_deposit(d->c, &dep, &out, &d->e), &d->e);
	assert_int_equal(out.items, 2);
	sr_deposited_free(&out);
	/* Nothing to deposit is said, and leaves nothing. */
	from.item = T_COUNT(contents);
	assert_fails(
		sr_client_deposit(d->c, &dep, &out, &d->e), SR_USAGE, &d->e, "nothing to deposit");
	sr_deposited_free(&out);
	desk_free(d);
	looked_at(o);
	d = desk_new(o, &o->w->researcher[0]);
	assert_fails(sr_client_deposit(d->c, &dep, &out, &d->e), SR_DENIED, &d->e, NULL);
	sr_deposited_free(&out);
	desk_free(d);
	office_free(o);
}

/* --- age files that the vault opens --- */

struct sealed {
	struct sr_buf file;
	size_t at;
	int item, given;
};

static int sealed_read(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct sealed *s = ctx;

	(void)e;
	*got = s->file.len - s->at < len ? s->file.len - s->at : len;
	memcpy(p, s->file.p + s->at, *got);
	s->at += *got;
	return 0;
}

static int sealed_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct sealed *s = ctx;

	(void)e;
	*title = sr_bytes_str("Sealed");
	return s->item++ == 0;
}

static int sealed_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct sealed *s = ctx;

	(void)e;
	if (s->given++ > 0)
		return 0;
	out->content = (struct sr_deposit_content){.read = sealed_read, .ctx = s};
	out->path = sr_bytes_str("letter.txt");
	out->kind = SR_FILE_REGULAR;
	out->size = UINT64_MAX;
	out->age = true;
	return 1;
}

static void seal_for(struct sealed *s, const struct world *w, struct sr_err *e) {
	uint8_t sk[SR_X_SK], pk[1][SR_X_PK];
	struct sr_age_writer *writer;

	memset(s, 0, sizeof *s);
	sr_buf_init(&s->file);
	sr_intake_age_key(sk, w->v);
	sr_box_public(pk[0], sk);
	assert_ok(sr_age_writer_new(
			  &writer, (const uint8_t(*)[SR_X_PK])pk, 1, sr_age_sink_buf(&s->file), e),
		e);
	assert_ok(sr_age_writer_write(writer, "a letter", 8, e), e);
	assert_ok(sr_age_writer_finish(writer, e), e);
	sr_age_writer_free(writer);
}

static void test_age(void **state) {
	struct lie lies[] = {
		{.op = "deposit.put",
			.row = "file",
			.how = VALUE,
			.key = "size",
			.value = "100000",
			.text = "more was in the age file than its"},
		{.op = "deposit.put",
			.row = "file",
			.how = VALUE,
			.key = "sha256",
			.value = "00",
			.text = "more was in the age file than its"},
		{.op = "deposit.finish",
			.how = HEAD,
			.key = "bytes",
			.value = "9",
			.text = "files of 9 bytes"},
		{.op = "deposit.finish",
			.how = HEAD,
			.key = "files",
			.value = "1 " ZERO,
			.text = "root of the files"},
	};
	struct office *o = office_new(NULL);

	(void)state;
	for (size_t i = 0; i <= T_COUNT(lies); i++) {
		struct desk *d = desk_new(o, &o->w->depositor);
		struct sealed s;
		const struct sr_deposit_source src = {
			.item = sealed_item, .file = sealed_file, .ctx = &s};
		const struct sr_depositing dep = {.collection = o->w->collection, .source = &src};
		struct sr_deposited out;

		seal_for(&s, o->w, &d->e);
		if (i < T_COUNT(lies)) {
			tell(d, &lies[i]);
			assert_fails(sr_client_deposit(d->c, &dep, &out, &d->e), SR_AUTH, &d->e,
				lies[i].text);
			assert_false(asked(d, "submit"));
			honest(d, &lies[i]);
		} else {
			assert_ok(sr_client_deposit(d->c, &dep, &out, &d->e), &d->e);
			assert_int_equal(out.opened, 1);
			assert_int_equal(out.bytes, 8);
			assert_int_equal(out.files, 1);
		}
		sr_deposited_free(&out);
		sr_buf_free(&s.file);
		desk_free(d);
	}
	office_free(o);
}

/* The recipient's text is the vault's, signed, and no other. */
static void test_recipient(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	char out[SR_AGE_RECIPIENT_TEXT];
	uint8_t sig[SR_SIG], other[SR_HASH] = {1};
	struct sr_buf text;

	(void)state;
	sr_buf_init(&text);
	assert_ok(sr_intake_recipient_sign(&text, sig, w->v, &w->e), &w->e);
	assert_ok(sr_intake_recipient_read(out, sr_buf_view(&text), sig, w->v->fingerprint,
			  w->v->keys->room_pk, &w->e),
		&w->e);
	assert_fails(sr_intake_recipient_read(
			     out, sr_buf_view(&text), sig, other, w->v->keys->room_pk, &w->e),
		SR_AUTH, &w->e, "not one of this vault");
	assert_int_equal(sr_intake_recipient_read(out, sr_buf_view(&text), sig, w->v->fingerprint,
				 w->v->keys->ledger_pk, &w->e),
		SR_AUTH);
	assert_fails(sr_intake_recipient_read(out, sr_bytes_of(text.p, 20), sig, w->v->fingerprint,
			     w->v->keys->room_pk, &w->e),
		SR_CORRUPT, &w->e, "the recipient's text has 20 bytes, want 73 or more");
	for (size_t cut = 0; cut < text.len; cut++)
		assert_true(sr_intake_recipient_read(out, sr_bytes_of(text.p, cut), sig,
				    w->v->fingerprint, w->v->keys->room_pk, NULL) != 0);
	for (size_t bit = 0; bit < 8 * text.len; bit++) {
		text.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(sr_intake_recipient_read(out, sr_buf_view(&text), sig,
				    w->v->fingerprint, w->v->keys->room_pk, NULL) != 0);
		text.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	sr_buf_free(&text);
	office_free(o);
}

/* --- release ---------------------------------------------------------------------------------- */

struct release_lie {
	const char *key, *value, *text; /* key NULL: the row is not there */
	int code;
};

static void each_release(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	const struct release_lie *l = ctx;

	if (l->key == NULL)
		return;
	lie_row(o, row, l->key, l->value == NULL ? sr_bytes_of(NULL, 0) : sr_bytes_str(l->value));
}

static int release_liar(
	struct liar *liar, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, "release.prepare") == 0)
		lie_rows(r, each_release, liar->ctx);
	return 0;
}

static void test_release(void **state) {
	static const struct world_options levels = {.level = {2, 3}};
	static const char *const hazards[] = {"malware", NULL};
	struct office *o = office_new(&levels);
	const struct world_file files[] = {{.path = "a.txt", .content = sr_bytes_str("A.\n")}};
	struct world_deposit dep = {.files = files, .count = 1};
	struct sr_submitted out = {0};
	struct release_lie lies[] = {
		{"item", "00112233445566778899aabbccddeeff", "not the release that was asked for",
			SR_AUTH},
		{"number", "9", "not the release that was asked for", SR_AUTH},
		{"level", "2", "not the release that was asked for", SR_AUTH},
		{"hazard", NULL, "leaves out the hazard malware", SR_AUTH},
		{NULL, NULL, "the vault prepared 0 of 1 releases", SR_CORRUPT},
	};

	(void)state;
	assert_int_equal(world_deposit(o->w, &dep), 0);
	assert_int_equal(world_describe(o->w, &o->w->curator[0], dep.items[0], "A", NULL), 0);
	const struct sr_releasing rel = {
		.items = dep.items[0], .count = 1, .hazards = hazards, .level = 3};
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		struct desk *d = desk_new(o, &o->w->curator[1]);

		d->liar.twist = release_liar;
		d->liar.ctx = &lies[i];
		assert_fails(sr_client_release(d->c, &rel, &out, &d->e), lies[i].code, &d->e,
			lies[i].text);
		assert_false(asked(d, "submit"));
		desk_free(d);
	}
	assert_int_equal(world_count(o->w, SR_T_RELEASE), 0);
	/* Stopped after a group, that group is released, and says so. */
	struct desk *d = desk_new(o, &o->w->curator[1]);
	d->c->o.progress = (struct sr_progress){say_stop, NULL};
	assert_fails(
		sr_client_release(d->c, &rel, &out, &d->e), SR_LOCKED, &d->e, "stopped on request");
	assert_true(out.proven);
	assert_int_equal(world_count(o->w, SR_T_RELEASE), 1);
	d->c->o.progress.report = NULL;
	sr_submitted_free(&out);
	assert_fails(sr_client_release(d->c, &rel, &out, &d->e), SR_DENIED, &d->e, "item");
	sr_submitted_free(&out);
	desk_free(d);
	office_free(o);
}

/* --- a dealer who lies ------------------------------------------------------------------------ */

static void h32(struct sr_hash *h, const void *p) {
	sr_hash_field(h, sr_bytes_of(p, 32));
}

static void some_scalar(uint8_t out[SR_SCALAR], uint64_t n) {
	struct sr_hash h;

	sr_hash_init64(&h, "strongroom/test/v1", NULL);
	sr_hash_u64(&h, n);
	sr_scalar_of_hash(out, &h);
}

static void ceremony_hash(uint8_t out[SR_HASH], const struct sr_dkg *d) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/dkg-ceremony/v1", NULL);
	h32(&h, d->vault);
	sr_hash_field(&h, sr_bytes_of(d->board, SR_ID));
	sr_hash_field(&h, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(&h, d->epoch);
	sr_hash_u64(&h, d->members);
	for (size_t i = 0; i < d->members; i++)
		h32(&h, d->key[i]);
	sr_hash_u64(&h, 0); /* no old members */
	sr_hash_u64(&h, d->levels);
	for (size_t i = 0; i < d->levels; i++) {
		sr_hash_u64(&h, d->level[i].level);
		sr_hash_u64(&h, d->level[i].quorum);
		h32(&h, d->level[i].board);
		sr_hash_u64(&h, 0);
	}
	sr_hash_final(&h, out);
}

/* A dealing that is right in public (crypto/dkg.h), with another share than it commits to for
 * member ${victim}. */
static void bad_dealing(
	struct sr_buf *out, const struct sr_dkg *d, uint8_t dealer, uint8_t victim) {
	const struct sr_dkg_level *lv = &d->level[0];
	uint8_t coef[4][SR_SCALAR], p[SR_POINT], w[SR_SCALAR], c[SR_SCALAR], z[SR_SCALAR], salt[32],
		ceremony[SR_HASH];
	struct sr_err e = {0};
	struct sr_hash h, proof;

	assert_true(d->levels == 1 && lv->quorum <= 4);
	ceremony_hash(ceremony, d);
	t_fill(salt, sizeof salt, 5);
	sr_buf_put(out, "sr-deal1", 8);
	const uint8_t head[] = {dealer, d->members, 1, 0, lv->level, lv->quorum, 0, 0};
	sr_buf_put(out, head, sizeof head);
	sr_buf_put(out, salt, sizeof salt);
	sr_hash_init64(&proof, "strongroom/dkg-proof/v1", NULL);
	h32(&proof, ceremony);
	h32(&proof, d->vault);
	sr_hash_field(&proof, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(&proof, lv->level);
	sr_hash_u64(&proof, dealer);
	sr_hash_u64(&proof, d->members);
	sr_hash_u64(&proof, lv->quorum);
	for (uint8_t j = 0; j < lv->quorum; j++) {
		some_scalar(coef[j], 100 + j);
		assert_ok(sr_point_mul_base(p, coef[j], &e), &e);
		sr_buf_put(out, p, SR_POINT);
		h32(&proof, p);
	}
	h32(&proof, salt);
	for (uint8_t m = 1; m <= d->members; m++) {
		uint8_t f[SR_SCALAR], context[SR_HASH], eph[SR_X_SK];
		const size_t at = out->len;

		sr_poly_eval(f, (const uint8_t(*)[SR_SCALAR])coef, lv->quorum,
			m == victim ? (uint8_t)(m + 1) : m);
		sr_hash_init(&h, "strongroom/dkg-share-context/v1", NULL);
		h32(&h, ceremony);
		h32(&h, d->vault);
		sr_hash_field(&h, sr_bytes_of(d->run, SR_ID));
		sr_hash_u64(&h, lv->level);
		sr_hash_u64(&h, dealer);
		sr_hash_u64(&h, m);
		sr_hash_final(&h, context);
		t_fill(eph, sizeof eph, 300U + m);
		assert_ok(
			sr_box_seal_person_with(out, eph, d->key[m - 1], "strongroom/dkg-share/v1",
				sr_bytes_of(context, 32), sr_bytes_of(f, 32), &e),
			&e);
		sr_hash_field(&proof, sr_bytes_of(out->p + at, out->len - at));
	}
	some_scalar(w, 99);
	sr_group_base(p);
	h32(&proof, p);
	assert_ok(sr_point_mul_base(p, w, &e), &e);
	h32(&proof, p);
	sr_scalar_of_hash(c, &proof);
	sr_scalar_mul(z, c, coef[0]);
	sr_scalar_add(z, z, w);
	sr_buf_put(out, c, 32);
	sr_buf_put(out, z, 32);
}

/* The lying member's found.sign, by hand. */
static void sign_badly(struct office *o, size_t member, uint8_t victim) {
	const struct world_person *p = &o->w->member[member];
	struct sr_ceremony_state st;
	struct sr_statement found;
	struct sr_dkg d;
	struct sr_buf dealing, deal, note, text;
	struct sr_head head = {.time = o->w->now};
	struct sr_ceremony_sign s = {0};
	uint8_t run[SR_ID], hash[SR_HASH], id[SR_HASH];
	struct sr_err e = {0};
	bool founded = false;

	sr_buf_init(&dealing);
	sr_buf_init(&deal);
	sr_buf_init(&note);
	sr_buf_init(&text);
	assert_ok(sr_ceremony_load(&st, o->w->v, &e), &e);
	assert_ok(sr_statement_parse_text(&found, sr_buf_view(&st.text), &e), &e);
	sr_ceremony_run_id(run, found.hash, found.hash, 1);
	assert_ok(sr_ceremony_dkg(&d, &found, run, &e), &e);
	bad_dealing(&dealing, &d, (uint8_t)(member + 1), victim);
	assert_ok(sr_buf_ok(&dealing, &e), &e);
	memcpy(head.vault, found.hash, SR_HASH);
	sr_random(head.id, SR_ID);
	snprintf(head.actor, sizeof head.actor, "%s", p->person);
	sr_merkle_root(head.seen_root, NULL, 0);
	sr_ceremony_dealing_hash(hash, sr_buf_view(&dealing));
	sr_object_id(id, s.salt, sr_buf_view(&dealing));
	sr_statement_begin(&text, SR_T_DEAL, &head);
	sr_text_put_hex(&text, "board", found.hash, SR_ID);
	sr_text_put_hex(&text, "run", run, SR_ID);
	sr_text_put_hex(&text, "dealing", hash, SR_HASH);
	sr_text_put_hex(&text, "deal", id, SR_HASH);
	assert_ok(sr_statement_sign(&deal, sr_buf_view(&text), p->person, p->seed, &e), &e);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&st.text), p->person, p->seed, &e), &e);
	s.found = sr_buf_view(&note);
	s.deal = sr_buf_view(&deal);
	s.dealing = sr_buf_view(&dealing);
	assert_ok(sr_ceremony_sign(o->w->v, &s, &founded, &e), &e);
	sr_statement_free(&found);
	sr_ceremony_state_free(&st);
	sr_buf_free(&dealing);
	sr_buf_free(&deal);
	sr_buf_free(&note);
	sr_buf_free(&text);
}

static void test_complaint(void **state) {
	static const struct world_options bare = {.bare = true};
	struct office *o = office_new(&bare);
	struct sr_accepting a;
	struct sr_found_state st;
	struct sr_entry en;

	(void)state;
	world_draft_found(o->w);
	for (size_t i = 0; i < 2; i++) {
		struct desk *d = desk_new(o, &o->w->member[i]);

		assert_ok(sr_client_found_sign(d->c, NULL, &st, &d->e), &d->e);
		desk_free(d);
	}
	sign_badly(o, 2, 2);
	/* Member 1 is not wronged and accepts; member 2 finds the share bad and names dealer and
	 * level. */
	struct desk *d = desk_new(o, &o->w->member[0]);
	assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
	assert_false(a.complained);
	sr_submitted_free(&a.submitted);
	desk_free(d);
	d = desk_new(o, &o->w->member[1]);
	assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
	assert_true(a.complained);
	assert_non_null(strstr(a.why.text, "dealer 3: level 2: share for member 2"));
	assert_true(a.submitted.proven);
	sr_submitted_free(&a.submitted);
	desk_free(d);
	world_last(o->w, SR_T_COMPLAINT, &en);
	assert_true(sr_bytes_eq(
		sr_field(&en.statement, "dealer", 0), sr_bytes_str(o->w->member[2].person)));
	sr_entry_free(&en);
	/* Who is no member is told so. */
	d = desk_new(o, &o->w->auditor);
	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_DENIED, &d->e,
		"is none of the 3 members");
	desk_free(d);
	office_free(o);
}

/* --- people whom a quorum made, ballots in files ---------------------------------------------- */

static void approve(struct desk *d, const uint8_t request[SR_ID]) {
	struct sr_ballot *b = NULL;
	struct sr_writ w;

	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_ok(sr_ballot_vote(&w, b, &(struct sr_voting){.decision = "approve"}, &d->e), &d->e);
	assert_ok(sr_client_submit(d->c, &w, NULL, &d->e), &d->e);
	sr_writ_free(&w);
	sr_ballot_free(b);
}

/* The outsider becomes curator by votes, and vouches for a researcher who asks for an item. */
static void new_curator(struct office *o, struct desk *m[3], uint8_t request[SR_ID]) {
	static const char *const curator[] = {"curator", NULL}, *const researcher[] = {
									"researcher", NULL};
	const struct sr_introduction who = intro_of(&o->w->outsider);
	const struct sr_asking role = {
		.kind = "role", .card = &who, .roles = curator, .reason = "Needed."};
	const struct world_file files[] = {
		{.path = "a.txt", .content = sr_bytes_str("Read me.\n")}};
	struct world_deposit dep = {.files = files, .count = 1};
	uint8_t asked_role[SR_ID];

	assert_ok(sr_client_request(m[0]->c, &role, asked_role, NULL, &m[0]->e), &m[0]->e);
	approve(m[0], asked_role);
	approve(m[1], asked_role);
	struct desk *d = desk_new(o, &o->w->outsider);
	assert_non_null(strstr(sr_client_info(d->c)->roles, "curator"));
	const struct world_person *fresh =
		&o->w->custodian; /* nobody but the new curator vouches for them */
	const struct sr_introduction r = intro_of(fresh);
	assert_ok(sr_client_person(d->c, &r, researcher, NULL, &d->e), &d->e);
	desk_free(d);
	assert_int_equal(world_deposit(o->w, &dep), 0);
	world_held_release(o->w, dep.items[0]);
	d = desk_new(o, fresh);
	const struct sr_asking a = {.kind = "access",
		.items = dep.items[0],
		.item_count = 1,
		.ends = o->w->now + W_DAY,
		.forms = (const char *const[]){"text", NULL},
		.purposes = (const char *const[]){"research", NULL}};
	assert_ok(sr_client_request(d->c, &a, request, NULL, &d->e), &d->e);
	desk_free(d);
}

struct cut {
	struct desk *d;
	struct office *o;
	bool bundle;
	size_t n;
};

static void refused_file(void *ctx, struct sr_bytes mutant, const char *what) {
	struct cut *c = ctx;
	struct sr_ballot *b = NULL;
	struct sr_submitted s = {0};
	int rc;

	if (++c->n % 97 != 0 && mutant.len > 80) /* the head at every place, the rest at some */
		return;
	rc = c->bundle ? sr_ballot_read(&b, c->d->c, mutant, &c->d->e)
		       : sr_client_carry(c->d->c, mutant, &s, &c->d->e);
	if (rc == 0)
		fail_msg("taken: %s", what);
	sr_ballot_free(b);
	sr_submitted_free(&s);
}

static void test_files(void **state) {
	struct office *o = office_new(NULL);
	struct desk *m[3], *away;
	struct sr_ballot *b = NULL;
	struct sr_buf bundle, file;
	struct sr_writ w;
	uint8_t request[SR_ID], other[SR_HASH] = {3};

	(void)state;
	sr_buf_init(&bundle);
	sr_buf_init(&file);
	for (size_t i = 0; i < 3; i++)
		m[i] = desk_new(o, &o->w->member[i]);
	new_curator(o, m, request);
	assert_ok(sr_client_bundle(m[0]->c, request, 0, 0, &bundle, &m[0]->e), &m[0]->e);
	/* A machine that never met the vault: first contact by the file, or an expected
	 * fingerprint. */
	away = desk_prepare(o, &o->w->member[1]);
	assert_ok(desk_open_with(away, other, NULL, false), &away->e);
	assert_fails(sr_ballot_read(&b, away->c, sr_buf_view(&bundle), &away->e), SR_AUTH, &away->e,
		"another vault");
	desk_close(away);
	assert_ok(desk_open_with(away, NULL, NULL, false), &away->e);
	struct cut cut = {.d = away, .bundle = true};
	t_each_cut(sr_bytes_of(bundle.p, 90), refused_file, &cut);
	assert_ok(sr_ballot_read(&b, away->c, sr_buf_view(&bundle), &away->e), &away->e);
	assert_true(sr_client_info(away->c)->first_contact);
	assert_ok(sr_ballot_vote(&w, b,
			  &(struct sr_voting){
				  .decision = "reject", .reason = "No.", .until = o->w->now + 60},
			  &away->e),
		&away->e);
	assert_ok(sr_client_save(away->c, &w, &file, &away->e), &away->e);
	sr_writ_free(&w);
	sr_ballot_free(b);
	desk_free(away);
	cut = (struct cut){.d = m[0]};
	t_each_cut(sr_buf_view(&file), refused_file, &cut);
	file.p[8] ^= 1;
	assert_fails(sr_client_carry(m[0]->c, sr_buf_view(&file), &m[0]->s, &m[0]->e), SR_DENIED,
		&m[0]->e, "for another vault");
	sr_submitted_free(&m[0]->s);
	file.p[8] ^= 1;
	o->w->now += 61;
	assert_fails(sr_client_carry(m[0]->c, sr_buf_view(&file), &m[0]->s, &m[0]->e), SR_DENIED,
		&m[0]->e, "was good until");
	sr_submitted_free(&m[0]->s);
	for (size_t i = 0; i < 3; i++)
		desk_free(m[i]);
	sr_buf_free(&bundle);
	sr_buf_free(&file);
	office_free(o);
}

/* --- export ----------------------------------------------------------------------------------- */

static int keep(void *ctx, struct sr_bytes data, struct sr_err *e) {
	sr_buf_put_bytes(ctx, data);
	return sr_buf_ok(ctx, e);
}

enum {
	BIG = 2 * SR_EXPORT_READ /* bytes: what is stopped after one read has not logged its end */
};

/* From the ${calls}th piece on there is no space left. */
static int full_disk(void *ctx, struct sr_bytes data, struct sr_err *e) {
	unsigned *calls = ctx;
	if (*calls > 1 && data.len > 0) {
		--*calls;
		return 0;
	}
	*calls = 0;
	return sr_fail(e, SR_LIMIT, "No space left on device");
}

static void test_export(void **state) {
	struct office *o = office_new(NULL);
	uint8_t *big = malloc(BIG);
	const struct world_file files[] = {{.path = "a.bin", .content = sr_bytes_of(big, BIG)}};
	struct world_deposit dep = {.files = files, .count = 1};
	uint8_t request[SR_ID], checkout[SR_ID];
	uint64_t count = 0, bytes = 0;
	char recipient[64];
	struct sr_buf age;

	(void)state;
	sr_buf_init(&age);
	assert_non_null(big);
	t_fill(big, BIG, 1);
	assert_int_equal(world_deposit(o->w, &dep), 0);
	free(big);
	world_held_release(o->w, dep.items[0]);
	struct desk *d = desk_new(o, &o->w->researcher[0]), *m[2];
	assert_ok(sr_identity_age_recipient(recipient, d->id.pk, &d->e), &d->e);
	const struct sr_asking a = {.kind = "export",
		.items = dep.items[0],
		.item_count = 1,
		.ends = o->w->now + W_DAY,
		.purposes = (const char *const[]){"research", NULL},
		.recipient = recipient,
		.reason = "For the lab."};
	assert_ok(sr_client_request(d->c, &a, request, NULL, &d->e), &d->e);
	for (size_t i = 0; i < 2; i++) {
		m[i] = desk_new(o, &o->w->member[i]);
		approve(m[i], request);
		desk_free(m[i]);
	}
	const struct sr_borrow b = {.item = dep.items[0], .right = "export"};
	assert_ok(sr_client_checkout(d->c, &b, checkout, &count, NULL, &d->e), &d->e);
	struct sr_exporting x = {.checkout = checkout, .write = full_disk};
	/* Three pieces: the full ones are written beside, while the next is made, and whichever
	 * fails is told. Only when both are written the last is asked for, which is there only when
	 * it is logged that all of it left. */
	for (unsigned at = 1; at <= 3; at++) {
		unsigned calls = at;
		x.ctx = &calls;
		d->liar.asked[0] = '\0';
		assert_fails(sr_client_export(d->c, &x, &bytes, &d->e), SR_LIMIT, &d->e,
			"No space left");
		assert_int_equal(calls, 0); /* and it is not asked again */
		assert_true(asked(d, "export.end"));
		assert_int_equal(world_count(o->w, SR_T_EXPORT) > 0, at > 2);
	}
	const size_t before = world_count(o->w, SR_T_EXPORT);
	x.write = keep;
	x.ctx = &age;
	d->c->o.progress = (struct sr_progress){say_stop, NULL};
	d->liar.asked[0] = '\0';
	assert_fails(
		sr_client_export(d->c, &x, &bytes, &d->e), SR_LOCKED, &d->e, "stopped on request");
	assert_true(asked(d, "export.end"));
	assert_int_equal(world_count(o->w, SR_T_EXPORT), before);
	d->c->o.progress.report = NULL;
	sr_buf_clear(&age);
	assert_ok(sr_client_export(d->c, &x, &bytes, &d->e), &d->e);
	assert_int_equal(bytes, age.len);
	assert_memory_equal(age.p, "age-encryption.org/v1\n", 22);
	assert_int_equal(world_count(o->w, SR_T_EXPORT), before + 1);
	struct sr_entry en;
	uint8_t logged[SR_HASH], sha[SR_HASH];
	world_last(o->w, SR_T_EXPORT, &en);
	assert_ok(sr_field_hash(logged, &en.statement, "sha256", 0, NULL), NULL);
	sr_entry_free(&en);
	sr_sha256(sha, age.p, age.len);
	assert_memory_equal(sha, logged, SR_HASH); /* every piece, and in order */
	desk_free(d);
	sr_buf_free(&age);
	office_free(o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deposit),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_recipient),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_complaint),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_export),
	};

	return cmocka_run_group_tests_name("core client: keeping house", tests, NULL, NULL);
}
