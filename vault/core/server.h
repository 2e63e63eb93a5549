/*
 * server - `strongroom core`: the operations on DIR/run/core.sock, one thread over poll.
 *
 *   CONNECTED <-- message in (at most 8 + 32 KiB + SR_CALL_BODY_MAX) -- call -- reply out --> ...
 *   a malformed message, an idle connection and one beyond the cap are told why, then closed
 *
 * Who is at the other end is proved by signature (core/session.h), not by the operating system:
 * the socket is 0666 in a directory of mode 0711, so every local user reaches it and none reads
 * anything else. Long transfers come as small messages, so that others' calls go in between.
 * Where the log has witnesses, it serves at once and asks them beside. Until each has answered or
 * failed, or SR_SERVER_ASK_MS, what may write (struct sr_op_info) waits: if one of them knows more
 * than this copy of the log, nothing was written into it, and core ends.
 *
 * SIGTERM and SIGINT end it cleanly; a second core is refused by the vault's lock, which names
 * the process. No fork.
 */
#ifndef SR_CORE_SERVER_H
#define SR_CORE_SERVER_H

#include <signal.h>

#include "core/core.h"

#define SR_CORE_SOCKET "core.sock" /* in DIR/run */

enum {
	SR_SERVER_CONNECTIONS =
		128, /* a reading room's desks; each may hold one message of SR_CALL_BODY_MAX */
	SR_SERVER_BIG = 4, /* connections with a body above SR_SERVER_SMALL under way at once:
			      bounds memory */
	SR_SERVER_SMALL = 2 << 20,      /* bytes */
	SR_SERVER_IDLE_MS = 15 * 60000, /* a desk that says nothing is logged out */
	SR_SERVER_STALL_MS = 30000,     /* a message that began must end */
	SR_SERVER_ASK_MS = 5000,        /* a try of a witness that is slow; a reader reads on */
	SR_SERVER_SWEEP_MS = 60000
};

struct sr_server; /* opaque */

struct sr_server_options {
	struct sr_core *core; /* borrowed */
	/* Told what happens, in sentences (started, connection refused, swept, stopping). May be
	 * NULL. */
	void (*tell)(void *ctx, const char *sentence);
	void *ctx;
	/* Set by the program's own handler of SIGTERM or SIGINT: one that came before sr_server_run
	 * took them counts, too. NULL: none. Borrowed. */
	const volatile sig_atomic_t *stopped;
	/* Tests: 0 takes the constants above. */
	unsigned idle_ms, stall_ms, ask_ms, connections;
};
/* Listen. EXISTS if the socket is held by a living core (cannot be while the vault is locked by
 * us); a dead one is replaced. */
SR_MUST int sr_server_new(
	struct sr_server **out, const struct sr_server_options *o, struct sr_err *e);
/* One turn of the loop: wait at most ${timeout_ms}, take what came, answer. */
SR_MUST int sr_server_turn(struct sr_server *s, int timeout_ms, struct sr_err *e);
/* Turns until SIGTERM, SIGINT or sr_server_stop. Blocks SIGPIPE. AUTH: a witness that was asked at
 * the start knows more than this log has. */
SR_MUST int sr_server_run(struct sr_server *s, struct sr_err *e);
void sr_server_stop(struct sr_server *s); /* async-signal-safe */
size_t sr_server_connections(const struct sr_server *s);
void sr_server_free(struct sr_server *s); /* closes all, removes the socket; NULL allowed */

#endif
