/*
 * What was shown under a grant, against the grant and what is marked. See derive.h.
 */
#include "audit/derive_in.h"

#include <stdlib.h>

#include "board/invariants.h"

/* Marks of the item that a grant of this level does not cover: of ${file}, or of any (-1).
 * *${whole}: one of them is of a whole file. */
static int uncovered(size_t *count, bool *whole, struct sr_catalogue *c,
	const uint8_t item_id[SR_ID], const struct sr_grant_row *g, int64_t file,
	struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_item_marks l = {NULL, 0};
	struct sr_item_row item = {0};
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory")
			   : sr_query_item_marks(&l, c, item_id, e);

	*count = 0;
	*whole = false;
	if (rc == 0 && l.count > 0)
		rc = sr_query_item(&item, c, item_id, e);
	if (rc == 0 && l.count > 0)
		rc = sr_query_board(b, c, item.board, 0, e);
	for (size_t i = 0; b != NULL && rc == 0 && i < l.count; i++) {
		if ((file >= 0 && l.rows[i].file != (uint64_t)file) ||
			sr_invariants_mark_covered(
				b, &l.rows[i], g->level > item.level ? g->level : item.level))
			continue;
		(*count)++;
		*whole = *whole || l.rows[i].unit == SR_MARK_FILE;
	}
	sr_item_row_free(&item);
	sr_item_marks_free(&l);
	free(b);
	return rc;
}

/* What was shown of a file, against what the grant's level covers of it. */
static int parts_shown(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, const struct sr_checkout_row *k, const struct sr_grant_row *g,
	struct sr_err *e) {
	const bool read = sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("read"));
	const bool part = sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("read-part"));
	const bool copy = sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("export")) &&
			  strcmp(g->right, "export") == 0;
	uint64_t file = 0;
	size_t count = 0;
	bool whole = false;
	int rc = 0;

	if (!read && !part && !copy)
		return 0;
	if (!copy)
		rc = sr_field_dec(&file, s, "file", 0, e);
	if (rc == SR_NOTFOUND) { /* of no file: nothing was shown */
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0)
		rc = uncovered(&count, &whole, c, k->item, g, copy ? -1 : (int64_t)file, e);
	if (rc != 0 || (part ? count > 0 && !whole : count == 0))
		return rc;
	derive_wrong(f, f->what, "event",
		part && count == 0
			? "it says that parts of file %llu were left out, and level %u "
			  "covers all of it"
			: "file %llu was shown, and level %u of the grant does not cover "
			  "what is marked of it",
		(unsigned long long)file, g->level);
	*ok = false;
	return 0;
}

int sr_derive_view(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e) {
	const struct sr_bytes form = sr_field(s, "form", 0);
	struct sr_checkout_row k = {.entry = 0};
	struct sr_grant_row g = {.entry = 0};
	uint8_t id[SR_ID];
	char word[130]; /* a token has at most 128 */
	int rc;

	*ok = true;
	if (form.p == NULL)
		return 0;
	snprintf(f->what, sizeof f->what, "view");
	snprintf(word, sizeof word, "%.*s", (int)form.len, (const char *)form.p);
	rc = sr_field_id(id, s, "checkout", 0, e);
	if (rc == 0)
		rc = sr_query_checkout(&k, c, id, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0; /* applying it says so */
	}
	if (rc != 0 || !k.has_grant)
		return rc;
	rc = sr_query_grant(&g, c, k.grant, e);
	if (rc == 0 && strcmp(g.right, "access") == 0 && !sr_token_in(g.forms, word)) {
		derive_wrong(f, f->what, "form", "the form %s was shown; granted are %s", word,
			g.forms != NULL && *g.forms != '\0' ? g.forms : "none");
		*ok = false;
	}
	if (rc == 0 && *ok)
		rc = parts_shown(ok, f, c, s, &k, &g, e);
	sr_grant_row_free(&g);
	return rc;
}
