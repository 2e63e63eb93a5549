/*
 * Tests of ledger/poster against a server that behaves as badly as it can: answers that are cut,
 * endless, slow or none, redirects, what is no HTTP at all. Every request comes back in bounded
 * time with an answer or a reason; connections are kept; nothing is followed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/time.h"
#include "ledger/poster.h"
#include "witness_rig.h"

enum {
	TOTAL_MS = 700
};

/* --- the server: one thread a connection; what it does is in the path ------------------------- */

struct server {
	int listener;
	uint16_t port;
	pthread_t thread;
	atomic_uint connections, requests;
	atomic_bool stop;
};
static struct server srv;

static bool send_all(int fd, const char *text, size_t len) {
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}
static bool say(int fd, const char *text) {
	return send_all(fd, text, strlen(text));
}

/* One request: its path; false: the connection ended. */
static bool read_request(int fd, char path[64]) {
	struct sr_buf b;
	size_t head = SIZE_MAX, length = 0;
	char text[32];
	bool ok = false;

	sr_buf_init(&b);
	for (;;) {
		char part[4096];
		ssize_t n;

		if (head == SIZE_MAX &&
			(head = rig_find(sr_buf_view(&b), "\r\n\r\n")) != SIZE_MAX) {
			head += 4;
			rig_header(text, sizeof text, sr_bytes_of(b.p, head), "Content-Length");
			length = strtoul(text, NULL, 10);
		}
		if (head != SIZE_MAX && b.len >= head + length) {
			ok = true;
			break;
		}
		n = recv(fd, part, sizeof part, 0);
		if (n <= 0)
			break;
		sr_buf_put(&b, part, (size_t)n);
	}
	if (ok) {
		sr_buf_put_u8(&b, 0);
		ok = sscanf((const char *)b.p, "POST %63s HTTP/1.1", path) == 1;
	}
	sr_buf_free(&b);
	return ok;
}

static void wait_closed(int fd) {
	char c;

	while (recv(fd, &c, 1, 0) > 0)
		continue;
}

/* True: the connection stays. */
static bool behave(int fd, const char *path) {
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
				 "Content-Length: 5\r\n\r\nhello";
	char many[4097];

	memset(many, 'x', sizeof many - 1);
	many[4096] = '\0';
	if (strcmp(path, "/ok") == 0)
		return say(fd, ok);
	if (strcmp(path, "/conflict") == 0)
		return say(fd, "HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\n"
			       "Content-Length: 3\r\n\r\n17\n");
	if (strcmp(path, "/redirect") == 0)
		return say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
	if (strcmp(path, "/early") == 0)
		return say(fd, "HTTP/1.1 103 Early Hints\r\n\r\n") && say(fd, ok);
	if (strcmp(path, "/cut-body") == 0)
		(void)say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello");
	if (strcmp(path, "/cut-chunk") == 0)
		(void)say(
			fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
	if (strcmp(path, "/cut-head") == 0)
		(void)say(fd, "HTTP/1.1 200 OK\r\nContent-Le");
	if (strcmp(path, "/nothing") == 0)
		return false;
	if (strcmp(path, "/not-http") == 0)
		(void)say(fd, "hello\n");
	if (strcmp(path, "/endless") == 0) {
		if (say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
			while (say(fd, many))
				continue;
	}
	if (strcmp(path, "/endless-chunks") == 0) {
		if (say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
			while (say(fd, "1000\r\n") && say(fd, many) && say(fd, "\r\n"))
				continue;
	}
	if (strcmp(path, "/endless-head") == 0) {
		if (say(fd, "HTTP/1.1 200 OK\r\n"))
			while (say(fd, "X-More: ") && say(fd, many) && say(fd, "\r\n"))
				continue;
	}
	if (strcmp(path, "/too-large") == 0) {
		if (say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 131072\r\n\r\n"))
			for (int i = 0; i < 32 && say(fd, many); i++)
				continue;
	}
	if (strcmp(path, "/slow") == 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"))
			while (say(fd, "x") && poll(&p, 1, 20) == 0)
				continue;
	}
	if (strcmp(path, "/silent") == 0)
		wait_closed(fd);
	return false;
}

static void *serve_one(void *ctx) {
	const int fd = (int)(intptr_t)ctx;
	char path[64];

	while (read_request(fd, path)) {
		atomic_fetch_add(&srv.requests, 1U);
		if (!behave(fd, path))
			break;
	}
	close(fd);
	return NULL;
}

static void *serve(void *ctx) {
	pthread_t threads[64];
	size_t n = 0;

	(void)ctx;
	while (!atomic_load(&srv.stop)) {
		struct pollfd p = {.fd = srv.listener, .events = POLLIN};

		if (poll(&p, 1, 50) != 1)
			continue;
		const int fd = accept(srv.listener, NULL, NULL);
		if (fd < 0 || n == T_COUNT(threads))
			break;
		atomic_fetch_add(&srv.connections, 1U);
		if (pthread_create(&threads[n], NULL, serve_one, (void *)(intptr_t)fd) == 0)
			n++;
	}
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	return NULL;
}

static struct sr_poster *poster;

static int setup(void **state) {
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	struct sr_err e = {0};

	(void)state;
	memset(&srv, 0, sizeof srv);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	srv.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(srv.listener >= 0);
	assert_int_equal(bind(srv.listener, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(srv.listener, 16), 0);
	assert_int_equal(getsockname(srv.listener, (struct sockaddr *)&a, &len), 0);
	srv.port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&srv.thread, NULL, serve, NULL), 0);
	assert_ok(sr_poster_new(&poster, TOTAL_MS, TOTAL_MS, &e), &e);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_poster_free(poster);
	atomic_store(&srv.stop, true);
	assert_int_equal(pthread_join(srv.thread, NULL), 0);
	close(srv.listener);
	return 0;
}

static void post(uint64_t tag, const char *path) {
	struct sr_err e = {0};
	char url[128];

	snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)srv.port, path);
	assert_ok(sr_poster_post(poster, tag, url, sr_bytes_str("old 0\n\nbody\n"), &e), &e);
}

/* The next answer, within ten seconds. */
static void take(struct sr_posted *a) {
	struct pollfd p = {.fd = sr_poster_fd(poster), .events = POLLIN};

	while (!sr_poster_take(poster, a))
		if (poll(&p, 1, 10000) != 1)
			fail_msg("no answer within ten seconds");
}

static void answers(void **state) {
	struct sr_posted a;

	(void)state;
	post(1, "/ok");
	take(&a);
	assert_int_equal(a.tag, 1);
	assert_true(a.answered);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.type, "text/plain");
	assert_true(sr_bytes_eq(sr_buf_view(&a.body), sr_bytes_str("hello")));
	sr_posted_free(&a);
	post(2, "/conflict");
	take(&a);
	assert_int_equal(a.status, 409);
	assert_string_equal(a.type, "text/x.tlog.size");
	assert_true(sr_bytes_eq(sr_buf_view(&a.body), sr_bytes_str("17\n")));
	sr_posted_free(&a);
	post(3, "/early");
	take(&a);
	assert_int_equal(a.status, 200);
	assert_true(sr_bytes_eq(sr_buf_view(&a.body), sr_bytes_str("hello")));
	sr_posted_free(&a);
	assert_int_equal(atomic_load(&srv.connections), 1); /* kept open */
	assert_false(sr_poster_take(poster, &a));
}

static void redirect(void **state) {
	struct sr_posted a;

	(void)state;
	post(1, "/redirect");
	take(&a);
	assert_true(a.answered);
	assert_int_equal(a.status, 302);
	assert_int_equal(a.body.len, 0);
	sr_posted_free(&a);
	assert_int_equal(atomic_load(&srv.requests), 1); /* not followed */
}

static void lies(void **state) {
	static const struct {
		const char *path, *why;
		bool timeout;
	} all[] = {
		{"/cut-body", "", false},
		{"/cut-chunk", "", false},
		{"/cut-head", "", false},
		{"/nothing", "mpty reply", false},
		{"/not-http", "HTTP/0.9", false},
		{"/endless", "larger than 65536 bytes", false},
		{"/endless-chunks", "larger than 65536 bytes", false},
		{"/endless-head", "", false},
		{"/too-large", "larger than 65536 bytes", false},
		{"/slow", "timed out", true},
		{"/silent", "timed out", true},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(all); i++) {
		const uint64_t began = sr_mono_ms();
		struct sr_posted a;

		post(i, all[i].path);
		take(&a);
		assert_int_equal(a.tag, i);
		if (strcmp(all[i].path, "/cut-head") == 0 && a.answered) {
			/* A head without its end is a status line and an empty body to some. */
			assert_int_equal(a.body.len, 0);
		} else if (a.answered || strstr(a.why, all[i].why) == NULL || a.why[0] == '\0') {
			fail_msg("%s: answered %d, \"%s\", want \"%s\"", all[i].path, a.answered,
				a.why, all[i].why);
		}
		assert_true(sr_mono_ms() - began < 9000);
		assert_true(!all[i].timeout || sr_mono_ms() - began >= TOTAL_MS - 50);
		sr_posted_free(&a);
	}
}

/* One that is silent does not keep the others waiting. */
static void at_once(void **state) {
	const uint64_t began = sr_mono_ms();
	struct sr_posted a;
	bool seen[9] = {false};

	(void)state;
	post(8, "/silent");
	for (uint64_t i = 0; i < 8; i++)
		post(i, "/ok");
	for (int i = 0; i < 9; i++) {
		take(&a);
		assert_false(seen[a.tag]);
		seen[a.tag] = true;
		assert_int_equal(a.answered, a.tag != 8);
		if (a.tag == 8)
			assert_true(sr_mono_ms() - began >= TOTAL_MS - 50);
		sr_posted_free(&a);
	}
}

static void refused(void **state) {
	struct sr_err e = {0};
	struct sr_posted a;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof at;

	(void)state;
	/* A port that nobody listens at, and nobody else gets while it is bound. */
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/x", (unsigned)ntohs(at.sin_port));
	assert_ok(sr_poster_post(poster, 5, url, sr_bytes_str("x"), &e), &e);
	take(&a);
	assert_false(a.answered);
	assert_non_null(strstr(a.why, "onnect"));
	sr_posted_free(&a);
	close(fd);
	assert_fails(sr_poster_post(poster, 1, "file:///etc/passwd", sr_bytes_str("x"), &e),
		SR_USAGE, &e, "no address of http or https");
	assert_fails(sr_poster_post(poster, 1, "gopher://127.0.0.1/", sr_bytes_str("x"), &e),
		SR_USAGE, &e, "no address of http or https");
	/* A name and password in an address are not sent. */
	assert_ok(sr_poster_post(poster, 6, "http://me:secret@127.0.0.1/", sr_bytes_str("x"), &e),
		&e);
	take(&a);
	assert_false(a.answered);
	sr_posted_free(&a);
	assert_int_equal(atomic_load(&srv.requests), 0);
}

/* Ended while requests are under way and answers are not taken. */
static void ended(void **state) {
	(void)state;
	post(1, "/silent");
	post(2, "/slow");
	post(3, "/ok");
}

/* As many as a policy can name, and none more: answers that nobody takes count. */
static void too_many(void **state) {
	struct sr_err e = {0};

	(void)state;
	for (uint64_t i = 0; i < SR_POSTER_AT_ONCE; i++)
		assert_ok(sr_poster_post(poster, i, "http://127.0.0.1:1/w", sr_bytes_str("x"), &e),
			&e);
	assert_fails(sr_poster_post(poster, 99, "http://127.0.0.1:1/w", sr_bytes_str("x"), &e),
		SR_LIMIT, &e, "64 requests to witnesses are under way already");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(redirect, setup, teardown),
		cmocka_unit_test_setup_teardown(lies, setup, teardown),
		cmocka_unit_test_setup_teardown(at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(ended, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
