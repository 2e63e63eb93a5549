/*
 * test_store_pack - what is written is found, by footer and by place; every damaged byte is found
 * without a key and names its segment; padding and shuffling.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/pack.h"
#include "store/padme.h"
#include "util.h"

enum {
	RECORDS = 40
};

struct rig {
	char *path;
	struct sr_dir *dir;
	struct sr_backend *b;
	struct sr_pack_options o;
	uint8_t sk[SR_X_SK];
};

static void rig_open(struct rig *r) {
	struct sr_err e;
	memset(r, 0, sizeof *r);
	r->path = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &e), &e);
	assert_ok(sr_backend_dir(&r->b, r->dir, &e), &e);
	r->o.backend = r->b;
	r->o.kind = SR_PACK_FILES;
	t_fill(r->o.vault, SR_HASH, 1);
	sr_box_keypair(r->o.structure_pk, r->sk);
}

static void rig_end(struct rig *r) {
	sr_backend_free(r->b);
	sr_dir_close(r->dir);
	t_tmp_remove(r->path);
}

/* Record ${i}: its bytes look random and say their number. */
static size_t record(size_t i, size_t len, uint8_t cid[SR_HASH], uint8_t *p) {
	t_fill(cid, SR_HASH, 1000 + i);
	t_fill(p, len, i + 1);
	return len;
}

/* A committed pack of ${count} records of ${len} bytes; the places in order of add. */
static void write_pack(struct rig *r, size_t count, size_t len, uint8_t name[SR_HASH],
	struct sr_pack_entry *places) {
	struct sr_pack_writer *w = NULL;
	struct sr_err e;
	uint8_t cid[SR_HASH];
	uint8_t *p = malloc(len);
	size_t n = 0;
	assert_non_null(p);
	assert_ok(sr_pack_writer_new(&w, &r->o, &e), &e);
	for (size_t i = 0; i < count; i++) {
		(void)record(i, len, cid, p);
		assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(p, len), &e), &e);
	}
	assert_ok(sr_pack_writer_seal(w, name, &e), &e);
	const struct sr_pack_entry *en = sr_pack_writer_entries(w, &n);
	assert_int_equal(n, count);
	if (places != NULL)
		memcpy(places, en, n * sizeof *en);
	assert_ok(sr_pack_writer_commit(w, &e), &e);
	assert_fails(sr_pack_writer_add(w, cid, sr_bytes_of(p, len), &e), SR_MISUSE, &e,
		"after it was sealed");
	assert_fails(sr_pack_writer_seal(w, name, &e), SR_MISUSE, &e,
		"pack: seal after it was sealed or failed");
	sr_pack_writer_free(w);
	free(p);
}

static void test_round(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_pack pack;
	struct sr_pack_entry places[RECORDS];
	struct sr_pack_entry *footer = NULL;
	uint8_t name[SR_HASH], cid[SR_HASH], sk[SR_X_SK];
	static uint8_t want[200000], got[200000], segment[SR_SEGMENT];
	static _Alignas(SR_DIRECT_PAGE) uint8_t pages[SR_RECORD_ROOM];
	const uint8_t *inside = NULL;
	size_t count = 0;
	(void)state;
	rig_open(&r);
	write_pack(&r, RECORDS, sizeof want, name, places);
	assert_ok(sr_pack_open(&pack, r.b, name, &e), &e);
	assert_int_equal(
		pack.footer_off, sr_padme(SR_PACK_HEADER + RECORDS * sizeof want, SR_PAD_PACK));
	assert_int_equal(pack.kind, SR_PACK_FILES);
	assert_memory_equal(pack.vault, r.o.vault, SR_HASH);
	for (size_t i = 0; i < pack.segments; i++)
		assert_ok(sr_pack_check_segment(&pack, r.b, i, segment, &e), &e);
	assert_fails(sr_pack_check_segment(&pack, r.b, pack.segments, segment, &e), SR_MISUSE, &e,
		"segment");
	assert_ok(sr_pack_footer(&footer, &count, &pack, r.b, r.sk, &e), &e);
	assert_int_equal(count, RECORDS);
	size_t in_order = 0;
	for (size_t i = 0; i < RECORDS; i++) {
		struct sr_place at = {.offset = places[i].offset, .len = places[i].len};
		memcpy(at.pack, name, SR_HASH);
		(void)record(i, sizeof want, cid, want);
		assert_memory_equal(places[i].cid, cid, SR_HASH);
		assert_ok(sr_pack_read(r.b, &at, got, &e), &e);
		assert_memory_equal(got, want, sizeof want);
		assert_ok(sr_pack_read_bulk(r.b, &at, pages, &inside, &e), &e);
		assert_true(inside >= pages && inside + at.len <= pages + SR_RECORD_ROOM);
		assert_memory_equal(inside, want, sizeof want);
		size_t k = 0;
		while (k < count && memcmp(footer[k].cid, cid, SR_HASH) != 0)
			k++;
		assert_true(k < count && footer[k].offset == at.offset && footer[k].len == at.len);
		in_order += k == i;
	}
	assert_true(in_order < RECORDS / 2); /* shuffled: 10^-20 otherwise */
	free(footer);
	t_fill(sk, sizeof sk, 9);
	assert_fails(sr_pack_footer(&footer, &count, &pack, r.b, sk, &e), SR_AUTH, &e, NULL);
	sr_pack_close(&pack);
	name[0] ^= 1;
	assert_fails(sr_pack_open(&pack, r.b, name, &e), SR_NOTFOUND, &e, NULL);
	rig_end(&r);
}

/* Segments that another thread would take: in order, and what nobody took is written by seal. */
static void test_segments_are_taken(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_pack pack;
	struct sr_pack_writer *w = NULL;
	struct sr_pack_segment *s;
	static uint8_t bytes[300000], segment[SR_SEGMENT];
	uint8_t name[SR_HASH], cid[SR_HASH];
	size_t taken = 0;
	(void)state;
	rig_open(&r);
	assert_ok(sr_pack_writer_new(&w, &r.o, &e), &e);
	assert_null(sr_pack_writer_take(w));
	for (size_t i = 0; i < RECORDS; i++) {
		(void)record(i, sizeof bytes, cid, bytes);
		assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(bytes, sizeof bytes), &e), &e);
		while (i < RECORDS - 8 && (s = sr_pack_writer_take(w)) != NULL) {
			assert_ok(sr_pack_segment_write(s, &e), &e);
			sr_pack_writer_put_back(w, s);
			taken++;
		}
	}
	assert_true(taken > 3 && sr_pack_writer_waiting(w) > 0);
	assert_ok(sr_pack_writer_seal(w, name, &e), &e);
	assert_int_equal(sr_pack_writer_waiting(w), 0);
	const uint64_t size = sr_pack_writer_size(w);
	assert_ok(sr_pack_writer_commit(w, &e), &e);
	sr_pack_writer_free(w);
	assert_ok(sr_pack_open(&pack, r.b, name, &e), &e);
	assert_int_equal(pack.size, size);
	for (size_t i = 0; i < pack.segments; i++)
		assert_ok(sr_pack_check_segment(&pack, r.b, i, segment, &e), &e);
	sr_pack_close(&pack);
	/* one that was taken and not written: the pack is of no use */
	assert_ok(sr_pack_writer_new(&w, &r.o, &e), &e);
	for (size_t i = 0; sr_pack_writer_waiting(w) == 0; i++) {
		(void)record(i, sizeof bytes, cid, bytes);
		assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(bytes, sizeof bytes), &e), &e);
	}
	sr_pack_writer_put_back(w, sr_pack_writer_take(w));
	assert_fails(sr_pack_writer_add(w, cid, sr_bytes_of(bytes, sizeof bytes), &e), SR_MISUSE,
		&e, "sealed or failed");
	assert_fails(sr_pack_writer_seal(w, name, &e), SR_MISUSE, &e, "sealed or failed");
	sr_pack_writer_free(w);
	rig_end(&r);
}

/* The path of the pack in the folder of the rig. */
static void path_of(char path[4300], const struct rig *r, const uint8_t name[SR_HASH]) {
	char rel[SR_STORED_NAME];
	sr_hash_name(rel, "packs", name);
	(void)snprintf(path, 4300, "%s/%s", r->path, rel);
}

/* Packs of 1 to 9 segments, whose hashes are made four at a time: each is what libsodium says of
 * the segment's bytes. ${takes}: full ones are taken at once, or none is. */
static void hashes_of(bool takes) {
	static uint8_t bytes[1000000];
	uint8_t name[SR_HASH], cid[SR_HASH], hash[SR_HASH], index[8];
	char path[4300];
	struct sr_buf file;
	struct rig r;
	struct sr_err e;
	rig_open(&r);
	for (size_t n = 1; n <= 9; n++) {
		struct sr_pack pack;
		struct sr_pack_writer *w = NULL;
		struct sr_pack_segment *s;
		size_t taken = 0;
		assert_ok(sr_pack_writer_new(&w, &r.o, &e), &e);
		for (size_t i = 0; i < n; i++) {
			(void)record(n * 10 + i, sizeof bytes, cid, bytes);
			assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(bytes, sizeof bytes), &e),
				&e);
			while (takes && (s = sr_pack_writer_take(w)) != NULL) {
				assert_ok(sr_pack_segment_write(s, &e), &e);
				sr_pack_writer_put_back(w, s);
				taken++;
			}
		}
		/* those that did not stay in the shuffle buffer */
		assert_int_equal(taken, takes && n > 5 ? n - 5 : 0);
		assert_ok(sr_pack_writer_seal(w, name, &e), &e);
		assert_ok(sr_pack_writer_commit(w, &e), &e);
		sr_pack_writer_free(w);
		assert_ok(sr_pack_open(&pack, r.b, name, &e), &e);
		assert_int_equal(pack.segments, n);
		path_of(path, &r, name);
		sr_buf_init(&file);
		t_read_file(path, &file);
		for (size_t i = 0; i < n; i++) {
			const size_t at = i * SR_SEGMENT;
			const size_t left = (size_t)pack.end - at;
			sr_le64_put(index, i);
			SR_HASH_OF(hash, "strongroom/segment/v1", NULL,
				sr_bytes_of(index, sizeof index),
				sr_bytes_of(file.p + at, left < SR_SEGMENT ? left : SR_SEGMENT));
			assert_memory_equal(hash, pack.hashes + i * SR_HASH, SR_HASH);
			assert_memory_equal(hash, file.p + pack.end + i * SR_HASH, SR_HASH);
		}
		sr_buf_free(&file);
		sr_pack_close(&pack);
	}
	rig_end(&r);
}

static void test_hashes(void **state) {
	(void)state;
	hashes_of(false);
	hashes_of(true);
}

/* No room for one of those that are hashed together, in each place: the pack is of no use. */
static void test_one_is_not_written(void **state) {
	static uint8_t bytes[1000000];
	uint8_t name[SR_HASH], cid[SR_HASH];
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	for (size_t bad = 0; bad < SR_LANES + 1; bad++) {
		struct sr_pack_writer *w = NULL;
		struct sr_pack_segment *s;
		size_t taken = 0;
		assert_ok(sr_pack_writer_new(&w, &r.o, &e), &e);
		for (size_t i = 0; taken <= bad; i++) {
			assert_true(i < 20);
			(void)record(i, sizeof bytes, cid, bytes);
			assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(bytes, sizeof bytes), &e),
				&e);
			while (taken <= bad && (s = sr_pack_writer_take(w)) != NULL) {
				sr_fault_set(taken == bad ? 1 : 0, ENOSPC);
				int rc = sr_pack_segment_write(s, &e);
				sr_fault_set(0, 0);
				if (taken++ == bad)
					assert_fails(rc, SR_LIMIT, &e, NULL);
				else
					assert_ok(rc, &e);
				sr_pack_writer_put_back(w, s);
			}
		}
		assert_fails(sr_pack_writer_seal(w, name, &e), SR_MISUSE, &e, "sealed or failed");
		sr_pack_writer_free(w);
	}
	rig_end(&r);
}

/* One byte or sixty pages: the same size. */
static void test_small_sizes(void **state) {
	struct rig r;
	struct sr_err e;
	uint8_t name[SR_HASH];
	uint64_t first = 0;
	(void)state;
	rig_open(&r);
	for (size_t len = SR_RECORD_OVERHEAD + 1; len < 60000; len = len * 3) {
		struct sr_pack pack;
		write_pack(&r, 1, len, name, NULL);
		assert_ok(sr_pack_open(&pack, r.b, name, &e), &e);
		if (first == 0)
			first = pack.size;
		assert_int_equal(pack.size, first);
		assert_int_equal(pack.footer_off, SR_PAD_PACK);
		sr_pack_close(&pack);
	}
	rig_end(&r);
}

static void test_every_flip_is_found(void **state) {
	struct rig r;
	struct sr_err e;
	uint8_t name[SR_HASH];
	char path[4300], rel[SR_STORED_NAME];
	static uint8_t segment[SR_SEGMENT];
	struct sr_buf file;
	uint64_t seed = 3;
	(void)state;
	rig_open(&r);
	write_pack(&r, 12, 200000, name, NULL);
	sr_hash_name(rel, "packs", name);
	(void)snprintf(path, sizeof path, "%s/%s", r.path, rel);
	sr_buf_init(&file);
	t_read_file(path, &file);
	size_t trailer = file.len - 24 - 3 * (size_t)SR_HASH;
	void *group = NULL;
	assert_int_equal(posix_memalign(&group, SR_DIRECT_PAGE, SR_LANES * (size_t)SR_SEGMENT), 0);
	for (size_t i = 0; i < 160; i++) {
		size_t at = i < 24 + 3 * SR_HASH ? trailer + i : (size_t)t_rand(&seed, trailer);
		struct sr_pack pack;
		uint8_t was = file.p[at];
		file.p[at] ^= (uint8_t)(1u << t_rand(&seed, 8));
		t_write_file(path, file.p, file.len);
		int rc = sr_pack_open(&pack, r.b, name, &e);
		if (rc == 0) {
			char want[128];
			size_t bad = at / SR_SEGMENT;
			/* together: all but that one; behind the last there is none */
			assert_int_equal(pack.segments, 3);
			assert_int_equal(
				sr_pack_whole_segments(&pack, r.b, 0, group), 7u & ~(1u << bad));
			assert_int_equal(sr_pack_whole_segments(&pack, r.b, 2, group), bad != 2);
			assert_int_equal(sr_pack_whole_segments(&pack, r.b, 3, group), 0);
			for (size_t k = 0; k < pack.segments; k++) {
				(void)snprintf(want, sizeof want,
					"segment %zu of %zu (offset %zu): hash differs", k + 1,
					pack.segments, k * SR_SEGMENT);
				rc = sr_pack_check_segment(&pack, r.b, k, segment, &e);
				if (k == bad)
					assert_fails(rc, SR_CORRUPT, &e, want);
				else
					assert_ok(rc, &e);
			}
			/* a pack that lost its end after it was opened: none of those that were
			 * read together, and each for itself as far as it goes */
			if (i % 16 == 0 && bad != 0) {
				t_write_file(path, file.p, SR_SEGMENT + 77);
				assert_int_equal(sr_pack_whole_segments(&pack, r.b, 0, group), 0);
				assert_ok(sr_pack_check_segment(&pack, r.b, 0, segment, &e), &e);
				assert_fails(sr_pack_check_segment(&pack, r.b, 1, segment, &e),
					SR_CORRUPT, &e, "have 77");
			}
			sr_pack_close(&pack);
		} else {
			assert_true(rc == SR_CORRUPT);
			assert_true(at >= trailer || at < SR_PACK_HEADER);
		}
		file.p[at] = was;
	}
	free(group);
	sr_buf_free(&file);
	rig_end(&r);
}

/* Each number of trailer and header by its own sentence; a pack that somebody made so that its name
 * fits, too. */
static void test_named_damage(void **state) {
	static const struct {
		size_t from_end, at; /* from_end 0: from the start */
		uint8_t flip;
		const char *says;
	} rows[] = {
		{1, 0, 1, "the pack's last 8 bytes are not its end mark"},
		{8, 0, 1, "the pack's last 8 bytes are not its end mark"},
		{23, 0, 0xff, "trailer says footer at "}, /* 60 KiB more or less, by its 2nd byte */
		{20, 0, 1, "trailer says footer at "},    /* 4 GiB more */
		{16, 0, 1, " bytes in 1 segments, the pack has "},
		{25, 0, 1, "header and trailer do not have the hash that is the pack's name"},
		{0, 40, 1, "header and trailer do not have the hash that is the pack's name"},
	};
	static const struct {
		size_t at;
		uint8_t value;
		enum sr_code code;
		const char *says;
	} forged[] = {
		{0, 'X', SR_CORRUPT, "the pack's first 8 bytes are not its mark"},
		{56, 9, SR_UNSUPPORTED, "the pack is of kind 9, which is not known here"},
		{57, 1, SR_UNSUPPORTED, "the pack is of kind 1, which is not known here"},
	};
	struct rig r;
	struct sr_err e;
	uint8_t name[SR_HASH], other[SR_HASH];
	char path[4300], rel[SR_STORED_NAME];
	struct sr_dir *d = NULL;
	struct sr_buf file;
	struct sr_pack pack;
	(void)state;
	rig_open(&r);
	write_pack(&r, 1, 100, name, NULL);
	path_of(path, &r, name);
	sr_buf_init(&file);
	t_read_file(path, &file);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint8_t *p =
			file.p + (rows[i].from_end > 0 ? file.len - rows[i].from_end : rows[i].at);
		*p ^= rows[i].flip;
		t_write_file(path, file.p, file.len);
		*p ^= rows[i].flip;
		assert_fails(sr_pack_open(&pack, r.b, name, &e), SR_CORRUPT, &e, rows[i].says);
	}
	t_write_file(path, file.p, 1000);
	assert_fails(
		sr_pack_open(&pack, r.b, name, &e), SR_CORRUPT, &e, "1000 bytes cannot be a pack");
	const size_t end = file.len - 24 - SR_HASH; /* one segment */
	for (size_t i = 0; i < T_COUNT(forged); i++) {
		const uint8_t was = file.p[forged[i].at];
		file.p[forged[i].at] = forged[i].value;
		SR_HASH_OF(other, "strongroom/pack/v1", NULL, sr_bytes_of(file.p, SR_PACK_HEADER),
			sr_bytes_of(file.p + end, file.len - end));
		sr_hash_name(rel, "packs", other);
		*strrchr(rel, '/') = '\0';
		assert_ok(sr_dir_make(&d, r.dir, rel, 0700, &e), &e);
		sr_dir_close(d);
		path_of(path, &r, other);
		t_write_file(path, file.p, file.len);
		file.p[forged[i].at] = was;
		assert_fails(
			sr_pack_open(&pack, r.b, other, &e), forged[i].code, &e, forged[i].says);
	}
	sr_buf_free(&file);
	rig_end(&r);
}

/* Footers that anybody could seal to the structure key, and that do not fit the pack. */
static void test_forged_footer(void **state) {
	static const struct {
		uint32_t count, offset, len;
		uint8_t padding;
		const char *says;
	} rows[] = {
		{65537, 64, 100, 0, "footer says 65537 records in 4096 bytes"},
		{103, 64, 100, 0, "footer says 103 records in 4096 bytes"},
		{1, 63, 100, 0, "footer says a record of 100 bytes at 63"},
		{1, 64, SR_RECORD_OVERHEAD, 0, "footer says a record of 78 bytes at 64"},
		{1, 64, SR_RECORD_MAX + 1, 0, "footer says a record of 1048655 bytes at 64"},
		{1, UINT32_MAX, 100, 0, "footer says a record of 100 bytes at 4294967295"},
		{1, SR_PAD_PACK - 99, 100, 0, "footer says a record of 100 bytes at 65437"},
		{2, 64, 100, 0, "footer says a record of 0 bytes at 0"},
		{1, 64, 100, 1, "footer's padding is not zero at 4095"},
		{1, SR_PAD_PACK - 100, 100, 0, NULL},
	};
	struct rig r;
	struct sr_err e;
	uint8_t name[SR_HASH], plain[4096];
	char path[4300];
	struct sr_buf file, sealed;
	struct sr_pack pack;
	struct sr_pack_entry *footer = NULL;
	size_t count = 0;
	(void)state;
	rig_open(&r);
	write_pack(&r, 1, 100, name, NULL);
	path_of(path, &r, name);
	sr_buf_init(&file);
	t_read_file(path, &file);
	assert_ok(sr_pack_open(&pack, r.b, name, &e), &e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		memset(plain, 0, sizeof plain);
		sr_le32_put(plain, rows[i].count);
		t_fill(plain + 4, SR_HASH, 1);
		sr_le32_put(plain + 4 + SR_HASH, rows[i].offset);
		sr_le32_put(plain + 8 + SR_HASH, rows[i].len);
		plain[sizeof plain - 1] = rows[i].padding;
		sr_buf_init(&sealed);
		assert_ok(sr_box_seal(&sealed, r.o.structure_pk, sr_bytes_of(NULL, 0),
				  "strongroom/pack-footer/v1",
				  sr_bytes_of(pack.header, SR_PACK_HEADER),
				  sr_bytes_of(plain, sizeof plain), &e),
			&e);
		assert_int_equal(sealed.len, pack.end - pack.footer_off);
		memcpy(file.p + pack.footer_off, sealed.p, sealed.len);
		t_write_file(path, file.p, file.len);
		sr_buf_free(&sealed);
		int rc = sr_pack_footer(&footer, &count, &pack, r.b, r.sk, &e);
		if (rows[i].says == NULL) {
			assert_ok(rc, &e);
			assert_int_equal(count, 1);
			free(footer);
			continue;
		}
		assert_fails(rc, SR_CORRUPT, &e, rows[i].says);
		assert_null(footer);
	}
	sr_pack_close(&pack);
	sr_buf_free(&file);
	rig_end(&r);
}

static void test_cut(void **state) {
	struct rig r;
	struct sr_err e;
	uint8_t name[SR_HASH];
	char path[4300], rel[SR_STORED_NAME];
	struct sr_buf file;
	struct sr_pack pack;
	(void)state;
	rig_open(&r);
	write_pack(&r, 1, 100, name, NULL);
	sr_hash_name(rel, "packs", name);
	(void)snprintf(path, sizeof path, "%s/%s", r.path, rel);
	sr_buf_init(&file);
	t_read_file(path, &file);
	for (size_t cut = 0; cut < file.len; cut += cut + 200 < file.len && cut > 200 ? 997 : 1) {
		t_write_file(path, file.p, cut);
		assert_int_equal(sr_pack_open(&pack, r.b, name, &e), SR_CORRUPT);
	}
	sr_buf_free(&file);
	rig_end(&r);
}

/* Records of three packs by turns, of which two are open at a time. */
static void test_reads(void **state) {
	static struct sr_pack_entry places[3][RECORDS];
	static uint8_t want[3000], got[3000];
	uint8_t names[4][SR_HASH], cid[SR_HASH];
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	for (size_t k = 0; k < 3; k++)
		write_pack(&r, RECORDS, sizeof want, names[k], places[k]);
	t_fill(names[3], SR_HASH, 77);
	struct sr_pack_reads reads = {.backend = r.b};
	for (size_t i = 0; i < 200; i++) {
		const size_t k = i % 7 % 3, n = i % RECORDS;
		struct sr_place at = {.offset = places[k][n].offset, .len = places[k][n].len};
		memcpy(at.pack, names[k], SR_HASH);
		(void)record(n, sizeof want, cid, want);
		memset(got, 0, sizeof got);
		assert_ok(sr_pack_reads(&reads, &at, got, &e), &e);
		assert_memory_equal(got, want, sizeof want);
		at.offset = 63;
		assert_fails(sr_pack_reads(&reads, &at, got, &e), SR_CORRUPT, &e,
			"no record can lie at 63");
		at.offset = SR_PACK_MAX - at.len; /* behind its end */
		assert_fails(sr_pack_reads(&reads, &at, got, &e), SR_CORRUPT, &e, "packs/");
		memcpy(at.pack, names[3], SR_HASH);
		if (i % 5 == 0)
			assert_fails(
				sr_pack_reads(&reads, &at, got, &e), SR_NOTFOUND, &e, "packs/");
		if (i % 31 == 0)
			sr_pack_reads_end(&reads);
	}
	sr_pack_reads_end(&reads);
	sr_pack_reads_end(&reads);
	rig_end(&r);
}

static void test_limits(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_pack_writer *w = NULL;
	uint8_t cid[SR_HASH] = {0};
	static uint8_t p[SR_RECORD_MAX + 1];
	const uint8_t *inside = NULL;
	struct sr_place at = {.offset = 63, .len = 1000};
	(void)state;
	rig_open(&r);
	assert_ok(sr_pack_writer_new(&w, &r.o, &e), &e);
	assert_fails(sr_pack_writer_add(w, cid, sr_bytes_of(p, SR_RECORD_OVERHEAD), &e), SR_MISUSE,
		&e, "78 bytes");
	assert_fails(sr_pack_writer_add(w, cid, sr_bytes_of(p, sizeof p), &e), SR_MISUSE, &e, NULL);
	assert_fails(sr_pack_writer_commit(w, &e), SR_MISUSE, &e, "before it was sealed");
	while (!sr_pack_writer_full(w, SR_RECORD_MAX))
		assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(p, SR_RECORD_MAX), &e), &e);
	assert_int_equal(sr_pack_writer_count(w), 31);
	assert_fails(sr_pack_writer_add(w, cid, sr_bytes_of(p, SR_RECORD_MAX), &e), SR_MISUSE, &e,
		"after 31 records");
	sr_pack_writer_free(w);
	assert_int_equal(t_count_entries(t_path(r.path, "packs")), 0);
	assert_fails(sr_pack_read(r.b, &at, p, &e), SR_CORRUPT, &e, "no record can lie at 63");
	at.offset = SR_PACK_MAX;
	assert_fails(sr_pack_read(r.b, &at, p, &e), SR_CORRUPT, &e, "no record can lie");
	assert_fails(
		sr_pack_read_bulk(r.b, &at, p, &inside, &e), SR_CORRUPT, &e, "no record can lie");
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_segments_are_taken),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_one_is_not_written),
		cmocka_unit_test(test_small_sizes),
		cmocka_unit_test(test_every_flip_is_found),
		cmocka_unit_test(test_named_damage),
		cmocka_unit_test(test_forged_footer),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_limits),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store pack", tests, NULL, NULL);
}
