/*
 * launcher - the process that starts sandboxed children: forked before any key is loaded, so that
 * what it forks has never held one, and core itself never forks.
 *
 * It serves one request at a time over a socket pair, makes its walls at the first request, starts
 * nothing while a swap is on that may take plaintext to a disk (sandbox/swap.h), and ends when the
 * other end closes; its children die with it (and with bubblewrap's --die-with-parent theirs do).
 * It does nothing with what children say.
 */
#ifndef SR_SANDBOX_LAUNCHER_H
#define SR_SANDBOX_LAUNCHER_H

#include <sys/types.h>

#include "sandbox/walls.h"

enum {
	SR_LAUNCHER_CHILDREN = 64 /* living at a time: memory of each is bounded, 64 GiB in all */
};

struct sr_launcher; /* opaque; one thread at a time */

/* Fork it. Call while there is one thread. MISUSE: the memory of keys (base/secret.h) is in use, so
 * it would take a copy of this process into what hostile bytes are given to. ${program}: path of
 * what runs inside, NULL: strongroom-parse, found by sr_walls_program when it is first needed. */
SR_MUST int sr_launcher_start(struct sr_launcher **out, const char *program, struct sr_err *e);
/* Closes; the process and all its children end. */
void sr_launcher_stop(struct sr_launcher *l); /* NULL allowed */
pid_t sr_launcher_pid(const struct sr_launcher *l);

struct sr_launched {
	int pidfd;  /* of bubblewrap: kill it and all inside is gone */
	int errors; /* what it prints; to be believed only while no hello has come */
};
enum {
	SR_LAUNCHER_UNUSABLE = 2048 /* bytes of text: some ten lines of a path and a reason */
};
/* What of ${tools} is there and cannot be used, and why: a line each, "" is usual. The walls are
 * made for it, and their failure is this one's. */
SR_MUST int sr_launcher_unusable(struct sr_launcher *l, enum sr_box_tools tools,
	char out[SR_LAUNCHER_UNUSABLE], struct sr_err *e);
/* Start a child with ${input} as its file 0 (-1: empty) and ${job} as its file 3; both stay the
 * caller's. UNSUPPORTED: a wall is missing, with what to do. */
SR_MUST int sr_launcher_run(struct sr_launcher *l, const struct sr_box_limits *limits, int input,
	int job, struct sr_launched *out, struct sr_err *e);

#endif
