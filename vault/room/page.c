/*
 * page - the text form, page by page (room.h, room/plain.h).
 *
 * One cursor for each opened checkout: a file is read from its start, each page where the last one
 * ended, because a character or an encoding is only known from what came before. What leaves here
 * is safe for a terminal; bytes that do not pass are shown as escapes, never as themselves.
 */
#include "room/room_internal.h"

#include "base/limits.h"

enum {
	PAGED_MAX = 256 << 20 /* bytes that are looked through for form feeds, 0.3 s; more is not */
};

static int may_read(const struct opened *o, struct sr_err *e) {
	if (strcmp(o->right, "referral") == 0)
		return sr_fail(e, SR_DENIED,
			"what is marked for referral is handed over unseen, never shown");
	if (strcmp(o->right, "export") == 0)
		return sr_fail(e, SR_DENIED,
			"this checkout is for an export; reading needs one of right access");
	/* Of which files, the manifest says: not_features. */
	if (strcmp(o->form, "text") != 0 && strcmp(o->form, "features") != 0)
		return sr_fail(e, SR_DENIED,
			"checked out in the form %s; check it out again in the form text, if that "
			"is granted",
			o->form);
	return 0;
}

static int is_text(struct sr_file *f, struct opened *o, uint64_t index, struct sr_err *e) {
	int rc;

	if (index >= o->files)
		return sr_fail(e, SR_NOTFOUND, "no file %llu: the item has %llu (from 0)",
			(unsigned long long)index, (unsigned long long)o->files);
	rc = sr_item_file(o->it, index, f, e);
	if (rc == 0 && f->kind != SR_FILE_REGULAR)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"file %llu has no content: it is a symbolic link, a special file, or "
			"could not be read when it was deposited",
			(unsigned long long)index);
	return rc;
}

static int read_range(struct opened *o, uint64_t index, uint64_t offset, size_t len,
	struct sr_buf *out, struct sr_err *e) {
	struct sr_range range = {index, offset, len};
	int rc = sr_buf_reserve(out, len == 0 ? 1 : len, e);

	if (rc != 0 || len == 0)
		return rc;
	rc = sr_item_read(o->it, &range, out->p + out->len, e);
	if (rc == 0)
		out->len += len;
	return rc;
}

/* Has the text pages? Only a form feed says so; in UTF-16 it is a unit of its own. */
static int is_paged(bool *paged, struct opened *o, uint64_t index, const struct sr_file *f,
	enum sr_plain_encoding enc, struct sr_err *e) {
	const bool wide = enc == SR_PLAIN_UTF16LE || enc == SR_PLAIN_UTF16BE;
	struct sr_buf bytes;
	int rc = 0;

	*paged = false;
	sr_buf_init_secret(&bytes);
	for (uint64_t at = 0; at < f->size && f->size <= PAGED_MAX && rc == 0 && !*paged;
		at += SR_BLOCK) {
		const size_t len = f->size - at < SR_BLOCK ? (size_t)(f->size - at) : SR_BLOCK;

		sr_buf_clear(&bytes);
		rc = read_range(o, index, at, len, &bytes, e);
		for (size_t i = 0; rc == 0 && i < bytes.len && !*paged; i += wide ? 2 : 1) {
			if (!wide)
				*paged = bytes.p[i] == '\f';
			else if (i + 1 < bytes.len)
				*paged = (enc == SR_PLAIN_UTF16LE
							 ? sr_le16_get(bytes.p + i)
							 : sr_be16_get(bytes.p + i)) == '\f';
		}
	}
	sr_buf_free(&bytes);
	return rc;
}

/* What of this file the grant does not cover is left out; a file that is marked as a whole is not
 * shown at all. */
static int begin_cut(struct sr_room *r, struct opened *o, uint64_t index, const struct sr_file *f,
	enum sr_plain_encoding enc, struct sr_err *e) {
	struct sr_cutting cutting = {.count = 0};
	bool pages = false;
	int rc;

	sr_cut_free(o->cut);
	o->cut = NULL;
	sr_item_marks_free(&o->left_out);
	rc = room_uncovered(&o->left_out, r, o, &index, e);
	for (size_t i = 0; i < o->left_out.count && rc == 0; i++) {
		const struct sr_mark *m = &o->left_out.rows[i];
		char of[64] = "";

		pages = pages || m->unit == SR_MARK_PAGE;
		if (m->unit != SR_MARK_FILE)
			continue;
		if (m->file != index)
			(void)snprintf(of, sizeof of, " says what file %llu says, which",
				(unsigned long long)m->file);
		rc = sr_fail(e, SR_DENIED,
			"file %llu%s has the hazard %s, which this grant's level does not "
			"cover: when the item is sealed anew (reseal ask), ask for it again",
			(unsigned long long)index, of, m->hazard);
	}
	if (rc != 0 || o->left_out.count == 0)
		return rc;
	cutting.marks = o->left_out.rows;
	cutting.count = o->left_out.count;
	if (pages)
		rc = is_paged(&cutting.paged, o, o->shown, f, enc, e);
	return rc == 0 ? sr_cut_new(&o->cut, &cutting, e) : rc;
}

/* A hazard that is marked while somebody reads holds from the next page on. */
static int still_cut(struct sr_room *r, struct opened *o, uint64_t index, struct sr_err *e) {
	struct sr_item_marks now = {NULL, 0};
	int rc = room_uncovered(&now, r, o, &index, e);

	bool same = rc == 0 && now.count == o->left_out.count;

	for (size_t i = 0; same && i < now.count; i++)
		same = sr_mark_same(&now.rows[i], &o->left_out.rows[i]);
	if (rc == 0 && !same)
		rc = sr_fail(e, SR_DENIED,
			"hazards of parts of file %llu were marked while it was read: read it from "
			"its start",
			(unsigned long long)index);
	sr_item_marks_free(&now);
	return rc;
}

/* Of those that are called ${path}, the one that was made of file ${index}; ${index}: none. */
static int own_text(uint64_t *out, struct sr_room *r, struct opened *o, uint64_t index,
	struct sr_bytes path, struct sr_err *e) {
	int rc = room_family(r, o, e);

	for (uint64_t i = 0; rc == 0 && i < o->files && *out == index; i++) {
		uint64_t source = index;
		struct sr_file f;

		rc = sr_item_file(o->it, i, &f, e);
		if (rc == 0 && sr_file_is_rendition(&f) && sr_bytes_eq(f.path, path) &&
			sr_family_source(&source, o->family, i) && source == index)
			*out = i;
	}
	return rc;
}

/* The text that the intake made of file ${index}: its place, or ${index} when there is none. A
 * container may have several files of one name, whose texts have one name too. */
static int rendition_of(
	uint64_t *out, struct sr_room *r, struct opened *o, uint64_t index, struct sr_err *e) {
	struct sr_bytes name = {NULL, 0};
	uint64_t same = 0;
	struct sr_file f;
	struct sr_buf path;
	int rc = sr_item_file(o->it, index, &f, e);

	*out = index;
	sr_buf_init_secret(&path);
	if (rc == 0) {
		sr_buf_put_bytes(&path, f.path);
		name = sr_bytes_of(path.p, f.path.len);
		sr_buf_put_str(&path, SR_RENDITION_TEXT_SUFFIX);
		rc = sr_buf_ok(&path, e);
		name.p = path.p;
	}
	for (uint64_t i = 0; rc == 0 && i < o->files; i++) {
		rc = sr_item_file(o->it, i, &f, e);
		if (rc != 0)
			break;
		if (sr_bytes_eq(f.path, name))
			same++;
		else if (*out == index && sr_file_is_rendition(&f) &&
			 sr_bytes_eq(f.path, sr_buf_view(&path)))
			*out = i;
	}
	if (rc == 0 && same > 1 && *out != index) {
		*out = index;
		rc = own_text(out, r, o, index, sr_buf_view(&path), e);
	}
	sr_buf_free(&path);
	return rc;
}

int room_made(bool **out, struct sr_room *r, struct opened *o, struct sr_err *e) {
	bool *made = calloc((size_t)o->files + 1, sizeof *made);
	struct sr_file f;
	int rc = made == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory for %llu files",
					(unsigned long long)o->files)
			      : room_family(r, o, e);

	for (uint64_t i = 0; rc == 0 && i < o->files; i++) {
		rc = sr_item_file(o->it, i, &f, e);
		made[i] = rc == 0 && sr_file_is_rendition(&f) && sr_family_has_source(o->family, i);
	}
	if (rc != 0) {
		free(made);
		return rc;
	}
	*out = made;
	return 0;
}

/* The form features shows counts, of items that have nothing else, and no text. */
static int not_features(const struct opened *o, const struct sr_file *f, struct sr_err *e) {
	if (strcmp(o->form, "features") != 0 ||
		sr_bytes_eq(f->media_type, sr_bytes_str(SR_FEATURES_TYPE)))
		return 0;
	return sr_fail(e, SR_DENIED,
		"checked out in the form features: this item has text; ask for the item of its "
		"features (a curator makes it), or for the form text");
}

/* One text has one way to be read: that of the file it was made of, whose hazards hold for it. In a
 * redacted version that file may be gone, and the text is read as what it is. */
static int not_a_rendition(
	struct opened *o, uint64_t index, const struct sr_file *f, struct sr_err *e) {
	static const char suffix[] = SR_RENDITION_TEXT_SUFFIX;
	const size_t tail = sizeof suffix - 1;
	uint64_t of = 0;

	if (!sr_file_is_rendition(f) || f->path.len <= tail ||
		memcmp(f->path.p + f->path.len - tail, suffix, tail) != 0 ||
		sr_item_find(o->it, sr_bytes_of(f->path.p, f->path.len - tail), &of, NULL) != 0)
		return 0;
	return sr_fail(e, SR_USAGE, "file %llu is the text of file %llu: read that one",
		(unsigned long long)index, (unsigned long long)of);
}

/* The start of a file: what it is, and the record that it was read. */
static int begin(struct sr_room *r, struct opened *o, uint64_t index, const struct sr_file *f,
	struct sr_err *e) {
	enum sr_plain_encoding enc = SR_PLAIN_UTF8;
	struct sr_buf probe;
	int rc;

	o->reading = false;
	sr_buf_init_secret(&probe);
	rc = read_range(o, o->shown, 0, f->size < SR_PLAIN_PROBE ? (size_t)f->size : SR_PLAIN_PROBE,
		&probe, e);
	if (rc == 0)
		rc = sr_plain_probe(&enc, sr_buf_view(&probe), e);
	sr_buf_free(&probe);
	if (rc == 0)
		rc = begin_cut(r, o, index, f, enc, e);
	/* `read`, once, says that all of it was shown; `read-part` that parts were left out. */
	if (rc == 0 && o->cut != NULL) {
		rc = room_viewed(r, o, "read-part", &index, e);
	} else if (rc == 0 && (o->read_logged[index / 8] & (1u << (index % 8))) == 0) {
		rc = room_viewed(r, o, "read", &index, e);
		if (rc == 0)
			o->read_logged[index / 8] |= (uint8_t)(1u << (index % 8));
	}
	if (rc != 0)
		return rc;
	sr_plain_init(&o->plain, enc);
	o->plain.cut = o->cut;
	o->reading = true;
	o->file = index;
	o->next = 0;
	return 0;
}

int sr_room_text(struct sr_room *r, const struct sr_room_page *p, struct sr_buf *text,
	uint64_t *next, const char **encoding, struct sr_err *e) {
	struct opened *o = NULL;
	struct sr_file f;
	struct sr_buf bytes;
	size_t len;
	int rc = room_find(&o, r, p->checkout, p->person, e);

	if (rc == 0)
		rc = may_read(o, e);
	if (rc == 0)
		rc = is_text(&f, o, p->file, e);
	if (rc == 0)
		rc = not_features(o, &f, e);
	if (rc == 0)
		rc = not_a_rendition(o, p->file, &f, e);
	if (rc == 0 && (p->len == 0 || p->len > SR_BLOCK))
		return sr_fail(e, SR_MISUSE, "a page is 1 to %d bytes, not %zu", SR_BLOCK, p->len);
	/* Its rendition is read in its place, if it has one. What was read before is over, also if
	 * this does not begin: the cursor's places are of one file. */
	if (rc == 0 && p->offset == 0) {
		o->reading = false;
		rc = rendition_of(&o->shown, r, o, p->file, e);
	}
	if (rc == 0)
		rc = sr_item_file(o->it, o->shown, &f, e);
	if (rc != 0)
		return rc;
	if (p->offset == 0)
		rc = begin(r, o, p->file, &f, e);
	else if (!o->reading || o->file != p->file || o->next != p->offset)
		rc = sr_fail(e, SR_MISUSE,
			"file %llu is read from its start, page after page: offset %llu is not "
			"where the last page ended",
			(unsigned long long)p->file, (unsigned long long)p->offset);
	else
		rc = still_cut(r, o, p->file, e);
	if (rc != 0)
		return rc;
	len = f.size - p->offset < p->len ? (size_t)(f.size - p->offset) : p->len;
	sr_buf_init_secret(&bytes);
	text->secret = true;
	rc = read_range(o, o->shown, p->offset, len, &bytes, e);
	if (rc == 0)
		rc = sr_plain_feed(
			&o->plain, text, sr_buf_view(&bytes), p->offset + len == f.size, e);
	sr_buf_free(&bytes);
	if (rc != 0) {
		o->reading = false;
		return rc;
	}
	o->next = p->offset + len;
	*next = o->next;
	*encoding = sr_plain_encoding_name(o->plain.encoding);
	return 0;
}

int sr_room_text_size(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	uint64_t *size, struct sr_err *e) {
	struct opened *o = NULL;
	struct sr_file f;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0 && !o->reading)
		rc = sr_fail(e, SR_MISUSE, "no file is being read");
	if (rc == 0)
		rc = sr_item_file(o->it, o->shown, &f, e);
	if (rc == 0)
		*size = f.size;
	return rc;
}

int room_shown(uint64_t *shown, enum sr_plain_encoding *encoding, struct sr_room *r,
	struct opened *o, uint64_t index, struct sr_err *e) {
	struct sr_buf probe;
	struct sr_file f;
	int rc = rendition_of(shown, r, o, index, e);

	if (rc == 0)
		rc = sr_item_file(o->it, *shown, &f, e);
	sr_buf_init_secret(&probe);
	if (rc == 0)
		rc = read_range(o, *shown, 0,
			f.size < SR_PLAIN_PROBE ? (size_t)f.size : SR_PLAIN_PROBE, &probe, e);
	if (rc == 0)
		rc = sr_plain_probe(encoding, sr_buf_view(&probe), e);
	sr_buf_free(&probe);
	return rc;
}
