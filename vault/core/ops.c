/*
 * The table itself. Documentation of each operation is in ops.h; what is here is checked by
 * core.c before a handler runs, so a handler may take its fields as they are.
 */
#include "core/ops_in.h"

#define NONE SR_NEEDS_NONE, 0
#define LOGIN SR_NEEDS_LOGIN, 0
#define ROLE(r) SR_NEEDS_ROLE, (r)
#define HOUSE(r) SR_NEEDS_HOUSE, (r)
/* Does it take a body, and does it leave all of the vault as it is? Whoever is in doubt whether an
 * operation writes says that it does: it waits at the start of core (core/server.h). */
#define BODY true, false
#define PLAIN false, false
#define READS false, true
#define READS_BODY true, true
#define ONE(k, v) \
	{ (k), (v), SR_ONE }
#define MAY(k, v) \
	{ (k), (v), SR_OPTIONAL }
#define ANY(k, v) \
	{ (k), (v), SR_ANY }
#define PAGE MAY("offset", SR_V_DEC), MAY("limit", SR_V_DEC)

enum {
	DEPOSITS = SR_ROLE_DEPOSITOR | SR_ROLE_CURATOR,
	EXPLAINS = SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_AUDITOR,
	VERIFIES = SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR |
		   SR_ROLE_CUSTODIAN
};

static const struct sr_op table[] = {
	{{"hello", NONE, READS, {{0}}}, sr_op_hello},
	{{"login.begin", NONE, READS, {{0}}}, sr_op_login_begin},
	{{"login.finish", NONE, READS, {ONE("person", SR_V_PERSON), ONE("signature", SR_V_NAME)}},
		sr_op_login_finish},
	{{"logout", NONE, READS, {{0}}}, sr_op_logout},

	{{"found.draft", NONE, BODY, {{0}}}, sr_op_found_draft},
	{{"found.show", NONE, READS, {{0}}}, sr_op_found_show},
	{{"found.sign", NONE, BODY, {{0}}}, sr_op_found_sign},

	{{"submit", LOGIN, BODY, {MAY("since", SR_V_DEC)}}, sr_op_submit},

	{{"proof", LOGIN, READS,
		 {ANY("id", SR_V_ID), ANY("index", SR_V_DEC), MAY("quorum", SR_V_ID),
			 MAY("person", SR_V_PERSON), MAY("since", SR_V_DEC)}},
		sr_op_proof},
	{{"consistency", LOGIN, READS, {ONE("from", SR_V_DEC), ONE("to", SR_V_DEC)}},
		sr_op_consistency},
	{{"object", LOGIN, READS, {ONE("id", SR_V_HASH)}}, sr_op_object},
	{{"resolve", LOGIN, READS, {ONE("prefix", SR_V_TOKEN), MAY("kind", SR_V_TOKEN)}},
		sr_op_resolve},

	{{"deposit.begin", ROLE(DEPOSITS), PLAIN,
		 {ONE("collection", SR_V_ID), MAY("resume", SR_V_ID)}},
		sr_op_deposit_begin},
	{{"deposit.put", ROLE(DEPOSITS), BODY, {{0}}}, sr_op_deposit_put},
	{{"deposit.finish", ROLE(DEPOSITS), PLAIN, {{0}}}, sr_op_deposit_finish},
	{{"deposit.abort", ROLE(DEPOSITS), PLAIN, {{0}}}, sr_op_deposit_abort},
	{{"intake.recipient", LOGIN, READS, {{0}}}, sr_op_intake_recipient},

	{{"items", LOGIN, READS,
		 {MAY("collection", SR_V_ID), MAY("accession", SR_V_ID), MAY("state", SR_V_TOKEN),
			 MAY("hazard", SR_V_TOKEN), MAY("language", SR_V_TOKEN), PAGE}},
		sr_op_items},
	{{"item", LOGIN, READS, {ONE("item", SR_V_ID), PAGE}}, sr_op_item},
	{{"certificate", LOGIN, READS,
		 {MAY("item", SR_V_ID), MAY("request", SR_V_ID), MAY("since", SR_V_DEC)}},
		sr_op_certificate},
	{{"search", LOGIN, READS_BODY,
		 {MAY("collection", SR_V_ID), MAY("state", SR_V_TOKEN), MAY("hazard", SR_V_TOKEN),
			 MAY("language", SR_V_TOKEN), PAGE}},
		sr_op_search},
	{{"collections", LOGIN, READS, {{0}}}, sr_op_collections},
	{{"people", LOGIN, READS, {MAY("role", SR_V_TOKEN)}}, sr_op_people},
	{{"person", LOGIN, READS, {ONE("person", SR_V_PERSON)}}, sr_op_person},
	{{"erasure", LOGIN, READS, {ONE("person", SR_V_PERSON), MAY("since", SR_V_DEC)}},
		sr_op_erasure},
	{{"epochs", HOUSE(0), READS, {{0}}}, sr_op_epochs},
	{{"epochs.keys", HOUSE(VERIFIES), READS, {ONE("index", SR_V_DEC)}}, sr_op_epochs_keys},
	{{"board", LOGIN, READS, {MAY("board", SR_V_ID)}}, sr_op_board},
	{{"boards", LOGIN, READS, {{0}}}, sr_op_boards},
	{{"policies", LOGIN, READS, {MAY("board", SR_V_ID)}}, sr_op_policies},
	{{"explain", LOGIN, READS,
		 {MAY("request", SR_V_ID), MAY("grant", SR_V_ID), MAY("checkout", SR_V_ID)}},
		sr_op_explain},
	{{"uses", ROLE(EXPLAINS), READS, {PAGE}}, sr_op_uses},
	{{"board.material", LOGIN, READS,
		 {MAY("board", SR_V_ID), MAY("since", SR_V_DEC), MAY("complaints", SR_V_TOKEN),
			 MAY("epoch", SR_V_DEC)}},
		sr_op_board_material},
	{{"left", LOGIN, READS, {MAY("board", SR_V_ID), MAY("limit", SR_V_DEC)}}, sr_op_left},

	{{"requests", LOGIN, READS,
		 {MAY("state", SR_V_TOKEN), MAY("kind", SR_V_TOKEN), MAY("item", SR_V_ID),
			 MAY("mine", SR_V_TOKEN), PAGE}},
		sr_op_requests},
	{{"request", LOGIN, READS, {ONE("request", SR_V_ID), MAY("version", SR_V_DEC)}},
		sr_op_request},
	{{"request.items", LOGIN, READS, {ONE("request", SR_V_ID), MAY("version", SR_V_DEC), PAGE}},
		sr_op_request_items},
	{{"inbox", LOGIN, READS, {{0}}}, sr_op_inbox},
	{{"request.material", LOGIN, READS,
		 {ONE("request", SR_V_ID), MAY("version", SR_V_DEC), MAY("since", SR_V_DEC),
			 MAY("board", SR_V_TOKEN), MAY("from", SR_V_DEC),
			 MAY("extension", SR_V_DEC)}},
		sr_op_request_material},

	{{"grants", LOGIN, READS,
		 {MAY("state", SR_V_TOKEN), MAY("request", SR_V_ID), MAY("item", SR_V_ID),
			 MAY("all", SR_V_TOKEN), PAGE}},
		sr_op_grants},
	{{"grant", LOGIN, READS, {ONE("grant", SR_V_ID), MAY("new", SR_V_TOKEN)}}, sr_op_grant},
	{{"checkouts", LOGIN, READS,
		 {MAY("live", SR_V_TOKEN), MAY("grant", SR_V_ID), MAY("item", SR_V_ID),
			 MAY("all", SR_V_TOKEN), PAGE}},
		sr_op_checkouts},
	{{"checkout.material", LOGIN, READS,
		 {ONE("checkout", SR_V_ID), MAY("since", SR_V_DEC), MAY("board", SR_V_TOKEN)}},
		sr_op_checkout_material},
	{{"checkout.open", LOGIN, BODY, {ONE("checkout", SR_V_ID)}}, sr_op_checkout_open},
	{{"checkout.files", LOGIN, PLAIN, {ONE("checkout", SR_V_ID), PAGE}}, sr_op_checkout_files},
	{{"checkout.read", LOGIN, PLAIN,
		 {ONE("checkout", SR_V_ID), ONE("file", SR_V_DEC), ONE("offset", SR_V_DEC),
			 ONE("length", SR_V_DEC)}},
		sr_op_checkout_read},
	{{"checkout.forget", LOGIN, PLAIN, {ONE("checkout", SR_V_ID)}}, sr_op_checkout_forget},
	{{"export.begin", LOGIN, PLAIN, {ONE("checkout", SR_V_ID), MAY("bag", SR_V_TOKEN)}},
		sr_op_export_begin},
	{{"export.read", LOGIN, PLAIN, {ONE("checkout", SR_V_ID), ONE("length", SR_V_DEC)}},
		sr_op_export_read},
	{{"export.end", LOGIN, PLAIN, {ONE("checkout", SR_V_ID)}}, sr_op_export_end},

	{{"quarantine.material", ROLE(SR_ROLE_CURATOR), PLAIN, {ONE("item", SR_V_ID)}},
		sr_op_quarantine_material},
	{{"quarantine.open", ROLE(SR_ROLE_CURATOR), BODY, {ONE("checkout", SR_V_ID)}},
		sr_op_quarantine_open},
	{{"intake.scan", ROLE(SR_ROLE_CURATOR), PLAIN, {ONE("checkout", SR_V_ID)}},
		sr_op_intake_scan},
	{{"intake.again", ROLE(SR_ROLE_CURATOR), PLAIN, {{0}}}, sr_op_intake_again},
	{{"intake.more", ROLE(SR_ROLE_CURATOR), PLAIN, {ONE("item", SR_V_ID)}}, sr_op_intake_more},
	{{"intake.state", HOUSE(SR_ROLE_CURATOR | SR_ROLE_CUSTODIAN), READS, {{0}}},
		sr_op_intake_state},
	{{"intake.turn", HOUSE(0), PLAIN, {{0}}}, sr_op_intake_turn},
	{{"intake.show", ROLE(SR_ROLE_CURATOR | SR_ROLE_OFFICER), READS,
		 {ONE("item", SR_V_ID), MAY("key", SR_V_TOKEN), PAGE}},
		sr_op_intake_show},
	{{"intake.known", ROLE(SR_ROLE_CURATOR), BODY, {{0}}}, sr_op_intake_known},
	{{"intake.same", ROLE(SR_ROLE_CURATOR), PLAIN, {ONE("item", SR_V_ID), PAGE}},
		sr_op_intake_same},
	{{"held.missing", ROLE(SR_ROLE_CURATOR), PLAIN,
		 {ONE("person", SR_V_PERSON), MAY("after", SR_V_ID), MAY("since", SR_V_DEC)}},
		sr_op_held_missing},
	{{"held.offer", ROLE(SR_ROLE_CURATOR), BODY, {ONE("person", SR_V_PERSON)}},
		sr_op_held_offer},
	{{"redact.make", ROLE(SR_ROLE_CURATOR), BODY,
		 {ONE("checkout", SR_V_ID), MAY("names", SR_V_TOKEN)}},
		sr_op_redact_make},
	{{"transcript.add", ROLE(SR_ROLE_CURATOR), BODY,
		 {ONE("checkout", SR_V_ID), ONE("file", SR_V_DEC), MAY("language", SR_V_TOKEN)}},
		sr_op_transcript_add},
	{{"features.make", ROLE(SR_ROLE_CURATOR), PLAIN, {ONE("checkout", SR_V_ID)}},
		sr_op_features_make},
	{{"release.prepare", ROLE(SR_ROLE_CURATOR), BODY,
		 {ANY("hazard", SR_V_TOKEN), MAY("level", SR_V_DEC)}},
		sr_op_release_prepare},
	{{"reseal", ROLE(SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_MEMBER), BODY,
		 {ONE("checkout", SR_V_ID)}},
		sr_op_reseal},

	{{"log", ROLE(SR_ROLE_AUDITOR | SR_ROLE_OFFICER), READS,
		 {MAY("from", SR_V_DEC), MAY("to", SR_V_DEC), MAY("limit", SR_V_DEC),
			 MAY("type", SR_V_TOKEN), MAY("actor", SR_V_TOKEN),
			 MAY("about", SR_V_TOKEN)}},
		sr_op_log},
	{{"log.checkpoint", HOUSE(VERIFIES), PLAIN, {{0}}}, sr_op_log_checkpoint},
	{{"log.tile", HOUSE(VERIFIES), READS, {ONE("path", SR_V_NAME)}}, sr_op_log_tile},
	{{"log.prove", HOUSE(0), READS, {MAY("id", SR_V_ID), MAY("index", SR_V_DEC)}},
		sr_op_log_prove},
	{{"audit.reading", LOGIN, READS,
		 {ONE("what", SR_V_TOKEN), MAY("person", SR_V_PERSON), MAY("item", SR_V_ID),
			 MAY("collection", SR_V_ID), MAY("from", SR_V_DEC), MAY("to", SR_V_DEC),
			 MAY("begins", SR_V_TIME), MAY("ends", SR_V_TIME)}},
		sr_op_audit_reading},
	{{"audit.report", ROLE(SR_ROLE_AUDITOR | SR_ROLE_OFFICER), READS,
		 {ONE("section", SR_V_TOKEN), MAY("person", SR_V_PERSON), MAY("item", SR_V_ID),
			 MAY("collection", SR_V_ID), MAY("begins", SR_V_TIME),
			 MAY("ends", SR_V_TIME), PAGE}},
		sr_op_audit_report},
	{{"audit.person", LOGIN, READS,
		 {ONE("section", SR_V_TOKEN), ONE("person", SR_V_PERSON), PAGE}},
		sr_op_audit_person},
	{{"audit.replay", HOUSE(VERIFIES), PLAIN, {MAY("anew", SR_V_TOKEN)}}, sr_op_audit_replay},
	{{"enquiries", ROLE(SR_ROLE_OFFICER | SR_ROLE_AUDITOR), READS, {MAY("state", SR_V_TOKEN)}},
		sr_op_enquiries},
	{{"enquiry", ROLE(SR_ROLE_OFFICER | SR_ROLE_AUDITOR), READS, {ONE("enquiry", SR_V_ID)}},
		sr_op_enquiry},
	{{"notices", HOUSE(SR_ROLE_CUSTODIAN), READS, {{0}}}, sr_op_notices},
	{{"notice.sent", HOUSE(SR_ROLE_CUSTODIAN), PLAIN,
		 {ONE("what", SR_V_TOKEN), ONE("person", SR_V_PERSON), ONE("about", SR_V_ID)}},
		sr_op_notice_sent},
	{{"status", HOUSE(0), READS, {{0}}}, sr_op_status},
	{{"witness", HOUSE(0), READS,
		 {MAY("now", SR_V_TOKEN), MAY("checkout", SR_V_ID), MAY("since", SR_V_DEC)}},
		sr_op_witness},
	{{"verify", HOUSE(VERIFIES), PLAIN, {MAY("since", SR_V_DEC), MAY("root", SR_V_KEY)}},
		sr_op_verify},
	{{"scrub", HOUSE(SR_ROLE_CUSTODIAN), PLAIN, {{0}}}, sr_op_scrub},
	{{"collect", HOUSE(SR_ROLE_CUSTODIAN), PLAIN, {MAY("dry-run", SR_V_TOKEN)}}, sr_op_collect},
	{{"rebuild", HOUSE(SR_ROLE_CUSTODIAN), PLAIN, {{0}}}, sr_op_rebuild},
};

const struct sr_op_info *sr_op_at(size_t i) {
	return i < sizeof table / sizeof table[0] ? &table[i].info : NULL;
}

const struct sr_op *sr_op_find(struct sr_bytes name) {
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (sr_bytes_eq(name, sr_bytes_str(table[i].info.name)))
			return &table[i];
	}
	return NULL;
}

const struct sr_op_info *sr_op_named(struct sr_bytes name) {
	const struct sr_op *op = sr_op_find(name);
	return op == NULL ? NULL : &op->info;
}
