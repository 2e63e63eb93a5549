/*
 * The officer's enquiries, and the outbox. What an enquiry shows of an item is its title and what
 * was asked for, granted and looked at, never content: what police, courts and data subjects may
 * be told (DESIGN 1, officer).
 */
#include "board/authorize.h"
#include "board/follow.h"
#include "core/ops_in.h"

enum {
	LIST_MAX = 1000
};

/* --- enquiries -------------------------------------------------------------------------------- */

static bool sees_texts(const struct sr_x *x) {
	return (x->caller.roles & SR_ROLE_OFFICER) != 0;
}

static void put_enquiry(
	const struct sr_x *x, struct sr_rows_out *o, const struct sr_enquiry_row *q) {
	sr_row(o, "enquiry");
	sr_row_hex(o, "id", q->id, SR_ID);
	sr_row_str(o, "kind", q->kind);
	sr_row_str(o, "state", sr_state_name(q->state));
	sr_row_time(o, "opened", q->opened);
	sr_row_time(o, "deadline", q->deadline);
	sr_row_dec(o, "entry", q->entry);
	if (q->ended > 0)
		sr_row_dec(o, "ended", q->ended);
	for (size_t i = 0; i < q->item_count; i++)
		sr_row_hex(o, "item", q->items[i], SR_ID);
	sr_row_words(o, "concerns", q->people);
	if (sees_texts(x))
		sr_row_str(o, "reference", q->reference);
}

int sr_op_enquiries(struct sr_x *x, struct sr_err *e) {
	struct sr_enquiries l = {NULL, 0};
	enum sr_state state = SR_S_NONE;
	struct sr_rows_out o;
	int rc = sr_in_state(x, SR_M_ENQUIRY, &state, e);

	if (rc == 0)
		rc = sr_query_enquiries(&l, x->catalogue, state, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; i < l.count && rc == 0; i++)
		put_enquiry(x, &o, &l.rows[i]);
	sr_enquiries_free(&l);
	return rc;
}

static int put_events(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_enquiry_events l = {NULL, 0};
	int rc = sr_query_enquiry_events(&l, x->catalogue, id, e);

	for (size_t i = 0; i < l.count && rc == 0; i++) {
		const struct sr_enquiry_event *v = &l.rows[i];

		sr_row(o, "event");
		sr_row_str(o, "event", v->event);
		sr_row_str(o, "person", v->person);
		sr_row_time(o, "received", v->received);
		sr_row_dec(o, "entry", v->entry);
		if (sees_texts(x))
			sr_row_str(o, "text", v->text);
	}
	sr_enquiry_events_free(&l);
	return rc;
}

static int put_requests(struct sr_x *x, struct sr_rows_out *o, const struct sr_request_filter *f,
	struct sr_err *e) {
	const struct sr_page page = {.limit = LIST_MAX};
	struct sr_versions l = {NULL, 0};
	int rc = sr_query_requests(&l, x->catalogue, f, &page, e);

	for (size_t i = 0; i < l.count && rc == 0; i++) {
		const struct sr_version_row *v = &l.rows[i];

		sr_row(o, "request");
		sr_row_hex(o, "request", v->request, SR_ID);
		sr_row_dec(o, "version", v->version);
		sr_row_str(o, "kind", v->kind);
		sr_row_str(o, "state", sr_state_name(v->state));
		sr_row_str(o, "applicant", v->applicant);
		sr_row_time(o, "received", v->received);
		sr_row_words(o, "purpose", v->purposes);
		sr_row_words(o, "form", v->forms);
		if (f->item != NULL)
			sr_row_hex(o, "item", f->item, SR_ID);
	}
	sr_versions_free(&l);
	return rc;
}

static int put_grants(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_filter *f, struct sr_err *e) {
	const struct sr_page page = {.limit = LIST_MAX};
	struct sr_grants l = {NULL, 0};
	int rc = sr_query_grants(&l, x->catalogue, f, &page, e);

	for (size_t i = 0; i < l.count && rc == 0; i++)
		sr_put_grant_row(o, &l.rows[i]);
	sr_grants_free(&l);
	return rc;
}

static int put_checkouts(struct sr_x *x, struct sr_rows_out *o, const struct sr_checkout_filter *f,
	struct sr_err *e) {
	const struct sr_page page = {.limit = LIST_MAX};
	struct sr_checkouts l = {NULL, 0};
	int rc = sr_query_checkouts(&l, x->catalogue, f, &page, e);

	for (size_t i = 0; i < l.count && rc == 0; i++) {
		const struct sr_checkout_row *k = &l.rows[i];

		sr_row(o, "checkout");
		sr_row_hex(o, "id", k->id, SR_ID);
		sr_row_str(o, "person", k->person);
		sr_row_hex(o, "item", k->item, SR_ID);
		sr_row_str(o, "right", k->right);
		sr_row_str(o, "form", k->form);
		sr_row_str(o, "state", sr_state_name(k->state));
		sr_row_time(o, "begun", k->begun);
		sr_row_flag(o, "opened", k->was_opened);
	}
	sr_checkouts_free(&l);
	return rc;
}

static int put_item(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t id[SR_ID], struct sr_err *e) {
	const struct sr_request_filter requests = {.item = id};
	const struct sr_grant_filter grants = {.item = id};
	const struct sr_checkout_filter checkouts = {.item = id};
	struct sr_item_row it = {.level = 0};
	int rc = sr_query_item(&it, x->catalogue, id, e);

	if (rc == 0) {
		sr_put_item_short(x, o, &it);
		sr_row_hex(o, "collection", it.collection, SR_ID);
		sr_row_hex(o, "accession", it.accession, SR_ID);
		sr_row_str(o, "depositor", it.depositor);
		sr_row_words(o, "hazard", it.hazards);
		sr_row_dec(o, "entry", it.entry);
	}
	sr_item_row_free(&it);
	if (rc == 0)
		rc = put_requests(x, o, &requests, e);
	if (rc == 0)
		rc = put_grants(x, o, &grants, e);
	if (rc == 0)
		rc = put_checkouts(x, o, &checkouts, e);
	return rc;
}

static int put_person(struct sr_x *x, struct sr_rows_out *o, const char *person, struct sr_err *e) {
	const struct sr_request_filter requests = {.applicant = person};
	const struct sr_grant_filter grants = {.person = person};
	const struct sr_checkout_filter checkouts = {.person = person};
	struct sr_person_row p = {.roles = 0};
	int rc = sr_query_person(&p, x->catalogue, person, e);

	if (rc == 0) {
		sr_row(o, "person");
		sr_row_str(o, "person", p.person);
		sr_row_dec(o, "entry", p.entry);
		for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
			if ((p.roles & bit) != 0)
				sr_row_str(o, "role", sr_role_name(bit));
			if ((p.roles_ever & bit) != 0)
				sr_row_str(o, "ever", sr_role_name(bit));
		}
		if (sr_may_see_name(&x->caller, &p))
			sr_row_str(o, "name", p.name);
	}
	sr_person_row_free(&p);
	if (rc == 0)
		rc = put_requests(x, o, &requests, e);
	if (rc == 0)
		rc = put_grants(x, o, &grants, e);
	if (rc == 0)
		rc = put_checkouts(x, o, &checkouts, e);
	return rc;
}

static int put_people(struct sr_x *x, struct sr_rows_out *o, const char *people, struct sr_err *e) {
	int rc = 0;

	for (const char *p = people; *p != '\0' && rc == 0;) {
		const size_t n = strcspn(p, " ");
		char person[SR_PERSON_TEXT];

		snprintf(person, sizeof person, "%.*s", (int)n, p);
		rc = put_person(x, o, person, e);
		p += n;
		p += strspn(p, " ");
	}
	return rc;
}

int sr_op_enquiry(struct sr_x *x, struct sr_err *e) {
	struct sr_enquiry_row q = {.entry = 0};
	struct sr_rows_out o;
	uint8_t id[SR_ID];

	if (!sr_in_id(x, "enquiry", id))
		return sr_fail(e, SR_MISUSE, "enquiry without an id");
	int rc = sr_query_enquiry(&q, x->catalogue, id, e);
	sr_rows_begin(&o, &x->r->body);
	if (rc == 0) {
		put_enquiry(x, &o, &q);
		rc = put_events(x, &o, id, e);
	}
	for (size_t i = 0; i < q.item_count && rc == 0; i++)
		rc = put_item(x, &o, q.items[i], e);
	if (rc == 0)
		rc = put_people(x, &o, q.people, e);
	sr_enquiry_row_free(&q);
	return rc;
}

/* --- notices ---------------------------------------------------------------------------------- */

/* Where mail reaches a person: what stands in angle brackets in the name on their card. The program
 * that sends it learns that this address belongs to somebody of the vault, and nothing else. */
static int address_of(struct sr_buf *out, struct sr_x *x, const char *person, struct sr_err *e) {
	struct sr_person_row p = {.roles = 0};
	int rc = sr_query_person(&p, x->catalogue, person, e);
	const char *from = rc == 0 && p.name != NULL ? strrchr(p.name, '<') : NULL;
	const char *to = from != NULL ? strchr(from, '>') : NULL;

	if (to != NULL)
		sr_buf_put(out, from + 1, (size_t)(to - from - 1));
	sr_person_row_free(&p);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

/* Nobody is told of a vote that they could not give. */
static int may_be_told(bool *may, struct sr_x *x, const struct sr_notice_row *n, struct sr_err *e) {
	struct sr_version_row v = {.version = 0};
	struct sr_ruling r = {.allowed = false};
	int rc;

	*may = true;
	if (strcmp(n->what, "request") != 0 && strcmp(n->what, "vote-needed") != 0)
		return 0;
	rc = sr_query_version(&v, x->catalogue, n->thing, 0, e);
	if (rc == 0)
		rc = sr_authorize_voter(&r, x->vault, &v, n->person, sr_vault_now(x->vault), e);
	*may = rc == 0 && r.allowed;
	sr_version_row_free(&v);
	return rc;
}

int sr_op_notices(struct sr_x *x, struct sr_err *e) {
	struct sr_notices l = {NULL, 0};
	struct sr_rows_out o;
	int rc = sr_query_notices(&l, x->catalogue, sr_now(&x->vault->clock), e);

	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; i < l.count && rc == 0; i++) {
		const struct sr_notice_row *n = &l.rows[i];
		struct sr_buf address;
		bool may = false;

		rc = may_be_told(&may, x, n, e);
		if (rc != 0 || !may)
			continue;
		sr_buf_init_secret(&address);
		rc = address_of(&address, x, n->person, e);
		sr_row(&o, "notice");
		sr_row_str(&o, "what", n->what);
		sr_row_str(&o, "person", n->person);
		sr_row_hex(&o, "about", n->about, SR_ID);
		sr_row_time(&o, "since", n->since);
		if (address.len > 0)
			sr_row_buf(&o, "address", &address);
		sr_buf_free(&address);
	}
	sr_notices_free(&l);
	return rc;
}

/* Only what is due can be noted as sent: the log says whom the vault told, not what a program made
 * up. */
static int is_due(struct sr_x *x, const struct sr_notice_row *n, struct sr_err *e) {
	struct sr_notices l = {NULL, 0};
	bool due = false;
	int rc = sr_query_notices(&l, x->catalogue, sr_now(&x->vault->clock), e);

	for (size_t i = 0; i < l.count && rc == 0 && !due; i++)
		if (strcmp(l.rows[i].what, n->what) == 0 &&
			strcmp(l.rows[i].person, n->person) == 0 &&
			memcmp(l.rows[i].about, n->about, SR_ID) == 0)
			rc = may_be_told(&due, x, &l.rows[i], e);
	sr_notices_free(&l);
	if (rc == 0 && !due)
		return sr_fail(e, SR_NOTFOUND, "no notice %s for %s is due (it may have been sent)",
			n->what, n->person);
	return rc;
}

int sr_op_notice_sent(struct sr_x *x, struct sr_err *e) {
	struct sr_notice_row n = {.since = 0};
	struct sr_buf text;
	char word[SR_IN_TEXT];
	int rc;

	snprintf(n.what, sizeof n.what, "%.31s", sr_in_str(x, "what", word));
	snprintf(n.person, sizeof n.person, "%.18s", sr_in_str(x, "person", word));
	if (!sr_in_id(x, "about", n.about))
		return sr_fail(e, SR_MISUSE, "notice.sent without what it is about");
	rc = is_due(x, &n, e);
	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	sr_follow_begin(&text, x->vault, SR_T_NOTICE, sr_now(&x->vault->clock));
	sr_text_put(&text, "what", n.what);
	sr_text_put(&text, "person", n.person);
	sr_text_put_hex(&text, "about", n.about, SR_ID);
	rc = sr_put_said(x, &text, e);
	sr_buf_free(&text);
	return rc;
}
