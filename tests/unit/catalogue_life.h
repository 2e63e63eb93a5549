/*
 * catalogue_life - the whole life of a small vault, from found to the end of grants, with every
 * type of statement at least once. Used to test replay and queries. Names of things are those used
 * with rig_id.
 */
#ifndef SR_TESTS_CATALOGUE_LIFE_H
#define SR_TESTS_CATALOGUE_LIFE_H

#include "catalogue_rig.h"

static const char *const life_items[] = {"item 1", "item 2", "item 3"};
static const char *const life_wanted[] = {"item 1", "item 2"};

/* A statement of one or two id lines and perhaps a text. */
RIG void s_ids(struct rig *r, enum sr_type_id type, int who, const char *key, const char *id) {
	rig_begin(r, type, who);
	f_id(r, key, id);
	rig_end(r);
}
RIG void s_checkout(
	struct rig *r, int who, const char *checkout, const char *grant, const char *item) {
	rig_begin(r, SR_T_CHECKOUT, who);
	f_id(r, "checkout", checkout);
	f_put(r, "right", grant == NULL ? "quarantine" : "access");
	if (grant != NULL)
		f_id(r, "grant", grant);
	f_id(r, "item", item);
	f_put(r, "form", "text");
	rig_end(r);
}
RIG void s_viewed(struct rig *r, const char *checkout, const char *event) {
	rig_begin(r, SR_T_VIEWED, SERVICE);
	f_id(r, "checkout", checkout);
	f_put(r, "event", event);
	f_dec(r, "file", 0);
	f_put(r, "form", "text");
	rig_end(r);
}
RIG void s_grant_of(struct rig *r, const char *grant, const char *request, uint64_t version,
	const uint8_t votes[2][SR_ID], const char *right) {
	int people[2] = {RESEARCHER, RESEARCHER2};
	if (strcmp(r->person[RESEARCHER], r->person[RESEARCHER2]) > 0) {
		people[0] = RESEARCHER2;
		people[1] = RESEARCHER;
	}
	rig_begin(r, SR_T_GRANT, SERVICE);
	f_id(r, "grant", grant);
	f_id(r, "request", request);
	f_dec(r, "version", version);
	f_put(r, "right", right);
	f_put(r, "person", r->person[people[0]]);
	f_put(r, "person", r->person[people[1]]);
	f_put(r, "form", "text");
	f_time(r, "ends", RIG_NOW + 500000);
	f_dec(r, "level", 2);
	f_dec(r, "epoch", 1);
	for (int i = 0; i < 2; i++)
		sr_text_put_hex(&r->text, "vote", votes[i], SR_ID);
	rig_end(r);
}
RIG void s_grant(struct rig *r, const char *grant, const char *request, uint64_t version,
	const uint8_t votes[2][SR_ID]) {
	s_grant_of(r, grant, request, version, votes, "access");
}
RIG void s_lapse(struct rig *r, const char *what, const char *id) {
	rig_begin(r, SR_T_LAPSE, SERVICE);
	f_put(r, "what", what);
	f_id(r, what, id);
	if (strcmp(what, "request") == 0)
		f_dec(r, "version", 1);
	rig_end(r);
}
RIG void s_refuse(struct rig *r, const char *what, const char *request, uint64_t version) {
	rig_begin(r, SR_T_REFUSE, SERVICE);
	f_put(r, "what", what);
	f_put(r, "person", r->person[RESEARCHER]);
	if (request != NULL) {
		f_id(r, "request", request);
		f_dec(r, "version", version);
	}
	f_put(r, "rule", "quorum");
	rig_end(r);
}
/* A request for the first ${count} of items 1 and 2 that two members grant at once; ${grant} comes
 * of it. */
RIG void life_granted_of(
	struct rig *r, const char *request, const char *grant, const char *kind, size_t count) {
	struct rig_request q = {request, kind, 1, life_wanted, count, RESEARCHER2, 0, NULL, NULL};
	struct rig_vote v = {.request = request, .decision = "approve", .version = 1};
	uint8_t votes[2][SR_ID];
	s_request(r, RESEARCHER, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_room_key(r, request, 1, v.of);
	rig_begin(r, SR_T_JOIN, RESEARCHER2);
	f_id(r, "request", request);
	f_key(r, "key", "key of the other");
	rig_end(r);
	s_vote(r, M1, &v);
	memcpy(votes[0], rig_last(r)->id, SR_ID);
	s_vote(r, M3, &v);
	memcpy(votes[1], rig_last(r)->id, SR_ID);
	s_grant_of(r, grant, request, 1, (const uint8_t(*)[SR_ID])votes, kind);
}
RIG void life_granted(struct rig *r, const char *request, const char *grant, const char *kind) {
	life_granted_of(r, request, grant, kind, 2);
}
/* Item 2 comes into such a grant of item 1 later. */
RIG void life_extended(struct rig *r) {
	struct rig_vote v = {
		.request = "request 91", .decision = "topup", .version = 1, .extension = 1};
	life_granted_of(r, "request 91", "grant 91", "access", 1);
	for (size_t i = r->count; i-- > 0;)
		if (r->entries[i].type == SR_T_REQUEST) {
			memcpy(v.of, r->entries[i].hash, SR_HASH);
			break;
		}
	s_extend(r, RESEARCHER2, "grant 91", "request 91", "item 2", 1);
	s_vote(r, M4, &v);
	s_ids(r, SR_T_CLOSE, RESEARCHER, "grant", "grant 91");
}

/* Of the researcher: trained, and the student of member 0. */
RIG void s_attest(struct rig *r, int who, const char *id, const char *kind, int of) {
	rig_begin(r, SR_T_ATTEST, OFFICER);
	f_id(r, "attestation", id);
	f_put(r, "person", r->person[who]);
	f_put(r, "kind", kind);
	if (of >= 0)
		f_put(r, "of", r->person[of]);
	else
		f_put(r, "term", "trauma-awareness");
	f_time(r, "ends", RIG_NOW + 800000);
	rig_text(r, SR_PERSONAL, r->person[who], "note", "Seen-on-paper");
	rig_end(r);
}

RIG void life_board(struct rig *r) {
	struct rig_request q = {
		"make collection", "collection", 1, NULL, 0, -1, 0, NULL, "collection 1"};
	struct rig_vote v = {.request = "make collection", .decision = "approve", .version = 1};
	s_found(r);
	rig_begin(r, SR_T_KEY_EPOCH, SERVICE);
	f_dec(r, "epoch", 1);
	rig_object(r, "keys", sr_bytes_str("sealed epoch keys"));
	f_put(r, "auditor", r->person[AUDITOR]);
	rig_end(r);
	s_deal(r, M0, "run 0");
	s_deal(r, M1, "run 0");
	rig_begin(r, SR_T_COMPLAINT, M1);
	f_id(r, "run", "run 0");
	f_put(r, "dealer", r->person[M0]);
	f_dec(r, "level", 2);
	rig_end(r);
	rig_begin(r, SR_T_REVEAL, M0);
	f_id(r, "run", "run 0");
	f_dec(r, "level", 2);
	f_put(r, "member", r->person[M1]);
	f_key(r, "ephemeral", "ephemeral");
	rig_end(r);
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_deal(r, M0 + i, "run 1");
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_accept(r, M0 + i, "run 1");
	s_opened(r, "run 1");
	rig_begin(r, SR_T_CONFIRM, M1);
	f_board(r);
	f_dec(r, "epoch", 1);
	f_hash(r, "keys", "keys of the board");
	rig_end(r);
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	s_collection(r, "make collection", "collection 1", "Pamphlets of the north");
	s_person(r, CURATOR, RESEARCHER, "researcher");
	s_person(r, CURATOR, RESEARCHER2, "researcher");
	s_person(r, OFFICER, DEPOSITOR, "depositor");
}

RIG void s_flag(struct rig *r, int who, enum sr_type_id type, const char *item, int64_t date) {
	rig_begin(r, type, who);
	f_id(r, "item", item);
	if (type == SR_T_EMBARGO && date != 0)
		f_time(r, "ends", date);
	if (type == SR_T_RETENTION) {
		f_time(r, "due", date);
		f_put(r, "basis", "contract");
	}
	rig_text(r, SR_PERSONAL, r->person[who], "reason", "Because-of-it");
	rig_end(r);
}
/* ${request} NULL: by ${who}; else by the board. */
RIG void s_unflag(
	struct rig *r, int who, const char *request, const char *item, const uint8_t flag[SR_ID]) {
	rig_begin(r, SR_T_LIFT, who);
	if (request != NULL)
		f_id(r, "request", request);
	f_id(r, "item", item);
	sr_text_put_hex(&r->text, "flag", flag, SR_ID);
	rig_end(r);
}
RIG void s_embargo_over(struct rig *r, const char *item, const uint8_t flag[SR_ID]) {
	rig_begin(r, SR_T_LAPSE, SERVICE);
	f_put(r, "what", "embargo");
	f_id(r, "item", item);
	sr_text_put_hex(&r->text, "flag", flag, SR_ID);
	rig_end(r);
}
RIG void life_flags(struct rig *r) {
	uint8_t flag[SR_ID];
	s_flag(r, CURATOR, SR_T_EMBARGO, "item 3", RIG_NOW + 500);
	memcpy(flag, rig_last(r)->id, SR_ID);
	s_embargo_over(r, "item 3", flag);
	s_flag(r, OFFICER, SR_T_HOLD, "item 3", 0);
	memcpy(flag, rig_last(r)->id, SR_ID);
	s_unflag(r, OFFICER, NULL, "item 3", flag);
	s_flag(r, OFFICER, SR_T_RETENTION, "item 3", RIG_NOW + 600);
	s_flag(r, CURATOR, SR_T_RETENTION, "item 3", RIG_NOW + 700);
	s_flag(r, M1, SR_T_SEAL, "item 3", 0);
}

/* Item 3 ends, by the votes of two members. */
RIG void life_destroy(struct rig *r) {
	static const char *const doomed[] = {"item 3"};
	struct rig_request q = {"end it", "destroy", 1, doomed, 1, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = "end it", .decision = "approve", .version = 1};
	uint8_t root[SR_HASH], id[SR_ID];
	struct sr_err e;
	s_request(r, CURATOR, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_id(id, "item 3");
	assert_ok(sr_request_list_root(root, id, 1, &e), &e);
	rig_begin(r, SR_T_DESTROY, SERVICE);
	f_id(r, "request", "end it");
	f_dec(r, "version", 1);
	sr_statement_put_count_root(&r->text, "items", 1, root);
	rig_end(r);
}

/* A step of intake that found something out of a file. */
RIG void s_intake(struct rig *r, const char *item) {
	char subject[SR_SUBJECT_TEXT];
	struct sr_buf facts;
	uint8_t id[SR_HASH];

	snprintf(subject, sizeof subject, "item:%s", rig_hex(item));
	sr_buf_init(&facts);
	sr_facts_begin(&facts);
	sr_facts_add(&facts, 0, "media-type", sr_bytes_str("text/plain"));
	sr_facts_add(&facts, 0, "name", sr_bytes_str("Finding-of-a-name"));
	rig_begin(r, SR_T_INTAKE, SERVICE);
	f_id(r, "item", item);
	f_dec(r, "number", 1);
	f_put(r, "step", "inspect");
	f_put(r, "result", "done");
	rig_new_object(r, id, subject, sr_buf_view(&facts));
	sr_text_put_hex(&r->text, "facts", id, SR_HASH);
	rig_end(r);
	sr_buf_free(&facts);
}

RIG void life_items_in(struct rig *r) {
	s_accession(r, DEPOSITOR, "accession 1", life_items, 3);
	s_stored(r, "accession 1");
	s_checkout(r, CURATOR, "look", NULL, "item 1");
	s_viewed(r, "look", "open");
	s_describe(r, "item 1", "Title-of-one", "graphic");
	s_describe(r, "item 2", "Title-of-two", NULL);
	rig_begin(r, SR_T_SCAN, SERVICE);
	f_id(r, "checkout", "look");
	f_id(r, "item", "item 1");
	f_dec(r, "number", 1);
	f_put(r, "scanner", "ClamAV_1.4.6/27500/Mon");
	f_time(r, "signatures", RIG_NOW - 86400);
	f_put(r, "result", "infected");
	f_dec(r, "clean", 2);
	f_dec(r, "infected", 1);
	f_dec(r, "not-scanned", 0);
	{
		char subject[SR_SUBJECT_TEXT];

		snprintf(subject, sizeof subject, "item:%s", rig_hex("item 1"));
		rig_text(r, SR_DESCRIPTIVE, subject, "finding", "Finding-of-one");
	}
	rig_end(r);
	s_intake(r, "item 1");
	rig_begin(r, SR_T_HELD_BOX, CURATOR);
	f_id(r, "item", "item 1");
	f_dec(r, "number", 1);
	f_put(r, "person", r->person[OFFICER]);
	f_key(r, "key", "key of who became a curator");
	f_hash(r, "box", "box");
	rig_end(r);
	s_release(r, "item 1", 2, 3);
	s_release(r, "item 2", 2, 2);
}

/* A request that is returned, amended, recused from, and granted. */
RIG void life_request(struct rig *r) {
	struct rig_request q = {
		"request 1", "access", 1, life_wanted, 2, RESEARCHER2, RIG_NOW + 90000, NULL, NULL};
	struct rig_vote v = {.request = "request 1", .decision = "correct", .version = 1};
	uint8_t votes[2][SR_ID];
	s_request(r, RESEARCHER, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_room_key(r, "request 1", 1, v.of);
	rig_begin(r, SR_T_JOIN, RESEARCHER2);
	f_id(r, "request", "request 1");
	f_key(r, "key", "key of the other");
	rig_end(r);
	s_vote(r, M0, &v);
	q.version = v.version = 2;
	s_request(r, RESEARCHER, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_room_key(r, "request 1", 2, v.of);
	rig_begin(r, SR_T_COMMENT, OFFICER);
	f_id(r, "request", "request 1");
	rig_out(r, rig_text(r, SR_PERSONAL, r->person[OFFICER], "text",
			   "A-long-comment that lies out"));
	rig_end(r);
	v.decision = "approve";
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_RECUSE, M2);
	f_id(r, "request", "request 1");
	rig_text(r, SR_PERSONAL, r->person[M2], "reason", "My-neighbour");
	rig_end(r);
	s_vote(r, M1, &v);
	memcpy(votes[0], rig_last(r)->id, SR_ID);
	v.decision = "reject";
	s_vote(r, M0, &v);
	s_attest(r, M0, "near", "supervisor-of", RESEARCHER); /* voids that vote */
	s_attest(r, RESEARCHER, "trained", "training", -1);
	s_attest(r, RESEARCHER2, "away", "training", -1);
	rig_begin(r, SR_T_ATTEST_END, OFFICER);
	f_id(r, "attestation", "near");
	rig_text(r, SR_PERSONAL, r->person[OFFICER], "reason", "Another-supervisor");
	rig_end(r);
	s_lapse(r, "attestation", "away");
	v.decision = "approve";
	s_vote(r, M3, &v);
	memcpy(votes[1], rig_last(r)->id, SR_ID);
	s_grant(r, "grant 1", "request 1", 2, (const uint8_t(*)[SR_ID])votes);
	v.decision = "topup";
	s_vote(r, M4, &v);
}

RIG void life_use(struct rig *r) {
	struct rig_request revoke = {"stop it", "revoke", 1, NULL, 0, -1, 0, "grant 1", NULL};
	struct rig_vote v = {.request = "stop it", .decision = "approve", .version = 1};
	s_checkout(r, RESEARCHER, "checkout 1", "grant 1", "item 1");
	s_viewed(r, "checkout 1", "open");
	s_viewed(r, "checkout 1", "read");
	s_viewed(r, "checkout 1", "shut");
	s_viewed(r, "checkout 1", "open");
	s_ids(r, SR_T_RETURN, RESEARCHER, "checkout", "checkout 1");
	s_checkout(r, RESEARCHER2, "checkout 2", "grant 1", "item 2");
	rig_begin(r, SR_T_SUSPEND, M4);
	f_id(r, "grant", "grant 1");
	rig_text(r, SR_PERSONAL, r->person[M4], "reason", "Something-odd");
	rig_end(r);
	s_ids(r, SR_T_LIFT, M4, "grant", "grant 1");
	s_checkout(r, RESEARCHER2, "checkout 3", "grant 1", "item 2");
	s_refuse(r, "checkout", NULL, 0);
	s_lapse(r, "checkout", "checkout 3");
	s_checkout(r, RESEARCHER, "checkout 4", "grant 1", "item 2");
	s_viewed(r, "checkout 4", "open");
	rig_begin(r, SR_T_EXPORT, SERVICE);
	f_id(r, "checkout", "checkout 4");
	f_id(r, "grant", "grant 1");
	f_id(r, "item", "item 2");
	f_put(r, "recipient", "age1xyz");
	f_dec(r, "bytes", 10);
	f_hash(r, "sha256", "age file");
	rig_end(r);
	s_request(r, M1, &revoke);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M2, &v);
	s_vote(r, M3, &v);
	rig_begin(r, SR_T_REVOKE, SERVICE);
	f_id(r, "request", "stop it");
	f_id(r, "grant", "grant 1");
	rig_end(r);
}

RIG void life_enquiry_text(struct rig *r, const char *key, const char *text) {
	char subject[SR_SUBJECT_TEXT];

	snprintf(subject, sizeof subject, "enquiry:%s", rig_hex("enquiry 1"));
	rig_text(r, SR_PERSONAL, subject, key, text);
}

RIG void life_renewed(struct rig *r, const char *grant) {
	struct rig_request q = {"more time", "renew", 1, NULL, 0, -1, 0, grant, NULL};
	struct rig_vote v = {.request = "more time", .decision = "approve", .version = 1};

	s_request(r, RESEARCHER, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_RENEW, SERVICE);
	f_id(r, "request", "more time");
	f_id(r, "grant", grant);
	f_time(r, "ends", RIG_NOW + 2000000);
	rig_end(r);
}

RIG void life_ends(struct rig *r) {
	struct rig_request q = {
		"request 2", "access", 1, life_wanted, 2, -1, RIG_NOW + 10, NULL, NULL};
	struct rig_vote v = {.version = 1};
	uint8_t vote[SR_ID];
	s_request(r, RESEARCHER, &q);
	s_lapse(r, "request", "request 2");
	q.request = "request 3";
	s_request(r, RESEARCHER, &q);
	rig_begin(r, SR_T_WITHDRAW, RESEARCHER);
	f_id(r, "request", "request 3");
	f_dec(r, "version", 1);
	rig_end(r);
	q.request = v.request = "request 4";
	s_request(r, RESEARCHER, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	v.decision = "approve";
	s_vote(r, M0, &v);
	memcpy(vote, rig_last(r)->id, SR_ID);
	rig_begin(r, SR_T_INCIDENT, SERVICE);
	f_put(r, "what", "bad-piece");
	f_put(r, "person", r->person[M0]);
	sr_text_put_hex(&r->text, "vote", vote, SR_ID);
	rig_end(r);
	s_refuse(r, "request", "request 4", 1);
	life_granted(r, "request 5", "grant 5", "access");
	life_renewed(r, "grant 5");
	s_ids(r, SR_T_CLOSE, RESEARCHER, "grant", "grant 5");
	life_granted(r, "request 6", "grant 6", "access");
	s_checkout(r, RESEARCHER, "checkout 6", "grant 6", "item 1");
	rig_begin(r, SR_T_BREAK_GLASS, M1);
	f_id(r, "checkout", "checkout 6");
	rig_text(r, SR_PERSONAL, r->person[M1], "reason", "The-network-is-down");
	rig_end(r);
	/* By the program's own rules, whose text comes along the first time. */
	rig_begin(r, SR_T_DECIDED, SERVICE);
	f_put(r, "action", "look-text");
	f_id(r, "grant", "grant 6");
	f_id(r, "checkout", "checkout 6");
	f_id(r, "item", "item 1");
	f_board(r);
	f_hash(r, "set", "the program's rules");
	rig_object(r, "rules", sr_bytes_str("permit (principal, action, resource);"));
	rig_object(r, "inputs", sr_bytes_str("strongroom/inputs/v1"));
	f_put(r, "decision", "allow");
	f_put(r, "rule", "read-undistressing");
	f_put(r, "rule", "read-distressing");
	f_put(r, "protection", "default");
	f_put(r, "obligation", "reason-per-lift");
	rig_end(r);
	s_lapse(r, "grant", "grant 6");
	life_granted(r, "request 90", "grant 90", "reseal");
	s_reseal(r, &(struct rig_reseal){"item 2", "request 90", "grant 90", 3, 3, 1});
	s_ids(r, SR_T_CLOSE, RESEARCHER, "grant", "grant 90");
	life_extended(r);
	life_granted(r, "request 7", "grant 7", "access");
	s_checkout(r, RESEARCHER2, "checkout 7", "grant 7", "item 1");
	rig_begin(r, SR_T_PERSON_END, OFFICER);
	f_put(r, "person", r->person[RESEARCHER2]);
	rig_text(r, SR_PERSONAL, r->person[RESEARCHER2], "reason", "Has-left");
	rig_end(r);
	rig_begin(r, SR_T_PERSON_SET, OFFICER);
	f_put(r, "person", r->person[DEPOSITOR]);
	rig_card(r, "card", DEPOSITOR, true);
	rig_end(r);
	r->next_key[DEPOSITOR] = true;
	rig_begin(r, SR_T_PERSON_KEY, OFFICER);
	f_put(r, "person", r->person[DEPOSITOR]);
	rig_card(r, "card", DEPOSITOR, true);
	rig_end(r);
	rig_begin(r, SR_T_SCRUB, SERVICE);
	f_dec(r, "packs", 1);
	f_dec(r, "objects", 2);
	f_dec(r, "envelopes", 3);
	f_dec(r, "bad", 0);
	f_put(r, "result", "clean");
	rig_end(r);
	s_redact(r, "accession 9", "item 1", "item 9");
	s_stored(r, "accession 9");
	s_collect(r, "accession 1", "pack 2");
	s_share(r, M1, "run 1", "keys of the board");
	s_recover(r, "ask 1", 2, (const int[]){M0, M1}, 2);
	s_escrow(r, "escrow 1", 1);
	rig_begin(r, SR_T_WITNESS, SERVICE);
	f_put(r, "event", "policy");
	f_dec(r, "witnesses", 2);
	f_put(r, "quorum", "asked");
	rig_object(r, "policy", sr_bytes_str("quorum none\n"));
	rig_end(r);
	rig_begin(r, SR_T_WITNESS, SERVICE);
	f_put(r, "event", "unwitnessed");
	f_time(r, "from", RIG_NOW - 5000);
	f_time(r, "to", RIG_NOW);
	f_dec(r, "first", 3);
	f_dec(r, "last", 9);
	rig_end(r);
	s_backup(r, "backup 1", "begun", "escrow 1", 1);
	s_backup(r, "backup 1", "made", "escrow 1", 1);
	rig_begin(r, SR_T_ENQUIRY, OFFICER);
	f_id(r, "enquiry", "enquiry 1");
	f_put(r, "event", "open");
	f_put(r, "kind", "court");
	f_time(r, "deadline", RIG_NOW + 90000);
	f_id(r, "item", "item 1");
	f_put(r, "concerns", r->person[RESEARCHER]);
	life_enquiry_text(r, "reference", "2-Js-114");
	life_enquiry_text(r, "text", "Who-has-seen-it");
	rig_end(r);
	rig_begin(r, SR_T_ENQUIRY, OFFICER);
	f_id(r, "enquiry", "enquiry 1");
	f_put(r, "event", "answer");
	f_time(r, "deadline", RIG_NOW + 100000);
	life_enquiry_text(r, "text", "These-two");
	rig_end(r);
	rig_begin(r, SR_T_NOTICE, SERVICE);
	f_put(r, "what", "granted");
	f_put(r, "person", r->person[RESEARCHER]);
	f_id(r, "about", "grant 5");
	rig_end(r);
	rig_begin(r, SR_T_READ, AUDITOR);
	f_put(r, "what", "person");
	f_put(r, "person", r->person[RESEARCHER]);
	rig_text(r, SR_PERSONAL, r->person[AUDITOR], "reason", "The-yearly-sample");
	rig_end(r);
	q.request = "request 8";
	q.closes = RIG_NOW + 1000;
	s_request(r, RESEARCHER, &q);
}

/* Another auditors' epoch, and that of before for the one who is there. */
RIG void life_epochs(struct rig *r) {
	struct rig_vote v = {.request = "give epochs", .decision = "approve", .version = 1};

	rig_begin(r, SR_T_KEY_EPOCH, SERVICE);
	f_dec(r, "epoch", 2);
	rig_object(r, "keys", sr_bytes_str("boxes of epoch 2"));
	f_put(r, "auditor", r->person[AUDITOR]);
	rig_end(r);
	rig_begin(r, SR_T_REQUEST, OFFICER);
	f_id(r, "request", "give epochs");
	f_dec(r, "version", 1);
	f_put(r, "kind", "auditor");
	f_board(r);
	f_dec(r, "epoch", 1);
	f_dec(r, "level", 2);
	f_put(r, "subject", r->person[AUDITOR]);
	f_dec(r, "from", 1);
	rig_end(r);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_AUDITOR, SERVICE);
	f_id(r, "request", "give epochs");
	f_put(r, "person", r->person[AUDITOR]);
	f_dec(r, "first", 1);
	f_dec(r, "last", 1);
	rig_object(r, "keys", sr_bytes_str("boxes of epoch 1"));
	rig_end(r);
}

/* Somebody of whom nothing is kept any more, nor of what was asked about them. */
RIG void life_erased(struct rig *r) {
	struct rig_vote v = {.request = "forget them", .decision = "approve", .version = 1};
	char subject[SR_SUBJECT_TEXT];

	s_person(r, CURATOR, LEAVER, "researcher");
	rig_begin(r, SR_T_PERSON_END, OFFICER);
	f_put(r, "person", r->person[LEAVER]);
	rig_text(r, SR_PERSONAL, r->person[LEAVER], "reason", "Gone-for-good");
	rig_end(r);
	for (int i = 0; i < 2; i++) {
		rig_begin(r, SR_T_ENQUIRY, OFFICER);
		f_id(r, "enquiry", "enquiry 2");
		f_put(r, "event", i == 0 ? "open" : "close");
		if (i == 0) {
			f_put(r, "kind", "data-subject");
			f_put(r, "concerns", r->person[LEAVER]);
		}
		snprintf(subject, sizeof subject, "enquiry:%s", rig_hex("enquiry 2"));
		rig_text(r, SR_PERSONAL, subject, "text", "To-be-forgotten");
		rig_end(r);
	}
	rig_begin(r, SR_T_REQUEST, OFFICER);
	f_id(r, "request", "forget them");
	f_dec(r, "version", 1);
	f_put(r, "kind", "erase");
	f_board(r);
	f_dec(r, "epoch", 1);
	f_dec(r, "level", 2);
	f_put(r, "purpose", "data-subject");
	f_put(r, "subject", r->person[LEAVER]);
	rig_end(r);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_ERASE, SERVICE);
	f_id(r, "request", "forget them");
	f_dec(r, "version", 1);
	f_put(r, "person", r->person[LEAVER]);
	f_put(r, "ground", "data-subject");
	f_id(r, "enquiry", "enquiry 2");
	f_dec(r, "records", 4); /* name, why they went, what was asked, what was said at its end */
	rig_end(r);
}

/* Another board, and a collection under it. */
RIG void life_second(struct rig *r) {
	struct rig_request q = {"make board", "board", 1, NULL, 0, -1, 0, "board 2", NULL};
	struct rig_vote v = {.request = "make board", .decision = "approve", .version = 1};
	const int who[] = {RESEARCHER, RESEARCHER2};
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_BOARD, SERVICE);
	f_id(r, "request", "make board");
	f_id(r, "board", "board 2");
	f_put(r, "quorum", "2 2");
	for (int i = 0; i < 2; i++)
		f_put(r, "member", r->person[who[i]]);
	for (int i = 0; i < 2; i++)
		rig_card(r, "newcomer", who[i], true);
	rig_end(r);
	for (int i = 0; i < 2; i++) {
		rig_begin(r, SR_T_DEAL, who[i]);
		f_id(r, "board", "board 2");
		f_id(r, "run", "run of board 2");
		f_hash(r, "dealing", "run of board 2");
		rig_object(r, "deal", sr_bytes_str("a dealing"));
		rig_end(r);
	}
}

/* The members of board 2 deal and accept, in ${run} for ${epoch}, whose keys are named so. */
RIG void life_second_opens(struct rig *r, const char *run, const char *keys, uint64_t epoch) {
	const int who[] = {RESEARCHER, RESEARCHER2};
	char b64[64];
	uint8_t h[SR_HASH];
	struct sr_buf b;
	rig_hash(h, keys);
	sr_buf_init(&b);
	sr_buf_put_base64(&b, h, SR_HASH);
	snprintf(b64, sizeof b64, "2 %.*s", (int)b.len, (const char *)b.p);
	sr_buf_free(&b);
	for (int i = 0; epoch > 1 && i < 2; i++) {
		rig_begin(r, SR_T_DEAL, who[i]);
		f_id(r, "board", "board 2");
		f_id(r, "run", run);
		f_hash(r, "dealing", run);
		rig_object(r, "deal", sr_bytes_str("a dealing"));
		rig_end(r);
	}
	for (int i = 0; i < 2; i++) {
		rig_begin(r, SR_T_ACCEPT, who[i]);
		f_id(r, "board", "board 2");
		f_id(r, "run", run);
		f_hash(r, "transcript", run);
		f_hash(r, "keys", keys);
		rig_object(r, "shares", sr_bytes_str("a box"));
		f_put(r, "board-key", b64);
		rig_end(r);
	}
	rig_begin(r, SR_T_OPENED, SERVICE);
	f_id(r, "board", "board 2");
	f_id(r, "run", run);
	f_hash(r, "transcript", run);
	f_dec(r, "epoch", epoch);
	f_hash(r, "keys", keys);
	rig_object(r, "public", sr_bytes_str(keys));
	f_put(r, "board-key", b64);
	rig_end(r);
}

/* Board 2 gets its keys, and then others, under which nothing is left to seal anew. */
RIG void life_rekey(struct rig *r) {
	const int who[] = {RESEARCHER, RESEARCHER2};
	struct rig_request q = {"make rekey", "rekey", 1, NULL, 0, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = "make rekey", .decision = "approve", .version = 1};
	life_second_opens(r, "run of board 2", "keys of board 2", 1);
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_REKEY, SERVICE);
	f_id(r, "request", "make rekey");
	f_id(r, "board", "board 2");
	f_dec(r, "epoch", 2);
	f_put(r, "quorum", "2 2");
	for (int i = 0; i < 2; i++)
		f_put(r, "member", r->person[who[i]]);
	rig_end(r);
	life_second_opens(r, "rekey of board 2", "new keys of board 2", 2);
	rig_begin(r, SR_T_REKEYED, SERVICE);
	f_id(r, "board", "board 2");
	f_dec(r, "epoch", 2);
	rig_end(r);
}

/* The founding board hands its keys on; an open request is the new members' to decide. */
RIG void life_reshare(struct rig *r) {
	struct rig_request q = {"make reshare", "reshare", 1, NULL, 0, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = "make reshare", .decision = "approve", .version = 1};
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_RESHARE, SERVICE);
	f_id(r, "request", "make reshare");
	f_board(r);
	f_dec(r, "epoch", 2);
	f_put(r, "quorum", "2 2");
	f_put(r, "quorum", "3 2");
	f_put(r, "member", r->person[M1]);
	f_put(r, "member", r->person[RESEARCHER]);
	f_put(r, "dealer", r->person[M1]);
	f_put(r, "dealer", r->person[M2]);
	f_put(r, "dealer", r->person[M3]);
	rig_end(r);
}

/* A board adopts rules. */
RIG void life_policy(struct rig *r) {
	struct rig_request q = {"adopt rules", "policy", 1, NULL, 0, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = "adopt rules", .decision = "approve", .version = 1};
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_POLICY, SERVICE);
	f_id(r, "request", "adopt rules");
	f_board(r);
	f_dec(r, "number", 1);
	f_hash(r, "rules", "the object of the rules");
	f_hash(r, "set", "the rules");
	rig_end(r);
	/* A decision under them needs no text of its own. */
	rig_begin(r, SR_T_DECIDED, SERVICE);
	f_put(r, "action", "enact");
	f_id(r, "request", "adopt rules");
	f_dec(r, "version", 1);
	f_board(r);
	f_hash(r, "set", "the rules");
	rig_object(r, "inputs", sr_bytes_str("strongroom/inputs/v1"));
	f_put(r, "decision", "deny");
	f_put(r, "via", "browser");
	rig_end(r);
}

/* The reshare is decided anew: a standby board, whose members accepted. */
RIG void life_standby(struct rig *r) {
	static const int members[] = {RESEARCHER, RESEARCHER2};
	struct rig_request q = {"make standby", "reshare", 1, NULL, 0, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = "make standby", .decision = "approve", .version = 1};
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	rig_begin(r, SR_T_RESHARE, SERVICE);
	f_id(r, "request", "make standby");
	f_board(r);
	f_dec(r, "epoch", 2);
	f_put(r, "quorum", "2 2");
	f_put(r, "quorum", "3 2");
	for (size_t i = 0; i < 2; i++)
		f_put(r, "member", r->person[members[i]]);
	f_put(r, "dealer", r->person[M1]);
	f_put(r, "dealer", r->person[M2]);
	f_put(r, "dealer", r->person[M3]);
	f_put(r, "standby", "yes");
	rig_end(r);
	for (int i = 1; i <= 3; i++)
		s_deal(r, M0 + i, "standby run");
	for (size_t i = 0; i < 2; i++)
		s_accept(r, members[i], "standby run");
	s_opens(r, SR_T_STANDBY, "standby run", 2);
}

RIG void life_all(struct rig *r) {
	life_board(r);
	life_items_in(r);
	life_flags(r);
	life_request(r);
	life_use(r);
	life_ends(r);
	life_destroy(r);
	life_epochs(r);
	life_erased(r);
	life_second(r);
	life_rekey(r);
	life_policy(r);
	life_reshare(r);
	s_service_key(r, r->count, M1, "the second room");
	life_standby(r);
	s_takeover(r, RESEARCHER, "standby run", 2);
}

#endif
