/*
 * marks - hazards of parts of an item against the grant under which it is open.
 *
 * A grant's level is the highest among its items at the vote, and so many members approved: what
 * needs no more is covered. So is what needs no more than the item is sealed to, since so many gave
 * pieces for this opening. A part that was marked afterwards with a hazard of a higher level is
 * not, until the item is sealed anew and as many members top the grant up, or give another (DESIGN
 * 5, 6a).
 *
 * What is marked in a file is also in what it came out of, and may be in what came out of it: a
 * letter has what its attachment says, an attachment what its letter does; and so has a copy of
 * any of these. So a mark holds for all of them (catalogue/family.h), and since nothing says where
 * in them, for the whole of each. That is so of a copy, too, where it could be told: what was
 * marked is there to be read.
 */
#include "room/room_internal.h"

#include "board/invariants.h"

/* The level that the grant was voted at, and the board whose levels they are. */
static int grant_level(uint32_t *level, struct sr_board_row *b, struct sr_room *r,
	const struct opened *o, struct sr_err *e) {
	struct sr_grant_row g = {0};
	struct sr_item_row item = {0};
	int rc = sr_query_grant(&g, r->v->catalogue, o->grant, e);

	if (rc == 0)
		rc = sr_query_item(&item, r->v->catalogue, o->item, e);
	if (rc == 0)
		rc = sr_query_board(b, r->v->catalogue, item.board, 0, e);
	*level = g.level > item.level ? g.level : item.level;
	sr_item_row_free(&item);
	sr_grant_row_free(&g);
	return rc;
}

int room_family(struct sr_room *r, struct opened *o, struct sr_err *e) {
	return o->family != NULL ? 0
				 : sr_family_new(&o->family, r->v->catalogue, o->item, o->it, e);
}

/* The file that the mark is of: that of a text which the vault made is one of its file. */
static int marked(uint64_t *of, struct sr_room *r, struct opened *o, const struct sr_mark *m,
	struct sr_err *e) {
	struct sr_file f;
	int rc = room_family(r, o, e);

	*of = m->file;
	if (rc == 0)
		rc = sr_item_file(o->it, m->file, &f, e);
	if (rc == 0 && sr_file_is_rendition(&f))
		(void)sr_family_source(of, o->family, m->file);
	return rc;
}

/* What says again what ${file} says: looked up once for the file at hand. */
static int again_of(struct sr_room *r, struct opened *o, uint64_t file, struct sr_err *e) {
	int rc = room_family(r, o, e);

	if (rc != 0 || (o->again != NULL && o->again[file] != 0 && o->again_of == file))
		return rc;
	if (o->again == NULL)
		o->again = calloc((size_t)o->files + 1, 1);
	if (o->again == NULL)
		return sr_fail(e, SR_NOMEM, "room: out of memory for %llu files",
			(unsigned long long)o->files);
	memset(o->again, 0, (size_t)o->files);
	o->again[file] = 1;
	o->again_of = file;
	sr_family_again(o->family, o->again);
	return 0;
}

/* Does the mark hold for ${file}? */
static int holds(bool *out, struct sr_mark *m, struct sr_room *r, struct opened *o, uint64_t file,
	struct sr_err *e) {
	uint64_t of = m->file;
	int rc;

	*out = of == file;
	if (*out || of >= o->files)
		return 0;
	rc = marked(&of, r, o, m, e);
	if (rc == 0)
		rc = again_of(r, o, file, e);
	if (rc != 0)
		return rc;
	*out = o->again[of] != 0;
	/* Where in this file it is, nobody knows. */
	if (*out) {
		m->unit = SR_MARK_FILE;
		m->from = m->to = 0;
	}
	return 0;
}

int room_uncovered(struct sr_item_marks *out, struct sr_room *r, struct opened *o,
	const uint64_t *file, struct sr_err *e) {
	struct sr_item_marks l = {NULL, 0};
	struct sr_board_row *b = NULL;
	uint32_t level = 0;
	size_t kept = 0;
	int rc;

	*out = l;
	if (!o->has_grant)
		return 0;
	rc = sr_query_item_marks(&l, r->v->catalogue, o->item, e);
	if (rc != 0 || l.count == 0)
		return rc;
	b = calloc(1, sizeof *b);
	rc = b == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory")
		       : grant_level(&level, b, r, o, e);
	for (size_t i = 0; b != NULL && rc == 0 && i < l.count; i++) {
		bool here = true;

		if (sr_invariants_mark_covered(b, &l.rows[i], level))
			continue;
		if (file != NULL)
			rc = holds(&here, &l.rows[i], r, o, *file, e);
		if (rc == 0 && here)
			l.rows[kept++] = l.rows[i];
	}
	free(b);
	l.count = kept;
	if (rc != 0 || kept == 0)
		sr_item_marks_free(&l);
	else
		*out = l;
	return rc;
}

int room_withheld(uint8_t **out, struct sr_room *r, struct opened *o, struct sr_err *e) {
	struct sr_item_marks l = {NULL, 0};
	uint8_t *files = NULL;
	int rc = room_uncovered(&l, r, o, NULL, e);

	if (rc == 0 && (files = calloc((size_t)o->files + 1, 1)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "room: out of memory for %llu files",
			(unsigned long long)o->files);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		uint64_t of = 0;

		if (l.rows[i].file >= o->files)
			continue;
		rc = marked(&of, r, o, &l.rows[i], e);
		files[l.rows[i].file] = files[of] = 1;
	}
	if (rc == 0 && l.count > 0)
		rc = room_family(r, o, e);
	if (rc == 0 && l.count > 0)
		sr_family_again(o->family, files);
	sr_item_marks_free(&l);
	if (rc != 0) {
		free(files);
		return rc;
	}
	*out = files;
	return 0;
}
