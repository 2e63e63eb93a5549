/*
 * What no item needs any more leaves the store.
 */
#include "base/time.h"
#include "board/collect.h"
#include "core/ops_in.h"

static void put_collected(struct sr_buf *head, const struct sr_vault_collected *n) {
	const struct {
		const char *key;
		uint64_t v;
	} fields[] = {
		{"items", n->found.items},
		{"packs", n->found.packs},
		{"bytes", n->found.bytes},
		{"live-bytes", n->found.live_bytes},
		{"dead", n->found.dead},
		{"sparse", n->found.sparse},
		{"rewrite-bytes", n->found.sparse_live_bytes},
		{"spared", n->found.spared},
		{"steps", n->steps},
		{"removed", n->removed},
		{"removed-bytes", n->removed_bytes},
		{"added", n->added},
		{"added-bytes", n->added_bytes},
		{"strays", n->strays},
		{"stray-bytes", n->stray_bytes},
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		sr_text_put_dec(head, fields[i].key, fields[i].v);
}

int sr_op_collect(struct sr_x *x, struct sr_err *e) {
	struct sr_vault_collected n;
	const struct sr_vault_collect o = {
		.dry_run = sr_in_yes(x, "dry-run"), .progress = x->core->progress};
	const uint64_t start = sr_mono_ms();
	int rc = sr_vault_collect(x->vault, &o, &n, e);
	if (rc != 0)
		return rc;
	put_collected(&x->r->head, &n);
	sr_text_put_dec(&x->r->head, "elapsed-ms", sr_mono_ms() - start);
	return 0;
}
