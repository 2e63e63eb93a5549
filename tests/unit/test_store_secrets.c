/*
 * secrets.db: what is erased cannot be opened again by somebody who kept every earlier image of
 * secrets.db, its redo file and its copy, and has every service key and today's root cells (the
 * attacker below; it does find the secret while it lives); a kill or an error at every step; the
 * second copy present, absent, stale, damaged; old files put back; memory after close.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#include "base/secret.h"
#include "store/db.h"
#include "store/pagecopy.h"
#include "store/redo.h"
#include "store/rootcell.h"
#include "store/secrets.h"

static const uint8_t key[SR_KEY] = {3, 1, 4, 1, 5};

/* A whole copy that is of another time than the one that was just made. */
static uint64_t check_shows;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_sr_pagecopy_check(struct sr_pagecopy *c, const uint8_t with[SR_KEY],
	struct sr_pagecopy_state *out, struct sr_err *e);
int __wrap_sr_pagecopy_check(struct sr_pagecopy *c, const uint8_t with[SR_KEY],
	struct sr_pagecopy_state *out, struct sr_err *e);

int __wrap_sr_pagecopy_check(struct sr_pagecopy *c, const uint8_t with[SR_KEY],
	struct sr_pagecopy_state *out, struct sr_err *e) {
	const int rc = __real_sr_pagecopy_check(c, with, out, e);

	if (check_shows != 0)
		out->sequence = check_shows;
	return rc;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct box {
	char *path; /* has "a" (secrets.db) and "b" (the copy) */
	struct sr_dir *root, *dir;
	char second[T_PATH];
};

static void box_new(struct box *b) {
	struct sr_err e = {0};
	struct sr_dir *d;

	b->path = t_tmp_new();
	assert_ok(sr_dir_open(&b->root, b->path, &e), &e);
	assert_ok(sr_dir_make(&b->dir, b->root, "a", 0700, &e), &e);
	assert_ok(sr_dir_make(&d, b->root, "b", 0700, &e), &e);
	snprintf(b->second, sizeof b->second, "%s", sr_dir_path(d));
	sr_dir_close(d);
}

static void box_free(struct box *b) {
	sr_dir_close(b->dir);
	sr_dir_close(b->root);
	t_tmp_remove(b->path);
}

/* A folder whose fsync failed stays failed: as a new process would, open it anew. */
static void box_again(struct box *b) {
	struct sr_err e = {0};

	sr_dir_close(b->dir);
	assert_ok(sr_dir_open_at(&b->dir, b->root, "a", &e), &e);
}

static struct sr_secrets_options opts(struct box *b, bool create) {
	struct sr_secrets_options o = {
		.dir = b->dir, .second = b->second, .key = key, .create = create};

	return o;
}

static struct sr_secrets *open_box(struct box *b, bool create) {
	struct sr_secrets_options o = opts(b, create);
	struct sr_secrets *s;
	struct sr_err e = {0};

	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	return s;
}

/* ---- images ---- */

static const char *const parts[] = {"a/secrets.db", "a/secrets.db-redo", "b/secrets.db-copy",
	"a/secrets.db-root", "b/secrets.db-copy-root"};
enum {
	MAIN,
	REDO,
	COPY,
	ROOT,
	COPY_ROOT,
	PARTS
};
struct image {
	struct sr_buf part[PARTS];
};

static void image_take(struct image *im, struct box *b) {
	for (size_t i = 0; i < PARTS; i++) {
		sr_buf_init(&im->part[i]);
		if (t_exists(t_path(b->path, parts[i])))
			t_read_file(t_path(b->path, parts[i]), &im->part[i]);
	}
}

static void image_put(const struct image *im, size_t i, struct box *b) {
	if (im->part[i].len > 0)
		t_write_file(t_path(b->path, parts[i]), im->part[i].p, im->part[i].len);
	else
		(void)unlink(t_path(b->path, parts[i]));
}

static void image_put_all(const struct image *im, struct box *b) {
	for (size_t i = 0; i < PARTS; i++)
		image_put(im, i, b);
}

static void image_free(struct image *im) {
	for (size_t i = 0; i < PARTS; i++)
		sr_buf_free(&im->part[i]);
}

/* ---- the attacker ---- */

struct sealed { /* one ciphertext that once lay at ${at} */
	struct sr_unit_at at;
	uint8_t bytes[SR_UNIT];
};

struct attacker {
	struct sr_unit_file f;
	struct sealed *units; /* every different one ever seen */
	size_t count, cap;
	uint8_t *records; /* every sealed state ever seen, in redo files and copies */
	size_t record_count;
	struct sr_buf plain; /* every page it opened, one after the other */
};

static void learn_unit(struct attacker *a, struct sr_unit_at at, const uint8_t *bytes) {
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(a->units[i].bytes, bytes, 64) == 0 && a->units[i].at.level == at.level &&
			a->units[i].at.index == at.index)
			return;
	if (a->count == a->cap) {
		a->cap = a->cap == 0 ? 256 : a->cap * 2;
		a->units = realloc(a->units, a->cap * sizeof *a->units);
		assert_non_null(a->units);
	}
	a->units[a->count].at = at;
	memcpy(a->units[a->count++].bytes, bytes, SR_UNIT);
}

static void learn_record(struct attacker *a, const uint8_t *sealed) {
	for (size_t i = 0; i < a->record_count; i++)
		if (memcmp(a->records + i * SR_STATE_SEALED, sealed, SR_STATE_SEALED) == 0)
			return;
	a->records = realloc(a->records, (a->record_count + 1) * SR_STATE_SEALED);
	assert_non_null(a->records);
	memcpy(a->records + a->record_count++ * SR_STATE_SEALED, sealed, SR_STATE_SEALED);
}

static void learn_main(struct attacker *a, const struct sr_buf *file) {
	uint64_t pages = file->len / SR_UNIT;

	for (unsigned level = 0; level < 3; level++) {
		for (uint64_t i = 0; i < pages; i++) {
			struct sr_unit_at at = {level, i};
			uint64_t offset = SR_UNIT + sr_unit_place(at) * SR_UNIT;

			if (offset + SR_UNIT <= file->len)
				learn_unit(a, at, file->p + offset);
		}
	}
}

static void learn_cells(struct attacker *a, const struct sr_buf *file) {
	for (size_t at = 0; at + SR_REDO_CELL <= file->len; at += SR_REDO_CELL) {
		const uint8_t *cell = file->p + at;

		if (sr_le32_get(cell) == 2)
			learn_unit(a,
				(struct sr_unit_at){sr_le32_get(cell + 4), sr_le64_get(cell + 8)},
				cell + 16);
		else
			learn_record(a, cell + 16 + (at == 0 ? 56 : 8));
	}
}

/* Everything below ${entry}, trying every ciphertext that ever lay at ${at}. */
static void open_below(struct attacker *a, struct sr_unit_at at, const uint8_t entry[SR_KEY]) {
	uint8_t plain[SR_UNIT_PLAIN];

	if (sr_unit_absent(entry))
		return;
	for (size_t i = 0; i < a->count; i++) {
		if (a->units[i].at.level != at.level || a->units[i].at.index != at.index)
			continue;
		if (sr_unit_open(plain, &a->f, at, entry, a->units[i].bytes, NULL) != 0)
			continue;
		if (at.level == 0)
			sr_buf_put(&a->plain, plain, sizeof plain);
		for (uint64_t c = 0; at.level > 0 && c < SR_UNIT_FAN; c++)
			open_below(a, (struct sr_unit_at){at.level - 1, at.index * SR_UNIT_FAN + c},
				plain + c * SR_KEY);
	}
}

static void open_state(struct attacker *a, const struct sr_page_state *s) {
	open_below(a, (struct sr_unit_at){sr_unit_height(s->pages), 0}, s->top);
}

/* With the roots of the cell file ${name} as it is on the disk now. */
static void use_cell(struct attacker *a, struct box *b, const char *sub, const char *role) {
	static const char *const roles[] = {"redo", "redo-base", "copy", "copy-base"};
	struct sr_rootcell cell;
	struct sr_page_state s;
	struct sr_dir *d;
	struct sr_err e = {0};

	assert_ok(sr_dir_open_at(&d, b->root, sub, &e), &e);
	assert_ok(sr_rootcell_open(&cell, d, &a->f, role, &e), &e);
	for (int i = 0; i < 2; i++) {
		if (!cell.slots[i].present)
			continue;
		open_state(a, &cell.slots[i].birth);
		for (size_t r = 0; r < a->record_count; r++)
			for (size_t k = 0; k < T_COUNT(roles); k++)
				if (sr_state_open(&s, &a->f, roles[k], cell.slots[i].key,
					    a->records + r * SR_STATE_SEALED, NULL) == 0)
					open_state(a, &s);
	}
	sr_rootcell_close(&cell);
	sr_dir_close(d);
}

/* All pages that images of the past and the root cells of now open, together. */
static void attack(struct sr_buf *plain, struct box *b, const struct image *images, size_t count) {
	struct attacker a = {.count = 0};
	struct sr_err e = {0};
	uint8_t id[SR_ID];
	bool erasable;

	assert_int_equal(sr_unit_header_get(id, &erasable, images[0].part[MAIN].p, &e), 0);
	assert_ok(sr_unit_file_init(&a.f, "secrets.db", id, true, key, &e), &e);
	for (size_t i = 0; i < count; i++) {
		learn_main(&a, &images[i].part[MAIN]);
		learn_cells(&a, &images[i].part[REDO]);
		learn_cells(&a, &images[i].part[COPY]);
	}
	sr_buf_init(&a.plain);
	use_cell(&a, b, "a", "root");
	use_cell(&a, b, "b", "copy-root");
	assert_true(a.plain.len > 0);
	*plain = a.plain;
	free(a.units);
	free(a.records);
	sr_unit_file_free(&a.f);
}

static bool holds(const struct sr_buf *plain, const uint8_t *value, size_t len) {
	return memmem(plain->p, plain->len, value, len) != NULL;
}

/* ---- random inserts, splits and erasures ---- */

enum {
	NAMES = 120,
	ROUNDS = 26
};

static size_t value_of(uint8_t *out, unsigned i, unsigned version) {
	size_t len = 24 + (i * 37 + version * 11) % 800;

	t_fill(out, len, i * 1000 + version + 1);
	return len;
}

static struct sr_bytes name_of(uint8_t out[16], unsigned i) {
	t_fill(out, 16, 77777 + i);
	return sr_bytes_of(out, 16);
}

struct model {
	unsigned version[NAMES]; /* 0: absent */
	struct {
		unsigned i, version;
	} erased[4000];
	size_t erased_count;
};

static void gone(struct model *m, unsigned i) {
	assert_true(m->erased_count < T_COUNT(m->erased));
	m->erased[m->erased_count].i = i;
	m->erased[m->erased_count++].version = m->version[i];
}

/* One group of changes. */
static void churn(struct sr_secrets *s, struct model *m, uint64_t *seed, bool may_erase) {
	uint8_t value[1024], id[16];
	struct sr_err e = {0};
	size_t erased;

	assert_ok(sr_secrets_begin(s, &e), &e);
	for (uint64_t n = t_rand(seed, 12) + 1; n > 0; n--) {
		unsigned i = (unsigned)t_rand(seed, NAMES);
		struct sr_bytes name = name_of(id, i);

		if (m->version[i] == 0) {
			m->version[i] = (unsigned)t_rand(seed, 1000) + 1;
			size_t len = value_of(value, i, m->version[i]);
			assert_ok(sr_secrets_put(
					  s, SR_SECRET_SLOT, name, 1, sr_bytes_of(value, len), &e),
				&e);
		} else if (may_erase && t_rand(seed, 3) == 0) {
			gone(m, i);
			m->version[i]++;
			size_t len = value_of(value, i, m->version[i]);
			assert_ok(sr_secrets_replace(
					  s, SR_SECRET_SLOT, name, 1, sr_bytes_of(value, len), &e),
				&e);
		} else if (may_erase) {
			gone(m, i);
			m->version[i] = 0;
			assert_ok(sr_secrets_erase(s, SR_SECRET_SLOT, name, 1, &erased, &e), &e);
			assert_int_equal(erased, 1);
		}
	}
	assert_ok(sr_secrets_commit(s, &e), &e);
}

static void check_model(struct sr_secrets *s, const struct model *m) {
	uint8_t value[1024], id[16];
	struct sr_err e = {0};
	struct sr_buf b;
	uint64_t count = 0, want = 0;

	for (unsigned i = 0; i < NAMES; i++) {
		size_t len = value_of(value, i, m->version[i]);
		int rc;

		sr_buf_init_secret(&b);
		rc = sr_secrets_get(s, SR_SECRET_SLOT, name_of(id, i), 1, &b, &e);
		assert_int_equal(rc, m->version[i] == 0 ? SR_NOTFOUND : 0);
		if (rc == 0) {
			assert_int_equal(b.len, len);
			assert_memory_equal(b.p, value, len);
			want++;
		}
		sr_buf_free(&b);
	}
	assert_ok(sr_secrets_count(s, SR_SECRET_SLOT, &count, &e), &e);
	assert_int_equal(count, want);
}

/* A value that was erased and put again with the same bytes is not dead. */
static bool lives(const struct model *m, unsigned i, unsigned version) {
	return m->version[i] == version;
}

static void test_erased_is_gone(void **state) {
	struct box b;
	struct image *images = calloc(ROUNDS + 2, sizeof *images);
	struct model *m = calloc(1, sizeof *m);
	struct sr_secrets *s;
	struct sr_err e = {0};
	struct sr_buf plain;
	uint8_t value[1024];
	uint64_t seed = 11;
	size_t found = 0;
	int round;

	(void)state;
	box_new(&b);
	s = open_box(&b, true);
	for (round = 0; round < ROUNDS; round++) {
		churn(s, m, &seed, round % 3 == 2);
		if (round == 8 || round == 17) {
			assert_ok(sr_secrets_close(&s, &e), &e);
			s = open_box(&b, false);
			assert_null(sr_secrets_recovered(s));
		}
		image_take(&images[round], &b);
		if (round == 13) { /* adds only since round 11: what lives is found, so the attack
				      is one */
			attack(&plain, &b, images, (size_t)round + 1);
			for (unsigned i = 0; i < NAMES; i++) {
				size_t len = value_of(value, i, m->version[i]);

				if (m->version[i] != 0 && holds(&plain, value, len))
					found++;
				else
					assert_int_equal(m->version[i], 0);
			}
			assert_true(found > 20);
			sr_buf_free(&plain);
		}
	}
	check_model(s, m);
	churn(s, m, &seed, true); /* the last commit erases */
	image_take(&images[ROUNDS], &b);
	assert_true(m->erased_count > 20);
	attack(&plain, &b, images, ROUNDS + 1);
	for (size_t i = 0; i < m->erased_count; i++) {
		(void)value_of(value, m->erased[i].i, m->erased[i].version);
		/* any 16 bytes of it, at its start, would do for an attacker */
		if (!lives(m, m->erased[i].i, m->erased[i].version))
			assert_false(holds(&plain, value, 16));
	}
	sr_buf_free(&plain);
	assert_ok(sr_secrets_verify(s, key, &e), &e);
	check_model(s, m);
	assert_ok(sr_secrets_close(&s, &e), &e);
	for (round = 0; round <= ROUNDS; round++)
		image_free(&images[round]);
	free(images);
	free(m);
	box_free(&b);
}

/* Rows move when pages are split and joined; no copy of a dead one may stay in a page that lives.
 */
static void test_no_stale_copies(void **state) {
	enum {
		ROWS = 700
	};
	struct box b;
	struct image now;
	struct sr_secrets *s;
	struct sr_err e = {0};
	struct sr_buf plain;
	static uint8_t value[ROWS][400];
	uint8_t id[16];
	bool dead[ROWS] = {false};
	uint64_t seed = 8;
	size_t erased, lives = 0;

	(void)state;
	box_new(&b);
	struct sr_secrets_options o = opts(&b, true);
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	for (int round = 0; round < 70; round++) {
		assert_ok(sr_secrets_begin(s, &e), &e);
		for (unsigned i = 0; i < ROWS; i++) {
			/* first all rows, then random ones and a run of neighbours go, round by
			 * round */
			if (round < 7 && i / 100 == (unsigned)round) {
				t_fill(value[i], sizeof value[i], 900000 + i);
				assert_ok(sr_secrets_put(s, SR_SECRET_PERSON, name_of(id, i), 0,
						  sr_bytes_of(value[i], 20 + i * 7 % 380), &e),
					&e);
			} else if (round >= 7 && !dead[i] &&
				   (t_rand(&seed, 60) == 0 ||
					   (round % 3 == 0 && i / 12 == (unsigned)round - 5))) {
				assert_ok(sr_secrets_erase(s, SR_SECRET_PERSON, name_of(id, i), 0,
						  &erased, &e),
					&e);
				assert_int_equal(erased, 1);
				dead[i] = true;
			}
		}
		assert_ok(sr_secrets_commit(s, &e), &e);
		if (round % 23 != 22 && round != 69)
			continue;
		image_take(&now, &b);
		attack(&plain, &b, &now, 1);
		lives = 0;
		for (unsigned i = 0; i < ROWS; i++) {
			lives += !dead[i];
			assert_int_equal(holds(&plain, value[i], 16), !dead[i]);
		}
		sr_buf_free(&plain);
		image_free(&now);
	}
	assert_true(lives > 20 && lives < 300);
	assert_ok(sr_secrets_close(&s, &e), &e);
	box_free(&b);
}

/* ---- kill and errno at every step ---- */

enum {
	STEPS = 7
};
struct shared {
	int acked;
};

/* Step ${k} of a fixed story; what is there after it: names 0..9 put at 1, 10..19 at 3, k-specific
 * erasures. */
static int story(struct sr_secrets *s, int k, struct sr_err *e) {
	uint8_t value[1024], id[16];
	int rc = sr_secrets_begin(s, e);

	for (unsigned i = 0; rc == 0 && i < 20; i++) {
		size_t len = value_of(value, i, 1);

		if ((k == 1 && i < 10) || (k == 3 && i >= 10) || (k == 6 && i < 4))
			rc = sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, i), k == 6 ? 2 : 1,
				sr_bytes_of(value, len), e);
		if ((k == 2 && i < 4) || (k == 4 && i == 7) || (k == 5 && i >= 15) ||
			(k == 7 && i == 12))
			rc = sr_secrets_erase(s, SR_SECRET_SLOT, name_of(id, i), 1, NULL, e);
	}
	if (rc != 0) {
		sr_secrets_rollback(s);
		return rc;
	}
	return sr_secrets_commit(s, e);
}

static bool expected(int k, unsigned i, uint64_t n) {
	if (n == 2)
		return k >= 6 && i < 4;
	if (i < 10)
		return k >= 1 && !(k >= 2 && i < 4) && !(k >= 4 && i == 7);
	return k >= 3 && !(k >= 5 && i >= 15) && !(k >= 7 && i == 12);
}

static bool is_at(struct sr_secrets *s, int k) {
	uint8_t id[16];

	for (unsigned i = 0; i < 20; i++)
		for (uint64_t n = 1; n <= 2; n++)
			if (sr_secrets_has(s, SR_SECRET_SLOT, name_of(id, i), n) !=
				expected(k, i, n))
				return false;
	return true;
}

static int tell_story(struct box *b, volatile struct shared *sh, struct sr_err *e) {
	struct sr_secrets_options o = opts(b, !t_exists(t_path(b->path, parts[REDO])));
	struct sr_secrets *s = NULL;
	int rc = sr_secrets_open(&s, &o, e);

	for (int k = sh->acked + 1; rc == 0 && k <= STEPS; k++) {
		rc = story(s, k, e);
		if (rc == 0)
			sh->acked = k;
		if (rc == 0 && k == 4) {
			rc = sr_secrets_close(&s, e);
			o.create = false;
			if (rc == 0)
				rc = sr_secrets_open(&s, &o, e);
		}
	}
	if (rc == 0)
		rc = sr_secrets_close(&s, e);
	sr_secrets_free(s);
	return rc;
}

enum after {
	PRESENT,
	MISSING,
	STALE,
	PRIMARY_LOST,
	AFTERS
};

/* Reopen after a broken-off story: the state before or after the step that was under way, and the
 * story goes on. */
static void check_story(
	struct box *b, enum after how, int acked, const struct image *early, unsigned long nth) {
	struct sr_secrets_copy copy;
	struct sr_secrets *s;
	struct sr_err e = {0};
	struct shared rest = {.acked = acked};
	char away[T_PATH + 8];

	box_again(b);
	if (!t_exists(t_path(b->path, parts[REDO])))
		return; /* it never began */
	snprintf(away, sizeof away, "%s-away", b->second);
	if (how == MISSING)
		assert_int_equal(rename(b->second, away), 0);
	if (how == STALE && acked >= 2) {
		image_put(early, COPY, b);
		image_put(early, COPY_ROOT, b);
	}
	if (how == PRIMARY_LOST && acked >= 1) /* every acknowledged add is in the copy */
		for (size_t i = 0; i < 2; i++)
			(void)unlink(t_path(b->path, parts[i == 0 ? MAIN : REDO]));
	struct sr_secrets_options o = opts(b, false);
	int rc = sr_secrets_open(&s, &o, &e);
	if (rc == SR_NOTFOUND && acked == 0)
		return; /* creation was not finished */
	assert_ok(rc, &e);
	if (!is_at(s, acked) && !is_at(s, acked + 1) &&
		!(how == PRIMARY_LOST && acked > 0 && is_at(s, acked - 1)))
		fail_msg("fault %lu, way %d: not at step %d or the next", nth, (int)how, acked);
	sr_secrets_pending(s, &copy);
	assert_int_equal(copy.current, how != MISSING);
	if (how == MISSING) {
		assert_non_null(strstr(copy.reason, "second copy"));
		sr_secrets_free(s);
		assert_int_equal(rename(away, b->second), 0);
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
	}
	rest.acked = is_at(s, acked + 1) && acked < STEPS ? acked + 1
		     : is_at(s, acked)                    ? acked
							  : acked - 1;
	assert_ok(sr_secrets_close(&s, &e), &e);
	assert_ok(tell_story(b, &rest, &e), &e);
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	assert_true(is_at(s, STEPS));
	assert_ok(sr_secrets_verify(s, key, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
}

static unsigned long story_points(void) {
	struct shared sh = {0};
	struct sr_err e = {0};
	struct box b;

	box_new(&b);
	sr_fault_set(0, 0);
	assert_ok(tell_story(&b, &sh, &e), &e);
	box_free(&b);
	return sr_fault_count();
}

/* Images of the copy as it stood after step 1, for the box that a story just made. */
static void begin_story(struct box *b, struct image *early, volatile struct shared *sh) {
	struct sr_err e = {0};
	struct sr_secrets *s;

	box_new(b);
	s = open_box(b, true);
	assert_ok(story(s, 1, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(early, b);
	sh->acked = 1;
}

static void test_kill(void **state) {
	volatile struct shared *sh =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long points = story_points();
	struct sr_err e = {0};
	int status;

	(void)state;
	assert_true(sh != MAP_FAILED);
	for (unsigned long nth = 1; nth <= points; nth += t_stride(2)) {
		enum after how = (enum after)(nth % AFTERS);
		struct image early = {.part = {{0}}};
		struct box b;

		/* a fixed beginning for half of them, so that the stale copy is one of the same
		 * file */
		sh->acked = 0;
		if (nth % 2 == 0 || how == STALE)
			begin_story(&b, &early, sh);
		else
			box_new(&b);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			sr_fault_set(nth, -1);
			t_exit(tell_story(&b, sh, &e) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) || status == 0);
		check_story(&b, how, sh->acked, &early, nth);
		image_free(&early);
		box_free(&b);
	}
	munmap((void *)(uintptr_t)sh, 4096);
}

static void test_errno(void **state) {
	unsigned long points = story_points();
	struct sr_err e = {0};

	(void)state;
	for (unsigned long nth = 1; nth <= points; nth += 2) {
		enum after how = (enum after)(nth / 2 % 2);
		struct image early = {.part = {{0}}};
		struct shared sh = {0};
		struct box b;

		begin_story(&b, &early, &sh);
		sr_err_clear(&e);
		sr_fault_set(nth, nth % 3 == 0 ? ENOSPC : EIO);
		int rc = tell_story(&b, &sh, &e);
		sr_fault_set(0, 0);
		assert_true(rc == 0 || rc == SR_IO || rc == SR_LIMIT || rc == SR_LOCKED);
		check_story(&b, how, sh.acked, &early, nth);
		image_free(&early);
		box_free(&b);
	}
}

/* ---- another wrap ---- */

static int rewrap(struct box *b, const uint8_t *now, const uint8_t *then, struct sr_err *e) {
	struct sr_secrets_options o = opts(b, false);
	struct sr_secrets *s = NULL;
	uint8_t id[16], value[40];
	int rc;

	o.wrap = now;
	rc = sr_secrets_open(&s, &o, e);
	if (rc == 0)
		rc = sr_secrets_rewrap(s, then, e);
	t_fill(value, sizeof value, 4242);
	if (rc == 0) /* replaced: an erasing commit, with a new root */
		rc = sr_secrets_replace(s, SR_SECRET_DB_KEY, name_of(id, 50), 0,
			sr_bytes_of(value, sizeof value), e);
	if (rc == 0)
		rc = sr_secrets_close(&s, e);
	sr_secrets_free(s);
	return rc;
}

static void wrapped_story(struct box *b) {
	struct shared sh = {0};
	struct sr_secrets *s;
	uint8_t id[16], value[40];
	struct sr_err e = {0};

	box_new(b);
	assert_ok(tell_story(b, &sh, &e), &e);
	s = open_box(b, false);
	t_fill(value, sizeof value, 4241);
	assert_ok(sr_secrets_put(s, SR_SECRET_DB_KEY, name_of(id, 50), 0,
			  sr_bytes_of(value, sizeof value), &e),
		&e);
	assert_ok(sr_secrets_close(&s, &e), &e);
}

/* Who has the wrap of before, every image of before and the disks of now, opens nothing new. */
static void test_new_wrap(void **state) {
	uint8_t next[SR_KEY], old_value[40], new_value[40];
	struct sr_secrets *s = NULL;
	struct image images[2];
	struct sr_buf plain;
	struct sr_err e = {0};
	struct box b;

	(void)state;
	t_fill(next, SR_KEY, 31);
	t_fill(old_value, sizeof old_value, 4241);
	t_fill(new_value, sizeof new_value, 4242);
	wrapped_story(&b);
	image_take(&images[0], &b);
	assert_ok(rewrap(&b, NULL, next, &e), &e);
	image_take(&images[1], &b);
	struct sr_secrets_options o = opts(&b, false);
	assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e, "neither slot opens");
	sr_err_clear(&e);
	o.wrap = next;
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	assert_null(sr_secrets_recovered(s)); /* the copy was made anew under it at once */
	assert_true(is_at(s, STEPS));
	assert_ok(sr_secrets_verify(s, key, &e), &e);
	sr_secrets_free(s);
	/* The root cells of before beside all that was written since. */
	image_put(&images[0], ROOT, &b);
	image_put(&images[0], COPY_ROOT, &b);
	attack(&plain, &b, images, 2);
	assert_true(holds(&plain, old_value, sizeof old_value)); /* the attack works */
	assert_false(holds(&plain, new_value, sizeof new_value));
	sr_buf_free(&plain);
	o.wrap = NULL;
	assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e, "an older root cell was put back");
	sr_err_clear(&e);
	/* What was lost here is taken from the copy, which has the wrap too. */
	image_put_all(&images[1], &b);
	for (size_t i = 0; i < 2; i++)
		(void)unlink(t_path(b.path, parts[i == 0 ? MAIN : REDO]));
	o.wrap = next;
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	assert_non_null(strstr(sr_secrets_recovered(s), "taken from the second copy"));
	assert_true(is_at(s, STEPS));
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_free(&images[0]);
	image_free(&images[1]);
	box_free(&b);
}

/* A kill anywhere: it opens under one of the two, and the change can be made again. */
static void test_kill_in_rewrap(void **state) {
	uint8_t next[SR_KEY];
	struct image before;
	struct sr_err e = {0};
	struct box b;
	unsigned long points, olds = 0, news = 0;
	int status;

	(void)state;
	t_fill(next, SR_KEY, 31);
	wrapped_story(&b);
	image_take(&before, &b);
	sr_fault_set(0, 0);
	assert_ok(rewrap(&b, NULL, next, &e), &e);
	points = sr_fault_count();
	for (unsigned long nth = 1; nth <= points; nth += t_stride(2)) {
		struct sr_secrets_options o = opts(&b, false);
		struct sr_secrets *s = NULL;
		int rc;

		image_put_all(&before, &b);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			sr_fault_set(nth, -1);
			t_exit(rewrap(&b, NULL, next, &e) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		o.wrap = next; /* as an opening does: the next first */
		rc = sr_secrets_open(&s, &o, &e);
		if (rc == 0) {
			news++;
			assert_true(is_at(s, STEPS));
			assert_ok(sr_secrets_close(&s, &e), &e);
		} else {
			assert_fails(rc, SR_AUTH, &e, "neither slot opens");
			sr_err_clear(&e);
			olds++;
			assert_ok(rewrap(&b, NULL, next, &e), &e);
		}
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
		assert_true(is_at(s, STEPS));
		assert_ok(sr_secrets_verify(s, key, &e), &e);
		sr_secrets_free(s);
	}
	assert_true(olds > 0 && news > 3);
	image_free(&before);
	box_free(&b);
}

/* The disk fails on the way: which wrap it has is not known, so nothing more is sealed under
 * either; what is there opens under one of them. */
static void test_failed_rewrap(void **state) {
	uint8_t next[SR_KEY], id[16], value[40];
	struct image before;
	struct sr_err e = {0};
	struct box b;
	unsigned failed = 0, done = 0;

	(void)state;
	t_fill(next, SR_KEY, 31);
	t_fill(value, sizeof value, 4242);
	wrapped_story(&b);
	image_take(&before, &b);
	for (unsigned long nth = 1; nth <= 6; nth++) {
		struct sr_secrets_options o = opts(&b, false);
		struct sr_secrets *s = NULL;

		image_put_all(&before, &b);
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
		sr_fault_set(nth, EIO);
		int rc = sr_secrets_rewrap(s, next, &e);
		sr_fault_set(0, 0);
		if (rc == 0) { /* at the copy, which is made again later */
			done++;
			sr_secrets_free(s);
			continue;
		}
		failed++;
		assert_int_equal(rc, SR_IO);
		assert_fails(sr_secrets_replace(s, SR_SECRET_DB_KEY, name_of(id, 50), 0,
				     sr_bytes_of(value, sizeof value), &e),
			SR_IO, &e, "stopped after an earlier failure");
		sr_err_clear(&e);
		sr_secrets_free(s);
		o.wrap = next;
		rc = sr_secrets_open(&s, &o, &e);
		if (rc != 0) {
			sr_err_clear(&e);
			o.wrap = NULL;
			assert_ok(sr_secrets_open(&s, &o, &e), &e);
		}
		assert_true(is_at(s, STEPS));
		sr_secrets_free(s);
	}
	assert_true(failed >= 4 && done > 0);
	image_free(&before);
	box_free(&b);
}

/* A kill anywhere while secrets.db is taken from its copy. */
static void test_kill_in_restore(void **state) {
	struct sr_err e = {0};
	struct image early = {.part = {{0}}}, now;
	struct shared sh = {0};
	struct sr_secrets *s;
	struct box b;
	unsigned long points;
	int status;

	(void)state;
	begin_story(&b, &early, &sh);
	assert_ok(tell_story(&b, &sh, &e), &e);
	image_take(&now, &b);
	sr_buf_free(&now.part[REDO]);
	sr_buf_free(&now.part[MAIN]);
	image_put_all(&now, &b);
	sr_fault_set(0, 0);
	s = open_box(&b, false);
	points = sr_fault_count();
	assert_non_null(strstr(sr_secrets_recovered(s), "taken from the second copy"));
	sr_secrets_free(s);
	for (unsigned long nth = 1; nth <= points; nth += t_stride(2)) {
		image_put_all(&now, &b);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct sr_secrets_options o = opts(&b, false);

			sr_fault_set(nth, -1);
			t_exit(sr_secrets_open(&s, &o, &e) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		s = open_box(&b, false);
		assert_true(is_at(s, STEPS));
		sr_secrets_free(s);
	}
	image_free(&early);
	image_free(&now);
	box_free(&b);
}

/* ---- the second copy ---- */

static void test_copy_unreachable(void **state) {
	struct box b;
	struct sr_secrets *s;
	struct sr_secrets_copy copy;
	struct sr_secrets_state st;
	struct sr_err e = {0};
	struct image images[3];
	struct sr_buf plain;
	uint8_t value[1024], id[16];
	char away[T_PATH + 8];
	size_t len = value_of(value, 1, 1), erased;

	(void)state;
	box_new(&b);
	snprintf(away, sizeof away, "%s-away", b.second);
	s = open_box(&b, true);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, 1), 1, sr_bytes_of(value, len), &e),
		&e);
	image_take(&images[0], &b);
	sr_secrets_pending(s, &copy);
	assert_true(copy.wanted && copy.current && copy.erasures == 0 && copy.reason[0] == '\0');
	/* the copy fails in the middle: write and fdatasync here, then the write there */
	sr_fault_set(3, EIO);
	assert_fails(
		sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, 2), 1, sr_bytes_of(value, 30), &e),
		SR_LOCKED, &e, "stored here and not there");
	sr_fault_set(0, 0);
	assert_non_null(strstr(e.text, "second copy"));
	assert_int_equal(rename(b.second, away), 0);
	assert_fails(
		sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, 3), 1, sr_bytes_of(value, 30), &e),
		SR_LOCKED, &e, "nothing was added");
	assert_false(sr_secrets_has(s, SR_SECRET_SLOT, name_of(id, 3), 1));
	sr_err_clear(&e);
	assert_ok(sr_secrets_erase(s, SR_SECRET_SLOT, name_of(id, 1), 1, &erased, &e), &e);
	assert_int_equal(erased, 1);
	assert_int_equal(e.code, SR_OK);
	assert_false(sr_secrets_has(s, SR_SECRET_SLOT, name_of(id, 1), 1));
	sr_secrets_pending(s, &copy);
	assert_true(!copy.current && copy.erasures == 1);
	assert_non_null(strstr(copy.reason, "second copy in"));
	assert_fails(sr_secrets_retry(s, &e), SR_LOCKED, &e, "cannot be written");
	/* still pending after a restart, when the copy cannot be asked */
	sr_err_clear(&e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	s = open_box(&b, false);
	sr_secrets_pending(s, &copy);
	assert_true(!copy.current && copy.erasures == 1);
	/* an empty folder in its place (the medium is not mounted): not taken for a copy */
	assert_int_equal(mkdir(b.second, 0700), 0);
	assert_fails(sr_secrets_retry(s, &e), SR_LOCKED, &e, "is its medium mounted?");
	assert_int_equal(t_count_entries(b.second), 0);
	assert_int_equal(rmdir(b.second), 0);
	assert_int_equal(rename(away, b.second), 0);
	/* while it is pending there, the copy does open the secret: the certificate must say so */
	image_take(&images[1], &b);
	attack(&plain, &b, images, 2);
	assert_true(holds(&plain, value, len));
	sr_buf_free(&plain);
	sr_err_clear(&e);
	assert_ok(sr_secrets_retry(s, &e), &e);
	sr_secrets_pending(s, &copy);
	assert_true(copy.current && copy.erasures == 0);
	image_take(&images[2], &b);
	attack(&plain, &b, images, 3);
	assert_false(holds(&plain, value, 32)); /* 30 of them live under name 2 */
	sr_buf_free(&plain);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, 2), 1, sr_bytes_of(value, 30), &e),
		&e);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, 3), 1, sr_bytes_of(value, 30), &e),
		&e);
	sr_secrets_state(s, &st);
	assert_ok(sr_secrets_close(&s, &e), &e);
	/* another medium in its place: only when told so */
	assert_int_equal(rename(b.second, away), 0);
	assert_int_equal(mkdir(b.second, 0700), 0);
	struct sr_secrets_options o = opts(&b, false);
	o.expect = &st;
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	sr_secrets_pending(s, &copy);
	assert_false(copy.current);
	/* a medium that keeps nothing of what it was given, and shows what it had */
	check_shows = 7;
	assert_fails(sr_secrets_copy_move(s, b.second, key, &e), SR_CORRUPT, &e,
		"the new copy reads back as generation 7, secrets.db is at ");
	check_shows = 0;
	assert_ok(sr_secrets_copy_move(s, b.second, key, &e), &e);
	sr_secrets_pending(s, &copy);
	assert_true(copy.current);
	assert_ok(sr_secrets_verify(s, key, &e), &e);
	/* what is destroyed opens nothing, even on the medium that was away */
	bool there = false;
	assert_ok(sr_secrets_copy_destroy(s, away, &there, &e), &e);
	assert_true(there);
	assert_false(t_exists(t_path(away, "secrets.db-copy-root")));
	assert_ok(sr_secrets_copy_destroy(s, away, &there, &e), &e); /* again, after a kill */
	assert_true(there);
	assert_ok(sr_secrets_copy_sweep(s, away, &e), &e);
	assert_int_equal(t_count_entries(away), 0);
	assert_ok(sr_secrets_copy_destroy(s, away, &there, &e), &e);
	assert_false(there);
	/* none from now on: what is added is here alone */
	assert_ok(sr_secrets_copy_move(s, NULL, key, &e), &e);
	sr_secrets_pending(s, &copy);
	assert_false(copy.wanted);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, name_of(id, 9), 1, sr_bytes_of(value, 30), &e),
		&e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	/* the copy of another file is left alone, whatever is asked */
	struct box other;
	box_new(&other);
	struct sr_secrets *t = open_box(&other, true);
	assert_ok(sr_secrets_put(t, SR_SECRET_SLOT, name_of(id, 1), 1, sr_bytes_of(value, 30), &e),
		&e);
	assert_fails(sr_secrets_copy_move(t, b.second, key, &e), SR_EXISTS, &e, "of another");
	assert_fails(sr_secrets_copy_destroy(t, b.second, &there, &e), SR_EXISTS, &e, "of another");
	sr_secrets_pending(t, &copy);
	assert_true(copy.current);
	sr_err_clear(&e);
	assert_ok(sr_secrets_close(&t, &e), &e);
	box_free(&other);
	for (size_t i = 0; i < 3; i++)
		image_free(&images[i]);
	box_free(&b);
}

/* ---- old files, damage ---- */

static void test_older(void **state) {
	struct box b;
	struct image g1, g2;
	struct sr_secrets *s;
	struct sr_secrets_state s1, s2;
	struct sr_err e = {0};
	int k;

	(void)state;
	box_new(&b);
	s = open_box(&b, true);
	for (k = 1; k <= 3; k++)
		assert_ok(story(s, k, &e), &e);
	sr_secrets_state(s, &s1);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&g1, &b);
	s = open_box(&b, false);
	for (k = 4; k <= 5; k++)
		assert_ok(story(s, k, &e), &e);
	sr_secrets_state(s, &s2);
	assert_true(s2.generation > s1.generation);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&g2, &b);
	/* the whole older file here, the copy of now: taken from the copy, with and without the
	 * ledger's word */
	for (int told = 0; told < 2; told++) {
		struct sr_secrets_options o = opts(&b, false);

		o.expect = told != 0 ? &s2 : NULL;
		image_put_all(&g2, &b);
		image_put(&g1, MAIN, &b);
		image_put(&g1, REDO, &b);
		image_put(&g1, ROOT, &b);
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
		assert_non_null(strstr(sr_secrets_recovered(s), "taken from the second copy"));
		assert_non_null(strstr(sr_secrets_recovered(s),
			told != 0 ? "the ledger says" : ", its second copy at"));
		assert_true(is_at(s, 5));
		assert_false(sr_secrets_is_older(s));
		assert_ok(sr_secrets_close(&s, &e), &e);
	}
	/* one old part: named, then taken from the copy; without a copy refused */
	static const size_t one[] = {ROOT, REDO, MAIN};
	for (size_t i = 0; i < T_COUNT(one); i++) {
		struct sr_secrets_options o = opts(&b, false);

		image_put_all(&g2, &b);
		image_put(&g1, one[i], &b);
		o.second = NULL;
		o.expect = &s2;
		assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e, "secrets.db");
		assert_non_null(strstr(e.text, "put back"));
		assert_null(s);
		o.second = b.second;
		sr_err_clear(&e);
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
		assert_non_null(strstr(sr_secrets_recovered(s), "taken from the second copy"));
		assert_true(is_at(s, 5));
		assert_ok(sr_secrets_close(&s, &e), &e);
	}
	/* both older than the ledger: refused; on request taken, and said */
	image_put_all(&g1, &b);
	struct sr_secrets_options o = opts(&b, false);
	o.expect = &s2;
	assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e, "the ledger says");
	o.accept_older = true;
	sr_err_clear(&e);
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	assert_true(sr_secrets_is_older(s));
	assert_true(is_at(s, 3));
	assert_ok(sr_secrets_close(&s, &e), &e);
	/* the same generation with another root is not the same file */
	image_put_all(&g2, &b);
	s2.root[3] ^= 1;
	o.accept_older = false;
	assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e, "another root");
	/* a stale copy is brought up to date; one that is ahead of an accepted older file is not
	 * overwritten */
	s2.root[3] ^= 1;
	image_put_all(&g2, &b);
	image_put(&g1, COPY, &b);
	image_put(&g1, COPY_ROOT, &b);
	sr_err_clear(&e);
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	assert_null(sr_secrets_recovered(s));
	assert_ok(sr_secrets_verify(s, key, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_free(&g1);
	image_free(&g2);
	box_free(&b);
}

/* A file, or a copy, that knows of more entries than the ledger has is not opened, and nothing is
 * taken from either; what is added last is said at the close. */
static void test_longer_log(void **state) {
	const uint8_t root[SR_HASH] = {7};
	struct box b;
	struct image now, older;
	struct sr_secrets *s;
	struct sr_secrets_state state1;
	struct sr_err e = {0};

	(void)state;
	box_new(&b);
	s = open_box(&b, true);
	sr_secrets_log(s, 4, root);
	assert_ok(story(s, 1, &e), &e);
	sr_secrets_state(s, &state1);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&older, &b);
	s = open_box(&b, false);
	sr_secrets_log(s, 4, root);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, sr_bytes_str("later"), 1,
			  sr_bytes_str("a secret"), &e),
		&e);
	sr_secrets_log(s, 5, root);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&now, &b);
	struct sr_secrets_options o = opts(&b, false);
	o.expect = &state1;
	for (int here = 0; here < 2; here++) {
		image_put_all(&now, &b);
		if (here == 0) {
			image_put(&older, MAIN, &b);
			image_put(&older, REDO, &b);
			image_put(&older, ROOT, &b);
		}
		o.second = here != 0 ? NULL : b.second;
		o.log = 4;
		assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e,
			"was written when the log had 5 entries, and here it has 4");
		assert_non_null(strstr(
			e.text, here != 0 ? "rolled back: secrets.db was" : "the second copy in "));
		sr_err_clear(&e);
		o.log = 5;
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
		assert_true(sr_secrets_has(s, SR_SECRET_SLOT, sr_bytes_str("later"), 1));
		assert_ok(sr_secrets_close(&s, &e), &e);
	}
	image_free(&now);
	image_free(&older);
	box_free(&b);
}

static void test_damage(void **state) {
	struct box b;
	struct image now;
	struct sr_secrets *s;
	struct sr_secrets_state st;
	struct sr_err e = {0};
	uint64_t seed = 21;

	(void)state;
	box_new(&b);
	s = open_box(&b, true);
	for (int k = 1; k <= 5; k++)
		assert_ok(story(s, k, &e), &e);
	sr_secrets_state(s, &st);
	sr_secrets_free(s); /* the redo file is full of batches */
	image_take(&now, &b);
	for (int n = 0; n < 150; n++) {
		struct sr_secrets_options o = opts(&b, false);
		size_t i = (size_t)n % PARTS, len = now.part[i].len;
		size_t at = (size_t)t_rand(&seed, n % 2 == 0 || len < 400 ? len : 400);

		image_put_all(&now, &b);
		now.part[i].p[at] ^= (uint8_t)(1U << t_rand(&seed, 8));
		image_put(&now, i, &b);
		image_free(&now);
		o.expect = &st;
		/* with both, whatever was hit: nothing is lost */
		assert_ok(sr_secrets_open(&s, &o, &e), &e);
		assert_true(is_at(s, 5));
		assert_ok(sr_secrets_verify(s, key, &e), &e);
		sr_secrets_free(s);
		image_take(&now, &b);
	}
	image_free(&now);
	box_free(&b);
}

/* ---- the calls ---- */

static int list_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct sr_buf *out = ctx;

	(void)e;
	sr_buf_put_bytes(out, name);
	sr_buf_printf(out, ":%llu ", (unsigned long long)n);
	return n == 99 ? SR_DENIED : 0;
}

#define NAME(text) sr_bytes_str(text)

static void test_calls(void **state) {
	struct box b;
	struct sr_secrets *s;
	struct sr_err e = {0};
	struct sr_buf out;
	static uint8_t big[SR_SECRET_MAX + 1];
	char long_name[66];
	uint64_t count;
	size_t erased;
	struct sr_secrets_state s1, s2;

	(void)state;
	box_new(&b);
	struct sr_secrets_options o = opts(&b, true);
	o.second = NULL;
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	memset(long_name, 'x', 65);
	long_name[65] = '\0';
	assert_ok(sr_secrets_put(s, SR_SECRET_ROOM_KEY, NAME("req"), 2, NAME("two"), &e), &e);
	assert_ok(sr_secrets_put(s, SR_SECRET_ROOM_KEY, NAME("req"), 1, NAME("one"), &e), &e);
	assert_ok(sr_secrets_put(s, SR_SECRET_ROOM_KEY, NAME("abc"), 7, NAME(""), &e), &e);
	assert_ok(sr_secrets_put(
			  s, SR_SECRET_SLOT, NAME("req"), 1, sr_bytes_of(big, SR_SECRET_MAX), &e),
		&e);
	sr_secrets_state(s, &s1);
	assert_ok(sr_secrets_put(s, SR_SECRET_ROOM_KEY, NAME("req"), 1, NAME("one"), &e), &e);
	sr_secrets_state(s, &s2);
	assert_int_equal(s2.generation, s1.generation); /* no change, no batch */
	assert_fails(sr_secrets_put(s, SR_SECRET_ROOM_KEY, NAME("req"), 1, NAME("other"), &e),
		SR_EXISTS, &e, "another secret of that name");
	assert_fails(
		sr_secrets_put(s, SR_SECRET_SLOT, NAME("y"), 1, sr_bytes_of(big, sizeof big), &e),
		SR_LIMIT, &e, "3073 bytes, at most 3072");
	assert_fails(sr_secrets_put(s, SR_SECRET_SLOT, NAME(long_name), 1, NAME("v"), &e),
		SR_MISUSE, &e, "a name of 65 bytes");
	assert_fails(sr_secrets_put(s, SR_SECRET_SLOT, NAME(""), 1, NAME("v"), &e), SR_MISUSE, &e,
		"a name of 0");
	assert_fails(sr_secrets_put(s, (enum sr_secret_kind)9, NAME("a"), 1, NAME("v"), &e),
		SR_MISUSE, &e, "no kind 9");
	assert_fails(sr_secrets_put(s, SR_SECRET_SLOT, NAME("a"), SR_SECRET_ALL, NAME("v"), &e),
		SR_MISUSE, &e, "too large");
	sr_buf_init(&out);
	sr_err_clear(&e);
	assert_ok(sr_secrets_each(s, SR_SECRET_ROOM_KEY, sr_bytes_of(NULL, 0), list_one, &out, &e),
		&e);
	sr_buf_put_u8(&out, 0);
	assert_string_equal((char *)out.p, "abc:7 req:1 req:2 ");
	sr_buf_clear(&out);
	assert_ok(sr_secrets_each(s, SR_SECRET_ROOM_KEY, NAME("req"), list_one, &out, &e), &e);
	sr_buf_put_u8(&out, 0);
	assert_string_equal((char *)out.p, "req:1 req:2 ");
	sr_buf_clear(&out);
	assert_ok(sr_secrets_replace(s, SR_SECRET_ROOM_KEY, NAME("req"), 1, NAME("uno"), &e), &e);
	assert_ok(sr_secrets_get(s, SR_SECRET_ROOM_KEY, NAME("req"), 1, &out, &e), &e);
	assert_true(out.secret);
	assert_true(sr_bytes_eq(sr_buf_view(&out), NAME("uno")));
	assert_fails(sr_secrets_get(s, SR_SECRET_SLOT, NAME("none"), 1, &out, &e), SR_NOTFOUND, &e,
		"secrets.db");
	/* a group is all or nothing */
	sr_err_clear(&e);
	assert_ok(sr_secrets_begin(s, &e), &e);
	assert_fails(sr_secrets_retry(s, &e), SR_MISUSE, &e,
		"secrets.db: the copy was asked for inside a group");
	assert_fails(sr_secrets_verify(s, key, &e), SR_MISUSE, &e,
		"secrets.db: verified inside a group");
	assert_fails(sr_secrets_rewrap(s, key, &e), SR_MISUSE, &e,
		"secrets.db: rewrapped inside a group");
	assert_fails(sr_secrets_copy_move(s, b.second, key, &e), SR_MISUSE, &e,
		"secrets.db: its copy is moved inside a group");
	sr_err_clear(&e);
	assert_ok(sr_secrets_erase(s, SR_SECRET_ROOM_KEY, NAME("req"), SR_SECRET_ALL, &erased, &e),
		&e);
	assert_int_equal(erased, 2);
	assert_ok(sr_secrets_put(s, SR_SECRET_PERSON, NAME("p-1"), 0, NAME("k"), &e), &e);
	sr_secrets_rollback(s);
	assert_ok(sr_secrets_count(s, SR_SECRET_ROOM_KEY, &count, &e), &e);
	assert_int_equal(count, 3);
	assert_false(sr_secrets_has(s, SR_SECRET_PERSON, NAME("p-1"), 0));
	assert_ok(sr_secrets_erase(s, SR_SECRET_ROOM_KEY, NAME("req"), SR_SECRET_ALL, &erased, &e),
		&e);
	assert_int_equal(erased, 2);
	assert_ok(sr_secrets_erase(s, SR_SECRET_ROOM_KEY, NAME("req"), 1, &erased, &e), &e);
	assert_int_equal(erased, 0);
	assert_fails(sr_secrets_commit(s, &e), SR_MISUSE, &e, "without a group");
	assert_ok(sr_secrets_put(s, SR_SECRET_ROOM_KEY, NAME("zz"), 99, NAME("x"), &e), &e);
	assert_int_equal(
		sr_secrets_each(s, SR_SECRET_ROOM_KEY, NAME("zz"), list_one, &out, &e), SR_DENIED);
	sr_buf_free(&out);
	struct sr_secrets_copy copy;
	sr_secrets_pending(s, &copy);
	assert_false(copy.wanted);
	assert_ok(sr_secrets_close(&s, &e), &e);
	assert_fails(sr_secrets_open(&s, &o, &e), SR_EXISTS, &e, "is there already");
	o.create = false;
	uint8_t other[SR_KEY] = {1};
	o.key = other;
	assert_fails(sr_secrets_open(&s, &o, &e), SR_AUTH, &e, "a wrong key");
	box_free(&b);
	box_new(&b);
	o = opts(&b, false);
	assert_fails(sr_secrets_open(&s, &o, &e), SR_NOTFOUND, &e, "no such database");
	o.create = true;
	o.second = "/nowhere/at/all";
	assert_fails(
		sr_secrets_open(&s, &o, &e), SR_LOCKED, &e, "the second copy in /nowhere/at/all");
	box_free(&b);
}

/* A file that its maker did not finish, and one of another version. */
static void test_not_ours(void **state) {
	struct box b;
	struct sr_secrets *s;
	struct sr_db *db;
	struct sr_err e = {0};

	(void)state;
	box_new(&b);
	struct sr_db_options d = {.dir = b.dir,
		.name = "secrets.db",
		.key = key,
		.mode = SR_DB_ERASABLE,
		.create = true,
		.durable = true,
		.cache_kib = 64};
	struct sr_secrets_options o = opts(&b, false);
	assert_ok(sr_db_open(&db, &d, &e), &e); /* and killed before its tables were made */
	assert_ok(sr_db_close(&db, &e), &e);
	assert_fails(sr_secrets_open(&s, &o, &e), SR_NOTFOUND, &e,
		"secrets.db was begun and never finished");
	assert_null(s);
	assert_ok(sr_db_open(&db, &d, &e), &e);
	assert_ok(sr_db_exec(db, "pragma user_version = 2", &e), &e);
	assert_ok(sr_db_close(&db, &e), &e);
	assert_fails(sr_secrets_open(&s, &o, &e), SR_UNSUPPORTED, &e,
		"secrets.db is of version 2, want 1");
	assert_null(s);
	box_free(&b);
}

/* What is wrong with the copy is told in its words, while the file here goes on. */
static void test_damaged_copy_is_named(void **state) {
	static const struct {
		size_t part, at;
		const char *says;
	} rows[] = {
		{COPY, 0, "secrets.db-copy: the first bytes are not those of a redo file"},
		{COPY, 16, "secrets.db-copy: the first bytes are not those of a redo file"},
		{COPY_ROOT, 100, "a part of it did not open, and is there twice"},
	};
	struct box b;
	struct image now;
	struct sr_secrets *s;
	struct sr_err e = {0};

	(void)state;
	box_new(&b);
	s = open_box(&b, true);
	assert_ok(story(s, 1, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&now, &b);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint8_t *p = now.part[rows[i].part].p + rows[i].at;
		/* of a root cell: in both slots, one of which is noise */
		uint8_t *too = rows[i].part == COPY_ROOT ? p + SR_ROOT_SLOT : NULL;

		*p ^= 2;
		if (too != NULL)
			*too ^= 2;
		image_put_all(&now, &b);
		*p ^= 2;
		if (too != NULL)
			*too ^= 2;
		s = open_box(&b, false);
		assert_non_null(sr_secrets_recovered(s));
		assert_non_null(strstr(sr_secrets_recovered(s),
			"the second copy was damaged and is written anew"));
		if (strstr(sr_secrets_recovered(s), rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, sr_secrets_recovered(s));
		assert_ok(sr_secrets_close(&s, &e), &e);
		s = open_box(&b, false); /* anew, and whole */
		assert_null(sr_secrets_recovered(s));
		assert_ok(sr_secrets_close(&s, &e), &e);
	}
	image_free(&now);
	box_free(&b);
}

/* A copy that was out of reach when the file here was opened, and is there again: one that knows
 * more, or knows it otherwise, or is another's, is left as it is, and said to be that. */
static void test_copy_that_came_back(void **state) {
	static const char *const says[] = {", ahead of ", " as here, with other contents",
		"secrets.db-copy is the copy of another secrets.db"};
	struct box b, other;
	struct image g1, g2;
	struct sr_buf after;
	struct sr_secrets *s;
	struct sr_secrets_state s2, st;
	struct sr_err e = {0};
	char away[T_PATH + 8];
	uint8_t id[16];

	(void)state;
	box_new(&b);
	box_new(&other);
	snprintf(away, sizeof away, "%s-away", b.second);
	s = open_box(&other, true);
	assert_ok(sr_secrets_close(&s, &e), &e);
	s = open_box(&b, true);
	for (int k = 1; k <= 3; k++)
		assert_ok(story(s, k, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&g1, &b);
	s = open_box(&b, false);
	for (int k = 4; k <= 5; k++)
		assert_ok(story(s, k, &e), &e);
	sr_secrets_state(s, &s2);
	assert_ok(sr_secrets_close(&s, &e), &e);
	image_take(&g2, &b);
	for (size_t i = 0; i < T_COUNT(says); i++) {
		image_put_all(&g2, &b);
		image_put(&g1, MAIN, &b);
		image_put(&g1, REDO, &b);
		image_put(&g1, ROOT, &b);
		assert_int_equal(rename(b.second, away), 0);
		s = open_box(&b, false);
		sr_secrets_state(s, &st);
		for (unsigned n = 8; i == 1 && st.generation < s2.generation; n++) {
			assert_ok(sr_secrets_erase(s, SR_SECRET_SLOT, name_of(id, n), 1, NULL, &e),
				&e);
			sr_secrets_state(s, &st);
		}
		assert_true(i != 1 || st.generation == s2.generation);
		assert_int_equal(rename(i == 2 ? other.second : away, b.second), 0);
		assert_fails(sr_secrets_retry(s, &e), SR_LOCKED, &e, says[i]);
		assert_non_null(strstr(e.text, "the second copy cannot be written"));
		if (i < 2) {
			sr_buf_init(&after);
			t_read_file(t_path(b.path, parts[COPY]), &after);
			assert_true(sr_bytes_eq(sr_buf_view(&after), sr_buf_view(&g2.part[COPY])));
			sr_buf_free(&after);
		}
		sr_err_clear(&e);
		sr_secrets_free(s);
	}
	image_free(&g1);
	image_free(&g2);
	box_free(&b);
	box_free(&other);
}

/* A bit that flips between the writing of a batch and its copying: the cell is named, the copy
 * stays at the batch before, and takes the new one once it reads as it was written. */
static void test_copy_is_never_made_worse(void **state) {
	static const struct {
		size_t at; /* in the cell of the batch's first frame */
		const char *says;
	} rows[] = {
		{0, " is neither a frame nor a record"}, {1, " is neither a frame nor a record"},
		{4, " is not the frame that was written there"},
		{8, " is not the frame that was written there"},
		{16, ": page 2: does not open under its own key"},
		{16 + 2000, ": page 2: does not open under its own key"},
		{SR_REDO_CELL - 1, ": page 2: does not open under its own key"},
		{SR_REDO_CELL + 100, ": tree node 0 of level 1: does not open under its own key"},
		{0, NULL}, /* made a record's type: it would be passed over */
	};
	struct sr_pagefile *pf;
	struct sr_pagecopy *c, *other;
	struct sr_pagecopy_state before, after;
	struct sr_err e = {0};
	struct sr_buf redo;
	uint8_t page[SR_UNIT_PLAIN];
	struct box b;

	(void)state;
	box_new(&b);
	struct sr_pagefile_options o = {
		b.dir, "secrets.db", key, .erasable = true, .create = true, .durable = true};
	assert_ok(sr_pagefile_open(&pf, &o, &e), &e);
	assert_ok(sr_pagecopy_new(&c, b.second, "secrets.db", &e), &e);
	assert_ok(sr_pagecopy_new(&other, b.second, "secrets.db", &e), &e);
	t_fill(page, sizeof page, 1);
	for (uint64_t i = 0; i < 2; i++)
		assert_ok(sr_pagefile_write(pf, i, page, &e), &e);
	assert_ok(sr_pagefile_sync(pf, &e), &e); /* cells 1 and 2, 3 the node, 4 the record */
	assert_ok(sr_pagecopy_sync(c, pf, true, &e), &e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const uint64_t first = sr_pagefile_redo(pf)->cells;
		const size_t at = (size_t)first * SR_REDO_CELL + rows[i].at;
		const char *says = rows[i].says != NULL ? rows[i].says : rows[2].says;
		char cell[16];
		uint8_t was;

		assert_ok(sr_pagecopy_check(other, key, &before, &e), &e);
		t_fill(page, sizeof page, 2 + i);
		assert_ok(sr_pagefile_write(pf, 1, page, &e), &e);
		assert_ok(sr_pagefile_sync(pf, &e), &e);
		sr_buf_init(&redo);
		t_read_file(t_path(b.path, parts[REDO]), &redo);
		was = redo.p[at];
		redo.p[at] = rows[i].says == NULL ? 3 : was ^ 4;
		t_write_file(t_path(b.path, parts[REDO]), redo.p, redo.len);
		snprintf(cell, sizeof cell, "cell %llu",
			(unsigned long long)first + (rows[i].at >= SR_REDO_CELL));
		assert_int_not_equal(sr_pagecopy_sync(c, pf, false, &e), 0);
		if (strstr(e.text, says) == NULL || strstr(e.text, cell) == NULL ||
			strstr(e.text, "secrets.db-redo") == NULL)
			fail_msg("row %zu: %s, want %s at %s", i, e.text, says, cell);
		assert_true(sr_pagecopy_source_bad(c));
		assert_ok(sr_pagecopy_check(other, key, &after, &e), &e);
		assert_int_equal(after.sequence, before.sequence);
		assert_memory_equal(after.hash, before.hash, SR_HASH);
		redo.p[at] = was;
		t_write_file(t_path(b.path, parts[REDO]), redo.p, redo.len);
		sr_buf_free(&redo);
		assert_ok(sr_pagecopy_sync(c, pf, false, &e), &e);
		assert_false(sr_pagecopy_source_bad(c));
		assert_ok(sr_pagecopy_check(other, key, &after, &e), &e);
		assert_int_equal(after.sequence, before.sequence + 1);
	}
	/* the place where it is written is not the file's fault */
	assert_ok(sr_pagefile_write(pf, 1, page, &e), &e);
	assert_ok(sr_pagefile_sync(pf, &e), &e);
	sr_fault_set(1, EIO);
	assert_fails(sr_pagecopy_sync(c, pf, false, &e), SR_IO, &e, "secrets.db-copy");
	sr_fault_set(0, 0);
	assert_false(sr_pagecopy_source_bad(c));
	sr_pagecopy_free(c);
	sr_pagecopy_free(other);
	sr_pagefile_free(pf);
	box_free(&b);
}

/* ---- memory after close ---- */

enum {
	NEEDLE = 32
};

#if defined(__SANITIZE_ADDRESS__)
#define OWN_MEMORY false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MEMORY false
#endif
#endif
#ifndef OWN_MEMORY
#define OWN_MEMORY true
#endif

/* A sanitizer's shadow cannot be read, and valgrind keeps what was freed. */
static bool memory_is_ours(void) {
	const char *preload = getenv("LD_PRELOAD");

	return OWN_MEMORY && (preload == NULL || strstr(preload, "vgpreload") == NULL);
}

/* Does this process's memory hold the value whose bytes are ${masked} ^ 0x5a? */
static size_t scan_memory(const uint8_t masked[NEEDLE]) {
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	size_t hits = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		char *end;
		unsigned long from = strtoul(line, &end, 16);
		unsigned long to = strtoul(end + 1, &end, 16); /* "from-to rw-p ..." */

		if (strncmp(end, " rw", 3) != 0 || strstr(line, "[v") != NULL)
			continue;
		const volatile uint8_t *p = (const volatile uint8_t *)from;
		for (size_t i = 0; i + NEEDLE <= to - from; i++) {
			size_t k = 0;

			while (k < NEEDLE && (p[i + k] ^ 0x5a) == masked[k])
				k++;
			hits += k == NEEDLE;
		}
	}
	fclose(maps);
	return hits;
}

static void test_memory(void **state) {
	struct box b;
	struct sr_secrets *s;
	struct sr_err e = {0};
	struct sr_buf out;
	uint8_t value[NEEDLE], masked[NEEDLE], id[16];

	(void)state;
	if (!memory_is_ours()) {
		print_message("the memory scan needs a process without a sanitizer or valgrind\n");
		skip();
	}
	box_new(&b);
	t_fill(masked, sizeof masked, 4242);
	for (size_t i = 0; i < NEEDLE; i++)
		value[i] = masked[i] ^ 0x5a;
	s = open_box(&b, true);
	assert_ok(sr_secrets_put(
			  s, SR_SECRET_SLOT, name_of(id, 1), 1, sr_bytes_of(value, NEEDLE), &e),
		&e);
	assert_true(
		scan_memory(masked) > 0); /* our own array at least: the scan finds what is there */
	sr_wipe(value, sizeof value);
	assert_int_equal(scan_memory(masked), 0); /* the pages were given back and wiped */
	sr_buf_init_secret(&out);
	assert_ok(sr_secrets_get(s, SR_SECRET_SLOT, name_of(id, 1), 1, &out, &e), &e);
	assert_true(scan_memory(masked) > 0);
	sr_buf_free(&out);
	assert_int_equal(scan_memory(masked), 0);
	assert_ok(sr_secrets_close(&s, &e), &e);
	assert_int_equal(scan_memory(masked), 0);
	assert_int_equal(sr_secret_in_use(), 0);
	box_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_erased_is_gone),
		cmocka_unit_test(test_no_stale_copies),
		cmocka_unit_test(test_copy_unreachable),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_longer_log),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_damaged_copy_is_named),
		cmocka_unit_test(test_copy_that_came_back),
		cmocka_unit_test(test_copy_is_never_made_worse),
		cmocka_unit_test(test_new_wrap),
		cmocka_unit_test(test_kill_in_rewrap),
		cmocka_unit_test(test_failed_rewrap),
		cmocka_unit_test(test_kill_in_restore),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
