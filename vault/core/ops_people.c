/*
 * People: who they are, and what officers attested of them.
 */
#include "board/erasure.h"
#include "board/quarantine.h"
#include "core/ops_in.h"

enum {
	HOUSE = SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR |
		SR_ROLE_CUSTODIAN
};

static void put_role_words(struct sr_rows_out *o, const char *key, unsigned roles) {
	for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
		if ((roles & bit) != 0)
			sr_row_str(o, key, sr_role_name(bit));
	}
}

/* Those who hold a role of the house are known to everybody, others to the house and themselves. */
static bool may_know_person(const struct sr_x *x, const struct sr_person_row *p) {
	return (x->caller.roles & HOUSE) != 0 || (p->roles & HOUSE) != 0 ||
	       strcmp(p->person, x->caller.person) == 0;
}

/* What brought later keys: who verifies an old signature asks for these entries. */
static int put_rekeyed(
	struct sr_x *x, struct sr_rows_out *o, const char *person, struct sr_err *e) {
	struct sr_person_keys l = {0};
	int rc = sr_query_person_keys(&l, x->catalogue, person, e);
	for (size_t i = 1; i < l.count; i++)
		sr_row_dec(o, "rekeyed", l.rows[i].entry);
	sr_person_keys_free(&l);
	return rc;
}

static void put_person(const struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p) {
	sr_row(o, "person");
	sr_row_str(o, "person", p->person);
	sr_row_base64(o, "key", p->pk, SR_PK);
	put_role_words(o, "role", p->roles);
	put_role_words(o, "ever", p->roles_ever);
	sr_row_dec(o, "entry", p->entry);
	if (p->erased != 0)
		sr_row_dec(o, "erased", p->erased);
	if (sr_may_see_name(&x->caller, p))
		sr_row_str(o, "name", p->name);
}

static int no_role(const char *word, struct sr_err *e) {
	char names[160] = "";
	size_t len = 0;
	for (unsigned bit = 1; bit < SR_ROLES_ALL && len < sizeof names; bit <<= 1) {
		const int n = snprintf(names + len, sizeof names - len, "%s%s",
			len == 0 ? "" : ", ", sr_role_name(bit));
		len += n > 0 ? (size_t)n : 0;
	}
	return sr_fail(e, SR_USAGE, "there is no role \"%.40s\"; there are %s", word, names);
}

int sr_op_people(struct sr_x *x, struct sr_err *e) {
	struct sr_people l = {0};
	struct sr_rows_out o;
	char word[SR_IN_TEXT];
	unsigned roles = 0;
	sr_in_str(x, "role", word);
	if (word[0] != '\0' && (roles = sr_role_named(sr_bytes_str(word))) == 0)
		return no_role(word, e);
	int rc = sr_query_people(&l, x->catalogue, roles, e);
	if (rc != 0)
		return rc;
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_person_row *p = &l.rows[i];
		if (!may_know_person(x, p))
			continue;
		put_person(x, &o, p);
		rc = put_rekeyed(x, &o, p->person, e);
	}
	sr_people_free(&l);
	return rc;
}

void sr_put_attestation(const struct sr_x *x, struct sr_rows_out *o, const char *kind,
	const struct sr_attestation_row *a) {
	if (!sr_may_see_attestation(&x->caller, a))
		return;
	sr_row(o, kind);
	sr_row_hex(o, "id", a->id, SR_ID);
	sr_row_str(o, "person", a->person);
	sr_row_str(o, "kind", a->kind);
	sr_row_str(o, "of", a->other);
	if (a->has_request)
		sr_row_hex(o, "request", a->request, SR_ID);
	sr_row_str(o, "term", a->term);
	sr_row_time(o, "ends", a->ends);
	sr_row_str(o, "officer", a->officer);
	sr_row_dec(o, "entry", a->entry);
	if (a->ended != 0)
		sr_row_dec(o, "ended", a->ended);
	if (sr_may_see_note(&x->caller, a))
		sr_row_str(o, "note", a->note);
}

int sr_put_attestations(struct sr_x *x, struct sr_rows_out *o, const char *person, bool standing,
	struct sr_err *e) {
	const struct sr_attestation_filter f = {.person = person, .standing = standing};
	struct sr_attestations l = {0};
	int rc = sr_query_attestations(&l, x->catalogue, &f, e);
	for (size_t i = 0; i < l.count; i++)
		sr_put_attestation(x, o, "attestation", &l.rows[i]);
	sr_attestations_free(&l);
	return rc;
}

static int bound_grants(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	static const enum sr_state states[] = {SR_S_LIVE, SR_S_SUSPENDED};
	const struct sr_page page = {.limit = 1000};
	int rc = 0;
	for (size_t k = 0; rc == 0 && k < 2; k++) {
		const struct sr_grant_filter f = {.person = p->person, .state = states[k]};
		struct sr_grants l = {0};
		rc = sr_query_grants(&l, x->catalogue, &f, &page, e);
		for (size_t i = 0; i < l.count; i++) {
			sr_row(o, "bound");
			sr_row_str(o, "what", "grant");
			sr_row_hex(o, "id", l.rows[i].id, SR_ID);
			sr_row_str(o, "state", sr_state_name(l.rows[i].state));
			sr_row_dec(o, "items", l.rows[i].items);
			sr_row_flag(o, "others", strcmp(l.rows[i].people, p->person) != 0);
		}
		sr_grants_free(&l);
	}
	return rc;
}

static int bound_requests(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	const struct sr_request_filter f = {.applicant = p->person, .state = SR_S_OPEN};
	const struct sr_page page = {.limit = 1000};
	struct sr_versions l = {0};
	int rc = sr_query_requests(&l, x->catalogue, &f, &page, e);
	for (size_t i = 0; i < l.count; i++) {
		sr_row(o, "bound");
		sr_row_str(o, "what", "request");
		sr_row_hex(o, "id", l.rows[i].request, SR_ID);
		sr_row_str(o, "kind", l.rows[i].kind);
	}
	sr_versions_free(&l);
	return rc;
}

/* A share of a board's keys is theirs as long as the board has this epoch. */
static int bound_shares(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_boards all = {0};
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "person: out of memory")
			   : sr_query_boards(&all, x->catalogue, e);
	for (size_t k = 0; rc == 0 && k < all.count; k++) {
		rc = sr_query_board(b, x->catalogue, all.rows[k].id, 0, e);
		for (size_t i = 0; rc == 0 && i < b->member_count; i++) {
			if (strcmp(b->members[i].person, p->person) != 0)
				continue;
			sr_row(o, "bound");
			sr_row_str(o, "what", "share");
			sr_row_hex(o, "board", b->id, SR_ID);
			sr_row_dec(o, "member", b->members[i].index);
			sr_row_dec(o, "epoch", b->epoch);
		}
	}
	sr_boards_free(&all);
	free(b);
	return rc;
}

/* The same of a standby board that waits: it is dealt to by its people alone. */
static int bound_standby(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_boards all = {0};
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "person: out of memory")
			   : sr_query_boards(&all, x->catalogue, e);
	for (size_t k = 0; rc == 0 && k < all.count; k++) {
		const uint32_t epoch = all.rows[k].epoch + 1;
		struct sr_standby_row s = {.waits = 0};
		rc = sr_query_standby(&s, x->catalogue, all.rows[k].id, epoch, e);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = sr_query_board(b, x->catalogue, all.rows[k].id, epoch, e);
		for (size_t i = 0; rc == 0 && s.waits != 0 && i < b->member_count; i++) {
			if (strcmp(b->members[i].person, p->person) != 0)
				continue;
			sr_row(o, "bound");
			sr_row_str(o, "what", "standby");
			sr_row_hex(o, "board", b->id, SR_ID);
			sr_row_dec(o, "member", b->members[i].index);
			sr_row_dec(o, "epoch", epoch);
		}
	}
	sr_boards_free(&all);
	free(b);
	return rc;
}

/* Grants that they suspended: they alone lift them, or a quorum. */
static int bound_suspended(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	const struct sr_grant_filter f = {.state = SR_S_SUSPENDED};
	const struct sr_page page = {.limit = 1000};
	struct sr_grants l = {0};
	int rc = sr_query_grants(&l, x->catalogue, &f, &page, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (strcmp(l.rows[i].suspended_by, p->person) != 0)
			continue;
		sr_row(o, "bound");
		sr_row_str(o, "what", "suspension");
		sr_row_hex(o, "id", l.rows[i].id, SR_ID);
	}
	sr_grants_free(&l);
	return rc;
}

/* Epochs of the log's structure whose keys they have, of an auditor that was: they keep them. */
static int bound_epochs(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	struct sr_key_epochs l = {NULL, 0};
	uint32_t first = 0, last = 0;
	int rc = sr_query_key_epochs(&l, x->catalogue, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (!sr_token_in(l.rows[i].auditors, p->person))
			continue;
		first = first == 0 ? l.rows[i].epoch : first;
		last = l.rows[i].epoch;
	}
	if (rc == 0 && last != 0) {
		sr_row(o, "bound");
		sr_row_str(o, "what", "epochs");
		sr_row_dec(o, "first", first);
		sr_row_dec(o, "last", last);
		sr_row_dec(o, "now", l.rows[l.count - 1].epoch);
	}
	sr_key_epochs_free(&l);
	return rc;
}

/* Enquiries that wait for an officer. */
static int bound_enquiries(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_enquiries l = {NULL, 0};
	int rc = sr_query_enquiries(&l, x->catalogue, SR_S_NONE, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (sr_state_final(SR_M_ENQUIRY, l.rows[i].state))
			continue;
		sr_row(o, "bound");
		sr_row_str(o, "what", "enquiry");
		sr_row_hex(o, "id", l.rows[i].id, SR_ID);
		sr_row_time(o, "deadline", l.rows[i].deadline);
	}
	sr_enquiries_free(&l);
	return rc;
}

/* What of each role stays with the person, or waits for them. */
static int bound_roles(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	bool knew = false;
	int rc = 0;
	if ((p->roles_ever & SR_ROLE_MEMBER) != 0)
		rc = bound_suspended(x, o, p, e);
	if (rc == 0 && (p->roles_ever & SR_ROLE_AUDITOR) != 0)
		rc = bound_epochs(x, o, p, e);
	if (rc == 0 && (p->roles_ever & SR_ROLE_OFFICER) != 0)
		rc = bound_enquiries(x, o, e);
	if (rc == 0 && (p->roles_ever & SR_ROLE_CUSTODIAN) != 0)
		rc = sr_query_knew_service_keys(&knew, x->catalogue, p->person, e);
	if (rc == 0 && knew) {
		sr_row(o, "bound");
		sr_row_str(o, "what", "service-keys");
	}
	return rc;
}

/* What the vault holds ready for this person, or would go on without them: for who ends them. */
static int put_bound(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_person_row *p, struct sr_err *e) {
	size_t boxed = 0, items = 0;
	int rc = bound_grants(x, o, p, e);
	if (rc == 0)
		rc = bound_requests(x, o, p, e);
	if (rc == 0)
		rc = bound_shares(x, o, p, e);
	if (rc == 0)
		rc = bound_standby(x, o, p, e);
	if (rc == 0)
		rc = bound_roles(x, o, p, e);
	if (rc == 0 && (p->roles_ever & SR_ROLE_CURATOR) != 0)
		rc = sr_quarantine_count(x->vault, p, &boxed, &items, e);
	if (rc == 0 && items > 0) {
		sr_row(o, "bound");
		sr_row_str(o, "what", "held");
		sr_row_dec(o, "boxes", boxed);
		sr_row_dec(o, "items", items);
	}
	return rc;
}

int sr_op_erasure(struct sr_x *x, struct sr_err *e) {
	struct sr_person_row p = {0};
	struct sr_rows_out o;
	struct sr_buf note;
	char person[SR_IN_TEXT];
	uint64_t since = 0, entry = 0;
	int rc = sr_query_person(&p, x->catalogue, sr_in_str(x, "person", person), e);
	if (rc == SR_NOTFOUND || (rc == 0 && !may_know_person(x, &p)))
		rc = sr_fail(e, SR_NOTFOUND, "there is no person %s that %s may know of", person,
			x->caller.person);
	sr_person_row_free(&p);
	(void)sr_in_dec(x, "since", &since);
	sr_buf_init(&note);
	if (rc == 0)
		rc = sr_erasure_make(&note, &entry, x->vault, person, e);
	if (rc == 0) {
		sr_rows_begin(&o, &x->r->body);
		sr_row(&o, "erasure");
		sr_row_buf(&o, "note", &note);
		rc = sr_put_receipt(x, &o, entry, since, e);
	}
	sr_buf_free(&note);
	return rc;
}

int sr_op_person(struct sr_x *x, struct sr_err *e) {
	struct sr_person_row p = {0};
	struct sr_rows_out o;
	char person[SR_IN_TEXT];
	int rc = sr_query_person(&p, x->catalogue, sr_in_str(x, "person", person), e);
	if (rc == SR_NOTFOUND || (rc == 0 && !may_know_person(x, &p))) {
		sr_person_row_free(&p);
		return sr_fail(e, SR_NOTFOUND, "there is no person %s that %s may know of", person,
			x->caller.person);
	}
	sr_rows_begin(&o, &x->r->body);
	if (rc == 0) {
		put_person(x, &o, &p);
		rc = put_rekeyed(x, &o, person, e);
	}
	if (rc == 0) {
		rc = sr_put_attestations(x, &o, person, false, e);
	}
	if (rc == 0 && ((x->caller.roles & HOUSE) != 0 || strcmp(p.person, x->caller.person) == 0))
		rc = put_bound(x, &o, &p, e);
	sr_person_row_free(&p);
	return rc;
}
