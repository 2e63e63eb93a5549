/*
 * invariants_extend - items that come later into a live grant. See invariants_in.h.
 *
 * A grant on a collection is a grant on the items that it had. Whoever reads under it may ask that
 * newer ones are topped up, as far as the board's decision covers them: it weighed a purpose, forms
 * and people against material of some collections, hazards and a level. So a new item is of one of
 * these collections, has no hazard that none of the granted items has, and is sealed to no higher
 * level; for anything else a new request is made and voted. Nothing is granted by the extension
 * itself: as many members as the item's level takes give pieces by topups, or do not.
 */
#include "board/invariants_in.h"

#include "base/limits.h"

struct cover { /* what the items that were voted on are like */
	uint8_t (*collection)[SR_ID];
	size_t collections;
	bool hazard[32];
	size_t known; /* hazards that there are */
};

static bool covers_collection(const struct cover *k, const uint8_t id[SR_ID]) {
	for (size_t i = 0; i < k->collections; i++)
		if (memcmp(k->collection[i], id, SR_ID) == 0)
			return true;
	return false;
}

/* Of the whole or of a part. */
static bool has_hazard(const struct sr_item_row *item, const char *hazard) {
	return (item->hazards != NULL && sr_token_in(item->hazards, hazard)) ||
	       (item->parts != NULL && sr_token_in(item->parts, hazard));
}

static int cover_add(struct cover *k, const struct sr_item_row *item, struct sr_err *e) {
	const char *const *all = sr_invariants_hazards();

	for (size_t i = 0; i < k->known; i++)
		k->hazard[i] = k->hazard[i] || has_hazard(item, all[i]);
	if (covers_collection(k, item->collection))
		return 0;
	uint8_t(*more)[SR_ID] =
		realloc(k->collection, (k->collections + 1) * sizeof *k->collection);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "rules: out of memory");
	k->collection = more;
	memcpy(k->collection[k->collections++], item->collection, SR_ID);
	return 0;
}

static int cover_read(struct cover *k, struct rules_ctx *c, const struct sr_grant_row *g) {
	uint8_t *ids = NULL;
	size_t count = 0;
	int rc = sr_query_request_items(&ids, &count, c->cat, g->request, g->version, c->e);

	while (sr_invariants_hazards()[k->known] != NULL && k->known < 32)
		k->known++;
	for (size_t i = 0; i < count && rc == 0; i++) {
		struct sr_item_row item = {0};

		rc = sr_query_item(&item, c->cat, ids + i * SR_ID, c->e);
		if (rc == 0)
			rc = cover_add(k, &item, c->e);
		sr_item_row_free(&item);
	}
	free(ids);
	return rc;
}

/* One new item, against what was voted on. */
static int new_item(struct rules_ctx *c, const struct cover *k, const struct sr_version_row *v,
	const struct sr_item_row *item) {
	char hex[2 * SR_ID + 1];

	rules_hex(hex, item->id);
	if (item->state != SR_S_RELEASED ||
		(item->flags & ~(unsigned)(SR_ITEM_EMBARGO | SR_ITEM_HOLD)) != 0)
		return rules_deny(c, "item-not-released", "list shows what can be requested",
			"item %.8s is not released (or does not exist)", hex);
	if (memcmp(item->board, v->board, SR_ID) != 0 || !covers_collection(k, item->collection))
		return rules_deny(c, "not-covered", "make a new request",
			"item %.8s is of a collection that the request had nothing of", hex);
	if (item->level > v->level)
		return rules_deny(c, "not-covered", "make a new request",
			"item %.8s is sealed to level %u, the request was decided at %u", hex,
			item->level, v->level);
	for (size_t i = 0; i < k->known; i++)
		if (!k->hazard[i] && has_hazard(item, sr_invariants_hazards()[i]))
			return rules_deny(c, "not-covered", "make a new request",
				"item %.8s has the hazard %s, which no item of the request has",
				hex, sr_invariants_hazards()[i]);
	return rules_allow(c);
}

static int new_items(
	struct rules_ctx *c, const struct sr_version_row *v, const struct sr_grant_row *g) {
	struct cover k = {.known = 0};
	int rc = cover_read(&k, c, g);

	for (size_t i = 0; i < c->item_count && rc == 0 && c->out->allowed; i++) {
		const uint8_t *id = c->items + i * SR_ID;
		struct sr_item_row item = {.state = SR_S_NONE};
		bool has = false;

		memcpy(item.id, id, SR_ID);
		rc = sr_query_item(&item, c->cat, id, c->e);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(c->e);
			rc = 0;
		}
		if (rc == 0)
			rc = new_item(c, &k, v, &item);
		sr_item_row_free(&item);
		if (rc == 0 && c->out->allowed)
			rc = sr_query_grant_has_item(&has, c->cat, g->id, id, c->e);
		if (rc == 0 && has) {
			char hex[2 * SR_ID + 1];

			rules_hex(hex, id);
			rc = rules_deny(
				c, "item-granted", "", "item %.8s is in the grant already", hex);
		}
	}
	free(k.collection);
	return rc;
}

/* Number, and how many items the version and its extensions have by then. */
static int list_fits(struct rules_ctx *c, const struct sr_version_row *v) {
	struct sr_extensions l = {0};
	uint64_t number = 0, all = v->items + c->item_count;
	int rc = sr_field_dec(&number, c->s, "number", 0, c->e);

	if (rc == 0)
		rc = sr_query_extensions(&l, c->cat, v, c->e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < l.count; i++)
		all += l.rows[i].items;
	if (number != l.count + 1)
		rc = rules_deny(c, "extension-number", "fetch the grant anew",
			"its next extension is %zu, this says %llu", l.count + 1,
			(unsigned long long)number);
	else if (all > SR_REQUEST_ITEMS_MAX)
		rc = rules_deny(c, "too-many-items", "make a new request",
			"want at most %d items in a grant, have %llu", SR_REQUEST_ITEMS_MAX,
			(unsigned long long)all);
	else
		rc = rules_allow(c);
	sr_extensions_free(&l);
	return rc;
}

/* Its items are opened by topups, which nobody gives while the grant names somebody who left. */
static int readers_stay(struct rules_ctx *c, const struct sr_version_row *v) {
	const char *why = "";
	char name[SR_PERSON_TEXT];
	int rc = sr_invariants_reader_ended(name, &why, c->cat, v, c->e);

	if (rc != 0 || name[0] == '\0')
		return rc != 0 ? rc : rules_allow(c);
	return rules_deny(c, "reader-ended", "those who stay make a new request",
		"the grant names %s, who %s", name, why);
}

static int extend_grant(struct rules_ctx *c, const struct sr_grant_row *g) {
	struct sr_version_row v = {0};
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int rc = sr_field_id(request, c->s, "request", 0, c->e);

	if (rc == 0)
		rc = sr_field_dec(&version, c->s, "version", 0, c->e);
	if (rc != 0)
		return rc;
	if (strcmp(g->right, "access") != 0)
		return rules_deny(c, "right-not-granted", "make a new request",
			"the grant is for %s; one of right access is extended", g->right);
	if (!sr_state_may(SR_M_GRANT, g->state, SR_E_EXTEND) || g->ends <= c->now)
		return rules_deny(c, "grant-state",
			g->state == SR_S_SUSPENDED ? "it is lifted first" : "make a new request",
			"the grant is %s", g->ends <= c->now ? "over" : sr_state_name(g->state));
	if (memcmp(request, g->request, SR_ID) != 0 || version != g->version)
		return rules_deny(c, "other-version", "fetch the grant anew",
			"the grant is of version %u of its request", g->version);
	rc = sr_query_version(&v, c->cat, g->request, g->version, c->e);
	if (rc == 0 && v.epoch != c->board.epoch)
		rc = rules_deny(c, "other-epoch", "make a new request",
			"the request was decided in epoch %u, the board is in epoch %u: it takes "
			"no more pieces for it",
			v.epoch, c->board.epoch);
	else if (rc == 0)
		rc = readers_stay(c, &v);
	if (rc == 0 && c->out->allowed)
		rc = rules_list(c);
	if (rc == 0 && c->out->allowed)
		rc = list_fits(c, &v);
	if (rc == 0 && c->out->allowed)
		rc = new_items(c, &v, g);
	sr_version_row_free(&v);
	return rc;
}

int rule_extend(struct rules_ctx *c) {
	struct sr_grant_row g = {0};
	int rc = rules_grant(c, &g);

	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-grant", "grants shows yours", "no such grant");
	if (rc == 0)
		rc = extend_grant(c, &g);
	sr_grant_row_free(&g);
	return rc;
}
