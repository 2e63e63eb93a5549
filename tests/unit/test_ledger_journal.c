/*
 * The journal: commits come back; cut at every byte, with every bit flipped, with a hole where a
 * power cut left one; another key or origin; failures and kills at every step of appending and
 * rewriting.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "ledger/journal.h"
#include "merkle/tile.h"

static uint8_t mac_key[SR_KEY];

struct place {
	char *path;
	struct sr_dir *d;
};

static struct place place_new(void) {
	struct place p = {.path = t_tmp_new()};
	struct sr_err e;
	t_fill(mac_key, sizeof mac_key, 1);
	assert_ok(sr_dir_open(&p.d, p.path, &e), &e);
	return p;
}

static void place_free(struct place *p) {
	sr_dir_close(p->d);
	t_tmp_remove(p->path);
}

/* Leaf ${i}, 30 to 60 bytes (one in 50 has 3,000). */
static struct sr_bytes leaf(uint8_t *buf, uint64_t i) {
	const size_t len = i % 50 == 49 ? 3000 : 30 + (size_t)(i * 7 % 31);
	t_fill(buf, len, 100 + i);
	return sr_bytes_of(buf, len);
}

static struct sr_commit commit_of(uint64_t size) {
	struct sr_commit c = {.size = size};
	t_fill(c.root, sizeof c.root, 10 + size);
	t_fill(c.attachment, sizeof c.attachment, 20 + size);
	return c;
}

static int append(struct sr_journal *j, size_t n, struct sr_err *e) {
	static uint8_t bytes[SR_COMMIT_LEAVES][3000];
	struct sr_bytes leaves[SR_COMMIT_LEAVES];
	const uint64_t at = sr_journal_base(j) + sr_journal_leaves(j);
	for (size_t i = 0; i < n; i++)
		leaves[i] = leaf(bytes[i], at + i);
	const struct sr_commit c = commit_of(at + n);
	return sr_journal_append(j, leaves, n, &c, e);
}

/* Everything from base on is there, as appended, and the last commit fits. */
static void check(const struct sr_journal *j) {
	uint8_t bytes[3000];
	const uint64_t base = sr_journal_base(j), size = base + sr_journal_leaves(j);
	const struct sr_commit *last = sr_journal_last(j);
	const struct sr_commit want = commit_of(size);
	for (size_t i = 0; i < sr_journal_leaves(j); i++)
		assert_true(sr_bytes_eq(sr_journal_leaf(j, i), leaf(bytes, base + i)));
	assert_null(sr_journal_leaf(j, sr_journal_leaves(j)).p);
	assert_int_equal(last->size, size);
	if (size > 0) {
		assert_memory_equal(last->root, want.root, SR_HASH);
		assert_memory_equal(last->attachment, want.attachment, SR_ATTACHMENT);
	}
}

static struct sr_journal *open_at(struct place *p) {
	struct sr_journal *j = NULL;
	struct sr_err e;
	assert_ok(sr_journal_open(&j, p->d, T_ORIGIN, mac_key, &e), &e);
	check(j);
	return j;
}

static void test_round(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_journal *j;
	struct sr_err e;
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_NOTFOUND, &e, "journal");
	assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
	assert_fails(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), SR_EXISTS, &e, "journal");
	uint64_t size = 0;
	for (size_t n = 1; n < 20; n++) {
		j = open_at(&p);
		assert_int_equal(sr_journal_leaves(j), size);
		assert_int_equal(sr_journal_commits(j), n);
		assert_int_equal(sr_journal_report(j)->dropped, 0);
		assert_false(sr_journal_report(j)->mended);
		assert_ok(append(j, n, &e), &e);
		size += n;
		check(j);
		sr_journal_close(j);
	}
	assert_int_equal(t_count_entries(p.path), 1);
	place_free(&p);
}

static void test_rewrite(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_err e;
	assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
	struct sr_journal *j = open_at(&p);
	assert_ok(append(j, 255, &e), &e);
	assert_fails(sr_journal_rewrite(j, 256, &e), SR_MISUSE, &e, "base 256");
	assert_fails(sr_journal_rewrite(j, 100, &e), SR_MISUSE, &e, "base 100");
	assert_ok(append(j, 256, &e), &e);
	assert_fails(append(j, 2, &e), SR_LIMIT, &e, "after 511");
	assert_ok(sr_journal_rewrite(j, 256, &e), &e);
	assert_int_equal(sr_journal_base(j), 256);
	assert_int_equal(sr_journal_leaves(j), 255);
	assert_int_equal(sr_journal_commits(j), 1);
	check(j);
	assert_ok(append(j, 1, &e), &e);
	check(j);
	sr_journal_close(j);
	j = open_at(&p);
	assert_int_equal(sr_journal_base(j), 256);
	assert_ok(sr_journal_rewrite(j, 512, &e), &e); /* nothing left but the commit */
	check(j);
	sr_journal_close(j);
	j = open_at(&p);
	assert_int_equal(sr_journal_leaves(j), 0);
	assert_int_equal(sr_journal_last(j)->size, 512);
	sr_journal_close(j);
	place_free(&p);
}

static void test_limits(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_err e;
	uint8_t *big = calloc(1, SR_ENTRY_MAX + 1);
	assert_non_null(big);
	assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
	struct sr_journal *j = open_at(&p);
	struct sr_commit c = commit_of(1);
	struct sr_bytes v = sr_bytes_of(big, SR_ENTRY_MAX + 1);
	assert_fails(sr_journal_append(j, &v, 1, &c, &e), SR_LIMIT, &e, "65536 bytes");
	v.len = 0;
	assert_fails(sr_journal_append(j, &v, 1, &c, &e), SR_LIMIT, &e, "0 bytes");
	v.len = SR_ENTRY_MAX;
	c.size = 2;
	assert_fails(sr_journal_append(j, &v, 1, &c, &e), SR_MISUSE, &e, "size 2, leaves make 1");
	c.size = 1;
	assert_ok(sr_journal_append(j, &v, 1, &c, &e), &e);
	sr_journal_close(j);
	assert_ok(sr_journal_open(&j, p.d, T_ORIGIN, NULL, &e), &e);
	assert_fails(append(j, 1, &e), SR_MISUSE, &e, "open for reading");
	sr_journal_close(j);
	free(big);
	place_free(&p);
}

static void test_keys(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_journal *j = NULL;
	struct sr_err e;
	uint8_t other[SR_KEY];
	t_fill(other, sizeof other, 2);
	assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, other, &e), SR_AUTH, &e,
		"not written with this key");
	assert_fails(sr_journal_open(&j, p.d, "other.example", mac_key, &e), SR_CORRUPT, &e,
		"another origin");
	assert_null(j);
	place_free(&p);
}

/* A header that is whole, of a newer program or of a place where no journal begins. */
static void test_header(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_journal *j = NULL;
	struct sr_buf file;
	struct sr_err e;
	sr_buf_init(&file);
	assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
	t_read_file(t_path(p.path, "journal"), &file);
	for (int k = 0; k < 2; k++) {
		sr_le32_put(file.p + 4, k == 0 ? 2 : 1);
		sr_le64_put(file.p + 8, k == 0 ? 0 : 100);
		SR_HASH_OF(file.p + 48, "strongroom/journal/v1", NULL, sr_bytes_of(file.p, 48));
		t_write_file(t_path(p.path, "journal"), file.p, file.len);
		assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e),
			k == 0 ? SR_UNSUPPORTED : SR_CORRUPT, &e,
			k == 0 ? "version 2, 1 is read here" : "base 100 is not a multiple of 256");
	}
	assert_null(j);
	sr_buf_free(&file);
	place_free(&p);
}

/* Three commits of 2, 1 and 3 leaves; ${ends}: where each commit's first record ends (the first: of
 * size 0). */
static void three(struct place *p, struct sr_buf *file, size_t ends[4]) {
	static const size_t sizes[] = {2, 1, 3};
	struct sr_err e;
	assert_ok(sr_journal_create(p->d, T_ORIGIN, mac_key, &e), &e);
	for (size_t i = 0; i < 4; i++) {
		sr_buf_clear(file);
		t_read_file(t_path(p->path, "journal"), file);
		ends[i] = file->len - 160;
		if (i == 3)
			break;
		struct sr_journal *j = open_at(p);
		assert_ok(append(j, sizes[i], &e), &e);
		sr_journal_close(j);
	}
}

static void test_cut(void **state) {
	(void)state;
	static const uint64_t size_at[] = {0, 2, 3, 6};
	struct place p = place_new();
	struct sr_buf file;
	struct sr_journal *j;
	struct sr_err e;
	size_t ends[4];
	sr_buf_init(&file);
	three(&p, &file, ends);
	for (size_t cut = 0; cut < file.len; cut++) {
		t_write_file(t_path(p.path, "journal"), file.p, cut);
		const int rc = sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e);
		if (cut < ends[0]) {
			assert_fails(rc, SR_CORRUPT, &e, "journal: ");
			continue;
		}
		size_t k = 0;
		while (k < 3 && ends[k + 1] <= cut)
			k++;
		assert_ok(rc, &e);
		check(j);
		assert_int_equal(sr_journal_last(j)->size, size_at[k]);
		const size_t after = cut > ends[k] + 160 ? cut - ends[k] - 160 : 0;
		assert_int_equal(sr_journal_report(j)->dropped, after);
		assert_false(sr_journal_report(j)->unwritten);
		if (cut % 40 == 0) { /* what is dropped does not come back */
			assert_ok(append(j, 1, &e), &e);
			sr_journal_close(j);
			j = open_at(&p);
			assert_int_equal(sr_journal_last(j)->size, size_at[k] + 1);
			assert_int_equal(sr_journal_report(j)->dropped, 0);
		}
		sr_journal_close(j);
	}
	sr_buf_free(&file);
	place_free(&p);
}

/* No flipped bit loses a commit without a word, wherever it is. */
static void test_flip(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_buf file;
	struct sr_journal *j;
	struct sr_err e;
	size_t ends[4], mended = 0, refused = 0;
	sr_buf_init(&file);
	three(&p, &file, ends);
	for (size_t bit = 0; bit < file.len * 8; bit++) {
		if (bit >= (size_t)8 * 128 && bit % 3 != 0) /* time: a third of them */
			continue;
		file.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		t_write_file(t_path(p.path, "journal"), file.p, file.len);
		file.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		if (sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e) == 0) {
			check(j);
			assert_int_equal(sr_journal_last(j)->size, 6);
			assert_true(sr_journal_report(j)->mended);
			assert_int_equal(sr_journal_report(j)->dropped, 0);
			sr_journal_close(j);
			mended++;
		} else {
			assert_int_equal(e.code, SR_CORRUPT);
			refused++;
		}
	}
	assert_true(mended > 0 && refused > 0);
	/* the message names place and entry */
	file.p[ends[1] + 160 + 20] ^= 1;
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_CORRUPT, &e,
		"(entry 2) is damaged");
	sr_buf_free(&file);
	place_free(&p);
}

static void test_hole(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_buf file;
	struct sr_journal *j;
	struct sr_err e;
	size_t ends[4];
	sr_buf_init(&file);
	three(&p, &file, ends);
	/* a hole in the last group, with its commit record behind it: never acknowledged */
	memset(file.p + ends[2] + 160 + 10, 0, 100);
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	j = open_at(&p);
	assert_int_equal(sr_journal_last(j)->size, 3);
	assert_true(sr_journal_report(j)->unwritten);
	assert_int_equal(sr_journal_report(j)->dropped, file.len - ends[2] - 160);
	assert_ok(append(j, 2, &e), &e);
	sr_journal_close(j);
	j = open_at(&p);
	assert_int_equal(sr_journal_last(j)->size, 5);
	sr_journal_close(j);
	/* the same in a group that others build on is damage */
	memset(file.p + ends[0] + 160 + 10, 0, 70);
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_CORRUPT, &e, "entry 0");
	sr_buf_free(&file);
	place_free(&p);
}

enum {
	SECTOR = 512
};

/* A journal with one group of one leaf, which leaves ${room} bytes of its last sector, and one of
 * two leaves behind it. *${first}: bytes of the first. */
static void two_groups(struct place *p, struct sr_buf *file, size_t *first, size_t room) {
	uint8_t bytes[3][1000];
	struct sr_bytes leaves[3];
	struct sr_journal *j = NULL;
	struct sr_commit c = commit_of(1);
	struct sr_err e;
	const size_t len[3] = {792 - room, 700, 650};
	for (size_t i = 0; i < 3; i++) {
		t_fill(bytes[i], len[i], 1000 + i);
		leaves[i] = sr_bytes_of(bytes[i], len[i]);
	}
	(void)unlink(t_path(p->path, "journal"));
	assert_ok(sr_journal_create(p->d, T_ORIGIN, mac_key, &e), &e);
	assert_ok(sr_journal_open(&j, p->d, T_ORIGIN, mac_key, &e), &e);
	assert_ok(sr_journal_append(j, leaves, 1, &c, &e), &e);
	sr_buf_clear(file);
	t_read_file(t_path(p->path, "journal"), file);
	*first = file->len;
	assert_int_equal(*first % SECTOR, (SECTOR - room) % SECTOR);
	c = commit_of(3);
	assert_ok(sr_journal_append(j, leaves + 1, 2, &c, &e), &e);
	sr_journal_close(j);
	sr_buf_clear(file);
	t_read_file(t_path(p->path, "journal"), file);
}

/* Of the second group only the sectors of ${came} are on the disk; ${cut}: and the file ends behind
 * the last of them. */
static void some_sectors(
	struct sr_buf *out, const struct sr_buf *file, size_t first, unsigned came, bool cut) {
	size_t end = first;
	sr_buf_clear(out);
	sr_buf_put(out, file->p, first);
	sr_buf_put_zero(out, file->len - first);
	for (size_t at = first; at < file->len;) {
		const size_t sector = at / SECTOR, next = (sector + 1) * SECTOR;
		const size_t stop = next < file->len ? next : file->len;
		if (came >> (sector - first / SECTOR) & 1) {
			memcpy(out->p + at, file->p + at, stop - at);
			end = stop;
		}
		at = stop;
	}
	if (cut)
		out->len = end;
}

/* The power goes in the second group's fdatasync, and any of its sectors are on the disk: it opens
 * with the first group, or with both. */
static void test_sectors(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_buf file, part;
	struct sr_journal *j;
	struct sr_err e;
	size_t first, whole = 0, shared = 0;
	sr_buf_init(&file);
	sr_buf_init(&part);
	for (size_t room = 0; room < SECTOR; room += room < 3 || room > 64 ? 37 : 3) {
		two_groups(&p, &file, &first, room);
		const size_t n = (file.len + SECTOR - 1) / SECTOR - first / SECTOR;
		for (unsigned at = 0; at < 2U << n; at++) {
			some_sectors(&part, &file, first, at >> 1, (at & 1) != 0);
			t_write_file(t_path(p.path, "journal"), part.p, part.len);
			assert_ok(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), &e);
			const uint64_t size = sr_journal_last(j)->size;
			assert_true(size == 1 || size == 3);
			assert_int_equal(sr_journal_leaves(j), size);
			whole += size == 3;
			shared += sr_journal_report(j)->unwritten && room > 0 && (at >> 1 & 1) == 0;
			sr_journal_close(j);
		}
	}
	assert_true(whole > 0 && shared > 0);
	/* One byte that is missing to the sector's end is the group's first. One that is not zero
	 * there, the group's first bytes alone, or a group that others build on: damage. */
	two_groups(&p, &file, &first, 1);
	file.p[first] = 1;
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_CORRUPT, &e, "entry 1");
	two_groups(&p, &file, &first, 40);
	memset(file.p + first, 0, 39);
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_CORRUPT, &e, "entry 1");
	memset(file.p + first, 0, 40);
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_ok(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), &e);
	assert_true(sr_journal_report(j)->unwritten);
	assert_int_equal(sr_journal_report(j)->dropped, file.len - first);
	sr_journal_close(j);
	sr_buf_put_str(&file, "of another group");
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_CORRUPT, &e, "entry 1");
	sr_buf_free(&file);
	sr_buf_free(&part);
	place_free(&p);
}

/* Whole records put elsewhere do not fit: leaves 4 and 5 changed places (same length made equal by
 * search). */
static void test_moved_records(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_journal *j = NULL;
	struct sr_buf file;
	struct sr_err e;
	uint8_t a[40], b[40];
	const struct sr_bytes two[2] = {sr_bytes_of(a, 40), sr_bytes_of(b, 40)};
	const struct sr_commit c = commit_of(2);
	t_fill(a, sizeof a, 1);
	t_fill(b, sizeof b, 2);
	sr_buf_init(&file);
	assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
	j = open_at(&p);
	assert_ok(sr_journal_append(j, two, 2, &c, &e), &e);
	sr_journal_close(j);
	t_read_file(t_path(p.path, "journal"), &file);
	const size_t at = file.len - 320 - 128;
	uint8_t swap[64];
	memcpy(swap, file.p + at, 64);
	memmove(file.p + at, file.p + at + 64, 64);
	memcpy(file.p + at + 64, swap, 64);
	t_write_file(t_path(p.path, "journal"), file.p, file.len);
	assert_fails(sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e), SR_CORRUPT, &e, "entry 0");
	sr_buf_free(&file);
	place_free(&p);
}

static void test_failures(void **state) {
	(void)state;
	static const int errors[] = {EIO, ENOSPC};
	for (size_t k = 0; k < T_COUNT(errors); k++) {
		for (unsigned long nth = 1;; nth++) {
			struct place p = place_new();
			struct sr_err e;
			assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
			struct sr_journal *j = open_at(&p);
			assert_ok(append(j, 256, &e), &e);
			sr_fault_set(nth, errors[k]);
			int rc = append(j, 3, &e);
			const bool appended = rc == 0;
			if (rc == 0)
				rc = sr_journal_rewrite(j, 256, &e);
			const unsigned long count = sr_fault_count();
			sr_fault_set(0, 0);
			if (rc != 0) { /* sticky */
				assert_int_equal(rc, errors[k] == EIO ? SR_IO : SR_LIMIT);
				assert_fails(append(j, 1, &e), SR_IO, &e, "failed before");
			}
			sr_journal_close(j);
			sr_dir_close(p.d);
			assert_ok(sr_dir_open(&p.d, p.path, &e), &e);
			j = open_at(&p);
			const uint64_t size = sr_journal_last(j)->size;
			assert_true(size == 259 || (size == 256 && !appended));
			sr_journal_close(j);
			place_free(&p);
			if (rc == 0 && count < nth)
				break;
			assert_true(nth < 100);
		}
	}
}

static void test_kills(void **state) {
	(void)state;
	for (unsigned long nth = 1;; nth++) {
		struct place p = place_new();
		struct sr_err e;
		int status = 0;
		assert_ok(sr_journal_create(p.d, T_ORIGIN, mac_key, &e), &e);
		const pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct sr_journal *j = NULL;
			sr_fault_set(nth, -1);
			int rc = sr_journal_open(&j, p.d, T_ORIGIN, mac_key, &e);
			if (rc == 0)
				rc = append(j, 256, &e);
			if (rc == 0)
				rc = append(j, 3, &e);
			if (rc == 0)
				rc = sr_journal_rewrite(j, 256, &e);
			t_exit(rc == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		struct sr_journal *j = open_at(&p);
		const uint64_t size = sr_journal_last(j)->size;
		assert_true(size == 0 || size == 256 || size == 259);
		sr_journal_close(j);
		place_free(&p);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			assert_int_equal(size, 259);
			break;
		}
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_true(nth < 100);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_rewrite),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_sectors),
		cmocka_unit_test(test_moved_records),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_kills),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
