/*
 * fixity - see fixity.h. Envelopes come page by page from the catalogue, so memory does not grow
 * with the vault.
 */
#include "board/fixity.h"

#include "catalogue/query.h"

enum {
	PAGE = 1000
};

struct walk {
	struct sr_vault *v;
	const struct sr_fixity *f;
	struct sr_items page;
	size_t at;
	uint64_t offset;
};

static int next_envelope(void *ctx, struct sr_scrub_envelope *out, struct sr_err *e) {
	struct walk *w = ctx;
	const struct sr_item_row *row;

	if (w->at == w->page.count) {
		struct sr_item_filter all = {.released = true, .held = true, .referral = true};
		struct sr_page p = {w->offset, PAGE};
		int rc;

		sr_items_free(&w->page);
		w->at = 0;
		rc = sr_query_items(&w->page, w->v->catalogue, &all, &p, e);
		if (rc != 0)
			return rc;
		w->offset += w->page.count;
		if (w->page.count == 0)
			return 0;
	}
	row = &w->page.rows[w->at++];
	memcpy(out->item, row->id, SR_ID);
	out->n = row->number;
	memcpy(out->hash, row->envelope, SR_HASH);
	return 1;
}

static int give_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct walk *w = ctx;

	return w->f->finding != NULL ? w->f->finding(w->f->ctx, f, e) : 0;
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
	}
	sr_items_free(&w.page);
	free(packs);
	free(objects);
	return rc;
}
