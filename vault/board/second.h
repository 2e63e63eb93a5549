/*
 * second - where the second copy of secrets.db lies, changed while the vault is open (DESIGN 7).
 *
 * A copy that nobody keeps up to date opens what is erased later. So whatever a change touches is
 * remembered until it is settled, and a change may be killed between any two steps:
 *
 *   1  run/second names the new place and the one before           durable
 *   2  the copy is made in the new place and read back
 *   3  strongroom.conf names the new place, or none                durable
 *   4  what lies in a place that run/second names and the conf does not is destroyed: its root
 *      cell is overwritten
 *   5  run/second is removed, then the files that open nothing any more
 *
 * Killed in 1, 2: the vault opens with the copy before; in 3 to 5: with the new one. The next
 * opening does 4 and 5 (sr_second_settle); a place that cannot be reached stays remembered until
 * the next change gives it up, which the log says (incident second-lost).
 *
 * run/second: strongroom/second/v1 / made <path>* / former <path>*: places where a copy may lie,
 * and where one did. Nothing in a former place means that its medium is elsewhere.
 */
#ifndef SR_BOARD_SECOND_H
#define SR_BOARD_SECOND_H

#include "base/limits.h"
#include "board/vault.h"
#include "store/secrets.h"

enum sr_second_former {
	SR_SECOND_NONE,      /* there was no copy, or it lies where the new one does */
	SR_SECOND_DESTROYED, /* its root cell is overwritten: it opens nothing any more */
	SR_SECOND_LOST       /* out of reach: it opens what was erased since it was last written */
};
struct sr_second_report {
	enum sr_second_former former;
	char place[SR_PATH_MAX]; /* of the former copy; "" for NONE */
	char reason[256];        /* LOST: why it cannot be reached */
	uint64_t unconfirmed;    /* LOST: erasing commits that it never confirmed, and never will */
};

/* Make the copy anew in ${path} (absolute; made by the caller), or have none from now on (NULL).
 * Failures leave the copy as it was: LOCKED, IO; EXISTS: ${path} holds another vault's copy. */
SR_MUST int sr_second_change(
	struct sr_vault *v, const char *path, struct sr_second_report *out, struct sr_err *e);

/* At opening: finish what a killed change left. Sentences for v->recovered go to ${told}. */
SR_MUST int sr_second_settle(struct sr_vault *v, struct sr_buf *told, struct sr_err *e);

#endif
