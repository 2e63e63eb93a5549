/*
 * What no door lets pass: statements that only a service with all its keys could sign, each a
 * lawful one of a life with one thing wrong, and replay names what it is and applies nothing of it;
 * and questions about what is not there.
 */
#include "base/progress.h"
#include "catalogue/facts.h"
#include "catalogue/prefix.h"
#include "catalogue/query_in.h"
#include "catalogue/report.h"
#include "catalogue/schema.h"
#include "catalogue_life.h"

/* A request of this kind, with the votes of two members; nothing is decided yet. */
static void life_voted(struct rig *r, int who, struct rig_request *q) {
	struct rig_vote v = {.request = q->request, .decision = "approve", .version = 1};

	s_request(r, who, q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
}

/* The founding board is handed on to two people: to begin as ${epoch}, level 2 takes ${quorum}. */
static void handed_on(struct rig *r, uint64_t epoch, const char *quorum, int second, int dealer) {
	rig_begin(r, SR_T_RESHARE, SERVICE);
	f_id(r, "request", "hand on");
	f_board(r);
	f_dec(r, "epoch", epoch);
	f_put(r, "quorum", quorum);
	f_put(r, "quorum", "3 2");
	f_put(r, "member", r->person[M1]);
	if (second >= 0)
		f_put(r, "member", r->person[second]);
	f_put(r, "dealer", r->person[M1]);
	f_put(r, "dealer", r->person[dealer]);
	rig_end(r);
}

static void boards(void **state) {
	struct rig_request q = {"hand on", "reshare", 1, NULL, 0, -1, 0, NULL, NULL};
	char says[100];
	struct rig r;

	(void)state;
	rig_open(&r);
	s_found(&r);
	s_deal(&r, M0, "run 1");
	rig_apply(&r);
	s_deal(&r, M1, "run 2");
	rig_refused(&r, "a run of key generation begins while another one is not void");
	s_deal(&r, M1, "run 1");
	rig_begin(&r, SR_T_COMPLAINT, M1);
	f_id(&r, "run", "run 1");
	f_put(&r, "dealer", r.person[M0]);
	f_dec(&r, "level", 2);
	rig_end(&r);
	rig_apply(&r);
	rig_begin(&r, SR_T_REVEAL, M0);
	f_id(&r, "run", "run 1");
	f_dec(&r, "level", 2);
	f_put(&r, "member", r.person[M2]);
	f_key(&r, "ephemeral", "ephemeral");
	rig_end(&r);
	rig_refused(&r, "answers a complaint that nobody made");
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_deal(&r, M0 + i, "run 2");
	for (int i = 0; i + 1 < RIG_MEMBERS; i++)
		s_accept(&r, M0 + i, "run 2");
	rig_apply(&r);
	s_opens(&r, SR_T_OPENED, "run 2", 1);
	snprintf(says, sizeof says, "%d of %d members accepted this", RIG_MEMBERS - 1, RIG_MEMBERS);
	rig_refused(&r, says);
	s_accept(&r, M0 + RIG_MEMBERS - 1, "run 2");
	rig_apply(&r);
	s_opens(&r, SR_T_OPENED, "run 2", 2);
	rig_refused(&r, "epoch 2 opened after 0 by a run for 1");
	s_opens(&r, SR_T_STANDBY, "run 2", 2);
	rig_refused(&r, "a run for epoch 1 that is dealing");
	rig_close(&r);

	rig_open(&r);
	life_board(&r);
	life_voted(&r, M0, &q);
	rig_apply(&r);
	rig_begin(&r, SR_T_CONFIRM, M1);
	f_board(&r);
	f_dec(&r, "epoch", 2);
	f_hash(&r, "keys", "keys of the board");
	rig_end(&r);
	snprintf(says, sizeof says, "%s has no share of epoch 2 under these keys", r.person[M1]);
	rig_refused(&r, says);
	handed_on(&r, 3, "2 2", RESEARCHER, M2);
	rig_refused(&r, "epoch 3 after 1");
	handed_on(&r, 2, "2 2", -1, M2);
	rig_refused(&r, "1 members and 2 levels, want 2 to 32 and 4");
	handed_on(&r, 2, "2 9", RESEARCHER, M2);
	rig_refused(&r, "level 2 takes 9 of 2 members");
	handed_on(&r, 2, "2 2", RESEARCHER, RESEARCHER);
	rig_refused(&r, "dealer 2 has no share to deal");
	handed_on(&r, 2, "2 2", RESEARCHER, M2);
	rig_apply(&r);
	s_deal(&r, M4, "another run");
	rig_refused(&r, "does not deal for epoch 2");
	life_second(&r);
	life_second_opens(&r, "run of board 2", "keys of board 2", 1);
	rig_apply(&r);
	rig_begin(&r, SR_T_REKEYED, SERVICE);
	f_id(&r, "board", "board 2");
	f_dec(&r, "epoch", 1);
	rig_end(&r);
	rig_refused(&r, "the board has not begun with a new key");
	rig_close(&r);
}

/* The board of the founding gets another key, with all its members; nothing is sealed to it yet. */
static void rekeyed(struct rig *r) {
	struct rig_request q = {"new key", "rekey", 1, NULL, 0, -1, 0, NULL, NULL};

	life_voted(r, M0, &q);
	rig_begin(r, SR_T_REKEY, SERVICE);
	f_id(r, "request", "new key");
	f_board(r);
	f_dec(r, "epoch", 2);
	f_put(r, "quorum", "2 2");
	f_put(r, "quorum", "3 3");
	for (int i = 0; i < RIG_MEMBERS; i++)
		f_put(r, "member", r->person[M0 + i]);
	rig_end(r);
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_deal(r, M0 + i, "new run");
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_accept(r, M0 + i, "new run");
	s_opens(r, SR_T_OPENED, "new run", 2);
	rig_apply(r);
}

/* Nothing stays behind under the key before, and nothing goes back to it. */
static void new_key(void **state) {
	struct rig_reseal n = {"item 2", "request 8", "grant 8", 3, 3, 2};
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	rekeyed(&r);
	rig_begin(&r, SR_T_REKEYED, SERVICE);
	f_board(&r);
	f_dec(&r, "epoch", 2);
	rig_end(&r);
	rig_refused(&r, "3 items are left under a key before it");
	life_granted(&r, "request 8", "grant 8", "reseal");
	s_reseal(&r, &n);
	life_granted(&r, "request 9", "grant 9", "reseal");
	rig_apply(&r);
	n = (struct rig_reseal){"item 2", "request 9", "grant 9", 4, 3, 1};
	s_reseal(&r, &n);
	rig_refused(&r, "the key of epoch 1 is not one for this item");
	rig_close(&r);
}

/* A standby board whose members did not all accept. */
static void half_a_board(void **state) {
	char says[100];
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_standby(&r);
	rig_drop(&r);
	rig_drop(&r);
	rig_apply(&r);
	s_opens(&r, SR_T_STANDBY, "standby run", 2);
	snprintf(says, sizeof says, "1 of 2 members accepted this");
	rig_refused(&r, says);
	rig_close(&r);
}

static void renamed(
	struct rig *r, const char *name, uint64_t from, uint64_t agreed, uint64_t known) {
	struct sr_vkey k;
	struct sr_buf b;
	struct sr_err e;
	char text[300];

	sr_buf_init(&b);
	assert_ok(sr_vkey_make(&k, sr_bytes_str(name), 1, r->pk[M0], &e), &e);
	sr_vkey_put(&b, &k);
	snprintf(text, sizeof text, "%.*s", (int)b.len, (const char *)b.p);
	sr_buf_free(&b);
	rig_begin(r, SR_T_SERVICE_KEY, SERVICE);
	f_dec(r, "from", from);
	f_put(r, "ledger-key", text);
	f_key(r, "room-key", "room");
	f_dec(r, "agreed", agreed);
	f_dec(r, "known", known);
	f_hash(r, "root", "what was known");
	rig_end(r);
}

/* A log that lost entries goes on under another name, and says what it lost. */
static void names(void **state) {
	char says[100];
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	const uint64_t at = r.count;
	snprintf(says, sizeof says, "entries 3 to 3, at entry %d: that is no loss", (int)at);
	renamed(&r, "again.example.org/vault", at, 3, 3);
	rig_refused(&r, says);
	renamed(&r, "again.example.org/vault", at, at + 1, at + 2);
	rig_refused(&r, "that is no loss");
	renamed(&r, "again.example.org/vault", at, at, at + 2);
	rig_apply(&r);
	renamed(&r, "archive.example.org/vault", at + 1, at, at + 2);
	rig_refused(&r, "the log goes on under the name of its founding");
	rig_close(&r);
}

/* Destroyed is what the votes were for: these items, all of them, and none under a hold. */
static void destroyed(struct rig *r, uint64_t count, const uint8_t root[SR_HASH]) {
	rig_begin(r, SR_T_DESTROY, SERVICE);
	f_id(r, "request", "end it");
	f_dec(r, "version", 1);
	sr_statement_put_count_root(&r->text, "items", count, root);
	rig_end(r);
}

static void destructions(void **state) {
	static const char *const doomed[] = {"item 3"};
	struct rig_request q = {"end it", "destroy", 1, doomed, 1, -1, 0, NULL, NULL};
	uint8_t root[SR_HASH], id[SR_ID];
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	life_voted(&r, CURATOR, &q);
	rig_apply(&r);
	rig_id(id, "item 3");
	assert_ok(sr_request_list_root(root, id, 1, &e), &e);
	destroyed(&r, 2, root);
	rig_refused(&r, "it destroys 2 items, the request names 1");
	root[0] ^= 1;
	destroyed(&r, 1, root);
	rig_refused(&r, "its items are not those of the request");
	root[0] ^= 1;
	s_flag(&r, OFFICER, SR_T_HOLD, "item 3", 0);
	memcpy(id, rig_last(&r)->id, SR_ID);
	rig_apply(&r);
	destroyed(&r, 1, root);
	rig_refused(&r, "a hold stands on an item that it destroys");
	s_unflag(&r, OFFICER, NULL, "item 3", id);
	destroyed(&r, 1, root);
	rig_apply(&r);
	rig_begin(&r, SR_T_SCAN, SERVICE);
	f_id(&r, "item", "item 3");
	f_dec(&r, "number", 1);
	f_put(&r, "scanner", "ClamAV_1.4.6/27500/Mon");
	f_time(&r, "signatures", RIG_NOW - 86400);
	f_put(&r, "result", "clean");
	f_dec(&r, "clean", 1);
	f_dec(&r, "infected", 0);
	f_dec(&r, "not-scanned", 0);
	rig_end(&r);
	rig_refused(&r, "the item is destroyed");
	rig_close(&r);
}

/* An `erase` with these lines. */
static void erased(
	struct rig *r, int who, uint64_t version, const char *enquiry, uint64_t records) {
	rig_begin(r, SR_T_ERASE, SERVICE);
	f_id(r, "request", "forget them");
	f_dec(r, "version", version);
	f_put(r, "person", r->person[who]);
	f_put(r, "ground", "data-subject");
	f_id(r, "enquiry", enquiry);
	f_dec(r, "records", records);
	rig_end(r);
}

static void erasures(void **state) {
	char says[100];
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_erased(&r);
	rig_drop(&r); /* the true one */
	rig_apply(&r);
	snprintf(says, sizeof says, "%s has 1 roles", r.person[RESEARCHER]);
	erased(&r, RESEARCHER, 1, "enquiry 2", 4);
	rig_refused(&r, says);
	rig_begin(&r, SR_T_PERSON_END, OFFICER);
	f_put(&r, "person", r.person[LEAVER]);
	rig_end(&r);
	snprintf(says, sizeof says, "%s has no role left", r.person[LEAVER]);
	rig_refused(&r, says);
	erased(&r, LEAVER, 2, "enquiry 2", 4);
	rig_refused(&r, "it cites no newest version of a request to erase what is kept of p-");
	erased(&r, LEAVER, 1, "enquiry 9", 4);
	snprintf(says, sizeof says, "enquiry 1 is not a closed one about %s alone",
		r.person[LEAVER]);
	rig_refused(&r, says);
	erased(&r, LEAVER, 1, "enquiry 2", 5);
	rig_refused(&r, "it erases 5 texts, there are 4");
	erased(&r, LEAVER, 1, "enquiry 2", 4);
	rig_apply(&r);
	rig_close(&r);
}

static void items(void **state) {
	char collection[SR_SUBJECT_TEXT];
	struct rig r;

	(void)state;
	rig_open(&r);
	snprintf(collection, sizeof collection, "collection:%s", rig_hex("collection 3"));
	life_board(&r);
	life_items_in(&r);
	life_granted(&r, "request 1", "grant 1", "access");
	s_checkout(&r, RESEARCHER, "checkout 1", "grant 1", "item 2");
	s_viewed(&r, "checkout 1", "open");
	rig_apply(&r);
	rig_begin(&r, SR_T_DESCRIBE, CURATOR);
	f_id(&r, "item", "item 3");
	f_put(&r, "mark", "graphic@here");
	rig_end(&r);
	rig_refused(&r, "mark 1 is none");
	rig_begin(&r, SR_T_EXPORT, SERVICE);
	f_id(&r, "checkout", "checkout 1");
	f_id(&r, "grant", "grant 1");
	f_id(&r, "item", "item 1");
	f_put(&r, "recipient", "age1xyz");
	f_dec(&r, "bytes", 10);
	f_hash(&r, "sha256", "age file");
	rig_end(&r);
	rig_refused(&r, "item or grant is not that of the checkout");
	/* Files that came to a held item: under a seal of no level, and fewer than before. */
	for (int k = 0; k < 2; k++) {
		rig_begin(&r, SR_T_INTAKE, SERVICE);
		f_id(&r, "item", "item 3");
		f_dec(&r, "number", 2);
		f_put(&r, "step", "unpack");
		f_put(&r, "result", "done");
		f_id(&r, "work", "a work");
		f_hash(&r, "envelope", "with files");
		f_dec(&r, "level", k == 0 ? 7 : 3);
		f_dec(&r, "epoch", 1);
		f_dec(&r, "files", 1);
		f_dec(&r, "bytes", 20);
		rig_object(&r, "list", sr_bytes_str("a list"));
		rig_end(&r);
		rig_refused(&r, k == 0 ? "files came with no envelope that fits the item"
				       : "1 files, where there were 1");
	}
	rig_begin(&r, SR_T_ENQUIRY, OFFICER);
	f_id(&r, "enquiry", "enquiry 1");
	f_put(&r, "event", "open");
	life_enquiry_text(&r, "text", "Who-has-seen-it");
	rig_end(&r);
	rig_refused(&r, "an enquiry that opens names its kind");
	rig_begin(&r, SR_T_INTAKE, SERVICE);
	f_id(&r, "item", "item 3");
	f_dec(&r, "number", 2);
	f_put(&r, "step", "inspect");
	f_put(&r, "result", "done");
	rig_end(&r);
	rig_refused(&r, "it is about envelope 2, and 1 is in force");
	rig_begin(&r, SR_T_PERSON, CURATOR);
	f_put(&r, "person", r.person[LEAVER]);
	f_put(&r, "role", "researcher");
	rig_card(&r, "card", DEPOSITOR, true);
	rig_end(&r);
	rig_refused(&r, "the card is that of p-");
	rig_begin(&r, SR_T_INTAKE, SERVICE);
	f_id(&r, "checkout", "checkout 1"); /* a reader's, of another item */
	f_id(&r, "item", "item 3");
	f_dec(&r, "number", 1);
	f_put(&r, "step", "transcribe");
	f_put(&r, "result", "done");
	rig_end(&r);
	rig_refused(&r, "the look that it names does not allow it");
	r.next_key[LEAVER] = true; /* whoever comes first holds the key that the name is of */
	s_person(&r, CURATOR, LEAVER, "researcher");
	rig_refused(&r, "is nobody here, and the card is of a later key");
	r.next_key[RESEARCHER] = true;
	s_person(&r, CURATOR, RESEARCHER, "depositor");
	rig_refused(&r, "has another key already");
	rig_begin(&r, SR_T_ENQUIRY, OFFICER);
	f_id(&r, "enquiry", "enquiry 1");
	f_put(&r, "event", "ponder");
	life_enquiry_text(&r, "text", "Who-has-seen-it");
	rig_end(&r);
	rig_refused(&r, "event of an enquiry is \"ponder\", want open, answer or close");
	rig_begin(&r, SR_T_LAPSE, SERVICE);
	f_put(&r, "what", "attestation");
	rig_end(&r);
	rig_refused(&r, "no line attestation");
	rig_begin(&r, SR_T_COLLECTION, SERVICE);
	f_id(&r, "request", "make collection");
	f_board(&r);
	f_id(&r, "collection", "collection 3");
	f_put(&r, "dedupe", "some");
	rig_text(&r, SR_DESCRIPTIVE, collection, "name", "Another");
	rig_end(&r);
	rig_refused(&r, "dedupe is \"some\", want collection or none");
	rig_close(&r);
}

/* A second request begins so; the rest of its lines, and rig_end, are to follow. */
static void asked_for_more(struct rig *r, uint64_t version) {
	rig_begin(r, SR_T_REQUEST, RESEARCHER);
	f_id(r, "request", "request 2");
	f_dec(r, "version", version);
	f_put(r, "kind", "access");
	f_board(r);
	f_dec(r, "epoch", 1);
	f_dec(r, "level", 2);
}

static void requests(void **state) {
	struct rig_request q = {
		"request 1", "access", 1, life_wanted, 2, RESEARCHER2, 0, NULL, NULL};
	struct rig_vote v = {
		.request = "request 1", .decision = "approve", .version = 0, .extension = 0};
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	rig_apply(&r);
	asked_for_more(&r, 2);
	rig_end(&r);
	rig_refused(&r, "a request begins with version 1, not 2");
	s_request(&r, RESEARCHER, &q);
	r.objects[r.object_count - 1].body.p[3] ^= 1; /* a byte of the first item's id */
	rig_refused(&r, "the list of 2 items is not the one that was signed (2 items)");
	asked_for_more(&r, 1);
	for (unsigned i = 0; i < SR_REQUEST_PEOPLE_MAX; i++)
		sr_text_putf(&r.text, "person", "p-%016x", i);
	rig_end(&r);
	rig_refused(&r, "16 co-applicants, at most 15");
	asked_for_more(&r, 1);
	sr_statement_put_count_root(&r.text, "items", 2, v.of);
	rig_end(&r);
	rig_refused(&r, "lines items and list belong together");
	s_request(&r, RESEARCHER, &q);
	memcpy(v.of, rig_last(&r)->hash, SR_HASH);
	rig_apply(&r);
	s_room_key(&r, "request 1", 0, v.of);
	rig_refused(&r, "version 0, versions begin with 1");
	v.version = 0; /* no other name for the newest */
	s_vote(&r, M0, &v);
	rig_refused(&r, "version 0, versions begin with 1");
	for (int i = 0; i < 2; i++) {
		rig_begin(&r, i == 0 ? SR_T_LAPSE : SR_T_REFUSE, SERVICE);
		f_put(&r, "what", "request");
		f_id(&r, "request", "request 1");
		f_dec(&r, "version", 0);
		if (i != 0)
			f_put(&r, "rule", "quorum-out-of-reach");
		rig_end(&r);
		rig_refused(&r, "version 0, versions begin with 1");
	}
	v.version = 1;
	v.extension = 1;
	s_vote(&r, M0, &v);
	rig_refused(&r, "it is no topup of an extension of version 1");
	rig_close(&r);
}

static void witness(struct rig *r, const char *event) {
	rig_begin(r, SR_T_WITNESS, SERVICE);
	f_put(r, "event", event);
}

static void witnesses(void **state) {
	static const char *const gap[] = {"from", "to", "first", "last"};
	struct rig_request q = {"adopt it", "adopt", 1, NULL, 0, -1, 0, NULL, NULL};
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_voted(&r, M0, &q);
	rig_apply(&r);
	witness(&r, "dance");
	rig_end(&r);
	rig_refused(&r, "event is \"dance\", want policy, unwitnessed or confirmed");
	witness(&r, "policy");
	rig_end(&r);
	rig_refused(&r, "a policy without its object");
	witness(&r, "policy");
	f_id(&r, "request", "adopt it");
	f_hash(&r, "rules", "a policy that nobody asked for");
	f_hash(&r, "set", "its text");
	rig_end(&r);
	rig_refused(&r, "it is not the policy that the request asks for");
	for (size_t i = 0; i < T_COUNT(gap); i++) {
		char says[40];

		witness(&r, "unwitnessed");
		for (size_t k = 0; k < i; k++)
			if (k < 2)
				f_time(&r, gap[k], RIG_NOW);
			else
				f_dec(&r, gap[k], 3);
		rig_end(&r);
		snprintf(says, sizeof says, "no line %s", gap[i]);
		rig_refused(&r, says);
	}
	witness(&r, "confirmed");
	f_hash(&r, "set", "an entry");
	rig_end(&r);
	rig_refused(&r, "a name confirmed by nobody");
	witness(&r, "confirmed");
	f_id(&r, "request", "adopt it");
	f_hash(&r, "set", "an entry");
	rig_end(&r);
	rig_refused(&r, "no name of the log waits to be confirmed by that");
	rig_close(&r);
}

/* Epochs of the log's key: to auditors, and those that there are. */
static void epochs(void **state) {
	static const struct {
		int who;
		uint64_t first, last;
		const char *says;
	} rows[] = {
		{RESEARCHER, 1, 1, "who is given epochs is no auditor"},
		{AUDITOR, 2, 1, "epochs 2 to 1 of 1"},
		{AUDITOR, 1, 2, "epochs 1 to 2 of 1"},
		{AUDITOR, 0, 1, "epochs 0 to 1 of 1"},
	};
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		rig_begin(&r, SR_T_AUDITOR, SERVICE);
		f_id(&r, "request", "give epochs");
		f_put(&r, "person", r.person[rows[i].who]);
		f_dec(&r, "first", rows[i].first);
		f_dec(&r, "last", rows[i].last);
		rig_object(&r, "keys", sr_bytes_str("boxes"));
		rig_end(&r);
		rig_refused(&r, rows[i].says);
	}
	rig_close(&r);
}

/* --- replay itself ---------------------------------------------------------------------------- */

static int no_more(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

static int none_there(
	void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e) {
	(void)ctx;
	(void)at;
	(void)body;
	return sr_fail(e, SR_NOTFOUND, "no such object");
}

/* A catalogue that says of itself that it stands for more entries than it holds. */
static void lost_row(void **state) {
	struct sr_catalogue_options o;
	struct rig r;
	struct sr_err e = {0};
	char says[100];

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	assert_ok(sr_db_exec(sr_catalogue_db(r.cat),
			  "PRAGMA foreign_keys = off; BEGIN; DELETE FROM entries WHERE entry = 2; "
			  "COMMIT",
			  &e),
		&e);
	assert_ok(sr_catalogue_close(r.cat, &e), &e);
	o = rig_options(&r, NULL);
	snprintf(says, sizeof says, "%d entries up to %d, committed for a ledger of %d",
		(int)r.count - 1, (int)r.count, (int)r.count);
	assert_fails(sr_catalogue_open(&r.cat, &o, &e), SR_CORRUPT, &e, says);
	r.cat = NULL;
	rig_close(&r);
}

static void replays(void **state) {
	const struct sr_progress stop = {no_more, NULL};
	struct sr_db *empty = NULL;
	struct sr_replay p;
	struct rig r;
	struct sr_err e = {0};

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	p = rig_replay(&r);
	p.objects.get = NULL;
	assert_fails(sr_catalogue_catch_up(r.cat, &p, NULL, &e), SR_MISUSE, &e,
		"no reader of objects was given");
	p.objects.get = none_there;
	assert_fails(sr_catalogue_catch_up(r.cat, &p, NULL, &e), SR_CORRUPT, &e,
		"the object of its line list is not in the store: bring it back from a backup");
	s_stored(&r, "accession 1");
	p = rig_replay(&r);
	p.progress = &stop;
	sr_err_clear(&e);
	assert_fails(
		sr_catalogue_catch_up(r.cat, &p, NULL, &e), SR_LOCKED, &e, "stopped on request");
	rig_apply(&r);
	{ /* The marks of a group: one at a time, and none left at its end. */
		const uint8_t root[SR_HASH] = {0};

		assert_ok(sr_catalogue_begin(r.cat, &e), &e);
		assert_fails(sr_catalogue_keep(r.cat, &e), SR_MISUSE, &e, "no mark to forget");
		assert_fails(sr_catalogue_undo(r.cat, &e), SR_MISUSE, &e, "no mark to go back to");
		assert_ok(sr_catalogue_mark(r.cat, &e), &e);
		assert_fails(sr_catalogue_mark(r.cat, &e), SR_MISUSE, &e,
			"a mark needs a transaction without one");
		assert_fails(sr_catalogue_commit(r.cat, root, &e), SR_MISUSE, &e,
			"commit of a catalogue with an open mark");
		assert_ok(sr_catalogue_undo(r.cat, &e), &e);
		sr_catalogue_rollback(r.cat);
	}
	{
		struct sr_db_options o = {
			.dir = r.dir, .name = "empty.db", .key = r.key, .create = true};

		assert_ok(sr_db_open(&empty, &o, &e), &e);
		assert_fails(sr_schema_check(empty, &e), SR_NOTFOUND, &e, "empty.db: no tables");
		assert_ok(sr_db_exec(empty, "CREATE TABLE x(n INTEGER)", &e), &e);
		assert_fails(sr_schema_check(empty, &e), SR_CORRUPT, &e,
			"empty.db: not a catalogue (no table meta)");
		assert_ok(sr_db_exec(empty,
				  "CREATE TABLE meta(version INTEGER); INSERT INTO meta"
				  " VALUES(0)",
				  &e),
			&e);
		assert_fails(sr_schema_check(empty, &e), SR_UNSUPPORTED, &e,
			"empty.db: schema version 0, this program has ");
		assert_ok(sr_db_close(&empty, &e), &e);
	}
	rig_close(&r);
}

/* --- questions about what is not there -------------------------------------------------------- */

static int no_row(void *ctx, const struct sr_cell *cells, struct sr_err *e) {
	(void)ctx;
	(void)cells;
	return sr_fail(e, SR_MISUSE, "no row was to come");
}

static void ids(struct rig *r) {
	struct sr_prefix_match m[2];
	size_t count = 7;
	struct sr_err e;

	assert_fails(sr_query_prefix(m, 2, &count, r->cat, "abc", &e), SR_USAGE, &e,
		"an id is 32 hex digits and may be shortened to 4; \"abc\" has 3");
	assert_fails(sr_query_prefix(m, 2, &count, r->cat, "000000000000000000000000000000000", &e),
		SR_USAGE, &e, "has 33");
	assert_fails(sr_query_prefix(m, 2, &count, r->cat, "abcg", &e), SR_USAGE, &e,
		"\"abcg\" is not the start of an id (0-9 a-f)");
	assert_int_equal(count, 7);
}

static void sections(struct rig *r) {
	const struct sr_report_filter all = {.now = RIG_NOW};
	size_t of_one = 0, elsewhere = 0;
	struct sr_err e;

	for (size_t i = 0; sr_section_at(i) != NULL; i++) {
		const struct sr_section *s = sr_section_at(i);
		char says[100];

		if (!s->person && s->sql != NULL)
			continue;
		snprintf(says, sizeof says, "section %s is %s", s->name,
			s->person ? "about one person" : "not of the catalogue");
		assert_fails(sr_report_rows(r->cat, s, &all, NULL, no_row, NULL, &e), SR_MISUSE, &e,
			says);
		of_one += s->person;
		elsewhere += !s->person;
	}
	assert_true(of_one > 0 && elsewhere > 0);
}

static void questions(void **state) {
	struct sr_entry_filter f = {.type = SR_T_COUNT};
	struct sr_version_row v = {.version = 0};
	struct sr_where where = {.count = 0};
	struct sr_ballots ballots;
	struct sr_tally tally;
	struct sr_item_files files;
	struct sr_person_row person;
	struct sr_entry_row row;
	struct sr_entries l;
	uint8_t id[SR_ID], pk[SR_PK];
	char says[100];
	int64_t extension = 0;
	int rc = 0;
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	life_granted(&r, "request 1", "grant 1", "access");
	rig_apply(&r);
	ids(&r);
	sections(&r);
	assert_fails(sr_query_person(&person, r.cat, r.person[LEAVER], &e), SR_NOTFOUND, &e,
		"there is no such person in this vault");
	snprintf(says, sizeof says, "%s had no key before entry 0", r.person[M0]);
	assert_fails(sr_query_key_at(pk, r.cat, r.person[M0], 0, &e), SR_NOTFOUND, &e, says);
	rig_id(id, "no such item");
	assert_fails(sr_query_item_files(&files, r.cat, id, NULL, &e), SR_NOTFOUND, &e,
		"there is no such item");
	rig_id(id, "request 1");
	assert_ok(sr_query_version(&v, r.cat, id, 1, &e), &e);
	v.version = 7;
	assert_fails(sr_query_tally(&tally, r.cat, id, 7, &e), SR_NOTFOUND, &e,
		"there is no such request or version");
	assert_fails(sr_query_ballots(&ballots, r.cat, &v, RIG_NOW, &e), SR_NOTFOUND, &e,
		"there is no such request or version");
	v.version = 1;
	rig_id(id, "item 3");
	assert_fails(sr_query_list_of(&extension, r.cat, &v, id, &e), SR_NOTFOUND, &e,
		"the request does not name this item");
	sr_version_row_free(&v);
	assert_fails(sr_query_entries(&l, r.cat, &f, NULL, &e), SR_MISUSE, &e, "statement type ");
	for (size_t i = 0; i <= SR_WHERE_ARGS && rc == 0; i++)
		rc = sr_where_add(&where, " AND ?", A_INT(1), &e);
	assert_fails(rc, SR_MISUSE, &e, "too many conditions (12)");
	/* A catalogue of a newer program, or a damaged one. */
	assert_ok(sr_db_exec(sr_catalogue_db(r.cat),
			  "UPDATE entries SET type = 'dance' WHERE entry = 0", &e),
		&e);
	assert_fails(sr_query_entry(&row, r.cat, 0, &e), SR_CORRUPT, &e,
		"entries: type \"dance\" is not known");
	rig_close(&r);
}

/* More hazards than any vocabulary has, and a part of more things than anything is. */
static void too_many(void **state) {
	struct sr_items_facts f;
	uint8_t id[SR_ID], whole[SR_ID];
	char sql[400];
	bool is = true;
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	rig_begin(&r, SR_T_DESCRIBE, CURATOR);
	f_id(&r, "item", "item 3");
	for (int c = 'a'; c < 'g'; c++) {
		char hazard[101];

		memset(hazard, c, sizeof hazard - 1);
		hazard[sizeof hazard - 1] = '\0';
		f_put(&r, "hazard", hazard);
	}
	rig_end(&r);
	rig_apply(&r);
	rig_id(id, "item 3");
	assert_fails(sr_query_items_facts(&f, r.cat, id, 1, &e), SR_CORRUPT, &e,
		"items: more hazards than there are terms");
	snprintf(sql, sizeof sql,
		"WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 512)"
		" INSERT INTO item_values(n, field, idx, value) SELECT"
		" (SELECT n FROM items WHERE item = x'%s'), 'part-of', i, printf('%%032x', i) FROM"
		" k",
		rig_hex("item 3"));
	assert_ok(sr_db_exec(sr_catalogue_db(r.cat), sql, &e), &e);
	rig_id(whole, "no such item");
	assert_fails(sr_query_part_of(&is, r.cat, id, whole, &e), SR_LIMIT, &e,
		"the item is part of more than 512 others");
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boards),
		cmocka_unit_test(new_key),
		cmocka_unit_test(half_a_board),
		cmocka_unit_test(names),
		cmocka_unit_test(destructions),
		cmocka_unit_test(erasures),
		cmocka_unit_test(items),
		cmocka_unit_test(requests),
		cmocka_unit_test(witnesses),
		cmocka_unit_test(epochs),
		cmocka_unit_test(lost_row),
		cmocka_unit_test(replays),
		cmocka_unit_test(questions),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("catalogue: what is refused", tests, NULL, NULL);
}
