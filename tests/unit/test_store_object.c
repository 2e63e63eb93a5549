/*
 * test_store_object - records by position, key and id; cuts and flips of the file; ids say nothing
 * without the salt.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/object.h"
#include "util.h"

static const uint8_t VAULT[SR_HASH] = {5};

struct rig {
	char *path;
	struct sr_dir *dir;
	struct sr_backend *b;
	uint8_t name[SR_HASH];
	uint8_t ids[3][SR_HASH];
	char file[4300];
};

static void key_of(uint8_t key[SR_KEY], size_t i) {
	t_fill(key, SR_KEY, 50 + i);
}

static const char *const bodies[3] = {"a list of items", "", "the text of a reason"};

static void rig_open(struct rig *r) {
	struct sr_object_writer *w = NULL;
	struct sr_err e;
	uint8_t key[SR_KEY];
	char rel[SR_STORED_NAME];
	uint32_t at = 9;
	r->path = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &e), &e);
	assert_ok(sr_backend_dir(&r->b, r->dir, &e), &e);
	assert_ok(sr_object_writer_new(&w, r->b, VAULT, &e), &e);
	for (uint32_t i = 0; i < 3; i++) {
		key_of(key, i);
		assert_ok(sr_object_add(w, key, sr_bytes_str(bodies[i]), &at, r->ids[i], &e), &e);
		assert_int_equal(at, i);
	}
	assert_int_equal(sr_object_count(w), 3);
	assert_ok(sr_object_commit(w, r->name, &e), &e);
	assert_fails(sr_object_add(w, key, sr_bytes_str("x"), &at, r->ids[0], &e), SR_MISUSE, &e,
		"after commit");
	sr_object_writer_free(w);
	sr_hash_name(rel, "objects", r->name);
	(void)snprintf(r->file, sizeof r->file, "%s/%s", r->path, rel);
}

static void rig_end(struct rig *r) {
	sr_backend_free(r->b);
	sr_dir_close(r->dir);
	t_tmp_remove(r->path);
}

static void test_round(void **state) {
	struct rig r;
	struct sr_object *o = NULL;
	struct sr_err e;
	struct sr_buf body;
	uint8_t key[SR_KEY];
	uint64_t size = 0;
	(void)state;
	rig_open(&r);
	sr_buf_init_secret(&body);
	assert_ok(sr_object_open(&o, r.b, VAULT, r.name, &e), &e);
	assert_int_equal(sr_object_records(o), 3);
	for (uint32_t i = 0; i < 3; i++) {
		key_of(key, i);
		sr_buf_clear(&body);
		assert_ok(sr_object_read(o, i, key, r.ids[i], &body, &e), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&body), sr_bytes_str(bodies[i])));
		assert_fails(sr_object_read(o, i, key, r.ids[(i + 1) % 3], &body, &e), SR_AUTH, &e,
			"not the record that the statement names");
		assert_fails(sr_object_read(o, (i + 1) % 3, key, r.ids[i], &body, &e), SR_AUTH, &e,
			"key commitment");
	}
	assert_fails(
		sr_object_read(o, 3, key, r.ids[0], &body, &e), SR_CORRUPT, &e, "record 4 of 3");
	sr_object_close(o);
	assert_ok(sr_object_check(r.b, r.name, &size, &e), &e);
	assert_int_equal(size,
		SR_OBJECT_HEAD + 3 * (4096 + SR_AEAD_OVERHEAD + SR_OBJECT_ROW) + SR_OBJECT_TAIL);
	uint8_t other[SR_HASH] = {6};
	assert_fails(sr_object_open(&o, r.b, other, r.name, &e), SR_CORRUPT, &e, "another vault");
	sr_buf_free(&body);
	rig_end(&r);
}

static void test_full(void **state) {
	struct rig r;
	struct sr_object_writer *w = NULL;
	struct sr_err e;
	const uint8_t key[SR_KEY] = {1};
	uint8_t id[SR_HASH];
	uint32_t at = 0;
	(void)state;
	rig_open(&r);
	assert_ok(sr_object_writer_new(&w, r.b, VAULT, &e), &e);
	sr_object_records_max(1);
	assert_ok(sr_object_add(w, key, sr_bytes_str("one"), &at, id, &e), &e);
	assert_fails(sr_object_add(w, key, sr_bytes_str("two"), &at, id, &e), SR_LIMIT, &e,
		" bytes are in the file, and it takes no more: ask for less at once");
	sr_object_records_max(SR_OBJECT_RECORDS_MAX);
	sr_object_writer_free(w);
	rig_end(&r);
}

static int count_name(void *ctx, const char *name, struct sr_err *e) {
	(void)name;
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

static void test_salt(void **state) {
	struct rig r;
	struct sr_object_writer *w = NULL;
	struct sr_err e;
	uint8_t key[SR_KEY] = {1}, salt[SR_SALT] = {2}, a[SR_HASH], b[SR_HASH];
	uint32_t at = 0;
	size_t names = 0;
	(void)state;
	rig_open(&r);
	assert_ok(sr_object_writer_new(&w, r.b, VAULT, &e), &e);
	assert_ok(sr_object_add(w, key, sr_bytes_str("yes"), &at, a, &e), &e);
	assert_ok(sr_object_add(w, key, sr_bytes_str("yes"), &at, b, &e), &e);
	assert_memory_not_equal(a, b, SR_HASH);
	assert_ok(sr_object_add_salted(w, key, salt, sr_bytes_str("yes"), &at, &e), &e);
	assert_int_equal(at, 2);
	sr_object_id(a, salt, sr_bytes_str("yes"));
	sr_object_id(b, salt, sr_bytes_str("no"));
	assert_memory_not_equal(a, b, SR_HASH);
	sr_object_writer_free(w); /* not committed: nothing stays */
	assert_ok(sr_object_writer_new(&w, r.b, VAULT, &e), &e);
	assert_fails(sr_object_commit(w, a, &e), SR_MISUSE, &e, "0 records");
	assert_fails(sr_object_add(w, key, sr_bytes_of("x", (size_t)SR_OBJECT_MAX + 1), &at, a, &e),
		SR_LIMIT, &e, "object: a record of 67108865 bytes, at most 67108864");
	assert_int_equal(sr_object_count(w), 0);
	sr_object_writer_free(w);
	assert_ok(sr_backend_list(r.b, "objects", count_name, &names, &e), &e);
	assert_int_equal(names, 1);
	rig_end(&r);
}

/* Bodies around the borders of pieces, that shrink and that do not. */
static void test_long(void **state) {
	static const size_t sizes[] = {4096, 4097, SR_BLOCK, SR_BLOCK + 1, 3 * SR_BLOCK + 777};
	struct rig r;
	struct sr_err e;
	struct sr_buf body, got;
	(void)state;
	rig_open(&r);
	sr_buf_init(&body);
	sr_buf_init_secret(&got);
	for (size_t i = 0; i < 2 * T_COUNT(sizes); i++) {
		const size_t len = sizes[i / 2];
		struct sr_object_writer *w = NULL;
		struct sr_object *o = NULL;
		uint8_t key[SR_KEY] = {7}, id[SR_HASH], name[SR_HASH];
		uint32_t at = 0;
		uint64_t size = 0;
		sr_buf_clear(&body);
		sr_buf_put_zero(&body, len);
		if (i % 2 == 0)
			t_fill(body.p, len, i);
		else
			for (size_t k = 0; k < len; k++)
				body.p[k] = (uint8_t) "folder/with/files; "[k % 19];
		assert_ok(sr_object_writer_new(&w, r.b, VAULT, &e), &e);
		assert_ok(sr_object_add(w, key, sr_buf_view(&body), &at, id, &e), &e);
		assert_ok(sr_object_commit(w, name, &e), &e);
		sr_object_writer_free(w);
		assert_ok(sr_object_open(&o, r.b, VAULT, name, &e), &e);
		sr_buf_clear(&got);
		assert_ok(sr_object_read(o, 0, key, id, &got, &e), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&got), sr_buf_view(&body)));
		id[0] ^= 1;
		assert_fails(sr_object_read(o, 0, key, id, &got, &e), SR_AUTH, &e, NULL);
		assert_int_equal(got.len, len);
		sr_object_close(o);
		assert_ok(sr_object_check(r.b, name, &size, &e), &e);
		assert_true(i % 2 == 0 || len <= 4096 ? size >= len : size < 10000);
	}
	sr_buf_free(&body);
	sr_buf_free(&got);
	rig_end(&r);
}

static void test_damage(void **state) {
	struct rig r;
	struct sr_object *o = NULL;
	struct sr_err e;
	struct sr_buf file, body;
	uint8_t key[SR_KEY];
	uint64_t size = 0;
	uint64_t seed = 1;
	(void)state;
	rig_open(&r);
	sr_buf_init(&file);
	sr_buf_init_secret(&body);
	t_read_file(r.file, &file);
	for (size_t i = 0; i < 900; i++) {
		size_t at = i < 200 ? i : (size_t)t_rand(&seed, file.len);
		uint8_t bit = (uint8_t)(1u << t_rand(&seed, 8));
		file.p[at] ^= bit;
		t_write_file(r.file, file.p, file.len);
		assert_int_equal(sr_object_check(r.b, r.name, &size, &e), SR_CORRUPT);
		if (sr_object_open(&o, r.b, VAULT, r.name, &e) == 0) {
			size_t bad = 0;
			for (uint32_t k = 0; k < 3; k++) {
				key_of(key, k);
				bad += sr_object_read(o, k, key, r.ids[k], &body, &e) != 0;
			}
			assert_int_equal(bad, 1);
			assert_true(at >= SR_OBJECT_HEAD &&
				    at < file.len - SR_OBJECT_TAIL - (size_t)3 * SR_OBJECT_ROW);
			sr_object_close(o);
		}
		file.p[at] ^= bit;
	}
	for (size_t cut = 0; cut < file.len; cut += cut < 300 ? 1 : 501) {
		t_write_file(r.file, file.p, cut);
		assert_int_equal(sr_object_check(r.b, r.name, &size, &e), SR_CORRUPT);
		assert_int_equal(sr_object_open(&o, r.b, VAULT, r.name, &e), SR_CORRUPT);
	}
	sr_buf_free(&file);
	sr_buf_free(&body);
	rig_end(&r);
}

/* ${file} under the name that its closing hash gives, the hash made anew; *name says which. */
static void put_closed(struct rig *r, struct sr_buf *file, size_t count, uint8_t name[SR_HASH]) {
	const size_t table = file->len - SR_OBJECT_TAIL - count * SR_OBJECT_ROW;
	char rel[SR_STORED_NAME], path[4300];
	struct sr_dir *d = NULL;
	struct sr_err e;
	uint8_t *close = file->p + file->len - SR_HASH;
	SR_HASH_OF(close, "strongroom/object-close/v1", NULL, sr_bytes_of(file->p, SR_OBJECT_HEAD),
		sr_bytes_of(file->p + table, file->len - table - SR_HASH));
	SR_HASH_OF(name, "strongroom/object-name/v1", NULL, sr_bytes_of(close, SR_HASH));
	sr_hash_name(rel, "objects", name);
	(void)snprintf(path, sizeof path, "%s/%s", r->path, rel);
	*strrchr(rel, '/') = '\0';
	assert_ok(sr_dir_make(&d, r->dir, rel, 0700, &e), &e);
	sr_dir_close(d);
	t_write_file(path, file->p, file->len);
}

/* Each number by its own sentence; a file that somebody closed anew, so that its name fits, too. */
static void test_named_damage(void **state) {
	static const struct {
		size_t from_end, at; /* from_end 0: from the start */
		uint8_t flip;
		const char *says;
	} rows[] = {
		{0, 0, 1, "it does not begin with its mark"},
		{0, 8, 1, "closing hash differs"},  /* the vault */
		{1, 0, 1, "closing hash differs"},  /* of itself */
		{40, 0, 1, "closing hash differs"}, /* of a record */
		{36, 0, 3, "0 records in "},        /* 3 of them */
		{34, 0, 0xff, "16711683 records in "},
	};
	struct rig r;
	struct sr_object *o = NULL;
	struct sr_err e;
	struct sr_buf file, forged;
	uint8_t other[SR_HASH] = {7}, name[SR_HASH];
	char rel[SR_STORED_NAME], path[4300], says[200];
	struct sr_dir *d = NULL;
	(void)state;
	rig_open(&r);
	sr_buf_init(&file);
	t_read_file(r.file, &file);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint8_t *p =
			file.p + (rows[i].from_end > 0 ? file.len - rows[i].from_end : rows[i].at);
		*p ^= rows[i].flip;
		t_write_file(r.file, file.p, file.len);
		*p ^= rows[i].flip;
		assert_fails(
			sr_object_open(&o, r.b, VAULT, r.name, &e), SR_CORRUPT, &e, rows[i].says);
		assert_int_equal(strncmp(e.text, "objects/", 8), 0);
	}
	t_write_file(r.file, file.p, 100);
	assert_fails(sr_object_open(&o, r.b, VAULT, r.name, &e), SR_CORRUPT, &e,
		"100 bytes cannot be an object file");
	/* whole, and another one than its name says */
	sr_hash_name(rel, "objects", other);
	(void)snprintf(path, sizeof path, "%s/%s", r.path, rel);
	*strrchr(rel, '/') = '\0';
	assert_ok(sr_dir_make(&d, r.dir, rel, 0700, &e), &e);
	sr_dir_close(d);
	t_write_file(path, file.p, file.len);
	assert_fails(sr_object_open(&o, r.b, VAULT, other, &e), SR_CORRUPT, &e,
		"the file does not have the hash that is its name");
	/* a length that leads past the table, and bytes that no record has */
	const size_t table = file.len - SR_OBJECT_TAIL - (size_t)3 * SR_OBJECT_ROW;
	for (int extra = 0; extra < 2; extra++) {
		sr_buf_init(&forged);
		sr_buf_put(&forged, file.p, table);
		if (extra != 0)
			sr_buf_put_u8(&forged, 0);
		sr_buf_put(&forged, file.p + table, file.len - table);
		if (extra == 0)
			forged.p[table + (size_t)2 * SR_OBJECT_ROW] += 1;
		put_closed(&r, &forged, 3, name);
		(void)snprintf(says, sizeof says,
			extra == 0 ? "record 3 of 3: %zu bytes at "
				   : "records end at %zu, the table",
			extra == 0
				? (size_t)sr_le64_get(forged.p + table + (size_t)2 * SR_OBJECT_ROW)
				: table);
		assert_fails(sr_object_open(&o, r.b, VAULT, name, &e), SR_CORRUPT, &e, says);
		sr_buf_free(&forged);
	}
	sr_buf_free(&file);
	rig_end(&r);
}

/* Records that open under their key, and whose lengths do not fit: only who has the key seals one.
 */
static void test_forged_record(void **state) {
	static const struct {
		uint64_t len, stored;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{5, 4096 - 48 + 1, SR_CORRUPT, "4096 bytes are shorter than they say"},
		{5, UINT64_MAX, SR_CORRUPT, "4096 bytes are shorter than they say"},
		{(uint64_t)SR_OBJECT_MAX + 1, 5, SR_LIMIT,
			"a body of 67108865 bytes, at most 67108864"},
		{3, 5, SR_CORRUPT, "a body of 3 bytes in 5"},
		{5, 5, SR_AUTH, "it is not the record that the statement names"},
		{9, 5, SR_CORRUPT, "record 1 of 3: "},
	};
	struct rig r;
	struct sr_object *o = NULL;
	struct sr_err e;
	struct sr_buf file, sealed, body;
	uint8_t key[SR_KEY], plain[4096], ad[SR_HASH + 4] = {0};
	(void)state;
	rig_open(&r);
	sr_buf_init(&file);
	sr_buf_init_secret(&body);
	t_read_file(r.file, &file);
	assert_ok(sr_object_open(&o, r.b, VAULT, r.name, &e), &e);
	key_of(key, 0);
	memcpy(ad, VAULT, SR_HASH);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		memset(plain, 0, sizeof plain);
		sr_le64_put(plain + SR_SALT, rows[i].len);
		sr_le64_put(plain + SR_SALT + 8, rows[i].stored);
		sr_buf_init(&sealed);
		assert_ok(sr_aead_seal_buf(&sealed, key, "strongroom/object/v1",
				  sr_bytes_of(ad, sizeof ad), sr_bytes_of(plain, sizeof plain), &e),
			&e);
		memcpy(file.p + SR_OBJECT_HEAD, sealed.p, sealed.len);
		t_write_file(r.file, file.p, file.len);
		sr_buf_free(&sealed);
		assert_fails(sr_object_read(o, 0, key, r.ids[0], &body, &e), rows[i].code, &e,
			rows[i].says);
		assert_int_equal(body.len, 0);
	}
	sr_object_close(o);
	sr_buf_free(&file);
	sr_buf_free(&body);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_salt),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_named_damage),
		cmocka_unit_test(test_forged_record),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store object", tests, NULL, NULL);
}
