/*
 * holding_commit - a step's statement, and the envelope that holds what it added. See holding.h for
 * the order of what becomes durable when.
 *
 * The seals of the new envelope are those that the item has use for: an intake seal while its
 * intake goes on, boxes for curators while it is held; the board's always.
 *
 * A release, a new key of the board or a destruction may come between opening and commit: then the
 * envelope in force is another, the statement is not made, and what was stored is forgotten.
 */
#include "intake/holding_in.h"

#include "base/secret.h"
#include "board/door.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "store/itemkey.h"
#include "store/secrets.h"

/* --- the envelope ----------------------------------------------------------------------------- */

static int sign_text(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	const struct sr_vault *v = ctx;

	return sr_sign(sig, v->keys->s->room_seed, text, e);
}

/* The item's level in the board's present epoch. */
static int board_key(struct sr_holding *h, struct sr_tdh2_key *key, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	bool found = false;
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "no memory for an envelope")
			   : sr_query_board(b, h->v->catalogue, h->row.board, 0, e);

	for (size_t i = 0; rc == 0 && b != NULL && i < b->level_count; i++) {
		if (b->levels[i].level != h->row.level || !b->levels[i].has_key)
			continue;
		memcpy(key->board, b->levels[i].key, SR_POINT);
		h->epoch = b->epoch;
		found = true;
	}
	if (rc == 0 && !found) /* levels are never given up */
		rc = sr_fail(e, SR_MISUSE, "the board has no level %u", h->row.level);
	memcpy(key->vault, h->v->fingerprint, SR_HASH);
	key->level = (uint8_t)h->row.level;
	key->kind = "item";
	h->level = h->row.level;
	free(b);
	return rc;
}

/* Everything that holds the new part: the board's seal, the curators' boxes, the intake seal. */
static int new_seals(struct sr_holding *h, uint8_t seal[SR_SEAL], const uint8_t *part,
	const struct sr_tdh2_key *board, struct sr_err *e) {
	const uint8_t *quarantine = h->v->keys->s->quarantine_key;
	struct sr_held_place at = {.number = (uint64_t)h->row.number + 1};
	struct sr_people curators = {0};
	int rc = sr_query_people(&curators, h->v->catalogue, SR_ROLE_CURATOR, e);

	memcpy(at.vault, h->v->fingerprint, SR_HASH);
	memcpy(at.item, h->row.id, SR_ID);
	if (rc == 0)
		rc = sr_tdh2_seal(seal, board, h->row.id, h->row.number + 1, part, e);
	if (rc == 0 && h->row.state == SR_S_HELD)
		rc = sr_held_seal(&h->boxes, quarantine, &at, &curators, part, e);
	if (rc == 0 && h->checkout == NULL)
		rc = sr_intake_seal(&h->seal, quarantine, &at, part, e);
	sr_people_free(&curators);
	return rc;
}

static int sealed_streams(struct sr_buf *manifest, struct sr_buf *reach, struct sr_holding *h,
	const struct sr_ingest_item *it, const uint8_t *key, struct sr_err *e) {
	struct sr_manifest_place at = {.n = h->row.number + 1};
	int rc;

	memcpy(at.vault, h->v->fingerprint, SR_HASH);
	memcpy(at.item, h->row.id, SR_ID);
	rc = sr_manifest_seal(manifest, it->manifest, key, &at, e);
	return rc == 0 ? sr_reach_seal(reach, it->reach, h->v->keys->structure_pk,
				 h->v->fingerprint, h->row.id, e)
		       : rc;
}

int sr_holding_envelope(void *ctx, const struct sr_ingest_item *it, struct sr_err *e) {
	struct sr_holding *h = ctx;
	const struct sr_envelope_signer signer = {sign_text, h->v};
	struct sr_envelope env = h->env;
	struct sr_tdh2_key board = {.level = 0};
	struct sr_buf manifest, reach;
	uint8_t seal[SR_SEAL];
	uint8_t *part = sr_secret_new(SR_PART, e), *key = sr_secret_new(SR_KEY, e);
	int rc = part == NULL || key == NULL ? sr_fail(e, SR_LIMIT, "the arena for secrets is full")
					     : board_key(h, &board, e);

	sr_buf_init(&manifest);
	sr_buf_init(&reach);
	if (rc == 0 && part != NULL && key != NULL) {
		sr_random(part, SR_PART);
		sr_random(h->slot, SR_KEY);
		env.n = h->row.number + 1;
		env.epoch = h->epoch;
		sr_item_key(key, h->slot, env.vault, env.item, part);
		sr_item_key_commit(env.commitment, key, env.vault, env.item);
		rc = new_seals(h, seal, part, &board, e);
		if (rc == 0)
			rc = sealed_streams(&manifest, &reach, h, it, key, e);
	}
	env.seal = sr_bytes_of(seal, SR_SEAL);
	env.manifest = sr_buf_view(&manifest);
	env.reach = sr_buf_view(&reach);
	if (rc == 0)
		rc = sr_envelope_encode(&h->envelope, h->hash, &env, &signer, e);
	sr_buf_free(&manifest);
	sr_buf_free(&reach);
	sr_secret_free(part, SR_PART);
	sr_secret_free(key, SR_KEY);
	return rc;
}

/* --- hooks of the statement ------------------------------------------------------------------- */

static const enum sr_secret_kind kinds[] = {SR_SECRET_SLOT, SR_SECRET_QUARANTINE, SR_SECRET_INTAKE};

enum {
	KINDS = sizeof kinds / sizeof kinds[0]
};

/* In the door's group, which makes them durable before the statement. */
static int put_secrets(struct sr_holding *h, struct sr_err *e) {
	const struct sr_bytes values[KINDS] = {
		sr_bytes_of(h->slot, SR_KEY), sr_buf_view(&h->boxes), sr_buf_view(&h->seal)};
	char name[2 * SR_ID + 1];
	int rc = 0;

	sr_hex(name, h->row.id, SR_ID);
	for (size_t i = 0; i < KINDS && rc == 0; i++)
		if (values[i].len > 0)
			rc = sr_secrets_replace(h->v->secrets, kinds[i], sr_bytes_str(name),
				(uint64_t)h->row.number + 1, values[i], e);
	return rc;
}

static int put_envelope(struct sr_holding *h, struct sr_err *e) {
	const uint32_t number = h->row.number + 1;
	struct sr_envelope_batch *b = NULL;
	char name[SR_ENVELOPE_NAME];
	bool there = false;
	int rc;

	/* A file of this number that no statement names is a kill's. */
	sr_envelope_name(name, h->row.id, number);
	rc = sr_file_find(&there, h->v->items, name, e);
	if (rc == 0 && there)
		rc = sr_envelope_remove(h->v->items, h->row.id, number, e);
	if (rc == 0)
		rc = sr_envelope_batch_new(&b, h->v->items, e);
	if (rc != 0)
		return rc;
	rc = sr_envelope_batch_add(b, h->row.id, number, sr_buf_view(&h->envelope), e);
	if (rc == 0)
		rc = sr_envelope_batch_commit(b, e);
	if (rc != 0)
		sr_envelope_batch_abort(b);
	return rc;
}

/* What opens number ${n} of the item, in one commit: all there or all gone. */
static int erase(struct sr_vault *v, const struct sr_item_row *row, uint32_t n, struct sr_err *e) {
	char name[2 * SR_ID + 1];
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	sr_hex(name, row->id, SR_ID);
	for (size_t i = 0; i < KINDS && rc == 0; i++)
		rc = sr_secrets_erase(v->secrets, kinds[i], sr_bytes_str(name), n, NULL, e);
	if (rc != 0) {
		sr_secrets_rollback(v->secrets);
		return rc;
	}
	return sr_secrets_commit(v->secrets, e);
}

/* What cannot be taken back now has no statement and is removed at the next opening. */
static void refused(void *ctx, struct sr_vault *v) {
	struct sr_holding *h = ctx;
	char name[2 * SR_ID + 1];

	if (h->ingest == NULL)
		return;
	sr_hex(name, h->row.id, SR_ID);
	for (size_t i = 0; i < KINDS; i++)
		(void)!sr_secrets_erase(v->secrets, kinds[i], sr_bytes_str(name),
			(uint64_t)h->row.number + 1, NULL, NULL);
	(void)!sr_envelope_remove(v->items, h->row.id, h->row.number + 1, NULL);
}

static int before(void *ctx, struct sr_vault *v, struct sr_bytes text, struct sr_err *e) {
	struct sr_holding *h = ctx;
	struct sr_item_row now = {0};
	int rc = sr_query_item(&now, v->catalogue, h->row.id, e);

	(void)text;
	if (rc == 0 && (now.state != h->row.state || now.number != h->row.number))
		rc = sr_fail(e, SR_NOTFOUND, "the item was released or sealed anew meanwhile");
	sr_item_row_free(&now);
	if (rc != 0 || h->ingest == NULL)
		return rc;
	rc = put_secrets(h, e);
	if (rc == 0)
		rc = put_envelope(h, e);
	if (rc != 0)
		refused(ctx, v);
	return rc;
}

static int after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	struct sr_holding *h = ctx;
	struct sr_ingest_abort a = {.backend = v->store, .index = v->index, .run = v->run};
	int rc = sr_holding_notes_remove(v, h->row.id, e);

	if (rc != 0 || h->ingest == NULL)
		return rc;
	memcpy(a.accession, h->work, SR_ID);
	/* The next opening does both again (sr_deposit_recover). */
	rc = sr_fixity_inventory(v, sr_buf_view(&h->packs), sr_bytes_of(NULL, 0), e);
	if (rc == 0)
		rc = sr_ingest_committed(&a, e);
	if (rc == 0)
		rc = sr_envelope_remove(v->items, h->row.id, h->row.number, e);
	if (rc == SR_NOTFOUND)
		rc = 0;
	return rc == 0 ? erase(v, &h->row, h->row.number, e) : rc;
}

/* --- the statement ---------------------------------------------------------------------------- */

static int finish_files(struct sr_holding *h, struct sr_err *e) {
	const uint8_t *names = NULL;
	size_t count = 0;
	int rc = 0;

	if (h->in_file)
		return sr_fail(e, SR_MISUSE, "a step ends within a file");
	if (h->ingest == NULL)
		return 0;
	rc = sr_ingest_item_end(h->ingest, e);
	if (rc == 0)
		rc = sr_ingest_finish(h->ingest, e);
	if (rc == 0)
		rc = sr_ingest_packs(h->ingest, &names, &count, e);
	if (rc == 0 && count > 0)
		sr_buf_put(&h->packs, names, count * SR_HASH);
	return rc == 0 ? sr_buf_ok(&h->packs, e) : rc;
}

/* The file list from now on: those that were there, then those that came. */
static int list_of(struct sr_buf *body, struct sr_holding *h, struct sr_err *e) {
	const uint64_t old = sr_item_files(h->it);
	int rc = 0;

	if (old + h->added > UINT32_MAX)
		return sr_fail(e, SR_MISUSE, "too many files");
	sr_file_list_begin(body, sr_bytes_str(h->row.title != NULL ? h->row.title : ""),
		(uint32_t)old + h->added);
	for (uint64_t i = 0; rc == 0 && i < old; i++) {
		struct sr_list_file row = {0};
		struct sr_file f;

		rc = sr_item_file(h->it, i, &f, e);
		if (rc != 0)
			break;
		row.path = f.path;
		row.media_type = f.media_type;
		row.kind = f.kind;
		row.size = f.size;
		row.mtime = f.mtime_s;
		memcpy(row.sha256, f.sha256, SR_HASH);
		sr_file_list_add(body, &row);
	}
	sr_buf_put_buf(body, &h->rows);
	return rc == 0 ? sr_buf_ok(body, e) : rc;
}

static void put_object(struct sr_door_object *o, size_t *count, struct sr_buf *text,
	const char *key, const struct sr_buf *body) {
	uint8_t id[SR_HASH];

	o = &o[(*count)++];
	sr_random(o->salt, SR_SALT);
	o->body = sr_buf_view(body);
	sr_object_id(id, o->salt, o->body);
	sr_text_put_hex(text, key, id, SR_HASH);
}

static void put_envelope_lines(struct sr_buf *text, const struct sr_holding *h) {
	uint64_t bytes = h->added_bytes;

	bytes += h->row.bytes;
	sr_text_put_hex(text, "work", h->work, SR_ID);
	sr_text_put_hex(text, "envelope", h->hash, SR_HASH);
	sr_text_put_dec(text, "level", h->level);
	sr_text_put_dec(text, "epoch", h->epoch);
	sr_text_put_dec(text, "files", sr_item_files(h->it) + h->added);
	sr_text_put_dec(text, "bytes", bytes);
}

static int commit(struct sr_holding *h, const char *name, uint64_t *entry, struct sr_err *e) {
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	struct sr_door_object objects[2];
	struct sr_submission parts = {
		.objects = objects, .before = before, .refused = refused, .after = after, .ctx = h};
	struct sr_buf text, list;
	int rc = outcome == NULL ? sr_fail(e, SR_NOMEM, "no memory for a statement") : 0;

	memset(objects, 0, sizeof objects);
	sr_buf_init(&text);
	sr_buf_init_secret(&list);
	sr_follow_begin(&text, h->v, SR_T_INTAKE, sr_vault_now(h->v));
	if (h->checkout != NULL)
		sr_text_put_hex(&text, "checkout", h->checkout, SR_ID);
	sr_text_put_hex(&text, "item", h->row.id, SR_ID);
	sr_text_put_dec(&text, "number", (uint64_t)h->row.number + (h->ingest != NULL ? 1 : 0));
	sr_text_put(&text, "step", name);
	sr_text_put(&text, "result", h->result);
	if (h->ingest != NULL) {
		put_envelope_lines(&text, h);
		if (rc == 0)
			rc = list_of(&list, h, e);
		if (rc == 0)
			put_object(objects, &parts.object_count, &text, "list", &list);
	}
	if (h->facts.len > 0)
		put_object(objects, &parts.object_count, &text, "facts", &h->facts);
	for (size_t i = 0; i < h->packs.len; i += SR_HASH)
		sr_text_put_hex(&text, "pack", h->packs.p + i, SR_HASH);
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service_with(h->v, sr_buf_view(&text), &parts, outcome, e);
	if (rc == 0 && entry != NULL && outcome != NULL)
		*entry = outcome->index;
	sr_buf_free(&text);
	sr_buf_free(&list);
	free(outcome);
	return rc;
}

/* The facts that found no room are told as one more. */
static int last_fact(struct sr_holding *h, struct sr_err *e) {
	char more[60];

	if (h->facts_more == 0)
		return 0;
	(void)snprintf(more, sizeof more, "and %llu more", (unsigned long long)h->facts_more);
	sr_facts_add(&h->facts, 0, "more", sr_bytes_str(more));
	return sr_buf_ok(&h->facts, e);
}

int sr_holding_commit(struct sr_holding *h, const char *name, uint64_t *entry, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	int rc = finish_files(h, e);

	if (rc == 0)
		rc = last_fact(h, e);
	if (rc == 0)
		rc = commit(h, name, entry, e);
	if (rc != 0) {
		sr_hex(hex, h->row.id, SR_ID);
		(void)sr_wrap(e, "intake of item %s, step %s", hex, name);
	}
	return rc;
}

int sr_holding_over(struct sr_vault *v, const uint8_t item[SR_ID], struct sr_err *e) {
	char name[2 * SR_ID + 1];
	int rc;

	sr_hex(name, item, SR_ID);
	rc = sr_secrets_erase(
		v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name), SR_SECRET_ALL, NULL, e);
	return rc == 0 ? sr_holding_notes_remove(v, item, e) : rc;
}
