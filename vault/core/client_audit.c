/*
 * Reading on the record: who reads the log, a report or what is held on a person says so first. See
 * client.h.
 */
#include "core/client_in.h"

static void put(struct sr_buf *b, const struct sr_reading_ask *a) {
	sr_text_put(b, "what", a->what);
	if (a->person != NULL)
		sr_text_put(b, "person", a->person);
	if (a->item != NULL)
		sr_text_put_hex(b, "item", a->item, SR_ID);
	if (a->collection != NULL)
		sr_text_put_hex(b, "collection", a->collection, SR_ID);
	if (a->from != 0)
		sr_text_put_dec(b, "from", a->from);
	if (a->to != 0)
		sr_text_put_dec(b, "to", a->to);
	if (a->begins != 0)
		sr_text_put_time(b, "begins", a->begins);
	if (a->ends != 0)
		sr_text_put_time(b, "ends", a->ends);
}

static int covered(
	bool *out, struct sr_client *c, const struct sr_reading_ask *a, struct sr_err *e) {
	struct sr_call q, r;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "audit.reading");
	put(&q.head, a);
	const int rc = sr_client_call(c, &q, &r, e);
	*out = rc == 0 && sr_text_get(&r.text, "covered").p != NULL;
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_on_record(
	struct sr_client *c, const struct sr_reading_ask *a, uint64_t *index, struct sr_err *e) {
	struct sr_submitted out = {.code = 0};
	struct sr_writ d = {0};
	bool there = false;
	int rc = covered(&there, c, a, e);

	if (index != NULL)
		*index = 0;
	if (rc != 0 || there)
		return rc;
	rc = sr_writ_begin(&d, c, SR_T_READ, 0, e);
	if (rc != 0)
		return rc;
	put(&d.text, a);
	sr_writ_string(&d, "reason", a->reason);
	rc = sr_client_submit(c, &d, &out, e);
	if (rc == 0 && index != NULL)
		*index = out.index;
	sr_submitted_free(&out);
	sr_writ_free(&d);
	return rc;
}
