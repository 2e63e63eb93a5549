/*
 * verbs - the functions and option tables that the verb table of main.c names, by file.
 */
#ifndef SR_CLI_VERBS_H
#define SR_CLI_VERBS_H

#include "cli/cli.h"

/* verb_identity.c */
extern const struct cli_option cli_identity_new_options[], cli_identity_age_options[],
	cli_identity_renew_options[], cli_identity_card_options[];
int verb_identity_renew(struct cli *c, struct sr_err *e);
int verb_identity_card(struct cli *c, struct sr_err *e);
int verb_identity_new(struct cli *c, struct sr_err *e);
int verb_identity_show(struct cli *c, struct sr_err *e);
int verb_identity_age(struct cli *c, struct sr_err *e);

/* verb_board.c */
extern const struct cli_option cli_board_new_options[], cli_board_add_options[],
	cli_board_options[], cli_board_act_options[], cli_board_accept_options[];
extern const struct cli_option cli_rotate_options[];
extern const struct cli_option cli_passphrase_options[], cli_identity_passphrase_options[];
extern const struct cli_option cli_recover_begin_options[], cli_recover_piece_options[],
	cli_recover_finish_options[];
int verb_recover_begin(struct cli *c, struct sr_err *e);
int verb_recover_piece(struct cli *c, struct sr_err *e);
int verb_recover_finish(struct cli *c, struct sr_err *e);
int verb_service_rotate(struct cli *c, struct sr_err *e);
/* What the service keys are to be sealed to: --unlock-new F (made now), --new-passphrase-file F, or
 * asked for. */
SR_MUST int cli_unlock_new(struct cli *c, struct cli_secret *s, struct sr_err *e);
/* Nothing came of it: the file that it made goes, or is named as one that opens nothing. */
void cli_unlock_new_undo(const struct cli *c);
extern const struct cli_option cli_board_sheet_options[], cli_restore_share_options[],
	cli_board_accept_options[];
int verb_board_sheet(struct cli *c, struct sr_err *e);
int verb_restore_share(struct cli *c, struct sr_err *e);
/* Shares as a sheet, to the new file ${to} or (NULL) to standard output. */
SR_MUST int cli_sheet(
	struct cli *c, const struct sr_sheet_kept *kept, const char *to, struct sr_err *e);
int verb_passphrase(struct cli *c, struct sr_err *e);
int verb_identity_passphrase(struct cli *c, struct sr_err *e);
int verb_board_new(struct cli *c, struct sr_err *e);
int verb_board_reshare(struct cli *c, struct sr_err *e); /* verb_reshare.c */
int verb_board_takeover(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_board_takeover_options[];
extern const struct cli_option cli_board_reshare_options[];
int verb_board_rekey(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_board_rekey_options[];
int verb_board_add(struct cli *c, struct sr_err *e);
int verb_board_list(struct cli *c, struct sr_err *e);
int verb_board_deal(struct cli *c, struct sr_err *e);
int verb_board_accept(struct cli *c, struct sr_err *e);
int verb_board_reveal(struct cli *c, struct sr_err *e);
int verb_board_check(struct cli *c, struct sr_err *e);
int verb_board_show(struct cli *c, struct sr_err *e);
int verb_board_minutes(struct cli *c, struct sr_err *e);

/* verb_people.c */
extern const struct cli_option cli_person_add_options[], cli_person_list_options[],
	cli_person_end_options[], cli_collection_new_options[], cli_person_erase_options[],
	cli_person_erasure_options[];
int verb_person_add(struct cli *c, struct sr_err *e);
int verb_person_list(struct cli *c, struct sr_err *e);
int verb_person_set(struct cli *c, struct sr_err *e);
int verb_person_rekey(struct cli *c, struct sr_err *e);
int verb_person_end(struct cli *c, struct sr_err *e);
int verb_person_erase(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_auditor_add_options[];
int verb_auditor_add(struct cli *c, struct sr_err *e);
int verb_auditor_end(struct cli *c, struct sr_err *e);
int verb_auditor_list(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_log_grep_options[];
int verb_log_grep(struct cli *c, struct sr_err *e);
int verb_person_erasure(struct cli *c, struct sr_err *e);
int verb_collection_new(struct cli *c, struct sr_err *e);
int verb_collection_list(struct cli *c, struct sr_err *e);

/* verb_attest.c */
extern const struct cli_option cli_attest_options[];
int verb_attest(struct cli *c, struct sr_err *e);
int verb_attest_end(struct cli *c, struct sr_err *e);
int verb_person_show(struct cli *c, struct sr_err *e);

/* verb_policy.c */
extern const struct cli_option cli_policy_default_options[], cli_policy_test_options[],
	cli_policy_try_options[], cli_policy_diff_options[];
int verb_policy_default(struct cli *c, struct sr_err *e);
int verb_policy_lint(struct cli *c, struct sr_err *e);
int verb_policy_test(struct cli *c, struct sr_err *e);
int verb_policy_try(struct cli *c, struct sr_err *e);
int verb_policy_diff(struct cli *c, struct sr_err *e);

/* verb_explain.c */
int verb_policy_explain(struct cli *c, struct sr_err *e);
/* What live grants would ask, decided by both sets: objects {grant, person, item, action, old, new}
 * of what differs into ${changed}, and lines of text without --json. */
struct sr_cedar_policies;
SR_MUST int cli_policy_uses(struct cli *c, json_t *changed, const struct sr_cedar_policies *old,
	const struct sr_cedar_policies *new, struct sr_err *e);

/* verb_adopt.c */
extern const struct cli_option cli_policy_adopt_options[], cli_policy_list_options[],
	cli_policy_show_options[];
int verb_policy_adopt(struct cli *c, struct sr_err *e);
int verb_policy_list(struct cli *c, struct sr_err *e);
int verb_policy_show(struct cli *c, struct sr_err *e);

/* verb_deposit.c */
extern const struct cli_option cli_deposit_options[];
int verb_deposit(struct cli *c, struct sr_err *e);
int verb_intake_recipient(struct cli *c, struct sr_err *e);

/* verb_inspect.c */
extern const struct cli_option cli_inspect_options[];
int verb_inspect(struct cli *c, struct sr_err *e);
int cli_inspect_text(struct cli *c, struct sr_err *e); /* verb_inspect_text.c */
int verb_doctor(struct cli *c, struct sr_err *e);

/* verb_items.c */
extern const struct cli_option cli_describe_options[], cli_release_options[], cli_items_options[],
	cli_show_options[], cli_search_options[];
int verb_describe(struct cli *c, struct sr_err *e);
int verb_release(struct cli *c, struct sr_err *e);
int verb_list(struct cli *c, struct sr_err *e);
int verb_show(struct cli *c, struct sr_err *e);
int verb_search(struct cli *c, struct sr_err *e);

/* verb_intake.c */
extern const struct cli_option cli_intake_list_options[];
extern const struct cli_option cli_intake_scan_options[], cli_intake_show_options[];
int verb_intake_again(struct cli *c, struct sr_err *e);
int verb_intake_scan(struct cli *c, struct sr_err *e);
int verb_intake_show(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_intake_same_options[];
int verb_intake_same(struct cli *c, struct sr_err *e);
int verb_intake_run(struct cli *c, struct sr_err *e);
int verb_intake_list(struct cli *c, struct sr_err *e);
int verb_intake_scanners(struct cli *c, struct sr_err *e);

/* verb_held.c */
int verb_held_share(struct cli *c, struct sr_err *e);

/* verb_things.c */
extern const struct cli_option cli_embargo_options[], cli_hold_options[], cli_retention_options[],
	cli_lift_options[], cli_destroy_options[], cli_certificate_options[];
int verb_embargo(struct cli *c, struct sr_err *e);
int verb_hold(struct cli *c, struct sr_err *e);
int verb_seal(struct cli *c, struct sr_err *e);
int verb_retention(struct cli *c, struct sr_err *e);
int verb_lift_flag(struct cli *c, struct sr_err *e);
int verb_destroy(struct cli *c, struct sr_err *e);
int verb_certificate(struct cli *c, struct sr_err *e);

/* verb_request.c */
extern const struct cli_option cli_request_options[], cli_export_request_options[],
	cli_referral_options[], cli_request_show_options[], cli_request_list_options[],
	cli_amend_options[], cli_reason_options[], cli_receipt_options[], cli_inbox_options[];
int verb_request(struct cli *c, struct sr_err *e);
int verb_request_export(struct cli *c, struct sr_err *e);
int verb_request_referral(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_request_redact_options[];
int verb_request_redact(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_reseal_ask_options[];
int verb_reseal_ask(struct cli *c, struct sr_err *e);
int verb_reseal_run(struct cli *c, struct sr_err *e);
int verb_request_show(struct cli *c, struct sr_err *e);
int verb_request_list(struct cli *c, struct sr_err *e);
int verb_join(struct cli *c, struct sr_err *e);
int verb_amend(struct cli *c, struct sr_err *e);
int verb_withdraw(struct cli *c, struct sr_err *e);
int verb_comment(struct cli *c, struct sr_err *e);
int verb_inbox(struct cli *c, struct sr_err *e);
int verb_recuse(struct cli *c, struct sr_err *e);

/* verb_vote.c */
extern const struct cli_option cli_vote_options[];
int verb_vote(struct cli *c, struct sr_err *e);

int verb_submit(struct cli *c, struct sr_err *e);

/* verb_checkout.c */
extern const struct cli_option cli_grants_options[], cli_checkout_options[], cli_export_options[],
	cli_cat_options[], cli_checkouts_options[];
int verb_grants(struct cli *c, struct sr_err *e);
int verb_checkout(struct cli *c, struct sr_err *e);
int verb_checkouts(struct cli *c, struct sr_err *e);
int verb_cat(struct cli *c, struct sr_err *e);
int verb_return(struct cli *c, struct sr_err *e);
int verb_export(struct cli *c, struct sr_err *e);
int verb_suspend(struct cli *c, struct sr_err *e);
int verb_lift(struct cli *c, struct sr_err *e);
int verb_revoke(struct cli *c, struct sr_err *e);
int verb_close(struct cli *c, struct sr_err *e);

/* verb_enquiry.c */
extern const struct cli_option cli_enquiry_open_options[], cli_enquiry_answer_options[],
	cli_enquiry_close_options[], cli_enquiry_list_options[];
int verb_enquiry_open(struct cli *c, struct sr_err *e);
int verb_enquiry_answer(struct cli *c, struct sr_err *e);
int verb_enquiry_close(struct cli *c, struct sr_err *e);
int verb_enquiry_list(struct cli *c, struct sr_err *e);
int verb_enquiry_show(struct cli *c, struct sr_err *e);

/* verb_notices.c */
extern const struct cli_option cli_notices_send_options[];
int verb_notices_list(struct cli *c, struct sr_err *e);
int verb_notices_send(struct cli *c, struct sr_err *e);

/* verb_grant.c */
extern const struct cli_option cli_renew_options[];
int verb_grant_show(struct cli *c, struct sr_err *e);
int verb_renew(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_extend_options[];
int verb_extend(struct cli *c, struct sr_err *e);

/* verb_log.c */
extern const struct cli_option cli_log_options[];
/* verb_log_public.c */
extern const struct cli_option cli_log_prove_options[];
int verb_log_export(struct cli *c, struct sr_err *e);
int verb_log_prove(struct cli *c, struct sr_err *e);
/* verb_log_disclose.c */
extern const struct cli_option cli_log_disclose_options[], cli_log_open_options[];
int verb_log_disclose(struct cli *c, struct sr_err *e);
int verb_log_open(struct cli *c, struct sr_err *e);
int verb_log(struct cli *c, struct sr_err *e);
int verb_verify(struct cli *c, struct sr_err *e);

/* verb_audit.c */
extern const struct cli_option cli_audit_replay_options[], cli_audit_report_options[],
	cli_audit_person_options[];
int verb_audit_replay(struct cli *c, struct sr_err *e);
int verb_audit_report(struct cli *c, struct sr_err *e);
int verb_audit_person(struct cli *c, struct sr_err *e);
/* verb_premis.c */
extern const struct cli_option cli_audit_export_options[];
int verb_audit_export(struct cli *c, struct sr_err *e);
/* report_html.c: one page of a report. ${each} section's rows are asked for by its name. */
struct cli_report {
	const char *title, *origin, *scope, *made, *by; /* of the head */
	uint64_t size;
	const char *root;
	int64_t begins, ends; /* 0: open */
	/* Rows of a section, at most ${most}; more: *${cut} is set. */
	int (*rows)(void *ctx, const char *section, size_t most,
		int (*each)(void *ctx, const struct sr_row *row), void *to, bool *cut,
		struct sr_err *e);
	const char *(*note)(void *ctx); /* what is to be said of the section read last, or "" */
	void *ctx;
};
const char *cli_report_note(const char *note); /* verb_audit.c: " (...)", or "" */
SR_MUST int cli_report_html(struct sr_buf *out, const struct cli_report *r, struct sr_err *e);

/* verb_second.c */
extern const struct cli_option cli_second_options[];
extern const struct cli_option cli_second_accept_options[];
/* The folder of the second copy, made absolute in ${out}, and made when only its last part is
 * missing. NULL stays NULL. */
int cli_second_folder(const char **second, char out[SR_PATH_MAX], struct sr_err *e);
int verb_second_show(struct cli *c, struct sr_err *e);
int verb_second_replace(struct cli *c, struct sr_err *e);
int verb_second_drop(struct cli *c, struct sr_err *e);
int verb_second_accept(struct cli *c, struct sr_err *e);

/* verb_backup.c */
extern const struct cli_option cli_backup_options[], cli_restore_options[];
int verb_backup(struct cli *c, struct sr_err *e);
int verb_restore(struct cli *c, struct sr_err *e);

/* verb_transcript.c */
extern const struct cli_option cli_transcript_options[];
int verb_transcript_add(struct cli *c, struct sr_err *e);
/* verb_redact.c */
extern const struct cli_option cli_redact_options[];
int verb_redact(struct cli *c, struct sr_err *e);
extern const struct cli_option cli_features_options[];
int verb_features(struct cli *c, struct sr_err *e);

/* verb_collect.c */
extern const struct cli_option cli_collect_options[];
int verb_collect(struct cli *c, struct sr_err *e);

/* verb_admin.c */
extern const struct cli_option cli_init_options[];
int verb_init(struct cli *c, struct sr_err *e);
int verb_scrub(struct cli *c, struct sr_err *e);
int verb_rebuild(struct cli *c, struct sr_err *e);
int verb_status(struct cli *c, struct sr_err *e);
int verb_core(struct cli *c, struct sr_err *e);

/* verb_witness.c */
extern const struct cli_option cli_witness_new_options[], cli_witness_serve_options[],
	cli_witness_log_options[];
int verb_witness_new(struct cli *c, struct sr_err *e);
int verb_witness_serve(struct cli *c, struct sr_err *e);
int verb_witness_log(struct cli *c, struct sr_err *e);

/* verb_log_adopt.c */
extern const struct cli_option cli_log_adopt_options[];
int verb_log_adopt(struct cli *c, struct sr_err *e);

/* verb_witnessing.c */
extern const struct cli_option cli_witness_dismiss_options[], cli_witness_policy_options[];
int verb_witness_policy(struct cli *c, struct sr_err *e);
int verb_witness_status(struct cli *c, struct sr_err *e);
int verb_witness_now(struct cli *c, struct sr_err *e);
int verb_witness_dismiss(struct cli *c, struct sr_err *e);
int verb_break_glass(struct cli *c, struct sr_err *e);

/* main.c */
int verb_help(struct cli *c, struct sr_err *e);

#endif
