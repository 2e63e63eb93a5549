/*
 * walk - files for a deposit, found by walking folders: the source that core/client.h deposits
 * from.
 *
 *   ONE   all paths are one item             FILE    every file is an item
 *   ROWS  every path is an item of its own   FOLDER  every folder directly in a path is an item,
 * and the files that lie beside them are one
 *
 * Links are never followed: not a symbolic link on the way, not one put in place of a file between
 * looking and opening. Links, devices, pipes, sockets and empty folders are recorded as what they
 * are; what cannot be read is recorded with the reason. Names are bytes. Order: names in byte
 * order, so that a resumed deposit finds the same items.
 */
#ifndef SR_CLI_WALK_H
#define SR_CLI_WALK_H

#include "cli/cli.h"

enum cli_walk_mode {
	WALK_ONE,
	WALK_ROWS,
	WALK_FILE,
	WALK_FOLDER
};

struct cli_walk; /* opaque */

SR_MUST int cli_walk_new(struct cli_walk **out, enum cli_walk_mode mode, struct sr_err *e);
/* ${path}: where it is ("-": standard input); ${stored}: as it shall be known ("": what lies in the
 * folder has no prefix); ${title}: may be NULL. NOTFOUND when nothing is there. */
SR_MUST int cli_walk_add(struct cli_walk *w, const char *path, const char *stored,
	const char *title, struct sr_err *e);
/* ${told}: as in sr_deposit_source, with ${told_ctx}; may be NULL. */
struct cli_walk_told {
	void (*told)(void *ctx, struct sr_bytes path, const char *status, const char *reason);
	void *ctx;
};
void cli_walk_source(
	struct cli_walk *w, struct sr_deposit_source *out, const struct cli_walk_told *told);
/* From now on a file whose name ends with .age comes twice: as it is, and as what is in it, for the
 * vault to open, under its name without the ending. */
void cli_walk_age(struct cli_walk *w);
/* From now on a regular file that was given can be taken once more, for looking into it: a
 * descriptor that the caller closes, for positioned reads; -1 when there is none. */
void cli_walk_keep(struct cli_walk *w);
int cli_walk_take(struct cli_walk *w);
void cli_walk_free(struct cli_walk *w);

/* By the end of the name; empty when it says nothing. */
struct sr_bytes cli_media_type(struct sr_bytes path);

#endif
