/*
 * step_about - what other programs say of each file of a held item (intake/about.h), as facts:
 *
 *   title ...   a field, as intake/about.h names them
 *   tool        which program said the ones before it, and its version
 *   not-said    why nothing came of a file that a program should know
 *
 * Each file has a process of its own, in sandboxes that serve one file of the item after the other
 * (sandbox/shelf.h): starting one with these tools takes longer than most of their work. The next
 * few start up while one works. A host that has none of these programs says so of each file, and
 * nothing waits for them.
 */
#include "intake/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "intake/about.h"
#include "intake/holding.h"
#include "sandbox/known.h"
#include "sandbox/shelf.h"

enum {
	AHEAD = 4 /* files whose sandboxes start up while one works */
};

struct ahead {
	struct saying *of;
	uint64_t file;
	struct sr_box_input in;
	struct sr_box *box;
};

struct saying {
	struct sr_holding *h;
	struct sr_launcher *l;
	struct ahead ring[AHEAD];
	size_t first, count;
	uint64_t next, end;
	struct sr_shelf shelf; /* sandboxes of this item */
	bool odd;              /* something did not end well */
};

static int read_at(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	const struct ahead *a = ctx;
	struct sr_item *it = sr_holding_item(a->of->h);
	uint8_t *to = p;

	while (len > 0) {
		const struct sr_range range = {
			a->file, offset, len < SR_BLOCK ? len : (size_t)SR_BLOCK};
		int rc = sr_item_read(it, &range, to, e);

		if (rc != 0)
			return rc;
		to += range.len;
		offset += range.len;
		len -= range.len;
	}
	return 0;
}

/* Does a program know it, by its first bytes? */
static int wanted(
	bool *out, struct saying *x, uint64_t file, const struct sr_file *f, struct sr_err *e) {
	uint8_t head[SR_KNOWN_HEAD];
	struct sr_range range = {file, 0, f->size < sizeof head ? (size_t)f->size : sizeof head};
	int rc;

	*out = false;
	if (f->kind != SR_FILE_REGULAR || f->size == 0 || sr_file_is_rendition(f))
		return 0;
	rc = sr_item_read(sr_holding_item(x->h), &range, head, e);
	*out = rc == 0 && sr_about_wanted(sr_bytes_of(head, range.len));
	sr_wipe(head, sizeof head);
	return rc;
}

/* No file that a program knows: no statement. */
static int due(bool *due, struct sr_holding *h, struct sr_err *e) {
	struct saying x = {.h = h, .end = sr_item_files(sr_holding_item(h))};
	int rc = 0;

	*due = false;
	for (uint64_t i = 0; rc == 0 && !*due && i < x.end; i++) {
		struct sr_file f;

		rc = sr_item_file(sr_holding_item(h), i, &f, e);
		if (rc == 0)
			rc = wanted(due, &x, i, &f, e);
	}
	return rc;
}

static int not_said(struct saying *x, uint64_t file, struct sr_bytes why, struct sr_err *e) {
	x->odd = true;
	return sr_holding_fact(x->h, file, "not-said", why, e);
}

static int begin_one(struct saying *x, uint64_t file, uint64_t size, struct sr_err *e) {
	struct ahead *a = &x->ring[(x->first + x->count) % AHEAD];
	const struct sr_box_options o = sr_about_job();
	int rc;

	*a = (struct ahead){.of = x, .file = file, .in = {.size = size, .read = read_at, .ctx = a}};
	rc = sr_shelf_begin(&a->box, &x->shelf, x->l, &a->in, &o, e);
	if (rc == 0)
		x->count++;
	return rc;
}

static int begin_some(struct saying *x, struct sr_err *e) {
	int rc = 0;

	while (rc == 0 && x->count < AHEAD && x->next < x->end) {
		bool want = false;
		struct sr_file f;

		rc = sr_item_file(sr_holding_item(x->h), x->next, &f, e);
		if (rc == 0)
			rc = wanted(&want, x, x->next, &f, e);
		if (rc == 0 && want)
			rc = begin_one(x, x->next, f.size, e);
		if (rc == 0)
			x->next++;
	}
	return rc;
}

static int begin(void **out, struct sr_holding *h, struct sr_err *e) {
	struct saying *x = calloc(1, sizeof *x);
	int rc = x == NULL ? sr_fail(e, SR_NOMEM, "no memory to look what an item is about") : 0;

	*out = NULL;
	if (x == NULL)
		return rc;
	x->h = h;
	sr_holding_range(h, &x->next, &x->end);
	rc = sr_holding_launcher(&x->l, h, e);
	if (rc == 0)
		rc = begin_some(x, e);
	if (rc != 0) {
		sr_step_about.end(x);
		return rc;
	}
	*out = x;
	return 0;
}

static void over(struct saying *x) {
	struct ahead *a = &x->ring[x->first];

	sr_shelf_put(&x->shelf, a->box); /* one that is not done is freed */
	a->box = NULL;
	x->first = (x->first + 1) % AHEAD;
	x->count--;
}

/* One frame of the file at the front. */
static int take(struct saying *x, const struct sr_frame *f, struct sr_err *e) {
	const uint64_t file = x->ring[x->first].file;
	char key[SR_BOX_KEY_MAX + 1];
	int rc = 0;

	if (f->type == SR_FRAME_FACT && sr_about_takes(f->key, f->value)) {
		memcpy(key, f->key.p, f->key.len);
		key[f->key.len] = '\0';
		return sr_holding_fact(x->h, file, key, f->value, e);
	}
	if (f->type != SR_FRAME_DONE)
		return 0;
	if (f->status != SR_BOX_WHOLE)
		rc = not_said(x, file, f->reason, e);
	over(x);
	return rc;
}

static int turn(void *state, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	struct saying *x = state;
	bool waits = false;
	int rc = 0;

	while (rc == 0 && !waits && x->count > 0 && sr_mono_ms() < until_ms) {
		struct sr_frame f = {.type = SR_FRAME_HELLO};
		struct sr_err why = {0};
		bool got = false;

		rc = sr_box_try(x->ring[x->first].box, &f, &got, &why);
		waits = rc == 0 && !got;
		if (rc == SR_CORRUPT || rc == SR_LIMIT) { /* the parser failed over this file */
			rc = not_said(x, x->ring[x->first].file, sr_bytes_str(why.text), e);
			over(x);
		} else if (rc != 0) {
			rc = sr_fail(e, (enum sr_code)rc, "%s", why.text);
		} else if (got) {
			rc = take(x, &f, e);
		}
		if (rc == 0)
			rc = begin_some(x, e);
	}
	if (rc == 0 && x->count == 0 && x->odd)
		sr_holding_result(x->h, "partly");
	*turn = x->count == 0 ? SR_TURN_DONE : waits ? SR_TURN_WAITS : SR_TURN_AGAIN;
	return rc;
}

/* The file at the front has said something perhaps, and ends by its own time. */
static int stop(void *state, bool must, struct sr_err *e) {
	struct saying *x = state;

	(void)must;
	while (x->count > 1) {
		struct ahead *a = &x->ring[(x->first + --x->count) % AHEAD];

		x->next = a->file;
		sr_shelf_put(&x->shelf, a->box);
		a->box = NULL;
	}
	x->end = x->next;
	return sr_holding_rest(x->h, x->end, e);
}

static void finish(void *state) {
	struct saying *x = state;

	if (x == NULL)
		return;
	while (x->count > 0)
		over(x);
	sr_shelf_clear(&x->shelf);
	free(x);
}

const struct sr_intake_step sr_step_about =
	{.name = "about", .due = due, .begin = begin, .turn = turn, .stop = stop, .end = finish};
