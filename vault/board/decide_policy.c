/*
 * decide_policy - the board's votes put rules in force. See follow_in.h.
 */
#include "board/follow_in.h"

#include "board/keys.h"

/* Were other rules adopted while this was open? Then the votes weighed a change from what is no
 * longer there. */
static int in_force(
	uint64_t *number, bool *stale, const struct follow_job *j, const struct sr_version_row *v) {
	struct sr_policy_row now = {0};
	int rc = sr_query_policy(&now, j->v->catalogue, v->board, 0, j->e);

	*number = 0;
	*stale = false;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(j->e);
		return 0;
	}
	*number = now.number;
	*stale = rc == 0 && now.entry > v->entry;
	return rc;
}

int follow_policy(const struct follow_job *j, const struct sr_version_row *v, bool *stale) {
	struct sr_entry en = {0};
	uint8_t object[SR_HASH], set[SR_HASH];
	struct sr_buf text;
	uint64_t number = 0;
	int rc = in_force(&number, stale, j, v);

	if (rc != 0 || *stale)
		return rc;
	rc = sr_vault_entry(&en, j->v, v->entry, j->e);
	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	rc = sr_field_hash(object, &en.statement, "rules", 0, j->e);
	if (rc == 0)
		rc = sr_field_hash(set, &en.statement, "set", 0, j->e);
	if (rc == 0) {
		sr_follow_begin(&text, j->v, SR_T_POLICY, j->f->now);
		sr_text_put_hex(&text, "request", v->request, SR_ID);
		sr_text_put_hex(&text, "board", v->board, SR_ID);
		sr_text_put_dec(&text, "number", number + 1);
		sr_text_put_hex(&text, "rules", object, SR_HASH);
		sr_text_put_hex(&text, "set", set, SR_HASH);
		rc = follow_emit(j, &text, NULL);
	}
	if (rc == 0)
		j->f->tell(j->f->ctx, "decided: these are the board's rules now");
	sr_buf_free(&text);
	sr_entry_free(&en);
	return rc;
}
