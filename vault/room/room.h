/*
 * room - the reading room: the only code that opens an item for a person (DESIGN 5 "At checkout",
 * 10).
 *
 * An item's key exists here from sr_room_open until its checkout ends (return, lapse, suspend,
 * revoke, close, expiry, close of the vault) or the room forgets it; it lies in the secret arena
 * and is wiped. Opening takes, for one item: pieces of at least k members, each inside a room-key
 * layer that only a live request version can take off. Ending a grant erased that room key, so
 * there is nothing left to open with, whatever this code would decide.
 *
 *   checkout (catalogue)  begun --sr_room_open--> open; sr_room_forget and a restart leave the
 * state: open again.
 *
 * Every piece is verified here again; a bad one voids that vote by an `incident` that names the
 * member, and the others still count. One thread.
 */
#ifndef SR_ROOM_ROOM_H
#define SR_ROOM_ROOM_H

#include "board/door.h"
#include "crypto/piece.h"
#include "room/plain.h"
#include "store/manifest.h"

struct sr_room; /* opaque */

SR_MUST int sr_room_new(struct sr_room **out, struct sr_vault *v, struct sr_err *e);
/* Wipes everything. NULL allowed. */
void sr_room_free(struct sr_room *r);
/* Forget what was opened for checkouts that are no longer live; call after every commit. Those that
 * the log ended (returned, lapsed, with their grant, with their item) are forgotten at once. What
 * ends by the rules alone, or by a hazard that was raised, is looked for in turn, some of what is
 * open at each sweep, so that a commit does not take longer the more is open. Nobody sees anything
 * of it meanwhile: whatever is used is asked about each time. */
SR_MUST int sr_room_sweep(struct sr_room *r, size_t *wiped, struct sr_err *e);
/* The same, and everything that is open has its turn: each minute. */
SR_MUST int sr_room_sweep_all(struct sr_room *r, size_t *wiped, struct sr_err *e);
/* Forget one checkout's key (its state stays). */
void sr_room_forget(struct sr_room *r, const uint8_t checkout[SR_ID]);
/* Forget every key: somebody makes the index anew, which open items read through. */
void sr_room_forget_all(struct sr_room *r);
/* How many items are open. */
size_t sr_room_count(const struct sr_room *r);

/* One vote's record of the item, as the researcher's client hands it over: the key of its outer
 * layer (crypto/piece.h, sr_bundle_record_key), so that who is to blame for a record that does not
 * open can be told. */
struct sr_room_record {
	uint8_t vote[SR_ID]; /* statement id of the vote */
	uint8_t key[SR_KEY];
};
/* Open the item of ${checkout} (right access, export or referral), which ${person} made and whose
 * grant is live now. NOTFOUND in the same words whether there is none or it is another's: who reads
 * is told to nobody by this. DENIED with the reason (state, grant, expired, "the room key of this
 * request version is erased"); AUTH when fewer than k good pieces remain (names the members whose
 * pieces failed). Logs `viewed open`. */
struct sr_room_open {
	uint8_t checkout[SR_ID];
	const char *person;
	const struct sr_room_record *records;
	size_t count;
};
SR_MUST int sr_room_open(struct sr_room *r, const struct sr_room_open *o, struct sr_err *e);

/* Seal the item of a checkout of right reseal anew, from the votes' pieces as above: new part,
 * slot, manifest and envelope (number + 1) at the level that its hazards need now, under the
 * board's present key, and the statement `reseal`. Every other checkout of the item ends (sweep),
 * and pieces of other grants for it are void until members top them up. DENIED, AUTH as above;
 * nothing of the item is shown or kept. */
struct sr_room_resealed {
	uint8_t item[SR_ID];
	uint32_t number, level, epoch;
	uint64_t entry;
};
SR_MUST int sr_room_reseal(struct sr_room *r, const struct sr_room_open *ask,
	struct sr_room_resealed *out, struct sr_err *e);

/* What a curator's client needs to look at or release a held item: the inner quarantine seal (box
 * to the curator), after the outer layer was taken off with keys/service. DENIED unless the item is
 * held and the person an active curator. */
SR_MUST int sr_room_quarantine(struct sr_room *r, const uint8_t item[SR_ID], const char *curator,
	struct sr_buf *boxed, struct sr_err *e);
/* Open a held item with its part for a checkout of right quarantine. AUTH if the part is not the
 * item's. Logs `viewed open`. */
SR_MUST int sr_room_open_held(struct sr_room *r, const uint8_t checkout[SR_ID], const char *curator,
	const uint8_t part[SR_PART], struct sr_err *e);

/* Is the checkout open, and for that person? NOTFOUND as below. Whether it is still live, which
 * takes a look at the catalogue, each call that gives something asks for itself. */
SR_MUST int sr_room_whose(const struct sr_room *r, const uint8_t checkout[SR_ID],
	const char *person, struct sr_err *e);
/* Files of an opened checkout. NOTFOUND "not open (in this process): open it again", also when it
 * is open for another person. Views live until it is forgotten. */
SR_MUST int sr_room_files(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	uint64_t *count, struct sr_err *e);
/* One of them, for a call that has asked before whether the checkout is live (sr_room_files,
 * sr_redact_check): to ask for each file takes longer than to copy it, and everybody waits. */
SR_MUST int sr_room_file(struct sr_room *r, const uint8_t checkout[SR_ID], uint64_t index,
	struct sr_file *out, struct sr_err *e);

/* All files, or a page of them: looked at once, however many there are. NOTFOUND, DENIED as above.
 * ${withheld}: the file, or a part of it, is left out under this grant (room/cut.h). Then its hash
 * is not told either: it would say of a guess whether it is right. */
struct sr_room_listing {
	const uint8_t *checkout; /* SR_ID */
	const char *person;
	uint64_t offset, limit;
	int (*each)(void *ctx, uint64_t index, const struct sr_file *f, bool withheld,
		struct sr_err *e);
	void *ctx;
	uint64_t total; /* out */
};
SR_MUST int sr_room_list(struct sr_room *r, struct sr_room_listing *l, struct sr_err *e);

/* The text form of a file, piece by piece: bytes [offset, offset+len) of the file (len at most
 * SR_BLOCK; offset of a page must be where the last one ended, or 0) as terminal-safe text appended
 * to ${text}; *${next} is the offset to go on from, equal to the file's size at the end. The first
 * page of a file logs `viewed read`. A file of which the intake made a text is read by that
 * (pages.h of intake says how it looks). UNSUPPORTED for documents without one (room/plain.h).
 * Parts of the file whose hazards the grant's level does not cover are left out (room/cut.h), and
 * `viewed read-part` is logged; DENIED: the whole file is such a part, or became one while it was
 * read. */
struct sr_room_page {
	uint8_t checkout[SR_ID];
	const char *person;
	uint64_t file;
	uint64_t offset;
	size_t len;
};
SR_MUST int sr_room_text(struct sr_room *r, const struct sr_room_page *p, struct sr_buf *text,
	uint64_t *next, const char **encoding, struct sr_err *e);
/* Where the text at hand ends: at the size of the file, or of the text that the intake made of it.
 */
SR_MUST int sr_room_text_size(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	uint64_t *size, struct sr_err *e);

/*
 * An export: all files of the item of an opened checkout of right export or referral, as one age
 * file to the recipient that the request names. Content: the bare file when the item is one regular
 * file, a POSIX pax archive otherwise (room/tar.h; what has no content is listed in
 * NOT-EXPORTED.txt). begin (logs `viewed export`) -> read until *got is 0 | end earlier: abandoned,
 * as the missing `export` statement says. That is logged, with size and SHA-256 of the age file,
 * before its last bytes are handed over. A begin while one is under way starts anew. ${max}: 1 byte
 * to SR_EXPORT_READ.
 */
SR_MUST int sr_room_export_begin(
	struct sr_room *r, const uint8_t checkout[SR_ID], const char *person, struct sr_err *e);
/* The same, and what is in the age file is a bag of the item, as tar (room/bagging.h). */
SR_MUST int sr_room_export_begin_bag(
	struct sr_room *r, const uint8_t checkout[SR_ID], const char *person, struct sr_err *e);
SR_MUST int sr_room_export_read(struct sr_room *r, const uint8_t checkout[SR_ID],
	struct sr_buf *out, size_t max, size_t *got, struct sr_err *e);
/* All is sealed, and the read that takes the rest of it logs `export`: whoever reads may first want
 * to know that what came before is kept. No read logs it of which this was not so, but for the
 * first. */
bool sr_room_export_is_announced(const struct sr_room *r, const uint8_t checkout[SR_ID]);
void sr_room_export_end(struct sr_room *r, const uint8_t checkout[SR_ID]);

/* The item of an opened checkout, for a scanner (intake/scan.h): of right quarantine, or of any
 * that is live. *${it} is the room's, until the next call of anything here. */
struct sr_item;
SR_MUST int sr_room_look(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_item **it, struct sr_err *e);
/* The ${i}-th that is open: its checkout, whose it is, its item; NOTFOUND: there are no more. */
struct sr_room_opened {
	uint8_t checkout[SR_ID], item[SR_ID];
	char person[SR_PERSON_TEXT];
};
SR_MUST int sr_room_nth(struct sr_room *r, size_t i, struct sr_room_opened *out, struct sr_err *e);

/*
 * Release: a new part, slot, seal at ${level} and manifest for a held item (envelope number + 1).
 * prepare writes nothing that counts: the new slot and envelope become real with the `release`
 * statement that names the envelope's hash, through sr_room_release_hooks; the old slot and the
 * quarantine seal are erased after it.
 */
struct sr_room_release {
	uint8_t item[SR_ID];
	const char *curator;
	uint8_t part[SR_PART]; /* from the curator's client: opened from sr_room_quarantine */
	uint32_t level;
	uint32_t number;           /* out */
	uint8_t envelope[SR_HASH]; /* out: hash to be signed */
};
SR_MUST int sr_room_release_prepare(
	struct sr_room *r, struct sr_room_release *rel, struct sr_err *e);
/* Fill before/refused/after/ctx of a submission of type release whose item was prepared; NOTFOUND
 * if it was not. Nothing is prepared until it is committed. */
SR_MUST int sr_room_release_hooks(
	struct sr_room *r, const uint8_t item[SR_ID], struct sr_submission *sub, struct sr_err *e);
/* Forget prepared releases that were not submitted. */
void sr_room_release_forget(struct sr_room *r);

#endif
