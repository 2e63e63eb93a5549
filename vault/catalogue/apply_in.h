/*
 * apply_in - what the files of apply share: one entry being applied, and its parts one by one.
 *
 * apply.c dispatches and writes what every entry leaves (log row, subjects, objects, texts);
 *   apply_trust.c     people
 *   apply_board.c     boards, their keys
 *   apply_policy.c    rules that boards adopted, and what was decided by them
 *   apply_key.c       new cards and keys of people
 *   apply_erase.c     what was kept of people, erased
 *   apply_attest.c    what is attested of people
 *   apply_item.c      collections, items
 *   apply_intake.c    what is found in them
 *   apply_describe.c  what is said about them
 *   apply_envelope.c  how they are sealed
 *   apply_fields.c    fields of a description that are rows, hazards of parts, what is cleared
 *   apply_flag.c      what stands on items
 *   apply_request.c   requests, votes
 *   apply_grant.c     grants, checkouts, records
 *   apply_office.c    enquiries, notices, who read the log
 */
#ifndef SR_CATALOGUE_APPLY_IN_H
#define SR_CATALOGUE_APPLY_IN_H

#include "catalogue/apply.h"
#include "catalogue/late.h"
#include "catalogue/sql.h"
#include "catalogue/states.h"
#include "ledger/card.h"

struct sr_apply {
	struct sr_db *db;
	const struct sr_entry *en;
	const struct sr_statement *s;
	const struct sr_objects *objects;
	int64_t entry; /* index */
	const char *actor;
	uint32_t position;      /* of the next object record in the entry's object file */
	struct sr_bytes *texts; /* one per record of the entry; p == NULL: not here */
	struct sr_buf *bodies;  /* of records that lie out; texts point into them */
	struct sr_apply_memo *memo;
};

/* How many items of board ?1 are left under a key before the present one: nobody but members of an
 * epoch before opens them. */
#define SR_SQL_LEFT                                                                       \
	"(SELECT count(*) FROM boards b JOIN epochs p ON p.board = b.board AND p.epoch =" \
	" b.epoch JOIN collections c ON c.board = b.board JOIN items i ON i.collection =" \
	" c.collection WHERE b.board = ?1 AND i.epoch < p.base AND i.state <> 'destroyed')"

enum {
	SR_MEMO_PEOPLE = 16 /* who signs much signs often; more are looked up */
};
/* What every entry asks of those before it, kept beside the tables while ${size} is the
 * catalogue's. */
struct sr_apply_memo {
	uint64_t size; /* 0: nothing is known */
	int64_t received;
	bool brings;    /* the last entry brings items: its `stored` is due */
	uint64_t epoch; /* key epoch in force */
	uint8_t vault[SR_HASH];
	char known[SR_MEMO_PEOPLE][SR_PERSON_TEXT]; /* persons that the vault has, at random */
	struct sr_late late;                        /* what a long replay writes last */
};
/* The item's texts, hazards or files changed. */
SR_MUST int sr_apply_search(struct sr_apply *a, int64_t n, struct sr_err *e);
/* catalogue.c: the memo of ${c}. */
struct sr_apply_memo *sr_catalogue_memo(struct sr_catalogue *c);

/* `describe`: fields that are rows, marks, and what it clears. */
SR_MUST int sr_apply_fields(struct sr_apply *a, int64_t n, struct sr_err *e);

/* One effect; the row of the log is there already. */
typedef int sr_effect_fn(struct sr_apply *a, struct sr_err *e);

sr_effect_fn sr_apply_found;
sr_effect_fn sr_apply_key_epoch;
sr_effect_fn sr_apply_service_key;
sr_effect_fn sr_apply_auditor;
sr_effect_fn sr_apply_deal;
sr_effect_fn sr_apply_accept;
sr_effect_fn sr_apply_share;
sr_effect_fn sr_apply_recover;
sr_effect_fn sr_apply_complaint;
sr_effect_fn sr_apply_reveal;
sr_effect_fn sr_apply_opened;
sr_effect_fn sr_apply_confirm;
sr_effect_fn sr_apply_board;
sr_effect_fn sr_apply_reshare; /* and rekey */
sr_effect_fn sr_apply_rekeyed;
sr_effect_fn sr_apply_standby;
sr_effect_fn sr_apply_takeover;
sr_effect_fn sr_apply_policy;
sr_effect_fn sr_apply_person;
sr_effect_fn sr_apply_person_end;
sr_effect_fn sr_apply_person_set;
sr_effect_fn sr_apply_person_key;
sr_effect_fn sr_apply_erase;
sr_effect_fn sr_apply_attest;
sr_effect_fn sr_apply_attest_end;
sr_effect_fn sr_apply_collection;
sr_effect_fn sr_apply_accession;
sr_effect_fn sr_apply_redact;
sr_effect_fn sr_apply_stored;
sr_effect_fn sr_apply_describe;
sr_effect_fn sr_apply_held_box;
sr_effect_fn sr_apply_intake;
sr_effect_fn sr_apply_scan;
sr_effect_fn sr_apply_release;
sr_effect_fn sr_apply_reseal;
sr_effect_fn sr_apply_embargo;
sr_effect_fn sr_apply_hold;
sr_effect_fn sr_apply_seal;
sr_effect_fn sr_apply_retention;
sr_effect_fn sr_apply_destroy;
sr_effect_fn sr_apply_request;
sr_effect_fn sr_apply_amend;
sr_effect_fn sr_apply_room_key;
sr_effect_fn sr_apply_join;
sr_effect_fn sr_apply_comment;
sr_effect_fn sr_apply_recuse;
sr_effect_fn sr_apply_vote;
sr_effect_fn sr_apply_withdraw;
sr_effect_fn sr_apply_enquiry;
sr_effect_fn sr_apply_notice;
sr_effect_fn sr_apply_read;
sr_effect_fn sr_apply_lapse;
sr_effect_fn sr_apply_refuse;
sr_effect_fn sr_apply_grant;
sr_effect_fn sr_apply_suspend;
sr_effect_fn sr_apply_lift;
sr_effect_fn sr_apply_revoke;
sr_effect_fn sr_apply_renew;
sr_effect_fn sr_apply_extend;
sr_effect_fn sr_apply_close;
sr_effect_fn sr_apply_checkout;
sr_effect_fn sr_apply_viewed;
sr_effect_fn sr_apply_return;
sr_effect_fn sr_apply_export;
sr_effect_fn sr_apply_scrub;
sr_effect_fn sr_apply_collect;
sr_effect_fn sr_apply_escrow;
sr_effect_fn sr_apply_witness;
sr_effect_fn sr_apply_break_glass;
sr_effect_fn sr_apply_backup;
sr_effect_fn sr_apply_incident;
sr_effect_fn sr_apply_decision;

/* The text of the ${i}-th line with ${key}: p == NULL when it is not here (or there is no such
 * line). */
struct sr_bytes sr_apply_text(const struct sr_apply *a, const char *key, size_t i);
/* Register an object record that the entry names; it lies at the next position. */
SR_MUST int sr_apply_object(
	struct sr_apply *a, const uint8_t id[SR_HASH], const char *subject, struct sr_err *e);
/* The subject of what the statement names (catalogue/query.h: sr_query_object_subject). */
SR_MUST int sr_apply_object_subject(char out[SR_SUBJECT_TEXT], struct sr_db *db,
	const struct sr_statement *s, struct sr_err *e);
/* Its body, appended. NOTFOUND: the subject's key is gone. */
SR_MUST int sr_apply_body(
	struct sr_apply *a, const uint8_t id[SR_HASH], struct sr_buf *body, struct sr_err *e);
/* The same for the `object` line ${key}, which is structural: missing is CORRUPT. */
SR_MUST int sr_apply_list(
	struct sr_apply *a, const char *key, struct sr_buf *body, struct sr_err *e);

/* Optional fields as arguments: NULL when the line is missing. The grammar was checked when the
 * statement was parsed. */
struct sr_sql_arg sr_arg_token(
	const struct sr_apply *a, const char *key); /* any text value as it stands */
struct sr_sql_arg sr_arg_dec(const struct sr_apply *a, const char *key);
struct sr_sql_arg sr_arg_time(const struct sr_apply *a, const char *key);
struct sr_id_arg { /* keeps the bytes of an id or hash alive beside its argument */
	uint8_t bytes[SR_HASH];
	struct sr_sql_arg arg;
};
/* Fill ${out} from an id line (a missing one: NULL) and return its argument. */
struct sr_sql_arg sr_arg_id(const struct sr_apply *a, const char *key, struct sr_id_arg *out);
struct sr_sql_arg sr_arg_hash(const struct sr_apply *a, const char *key, struct sr_id_arg *out);
struct sr_sql_arg sr_arg_key(const struct sr_apply *a, const char *key, struct sr_id_arg *out);

/* Insert one row for each line with ${key}: ${sql} takes ${owner}, the value as text. */
SR_MUST int sr_apply_each(struct sr_apply *a, const char *key, const char *sql,
	struct sr_sql_arg owner, struct sr_err *e);
/* The same with the line's number between: ${sql} takes ${owner}, number, value. */
SR_MUST int sr_apply_each_at(struct sr_apply *a, const char *key, const char *sql,
	struct sr_sql_arg owner, struct sr_err *e);

/* The ${i}-th card of ${key}. */
SR_MUST int sr_apply_card(
	struct sr_apply *a, const char *key, size_t i, struct sr_card *out, struct sr_err *e);
/* The person of ${card}, made if new; a known one must have this key. */
SR_MUST int sr_apply_add_person(struct sr_apply *a, const struct sr_card *card, struct sr_err *e);
/* Unless the person has it already. */
SR_MUST int sr_apply_add_role(
	struct sr_apply *a, const char *person, struct sr_bytes role, struct sr_err *e);
/* Names of the statement's cards, where they are here. */
SR_MUST int sr_apply_names(struct sr_apply *a, struct sr_err *e);
/* CORRUPT unless ${person} was seen. */
SR_MUST int sr_apply_person_known(struct sr_apply *a, struct sr_bytes person, struct sr_err *e);

struct sr_version { /* of a request, as far as steps need it */
	int64_t v;
	int64_t version;
	enum sr_state state;
	uint8_t hash[SR_HASH];
};
/* ${version} 0: the newest. CORRUPT when there is none. */
SR_MUST int sr_apply_version(struct sr_apply *a, struct sr_version *out,
	const uint8_t request[SR_ID], uint64_t version, struct sr_err *e);
/* The version that the statement's line `version` says: they begin with 1. CORRUPT. */
SR_MUST int sr_apply_version_said(
	struct sr_apply *a, struct sr_version *out, const uint8_t request[SR_ID], struct sr_err *e);
/* Take the step; a version that ends without a grant ends its room key. */
SR_MUST int sr_apply_version_step(
	struct sr_apply *a, const struct sr_version *v, enum sr_event event, struct sr_err *e);
/* When the statement cites a request: that one is decided. */
SR_MUST int sr_apply_decided(struct sr_apply *a, struct sr_err *e);

struct sr_item_ref {
	int64_t n;
	enum sr_state state;
	int64_t number;
};
SR_MUST int sr_apply_item(
	struct sr_apply *a, struct sr_item_ref *out, const uint8_t item[SR_ID], struct sr_err *e);
/* ${event} must be possible for the item; its state is written when it changes. */
SR_MUST int sr_apply_item_step(
	struct sr_apply *a, const struct sr_item_ref *it, enum sr_event event, struct sr_err *e);

/* The envelope in force from now on: one more than the one before, with a new seal. Votes before
 * this entry have no piece of it, and what is open under the one before ends. */
SR_MUST int sr_apply_envelope(
	struct sr_apply *a, const struct sr_item_ref *it, int64_t epoch, struct sr_err *e);
/* The lines `hazard` of the statement are the item's from now on, if there are any. */
SR_MUST int sr_apply_hazards(struct sr_apply *a, int64_t n, struct sr_err *e);
/* The rows of ${list} are files of the item, to its end. */
struct sr_file_list;
SR_MUST int sr_apply_files(
	struct sr_apply *a, int64_t n, struct sr_file_list *list, struct sr_err *e);

/* The packs whose names are ${names} (SR_HASH bytes each) came with this entry. */
SR_MUST int sr_apply_packs(struct sr_apply *a, struct sr_bytes names, struct sr_err *e);

/* `lift` and `lapse` of what stands on an item. */
SR_MUST int sr_apply_flag_end(struct sr_apply *a, enum sr_event event, struct sr_err *e);
/* Everything that stands on a destroyed item ends, but for a mark for referral, which stays. */
/* A scanner named something in a released item; ${named}: which files, of the statement. */
SR_MUST int sr_apply_infected(
	struct sr_apply *a, int64_t n, struct sr_sql_arg named, struct sr_err *e);
SR_MUST int sr_apply_flags_over(struct sr_apply *a, int64_t n, struct sr_err *e);
/* The item carries the hazard `referral` from now on (again: nothing changes): what is open ends.
 */
SR_MUST int sr_apply_referral(struct sr_apply *a, int64_t n, struct sr_err *e);
/* The attestation that the statement names lapses: its time is over. */
SR_MUST int sr_apply_attest_lapse(struct sr_apply *a, struct sr_err *e);

/* End live checkouts whose ${column} ("grant_id", "person", "n") is ${which}. */
SR_MUST int sr_apply_end_checkouts(
	struct sr_apply *a, const char *column, struct sr_sql_arg which, struct sr_err *e);

/* catalogue.c: one entry more is applied. */
SR_MUST int sr_catalogue_advance(struct sr_catalogue *c, struct sr_err *e);

/* The items of the line `list` as list ${extension} of version ${v}: 0, its own. */
SR_MUST int sr_apply_items(
	struct sr_apply *a, int64_t v, uint64_t count, int64_t extension, struct sr_err *e);

#endif
