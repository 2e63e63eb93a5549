/*
 * fuzz_store_codec - the two decompressors, bounded: never a byte outside of what was asked for,
 * and what they made once they make again; and what was packed comes back.
 *
 * Input: u8 mode: 0 u8 codec, u16 plain_len, data; 1 u8 codec, u8 times that the rest is repeated:
 * packed and unpacked.
 */
#include "fuzz.h"
#include "store/codec.h"

static void unpack(struct sr_codec *c, struct sr_bytes in) {
	uint8_t codec = fuzz_u8(&in);
	size_t plain_len = fuzz_u16(&in);
	uint8_t *out = malloc(plain_len + 1), *again = malloc(plain_len + 1);
	struct sr_err e;
	MUST(out != NULL && again != NULL);
	memset(out, 0x55, plain_len + 1);
	memset(again, 0xaa, plain_len + 1);
	int rc = sr_codec_decode(c, codec, in, out, plain_len, &e);
	MUST(out[plain_len] == 0x55);
	MUST(sr_codec_decode(c, codec, in, again, plain_len, &e) == rc);
	MUST(rc != 0 || memcmp(out, again, plain_len) == 0);
	MUST(rc == 0 || rc == SR_CORRUPT || rc == SR_UNSUPPORTED);
	if (rc == 0) /* one byte more or less is not what the data holds */
		MUST(plain_len == 0 ||
			sr_codec_decode(c, codec, in, again, plain_len - 1, &e) == SR_CORRUPT);
	free(out);
	free(again);
}

static void pack(struct sr_codec *c, struct sr_bytes in) {
	static uint8_t packed[SR_BLOCK], back[SR_BLOCK];
	enum sr_codec_id codec = (enum sr_codec_id)(fuzz_u8(&in) % 3);
	size_t times = fuzz_u8(&in) + 1u, len = 0;
	struct sr_buf plain;
	struct sr_err e;
	sr_buf_init(&plain);
	for (size_t i = 0; i < times && plain.len + in.len <= SR_BLOCK; i++)
		sr_buf_put_bytes(&plain, in);
	if (plain.len > 0) {
		assert_ok(sr_codec_encode(c, codec, sr_buf_view(&plain), packed, &len, &e), &e);
		MUST(len < plain.len);
		if (len > 0) {
			assert_ok(sr_codec_decode(c, (uint8_t)codec, sr_bytes_of(packed, len), back,
					  plain.len, &e),
				&e);
			MUST(memcmp(back, plain.p, plain.len) == 0);
		}
	}
	sr_buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct sr_codec *c;
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_err e;
	if (c == NULL)
		assert_ok(sr_codec_new(&c, &e), &e);
	if (fuzz_u8(&in) % 2 == 0)
		unpack(c, in);
	else
		pack(c, in);
	return 0;
}

void fuzz_seeds(void) {
	static const char line[] = "the quick brown fox; the lazy dog; ";
	static uint8_t packed[SR_BLOCK];
	struct sr_codec *c = NULL;
	struct sr_buf plain, b;
	struct sr_err e;
	size_t len = 0;
	sr_buf_init(&plain);
	sr_buf_init(&b);
	for (int i = 0; i < 20; i++)
		sr_buf_put_str(&plain, line);
	assert_ok(sr_codec_new(&c, &e), &e);
	for (int codec = SR_CODEC_ZSTD; codec <= SR_CODEC_DEFLATE; codec++) {
		assert_ok(sr_codec_encode(c, (enum sr_codec_id)codec, sr_buf_view(&plain), packed,
				  &len, &e),
			&e);
		sr_buf_clear(&b);
		sr_buf_put_u8(&b, 0);
		sr_buf_put_u8(&b, (uint8_t)codec);
		sr_buf_put_le16(&b, (uint16_t)plain.len);
		sr_buf_put(&b, packed, len);
		fuzz_seed(codec == SR_CODEC_ZSTD ? "zstd" : "deflate", sr_buf_view(&b));
	}
	fuzz_seed_with("none", "\0\0\5\0", 4, sr_bytes_str("plain"));
	fuzz_seed_with("pack-zstd", "\1\1\x08", 3, sr_bytes_str(line));
	fuzz_seed_with("pack-deflate", "\1\2\x08", 3, sr_bytes_str(line));
	sr_codec_free(c);
	sr_buf_free(&plain);
	sr_buf_free(&b);
}
