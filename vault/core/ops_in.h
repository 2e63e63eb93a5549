/*
 * ops_in - what handlers of core/ops*.c share: the call at hand, its fields, answers, receipts.
 * Not for other layers.
 */
#ifndef SR_CORE_OPS_IN_H
#define SR_CORE_OPS_IN_H

#include <stdlib.h>
#include <string.h>

#include "board/door.h"
#include "core/core.h"
#include "core/ops.h"
#include "core/reader.h"
#include "core/rows.h"

struct sr_trust { /* people, requests and boards that a call has shown (ops_trust.c) */
	struct sr_buf people, requests, boards;
	size_t walked; /* bytes of people */
};
void sr_trust_free(struct sr_trust *t);

struct sr_x { /* one call */
	struct sr_core *core;
	struct sr_session *session;
	struct sr_vault *vault;
	struct sr_catalogue *catalogue; /* may change in `rebuild` only */
	struct sr_caller caller;
	struct sr_call *q;
	struct sr_call *r; /* begun with OK: fields go to r->head, the body to r->body */
	bool keep_body; /* a failure keeps the body that was written (what was refused, and why) */
	struct sr_trust trust;
};

typedef int sr_op_fn(struct sr_x *x, struct sr_err *e);
struct sr_op {
	struct sr_op_info info;
	sr_op_fn *run;
};
const struct sr_op *sr_op_find(struct sr_bytes name);

/* Handlers, by file. */
sr_op_fn sr_op_hello, sr_op_login_begin, sr_op_login_finish, sr_op_logout; /* session.c */
sr_op_fn sr_op_found_draft, sr_op_found_show, sr_op_found_sign;            /* ops_found.c */
sr_op_fn sr_op_submit;                                                     /* ops_submit.c */
sr_op_fn sr_op_proof, sr_op_consistency, sr_op_object, sr_op_resolve;      /* ops_proof.c */
sr_op_fn sr_op_deposit_begin, sr_op_deposit_put, sr_op_deposit_finish, sr_op_intake_recipient,
	sr_op_deposit_abort;                                              /* ops_deposit.c */
sr_op_fn sr_op_items, sr_op_item, sr_op_search, sr_op_collections;        /* ops_items.c */
sr_op_fn sr_op_people, sr_op_person, sr_op_erasure;                       /* ops_people.c */
sr_op_fn sr_op_board, sr_op_boards, sr_op_board_material, sr_op_left;     /* ops_board.c */
sr_op_fn sr_op_policies;                                                  /* ops_policy.c */
sr_op_fn sr_op_explain, sr_op_uses;                                       /* ops_explain.c */
sr_op_fn sr_op_requests, sr_op_request, sr_op_request_items, sr_op_inbox; /* ops_requests.c */
sr_op_fn sr_op_request_material, sr_op_checkout_material;                 /* ops_material.c */
sr_op_fn sr_op_grants, sr_op_grant, sr_op_checkouts;                      /* ops_grants.c */
sr_op_fn sr_op_reseal, sr_op_checkout_open, sr_op_checkout_files, sr_op_checkout_read,
	sr_op_checkout_forget; /* ops_room.c */
sr_op_fn sr_op_export_begin, sr_op_export_read, sr_op_export_end;
sr_op_fn sr_op_quarantine_material, sr_op_quarantine_open, sr_op_release_prepare;
sr_op_fn sr_op_held_missing, sr_op_held_offer;  /* ops_held.c */
sr_op_fn sr_op_transcript_add;                  /* ops_transcript.c */
sr_op_fn sr_op_intake_scan, sr_op_intake_again; /* ops_scan.c */
sr_op_fn sr_op_intake_state, sr_op_intake_turn, sr_op_intake_show, sr_op_intake_known,
	sr_op_intake_same, sr_op_intake_more;                              /* ops_intake.c */
sr_op_fn sr_op_enquiries, sr_op_enquiry, sr_op_notices, sr_op_notice_sent; /* ops_office.c */
sr_op_fn sr_op_certificate;                                                /* ops_items.c */
sr_op_fn sr_op_log;                                                        /* ops_log.c */
sr_op_fn sr_op_epochs, sr_op_epochs_keys;                                  /* ops_epoch.c */
sr_op_fn sr_op_log_checkpoint, sr_op_log_tile, sr_op_log_prove;            /* ops_outside.c */
sr_op_fn sr_op_witness;                                                    /* ops_witness.c */
sr_op_fn sr_op_status, sr_op_verify, sr_op_scrub, sr_op_rebuild;           /* ops_house.c */
sr_op_fn sr_op_features_make;                                              /* ops_features.c */
sr_op_fn sr_op_redact_make;                                                /* ops_redact.c */
sr_op_fn sr_op_audit_reading, sr_op_audit_report, sr_op_audit_person,
	sr_op_audit_replay; /* ops_audit.c */
sr_op_fn sr_op_collect;     /* ops_collect.c */

/* Fields of the call; their grammar was checked against the table. False: not given. */
bool sr_in_id(const struct sr_x *x, const char *key, uint8_t id[SR_ID]);
bool sr_in_hash(const struct sr_x *x, const char *key, uint8_t hash[SR_HASH]);
bool sr_in_dec(const struct sr_x *x, const char *key, uint64_t *v);
bool sr_in_yes(const struct sr_x *x, const char *key); /* given and not "no" */
/* The value as a string in ${out}, "" when absent; values of the table are at most 255 bytes. */
enum {
	SR_IN_TEXT = 256
};
const char *sr_in_str(const struct sr_x *x, const char *key, char out[SR_IN_TEXT]);
/* offset and limit: USAGE above ${max}; ${fallback} when absent. */
SR_MUST int sr_in_page(
	const struct sr_x *x, struct sr_page *p, size_t fallback, size_t max, struct sr_err *e);
/* A state of ${m}, SR_S_NONE when absent; USAGE. */
SR_MUST int sr_in_state(
	const struct sr_x *x, enum sr_machine m, enum sr_state *out, struct sr_err *e);
struct sr_bytes sr_in_body(const struct sr_x *x);

/* Of a `held-box`: the box of ${item} that was offered on this connection. NOTFOUND. (ops_held.c)
 */
SR_MUST int sr_offers_hooks(struct sr_session *s, const uint8_t item[SR_ID],
	struct sr_submission *sub, struct sr_err *e);
void sr_offers_free(struct sr_session *s);
void sr_scanning_free(struct sr_session *s); /* ops_scan.c */
/* Rows `scan`: what scanners said, the last of each or all. */
SR_MUST int sr_put_scans(struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID], bool all,
	struct sr_err *e); /* ops_items.c */

/* What the caller verified earlier must be a prefix of what is here: 0, or AUTH "rolled back". */
SR_MUST int sr_check_since(const struct sr_x *x, uint64_t since, struct sr_err *e);
/* DENIED with that sentence. */
int sr_denied(struct sr_err *e, const char *fmt, ...) SR_PRINTF(2, 3);

/* The caller has said on the record that they read this (catalogue/report.h; reader and now are
 * filled in here), or DENIED. */
struct sr_reading_want;
SR_MUST int sr_on_record(struct sr_x *x, const struct sr_reading_want *want, struct sr_err *e);
/* A receipt of entry ${index} for the caller, appended as field `receipt` of the open row. DENIED
 * when the caller may not read the entry. */
SR_MUST int sr_put_receipt(
	struct sr_x *x, struct sr_rows_out *o, uint64_t index, uint64_t since, struct sr_err *e);
/* A whole row `receipt` {what (the type), index, person?, receipt}. */
SR_MUST int sr_put_receipt_row(
	struct sr_x *x, struct sr_rows_out *o, uint64_t index, uint64_t since, struct sr_err *e);
/* board.material of ${board} (NULL: the founding one) into ${o}. */
SR_MUST int sr_put_board_material(struct sr_x *x, struct sr_rows_out *o, const uint8_t *board,
	uint64_t since, struct sr_err *e);
/* Who the members of the board are, as the log shows it: what voters are believed by. */
SR_MUST int sr_put_board_trust(struct sr_x *x, struct sr_rows_out *o,
	const struct sr_version_row *v, uint64_t since, struct sr_err *e);
/* Of a version that asks to seal items anew, under a key that its board has no more: keys of the
 * last epoch that had it, and boxes of its members; nothing of any other version. */
SR_MUST int sr_put_former(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	uint64_t since, struct sr_err *e);
/* Who decided the statement at ${entry} that cites a request: its versions and the votes on them,
 * and what shows who the voters are. */
SR_MUST int sr_put_board_origin(
	struct sr_x *x, struct sr_rows_out *o, uint64_t entry, uint64_t since, struct sr_err *e);
/* The same of ${request}. */
SR_MUST int sr_put_request_origin(struct sr_x *x, struct sr_rows_out *o,
	const uint8_t request[SR_ID], uint64_t since, struct sr_err *e);
/* Every reshare and rekey of a board with what stands behind it, and every opening: who sat when,
 * and what key they had. */
SR_MUST int sr_put_board_history(struct sr_x *x, struct sr_rows_out *o, const uint8_t board[SR_ID],
	uint64_t since, struct sr_err *e);
/* What shows who ${person} is: what made them a person and gave them other keys, who signed or
 * decided it, and so on back to the founders. */
SR_MUST int sr_put_person_trust(struct sr_x *x, struct sr_rows_out *o, const char *person,
	uint64_t since, struct sr_err *e);
/* And on which boards they sat, and until when. */
SR_MUST int sr_put_person_seats(struct sr_x *x, struct sr_rows_out *o, const char *person,
	uint64_t since, struct sr_err *e);
/* A row ${kind} of what was attested, when the caller may see it. */
void sr_put_attestation(const struct sr_x *x, struct sr_rows_out *o, const char *kind,
	const struct sr_attestation_row *a);
/* Rows `attestation` of everything that names ${person}. */
SR_MUST int sr_put_attestations(
	struct sr_x *x, struct sr_rows_out *o, const char *person, bool standing, struct sr_err *e);
/* Into the open row, which names ${person}: as ${key} what they are called, where the caller may
 * read it. */
SR_MUST int sr_put_name(struct sr_x *x, struct sr_rows_out *o, const char *key, const char *person,
	struct sr_err *e);
/* Rows `use`: what was done under the grant. */
SR_MUST int sr_put_grant_use(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t grant[SR_ID], struct sr_err *e);
/* `topup` rows of a live or suspended grant: items that its votes do not open now. */
SR_MUST int sr_put_topups(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_row *g, struct sr_err *e);
void sr_put_grant_row(struct sr_rows_out *o, const struct sr_grant_row *g);
/* The title only where the caller may know of the item, or decides about it as a member: one may
 * have been hidden since it was asked for. */
void sr_put_item_short(const struct sr_x *x, struct sr_rows_out *o, const struct sr_item_row *it);
/* The item, or NOTFOUND in the same words whether it is not there or not to be known. */
SR_MUST int sr_get_item(
	struct sr_item_row *out, struct sr_x *x, const uint8_t id[SR_ID], struct sr_err *e);
/* The seal and number of an item's envelope in force. */
SR_MUST int sr_get_seal(
	struct sr_buf *seal, struct sr_x *x, const struct sr_item_row *it, struct sr_err *e);
/* "regular", "symlink", ... of store/manifest.h; static. */
const char *sr_kind_name(int kind);
/* A request's version; NOTFOUND in the same words whether it is not there or not to be seen.
 * ${version} 0: the newest. */
SR_MUST int sr_get_version(struct sr_version_row *out, struct sr_x *x, const uint8_t request[SR_ID],
	uint32_t version, struct sr_err *e);
/* The call's fields `request` and `version`. */
SR_MUST int sr_in_version(struct sr_version_row *out, struct sr_x *x, struct sr_err *e);
/* The call's field `checkout`, which is the caller's; NOTFOUND in the same words whether it is not
 * there or another's: whose it is, is told to nobody by this. */
SR_MUST int sr_own_checkout(struct sr_checkout_row *out, struct sr_x *x, struct sr_err *e);
/* The service says ${text}, which was begun and filled (board/follow.h); the reply has its index.
 */
SR_MUST int sr_put_said(struct sr_x *x, const struct sr_buf *text, struct sr_err *e);
/* After a commit: the room forgets what ended. */
SR_MUST int sr_after_commit(struct sr_core *c, struct sr_err *e);
/* The next text of a submission in ${in}: lp field name, le32 index, salt, lp text of at most
 * ${max} bytes. */
SR_MUST int sr_get_door_text(
	struct sr_door_text *t, struct sr_reader *in, size_t max, struct sr_err *e);
/* The deposit of a session, for submit. */
SR_MUST int sr_inflow_submission(struct sr_session *s, const uint8_t accession[SR_ID],
	struct sr_submission *sub, struct sr_err *e);
/* Begin a deposit on this connection, as deposit.begin; answers `accession`. */
struct sr_inflow_options;
SR_MUST int sr_inflow_begin(struct sr_x *x, const struct sr_inflow_options *o, struct sr_err *e);
/* And take it back, with everything that it wrote. */
SR_MUST int sr_inflow_drop(struct sr_x *x, struct sr_err *e);
void sr_inflow_end(struct sr_core *c, struct sr_session *s); /* leaves what a resume needs */

#endif
