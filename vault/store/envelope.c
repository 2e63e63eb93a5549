/*
 * envelope - encode, strict decode, and many at once; see envelope.h.
 *
 * Batch: STAGED files have a temporary name each; a step makes them durable with one syncfs,
 * renames them, and a second syncfs makes the names durable. What has been renamed is remembered so
 * that abort can take it back.
 */
#include "store/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

static const char MAGIC[] = "SRITEM1\n";

enum {
	MAGIC_LEN = 8,
	SIGNED_TEXT = 23 + 5 + 2 * SR_HASH + 1
};

/* --- bytes ---------------------------------------------------------------------------------------
 */

void sr_envelope_hash(uint8_t hash[SR_HASH], struct sr_bytes file) {
	SR_HASH_OF(hash, "strongroom/envelope-file/v1", NULL, file);
}

/* The text that the room signs for the bytes before the signature. */
static struct sr_bytes signed_text(char text[SIGNED_TEXT + 1], struct sr_bytes before) {
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];
	SR_HASH_OF(hash, "strongroom/envelope/v1", NULL, before);
	sr_hex(hex, hash, SR_HASH);
	(void)snprintf(text, SIGNED_TEXT + 1, "strongroom/envelope/v1\nhash %s\n", hex);
	return sr_bytes_str(text);
}

/* What encoder and decoder agree on. */
static int check(const struct sr_envelope *v, struct sr_err *e) {
	if (v->seal.len == 0 || v->seal.len > SR_ENVELOPE_SEAL_MAX)
		return sr_fail(e, SR_LIMIT, "envelope: seal of %zu bytes, want 1 to %d",
			v->seal.len, SR_ENVELOPE_SEAL_MAX);
	if (v->manifest.len == 0 || v->manifest.len > SR_ENVELOPE_PART_MAX)
		return sr_fail(e, SR_LIMIT, "envelope: manifest of %zu bytes, want 1 to %d",
			v->manifest.len, SR_ENVELOPE_PART_MAX);
	if (v->reach.len == 0 || v->reach.len > SR_ENVELOPE_PART_MAX)
		return sr_fail(e, SR_LIMIT, "envelope: reach list of %zu bytes, want 1 to %d",
			v->reach.len, SR_ENVELOPE_PART_MAX);
	if ((v->dedupe != SR_DEDUPE_NONE && v->dedupe != SR_DEDUPE_COLLECTION) ||
		(v->kind != SR_ITEM_ORIGINAL && v->kind != SR_ITEM_REDACTED))
		return sr_fail(e, SR_UNSUPPORTED, "envelope: dedupe mode %d, kind %d",
			(int)v->dedupe, (int)v->kind);
	return 0;
}

int sr_envelope_encode(struct sr_buf *out, uint8_t hash[SR_HASH], const struct sr_envelope *env,
	const struct sr_envelope_signer *s, struct sr_err *e) {
	char text[SIGNED_TEXT + 1];
	uint8_t sig[SR_SIG];
	size_t start = out->len;
	int rc = check(env, e);
	if (rc != 0)
		return rc;
	sr_buf_put(out, MAGIC, MAGIC_LEN);
	sr_buf_put(out, env->vault, SR_HASH);
	sr_buf_put(out, env->item, SR_ID);
	sr_buf_put_le32(out, env->n);
	sr_buf_put(out, env->collection, SR_ID);
	sr_buf_put(out, env->board, SR_ID);
	sr_buf_put_u8(out, env->level);
	sr_buf_put_le32(out, env->epoch);
	sr_buf_put_u8(out, (uint8_t)env->dedupe);
	sr_buf_put_u8(out, (uint8_t)env->kind);
	sr_buf_put_u8(out, 0);
	sr_buf_put(out, env->commitment, SR_HASH);
	sr_buf_put_lp(out, env->seal);
	sr_buf_put_lp(out, env->manifest);
	sr_buf_put_lp(out, env->reach);
	rc = sr_buf_ok(out, e);
	if (rc == 0)
		rc = s->sign(s->ctx, sig,
			signed_text(text, sr_bytes_of(out->p + start, out->len - start)), e);
	if (rc != 0)
		return rc;
	sr_buf_put(out, sig, SR_SIG);
	rc = sr_buf_ok(out, e);
	if (rc == 0)
		sr_envelope_hash(hash, sr_bytes_of(out->p + start, out->len - start));
	return rc;
}

static int get_head(struct sr_envelope *v, struct sr_reader *r, struct sr_err *e) {
	struct sr_bytes head = {NULL, 0};
	int rc = sr_get_view(r, &head, SR_ENVELOPE_FIXED, e);
	if (rc != 0)
		return rc;
	const uint8_t *p = head.p;
	if (memcmp(p, MAGIC, MAGIC_LEN) != 0)
		return sr_fail(e, SR_CORRUPT, "it does not begin with its mark");
	if (p[99] != 0 || p[97] > SR_DEDUPE_COLLECTION ||
		(p[98] != SR_ITEM_ORIGINAL && p[98] != SR_ITEM_REDACTED))
		return sr_fail(e, SR_UNSUPPORTED, "dedupe mode %u, kind %u, byte 99 is %u", p[97],
			p[98], p[99]);
	memcpy(v->vault, p + 8, SR_HASH);
	memcpy(v->item, p + 40, SR_ID);
	v->n = sr_le32_get(p + 56);
	memcpy(v->collection, p + 60, SR_ID);
	memcpy(v->board, p + 76, SR_ID);
	v->level = p[92];
	v->epoch = sr_le32_get(p + 93);
	v->dedupe = p[97] == SR_DEDUPE_NONE ? SR_DEDUPE_NONE : SR_DEDUPE_COLLECTION;
	v->kind = p[98] == SR_ITEM_ORIGINAL ? SR_ITEM_ORIGINAL : SR_ITEM_REDACTED;
	memcpy(v->commitment, p + 100, SR_HASH);
	return 0;
}

static int get_envelope(
	struct sr_envelope *v, struct sr_bytes in, const uint8_t room_pk[SR_PK], struct sr_err *e) {
	struct sr_reader r;
	struct sr_bytes sig = {NULL, 0};
	char text[SIGNED_TEXT + 1];
	sr_reader_init(&r, in);
	int rc = get_head(v, &r, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &v->seal, SR_ENVELOPE_SEAL_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &v->manifest, SR_ENVELOPE_PART_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &v->reach, SR_ENVELOPE_PART_MAX, e);
	size_t before = r.pos;
	if (rc == 0)
		rc = sr_get_view(&r, &sig, SR_SIG, e);
	if (rc == 0)
		rc = sr_get_end(&r, e);
	if (rc == 0)
		rc = check(v, e);
	if (rc == 0)
		rc = sr_verify(sig.p, room_pk, signed_text(text, sr_bytes_of(in.p, before)), e);
	return rc;
}

int sr_envelope_decode(struct sr_envelope *out, struct sr_bytes in, const uint8_t room_pk[SR_PK],
	struct sr_err *e) {
	struct sr_envelope v;
	memset(&v, 0, sizeof v);
	int rc = get_envelope(&v, in, room_pk, e);
	if (rc != 0) {
		if (e != NULL)
			(void)sr_wrap(e, "envelope");
		return rc;
	}
	*out = v;
	return 0;
}

/* --- names and single files ----------------------------------------------------------------------
 */

void sr_envelope_name(char out[SR_ENVELOPE_NAME], const uint8_t item[SR_ID], uint32_t n) {
	char hex[2 * SR_ID + 1];
	sr_hex(hex, item, SR_ID);
	(void)snprintf(out, SR_ENVELOPE_NAME, "%s.%u", hex, n);
}

int sr_envelope_name_parse(uint8_t item[SR_ID], uint32_t *n, const char *name, struct sr_err *e) {
	char shown[120];
	struct sr_bytes v = sr_bytes_str(name);
	uint8_t id[SR_ID];
	uint64_t number = 0;
	size_t hex = 2 * (size_t)SR_ID;
	if (v.len <= hex + 1 || v.p[hex] != '.' ||
		sr_unhex(id, SR_ID, sr_bytes_of(v.p, hex), NULL) != 0 ||
		sr_parse_dec(&number, sr_bytes_of(v.p + hex + 1, v.len - hex - 1), UINT32_MAX,
			NULL) != 0)
		return sr_fail(e, SR_CORRUPT, "%s is not the name of an envelope",
			sr_escape_to(shown, sizeof shown, v));
	memcpy(item, id, SR_ID);
	*n = (uint32_t)number;
	return 0;
}

int sr_envelope_load(struct sr_envelope *out, struct sr_buf *file, struct sr_dir *items,
	const struct sr_envelope_want *want, struct sr_err *e) {
	char name[SR_ENVELOPE_NAME];
	uint8_t hash[SR_HASH];
	struct sr_envelope v;
	sr_envelope_name(name, want->item, want->n);
	sr_buf_clear(file);
	int rc = sr_file_read(items, name, file, SR_ENVELOPE_MAX, e);
	if (rc != 0)
		return rc;
	sr_envelope_hash(hash, sr_buf_view(file));
	if (memcmp(hash, want->hash, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"envelope %s: it is not the one that the statement names", name);
	rc = sr_envelope_decode(&v, sr_buf_view(file), want->room_pk, e);
	for (size_t i = 0; rc == SR_AUTH && i < want->former_count; i++) {
		sr_err_clear(e);
		rc = sr_envelope_decode(&v, sr_buf_view(file), want->former_room + i * SR_PK, e);
	}
	if (rc == 0 && (v.n != want->n || memcmp(v.item, want->item, SR_ID) != 0))
		rc = sr_fail(e, SR_AUTH, "envelope: it is of another item");
	if (rc != 0) {
		if (e != NULL)
			(void)sr_wrap(e, "%s", name);
		return rc;
	}
	*out = v;
	return 0;
}

int sr_envelope_remove(
	struct sr_dir *items, const uint8_t item[SR_ID], uint32_t n, struct sr_err *e) {
	char name[SR_ENVELOPE_NAME];
	sr_envelope_name(name, item, n);
	return sr_file_remove(items, name, e);
}

int sr_envelope_place(struct sr_dir *items, const uint8_t item[SR_ID], uint32_t n,
	struct sr_bytes file, struct sr_err *e) {
	char name[SR_ENVELOPE_NAME];
	sr_envelope_name(name, item, n);
	return sr_file_create_later(items, name, file, e);
}

/* --- many at once --------------------------------------------------------------------------------
 */

struct staged {
	struct sr_tmpfile *file;
	uint8_t item[SR_ID];
	uint32_t n;
};

struct named {
	uint8_t item[SR_ID];
	uint32_t n;
};

struct sr_envelope_batch {
	struct sr_dir *items; /* borrowed */
	struct staged staged[SR_ENVELOPE_BATCH];
	size_t count;
	struct sr_buf named; /* of struct named */
	bool failed;
};

int sr_envelope_batch_new(struct sr_envelope_batch **out, struct sr_dir *items, struct sr_err *e) {
	*out = NULL;
	struct sr_envelope_batch *b = calloc(1, sizeof *b);
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "envelope: no memory for a batch");
	b->items = items;
	sr_buf_init(&b->named);
	*out = b;
	return 0;
}

/* Sync, name, sync what is staged. */
static int step(struct sr_envelope_batch *b, struct sr_err *e) {
	char name[SR_ENVELOPE_NAME];
	if (b->count == 0)
		return 0;
	int rc = sr_buf_reserve(&b->named, b->count * sizeof(struct named), e);
	if (rc == 0)
		rc = sr_dir_syncfs(b->items, e);
	for (size_t i = 0; rc == 0 && i < b->count; i++) {
		struct staged *s = &b->staged[i];
		struct named done = {.n = s->n};
		memcpy(done.item, s->item, SR_ID);
		sr_envelope_name(name, s->item, s->n);
		sr_tmpfile_synced(s->file);
		rc = sr_tmpfile_commit(s->file, name, false, false, e);
		s->file = NULL;
		if (rc == 0)
			sr_buf_put(&b->named, &done, sizeof done);
	}
	if (rc == 0)
		rc = sr_dir_syncfs(b->items, e);
	if (rc == 0)
		b->count = 0;
	return rc;
}

int sr_envelope_batch_add(struct sr_envelope_batch *b, const uint8_t item[SR_ID], uint32_t n,
	struct sr_bytes file, struct sr_err *e) {
	if (b->failed)
		return sr_fail(e, SR_MISUSE, "envelope: add after a failure");
	int rc = b->count == SR_ENVELOPE_BATCH ? step(b, e) : 0;
	if (rc == 0) {
		struct staged *s = &b->staged[b->count];
		memcpy(s->item, item, SR_ID);
		s->n = n;
		rc = sr_tmpfile_new(&s->file, b->items, e);
		if (rc == 0) {
			b->count++;
			rc = sr_tmpfile_write(s->file, file.p, file.len, e);
		}
	}
	if (rc != 0)
		b->failed = true;
	return rc;
}

static void batch_free(struct sr_envelope_batch *b) {
	for (size_t i = 0; i < b->count; i++)
		sr_tmpfile_abort(b->staged[i].file);
	sr_buf_free(&b->named);
	free(b);
}

int sr_envelope_batch_commit(struct sr_envelope_batch *b, struct sr_err *e) {
	if (b->failed)
		return sr_fail(e, SR_MISUSE, "envelope: commit after a failure");
	int rc = step(b, e);
	if (rc != 0) {
		b->failed = true;
		return rc;
	}
	batch_free(b);
	return 0;
}

void sr_envelope_batch_abort(struct sr_envelope_batch *b) {
	if (b == NULL)
		return;
	for (size_t i = 0; i + sizeof(struct named) <= b->named.len; i += sizeof(struct named)) {
		struct named done;
		memcpy(&done, b->named.p + i, sizeof done);
		/* What cannot be removed now is found at the next open: it has no statement. */
		(void)!sr_envelope_remove(b->items, done.item, done.n, NULL);
	}
	batch_free(b);
}
