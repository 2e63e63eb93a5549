/*
 * object - writer and reader; see object.h. Records stream to an upload; the table follows them.
 */
#include "store/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/codec.h"
#include "store/padme.h"

#define OBJECT_LABEL "strongroom/object/v1"

static const char MAGIC[] = "SROBJS1\n";

enum {
	MAGIC_LEN = 8,
	RECORD_HEAD = SR_SALT + 16,
	AD_LEN = SR_HASH + 4,
	SEALED_MIN = SR_PAD_META + SR_AEAD_OVERHEAD
};
_Static_assert(SR_OBJECT_SEALED_MAX >= SR_OBJECT_MAX + SR_OBJECT_MAX / 8 + SEALED_MIN,
	"every record that is written is read");

struct row {
	uint64_t offset;
	uint64_t size;
	uint8_t hash[SR_HASH];
};

struct sr_object_writer {
	struct sr_backend *backend; /* borrowed */
	struct sr_upload *upload;   /* from the first record on */
	struct sr_codec *codec;     /* at need */
	uint8_t *piece;             /* SR_BLOCK bytes for it */
	uint8_t head[SR_OBJECT_HEAD];
	struct row *rows;
	size_t count, cap;
	bool finished;
};

struct sr_object {
	struct sr_backend *backend; /* borrowed */
	char path[SR_STORED_NAME];
	uint8_t head[SR_OBJECT_HEAD];
	struct row *rows;
	size_t count;
	uint64_t size;
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

int sr_object_writer_new(struct sr_object_writer **out, struct sr_backend *b,
	const uint8_t vault[SR_HASH], struct sr_err *e) {
	*out = NULL;
	struct sr_object_writer *w = calloc(1, sizeof *w);
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "object: no memory");
	w->backend = b;
	memcpy(w->head, MAGIC, MAGIC_LEN);
	memcpy(w->head + MAGIC_LEN, vault, SR_HASH);
	*out = w;
	return 0;
}

void sr_object_writer_free(struct sr_object_writer *w) {
	if (w == NULL)
		return;
	sr_upload_abort(w->upload);
	sr_codec_free(w->codec);
	if (w->piece != NULL)
		sr_wipe(w->piece, SR_BLOCK);
	free(w->piece);
	free(w->rows);
	free(w);
}

size_t sr_object_count(const struct sr_object_writer *w) {
	return w->count;
}

#ifdef SR_TESTING
static size_t records_max = SR_OBJECT_RECORDS_MAX;

void sr_object_records_max(size_t records) {
	records_max = records;
}
#else
static const size_t records_max = SR_OBJECT_RECORDS_MAX;
#endif

static int room(struct sr_object_writer *w, struct sr_bytes body, struct sr_err *e) {
	if (w->finished)
		return sr_fail(e, SR_MISUSE, "object: add after commit");
	if (body.len > SR_OBJECT_MAX)
		return sr_fail(e, SR_LIMIT, "object: a record of %zu bytes, at most %d", body.len,
			SR_OBJECT_MAX);
	const uint64_t size = w->upload != NULL ? sr_upload_size(w->upload) : SR_OBJECT_HEAD;
	if (w->count == records_max ||
		size + body.len + body.len / 8 + SEALED_MIN > SR_OBJECT_FILE_MAX)
		return sr_fail(e, SR_LIMIT,
			"object: %zu records and %llu bytes are in the file, and it takes no more: "
			"ask for less at once",
			w->count, (unsigned long long)size);
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

/* ${body} in pieces, each as short as it gets, behind what is in ${b}. */
static int put_pieces(
	struct sr_object_writer *w, struct sr_buf *b, struct sr_bytes body, struct sr_err *e) {
	int rc = 0;
	if (w->codec == NULL)
		rc = sr_codec_new(&w->codec, e);
	if (rc == 0 && w->piece == NULL)
		w->piece = malloc(SR_BLOCK);
	if (rc == 0 && w->piece == NULL)
		rc = sr_fail(e, SR_NOMEM, "object: no memory for a record");
	for (size_t at = 0; rc == 0 && at < body.len; at += SR_BLOCK) {
		struct sr_bytes p = sr_bytes_of(
			body.p + at, body.len - at < SR_BLOCK ? body.len - at : SR_BLOCK);
		size_t len = 0;
		rc = sr_codec_encode(w->codec, SR_CODEC_ZSTD, p, w->piece, &len, e);
		if (rc == 0 && len > 0)
			p = sr_bytes_of(w->piece, len);
		sr_buf_put_lp(b, p);
	}
	return rc == 0 ? sr_buf_ok(b, e) : rc;
}

/* The plaintext of a record, padded. */
static int record_plain(struct sr_object_writer *w, struct sr_buf *plain,
	const uint8_t salt[SR_SALT], struct sr_bytes body, struct sr_err *e) {
	int rc = sr_buf_reserve(plain, (size_t)sr_padme(RECORD_HEAD + body.len, SR_PAD_META), e);
	sr_buf_put(plain, salt, SR_SALT);
	sr_buf_put_le64(plain, body.len);
	sr_buf_put_le64(plain, body.len);
	if (rc == 0 && body.len > SR_PAD_META) {
		rc = put_pieces(w, plain, body, e);
		if (rc == 0 && plain->len - RECORD_HEAD < body.len)
			sr_le64_put(plain->p + SR_SALT + 8, plain->len - RECORD_HEAD);
		else if (rc == 0)
			plain->len = RECORD_HEAD;
	}
	if (rc == 0 && plain->len == RECORD_HEAD)
		sr_buf_put_bytes(plain, body);
	if (rc == 0)
		sr_buf_put_zero(plain, (size_t)sr_padme(plain->len, SR_PAD_META) - plain->len);
	return rc == 0 ? sr_buf_ok(plain, e) : rc;
}

static void sealed_hash(uint8_t hash[SR_HASH], struct sr_bytes sealed) {
	SR_HASH_OF(hash, "strongroom/object-sealed/v1", NULL, sealed);
}

/* ${salt} and ${body}, sealed, behind what is there. */
static int seal_record(struct sr_object_writer *w, const uint8_t key[SR_KEY],
	const uint8_t salt[SR_SALT], struct sr_bytes body, struct sr_err *e) {
	struct row *row = &w->rows[w->count];
	uint8_t ad[AD_LEN];
	struct sr_buf plain;
	struct sr_buf sealed;
	int rc = 0;
	sr_buf_init_secret(&plain);
	sr_buf_init(&sealed);
	put_ad(ad, w->head + MAGIC_LEN, w->count);
	if (w->upload == NULL) {
		rc = sr_upload_new(&w->upload, w->backend, "objects", e);
		if (rc == 0)
			rc = sr_upload_write(w->upload, w->head, SR_OBJECT_HEAD, e);
	}
	if (rc == 0)
		rc = record_plain(w, &plain, salt, body, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&sealed, key, OBJECT_LABEL, sr_bytes_of(ad, sizeof ad),
			sr_buf_view(&plain), e);
	if (rc == 0) {
		row->offset = sr_upload_size(w->upload);
		row->size = sealed.len;
		sealed_hash(row->hash, sr_buf_view(&sealed));
		rc = sr_upload_write(w->upload, sealed.p, sealed.len, e);
	}
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	return rc;
}

int sr_object_add_salted(struct sr_object_writer *w, const uint8_t key[SR_KEY],
	const uint8_t salt[SR_SALT], struct sr_bytes body, uint32_t *position, struct sr_err *e) {
	int rc = room(w, body, e);
	if (rc == 0)
		rc = seal_record(w, key, salt, body, e);
	if (rc == 0)
		*position = (uint32_t)w->count++;
	return rc;
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

static void put_table(struct sr_buf *b, const struct row *rows, size_t count) {
	for (size_t i = 0; i < count; i++) {
		sr_buf_put_le64(b, rows[i].size);
		sr_buf_put(b, rows[i].hash, SR_HASH);
	}
	sr_buf_put_le32(b, (uint32_t)count);
}

static void close_hash(
	uint8_t close[SR_HASH], const uint8_t head[SR_OBJECT_HEAD], struct sr_bytes table) {
	SR_HASH_OF(close, "strongroom/object-close/v1", NULL, sr_bytes_of(head, SR_OBJECT_HEAD),
		table);
}

static void name_of(uint8_t name[SR_HASH], const uint8_t close[SR_HASH]) {
	SR_HASH_OF(name, "strongroom/object-name/v1", NULL, sr_bytes_of(close, SR_HASH));
}

int sr_object_commit(struct sr_object_writer *w, uint8_t name[SR_HASH], struct sr_err *e) {
	char path[SR_STORED_NAME];
	uint8_t close[SR_HASH], hash[SR_HASH];
	struct sr_buf table;
	if (w->finished || w->count == 0)
		return sr_fail(e, SR_MISUSE, "object: commit of a file with %zu records%s",
			w->count, w->finished ? ", twice" : "");
	w->finished = true;
	sr_buf_init(&table);
	put_table(&table, w->rows, w->count);
	close_hash(close, w->head, sr_buf_view(&table));
	sr_buf_put(&table, close, SR_HASH);
	name_of(hash, close);
	sr_hash_name(path, "objects", hash);
	int rc = sr_buf_ok(&table, e);
	if (rc == 0)
		rc = sr_upload_write(w->upload, table.p, table.len, e);
	if (rc == 0) {
		rc = sr_upload_commit(w->upload, path, e);
		w->upload = NULL;
	}
	if (rc == 0)
		memcpy(name, hash, SR_HASH);
	sr_buf_free(&table);
	return rc;
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* Rows follow each other without gaps up to the table. */
static int read_rows(struct sr_object *o, struct sr_bytes table, struct sr_err *e) {
	const uint64_t end = o->size - SR_OBJECT_TAIL - o->count * SR_OBJECT_ROW;
	uint64_t at = SR_OBJECT_HEAD;
	for (size_t i = 0; i < o->count; i++) {
		struct row *r = &o->rows[i];
		r->offset = at;
		r->size = sr_le64_get(table.p + i * SR_OBJECT_ROW);
		memcpy(r->hash, table.p + i * SR_OBJECT_ROW + 8, SR_HASH);
		if (r->size < SEALED_MIN || r->size > SR_OBJECT_SEALED_MAX || r->size > end - at)
			return sr_fail(e, SR_CORRUPT,
				"record %zu of %zu: %llu bytes at %llu in a file of %llu", i + 1,
				o->count, (unsigned long long)r->size, (unsigned long long)at,
				(unsigned long long)o->size);
		at += r->size;
	}
	if (at != end)
		return sr_fail(e, SR_CORRUPT, "records end at %llu, the table begins at %llu",
			(unsigned long long)at, (unsigned long long)end);
	return 0;
}

/* The last bytes: table, count, closing hash, checked against each other and ${name}. */
static int check_close(const struct sr_object *o, struct sr_bytes last, const uint8_t name[SR_HASH],
	struct sr_err *e) {
	uint8_t hash[SR_HASH];
	close_hash(hash, o->head, sr_bytes_of(last.p, last.len - SR_HASH));
	if (memcmp(hash, last.p + last.len - SR_HASH, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "closing hash differs");
	name_of(hash, hash);
	if (memcmp(hash, name, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "the file does not have the hash that is its name");
	return 0;
}

static int read_table(struct sr_object *o, const uint8_t name[SR_HASH], struct sr_err *e) {
	uint8_t tail[SR_OBJECT_TAIL];
	struct sr_buf last;
	int rc = sr_backend_head(o->backend, o->path, &o->size, e);
	if (rc == 0 && (o->size < SR_OBJECT_HEAD + SEALED_MIN + SR_OBJECT_ROW + SR_OBJECT_TAIL ||
			       o->size > SR_OBJECT_FILE_MAX * 2ull))
		rc = sr_fail(e, SR_CORRUPT, "%llu bytes cannot be an object file",
			(unsigned long long)o->size);
	if (rc == 0)
		rc = sr_backend_get(o->backend, o->path, 0, o->head, SR_OBJECT_HEAD, e);
	if (rc == 0 && memcmp(o->head, MAGIC, MAGIC_LEN) != 0)
		rc = sr_fail(e, SR_CORRUPT, "it does not begin with its mark");
	if (rc == 0)
		rc = sr_backend_get(
			o->backend, o->path, o->size - sizeof tail, tail, sizeof tail, e);
	if (rc != 0)
		return rc;
	o->count = sr_le32_get(tail);
	if (o->count == 0 || o->count > SR_OBJECT_RECORDS_MAX ||
		o->count * (uint64_t)(SR_OBJECT_ROW + SEALED_MIN) >
			o->size - SR_OBJECT_HEAD - SR_OBJECT_TAIL)
		return sr_fail(e, SR_CORRUPT, "%zu records in %llu bytes", o->count,
			(unsigned long long)o->size);
	sr_buf_init(&last);
	const size_t len = o->count * SR_OBJECT_ROW + SR_OBJECT_TAIL;
	rc = sr_buf_reserve(&last, len, e);
	if (rc == 0)
		rc = sr_backend_get(o->backend, o->path, o->size - len, last.p, len, e);
	o->rows = calloc(o->count, sizeof *o->rows);
	if (rc == 0 && o->rows == NULL)
		rc = sr_fail(e, SR_NOMEM, "no memory for %zu records", o->count);
	if (rc == 0)
		rc = check_close(o, sr_bytes_of(last.p, len), name, e);
	if (rc == 0)
		rc = read_rows(o, sr_bytes_of(last.p, len), e);
	sr_buf_free(&last);
	return rc;
}

int sr_object_open(struct sr_object **out, struct sr_backend *b, const uint8_t vault[SR_HASH],
	const uint8_t name[SR_HASH], struct sr_err *e) {
	*out = NULL;
	struct sr_object *o = calloc(1, sizeof *o);
	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "object: no memory");
	o->backend = b;
	sr_hash_name(o->path, "objects", name);
	int rc = read_table(o, name, e);
	if (rc == 0 && memcmp(o->head + MAGIC_LEN, vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_CORRUPT, "it belongs to another vault");
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

/* The body that was cut into pieces. */
static int join_pieces(struct sr_buf *out, struct sr_bytes in, size_t len, struct sr_err *e) {
	struct sr_codec *c = NULL;
	struct sr_reader r;
	size_t left = len;
	int rc = sr_codec_new(&c, e);
	if (rc == 0)
		rc = sr_buf_reserve(out, len, e);
	sr_reader_init(&r, in);
	while (rc == 0 && left > 0) {
		const size_t want = left < SR_BLOCK ? left : SR_BLOCK;
		struct sr_bytes piece = {NULL, 0};
		rc = sr_get_lp(&r, &piece, SR_BLOCK, e);
		if (rc != 0)
			break;
		rc = sr_codec_decode(c, piece.len == want ? SR_CODEC_NONE : SR_CODEC_ZSTD, piece,
			out->p + out->len, want, e);
		if (rc == 0)
			out->len += want;
		left -= want;
	}
	if (rc == 0)
		rc = sr_get_end(&r, e);
	sr_codec_free(c);
	return rc;
}

/* The opened record: salt, lengths, body, zeros. */
static int take_body(struct sr_buf *out, const struct sr_buf *plain, const uint8_t id[SR_HASH],
	struct sr_err *e) {
	uint8_t have[SR_HASH];
	const size_t before = out->len;
	if (plain->len < RECORD_HEAD ||
		sr_le64_get(plain->p + SR_SALT + 8) > plain->len - RECORD_HEAD)
		return sr_fail(e, SR_CORRUPT, "%zu bytes are shorter than they say", plain->len);
	const uint64_t len = sr_le64_get(plain->p + SR_SALT);
	const struct sr_bytes stored =
		sr_bytes_of(plain->p + RECORD_HEAD, (size_t)sr_le64_get(plain->p + SR_SALT + 8));
	if (len > SR_OBJECT_MAX)
		return sr_fail(e, SR_LIMIT, "a body of %llu bytes, at most %d",
			(unsigned long long)len, SR_OBJECT_MAX);
	if (len < stored.len)
		return sr_fail(e, SR_CORRUPT, "a body of %llu bytes in %zu",
			(unsigned long long)len, stored.len);
	if (len == stored.len)
		sr_buf_put_bytes(out, stored);
	int rc = len == stored.len ? sr_buf_ok(out, e) : join_pieces(out, stored, (size_t)len, e);
	if (rc == 0) {
		struct sr_bytes body = sr_buf_view(out); /* p is NULL where nothing ever was */
		if (before > 0)
			body = sr_bytes_of(out->p + before, out->len - before);
		sr_object_id(have, plain->p, body);
		if (!sr_ct_eq(have, id, SR_HASH))
			rc = sr_fail(e, SR_AUTH, "it is not the record that the statement names");
	}
	if (rc != 0 && out->len > before) {
		sr_wipe(out->p + before, out->len - before);
		out->len = before;
	}
	return rc;
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
	put_ad(ad, o->head + MAGIC_LEN, position);
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

/* Every record against the table. */
static int check_records(const struct sr_object *o, struct sr_err *e) {
	struct sr_buf b;
	int rc = 0;
	sr_buf_init(&b);
	for (size_t i = 0; rc == 0 && i < o->count; i++) {
		const struct row *r = &o->rows[i];
		uint8_t hash[SR_HASH];
		sr_buf_clear(&b);
		rc = sr_buf_reserve(&b, (size_t)r->size, e);
		if (rc == 0)
			rc = sr_backend_get(
				o->backend, o->path, r->offset, b.p, (size_t)r->size, e);
		if (rc != 0)
			break;
		sealed_hash(hash, sr_bytes_of(b.p, (size_t)r->size));
		if (memcmp(hash, r->hash, SR_HASH) != 0)
			rc = sr_fail(e, SR_CORRUPT, "record %zu of %zu (offset %llu): hash differs",
				i + 1, o->count, (unsigned long long)r->offset);
	}
	sr_buf_free(&b);
	return rc;
}

int sr_object_check(
	struct sr_backend *b, const uint8_t name[SR_HASH], uint64_t *size, struct sr_err *e) {
	struct sr_object *o = calloc(1, sizeof *o);
	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "object: no memory");
	o->backend = b;
	sr_hash_name(o->path, "objects", name);
	int rc = read_table(o, name, e);
	if (rc == 0)
		rc = check_records(o, e);
	if (rc == 0)
		*size = o->size;
	sr_object_close(o);
	return rc;
}
