/*
 * call - one request and one reply of core's table of operations, the same in process and over the
 * socket.
 *
 *   offset  size  meaning                                   (a message on the socket)
 *        0     4  le32 length of the header text
 *        4     4  le32 length of the body
 *        8     h  text (base/text.h): strongroom/call/v1 / op <name> / fields, or
 *                 strongroom/reply/v1 / code <name of enum sr_code, or OK> / error <b64>? / fields
 *      8+h     b  body: binary, at most SR_CALL_BODY_MAX; its layout is the operation's
 * (core/ops.h)
 *
 * One message each way at a time; a malformed message ends the connection.
 */
#ifndef SR_CORE_CALL_H
#define SR_CORE_CALL_H

#include <signal.h>

#include "base/text.h"

enum {
	SR_CALL_BODY_MAX = 72 << 20 /* one object record of SR_OBJECT_MAX with its statement */
};

struct sr_call {            /* both directions; buffers owned here */
	struct sr_buf head; /* text, begun by sr_call_begin / sr_reply_begin; fields by sr_text_put*
			       on it */
	struct sr_buf body; /* secret-wiped always */
	struct sr_text text; /* parsed view of head, after sr_call_parse */
};

void sr_call_init(struct sr_call *c);
void sr_call_free(struct sr_call *c); /* wipes */
/* As after init, but for memory, which is wiped and kept: a large reply after another costs none
 * that is new. */
void sr_call_clear(struct sr_call *c);
void sr_call_begin(struct sr_call *c, const char *op);
void sr_reply_begin(struct sr_call *c, int code, const struct sr_err *why);
/* Parse head; for a reply with a code, fills ${e} with its sentence and returns that code. */
SR_MUST int sr_call_parse(struct sr_call *c, struct sr_err *e);

/* A connection to core: a socket, or the same process. */
struct sr_transport {
	int (*call)(void *ctx, struct sr_call *request, struct sr_call *reply, struct sr_err *e);
	void (*close)(void *ctx);
	void *ctx;
	bool embedded;
};
SR_MUST int sr_transport_socket(struct sr_transport *out, const char *vault_path,
	struct sr_err *e); /* NOTFOUND: no core runs */
/* When *${stop} is set (by a signal; it outlives ${t}), a call that core does not answer within
 * ${grace_ms} from then on is given up: LOCKED, and so is every later one. Without it a call waits
 * for ever, since core may have much to do. Nothing for one that is no socket. */
void sr_transport_stop(
	struct sr_transport *t, const volatile sig_atomic_t *stop, unsigned grace_ms);
static inline int sr_transport_call(
	struct sr_transport *t, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	return t->call(t->ctx, q, r, e);
}

#endif
