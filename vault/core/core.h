/*
 * core - a vault that answers calls: vault, reading room, sessions, and the table of operations
 * (core/ops.h).
 *
 * One thread. Everything that changes goes through the door; after each commit and each sweep the
 * room forgets what was opened for checkouts that ended. A call never ends the process: failures
 * are replies.
 */
#ifndef SR_CORE_CORE_H
#define SR_CORE_CORE_H

#include "board/vault.h"
#include "core/call.h"
#include "core/ops.h"
#include "core/session.h"

struct sr_room;
struct sr_audit;
struct sr_queue;
struct sr_rescan;
struct sr_launcher;

/* A deposit under way, and whose it is: the session may be logged out of before it ends. */
struct sr_deposit_place {
	struct sr_session *session; /* its deposit is not NULL */
	char person[SR_PERSON_TEXT];
	uint64_t heard_ms; /* sr_mono_ms: when a message last brought it further */
};

struct sr_core {
	struct sr_vault *vault;
	struct sr_room *room;
	struct sr_queue *queue;   /* what is done after deposits by itself (intake/queue.h) */
	bool works;               /* ... in this process */
	struct sr_rescan *rescan; /* of what is open (core/rescan.h) */
	size_t sessions;          /* for status */
	size_t deposits;          /* under way */
	struct sr_deposit_place depositing[SR_DEPOSITS_MAX]; /* the first `deposits`, in no order */
	size_t material_page;                                /* tests; 0: SR_MATERIAL_PAGE */
	unsigned silent_ms;                                  /* tests; 0: SR_DEPOSIT_SILENT_MS */
	size_t prepared;             /* sessions with releases prepared but not signed */
	struct sr_audit *audit;      /* a replay under way (audit/audit.h), or NULL */
	struct sr_progress progress; /* of long operations in embedded use; report NULL: none */
};

/* Open the vault and its reading room. Failures are those of sr_vault_open. */
SR_MUST int sr_core_open(struct sr_core **out, const struct sr_vault_open *o, struct sr_err *e);
void sr_core_close(struct sr_core *c); /* wipes; NULL allowed */

/* Do here, from now on, what is to be done after deposits: with the sandboxes of ${l}, which was
 * started before the vault was opened and outlives the core. */
void sr_core_intake(struct sr_core *c, struct sr_launcher *l);
/* Some of it, for about ${budget_ms}; *${nap_ms}: how long it wants to sleep before the next turn
 * (0: not at all; SR_CORE_IDLE: nothing is to do). Failures are the vault's. */
enum {
	SR_CORE_IDLE = 1000
};
SR_MUST int sr_core_work(struct sr_core *c, unsigned budget_ms, int *nap_ms, struct sr_err *e);

void sr_session_init(struct sr_core *c, struct sr_session *s, bool embedded);
/* Nobody is logged in any more, and what was under way for them is left as at the end of the
 * connection. */
void sr_session_drop(struct sr_core *c, struct sr_session *s);
/* End of the connection: an open deposit stays resumable, what was prepared is forgotten. */
void sr_session_end(struct sr_core *c, struct sr_session *s);

/* Answer one request. ${reply} is always a whole reply: refusals and failures are in it. */
void sr_core_call(
	struct sr_core *c, struct sr_session *s, struct sr_call *request, struct sr_call *reply);

/* What is due (door.h), and the room follows. Each minute by the server; cheap when nothing is. */
SR_MUST int sr_core_sweep(struct sr_core *c, struct sr_err *e);

/* The embedded connection: a session of its own in this process; close ends the session, not the
 * core. */
SR_MUST int sr_core_embedded(struct sr_transport *out, struct sr_core *core, struct sr_err *e);

#endif
