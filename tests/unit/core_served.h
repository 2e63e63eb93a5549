/*
 * core_served - the server over its socket, with a real vault (core_rig.h): it turns in a thread of
 * the test, and the vault is touched by nobody else meanwhile.
 *
 *     struct served v;
 *     serve(&v, 0, 0, 0);                  idle, stall and connections; 0: as usual
 *     sit(&desk, &v); ... rig_call(&desk, ...)
 *     serve_end(&v);
 */
#ifndef SR_TESTS_CORE_SERVED_H
#define SR_TESTS_CORE_SERVED_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/server.h"
#include "core/wire.h"
#include "core_rig.h"
#include "world.h"

struct served {
	struct rig *g;
	struct sr_server *s;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint silent_ms; /* of core, from its next turn on */
	int rc;
	struct sr_err e;
	char told[4096];
};

static inline void tell(void *ctx, const char *sentence) {
	struct served *v = ctx;
	const size_t len = strlen(v->told);
	snprintf(v->told + len, sizeof v->told - len, "%s\n", sentence);
}

static inline void *turn(void *ctx) {
	struct served *v = ctx;
	while (!atomic_load(&v->stop) && v->rc == 0) {
		v->g->core.silent_ms = atomic_load(&v->silent_ms);
		v->rc = sr_server_turn(v->s, 5, &v->e);
	}
	return NULL;
}

/* ${g} is the server's until serve_end, which frees it. */
static inline void serve_rig(struct served *v, struct rig *g, unsigned idle_ms, unsigned stall_ms,
	unsigned connections) {
	memset(v, 0, sizeof *v);
	v->g = g;
	rig_desk_close(&v->g->desk);
	const struct sr_server_options o = {.core = &v->g->core,
		.tell = tell,
		.ctx = v,
		.idle_ms = idle_ms,
		.stall_ms = stall_ms,
		.connections = connections};
	assert_ok(sr_server_new(&v->s, &o, &v->e), &v->e);
	assert_int_equal(pthread_create(&v->thread, NULL, turn, v), 0);
}

static inline void serve(
	struct served *v, unsigned idle_ms, unsigned stall_ms, unsigned connections) {
	serve_rig(v, rig_new(NULL), idle_ms, stall_ms, connections);
}

static inline void serve_end(struct served *v) {
	atomic_store(&v->stop, true);
	pthread_join(v->thread, NULL);
	assert_ok(v->rc, &v->e);
	sr_server_free(v->s);
	rig_desk_open(&v->g->desk, &v->g->core); /* as rig_free wants it */
	rig_free(v->g);
}

static inline void sit(struct rig_desk *d, struct served *v) {
	memset(d, 0, sizeof *d);
	sr_call_init(&d->q);
	sr_call_init(&d->r);
	assert_ok(sr_transport_socket(&d->t, v->g->w->vault, &d->e), &d->e);
	assert_false(d->t.embedded);
}

static inline int plain_connect(struct served *v) {
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", t_path(v->g->w->vault, "run/core.sock"));
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* Everything until the server closes; false if it does not within two seconds. */
static inline bool read_to_end(int fd, struct sr_buf *b) {
	for (;;) {
		uint8_t piece[4096];
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, 2000) <= 0)
			return false;
		const ssize_t n = recv(fd, piece, sizeof piece, 0);
		if (n <= 0)
			return n == 0 || errno == ECONNRESET;
		sr_buf_put(b, piece, (size_t)n);
	}
}

/* The sentence and code of the one reply in ${b}. */
static inline void assert_told(struct sr_buf *b, enum sr_code code, const char *piece) {
	struct sr_call c;
	struct sr_wire w;
	struct sr_err e = {0};
	sr_call_init(&c);
	assert_true(b->len > SR_WIRE_HEADER);
	assert_ok(sr_wire_get(&w, b->p, &e), &e);
	assert_int_equal(b->len, SR_WIRE_HEADER + w.head + w.body);
	sr_buf_put(&c.head, b->p + SR_WIRE_HEADER, w.head);
	assert_fails(sr_call_parse(&c, &e), code, &e, piece);
	sr_call_free(&c);
}

#endif
