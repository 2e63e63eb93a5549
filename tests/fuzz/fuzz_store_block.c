/*
 * fuzz_store_block - block records and the refs that name them.
 *
 * Input: u8 mode: 0 a ref's bytes: refused, or written back; 1 u32 plain_len, plaintext of a record
 * (codec, level, length, data), sealed here under a known key: opens to what the codec makes of the
 * data, or is refused.
 */
#include "fuzz_store.h"
#include "store/block.h"

static void domain(struct sr_block_domain *d) {
	memset(d, 0, sizeof *d);
	fuzz_vault(d->vault);
	t_fill(d->domain, SR_ID, 5);
}

static void check_ref(struct sr_bytes in) {
	struct sr_block_ref ref;
	struct sr_buf again;
	struct sr_err e;
	if (in.len < SR_BLOCK_REF || sr_block_ref_get(&ref, in.p, &e) != 0)
		return;
	MUST(ref.plain_len >= 1 && ref.plain_len <= SR_BLOCK && ref.len <= SR_RECORD_MAX);
	sr_buf_init(&again);
	sr_block_ref_put(&again, &ref);
	MUST(sr_bytes_eq(sr_buf_view(&again), sr_bytes_of(in.p, SR_BLOCK_REF)));
	sr_buf_free(&again);
}

/* What the record holds, by the codec alone; false when nothing. */
static bool expected(uint8_t *out, size_t plain_len, struct sr_bytes record) {
	struct sr_codec *c = NULL;
	struct sr_err e;
	if (record.len < SR_BLOCK_HEAD || sr_le32_get(record.p + 2) != plain_len)
		return false;
	assert_ok(sr_codec_new(&c, &e), &e);
	int rc = sr_codec_decode(c, record.p[0],
		sr_bytes_of(record.p + SR_BLOCK_HEAD, record.len - SR_BLOCK_HEAD), out, plain_len,
		&e);
	sr_codec_free(c);
	return rc == 0;
}

static void check_record(struct sr_bytes in) {
	static uint8_t want[SR_BLOCK];
	static struct sr_block_work *work;
	static struct sr_block_domain d;
	struct sr_block_ref ref = {.offset = SR_BLOCK};
	uint8_t ad[SR_HASH + SR_ID + 1 + SR_HASH];
	struct sr_bytes plain = {NULL, 0}, len = fuzz_take(&in, 4);
	struct sr_err e;
	if (work == NULL) {
		domain(&d);
		assert_ok(sr_block_work_new(&work, &d, SR_CODEC_ZSTD, &e), &e);
	}
	if (len.len < 4 || in.len > SR_RECORD_MAX - SR_AEAD_OVERHEAD)
		return;
	ref.plain_len = sr_le32_get(len.p);
	if (ref.plain_len < 1 || ref.plain_len > SR_BLOCK)
		return; /* sr_block_ref_get refuses it */
	t_fill(ref.cid, SR_HASH, 6);
	t_fill(ref.key, SR_KEY, 7);
	bool right = expected(want, ref.plain_len, in);
	if (right)
		sr_block_hash(ref.h, sr_bytes_of(want, ref.plain_len));
	ref.len = (uint32_t)(in.len + SR_AEAD_OVERHEAD);
	memcpy(ad, d.vault, SR_HASH);
	memcpy(ad + SR_HASH, d.domain, SR_ID);
	ad[SR_HASH + SR_ID] = SR_BLOCK_FILE;
	memcpy(ad + SR_HASH + SR_ID + 1, ref.cid, SR_HASH);
	sr_aead_seal(sr_block_work_record(work), ref.key, "strongroom/block-record/v1",
		sr_bytes_of(ad, sizeof ad), in);
	int rc = sr_block_open(work, SR_BLOCK_FILE, &ref, &plain, &e);
	MUST(rc != 0 || (right && sr_bytes_eq(plain, sr_bytes_of(want, ref.plain_len))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0)
		check_ref(in);
	else
		check_record(in);
	return 0;
}

static void seed_record(const char *name, enum sr_codec_id codec, struct sr_bytes text) {
	static uint8_t packed[SR_BLOCK];
	struct sr_codec *c = NULL;
	struct sr_buf b;
	struct sr_err e;
	size_t len = 0;
	assert_ok(sr_codec_new(&c, &e), &e);
	assert_ok(sr_codec_encode(c, codec, text, packed, &len, &e), &e);
	sr_buf_init(&b);
	sr_buf_put_u8(&b, 1);
	sr_buf_put_le32(&b, (uint32_t)text.len);
	sr_buf_put_u8(&b, (uint8_t)(len == 0 ? SR_CODEC_NONE : codec));
	sr_buf_put_u8(&b, len == 0 ? 0 : SR_CODEC_LEVEL);
	sr_buf_put_le32(&b, (uint32_t)text.len);
	sr_buf_put_bytes(&b, len == 0 ? text : sr_bytes_of(packed, len));
	fuzz_seed(name, sr_buf_view(&b));
	sr_buf_free(&b);
	sr_codec_free(c);
}

void fuzz_seeds(void) {
	static const char text[] =
		"the quick brown fox; the quick brown fox; the quick brown fox; the "
		"quick brown fox; and the lazy dog";
	struct sr_block_ref ref = {.offset = 64, .len = 700, .plain_len = 600};
	struct sr_buf b;
	fuzz_start();
	sr_buf_init(&b);
	sr_block_ref_put(&b, &ref);
	fuzz_seed_with("ref", "\0", 1, sr_buf_view(&b));
	sr_buf_free(&b);
	seed_record("none", SR_CODEC_NONE, sr_bytes_str("short"));
	seed_record("zstd", SR_CODEC_ZSTD, sr_bytes_str(text));
	seed_record("deflate", SR_CODEC_DEFLATE, sr_bytes_str(text));
}
