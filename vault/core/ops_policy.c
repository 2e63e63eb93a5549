/*
 * The rules that boards adopted. See ops.h.
 */
#include "core/ops_in.h"

int sr_op_policies(struct sr_x *x, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_policies l = {0};
	struct sr_rows_out o;
	uint8_t id[SR_ID];
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "no memory for a board")
			   : sr_query_board(
				     b, x->catalogue, sr_in_id(x, "board", id) ? id : NULL, 0, e);

	if (rc == 0)
		rc = sr_query_policies(&l, x->catalogue, b->id, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_policy_row *p = &l.rows[i];

		sr_row(&o, "policy");
		sr_row_hex(&o, "board", p->board, SR_ID);
		sr_row_dec(&o, "number", p->number);
		sr_row_hex(&o, "request", p->request, SR_ID);
		sr_row_hex(&o, "set", p->set, SR_HASH);
		sr_row_hex(&o, "rules", p->rules, SR_HASH);
		sr_row_dec(&o, "entry", p->entry);
		sr_row_time(&o, "received", p->received);
		sr_row_flag(&o, "in-force", i + 1 == l.count);
	}
	sr_policies_free(&l);
	free(b);
	return rc;
}
