/*
 * unpack - what archives hold, deposited beside them: a source around the walk. After each regular
 * file come its members, under the file's path, a slash and their own; taken out in the sandbox,
 * here, so that the depositor signs for exactly these bytes.
 *
 * A member is a file of the item, or is recorded as what it is (links, special files; folders are
 * only names). One that did not come whole is recorded with its reason, and so is what was not
 * taken out at all: the container itself has it. A member above CLI_UNPACK_MEMBER bytes is not
 * taken out; so much lies in memory at a time, no more.
 */
#ifndef SR_CLI_UNPACK_H
#define SR_CLI_UNPACK_H

#include "cli/walk.h"

enum {
	CLI_UNPACK_MEMBER = 48 << 20 /* bytes of a member, and of all that wait to be sent */
};

struct cli_unpack; /* opaque */

/* Starts the launcher: while there is one thread and no key. */
SR_MUST int cli_unpack_new(struct cli_unpack **out, struct sr_err *e);
/* ${source} is that of ${w}; both outlive the deposit. */
void cli_unpack_source(struct cli_unpack *u, struct cli_walk *w, struct sr_deposit_source *source);
void cli_unpack_free(struct cli_unpack *u); /* NULL allowed */

#endif
