/*
 * room_note - what core says in words of its own, signed by the room key: a certificate of a
 * destruction, the report of an erasure. Not statements, and not in the log: each names the entry
 * that it is about, and says what is true when it is made.
 *
 *   <type>
 *   vault <fingerprint>
 *   ...
 *   entry <dec>             in the log
 *   statement <hash>        of the signed text of that entry
 *   ...
 */
#ifndef SR_BOARD_ROOM_NOTE_H
#define SR_BOARD_ROOM_NOTE_H

#include "base/text.h"
#include "board/vault.h"
#include "merkle/note.h"

/* ${text}, signed, appended to ${out}. */
SR_MUST int sr_room_note_sign(
	struct sr_buf *out, struct sr_bytes text, const struct sr_vault *v, struct sr_err *e);

struct sr_room_note_want {
	const char *type, *what;        /* "it is no ${what}" */
	const char *origin;             /* of the log */
	const uint8_t *room_pk, *vault; /* SR_PK, SR_HASH bytes */
};
struct sr_room_note {
	struct sr_note note;
	struct sr_text text; /* views into the note's bytes, which must outlive it */
	uint64_t entry;
	uint8_t statement[SR_HASH];
};
/* One that is signed by that key, of that type and vault; freed by the caller, also after a
 * failure. AUTH, CORRUPT. */
SR_MUST int sr_room_note_open(struct sr_room_note *out, struct sr_bytes note,
	const struct sr_room_note_want *want, struct sr_err *e);
void sr_room_note_free(struct sr_room_note *n);

#endif
