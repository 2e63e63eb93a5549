/*
 * submit: bytes -> submissions with the hooks of their kind -> the door, as one group -> outcomes
 * and receipts.
 *
 * Three types carry work that was prepared on this connection: `accession` (deposit), `release`
 * (room) and `held-box` (ops_held.c). One that is in the log already is not prepared again: the
 * door answers with its first receipt.
 */
#include <stdio.h>

#include "core/ops_in.h"
#include "intake/deposit.h"
#include "intake/queue.h"
#include "ledger/ledger.h"
#include "room/room.h"

enum {
	TEXT_BYTES_MAX = 64 << 10,
	TEXTS_MAX = SR_ENTRY_RECORDS,
	OBJECTS_MAX = 8
};

struct group {
	struct sr_submission *subs;
	struct sr_door_text **texts;
	struct sr_door_object **objects;
	struct sr_outcome *outcomes;
	bool *brings; /* items: said before the commit, behind which nothing may fail */
	uint32_t count;
};

static void group_free(struct group *g) {
	for (uint32_t i = 0; i < g->count; i++) {
		if (g->texts != NULL)
			free(g->texts[i]);
		if (g->objects != NULL)
			free(g->objects[i]);
	}
	free(g->subs);
	free(g->texts);
	free(g->objects);
	free(g->outcomes);
	free(g->brings);
}

int sr_get_door_text(struct sr_door_text *t, struct sr_reader *in, size_t max, struct sr_err *e) {
	struct sr_bytes field = {0};
	uint32_t index = 0;
	int rc = sr_get_lp(in, &field, sizeof t->field - 1, e);
	if (rc == 0)
		rc = sr_get_le32(in, &index, e);
	if (rc == 0)
		rc = sr_get(in, t->salt, SR_SALT, e);
	if (rc == 0)
		rc = sr_get_lp(in, &t->text, max, e);
	if (rc != 0)
		return rc;
	memcpy(t->field, field.p, field.len);
	t->field[field.len] = '\0';
	t->index = index;
	return 0;
}

static int get_object(struct sr_door_object *o, struct sr_reader *in, struct sr_err *e) {
	struct sr_bytes subject = {0};
	int rc = sr_get(in, o->salt, SR_SALT, e);
	if (rc == 0)
		rc = sr_get_lp(in, &subject, sizeof o->subject - 1, e);
	if (rc == 0)
		rc = sr_get_lp(in, &o->body, SR_OBJECT_MAX, e);
	if (rc != 0)
		return rc;
	if (subject.len > 0)
		memcpy(o->subject, subject.p, subject.len);
	o->subject[subject.len] = '\0';
	return 0;
}

static int get_submission(struct group *g, uint32_t i, struct sr_reader *in, struct sr_err *e) {
	struct sr_submission *s = &g->subs[i];
	uint32_t texts = 0, objects = 0;
	int rc = sr_get_lp(in, &s->note, SR_STATEMENT_MAX, e);
	if (rc == 0)
		rc = sr_get_le32(in, &texts, e);
	if (rc == 0 && texts > TEXTS_MAX)
		rc = sr_fail(e, SR_LIMIT, "%u texts, at most %d", texts, TEXTS_MAX);
	if (rc == 0 && (g->texts[i] = calloc(texts + 1, sizeof *g->texts[i])) == NULL)
		rc = sr_fail(e, SR_NOMEM, "%u texts: out of memory", texts);
	for (uint32_t j = 0; rc == 0 && j < texts; j++)
		rc = sr_get_door_text(&g->texts[i][j], in, TEXT_BYTES_MAX, e);
	if (rc == 0)
		rc = sr_get_le32(in, &objects, e);
	if (rc == 0 && objects > OBJECTS_MAX)
		rc = sr_fail(e, SR_LIMIT, "%u objects, at most %d", objects, OBJECTS_MAX);
	if (rc == 0 && (g->objects[i] = calloc(objects + 1, sizeof *g->objects[i])) == NULL)
		rc = sr_fail(e, SR_NOMEM, "%u objects: out of memory", objects);
	for (uint32_t j = 0; rc == 0 && j < objects; j++)
		rc = get_object(&g->objects[i][j], in, e);
	if (rc != 0)
		return sr_wrap(e, "submission %u of %u", i + 1, g->count);
	s->texts = g->texts[i];
	s->text_count = texts;
	s->objects = g->objects[i];
	s->object_count = objects;
	return 0;
}

static int get_group(struct group *g, struct sr_bytes body, struct sr_err *e) {
	struct sr_reader in;
	uint32_t count = 0;
	sr_reader_init(&in, body);
	int rc = sr_get_le32(&in, &count, e);
	if (rc != 0)
		return rc;
	if (count < 1 || count > SR_SUBMIT_MAX)
		return sr_fail(e, SR_USAGE, "%u submissions, want 1 to %d", count, SR_SUBMIT_MAX);
	g->count = count;
	g->subs = calloc(count, sizeof *g->subs);
	g->texts = calloc(count, sizeof(struct sr_door_text *));
	g->objects = calloc(count, sizeof(struct sr_door_object *));
	g->outcomes = calloc(count, sizeof *g->outcomes);
	g->brings = calloc(count, sizeof *g->brings);
	if (g->subs == NULL || g->texts == NULL || g->objects == NULL || g->outcomes == NULL ||
		g->brings == NULL)
		return sr_fail(e, SR_NOMEM, "%u submissions: out of memory", count);
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = get_submission(g, i, &in, e);
	return rc == 0 ? sr_get_end(&in, e) : rc;
}

/* What is in the log already needs no preparation. */
static int in_log(bool *out, struct sr_x *x, const struct sr_statement *st, struct sr_err *e) {
	struct sr_entry_row row;
	int rc = sr_query_statement(&row, x->catalogue, st->head.id, e);
	*out = rc == 0 && memcmp(row.hash, st->hash, SR_HASH) == 0;
	return rc == SR_NOTFOUND ? 0 : rc;
}

static int hooks(struct sr_x *x, struct sr_submission *sub, bool *brings, struct sr_err *e) {
	struct sr_statement st;
	uint8_t id[SR_ID];
	bool known = false;
	int rc = sr_statement_parse(&st, sub->note, e);
	if (rc == SR_NOMEM)
		return rc;
	if (rc != 0) {
		/* A note that does not parse is the door's to refuse, in its own words. */
		if (e != NULL)
			sr_err_clear(e);
		return 0;
	}
	*brings = sr_type_brings_items(st.type->id);
	if (*brings || st.type->id == SR_T_RELEASE || st.type->id == SR_T_HELD_BOX)
		rc = in_log(&known, x, &st, e);
	if (rc == 0 && !known && *brings) {
		rc = sr_field_id(id, &st, "accession", 0, e);
		if (rc == 0 && sub->object_count > 0)
			rc = sr_fail(e, SR_USAGE,
				"accession: its objects are those of deposit.finish, "
				"none are sent");
		if (rc == 0)
			rc = sr_inflow_submission(x->session, id, sub, e);
	}
	if (rc == 0 && !known && st.type->id == SR_T_RELEASE) {
		rc = sr_field_id(id, &st, "item", 0, e);
		if (rc == 0)
			rc = sr_room_release_hooks(x->core->room, id, sub, e);
	}
	if (rc == 0 && !known && st.type->id == SR_T_HELD_BOX) {
		rc = sr_field_id(id, &st, "item", 0, e);
		if (rc == 0)
			rc = sr_offers_hooks(x->session, id, sub, e);
	}
	sr_statement_free(&st);
	return rc;
}

static int put_outcome(struct sr_x *x, struct sr_rows_out *o, const struct sr_outcome *out,
	uint64_t since, struct sr_err *e) {
	sr_row(o, "outcome");
	sr_row_str(o, "code", sr_code_name((enum sr_code)out->code));
	if (out->code != 0) {
		sr_row_str(o, "error", out->err.text);
		sr_row_str(o, "rule", out->rule);
		sr_row_str(o, "title", out->title);
		return 0;
	}
	sr_row_dec(o, "index", out->index);
	sr_row_time(o, "received", out->received);
	sr_row_flag(o, "repeated", out->repeated);
	for (size_t i = 0; i < sizeof out->follow / sizeof out->follow[0]; i++)
		sr_row_str(o, "follow", out->follow[i]);
	int rc = sr_put_receipt(x, o, out->index, since, e);
	return rc == SR_DENIED ? 0 : rc;
}

static void put_single(struct sr_x *x, const struct sr_outcome *out) {
	struct sr_buf *head = &x->r->head;
	sr_text_put_dec(head, "index", out->index);
	sr_text_put_time(head, "received", out->received);
	if (out->repeated)
		sr_text_put(head, "repeated", "yes");
	for (size_t i = 0; i < sizeof out->follow / sizeof out->follow[0]; i++) {
		if (out->follow[i][0] != '\0')
			sr_text_put_base64(head, "follow", out->follow[i], strlen(out->follow[i]));
	}
}

/* A deposit that is committed is over; one that was refused may be signed again. */
static void settle_deposit(struct sr_x *x, const struct group *g) {
	for (uint32_t i = 0; i < g->count; i++) {
		if (g->outcomes[i].code != 0 || !g->brings[i])
			continue;
		if (!g->outcomes[i].repeated)
			sr_inflow_end(x->core, x->session);
		sr_queue_wake(x->core->queue);
	}
}

int sr_op_submit(struct sr_x *x, struct sr_err *e) {
	struct group g = {0};
	struct sr_rows_out o;
	uint64_t since = 0;
	(void)sr_in_dec(x, "since", &since);
	int rc = get_group(&g, sr_in_body(x), e);
	if (rc == 0)
		rc = sr_check_since(x, since, e);
	for (uint32_t i = 0; rc == 0 && i < g.count; i++)
		rc = hooks(x, &g.subs[i], &g.brings[i], e);
	if (rc == 0)
		rc = sr_door_commit(x->vault, g.subs, g.count, g.outcomes, e);
	if (rc != 0)
		goto out;
	settle_deposit(x, &g);
	sr_rows_begin(&o, &x->r->body);
	for (uint32_t i = 0; rc == 0 && i < g.count; i++)
		rc = put_outcome(x, &o, &g.outcomes[i], since, e);
	/* What ended is wiped in any case; a failure there is told, but what is committed is
	 * committed. */
	struct sr_err swept = {0};
	if (sr_after_commit(x->core, &swept) != 0)
		sr_text_put_base64(&x->r->head, "follow", swept.text, strlen(swept.text));
	if (rc == 0 && g.count == 1 && g.outcomes[0].code != 0) {
		x->keep_body = true;
		if (e != NULL)
			*e = g.outcomes[0].err;
		rc = g.outcomes[0].code;
	} else if (rc == 0 && g.count == 1) {
		put_single(x, &g.outcomes[0]);
	}
out:
	group_free(&g);
	return rc;
}
