/*
 * types - the table of statement types, and the grammar of values. See types.h.
 *
 * Invariants, walked by the test: row i has id i; names and keys are lowercase words; every
 * SR_V_TEXT has a compartment other than structural and a subject; a subject that is a key names an
 * earlier SR_V_ID or SR_V_PERSON line of the same type.
 */
#include "ledger/types.h"

#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "ledger/card.h"
#include "ledger/fields.h"

/* Rows of fields: key, kind, cardinality, and for some what else. */
/* clang-format off */
#define F(k, v, c) {.key = (k), .kind = (v), .cardinality = (c)}
#define SORTED(k, v, c) {.key = (k), .kind = (v), .cardinality = (c), .sorted = true}
#define OBJECT(k, c) {.key = (k), .kind = SR_V_HASH, .cardinality = (c), .object = true}
#define D_TEXT(k, c, s) \
	{.key = (k), .kind = SR_V_TEXT, .cardinality = (c), \
	 .compartment = SR_DESCRIPTIVE, .subject = (s)}
#define P_TEXT(k, c, s) \
	{.key = (k), .kind = SR_V_TEXT, .cardinality = (c), \
	 .compartment = SR_PERSONAL, .subject = (s)}
#define CARD(k, c, s) \
	{.key = (k), .kind = SR_V_CARD, .cardinality = (c), \
	 .compartment = SR_PERSONAL, .subject = (s)}
/* A field of a description (ledger/fields.h). */
#define SR_FIELD(k, v, c, m, form, kept, value, help) \
	{.key = (k), .kind = (v), .cardinality = (m) == 1 ? SR_OPTIONAL : SR_ANY, \
	 .compartment = (c), .subject = (c) == SR_STRUCTURAL ? NULL : "item"},
#define END {.key = NULL}
#define FIELDS (const struct sr_field[])

static const struct sr_field request_fields[] = {
	F("request", SR_V_ID, SR_ONE),
	F("version", SR_V_DEC, SR_ONE),
	F("kind", SR_V_TOKEN, SR_ONE),
	F("board", SR_V_ID, SR_ONE),
	F("epoch", SR_V_DEC, SR_ONE),
	F("level", SR_V_DEC, SR_ONE),
	F("closes", SR_V_TIME, SR_OPTIONAL),
	F("items", SR_V_COUNT_ROOT, SR_OPTIONAL),
	OBJECT("list", SR_OPTIONAL),
	SORTED("form", SR_V_TOKEN, SR_ANY),
	F("purpose", SR_V_TOKEN, SR_ANY),
	F("ends", SR_V_TIME, SR_OPTIONAL),
	SORTED("person", SR_V_PERSON, SR_ANY),
	F("key", SR_V_KEY, SR_OPTIONAL),
	F("recipient", SR_V_NAME, SR_OPTIONAL),
	F("target", SR_V_ID, SR_OPTIONAL),
	F("subject", SR_V_PERSON, SR_OPTIONAL),
	F("from", SR_V_DEC, SR_OPTIONAL),
	F("collection", SR_V_ID, SR_OPTIONAL),
	F("dedupe", SR_V_TOKEN, SR_OPTIONAL),
	F("role", SR_V_TOKEN, SR_ANY),
	CARD("card", SR_OPTIONAL, "subject"),
	SORTED("quorum", SR_V_LEVEL_QUORUM, SR_ANY),
	F("member", SR_V_PERSON, SR_ANY),
	CARD("newcomer", SR_ANY, "card"),
	F("dealer", SR_V_PERSON, SR_ANY),
	F("standby", SR_V_TOKEN, SR_OPTIONAL),
	OBJECT("rules", SR_OPTIONAL),
	F("set", SR_V_HASH, SR_OPTIONAL),
	D_TEXT("name", SR_OPTIONAL, "collection"),
	P_TEXT("project", SR_OPTIONAL, "actor"),
	P_TEXT("authority", SR_OPTIONAL, "actor"),
	P_TEXT("instruction", SR_OPTIONAL, "actor"),
	P_TEXT("reason", SR_OPTIONAL, "actor"),
	END,
};

static const struct sr_type table[SR_T_COUNT] = {
	{SR_T_FOUND, "found", SR_BY_FOUNDERS, NULL, SR_EFFECT_TRUST, FIELDS{
		F("origin", SR_V_NAME, SR_ONE),
		F("ledger-key", SR_V_NAME, SR_ONE),
		F("room-key", SR_V_KEY, SR_ONE),
		SORTED("level", SR_V_DEC, SR_SOME),
		CARD("member", SR_SOME, "card"),
		CARD("curator", SR_SOME, "card"),
		CARD("officer", SR_SOME, "card"),
		CARD("auditor", SR_SOME, "card"),
		CARD("custodian", SR_SOME, "card"),
		CARD("standby", SR_ANY, "card"),
		SORTED("standby-quorum", SR_V_LEVEL_QUORUM, SR_ANY),
		END}},
	{SR_T_KEY_EPOCH, "key-epoch", SR_BY_SERVICE, NULL, SR_EFFECT_TRUST, FIELDS{
		F("epoch", SR_V_DEC, SR_ONE),
		OBJECT("keys", SR_ONE),
		SORTED("auditor", SR_V_PERSON, SR_SOME),
		END}},
	{SR_T_SERVICE_KEY, "service-key", SR_BY_SERVICE, NULL, SR_EFFECT_TRUST, FIELDS{
		F("from", SR_V_DEC, SR_ONE),
		F("ledger-key", SR_V_NAME, SR_ONE),
		F("room-key", SR_V_KEY, SR_ONE),
		F("agreed", SR_V_DEC, SR_OPTIONAL),
		F("known", SR_V_DEC, SR_OPTIONAL),
		F("root", SR_V_HASH, SR_OPTIONAL),
		END}},
	{SR_T_AUDITOR, "auditor", SR_BY_SERVICE, NULL, SR_EFFECT_TRUST, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("person", SR_V_PERSON, SR_ONE),
		F("first", SR_V_DEC, SR_ONE),
		F("last", SR_V_DEC, SR_ONE),
		OBJECT("keys", SR_ONE),
		END}},
	{SR_T_DEAL, "deal", SR_BY_MEMBER, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("run", SR_V_ID, SR_ONE),
		F("dealing", SR_V_HASH, SR_ONE),
		OBJECT("deal", SR_ONE),
		END}},
	{SR_T_ACCEPT, "accept", SR_BY_MEMBER, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("run", SR_V_ID, SR_ONE),
		F("transcript", SR_V_HASH, SR_ONE),
		F("keys", SR_V_HASH, SR_ONE),
		OBJECT("shares", SR_ONE),
		SORTED("board-key", SR_V_LEVEL_KEY, SR_SOME),
		END}},
	{SR_T_COMPLAINT, "complaint", SR_BY_MEMBER, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("run", SR_V_ID, SR_ONE),
		F("dealer", SR_V_PERSON, SR_ONE),
		F("level", SR_V_DEC, SR_ONE),
		END}},
	{SR_T_REVEAL, "reveal", SR_BY_MEMBER, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("run", SR_V_ID, SR_ONE),
		F("level", SR_V_DEC, SR_ONE),
		F("member", SR_V_PERSON, SR_ONE),
		F("ephemeral", SR_V_KEY, SR_ONE),
		END}},
	{SR_T_OPENED, "opened", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("run", SR_V_ID, SR_ONE),
		F("transcript", SR_V_HASH, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("keys", SR_V_HASH, SR_ONE),
		OBJECT("public", SR_ONE),
		SORTED("board-key", SR_V_LEVEL_KEY, SR_SOME),
		END}},
	{SR_T_SHARE, "share", SR_BY_MEMBER, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("run", SR_V_ID, SR_ONE),
		F("keys", SR_V_HASH, SR_ONE),
		OBJECT("shares", SR_ONE),
		END}},
	{SR_T_CONFIRM, "confirm", SR_BY_MEMBER, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("keys", SR_V_HASH, SR_ONE),
		END}},
	{SR_T_BOARD, "board", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("board", SR_V_ID, SR_ONE),
		SORTED("quorum", SR_V_LEVEL_QUORUM, SR_SOME),
		F("member", SR_V_PERSON, SR_SOME),
		CARD("newcomer", SR_ANY, "card"),
		END}},
	{SR_T_RESHARE, "reshare", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("request", SR_V_ID, SR_OPTIONAL),
		F("board", SR_V_ID, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		SORTED("quorum", SR_V_LEVEL_QUORUM, SR_SOME),
		F("member", SR_V_PERSON, SR_SOME),
		CARD("newcomer", SR_ANY, "card"),
		F("dealer", SR_V_PERSON, SR_SOME),
		F("standby", SR_V_TOKEN, SR_OPTIONAL),
		END}},
	{SR_T_STANDBY, "standby", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("run", SR_V_ID, SR_ONE),
		F("transcript", SR_V_HASH, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("keys", SR_V_HASH, SR_ONE),
		OBJECT("public", SR_ONE),
		SORTED("board-key", SR_V_LEVEL_KEY, SR_SOME),
		END}},
	{SR_T_TAKEOVER, "takeover", SR_BY_PERSON, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("run", SR_V_ID, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("keys", SR_V_HASH, SR_ONE),
		END}},
	{SR_T_REKEY, "rekey", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("board", SR_V_ID, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		SORTED("quorum", SR_V_LEVEL_QUORUM, SR_SOME),
		F("member", SR_V_PERSON, SR_SOME),
		CARD("newcomer", SR_ANY, "card"),
		END}},
	{SR_T_REKEYED, "rekeyed", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		END}},
	{SR_T_POLICY, "policy", SR_BY_SERVICE, NULL, SR_EFFECT_CEREMONY, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("board", SR_V_ID, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("rules", SR_V_HASH, SR_ONE),
		F("set", SR_V_HASH, SR_ONE),
		END}},
	{SR_T_COLLECTION, "collection", SR_BY_SERVICE, NULL, SR_EFFECT_COLLECTION, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("board", SR_V_ID, SR_ONE),
		F("collection", SR_V_ID, SR_ONE),
		F("dedupe", SR_V_TOKEN, SR_ONE),
		D_TEXT("name", SR_ONE, "collection"),
		END}},
	{SR_T_PERSON, "person", SR_BY_CURATOR | SR_BY_OFFICER | SR_BY_SERVICE,
		"request", SR_EFFECT_PEOPLE, FIELDS{
		F("request", SR_V_ID, SR_OPTIONAL),
		F("person", SR_V_PERSON, SR_ONE),
		F("role", SR_V_TOKEN, SR_SOME),
		CARD("card", SR_ONE, "person"),
		END}},
	{SR_T_PERSON_END, "person-end", SR_BY_CURATOR | SR_BY_OFFICER | SR_BY_SERVICE,
		NULL, SR_EFFECT_PEOPLE, FIELDS{
		F("request", SR_V_ID, SR_OPTIONAL),
		F("person", SR_V_PERSON, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "person"),
		END}},
	{SR_T_PERSON_SET, "person-set", SR_BY_CURATOR | SR_BY_OFFICER,
		NULL, SR_EFFECT_PEOPLE, FIELDS{
		F("person", SR_V_PERSON, SR_ONE),
		CARD("card", SR_ONE, "person"),
		END}},
	{SR_T_PERSON_KEY, "person-key", SR_BY_CURATOR | SR_BY_OFFICER | SR_BY_SERVICE,
		"request", SR_EFFECT_PEOPLE, FIELDS{
		F("request", SR_V_ID, SR_OPTIONAL),
		F("person", SR_V_PERSON, SR_ONE),
		CARD("card", SR_ONE, "person"),
		END}},
	{SR_T_ERASE, "erase", SR_BY_SERVICE, NULL, SR_EFFECT_PEOPLE, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		F("person", SR_V_PERSON, SR_ONE),
		F("ground", SR_V_TOKEN, SR_ONE),
		SORTED("enquiry", SR_V_ID, SR_ANY),
		F("records", SR_V_DEC, SR_ONE),
		END}},
	{SR_T_ATTEST, "attest", SR_BY_OFFICER, NULL, SR_EFFECT_PEOPLE, FIELDS{
		F("attestation", SR_V_ID, SR_ONE),
		F("person", SR_V_PERSON, SR_ONE),
		F("kind", SR_V_TOKEN, SR_ONE),
		F("of", SR_V_PERSON, SR_OPTIONAL),
		F("request", SR_V_ID, SR_OPTIONAL),
		F("term", SR_V_TOKEN, SR_OPTIONAL),
		F("ends", SR_V_TIME, SR_OPTIONAL),
		P_TEXT("note", SR_OPTIONAL, "person"),
		END}},
	{SR_T_ATTEST_END, "attest-end", SR_BY_OFFICER, NULL, SR_EFFECT_PEOPLE, FIELDS{
		F("attestation", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_ACCESSION, "accession", SR_BY_DEPOSITOR | SR_BY_CURATOR, NULL, SR_EFFECT_ITEM, FIELDS{
		F("accession", SR_V_ID, SR_ONE),
		F("collection", SR_V_ID, SR_ONE),
		F("items", SR_V_COUNT_ROOT, SR_ONE),
		F("files", SR_V_COUNT_ROOT, SR_ONE),
		F("bytes", SR_V_DEC, SR_ONE),
		OBJECT("list", SR_ONE),
		END}},
	{SR_T_REDACT, "redact", SR_BY_CURATOR, NULL, SR_EFFECT_ITEM, FIELDS{
		F("accession", SR_V_ID, SR_ONE),
		F("collection", SR_V_ID, SR_ONE),
		F("parent", SR_V_ID, SR_ONE),
		F("checkout", SR_V_ID, SR_ONE),
		F("items", SR_V_COUNT_ROOT, SR_ONE),
		F("files", SR_V_COUNT_ROOT, SR_ONE),
		F("bytes", SR_V_DEC, SR_ONE),
		OBJECT("list", SR_ONE),
		P_TEXT("reason", SR_ONE, "actor"),
		END}},
	{SR_T_STORED, "stored", SR_BY_SERVICE, NULL, SR_EFFECT_ITEM, FIELDS{
		F("accession", SR_V_ID, SR_ONE),
		F("packs", SR_V_COUNT_ROOT, SR_ONE),
		OBJECT("list", SR_ONE),
		END}},
	{SR_T_DESCRIBE, "describe", SR_BY_CURATOR, NULL, SR_EFFECT_ITEM, FIELDS{
		F("item", SR_V_ID, SR_ONE),
#include "ledger/fields.inc"
		F("mark", SR_V_NAME, SR_ANY), /* ledger/mark.h */
		F("clear", SR_V_TOKEN, SR_ANY),
		END}},
	{SR_T_HELD_BOX, "held-box", SR_BY_CURATOR, NULL, SR_EFFECT_RECORD, FIELDS{
		F("item", SR_V_ID, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("person", SR_V_PERSON, SR_ONE),
		F("key", SR_V_KEY, SR_ONE),
		F("box", SR_V_HASH, SR_ONE),
		END}},
	{SR_T_INTAKE, "intake", SR_BY_SERVICE, NULL, SR_EFFECT_ITEM, FIELDS{
		F("checkout", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("step", SR_V_TOKEN, SR_ONE),
		F("result", SR_V_TOKEN, SR_ONE),
		F("work", SR_V_ID, SR_OPTIONAL),
		F("envelope", SR_V_HASH, SR_OPTIONAL),
		F("level", SR_V_DEC, SR_OPTIONAL),
		F("epoch", SR_V_DEC, SR_OPTIONAL),
		F("files", SR_V_DEC, SR_OPTIONAL),
		F("bytes", SR_V_DEC, SR_OPTIONAL),
		OBJECT("list", SR_OPTIONAL),
		OBJECT("facts", SR_OPTIONAL),
		F("pack", SR_V_HASH, SR_ANY),
		END}},
	{SR_T_SCAN, "scan", SR_BY_SERVICE, NULL, SR_EFFECT_ITEM, FIELDS{
		F("checkout", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("scanner", SR_V_NAME, SR_ONE),
		F("signatures", SR_V_TIME, SR_OPTIONAL),
		F("result", SR_V_TOKEN, SR_ONE),
		F("clean", SR_V_DEC, SR_ONE),
		F("infected", SR_V_DEC, SR_ONE),
		F("not-scanned", SR_V_DEC, SR_ONE),
		F("named", SR_V_HASH, SR_OPTIONAL), /* intake/scan.h */
		D_TEXT("finding", SR_ANY, "item"),
		END}},
	{SR_T_RELEASE, "release", SR_BY_CURATOR, NULL, SR_EFFECT_ITEM, FIELDS{
		F("item", SR_V_ID, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("envelope", SR_V_HASH, SR_ONE),
		F("level", SR_V_DEC, SR_ONE),
		F("hazard", SR_V_TOKEN, SR_ANY),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_RESEAL, "reseal", SR_BY_SERVICE, NULL, SR_EFFECT_ITEM, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("grant", SR_V_ID, SR_ONE),
		F("item", SR_V_ID, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("envelope", SR_V_HASH, SR_ONE),
		F("level", SR_V_DEC, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		END}},
	{SR_T_EMBARGO, "embargo", SR_BY_CURATOR | SR_BY_OFFICER, NULL, SR_EFFECT_ITEM, FIELDS{
		F("item", SR_V_ID, SR_ONE),
		F("ends", SR_V_TIME, SR_OPTIONAL),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_HOLD, "hold", SR_BY_OFFICER, NULL, SR_EFFECT_ITEM, FIELDS{
		F("item", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_ONE, "actor"),
		END}},
	{SR_T_SEAL, "seal", SR_BY_MEMBER | SR_BY_CURATOR | SR_BY_OFFICER, NULL,
		SR_EFFECT_ITEM, FIELDS{
		F("item", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_RETENTION, "retention", SR_BY_CURATOR | SR_BY_OFFICER, NULL, SR_EFFECT_ITEM, FIELDS{
		F("item", SR_V_ID, SR_ONE),
		F("due", SR_V_TIME, SR_ONE),
		F("basis", SR_V_TOKEN, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_DESTROY, "destroy", SR_BY_SERVICE, NULL, SR_EFFECT_ITEM, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		F("items", SR_V_COUNT_ROOT, SR_ONE),
		END}},
	{SR_T_REQUEST, "request", SR_BY_PERSON, NULL, SR_EFFECT_REQUEST, request_fields},
	{SR_T_AMEND, "amend", SR_BY_PERSON, NULL, SR_EFFECT_REQUEST, request_fields},
	{SR_T_ROOM_KEY, "room-key", SR_BY_SERVICE, NULL, SR_EFFECT_REQUEST, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		F("of", SR_V_HASH, SR_ONE),
		F("key", SR_V_KEY, SR_ONE),
		END}},
	{SR_T_JOIN, "join", SR_BY_RESEARCHER, NULL, SR_EFFECT_REQUEST, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("key", SR_V_KEY, SR_ONE),
		END}},
	{SR_T_COMMENT, "comment", SR_BY_PERSON, NULL, SR_EFFECT_REQUEST, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		P_TEXT("text", SR_ONE, "actor"),
		END}},
	{SR_T_RECUSE, "recuse", SR_BY_MEMBER, NULL, SR_EFFECT_REQUEST, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_VOTE, "vote", SR_BY_MEMBER, NULL, SR_EFFECT_VOTE, FIELDS{
		F("request", SR_V_ID_HASH, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("decision", SR_V_TOKEN, SR_ONE),
		F("extension", SR_V_DEC, SR_OPTIONAL),
		SORTED("form", SR_V_TOKEN, SR_ANY),
		F("ends", SR_V_TIME, SR_OPTIONAL),
		SORTED("training", SR_V_TOKEN, SR_ANY),
		P_TEXT("condition", SR_ANY, "actor"),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		F("count", SR_V_DEC, SR_OPTIONAL),
		F("room-key", SR_V_KEY, SR_OPTIONAL),
		F("seals", SR_V_HASH, SR_OPTIONAL),
		F("bundle", SR_V_HASH, SR_OPTIONAL),
		OBJECT("pieces", SR_OPTIONAL),
		END}},
	{SR_T_WITHDRAW, "withdraw", SR_BY_PERSON, NULL, SR_EFFECT_REQUEST, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		END}},
	{SR_T_LAPSE, "lapse", SR_BY_SERVICE, NULL, SR_EFFECT_REQUEST, FIELDS{
		F("what", SR_V_TOKEN, SR_ONE),
		F("request", SR_V_ID, SR_OPTIONAL),
		F("version", SR_V_DEC, SR_OPTIONAL),
		F("grant", SR_V_ID, SR_OPTIONAL),
		F("checkout", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_OPTIONAL),
		F("flag", SR_V_ID, SR_OPTIONAL),
		F("attestation", SR_V_ID, SR_OPTIONAL),
		END}},
	{SR_T_REFUSE, "refuse", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("what", SR_V_TOKEN, SR_ONE),
		F("person", SR_V_PERSON, SR_OPTIONAL),
		F("request", SR_V_ID, SR_OPTIONAL),
		F("version", SR_V_DEC, SR_OPTIONAL),
		F("grant", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_OPTIONAL),
		F("rule", SR_V_TOKEN, SR_ONE),
		END}},
	{SR_T_GRANT, "grant", SR_BY_SERVICE, NULL, SR_EFFECT_GRANT, FIELDS{
		F("grant", SR_V_ID, SR_ONE),
		F("request", SR_V_ID, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		F("right", SR_V_TOKEN, SR_ONE),
		SORTED("person", SR_V_PERSON, SR_SOME),
		SORTED("form", SR_V_TOKEN, SR_ANY),
		SORTED("training", SR_V_TOKEN, SR_ANY),
		F("ends", SR_V_TIME, SR_ONE),
		F("level", SR_V_DEC, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("vote", SR_V_ID, SR_SOME),
		END}},
	{SR_T_SUSPEND, "suspend", SR_BY_MEMBER | SR_BY_SERVICE, NULL, SR_EFFECT_GRANT, FIELDS{
		F("grant", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_LIFT, "lift", SR_BY_MEMBER | SR_BY_CURATOR | SR_BY_OFFICER | SR_BY_SERVICE,
		"request", SR_EFFECT_GRANT, FIELDS{
		F("request", SR_V_ID, SR_OPTIONAL),
		F("grant", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_OPTIONAL),
		F("flag", SR_V_ID, SR_OPTIONAL),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_REVOKE, "revoke", SR_BY_SERVICE, NULL, SR_EFFECT_GRANT, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("grant", SR_V_ID, SR_ONE),
		END}},
	{SR_T_RENEW, "renew", SR_BY_SERVICE, NULL, SR_EFFECT_GRANT, FIELDS{
		F("request", SR_V_ID, SR_ONE),
		F("grant", SR_V_ID, SR_ONE),
		F("ends", SR_V_TIME, SR_ONE),
		END}},
	{SR_T_EXTEND, "extend", SR_BY_RESEARCHER, NULL, SR_EFFECT_GRANT, FIELDS{
		F("grant", SR_V_ID, SR_ONE),
		F("request", SR_V_ID, SR_ONE),
		F("version", SR_V_DEC, SR_ONE),
		F("number", SR_V_DEC, SR_ONE),
		F("items", SR_V_COUNT_ROOT, SR_ONE),
		OBJECT("list", SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_CLOSE, "close", SR_BY_RESEARCHER | SR_BY_CURATOR | SR_BY_OFFICER |
		SR_BY_MEMBER, NULL, SR_EFFECT_GRANT, FIELDS{
		F("grant", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_CHECKOUT, "checkout", SR_BY_RESEARCHER | SR_BY_CURATOR | SR_BY_OFFICER |
		SR_BY_MEMBER, NULL, SR_EFFECT_CHECKOUT, FIELDS{
		F("checkout", SR_V_ID, SR_ONE),
		F("right", SR_V_TOKEN, SR_ONE),
		F("grant", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_ONE),
		F("form", SR_V_TOKEN, SR_ONE),
		END}},
	{SR_T_VIEWED, "viewed", SR_BY_SERVICE, NULL, SR_EFFECT_CHECKOUT, FIELDS{
		F("checkout", SR_V_ID, SR_ONE),
		F("event", SR_V_TOKEN, SR_ONE),
		F("file", SR_V_DEC, SR_ANY),
		F("form", SR_V_TOKEN, SR_OPTIONAL),
		END}},
	{SR_T_RETURN, "return", SR_BY_RESEARCHER | SR_BY_CURATOR | SR_BY_OFFICER |
		SR_BY_MEMBER, NULL, SR_EFFECT_CHECKOUT, FIELDS{
		F("checkout", SR_V_ID, SR_ONE),
		END}},
	{SR_T_EXPORT, "export", SR_BY_SERVICE, NULL, SR_EFFECT_CHECKOUT, FIELDS{
		F("checkout", SR_V_ID, SR_ONE),
		F("grant", SR_V_ID, SR_ONE),
		F("item", SR_V_ID, SR_ONE),
		F("recipient", SR_V_NAME, SR_ONE),
		F("bytes", SR_V_DEC, SR_ONE),
		F("sha256", SR_V_HASH, SR_ONE),
		END}},
	{SR_T_ENQUIRY, "enquiry", SR_BY_OFFICER, NULL, SR_EFFECT_OFFICE, FIELDS{
		F("enquiry", SR_V_ID, SR_ONE),
		F("event", SR_V_TOKEN, SR_ONE),
		F("kind", SR_V_TOKEN, SR_OPTIONAL),
		F("deadline", SR_V_TIME, SR_OPTIONAL),
		SORTED("item", SR_V_ID, SR_ANY),
		SORTED("concerns", SR_V_PERSON, SR_ANY),
		P_TEXT("reference", SR_OPTIONAL, "enquiry"),
		P_TEXT("text", SR_ONE, "enquiry"),
		END}},
	{SR_T_NOTICE, "notice", SR_BY_SERVICE, NULL, SR_EFFECT_OFFICE, FIELDS{
		F("what", SR_V_TOKEN, SR_ONE),
		F("person", SR_V_PERSON, SR_ONE),
		F("about", SR_V_ID, SR_ONE),
		END}},
	{SR_T_READ, "read", SR_BY_PERSON, NULL, SR_EFFECT_RECORD, FIELDS{
		F("what", SR_V_TOKEN, SR_ONE),
		F("person", SR_V_PERSON, SR_OPTIONAL),
		F("item", SR_V_ID, SR_OPTIONAL),
		F("collection", SR_V_ID, SR_OPTIONAL),
		F("from", SR_V_DEC, SR_OPTIONAL),
		F("to", SR_V_DEC, SR_OPTIONAL),
		F("begins", SR_V_TIME, SR_OPTIONAL),
		F("ends", SR_V_TIME, SR_OPTIONAL),
		P_TEXT("reason", SR_OPTIONAL, "actor"),
		END}},
	{SR_T_SCRUB, "scrub", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("packs", SR_V_DEC, SR_ONE),
		F("objects", SR_V_DEC, SR_ONE),
		F("envelopes", SR_V_DEC, SR_ONE),
		F("bad", SR_V_DEC, SR_ONE),
		F("result", SR_V_TOKEN, SR_ONE),
		END}},
	{SR_T_COLLECT, "collect", SR_BY_SERVICE, NULL, SR_EFFECT_ITEM, FIELDS{
		F("removed", SR_V_COUNT_ROOT, SR_ONE),
		F("removed-bytes", SR_V_DEC, SR_ONE),
		OBJECT("removed-list", SR_ONE),
		F("added", SR_V_COUNT_ROOT, SR_ONE),
		F("added-bytes", SR_V_DEC, SR_ONE),
		OBJECT("added-list", SR_ONE),
		END}},
	{SR_T_ESCROW, "escrow", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("escrow", SR_V_ID, SR_ONE),
		F("generation", SR_V_DEC, SR_ONE),
		END}},
	{SR_T_BACKUP, "backup", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("backup", SR_V_ID, SR_ONE),
		F("result", SR_V_TOKEN, SR_ONE),
		F("escrow", SR_V_ID, SR_ONE),
		F("generation", SR_V_DEC, SR_ONE),
		F("entries", SR_V_DEC, SR_OPTIONAL),
		F("checked", SR_V_DEC, SR_OPTIONAL),
		F("secrets", SR_V_DEC, SR_OPTIONAL),
		END}},
	{SR_T_RECOVER, "recover", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("board", SR_V_ID, SR_ONE),
		F("epoch", SR_V_DEC, SR_ONE),
		F("level", SR_V_DEC, SR_ONE),
		F("ask", SR_V_HASH, SR_ONE),
		SORTED("member", SR_V_PERSON, SR_SOME),
		END}},
	{SR_T_WITNESS, "witness", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("event", SR_V_TOKEN, SR_ONE),
		F("request", SR_V_ID, SR_OPTIONAL),
		F("witnesses", SR_V_DEC, SR_OPTIONAL),
		F("quorum", SR_V_TOKEN, SR_OPTIONAL),
		OBJECT("policy", SR_OPTIONAL),
		F("rules", SR_V_HASH, SR_OPTIONAL),
		F("set", SR_V_HASH, SR_OPTIONAL),
		F("from", SR_V_TIME, SR_OPTIONAL),
		F("to", SR_V_TIME, SR_OPTIONAL),
		F("first", SR_V_DEC, SR_OPTIONAL),
		F("last", SR_V_DEC, SR_OPTIONAL),
		END}},
	{SR_T_BREAK_GLASS, "break-glass", SR_BY_MEMBER | SR_BY_CURATOR | SR_BY_OFFICER, NULL,
		SR_EFFECT_CHECKOUT, FIELDS{
		F("checkout", SR_V_ID, SR_ONE),
		P_TEXT("reason", SR_ONE, "actor"),
		END}},
	{SR_T_INCIDENT, "incident", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("what", SR_V_TOKEN, SR_ONE),
		F("person", SR_V_PERSON, SR_OPTIONAL),
		F("vote", SR_V_ID, SR_OPTIONAL),
		F("request", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_OPTIONAL),
		F("grant", SR_V_ID, SR_OPTIONAL),
		F("checkout", SR_V_ID, SR_OPTIONAL),
		F("set", SR_V_HASH, SR_OPTIONAL),
		F("rule", SR_V_TOKEN, SR_OPTIONAL),
		END}},
	{SR_T_DECIDED, "decided", SR_BY_SERVICE, NULL, SR_EFFECT_RECORD, FIELDS{
		F("of", SR_V_ID, SR_OPTIONAL),
		F("action", SR_V_TOKEN, SR_ONE),
		F("request", SR_V_ID, SR_OPTIONAL),
		F("version", SR_V_DEC, SR_OPTIONAL),
		F("grant", SR_V_ID, SR_OPTIONAL),
		F("checkout", SR_V_ID, SR_OPTIONAL),
		F("item", SR_V_ID, SR_OPTIONAL),
		F("board", SR_V_ID, SR_ONE),
		F("set", SR_V_HASH, SR_ONE),
		OBJECT("rules", SR_OPTIONAL),
		OBJECT("inputs", SR_ONE),
		F("decision", SR_V_TOKEN, SR_ONE),
		F("rule", SR_V_TOKEN, SR_ANY),
		F("protection", SR_V_TOKEN, SR_OPTIONAL),
		F("obligation", SR_V_TOKEN, SR_ANY),
		F("via", SR_V_TOKEN, SR_OPTIONAL),
		END}},
};
/* clang-format on */

bool sr_type_brings_items(enum sr_type_id id) {
	return id == SR_T_ACCESSION || id == SR_T_REDACT;
}

const struct sr_type *sr_type_at(enum sr_type_id id) {
	return (unsigned)id < SR_T_COUNT ? &table[id] : NULL;
}

const struct sr_type *sr_type_named(struct sr_bytes name) {
	for (size_t i = 0; i < SR_T_COUNT; i++) {
		if (sr_bytes_eq(name, sr_bytes_str(table[i].name)))
			return &table[i];
	}
	return NULL;
}

/* Could it be a type of a later day? */
static bool type_like(struct sr_bytes name, struct sr_bytes version) {
	bool like = name.len > 0 && version.len > 1 && version.p[0] == 'v';

	for (size_t i = 0; i < name.len; i++)
		like = like && ((name.p[i] >= 'a' && name.p[i] <= 'z') || name.p[i] == '-');
	for (size_t i = 1; i < version.len; i++)
		like = like && version.p[i] >= '0' && version.p[i] <= '9';
	return like;
}

int sr_type_of_line(const struct sr_type **out, struct sr_bytes line, struct sr_err *e) {
	static const char prefix[] = "strongroom/";
	const size_t prefix_len = sizeof prefix - 1;
	char shown[128];
	sr_escape_to(shown, sizeof shown, line);
	if (line.len < prefix_len || memcmp(line.p, prefix, prefix_len) != 0)
		return sr_fail(
			e, SR_CORRUPT, "type line \"%s\" does not begin \"strongroom/\"", shown);
	size_t end = line.len; /* the last slash parts name and version */
	while (end > prefix_len && line.p[end - 1] != '/')
		end--;
	if (end == prefix_len)
		return sr_fail(e, SR_CORRUPT, "type line \"%s\" has no version", shown);
	const struct sr_bytes name = sr_bytes_of(line.p + prefix_len, end - 1 - prefix_len);
	const struct sr_bytes version = sr_bytes_of(line.p + end, line.len - end);
	const struct sr_type *t = sr_type_named(name);
	if (t == NULL && type_like(name, version))
		return sr_fail(e, SR_UNSUPPORTED,
			"type line \"%s\" names no statement known here: a newer strongroom may "
			"know it",
			shown);
	if (t == NULL)
		return sr_fail(
			e, SR_CORRUPT, "type line \"%s\" names no statement known here", shown);
	if (!sr_bytes_eq(version, sr_bytes_str("v1")))
		return sr_fail(e, SR_UNSUPPORTED,
			"type line \"%s\": version v1 is read here, a newer strongroom may read "
			"that one",
			shown);
	*out = t;
	return 0;
}

const struct sr_field *sr_type_field(const struct sr_type *t, struct sr_bytes key) {
	for (const struct sr_field *f = t->fields; f->key != NULL; f++) {
		if (sr_bytes_eq(key, sr_bytes_str(f->key)))
			return f;
	}
	return NULL;
}

const char *sr_compartment_name(enum sr_compartment c) {
	switch (c) {
	case SR_STRUCTURAL:
		return "structural";
	case SR_DESCRIPTIVE:
		return "descriptive";
	case SR_PERSONAL:
		return "personal";
	}
	return "unknown";
}

static bool is_token(struct sr_bytes v) {
	if (v.len < 1 || v.len > 128)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		const uint8_t c = v.p[i];
		const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		const bool mark = c == '.' || c == '_' || c == ':' || c == '+' || c == '-';
		if (!word && !(i > 0 && mark))
			return false;
	}
	return true;
}

static bool is_name(struct sr_bytes v) {
	if (v.len < 1 || v.len > 255)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] < '!' || v.p[i] > '~')
			return false;
	}
	return true;
}

static bool is_person(struct sr_bytes v) {
	uint8_t id[8];
	return v.len == 18 && v.p[0] == 'p' && v.p[1] == '-' &&
	       sr_unhex(id, sizeof id, sr_bytes_of(v.p + 2, 16), NULL) == 0;
}

static bool is_hex(struct sr_bytes v, size_t len) {
	uint8_t bytes[SR_HASH];
	return sr_unhex(bytes, len, v, NULL) == 0;
}

static bool is_key(struct sr_bytes v) {
	uint8_t key[SR_KEY];
	return sr_unbase64_fixed(key, sizeof key, v, NULL) == 0;
}

static bool is_dec(struct sr_bytes v) {
	uint64_t n;
	return sr_parse_dec(&n, v, INT64_MAX, NULL) == 0;
}

static bool is_time(struct sr_bytes v) {
	int64_t t;
	return sr_time_parse(&t, v, NULL) == 0;
}

static int check_card(struct sr_bytes v, struct sr_err *e) {
	struct sr_buf b;
	struct sr_card c;
	sr_buf_init(&b);
	int rc = sr_unbase64(&b, v, e);
	if (rc == 0)
		rc = sr_card_read(&c, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

int sr_value_check(enum sr_value_kind kind, struct sr_bytes v, struct sr_err *e) {
	const char *want = NULL;
	const bool two = sr_word_count(v) == 2;
	switch (kind) {
	case SR_V_ID:
		want = is_hex(v, SR_ID) ? NULL : "32 lowercase hex digits";
		break;
	case SR_V_HASH:
		want = is_hex(v, SR_HASH) ? NULL : "64 lowercase hex digits";
		break;
	case SR_V_PERSON:
		want = is_person(v) ? NULL : "p- and 16 lowercase hex digits";
		break;
	case SR_V_KEY:
		want = is_key(v) ? NULL : "base64 of 32 bytes";
		break;
	case SR_V_CARD:
		return check_card(v, e);
	case SR_V_TOKEN:
		want = is_token(v) ? NULL : "a token of 1 to 128 of a-z 0-9 . _ : + -";
		break;
	case SR_V_NAME:
		want = is_name(v) ? NULL : "1 to 255 printable characters without spaces";
		break;
	case SR_V_DEC:
		want = is_dec(v) ? NULL : "a decimal number below 2^63";
		break;
	case SR_V_TIME:
		want = is_time(v) ? NULL : "a time like 2026-11-21T10:00:00Z";
		break;
	case SR_V_TEXT:
		want = v.len > 1 && v.p[0] == '~' && is_key(sr_bytes_of(v.p + 1, v.len - 1))
			       ? NULL
			       : "~ and base64 of 32 bytes";
		break;
	case SR_V_COUNT_ROOT:
		want = two && is_dec(sr_word(v, 0)) && is_hex(sr_word(v, 1), SR_HASH)
			       ? NULL
			       : "a count and 64 lowercase hex digits";
		break;
	case SR_V_LEVEL_KEY:
		want = two && is_dec(sr_word(v, 0)) && is_key(sr_word(v, 1))
			       ? NULL
			       : "a level and base64 of 32 bytes";
		break;
	case SR_V_LEVEL_QUORUM:
		want = two && is_dec(sr_word(v, 0)) && is_dec(sr_word(v, 1))
			       ? NULL
			       : "a level and how many members it takes";
		break;
	case SR_V_ID_HASH:
		want = two && is_hex(sr_word(v, 0), SR_ID) && is_hex(sr_word(v, 1), SR_HASH)
			       ? NULL
			       : "32 and 64 lowercase hex digits";
		break;
	}
	if (want == NULL)
		return 0;
	char shown[96];
	return sr_fail(e, SR_CORRUPT, "value \"%s\" is not %s",
		sr_escape_to(shown, sizeof shown, v), want);
}
