/*
 * invariants_office - what the officer notes of enquiries. See invariants_in.h.
 */
#include "board/invariants_in.h"

static const char *const kinds[] = {"police", "court", "data-subject", "authority", NULL};

const char *const *sr_invariants_enquiries(void) {
	return kinds;
}

static bool known_kind(const struct sr_statement *s) {
	for (const char *const *k = kinds; *k != NULL; k++)
		if (rules_field_is(s, "kind", *k))
			return true;
	return false;
}

static int deadline_ahead(struct rules_ctx *c) {
	int64_t deadline = 0;

	if (sr_field_count(c->s, "deadline") == 0)
		return rules_allow(c);
	int rc = sr_field_time(&deadline, c->s, "deadline", 0, c->e);
	if (rc != 0)
		return rc;
	return deadline > c->now
		       ? rules_allow(c)
		       : rules_deny(c, "deadline-past", "", "its deadline lies in the past");
}

static int items_known(struct rules_ctx *c) {
	for (size_t i = 0; i < sr_field_count(c->s, "item"); i++) {
		struct sr_item_row item = {0};
		uint8_t id[SR_ID];
		char hex[2 * SR_ID + 1];
		int rc = sr_field_id(id, c->s, "item", i, c->e);

		if (rc == 0)
			rc = sr_query_item(&item, c->cat, id, c->e);
		sr_item_row_free(&item);
		if (rc == SR_NOTFOUND) {
			rules_hex(hex, id);
			return rules_deny(c, "no-such-item", "", "there is no item %.12s", hex);
		}
		if (rc != 0)
			return rc;
	}
	return rules_allow(c);
}

static int people_known(struct rules_ctx *c) {
	for (size_t i = 0; i < sr_field_count(c->s, "concerns"); i++) {
		struct sr_person_row row = {0};
		char name[SR_PERSON_TEXT];
		int rc;

		snprintf(name, sizeof name, "%.*s", SR_PERSON_TEXT - 1,
			(const char *)sr_field(c->s, "concerns", i).p);
		rc = sr_query_person(&row, c->cat, name, c->e);
		sr_person_row_free(&row);
		if (rc == SR_NOTFOUND)
			return rules_deny(c, "no-such-person", "", "%s is not known here", name);
		if (rc != 0)
			return rc;
	}
	return rules_allow(c);
}

static int enquiry_opens(struct rules_ctx *c, bool there) {
	int rc;

	if (there)
		return rules_deny(
			c, "enquiry-taken", "", "an enquiry with this id is there already");
	if (sr_field_count(c->s, "kind") == 0 || !known_kind(c->s))
		return rules_deny(c, "unknown-kind", "enquiry open --help lists them",
			"an enquiry is of kind police, court, data-subject or authority");
	rc = deadline_ahead(c);
	if (rc == 0 && c->out->allowed)
		rc = items_known(c);
	if (rc == 0 && c->out->allowed)
		rc = people_known(c);
	return rc;
}

/* An answer may set another deadline: courts extend them. */
static int enquiry_goes_on(
	struct rules_ctx *c, const struct sr_enquiry_row *q, enum sr_event event) {
	static const char *const first[] = {"kind", "item", "concerns", "reference"};

	if (!sr_state_may(SR_M_ENQUIRY, q->state, event))
		return rules_deny(c, "enquiry-closed", "open another one", "the enquiry is %s",
			sr_state_name(q->state));
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		if (sr_field_count(c->s, first[i]) > 0)
			return rules_deny(c, "enquiry-surplus", "open another one",
				"only the statement that opens an enquiry has a line %s", first[i]);
	if (event == SR_E_CLOSE && sr_field_count(c->s, "deadline") > 0)
		return rules_deny(
			c, "enquiry-surplus", "", "what is closed has no deadline any more");
	return deadline_ahead(c);
}

int rule_enquiry(struct rules_ctx *c) {
	struct sr_enquiry_row q = {.entry = 0};
	uint8_t id[SR_ID];
	bool there;
	int rc = sr_field_id(id, c->s, "enquiry", 0, c->e);

	if (rc == 0)
		rc = sr_query_enquiry(&q, c->cat, id, c->e);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	there = rc == 0;
	if (!there)
		sr_err_clear(c->e);
	if (rules_field_is(c->s, "event", "open"))
		rc = enquiry_opens(c, there);
	else if (!there)
		rc = rules_deny(c, "no-such-enquiry", "enquiry list shows them", "no such enquiry");
	else if (rules_field_is(c->s, "event", "answer"))
		rc = enquiry_goes_on(c, &q, SR_E_ANSWER);
	else if (rules_field_is(c->s, "event", "close"))
		rc = enquiry_goes_on(c, &q, SR_E_CLOSE);
	else
		rc = rules_deny(c, "unknown-event", "", "an enquiry is opened, answered or closed");
	sr_enquiry_row_free(&q);
	return rc;
}
