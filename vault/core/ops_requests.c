/*
 * Requests, their votes and comments, and what waits for whom. Auditors see the structure;
 * reasons, projects, conditions and comments go to members, officers, applicants and
 * co-applicants.
 */
#include "board/authorize.h"
#include "board/invariants.h"
#include "board/keys.h"
#include "board/kinds.h"
#include "catalogue/report.h"
#include "core/ops_in.h"

enum {
	LIST_DEFAULT = 100,
	LIST_MAX = 1000,
	SEES_ALL = SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_AUDITOR
};

int sr_get_version(struct sr_version_row *out, struct sr_x *x, const uint8_t request[SR_ID],
	uint32_t version, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	bool may = false;
	int rc = sr_may_see_request(&may, &x->caller, request, e);
	if (rc != 0)
		return rc;
	if (may)
		rc = sr_query_version(out, x->catalogue, request, version, e);
	if (may && rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, request, SR_ID);
	if (version > 0)
		return sr_fail(e, SR_NOTFOUND,
			"there is no request %s with a version %u that %s may see", hex, version,
			x->caller.person);
	return sr_fail(
		e, SR_NOTFOUND, "there is no request %s that %s may see", hex, x->caller.person);
}

int sr_in_version(struct sr_version_row *out, struct sr_x *x, struct sr_err *e) {
	uint8_t request[SR_ID];
	uint64_t version = 0;
	if (!sr_in_id(x, "request", request))
		return sr_fail(e, SR_MISUSE, "call without a request");
	(void)sr_in_dec(x, "version", &version);
	if (version > UINT32_MAX)
		return sr_fail(e, SR_USAGE, "version %llu: no request has so many",
			(unsigned long long)version);
	return sr_get_version(out, x, request, (uint32_t)version, e);
}

/* Texts of a request are for those who take part in it. */
static int reads_texts(bool *out, struct sr_x *x, const uint8_t request[SR_ID], struct sr_err *e) {
	*out = (x->caller.roles & (SR_ROLE_MEMBER | SR_ROLE_OFFICER)) != 0;
	return *out ? 0 : sr_is_party(out, &x->caller, request, e);
}

static void put_optional(struct sr_rows_out *o, const struct sr_version_row *v) {
	sr_row_str(o, "recipient", v->recipient);
	sr_row_str(o, "subject", v->subject);
	sr_row_str(o, "card", v->card);
	sr_row_str(o, "dedupe", v->dedupe);
	if (v->has_target)
		sr_row_hex(o, "target", v->target, SR_ID);
	if (v->has_collection)
		sr_row_hex(o, "collection", v->collection, SR_ID);
	if (v->has_key)
		sr_row_base64(o, "key", v->key, SR_PK);
	if (v->has_room_key)
		sr_row_base64(o, "room-key", v->room_key, SR_PK);
	sr_row_flag(o, "room-key-ended", v->has_room_key && v->room_key_ended);
	if (v->has_list)
		sr_row_hex(o, "list", v->list, SR_HASH);
}

static void put_version(
	struct sr_rows_out *o, const char *kind, const struct sr_version_row *v, bool texts) {
	sr_row(o, kind);
	sr_row_hex(o, "request", v->request, SR_ID);
	sr_row_dec(o, "version", v->version);
	sr_row_str(o, "state", sr_state_name(v->state));
	sr_row_str(o, "kind", v->kind);
	sr_row_hex(o, "board", v->board, SR_ID);
	sr_row_hex(o, "hash", v->hash, SR_HASH);
	sr_row_hex(o, "statement", v->statement, SR_ID);
	sr_row_dec(o, "entry", v->entry);
	sr_row_time(o, "received", v->received);
	sr_row_str(o, "applicant", v->applicant);
	sr_row_dec(o, "epoch", v->epoch);
	sr_row_dec(o, "level", v->level);
	sr_row_dec(o, "items", v->items);
	sr_row_time(o, "closes", v->closes);
	sr_row_time(o, "ends", v->ends);
	sr_row_words(o, "form", v->forms);
	sr_row_words(o, "purpose", v->purposes);
	sr_row_words(o, "role", v->roles);
	for (size_t i = 0; i < v->people_count; i++)
		sr_row_str(o, "person", v->people[i].person);
	for (size_t i = 0; i < v->people_count; i++) {
		if (v->people[i].joined)
			sr_row_str(o, "joined", v->people[i].person);
	}
	put_optional(o, v);
	sr_row_str(o, "name", v->name);
	if (texts) {
		sr_row_str(o, "project", v->project);
		sr_row_str(o, "authority", v->authority);
		sr_row_str(o, "instruction", v->instruction);
		sr_row_str(o, "reason", v->reason);
	}
}

/* A slip of the pen is not answered with `there is none`. */
static int no_kind(const char *kind, struct sr_err *e) {
	char names[400] = "";
	for (size_t i = 0, at = 0; i < SR_K_COUNT && at < sizeof names; i++)
		at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i == 0 ? "" : ", ",
			sr_kind_at((enum sr_kind_id)i)->name);
	return sr_fail(e, SR_USAGE, "\"%s\" is no kind of a request: %s", kind, names);
}

int sr_op_requests(struct sr_x *x, struct sr_err *e) {
	struct sr_request_filter f = {0};
	struct sr_page page;
	struct sr_versions l = {0};
	struct sr_rows_out o;
	char kind[SR_IN_TEXT];
	enum sr_kind_id id = SR_K_COUNT;
	uint8_t item[SR_ID];
	const bool all = (x->caller.roles & SEES_ALL) != 0 && !sr_in_yes(x, "mine");
	int rc = sr_in_state(x, SR_M_VERSION, &f.state, e);
	if (rc == 0)
		rc = sr_in_page(x, &page, LIST_DEFAULT, LIST_MAX, e);
	f.applicant = all ? NULL : x->caller.person;
	f.kind = sr_in_str(x, "kind", kind)[0] != '\0' ? kind : NULL;
	f.item = sr_in_id(x, "item", item) ? item : NULL;
	if (rc == 0 && f.kind != NULL && !sr_kind_named(&id, sr_bytes_str(kind)))
		rc = no_kind(kind, e);
	if (rc == 0)
		rc = sr_query_requests(&l, x->catalogue, &f, &page, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		bool texts = false;
		rc = reads_texts(&texts, x, l.rows[i].request, e);
		if (rc == 0) {
			put_version(&o, "request", &l.rows[i], texts);
			rc = sr_put_name(x, &o, "applicant-name", l.rows[i].applicant, e);
		}
	}
	sr_versions_free(&l);
	return rc;
}

int sr_put_name(struct sr_x *x, struct sr_rows_out *o, const char *key, const char *person,
	struct sr_err *e) {
	struct sr_person_row p = {0};
	const int rc = sr_query_person(&p, x->catalogue, person, e);
	if (rc == 0 && sr_may_see_name(&x->caller, &p))
		sr_row_str(o, key, p.name);
	sr_person_row_free(&p);
	return rc;
}

static void put_vote(struct sr_rows_out *o, const struct sr_vote_row *v, bool texts) {
	sr_row(o, "vote");
	sr_row_hex(o, "statement", v->statement, SR_ID);
	sr_row_dec(o, "entry", v->entry);
	sr_row_str(o, "person", v->person);
	sr_row_str(o, "decision", v->decision);
	if (v->extension != 0)
		sr_row_dec(o, "extension", (uint64_t)v->extension);
	sr_row_dec(o, "epoch", v->epoch);
	sr_row_words(o, "form", v->forms);
	sr_row_time(o, "ends", v->ends);
	sr_row_words(o, "training", v->trainings);
	sr_row_dec(o, "conditions", v->condition_count);
	sr_row_dec(o, "pieces", v->pieces_count);
	if (v->has_bundle) {
		sr_row_hex(o, "bundle", v->bundle, SR_HASH);
		sr_row_hex(o, "object", v->pieces, SR_HASH);
	}
	sr_row_flag(o, "void", v->is_void);
	if (!texts)
		return;
	sr_row_str(o, "condition", v->conditions);
	sr_row_str(o, "reason", v->reason);
}

static int put_votes(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	bool texts, struct sr_err *e) {
	struct sr_votes l = {0};
	struct sr_tally t;
	int rc = sr_query_tally(&t, x->catalogue, v->request, v->version, e);
	if (rc == 0)
		rc = sr_query_votes(&l, x->catalogue, v->request, v->version, e);
	if (rc != 0)
		return rc;
	sr_row(o, "tally");
	sr_row_dec(o, "eligible", t.eligible);
	sr_row_dec(o, "approved", t.approved);
	sr_row_dec(o, "rejected", t.rejected);
	sr_row_dec(o, "quorum", t.quorum);
	sr_row_dec(o, "joined", t.joined);
	sr_row_dec(o, "co-applicants", t.co_applicants);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		put_vote(o, &l.rows[i], texts);
		rc = sr_put_name(x, o, "name", l.rows[i].person, e);
	}
	sr_votes_free(&l);
	return rc;
}

static int put_history(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	bool texts, struct sr_err *e) {
	struct sr_versions versions = {0};
	struct sr_comments comments = {0};
	int rc = sr_query_versions(&versions, x->catalogue, v->request, e);
	if (rc == 0)
		rc = sr_query_comments(&comments, x->catalogue, v->request, e);
	for (size_t i = 0; rc == 0 && i < versions.count; i++) {
		const struct sr_version_row *r = &versions.rows[i];
		if (r->version == v->version)
			continue;
		sr_row(o, "earlier");
		sr_row_dec(o, "version", r->version);
		sr_row_str(o, "state", sr_state_name(r->state));
		sr_row_hex(o, "hash", r->hash, SR_HASH);
		sr_row_dec(o, "entry", r->entry);
		sr_row_time(o, "received", r->received);
	}
	for (size_t i = 0; rc == 0 && i < comments.count; i++) {
		const struct sr_comment_row *c = &comments.rows[i];
		sr_row(o, "comment");
		sr_row_dec(o, "entry", c->entry);
		sr_row_str(o, "person", c->person);
		sr_row_time(o, "received", c->received);
		if (texts)
			sr_row_str(o, "text", c->text);
		rc = sr_put_name(x, o, "name", c->person, e);
	}
	sr_versions_free(&versions);
	sr_comments_free(&comments);
	return rc;
}

static int put_recused(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v, struct sr_err *e) {
	struct sr_people members = {0};
	int rc = sr_query_people(&members, x->catalogue, SR_ROLE_MEMBER, e);
	for (size_t i = 0; rc == 0 && i < members.count; i++) {
		bool recused = false;
		rc = sr_query_recused(
			&recused, x->catalogue, v->request, members.rows[i].person, e);
		if (rc != 0 || !recused)
			continue;
		sr_row(o, "recused");
		sr_row_str(o, "person", members.rows[i].person);
		rc = sr_put_name(x, o, "name", members.rows[i].person, e);
	}
	sr_people_free(&members);
	return rc;
}

/* A lift may be about the seal of an item: which one, beside the target. */
static int put_sealed(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v, struct sr_err *e) {
	struct sr_flag_row f = {0};
	int rc = v->has_target && strcmp(v->kind, "lift") == 0
			 ? sr_query_flag(&f, x->catalogue, v->target, e)
			 : SR_NOTFOUND;
	if (rc == 0)
		sr_row_hex(o, "item", f.item, SR_ID);
	sr_flag_row_free(&f);
	return rc == SR_NOTFOUND ? 0 : rc;
}

/* Who has another key than they came with: a voter asks whether it is still the same person. */
static int put_rekeyed(
	struct sr_x *x, struct sr_rows_out *o, const char *person, struct sr_err *e) {
	struct sr_person_keys l = {0};
	struct sr_entry_row entry;
	int rc = sr_query_person_keys(&l, x->catalogue, person, e);
	if (rc == 0 && l.count > 1) {
		const uint64_t at = l.rows[l.count - 1].entry;
		rc = sr_query_entry(&entry, x->catalogue, at, e);
		if (rc == 0) {
			sr_row(o, "rekeyed");
			sr_row_str(o, "person", person);
			sr_row_dec(o, "entry", at);
			sr_row_str(o, "by", entry.actor);
			sr_row_time(o, "received", entry.received);
		}
	}
	sr_person_keys_free(&l);
	return rc;
}

/* What officers attested of those who ask, or about whom it is asked; and whom it keeps from
 * voting.
 */
static int put_attested(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v, struct sr_err *e) {
	struct sr_people members = {0};
	int rc = sr_put_attestations(x, o, v->applicant, true, e);
	if (rc == 0)
		rc = put_rekeyed(x, o, v->applicant, e);
	for (size_t i = 0; rc == 0 && i < v->people_count; i++)
		rc = put_rekeyed(x, o, v->people[i].person, e);
	for (size_t i = 0; rc == 0 && i < v->people_count; i++)
		rc = sr_put_attestations(x, o, v->people[i].person, true, e);
	if (rc == 0 && v->subject != NULL && strcmp(v->subject, v->applicant) != 0)
		rc = sr_put_attestations(x, o, v->subject, true, e);
	if (rc == 0)
		rc = sr_query_people(&members, x->catalogue, SR_ROLE_MEMBER, e);
	for (size_t i = 0; rc == 0 && i < members.count; i++) {
		struct sr_attestation_row a = {0};
		bool found = false;
		rc = sr_query_conflict(&found, &a, x->catalogue, v->request, v->version,
			members.rows[i].person, e);
		if (found && sr_may_see_attestation(&x->caller, &a)) {
			sr_put_attestation(x, o, "conflict", &a);
			sr_row_str(o, "voter", members.rows[i].person);
		}
		sr_attestation_row_free(&a);
	}
	sr_people_free(&members);
	return rc;
}

/* Whoever stands in the way of every approval: a co-applicant who is no researcher any more. */
static int put_ended(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v, struct sr_err *e) {
	const char *why = "";
	char name[SR_PERSON_TEXT];
	int rc = v->state == SR_S_OPEN ? sr_invariants_reader_ended(name, &why, x->catalogue, v, e)
				       : 0;
	if (rc != 0 || v->state != SR_S_OPEN || name[0] == '\0')
		return rc;
	sr_row(o, "ended");
	sr_row_str(o, "person", name);
	return 0;
}

static int put_grants(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v, struct sr_err *e) {
	const struct sr_grant_filter f = {.request = v->request};
	const struct sr_page page = {.limit = LIST_MAX};
	struct sr_grants l = {0};
	int rc = sr_query_grants(&l, x->catalogue, &f, &page, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		sr_put_grant_row(o, &l.rows[i]);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		rc = sr_put_topups(x, o, &l.rows[i], e);
	sr_grants_free(&l);
	return rc;
}

/* Lists of items that came later into the grant. */
static int put_extensions(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v, struct sr_err *e) {
	struct sr_extensions l = {0};
	int rc = sr_query_extensions(&l, x->catalogue, v, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "extension");
		sr_row_dec(o, "number", l.rows[i].number);
		sr_row_dec(o, "items", l.rows[i].items);
		sr_row_dec(o, "entry", l.rows[i].entry);
		sr_row_str(o, "person", l.rows[i].person);
	}
	sr_extensions_free(&l);
	return rc;
}

/* --- what the statement says beside the catalogue's columns --- */

static bool says(const struct sr_statement *s, const char *key, const char *value) {
	for (size_t i = 0; i < sr_field_count(s, key); i++)
		if (sr_bytes_eq(sr_field(s, key, i), sr_bytes_str(value)))
			return true;
	return false;
}

/* Who of the board of then is not to sit any more. A board that waits, or another one, takes
 * nobody's seat. */
static int put_leaving(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	const struct sr_statement *s, struct sr_err *e) {
	if (sr_field_count(s, "member") == 0 || sr_field_count(s, "standby") > 0 ||
		strcmp(v->kind, "board") == 0)
		return 0;
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "request: out of memory")
			   : sr_query_board(b, x->catalogue, v->board, v->epoch, e);
	for (size_t i = 0; rc == 0 && i < b->member_count; i++)
		if (!says(s, "member", b->members[i].person))
			sr_row_str(o, "leaving", b->members[i].person);
	free(b);
	return rc;
}

/* Into the row of the version; ${en} is its entry. */
static int put_said(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	const struct sr_entry *en, struct sr_err *e) {
	static const char *const keys[] = {"quorum", "member", "dealer", "standby", "from"};
	const struct sr_statement *s = &en->statement;
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		for (size_t i = 0; i < sr_field_count(s, keys[k]); i++)
			sr_row_bytes(o, keys[k], sr_field(s, keys[k], i));
	for (size_t i = 0; i < sr_field_count(s, "newcomer"); i++) {
		char person[SR_SUBJECT_TEXT];
		const int rc = sr_field_subject(person, s, "newcomer", i, e);
		if (rc != 0)
			return rc;
		sr_row_str(o, "newcomer", person);
	}
	return put_leaving(x, o, v, s, e);
}

/* The name of somebody whom the request names, as far as the caller may read it: of who is known
 * here, or on the card that came with the request. */
static int put_named(struct sr_x *x, struct sr_rows_out *o, const struct sr_entry *en,
	const char *person, struct sr_err *e) {
	struct sr_person_row p = {0};
	struct sr_reading reading;
	int rc = sr_query_person(&p, x->catalogue, person, e);
	if (rc == 0 && sr_may_see_name(&x->caller, &p) && p.name != NULL) {
		sr_row(o, "named");
		sr_row_str(o, "person", person);
		sr_row_str(o, "name", p.name);
	}
	sr_person_row_free(&p);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	rc = sr_may_read(&reading, &x->caller, &en->statement, en->index, e);
	for (size_t i = 0; rc == 0 && i < en->count; i++) {
		const struct sr_record *r = &en->records[i];
		bool may = false;
		if (strcmp(r->subject, person) != 0 || r->state != SR_RECORD_READ ||
			(strcmp(r->key, "card") != 0 && strcmp(r->key, "newcomer") != 0))
			continue;
		rc = sr_may_read_text(&may, &reading, r->subject, r->key, e);
		if (rc != 0 || !may || !reading.entry)
			continue;
		sr_row(o, "named");
		sr_row_str(o, "person", person);
		sr_row_bytes(o, "name", r->text);
	}
	return rc;
}

struct names { /* of whom the version names, each once */
	char person[3 * SR_BOARD_MEMBERS_MAX + SR_REQUEST_PEOPLE_MAX + 2][SR_PERSON_TEXT];
	size_t count;
};

static void name_add(struct names *l, struct sr_bytes person) {
	if (person.len >= SR_PERSON_TEXT || l->count == sizeof l->person / sizeof l->person[0])
		return;
	for (size_t i = 0; i < l->count; i++)
		if (sr_bytes_eq(person, sr_bytes_str(l->person[i])))
			return;
	memcpy(l->person[l->count++], person.p, person.len);
}

static int put_names(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	const struct sr_entry *en, struct sr_err *e) {
	static const char *const keys[] = {"person", "subject", "member", "dealer"};
	struct names *l = calloc(1, sizeof *l);
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = l == NULL || b == NULL ? sr_fail(e, SR_NOMEM, "request: out of memory") : 0;
	if (rc == 0) {
		name_add(l, sr_bytes_str(v->applicant));
		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
			for (size_t i = 0; i < sr_field_count(&en->statement, keys[k]); i++)
				name_add(l, sr_field(&en->statement, keys[k], i));
		if (sr_field_count(&en->statement, "member") > 0)
			rc = sr_query_board(b, x->catalogue, v->board, v->epoch, e);
	}
	for (size_t i = 0; rc == 0 && i < b->member_count; i++) /* who leaves */
		name_add(l, sr_bytes_str(b->members[i].person));
	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = put_named(x, o, en, l->person[i], e);
	free(b);
	free(l);
	return rc;
}

int sr_op_request(struct sr_x *x, struct sr_err *e) {
	struct sr_entry en = {0};
	struct sr_version_row v = {0}, newest = {0};
	struct sr_rows_out o;
	bool texts = false;
	int rc = sr_in_version(&v, x, e);
	if (rc != 0)
		return rc;
	rc = sr_query_version(&newest, x->catalogue, v.request, 0, e);
	if (rc == 0)
		rc = reads_texts(&texts, x, v.request, e);
	if (rc == 0) {
		sr_rows_begin(&o, &x->r->body);
		put_version(&o, "version", &v, texts);
		sr_row_flag(&o, "newest", newest.version == v.version);
		rc = put_sealed(x, &o, &v, e);
	}
	if (rc == 0)
		rc = sr_vault_entry(&en, x->vault, v.entry, e);
	if (rc == 0) {
		rc = put_said(x, &o, &v, &en, e);
		if (rc == 0)
			rc = put_names(x, &o, &v, &en, e);
		sr_entry_free(&en);
	}
	if (rc == 0)
		rc = put_votes(x, &o, &v, texts, e);
	if (rc == 0)
		rc = put_history(x, &o, &v, texts, e);
	if (rc == 0)
		rc = put_recused(x, &o, &v, e);
	if (rc == 0)
		rc = put_attested(x, &o, &v, e);
	if (rc == 0)
		rc = put_ended(x, &o, &v, e);
	if (rc == 0)
		rc = put_grants(x, &o, &v, e);
	if (rc == 0)
		rc = put_extensions(x, &o, &v, e);
	if (rc == 0 && strcmp(v.kind, "renew") == 0)
		rc = sr_put_grant_use(x, &o, v.target, e);
	sr_version_row_free(&newest);
	sr_version_row_free(&v);
	return rc;
}

int sr_op_request_items(struct sr_x *x, struct sr_err *e) {
	struct sr_version_row v = {0};
	struct sr_page page;
	struct sr_rows_out o;
	uint8_t *ids = NULL;
	size_t count = 0;
	int rc = sr_in_page(x, &page, LIST_DEFAULT, SR_REQUEST_ITEMS_MAX, e);
	if (rc == 0)
		rc = sr_in_version(&v, x, e);
	if (rc != 0)
		return rc;
	rc = sr_query_request_items(&ids, &count, x->catalogue, v.request, v.version, e);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "total", count);
	sr_rows_begin(&o, &x->r->body);
	const size_t from = page.offset < count ? (size_t)page.offset : count;
	for (size_t i = from; rc == 0 && i < count && i - from < page.limit; i++) {
		struct sr_item_row it = {0};
		rc = sr_query_item(&it, x->catalogue, ids + i * SR_ID, e);
		if (rc == 0)
			sr_put_item_short(x, &o, &it);
		sr_item_row_free(&it);
	}
	free(ids);
	sr_version_row_free(&v);
	return rc;
}

/* --- inbox --- */

static void put_todo(struct sr_rows_out *o, const char *what, const struct sr_version_row *v) {
	sr_row(o, "todo");
	sr_row_str(o, "what", what);
	sr_row_hex(o, "request", v->request, SR_ID);
	sr_row_dec(o, "version", v->version);
	sr_row_str(o, "kind", v->kind);
	sr_row_str(o, "applicant", v->applicant);
	sr_row_dec(o, "items", v->items);
	sr_row_time(o, "closes", v->closes);
	sr_row_time(o, "received", v->received);
}

/* Those that the door would take; ${l} is kept for what else speaks of them. */
static int todo_votes(
	struct sr_versions *l, struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	if ((x->caller.roles & SR_ROLE_MEMBER) == 0)
		return 0;
	int rc = sr_authorize_inbox(l, x->vault, x->caller.person, sr_vault_now(x->vault), e);
	for (size_t i = 0; rc == 0 && i < l->count; i++) {
		put_todo(o, "vote", &l->rows[i]);
		rc = sr_put_name(x, o, "name", l->rows[i].applicant, e);
	}
	return rc;
}

/* Pieces that the caller can give for live grants which have too few: of items that were sealed
 * anew, or came later, or after a restore. */
static int todo_topups(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_topups_owed l = {NULL, 0};
	if ((x->caller.roles & SR_ROLE_MEMBER) == 0)
		return 0;
	int rc = sr_query_topups_owed(&l, x->catalogue, x->caller.person, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "todo");
		sr_row_str(o, "what", l.rows[i].extension > 0 ? "extension" : "topup");
		sr_row_hex(o, "request", l.rows[i].request, SR_ID);
		sr_row_dec(o, "version", l.rows[i].version);
		sr_row_hex(o, "grant", l.rows[i].grant, SR_ID);
		sr_row_dec(o, "items", l.rows[i].items);
		if (l.rows[i].extension > 0)
			sr_row_dec(o, "extension", (uint64_t)l.rows[i].extension);
	}
	sr_topups_owed_free(&l);
	return rc;
}

/* Items under a key that their board has no more, which nobody asked about. */
static int todo_left(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_boards l = {0};
	if ((x->caller.roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER)) == 0)
		return 0;
	int rc = sr_query_boards(&l, x->catalogue, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		struct sr_left left = {0};
		rc = sr_query_left(&left, x->catalogue, l.rows[i].id, e);
		if (rc != 0 || left.asked >= left.items)
			continue;
		sr_row(o, "todo");
		sr_row_str(o, "what", "reseal");
		sr_row_hex(o, "board", l.rows[i].id, SR_ID);
		sr_row_dec(o, "items", left.items - left.asked);
	}
	sr_boards_free(&l);
	return rc;
}

static int todo_own(struct sr_x *x, struct sr_rows_out *o, enum sr_state state, struct sr_err *e) {
	const struct sr_request_filter f = {.applicant = x->caller.person, .state = state};
	const struct sr_page page = {.limit = LIST_MAX};
	struct sr_versions l = {0};
	int rc = sr_query_requests(&l, x->catalogue, &f, &page, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_version_row *v = &l.rows[i];
		const bool mine = strcmp(v->applicant, x->caller.person) == 0;
		char ended[SR_PERSON_TEXT] = "";
		const char *why = "";
		if (state == SR_S_RETURNED && mine)
			put_todo(o, "correct", v);
		if (state == SR_S_OPEN && mine)
			rc = sr_invariants_reader_ended(ended, &why, x->catalogue, v, e);
		if (ended[0] != '\0') {
			put_todo(o, "amend", v);
			sr_row_str(o, "person", ended);
		}
		for (size_t j = 0; state == SR_S_OPEN && j < v->people_count; j++) {
			if (strcmp(v->people[j].person, x->caller.person) == 0 &&
				!v->people[j].joined)
				put_todo(o, "join", v);
		}
	}
	sr_versions_free(&l);
	return rc;
}

/* Held items: those without a title to be described, the others to be released. */
static int todo_held(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	const struct sr_item_filter f = {.held = true, .referral = true, .state = SR_S_HELD};
	struct sr_page page = {.limit = LIST_MAX};
	uint64_t describe = 0, release = 0, total = 1;
	int rc = 0;
	if ((x->caller.roles & SR_ROLE_CURATOR) == 0)
		return 0;
	for (page.offset = 0; rc == 0 && page.offset < total; page.offset += LIST_MAX) {
		struct sr_items l = {0};
		rc = sr_query_items(&l, x->catalogue, &f, &page, e);
		total = l.total;
		for (size_t i = 0; rc == 0 && i < l.count; i++) {
			describe += l.rows[i].described ? 0 : 1;
			release += l.rows[i].described && strcmp(l.rows[i].depositor,
								  x->caller.person) != 0
					   ? 1
					   : 0;
		}
		sr_items_free(&l);
	}
	const char *const words[] = {"describe", "release"};
	const uint64_t counts[] = {describe, release};
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		if (counts[i] == 0)
			continue;
		sr_row(o, "todo");
		sr_row_str(o, "what", words[i]);
		sr_row_dec(o, "items", counts[i]);
	}
	return rc;
}

/* Complaints that the caller has not answered. */
static int todo_reveal(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_complaints l = {0};
	int rc = sr_query_complaints(&l, x->catalogue, NULL, NULL, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (strcmp(l.rows[i].dealer, x->caller.person) != 0 || l.rows[i].revealed)
			continue;
		sr_row(o, "todo");
		sr_row_str(o, "what", "reveal");
		sr_row_hex(o, "run", l.rows[i].run, SR_ID);
	}
	sr_complaints_free(&l);
	return rc;
}

/* What the caller owes to the board's next epoch: to deal, or to accept. ${run}: its last run;
 * NULL: none. */
static void todo_member(struct sr_x *x, struct sr_rows_out *o, const struct sr_board_row *next,
	const struct sr_run_row *run) {
	const char *me = x->caller.person, *what = NULL;
	const bool under_way =
		run != NULL && run->state == SR_S_DEALING && run->epoch == next->epoch;
	bool dealer = false, member = false, dealt = false, all = under_way, accepted = false;
	for (size_t i = 0; i < next->member_count; i++)
		member = member || strcmp(next->members[i].person, me) == 0;
	for (size_t i = 0; i < next->dealer_count; i++)
		dealer = dealer || strcmp(next->dealers[i], me) == 0;
	dealer = dealer || (next->dealer_count == 0 && member);
	for (size_t i = 0; under_way && i < run->dealer_count; i++) {
		dealt = dealt || (run->dealers[i].dealt && strcmp(run->dealers[i].person, me) == 0);
		all = all && run->dealers[i].dealt;
	}
	for (size_t i = 0; under_way && i < run->member_count; i++)
		accepted = accepted ||
			   (run->members[i].accepted && strcmp(run->members[i].person, me) == 0);
	if (dealer && !dealt)
		what = "deal";
	else if (member && !accepted && (all || (dealer && dealt)))
		what = "accept";
	if (what == NULL)
		return;
	sr_row(o, "todo");
	sr_row_str(o, "what", what);
	sr_row_hex(o, "board", next->id, SR_ID);
	if (under_way)
		sr_row_hex(o, "run", run->run, SR_ID);
}

/* A share that the caller has not opened for nearly a year. */
static int todo_confirm(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint32_t epoch, struct sr_err *e) {
	const int64_t due = sr_now(&x->vault->clock) - SR_CONFIRM_S + SR_NOTICE_SHARE_S;
	struct sr_confirmed l = {.count = 0};
	int rc = sr_query_confirmed(&l, x->catalogue, board, epoch, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (strcmp(l.rows[i].person, x->caller.person) != 0 || l.rows[i].received > due)
			continue;
		sr_row(o, "todo");
		sr_row_str(o, "what", "check");
		sr_row_hex(o, "board", board, SR_ID);
	}
	return rc;
}

struct waiting { /* large rows, off the stack */
	struct sr_board_row next;
	struct sr_run_row run;
};

static int todo_ceremony(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct waiting *w = calloc(1, sizeof *w);
	struct sr_boards all = {0};
	char ended[SR_PERSON_TEXT];
	int rc = w == NULL ? sr_fail(e, SR_NOMEM, "inbox: out of memory")
			   : sr_query_boards(&all, x->catalogue, e);
	for (size_t i = 0; rc == 0 && i < all.count; i++) {
		const struct sr_board_at *b = &all.rows[i];
		/* In force, or as a standby board that waits. */
		for (uint32_t k = 0; k < 2 && rc == 0; k++)
			rc = todo_confirm(x, o, b->id, b->epoch + k, e);
		if (rc != 0)
			break;
		rc = sr_query_seat_ended(ended, x->catalogue, b->id, NULL, e);
		if (rc == 0 && ended[0] != '\0') /* what was decided for it is void */
			continue;
		if (rc == 0)
			rc = sr_query_board(&w->next, x->catalogue, b->id, b->epoch + 1, e);
		if (rc == SR_NOTFOUND) { /* no other epoch is on its way */
			sr_err_clear(e);
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = sr_query_last_run(&w->run, x->catalogue, b->id, e);
		if (rc == 0 || rc == SR_NOTFOUND)
			todo_member(x, o, &w->next, rc == 0 ? &w->run : NULL);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = 0;
		}
	}
	if (rc == 0)
		rc = todo_reveal(x, o, e);
	sr_boards_free(&all);
	free(w);
	return rc;
}

/* Is the caller a member of this board, as it is now? */
static int sits_on(bool *out, struct sr_x *x, const uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "inbox: out of memory")
			   : sr_query_board(b, x->catalogue, board, 0, e);
	*out = false;
	for (size_t i = 0; rc == 0 && i < b->member_count; i++)
		*out = *out || (b->members[i].active &&
				       strcmp(b->members[i].person, x->caller.person) == 0);
	free(b);
	return rc;
}

static int todo_live(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	const struct sr_checkout_filter mine = {.person = x->caller.person, .live = true};
	const struct sr_grant_filter suspended = {.state = SR_S_SUSPENDED};
	const struct sr_page page = {.limit = LIST_MAX};
	struct sr_checkouts checkouts = {0};
	struct sr_grants grants = {0};
	int rc = sr_query_checkouts(&checkouts, x->catalogue, &mine, &page, e);
	for (size_t i = 0; rc == 0 && i < checkouts.count; i++) {
		sr_row(o, "todo");
		sr_row_str(o, "what", "checkout");
		sr_row_hex(o, "checkout", checkouts.rows[i].id, SR_ID);
		sr_row_hex(o, "item", checkouts.rows[i].item, SR_ID);
		sr_row_str(o, "state", sr_state_name(checkouts.rows[i].state));
	}
	sr_checkouts_free(&checkouts);
	if (rc == 0 && (x->caller.roles & SR_ROLE_MEMBER) != 0)
		rc = sr_query_grants(&grants, x->catalogue, &suspended, &page, e);
	for (size_t i = 0; rc == 0 && i < grants.count; i++) {
		/* By the vault itself: somebody whom it names has left, or has a new key. */
		const struct sr_grant_row *g = &grants.rows[i];
		const bool own = strcmp(g->suspended_by, x->caller.person) == 0;
		bool decides = false;
		if (!own && strcmp(g->suspended_by, "service") == 0 &&
			!sr_token_in(g->people, x->caller.person))
			rc = sits_on(&decides, x, g->board, e);
		if (rc != 0 || (!own && !decides))
			continue;
		sr_row(o, "todo");
		sr_row_str(o, "what", own ? "lift" : "settle");
		sr_row_hex(o, "grant", grants.rows[i].id, SR_ID);
	}
	sr_grants_free(&grants);
	return rc;
}

/* Retention dates that have come ask those who can act; nothing happens by itself. */
static int todo_retention(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_flags due = {0};
	if ((x->caller.roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER)) == 0)
		return 0;
	int rc = sr_query_retentions_due(&due, x->catalogue, sr_now(&x->vault->clock), e);
	for (size_t i = 0; rc == 0 && i < due.count; i++) {
		sr_row(o, "todo");
		sr_row_str(o, "what", "retention");
		sr_row_hex(o, "item", due.rows[i].item, SR_ID);
		sr_row_time(o, "due", due.rows[i].due);
		sr_row_str(o, "basis", due.rows[i].basis);
	}
	sr_flags_free(&due);
	return rc;
}

/* Enquiries that are not closed, for officers; the earliest deadline first. */
static int todo_enquiries(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_enquiries l = {NULL, 0};
	if ((x->caller.roles & SR_ROLE_OFFICER) == 0)
		return 0;
	int rc = sr_query_enquiries(&l, x->catalogue, SR_S_NONE, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (sr_state_final(SR_M_ENQUIRY, l.rows[i].state))
			continue;
		sr_row(o, "todo");
		sr_row_str(o, "what", "enquiry");
		sr_row_hex(o, "enquiry", l.rows[i].id, SR_ID);
		sr_row_str(o, "state", sr_state_name(l.rows[i].state));
		sr_row_time(o, "deadline", l.rows[i].deadline);
	}
	sr_enquiries_free(&l);
	return rc;
}

/* Who read what is held on the caller: they are told, and see it here for a month. */
static int todo_read(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_reads l = {NULL, 0};
	int rc = sr_query_reads_of(&l, x->catalogue, x->caller.person,
		sr_now(&x->vault->clock) - SR_NOTICE_FRESH_S, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "todo");
		sr_row_str(o, "what", "read");
		sr_row_str(o, "person", l.rows[i].reader);
		sr_row_str(o, "reading", l.rows[i].what);
		sr_row_time(o, "received", l.rows[i].received);
		sr_row_dec(o, "entry", l.rows[i].entry);
		sr_row_str(o, "reason", l.rows[i].reason);
	}
	sr_reads_free(&l);
	return rc;
}

static bool is_among(const struct sr_versions *l, const uint8_t statement[SR_ID]) {
	for (size_t i = 0; i < l->count; i++)
		if (memcmp(l->rows[i].statement, statement, SR_ID) == 0)
			return true;
	return false;
}

/* What the caller is told of and has nothing else to show for: their mail says only that something
 * waits. */
static int todo_news(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_versions *votes, struct sr_err *e) {
	static const struct {
		const char *what, *key;
	} news[] = {{"vote-needed", "request"}, {"granted", "grant"}, {"decided", "request"},
		{"ends-soon", "grant"}, {"suspended", "grant"}, {"revoked", "grant"},
		{"scrub-failed", "statement"}, {"infected", "item"}};
	struct sr_notices l = {NULL, 0};
	int rc = sr_query_notices_of(
		&l, x->catalogue, x->caller.person, sr_now(&x->vault->clock), e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		for (size_t k = 0; k < sizeof news / sizeof news[0]; k++) {
			if (strcmp(news[k].what, l.rows[i].what) != 0 ||
				(k == 0 && !is_among(votes, l.rows[i].about)))
				continue;
			sr_row(o, "todo");
			sr_row_str(o, "what", l.rows[i].what);
			sr_row_hex(o, news[k].key, l.rows[i].thing, SR_ID);
			sr_row_hex(o, "about", l.rows[i].about, SR_ID);
			sr_row_time(o, "received", l.rows[i].since);
		}
	}
	sr_notices_free(&l);
	return rc;
}

int sr_op_inbox(struct sr_x *x, struct sr_err *e) {
	struct sr_versions votes = {NULL, 0};
	struct sr_rows_out o;
	sr_rows_begin(&o, &x->r->body);
	int rc = todo_votes(&votes, x, &o, e);
	if (rc == 0)
		rc = todo_topups(x, &o, e);
	if (rc == 0)
		rc = todo_own(x, &o, SR_S_OPEN, e);
	if (rc == 0)
		rc = todo_own(x, &o, SR_S_RETURNED, e);
	if (rc == 0)
		rc = todo_held(x, &o, e);
	if (rc == 0)
		rc = todo_left(x, &o, e);
	if (rc == 0)
		rc = todo_ceremony(x, &o, e);
	if (rc == 0)
		rc = todo_live(x, &o, e);
	if (rc == 0)
		rc = todo_retention(x, &o, e);
	if (rc == 0)
		rc = todo_enquiries(x, &o, e);
	if (rc == 0)
		rc = todo_read(x, &o, e);
	if (rc == 0)
		rc = todo_news(x, &o, &votes, e);
	sr_versions_free(&votes);
	return rc;
}
