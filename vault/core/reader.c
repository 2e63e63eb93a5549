/*
 * See reader.h for the table; class_of below is its first half, sr_may_read_text its second.
 */
#include "core/reader.h"

#include <stdio.h>
#include <string.h>

#include "board/kinds.h"

enum {
	SEES_REQUESTS = SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_AUDITOR,
	SEES_ATTESTED = SEES_REQUESTS | SR_ROLE_CURATOR,
	SEES_STORE = SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_AUDITOR | SR_ROLE_CUSTODIAN,
	SEES_NAMES = SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER,
	PUBLIC_ROLES = SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR |
		       SR_ROLE_CUSTODIAN
};

enum reads {
	PUBLIC,
	DEPOSIT,
	STORE,
	ITEM,
	FLAG,
	REQUEST,
	CHECKOUT,
	ATTESTED,
	OFFICE,
	HOUSE
};

/* Is the line there (the type may not have it at all)? */
static bool has(const struct sr_statement *s, const char *key) {
	return sr_type_field(s->type, sr_bytes_str(key)) != NULL && sr_field_count(s, key) > 0;
}

static enum reads class_of(const struct sr_statement *s) {
	switch (s->type->id) {
	case SR_T_FOUND:
	case SR_T_KEY_EPOCH:
	case SR_T_SERVICE_KEY:
	case SR_T_AUDITOR:
	case SR_T_DEAL:
	case SR_T_ACCEPT:
	case SR_T_COMPLAINT:
	case SR_T_REVEAL:
	case SR_T_OPENED:
	case SR_T_SHARE:
	case SR_T_RECOVER:
	case SR_T_CONFIRM:
	case SR_T_BOARD:
	case SR_T_RESHARE:
	case SR_T_STANDBY:
	case SR_T_TAKEOVER:
	case SR_T_REKEY:
	case SR_T_REKEYED:
	case SR_T_POLICY:
	case SR_T_COLLECTION:
	case SR_T_PERSON:
	case SR_T_PERSON_END:
	case SR_T_PERSON_SET:
	case SR_T_PERSON_KEY:
	case SR_T_HELD_BOX:
	case SR_T_ERASE:
	case SR_T_WITNESS:
	case SR_T_RELEASE:
	case SR_T_RESEAL:
	case SR_T_DESTROY:
		return PUBLIC;
	case SR_T_ACCESSION:
	case SR_T_REDACT:
		return DEPOSIT;
	case SR_T_STORED:
	case SR_T_SCRUB:
	case SR_T_COLLECT: /* that a pack goes though nothing was destroyed tells of what was there
			      before its deposit */
	case SR_T_ESCROW:
	case SR_T_BACKUP:
		return STORE;
	case SR_T_DESCRIBE:
		return ITEM;
	case SR_T_EMBARGO:
	case SR_T_HOLD:
	case SR_T_SEAL:
	case SR_T_INTAKE:
	case SR_T_SCAN:
	case SR_T_RETENTION:
		return FLAG;
	case SR_T_ATTEST:
	case SR_T_ATTEST_END:
		return ATTESTED;
	case SR_T_REQUEST:
	case SR_T_AMEND:
	case SR_T_EXTEND:
	case SR_T_ROOM_KEY:
	case SR_T_JOIN:
	case SR_T_COMMENT:
	case SR_T_RECUSE:
	case SR_T_VOTE:
	case SR_T_WITHDRAW:
	case SR_T_GRANT:
	case SR_T_SUSPEND:
	case SR_T_REVOKE:
	case SR_T_RENEW:
	case SR_T_CLOSE:
		return REQUEST;
	case SR_T_LIFT:
		return has(s, "flag") ? FLAG : REQUEST;
	case SR_T_CHECKOUT:
	case SR_T_VIEWED:
	case SR_T_RETURN:
	case SR_T_EXPORT:
	case SR_T_BREAK_GLASS:
		return CHECKOUT;
	case SR_T_LAPSE:
	case SR_T_REFUSE:
		if (has(s, "checkout"))
			return CHECKOUT;
		if (has(s, "flag"))
			return FLAG;
		if (has(s, "attestation"))
			return ATTESTED;
		return has(s, "request") || has(s, "grant") ? REQUEST : HOUSE;
	case SR_T_ENQUIRY:
	case SR_T_NOTICE:
	case SR_T_READ:
		return OFFICE;
	case SR_T_DECIDED: /* its inputs say what is attested of everybody whom they name */
	case SR_T_INCIDENT:
		return HOUSE;
	case SR_T_COUNT:
		break;
	}
	return HOUSE;
}

int sr_is_party(
	bool *out, const struct sr_caller *c, const uint8_t request[SR_ID], struct sr_err *e) {
	struct sr_versions l = {0};
	const struct sr_version_row *v = NULL;
	bool party = false;
	int rc = sr_query_versions(&l, c->catalogue, request, e);
	if (rc != 0)
		return rc;
	/* Whom a newer version leaves out is none any more. */
	for (size_t i = 0; i < l.count; i++)
		v = v == NULL || l.rows[i].version > v->version ? &l.rows[i] : v;
	party = v != NULL && strcmp(v->applicant, c->person) == 0;
	for (size_t j = 0; v != NULL && j < v->people_count; j++)
		party = party || strcmp(v->people[j].person, c->person) == 0;
	sr_versions_free(&l);
	*out = party;
	return 0;
}

int sr_may_see_request(
	bool *may, const struct sr_caller *c, const uint8_t request[SR_ID], struct sr_err *e) {
	if ((c->roles & SEES_REQUESTS) != 0) {
		*may = true;
		return 0;
	}
	*may = false;
	return c->person[0] == '\0' ? 0 : sr_is_party(may, c, request, e);
}

bool sr_may_see_store(const struct sr_caller *c) {
	return (c->roles & SEES_STORE) != 0;
}

bool sr_may_find(const struct sr_caller *c) {
	return (c->roles & ~(unsigned)SR_ROLE_DEPOSITOR) != 0;
}

bool sr_may_know_item(const struct sr_caller *c, const struct sr_item_row *item) {
	const bool hidden = (item->flags & (SR_ITEM_REFERRAL | SR_ITEM_SEALED)) != 0;
	if (c->person[0] == '\0')
		return false;
	if (strcmp(item->depositor, c->person) == 0 ||
		(c->roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER)) != 0)
		return true;
	if (hidden)
		return (c->roles & SR_ROLE_MEMBER) != 0;
	return sr_may_find(c) && (item->state == SR_S_RELEASED ||
					 (item->state == SR_S_DESTROYED && item->released != 0));
}

bool sr_may_see_attestation(const struct sr_caller *c, const struct sr_attestation_row *a) {
	return c->person[0] != '\0' &&
	       ((c->roles & SEES_ATTESTED) != 0 || strcmp(a->person, c->person) == 0 ||
		       strcmp(a->other, c->person) == 0);
}

bool sr_may_see_note(const struct sr_caller *c, const struct sr_attestation_row *a) {
	return (c->roles & (SR_ROLE_MEMBER | SR_ROLE_OFFICER)) != 0 ||
	       strcmp(a->person, c->person) == 0;
}

bool sr_may_see_name(const struct sr_caller *c, const struct sr_person_row *p) {
	return (c->roles & SEES_NAMES) != 0 || strcmp(p->person, c->person) == 0 ||
	       (c->person[0] != '\0' && (p->roles & PUBLIC_ROLES) != 0);
}

static int knows_item_id(
	bool *may, const struct sr_caller *c, const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_item_row row = {0};
	int rc = sr_query_item(&row, c->catalogue, id, e);
	if (rc == SR_NOTFOUND) {
		*may = false;
		return 0;
	}
	if (rc == 0)
		*may = sr_may_know_item(c, &row);
	sr_item_row_free(&row);
	return rc;
}

/* The request that the statement is about: its own line, or its grant's. NOTFOUND: none. */
static int request_of(uint8_t id[SR_ID], const struct sr_caller *c, const struct sr_statement *s,
	struct sr_err *e) {
	uint8_t hash[SR_HASH];
	if (has(s, "request")) {
		if (s->type->id == SR_T_VOTE)
			return sr_field_id_hash(id, hash, s, "request", e);
		return sr_field_id(id, s, "request", 0, e);
	}
	if (!has(s, "grant"))
		return sr_fail(e, SR_NOTFOUND, "%s names no request", s->type->name);
	struct sr_grant_row g = {0};
	uint8_t grant[SR_ID];
	int rc = sr_field_id(grant, s, "grant", 0, e);
	if (rc == 0)
		rc = sr_query_grant(&g, c->catalogue, grant, e);
	if (rc == 0)
		memcpy(id, g.request, SR_ID);
	sr_grant_row_free(&g);
	return rc;
}

static int party_of(
	bool *out, const struct sr_caller *c, const struct sr_statement *s, struct sr_err *e) {
	uint8_t id[SR_ID];
	int rc = request_of(id, c, s, e);
	if (rc == 0)
		return sr_is_party(out, c, id, e);
	*out = false;
	return rc == SR_NOTFOUND ? 0 : rc;
}

static int own_checkout(
	bool *out, const struct sr_caller *c, const struct sr_statement *s, struct sr_err *e) {
	struct sr_checkout_row row = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, s, "checkout", 0, e);
	if (rc == 0)
		rc = sr_query_checkout(&row, c->catalogue, id, e);
	*out = rc == 0 && strcmp(row.person, c->person) == 0;
	return rc == SR_NOTFOUND ? 0 : rc;
}

/* Named by a line `person` or `of`? (refuse, incident, grant, attest) */
static bool named(const struct sr_caller *c, const struct sr_statement *s) {
	static const char *const keys[] = {"person", "of"};
	for (size_t k = 0; k < 2; k++) {
		const size_t n = has(s, keys[k]) ? sr_field_count(s, keys[k]) : 0;
		for (size_t i = 0; i < n; i++) {
			if (sr_bytes_eq(sr_field(s, keys[k], i), sr_bytes_str(c->person)))
				return true;
		}
	}
	return false;
}

/* Is it about who is believed (roles, boards), or by what rules the board decides? Whoever is to
 * believe it must see who decided that. */
static int of_trust(
	bool *out, const struct sr_caller *c, const struct sr_statement *s, struct sr_err *e) {
	struct sr_version_row v = {0};
	uint8_t id[SR_ID];
	int rc;
	*out = false;
	if ((s->type->id != SR_T_REQUEST && s->type->id != SR_T_AMEND &&
		    s->type->id != SR_T_VOTE) ||
		sr_unhex(id, SR_ID, sr_word(sr_field(s, "request", 0), 0), NULL) != 0)
		return 0;
	rc = sr_query_version(&v, c->catalogue, id, 0, e);
	*out = rc == 0 && sr_kind_is(sr_bytes_str(v.kind), SR_KIND_TRUST);
	sr_version_row_free(&v);
	return rc;
}

static int read_as(struct sr_reading *out, const struct sr_caller *c, const struct sr_statement *s,
	struct sr_err *e) {
	const bool house = (c->roles & SEES_REQUESTS) != 0;
	struct sr_reading r = {.caller = c};
	uint8_t item[SR_ID];
	bool may = false;
	int rc = 0;
	snprintf(r.actor, sizeof r.actor, "%s", s->head.actor);
	if (c->person[0] == '\0') {
		*out = r;
		return 0;
	}
	switch (class_of(s)) {
	case PUBLIC:
		may = true;
		break;
	case DEPOSIT:
		may = (c->roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0;
		break;
	case STORE:
		may = sr_may_see_store(c);
		break;
	case ITEM:
		rc = sr_field_id(item, s, "item", 0, e);
		if (rc == 0)
			rc = knows_item_id(&may, c, item, e);
		may = may || (c->roles & (SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0;
		break;
	case FLAG:
		may = house || (c->roles & SR_ROLE_CURATOR) != 0;
		r.party = (c->roles & (SR_ROLE_MEMBER | SR_ROLE_CURATOR)) != 0;
		break;
	case REQUEST:
		rc = party_of(&r.party, c, s, e);
		if (rc == 0 && !house && !r.party)
			rc = of_trust(&may, c, s, e);
		may = may || house || r.party;
		r.party = r.party || (c->roles & SR_ROLE_MEMBER) != 0;
		break;
	case CHECKOUT:
		rc = own_checkout(&may, c, s, e);
		may = may || house;
		break;
	case ATTESTED:
		may = (c->roles & SEES_ATTESTED) != 0;
		r.party = (c->roles & SR_ROLE_MEMBER) != 0;
		break;
	case OFFICE:
		may = (c->roles & (SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0;
		r.party = s->type->id == SR_T_READ && named(c, s); /* whom the reason is told */
		break;
	case HOUSE:
		may = house;
		break;
	}
	if (rc != 0)
		return rc;
	r.entry = may || strcmp(s->head.actor, c->person) == 0 || named(c, s);
	*out = r;
	return 0;
}

int sr_may_see_entry(bool *may, const struct sr_caller *c, uint64_t index, struct sr_err *e) {
	*may = (c->roles & SR_ROLE_OFFICER) != 0;
	return *may || (c->roles & SR_ROLE_AUDITOR) == 0
		       ? 0
		       : sr_query_epoch_given(may, c->catalogue, c->person, index, e);
}

/* An auditor's role shows the epochs that were given to them; what another role shows, it shows. */
static int may_read(struct sr_reading *out, const struct sr_caller *c, const struct sr_statement *s,
	uint64_t index, struct sr_err *e) {
	struct sr_caller other = *c; /* without what the role of auditor adds */
	bool given = false;
	int rc;
	other.roles &= ~(unsigned)SR_ROLE_AUDITOR;
	rc = read_as(out, &other, s, e);
	out->caller = c;
	if (rc != 0 || out->entry || other.roles == c->roles)
		return rc;
	rc = sr_query_epoch_given(&given, c->catalogue, c->person, index, e);
	return rc == 0 && given ? read_as(out, c, s, e) : rc;
}

/* What everybody needs to believe others (public, request) is read without a word. The rest an
 * auditor or officer reads by that office alone, and says so on the record. */
int sr_may_read(struct sr_reading *out, const struct sr_caller *c, const struct sr_statement *s,
	uint64_t index, struct sr_err *e) {
	const unsigned offices = SR_ROLE_AUDITOR | SR_ROLE_OFFICER;
	struct sr_caller plain = *c;
	struct sr_reading without;
	int rc = may_read(out, c, s, index, e);

	if (rc != 0 || !out->entry || (c->roles & offices) == 0 || class_of(s) == PUBLIC ||
		class_of(s) == REQUEST)
		return rc;
	plain.roles &= ~offices;
	rc = may_read(&without, &plain, s, index, e);
	out->on_record = rc == 0 && !without.entry;
	return rc;
}

static bool card_line(const char *field) {
	static const char *const cards[] = {"card", "newcomer", "member", "curator", "officer",
		"auditor", "custodian", "standby"};
	for (size_t i = 0; field != NULL && i < sizeof cards / sizeof cards[0]; i++) {
		if (strcmp(field, cards[i]) == 0)
			return true;
	}
	return false;
}

static int may_read_name(
	bool *may, const struct sr_caller *c, const char *person, struct sr_err *e) {
	struct sr_person_row p = {0};
	int rc = sr_query_person(&p, c->catalogue, person, e);
	if (rc == 0)
		*may = sr_may_see_name(c, &p);
	else
		*may = (c->roles & SEES_NAMES) != 0; /* of a request for a role: not yet a person */
	sr_person_row_free(&p);
	return rc == SR_NOTFOUND ? 0 : rc;
}

/* Of an item, but about people. None of these lies out (ledger/fields.h), so a text whose field is
 * not known is none. */
static bool personal_field(const char *field) {
	const struct sr_desc_field *f = field == NULL ? NULL : sr_desc_field(sr_bytes_str(field));

	return f != NULL && f->compartment == SR_PERSONAL;
}

bool sr_may_see_held(const struct sr_caller *c) {
	return (c->roles & SEES_NAMES) != 0;
}

int sr_may_read_text(bool *may, const struct sr_reading *r, const char *subject, const char *field,
	struct sr_err *e) {
	static const char item[] = "item:";
	const struct sr_caller *c = r->caller;
	const bool officer = (c->roles & SR_ROLE_OFFICER) != 0;
	uint8_t id[SR_ID];
	*may = false;
	if (c->person[0] == '\0')
		return 0;
	if (strncmp(subject, "collection:", 11) == 0) {
		*may = true;
		return 0;
	}
	if (strncmp(subject, item, sizeof item - 1) == 0) {
		int rc = sr_unhex(id, sizeof id, sr_bytes_str(subject + sizeof item - 1), e);
		if (rc == 0)
			rc = knows_item_id(may, c, id, e);
		*may = (*may && !personal_field(field)) || officer ||
		       (*may && (c->roles & SEES_NAMES) != 0);
		return rc;
	}
	if (strcmp(subject, c->person) == 0 || officer) {
		*may = true;
		return 0;
	}
	if (card_line(field))
		return may_read_name(may, c, subject, e);
	*may = r->party || strcmp(r->actor, c->person) == 0;
	return 0;
}
