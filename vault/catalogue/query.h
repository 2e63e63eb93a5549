/*
 * query - what the catalogue knows, as structs: people, board, items, requests, votes, grants,
 * checkouts, the log.
 *
 * Every answer is about the state after the last applied entry, an open transaction included.
 * Single things are NOTFOUND when there are none; lists are then empty (rows NULL, count 0). A row
 * or list that was filled is freed with its _free, which sets it to zero and takes a zeroed one
 * too. Strings in rows are owned by the row. Text that was erased (or never given) is NULL; a list
 * of tokens is one string with single spaces, "" when empty (sr_token_in asks it). Times are
 * seconds since 1970, 0: none. `entry` is always the index of the entry that made the thing.
 */
#ifndef SR_CATALOGUE_QUERY_H
#define SR_CATALOGUE_QUERY_H

#include "base/limits.h"
#include "catalogue/catalogue.h"
#include "catalogue/seals.h"
#include "catalogue/states.h"
#include "ledger/fields.h"
#include "ledger/mark.h"

/* Is ${token} one of the space-separated ${list}? */
bool sr_token_in(const char *list, const char *token);

/* --- vault, board, people --------------------------------------------------------------------- */

struct sr_board_level {
	uint32_t level;     /* its name in seals and requests: its quorum when the board began */
	uint32_t quorum;    /* how many members it takes in this epoch */
	bool has_key;       /* false before `opened` */
	uint8_t key[SR_PK]; /* P_k */
};
struct sr_vault_row {
	uint8_t fingerprint[SR_HASH];
	char origin[256];
	char vkey[256]; /* in force now, as room_key */
	uint8_t room_key[SR_PK];
	uint32_t key_epoch; /* the newest key-epoch; 0: none yet */
	bool standby_due;   /* the founders named a standby board, and none has waited yet */
};
SR_MUST int sr_query_vault(struct sr_vault_row *out, struct sr_catalogue *c,
	struct sr_err *e); /* NOTFOUND: not founded */

/* The vault's signing keys, those of found first (ledger/keychange.h). Free with free(). */
struct sr_service_key_row {
	uint64_t entry; /* of found, or of the service-key that named them */
	uint8_t room_key[SR_PK];
};
SR_MUST int sr_query_service_keys(
	struct sr_service_key_row **out, size_t *count, struct sr_catalogue *c, struct sr_err *e);

/* Has this person, who was custodian and is not any more, seen the service keys of now? They did
 * not change since the role ended. */
SR_MUST int sr_query_knew_service_keys(
	bool *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
/* Are the service keys older than the key of the founding board, which got another one? Then old
 * copies of keys/service.board hold them, sealed to the key before. */
SR_MUST int sr_query_service_keys_old(bool *out, struct sr_catalogue *c, struct sr_err *e);

enum { /* roles as a set */
	SR_ROLE_MEMBER = 1 << 0,
	SR_ROLE_CURATOR = 1 << 1,
	SR_ROLE_OFFICER = 1 << 2,
	SR_ROLE_AUDITOR = 1 << 3,
	SR_ROLE_CUSTODIAN = 1 << 4,
	SR_ROLE_RESEARCHER = 1 << 5,
	SR_ROLE_DEPOSITOR = 1 << 6,
	SR_ROLES_ALL = (1 << 7) - 1
};
/* "member" -> SR_ROLE_MEMBER; 0: no role. */
unsigned sr_role_named(struct sr_bytes word);
const char *sr_role_name(unsigned role); /* static; of exactly one bit */

struct sr_person_row {
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	unsigned roles; /* active now; 0: ended */
	unsigned roles_ever;
	uint64_t entry;  /* first seen */
	uint64_t erased; /* the entry that erased what was kept of them; 0: none */
	char *name;
};
struct sr_people {
	struct sr_person_row *rows;
	size_t count;
};
SR_MUST int sr_query_person(
	struct sr_person_row *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
SR_MUST int sr_query_person_by_key(struct sr_person_row *out, struct sr_catalogue *c,
	const uint8_t pk[SR_PK], struct sr_err *e);
/* All with any of ${roles} active; 0: everybody ever. Ordered by first entry, then name of the
 * person. */
SR_MUST int sr_query_people(
	struct sr_people *out, struct sr_catalogue *c, unsigned roles, struct sr_err *e);
void sr_person_row_free(struct sr_person_row *r);
void sr_people_free(struct sr_people *l);

/* Every key that somebody had, in force for entries after ${entry}; ordered by person, then entry.
 */
struct sr_person_key {
	char person[SR_PERSON_TEXT];
	uint64_t entry;
	uint8_t pk[SR_PK];
};
struct sr_person_keys {
	struct sr_person_key *rows;
	size_t count;
};
/* ${person} NULL: of everybody. */
SR_MUST int sr_query_person_keys(
	struct sr_person_keys *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
void sr_person_keys_free(struct sr_person_keys *l);
/* The one in force for entry ${entry}, in a list as above; NULL: none yet. */
const struct sr_person_key *sr_person_key_at(
	const struct sr_person_keys *l, const char *person, uint64_t entry);
/* The same as one question: NOTFOUND. */
SR_MUST int sr_query_key_at(uint8_t pk[SR_PK], struct sr_catalogue *c, const char *person,
	uint64_t entry, struct sr_err *e);
/* Was this key ever somebody's? */
SR_MUST int sr_query_key_used(
	bool *out, struct sr_catalogue *c, const uint8_t pk[SR_PK], struct sr_err *e);

/* What was kept of a person beside their pseudonym, erased (catalogue/apply_erase.c). */
struct sr_erasure_row {
	char person[SR_PERSON_TEXT];
	uint8_t request[SR_ID];
	char ground[32];  /* data-subject, retention, order */
	uint64_t records; /* texts of the log that nothing opens any more */
	uint64_t entry;
	int64_t received;
};
/* NOTFOUND: nothing was erased of them. */
SR_MUST int sr_query_erasure(
	struct sr_erasure_row *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
/* The subjects whose keys the log erased: persons, and enquiries that went with them; of one
 * person, or of all (NULL), in the order of the log. */
struct sr_erased {
	char subject[SR_SUBJECT_TEXT];
	uint64_t entry; /* of `erase` */
};
struct sr_erased_list {
	struct sr_erased *rows;
	size_t count;
};
SR_MUST int sr_query_erased(
	struct sr_erased_list *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
void sr_erased_free(struct sr_erased_list *l);
/* Did the log erase the key of ${subject}? Then it never gets another one. */
SR_MUST int sr_query_is_erased(
	bool *out, struct sr_catalogue *c, const char *subject, struct sr_err *e);
/* What an erasure of the person would be of: their closed enquiries that concern nobody else of
 * whom something is kept, as ids in byte order, and the number of texts. The caller frees ${*ids}.
 */
SR_MUST int sr_query_erasable(uint8_t **ids, size_t *count, uint64_t *records,
	struct sr_catalogue *c, const char *person, struct sr_err *e);
/* Why it has to wait: the first thing that goes on and needs what would be erased. */
enum sr_bound_kind {
	SR_BOUND_NOTHING,
	SR_BOUND_GRANT,     /* live or suspended, and names them */
	SR_BOUND_CONDITION, /* a live or suspended grant, with a condition in their words */
	SR_BOUND_REQUEST,   /* open, and names them (as applicant, co-applicant or subject) */
	SR_BOUND_ENQUIRY,   /* not closed, and concerns them */
	SR_BOUND_SEAT       /* a share of a board's keys is theirs, or is to be */
};
struct sr_bound {
	enum sr_bound_kind kind;
	uint8_t id[SR_ID]; /* grant, request, enquiry or board */
};
/* Requests of kind erase do not count: they are what asks. */
SR_MUST int sr_query_bound(
	struct sr_bound *out, struct sr_catalogue *c, const char *person, struct sr_err *e);
/* Entries that speak of the person by their pseudonym. */
SR_MUST int sr_query_spoken_of(
	uint64_t *count, struct sr_catalogue *c, const char *person, struct sr_err *e);

/* What an officer attested: training and affiliation of one person; supervisor-of and conflict
 * between two, or between one and a request. The last two keep a member from voting, in both
 * directions, while they stand (DESIGN 6a). */
struct sr_attestation_row {
	uint8_t id[SR_ID];
	char person[SR_PERSON_TEXT];
	char kind[32];
	char other[SR_PERSON_TEXT]; /* "": nobody */
	bool has_request;
	uint8_t request[SR_ID];
	char *term;   /* token, or NULL */
	int64_t ends; /* 0: none */
	char officer[SR_PERSON_TEXT];
	uint64_t entry, ended; /* ended: the entry after which it no longer stands; 0: it stands */
	char *note;
};
struct sr_attestations {
	struct sr_attestation_row *rows;
	size_t count;
};
struct sr_attestation_filter {
	const char *person; /* of whom, on either side; NULL: of anybody */
	bool standing;      /* only those that stand */
	int64_t ends;       /* only with an end at most this; 0: all */
};
SR_MUST int sr_query_attestation(struct sr_attestation_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
/* In the order of the log. */
SR_MUST int sr_query_attestations(struct sr_attestations *out, struct sr_catalogue *c,
	const struct sr_attestation_filter *f, struct sr_err *e);
void sr_attestation_row_free(struct sr_attestation_row *r);
void sr_attestations_free(struct sr_attestations *l);
/* The attestation that keeps ${member} from voting on this version (0: the newest): *${out} is
 * false when none stands, else ${row} is filled. */
SR_MUST int sr_query_conflict(bool *out, struct sr_attestation_row *row, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, const char *member, struct sr_err *e);

struct sr_member_row {
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	uint32_t index; /* 1..n, the x of the shares */
	bool active;    /* has the role member now */
};
struct sr_board_at { /* a board in the list of all */
	uint8_t id[SR_ID];
	bool founding;
	uint8_t request[SR_ID]; /* that asked for it; all zero for the founding board */
	uint32_t epoch;         /* in force; 0 before it was opened */
	uint64_t entry;
};
struct sr_boards {
	struct sr_board_at *rows;
	size_t count;
};
/* In the order of the log, so the founding board is first. */
SR_MUST int sr_query_boards(struct sr_boards *out, struct sr_catalogue *c, struct sr_err *e);
void sr_boards_free(struct sr_boards *l);
/* Is the person a member of an epoch that waits for its keys? They take part in its ceremony before
 * they have the role. */
SR_MUST int sr_query_pending_member(
	bool *out, struct sr_catalogue *c, const char *person, struct sr_err *e);

struct sr_board_row {
	uint8_t id[SR_ID];
	bool founding;
	uint32_t epoch;
	bool opened;
	/* opened: the first epoch that had these keys. Epochs [base, epoch] have the same, by
	 * reshares; what is sealed in an epoch before it is under another key (board rekey) */
	uint32_t base;
	struct sr_member_row members[SR_BOARD_MEMBERS_MAX];
	size_t member_count;
	/* who of the epoch before deals for this one; none: every member deals */
	char dealers[SR_BOARD_MEMBERS_MAX][SR_PERSON_TEXT];
	size_t dealer_count;
	struct sr_board_level levels[SR_BOARD_LEVELS_MAX];
	size_t level_count;
	uint8_t run[SR_ID]; /* opened only: the run that made the keys, the hash of its
			       transcript, the entry that opened it */
	uint8_t transcript[SR_HASH];
	uint64_t opened_entry;
	uint8_t keys_hash[SR_HASH], keys[SR_HASH]; /* of its public keys: hash, object */
};
/* ${board} NULL: the founding board. ${epoch} 0: the one in force, before `opened` the first. */
SR_MUST int sr_query_board(struct sr_board_row *out, struct sr_catalogue *c, const uint8_t *board,
	uint32_t epoch, struct sr_err *e);

/* What is left to do of a new key: items that are sealed under a key before the present one. */
struct sr_left {
	uint32_t rekeying; /* first epoch of the new key; 0: none is on its way, nothing is left */
	uint64_t items, held; /* left; held ones of these */
	uint64_t asked;       /* of these, in an open request to seal them anew, or a live grant */
	/* Last one of the oldest key that items are left under: who sat then gives pieces. 0: none
	 * are left. */
	uint32_t epoch;
};
SR_MUST int sr_query_left(
	struct sr_left *out, struct sr_catalogue *c, const uint8_t board[SR_ID], struct sr_err *e);
/* The first epoch of the new key, when one is on its way and nothing is left to do of it; else 0.
 */
SR_MUST int sr_query_all_rekeyed(
	uint32_t *epoch, struct sr_catalogue *c, const uint8_t board[SR_ID], struct sr_err *e);
/* Those of them that have the key of ${left}'s epoch and that nobody asked about, in order of
 * deposit, at most ${limit}. Free *${rows}. */
struct sr_left_item {
	uint8_t id[SR_ID];
	uint32_t level;
	bool held;
};
SR_MUST int sr_query_left_items(struct sr_left_item **rows, size_t *count, struct sr_catalogue *c,
	const uint8_t board[SR_ID], const struct sr_left *left, size_t limit, struct sr_err *e);

/* The rules that a board adopted, numbered from 1. */
struct sr_policy_row {
	uint8_t board[SR_ID];
	uint64_t number;
	uint64_t entry;
	uint8_t request[SR_ID]; /* that asked for them */
	uint8_t rules[SR_HASH]; /* the object with their text */
	uint8_t set[SR_HASH];   /* SHA-256 of the text */
	int64_t received;
};
struct sr_policies {
	struct sr_policy_row *rows;
	size_t count;
};
/* ${number} 0: those in force. NOTFOUND: the board adopted none (or not so many). */
SR_MUST int sr_query_policy(struct sr_policy_row *out, struct sr_catalogue *c,
	const uint8_t board[SR_ID], uint64_t number, struct sr_err *e);
/* In the order of the log. */
SR_MUST int sr_query_policies(struct sr_policies *out, struct sr_catalogue *c,
	const uint8_t board[SR_ID], struct sr_err *e);
void sr_policies_free(struct sr_policies *l);
/* The object with the text of a set, adopted or brought by a decision: NOTFOUND. */
SR_MUST int sr_query_policy_text(uint8_t object[SR_HASH], struct sr_catalogue *c,
	const uint8_t set[SR_HASH], struct sr_err *e);

/* What was decided by which rules. */
struct sr_decision_row {
	uint64_t entry;
	int64_t received;
	char action[32];
	char decision[16];   /* allow deny error */
	char protection[16]; /* "": none */
	bool has_of, has_request, has_grant, has_checkout, has_item;
	uint8_t of[SR_ID], request[SR_ID], grant[SR_ID], checkout[SR_ID], item[SR_ID];
	uint8_t board[SR_ID];
	uint8_t set[SR_HASH], inputs[SR_HASH]; /* SHA-256 of the rules' text; the object */
	char *rules;                           /* ids with single spaces, in order */
};
struct sr_decisions {
	struct sr_decision_row *rows;
	size_t count;
};
struct sr_decision_filter { /* NULL: any */
	const uint8_t *request, *checkout, *of;
};
/* In the order of the log. */
SR_MUST int sr_query_decisions(struct sr_decisions *out, struct sr_catalogue *c,
	const struct sr_decision_filter *f, struct sr_err *e);
void sr_decisions_free(struct sr_decisions *l);
/* Received time of the last incident ${what} about this set; 0: there was none. */
SR_MUST int sr_query_policy_incident(int64_t *received, struct sr_catalogue *c, const char *what,
	const uint8_t set[SR_HASH], struct sr_err *e);

/* Did the log take the recovery with this ask? */
SR_MUST int sr_query_recovered(
	bool *out, struct sr_catalogue *c, const uint8_t ask[SR_HASH], struct sr_err *e);
/* Whose key seals the objects that the statement names, at the state before it: "" structural;
 * SR_CEREMONY_SUBJECT and the run's hex for the dealing of a reshare, which must be able to die. */
#define SR_CEREMONY_SUBJECT "ceremony:"
SR_MUST int sr_query_object_subject(char out[SR_SUBJECT_TEXT], struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e);
/* The entry since which the person's share of the epoch ${b}, which was opened, is boxed to the key
 * that they had then: `opened`, or their last `share`. */
SR_MUST int sr_query_share_entry(uint64_t *out, struct sr_catalogue *c,
	const struct sr_board_row *b, const char *person, struct sr_err *e);
/* How many runs the board had before the plan that counts: a plan begins with none spent. */
SR_MUST int sr_query_runs_before_plan(
	uint64_t *out, struct sr_catalogue *c, const uint8_t board[SR_ID], struct sr_err *e);
/* Of the epoch that is to come next: the first of its members whose roles a quorum ended since it
 * was decided, or of its dealers who have not dealt; "": nobody. ${person}: only of this one, NULL
 * of all. Their seat is gone: nothing more is dealt to such an epoch, and it never opens. A standby
 * board that waits then takes over without them. */
SR_MUST int sr_query_seat_ended(char out[SR_PERSON_TEXT], struct sr_catalogue *c,
	const uint8_t board[SR_ID], const char *person, struct sr_err *e);
/* Were roles of the person ended after entry ${since}, by whomever? */
SR_MUST int sr_query_ended_since(
	bool *out, struct sr_catalogue *c, const char *person, uint64_t since, struct sr_err *e);
/* The standby board that ${epoch} is dealt to: NOTFOUND. */
struct sr_standby_row {
	uint64_t entry; /* of its reshare */
	uint64_t waits; /* of `standby`: all of its members have their shares; 0: not yet */
	/* while it waits: */
	uint8_t run[SR_ID];
	uint8_t keys[SR_HASH];   /* of the body of its public keys */
	uint8_t object[SR_HASH]; /* that body */
	uint32_t want; /* members that it takes to take over; how many said so, and who besides,
			  whose word counts */
	uint32_t members, custodians, auditors;
	bool enough;
};
SR_MUST int sr_query_standby(struct sr_standby_row *out, struct sr_catalogue *c,
	const uint8_t board[SR_ID], uint64_t epoch, struct sr_err *e);
/* Did the person say so, and does it count (catalogue/standby.h)? */
SR_MUST int sr_query_takeover(bool *out, struct sr_catalogue *c, const uint8_t board[SR_ID],
	uint64_t epoch, const char *person, struct sr_err *e);
/* Does anybody need the dealings of this run of a reshare? While it is under way to the epoch that
 * comes next, by the plan that counts; of a run that a complaint ended, too: they are judged by.
 * false also for a run that is not there. */
SR_MUST int sr_query_run_needed(
	bool *out, struct sr_catalogue *c, const uint8_t run[SR_ID], struct sr_err *e);

struct sr_run_member {
	uint32_t index;
	char person[SR_PERSON_TEXT];
	bool dealt, accepted;
	uint64_t deal_entry, accept_entry;
	uint8_t dealing[SR_HASH];                        /* its hash */
	uint8_t deal[SR_HASH];                           /* the object */
	uint8_t transcript[SR_HASH];                     /* accepted */
	uint8_t keys_hash[SR_HASH];                      /* accepted: of the public keys */
	uint8_t shares[SR_HASH];                         /* accepted: the object */
	struct sr_board_level keys[SR_BOARD_LEVELS_MAX]; /* accepted */
	size_t key_count;
};
struct sr_run_row {
	uint8_t run[SR_ID];
	uint8_t board[SR_ID];
	uint64_t number;     /* of the board's runs, from 1 */
	uint32_t epoch;      /* that it makes keys for */
	enum sr_state state; /* dealing, void, done */
	uint64_t entry;
	struct sr_run_member
		members[SR_BOARD_MEMBERS_MAX]; /* of the board of its epoch, in order */
	size_t member_count;
	/* who deals: these members, or in a reshare the ones chosen of the epoch before, with their
	 * index there; in its order */
	struct sr_run_member dealers[SR_BOARD_MEMBERS_MAX];
	size_t dealer_count;
	uint32_t complaints, reveals;
};
SR_MUST int sr_query_run(
	struct sr_run_row *out, struct sr_catalogue *c, const uint8_t run[SR_ID], struct sr_err *e);
/* The newest of a board (NULL: the founding one). */
SR_MUST int sr_query_last_run(
	struct sr_run_row *out, struct sr_catalogue *c, const uint8_t *board, struct sr_err *e);

/* Complaints (${board} NULL: of all boards, ${run} NULL: of all runs) in the order of the log, each
 * with the deal that it is about and the answer. */
struct sr_complaint_row {
	uint64_t entry;
	uint8_t board[SR_ID];
	uint8_t run[SR_ID];
	char person[SR_PERSON_TEXT]; /* who complained */
	char dealer[SR_PERSON_TEXT];
	uint32_t level;
	bool dealt; /* the dealer dealt in that run */
	uint64_t deal_entry;
	uint8_t deal[SR_HASH]; /* the object */
	bool revealed;
	uint64_t reveal_entry;
};
/* Who of those whom the grant of this version names has another key since; "": nobody. Their
 * request key is of the seed before, and so is all that was sealed, or is sealed, to it. */
SR_MUST int sr_query_reader_rekeyed(char person[SR_PERSON_TEXT], struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);

/* Is ${person} a member of some board in force? Who left one that gets a new key keeps the role
 * until the last item is sealed anew, to give pieces, and is none. */
SR_MUST int sr_query_sits(bool *out, struct sr_catalogue *c, const char *person, struct sr_err *e);

/* When each member of the epoch in force, or of that of a standby board which waits, last opened
 * their share: by `accept`, or by `confirm` or `share` after it. Nothing of a member whose key is
 * another since: the share is not theirs. */
struct sr_confirmed_row {
	char person[SR_PERSON_TEXT];
	uint64_t entry;
	int64_t received;
	bool accept; /* the entry is their acceptance */
};
struct sr_confirmed {
	struct sr_confirmed_row rows[SR_BOARD_MEMBERS_MAX];
	size_t count;
};
SR_MUST int sr_query_confirmed(struct sr_confirmed *out, struct sr_catalogue *c,
	const uint8_t board[SR_ID], uint32_t epoch, struct sr_err *e);

struct sr_complaints {
	struct sr_complaint_row *rows;
	size_t count;
};
SR_MUST int sr_query_complaints(struct sr_complaints *out, struct sr_catalogue *c,
	const uint8_t *board, const uint8_t *run, struct sr_err *e);
void sr_complaints_free(struct sr_complaints *l);

/* The key-epoch statement of ${epoch}: its object and entry. */
SR_MUST int sr_query_key_epoch(uint8_t keys[SR_HASH], uint64_t *entry, struct sr_catalogue *c,
	uint32_t epoch, struct sr_err *e);

/* Epochs of the structural key, in order: from entry + 1 on (the first: from 0) until the next
 * one's entry. */
struct sr_key_epoch_row {
	uint32_t epoch;
	uint64_t entry;
	uint8_t keys[SR_HASH]; /* the object */
	int64_t received;
	char *auditors; /* to whom it was sealed: names with single spaces */
};
struct sr_key_epochs {
	struct sr_key_epoch_row *rows;
	size_t count;
};
SR_MUST int sr_query_key_epochs(
	struct sr_key_epochs *out, struct sr_catalogue *c, struct sr_err *e);
void sr_key_epochs_free(struct sr_key_epochs *l);
/* The one in force for the next entry; SR_EPOCH_FIRST before there is any. */
SR_MUST int sr_query_epoch_now(uint32_t *epoch, struct sr_catalogue *c, struct sr_err *e);
/* Those of before that a quorum gave. ${person} NULL: to anybody. */
struct sr_auditor_epochs_row {
	char person[SR_PERSON_TEXT];
	uint32_t first, last;
	uint64_t entry;
	uint8_t keys[SR_HASH];
};
struct sr_auditor_epochs {
	struct sr_auditor_epochs_row *rows;
	size_t count;
};
SR_MUST int sr_query_auditor_epochs(struct sr_auditor_epochs *out, struct sr_catalogue *c,
	const char *person, struct sr_err *e);
void sr_auditor_epochs_free(struct sr_auditor_epochs *l);
/* Was the epoch of entry ${index} given to ${person}: sealed to them in its time, or by a quorum?
 */
SR_MUST int sr_query_epoch_given(
	bool *out, struct sr_catalogue *c, const char *person, uint64_t index, struct sr_err *e);
/* The same, and to the key that they have now: what was sealed to one before, which may be lost, is
 * not theirs. */
SR_MUST int sr_query_epoch_held(
	bool *out, struct sr_catalogue *c, const char *person, uint64_t index, struct sr_err *e);

/* --- what the store must hold --- */

/* An item whose content is there: every one but those that were destroyed, whoever may know of it.
 */
struct sr_stored_item {
	int64_t n; /* in order of accession */
	uint8_t item[SR_ID];
	uint32_t number; /* of the envelope in force */
	uint8_t envelope[SR_HASH];
};
struct sr_stored_items {
	struct sr_stored_item *rows;
	size_t count;
};
/* At most 1000, with n above ${after}; none at the end. With those that were destroyed at entry
 * ${dying} or later, whose erasure waits for witnesses (board/erase.h); UINT64_MAX: none. */
SR_MUST int sr_query_stored_items(struct sr_stored_items *out, struct sr_catalogue *c,
	int64_t after, uint64_t dying, struct sr_err *e);
void sr_stored_items_free(struct sr_stored_items *l);

/* --- collections, accessions, items ----------------------------------------------------------- */

struct sr_collection_row {
	uint8_t id[SR_ID];
	uint8_t board[SR_ID];
	uint8_t request[SR_ID];
	bool dedupe; /* "collection" or "none" */
	uint64_t entry;
	uint64_t items;
	char *name;
};
struct sr_collections {
	struct sr_collection_row *rows;
	size_t count;
};
SR_MUST int sr_query_collection(struct sr_collection_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
SR_MUST int sr_query_collections(
	struct sr_collections *out, struct sr_catalogue *c, struct sr_err *e);
void sr_collection_row_free(struct sr_collection_row *r);
void sr_collections_free(struct sr_collections *l);

struct sr_accession_row {
	uint8_t id[SR_ID];
	uint8_t collection[SR_ID];
	char depositor[SR_PERSON_TEXT];
	uint64_t items, files, bytes;
	uint8_t list[SR_HASH];
	uint64_t entry;
};
SR_MUST int sr_query_accession(struct sr_accession_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
/* Names of all packs that there must be, SR_HASH bytes each, in byte order; the caller frees
 * ${*names}. */
SR_MUST int sr_query_packs(
	uint8_t **names, size_t *count, struct sr_catalogue *c, struct sr_err *e);

/* ... of those that the last two entries of the log brought: whose commit a kill may have cut off
 * from what follows it. */
SR_MUST int sr_query_last_packs(
	uint8_t **names, size_t *count, struct sr_catalogue *c, struct sr_err *e);

enum {                             /* flags of an item */
	SR_ITEM_REFERRAL = 1 << 0, /* hazard `referral`: never rendered, requested or granted */
	SR_ITEM_EMBARGO = 1 << 1,
	SR_ITEM_HOLD = 1 << 2,
	SR_ITEM_SEALED = 1 << 3
};
struct sr_item_row {
	uint8_t id[SR_ID];
	uint8_t accession[SR_ID];
	uint8_t collection[SR_ID];
	uint8_t board[SR_ID]; /* the collection's */
	char depositor[SR_PERSON_TEXT];
	enum sr_state state; /* held, released, destroyed */
	unsigned flags;
	uint32_t level;  /* that it is sealed to */
	uint32_t epoch;  /* of the board's key that it is sealed to */
	uint64_t sealed; /* entry of that: accession, redact, release, reseal; no vote before it has
			  * a piece of the seal in force */
	uint32_t number; /* of the envelope in force: items/<id>.<number> */
	uint8_t envelope[SR_HASH];
	uint64_t bytes, files;
	bool redacted; /* it is a redacted version of ${parent} */
	uint8_t parent[SR_ID];
	bool described;     /* a describe statement gave it a title */
	uint64_t entry;     /* of its accession */
	uint64_t released;  /* entry of its release; 0: never */
	uint64_t destroyed; /* entry of its destruction; 0: none */
	char *hazards;      /* tokens */
	char *parts;        /* tokens: hazards of parts alone or too (sr_query_item_marks) */
	char *languages;    /* tokens */
	char *date;         /* EDTF or NULL */
	char *title, *translit, *description, *creator, *source, *rights;
	char *keywords; /* one a line */
};
struct sr_items {
	struct sr_item_row *rows;
	size_t count;
	uint64_t total; /* without offset and limit */
};
struct sr_item_filter {
	/* What the caller may know of: any of these. */
	bool released;         /* released items, and what is left of those destroyed since */
	bool held;             /* held items (curators, officers), and what is left of any */
	const char *depositor; /* and whatever this person deposited; NULL: nobody */
	bool referral; /* flagged referral or sealed too; else those are not shown to anybody but as
			  allowed above by depositor */
	/* What they ask for: all of these. */
	const uint8_t *collection; /* SR_ID bytes; NULL: all */
	const uint8_t *accession;
	const char *hazard; /* NULL: all */
	const char *language;
	enum sr_state state; /* SR_S_NONE: all */
};
struct sr_page {
	uint64_t offset;
	size_t limit; /* 1..1000; 0: 100 */
};
SR_MUST int sr_query_item(
	struct sr_item_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID], struct sr_err *e);
/* In order of deposit. */
SR_MUST int sr_query_items(struct sr_items *out, struct sr_catalogue *c,
	const struct sr_item_filter *f, const struct sr_page *p, struct sr_err *e);
void sr_item_row_free(struct sr_item_row *r);
void sr_items_free(struct sr_items *l);

/* What a description says in the fields that are rows (ledger/fields.h), in the order of the table.
 */
struct sr_item_value {
	const struct sr_desc_field *field; /* static */
	char *text;
};
struct sr_item_values {
	struct sr_item_value *rows;
	size_t count;
};
SR_MUST int sr_query_item_values(struct sr_item_values *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], struct sr_err *e);
void sr_item_values_free(struct sr_item_values *l);
/* Hazards of parts of an item, by file and place. */
struct sr_item_marks {
	struct sr_mark *rows;
	size_t count;
};
SR_MUST int sr_query_item_marks(struct sr_item_marks *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], struct sr_err *e);
void sr_item_marks_free(struct sr_item_marks *l);
/* Is ${item} a part of ${whole}, or of a part of it, or that itself? */
SR_MUST int sr_query_part_of(bool *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	const uint8_t whole[SR_ID], struct sr_err *e);

/* What is left of destroyed items, in order of destruction: at open, missing erasures are repeated.
 */
struct sr_tombstone {
	uint8_t item[SR_ID];
	uint32_t number; /* of the envelope that was in force */
	uint64_t entry;  /* of the destruction */
};
struct sr_tombstones {
	struct sr_tombstone *rows;
	size_t count;
};
/* Of destructions at entry ${from} and before ${past}. */
SR_MUST int sr_query_tombstones(struct sr_tombstones *out, struct sr_catalogue *c, uint64_t from,
	uint64_t past, struct sr_err *e);
void sr_tombstones_free(struct sr_tombstones *l);

/* Age files of the item that left the vault or began to: all but the last bytes of one that did not
 * end may have. */
SR_MUST int sr_query_exports(
	uint64_t *count, struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e);
/* The entry of the last destruction of items, or erasure of what was kept of a person; NOTFOUND:
 * there was none. */
SR_MUST int sr_query_last_erasing(uint64_t *entry, struct sr_catalogue *c, struct sr_err *e);

/* What scanners said of an item's files (catalogue/apply_intake.c). */
struct sr_scan_row {
	uint64_t entry;
	int64_t received;                      /* of that entry */
	int64_t signatures;                    /* 0: not known */
	uint64_t clean, infected, not_scanned; /* files */
	char result[16];                       /* clean infected not-scanned */
	char *scanner;
};
struct sr_scans {
	struct sr_scan_row *rows;
	size_t count;
};
/* The newest first; ${last}: of each scanner only that one. */
SR_MUST int sr_query_scans(struct sr_scans *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	bool last, struct sr_err *e);
void sr_scans_free(struct sr_scans *l);

/* What did ${scanner} (as statements name it) say of the files that the item has now, in the
 * vault's own work on it? ${result} is its word when *${there}. */
SR_MUST int sr_query_scanned(bool *there, char result[16], struct sr_catalogue *c,
	const uint8_t item[SR_ID], const char *scanner, struct sr_err *e);

/* Did ${scanner} say anything of the item's content, by whatever way, at entry ${from} or later? */
SR_MUST int sr_query_scanned_since(bool *said, struct sr_catalogue *c, const uint8_t item[SR_ID],
	const char *scanner, uint64_t from, struct sr_err *e);

/* What was done with a held item by itself (catalogue/apply_intake.c, intake/step.h). */
struct sr_intake_row {
	uint64_t entry;
	int64_t received; /* of that entry */
	uint64_t added;   /* files that came with it */
	char step[33];
	char result[33];
};
struct sr_intakes {
	struct sr_intake_row *rows;
	size_t count;
};
/* In order. */
SR_MUST int sr_query_intakes(struct sr_intakes *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], struct sr_err *e);
void sr_intakes_free(struct sr_intakes *l);
/* Is there a statement `intake` of that step about the item, but `unfinished` ones? */
SR_MUST int sr_query_intake_done(bool *done, struct sr_catalogue *c, const uint8_t item[SR_ID],
	const char *step, struct sr_err *e);
/* The step that said `unfinished` last and did not go on; "": none. */
SR_MUST int sr_query_intake_unfinished(
	char step[33], struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e);
/* ... with that `work`? */
SR_MUST int sr_query_intake_work(
	bool *there, struct sr_catalogue *c, const uint8_t work[SR_ID], struct sr_err *e);

/* Every regular file of a held or released item, in order of items: what known hashes are compared
 * with. */
struct sr_hash_row {
	uint8_t item[SR_ID];
	uint32_t number; /* of its envelope */
	uint64_t files;  /* of the item */
	uint64_t file;   /* its position */
	struct sr_bytes path;
	uint8_t sha256[SR_HASH];
};
SR_MUST int sr_query_hashes(struct sr_catalogue *c,
	int (*each)(void *ctx, const struct sr_hash_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* A file of an item, and another of the same bytes: of another item that is held or released, or of
 * the same one. Empty files and renditions are nobody's copies. In order of the item's files. */
struct sr_same_row {
	uint64_t file, size;
	struct sr_bytes path;
	uint8_t other[SR_ID]; /* item */
	uint64_t other_file;
	struct sr_bytes other_path;
};
SR_MUST int sr_query_same(struct sr_catalogue *c, const uint8_t item[SR_ID],
	const struct sr_page *p,
	int (*each)(void *ctx, const struct sr_same_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e);

struct sr_fact_row {
	uint64_t file; /* its position in the item */
	char step[33];
	char key[33];
	uint8_t *value;
	size_t value_len;
};
struct sr_item_facts {
	struct sr_fact_row *rows;
	size_t count;
	uint64_t total; /* without offset and limit */
};
/* In order of files; ${key} NULL: all. */
SR_MUST int sr_query_item_facts(struct sr_item_facts *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], const char *key, const struct sr_page *p, struct sr_err *e);
/* Each of ${key}, in no order, without another look at those before: for who needs them all. What
 * ${each} gives but 0 ends it, and is the result; ${row} and what it points to live for the call.
 */
SR_MUST int sr_query_each_fact(struct sr_catalogue *c, const uint8_t item[SR_ID], const char *key,
	int (*each)(void *ctx, const struct sr_fact_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e);
/* The same of all that ${step} said, in its order. */
SR_MUST int sr_query_step_facts(struct sr_catalogue *c, const uint8_t item[SR_ID], const char *step,
	int (*each)(void *ctx, const struct sr_fact_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e);
void sr_item_facts_free(struct sr_item_facts *l);

/* What stands or stood on an item (catalogue/apply_flag.c). */
struct sr_flag_row {
	uint8_t id[SR_ID]; /* of the statement that set it: `lift` names it */
	uint8_t item[SR_ID];
	char what[16]; /* embargo hold seal retention referral */
	char person[SR_PERSON_TEXT];
	uint64_t entry;
	int64_t received; /* of that entry */
	int64_t ends;     /* an embargo's; 0: open */
	int64_t due;      /* a retention's */
	uint64_t ended;   /* the entry that ended it; 0: it stands */
	char *basis;      /* token of a retention, or NULL */
	char *reason;     /* or NULL */
};
struct sr_flags {
	struct sr_flag_row *rows;
	size_t count;
};
SR_MUST int sr_query_flag(
	struct sr_flag_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID], struct sr_err *e);
/* Of one item, in order; ${standing}: without those that have ended. */
SR_MUST int sr_query_flags(struct sr_flags *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	bool standing, struct sr_err *e);
/* Standing ones whose date is at most ${now}, oldest date first, at most 1000: embargoes that end,
 * retentions that ask. */
SR_MUST int sr_query_embargoes_over(
	struct sr_flags *out, struct sr_catalogue *c, int64_t now, struct sr_err *e);
SR_MUST int sr_query_retentions_due(
	struct sr_flags *out, struct sr_catalogue *c, int64_t now, struct sr_err *e);
void sr_flag_row_free(struct sr_flag_row *r);
void sr_flags_free(struct sr_flags *l);

struct sr_item_file {
	char *path; /* bytes as deposited, terminated */
	char *media_type;
	int kind; /* enum sr_file_kind */
	uint64_t size;
	int64_t mtime;
	uint8_t sha256[SR_HASH];
};
struct sr_item_files { /* empty after erasure */
	struct sr_item_file *rows;
	size_t count;
	uint64_t total;
};
SR_MUST int sr_query_item_files(struct sr_item_files *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], const struct sr_page *p, struct sr_err *e);
void sr_item_files_free(struct sr_item_files *l);

/* --- requests and votes ----------------------------------------------------------------------- */

struct sr_co_applicant {
	char person[SR_PERSON_TEXT];
	bool joined;
	uint8_t key[SR_PK]; /* joined only: the X25519 request key */
};
struct sr_version_row {
	uint8_t request[SR_ID];
	uint32_t version;
	enum sr_state state;
	uint8_t hash[SR_HASH]; /* of the statement: what votes name */
	uint8_t statement[SR_ID];
	uint64_t entry;
	int64_t received;
	char applicant[SR_PERSON_TEXT];
	/* access export revoke lift role person-end collection destroy referral reseal redact board
	 * reshare person policy erase */
	char kind[32];
	uint8_t board[SR_ID]; /* that decides it */
	uint32_t epoch, level;
	int64_t closes, ends; /* 0: none */
	uint64_t items;
	bool has_list, has_key, has_target, has_collection, has_room_key;
	uint8_t list[SR_HASH];
	uint8_t key[SR_PK];    /* the applicant's request key */
	uint8_t target[SR_ID]; /* grant of a revoke or lift */
	uint8_t collection[SR_ID];
	uint8_t room_key[SR_PK];        /* the newest; pieces of votes before its entry are void */
	uint64_t room_key_entry;        /* 0: none */
	bool room_key_ended;            /* its secret has to be erased */
	char *recipient;                /* or NULL */
	char *subject;                  /* person of a role request, or NULL */
	char *card;                     /* base64 as in the statement, or NULL */
	char *dedupe;                   /* or NULL */
	char *forms, *purposes, *roles; /* tokens */
	struct sr_co_applicant people[SR_REQUEST_PEOPLE_MAX];
	size_t people_count;
	char *name; /* of a collection to be, or NULL */
	char *project, *authority, *instruction, *reason;
};
struct sr_versions {
	struct sr_version_row *rows;
	size_t count;
};
struct sr_request_filter {
	const char *applicant; /* applicant or co-applicant; NULL: all */
	enum sr_state state;   /* of the newest version; SR_S_NONE: all */
	const char *kind;
	const uint8_t *item; /* newest version names this item */
};
/* ${version} 0: the newest. */
SR_MUST int sr_query_version(struct sr_version_row *out, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);
SR_MUST int sr_query_versions(struct sr_versions *out, struct sr_catalogue *c,
	const uint8_t request[SR_ID], struct sr_err *e);
/* Newest versions, newest request first. */
SR_MUST int sr_query_requests(struct sr_versions *out, struct sr_catalogue *c,
	const struct sr_request_filter *f, const struct sr_page *p, struct sr_err *e);
/* Open requests of the current epoch of boards on which ${member} sits, where they have not voted:
 * whether they may is not the catalogue's to say (board/authorize.h). Oldest first. */
SR_MUST int sr_query_unvoted(
	struct sr_versions *out, struct sr_catalogue *c, const char *member, struct sr_err *e);
/* All open versions, oldest first. */
SR_MUST int sr_query_open(struct sr_versions *out, struct sr_catalogue *c, struct sr_err *e);
/* Open versions on which ${member} may not vote because an attestation stands against it. */
SR_MUST int sr_query_set_against(
	struct sr_versions *out, struct sr_catalogue *c, const char *member, struct sr_err *e);
/* Open versions whose closing date is at most ${now}, or whose items are all destroyed. */
SR_MUST int sr_query_closing(
	struct sr_versions *out, struct sr_catalogue *c, int64_t now, struct sr_err *e);
/* Open ones for people to look whose applicant was ended since, or with another key of somebody
 * whose request key it has. */
SR_MUST int sr_query_unsettled(struct sr_versions *out, struct sr_catalogue *c, struct sr_err *e);
void sr_version_row_free(struct sr_version_row *r);
void sr_versions_free(struct sr_versions *l);
/* The items of one list of a version in byte order, SR_ID bytes each; the caller frees ${*ids}. */
struct sr_list_of {
	const uint8_t *request;
	uint32_t version;  /* 0: the newest */
	int64_t extension; /* 0: its own list; n: of extension n of its grant; -1: all of them */
};
SR_MUST int sr_query_list_items(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const struct sr_list_of *of, struct sr_err *e);
/* In which of them an item is: NOTFOUND. */
SR_MUST int sr_query_list_of(int64_t *extension, struct sr_catalogue *c,
	const struct sr_version_row *v, const uint8_t item[SR_ID], struct sr_err *e);
/* Its own list. */
SR_MUST int sr_query_request_items(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);

/* The first item of a version that is in ${state} (SR_S_NONE: none is) or carries one of ${flags}.
 * NOTFOUND: none does. */
struct sr_item_like {
	enum sr_state state;
	unsigned flags;
};
SR_MUST int sr_query_request_item_like(uint8_t item[SR_ID], struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_item_like like, struct sr_err *e);

/* How the items of a version are sealed now (catalogue/seals.h). */
SR_MUST int sr_query_version_seals(struct sr_version_seals *out, struct sr_catalogue *c,
	const struct sr_version_row *v, int64_t extension, struct sr_err *e);
/* How many items of a version's list (${extension}: as in sr_query_version_seals) have another key
 * of its board than ${b} in its epoch; destroyed ones do not count. */
SR_MUST int sr_query_other_key(uint64_t *out, struct sr_catalogue *c,
	const struct sr_version_row *v, int64_t extension, const struct sr_board_row *b,
	struct sr_err *e);

/* Lists of items that came later into the live grant of a version, in order. */
struct sr_extension {
	uint64_t number, items, entry;
	char person[SR_PERSON_TEXT]; /* who asked */
};
struct sr_extensions {
	struct sr_extension *rows;
	size_t count;
};
SR_MUST int sr_query_extensions(struct sr_extensions *out, struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_err *e);
void sr_extensions_free(struct sr_extensions *l);
/* Released items that an extension of a grant may add as the rules are (invariants_extend.c), in
 * byte order, as far as one request goes; the caller frees ${*ids}. */
SR_MUST int sr_query_extendable(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], struct sr_err *e);

struct sr_room_key {
	uint8_t request[SR_ID];
	uint32_t version;
	uint8_t key[SR_PK];
	bool ended;
	uint64_t entry;
};
struct sr_room_keys {
	struct sr_room_key *rows;
	size_t count;
};
/* Of all requests, the newest key of each version: at open, secrets without a live key are erased
 * and missing erasures repeated. */
SR_MUST int sr_query_room_keys(struct sr_room_keys *out, struct sr_catalogue *c, struct sr_err *e);
void sr_room_keys_free(struct sr_room_keys *l);

struct sr_vote_row {
	uint8_t statement[SR_ID];
	uint64_t entry;
	char person[SR_PERSON_TEXT];
	char decision[16];
	uint32_t epoch;
	int64_t ends;
	uint64_t pieces_count;
	bool has_bundle;
	uint8_t bundle[SR_HASH];
	uint8_t pieces[SR_HASH]; /* the object */
	int64_t extension;       /* whose items its pieces are for; 0: the version's own */
	bool is_void;            /* recused, or its pieces failed */
	char *forms;             /* tokens */
	char *trainings;         /* tokens: what it demands of whoever reads */
	char *conditions;        /* one a line; erased ones are missing */
	uint32_t condition_count;
	char *reason;
};
struct sr_votes {
	struct sr_vote_row *rows;
	size_t count;
};
/* Void ones included; in order. */
SR_MUST int sr_query_votes(struct sr_votes *out, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);
SR_MUST int sr_query_vote(struct sr_vote_row *out, struct sr_catalogue *c,
	const uint8_t statement[SR_ID], struct sr_err *e);
void sr_vote_row_free(struct sr_vote_row *r);
void sr_votes_free(struct sr_votes *l);

struct sr_tally {
	uint32_t eligible; /* active members of the epoch who are neither applicant nor co-applicant
			      nor recused nor in conflict */
	uint32_t approved, rejected;
	uint32_t quorum; /* approvals that it takes: of its level, in its epoch of its board */
	uint32_t joined, co_applicants;
};
SR_MUST int sr_query_tally(struct sr_tally *out, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);
SR_MUST int sr_query_recused(bool *out, struct sr_catalogue *c, const uint8_t request[SR_ID],
	const char *member, struct sr_err *e);
/* The valid vote of ${member} that is no topup: NOTFOUND. */
SR_MUST int sr_query_vote_of(struct sr_vote_row *out, struct sr_catalogue *c,
	const struct sr_version_row *v, const char *member, struct sr_err *e);

/* --- grants and checkouts --------------------------------------------------------------------- */

struct sr_grant_row {
	uint8_t id[SR_ID];
	uint8_t board[SR_ID]; /* that gave it */
	uint8_t request[SR_ID];
	uint32_t version;
	char right[16];
	enum sr_state state; /* live suspended closed expired revoked */
	int64_t ends;
	uint32_t level, epoch;
	uint64_t entry, ended;             /* ended: the entry that did it; 0: live or suspended */
	char suspended_by[SR_PERSON_TEXT]; /* "": not suspended */
	uint64_t suspended;                /* the entry that suspended it; 0: not suspended */
	char *forms;                       /* tokens */
	char *trainings;                   /* tokens: terms of training that a reader must have */
	char *people;                      /* names of persons with single spaces */
	uint8_t (*votes)[SR_ID];
	size_t vote_count;
	uint64_t items;
};
struct sr_grants {
	struct sr_grant_row *rows;
	size_t count;
};
struct sr_grant_filter {
	const char *person; /* named in it */
	enum sr_state state;
	const uint8_t *request;
	const uint8_t *item;
	const char *right;
};
SR_MUST int sr_query_grant(struct sr_grant_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
/* Newest first. */
SR_MUST int sr_query_grants(struct sr_grants *out, struct sr_catalogue *c,
	const struct sr_grant_filter *f, const struct sr_page *p, struct sr_err *e);
/* Live or suspended, with an end at most ${now}, or with no item left that is not destroyed. */
SR_MUST int sr_query_expiring(
	struct sr_grants *out, struct sr_catalogue *c, int64_t now, struct sr_err *e);
/* Live or suspended, and the vault has not suspended it since somebody whom it names was ended
 * (${keys}: has another key): live ones first. */
SR_MUST int sr_query_unsettled_grants(
	struct sr_grants *out, struct sr_catalogue *c, bool keys, struct sr_err *e);
SR_MUST int sr_query_grant_has_item(bool *out, struct sr_catalogue *c, const uint8_t grant[SR_ID],
	const uint8_t item[SR_ID], struct sr_err *e);
void sr_grant_row_free(struct sr_grant_row *r);
void sr_grants_free(struct sr_grants *l);

/* Items of a grant that its votes do not open (any more), in byte order: an item was sealed anew,
 * the room key was renewed after a restore, or an incident voided a vote. Members add pieces
 * (topup). Items of an extension that members have not topped up yet. Items of a grant of right
 * reseal are sealed anew by it, once, and are none of these. */
struct sr_topup {
	uint8_t item[SR_ID];
	uint32_t have, want; /* members whose pieces open it; the quorum of the level it is sealed
				to */
	bool resealed;       /* after it was asked for */
	int64_t extension;   /* that added it; 0: none */
};
struct sr_topups {
	struct sr_topup *rows;
	size_t count;
};
/* ${item} NULL: of all. */
SR_MUST int sr_query_topups(struct sr_topups *out, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], const uint8_t *item, struct sr_err *e);
void sr_topups_free(struct sr_topups *l);
/* Live grants whose items wait for pieces that ${member} has not given and may give: of the board's
 * epoch of now, no party, not recused, not in conflict. One row for each list of items. */
struct sr_topup_owed {
	uint8_t grant[SR_ID], request[SR_ID];
	uint32_t version;
	int64_t extension; /* that added the items; 0: the request's own */
	uint64_t items;
};
struct sr_topups_owed {
	struct sr_topup_owed *rows;
	size_t count;
};
SR_MUST int sr_query_topups_owed(
	struct sr_topups_owed *out, struct sr_catalogue *c, const char *member, struct sr_err *e);
void sr_topups_owed_free(struct sr_topups_owed *l);

/* What was done under a grant, item by item in byte order; items that nobody checked out are
 * missing. */
struct sr_grant_use {
	uint8_t item[SR_ID];
	uint64_t checkouts, opened; /* of them, those that were opened */
	uint64_t reads;             /* files that were begun to be read */
	uint64_t exports;
	int64_t last; /* received time of the newest checkout */
};
struct sr_grant_uses {
	struct sr_grant_use *rows;
	size_t count;
};
SR_MUST int sr_query_grant_use(struct sr_grant_uses *out, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], struct sr_err *e);
void sr_grant_uses_free(struct sr_grant_uses *l);

struct sr_checkout_row {
	uint8_t id[SR_ID];
	char person[SR_PERSON_TEXT];
	uint8_t item[SR_ID];
	bool has_grant;
	uint8_t grant[SR_ID];
	char right[16];
	char form[64];
	enum sr_state state; /* begun open shut returned lapsed ended */
	uint64_t entry, ended;
	int64_t begun; /* received time of its entry */
	bool was_opened;
};
struct sr_checkouts {
	struct sr_checkout_row *rows;
	size_t count;
};
struct sr_checkout_filter {
	const char *person;
	const uint8_t *item;
	const uint8_t *grant;
	bool live; /* begun, open or shut only */
};
SR_MUST int sr_query_checkout(struct sr_checkout_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
SR_MUST int sr_query_checkouts(struct sr_checkouts *out, struct sr_catalogue *c,
	const struct sr_checkout_filter *f, const struct sr_page *p, struct sr_err *e);
/* Live ones that are due, oldest first, at most 1000: opened ones begun until ${opened}, others
 * begun until ${unopened}. */
SR_MUST int sr_query_lapsing(struct sr_checkouts *out, struct sr_catalogue *c, int64_t opened,
	int64_t unopened, struct sr_err *e);
void sr_checkouts_free(struct sr_checkouts *l);

/* --- log, objects, texts ---------------------------------------------------------------------- */

struct sr_entry_row {
	uint64_t index;
	enum sr_type_id type;
	uint8_t statement[SR_ID];
	uint8_t hash[SR_HASH];      /* of the signed text: the same id with another hash is another
				       statement */
	char actor[SR_PERSON_TEXT]; /* "service", "" for found */
	int64_t time, received;
	bool has_object;
	uint8_t object[SR_HASH];
};
struct sr_entries {
	struct sr_entry_row *rows;
	size_t count;
};
struct sr_entry_filter {
	uint64_t from; /* entries from this index on (newest_first: up to and with it; 0: all) */
	bool newest_first;
	int type; /* enum sr_type_id; -1: all */
	const char *actor;
	const char *about; /* value of a line that names something: an id, a hash id, a person;
			      NULL: all */
};
SR_MUST int sr_query_entry(
	struct sr_entry_row *out, struct sr_catalogue *c, uint64_t index, struct sr_err *e);
/* For resubmitted statements and receipts. */
SR_MUST int sr_query_statement(struct sr_entry_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
SR_MUST int sr_query_entries(struct sr_entries *out, struct sr_catalogue *c,
	const struct sr_entry_filter *f, const struct sr_page *p, struct sr_err *e);
void sr_entries_free(struct sr_entries *l);

SR_MUST int sr_query_object(struct sr_object_at *out, struct sr_catalogue *c,
	const uint8_t id[SR_HASH], struct sr_err *e);
/* The object files that statements name, for scrub and backup: SR_HASH bytes each; the caller frees
 * ${*names}. */
SR_MUST int sr_query_object_files(
	uint8_t **names, size_t *count, struct sr_catalogue *c, struct sr_err *e);

struct sr_text_row {
	uint64_t entry;
	enum sr_compartment compartment;
	char subject[SR_SUBJECT_TEXT];
	char field[33];
	uint32_t index;
	char *text; /* NULL: erased, or not disclosed */
};
struct sr_texts {
	struct sr_text_row *rows;
	size_t count;
};
/* The records of an entry. */
SR_MUST int sr_query_texts(
	struct sr_texts *out, struct sr_catalogue *c, uint64_t entry, struct sr_err *e);
void sr_texts_free(struct sr_texts *l);

struct sr_comment_row {
	uint64_t entry;
	char person[SR_PERSON_TEXT];
	int64_t received;
	char *text;
};
struct sr_comments {
	struct sr_comment_row *rows;
	size_t count;
};
SR_MUST int sr_query_comments(struct sr_comments *out, struct sr_catalogue *c,
	const uint8_t request[SR_ID], struct sr_err *e);
void sr_comments_free(struct sr_comments *l);

/* --- witnesses --- */

struct sr_witness_policy_row {
	uint64_t adopted; /* policies so far; 0: none, and the rest is empty */
	uint64_t entry;
	uint8_t object[SR_HASH]; /* its text, a structural object */
	uint8_t set[SR_HASH];    /* SHA-256 of the text */
	bool voted;              /* a quorum adopted it */
};
SR_MUST int sr_query_witness_policy(
	struct sr_witness_policy_row *out, struct sr_catalogue *c, struct sr_err *e);

/* Names under which the log went on (board/adopt.h), in order; none: it is as founded. */
struct sr_log_name {
	uint64_t entry, agreed, known;
	uint64_t confirmed;    /* entry of the board's word; 0: not yet */
	uint8_t hash[SR_HASH]; /* of the statement that says it */
	char name[256], former[256];
};
struct sr_log_names {
	struct sr_log_name *rows;
	size_t count;
};
SR_MUST int sr_query_log_names(struct sr_log_names *out, struct sr_catalogue *c, struct sr_err *e);
void sr_log_names_free(struct sr_log_names *l);
/* The entries by which the log's key or name changed, in order. The caller frees *${out}. */
SR_MUST int sr_query_log_changes(
	uint64_t **out, size_t *count, struct sr_catalogue *c, struct sr_err *e);
/* The last entry, since the log has its name, that says that a backup was restored; 0: none. */
SR_MUST int sr_query_log_restored(uint64_t *entry, struct sr_catalogue *c, struct sr_err *e);

/* Who said that a checkout may be opened unwitnessed: two are enough. */
enum {
	SR_GLASS_NAMES = 2
};
struct sr_glass {
	size_t count;
	char person[SR_GLASS_NAMES][SR_PERSON_TEXT];
	uint64_t entry[SR_GLASS_NAMES];
};
SR_MUST int sr_query_glass(struct sr_glass *out, struct sr_catalogue *c,
	const uint8_t checkout[SR_ID], struct sr_err *e);

/* --- backups: whose secrets files could be opened, and bring back what ended since --- */

struct sr_backup_row {
	uint8_t id[SR_ID], escrow[SR_ID];
	uint64_t generation;
	uint64_t entry; /* it holds the log before this one, and the secrets of then */
	int64_t received;
	bool made;   /* read back and whole; else it was begun, and may have come to nothing */
	bool closed; /* its escrow was rotated since: nothing opens its secrets file */
};
struct sr_backups {
	struct sr_backup_row *rows;
	size_t count;
};
/* In order of the log; only those that are not closed when ${open}, and only those begun before
 * ${before} (0: all). */
SR_MUST int sr_query_backups(struct sr_backups *out, struct sr_catalogue *c, bool open,
	uint64_t before, struct sr_err *e);
void sr_backups_free(struct sr_backups *l);
/* The newest generation that the log knows of an escrow. NOTFOUND. */
SR_MUST int sr_query_escrow(uint64_t *generation, struct sr_catalogue *c,
	const uint8_t escrow[SR_ID], struct sr_err *e);
struct sr_backup_counts {
	int64_t last;      /* received time of the last that was made; 0: none */
	uint64_t open;     /* not closed */
	uint64_t ended;    /* the last entry that destroyed or erased something; 0: none did */
	uint64_t reviving; /* open ones from before that: they could bring it back */
};
SR_MUST int sr_query_backup_counts(
	struct sr_backup_counts *out, struct sr_catalogue *c, struct sr_err *e);

/* --- the officer's enquiries, and notices ------------------------------------------------------
 */

struct sr_enquiry_row {
	uint8_t id[SR_ID];
	char kind[32];       /* police court data-subject authority */
	enum sr_state state; /* open answered closed */
	int64_t deadline;    /* 0: none */
	int64_t opened;      /* received time of its entry */
	uint64_t entry, ended;
	uint8_t (*items)[SR_ID]; /* that it concerns, in byte order */
	size_t item_count;
	char *people; /* that it concerns: names of persons with single spaces */
	char *reference;
};
struct sr_enquiries {
	struct sr_enquiry_row *rows;
	size_t count;
};
SR_MUST int sr_query_enquiry(struct sr_enquiry_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
/* Earliest deadline first, then those without one; ${state} SR_S_NONE: all. */
SR_MUST int sr_query_enquiries(
	struct sr_enquiries *out, struct sr_catalogue *c, enum sr_state state, struct sr_err *e);
void sr_enquiry_row_free(struct sr_enquiry_row *r);
void sr_enquiries_free(struct sr_enquiries *l);

struct sr_enquiry_event {
	uint64_t entry;
	char person[SR_PERSON_TEXT];
	char event[16];
	int64_t received;
	char *text;
};
struct sr_enquiry_events {
	struct sr_enquiry_event *rows;
	size_t count;
};
SR_MUST int sr_query_enquiry_events(struct sr_enquiry_events *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e);
void sr_enquiry_events_free(struct sr_enquiry_events *l);

/*
 * What people should be told and were not yet: the outbox is this question, asked of the catalogue,
 * less what `notice` statements say was sent. A notice is known by (what, person, about); what
 * has passed (a request that closed, a grant that ended) falls out of it by itself.
 *
 *   what           who                                about
 *   request        members who sit on the board, but  statement of the version: whether they
 *                  for who asked                      may vote on it is asked by whoever tells
 *                                                     them (board/authorize.h), and of this, too:
 *   vote-needed    each of those who has not voted    statement of the version
 *                  when half of its time has passed (its first week, where nothing closes it)
 *   join           a co-applicant who has not joined  statement of the version
 *   amend-needed   the applicant                      statement of the version: a co-applicant
 *                                                     whom it names is no researcher any more
 *   granted        the people of a grant              grant
 *   decided        applicant and co-applicants        statement of the version: refused, returned
 *                                                     or lapsed
 *   ends-soon      the people of a live grant         grant, or the statement that renewed it
 *                                                     last; SR_NOTICE_ENDS_S before its end
 *   suspended      the people of a grant              statement that suspended it
 *   revoked        the people of a grant              grant
 *   scrub-failed   custodians, officers               statement of the newest scrub
 *   infected       curators, and those whose looks    the scan that named something in a
 *                  it ended                           released item, until somebody decides
 *   retention-due  curators, officers                 statement of the retention date
 *   share-due      members of a board in force, or    the statement by which they last opened
 *                  of a standby board that waits      theirs, of each board; SR_NOTICE_SHARE_S
 * before a year read           the person whom a `read` names     that statement: what is held on
 * them was read enquiry-due    officers                           enquiry, SR_NOTICE_ENQUIRY_S
 * before its deadline
 *
 * What happened longer than SR_NOTICE_FRESH_S ago is no news: a vault that begins to send mail does
 * not begin with its history.
 */
enum {
	SR_NOTICE_ENDS_S = 14 * 86400,   /* time to ask for a renewal, which members vote on */
	SR_NOTICE_ENQUIRY_S = 3 * 86400, /* over a weekend */
	SR_NOTICE_VOTE_S = 7 * 86400,    /* of a request that nothing closes */
	SR_NOTICE_SHARE_S = 30 * 86400,  /* a month to sit down with one's key */
	SR_CONFIRM_S = 365 * 86400,      /* DESIGN 5: members confirm their share once a year */
	SR_NOTICE_FRESH_S = 30 * 86400
};
struct sr_notice_row {
	char what[32];
	char person[SR_PERSON_TEXT];
	uint8_t about[SR_ID];
	uint8_t thing[SR_ID]; /* what to look at: the request, grant, board, .. that it is about */
	int64_t since;        /* received time of what it is about */
};
struct sr_notices {
	struct sr_notice_row *rows;
	size_t count;
};
/* By person, then oldest first. Only people who have a role now, or wait on a standby board. */
SR_MUST int sr_query_notices(
	struct sr_notices *out, struct sr_catalogue *c, int64_t now, struct sr_err *e);
/* All of one person's, sent or not: a message says that something waits, and their inbox what. */
SR_MUST int sr_query_notices_of(struct sr_notices *out, struct sr_catalogue *c, const char *person,
	int64_t now, struct sr_err *e);
void sr_notices_free(struct sr_notices *l);

struct sr_counts { /* for status */
	uint64_t entries, people, collections, accessions, items_held, items_released,
		items_destroyed, bytes;
	uint64_t requests_open, grants_live, grants_suspended, checkouts_live, incidents, refusals;
	int64_t last_received;
	int64_t last_scrub; /* received time; 0: never */
};
SR_MUST int sr_query_counts(struct sr_counts *out, struct sr_catalogue *c, struct sr_err *e);

#endif
