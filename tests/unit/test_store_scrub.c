/*
 * test_store_scrub - a whole store has no findings; each kind of damage and loss has one that names
 * it.
 */
#include "store/envelope.h"
#include "store/scrub.h"
#include "store_rig.h"

struct stored {
	struct rig r;
	struct sr_buf packs;
	uint8_t object[SR_HASH];
	struct sr_scrub_envelope envelope;
	size_t next;
	size_t findings;
	char name[SR_STORED_NAME];
	char text[200];
	enum sr_code code;
};

static int finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct stored *s = ctx;
	(void)e;
	s->findings++;
	(void)snprintf(s->name, sizeof s->name, "%s", f->name);
	(void)snprintf(s->text, sizeof s->text, "%s", f->text);
	s->code = f->code;
	return 0;
}

static int next_envelope(void *ctx, struct sr_scrub_envelope *out, struct sr_err *e) {
	struct stored *s = ctx;
	(void)e;
	if (s->next++ > 0)
		return 0;
	*out = s->envelope;
	return 1;
}

static void store_all(struct stored *s) {
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	struct sr_object_writer *w = NULL;
	struct sr_envelope_batch *b = NULL;
	uint8_t key[SR_KEY] = {1}, id[SR_HASH];
	const uint8_t *names = NULL;
	size_t count = 0;
	uint32_t at = 0;
	memset(s, 0, sizeof *s);
	rig_open(&s->r, NULL);
	rig_options(&s->r, &o, 1);
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	assert_ok(sr_ingest_item_begin(in, s->envelope.item, &e), &e);
	struct rig_source src = {.size = 3 << 20, .seed = 5};
	assert_ok(rig_add(in, "a", &src, &e), &e);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	assert_ok(sr_ingest_packs(in, &names, &count, &e), &e);
	sr_buf_put(&s->packs, names, count * SR_HASH);
	sr_ingest_free(in);
	assert_ok(sr_index_commit(s->r.index, o.accession, NULL, &e), &e);
	assert_ok(sr_object_writer_new(&w, s->r.backend, s->r.domain.vault, &e), &e);
	assert_ok(sr_object_add(w, key, sr_bytes_str("body"), &at, id, &e), &e);
	assert_ok(sr_object_commit(w, s->object, &e), &e);
	sr_object_writer_free(w);
	sr_envelope_hash(s->envelope.hash, sr_bytes_str("an envelope"));
	assert_ok(sr_envelope_batch_new(&b, s->r.items, &e), &e);
	assert_ok(
		sr_envelope_batch_add(b, s->envelope.item, 0, sr_bytes_str("an envelope"), &e), &e);
	assert_ok(sr_envelope_batch_commit(b, &e), &e);
}

static void end(struct stored *s) {
	sr_buf_free(&s->packs);
	rig_end(&s->r);
}

static void run(struct stored *s, struct sr_scrub_totals *t) {
	struct sr_err e;
	struct sr_scrub_options o = {.backend = s->r.backend,
		.index = s->r.index,
		.items = s->r.items,
		.packs = s->packs.p,
		.pack_count = s->packs.len / SR_HASH,
		.objects = s->object,
		.object_count = 1,
		.next_envelope = next_envelope,
		.finding = finding,
		.ctx = s};
	s->next = 0;
	s->findings = 0;
	assert_ok(sr_scrub(&o, t, &e), &e);
	assert_int_equal(t->findings, s->findings);
}

/* Flip, or with ${size} 0 remove, and put it back afterwards. */
static void damage(
	struct stored *s, const char *name, size_t at, enum sr_code code, const char *text) {
	struct sr_scrub_totals t;
	struct sr_buf b;
	char path[4300];
	sr_buf_init(&b);
	(void)snprintf(path, sizeof path, "%s/%s", s->r.path, name);
	t_read_file(path, &b);
	if (at == SIZE_MAX) {
		assert_int_equal(remove(path), 0);
	} else {
		b.p[at] ^= 1;
		t_write_file(path, b.p, b.len);
		b.p[at] ^= 1;
	}
	run(s, &t);
	assert_int_equal(s->findings, 1);
	assert_int_equal(t.unread, 0); /* tests/cli/scrub.sh has one */
	assert_string_equal(s->name, name);
	assert_int_equal(s->code, code);
	assert_non_null(strstr(s->text, text));
	t_write_file(path, b.p, b.len);
	sr_buf_free(&b);
}

static void test_findings(void **state) {
	struct stored s;
	struct sr_scrub_totals t;
	struct sr_index_hit hit;
	struct sr_err e;
	char pack[SR_STORED_NAME], object[SR_STORED_NAME];
	const char *envelope = "items/00000000000000000000000000000000.0";
	(void)state;
	store_all(&s);
	run(&s, &t);
	assert_int_equal(t.findings, 0);
	assert_true(t.packs == s.packs.len / SR_HASH && t.objects == 1 && t.envelopes == 1 &&
		    t.bytes > 3u << 20);
	static struct sr_block_ref refs[SR_REFS_PART_ROWS];
	uint8_t cid[SR_HASH];
	assert_true(rig_refs(&s.r, 0, refs) > 0);
	memcpy(cid, refs[0].cid, SR_HASH);
	assert_ok(sr_index_find(s.r.index, cid, NULL, &hit, &e), &e);
	assert_true(hit.checked); /* by the scrub */
	sr_hash_name(pack, "packs", hit.at.pack);
	sr_hash_name(object, "objects", s.object);
	damage(&s, pack, (1 << 20) + 77, SR_CORRUPT,
		"segment 2 of 4 (offset 1048576): hash differs");
	assert_fails(sr_index_find(s.r.index, cid, NULL, &hit, &e), SR_NOTFOUND, &e, NULL);
	damage(&s, pack, 3, SR_CORRUPT, "header and trailer");
	damage(&s, pack, SIZE_MAX, SR_NOTFOUND, "no such file");
	damage(&s, object, 500, SR_CORRUPT, "record 1 of 1 (offset 40): hash differs");
	damage(&s, object, SIZE_MAX, SR_NOTFOUND, "no such file");
	damage(&s, envelope, 4, SR_AUTH, "11 bytes that do not have the hash");
	damage(&s, envelope, SIZE_MAX, SR_NOTFOUND, "no such file");
	run(&s, &t);
	assert_int_equal(t.findings, 0);
	assert_ok(sr_index_find(s.r.index, cid, NULL, &hit, &e), &e); /* whole again */
	end(&s);
}

/* A disk that has one bad place: whatever is read over it fails, whatever is read beside it does
 * not. */
struct bad_disk {
	struct sr_backend *under; /* borrowed */
	uint64_t at;
};

static int bad_get(
	void *self, const char *name, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	const struct bad_disk *d = self;
	if (offset <= d->at && d->at < offset + len)
		return sr_fail(e, SR_IO, "read %zu bytes at offset %llu: Input/output error", len,
			(unsigned long long)offset);
	return sr_backend_get(d->under, name, offset, p, len, e);
}

static int bad_head(void *self, const char *name, uint64_t *size, struct sr_err *e) {
	return sr_backend_head(((const struct bad_disk *)self)->under, name, size, e);
}

static void bad_free(void *self) {
	(void)self;
}

/* What cannot be read is named, one segment, and what lies beside it is checked all the same: the
 * flipped bit in the last is found. */
static void test_bad_sector(void **state) {
	static const struct sr_backend_ops plain = {
		.get = bad_get, .head = bad_head, .free = bad_free};
	static const struct sr_backend_ops bulk = {
		.get = bad_get, .get_bulk = bad_get, .head = bad_head, .free = bad_free};
	struct stored s;
	struct sr_scrub_totals t;
	struct sr_err e;
	struct sr_buf b;
	char pack[SR_STORED_NAME], path[4300];
	(void)state;
	store_all(&s);
	assert_int_equal(s.packs.len, SR_HASH);
	sr_hash_name(pack, "packs", s.packs.p);
	for (unsigned i = 0; i < 2; i++) {
		struct bad_disk disk = {.under = s.r.backend, .at = (1 << 20) + 5000};
		struct sr_backend *whole = s.r.backend;
		assert_ok(sr_backend_new(&s.r.backend, i == 0 ? &plain : &bulk, &disk, &e), &e);
		run(&s, &t);
		assert_int_equal(s.findings, 1);
		assert_int_equal(t.unread, 1);
		assert_int_equal(s.code, SR_IO);
		assert_string_equal(s.name, pack);
		assert_non_null(strstr(s.text, "segment 2 of 4 (offset 1048576)"));
		assert_non_null(strstr(s.text, "Input/output error"));
		sr_buf_init(&b);
		(void)snprintf(path, sizeof path, "%s/%s", s.r.path, pack);
		t_read_file(path, &b);
		b.p[(3 << 20) + 1] ^= 8;
		t_write_file(path, b.p, b.len);
		run(&s, &t);
		assert_int_equal(s.findings, 2);
		assert_int_equal(t.unread, 1);
		assert_int_equal(s.code, SR_CORRUPT); /* the last of them */
		assert_non_null(strstr(s.text, "segment 4 of 4 (offset 3145728): hash differs"));
		b.p[(3 << 20) + 1] ^= 8;
		t_write_file(path, b.p, b.len);
		sr_buf_free(&b);
		sr_backend_free(s.r.backend);
		s.r.backend = whole;
	}
	end(&s);
}

static int refuse(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

/* Only at the very end. */
static int refuse_the_whole(
	void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)unit;
	return total > 0 && done == total;
}

static void test_stop(void **state) {
	struct stored s;
	struct sr_scrub_totals t;
	struct sr_err e;
	(void)state;
	store_all(&s);
	struct sr_scrub_options o = {.backend = s.r.backend,
		.packs = s.packs.p,
		.pack_count = s.packs.len / SR_HASH,
		.progress = {refuse, NULL}};
	assert_fails(sr_scrub(&o, &t, &e), SR_LOCKED, &e, "stopped on request");
	o.progress.report = refuse_the_whole;
	assert_fails(sr_scrub(&o, &t, &e), SR_LOCKED, &e, "scrub: stopped on request");
	assert_int_equal(t.packs, s.packs.len / SR_HASH); /* all was looked at: the totals say it */
	end(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_bad_sector),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests_name("store scrub", tests, NULL, NULL);
}
