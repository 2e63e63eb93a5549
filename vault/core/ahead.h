/*
 * ahead - reads the files of a deposit before they are sent, on all cores, and gives them in order.
 *
 *   source --one thread: finds, opens--> runs of up to SR_AHEAD_RUN entries --workers: the first
 *     bytes of each, up to SR_AHEAD_FIRST of a run, and their SHA-256 (if asked for)--> next, bytes
 *     (the caller's thread)
 *   the rest of a long file, when its turn comes: --one thread: SR_AHEAD_CHUNKS chunks ahead-->
 *
 * Many small files are read several at a time, a huge one a few MiB ahead; memory is bounded by the
 * numbers below, about 7 MiB, whatever the sizes. A small file takes as long to read as a thread to
 * wake: entries go from thread to thread by the run, and only a run costs a waking. What the source
 * says is given in its order: nothing of a file is given before its entry, and a failure of the
 * source after all that was found before it. A file that cannot be read further is broken, with its
 * reason; that is no failure.
 *
 * A source may wait in item and file until what it gave before was closed: what was found is read
 * within SR_AHEAD_WAIT_MS, however few entries it is.
 *
 * The source's item and file are called from a thread of ahead, its `told` never; a file's read and
 * close from one thread at a time. The caller: one thread.
 */
#ifndef SR_CORE_AHEAD_H
#define SR_CORE_AHEAD_H

#include "core/client.h"

enum {
	SR_AHEAD_RUN = 32, /* entries that go from thread to thread together */
	SR_AHEAD_RUNS = 6, /* runs ahead, that of the caller included */
	SR_AHEAD_FILES = SR_AHEAD_RUN * SR_AHEAD_RUNS, /* so many may be open, and one more */
	SR_AHEAD_FIRST = 256 << 10, /* bytes of a run: of a file longer than that, its first */
	SR_AHEAD_WAIT_MS = 5,       /* a run that does not fill waits no longer for more entries */
	SR_AHEAD_CHUNKS = 4,        /* of a long file */
	SR_AHEAD_CHUNK = 1 << 20,   /* bytes; one message to the vault (core/client_deposit.c) */
	SR_AHEAD_REASON = 200       /* bytes of a reason, with its NUL */
};

struct sr_ahead; /* opaque */

enum sr_ahead_what {
	SR_AHEAD_ITEM,     /* an item begins: title */
	SR_AHEAD_FILE,     /* file; a regular one is read by sr_ahead_bytes until its end */
	SR_AHEAD_ITEM_END, /* of the item that began last */
	SR_AHEAD_END       /* the source has no more */
};
struct sr_ahead_event { /* views live until the next event is asked for */
	enum sr_ahead_what what;
	struct sr_bytes title;
	struct sr_deposit_file file; /* its content is not for the caller */
};
/* What a file came to, when bytes gave none. */
struct sr_ahead_sum {
	uint64_t size;
	uint8_t sha256[SR_HASH]; /* zeros if it was not asked for */
	bool broken;
	int rc;       /* of broken: LOCKED, NOMEM, which is not because of the file; or 0 */
	bool changed; /* it was written to meanwhile: what was read may never have been in it at
			 once */
	char reason[SR_AHEAD_REASON];
};

/* Begins to read at once. Borrows ${src}, which nobody else may use until free. */
SR_MUST int sr_ahead_new(
	struct sr_ahead **out, const struct sr_deposit_source *src, bool hash, struct sr_err *e);
/* Waits. The source's failure is returned, again and again. */
SR_MUST int sr_ahead_next(struct sr_ahead *a, struct sr_ahead_event *ev, struct sr_err *e);
/* Bytes of the file given last, until the next call; none at its end. */
struct sr_bytes sr_ahead_bytes(struct sr_ahead *a);
const struct sr_ahead_sum *sr_ahead_sum(const struct sr_ahead *a);
/* Stops reading; closes what is open; wipes. NULL allowed. */
void sr_ahead_free(struct sr_ahead *a);

#endif
