/*
 * scrub - does everything that should be there lie there unchanged? Without any key.
 *
 * Packs: every name of the inventory exists, has the shape and trailer its name commits to, and
 * every 1 MiB segment has its hash. Objects: closing hash and name. Envelopes: the hash the
 * caller's list (from statements) says. Reading is parallel. Findings are given one by one; only
 * trouble with the check itself (memory, a callback) is an error.
 */
#ifndef SR_STORE_SCRUB_H
#define SR_STORE_SCRUB_H

#include "base/progress.h"
#include "store/index.h"
#include "store/object.h"

enum sr_scrub_what {
	SR_SCRUB_PACK = 1,
	SR_SCRUB_OBJECT = 2,
	SR_SCRUB_ENVELOPE = 3,
	SR_SCRUB_INVENTORY = 4 /* given by board/fixity, which knows the statements */
};

struct sr_scrub_finding {
	enum sr_scrub_what what;
	const char *name;  /* "packs/9b/9b1c...", "items/3f2a....0" */
	enum sr_code code; /* NOTFOUND: lost; CORRUPT: damaged; IO: could not be read; AUTH: not
			      what the statements say */
	const char *text;  /* "segment 3 of 33 (offset 3145728): hash differs" */
};

struct sr_scrub_envelope { /* one envelope that a statement names */
	uint8_t item[SR_ID];
	uint32_t n;
	uint8_t hash[SR_HASH];
};

struct sr_scrub_options {
	struct sr_backend *backend; /* borrowed, as all below */
	struct sr_index *index;     /* NULL, or told which packs are whole and which are not */
	struct sr_dir *items;       /* NULL: no envelopes */
	const uint8_t *packs;       /* 32 bytes each */
	size_t pack_count;
	const uint8_t *objects; /* 32 bytes each */
	size_t object_count;
	/* The next envelope to check: 1 filled, 0 end, negative an error. NULL: none. Called from
	 * one thread. */
	int (*next_envelope)(void *ctx, struct sr_scrub_envelope *out, struct sr_err *e);
	/* Called under a lock from any thread, one at a time. */
	int (*finding)(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e);
	void *ctx;
	struct sr_progress progress; /* bytes of packs */
};

struct sr_scrub_totals {
	uint64_t packs, objects, envelopes;
	uint64_t bytes;
	uint64_t findings;
	uint64_t unread; /* of them: the system could not read it, so it may be whole */
	uint64_t elapsed_ms;
};
SR_MUST int sr_scrub(
	const struct sr_scrub_options *o, struct sr_scrub_totals *out, struct sr_err *e);

#endif
