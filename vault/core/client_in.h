/*
 * client_in - what the files of the client side share (core/client.h). Not for other layers.
 */
#ifndef SR_CORE_CLIENT_IN_H
#define SR_CORE_CLIENT_IN_H

#include <stdlib.h>
#include <string.h>

#include "board/ceremony.h"
#include "board/shares.h"
#include "core/client.h"
#include "core/proofs.h"
#include "crypto/tdh2.h"

struct sr_client_board { /* verified; owned by the client */
	uint8_t id[SR_ID];
	struct sr_board_view view;
	struct sr_dkg dkg;
	struct sr_ceremony_keys keys;
	/* Who deals: every member, or in a reshare some of the epoch before; their indices there,
	 * in order; names in view.dealer. */
	uint8_t dealer[SR_BOARD_MEMBERS_MAX];
	uint64_t first; /* number of the first run for this epoch */
	uint64_t began; /* entry of the run's first deal; UINT64_MAX: there is none yet */
	struct sr_buf dealing[SR_BOARD_MEMBERS_MAX]; /* [i] of dealer i */
	bool combined;      /* keys are known: all have dealt, or the board is open */
	struct sr_buf body; /* the public keys as `opened` names them, or is to */
	uint8_t keys_hash[SR_HASH];
	struct sr_buf box;    /* our own shares, of an open board; empty: none came */
	uint8_t spoilt_level; /* see view.spoilt */
	struct sr_err spoilt_why;
	struct sr_complaint_view *complaint; /* view.complaint */
	struct sr_buf *accused;              /* the dealing of each; empty: none is shown */
	size_t complaints;
};

struct sr_client {
	struct sr_client_options o; /* transport: ours */
	struct sr_clock clock;
	struct sr_client_info info;
	struct sr_proofs proofs;
	struct sr_client_board *board; /* the epoch in force; NULL: not verified yet */
	uint64_t board_size;           /* of the ledger when it was verified */
	struct sr_client_board *next;  /* the one that a reshare or rekey makes; NULL: none */
	/* The last epoch that had a key before the present one, for pieces of what is left under
	 * it; NULL: not asked for */
	struct sr_client_board *former;
	struct sr_seen was; /* what was remembered before hello */
	uint64_t kept_size; /* what the memory held that our log is known to go on from */
	uint8_t kept_root[SR_HASH];
	bool lost;        /* the log does not hold that; the memory is to be replaced */
	bool unconfirmed; /* the log's name, by its board: nothing of it is remembered */
	bool logged_in;
	bool pin_owed; /* the pin of this place is to be written once found is proven */
	char hello_key[SR_VKEY_TEXT]; /* before founding: what the server says its keys are */
	uint8_t hello_room[SR_PK];
	bool hello_keys;
};

/* A call without second try: for sequences that live in one connection (deposit, release). */
SR_MUST int sr_client_once(
	struct sr_client *c, struct sr_call *q, struct sr_call *r, struct sr_err *e);
SR_MUST int sr_client_once_rows(struct sr_client *c, struct sr_call *q, struct sr_call *r,
	struct sr_rows *rows, struct sr_err *e);
/* `since` of a call: the size verified last; no line when that is 0. */
void sr_client_put_since(const struct sr_client *c, struct sr_call *q);
/* Pin ${fingerprint}: against what is expected and remembered; a first contact is remembered. */
SR_MUST int sr_client_pin(
	struct sr_client *c, const uint8_t fingerprint[SR_HASH], struct sr_err *e);
SR_MUST int sr_client_pin_write(
	const struct sr_client *c, const uint8_t vault[SR_HASH], struct sr_err *e);
/* Copy what proofs show into info; when ${store}, compare it with what other programs of this
 * person stored meanwhile (AUTH: it is not proven to be one log), and remember it durably
 * (client_seen.c). */
SR_MUST int sr_client_seen(struct sr_client *c, bool store, struct sr_err *e);
struct sr_told { /* the answer of deposit.finish */
	uint8_t accession[SR_ID], collection[SR_ID], list[SR_HASH];
	uint64_t items, files, bytes;
	uint8_t items_root[SR_HASH], files_root[SR_HASH];
};
SR_MUST int sr_told_read(struct sr_told *t, const struct sr_call *r, struct sr_err *e);
/* Has the quorum of witnesses, by the policy that counts for us, seen the entry that began
 * ${checkout}? ${r}, ${rows}: the vault's answer to `witness` about it. 0 also when nothing is
 * asked, or two people answered for it. DENIED: not yet, with who is missing; AUTH
 * (client_witness.c). */
SR_MUST int sr_client_witnessed(struct sr_client *c, const uint8_t checkout[SR_ID],
	const struct sr_call *r, const struct sr_rows *rows, struct sr_err *e);
/* The policy that was remembered lies in what the log lost: it is of entry ${agreed} or later
 * (client_witness.c). */
SR_MUST int sr_client_forget_witnesses(
	const struct sr_client *c, uint64_t agreed, struct sr_err *e);
/* The notes of hello by which the log's key or name changed (client_adopt.c). */
SR_MUST int sr_client_changes(struct sr_client *c, const struct sr_text *t, struct sr_err *e);
/* The log does not hold what is remembered: does a name of it say that this was lost? The proofs
 * begin anew then. */
SR_MUST bool sr_client_excused(struct sr_client *c);
/* The log's names are confirmed by its board, and say all that was lost here; or the person names
 * the last one (--log-name). AUTH. */
SR_MUST int sr_client_judge_names(struct sr_client *c, struct sr_err *e);
/* After the login: found, changes of keys, and names with the board's word. */
SR_MUST int sr_client_begin_proofs(struct sr_client *c, struct sr_err *e);
/* The statement of a checkout alone. */
SR_MUST int sr_client_borrow(struct sr_client *c, const struct sr_borrow *b,
	uint8_t checkout[SR_ID], struct sr_submitted *out, struct sr_err *e);
/* Prove a checkout of ours, which is in the set, the grant and the votes that it stands on, and
 * hand the keys of this item's records to operation ${op} (checkout.open, reseal). */
SR_MUST int sr_client_lend(struct sr_client *c, const uint8_t checkout[SR_ID], const char *op,
	struct sr_call *r, struct sr_err *e);
/* MISUSE unless somebody is there who can sign. */
SR_MUST int sr_client_signer(const struct sr_client *c, struct sr_err *e);
/* Fetch receipts of statements by id, or of entries by index, into the set; settled. */
SR_MUST int sr_client_prove_ids(
	struct sr_client *c, const uint8_t (*ids)[SR_ID], size_t count, struct sr_err *e);
SR_MUST int sr_client_prove_entries(
	struct sr_client *c, const uint64_t *indices, size_t count, struct sr_err *e);
/* What shows who ${person} is, and where they sat, into the set. */
SR_MUST int sr_client_prove_person(struct sr_client *c, const char *person, struct sr_err *e);
/* After new receipts: fetch the requests and votes behind people that a quorum made, as far as the
 * server shows them.
 * ${kept}: what was fetched, as bodies of rows one after the other (le32 length each), or NULL. */
SR_MUST int sr_client_prove_quorums(struct sr_client *c, struct sr_buf *kept, struct sr_err *e);

/* A trusted statement of ${type} in the run, by ${person} (NULL: anybody), the ${n}-th from 0. */
const struct sr_proven *sr_client_of_run(const struct sr_proofs *p, enum sr_type_id type,
	const uint8_t run[SR_ID], const char *person, size_t n);
/* The dealing that goes with a deal: the row of that entry, with the hash that the dealer signed.
 * NOTFOUND: there is no such row. */
SR_MUST int sr_client_dealing(struct sr_buf *out, unsigned member, const struct sr_proven *deal,
	const struct sr_rows *rows, struct sr_err *e);
/* Judge all complaints in the set of proofs, for a board whose members are filled in. */
SR_MUST int sr_client_judge(struct sr_client *c, struct sr_client_board *b,
	const struct sr_rows *rows, struct sr_err *e);
/* The text that a proven statement names: its line ${key} the object, its line `set` the SHA-256.
 */
SR_MUST int sr_client_text_of(struct sr_buf *out, struct sr_client *c, const struct sr_proven *pr,
	const char *key, struct sr_err *e);
/* Forget what was verified of the board: it has changed. */
void sr_client_board_forget(struct sr_client *c);
/* Board from rows of board.material whose receipts are in the set already. */
SR_MUST int sr_client_board_rows(struct sr_client *c, const uint8_t board[SR_ID],
	const struct sr_rows *rows, struct sr_err *e);
/* c->board is ${board} (NULL: the founding one), verified; when ${opened}, with its keys. */
SR_MUST int sr_client_board_need(
	struct sr_client *c, const uint8_t *board, bool opened, struct sr_err *e);
/* The epoch of its board whose members give pieces for a request in the set: 0, the one in force;
 * or the last that had a key before, for what is left under that one. */
uint64_t sr_client_former_epoch(
	const struct sr_client *c, const uint8_t request[SR_ID], uint64_t version);
/* c->former is that epoch of c->board, verified: from rows whose receipts are in the set, or
 * fetched. */
SR_MUST int sr_client_former_rows(
	struct sr_client *c, uint64_t epoch, const struct sr_rows *rows, struct sr_err *e);
SR_MUST int sr_client_former_need(struct sr_client *c, uint64_t epoch, struct sr_err *e);
/* The board that a request in the set asks. */
SR_MUST int sr_client_request_board(uint8_t board[SR_ID], const struct sr_client *c,
	const uint8_t request[SR_ID], uint64_t version, struct sr_err *e);
/* The version of a request in the set (0: the newest there); NULL. */
const struct sr_proven *sr_client_version_of(
	const struct sr_proofs *p, const uint8_t request[SR_ID], uint64_t version);
/* This member's secret shares of the keys of ${b}, one per level; wiped by the caller. */
SR_MUST int sr_client_shares(struct sr_client *c, const struct sr_client_board *b, uint8_t index,
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], struct sr_err *e);
/* The board whose ceremony is under way, or was last. */
static inline struct sr_client_board *sr_client_ceremony(const struct sr_client *c) {
	return c->next != NULL ? c->next : c->board;
}
/* Shares as they go on paper. */
void sr_client_sheet_of(struct sr_sheet_kept *out, const struct sr_client_board *b, uint8_t index,
	const uint8_t (*x)[SR_SCALAR]);
/* Index from 1 of the identity among those who deal in it (their place in view.dealer); 0: none. */
uint8_t sr_client_dealer(const struct sr_client *c, const struct sr_client_board *b);
/* Did the run deal for another plan than the one that counts for ${b}, which replaced it? */
bool sr_client_of_former_plan(
	const struct sr_client *c, const struct sr_client_board *b, const uint8_t run[SR_ID]);
/* The keys that go with a run of ${b} that began at entry ${began}: those of its members into
 * ${d}, in a reshare of those before too. AUTH names whose is not proven. */
SR_MUST int sr_client_run_keys(struct sr_dkg *d, const struct sr_client *c,
	const struct sr_client_board *b, uint64_t began, struct sr_err *e);
/* The same among the members of any of the two. */
uint8_t sr_client_seat(const struct sr_client *c, const struct sr_client_board *b);
/* DENIED: somebody of the epoch to come was ended since it was decided. */
SR_MUST int sr_client_plan_stands(
	const struct sr_client *c, const struct sr_client_board *b, struct sr_err *e);
/* Index from 1 of the identity among the members in force; 0: none. */
uint8_t sr_client_member(const struct sr_client *c);

/* The request key of this person for ${request}. */
void sr_client_request_key(const struct sr_client *c, const uint8_t request[SR_ID],
	uint8_t sk[SR_X_SK], uint8_t pk[SR_X_PK]);
/* The part of a held item, opened from the box to this curator. Wipe it. */
struct sr_held_item {
	uint64_t number; /* of its envelope */
	uint8_t part[SR_PART];
};
SR_MUST int sr_client_part(
	struct sr_client *c, const uint8_t item[SR_ID], struct sr_held_item *out, struct sr_err *e);
/* Append one submission as `submit` takes it; sr_writ must be signed. */
void sr_writ_encode(struct sr_buf *out, const struct sr_writ *d);
/* The newest version of a request, as the server says: a wrong number is refused by the vault,
 * nothing else. */
SR_MUST int sr_client_version(
	struct sr_client *c, const uint8_t request[SR_ID], uint64_t *version, struct sr_err *e);
/* sr_writ_text of a string; NULL: nothing. */
void sr_writ_string(struct sr_writ *d, const char *key, const char *text);
/* A NULL-terminated list sorted into byte order; *${out} is freed by the caller, NULL when empty.
 * USAGE: a word twice. */
SR_MUST int sr_words_sorted(
	const char ***out, size_t *count, const char *const *words, struct sr_err *e);
/* The view as a terminated string (cut if longer). */
void sr_view_str(char *out, size_t size, struct sr_bytes v);

/* Wraps only when there is an error: for callers whose ${e} may be NULL. */
#define SR_NAMED(rc, e, ...)                             \
	do {                                             \
		if ((rc) != 0 && (e) != NULL)            \
			(void)sr_wrap((e), __VA_ARGS__); \
	} while (0)

#endif
