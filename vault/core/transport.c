/*
 * The client's end of the socket. One call at a time; a connection that broke in the middle of a
 * message is of no use any more, and every later call says so.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"
#include "core/server.h"
#include "core/wire.h"

enum {
	LOOK_MS = 250 /* between two looks at the wish to stop: a signal may come just before a wait
		       */
};

struct client {
	int fd;
	bool broken;
	const volatile sig_atomic_t *stop; /* or NULL */
	unsigned grace_ms;
	uint64_t stopped_ms; /* when that was seen; 0: not yet */
};

static int given_up(struct client *c, struct sr_err *e) {
	if (c->stop == NULL || *c->stop == 0)
		return 0;
	const uint64_t now = sr_mono_ms();
	if (c->stopped_ms == 0)
		c->stopped_ms = now;
	if (now - c->stopped_ms < c->grace_ms)
		return 0;
	return sr_fail(e, SR_LOCKED,
		"stopped on request: core has not answered, and may do what it was asked for all "
		"the same");
}

/* Until something can be sent or taken. */
static int wait_for(struct client *c, short events, struct sr_err *e) {
	for (;;) {
		struct pollfd p = {.fd = c->fd, .events = events};
		const int n = poll(&p, 1, LOOK_MS);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return sr_fail_errno(e, "core: waiting for it");
		const int rc = given_up(c, e);
		if (rc != 0)
			return rc;
	}
}

static bool not_now(void) {
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int send_all(struct client *c, const void *p, size_t len, struct sr_err *e) {
	const uint8_t *at = p;
	while (len > 0) {
		const ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && !not_now())
			return sr_fail_errno(e, "core: sending");
		if (n < 0) {
			const int rc = wait_for(c, POLLOUT, e);
			if (rc != 0)
				return rc;
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int recv_all(struct client *c, void *p, size_t len, struct sr_err *e) {
	uint8_t *at = p;
	while (len > 0) {
		const ssize_t n = recv(c->fd, at, len, MSG_DONTWAIT);
		if (n < 0 && !not_now())
			return sr_fail_errno(e, "core: receiving");
		if (n < 0) {
			const int rc = wait_for(c, POLLIN, e);
			if (rc != 0)
				return rc;
			continue;
		}
		if (n == 0)
			return sr_fail(e, SR_IO,
				"core closed the connection, %zu bytes of its answer are missing",
				len);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int recv_into(struct client *c, struct sr_buf *b, size_t len, struct sr_err *e) {
	int rc = sr_buf_reserve(b, len, e);
	if (rc == 0)
		rc = recv_all(c, b->p, len, e);
	if (rc == 0)
		b->len = len;
	return rc;
}

static int exchange(struct client *c, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	uint8_t header[SR_WIRE_HEADER];
	struct sr_wire w = {0};
	struct sr_err sending = {0};
	int rc = send_all(c, q->head.p, q->head.len, &sending);
	if (rc == 0)
		rc = send_all(c, q->body.p, q->body.len, &sending);
	/* A server that turns a connection away says why before it closes: its sentence is better
	 * than EPIPE. */
	int got = recv_all(c, header, sizeof header, e);
	if (got != 0) {
		if (rc != 0 && e != NULL)
			*e = sending;
		return rc != 0 ? rc : got;
	}
	sr_call_begin(r, "none");
	sr_buf_clear(&r->head);
	rc = sr_wire_get(&w, header, e);
	if (rc == 0)
		rc = recv_into(c, &r->head, w.head, e);
	if (rc == 0 && w.body > 0)
		rc = recv_into(c, &r->body, w.body, e);
	return rc;
}

static int client_call(void *ctx, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct client *c = ctx;
	uint8_t header[SR_WIRE_HEADER];
	if (c->broken && c->stopped_ms != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request: core is not asked any more");
	if (c->broken)
		return sr_fail(e, SR_IO, "the connection to core broke earlier; connect again");
	int rc = sr_wire_put(header, q, e);
	if (rc != 0)
		return rc;
	struct sr_err early = {0};
	rc = send_all(c, header, sizeof header, &early);
	if (rc != 0 && early.code != SR_IO) {
		c->broken = true;
		return sr_fail(e, early.code, "%s", early.text);
	}
	rc = exchange(c, q, r, e);
	if (rc != 0) {
		c->broken = true;
		return rc;
	}
	rc = sr_call_parse(r, e);
	if (rc != 0 && r->text.raw.p == NULL)
		c->broken = true;
	return rc;
}

void sr_transport_stop(
	struct sr_transport *t, const volatile sig_atomic_t *stop, unsigned grace_ms) {
	if (t->call != client_call)
		return;
	struct client *c = t->ctx;
	c->stop = stop;
	c->grace_ms = grace_ms;
}

static void client_close(void *ctx) {
	struct client *c = ctx;
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* A path may be longer than sun_path: go through the directory's descriptor. */
static int address(struct sockaddr_un *a, int *dir, const char *vault_path, struct sr_err *e) {
	char path[4200];
	const int n = snprintf(path, sizeof path, "%s/run/" SR_CORE_SOCKET, vault_path);
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	if (n > 0 && (size_t)n < sizeof a->sun_path) {
		memcpy(a->sun_path, path, (size_t)n);
		return 0;
	}
	if (n < 0 || (size_t)n >= sizeof path)
		return sr_fail(e, SR_LIMIT,
			"the path of the vault is too long (more than %zu bytes): go to a folder "
			"near it and give a relative one",
			sizeof path - sizeof "/run/" SR_CORE_SOCKET);
	snprintf(path, sizeof path, "%s/run", vault_path);
	struct sr_dir *d = NULL;
	int rc = sr_dir_open(&d, path, e);
	if (rc != 0)
		return rc;
	*dir = dup(sr_dir_fd(d));
	sr_dir_close(d);
	if (*dir < 0)
		return sr_fail_errno(e, "%s", path);
	snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/" SR_CORE_SOCKET, *dir);
	return 0;
}

int sr_transport_socket(struct sr_transport *out, const char *vault_path, struct sr_err *e) {
	struct client *c = calloc(1, sizeof *c);
	struct sockaddr_un a;
	int dir = -1;
	int rc = 0;
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "connection to core: out of memory");
	c->fd = -1;
	rc = address(&a, &dir, vault_path, e);
	if (rc != 0)
		goto out;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		rc = sr_fail_errno(e, "socket");
		goto out;
	}
	if (connect(c->fd, (const struct sockaddr *)&a, sizeof a) != 0) {
		if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
			rc = sr_fail(e, SR_NOTFOUND, "no core runs for %s", vault_path);
		else
			rc = sr_fail_errno(e, "core of %s", vault_path);
		goto out;
	}
out:
	if (dir >= 0)
		close(dir);
	if (rc != 0) {
		client_close(c);
		return rc;
	}
	*out = (struct sr_transport){
		.call = client_call, .close = client_close, .ctx = c, .embedded = false};
	return 0;
}
