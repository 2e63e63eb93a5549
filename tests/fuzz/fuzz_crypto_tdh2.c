/*
 * fuzz_crypto_tdh2 - seals to a board: only the seal that was made passes the check, for the item
 * and number that it was made for, and only it opens.
 *
 * Input: u8 level, u64 number, 16 bytes item, 272 bytes seal; what is missing is that of the real
 * seal.
 */
#include "crypto/tdh2.h"
#include "fuzz_crypto.h"

enum {
	HEAD = 1 + 8 + SR_ID
};

struct input {
	uint8_t bytes[HEAD + SR_SEAL];
};

static void board(struct sr_tdh2_key *key, uint8_t x[SR_SCALAR]) {
	struct sr_hash h;
	struct sr_err e;
	sr_hash_init64(&h, "strongroom/test-scalar/v1", NULL);
	sr_scalar_of_hash(x, &h);
	memset(key, 0, sizeof *key);
	t_fill(key->vault, sizeof key->vault, 1);
	assert_ok(sr_point_mul_base(key->board, x, &e), &e);
	key->level = 2;
	key->kind = "item";
}

static void real_seal(struct input *in, uint8_t part[SR_PART]) {
	struct sr_tdh2_key key;
	uint8_t x[SR_SCALAR];
	struct sr_err e;
	board(&key, x);
	t_fill(part, SR_PART, 5);
	in->bytes[0] = key.level;
	sr_le64_put(in->bytes + 1, 1);
	t_fill(in->bytes + 9, SR_ID, 6);
	fuzz_random_at = 0;
	assert_ok(sr_tdh2_seal(in->bytes + HEAD, &key, in->bytes + 9, 1, part, &e), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct input real, given;
	struct sr_tdh2_key key;
	struct sr_sealed s;
	struct sr_err e;
	uint8_t x[SR_SCALAR], xr[SR_POINT], part[SR_PART], opened[SR_PART];
	fuzz_start();
	real_seal(&real, part);
	given = real;
	memcpy(given.bytes, data, size < sizeof given.bytes ? size : sizeof given.bytes);
	bool same = memcmp(&given, &real, sizeof given) == 0;
	board(&key, x);
	key.level = given.bytes[0];
	memcpy(s.id, given.bytes + 9, SR_ID);
	s.number = sr_le64_get(given.bytes + 1);
	s.seal = given.bytes + HEAD;
	int rc = sr_tdh2_check(&key, &s, &e);
	MUST(same ? rc == 0 : rc == SR_AUTH || rc == SR_CORRUPT);
	if (sr_point_mul(xr, x, sr_tdh2_r(s.seal), &e) != 0)
		memset(xr, 0, sizeof xr);
	int opened_rc = sr_tdh2_open(opened, &key, &s, xr, &e);
	MUST((opened_rc == 0) == same);
	if (same)
		MUST(memcmp(opened, part, SR_PART) == 0);
	for (size_t i = 0; !same && i < SR_PART; i++)
		MUST(opened[i] == 0);
	return 0;
}

void fuzz_seeds(void) {
	struct input real;
	uint8_t part[SR_PART];
	fuzz_start();
	real_seal(&real, part);
	fuzz_seed("seal", sr_bytes_of(real.bytes, sizeof real.bytes));
	fuzz_seed("level", sr_bytes_of("\3", 1));
	fuzz_seed("number", sr_bytes_of("\2\2", 2));
	real.bytes[HEAD + 8 + 31] ^= 0x80;
	fuzz_seed("high-bit", sr_bytes_of(real.bytes, sizeof real.bytes));
	memset(real.bytes + HEAD + 8, 0, SR_POINT);
	fuzz_seed("identity", sr_bytes_of(real.bytes, HEAD + 8 + SR_POINT));
}
