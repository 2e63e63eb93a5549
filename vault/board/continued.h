/*
 * continued - the log goes on under another name, because somebody outside knows more of it than
 * is left: an older copy was put back, and what came after it is lost.
 *
 * Under the old name that log would be a fork of itself: witnesses refuse it for ever, and so does
 * everybody who remembers. What is lost cannot be made up; so the log says aloud that it is
 * another one from here on:
 *
 *   1  the custodian names it (strongroom.conf, line log). From then on checkpoints are signed
 *      with the same key under the new name, which witnesses take for a log that they never saw.
 *   2  its next entry is `witness`, event continued: both names, size and root that are left, and
 *      how many entries others know of; with an `incident`. The alarm and what the old witnesses
 *      cosigned are removed before, for they are of the old name.
 *   3  the board confirms it, by a request of kind adopt, at its highest level: `witness`, event
 *      confirmed. Until then nothing opens.
 *
 * A kill after 1 is mended by the next opening, which finds a name that the log does not know.
 * Readers follow the names, and believe them when 3 is proven (core/client_continued.c). Entries,
 * receipts and the room stay bound to the origin that the founders signed.
 */
#ifndef SR_BOARD_CONTINUED_H
#define SR_BOARD_CONTINUED_H

#include "board/vault.h"

/* May the log go on as ${name}, when others know of ${known} entries? USAGE, DENIED. */
SR_MUST int sr_continued_may(
	struct sr_vault *v, const char *name, uint64_t known, struct sr_err *e);
/* At open, before the witnesses: step 2, where it is owed. CORRUPT, AUTH: the log and
 * strongroom.conf name different logs. */
SR_MUST int sr_continued_settle(
	struct sr_vault *v, const struct sr_vault_conf *conf, struct sr_err *e);
/* 0, or DENIED: the board has not confirmed under which name the log goes on. */
SR_MUST int sr_continued_check(struct sr_vault *v, struct sr_err *e);

#endif
