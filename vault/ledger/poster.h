/*
 * poster - sends requests to witnesses over HTTP (libcurl) from a thread of its own, and hands the
 * answers back.
 *
 *   post(tag) --thread: connect, send, read--> take() gives the answer or why there is none
 *
 * It knows nothing of logs: what an answer is worth is judged by ledger/cosigning.h, on the
 * caller's thread. What may come back is bounded in time and size; nothing is followed (no
 * redirect, no proxy of the environment, no name or password in an address, http and https only,
 * certificates are checked). Connections are kept open between requests. Never forks; the thread
 * blocks all signals. One caller's thread.
 */
#ifndef SR_LEDGER_POSTER_H
#define SR_LEDGER_POSTER_H

#include "merkle/addcheckpoint.h"

enum {
	/* A witness answers in milliseconds; what takes longer is as good as away, and a reader
	 * waits for it. */
	SR_POSTER_CONNECT_MS = 3000,
	SR_POSTER_TOTAL_MS = 8000,
	SR_POSTER_AT_ONCE = 64 /* requests under way: one for each witness of a policy */
};

struct sr_poster; /* opaque */

struct sr_posted {
	uint64_t tag;
	bool answered; /* else ${why} says why not */
	char why[256];
	unsigned status;
	char type[96]; /* Content-Type, cut; empty: none */
	struct sr_buf body;
};

/* ${connect_ms}, ${total_ms}: 0 takes the constants above. */
SR_MUST int sr_poster_new(
	struct sr_poster **out, unsigned connect_ms, unsigned total_ms, struct sr_err *e);
/* Requests under way are cut. NULL allowed. */
void sr_poster_free(struct sr_poster *p);
/* POST ${body} (copied) to ${url}. LIMIT, NOMEM; USAGE for an address that is none. */
SR_MUST int sr_poster_post(
	struct sr_poster *p, uint64_t tag, const char *url, struct sr_bytes body, struct sr_err *e);
/* The next answer, if there is one; free it with sr_posted_free. */
bool sr_poster_take(struct sr_poster *p, struct sr_posted *out);
void sr_posted_free(struct sr_posted *a);
/* Readable while answers wait. */
int sr_poster_fd(const struct sr_poster *p);

#endif
