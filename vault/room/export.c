/*
 * export - an item as one age file to the recipient that the board granted, piece by piece
 * (room.h).
 *
 *   one regular file:  the bare file
 *   anything else:     a pax archive (room/tar.h) of the regular files; what the vault made of them
 * (renditions) is left out: it is no evidence, and can be made again; but for the text of a file
 * that a redaction left out, which is what the version has; what has no content (links,
 * special files, what could not be read at the deposit) is listed with its reason in a last file,
 * NOT-EXPORTED.txt; members of containers lie in folders beside these (room/folders.h). Links are
 * not made into links: an archive that plants one is how files get outside where they are unpacked.
 *
 *   on request:        a bag of all of it (room/bagging.h), as tar
 *
 *   FILES --file by file--> NOTES --> END --finish--> DONE;  any failure -> FAILED (sticky)
 *   a bag: HEAD --> FILES --> TAIL --> END
 *
 * begin writes `viewed export`, so that an abandoned export is on the record by the missing
 * `export` statement. That is written before the last bytes leave: without them age refuses the
 * file's end. A reader's own program need not: all that left before is theirs, and so `audit
 * report` lists exports that only began. Every file's SHA-256 is checked on the way.
 *
 * Of a large file each block goes through three things that only go forward: the digests of the
 * file, age, and the SHA-256 of what leaves. The digests are made on a thread beside, which may be
 * SR_LANES blocks behind: for so long the reader keeps them. This one seals a block, and hashes
 * what became of it while it is near: on a thread of its own that takes half as long again, since
 * the bytes come from another core's memory. Nobody touches a block or the digests until they are
 * back (aside, back).
 *
 * Who reads may first want to know that what came is kept, before `export` is on the record: so the
 * read that logs it is announced (sr_room_export_is_announced), unless nothing came before it.
 */
#include "room/room_internal.h"

#include "base/escape.h"
#include "base/pool.h"
#include "board/authorize.h"
#include "crypto/age.h"
#include "crypto/digest.h"
#include "room/bagging.h"
#include "room/folders.h"
#include "room/tar.h"

enum {
	ASIDE_MIN = 256 << 10 /* bytes; for less the waking of a thread costs what it saves */
};

enum stage {
	HEAD,
	FILES,
	NOTES,
	TAIL,
	END,
	DONE,
	FAILED
};
struct room_export;
struct aside { /* a block and whose digests it goes into */
	struct room_export *x;
	struct sr_bytes part;
};
struct room_export {
	enum stage stage;
	bool bare;
	bool *stays;                   /* by file: what the vault made of another (room_made) */
	uint64_t file, offset;         /* what comes next */
	struct sr_item_blocks *blocks; /* the content of all files, read ahead */
	struct sr_buf notes;           /* lines about what has no content; secret */
	struct sr_sha256 *file_sha;
	struct sr_bagging *bag;     /* NULL: no bag */
	struct sr_folders *folders; /* of an archive without a bag */
	struct sr_digest *file_512;
	struct sr_pool *digester; /* one thread; NULL before it is needed, or where there is none */
	struct aside asides[SR_LANES];
	uint64_t sent, back;   /* of them, ever */
	struct sr_sha256 *sha; /* of what leaves */
	uint64_t bytes;
	struct sr_buf out; /* sealed, not yet handed over */
	size_t hashed;     /* of out, by sha */
	bool announced;    /* that a read which takes all of out is the last */
	bool logged;
	struct sr_age_writer *age;
	char recipient[256];
};

void room_export_free(struct room_export *x) {
	if (x == NULL)
		return;
	sr_pool_free(x->digester); /* waits for what is at work */
	sr_age_writer_free(x->age);
	sr_item_blocks_free(x->blocks);
	sr_sha256_free(x->file_sha);
	sr_bagging_free(x->bag);
	sr_folders_free(x->folders);
	sr_digest_free(x->file_512);
	sr_sha256_free(x->sha);
	sr_buf_free(&x->notes);
	sr_buf_free(&x->out);
	free(x->stays);
	free(x);
}

static int find_recipient(
	char out[256], struct sr_room *r, const struct opened *o, struct sr_err *e) {
	struct sr_grant_row g = {0};
	struct sr_version_row v = {0};
	int rc = sr_query_grant(&g, r->v->catalogue, o->grant, e);

	if (rc == 0)
		rc = sr_query_version(&v, r->v->catalogue, g.request, g.version, e);
	if (rc == 0 && (v.recipient == NULL || strlen(v.recipient) >= 256))
		rc = sr_fail(e, SR_CORRUPT, "the request names no recipient");
	if (rc == 0)
		snprintf(out, 256, "%s", v.recipient);
	sr_grant_row_free(&g);
	sr_version_row_free(&v);
	return rc;
}

/* A bag's beginnings: its folder is named by the item. */
static int bag_new(
	struct room_export *x, struct sr_room *r, const struct opened *o, struct sr_err *e) {
	char base[2 * SR_ID + 1];
	int rc;

	sr_hex(base, o->item, SR_ID);
	x->bare = false;
	x->stage = HEAD;
	rc = sr_bagging_new(&x->bag, base, sr_room_now(r), o->it, x->stays, e);
	if (rc == 0)
		rc = sr_digest_new(&x->file_512, SR_DIGEST_SHA512, e);
	return rc == 0 ? room_bag_facts(x->bag, r, o, e) : rc;
}

/* What leaves, and whether it is one regular file alone. */
static int find_leaving(
	struct room_export *x, struct sr_room *r, struct opened *o, struct sr_err *e) {
	uint64_t leave = 0;
	struct sr_file f;
	int rc = room_made(&x->stays, r, o, e);

	for (uint64_t i = 0; rc == 0 && i < o->files && leave < 2; i++) {
		if (x->stays[i])
			continue;
		rc = sr_item_file(o->it, i, &f, e);
		x->bare = rc == 0 && leave++ == 0 && f.kind == SR_FILE_REGULAR;
	}
	return rc;
}

static int export_new(
	struct room_export **out, struct sr_room *r, struct opened *o, bool bag, struct sr_err *e) {
	struct sr_item_span all = {.end = o->files};
	struct room_export *x = calloc(1, sizeof *x);
	uint8_t pk[1][SR_X_PK];
	int rc;

	if (x == NULL)
		return sr_fail(e, SR_NOMEM, "export: out of memory");
	x->stage = FILES;
	sr_buf_init_secret(&x->notes);
	sr_buf_init(&x->out);
	rc = find_recipient(x->recipient, r, o, e);
	if (rc == 0) {
		rc = sr_age_recipient_parse(pk[0], sr_bytes_str(x->recipient), e);
		if (rc != 0 && e != NULL)
			(void)sr_wrap(e, "the recipient that the request names");
	}
	if (rc == 0)
		rc = sr_sha256_new(&x->file_sha, e);
	if (rc == 0)
		rc = sr_sha256_new(&x->sha, e);
	if (rc == 0)
		rc = find_leaving(x, r, o, e);
	all.not_wanted = x->stays;
	if (rc == 0 && bag)
		rc = bag_new(x, r, o, e);
	else if (rc == 0 && !x->bare)
		rc = sr_folders_new(&x->folders, o->it, x->stays, e);
	if (rc == 0)
		rc = sr_item_blocks_new(&x->blocks, o->it, &all, e);
	if (rc == 0)
		rc = sr_age_writer_new(
			&x->age, (const uint8_t(*)[SR_X_PK])pk, 1, sr_age_sink_buf(&x->out), e);
	if (rc != 0) {
		room_export_free(x);
		return rc;
	}
	*out = x;
	return 0;
}

/* That it may leave is decided, and the decision kept, before its first byte does. */
static int decided(struct sr_room *r, const struct opened *o, struct sr_err *e) {
	struct sr_checkout_row c;
	int rc = sr_query_checkout(&c, r->v->catalogue, o->checkout, e);

	return rc == 0 ? sr_authorize_use(r->v, &c, sr_room_now(r), true, e) : rc;
}

/* A copy is whole or not made: asked when it begins and for each piece of it. What is handed over
 * to an authority is handed over as it is. */
static int covered(struct sr_room *r, struct opened *o, struct sr_err *e) {
	struct sr_item_marks l = {NULL, 0};
	char part[64];
	int rc = strcmp(o->right, "export") == 0 ? room_uncovered(&l, r, o, NULL, e) : 0;

	if (rc == 0 && l.count > 0) {
		sr_mark_show(part, sizeof part, &l.rows[0]);
		rc = sr_fail(e, SR_DENIED,
			"a part of the item (file %llu%s%s) has the hazard %s, which this grant's "
			"level does not cover: have the item sealed anew, and ask for the copy "
			"again",
			(unsigned long long)l.rows[0].file, *part != '\0' ? ", " : "", part,
			l.rows[0].hazard);
	}
	sr_item_marks_free(&l);
	return rc;
}

static int begin(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person, bool bag,
	struct sr_err *e) {
	struct room_export *x = NULL;
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0 && (!o->has_grant || (strcmp(o->right, "export") != 0 &&
						 strcmp(o->right, "referral") != 0)))
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s; an export needs a grant of its own",
			o->right);
	if (rc == 0)
		rc = covered(r, o, e);
	if (rc == 0)
		rc = export_new(&x, r, o, bag, e);
	if (rc == 0)
		rc = decided(r, o, e);
	if (rc == 0)
		rc = room_viewed(r, o, "export", NULL, e);
	if (rc != 0) {
		room_export_free(x);
		return rc;
	}
	room_export_free(o->export);
	o->export = x;
	return 0;
}

int sr_room_export_begin(
	struct sr_room *r, const uint8_t checkout[SR_ID], const char *person, struct sr_err *e) {
	return begin(r, checkout, person, false, e);
}

int sr_room_export_begin_bag(
	struct sr_room *r, const uint8_t checkout[SR_ID], const char *person, struct sr_err *e) {
	return begin(r, checkout, person, true, e);
}

/* --- content --- */

static int write_buf(struct room_export *x, struct sr_buf *b, struct sr_err *e) {
	int rc = sr_buf_ok(b, e);

	return rc == 0 ? sr_age_writer_write(x->age, b->p, b->len, e) : rc;
}

static int write_header(struct room_export *x, const struct sr_tar_file *t, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init_secret(&b);
	sr_tar_header(&b, t);
	rc = write_buf(x, &b, e);
	sr_buf_free(&b);
	return rc;
}

static int write_pad(struct room_export *x, uint64_t size, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	sr_tar_pad(&b, size);
	rc = write_buf(x, &b, e);
	sr_buf_free(&b);
	return rc;
}

static void note(struct room_export *x, const struct sr_file *f) {
	static const char *const kinds[] = {
		"", "", "symbolic link", "special file", "not read at the deposit"};

	sr_escape(&x->notes, f->path, 0);
	sr_buf_printf(&x->notes, ": %s",
		f->kind >= SR_FILE_SYMLINK && f->kind <= SR_FILE_UNREADABLE ? kinds[f->kind] : "?");
	if (f->note.len > 0) {
		sr_buf_put_str(&x->notes, f->kind == SR_FILE_SYMLINK ? " to " : ", ");
		sr_escape(&x->notes, f->note, 0);
	}
	sr_buf_put_u8(&x->notes, '\n');
}

static void digest_part(struct room_export *x, struct sr_bytes part) {
	sr_sha256_update(x->file_sha, part.p, part.len);
	if (x->file_512 != NULL)
		sr_digest_update(x->file_512, part.p, part.len);
}

static void digest_aside(void *arg) {
	const struct aside *a = arg;

	digest_part(a->x, a->part);
}

/* All parts that were sent aside have been digested, and their memory is free again. */
static void back(struct room_export *x) {
	for (; x->back < x->sent; x->back++)
		(void)sr_pool_take(x->digester);
}

static bool has_digester(struct room_export *x) {
	return x->digester != NULL ||
	       sr_pool_new(&x->digester, 1, SR_LANES, digest_aside, NULL) == 0;
}

/* Digests ${part}, which stays as it is until it is back: beside, or here if it is small and
 * nothing is before it. */
static void aside(struct room_export *x, struct sr_bytes part) {
	struct aside *a = &x->asides[x->sent % SR_LANES];

	if ((part.len < ASIDE_MIN && x->sent == x->back) || !has_digester(x)) {
		digest_part(x, part);
		return;
	}
	if (x->sent - x->back == SR_LANES) {
		(void)sr_pool_take(x->digester);
		x->back++;
	}
	*a = (struct aside){x, part};
	if (sr_pool_submit(x->digester, a, NULL) == 0) {
		x->sent++;
		return;
	}
	back(x);
	digest_part(x, part);
}

/* What was sealed since is hashed while it is still near. */
static void hash_out(struct room_export *x) {
	if (x->out.len > x->hashed)
		sr_sha256_update(x->sha, x->out.p + x->hashed, x->out.len - x->hashed);
	x->hashed = x->out.len;
}

/* The next block of the file at work. */
static int file_data(struct room_export *x, struct sr_err *e) {
	struct sr_item_part part;
	int rc = sr_item_blocks_next(x->blocks, &part, e);

	if (rc == 0 && (part.file != x->file || part.offset != x->offset || part.bytes.len == 0))
		rc = sr_fail(e, SR_MISUSE,
			"file %llu at %llu was to be read, and file %llu at %llu was",
			(unsigned long long)x->file, (unsigned long long)x->offset,
			(unsigned long long)part.file, (unsigned long long)part.offset);
	if (rc != 0)
		return rc;
	aside(x, part.bytes);
	x->offset += part.bytes.len;
	rc = sr_age_writer_write(x->age, part.bytes.p, part.bytes.len, e);
	if (rc == 0 && sr_buf_ok(&x->out, NULL) == 0)
		hash_out(x);
	return rc;
}

static int file_end(struct room_export *x, const struct sr_file *f, struct sr_err *e) {
	uint8_t sha[SR_HASH], wide[SR_DIGEST_MAX];
	char shown[200];
	int rc = 0;

	back(x);
	sr_sha256_final(x->file_sha, sha);
	sr_sha256_reset(x->file_sha);
	if (memcmp(sha, f->sha256, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "file \"%s\": its SHA-256 is not the one of the deposit",
			sr_escape_to(shown, sizeof shown, f->path));
	if (x->bag != NULL) {
		sr_digest_final(x->file_512, wide);
		sr_bagging_sha512(x->bag, x->file, wide);
		rc = sr_digest_reset(x->file_512, e);
	}
	x->file++;
	x->offset = 0;
	return rc != 0 || x->bare ? rc : write_pad(x, f->size, e);
}

/* Under the name that it has in the archive, or in the bag. */
static int file_header(struct room_export *x, const struct sr_file *f, struct sr_err *e) {
	struct sr_tar_file t = {f->path, f->size, f->mtime_s, f->mtime_ns};
	struct sr_buf path;
	int rc;

	sr_buf_init_secret(&path);
	if (x->bag == NULL)
		rc = sr_folders_name(x->folders, &path, x->file, f->path, e);
	else {
		sr_bagging_path(x->bag, x->file, &path);
		rc = sr_buf_ok(&path, e);
	}
	t.path = sr_buf_view(&path);
	if (rc == 0)
		rc = write_header(x, &t, e);
	sr_buf_free(&path);
	return rc;
}

static int step_file(struct room_export *x, struct opened *o, struct sr_err *e) {
	struct sr_file f;
	int rc;

	if (x->file == o->files) {
		x->stage = x->bare ? END : x->bag != NULL ? TAIL : NOTES;
		return 0;
	}
	if (x->stays[x->file]) {
		x->file++;
		return 0;
	}
	rc = sr_item_file(o->it, x->file, &f, e);
	if (rc != 0)
		return rc;
	if (f.kind != SR_FILE_REGULAR) {
		if (x->bag == NULL) /* a bag has looked at all of them before */
			note(x, &f);
		x->file++;
		return sr_buf_ok(&x->notes, e);
	}
	if (x->offset == 0 && !x->bare)
		rc = file_header(x, &f, e);
	if (rc == 0 && f.size > 0)
		rc = file_data(x, e);
	return rc == 0 && x->offset == f.size ? file_end(x, &f, e) : rc;
}

/* The list of what is not there, under a name that no file of the item has. */
static int step_notes(struct room_export *x, int64_t now, struct sr_err *e) {
	char name[40] = "NOT-EXPORTED.txt";
	struct sr_tar_file t = {.size = x->notes.len, .mtime_s = now};
	struct sr_buf end;
	int rc = 0;

	if (x->notes.len > 0) {
		for (unsigned i = 2; sr_folders_taken(x->folders, sr_bytes_str(name)); i++)
			snprintf(name, sizeof name, "NOT-EXPORTED-%u.txt", i);
		t.path = sr_bytes_str(name);
		rc = write_header(x, &t, e);
		if (rc == 0)
			rc = write_buf(x, &x->notes, e);
		if (rc == 0)
			rc = write_pad(x, x->notes.len, e);
	}
	sr_buf_init(&end);
	sr_tar_end(&end);
	if (rc == 0)
		rc = write_buf(x, &end, e);
	sr_buf_free(&end);
	x->stage = END;
	return rc;
}

/* What of a bag stands before or behind its payload. */
static int step_bag(struct room_export *x, struct sr_err *e) {
	struct sr_buf piece;
	bool done = true;
	int rc;

	sr_buf_init_secret(&piece);
	rc = x->stage == HEAD ? sr_bagging_head(x->bag, &piece, e)
			      : sr_bagging_tail(x->bag, &piece, &done, e);
	if (rc == 0)
		rc = write_buf(x, &piece, e);
	sr_buf_free(&piece);
	if (rc == 0 && done)
		x->stage = x->stage == HEAD ? FILES : END;
	return rc;
}

/* The time is a look at the catalogue, so not one for each file. */
static int step(struct room_export *x, struct opened *o, struct sr_room *r, struct sr_err *e) {
	int rc;

	switch (x->stage) {
	case HEAD:
	case TAIL:
		return step_bag(x, e);
	case FILES:
		return step_file(x, o, e);
	case NOTES:
		return step_notes(x, sr_room_now(r), e);
	case END:
		rc = sr_age_writer_finish(x->age, e);
		x->stage = DONE;
		return rc;
	case DONE:
		return 0;
	case FAILED:
		break;
	}
	return sr_fail(e, SR_MISUSE, "the export failed before; begin it again");
}

/* --- handing over --- */

static int log_export(struct sr_room *r, const struct opened *o, struct sr_err *e) {
	struct room_export *x = o->export;
	uint8_t sha[SR_HASH];
	struct sr_buf text;

	sr_sha256_final(x->sha, sha);
	room_begin(r, &text, SR_T_EXPORT);
	sr_text_put_hex(&text, "checkout", o->checkout, SR_ID);
	sr_text_put_hex(&text, "grant", o->grant, SR_ID);
	sr_text_put_hex(&text, "item", o->item, SR_ID);
	sr_text_put(&text, "recipient", x->recipient);
	sr_text_put_dec(&text, "bytes", x->bytes);
	sr_text_put_hex(&text, "sha256", sha, SR_HASH);
	x->logged = true;
	return room_log(r, &text, e);
}

/* The first ${n} bytes of what is sealed go to ${out}, which has room for them. One that is empty
 * gets them with their memory, and what stays moves to the memory that it had: a block at most, so
 * an export of any size takes the memory of a few blocks. */
static void give(struct room_export *x, struct sr_buf *out, size_t n) {
	const size_t left = x->out.len - n;
	uint8_t *p = out->p;
	const size_t cap = out->cap;

	if (out->len > 0 || left > cap) {
		sr_buf_put(out, x->out.p, n);
		memmove(x->out.p, x->out.p + n, left);
	} else {
		if (left > 0)
			memcpy(p, x->out.p + n, left);
		out->p = x->out.p;
		out->cap = x->out.cap;
		out->len = n;
		x->out.p = p;
		x->out.cap = cap;
	}
	x->out.len = left;
	x->hashed -= n;
}

/* Up to ${max} bytes from what is sealed already. */
static int hand_over(struct sr_room *r, const struct opened *o, struct sr_buf *out, size_t max,
	size_t *got, struct sr_err *e) {
	struct room_export *x = o->export;
	size_t left = x->out.len, n = left < max ? left : max;
	int rc;

	/* What would be the last unannounced comes in two: the first of them announces the second.
	 */
	if (x->stage == DONE && n == left && n > 1 && x->bytes > 0 && !x->announced)
		n = left / 2;
	rc = sr_buf_reserve(out, n == 0 ? 1 : n, e);
	if (rc != 0)
		return rc;
	hash_out(x);
	x->bytes += n;
	if (x->stage == DONE && n == left && !x->logged)
		rc = log_export(r, o, e);
	if (rc != 0)
		return rc;
	if (n > 0)
		give(x, out, n);
	x->announced = x->stage == DONE && x->out.len > 0;
	*got = n;
	return 0;
}

int sr_room_export_read(struct sr_room *r, const uint8_t checkout[SR_ID], struct sr_buf *out,
	size_t max, size_t *got, struct sr_err *e) {
	struct opened *o = NULL;
	struct room_export *x;
	int rc = room_find(&o, r, checkout, NULL, e);

	*got = 0;
	if (rc != 0)
		return rc;
	x = o->export;
	if (x == NULL)
		return sr_fail(e, SR_USAGE, "no export is under way in this checkout: begin it");
	if (max == 0 || max > SR_EXPORT_READ)
		return sr_fail(
			e, SR_MISUSE, "1 to %d bytes at a time, not %zu", SR_EXPORT_READ, max);
	if (x->stage == DONE && x->logged && x->out.len == 0)
		return 0;
	/* What is marked while it leaves stops the rest of it. */
	rc = covered(r, o, e);
	/* one that failed gives nothing more, whatever had been sealed by then */
	while (rc == 0 && x->stage != DONE && (x->stage == FAILED || x->out.len <= max))
		rc = step(x, o, r, e);
	if (rc == 0)
		rc = hand_over(r, o, out, max, got, e);
	if (rc != 0)
		x->stage = FAILED;
	return rc;
}

bool sr_room_export_is_announced(const struct sr_room *r, const uint8_t checkout[SR_ID]) {
	for (size_t i = 0; i < r->count; i++)
		if (memcmp(r->open[i]->checkout, checkout, SR_ID) == 0)
			return r->open[i]->export != NULL && r->open[i]->export->announced;
	return false;
}

void sr_room_export_end(struct sr_room *r, const uint8_t checkout[SR_ID]) {
	for (size_t i = 0; i < r->count; i++)
		if (memcmp(r->open[i]->checkout, checkout, SR_ID) == 0) {
			room_export_free(r->open[i]->export);
			r->open[i]->export = NULL;
		}
}
