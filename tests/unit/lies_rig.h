/*
 * lies_rig - what a vault that lies tells: lies about one reply, in tables, and entries that a host
 * with the keys of the ledger really wrote into its log. Beside client_rig.h.
 *
 *     struct lie l = {.op = "item", .row = "item", .how = DROP, .code = ..., .text = ...};
 *     tell(d, &l);  ... d->c is lied to ...  honest(d, &l);
 *
 * A list of lies (tell_all) ends with a row without ${op}; each is told of the reply as those
 * before it left it.
 */
#ifndef SR_TESTS_LIES_RIG_H
#define SR_TESTS_LIES_RIG_H

#include "board/keys.h"
#include "client_rig.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "merkle/note.h"

enum how {
	DROP,      /* the row is not there */
	FLIP,      /* a byte in the middle of the field is another one */
	VALUE,     /* the field is ${value}, or ${bytes} */
	LEAVE_OUT, /* the field is not there */
	OTHER_ROW, /* the field comes from the next row of that kind */
	RECEIPT,   /* the row's receipt is that of entry ${index} */
	ADD,       /* behind all rows one more, a receipt of entry ${index} */
	MANY,      /* the row comes ${times} times */
	/* Of the reply, not of a row: */
	HEAD, /* the line ${key} is ${value}; NULL: it is not there */
	LINE, /* one more line ${key} */
	BODY, /* the body is ${bytes} */
	REPLY /* it is the answer though the vault refused: a reply without lines, to be filled */
};
struct lie {
	const char *op;   /* whose reply */
	const char *row;  /* kind of the row */
	const char *what; /* its `what`; NULL: any */
	size_t nth;       /* which of them */
	bool all;         /* each of them */
	size_t call;      /* only the so many-th call of ${op}, from 1; 0: each */
	enum how how;
	const char *key;
	const char *value;
	struct sr_bytes bytes; /* p == NULL: ${value} */
	uint64_t index;        /* RECEIPT, ADD: of the entry */
	const char *as;        /* the same: what the row says it is; NULL: ${what} */
	size_t times;
	int code;
	const char *text; /* of the refusal */
	/* */
	size_t seen, calls;
	bool hit; /* it was told of something */
	struct sr_buf other;
	struct office *o;
	uint64_t since;
};

/* --- entries of the host's own ---------------------------------------------------------------- */

static const char OTHER_HASH[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const char HOSTS_KEY[] = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/* ${text}, signed and written into the log; the catalogue knows nothing of it, so the world is
 * closed before it is freed, and hands in nothing more. Frees ${text}. */
static inline void forge(struct office *o, struct sr_buf *text, const char *name,
	const uint8_t seed[SR_SEED], uint64_t *index) {
	static const uint8_t attachment[SR_ATTACHMENT] = {0};
	const struct sr_keyring ring = sr_vault_keyring(o->w->v);
	struct sr_buf note, leaf;
	struct sr_statement st;
	struct sr_epoch epoch;
	struct sr_err e = {0};

	sr_buf_init(&note);
	sr_buf_init(&leaf);
	sr_vault_epoch(&epoch, o->w->v, SR_EPOCH_FIRST);
	assert_ok(sr_statement_sign(&note, sr_buf_view(text), name, seed, &e), &e);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &e), &e);
	*index = sr_ledger_next_index(o->w->v->ledger);
	const struct sr_entry_in in = {.origin = W_ORIGIN,
		.index = *index,
		.epoch = &epoch,
		.received = o->w->now,
		.statement = &st,
		.keys = &ring};
	assert_ok(sr_entry_seal(&leaf, &in, &e), &e);
	const struct sr_bytes view = sr_buf_view(&leaf);
	assert_ok(sr_ledger_commit(o->w->v->ledger, &view, 1, attachment, NULL, &e), &e);
	sr_statement_free(&st);
	sr_buf_free(&note);
	sr_buf_free(&leaf);
	sr_buf_free(text);
}

static inline void forge_by(
	struct office *o, struct sr_buf *text, const struct world_person *by, uint64_t *index) {
	forge(o, text, by->person, by->seed, index);
}

static inline void forge_by_room(struct office *o, struct sr_buf *text, uint64_t *index) {
	char service[300];

	snprintf(service, sizeof service, "%s/room", W_ORIGIN);
	forge(o, text, service, o->w->v->keys->s->room_seed, index);
}

static inline bool all_of_it(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	(void)c;
	(void)r;
	return true;
}

/* The receipt of an entry, with all of it disclosed, appended. */
static inline void receipt_of(
	struct office *o, uint64_t index, uint64_t since, struct sr_buf *out) {
	const struct sr_keyring ring = sr_vault_keyring(o->w->v);
	const struct sr_disclose all = {all_of_it, NULL};
	const struct sr_receipt_make m = {o->w->v->ledger, index, since, &ring, &all};
	struct sr_receipt r;
	struct sr_err e = {0};

	assert_ok(sr_receipt_make(&r, &m, &e), &e);
	assert_ok(sr_receipt_encode(out, &r, &e), &e);
	sr_receipt_free(&r);
}

static inline void forged_head(
	struct office *o, struct sr_buf *b, enum sr_type_id type, const char *actor) {
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an office has a world */
	struct sr_head h = {.time = o->w->now};

	memcpy(h.vault, o->w->v->fingerprint, SR_HASH);
	sr_random(h.id, SR_ID);
	snprintf(h.actor, sizeof h.actor, "%s", actor);
	sr_merkle_root(h.seen_root, NULL, 0);
	sr_buf_init(b);
	sr_statement_begin(b, type, &h);
}

/* The fields of ${en}, but for some: ${changes} is key, value, ..., NULL; all lines of that key
 * become one with that value, or none for NULL. */
static inline void copy_but(
	struct sr_buf *b, const struct sr_entry *en, const char *const *changes) {
	bool done[8] = {false};

	for (size_t i = en->statement.fields_at; i < en->statement.text.count; i++) {
		const struct sr_line *l = &en->statement.text.lines[i];
		size_t at = 0;
		char k[40];

		snprintf(k, sizeof k, "%.*s", (int)l->key.len, (const char *)l->key.p);
		while (changes[2 * at] != NULL && strcmp(changes[2 * at], k) != 0)
			at++;
		assert_true(at < T_COUNT(done));
		if (changes[2 * at] == NULL)
			sr_text_putf(b, k, "%.*s", (int)l->value.len, (const char *)l->value.p);
		else if (changes[2 * at + 1] != NULL && !done[at])
			sr_text_put(b, k, changes[2 * at + 1]);
		done[at] = changes[2 * at] != NULL;
	}
}

/* As the last entry of that type, but for one line. */
static inline void copy_fields(struct office *o, struct sr_buf *b, enum sr_type_id type,
	const char *key, const char *value) {
	const char *const changes[] = {key, value, NULL};
	struct sr_entry en;

	world_last(o->w, type, &en);
	copy_but(b, &en, changes);
	sr_entry_free(&en);
}

/* --- telling ---------------------------------------------------------------------------------- */

static inline void lie_collect(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	struct lie *l = ctx;

	if (row_what(row, l->row, l->what) && l->seen++ == l->nth + 1)
		sr_buf_put_bytes(&l->other, sr_row_get(row, l->key));
	lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
}

/* One byte in the middle becomes another; one of base64 stays one of base64, so that what fails is
 * the proof, not its spelling. */
static inline void spoil(uint8_t *p, size_t len) {
	size_t at = len / 2;

	if (p[at] == '\n' && at + 1 < len)
		at++;
	p[at] = p[at] == 'B' ? 'C' : 'B';
}

static inline void lie_flip(const struct lie *l, const struct sr_row *row, struct sr_rows_out *o) {
	struct sr_buf copy;

	sr_buf_init(&copy);
	sr_buf_put_bytes(&copy, sr_row_get(row, l->key));
	if (copy.len == 0)
		fail_msg("%s of row %s is empty: nothing to flip", l->key, l->row);
	spoil(copy.p, copy.len);
	lie_row(o, row, l->key, sr_buf_view(&copy));
	sr_buf_free(&copy);
}

static inline void lie_receipt(const struct lie *l, struct sr_rows_out *o) {
	const char *what = l->as != NULL ? l->as : l->what;
	struct sr_buf b;

	sr_buf_init(&b);
	receipt_of(l->o, l->index, l->since, &b);
	sr_row(o, "receipt");
	if (what != NULL)
		sr_row_str(o, "what", what);
	sr_row_dec(o, "index", l->index);
	sr_row_bytes(o, "receipt", sr_buf_view(&b));
	sr_buf_free(&b);
}

static inline void lie_apply(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	struct lie *l = ctx;
	const struct sr_bytes none = sr_bytes_of(NULL, 0),
			      value = l->bytes.p != NULL
					      ? l->bytes
					      : sr_bytes_str(l->value != NULL ? l->value : "");

	if (l->how == ADD || !row_what(row, l->row, l->what) || (l->seen++ != l->nth && !l->all)) {
		lie_row(o, row, NULL, none);
		return;
	}
	l->hit = true;
	switch (l->how) {
	case DROP:
		break;
	case FLIP:
		lie_flip(l, row, o);
		break;
	case VALUE:
		lie_row(o, row, l->key, value);
		break;
	case LEAVE_OUT:
		lie_row(o, row, l->key, none);
		break;
	case OTHER_ROW:
		lie_row(o, row, l->key, sr_buf_view(&l->other));
		break;
	case RECEIPT:
		lie_receipt(l, o);
		break;
	case MANY:
		for (size_t i = 0; i < l->times; i++)
			lie_row(o, row, NULL, none);
		break;
	case ADD:
	case HEAD:
	case LINE:
	case BODY:
	case REPLY:
		break;
	}
}

static inline void lie_add(struct lie *l, struct sr_call *r) {
	struct sr_rows rows;
	struct sr_rows_out o;
	struct sr_buf body;

	assert_int_equal(sr_rows_parse(&rows, sr_buf_view(&r->body), NULL), 0);
	sr_buf_init(&body);
	sr_rows_begin(&o, &body);
	for (size_t i = 0; i < rows.count; i++)
		lie_row(&o, &rows.rows[i], NULL, sr_bytes_of(NULL, 0));
	lie_receipt(l, &o);
	sr_rows_free(&rows);
	sr_buf_clear(&r->body);
	sr_buf_put_bytes(&r->body, sr_buf_view(&body));
	sr_buf_free(&body);
	l->hit = true;
}

static inline void lie_reply(struct lie *l, struct sr_call *r) {
	switch (l->how) {
	case HEAD:
		lie_head(r, l->key, l->value);
		break;
	case LINE:
		sr_text_put(&r->head, l->key, l->value);
		assert_int_equal(sr_call_parse(r, NULL), 0);
		break;
	case BODY:
		sr_buf_clear(&r->body);
		sr_buf_put_bytes(&r->body, l->bytes);
		break;
	case REPLY:
		sr_reply_begin(r, 0, NULL);
		assert_int_equal(sr_call_parse(r, NULL), 0);
		break;
	case DROP:
	case FLIP:
	case VALUE:
	case LEAVE_OUT:
	case OTHER_ROW:
	case RECEIPT:
	case ADD:
	case MANY:
		break;
	}
	l->hit = true;
}

static inline void lie_tell(struct lie *l, const struct sr_call *q, struct sr_call *r) {
	struct sr_text t = {0};

	l->since = 0;
	if (sr_text_parse(&t, sr_buf_view(&q->head), NULL) == 0) {
		(void)!sr_parse_dec(&l->since, sr_text_get(&t, "since"), INT64_MAX, NULL);
		sr_text_free(&t);
	}
	if (l->how >= HEAD) {
		lie_reply(l, r);
		return;
	}
	if (l->how == ADD) {
		lie_add(l, r);
		return;
	}
	if (l->how == OTHER_ROW) {
		l->seen = 0;
		sr_buf_clear(&l->other);
		lie_rows(r, lie_collect, l);
	}
	l->seen = 0;
	lie_rows(r, lie_apply, l);
}

static inline int twist_lies(
	struct liar *liar, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct lie *l = liar->ctx;
	bool answered = false;

	(void)e;
	for (size_t i = 0; i < liar->lies; i++) {
		if (strcmp(op, l[i].op) != 0 || (++l[i].calls != l[i].call && l[i].call != 0))
			continue;
		lie_tell(&l[i], q, r);
		answered = answered || l[i].how == REPLY;
		liar->was_twisted = true;
	}
	return answered ? -1 : 0;
}

static inline void tell_some(struct desk *d, struct lie *l, size_t count) {
	for (size_t i = 0; i < count; i++) {
		l[i].o = d->o;
		l[i].calls = 0;
		l[i].hit = false;
	}
	d->liar.twist = twist_lies;
	d->liar.ctx = l;
	d->liar.lies = count;
	d->liar.was_twisted = false;
	d->liar.asked[0] = '\0';
}

static inline void tell(struct desk *d, struct lie *l) {
	tell_some(d, l, 1);
}

static inline void tell_all(struct desk *d, struct lie *l) {
	size_t n = 0;

	while (l[n].op != NULL)
		n++;
	tell_some(d, l, n);
}

/* From here on it says what is true; each lie was told. */
static inline void honest(struct desk *d, struct lie *l) {
	assert_ptr_equal(d->liar.ctx, l);
	for (size_t i = 0; i < d->liar.lies; i++) {
		if (!l[i].hit)
			fail_msg("a lie about %s %s was never told", l[i].op,
				l[i].row != NULL ? l[i].row : "");
		sr_buf_free(&l[i].other);
	}
	d->liar.twist = NULL;
}

static inline bool asked(const struct desk *d, const char *op) {
	char word[50];

	snprintf(word, sizeof word, " %s", op);
	return strstr(d->liar.asked, word) != NULL;
}

/* --- what is lied about ----------------------------------------------------------------------- */

/* Pages that were deposited and released; the first has the hazards. */
static inline void release_one(
	struct world *w, size_t count, uint8_t (*items)[SR_ID], const char *hazards) {
	const struct world_file files[] = {
		{.path = "a.txt", .content = sr_bytes_str("First page.\n")},
		{.path = "b.txt", .content = sr_bytes_str("Second page.\n")},
		{.path = "c.txt", .content = sr_bytes_str("Third page.\n")}};
	struct world_deposit dep = {.files = files, .count = count};

	assert_int_equal(world_deposit(w, &dep), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(world_describe(w, &w->curator[0], dep.items[i], "A page",
					 i == 0 ? hazards : NULL),
			0);
		assert_int_equal(
			world_release(w, &w->curator[1], dep.items[i], i == 0 ? hazards : NULL), 0);
		memcpy(items[i], dep.items[i], SR_ID);
	}
}

/* Three released items under levels 2 and 3, asked for by two researchers. */
struct asked_for {
	struct office *o;
	uint8_t items[3][SR_ID];
	struct world_request rq;
};

static inline void ask_of(struct asked_for *a) {
	static const struct world_options levels = {.level = {2, 3}};

	a->o = office_new(&levels);
	release_one(a->o->w, 3, a->items, "personal-data");
}

static inline void ask_it(struct asked_for *a, bool join) {
	a->rq = (struct world_request){.by = &a->o->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])a->items,
		.count = 3,
		.with = {&a->o->w->researcher[1]}};
	assert_int_equal(world_request(a->o->w, &a->rq), 0);
	if (join)
		assert_int_equal(world_join(a->o->w, &a->o->w->researcher[1], a->rq.id), 0);
}

static inline void ask_for(struct asked_for *a, bool join) {
	ask_of(a);
	ask_it(a, join);
}

/* Fetch and vote; 0 or the first refusal. */
static inline int try_vote(struct desk *d, const uint8_t request[SR_ID], struct sr_writ *out) {
	struct sr_ballot *b = NULL;
	int rc = sr_ballot_fetch(&b, d->c, request, 0, &d->e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_ballot_vote(out, b, &(struct sr_voting){.decision = "approve"}, &d->e);
	sr_ballot_free(b);
	return rc;
}

/* Somebody who was asked to go on says no. */
static inline int say_stop(
	void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

#endif
