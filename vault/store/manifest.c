/*
 * manifest - encoding, strict decoding, sealing; see manifest.h.
 */
#include "store/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "store/itemkey.h"
#include "store/padme.h"

#define MANIFEST_LABEL "strongroom/manifest/v1"

static const char MAGIC[] = "SRMANI1\n";

enum {
	MAGIC_LEN = 8,
	AD_LEN = SR_HASH + SR_ID + 4,
	FORM_INLINE = 0,
	FORM_PARTS = 1,
	NANOSECONDS = 1000000000
};

/* --- files ---------------------------------------------------------------------------------------
 */

/* What encoder and decoder agree on. */
static int check_file(const struct sr_file *f, struct sr_err *e) {
	if (f->kind < SR_FILE_REGULAR || f->kind > SR_FILE_UNREADABLE)
		return sr_fail(e, SR_CORRUPT, "file kind %d", (int)f->kind);
	if ((f->flags & ~SR_FILE_CHANGED) != 0)
		return sr_fail(e, SR_CORRUPT, "file flags %u", f->flags);
	if (f->path.len == 0 || f->path.len > SR_PATH_MAX)
		return sr_fail(
			e, SR_CORRUPT, "path of %zu bytes, want 1 to %d", f->path.len, SR_PATH_MAX);
	if (f->media_type.len > SR_MEDIA_TYPE_MAX)
		return sr_fail(e, SR_CORRUPT, "media type of %zu bytes, at most %d",
			f->media_type.len, SR_MEDIA_TYPE_MAX);
	for (size_t i = 0; i < f->media_type.len; i++)
		if (f->media_type.p[i] < 0x20 || f->media_type.p[i] > 0x7e)
			return sr_fail(e, SR_CORRUPT, "media type has byte %u at %zu",
				f->media_type.p[i], i);
	if (f->note.len > SR_FILE_NOTE_MAX)
		return sr_fail(e, SR_CORRUPT, "note of %zu bytes, at most %d", f->note.len,
			SR_FILE_NOTE_MAX);
	if (f->mtime_ns >= NANOSECONDS)
		return sr_fail(e, SR_CORRUPT, "%u nanoseconds", f->mtime_ns);
	/* Every block but a file's last is full. */
	uint64_t blocks = f->size / SR_BLOCK + (f->size % SR_BLOCK != 0);
	if (f->block_count != (f->kind == SR_FILE_REGULAR ? blocks : 0))
		return sr_fail(e, SR_CORRUPT, "%llu blocks for a file of %llu bytes and kind %d",
			(unsigned long long)f->block_count, (unsigned long long)f->size,
			(int)f->kind);
	return 0;
}

bool sr_media_type_is_ours(struct sr_bytes type) {
	static const char ours[] = "vnd.strongroom.";
	const uint8_t *slash = type.len > 0 ? memchr(type.p, '/', type.len) : NULL;
	const size_t n = slash != NULL ? type.len - (size_t)(slash - type.p) - 1 : 0;

	return n >= sizeof ours - 1 && memcmp(slash + 1, ours, sizeof ours - 1) == 0;
}

bool sr_file_is_rendition(const struct sr_file *f) {
	return f->kind == SR_FILE_REGULAR &&
	       sr_bytes_eq(f->media_type, sr_bytes_str(SR_RENDITION_TEXT));
}

void sr_file_put(struct sr_buf *b, const struct sr_file *f) {
	if (check_file(f, NULL) != 0) {
		if (b->failed == SR_OK)
			b->failed = SR_MISUSE;
		return;
	}
	sr_buf_put_u8(b, (uint8_t)f->kind);
	sr_buf_put_u8(b, f->flags);
	sr_buf_put_le64(b, f->size);
	sr_buf_put_le64(b, (uint64_t)f->mtime_s);
	sr_buf_put_le32(b, f->mtime_ns);
	sr_buf_put(b, f->sha256, SR_HASH);
	sr_buf_put_le64(b, f->first_block);
	sr_buf_put_le64(b, f->block_count);
	sr_buf_put_lp(b, f->path);
	sr_buf_put_lp(b, f->media_type);
	sr_buf_put_lp(b, f->note);
}

static int get_file(struct sr_reader *r, struct sr_file *f, struct sr_err *e) {
	uint8_t kind = 0;
	uint64_t seconds = 0;
	int rc = sr_get_u8(r, &kind, e);
	if (rc == 0)
		rc = sr_get_u8(r, &f->flags, e);
	if (rc == 0)
		rc = sr_get_le64(r, &f->size, e);
	if (rc == 0)
		rc = sr_get_le64(r, &seconds, e);
	if (rc == 0)
		rc = sr_get_le32(r, &f->mtime_ns, e);
	if (rc == 0)
		rc = sr_get(r, f->sha256, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le64(r, &f->first_block, e);
	if (rc == 0)
		rc = sr_get_le64(r, &f->block_count, e);
	if (rc == 0)
		rc = sr_get_lp(r, &f->path, SR_PATH_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(r, &f->media_type, SR_MEDIA_TYPE_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(r, &f->note, SR_FILE_NOTE_MAX, e);
	if (rc != 0)
		return rc;
	if (kind < SR_FILE_REGULAR || kind > SR_FILE_UNREADABLE)
		return sr_fail(e, SR_CORRUPT, "file kind %u", kind);
	f->kind = (enum sr_file_kind)kind;
	memcpy(&f->mtime_s, &seconds, sizeof seconds);
	return check_file(f, e);
}

int sr_file_get(struct sr_reader *r, struct sr_file *out, struct sr_err *e) {
	struct sr_file f = {.kind = SR_FILE_REGULAR};
	size_t at = r->pos;
	int rc = get_file(r, &f, e);
	if (rc != 0) {
		r->pos = at;
		if (e != NULL)
			(void)sr_wrap(e, "file record at %zu", at);
		return rc;
	}
	*out = f;
	return 0;
}

/* --- streams -------------------------------------------------------------------------------------
 */

void sr_stream_init(struct sr_stream *s) {
	memset(s, 0, sizeof *s);
	sr_buf_init_secret(&s->inline_bytes);
}

void sr_stream_free(struct sr_stream *s) {
	sr_buf_free(&s->inline_bytes);
	if (s->parts != NULL)
		sr_wipe(s->parts, s->part_count * sizeof *s->parts);
	free(s->parts);
	free(s->rows);
	sr_stream_init(s);
}

void sr_stream_put(struct sr_buf *b, const struct sr_stream *s) {
	sr_buf_put_u8(b, s->part_count > 0 ? FORM_PARTS : FORM_INLINE);
	sr_buf_put_le64(b, s->len);
	if (s->part_count == 0) {
		if (s->len != s->inline_bytes.len && b->failed == SR_OK)
			b->failed = SR_MISUSE;
		sr_buf_put_buf(b, &s->inline_bytes);
		return;
	}
	sr_buf_put_le32(b, (uint32_t)s->part_count);
	for (size_t i = 0; i < s->part_count; i++) {
		sr_block_ref_put(b, &s->parts[i]);
		sr_buf_put_le32(b, s->rows[i]);
	}
}

static int get_parts(struct sr_stream *s, struct sr_reader *r, struct sr_err *e) {
	uint32_t n = 0;
	uint64_t sum = 0;
	int rc = sr_get_le32(r, &n, e);
	if (rc != 0)
		return rc;
	if (n == 0 || n > sr_reader_left(r) / (SR_BLOCK_REF + 4))
		return sr_fail(e, SR_CORRUPT, "a stream says %u parts, %zu bytes are left", n,
			sr_reader_left(r));
	s->parts = calloc(n, sizeof *s->parts);
	s->rows = calloc(n, sizeof *s->rows);
	if (s->parts == NULL || s->rows == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %u parts", n);
	s->part_count = n;
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		struct sr_bytes v = {NULL, 0};
		rc = sr_get_view(r, &v, SR_BLOCK_REF, e);
		if (rc == 0)
			rc = sr_block_ref_get(&s->parts[i], v.p, e);
		if (rc == 0)
			rc = sr_get_le32(r, &s->rows[i], e);
		sum += s->parts[i].plain_len;
	}
	if (rc == 0 && sum != s->len)
		rc = sr_fail(e, SR_CORRUPT, "a stream says %llu bytes, its %u parts hold %llu",
			(unsigned long long)s->len, n, (unsigned long long)sum);
	return rc;
}

int sr_stream_get(struct sr_stream *out, struct sr_reader *r, size_t inline_max, struct sr_err *e) {
	struct sr_stream s;
	uint8_t form = 0;
	sr_stream_init(&s);
	int rc = sr_get_u8(r, &form, e);
	if (rc == 0)
		rc = sr_get_le64(r, &s.len, e);
	if (rc == 0 && form > FORM_PARTS)
		rc = sr_fail(e, SR_CORRUPT, "stream form %u", form);
	if (rc == 0 && form == FORM_PARTS)
		rc = get_parts(&s, r, e);
	if (rc == 0 && form == FORM_INLINE) {
		struct sr_bytes v = {NULL, 0};
		if (s.len > inline_max)
			rc = sr_fail(e, SR_CORRUPT, "a stream of %llu bytes inline, at most %zu",
				(unsigned long long)s.len, inline_max);
		else
			rc = sr_get_view(r, &v, (size_t)s.len, e);
		if (rc == 0) {
			sr_buf_put_bytes(&s.inline_bytes, v);
			rc = sr_buf_ok(&s.inline_bytes, e);
		}
	}
	if (rc != 0) {
		sr_stream_free(&s);
		return rc;
	}
	*out = s;
	return 0;
}

/* --- the root ------------------------------------------------------------------------------------
 */

void sr_manifest_init(struct sr_manifest *m) {
	memset(m, 0, sizeof *m);
	sr_stream_init(&m->files);
	sr_stream_init(&m->blocks);
}

void sr_manifest_free(struct sr_manifest *m) {
	sr_stream_free(&m->files);
	sr_stream_free(&m->blocks);
	sr_manifest_init(m);
}

int sr_manifest_encode(struct sr_buf *out, const struct sr_manifest *m, struct sr_err *e) {
	size_t start = out->len;
	sr_buf_put(out, MAGIC, MAGIC_LEN);
	sr_buf_put(out, m->domain, SR_ID);
	sr_buf_put_u8(out, (uint8_t)m->dedupe);
	sr_buf_put_le64(out, m->file_count);
	sr_buf_put_le64(out, m->bytes);
	sr_buf_put_le64(out, m->block_count);
	sr_stream_put(out, &m->files);
	sr_stream_put(out, &m->blocks);
	int rc = sr_buf_ok(out, e);
	if (rc == 0 && out->len - start > SR_MANIFEST_ROOT_MAX)
		rc = sr_fail(e, SR_LIMIT, "manifest root of %zu bytes, at most %d",
			out->len - start, SR_MANIFEST_ROOT_MAX);
	return rc;
}

/* The rows of the parts against the count that the root says; inline rows are counted when they are
 * read. */
static int check_rows(const struct sr_stream *s, uint64_t count, const char *of, struct sr_err *e) {
	uint64_t sum = 0;
	for (size_t i = 0; i < s->part_count; i++)
		sum += s->rows[i];
	if (s->part_count > 0 && sum != count)
		return sr_fail(e, SR_CORRUPT, "manifest says %llu %s, its parts hold %llu",
			(unsigned long long)count, of, (unsigned long long)sum);
	if (s->part_count == 0 && (s->len == 0) != (count == 0))
		return sr_fail(e, SR_CORRUPT, "manifest says %llu %s in %llu bytes",
			(unsigned long long)count, of, (unsigned long long)s->len);
	return 0;
}

static int check_manifest(const struct sr_manifest *m, struct sr_err *e) {
	if (m->file_count > SR_MANIFEST_FILES_MAX)
		return sr_fail(e, SR_LIMIT, "manifest of %llu files, at most %d",
			(unsigned long long)m->file_count, SR_MANIFEST_FILES_MAX);
	int rc = check_rows(&m->files, m->file_count, "files", e);
	return rc == 0 ? check_rows(&m->blocks, m->block_count, "blocks", e) : rc;
}

static int get_root(struct sr_manifest *m, struct sr_reader *r, struct sr_err *e) {
	uint8_t magic[MAGIC_LEN];
	uint8_t dedupe = 0;
	int rc = sr_get(r, magic, sizeof magic, e);
	if (rc == 0 && memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		rc = sr_fail(e, SR_CORRUPT, "the manifest does not begin with its mark");
	if (rc == 0)
		rc = sr_get(r, m->domain, SR_ID, e);
	if (rc == 0)
		rc = sr_get_u8(r, &dedupe, e);
	if (rc == 0 && dedupe > SR_DEDUPE_COLLECTION)
		rc = sr_fail(e, SR_UNSUPPORTED, "dedupe mode %u is not known here", dedupe);
	m->dedupe = dedupe == SR_DEDUPE_NONE ? SR_DEDUPE_NONE : SR_DEDUPE_COLLECTION;
	if (rc == 0)
		rc = sr_get_le64(r, &m->file_count, e);
	if (rc == 0)
		rc = sr_get_le64(r, &m->bytes, e);
	if (rc == 0)
		rc = sr_get_le64(r, &m->block_count, e);
	if (rc == 0)
		rc = sr_stream_get(&m->files, r, SR_STREAM_INLINE, e);
	if (rc == 0)
		rc = sr_stream_get(&m->blocks, r, SR_STREAM_INLINE, e);
	if (rc == 0)
		rc = sr_get_end(r, e);
	return rc == 0 ? check_manifest(m, e) : rc;
}

int sr_manifest_decode(struct sr_manifest *out, struct sr_bytes root, struct sr_err *e) {
	struct sr_manifest m;
	struct sr_reader r;
	sr_manifest_init(&m);
	sr_manifest_init(out);
	sr_reader_init(&r, root);
	int rc = root.len > SR_MANIFEST_ROOT_MAX
			 ? sr_fail(e, SR_LIMIT, "manifest root of %zu bytes, at most %d", root.len,
				   SR_MANIFEST_ROOT_MAX)
			 : get_root(&m, &r, e);
	if (rc != 0) {
		sr_manifest_free(&m);
		if (e != NULL)
			(void)sr_wrap(e, "manifest");
		return rc;
	}
	*out = m;
	return 0;
}

/* --- sealed --------------------------------------------------------------------------------------
 */

static void put_ad(uint8_t ad[AD_LEN], const struct sr_manifest_place *at) {
	memcpy(ad, at->vault, SR_HASH);
	memcpy(ad + SR_HASH, at->item, SR_ID);
	sr_le32_put(ad + SR_HASH + SR_ID, at->n);
}

int sr_manifest_seal(struct sr_buf *out, const struct sr_manifest *m,
	const uint8_t item_key[SR_KEY], const struct sr_manifest_place *at, struct sr_err *e) {
	uint8_t key[SR_KEY];
	uint8_t ad[AD_LEN];
	struct sr_buf plain;
	sr_buf_init_secret(&plain);
	sr_item_subkey(key, item_key, at->vault, at->item, SR_SUBKEY_MANIFEST);
	put_ad(ad, at);
	sr_buf_put_le64(&plain, 0);
	int rc = sr_manifest_encode(&plain, m, e);
	if (rc == 0) {
		sr_le64_put(plain.p, plain.len - 8);
		sr_buf_put_zero(&plain, (size_t)sr_padme(plain.len, SR_PAD_META) - plain.len);
		rc = sr_buf_ok(&plain, e);
	}
	if (rc == 0)
		rc = sr_aead_seal_buf(out, key, MANIFEST_LABEL, sr_bytes_of(ad, sizeof ad),
			sr_buf_view(&plain), e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&plain);
	return rc;
}

int sr_manifest_open(struct sr_manifest *out, struct sr_bytes sealed,
	const uint8_t item_key[SR_KEY], const struct sr_manifest_place *at, struct sr_err *e) {
	uint8_t key[SR_KEY];
	uint8_t ad[AD_LEN];
	struct sr_buf plain;
	sr_manifest_init(out);
	sr_buf_init_secret(&plain);
	sr_item_subkey(key, item_key, at->vault, at->item, SR_SUBKEY_MANIFEST);
	put_ad(ad, at);
	int rc = sr_aead_open_buf(
		&plain, key, MANIFEST_LABEL, sr_bytes_of(ad, sizeof ad), sealed, e);
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "manifest");
	if (rc == 0 && (plain.len < 8 || sr_le64_get(plain.p) > plain.len - 8))
		rc = sr_fail(
			e, SR_CORRUPT, "manifest: %zu bytes are shorter than they say", plain.len);
	if (rc == 0)
		rc = sr_manifest_decode(
			out, sr_bytes_of(plain.p + 8, (size_t)sr_le64_get(plain.p)), e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&plain);
	return rc;
}
