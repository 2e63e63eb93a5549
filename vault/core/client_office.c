/*
 * The officer's enquiries, as statements. See client.h.
 */
#include "core/client_in.h"

static int by_id(const void *a, const void *b) {
	return memcmp(a, b, SR_ID);
}

/* `item` lines in byte order, each once. */
static int put_items(struct sr_writ *d, const struct sr_enquiring *q, struct sr_err *e) {
	uint8_t *ids = malloc(q->item_count == 0 ? 1 : q->item_count * SR_ID);

	if (ids == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for %zu items", q->item_count);
	if (q->item_count > 0) {
		memcpy(ids, q->items, q->item_count * SR_ID);
		qsort(ids, q->item_count, SR_ID, by_id);
	}
	for (size_t i = 0; i < q->item_count; i++)
		if (i == 0 || memcmp(ids + (i - 1) * SR_ID, ids + i * SR_ID, SR_ID) != 0)
			sr_text_put_hex(&d->text, "item", ids + i * SR_ID, SR_ID);
	free(ids);
	return 0;
}

static int put_people(struct sr_writ *d, const struct sr_enquiring *q, struct sr_err *e) {
	const char **list = NULL;
	size_t n = 0;
	const int rc = sr_words_sorted(&list, &n, q->people, e);

	for (size_t i = 0; i < n; i++)
		sr_text_put(&d->text, "concerns", list[i]);
	free(list);
	return rc;
}

int sr_client_enquiry(struct sr_client *c, const struct sr_enquiring *q, uint8_t id[SR_ID],
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ d = {0};
	int rc = sr_writ_begin(&d, c, SR_T_ENQUIRY, 0, e);

	if (rc != 0)
		return rc;
	if (strcmp(q->event, "open") == 0)
		sr_random(id, SR_ID);
	sr_text_put_hex(&d.text, "enquiry", id, SR_ID);
	sr_text_put(&d.text, "event", q->event);
	if (q->kind != NULL)
		sr_text_put(&d.text, "kind", q->kind);
	if (q->deadline != 0)
		sr_text_put_time(&d.text, "deadline", q->deadline);
	rc = put_items(&d, q, e);
	if (rc == 0)
		rc = put_people(&d, q, e);
	sr_writ_string(&d, "reference", q->reference);
	sr_writ_string(&d, "text", q->text);
	if (rc == 0)
		rc = sr_client_submit(c, &d, out, e);
	sr_writ_free(&d);
	return rc;
}
