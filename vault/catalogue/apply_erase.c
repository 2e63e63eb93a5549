/*
 * apply_erase - what was kept of a person beside their pseudonym is erased by a quorum's decision
 * (DESIGN 6): their name, and every text that lies under their key; with it what was said in
 * enquiries that concerned nobody else.
 *
 * Kept: the pseudonym, the keys, and that every statement was made: structural tables are the same
 * before and after, in this catalogue and in a later replay, which has no key for the texts. A
 * person of whom something was erased gets no other key: nothing is kept of them again.
 */
#include "catalogue/apply_in.h"
#include "catalogue/query.h"

static int forget(struct sr_apply *a, const char *subject, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"DELETE FROM texts WHERE (entry, record) IN"
		" (SELECT entry, record FROM records WHERE subject = ?)",
		A_STR(subject));
}

/* The enquiries that go with the person: closed, and about nobody else. */
static int forget_enquiries(struct sr_apply *a, const char *person, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < sr_field_count(a->s, "enquiry") && rc == 0; i++) {
		char subject[SR_SUBJECT_TEXT];
		uint8_t id[SR_ID];
		int64_t good = 0;

		rc = sr_field_id(id, a->s, "enquiry", i, e);
		if (rc == 0)
			rc = SQL_INT_OF(a->db, e, &good,
				"SELECT EXISTS(SELECT 1 FROM enquiries WHERE enquiry = ?1 AND"
				" state = 'closed') AND EXISTS(SELECT 1 FROM enquiry_people WHERE"
				" enquiry = ?1 AND person = ?2) AND NOT EXISTS(SELECT 1 FROM"
				" enquiry_people WHERE enquiry = ?1 AND person NOT IN (SELECT"
				" person FROM erasures))",
				A_ID(id), A_STR(person));
		if (rc == 0 && good == 0)
			return sr_fail(e, SR_CORRUPT,
				"enquiry %zu is not a closed one about %s alone", i + 1, person);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO erased_enquiries(enquiry, entry) VALUES(?, ?)",
				A_ID(id), A_INT(a->entry));
		snprintf(subject, sizeof subject, "enquiry:");
		sr_hex(subject + strlen(subject), id, SR_ID);
		if (rc == 0)
			rc = forget(a, subject, e);
	}
	return rc;
}

/* The request that it cites: of kind erase, about this person, its newest version. */
static int check_request(struct sr_apply *a, const char *person, struct sr_err *e) {
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int64_t right = 0;
	int rc = sr_field_id(request, a->s, "request", 0, e);

	if (rc == 0)
		rc = sr_field_dec(&version, a->s, "version", 0, e);
	if (rc == 0)
		rc = sr_apply_version(a, &v, request, 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &right,
			"SELECT count(*) FROM versions v JOIN requests q ON q.request = v.request"
			" WHERE v.v = ? AND q.kind = 'erase' AND v.subject = ?",
			A_INT(v.v), A_STR(person));
	if (rc == 0 && (right == 0 || (int64_t)version != v.version))
		rc = sr_fail(e, SR_CORRUPT,
			"it cites no newest version of a request to erase what is kept of %s",
			person);
	return rc == 0 ? sr_apply_version_step(a, &v, SR_E_DECIDED, e) : rc;
}

/* As many texts as it says: the number is read by people, who cannot count them any more. */
static int check_records(struct sr_apply *a, const char *person, struct sr_err *e) {
	uint64_t told = 0;
	int64_t n = 0;
	int rc = sr_field_dec(&told, a->s, "records", 0, e);

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &n,
			"SELECT count(*) FROM records WHERE subject = ?1 OR subject IN"
			" (SELECT 'enquiry:' || lower(hex(enquiry)) FROM erased_enquiries"
			" WHERE entry = ?2)",
			A_STR(person), A_INT(a->entry));
	if (rc == 0 && told != (uint64_t)n)
		rc = sr_fail(e, SR_CORRUPT, "it erases %llu texts, there are %lld",
			(unsigned long long)told, (long long)n);
	return rc;
}

/* With zeros in the place of what is deleted: pages that the process holds until the file gets a
 * new key are clean at once. */
static int forget_all(struct sr_apply *a, const char *person, struct sr_err *e) {
	int rc = sr_db_exec(a->db, "PRAGMA secure_delete = on", e);

	if (rc == 0)
		rc = forget_enquiries(a, person, e);
	if (rc == 0)
		rc = check_records(a, person, e);
	if (rc == 0)
		rc = forget(a, person, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "DELETE FROM people_texts WHERE person = ?", A_STR(person));
	return rc == 0 ? sr_db_exec(a->db, "PRAGMA secure_delete = off", e) : rc;
}

int sr_apply_erase(struct sr_apply *a, struct sr_err *e) {
	const struct sr_bytes name = sr_field(a->s, "person", 0);
	struct sr_id_arg request;
	char person[SR_PERSON_TEXT];
	int64_t roles = 0;
	int rc = sr_apply_person_known(a, name, e);

	snprintf(person, sizeof person, "%.*s", (int)name.len, (const char *)name.p);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &roles,
			"SELECT count(*) FROM roles WHERE person = ? AND ended IS NULL",
			A_STR(person));
	if (rc == 0 && roles != 0)
		return sr_fail(e, SR_CORRUPT, "%s has %lld roles", person, (long long)roles);
	if (rc == 0)
		rc = check_request(a, person, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO erasures(person, request, ground, records, entry)"
			" VALUES(?, ?, ?, ?, ?)",
			A_STR(person), sr_arg_id(a, "request", &request), sr_arg_token(a, "ground"),
			sr_arg_dec(a, "records"), A_INT(a->entry));
	return rc == 0 ? forget_all(a, person, e) : rc;
}
