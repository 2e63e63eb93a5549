/*
 * signers - who signed each entry. Keys come from the log alone: of the entries before.
 */
#include "audit/audit_in.h"

#include <stdlib.h>

#include "base/pool.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"

static int introduce(struct sr_audit *a, struct sr_err *e) {
	struct sr_vault_row *row = calloc(1, sizeof *row);
	int rc = row == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory")
			     : sr_query_vault(row, a->cat, e);

	if (rc == 0)
		rc = sr_statement_room_name(a->room, sizeof a->room, row->origin, e);
	if (rc == 0 && row != NULL) {
		memcpy(a->vault, row->fingerprint, SR_HASH);
		a->introduced = true;
	}
	free(row);
	return rc;
}

/* The key in force for this entry: person-key puts another one in force for those after it. */
int audit_signer(struct sr_audit *a, struct audit_signature *s, struct sr_err *e) {
	const struct sr_statement *st = &s->entry.statement;
	int rc = a->introduced ? 0 : introduce(a, e);

	s->known = true;
	if (rc != 0 || st->type->id == SR_T_FOUND)
		return rc;
	if (st->by_service) {
		snprintf(s->name, sizeof s->name, "%s", a->room);
		memcpy(s->pk, sr_service_room_at(a->v->keys, s->entry.index), SR_PK);
		return 0;
	}
	snprintf(s->name, sizeof s->name, "%s", st->head.actor);
	rc = sr_query_key_at(s->pk, a->cat, st->head.actor, s->entry.index, e);
	s->known = rc == 0;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
}

static int verify_one(void *ctx, size_t i, struct sr_err *e) {
	struct sr_audit *a = ctx;
	struct audit_signature *s = &a->batch[i];
	const struct sr_statement *st = &s->entry.statement;
	int rc;

	(void)e;
	/* Of this vault, by somebody whom the log had introduced: else it would not have been
	 * applied. */
	if (st->type->id == SR_T_FOUND)
		rc = sr_statement_verify_found(st, &s->why);
	else if (memcmp(st->head.vault, a->vault, SR_HASH) != 0)
		rc = sr_fail(&s->why, SR_MISUSE, "it names another vault");
	else if (st->type->id == SR_T_SERVICE_KEY)
		rc = sr_key_change_verify(st, a->v->keys->origin,
			sr_log_keys_link(sr_ledger_keys(a->v->ledger), s->entry.index), s->pk,
			&s->why);
	else if (!s->known)
		rc = sr_fail(&s->why, SR_MISUSE, "%s is nobody that the log had introduced",
			st->head.actor);
	else
		rc = sr_statement_verify(st, s->name, s->pk, &s->why);
	s->good = rc == 0;
	if (s->bundled)
		audit_pieces_check(s);
	return 0;
}

int audit_signatures(struct sr_audit *a, struct sr_err *e) {
	int rc = sr_parallel(a->count, verify_one, a, e);

	for (size_t i = 0; i < a->count && rc == 0; i++) {
		struct audit_signature *s = &a->batch[i];

		if (s->good)
			a->counts.signatures++;
		else
			rc = audit_found(
				a, &s->entry, "signature", "signature", e, "%s", s->why.text);
		if (rc == 0 && s->bundled)
			rc = audit_pieces_told(a, s, e);
	}
	return rc;
}
