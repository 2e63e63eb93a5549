/*
 * dealings - the ceremony keys of reshares, and their end.
 *
 * A dealing of a reshare carries an old share to whoever is named in a plan. Of a run that a
 * complaint or a new key made void, or of a plan that another decision replaced, it would carry the
 * board's key to people who never came to hold it. So the object of such a dealing is sealed under
 * a key of its run and no other (DESIGN 5), which dies when nobody needs the dealing any more:
 *
 *   secrets.db, SR_SECRET_CEREMONY, name "ceremony:<run, 32 hex>", n = 0: the subject of the
 *   objects that `deal` statements of that run name (board/keys.h)
 *
 *   run dealing, or void by a complaint   kept: members accept from it, everybody judges by it
 *   run done (its epoch is in force)      erased: each member has a box of their own shares
 *   run of a standby board that waits     erased, likewise; its public keys lie in `standby`
 *   run void without a complaint          erased: a member has another key, or the plan is replaced
 *   plan replaced                         erased, all runs of it
 *   epoch in force                        erased, all runs that came before it
 *
 * A run of a board that has no keys yet deals random numbers and hands nothing on: its dealings are
 * structural, like all that everybody may read. The key is made with the run's first `deal`, in the
 * same commit, durable before the statement; it is erased after the statement that ends it is
 * durable and never before. A kill in between leaves the statement: the next opening repeats. No
 * backup carries ceremony keys: after a restore a reshare under way begins its next run with a
 * complaint (`board accept --gone`).
 */
#ifndef SR_BOARD_DEALINGS_H
#define SR_BOARD_DEALINGS_H

#include "board/vault.h"

/* Erase every ceremony key that is not needed any more, in one commit of secrets.db; an opening
 * that finds none writes nothing. *${erased} counts them. */
SR_MUST int sr_dealings_keep(struct sr_vault *v, size_t *erased, struct sr_err *e);

#endif
