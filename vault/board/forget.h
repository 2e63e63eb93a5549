/*
 * forget - what dies when what was kept of a person is erased (DESIGN 6): the key of their personal
 * records, and of what was said in enquiries about them alone. Their name, reasons and comments
 * then open nowhere: not in this log nor in a copy of it, not in an object, not in a replay.
 *
 * Order: the statement `erase` is durable; the catalogue forgets the texts with it; when the quorum
 * of witnesses has cosigned the statement (at once, where none is asked) the keys go, here and at
 * the second copy, in one erasing commit; then catalogue and index get new keys
 * (board/dbkeys.h), since old pages of them held the texts. A vault that nobody watches could
 * otherwise erase, and then deny that it was ever decided. A kill between any two is mended by the
 * next opening, which looks for keys that the ledger says are gone.
 */
#ifndef SR_BOARD_FORGET_H
#define SR_BOARD_FORGET_H

#include "board/vault.h"

/* Erase the keys of all whom the ledger erased and witnesses have seen; *${erased}: how many were
 * there still. In a commit of its own: no group of secrets.db may be open. */
SR_MUST int sr_forget_due(struct sr_vault *v, size_t *erased, struct sr_err *e);
/* Keys that the ledger says are gone, and are not; of one person, or of all (NULL). */
SR_MUST int sr_forget_left(size_t *left, struct sr_vault *v, const char *person, struct sr_err *e);

#endif
