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
 * letter has what its attachment says, an attachment what its letter does. So a mark holds for all
 * of these, and since nothing says where in them, for the whole of each.
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

/* Does the mark hold for ${file}? That of a text which the vault made is one of its file. */
static int holds(bool *out, struct sr_mark *m, struct sr_room *r, struct opened *o, uint64_t file,
	struct sr_err *e) {
	uint64_t of = m->file;
	struct sr_file f;
	int rc;

	*out = of == file;
	if (*out || of >= o->files)
		return 0;
	rc = room_family(r, o, e);
	if (rc == 0)
		rc = sr_item_file(o->it, of, &f, e);
	if (rc != 0)
		return rc;
	if (sr_file_is_rendition(&f))
		(void)sr_family_source(&of, o->family, m->file);
	*out = sr_family_kin(o->family, file, of);
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
