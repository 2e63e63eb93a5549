/*
 * The server over its socket, with a real vault: two desks at once, what is malformed, stalled,
 * idle, too many or too large, and a clean end. The server turns in a thread of the test; the
 * vault is touched by nobody else meanwhile.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core_served.h"
#include "cosigning_rig.h"
#include "world.h"

static atomic_bool troubled;
static atomic_uint later_ms;
static atomic_bool speechless; /* but for the thread of the test itself */
static pthread_t speaker;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
uint64_t __real_sr_mono_ms(void);
uint64_t __wrap_sr_mono_ms(void);
int __real_sr_core_sweep(struct sr_core *c, struct sr_err *e);
int __wrap_sr_core_sweep(struct sr_core *c, struct sr_err *e);
int __real_sr_core_work(struct sr_core *c, unsigned ms, int *nap_ms, struct sr_err *e);
int __wrap_sr_core_work(struct sr_core *c, unsigned ms, int *nap_ms, struct sr_err *e);
int __real_sr_witnessing_step(struct sr_vault *v, bool hurry, struct sr_err *e);
int __wrap_sr_witnessing_step(struct sr_vault *v, bool hurry, struct sr_err *e);

int __real_sr_wire_put(uint8_t out[SR_WIRE_HEADER], const struct sr_call *c, struct sr_err *e);
int __wrap_sr_wire_put(uint8_t out[SR_WIRE_HEADER], const struct sr_call *c, struct sr_err *e);

uint64_t __wrap_sr_mono_ms(void) {
	return __real_sr_mono_ms() + atomic_load(&later_ms);
}

int __wrap_sr_core_sweep(struct sr_core *c, struct sr_err *e) {
	return troubled ? sr_fail(e, SR_IO, "the disk is away") : __real_sr_core_sweep(c, e);
}

int __wrap_sr_core_work(struct sr_core *c, unsigned ms, int *nap_ms, struct sr_err *e) {
	return troubled ? sr_fail(e, SR_IO, "the parser is away")
			: __real_sr_core_work(c, ms, nap_ms, e);
}

int __wrap_sr_witnessing_step(struct sr_vault *v, bool hurry, struct sr_err *e) {
	return troubled ? sr_fail(e, SR_IO, "the network is away")
			: __real_sr_witnessing_step(v, hurry, e);
}

int __wrap_sr_wire_put(uint8_t out[SR_WIRE_HEADER], const struct sr_call *c, struct sr_err *e) {
	return speechless && !pthread_equal(pthread_self(), speaker)
		       ? sr_fail(e, SR_NOMEM, "no memory for it")
		       : __real_sr_wire_put(out, c, e);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void test_two_desks(void **state) {
	struct served v;
	struct rig_desk a, b;
	struct stat st;
	(void)state;
	serve(&v, 0, 0, 0);
	assert_int_equal(stat(t_path(v.g->w->vault, "run/core.sock"), &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0666);
	assert_int_equal(stat(t_path(v.g->w->vault, "run"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0711);
	sit(&a, &v);
	sit(&b, &v);
	assert_ok(rig_call(&a, "hello", NULL, NULL), &a.e);
	assert_null(sr_text_get(&a.r.text, "embedded").p);
	assert_fails(rig_call(&a, "status", NULL, NULL), SR_DENIED, &a.e, "log in");
	assert_fails(rig_call(&a, "scrub", NULL, NULL), SR_DENIED, &a.e, "log in");
	/* Steps of both logins interleaved: nonces do not mix. */
	rig_login(&a, &v.g->w->researcher[0]);
	assert_ok(rig_call(&b, "login.begin", NULL, NULL), &b.e);
	assert_ok(rig_call(&a, "login.begin", NULL, NULL), &a.e);
	rig_login(&b, &v.g->w->depositor);
	rig_login(&a, &v.g->w->researcher[0]);
	assert_fails(rig_call(&a, "rebuild", NULL, NULL), SR_DENIED, &a.e, "is for custodian");
	/* A deposit in many small messages, while the other desk asks between them. */
	struct sr_buf put;
	sr_buf_init(&put);
	assert_ok(rig_call(&b, "deposit.begin", rig_hex("collection", v.g->w->collection, SR_ID),
			  NULL),
		&b.e);
	sr_buf_put_u8(&put, 'I');
	sr_buf_put_lp(&put, sr_bytes_str("large"));
	sr_buf_put_u8(&put, 'F');
	sr_buf_put_u8(&put, SR_FILE_REGULAR);
	sr_buf_put_le64(&put, 0);
	sr_buf_put_le32(&put, 0);
	sr_buf_put_le64(&put, UINT64_MAX);
	sr_buf_put_lp(&put, sr_bytes_str("large.bin"));
	sr_buf_put_lp(&put, sr_bytes_str(""));
	sr_buf_put_lp(&put, sr_bytes_str(""));
	assert_ok(rig_call(&b, "deposit.put", NULL, &put), &b.e);
	for (int i = 0; i < 20; i++) {
		uint8_t piece[70000];
		t_fill(piece, sizeof piece, (uint64_t)i);
		sr_buf_clear(&put);
		sr_buf_put_u8(&put, 'D');
		sr_buf_put_lp(&put, sr_bytes_of(piece, sizeof piece));
		assert_ok(rig_call(&b, "deposit.put", NULL, &put), &b.e);
		assert_ok(rig_call(&a, "items", NULL, NULL), &a.e);
		assert_field(&a, "total", "0");
	}
	sr_buf_clear(&put);
	sr_buf_put_str(&put, "EJ");
	assert_ok(rig_call(&b, "deposit.put", NULL, &put), &b.e);
	assert_cell(rig_row(&b, "file", NULL, NULL), "size", "1400000");
	assert_ok(rig_call(&b, "deposit.finish", NULL, NULL), &b.e);
	sr_buf_free(&put);
	rig_desk_close(&b); /* leaves what a resume needs */
	assert_ok(rig_call(&a, "hello", NULL, NULL), &a.e);
	assert_field(&a, "person", v.g->w->researcher[0].person);
	rig_desk_close(&a);
	serve_end(&v);
}

/* --- what is no message --- */

static void test_malformed(void **state) {
	static const struct {
		const char *bytes;
		size_t len;
		enum sr_code code;
		const char *piece;
	} cases[] = {
		{"\0\0\0\0\0\0\0\0", 8, SR_CORRUPT, "header of 0 bytes"},
		{"\1\200\0\0\0\0\0\0", 8, SR_CORRUPT, "header of 32769 bytes"},
		{"\1\0\0\0\1\0\200\4", 8, SR_CORRUPT, "body of 75497473 bytes"},
		{"\4\0\0\0\0\0\0\0GET ", 12, SR_CORRUPT, NULL},
		{"\1\0\0\0\0\0\100\0", 8, SR_DENIED, "who logged in"},
	};
	struct served v;
	struct rig_desk d;
	(void)state;
	serve(&v, 0, 0, 0);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf b;
		sr_buf_init(&b);
		const int fd = plain_connect(&v);
		assert_int_equal(
			send(fd, cases[i].bytes, cases[i].len, MSG_NOSIGNAL), cases[i].len);
		assert_true(read_to_end(fd, &b));
		assert_told(&b, cases[i].code, cases[i].piece);
		close(fd);
		sr_buf_free(&b);
	}
	/* A head that parses but is no call is answered, and the connection lives. */
	struct sr_buf b;
	sr_buf_init(&b);
	sit(&d, &v);
	assert_fails(rig_call(&d, "nothing", NULL, NULL), SR_UNSUPPORTED, &d.e, "\"nothing\"");
	assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	/* Cut at every length of a real message: no answer, no harm. */
	sr_call_begin(&d.q, "hello");
	uint8_t h[SR_WIRE_HEADER];
	assert_ok(sr_wire_put(h, &d.q, &d.e), &d.e);
	sr_buf_put(&b, h, sizeof h);
	sr_buf_put_bytes(&b, sr_buf_view(&d.q.head));
	for (size_t cut = 0; cut < b.len; cut++) {
		struct sr_buf none;
		sr_buf_init(&none);
		const int fd = plain_connect(&v);
		if (cut > 0)
			assert_int_equal(send(fd, b.p, cut, MSG_NOSIGNAL), cut);
		shutdown(fd, SHUT_WR);
		assert_true(read_to_end(fd, &none));
		assert_int_equal(none.len, 0);
		close(fd);
		sr_buf_free(&none);
	}
	/* Byte by byte it is still a message. */
	const int fd = plain_connect(&v);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(send(fd, b.p + i, 1, MSG_NOSIGNAL), 1);
	uint8_t answer[SR_WIRE_HEADER];
	assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), sizeof answer);
	close(fd);
	assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	sr_buf_free(&b);
	rig_desk_close(&d);
	serve_end(&v);
}

static void test_limits(void **state) {
	struct served v;
	struct rig_desk a, b, c;
	struct sr_buf said;
	(void)state;
	serve(&v, 300, 100, 2);
	sit(&a, &v);
	sit(&b, &v);
	assert_ok(rig_call(&a, "hello", NULL, NULL), &a.e);
	assert_ok(rig_call(&b, "hello", NULL, NULL), &b.e);
	/* The third is told why. */
	sit(&c, &v);
	assert_fails(
		rig_call(&c, "hello", NULL, NULL), SR_LOCKED, &c.e, "serves 2 connections already");
	assert_fails(rig_call(&c, "hello", NULL, NULL), SR_IO, &c.e, NULL);
	rig_desk_close(&c);
	rig_desk_close(&b);
	usleep(50000); /* its place is free when the server's next turn has seen it go */
	/* One that begins and does not end; one that says nothing. */
	sr_buf_init(&said);
	const int fd = plain_connect(&v);
	assert_int_equal(send(fd, "\7\0\0", 3, MSG_NOSIGNAL), 3);
	assert_true(read_to_end(fd, &said));
	assert_told(&said, SR_IO, "did not end in time");
	close(fd);
	sr_buf_clear(&said);
	const int quiet = plain_connect(&v);
	assert_true(read_to_end(quiet, &said));
	assert_told(&said, SR_LOCKED, "connect again");
	close(quiet);
	sr_buf_free(&said);
	rig_desk_close(&a);
	serve_end(&v);
}

/* One user of the machine sits down everywhere; somebody who comes later is served all the same,
 * and who has work under way keeps the place. */
static void test_places(void **state) {
	enum {
		PLACES = 12
	};
	struct served v;
	struct rig_desk depositor, late;
	struct sr_buf said;
	int fds[PLACES];
	(void)state;
	serve(&v, 0, 0, PLACES);
	sit(&depositor, &v);
	rig_login(&depositor, &v.g->w->depositor);
	assert_ok(rig_call(&depositor, "deposit.begin",
			  rig_hex("collection", v.g->w->collection, SR_ID), NULL),
		&depositor.e);
	for (size_t i = 0; i + 1 < PLACES; i++) {
		fds[i] = plain_connect(&v);
		usleep(15000); /* the first is the one that is silent longest */
	}
	sit(&late, &v);
	assert_ok(rig_call(&late, "hello", NULL, NULL), &late.e);
	rig_login(&late, &v.g->w->researcher[0]);
	sr_buf_init(&said);
	assert_true(read_to_end(fds[0], &said)); /* closed */
	sr_buf_free(&said);
	assert_ok(rig_call(&depositor, "deposit.abort", NULL, NULL), &depositor.e);
	for (size_t i = 0; i + 1 < PLACES; i++)
		close(fds[i]);
	rig_desk_close(&late);
	rig_desk_close(&depositor);
	serve_end(&v);
}

/* Without a descriptor for one more: those who are there are served, core says so once and does not
 * turn about it all the time; as soon as there is one, who waited is served. */
static void test_no_descriptor(void **state) {
	enum {
		MOST = 256
	};
	static const char said[] = "nobody more can connect now: Too many open files";
	struct served v;
	struct rig_desk early;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct rlimit before, few;
	struct sr_call q;
	struct sr_err e = {0};
	uint8_t h[SR_WIRE_HEADER], answer[SR_WIRE_HEADER];
	int held[MOST];
	size_t n = 0;
	(void)state;
	if (getenv("SR_WRAPPED") != NULL) { /* a checker keeps descriptors of its own */
		print_message("skipped: descriptors are the checker's to give\n");
		skip();
	}
	serve(&v, 0, 0, 0);
	sit(&early, &v);
	rig_login(&early, &v.g->w->researcher[0]);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", t_path(v.g->w->vault, "run/core.sock"));
	const int late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(late >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = MOST;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (n < MOST && (held[n] = dup(late)) >= 0)
		n++;
	assert_int_equal(errno, EMFILE);
	assert_int_equal(connect(late, (const struct sockaddr *)&a, sizeof a), 0);
	/* Turns of the server: it sees the door, and leaves it alone again and again. */
	for (int i = 0; i < 20; i++) {
		assert_ok(rig_call(&early, "hello", NULL, NULL), &early.e);
		usleep(5000);
	}
	while (n > 0)
		close(held[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	sr_call_init(&q);
	sr_call_begin(&q, "hello");
	assert_ok(sr_wire_put(h, &q, &e), &e);
	assert_int_equal(send(late, h, sizeof h, MSG_NOSIGNAL), sizeof h);
	assert_int_equal(send(late, q.head.p, q.head.len, MSG_NOSIGNAL), q.head.len);
	assert_int_equal(recv(late, answer, sizeof answer, MSG_WAITALL), sizeof answer);
	sr_call_free(&q);
	close(late);
	rig_desk_close(&early);
	serve_end(&v);
	const char *first = strstr(v.told, said);
	assert_non_null(first);
	assert_null(strstr(first + 1, said));
}

/* A core that does not answer holds nobody who wants to end; one that does answers them still. */
static void test_given_up(void **state) {
	static volatile sig_atomic_t stop;
	struct served v;
	struct rig_desk d;
	(void)state;
	memset(&v, 0, sizeof v);
	v.g = rig_new(NULL);
	rig_desk_close(&v.g->desk);
	const struct sr_server_options o = {.core = &v.g->core, .tell = tell, .ctx = &v};
	assert_ok(sr_server_new(&v.s, &o, &v.e), &v.e);
	sit(&d, &v); /* at a door that nobody opens yet */
	stop = SIGTERM;
	sr_transport_stop(&d.t, &stop, 20);
	assert_fails(rig_call(&d, "hello", NULL, NULL), SR_LOCKED, &d.e, "stopped on request");
	assert_fails(rig_call(&d, "hello", NULL, NULL), SR_LOCKED, &d.e, "not asked any more");
	rig_desk_close(&d);
	assert_int_equal(pthread_create(&v.thread, NULL, turn, &v), 0);
	sit(&d, &v);
	sr_transport_stop(&d.t, &stop, 60000);
	assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	rig_desk_close(&d);
	serve_end(&v);
}

/* One that is ready to be signed and says nothing gives its place away: whoever then hands in the
 * statement is told what happened, on their own connection, and deposits it after all. */
static void test_ended_deposit(void **state) {
	struct served v;
	struct rig_desk desk[SR_DEPOSITS_MAX], late;
	const char *collection;
	char again[200], want[120];
	struct sr_buf put;
	(void)state;
	serve(&v, 0, 0, 0);
	const struct world_person *who[SR_DEPOSITS_MAX] = {
		&v.g->w->depositor, &v.g->w->depositor, &v.g->w->curator[0], &v.g->w->curator[0]};
	collection = rig_hex("collection", v.g->w->collection, SR_ID);
	sr_buf_init(&put);
	sr_buf_put_u8(&put, 'I');
	sr_buf_put_lp(&put, sr_bytes_str("one"));
	sr_buf_put_str(&put, "J");
	for (size_t i = 0; i < SR_DEPOSITS_MAX; i++) {
		sit(&desk[i], &v);
		rig_login(&desk[i], who[i]);
		assert_ok(rig_call(&desk[i], "deposit.begin", collection, NULL), &desk[i].e);
		assert_ok(rig_call(&desk[i], "deposit.put", NULL, &put), &desk[i].e);
		usleep(2000);
	}
	assert_ok(rig_call(&desk[0], "deposit.finish", NULL, NULL), &desk[0].e);
	const struct sr_bytes id = sr_text_get(&desk[0].r.text, "accession");
	snprintf(
		again, sizeof again, "%s resume %.*s", collection, (int)id.len, (const char *)id.p);
	snprintf(want, sizeof want, "--resume %.*s", (int)id.len, (const char *)id.p);
	usleep(2000);
	for (size_t i = 1; i < SR_DEPOSITS_MAX; i++)
		assert_ok(rig_call(&desk[i], "deposit.put", NULL, &put), &desk[i].e);
	usleep(5000);
	sit(&late, &v);
	rig_login(&late, &v.g->w->curator[1]);
	atomic_store(&v.silent_ms, 1);
	/* The server learns of it at its next turn, whenever it gets one. */
	int rc = SR_LOCKED;
	for (int i = 0; rc == SR_LOCKED && i < 200; i++) {
		usleep(50000);
		rc = rig_call(&late, "deposit.begin", collection, NULL);
	}
	assert_ok(rc, &late.e);
	atomic_store(&v.silent_ms, 0);
	usleep(50000);
	/* What was finished is in the desk's answer still: it signs that. */
	assert_fails(rig_accession(v.g, &desk[0]), SR_LOCKED, &desk[0].e, want);
	assert_ok(rig_call(&late, "deposit.abort", NULL, NULL), &late.e);
	assert_ok(rig_call(&desk[0], "deposit.begin", again, NULL), &desk[0].e);
	assert_ok(rig_call(&desk[0], "deposit.put", NULL, &put), &desk[0].e);
	assert_ok(rig_call(&desk[0], "deposit.finish", NULL, NULL), &desk[0].e);
	assert_ok(rig_accession(v.g, &desk[0]), &desk[0].e);
	rig_desk_close(&late);
	for (size_t i = 0; i < SR_DEPOSITS_MAX; i++)
		rig_desk_close(&desk[i]);
	sr_buf_free(&put);
	serve_end(&v);
}

/* Who asks and asks and never takes an answer loses the place after a stall's time. */
static void test_unread(void **state) {
	static const char hello[] = "strongroom/call/v1\nop hello\n";
	struct served v;
	uint8_t header[SR_WIRE_HEADER];
	(void)state;
	serve(&v, 60000, 300, 0);
	const int fd = plain_connect(&v);
	sr_le32_put(header, sizeof hello - 1);
	sr_le32_put(header + 4, 0);
	for (int quiet = 0; quiet < 10;) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		if (poll(&p, 1, 20) == 0) {
			quiet++;
			continue;
		}
		if (send(fd, header, sizeof header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ||
			send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL) < 0)
			break;
	}
	for (int i = 0; i < 500 && sr_server_connections(v.s) > 0; i++)
		usleep(20000);
	assert_int_equal(sr_server_connections(v.s), 0);
	close(fd);
	serve_end(&v);
}

static void *large_call(void *ctx) {
	struct rig_desk *d = ctx;
	sr_call_begin(&d->q, "submit");
	sr_buf_put_le32(&d->q.body, 1);
	sr_buf_put_zero(&d->q.body, 3 << 20);
	d->rc = sr_transport_call(&d->t, &d->q, &d->r, &d->e);
	return NULL;
}

/* A body above what is small: taken from who logged in, more of them than are taken at once. */
static void test_large(void **state) {
	struct served v;
	struct rig_desk d[SR_SERVER_BIG + 2];
	(void)state;
	serve(&v, 0, 0, 0);
	for (size_t i = 0; i < T_COUNT(d); i++) {
		sit(&d[i], &v);
		rig_login(&d[i], &v.g->w->member[i % 3]);
	}
	/* All begin at once and end together: those beyond the first few wait for their turn. */
	pthread_t threads[T_COUNT(d)];
	for (size_t i = 0; i < T_COUNT(d); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, large_call, &d[i]), 0);
	for (size_t i = 0; i < T_COUNT(d); i++) {
		pthread_join(threads[i], NULL);
		assert_fails(d[i].rc, SR_CORRUPT, &d[i].e, NULL);
	}
	for (size_t i = 0; i < T_COUNT(d); i++) {
		assert_ok(rig_call(&d[i], "hello", NULL, NULL), &d[i].e);
		rig_desk_close(&d[i]);
	}
	serve_end(&v);
}

/* --- starting and stopping --- */

static void *run(void *ctx) {
	struct served *v = ctx;
	v->rc = sr_server_run(v->s, &v->e);
	return NULL;
}

static void test_stop(void **state) {
	struct served v;
	struct rig_desk d;
	struct sr_transport none;
	(void)state;
	for (int by_signal = 0; by_signal < 2; by_signal++) {
		memset(&v, 0, sizeof v);
		v.g = rig_new(NULL);
		rig_desk_close(&v.g->desk);
		assert_fails(sr_transport_socket(&none, v.g->w->vault, &v.e), SR_NOTFOUND, &v.e,
			"no core runs");
		/* A dead core's socket is in the way of nobody. */
		t_write_file(t_path(v.g->w->vault, "run/core.sock"), "", 0);
		const struct sr_server_options o = {.core = &v.g->core, .tell = tell, .ctx = &v};
		assert_ok(sr_server_new(&v.s, &o, &v.e), &v.e);
		sigset_t mask;
		sigemptyset(&mask);
		sigaddset(&mask, SIGTERM);
		pthread_sigmask(SIG_BLOCK, &mask,
			NULL); /* so that the signal goes to the server's descriptor */
		assert_int_equal(pthread_create(&v.thread, NULL, run, &v), 0);
		sit(&d, &v);
		assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
		/* A second writer is told who holds the vault. */
		struct sr_vault *second = NULL;
		const struct sr_vault_open open = {.path = v.g->w->vault,
			.unlock = {.credential = sr_bytes_str(WORLD_CREDENTIAL)},
			.clock = sr_clock_system()};
		char pid[32];
		snprintf(pid, sizeof pid, "%ld", (long)getpid());
		assert_fails(sr_vault_open(&second, &open, &v.e), SR_LOCKED, &v.e, pid);
		if (by_signal == 0)
			sr_server_stop(v.s);
		else
			assert_int_equal(kill(getpid(), SIGTERM), 0);
		pthread_join(v.thread, NULL);
		pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
		assert_ok(v.rc, &v.e);
		sr_server_free(v.s);
		assert_int_equal(v.g->core.sessions, 0);
		assert_false(t_exists(t_path(v.g->w->vault, "run/core.sock")));
		assert_non_null(strstr(v.told, "core listens on"));
		assert_non_null(strstr(v.told, "connections closed: 1"));
		assert_fails(rig_call(&d, "hello", NULL, NULL), SR_IO, &d.e, NULL);
		rig_desk_close(&d);
		rig_desk_open(&v.g->desk, &v.g->core);
		rig_free(v.g);
	}
}

/* Told to stop while it began: nobody tells it twice. */
static void test_stopped(void **state) {
	const volatile sig_atomic_t stopped = SIGTERM;
	struct served v;
	(void)state;
	memset(&v, 0, sizeof v);
	v.g = rig_new(NULL);
	const struct sr_server_options o = {
		.core = &v.g->core, .tell = tell, .ctx = &v, .stopped = &stopped};
	assert_ok(sr_server_new(&v.s, &o, &v.e), &v.e);
	assert_ok(sr_server_run(v.s, &v.e), &v.e);
	assert_non_null(strstr(v.told, "core stops"));
	sr_server_free(v.s);
	rig_free(v.g);
}

/* A write that failed left the vault as only a start can mend it: core ends, and says so. */
static void test_failed(void **state) {
	struct served v;
	(void)state;
	memset(&v, 0, sizeof v);
	v.g = rig_new(NULL);
	const struct sr_server_options o = {.core = &v.g->core, .tell = tell, .ctx = &v};
	assert_ok(sr_server_new(&v.s, &o, &v.e), &v.e);
	assert_ok(sr_server_turn(v.s, 0, &v.e), &v.e);
	v.g->w->v->failed = true;
	sr_server_stop(v.s); /* so that one that goes on ends all the same, and says nothing */
	assert_fails(sr_server_run(v.s, &v.e), SR_IO, &v.e,
		"a write to the vault failed; core stops, so that the next start can recover what "
		"counts");
	assert_non_null(strstr(v.told, "core stops"));
	v.g->w->v->failed = false;
	sr_server_free(v.s);
	rig_free(v.g);
}

/* What a witness said of this log is told by a core that finds it, once, and not at every turn. */
static void test_alarm(void **state) {
	static const char said[] = "a witness knows more", tells[] = "ALARM: a witness knows more";
	struct served v;
	(void)state;
	memset(&v, 0, sizeof v);
	v.g = rig_new(NULL);
	t_write_file(t_path(v.g->w->vault, "ledger/alarm"), said, sizeof said - 1);
	rig_reopen(v.g);
	rig_desk_close(&v.g->desk);
	const struct sr_server_options o = {.core = &v.g->core, .tell = tell, .ctx = &v};
	assert_ok(sr_server_new(&v.s, &o, &v.e), &v.e);
	for (int i = 0; i < 3; i++)
		assert_ok(sr_server_turn(v.s, 0, &v.e), &v.e);
	const char *at = strstr(v.told, tells);
	assert_non_null(at);
	assert_non_null(strstr(at, "; nothing is written any more\n"));
	assert_null(strstr(at + 1, tells));
	sr_server_free(v.s);
	rig_desk_open(&v.g->desk, &v.g->core);
	rig_free(v.g);
}

/* A witness that takes the question and says nothing: who reads is served meanwhile, and what may
 * write waits for it, though not for ever. */
static void test_asking(void **state) {
	enum {
		ASK_MS = 700
	};
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct rig_desk d;
	struct sr_buf text;
	struct served v;
	char want[24];
	(void)state;
	memset(&v, 0, sizeof v);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(silent, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(silent, 4), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&a, &len), 0);
	v.g = rig_new(NULL);
	keys();
	sr_buf_init(&text);
	sr_buf_put_str(&text, "witness w ");
	sr_vkey_put(&text, &key[0]);
	sr_buf_printf(&text, " http://127.0.0.1:%u\nquorum w\n", ntohs(a.sin_port));
	assert_ok(sr_witnessing_adopt(v.g->w->v, sr_buf_view(&text), &v.e), &v.e);
	sr_buf_free(&text);
	rig_desk_close(&v.g->desk);
	const struct sr_server_options o = {
		.core = &v.g->core, .tell = tell, .ctx = &v, .ask_ms = ASK_MS};
	const uint64_t began = sr_mono_ms(), size = sr_ledger_next_index(v.g->w->v->ledger);
	assert_ok(sr_server_new(&v.s, &o, &v.e), &v.e);
	troubled = true; /* while nobody knows what the witnesses have seen, core does not go on */
	assert_fails(sr_server_turn(v.s, 0, &v.e), SR_IO, &v.e, "witnesses: the network is away");
	troubled = false;
	assert_int_equal(pthread_create(&v.thread, NULL, turn, &v), 0);
	sit(&d, &v);
	rig_login(&d, &v.g->w->custodian);
	assert_ok(rig_call(&d, "status", NULL, NULL), &d.e);
	assert_ok(rig_call(&d, "witness", NULL, NULL), &d.e);
	snprintf(want, sizeof want, "%" PRIu64, size);
	assert_field(&d, "size", want);
	assert_ok(rig_call(&d, "scrub", NULL, NULL), &d.e);
	assert_true(sr_mono_ms() - began >= ASK_MS);
	/* From then on nothing waits. */
	assert_false(sr_witnessing_heard(v.g->w->v));
	assert_ok(rig_call(&d, "witness", NULL, NULL), &d.e);
	snprintf(want, sizeof want, "%" PRIu64, size + 1);
	assert_field(&d, "size", want);
	rig_desk_close(&d);
	serve_end(&v);
	close(silent);
}

/* --- what core does by itself ------------------------------------------------------------------
 */

/* What fails while nobody asks for it is told to whoever runs core, and core goes on. */
static void test_troubles(void **state) {
	struct rig_desk d;
	struct served v;
	(void)state;
	serve(&v, 0, 0, 0);
	sit(&d, &v);
	assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	troubled = true;
	later_ms = SR_SERVER_SWEEP_MS + 1;
	for (unsigned i = 0; i < 20; i++) /* each is a turn, or two */
		assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	troubled = false;
	assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	speaker = pthread_self();
	speechless = true;
	assert_int_not_equal(rig_call(&d, "hello", NULL, NULL), 0);
	speechless = false;
	rig_desk_close(&d);
	serve_end(&v);
	later_ms = 0;
	assert_non_null(strstr(
		v.told, "a connection (before log-in) is closed: answering: no memory for it\n"));
	assert_non_null(strstr(v.told, "sweep: the disk is away\n"));
	assert_non_null(strstr(v.told, "intake: the parser is away\n"));
	assert_non_null(strstr(v.told, "witnesses: the network is away\n"));
}

/* --- the other end ---------------------------------------------------------------------------- */

/* A core that breaks off after ${len} bytes of its answer. */
static void broken_off(const char *bytes, size_t len, const char *words) {
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char *path = t_tmp_new();
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct rig_desk d;
	memset(&d, 0, sizeof d);
	assert_true(listener >= 0);
	assert_int_equal(mkdir(t_path(path, "run"), 0700), 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", t_path(path, "run/core.sock"));
	assert_int_equal(bind(listener, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(listener, 1), 0);
	sr_call_init(&d.q);
	sr_call_init(&d.r);
	assert_ok(sr_transport_socket(&d.t, path, &d.e), &d.e);
	const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
	assert_int_equal(shutdown(fd, SHUT_WR), 0); /* it still takes what is asked */
	assert_fails(rig_call(&d, "hello", NULL, NULL), SR_IO, &d.e, words);
	/* What comes now would be half of two answers. */
	assert_fails(rig_call(&d, "hello", NULL, NULL), SR_IO, &d.e,
		"the connection to core broke earlier; connect again");
	rig_desk_close(&d);
	close(fd);
	close(listener);
	t_tmp_remove(path);
}

static void test_other_end(void **state) {
	char far[5000];
	struct sr_transport none;
	struct sr_err e = {0};
	(void)state;
	broken_off("\4\0\0", 3, "core closed the connection, 5 bytes of its answer are missing");
	broken_off("\4\0\0\0\0\0\0\0GE", 10,
		"core closed the connection, 2 bytes of its answer are missing");
	memset(far, '/', sizeof far);
	far[sizeof far - 1] = '\0';
	assert_fails(sr_transport_socket(&none, far, &e), SR_LIMIT, &e,
		"the path of the vault is too long (more than 41");
}

static int64_t world_now(void *ctx) {
	return ((const struct world *)ctx)->now;
}

/* sr_core_open and sr_core_close on the vault as it lies there. */
static void test_core(void **state) {
	struct world *w = world_new(NULL);
	struct sr_core *core = NULL;
	struct sr_err e = {0};
	struct rig_desk d;
	(void)state;
	world_close(w);
	struct sr_vault_open o = {.path = w->vault,
		.unlock = {.credential =
				   sr_bytes_str("another credential, also long enough to be one")},
		.clock = {world_now, w}};
	assert_fails(sr_core_open(&core, &o, &e), SR_AUTH, &e, NULL);
	assert_null(core);
	o.unlock.credential = sr_bytes_str(WORLD_CREDENTIAL);
	assert_ok(sr_core_open(&core, &o, &e), &e);
	rig_desk_open(&d, core);
	assert_ok(rig_call(&d, "hello", NULL, NULL), &d.e);
	assert_field(&d, "state", "opened");
	rig_login(&d, &w->custodian);
	assert_ok(rig_call(&d, "status", NULL, NULL), &d.e);
	assert_ok(sr_core_sweep(core, &e), &e);
	rig_desk_close(&d);
	sr_core_close(core);
	world_reopen(w);
	world_free(w);
}

/* A core that was killed: of what it wrote a minute before, the second copy knows that the log
 * names it, and the state of the folder from before is refused, not opened to erase it there. */
static void test_killed(void **state) {
	const struct world_options wo = {.second = true};
	struct world *w = world_new(&wo);
	struct sr_core core = {.vault = w->v, .room = w->room};
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str("after the snapshot\n")};
	struct world_deposit dep = {.files = &f, .count = 1};
	char command[4096];
	struct sr_err e = {0};
	(void)state;
	assert_ok(sr_queue_new(&core.queue, w->v, NULL, &e), &e);
	assert_ok(sr_rescan_new(&core.rescan, w->v, w->room, &e), &e);
	snprintf(command, sizeof command, "cp -a '%s' '%s/older'", w->vault, w->path);
	assert_int_equal(system(command), 0);
	assert_int_equal(world_deposit(w, &dep), 0);
	assert_ok(sr_core_sweep(&core, &e), &e);
	snprintf(command, sizeof command, "cp -a '%s' '%s/killed'", w->second, w->path);
	assert_int_equal(system(command), 0);
	sr_queue_free(core.queue);
	sr_rescan_free(core.rescan);
	world_close(w);
	snprintf(command, sizeof command,
		"cd '%s' && rm -rf '%s' '%s' && mv older '%s' && mv killed '%s'", w->path, w->vault,
		w->second, w->vault, w->second);
	assert_int_equal(system(command), 0);
	struct sr_vault *v = NULL;
	const struct sr_vault_open o = {
		.path = w->vault, .unlock = world_unlock(), .clock = world_clock(w)};
	assert_fails(sr_vault_open(&v, &o, &e), SR_AUTH, &e, "rolled back: the second copy");
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_two_desks),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_ended_deposit),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_alarm),
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_troubles),
		cmocka_unit_test(test_other_end),
		cmocka_unit_test(test_core),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
