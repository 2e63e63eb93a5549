/*
 * One thread over poll; sockets do not block. A connection is one of
 *
 *   HEAD -> BODY -> (the call, at once) -> REPLY -> HEAD ...
 *   WAITS: a large body, until fewer of them are under way -> BODY
 *   HELD: a whole message of somebody who has not taken large answers yet, or one that may write
 *         while the witnesses are asked -> the call
 *   LAST: a reply after which it is closed (malformed, idle, turned away)
 *
 * Places: when all are taken, whoever holds more than a quarter of them (a person, or before log-in
 * a user of this machine) gives up the one that has been silent longest, so nobody shuts others out
 * by sitting down everywhere. An answer that is not taken holds its place only for a stall's time.
 *
 * Memory: bodies grow as bytes come, never as a header promises; above SR_SERVER_SMALL only for
 * people who logged in and only SR_SERVER_BIG at once.
 */
#include "core/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/secret.h"
#include "board/beats.h"
#include "board/witnessing.h"
#include "core/wire.h"
#include "ledger/ledger.h"

enum {
	BACKLOG = 64,
	GROW = 1 << 20,
	TURN_MS = 1000,
	WORK_MS = 50,   /* of intake between two looks at the sockets */
	ASKING_MS = 50, /* between two looks at whether the witnesses were heard */
	ANSWERS = 2,    /* large answers that one person may leave unread */
	FAIR = 8        /* places that anybody may hold, however few there are */
};

enum state {
	HEAD,
	BODY,
	WAITS,
	HELD,
	REPLY,
	LAST
};

struct conn {
	int fd; /* -1: free place */
	enum state state;
	struct sr_session session;
	struct sr_call request, reply;
	uint8_t header[SR_WIRE_HEADER];
	size_t header_got;
	struct sr_wire wire;
	bool big;  /* counts in server->big */
	uid_t uid; /* of the process at the other end; only to share out places */
	uint8_t out[SR_WIRE_HEADER];
	size_t sent;       /* of header, head and body of the reply */
	uint64_t moved_ms; /* when bytes of the reply were last taken */
	uint64_t seen_ms;  /* last whole message */
	uint64_t begun_ms; /* first byte of the message at work; 0: none */
};

struct sr_server {
	struct sr_core *core;
	void (*tell)(void *ctx, const char *sentence);
	void *ctx;
	unsigned idle_ms, stall_ms, ask_ms;
	size_t max;
	struct conn *conns;
	struct pollfd *polls; /* listener, stop, signals, witnesses, then one per connection */
	size_t *polled;
	atomic_size_t count; /* of connections; read by whoever asks */
	size_t big;
	int listener, stop, signals;
	bool stopping;
	const volatile sig_atomic_t *stopped;
	bool bound;
	uint64_t swept_ms;
	uint64_t began_ms;
	bool asking;   /* the witnesses, for the first time: nothing is written yet */
	bool alarmed;  /* a witness's alarm was told */
	bool crowded;  /* told that nobody more can be let in, and it is so still */
	bool deaf;     /* the listener is left alone until the next turn */
	int nap_ms;    /* what is done after deposits wants its next turn so soon */
	bool troubled; /* ... and told that it failed */
};

enum {
	FIXED_POLLS = 4
};

static void tell(const struct sr_server *s, const char *fmt, ...) SR_PRINTF(2, 3);
static void tell(const struct sr_server *s, const char *fmt, ...) {
	char text[1024];
	va_list ap;
	if (s->tell == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->tell(s->ctx, text);
}

/* --- listening --- */

static int listen_at(struct sr_server *s, struct sr_err *e) {
	const int dir = sr_dir_fd(s->core->vault->run);
	struct sockaddr_un a;
	memset(&a, 0, sizeof a);
	a.sun_family = AF_UNIX;
	/* Through the descriptor: a path of any length, and exactly this directory. */
	snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/" SR_CORE_SOCKET, dir);
	/* We hold the vault's lock, so a socket that lies there is a dead one's. */
	if (unlinkat(dir, SR_CORE_SOCKET, 0) != 0 && errno != ENOENT)
		return sr_fail_errno(e, "run/" SR_CORE_SOCKET);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listener < 0)
		return sr_fail_errno(e, "socket");
	if (bind(s->listener, (const struct sockaddr *)&a, sizeof a) != 0)
		return sr_fail_errno(e, "run/" SR_CORE_SOCKET);
	s->bound = true;
	if (fchmodat(dir, SR_CORE_SOCKET, 0666, 0) != 0)
		return sr_fail_errno(e, "run/" SR_CORE_SOCKET);
	if (fchmod(dir, 0711) != 0)
		return sr_fail_errno(e, "run");
	if (listen(s->listener, BACKLOG) != 0)
		return sr_fail_errno(e, "run/" SR_CORE_SOCKET);
	return 0;
}

int sr_server_new(struct sr_server **out, const struct sr_server_options *o, struct sr_err *e) {
	struct sr_server *s = calloc(1, sizeof *s);
	int rc = 0;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "server: out of memory");
	s->core = o->core;
	s->tell = o->tell;
	s->ctx = o->ctx;
	s->stopped = o->stopped;
	s->idle_ms = o->idle_ms != 0 ? o->idle_ms : SR_SERVER_IDLE_MS;
	s->stall_ms = o->stall_ms != 0 ? o->stall_ms : SR_SERVER_STALL_MS;
	s->ask_ms = o->ask_ms != 0 ? o->ask_ms : SR_SERVER_ASK_MS;
	s->max = o->connections != 0 ? o->connections : SR_SERVER_CONNECTIONS;
	s->listener = s->signals = -1;
	s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->conns = calloc(s->max, sizeof *s->conns);
	s->polls = calloc(s->max + FIXED_POLLS, sizeof *s->polls);
	s->polled = calloc(s->max, sizeof *s->polled);
	if (s->conns == NULL || s->polls == NULL || s->polled == NULL)
		rc = sr_fail(e, SR_NOMEM, "%zu connections: out of memory", s->max);
	for (size_t i = 0; rc == 0 && i < s->max; i++)
		s->conns[i].fd = -1;
	if (rc == 0 && s->stop < 0)
		rc = sr_fail_errno(e, "eventfd");
	if (rc == 0)
		rc = listen_at(s, e);
	if (rc != 0) {
		sr_server_free(s);
		return rc;
	}
	s->swept_ms = s->began_ms = sr_mono_ms();
	s->asking = !sr_witnessing_heard(s->core->vault);
	s->nap_ms = TURN_MS;
	*out = s;
	return 0;
}

/* --- one connection --- */

static void conn_close(struct sr_server *s, struct conn *c) {
	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	sr_session_end(s->core, &c->session);
	sr_call_free(&c->request);
	sr_call_free(&c->reply);
	s->big -= c->big ? 1 : 0;
	c->big = false;
	s->count--;
}

/* The system breaks the connection, not the one at the other end: that one is told nothing. */
static void conn_broke(struct sr_server *s, struct conn *c, const char *what, const char *why) {
	tell(s, "a connection (%s) is closed: %s: %s",
		c->session.person[0] != '\0' ? c->session.person : "before log-in", what, why);
	conn_close(s, c);
}

/* send or recv failed, and errno says why. */
static void conn_failed(struct sr_server *s, struct conn *c, const char *what) {
	if (errno == EPIPE || errno == ECONNRESET)
		conn_close(s, c); /* they went away */
	else
		conn_broke(s, c, what, strerror(errno));
}

static void next_message(struct sr_server *s, struct conn *c) {
	c->state = HEAD;
	c->header_got = 0;
	c->begun_ms = 0;
	c->seen_ms = sr_mono_ms();
	s->big -= c->big ? 1 : 0;
	c->big = false;
	sr_call_begin(&c->request, "none");
	sr_buf_clear(&c->request.head);
	sr_buf_free(&c->request.body);
}

/* The reply is whole: send it, then go on or close. */
static void begin_reply(struct sr_server *s, struct conn *c, enum state state) {
	struct sr_err e = {0};
	if (sr_wire_put(c->out, &c->reply, &e) != 0) {
		conn_broke(s, c, "answering", e.text);
		return;
	}
	c->sent = 0;
	c->moved_ms = sr_mono_ms();
	c->state = state;
}

static void turn_away(struct sr_server *s, struct conn *c, int code, const char *why) {
	struct sr_err e = {0};
	const int rc = sr_fail(&e, (enum sr_code)code, "%s", why);
	sr_reply_begin(&c->reply, rc, &e);
	begin_reply(s, c, LAST);
}

/* Part ${number} of a reply: header, head, body. */
static struct sr_bytes reply_part(const struct conn *c, int number) {
	if (number == 0)
		return sr_bytes_of(c->out, sizeof c->out);
	return number == 1 ? sr_buf_view(&c->reply.head) : sr_buf_view(&c->reply.body);
}

static void conn_write(struct sr_server *s, struct conn *c) {
	size_t before = 0;
	for (int part = 0; part < 3; part++) {
		const struct sr_bytes b = reply_part(c, part);
		while (c->sent < before + b.len) {
			const size_t at = c->sent - before;
			const ssize_t n = send(c->fd, b.p + at, b.len - at, MSG_NOSIGNAL);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
				return;
			if (n < 0) {
				conn_failed(s, c, "sending");
				return;
			}
			c->sent += (size_t)n;
			c->moved_ms = sr_mono_ms();
		}
		before += b.len;
	}
	sr_reply_begin(&c->reply, 0, NULL);
	if (c->state == LAST)
		conn_close(s, c);
	else
		next_message(s, c);
}

static void answer(struct sr_server *s, struct conn *c) {
	sr_core_call(s->core, &c->session, &c->request, &c->reply);
	/* A head that does not parse is no message of ours: say so and end. */
	begin_reply(s, c, c->request.text.raw.p == NULL ? LAST : REPLY);
	if (c->fd >= 0)
		conn_write(s, c);
	sr_wipe_registers(); /* the next one may be hours away */
}

static bool same_holder(const struct conn *a, const struct conn *b) {
	if (a->session.person[0] != '\0' || b->session.person[0] != '\0')
		return strcmp(a->session.person, b->session.person) == 0;
	return a->uid == b->uid;
}

/* Answers may have SR_CALL_BODY_MAX each: who leaves them unread gets no more of them. */
static bool has_unread(const struct sr_server *s, const struct conn *c) {
	size_t n = 0;
	for (size_t i = 0; i < s->max; i++) {
		const struct conn *o = &s->conns[i];
		if (o->fd >= 0 && o->state == REPLY && o->reply.body.len > SR_SERVER_SMALL &&
			same_holder(o, c))
			n++;
	}
	return n >= ANSWERS;
}

/* While the witnesses are asked, what may write waits: an entry made now would be the fork that
 * they warn of. A message that is none of ours is told so at once. */
static bool waits_for_witnesses(const struct sr_server *s, struct conn *c) {
	const struct sr_op_info *op;
	if (!s->asking || sr_call_parse(&c->request, NULL) != 0)
		return false;
	op = sr_op_named(c->request.text.lines[0].value);
	return op != NULL && !op->reads;
}

static void header_whole(struct sr_server *s, struct conn *c) {
	struct sr_err e = {0};
	if (sr_wire_get(&c->wire, c->header, &e) != 0) {
		turn_away(s, c, e.code, e.text);
		return;
	}
	c->state = BODY;
	if (c->wire.body <= SR_SERVER_SMALL)
		return;
	if (c->session.person[0] == '\0') {
		turn_away(s, c, SR_DENIED,
			"a message of this size is taken from people who logged in");
		return;
	}
	if (s->big >= SR_SERVER_BIG) {
		c->state = WAITS;
		return;
	}
	c->big = true;
	s->big++;
}

/* Up to what is still missing of the part at work; 1 more may come, 0 nothing now, -1 closed. */
static int take(struct sr_server *s, struct conn *c, void *p, size_t len, size_t *got) {
	*got = 0;
	const ssize_t n = recv(c->fd, p, len, 0);
	if (n > 0) {
		*got = (size_t)n;
		if (c->begun_ms == 0)
			c->begun_ms = sr_mono_ms();
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	if (n < 0)
		conn_failed(s, c, "receiving");
	else
		conn_close(s, c);
	return -1;
}

static int take_into(struct sr_server *s, struct conn *c, struct sr_buf *b, size_t whole) {
	struct sr_err e = {0};
	const size_t missing = whole - b->len;
	const size_t room = b->cap - b->len;
	size_t want = missing, got = 0;
	if (room < missing) {
		want = missing < GROW + b->len ? missing : GROW + b->len;
		if (sr_buf_reserve(b, want, &e) != 0) {
			turn_away(s, c, e.code, e.text);
			return -1;
		}
	}
	const int rc = take(s, c, b->p + b->len, want, &got);
	if (rc > 0)
		b->len += got;
	return rc;
}

static void conn_read(struct sr_server *s, struct conn *c) {
	size_t got = 0;
	while (c->fd >= 0 && c->state == HEAD) {
		const int rc = take(
			s, c, c->header + c->header_got, sizeof c->header - c->header_got, &got);
		if (rc <= 0)
			return;
		c->header_got += got;
		if (c->header_got == sizeof c->header)
			header_whole(s, c);
	}
	while (c->fd >= 0 && c->state == BODY) {
		int rc = 1;
		if (c->request.head.len < c->wire.head)
			rc = take_into(s, c, &c->request.head, c->wire.head);
		else if (c->request.body.len < c->wire.body)
			rc = take_into(s, c, &c->request.body, c->wire.body);
		else if (has_unread(s, c) || waits_for_witnesses(s, c)) {
			c->state = HELD;
			return;
		} else {
			answer(s, c);
			return;
		}
		if (rc <= 0)
			return;
	}
}

/* --- the loop --- */

static struct conn *free_place(struct sr_server *s) {
	for (size_t i = 0; i < s->max; i++) {
		if (s->conns[i].fd < 0)
			return &s->conns[i];
	}
	return NULL;
}

/* The place that is given up when all are taken: of whoever holds most of them and more than a
 * quarter, the one at rest that has been silent longest. NULL: nobody holds too many. */
static struct conn *place_to_free(struct sr_server *s) {
	struct conn *out = NULL;
	size_t most = s->max / 4 > FAIR ? s->max / 4 : FAIR;
	for (size_t i = 0; i < s->max; i++) {
		struct conn *c = &s->conns[i];
		size_t held = 0;
		if (c->state != HEAD || c->begun_ms != 0 || c->session.deposit != NULL)
			continue;
		for (size_t j = 0; j < s->max; j++)
			held += same_holder(c, &s->conns[j]) ? 1 : 0;
		if (held > most || (out != NULL && held == most && c->seen_ms < out->seen_ms)) {
			most = held;
			out = c;
		}
	}
	return out;
}

static uid_t peer_of(int fd) {
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t len = sizeof who;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	return who.uid;
}

/* Beyond the cap: say why in one message, if it can be sent at once, and close. */
static void turn_away_unseated(const struct sr_server *s, int fd) {
	struct sr_call reply;
	struct sr_err e = {0};
	uint8_t header[SR_WIRE_HEADER];
	sr_call_init(&reply);
	const int rc = sr_fail(
		&e, SR_LOCKED, "core serves %zu connections already: try again later", s->max);
	sr_reply_begin(&reply, rc, &e);
	if (sr_wire_put(header, &reply, &e) == 0 &&
		send(fd, header, sizeof header, MSG_NOSIGNAL | MSG_MORE) == (ssize_t)sizeof header)
		(void)!send(fd, reply.head.p, reply.head.len, MSG_NOSIGNAL);
	sr_call_free(&reply);
	close(fd);
	tell(s, "a connection was turned away: %zu are served already", s->max);
}

/* Without a descriptor or memory they wait at the door, which would be ready again at once: those
 * who are in are served, and the next turn but one looks again. */
static void let_in_failed(struct sr_server *s) {
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		s->crowded = false; /* all are in; without a descriptor it would not say so */
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
		return; /* EAGAIN: that was all; EINTR, ECONNABORTED and the like: the next turn */
	s->deaf = true;
	if (!s->crowded)
		tell(s,
			"nobody more can connect now: %s: end what else uses it, or raise the "
			"limit (ulimit -n; LimitNOFILE in a unit of systemd)",
			strerror(errno));
	s->crowded = true;
}

static void accept_all(struct sr_server *s) {
	for (;;) {
		const int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			let_in_failed(s);
			return;
		}
		struct conn *c = free_place(s);
		if (c == NULL && (c = place_to_free(s)) != NULL)
			conn_close(s, c);
		if (c == NULL) {
			turn_away_unseated(s, fd);
			continue;
		}
		memset(c, 0, sizeof *c);
		c->fd = fd;
		c->uid = peer_of(fd);
		sr_session_init(s->core, &c->session, false);
		sr_call_init(&c->request);
		sr_call_init(&c->reply);
		s->count++;
		next_message(s, c);
	}
}

static void housekeeping(struct sr_server *s) {
	const uint64_t now = sr_mono_ms();
	for (size_t i = 0; i < s->max; i++) {
		struct conn *c = &s->conns[i];
		if (c->fd < 0)
			continue;
		if (c->state == WAITS && s->big < SR_SERVER_BIG) {
			c->big = true;
			s->big++;
			c->begun_ms = now;
			c->state = BODY;
		}
		const bool stalled = c->begun_ms != 0 && now - c->begun_ms > s->stall_ms &&
				     c->state != WAITS && c->state != HELD;
		if (c->state == LAST || c->state == REPLY) {
			if (now - c->moved_ms > s->stall_ms)
				conn_close(s, c); /* does not read its answer */
		} else if (stalled) {
			turn_away(s, c, SR_IO, "a message that began did not end in time");
		} else if (c->begun_ms == 0 && now - c->seen_ms > s->idle_ms) {
			turn_away(s, c, SR_LOCKED,
				"nothing was asked for a long time: connect again");
		}
		if (c->fd >= 0 && c->state == LAST)
			conn_write(s, c);
		else if (c->fd >= 0 && c->state == HELD && !has_unread(s, c) &&
			 !waits_for_witnesses(s, c))
			answer(s, c);
	}
	if (now - s->swept_ms >= SR_SERVER_SWEEP_MS) {
		struct sr_err e = {0};
		s->swept_ms = now;
		if (sr_core_sweep(s->core, &e) != 0)
			tell(s, "sweep: %s", e.text);
	}
}

/* Answers of witnesses, news for them, heartbeats. What fails is told; while they are asked for the
 * first time it ends core, as what they say may. */
static int witnesses(struct sr_server *s, struct sr_err *e) {
	struct sr_vault *v = s->core->vault;
	struct sr_err why = {0};
	if (v->catalogue == NULL)
		return 0;
	const int rc = sr_witnessing_step(v, false, &why);
	if (rc != 0 && s->asking)
		return sr_fail(e, why.code, "witnesses: %s", why.text);
	if (rc != 0)
		tell(s, "witnesses: %s", why.text);
	if (sr_witnessing_alarm(v) != NULL && !s->alarmed)
		tell(s, "ALARM: %s; nothing is written any more", sr_witnessing_alarm(v));
	s->alarmed = sr_witnessing_alarm(v) != NULL;
	if (s->asking && s->alarmed)
		return sr_fail(e, SR_AUTH, "core ends before it wrote anything: %s",
			sr_witnessing_alarm(v));
	/* Witnesses that are away must not keep a vault from writing. */
	s->asking = s->asking && !sr_witnessing_heard(v) && sr_mono_ms() - s->began_ms < s->ask_ms;
	return 0;
}

static size_t fill_polls(struct sr_server *s) {
	size_t n = FIXED_POLLS;
	s->polls[0] = (struct pollfd){.fd = s->deaf ? -1 : s->listener, .events = POLLIN};
	s->deaf = false;
	s->polls[1] = (struct pollfd){.fd = s->stop, .events = POLLIN};
	s->polls[2] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	s->polls[3] = (struct pollfd){.fd = sr_witnessing_fd(s->core->vault), .events = POLLIN};
	for (size_t i = 0; i < s->max; i++) {
		const struct conn *c = &s->conns[i];
		if (c->fd < 0)
			continue;
		short events = 0;
		if (c->state == HEAD || c->state == BODY)
			events = POLLIN;
		else if (c->state == REPLY || c->state == LAST)
			events = POLLOUT;
		s->polls[n] = (struct pollfd){.fd = c->fd, .events = events};
		s->polled[n - FIXED_POLLS] = i;
		n++;
	}
	return n;
}

/* What is done after deposits by itself, in small pieces, so that people's calls go in between. */
static void work(struct sr_server *s) {
	struct sr_err e = {0};
	const int rc = sr_core_work(s->core, WORK_MS, &s->nap_ms, &e);
	if (rc != 0) {
		s->nap_ms = TURN_MS;
		if (!s->troubled)
			tell(s, "intake: %s", e.text);
	}
	s->troubled = rc != 0;
}

int sr_server_turn(struct sr_server *s, int timeout_ms, struct sr_err *e) {
	const size_t n = fill_polls(s);
	const int most = timeout_ms < 0 || timeout_ms > TURN_MS ? TURN_MS : timeout_ms;
	const int nap = s->asking ? ASKING_MS : s->nap_ms;
	const int wait = most < nap ? most : nap;
	const int ready = poll(s->polls, (nfds_t)n, wait);
	if (ready < 0 && errno != EINTR)
		return sr_fail_errno(e, "poll");
	if (ready > 0) {
		if ((s->polls[1].revents | s->polls[2].revents) & POLLIN)
			s->stopping = true;
		for (size_t i = FIXED_POLLS; i < n; i++) {
			struct conn *c = &s->conns[s->polled[i - FIXED_POLLS]];
			const short r = s->polls[i].revents;
			if (r == 0 || c->fd < 0)
				continue;
			if (c->state == HEAD || c->state == BODY)
				conn_read(s, c);
			else if (c->state == WAITS || c->state == HELD)
				conn_close(s, c); /* POLLHUP or POLLERR alone */
			else
				conn_write(s, c);
		}
		if (s->polls[0].revents & POLLIN)
			accept_all(s);
	}
	const int rc = witnesses(s, e);
	if (rc != 0)
		return rc;
	housekeeping(s);
	if (!s->asking)
		work(s);
	if (s->core->vault->failed)
		return sr_fail(e, SR_IO,
			"a write to the vault failed; core stops, so that the next start can "
			"recover what counts");
	return 0;
}

static uint64_t log_size(const struct sr_server *s) {
	return sr_ledger_next_index(s->core->vault->ledger);
}

int sr_server_run(struct sr_server *s, struct sr_err *e) {
	sigset_t mask, old;
	int rc = 0;
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGPIPE);
	if (pthread_sigmask(SIG_BLOCK, &mask, &old) != 0)
		return sr_fail(e, SR_MISUSE, "signals cannot be blocked");
	s->stopping = s->stopped != NULL && *s->stopped != 0;
	sigdelset(&mask, SIGPIPE);
	s->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		rc = sr_fail_errno(e, "signalfd");
	if (rc == 0)
		tell(s, "core listens on %s/" SR_CORE_SOCKET " (process %ld)",
			sr_dir_path(s->core->vault->run), (long)getpid());
	if (rc == 0)
		sr_beats_note(s->core->vault, SR_BEAT_UP, log_size(s));
	if (rc == 0)
		rc = witnesses(s, e); /* so that the first turn waits for their answers, too */
	while (rc == 0 && !s->stopping)
		rc = sr_server_turn(s, TURN_MS, e);
	if (rc == 0 || s->asking)
		sr_beats_note(s->core->vault, SR_BEAT_DOWN, log_size(s));
	tell(s, "core stops; connections closed: %zu", sr_server_connections(s));
	if (s->signals >= 0) {
		struct signalfd_siginfo info; /* taken, so that it does not strike when signals are
						 let through again */
		while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
			continue;
		close(s->signals);
	}
	s->signals = -1;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

void sr_server_stop(struct sr_server *s) {
	const uint64_t one = 1;
	(void)!write(s->stop, &one, sizeof one);
}

size_t sr_server_connections(const struct sr_server *s) {
	return atomic_load(&s->count);
}

void sr_server_free(struct sr_server *s) {
	if (s == NULL)
		return;
	for (size_t i = 0; s->conns != NULL && i < s->max; i++)
		conn_close(s, &s->conns[i]);
	if (s->bound)
		(void)!unlinkat(sr_dir_fd(s->core->vault->run), SR_CORE_SOCKET, 0);
	if (s->listener >= 0)
		close(s->listener);
	if (s->stop >= 0)
		close(s->stop);
	free(s->conns);
	free(s->polls);
	free(s->polled);
	free(s);
}
