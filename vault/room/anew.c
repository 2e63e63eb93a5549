/*
 * anew - a new envelope of an item: new part, slot, manifest and seal. See anew.h.
 */
#include "room/anew.h"

#include "base/secret.h"
#include "board/held.h"
#include "store/itemkey.h"
#include "store/secrets.h"

void prepared_free(struct prepared *p) {
	if (p == NULL)
		return;
	sr_secret_free(p->slot, SR_KEY);
	sr_buf_free(&p->file);
	sr_buf_free(&p->boxes);
	sr_buf_free(&p->intake);
	free(p);
}

/* P of the level, and its epoch, which goes into the envelope. */
static int key_of(struct sr_tdh2_key *out, uint32_t *epoch, const struct sr_board_row *b,
	uint32_t level, struct sr_err *e) {
	for (size_t i = 0; i < b->level_count; i++) {
		if (b->levels[i].level != level || !b->levels[i].has_key)
			continue;
		memcpy(out->board, b->levels[i].key, SR_POINT);
		out->level = (uint8_t)level;
		out->kind = "item";
		*epoch = b->epoch;
		return 0;
	}
	return sr_fail(e, SR_DENIED, "the board has no level %u", level);
}

static int level_key(struct sr_tdh2_key *out, uint32_t *epoch, struct sr_room *r,
	const struct room_anew *a, struct sr_err *e) {
	struct sr_board_row *b = NULL;
	int rc = 0;

	memcpy(out->vault, r->v->fingerprint, SR_HASH);
	if (a->board != NULL)
		return key_of(out, epoch, a->board, a->level, e);
	b = calloc(1, sizeof *b);
	rc = b == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory")
		       : sr_query_board(b, r->v->catalogue, a->item->board, 0, e);
	if (rc == 0)
		rc = key_of(out, epoch, b, a->level, e);
	free(b);
	return rc;
}

static int sign_text(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	const struct sr_vault *v = ctx;

	return sr_sign(sig, v->keys->s->room_seed, text, e);
}

/* The manifest under the new item key, as envelope ${n}. */
static int reseal_manifest(struct sr_buf *out, struct sr_room *r, const struct sr_envelope *old,
	const uint8_t part[SR_PART], const struct sr_envelope *new_env,
	const uint8_t new_key[SR_KEY], struct sr_err *e) {
	struct sr_manifest_place to = {.n = new_env->n};
	struct sr_manifest m;
	int rc;

	sr_manifest_init(&m);
	memcpy(to.vault, old->vault, SR_HASH);
	memcpy(to.item, old->item, SR_ID);
	rc = room_manifest(&m, r, old, part, e);
	if (rc == 0)
		rc = sr_manifest_seal(out, &m, new_key, &to, e);
	sr_manifest_free(&m);
	return rc;
}

struct halves { /* of a new envelope: where they go */
	struct prepared *p;
	struct sr_room *r;
	const struct sr_tdh2_key *board;
	bool boxes; /* the part goes to curators too */
};

/* The part to each curator of now, as a deposit gives it to those of then. */
static int new_boxes(struct sr_buf *boxes, struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e) {
	struct sr_held_place at = {.number = env->n};
	struct sr_people curators = {0};
	int rc = sr_query_people(&curators, r->v->catalogue, SR_ROLE_CURATOR, e);

	memcpy(at.vault, env->vault, SR_HASH);
	memcpy(at.item, env->item, SR_ID);
	if (rc == 0)
		rc = sr_held_seal(boxes, r->v->keys->s->quarantine_key, &at, &curators, part, e);
	sr_people_free(&curators);
	return rc;
}

/* The part to the vault's own work on the item, if it has the one before. */
static int new_intake(struct sr_buf *seal, struct sr_room *r, const struct sr_envelope *env,
	const uint8_t part[SR_PART], struct sr_err *e) {
	struct sr_held_place at = {.number = env->n};
	char name[2 * SR_ID + 1];
	bool there = false;
	int rc;

	sr_hex(name, env->item, SR_ID);
	rc = sr_secrets_find(&there, r->v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name),
		(uint64_t)env->n - 1, e);
	if (rc != 0 || !there)
		return rc;
	memcpy(at.vault, env->vault, SR_HASH);
	memcpy(at.item, env->item, SR_ID);
	return sr_intake_seal(seal, r->v->keys->s->quarantine_key, &at, part, e);
}

/* Two fresh halves, the board's in a seal; everything of the envelope that follows from them. */
static int new_halves(struct sr_envelope *env, uint8_t seal[SR_SEAL], uint8_t *key,
	const struct halves *h, struct sr_err *e) {
	uint8_t *part = sr_secret_new(SR_PART, e);
	int rc;

	if (part == NULL)
		return SR_LIMIT;
	sr_random(part, SR_PART);
	sr_item_key(key, h->p->slot, env->vault, env->item, part);
	sr_item_key_commit(env->commitment, key, env->vault, env->item);
	rc = sr_tdh2_seal(seal, h->board, env->item, env->n, part, e);
	if (rc == 0 && h->boxes)
		rc = new_boxes(&h->p->boxes, h->r, env, part, e);
	if (rc == 0 && h->boxes)
		rc = new_intake(&h->p->intake, h->r, env, part, e);
	sr_secret_free(part, SR_PART);
	return rc;
}

static int new_envelope(struct prepared *p, struct sr_room *r, const struct sr_envelope *old,
	const struct room_anew *a, struct sr_err *e) {
	struct sr_envelope_signer signer = {sign_text, r->v};
	struct sr_envelope env =
		*old; /* collection, board, dedupe, kind and the reach list's bytes stay */
	struct sr_tdh2_key board = {.level = 0};
	uint8_t seal[SR_SEAL];
	uint8_t *key = sr_secret_new(SR_KEY, e);
	struct sr_buf manifest;
	int rc = key == NULL ? sr_fail(e, SR_LIMIT, "room: the arena for secrets is full") : 0;

	sr_buf_init(&manifest);
	if (rc == 0)
		rc = level_key(&board, &env.epoch, r, a, e);
	env.n = old->n + 1;
	env.level = board.level;
	if (rc == 0)
		rc = new_halves(&env, seal, key, &(struct halves){p, r, &board, a->stays}, e);
	if (rc == 0)
		rc = reseal_manifest(&manifest, r, old, a->part, &env, key, e);
	if (rc == 0) {
		env.seal = sr_bytes_of(seal, SR_SEAL);
		env.manifest = sr_buf_view(&manifest);
		p->level = env.level;
		p->epoch = env.epoch;
		rc = sr_envelope_encode(&p->file, p->hash, &env, &signer, e);
	}
	sr_buf_free(&manifest);
	sr_secret_free(key, SR_KEY);
	return rc;
}

int room_prepare(
	struct prepared **out, struct sr_room *r, const struct room_anew *a, struct sr_err *e) {
	struct prepared *p = calloc(1, sizeof *p);
	struct sr_envelope old;
	struct sr_buf file;
	int rc = 0;

	sr_buf_init(&file);
	if (p != NULL)
		sr_buf_init(&p->file);
	if (p != NULL) {
		sr_buf_init(&p->boxes);
		sr_buf_init_secret(&p->intake);
	}
	if (p == NULL || (p->slot = sr_secret_new(SR_KEY, e)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "no memory for a new slot");
	if (rc == 0)
		rc = room_envelope(&old, &file, r, a->item, e);
	if (rc == 0) {
		memcpy(p->item, a->item->id, SR_ID);
		p->number = a->item->number + 1;
		sr_random(p->slot, SR_KEY);
		rc = new_envelope(p, r, &old, a, e);
	}
	sr_buf_free(&file);
	if (rc != 0) {
		prepared_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

/* --- putting it into force --- */

static int put_envelope(struct sr_vault *v, const struct prepared *p, struct sr_err *e) {
	struct sr_envelope_batch *b = NULL;
	char name[SR_ENVELOPE_NAME];
	bool there = false;
	int rc;

	/* A file of this number that no statement names is a kill's. */
	sr_envelope_name(name, p->item, p->number);
	rc = sr_file_find(&there, v->items, name, e);
	if (rc == 0 && there)
		rc = sr_envelope_remove(v->items, p->item, p->number, e);
	if (rc == 0)
		rc = sr_envelope_batch_new(&b, v->items, e);
	if (rc != 0)
		return rc;
	rc = sr_envelope_batch_add(b, p->item, p->number, sr_buf_view(&p->file), e);
	if (rc == 0)
		rc = sr_envelope_batch_commit(b, e);
	if (rc != 0)
		sr_envelope_batch_abort(b);
	return rc;
}

/* What cannot be taken back now has no statement and is removed at the next opening. */
void prepared_undo(const struct prepared *p, struct sr_vault *v) {
	char name[2 * SR_ID + 1];

	sr_hex(name, p->item, SR_ID);
	(void)!sr_secrets_erase(
		v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), p->number, NULL, NULL);
	if (p->boxes.len > 0)
		(void)!sr_secrets_erase(v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name),
			p->number, NULL, NULL);
	if (p->intake.len > 0)
		(void)!sr_secrets_erase(
			v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name), p->number, NULL, NULL);
	(void)!sr_envelope_remove(v->items, p->item, p->number, NULL);
}

int prepared_put(const struct prepared *p, struct sr_vault *v, struct sr_err *e) {
	char name[2 * SR_ID + 1];
	int rc = put_envelope(v, p, e);

	sr_hex(name, p->item, SR_ID);
	if (rc == 0)
		rc = sr_secrets_replace(v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), p->number,
			sr_bytes_of(p->slot, SR_KEY), e);
	if (rc == 0 && p->boxes.len > 0)
		rc = sr_secrets_replace(v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name),
			p->number, sr_buf_view(&p->boxes), e);
	if (rc == 0 && p->intake.len > 0)
		rc = sr_secrets_replace(v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name), p->number,
			sr_buf_view(&p->intake), e);
	if (rc != 0)
		prepared_undo(p, v);
	return rc;
}

/* Everything that opened the item before: in one commit, so that it is all there or all gone. */
static int erase_before(const struct prepared *p, struct sr_vault *v, struct sr_err *e) {
	static const enum sr_secret_kind kinds[] = {
		SR_SECRET_SLOT, SR_SECRET_QUARANTINE, SR_SECRET_INTAKE};
	char name[2 * SR_ID + 1];
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	sr_hex(name, p->item, SR_ID);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (uint32_t n = 0; n < p->number && rc == 0; n++)
			rc = sr_secrets_erase(v->secrets, kinds[i], sr_bytes_str(name), n, NULL, e);
	if (rc != 0) {
		sr_secrets_rollback(v->secrets);
		return rc;
	}
	return sr_secrets_commit(v->secrets, e);
}

int prepared_done(const struct prepared *p, struct sr_vault *v, struct sr_err *e) {
	int rc = sr_envelope_remove(v->items, p->item, p->number - 1, e);

	if (rc == SR_NOTFOUND)
		rc = 0;
	if (rc == 0)
		rc = erase_before(p, v, e);
	if (rc != 0)
		sr_wrap(e, "done, but what opened the item before is not erased yet (the next "
			   "opening does it)");
	return rc;
}

/* --- one released item, with its statement --- */

static int reseal_before(void *ctx, struct sr_vault *v, struct sr_bytes text, struct sr_err *e) {
	(void)text; /* made below, of what was prepared */
	return prepared_put(ctx, v, e);
}

static void reseal_refused(void *ctx, struct sr_vault *v) {
	prepared_undo(ctx, v);
}

static int reseal_after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	return prepared_done(ctx, v, e);
}

static int reseal_commit(struct sr_room_resealed *out, struct sr_room *r, struct prepared *p,
	const struct room_reseal_right *by, struct sr_err *e) {
	const struct sr_submission hooks = {.before = reseal_before,
		.refused = reseal_refused,
		.after = reseal_after,
		.ctx = p};
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	struct sr_buf text;
	int rc;

	room_begin(r, &text, SR_T_RESEAL);
	sr_text_put_hex(&text, "request", by->request, SR_ID);
	sr_text_put_hex(&text, "grant", by->grant, SR_ID);
	sr_text_put_hex(&text, "item", p->item, SR_ID);
	sr_text_put_dec(&text, "number", p->number);
	sr_text_put_hex(&text, "envelope", p->hash, SR_HASH);
	sr_text_put_dec(&text, "level", p->level);
	sr_text_put_dec(&text, "epoch", p->epoch);
	rc = outcome == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory") : sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service_with(r->v, sr_buf_view(&text), &hooks, outcome, e);
	if (rc == 0) {
		memcpy(out->item, p->item, SR_ID);
		out->number = p->number;
		out->level = p->level;
		out->epoch = p->epoch;
		out->entry = outcome->index;
	}
	free(outcome);
	sr_buf_free(&text);
	return rc;
}

int room_reseal(struct sr_room_resealed *out, struct sr_room *r, const struct room_anew *a,
	const struct room_reseal_right *by, struct sr_err *e) {
	struct prepared *p = NULL;
	int rc = room_prepare(&p, r, a, e);

	if (rc == 0)
		rc = reseal_commit(out, r, p, by, e);
	prepared_free(p);
	return rc;
}
