/*
 * log: entries for auditors (structure) and officers (texts too), read from the ledger itself,
 * not from the catalogue.
 */
#include "board/keys.h"
#include "core/ops_in.h"
#include "ledger/ledger.h"

enum {
	LIMIT_DEFAULT = 100,
	LIMIT_MAX = 1000
};

static int put_texts(struct sr_x *x, struct sr_rows_out *o, const struct sr_entry_row *row,
	const struct sr_entry *en, struct sr_err *e) {
	struct sr_texts out = {
		0}; /* records that lie in objects: their texts are in the catalogue */
	int rc = sr_query_texts(&out, x->catalogue, row->index, e);
	for (size_t i = 0; rc == 0 && i < en->count; i++) {
		const struct sr_record *r = &en->records[i];
		sr_row(o, "text");
		sr_row_dec(o, "index", row->index);
		sr_row_str(o, "field", r->key);
		sr_row_dec(o, "number", r->index);
		sr_row_str(o, "subject", r->subject);
		if (r->state == SR_RECORD_READ)
			sr_row_bytes(o, "text", r->text);
		for (size_t j = 0; r->state == SR_RECORD_OUT && j < out.count; j++) {
			if (strcmp(out.rows[j].field, r->key) == 0 && out.rows[j].index == r->index)
				sr_row_str(o, "text", out.rows[j].text);
		}
	}
	sr_texts_free(&out);
	return rc;
}

static int put_entry(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_entry_row *row, struct sr_err *e) {
	struct sr_entry en = {0};
	int rc = sr_vault_entry(&en, x->vault, row->index, e);
	if (rc != 0)
		return rc;
	sr_row(o, "entry");
	sr_row_dec(o, "index", row->index);
	sr_row_str(o, "type", en.statement.type->name);
	sr_row_hex(o, "id", row->statement, SR_ID);
	sr_row_str(o, "actor", row->actor);
	sr_row_time(o, "time", row->time);
	sr_row_time(o, "received", row->received);
	if (row->has_object)
		sr_row_hex(o, "object", row->object, SR_HASH);
	sr_row_bytes(o, "statement", en.statement.body);
	if ((x->caller.roles & SR_ROLE_OFFICER) != 0)
		rc = put_texts(x, o, row, &en, e);
	sr_entry_free(&en);
	return rc;
}

int sr_op_log(struct sr_x *x, struct sr_err *e) {
	struct sr_entry_filter f = {.type = -1};
	struct sr_page page;
	struct sr_entries l = {0};
	struct sr_rows_out o;
	char type[SR_IN_TEXT], actor[SR_IN_TEXT], about[SR_IN_TEXT];
	uint64_t to = INT64_MAX, next = 0, sealed = 0;
	(void)sr_in_dec(x, "from", &f.from);
	(void)sr_in_dec(x, "to", &to);
	int rc = sr_in_page(x, &page, LIMIT_DEFAULT, LIMIT_MAX, e);
	if (rc == 0 && sr_in_str(x, "type", type)[0] != '\0') {
		const struct sr_type *t = sr_type_named(sr_bytes_str(type));
		if (t == NULL)
			return sr_fail(e, SR_USAGE,
				"type \"%.40s\" names no statement: strongroom-formats(5) has them "
				"all",
				type);
		f.type = (int)t->id;
	}
	f.actor = sr_in_str(x, "actor", actor)[0] != '\0' ? actor : NULL;
	f.about = sr_in_str(x, "about", about)[0] != '\0' ? about : NULL;
	if (rc == 0)
		rc = sr_query_entries(&l, x->catalogue, &f, &page, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count && l.rows[i].index < to; i++) {
		bool may = false;
		rc = sr_may_see_entry(&may, &x->caller, l.rows[i].index, e);
		if (rc == 0 && may)
			rc = put_entry(x, &o, &l.rows[i], e);
		sealed += may ? 0 : 1;
		next = l.rows[i].index + 1;
	}
	if (rc == 0) {
		sr_text_put_dec(&x->r->head, "size", sr_ledger_next_index(x->vault->ledger));
		if (sealed > 0)
			sr_text_put_dec(&x->r->head, "sealed", sealed);
		if (l.count == page.limit && next < to)
			sr_text_put_dec(&x->r->head, "next", next);
	}
	sr_entries_free(&l);
	return rc;
}
