/*
 * fuzz_ledger_ended - a client's memory of whose roles ended: refused, or in order, and written
 * back as it was read.
 *
 * Input: the file's text.
 */
#include "fuzz.h"
#include "ledger/ended.h"

static const char person[] = "p-0011223344556677";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	uint8_t vault[SR_HASH];
	struct sr_endeds l = {0};
	struct sr_buf again;
	struct sr_err e = {0};
	t_fill(vault, sizeof vault, 3);
	const int rc = sr_endeds_decode(&l, sr_bytes_of(data, size), vault, person, &e);
	if (rc != 0) {
		MUST((int)e.code == rc && e.text[0] != '\0' && l.count == 0);
		return 0;
	}
	MUST(l.count <= SR_ENDED_MAX);
	for (size_t i = 1; i < l.count; i++)
		MUST(l.rows[i - 1].index <= l.rows[i].index);
	sr_buf_init(&again);
	sr_endeds_encode(&again, &l, vault, person);
	MUST(sr_bytes_eq(sr_buf_view(&again), sr_bytes_of(data, size)));
	sr_buf_free(&again);
	sr_endeds_free(&l);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t vault[SR_HASH];
	struct sr_endeds l = {0};
	struct sr_buf b;
	struct sr_err e = {0};
	t_fill(vault, sizeof vault, 3);
	sr_buf_init(&b);
	sr_endeds_encode(&b, &l, vault, person);
	fuzz_seed("none", sr_buf_view(&b));
	assert_ok(
		sr_endeds_add(&l,
			&(struct sr_ended){.index = 7, .person = "p-8899aabbccddeeff", .all = true},
			&e),
		&e);
	assert_ok(sr_endeds_add(
			  &l, &(struct sr_ended){.index = 12, .person = "p-8899aabbccddee00"}, &e),
		&e);
	sr_buf_clear(&b);
	sr_endeds_encode(&b, &l, vault, person);
	fuzz_seed("two", sr_buf_view(&b));
	sr_buf_free(&b);
	sr_endeds_free(&l);
}
