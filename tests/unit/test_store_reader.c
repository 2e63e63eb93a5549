/*
 * test_store_reader - ranges, names, damage that is named, reach lists of what was stored.
 */
#include "store_rig.h"

enum {
	MIB = 1 << 20
};

/* One item: "a" of 3.5 MiB, "b" of 10 bytes, a link. */
static void store_item_as(struct rig *r, uint8_t accession) {
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	uint8_t item[SR_ID];
	memset(item, 0xab, sizeof item);
	rig_options(r, &o, accession);
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	assert_ok(sr_ingest_item_begin(in, item, &e), &e);
	struct rig_source a = {.size = 7 * MIB / 2, .seed = 5};
	struct rig_source b = {.size = 10, .seed = 6};
	assert_ok(rig_add(in, "a", &a, &e), &e);
	assert_ok(rig_add(in, "b\x1b[31m", &b, &e), &e);
	struct sr_ingest_file link = {
		.path = sr_bytes_str("c"), .kind = SR_FILE_SYMLINK, .note = sr_bytes_str("a")};
	assert_ok(sr_ingest_file(in, &link, &e), &e);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_free(in);
}

static void store_item(struct rig *r) {
	store_item_as(r, 1);
}

static void test_ranges(void **state) {
	struct rig r;
	struct sr_err e;
	struct rig_source a = {.size = 7 * MIB / 2, .seed = 5};
	static uint8_t got[7 * MIB / 2], want[7 * MIB / 2];
	uint64_t index = 9, seed = 1;
	(void)state;
	rig_open(&r, NULL);
	store_item(&r);
	struct sr_item *it = rig_item(&r, 0, NULL);
	rig_bytes(&a, 0, want, sizeof want);
	assert_ok(sr_item_find(it, sr_bytes_str("b\x1b[31m"), &index, &e), &e);
	assert_int_equal(index, 1);
	assert_fails(sr_item_find(it, sr_bytes_str("\x1b"), &index, &e), SR_NOTFOUND, &e,
		"no file \"\\x1b\" among 3");
	for (size_t i = 0; i < 60; i++) {
		struct sr_range g = {.file = 0, .offset = t_rand(&seed, a.size)};
		g.len = (size_t)t_rand(&seed, a.size - g.offset + 1);
		if (i == 0)
			g = (struct sr_range){0, 0, sizeof got};
		if (i == 1)
			g = (struct sr_range){0, a.size, 0};
		if (i == 2)
			g = (struct sr_range){0, MIB, MIB};
		assert_ok(sr_item_read(it, &g, got, &e), &e);
		assert_memory_equal(got, want + g.offset, g.len);
	}
	struct sr_range past = {.file = 0, .offset = a.size, .len = 1};
	assert_fails(sr_item_read(it, &past, got, &e), SR_LIMIT, &e, "item abababab");
	past = (struct sr_range){2, 0, 0};
	assert_fails(sr_item_read(it, &past, got, &e), SR_LIMIT, &e, "of kind 2");
	past.file = 3;
	assert_fails(sr_item_read(it, &past, got, &e), SR_MISUSE, &e, "file 3 of 3");
	struct rig_compare c = {&a, 0};
	assert_ok(rig_stream(it, 2, rig_compare_sink, &c, &e), &e); /* it has no bytes */
	assert_int_equal(c.at, 0);
	sr_item_close(it);
	rig_end(&r);
}

static int stop(void *ctx, struct sr_bytes b, struct sr_err *e) {
	(void)b;
	return ++*(int *)ctx == 2 ? sr_fail(e, SR_LOCKED, "enough") : 0;
}

/* All content of an item, in order: of all files, of some, of none. */
static void test_blocks_ahead(void **state) {
	const struct rig_source a = {.size = 7 * MIB / 2, .seed = 5}, b = {.size = 10, .seed = 6};
	static const bool b_not[] = {false, true, false};
	const struct sr_item_span spans[] = {
		{0, UINT64_MAX, NULL}, {0, 3, b_not}, {1, 2, NULL}, {2, 3, NULL}, {1, 2, b_not}};
	static const size_t parts[] = {5, 4, 1, 0, 0};
	struct sr_item_part part;
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r, NULL);
	store_item(&r);
	struct sr_item *it = rig_item(&r, 0, NULL);
	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		struct sr_item_blocks *ahead = NULL;
		size_t count = 0;
		assert_ok(sr_item_blocks_new(&ahead, it, &spans[i], &e), &e);
		for (;;) {
			assert_ok(sr_item_blocks_next(ahead, &part, &e), &e);
			if (part.bytes.len == 0)
				break;
			struct rig_compare c = {part.file == 0 ? &a : &b, part.offset};
			assert_true(part.file < 2 && part.offset % MIB == 0);
			assert_ok(rig_compare_sink(&c, part.bytes, &e), &e);
			count++;
		}
		assert_int_equal(count, parts[i]);
		assert_ok(sr_item_blocks_next(ahead, &part, &e), &e);
		assert_int_equal(part.bytes.len, 0);
		sr_item_blocks_free(ahead);
	}
	/* left in the middle, with blocks in flight */
	struct sr_item_blocks *left = NULL;
	assert_ok(sr_item_blocks_new(&left, it, &spans[0], &e), &e);
	assert_ok(sr_item_blocks_next(left, &part, &e), &e);
	sr_item_blocks_free(left);
	sr_item_close(it);
	rig_end(&r);
}

/* A part stays as it is while SR_LANES more are asked for, and the end. */
static void test_parts_stay(void **state) {
	enum {
		PARTS = 23,
		KEPT = SR_LANES + 1
	};
	struct rig_source a = {.size = (PARTS - 1) * MIB + 9, .seed = 7};
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	uint8_t item[SR_ID] = {9};
	struct sr_item_part parts[KEPT] = {0};
	struct sr_item_blocks *b = NULL;
	struct rig r;
	struct sr_err e;
	size_t count = 0;
	(void)state;
	rig_open(&r, NULL);
	rig_options(&r, &o, 1);
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	assert_ok(sr_ingest_item_begin(in, item, &e), &e);
	assert_ok(rig_add(in, "a", &a, &e), &e);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_free(in);
	struct sr_item *it = rig_item(&r, 0, NULL);
	const struct sr_item_span all = {.end = 1};
	assert_ok(sr_item_blocks_new(&b, it, &all, &e), &e);
	do {
		struct sr_item_part *at = &parts[count % KEPT];
		assert_ok(sr_item_blocks_next(b, at, &e), &e);
		count++;
		for (size_t i = 0; i < KEPT && i < count; i++) {
			struct sr_bytes some = parts[i].bytes;
			struct rig_compare c = {&a, parts[i].offset};
			some.len = some.len < RIG_CELL ? some.len : RIG_CELL;
			if (some.len > 0)
				assert_ok(rig_compare_sink(&c, some, &e), &e);
		}
	} while (parts[(count - 1) % KEPT].bytes.len > 0);
	assert_int_equal(count, PARTS + 1);
	sr_item_blocks_free(b);
	sr_item_close(it);
	rig_end(&r);
}

static int only_pack(void *ctx, const char *name, struct sr_err *e) {
	uint8_t hash[SR_HASH];
	if (sr_hash_of_name(hash, "packs", name, e) == 0)
		(void)snprintf(ctx, SR_STORED_NAME, "%s", name);
	return 0;
}

/* Damage in one record: the error says item, file, block, offset, pack and segment. */
static void test_damage(void **state) {
	struct rig r;
	struct sr_err e;
	char name[SR_STORED_NAME], path[4300], want[160];
	static struct sr_block_ref refs[SR_REFS_PART_ROWS];
	struct sr_block_ref ref;
	struct sr_buf file;
	int calls = -100;
	(void)state;
	rig_open(&r, NULL);
	store_item(&r);
	assert_true(rig_refs(&r, 0, refs) > 2);
	ref = refs[2];
	assert_ok(sr_backend_list(r.backend, "packs", only_pack, name, &e), &e);
	(void)snprintf(path, sizeof path, "%s/%s", r.path, name);
	sr_buf_init(&file);
	t_read_file(path, &file);
	file.p[ref.offset + 500] ^= 1;
	t_write_file(path, file.p, file.len);
	sr_buf_free(&file);
	struct sr_item *it = rig_item(&r, 0, r.index);
	int rc = rig_stream(it, 0, stop, &calls, &e);
	struct sr_err e2;
	struct sr_item_part part;
	struct sr_item_blocks *ahead = NULL;
	assert_ok(sr_item_blocks_new(&ahead, it, &(struct sr_item_span){.end = 1}, &e2), &e2);
	assert_ok(sr_item_blocks_next(ahead, &part, &e2), &e2);
	assert_ok(sr_item_blocks_next(ahead, &part, &e2), &e2);
	assert_fails(sr_item_blocks_next(ahead, &part, &e2), SR_AUTH, &e2, "block 3 of 4");
	assert_fails(sr_item_blocks_next(ahead, &part, &e2), SR_AUTH, &e2, "failed before");
	sr_item_blocks_free(ahead);
	(void)snprintf(want, sizeof want,
		"file \"a\": block 3 of 4 (offset 2097152): pack %s, segment %u: "
		"tag does not verify",
		strrchr(name, '/') + 1, ref.offset / SR_SEGMENT + 1);
	assert_fails(rc, SR_AUTH, &e, want);
	assert_int_equal(strncmp(e.text, "item abababababababababababababababab: ", 39), 0);
	static uint8_t got[MIB];
	struct sr_range g = {0, 0, MIB};
	assert_ok(sr_item_read(it, &g, got, &e), &e);
	g.offset = 3 * MIB / 2;
	memset(got, 0x11, sizeof got);
	assert_fails(sr_item_read(it, &g, got, &e), SR_AUTH, &e, "block 3 of 4");
	for (size_t i = 0; i < MIB / 2; i++)
		assert_int_equal(got[i], 0); /* what had been read is wiped */
	sr_item_close(it);
	rig_end(&r);
}

static void spoil_block(struct rig *r, const struct sr_block_ref *ref) {
	char hex[2 * SR_HASH + 1], path[4300];
	struct sr_buf file;
	sr_hex(hex, ref->pack, SR_HASH);
	(void)snprintf(path, sizeof path, "%s/packs/%.2s/%s", r->path, hex, hex);
	sr_buf_init(&file);
	t_read_file(path, &file);
	file.p[ref->offset + 500] ^= 1;
	t_write_file(path, file.p, file.len);
	sr_buf_free(&file);
}

static void commit(struct rig *r, uint8_t accession) {
	uint8_t id[SR_ID];
	struct sr_err e;
	memset(id, accession, SR_ID);
	assert_ok(sr_index_commit(r->index, id, NULL, &e), &e);
}

/* Three deposits of the same, each after the copies before were damaged, so each stores the block
 * again: every one of the three items reads from whichever copy is whole; with none, it says where
 * its own was. */
static void test_other_copies(void **state) {
	struct rig r;
	struct sr_err e;
	static struct sr_block_ref refs[3][SR_REFS_PART_ROWS];
	struct rig_source a = {.size = 7 * MIB / 2, .seed = 5};
	struct sr_buf roots[3];
	struct sr_place copies[SR_INDEX_COPIES];
	size_t count = 0;
	int calls = -100;
	(void)state;
	rig_open(&r, NULL);
	for (size_t i = 0; i < 3; i++) {
		store_item_as(&r, (uint8_t)(i + 1));
		commit(&r, (uint8_t)(i + 1));
		assert_true(rig_refs(&r, 0, refs[i]) > 2);
		sr_buf_init_secret(&roots[i]);
		sr_buf_put_bytes(&roots[i], sr_buf_view(&r.manifests[0]));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(refs[i][2].pack, refs[k][2].pack, SR_HASH);
		spoil_block(&r, &refs[i][2]);
		rig_close(&r); /* a copy that was read back in this process is believed */
		rig_open(&r, r.path);
	}
	assert_ok(sr_index_copies(r.index, refs[0][2].cid, copies, &count, &e), &e);
	assert_int_equal(count, 3);
	for (size_t whole = 0; whole < 3; whole++) {
		spoil_block(&r, &refs[whole][2]); /* the same bit: it is as it was */
		for (size_t i = 0; i < 3; i++) {
			sr_buf_clear(&r.manifests[0]);
			sr_buf_put_bytes(&r.manifests[0], sr_buf_view(&roots[i]));
			memset(r.ids[0], 0xab, SR_ID);
			struct sr_item *it = rig_item(&r, 0, r.index);
			rig_check_file(it, 0, &a);
			sr_item_close(it);
		}
		spoil_block(&r, &refs[whole][2]);
	}
	for (size_t i = 0; i < 3; i++) {
		char hex[2 * SR_HASH + 1];
		sr_hex(hex, refs[i][2].pack, SR_HASH);
		sr_buf_clear(&r.manifests[0]);
		sr_buf_put_bytes(&r.manifests[0], sr_buf_view(&roots[i]));
		struct sr_item *it = rig_item(&r, 0, r.index);
		assert_fails(rig_stream(it, 0, stop, &calls, &e), SR_AUTH, &e, hex);
		sr_item_close(it);
		sr_buf_free(&roots[i]);
	}
	rig_end(&r);
}

/* A manifest whose numbers do not fit what it holds: each is named. Nobody but the vault seals one,
 * so these are the reader's last line. */
static void test_numbers(void **state) {
	static const struct {
		uint64_t files, bytes, blocks; /* added */
		const char *says;
	} rows[] = {
		{1, 0, 0, "3 files where the manifest says 4"},
		{UINT64_MAX, 0, 0, "3 files where the manifest says 2"},
		{0, 1, 0, "the files have 3670026 bytes, the manifest says 3670027"},
		{0, 0, UINT64_MAX, "file 1 says blocks 4 to 5, the item has 4"},
		{0, 0, UINT64_MAX - 1, "file 0 says blocks 0 to 4, the item has 3"},
	};
	struct rig r;
	struct sr_err e;
	struct sr_manifest m;
	struct sr_item *it = NULL;
	struct sr_block_ref ref;
	struct rig_compare none = {NULL, 0};
	(void)state;
	rig_open(&r, NULL);
	store_item(&r);
	struct sr_item_options o = {.backend = r.backend, .threads = 1};
	memcpy(o.vault, r.domain.vault, SR_HASH);
	memcpy(o.item, r.ids[0], SR_ID);
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&r.manifests[0]), &e), &e);
	assert_int_equal(m.block_count, 5);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		m.file_count += rows[i].files;
		m.bytes += rows[i].bytes;
		m.block_count += rows[i].blocks;
		assert_fails(sr_item_open(&it, &o, &m, &e), SR_CORRUPT, &e, rows[i].says);
		assert_int_equal(strncmp(e.text, "item abababab", 13), 0);
		assert_null(it);
		m.file_count -= rows[i].files;
		m.bytes -= rows[i].bytes;
		m.block_count -= rows[i].blocks;
	}
	sr_item_rows_max(40);
	assert_fails(
		sr_item_open(&it, &o, &m, &e), SR_LIMIT, &e, "a file list of more than 40 bytes");
	sr_item_rows_max(SR_FILES_STREAM_MAX);
	m.block_count++; /* of the block list: when the first block is asked for */
	assert_ok(sr_item_open(&it, &o, &m, &e), &e);
	assert_fails(rig_stream(it, 0, rig_compare_sink, &none, &e), SR_CORRUPT, &e,
		"block list, part 1 of 1: 5 blocks where the manifest says 6");
	sr_item_close(it);
	m.block_count--;
	sr_err_clear(&e);
	assert_ok(sr_item_open(&it, &o, &m, &e), &e);
	assert_ok(sr_item_ref(it, 0, 3, &ref, &e), &e);
	assert_fails(sr_item_ref(it, 0, 4, &ref, &e), SR_MISUSE, &e, "block 4 of 4");
	assert_fails(sr_item_ref(it, 2, 0, &ref, &e), SR_MISUSE, &e, "block 0 of 0");
	sr_item_close(it);
	sr_manifest_free(&m);
	rig_end(&r);
}

static int count_one(void *ctx, const uint8_t hash[SR_HASH], struct sr_err *e) {
	(void)hash;
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

struct two {
	size_t packs, cids;
};

static int count_pack(void *ctx, const uint8_t hash[SR_HASH], struct sr_err *e) {
	return count_one(&((struct two *)ctx)->packs, hash, e);
}

static int count_cid(void *ctx, const uint8_t hash[SR_HASH], struct sr_err *e) {
	return count_one(&((struct two *)ctx)->cids, hash, e);
}

static void test_reach(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_reach reach;
	struct sr_fetch *f = NULL;
	struct two n = {0, 0};
	struct sr_reach_visitor v = {count_pack, count_cid, &n};
	uint8_t sk[SR_X_SK] = {7}, other[SR_ID] = {1};
	(void)state;
	rig_open(&r, NULL);
	store_item(&r);
	assert_ok(sr_reach_open(&reach, sr_buf_view(&r.reaches[0]), r.structure_sk, r.domain.vault,
			  r.ids[0], &e),
		&e);
	struct sr_fetch_options fo = {.backend = r.backend};
	memcpy(fo.vault, r.domain.vault, SR_HASH);
	memcpy(fo.domain, reach.domain, SR_ID);
	assert_ok(sr_fetch_new(&f, &fo, &e), &e);
	assert_ok(sr_reach_each(&reach, f, &v, &e), &e);
	assert_int_equal(n.packs, 1);
	assert_int_equal(n.cids, 5);
	sr_fetch_free(f);
	sr_reach_free(&reach);
	assert_fails(
		sr_reach_open(&reach, sr_buf_view(&r.reaches[0]), sk, r.domain.vault, r.ids[0], &e),
		SR_AUTH, &e, "reach list: ");
	assert_fails(sr_reach_open(&reach, sr_buf_view(&r.reaches[0]), r.structure_sk,
			     r.domain.vault, other, &e),
		SR_AUTH, &e, "reach list: ");
	for (size_t cut = 0; cut < r.reaches[0].len; cut += 37)
		assert_int_not_equal(sr_reach_open(&reach, sr_bytes_of(r.reaches[0].p, cut),
					     r.structure_sk, r.domain.vault, r.ids[0], &e),
			0);
	/* lists that anybody could seal to the structure key */
	static const struct {
		uint64_t len; /* added to what it has */
		const char *mark;
		uint32_t packs, cids, more;
		const char *says;
	} rows[] = {
		{0, "SRREACH9", 0, 0, 0, "reach list: it does not begin with its mark"},
		{UINT64_MAX / 2, NULL, 0, 0, 0, "bytes are shorter than they say"},
		{0, NULL, 262145, 0, 0, "reach list: 262145 packs, at most 262144"},
		{0, NULL, 2, 0, 0, "reach list: pack 2 of 2 is out of order"},
		{0, NULL, 1, 33, 0, "reach list: 33 bytes of cids"},
		{0, NULL, 1, 32, 1, "reach list: "},
		{0, NULL, 1, 32, 0, NULL},
	};
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_buf plain, forged;
		uint8_t context[SR_HASH + SR_ID];
		sr_buf_init(&plain);
		sr_buf_init(&forged);
		sr_buf_put_le64(&plain, 0);
		sr_buf_put(&plain, rows[i].mark != NULL ? rows[i].mark : "SRREACH1", 8);
		sr_buf_put(&plain, reach.domain, SR_ID);
		sr_buf_put_le32(&plain, rows[i].packs);
		sr_buf_put_zero(&plain, rows[i].packs <= 2 ? rows[i].packs * (size_t)SR_HASH : 0);
		sr_buf_put_u8(&plain, 0); /* a stream that lies inline */
		sr_buf_put_le64(&plain, rows[i].cids);
		sr_buf_put_zero(&plain, rows[i].cids + rows[i].more);
		sr_le64_put(plain.p, plain.len - 8 + rows[i].len);
		sr_buf_put_zero(&plain, 4096 - plain.len);
		memcpy(context, r.domain.vault, SR_HASH);
		memcpy(context + SR_HASH, r.ids[0], SR_ID);
		assert_ok(sr_box_seal(&forged, r.structure_pk, sr_bytes_of(NULL, 0),
				  "strongroom/reach/v1", sr_bytes_of(context, sizeof context),
				  sr_buf_view(&plain), &e),
			&e);
		int rc = sr_reach_open(
			&reach, sr_buf_view(&forged), r.structure_sk, r.domain.vault, r.ids[0], &e);
		if (rows[i].says != NULL)
			assert_fails(rc, SR_CORRUPT, &e, rows[i].says);
		else
			assert_ok(rc, &e);
		sr_reach_free(&reach);
		sr_buf_free(&plain);
		sr_buf_free(&forged);
	}
	/* no whole ids, and more packs than a list may have */
	sr_reach_init(&reach);
	sr_buf_put_zero(&reach.cids.inline_bytes, SR_HASH + 1);
	assert_fails(sr_reach_each(&reach, NULL, &v, &e), SR_CORRUPT, &e,
		"reach list: 33 bytes of cids");
	struct sr_buf sealed;
	sr_buf_init(&sealed);
	sr_buf_put_zero(&reach.packs, ((size_t)SR_REACH_PACKS_MAX + 1) * SR_HASH);
	assert_fails(sr_reach_seal(&sealed, &reach, r.structure_pk, r.domain.vault, r.ids[0], &e),
		SR_LIMIT, &e, "an item in 262145 packs, at most 262144");
	assert_int_equal(sealed.len, 0);
	sr_buf_free(&sealed);
	sr_reach_free(&reach);
	rig_end(&r);
}

/* Up to four at a time: each is what it is alone, and what one lacks is no matter of the others. */
static void test_together(void **state) {
	struct rig r;
	struct sr_err e;
	static struct sr_block_ref refs[SR_REFS_PART_ROWS];
	static struct sr_fetch_one ones[SR_LANES];
	struct sr_fetch_one *at[SR_LANES];
	struct rig_source a = {.size = 7 * MIB / 2, .seed = 5};
	static uint8_t want[7 * MIB / 2];
	(void)state;
	rig_open(&r, NULL);
	store_item(&r);
	assert_int_equal(rig_refs(&r, 0, refs), 5);
	rig_bytes(&a, 0, want, sizeof want);
	struct sr_fetch_options o = {.backend = r.backend, .index = r.index};
	memcpy(o.vault, r.domain.vault, SR_HASH);
	memcpy(o.domain, r.domain.domain, SR_ID);
	for (size_t i = 0; i < SR_LANES; i++) {
		assert_ok(sr_fetch_new(&ones[i].fetch, &o, &e), &e);
		at[i] = &ones[i];
	}
	/* whole; another H than the plaintext's; another key; a pack that is not there */
	static const enum sr_code codes[] = {SR_OK, SR_AUTH, SR_AUTH, SR_NOTFOUND};
	static const char *const texts[] = {
		"", "does not have the hash of the manifest", "commitment", "no such file"};
	for (unsigned what = 0; what < 4; what++)
		for (size_t count = 1; count <= SR_LANES; count++)
			for (size_t bad = 0; bad < count; bad++) {
				for (size_t i = 0; i < count; i++) {
					ones[i].ref = refs[i];
					ones[i].ref.plain_len = i == 3 ? MIB / 2 : MIB;
				}
				if (what == 1)
					ones[bad].ref.h[31] ^= 1;
				if (what == 2)
					ones[bad].ref.key[0] ^= 1;
				if (what == 3)
					ones[bad].ref.pack[3] ^= 1;
				sr_fetch_blocks(at, count, SR_BLOCK_FILE);
				for (size_t i = 0; i < count; i++) {
					if (i == bad && what > 0) {
						assert_fails(ones[i].rc, codes[what], &ones[i].e,
							texts[what]);
						assert_null(ones[i].plain.p);
						continue;
					}
					assert_ok(ones[i].rc, &ones[i].e);
					assert_int_equal(ones[i].plain.len, ones[i].ref.plain_len);
					assert_memory_equal(
						ones[i].plain.p, want + i * MIB, ones[i].plain.len);
				}
			}
	for (size_t i = 0; i < SR_LANES; i++)
		sr_fetch_free(ones[i].fetch);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_blocks_ahead),
		cmocka_unit_test(test_parts_stay),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_other_copies),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_reach),
	};
	return cmocka_run_group_tests_name("store reader", tests, NULL, NULL);
}
