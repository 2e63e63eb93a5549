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
	case 9: /* no path, and else as it should be */
		m[19] = 0;
		memmove(m + 23, m + 24, 4);
		raw(m, sizeof m - 1);
		forever();
		break;
	default:
		break;
	}
	raw(m, sizeof m);
	forever();
}

/* A frame of type ${type}: ${head}, a length that may lie, and ${len} bytes of ${fill}. */
static void odd(char type, const void *head, size_t head_len, uint32_t says, uint8_t fill,
	size_t len, const char *behind) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_put_u8(&b, (uint8_t)type);
	if (head_len > 0)
		sr_buf_put(&b, head, head_len);
	sr_buf_put_le32(&b, says);
	for (size_t i = 0; i < len; i++)
		sr_buf_put_u8(&b, fill);
	sr_buf_put_str(&b, behind);
	raw(b.p, b.len);
	sr_buf_free(&b);
	forever();
}

/* Each field of facts, ends, reads and members beyond what it may be. */
static void odd_field(char which) {
	static const uint8_t key[] = {1, 0, 0, 0, 'a'}, bad_status[] = {0xFF}, status[] = {0},
			     offset[8] = {0},
			     head[18] = {1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
			     named[23] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
				     0, 0, 0, 'a'},
			     job[30] = {SR_BOX_UNPACK}, bad_job[30] = {0xFF};

	switch (which) {
	case 'a': /* a key of 33 bytes */
		odd('F', "", 0, SR_BOX_KEY_MAX + 1, 'k', SR_BOX_KEY_MAX + 1, "\1");
		break;
	case 'b': /* of 4 GiB */
		odd('F', "", 0, UINT32_MAX, 'k', 4, "");
		break;
	case 'c': /* none */
		odd('F', "\0\0\0\0", 4, 1, 'v', 1, "");
		break;
	case 'd': /* a value of 1,025 bytes */
		odd('F', key, sizeof key, SR_BOX_VALUE_MAX + 1, 'v', SR_BOX_VALUE_MAX + 1, "");
		break;
	case 'e': /* of 4 GiB */
		odd('F', key, sizeof key, UINT32_MAX, 'v', 4, "");
		break;
	case 'f': /* more behind it */
		odd('F', key, sizeof key, 1, 'v', 1, "more");
		break;
	case 'g': /* an end with a status that there is none of */
		member("one");
		odd('E', bad_status, 1, 0, 0, 0, "");
		break;
	case 'h': /* a reason of 301 bytes */
		member("one");
		odd('E', status, 1, SR_BOX_REASON_MAX + 1, 'r', SR_BOX_REASON_MAX + 1, "");
		break;
	case 'i': /* that is no UTF-8 */
		odd('Z', status, 1, 2, 0xFF, 2, "");
		break;
	case 'j': /* of 4 GiB */
		odd('Z', status, 1, UINT32_MAX, 'r', 4, "");
		break;
	case 'k': /* more behind it */
		odd('Z', status, 1, 0, 0, 0, "more");
		break;
	case 'l': /* a read of 64 KiB and one byte */
		odd('R', offset, sizeof offset, SR_BOX_READ_MAX + 1, 0, 0, "");
		break;
	case 'm': /* of 4 GiB */
		odd('R', offset, sizeof offset, UINT32_MAX, 0, 0, "");
		break;
	case 'n': /* more behind it */
		odd('R', offset, sizeof offset, 1, 0, 0, "more");
		break;
	case 'o': /* a path of 4,097 bytes */
		odd('M', head, sizeof head, SR_BOX_PATH_MAX + 1, 'p', SR_BOX_PATH_MAX + 1, "\1");
		break;
	case 'p': /* a target of 4,097 bytes */
		odd('M', named, sizeof named, SR_BOX_PATH_MAX + 1, 't', SR_BOX_PATH_MAX + 1, "");
		break;
	case 'q': /* more behind it */
		odd('M', named, sizeof named, 0, 0, 0, "more");
		break;
	case 's': /* a job of no kind, */
		odd('J', bad_job, sizeof bad_job, 0, 0, 0, "");
		break;
	case 't': /* in no language, */
		odd('J', job, sizeof job, 3, '+', 3, "");
		break;
	case 'u': /* in a word that leads elsewhere, */
		odd('J', job, sizeof job, 1, '/', 1, "");
		break;
	case 'v': /* in more languages than there is room for, */
		odd('J', job, sizeof job, SR_BOX_LANGUAGES_MAX + 1, 'e', SR_BOX_LANGUAGES_MAX + 1,
			"");
		break;
	case 'w': /* one that is cut off: all of them for its parent */
		odd('J', job, sizeof job - 9, 0, 0, 0, "");
		break;
	case '1': /* a reason that ends a page of ours, */
		odd('Z', status, 1, 2, '\f', 2, "");
		break;
	case '2': /* or says something to a terminal */
		member("one");
		odd('E', status, 1, 2, '\033', 2, "");
		break;
	case '3': /* a value that ends a line */
		odd('F', key, sizeof key, 2, '\n', 2, "");
		break;
	case '4': /* or a string */
		odd('F', key, sizeof key, 2, '\0', 2, "");
		break;
	case 'x': /* data that is as long as a frame */
		odd('D', "", 0, 0, 'd', SR_BOX_DATA_MAX, "");
		break;
	default: /* an answer, which is its parent's to give */
		odd('A', "", 0, 4, 'a', 4, "");
		break;
	}
}

/* A size and a time at their ends are values like others: nothing is counted with them. */
static void far_values(void) {
	const struct sr_member low = {.kind = SR_MEMBER_FILE,
		.depth = 1,
		.size = UINT64_MAX - 1,
		.mtime = INT64_MIN,
		.path = sr_bytes_str("low")};
	struct sr_member high = low;

	sr_inside_member(&s, &low);
	sr_inside_data(&s, "abc", 3);
	sr_inside_end(&s, SR_BOX_WHOLE, "");
	high.mtime = INT64_MAX;
	high.path = sr_bytes_of("hi\0gh", 5);
	sr_inside_member(&s, &high);
	sr_inside_end(&s, SR_BOX_WHOLE, "");
	sr_inside_done(&s, SR_BOX_WHOLE, "");
}

static void only_ours(char which) {
	static const char *const keys[] = {"name", "pronom", "mismatch", "of", "cut", "unpacked",
		"unreadable", "target", "scan", "text"};

	if (which == 'm' || which == 'n') { /* that the vault made the file */
		member("one");
		sr_inside_fact(&s, "media-type",
			sr_bytes_str(which == 'm' ? "text/vnd.strongroom.pages"
						  : "application/vnd.strongroom.features"));
		return;
	}
	sr_inside_fact(&s, keys[(unsigned)(which - '0') % (sizeof keys / sizeof *keys)],
		sr_bytes_str("0"));
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
	case 'G': /* great: 20 pages of almost a MiB */
		for (unsigned page = 1; page <= 20; page++) {
			char number[12];

			(void)snprintf(number, sizeof number, "%u", page);
			memset(big, 'a', sizeof big);
			member(number);
			for (unsigned n = 0; n < 15; n++)
				sr_inside_data(&s, big, SR_BOX_DATA_MAX);
			sr_inside_end(&s, SR_BOX_WHOLE, "");
		}
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		break;
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
		only_ours(which);
		break;
	case 'h': /* half a member, and then nothing more */
		member("../half.pdf");
		sr_inside_fact(&s, "media-type", sr_bytes_str("image/png"));
		sr_inside_data(&s, "abc", 3);
		break;
	case 'o': /* done, and nothing before it */
		sr_inside_done(&s, SR_BOX_WHOLE, "");
		break;
	case 'n': /* nothing, for ever */
		forever();
		break;
	case 'g': /* asks, and takes no answer */
		raw("R\0\0\0\0\0\0\0\0\1\0\0\0", 13);
		(void)close(3);
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
	case 'B': /* beyond what a field may be */
		odd_field(which);
		break;
	case 'v': /* at the end of what it may be */
		far_values();
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
