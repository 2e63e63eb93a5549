/*
 * fuzz_room_cut - transcripts and texts whose parts are marked: what is read of a transcript is
 * within its bounds, and no cue that a strict reader finds within marked time comes out of the cut,
 * however the bytes are cut into pieces.
 *
 * Input: u8 size of the pieces, u8 seconds at which the marked time begins, the text.
 */
#include "base/cue.h"
#include "base/escape.h"
#include "fuzz.h"
#include "room/cut.h"

struct seen {
	struct sr_bytes in; /* the whole text */
	uint64_t before;
	const struct sr_mark *mark;
	struct sr_buf shown; /* of the cut */
	bool hidden;         /* some cue touches the mark */
	bool clear;          /* some cue does not */
};

static int hear(void *ctx, const struct sr_cue *c, struct sr_err *e) {
	struct seen *s = ctx;
	(void)e;
	MUST(c->from < c->to && c->from >= s->before);
	MUST(c->text.len > 0 || c->speaker.len > 0 || c->text.len == 0);
	MUST(sr_utf8_valid(c->text) && sr_utf8_valid(c->speaker));
	s->before = c->from;
	if (c->from < s->mark->to && c->to > s->mark->from)
		s->hidden = true;
	else
		s->clear = true;
	return 0;
}

static void cut(struct sr_buf *out, const struct sr_mark *m, struct sr_bytes in, size_t step) {
	const struct sr_cutting o = {
		.marks = m, .count = 1, .paged = in.len > 0 && memchr(in.p, '\f', in.len) != NULL};
	struct sr_cut *c = NULL;
	struct sr_err e;
	assert_ok(sr_cut_new(&c, &o, &e), &e);
	do {
		struct sr_bytes piece = fuzz_take(&in, step);
		assert_ok(sr_cut_feed(c, out, piece, in.len == 0, &e), &e);
	} while (in.len > 0);
	sr_cut_free(c);
}

/* How many times stand in it, as lines. */
static size_t times_in(struct sr_bytes v, const struct sr_mark *m, bool marked) {
	size_t n = 0;
	while (v.len > 0) {
		uint64_t from = 0, to = 0;
		size_t end = 0;
		while (end < v.len && v.p[end] != '\n')
			end++;
		if (sr_cue_times(&from, &to, sr_bytes_of(v.p, end)) &&
			(from < m->to && (to > from ? to : from + 1) > m->from) == marked)
			n++;
		v = sr_bytes_of(v.p + end + (end < v.len), v.len - end - (end < v.len));
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const size_t step = fuzz_u8(&in) + 1;
	struct sr_mark time = {.hazard = "graphic", .unit = SR_MARK_TIME};
	struct sr_mark pages = {.hazard = "graphic", .unit = SR_MARK_PAGE, .from = 2, .to = 3};
	struct seen s = {.mark = &time};
	struct sr_transcript t;
	struct sr_buf again;
	struct sr_err e;

	time.from = fuzz_u8(&in) * UINT64_C(1000);
	time.to = time.from + 5000;
	s.in = in;
	sr_buf_init(&s.shown);
	sr_buf_init(&again);
	const int rc = sr_transcript_read(&t, in, hear, &s, &e);
	MUST(rc == 0 || rc == SR_USAGE || rc == SR_LIMIT);
	MUST(rc != 0 || (t.cues > 0 && t.ends > 0 && t.speakers <= t.cues));
	cut(&s.shown, &time, in, in.len + 1);
	cut(&again, &time, in, step);
	MUST(sr_bytes_eq(sr_buf_view(&s.shown), sr_buf_view(&again)));
	/* No times of the marked stretch come out, whether or not the transcript is well-formed. */
	MUST(times_in(sr_buf_view(&s.shown), &time, true) == 0);
	if (rc == 0 && s.clear)
		MUST(times_in(sr_buf_view(&s.shown), &time, false) > 0);
	sr_buf_clear(&s.shown);
	sr_buf_clear(&again);
	cut(&s.shown, &pages, in, in.len + 1);
	cut(&again, &pages, in, step);
	MUST(sr_bytes_eq(sr_buf_view(&s.shown), sr_buf_view(&again)));
	sr_buf_free(&s.shown);
	sr_buf_free(&again);
	return 0;
}

static void seed(const char *name, const char *text) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put_u8(&b, 6);
	sr_buf_put_u8(&b, 5);
	sr_buf_put_str(&b, text);
	fuzz_seed(name, sr_buf_view(&b));
	sr_buf_free(&b);
}

void fuzz_seeds(void) {
	seed("vtt", "WEBVTT - x\nLanguage: de\n\nNOTE n\n\n1\n00:01.000 --> 00:02.000 a:b\n<v.c "
		    "Anna>a &lt; <i>b</i></v>\n\n00:06.000 --> 00:07.000\nc\n");
	seed("srt", "1\r\n00:00:01,000 --> 00:00:02,000\r\na\r\n\r\n2\r\n00:00:06,000 --> "
		    "00:00:07,000\r\nb\r\n");
	seed("pages", "one\n\ftwo\n\fthree\n\ffour\n");
}
