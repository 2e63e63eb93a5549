/*
 * fuzz_room_redact - the plan of a redaction, as a client sends it: refused, or written back as it
 * was read, in order and without overlap.
 */
#include "fuzz.h"
#include "room/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_redaction p;
	struct sr_buf again;
	struct sr_err e;
	sr_buf_init(&again);
	if (sr_redaction_read(&p, in, &e) == 0) {
		MUST(p.left_count + p.gap_count > 0);
		for (size_t i = 0; i < p.gap_count; i++)
			MUST(p.gaps[i].from < p.gaps[i].to);
		for (size_t i = 0; i < p.left_count; i++)
			MUST(sr_redact_leaves_out(&p, p.left_out[i]));
		sr_redaction_put(&again, &p);
		MUST(sr_bytes_eq(sr_buf_view(&again), in));
	}
	sr_redaction_free(&p);
	sr_buf_free(&again);
	return 0;
}

void fuzz_seeds(void) {
	uint64_t left[2] = {1, 4};
	struct sr_gap gaps[3] = {{0, 5, 9}, {0, 9, 12}, {2, 0, 1}};
	struct sr_redaction p = {.left_out = left, .left_count = 2, .gaps = gaps, .gap_count = 3};
	struct sr_buf b;
	sr_buf_init(&b);
	sr_redaction_put(&b, &p);
	fuzz_seed("plan", sr_buf_view(&b));
	sr_buf_clear(&b);
	gaps[1].from = 8;
	sr_redaction_put(&b, &p);
	fuzz_seed("overlap", sr_buf_view(&b));
	sr_buf_clear(&b);
	p.left_count = p.gap_count = 0;
	sr_redaction_put(&b, &p);
	fuzz_seed("nothing", sr_buf_view(&b));
	sr_buf_free(&b);
}
