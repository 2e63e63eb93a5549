/*
 * test_store_collect - what no live item needs goes, what one needs stays: whole packs, sparse
 * packs, shared blocks, open accessions; a kill and a failed call at every step; and years of
 * random deposits, endings, collections and kills.
 *
 * `named` is what statements would say: a file of pack names that is replaced whole, so that a kill
 * falls before or after it as it would before or after a ledger's commit.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/collect.h"
#include "store_rig.h"

#define MIB ((uint64_t)1 << 20)

enum {
	THINGS = 40,
	FILES = 4
};

struct thing { /* an item that was deposited */
	bool live, given;
	uint8_t id[SR_ID];
	uint8_t accession;
	struct sr_buf manifest, reach;
	struct rig_source files[FILES];
	size_t file_count;
};

struct shelf {
	struct rig r;
	struct thing things[THINGS];
	size_t count;
	size_t at; /* thing of the deposit that is given next */
	struct sr_buf named;
	size_t marks_max, step_max;
	bool unreadable; /* the reach list of the last live thing is spoilt */
	bool stopped;    /* whoever is told of progress says no */
};

/* --- the shelf ------------------------------------------------------------------------------- */

static void shelf_open(struct shelf *s) {
	memset(s, 0, sizeof *s);
	rig_open(&s->r, NULL);
	sr_buf_init(&s->named);
	for (size_t i = 0; i < THINGS; i++) {
		sr_buf_init_secret(&s->things[i].manifest);
		sr_buf_init(&s->things[i].reach);
	}
}

static void shelf_end(struct shelf *s) {
	for (size_t i = 0; i < THINGS; i++) {
		sr_buf_free(&s->things[i].manifest);
		sr_buf_free(&s->things[i].reach);
	}
	sr_buf_free(&s->named);
	rig_end(&s->r);
}

static int by_name(const void *a, const void *b) {
	return memcmp(a, b, SR_HASH);
}

static void names_of(struct sr_collect_names *n, struct shelf *s) {
	if (s->named.len > 0)
		qsort(s->named.p, s->named.len / SR_HASH, SR_HASH, by_name);
	*n = (struct sr_collect_names){s->named.p, s->named.len / SR_HASH};
}

static int named_write(struct shelf *s, struct sr_err *e) {
	return sr_file_replace(s->r.dir, "named", sr_buf_view(&s->named), e);
}

static void named_read(struct shelf *s) {
	struct sr_err e;
	sr_buf_clear(&s->named);
	if (sr_file_exists(s->r.dir, "named"))
		assert_ok(sr_file_read(s->r.dir, "named", &s->named, 1 << 20, &e), &e);
}

/* What a vault does at opening. */
static void recover(struct shelf *s, bool *changed) {
	struct sr_err e;
	struct sr_collect_names n;
	struct sr_index_rebuild o = {.backend = s->r.backend, .structure_sk = s->r.structure_sk};
	size_t added = 0, bad = 0, swept = 0;
	named_read(s);
	names_of(&n, s);
	o.names = n.names;
	o.count = n.count;
	assert_ok(sr_backend_sweep(s->r.backend, "packs", &swept, &e), &e);
	assert_ok(sr_index_rebuild(s->r.index, &o, &added, &bad, &e), &e);
	assert_int_equal(bad, 0);
	assert_ok(sr_collect_recover(s->r.backend, s->r.index, &n, changed, &e), &e);
}

static void reopen(struct shelf *s, bool hard, bool *changed) {
	char *path = s->r.path;
	enum sr_dedupe mode = s->r.domain.dedupe;
	bool ignored = false;
	rig_close_how(&s->r, hard);
	rig_open(&s->r, path);
	s->r.domain.dedupe = mode;
	recover(s, changed != NULL ? changed : &ignored);
}

/* --- deposits -------------------------------------------------------------------------------- */

static int on_item(void *ctx, const struct sr_ingest_item *it, struct sr_err *e) {
	struct shelf *s = ctx;
	struct thing *t = &s->things[s->at++];
	assert_memory_equal(t->id, it->item, SR_ID);
	sr_buf_clear(&t->manifest);
	sr_buf_clear(&t->reach);
	int rc = sr_manifest_encode(&t->manifest, it->manifest, e);
	if (rc == 0)
		rc = sr_reach_seal(
			&t->reach, it->reach, s->r.structure_pk, s->r.domain.vault, it->item, e);
	t->given = true;
	return rc;
}

/* A thing of ${count} files of these sizes and seeds, to be deposited. */
static struct thing *thing_new(struct shelf *s, uint8_t accession) {
	struct thing *t = &s->things[s->count];
	assert_true(s->count < THINGS);
	t->live = t->given = false;
	t->accession = accession;
	memset(t->id, 0, SR_ID);
	t->id[0] = (uint8_t)++s->count;
	t->id[1] = accession;
	t->file_count = 0;
	return t;
}

static void thing_file(struct thing *t, uint64_t size, uint64_t seed) {
	t->files[t->file_count++] = (struct rig_source){.size = size, .seed = seed};
}

/* Begin the accession and give ${files} files of its things; the caller finishes or frees. */
static struct sr_ingest *ingest_some(struct shelf *s, uint8_t accession, size_t files) {
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	char name[32];
	rig_options(&s->r, &o, accession);
	o.item = on_item;
	o.file = NULL;
	o.ctx = s;
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	s->at = THINGS;
	for (size_t i = 0; i < s->count && files > 0; i++) {
		struct thing *t = &s->things[i];
		if (t->accession != accession)
			continue;
		s->at = s->at < i ? s->at : i;
		assert_ok(sr_ingest_item_begin(in, t->id, &e), &e);
		for (size_t k = 0; k < t->file_count && files > 0; k++, files--) {
			(void)snprintf(name, sizeof name, "%zu", k);
			assert_ok(rig_add(in, name, &t->files[k], &e), &e);
		}
		if (files > 0)
			assert_ok(sr_ingest_item_end(in, &e), &e);
	}
	return in;
}

static void ingest_finish(struct shelf *s, struct sr_ingest *in, uint8_t accession) {
	struct sr_err e;
	struct sr_ingest_abort a;
	const uint8_t *names = NULL;
	size_t count = 0;
	assert_ok(sr_ingest_finish(in, &e), &e);
	assert_ok(sr_ingest_packs(in, &names, &count, &e), &e);
	sr_buf_put(&s->named, names, count * SR_HASH);
	assert_ok(named_write(s, &e), &e);
	rig_abort_options(&s->r, &a, accession);
	assert_ok(sr_ingest_committed(&a, &e), &e);
	sr_ingest_free(in);
	for (size_t i = 0; i < s->count; i++)
		if (s->things[i].accession == accession && s->things[i].given)
			s->things[i].live = true;
}

static void deposit(struct shelf *s, uint8_t accession) {
	ingest_finish(s, ingest_some(s, accession, SIZE_MAX), accession);
}

static void check_thing(struct shelf *s, const struct thing *t) {
	struct sr_err e;
	struct sr_manifest m;
	struct sr_item *it = NULL;
	struct sr_item_options o = {.backend = s->r.backend, .index = s->r.index, .threads = 2};
	memcpy(o.vault, s->r.domain.vault, SR_HASH);
	memcpy(o.item, t->id, SR_ID);
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&t->manifest), &e), &e);
	assert_ok(sr_item_open(&it, &o, &m, &e), &e);
	sr_manifest_free(&m);
	assert_int_equal(sr_item_files(it), t->file_count);
	for (size_t k = 0; k < t->file_count; k++)
		rig_check_file(it, k, &t->files[k]);
	sr_item_close(it);
}

static void check_all(struct shelf *s) {
	for (size_t i = 0; i < s->count; i++)
		if (s->things[i].live)
			check_thing(s, &s->things[i]);
}

/* --- collection ------------------------------------------------------------------------------ */

static int live(void *ctx, sr_collect_item_fn *item, void *collect, struct sr_err *e) {
	struct shelf *s = ctx;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		struct thing *t = &s->things[i];
		if (!t->live)
			continue;
		if (s->unreadable)
			t->reach.p[t->reach.len / 2] ^= 1;
		rc = item(collect, t->id, sr_buf_view(&t->reach), e);
		if (s->unreadable)
			t->reach.p[t->reach.len / 2] ^= 1;
	}
	return rc;
}

static int refuse(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

static int collect_new(struct sr_collect **c, struct shelf *s, struct sr_err *e) {
	struct sr_collect_options o = {.backend = s->r.backend,
		.index = s->r.index,
		.structure_sk = s->r.structure_sk,
		.live = live,
		.ctx = s,
		.marks_max = s->marks_max,
		.step_max = s->step_max,
		.progress = {s->stopped ? refuse : NULL, NULL}};
	memcpy(o.vault, s->r.domain.vault, SR_HASH);
	memcpy(o.structure_pk, s->r.structure_pk, SR_X_PK);
	return sr_collect_new(c, &o, e);
}

/* The step's names into `named`: the moment that counts. */
static int step_commit(struct shelf *s, const struct sr_collect_step *st, struct sr_err *e) {
	struct sr_buf left;
	sr_buf_init(&left);
	for (size_t i = 0; i < s->named.len; i += SR_HASH) {
		bool gone = false;
		for (size_t k = 0; k < st->removed_count; k++)
			gone = gone ||
			       memcmp(s->named.p + i, st->removed + k * SR_HASH, SR_HASH) == 0;
		if (!gone)
			sr_buf_put(&left, s->named.p + i, SR_HASH);
	}
	assert_int_equal(left.len + st->removed_count * SR_HASH, s->named.len);
	sr_buf_put(&left, st->added, st->added_count * SR_HASH);
	sr_buf_clear(&s->named);
	sr_buf_put_bytes(&s->named, sr_buf_view(&left));
	sr_buf_free(&left);
	return named_write(s, e);
}

struct swept {
	struct sr_collect_found found;
	size_t steps;
	uint64_t removed, added, removed_bytes, added_bytes, orphans;
};

static int collect(struct shelf *s, struct swept *out, struct sr_err *e) {
	struct sr_collect *c = NULL;
	struct sr_collect_step st;
	struct sr_collect_names n;
	struct sr_collect_swept swept;
	memset(out, 0, sizeof *out);
	int rc = collect_new(&c, s, e);
	while (rc == 0 && (rc = sr_collect_step(c, &st, e)) == 1) {
		out->steps++;
		out->removed += st.removed_count;
		out->added += st.added_count;
		out->removed_bytes += st.removed_bytes;
		out->added_bytes += st.added_bytes;
		rc = step_commit(s, &st, e);
		if (rc == 0)
			rc = sr_collect_done(c, e);
	}
	if (c != NULL)
		out->found = *sr_collect_found(c);
	sr_collect_free(c);
	names_of(&n, s);
	if (rc == 0)
		rc = sr_index_vacuum(s->r.index, e);
	if (rc == 0) {
		rc = sr_collect_sweep(s->r.backend, "packs", s->r.index, &n, &swept, e);
		out->orphans = swept.files;
	}
	return rc;
}

static void collect_ok(struct shelf *s, struct swept *out) {
	struct sr_err e;
	assert_ok(collect(s, out, &e), &e);
	assert_int_equal(rig_count_packs(&s->r), s->named.len / SR_HASH);
	check_all(s);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_nothing(void **state) {
	struct shelf s;
	struct swept w;
	(void)state;
	shelf_open(&s);
	collect_ok(&s, &w);
	assert_int_equal(w.steps, 0);
	assert_int_equal(w.found.packs, 0);
	thing_file(thing_new(&s, 1), 3 * MIB, 1);
	deposit(&s, 1);
	collect_ok(&s, &w);
	assert_int_equal(w.steps, 0);
	assert_int_equal(w.found.items, 1);
	assert_int_equal(w.found.packs, 1);
	assert_int_equal(w.found.bytes, w.found.live_bytes);
	shelf_end(&s);
}

static void test_dead_pack(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_err e;
	uint64_t packs = 0, blocks = 0;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 3 * MIB, 1);
	deposit(&s, 1);
	thing_file(thing_new(&s, 2), 2 * MIB, 2);
	deposit(&s, 2);
	s.things[0].live = false;
	collect_ok(&s, &w);
	assert_int_equal(w.steps, 1);
	assert_int_equal(w.removed, 1);
	assert_int_equal(w.added, 0);
	assert_true(w.removed_bytes > 3 * MIB && w.removed_bytes < 4 * MIB);
	assert_ok(sr_index_counts(s.r.index, &packs, &blocks, &e), &e);
	assert_int_equal(packs, 1);
	assert_int_equal(blocks, 2);
	collect_ok(&s, &w);
	assert_int_equal(w.steps, 0);
	s.things[1].live = false;
	collect_ok(&s, &w);
	assert_int_equal(rig_count_packs(&s.r), 0);
	shelf_end(&s);
}

/* The steps in another order than prepare, commit, done: refused, and what was there is there. */
static void test_order_of_steps(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_collect *c = NULL;
	struct sr_collect_step st;
	struct sr_err e;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), MIB, 1);
	deposit(&s, 1);
	thing_file(thing_new(&s, 2), MIB, 2);
	deposit(&s, 2);
	s.things[0].live = false;
	s.stopped = true;
	assert_fails(collect(&s, &w, &e), SR_LOCKED, &e, "collect: stopped on request");
	assert_int_equal(w.steps, 0);
	assert_int_equal(rig_count_packs(&s.r), 2);
	s.stopped = false;
	assert_ok(collect_new(&c, &s, &e), &e);
	assert_fails(sr_collect_done(c, &e), SR_MISUSE, &e, "collect: done without a step");
	assert_int_equal(sr_collect_step(c, &st, &e), 1);
	assert_fails(sr_collect_step(c, &st, &e), SR_MISUSE, &e,
		"collect: a step before the last one was done");
	sr_collect_undo(c);
	assert_fails(sr_collect_done(c, &e), SR_MISUSE, &e, "collect: done without a step");
	sr_collect_free(c);
	assert_int_equal(rig_count_packs(&s.r), 2);
	collect_ok(&s, &w);
	assert_int_equal(w.removed, 1);
	shelf_end(&s);
}

/* Two items of one pack (what fits the shuffle buffer lies in one), the larger ends: the other
 * moves, its hints are stale and it reads. */
static void test_sparse_pack(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_err e;
	struct sr_manifest m;
	struct sr_item *it = NULL;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 2 * MIB, 1);
	thing_file(thing_new(&s, 1), MIB + 5, 2);
	deposit(&s, 1);
	s.things[1].live = false;
	collect_ok(&s, &w); /* two of three live: it stays */
	assert_int_equal(w.steps, 0);
	assert_int_equal(w.found.sparse, 0);
	assert_true(w.found.live_bytes < w.found.bytes);
	s.things[1].live = true;
	s.things[0].live = false;
	collect_ok(&s, &w);
	assert_int_equal(w.found.sparse, 1);
	assert_int_equal(w.steps, 1);
	assert_int_equal(w.removed, 1);
	assert_int_equal(w.added, 1);
	assert_true(w.added_bytes < 2 * MIB && w.removed_bytes > 3 * MIB);
	/* by its hints alone it is not found any more */
	struct sr_item_options o = {.backend = s.r.backend, .threads = 1};
	memcpy(o.vault, s.r.domain.vault, SR_HASH);
	memcpy(o.item, s.things[1].id, SR_ID);
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&s.things[1].manifest), &e), &e);
	assert_ok(sr_item_open(&it, &o, &m, &e), &e);
	sr_manifest_free(&m);
	struct rig_compare c = {&s.things[1].files[0], 0};
	assert_fails(rig_stream(it, 0, rig_compare_sink, &c, &e), SR_NOTFOUND, &e, "pack ");
	sr_item_close(it);
	/* and from an index made anew it is */
	rig_close_index(&s.r);
	assert_ok(sr_db_remove(s.r.dir, "index.db", &e), &e);
	rig_open_index(&s.r);
	bool changed = true;
	recover(&s, &changed);
	assert_false(changed);
	check_all(&s);
	collect_ok(&s, &w);
	assert_int_equal(w.steps, 0);
	shelf_end(&s);
}

/* A block that two items share lives as long as one of them. */
static void test_shared(void **state) {
	struct shelf s;
	struct swept w;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 4 * MIB, 1);
	deposit(&s, 1);
	thing_file(thing_new(&s, 2), 4 * MIB, 1);
	deposit(&s, 2);
	s.things[0].live = false;
	collect_ok(&s, &w);
	assert_int_equal(w.found.live_bytes > 4 * MIB, 1);
	s.things[1].live = false;
	collect_ok(&s, &w);
	assert_int_equal(rig_count_packs(&s.r), 0);
	shelf_end(&s);
}

/* Reach lists and manifests in parts: metadata packs are collected and moved as well. */
static void test_metadata(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	char name[64];
	(void)state;
	shelf_open(&s);
	for (size_t i = 0; i < 3; i++)
		(void)thing_new(&s, 1);
	rig_options(&s.r, &o, 1);
	o.item = on_item;
	o.file = NULL;
	o.ctx = &s;
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	for (size_t i = 0; i < 3; i++) {
		assert_ok(sr_ingest_item_begin(in, s.things[i].id, &e), &e);
		for (size_t k = 0; k < 3000; k++) {
			struct rig_source src = {.size = 20, .seed = 1 + k + 3000 * i};
			(void)snprintf(name, sizeof name, "a folder with a long name/%zu", k);
			assert_ok(rig_add(in, name, &src, &e), &e);
			if (k < FILES)
				s.things[i].files[k] = src;
		}
		assert_ok(sr_ingest_item_end(in, &e), &e);
	}
	s.at = 0;
	ingest_finish(&s, in, 1);
	s.things[0].live = s.things[2].live = false;
	assert_ok(collect(&s, &w, &e), &e);
	assert_int_equal(w.removed, 2); /* files and metadata */
	assert_int_equal(w.added, 2);
	struct sr_manifest m;
	struct sr_item *it = NULL;
	struct sr_item_options io = {.backend = s.r.backend, .index = s.r.index, .threads = 2};
	memcpy(io.vault, s.r.domain.vault, SR_HASH);
	memcpy(io.item, s.things[1].id, SR_ID);
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&s.things[1].manifest), &e), &e);
	assert_true(m.files.part_count > 0 && m.blocks.part_count > 0);
	assert_ok(sr_item_open(&it, &io, &m, &e), &e);
	sr_manifest_free(&m);
	for (size_t k = 0; k < FILES; k++)
		rig_check_file(it, k, &s.things[1].files[k]);
	sr_item_close(it);
	/* the list that says so has moved itself */
	assert_ok(collect(&s, &w, &e), &e);
	assert_int_equal(w.steps, 0);
	shelf_end(&s);
}

/* The range of cids in many parts, and one pack a step: the same end. */
static void test_small_memory(void **state) {
	struct shelf s;
	struct swept w;
	(void)state;
	shelf_open(&s);
	for (uint8_t a = 1; a <= 6; a++) {
		thing_file(thing_new(&s, a), 2 * MIB, 10 + a);
		thing_file(thing_new(&s, a), MIB, 30 + a);
		deposit(&s, a);
	}
	for (size_t i = 0; i < s.count; i += 2)
		s.things[i].live = false;
	s.things[1].live = false; /* and one pack wholly */
	s.marks_max = 64;
	s.step_max = 1;
	collect_ok(&s, &w);
	assert_int_equal(w.found.dead, 1);
	assert_int_equal(w.found.sparse, 5);
	assert_int_equal(w.steps, 6);
	assert_int_equal(w.removed, 6);
	assert_int_equal(w.added, 5);
	s.marks_max = 0;
	collect_ok(&s, &w);
	assert_int_equal(w.steps, 0);
	shelf_end(&s);
}

/* What is not committed stays, and what it leans on; a resumed accession finds everything. */
static void test_open_accession(void **state) {
	struct shelf s;
	struct swept w;
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		shelf_open(&s);
		s.r.domain.dedupe = mode == 0 ? SR_DEDUPE_COLLECTION : SR_DEDUPE_NONE;
		thing_file(thing_new(&s, 1), 4 * MIB, 1);
		deposit(&s, 1);
		struct thing *t = thing_new(&s, 2);
		thing_file(t, 4 * MIB, 1); /* the same bytes again */
		thing_file(t, 40 * MIB, 2);
		thing_file(t, 2 * MIB, 3);
		struct sr_ingest *in = ingest_some(&s, 2, 2);
		size_t packs = rig_count_packs(&s.r);
		s.things[0].live = false;
		assert_ok(collect(&s, &w, NULL), NULL);
		if (mode == 0) { /* open, and it leans on the first one's pack */
			assert_int_equal(w.found.dead, 1);
			assert_int_equal(w.found.spared, 1);
			assert_int_equal(w.steps, 0);
		} else {
			assert_int_equal(w.removed, 1);
			packs--;
		}
		assert_int_equal(rig_count_packs(&s.r), packs);
		sr_ingest_free(in); /* broken off: nothing leans any more, its packs stay */
		reopen(&s, false, NULL);
		assert_ok(collect(&s, &w, NULL), NULL);
		assert_int_equal(w.removed, mode == 0 ? 1 : 0);
		assert_int_equal(w.orphans, 0);
		/* while `in` was broken off a block of the removed pack is simply stored again */
		deposit(&s, 2);
		check_all(&s);
		assert_ok(collect(&s, &w, NULL), NULL);
		assert_int_equal(w.steps, 0);
		shelf_end(&s);
	}
}

/* An open deposit does not find blocks of a pack that is about to go. */
static void test_condemned(void **state) {
	struct shelf s;
	struct sr_err e;
	struct sr_collect *c = NULL;
	struct sr_collect_step st;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 2 * MIB, 1);
	deposit(&s, 1);
	s.things[0].live = false;
	assert_ok(collect_new(&c, &s, &e), &e);
	assert_int_equal(sr_collect_step(c, &st, &e), 1);
	assert_int_equal(sr_collect_step(c, &st, &e), SR_MISUSE);
	thing_file(thing_new(&s, 2), 2 * MIB, 1);
	struct sr_ingest *in = ingest_some(&s, 2, SIZE_MAX);
	struct sr_ingest_totals t;
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.blocks_reused, 0);
	sr_ingest_free(in);
	/* the statement was refused: all is as it was, and it is found again */
	sr_collect_undo(c);
	sr_collect_free(c);
	struct sr_ingest_abort a;
	rig_abort_options(&s.r, &a, 2);
	assert_ok(sr_ingest_abort(&a, NULL, &e), &e);
	in = ingest_some(&s, 3, 0);
	sr_ingest_free(in);
	s.things[1].accession = 4;
	deposit(&s, 4);
	struct swept w;
	collect_ok(&s, &w);
	assert_int_equal(w.found.live_bytes >= 2 * MIB, 1);
	shelf_end(&s);
}

static int flip(void *ctx, const char *name, struct sr_err *e) {
	struct shelf *s = ctx;
	char path[4300];
	struct sr_buf b;
	(void)e;
	sr_buf_init(&b);
	(void)snprintf(path, sizeof path, "%s/%s", s->r.path, name);
	t_read_file(path, &b);
	for (size_t i = 4096; i < b.len && i < 3 * MIB; i += MIB / 2)
		b.p[i] ^= 1;
	t_write_file(path, b.p, b.len);
	sr_buf_free(&b);
	return 0;
}

static int cut(void *ctx, const char *name, struct sr_err *e) {
	struct shelf *s = ctx;
	char path[4300];
	(void)e;
	(void)snprintf(path, sizeof path, "%s/%s", s->r.path, name);
	assert_int_equal(truncate(path, 1000), 0);
	return 0;
}

static void test_damage(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_err e;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 2 * MIB, 1);
	thing_file(thing_new(&s, 1), MIB, 2);
	deposit(&s, 1);
	s.things[0].live = false;
	assert_ok(sr_backend_list(s.r.backend, "packs", flip, &s, &e), &e);
	assert_ok(collect(&s, &w, &e), &e);
	assert_int_equal(w.steps, 0); /* damaged and needed: not touched */
	assert_int_equal(w.found.spared, 1);
	assert_int_equal(rig_count_packs(&s.r), 1);
	/* its footer gone as well: the index alone moves nothing that lives */
	assert_ok(sr_backend_list(s.r.backend, "packs", cut, &s, &e), &e);
	assert_ok(collect(&s, &w, &e), &e);
	assert_int_equal(w.steps, 0);
	assert_int_equal(w.found.spared, 1);
	s.things[1].live = false; /* damaged and dead: it goes */
	assert_ok(collect(&s, &w, &e), &e);
	assert_int_equal(w.removed, 1);
	assert_int_equal(rig_count_packs(&s.r), 0);
	shelf_end(&s);
}

static void test_unreadable_list(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_err e;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 3 * MIB, 1);
	deposit(&s, 1);
	thing_file(thing_new(&s, 2), 3 * MIB, 2);
	deposit(&s, 2);
	s.things[0].live = false;
	s.unreadable = true;
	assert_fails(collect(&s, &w, &e), SR_AUTH, &e,
		"item 0202000000000000000000000000000"
		"0: what it needs cannot be read, so nothing is removed");
	assert_int_equal(rig_count_packs(&s.r), 2);
	s.unreadable = false;
	collect_ok(&s, &w);
	assert_int_equal(w.removed, 1);
	shelf_end(&s);
}

/* Files that nobody names, beside some that an open accession needs. */
static void test_sweep(void **state) {
	struct shelf s;
	struct swept w;
	struct sr_err e;
	uint8_t name[SR_HASH];
	char path[SR_STORED_NAME];
	struct sr_collect_names n = {name, 1};
	struct sr_collect_swept swept;
	(void)state;
	shelf_open(&s);
	thing_file(thing_new(&s, 1), 2 * MIB, 1);
	deposit(&s, 1);
	memset(name, 0xab, sizeof name);
	sr_hash_name(path, "packs", name);
	assert_ok(sr_backend_put(s.r.backend, path, sr_bytes_str("left"), &e), &e);
	collect_ok(&s, &w);
	assert_int_equal(w.orphans, 1);
	sr_hash_name(path, "objects", name);
	assert_ok(sr_backend_put(s.r.backend, path, sr_bytes_str("kept"), &e), &e);
	memset(name, 0xac, sizeof name);
	sr_hash_name(path, "objects", name);
	assert_ok(sr_backend_put(s.r.backend, path, sr_bytes_str("left over"), &e), &e);
	memset(name, 0xab, sizeof name);
	assert_ok(sr_collect_sweep(s.r.backend, "objects", NULL, &n, &swept, &e), &e);
	assert_int_equal(swept.files, 1);
	assert_int_equal(swept.bytes, 9);
	assert_ok(sr_collect_sweep(s.r.backend, "objects", NULL, &n, &swept, &e), &e);
	assert_int_equal(swept.files, 0);
	shelf_end(&s);
}

/* --- kills and failures at every step --------------------------------------------------------- */

/* One dead pack and two sparse ones, one of them with a block that lives twice. */
static void furnish(struct shelf *s) {
	shelf_open(s);
	thing_file(thing_new(s, 1), 50000, 1);
	deposit(s, 1);
	thing_file(thing_new(s, 2), 90000, 2);
	thing_file(thing_new(s, 2), 20000, 3);
	deposit(s, 2);
	thing_file(thing_new(s, 3), 90000, 4);
	thing_file(thing_new(s, 3), 30000, 5);
	deposit(s, 3);
	s->things[0].live = s->things[1].live = s->things[3].live = false;
}

/* Whatever happened: nothing live is lost, the next run finishes, dead bytes are gone. */
static void afterwards(struct shelf *s) {
	struct swept w;
	reopen(s, true, NULL);
	check_all(s);
	collect_ok(s, &w);
	assert_int_equal(s->named.len, 1 * SR_HASH);
	collect_ok(s, &w);
	assert_int_equal(w.steps + w.orphans, 0);
	assert_int_equal(w.found.bytes, w.found.live_bytes);
}

static void test_fail_everywhere(void **state) {
	struct sr_err e;
	unsigned long steps = 1;
	(void)state;
	for (unsigned long n = 0; n <= steps; n++) {
		struct shelf s;
		struct swept w;
		furnish(&s);
		sr_fault_set(n, n % 2 ? EIO : ENOSPC);
		int rc = collect(&s, &w, &e);
		if (n == 0) {
			steps = sr_fault_count();
			assert_ok(rc, &e);
			assert_true(steps > 20 && steps < 300);
		}
		sr_fault_set(0, 0);
		if (n > 0 && rc != 0)
			assert_true(rc == (n % 2 ? SR_IO : SR_LIMIT) && e.text[0] != '\0');
		afterwards(&s);
		shelf_end(&s);
	}
}

/* In a child that is killed at its nth step; true: it had finished before. */
static bool collect_killed_at(struct shelf *s, unsigned long n) {
	char *path = s->r.path;
	enum sr_dedupe mode = s->r.domain.dedupe;
	int status = 0;
	rig_close(&s->r);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct swept w;
		rig_open(&s->r, path);
		s->r.domain.dedupe = mode;
		sr_fault_set(n, -1);
		t_exit(collect(s, &w, NULL) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	assert_true(done || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	rig_open(&s->r, path);
	s->r.domain.dedupe = mode;
	return done;
}

static void test_kill_everywhere(void **state) {
	bool done = false;
	(void)state;
	for (unsigned long n = 1; !done; n += t_stride(17)) {
		struct shelf s;
		furnish(&s);
		done = collect_killed_at(&s, n);
		afterwards(&s);
		shelf_end(&s);
		assert_true(!done || n > 20);
	}
}

/* --- years ----------------------------------------------------------------------------------- */

static uint64_t dice(uint64_t *seed, uint64_t n) {
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % n;
}

static void random_deposit(struct shelf *s, uint64_t *seed, uint8_t accession) {
	size_t things = 1 + dice(seed, 3);
	for (size_t i = 0; i < things && s->count < THINGS; i++) {
		struct thing *t = thing_new(s, accession);
		size_t files = 1 + dice(seed, FILES);
		for (size_t k = 0; k < files; k++) /* few seeds: much is shared */
			thing_file(t, 1 + dice(seed, MIB + MIB / 2), 1 + dice(seed, 12));
	}
	if (dice(seed, 3) == 0) { /* broken off once, with a collection in between */
		struct swept w;
		sr_ingest_free(ingest_some(s, accession, 1));
		assert_ok(collect(s, &w, NULL), NULL);
	}
	deposit(s, accession);
}

static void test_years(void **state) {
	/* Of each kind one in make check (see below), all in soak. */
	static const uint64_t years[] = {3, 20, 1, 2, 4, 5};
	(void)state;
	for (size_t y = 0; y < (t_stride(2) == 1 ? T_COUNT(years) : 2); y++) {
		const uint64_t year = years[y];
		struct shelf s;
		struct swept w;
		uint64_t seed = year;
		uint8_t accession = 0;
		shelf_open(&s);
		s.r.domain.dedupe = year % 3 ? SR_DEDUPE_COLLECTION : SR_DEDUPE_NONE;
		if (year % 4 == 0)
			s.step_max = 1;
		if (year % 5 == 0)
			s.marks_max = 64;
		while (s.count < THINGS - 3) {
			switch (dice(&seed, 4)) {
			case 0:
			case 1:
				random_deposit(&s, &seed, ++accession);
				break;
			case 2:
				for (size_t i = 0; i < s.count; i++)
					if (dice(&seed, 3) == 0)
						s.things[i].live = false;
				break;
			case 3:
				(void)collect_killed_at(&s, 1 + dice(&seed, 60));
				reopen(&s, true, NULL);
				break;
			}
			check_all(&s);
		}
		collect_ok(&s, &w);
		collect_ok(&s, &w);
		assert_int_equal(w.steps, 0);
		assert_true(w.found.live_bytes * 2 >= w.found.bytes);
		for (size_t i = 0; i < s.count; i++)
			s.things[i].live = false;
		collect_ok(&s, &w);
		assert_int_equal(rig_count_packs(&s.r), 0);
		shelf_end(&s);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_dead_pack),
		cmocka_unit_test(test_order_of_steps),
		cmocka_unit_test(test_sparse_pack),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_small_memory),
		cmocka_unit_test(test_open_accession),
		cmocka_unit_test(test_condemned),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_unreadable_list),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_fail_everywhere),
		cmocka_unit_test(test_kill_everywhere),
		cmocka_unit_test(test_years),
	};
	return cmocka_run_group_tests_name("store collect", tests, NULL, NULL);
}
