/*
 * Tests of ledger/witnessd: the witness over HTTP with a client that sends exactly what it means
 * to, also what no honest client sends: a length twice, a body that drips, ends early or never.
 */
#include <pthread.h>

#include "base/secret.h"
#include "ledger/witnessd.h"
#include "witness_rig.h"

static const uint8_t credential[SR_CREDENTIAL_MIN] = {1, 2, 3};
static const struct sr_unlock unlock = {.credential = {credential, sizeof credential}};

enum {
	SLOW_MS = 300 /* what a request may take here */
};

struct house {
	char *path;
	struct sr_dir *dir;
	struct sr_vkey vkey;
	struct sr_witness *w;
	struct sr_witnessd *d;
	struct rig_log log;
	pthread_mutex_t lock;
	char told[4096];
};

static void hear(void *ctx, const char *sentence) {
	struct house *h = ctx;
	size_t at;

	(void)pthread_mutex_lock(&h->lock);
	at = strlen(h->told);
	snprintf(h->told + at, sizeof h->told - at, "%s\n", sentence);
	(void)pthread_mutex_unlock(&h->lock);
}

static int setup(void **state) {
	struct house *h = calloc(1, sizeof *h);
	struct sr_err e = {0};

	assert_non_null(h);
	assert_int_equal(pthread_mutex_init(&h->lock, NULL), 0);
	h->path = t_tmp_new();
	assert_ok(sr_dir_open(&h->dir, h->path, &e), &e);
	assert_ok(sr_witness_new(&h->vkey, h->dir, sr_bytes_str("witness.example/w1"), &unlock, &e),
		&e);
	const struct sr_witness_open o = {
		.dir = h->dir, .unlock = &unlock, .clock = sr_clock_system()};
	assert_ok(sr_witness_open(&h->w, &o, &e), &e);
	const struct sr_witnessd_options d = {
		.witness = h->w, .tell = hear, .ctx = h, .request_ms = SLOW_MS};
	assert_ok(sr_witnessd_start(&h->d, &d, &e), &e);
	assert_true(sr_witnessd_port(h->d) != 0);
	rig_log(&h->log, RIG_ORIGIN, 1, RIG_LEAVES);
	assert_ok(sr_witness_log_add(h->w, sr_bytes_str(RIG_ORIGIN), &h->log.vkey, &e), &e);
	*state = h;
	return 0;
}

static int teardown(void **state) {
	struct house *h = *state;

	sr_witnessd_stop(h->d);
	sr_witness_free(h->w);
	sr_dir_close(h->dir);
	t_tmp_remove(h->path);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
	assert_int_equal(sr_secret_in_use(), 0);
	return 0;
}

static void step(struct house *h, int fd, size_t old, size_t size, unsigned status) {
	struct rig_answer a;
	struct sr_buf b;
	char want[32];

	sr_buf_init(&b);
	rig_request(&b, &h->log, old, size);
	rig_post(fd, sr_buf_view(&b));
	rig_read(&a, fd, false);
	assert_int_equal(a.status, status);
	if (status == 200) {
		struct sr_note n;
		struct sr_cosigned by;
		struct sr_buf note;
		struct sr_err e = {0};

		sr_buf_init(&note);
		rig_note(&note, &h->log, size);
		sr_buf_put_bytes(&note, a.body);
		assert_ok(sr_note_parse(&n, sr_buf_view(&note), &e), &e);
		assert_ok(sr_cosign_verify(&by, &n, &h->vkey, 1, &e), &e);
		assert_true(by.valid);
		sr_note_free(&n);
		sr_buf_free(&note);
	}
	if (status == 409) {
		assert_string_equal(a.type, "text/x.tlog.size");
		snprintf(want, sizeof want, "%.*s", (int)a.body.len, (const char *)a.body.p);
		assert_non_null(strchr(want, '\n'));
	}
	rig_answer_free(&a);
	sr_buf_free(&b);
}

/* One connection for everything: keep-alive through every kind of answer that is no misframing. */
static void one_connection(void **state) {
	struct house *h = *state;
	int fd = rig_connect(sr_witnessd_port(h->d));
	struct rig_answer a;

	step(h, fd, 0, 3, 200);
	step(h, fd, 3, 9, 200);
	step(h, fd, 3, 9, 409);
	step(h, fd, 9, 9, 200);
	rig_post(fd, sr_bytes_str("old 1\n\nx\n\n\xe2\x80\x94 n AAAAAAAA\n"));
	rig_read(&a, fd, false);
	assert_int_equal(a.status, 400);
	rig_answer_free(&a);
	close(fd);
	(void)pthread_mutex_lock(&h->lock);
	assert_non_null(strstr(h->told, "409 to POST /add-checkpoint\n"));
	assert_non_null(strstr(h->told, "400 to POST /add-checkpoint\n"));
	assert_null(strstr(h->told, "200"));
	(void)pthread_mutex_unlock(&h->lock);
}

static void request(struct house *h, const char *bytes, struct rig_answer *a, bool no_body) {
	int fd = rig_connect(sr_witnessd_port(h->d));

	rig_send(fd, sr_bytes_str(bytes));
	rig_read(a, fd, no_body);
	close(fd);
}

static void paths(void **state) {
	struct house *h = *state;
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1], ask[256], allow[32];
	struct rig_answer a;
	int fd = rig_connect(sr_witnessd_port(h->d));

	step(h, fd, 0, 5, 200);
	close(fd);
	request(h, "GET /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", &a, false);
	assert_int_equal(a.status, 405);
	rig_header(allow, sizeof allow, a.head, "Allow");
	assert_string_equal(allow, "POST");
	rig_answer_free(&a);
	request(h, "GET / HTTP/1.1\r\nHost: w\r\n\r\n", &a, false);
	assert_int_equal(a.status, 404);
	rig_answer_free(&a);
	request(h, "POST /add-checkpoint/ HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\n\r\nx", &a,
		false);
	assert_int_equal(a.status, 404);
	rig_answer_free(&a);
	sr_sha256(hash, RIG_ORIGIN, strlen(RIG_ORIGIN));
	sr_hex(hex, hash, SR_HASH);
	snprintf(ask, sizeof ask, "GET /%s/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", hex);
	request(h, ask, &a, false);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.type, "text/plain; charset=utf-8");
	assert_true(rig_find(a.body, RIG_ORIGIN "\n5\n") == 0);
	rig_answer_free(&a);
	snprintf(ask, sizeof ask, "HEAD /%s/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", hex);
	request(h, ask, &a, true);
	assert_int_equal(a.status, 200);
	rig_answer_free(&a);
	snprintf(ask, sizeof ask, "DELETE /%s/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", hex);
	request(h, ask, &a, false);
	assert_int_equal(a.status, 405);
	rig_answer_free(&a);
	hex[5] = hex[5] == '0' ? '1' : '0';
	snprintf(ask, sizeof ask, "GET /%s/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", hex);
	request(h, ask, &a, false);
	assert_int_equal(a.status, 404);
	rig_answer_free(&a);
}

/* What two readers could frame in two ways is refused, and the connection with it. */
static void framing(void **state) {
	static const char *const bad[] = {
		"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\n"
		"Content-Length: 1\r\n\r\nx",
		"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: +1\r\n\r\nx",
	};
	struct house *h = *state;

	for (size_t i = 0; i < T_COUNT(bad); i++) {
		int fd = rig_connect(sr_witnessd_port(h->d));
		struct rig_answer a;
		uint8_t more;

		rig_send(fd, sr_bytes_str(bad[i]));
		rig_read(&a, fd, false);
		if (a.status != 400)
			fail_msg("framing %zu: %u", i, a.status);
		assert_int_equal(recv(fd, &more, 1, 0), 0);
		rig_answer_free(&a);
		close(fd);
	}
}

static void chunks(void **state) {
	struct house *h = *state;
	struct rig_answer a;
	struct sr_buf b, body;

	sr_buf_init(&b);
	sr_buf_init(&body);
	rig_request(&body, &h->log, 0, 12);
	sr_buf_put_str(&b, "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n");
	sr_buf_printf(&b, "%zx\r\n", body.len);
	sr_buf_put_bytes(&b, sr_buf_view(&body));
	sr_buf_put_str(&b, "\r\n0\r\n\r\n");
	sr_buf_put_u8(&b, 0);
	request(h, (const char *)b.p, &a, false);
	assert_int_equal(a.status, 200);
	rig_answer_free(&a);
	sr_buf_free(&body);
	sr_buf_free(&b);
}

/* Too large: said in the header, and found out chunk by chunk. */
static void large(void **state) {
	struct house *h = *state;
	struct rig_answer a;
	struct sr_buf b;

	request(h, "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 65537\r\n\r\n", &a,
		false);
	assert_int_equal(a.status, 413);
	rig_answer_free(&a);
	sr_buf_init(&b);
	sr_buf_put_str(&b, "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 70; i++) {
		char part[1025];

		memset(part, 'x', 1024);
		part[1024] = '\0';
		sr_buf_printf(&b, "400\r\n%s\r\n", part);
	}
	sr_buf_put_str(&b, "0\r\n\r\n");
	sr_buf_put_u8(&b, 0);
	request(h, (const char *)b.p, &a, false);
	assert_int_equal(a.status, 413);
	rig_answer_free(&a);
	sr_buf_free(&b);
}

/* A body that ends early is no request; one that drips is cut at the deadline, not at the end of
 * its patience. */
static void unfinished(void **state) {
	struct house *h = *state;
	struct sr_buf body;
	struct rig_answer a;
	uint64_t began;
	int fd = rig_connect(sr_witnessd_port(h->d));
	char c;

	sr_buf_init(&body);
	rig_request(&body, &h->log, 0, 12);
	rig_send(fd, sr_bytes_str("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
				  "Content-Length: 4000\r\n\r\nold 0\n"));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	rig_read(&a, fd, false);
	assert_int_equal(a.status, 0);
	rig_answer_free(&a);
	close(fd);
	fd = rig_connect(sr_witnessd_port(h->d));
	rig_send(fd, sr_bytes_str("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
				  "Content-Length: 4000\r\n\r\n"));
	began = sr_mono_ms();
	for (size_t i = 0; i < body.len; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (send(fd, body.p + i, 1, MSG_NOSIGNAL) != 1 || poll(&p, 1, 20) > 0)
			break;
	}
	assert_true(recv(fd, &c, 1, 0) <= 0); /* cut, without an answer */
	assert_true(sr_mono_ms() - began >= SLOW_MS);
	assert_true(sr_mono_ms() - began < 20 * (uint64_t)body.len);
	close(fd);
	fd = rig_connect(sr_witnessd_port(h->d));
	step(h, fd, 0, 12, 200); /* nothing of that was remembered */
	close(fd);
	sr_buf_free(&body);
}

/* --- two clients with the same old size --- */

struct racer {
	struct house *h;
	const struct rig_log *log;
	unsigned status;
};

static void *race(void *ctx) {
	struct racer *r = ctx;
	struct sr_buf b;
	struct rig_answer a;
	int fd = rig_connect(sr_witnessd_port(r->h->d));

	sr_buf_init(&b);
	rig_request(&b, r->log, 4, 20);
	rig_post(fd, sr_buf_view(&b));
	rig_read(&a, fd, false);
	r->status = a.status;
	rig_answer_free(&a);
	sr_buf_free(&b);
	close(fd);
	return NULL;
}

static void racing(void **state) {
	struct house *h = *state;
	struct rig_log fork;
	int fd = rig_connect(sr_witnessd_port(h->d));
	pthread_t t[8];
	struct racer r[8];
	unsigned signed_honest = 0, signed_fork = 0, conflicts = 0;

	rig_log(&fork, RIG_ORIGIN, 1, 4);
	step(h, fd, 0, 4, 200);
	close(fd);
	for (size_t i = 0; i < 8; i++) {
		r[i] = (struct racer){.h = h, .log = i % 2 == 0 ? &h->log : &fork};
		assert_int_equal(pthread_create(&t[i], NULL, race, &r[i]), 0);
	}
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		signed_honest += r[i].status == 200 && i % 2 == 0 ? 1 : 0;
		signed_fork += r[i].status == 200 && i % 2 == 1 ? 1 : 0;
		conflicts += r[i].status == 409 ? 1 : 0;
	}
	assert_int_equal(signed_honest + signed_fork, 1);
	assert_int_equal(conflicts, 7);
}

static void addresses(void **state) {
	struct house *h = *state;
	struct sr_witnessd *d = NULL;
	struct sr_err e = {0};
	struct sr_witnessd_options o = {.witness = h->w, .address = "localhost"};

	assert_fails(sr_witnessd_start(&d, &o, &e), SR_USAGE, &e,
		"\"localhost\" is no numeric address to listen at");
	o.address = "127.0.0.1";
	o.port = sr_witnessd_port(h->d);
	assert_fails(sr_witnessd_start(&d, &o, &e), SR_IO, &e, "listen at port");
	assert_null(d);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(paths, setup, teardown),
		cmocka_unit_test_setup_teardown(framing, setup, teardown),
		cmocka_unit_test_setup_teardown(chunks, setup, teardown),
		cmocka_unit_test_setup_teardown(large, setup, teardown),
		cmocka_unit_test_setup_teardown(unfinished, setup, teardown),
		cmocka_unit_test_setup_teardown(racing, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
