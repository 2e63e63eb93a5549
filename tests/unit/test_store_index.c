/*
 * test_store_index - visibility of rows, checked copies, scrub marks, listing, rebuilding from
 * footers.
 */
#include "store_rig.h"

static void place(struct sr_pack_entry *en, size_t i) {
	t_fill(en->cid, SR_HASH, i + 1);
	en->offset = (uint32_t)(64 + i * 1000);
	en->len = 1000;
}

/* A pack named by ${seed} with cids ${from}..${from}+2. */
static void add(struct rig *r, uint64_t seed, size_t from, const uint8_t *accession) {
	struct sr_pack_entry en[3];
	struct sr_index_pack p = {.size = 70000, .kind = SR_PACK_FILES, .entries = en, .count = 3};
	struct sr_err e;
	t_fill(p.name, SR_HASH, seed);
	for (size_t i = 0; i < 3; i++)
		place(&en[i], from + i);
	assert_ok(sr_index_add(r->index, &p, accession, &e), &e);
}

static void cid_of(uint8_t cid[SR_HASH], size_t i) {
	t_fill(cid, SR_HASH, i + 1);
}

static int count_packs(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	(void)p;
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

static int count_ids(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e) {
	(void)accession;
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

static void test_visibility(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_index_hit hit;
	uint8_t one[SR_ID] = {1}, two[SR_ID] = {2}, cid[SR_HASH], name[SR_HASH];
	uint64_t packs = 0, blocks = 0;
	size_t n = 0;
	(void)state;
	rig_open(&r, NULL);
	add(&r, 100, 0, one);
	cid_of(cid, 1);
	assert_fails(sr_index_find(r.index, cid, NULL, &hit, &e), SR_NOTFOUND, &e, "in no pack");
	assert_fails(sr_index_find(r.index, cid, two, &hit, &e), SR_NOTFOUND, &e, "in no pack");
	assert_ok(sr_index_find(r.index, cid, one, &hit, &e), &e);
	assert_true(hit.pending && !hit.checked && hit.at.offset == 1064 && hit.at.len == 1000);
	add(&r, 101, 0, two);
	assert_ok(sr_index_pending(r.index, count_ids, &n, &e), &e);
	assert_int_equal(n, 2);
	assert_ok(sr_index_commit(r.index, one, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_ok(sr_index_commit(r.index, one, &n, &e), &e);
	assert_int_equal(n, 0);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	t_fill(name, SR_HASH, 100);
	assert_memory_equal(hit.at.pack, name, SR_HASH);
	assert_false(hit.pending);
	assert_ok(sr_index_abort(r.index, two, &e), &e);
	n = 0;
	assert_ok(sr_index_packs(r.index, NULL, count_packs, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_ok(sr_index_counts(r.index, &packs, &blocks, &e), &e);
	assert_true(packs == 1 && blocks == 3);
	/* the same in a new process */
	rig_close_index(&r);
	rig_open_index(&r);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	assert_ok(sr_index_remove(r.index, name, &e), &e);
	assert_fails(sr_index_find(r.index, cid, NULL, &hit, &e), SR_NOTFOUND, &e, NULL);
	rig_end(&r);
}

/* As one by one, for whoever asks; of two copies the same one. */
static void test_all_at_once(void **state) {
	static const size_t asked[] = {2, 40, 0, 5, 1, 2, 41, 4};
	struct rig r;
	struct sr_err e;
	uint8_t one[SR_ID] = {1}, two[SR_ID] = {2}, ids[T_COUNT(asked)][SR_HASH];
	const uint8_t *cids[T_COUNT(asked)], *who[] = {NULL, one, two};
	(void)state;
	rig_open(&r, NULL);
	add(&r, 100, 0, NULL);
	add(&r, 101, 2, one);
	add(&r, 102, 4, two);
	for (size_t i = 0; i < T_COUNT(asked); i++) {
		cid_of(ids[i], asked[i]);
		cids[i] = ids[i];
	}
	for (size_t k = 0; k < T_COUNT(who); k++) {
		struct sr_index_hit hits[T_COUNT(asked)], hit;
		bool found[T_COUNT(asked)];
		size_t n = 0;
		sr_index_find_all(r.index, cids, T_COUNT(asked), who[k], hits, found);
		for (size_t i = 0; i < T_COUNT(asked); i++) {
			const bool is = sr_index_find(r.index, cids[i], who[k], &hit, &e) == 0;
			assert_int_equal(found[i], is);
			n += is;
			if (!is)
				continue;
			assert_memory_equal(hits[i].at.pack, hit.at.pack, SR_HASH);
			assert_true(hits[i].at.offset == hit.at.offset &&
				    hits[i].at.len == hit.at.len && hits[i].pending == hit.pending);
		}
		assert_int_equal(n, k == 0 ? 4 : 5 + (k == 2));
		add(&r, 200 + k, 60, NULL); /* no transaction is left open */
	}
	sr_index_find_all(r.index, cids, 0, NULL, NULL, NULL);
	rig_end(&r);
}

static void test_checked(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_index_hit hit;
	uint8_t cid[SR_HASH], first[SR_HASH], second[SR_HASH];
	(void)state;
	rig_open(&r, NULL);
	add(&r, 100, 0, NULL);
	add(&r, 101, 0, NULL);
	t_fill(first, SR_HASH, 100);
	t_fill(second, SR_HASH, 101);
	cid_of(cid, 2);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	assert_false(hit.checked);
	sr_index_checked(r.index, cid, second);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	assert_true(hit.checked);
	assert_memory_equal(hit.at.pack, second, SR_HASH); /* a checked copy is preferred */
	cid_of(cid, 1);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	assert_false(hit.checked); /* another block of that pack is not */
	assert_ok(sr_index_scrubbed(r.index, first, true, &e), &e);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	assert_true(hit.checked);
	assert_memory_equal(hit.at.pack, first, SR_HASH);
	assert_ok(sr_index_scrubbed(r.index, first, false, &e), &e);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	assert_memory_equal(hit.at.pack, second, SR_HASH);
	assert_ok(sr_index_scrubbed(r.index, second, false, &e), &e);
	rig_close_index(&r);
	rig_open_index(&r);
	assert_fails(sr_index_find(r.index, cid, NULL, &hit, &e), SR_NOTFOUND, &e, NULL);
	assert_ok(sr_index_scrubbed(r.index, second, true, &e), &e); /* restored from a copy */
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	rig_end(&r);
}

static int no_block(void *ctx, const struct sr_index_block *b, struct sr_err *e) {
	(void)ctx;
	(void)b;
	(void)e;
	return 0;
}

/* Rows that no index of ours has: by a program that is newer, or by a fault of this one. */
static void test_foreign_rows(void **state) {
	static const struct {
		const char *sql, *found, *listed;
	} rows[] = {
		{"update blocks set len = -1", "index: a record of -1 bytes at 64",
			"index: a record of -1 bytes"},
		{"update blocks set len = 9999999", "index: a record of 9999999 bytes at 64",
			"index: a record of 9999999 bytes"},
		{"update blocks set len = 1000, off = -5", "index: a record of 1000 bytes at -5",
			NULL},
		{"update blocks set off = 9999999999",
			"index: a record of 1000 bytes at 9999999999", NULL},
	};
	const struct sr_index_range all = {.first = 0, .last = UINT64_MAX};
	struct rig r;
	struct sr_err e;
	struct sr_index_hit hit;
	struct sr_index *again = NULL;
	uint8_t cid[SR_HASH];
	(void)state;
	rig_open(&r, NULL);
	add(&r, 100, 0, NULL);
	cid_of(cid, 0);
	assert_ok(sr_index_find(r.index, cid, NULL, &hit, &e), &e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		assert_ok(sr_db_exec(r.db, rows[i].sql, &e), &e);
		assert_fails(
			sr_index_find(r.index, cid, NULL, &hit, &e), SR_CORRUPT, &e, rows[i].found);
		if (rows[i].listed != NULL)
			assert_fails(sr_index_blocks(r.index, &all, no_block, NULL, &e), SR_CORRUPT,
				&e, rows[i].listed);
	}
	sr_index_close(r.index);
	r.index = NULL;
	assert_ok(sr_db_exec(r.db, "update meta set version = 7", &e), &e);
	assert_fails(
		sr_index_open(&again, r.db, &e), SR_UNSUPPORTED, &e, "index: version 7, want 1");
	assert_null(again);
	rig_end(&r);
}

/* Deposit, throw index.db away, rebuild from the packs: everything is found at the same place. */
static void test_rebuild(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	struct sr_item *it = NULL;
	uint8_t item[SR_ID] = {1};
	const uint8_t *names = NULL;
	uint64_t packs = 0, blocks = 0, packs2 = 0, blocks2 = 0;
	size_t count = 0, added = 0, bad = 0;
	(void)state;
	rig_open(&r, NULL);
	rig_options(&r, &o, 1);
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	assert_ok(sr_ingest_item_begin(in, item, &e), &e);
	struct rig_source s = {.size = 40 << 20, .seed = 5};
	assert_ok(rig_add(in, "a", &s, &e), &e);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	assert_ok(sr_ingest_packs(in, &names, &count, &e), &e);
	assert_true(count >= 2);
	struct sr_buf kept;
	sr_buf_init(&kept);
	sr_buf_put(&kept, names, count * SR_HASH);
	sr_buf_put_zero(&kept, SR_HASH); /* a pack that is not there */
	sr_ingest_free(in);
	assert_ok(sr_index_commit(r.index, o.accession, NULL, &e), &e);
	assert_ok(sr_index_counts(r.index, &packs, &blocks, &e), &e);
	rig_close_index(&r);
	assert_ok(sr_db_remove(r.dir, "index.db", &e), &e);
	rig_open_index(&r);
	struct sr_index_rebuild rb = {.backend = r.backend,
		.structure_sk = r.structure_sk,
		.names = kept.p,
		.count = count + 1};
	assert_ok(sr_index_rebuild(r.index, &rb, &added, &bad, &e), &e);
	assert_true(added == count && bad == 1);
	assert_ok(sr_index_counts(r.index, &packs2, &blocks2, &e), &e);
	assert_true(packs == packs2 && blocks == blocks2 && blocks == 40);
	assert_ok(sr_index_rebuild(r.index, &rb, &added, &bad, &e), &e);
	assert_true(added == 0 && bad == 1);
	/* stale hints: the reader goes by the index */
	struct sr_manifest m;
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&r.manifests[0]), &e), &e);
	static struct sr_block_ref refs[SR_REFS_PART_ROWS];
	const uint32_t n = rig_refs(&r, 0, refs);
	for (uint32_t i = 0; i < n; i++)
		refs[i].pack[0] ^= 1;
	sr_buf_clear(&m.blocks.inline_bytes);
	assert_ok(sr_refs_pack(&m.blocks.inline_bytes, refs, n, &e), &e);
	m.blocks.len = m.blocks.inline_bytes.len;
	struct sr_item_options io = {.backend = r.backend, .index = r.index};
	memcpy(io.vault, r.domain.vault, SR_HASH);
	assert_ok(sr_item_open(&it, &io, &m, &e), &e);
	rig_check_file(it, 0, &s);
	sr_item_close(it);
	sr_manifest_free(&m);
	sr_buf_free(&kept);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_visibility),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_foreign_rows),
		cmocka_unit_test(test_rebuild),
	};
	return cmocka_run_group_tests_name("store index", tests, NULL, NULL);
}
