/*
 * One flipped bit, or a cut, in any file of a vault: found, and the sentence names the file; or
 * what can be made anew is made anew, and that is told. Evidence is never passed over.
 *
 * The vault has every kind of file that a vault has. Each file that lies there must fit a row of
 * the table below, and each row a file: a kind of file that comes to be is not tested by accident
 * only. Small files are flipped in every byte, one bit after the other, larger ones in places
 * spread over them and at both ends. $FLIPS: how many places; 0 (tests/soak/flips.sh): every bit of
 * small ones, every length that they may be cut to, and each 64th byte of larger ones, the smallest
 * file first, for at most $FLIPS_S seconds, which are looked at before each place. It says how many
 * of all places it tried, and how many files it is done with.
 *
 * How it is looked for, in this order, until it is found: opening the vault; a check of all that is
 * stored (scrub); a check of the whole log (verify). Each trial begins with an untouched copy.
 */
#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "board/beats.h"
#include "board/fixity.h"
#include "catalogue/catalogue.h"
#include "core_rig.h"
#include "intake/scanners.h"
#include "ledger/ledger.h"
#include "room/room.h"
#include "store/secrets.h"
#include "world.h"

enum {
	SMALL = 640, /* bytes: every bit of it */
	PLACES = 5,  /* of a larger one, beside its ends */
	FILES = 400,
	TOLD = 40 /* of what is not named */
};

enum how {
	NAMED,  /* the sentence must name it */
	HEALS,  /* made anew and told, or named */
	SLOTS,  /* as HEALS; half of it is spare */
	LINES,  /* as NAMED, but the last lines may be missing */
	NOTHING /* says nothing that counts */
};

static const struct kind {
	const char *path; /* a path ends with '/': what lies in that folder */
	enum how how;
	const char *word; /* of the sentence, or one|another; NULL: the file's name (its first 16
			      digits) */
	const char *why;  /* SLOTS, LINES, NOTHING: why that is right */
} kinds[] = {
	/* Of the place of the second copy: what lies there is not it, and the place is told. */
	{"vault/strongroom.conf", HEALS, "strongroom.conf|the second copy in ", NULL},
	{"vault/keys/service", NAMED, "keys/service", NULL},
	{"vault/keys/", HEALS, NULL, NULL},
	{"vault/ledger/journal", NAMED, "journal", NULL},
	{"vault/ledger/checkpoint", NAMED, "checkpoint", NULL},
	{"vault/ledger/tile/", NAMED, "tile", NULL},
	{"vault/ledger/beats", LINES, "ledger/beats",
		"what is missing at its end is a silence, and shown as one"},
	{"vault/packs/INVENTORY", HEALS, "packs/INVENTORY", NULL},
	{"vault/packs/INVENTORY.names", HEALS, "packs/INVENTORY", NULL},
	{"vault/packs/", NAMED, NULL, NULL},
	{"vault/objects/", NAMED, NULL, NULL},
	{"vault/items/", NAMED, NULL, NULL},
	{"vault/secrets.db", HEALS, "secrets.db", NULL},
	{"vault/secrets.db-redo", HEALS, "secrets.db", NULL},
	{"vault/secrets.db-root", SLOTS, "secrets.db", "the slot that is not in use is random"},
	{"vault/index.db-redo", HEALS, "index", NULL},
	{"vault/catalogue.db-redo", HEALS, "catalogue", NULL},
	{"vault/index.db", HEALS, "index", NULL},
	{"vault/catalogue.db", HEALS, "catalogue", NULL},
	{"second/secrets.db-copy-root", SLOTS, "secrets.db", "as secrets.db-root"},
	{"second/secrets.db-copy", SLOTS, "secrets.db", "pages that later ones took the place of"},
	{"vault/scanners", NAMED, "scanners", NULL},
	{"vault/run/lock", NOTHING, NULL, "the process that holds the vault, for people"},
	{"vault/ledger/lock", NOTHING, NULL, "the same of the ledger"},
};

struct file {
	char path[T_PATH]; /* below the world's folder */
	size_t size;
	const struct kind *kind;
};

struct story {
	struct world *w;
	char good[T_PATH];
	struct file files[FILES];
	size_t count, unknown;
	struct sr_buf said;    /* what was found, of one trial */
	struct sr_buf changed; /* the file, as it was put there */
	uint64_t seed;
	size_t trials, by_open, by_scrub, by_verify, healed, spare;
	size_t silent; /* trials that nothing named: must be none */
};

/* --- copies --- */

static char copy_from[T_PATH], copy_to[T_PATH];

static int copy_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
	char to[2 * T_PATH];
	(void)ftw;
	snprintf(to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
	if (kind == FTW_D)
		return mkdir(to, st->st_mode & 07777) != 0;
	struct sr_buf b;
	sr_buf_init(&b);
	t_read_file(path, &b);
	t_write_file(to, b.p, b.len);
	sr_buf_free(&b);
	return chmod(to, st->st_mode & 07777) != 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void copy_tree(const char *from, const char *to) {
	snprintf(copy_from, sizeof copy_from, "%s", from);
	snprintf(copy_to, sizeof copy_to, "%s", to);
	(void)nftw(to, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(nftw(from, copy_one, 16, FTW_PHYS), 0);
}

static void again(struct story *s) {
	copy_tree(t_path(s->good, "vault"), s->w->vault);
	copy_tree(t_path(s->good, "second"), s->w->second);
}

/* --- a vault with all of it --- */

static void story_make(struct story *s) {
	memset(s, 0, sizeof *s);
	s->seed = 7;
	sr_buf_init(&s->said);
	sr_buf_init(&s->changed);
	struct rig *g = rig_new(&(struct world_options){.second = true});
	struct world *w = s->w = g->w;
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str("evidence\n")};
	struct world_deposit d = {.files = &f, .count = 1};
	assert_ok(world_deposit(w, &d), &w->out.err);
	world_held_release(w, d.items[0]);
	struct world_deposit held = {.files = &f, .count = 1};
	assert_ok(world_deposit(w, &held), &w->out.err);
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])d.items[0], .count = 1};
	uint8_t grant[SR_ID];
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	/* A deposit that can be resumed. */
	struct sr_buf put;
	uint8_t bulk[70000];
	sr_buf_init(&put);
	rig_login(&g->desk, &w->depositor);
	assert_ok(rig_call(&g->desk, "deposit.begin", rig_hex("collection", w->collection, SR_ID),
			  NULL),
		&g->desk.e);
	sr_buf_put_u8(&put, 'I');
	sr_buf_put_lp(&put, sr_bytes_str("half"));
	sr_buf_put_u8(&put, 'F');
	sr_buf_put_u8(&put, SR_FILE_REGULAR);
	sr_buf_put_le64(&put, 0);
	sr_buf_put_le32(&put, 0);
	sr_buf_put_le64(&put, UINT64_MAX);
	sr_buf_put_lp(&put, sr_bytes_str("half.bin"));
	sr_buf_put_lp(&put, sr_bytes_str(""));
	sr_buf_put_lp(&put, sr_bytes_str(""));
	t_fill(bulk, sizeof bulk, 5);
	sr_buf_put_u8(&put, 'D');
	sr_buf_put_lp(&put, sr_bytes_of(bulk, sizeof bulk));
	assert_ok(rig_call(&g->desk, "deposit.put", NULL, &put), &g->desk.e);
	sr_buf_free(&put);
	/* Enough entries for tiles of two levels' edge. */
	while (sr_ledger_next_index(w->v->ledger) < 270)
		assert_ok(world_describe(w, &w->curator[0], held.items[0], "once more", NULL),
			&w->out.err);
	assert_ok(rig_call(&g->desk, "scrub", NULL, NULL), &g->desk.e);
	sr_beats_note(w->v, SR_BEAT_UP, sr_ledger_next_index(w->v->ledger));
	sr_beats_note(w->v, SR_BEAT_DOWN, sr_ledger_next_index(w->v->ledger));
	assert_ok(sr_scanners_write(w->v, sr_bytes_str("limit depth 4\n"), &w->e), &w->e);
	/* As rig_free, but for the world. */
	rig_desk_close(&g->desk);
	sr_queue_free(g->core.queue);
	sr_rescan_free(g->core.rescan);
	free(g);
	world_close(w);
	snprintf(s->good, sizeof s->good, "%s", t_path(w->path, "good"));
	assert_int_equal(mkdir(s->good, 0700), 0);
	copy_tree(w->vault, t_path(s->good, "vault"));
	copy_tree(w->second, t_path(s->good, "second"));
}

static void story_free(struct story *s) {
	again(s);
	sr_buf_free(&s->said);
	sr_buf_free(&s->changed);
	world_free(s->w);
}

static const struct kind *kind_of(const char *path) {
	for (size_t i = 0; i < T_COUNT(kinds); i++) {
		const size_t n = strlen(kinds[i].path);
		if (kinds[i].path[n - 1] == '/' ? strncmp(path, kinds[i].path, n) == 0
						: strcmp(path, kinds[i].path) == 0)
			return &kinds[i];
	}
	return NULL;
}

static struct story *listing;

static int list_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
	struct story *s = listing;
	(void)ftw;
	if (kind != FTW_F)
		return 0;
	assert_true(s->count < FILES);
	struct file *f = &s->files[s->count++];
	snprintf(f->path, sizeof f->path, "%s", path + strlen(s->good) + 1);
	f->size = (size_t)st->st_size;
	f->kind = kind_of(f->path);
	if (f->kind == NULL) {
		print_error("%s: a kind of file that nothing here looks at: say in the table of "
			    "test_core_flips.c how a flipped bit in it is found\n",
			f->path);
		s->unknown++;
	}
	return 0;
}

static void list(struct story *s) {
	listing = s;
	assert_int_equal(nftw(s->good, list_one, 16, FTW_PHYS), 0);
	assert_int_equal(s->unknown, 0);
	for (size_t k = 0; k < T_COUNT(kinds); k++) {
		size_t n = 0;
		for (size_t i = 0; i < s->count; i++)
			n += s->files[i].kind == &kinds[k];
		if (n == 0)
			fail_msg("no file of the vault fits the row \"%s\"", kinds[k].path);
	}
}

/* --- looking --- */

static int finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct story *s = ctx;
	(void)e;
	sr_buf_put_str(&s->said, f->name);
	sr_buf_put_str(&s->said, ": ");
	sr_buf_put_str(&s->said, f->text);
	sr_buf_put_str(&s->said, "\n");
	return 0;
}

static bool says(const struct story *s, const struct file *f) {
	char name[64];
	const char *base = strrchr(f->path, '/') + 1;
	snprintf(name, sizeof name, "%.16s", base);
	for (const char *word = f->kind->word != NULL ? f->kind->word : name; word != NULL;) {
		const char *end = strchr(word, '|');
		const size_t n = end == NULL ? strlen(word) : (size_t)(end - word);
		if (s->said.len > 0 && memmem(s->said.p, s->said.len, word, n) != NULL)
			return true;
		word = end == NULL ? NULL : end + 1;
	}
	return false;
}

static void log_whole(struct story *s, struct sr_vault *v) {
	struct sr_core core = {.vault = v};
	struct rig_desk d;
	assert_ok(sr_room_new(&core.room, v, &s->w->e), &s->w->e);
	rig_desk_open(&d, &core);
	if (rig_call(&d, "verify", NULL, NULL) != 0)
		sr_buf_put_str(&s->said, d.e.text);
	rig_desk_close(&d);
	sr_room_free(core.room);
}

/* What is read when it is needed, and by nothing before. */
static void read_at_need(struct story *s, struct sr_vault *v) {
	struct sr_secrets_copy copy = {0};
	struct sr_intake_limits limits;
	struct sr_beats beats = {0};
	struct sr_err e = {0};
	assert_ok(sr_beats_read(&beats, v, &e), &e);
	if (beats.broken)
		sr_buf_put_str(&s->said, "ledger/beats was changed\n");
	sr_beats_free(&beats);
	if (sr_intake_limits(&limits, v, &e) != 0)
		sr_buf_put_str(&s->said, e.text);
	sr_secrets_pending(v->secrets, &copy);
	if (!copy.current) /* `status` says so, and deposits wait */
		sr_buf_put_str(&s->said, copy.reason);
}

/* What the vault says of itself in this state, as far as is needed to name ${f}. */
static void look(struct story *s, const struct file *f) {
	const struct sr_vault_open o = {
		.path = s->w->vault, .unlock = world_unlock(), .clock = world_clock(s->w)};
	struct sr_scrub_totals totals;
	struct sr_vault *v = NULL;
	struct sr_err e = {0};
	sr_buf_clear(&s->said);
	if (sr_vault_open(&v, &o, &e) != 0) {
		sr_buf_put_str(&s->said, e.text);
		s->by_open++;
		return;
	}
	sr_buf_put_bytes(&s->said, sr_buf_view(&v->recovered));
	if (says(s, f)) {
		s->healed++;
	} else {
		const struct sr_fixity fixity = {.finding = finding, .ctx = s};
		if (sr_fixity_check(v, &fixity, &totals, &e) != 0)
			sr_buf_put_str(&s->said, e.text);
		read_at_need(s, v);
		s->by_scrub += says(s, f);
		if (!says(s, f)) {
			log_whole(s, v);
			s->by_verify += says(s, f);
		}
	}
	sr_vault_close(v);
}

/* Nothing was said: what was changed counts for nothing. The file, changed like that, serves alone
 * where there is no other: the copy without the file that it is of, a root without its copy. */
static void must_be_spare(struct story *s, const struct file *f) {
	if (f->kind->how == LINES) { /* what is left are its first lines, unchanged */
		struct sr_buf before;
		size_t n = s->changed.len;
		while (n > 0 && s->changed.p[n - 1] != '\n')
			n--;
		sr_buf_init(&before);
		t_read_file(t_path(s->good, f->path), &before);
		assert_true(n < f->size && (n == 0 || memcmp(before.p, s->changed.p, n) == 0));
		sr_buf_free(&before);
		return;
	}
	static const char *const here[] = {"secrets.db", "secrets.db-redo", "secrets.db-root"};
	static const char *const there[] = {"secrets.db-copy", "secrets.db-copy-root"};
	const bool copy = strncmp(f->path, "second/", 7) == 0;
	const struct sr_vault_open o = {
		.path = s->w->vault, .unlock = world_unlock(), .clock = world_clock(s->w)};
	struct sr_vault *v = NULL;
	struct sr_err e = {0};
	again(s);
	t_write_file(t_path(s->w->path, f->path), s->changed.p, s->changed.len);
	for (size_t i = 0; copy && i < T_COUNT(here); i++)
		assert_int_equal(unlink(t_path(s->w->vault, here[i])), 0);
	for (size_t i = 0; !copy && i < T_COUNT(there); i++)
		assert_int_equal(unlink(t_path(s->w->second, there[i])), 0);
	if (sr_vault_open(&v, &o, &e) != 0)
		fail_msg("%s: nothing was said of a change, and alone it does not open: %s",
			f->path, e.text);
	assert_true(!copy ||
		    (v->recovered.len > 0 && memmem(v->recovered.p, v->recovered.len,
						     "taken from the second copy", 26) != NULL));
	sr_vault_close(v);
}

static void one(struct story *s, const struct file *f, const char *what, size_t at) {
	s->trials++;
	look(s, f);
	if (says(s, f))
		return;
	if ((f->kind->how == SLOTS || f->kind->how == LINES) && s->said.len == 0) {
		s->spare++;
		must_be_spare(s, f);
		return;
	}
	sr_buf_put_u8(&s->said, 0);
	if (s->silent++ < TOLD)
		print_error("%s, %s at %zu of %zu bytes, is not named; said: %s\n", f->path, what,
			at, f->size, s->said.len > 1 ? (const char *)s->said.p : "nothing");
}

/* ${f} as it was, with a bit flipped or cut. */
static void try_it(struct story *s, const struct file *f, const char *what, size_t at, unsigned bit,
	size_t len) {
	sr_buf_clear(&s->changed);
	t_read_file(t_path(s->good, f->path), &s->changed);
	if (bit < 8)
		s->changed.p[at] ^= (uint8_t)(1U << bit);
	s->changed.len = len;
	again(s);
	t_write_file(t_path(s->w->path, f->path), s->changed.p, len);
	one(s, f, what, at);
}

static void flip_one(struct story *s, const struct file *f, size_t at, unsigned bit) {
	try_it(s, f, "a flipped bit", at, bit, f->size);
}

static void cut_one(struct story *s, const struct file *f, size_t len) {
	try_it(s, f, "cut", len, 8, len);
}

/* Every place of ${f} that there is for FLIPS=0. */
static size_t all_places(const struct file *f) {
	if (f->kind->how == NOTHING || f->size == 0)
		return 0;
	return f->size <= SMALL ? f->size * 9 : f->size / 64 + 1 + 5;
}

static int by_size(const void *a, const void *b) {
	const struct file *f = a, *g = b;
	if (f->size != g->size)
		return f->size < g->size ? -1 : 1;
	return strcmp(f->path, g->path);
}

static size_t places(void) {
	const char *text = getenv("FLIPS");
	return text == NULL ? PLACES : (size_t)strtoul(text, NULL, 10);
}

static void test_every_file(void **state) {
	const char *only = getenv("FLIPS_OF"); /* a piece of the paths that are looked at */
	const char *limit = getenv("FLIPS_S");
	const uint64_t until =
		sr_mono_ms() + (limit == NULL ? 86400U : strtoul(limit, NULL, 10)) * 1000U;
	size_t all = 0, whole = 0, counted = 0;
	struct story s;
	(void)state;
	story_make(&s);
	list(&s);
	qsort(s.files, s.count, sizeof s.files[0], by_size);
	/* Untouched, it says nothing at all. */
	again(&s);
	for (size_t i = 0; i < s.count; i++) {
		const struct file *f = &s.files[i];
		if (i == 0) {
			look(&s, f);
			if (s.said.len != 0)
				fail_msg(
					"untouched: %.*s", (int)s.said.len, (const char *)s.said.p);
		}
		all += all_places(f);
		counted += all_places(f) > 0;
		if (all_places(f) == 0 || sr_mono_ms() >= until ||
			(only != NULL && strstr(f->path, only) == NULL))
			continue;
		const size_t before = s.trials, spare = s.spare;
		const uint64_t began = sr_mono_ms();
		if (f->size <= SMALL) {
			for (size_t at = 0; at < f->size && sr_mono_ms() < until;
				at += places() == 0 ? 1 : 9) {
				for (unsigned bit = 0; bit < 8; bit++) {
					if (places() == 0 || (at * 5 + f->size) % 8 == bit)
						flip_one(&s, f, at, bit);
				}
				if (places() == 0 || at % 9 == 0)
					cut_one(&s, f, at);
			}
		} else {
			const size_t n = places() == 0 ? f->size / 64 + 1 : places();
			flip_one(&s, f, 0, 0);
			flip_one(&s, f, f->size - 1, 7);
			for (size_t k = 0; k < n && sr_mono_ms() < until; k++) {
				const size_t step = f->size / n;
				flip_one(&s, f, k * step + (size_t)t_rand(&s.seed, step),
					(unsigned)t_rand(&s.seed, 8));
			}
			cut_one(&s, f, 0);
			cut_one(&s, f, f->size - 1);
			cut_one(&s, f, (size_t)t_rand(&s.seed, f->size));
		}
		whole += sr_mono_ms() < until;
		print_message("%-60s %7zu bytes %6zu trials, %zu of them of "
			      "what is spare, %6llu ms\n",
			f->path, f->size, s.trials - before, s.spare - spare,
			(unsigned long long)(sr_mono_ms() - began));
	}
	print_message(
		"ran %zu of %zu places, %zu of %zu files done: %zu by opening, %zu made anew, "
		"%zu by scrub, %zu by verify, %zu of what is spare\n",
		s.trials, all, whole, counted, s.by_open, s.healed, s.by_scrub, s.by_verify,
		s.spare);
	print_message("%zu places passed, %zu failed\n", s.trials - s.silent, s.silent);
	const size_t trials = s.trials, silent = s.silent;
	story_free(&s);
	assert_int_equal(silent, 0);
	/* A limit of no time, or a path that no file has, proves nothing. */
	assert_int_not_equal(trials, 0);
}

int main(void) {
	char *memory = t_tmp_in_memory();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_file),
	};
	const int rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (memory != NULL)
		t_tmp_remove(memory);
	return rc;
}
