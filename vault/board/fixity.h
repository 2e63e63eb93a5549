/*
 * fixity - scrub with the names that statements give: every pack, object file and envelope in
 * force, read and compared, here or in a backup's folders. Needs no content key. The vault's own
 * inventory is compared with the statements too; where it differs it is written again, which is a
 * finding like the others, once.
 */
#ifndef SR_BOARD_FIXITY_H
#define SR_BOARD_FIXITY_H

#include "board/vault.h"
#include "store/inventory.h"
#include "store/scrub.h"

struct sr_fixity {
	struct sr_backend
		*store;       /* NULL: the vault's own (then its index learns what is damaged) */
	struct sr_dir *items; /* NULL: the vault's own */
	int (*finding)(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e);
	void *ctx;
	struct sr_progress progress;
};
/* Findings are given one by one and counted in ${out}; an error is trouble with the check itself.
 */
SR_MUST int sr_fixity_check(struct sr_vault *v, const struct sr_fixity *f,
	struct sr_scrub_totals *out, struct sr_err *e);

/* packs/INVENTORY follows a commit: names of packs that came and went, SR_HASH bytes each. It waits
 * for no commit and can be rebuilt; a damaged one is left to the next check, which names it and
 * writes it again. */
SR_MUST int sr_fixity_inventory(
	struct sr_vault *v, struct sr_bytes added, struct sr_bytes removed, struct sr_err *e);
/* Written again, with these names and no others. */
SR_MUST int sr_fixity_inventory_anew(
	struct sr_vault *v, const uint8_t *names, size_t count, struct sr_err *e);

/* Who signs packs/INVENTORY: the ledger key, under the vault's origin. Valid as long as ${v}. */
void sr_fixity_signer(struct sr_inventory_signer *out, struct sr_vault *v);

#endif
