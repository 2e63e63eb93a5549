/*
 * bundle - all that a voter verifies, as a file for a machine that has no connection to the vault.
 *
 *   offset  size  meaning
 *        0     8  "SRBNDL1\n"
 *        8    32  fingerprint
 *       40     8  le64 since: the size of the ledger from which its receipts prove consistency
 *       48    16  request
 *       64     8  le64 version
 *       72     .  le32 length, rows of board.material and request.material (core/rows.h)
 *        .     .  le32 number of further bodies, each: le32 length, rows `receipt` (what stands
 * behind people whom a quorum made)
 *
 * Nothing in it is believed for being there: reading it is the same as reading the vault's replies.
 * It holds the keys of the entries it shows, so it is as secret as the request.
 */
#include "core/ballot.h"

static const char MAGIC[8] = {'S', 'R', 'B', 'N', 'D', 'L', '1', '\n'};

enum {
	BODIES_MAX = 64
};

/* Receipts of statements by id, as a body of rows appended with its length. */
static int fetch_receipts(struct sr_client *c, const struct sr_buf *ids, uint64_t since,
	struct sr_buf *out, struct sr_err *e) {
	struct sr_call q, r;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "proof");
	for (size_t i = 0; i + SR_ID <= ids->len; i += SR_ID)
		sr_text_put_hex(&q.head, "id", ids->p + i, SR_ID);
	if (since != 0)
		sr_text_put_dec(&q.head, "since", since);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0) {
		sr_buf_put_lp_buf(out, &r.body);
		rc = sr_buf_ok(out, e);
	}
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Requests for roles and boards and their votes that are in the set: they stand behind somebody
 * whom this ballot relies on. */
static void quorum_ids(const struct sr_client *c, const uint8_t except[SR_ID], struct sr_buf *ids) {
	for (size_t i = 0; i < c->proofs.count && ids->len < (size_t)BODIES_MAX * SR_ID; i++) {
		const struct sr_statement *s = &c->proofs.entries[i]->entry.statement;
		uint8_t id[SR_ID] = {0}, hash[SR_HASH];
		const bool request = s->type->id == SR_T_REQUEST || s->type->id == SR_T_AMEND;

		if (request && !sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("role")) &&
			!sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("board")) &&
			!sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("adopt")) &&
			!sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("reshare")) &&
			!sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("rekey")))
			continue;
		if (s->type->id == SR_T_VOTE &&
			sr_field_id_hash(id, hash, s, "request", NULL) == 0 &&
			memcmp(id, except, SR_ID) == 0)
			continue;
		if (request || s->type->id == SR_T_VOTE)
			sr_buf_put(ids, s->head.id, SR_ID);
	}
}

int sr_client_bundle(struct sr_client *c, const uint8_t request[SR_ID], uint64_t version,
	uint64_t since, struct sr_buf *out, struct sr_err *e) {
	struct sr_ballot *b = NULL;
	struct sr_buf ids, more, material;
	int rc = sr_ballot_fetch(&b, c, request, version, e);

	sr_buf_init(&ids);
	sr_buf_init_secret(&more);
	sr_buf_init_secret(&material);
	if (rc == 0) {
		const struct sr_material_ask ask = {.request = request,
			.version = b->view.version,
			.since = since,
			.board = true};
		rc = sr_material_fetch(&material, c, &ask, e);
	}
	/* The board's word on the log's name, which is remembered here and need not be there. */
	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	if (rc == 0) {
		quorum_ids(c, request, &ids);
		rc = sr_buf_ok(&ids, e);
	}
	/* One ledger size for all of it, unless somebody commits in between; then the second
	 * continues the first. */
	if (rc == 0 && ids.len > 0)
		rc = fetch_receipts(c, &ids, c->proofs.seen.size, &more, e);
	if (rc == 0) {
		sr_buf_put(out, MAGIC, sizeof MAGIC);
		sr_buf_put(out, c->info.fingerprint, SR_HASH);
		sr_buf_put_le64(out, since);
		sr_buf_put(out, request, SR_ID);
		sr_buf_put_le64(out, b->view.version);
		sr_buf_put_lp_buf(out, &material);
		sr_buf_put_le32(out, ids.len > 0 ? 1 : 0);
		sr_buf_put_buf(out, &more);
		rc = sr_buf_ok(out, e);
	}
	sr_ballot_free(b);
	sr_buf_free(&ids);
	sr_buf_free(&more);
	sr_buf_free(&material);
	return rc;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct parts {
	uint8_t vault[SR_HASH], request[SR_ID];
	uint64_t since, version;
	struct sr_bytes material;
	struct sr_bytes more[BODIES_MAX];
	uint32_t count;
};

static int parts_read(struct parts *p, struct sr_bytes in, struct sr_err *e) {
	uint8_t magic[sizeof MAGIC];
	struct sr_reader r;
	int rc;

	sr_reader_init(&r, in);
	rc = sr_get(&r, magic, sizeof magic, e);
	if (rc == 0 && memcmp(magic, MAGIC, sizeof MAGIC) != 0)
		rc = sr_fail(e, SR_CORRUPT,
			"it does not begin with SRBNDL1: it is not a bundle of a request");
	if (rc == 0)
		rc = sr_get(&r, p->vault, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le64(&r, &p->since, e);
	if (rc == 0)
		rc = sr_get(&r, p->request, SR_ID, e);
	if (rc == 0)
		rc = sr_get_le64(&r, &p->version, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &p->material, SR_CALL_BODY_MAX, e);
	if (rc == 0)
		rc = sr_get_le32(&r, &p->count, e);
	if (rc == 0 && p->count > BODIES_MAX)
		rc = sr_fail(e, SR_CORRUPT,
			"it announces %u further bodies, a bundle has at most %d: it is damaged, "
			"have it written anew",
			p->count, BODIES_MAX);
	for (uint32_t i = 0; i < p->count && rc == 0; i++)
		rc = sr_get_lp(&r, &p->more[i], SR_CALL_BODY_MAX, e);
	return rc == 0 ? sr_get_end(&r, e) : rc;
}

static int add_body(
	struct sr_client *c, struct sr_bytes body, struct sr_rows *rows, struct sr_err *e) {
	const int rc = sr_rows_parse(rows, body, e);

	return rc == 0 ? sr_proofs_add_rows(&c->proofs, rows, e) : rc;
}

/* What a bundle for somebody with another memory looks like from here: say what to ask for. */
static int check_since(const struct sr_client *c, const struct parts *p, struct sr_err *e) {
	const uint64_t mine = c->proofs.seen.size;

	if (mine == 0 || p->since == mine || c->o.transport.call != NULL)
		return 0;
	return sr_fail(e, SR_AUTH,
		"it proves the ledger from entry %llu on, this machine has verified %llu entries: "
		"have it written with --since %llu",
		(unsigned long long)p->since, (unsigned long long)mine, (unsigned long long)mine);
}

int sr_ballot_read(
	struct sr_ballot **out, struct sr_client *c, struct sr_bytes bundle, struct sr_err *e) {
	struct parts *p = calloc(1, sizeof *p);
	struct sr_rows rows = {0}, more = {0};
	uint64_t former = 0;
	uint8_t board[SR_ID];
	int rc = p == NULL ? sr_fail(e, SR_NOMEM, "bundle: out of memory")
			   : parts_read(p, bundle, e);

	*out = NULL;
	if (rc == 0 && c->o.identity == NULL)
		rc = sr_fail(e, SR_USAGE, "this needs an identity (--as FILE)");
	if (rc == 0 && !c->info.pinned)
		rc = sr_client_pin(c, p->vault, e);
	if (rc == 0 && memcmp(p->vault, c->info.fingerprint, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "it is of another vault than this one");
	if (rc == 0)
		rc = check_since(c, p, e);
	if (rc == 0)
		rc = add_body(c, p->material, &rows, e);
	for (uint32_t i = 0; rc == 0 && i < p->count; i++) {
		rc = add_body(c, p->more[i], &more, e);
		sr_rows_free(&more);
	}
	if (rc == 0 && c->o.transport.call == NULL) /* a connection has judged the log's name */
		rc = sr_client_judge_names(c, e);
	if (rc == 0)
		rc = sr_client_request_board(board, c, p->request, p->version, e);
	if (rc == 0 && (c->board == NULL || memcmp(c->board->id, board, SR_ID) != 0))
		rc = sr_client_board_rows(c, board, &rows, e);
	if (rc == 0 && !c->board->view.opened)
		rc = sr_fail(e, SR_AUTH,
			"it does not show that the board was opened: have it written anew");
	if (rc == 0)
		former = sr_client_former_epoch(c, p->request, p->version);
	if (rc == 0 && former != 0)
		rc = sr_client_former_rows(c, former, &rows, e);
	if (rc == 0)
		rc = sr_ballot_build(out, c,
			&(struct sr_material_ask){.request = p->request, .version = p->version},
			&rows, e);
	if (rc == 0)
		rc = sr_client_seen(c, true, e);
	SR_NAMED(rc, e, "bundle");
	sr_rows_free(&rows);
	free(p);
	return rc;
}
