/*
 * fake_parser - a parser that lies, in the sandbox in place of ours. The first byte of its input
 * says how; test_sandbox_box.c knows what must come of each.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/inside.h"

static struct sr_inside s;

static void raw(const void *p, size_t len) {
	if (write(3, p, len) != (ssize_t)len)
		_exit(1);
}

static void frame(const struct sr_frame *f) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_frame_put(&b, f);
	raw(b.p, b.len);
	sr_buf_free(&b);
}

static void member(const char *path) {
	const struct sr_member m = {
		.kind = SR_MEMBER_FILE, .depth = 1, .size = UINT64_MAX, .path = sr_bytes_str(path)};

	sr_inside_member(&s, &m);
}

static void forever(void) {
	for (;;) {
		const struct timespec t = {.tv_sec = 1};
		(void)nanosleep(&t, NULL);
	}
}

/* Every number of a member frame out of range, one at a time. */
static void bad_member(unsigned which) {
	static const uint8_t good[] = {'M', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0, 0, 0, 'a', 0, 0, 0, 0};
	uint8_t m[sizeof good];

	memcpy(m, good, sizeof m);
	switch (which) {
	case 0:
		m[1] = 0;
		break;
	case 1:
		m[1] = SR_MEMBER_KINDS;
		break;
	case 2:
		m[2] = 0;
		break;
	case 3:
		m[2] = SR_BOX_DEPTH_MAX + 1;
		break;
	case 4:
		m[2] = 9; /* deeper than the job */
		break;
	case 5:
		memset(m + 19, 0xFF, 4); /* a path of 4 GiB */
		break;
	case 6:
		m[19] = 0; /* none */
		break;
	case 7:
		memset(m + 24, 0xFF, 4);
		break;
	case 8:
		raw(m, sizeof m - 1);
		forever();
		break;
	default:
		break;
	}
	raw(m, sizeof m);
	forever();
}

static void lie(char how, char which) {
	static uint8_t big[SR_BOX_FRAME_MAX + 8], how_big[8];
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is the lie */
	static const char words[] = "a\033[31mb\x07\f\r\n--- page 9 ---\n\r--- page 8 ---\n"
				    "\xE2\x80\xAEx";
	struct sr_frame f = {.type = SR_FRAME_READ, .length = 1};

	switch (how) {
	case 'a': /* all is well */
		sr_inside_fact(&s, "media-type", sr_bytes_str("text/plain"));
		member("one");
		sr_inside_data(&s, "abc", 3);
		sr_inside_end(&s, SR_BOX_WHOLE, "");
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		break;
	case 'W': /* words: a page that says what only its reader may */
		sr_inside_fact(&s, "paged", sr_bytes_str("yes"));
		member("1");
		sr_inside_fact(&s, "how", sr_bytes_str("an entirely new way of doing it"));
		sr_inside_data(&s, words, sizeof words - 1);
		sr_inside_end(&s, SR_BOX_WHOLE, "");
		member("2");
		sr_inside_data(&s, "\xFF\xFE", 2);
		sr_inside_end(&s, SR_BOX_WHOLE, "");
		member("3");
		sr_inside_end(&s, SR_BOX_BROKEN, "it is\nlost ---");
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		break;
	case 'w': /* pages out of order */
		member(which == '0' ? "2" : which == '1' ? "1x" : "../1");
		break;
	case 'P': /* a page without an end */
		member("1");
		for (;;)
			sr_inside_data(&s, big, SR_BOX_DATA_MAX);
	case 'i': /* a picture: its size, and other pixels */
		member("1");
		if (which != '0') {
			sr_inside_fact(&s, "width", sr_bytes_str(which == '1' ? "4001" : "2"));
			sr_inside_fact(&s, "height", sr_bytes_str("3"));
		}
		sr_inside_data(&s, big, which == '2' ? 5 : which == '3' ? 6 : 7);
		sr_inside_end(&s, SR_BOX_WHOLE, "");
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		break;
	case 'N': /* what only its parent says */
		sr_inside_fact(&s, "pronom", sr_bytes_str("fmt/1"));
		break;
	case 'h': /* half a member, and then nothing more */
		member("../half.pdf");
		sr_inside_fact(&s, "media-type", sr_bytes_str("image/png"));
		sr_inside_data(&s, "abc", 3);
		break;
	case 'n': /* nothing, for ever */
		forever();
		break;
	case 'e': /* ends without a word */
		break;
	case 'c': /* crashes */
		(void)raise(SIGSEGV);
		abort();
	case 'M':
		bad_member((unsigned)(which - '0'));
		break;
	case 'D': /* data of no member */
		f = (struct sr_frame){.type = SR_FRAME_DATA, .data = sr_bytes_str("x")};
		frame(&f);
		break;
	case 'E': /* the end of no member */
		sr_inside_end(&s, SR_BOX_WHOLE, "");
		break;
	case 'T': /* a member in a member */
		member("one");
		member("two");
		break;
	case 'Z': /* done within a member */
		member("one");
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		break;
	case 'm': /* too many members */
		for (;;) {
			member("again");
			sr_inside_end(&s, SR_BOX_WHOLE, "");
		}
	case 'd': /* too much data */
		member("one");
		for (;;)
			sr_inside_data(&s, big, SR_BOX_DATA_MAX);
	case 'f': /* too many facts */
		for (;;)
			sr_inside_fact(&s, "key", sr_bytes_str("value"));
	case 'L': /* a frame that is too long */
		big[0] = 'D';
		raw(big, sizeof big);
		break;
	case 'S': /* a frame of nothing but its type */
		raw("D", 1);
		break;
	case '0': /* an empty message */
		raw("", 0);
		forever();
		break;
	case 'U': /* an unknown type */
		raw("x", 1);
		break;
	case 'H': /* a second hello */
		f = (struct sr_frame){.type = SR_FRAME_HELLO, .version = SR_BOX_VERSION};
		frame(&f);
		break;
	case 'J': /* a job for its parent */
		f = (struct sr_frame){.type = SR_FRAME_JOB, .job = {.what = SR_BOX_UNPACK}};
		frame(&f);
		break;
	case 'R': /* reads behind the end */
		f.offset = s.job.size;
		frame(&f);
		break;
	case 'r': /* and across it */
		f.offset = s.job.size - 1;
		f.length = 2;
		frame(&f);
		break;
	case 'O': /* and so far that sums run over */
		f.offset = UINT64_MAX;
		f.length = SR_BOX_READ_MAX;
		frame(&f);
		break;
	case 'l': /* reads of no or too great length */
		raw("R\0\0\0\0\0\0\0\0\0\0\0\0", 13);
		break;
	case 'q': /* asks, and takes no answer: for ever */
		for (;;)
			frame(&f);
	case 'p': /* asks and takes answers: for ever */
		for (;;)
			(void)sr_inside_read(&s, 0, how_big, 1);
	case 'k': /* a key that is none */
		raw("F\3\0\0\0a\nb\1\0\0\0x", 13);
		break;
	case 'u': /* a value that is no UTF-8 */
		raw("F\1\0\0\0a\1\0\0\0\xFF", 11);
		break;
	case 's': /* a status that there is none of */
		raw("Z\11\0\0\0\0", 6);
		break;
	case 'x': /* more after done */
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		member("late");
		break;
	case 'C': /* burns its processor time */
		for (volatile unsigned i = 0;; i++)
			;
	default:
		break;
	}
	_exit(0); /* as if all were well */
}

int main(void) {
	char how[2] = {0};

	sr_inside_begin(&s);
	(void)sr_inside_read(&s, 0, how, sizeof how);
	lie(how[0], how[1]);
	return 0;
}
