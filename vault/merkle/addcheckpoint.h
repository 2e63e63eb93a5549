/*
 * addcheckpoint - C2SP tlog-witness: what a log sends to a witness, and what comes back.
 *
 *   request  "old " decimal "\n"      the size that the witness cosigned last, 0 if none
 *            base64 of a hash "\n"    0 to SR_WITNESS_PROOF times: consistency proof old -> size
 *            "\n"
 *            checkpoint               a signed note, to the end
 *   200      one or more signature lines of a note, and nothing else
 *   409      decimal "\n", Content-Type text/x.tlog.size: the size that the witness cosigned last
 *
 * Bytes only: no socket, no clock. What each status means to a log is written at
 * enum sr_add_answer. Source: digest 1.7.
 */
#ifndef SR_MERKLE_ADDCHECKPOINT_H
#define SR_MERKLE_ADDCHECKPOINT_H

#include "merkle/checkpoint.h"
#include "merkle/proof.h"

#define SR_WITNESS_SIZE_TYPE "text/x.tlog.size"

enum {
	SR_WITNESS_PROOF = 63, /* hashes: more no tree of 2^63 leaves needs; C2SP forbids them */
	/* Bytes of a request: 63 hashes of 45 bytes, and a note of ten ML-DSA lines of 5 kB. */
	SR_WITNESS_REQUEST_MAX = 64 << 10,
	/* Bytes of an answer that a log reads: ten lines of ML-DSA. What sends more is no witness.
	 */
	SR_WITNESS_ANSWER_MAX = 64 << 10,
	/* Lines of one answer: two keys of two types in the middle of a rotation are four. Each
	 * is kept in the published checkpoint, which holds SR_NOTE_LINES. */
	SR_WITNESS_LINES = 8
};

struct sr_add_checkpoint {
	uint64_t old;
	struct sr_proof proof;
	struct sr_bytes note; /* view into what was parsed; not parsed itself */
};

/* Append the request. MISUSE if the proof is too long or a size cannot be said. */
SR_MUST int sr_add_checkpoint_put(
	struct sr_buf *out, const struct sr_add_checkpoint *r, struct sr_err *e);
/* CORRUPT, LIMIT. ${out} points into ${in}. */
SR_MUST int sr_add_checkpoint_parse(
	struct sr_add_checkpoint *out, struct sr_bytes in, struct sr_err *e);

/* An answer as it came over the wire. */
struct sr_add_reply {
	unsigned status;
	struct sr_bytes type; /* of the Content-Type header, as sent; empty: none */
	struct sr_bytes body;
};

enum sr_add_answer {
	SR_ADD_LINES,   /* 200: signature lines, whose worth is not judged here */
	SR_ADD_SIZE,    /* 409: ${size} is what it cosigned last */
	SR_ADD_DENIES,  /* 422: by its memory our history is another: alarm */
	SR_ADD_SETUP,   /* 400, 403, 404, redirects and the rest: somebody has to set it right */
	SR_ADD_LATER,   /* 408, 425, 429, 5xx: try again later */
	SR_ADD_NONSENSE /* breaks the protocol; the sentence is in ${e} */
};
/* Judge the form of ${r}. ${size}: set with SR_ADD_SIZE. ${e} says in a sentence what was answered
 * with all but SR_ADD_LINES and SR_ADD_SIZE. */
enum sr_add_answer sr_add_answer(uint64_t *size, const struct sr_add_reply *r, struct sr_err *e);

#endif
