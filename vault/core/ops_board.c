/*
 * The board, and what everybody's client verifies before it believes a board key:
 * found, every dealing of the run, every accept, and `opened`.
 */
#include <stdio.h>

#include "board/keys.h"
#include "core/ops_in.h"

/* Entries of one type, oldest first, all of them (a board's ceremony is small). */
static int entries_of(
	struct sr_entries *l, struct sr_x *x, int type, const char *about, struct sr_err *e) {
	const struct sr_entry_filter f = {.type = type, .about = about};
	const struct sr_page page = {.limit = 1000};
	return sr_query_entries(l, x->catalogue, &f, &page, e);
}

static int put_entries(
	struct sr_x *x, struct sr_rows_out *o, int type, const char *about, struct sr_err *e) {
	struct sr_entries l = {0};
	int rc = entries_of(&l, x, type, about, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "entry");
		sr_row_str(o, "what", sr_type_at(l.rows[i].type)->name);
		sr_row_dec(o, "index", l.rows[i].index);
		sr_row_str(o, "person", l.rows[i].actor);
	}
	sr_entries_free(&l);
	return rc;
}

static void put_member(const struct sr_x *x, struct sr_rows_out *o, const struct sr_member_row *m,
	const struct sr_run_member *r) {
	struct sr_person_row p = {0};
	sr_row(o, "member");
	sr_row_dec(o, "index", m->index);
	sr_row_str(o, "person", m->person);
	sr_row_base64(o, "key", m->pk, SR_PK);
	sr_row_flag(o, "active", m->active);
	if (sr_query_person(&p, x->catalogue, m->person, NULL) == 0 &&
		sr_may_see_name(&x->caller, &p))
		sr_row_str(o, "name", p.name);
	sr_person_row_free(&p);
	if (r == NULL)
		return;
	sr_row_flag(o, "dealt", r->dealt);
	sr_row_flag(o, "accepted", r->accepted);
	if (r->dealt) {
		sr_row_dec(o, "deal-entry", r->deal_entry);
		sr_row_hex(o, "dealing", r->dealing, SR_HASH);
		sr_row_hex(o, "deal", r->deal, SR_HASH);
	}
	if (r->accepted) {
		sr_row_dec(o, "accept-entry", r->accept_entry);
		sr_row_hex(o, "transcript", r->transcript, SR_HASH);
	}
}

static void put_board(const struct sr_x *x, struct sr_rows_out *o, const struct sr_board_row *b,
	const struct sr_run_row *run) {
	for (size_t i = 0; i < b->level_count; i++) {
		sr_row(o, "level");
		sr_row_dec(o, "level", b->levels[i].level);
		if (b->levels[i].has_key)
			sr_row_base64(o, "key", b->levels[i].key, SR_PK);
	}
	for (size_t i = 0; i < b->member_count; i++) {
		const struct sr_run_member *r = NULL;
		for (size_t j = 0; run != NULL && j < run->member_count; j++) {
			if (strcmp(run->members[j].person, b->members[i].person) == 0)
				r = &run->members[j];
		}
		put_member(x, o, &b->members[i], r);
	}
}

struct shown { /* large rows, off the stack */
	struct sr_vault_row vault;
	struct sr_board_row board;
	struct sr_run_row run;
};

/* The board that the call names; the founding one when it names none. */
static const uint8_t *in_board(const struct sr_x *x, uint8_t id[SR_ID]) {
	return sr_in_id(x, "board", id) ? id : NULL;
}

/* The run that made the keys of an open board; of another, its last one. */
static int run_of_board(struct shown *s, struct sr_x *x, struct sr_err *e) {
	return s->board.opened ? sr_query_run(&s->run, x->catalogue, s->board.run, e)
			       : sr_query_last_run(&s->run, x->catalogue, s->board.id, e);
}

static int put_board_log(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_board_row *b, struct sr_err *e) {
	static const int ours[] = {SR_T_BOARD, SR_T_RESHARE, SR_T_REKEY, SR_T_STANDBY,
		SR_T_TAKEOVER, SR_T_DEAL, SR_T_ACCEPT, SR_T_COMPLAINT, SR_T_REVEAL, SR_T_OPENED,
		SR_T_CONFIRM, SR_T_REKEYED};
	char id[2 * SR_ID + 1];
	int rc = put_entries(x, o, SR_T_FOUND, NULL, e);
	if (rc == 0)
		rc = put_entries(x, o, SR_T_SERVICE_KEY, NULL, e);
	if (rc == 0)
		rc = put_entries(x, o, SR_T_KEY_EPOCH, NULL, e);
	sr_hex(id, b->id, SR_ID);
	for (size_t i = 0; rc == 0 && i < sizeof ours / sizeof ours[0]; i++)
		rc = put_entries(x, o, ours[i], id, e);
	return rc;
}

/* Who is to sit when a reshare under way is done. */
static void put_next(struct sr_x *x, struct sr_rows_out *o, struct shown *s) {
	const uint32_t epoch = s->board.epoch + 1;
	if (!s->board.opened ||
		sr_query_board(&s->board, x->catalogue, s->board.id, epoch, NULL) != 0)
		return;
	for (size_t i = 0; i < s->board.member_count; i++) {
		struct sr_person_row p = {0};
		sr_row(o, "next");
		sr_row_dec(o, "index", s->board.members[i].index);
		sr_row_str(o, "person", s->board.members[i].person);
		if (sr_query_person(&p, x->catalogue, s->board.members[i].person, NULL) == 0 &&
			sr_may_see_name(&x->caller, &p))
			sr_row_str(o, "name", p.name);
		sr_person_row_free(&p);
	}
}

/* How far a new key is; nothing when none is on its way. */
static void put_left(struct sr_buf *head, const struct sr_left *l) {
	if (l->rekeying == 0)
		return;
	sr_text_put_dec(head, "rekeying", l->rekeying);
	sr_text_put_dec(head, "left", l->items);
	sr_text_put_dec(head, "left-held", l->held);
	sr_text_put_dec(head, "left-asked", l->asked);
}

int sr_op_left(struct sr_x *x, struct sr_err *e) {
	const unsigned sees = SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR |
			      SR_ROLE_CUSTODIAN;
	struct sr_left_item *rows = NULL;
	struct sr_left l = {0};
	struct sr_rows_out o;
	uint64_t limit = SR_REQUEST_ITEMS_MAX;
	uint8_t id[SR_ID];
	size_t count = 0;
	int rc = 0;
	if (!x->session->embedded && (x->caller.roles & sees) == 0)
		return sr_fail(e, SR_DENIED,
			"what is left to seal anew is for members, curators, officers, auditors "
			"and custodians; %s is none of them",
			x->caller.person);
	if (!sr_in_id(x, "board", id))
		memcpy(id, x->vault->fingerprint, SR_ID);
	if (sr_in_dec(x, "limit", &limit) && (limit == 0 || limit > SR_REQUEST_ITEMS_MAX))
		return sr_fail(e, SR_USAGE, "limit: want 1 to %d", SR_REQUEST_ITEMS_MAX);
	rc = sr_query_left(&l, x->catalogue, id, e);
	if (rc == 0 && l.epoch != 0)
		rc = sr_query_left_items(&rows, &count, x->catalogue, id, &l, (size_t)limit, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&x->r->head, "board", id, SR_ID);
	sr_text_put_dec(&x->r->head, "rekeying", l.rekeying);
	sr_text_put_dec(&x->r->head, "left", l.items);
	sr_text_put_dec(&x->r->head, "left-held", l.held);
	sr_text_put_dec(&x->r->head, "left-asked", l.asked);
	if (l.epoch != 0)
		sr_text_put_dec(&x->r->head, "epoch", l.epoch);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; i < count; i++) {
		sr_row(&o, "left");
		sr_row_hex(&o, "id", rows[i].id, SR_ID);
		sr_row_dec(&o, "level", rows[i].level);
		sr_row_flag(&o, "held", rows[i].held);
	}
	free(rows);
	return 0;
}

int sr_op_board(struct sr_x *x, struct sr_err *e) {
	struct shown *s = calloc(1, sizeof *s);
	struct sr_rows_out o;
	struct sr_left left = {0};
	struct sr_buf *head = &x->r->head;
	uint8_t id[SR_ID];
	bool rotate = false;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory");
	int rc = sr_query_vault(&s->vault, x->catalogue, e);
	if (rc == 0)
		rc = sr_query_board(&s->board, x->catalogue, in_board(x, id), 0, e);
	if (rc == 0)
		rc = sr_query_left(&left, x->catalogue, s->board.id, e);
	if (rc != 0)
		goto out;
	if (s->board.founding)
		rc = sr_query_service_keys_old(&rotate, x->catalogue, e);
	if (rc != 0)
		goto out;
	const bool has_run = run_of_board(s, x, NULL) == 0;
	sr_text_put_hex(head, "fingerprint", s->vault.fingerprint, SR_HASH);
	sr_text_put_hex(head, "board", s->board.id, SR_ID);
	sr_text_put(head, "origin", s->vault.origin);
	sr_text_put(head, "ledger-key", s->vault.vkey);
	sr_text_put_base64(head, "room-key", s->vault.room_key, SR_PK);
	sr_text_put_dec(head, "epoch", s->board.epoch);
	put_left(head, &left);
	if (rotate)
		sr_text_put(head, "rotate-due", "yes");
	if (s->board.opened) {
		sr_text_put(head, "opened", "yes");
		sr_text_put_hex(head, "transcript", s->board.transcript, SR_HASH);
	}
	if (has_run) {
		sr_text_put_hex(head, "run", s->run.run, SR_ID);
		sr_text_put(head, "run-state", sr_state_name(s->run.state));
	}
	sr_rows_begin(&o, &x->r->body);
	put_board(x, &o, &s->board, has_run ? &s->run : NULL);
	put_next(x, &o, s);
	rc = put_board_log(x, &o, &s->board, e);
out:
	free(s);
	return rc;
}

/* Is the caller a member of the epoch in force, or of the one that waits for its keys? */
static int sits(bool *out, struct sr_board_row *room, struct sr_x *x, const struct sr_board_at *b,
	struct sr_err *e) {
	*out = false;
	for (uint32_t epoch = b->epoch; epoch <= b->epoch + 1; epoch++) {
		int rc = epoch == 0 ? SR_NOTFOUND
				    : sr_query_board(room, x->catalogue, b->id, epoch, e);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			continue;
		}
		if (rc != 0)
			return rc;
		for (size_t i = 0; i < room->member_count; i++)
			*out = *out || strcmp(room->members[i].person, x->caller.person) == 0;
	}
	return 0;
}

int sr_op_boards(struct sr_x *x, struct sr_err *e) {
	struct sr_board_row *room = calloc(1, sizeof *room);
	struct sr_boards l = {0};
	struct sr_rows_out o;
	int rc = room == NULL ? sr_fail(e, SR_NOMEM, "boards: out of memory")
			      : sr_query_boards(&l, x->catalogue, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_board_at *b = &l.rows[i];
		bool mine = false;
		rc = sits(&mine, room, x, b, e);
		if (rc == 0)
			rc = sr_query_board(room, x->catalogue, b->id, 0, e);
		if (rc != 0)
			break;
		sr_row(&o, "board");
		sr_row_hex(&o, "id", b->id, SR_ID);
		sr_row_flag(&o, "founding", b->founding);
		sr_row_dec(&o, "epoch", b->epoch);
		sr_row_dec(&o, "members", room->member_count);
		for (size_t k = 0; k < room->level_count; k++)
			sr_row_dec(&o, "quorum", room->levels[k].quorum);
		sr_row_flag(&o, "opened", b->epoch > 0);
		sr_row_flag(&o, "mine", mine);
		if (!b->founding)
			sr_row_hex(&o, "request", b->request, SR_ID);
		sr_row_dec(&o, "entry", b->entry);
	}
	sr_boards_free(&l);
	free(room);
	return rc;
}

static int put_dealing(struct sr_x *x, struct sr_rows_out *o, uint64_t entry,
	const uint8_t object[SR_HASH], struct sr_err *e) {
	struct sr_buf body;
	sr_buf_init_secret(&body);
	int rc = sr_object_fetch(x->vault, object, &body, e);
	if (rc == SR_NOTFOUND) { /* its run is over, or a restore has none (board/dealings.h) */
		sr_err_clear(e);
		sr_buf_free(&body);
		return 0;
	}
	if (rc == 0) {
		sr_row(o, "dealing");
		sr_row_dec(o, "index", entry);
		sr_row_buf(o, "body", &body);
	}
	sr_buf_free(&body);
	return rc;
}

/* Each complaint with its answer, and what it is about: everybody judges for themselves. */
static int put_complaints(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint64_t since, struct sr_err *e) {
	struct sr_complaints l = {0};
	int rc = sr_query_complaints(&l, x->catalogue, board, NULL, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_complaint_row *c = &l.rows[i];
		bool before = !c->dealt;
		rc = sr_put_receipt_row(x, o, c->entry, since, e);
		if (rc == 0 && c->revealed)
			rc = sr_put_receipt_row(x, o, c->reveal_entry, since, e);
		for (size_t j = 0; j < i && !before; j++)
			before = l.rows[j].dealt && l.rows[j].deal_entry == c->deal_entry;
		if (rc != 0 || before)
			continue;
		rc = sr_put_receipt_row(x, o, c->deal_entry, since, e);
		if (rc == 0)
			rc = put_dealing(x, o, c->deal_entry, c->deal, e);
	}
	sr_complaints_free(&l);
	return rc;
}

static int put_members_trust(struct sr_x *x, struct sr_rows_out *o, const struct sr_board_row *b,
	uint64_t since, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->member_count; i++)
		rc = sr_put_person_trust(x, o, b->members[i].person, since, e);
	return rc;
}

/* How the board came to be: who asked for it, the votes of the founding board, the statement. */
static int put_origin(struct sr_x *x, struct sr_rows_out *o, const struct sr_board_row *b,
	uint64_t since, struct sr_err *e) {
	struct sr_boards all = {0};
	int rc = b->founding ? 0 : sr_query_boards(&all, x->catalogue, e);
	for (size_t i = 0; rc == 0 && i < all.count; i++) {
		if (memcmp(all.rows[i].id, b->id, SR_ID) != 0)
			continue;
		rc = sr_put_board_origin(x, o, all.rows[i].entry, since, e);
		if (rc == 0)
			rc = sr_put_receipt_row(x, o, all.rows[i].entry, since, e);
	}
	sr_boards_free(&all);
	return rc;
}

static int put_run(struct sr_x *x, struct sr_rows_out *o, const struct sr_run_row *run,
	uint64_t since, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && run->state != SR_S_DONE && i < run->dealer_count; i++) {
		const struct sr_run_member *d = &run->dealers[i];
		if (!d->dealt)
			continue;
		rc = sr_put_receipt_row(x, o, d->deal_entry, since, e);
		if (rc == 0)
			rc = put_dealing(x, o, d->deal_entry, d->deal, e);
	}
	for (size_t i = 0; rc == 0 && i < run->member_count; i++) {
		if (run->members[i].accepted)
			rc = sr_put_receipt_row(x, o, run->members[i].accept_entry, since, e);
	}
	return rc;
}

/* An object that a statement names, as a row ${kind} of the run; ${person}: whose it is, or NULL.
 */
static int put_run_object(struct sr_x *x, struct sr_rows_out *o, const char *kind,
	const struct sr_run_row *run, const char *person, const uint8_t object[SR_HASH],
	struct sr_err *e) {
	struct sr_buf body;
	int rc;
	sr_buf_init(&body);
	rc = sr_object_fetch(x->vault, object, &body, e);
	if (rc == 0) {
		sr_row(o, kind);
		sr_row_hex(o, "run", run->run, SR_ID);
		if (person != NULL)
			sr_row_str(o, "person", person);
		sr_row_buf(o, "body", &body);
	}
	sr_buf_free(&body);
	return rc;
}

/* Of an epoch that was opened: its public keys, and each member's own box. */
static int put_opened(
	struct sr_x *x, struct sr_rows_out *o, const struct shown *s, struct sr_err *e) {
	int rc = put_run_object(x, o, "keys", &s->run, NULL, s->board.keys, e);
	for (size_t i = 0; rc == 0 && i < s->run.member_count; i++)
		rc = put_run_object(x, o, "share", &s->run, s->run.members[i].person,
			s->run.members[i].shares, e);
	return rc;
}

/* When members last opened their shares, where that was after they accepted. */
static int put_confirmed(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint32_t epoch, uint64_t since, struct sr_err *e) {
	struct sr_confirmed l = {.count = 0};
	int rc = sr_query_confirmed(&l, x->catalogue, board, epoch, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (!l.rows[i].accept)
			rc = sr_put_receipt_row(x, o, l.rows[i].entry, since, e);
	}
	return rc;
}

/* What shows who the members are. */
static int put_trust(struct sr_x *x, struct sr_rows_out *o, const struct sr_board_row *b,
	uint64_t since, struct sr_err *e) {
	int rc = put_members_trust(x, o, b, since, e);
	if (rc == 0)
		rc = put_origin(x, o, b, since, e);
	if (rc == 0 && !b->founding)
		rc = sr_put_board_history(x, o, x->vault->fingerprint, since, e);
	return rc == 0 ? sr_put_board_history(x, o, b->id, since, e) : rc;
}

int sr_put_board_trust(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	uint64_t since, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "board: out of memory")
			   : sr_query_board(b, x->catalogue, v->board, 0, e);
	if (rc == 0)
		rc = put_trust(x, o, b, since, e);
	/* Who gives pieces of what is left under a key before. */
	if (rc == 0 && v->epoch < b->epoch)
		rc = sr_query_board(b, x->catalogue, v->board, v->epoch, e);
	if (rc == 0 && v->epoch == b->epoch)
		rc = put_members_trust(x, o, b, since, e);
	free(b);
	return rc;
}

/* A run under way; of one whose board waits its keys and boxes, and no dealings, which are gone. */
static int put_waiting(struct sr_x *x, struct sr_rows_out *o, const struct sr_run_row *run,
	uint64_t since, struct sr_err *e) {
	struct sr_standby_row s = {.waits = 0};
	int rc = sr_query_standby(&s, x->catalogue, run->board, run->epoch, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc != 0 || s.waits == 0)
		return rc != 0 ? rc : put_run(x, o, run, since, e);
	rc = sr_put_receipt_row(x, o, s.waits, since, e);
	for (size_t i = 0; rc == 0 && i < run->member_count; i++)
		rc = sr_put_receipt_row(x, o, run->members[i].accept_entry, since, e);
	if (rc == 0)
		rc = put_confirmed(x, o, run->board, run->epoch, since, e);
	if (rc == 0)
		rc = put_run_object(x, o, "keys", run, NULL, s.object, e);
	for (size_t i = 0; rc == 0 && i < run->member_count; i++)
		rc = put_run_object(
			x, o, "share", run, run->members[i].person, run->members[i].shares, e);
	return rc;
}

/* An epoch that was in force: who sat then, the keys that they accepted, and their boxes. */
static int put_epoch(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint32_t epoch, uint64_t since, struct sr_err *e) {
	struct shown *s = calloc(1, sizeof *s);
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory");
	int rc = sr_query_board(&s->board, x->catalogue, board, epoch, e);
	if (rc == 0 && !s->board.opened)
		rc = sr_fail(e, SR_NOTFOUND, "the board was never in epoch %u", epoch);
	if (rc == 0)
		rc = put_members_trust(x, o, &s->board, since, e);
	if (rc == 0)
		rc = sr_query_run(&s->run, x->catalogue, s->board.run, e);
	if (rc == 0)
		rc = put_run(x, o, &s->run, since, e);
	if (rc == 0)
		rc = put_opened(x, o, s, e);
	free(s);
	return rc;
}

int sr_put_former(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	uint64_t since, struct sr_err *e) {
	struct sr_board_row *b = NULL;
	bool former = false;
	int rc = 0;
	if (strcmp(v->kind, "reseal") != 0)
		return 0;
	b = calloc(1, sizeof *b);
	rc = b == NULL ? sr_fail(e, SR_NOMEM, "board: out of memory")
		       : sr_query_board(b, x->catalogue, v->board, 0, e);
	former = rc == 0 && v->epoch < b->base;
	free(b);
	return former ? put_epoch(x, o, v->board, v->epoch, since, e) : rc;
}

/* The run under way for the epoch that waits, if there is one. */
static int put_next_run(
	struct sr_x *x, struct sr_rows_out *o, struct shown *s, uint64_t since, struct sr_err *e) {
	struct sr_entries l = {0};
	char id[2 * SR_ID + 1];
	int rc = sr_query_last_run(&s->run, x->catalogue, s->board.id, e);
	/* Deals of a plan that another decision replaced: they show that their run is over. */
	sr_hex(id, s->board.id, SR_ID);
	if (rc == 0 && s->run.epoch > s->board.epoch)
		rc = entries_of(&l, x, SR_T_DEAL, id, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		if (l.rows[i].index > s->board.opened_entry)
			rc = sr_put_receipt_row(x, o, l.rows[i].index, since, e);
	sr_entries_free(&l);
	if (rc == 0 && s->run.epoch > s->board.epoch && s->run.state == SR_S_DEALING)
		rc = put_waiting(x, o, &s->run, since, e);
	if (rc == SR_NOTFOUND) { /* nobody has dealt yet */
		sr_err_clear(e);
		rc = 0;
	}
	/* Keys of who joins: a run goes by those that they had when it began. */
	const uint32_t next = s->board.epoch + 1;
	if (rc == 0)
		rc = sr_query_board(&s->board, x->catalogue, s->board.id, next, e);
	if (rc == 0)
		return put_members_trust(x, o, &s->board, since, e);
	if (rc == SR_NOTFOUND) { /* there is no next one */
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
}

/* Found, how the service keys and the log's name followed the ones that it names, and the board's
 * word on names. */
static int put_service_keys(
	struct sr_x *x, struct sr_rows_out *o, uint64_t since, struct sr_err *e) {
	struct sr_log_names names = {0};
	uint64_t *rows = NULL;
	size_t count = 0;
	int rc = sr_query_log_changes(&rows, &count, x->catalogue, e);
	if (rc == 0)
		rc = sr_put_receipt_row(x, o, 0, since, e);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = sr_put_receipt_row(x, o, rows[i], since, e);
	free(rows);
	if (rc == 0)
		rc = sr_query_log_names(&names, x->catalogue, e);
	for (size_t i = 0; i < names.count && rc == 0; i++)
		if (names.rows[i].confirmed != 0)
			rc = sr_put_receipt_row(x, o, names.rows[i].confirmed, since, e);
	sr_log_names_free(&names);
	return rc;
}

int sr_put_board_material(struct sr_x *x, struct sr_rows_out *o, const uint8_t *board,
	uint64_t since, struct sr_err *e) {
	struct shown *s = calloc(1, sizeof *s);
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory");
	int rc = sr_query_board(&s->board, x->catalogue, board, 0, e);
	if (rc == 0)
		rc = put_service_keys(x, o, since, e);
	if (rc == 0)
		rc = put_trust(x, o, &s->board, since, e);
	if (rc == 0 && (!s->board.opened || sr_in_yes(x, "complaints")))
		rc = put_complaints(x, o, s->board.id, since, e);
	if (rc == 0)
		rc = run_of_board(s, x, e);
	/* Of a void run only what is complained of. */
	if (rc == 0 && s->run.state != SR_S_VOID)
		rc = put_run(x, o, &s->run, since, e);
	if (rc == SR_NOTFOUND) { /* nobody has dealt yet */
		sr_err_clear(e);
		rc = 0;
	}
	if (rc == 0 && s->board.opened)
		rc = put_opened(x, o, s, e);
	if (rc == 0 && s->board.opened)
		rc = put_confirmed(x, o, s->board.id, s->board.epoch, since, e);
	if (rc == 0 && s->board.opened)
		rc = put_next_run(x, o, s, since, e);
	free(s);
	return rc;
}

int sr_op_board_material(struct sr_x *x, struct sr_err *e) {
	struct sr_rows_out o;
	uint64_t since = 0, epoch = 0;
	uint8_t id[SR_ID];
	(void)sr_in_dec(x, "since", &since);
	sr_rows_begin(&o, &x->r->body);
	if (sr_in_dec(x, "epoch", &epoch)) {
		const uint8_t *board = in_board(x, id);
		int rc = epoch == 0 || epoch > UINT32_MAX
				 ? sr_fail(e, SR_USAGE, "epoch: want 1 and up")
				 : sr_put_receipt_row(x, &o, 0, since, e);
		return rc != 0 ? rc
			       : put_epoch(x, &o, board != NULL ? board : x->vault->fingerprint,
					 (uint32_t)epoch, since, e);
	}
	return sr_put_board_material(x, &o, in_board(x, id), since, e);
}
