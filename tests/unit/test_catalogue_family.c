/*
 * family: what came out of what, by paths and by what the intake said, for names that are alike,
 * twice there, or cut; hostile facts; marks that spread to all of a family and nobody else; and
 * which say the same.
 */
#include "catalogue/family.h"

#include "catalogue_life.h"
#include "store/columns.h"

enum {
	ZIP,     /* a container, */
	X,       /* its member, */
	INNER,   /* its inner container, */
	Y,       /* what is in that, */
	X_TEXT,  /* a text that was made of the member, */
	X_AGAIN, /* a member of the same name, */
	CUT,     /* and one whose path was cut, which only `of` still knows */
	OTHER,   /* a container of its own */
	OTHER_X,
	NEIGHBOUR, /* whose path only begins alike */
	ABSOLUTE,
	LOST, /* its path is cut and nobody knows where it came from */
	FILES
};

static const char *const paths[FILES] = {"a.zip", "a.zip/x", "a.zip/in.zip", "a.zip/in.zip/y",
	"a.zip/x/(text)", "a.zip/x", "long~cut", "b.zip", "b.zip/x", "a.zipper/x", "/a.zip/x",
	"lost~cut"};

enum {
	JUNK = 1200, /* facts of one key before those that matter: more than are read at once */
	LEFT = 1,
	GOES = 2,
	KEPT = 9
};

static struct sr_err e;

struct family {
	struct rig r;
	char *dir;
	struct sr_dir *d;
	struct sr_backend *backend;
	struct sr_item *it;
	struct sr_family *f;
	uint8_t id[SR_ID];
};

/* An item of files: of one byte each, which ${bytes} has, or of none where that is '0'; NULL: of
 * links. */
static void open_item_of(
	struct family *y, const char *const *names, size_t count, const char *bytes) {
	struct sr_item_options o = {.threads = 1};
	struct sr_manifest m;
	struct sr_buf rows;
	uint64_t block = 0;

	y->dir = t_tmp_new();
	assert_ok(sr_dir_open(&y->d, y->dir, &e), &e);
	assert_ok(sr_backend_dir(&y->backend, y->d, &e), &e);
	o.backend = y->backend;
	sr_manifest_init(&m);
	sr_buf_init(&rows);
	for (size_t i = 0; i < count; i++) {
		struct sr_file f = {.kind = SR_FILE_SYMLINK, .path = sr_bytes_str(names[i])};

		if (bytes != NULL) {
			f.kind = SR_FILE_REGULAR;
			f.size = f.block_count = bytes[i] != '0';
			f.first_block = m.block_count;
			m.block_count += f.block_count;
			m.bytes += f.size;
			memset(f.sha256, bytes[i], SR_HASH);
		}
		sr_file_put(&rows, &f);
	}
	if (count > 0)
		assert_ok(sr_files_pack(&m.files.inline_bytes, sr_buf_view(&rows), &block, &e), &e);
	m.files.len = m.files.inline_bytes.len;
	if (m.block_count > 0) /* nobody reads where they are */
		sr_buf_put_zero(&m.blocks.inline_bytes, 1);
	m.blocks.len = m.blocks.inline_bytes.len;
	m.file_count = count;
	m.dedupe = SR_DEDUPE_COLLECTION;
	assert_ok(sr_item_open(&y->it, &o, &m, &e), &e);
	sr_manifest_free(&m);
	sr_buf_free(&rows);
}

static void open_item(struct family *y, const char *const *names, size_t count) {
	open_item_of(y, names, count, NULL);
}

static void say(struct rig *r, const char *item, struct sr_buf *facts, const char *step) {
	char subject[SR_SUBJECT_TEXT];
	uint8_t id[SR_HASH];

	snprintf(subject, sizeof subject, "item:%s", rig_hex(item));
	rig_begin(r, SR_T_INTAKE, SERVICE);
	f_id(r, "item", item);
	f_dec(r, "number", 1);
	f_put(r, "step", step);
	f_put(r, "result", "done");
	rig_new_object(r, id, subject, sr_buf_view(facts));
	sr_text_put_hex(&r->text, "facts", id, SR_HASH);
	rig_end(r);
	sr_buf_free(facts);
}

static void begin(struct family *y, bool facts) {
	static const char *const items[] = {"the item"};
	struct sr_buf b;

	memset(y, 0, sizeof *y);
	rig_open(&y->r);
	life_board(&y->r);
	s_accession(&y->r, DEPOSITOR, "accession", items, 1);
	s_stored(&y->r, "accession");
	if (facts) {
		sr_buf_init(&b);
		sr_facts_begin(&b);
		for (uint32_t i = 0; i < JUNK;
			i++) /* no number, itself, a file that is not there */
			sr_facts_add(&b, ZIP, "of",
				sr_bytes_str(i % 3 == 0   ? "x"
					     : i % 3 == 1 ? "0"
							  : "4000000000"));
		sr_facts_add(&b, X, "of", sr_bytes_str("0"));
		sr_facts_add(&b, INNER, "of", sr_bytes_str("0"));
		sr_facts_add(&b, Y, "of", sr_bytes_str("0"));
		sr_facts_add(&b, X_AGAIN, "of", sr_bytes_str("0"));
		sr_facts_add(&b, CUT, "of", sr_bytes_str("0"));
		sr_facts_add(&b, CUT, "cut", sr_bytes_str("a.zip/in.zip/a very long name"));
		sr_facts_add(&b, OTHER_X, "of", sr_bytes_str("7"));
		sr_facts_add(&b, LOST, "cut", sr_bytes_str("?"));
		sr_facts_add(&b, 77, "of", sr_bytes_str("0")); /* of no file */
		sr_facts_add(&b, 77, "cut", sr_bytes_str("?"));
		say(&y->r, "the item", &b, "inspect");
	}
	rig_apply(&y->r);
	rig_id(y->id, "the item");
	open_item(y, paths, FILES);
	assert_ok(sr_family_new(&y->f, y->r.cat, y->id, y->it, &e), &e);
}

static void end(struct family *y) {
	sr_family_free(y->f);
	sr_item_close(y->it);
	sr_backend_free(y->backend);
	sr_dir_close(y->d);
	t_tmp_remove(y->dir);
	rig_close(&y->r);
}

struct found {
	uint64_t files[16];
	size_t count, most;
};

static bool found(void *ctx, uint64_t ancestor) {
	struct found *f = ctx;

	assert_true(f->count < T_COUNT(f->files));
	f->files[f->count++] = ancestor;
	return f->count < f->most;
}

/* ${want}: ends with FILES. */
static void ancestors_are(const struct family *y, uint64_t file, const uint64_t *want) {
	struct found f = {.most = 100};
	size_t n = 0;

	assert_true(sr_family_ancestors(y->f, file, found, &f));
	for (; want[n] != FILES; n++)
		if (n >= f.count || f.files[n] != want[n])
			fail_msg("%s: ancestor %zu", paths[file], n);
	assert_int_equal(f.count, n);
}

static void ancestors(void **state) {
	struct family y;
	struct found one = {.most = 1};

	(void)state;
	begin(&y, true);
	ancestors_are(&y, ZIP, (const uint64_t[]){FILES});
	ancestors_are(&y, X, (const uint64_t[]){ZIP, ZIP, FILES}); /* by `of` and by its path */
	ancestors_are(&y, Y, (const uint64_t[]){ZIP, ZIP, INNER, FILES});
	ancestors_are(
		&y, X_TEXT, (const uint64_t[]){ZIP, X, X_AGAIN, FILES}); /* either may be it */
	ancestors_are(&y, CUT, (const uint64_t[]){ZIP, FILES});
	ancestors_are(&y, OTHER_X, (const uint64_t[]){OTHER, OTHER, FILES});
	ancestors_are(&y, NEIGHBOUR, (const uint64_t[]){FILES});
	ancestors_are(&y, ABSOLUTE, (const uint64_t[]){FILES});
	ancestors_are(&y, LOST, (const uint64_t[]){FILES});
	assert_false(sr_family_ancestors(y.f, Y, found, &one)); /* it ends where it is told to */
	assert_int_equal(one.count, 1);
	end(&y);
}

/* ${marked} has LEFT: those of ${want} (a bit for each file) get GOES, and no other. */
static void spreads(const struct family *y, unsigned marked, unsigned want) {
	uint8_t marks[FILES] = {0};

	marks[marked] = LEFT;
	sr_family_spread(y->f, marks, LEFT, GOES);
	for (unsigned i = 0; i < FILES; i++) {
		const uint8_t is = i == marked ? LEFT : (want >> i & 1) != 0 ? GOES : 0;

		if (marks[i] != is)
			fail_msg("%s is marked: %s (%u) has %u, want %u", paths[marked], paths[i],
				i, marks[i], is);
	}
}

#define B(file) (1u << (file))

static void spread(void **state) {
	struct family y;
	uint8_t marks[FILES] = {0};

	(void)state;
	begin(&y, true);
	spreads(&y, ZIP, B(X) | B(INNER) | B(Y) | B(X_TEXT) | B(X_AGAIN) | B(CUT));
	/* Whoever does not trust a part of a container is not left with what nobody can place. */
	spreads(&y, X, B(X_TEXT) | B(CUT));
	spreads(&y, X_AGAIN, B(X_TEXT) | B(CUT));
	spreads(&y, INNER, B(Y) | B(CUT));
	spreads(&y, Y, B(CUT));
	spreads(&y, CUT, 0);
	spreads(&y, X_TEXT, 0);
	spreads(&y, OTHER, B(OTHER_X));
	spreads(&y, OTHER_X, 0);
	spreads(&y, NEIGHBOUR, 0);
	spreads(&y, LOST, 0);
	/* What has a mark keeps it; what another mark has does not count. */
	marks[ZIP] = LEFT;
	marks[Y] = KEPT;
	marks[OTHER] = KEPT;
	sr_family_spread(y.f, marks, LEFT, GOES);
	assert_int_equal(marks[Y], KEPT);
	assert_int_equal(marks[X], GOES);
	assert_int_equal(marks[OTHER_X], 0);
	sr_family_spread(y.f, marks, KEPT, GOES); /* and once more, with nothing left of before */
	assert_int_equal(marks[OTHER_X], GOES);
	assert_int_equal(marks[NEIGHBOUR], 0);
	end(&y);
}

/* What says again what ${file} says, and it what they say. */
static void again_are(struct sr_family *f, unsigned count, unsigned file, unsigned want) {
	uint8_t files[FILES];

	for (unsigned i = 0; i < count; i++) {
		memset(files, 0, sizeof files);
		files[file] = LEFT;
		sr_family_again(f, files);
		if (files[i] != (want >> i & 1))
			fail_msg("%u and %u", file, i);
		memset(files, 0, sizeof files);
		files[i] = LEFT;
		sr_family_again(f, files);
		if (files[file] != (want >> i & 1))
			fail_msg("%u and %u", i, file);
	}
}

static void kin_are(const struct family *y, unsigned file, unsigned want) {
	again_are(y->f, FILES, file, want);
}

static void kin(void **state) {
	struct family y;
	uint64_t source = FILES;

	(void)state;
	begin(&y, true);
	kin_are(&y, ZIP, B(ZIP) | B(X) | B(INNER) | B(Y) | B(X_TEXT) | B(X_AGAIN) | B(CUT));
	kin_are(&y, X, B(ZIP) | B(X) | B(X_TEXT) | B(CUT));
	kin_are(&y, Y, B(ZIP) | B(INNER) | B(Y) | B(CUT));
	kin_are(&y, CUT, B(ZIP) | B(X) | B(INNER) | B(Y) | B(X_AGAIN) | B(CUT));
	kin_are(&y, OTHER, B(OTHER) | B(OTHER_X));
	kin_are(&y, NEIGHBOUR, B(NEIGHBOUR));
	kin_are(&y, LOST, B(LOST));
	/* Of which of two it is the text, the name does not say. */
	assert_false(sr_family_source(&source, y.f, X_TEXT));
	assert_true(sr_family_has_source(y.f, X_TEXT)); /* but there it is */
	assert_true(sr_family_has_source(y.f, OTHER_X));
	assert_false(sr_family_has_source(y.f, OTHER));
	assert_true(sr_family_source(&source, y.f, OTHER_X));
	assert_int_equal(source, OTHER);
	assert_false(sr_family_source(&source, y.f, OTHER));
	assert_false(sr_family_source(&source, y.f, ABSOLUTE));
	end(&y);
}

/* Begun for an item that the caller opens in place of the usual one, which the caller closes. */
static struct sr_item *begin_for_another(struct family *y) {
	begin(y, false);
	sr_backend_free(y->backend);
	sr_dir_close(y->d);
	t_tmp_remove(y->dir);
	return y->it;
}

/* Paths of thousands of slashes, and one that would stand between a path and what is behind it. */
static void deep(void **state) {
	enum {
		MANY = 12, /* what a manifest has without parts */
		LONG = 2000
	};
	static char text[MANY][LONG + 9];
	static const char *names[MANY];
	static uint8_t marks[MANY];
	struct sr_family *f = NULL;
	struct found up = {.most = 100};
	struct family y;
	struct sr_item *it;

	(void)state;
	it = begin_for_another(&y);
	for (size_t i = 0; i < MANY; i++) {
		for (size_t at = 0; at < LONG; at += 2)
			memcpy(text[i] + at, "d/", 2);
		(void)snprintf(text[i] + LONG, 9, "%zu", i);
		names[i] = text[i];
	}
	names[0] = "d/d";
	names[1] = "d/d/d";
	names[2] = "d-d/d"; /* sorts between the others, were the slash a byte like others */
	open_item(&y, names, MANY);
	assert_ok(sr_family_new(&f, y.r.cat, y.id, y.it, &e), &e);
	marks[1] = LEFT;
	sr_family_spread(f, marks, LEFT, GOES);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(marks[i], i == 0 || i == 2 ? 0 : i == 1 ? LEFT : GOES);
	assert_true(sr_family_ancestors(f, MANY - 1, found, &up));
	assert_int_equal(up.count, 2);
	assert_int_equal(up.files[0], 0);
	assert_int_equal(up.files[1], 1);
	sr_family_free(f);
	sr_item_close(it);
	end(&y);
}

/* An item that nobody looked through, or whose facts are gone, has its paths. */
static void paths_alone(void **state) {
	struct family y;

	(void)state;
	begin(&y, false);
	spreads(&y, ZIP, B(X) | B(INNER) | B(Y) | B(X_TEXT) | B(X_AGAIN));
	spreads(&y, X, B(X_TEXT));
	ancestors_are(&y, CUT, (const uint64_t[]){FILES});
	end(&y);
}

/* Files of the same bytes say the same, and so do their families. */
static void copies(void **state) {
	enum {
		MAIL,
		MAIL_PICTURE,
		PICTURE,
		BOX,
		BOX_PICTURE,
		ALONE,
		EMPTY,
		EMPTY_TOO,
		MADE,
		TYPED,
		COPIES
	};
	static const char *const names[COPIES] = {"m.eml", "m.eml/p", "p", "z.zip", "z.zip/q",
		"alone", "e", "f", "m.eml/p/(text)", "typed"};
	const unsigned pictures = B(MAIL_PICTURE) | B(PICTURE) | B(BOX_PICTURE);
	uint8_t none[COPIES] = {0};
	struct sr_family *f = NULL;
	struct family y;
	struct sr_item *it;

	(void)state;
	it = begin_for_another(&y);
	open_item_of(&y, names, COPIES, "mppzpa00tt");
	assert_ok(sr_family_new(&f, y.r.cat, y.id, y.it, &e), &e);
	again_are(f, COPIES, PICTURE, pictures | B(MAIL) | B(BOX) | B(MADE) | B(TYPED));
	again_are(f, COPIES, MAIL, B(MAIL) | pictures | B(MADE) | B(TYPED));
	again_are(f, COPIES, BOX, B(BOX) | pictures);
	again_are(f, COPIES, TYPED, B(TYPED) | B(MADE) | pictures | B(MAIL));
	again_are(f, COPIES, ALONE, B(ALONE));
	again_are(f, COPIES, EMPTY, B(EMPTY));
	sr_family_again(f, none);
	for (size_t i = 0; i < COPIES; i++)
		assert_int_equal(none[i], 0);
	assert_int_equal(sr_family_copy(f, EMPTY), EMPTY);
	assert_int_equal(sr_family_copy(f, MAIL_PICTURE), PICTURE);
	assert_int_equal(sr_family_copy(f, BOX_PICTURE), MAIL_PICTURE);
	assert_int_equal(sr_family_copy(f, ALONE), ALONE);
	sr_family_free(f);
	sr_item_close(it);
	end(&y);
}

static void no_files(void **state) {
	struct family y;
	struct sr_family *none = NULL;
	struct sr_item *it;
	uint8_t mark = 0;

	(void)state;
	it = begin_for_another(&y);
	open_item(&y, NULL, 0);
	assert_ok(sr_family_new(&none, y.r.cat, y.id, y.it, &e), &e);
	sr_family_spread(none, &mark, LEFT, GOES);
	sr_family_again(none, &mark);
	assert_int_equal(mark, 0);
	sr_family_free(none);
	sr_item_close(it);
	end(&y);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ancestors),
		cmocka_unit_test(spread),
		cmocka_unit_test(kin),
		cmocka_unit_test(paths_alone),
		cmocka_unit_test(deep),
		cmocka_unit_test(copies),
		cmocka_unit_test(no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
