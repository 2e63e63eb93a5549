/*
 * room_internal - what the parts of the room share: room.c (sessions), open.c (opening), page.c
 * (text), export.c, anew.c (new envelopes), release.c, reseal.c.
 *
 * An `opened` is one checkout whose item was decrypted in this process. It holds the manifest (and
 * with it the keys of the item's blocks) inside a sr_item, which wipes itself; the item key itself
 * is gone when opening returns. Whoever asks for anything of it passes room_find, which looks at
 * the catalogue again each time: a checkout or grant that ended is forgotten there and then,
 * whether or not somebody called sr_room_sweep.
 */
#ifndef SR_ROOM_ROOM_INTERNAL_H
#define SR_ROOM_ROOM_INTERNAL_H

#include "board/ceremony.h"
#include "catalogue/family.h"
#include "catalogue/query.h"
#include "room/room.h"
#include "store/envelope.h"
#include "store/reader.h"

struct room_export; /* export.c */

struct opened {
	uint8_t checkout[SR_ID];
	uint8_t item[SR_ID];
	bool has_grant; /* else a quarantine look */
	uint8_t grant[SR_ID];
	char person[SR_PERSON_TEXT];
	char right[16];
	char form[64];
	struct sr_item *it;
	uint64_t files;
	struct sr_family *family; /* of its files (room_family); NULL: nobody asked yet */
	uint8_t *again;           /* by file: it says again what file ${again_of} says; or NULL */
	uint64_t again_of;
	/* The page cursor: one file at a time, from its start. */
	bool reading;
	uint64_t file, next;
	uint64_t shown; /* the file whose bytes are read: ${file}, or its rendition */
	struct sr_plain plain;
	struct sr_item_marks left_out; /* of that file, as it was begun */
	struct sr_cut *cut;            /* NULL: nothing is left out */
	uint8_t *read_logged;          /* a bit per file whose first page was logged */
	struct room_export *export;
};

struct prepared; /* anew.h */

enum {
	/* Open checkouts that the rules are asked about after a commit: one takes half a
	 * millisecond, so these take what a commit waits for its disk. Of the others a row is read
	 * (20 us). */
	ROOM_ASKED = 25
};

struct sr_room {
	struct sr_vault *v; /* borrowed */
	struct opened **open;
	size_t count, cap;
	size_t turn;               /* whose turn it is in the next sweep */
	struct prepared *prepared; /* releases that their curators have not signed yet */
	/* Public keys of the epoch that ${keys_run} made; kept, because checking their points costs
	 * more than opening. */
	struct sr_ceremony_keys *keys;
	uint8_t keys_run[SR_ID];
};

/* The opened checkout of ${person} (NULL: anybody's), still live now: NOTFOUND when it is not open
 * here; DENIED when it is another's, or it or its grant ended (it is then forgotten). */
SR_MUST int room_find(struct opened **out, struct sr_room *r, const uint8_t checkout[SR_ID],
	const char *person, struct sr_err *e);
/* The same for the rest of a call that has asked whether it is live: NOTFOUND alone. */
SR_MUST int room_opened(struct opened **out, struct sr_room *r, const uint8_t checkout[SR_ID],
	const char *person, struct sr_err *e);
/* Take ${o} over (freed on failure too) once `viewed open` is in the ledger. */
SR_MUST int room_admit(struct sr_room *r, struct opened *o, struct sr_err *e);
void opened_free(struct opened *o); /* wipes; NULL allowed */

/* Is this checkout live at ${now}, and its grant? 0, or DENIED with the reason. */
SR_MUST int room_live(
	struct sr_room *r, const struct sr_checkout_row *c, int64_t now, struct sr_err *e);

/* Begin and commit a statement of the service; ${text} is freed. */
void room_begin(struct sr_room *r, struct sr_buf *text, enum sr_type_id type);
SR_MUST int room_log(struct sr_room *r, struct sr_buf *text, struct sr_err *e);
/* `viewed ${event}`; ${file} NULL: of no file. */
SR_MUST int room_viewed(struct sr_room *r, const struct opened *o, const char *event,
	const uint64_t *file, struct sr_err *e);

/* The envelope in force of ${item}, read and verified; ${file} keeps its bytes. */
SR_MUST int room_envelope(struct sr_envelope *out, struct sr_buf *file, struct sr_room *r,
	const struct sr_item_row *item, struct sr_err *e);
/* The item's key from ${part} and its slot, checked against the envelope's commitment. AUTH;
 * NOTFOUND: the slot is erased. */
SR_MUST int room_item_key(uint8_t key[SR_KEY], struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e);
/* Decrypt the manifest into ${m}, which the caller began and frees. */
SR_MUST int room_manifest(struct sr_manifest *m, struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e);
/* Decrypt the manifest and open the item. */
SR_MUST int room_item(struct sr_item **out, struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e);

/* What the votes of a checkout's grant open, while ${use} runs: wiped afterwards. */
struct room_lent {
	const struct sr_checkout_row *checkout;
	const struct sr_version_row *version;
	const struct sr_item_row *item;
	const struct sr_envelope *env;
	const uint8_t *part; /* SR_PART bytes */
};
SR_MUST int room_lend(struct sr_room *r, const struct sr_room_open *ask,
	int (*use)(void *ctx, const struct room_lent *l, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* What is read of file ${index}: it, or the text that the intake made of it; and its encoding.
 * UNSUPPORTED: no text. (page.c) */
SR_MUST int room_shown(uint64_t *shown, enum sr_plain_encoding *encoding, struct sr_room *r,
	struct opened *o, uint64_t index, struct sr_err *e);
/* Which of its files came out of which: looked up once. */
SR_MUST int room_family(struct sr_room *r, struct opened *o, struct sr_err *e);
/* By file: is it a text that the vault made of another file of the item? It says nothing that the
 * other does not. In a redacted version the other may be gone, and the text is what is left. The
 * caller frees it. (page.c) */
SR_MUST int room_made(bool **out, struct sr_room *r, struct opened *o, struct sr_err *e);
/* Marks of the item that the grant of ${o} does not cover (room/marks.c). ${file} NULL: of all
 * files. Else those that hold for it: its own and, as marks of the whole, under their numbers,
 * those of files that say again what it says (catalogue/family.h). None of a look at a held item.
 */
SR_MUST int room_uncovered(struct sr_item_marks *out, struct sr_room *r, struct opened *o,
	const uint64_t *file, struct sr_err *e);
/* By file: does any of these hold for it? The caller frees it. */
SR_MUST int room_withheld(uint8_t **out, struct sr_room *r, struct opened *o, struct sr_err *e);

void room_export_free(struct room_export *x); /* NULL allowed */
/* bag_facts.c: bag-info.txt of the opened checkout's export. */
struct sr_bagging;
SR_MUST int room_bag_facts(
	struct sr_bagging *b, struct sr_room *r, const struct opened *o, struct sr_err *e);
/* Forget prepared releases whose item was released meanwhile. */
SR_MUST int room_release_sweep(struct sr_room *r, struct sr_err *e);

/* What expiry is judged by: the clock, but never earlier than the receipt time of the last entry,
 * so that a clock that is set back makes no grant live again (DESIGN 6). */
int64_t sr_room_now(const struct sr_room *r);

#endif
