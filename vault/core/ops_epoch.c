/*
 * Epochs of the structural key: when each began, to whom it was sealed, and the boxes. See ops.h.
 */
#include "board/keys.h"
#include "core/ops_in.h"

int sr_op_epochs(struct sr_x *x, struct sr_err *e) {
	struct sr_key_epochs l = {NULL, 0};
	struct sr_auditor_epochs given = {NULL, 0};
	struct sr_rows_out o;
	uint32_t now = 0;
	int rc = sr_query_key_epochs(&l, x->catalogue, e);
	if (rc == 0)
		rc = sr_query_auditor_epochs(&given, x->catalogue, NULL, e);
	if (rc == 0)
		rc = sr_query_epoch_now(&now, x->catalogue, e);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "epoch", now);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const char *p = l.rows[i].auditors;
		sr_row(&o, "epoch");
		sr_row_dec(&o, "epoch", l.rows[i].epoch);
		sr_row_dec(&o, "entry", l.rows[i].entry);
		sr_row_time(&o, "received", l.rows[i].received);
		sr_row_hex(&o, "keys", l.rows[i].keys, SR_HASH);
		while (*p != '\0') {
			char person[SR_PERSON_TEXT];
			const size_t n = strcspn(p, " ");
			snprintf(person, sizeof person, "%.*s", (int)n, p);
			sr_row_str(&o, "auditor", person);
			p += n + strspn(p + n, " ");
		}
	}
	for (size_t i = 0; rc == 0 && i < given.count; i++) {
		sr_row(&o, "given");
		sr_row_str(&o, "person", given.rows[i].person);
		sr_row_dec(&o, "first", given.rows[i].first);
		sr_row_dec(&o, "last", given.rows[i].last);
		sr_row_dec(&o, "entry", given.rows[i].entry);
		sr_row_hex(&o, "keys", given.rows[i].keys, SR_HASH);
	}
	sr_key_epochs_free(&l);
	sr_auditor_epochs_free(&given);
	return rc;
}

int sr_op_epochs_keys(struct sr_x *x, struct sr_err *e) {
	struct sr_entry en = {0};
	uint8_t keys[SR_HASH];
	uint64_t index = 0;
	if (!sr_in_dec(x, "index", &index))
		return sr_fail(e, SR_MISUSE, "epochs.keys without an index");
	int rc = sr_vault_entry(&en, x->vault, index, e);
	if (rc != 0)
		return rc;
	if (en.statement.type->id != SR_T_KEY_EPOCH && en.statement.type->id != SR_T_AUDITOR)
		rc = sr_fail(e, SR_NOTFOUND, "entry %llu has no keys of epochs",
			(unsigned long long)index);
	if (rc == 0)
		rc = sr_field_hash(keys, &en.statement, "keys", 0, e);
	sr_entry_free(&en);
	return rc == 0 ? sr_object_fetch(x->vault, keys, &x->r->body, e) : rc;
}
