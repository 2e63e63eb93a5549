/*
 * fuzz_store_envelope - an item's envelope: refused, or written back as it was read; and its name.
 *
 * Input: u8 mode: 0 a file; 1 what is before the signature, signed here; 2 a name.
 */
#include "fuzz_store.h"
#include "store/envelope.h"

static void room_seed(uint8_t seed[SR_SEED]) {
	t_fill(seed, SR_SEED, 12);
}

static int sign(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	uint8_t seed[SR_SEED];
	(void)ctx;
	room_seed(seed);
	return sr_sign(sig, seed, text, e);
}

static void a_file(struct sr_buf *out) {
	static const uint8_t seal[272];
	const struct sr_envelope_signer s = {sign, NULL};
	uint8_t hash[SR_HASH];
	struct sr_err e;
	struct sr_envelope env = {.n = 1,
		.level = 3,
		.epoch = 1,
		.dedupe = SR_DEDUPE_COLLECTION,
		.kind = SR_ITEM_ORIGINAL,
		.seal = sr_bytes_of(seal, sizeof seal),
		.manifest = sr_bytes_str("a sealed manifest"),
		.reach = sr_bytes_str("a sealed reach list")};
	fuzz_vault(env.vault);
	fuzz_item(env.item);
	assert_ok(sr_envelope_encode(out, hash, &env, &s, &e), &e);
}

static void check_file(struct sr_bytes in, bool ours) {
	const struct sr_envelope_signer s = {sign, NULL};
	uint8_t seed[SR_SEED], pk[SR_PK], hash[SR_HASH], want[SR_HASH];
	struct sr_envelope env;
	struct sr_buf again, real;
	struct sr_err e;
	room_seed(seed);
	sr_sign_public(pk, seed);
	if (sr_envelope_decode(&env, in, pk, &e) != 0)
		return;
	sr_buf_init(&again);
	sr_buf_init(&real);
	assert_ok(sr_envelope_encode(&again, hash, &env, &s, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_envelope_hash(want, in);
	MUST(memcmp(hash, want, SR_HASH) == 0);
	if (!ours) { /* then it is the one that was signed for the corpus */
		a_file(&real);
		MUST(sr_bytes_eq(sr_buf_view(&real), in));
	}
	sr_buf_free(&again);
	sr_buf_free(&real);
}

static void sign_file(struct sr_bytes in) {
	char hex[2 * SR_HASH + 1];
	uint8_t hash[SR_HASH], sig[SR_SIG];
	struct sr_buf text, file;
	struct sr_err e;
	SR_HASH_OF(hash, "strongroom/envelope/v1", NULL, in);
	sr_hex(hex, hash, SR_HASH);
	sr_buf_init(&text);
	sr_buf_init(&file);
	sr_buf_printf(&text, "strongroom/envelope/v1\nhash %s\n", hex);
	assert_ok(sign(NULL, sig, sr_buf_view(&text), &e), &e);
	sr_buf_put_bytes(&file, in);
	sr_buf_put(&file, sig, SR_SIG);
	check_file(sr_buf_view(&file), true);
	sr_buf_free(&text);
	sr_buf_free(&file);
}

static void check_name(struct sr_bytes in) {
	char again[SR_ENVELOPE_NAME];
	uint8_t item[SR_ID];
	uint32_t n = 0;
	struct sr_err e;
	char *name = fuzz_str(in);
	if (sr_envelope_name_parse(item, &n, name, &e) == 0) {
		sr_envelope_name(again, item, n);
		MUST(strcmp(name, again) == 0);
	}
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 3;
	if (mode == 0)
		check_file(in, false);
	else if (mode == 1)
		sign_file(in);
	else
		check_name(in);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf b;
	fuzz_start();
	sr_buf_init(&b);
	a_file(&b);
	fuzz_seed_with("file", "\0", 1, sr_buf_view(&b));
	fuzz_seed_with("unsigned", "\1", 1, sr_bytes_of(b.p, b.len - SR_SIG));
	fuzz_seed_with(
		"name", "\2", 1, sr_bytes_str("00112233445566778899aabbccddeeff.4294967295"));
	sr_buf_free(&b);
}
