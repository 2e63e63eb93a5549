/*
 * asking - acts that are one statement about one thing; and acts of the board that one person asks
 * for: a request of their kind, and the asking member's own vote for it.
 */
#ifndef SR_CLI_ASKING_H
#define SR_CLI_ASKING_H

#include "cli/cli.h"

/* The statement ${type} about the thing of ${kind} that the first word names, with --reason;
 * ${told} says what it did. */
SR_MUST int cli_act(
	struct cli *c, enum sr_type_id type, const char *kind, const char *told, struct sr_err *e);
/* --reason of the command line, which such a request needs: USAGE without it. */
SR_MUST int cli_asking_reason(struct cli *c, struct sr_asking *a, struct sr_err *e);
/* Hand in the request; vote for it where the person is a member; say who is next. ${asks}: the end
 * of "request ... asks to ...". Connected. */
SR_MUST int cli_ask_board(
	struct cli *c, const struct sr_asking *a, const char *asks, struct sr_err *e);

/* Ask for a right to do something once to the items of the command line (${a}: kind, forms,
 * purposes): --reason, --closes, and --ends, which is in 30 days when it is not given.
 * Connects; prints the request. */
SR_MUST int cli_ask_right(struct cli *c, struct sr_asking *a, struct sr_err *e);

#endif
