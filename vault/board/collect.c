/*
 * collect - see collect.h. A step:
 *
 *   new packs durable, pending in the index   (store/collect)
 *   statement `collect`                       <- from here on the new packs count
 *   inventory
 *   index, files deleted                      (store/collect)
 */
#include "board/collect.h"

#include "board/door.h"
#include "board/erase.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "ledger/statement.h"
#include "store/backend.h"
#include "store/envelope.h"
#include "store/object.h"

/* --- what lives ------------------------------------------------------------------------------- */

static int give_one(struct sr_vault *v, const struct sr_stored_item *row, sr_collect_item_fn *item,
	void *collect, struct sr_err *e) {
	struct sr_envelope_want want = {.n = row->number};
	struct sr_envelope env;
	struct sr_buf file;
	char hex[2 * SR_ID + 1];
	int rc;

	sr_buf_init(&file);
	memcpy(want.item, row->item, SR_ID);
	memcpy(want.hash, row->envelope, SR_HASH);
	memcpy(want.room_pk, v->keys->room_pk, SR_PK);
	want.former_room = v->keys->former_room[0];
	want.former_count = v->keys->generations - 1;
	rc = sr_envelope_load(&env, &file, v->items, &want, e);
	if (rc != 0) {
		sr_hex(hex, row->item, SR_ID);
		sr_wrap(e,
			"item %s: its envelope cannot be read, so nobody knows what it needs and "
			"nothing is removed (put it back from a backup)",
			hex);
	}
	if (rc == 0)
		rc = item(collect, row->item, env.reach, e);
	sr_buf_free(&file);
	return rc;
}

/* What was destroyed and waits for witnesses too: its erasure is not decided for good. */
static int live(void *ctx, sr_collect_item_fn *item, void *collect, struct sr_err *e) {
	struct sr_vault *v = ctx;
	struct sr_stored_items page = {NULL, 0};
	int64_t after = 0;
	int rc;

	do {
		sr_stored_items_free(&page);
		rc = sr_query_stored_items(&page, v->catalogue, after, sr_erase_seen(v), e);
		for (size_t i = 0; i < page.count && rc == 0; i++) {
			after = page.rows[i].n;
			rc = give_one(v, &page.rows[i], item, collect, e);
		}
	} while (rc == 0 && page.count > 0);
	sr_stored_items_free(&page);
	return rc;
}

/* --- the statement ---------------------------------------------------------------------------- */

struct pack_list {
	struct sr_buf body;
	uint8_t root[SR_HASH], id[SR_HASH];
};

static int list_make(
	struct pack_list *l, struct sr_door_object *o, struct sr_bytes names, struct sr_err *e) {
	int rc = sr_pack_list_root(l->root, names, e);

	sr_pack_list_put(&l->body, names);
	if (rc == 0)
		rc = sr_buf_ok(&l->body, e);
	if (rc != 0)
		return rc;
	sr_random(o->salt, SR_SALT);
	o->body = sr_buf_view(&l->body);
	sr_object_id(l->id, o->salt, o->body);
	return 0;
}

static int log_step(struct sr_vault *v, const struct sr_collect_step *s, struct sr_err *e) {
	struct sr_door_object objects[2] = {{.subject = ""}, {.subject = ""}};
	const struct sr_submission parts = {.objects = objects, .object_count = 2};
	struct pack_list gone = {.root = {0}}, come = {.root = {0}};
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&gone.body);
	sr_buf_init(&come.body);
	sr_buf_init(&text);
	if (rc == 0)
		rc = list_make(
			&gone, &objects[0], sr_bytes_of(s->removed, s->removed_count * SR_HASH), e);
	if (rc == 0)
		rc = list_make(
			&come, &objects[1], sr_bytes_of(s->added, s->added_count * SR_HASH), e);
	if (rc == 0) {
		sr_follow_begin(&text, v, SR_T_COLLECT, sr_now(&v->clock));
		sr_statement_put_count_root(&text, "removed", s->removed_count, gone.root);
		sr_text_put_dec(&text, "removed-bytes", s->removed_bytes);
		sr_text_put_hex(&text, "removed-list", gone.id, SR_HASH);
		sr_statement_put_count_root(&text, "added", s->added_count, come.root);
		sr_text_put_dec(&text, "added-bytes", s->added_bytes);
		sr_text_put_hex(&text, "added-list", come.id, SR_HASH);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_door_service_with(v, sr_buf_view(&text), &parts, o, e);
	sr_buf_free(&gone.body);
	sr_buf_free(&come.body);
	sr_buf_free(&text);
	free(o);
	return rc;
}

/* --- steps ------------------------------------------------------------------------------------ */

static int take_step(struct sr_vault *v, struct sr_collect *c, const struct sr_collect_step *s,
	struct sr_vault_collected *out, struct sr_err *e) {
	int rc = log_step(v, s, e), done;

	if (rc != 0) {
		/* When the vault has failed, nobody knows whether the statement is in the ledger:
		 * the next opening does. */
		if (!v->failed)
			sr_collect_undo(c);
		return rc;
	}
	out->steps++;
	out->removed += s->removed_count;
	out->removed_bytes += s->removed_bytes;
	out->added += s->added_count;
	out->added_bytes += s->added_bytes;
	rc = sr_fixity_inventory(v, sr_bytes_of(s->added, s->added_count * SR_HASH),
		sr_bytes_of(s->removed, s->removed_count * SR_HASH), e);
	/* An inventory that is behind is written again by scrub; the index must not be. */
	done = sr_collect_done(c, rc == 0 ? e : NULL);
	if (done != 0)
		v->failed = true; /* until the next opening, which makes them one again */
	return rc != 0 ? rc : done;
}

static int all_steps(struct sr_vault *v, const struct sr_vault_collect *o,
	struct sr_vault_collected *out, struct sr_err *e) {
	struct sr_collect_options co = {.backend = v->store,
		.index = v->index,
		.structure_sk = v->keys->arena->structure_sk[0],
		.structure_count = v->keys->generations,
		.live = live,
		.ctx = v,
		.progress = o->progress};
	struct sr_collect_step s;
	struct sr_collect *c = NULL;
	int rc;

	memcpy(co.vault, v->fingerprint, SR_HASH);
	memcpy(co.structure_pk, v->keys->structure_pk, SR_X_PK);
	rc = sr_collect_new(&c, &co, e);
	while (rc == 0 && !o->dry_run && (rc = sr_collect_step(c, &s, e)) == 1)
		rc = take_step(v, c, &s, out, e);
	if (c != NULL)
		out->found = *sr_collect_found(c);
	sr_collect_free(c);
	return rc;
}

/* --- what nobody names ------------------------------------------------------------------------ */

static int sweep(struct sr_vault *v, struct sr_vault_collected *out, struct sr_err *e) {
	struct sr_collect_swept packs = {0}, objects = {0};
	struct sr_collect_names n = {NULL, 0};
	uint8_t *names = NULL;
	int rc = sr_query_packs(&names, &n.count, v->catalogue, e);

	n.names = names;
	if (rc == 0)
		rc = sr_collect_sweep(v->store, "packs", v->index, &n, &packs, e);
	free(names);
	names = NULL;
	if (rc == 0)
		rc = sr_query_object_files(&names, &n.count, v->catalogue, e);
	n.names = names;
	if (rc == 0)
		rc = sr_collect_sweep(v->store, "objects", NULL, &n, &objects, e);
	free(names);
	out->strays = packs.files + objects.files;
	out->stray_bytes = packs.bytes + objects.bytes;
	return rc;
}

int sr_vault_collect(struct sr_vault *v, const struct sr_vault_collect *o,
	struct sr_vault_collected *out, struct sr_err *e) {
	int rc;

	memset(out, 0, sizeof *out);
	if (!v->founded)
		return sr_fail(e, SR_DENIED,
			"collect writes into the log, which begins when the vault is founded");
	if (v->failed)
		return sr_fail(
			e, SR_IO, "an earlier write failed; close the vault and open it again");
	rc = all_steps(v, o, out, e);
	if (rc == 0 && !o->dry_run)
		rc = sweep(v, out, e);
	if (rc == 0 && out->steps > 0)
		rc = sr_index_vacuum(v->index, e);
	return rc != 0 ? sr_wrap(e, "collect") : 0;
}

int sr_vault_collect_recover(struct sr_vault *v, bool *changed, struct sr_err *e) {
	struct sr_collect_names n = {NULL, 0};
	uint8_t *names = NULL;
	int rc = sr_query_packs(&names, &n.count, v->catalogue, e);

	*changed = false;
	n.names = names;
	if (rc == 0)
		rc = sr_collect_recover(v->store, v->index, &n, changed, e);
	if (rc == 0 && *changed)
		rc = sr_fixity_inventory_anew(v, n.names, n.count, e);
	free(names);
	return rc;
}
