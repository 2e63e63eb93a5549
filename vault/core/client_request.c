/*
 * Requests and new versions of them, from what a person asks to the statement. See client.h.
 *
 * What the server says about items (their level) only makes the request's own line `level`; voters
 * check it against the seals. The request key is derived, never stored: whoever has the identity
 * has it again.
 */
#include "base/escape.h"
#include "board/kinds.h"
#include "catalogue/lists.h"
#include "core/client_in.h"
#include "crypto/hash.h"
#include "ledger/card.h"

static int by_word(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int sr_words_sorted(const char ***out, size_t *count, const char *const *words, struct sr_err *e) {
	const char **list = NULL;
	size_t n = 0;

	*out = NULL;
	*count = 0;
	while (words != NULL && words[n] != NULL)
		n++;
	if (n == 0)
		return 0;
	list = calloc(n, sizeof *list);
	if (list == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for %zu words", n);
	for (size_t i = 0; i < n; i++)
		list[i] = words[i];
	qsort(list, n, sizeof *list, by_word);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(list[i - 1], list[i]) == 0) {
			char shown[80];

			sr_escape_to(shown, sizeof shown, sr_bytes_str(list[i]));
			free(list);
			return sr_fail(e, SR_USAGE, "%s is given twice", shown);
		}
	}
	*out = list;
	*count = n;
	return 0;
}

static int put_sorted(
	struct sr_writ *d, const char *key, const char *const *words, struct sr_err *e) {
	const char **list = NULL;
	size_t n = 0;
	const int rc = sr_words_sorted(&list, &n, words, e);

	for (size_t i = 0; i < n; i++)
		sr_text_put(&d->text, key, list[i]);
	free(list);
	return rc;
}

struct place {                 /* of one item, as the vault lists it */
	uint64_t level, epoch; /* of the board's key that it is sealed to */
	uint8_t board[SR_ID];
};

static int item_place(
	struct sr_client *c, const uint8_t item[SR_ID], struct place *at, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	char hex[2 * SR_ID + 1];
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "item");
	sr_text_put_hex(&q.head, "item", item, SR_ID);
	sr_text_put_dec(&q.head, "limit", 1);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "item");

		rc = row == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no row of it")
				 : sr_row_get_dec(&at->level, row, "level", e);
		if (rc == 0)
			rc = sr_row_get_dec(&at->epoch, row, "key-epoch", e);
		if (rc == 0)
			rc = sr_row_get_id(at->board, SR_ID, row, "board", e);
	}
	sr_hex(hex, item, SR_ID);
	SR_NAMED(rc, e, "item %.12s", hex);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* The board that gave a grant decides what becomes of it, and a renewal at the level it was given
 * at. */
static int grant_place(struct sr_client *c, const uint8_t grant[SR_ID], uint64_t *level,
	uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "grant");
	sr_text_put_hex(&q.head, "grant", grant, SR_ID);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "grant");

		rc = row == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no row of the grant")
				 : sr_row_get_dec(level, row, "level", e);
		if (rc == 0)
			rc = sr_row_get_id(board, SR_ID, row, "board", e);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

struct wanted {       /* the item list of a request */
	uint8_t *ids; /* sorted */
	size_t count;
	uint8_t root[SR_HASH];
	uint64_t level;       /* 0: the board's lowest */
	uint64_t epoch;       /* that the first item was sealed in; 0: none */
	uint8_t board[SR_ID]; /* that decides */
	bool keyed;           /* an approval carries pieces: not for acts on items */
};

/* What is left under a key before, as the vault lists it: which items, how high, since when. */
static int wanted_left(struct wanted *w, struct sr_client *c, size_t most, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "left");
	sr_text_put_hex(&q.head, "board", w->board, SR_ID);
	sr_text_put_dec(&q.head, "limit", most);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0 && rows.count == 0)
		rc = sr_fail(e, SR_NOTFOUND,
			"no item is left under a key before that nobody asked about");
	if (rc == 0 && rows.count > most)
		rc = sr_fail(
			e, SR_CORRUPT, "%zu items, at most %zu were asked for", rows.count, most);
	if (rc == 0)
		rc = sr_parse_dec(&w->epoch, sr_text_get(&r.text, "epoch"), UINT32_MAX, e);
	if (rc == 0 && (w->ids = malloc(rows.count * SR_ID)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "out of memory for %zu items", rows.count);
	for (size_t i = 0; rc == 0 && i < rows.count; i++) {
		uint64_t level = 0;

		rc = sr_row_get_id(w->ids + w->count++ * SR_ID, SR_ID, &rows.rows[i], "id", e);
		if (rc == 0)
			rc = sr_row_get_dec(&level, &rows.rows[i], "level", e);
		w->level = level > w->level ? level : w->level;
	}
	if (rc == 0)
		rc = sr_request_list_sort(w->ids, w->count, e);
	if (rc == 0)
		rc = sr_request_list_root(w->root, w->ids, w->count, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static int wanted_make(
	struct wanted *w, struct sr_client *c, const struct sr_asking *a, struct sr_err *e) {
	int rc = 0;

	memset(w, 0, sizeof *w);
	w->keyed = strcmp(a->kind, "destroy") != 0;
	memcpy(w->board, a->board != NULL ? a->board : c->info.fingerprint, SR_ID);
	if (a->target != NULL && a->board == NULL)
		rc = grant_place(c, a->target, &w->level, w->board, e);
	if (strcmp(a->kind, "renew") != 0)
		w->level = 0;
	if (rc == SR_NOTFOUND && strcmp(a->kind, "renew") != 0) { /* the seal of an item */
		sr_err_clear(e);
		rc = 0;
	}
	if (rc != 0)
		return rc;
	if (a->left > 0)
		return wanted_left(w, c, a->left, e);
	if (a->item_count == 0)
		return 0;
	if (a->item_count > SR_REQUEST_ITEMS_MAX)
		return sr_fail(e, SR_LIMIT, "%zu items, a request has at most %d: split it",
			a->item_count, SR_REQUEST_ITEMS_MAX);
	w->ids = malloc(a->item_count * SR_ID);
	if (w->ids == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for %zu items", a->item_count);
	memcpy(w->ids, a->items, a->item_count * SR_ID);
	w->count = a->item_count;
	rc = sr_request_list_sort(w->ids, w->count, e);
	if (rc == 0)
		rc = sr_request_list_root(w->root, w->ids, w->count, e);
	for (size_t i = 0; i < w->count && rc == 0; i++) {
		struct place at = {.level = 0};

		rc = item_place(c, w->ids + i * SR_ID, &at, e);
		if (rc == SR_NOTFOUND && !w->keyed) {
			/* Who asks for the end of what is held may not know of it; the board is
			 * then the one they say, and the vault refuses another's items. */
			sr_err_clear(e);
			rc = 0;
			continue;
		}
		if (w->keyed)
			w->level = at.level > w->level ? at.level : w->level;
		if (w->epoch == 0)
			w->epoch = at.epoch;
		if (rc == 0 && i == 0)
			memcpy(w->board, at.board, SR_ID);
		else if (rc == 0 && memcmp(w->board, at.board, SR_ID) != 0)
			rc = sr_fail(e, SR_USAGE,
				"the items are under more than one board: split the request");
	}
	return rc;
}

/* Fields from `kind` to `list`, in the order of the table. */
static void put_what(struct sr_writ *d, const struct sr_client *c, const struct sr_asking *a,
	const struct wanted *w) {
	uint64_t level = c->board->view.level[0], epoch = c->board->view.epoch;

	/* What is left under a key before is sealed anew by those who have shares of that one: the
	 * last epoch that had it, as the log proves. */
	if (strcmp(a->kind, "reseal") == 0 && w->epoch != 0 &&
		sr_proofs_base(&c->proofs, w->board, w->epoch) !=
			sr_proofs_base(&c->proofs, w->board, epoch))
		epoch = sr_proofs_last(&c->proofs, w->board, w->epoch);
	sr_text_put(&d->text, "kind", a->kind);
	sr_text_put_hex(&d->text, "board", w->board, SR_ID);
	sr_text_put_dec(&d->text, "epoch", epoch);
	if (w->level != 0)
		level = w->level;
	/* Rules and the key are for everything that the board decides. */
	else if (a->highest || sr_kind_is(sr_bytes_str(a->kind), SR_KIND_HIGHEST))
		level = c->board->view.level[c->board->view.levels - 1];
	sr_text_put_dec(&d->text, "level", level);
	if (a->closes != 0)
		sr_text_put_time(&d->text, "closes", a->closes);
	if (w->count > 0) {
		sr_statement_put_count_root(&d->text, "items", w->count, w->root);
		sr_writ_object(d, "list", sr_bytes_of(w->ids, w->count * SR_ID));
	}
}

static int put_subject(struct sr_writ *d, const struct sr_asking *a, struct sr_err *e) {
	struct sr_card card;
	int rc;

	if (a->subject != NULL)
		sr_text_put(&d->text, "subject", a->subject);
	if (a->card == NULL || a->subject != NULL)
		return 0;
	rc = sr_card_read(&card, a->card->card, e);
	if (rc == 0)
		sr_text_put(&d->text, "subject", card.person);
	SR_NAMED(rc, e, "card");
	return rc;
}

/* Members and quorums, in the order of the table. */
static int put_seats(struct sr_writ *d, const struct sr_seats *s, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < s->levels; i++)
		sr_text_putf(&d->text, "quorum", "%llu %llu", (unsigned long long)s->quorum[i][0],
			(unsigned long long)s->quorum[i][1]);
	for (size_t i = 0; s->member != NULL && s->member[i] != NULL; i++)
		sr_text_put(&d->text, "member", s->member[i]);
	for (size_t i = 0; i < s->newcomers && rc == 0; i++) {
		struct sr_card card;

		rc = sr_card_read(&card, s->newcomer[i].card, e);
		if (rc == 0)
			sr_text_put(&d->text, "member", card.person);
		SR_NAMED(rc, e, "card of new member %zu", i + 1);
	}
	for (size_t i = 0; i < s->newcomers && rc == 0; i++)
		sr_writ_card(d, "newcomer", &s->newcomer[i]);
	for (size_t i = 0; s->dealer != NULL && s->dealer[i] != NULL; i++)
		sr_text_put(&d->text, "dealer", s->dealer[i]);
	if (s->standby)
		sr_text_put(&d->text, "standby", "yes");
	return rc;
}

static int put_rest(struct sr_writ *d, const struct sr_client *c, const struct sr_asking *a,
	const uint8_t request[SR_ID], const struct wanted *w, struct sr_err *e) {
	uint8_t sk[SR_X_SK], pk[SR_X_PK], collection[SR_ID], board[SR_ID], set[SR_HASH];
	int rc = put_sorted(d, "form", a->forms, e);

	for (size_t i = 0; a->purposes != NULL && a->purposes[i] != NULL; i++)
		sr_text_put(&d->text, "purpose", a->purposes[i]);
	if (a->ends != 0)
		sr_text_put_time(&d->text, "ends", a->ends);
	if (rc == 0)
		rc = put_sorted(d, "person", a->people, e);
	if (w->keyed && w->count > 0) {
		sr_client_request_key(c, request, sk, pk);
		sr_text_put_base64(&d->text, "key", pk, SR_X_PK);
		sr_wipe(sk, sizeof sk);
	}
	if (a->recipient != NULL)
		sr_text_put(&d->text, "recipient", a->recipient);
	if (a->target != NULL)
		sr_text_put_hex(&d->text, "target", a->target, SR_ID);
	if (a->target == NULL && strcmp(a->kind, "board") == 0) {
		sr_random(board, SR_ID);
		sr_text_put_hex(&d->text, "target", board, SR_ID);
	}
	if (rc == 0)
		rc = put_subject(d, a, e);
	if (a->from != 0)
		sr_text_put_dec(&d->text, "from", a->from);
	if (a->name != NULL) {
		sr_random(collection, SR_ID);
		sr_text_put_hex(&d->text, "collection", collection, SR_ID);
		sr_text_put(&d->text, "dedupe", a->dedupe != NULL ? a->dedupe : "collection");
	}
	for (size_t i = 0; a->roles != NULL && a->roles[i] != NULL; i++)
		sr_text_put(&d->text, "role", a->roles[i]);
	if (a->card != NULL)
		sr_writ_card(d, "card", a->card);
	if (rc == 0 && a->seats != NULL)
		rc = put_seats(d, a->seats, e);
	if (a->rules.p != NULL) {
		sr_sha256(set, a->rules.p, a->rules.len);
		sr_writ_object(d, "rules", a->rules);
		sr_text_put_hex(&d->text, "set", set, SR_HASH);
	}
	if (a->set != NULL)
		sr_text_put_hex(&d->text, "set", a->set, SR_HASH);
	sr_writ_string(d, "name", a->name);
	sr_writ_string(d, "project", a->project);
	sr_writ_string(d, "authority", a->authority);
	sr_writ_string(d, "instruction", a->instruction);
	sr_writ_string(d, "reason", a->reason);
	return rc;
}

int sr_client_request(struct sr_client *c, const struct sr_asking *a, uint8_t request[SR_ID],
	struct sr_submitted *out, struct sr_err *e) {
	struct wanted w = {0};
	struct sr_writ d = {0};
	uint8_t id[SR_ID];
	uint64_t version = 0;
	int rc = sr_client_signer(c, e);

	if (rc == 0)
		rc = wanted_make(&w, c, a, e);
	if (rc == 0)
		rc = sr_client_board_need(c, w.board, true, e);
	sr_random(id, SR_ID);
	if (a->amend != NULL)
		memcpy(id, a->amend, SR_ID);
	if (rc == 0 && a->amend != NULL)
		rc = sr_client_version(c, id, &version, e);
	version++; /* the vault refuses any but the next */
	if (rc == 0)
		rc = sr_writ_begin(
			&d, c, a->amend != NULL ? SR_T_AMEND : SR_T_REQUEST, a->until, e);
	if (rc != 0)
		goto out;
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", version);
	put_what(&d, c, a, &w);
	rc = put_rest(&d, c, a, id, &w, e);
	if (rc == 0)
		rc = sr_client_submit(c, &d, out, e);
	if (rc == 0)
		memcpy(request, id, SR_ID);
out:
	free(w.ids);
	sr_writ_free(&d);
	return rc;
}

/* --- items that came later --- */

/* What the vault says that it may add, sorted by us: the statement is refused if it may not. */
static int new_items(uint8_t **ids, size_t *count, const struct sr_rows *rows, struct sr_err *e) {
	uint8_t *all = malloc((rows->count + 1) * SR_ID);
	size_t n = 0;
	int rc = all == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	for (size_t i = 0; rc == 0 && i < rows->count; i++)
		if (sr_row_is(&rows->rows[i], "new"))
			rc = sr_row_get_id(all + n++ * SR_ID, SR_ID, &rows->rows[i], "id", e);
	if (rc == 0 && n == 0)
		rc = sr_fail(e, SR_NOTFOUND,
			"nothing came into these collections that the grant may be extended to");
	if (rc != 0) {
		free(all);
		return rc;
	}
	*ids = all;
	*count = n;
	return 0;
}

static int given_items(
	uint8_t **ids, size_t *count, const struct sr_extending *x, struct sr_err *e) {
	*ids = malloc(x->item_count * SR_ID + 1);
	if (*ids == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for %zu items", x->item_count);
	memcpy(*ids, x->items, x->item_count * SR_ID);
	*count = x->item_count;
	return 0;
}

static int extend(struct sr_client *c, const struct sr_extending *x, const struct sr_row *grant,
	struct sr_bytes ids, uint64_t number, struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ d = {0};
	uint8_t request[SR_ID], root[SR_HASH];
	uint64_t version = 0;
	int rc = sr_row_get_id(request, SR_ID, grant, "request", e);

	if (rc == 0)
		rc = sr_row_get_dec(&version, grant, "version", e);
	if (rc == 0)
		rc = sr_request_list_root(root, ids.p, ids.len / SR_ID, e);
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_EXTEND, 0, e);
	if (rc == 0) {
		sr_text_put_hex(&d.text, "grant", x->grant, SR_ID);
		sr_text_put_hex(&d.text, "request", request, SR_ID);
		sr_text_put_dec(&d.text, "version", version);
		sr_text_put_dec(&d.text, "number", number);
		sr_statement_put_count_root(&d.text, "items", ids.len / SR_ID, root);
		sr_writ_object(&d, "list", ids);
		sr_writ_string(&d, "reason", x->reason);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}

int sr_client_extend(struct sr_client *c, const struct sr_extending *x, uint64_t *number,
	size_t *count, struct sr_submitted *out, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	uint8_t *ids = NULL;
	int rc = sr_client_signer(c, e);

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "grant");
	sr_text_put_hex(&q.head, "grant", x->grant, SR_ID);
	if (x->items == NULL)
		sr_text_put(&q.head, "new", "yes");
	if (rc == 0)
		rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0)
		rc = sr_parse_dec(number, sr_text_get(&r.text, "extension"), INT64_MAX, e);
	if (rc == 0)
		rc = x->items == NULL ? new_items(&ids, count, &rows, e)
				      : given_items(&ids, count, x, e);
	if (rc == 0)
		rc = sr_request_list_sort(ids, *count, e);
	const struct sr_row *grant = rc == 0 ? sr_rows_first(&rows, "grant") : NULL;
	if (rc == 0)
		rc = grant == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no row of the grant")
				   : extend(c, x, grant, sr_bytes_of(ids, *count * SR_ID), *number,
					     out, e);
	free(ids);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}
