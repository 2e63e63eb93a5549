/*
 * pieces - the bundle of a vote's pieces, asked what the door asked of it (board/pieces.h): its
 * form, its size against the request, its ephemeral keys, and the root that the vote signed. What
 * is in its records is closed to everybody by now, or open to readers alone (audit.h).
 *
 * A bundle that is not there, or not what it was, opens nothing and decides nothing: it is named,
 * and the replay goes on.
 */
#include "audit/audit_in.h"

/* What the vote and its version say of the bundle. NOTFOUND: there is no such request. */
static int wanted(struct sr_pieces_want *want, struct sr_audit *a, const struct sr_statement *s,
	struct sr_err *e) {
	struct sr_version_row v = {.version = 0};
	uint8_t id[SR_ID], hash[SR_HASH];
	uint64_t version = 0;
	int rc = sr_field_id_hash(id, hash, s, "request", e);

	if (rc == 0)
		rc = sr_field_hash(want->root, s, "bundle", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&version, s, "version", 0, e);
	if (rc == 0)
		rc = sr_query_version(&v, a->cat, id, (uint32_t)version, e);
	if (rc != 0)
		return rc;
	want->items = v.items;
	want->readers = v.people_count + 1;
	if (sr_field_count(s, "extension") > 0) /* of a list of its own, which the rules know */
		rc = sr_field_dec(&want->items, s, "count", 0, e);
	sr_version_row_free(&v);
	return rc;
}

static int fetch(struct sr_audit *a, struct audit_signature *s, struct sr_err *e) {
	struct sr_object_at at;
	uint8_t id[SR_HASH];
	int rc = sr_field_hash(id, &s->entry.statement, "pieces", 0, e);

	if (rc == 0)
		rc = sr_query_object(&at, a->cat, id, e);
	if (rc == 0)
		rc = a->from.replay.objects.get(a->from.replay.objects.ctx, &at, &s->bundle, e);
	if (rc == 0)
		a->bytes += s->bundle.len;
	return rc;
}

int audit_pieces(struct sr_audit *a, struct audit_signature *s, struct sr_err *e) {
	const struct sr_statement *st = &s->entry.statement;
	int rc;

	if (st->type->id != SR_T_VOTE || sr_field_count(st, "bundle") == 0)
		return 0;
	s->bundled = true;
	rc = wanted(&s->want, a, st, &s->bundle_why);
	if (rc == 0)
		rc = fetch(a, s, &s->bundle_why);
	if (rc == SR_NOMEM || rc == SR_IO || rc == SR_LOCKED || rc == SR_LIMIT)
		return sr_fail(e, (enum sr_code)rc, "%s", s->bundle_why.text);
	if (rc == SR_NOTFOUND)
		(void)sr_fail(&s->bundle_why, SR_NOTFOUND, "its pieces are not in the store");
	return 0;
}

void audit_pieces_check(struct audit_signature *s) {
	if (s->bundle_why.code != SR_OK)
		return;
	(void)!sr_pieces_check(sr_buf_view(&s->bundle), &s->want, &s->bundle_why);
	sr_buf_free(&s->bundle);
	sr_buf_init(&s->bundle);
}

int audit_pieces_told(struct sr_audit *a, const struct audit_signature *s, struct sr_err *e) {
	if (s->bundle_why.code == SR_OK) {
		a->counts.pieces++;
		return 0;
	}
	if (s->bundle_why.code == SR_NOMEM)
		return sr_fail(e, SR_NOMEM, "%s", s->bundle_why.text);
	return audit_found(a, &s->entry, "pieces", "bundle", e, "%s", s->bundle_why.text);
}
