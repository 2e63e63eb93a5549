/*
 * unlock - keys/service on the disk: opened, and sealed under another passphrase or credential.
 *
 * The keys themselves stay, and so does everything that they opened: whoever kept a copy of the
 * file before (a backup) and knows the old passphrase still opens it. Here the bytes before are
 * overwritten (store/supersede.h). A kill leaves the old way to unlock or the new one.
 */
#ifndef SR_BOARD_UNLOCK_H
#define SR_BOARD_UNLOCK_H

#include "board/service.h"

#define SR_SERVICE_FILE "service"

/* From ${dir}/keys/service, of a vault whose lock is held: what a kill left of an earlier change is
 * finished first. Failures as sr_service_open, NOTFOUND. */
SR_MUST int sr_unlock_open(
	struct sr_service **out, struct sr_dir *dir, const struct sr_unlock *u, struct sr_err *e);
/* ${sealed} (sr_service_seal) is keys/service from now on, in the vault ${dir}. *${changed}: so it
 * is, also when a later step failed. There may be none: lost, and given back by the board. */
SR_MUST int sr_unlock_put(
	struct sr_dir *dir, struct sr_bytes sealed, bool *changed, struct sr_err *e);

struct sr_unlock_change {
	const char *path;     /* of the vault; it may not be open anywhere (LOCKED) */
	struct sr_unlock now; /* AUTH: not what it is sealed to */
	struct sr_unlock then;
};
SR_MUST int sr_unlock_change(const struct sr_unlock_change *o, bool *changed, struct sr_err *e);

#endif
