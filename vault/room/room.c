/*
 * room - sessions: what is open, for whom, and until when. See room.h and room_internal.h.
 */
#include "room/room_internal.h"

#include "catalogue/query.h"
#include "ledger/ledger.h"

#include "base/limits.h"
#include "base/secret.h"
#include "board/authorize.h"
#include "board/follow.h"
#include "board/invariants.h"
#include "board/training.h"
#include "board/witnessing.h"
#include "store/itemkey.h"
#include "store/secrets.h"

int64_t sr_room_now(const struct sr_room *r) {
	return sr_vault_now(r->v);
}

int sr_room_new(struct sr_room **out, struct sr_vault *v, struct sr_err *e) {
	struct sr_room *r = calloc(1, sizeof *r);

	*out = NULL;
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "room: out of memory");
	r->v = v;
	*out = r;
	return 0;
}

void opened_free(struct opened *o) {
	if (o == NULL)
		return;
	room_export_free(o->export); /* its threads read the item */
	sr_family_free(o->family);   /* which has its paths */
	free(o->again);
	sr_item_close(o->it);
	free(o->read_logged);
	sr_cut_free(o->cut);
	sr_item_marks_free(&o->left_out);
	sr_wipe(o, sizeof *o);
	free(o);
}

static void forget_at(struct sr_room *r, size_t i) {
	opened_free(r->open[i]);
	r->open[i] = r->open[--r->count];
}

void sr_room_forget_all(struct sr_room *r) {
	while (r->count > 0)
		forget_at(r, r->count - 1);
}

void sr_room_free(struct sr_room *r) {
	if (r == NULL)
		return;
	sr_room_forget_all(r);
	free(r->open);
	sr_room_release_forget(r);
	free(r->keys);
	free(r);
}

size_t sr_room_count(const struct sr_room *r) {
	return r->count;
}

static size_t index_of(const struct sr_room *r, const uint8_t checkout[SR_ID]) {
	size_t i = 0;

	while (i < r->count && memcmp(r->open[i]->checkout, checkout, SR_ID) != 0)
		i++;
	return i;
}

void sr_room_forget(struct sr_room *r, const uint8_t checkout[SR_ID]) {
	size_t i = index_of(r, checkout);

	if (i < r->count)
		forget_at(r, i);
}

int sr_room_look(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_item **it, struct sr_err *e) {
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	*it = rc == 0 ? o->it : NULL;
	return rc;
}

int sr_room_nth(struct sr_room *r, size_t i, struct sr_room_opened *out, struct sr_err *e) {
	if (i >= r->count)
		return sr_fail(e, SR_NOTFOUND, "%zu items are open", r->count);
	memcpy(out->checkout, r->open[i]->checkout, SR_ID);
	memcpy(out->item, r->open[i]->item, SR_ID);
	snprintf(out->person, sizeof out->person, "%s", r->open[i]->person);
	return 0;
}

/* --- who may still look ----------------------------------------------------------------------- */

static int grant_live(
	struct sr_room *r, const struct sr_checkout_row *c, int64_t now, struct sr_err *e) {
	struct sr_grant_row g = {0};
	struct sr_training t;
	char ended[SR_TIME_TEXT];
	int rc = sr_query_grant(&g, r->v->catalogue, c->grant, e);

	if (rc != 0)
		return rc;
	sr_time_format(ended, g.ends);
	if (g.state != SR_S_LIVE)
		rc = sr_fail(e, SR_DENIED, "the grant is %s", sr_state_name(g.state));
	else if (g.ends <= now)
		rc = sr_fail(e, SR_DENIED, "the grant ended at %s", ended);
	else if (!sr_token_in(g.people, c->person))
		rc = sr_fail(e, SR_DENIED, "%s is not named in the grant", c->person);
	if (rc == 0)
		rc = sr_training_ask(&t, r->v->catalogue, g.trainings, c->person, now, e);
	if (rc == 0 && t.state != SR_TRAINING_HOLDS)
		rc = sr_fail(e, SR_DENIED, "%s", t.sentence);
	sr_grant_row_free(&g);
	return rc;
}

/* What the item is like now: its state, whether it has to be reported, and whether its seal is
 * still the one that it needs. A seal or an embargo that came after the checkout is the rules' to
 * see (room_live). */
static int item_live(struct sr_room *r, const struct sr_checkout_row *c, struct sr_err *e) {
	struct sr_item_row item = {0};
	struct sr_board_row board = {0};
	int rc = sr_query_item(&item, r->v->catalogue, c->item, e);

	if (rc == 0 && strcmp(c->right, "referral") == 0) {
		/* What stops everybody else is what this right is for. */
		if (!sr_state_may(SR_M_ITEM, item.state, SR_E_REFERRAL))
			rc = sr_fail(e, SR_DENIED, "the item is %s", sr_state_name(item.state));
		sr_item_row_free(&item);
		return rc;
	}
	if (rc == 0 && strcmp(c->right, "reseal") == 0) {
		/* Nothing is shown, and a raised hazard or a new key is what it is for. */
		if (!sr_state_may(SR_M_ITEM, item.state, SR_E_RESEAL))
			rc = sr_fail(e, SR_DENIED, "the item is %s", sr_state_name(item.state));
		sr_item_row_free(&item);
		return rc;
	}
	if (rc == 0 && c->has_grant)
		rc = sr_query_board(&board, r->v->catalogue, item.board, 0, e);
	if (rc == 0 && item.state != (c->has_grant ? SR_S_RELEASED : SR_S_HELD))
		rc = sr_fail(e, SR_DENIED, "the item is %s", sr_state_name(item.state));
	else if (rc == 0 && (item.flags & SR_ITEM_REFERRAL) != 0)
		rc = sr_fail(e, SR_DENIED, "the item is marked for referral: nobody looks at it");
	else if (rc == 0 && c->has_grant && sr_invariants_raised(&board, &item))
		rc = sr_fail(e, SR_DENIED,
			"the item's hazards need a higher level than the %u it is sealed to",
			item.level);
	sr_item_row_free(&item);
	return rc;
}

/* What the checkout says of itself: it ends with its grant, and with a seal or mark of its item. */
static int checkout_live(
	struct sr_room *r, const struct sr_checkout_row *c, int64_t now, struct sr_err *e) {
	int64_t due =
		c->begun + (c->was_opened ? SR_CHECKOUT_HOURS * 3600 : SR_CHECKOUT_OPEN_MIN * 60);

	if (r->v->failed) /* the ledger may hold the end of this grant, and the catalogue not */
		return sr_fail(e, SR_IO,
			"an earlier write failed: nothing is shown until the vault is opened "
			"again");
	if (!sr_state_may(SR_M_CHECKOUT, c->state, SR_E_VIEWED_OPEN))
		return sr_fail(e, SR_DENIED, "the checkout is %s; check the item out again",
			sr_state_name(c->state));
	if (due <= now)
		return sr_fail(e, SR_DENIED,
			"the checkout has lapsed (%d minutes unopened, %d hours in all); check "
			"the item out again",
			SR_CHECKOUT_OPEN_MIN, SR_CHECKOUT_HOURS);
	return 0;
}

int room_live(struct sr_room *r, const struct sr_checkout_row *c, int64_t now, struct sr_err *e) {
	int rc = checkout_live(r, c, now, e);

	if (rc == 0)
		rc = item_live(r, c, e);
	if (rc == 0 && c->has_grant)
		rc = grant_live(r, c, now, e);
	/* What the state of things allows, the rules in force must allow as well, each time. */
	return rc == 0 ? sr_authorize_use(r->v, c, now, false, e) : rc;
}

int sr_room_whose(const struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_err *e) {
	const size_t i = index_of(r, checkout);

	/* Of another's is said what is said of none: who reads what is told to nobody by this. */
	if (i == r->count || (person != NULL && strcmp(r->open[i]->person, person) != 0))
		return sr_fail(e, SR_NOTFOUND,
			"the checkout is not open (in this process): open it again");
	return 0;
}

int room_opened(struct opened **out, struct sr_room *r, const uint8_t checkout[SR_ID],
	const char *person, struct sr_err *e) {
	const int rc = sr_room_whose(r, checkout, person, e);

	if (rc == 0)
		*out = r->open[index_of(r, checkout)];
	return rc;
}

int room_find(struct opened **out, struct sr_room *r, const uint8_t checkout[SR_ID],
	const char *person, struct sr_err *e) {
	struct sr_checkout_row c;
	size_t i = index_of(r, checkout);
	int rc = sr_room_whose(r, checkout, person, e);

	if (rc != 0)
		return rc;
	rc = sr_query_checkout(&c, r->v->catalogue, checkout, e);
	if (rc == 0)
		rc = room_live(r, &c, sr_room_now(r), e);
	if (rc == 0 && c.state != SR_S_OPEN) /* what is open here is so on the record */
		rc = sr_fail(
			e, SR_MISUSE, "the checkout is %s: open it again", sr_state_name(c.state));
	if (rc != 0) {
		forget_at(r, i);
		return rc;
	}
	*out = r->open[i];
	return 0;
}

/* Of the open checkout at ${i}: is it over? ${ask}: look at item, grant and rules as well. What
 * could not be looked at is over, too, and the failure told. */
static int over(bool *out, struct sr_room *r, size_t i, bool ask, struct sr_err *e) {
	const int64_t now = sr_room_now(r);
	struct sr_checkout_row c;
	struct sr_err why = {0};
	int rc = sr_query_checkout(&c, r->v->catalogue, r->open[i]->checkout, e);

	*out = rc == SR_NOTFOUND;
	if (rc != 0)
		return rc == SR_NOTFOUND ? 0 : rc;
	rc = ask ? room_live(r, &c, now, &why) : checkout_live(r, &c, now, &why);
	*out = c.state != SR_S_OPEN || rc != 0;
	/* A vault that failed before has said so: what is open in it is over, and that is no news.
	 */
	if ((rc != SR_NOMEM && rc != SR_IO) || r->v->failed)
		return 0;
	if (e != NULL)
		*e = why;
	return rc;
}

/* All is looked at of ${most} of them, from where the last sweep ended. */
static int sweep(struct sr_room *r, size_t most, size_t *wiped, struct sr_err *e) {
	const size_t count = r->count;
	size_t n = 0, i = 0, first = r->turn < count ? r->turn : 0;
	int rc = 0;

	for (size_t at = 0; at < count; at++) {
		bool ended = false;
		const int failed =
			over(&ended, r, i, (at + count - first) % count < most, rc == 0 ? e : NULL);

		if (rc == 0)
			rc = failed;
		if (ended) {
			forget_at(r, i);
			n++;
		} else {
			i++;
		}
	}
	r->turn = most < count ? (first + most) % count : 0;
	if (rc == 0)
		rc = room_release_sweep(r, e);
	if (wiped != NULL)
		*wiped = n;
	return rc;
}

int sr_room_sweep(struct sr_room *r, size_t *wiped, struct sr_err *e) {
	return sweep(r, ROOM_ASKED, wiped, e);
}

int sr_room_sweep_all(struct sr_room *r, size_t *wiped, struct sr_err *e) {
	return sweep(r, SIZE_MAX, wiped, e);
}

/* --- admitting --- */

int room_admit(struct sr_room *r, struct opened *o, struct sr_err *e) {
	int rc = 0;

	o->files = sr_item_files(o->it);
	o->read_logged = calloc((size_t)(o->files / 8 + 1), 1);
	if (o->read_logged == NULL)
		rc = sr_fail(e, SR_NOMEM, "room: out of memory for %llu files",
			(unsigned long long)o->files);
	if (rc == 0 && r->count == r->cap) {
		size_t cap = r->cap == 0 ? 8 : r->cap * 2;
		struct opened **more = reallocarray(r->open, cap, sizeof(struct opened *));

		if (more == NULL) {
			rc = sr_fail(e, SR_NOMEM, "room: out of memory for %zu checkouts", cap);
		} else {
			r->open = more;
			r->cap = cap;
		}
	}
	if (rc == 0)
		rc = room_viewed(r, o, "open", NULL, e);
	if (rc != 0) {
		opened_free(o);
		return rc;
	}
	r->open[r->count++] = o;
	return 0;
}

/* --- statements of the room ------------------------------------------------------------------- */

void room_begin(struct sr_room *r, struct sr_buf *text, enum sr_type_id type) {
	sr_buf_init(text);
	sr_follow_begin(text, r->v, type, sr_room_now(r));
}

int room_log(struct sr_room *r, struct sr_buf *text, struct sr_err *e) {
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	int rc = sr_buf_ok(text, e);

	if (outcome == NULL)
		rc = sr_fail(e, SR_NOMEM, "room: out of memory");
	if (rc == 0)
		rc = sr_door_service(r->v, sr_buf_view(text), outcome, e);
	free(outcome);
	sr_buf_free(text);
	return rc;
}

int room_viewed(struct sr_room *r, const struct opened *o, const char *event, const uint64_t *file,
	struct sr_err *e) {
	struct sr_buf text;

	room_begin(r, &text, SR_T_VIEWED);
	sr_text_put_hex(&text, "checkout", o->checkout, SR_ID);
	sr_text_put(&text, "event", event);
	if (file != NULL)
		sr_text_put_dec(&text, "file", *file);
	if (o->form[0] != '\0')
		sr_text_put(&text, "form", o->form);
	return room_log(r, &text, e);
}

/* --- from an item's row to its bytes ---------------------------------------------------------- */

int room_envelope(struct sr_envelope *out, struct sr_buf *file, struct sr_room *r,
	const struct sr_item_row *item, struct sr_err *e) {
	struct sr_envelope_want want = {.n = item->number};
	int rc;

	memcpy(want.item, item->id, SR_ID);
	memcpy(want.hash, item->envelope, SR_HASH);
	memcpy(want.room_pk, r->v->keys->room_pk, SR_PK);
	want.former_room = r->v->keys->former_room[0];
	want.former_count = r->v->keys->generations - 1;
	rc = sr_envelope_load(out, file, r->v->items, &want, e);
	if (rc != 0)
		return rc;
	if (memcmp(out->vault, r->v->fingerprint, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "the item's envelope is of another vault");
	if (out->level != item->level)
		return sr_fail(e, SR_CORRUPT, "the item's envelope says level %u, its statement %u",
			out->level, item->level);
	if (out->seal.len != SR_SEAL)
		return sr_fail(e, SR_CORRUPT,
			"the item's envelope has a seal of %zu bytes, want %d", out->seal.len,
			SR_SEAL);
	return 0;
}

int room_item_key(uint8_t key[SR_KEY], struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e) {
	char name[2 * SR_ID + 1];
	struct sr_buf slot;
	int rc;

	sr_buf_init_secret(&slot);
	sr_hex(name, env->item, SR_ID);
	rc = sr_secrets_get(r->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), env->n, &slot, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND,
			"item %s: its slot %u is erased: nothing opens it again", name, env->n);
	if (rc == 0 && slot.len != SR_KEY)
		rc = sr_fail(e, SR_CORRUPT,
			"secrets.db: slot %u of item %s: want %d bytes, have %zu", env->n, name,
			SR_KEY, slot.len);
	if (rc == 0) {
		sr_item_key(key, slot.p, env->vault, env->item, part);
		rc = sr_item_key_check(key, env->vault, env->item, env->commitment, e);
		if (rc != 0)
			sr_wipe(key, SR_KEY);
	}
	sr_buf_free(&slot);
	return rc;
}

int room_manifest(struct sr_manifest *m, struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e) {
	struct sr_manifest_place at = {.n = env->n};
	uint8_t *key = sr_secret_new(SR_KEY, e);
	int rc;

	if (key == NULL)
		return sr_fail(e, SR_LIMIT, "room: the arena for secrets is full");
	memcpy(at.vault, env->vault, SR_HASH);
	memcpy(at.item, env->item, SR_ID);
	rc = room_item_key(key, r, env, part, e);
	if (rc == 0)
		rc = sr_manifest_open(m, env->manifest, key, &at, e);
	sr_secret_free(key, SR_KEY);
	return rc;
}

int room_item(struct sr_item **out, struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e) {
	struct sr_item_options o = {.backend = r->v->store, .index = r->v->index};
	struct sr_manifest m;
	int rc;

	sr_manifest_init(&m);
	memcpy(o.vault, env->vault, SR_HASH);
	memcpy(o.item, env->item, SR_ID);
	rc = room_manifest(&m, r, env, part, e);
	if (rc == 0)
		rc = sr_item_open(out, &o, &m, e);
	sr_manifest_free(&m);
	return rc;
}

/* --- files --- */

int sr_room_files(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	uint64_t *count, struct sr_err *e) {
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0)
		*count = o->files;
	return rc;
}

int sr_room_file(struct sr_room *r, const uint8_t checkout[SR_ID], uint64_t index,
	struct sr_file *out, struct sr_err *e) {
	struct opened *o = NULL;
	int rc = room_opened(&o, r, checkout, NULL, e);

	if (rc == 0 && index >= o->files)
		rc = sr_fail(e, SR_NOTFOUND, "no file %llu: the item has %llu (from 0)",
			(unsigned long long)index, (unsigned long long)o->files);
	return rc != 0 ? rc : sr_item_file(o->it, index, out, e);
}

int sr_room_list(struct sr_room *r, struct sr_room_listing *l, struct sr_err *e) {
	uint8_t *withheld = NULL;
	struct opened *o = NULL;
	int rc = room_find(&o, r, l->checkout, l->person, e);

	if (rc == 0)
		rc = room_withheld(&withheld, r, o, e);
	if (rc != 0)
		return rc;
	l->total = o->files;
	for (uint64_t i = l->offset; rc == 0 && i < o->files && i - l->offset < l->limit; i++) {
		struct sr_file f;

		rc = sr_item_file(o->it, i, &f, e);
		if (rc == 0)
			rc = l->each(l->ctx, i, &f, withheld[i] != 0, e);
	}
	free(withheld);
	return rc;
}
