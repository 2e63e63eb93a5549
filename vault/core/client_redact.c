/*
 * A redacted version of an item: the room makes it from what this curator has open, and the
 * curator signs for it as a depositor does. See client.h.
 */
#include "catalogue/lists.h"
#include "core/client_in.h"
#include "ledger/statement.h"
#include "store/object.h"

/* Is it one item, and the list the one that is to be signed? What is in the files is the room's
 * word: the curator looks at the new item before somebody else releases it. */
static int check_list(
	uint8_t item[SR_ID], const struct sr_told *t, struct sr_bytes body, struct sr_err *e) {
	struct sr_accession_list l = {NULL, 0};
	uint8_t id[SR_HASH], root[SR_HASH];
	int rc;

	if (body.len < SR_SALT)
		return sr_fail(e, SR_CORRUPT, "the vault withholds the list of the new item");
	sr_object_id(id, body.p, sr_bytes_of(body.p + SR_SALT, body.len - SR_SALT));
	if (memcmp(id, t->list, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "the list is not the one that is to be signed");
	rc = sr_accession_list_read(&l, sr_bytes_of(body.p + SR_SALT, body.len - SR_SALT), e);
	if (rc == 0)
		rc = sr_accession_list_root(root, &l, e);
	if (rc == 0 &&
		(l.item_count != 1 || t->items != 1 || memcmp(root, t->items_root, SR_HASH) != 0))
		rc = sr_fail(e, SR_AUTH, "the list has %zu items, want one", l.item_count);
	if (rc == 0)
		memcpy(item, l.items[0].id, SR_ID);
	sr_accession_list_free(&l);
	return rc;
}

static int sign(struct sr_client *c, const struct sr_redact *r, const uint8_t parent[SR_ID],
	const struct sr_told *t, struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ d;
	int rc = sr_writ_begin(&d, c, SR_T_REDACT, 0, e);

	if (rc == 0) {
		sr_text_put_hex(&d.text, "accession", t->accession, SR_ID);
		sr_text_put_hex(&d.text, "collection", t->collection, SR_ID);
		sr_text_put_hex(&d.text, "parent", parent, SR_ID);
		sr_text_put_hex(&d.text, "checkout", r->checkout, SR_ID);
		sr_statement_put_count_root(&d.text, "items", t->items, t->items_root);
		sr_statement_put_count_root(&d.text, "files", t->files, t->files_root);
		sr_text_put_dec(&d.text, "bytes", t->bytes);
		sr_text_put_hex(&d.text, "list", t->list, SR_HASH);
		sr_writ_string(&d, "reason", r->reason);
	}
	if (rc == 0)
		rc = sr_client_submit(c, &d, out, e);
	sr_writ_free(&d);
	return rc;
}

int sr_client_redact(struct sr_client *c, const struct sr_redact *r, uint8_t item[SR_ID],
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_call q, a;
	struct sr_told t;
	uint8_t parent[SR_ID];
	uint64_t files = 0;
	int rc = sr_client_open_item(c, r->checkout, &files, e);

	memset(&t, 0, sizeof t);
	sr_call_init(&q);
	sr_call_init(&a);
	if (rc == 0) {
		sr_call_begin(&q, r->features ? "features.make" : "redact.make");
		sr_text_put_hex(&q.head, "checkout", r->checkout, SR_ID);
		if (r->keep_names && !r->features)
			sr_text_put(&q.head, "names", "keep");
		if (!r->features)
			sr_buf_put_bytes(&q.body, r->plan);
		rc = sr_client_once(c, &q, &a, e);
	}
	if (rc == 0)
		rc = sr_unhex(parent, SR_ID, sr_text_get(&a.text, "parent"), e);
	if (rc == 0) {
		sr_call_begin(&q, "deposit.finish");
		rc = sr_client_once(c, &q, &a, e);
		if (rc == 0)
			rc = sr_told_read(&t, &a, e);
		if (rc == 0)
			rc = check_list(item, &t, sr_buf_view(&a.body), e);
		if (rc == 0)
			rc = sign(c, r, parent, &t, out, e);
		if (rc != 0) { /* nothing of it stays */
			struct sr_err ignored = {0};

			sr_call_begin(&q, "deposit.abort");
			(void)!sr_client_once(c, &q, &a, &ignored);
		}
	}
	sr_call_free(&q);
	sr_call_free(&a);
	return rc;
}
