/*
 * bag - a deposit of a folder that is a bag (intake/bag.h): it is judged completely first, and what
 * is deposited must be the bytes that were judged, all of them and no others.
 */
#ifndef SR_CLI_BAG_H
#define SR_CLI_BAG_H

#include "cli/cli.h"

struct cli_bag; /* opaque */

/* Judge the folder ${path}; warnings go to stderr (not with --json). CORRUPT: it is no valid bag;
 * UNSUPPORTED: its fetch.txt has lines. */
SR_MUST int cli_bag_open(struct cli_bag **out, struct cli *c, const char *path, struct sr_err *e);
/* ${source} walks that folder, which is stored as ${stored}; from now on a file that is not of the
 * bag as it was judged ends the deposit. */
void cli_bag_guard(struct cli_bag *b, const char *stored, struct sr_deposit_source *source);
/* {version, files, warnings: [...]} */
json_t *cli_bag_json(const struct cli_bag *b);
void cli_bag_free(struct cli_bag *b); /* NULL allowed */

#endif
