/*
 * cosigning - which witness has seen how much of our log, what to ask them next, and what their
 * answers are worth. The log's side of merkle/addcheckpoint.h.
 *
 * Each witness of the policy that has an address is in one of
 *
 *   IDLE --offer--> DUE --request--> ASKED --200, all well--> IDLE
 *                    ^                 |
 *                    |  409, N at most our size: a new proof, at once, SR_COSIGNING_TRIES times
 *                    +-----------------+
 *                    |  anything else: after a pause that grows (SETUP: long at once)
 *                    +-----------------+
 *                                      |  409 with more than we have, or 422 --> ALARM
 *   ALARM: nobody is asked any more, until whoever answers for the log has looked
 *
 * An answer counts only if the cosignature of exactly the witness that was asked is in it, over
 * exactly the checkpoint that it was asked about, and no line of a known key in it is wrong or of
 * a time further than SR_COSIGNING_SKEW_S from now. Lines of unknown keys are kept: they may be of
 * a type (ML-DSA) that a later reader can check. A later line of a key replaces its former one.
 * Surplus cosignatures, beyond the quorum, are kept too.
 *
 * Bytes and times are passed in: no socket, no clock, no file. One thread. Source: digest 1.7, 4.4.
 */
#ifndef SR_LEDGER_COSIGNING_H
#define SR_LEDGER_COSIGNING_H

#include "merkle/addcheckpoint.h"
#include "merkle/policy.h"

enum {
	SR_COSIGNING_TRIES = 3,    /* proofs in a row: the first only learns the size */
	SR_COSIGNING_SKEW_S = 300, /* seconds: cosignatures of one heartbeat are told from those of
				      another, and a small box's clock may drift */
	SR_COSIGNING_PAUSE_MS = 1000,      /* first pause after a failure; doubles */
	SR_COSIGNING_PAUSE_MAX_MS = 60000, /* a witness that is back is found within a minute */
	SR_COSIGNING_SETUP_MS = 300000,    /* 400, 403, 404: somebody has to act first */
	/* Bytes and lines of the checkpoint with its cosignatures: every receipt carries it. */
	SR_COSIGNING_NOTE_MAX = 48 << 10,
	SR_COSIGNING_LINES = 80
};

struct sr_cosigning; /* opaque */

/* What it asks of the log. */
struct sr_cosigning_log {
	const struct sr_vkey *key;
	/* Entries in the log now: at least the size of the last offer. */
	uint64_t (*size)(void *ctx);
	/* From size1 > 0 to size2. */
	int (*consistency)(
		void *ctx, struct sr_proof *out, uint64_t size1, uint64_t size2, struct sr_err *e);
	void *ctx;
};

enum sr_cosigning_state {
	SR_COSIGNING_IDLE,
	SR_COSIGNING_DUE,
	SR_COSIGNING_ASKED,
	SR_COSIGNING_ALARM,
	SR_COSIGNING_NOWHERE /* the policy has no address for it */
};

struct sr_cosigning_witness { /* as people see it; views into the policy */
	const struct sr_vkey *key;
	struct sr_bytes name, url;
	enum sr_cosigning_state state;
	bool cosigned;     /* the checkpoint on offer */
	uint64_t size;     /* it cosigned last, as far as we know */
	uint64_t time;     /* of its last cosignature; 0: never since we started */
	const char *error; /* of the last answer; "" when it was well */
};

enum sr_cosigning_event {
	SR_COSIGNING_NOTHING,
	SR_COSIGNING_LINES_CAME, /* the note on offer has other lines than before */
	SR_COSIGNING_NEWER, /* a witness knows a size between the offer and the log's: offer anew */
	SR_COSIGNING_ALARMS /* the sentence is in ${e} of sr_cosigning_answer */
};

/* ${policy} is borrowed. */
SR_MUST int sr_cosigning_new(struct sr_cosigning **out, const struct sr_policy *policy,
	const struct sr_cosigning_log *log, struct sr_err *e);
void sr_cosigning_free(struct sr_cosigning *c); /* NULL allowed */

/* Have ${note} cosigned, a checkpoint of this log that is not smaller than the one before; the same
 * one again asks for fresh cosignatures (a heartbeat) and keeps the ones it has. Lines under it of
 * known witnesses that verify count at once; the first offer asks those witnesses all the same,
 * since they may know more than a copy that was put back. CORRUPT, AUTH, MISUSE. */
SR_MUST int sr_cosigning_offer(
	struct sr_cosigning *c, struct sr_bytes note, uint64_t now_ms, struct sr_err *e);
/* Somebody waits: end the pauses, but for witnesses that failed less than
 * SR_COSIGNING_PAUSE_MS ago. */
void sr_cosigning_hurry(struct sr_cosigning *c, uint64_t now_ms);
/* A witness that is to be asked now; false: none. */
bool sr_cosigning_due(const struct sr_cosigning *c, uint64_t now_ms, size_t *witness);
/* Milliseconds until one is; UINT64_MAX: nothing to do until an answer or an offer. */
uint64_t sr_cosigning_wait(const struct sr_cosigning *c, uint64_t now_ms);
/* The request for it; it is ASKED then. */
SR_MUST int sr_cosigning_request(
	struct sr_cosigning *c, size_t witness, struct sr_buf *out, struct sr_err *e);

struct sr_cosigning_now {
	uint64_t ms; /* sr_mono_ms */
	int64_t s;   /* POSIX seconds */
};
/* What came: an answer, or NULL and in ${why} the reason that none did. */
enum sr_cosigning_event sr_cosigning_answer(struct sr_cosigning *c, size_t witness,
	const struct sr_add_reply *reply, const char *why, const struct sr_cosigning_now *now,
	struct sr_err *e);

/* The checkpoint on offer with all lines that count; empty before the first offer. A view until
 * the next answer or offer. */
struct sr_bytes sr_cosigning_note(const struct sr_cosigning *c);
uint64_t sr_cosigning_size(const struct sr_cosigning *c);
bool sr_cosigning_met(const struct sr_cosigning *c); /* the quorum cosigned the offer */
/* Some witness has been or is to be asked, and has neither answered nor failed. */
bool sr_cosigning_pending(const struct sr_cosigning *c);
size_t sr_cosigning_count(const struct sr_cosigning *c);
void sr_cosigning_show(
	struct sr_cosigning_witness *out, const struct sr_cosigning *c, size_t witness);

#endif
