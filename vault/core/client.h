/*
 * client - what runs with a person's key: on their own machine, or in the process of the command.
 * It trusts nothing that the server says without proof (DESIGN 5 "Order of trust", 6 "A receipt").
 *
 *   NEW --open--> OPEN (pinned, ledger checked against memory, logged in) --calls, submissions,
 * ballots, checkouts-->
 *   --close--> gone; what was verified last is remembered durably after each submission and at
 * close without a transport: OFFLINE, for ballots from a file and statements that are carried in
 * later
 *
 * Pin: a vault is known by its fingerprint. It is checked against the one that the caller expects,
 * else against what this memory directory knows of this place and this person; a first contact is
 * remembered and told (info->first_contact). `found` proves itself (its hash is the fingerprint);
 * ledger key, room key and the founders' keys come from it alone, all other people's keys from
 * `person` statements that were proven in the log and signed by those who may. Memory:
 * ledger/seen.h. A ledger that is shorter, or has another root, or whose proof does not come, is
 * AUTH: "rolled back", "forked", "withheld"; nothing was signed and no secret was used then.
 *
 * Texts that the server sends beside proofs (titles, names) are unproven and for people to read;
 * escape them. One thread. Errors of use are MISUSE; refusals of the vault keep the code that the
 * vault gave.
 */
#ifndef SR_CORE_CLIENT_H
#define SR_CORE_CLIENT_H

#include "base/fs.h"
#include "base/progress.h"
#include "base/time.h"
#include "board/sheet.h"
#include "core/call.h"
#include "core/rows.h"
#include "crypto/dkg.h"
#include "crypto/identity.h"
#include "ledger/entry.h"
#include "ledger/receipt.h"
#include "ledger/types.h"

/* --- connection ------------------------------------------------------------------------------- */

struct sr_client; /* opaque */

struct sr_client_options {
	struct sr_transport
		transport; /* taken over and closed, also when open fails; call == NULL: offline */
	/* After a broken connection: a new one. Submissions are then handed in again, byte for
	 * byte. NULL: no second try. */
	int (*reconnect)(void *ctx, struct sr_transport *out, struct sr_err *e);
	void *reconnect_ctx;
	const struct sr_identity
		*identity;     /* borrowed; NULL: nobody logs in, nothing can be signed or proven */
	struct sr_dir *memory; /* borrowed; NULL: nothing is remembered (tests, first founding) */
	const char *place;     /* path or address of the vault, for the pin; NULL: none */
	const uint8_t *fingerprint; /* SR_HASH bytes that it must have; NULL: by memory, or first
				       contact */
	struct sr_clock clock;      /* now == NULL: the system's */
	const char *log_name;       /* the log goes on under this name, though its board has not
				       confirmed it, or more is gone than it says; NULL: refuse */
	const struct sr_policy
		*witnesses;  /* whose quorum must have seen a checkout before it opens anything;
				borrowed; NULL: by the policy that the log adopted, proven */
	unsigned witness_ms; /* how long a checkout waits to be witnessed; 0: 12 s */
	struct sr_progress progress; /* report NULL: none */
};

enum sr_client_state {
	SR_CLIENT_NONE,
	SR_CLIENT_DRAFT,
	SR_CLIENT_FOUNDED,
	SR_CLIENT_OPENED,
	SR_CLIENT_OFFLINE
};

struct sr_client_info { /* what was proven; before founding: what the server says */
	enum sr_client_state state;
	bool first_contact; /* pinned now: tell it, and to compare it with the minutes */
	bool pinned;        /* fingerprint is known (draft: of the draft, unproven) */
	uint8_t fingerprint[SR_HASH];
	char origin[SR_ORIGIN_MAX];
	char person[SR_PERSON_TEXT]; /* "" when nobody is logged in */
	char roles[256];             /* tokens with single spaces, as the server says */
	uint64_t seen_size;          /* the ledger that was verified last */
	uint8_t seen_root[SR_HASH];
	bool embedded;
	char log[SR_ORIGIN_MAX]; /* the log's name, when it is not the origin any more; else "" */
	uint64_t renamed; /* entry by which the log got a name that was not known here; 0: none */
	uint64_t lost;    /* entries that were verified here and are not in it; 0: all are there */
	uint64_t lost_agreed, lost_known; /* those from, to are gone, as the log says */
	char rule[48], title[121];        /* of the last refusal, as sr_submitted has them */
};

/* AUTH: other fingerprint, rolled back, forked, withheld, a signature of found. DENIED: not a
 * person of this vault. */
SR_MUST int sr_client_open(
	struct sr_client **out, const struct sr_client_options *o, struct sr_err *e);
/* Remembers what was verified: close does so too, but says nothing. AUTH: the vault does not prove
 * that another program of this person was shown the same log meanwhile (client_seen.c). */
SR_MUST int sr_client_finish(struct sr_client *c, struct sr_err *e);
/* Remembers what was verified, closes the transport, wipes. NULL allowed. */
void sr_client_close(struct sr_client *c);
const struct sr_client_info *sr_client_info(const struct sr_client *c);
/* The note of the ${n}-th change of the log's key, from 1, as it was proven; p NULL: not shown. */
struct sr_bytes sr_client_key_change(const struct sr_client *c, size_t n);
/* The log's vkey of now, and all that it had; ${proven}: `found` and what followed it proved them,
 * else the vault only says so. */
SR_MUST int sr_client_ledger_key(char out[SR_VKEY_TEXT], struct sr_log_keys *keys, bool *proven,
	const struct sr_client *c, struct sr_err *e);

/* A call of the table (core/ops.h) for reading: ${q} begun and filled by the caller; the reply's
 * code is the result. One reconnect and login when the connection broke. */
SR_MUST int sr_client_call(
	struct sr_client *c, struct sr_call *q, struct sr_call *r, struct sr_err *e);
/* The same for replies whose body is rows; views into ${r}. */
SR_MUST int sr_client_rows(struct sr_client *c, struct sr_call *q, struct sr_call *r,
	struct sr_rows *rows, struct sr_err *e);
/* An id from what a person typed: 4 to 32 hex digits, unique among what they may know of. ${kind}:
 * item collection accession request grant checkout enquiry. NOTFOUND, USAGE (ambiguous: names the
 * matches).
 */
SR_MUST int sr_client_resolve(struct sr_client *c, uint8_t id[SR_ID], const char *typed,
	const char *kind, struct sr_err *e);

/* An entry of the log as a person names it: by its number, 12 or @12, or by the id, whole or the
 * start of it as above, of a statement or of what an entry made. Digits alone may be both: who is
 * logged in is asked for one of the two names that are not (USAGE); nobody else has ids. */
struct sr_entry_name {
	bool by_id;
	uint8_t id[SR_ID]; /* by_id */
	uint64_t index;    /* else; not checked: there may be no such entry */
};
SR_MUST int sr_client_entry_name(
	struct sr_entry_name *out, struct sr_client *c, const char *typed, struct sr_err *e);

/* --- signing and handing in ------------------------------------------------------------------- */

/* A statement under way: text, openings of its `~` lines, objects. Fields go to ->text by
 * sr_text_put*, in the order of ledger/types.c, with texts, cards and objects by the functions
 * below. */
struct sr_writ {
	enum sr_type_id type;
	uint8_t id[SR_ID];
	struct sr_buf text;  /* without signature, until signed */
	struct sr_buf parts; /* secret: encoded openings */
	struct sr_buf objects;
	uint32_t part_count, object_count;
	struct sr_buf note; /* after sr_client_sign */
};
/* Common lines: vault, fresh id, time now, until (0: none), actor, seen. */
SR_MUST int sr_writ_begin(struct sr_writ *d, struct sr_client *c, enum sr_type_id type,
	int64_t until, struct sr_err *e);
void sr_writ_text(struct sr_writ *d, const char *key,
	struct sr_bytes text); /* fresh salt; empty text: no line */
/* The card of a person, whose name it opens with ${salt}. */
struct sr_introduction { /* what `identity new` writes beside the sealed file, and board new, person
			    add read */
	struct sr_bytes card;
	uint8_t salt[SR_SALT];
	struct sr_bytes name;
};
void sr_writ_card(struct sr_writ *d, const char *key, const struct sr_introduction *who);
/* `key <id>` for an object of ${body}, with a fresh salt. */
void sr_writ_object(struct sr_writ *d, const char *key, struct sr_bytes body);
void sr_writ_free(struct sr_writ *d); /* wipes; may be called again */
/* Signs with the client's identity; a draft is signed once. */
SR_MUST int sr_client_sign(struct sr_client *c, struct sr_writ *d, struct sr_err *e);

struct sr_submitted {
	int code; /* 0, or why this one was refused; why->text has the sentence */
	struct sr_err why;
	char rule[48];   /* refused by a rule: its id, as the vault says it; "" else */
	char title[121]; /* of one of the board's rules */
	uint8_t id[SR_ID];
	uint64_t index;
	int64_t received;
	bool repeated;
	bool proven;           /* the receipt was verified: exactly these bytes are in the ledger */
	char follow[4][160];   /* escaped sentences for people; "" unused */
	struct sr_buf receipt; /* its wire form, to be kept (sr_receipt_decode, sr_receipt_save);
				  secret */
};
/* Zero one before its first use; it may be freed after success and failure alike. */
void sr_submitted_free(struct sr_submitted *s);
/* Sign if needed, hand in, verify the receipt, remember what was seen. AUTH when the receipt does
 * not prove it. A refusal is also the result. ${out} may be NULL. */
SR_MUST int sr_client_submit(
	struct sr_client *c, struct sr_writ *d, struct sr_submitted *out, struct sr_err *e);
/* Up to SR_SUBMIT_MAX in one commit; the result is 0 when each has its outcome in ${out}. */
SR_MUST int sr_client_submit_many(struct sr_client *c, struct sr_writ *d, size_t count,
	struct sr_submitted *out, struct sr_err *e);
/*
 * A signed statement in a file, to be carried in by anybody of the vault.
 *   0   8  "SRSIGN1\n"      8  32  fingerprint      40   .  one submission as core/ops.h `submit`
 * has it As secret as the texts in it.
 */
SR_MUST int sr_client_save(
	struct sr_client *c, struct sr_writ *d, struct sr_buf *out, struct sr_err *e);
SR_MUST int sr_client_carry(
	struct sr_client *c, struct sr_bytes file, struct sr_submitted *out, struct sr_err *e);

/* Statements with one thing in them: join, withdraw, comment, recuse, suspend, lift, close, return,
 * person-end, attest-end. */
struct sr_act {
	enum sr_type_id type;
	const uint8_t *id;    /* SR_ID bytes: request, grant, checkout or attestation, as the type
				 has it */
	const char *person;   /* person-end */
	struct sr_bytes text; /* comment; reason where the type has one; empty: none */
};
SR_MUST int sr_client_act(
	struct sr_client *c, const struct sr_act *a, struct sr_submitted *out, struct sr_err *e);
/* `person`: researcher, depositor (curator or officer). Other roles: sr_client_request with kind
 * role. */
SR_MUST int sr_client_person(struct sr_client *c, const struct sr_introduction *who,
	const char *const *roles, struct sr_submitted *out, struct sr_err *e);
/* `person-set` (another name, same key) and `person-key` (another key), by the person's new card. A
 * key that the old one does not bear out is for sr_client_request with kind person, unless the
 * person is researcher or depositor alone. */
SR_MUST int sr_client_card(struct sr_client *c, enum sr_type_id type,
	const struct sr_introduction *who, struct sr_submitted *out, struct sr_err *e);
/* The report of an erasure (board/erasure.h), verified: signed by the room key of found, about an
 * entry of the log that was proven here to be `erase` of ${person}, with the board's votes behind
 * it. ${note} is the signed text, ${out} has the receipt. DENIED: keys are there still, and ${note}
 * says why. NOTFOUND: nothing was erased of them. */
SR_MUST int sr_client_erasure(struct sr_client *c, const char *person, struct sr_buf *note,
	struct sr_submitted *out, struct sr_err *e);
/* `attest` (officer): of one person, with another, or of a request; NULL and 0: no line. */
struct sr_attesting {
	const char *person, *kind, *of;
	const uint8_t *request;
	const char *term;
	int64_t ends;
	const char *note;
};
SR_MUST int sr_client_attest(struct sr_client *c, const struct sr_attesting *a, uint8_t id[SR_ID],
	struct sr_submitted *out, struct sr_err *e);
/* `describe`; NULL and empty: no line. */
struct sr_describe_value {
	const struct sr_desc_field *field;
	const char *text; /* checked by sr_desc_check */
};
struct sr_describe {
	const uint8_t *item;
	const char *const *hazards, *const *languages,
					    *const *keywords; /* NULL-terminated lists, or NULL */
	const char *date;
	const char *title, *translit, *description, *creator, *source, *rights;
	/* Fields of ledger/fields.h that are not named above, in any order; values of one field in
	 * theirs. */
	const struct sr_describe_value *values;
	size_t value_count;
	const struct sr_mark *marks; /* hazards of parts */
	size_t mark_count;
	const char *const *clear; /* names of fields, NULL-terminated, or NULL */
};
/* Of ${count} items, in groups of SR_SUBMIT_MAX. ${out}: one for each. 0 when each has its outcome;
 * of a single item a refusal is also the result. */
SR_MUST int sr_client_describe(struct sr_client *c, const struct sr_describe *d, size_t count,
	struct sr_submitted *out, struct sr_err *e);

/* --- what stands on items (client_thing.c) ---------------------------------------------------- */

/* One statement of ${type} (embargo, hold, seal, retention, or lift of ${flag}) for each item. */
struct sr_flagging {
	enum sr_type_id type;
	const uint8_t *items; /* SR_ID bytes each */
	size_t count;         /* lift: 1 */
	int64_t date;         /* embargo: it ends then, 0: open; retention: it asks then */
	const char *basis;    /* retention */
	const uint8_t *flag;  /* lift: id of the statement that set it */
	const char *reason;   /* or NULL */
};
/* ${out}: one for each item. 0 when each has its outcome; of a single item a refusal is also the
 * result. */
SR_MUST int sr_client_flag(struct sr_client *c, const struct sr_flagging *f,
	struct sr_submitted *out, struct sr_err *e);

/* The certificate of a destruction (board/certificate.h), verified: signed by the room key of
 * found, about an entry of the log that was proven here to be `destroy`. ${note} is the signed
 * text, ${out} has the receipt. NOTFOUND: nothing was destroyed. */
struct sr_certifying {
	const uint8_t *item, *request; /* one of them, SR_ID bytes */
};
SR_MUST int sr_client_certificate(struct sr_client *c, const struct sr_certifying *of,
	struct sr_buf *note, struct sr_submitted *out, struct sr_err *e);

/* --- reading on the record (client_audit.c) --------------------------------------------------- */

/* What is about to be read of the log; a `read` is signed unless one of the last hour covers it. */
struct sr_reading_ask {
	const char *what;   /* log, report, person */
	const char *person; /* whose; NULL: none */
	const uint8_t *item, *collection;
	uint64_t from, to;    /* log: entries; to 0: whatever there will be */
	int64_t begins, ends; /* report: a time; 0: none */
	const char *reason;   /* or NULL */
};
/* *${out} (may be NULL): its index in the log; 0 when an earlier one covers it. */
SR_MUST int sr_client_on_record(
	struct sr_client *c, const struct sr_reading_ask *a, uint64_t *out, struct sr_err *e);

/* --- boards: founding, ceremonies (client_board.c) -------------------------------------------- */

struct sr_founding {
	const uint64_t *levels; /* ascending */
	size_t level_count;
	const struct sr_introduction *member, *curator, *officer, *auditor, *custodian;
	size_t members, curators, officers, auditors, custodians;
	/* A second board that waits (ledger/founding.h), and how many of it each level takes, in
	 * the order of levels; 0: none. */
	const struct sr_introduction *standby;
	size_t standbys;
	const uint64_t *standby_quorums;
	const char *origin, *ledger_key; /* NULL: as the server says in hello */
	const uint8_t *room_key;         /* SR_PK bytes; NULL: as the server says */
};
/* The draft of `found` is made, checked and left with the vault; its fingerprint. */
SR_MUST int sr_client_found_draft(struct sr_client *c, const struct sr_founding *f,
	uint8_t fingerprint[SR_HASH], struct sr_err *e);
struct sr_found_state {
	bool founded;
	uint8_t fingerprint[SR_HASH];
	uint64_t members, signed_by;
	uint8_t index; /* of the one who signed now */
};
/* Sign `found` and deal. The draft's fingerprint is computed here and must be ${expected} (NULL:
 * the one in info, which the person was shown). DENIED: this identity is none of its members. */
SR_MUST int sr_client_found_sign(
	struct sr_client *c, const uint8_t *expected, struct sr_found_state *out, struct sr_err *e);

struct sr_accepting {
	uint8_t index; /* of this member */
	uint8_t transcript[SR_HASH];
	bool complained; /* a share was bad: a `complaint` was logged instead; why names the dealer
			    and level */
	struct sr_err why;
	struct sr_submitted submitted;
};
/* Verify every deal, open and check one's own shares, accept the transcript. ${board}: SR_ID bytes;
 * NULL: the founding board. So everywhere below. */
SR_MUST int sr_client_accept(
	struct sr_client *c, const uint8_t *board, struct sr_accepting *out, struct sr_err *e);

/* This member's shares for paper (board/sheet.h), of an open board. DENIED: no member, or the share
 * was dealt to another key. Secret; the caller wipes. */
struct sr_sheet_kept {
	struct sr_sheet sheet;
	uint8_t board[SR_ID];
	uint64_t epoch;
};
SR_MUST int sr_client_sheet(
	struct sr_client *c, const uint8_t *board, struct sr_sheet_kept *out, struct sr_err *e);
/* sr_client_accept, which leaves them in ${kept} when it accepted. */
SR_MUST int sr_client_accept_kept(struct sr_client *c, const uint8_t *board,
	struct sr_sheet_kept *kept, struct sr_accepting *out, struct sr_err *e);
/* This member's shares, from a sheet or from the box to the key before (${old}: its seed), are
 * boxed to the key that the member has now: a `share` is logged. AUTH: they are not the shares
 * behind the public ones; DENIED: of another board, epoch or member. */
struct sr_share_from {
	const struct sr_sheet *sheet; /* this, */
	const uint8_t *old;           /* or that */
	/* Of the oldest key before the present one that items are left under, so that they can be
	 * sealed anew. NOTFOUND: none are. */
	bool before;
};
struct sr_restored {
	uint8_t index;
	struct sr_submitted submitted;
};
SR_MUST int sr_client_restore_share(struct sr_client *c, const uint8_t *board,
	const struct sr_share_from *from, struct sr_restored *out, struct sr_err *e);

/* A dealing of a reshare is not there any more, as after a restore: complain of it, so that the run
 * is void and all deal again. EXISTS: every dealing is shown. */
SR_MUST int sr_client_accept_gone(
	struct sr_client *c, const uint8_t *board, struct sr_accepting *out, struct sr_err *e);
/* Open the share of every level again, compare it with the public keys that all accepted, and say
 * so (`confirm`). The box opens with the member's seed alone, so the signature is the proof: who
 * can sign it and has the box can open it. A member of a standby board that waits says it of their
 * share of that. DENIED: the share was dealt to a key before. */
SR_MUST int sr_client_confirm(struct sr_client *c, const uint8_t *board, uint8_t *index,
	struct sr_submitted *out, struct sr_err *e);
/* Deal in the run that waits for it (client_complaint.c): the first of a new board, or, after a
 * complaint, the next one, in which everybody deals anew. EXISTS: dealt already, or open. */
struct sr_dealt {
	uint8_t index; /* of this member */
	uint64_t run;  /* its number */
	struct sr_submitted submitted;
};
SR_MUST int sr_client_deal(
	struct sr_client *c, const uint8_t *board, struct sr_dealt *out, struct sr_err *e);
/* The accused dealer answers every complaint that waits: the ephemeral secret of that one share is
 * published. Only after the complaint is proven. NOTFOUND: none waits. */
struct sr_revealing {
	uint8_t index;
	size_t revealed;
	struct sr_submitted submitted; /* of the last one */
};
SR_MUST int sr_client_reveal(
	struct sr_client *c, const uint8_t *board, struct sr_revealing *out, struct sr_err *e);

enum sr_complaint_verdict {
	SR_COMPLAINT_WAITS, /* the dealer has not answered */
	SR_COMPLAINT_RIGHT, /* the dealer dealt wrongly */
	SR_COMPLAINT_FALSE, /* the share is right: the complainer said what is not so */
	SR_COMPLAINT_GONE   /* the dealing is not shown: it was erased with its run, and nobody can
			       tell any more */
};
struct sr_complaint_view { /* judged here, from what both signed */
	uint64_t run;      /* number */
	uint64_t entry;
	uint8_t complainer; /* index */
	uint8_t dealer;     /* place among the dealers, from 1 */
	uint8_t level;
	enum sr_complaint_verdict verdict;
	char why[200]; /* what the check says; "" while it waits */
};

#ifdef SR_TESTING
/* From now on accept complains of this dealer's share, whatever it is; 0: no more. */
void sr_client_complain_of(uint8_t dealer);
#endif

/* What the log proves of a board, once opened; or of its ceremony, before. */
struct sr_board_view {
	uint8_t board[SR_ID];
	bool opened;
	uint64_t epoch;
	uint8_t run[SR_ID], transcript[SR_HASH];
	uint64_t run_number;                       /* complaints voided those before it */
	const struct sr_complaint_view *complaint; /* in the order of runs */
	size_t complaints;
	const struct sr_board_view *next; /* of the reshare or rekey under way; NULL: none */
	bool rekey;                       /* its key is none that the board had before */
	bool standby;   /* of a `next`: it is dealt to a standby board; once opened it waits */
	uint8_t taking; /* of its members that said that they take over; and did who besides */
	bool taking_custodian, taking_auditor;
	uint8_t dealers; /* who deals: the members, or in a reshare some of the epoch before */
	char dealer[SR_BOARD_MEMBERS_MAX][SR_PERSON_TEXT];
	uint8_t spoilt; /* place among the dealers whose dealing of this run anybody sees is wrong;
			   0: nobody's */
	bool spoilt_gone; /* it is not there at all: a restored vault has none */
	/* [i]: member i + 1 got another key after the epoch was opened: the share, which was dealt
	 * to the key before, is not theirs any more */
	bool rekeyed[SR_BOARD_MEMBERS_MAX];
	/* When each last opened their share, as their statements prove; 0: never, or not theirs */
	int64_t confirmed[SR_BOARD_MEMBERS_MAX];
	uint8_t members, levels;
	char member[SR_BOARD_MEMBERS_MAX][SR_PERSON_TEXT]; /* [i]: index i + 1 */
	uint8_t member_key[SR_BOARD_MEMBERS_MAX][SR_PK];
	/* dealt: by place among the dealers */
	bool dealt[SR_BOARD_MEMBERS_MAX], accepted[SR_BOARD_MEMBERS_MAX];
	uint8_t level[SR_BOARD_LEVELS_MAX], quorum[SR_BOARD_LEVELS_MAX];
	uint8_t key[SR_BOARD_LEVELS_MAX]
		   [SR_POINT]; /* P, computed from the deals and equal to `opened` */
	uint8_t room_key[SR_PK];
	char ledger_key[SR_VKEY_TEXT];
};
/* How many members confirmed within a year, at ${now}; the most that a level takes. */
void sr_board_confirmed(
	const struct sr_board_view *v, int64_t now, unsigned *confirmed, unsigned *takes);
/* Verified now, and once open again only when its log has grown. ${out} lives until the client's
 * next act or look at a board. */
SR_MUST int sr_client_board(struct sr_client *c, const uint8_t *board,
	const struct sr_board_view **out, struct sr_err *e);
/* Say that the standby board takes over: as one of its members, as custodian or auditor. With the
 * last one that is needed it is the board. */
SR_MUST int sr_client_takeover(
	struct sr_client *c, const uint8_t *board, struct sr_submitted *out, struct sr_err *e);
/* The one board that the caller is a member of, as the server says; of several, or none: the
 * founding one. */
SR_MUST int sr_client_own_board(struct sr_client *c, uint8_t board[SR_ID], struct sr_err *e);
/* The person's index in the board, from 1; 0: none. */
uint8_t sr_client_index(const struct sr_board_view *v, struct sr_bytes person);

/* --- requests (client_request.c) -------------------------------------------------------------- */

struct sr_seats { /* members and quorums of a board to be */
	const char *const
		*member; /* who sits already, by person, NULL-terminated; they come first */
	const struct sr_introduction *newcomer; /* and then these */
	size_t newcomers;
	const uint64_t (*quorum)[2]; /* level, how many members it takes; ascending */
	size_t levels;
	const char *const *dealer; /* reshare: who deals, in the order of the board */
	bool standby; /* reshare: it waits, and the board in force stays until it takes over */
};
struct sr_asking {
	/* a name of board/kinds.h */
	const char *kind;
	/* SR_ID bytes: who decides; NULL: the board of the items, or else the founding one */
	const uint8_t *board;
	const struct sr_seats *seats; /* board, reshare, rekey */
	bool highest; /* the board's highest level decides: lift of a mark for referral */
	const uint8_t *
		amend; /* SR_ID bytes of the request that gets a new version; NULL: a new request */
	const uint8_t *items; /* SR_ID bytes each, in any order; access, export, destroy, referral,
			      reseal */
	size_t item_count;
	/* reseal: instead of ${items}, those that are left under the oldest key which the board has
	 * no more, and that nobody asked about, at most so many; 0: ${items}. NOTFOUND: none are.
	 */
	size_t left;
	int64_t closes, ends; /* 0: none */
	const char *const *forms,
		*const *purposes, *const *people; /* NULL-terminated, any order; NULL: none */
	const char *recipient;                    /* export: age1... */
	const uint8_t *target; /* revoke: the grant; lift: the grant, or the seal's statement */
	const struct sr_introduction *card; /* role */
	const uint8_t *set;                 /* SR_HASH bytes: adopt, of sr_client_log_named */
	const char *const *roles;
	const char *subject;       /* person-end, erase, auditor; NULL: whose card it is */
	uint64_t from;             /* auditor: the first epoch that is given */
	const char *name, *dedupe; /* collection; dedupe NULL: collection */
	const char *project, *reason;
	const char *authority;   /* referral: to whom the items are handed over */
	const char *instruction; /* destroy, of items marked for referral */
	struct sr_bytes rules;   /* policy: their text */
	int64_t until;
};
/* Builds, signs and hands in; ${request} is its id, ${out} the outcome (with what followed). */
SR_MUST int sr_client_request(struct sr_client *c, const struct sr_asking *a,
	uint8_t request[SR_ID], struct sr_submitted *out, struct sr_err *e);

/* Ask that items which came later are topped up under a live grant of ours. */
struct sr_extending {
	const uint8_t *grant; /* SR_ID bytes */
	const uint8_t
		*items; /* SR_ID bytes each, in any order; NULL: all that the rules let it add */
	size_t item_count;
	const char *reason; /* NULL: none */
};
/* ${number}: of the extension, which members top up; ${count}: items in it. NOTFOUND: there is
 * nothing new. */
SR_MUST int sr_client_extend(struct sr_client *c, const struct sr_extending *x, uint64_t *number,
	size_t *count, struct sr_submitted *out, struct sr_err *e);
/* The rules that the request asks for, or that the board adopted with entry ${entry} of the log:
 * the very text that the proven statement names (client_policy.c). */
SR_MUST int sr_client_rules_asked(
	struct sr_buf *out, struct sr_client *c, const uint8_t request[SR_ID], struct sr_err *e);
SR_MUST int sr_client_rules_adopted(struct sr_buf *out, struct sr_client *c,
	const uint8_t board[SR_ID], uint64_t entry, struct sr_err *e);

/* The name that the log has, and the hash by which a request of kind adopt names the entry that
 * gave it (client_adopt.c); *${link}: of the client. NOTFOUND: it is as founded. */
SR_MUST int sr_client_log_named(uint8_t set[SR_HASH], const struct sr_log_link **link,
	struct sr_client *c, struct sr_err *e);

/* --- votes (client_vote.c) -------------------------------------------------------------------- */

/* All that a voter verifies, in a file for another machine: board, request, seals. ${since}: size
 * that the voter verified last (0: none). Verified here too before it is written. */
SR_MUST int sr_client_bundle(struct sr_client *c, const uint8_t request[SR_ID], uint64_t version,
	uint64_t since, struct sr_buf *out, struct sr_err *e);

struct sr_ballot; /* a version of a request, verified; opaque */
SR_MUST int sr_ballot_fetch(struct sr_ballot **out, struct sr_client *c,
	const uint8_t request[SR_ID], uint64_t version,
	struct sr_err *e); /* version 0: the newest */
/* The items of an extension of the grant of its newest version, for a topup. */
SR_MUST int sr_ballot_fetch_extension(struct sr_ballot **out, struct sr_client *c,
	const uint8_t request[SR_ID], uint64_t extension, struct sr_err *e);
/* From a file of sr_client_bundle; the client may be offline (then this also pins and learns the
 * board). */
SR_MUST int sr_ballot_read(
	struct sr_ballot **out, struct sr_client *c, struct sr_bytes bundle, struct sr_err *e);
void sr_ballot_free(struct sr_ballot *b); /* NULL allowed */

struct sr_ballot_item {
	uint8_t id[SR_ID];
	uint64_t number, level;
	struct sr_bytes title; /* as the server says; may be empty */
	bool destroyed;        /* as the server says: an approval with pieces is refused then */
	bool other_key;        /* the same: sealed under a key that these members have no shares of;
				  a topup has no piece of it */
};
struct sr_ballot_view { /* proven, but for titles */
	uint8_t request[SR_ID], board[SR_ID];
	uint64_t version, epoch, level;
	uint8_t hash[SR_HASH];
	const struct sr_entry *entry; /* the request's: fields by sr_field*, texts in ->records as
					 far as disclosed */
	bool pieces;                  /* an approval carries pieces */
	const struct sr_ballot_item *items;
	size_t item_count;
	uint64_t extension; /* of its grant, whose items these are; 0: the request's own */
	char reader[SR_REQUEST_PEOPLE_MAX]
		   [SR_PERSON_TEXT]; /* applicant first, then co-applicants in byte order */
	size_t reader_count;
	size_t joined; /* co-applicants who joined; an approval needs all */
};
const struct sr_ballot_view *sr_ballot_view(const struct sr_ballot *b);
/* What the request says (client_said.c), in the order in which a person reads it: each line of the
 * proven statement that is more than a hash or a key, and who they are whom it names. From outside,
 * not escaped; valid during the call. */
struct sr_said {
	const char *key; /* a word or two of ours */
	struct sr_bytes value;
	struct sr_bytes name; /* of the person that ${value} is, as their proven card gives it;
				 p == NULL: none, or it is not disclosed */
};
/* A code of it stops: of what is left out a voter would not know. */
typedef int sr_said_fn(void *ctx, const struct sr_said *s, struct sr_err *e);
SR_MUST int sr_ballot_said(const struct sr_ballot *b, sr_said_fn *fn, void *ctx, struct sr_err *e);
/* Is that line of a request told, or known to say nothing to a person? */
bool sr_said_covers(struct sr_bytes field);

struct sr_voting {
	const char *decision;          /* approve reject correct topup */
	const char *const *forms;      /* NULL: all that are asked */
	int64_t ends;                  /* 0: as asked */
	const char *const *trainings;  /* terms that a reader must have at every checkout */
	const char *const *conditions; /* NULL-terminated */
	const char *reason;
	int64_t until;
};
/* The signed vote, ready for sr_client_submit or sr_client_save. Makes pieces only for approve and
 * topup of a request with items, after every seal's proof was checked, with shares recomputed from
 * the proven deals. */
SR_MUST int sr_ballot_vote(
	struct sr_writ *out, struct sr_ballot *b, const struct sr_voting *v, struct sr_err *e);

/* --- checkouts (client_checkout.c) ------------------------------------------------------------ */

struct sr_borrow {
	const uint8_t *item;
	const uint8_t *grant; /* NULL: the live grant of the caller that holds the item (USAGE when
				 there are several) */
	const char *right;    /* access export referral reseal redact quarantine; NULL: access */
	const char *form;     /* NULL: text; of quarantine and export: as the vault has it */
};
/* Statement, then open. ${files}: how many; NULL: it is begun, and opened later. */
SR_MUST int sr_client_checkout(struct sr_client *c, const struct sr_borrow *b,
	uint8_t checkout[SR_ID], uint64_t *files, struct sr_submitted *out, struct sr_err *e);
/* Seal the items of a grant of right reseal anew, one after the other; those that are done are
 * passed over, so that a call after a broken one goes on with what is left. Each statement `reseal`
 * is proven before the next item is begun. ${told}: after each item, with its new number and level;
 * a code of it stops. ${left}: how many are not done. */
struct sr_resealing {
	const uint8_t *grant;
	int (*told)(void *ctx, const uint8_t item[SR_ID], uint64_t number, uint64_t level);
	void *ctx;
};
SR_MUST int sr_client_reseal(
	struct sr_client *c, const struct sr_resealing *r, size_t *left, struct sr_err *e);
/* Open (again) under a live checkout: proves checkout, grant and votes before it derives the keys
 * of this item's records; of right quarantine: hands the part of the held item to the room. */
SR_MUST int sr_client_open_item(
	struct sr_client *c, const uint8_t checkout[SR_ID], uint64_t *files, struct sr_err *e);
/* One page of text; *next == *size at the end. */
struct sr_page_at {
	const uint8_t *checkout;
	uint64_t file, offset, length; /* length 0: SR_BLOCK */
};
SR_MUST int sr_client_page(struct sr_client *c, const struct sr_page_at *at, struct sr_buf *text,
	uint64_t *next, uint64_t *size, struct sr_err *e);
/* The age file of an opened checkout of right export, piece by piece. */
struct sr_exporting {
	const uint8_t *checkout;
	bool bag; /* what is in it is a bag (RFC 8493), as tar */
	/* Piece by piece in order, one at a time; from any thread, for a large file is written
	 * while the next piece is made. */
	int (*write)(void *ctx, struct sr_bytes data, struct sr_err *e);
	void *ctx;
};
SR_MUST int sr_client_export(
	struct sr_client *c, const struct sr_exporting *x, uint64_t *bytes, struct sr_err *e);

/* --- curators --------------------------------------------------------------------------------- */

/* Release items in groups of SR_PREPARE_MAX: open each part, have the new envelope made, sign its
 * hash. ${out}: count outcomes. ${level} 0: what hazards need. */
struct sr_releasing {
	const uint8_t *items; /* SR_ID bytes each */
	size_t count;
	const char *const *hazards; /* NULL-terminated; beside those described */
	uint64_t level;
	const char *reason; /* NULL: none is given */
};
SR_MUST int sr_client_release(struct sr_client *c, const struct sr_releasing *r,
	struct sr_submitted *out, struct sr_err *e);

/* Boxes of held items to ${person}, a curator whose key the log proves, from our own; items of
 * which they have one are passed over. *${shared}: how many, also when it ends in the middle; the
 * same call goes on. AUTH: the person's key is not proven. */
struct sr_held_sharing {
	const char *person;
	const uint8_t *items; /* SR_ID bytes each; NULL: all that we have boxes of */
	size_t count;
};
SR_MUST int sr_client_share_held(
	struct sr_client *c, const struct sr_held_sharing *h, size_t *shared, struct sr_err *e);

/* Scan an opened checkout of right quarantine: ${row} gets the rows of intake.scan as they come. */
SR_MUST int sr_client_scan(struct sr_client *c, const uint8_t checkout[SR_ID],
	int (*row)(void *ctx, const struct sr_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* --- deposit (client_deposit.c) --------------------------------------------------------------- */

struct sr_deposit_content { /* the bytes of one regular file */
	/* *got 0 at the end. A failure is recorded as the file's reason, and goes on; but for
	 * LOCKED (stopped on request) and NOMEM, which are none of the file: the deposit ends. */
	int (*read)(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e);
	/* Called once, after the last read; may be NULL. */
	void (*close)(void *ctx);
	void *ctx;
	/* Was it written to while it was read? Asked once, at an end without failure, before close;
	 * may be NULL. */
	bool (*changed)(void *ctx);
};
struct sr_deposit_file {
	struct sr_bytes path;       /* as it shall be known, 1..SR_PATH_MAX bytes, any */
	struct sr_bytes media_type; /* may be empty */
	struct sr_bytes note;       /* a symbolic link's target, what a special file is */
	int kind;                   /* enum sr_file_kind */
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size; /* UINT64_MAX: unknown */
	bool age; /* an age file for the vault's recipient: the vault stores what is in it, and what
		   * that comes to is its word, no more than the size here */
	struct sr_deposit_content content; /* of SR_FILE_REGULAR; else read is NULL */
};
/* Where files come from: items in order, files of each in order. Views live until the next call.
 * item and file are called by one thread, which is not that of the caller of sr_client_deposit;
 * files that were given are read by others meanwhile, several at a time (core/ahead.h). */
struct sr_deposit_source {
	/* The next item: 1 and its title (may be empty), 0 when there is none, negative on failure.
	 */
	int (*item)(void *ctx, struct sr_bytes *title, struct sr_err *e);
	/* The next file of that item: 1, 0 at its end, negative. */
	int (*file)(void *ctx, struct sr_deposit_file *out, struct sr_err *e);
	/* What became of one file, as the vault stored it and as this client hashed it; the reason
	 * of what is only `recorded` is its note. In the caller's thread; may be NULL. */
	void (*told)(void *ctx, struct sr_bytes path, const char *status, const char *reason);
	/* What was read of one file, and the vault has stored; then, with p == NULL, that these
	 * were all. In the caller's thread, before anything is signed; a negative result ends the
	 * deposit (AUTH, USAGE: it is taken back). May be NULL. */
	int (*read)(void *ctx, struct sr_bytes path, uint64_t size, const uint8_t *sha256,
		struct sr_err *e);
	void *ctx;
};
struct sr_depositing {
	const uint8_t *collection;
	const uint8_t *resume; /* accession that broke off; NULL: a new one */
	const struct sr_deposit_source *source;
};
struct sr_deposited {
	uint8_t accession[SR_ID];
	uint64_t items, files, bytes, unreadable, changed;
	uint64_t opened;   /* age files whose content was stored */
	uint8_t *item_ids; /* SR_ID bytes each, in order; freed by sr_deposited_free */
	struct sr_submitted submitted;
};
void sr_deposited_free(struct sr_deposited *d);
/* AUTH when what the vault wants signed is not what was read here (counts, SHA-256, roots, list);
 * nothing is signed then and the accession is taken back. On other failures ${out}->accession names
 * what a resume needs (all zero: nothing). */
SR_MUST int sr_client_deposit(struct sr_client *c, const struct sr_depositing *d,
	struct sr_deposited *out, struct sr_err *e);

/* The vault's age recipient, by a text that the room's key of the proven `found` has signed. */
SR_MUST int sr_client_recipient(struct sr_client *c, char out[64], struct sr_err *e);

/* --- redaction (client_redact.c) -------------------------------------------------------------- */

struct sr_redact {
	uint8_t checkout[SR_ID]; /* ours, of right quarantine or redact */
	struct sr_bytes plan;    /* room/redact.h */
	bool keep_names;         /* title and paths of the parent; else they are left out too */
	bool features;           /* counts by page instead (room/features.h); no plan then */
	const char *reason;
};
/* A new held item, in the collection of its parent, without what the plan leaves out; ${item}: its
 * id. It is released by another curator. */
SR_MUST int sr_client_redact(struct sr_client *c, const struct sr_redact *r, uint8_t item[SR_ID],
	struct sr_submitted *out, struct sr_err *e);

/* --- enquiries (client_office.c) ----------------------------------------------------------------
 */

struct sr_enquiring {
	const char *event;    /* open answer close */
	const char *kind;     /* open: police court data-subject authority */
	int64_t deadline;     /* open, answer; 0: none, or as it was */
	const uint8_t *items; /* open: SR_ID bytes each, in any order */
	size_t item_count;
	const char *const *people; /* open: whom it concerns, NULL-terminated; NULL: none */
	const char *reference;     /* open: whose file, which number; NULL: none */
	const char *text;          /* what was asked, answered, or why it ends */
};
/* ${id}: in for answer and close, out for open. */
SR_MUST int sr_client_enquiry(struct sr_client *c, const struct sr_enquiring *q, uint8_t id[SR_ID],
	struct sr_submitted *out, struct sr_err *e);

/* --- the log, for auditors and officers (client_log.c) ---------------------------------------- */

struct sr_log_ask {
	uint64_t from, to; /* to 0: to the end */
	const char *type;  /* NULL: all */
	/* Each entry, decoded here from its leaf, inclusion and signature proven. Non-zero stops.
	 */
	int (*each)(void *ctx, const struct sr_entry *en, struct sr_err *e);
	void *ctx;
	uint64_t *sealed; /* so many entries lie in epochs that were not given to this auditor, and
			     were passed over; or NULL */
};
/* An auditor opens entries with the keys of epochs that `key-epoch` and `auditor` sealed to them;
 * others with the keys of their receipts. */
SR_MUST int sr_client_log(struct sr_client *c, const struct sr_log_ask *a, struct sr_err *e);

#endif
