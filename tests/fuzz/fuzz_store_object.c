/*
 * fuzz_store_object - object files, read from a backend under the name that they have.
 *
 * Input: u8 mode: 0 a file; 1 a file without its closing hash, which is added; 2 u8 spoilt id,
 * plaintext of the only record of a file made here.
 */
#include "fuzz_store.h"
#include "store/object.h"

static void our_key(uint8_t key[SR_KEY]) {
	t_fill(key, SR_KEY, 31);
}

static void close_file(struct sr_buf *file) {
	uint8_t hash[SR_HASH];
	SR_HASH_OF(hash, "strongroom/object-close/v1", NULL, sr_buf_view(file));
	sr_buf_put(file, hash, SR_HASH);
	MUST(sr_buf_ok(file, NULL) == 0);
}

/* Record 0 under ${id}, if the file opens: appended to ${body}; whether it was read. */
static bool check_file(struct sr_bytes in, const uint8_t id[SR_HASH], struct sr_buf *body) {
	uint8_t vault[SR_HASH], key[SR_KEY], name[SR_HASH];
	struct fuzz_blob blob = {in};
	struct sr_backend *b = fuzz_backend(&blob);
	struct sr_object *o = NULL;
	struct sr_err e;
	uint64_t size = 0;
	bool read = false;
	fuzz_vault(vault);
	our_key(key);
	SR_HASH_OF(name, "strongroom/object-name/v1", NULL, in);
	int whole = sr_object_check(b, name, &size, &e);
	MUST(whole != 0 || size == in.len);
	if (sr_object_open(&o, b, vault, name, &e) == 0) {
		size_t count = sr_object_records(o);
		MUST(count >= 1 && count <= SR_OBJECT_RECORDS_MAX);
		for (size_t i = 0; i < count && i < 4; i++) {
			size_t before = body->len;
			int rc = sr_object_read(o, (uint32_t)i, key, id, body, &e);
			MUST(rc == 0 || body->len == before);
			read = read || (rc == 0 && i == 0);
		}
		MUST(sr_object_read(o, (uint32_t)count, key, id, body, &e) == SR_CORRUPT);
	}
	sr_object_close(o);
	sr_backend_free(b);
	return read;
}

static void check_record(struct sr_bytes in) {
	uint8_t vault[SR_HASH], key[SR_KEY], ad[SR_HASH + 4] = {0}, id[SR_HASH];
	struct sr_buf file, sealed, body;
	struct sr_err e;
	uint8_t spoil = fuzz_u8(&in);
	fuzz_vault(vault);
	our_key(key);
	memcpy(ad, vault, SR_HASH);
	sr_buf_init(&file);
	sr_buf_init(&sealed);
	sr_buf_init_secret(&body);
	assert_ok(sr_aead_seal_buf(
			  &sealed, key, "strongroom/object/v1", sr_bytes_of(ad, sizeof ad), in, &e),
		&e);
	sr_buf_put_str(&file, "SROBJS1\n");
	sr_buf_put(&file, vault, SR_HASH);
	sr_buf_put_le32(&file, 1);
	sr_buf_put_le32(&file, 0);
	sr_buf_put_le64(&file, SR_OBJECT_HEAD + 16);
	sr_buf_put_le64(&file, sealed.len);
	sr_buf_put_bytes(&file, sr_buf_view(&sealed));
	close_file(&file);
	memset(id, 0, sizeof id);
	struct sr_bytes want = {NULL, 0};
	bool fits = in.len >= SR_SALT + 8 && sr_le64_get(in.p + SR_SALT) <= in.len - SR_SALT - 8;
	if (fits) {
		want = sr_bytes_of(in.p + SR_SALT + 8, (size_t)sr_le64_get(in.p + SR_SALT));
		sr_object_id(id, in.p, want);
	}
	id[3] ^= spoil;
	if (check_file(sr_buf_view(&file), id, &body))
		MUST(fits && spoil == 0 && sr_bytes_eq(sr_buf_view(&body), want));
	sr_buf_free(&file);
	sr_buf_free(&sealed);
	sr_buf_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint8_t id[SR_HASH];
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf file, body;
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 3;
	if (mode == 2) {
		check_record(in);
		return 0;
	}
	sr_buf_init(&file);
	sr_buf_init_secret(&body);
	sr_buf_put_bytes(&file, in);
	if (mode == 1)
		close_file(&file);
	MUST(!check_file(sr_buf_view(&file), id, &body)); /* no record has that id */
	sr_buf_free(&file);
	sr_buf_free(&body);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t vault[SR_HASH], key[SR_KEY], name[SR_HASH], id[SR_HASH];
	struct sr_object_writer *w = NULL;
	struct sr_bytes file;
	struct sr_buf plain;
	struct sr_err e;
	uint32_t position = 0;
	fuzz_start();
	fuzz_vault(vault);
	our_key(key);
	assert_ok(sr_object_writer_new(&w, vault, &e), &e);
	assert_ok(sr_object_add(w, key, sr_bytes_str("a body"), &position, id, &e), &e);
	assert_ok(sr_object_add(w, key, sr_bytes_str(""), &position, id, &e), &e);
	assert_ok(sr_object_finish(w, name, &file, &e), &e);
	fuzz_seed_with("file", "\0", 1, file);
	fuzz_seed_with("open", "\1", 1, sr_bytes_of(file.p, file.len - SR_HASH));
	sr_object_writer_free(w);
	sr_buf_init(&plain);
	sr_buf_put_zero(&plain, SR_SALT);
	sr_buf_put_le64(&plain, 6);
	sr_buf_put_str(&plain, "a body");
	sr_buf_put_zero(&plain, 32);
	fuzz_seed_with("record", "\2\0", 2, sr_buf_view(&plain));
	fuzz_seed_with("other-id", "\2\1", 2, sr_buf_view(&plain));
	sr_buf_free(&plain);
}
