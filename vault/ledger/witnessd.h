/*
 * witnessd - a witness on HTTP (libmicrohttpd, one thread of its own).
 *
 *   POST PREFIX/add-checkpoint           witness.h: sr_witness_add
 *   GET  PREFIX/<sha256 of origin>/checkpoint   sr_witness_get; HEAD too
 *   another path 404, another method 405, a body too large 413, framing that two readers could
 *   read in two ways (a length twice, a length and chunks) 400
 *
 * PREFIX is empty: an operator who wants one has a proxy make it. No TLS: what is sent and answered
 * is signed, and sizes and times are all there is to see; a proxy adds it where that matters.
 * Errors are sentences in text/plain.
 */
#ifndef SR_LEDGER_WITNESSD_H
#define SR_LEDGER_WITNESSD_H

#include "ledger/witness.h"

enum {
	/* Connections at once: one for each log that keeps its own open, many times over; each
	 * holds at most SR_WITNESS_REQUEST_MAX. */
	SR_WITNESSD_CONNECTIONS = 256,
	SR_WITNESSD_PER_ADDRESS = 64,   /* so that one address cannot take them all */
	SR_WITNESSD_IDLE_S = 60,        /* logs ask every 10 s while there is news */
	SR_WITNESSD_REQUEST_MS = 15000, /* a request that began must end: drips are no traffic */
	SR_WITNESSD_MEMORY = 16 << 10   /* bytes of headers: ours have 300 */
};

struct sr_witnessd; /* opaque */

struct sr_witnessd_options {
	struct sr_witness *witness; /* borrowed */
	const char *address;        /* numeric; NULL: 127.0.0.1 */
	uint16_t port;              /* 0: any that is free */
	/* Told of each answer but 200, in one line; from the server's thread. May be NULL. */
	void (*tell)(void *ctx, const char *sentence);
	void *ctx;
	unsigned request_ms; /* tests; 0: SR_WITNESSD_REQUEST_MS */
};

/* Listening when it returns. IO (address taken), USAGE (no address). */
SR_MUST int sr_witnessd_start(
	struct sr_witnessd **out, const struct sr_witnessd_options *o, struct sr_err *e);
uint16_t sr_witnessd_port(const struct sr_witnessd *d);
/* Ends the thread; requests under way are cut. NULL allowed. */
void sr_witnessd_stop(struct sr_witnessd *d);

#endif
