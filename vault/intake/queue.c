/*
 * queue - see queue.h.
 *
 *   list (ids with an intake seal, from secrets.db) -> item at work -> step at work
 *
 *   IDLE --an item is opened, a step of it is due--> STEP --DONE: statement--> IDLE, the same item
 * again --no step is due: the seal is erased--> IDLE, the next item
 */
#include "intake/queue.h"

#include <assert.h>

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "catalogue/query.h"
#include "intake/holding.h"
#include "intake/scanners.h"
#include "store/secrets.h"

struct waits { /* an item that failed, or whose time was used up */
	uint8_t item[SR_ID];
	uint64_t until_ms; /* ASKED: until it is given more */
	bool more;         /* it was: until its next statement */
	char why[256];     /* "": its turn comes */
};

#define ASKED UINT64_MAX

struct sr_queue {
	struct sr_vault *v;
	struct sr_launcher *l;
	bool stale;    /* the list is to be made anew */
	uint8_t *list; /* SR_ID bytes each */
	size_t count, cap;
	size_t at; /* of the list: the item at work, or the next one */
	struct waits *waits;
	size_t wait_count, wait_cap;
	struct sr_holding *h;              /* of list[at], or NULL */
	const struct sr_intake_step *step; /* at work, or NULL */
	void *state;
	/* of the item at work: when its time is used up, which began with it; has it made a
	 * statement in it; was the step at work told */
	uint8_t timed[SR_ID];
	bool is_timed, gained, stopped;
	uint64_t end_ms;
	char trouble[512];
};

int sr_queue_new(
	struct sr_queue **out, struct sr_vault *v, struct sr_launcher *l, struct sr_err *e) {
	struct sr_queue *q = calloc(1, sizeof *q);

	*out = q;
	if (q == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for the queue of intake");
	q->v = v;
	q->l = l;
	q->stale = true;
	return 0;
}

void sr_queue_rest(struct sr_queue *q) {
	if (q->state != NULL && q->step != NULL)
		q->step->end(q->state);
	q->state = NULL;
	q->step = NULL;
	sr_holding_free(q->h);
	q->h = NULL;
}

void sr_queue_free(struct sr_queue *q) {
	if (q == NULL)
		return;
	sr_queue_rest(q);
	free(q->list);
	free(q->waits);
	free(q);
}

void sr_queue_employ(struct sr_queue *q, struct sr_launcher *l) {
	q->l = l;
}

void sr_queue_wake(struct sr_queue *q) {
	q->stale = true;
}

/* --- the list --------------------------------------------------------------------------------- */

static int add(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct sr_queue *q = ctx;
	uint8_t item[SR_ID];

	(void)n;
	if (sr_unhex(item, SR_ID, name, NULL) != 0)
		return 0;
	if (q->count > 0 && memcmp(q->list + (q->count - 1) * SR_ID, item, SR_ID) == 0)
		return 0; /* two numbers of one item, after a kill */
	if (q->count == q->cap) {
		const size_t cap = q->cap == 0 ? 64 : q->cap * 2;
		uint8_t *more = reallocarray(q->list, cap, SR_ID);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for a queue of %zu items", cap);
		q->list = more;
		q->cap = cap;
	}
	memcpy(q->list + q->count++ * SR_ID, item, SR_ID);
	return 0;
}

/* What waited and was released meanwhile waits no more. */
static void forget_gone(struct sr_queue *q) {
	for (size_t i = q->wait_count; i-- > 0;) {
		size_t k = 0;

		while (k < q->count && memcmp(q->list + k * SR_ID, q->waits[i].item, SR_ID) != 0)
			k++;
		if (k == q->count)
			q->waits[i] = q->waits[--q->wait_count];
	}
}

static int make_list(struct sr_queue *q, struct sr_err *e) {
	int rc;

	sr_queue_rest(q);
	q->count = q->at = 0;
	q->stale = false;
	rc = sr_secrets_each(q->v->secrets, SR_SECRET_INTAKE, sr_bytes_of(NULL, 0), add, q, e);
	if (rc == 0)
		forget_gone(q);
	return rc;
}

static const uint8_t *here(const struct sr_queue *q) {
	return q->list + q->at * SR_ID;
}

static struct waits *waits_of(const struct sr_queue *q, const uint8_t *item) {
	for (size_t i = 0; i < q->wait_count; i++)
		if (memcmp(q->waits[i].item, item, SR_ID) == 0)
			return &q->waits[i];
	return NULL;
}

static void waits_no_more(struct sr_queue *q, const uint8_t *item) {
	struct waits *w = waits_of(q, item);

	if (w != NULL)
		*w = q->waits[--q->wait_count];
}

/* The entry of ${item}, a new one if it has none. */
static int waits_here(
	struct waits **out, struct sr_queue *q, const uint8_t *item, struct sr_err *e) {
	*out = waits_of(q, item);
	if (*out != NULL)
		return 0;
	if (q->wait_count == q->wait_cap) {
		const size_t cap = q->wait_cap == 0 ? 16 : q->wait_cap * 2;
		struct waits *more = reallocarray(q->waits, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for a queue");
		q->waits = more;
		q->wait_cap = cap;
	}
	*out = &q->waits[q->wait_count++];
	**out = (struct waits){.until_ms = 0};
	memcpy((*out)->item, item, SR_ID);
	return 0;
}

static uint64_t soon(void) {
	return sr_mono_ms() + SR_QUEUE_AGAIN_MS;
}

/* The item failed: it waits, and the next one's turn comes. Failures of the vault itself end the
 * turn. */
static int put_off(
	struct sr_queue *q, int rc, const struct sr_err *why, uint64_t until_ms, struct sr_err *e) {
	struct waits *w = NULL;

	sr_queue_rest(q);
	q->is_timed = false;
	if (q->v->failed)
		return sr_fail(e, (enum sr_code)rc, "%s", why->text);
	rc = waits_here(&w, q, here(q), e);
	if (rc != 0 || w == NULL)
		return rc;
	w->until_ms = until_ms;
	snprintf(w->why, sizeof w->why, "%.*s", (int)sizeof w->why - 1, why->text);
	snprintf(q->trouble, sizeof q->trouble, "%.*s", (int)sizeof q->trouble - 1, why->text);
	q->at++;
	return 0;
}

/* --- work ------------------------------------------------------------------------------------- */

/* The first step that is due for the item; NULL: none. */
static int due_step(const struct sr_intake_step **out, struct sr_queue *q, struct sr_err *e) {
	int rc = 0;

	*out = NULL;
	for (size_t i = 0; rc == 0 && *out == NULL && sr_intake_steps[i] != NULL; i++) {
		const struct sr_intake_step *s = sr_intake_steps[i];
		bool done = false, due = true;

		rc = sr_query_intake_done(&done, q->v->catalogue, here(q), s->name, e);
		if (rc == 0 && !done && s->due != NULL)
			rc = s->due(&due, q->h, e);
		if (rc == 0 && !done && due)
			*out = s;
	}
	return rc;
}

/* Its time begins, or goes on. *${out}: it is used up, and nobody asked for more. */
static int time_of(bool *out, struct sr_queue *q, struct sr_err *e) {
	const struct waits *w = waits_of(q, here(q));
	char step[33];
	struct sr_intake_limits limits;
	int rc = sr_query_intake_unfinished(step, q->v->catalogue, here(q), e);

	*out = step[0] != '\0' && (w == NULL || !w->more);
	if (rc != 0 || *out || (q->is_timed && memcmp(q->timed, here(q), SR_ID) == 0))
		return rc;
	rc = sr_intake_limits(&limits, q->v, e);
	memcpy(q->timed, here(q), SR_ID);
	q->is_timed = rc == 0;
	q->gained = false;
	q->end_ms = sr_mono_ms() + limits.item_ms;
	return rc;
}

static const char USED_UP[] =
	"its time is used up (limit item-seconds): a curator gives it more by "
	"intake again";

/* It waits for somebody to ask. */
static int time_is_up(struct sr_queue *q, struct sr_err *e) {
	struct sr_err why = {0};
	char hex[2 * SR_ID + 1];

	sr_hex(hex, here(q), SR_ID);
	(void)sr_fail(&why, SR_LIMIT, "intake of item %s: %s", hex, USED_UP);
	return put_off(q, SR_LIMIT, &why, ASKED, e);
}

/* The item at the front is over. */
static int over(struct sr_queue *q, struct sr_err *e) {
	sr_queue_rest(q);
	waits_no_more(q, here(q));
	q->is_timed = false;
	return sr_holding_over(q->v, q->list + q->at++ * SR_ID, e);
}

/* Open the item at the front, begin its step; or it is over. */
static int begin(struct sr_queue *q, struct sr_err *e) {
	struct sr_err why = {0};
	bool used_up = false;
	int rc = sr_holding_open(&q->h, q->v, q->l, here(q), &why);

	if (rc == SR_NOTFOUND) { /* released, destroyed, or its seal was never needed */
		q->h = NULL;
		return over(q, e);
	}
	if (rc == 0)
		rc = time_of(&used_up, q, &why);
	if (rc == 0 && used_up)
		return time_is_up(q, e);
	if (rc == 0)
		rc = due_step(&q->step, q, &why);
	if (rc == 0 && q->step == NULL)
		return over(q, e);
	if (rc == 0 && q->step != NULL)
		rc = sr_holding_take_up(q->h, q->step->name, &why);
	if (rc == 0 && q->step != NULL)
		rc = q->step->begin(&q->state, q->h, &why);
	q->stopped = false;
	return rc == 0 ? 0 : put_off(q, rc, &why, soon(), e);
}

static int finish(struct sr_queue *q, struct sr_err *e) {
	struct sr_err why = {0};
	assert(q->step != NULL);
	int rc = sr_holding_commit(q->h, q->step->name, NULL, &why);

	if (rc != 0 && rc != SR_NOTFOUND)
		return put_off(q, rc, &why, soon(), e);
	sr_queue_rest(q); /* the same item once more, with its next step */
	q->gained = true;
	waits_no_more(q, here(q));
	return 0;
}

static int work(struct sr_queue *q, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = 0;

	*turn = SR_TURN_DONE;
	if (q->state != NULL && q->step != NULL && q->step->stop != NULL && !q->stopped &&
		sr_mono_ms() >= q->end_ms) {
		q->stopped = true;
		rc = q->step->stop(q->state, !q->gained, &why);
	}
	if (rc == 0 && q->state != NULL && q->step != NULL)
		rc = q->step->turn(q->state, until_ms, turn, &why);
	if (rc != 0)
		return put_off(q, rc, &why, soon(), e);
	if (*turn == SR_TURN_DONE)
		rc = finish(q, e);
	if (*turn == SR_TURN_DONE)
		*turn = SR_TURN_AGAIN;
	return rc;
}

/* The next item that may be tried now. */
static bool seek(struct sr_queue *q) {
	for (; q->at < q->count; q->at++) {
		const struct waits *w = waits_of(q, here(q));

		if (w == NULL || sr_mono_ms() >= w->until_ms)
			return true;
	}
	return false;
}

/* Is it time to try those again that waited? */
static bool again(const struct sr_queue *q) {
	for (size_t i = 0; i < q->wait_count; i++)
		if (sr_mono_ms() >= q->waits[i].until_ms)
			return true;
	return false;
}

int sr_queue_turn(struct sr_queue *q, unsigned budget_ms, enum sr_turn *turn, struct sr_err *e) {
	const uint64_t until_ms = sr_mono_ms() + budget_ms;
	int rc = 0;

	*turn = SR_TURN_AGAIN;
	if (q->v->failed || !q->v->founded) {
		sr_queue_rest(q);
		*turn = SR_TURN_DONE;
		return 0;
	}
	while (rc == 0 && *turn == SR_TURN_AGAIN && sr_mono_ms() < until_ms) {
		if (q->h != NULL) {
			rc = work(q, until_ms, turn, e);
			continue;
		}
		if (q->stale || (q->at >= q->count && again(q)))
			rc = make_list(q, e);
		if (rc == 0 && seek(q))
			rc = begin(q, e);
		else
			*turn = SR_TURN_DONE;
	}
	return rc;
}

int sr_queue_again(struct sr_queue *q, const uint8_t item[SR_ID], struct sr_err *e) {
	struct waits *w = NULL;
	char step[33];
	int rc = sr_query_intake_unfinished(step, q->v->catalogue, item, e);

	if (rc == 0 && (step[0] == '\0' || sr_queue_why(q, item) == NULL))
		rc = sr_fail(e, SR_NOTFOUND, "its intake does not wait for time (intake show)");
	if (rc == 0)
		rc = waits_here(&w, q, item, e);
	if (rc != 0 || w == NULL)
		return rc;
	w->more = true;
	w->until_ms = 0;
	w->why[0] = '\0';
	return 0;
}

/* --- looking ---------------------------------------------------------------------------------- */

void sr_queue_look(const struct sr_queue *q, struct sr_queue_state *out) {
	uint64_t left = 0;

	memset(out, 0, sizeof *out);
	(void)!sr_secrets_count(q->v->secrets, SR_SECRET_INTAKE, &left, NULL);
	out->left = (size_t)left;
	for (size_t i = 0; i < q->wait_count; i++)
		out->waiting += q->waits[i].why[0] != '\0';
	if (q->step != NULL) {
		snprintf(out->step, sizeof out->step, "%s", q->step->name);
		sr_hex(out->item, here(q), SR_ID);
		if (q->step->at != NULL && q->state != NULL)
			q->step->at(q->state, &out->at);
	}
	snprintf(out->trouble, sizeof out->trouble, "%s", out->waiting > 0 ? q->trouble : "");
}

const char *sr_queue_why(const struct sr_queue *q, const uint8_t *item) {
	const struct waits *w = waits_of(q, item);
	char name[2 * SR_ID + 1];
	struct sr_item_row row = {0};
	char step[33] = "";
	bool has = false;

	if (sr_query_item(&row, q->v->catalogue, item, NULL) == 0) {
		sr_hex(name, item, SR_ID);
		if (sr_secrets_find(&has, q->v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name),
			    row.number, NULL) != 0)
			has = false; /* for people to look at: the queue itself goes by its list */
	}
	sr_item_row_free(&row);
	/* This process may not have come to it. */
	if (has && w == NULL && sr_query_intake_unfinished(step, q->v->catalogue, item, NULL) != 0)
		step[0] = '\0';
	return !has ? NULL : w != NULL ? w->why : step[0] != '\0' ? USED_UP : "";
}
