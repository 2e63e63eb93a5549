/*
 * apply_office - enquiries of the police, courts and data subjects, and the notices that went out.
 * See apply_in.h.
 */
#include "catalogue/apply_in.h"

/* An enquiry that is there: its state. */
static int load(struct sr_apply *a, const uint8_t id[SR_ID], enum sr_state *state, bool *there,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_OPEN(&st, a->db, e, "SELECT state FROM enquiries WHERE enquiry = ?", A_ID(id));

	*there = false;
	*state = SR_S_NONE;
	if (rc == 0)
		rc = sr_stmt_step(st, there, e);
	if (rc == 0 && *there)
		rc = sr_state_named(state, sr_bytes_str(sr_stmt_col_str(st, 0)), e);
	if (st != NULL)
		sr_stmt_reset(st);
	return rc;
}

static int begin(struct sr_apply *a, const uint8_t id[SR_ID], struct sr_err *e) {
	int rc = 0;

	if (sr_field_count(a->s, "kind") == 0)
		return sr_fail(e, SR_CORRUPT, "an enquiry that opens names its kind");
	rc = SQL_RUN(a->db, e,
		"INSERT INTO enquiries(enquiry, kind, state, deadline, entry) VALUES(?, ?, ?, ?,"
		" ?)",
		A_ID(id), sr_arg_token(a, "kind"), A_STR(sr_state_name(SR_S_OPEN)),
		sr_arg_time(a, "deadline"), A_INT(a->entry));
	for (size_t i = 0; i < sr_field_count(a->s, "item") && rc == 0; i++) {
		struct sr_item_ref it = {.n = 0};
		uint8_t item[SR_ID];

		rc = sr_field_id(item, a->s, "item", i, e);
		if (rc == 0)
			rc = sr_apply_item(a, &it, item, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e, "INSERT INTO enquiry_items(enquiry, n) VALUES(?, ?)",
				A_ID(id), A_INT(it.n));
	}
	for (size_t i = 0; i < sr_field_count(a->s, "concerns") && rc == 0; i++)
		rc = sr_apply_person_known(a, sr_field(a->s, "concerns", i), e);
	if (rc == 0)
		rc = sr_apply_each(a, "concerns",
			"INSERT INTO enquiry_people(enquiry, person) VALUES(?, ?)", A_ID(id), e);
	return rc;
}

static int event_of(enum sr_event *out, struct sr_bytes word, struct sr_err *e) {
	if (sr_bytes_eq(word, sr_bytes_str("open")))
		*out = SR_E_ENQUIRE;
	else if (sr_bytes_eq(word, sr_bytes_str("answer")))
		*out = SR_E_ANSWER;
	else if (sr_bytes_eq(word, sr_bytes_str("close")))
		*out = SR_E_CLOSE;
	else
		return sr_fail(e, SR_CORRUPT,
			"event of an enquiry is \"%.*s\", want open, answer or close",
			(int)word.len, (const char *)word.p);
	return 0;
}

int sr_apply_enquiry(struct sr_apply *a, struct sr_err *e) {
	enum sr_state from = SR_S_NONE, to = SR_S_NONE;
	enum sr_event event = SR_E_ENQUIRE;
	uint8_t id[SR_ID];
	bool there = false;
	int rc = sr_field_id(id, a->s, "enquiry", 0, e);

	if (rc == 0)
		rc = event_of(&event, sr_field(a->s, "event", 0), e);
	if (rc == 0)
		rc = load(a, id, &from, &there, e);
	if (rc == 0)
		rc = sr_state_step(&to, SR_M_ENQUIRY, from, event, e);
	if (rc != 0)
		return rc;
	if (there)
		rc = SQL_RUN(a->db, e,
			"UPDATE enquiries SET state = ?, deadline = coalesce(?, deadline),"
			" ended = ? WHERE enquiry = ?",
			A_STR(sr_state_name(to)), sr_arg_time(a, "deadline"),
			to == SR_S_CLOSED ? A_INT(a->entry) : A_NULL(), A_ID(id));
	else
		rc = begin(a, id, e);
	return rc != 0 ? rc
		       : SQL_RUN(a->db, e,
				 "INSERT INTO enquiry_events(entry, enquiry, event, person)"
				 " VALUES(?, ?, ?, ?)",
				 A_INT(a->entry), A_ID(id), sr_arg_token(a, "event"),
				 A_STR(a->actor));
}

/* Twice the same is a bug of the sender's, not of the log: people were told twice. */
int sr_apply_notice(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg about;
	int rc = sr_apply_person_known(a, sr_field(a->s, "person", 0), e);

	return rc != 0 ? rc
		       : SQL_RUN(a->db, e,
				 "INSERT OR REPLACE INTO notices(what, person, about, entry)"
				 " VALUES(?, ?, ?, ?)",
				 sr_arg_token(a, "what"), sr_arg_token(a, "person"),
				 sr_arg_id(a, "about", &about), A_INT(a->entry));
}

/* Who read the log, a report, or what is held on a person: kept, so that it can be asked. */
int sr_apply_read(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg item, collection;
	int rc = 0;

	if (sr_field_count(a->s, "person") > 0)
		rc = sr_apply_person_known(a, sr_field(a->s, "person", 0), e);
	return rc != 0 ? rc
		       : SQL_RUN(a->db, e,
				 "INSERT INTO reads(entry, reader, what, person, item, collection,"
				 " first, past, begins, ends, received) VALUES(?, ?, ?, ?, ?, ?, ?,"
				 " ?, ?, ?, ?)",
				 A_INT(a->entry), A_STR(a->actor), sr_arg_token(a, "what"),
				 sr_arg_token(a, "person"), sr_arg_id(a, "item", &item),
				 sr_arg_id(a, "collection", &collection), sr_arg_dec(a, "from"),
				 sr_arg_dec(a, "to"), sr_arg_time(a, "begins"),
				 sr_arg_time(a, "ends"), A_INT(a->en->received));
}
