/*
 * fuzz_sandbox_wire - frames of a child: what is taken can be written again, to the same bytes.
 *
 * Input: the frame.
 */
#include "base/escape.h"
#include "fuzz.h"
#include "sandbox/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_frame f;
	struct sr_buf again;
	if (sr_frame_get(&f, sr_bytes_of(data, size), NULL) != 0)
		return 0;
	MUST(size <= 1 + SR_BOX_PATH_MAX * 2 + 64 || f.type == SR_FRAME_DATA ||
		f.type == SR_FRAME_ANSWER);
	MUST(sr_utf8_valid(f.value) && sr_utf8_valid(f.reason));
	MUST((unsigned)f.status < SR_BOX_STATUSES);
	sr_buf_init(&again);
	sr_frame_put(&again, &f);
	MUST(sr_buf_ok(&again, NULL) == 0);
	MUST(sr_bytes_eq(sr_buf_view(&again), sr_bytes_of(data, size)));
	sr_buf_free(&again);
	return 0;
}

static void seed(const char *name, const struct sr_frame *f) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_frame_put(&b, f);
	fuzz_seed(name, sr_buf_view(&b));
	sr_buf_free(&b);
}

void fuzz_seeds(void) {
	seed("hello", &(struct sr_frame){.type = SR_FRAME_HELLO, .version = SR_BOX_VERSION});
	seed("job", &(struct sr_frame){.type = SR_FRAME_JOB,
			    .job = {.what = SR_BOX_UNPACK, .size = 5, .members = 9, .bytes = 99}});
	seed("read", &(struct sr_frame){.type = SR_FRAME_READ, .offset = 7, .length = 512});
	seed("member", &(struct sr_frame){.type = SR_FRAME_MEMBER,
			       .member = {.kind = SR_MEMBER_SYMLINK,
				       .depth = 2,
				       .size = 3,
				       .mtime = -1,
				       .path = sr_bytes_str("a/../b"),
				       .target = sr_bytes_str("/etc/passwd")}});
	seed("data", &(struct sr_frame){.type = SR_FRAME_DATA, .data = sr_bytes_str("bytes")});
	seed("fact", &(struct sr_frame){.type = SR_FRAME_FACT,
			     .key = sr_bytes_str("media-type"),
			     .value = sr_bytes_str("text/plain")});
	seed("end", &(struct sr_frame){.type = SR_FRAME_END,
			    .status = SR_BOX_BROKEN,
			    .reason = sr_bytes_str("it ends early")});
	seed("done", &(struct sr_frame){.type = SR_FRAME_DONE});
}
