/*
 * follow - what a statement brings about: statements of the service that belong to the same commit
 * (DESIGN 6a).
 *
 *   found, and whatever makes -> key-epoch (the key of a new epoch, sealed to the auditors of now)
 *   the auditors others:
 *   person, person-end,
 *   person-key
 *   accept, the last          -> opened (the vault computes the transcript itself; another one is
 *                                refused by the rules before)
 *   accession                 -> stored: the packs that were written for it
 *   request, amend            -> room-key, for kinds that carry pieces; an amend ends the room key
 *                                of the version before
 *   vote approve, the k-th    -> grant | revoke | lift | person | collection | erase | auditor ...,
 *                                by the request's kind
 *   vote reject, recuse,      -> refuse, when eligible members minus rejections are fewer than k
 *   attest
 *   person-end                -> suspend, of each live grant that names the person; lapse, of what
 *                                they asked for; refuse, of what is left without a quorum; boxes of
 *                                held items to a curator are erased
 *   person-key                -> lapse, of each grant that only this person reads under, and of
 *                                requests with a key of theirs; suspend, of grants with others;
 *                                boxes of held items to the old key are erased; so are dealings to
 *                                it, whose run is void
 *   accept, the last          -> opened; of a standby board standby: it waits
 *   takeover, the last needed -> opened
 *   erase                     -> the keys of what is kept of the person are erased
 *   opened, reshare, rekey,   -> dealings of reshares that are done or replaced are erased
 *   standby
 *   opened, reseal, release,  -> rekeyed, when a new key was made and no item is left under one
 *   destroy                      before it; refuse, of what is open about such items
 *   break-glass, the second   -> incident
 *   vote correct, withdraw,   -> the room key ends
 *   close, revoke, lapse and
 *   refuse of a request
 *
 * Looks at the catalogue as it is after the statement was applied; pure but for random ids and the
 * fresh room key. Ending a grant is erasure: `ends` tells the door which room keys to erase when
 * the commit is durable.
 */
#ifndef SR_BOARD_FOLLOW_H
#define SR_BOARD_FOLLOW_H

#include "board/door.h"
#include "catalogue/query.h"
#include "ledger/statement.h"

struct sr_follow {
	/* A statement of the service: whole text, openings of its `~` lines, objects. */
	int (*service)(void *ctx, const struct sr_submission *parts, struct sr_bytes text,
		struct sr_err *e);
	/* The room key of this version is to be erased after the commit. */
	int (*ends)(void *ctx, const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);
	/* Everything that opens this item is to be erased after the commit (board/erase.h). */
	int (*dies)(void *ctx, const struct sr_tombstone *item, struct sr_err *e);
	/* Boxes of held items to who is no curator any more are to be erased after the commit. */
	void (*curators)(void *ctx);
	/* Dealings of a run that has ended are to be erased after the commit (board/dealings.h). */
	void (*dealings)(void *ctx);
	/* What was kept of a person is to be erased after the commit (board/forget.h). */
	void (*people)(void *ctx);
	/* The witnesses of the log are others after the commit. */
	void (*witnesses)(void *ctx);
	/* One sentence for the person who acted. */
	void (*tell)(void *ctx, const char *sentence);
	/* How many more entries the commit takes. */
	size_t (*room)(void *ctx);
	/* It takes no more: what is left to do for who is ended, or has another key, is the sweep's
	 * (door.h). */
	void (*later)(void *ctx);
	void *ctx;
	int64_t now;
	struct sr_bytes packs; /* of an accession: what its submission brought (door.h) */
};

SR_MUST int sr_follow_on(const struct sr_follow *f, struct sr_vault *v,
	const struct sr_statement *s, struct sr_err *e);

/* Begin a text of the service: type line and common lines with a fresh id. */
void sr_follow_begin(struct sr_buf *b, const struct sr_vault *v, enum sr_type_id type, int64_t now);

/* A fresh room key for this version: its secret into secrets.db (in the caller's group, or durable
 * at return), and the text of its `room-key` statement, for the caller to commit. Made with the
 * request, and anew after a restore, whose backup had none.
 *
 * Whoever holds the service keys can make room keys at will and gains nothing by it: a piece is
 * bound to the key that its voter proved, so those made before go with the key before, and each for
 * the new key takes a member's fresh decision, signed over the request's hash like any vote. It can
 * only refuse service, which it could anyway. */
SR_MUST int sr_follow_room_key(struct sr_buf *text, struct sr_vault *v,
	const struct sr_version_row *row, int64_t now, struct sr_err *e);

#endif
