/*
 * test_store_backend - names, put-if-absent, uploads, listing, and failing folders' fsyncs.
 */
#include <errno.h>
#include <string.h>

#include "crypto/hash.h"
#include "store/backend.h"
#include "util.h"

struct rig {
	char *path;
	struct sr_dir *dir;
	struct sr_backend *b;
};

static void rig_open(struct rig *r) {
	struct sr_err e;
	r->path = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &e), &e);
	assert_ok(sr_backend_dir(&r->b, r->dir, &e), &e);
}

static void rig_end(struct rig *r) {
	sr_backend_free(r->b);
	sr_dir_close(r->dir);
	t_tmp_remove(r->path);
}

static void test_names(void **state) {
	char name[SR_STORED_NAME];
	uint8_t hash[SR_HASH], got[SR_HASH];
	struct sr_err e;
	(void)state;
	t_fill(hash, sizeof hash, 1);
	sr_hash_name(name, "packs", hash);
	assert_int_equal(strlen(name), 6 + 3 + 64);
	assert_ok(sr_hash_of_name(got, "packs", name, &e), &e);
	assert_memory_equal(got, hash, SR_HASH);
	assert_fails(sr_hash_of_name(got, "objects", name, &e), SR_CORRUPT, &e,
		"not the name of anything in objects");
	name[6] = name[6] == 'a' ? 'b' : 'a';
	assert_fails(sr_hash_of_name(got, "packs", name, &e), SR_CORRUPT, &e, "packs/");
	assert_fails(
		sr_hash_of_name(got, "packs", "packs/INVENTORY", &e), SR_CORRUPT, &e, "INVENTORY");
}

static int collect(void *ctx, const char *name, struct sr_err *e) {
	(void)e;
	sr_buf_printf(ctx, "%s ", name);
	return 0;
}

static void test_put_get(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_buf out;
	uint8_t p[8];
	uint64_t size = 0;
	(void)state;
	rig_open(&r);
	sr_buf_init(&out);
	assert_ok(sr_backend_put(r.b, "things/aa/one", sr_bytes_str("hello"), &e), &e);
	assert_ok(sr_backend_put(r.b, "things/bb/two", sr_bytes_str(""), &e), &e);
	assert_fails(sr_backend_put(r.b, "things/aa/one", sr_bytes_str("other"), &e), SR_EXISTS, &e,
		"one");
	assert_fails(sr_backend_put(r.b, "nofolder", sr_bytes_str("x"), &e), SR_MISUSE, &e,
		"without a folder");
	struct sr_upload *up = NULL;
	assert_ok(sr_upload_new(&up, r.b, "things", &e), &e);
	assert_ok(sr_upload_write(up, "x", 1, &e), &e);
	assert_fails(sr_upload_commit(up, "nofolder", &e), SR_MISUSE, &e,
		"backend: name without a folder");
	assert_ok(sr_backend_get(r.b, "things/aa/one", 1, p, 3, &e), &e);
	assert_memory_equal(p, "ell", 3);
	assert_fails(sr_backend_get(r.b, "things/aa/one", 3, p, 3, &e), SR_CORRUPT, &e,
		"want 3 bytes at offset 3, have 2");
	assert_fails(sr_backend_get(r.b, "things/aa/none", 0, p, 1, &e), SR_NOTFOUND, &e, "none");
	assert_fails(sr_backend_get(r.b, "things/../x", 0, p, 1, &e), SR_MISUSE, &e, NULL);
	assert_ok(sr_backend_head(r.b, "things/aa/one", &size, &e), &e);
	assert_int_equal(size, 5);
	assert_ok(sr_backend_get_all(r.b, "things/aa/one", &out, 5, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&out), sr_bytes_str("hello")));
	assert_fails(sr_backend_get_all(r.b, "things/aa/one", &out, 4, &e), SR_LIMIT, &e,
		"5 bytes, want at most 4");
	assert_ok(sr_backend_settle(r.b, &e), &e);
	sr_buf_clear(&out);
	assert_ok(sr_backend_list(r.b, "things", collect, &out, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&out), sr_bytes_str("things/aa/one things/bb/two ")));
	sr_buf_clear(&out);
	assert_ok(sr_backend_list(r.b, "nothing", collect, &out, &e), &e);
	assert_int_equal(out.len, 0);
	assert_ok(sr_backend_delete(r.b, "things/aa/one", &e), &e);
	assert_fails(sr_backend_delete(r.b, "things/aa/one", &e), SR_NOTFOUND, &e, NULL);
	sr_buf_free(&out);
	rig_end(&r);
}

static void test_upload(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_upload *u = NULL;
	size_t removed = 9;
	(void)state;
	rig_open(&r);
	assert_ok(sr_upload_new(&u, r.b, "packs", &e), &e);
	assert_ok(sr_upload_write(u, "abc", 3, &e), &e);
	assert_ok(sr_upload_write(u, "def", 3, &e), &e);
	assert_int_equal(sr_upload_size(u), 6);
	sr_upload_abort(u);
	assert_int_equal(t_count_entries(t_path(r.path, "packs")), 0);
	assert_ok(sr_upload_new(&u, r.b, "packs", &e), &e);
	assert_ok(sr_upload_write(u, "abc", 3, &e), &e);
	assert_ok(sr_upload_commit(u, "packs/zz/name", &e), &e);
	assert_true(t_exists(t_path(r.path, "packs/zz/name")));
	t_write_file(t_path(r.path, "packs/.tmp-1-1"), "x", 1);
	assert_ok(sr_backend_sweep(r.b, "packs", &removed, &e), &e);
	assert_int_equal(removed, 1);
	assert_ok(sr_backend_sweep(r.b, "never", &removed, &e), &e);
	assert_int_equal(removed, 0);
	rig_end(&r);
}

/* A folder whose fsync failed: settle says so, and never says anything else again. */
static void test_settle_fails(void **state) {
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	assert_ok(sr_backend_put(r.b, "things/aa/one", sr_bytes_str("hello"), &e), &e);
	sr_fault_set(1, EIO);
	assert_fails(sr_backend_settle(r.b, &e), SR_IO, &e, "sync");
	sr_fault_set(0, 0);
	assert_fails(sr_backend_settle(r.b, &e), SR_IO, &e, "earlier fsync");
	rig_end(&r);
}

static void test_put_fails(void **state) {
	struct sr_err e;
	bool done = false;
	(void)state;
	for (unsigned long n = 1; !done; n++) {
		struct rig r;
		rig_open(&r);
		sr_fault_set(n, ENOSPC);
		int rc = sr_backend_put(r.b, "things/aa/one", sr_bytes_str("hello"), &e);
		done = sr_fault_count() < n;
		sr_fault_set(0, 0);
		if (done)
			assert_ok(rc, &e);
		else if (rc != 0)
			assert_fails(rc, SR_LIMIT, &e, NULL);
		assert_int_equal(t_exists(t_path(r.path, "things/aa/one")), rc == 0);
		rig_end(&r);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_put_get),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_settle_fails),
		cmocka_unit_test(test_put_fails),
	};
	return cmocka_run_group_tests_name("store backend", tests, NULL, NULL);
}
