/*
 * features.make: an item of counts from an opened one (room/features.h), as a deposit of this
 * process; the curator then signs `redact` for it (deposit.finish, submit), of which it is the
 * utmost case: nothing that the parent says is left.
 */
#include "core/inflow.h"
#include "core/ops_in.h"
#include "room/features.h"
#include "store/manifest.h"

enum {
	CHUNK = 1 << 20
};

static int put_item(struct sr_inflow *in, struct sr_bytes document, struct sr_err *e) {
	const struct sr_ingest_file f = {.path = sr_bytes_str("features.json"),
		.media_type = sr_bytes_str(SR_FEATURES_TYPE),
		.kind = SR_FILE_REGULAR,
		.size_expected = document.len};
	int rc = sr_inflow_item_begin(in, sr_bytes_of(NULL, 0), e);

	if (rc == 0)
		rc = sr_inflow_file(in, &f, e);
	for (size_t at = 0; rc == 0 && at < document.len; at += CHUNK) {
		const size_t left = document.len - at;

		rc = sr_inflow_feed(
			in, sr_bytes_of(document.p + at, left < CHUNK ? left : CHUNK), e);
	}
	if (rc == 0)
		rc = sr_inflow_file_end(in, sr_bytes_of(NULL, 0), e);
	return rc == 0 ? sr_inflow_item_end(in, e) : rc;
}

int sr_op_features_make(struct sr_x *x, struct sr_err *e) {
	struct sr_checkout_row row = {.has_grant = false};
	struct sr_item_row parent = {0};
	struct sr_buf document, results;
	uint8_t checkout[SR_ID];

	if (!sr_in_id(x, "checkout", checkout))
		return sr_fail(e, SR_MISUSE, "features.make without a checkout");
	sr_buf_init_secret(&document);
	int rc = sr_room_features(x->core->room, checkout, x->caller.person, &document, e);
	if (rc == 0)
		rc = sr_query_checkout(&row, x->catalogue, checkout, e);
	if (rc == 0)
		rc = sr_query_item(&parent, x->catalogue, row.item, e);
	const struct sr_inflow_options o = {
		.collection = parent.collection, .depositor = x->caller.person, .redacted = true};
	if (rc == 0)
		rc = sr_inflow_begin(x, &o, e);
	if (rc == 0) {
		rc = put_item(x->session->deposit, sr_buf_view(&document), e);
		sr_buf_init_secret(&results);
		sr_inflow_results(x->session->deposit, &results);
		sr_buf_free(&results);
		if (rc != 0)
			(void)!sr_inflow_drop(x, NULL);
	}
	if (rc == 0) {
		sr_text_put_hex(&x->r->head, "parent", row.item, SR_ID);
		sr_text_put_hex(&x->r->head, "collection", parent.collection, SR_ID);
	}
	sr_item_row_free(&parent);
	sr_buf_free(&document);
	return rc;
}
