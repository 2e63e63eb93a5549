/*
 * proofs - the verified set: receipts in, entries out that are proven in the log and, where people
 * signed them, checked with keys that themselves were proven.
 *
 *   begin: fingerprint known, nothing else
 *   found: its text hashes to the fingerprint; origin, ledger key, room key, levels and founders
 * come from it add:   inclusion and consistency with what was verified before; opened with the
 * disclosed keys settle: signatures, in order of index. A person's key counts from the `person`
 * statement that introduced them, if that was signed by a curator or officer known before
 * (researcher, depositor), or follows from a request of kind role (person-end, for an end) with
 * approvals of a quorum of the founding board, which must be in the set too. In the same way a
 * board counts from the statement that made it, with the request and the approvals behind it.
 *
 * A board's keys stay what they are from epoch to epoch: an `opened` that says other ones is
 * trusted only where a `rekey` made its epoch, behind which a quorum of the highest level of the
 * epoch before stands (of the lowest behind a reshare, whose dealers are as many as the highest
 * takes).
 *
 * A person's next key counts from a `person-key` signed by another curator or officer, when the key
 * before bears it out or the person is researcher and depositor alone and sits on no board, nor is
 * to; of others it takes a request of kind person with a quorum's approvals. Signatures are checked
 * with the key in force at their entry. An approval counts no more when, before there was a
 * decision, another key took the place of its own, which did not bear that out, or a quorum ended
 * who gave it.
 *
 * The vault's own keys change by `service-key` (ledger/keychange.h). Checkpoints are checked with
 * the key in force at their size: the chain is followed from notes that prove themselves (hello
 * gives them; in a bundle they are among the receipts), and kept in `seen`. What the service signed
 * is trusted only with the room key in force at its entry, and one that is not `found`'s counts
 * from a service-key that is in the set, proven at the index that it names.
 *
 * The log's name changes in the same way (board/adopt.h), but is believed on the board's word
 * alone: until the set shows that a quorum of its highest level confirmed that very entry,
 * sr_proofs_unconfirmed says so, and nothing of the set is to be remembered or relied on.
 *
 * An entry without a trusted signature stays in the set as proven in the log, with the reason;
 * whoever relies on it asks sr_proofs_need. A set only grows; pointers to entries live as long as
 * it (but for sr_proofs_trim). Roles are those once held up to the highest index in the set: that
 * nothing newer was withheld is what `seen` and other witnesses are for.
 */
#ifndef SR_CORE_PROOFS_H
#define SR_CORE_PROOFS_H

#include "catalogue/query.h"
#include "core/rows.h"
#include "ledger/ended.h"
#include "ledger/receipt.h"

struct sr_proven {
	uint64_t index;
	struct sr_entry entry;
	bool trusted;
	char why[240];     /* when not */
	uint8_t pk[SR_PK]; /* trusted, and a new key of a person: it */
	bool by_old;       /* and the key before bears it out */
	unsigned roles;    /* trusted, and a takeover: SR_ROLE_... of its actor then */
};

struct sr_known { /* a person whose key is proven */
	char person[SR_PERSON_TEXT];
	uint8_t first[SR_PK]; /* the key that the name is of */
	uint8_t pk[SR_PK];    /* in force after the entry looked at last */
	uint64_t rekeyed;     /* entry that brought it; 0: it is the first */
	bool by_old;          /* the key before bears it out */
	unsigned roles;       /* SR_ROLE_..., up to the entry looked at last */
};

struct sr_known_board { /* an epoch of a board, as it was proven to be decided */
	uint8_t id[SR_ID];
	uint64_t epoch;
	uint64_t entry;  /* of the statement that says so */
	uint64_t opened; /* entry from which on it is in force; 0: none in the set */
	uint8_t members, levels;
	char member[SR_BOARD_MEMBERS_MAX][SR_PERSON_TEXT]; /* [i]: index i + 1 */
	uint8_t level[SR_BOARD_LEVELS_MAX], quorum[SR_BOARD_LEVELS_MAX];
	bool standby;    /* it waits until its members, a custodian and an auditor take over */
	uint8_t dealers; /* of a reshare: how many deal, and their indices in the epoch before */
	uint8_t dealer[SR_BOARD_MEMBERS_MAX];
	uint64_t base; /* first epoch with its keys: its own, or by reshares that of an earlier one
			*/
	uint8_t key[SR_BOARD_LEVELS_MAX][SR_PK]; /* opened: as `opened` says */
};

struct sr_proofs {
	struct sr_seen seen;               /* grows with every receipt */
	const struct sr_policy *witnesses; /* borrowed or NULL */
	bool founded;                      /* found is in */
	size_t links;            /* so many of seen.keys were remembered, or need no word more: a
				    name needs the board's */
	struct sr_log_keys room; /* the room signing keys that are proven so far, as seen.keys */
	char room_name[SR_ORIGIN_MAX + 8];
	struct sr_buf
		changes; /* notes of service-key that wait for `found`: le32 length and bytes */
	char self[SR_PERSON_TEXT]; /* whose key needs no proof: our own */
	uint8_t self_pk[SR_PK];
	struct sr_proven **entries; /* in order of index */
	size_t count, cap;
	struct sr_known *people;
	size_t people_count, people_cap;
	struct sr_known_board *boards; /* in the order of their statements */
	size_t board_count, board_cap;
	/* Remembered or shown: settle applies them, in the order of the log, whether or not the set
	 * has their entries. */
	struct sr_endeds ended;
	size_t ended_known; /* so many of them are remembered */
};

/* ${seen}: what was verified before, or NULL; ${person} "" for nobody. */
void sr_proofs_begin(struct sr_proofs *p, const uint8_t fingerprint[SR_HASH], const char *person,
	const uint8_t *pk, const struct sr_seen *seen);
void sr_proofs_free(struct sr_proofs *p);

/* A note of a service-key, from wherever. AUTH: not signed by the key before it, or another one
 * than was followed before. */
SR_MUST int sr_proofs_key_change(struct sr_proofs *p, struct sr_bytes note, struct sr_err *e);
/* The first name of the log that was not remembered, and that the set does not show to be
 * confirmed; NULL: none. */
const struct sr_log_link *sr_proofs_unconfirmed(const struct sr_proofs *p);
/* The room signing key in force now, as far as it is proven. */
const uint8_t *sr_proofs_service_pk(const struct sr_proofs *p);
/* The ${n}-th (from 0) change of the log's key that was followed and whose entry is not in the set;
 * false: none. */
bool sr_proofs_change_owed(const struct sr_proofs *p, size_t n, uint64_t *entry);

/* One receipt (wire form). The first must be of `found`. ${expected}: bytes that must be the note,
 * or p == NULL. ${out} may be NULL. AUTH: rolled back, forked, withheld, another origin, other
 * bytes, an inclusion proof that fails. */
SR_MUST int sr_proofs_add(struct sr_proofs *p, struct sr_bytes receipt, struct sr_bytes expected,
	struct sr_proven **out, struct sr_err *e);
/* All rows `receipt` of a reply; then settle. */
SR_MUST int sr_proofs_add_rows(struct sr_proofs *p, const struct sr_rows *rows, struct sr_err *e);
/* Check signatures of what is not trusted yet. NOMEM only; what fails keeps its reason. */
SR_MUST int sr_proofs_settle(struct sr_proofs *p, struct sr_err *e);
/* 0, or AUTH with the reason. ${what} names it in the sentence; NULL ${pr}: "the vault shows no
 * <what>: withheld". */
SR_MUST int sr_proofs_need(const struct sr_proven *pr, const char *what, struct sr_err *e);
/* Forget entries that settle no longer needs (long logs). */
void sr_proofs_trim(struct sr_proofs *p);

const struct sr_proven *sr_proofs_at(const struct sr_proofs *p, uint64_t index);
const struct sr_proven *sr_proofs_id(const struct sr_proofs *p, const uint8_t id[SR_ID]);
/* The ${n}-th (from 0) entry of ${type} whose field ${key} is exactly ${value}; NULL. */
const struct sr_proven *sr_proofs_find(const struct sr_proofs *p, enum sr_type_id type,
	const char *key, struct sr_bytes value, size_t n);
/* The newest `room-key` for exactly the version with this hash; NULL. Pieces are for it and no
 * other, so a vote before it has none. */
const struct sr_proven *sr_proofs_room_key(const struct sr_proofs *p, const uint8_t of[SR_HASH]);
/* The key of ${person} that was in force for entry ${index}, along proven statements; false: none.
 */
bool sr_proofs_key_at(
	const struct sr_proofs *p, const char *person, uint64_t index, uint8_t pk[SR_PK]);
/* The person with a proven key; NULL. */
const struct sr_known *sr_proofs_person(const struct sr_proofs *p, const char *person);
/* The epoch of a board; NULL: no trusted statement says that there is one. */
const struct sr_known_board *sr_proofs_board(
	const struct sr_proofs *p, const uint8_t board[SR_ID], uint64_t epoch);
/* Did a quorum end the roles of ${person} after entry ${since}, as far as was ever shown? */
bool sr_proofs_ended(const struct sr_proofs *p, const char *person, uint64_t since);
/* Had ${person} a seat, at entry ${at}, on a board in force then? As far as the set shows: the role
 * `member` is that and nothing else (struct sr_known has it of founders alone, who may have left).
 */
bool sr_proofs_sits(const struct sr_proofs *p, const char *person, uint64_t at);
/* Who said, before entry ${before}, that the standby board ${b} with these keys (their hash) takes
 * over, each person once: members of it, else custodian, else auditor, as they were then, and while
 * it counts (catalogue/standby.h has the rule, which is the vault's as well). */
struct sr_takeover {
	uint8_t members;
	bool custodian, auditor;
};
void sr_proofs_takeover(struct sr_takeover *out, const struct sr_proofs *p,
	const struct sr_known_board *b, struct sr_bytes keys, uint64_t before);
/* The first epoch that had the keys of ${epoch}; 0: the set does not show it. */
uint64_t sr_proofs_base(const struct sr_proofs *p, const uint8_t board[SR_ID], uint64_t epoch);
/* The last epoch in force, as far as the set shows, that had the keys of ${epoch}. */
uint64_t sr_proofs_last(const struct sr_proofs *p, const uint8_t board[SR_ID], uint64_t epoch);
/* The person's index in it, from 1; 0: none. */
uint8_t sr_known_index(const struct sr_known_board *b, const char *person);
/* Did ${vote} come while its epoch of ${board} was in force, as far as the set shows, from one of
 * its members? Or afterwards, on a request to seal anew what is under the key of that epoch, which
 * was the last to have it? Their index; 0: no, or their roles had ended by then. */
uint8_t sr_proofs_voter(
	const struct sr_proofs *p, const uint8_t board[SR_ID], const struct sr_proven *vote);
/* What a quorum made (persons, boards) whose request is not (with enough votes) in the set: ids of
 * such requests, one by one from
 * *${at} = 0; false at the end. */
bool sr_proofs_owed(const struct sr_proofs *p, size_t *at, uint8_t request[SR_ID]);

static inline struct sr_bytes sr_proven_field(
	const struct sr_proven *pr, const char *key, size_t i) {
	return sr_field(&pr->entry.statement, key, i);
}

#endif
