/*
 * rescan - what is open is looked at again when scanners know more than they did.
 *
 * The vault cannot open an item that nobody has open: of those, known hashes are compared with what
 * the catalogue has (intake.known). While a checkout is open the reading room has the item's key,
 * and its content goes through the scanners as it did at first: a statement `scan` that names the
 * checkout, whatever comes of it. One that names something in a released item ends every look under
 * a grant and closes the item until a curator decides (catalogue/apply_flag.c); curators, and those
 * whose looks it ended, are told (notice `infected`).
 *
 * Each scanner is asked who it is every SR_RESCAN_ASK_MS while something is open. Its name carries
 * its signatures, so an item is due that this very name never said anything about: after new
 * signatures, and when it is opened later. A curator can have everything that is open looked at
 * once more (sr_rescan_again). A look that ends while its content is being sent ends the scan
 * without a word; the next look at the item begins it anew.
 *
 * What is marked for referral, or opened for it, is not looked at: nobody does. An item whose
 * content cannot be read (a damaged pack) is left out until scanners are asked again; the others
 * have their turn, and what is held has its.
 *
 *   IDLE --ASK_MS, or again--> ASKED --something is due--> SCANNING --DONE: statement--> ASKED
 *     --nothing is due--> IDLE
 */
#ifndef SR_CORE_RESCAN_H
#define SR_CORE_RESCAN_H

#include "board/vault.h"
#include "intake/step.h"
#include "room/room.h"

enum {
	/* Signatures come a few times a day; asking takes a round trip on a local socket. */
	SR_RESCAN_ASK_MS = 600000
};

struct sr_rescan; /* opaque; one thread, that of the door */

SR_MUST int sr_rescan_new(
	struct sr_rescan **out, struct sr_vault *v, struct sr_room *r, struct sr_err *e);
void sr_rescan_free(struct sr_rescan *s); /* NULL allowed */
/* Somebody makes the index anew, which the item at work is read through. */
void sr_rescan_rest(struct sr_rescan *s);
/* For tests: ask every so often. */
void sr_rescan_pace(struct sr_rescan *s, uint64_t ask_ms);

/* Work until ${until_ms}. Failures are of the ledger or the catalogue. DONE: nothing is due now. */
SR_MUST int sr_rescan_turn(
	struct sr_rescan *s, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e);
/* Look at everything that is open, whatever was said of it before now. */
void sr_rescan_again(struct sr_rescan *s);
/* Why scanners could not be asked last, or an item not be read; "". */
const char *sr_rescan_trouble(const struct sr_rescan *s);

#endif
