/*
 * bench_core_deposit - what one small deposit costs until it is acknowledged: milliseconds and
 * flushes to the disk.
 *
 * A founded vault (tests/unit/world.h) on the disk of $TMPDIR, and a depositor who is logged in.
 * ${ROUNDS} deposits of 100 KiB, each an accession of its own, from the call of the client to the
 * receipt that it has checked: reading, SHA-256, sealing, packing, the person's signature, the
 * ledger's commit, the catalogue. The flushes are those of the vault's own code (base/fs, through
 * which SQLite's files go too), counted by the linker's --wrap.
 *
 *     bench_core_deposit [FLUSHES_MAX MS_MAX]     with goals: status 1 when a median is above
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/client_rig.h"

enum {
	SIZE = 100 << 10,
	ROUNDS = 21,
	WARM = 3 /* before the rounds: the first deposits make folders */
};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_syncfs(int fd);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_syncfs(int fd);

static unsigned flushes;

int __wrap_fsync(int fd) {
	flushes++;
	return __real_fsync(fd);
}

int __wrap_fdatasync(int fd) {
	flushes++;
	return __real_fdatasync(fd);
}

int __wrap_syncfs(int fd) {
	flushes++;
	return __real_syncfs(fd);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* One item of one file, of bytes that no earlier one had. */
struct source {
	uint8_t content[SIZE];
	size_t at;
	int items, files;
};

static int source_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct source *s = ctx;

	(void)e;
	*title = sr_bytes_str("a page");
	return s->items++ == 0 ? 1 : 0;
}

static int source_read(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct source *s = ctx;
	const size_t left = SIZE - s->at;

	(void)e;
	*got = left < len ? left : len;
	memcpy(p, s->content + s->at, *got);
	s->at += *got;
	return 0;
}

static int source_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct source *s = ctx;

	(void)e;
	if (s->files++ != 0)
		return 0;
	out->path = sr_bytes_str("page.bin");
	out->kind = SR_FILE_REGULAR;
	out->size = SIZE;
	out->content = (struct sr_deposit_content){.read = source_read, .ctx = s};
	return 1;
}

static uint64_t now_us(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

static int by_size(const void *a, const void *b) {
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
	struct office *o = office_new(NULL);
	struct desk *d = desk_new(o, &o->w->depositor);
	static struct source s;
	uint64_t us[ROUNDS] = {0}, synced[ROUNDS] = {0};

	for (int i = -WARM; i < ROUNDS; i++) {
		const struct sr_deposit_source src = {
			.item = source_item, .file = source_file, .ctx = &s};
		const struct sr_depositing dep = {.collection = o->w->collection, .source = &src};
		struct sr_deposited out = {0};

		s.at = 0;
		s.items = s.files = 0;
		t_fill(s.content, SIZE, 1000U + (unsigned)(i + WARM));
		flushes = 0;
		const uint64_t begun_us = now_us();
		assert_ok(sr_client_deposit(d->c, &dep, &out, &d->e), &d->e);
		if (i >= 0) {
			us[i] = now_us() - begun_us;
			synced[i] = flushes;
		}
		sr_deposited_free(&out);
	}
	desk_free(d);
	office_free(o);
	qsort(us, ROUNDS, sizeof *us, by_size);
	qsort(synced, ROUNDS, sizeof *synced, by_size);
	const size_t middle = ROUNDS / 2;
	const double median_ms = (double)us[middle] / 1000.0;
	(void)printf("one deposit of %d KiB, acknowledged: %.1f ms (%.1f - %.1f), %llu flushes\n",
		SIZE >> 10, median_ms, (double)us[0] / 1000.0, (double)us[ROUNDS - 1] / 1000.0,
		(unsigned long long)synced[middle]);
	if (argc == 3 && (synced[middle] > strtoull(argv[1], NULL, 10) ||
				 median_ms > strtod(argv[2], NULL))) {
		(void)printf(
			"MISSED: the goal is at most %s flushes and %s ms\n", argv[1], argv[2]);
		return 1;
	}
	return 0;
}
