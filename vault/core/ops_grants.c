/*
 * Grants and checkouts. Everybody sees their own; members, officers and auditors all of them when
 * they ask for all.
 */
#include "core/ops_in.h"
#include "room/room.h"

enum {
	LIST_DEFAULT = 100,
	LIST_MAX = 1000,
	SEES_ALL = SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_AUDITOR
};

static int wants_all(bool *all, const struct sr_x *x, const char *what, struct sr_err *e) {
	*all = sr_in_yes(x, "all");
	if (*all && (x->caller.roles & SEES_ALL) == 0)
		return sr_denied(e, "all %s are for member, officer or auditor; %s sees their own",
			what, x->caller.person);
	return 0;
}

void sr_put_grant_row(struct sr_rows_out *o, const struct sr_grant_row *g) {
	sr_row(o, "grant");
	sr_row_hex(o, "id", g->id, SR_ID);
	sr_row_hex(o, "board", g->board, SR_ID);
	sr_row_hex(o, "request", g->request, SR_ID);
	sr_row_dec(o, "version", g->version);
	sr_row_str(o, "right", g->right);
	sr_row_str(o, "state", sr_state_name(g->state));
	sr_row_time(o, "ends", g->ends);
	sr_row_dec(o, "level", g->level);
	sr_row_dec(o, "epoch", g->epoch);
	sr_row_dec(o, "entry", g->entry);
	if (g->ended > 0)
		sr_row_dec(o, "ended", g->ended);
	sr_row_dec(o, "items", g->items);
	sr_row_str(o, "suspended-by", g->suspended_by);
	sr_row_words(o, "form", g->forms);
	sr_row_words(o, "training", g->trainings);
	sr_row_words(o, "person", g->people);
	for (size_t i = 0; i < g->vote_count; i++)
		sr_row_hex(o, "vote", g->votes[i], SR_ID);
}

int sr_op_grants(struct sr_x *x, struct sr_err *e) {
	struct sr_grant_filter f = {0};
	struct sr_page page;
	struct sr_grants l = {0};
	struct sr_rows_out o;
	uint8_t request[SR_ID], item[SR_ID];
	bool all = false;
	int rc = wants_all(&all, x, "grants", e);
	if (rc == 0)
		rc = sr_in_state(x, SR_M_GRANT, &f.state, e);
	if (rc == 0)
		rc = sr_in_page(x, &page, LIST_DEFAULT, LIST_MAX, e);
	f.person = all ? NULL : x->caller.person;
	f.request = sr_in_id(x, "request", request) ? request : NULL;
	f.item = sr_in_id(x, "item", item) ? item : NULL;
	if (rc == 0)
		rc = sr_query_grants(&l, x->catalogue, &f, &page, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		sr_put_grant_row(&o, &l.rows[i]);
	sr_grants_free(&l);
	return rc;
}

/* Who reads under it, by name. */
static int put_named(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_row *g, struct sr_err *e) {
	struct sr_bytes who;
	int rc = 0;
	for (size_t i = 0;
		rc == 0 && (who = sr_word(sr_bytes_str(g->people), i)).p != NULL && who.len > 0;
		i++) {
		char person[SR_PERSON_TEXT];
		snprintf(person, sizeof person, "%.*s", (int)who.len, (const char *)who.p);
		sr_row(o, "named");
		sr_row_str(o, "person", person);
		rc = sr_put_name(x, o, "name", person, e);
	}
	return rc;
}

/* What the votes of a grant lay down for the reader. */
static int put_conditions(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_row *g, struct sr_err *e) {
	const bool auditor = (x->caller.roles & (SR_ROLE_MEMBER | SR_ROLE_OFFICER)) == 0;
	bool party = false;
	int rc = sr_is_party(&party, &x->caller, g->request, e);
	for (size_t i = 0; rc == 0 && i < g->vote_count; i++) {
		struct sr_vote_row v = {0};
		rc = sr_query_vote(&v, x->catalogue, g->votes[i], e);
		if (rc == 0 && v.condition_count > 0) {
			sr_row(o, "condition");
			sr_row_str(o, "person", v.person);
			sr_row_dec(o, "conditions", v.condition_count);
			if (!auditor || party)
				sr_row_str(o, "text", v.conditions);
		}
		sr_vote_row_free(&v);
	}
	return rc;
}

int sr_put_grant_use(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t grant[SR_ID], struct sr_err *e) {
	struct sr_grant_uses l = {NULL, 0};
	int rc = sr_query_grant_use(&l, x->catalogue, grant, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "use");
		sr_row_hex(o, "item", l.rows[i].item, SR_ID);
		sr_row_dec(o, "checkouts", l.rows[i].checkouts);
		sr_row_dec(o, "opened", l.rows[i].opened);
		sr_row_dec(o, "reads", l.rows[i].reads);
		sr_row_dec(o, "exports", l.rows[i].exports);
		sr_row_time(o, "last", l.rows[i].last);
	}
	sr_grant_uses_free(&l);
	return rc;
}

int sr_put_topups(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_row *g, struct sr_err *e) {
	struct sr_topups l = {0};
	int rc = g->state == SR_S_LIVE || g->state == SR_S_SUSPENDED
			 ? sr_query_topups(&l, x->catalogue, g->id, NULL, e)
			 : 0;
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "topup");
		sr_row_hex(o, "grant", g->id, SR_ID);
		sr_row_hex(o, "item", l.rows[i].item, SR_ID);
		sr_row_dec(o, "have", l.rows[i].have);
		sr_row_dec(o, "want", l.rows[i].want);
		if (l.rows[i].extension != 0)
			sr_row_dec(o, "extension", (uint64_t)l.rows[i].extension);
	}
	sr_topups_free(&l);
	return rc;
}

/* The number of the next extension; with `new`, what it may add. */
static int put_next(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_row *g, struct sr_err *e) {
	struct sr_version_row v = {.version = g->version};
	struct sr_extensions l = {0};
	uint8_t *ids = NULL;
	size_t count = 0;
	memcpy(v.request, g->request, SR_ID);
	int rc = sr_query_extensions(&l, x->catalogue, &v, e);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "extension", l.count + 1);
	sr_extensions_free(&l);
	if (rc == 0 && sr_in_yes(x, "new"))
		rc = sr_query_extendable(&ids, &count, x->catalogue, g->id, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		sr_row(o, "new");
		sr_row_hex(o, "id", ids + i * SR_ID, SR_ID);
	}
	free(ids);
	return rc;
}

int sr_op_grant(struct sr_x *x, struct sr_err *e) {
	struct sr_grant_row g = {0};
	struct sr_rows_out o;
	uint8_t id[SR_ID], *ids = NULL;
	size_t count = 0;
	char hex[2 * SR_ID + 1];
	bool may = false;
	if (!sr_in_id(x, "grant", id))
		return sr_fail(e, SR_MISUSE, "grant without an id");
	int rc = sr_query_grant(&g, x->catalogue, id, e);
	if (rc == 0)
		rc = sr_may_see_request(&may, &x->caller, g.request, e);
	if (rc == SR_NOTFOUND || (rc == 0 && !may)) {
		sr_grant_row_free(&g);
		sr_hex(hex, id, SR_ID);
		return sr_fail(e, SR_NOTFOUND, "there is no grant %s that %s may see", hex,
			x->caller.person);
	}
	sr_rows_begin(&o, &x->r->body);
	if (rc == 0) {
		sr_put_grant_row(&o, &g);
		rc = put_named(x, &o, &g, e);
	}
	if (rc == 0)
		rc = put_conditions(x, &o, &g, e);
	if (rc == 0)
		rc = sr_put_grant_use(x, &o, id, e);
	if (rc == 0)
		rc = sr_put_topups(x, &o, &g, e);
	if (rc == 0)
		rc = put_next(x, &o, &g, e);
	if (rc == 0)
		rc = sr_query_list_items(&ids, &count, x->catalogue,
			&(struct sr_list_of){g.request, g.version, -1}, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct sr_item_row it = {0};
		rc = sr_query_item(&it, x->catalogue, ids + i * SR_ID, e);
		if (rc == 0)
			sr_put_item_short(x, &o, &it);
		sr_item_row_free(&it);
	}
	free(ids);
	sr_grant_row_free(&g);
	return rc;
}

static int put_checkout(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_checkout_row *c, struct sr_err *e) {
	struct sr_item_row it = {0};
	int rc = sr_query_item(&it, x->catalogue, c->item, e);
	if (rc != 0)
		return rc;
	sr_row(o, "checkout");
	sr_row_hex(o, "id", c->id, SR_ID);
	sr_row_str(o, "person", c->person);
	sr_row_hex(o, "item", c->item, SR_ID);
	if (c->has_grant)
		sr_row_hex(o, "grant", c->grant, SR_ID);
	sr_row_str(o, "right", c->right);
	sr_row_str(o, "form", c->form);
	sr_row_str(o, "state", sr_state_name(c->state));
	sr_row_dec(o, "entry", c->entry);
	sr_row_time(o, "begun", c->begun);
	if (c->ended > 0)
		sr_row_dec(o, "ended", c->ended);
	if (sr_may_know_item(&x->caller, &it))
		sr_row_str(o, "title", it.title);
	uint64_t files = 0;
	struct sr_err why = {0};
	rc = strcmp(c->person, x->caller.person) != 0
		     ? SR_DENIED
		     : sr_room_files(x->core->room, c->id, x->caller.person, &files, &why);
	sr_row_flag(o, "open-here", rc == 0);
	sr_item_row_free(&it);
	if (rc != SR_NOMEM && rc != SR_IO)
		return 0;
	if (e != NULL)
		*e = why;
	return rc;
}

int sr_op_checkouts(struct sr_x *x, struct sr_err *e) {
	struct sr_checkout_filter f = {0};
	struct sr_page page;
	struct sr_checkouts l = {0};
	struct sr_rows_out o;
	uint8_t grant[SR_ID], item[SR_ID];
	bool all = false;
	int rc = wants_all(&all, x, "checkouts", e);
	if (rc == 0)
		rc = sr_in_page(x, &page, LIST_DEFAULT, LIST_MAX, e);
	f.person = all ? NULL : x->caller.person;
	f.grant = sr_in_id(x, "grant", grant) ? grant : NULL;
	f.item = sr_in_id(x, "item", item) ? item : NULL;
	f.live = sr_in_yes(x, "live");
	if (rc == 0)
		rc = sr_query_checkouts(&l, x->catalogue, &f, &page, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		rc = put_checkout(x, &o, &l.rows[i], e);
	sr_checkouts_free(&l);
	return rc;
}
