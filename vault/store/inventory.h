/*
 * inventory - which packs there should be: loss is found, not only damage.
 *
 *   packs/INVENTORY.names   append-only lines "+<64 hex>\n" and "-<64 hex>\n"; a torn last line,
 *                           and all from a line on that has zeros (a grown file whose bytes never
 *                           came), are dropped at load; compact rewrites it, one '+' line per live
 *                           pack
 *   packs/INVENTORY         a signed note (merkle/note.h) with the text
 *                           strongroom/inventory/v1
 *                           vault <hex>
 *                           count <dec>
 *                           root <base64>
 *                           root being RFC 6962's over the live names (32 raw bytes a leaf) in
 *                           byte order
 *
 * Neither is needed by a commit, and both can be rebuilt, since statements name their packs. One
 * thread.
 */
#ifndef SR_STORE_INVENTORY_H
#define SR_STORE_INVENTORY_H

#include "crypto/sign.h"
#include "store/backend.h"

struct sr_inventory; /* opaque: the set of live names, 32 bytes each */

/* Open (made when absent) in ${packs}, the vault's folder "packs" (borrowed). CORRUPT names the
 * line. */
SR_MUST int sr_inventory_open(struct sr_inventory **out, struct sr_dir *packs, struct sr_err *e);
void sr_inventory_close(struct sr_inventory *inv); /* does not sync; NULL allowed */
/* Append; not yet durable. Adding a live name or removing an absent one does nothing. */
SR_MUST int sr_inventory_add(
	struct sr_inventory *inv, const uint8_t name[SR_HASH], struct sr_err *e);
SR_MUST int sr_inventory_remove(
	struct sr_inventory *inv, const uint8_t name[SR_HASH], struct sr_err *e);
SR_MUST int sr_inventory_sync(struct sr_inventory *inv, struct sr_err *e);
size_t sr_inventory_count(const struct sr_inventory *inv);
bool sr_inventory_has(const struct sr_inventory *inv, const uint8_t name[SR_HASH]);
/* The live names in byte order: count x 32 bytes, valid until the next change. NULL when there are
 * none. */
SR_MUST int sr_inventory_names(
	struct sr_inventory *inv, const uint8_t **names, size_t *count, struct sr_err *e);
SR_MUST int sr_inventory_root(struct sr_inventory *inv, uint8_t root[SR_HASH], struct sr_err *e);
/* Replace the whole set (rebuild from statements, compaction): names need not be sorted. Durable
 * when it returns. */
SR_MUST int sr_inventory_replace(
	struct sr_inventory *inv, const uint8_t *names, size_t count, struct sr_err *e);
SR_MUST int sr_inventory_compact(struct sr_inventory *inv, struct sr_err *e);

/* The note's signer: Ed25519 by the ledger key over exactly ${text}. */
struct sr_inventory_signer {
	const char *name; /* key name of the note: the vault's origin */
	uint8_t pk[SR_PK];
	int (*sign)(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e);
	void *ctx;
};
/* Sync the names; sign count and root, replace packs/INVENTORY without waiting: what a cut of power
 * takes of it is written again at the next opening (intake/deposit.h). */
SR_MUST int sr_inventory_sign(struct sr_inventory *inv, const uint8_t vault[SR_HASH],
	const struct sr_inventory_signer *s, struct sr_err *e);
/* Check packs/INVENTORY against the names: NOTFOUND (no note yet), AUTH (signature, other vault),
 * CORRUPT ("the note says 12 packs, INVENTORY.names has 11"). */
SR_MUST int sr_inventory_check(struct sr_inventory *inv, const uint8_t vault[SR_HASH],
	const char *key_name, const uint8_t pk[SR_PK], struct sr_err *e);

#endif
