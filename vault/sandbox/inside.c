/*
 * inside - see inside.h. Only read, write, pread and close: what the filter leaves.
 */
#include "sandbox/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"

enum {
	INPUT = 0,
	JOB = 3,
	OTHER_SIDE_WRONG = 70 /* exit status; nobody looks at it */
};

static _Noreturn void give_up(void) {
	_exit(OTHER_SIDE_WRONG);
}

static void send_frame(struct sr_inside *s, const struct sr_frame *f) {
	ssize_t n;

	sr_buf_clear(&s->out);
	sr_frame_put(&s->out, f);
	if (sr_buf_ok(&s->out, NULL) != 0)
		give_up();
	do
		n = write(JOB, s->out.p, s->out.len);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)s->out.len)
		give_up();
}

static void receive(struct sr_inside *s, struct sr_frame *f, enum sr_frame_type want) {
	ssize_t n;

	do
		n = read(JOB, s->frame, sizeof s->frame);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || sr_frame_get(f, sr_bytes_of(s->frame, (size_t)n), NULL) != 0 ||
		f->type != want)
		give_up();
}

void sr_inside_begin(struct sr_inside *s) {
	struct sr_frame f = {.type = SR_FRAME_HELLO, .version = SR_BOX_VERSION};
	struct stat st;

	memset(s, 0, sizeof *s);
	sr_buf_init(&s->out);
	send_frame(s, &f);
	receive(s, &f, SR_FRAME_JOB);
	s->job = f.job;
	/* A memory file has the input's size; otherwise file 0 is empty. */
	s->asks = fstat(INPUT, &st) != 0 || !S_ISREG(st.st_mode) ||
		  (uint64_t)st.st_size != s->job.size;
}

size_t sr_inside_read(struct sr_inside *s, uint64_t offset, void *p, size_t len) {
	struct sr_frame f = {.type = SR_FRAME_READ, .offset = offset};
	ssize_t n;

	if (offset >= s->job.size)
		return 0;
	if (len > s->job.size - offset)
		len = (size_t)(s->job.size - offset);
	if (len > SR_BOX_READ_MAX)
		len = SR_BOX_READ_MAX;
	if (len == 0)
		return 0;
	if (!s->asks) {
		n = pread(INPUT, p, len, (off_t)offset);
		if (n < 0)
			give_up();
		return (size_t)n;
	}
	f.length = (uint32_t)len;
	send_frame(s, &f);
	receive(s, &f, SR_FRAME_ANSWER);
	if (f.data.len != len)
		give_up();
	memcpy(p, f.data.p, len);
	return len;
}

bool sr_inside_room(const struct sr_inside *s) {
	return s->members < s->job.members;
}

uint64_t sr_inside_left(const struct sr_inside *s) {
	return s->job.bytes - s->bytes;
}

void sr_inside_member(struct sr_inside *s, const struct sr_member *m) {
	const struct sr_frame f = {.type = SR_FRAME_MEMBER, .member = *m};

	s->members++;
	s->in_member = true;
	send_frame(s, &f);
}

void sr_inside_data(struct sr_inside *s, const void *p, size_t len) {
	const uint8_t *from = p;

	s->bytes += len;
	while (len > 0) {
		const size_t n = len < SR_BOX_DATA_MAX ? len : SR_BOX_DATA_MAX;
		const struct sr_frame f = {.type = SR_FRAME_DATA, .data = sr_bytes_of(from, n)};

		send_frame(s, &f);
		from += n;
		len -= n;
	}
}

void sr_inside_fact(struct sr_inside *s, const char *key, struct sr_bytes value) {
	struct sr_frame f = {.type = SR_FRAME_FACT, .key = sr_bytes_str(key)};
	char shown[SR_BOX_VALUE_MAX];

	(void)sr_escape_to(shown, sizeof shown, value);
	f.value = sr_bytes_str(shown);
	send_frame(s, &f);
}

static void finish(struct sr_inside *s, enum sr_frame_type type, enum sr_box_status status,
	const char *reason) {
	struct sr_frame f = {.type = type, .status = status};
	char shown[SR_BOX_REASON_MAX];

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(reason != NULL ? reason : ""));
	f.reason = sr_bytes_str(shown);
	send_frame(s, &f);
}

void sr_inside_end(struct sr_inside *s, enum sr_box_status status, const char *reason) {
	s->in_member = false;
	finish(s, SR_FRAME_END, status, reason);
}

void sr_inside_done(struct sr_inside *s, enum sr_box_status status, const char *reason) {
	finish(s, SR_FRAME_DONE, status, reason);
}
