/*
 * test_core_ahead - every byte and hash of every file in the source's order, around each border;
 * what breaks, what fails, what is left in the middle; sizes that are not what the source says; a
 * source that waits; all that was opened is closed, and no more is open at a time than the header
 * says.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/ahead.h"
#include "store/manifest.h"
#include "util.h"

enum {
	FILES = 400
};

struct content {
	struct made *of;
	uint64_t size, at, seed;
	uint64_t fail_at; /* UINT64_MAX: never */
};
enum says { /* what a source says of sizes */
	TRUE_SIZES,
	NO_SIZES,
	OLD_SIZES /* files that have grown, shrunk or lost their bytes since it looked */
};
struct made { /* a source: items of ten files, then `fails` */
	size_t count, item, file;
	int fails;
	enum says says;
	bool patient; /* finds no more before all that it gave was closed */
	pthread_cond_t shut;
	pthread_mutex_t lock;
	size_t open, open_most, closed;
	struct content contents[FILES];
};

static uint64_t size_of(size_t i) {
	static const uint64_t sizes[] = {0, 1, 100, SR_AHEAD_FIRST - 1, SR_AHEAD_FIRST,
		SR_AHEAD_FIRST + 1, SR_AHEAD_FIRST + SR_AHEAD_CHUNK,
		SR_AHEAD_FIRST + SR_AHEAD_CHUNK + 1,
		SR_AHEAD_FIRST + SR_AHEAD_CHUNKS * SR_AHEAD_CHUNK,
		(SR_AHEAD_CHUNKS + 3) * SR_AHEAD_CHUNK + 77};

	return i % 20 < T_COUNT(sizes) && i < 60 ? sizes[i % 20] : 10 + i;
}

static uint64_t said_of(const struct made *m, const struct content *c) {
	switch (m->says) {
	case NO_SIZES:
		return UINT64_MAX;
	case OLD_SIZES: /* most of a run look small, and some of them are not */
		return c->size > 400 ? 4 : c->size + 6 * (c->seed % 2);
	case TRUE_SIZES:
		break;
	}
	return c->size;
}

static void byte_of(uint8_t *p, uint64_t at, size_t len, uint64_t seed) {
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)((at + i) * 31 + (at + i) / 251 + seed);
}

static int read_content(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct content *c = ctx;

	if (c->at >= c->fail_at)
		return sr_fail(e, c->seed % 100 == 97 ? SR_LOCKED : SR_IO, "the medium gave up");
	*got = c->size - c->at < len ? (size_t)(c->size - c->at) : len;
	if (*got > 70000) /* short reads happen */
		*got = 70000;
	byte_of(p, c->at, *got, c->seed);
	c->at += *got;
	return 0;
}

static void close_content(void *ctx) {
	struct content *c = ctx;

	(void)pthread_mutex_lock(&c->of->lock);
	c->of->open--;
	c->of->closed++;
	(void)pthread_cond_signal(&c->of->shut);
	(void)pthread_mutex_unlock(&c->of->lock);
}

static int item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct made *m = ctx;

	*title = sr_bytes_str(m->item % 2 == 0 ? "even" : "");
	m->item++;
	if (m->file < m->count)
		return 1;
	return m->fails != 0 ? sr_fail(e, (enum sr_code)m->fails, "the folder is gone") : 0;
}

static int file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	static char path[64]; /* the view ends with the next call */
	struct made *m = ctx;
	const size_t i = m->file;
	struct content *c = &m->contents[i];

	(void)e;
	if (i >= m->count || (i > 0 && i % 10 == 0 && m->item == i / 10))
		return 0;
	m->file++;
	(void)pthread_mutex_lock(&m->lock);
	while (m->patient && m->open > 0)
		(void)pthread_cond_wait(&m->shut, &m->lock);
	(void)pthread_mutex_unlock(&m->lock);
	(void)snprintf(path, sizeof path, "file %zu", i);
	out->path = sr_bytes_str(path);
	if (i % 10 == 3) {
		out->kind = SR_FILE_SYMLINK;
		out->note = sr_bytes_str("elsewhere");
		return 1;
	}
	*c = (struct content){m, size_of(i), 0, i, i % 50 == 47 ? 40 : UINT64_MAX};
	out->kind = SR_FILE_REGULAR;
	out->size = said_of(m, c);
	out->content =
		(struct sr_deposit_content){.read = read_content, .close = close_content, .ctx = c};
	(void)pthread_mutex_lock(&m->lock);
	m->open++;
	m->open_most = m->open > m->open_most ? m->open : m->open_most;
	(void)pthread_mutex_unlock(&m->lock);
	return 1;
}

static void made_init(struct made *m, size_t count, int fails) {
	memset(m, 0, sizeof *m);
	m->count = count;
	m->fails = fails;
	(void)pthread_mutex_init(&m->lock, NULL);
	(void)pthread_cond_init(&m->shut, NULL);
}

static void made_end(struct made *m) {
	assert_int_equal(m->open, 0);
	(void)pthread_cond_destroy(&m->shut);
	(void)pthread_mutex_destroy(&m->lock);
}

/* The bytes of the file that was given last. */
static void check_bytes(struct sr_ahead *a, size_t i, bool hashed) {
	static uint8_t want[SR_AHEAD_CHUNK];
	const uint64_t size = size_of(i);
	struct sr_sha256 *sha = NULL;
	uint8_t hash[SR_HASH];
	struct sr_err e;
	uint64_t at = 0;

	assert_ok(sr_sha256_new(&sha, &e), &e);
	for (;;) {
		const struct sr_bytes b = sr_ahead_bytes(a);

		if (b.len == 0)
			break;
		assert_true(b.len <= sizeof want);
		byte_of(want, at, b.len, i);
		assert_memory_equal(want, b.p, b.len);
		sr_sha256_update(sha, b.p, b.len);
		at += b.len;
	}
	sr_sha256_final(sha, hash);
	sr_sha256_free(sha);
	const struct sr_ahead_sum *sum = sr_ahead_sum(a);
	if (i % 50 == 47) {
		assert_true(sum->broken);
		assert_string_equal(sum->reason, "the medium gave up");
		assert_int_equal(sum->rc, i % 100 == 97 ? SR_LOCKED : 0); /* not the file's */
		return;
	}
	assert_false(sum->broken);
	assert_true(at == size && sum->size == size);
	if (!hashed)
		memset(hash, 0, sizeof hash);
	assert_memory_equal(sum->sha256, hash, SR_HASH);
	assert_int_equal(sr_ahead_bytes(a).len, 0);
}

static void check_file(struct sr_ahead *a, const struct sr_ahead_event *ev, size_t i, bool hashed) {
	char path[64];

	(void)snprintf(path, sizeof path, "file %zu", i);
	assert_true(sr_bytes_eq(ev->file.path, sr_bytes_str(path)));
	if (i % 10 == 3) {
		assert_int_equal(ev->file.kind, SR_FILE_SYMLINK);
		assert_true(sr_bytes_eq(ev->file.note, sr_bytes_str("elsewhere")));
	} else if (i % 7 != 5) { /* some are passed over, whole or after a piece */
		check_bytes(a, i, hashed);
	} else if (i % 2 == 0) {
		(void)sr_ahead_bytes(a);
		(void)sr_ahead_bytes(a);
	}
}

struct how {
	int fails;
	enum says says;
	bool patient, unhashed;
};

static void all(struct how how) {
	const size_t count = how.patient ? 60 : FILES;
	const int fails = how.fails;
	struct made *m = calloc(1, sizeof *m);
	struct sr_ahead_event ev = {.what = SR_AHEAD_ITEM};
	struct sr_deposit_source src = {.item = item, .file = file, .ctx = m};
	struct sr_ahead *a = NULL;
	struct sr_err e;
	size_t files = 0, items = 0, ends = 0;
	int rc = 0;

	assert_non_null(m);
	made_init(m, count, fails);
	m->says = how.says;
	m->patient = how.patient;
	assert_ok(sr_ahead_new(&a, &src, !how.unhashed, &e), &e);
	while ((rc = sr_ahead_next(a, &ev, &e)) == 0 && ev.what != SR_AHEAD_END) {
		if (ev.what == SR_AHEAD_ITEM)
			assert_true(sr_bytes_eq(
				ev.title, sr_bytes_str(items++ % 2 == 0 ? "even" : "")));
		if (ev.what == SR_AHEAD_FILE)
			check_file(a, &ev, files++, !how.unhashed);
		ends += ev.what == SR_AHEAD_ITEM_END;
	}
	assert_true(files == count && items == count / 10 && ends == items);
	assert_int_equal(rc, fails);
	if (fails != 0) {
		assert_string_equal(e.text, "the folder is gone");
		assert_int_equal(sr_ahead_next(a, &ev, &e), fails);
	}
	sr_ahead_free(a);
	made_end(m);
	assert_int_equal(m->closed, count - count / 10);
	assert_true(m->open_most >= 1 && m->open_most <= SR_AHEAD_FILES + 1);
	if (how.patient)
		assert_int_equal(m->open_most, 1);
	free(m);
}

static void test_all(void **state) {
	(void)state;
	all((struct how){.fails = 0});
}

static void test_source_fails(void **state) {
	(void)state;
	all((struct how){.fails = SR_IO});
}

static void test_sizes_that_are_not(void **state) {
	(void)state;
	all((struct how){.says = NO_SIZES, .unhashed = true});
	all((struct how){.says = OLD_SIZES});
}

/* As one that unpacks an archive and holds its members in memory (cli/unpack.c): a run that is not
 * full is read all the same. */
static void test_patient_source(void **state) {
	(void)state;
	all((struct how){.patient = true});
}

/* Small files, and nobody who takes them: what is open, and so what is in memory, has an end. */
static void test_bound(void **state) {
	struct made *m = calloc(1, sizeof *m);
	struct sr_deposit_source src = {.item = item, .file = file, .ctx = m};
	const struct timespec moment = {.tv_nsec = 2000000};
	struct sr_ahead_event ev;
	struct sr_ahead *a = NULL;
	size_t before = 0, same = 0;
	struct sr_err e;

	(void)state;
	assert_non_null(m);
	made_init(m, FILES, 0);
	m->file = 61; /* behind the long ones */
	m->item = 6;
	assert_ok(sr_ahead_new(&a, &src, true, &e), &e);
	assert_ok(sr_ahead_next(a, &ev, &e), &e);
	for (size_t i = 0; i < 5000 && same < 100; i++) { /* until it finds no more */
		(void)nanosleep(&moment, NULL);
		(void)pthread_mutex_lock(&m->lock);
		same = m->open + m->closed == before ? same + 1 : 0;
		before = m->open + m->closed;
		(void)pthread_mutex_unlock(&m->lock);
	}
	assert_true(before > SR_AHEAD_RUN && before <= SR_AHEAD_FILES + 1);
	sr_ahead_free(a);
	made_end(m);
	free(m);
}

/* Left after any number of files: nothing hangs, nothing stays open. */
static void test_left(void **state) {
	struct made *m = calloc(1, sizeof *m);
	struct sr_deposit_source src = {.item = item, .file = file, .ctx = m};

	(void)state;
	assert_non_null(m);
	for (size_t n = 0; n < 2 * (size_t)SR_AHEAD_RUN; n++) {
		struct sr_ahead_event ev;
		struct sr_ahead *a = NULL;
		struct sr_err e;

		made_init(m, FILES, 0);
		m->says = n % 3 == 0 ? OLD_SIZES : TRUE_SIZES;
		m->patient = n == 50;
		assert_ok(sr_ahead_new(&a, &src, true, &e), &e);
		for (size_t i = 0; i < n; i++) {
			assert_ok(sr_ahead_next(a, &ev, &e), &e);
			if (ev.what == SR_AHEAD_FILE && ev.file.kind == SR_FILE_REGULAR)
				for (size_t k = 0; k < n % 4; k++)
					(void)sr_ahead_bytes(a);
		}
		sr_ahead_free(a);
		made_end(m);
	}
	free(m);
}

static void test_nothing(void **state) {
	struct made *m = calloc(1, sizeof *m);
	struct sr_deposit_source src = {.item = item, .file = file, .ctx = m};
	struct sr_ahead_event ev;
	struct sr_ahead *a = NULL;
	struct sr_err e;

	(void)state;
	assert_non_null(m);
	made_init(m, 0, 0);
	assert_ok(sr_ahead_new(&a, &src, true, &e), &e);
	assert_ok(sr_ahead_next(a, &ev, &e), &e);
	assert_int_equal(ev.what, SR_AHEAD_END);
	assert_ok(sr_ahead_next(a, &ev, &e), &e);
	assert_int_equal(ev.what, SR_AHEAD_END);
	sr_ahead_free(a);
	sr_ahead_free(NULL);
	made_end(m);
	free(m);
}

/* A source that has a regular file and nothing to read it with. */
static int empty_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	(void)ctx;
	(void)e;
	out->path = sr_bytes_str("nothing");
	out->kind = SR_FILE_REGULAR;
	return 1;
}

static void test_without_content(void **state) {
	struct made *m = calloc(1, sizeof *m);
	struct sr_deposit_source src = {.item = item, .file = empty_file, .ctx = m};
	struct sr_ahead_event ev;
	struct sr_ahead *a = NULL;
	struct sr_err e = {0};

	(void)state;
	assert_non_null(m);
	made_init(m, 1, 0);
	assert_ok(sr_ahead_new(&a, &src, true, &e), &e);
	assert_ok(sr_ahead_next(a, &ev, &e), &e);
	assert_int_equal(ev.what, SR_AHEAD_ITEM);
	assert_fails(sr_ahead_next(a, &ev, &e), SR_MISUSE, &e, "a file without content");
	sr_ahead_free(a);
	made_end(m);
	free(m);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_source_fails),
		cmocka_unit_test(test_sizes_that_are_not),
		cmocka_unit_test(test_patient_source),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_without_content),
	};
	struct sr_err e;

	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("core ahead", tests, NULL, NULL);
}
