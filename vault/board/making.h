/*
 * making - the place of a vault that is being made, by an init or a restore: empty before, nobody
 * else's meanwhile, and empty again where it fails.
 *
 *   begin --> HELD --end--> a vault, or as it was
 *              |  ^
 *             let hold
 *              v  |
 *              LET
 *
 * HELD: run/lock is ours, as if the vault were open. LET: we open it ourselves, by the conf that we
 * have in memory. strongroom.conf, without which nothing is a vault, comes last of all: so what a
 * kill leaves, at whatever step, opens for nobody.
 */
#ifndef SR_BOARD_MAKING_H
#define SR_BOARD_MAKING_H

#include "base/fs.h"

struct sr_making; /* opaque */

/* ${path}: made, or there and empty; mode 0711 whatever the umask says. ${second} (NULL: none): no
 * second copy of a secrets.db may lie there. EXISTS; LOCKED: another process makes one there;
 * DENIED as sr_vault_not_others. On failure both are as they were. */
SR_MUST int sr_making_begin(
	struct sr_making **out, const char *path, const char *second, struct sr_err *e);
struct sr_dir *sr_making_dir(const struct sr_making *m);
void sr_making_let(struct sr_making *m);
SR_MUST int sr_making_hold(struct sr_making *m, struct sr_err *e); /* LOCKED */
/* secrets.db and its second copy were made, or that failed with ${rc}: EXISTS: another vault has
 * put its own there since the beginning, which stays. */
void sr_making_second(struct sr_making *m, int rc);
/* Without ${done} all goes that was made, root cells overwritten before, here and in ${second}, so
 * that the same can be asked again. What cannot be removed stays. NULL allowed. */
void sr_making_end(struct sr_making *m, bool done);

#endif
