/*
 * adopt - the log goes on under another name, because somebody outside knows more of it than is
 * left: an older copy was put back, and what came after it is lost.
 *
 * Under the old name that log would be a fork of itself: witnesses refuse it for ever, and so does
 * everybody who remembers. What is lost cannot be made up; so the log says aloud that it is another
 * one from here on. It is one more link of the chain of keys and names (merkle/logkeys.h):
 *
 *   1  the custodian names it: the next entry is `service-key` with the same keys, the new name,
 *      how many entries are as they were and how many others know of; an `incident` comes with it.
 *      Trees that hold that entry are signed under the new name, which witnesses take for a log
 *      that they never saw. It is one commit: before it nothing happened.
 *   2  the alarm is removed, for it is of the old name; then strongroom.conf has the name, so that
 *      the ledger opens before the catalogue does. A kill or a failing disk before that is mended
 *      by the next opening, which finds the name in the log; nothing is published in between, not
 *      even by the process whose disk failed (tests/cli/fail-adopt.sh).
 *   3  the board confirms it, by a request of kind adopt, at its highest level: `witness`, event
 *      confirmed, which names the statement of 1 by its hash. Until then nothing opens, and
 *      nobody's client believes the name.
 *
 * A name that the board will not confirm, because the numbers are wrong or its members' own clients
 * refuse it, is followed by another one, which says at least as much loss; confirming that one
 * confirms what led to it.
 *
 * Entries, receipts, rooms and INVENTORY stay bound to the origin that the founders signed. The
 * keys stay, too; who thinks that they were stolen changes them afterwards (board/rotate.h). An
 * older copy may have brought keys back that had been changed since: then that is needed.
 *
 * What it cannot show: that no more was lost than the custodian says. Members compare with what
 * they and the witnesses remember before they vote; each reader's client says what of theirs is
 * gone, and refuses where that is more than was said (core/client_adopt.c).
 */
#ifndef SR_BOARD_ADOPT_H
#define SR_BOARD_ADOPT_H

#include "board/vault.h"

struct sr_adopt {
	const char *name;
	uint64_t known;  /* entries that others know of under the name of now */
	uint64_t agreed; /* so many of ours are as others know them; SR_ADOPT_ALL: up to where a
			    backup was restored, or all */
};
#define SR_ADOPT_ALL UINT64_MAX

/* Steps 1 and 2, of an open vault; ${agreed}, ${entry}: as they were said. A failure after the
 * commit is mended by the next opening. USAGE: the name; DENIED: nothing is lost by these numbers.
 */
SR_MUST int sr_adopt(struct sr_vault *v, const struct sr_adopt *a, uint64_t *agreed,
	uint64_t *entry, struct sr_err *e);
/* At open, before witnesses are asked: the names of the log against those of strongroom.conf; what
 * step 2 left. AUTH: the conf names what the log does not. */
SR_MUST int sr_adopt_settle(struct sr_vault *v, const struct sr_vault_conf *conf, struct sr_err *e);
/* 0, or DENIED: the board has not confirmed under which name the log goes on. */
SR_MUST int sr_adopt_check(struct sr_vault *v, struct sr_err *e);

#endif
