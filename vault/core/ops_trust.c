/*
 * What shows who somebody is, closed under whom that takes: what made them a person, gave them
 * other keys, ended their roles or seated them; who signed that, or the request behind it and every
 * vote on that; who those are, and so on back to the founders. A vote is believed by the key that
 * its voter had then, also where they sit on no board any more: without it a client would find too
 * few votes behind an epoch, and no board that it can believe.
 *
 * A call shows each person, request and board once (struct sr_trust of sr_x). People vote on each
 * other's keys: that ends the walk.
 */
#include "board/keys.h"
#include "core/ops_in.h"
#include "ledger/founding.h"

void sr_trust_free(struct sr_trust *t) {
	sr_buf_free(&t->people);
	sr_buf_free(&t->requests);
	sr_buf_free(&t->boards);
}

/* One more in ${list}, of ${size} bytes; *${fresh}: it was not there. */
static int once(bool *fresh, struct sr_buf *list, const void *one, size_t size, struct sr_err *e) {
	*fresh = false;
	for (size_t at = 0; at < list->len; at += size)
		if (memcmp(list->p + at, one, size) == 0)
			return 0;
	*fresh = true;
	sr_buf_put(list, one, size);
	return sr_buf_ok(list, e);
}

/* Asked of at the end of the walk. The service is nobody. */
static int queue(struct sr_x *x, const char *person, struct sr_err *e) {
	char one[SR_PERSON_TEXT] = "";
	bool fresh;

	if (person[0] != 'p')
		return 0;
	snprintf(one, sizeof one, "%s", person);
	return once(&fresh, &x->trust.people, one, sizeof one, e);
}

/* The versions of the request, and the votes on them. */
static int decided(struct sr_x *x, struct sr_rows_out *o, const uint8_t request[SR_ID],
	uint64_t since, struct sr_err *e) {
	struct sr_versions versions = {0};
	bool fresh = false;
	int rc = once(&fresh, &x->trust.requests, request, SR_ID, e);

	if (rc != 0 || !fresh)
		return rc;
	rc = sr_query_versions(&versions, x->catalogue, request, e);
	for (size_t i = 0; rc == 0 && i < versions.count; i++) {
		struct sr_votes votes = {0};

		rc = sr_put_receipt_row(x, o, versions.rows[i].entry, since, e);
		if (rc == 0)
			rc = sr_query_votes(
				&votes, x->catalogue, request, versions.rows[i].version, e);
		for (size_t k = 0; rc == 0 && k < votes.count; k++) {
			rc = sr_put_receipt_row(x, o, votes.rows[k].entry, since, e);
			if (rc == 0)
				rc = queue(x, votes.rows[k].person, e);
		}
		sr_votes_free(&votes);
	}
	sr_versions_free(&versions);
	return rc;
}

/* What stands behind the statement at ${entry}, which cites a request. */
static int origin(
	struct sr_x *x, struct sr_rows_out *o, uint64_t entry, uint64_t since, struct sr_err *e) {
	struct sr_entry en = {0};
	uint8_t request[SR_ID];
	int rc = sr_vault_entry(&en, x->vault, entry, e);

	if (rc != 0)
		return rc;
	/* What stands behind the founders' plan is `found`, which everybody is shown. */
	const bool planned = sr_founding_planned(&en.statement);
	rc = planned ? 0 : sr_field_id(request, &en.statement, "request", 0, e);
	sr_entry_free(&en);
	return rc == 0 && !planned ? decided(x, o, request, since, e) : rc;
}

static int entries_of(
	struct sr_entries *l, struct sr_x *x, int type, const char *about, struct sr_err *e) {
	const struct sr_entry_filter f = {.type = type, .about = about};
	const struct sr_page page = {.limit = 1000};

	return sr_query_entries(l, x->catalogue, &f, &page, e);
}

/* Every reshare and rekey of a board with what stands behind it, and every opening. */
static int history(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint64_t since, struct sr_err *e) {
	static const int types[] = {SR_T_RESHARE, SR_T_REKEY, SR_T_TAKEOVER, SR_T_OPENED};
	char id[2 * SR_ID + 1];
	bool fresh = false;
	int rc = once(&fresh, &x->trust.boards, board, SR_ID, e);

	sr_hex(id, board, SR_ID);
	for (size_t t = 0; rc == 0 && fresh && t < sizeof types / sizeof types[0]; t++) {
		struct sr_entries l = {0};

		rc = entries_of(&l, x, types[t], id, e);
		for (size_t i = 0; rc == 0 && i < l.count; i++) {
			if (types[t] == SR_T_RESHARE || types[t] == SR_T_REKEY)
				rc = origin(x, o, l.rows[i].index, since, e);
			if (rc == 0)
				rc = queue(x, l.rows[i].actor, e); /* of a takeover */
			if (rc == 0)
				rc = sr_put_receipt_row(x, o, l.rows[i].index, since, e);
		}
		sr_entries_free(&l);
	}
	return rc;
}

/* Where they sat, and until when: who gives another key to a member is not who gives one to
 * somebody who has left. */
static int seats(struct sr_x *x, struct sr_rows_out *o, const char *person, uint64_t since,
	struct sr_err *e) {
	static const int types[] = {SR_T_BOARD, SR_T_RESHARE, SR_T_REKEY};
	int rc = history(x, o, x->vault->fingerprint, since, e);

	for (size_t t = 0; rc == 0 && t < sizeof types / sizeof types[0]; t++) {
		struct sr_entries l = {0};

		rc = entries_of(&l, x, types[t], person, e);
		for (size_t i = 0; rc == 0 && i < l.count; i++) {
			struct sr_entry en = {0};
			uint8_t board[SR_ID];

			rc = sr_vault_entry(&en, x->vault, l.rows[i].index, e);
			if (rc != 0)
				break;
			rc = sr_field_id(board, &en.statement, "board", 0, e);
			sr_entry_free(&en);
			if (rc == 0)
				rc = history(x, o, board, since, e);
		}
		sr_entries_free(&l);
	}
	return rc;
}

static int one_person(struct sr_x *x, struct sr_rows_out *o, const char *person, uint64_t since,
	struct sr_err *e) {
	static const int types[] = {SR_T_PERSON, SR_T_PERSON_KEY, SR_T_PERSON_END, SR_T_BOARD,
		SR_T_RESHARE, SR_T_REKEY};
	bool rekeyed = false;
	int rc = 0;

	for (size_t t = 0; rc == 0 && t < sizeof types / sizeof types[0]; t++) {
		struct sr_entries l = {0};

		rc = entries_of(&l, x, types[t], person, e);
		for (size_t i = 0; rc == 0 && i < l.count; i++) {
			rc = sr_put_receipt_row(x, o, l.rows[i].index, since, e);
			if (rc == 0 && l.rows[i].actor[0] != 'p') /* a quorum decided it */
				rc = origin(x, o, l.rows[i].index, since, e);
			if (rc == 0)
				rc = queue(x, l.rows[i].actor, e);
		}
		rekeyed = rekeyed || (types[t] == SR_T_PERSON_KEY && l.count > 0);
		sr_entries_free(&l);
	}
	return rc == 0 && rekeyed ? seats(x, o, person, since, e) : rc;
}

/* Everybody who was queued, and whom that queues. */
static int walk(struct sr_x *x, struct sr_rows_out *o, uint64_t since, struct sr_err *e) {
	struct sr_trust *t = &x->trust;
	int rc = 0;

	while (rc == 0 && t->walked < t->people.len) {
		char person[SR_PERSON_TEXT];

		memcpy(person, t->people.p + t->walked, sizeof person);
		t->walked += sizeof person;
		rc = one_person(x, o, person, since, e);
	}
	return rc;
}

int sr_put_person_trust(struct sr_x *x, struct sr_rows_out *o, const char *person, uint64_t since,
	struct sr_err *e) {
	const int rc = queue(x, person, e);

	return rc == 0 ? walk(x, o, since, e) : rc;
}

int sr_put_person_seats(struct sr_x *x, struct sr_rows_out *o, const char *person, uint64_t since,
	struct sr_err *e) {
	const int rc = seats(x, o, person, since, e);

	return rc == 0 ? sr_put_person_trust(x, o, person, since, e) : rc;
}

int sr_put_request_origin(struct sr_x *x, struct sr_rows_out *o, const uint8_t request[SR_ID],
	uint64_t since, struct sr_err *e) {
	const int rc = decided(x, o, request, since, e);

	return rc == 0 ? walk(x, o, since, e) : rc;
}

int sr_put_board_origin(
	struct sr_x *x, struct sr_rows_out *o, uint64_t entry, uint64_t since, struct sr_err *e) {
	const int rc = origin(x, o, entry, since, e);

	return rc == 0 ? walk(x, o, since, e) : rc;
}

int sr_put_board_history(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint64_t since, struct sr_err *e) {
	const int rc = history(x, o, board, since, e);

	return rc == 0 ? walk(x, o, since, e) : rc;
}
