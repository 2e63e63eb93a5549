/*
 * held - the seal by which curators look at an item before the board governs it (DESIGN 5, 9): its
 * part, boxed to each curator, all of it sealed once more under a key of keys/service. Nobody opens
 * it alone: not the disks (they lack the service key), not the running host (it lacks a curator's
 * key), not a curator (the outer layer is the vault's).
 *
 * Kept in secrets.db as SR_SECRET_QUARANTINE, name = the item's 32 hex digits, n = number of its
 * envelope; erased when the item is released, together with the slot that it is for.
 *
 *   outer   aead (label "strongroom/quarantine/v1", associated data PLACE) under quarantine_key of
 *           keys/service, of le32 count, then per curator, in byte order of the person:
 *     offset  size  meaning
 *          0    18  person, "p-" and 16 hex digits, without a NUL
 *         18    32  the person's key that the box is for
 *         50     4  le32 length of the box, always 136
 *         54   136  box to that key (sr_box_seal_person, the same label, context PLACE) of the part
 *   PLACE   vault fingerprint (32), item id (16), le64 number
 *
 * One secret holds SR_HELD_CURATORS_MAX boxes; the part is boxed to the curators who were added
 * first. Who becomes a curator later, or has a new key, gets a box from a curator who has one; the
 * box of who is no curator any more, or of a key that is no longer theirs, is erased
 * (board/quarantine.h).
 */
#ifndef SR_BOARD_HELD_H
#define SR_BOARD_HELD_H

#include "catalogue/query.h"
#include "crypto/box.h"
#include "crypto/tdh2.h"

enum {
	SR_HELD_BOX = SR_PART + SR_BOX_OVERHEAD,
	SR_HELD_CURATORS_MAX = 15 /* (SR_SECRET_MAX - aead - 4) / 190 */
};

struct sr_held_place {
	uint8_t vault[SR_HASH]; /* fingerprint */
	uint8_t item[SR_ID];
	uint64_t number; /* of the envelope whose part it is */
};

struct sr_held_box {
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	uint8_t box[SR_HELD_BOX];
};
struct sr_held_boxes {
	struct sr_held_box rows[SR_HELD_CURATORS_MAX];
	size_t count;
};

/* The part boxed to one curator. AUTH: a key that does not convert. */
SR_MUST int sr_held_box_make(struct sr_held_box *out, const struct sr_held_place *at,
	const char *person, const uint8_t pk[SR_PK], const uint8_t part[SR_PART], struct sr_err *e);
/* The secret's value, appended to ${out} (make it secret): boxes in any order, sorted here. MISUSE
 * when there is none, or a person twice. */
SR_MUST int sr_held_boxes_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, struct sr_held_boxes *boxes, struct sr_err *e);
SR_MUST int sr_held_boxes_open(struct sr_held_boxes *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, struct sr_bytes sealed, struct sr_err *e);

/* What `held-box` signs of a box: label "strongroom/held-box/v1", fields PLACE, person, key, box.
 */
void sr_held_box_hash(
	uint8_t out[SR_HASH], const struct sr_held_place *at, const struct sr_held_box *box);

/* The same for an item that comes. ${curators}: active ones, as sr_query_people(SR_ROLE_CURATOR)
 * lists them. DENIED when there is none: nobody could ever release the item. AUTH: a key that does
 * not convert. */
SR_MUST int sr_held_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, const struct sr_people *curators,
	const uint8_t part[SR_PART], struct sr_err *e);
/* Take off the outer layer and append the box to ${curator}, SR_HELD_BOX bytes, to ${boxed}.
 * NOTFOUND "no box to ..."; AUTH, CORRUPT. */
struct sr_held_open {
	const uint8_t *quarantine_key; /* SR_KEY bytes */
	struct sr_bytes sealed;
	const char *curator;
};
SR_MUST int sr_held_open_outer(struct sr_buf *boxed, const struct sr_held_place *at,
	const struct sr_held_open *o, struct sr_err *e);
/*
 * The intake seal: the part once more, for the vault's own work on the item after its deposit
 * (intake/holding.h); SR_SECRET_INTAKE, name and n as above, erased when that work is over.
 *
 *   aead (label "strongroom/intake/v1", associated data PLACE) under quarantine_key of the part
 */
SR_MUST int sr_intake_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, const uint8_t part[SR_PART], struct sr_err *e);
SR_MUST int sr_intake_open(uint8_t part[SR_PART], const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, struct sr_bytes sealed, struct sr_err *e);

/* The curator's client: the part. AUTH: the box is another's, or of another item or number. */
SR_MUST int sr_held_open_box(uint8_t part[SR_PART], const struct sr_held_place *at,
	struct sr_bytes boxed, const uint8_t seed[SR_SEED], struct sr_err *e);

#endif
