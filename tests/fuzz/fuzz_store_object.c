/*
 * fuzz_store_object - object files, read from a backend under the name that they have.
 *
 * Input: u8 mode: 0 a file; 1 a file without its closing hash, which is added; 2 u8 spoilt id,
 * plaintext of the only record of a file made here; 3 the same, and its body is read as the reader
 * reads one in pieces.
 */
#include "fuzz_store.h"
#include "store/object.h"

static void our_key(uint8_t key[SR_KEY]) {
	t_fill(key, SR_KEY, 31);
}

/* The closing hash, if the bytes can have one, over head and table. */
static void close_file(struct sr_buf *file) {
	uint8_t hash[SR_HASH] = {0};
	if (file->len >= SR_OBJECT_HEAD + 4) {
		uint64_t table = 4 + (uint64_t)SR_OBJECT_ROW * sr_le32_get(file->p + file->len - 4);
		if (table > file->len - SR_OBJECT_HEAD)
			table = 4;
		SR_HASH_OF(hash, "strongroom/object-close/v1", NULL,
			sr_bytes_of(file->p, SR_OBJECT_HEAD),
			sr_bytes_of(file->p + file->len - table, (size_t)table));
	}
	sr_buf_put(file, hash, SR_HASH);
	MUST(sr_buf_ok(file, NULL) == 0);
}

/* A file of ${count} records sealed with our key, without its closing hash. */
static void make_file(struct sr_buf *file, const struct sr_bytes *plain, uint32_t count) {
	uint8_t vault[SR_HASH], key[SR_KEY], ad[SR_HASH + 4], hash[SR_HASH];
	struct sr_buf sealed, table;
	struct sr_err e;
	fuzz_vault(vault);
	our_key(key);
	sr_buf_init(&sealed);
	sr_buf_init(&table);
	sr_buf_put_str(file, "SROBJS1\n");
	sr_buf_put(file, vault, SR_HASH);
	for (uint32_t i = 0; i < count; i++) {
		memcpy(ad, vault, SR_HASH);
		sr_le32_put(ad + SR_HASH, i);
		sr_buf_clear(&sealed);
		assert_ok(sr_aead_seal_buf(&sealed, key, "strongroom/object/v1",
				  sr_bytes_of(ad, sizeof ad), plain[i], &e),
			&e);
		SR_HASH_OF(hash, "strongroom/object-sealed/v1", NULL, sr_buf_view(&sealed));
		sr_buf_put_le64(&table, sealed.len);
		sr_buf_put(&table, hash, SR_HASH);
		sr_buf_put_bytes(file, sr_buf_view(&sealed));
	}
	sr_buf_put_bytes(file, sr_buf_view(&table));
	sr_buf_put_le32(file, count);
	MUST(sr_buf_ok(file, NULL) == 0);
	sr_buf_free(&sealed);
	sr_buf_free(&table);
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
	if (in.len >= SR_HASH)
		SR_HASH_OF(name, "strongroom/object-name/v1", NULL,
			sr_bytes_of(in.p + in.len - SR_HASH, SR_HASH));
	else
		memset(name, 0, sizeof name);
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

/* ${pieces}: the bytes behind salt and length are what the body was cut into; its length is what
 * the input says, and no id fits, so nothing may come of it but a refusal. */
static void check_record(struct sr_bytes in, bool pieces) {
	enum {
		HEAD = SR_SALT + 16
	};
	uint8_t id[SR_HASH];
	struct sr_buf file, body;
	uint8_t spoil = fuzz_u8(&in);
	sr_buf_init(&file);
	sr_buf_init_secret(&body);
	/* as long as the shortest record is, so that the reader gets to see it */
	struct sr_buf plain;
	sr_buf_init_secret(&plain);
	sr_buf_put_bytes(&plain, in);
	if (plain.len < 4096)
		sr_buf_put_zero(&plain, 4096 - plain.len);
	MUST(sr_buf_ok(&plain, NULL) == 0);
	if (pieces && in.len > HEAD)
		sr_le64_put(plain.p + SR_SALT + 8, in.len - HEAD);
	struct sr_bytes view = sr_buf_view(&plain);
	make_file(&file, &view, 1);
	close_file(&file);
	memset(id, 0, sizeof id);
	const uint64_t len = sr_le64_get(plain.p + SR_SALT);
	const uint64_t stored = sr_le64_get(plain.p + SR_SALT + 8);
	struct sr_bytes want = {NULL, 0};
	bool fits = stored == len && stored <= plain.len - HEAD;
	if (fits) {
		want = sr_bytes_of(plain.p + HEAD, (size_t)stored);
		sr_object_id(id, plain.p, want);
	}
	id[3] ^= spoil;
	if (check_file(sr_buf_view(&file), id, &body))
		MUST(fits && spoil == 0 && sr_bytes_eq(sr_buf_view(&body), want));
	else
		MUST(!fits || spoil != 0);
	sr_buf_free(&file);
	sr_buf_free(&plain);
	sr_buf_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint8_t id[SR_HASH];
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf file, body;
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 4;
	if (mode >= 2) {
		check_record(in, mode == 3);
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

static void a_plain(struct sr_buf *plain, const char *body) {
	sr_buf_put_zero(plain, SR_SALT);
	sr_buf_put_le64(plain, strlen(body));
	sr_buf_put_le64(plain, strlen(body));
	sr_buf_put_str(plain, body);
	sr_buf_put_zero(plain, 4096 - plain->len);
}

void fuzz_seeds(void) {
	struct sr_buf file, first, second, pieces;
	fuzz_start();
	sr_buf_init(&file);
	sr_buf_init(&first);
	sr_buf_init(&second);
	sr_buf_init(&pieces);
	a_plain(&first, "a body");
	a_plain(&second, "");
	const struct sr_bytes both[] = {sr_buf_view(&first), sr_buf_view(&second)};
	make_file(&file, both, 2);
	fuzz_seed_with("open", "\1", 1, sr_buf_view(&file));
	close_file(&file);
	fuzz_seed_with("file", "\0", 1, sr_buf_view(&file));
	fuzz_seed_with("record", "\2\0", 2, sr_bytes_of(first.p, SR_SALT + 22));
	fuzz_seed_with("other-id", "\2\1", 2, sr_bytes_of(first.p, SR_SALT + 22));
	/* two pieces: one as it is, one that claims to be zstd */
	sr_buf_put_zero(&pieces, SR_SALT);
	sr_buf_put_le64(&pieces, 40);
	sr_buf_put_le64(&pieces, 0);
	sr_buf_put_lp(&pieces, sr_bytes_str("not a frame"));
	fuzz_seed_with("pieces", "\3\0", 2, sr_buf_view(&pieces));
	sr_buf_free(&file);
	sr_buf_free(&first);
	sr_buf_free(&second);
	sr_buf_free(&pieces);
}
