/*
 * ended - whose roles a client was once shown to have ended: what it was shown it is not told
 * otherwise.
 *
 * A log whose entries are encrypted proves what is in it, and not what is not: from a root nobody
 * can tell that no entry ends somebody's roles, short of opening every entry, which is the
 * auditors' to do. A hostile vault can so keep a `person-end` from a voter who never saw it. (It
 * cannot keep it from the log: the vote names a log that holds the end, and the replay names the
 * vote.) What a client can do it does: an end that it verified once stays, whatever it is shown
 * afterwards. Whoever ended the roles, or voted for it, or saw it in any other matter, cannot be
 * made to forget.
 *
 *   strongroom/ended/v1
 *   vault <hex64>
 *   person p-...                whose memory it is
 *   end <index> <all|vouched> p-...   (*) ascending: at this entry all roles of that person ended,
 * or those that one curator or officer gives
 *
 * The file `<first 16 hex of the fingerprint>-<person>.ended` lies beside the client's `seen`
 * (seen.h). The newest SR_ENDED_MAX are kept. A role that was given at a later entry is not
 * touched.
 */
#ifndef SR_LEDGER_ENDED_H
#define SR_LEDGER_ENDED_H

#include "base/fs.h"
#include "crypto/sign.h"

enum {
	SR_ENDED_MAX = 512
}; /* fits the 32 KiB of a text; older ones are of requests long decided */

struct sr_ended {
	uint64_t index;
	char person[SR_PERSON_TEXT];
	bool all;
};
/* In order of index. {0} is empty. */
struct sr_endeds {
	struct sr_ended *rows;
	size_t count;
};
void sr_endeds_free(struct sr_endeds *l);
/* One more, unless it is there. NOMEM. */
SR_MUST int sr_endeds_add(struct sr_endeds *l, const struct sr_ended *one, struct sr_err *e);
/* Only those below entry ${size}: the rest was lost with the log. */
void sr_endeds_cut(struct sr_endeds *l, uint64_t size);

/* NOTFOUND: this person remembers none of this vault. ${out} is replaced on success. */
SR_MUST int sr_endeds_load(struct sr_endeds *out, struct sr_dir *d, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e);
/* Durable; the caller holds sr_seen_lock. What another process stored meanwhile is kept with it,
 * but for a log that lost entries (${afresh}). */
SR_MUST int sr_endeds_store(struct sr_dir *d, const struct sr_endeds *l,
	const uint8_t vault[SR_HASH], const char *person, bool afresh, struct sr_err *e);
SR_MUST int sr_endeds_decode(struct sr_endeds *out, struct sr_bytes text,
	const uint8_t vault[SR_HASH], const char *person, struct sr_err *e);
void sr_endeds_encode(struct sr_buf *out, const struct sr_endeds *l, const uint8_t vault[SR_HASH],
	const char *person);

#endif
