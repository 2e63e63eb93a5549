/*
 * box - see box.h.
 */
#include "sandbox/box.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/time.h"
#include "sandbox/swap.h"

enum {
	JOB_BUFFER =
		4 * SR_BOX_FRAME_MAX, /* of the socket: reads and data do not wait for each other */
	COMPLAINT_MAX = 300,          /* bytes shown of what bubblewrap printed */
	AT_ONCE = 64                  /* questions that one sr_box_try answers: 4 MiB of input */
};

enum state {
	B_HELLO,  /* nothing came yet */
	B_TOP,    /* between members */
	B_MEMBER, /* in a member */
	B_DONE,
	B_FAILED
};

struct sr_box {
	struct sr_box_input in;
	struct sr_box_options o;
	struct sr_launched child;
	int fd;          /* our end of the job socket */
	int input;       /* the memory file that goes with the job, or -1 */
	bool warm;       /* it has said hello */
	bool renewed;    /* the clock began anew in this call */
	unsigned inputs; /* that were given to it */
	enum state state;
	int rc;                        /* of B_FAILED */
	uint64_t left_ms, deadline_ms; /* the clock of a call begins with what the last one left */
	uint64_t silent_ms; /* when sr_box_try last got nothing; 0: it got something since */
	uint32_t members, facts;
	uint64_t bytes;
	uint64_t read_bytes; /* answered */
	struct sr_buf out;
	uint8_t answer[SR_BOX_READ_MAX];
	uint8_t frame[SR_BOX_FRAME_MAX + 1];
};

static void clock_on(struct sr_box *b) {
	b->deadline_ms = sr_mono_ms() + b->left_ms;
}

static void clock_off(struct sr_box *b) {
	const uint64_t now = sr_mono_ms();

	b->left_ms = now >= b->deadline_ms ? 0 : b->deadline_ms - now;
}

static int read_bytes(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	const struct sr_bytes *b = ctx;

	if (offset > b->len || len > b->len - offset)
		return sr_fail(e, SR_MISUSE, "a read outside of the input");
	memcpy(p, b->p + offset, len);
	return 0;
}

struct sr_box_input sr_box_input_bytes(const struct sr_bytes *b) {
	const struct sr_box_input in = {b->len, read_bytes, (void *)(uintptr_t)b};

	return in;
}

/* --- ending ----------------------------------------------------------------------------------- */

static void kill_child(struct sr_box *b) {
	if (b->child.pidfd < 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, b->child.pidfd, SIGKILL, NULL, 0);
	(void)close(b->child.pidfd);
	b->child.pidfd = -1;
}

static int fail(struct sr_box *b, int rc) {
	kill_child(b);
	b->state = B_FAILED;
	b->rc = rc;
	return rc;
}

void sr_box_free(struct sr_box *b) {
	if (b == NULL)
		return;
	kill_child(b);
	if (b->child.errors >= 0)
		(void)close(b->child.errors);
	if (b->fd >= 0)
		(void)close(b->fd);
	if (b->input >= 0)
		(void)close(b->input);
	sr_buf_free(&b->out);
	sr_wipe(b, sizeof *b);
	free(b);
}

/* No hello came: what bubblewrap or the loader said, which no hostile byte has reached yet. */
static int not_started(struct sr_box *b, struct sr_err *e) {
	char said[COMPLAINT_MAX + 1], shown[COMPLAINT_MAX + 1];
	struct pollfd p = {.fd = b->child.errors, .events = POLLIN};
	ssize_t n = 0;

	if (poll(&p, 1, 1000) > 0)
		n = read(b->child.errors, said, sizeof said - 1);
	while (n > 0 && (said[n - 1] == '\n' || said[n - 1] == ' '))
		n--;
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_of(said, n > 0 ? (size_t)n : 0));
	return sr_fail(e, SR_UNSUPPORTED,
		"the sandbox cannot be set up, and nothing is parsed without it (%s): user "
		"namespaces "
		"must be allowed; strongroom doctor says which wall is missing",
		n > 0 ? shown : "it ended without a word");
}

/* --- input ------------------------------------------------------------------------------------ */

static int memory_file(int *out, const struct sr_box_input *in, size_t ends, struct sr_err *e) {
	const unsigned seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const int fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const size_t len = (size_t)in->size;
	uint8_t *p = NULL;
	int rc = 0;

	*out = -1;
	if (fd < 0 || ftruncate(fd, (off_t)len) != 0)
		rc = sr_fail_errno(e, "a memory file of %zu bytes", len);
	if (rc == 0 && len > 0) {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED)
			rc = sr_fail_errno(e, "a memory file of %zu bytes", len);
		else if (ends == 0 || len <= 2 * ends)
			rc = in->read(in->ctx, 0, p, len, e);
		else
			rc = in->read(in->ctx, 0, p, ends, e);
		if (rc == 0 && ends > 0 && len > 2 * ends) /* the middle stays a hole */
			rc = in->read(in->ctx, len - ends, p + (len - ends), ends, e);
		if (p != MAP_FAILED)
			(void)munmap(p, len);
	}
	if (rc == 0 && fcntl(fd, F_ADD_SEALS, seals) != 0)
		rc = sr_fail_errno(e, "sealing a memory file");
	if (rc != 0 && fd >= 0)
		(void)close(fd);
	if (rc == 0)
		*out = fd;
	return rc;
}

/* The input's memory file, if it is to have one; it goes with the job. */
static int take_input(struct sr_box *b, struct sr_err *e) {
	if (b->input >= 0)
		(void)close(b->input);
	b->input = -1;
	if (b->o.whole && b->o.ends == 0 && b->in.size > SR_BOX_WHOLE_MAX)
		return sr_fail(e, SR_LIMIT, "it has %llu bytes; tools are given at most %d MiB",
			(unsigned long long)b->in.size, SR_BOX_WHOLE_MAX >> 20);
	if (b->o.ask || (!b->o.whole && b->in.size > SR_BOX_MEMFD_MAX))
		return 0;
	return memory_file(&b->input, &b->in, (size_t)b->o.ends, e);
}

/* --- messages --------------------------------------------------------------------------------- */

/* Wait for ${events}; LIMIT at the deadline. */
static int wait_for(struct sr_box *b, short events, struct sr_err *e) {
	for (;;) {
		struct pollfd p = {.fd = b->fd, .events = events};
		const uint64_t now = sr_mono_ms();
		const int left = now >= b->deadline_ms ? 0 : (int)(b->deadline_ms - now);
		const int n = left == 0 ? 0 : poll(&p, 1, left);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return sr_fail_errno(e, "waiting for the parser");
		if (n == 0)
			return sr_fail(e, SR_LIMIT,
				"the parser took longer than %u ms and was ended",
				b->o.limits.wall_ms);
	}
}

static int send_frame(struct sr_box *b, const struct sr_frame *f, struct sr_err *e) {
	int rc;

	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	sr_buf_clear(&b->out);
	sr_frame_put(&b->out, f);
	rc = sr_buf_ok(&b->out, e);
	if (f->type == SR_FRAME_JOB && b->input >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &b->input, sizeof(int));
	}
	part = (struct iovec){b->out.p, b->out.len};
	while (rc == 0) {
		if (sendmsg(b->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)b->out.len)
			return 0;
		if (errno == EPIPE || errno == ECONNRESET)
			return sr_fail(e, SR_CORRUPT, "the parser ended without an answer");
		if (errno != EAGAIN && errno != EINTR)
			return sr_fail_errno(e, "a frame to the parser");
		rc = wait_for(b, POLLOUT, e);
	}
	return rc;
}

static int receive(struct sr_box *b, struct sr_bytes *out, struct sr_err *e) {
	for (;;) {
		const int rc = wait_for(b, POLLIN, e);
		ssize_t n;

		if (rc != 0)
			return rc;
		/* MSG_TRUNC: the true length, of which no more than the frame is taken. */
		n = recv(b->fd, b->frame, sizeof b->frame, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0 && b->state == B_HELLO)
			return not_started(b, e);
		if (n <= 0)
			return sr_fail(e, SR_CORRUPT, "the parser ended without an answer");
		if ((size_t)n > SR_BOX_FRAME_MAX)
			return sr_fail(e, SR_CORRUPT,
				"the parser sent a frame of %zd bytes, at most %d", n,
				SR_BOX_FRAME_MAX);
		*out = sr_bytes_of(b->frame, (size_t)n);
		return 0;
	}
}

/* --- beginning -------------------------------------------------------------------------------- */

static int open_job(struct sr_box *b, struct sr_launcher *l, struct sr_err *e) {
	const int size = JOB_BUFFER;
	int ends[2] = {-1, -1};
	int rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return sr_fail_errno(e, "a parser's socket");
	b->fd = ends[0];
	for (int i = 0; i < 2; i++)
		(void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	rc = sr_swap_check(e); /* before plaintext is in memory that may be swapped out */
	if (rc == 0)
		rc = take_input(b, e);
	if (rc == 0)
		rc = sr_launcher_run(l, &b->o.limits, -1, ends[1], &b->child, e);
	(void)close(ends[1]);
	return rc;
}

static int greet(struct sr_box *b, struct sr_err *e) {
	struct sr_frame f = {.type = SR_FRAME_JOB, .job = b->o.job};
	struct sr_bytes in = {NULL, 0};
	int rc = b->warm ? 0 : receive(b, &in, e);

	if (rc == 0 && !b->warm)
		rc = sr_frame_get(&f, in, e);
	if (rc == 0 && !b->warm && (f.type != SR_FRAME_HELLO || f.version != SR_BOX_VERSION))
		rc = sr_fail(e, SR_CORRUPT,
			"the parser says hello in another version (%u, want %d): install both "
			"parts "
			"together",
			f.version, SR_BOX_VERSION);
	if (rc != 0)
		return rc;
	b->state = B_TOP;
	b->warm = true;
	f = (struct sr_frame){.type = SR_FRAME_JOB, .job = b->o.job};
	rc = send_frame(b, &f, e);
	if (b->input >= 0)
		(void)close(b->input);
	b->input = -1;
	return rc;
}

int sr_box_begin(struct sr_box **out, struct sr_launcher *l, const struct sr_box_input *in,
	const struct sr_box_options *o, struct sr_err *e) {
	struct sr_box *b = calloc(1, sizeof *b);
	int rc;

	*out = NULL;
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a sandboxed parser");
	b->in = *in;
	b->o = *o;
	b->o.job.size = in->size;
	b->fd = b->input = -1;
	b->child = (struct sr_launched){-1, -1};
	b->left_ms = o->limits.wall_ms;
	clock_on(b);
	sr_buf_init(&b->out);
	rc = open_job(b, l, e);
	if (rc != 0) {
		sr_box_free(b);
		return rc;
	}
	clock_off(b);
	*out = b;
	return 0;
}

/* --- several, and again ------------------------------------------------------------------------
 */

int sr_box_fd(const struct sr_box *b) {
	return b->fd;
}

bool sr_box_done(const struct sr_box *b) {
	return b->state == B_DONE && b->o.stays;
}

unsigned sr_box_inputs(const struct sr_box *b) {
	return b->inputs;
}

int sr_box_again(struct sr_box *b, const struct sr_box_input *in, const struct sr_box_options *o,
	struct sr_err *e) {
	const struct sr_box_limits limits = b->o.limits;
	int rc;

	if (b->state != B_DONE || !b->o.stays || o->limits.tools != limits.tools)
		return sr_fail(
			e, SR_MISUSE, "a parser that is at work, or ended, is not used again");
	rc = sr_swap_check(e);
	if (rc != 0)
		return rc;
	b->in = *in;
	b->o = *o;
	b->o.limits = limits;
	b->o.limits.wall_ms = o->limits.wall_ms;
	b->o.job.size = in->size;
	b->members = b->facts = 0;
	b->bytes = b->read_bytes = 0;
	b->left_ms = o->limits.wall_ms;
	b->silent_ms = 0;
	clock_on(b);
	rc = take_input(b, e);
	if (rc != 0) /* of this input alone: the child has not heard of it */
		return rc;
	b->inputs++;
	rc = greet(b, e);
	clock_off(b);
	return rc == 0 ? 0 : fail(b, rc);
}

/* --- what it says ----------------------------------------------------------------------------- */

static int broke(const char *what, struct sr_err *e) {
	return sr_fail(e, SR_CORRUPT, "the parser broke the protocol: %s", what);
}

static int answer(struct sr_box *b, const struct sr_frame *q, struct sr_err *e) {
	struct sr_frame f = {.type = SR_FRAME_ANSWER};
	int rc;

	if (q->offset > b->in.size || q->length > b->in.size - q->offset)
		return broke("it wants to read outside of its input", e);
	rc = b->in.read(b->in.ctx, q->offset, b->answer, q->length, e);
	if (rc != 0)
		return rc;
	b->read_bytes += q->length;
	f.data = sr_bytes_of(b->answer, q->length);
	return send_frame(b, &f, e);
}

static int take_member(struct sr_box *b, const struct sr_frame *f, struct sr_err *e) {
	if (b->state != B_TOP)
		return broke("a member begins in a member", e);
	if (b->o.job.what == SR_BOX_IDENTIFY || b->o.job.what == SR_BOX_ESCAPE ||
		f->member.depth > b->o.job.depth)
		return broke("a member that the job did not ask for", e);
	if (b->members == b->o.job.members)
		return sr_fail(e, SR_LIMIT, "the parser sent more than %u members", b->members);
	b->members++;
	if (b->o.paced) {
		b->deadline_ms = sr_mono_ms() + b->o.limits.wall_ms;
		b->renewed = true;
	}
	b->facts = 0;
	b->state = B_MEMBER;
	return 0;
}

static int take_data(struct sr_box *b, const struct sr_frame *f, struct sr_err *e) {
	if (b->state != B_MEMBER)
		return broke("data of no member", e);
	if (f->data.len > b->o.job.bytes - b->bytes)
		return sr_fail(e, SR_LIMIT, "the parser sent more than %llu bytes",
			(unsigned long long)b->o.job.bytes);
	b->bytes += f->data.len;
	return 0;
}

static int take(struct sr_box *b, const struct sr_frame *f, struct sr_err *e) {
	switch (f->type) {
	case SR_FRAME_MEMBER:
		return take_member(b, f, e);
	case SR_FRAME_DATA:
		return take_data(b, f, e);
	case SR_FRAME_FACT:
		return b->facts++ < SR_BOX_FACTS_MAX ? 0 : broke("too many facts", e);
	case SR_FRAME_END:
		if (b->state != B_MEMBER)
			return broke("the end of no member", e);
		b->state = B_TOP;
		b->facts = 0;
		return 0;
	case SR_FRAME_DONE:
		if (b->state != B_TOP)
			return broke("it is done within a member", e);
		b->state = B_DONE;
		if (!b->o.stays)
			kill_child(b);
		return 0;
	case SR_FRAME_READ:
		return answer(b, f, e);
	case SR_FRAME_HELLO:
	case SR_FRAME_JOB:
	case SR_FRAME_ANSWER:
		break;
	}
	return broke("a frame that is none of a parser's", e);
}

/* The next frame that came, answered if it is a question; the clock is on. */
static int step(struct sr_box *b, struct sr_frame *f, struct sr_err *e) {
	struct sr_bytes in = {NULL, 0};
	int rc = receive(b, &in, e);

	if (rc == 0 && (rc = sr_frame_get(f, in, e)) != 0)
		(void)sr_wrap(e, "the parser broke the protocol");
	return rc == 0 ? take(b, f, e) : rc;
}

static int usable(const struct sr_box *b, struct sr_err *e) {
	if (b->state == B_DONE)
		return sr_fail(e, SR_MISUSE, "the parser is done");
	if (b->state == B_FAILED)
		return sr_fail(e, (enum sr_code)b->rc, "the parser failed before");
	return 0;
}

int sr_box_next(struct sr_box *b, struct sr_frame *f, struct sr_err *e) {
	int rc = usable(b, e);

	if (rc != 0)
		return rc;
	clock_on(b);
	if (b->state == B_HELLO)
		rc = greet(b, e);
	while (rc == 0) {
		rc = step(b, f, e);
		if (rc != 0 || f->type != SR_FRAME_READ)
			break;
		if (sr_mono_ms() >= b->deadline_ms)
			rc = sr_fail(e, SR_LIMIT, "the parser took longer than %u ms and was ended",
				b->o.limits.wall_ms);
	}
	clock_off(b);
	return rc == 0 ? 0 : fail(b, rc);
}

/* Has it said something, or is its time over? What passed since it last had nothing to say was
 * waiting, also when it speaks now: one that says a little at a time does not live for ever. */
static bool speaks(struct sr_box *b) {
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	const bool said = poll(&p, 1, 0) > 0;
	const uint64_t now = sr_mono_ms();

	if (b->silent_ms != 0) {
		const uint64_t waited = now - b->silent_ms;

		b->left_ms = waited >= b->left_ms ? 0 : b->left_ms - waited;
	}
	b->silent_ms = said ? 0 : now;
	return said || b->left_ms == 0;
}

int sr_box_try(struct sr_box *b, struct sr_frame *f, bool *got, struct sr_err *e) {
	unsigned steps = 0;
	int rc = usable(b, e);

	*got = false;
	while (rc == 0 && !*got && speaks(b)) {
		const uint64_t left = b->left_ms;

		if (b->left_ms > SR_BOX_PATIENCE_MS)
			b->left_ms = SR_BOX_PATIENCE_MS;
		clock_on(b);
		b->renewed = false;
		if (b->state == B_HELLO) {
			rc = greet(b, e);
		} else {
			rc = step(b, f, e);
			*got = rc == 0 && f->type != SR_FRAME_READ;
		}
		clock_off(b);
		if (b->renewed)
			b->left_ms = b->o.limits.wall_ms;
		else if (left > SR_BOX_PATIENCE_MS) /* what was not used of this call's share */
			b->left_ms += left - SR_BOX_PATIENCE_MS;
		if (++steps == AT_ONCE)
			break;
	}
	return rc == 0 ? 0 : fail(b, rc);
}
