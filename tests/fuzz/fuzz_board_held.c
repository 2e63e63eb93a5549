/*
 * fuzz_board_held - what curators open of held items: boxes as a vault hands them out, and the
 * secret that holds them, sealed here, so that what is fuzzed is what the holder of the key could
 * have written. Refused, or boxes within bounds that seal to the same again.
 *
 * Input: u8 mode: 0 a box, 1 the plaintext of the secret, 2 that of an intake seal, 3 either sealed
 * as it came.
 */
#include "board/held.h"
#include "crypto/aead.h"
#include "crypto/sign.h"
#include "fuzz_crypto.h"

static const char outer[] = "strongroom/quarantine/v1", intake[] = "strongroom/intake/v1";

static void place_bytes(struct sr_buf *out, const struct sr_held_place *at) {
	sr_buf_put(out, at->vault, SR_HASH);
	sr_buf_put(out, at->item, SR_ID);
	sr_buf_put_le64(out, at->number);
}

static void check_boxes(
	const uint8_t key[SR_KEY], const struct sr_held_place *at, struct sr_bytes sealed) {
	struct sr_held_boxes boxes = {.count = 0}, again = {.count = 0};
	struct sr_buf b;
	struct sr_err e = {0};
	const int rc = sr_held_boxes_open(&boxes, key, at, sealed, &e);
	if (rc != 0) {
		MUST((int)e.code == rc && e.text[0] != '\0');
		return;
	}
	MUST(boxes.count <= SR_HELD_CURATORS_MAX);
	for (size_t i = 0; i < boxes.count; i++)
		MUST(memchr(boxes.rows[i].person, 0, SR_PERSON_TEXT) != NULL);
	if (boxes.count == 0)
		return;
	sr_buf_init_secret(&b);
	if (sr_held_boxes_seal(&b, key, at, &boxes, &e) == 0) { /* else: a person is there twice */
		assert_ok(sr_held_boxes_open(&again, key, at, sr_buf_view(&b), &e), &e);
		MUST(again.count == boxes.count);
	}
	sr_buf_free(&b);
}

static void check_part(int rc, const struct sr_err *e) {
	MUST(rc == 0 || ((int)e->code == rc && e->text[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_held_place at = {.number = 3};
	uint8_t key[SR_KEY], seed[SR_SEED], pk[SR_PK], part[SR_PART] = {0};
	struct sr_buf sealed, context;
	struct sr_err e = {0};
	fuzz_start();
	t_fill(key, sizeof key, 1);
	t_fill(seed, sizeof seed, 2);
	t_fill(at.vault, sizeof at.vault, 3);
	t_fill(at.item, sizeof at.item, 4);
	sr_sign_public(pk, seed);
	const int mode = fuzz_u8(&in) % 4;
	sr_buf_init_secret(&sealed);
	sr_buf_init(&context);
	place_bytes(&context, &at);
	switch (mode) {
	case 0: /* to this person, as a box of theirs would be */
		assert_ok(
			sr_box_seal_person(&sealed, pk, outer, sr_buf_view(&context), in, &e), &e);
		check_part(sr_held_open_box(part, &at, sr_buf_view(&sealed), seed, &e), &e);
		break;
	case 1:
		assert_ok(sr_aead_seal_buf(&sealed, key, outer, sr_buf_view(&context), in, &e), &e);
		check_boxes(key, &at, sr_buf_view(&sealed));
		break;
	case 2:
		assert_ok(
			sr_aead_seal_buf(&sealed, key, intake, sr_buf_view(&context), in, &e), &e);
		check_part(sr_intake_open(part, key, &at, sr_buf_view(&sealed), &e), &e);
		break;
	default:
		MUST(sr_held_open_box(part, &at, in, seed, &e) != 0);
		MUST(sr_intake_open(part, key, &at, in, &e) != 0);
		check_boxes(key, &at, in);
	}
	sr_buf_free(&sealed);
	sr_buf_free(&context);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put_zero(&b, SR_PART);
	fuzz_seed_with("part", "\0", 1, sr_buf_view(&b));
	fuzz_seed_with("intake", "\2", 1, sr_buf_view(&b));
	fuzz_seed_with("raw", "\3", 1, sr_buf_view(&b));
	for (unsigned count = 0; count < 3; count++) {
		char name[16];
		sr_buf_clear(&b);
		sr_buf_put_le32(&b, count);
		for (unsigned i = 0; i < count; i++) {
			sr_buf_printf(&b, "p-%016x", i + 16);
			sr_buf_put_zero(&b, SR_PK);
			sr_buf_put_le32(&b, SR_HELD_BOX);
			sr_buf_put_zero(&b, SR_HELD_BOX);
		}
		(void)snprintf(name, sizeof name, "boxes-%u", count);
		fuzz_seed_with(name, "\1", 1, sr_buf_view(&b));
	}
	sr_buf_free(&b);
}
