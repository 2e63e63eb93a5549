/*
 * apply_envelope - effects of what seals items: release, reseal, boxes of held items.
 */
#include "catalogue/apply_in.h"

int sr_apply_envelope(
	struct sr_apply *a, const struct sr_item_ref *it, int64_t epoch, struct sr_err *e) {
	struct sr_id_arg envelope;
	uint64_t number = 0;
	int rc = sr_field_dec(&number, a->s, "number", 0, e);

	if (rc != 0)
		return rc;
	if (number != (uint64_t)it->number + 1)
		return sr_fail(e, SR_CORRUPT, "envelope %llu after %lld",
			(unsigned long long)number, (long long)it->number);
	rc = SQL_RUN(a->db, e,
		"UPDATE items SET number = ?2, envelope = ?3, level = ?4, epoch = ?5, sealed = ?6,"
		" seal = NULL WHERE n = ?1",
		A_INT(it->n), A_U64(number), sr_arg_hash(a, "envelope", &envelope),
		sr_arg_dec(a, "level"), A_INT(epoch), A_INT(a->entry));
	return rc == 0 ? sr_apply_end_checkouts(a, "n", A_INT(it->n), e) : rc;
}

/* Whose boxes there are is in secrets.db alone: here nothing changes. */
int sr_apply_held_box(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "item", 0, e);

	return rc == 0 ? sr_apply_item(a, &it, id, e) : rc;
}

int sr_apply_release(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	uint8_t id[SR_ID];
	int64_t epoch = 0;
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, SR_E_RELEASE, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &epoch,
			"SELECT b.epoch FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN boards b ON b.board = c.board WHERE i.n = ?",
			A_INT(it.n));
	if (rc == 0)
		rc = sr_apply_envelope(a, &it, epoch, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE items SET released = ?2 WHERE n = ?1", A_INT(it.n),
			A_INT(a->entry));
	if (rc == 0)
		rc = sr_apply_hazards(a, it.n, e);
	return rc == 0 ? sr_apply_search(a, it.n, e) : rc;
}

/* A quorum of the old level decided it: the grant is live, of right reseal, and names the item. A
 * level is never lowered: that would need votes which say so. */
int sr_apply_reseal(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	struct sr_id_arg grant, request;
	uint64_t epoch = 0;
	uint8_t id[SR_ID];
	int64_t good = 0;
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, SR_E_RESEAL, e);
	if (rc == 0)
		rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM grants g JOIN versions v ON v.v = g.v"
			" JOIN request_items r ON r.v = g.v JOIN items i ON i.n = r.n"
			" WHERE g.grant_id = ?1 AND v.request = ?2 AND g.right_to = 'reseal'"
			" AND g.state = 'live' AND i.n = ?3 AND i.sealed < g.entry"
			" AND i.level <= ?4",
			sr_arg_id(a, "grant", &grant), sr_arg_id(a, "request", &request),
			A_INT(it.n), sr_arg_dec(a, "level"));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT,
			"no live grant of right reseal names this item, or it was sealed anew "
			"under it already, or to a lower level");
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN board_levels l ON l.board = c.board"
			" WHERE i.n = ? AND l.epoch = ? AND l.level = ?",
			A_INT(it.n), A_U64(epoch), sr_arg_dec(a, "level"));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT, "its board has no such level in epoch %llu",
			(unsigned long long)epoch);
	/* Never back to a key before; a held item is another's to seal but for a new key. */
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN epochs o ON o.board = c.board AND o.epoch = i.epoch"
			" JOIN epochs p ON p.board = c.board AND p.epoch = ?2"
			" WHERE i.n = ?1 AND (o.base < p.base OR (o.base = p.base AND i.state ="
			" 'released'))",
			A_INT(it.n), A_U64(epoch));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT, "the key of epoch %llu is not one for this item",
			(unsigned long long)epoch);
	return rc == 0 ? sr_apply_envelope(a, &it, (int64_t)epoch, e) : rc;
}
