/*
 * apply_attest - effects of attest and attest-end: what an officer says of a person.
 *
 * An attestation stands until it is ended, or lapses when its time is over. A conflict that is
 * attested while a request is open makes the vote of whom it concerns void there, as stepping aside
 * would.
 */
#include "catalogue/apply_in.h"
#include "catalogue/conflict.h"

/* Open versions alone: what was granted stays granted, and is suspended or revoked by those who
 * may. */
static int void_votes(struct sr_apply *a, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"UPDATE votes SET ended = ?1 WHERE ended IS NULL AND person IN (?2, ?3)"
		" AND EXISTS(SELECT 1 FROM versions v JOIN requests q ON q.request = v.request"
		" WHERE v.v = votes.v AND v.state = 'open' AND " SR_SQL_CONFLICT(
			"votes.person") ")",
		A_INT(a->entry), sr_arg_token(a, "person"), sr_arg_token(a, "of"));
}

int sr_apply_attest(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes of = sr_field(a->s, "of", 0);
	struct sr_id_arg id, request;
	int rc = sr_apply_person_known(a, sr_field(a->s, "person", 0), e);

	if (rc == 0 && of.p != NULL)
		rc = sr_apply_person_known(a, of, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO attestations(attestation, person, kind, other, request, term,"
			" ends, officer, entry) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
			sr_arg_id(a, "attestation", &id), sr_arg_token(a, "person"),
			sr_arg_token(a, "kind"), A_TEXT(of), sr_arg_id(a, "request", &request),
			sr_arg_token(a, "term"), sr_arg_time(a, "ends"), A_STR(a->actor),
			A_INT(a->entry));
	return rc == 0 ? void_votes(a, e) : rc;
}

static int end(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg id;
	int rc = SQL_RUN(a->db, e,
		"UPDATE attestations SET ended = ? WHERE attestation = ? AND ended IS NULL",
		A_INT(a->entry), sr_arg_id(a, "attestation", &id));

	if (rc == 0 && sr_db_changes(a->db) == 0)
		return sr_fail(e, SR_CORRUPT,
			"it ends an attestation that is not there, or has ended already");
	return rc;
}

int sr_apply_attest_end(struct sr_apply *a, struct sr_err *e) {
	return end(a, e);
}

int sr_apply_attest_lapse(struct sr_apply *a, struct sr_err *e) {
	if (sr_field_count(a->s, "attestation") == 0)
		return sr_fail(e, SR_CORRUPT, "no line attestation");
	return end(a, e);
}
