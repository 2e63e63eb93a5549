/*
 * fuzz_ledger_card - key cards: one that is accepted is the one card of its key and commitment, and
 * nobody makes one for a key that is not theirs.
 *
 * Input: u8 mode: 0 a card; 1 a text that a person's own key signs under the person's name.
 */
#include "fuzz_merkle.h"
#include "ledger/card.h"

static void our_seed(uint8_t seed[SR_SEED]) {
	t_fill(seed, SR_SEED, 21);
}

static void check(struct sr_bytes in) {
	uint8_t seed[SR_SEED], pk[SR_PK];
	char name[SR_PERSON_TEXT];
	struct sr_card c;
	struct sr_buf again;
	struct sr_err e;
	if (sr_card_read(&c, in, &e) != 0)
		return;
	our_seed(seed);
	sr_sign_public(pk, seed);
	sr_person_name(name, c.key);
	MUST(strcmp(name, c.person) == 0 && in.len <= SR_CARD_MAX);
	sr_buf_init(&again);
	if (memcmp(pk, c.key, SR_PK) == 0) {
		assert_ok(sr_card_make(&again, seed, c.name, &e), &e);
		MUST(sr_bytes_eq(sr_buf_view(&again), in));
	}
	sr_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	uint8_t seed[SR_SEED], pk[SR_PK];
	char name[SR_PERSON_TEXT];
	struct sr_vkey k;
	struct sr_buf note;
	struct sr_err e;
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0) {
		check(in);
		return 0;
	}
	our_seed(seed);
	sr_sign_public(pk, seed);
	sr_person_name(name, pk);
	assert_ok(sr_vkey_make(&k, sr_bytes_str(name), SR_NOTE_ED25519, pk, &e), &e);
	const struct sr_signer s = {.key = &k, .seed = seed, .person = true};
	sr_buf_init(&note);
	if (sr_note_sign(&note, in, &s, 1, &e) == 0)
		check(sr_buf_view(&note));
	sr_buf_free(&note);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t seed[SR_SEED], name[SR_HASH];
	struct sr_note n;
	struct sr_buf b;
	struct sr_err e;
	fuzz_start();
	our_seed(seed);
	t_fill(name, sizeof name, 22);
	sr_buf_init(&b);
	assert_ok(sr_card_make(&b, seed, name, &e), &e);
	fuzz_seed_with("card", "\0", 1, sr_buf_view(&b));
	assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
	fuzz_seed_with("text", "\1", 1, n.text);
	sr_note_free(&n);
	sr_buf_free(&b);
}
