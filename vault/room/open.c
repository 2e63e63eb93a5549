/*
 * open - an item from its votes' pieces, and a held item from its curator's part (DESIGN 5 "At
 * checkout").
 *
 * For one item: every approval of the grant (and every top-up) that the researcher handed a record
 * key for is looked at:
 *
 *   older than the room key (renewed after a restore) or than the item's seal (sealed anew), or
 *     with shares of another key of the board than the item is sealed to: passed over
 *   pieces object -> bundle (its root must be the vote's) -> the item's record for this researcher
 *     -> outer layer off with the record's key        fails: the key is the researcher's word,
 * nobody is blamed
 *     -> inner layer off with the room key of this version, piece verified against X_i, seal and
 * request fails: the voter put it there; `incident` voids the vote
 *
 * Then any k good pieces open the seal, k being the quorum of the level that this item is sealed to
 * (a request's level is the highest among its items, so a grant always has as many). The seal's own
 * proof is checked before anybody is blamed.
 */
#include "room/room_internal.h"

#include "base/secret.h"
#include "board/adopt.h"
#include "board/held.h"
#include "board/keys.h"
#include "board/pieces.h"
#include "board/shares.h"
#include "board/witnessing.h"
#include "store/secrets.h"

/* Everything that opening one item under a grant looks at. */
struct opening {
	struct sr_room *r;
	const struct sr_room_open *ask;
	struct sr_checkout_row checkout;
	struct sr_grant_row grant;
	struct sr_version_row version;
	struct sr_item_row item;
	uint32_t base;             /* first epoch of the key that the item is sealed to */
	struct sr_board_row board; /* in the epoch whose votes are looked at */
	struct sr_votes votes;
	struct sr_envelope env;
	struct sr_buf env_file;
	struct sr_sealed sealed;
	struct sr_piece_ctx ctx; /* the vote's own fields are set for each vote */
	const struct sr_level_key *level;
	uint8_t readers[SR_REQUEST_PEOPLE_MAX][SR_X_PK];
	int64_t extension; /* whose list the item is in; 0: the version's own */
	size_t reader, position, items;
	struct sr_buf room_sk;
	struct sr_piece_share shares[SR_BOARD_MEMBERS_MAX];
	size_t good;
	size_t stale; /* votes whose pieces are for a room key or seal before this one */
	/* Of the newest epoch that somebody gave pieces in: how many are good, how many it takes.
	 */
	size_t best;
	unsigned want;
	char failed[400]; /* who did not help, for people */
};

static void opening_free(struct opening *op) {
	sr_grant_row_free(&op->grant);
	sr_version_row_free(&op->version);
	sr_item_row_free(&op->item);
	sr_votes_free(&op->votes);
	sr_buf_free(&op->env_file);
	sr_buf_free(&op->room_sk);
	sr_wipe(op, sizeof *op);
	free(op);
}

/* That somebody looks must be known elsewhere before they look; or two people answered for it
 * instead, which is on the record. */
static int witnessed(struct sr_room *r, const struct sr_checkout_row *c, struct sr_err *e) {
	struct sr_glass glass = {0};
	struct sr_err why = {0};
	int rc = sr_adopt_check(r->v, e);

	if (rc != 0)
		return rc;
	if (sr_witnessing_check(r->v, c->entry, &why) == 0)
		return 0;
	rc = sr_query_glass(&glass, r->v->catalogue, c->id, e);
	if (rc != 0 || (glass.count == SR_GLASS_NAMES && sr_witnessing_alarm(r->v) == NULL))
		return rc;
	return sr_fail(e, SR_DENIED, "%s", why.text);
}

/* --- what the catalogue says ------------------------------------------------------------------ */

/* The order of sr_piece_ctx.readers: the applicant, then the co-applicants as the request's
 * statement names them. */
static int find_reader(struct opening *op, struct sr_err *e) {
	const struct sr_version_row *v = &op->version;
	size_t n = v->people_count + 1;
	bool found = strcmp(v->applicant, op->ask->person) == 0;

	op->reader = 0;
	if (!v->has_key || n > SR_REQUEST_PEOPLE_MAX)
		return sr_fail(e, SR_CORRUPT, "the request names no key, or %zu people", n);
	memcpy(op->readers[0], v->key, SR_X_PK);
	for (size_t i = 0; i < v->people_count; i++) {
		if (!v->people[i].joined)
			return sr_fail(e, SR_CORRUPT, "%s was granted without having joined",
				v->people[i].person);
		memcpy(op->readers[i + 1], v->people[i].key, SR_X_PK);
		if (strcmp(v->people[i].person, op->ask->person) == 0) {
			found = true;
			op->reader = i + 1;
		}
	}
	return found ? 0 : sr_fail(e, SR_DENIED, "%s is not named in the request", op->ask->person);
}

/* Where the item stands in its list, which is the order of records in every bundle for it. It does
 * stand there: the checkout is of an item of the grant. */
static int find_position(struct opening *op, struct sr_err *e) {
	uint8_t *ids = NULL;
	struct sr_list_of of = {.request = op->version.request, .version = op->version.version};
	int rc =
		sr_query_list_of(&op->extension, op->r->v->catalogue, &op->version, op->item.id, e);

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_MISUSE, "the request does not name this item");
	of.extension = op->extension;
	if (rc == 0)
		rc = sr_query_list_items(&ids, &op->items, op->r->v->catalogue, &of, e);
	if (rc != 0)
		return rc;
	op->position = 0;
	while (op->position < op->items &&
		memcmp(ids + op->position * SR_ID, op->item.id, SR_ID) != 0)
		op->position++;
	free(ids);
	if (op->position == op->items)
		return sr_fail(e, SR_MISUSE, "the request does not name this item");
	return 0;
}

/* The one thing that must not be replaced by a check: without the room key of this version no
 * record opens. */
static int fetch_room_key(struct opening *op, struct sr_err *e) {
	const struct sr_version_row *v = &op->version;
	uint8_t pk[SR_X_PK];
	char name[2 * SR_ID + 1];
	int rc;

	sr_hex(name, v->request, SR_ID);
	rc = sr_secrets_get(op->r->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), v->version,
		&op->room_sk, e);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_DENIED,
			"the room key of this request version is erased: nothing is left to open "
			"with (make a new request)");
	if (rc != 0)
		return rc;
	if (op->room_sk.len != SR_X_SK)
		return sr_fail(e, SR_CORRUPT,
			"secrets.db: room key of request %s: want %d bytes, have %zu", name,
			SR_X_SK, op->room_sk.len);
	sr_box_public(pk, op->room_sk.p);
	if (!v->has_room_key || memcmp(pk, v->room_key, SR_X_PK) != 0)
		return sr_fail(e, SR_CORRUPT,
			"secrets.db: the room key of request %s is not the one its statement names",
			name);
	return 0;
}

static int board_keys(struct opening *op, uint32_t epoch, struct sr_err *e) {
	struct sr_room *r = op->r;
	struct sr_ceremony_keys *keys;
	struct sr_board_keys *k;
	int rc = sr_query_board(&op->board, r->v->catalogue, op->version.board, epoch, e);

	if (rc != 0 || (r->keys != NULL && memcmp(r->keys_run, op->board.run, SR_ID) == 0))
		return rc;
	free(r->keys);
	r->keys = NULL;
	k = calloc(1, sizeof *k);
	keys = calloc(1, sizeof *keys);
	if (k == NULL || keys == NULL) {
		rc = sr_fail(e, SR_NOMEM, "room: out of memory");
		goto out;
	}
	rc = sr_keys_fetch(k, r->v, &op->board, e);
	if (rc == 0) {
		*keys = k->keys;
		memcpy(r->keys_run, op->board.run, SR_ID);
		r->keys = keys;
		keys = NULL;
	}
out:
	free(k);
	free(keys);
	return rc;
}

/* What all votes share: seal, readers, room key. */
static void fill_context(struct opening *op) {
	struct sr_piece_ctx *c = &op->ctx;

	memcpy(op->sealed.id, op->item.id, SR_ID);
	op->sealed.number = op->env.n;
	op->sealed.seal = op->env.seal.p;
	memcpy(c->key.vault, op->r->v->fingerprint, SR_HASH);
	c->key.level = op->env.level;
	c->key.kind = "item";
	memcpy(c->request, op->version.hash, SR_HASH);
	memcpy(c->room, op->version.room_key, SR_X_PK);
	c->readers = (const uint8_t(*)[SR_X_PK])op->readers;
	c->reader_count = op->version.people_count + 1;
}

/* What the votes of one epoch of the board share: level key, transcript. */
static int fill_epoch(struct opening *op, uint32_t epoch, struct sr_err *e) {
	struct sr_piece_ctx *c = &op->ctx;
	int rc = board_keys(op, epoch, e);

	op->level = NULL;
	op->good = 0;
	if (rc != 0)
		return rc;
	if (op->r->keys == NULL)
		return sr_fail(e, SR_MISUSE, "room: no keys of epoch %u", epoch);
	for (size_t i = 0; i < op->r->keys->levels; i++)
		if (op->r->keys->level[i].level == op->env.level)
			op->level = &op->r->keys->level[i];
	if (op->level == NULL)
		return sr_fail(e, SR_CORRUPT,
			"the item is sealed to level %u, which the board does not have",
			op->env.level);
	memcpy(c->key.board, op->level->board, SR_POINT);
	memcpy(c->transcript, op->board.transcript, SR_HASH);
	c->epoch = epoch;
	return sr_tdh2_check(&c->key, &op->sealed, e);
}

static int load(struct opening *op, struct sr_err *e) {
	struct sr_catalogue *cat = op->r->v->catalogue;
	int rc = sr_query_checkout(&op->checkout, cat, op->ask->checkout, e);

	if (rc == SR_NOTFOUND || (rc == 0 && strcmp(op->checkout.person, op->ask->person) != 0))
		return sr_fail(e, SR_NOTFOUND, "%s has no such checkout", op->ask->person);
	if (rc == 0 && !op->checkout.has_grant)
		rc = sr_fail(e, SR_DENIED,
			"a checkout of right %s opens with its curator's part, not with votes",
			op->checkout.right);
	if (rc == 0)
		rc = room_live(op->r, &op->checkout, sr_room_now(op->r), e);
	if (rc == 0)
		rc = witnessed(op->r, &op->checkout, e);
	if (rc == 0)
		rc = sr_query_grant(&op->grant, cat, op->checkout.grant, e);
	if (rc == 0)
		rc = sr_query_version(&op->version, cat, op->grant.request, op->grant.version, e);
	if (rc == 0)
		rc = sr_query_item(&op->item, cat, op->checkout.item, e);
	if (rc == 0)
		rc = sr_query_board(&op->board, cat, op->item.board, op->item.epoch, e);
	op->base = op->board.base;
	if (rc == 0)
		rc = find_reader(op, e);
	if (rc == 0)
		rc = find_position(op, e);
	if (rc == 0)
		rc = fetch_room_key(op, e);
	if (rc == 0)
		rc = sr_query_votes(&op->votes, cat, op->version.request, op->version.version, e);
	if (rc == 0)
		rc = room_envelope(&op->env, &op->env_file, op->r, &op->item, e);
	if (rc == 0)
		fill_context(op);
	return rc;
}

/* --- one vote --- */

static void tell_failed(struct opening *op, const char *person, const char *why) {
	size_t at = strlen(op->failed);

	snprintf(op->failed + at, sizeof op->failed - at, "%s%s: %s", at > 0 ? "; " : "", person,
		why);
}

/* The member's piece or bundle is bad: an incident voids the vote and names who made it. */
static int blame(
	struct opening *op, const struct sr_vote_row *vote, const char *why, struct sr_err *e) {
	struct sr_buf text;

	tell_failed(op, vote->person, why);
	room_begin(op->r, &text, SR_T_INCIDENT);
	sr_text_put(&text, "what", "piece-invalid");
	sr_text_put(&text, "person", vote->person);
	sr_text_put_hex(&text, "vote", vote->statement, SR_ID);
	sr_text_put_hex(&text, "request", op->version.request, SR_ID);
	sr_text_put_hex(&text, "item", op->item.id, SR_ID);
	sr_text_put_hex(&text, "grant", op->grant.id, SR_ID);
	return room_log(op->r, &text, e);
}

/* Is the bundle what the vote says: so many records, and exactly these, by the root that the voter
 * signed? A failure is no answer: nobody is blamed for what was wrong with us. */
static int bundle_fits(bool *fits, struct sr_bundle *b, const struct opening *op,
	const struct sr_vote_row *vote, struct sr_bytes body, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc;

	*fits = sr_bundle_parse(b, body, NULL) == 0 && b->items == op->items &&
		b->readers == op->ctx.reader_count;
	if (!*fits)
		return 0;
	rc = sr_pieces_root(root, b, e);
	*fits = rc == 0 && memcmp(root, vote->bundle, SR_HASH) == 0;
	return rc;
}

static const struct sr_member_row *member_of(const struct opening *op, const char *person) {
	for (size_t i = 0; i < op->board.member_count; i++)
		if (strcmp(op->board.members[i].person, person) == 0)
			return &op->board.members[i];
	return NULL;
}

/* Does this vote carry pieces for the grant: an approval that it rests on, or a top-up. Of another
 * list it has none of this item. */
static bool carries(const struct opening *op, const struct sr_vote_row *vote) {
	if (vote->is_void || !vote->has_bundle || vote->extension != op->extension)
		return false;
	if (strcmp(vote->decision, "topup") == 0)
		return true;
	for (size_t i = 0; i < op->grant.vote_count; i++)
		if (memcmp(op->grant.votes[i], vote->statement, SR_ID) == 0)
			return true;
	return false;
}

static bool have_share(const struct opening *op, uint32_t index) {
	for (size_t i = 0; i < op->good; i++)
		if (op->shares[i].index == index)
			return true;
	return false;
}

/* One record to a checked share: 0 with the share added, or with the voter blamed, or with a word
 * for the researcher. */
static int take_record(struct opening *op, const struct sr_vote_row *vote,
	const struct sr_bundle *b, const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_bundle_at at = {b, op->reader, op->position, &op->ctx, &op->sealed};
	uint8_t inner[SR_RECORD_INNER], piece[SR_PIECE];
	struct sr_err why;
	int rc = sr_bundle_strip_with(inner, &at, key, &why);

	if (rc != 0) {
		tell_failed(
			op, vote->person, "the key handed over for this record does not open it");
		return 0;
	}
	rc = sr_bundle_open_inner(piece, &at, inner, op->room_sk.p, &why);
	if (rc == 0)
		rc = sr_piece_verify(&op->shares[op->good], piece, &op->ctx, &op->sealed, &why);
	sr_wipe(piece, sizeof piece);
	if (rc == SR_AUTH || rc == SR_CORRUPT)
		return blame(op, vote, "the piece does not verify", e);
	if (rc != 0) {
		if (e != NULL)
			*e = why;
		return rc;
	}
	op->good++;
	return 0;
}

static int take_vote(struct opening *op, const struct sr_vote_row *vote, const uint8_t key[SR_KEY],
	struct sr_err *e) {
	const struct sr_member_row *m = member_of(op, vote->person);
	struct sr_bundle bundle;
	struct sr_buf body;
	bool fits = false;
	int rc;

	if (m == NULL || m->index == 0 || m->index > op->level->members)
		return sr_fail(e, SR_CORRUPT, "vote of %s, who is no member of epoch %u",
			vote->person, op->board.epoch);
	if (have_share(op, m->index)) /* an approval and a top-up of the same member */
		return 0;
	op->ctx.index = (uint8_t)m->index;
	memcpy(op->ctx.share, op->level->share[m->index - 1], SR_POINT);
	rc = sr_query_key_at(op->ctx.voter, op->r->v->catalogue, vote->person, vote->entry, e);
	if (rc != 0)
		return rc;
	memcpy(op->ctx.vote, vote->statement, SR_ID);
	sr_buf_init_secret(&body);
	rc = sr_object_fetch(op->r->v, vote->pieces, &body, e);
	if (rc == 0)
		rc = bundle_fits(&fits, &bundle, op, vote, sr_buf_view(&body), e);
	if (rc == 0 && !fits)
		rc = blame(op, vote, "the bundle is not what the vote says", e);
	else if (rc == 0)
		rc = take_record(op, vote, &bundle, key, e);
	sr_buf_free(&body);
	return rc;
}

static int too_few(const struct opening *op, struct sr_err *e) {
	const unsigned want = op->want;
	const bool more = op->failed[0] != '\0';

	if (op->stale == 0)
		return sr_fail(e, SR_AUTH, "%zu good pieces, want %u%s%s%s", op->best, want,
			more ? " (" : "", op->failed, more ? ")" : "");
	const bool sealed = op->item.sealed > op->version.room_key_entry;

	return sr_fail(e, SR_DENIED, "the %s at entry %llu%s, %zu topup%s needed%s%s%s",
		sealed ? "item was sealed anew" : "room key was renewed",
		(unsigned long long)(sealed ? op->item.sealed : op->version.room_key_entry),
		sealed ? "" : " (after a restore)", want - op->best,
		want - op->best == 1 ? " is" : "s are", more ? " (" : "", op->failed,
		more ? ")" : "");
}

/* Pieces of the votes of one epoch, which has the item's key: shares of different polynomials do
 * not add up. */
static int gather_epoch(struct opening *op, uint32_t epoch, struct sr_err *e) {
	int rc = fill_epoch(op, epoch, e);

	if (rc != 0 || op->level == NULL) /* one means the other; the analyser cannot see it */
		return rc;
	for (size_t i = 0; i < op->votes.count && rc == 0; i++) {
		const struct sr_vote_row *vote = &op->votes.rows[i];

		if (vote->epoch != epoch || !carries(op, vote))
			continue;
		if (vote->entry < op->version.room_key_entry || vote->entry < op->item.sealed) {
			op->stale++;
			continue;
		}
		for (size_t j = 0; j < op->ask->count && rc == 0; j++)
			if (memcmp(op->ask->records[j].vote, vote->statement, SR_ID) == 0) {
				rc = take_vote(op, vote, op->ask->records[j].key, e);
				break;
			}
	}
	return rc;
}

/* The newest epoch before ${before} that a vote of this grant brings pieces of; 0: none. */
static uint32_t epoch_before(const struct opening *op, uint32_t before) {
	uint32_t epoch = 0;

	for (size_t i = 0; i < op->votes.count; i++)
		if (op->votes.rows[i].epoch < before && op->votes.rows[i].epoch > epoch &&
			carries(op, &op->votes.rows[i]))
			epoch = op->votes.rows[i].epoch;
	return epoch;
}

/* Has ${epoch} shares of the key that the item is sealed to? If not, what its votes bring is for a
 * seal before or after this one. */
static int has_key(bool *out, struct opening *op, uint32_t epoch, struct sr_err *e) {
	int rc = sr_query_board(&op->board, op->r->v->catalogue, op->version.board, epoch, e);

	*out = rc == 0 && op->board.base == op->base;
	for (size_t i = 0; rc == 0 && !*out && i < op->votes.count; i++)
		op->stale += op->votes.rows[i].epoch == epoch && carries(op, &op->votes.rows[i]);
	return rc;
}

/* Nobody gave a piece for this key yet: how many it takes, of the request's epoch, or of the
 * present one when the board has a new key since. */
static int none_given(struct opening *op, struct sr_err *e) {
	bool same = false;
	int rc = has_key(&same, op, op->version.epoch, e);

	if (rc == 0)
		rc = fill_epoch(op, same ? op->version.epoch : 0, e);
	if (rc != 0 || op->level == NULL)
		return rc;
	op->want = op->level->quorum;
	return too_few(op, e);
}

/* Enough good pieces of one epoch. After a reshare there may be some of two: approvals of before,
 * and topups of those who sit now; after a new key those of before are for another seal. */
static int gather(struct opening *op, struct sr_err *e) {
	bool given = false, same = false;

	for (uint32_t epoch = epoch_before(op, UINT32_MAX); epoch != 0;
		epoch = epoch_before(op, epoch)) {
		int rc = has_key(&same, op, epoch, e);

		if (rc == 0 && !same)
			continue;
		if (rc == 0)
			rc = gather_epoch(op, epoch, e);
		if (rc != 0 || op->level == NULL || op->good >= op->level->quorum)
			return rc;
		if (!given) {
			op->best = op->good;
			op->want = op->level->quorum;
			given = true;
		}
	}
	return given ? too_few(op, e) : none_given(op, e);
}

/* --- opening --- */

static int opened_new(struct opened **out, const struct sr_checkout_row *c, struct sr_err *e) {
	struct opened *o = calloc(1, sizeof *o);

	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "room: out of memory");
	memcpy(o->checkout, c->id, SR_ID);
	memcpy(o->item, c->item, SR_ID);
	o->has_grant = c->has_grant;
	memcpy(o->grant, c->grant, SR_ID);
	snprintf(o->person, sizeof o->person, "%s", c->person);
	snprintf(o->right, sizeof o->right, "%s", c->right);
	snprintf(o->form, sizeof o->form, "%s", c->form);
	*out = o;
	return 0;
}

static int open_part(uint8_t part[SR_PART], struct opening *op, struct sr_err *e) {
	uint8_t xr[SR_POINT];
	int rc = op->level == NULL
			 ? sr_fail(e, SR_MISUSE, "room: no pieces were gathered")
			 : sr_piece_combine(xr, op->shares, op->good, op->level->quorum, e);

	if (rc == 0)
		rc = sr_tdh2_open(part, &op->ctx.key, &op->sealed, xr, e);
	sr_wipe(xr, sizeof xr);
	return rc;
}

int room_lend(struct sr_room *r, const struct sr_room_open *ask,
	int (*use)(void *ctx, const struct room_lent *l, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct opening *op = calloc(1, sizeof *op);
	uint8_t *part = NULL;
	int rc;

	if (op == NULL)
		return sr_fail(e, SR_NOMEM, "room: out of memory");
	op->r = r;
	op->ask = ask;
	sr_buf_init(&op->env_file);
	sr_buf_init_secret(&op->room_sk);
	rc = load(op, e);
	if (rc == 0)
		rc = gather(op, e);
	if (rc == 0 && (part = sr_secret_new(SR_PART, e)) == NULL)
		rc = sr_fail(e, SR_LIMIT, "room: the arena for secrets is full");
	if (rc == 0)
		rc = open_part(part, op, e);
	if (rc == 0)
		rc = use(ctx,
			&(struct room_lent){&op->checkout, &op->version, &op->item, &op->env, part},
			e);
	sr_secret_free(part, SR_PART);
	opening_free(op);
	return rc;
}

struct showing {
	struct sr_room *r;
	struct opened *o;
};

static int show(void *ctx, const struct room_lent *l, struct sr_err *e) {
	struct showing *s = ctx;
	int rc;

	if (strcmp(l->checkout->right, "reseal") == 0)
		return sr_fail(e, SR_DENIED,
			"this checkout is for sealing the item anew: nothing of it is shown");
	rc = opened_new(&s->o, l->checkout, e);
	if (rc == 0)
		rc = room_item(&s->o->it, s->r, l->env, l->part, e);
	if (rc != 0) {
		opened_free(s->o);
		s->o = NULL;
	}
	return rc;
}

int sr_room_open(struct sr_room *r, const struct sr_room_open *ask, struct sr_err *e) {
	struct showing s = {.r = r};
	int rc = sr_door_sweep(r->v, NULL, e);

	if (rc == 0)
		rc = room_find(&s.o, r, ask->checkout, ask->person, e);
	if (rc != SR_NOTFOUND)
		return rc; /* open already, or an error */
	sr_err_clear(e);
	rc = room_lend(r, ask, show, &s, e);
	return rc == 0 ? room_admit(r, s.o, e) : rc;
}

/* --- held items --- */

static int is_curator(struct sr_room *r, const char *person, struct sr_err *e) {
	struct sr_person_row p = {0};
	int rc = sr_query_person(&p, r->v->catalogue, person, e);
	unsigned roles = p.roles;

	sr_person_row_free(&p);
	if (rc == SR_NOTFOUND || (rc == 0 && (roles & SR_ROLE_CURATOR) == 0))
		return sr_fail(e, SR_DENIED, "%s is not a curator here", person);
	return rc;
}

/* Whose part may be handed out. It is not taken back, so a seal stops it here whatever rules the
 * board has (DESIGN 6a); its use is asked of the rules as well, by checkout and by release. */
static int held_item(
	struct sr_item_row *item, struct sr_room *r, const uint8_t id[SR_ID], struct sr_err *e) {
	int rc = sr_query_item(item, r->v->catalogue, id, e);

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "no such item");
	if (rc == 0 && item->state != SR_S_HELD)
		rc = sr_fail(e, SR_DENIED, "the item is %s: curators look at held items",
			sr_state_name(item->state));
	if (rc == 0 && (item->flags & (SR_ITEM_REFERRAL | SR_ITEM_SEALED)) != 0)
		rc = sr_fail(e, SR_DENIED,
			"the item is marked for referral or sealed: nobody looks at it");
	return rc;
}

int sr_room_quarantine(struct sr_room *r, const uint8_t id[SR_ID], const char *curator,
	struct sr_buf *boxed, struct sr_err *e) {
	struct sr_held_place at = {.number = 0};
	struct sr_held_open how = {
		.quarantine_key = r->v->keys->s->quarantine_key, .curator = curator};
	struct sr_item_row item = {0};
	char name[2 * SR_ID + 1];
	struct sr_buf sealed;
	int rc = is_curator(r, curator, e);

	sr_buf_init_secret(&sealed);
	if (rc == 0)
		rc = held_item(&item, r, id, e);
	if (rc != 0)
		goto out;
	memcpy(at.vault, r->v->fingerprint, SR_HASH);
	memcpy(at.item, id, SR_ID);
	at.number = item.number;
	sr_hex(name, id, SR_ID);
	rc = sr_secrets_get(
		r->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name), item.number, &sealed, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND,
			"its quarantine seal is gone (backups carry none): it cannot be looked at "
			"or released; deposit it anew");
	how.sealed = sr_buf_view(&sealed);
	if (rc == 0)
		rc = sr_held_open_outer(boxed, &at, &how, e);
	if (rc == SR_NOTFOUND && sealed.len > 0)
		rc = sr_fail(e, SR_DENIED,
			"it has no box to %s, who became a curator (or got a new key) later: a "
			"curator who has one shares it (held share)",
			curator);
out:
	sr_item_row_free(&item);
	sr_buf_free(&sealed);
	return rc;
}

/* A look is a checkout of right quarantine: on the record before anything is decrypted. */
static int held_checkout(struct sr_checkout_row *c, struct sr_room *r,
	const uint8_t checkout[SR_ID], const char *curator, struct sr_err *e) {
	int rc = sr_query_checkout(c, r->v->catalogue, checkout, e);

	if (rc == SR_NOTFOUND || (rc == 0 && strcmp(c->person, curator) != 0))
		return sr_fail(e, SR_NOTFOUND, "%s has no such checkout", curator);
	if (rc == 0 && c->has_grant)
		rc = sr_fail(e, SR_DENIED,
			"a checkout of right %s opens with votes, not with a part", c->right);
	if (rc == 0)
		rc = is_curator(r, curator, e);
	if (rc == 0)
		rc = room_live(r, c, sr_room_now(r), e);
	return rc == 0 ? witnessed(r, c, e) : rc;
}

int sr_room_open_held(struct sr_room *r, const uint8_t checkout[SR_ID], const char *curator,
	const uint8_t part[SR_PART], struct sr_err *e) {
	struct sr_checkout_row c;
	struct sr_item_row item = {0};
	struct sr_envelope env;
	struct opened *o = NULL;
	struct sr_buf file;
	int rc = sr_door_sweep(r->v, NULL, e);

	if (rc == 0)
		rc = room_find(&o, r, checkout, curator, e);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	sr_buf_init(&file);
	rc = held_checkout(&c, r, checkout, curator, e);
	if (rc == 0)
		rc = held_item(&item, r, c.item, e);
	if (rc == 0)
		rc = room_envelope(&env, &file, r, &item, e);
	if (rc == 0)
		rc = opened_new(&o, &c, e);
	if (rc == 0) {
		rc = room_item(&o->it, r, &env, part, e);
		if (rc != 0)
			opened_free(o);
	}
	sr_item_row_free(&item);
	sr_buf_free(&file);
	return rc == 0 ? room_admit(r, o, e) : rc;
}
