/*
 * codec - zstd and deflate over one block; see codec.h.
 *
 * Invariants: an encoder's output is shorter than its input by at least 3 %, else there is none; a
 * decoder's output buffer is exactly the stated plain length, so neither library can write more,
 * and a stream that wants to is damaged. Both libraries' states are reused from block to block
 * (ZSTD_reset, deflateReset): no dictionary or window survives that. What they allocate is wiped
 * when they give it back: both keep literals and windows of the last block in there.
 */
#include "store/codec.h"

#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_customMem, which every shared library has, too */

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <stdlib.h>
#include <string.h>

struct sr_codec {
	ZSTD_CCtx *zc; /* in zc_room */
	void *zc_room;
	ZSTD_DCtx *zd;
	z_stream *df; /* deflate; made on first use */
	z_stream *inf;
	uint8_t probe[SR_CODEC_PROBE];
};

/* Memory that knows its size, so that it can be wiped: the size lies in front. */
enum {
	SIZE_AT_FRONT = 64 /* keeps the alignment that both libraries like */
};

static void *wiping_alloc(void *opaque, size_t size) {
	uint8_t *p = NULL;
	(void)opaque;
	if (size > SIZE_MAX - SIZE_AT_FRONT)
		return NULL;
	p = aligned_alloc(SIZE_AT_FRONT,
		(size + 2 * (size_t)SIZE_AT_FRONT - 1) / SIZE_AT_FRONT * SIZE_AT_FRONT);
	if (p == NULL)
		return NULL;
	memcpy(p, &size, sizeof size);
	return p + SIZE_AT_FRONT;
}

static void wiping_free(void *opaque, void *address) {
	uint8_t *p = address;
	size_t size = 0;
	(void)opaque;
	if (p == NULL)
		return;
	memcpy(&size, p - SIZE_AT_FRONT, sizeof size);
	sr_wipe(p, size);
	free(p - SIZE_AT_FRONT);
}

static const ZSTD_customMem wiping = {wiping_alloc, wiping_free, NULL};

static voidpf zlib_alloc(voidpf opaque, uInt items, uInt size) {
	return wiping_alloc(opaque, (size_t)items * size);
}

static z_stream *zlib_new(void) {
	z_stream *z = calloc(1, sizeof *z);
	if (z != NULL) {
		z->zalloc = zlib_alloc;
		z->zfree = wiping_free;
	}
	return z;
}

int sr_codec_new(struct sr_codec **out, struct sr_err *e) {
	*out = NULL;
	struct sr_codec *c = calloc(1, sizeof *c);
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "codec: no memory for %zu bytes", sizeof *c);
	*out = c;
	return 0;
}

void sr_codec_free(struct sr_codec *c) {
	if (c == NULL)
		return;
	wiping_free(NULL, c->zc_room);
	(void)ZSTD_freeDCtx(c->zd);
	if (c->df != NULL)
		(void)deflateEnd(c->df);
	if (c->inf != NULL)
		(void)inflateEnd(c->inf);
	free(c->df);
	free(c->inf);
	sr_wipe(c->probe, sizeof c->probe);
	free(c);
}

/* What ${len} bytes must shrink to at least. */
static size_t worth(size_t len) {
	return len - len * SR_CODEC_GAIN_PERCENT / 100;
}

/* In memory of one size for every block: on its own zstd gives most of it back after 128 small
 * ones, and then takes, and we wipe, new memory again and again. */
static int zstd_begin(struct sr_codec *c) {
	const size_t size = ZSTD_estimateCCtxSize(SR_CODEC_LEVEL);
	c->zc_room = wiping_alloc(NULL, size);
	c->zc = c->zc_room == NULL ? NULL : ZSTD_initStaticCCtx(c->zc_room, size);
	if (c->zc != NULL)
		return 0;
	wiping_free(NULL, c->zc_room);
	c->zc_room = NULL;
	return SR_NOMEM;
}

/* ${*out_len} 0: did not fit in ${cap}. */
static int zstd_pack(struct sr_codec *c, int level, struct sr_bytes plain, uint8_t *out, size_t cap,
	size_t *out_len) {
	*out_len = 0;
	if (c->zc == NULL && zstd_begin(c) != 0)
		return SR_NOMEM;
	size_t n = ZSTD_compressCCtx(c->zc, out, cap, plain.p, plain.len, level);
	if (!ZSTD_isError(n))
		*out_len = n;
	else if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
		return SR_NOMEM;
	return 0;
}

/* As zstd_pack; the level is fixed when the state is made. */
static int deflate_pack(
	struct sr_codec *c, struct sr_bytes plain, uint8_t *out, size_t cap, size_t *out_len) {
	*out_len = 0;
	if (c->df == NULL) {
		c->df = zlib_new();
		if (c->df == NULL)
			return SR_NOMEM;
		/* windowBits -15: raw RFC 1951, no header and no checksum (the aead has one) */
		if (deflateInit2(c->df, SR_CODEC_LEVEL, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
			Z_OK) {
			free(c->df);
			c->df = NULL;
			return SR_NOMEM;
		}
	}
	if (deflateReset(c->df) != Z_OK)
		return SR_NOMEM;
	c->df->next_in = (Bytef *)(uintptr_t)plain.p;
	c->df->avail_in = (uInt)plain.len;
	c->df->next_out = out;
	c->df->avail_out = (uInt)cap;
	if (deflate(c->df, Z_FINISH) == Z_STREAM_END)
		*out_len = cap - c->df->avail_out;
	return 0;
}

int sr_codec_encode(struct sr_codec *c, enum sr_codec_id want, struct sr_bytes plain, uint8_t *out,
	size_t *out_len, struct sr_err *e) {
	size_t n = 0;
	int rc = 0;
	*out_len = 0;
	if (plain.len == 0 || plain.len > SR_BLOCK)
		return sr_fail(e, SR_MISUSE, "codec: %zu bytes to compress, want 1 to %d",
			plain.len, SR_BLOCK);
	if (want == SR_CODEC_NONE)
		return 0;
	if (plain.len > SR_CODEC_PROBED) {
		struct sr_bytes head = sr_bytes_of(plain.p, SR_CODEC_PROBE);
		rc = zstd_pack(c, 1, head, c->probe, worth(head.len), &n);
		if (rc != 0)
			return sr_fail(e, SR_NOMEM, "codec: no memory for a compressor");
		if (n == 0)
			return 0;
	}
	if (want == SR_CODEC_ZSTD)
		rc = zstd_pack(c, SR_CODEC_LEVEL, plain, out, worth(plain.len), &n);
	else
		rc = deflate_pack(c, plain, out, worth(plain.len), &n);
	if (rc != 0)
		return sr_fail(e, SR_NOMEM, "codec: no memory for a compressor");
	*out_len = n;
	return 0;
}

static int zstd_unpack(struct sr_codec *c, struct sr_bytes data, uint8_t *out, size_t plain_len,
	struct sr_err *e) {
	if (c->zd == NULL)
		c->zd = ZSTD_createDCtx_advanced(wiping);
	if (c->zd == NULL)
		return sr_fail(e, SR_NOMEM, "codec: no memory for a decompressor");
	/* A frame may ask for a window of gigabytes; ours never need more than a block. */
	(void)ZSTD_DCtx_setParameter(c->zd, ZSTD_d_windowLogMax, 20);
	size_t n = ZSTD_decompressDCtx(c->zd, out, plain_len, data.p, data.len);
	if (ZSTD_isError(n))
		return sr_fail(e, SR_CORRUPT, "zstd data of %zu bytes for a block of %zu: %s",
			data.len, plain_len, ZSTD_getErrorName(n));
	if (n != plain_len)
		return sr_fail(e, SR_CORRUPT, "zstd data gave %zu bytes, want %zu", n, plain_len);
	return 0;
}

static int deflate_unpack(struct sr_codec *c, struct sr_bytes data, uint8_t *out, size_t plain_len,
	struct sr_err *e) {
	if (c->inf == NULL) {
		c->inf = zlib_new();
		if (c->inf == NULL || inflateInit2(c->inf, -15) != Z_OK) {
			free(c->inf);
			c->inf = NULL;
			return sr_fail(e, SR_NOMEM, "codec: no memory for a decompressor");
		}
	}
	if (inflateReset(c->inf) != Z_OK)
		return sr_fail(e, SR_NOMEM, "codec: inflate cannot start");
	c->inf->next_in = (Bytef *)(uintptr_t)data.p;
	c->inf->avail_in = (uInt)data.len;
	c->inf->next_out = out;
	c->inf->avail_out = (uInt)plain_len;
	int z = inflate(c->inf, Z_FINISH);
	size_t n = plain_len - c->inf->avail_out;
	if (z != Z_STREAM_END || c->inf->avail_in != 0 || n != plain_len)
		return sr_fail(e, SR_CORRUPT,
			"deflate data gave %zu of %zu bytes and left %u bytes (zlib says %d)", n,
			plain_len, c->inf->avail_in, z);
	return 0;
}

int sr_codec_decode(struct sr_codec *c, uint8_t codec, struct sr_bytes data, uint8_t *out,
	size_t plain_len, struct sr_err *e) {
	if (plain_len == 0 || plain_len > SR_BLOCK)
		return sr_fail(
			e, SR_CORRUPT, "a block of %zu bytes, want 1 to %d", plain_len, SR_BLOCK);
	if (data.len > SR_BLOCK)
		return sr_fail(
			e, SR_CORRUPT, "%zu bytes of block data, at most %d", data.len, SR_BLOCK);
	if (codec == SR_CODEC_ZSTD)
		return zstd_unpack(c, data, out, plain_len, e);
	if (codec == SR_CODEC_DEFLATE)
		return deflate_unpack(c, data, out, plain_len, e);
	if (codec != SR_CODEC_NONE)
		return sr_fail(e, SR_UNSUPPORTED, "block codec %u is not known here", codec);
	if (data.len != plain_len)
		return sr_fail(e, SR_CORRUPT, "%zu bytes stored as they are, want %zu", data.len,
			plain_len);
	memcpy(out, data.p, plain_len);
	return 0;
}
