/*
 * What a voter's client does before and while it makes pieces. See client.h; DESIGN 5 "A yes-vote",
 * "Order of trust".
 *
 * Built from request.material, and only of what is proven there:
 *   request or amend   in the log, signed by the applicant, whose key a `person` statement
 *                      introduced
 *   room-key           in the log, signed by the room key of found, `of` the hash of exactly that
 *                      version; the newest one (a restore renews it)
 *   join               of each co-applicant, signed by them; their request keys; the applicant's is
 *                      in the request
 *   list               has the count and root that the request signs
 *   seals              one for each item, in that order; checked by sr_tdh2_check under the level's
 *                      P before any piece
 * Readers are in the order of vault/room/room.h: the applicant, then co-applicants in byte order of
 * their names.
 *
 * A vault that makes new room keys at will gains nothing: it can always make one, and whoever gives
 * it pieces, by approval or topup, decides afresh and signs the hash of the request.
 *
 * The vote names the room key that its pieces are for: when a restore renews it while the vote is
 * on its way, the door tells the voter to vote again instead of taking pieces that blame them
 * later.
 *
 * Nothing secret is touched before all of it holds: shares are recomputed from the dealings at the
 * last moment and wiped.
 */
#include "board/invariants.h"
#include "board/pieces.h"
#include "catalogue/lists.h"
#include "catalogue/seals.h"
#include "core/ballot.h"

static const char KIND[] = "item"; /* of seals of items: intake/deposit.c, room */

void sr_ballot_free(struct sr_ballot *b) {
	if (b == NULL)
		return;
	free(b->items);
	free(b->seals);
	sr_buf_free(&b->titles);
	free(b);
}

const struct sr_ballot_view *sr_ballot_view(const struct sr_ballot *b) {
	return &b->view;
}

/* Whose shares its pieces are made with. */
static const struct sr_client_board *board_of(const struct sr_ballot *b) {
	return b->former != 0 ? b->client->former : b->client->board;
}

/* --- the request ------------------------------------------------------------------------------ */

const struct sr_proven *sr_client_version_of(
	const struct sr_proofs *p, const uint8_t request[SR_ID], uint64_t version) {
	static const enum sr_type_id types[] = {SR_T_REQUEST, SR_T_AMEND};
	const struct sr_proven *best = NULL;
	uint64_t best_version = 0;
	char hex[2 * SR_ID + 1];

	sr_hex(hex, request, SR_ID);
	for (size_t t = 0; t < 2; t++) {
		const struct sr_proven *pr;

		for (size_t n = 0;
			(pr = sr_proofs_find(p, types[t], "request", sr_bytes_str(hex), n)) != NULL;
			n++) {
			uint64_t v = 0;

			if (sr_field_dec(&v, &pr->entry.statement, "version", 0, NULL) != 0 ||
				(version != 0 && v != version))
				continue;
			if (best == NULL || v > best_version) {
				best = pr;
				best_version = v;
			}
		}
	}
	return best;
}

int sr_client_request_board(uint8_t board[SR_ID], const struct sr_client *c,
	const uint8_t request[SR_ID], uint64_t version, struct sr_err *e) {
	const struct sr_proven *pr = sr_client_version_of(&c->proofs, request, version);
	const int rc = sr_proofs_need(pr, "request", e);

	return rc != 0 ? rc : sr_field_id(board, &pr->entry.statement, "board", 0, e);
}

/* Did whoever asked lose roles after they had asked? The request ended with that. */
static bool ended_since(const struct sr_proofs *p, const char *person, uint64_t index) {
	for (size_t i = 0; i < p->ended.count; i++)
		if (p->ended.rows[i].index > index && strcmp(p->ended.rows[i].person, person) == 0)
			return true;
	return false;
}

static int take_request(
	struct sr_ballot *b, const uint8_t request[SR_ID], uint64_t version, struct sr_err *e) {
	const struct sr_proofs *p = &b->client->proofs;
	struct sr_ballot_view *v = &b->view;
	const struct sr_known *who;
	int rc;

	b->request = sr_client_version_of(p, request, version);
	rc = sr_proofs_need(b->request, "request", e);
	if (rc != 0 || b->request == NULL)
		return rc;
	const struct sr_statement *s = &b->request->entry.statement;
	memcpy(v->request, request, SR_ID);
	memcpy(v->hash, s->hash, SR_HASH);
	v->entry = &b->request->entry;
	rc = sr_field_id(v->board, s, "board", 0, e);
	if (rc == 0 &&
		(b->client->board == NULL || memcmp(v->board, b->client->board->id, SR_ID) != 0))
		rc = sr_fail(e, SR_AUTH, "the board shown is not the one that the request asks");
	b->former = sr_client_former_epoch(b->client, request, version);
	if (rc == 0 && b->former != 0 &&
		(b->client->former == NULL || b->client->former->dkg.epoch != b->former))
		rc = sr_fail(e, SR_AUTH, "the board of epoch %llu, which had the key, is not shown",
			(unsigned long long)b->former);
	if (rc != 0)
		return rc;
	rc = sr_field_dec(&v->version, s, "version", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&v->epoch, s, "epoch", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&v->level, s, "level", 0, e);
	v->pieces = sr_field_count(s, "key") > 0;
	if (rc != 0 || !v->pieces)
		return rc;
	who = sr_proofs_person(p, s->head.actor);
	if (who != NULL &&
		who->rekeyed > b->request->index) /* its request key is of the seed before */
		b->ended = 1;
	const char *words = "";
	const unsigned want = sr_invariants_readers(sr_field(s, "kind", 0), &words);
	if (who != NULL && (who->roles & want) == 0 &&
		ended_since(p, who->person, b->request->index))
		return sr_fail(e, SR_DENIED,
			"the applicant %s is not %s here any more, so nobody votes on it",
			s->head.actor, words);
	if (who == NULL || (who->roles & want) == 0)
		return sr_fail(e, SR_AUTH,
			"nothing shows that the applicant %s is %s of this vault", s->head.actor,
			words);
	return 0;
}

static int take_room_key(struct sr_ballot *b, struct sr_err *e) {
	const struct sr_proven *pr = sr_proofs_room_key(&b->client->proofs, b->view.hash);
	uint8_t id[SR_ID];
	uint64_t version = 0;
	int rc = sr_proofs_need(pr, "room key of exactly this version", e);

	if (rc != 0 || pr == NULL)
		return rc;
	const struct sr_statement *s = &pr->entry.statement;
	rc = sr_field_id(id, s, "request", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&version, s, "version", 0, e);
	if (rc == 0 && (memcmp(id, b->view.request, SR_ID) != 0 || version != b->view.version ||
			       pr->index < b->request->index))
		rc = sr_fail(e, SR_AUTH,
			"the room key (entry %llu) is of another request or version",
			(unsigned long long)pr->index);
	return rc == 0 ? sr_field_key(b->room, s, "key", 0, e) : rc;
}

/* The join of one co-applicant; not there: no key, and no approval. */
static int take_join(struct sr_ballot *b, size_t at, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	const struct sr_proven *pr;

	sr_hex(hex, b->view.request, SR_ID);
	for (size_t n = 0;; n++) {
		pr = sr_proofs_find(&b->client->proofs, SR_T_JOIN, "request", sr_bytes_str(hex), n);
		if (pr == NULL)
			return 0;
		if (strcmp(pr->entry.statement.head.actor, b->view.reader[at]) != 0)
			continue;
		int rc = sr_proofs_need(pr, "join of a co-applicant", e);
		if (rc == 0)
			rc = sr_field_key(b->readers[at], &pr->entry.statement, "key", 0, e);
		if (rc == 0) {
			b->key[at] = true;
			b->joined_at = pr->index;
			b->view.joined++;
		}
		return rc;
	}
}

static int take_readers(struct sr_ballot *b, struct sr_err *e) {
	const struct sr_statement *s = &b->request->entry.statement;
	const size_t n = sr_field_count(s, "person");
	const char *words = "";
	const unsigned want = sr_invariants_readers(sr_field(s, "kind", 0), &words);
	int rc = sr_field_key(b->readers[0], s, "key", 0, e);

	if (rc != 0)
		return rc;
	if (n + 1 > SR_REQUEST_PEOPLE_MAX)
		return sr_fail(e, SR_LIMIT, "%zu people in the request, at most %d", n + 1,
			SR_REQUEST_PEOPLE_MAX);
	snprintf(b->view.reader[0], SR_PERSON_TEXT, "%s", s->head.actor);
	b->key[0] = true;
	for (size_t i = 0; i < n && rc == 0; i++) {
		sr_view_str(b->view.reader[i + 1], SR_PERSON_TEXT, sr_field(s, "person", i));
		const struct sr_known *who =
			sr_proofs_person(&b->client->proofs, b->view.reader[i + 1]);
		rc = take_join(b, i + 1, e);
		if (who == NULL || (who->roles & want) == 0 ||
			(b->key[i + 1] && who->rekeyed > b->joined_at))
			b->ended = (uint8_t)(i + 2);
	}
	b->view.reader_count = n + 1;
	return rc;
}

/* --- items and seals -------------------------------------------------------------------------- */

static int take_list(
	struct sr_ballot *b, const struct sr_rows *rows, struct sr_bytes *ids, struct sr_err *e) {
	const struct sr_row *row = sr_rows_first(rows, "list");
	uint8_t want[SR_HASH], have[SR_HASH];
	uint64_t count = 0;
	const struct sr_proven *by = b->extension != NULL ? b->extension : b->request;
	int rc = sr_field_count_root(&count, want, &by->entry.statement, "items", e);

	if (rc == 0 && row == NULL)
		rc = sr_fail(e, SR_AUTH, "the vault withholds the list of items");
	if (rc != 0 || row == NULL)
		return rc;
	*ids = sr_row_get(row, "body");
	rc = sr_request_list_check(*ids, e);
	if (rc == 0 && ids->len / SR_ID != count)
		rc = sr_fail(e, SR_AUTH, "the list has %zu items, the request was signed for %llu",
			ids->len / SR_ID, (unsigned long long)count);
	if (rc == 0)
		rc = sr_request_list_root(have, ids->p, ids->len / SR_ID, e);
	if (rc == 0 && memcmp(have, want, SR_HASH) != 0)
		rc = sr_fail(
			e, SR_AUTH, "the list of items is not the one that the applicant signed");
	return rc;
}

static int take_seal(struct sr_ballot *b, size_t i, const uint8_t *id, const struct sr_row *row,
	struct sr_err *e) {
	struct sr_ballot_item *it = &b->items[i];
	const struct sr_bytes seal = sr_row_get(row, "seal"), title = sr_row_get(row, "title");
	uint64_t key_epoch = 0;
	char hex[2 * SR_ID + 1];
	int rc = sr_row_get_id(it->id, SR_ID, row, "item", e);

	sr_hex(hex, id, SR_ID);
	if (rc == 0 && memcmp(it->id, id, SR_ID) != 0)
		rc = sr_fail(e, SR_AUTH,
			"item %zu of the list is %.12s, its seal is of another item", i + 1, hex);
	if (rc == 0)
		rc = sr_row_get_dec(&it->number, row, "number", e);
	if (rc == 0)
		rc = sr_row_get_dec(&it->level, row, "level", e);
	if (rc == 0)
		rc = sr_row_get_dec(&key_epoch, row, "key-epoch", e);
	it->other_key = sr_proofs_base(&b->client->proofs, b->view.board, key_epoch) !=
			sr_proofs_base(&b->client->proofs, b->view.board, board_of(b)->dkg.epoch);
	it->destroyed = sr_row_get(row, "destroyed").p != NULL;
	if (rc == 0 && b->view.pieces && !it->destroyed && seal.len != SR_SEAL)
		rc = sr_fail(e, SR_CORRUPT, "seal of item %.12s: want %d bytes, have %zu", hex,
			SR_SEAL, seal.len);
	if (rc != 0)
		return rc;
	if (seal.len == SR_SEAL)
		memcpy(b->seals + i * SR_SEAL, seal.p, SR_SEAL);
	it->title = sr_bytes_of(
		b->titles.p + b->titles.len, title.len); /* room for all of them was made */
	sr_buf_put_bytes(&b->titles, title);
	return sr_buf_ok(&b->titles, e);
}

static int room_for_titles(struct sr_ballot *b, const struct sr_rows *rows, struct sr_err *e) {
	size_t all = 1;

	for (size_t i = 0; i < rows->count; i++)
		if (sr_row_is(&rows->rows[i], "seal"))
			all += sr_row_get(&rows->rows[i], "title").len;
	return sr_buf_reserve(&b->titles, all, e);
}

static bool level_known(const struct sr_client_board *b, uint64_t level) {
	for (size_t i = 0; i < b->view.levels; i++)
		if (b->view.level[i] == level)
			return true;
	return false;
}

static int take_items(struct sr_ballot *b, const struct sr_rows *rows, struct sr_err *e) {
	struct sr_bytes ids = {NULL, 0};
	uint64_t highest = 0;
	size_t n = 0;
	int rc = take_list(b, rows, &ids, e);

	if (rc != 0)
		return rc;
	b->view.item_count = ids.len / SR_ID;
	b->items = calloc(b->view.item_count, sizeof *b->items);
	b->seals = calloc(b->view.item_count, SR_SEAL);
	if (b->items == NULL || b->seals == NULL)
		return sr_fail(
			e, SR_NOMEM, "ballot: out of memory for %zu items", b->view.item_count);
	rc = room_for_titles(b, rows, e);
	for (size_t i = 0; i < rows->count && rc == 0; i++) {
		if (!sr_row_is(&rows->rows[i], "seal"))
			continue;
		if (n == b->view.item_count)
			return sr_fail(e, SR_AUTH, "more seals than items");
		rc = take_seal(b, n, ids.p + n * SR_ID, &rows->rows[i], e);
		if (rc == 0 && !level_known(board_of(b), b->items[n].level))
			rc = sr_fail(e, SR_AUTH,
				"item %zu is said to be of level %llu, which the board does not "
				"have",
				n + 1, (unsigned long long)b->items[n].level);
		highest = b->items[n].level > highest ? b->items[n].level : highest;
		n++;
	}
	if (rc == 0 && n != b->view.item_count)
		rc = sr_fail(e, SR_AUTH, "the vault withholds seals: %zu of %zu came", n,
			b->view.item_count);
	if (rc == 0 && b->extension == NULL && b->view.pieces && highest < b->view.level)
		rc = sr_fail(e, SR_AUTH, "the request is of level %llu, its items need level %llu",
			(unsigned long long)b->view.level, (unsigned long long)highest);
	if (rc == 0)
		b->view.items = b->items;
	return rc;
}

/* The extension whose items are topped up: of this version, asked by somebody named in it. */
static int take_extension(struct sr_ballot *b, uint64_t number, struct sr_err *e) {
	const struct sr_proven *pr;
	char hex[2 * SR_ID + 1];
	bool reader = false;

	sr_hex(hex, b->view.request, SR_ID);
	for (size_t n = 0;; n++) {
		uint64_t have = 0, version = 0;

		pr = sr_proofs_find(
			&b->client->proofs, SR_T_EXTEND, "request", sr_bytes_str(hex), n);
		if (pr == NULL)
			break;
		if (sr_field_dec(&have, &pr->entry.statement, "number", 0, NULL) == 0 &&
			sr_field_dec(&version, &pr->entry.statement, "version", 0, NULL) == 0 &&
			have == number && version == b->view.version)
			break;
	}
	int rc = sr_proofs_need(pr, "extension", e);
	if (rc != 0 || pr == NULL)
		return rc;
	for (size_t i = 0; i < b->view.reader_count; i++)
		reader = reader || strcmp(pr->entry.statement.head.actor, b->view.reader[i]) == 0;
	if (!reader)
		return sr_fail(e, SR_AUTH, "the extension is of %s, whom the request does not name",
			pr->entry.statement.head.actor);
	b->extension = pr;
	b->view.extension = number;
	return 0;
}

int sr_ballot_build(struct sr_ballot **out, struct sr_client *c, const struct sr_material_ask *ask,
	const struct sr_rows *rows, struct sr_err *e) {
	struct sr_ballot *b = calloc(1, sizeof *b);
	char hex[2 * SR_ID + 1];
	int rc;

	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "ballot: out of memory");
	b->client = c;
	sr_buf_init_secret(&b->titles);
	rc = take_request(b, ask->request, ask->version, e);
	if (rc == 0 && b->view.pieces)
		rc = take_readers(b, e);
	if (rc == 0 && b->view.pieces)
		rc = take_room_key(b, e);
	if (rc == 0 && ask->extension != 0)
		rc = take_extension(b, ask->extension, e);
	if (rc == 0 && sr_field_count(&b->request->entry.statement, "items") > 0)
		rc = take_items(b, rows, e);
	if (rc == 0) {
		*out = b;
		return 0;
	}
	sr_ballot_free(b);
	sr_hex(hex, ask->request, SR_ID);
	SR_NAMED(rc, e, "request %.12s", hex);
	return rc;
}

static int fetch(struct sr_ballot **out, struct sr_client *c, const struct sr_material_ask *what,
	struct sr_err *e) {
	struct sr_material_ask ask = *what;
	struct sr_rows rows = {0};
	struct sr_buf body;
	uint64_t former = 0;
	uint8_t board[SR_ID];
	int rc = sr_client_signer(c, e);

	*out = NULL;
	sr_buf_init_secret(&body);
	ask.since = c->proofs.seen.size;
	if (rc == 0)
		rc = sr_material_fetch(&body, c, &ask, e);
	if (rc == 0)
		rc = sr_rows_parse(&rows, sr_buf_view(&body), e);
	if (rc == 0)
		rc = sr_proofs_add_rows(&c->proofs, &rows, e);
	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	if (rc == 0)
		rc = sr_client_request_board(board, c, ask.request, ask.version, e);
	if (rc == 0)
		rc = sr_client_board_need(c, board, true, e);
	if (rc == 0)
		former = sr_client_former_epoch(c, ask.request, ask.version);
	if (rc == 0 && former != 0)
		rc = sr_client_former_need(c, former, e);
	if (rc == 0)
		rc = sr_ballot_build(out, c, &ask, &rows, e);
	if (rc == 0)
		rc = sr_client_seen(c, true, e);
	sr_rows_free(&rows);
	sr_buf_free(&body);
	return rc;
}

int sr_ballot_fetch(struct sr_ballot **out, struct sr_client *c, const uint8_t request[SR_ID],
	uint64_t version, struct sr_err *e) {
	return fetch(out, c, &(struct sr_material_ask){.request = request, .version = version}, e);
}

int sr_ballot_fetch_extension(struct sr_ballot **out, struct sr_client *c,
	const uint8_t request[SR_ID], uint64_t extension, struct sr_err *e) {
	return fetch(
		out, c, &(struct sr_material_ask){.request = request, .extension = extension}, e);
}

/* --- pieces ----------------------------------------------------------------------------------- */

/* Can whoever approves give a piece of each item? It may have been sealed anew since the request:
 * they decide at the level that it has, under the key that it has; a topup passes over what they
 * cannot open. */
static int items_fit(const struct sr_ballot *b, struct sr_err *e) {
	for (size_t i = 0; i < b->view.item_count; i++) {
		const struct sr_ballot_item *it = &b->items[i];

		if (it->destroyed)
			return sr_fail(e, SR_DENIED,
				"item %zu of the list was destroyed after this request: the "
				"applicant amends it (vote correct)",
				i + 1);
		if (it->other_key)
			return sr_fail(e, SR_DENIED,
				"item %zu of the list is sealed under another key of the board "
				"than your share is of: vote when it is sealed anew (board show "
				"says how many are left)",
				i + 1);
		if (it->level > b->view.level)
			return sr_fail(e, SR_DENIED,
				"the request is of level %llu, its items need level %llu: the "
				"applicant amends it",
				(unsigned long long)b->view.level, (unsigned long long)it->level);
	}
	return 0;
}

static int may_vote(const struct sr_ballot *b, const struct sr_voting *v, bool pieces,
	uint8_t index, struct sr_err *e) {
	const struct sr_client *c = b->client;
	const char *me = c->o.identity->person;
	int rc = 0;

	if (index == 0 && b->former != 0)
		return sr_fail(e, SR_DENIED,
			"%s was not a member of the board in epoch %llu, whose shares open these "
			"items",
			me, (unsigned long long)b->former);
	if (index == 0)
		return sr_fail(e, SR_DENIED, "%s is not a member of the board", me);
	if (b->view.extension != 0 && strcmp(v->decision, "topup") != 0)
		return sr_fail(e, SR_USAGE,
			"the items of an extension are topped up: vote REQUEST "
			"topup --extension N");
	if (b->view.epoch >
		c->board->view.epoch) /* an older one is voted on anew after a reshare */
		return sr_fail(e, SR_DENIED,
			"the request is of epoch %llu, the board is in epoch %llu",
			(unsigned long long)b->view.epoch,
			(unsigned long long)c->board->view.epoch);
	for (size_t i = 0; i < b->view.reader_count; i++)
		if (strcmp(b->view.reader[i], me) == 0)
			return sr_fail(e, SR_DENIED,
				"nobody votes on their own request; another member does");
	if (pieces && b->ended != 0)
		return sr_fail(e, SR_DENIED,
			"nothing shows that %s is a researcher of this vault with the key that the "
			"request has, so no piece is made for them: the applicant amends the "
			"request (amend --without; a vote correct sends it back), or those who "
			"stay make a new one",
			b->view.reader[b->ended - 1]);
	if (pieces && strcmp(v->decision, "approve") == 0)
		rc = items_fit(b, e);
	if (rc != 0)
		return rc;
	if (pieces && b->view.joined + 1 < b->view.reader_count)
		return sr_fail(e, SR_DENIED,
			"%zu of %zu co-applicants have not joined, so no piece can be made for "
			"them",
			b->view.reader_count - 1 - b->view.joined, b->view.reader_count - 1);
	if (strcmp(v->decision, "topup") != 0 &&
		sr_field_count(&b->view.entry->statement, "closes") > 0) {
		int64_t closes = 0;

		if (sr_field_time(&closes, &b->view.entry->statement, "closes", 0, NULL) == 0 &&
			closes <= sr_now(&c->clock))
			return sr_fail(e, SR_DENIED,
				"the request closed before this vote: its applicant asks again");
	}
	return 0;
}

struct making {
	struct sr_ballot *b;
	struct sr_piece_ctx ctx;
	struct sr_sealed *seals; /* all, in order */
	struct sr_sealed *group; /* of one level */
	size_t *where;           /* their places in the order */
	uint8_t *pieces, *some;
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
};

static void ctx_level(struct making *m, size_t level) {
	const struct sr_client_board *board = board_of(m->b);

	memcpy(m->ctx.key.board, board->keys.level[level].board, SR_POINT);
	m->ctx.key.level = board->keys.level[level].level;
	memcpy(m->ctx.share, board->keys.level[level].share[m->ctx.index - 1], SR_POINT);
}

static size_t group_of(struct making *m, size_t level) {
	const struct sr_ballot *b = m->b;
	size_t n = 0;

	for (size_t i = 0; i < b->view.item_count; i++) {
		if (b->items[i].level != board_of(b)->keys.level[level].level ||
			b->items[i].destroyed || b->items[i].other_key)
			continue; /* its record holds nothing */
		m->group[n] = m->seals[i];
		m->where[n++] = i;
	}
	return n;
}

/* Every seal of every level is checked before the secret shares are even computed. */
static int check_seals(struct making *m, struct sr_err *e) {
	int rc = 0;

	for (size_t l = 0; l < board_of(m->b)->keys.levels && rc == 0; l++) {
		const size_t n = group_of(m, l);

		ctx_level(m, l);
		if (n > 0)
			rc = sr_tdh2_check_many(&m->ctx.key, m->group, n, e);
	}
	return rc;
}

static int make_pieces(struct making *m, struct sr_err *e) {
	int rc = check_seals(m, e);

	if (rc == 0)
		rc = sr_client_shares(m->b->client, board_of(m->b), m->ctx.index, m->x, e);
	for (size_t l = 0; l < board_of(m->b)->keys.levels && rc == 0; l++) {
		const size_t n = group_of(m, l);

		if (n == 0)
			continue;
		ctx_level(m, l);
		rc = sr_piece_make_many(m->some, &m->ctx, m->group, n, m->x[l], e);
		for (size_t i = 0; i < n && rc == 0; i++)
			memcpy(m->pieces + m->where[i] * SR_PIECE, m->some + i * SR_PIECE,
				SR_PIECE);
	}
	sr_wipe(m->x, sizeof m->x);
	return rc;
}

static int bundle_root(uint8_t root[SR_HASH], struct sr_bytes bundle, struct sr_err *e) {
	struct sr_bundle b;
	int rc = sr_bundle_parse(&b, bundle, e);

	return rc == 0 ? sr_pieces_root(root, &b, e) : rc;
}

static void making_free(struct making *m) {
	const size_t n = m->b->view.item_count;

	if (m->pieces != NULL)
		sr_wipe(m->pieces, n * SR_PIECE);
	if (m->some != NULL)
		sr_wipe(m->some, n * SR_PIECE);
	free(m->pieces);
	free(m->some);
	free(m->seals);
	free(m->group);
	free(m->where);
	sr_wipe(m->x, sizeof m->x);
	free(m);
}

static int making_new(struct making **out, struct sr_ballot *b, const struct sr_writ *d,
	uint8_t index, struct sr_err *e) {
	struct making *m = calloc(1, sizeof *m);
	const size_t n = b->view.item_count;

	if (m == NULL)
		return sr_fail(e, SR_NOMEM, "vote: out of memory");
	m->b = b;
	m->pieces = calloc(n, SR_PIECE);
	m->some = calloc(n, SR_PIECE);
	m->seals = calloc(n, sizeof *m->seals);
	m->group = calloc(n, sizeof *m->group);
	m->where = calloc(n, sizeof *m->where);
	if (m->pieces == NULL || m->some == NULL || m->seals == NULL || m->group == NULL ||
		m->where == NULL) {
		making_free(m);
		return sr_fail(e, SR_NOMEM, "vote: out of memory for %zu items", n);
	}
	memcpy(m->ctx.key.vault, b->client->info.fingerprint, SR_HASH);
	m->ctx.key.kind = KIND;
	memcpy(m->ctx.transcript, board_of(b)->keys.transcript, SR_HASH);
	m->ctx.epoch = board_of(b)->view.epoch;
	m->ctx.index = index;
	memcpy(m->ctx.voter, b->client->o.identity->pk, SR_PK);
	memcpy(m->ctx.vote, d->id, SR_ID);
	memcpy(m->ctx.request, b->view.hash, SR_HASH);
	memcpy(m->ctx.room, b->room, SR_X_PK);
	m->ctx.readers = (const uint8_t(*)[SR_X_PK])b->readers;
	m->ctx.reader_count = b->view.reader_count;
	for (size_t i = 0; i < n; i++) {
		memcpy(m->seals[i].id, b->items[i].id, SR_ID);
		m->seals[i].number = b->items[i].number;
		m->seals[i].seal = b->seals + i * SR_SEAL;
	}
	*out = m;
	return 0;
}

/* The seals that the pieces were made for, so that they never count for later ones. */
static void seals_hash(uint8_t out[SR_HASH], const struct sr_ballot *b) {
	struct sr_hash h;

	sr_seals_begin(&h, b->view.item_count);
	for (size_t i = 0; i < b->view.item_count; i++)
		sr_seals_add(&h, b->items[i].id, b->items[i].number);
	sr_hash_final(&h, out);
}

/* count, room-key, seals, bundle, pieces */
static int put_pieces(struct sr_writ *d, struct sr_ballot *b, uint8_t index, struct sr_err *e) {
	struct making *m = NULL;
	struct sr_buf bundle;
	uint8_t root[SR_HASH], seals[SR_HASH];
	int rc = making_new(&m, b, d, index, e);

	if (rc != 0)
		return rc;
	sr_buf_init_secret(&bundle);
	rc = make_pieces(m, e);
	if (rc == 0)
		rc = sr_bundle_make(&bundle, &m->ctx, m->seals, m->pieces, b->view.item_count, e);
	if (rc == 0)
		rc = bundle_root(root, sr_buf_view(&bundle), e);
	if (rc == 0) {
		seals_hash(seals, b);
		sr_text_put_dec(&d->text, "count", b->view.item_count);
		sr_text_put_base64(&d->text, "room-key", b->room, SR_X_PK);
		sr_text_put_hex(&d->text, "seals", seals, SR_HASH);
		sr_text_put_hex(&d->text, "bundle", root, SR_HASH);
		sr_writ_object(d, "pieces", sr_buf_view(&bundle));
	}
	sr_buf_free(&bundle);
	making_free(m);
	return rc;
}

/* --- the statement ---------------------------------------------------------------------------- */

/* Forms of an approval: those given, or all that are asked. */
static int put_forms(
	struct sr_writ *d, const struct sr_ballot *b, const struct sr_voting *v, struct sr_err *e) {
	const struct sr_statement *s = &b->view.entry->statement;
	const char **list = NULL;
	size_t n = 0;
	int rc = 0;

	if (v->forms == NULL) {
		for (size_t i = 0; i < sr_field_count(s, "form"); i++) {
			char word[130];

			sr_view_str(word, sizeof word, sr_field(s, "form", i));
			sr_text_put(&d->text, "form", word);
		}
		return 0;
	}
	rc = sr_words_sorted(&list, &n, v->forms, e);
	for (size_t i = 0; i < n; i++)
		sr_text_put(&d->text, "form", list[i]);
	free(list);
	return rc;
}

static int put_trainings(struct sr_writ *d, const struct sr_voting *v, struct sr_err *e) {
	const char **list = NULL;
	size_t n = 0;
	const int rc = sr_words_sorted(&list, &n, v->trainings, e);

	for (size_t i = 0; i < n; i++)
		sr_text_put(&d->text, "training", list[i]);
	free(list);
	return rc;
}

static int fill_vote(struct sr_writ *d, struct sr_ballot *b, const struct sr_voting *v,
	uint8_t index, bool pieces, struct sr_err *e) {
	const bool approve = strcmp(v->decision, "approve") == 0;
	char id[2 * SR_ID + 1], hash[2 * SR_HASH + 1];
	int rc = 0;

	sr_hex(id, b->view.request, SR_ID);
	sr_hex(hash, b->view.hash, SR_HASH);
	sr_text_putf(&d->text, "request", "%s %s", id, hash);
	sr_text_put_dec(&d->text, "version", b->view.version);
	sr_text_put_dec(&d->text, "epoch", board_of(b)->view.epoch);
	sr_text_put(&d->text, "decision", v->decision);
	if (b->view.extension != 0)
		sr_text_put_dec(&d->text, "extension", b->view.extension);
	if (approve || strcmp(v->decision, "topup") == 0)
		rc = put_forms(d, b, v, e);
	if (approve && v->ends != 0)
		sr_text_put_time(&d->text, "ends", v->ends);
	if (rc == 0)
		rc = put_trainings(d, v, e);
	for (size_t i = 0; v->conditions != NULL && v->conditions[i] != NULL; i++)
		sr_writ_string(d, "condition", v->conditions[i]);
	sr_writ_string(d, "reason", v->reason);
	return rc == 0 && pieces ? put_pieces(d, b, index, e) : rc;
}

/* A name of the log is confirmed as this person's client followed it, and no other. */
static int name_is_ours(const struct sr_ballot *b, bool approves, struct sr_err *e) {
	const struct sr_statement *s = &b->request->entry.statement;
	const struct sr_log_link *link = NULL;
	uint8_t want[SR_HASH], have[SR_HASH];
	int rc;

	if (!approves || !sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("adopt")))
		return 0;
	rc = sr_field_hash(want, s, "set", 0, e);
	if (rc == 0)
		rc = sr_client_log_named(have, &link, b->client, e);
	if (rc == 0 && memcmp(want, have, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"the request is about another name of the log than the one that it has "
			"since entry %llu",
			link == NULL ? 0ULL : (unsigned long long)link->from);
	return rc;
}

int sr_ballot_vote(
	struct sr_writ *out, struct sr_ballot *b, const struct sr_voting *v, struct sr_err *e) {
	struct sr_client *c = b->client;
	const bool keyed = strcmp(v->decision, "approve") == 0 || strcmp(v->decision, "topup") == 0;
	struct sr_writ d = {0};
	uint8_t index;
	int rc = sr_client_signer(c, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_client_board_need(c, b->view.board, true, e);
	if (rc == 0 && b->former != 0)
		rc = sr_client_former_need(c, b->former, e);
	if (rc != 0)
		return rc;
	index = sr_client_seat(c, board_of(b));
	rc = may_vote(b, v, keyed && b->view.pieces, index, e);
	if (rc == 0)
		rc = name_is_ours(b, keyed, e);
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_VOTE, v->until, e);
	if (rc == 0)
		rc = fill_vote(&d, b, v, index, keyed && b->view.pieces, e);
	if (rc == 0)
		rc = sr_client_sign(c, &d, e);
	if (rc != 0) {
		sr_writ_free(&d);
		SR_NAMED(rc, e, "vote");
		return rc;
	}
	*out = d;
	return 0;
}
