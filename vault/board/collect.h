/*
 * collect - what no live item needs leaves the vault's store (DESIGN 7): packs (store/collect.h),
 * then files of packs and objects that no statement names. (Envelopes of items that ended are
 * removed when they end, or at opening.)
 *
 * Live is every item of the catalogue that is not destroyed. Each step is in the log, as a
 * statement `collect` with the names of the packs that went and came, before anything is deleted:
 * from then on index, inventory, scrub, rebuild and backup go by it. Needs the service keys, no
 * content key; may run beside open deposits and looks of the same process.
 */
#ifndef SR_BOARD_COLLECT_H
#define SR_BOARD_COLLECT_H

#include "board/vault.h"
#include "store/collect.h"

struct sr_vault_collect {
	bool dry_run; /* find only: nothing is written or deleted */
	struct sr_progress progress;
};
struct sr_vault_collected {
	struct sr_collect_found found;
	uint64_t steps;                                      /* statements */
	uint64_t removed, removed_bytes, added, added_bytes; /* packs */
	uint64_t strays, stray_bytes; /* files of packs and objects that nobody names */
};
/* DENIED before the vault is founded. A failure leaves at worst dead bytes, for the next run. */
SR_MUST int sr_vault_collect(struct sr_vault *v, const struct sr_vault_collect *o,
	struct sr_vault_collected *out, struct sr_err *e);

/* At opening, when catalogue and index are there: end what a kill left between a statement and the
 * index, or before the statement. *changed tells whether there was anything. */
SR_MUST int sr_vault_collect_recover(struct sr_vault *v, bool *changed, struct sr_err *e);

#endif
