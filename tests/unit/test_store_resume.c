/*
 * test_store_resume - what the journal remembers, and what is left of it when its end is torn or
 * its bytes are changed.
 */
#include <errno.h>
#include <string.h>

#include "store/resume.h"
#include "util.h"

enum {
	PACKS = 4,
	EACH = 50
};

struct rig {
	char *path;
	struct sr_dir *dir;
	struct sr_resume_options o;
};

static void rig_open(struct rig *r) {
	struct sr_err e;
	memset(r, 0, sizeof *r);
	r->path = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &e), &e);
	r->o.run = r->dir;
	t_fill(r->o.vault, SR_HASH, 1);
	t_fill(r->o.accession, SR_ID, 2);
	t_fill(r->o.key, SR_KEY, 3);
}

static void rig_end(struct rig *r) {
	sr_dir_close(r->dir);
	t_tmp_remove(r->path);
}

static void entry(
	struct sr_resume *r, size_t n, struct sr_pack_entry *place, struct sr_resume_entry *key) {
	uint8_t file[SR_HASH] = {1}, h[SR_HASH];
	t_fill(place->cid, SR_HASH, 1000 + n);
	place->offset = (uint32_t)(64 + n);
	place->len = (uint32_t)(200 + n);
	t_fill(key->key, SR_KEY, 5000 + n);
	t_fill(h, SR_HASH, 9000 + n);
	sr_resume_lookup(r, key->lookup, file, n, h);
}

static int append(struct sr_resume *r, size_t pack, struct sr_err *e) {
	struct sr_pack_entry places[EACH];
	struct sr_resume_entry keys[EACH];
	uint8_t name[SR_HASH];
	struct sr_resume_pack p = {name, places, keys, EACH};
	t_fill(name, SR_HASH, 70 + pack);
	for (size_t i = 0; i < EACH; i++)
		entry(r, pack * EACH + i, &places[i], &keys[i]);
	return sr_resume_append(r, &p, e);
}

/* How many of all entries are found, each with everything right. */
static size_t found(struct sr_resume *r) {
	size_t n = 0;
	for (size_t i = 0; i < (size_t)PACKS * EACH; i++) {
		struct sr_pack_entry place;
		struct sr_resume_entry key;
		struct sr_block_ref ref = {.offset = 0};
		uint8_t name[SR_HASH];
		struct sr_err e;
		entry(r, i, &place, &key);
		int rc = sr_resume_find(r, key.lookup, &ref, &e);
		if (rc != 0) {
			assert_fails(rc, SR_NOTFOUND, &e, "not stored before");
			continue;
		}
		t_fill(name, SR_HASH, 70 + i / EACH);
		assert_memory_equal(ref.pack, name, SR_HASH);
		assert_memory_equal(ref.cid, place.cid, SR_HASH);
		assert_memory_equal(ref.key, key.key, SR_KEY);
		assert_true(ref.offset == place.offset && ref.len == place.len);
		n++;
	}
	return n;
}

static void test_round(void **state) {
	struct rig r;
	struct sr_resume *j = NULL;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	assert_int_equal(sr_resume_count(j), 0);
	for (size_t i = 0; i < PACKS; i++)
		assert_ok(append(j, i, &e), &e);
	assert_int_equal(found(j), 0); /* what this process wrote it need not ask for */
	sr_resume_close(j);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	assert_int_equal(sr_resume_count(j), PACKS * EACH);
	assert_int_equal(found(j), PACKS * EACH);
	sr_resume_close(j);
	r.o.key[0] ^= 1;
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	assert_int_equal(sr_resume_count(j), 0);
	sr_resume_close(j);
	assert_ok(sr_resume_remove(r.dir, r.o.accession, &e), &e);
	assert_ok(sr_resume_remove(r.dir, r.o.accession, &e), &e);
	assert_int_equal(t_count_entries(r.path), 0);
	rig_end(&r);
}

static void test_torn(void **state) {
	struct rig r;
	struct sr_resume *j = NULL;
	struct sr_err e;
	struct sr_buf file;
	(void)state;
	rig_open(&r);
	sr_buf_init(&file);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	for (size_t i = 0; i < PACKS - 1; i++)
		assert_ok(append(j, i, &e), &e);
	sr_fault_set(1, ENOSPC);
	assert_fails(append(j, PACKS - 1, &e), SR_LIMIT, &e, NULL);
	sr_fault_set(0, 0);
	assert_fails(append(j, PACKS - 1, &e), SR_IO, &e, "an earlier write of it failed");
	sr_resume_close(j);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	assert_int_equal(found(j), (PACKS - 1) * EACH);
	assert_ok(append(j, PACKS - 1, &e), &e);
	sr_resume_close(j);
	char name[64];
	char hex[2 * SR_ID + 1];
	sr_hex(hex, r.o.accession, SR_ID);
	(void)snprintf(name, sizeof name, "accession-%s", hex);
	const char *path = t_path(r.path, name);
	t_read_file(path, &file);
	size_t each = file.len / PACKS;
	for (size_t cut = 0; cut <= file.len; cut += 331) {
		t_write_file(path, file.p, cut);
		assert_ok(sr_resume_open(&j, &r.o, &e), &e);
		assert_int_equal(sr_resume_count(j), cut / each * EACH);
		sr_resume_close(j);
	}
	for (size_t at = 0; at < file.len; at += 257) {
		file.p[at] ^= 1;
		t_write_file(path, file.p, file.len);
		assert_ok(sr_resume_open(&j, &r.o, &e), &e);
		assert_int_equal(sr_resume_count(j), at / each * EACH);
		sr_resume_close(j);
		file.p[at] ^= 1;
	}
	sr_buf_free(&file);
	rig_end(&r);
}

/* What changes on the disk while the journal is open: the block is named as damaged, and stored
 * again by who asked (sr_ingest takes any failure for "not stored before"). */
static void test_changed_while_open(void **state) {
	struct rig r;
	struct sr_resume *j = NULL;
	struct sr_err e;
	struct sr_buf file, plain, sealed;
	struct sr_pack_entry place;
	struct sr_resume_entry key;
	struct sr_block_ref ref;
	char name[64], hex[2 * SR_ID + 1];
	uint8_t ad[SR_HASH + SR_ID + 8] = {0};
	(void)state;
	rig_open(&r);
	sr_buf_init(&file);
	sr_buf_init(&sealed);
	sr_buf_init_secret(&plain);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	assert_ok(append(j, 0, &e), &e);
	sr_resume_close(j);
	sr_hex(hex, r.o.accession, SR_ID);
	(void)snprintf(name, sizeof name, "accession-%s", hex);
	const char *path = t_path(r.path, name);
	t_read_file(path, &file);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	entry(j, 3, &place, &key);
	assert_ok(sr_resume_find(j, key.lookup, &ref, &e), &e);
	sr_resume_close(j);
	/* its length */
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	sr_le32_put(file.p, 7);
	t_write_file(path, file.p, file.len);
	assert_fails(sr_resume_find(j, key.lookup, &ref, &e), SR_CORRUPT, &e,
		"journal: a record of 7 bytes at 0");
	sr_le32_put(file.p, UINT32_MAX);
	t_write_file(path, file.p, file.len);
	assert_fails(sr_resume_find(j, key.lookup, &ref, &e), SR_CORRUPT, &e,
		"journal: a record of 4294967295 bytes at 0");
	sr_resume_close(j);
	/* its count, by somebody who has the key */
	memcpy(ad, r.o.vault, SR_HASH);
	memcpy(ad + SR_HASH, r.o.accession, SR_ID);
	sr_le32_put(file.p, (uint32_t)file.len - 4);
	t_write_file(path, file.p, file.len);
	assert_ok(sr_aead_open_buf(&plain, r.o.key, "strongroom/accession-journal/v1",
			  sr_bytes_of(ad, sizeof ad), sr_bytes_of(file.p + 4, file.len - 4), &e),
		&e);
	assert_int_equal(sr_le32_get(plain.p + SR_HASH), EACH);
	sr_le32_put(plain.p + SR_HASH, EACH + 1);
	assert_ok(sr_aead_seal_buf(&sealed, r.o.key, "strongroom/accession-journal/v1",
			  sr_bytes_of(ad, sizeof ad), sr_buf_view(&plain), &e),
		&e);
	assert_int_equal(sealed.len, file.len - 4);
	assert_ok(sr_resume_open(&j, &r.o, &e), &e);
	memcpy(file.p + 4, sealed.p, sealed.len);
	t_write_file(path, file.p, file.len);
	assert_fails(sr_resume_find(j, key.lookup, &ref, &e), SR_CORRUPT, &e,
		"journal: a record says 51 blocks in");
	sr_resume_close(j);
	sr_buf_free(&file);
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_changed_while_open),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store resume", tests, NULL, NULL);
}
