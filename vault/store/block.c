/*
 * block - see block.h.
 *
 * Three buffers. Sealing: `plain` holds 6 bytes of head and the plaintext, `packed` the head and
 * the compressed data, `record` the sealed record; no copy is made when compression does not pay.
 * Opening goes the other way without touching `plain`: record -> packed -> record. So a sealer can
 * read back a stored record while it still holds the block it may have to seal again.
 */
#include "store/block.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_LABEL "strongroom/block-record/v1"
#define H_LABEL "strongroom/block/v1"

enum {
	AD_LEN = SR_HASH + SR_ID + 1 + SR_HASH,
	MESSAGE_MAX = SR_BLOCK_HEAD + SR_BLOCK
};

struct buffer {
	uint8_t *p;
	size_t used; /* bytes at its beginning that may hold a secret, and are wiped: to touch the
			rest would cost a small block a megabyte of new memory */
};

struct sr_block_work {
	const struct sr_block_domain *d; /* borrowed */
	enum sr_codec_id codec;
	struct sr_codec *coder;
	struct buffer plain;  /* MESSAGE_MAX */
	struct buffer packed; /* MESSAGE_MAX */
	struct buffer record; /* SR_RECORD_ROOM */
};

static void use(struct buffer *b, size_t len) {
	if (b->used < len)
		b->used = len;
}

void sr_block_hash(uint8_t h[SR_HASH], struct sr_bytes plain) {
	SR_HASH_OF(h, H_LABEL, NULL, plain);
}

void sr_block_hashes(uint8_t (*h)[SR_HASH], const struct sr_bytes *plain, size_t count) {
	struct sr_lane lanes[SR_LANES_TEXTS] = {0};
	for (size_t i = 0; i < count && i < SR_LANES_TEXTS; i++)
		lanes[i].text = plain[i];
	sr_hash_lanes(h, H_LABEL, lanes, count);
}

void sr_block_name(
	struct sr_block_ref *ref, enum sr_block_kind kind, const struct sr_block_domain *d) {
	const uint8_t k = (uint8_t)kind;
	if (d->dedupe == SR_DEDUPE_NONE)
		sr_random(ref->key, sizeof ref->key);
	else
		SR_HASH_OF(ref->key, "strongroom/block-key/v1", d->kdf_key,
			sr_bytes_of(d->domain, SR_ID), sr_bytes_of(&k, 1),
			sr_bytes_of(ref->h, SR_HASH));
	sr_block_cid(ref);
}

void sr_block_cid(struct sr_block_ref *ref) {
	sr_hash_of(ref->cid, "strongroom/block-cid/v1", ref->key, NULL, 0);
}

int sr_block_work_new(struct sr_block_work **out, const struct sr_block_domain *d,
	enum sr_codec_id codec, struct sr_err *e) {
	*out = NULL;
	struct sr_block_work *w = calloc(1, sizeof *w);
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "block: no memory for working buffers");
	w->d = d;
	w->codec = codec;
	w->plain.p = malloc(MESSAGE_MAX);
	w->packed.p = malloc(MESSAGE_MAX);
	w->record.p = aligned_alloc(SR_DIRECT_PAGE, SR_RECORD_ROOM);
	int rc = sr_codec_new(&w->coder, e);
	if (rc == 0 && (w->plain.p == NULL || w->packed.p == NULL || w->record.p == NULL))
		rc = sr_fail(e, SR_NOMEM, "block: no memory for working buffers");
	if (rc != 0) {
		sr_block_work_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

static void wipe(struct buffer *b) {
	if (b->p != NULL)
		sr_wipe(b->p, b->used);
	b->used = 0;
}

void sr_block_work_free(struct sr_block_work *w) {
	if (w == NULL)
		return;
	wipe(&w->plain);
	wipe(&w->packed);
	wipe(&w->record);
	free(w->plain.p);
	free(w->packed.p);
	free(w->record.p);
	sr_codec_free(w->coder);
	free(w);
}

uint8_t *sr_block_work_record(struct sr_block_work *w) {
	return w->record.p;
}

static void put_ad(uint8_t ad[AD_LEN], const struct sr_block_domain *d, enum sr_block_kind kind,
	const uint8_t cid[SR_HASH]) {
	memcpy(ad, d->vault, SR_HASH);
	memcpy(ad + SR_HASH, d->domain, SR_ID);
	ad[SR_HASH + SR_ID] = (uint8_t)kind;
	memcpy(ad + SR_HASH + SR_ID + 1, cid, SR_HASH);
}

/* ${message}: where ${plain} lies, or is copied if it has to be, behind SR_BLOCK_HEAD bytes. */
static int seal(struct sr_block_work *w, enum sr_block_kind kind, struct sr_block_ref *ref,
	struct sr_bytes plain, uint8_t *message, size_t at, struct sr_bytes *record,
	struct sr_err *e) {
	uint8_t ad[AD_LEN];
	size_t packed_len = 0;
	size_t len = plain.len;
	if (plain.len != ref->plain_len || plain.len > SR_BLOCK)
		return sr_fail(e, SR_MISUSE, "block: %zu bytes to seal, the ref says %u", plain.len,
			ref->plain_len);
	if (at > SR_RECORD_MAX || SR_RECORD_MAX - at < SR_RECORD_OVERHEAD + plain.len)
		return sr_fail(
			e, SR_MISUSE, "block: no room for %zu bytes behind %zu", plain.len, at);
	use(&w->packed, MESSAGE_MAX);
	int rc = sr_codec_encode(
		w->coder, w->codec, plain, w->packed.p + SR_BLOCK_HEAD, &packed_len, e);
	if (rc != 0)
		return rc;
	if (packed_len > 0) {
		message = w->packed.p;
		len = packed_len;
	} else if (plain.p != message + SR_BLOCK_HEAD && len > 0) {
		use(&w->plain, SR_BLOCK_HEAD + len);
		memcpy(message + SR_BLOCK_HEAD, plain.p, len);
	}
	message[0] = packed_len > 0 ? (uint8_t)w->codec : (uint8_t)SR_CODEC_NONE;
	message[1] = packed_len > 0 ? SR_CODEC_LEVEL : 0;
	sr_le32_put(message + 2, ref->plain_len);
	put_ad(ad, w->d, kind, ref->cid);
	sr_aead_seal(w->record.p + at, ref->key, RECORD_LABEL, sr_bytes_of(ad, sizeof ad),
		sr_bytes_of(message, SR_BLOCK_HEAD + len));
	ref->len = (uint32_t)(SR_RECORD_OVERHEAD + len);
	*record = sr_bytes_of(w->record.p + at, ref->len);
	return 0;
}

int sr_block_seal_in(struct sr_block_work *w, enum sr_block_kind kind, struct sr_block_ref *ref,
	uint8_t *message, size_t at, struct sr_bytes *record, struct sr_err *e) {
	return seal(w, kind, ref, sr_bytes_of(message + SR_BLOCK_HEAD, ref->plain_len), message, at,
		record, e);
}

int sr_block_seal_of(struct sr_block_work *w, enum sr_block_kind kind, struct sr_block_ref *ref,
	struct sr_bytes plain, struct sr_bytes *record, struct sr_err *e) {
	return seal(w, kind, ref, plain, w->plain.p, 0, record, e);
}

/* From the opened message in w->packed to the plaintext, in w->packed or w->record. */
static int unpack(struct sr_block_work *w, const struct sr_block_ref *ref, struct sr_bytes *plain,
	struct sr_err *e) {
	const uint8_t *m = w->packed.p;
	uint32_t plain_len = sr_le32_get(m + 2);
	size_t len = ref->len - SR_RECORD_OVERHEAD;
	if (plain_len != ref->plain_len)
		return sr_fail(e, SR_CORRUPT, "block holds %u bytes, the manifest says %u",
			plain_len, ref->plain_len);
	if (m[0] == SR_CODEC_NONE && len == plain_len) {
		*plain = sr_bytes_of(m + SR_BLOCK_HEAD, len);
	} else {
		use(&w->record, plain_len);
		int rc = sr_codec_decode(w->coder, m[0], sr_bytes_of(m + SR_BLOCK_HEAD, len),
			w->record.p, plain_len, e);
		if (rc != 0)
			return rc;
		*plain = sr_bytes_of(w->record.p, plain_len);
	}
	return 0;
}

static void wipe_opened(struct sr_block_work *w, struct sr_bytes *plain) {
	wipe(&w->packed);
	wipe(&w->record);
	*plain = sr_bytes_of(NULL, 0);
}

int sr_block_unseal(struct sr_block_work *w, enum sr_block_kind kind,
	const struct sr_block_ref *ref, const uint8_t *record, struct sr_bytes *plain,
	struct sr_err *e) {
	uint8_t ad[AD_LEN];
	*plain = sr_bytes_of(NULL, 0);
	if (ref->len <= SR_RECORD_OVERHEAD || ref->len > SR_RECORD_MAX)
		return sr_fail(e, SR_CORRUPT, "record of %u bytes, want %d to %d", ref->len,
			SR_RECORD_OVERHEAD + 1, SR_RECORD_MAX);
	put_ad(ad, w->d, kind, ref->cid);
	use(&w->packed, ref->len - SR_AEAD_OVERHEAD);
	int rc = sr_aead_open(w->packed.p, ref->key, RECORD_LABEL, sr_bytes_of(ad, sizeof ad),
		sr_bytes_of(record, ref->len), e);
	if (rc == 0)
		rc = unpack(w, ref, plain, e);
	if (rc != 0)
		wipe_opened(w, plain);
	return rc;
}

int sr_block_open(struct sr_block_work *w, enum sr_block_kind kind, const struct sr_block_ref *ref,
	struct sr_bytes *plain, struct sr_err *e) {
	uint8_t h[SR_HASH];
	int rc = sr_block_unseal(w, kind, ref, w->record.p, plain, e);
	if (rc != 0)
		return rc;
	sr_block_hash(h, *plain);
	if (sr_ct_eq(h, ref->h, SR_HASH))
		return 0;
	wipe_opened(w, plain);
	return sr_fail(e, SR_AUTH, "block's plaintext does not have the hash of the manifest");
}

int sr_block_same(struct sr_block_work *w, enum sr_block_kind kind, const struct sr_block_ref *ref,
	struct sr_bytes plain, struct sr_err *e) {
	struct sr_bytes got = {NULL, 0};
	int rc = sr_block_unseal(w, kind, ref, w->record.p, &got, e);
	if (rc == 0 && !sr_bytes_eq(got, plain))
		rc = sr_fail(e, SR_AUTH, "block's plaintext is another than the one at hand");
	if (rc != 0)
		wipe_opened(w, &got);
	return rc;
}

void sr_block_ref_put(struct sr_buf *b, const struct sr_block_ref *ref) {
	sr_buf_put(b, ref->cid, SR_HASH);
	sr_buf_put(b, ref->key, SR_KEY);
	sr_buf_put(b, ref->h, SR_HASH);
	sr_buf_put(b, ref->pack, SR_HASH);
	sr_buf_put_le32(b, ref->offset);
	sr_buf_put_le32(b, ref->len);
	sr_buf_put_le32(b, ref->plain_len);
}

int sr_block_ref_get(struct sr_block_ref *out, const uint8_t p[SR_BLOCK_REF], struct sr_err *e) {
	struct sr_block_ref r = {.offset = 0};
	memcpy(r.cid, p, SR_HASH);
	memcpy(r.key, p + 32, SR_KEY);
	memcpy(r.h, p + 64, SR_HASH);
	memcpy(r.pack, p + 96, SR_HASH);
	r.offset = sr_le32_get(p + 128);
	r.len = sr_le32_get(p + 132);
	r.plain_len = sr_le32_get(p + 136);
	int rc = 0;
	if (r.len <= SR_RECORD_OVERHEAD || r.len > SR_RECORD_MAX || r.plain_len == 0 ||
		r.plain_len > SR_BLOCK || r.offset > SR_PACK_MAX)
		rc = sr_fail(e, SR_CORRUPT,
			"block ref: record of %u bytes at %u for %u bytes of plaintext", r.len,
			r.offset, r.plain_len);
	else
		*out = r;
	sr_wipe(&r, sizeof r);
	return rc;
}
