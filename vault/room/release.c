/*
 * release - a new envelope of an item: new part, new slot, new seal (DESIGN 5, 6a). Of a held item,
 * which becomes the board's by that; reseal.c does the same with a released one, under the same
 * steps and with the same safety against kills.
 *
 *   prepare   the curator's part opens the held envelope n; envelope n + 1 is made in memory, its
 * slot in the arena before    slot n + 1 into the door's group of secrets, file items/<id>.<n+1>
 * durable refused   both taken back after     file n removed, then slot n (and any older) and the
 * quarantine seals erased in one commit
 *
 * A kill after the statement and before `after` leaves slot and file n: sr_deposit_recover compares
 * every slot, seal and envelope with the number in force and erases the rest. A kill before the
 * statement leaves n + 1, found in the same way. Nothing that opened the held item opens the
 * released one: whoever looked in quarantine holds a part that is worth nothing.
 */
#include "room/room_internal.h"

#include "base/secret.h"
#include "store/itemkey.h"
#include "store/secrets.h"

void prepared_free(struct prepared *p) {
	if (p == NULL)
		return;
	sr_secret_free(p->slot, SR_KEY);
	sr_buf_free(&p->file);
	free(p);
}

static struct prepared **prepared_at(struct sr_room *r, const uint8_t item[SR_ID]) {
	struct prepared **at = &r->prepared;

	while (*at != NULL && memcmp((*at)->item, item, SR_ID) != 0)
		at = &(*at)->link;
	return at;
}

static void prepared_drop(struct prepared **at) {
	struct prepared *p = *at;

	*at = p->link;
	prepared_free(p);
}

void sr_room_release_forget(struct sr_room *r) {
	while (r->prepared != NULL)
		prepared_drop(&r->prepared);
}

int room_release_sweep(struct sr_room *r, struct sr_err *e) {
	struct prepared **at = &r->prepared;

	while (*at != NULL) {
		struct sr_item_row item = {0};
		int rc = sr_query_item(&item, r->v->catalogue, (*at)->item, e);
		bool stale =
			rc == 0 && (item.state != SR_S_HELD || item.number + 1 != (*at)->number);

		sr_item_row_free(&item);
		if (rc != 0)
			return rc;
		if (stale)
			prepared_drop(at);
		else
			at = &(*at)->link;
	}
	return 0;
}

/* --- prepare --- */

static int may_release(
	struct sr_room *r, const struct sr_item_row *item, const char *curator, struct sr_err *e) {
	struct sr_person_row p = {0};
	int rc = sr_query_person(&p, r->v->catalogue, curator, e);
	unsigned roles = p.roles;

	sr_person_row_free(&p);
	if (rc == SR_NOTFOUND || (rc == 0 && (roles & SR_ROLE_CURATOR) == 0))
		return sr_fail(e, SR_DENIED, "%s is not a curator here", curator);
	if (rc != 0)
		return rc;
	if (item->state != SR_S_HELD)
		return sr_fail(e, SR_DENIED, "the item is %s, only a held one is released",
			sr_state_name(item->state));
	if (strcmp(item->depositor, curator) == 0)
		return sr_fail(e, SR_DENIED, "%s deposited this item: another curator releases it",
			curator);
	if ((item->flags & (SR_ITEM_REFERRAL | SR_ITEM_SEALED)) != 0)
		return sr_fail(e, SR_DENIED,
			"the item is marked for referral or sealed: it is never released");
	return 0;
}

/* P of the level; the board's present epoch goes into the envelope. */
static int level_key(struct sr_tdh2_key *out, uint32_t *epoch, struct sr_room *r,
	const struct room_anew *a, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory")
			   : sr_query_board(b, r->v->catalogue, a->item->board, 0, e);
	bool found = false;

	for (size_t i = 0; rc == 0 && i < b->level_count && !found; i++) {
		if (b->levels[i].level != a->level || !b->levels[i].has_key)
			continue;
		memcpy(out->vault, r->v->fingerprint, SR_HASH);
		memcpy(out->board, b->levels[i].key, SR_POINT);
		out->level = (uint8_t)a->level;
		out->kind = "item";
		*epoch = b->epoch;
		found = true;
	}
	free(b);
	if (rc == 0 && !found)
		rc = sr_fail(e, SR_DENIED, "the board has no level %u", a->level);
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

/* Two fresh halves, the board's in a seal; everything of the envelope that follows from them. */
static int new_halves(struct sr_envelope *env, uint8_t seal[SR_SEAL], uint8_t *key,
	const uint8_t *slot, const struct sr_tdh2_key *board, struct sr_err *e) {
	uint8_t *part = sr_secret_new(SR_PART, e);
	int rc;

	if (part == NULL)
		return sr_fail(e, SR_LIMIT, "room: the arena for secrets is full");
	sr_random(part, SR_PART);
	sr_item_key(key, slot, env->vault, env->item, part);
	sr_item_key_commit(env->commitment, key, env->vault, env->item);
	rc = sr_tdh2_seal(seal, board, env->item, env->n, part, e);
	sr_secret_free(part, SR_PART);
	return rc;
}

static int new_envelope(struct prepared *p, struct sr_room *r,
	const struct sr_envelope *old, const struct room_anew *a, struct sr_err *e) {
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
		rc = new_halves(&env, seal, key, p->slot, &board, e);
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

int sr_room_release_prepare(struct sr_room *r, struct sr_room_release *rel, struct sr_err *e) {
	struct prepared *p = NULL, **at;
	struct sr_item_row item = {0};
	int rc = sr_query_item(&item, r->v->catalogue, rel->item, e);

	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND, "no such item");
	if (rc == 0)
		rc = may_release(r, &item, rel->curator, e);
	if (rc == 0)
		rc = room_prepare(&p, r, &(struct room_anew){&item, rel->part, rel->level}, e);
	sr_item_row_free(&item);
	if (rc != 0)
		return rc;
	memcpy(rel->envelope, p->hash, SR_HASH);
	rel->number = p->number;
	at = prepared_at(r, rel->item);
	if (*at != NULL)
		prepared_drop(at);
	p->link = r->prepared;
	r->prepared = p;
	return 0;
}

/* --- hooks of the submission ------------------------------------------------------------------ */

static int put_envelope(struct sr_vault *v, const struct prepared *p, struct sr_err *e) {
	struct sr_envelope_batch *b = NULL;
	char name[SR_ENVELOPE_NAME];
	int rc = 0;

	/* A file of this number that no statement names is a kill's. */
	sr_envelope_name(name, p->item, p->number);
	if (sr_file_exists(v->items, name))
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

/* A statement that names another envelope or level would release an item that nothing opens. */
static int names_prepared(const struct prepared *p, struct sr_bytes note, struct sr_err *e) {
	struct sr_statement s;
	uint8_t hash[SR_HASH];
	uint64_t level = 0;
	int rc = sr_statement_parse(&s, note, e);

	if (rc != 0)
		return rc;
	rc = sr_field_hash(hash, &s, "envelope", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&level, &s, "level", 0, e);
	if (rc == 0 && (memcmp(hash, p->hash, SR_HASH) != 0 || level != p->level))
		rc = sr_fail(e, SR_DENIED,
			"the statement names another envelope or level than the one that was "
			"prepared: prepare the release again");
	sr_statement_free(&s);
	return rc;
}

/* What cannot be taken back now has no statement and is removed at the next opening. */
void prepared_undo(const struct prepared *p, struct sr_vault *v) {
	char name[2 * SR_ID + 1];

	sr_hex(name, p->item, SR_ID);
	(void)!sr_secrets_erase(
		v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), p->number, NULL, NULL);
	(void)!sr_envelope_remove(v->items, p->item, p->number, NULL);
}

int prepared_put(const struct prepared *p, struct sr_vault *v, struct sr_err *e) {
	char name[2 * SR_ID + 1];
	int rc = put_envelope(v, p, e);

	sr_hex(name, p->item, SR_ID);
	if (rc == 0)
		rc = sr_secrets_replace(v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), p->number,
			sr_bytes_of(p->slot, SR_KEY), e);
	if (rc != 0)
		prepared_undo(p, v);
	return rc;
}

/* Everything that opened the item before: in one commit, so that it is all there or all gone. */
static int erase_before(const struct prepared *p, struct sr_vault *v, struct sr_err *e) {
	static const enum sr_secret_kind kinds[] = {SR_SECRET_QUARANTINE, SR_SECRET_INTAKE};
	char name[2 * SR_ID + 1];
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	sr_hex(name, p->item, SR_ID);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && rc == 0; i++)
		rc = sr_secrets_erase(
			v->secrets, kinds[i], sr_bytes_str(name), SR_SECRET_ALL, NULL, e);
	for (uint32_t n = 0; n < p->number && rc == 0; n++)
		rc = sr_secrets_erase(v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), n, NULL, e);
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

static void release_refused(void *ctx, struct sr_vault *v) {
	prepared_undo(ctx, v);
}

static int release_before(void *ctx, struct sr_vault *v, struct sr_bytes note, struct sr_err *e) {
	const struct prepared *p = ctx;
	char name[2 * SR_ID + 1];
	int rc = names_prepared(p, note, e);

	if (rc == 0)
		rc = prepared_put(p, v, e);
	sr_hex(name, p->item, SR_ID);
	return rc != 0 ? sr_wrap(e, "release of item %s", name) : 0;
}

static int release_after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	return prepared_done(ctx, v, e);
}

int sr_room_release_hooks(
	struct sr_room *r, const uint8_t item[SR_ID], struct sr_submission *sub, struct sr_err *e) {
	struct prepared *p = *prepared_at(r, item);
	char name[2 * SR_ID + 1];

	if (p == NULL) {
		sr_hex(name, item, SR_ID);
		return sr_fail(e, SR_NOTFOUND,
			"item %s: no release is prepared (in this process): prepare it again",
			name);
	}
	sub->before = release_before;
	sub->refused = release_refused;
	sub->after = release_after;
	sub->ctx = p;
	return 0;
}
