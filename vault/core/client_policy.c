/*
 * The text of rules, asked for or adopted, from a statement that is proven. See client.h.
 *
 * The object comes from the vault; that it is the text which was signed for shows its SHA-256.
 */
#include "core/client_in.h"
#include "crypto/hash.h"

int sr_client_text_of(struct sr_buf *out, struct sr_client *c, const struct sr_proven *pr,
	const char *key, struct sr_err *e) {
	uint8_t object[SR_HASH], want[SR_HASH], have[SR_HASH];
	struct sr_call q, r;
	int rc = sr_field_hash(object, &pr->entry.statement, key, 0, e);

	if (rc == 0)
		rc = sr_field_hash(want, &pr->entry.statement, "set", 0, e);
	if (rc != 0)
		return rc;
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "object");
	sr_text_put_hex(&q.head, "id", object, SR_HASH);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0) {
		sr_sha256(have, r.body.p, r.body.len);
		if (memcmp(have, want, SR_HASH) != 0)
			rc = sr_fail(e, SR_AUTH,
				"the vault shows another text of %s than entry %llu names", key,
				(unsigned long long)pr->index);
	}
	if (rc == 0) {
		sr_buf_put_buf(out, &r.body);
		rc = sr_buf_ok(out, e);
	}
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_rules_asked(
	struct sr_buf *out, struct sr_client *c, const uint8_t request[SR_ID], struct sr_err *e) {
	const struct sr_proven *pr = NULL;
	struct sr_call q, r;
	struct sr_rows rows = {0};
	uint8_t id[SR_ID];
	int rc = sr_client_board_need(c, NULL, true, e);

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "request");
	sr_text_put_hex(&q.head, "request", request, SR_ID);
	if (rc == 0)
		rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "version");

		rc = row == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no version of it")
				 : sr_row_get_id(id, SR_ID, row, "statement", e);
		/* Whose names and keys would not be asked for here: nothing shows who signed it. */
		if (rc == 0 && sr_row_get(row, "key").p != NULL)
			rc = sr_fail(e, SR_USAGE, "this request asks for no rules");
	}
	if (rc == 0)
		rc = sr_client_prove_ids(c, (const uint8_t(*)[SR_ID]) & id, 1, e);
	if (rc == 0) {
		pr = sr_client_version_of(&c->proofs, request, 0);
		rc = sr_proofs_need(pr, "request", e);
	}
	if (rc == 0 && pr != NULL && sr_field_count(&pr->entry.statement, "rules") == 0)
		rc = sr_fail(e, SR_USAGE, "this request asks for no rules");
	if (rc == 0 && pr != NULL)
		rc = sr_client_text_of(out, c, pr, "rules", e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_rules_adopted(struct sr_buf *out, struct sr_client *c, const uint8_t board[SR_ID],
	uint64_t entry, struct sr_err *e) {
	const struct sr_proven *pr = NULL;
	char hex[2 * SR_ID + 1];
	int rc = sr_client_board_need(c, board, true, e);

	if (rc == 0)
		rc = sr_client_prove_entries(c, &entry, 1, e);
	if (rc == 0) {
		pr = sr_proofs_at(&c->proofs, entry);
		rc = sr_proofs_need(pr, "adoption", e);
	}
	if (rc != 0 || pr == NULL)
		return rc;
	sr_hex(hex, board, SR_ID);
	if (pr->entry.statement.type->id != SR_T_POLICY ||
		!sr_bytes_eq(sr_proven_field(pr, "board", 0), sr_bytes_str(hex)))
		return sr_fail(e, SR_AUTH,
			"entry %llu of the log is no adoption of rules by this board",
			(unsigned long long)entry);
	return sr_client_text_of(out, c, pr, "rules", e);
}
