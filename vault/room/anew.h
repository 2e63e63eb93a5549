/*
 * anew - a new envelope of an item: new part, new slot, new manifest and seal (DESIGN 5). What a
 * release does with a held item, a reseal with a released one, and a change of a board's key with
 * every item under it, held ones too: those get boxes of the new part to their curators.
 *
 * Two ways to use it. The statement is a person's (release): room_prepare, and the three steps of a
 * `prepared` from the hooks of their submission. The statement is the vault's (reseal): room_reseal
 * does all of it for one item.
 *
 *   room_prepare   ${part} opens envelope n; envelope n + 1 is made in memory, its slot in the
 * arena prepared_put   slot n + 1 into the door's group of secrets, file items/<id>.<n+1> durable
 *   statement      in the ledger: the catalogue's number becomes n + 1, and votes before this entry
 *                  have no piece of the item any more; a refusal takes both back (prepared_undo)
 *   prepared_done  file n removed, then slot n (and any older) erased in one commit, with whatever
 *                  else opened a held item under envelope n
 *
 * The item is wholly old until the statement is in the ledger and wholly new from then on. A kill
 * before it leaves slot and file n + 1, a kill after it those of n: sr_deposit_recover compares
 * every slot, seal and envelope with the number in force and erases the others at the next opening.
 * Until then they open nothing that counts: a reader takes the envelope that the catalogue names.
 *
 * What opened envelope n opens nothing of n + 1: the item key is made of slot and part, both are
 * fresh, and the manifest is encrypted under it anew. Blocks keep their keys, so whoever has read
 * the item, or kept its manifest, knows them; packs are not written again.
 */
#ifndef SR_ROOM_ANEW_H
#define SR_ROOM_ANEW_H

#include "room/room_internal.h"

struct prepared { /* a new envelope, not yet in force */
	struct prepared *link;
	uint8_t item[SR_ID];
	uint32_t number;    /* of the new envelope */
	uint8_t *slot;      /* SR_KEY bytes, in the secret arena */
	struct sr_buf file; /* the new envelope */
	struct sr_buf
		boxes; /* an item that stays held: quarantine seal of the new part; else empty */
	struct sr_buf
		intake; /* one whose intake is not over: intake seal of the new part; else empty */
	uint8_t hash[SR_HASH]; /* of the new envelope; a statement names it and the level */
	uint32_t level, epoch; /* of the board's key that it is sealed to */
};

struct room_anew {
	const struct sr_item_row *item; /* as the catalogue has it now */
	const uint8_t *part;            /* SR_PART bytes: opens the envelope in force */
	/* Sealed to this board's key of that level. NULL: to the present key of the item's board.
	 */
	const struct sr_board_row *board;
	uint32_t level;
	bool stays; /* held as it was: boxes of the new part to those who are curators now */
};
/* Make envelope number + 1. DENIED: the board has no such level; AUTH, CORRUPT: the part is not the
 * envelope's. prepared_free wipes it (NULL allowed). */
SR_MUST int room_prepare(
	struct prepared **out, struct sr_room *r, const struct room_anew *a, struct sr_err *e);
void prepared_free(struct prepared *p);
/* Before the statement that names it: slot and file are durable with it, or neither is there. */
SR_MUST int prepared_put(const struct prepared *p, struct sr_vault *v, struct sr_err *e);
/* The statement is refused: take both back. */
void prepared_undo(const struct prepared *p, struct sr_vault *v);
/* The statement is in the ledger: what opened the item before is erased, in one commit. */
SR_MUST int prepared_done(const struct prepared *p, struct sr_vault *v, struct sr_err *e);

/* All of it for one released item, or for a held one under a key that its board has no more, with
 * the statement `reseal`, which says by what right: a live
 * grant of right reseal that names the item, and its request. The catalogue refuses (CORRUPT) any
 * other, a lower level, and a second time under one grant; the item is then wholly old. An error
 * after the statement says so: what opened the item before is erased at the next opening. */
struct room_reseal_right {
	const uint8_t *request, *grant; /* SR_ID bytes */
};
SR_MUST int room_reseal(struct sr_room_resealed *out, struct sr_room *r, const struct room_anew *a,
	const struct room_reseal_right *by, struct sr_err *e);

#endif
