/*
 * ballot - one version of a request as a voter's client has verified it: shared by client_vote.c
 * and bundle.c.
 */
#ifndef SR_CORE_BALLOT_H
#define SR_CORE_BALLOT_H

#include "core/client_in.h"
#include "crypto/piece.h"

struct sr_ballot {
	struct sr_client *client;
	const struct sr_proven *request;   /* request or amend */
	const struct sr_proven *extension; /* extend; NULL: the items are the request's own */
	uint64_t
		former; /* epoch whose shares open its items, before the present key; 0: this one */
	struct sr_ballot_view view;
	struct sr_ballot_item *items;
	uint8_t *seals; /* SR_SEAL bytes each, in order of items */
	struct sr_buf titles;
	uint8_t room[SR_X_PK];
	uint8_t readers[SR_REQUEST_PEOPLE_MAX][SR_X_PK];
	bool key[SR_REQUEST_PEOPLE_MAX]; /* whose request key is proven */
	uint8_t ended; /* place, from 1, of a reader who is not shown to be a researcher with the
			  key that the request key is of; 0: none */
	uint64_t joined_at; /* entry of the `join` that was taken last */
};

struct sr_material_ask {
	const uint8_t *request;
	uint64_t version;   /* 0: the newest */
	uint64_t extension; /* of its grant, whose items are asked for; 0: the request's own */
	uint64_t since;     /* 0: none */
	bool board;         /* with all of board.material in front */
};
/* The pages of request.material as one body of rows, appended to ${out}. AUTH when they are not
 * pages of one version, each beginning where the one before ended; nothing else is believed. */
SR_MUST int sr_material_fetch(struct sr_buf *out, struct sr_client *c,
	const struct sr_material_ask *ask, struct sr_err *e);

/* From the rows of request.material, whose receipts are in the set. ${version} 0: the newest that
 * is shown. */
SR_MUST int sr_ballot_build(struct sr_ballot **out, struct sr_client *c,
	const struct sr_material_ask *ask, const struct sr_rows *rows, struct sr_err *e);

#endif
