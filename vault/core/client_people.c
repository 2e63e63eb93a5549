/*
 * What is said of people: other cards and keys, attestations. See client.h.
 */
#include "core/client_in.h"
#include "ledger/card.h"

int sr_client_card(struct sr_client *c, enum sr_type_id type, const struct sr_introduction *who,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_card card;
	struct sr_writ d = {0};
	int rc = sr_card_read(&card, who->card, e);

	if (rc == 0)
		rc = sr_writ_begin(&d, c, type, 0, e);
	if (rc == 0) {
		sr_text_put(&d.text, "person", card.person);
		sr_writ_card(&d, "card", who);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}

int sr_client_attest(struct sr_client *c, const struct sr_attesting *a, uint8_t id[SR_ID],
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ d;
	int rc = sr_writ_begin(&d, c, SR_T_ATTEST, 0, e);

	if (rc == 0) {
		sr_random(id, SR_ID);
		sr_text_put_hex(&d.text, "attestation", id, SR_ID);
		sr_text_put(&d.text, "person", a->person);
		sr_text_put(&d.text, "kind", a->kind);
		if (a->of != NULL)
			sr_text_put(&d.text, "of", a->of);
		if (a->request != NULL)
			sr_text_put_hex(&d.text, "request", a->request, SR_ID);
		if (a->term != NULL)
			sr_text_put(&d.text, "term", a->term);
		if (a->ends != 0)
			sr_text_put_time(&d.text, "ends", a->ends);
		sr_writ_string(&d, "note", a->note);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}
