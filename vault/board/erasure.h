/*
 * erasure - what the erasure of a person's records did, and what it cannot promise, signed by the
 * room key (DESIGN 6). Not a statement: it goes with the receipt of `erase`, and may be made as
 * often as wanted; each says what is true at its time.
 *
 *   strongroom/erasure/v1
 *   vault <fingerprint>
 *   time <now>
 *   person p-...            the pseudonym, which stays
 *   request <id>            that was voted on
 *   ground <token>          data-subject, retention or order
 *   entry <dec>             of `erase` in the log
 *   statement <hash>        of its signed text
 *   erased <time>           receipt time of that entry
 *   records <dec>           texts of the log that the keys opened
 *   enquiries <dec>         enquiries about them alone whose texts went with them
 *   keys <dec>              of the erased keys, so many are there still: 0, or it is no end yet
 *   entries <dec>           entries that speak of the pseudonym: they stay
 *   witnesses <dec>         witnesses of the log; they hold sizes, times and hashes, and no text
 *   backups <dec>           backups from before whose secrets file could still be opened
 *   second none | current | pending
 *   databases renewed | pending
 *   not-promised <token>    any number, sorted: what this erasure does not reach
 *
 * Tokens of not-promised: `backups` (their secrets files bring it back until their escrow is
 * rotated), `databases` (old pages of the catalogue still open), `disclosed` (who was given the key
 * of an entry, in a receipt or by `log disclose`, keeps what it opens), `media` (as of a
 * certificate), `mirrors` (copies of the log keep the sealed texts, which nothing opens but such a
 * key), `others` (what others wrote of them, in their own reasons and comments, and in descriptions
 * of items), `second-copy` (its erasure is pending), `witnesses` (the keys are there until the
 * quorum of witnesses has cosigned the statement).
 */
#ifndef SR_BOARD_ERASURE_H
#define SR_BOARD_ERASURE_H

#include "board/vault.h"

/* The signed note, appended to ${out}, and the entry of `erase`. NOTFOUND: nothing was erased. */
SR_MUST int sr_erasure_make(struct sr_buf *out, uint64_t *entry, struct sr_vault *v,
	const char *person, struct sr_err *e);

/* Read one: signed by ${room_pk} under ${origin}, of this vault and person. AUTH, CORRUPT. */
struct sr_erasure {
	uint64_t entry;
	uint8_t statement[SR_HASH];
	uint64_t keys;
};
struct sr_erasure_want {
	const char *origin;
	const uint8_t *room_pk, *vault; /* SR_PK, SR_HASH bytes */
	const char *person;
};
SR_MUST int sr_erasure_read(struct sr_erasure *out, struct sr_bytes note,
	const struct sr_erasure_want *want, struct sr_err *e);

#endif
