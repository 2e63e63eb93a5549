/*
 * Scanners: a clamd that answers in every way, one that is real, and commands. Nothing but a whole
 * look without a name is clean.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "sandbox/scan.h"
#include "util.h"

#define ANSWER(text) text, sizeof text /* with its NUL */

static char *folder;

static const char *place(const char *name) {
	static char path[2][260];
	static int at;

	at = 1 - at;
	snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
	return path[at];
}

/* --- a clamd that does as it is told ---------------------------------------------------------- */

struct fake {
	int listening;
	const char *answer;
	size_t answer_len;
	size_t close_after; /* bytes of content; SIZE_MAX: reads all */
	bool silent;        /* answers nothing, and keeps the line open */
	size_t got;         /* bytes of content */
	pthread_t thread;
	struct sr_scanner scanner;
};

static bool get(int fd, void *p, size_t len) {
	size_t have = 0;

	while (have < len) {
		const ssize_t n = read(fd, (uint8_t *)p + have, len - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

static void serve(struct fake *f, int fd) {
	char ask[10], content[65536];
	uint8_t len[4];

	f->got = 0;
	if (!get(fd, ask, sizeof ask))
		return;
	assert_memory_equal(ask, "zINSTREAM", 10);
	for (;;) {
		size_t n;

		if (f->got >= f->close_after)
			return;
		if (!get(fd, len, 4))
			return;
		n = (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 | len[3];
		if (n == 0)
			break;
		while (n > 0) {
			const size_t some = n < sizeof content ? n : sizeof content;

			if (!get(fd, content, some))
				return;
			f->got += some;
			n -= some;
			if (f->got >= f->close_after)
				break;
		}
	}
	if (f->silent)
		sleep(1);
	else if (f->answer_len > 0)
		assert_int_equal(write(fd, f->answer, f->answer_len), (ssize_t)f->answer_len);
}

static void *serving(void *ctx) {
	struct fake *f = ctx;
	const int fd = accept(f->listening, NULL, NULL);

	if (fd < 0)
		return NULL;
	serve(f, fd);
	/* clamd answers that it is too much while more is coming. */
	if (f->close_after != SIZE_MAX && f->answer_len > 0)
		(void)!write(fd, f->answer, f->answer_len);
	if (f->close_after != SIZE_MAX)
		usleep(20000);
	close(fd);
	return NULL;
}

static void fake_begin(struct fake *f, const char *answer, size_t len) {
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	memset(f, 0, sizeof *f);
	f->answer = answer;
	f->answer_len = len;
	f->close_after = SIZE_MAX;
	snprintf(at.sun_path, sizeof at.sun_path, "%s", place("sock"));
	unlink(at.sun_path);
	f->listening = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(f->listening, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(f->listening, 4), 0);
	snprintf(f->scanner.socket, sizeof f->scanner.socket, "%s", at.sun_path);
	f->scanner.patience_ms = 300;
}

static void scan(const struct sr_scanner *s, struct sr_bytes data, struct sr_scan_verdict *v) {
	struct sr_scan *scan;
	struct sr_err e;

	assert_ok(sr_scan_begin(&scan, s, &e), &e);
	sr_scan_more(scan, data);
	sr_scan_end(scan, v);
}

static void fake_scan(struct fake *f, struct sr_bytes data, struct sr_scan_verdict *v) {
	assert_int_equal(pthread_create(&f->thread, NULL, serving, f), 0);
	scan(&f->scanner, data, v);
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	close(f->listening);
}

static void answers(void **state) {
	static const struct {
		const char *answer;
		size_t len;
		enum sr_scan_result result;
		const char *text;
	} rows[] = {
		{ANSWER("stream: OK"), SR_SCAN_CLEAN, ""},
		{ANSWER("stream: Win.Test.EICAR_HDB-1 FOUND"), SR_SCAN_INFECTED,
			"Win.Test.EICAR_HDB-1"},
		{ANSWER("stream: a\x1b[31m FOUND"), SR_SCAN_INFECTED, "a\\x1b[31m"},
		{ANSWER("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"), SR_SCAN_NOT,
			"did not look at all of it: Heuristics.Limits"},
		{ANSWER("stream: Heuristics.Encrypted.Zip FOUND"), SR_SCAN_NOT,
			"did not look at all of it: Heuristics.Encrypted.Zip"},
		{ANSWER("stream: Can't allocate memory ERROR"), SR_SCAN_NOT,
			"says: stream: Can't allocate memory"},
		{ANSWER("INSTREAM size limit exceeded. ERROR"), SR_SCAN_NOT,
			"says: INSTREAM size limit exceeded."},
		{ANSWER("stream:  FOUND"), SR_SCAN_NOT, "answer is none"},
		{ANSWER("stream: OKAY"), SR_SCAN_NOT, "answer is none"},
		{ANSWER("OK"), SR_SCAN_NOT, "answer is none"},
		{ANSWER(""), SR_SCAN_NOT, "answer is none"},
		{"stream: OK", 10, SR_SCAN_NOT, "was lost after 5 bytes"}, /* no NUL */
		{"", 0, SR_SCAN_NOT, "was lost after 5 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sr_scan_verdict v;
		struct fake f;

		fake_begin(&f, rows[i].answer, rows[i].len);
		fake_scan(&f, sr_bytes_str("bytes"), &v);
		assert_int_equal(v.result, rows[i].result);
		if (strstr(v.text, rows[i].text) == NULL)
			fail_msg("%s: have \"%s\"", rows[i].answer, v.text);
		assert_int_equal(f.got, 5);
	}
}

static void long_answer(void **state) {
	static char answer[20000];
	struct sr_scan_verdict v;
	struct fake f;

	(void)state;
	memset(answer, 'x', sizeof answer);
	fake_begin(&f, answer, sizeof answer);
	fake_scan(&f, sr_bytes_str("bytes"), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	assert_non_null(strstr(v.text, "longer than 4096 bytes"));
}

static void ends_early(void **state) {
	const size_t size = 8 << 20;
	uint8_t *big = calloc(1, size);
	struct sr_scan_verdict v;
	struct fake f;

	(void)state;
	assert_non_null(big);
	/* Killed in the middle. */
	fake_begin(&f, "", 0);
	f.close_after = 100000;
	fake_scan(&f, sr_bytes_of(big, size), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	assert_non_null(strstr(v.text, "connection to the scanner was lost"));
	/* It says that all is well before it can know. */
	fake_begin(&f, ANSWER("stream: OK"));
	f.close_after = 100000;
	fake_scan(&f, sr_bytes_of(big, size), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	/* It sleeps. */
	fake_begin(&f, "", 0);
	f.silent = true;
	fake_scan(&f, sr_bytes_str("x"), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	assert_non_null(strstr(v.text, "said nothing for 300 ms"));
	/* All of a large one comes through. */
	fake_begin(&f, ANSWER("stream: OK"));
	fake_scan(&f, sr_bytes_of(big, size), &v);
	assert_int_equal(v.result, SR_SCAN_CLEAN);
	assert_int_equal(f.got, size);
	/* More than is to be sent is not sent. */
	fake_begin(&f, ANSWER("stream: OK"));
	f.scanner.bytes_max = 1000;
	fake_scan(&f, sr_bytes_of(big, 1001), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	assert_non_null(strstr(v.text, "larger than the 1000 bytes"));
	/* Nobody is there. */
	unlink(f.scanner.socket);
	scan(&f.scanner, sr_bytes_str("x"), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	assert_non_null(strstr(v.text, "Is clamd running"));
	free(big);
}

/* One that is stopped holds nobody: every call but the last returns at once, whatever it takes. */
static void never_waits(void **state) {
	enum {
		PATIENCE_MS = 1500,
		AT_ONCE_MS = 1200 /* no call waits for that; a machine that is busy may take some */
	};
	static const char *const sleeps[] = {"/bin/sh", "-c", "sleep 5", NULL};
	const size_t size = 4 << 20;
	uint8_t *big = calloc(1, size);
	struct sr_scanner command;
	struct sr_err e;

	(void)state;
	assert_non_null(big);
	assert_ok(sr_scanner_command(&command, sleeps, &e), &e);
	command.patience_ms = PATIENCE_MS;
	/* A listener that nobody serves; one whose queue is full as well; a command that reads
	 * nothing. */
	for (int kind = 0; kind < 3; kind++) {
		struct sr_scan *before[16] = {NULL}, *s = NULL;
		struct sr_scan_verdict v;
		struct fake f;
		unsigned turns = 0;
		uint64_t began;

		fake_begin(&f, "", 0);
		f.scanner.patience_ms = PATIENCE_MS;
		assert_int_equal(listen(f.listening, 0), 0);
		for (size_t i = 0; kind == 1 && i < T_COUNT(before); i++)
			assert_ok(sr_scan_begin(&before[i], &f.scanner, &e), &e);
		began = sr_mono_ms();
		assert_ok(sr_scan_begin(&s, kind == 2 ? &command : &f.scanner, &e), &e);
		sr_scan_more(s, sr_bytes_of(big, size));
		assert_false(sr_scan_takes(s));
		sr_scan_sent(s);
		assert_false(sr_scan_answered(s));
		assert_true(sr_mono_ms() - began < AT_ONCE_MS);
		while (!sr_scan_answered(s)) {
			usleep(10000);
			turns++;
		}
		assert_true(turns > 3); /* it came back to us each time */
		assert_true(sr_scan_takes(s));
		sr_scan_end(s, &v);
		assert_int_equal(v.result, SR_SCAN_NOT);
		assert_true(v.silent);
		assert_non_null(strstr(v.text,
			kind == 1 ? "took no connection for 1500 ms" : "took nothing for 1500 ms"));
		for (size_t i = 0; i < T_COUNT(before); i++)
			sr_scan_drop(before[i]);
		close(f.listening);
	}
	free(big);
}

/* The same when it is asked who it is. */
static void asking_never_waits(void **state) {
	struct sr_asking *a = NULL;
	struct sr_scanner s;
	struct sr_err e;
	struct fake f;
	uint64_t began;

	(void)state;
	fake_begin(&f, "", 0);
	began = sr_mono_ms();
	assert_ok(sr_asking_begin(&a, f.scanner.socket, &e), &e);
	assert_false(sr_asking_answered(a));
	assert_true(sr_mono_ms() - began < 1000); /* of 5,000 */
	assert_fails(sr_asking_end(a, &s, &e), SR_IO, &e, "said nothing for 5000 ms");
	assert_ok(sr_asking_begin(&a, f.scanner.socket, &e), &e);
	sr_asking_drop(a);
	sr_asking_drop(NULL);
	close(f.listening);
}

/* --- who it is -------------------------------------------------------------------------------- */

static void *says(void *ctx) {
	struct fake *f = ctx;
	char ask[9];
	const int fd = accept(f->listening, NULL, NULL);

	assert_true(fd >= 0 && get(fd, ask, sizeof ask));
	assert_memory_equal(ask, "zVERSION", 9);
	if (f->answer_len > 0)
		assert_int_equal(write(fd, f->answer, f->answer_len), (ssize_t)f->answer_len);
	close(fd);
	return NULL;
}

static int who(struct sr_scanner *out, const char *answer, size_t len, struct sr_err *e) {
	struct fake f;
	int rc;

	fake_begin(&f, answer, len);
	assert_int_equal(pthread_create(&f.thread, NULL, says, &f), 0);
	rc = sr_scanner_clamd(out, f.scanner.socket, e);
	assert_int_equal(pthread_join(f.thread, NULL), 0);
	close(f.listening);
	return rc;
}

static void versions(void **state) {
	struct sr_scanner s;
	struct sr_err e;
	char path[120];

	(void)state;
	assert_ok(who(&s, ANSWER("ClamAV 1.4.6/27500/Mon Nov 24 10:11:12 2025"), &e), &e);
	assert_string_equal(s.engine, "ClamAV 1.4.6/27500/Mon Nov 24 10:11:12 2025");
	assert_int_equal(s.signatures, 1763979072);
	assert_false(sr_scanner_stale(&s, s.signatures + 86400, 86400));
	assert_true(sr_scanner_stale(&s, s.signatures + 86401, 86400));
	assert_ok(who(&s, ANSWER("ClamAV 1.4.6/27500/Mon Nov  4 10:11:12 2025"), &e), &e);
	assert_true(s.signatures > 0);
	/* Local signatures alone have no date: unknown is stale. */
	assert_ok(who(&s, ANSWER("ClamAV 1.4.6"), &e), &e);
	assert_int_equal(s.signatures, 0);
	assert_true(sr_scanner_stale(&s, 1, INT64_MAX));
	assert_ok(who(&s, ANSWER("ClamAV 1/2/Mon Foo 24 10:11:12 2025"), &e), &e);
	assert_int_equal(s.signatures, 0);
	assert_ok(who(&s, ANSWER("ClamAV 1/2/Mon Feb 30 10:11:12 2025"), &e), &e);
	assert_int_equal(s.signatures, 0);
	assert_fails(who(&s, ANSWER("HTTP/1.1 400"), &e), SR_CORRUPT, &e, "is no clamd");
	assert_fails(who(&s, "", 0, &e), SR_CORRUPT, &e, "is no clamd");
	assert_fails(sr_scanner_clamd(&s, place("nobody"), &e), SR_IO, &e, "Is clamd running");
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_fails(sr_scanner_clamd(&s, path, &e), SR_USAGE, &e, "at most 107 bytes");
}

/* --- commands --------------------------------------------------------------------------------- */

static void commands(void **state) {
	static const struct {
		const char *script;
		enum sr_scan_result result;
		const char *text;
	} rows[] = {
		{"cat >/dev/null", SR_SCAN_CLEAN, ""},
		{"cat >/dev/null; echo A.Name; echo more; exit 1", SR_SCAN_INFECTED, "A.Name"},
		{"cat >/dev/null; exit 1", SR_SCAN_INFECTED, "(it names nothing)"},
		{"cat >/dev/null; exit 2", SR_SCAN_NOT, "status 2"},
		{"exit 0", SR_SCAN_NOT, "before it had all of it"},
		{"exec >&-; sleep 5; cat >/dev/null", SR_SCAN_NOT, ""},
		{"cat >/dev/null; kill -9 $$", SR_SCAN_NOT, "signal 9"},
		{"sleep 5", SR_SCAN_NOT, "took nothing for 300 ms"},
		/* ("said"; where a busy machine did not let it take all in that time, "took") */
		{"cat >/dev/null; sleep 5", SR_SCAN_NOT, "nothing for 300 ms"},
		{"cat >/dev/null; exec >&- ; sleep 5", SR_SCAN_NOT, ""},
		{"cat >/dev/null; head -c 9000 /dev/zero", SR_SCAN_NOT, "longer than"},
		/* What it leaves behind ends with it, and cannot hold the line open. */
		{"cat >/dev/null; sleep 5 & exit 0", SR_SCAN_NOT, ""},
		{"test -z \"$HOME$SECRET\" && test \"$LC_ALL\" = C && cat >/dev/null",
			SR_SCAN_CLEAN, ""},
		{"test \"$(head -c 3)\" = abc && cat >/dev/null", SR_SCAN_CLEAN, ""},
	};
	const size_t size = 1 << 20;
	uint8_t *big = calloc(1, size);

	(void)state;
	assert_non_null(big);
	big[0] = 'a';
	big[1] = 'b';
	big[2] = 'c';
	setenv("SECRET", "x", 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *argv[] = {"/bin/sh", "-c", rows[i].script, NULL};
		struct sr_scan_verdict v;
		struct sr_scanner s;
		struct sr_err e;

		assert_ok(sr_scanner_command(&s, argv, &e), &e);
		/* What is not about patience has enough of it, however busy the machine is. */
		s.patience_ms = strstr(rows[i].script, "sleep") != NULL ? 300 : 10000;
		scan(&s, sr_bytes_of(big, size), &v);
		if (v.result != rows[i].result || strstr(v.text, rows[i].text) == NULL)
			fail_msg("%s: have %s \"%s\"", rows[i].script,
				sr_scan_result_name(v.result), v.text);
	}
	free(big);
	/* No child is left. */
	assert_true(waitpid(-1, NULL, WNOHANG) < 0);
}

static void commands_refused(void **state) {
	const char *relative[] = {"scan", NULL}, *none[] = {"/nowhere/scan", NULL},
		   *empty[] = {NULL};
	struct sr_scan_verdict v;
	struct sr_scanner s;
	struct sr_scan *scan;
	struct sr_err e;

	(void)state;
	assert_fails(sr_scanner_command(&s, relative, &e), SR_USAGE, &e, "its whole path");
	assert_fails(sr_scanner_command(&s, empty, &e), SR_USAGE, &e, "its whole path");
	assert_fails(sr_scanner_command(&s, none, &e), SR_USAGE, &e, "/nowhere/scan: ");
	s = (struct sr_scanner){.command = none, .patience_ms = 300};
	assert_ok(sr_scan_begin(&scan, &s, &e), &e);
	sr_scan_more(scan, sr_bytes_str("x"));
	sr_scan_end(scan, &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	/* A checker makes a fork of a vfork, and the reason does not come back. */
	if (getenv("SR_WRAPPED") == NULL)
		assert_non_null(strstr(v.text, "cannot be run"));
	sr_scan_drop(NULL);
}

/* --- the real one ----------------------------------------------------------------------------- */

static pid_t clamd;

static void write_text(const char *path, const char *text) {
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* With signatures of our own: a marker, and the harmless test file that all scanners know. */
static void clamd_begin(struct sr_scanner *s) {
	char conf[2000];
	struct sr_err e;

	if (access("/usr/sbin/clamd", X_OK) != 0) {
		print_message("skipped: no clamd here (clamav-daemon; make deps-room)\n");
		skip();
	}
	assert_int_equal(mkdir(place("db"), 0700), 0);
	/* "strongroom harmless marker", and the string of eicar.org */
	write_text(place("db/local.ndb"),
		"Test.Marker:0:*:7374726f6e67726f6f6d206861726d6c657373206d61726b6572\n"
		"Test.Eicar:0:*:"
		"58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354"
		"414e444152442d414e544956495255532d544553542d46494c452124482b482a\n");
	snprintf(conf, sizeof conf,
		"LocalSocket %s\nLocalSocketMode 600\nDatabaseDirectory %s\nStreamMaxLength 1M\n"
		"MaxScanSize 4M\nMaxFileSize 1M\nAlertExceedsMax yes\nAlertEncrypted "
		"yes\nSelfCheck 0\n"
		"ConcurrentDatabaseReload no\nForeground yes\n",
		place("clamd"), place("db"));
	write_text(place("conf"), conf);
	clamd = fork();
	assert_true(clamd >= 0);
	if (clamd == 0) {
		(void)!freopen("/dev/null", "w", stdout);
		(void)!freopen("/dev/null", "w", stderr);
		execl("/usr/sbin/clamd", "clamd", "-c", place("conf"), (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 400; i++) {
		if (sr_scanner_clamd(s, place("clamd"), &e) == 0)
			return;
		usleep(25000);
	}
	fail_msg("clamd does not answer: %s", e.text);
}

struct beside {
	const struct sr_scanner *s;
	const char *text;
	struct sr_scan_verdict v;
};
static void *scan_beside(void *ctx) {
	struct beside *b = ctx;

	for (int i = 0; i < 20; i++)
		scan(b->s, sr_bytes_str(b->text), &b->v);
	return NULL;
}

static void real(void **state) {
	static const char eicar[] =
		"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
		"$H+H*";
	const size_t size = 3 << 20;
	struct beside beside[4];
	pthread_t thread[4];
	struct sr_scan_verdict v;
	struct sr_scanner s;
	struct sr_scan *open;
	struct sr_err e;
	uint8_t *big;

	(void)state;
	clamd_begin(&s);
	big = calloc(1, size);
	assert_non_null(big);
	assert_memory_equal(s.engine, "ClamAV ", 7);
	scan(&s, sr_bytes_str(eicar), &v);
	assert_int_equal(v.result, SR_SCAN_INFECTED);
	assert_string_equal(v.text, "Test.Eicar.UNOFFICIAL");
	scan(&s, sr_bytes_of(NULL, 0), &v);
	assert_int_equal(v.result, SR_SCAN_CLEAN);
	scan(&s, sr_bytes_of(big, size), &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	for (size_t i = 0; i < 4; i++) {
		beside[i] = (struct beside){
			&s, i % 2 == 0 ? "all well" : "a strongroom harmless marker", {0}};
		assert_int_equal(pthread_create(&thread[i], NULL, scan_beside, &beside[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(beside[i].v.result, i % 2 == 0 ? SR_SCAN_CLEAN : SR_SCAN_INFECTED);
	}
	/* Killed in the middle of a scan. */
	assert_ok(sr_scan_begin(&open, &s, &e), &e);
	sr_scan_more(open, sr_bytes_of(big, 1000));
	assert_int_equal(kill(clamd, SIGKILL), 0);
	assert_int_equal(waitpid(clamd, NULL, 0), clamd);
	sr_scan_more(open, sr_bytes_of(big, 1000));
	sr_scan_end(open, &v);
	assert_int_equal(v.result, SR_SCAN_NOT);
	assert_non_null(strstr(v.text, "connection to the scanner was lost"));
	free(big);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(long_answer),
		cmocka_unit_test(ends_early), cmocka_unit_test(never_waits),
		cmocka_unit_test(asking_never_waits), cmocka_unit_test(versions),
		cmocka_unit_test(commands), cmocka_unit_test(commands_refused),
		cmocka_unit_test(real)};

	int failed;

	folder = t_tmp_new();
	failed = cmocka_run_group_tests_name("scanners", tests, NULL, NULL);
	t_tmp_remove(folder);
	return failed;
}
