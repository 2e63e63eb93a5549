/*
 * fixity - see fixity.h. Envelopes come page by page from the catalogue, so memory does not grow
 * with the vault.
 */
#include "board/fixity.h"

#include "board/keys.h"
#include "catalogue/query.h"
#include "crypto/sign.h"

struct walk {
	struct sr_vault *v;
	const struct sr_fixity *f;
	struct sr_stored_items page;
	size_t at;
	int64_t after;
};

static int next_envelope(void *ctx, struct sr_scrub_envelope *out, struct sr_err *e) {
	struct walk *w = ctx;
	const struct sr_stored_item *row;

	if (w->at == w->page.count) {
		int rc;

		sr_stored_items_free(&w->page);
		w->at = 0;
		rc = sr_query_stored_items(&w->page, w->v->catalogue, w->after, UINT64_MAX, e);
		if (rc != 0)
			return rc;
		if (w->page.count == 0)
			return 0;
	}
	row = &w->page.rows[w->at++];
	w->after = row->n;
	memcpy(out->item, row->item, SR_ID);
	out->n = row->number;
	memcpy(out->hash, row->envelope, SR_HASH);
	return 1;
}

static int give_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct walk *w = ctx;

	return w->f->finding != NULL ? w->f->finding(w->f->ctx, f, e) : 0;
}

/* --- the inventory ---------------------------------------------------------------------------- */

static int sign_inventory(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	const struct sr_vault *v = ctx;

	(void)e;
	sr_sign_raw(sig, v->keys->s->ledger_seed, text);
	return 0;
}

void sr_fixity_signer(struct sr_inventory_signer *out, struct sr_vault *v) {
	*out = (struct sr_inventory_signer){
		.name = v->keys->origin, .sign = sign_inventory, .ctx = v};
	memcpy(out->pk, v->keys->ledger_pk, SR_PK);
}

/* The names and the note against ${packs}: 0, or what differs. */
static int inventory_differs(struct sr_inventory *inv, const struct sr_vault *v,
	const uint8_t *packs, size_t count, struct sr_err *e) {
	if (sr_inventory_count(inv) != count)
		return sr_fail(e, SR_CORRUPT, "it names %zu packs, the statements %zu",
			sr_inventory_count(inv), count);
	for (size_t i = 0; i < count; i++)
		if (!sr_inventory_has(inv, packs + i * SR_HASH))
			return sr_fail(e, SR_CORRUPT, "it lacks a pack that the statements name");
	return sr_inventory_check(inv, v->fingerprint, v->keys->origin, v->keys->ledger_pk, e);
}

static int inventory_again(struct sr_inventory **inv, struct sr_vault *v, struct sr_dir *dir,
	const uint8_t *packs, size_t count, struct sr_err *e) {
	struct sr_inventory_signer signer;
	int rc = 0;

	sr_fixity_signer(&signer, v);
	if (*inv == NULL) { /* its names do not even parse */
		rc = sr_file_remove(dir, "INVENTORY.names", e);
		if (rc == 0)
			rc = sr_inventory_open(inv, dir, e);
	}
	if (rc == 0)
		rc = sr_inventory_replace(*inv, packs, count, e);
	return rc == 0 ? sr_inventory_sign(*inv, v->fingerprint, &signer, e) : rc;
}

int sr_fixity_inventory(
	struct sr_vault *v, struct sr_bytes added, struct sr_bytes removed, struct sr_err *e) {
	struct sr_inventory_signer signer;
	struct sr_inventory *inv = NULL;
	struct sr_dir *dir = NULL;
	int rc = sr_dir_open_at(&dir, v->dir, "packs", e);

	sr_fixity_signer(&signer, v);
	if (rc == 0)
		rc = sr_inventory_open(&inv, dir, e);
	if (rc == SR_CORRUPT) {
		sr_err_clear(e);
		sr_dir_close(dir);
		return 0;
	}
	for (size_t i = 0; i + SR_HASH <= added.len && rc == 0; i += SR_HASH)
		rc = sr_inventory_add(inv, added.p + i, e);
	for (size_t i = 0; i + SR_HASH <= removed.len && rc == 0; i += SR_HASH)
		rc = sr_inventory_remove(inv, removed.p + i, e);
	if (rc == 0)
		rc = sr_inventory_sign(inv, v->fingerprint, &signer, e);
	sr_inventory_close(inv);
	sr_dir_close(dir);
	return rc != 0 ? sr_wrap(e, "inventory") : 0;
}

int sr_fixity_inventory_anew(
	struct sr_vault *v, const uint8_t *names, size_t count, struct sr_err *e) {
	struct sr_inventory *inv = NULL;
	struct sr_dir *dir = NULL;
	int rc = sr_dir_open_at(&dir, v->dir, "packs", e);

	if (rc == 0 && sr_inventory_open(&inv, dir, NULL) == SR_NOMEM)
		rc = sr_fail(e, SR_NOMEM, "out of memory");
	if (rc == 0)
		rc = inventory_again(&inv, v, dir, names, count, e);
	sr_inventory_close(inv);
	sr_dir_close(dir);
	return rc != 0 ? sr_wrap(e, "inventory") : 0;
}

/* A vault in which nothing was deposited yet has none, and that is right. */
static int check_inventory(struct walk *w, const struct sr_scrub_options *o,
	struct sr_scrub_totals *out, struct sr_err *e) {
	struct sr_scrub_finding f = {.what = SR_SCRUB_INVENTORY, .name = "packs/INVENTORY"};
	struct sr_inventory *inv = NULL;
	struct sr_dir *dir = NULL;
	struct sr_err why = {0};
	char text[sizeof why.text + 64];
	int rc;

	if (o->pack_count == 0)
		return 0;
	rc = sr_dir_open_at(&dir, w->v->dir, "packs", e);
	if (rc != 0)
		return rc;
	int differs = sr_inventory_open(&inv, dir, &why);
	if (differs == 0)
		differs = inventory_differs(inv, w->v, o->packs, o->pack_count, &why);
	if (differs == SR_CORRUPT || differs == SR_AUTH || differs == SR_NOTFOUND) {
		rc = inventory_again(&inv, w->v, dir, o->packs, o->pack_count, e);
		snprintf(text, sizeof text, "%s; it was written again from the log", why.text);
		f.code = (enum sr_code)differs;
		f.text = text;
		out->findings++;
		if (rc == 0)
			rc = give_finding(w, &f, e);
	} else if (differs != 0) {
		rc = sr_fail(e, (enum sr_code)differs, "%s", why.text);
	}
	sr_inventory_close(inv);
	sr_dir_close(dir);
	return rc;
}

int sr_fixity_check(struct sr_vault *v, const struct sr_fixity *f, struct sr_scrub_totals *out,
	struct sr_err *e) {
	struct walk w = {.v = v, .f = f};
	struct sr_scrub_options o = {0};
	uint8_t *packs = NULL, *objects = NULL;
	int rc = sr_query_packs(&packs, &o.pack_count, v->catalogue, e);

	if (rc == 0)
		rc = sr_query_object_files(&objects, &o.object_count, v->catalogue, e);
	if (rc == 0) {
		o.backend = f->store != NULL ? f->store : v->store;
		o.index = f->store != NULL ? NULL : v->index;
		o.items = f->items != NULL ? f->items : v->items;
		o.packs = packs;
		o.objects = objects;
		o.next_envelope = next_envelope;
		o.finding = give_finding;
		o.ctx = &w;
		o.progress = f->progress;
		rc = sr_scrub(&o, out, e);
		if (rc == 0 && f->store == NULL)
			rc = check_inventory(&w, &o, out, e);
	}
	sr_stored_items_free(&w.page);
	free(packs);
	free(objects);
	return rc;
}
