/*
 * reach - see reach.h. Nothing here opens content: the structure key gives names and cids only.
 */
#include "store/reach.h"

#include <string.h>

#include "store/fetch.h"
#include "store/padme.h"

#define REACH_LABEL "strongroom/reach/v1"

static const char MAGIC[] = "SRREACH1";

enum {
	MAGIC_LEN = 8,
	CONTEXT = SR_HASH + SR_ID
};

void sr_reach_init(struct sr_reach *r) {
	memset(r, 0, sizeof *r);
	sr_buf_init_secret(&r->packs);
	sr_stream_init(&r->cids);
}

void sr_reach_free(struct sr_reach *r) {
	sr_buf_free(&r->packs);
	sr_stream_free(&r->cids);
	sr_reach_init(r);
}

static void put_context(
	uint8_t context[CONTEXT], const uint8_t vault[SR_HASH], const uint8_t item[SR_ID]) {
	memcpy(context, vault, SR_HASH);
	memcpy(context + SR_HASH, item, SR_ID);
}

int sr_reach_seal(struct sr_buf *out, const struct sr_reach *r, const uint8_t structure_pk[SR_X_PK],
	const uint8_t vault[SR_HASH], const uint8_t item[SR_ID], struct sr_err *e) {
	uint8_t context[CONTEXT];
	struct sr_buf plain;
	size_t packs = r->packs.len / SR_HASH;
	if (packs > SR_REACH_PACKS_MAX)
		return sr_fail(
			e, SR_LIMIT, "an item in %zu packs, at most %d", packs, SR_REACH_PACKS_MAX);
	sr_buf_init_secret(&plain);
	put_context(context, vault, item);
	sr_buf_put_le64(&plain, 0);
	sr_buf_put(&plain, MAGIC, MAGIC_LEN);
	sr_buf_put(&plain, r->domain, SR_ID);
	sr_buf_put_le32(&plain, (uint32_t)packs);
	sr_buf_put_buf(&plain, &r->packs);
	sr_stream_put(&plain, &r->cids);
	int rc = sr_buf_ok(&plain, e);
	if (rc == 0) {
		sr_le64_put(plain.p, plain.len - 8);
		sr_buf_put_zero(&plain, (size_t)sr_padme(plain.len, SR_PAD_META) - plain.len);
		rc = sr_buf_ok(&plain, e);
	}
	if (rc == 0)
		rc = sr_box_seal(out, structure_pk, sr_bytes_of(NULL, 0), REACH_LABEL,
			sr_bytes_of(context, sizeof context), sr_buf_view(&plain), e);
	sr_buf_free(&plain);
	return rc;
}

static int get_reach(struct sr_reach *out, struct sr_reader *r, struct sr_err *e) {
	uint8_t magic[MAGIC_LEN];
	uint32_t packs = 0;
	struct sr_bytes names = {NULL, 0};
	int rc = sr_get(r, magic, sizeof magic, e);
	if (rc == 0 && memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		rc = sr_fail(e, SR_CORRUPT, "it does not begin with its mark");
	if (rc == 0)
		rc = sr_get(r, out->domain, SR_ID, e);
	if (rc == 0)
		rc = sr_get_le32(r, &packs, e);
	if (rc == 0 && packs > SR_REACH_PACKS_MAX)
		rc = sr_fail(e, SR_CORRUPT, "%u packs, at most %d", packs, SR_REACH_PACKS_MAX);
	if (rc == 0)
		rc = sr_get_view(r, &names, (size_t)packs * SR_HASH, e);
	for (uint32_t i = 1; rc == 0 && i < packs; i++)
		if (memcmp(names.p + ((size_t)i - 1) * SR_HASH, names.p + (size_t)i * SR_HASH,
			    SR_HASH) >= 0)
			rc = sr_fail(e, SR_CORRUPT, "pack %u of %u is out of order", i + 1, packs);
	if (rc == 0) {
		sr_buf_put_bytes(&out->packs, names);
		rc = sr_buf_ok(&out->packs, e);
	}
	if (rc == 0)
		rc = sr_stream_get(&out->cids, r, SR_STREAM_INLINE, e);
	if (rc == 0 && out->cids.len % SR_HASH != 0)
		rc = sr_fail(
			e, SR_CORRUPT, "%llu bytes of cids", (unsigned long long)out->cids.len);
	for (size_t i = 0; rc == 0 && i < out->cids.part_count; i++)
		if (out->cids.parts[i].plain_len != (uint64_t)out->cids.rows[i] * SR_HASH)
			rc = sr_fail(e, SR_CORRUPT, "part %zu of %zu: %u cids in %u bytes", i + 1,
				out->cids.part_count, out->cids.rows[i],
				out->cids.parts[i].plain_len);
	if (rc == 0)
		rc = sr_get_end(r, e);
	return rc;
}

int sr_reach_open(struct sr_reach *out, struct sr_bytes sealed, const uint8_t structure_sk[SR_X_SK],
	const uint8_t vault[SR_HASH], const uint8_t item[SR_ID], struct sr_err *e) {
	uint8_t context[CONTEXT];
	struct sr_reach got;
	struct sr_reader r;
	struct sr_buf plain;
	sr_reach_init(out);
	sr_reach_init(&got);
	sr_buf_init_secret(&plain);
	put_context(context, vault, item);
	int rc = sr_box_open(&plain, structure_sk, sr_bytes_of(NULL, 0), REACH_LABEL,
		sr_bytes_of(context, sizeof context), sealed, e);
	if (rc == 0 && (plain.len < 8 || sr_le64_get(plain.p) > plain.len - 8))
		rc = sr_fail(e, SR_CORRUPT, "%zu bytes are shorter than they say", plain.len);
	if (rc == 0) {
		sr_reader_init(&r, sr_bytes_of(plain.p + 8, (size_t)sr_le64_get(plain.p)));
		rc = get_reach(&got, &r, e);
	}
	sr_buf_free(&plain);
	if (rc != 0) {
		sr_reach_free(&got);
		if (e != NULL)
			(void)sr_wrap(e, "reach list");
		return rc;
	}
	*out = got;
	return 0;
}

/* The cids in ${bytes}; the stream's parts hold whole ones. */
static int each_cid(struct sr_bytes bytes, const struct sr_reach_visitor *v, struct sr_err *e) {
	int rc = 0;
	if (bytes.len % SR_HASH != 0)
		return sr_fail(e, SR_CORRUPT, "reach list: %zu bytes of cids", bytes.len);
	for (size_t i = 0; rc == 0 && i < bytes.len; i += SR_HASH)
		rc = v->cid(v->ctx, bytes.p + i, e);
	return rc;
}

int sr_reach_each(const struct sr_reach *r, struct sr_fetch *f, const struct sr_reach_visitor *v,
	struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && v->pack != NULL && i < r->packs.len; i += SR_HASH)
		rc = v->pack(v->ctx, r->packs.p + i, e);
	for (size_t i = 0; rc == 0 && v->pack != NULL && i < r->cids.part_count; i++)
		rc = v->pack(v->ctx, r->cids.parts[i].pack, e);
	if (rc != 0 || v->cid == NULL)
		return rc;
	if (r->cids.part_count == 0)
		return each_cid(sr_buf_view(&r->cids.inline_bytes), v, e);
	for (size_t i = 0; rc == 0 && i < r->cids.part_count; i++) {
		struct sr_bytes plain = {NULL, 0};
		rc = v->cid(v->ctx, r->cids.parts[i].cid, e);
		if (rc == 0)
			rc = sr_fetch_block(f, SR_BLOCK_REACH, &r->cids.parts[i], &plain, e);
		if (rc == 0)
			rc = each_cid(plain, v, e);
	}
	return rc;
}
