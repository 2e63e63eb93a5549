/*
 * Exports: one age file to the recipient that the board granted, read back with the recipient's
 * key; what the log says of it; and everything that may not be exported.
 */
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "crypto/age.h"
#include "crypto/hash.h"
#include "room/tar.h"
#include "world.h"

static bool other_sums; /* of a machine that reckons otherwise today */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
void __real_sr_sha256_final(struct sr_sha256 *h, uint8_t out[SR_HASH]);
void __wrap_sr_sha256_final(struct sr_sha256 *h, uint8_t out[SR_HASH]);

void __wrap_sr_sha256_final(struct sr_sha256 *h, uint8_t out[SR_HASH]) {
	__real_sr_sha256_final(h, out);
	out[0] ^= other_sums;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* A grant of kind export over one item, checked out with right export. */
struct desk {
	struct world *w;
	uint8_t item[1][SR_ID];
	uint8_t grant[SR_ID];
	uint8_t sk[SR_X_SK];
	char recipient[SR_AGE_RECIPIENT_TEXT];
	struct world_request rq;
	struct world_checkout c;
};

static struct desk *desk_in(
	const struct world_options *o, const struct world_file *files, size_t count) {
	struct desk *d = calloc(1, sizeof *d);
	struct world_deposit dep = {.files = files, .count = count, .together = true};
	uint8_t pk[SR_X_PK];

	assert_non_null(d);
	d->w = world_new(o);
	assert_ok(world_deposit(d->w, &dep), &d->w->out.err);
	memcpy(d->item[0], dep.items[0], SR_ID);
	world_held_release(d->w, d->item[0]);
	sr_box_keypair(pk, d->sk);
	sr_age_recipient_text(d->recipient, pk);
	d->rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 1,
		.recipient = d->recipient};
	assert_ok(world_request(d->w, &d->rq), &d->w->out.err);
	world_grant(d->w, d->rq.id, d->grant);
	d->c = (struct world_checkout){.by = &d->w->researcher[0],
		.grant = d->grant,
		.item = d->item[0],
		.right = "export"};
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	return d;
}

static struct desk *desk_new(const struct world_file *files, size_t count) {
	return desk_in(NULL, files, count);
}

static void desk_free(struct desk *d) {
	world_free(d->w);
	free(d);
}

/* The whole export, taken in pieces of ${max}: large ones into a buffer of their own. */
static void take(struct desk *d, size_t max, struct sr_buf *out) {
	struct sr_buf piece;
	size_t got = 1;

	sr_buf_init_secret(&piece);

	assert_ok(sr_room_export_begin(d->w->room, d->c.id, d->c.by->person, &d->w->e), &d->w->e);
	while (got > 0) {
		size_t before = out->len;

		sr_buf_clear(&piece);
		assert_ok(sr_room_export_read(d->w->room, d->c.id, max < 65536 ? out : &piece, max,
				  &got, &d->w->e),
			&d->w->e);
		assert_true(got <= max);
		sr_buf_put(out, piece.p, piece.len);
		assert_int_equal(out->len - before, got);
	}
	sr_buf_free(&piece);
}

static void decrypt(struct desk *d, const struct sr_buf *sealed, struct sr_buf *plain) {
	struct sr_age_reader *r = NULL;

	sr_buf_init(plain);
	assert_ok(sr_age_reader_new(&r, d->sk, sr_age_sink_buf(plain), &d->w->e), &d->w->e);
	assert_ok(sr_age_reader_write(r, sealed->p, sealed->len, &d->w->e), &d->w->e);
	assert_ok(sr_age_reader_finish(r, &d->w->e), &d->w->e);
	sr_age_reader_free(r);
}

/* The `export` statement says exactly what left. */
static void check_logged(struct desk *d, const struct sr_buf *sealed) {
	struct sr_entry en;
	uint8_t want[SR_HASH], have[SR_HASH], id[SR_ID];
	uint64_t bytes = 0;

	world_last(d->w, SR_T_EXPORT, &en);
	sr_sha256(want, sealed->p, sealed->len);
	assert_ok(sr_field_hash(have, &en.statement, "sha256", 0, NULL), NULL);
	assert_memory_equal(have, want, SR_HASH);
	assert_ok(sr_field_dec(&bytes, &en.statement, "bytes", 0, NULL), NULL);
	assert_int_equal(bytes, sealed->len);
	assert_ok(sr_field_id(id, &en.statement, "item", 0, NULL), NULL);
	assert_memory_equal(id, d->item[0], SR_ID);
	sr_entry_free(&en);
}

static void one_file_is_itself(void **state) {
	(void)state;
	static const size_t sizes[] = {1, 1000, 65536, 1 << 20};
	struct sr_buf content, sealed, plain;
	struct world_file f = {.path = "data.bin"};
	struct desk *d;

	sr_buf_init(&content);
	assert_ok(sr_buf_reserve(&content, 2500000, NULL), NULL);
	content.len = 2500000;
	t_fill(content.p, content.len, 3);
	f.content = sr_buf_view(&content);
	d = desk_new(&f, 1);
	for (size_t i = 1; i < T_COUNT(sizes); i++) {
		sr_buf_init(&sealed);
		take(d, sizes[i], &sealed);
		check_logged(d, &sealed);
		decrypt(d, &sealed, &plain);
		assert_int_equal(plain.len, content.len);
		assert_memory_equal(plain.p, content.p, plain.len);
		sr_buf_free(&sealed);
		sr_buf_free(&plain);
	}
	assert_int_equal(world_count(d->w, SR_T_EXPORT), T_COUNT(sizes) - 1);
	sr_buf_free(&content);
	desk_free(d);
}

struct left {
	const char *path;
	struct sr_bytes content;
};

/* The export is a tar of ${files}, then of the list of what is not in it, and of nothing else. */
static void leave(struct desk *d, const struct left *files, size_t count, const char *list) {
	const struct sr_tar_file last = {
		sr_bytes_str("NOT-EXPORTED-2.txt"), strlen(list), d->w->now, 0};
	struct sr_buf sealed, plain, want;

	sr_buf_init(&sealed);
	sr_buf_init(&want);
	take(d, 100000, &sealed);
	decrypt(d, &sealed, &plain);
	for (size_t i = 0; i < count; i++) {
		const struct sr_tar_file t = {
			sr_bytes_str(files[i].path), files[i].content.len, W_TIME - W_DAY, 0};

		sr_tar_header(&want, &t);
		sr_buf_put_bytes(&want, files[i].content);
		sr_tar_pad(&want, t.size);
	}
	sr_tar_header(&want, &last);
	sr_buf_put_str(&want, list);
	sr_tar_pad(&want, last.size);
	sr_tar_end(&want);
	assert_int_equal(plain.len, want.len);
	assert_memory_equal(plain.p, want.p, want.len);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	sr_buf_free(&want);
}

/* Links and what has no content are listed, not made; a file that has the list's name already keeps
 * it. */
static void without_content(void **state) {
	(void)state;
	static const char want_list[] =
		"link: symbolic link to ../../../etc/passwd\n"
		"pipe: special file\n"
		"torn\\x1b.txt: not read at the deposit, input/output error\n";
	struct world_file files[] = {
		{.path = "link", .kind = SR_FILE_SYMLINK, .note = "../../../etc/passwd"},
		{.path = "a.txt", .content = sr_bytes_str("content")},
		{.path = "pipe", .kind = SR_FILE_SPECIAL},
		{.path = "NOT-EXPORTED.txt", .content = sr_bytes_str("of the item")},
		{.path = "torn\x1b.txt", .kind = SR_FILE_UNREADABLE, .note = "input/output error"}};
	struct desk *d = desk_new(files, T_COUNT(files));
	const struct left left[] = {
		{"a.txt", files[1].content}, {"NOT-EXPORTED.txt", files[3].content}};

	leave(d, left, T_COUNT(left), want_list);
	desk_free(d);
}

/* What would have one name where it is unpacked is told apart: with tar the last one wins. */
static void of_one_name(void **state) {
	static const char want_list[] = "link: symbolic link to x\n";
	struct world_file files[] = {{.path = "x", .content = sr_bytes_str("one")},
		{.path = "./x", .content = sr_bytes_str("two")},
		{.path = "./NOT-EXPORTED.txt", .content = sr_bytes_str("of the item")},
		{.path = "/x", .content = sr_bytes_str("three")},
		{.path = "x~3", .content = sr_bytes_str("its own")},
		{.path = "y//z", .content = sr_bytes_str("four")},
		{.path = "link", .kind = SR_FILE_SYMLINK, .note = "x"}};
	const struct left left[] = {{"x", files[0].content}, {"x~1", files[1].content},
		{"NOT-EXPORTED.txt", files[2].content}, {"x~3~", files[3].content},
		{"x~3", files[4].content}, {"y/z", files[5].content}};
	struct desk *d = desk_new(files, T_COUNT(files));

	(void)state;
	leave(d, left, T_COUNT(left), want_list);
	desk_free(d);
}

static void an_empty_file(void **state) {
	(void)state;
	struct world_file f = {.path = "empty", .content = {(const uint8_t *)"", 0}};
	struct desk *d = desk_new(&f, 1);
	struct sr_buf sealed, plain;

	sr_buf_init(&sealed);
	take(d, 1, &sealed);
	check_logged(d, &sealed);
	decrypt(d, &sealed, &plain);
	assert_int_equal(plain.len, 0);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	desk_free(d);
}

static void several_files_are_an_archive(void **state) {
	(void)state;
	struct world_file files[] = {{.path = "a.txt", .content = sr_bytes_str("first")},
		{.path = "sub/b.txt", .content = sr_bytes_str("")},
		{.path = "\xd0\xbc\xd0\xb8\xd1\x80", .content = sr_bytes_str("third")}};
	struct desk *d = desk_new(files, T_COUNT(files));
	struct sr_buf sealed, plain, want;
	char command[2 * T_PATH];

	sr_buf_init(&sealed);
	sr_buf_init(&want);
	take(d, 4096, &sealed);
	check_logged(d, &sealed);
	decrypt(d, &sealed, &plain);
	for (size_t i = 0; i < T_COUNT(files); i++) {
		struct sr_tar_file t = {
			sr_bytes_str(files[i].path), files[i].content.len, W_TIME - W_DAY, 0};

		sr_tar_header(&want, &t);
		sr_buf_put_bytes(&want, files[i].content);
		sr_tar_pad(&want, t.size);
	}
	sr_tar_end(&want);
	assert_int_equal(plain.len, want.len);
	assert_memory_equal(plain.p, want.p, want.len);
	t_write_file(t_path(d->w->path, "x.tar"), plain.p, plain.len);
	(void)snprintf(command, sizeof command, "tar -tf '%s/x.tar' >/dev/null 2>&1", d->w->path);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	sr_buf_free(&want);
	desk_free(d);
}

/* The stock program opens it. */
static void age_opens_it(void **state) {
	(void)state;
	struct world_file f = {
		.path = "letter.txt", .content = sr_bytes_str("for the stock program\n")};
	struct desk *d;
	struct sr_buf sealed, plain;
	char key[SR_AGE_IDENTITY_TEXT], command[4 * T_PATH];

	if (system("age --version >/dev/null 2>&1") != 0) { // NOLINT(cert-env33-c)
		print_message("age is not installed\n");
		skip();
	}
	d = desk_new(&f, 1);
	sr_buf_init(&sealed);
	sr_buf_init(&plain);
	take(d, 65536, &sealed);
	sr_age_identity_text(key, d->sk);
	t_write_file(t_path(d->w->path, "key"), key, strlen(key));
	t_write_file(t_path(d->w->path, "x.age"), sealed.p, sealed.len);
	(void)snprintf(command, sizeof command, "cd '%s' && age -d -i key -o x x.age", d->w->path);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	t_read_file(t_path(d->w->path, "x"), &plain);
	assert_int_equal(plain.len, f.content.len);
	assert_memory_equal(plain.p, f.content.p, plain.len);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	desk_free(d);
}

static void abandoned_and_begun_anew(void **state) {
	(void)state;
	struct world_file f = {.path = "letter.txt", .content = sr_bytes_str("not to be finished")};
	struct desk *d = desk_new(&f, 1);
	struct world *w = d->w;
	struct sr_buf part;
	size_t got = 0;

	struct sr_db *db = sr_catalogue_db(w->v->catalogue);
	char sql[400];

	sr_buf_init(&part);
	assert_fails(sr_room_export_read(w->room, d->c.id, &part, 10, &got, &w->e), SR_USAGE, &w->e,
		"no export is under way");
	/* without somebody to seal it to there is none, whoever lost the name */
	assert_ok(sr_db_exec(db, "update versions set recipient = null", &w->e), &w->e);
	assert_fails(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), SR_CORRUPT,
		&w->e, "the request names no recipient");
	assert_ok(sr_db_exec(db, "update versions set recipient = 'age1nobody'", &w->e), &w->e);
	assert_fails(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), SR_CORRUPT,
		&w->e, "the recipient that the request names: ");
	snprintf(sql, sizeof sql, "update versions set recipient = '%s'", d->recipient);
	assert_ok(sr_db_exec(db, sql, &w->e), &w->e);
	assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
	assert_fails(sr_room_export_read(w->room, d->c.id, &part, 0, &got, &w->e), SR_MISUSE, &w->e,
		"at a time");
	assert_ok(sr_room_export_read(w->room, d->c.id, &part, 10, &got, &w->e), &w->e);
	assert_int_equal(got, 10);
	sr_room_export_end(w->room, d->c.id);
	assert_int_equal(world_count(w, SR_T_EXPORT), 0);
	assert_int_equal(world_count(w, SR_T_VIEWED), 2); /* open, export: that it began is known */
	assert_fails(sr_room_export_read(w->room, d->c.id, &part, 10, &got, &w->e), SR_USAGE, &w->e,
		"no export is under way");
	sr_buf_clear(&part);
	take(d, 100, &part);
	check_logged(d, &part);
	/* The end of the grant ends an export in the middle. */
	assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
	assert_ok(sr_room_export_read(w->room, d->c.id, &part, 10, &got, &w->e), &w->e);
	world_revoke(w, d->grant);
	assert_fails(sr_room_export_read(w->room, d->c.id, &part, 10, &got, &w->e), SR_NOTFOUND,
		&w->e, "not open");
	assert_int_equal(world_count(w, SR_T_EXPORT), 1);
	sr_buf_free(&part);
	desk_free(d);
}

/* The last bytes do not leave before the statement is in the ledger. */
static void logged_before_the_end(void **state) {
	(void)state;
	struct world_file f = {.path = "letter.txt", .content = sr_bytes_str("logged first")};
	struct desk *d = desk_new(&f, 1);
	struct world *w = d->w;
	struct sr_buf all;
	size_t got = 0;

	sr_buf_init(&all);
	assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
	while (world_count(w, SR_T_EXPORT) == 0) {
		sr_buf_clear(&all);
		assert_ok(sr_room_export_read(w->room, d->c.id, &all, 1, &got, &w->e), &w->e);
		assert_int_equal(got, 1);
	}
	assert_ok(sr_room_export_read(w->room, d->c.id, &all, 1, &got, &w->e), &w->e);
	assert_int_equal(got, 0);
	assert_ok(sr_room_export_read(w->room, d->c.id, &all, 1, &got, &w->e), &w->e);
	assert_int_equal(got, 0);
	assert_int_equal(world_count(w, SR_T_EXPORT), 1);
	/* When it cannot be written, they stay. */
	assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
	sr_fault_set(1, 5 /* EIO */);
	sr_buf_clear(&all);
	assert_fails(sr_room_export_read(w->room, d->c.id, &all, 65536, &got, &w->e), SR_IO, &w->e,
		NULL);
	sr_fault_set(0, 0);
	assert_int_equal(all.len, 0);
	assert_int_equal(got, 0);
	sr_buf_free(&all);
	desk_free(d);
}

/* Of several pieces, read in parts of any size: what leaves is what is logged, and who reads is
 * told beforehand which read logs it. */
static void told_before_the_last(void **state) {
	(void)state;
	static uint8_t content[2 * SR_EXPORT_READ + SR_BLOCK + 77];
	static const size_t reads[] = {SR_EXPORT_READ, SR_EXPORT_READ - 4095, 1 << 20, 300001};
	struct world_file f = {.path = "data.bin", .content = {content, sizeof content}};
	struct sr_buf sealed, plain, piece;
	struct desk *d;
	struct world *w;

	t_fill(content, sizeof content, 11);
	d = desk_new(&f, 1);
	w = d->w;
	assert_false(sr_room_export_is_announced(w->room, d->c.id));
	for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
		size_t got = 1, count = 0, last = 0;

		sr_buf_init(&sealed);
		sr_buf_init(&piece);
		assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
		while (got > 0) {
			const bool told = sr_room_export_is_announced(w->room, d->c.id);

			sr_buf_clear(&piece);
			assert_ok(sr_room_export_read(
					  w->room, d->c.id, &piece, reads[i], &got, &w->e),
				&w->e);
			sr_buf_put(&sealed, piece.p, piece.len);
			count += got > 0;
			last += told;
			/* None is logged of which that was not said; said it is late. */
			assert_true(world_count(w, SR_T_EXPORT) == i || told || got == 0);
			assert_true(!told || sealed.len > sizeof content - SR_EXPORT_READ);
		}
		assert_int_equal(world_count(w, SR_T_EXPORT), i + 1);
		assert_true(count > 2 && last > 0 && (i > 0 || last == 1));
		assert_false(sr_room_export_is_announced(w->room, d->c.id));
		check_logged(d, &sealed);
		decrypt(d, &sealed, &plain);
		assert_int_equal(plain.len, sizeof content);
		assert_memory_equal(plain.p, content, sizeof content);
		sr_buf_free(&sealed);
		sr_buf_free(&piece);
		sr_buf_free(&plain);
	}
	desk_free(d);
}

/* A bit of every pack that holds a block of a mebibyte, turned over. */
static int flip_large(void *ctx, const char *name, struct sr_err *e) {
	const struct world *w = ctx;
	const char *path = t_path(w->vault, name);
	struct sr_buf b;

	(void)e;
	sr_buf_init(&b);
	t_read_file(path, &b);
	if (b.len > SR_BLOCK) {
		b.p[b.len / 2] ^= 1;
		t_write_file(path, b.p, b.len);
	}
	sr_buf_free(&b);
	return 0;
}

/* A pack is damaged under an export: it fails by the block's name, and from then on gives nothing,
 * not even what was sealed before; from the mended pack it begins anew. */
static void damaged_in_the_middle(void **state) {
	(void)state;
	static uint8_t content[SR_BLOCK];
	struct world_file f = {.path = "data.bin", .content = {content, sizeof content}};
	struct sr_buf sealed, plain;
	struct desk *d;
	struct world *w;
	size_t got = 9;

	t_fill(content, sizeof content, 5);
	d = desk_new(&f, 1);
	w = d->w;
	sr_buf_init(&sealed);
	assert_ok(sr_backend_list(w->v->store, "packs", flip_large, w, &w->e), &w->e);
	assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
	assert_fails(sr_room_export_read(w->room, d->c.id, &sealed, 65536, &got, &w->e), SR_AUTH,
		&w->e, "file \"data.bin\": block 1 of 1");
	for (size_t max = 1; max <= 65536; max *= 256) {
		assert_fails(sr_room_export_read(w->room, d->c.id, &sealed, max, &got, &w->e),
			SR_MISUSE, &w->e, "the export failed before; begin it again");
		assert_int_equal(got, 0);
	}
	assert_int_equal(sealed.len, 0);
	assert_int_equal(world_count(w, SR_T_EXPORT), 0);
	assert_ok(sr_backend_list(w->v->store, "packs", flip_large, w, &w->e), &w->e);
	/* Whole on the disk, and not what the deposit was told of. */
	assert_ok(sr_room_export_begin(w->room, d->c.id, d->c.by->person, &w->e), &w->e);
	other_sums = true;
	assert_fails(sr_room_export_read(w->room, d->c.id, &sealed, 2 << 20, &got, &w->e), SR_AUTH,
		&w->e, "file \"data.bin\": its SHA-256 is not the one of the deposit");
	other_sums = false;
	assert_int_equal(sealed.len, 0);
	assert_int_equal(world_count(w, SR_T_EXPORT), 0);
	take(d, 65536, &sealed);
	decrypt(d, &sealed, &plain);
	assert_int_equal(plain.len, sizeof content);
	assert_memory_equal(plain.p, content, sizeof content);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	desk_free(d);
}

static void rights_are_kept_apart(void **state) {
	(void)state;
	struct world_file f = {.path = "letter.txt", .content = sr_bytes_str("either or")};
	struct desk *d = desk_new(&f, 1);
	struct world *w = d->w;
	struct world_request rq = {
		.by = &w->researcher[1], .items = (const uint8_t(*)[SR_ID])d->item, .count = 1};
	uint8_t grant[SR_ID];
	struct world_checkout c = {
		.by = &w->researcher[1], .grant = grant, .item = d->item[0], .right = "export"};
	struct sr_buf text;

	sr_buf_init(&text);
	assert_fails(world_read(w, &d->c, 0, &text), SR_DENIED, &w->e, "for an export");
	assert_fails(sr_room_export_begin(w->room, d->c.id, w->researcher[1].person, &w->e),
		SR_NOTFOUND, &w->e, "the checkout is not open");
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	assert_fails(world_checkout(w, &c), SR_DENIED, &w->out.err, "right-not-granted");
	c.right = "access";
	assert_ok(world_checkout(w, &c), &w->out.err);
	assert_ok(world_open(w, &c), &w->e);
	assert_fails(sr_room_export_begin(w->room, c.id, c.by->person, &w->e), SR_DENIED, &w->e,
		"of right access");
	sr_buf_free(&text);
	desk_free(d);
}

/* A copy is whole or not made: what was marked since the grant, above its level, stops it, also one
 * that is under way. */
static void a_part_above_the_grant(void **state) {
	static const struct {
		const char *mark, *says;
	} rows[] = {
		{"minors@1", "a part of the item (file 1) has the hazard minors, which this "
			     "grant's level does not cover: have the item sealed anew, and ask "
			     "for the copy again"},
		{"minors@0:p2-3", "a part of the item (file 0, "},
	};
	const struct world_file files[] = {{.path = "a.txt", .content = sr_bytes_str("one\n")},
		{.path = "b.txt", .content = sr_bytes_str("two\n")}};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct desk *d =
			desk_in(&(struct world_options){.members = 3, .level = {2, 3}}, files, 2);
		struct world_draft draft;
		struct sr_buf out;
		size_t got = 0;

		sr_buf_init(&out);
		assert_ok(sr_room_export_begin(d->w->room, d->c.id, d->c.by->person, &d->w->e),
			&d->w->e);
		assert_ok(sr_room_export_read(d->w->room, d->c.id, &out, 16, &got, &d->w->e),
			&d->w->e);
		world_begin(&draft, d->w, &d->w->curator[0], SR_T_DESCRIBE);
		sr_text_put_hex(&draft.text, "item", d->item[0], SR_ID);
		sr_text_put(&draft.text, "mark", rows[i].mark);
		assert_ok(world_commit(&draft, NULL), &d->w->out.err);
		assert_fails(sr_room_export_read(
				     d->w->room, d->c.id, &out, SR_EXPORT_READ, &got, &d->w->e),
			SR_DENIED, &d->w->e, rows[i].says);
		assert_int_equal(out.len, 16);
		sr_buf_free(&out);
		assert_fails(sr_room_export_begin(d->w->room, d->c.id, d->c.by->person, &d->w->e),
			SR_DENIED, &d->w->e, rows[i].says);
		desk_free(d);
	}
}

/* What is marked for referral, held or released: handed over to the authority's key by an officer's
 * request of its own, never shown, and by no other right. */
static void referral_is_handed_over(void **state) {
	(void)state;
	static const char words[] = "what must be reported\n";
	struct world_file f = {.path = "page.txt", .content = {(const uint8_t *)words, 22}};
	struct world_deposit dep = {.files = &f, .count = 1};
	struct desk *d = calloc(1, sizeof *d);
	char recipient[SR_AGE_RECIPIENT_TEXT];
	struct sr_buf sealed, plain, text;
	uint8_t pk[SR_X_PK], clean[1][SR_ID];
	struct world *w;

	assert_non_null(d);
	w = d->w = world_new(&(struct world_options){.members = 3, .level = {2, 3}});
	assert_ok(world_deposit(w, &dep), &w->out.err);
	memcpy(clean[0], dep.items[0], SR_ID);
	world_held_release(w, clean[0]);
	sr_box_keypair(pk, d->sk);
	sr_age_recipient_text(recipient, pk);
	for (int released = 0; released < 2; released++) {
		assert_ok(world_deposit(w, &dep), &w->out.err);
		memcpy(d->item[0], dep.items[0], SR_ID);
		if (released != 0)
			world_held_release(w, d->item[0]);
		d->rq = (struct world_request){.by = &w->officer,
			.kind = "referral",
			.items = (const uint8_t(*)[SR_ID])d->item,
			.count = 1,
			.authority = "State police, K 5, 12/31",
			.recipient = recipient};
		assert_fails(
			world_request(w, &d->rq), SR_DENIED, &w->out.err, "rule referral-marked");
		assert_ok(world_describe(w, &w->curator[0], d->item[0], "A page", "referral"),
			&w->out.err);
		d->rq.by = &w->researcher[0];
		assert_fails(world_request(w, &d->rq), SR_DENIED, &w->out.err, "rule role-missing");
		d->rq.by = released != 0 ? &w->curator[0] : &w->officer;
		assert_ok(world_request(w, &d->rq), &w->out.err);
		world_grant(w, d->rq.id, d->grant);
		d->c = (struct world_checkout){
			.by = d->rq.by, .grant = d->grant, .item = d->item[0], .right = "export"};
		assert_fails(
			world_checkout(w, &d->c), SR_DENIED, &w->out.err, "rule right-not-granted");
		d->c.right = "access";
		assert_fails(
			world_checkout(w, &d->c), SR_DENIED, &w->out.err, "rule right-not-granted");
		d->c.right = "referral";
		assert_ok(world_checkout(w, &d->c), &w->out.err);
		assert_ok(world_open(w, &d->c), &w->e);
		sr_buf_init_secret(&text);
		assert_fails(world_read(w, &d->c, 0, &text), SR_DENIED, &w->e,
			"handed over unseen, never shown");
		sr_buf_free(&text);
		sr_buf_init(&sealed);
		take(d, 65536, &sealed);
		check_logged(d, &sealed);
		decrypt(d, &sealed, &plain);
		assert_int_equal(plain.len, 22);
		assert_memory_equal(plain.p, words, 22);
		sr_buf_free(&sealed);
		sr_buf_free(&plain);
		assert_ok(world_return(w, &d->c), &w->out.err);
		assert_ok(world_close_grant(w, d->rq.by, d->grant), &w->out.err);
	}
	/* Not by way of another request, and nothing else by this one. */
	d->rq.items = (const uint8_t(*)[SR_ID])clean;
	assert_fails(world_request(w, &d->rq), SR_DENIED, &w->out.err, "rule referral-marked");
	world_free(w);
	free(d);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(referral_is_handed_over),
		cmocka_unit_test(a_part_above_the_grant),
		cmocka_unit_test(one_file_is_itself),
		cmocka_unit_test(without_content),
		cmocka_unit_test(of_one_name),
		cmocka_unit_test(an_empty_file),
		cmocka_unit_test(several_files_are_an_archive),
		cmocka_unit_test(age_opens_it),
		cmocka_unit_test(abandoned_and_begun_anew),
		cmocka_unit_test(logged_before_the_end),
		cmocka_unit_test(told_before_the_last),
		cmocka_unit_test(damaged_in_the_middle),
		cmocka_unit_test(rights_are_kept_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
