/*
 * object - writer and reader; see object.h. A file is built in memory: it is one commit's worth.
 */
#include "store/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/padme.h"

#define OBJECT_LABEL "strongroom/object/v1"

static const char MAGIC[] = "SROBJS1\n";

enum {
	MAGIC_LEN = 8,
	TABLE_ROW = 16,
	RECORD_HEAD = SR_SALT + 8,
	AD_LEN = SR_HASH + 4,
	SEALED_MIN = SR_PAD_META + SR_AEAD_OVERHEAD
};

struct row {
	uint64_t offset;
	uint64_t size;
};

struct sr_object_writer {
	uint8_t vault[SR_HASH];
	struct sr_buf file; /* the records, sealed; after finish the whole file */
	struct row *rows;
	size_t count, cap;
	bool finished;
};

struct sr_object {
	struct sr_backend *backend; /* borrowed */
	char path[SR_STORED_NAME];
	uint8_t vault[SR_HASH];
	struct row *rows;
	size_t count;
};

void sr_object_id(uint8_t id[SR_HASH], const uint8_t salt[SR_SALT], struct sr_bytes body) {
	SR_HASH_OF(id, "strongroom/object-record/v1", NULL, sr_bytes_of(salt, SR_SALT), body);
}

static void put_ad(uint8_t ad[AD_LEN], const uint8_t vault[SR_HASH], size_t position) {
	memcpy(ad, vault, SR_HASH);
	sr_le32_put(ad + SR_HASH, (uint32_t)position);
}

/* --- writing -------------------------------------------------------------------------------------
 */

int sr_object_writer_new(
	struct sr_object_writer **out, const uint8_t vault[SR_HASH], struct sr_err *e) {
	*out = NULL;
	struct sr_object_writer *w = calloc(1, sizeof *w);
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "object: no memory");
	memcpy(w->vault, vault, SR_HASH);
	sr_buf_init(&w->file);
	*out = w;
	return 0;
}

void sr_object_writer_free(struct sr_object_writer *w) {
	if (w == NULL)
		return;
	sr_buf_free(&w->file);
	free(w->rows);
	free(w);
}

size_t sr_object_count(const struct sr_object_writer *w) {
	return w->count;
}

static int room(struct sr_object_writer *w, struct sr_bytes body, struct sr_err *e) {
	if (w->finished)
		return sr_fail(e, SR_MISUSE, "object: add after finish");
	if (body.len > SR_OBJECT_MAX)
		return sr_fail(e, SR_LIMIT, "object: a record of %zu bytes, at most %d", body.len,
			SR_OBJECT_MAX);
	if (w->count == SR_OBJECT_RECORDS_MAX ||
		w->file.len + body.len + body.len / 8 + SEALED_MIN > SR_OBJECT_FILE_MAX)
		return sr_fail(e, SR_LIMIT, "object: %zu records and %zu bytes are in the file",
			w->count, w->file.len);
	if (w->count < w->cap)
		return 0;
	size_t cap = w->cap == 0 ? 16 : w->cap * 2;
	struct row *rows = reallocarray(w->rows, cap, sizeof *rows);
	if (rows == NULL)
		return sr_fail(e, SR_NOMEM, "object: no memory for %zu records", cap);
	w->rows = rows;
	w->cap = cap;
	return 0;
}

/* ${salt} and ${body}, padded and sealed, behind what is there. */
static int seal_record(struct sr_object_writer *w, const uint8_t key[SR_KEY],
	const uint8_t salt[SR_SALT], struct sr_bytes body, struct sr_err *e) {
	uint8_t ad[AD_LEN];
	struct sr_buf plain;
	size_t padded = (size_t)sr_padme(RECORD_HEAD + body.len, SR_PAD_META);
	sr_buf_init_secret(&plain);
	put_ad(ad, w->vault, w->count);
	int rc = sr_buf_reserve(&plain, padded, e);
	sr_buf_put(&plain, salt, SR_SALT);
	sr_buf_put_le64(&plain, body.len);
	sr_buf_put_bytes(&plain, body);
	sr_buf_put_zero(&plain, padded - RECORD_HEAD - body.len);
	if (rc == 0)
		rc = sr_buf_ok(&plain, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&w->file, key, OBJECT_LABEL, sr_bytes_of(ad, sizeof ad),
			sr_buf_view(&plain), e);
	sr_buf_free(&plain);
	return rc;
}

int sr_object_add_salted(struct sr_object_writer *w, const uint8_t key[SR_KEY],
	const uint8_t salt[SR_SALT], struct sr_bytes body, uint32_t *position, struct sr_err *e) {
	size_t before = w->file.len;
	int rc = room(w, body, e);
	if (rc == 0)
		rc = seal_record(w, key, salt, body, e);
	if (rc != 0)
		return rc;
	w->rows[w->count] = (struct row){before, w->file.len - before};
	*position = (uint32_t)w->count++;
	return 0;
}

int sr_object_add(struct sr_object_writer *w, const uint8_t key[SR_KEY], struct sr_bytes body,
	uint32_t *position, uint8_t id[SR_HASH], struct sr_err *e) {
	uint8_t salt[SR_SALT];
	sr_random(salt, sizeof salt);
	int rc = sr_object_add_salted(w, key, salt, body, position, e);
	if (rc == 0)
		sr_object_id(id, salt, body);
	sr_wipe(salt, sizeof salt);
	return rc;
}

int sr_object_finish(struct sr_object_writer *w, uint8_t name[SR_HASH], struct sr_bytes *file,
	struct sr_err *e) {
	uint8_t close[SR_HASH];
	if (w->finished || w->count == 0)
		return sr_fail(e, SR_MISUSE, "object: finish of a file with %zu records%s",
			w->count, w->finished ? ", twice" : "");
	/* The records make room for what goes before them: a second buffer would double the memory.
	 */
	size_t head = SR_OBJECT_HEAD + w->count * TABLE_ROW, records = w->file.len;
	int rc = sr_buf_reserve(&w->file, head + SR_HASH, e);
	if (rc != 0)
		return rc;
	memmove(w->file.p + head, w->file.p, records);
	w->file.len = 0;
	sr_buf_put(&w->file, MAGIC, MAGIC_LEN);
	sr_buf_put(&w->file, w->vault, SR_HASH);
	sr_buf_put_le32(&w->file, (uint32_t)w->count);
	sr_buf_put_le32(&w->file, 0);
	for (size_t i = 0; i < w->count; i++) {
		sr_buf_put_le64(&w->file, head + w->rows[i].offset);
		sr_buf_put_le64(&w->file, w->rows[i].size);
	}
	w->file.len = head + records;
	SR_HASH_OF(close, "strongroom/object-close/v1", NULL, sr_buf_view(&w->file));
	sr_buf_put(&w->file, close, SR_HASH);
	w->finished = true;
	rc = sr_buf_ok(&w->file, e);
	if (rc != 0)
		return rc;
	SR_HASH_OF(name, "strongroom/object-name/v1", NULL, sr_buf_view(&w->file));
	*file = sr_buf_view(&w->file);
	return 0;
}

int sr_object_commit(
	struct sr_object_writer *w, struct sr_backend *b, uint8_t name[SR_HASH], struct sr_err *e) {
	char path[SR_STORED_NAME];
	uint8_t hash[SR_HASH];
	struct sr_bytes file = {NULL, 0};
	int rc = sr_object_finish(w, hash, &file, e);
	if (rc != 0)
		return rc;
	sr_hash_name(path, "objects", hash);
	rc = sr_backend_put(b, path, file, e);
	if (rc == SR_EXISTS)
		rc = 0;
	if (rc == 0)
		memcpy(name, hash, SR_HASH);
	return rc;
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* Rows follow each other without gaps up to the closing hash. */
static int check_rows(const struct row *rows, size_t count, uint64_t size, struct sr_err *e) {
	uint64_t at = SR_OBJECT_HEAD + (uint64_t)count * TABLE_ROW;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].offset != at || rows[i].size < SEALED_MIN || rows[i].size > size - at)
			return sr_fail(e, SR_CORRUPT,
				"record %zu of %zu: %llu bytes at %llu in a file of %llu", i + 1,
				count, (unsigned long long)rows[i].size,
				(unsigned long long)rows[i].offset, (unsigned long long)size);
		at += rows[i].size;
	}
	if (at + SR_HASH != size)
		return sr_fail(e, SR_CORRUPT, "records end at %llu, the file has %llu bytes",
			(unsigned long long)at, (unsigned long long)size);
	return 0;
}

static int read_table(struct sr_object *o, struct sr_err *e) {
	uint8_t head[SR_OBJECT_HEAD];
	uint64_t size = 0;
	int rc = sr_backend_head(o->backend, o->path, &size, e);
	if (rc == 0)
		rc = sr_backend_get(o->backend, o->path, 0, head, sizeof head, e);
	if (rc != 0)
		return rc;
	uint32_t count = sr_le32_get(head + 40);
	if (memcmp(head, MAGIC, MAGIC_LEN) != 0 || sr_le32_get(head + 44) != 0)
		return sr_fail(e, SR_CORRUPT, "it does not begin with its mark");
	if (memcmp(head + 8, o->vault, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "it belongs to another vault");
	if (count == 0 || count > SR_OBJECT_RECORDS_MAX || size > SR_OBJECT_FILE_MAX * 2ull)
		return sr_fail(
			e, SR_CORRUPT, "%u records in %llu bytes", count, (unsigned long long)size);
	struct sr_buf table;
	sr_buf_init(&table);
	rc = sr_buf_reserve(&table, (size_t)count * TABLE_ROW, e);
	if (rc == 0)
		rc = sr_backend_get(
			o->backend, o->path, SR_OBJECT_HEAD, table.p, (size_t)count * TABLE_ROW, e);
	o->rows = calloc(count, sizeof *o->rows);
	if (rc == 0 && o->rows == NULL)
		rc = sr_fail(e, SR_NOMEM, "no memory for %u records", count);
	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		o->rows[i].offset = sr_le64_get(table.p + (size_t)i * TABLE_ROW);
		o->rows[i].size = sr_le64_get(table.p + (size_t)i * TABLE_ROW + 8);
	}
	o->count = count;
	if (rc == 0)
		rc = check_rows(o->rows, count, size, e);
	sr_buf_free(&table);
	return rc;
}

int sr_object_open(struct sr_object **out, struct sr_backend *b, const uint8_t vault[SR_HASH],
	const uint8_t name[SR_HASH], struct sr_err *e) {
	*out = NULL;
	struct sr_object *o = calloc(1, sizeof *o);
	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "object: no memory");
	o->backend = b;
	memcpy(o->vault, vault, SR_HASH);
	sr_hash_name(o->path, "objects", name);
	int rc = read_table(o, e);
	if (rc != 0) {
		if (e != NULL)
			(void)sr_wrap(e, "%s", o->path);
		sr_object_close(o);
		return rc;
	}
	*out = o;
	return 0;
}

void sr_object_close(struct sr_object *o) {
	if (o == NULL)
		return;
	free(o->rows);
	free(o);
}

size_t sr_object_records(const struct sr_object *o) {
	return o->count;
}

/* The opened record: salt, length, body, zeros. */
static int take_body(struct sr_buf *out, const struct sr_buf *plain, const uint8_t id[SR_HASH],
	struct sr_err *e) {
	uint8_t have[SR_HASH];
	if (plain->len < RECORD_HEAD || sr_le64_get(plain->p + SR_SALT) > plain->len - RECORD_HEAD)
		return sr_fail(e, SR_CORRUPT, "%zu bytes are shorter than they say", plain->len);
	size_t len = (size_t)sr_le64_get(plain->p + SR_SALT);
	struct sr_bytes body = sr_bytes_of(plain->p + RECORD_HEAD, len);
	if (len > SR_OBJECT_MAX)
		return sr_fail(e, SR_LIMIT, "a body of %zu bytes, at most %d", len, SR_OBJECT_MAX);
	sr_object_id(have, plain->p, body);
	if (!sr_ct_eq(have, id, SR_HASH))
		return sr_fail(e, SR_AUTH, "it is not the record that the statement names");
	sr_buf_put_bytes(out, body);
	return sr_buf_ok(out, e);
}

int sr_object_read(struct sr_object *o, uint32_t position, const uint8_t key[SR_KEY],
	const uint8_t id[SR_HASH], struct sr_buf *out, struct sr_err *e) {
	uint8_t ad[AD_LEN];
	struct sr_buf sealed;
	struct sr_buf plain;
	if (position >= o->count)
		return sr_fail(
			e, SR_CORRUPT, "%s: record %u of %zu", o->path, position + 1, o->count);
	sr_buf_init(&sealed);
	sr_buf_init_secret(&plain);
	put_ad(ad, o->vault, position);
	size_t size = (size_t)o->rows[position].size;
	int rc = sr_buf_reserve(&sealed, size, e);
	if (rc == 0)
		rc = sr_backend_get(
			o->backend, o->path, o->rows[position].offset, sealed.p, size, e);
	if (rc == 0) {
		sealed.len = size;
		rc = sr_aead_open_buf(&plain, key, OBJECT_LABEL, sr_bytes_of(ad, sizeof ad),
			sr_buf_view(&sealed), e);
	}
	if (rc == 0)
		rc = take_body(out, &plain, id, e);
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "%s: record %u of %zu", o->path, position + 1, o->count);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	return rc;
}

/* Shape of a whole file in memory. */
static int check_file(struct sr_bytes f, const uint8_t name[SR_HASH], struct sr_err *e) {
	uint8_t hash[SR_HASH];
	if (f.len < SR_OBJECT_HEAD + TABLE_ROW + SEALED_MIN + SR_HASH ||
		memcmp(f.p, MAGIC, MAGIC_LEN) != 0)
		return sr_fail(
			e, SR_CORRUPT, "%zu bytes that do not begin as an object file", f.len);
	SR_HASH_OF(hash, "strongroom/object-close/v1", NULL, sr_bytes_of(f.p, f.len - SR_HASH));
	if (memcmp(hash, f.p + f.len - SR_HASH, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "closing hash differs");
	SR_HASH_OF(hash, "strongroom/object-name/v1", NULL, f);
	if (memcmp(hash, name, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "the file does not have the hash that is its name");
	return 0;
}

int sr_object_check(
	struct sr_backend *b, const uint8_t name[SR_HASH], uint64_t *size, struct sr_err *e) {
	char path[SR_STORED_NAME];
	struct sr_buf f;
	sr_buf_init(&f);
	sr_hash_name(path, "objects", name);
	int rc = sr_backend_get_all(b, path, &f, SR_OBJECT_FILE_MAX * (size_t)2, e);
	if (rc == 0)
		rc = check_file(sr_buf_view(&f), name, e);
	if (rc == 0)
		*size = f.len;
	sr_buf_free(&f);
	return rc;
}
