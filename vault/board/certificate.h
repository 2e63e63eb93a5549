/*
 * certificate - what a destruction did, and what it cannot promise, signed by the room key
 * (DESIGN 7). Not a statement: it goes with the receipt of `destroy`, and may be made as often as
 * wanted; each says what is true at its time.
 *
 *   strongroom/certificate/v1
 *   vault <fingerprint>
 *   time <now>
 *   request <id>            that was voted on
 *   version <dec>
 *   items <count> <root>    of the list, as `destroy` has them
 *   entry <dec>             of `destroy` in the log
 *   statement <hash>        of its signed text
 *   destroyed <time>        receipt time of that entry
 *   item <id>               the one asked about, or each of the list up to SR_CERTIFICATE_ITEMS
 *   secrets <dec>           secrets of the items that are left here: 0, or it is no end yet (see
 *                           witnesses)
 *   envelopes <dec>         envelopes that are left: 0
 *   exports <dec>           age files of them that left the vault before, or began to, by the log
 *   backups <dec>           backups from before whose secrets file could still be opened
 *   collected <entry> | none   the last collection of dead packs since
 *   second none | current | pending
 *   databases renewed | pending
 *   not-promised <token>    any number, sorted: what this erasure does not reach
 *
 * Tokens of not-promised: `blocks` (sealed blocks lie in packs until these are collected, and in
 * packs that are kept for others; nothing opens them), `shared-blocks` (a block that another item
 * of a collection with dedupe holds too stays readable there, and until then whoever has the
 * service keys can test a guess at a block), `second-copy` (its erasure is pending), `databases`
 * (old pages of catalogue and index still open), `backups` (their secrets files bring it back until
 * their escrow is rotated), `exports` (what left the vault), `media` (flash, snapshots, journals of
 * data and images made behind the program's back keep what was overwritten), `witnesses` (nothing
 * is erased before their quorum has cosigned the statement, and it has not).
 */
#ifndef SR_BOARD_CERTIFICATE_H
#define SR_BOARD_CERTIFICATE_H

#include "board/vault.h"

enum {
	SR_CERTIFICATE_ITEMS = 256 /* ids in one certificate: a page or two of print */
};

/* The signed note, appended to ${out}, and the entry of `destroy`. ${item} SR_ID bytes: of this
 * one; NULL: of what ${request} destroyed. NOTFOUND: nothing was destroyed by it. */
struct sr_certificate_of {
	const uint8_t *item, *request;
};
SR_MUST int sr_certificate_make(struct sr_buf *out, uint64_t *entry, struct sr_vault *v,
	const struct sr_certificate_of *of, struct sr_err *e);

/* Read one: signed by ${room_pk} under ${origin}, of this vault. The views point into ${note}'s
 * bytes, which must outlive it. AUTH, CORRUPT. */
struct sr_certificate {
	uint64_t entry;
	uint8_t statement[SR_HASH];
	uint64_t secrets, envelopes;
};
struct sr_certificate_want {
	const char *origin;
	const uint8_t *room_pk, *vault; /* SR_PK, SR_HASH bytes */
	const uint8_t *item;            /* SR_ID bytes: it must name this one (AUTH); NULL: any */
};
SR_MUST int sr_certificate_read(struct sr_certificate *out, struct sr_bytes note,
	const struct sr_certificate_want *want, struct sr_err *e);

#endif
