/*
 * What the vault knows of its witnesses, and how far they confirmed its log.
 */
#include <stdlib.h>

#include "board/witnessing.h"
#include "core/ops_in.h"
#include "ledger/ledger.h"

static const char *state_word(enum sr_cosigning_state s) {
	switch (s) {
	case SR_COSIGNING_IDLE:
		return "idle";
	case SR_COSIGNING_DUE:
		return "due";
	case SR_COSIGNING_ASKED:
		return "asked";
	case SR_COSIGNING_ALARM:
		return "alarm";
	case SR_COSIGNING_NOWHERE:
		return "nowhere";
	}
	return "nowhere";
}

static int put_witness(
	struct sr_rows_out *o, const struct sr_vault *v, size_t i, struct sr_err *e) {
	struct sr_cosigning_witness s;
	struct sr_buf vkey;
	int rc;
	sr_witnessing_show(&s, v, i);
	sr_row(o, "witness");
	sr_row_bytes(o, "name", s.name);
	sr_buf_init(&vkey);
	/* Keys of a type that cannot be checked here have no text of ours; their name tells. */
	if (s.key->type == SR_NOTE_COSIGN)
		sr_vkey_put(&vkey, s.key);
	else
		sr_buf_put_str(&vkey, s.key->name);
	rc = sr_buf_ok(&vkey, e);
	if (rc == 0)
		sr_row_buf(o, "vkey", &vkey);
	sr_buf_free(&vkey);
	if (s.url.len > 0)
		sr_row_bytes(o, "url", s.url);
	sr_row_str(o, "state", state_word(s.state));
	sr_row_flag(o, "cosigned", s.cosigned);
	if (s.size > 0)
		sr_row_dec(o, "size", s.size);
	if (s.time > 0)
		sr_row_time(o, "time", (int64_t)s.time);
	if (s.error[0] != '\0')
		sr_row_str(o, "error", s.error);
	return rc;
}

/* Whether the checkout that somebody waits for may open by the word of two people. */
static int put_checkout(
	struct sr_x *x, const uint8_t id[SR_ID], struct sr_glass *glass, struct sr_err *e) {
	struct sr_checkout_row row = {0};
	int rc = sr_own_checkout(&row, x, e);
	if (rc == 0)
		rc = sr_query_glass(glass, x->catalogue, id, e);
	if (rc != 0)
		return rc;
	sr_text_put_dec(&x->r->head, "entry", row.entry);
	if (glass->count == SR_GLASS_NAMES)
		sr_text_put(&x->r->head, "glass", "yes");
	for (size_t i = 0; i < glass->count; i++)
		sr_text_put_dec(&x->r->head, "said", glass->entry[i]);
	return 0;
}

/* Who they are, and where they sit, for a reader who never met them: who came after the founding is
 * introduced. */
static int put_introductions(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_glass *glass, struct sr_err *e) {
	uint64_t since = 0;
	int rc = 0;

	(void)sr_in_dec(x, "since", &since);
	for (size_t i = 0; rc == 0 && i < glass->count; i++)
		rc = sr_put_person_seats(x, o, glass->person[i], since, e);
	return rc;
}

static int put_names(struct sr_x *x, struct sr_rows_out *o, struct sr_err *e) {
	struct sr_log_names names = {0};
	const int rc = sr_query_log_names(&names, x->catalogue, e);
	for (size_t i = 0; i < names.count; i++) {
		const struct sr_log_name *n = &names.rows[i];
		sr_row(o, "name");
		sr_row_str(o, "name", n->name);
		sr_row_str(o, "former", n->former);
		sr_row_dec(o, "entry", n->entry);
		sr_row_dec(o, "agreed", n->agreed);
		sr_row_dec(o, "known", n->known);
		if (n->confirmed != 0)
			sr_row_dec(o, "confirmed", n->confirmed);
	}
	sr_log_names_free(&names);
	return rc;
}

/* What an embedded call waits for the quorum. */
static unsigned wait_ms(void) {
#ifdef SR_TESTING
	/* A scenario with a witness that is away need not wait as long as a person would. */
	const char *text = getenv("SR_WITNESS_MS");

	if (text != NULL)
		return (unsigned)strtoul(text, NULL, 10);
#endif
	return SR_WITNESSING_WAIT_MS;
}

int sr_op_witness(struct sr_x *x, struct sr_err *e) {
	struct sr_vault *v = x->vault;
	struct sr_rows_out o;
	struct sr_witness_policy_row row;
	struct sr_glass glass = {.count = 0};
	struct sr_buf policy;
	uint8_t id[SR_ID];
	int rc = sr_query_witness_policy(&row, x->catalogue, e);
	if (rc == 0 && sr_in_yes(x, "now"))
		rc = x->session->embedded ? sr_witnessing_run(v, wait_ms(), e)
					  : sr_witnessing_step(v, true, e);
	if (rc == 0 && sr_in_id(x, "checkout", id))
		rc = put_checkout(x, id, &glass, e);
	if (rc != 0)
		return rc;
	sr_text_put_dec(&x->r->head, "size", sr_ledger_next_index(v->ledger));
	sr_text_put_dec(&x->r->head, "witnessed", sr_witnessing_size(v));
	if (sr_witnessing_asked(v))
		sr_text_put(&x->r->head, "asked", "yes");
	if (row.adopted > 0) {
		sr_text_put_dec(&x->r->head, "adopted", row.entry);
		if (row.voted)
			sr_text_put(&x->r->head, "voted", "yes");
	}
	if (sr_witnessing_time(v) != 0)
		sr_text_put_time(&x->r->head, "confirmed", sr_witnessing_time(v));
	sr_rows_begin(&o, &x->r->body);
	sr_buf_init(&policy);
	if (sr_witnessing_policy(v, &policy, NULL) == 0) {
		sr_row(&o, "policy");
		sr_row_buf(&o, "text", &policy);
	}
	sr_buf_free(&policy);
	if (sr_witnessing_alarm(v) != NULL) {
		sr_row(&o, "alarm");
		sr_row_bytes(&o, "text", sr_bytes_str(sr_witnessing_alarm(v)));
	}
	rc = put_names(x, &o, e);
	for (size_t i = 0; rc == 0 && i < sr_witnessing_count(v); i++)
		rc = put_witness(&o, v, i, e);
	return rc == 0 ? put_introductions(x, &o, &glass, e) : rc;
}
