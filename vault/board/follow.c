/*
 * follow - see follow.h. One function per statement that brings something about; what a quorum
 * decides is in decide.c.
 */
#include "board/follow_in.h"

#include "board/ceremony.h"
#include "board/keys.h"
#include "board/shares.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "ledger/epoch.h"
#include "ledger/founding.h"
#include "ledger/ledger.h"
#include "store/object.h"
#include "store/secrets.h"

void sr_follow_begin(
	struct sr_buf *b, const struct sr_vault *v, enum sr_type_id type, int64_t now) {
	struct sr_head head = {0};

	memcpy(head.vault, v->fingerprint, SR_HASH);
	sr_random(head.id, SR_ID);
	head.time = now;
	snprintf(head.actor, sizeof head.actor, "service");
	sr_statement_begin(b, type, &head);
}

int follow_emit(
	const struct follow_job *j, struct sr_buf *text, const struct sr_submission *parts) {
	static const struct sr_submission none;
	int rc = sr_buf_ok(text, j->e);

	return rc != 0 ? rc
		       : j->f->service(
				 j->f->ctx, parts != NULL ? parts : &none, sr_buf_view(text), j->e);
}

void follow_tell_id(
	const struct follow_job *j, const char *what, const uint8_t id[SR_ID], const char *more) {
	char hex[2 * SR_ID + 1], sentence[96];

	sr_hex(hex, id, SR_ID);
	snprintf(sentence, sizeof sentence, "%s %s%s", what, hex, more);
	j->f->tell(j->f->ctx, sentence);
}

enum {
	FITS = 16 /* entries: of a decision, what it rests on, and what they bring about */
};

bool follow_fits(const struct follow_job *j) {
	return j->f->room(j->f->ctx) >= FITS;
}

/* --- trust and ceremony ----------------------------------------------------------------------- */

static int on_found(const struct follow_job *j) {
	return follow_key_epoch(j);
}

static int on_person(const struct follow_job *j) {
	const struct sr_bytes name = sr_field(j->s, "person", 0);
	char person[SR_PERSON_TEXT];

	snprintf(person, sizeof person, "%.*s", (int)name.len, (const char *)name.p);
	return follow_auditors(j, person);
}

/* The keys' object of a run, and its hash, which is the one that all accepted. */
static int accepted_keys(struct sr_buf *body, uint8_t hash[SR_HASH], struct sr_ceremony_keys *keys,
	const struct follow_job *j, const struct sr_run_row *run) {
	struct sr_dkg *d = calloc(1, sizeof *d);
	int rc = d == NULL ? sr_fail(j->e, SR_NOMEM, "accept: out of memory")
			   : sr_ceremony_run_keys(keys, j->v, run, j->e);

	if (rc == 0 && memcmp(keys->transcript, run->members[0].transcript, SR_HASH) != 0)
		rc = sr_fail(j->e, SR_AUTH,
			"the transcript that all members accepted is not the one the vault "
			"computes");
	if (rc == 0)
		rc = sr_ceremony_run_dkg(d, j->v, run->board, run->run, j->e);
	if (rc == 0) {
		sr_keys_encode(body, d, keys);
		rc = sr_buf_ok(body, j->e);
	}
	sr_keys_hash(hash, sr_buf_view(body));
	if (rc == 0 && memcmp(hash, run->members[0].keys_hash, SR_HASH) != 0)
		rc = sr_fail(j->e, SR_AUTH,
			"the keys that all members accepted are not the ones the vault computes");
	free(d);
	return rc;
}

/* ${type}: opened, or standby. */
static int emit_opened(const struct follow_job *j, enum sr_type_id type,
	const struct sr_run_row *run, const struct sr_ceremony_keys *keys, struct sr_bytes body,
	const uint8_t hash[SR_HASH]) {
	struct sr_door_object object = {.body = body};
	struct sr_submission parts = {.objects = &object, .object_count = 1};
	struct sr_buf text;
	uint8_t id[SR_HASH];
	int rc;

	sr_buf_init(&text);
	sr_random(object.salt, SR_SALT);
	sr_object_id(id, object.salt, body);
	sr_follow_begin(&text, j->v, type, j->f->now);
	sr_text_put_hex(&text, "board", run->board, SR_ID);
	sr_text_put_hex(&text, "run", run->run, SR_ID);
	sr_text_put_hex(&text, "transcript", keys->transcript, SR_HASH);
	sr_text_put_dec(&text, "epoch", run->epoch);
	sr_text_put_hex(&text, "keys", hash, SR_HASH);
	sr_text_put_hex(&text, "public", id, SR_HASH);
	for (size_t i = 0; i < keys->levels; i++) {
		sr_buf_printf(&text, "board-key %u ", keys->level[i].level);
		sr_buf_put_base64(&text, keys->level[i].board, SR_POINT);
		sr_buf_put_u8(&text, '\n');
	}
	rc = follow_emit(j, &text, &parts);
	sr_buf_free(&text);
	return rc;
}

static int on_accept(const struct follow_job *j) {
	struct sr_run_row *run = calloc(1, sizeof *run);
	struct sr_ceremony_keys *keys = calloc(1, sizeof *keys);
	struct sr_standby_row standby;
	struct sr_buf body;
	uint8_t id[SR_ID], hash[SR_HASH];
	bool waits;
	int rc = run == NULL || keys == NULL ? sr_fail(j->e, SR_NOMEM, "accept: out of memory") : 0;

	sr_buf_init(&body);
	if (rc == 0)
		rc = sr_field_id(id, j->s, "run", 0, j->e);
	if (rc == 0)
		rc = sr_query_run(run, j->v->catalogue, id, j->e);
	if (rc != 0)
		goto out;
	for (size_t i = 0; i < run->member_count; i++)
		if (!run->members[i].accepted)
			goto out; /* more to come */
	rc = sr_query_standby(&standby, j->v->catalogue, run->board, run->epoch, j->e);
	if (rc == SR_NOTFOUND)
		sr_err_clear(j->e);
	else if (rc != 0)
		goto out;
	waits = rc == 0;
	rc = accepted_keys(&body, hash, keys, j, run);
	if (rc == 0)
		rc = emit_opened(
			j, waits ? SR_T_STANDBY : SR_T_OPENED, run, keys, sr_buf_view(&body), hash);
	if (rc == 0)
		j->f->tell(j->f->ctx,
			waits             ? "all members of the standby board accepted: it waits"
			: run->epoch == 1 ? "all members accepted: the board is open"
					  : "all new members accepted: the board is theirs now");
out:
	sr_buf_free(&body);
	free(run);
	free(keys);
	return rc;
}

/* The standby board takes over when enough said so: with the keys that its members accepted. */
static int on_takeover(const struct follow_job *j) {
	struct sr_run_row *run = calloc(1, sizeof *run);
	struct sr_board_keys *keys = calloc(1, sizeof *keys);
	struct sr_standby_row s = {.enough = false};
	struct sr_buf body;
	uint8_t board[SR_ID];
	uint64_t epoch = 0;
	int rc = run == NULL || keys == NULL ? sr_fail(j->e, SR_NOMEM, "takeover: out of memory")
					     : sr_field_id(board, j->s, "board", 0, j->e);

	sr_buf_init(&body);
	if (rc == 0)
		rc = sr_field_dec(&epoch, j->s, "epoch", 0, j->e);
	if (rc == 0)
		rc = sr_query_standby(&s, j->v->catalogue, board, epoch, j->e);
	if (rc != 0 || !s.enough)
		goto out;
	rc = sr_query_run(run, j->v->catalogue, s.run, j->e);
	if (rc == 0)
		rc = sr_object_fetch(j->v, s.object, &body, j->e);
	if (rc == 0)
		rc = sr_keys_decode(keys, sr_buf_view(&body), j->e);
	if (rc == 0)
		rc = emit_opened(j, SR_T_OPENED, run, &keys->keys, sr_buf_view(&body), s.keys);
	if (rc == 0)
		j->f->tell(j->f->ctx, "enough said so: the standby board is the board now");
out:
	sr_buf_free(&body);
	free(keys);
	free(run);
	return rc;
}

/* --- accessions ------------------------------------------------------------------------------- */

/* Which packs were written is the vault's to say, not the depositor's: their number tells what was
 * there before. */
static int on_accession(const struct follow_job *j) {
	struct sr_door_object object = {0};
	struct sr_submission parts = {0};
	struct sr_buf body, text;
	uint8_t accession[SR_ID], id[SR_HASH], root[SR_HASH];
	int rc = sr_field_id(accession, j->s, "accession", 0, j->e);

	sr_buf_init(&body);
	sr_buf_init(&text);
	if (rc == 0 && j->f->packs.len % SR_HASH != 0)
		rc = sr_fail(j->e, SR_MISUSE,
			"accession: %zu bytes of names of packs, want %d for each", j->f->packs.len,
			SR_HASH);
	if (rc == 0)
		rc = sr_pack_list_root(root, j->f->packs, j->e);
	if (rc != 0)
		goto out;
	sr_pack_list_put(&body, j->f->packs);
	rc = sr_buf_ok(&body, j->e);
	if (rc != 0)
		goto out;
	sr_random(object.salt, SR_SALT);
	object.body = sr_buf_view(&body);
	sr_object_id(id, object.salt, object.body);
	parts.objects = &object;
	parts.object_count = 1;
	sr_follow_begin(&text, j->v, SR_T_STORED, j->f->now);
	sr_text_put_hex(&text, "accession", accession, SR_ID);
	sr_statement_put_count_root(&text, "packs", j->f->packs.len / SR_HASH, root);
	sr_text_put_hex(&text, "list", id, SR_HASH);
	rc = follow_emit(j, &text, &parts);
out:
	sr_buf_free(&body);
	sr_buf_free(&text);
	return rc;
}

/* --- requests --------------------------------------------------------------------------------- */

int sr_follow_room_key(struct sr_buf *text, struct sr_vault *v, const struct sr_version_row *row,
	int64_t now, struct sr_err *e) {
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	char name[2 * SR_ID + 1];
	int rc;

	sr_box_keypair(pk, sk);
	sr_hex(name, row->request, SR_ID);
	/* One that is there belongs to a commit that failed before its statement was durable. */
	rc = sr_secrets_replace(v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), row->version,
		sr_bytes_of(sk, SR_X_SK), e);
	sr_wipe(sk, sizeof sk);
	if (rc != 0)
		return rc;
	sr_follow_begin(text, v, SR_T_ROOM_KEY, now);
	sr_text_put_hex(text, "request", row->request, SR_ID);
	sr_text_put_dec(text, "version", row->version);
	sr_text_put_hex(text, "of", row->hash, SR_HASH);
	sr_text_put_base64(text, "key", pk, SR_X_PK);
	return sr_buf_ok(text, e);
}

static int on_request(const struct follow_job *j) {
	struct sr_version_row row = {0};
	struct sr_buf text;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "request", 0, j->e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_query_version(&row, j->v->catalogue, id, 0, j->e);
	if (rc != 0)
		goto out;
	if (row.version > 1)
		rc = j->f->ends(j->f->ctx, id, row.version - 1, j->e);
	if (rc != 0 || !row.has_key)
		goto out;
	rc = sr_follow_room_key(&text, j->v, &row, j->f->now, j->e);
	if (rc == 0)
		rc = follow_emit(j, &text, NULL);
out:
	sr_version_row_free(&row);
	sr_buf_free(&text);
	return rc;
}

static int on_request_end(const struct follow_job *j) {
	uint8_t id[SR_ID];
	uint64_t version = 0;
	int rc = sr_field_id(id, j->s, "request", 0, j->e);

	if (rc == 0)
		rc = sr_field_dec(&version, j->s, "version", 0, j->e);
	return rc != 0 ? rc : j->f->ends(j->f->ctx, id, (uint32_t)version, j->e);
}

static int on_grant_end(const struct follow_job *j) {
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "grant", 0, j->e);

	if (rc == 0)
		rc = sr_query_grant(&g, j->v->catalogue, id, j->e);
	if (rc == 0)
		rc = j->f->ends(j->f->ctx, g.request, g.version, j->e);
	sr_grant_row_free(&g);
	return rc;
}

/* What is open about items under a key before is about nothing any more, and nobody votes on it. */
static int refuse_former(const struct follow_job *j, const uint8_t board[SR_ID], uint32_t epoch) {
	struct sr_versions open = {0};
	int rc = sr_query_open(&open, j->v->catalogue, j->e);

	for (size_t i = 0; i < open.count && rc == 0 && follow_fits(j); i++) {
		const struct sr_version_row *v = &open.rows[i];
		struct sr_buf text;

		if (memcmp(v->board, board, SR_ID) != 0 || v->epoch >= epoch)
			continue;
		sr_buf_init(&text);
		sr_follow_begin(&text, j->v, SR_T_REFUSE, j->f->now);
		sr_text_put(&text, "what", "request");
		sr_text_put_hex(&text, "request", v->request, SR_ID);
		sr_text_put_dec(&text, "version", v->version);
		sr_text_put(&text, "rule", "rekeyed");
		rc = follow_emit(j, &text, NULL);
		sr_buf_free(&text);
	}
	sr_versions_free(&open);
	return rc;
}

/* The last item under a key before: the new one is all there is. */
static int rekeyed(const struct follow_job *j, const uint8_t board[SR_ID]) {
	struct sr_buf text;
	uint32_t epoch = 0;
	int rc = sr_query_all_rekeyed(&epoch, j->v->catalogue, board, j->e);

	if (rc != 0 || epoch == 0)
		return rc;
	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_REKEYED, j->f->now);
	sr_text_put_hex(&text, "board", board, SR_ID);
	sr_text_put_dec(&text, "epoch", epoch);
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	if (rc == 0)
		rc = refuse_former(j, board, epoch);
	if (rc == 0)
		j->f->tell(j->f->ctx,
			"no item is left under the key before: its shares open nothing more");
	return rc;
}

static int on_destroy(const struct follow_job *j) {
	const uint64_t entry = sr_catalogue_size(j->v->catalogue) - 1;
	struct sr_tombstones dead = {0};
	int rc = sr_query_tombstones(&dead, j->v->catalogue, entry, entry + 1, j->e);

	for (size_t i = 0; i < dead.count && rc == 0; i++)
		rc = j->f->dies(j->f->ctx, &dead.rows[i], j->e);
	if (rc == 0 && dead.count > 0) { /* all of them are of one board */
		struct sr_item_row item = {0};

		rc = sr_query_item(&item, j->v->catalogue, dead.rows[0].item, j->e);
		if (rc == 0)
			rc = rekeyed(j, item.board);
		sr_item_row_free(&item);
	}
	sr_tombstones_free(&dead);
	return rc;
}

static int on_lapse(const struct follow_job *j) {
	static const char *const others[] = {"checkout", "flag", "attestation"};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (sr_field_count(j->s, others[i]) > 0)
			return 0;
	return sr_field_count(j->s, "grant") > 0 ? on_grant_end(j) : on_request_end(j);
}

static int on_refuse(const struct follow_job *j) {
	if (!sr_bytes_eq(sr_field(j->s, "what", 0), sr_bytes_str("request")) ||
		sr_field_count(j->s, "version") == 0)
		return 0;
	return on_request_end(j);
}

/* --- decisions -------------------------------------------------------------------------------- */

static int on_vote(const struct follow_job *j) {
	uint8_t id[SR_ID], hash[SR_HASH];
	uint64_t version = 0;
	int rc = sr_field_id_hash(id, hash, j->s, "request", j->e);

	if (rc == 0)
		rc = sr_field_dec(&version, j->s, "version", 0, j->e);
	if (rc != 0)
		return rc;
	if (sr_bytes_eq(sr_field(j->s, "decision", 0), sr_bytes_str("correct"))) {
		j->f->tell(j->f->ctx, "returned to the applicant for correction");
		return j->f->ends(j->f->ctx, id, (uint32_t)version, j->e);
	}
	if (sr_bytes_eq(sr_field(j->s, "decision", 0), sr_bytes_str("topup")))
		return 0;
	return follow_decide(j, id);
}

static int on_recuse(const struct follow_job *j) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "request", 0, j->e);

	return rc != 0 ? rc : follow_decide(j, id);
}

/* Who is set against a request no longer votes on it: those that this leaves without a quorum in
 * reach are refused; where they are more than fit, the others with the next word on them. */
static int on_attest(const struct follow_job *j) {
	static const char *const keys[] = {"person", "of"};
	int rc = 0;

	for (size_t k = 0; k < 2 && rc == 0; k++) {
		const struct sr_bytes name = sr_field(j->s, keys[k], 0);
		struct sr_versions l = {0};
		char person[SR_PERSON_TEXT];

		if (name.p == NULL)
			continue;
		snprintf(person, sizeof person, "%.*s", (int)name.len, (const char *)name.p);
		rc = sr_query_set_against(&l, j->v->catalogue, person, j->e);
		for (size_t i = 0; i < l.count && rc == 0 && follow_fits(j); i++)
			rc = follow_decide(j, l.rows[i].request);
		sr_versions_free(&l);
	}
	return rc;
}

/* The second name makes it so, and an incident of it. */
static int on_break_glass(const struct follow_job *j) {
	struct sr_checkout_row row = {0};
	struct sr_glass glass = {0};
	struct sr_buf text;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "checkout", 0, j->e);

	if (rc == 0)
		rc = sr_query_checkout(&row, j->v->catalogue, id, j->e);
	if (rc == 0)
		rc = sr_query_glass(&glass, j->v->catalogue, id, j->e);
	if (rc == 0 && glass.count < SR_GLASS_NAMES)
		j->f->tell(j->f->ctx, "one more person, not the reader, has to say the same");
	if (rc != 0 || glass.count < SR_GLASS_NAMES)
		return rc;
	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_INCIDENT, j->f->now);
	sr_text_put(&text, "what", "break-glass");
	sr_text_put(&text, "person", row.person);
	sr_text_put_hex(&text, "item", row.item, SR_ID);
	if (row.has_grant)
		sr_text_put_hex(&text, "grant", row.grant, SR_ID);
	sr_text_put_hex(&text, "checkout", id, SR_ID);
	rc = follow_emit(j, &text, NULL);
	if (rc == 0)
		j->f->tell(j->f->ctx,
			"two people said it: this checkout opens without a witness, and an "
			"incident says so");
	sr_buf_free(&text);
	return rc;
}

static int on_epoch(const struct follow_job *j) {
	j->f->dealings(j->f->ctx);
	return 0;
}

/* The founding board is open, and its founders named a second one: its half of the ceremony
 * (ledger/founding.h). */
static int founders_plan(const struct follow_job *j) {
	struct sr_entry found = {0};
	struct sr_buf text;
	int rc = sr_vault_entry(&found, j->v, 0, j->e);

	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	if (sr_founding_standby(&found.statement)) {
		sr_follow_begin(&text, j->v, SR_T_RESHARE, j->f->now);
		rc = sr_founding_plan(&text, &found.statement, j->e);
		if (rc == 0)
			rc = follow_emit(j, &text, NULL);
		if (rc == 0)
			j->f->tell(j->f->ctx,
				"the first of its members now deal to the standby board (board "
				"deal), whose members accept; until then nothing is deposited");
	}
	sr_buf_free(&text);
	sr_entry_free(&found);
	return rc;
}

static int on_opened(const struct follow_job *j) {
	uint8_t board[SR_ID];
	uint64_t epoch = 0;
	int rc = sr_field_id(board, j->s, "board", 0, j->e);

	j->f->dealings(j->f->ctx);
	if (rc == 0)
		rc = rekeyed(j, board);
	if (rc == 0)
		rc = sr_field_dec(&epoch, j->s, "epoch", 0, j->e);
	return rc == 0 && epoch == 1 && memcmp(board, j->v->fingerprint, SR_ID) == 0
		       ? founders_plan(j)
		       : rc;
}

/* An item got another seal: released, sealed anew, or held with more files than before. */
static int on_sealed(const struct follow_job *j) {
	struct sr_item_row item = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "item", 0, j->e);

	if (rc == 0)
		rc = sr_query_item(&item, j->v->catalogue, id, j->e);
	if (rc == 0)
		rc = rekeyed(j, item.board);
	sr_item_row_free(&item);
	return rc;
}

static int on_erase(const struct follow_job *j) {
	j->f->people(j->f->ctx);
	return 0;
}

static int on_witness(const struct follow_job *j) {
	if (sr_bytes_eq(sr_field(j->s, "event", 0), sr_bytes_str("policy")))
		j->f->witnesses(j->f->ctx);
	return 0;
}

/* Other keys begin an epoch of their own; another name is a loss: an incident, whoever reads those.
 */
static int on_service_key(const struct follow_job *j) {
	struct sr_buf text;
	int rc;

	if (sr_field_count(j->s, "known") == 0)
		return on_found(j);
	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_INCIDENT, j->f->now);
	sr_text_put(&text, "what", "log-continued");
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	return rc;
}

static int (*const follow[SR_T_COUNT])(const struct follow_job *j) = {
	[SR_T_FOUND] = on_found,
	[SR_T_SERVICE_KEY] = on_service_key,
	[SR_T_ACCEPT] = on_accept,
	[SR_T_OPENED] = on_opened,
	[SR_T_STANDBY] = on_epoch,
	[SR_T_TAKEOVER] = on_takeover,
	[SR_T_RESHARE] = on_epoch,
	[SR_T_REKEY] = on_epoch,
	[SR_T_INTAKE] = on_sealed,
	[SR_T_RELEASE] = on_sealed,
	[SR_T_RESEAL] = on_sealed,
	[SR_T_ACCESSION] = on_accession,
	[SR_T_REDACT] = on_accession,
	[SR_T_REQUEST] = on_request,
	[SR_T_AMEND] = on_request,
	[SR_T_VOTE] = on_vote,
	[SR_T_PERSON] = on_person,
	[SR_T_PERSON_END] = follow_person_end,
	[SR_T_PERSON_KEY] = follow_person_key,
	[SR_T_ERASE] = on_erase,
	[SR_T_WITNESS] = on_witness,
	[SR_T_ATTEST] = on_attest,
	[SR_T_RECUSE] = on_recuse,
	[SR_T_DESTROY] = on_destroy,
	[SR_T_BREAK_GLASS] = on_break_glass,
	[SR_T_WITHDRAW] = on_request_end,
	[SR_T_LAPSE] = on_lapse,
	[SR_T_REFUSE] = on_refuse,
	[SR_T_CLOSE] = on_grant_end,
	[SR_T_REVOKE] = on_grant_end,
};

int sr_follow_on(const struct sr_follow *f, struct sr_vault *v, const struct sr_statement *s,
	struct sr_err *e) {
	struct follow_job j = {f, v, s, e};

	return follow[s->type->id] == NULL ? 0 : follow[s->type->id](&j);
}
