/*
 * holding - a held item, opened by its intake seal for the vault's own work on it.
 *
 * The intake seal is the item's part once more, in secrets.db (SR_SECRET_INTAKE, name = the item's
 * 32 hex digits, n = number of its envelope; board/held.h has its bytes). It is made with the
 * deposit, moves on with every envelope that a step makes, and is erased when no step is due any
 * more, at a release, and with the item; backups carry none. While it lies there, whoever has the
 * running host can open the item: that is what the threat table says of items that are "being
 * deposited, scanned".
 *
 * What steps add becomes real at once, with their statement: packs, then secrets, then the envelope
 * (number + 1: new part, slot and seal; quarantine boxes to those who are curators now), then the
 * statement that names all of it; then what opened the item before is erased. A kill before the
 * statement leaves the item as it was; blocks that were stored are found again, by an id that
 * follows from item and number.
 */
#ifndef SR_INTAKE_HOLDING_H
#define SR_INTAKE_HOLDING_H

#include "board/held.h"
#include "board/vault.h"
#include "sandbox/launcher.h"
#include "store/ingest.h"
#include "store/reader.h"

struct sr_holding; /* opaque; one at a time */

/* Open ${item} by its intake seal. NOTFOUND: it has none (any more). ${l} is borrowed, may be NULL:
 * then steps that need a sandbox fail. */
SR_MUST int sr_holding_open(struct sr_holding **out, struct sr_vault *v, struct sr_launcher *l,
	const uint8_t item[SR_ID], struct sr_err *e);
/* The same of an item that a curator has open in ${checkout} (SR_ID bytes), held or, by the board's
 * leave to make a version of it, released: ${it} is the room's and, as ${checkout}, outlives the
 * holding. What is added gets the item a new envelope, as a step's does, with the boxes of the
 * curators if it is held; no intake seal is made. LOCKED: its intake is not over, whose files would
 * be under the same id. Every look at the item ends with the commit, and of a released one the
 * votes' pieces are void until members top them up. */
struct sr_holding_look {
	const uint8_t *item, *checkout;
	struct sr_item *it;
};
SR_MUST int sr_holding_look(struct sr_holding **out, struct sr_vault *v,
	const struct sr_holding_look *look, struct sr_err *e);
/* Without a statement: what was added is left for the next attempt. NULL allowed. */
void sr_holding_free(struct sr_holding *h);

struct sr_vault *sr_holding_vault(const struct sr_holding *h);
/* UNSUPPORTED: this process started none. */
SR_MUST int sr_holding_launcher(struct sr_launcher **out, struct sr_holding *h, struct sr_err *e);
const uint8_t *sr_holding_id(const struct sr_holding *h); /* SR_ID bytes */
uint32_t sr_holding_number(const struct sr_holding *h);   /* of its envelope */
struct sr_item *sr_holding_item(
	const struct sr_holding *h); /* its files, as of the last statement */

/* What the step found out, of file ${file} of the item, in its order; of one that was added:
 * sr_holding_added() of then. ${key}: [a-z-], at most 32 bytes; ${value} at most 1024 bytes, any.
 * More than SR_FACTS_MAX of a step: the rest is counted, and told as one. Half of it is kept for
 * what says which file came out of which (`of`, `cut`: catalogue/family.h), because a redaction
 * goes by that, and hostile names are cheap to make. Facts are descriptive: they lie under the
 * item's key, and those who may see its titles see them (intake show). */
enum {
	SR_FACTS_MAX = 200000,    /* 8 of each of 25,000 files: 20 MiB */
	SR_FACTS_BYTES = 24 << 20 /* of the object that holds them */
};
/* Is there room for one of ${key} and ${len} bytes of value beside ${count} of ${bytes}? */
bool sr_facts_fit(size_t count, size_t bytes, const char *key, size_t len);
SR_MUST int sr_holding_fact(struct sr_holding *h, uint64_t file, const char *key,
	struct sr_bytes value, struct sr_err *e);
/* ${step} begins, or goes on where it stopped (intake/step.h): what it said of the files before is
 * said again, since a statement's facts take the place of those before. Which files it has to do:
 * *${from} to *${to} - 1, all if it begins. */
SR_MUST int sr_holding_take_up(struct sr_holding *h, const char *step, struct sr_err *e);
void sr_holding_range(const struct sr_holding *h, uint64_t *from, uint64_t *to);
/* It stops: of the files from ${from} on nothing was done; none, if that is the end. */
SR_MUST int sr_holding_rest(struct sr_holding *h, uint64_t from, struct sr_err *e);
/* One word for the statement: what came of the step, structural: "done" unless said. What stops
 * stays unfinished. */
void sr_holding_result(struct sr_holding *h, const char *token);

/* One more file of the item, in pieces: add, more*, end. It comes out of file ${of}, which is kept
 * as the fact "of". Kinds other than regular take no bytes and no end. */
struct sr_adding {
	uint64_t of;
	struct sr_bytes path; /* 1..SR_PATH_MAX bytes, any */
	enum sr_file_kind kind;
	struct sr_bytes note; /* of what is not regular: a target, a reason */
	int64_t mtime_s;
};
SR_MUST int sr_holding_add(struct sr_holding *h, const struct sr_adding *a, struct sr_err *e);
/* Has the item's list of files, an object of SR_OBJECT_MAX bytes, room for one more whose path has
 * ${len}, if 1/${of} of the list may be used? Without it the statement would be refused, at each
 * new attempt. And have the facts room for what it came out of? Without that a redaction of the
 * container would leave it. */
SR_MUST int sr_holding_room(
	bool *room, struct sr_holding *h, size_t len, unsigned of, struct sr_err *e);
SR_MUST int sr_holding_more(struct sr_holding *h, struct sr_bytes data, struct sr_err *e);
/* ${broken}: NULL, or why there are no more bytes of it: it is then recorded as not readable, with
 * this reason. */
SR_MUST int sr_holding_end(
	struct sr_holding *h, struct sr_bytes media_type, const char *broken, struct sr_err *e);
/* The position of the file that was added last. */
uint64_t sr_holding_added(const struct sr_holding *h);

/* What a step must remember over a kill, at most SR_STEP_NOTE_MAX bytes, sealed in run/; the next
 * begin of that step for this envelope finds it. NOTFOUND. Best effort: a note that is gone or
 * damaged costs time, nothing else. */
enum {
	SR_STEP_NOTE_MAX = 1 << 20
};
SR_MUST int sr_holding_note_put(
	struct sr_holding *h, const char *step, struct sr_bytes note, struct sr_err *e);
SR_MUST int sr_holding_note_get(
	struct sr_holding *h, const char *step, struct sr_buf *note, struct sr_err *e);

/* For the queue: the statement of step ${name}. *${entry}: of the log. The holding is used up. */
SR_MUST int sr_holding_commit(
	struct sr_holding *h, const char *name, uint64_t *entry, struct sr_err *e);
/* The end of the work: erase the intake seal. */
SR_MUST int sr_holding_over(struct sr_vault *v, const uint8_t item[SR_ID], struct sr_err *e);

/* --- at opening ------------------------------------------------------------------------------- */

/* Is ${accession}, which has pending packs, the id of such work? *${live}: of an item that still
 * has an intake seal for it; *${done}: its statement is in the ledger. */
SR_MUST int sr_holding_pending(bool *is, bool *live, bool *done, struct sr_vault *v,
	const uint8_t accession[SR_ID], struct sr_err *e);

#endif
