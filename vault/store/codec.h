/*
 * codec - one block, smaller: none, zstd (the default, level 3), or deflate (RFC 1951, for
 * portability).
 *
 * One block is one unit: nothing is shared between blocks, items or depositors (specs A14).
 * Incompressible data is recognised by its first 64 KiB: when they gain less than 3 % at the
 * fastest level, the block is stored as it is. A block that is not much longer is tried as a whole:
 * its first 64 KiB would cost as much as they may save. Decoding is bounded: never a byte more than
 * the stated plain length, which is at most SR_BLOCK, whatever the data says. A sr_codec holds the
 * compressors' state: one per thread at a time.
 */
#ifndef SR_STORE_CODEC_H
#define SR_STORE_CODEC_H

#include "base/bytes.h"
#include "base/limits.h"

enum sr_codec_id {
	SR_CODEC_NONE = 0,
	SR_CODEC_ZSTD = 1,
	SR_CODEC_DEFLATE = 2
};
enum {
	SR_CODEC_LEVEL = 3,
	SR_CODEC_PROBE = 64 << 10,
	/* Bytes from which on a block is probed first. Below, that took a tenth of the time of the
	 * compressor in a tree of sources, and saves a third of a millisecond where nothing gains.
	 */
	SR_CODEC_PROBED = 256 << 10,
	SR_CODEC_GAIN_PERCENT = 3
};

struct sr_codec;

SR_MUST int sr_codec_new(struct sr_codec **out, struct sr_err *e);
void sr_codec_free(struct sr_codec *c); /* wipes; NULL allowed */

/*
 * Compress ${plain} (1..SR_BLOCK bytes) into ${out}, which has plain.len bytes, with ${want} at
 * SR_CODEC_LEVEL. ${*out_len} 0 says: gains less than 3 %, store it as it is (codec none); also the
 * answer for ${want} none.
 */
SR_MUST int sr_codec_encode(struct sr_codec *c, enum sr_codec_id want, struct sr_bytes plain,
	uint8_t *out, size_t *out_len, struct sr_err *e);

/* Exactly ${plain_len} <= SR_BLOCK bytes into ${out}; CORRUPT when the data is damaged, longer or
 * shorter; UNSUPPORTED codec. */
SR_MUST int sr_codec_decode(struct sr_codec *c, uint8_t codec, struct sr_bytes data, uint8_t *out,
	size_t plain_len, struct sr_err *e);

#endif
