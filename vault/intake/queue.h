/*
 * queue - held items whose intake is not over, worked on one after the other by the steps of
 * intake/step.h.
 *
 * Which items these are lies in secrets.db (their intake seals), which steps are due in the ledger:
 * the queue remembers nothing of its own, and a kill loses nothing but the step at work. An item
 * that fails (no sandbox, a full disk) waits with its reason for SR_QUEUE_AGAIN_MS, and the others
 * go on. One whose time is used up (intake/step.h) waits until somebody asks for more; that too is
 * in the ledger, but for the asking: after a kill it is asked again.
 */
#ifndef SR_INTAKE_QUEUE_H
#define SR_INTAKE_QUEUE_H

#include "intake/step.h"

#include "board/vault.h"
#include "sandbox/launcher.h"

enum {
	SR_QUEUE_AGAIN_MS = 60000, /* what was missing is perhaps there after a minute */
	SR_QUEUE_NAP_MS = 2        /* what waits is asked again so soon */
};

struct sr_queue; /* opaque; one thread, that of the door */

/* ${l} is borrowed and may be NULL (steps that need a sandbox wait then). */
SR_MUST int sr_queue_new(
	struct sr_queue **out, struct sr_vault *v, struct sr_launcher *l, struct sr_err *e);
void sr_queue_free(struct sr_queue *q); /* NULL allowed */
/* Deposits came, or opening: look for items again at the next turn. */
void sr_queue_wake(struct sr_queue *q);
/* The sandbox of a process that has one now, as at new. */
void sr_queue_employ(struct sr_queue *q, struct sr_launcher *l);
/* More time for ${item}, whose time was used up: its turn comes with the others'. NOTFOUND: it does
 * not wait for time. */
SR_MUST int sr_queue_again(struct sr_queue *q, const uint8_t item[SR_ID], struct sr_err *e);
/* Forget the item at work: somebody makes the index anew, which it reads through. */
void sr_queue_rest(struct sr_queue *q);

/* Work for about ${budget_ms}. Failures are of the ledger or of secrets.db; an item's own are told
 * below. DONE: nothing is to do now. */
SR_MUST int sr_queue_turn(
	struct sr_queue *q, unsigned budget_ms, enum sr_turn *turn, struct sr_err *e);

struct sr_queue_state {
	size_t left;    /* items whose intake is not over, the one at work with them */
	size_t waiting; /* of these: that failed, and will be tried again, or wait to be asked */
	char step[33];  /* at work; "": none */
	char item[33];  /* its id, when step is not "" */
	struct sr_step_at at; /* how far it is */
	char trouble[512];    /* the last failure of an item; "" */
};
void sr_queue_look(const struct sr_queue *q, struct sr_queue_state *out);
/* Is the intake of ${item} (SR_ID bytes) not over? "": its turn comes; else why it waits. NULL: it
 * is over. */
const char *sr_queue_why(const struct sr_queue *q, const uint8_t *item);

#endif
