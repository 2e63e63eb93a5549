/*
 * rules - see rules.h. One function per statement type that a person signs; a type without one is
 * denied. A function reads top to bottom: the first thing that is not met is the ruling. Statements
 * of the service are made by board/follow.c from state that was just read and are not judged here;
 * replay checks their steps.
 */
#include "board/rules.h"

#include <stdarg.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/time.h"
#include "board/ceremony.h"
#include "crypto/age.h"
#include "crypto/box.h"
#include "ledger/card.h"

static const char *const forms[] = {
	"metadata", "description", "features", "text", "outline", "grey", "colour", "sound", NULL};
static const char *const purposes[] = {"research", "teaching", "investigation", "journalism",
	"legal-defence", "preservation", "moderation-study", "classifier-training", NULL};
static const char *const hazards[] = {"graphic", "sexual-violence", "hate", "instructional",
	"malware", "personal-data", "violence", "self-harm", "minors", "extremist", "traumatic",
	"referral", NULL};
/* Hazards whose items are sealed to the highest level: they harm beyond the reader (DESIGN 2, 8).
 */
static const char *const hazards_high[] = {
	"instructional", "sexual-violence", "malware", "personal-data", "minors", NULL};

static bool in_list(const char *const *list, struct sr_bytes word) {
	for (; *list != NULL; list++)
		if (sr_bytes_eq(word, sr_bytes_str(*list)))
			return true;
	return false;
}

bool sr_rules_form(struct sr_bytes word) {
	return in_list(forms, word);
}
bool sr_rules_purpose(struct sr_bytes word) {
	return in_list(purposes, word);
}
bool sr_rules_hazard(struct sr_bytes word) {
	return in_list(hazards, word);
}
const char *const *sr_rules_forms(void) {
	return forms;
}
const char *const *sr_rules_purposes(void) {
	return purposes;
}
const char *const *sr_rules_hazards(void) {
	return hazards;
}

int sr_rules_level(
	uint32_t *level, const struct sr_board_row *b, const char *words, struct sr_err *e) {
	if (b->level_count == 0)
		return sr_fail(e, SR_DENIED, "the board has no quorum level yet");
	if (sr_token_in(words, "referral"))
		return sr_fail(e, SR_DENIED,
			"hazard referral: such an item is never released, requested or granted");
	*level = b->levels[0].level;
	for (const char *const *h = hazards_high; *h != NULL; h++)
		if (sr_token_in(words, *h))
			*level = b->levels[b->level_count - 1].level;
	return 0;
}

bool sr_rules_raised(const struct sr_board_row *b, const struct sr_item_row *item) {
	uint32_t need = 0;

	return sr_rules_level(&need, b, item->hazards, NULL) != 0 || need > item->level;
}

/* What every rule function has at hand. */
struct ctx {
	struct sr_ruling *out;
	struct sr_catalogue *cat;
	int64_t now;
	const uint8_t *items;
	size_t item_count;
	const struct sr_statement *s;
	struct sr_person_row me;
	struct sr_board_row board;
	struct sr_err *e;
};

/* The ruling "no": returns 0, so that `return deny(...)` ends a rule. The last argument of ${fmt}
 * may be a help. */
static int deny(struct ctx *c, const char *rule, const char *help, const char *fmt, ...)
	SR_PRINTF(4, 5);
static int deny(struct ctx *c, const char *rule, const char *help, const char *fmt, ...) {
	va_list ap;

	c->out->allowed = false;
	snprintf(c->out->rule, sizeof c->out->rule, "%s", rule);
	snprintf(c->out->help, sizeof c->out->help, "%s", help);
	va_start(ap, fmt);
	vsnprintf(c->out->why, sizeof c->out->why, fmt, ap);
	va_end(ap);
	return 0;
}

static int allow(struct ctx *c) {
	c->out->allowed = true;
	return 0;
}

static void hex_id(char out[2 * SR_ID + 1], const uint8_t id[SR_ID]) {
	sr_hex(out, id, SR_ID);
}

static bool has_role(const struct ctx *c, unsigned role) {
	return (c->me.roles & role) != 0;
}

static const struct sr_member_row *member_of(const struct sr_board_row *b, const char *person) {
	for (size_t i = 0; i < b->member_count; i++)
		if (strcmp(b->members[i].person, person) == 0 && b->members[i].active)
			return &b->members[i];
	return NULL;
}

/* --- the ceremony ----------------------------------------------------------------------------- */

static int run_of(struct ctx *c, struct sr_run_row *run) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "run", 0, c->e);

	return rc != 0 ? rc : sr_query_run(run, c->cat, id, c->e);
}

static int rule_deal(struct ctx *c) {
	struct sr_vault_row vault;
	struct sr_run_row run;
	uint8_t now[SR_ID], named[SR_ID];
	uint64_t number = 0;
	int rc;

	if (c->board.opened)
		return deny(c, "board-open", "a reshare changes members",
			"the board's keys are made already");
	rc = sr_field_id(named, c->s, "run", 0, c->e);
	if (rc == 0)
		rc = sr_query_vault(&vault, c->cat, c->e);
	if (rc == 0)
		rc = sr_ceremony_current(&number, now, c->cat, vault.fingerprint, c->e);
	if (rc != 0)
		return rc;
	rc = run_of(c, &run);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		if (memcmp(named, now, SR_ID) != 0)
			return deny(c, "not-this-run", "board deal does",
				"run %llu is the one to deal in, and the statement names another",
				(unsigned long long)number);
		if (number > SR_BOARD_RUNS_MAX)
			return deny(c, "runs-spent",
				"found another vault without the member who spoils them",
				"%d runs of the key generation were voided by complaints",
				SR_BOARD_RUNS_MAX);
		return allow(c); /* the first deal of a run begins it */
	}
	if (rc != 0)
		return rc;
	if (run.state != SR_S_DEALING)
		return deny(c, "run-ended", "deal in the next run (board deal)",
			"this run of the key generation is %s", sr_state_name(run.state));
	for (size_t i = 0; i < run.member_count; i++)
		if (strcmp(run.members[i].person, c->me.person) == 0 && run.members[i].dealt)
			return deny(c, "dealt-already", "",
				"member %s has dealt in this run already", c->me.person);
	return allow(c);
}

static int rule_accept(struct ctx *c) {
	struct sr_run_row run;
	uint8_t transcript[SR_HASH];
	int rc = run_of(c, &run);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-run", "", "no such run of the key generation");
	if (rc == 0)
		rc = sr_field_hash(transcript, c->s, "transcript", 0, c->e);
	if (rc != 0)
		return rc;
	if (run.state != SR_S_DEALING)
		return deny(c, "run-ended", "", "this run of the key generation is %s",
			sr_state_name(run.state));
	for (size_t i = 0; i < run.member_count; i++) {
		const struct sr_run_member *m = &run.members[i];

		if (!m->dealt)
			return deny(c, "deal-missing", "accept when all have dealt",
				"member %s has not dealt yet", m->person);
		if (strcmp(m->person, c->me.person) == 0 && m->accepted)
			return deny(c, "accepted-already", "", "member %s has accepted already",
				c->me.person);
		if (m->accepted && memcmp(m->transcript, transcript, SR_HASH) != 0)
			return deny(c, "transcript-differs",
				"compare `board minutes` with each other before going on",
				"member %s accepted another transcript than this one", m->person);
	}
	return allow(c);
}

/* The complaint by ${complainer} about ${dealer}'s share of ${level} in ${run}; NULL: none. */
static const struct sr_complaint_row *complaint_of(const struct sr_complaints *l,
	const uint8_t run[SR_ID], const char *complainer, const char *dealer, uint64_t level) {
	for (size_t i = 0; i < l->count; i++)
		if (memcmp(l->rows[i].run, run, SR_ID) == 0 && l->rows[i].level == level &&
			strcmp(l->rows[i].person, complainer) == 0 &&
			strcmp(l->rows[i].dealer, dealer) == 0)
			return &l->rows[i];
	return NULL;
}

static const struct sr_run_member *in_run(const struct sr_run_row *run, const char *person) {
	for (size_t i = 0; i < run->member_count; i++)
		if (strcmp(run->members[i].person, person) == 0)
			return &run->members[i];
	return NULL;
}

static bool has_level(const struct sr_board_row *b, uint64_t level) {
	for (size_t i = 0; i < b->level_count; i++)
		if (b->levels[i].level == level)
			return true;
	return false;
}

/* What complaint and reveal have in common: run, the other member, the level, complaints so far. */
struct quarrel {
	struct sr_run_row run;
	char other[SR_PERSON_TEXT];
	uint64_t level;
	struct sr_complaints all;
};

static int quarrel_read(struct ctx *c, struct quarrel *q, const char *other) {
	struct sr_bytes person = sr_field(c->s, other, 0);
	int rc = run_of(c, &q->run);

	if (rc == 0)
		rc = sr_field_dec(&q->level, c->s, "level", 0, c->e);
	if (rc == 0)
		rc = sr_query_complaints(&q->all, c->cat, q->run.run, c->e);
	memcpy(q->other, person.p, SR_PERSON_TEXT - 1);
	q->other[SR_PERSON_TEXT - 1] = '\0';
	return rc;
}

static int complaint_judge(struct ctx *c, const struct quarrel *q) {
	const struct sr_run_member *dealer = in_run(&q->run, q->other),
				   *me = in_run(&q->run, c->me.person);

	if (!sr_state_may(SR_M_RUN, q->run.state, SR_E_COMPLAINT))
		return deny(c, "run-ended", "", "this run of the key generation is %s",
			sr_state_name(q->run.state));
	if (dealer == NULL || !dealer->dealt)
		return deny(c, "deal-missing", "", "%s has not dealt in this run", q->other);
	if (me == dealer)
		return deny(c, "own-deal", "", "nobody complains of their own deal");
	if (!has_level(&c->board, q->level))
		return deny(c, "no-such-level", "", "the board has no level %llu",
			(unsigned long long)q->level);
	if (me != NULL && me->accepted)
		return deny(c, "accepted-already", "",
			"member %s has accepted the transcript of this run", c->me.person);
	if (complaint_of(&q->all, q->run.run, c->me.person, q->other, q->level) != NULL)
		return deny(c, "complained-already", "board show says what is next",
			"member %s has complained of this share already", c->me.person);
	return allow(c);
}

static int reveal_judge(struct ctx *c, const struct quarrel *q) {
	const struct sr_complaint_row *row =
		complaint_of(&q->all, q->run.run, q->other, c->me.person, q->level);

	if (row == NULL || !sr_state_may(SR_M_RUN, q->run.state, SR_E_REVEAL))
		return deny(c, "no-such-complaint", "",
			"%s has not complained of this share, and nobody publishes another's share",
			q->other);
	if (row->revealed)
		return deny(c, "revealed-already", "board show judges it",
			"member %s has answered this complaint already", c->me.person);
	return allow(c);
}

static int rule_quarrel(struct ctx *c) {
	bool complaint = c->s->type->id == SR_T_COMPLAINT;
	struct quarrel *q = calloc(1, sizeof *q);
	int rc = q == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			   : quarrel_read(c, q, complaint ? "dealer" : "member");

	if (rc == SR_NOTFOUND)
		rc = deny(c, "no-such-run", "", "no such run of the key generation");
	else if (rc == 0)
		rc = complaint ? complaint_judge(c, q) : reveal_judge(c, q);
	if (q != NULL)
		sr_complaints_free(&q->all);
	free(q);
	return rc;
}

/* --- people ----------------------------------------------------------------------------------- */

static int rule_person(struct ctx *c) {
	struct sr_bytes person = sr_field(c->s, "person", 0);
	struct sr_person_row row = {0};
	char name[SR_PERSON_TEXT];
	int rc;

	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++) {
		unsigned role = sr_role_named(sr_field(c->s, "role", i));

		if (role == 0)
			return deny(c, "unknown-role", "", "unknown role in line %zu", i + 1);
		if ((role & (SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) == 0)
			return deny(c, "role-needs-quorum",
				"person add for this role makes a request that members vote on",
				"the role %s is given by a quorum of the board, not by one person",
				sr_role_name(role));
	}
	memcpy(name, person.p, SR_PERSON_TEXT - 1);
	name[SR_PERSON_TEXT - 1] = '\0';
	rc = sr_query_person(&row, c->cat, name, c->e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		return allow(c);
	}
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++)
		if ((row.roles & sr_role_named(sr_field(c->s, "role", i))) == 0) {
			sr_person_row_free(&row);
			return allow(c);
		}
	sr_person_row_free(&row);
	return deny(c, "has-role", "", "%s has that role already", name);
}

static int rule_person_end(struct ctx *c) {
	struct sr_person_row row = {0};
	struct sr_bytes person = sr_field(c->s, "person", 0);
	char name[SR_PERSON_TEXT];
	unsigned roles;
	int rc;

	memcpy(name, person.p, SR_PERSON_TEXT - 1);
	name[SR_PERSON_TEXT - 1] = '\0';
	rc = sr_query_person(&row, c->cat, name, c->e);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-person", "", "%s is not known here", name);
	if (rc != 0)
		return rc;
	roles = row.roles;
	sr_person_row_free(&row);
	if ((roles & ~(unsigned)(SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) != 0)
		return deny(
			c, "role-needs-quorum", "", "%s has a role that only a quorum ends", name);
	return allow(c);
}

/* --- items ------------------------------------------------------------------------------------ */

static int item_of(struct ctx *c, struct sr_item_row *item) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "item", 0, c->e);

	return rc != 0 ? rc : sr_query_item(item, c->cat, id, c->e);
}

static int rule_accession(struct ctx *c) {
	struct sr_collection_row row = {0};
	struct sr_accession_row acc;
	uint8_t id[SR_ID];
	int rc;

	if (!c->board.opened)
		return deny(c, "board-not-open", "every founding member accepts first",
			"the board has no keys yet");
	rc = sr_field_id(id, c->s, "accession", 0, c->e);
	if (rc != 0)
		return rc;
	rc = sr_query_accession(&acc, c->cat, id, c->e);
	if (rc == 0)
		return deny(c, "accession-taken", "", "an accession with this id is there already");
	if (rc != SR_NOTFOUND)
		return rc;
	rc = sr_field_id(id, c->s, "collection", 0, c->e);
	if (rc == 0)
		rc = sr_query_collection(&row, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-collection", "collection list shows them",
			"no such collection");
	sr_collection_row_free(&row);
	return rc != 0 ? rc : allow(c);
}

static int check_hazards(struct ctx *c, bool *ok) {
	*ok = true;
	if (sr_field_count(c->s, "hazard") >= sizeof hazards / sizeof hazards[0]) {
		*ok = false;
		return deny(c, "hazard-twice", "name each hazard once", "%zu hazards, of %zu known",
			sr_field_count(c->s, "hazard"), sizeof hazards / sizeof hazards[0] - 1);
	}
	/* `none` alone says that there is none, where no line at all leaves them as they are. */
	if (sr_field_count(c->s, "hazard") == 1 &&
		sr_bytes_eq(sr_field(c->s, "hazard", 0), sr_bytes_str("none")))
		return 0;
	for (size_t i = 0; i < sr_field_count(c->s, "hazard"); i++)
		if (!sr_rules_hazard(sr_field(c->s, "hazard", i))) {
			char word[80];

			*ok = false;
			sr_escape_to(word, sizeof word, sr_field(c->s, "hazard", i));
			return deny(c, "unknown-hazard", "describe --help lists them",
				"unknown hazard %s", word);
		}
	return 0;
}

static int rule_describe(struct ctx *c) {
	struct sr_item_row item = {0};
	bool ok = false, referral;
	int rc = item_of(c, &item);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	referral = (item.flags & SR_ITEM_REFERRAL) != 0;
	sr_item_row_free(&item);
	rc = check_hazards(c, &ok);
	if (rc != 0 || !ok)
		return rc;
	for (size_t i = 0; i < sr_field_count(c->s, "hazard"); i++)
		if (sr_bytes_eq(sr_field(c->s, "hazard", i), sr_bytes_str("referral")))
			referral = false;
	if (referral && sr_field_count(c->s, "hazard") > 0)
		return deny(c, "referral", "name it among the hazards",
			"the item is marked for referral, and no description takes that back");
	return allow(c);
}

/* Hazards of the release line by line as one string of tokens. */
static void join_tokens(char *out, size_t size, const struct sr_statement *s, const char *key) {
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sr_field_count(s, key); i++) {
		struct sr_bytes w = sr_field(s, key, i);

		if (at + w.len + 2 > size)
			return;
		if (at > 0)
			out[at++] = ' ';
		memcpy(out + at, w.p, w.len);
		at += w.len;
		out[at] = '\0';
	}
}

static int release_item(struct ctx *c, const struct sr_item_row *item) {
	char words[1024];
	uint32_t level = 0;
	uint64_t given = 0, number = 0;
	bool ok = false;
	int rc = check_hazards(c, &ok);

	if (rc != 0 || !ok)
		return rc;
	if (item->state != SR_S_HELD)
		return deny(c, "not-held", "", "the item is %s", sr_state_name(item->state));
	if (strcmp(item->depositor, c->me.person) == 0)
		return deny(c, "own-deposit", "another curator releases it",
			"%s deposited this item", c->me.person);
	if (!item->described)
		return deny(c, "not-described", "describe ITEM --title ...",
			"the item has no title yet");
	if ((item->flags & (SR_ITEM_REFERRAL | SR_ITEM_SEALED)) != 0)
		return deny(c, "referral", "",
			"the item is marked for referral or sealed: it is never released");
	join_tokens(words, sizeof words, c->s, "hazard");
	for (const char *const *h = hazards; *h != NULL; h++)
		if (sr_token_in(item->hazards, *h) && !sr_token_in(words, *h))
			return deny(c, "hazard-dropped",
				"describe the item anew if the hazard does not apply",
				"the item is described with hazard %s, the release leaves it out",
				*h);
	rc = sr_rules_level(&level, &c->board, words, c->e);
	if (rc == SR_DENIED)
		return deny(c, "referral", "", "hazard referral: such an item is never released");
	if (rc == 0)
		rc = sr_field_dec(&given, c->s, "level", 0, c->e);
	if (rc == 0)
		rc = sr_field_dec(&number, c->s, "number", 0, c->e);
	if (rc != 0)
		return rc;
	if (given < level)
		return deny(c, "level-too-low", "",
			"its hazards need level %u, the release says %llu", level,
			(unsigned long long)given);
	ok = false;
	for (size_t i = 0; i < c->board.level_count; i++)
		ok = ok || c->board.levels[i].level == given;
	if (!ok)
		return deny(c, "no-such-level", "", "the board has no level %llu",
			(unsigned long long)given);
	if (number != (uint64_t)item->number + 1)
		return deny(c, "envelope-number", "prepare the release again",
			"want envelope number %u, have %llu", item->number + 1,
			(unsigned long long)number);
	return allow(c);
}

static int rule_release(struct ctx *c) {
	struct sr_item_row item = {0};
	int rc = item_of(c, &item);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	rc = release_item(c, &item);
	sr_item_row_free(&item);
	return rc;
}

/* --- requests --------------------------------------------------------------------------------- */

static bool field_is(const struct sr_statement *s, const char *key, const char *word) {
	return sr_bytes_eq(sr_field(s, key, 0), sr_bytes_str(word));
}

/* Lines that requests of a kind have, others not: 1 must, 0 may, -1 must not. */
struct shape {
	const char *kind;
	int items, form, purpose, ends, person, key, recipient, target, subject, collection, role;
};
static const struct shape shapes[] = {
	{"access", 1, 1, 1, 1, 0, 1, -1, -1, -1, -1, -1},
	{"export", 1, -1, 1, 1, 0, 1, 1, -1, -1, -1, -1},
	{"revoke", -1, -1, -1, -1, -1, -1, -1, 1, -1, -1, -1},
	{"role", -1, -1, -1, -1, -1, -1, -1, -1, 1, -1, 1},
	{"collection", -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, -1},
};

/* True when the shape holds; else the ruling is made. */
static bool shape_holds(struct ctx *c, const struct shape *sh) {
	const struct {
		const char *key;
		int want;
	} lines[] = {{"items", sh->items}, {"list", sh->items}, {"form", sh->form},
		{"purpose", sh->purpose}, {"ends", sh->ends}, {"person", sh->person},
		{"key", sh->key}, {"recipient", sh->recipient}, {"target", sh->target},
		{"subject", sh->subject}, {"card", sh->subject}, {"role", sh->role},
		{"collection", sh->collection}, {"dedupe", sh->collection},
		{"name", sh->collection}};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		size_t n = sr_field_count(c->s, lines[i].key);

		if (lines[i].want > 0 && n == 0) {
			deny(c, "request-incomplete", "", "a request of kind %s needs the line %s",
				sh->kind, lines[i].key);
			return false;
		}
		if (lines[i].want < 0 && n > 0) {
			deny(c, "request-surplus", "", "a request of kind %s has no line %s",
				sh->kind, lines[i].key);
			return false;
		}
	}
	return true;
}

/* Forms, purposes and dates of an access or export request. */
static int request_terms(struct ctx *c) {
	int64_t ends = 0, closes = 0;
	char word[80];
	int rc = sr_field_time(&ends, c->s, "ends", 0, c->e);

	if (rc != 0)
		return rc;
	if (ends <= c->now)
		return deny(c, "ends-past", "", "its end lies in the past");
	if (ends > c->now + SR_RULES_ENDS_MAX_S)
		return deny(c, "ends-too-late", "ask again when it has ended",
			"its end lies more than %d days ahead", SR_RULES_ENDS_MAX_S / 86400);
	rc = sr_field_time(&closes, c->s, "closes", 0, NULL);
	if (rc == 0 && closes <= c->now)
		return deny(c, "closes-past", "", "its closing date lies in the past");
	for (size_t i = 0; i < sr_field_count(c->s, "form"); i++)
		if (!sr_rules_form(sr_field(c->s, "form", i))) {
			sr_escape_to(word, sizeof word, sr_field(c->s, "form", i));
			return deny(c, "unknown-form", "request --help lists them",
				"unknown form %s", word);
		}
	for (size_t i = 0; i < sr_field_count(c->s, "purpose"); i++)
		if (!sr_rules_purpose(sr_field(c->s, "purpose", i))) {
			sr_escape_to(word, sizeof word, sr_field(c->s, "purpose", i));
			return deny(c, "unknown-purpose", "request --help lists them",
				"unknown purpose %s", word);
		}
	return allow(c);
}

/* X25519 keys that nobody can seal to would stop every vote on the request. */
static int key_usable(struct ctx *c) {
	uint8_t key[SR_X_PK];
	int rc = sr_field_key(key, c->s, "key", 0, c->e);

	if (rc != 0)
		return rc;
	return sr_box_pk_check(key, NULL) == 0
		       ? allow(c)
		       : deny(c, "key-unusable", "", "the request key is a point of low order");
}

/* An export that all voted for must not fail for want of a key to seal it to. */
static int recipient_usable(struct ctx *c) {
	uint8_t pk[SR_X_PK];

	return sr_age_recipient_parse(pk, sr_field(c->s, "recipient", 0), NULL) == 0
		       ? allow(c)
		       : deny(c, "recipient-unusable", "identity age prints one",
				 "the recipient is not an age X25519 recipient");
}

static int request_people(struct ctx *c) {
	size_t n = sr_field_count(c->s, "person");

	if (!has_role(c, SR_ROLE_RESEARCHER))
		return deny(c, "role-missing", "a curator or officer adds you as researcher",
			"%s is not a researcher here", c->me.person);
	if (n + 1 > SR_REQUEST_PEOPLE_MAX)
		return deny(c, "too-many-people", "split the request",
			"want at most %d people, have %zu", SR_REQUEST_PEOPLE_MAX, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct sr_bytes p = sr_field(c->s, "person", i);
		struct sr_person_row row = {0};
		char name[SR_PERSON_TEXT];
		unsigned roles;
		int rc;

		memcpy(name, p.p, SR_PERSON_TEXT - 1);
		name[SR_PERSON_TEXT - 1] = '\0';
		if (strcmp(name, c->me.person) == 0)
			return deny(
				c, "named-twice", "", "the applicant is not a co-applicant too");
		rc = sr_query_person(&row, c->cat, name, c->e);
		if (rc != 0 && rc != SR_NOTFOUND)
			return rc;
		roles = rc == 0 ? row.roles : 0;
		sr_person_row_free(&row);
		if ((roles & SR_ROLE_RESEARCHER) == 0)
			return deny(c, "not-a-researcher", "",
				"co-applicant %s is not a researcher here", name);
	}
	return allow(c);
}

/* Every item asked for can be granted, and the level is the highest among them: no partial grant
 * (DESIGN 6a). */
static int request_items(struct ctx *c, uint64_t level) {
	uint32_t highest = 0;
	uint64_t count = 0;
	uint8_t root[SR_HASH];
	int rc = sr_field_count_root(&count, root, c->s, "items", c->e);

	if (rc != 0)
		return rc;
	if (count == 0 || count > SR_REQUEST_ITEMS_MAX)
		return deny(c, "too-many-items", "split the request",
			"want 1 to %d items, have %llu", SR_REQUEST_ITEMS_MAX,
			(unsigned long long)count);
	if (c->items == NULL || c->item_count != count)
		return deny(c, "list-missing", "",
			"the list of items is not the one that the request names");
	for (size_t i = 0; i < c->item_count; i++) {
		struct sr_item_row item = {0};
		char id[2 * SR_ID + 1];
		enum sr_state state;
		unsigned flags;

		hex_id(id, c->items + i * SR_ID);
		rc = sr_query_item(&item, c->cat, c->items + i * SR_ID, c->e);
		if (rc != 0 && rc != SR_NOTFOUND)
			return rc;
		state = rc == 0 ? item.state : SR_S_NONE;
		flags = item.flags;
		if (rc == 0 && item.level > highest)
			highest = item.level;
		sr_item_row_free(&item);
		if (state != SR_S_RELEASED ||
			(flags & ~(unsigned)(SR_ITEM_EMBARGO | SR_ITEM_HOLD)) != 0)
			return deny(c, "item-not-released", "list shows what can be requested",
				"item %.8s is not released (or does not exist)", id);
	}
	if (highest != level)
		return deny(c, "level-differs", "fetch the items anew",
			"its items need level %u, the request says %llu", highest,
			(unsigned long long)level);
	return allow(c);
}

static int revoke_target(struct ctx *c) {
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	enum sr_state state;
	int rc = sr_field_id(id, c->s, "target", 0, c->e);

	if (rc == 0)
		rc = sr_query_grant(&g, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-grant", "", "no such grant");
	if (rc != 0)
		return rc;
	state = g.state;
	sr_grant_row_free(&g);
	if (!sr_state_may(SR_M_GRANT, state, SR_E_REVOKE))
		return deny(c, "grant-ended", "", "the grant is %s already", sr_state_name(state));
	return allow(c);
}

/* The card must be the subject's: otherwise the last vote would find that the role cannot be given.
 */
static int role_card(struct ctx *c) {
	struct sr_buf bytes;
	struct sr_card card;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, c->s, "card", 0, c->e);
	if (rc == 0)
		rc = sr_card_read(&card, sr_buf_view(&bytes), c->e);
	sr_buf_free(&bytes);
	if (rc != 0)
		return rc;
	if (!sr_bytes_eq(sr_field(c->s, "subject", 0), sr_bytes_str(card.person)))
		return deny(c, "other-card", "", "the card is that of %s", card.person);
	return allow(c);
}

static int collection_request(struct ctx *c) {
	struct sr_collection_row row = {0};
	uint8_t id[SR_ID];
	int rc;

	if (!field_is(c->s, "dedupe", "collection") && !field_is(c->s, "dedupe", "none"))
		return deny(c, "unknown-dedupe", "", "dedupe is collection or none");
	rc = sr_field_id(id, c->s, "collection", 0, c->e);
	if (rc == 0)
		rc = sr_query_collection(&row, c->cat, id, c->e);
	sr_collection_row_free(&row);
	if (rc == 0)
		return deny(c, "collection-taken", "",
			"a collection with this id is there "
			"already");
	return rc == SR_NOTFOUND ? allow(c) : rc;
}

static int role_request(struct ctx *c) {
	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++) {
		unsigned role = sr_role_named(sr_field(c->s, "role", i));

		if (role == 0)
			return deny(c, "unknown-role", "", "unknown role in line %zu", i + 1);
		if (role == SR_ROLE_MEMBER)
			return deny(c, "member-needs-reshare", "",
				"a member joins the board by a reshare of its keys only");
	}
	return role_card(c);
}

/* What depends on the kind, after the shape: who may ask, and what for. */
static int request_by_kind(struct ctx *c, const struct shape *sh) {
	uint64_t epoch = 0, level = 0;
	int rc = sr_field_dec(&epoch, c->s, "epoch", 0, c->e);

	if (rc == 0)
		rc = sr_field_dec(&level, c->s, "level", 0, c->e);
	if (rc != 0)
		return rc;
	if (epoch != c->board.epoch)
		return deny(c, "other-epoch", "fetch the board's state anew",
			"made for epoch %llu, the board is in epoch %u", (unsigned long long)epoch,
			c->board.epoch);
	if (sh->items > 0) {
		rc = request_terms(c);
		if (rc == 0 && c->out->allowed)
			rc = request_people(c);
		if (rc == 0 && c->out->allowed)
			rc = key_usable(c);
		if (rc == 0 && c->out->allowed && sh->recipient > 0)
			rc = recipient_usable(c);
		if (rc == 0 && c->out->allowed)
			rc = request_items(c, level);
		return rc;
	}
	if (level != c->board.levels[0].level)
		return deny(c, "level-differs", "", "a request of kind %s is decided at level %u",
			sh->kind, c->board.levels[0].level);
	if (strcmp(sh->kind, "revoke") == 0 && !has_role(c, SR_ROLE_MEMBER | SR_ROLE_OFFICER))
		return deny(c, "role-missing", "", "members and officers ask for a revocation");
	if (strcmp(sh->kind, "revoke") == 0)
		return revoke_target(c);
	if (!has_role(c, SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_CURATOR))
		return deny(c, "role-missing", "", "members, curators and officers ask for this");
	if (strcmp(sh->kind, "role") == 0)
		return role_request(c);
	return collection_request(c);
}

static int rule_request(struct ctx *c) {
	uint64_t version = 0;
	uint8_t id[SR_ID];
	struct sr_version_row row = {0};
	int rc;

	if (!c->board.opened)
		return deny(c, "board-not-open", "every founding member accepts first",
			"the board has no keys yet");
	rc = sr_field_dec(&version, c->s, "version", 0, c->e);
	if (rc == 0)
		rc = sr_field_id(id, c->s, "request", 0, c->e);
	if (rc != 0)
		return rc;
	rc = sr_query_version(&row, c->cat, id, 0, c->e);
	sr_version_row_free(&row);
	if (rc == 0)
		return deny(c, "request-taken", "amend makes a new version",
			"a request with this id is there already");
	if (rc != SR_NOTFOUND)
		return rc;
	if (version != 1)
		return deny(c, "version", "", "a request begins with version 1, this says %llu",
			(unsigned long long)version);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (field_is(c->s, "kind", shapes[i].kind))
			return shape_holds(c, &shapes[i]) ? request_by_kind(c, &shapes[i]) : 0;
	return deny(c, "unknown-kind", "", "unknown kind of request");
}

static int version_of(struct ctx *c, struct sr_version_row *v) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "request", 0, c->e);

	return rc != 0 ? rc : sr_query_version(v, c->cat, id, 0, c->e);
}

static int amend_version(struct ctx *c, const struct sr_version_row *v) {
	uint64_t version = 0;
	int rc = sr_field_dec(&version, c->s, "version", 0, c->e);

	if (rc != 0)
		return rc;
	if (strcmp(v->applicant, c->me.person) != 0)
		return deny(c, "not-applicant", "", "only the applicant (%s) amends a request",
			v->applicant);
	if (!sr_state_may(SR_M_VERSION, v->state, SR_E_AMEND))
		return deny(c, "request-ended", "make a new request", "the request is %s",
			sr_state_name(v->state));
	if (version != (uint64_t)v->version + 1)
		return deny(c, "version", "fetch the request anew",
			"its next version is %u, this says %llu", v->version + 1,
			(unsigned long long)version);
	if (!field_is(c->s, "kind", v->kind))
		return deny(c, "kind-differs", "make a new request", "the request is of kind %s",
			v->kind);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (strcmp(v->kind, shapes[i].kind) == 0)
			return shape_holds(c, &shapes[i]) ? request_by_kind(c, &shapes[i]) : 0;
	return deny(c, "unknown-kind", "", "unknown kind of request");
}

static int rule_amend(struct ctx *c) {
	struct sr_version_row v = {0};
	int rc = version_of(c, &v);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-request", "", "no such request");
	if (rc != 0)
		return rc;
	rc = amend_version(c, &v);
	sr_version_row_free(&v);
	return rc;
}

static int rule_join(struct ctx *c) {
	struct sr_version_row v = {0};
	int rc = version_of(c, &v);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-request", "", "no such request");
	if (rc != 0)
		return rc;
	rc = deny(c, "not-named", "", "%s is no co-applicant of this request", c->me.person);
	for (size_t i = 0; i < v.people_count; i++) {
		if (strcmp(v.people[i].person, c->me.person) != 0)
			continue;
		if (v.people[i].joined)
			rc = deny(c, "joined-already", "", "%s has joined already", c->me.person);
		else if (!sr_state_may(SR_M_VERSION, v.state, SR_E_JOIN))
			rc = deny(c, "request-ended", "", "the request is %s",
				sr_state_name(v.state));
		else
			rc = key_usable(c);
	}
	sr_version_row_free(&v);
	return rc;
}

static bool named_in(const struct sr_version_row *v, const char *person) {
	if (strcmp(v->applicant, person) == 0)
		return true;
	for (size_t i = 0; i < v->people_count; i++)
		if (strcmp(v->people[i].person, person) == 0)
			return true;
	return v->subject != NULL && strcmp(v->subject, person) == 0;
}

static int rule_comment(struct ctx *c) {
	struct sr_version_row v = {0};
	int rc = version_of(c, &v);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-request", "", "no such request");
	if (rc != 0)
		return rc;
	if (!named_in(&v, c->me.person) && !has_role(c, SR_ROLE_MEMBER | SR_ROLE_OFFICER))
		rc = deny(c, "not-party", "",
			"applicants, members and officers comment on a request");
	else
		rc = allow(c);
	sr_version_row_free(&v);
	return rc;
}

static int rule_recuse(struct ctx *c) {
	struct sr_version_row v = {0};
	bool recused = false;
	int rc = version_of(c, &v);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-request", "", "no such request");
	if (rc == 0)
		rc = sr_query_recused(&recused, c->cat, v.request, c->me.person, c->e);
	if (rc == 0) {
		if (member_of(&c->board, c->me.person) == NULL)
			rc = deny(c, "role-missing", "", "%s is not a member of the board",
				c->me.person);
		else if (recused)
			rc = deny(c, "recused-already", "", "%s has stepped aside already",
				c->me.person);
		else if (!sr_state_may(SR_M_VERSION, v.state, SR_E_RECUSE))
			rc = deny(c, "request-ended", "", "the request is %s",
				sr_state_name(v.state));
		else
			rc = allow(c);
	}
	sr_version_row_free(&v);
	return rc;
}

static int rule_withdraw(struct ctx *c) {
	struct sr_version_row v = {0};
	uint64_t version = 0;
	int rc = version_of(c, &v);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-request", "", "no such request");
	if (rc == 0)
		rc = sr_field_dec(&version, c->s, "version", 0, c->e);
	if (rc == 0) {
		if (strcmp(v.applicant, c->me.person) != 0)
			rc = deny(c, "not-applicant", "",
				"only the applicant (%s) withdraws a request", v.applicant);
		else if (version != v.version)
			rc = deny(c, "version", "", "its newest version is %u, this says %llu",
				v.version, (unsigned long long)version);
		else if (!sr_state_may(SR_M_VERSION, v.state, SR_E_WITHDRAW))
			rc = deny(c, "request-ended", "", "the request is %s",
				sr_state_name(v.state));
		else
			rc = allow(c);
	}
	sr_version_row_free(&v);
	return rc;
}

/* --- votes ------------------------------------------------------------------------------------ */

/* Is the actor one of those whom the grant is for? */
static int target_names(struct ctx *c, const uint8_t grant[SR_ID], bool *named) {
	struct sr_grant_row g = {0};
	int rc = sr_query_grant(&g, c->cat, grant, c->e);

	*named = rc == 0 && sr_token_in(g.people, c->me.person);
	sr_grant_row_free(&g);
	return rc;
}

/* One top-up of a member is enough until an incident voids it: a researcher's client proves every
 * vote with pieces before it opens anything. */
static int topped_up(struct ctx *c, const struct sr_version_row *v) {
	const struct sr_grant_filter live = {.request = v->request, .state = SR_S_LIVE};
	const struct sr_page first = {.limit = 1};
	struct sr_grants grants = {0};
	struct sr_votes votes = {0};
	int rc = sr_query_grants(&grants, c->cat, &live, &first, c->e);
	const bool none = grants.count == 0;

	if (rc != 0)
		return rc;
	sr_grants_free(&grants);
	if (none)
		return deny(c, "grant-state", "a new request is needed once a grant has ended",
			"pieces are added to a live grant, and this request has none");
	rc = sr_query_votes(&votes, c->cat, v->request, v->version, c->e);
	if (rc != 0)
		return rc;
	rc = allow(c);
	for (size_t i = 0; i < votes.count; i++)
		if (!votes.rows[i].is_void && strcmp(votes.rows[i].decision, "topup") == 0 &&
			strcmp(votes.rows[i].person, c->me.person) == 0)
			rc = deny(c, "topped-up", "",
				"member %s has topped up this version already", c->me.person);
	sr_votes_free(&votes);
	return rc;
}

/* Who may vote on this version at all. */
static int vote_eligible(struct ctx *c, const struct sr_version_row *v) {
	struct sr_vote_row mine = {0};
	struct sr_tally tally;
	bool recused = false, named = false, topup = field_is(c->s, "decision", "topup");
	int rc;

	if (member_of(&c->board, c->me.person) == NULL)
		return deny(c, "role-missing", "", "%s is not an active member of the board",
			c->me.person);
	if (strcmp(v->applicant, c->me.person) == 0 &&
		(strcmp(v->kind, "access") == 0 || strcmp(v->kind, "export") == 0))
		return deny(c, "own-request", "another member votes",
			"nobody votes on their own request");
	if (v->subject != NULL && strcmp(v->subject, c->me.person) == 0)
		return deny(c, "own-request", "another member votes",
			"the request is about %s, who therefore does not vote on it", c->me.person);
	if (strcmp(v->applicant, c->me.person) != 0 && named_in(v, c->me.person))
		return deny(c, "own-request", "another member votes", "%s is named in this request",
			c->me.person);
	rc = strcmp(v->kind, "revoke") == 0 ? target_names(c, v->target, &named) : 0;
	if (rc != 0)
		return rc;
	if (named)
		return deny(c, "own-grant", "another member votes",
			"%s is named in the grant that is to be revoked", c->me.person);
	rc = sr_query_recused(&recused, c->cat, v->request, c->me.person, c->e);
	if (rc != 0)
		return rc;
	if (recused)
		return deny(c, "recused", "another member votes",
			"%s has stepped aside from this request", c->me.person);
	if (!sr_state_may(SR_M_VERSION, v->state, topup ? SR_E_TOPUP : SR_E_VOTE))
		return deny(c, "request-ended", "", "version %u of the request is %s", v->version,
			sr_state_name(v->state));
	if (!topup && v->closes != 0 && v->closes <= c->now)
		return deny(c, "closed", "the applicant may make a new request",
			"the request closed before this vote came");
	rc = sr_query_vote_of(&mine, c->cat, v, c->me.person, c->e);
	sr_vote_row_free(&mine);
	if (rc == 0 && !topup)
		return deny(c, "already-voted",
			"a vote cannot be changed; recuse voids it before the grant",
			"member %s has voted on version %u already", c->me.person, v->version);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	rc = sr_query_tally(&tally, c->cat, v->request, v->version, c->e);
	if (rc != 0)
		return rc;
	if (topup) {
		rc = topped_up(c, v);
		if (rc != 0 || !c->out->allowed)
			return rc;
	}
	if (tally.joined < tally.co_applicants)
		return deny(c, "not-joined", "each co-applicant joins first",
			"%u of %u co-applicants have not joined, so no piece can be made for them",
			tally.co_applicants - tally.joined, tally.co_applicants);
	return allow(c);
}

/* Lines that only an approval with pieces has. */
static bool carries_more(const struct ctx *c) {
	static const char *const keys[] = {"form", "ends", "count", "bundle", "pieces"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		n += sr_field_count(c->s, keys[i]);
	return n > 0;
}

/* What an approval must say and carry. */
static int vote_approval(struct ctx *c, const struct sr_version_row *v) {
	bool keyed = v->has_list;
	uint64_t count = 0;
	int64_t ends = 0;
	size_t n = sr_field_count(c->s, "form");

	if (!keyed) {
		if (carries_more(c))
			return deny(c, "vote-surplus", "",
				"a request of kind %s takes no forms, end or pieces", v->kind);
		return allow(c);
	}
	if (v->ends <= c->now)
		return deny(c, "ends-past", "the applicant amends the request",
			"the end that the request asks for has passed");
	if (sr_field_count(c->s, "bundle") == 0 || sr_field_count(c->s, "pieces") == 0 ||
		sr_field_dec(&count, c->s, "count", 0, NULL) != 0)
		return deny(c, "pieces-missing", "",
			"an approval of kind %s carries a piece for each item", v->kind);
	if (count != v->items)
		return deny(c, "pieces-count", "", "want %llu pieces, have %llu",
			(unsigned long long)v->items, (unsigned long long)count);
	/* A topup adds pieces to a grant whose forms are settled. */
	if (strcmp(v->kind, "access") == 0 && n == 0 && !field_is(c->s, "decision", "topup"))
		return deny(c, "forms-missing", "vote --form ...",
			"an approval names the forms it allows");
	for (size_t i = 0; i < n; i++) {
		struct sr_bytes f = sr_field(c->s, "form", i);
		char word[64];

		snprintf(word, sizeof word, "%.*s", (int)(f.len < 63 ? f.len : 63),
			(const char *)f.p);
		if (!sr_token_in(v->forms, word))
			return deny(c, "form-not-asked", "",
				"the form %s was not asked for (asked: %s)", word, v->forms);
	}
	if (sr_field_time(&ends, c->s, "ends", 0, NULL) == 0) {
		if (ends > v->ends)
			return deny(
				c, "ends-too-late", "", "the vote's end lies after the request's");
		if (ends <= c->now)
			return deny(c, "ends-past", "", "the vote's end lies in the past");
	}
	return allow(c);
}

/* The forms left when this vote joins those before it: none left would be a grant of nothing. */
static int vote_forms_meet(struct ctx *c, const struct sr_version_row *v) {
	struct sr_votes votes = {0};
	int rc;

	if (strcmp(v->kind, "access") != 0)
		return allow(c);
	rc = sr_query_votes(&votes, c->cat, v->request, v->version, c->e);
	if (rc != 0)
		return rc;
	rc = deny(c, "forms-disjoint", "agree on a form (comment), or reject",
		"no form is allowed by this vote and by all approvals before it");
	for (size_t i = 0; i < sr_field_count(c->s, "form") && !c->out->allowed; i++) {
		struct sr_bytes f = sr_field(c->s, "form", i);
		char word[64];
		bool all = true;

		snprintf(word, sizeof word, "%.*s", (int)(f.len < 63 ? f.len : 63),
			(const char *)f.p);
		for (size_t j = 0; j < votes.count; j++)
			if (!votes.rows[j].is_void &&
				strcmp(votes.rows[j].decision, "approve") == 0 &&
				!sr_token_in(votes.rows[j].forms, word))
				all = false;
		if (all)
			rc = allow(c);
	}
	sr_votes_free(&votes);
	return rc;
}

static int vote_on(struct ctx *c, const struct sr_version_row *v, const uint8_t hash[SR_HASH]) {
	uint64_t version = 0, epoch = 0;
	int rc = sr_field_dec(&version, c->s, "version", 0, c->e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, c->s, "epoch", 0, c->e);
	if (rc != 0)
		return rc;
	if (version != v->version)
		return deny(c, "other-version", "read the newest version and vote on that",
			"the vote is on version %llu, the request is at version %u",
			(unsigned long long)version, v->version);
	if (memcmp(hash, v->hash, SR_HASH) != 0)
		return deny(c, "other-text", "read the request anew",
			"the vote names another text of version %u", v->version);
	if (epoch != c->board.epoch || v->epoch != c->board.epoch)
		return deny(c, "other-epoch", "vote again in the board's new epoch",
			"the vote is of epoch %llu, the request of %u, the board in %u",
			(unsigned long long)epoch, v->epoch, c->board.epoch);
	rc = vote_eligible(c, v);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (field_is(c->s, "decision", "reject") || field_is(c->s, "decision", "correct")) {
		if (carries_more(c))
			return deny(c, "vote-surplus", "",
				"only an approval carries forms, an end or pieces");
		return allow(c);
	}
	if (!field_is(c->s, "decision", "approve") && !field_is(c->s, "decision", "topup"))
		return deny(c, "unknown-decision", "",
			"a decision is approve, reject, correct or topup");
	rc = vote_approval(c, v);
	if (rc != 0 || !c->out->allowed || field_is(c->s, "decision", "topup"))
		return rc;
	return vote_forms_meet(c, v);
}

static int rule_vote(struct ctx *c) {
	struct sr_version_row v = {0};
	uint8_t id[SR_ID], hash[SR_HASH];
	int rc = sr_field_id_hash(id, hash, c->s, "request", c->e);

	if (rc == 0)
		rc = sr_query_version(&v, c->cat, id, 0, c->e);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-request", "", "no such request");
	if (rc != 0)
		return rc;
	rc = vote_on(c, &v, hash);
	sr_version_row_free(&v);
	return rc;
}

/* --- grants and checkouts --------------------------------------------------------------------- */

static int grant_of(struct ctx *c, struct sr_grant_row *g) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "grant", 0, c->e);

	return rc != 0 ? rc : sr_query_grant(g, c->cat, id, c->e);
}

static int rule_suspend(struct ctx *c) {
	struct sr_grant_row g = {0};
	int rc = grant_of(c, &g);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-grant", "", "no such grant");
	if (rc != 0)
		return rc;
	if (member_of(&c->board, c->me.person) == NULL)
		rc = deny(c, "role-missing", "", "any active member suspends; %s is none",
			c->me.person);
	else if (!sr_state_may(SR_M_GRANT, g.state, SR_E_SUSPEND))
		rc = deny(c, "grant-state", "", "the grant is %s", sr_state_name(g.state));
	else if (sr_token_in(g.people, c->me.person))
		/* Whoever suspends lifts: a suspension of one's own would keep others' away. */
		rc = deny(c, "own-grant", "close ends it; another member suspends it",
			"%s is named in this grant", c->me.person);
	else
		rc = allow(c);
	sr_grant_row_free(&g);
	return rc;
}

static int rule_lift(struct ctx *c) {
	struct sr_grant_row g = {0};
	int rc = grant_of(c, &g);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-grant", "", "no such grant");
	if (rc != 0)
		return rc;
	if (!sr_state_may(SR_M_GRANT, g.state, SR_E_LIFT))
		rc = deny(c, "grant-state", "", "the grant is %s", sr_state_name(g.state));
	else if (strcmp(g.suspended_by, c->me.person) != 0)
		rc = deny(c, "not-yours", "",
			"a suspension is lifted by the member who made it (%s)", g.suspended_by);
	else
		rc = allow(c);
	sr_grant_row_free(&g);
	return rc;
}

static int rule_close(struct ctx *c) {
	struct sr_grant_row g = {0};
	int rc = grant_of(c, &g);

	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-grant", "", "no such grant");
	if (rc != 0)
		return rc;
	if (!sr_token_in(g.people, c->me.person))
		rc = deny(c, "not-named", "", "%s is not named in this grant", c->me.person);
	else if (!sr_state_may(SR_M_GRANT, g.state, SR_E_CLOSE))
		rc = deny(c, "grant-state", "", "the grant is %s", sr_state_name(g.state));
	else
		rc = allow(c);
	sr_grant_row_free(&g);
	return rc;
}

/* A checkout under a grant: everything that must hold now, whatever held when it was granted. */
static int checkout_granted(
	struct ctx *c, const struct sr_grant_row *g, const struct sr_item_row *item) {
	bool has = false;
	char form[64];
	struct sr_bytes f = sr_field(c->s, "form", 0);
	int rc;

	if (!sr_token_in(g->people, c->me.person))
		return deny(c, "not-named", "", "%s is not named in this grant", c->me.person);
	if (g->state != SR_S_LIVE)
		return deny(c, "grant-state",
			g->state == SR_S_SUSPENDED
				? "the member who suspended it, or a quorum, lifts it"
				: "",
			"the grant is %s", sr_state_name(g->state));
	if (g->ends <= c->now)
		return deny(c, "grant-expired", "make a new request", "the grant has ended");
	if (!field_is(c->s, "right", g->right))
		return deny(c, "right-not-granted", "export needs a request of its own",
			"the grant is for %s", g->right);
	rc = sr_query_grant_has_item(&has, c->cat, g->id, item->id, c->e);
	if (rc != 0)
		return rc;
	if (!has)
		return deny(c, "item-not-granted", "", "the grant does not name this item");
	snprintf(form, sizeof form, "%.*s", (int)(f.len < 63 ? f.len : 63), (const char *)f.p);
	if (strcmp(g->right, "access") == 0 && !sr_token_in(g->forms, form))
		return deny(c, "form-not-granted", "", "the form %s is not granted (granted: %s)",
			form, g->forms);
	if (item->state != SR_S_RELEASED)
		return deny(c, "item-state", "", "the item is %s", sr_state_name(item->state));
	if (item->flags != 0 && item->flags != SR_ITEM_HOLD)
		return deny(c, "item-flag", "",
			"the item is under embargo, sealed or marked for referral");
	if (sr_rules_raised(&c->board, item))
		return deny(c, "hazard-raised", "a quorum has it sealed at the higher level first",
			"the item's hazards (%s) need a higher level than the %u it is sealed to",
			item->hazards, item->level);
	return allow(c);
}

static int checkout_item(struct ctx *c, const struct sr_item_row *item) {
	struct sr_checkouts live = {0};
	struct sr_checkout_filter f = {.person = c->me.person, .item = item->id, .live = true};
	struct sr_grant_row g = {0};
	size_t n;
	int rc = sr_query_checkouts(&live, c->cat, &f, NULL, c->e);

	if (rc != 0)
		return rc;
	n = live.count;
	if (n > 0) {
		char id[2 * SR_ID + 1];

		hex_id(id, live.rows[0].id);
		sr_checkouts_free(&live);
		return deny(c, "checked-out", "return it first",
			"this item is checked out by %s already (checkout %.8s)", c->me.person, id);
	}
	sr_checkouts_free(&live);
	if (field_is(c->s, "right", "quarantine")) {
		if (!has_role(c, SR_ROLE_CURATOR))
			return deny(c, "role-missing", "",
				"curators look at held items; %s is none", c->me.person);
		if (item->state != SR_S_HELD)
			return deny(c, "not-held", "request access", "the item is %s",
				sr_state_name(item->state));
		if ((item->flags & (SR_ITEM_REFERRAL | SR_ITEM_SEALED)) != 0)
			return deny(c, "referral", "",
				"the item is marked for referral or sealed: nobody looks at it");
		return sr_field_count(c->s, "grant") > 0
			       ? deny(c, "surplus-grant", "", "a quarantine look has no grant")
			       : allow(c);
	}
	if (!field_is(c->s, "right", "access") && !field_is(c->s, "right", "export"))
		return deny(c, "unknown-right", "", "a right is access, export or quarantine");
	rc = grant_of(c, &g);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-grant", "grants shows yours", "no such grant");
	if (rc != 0)
		return rc;
	rc = checkout_granted(c, &g, item);
	sr_grant_row_free(&g);
	return rc;
}

static int rule_checkout(struct ctx *c) {
	struct sr_item_row item = {0};
	int rc;

	if (!field_is(c->s, "right", "quarantine") && sr_field_count(c->s, "grant") == 0)
		return deny(c, "no-grant", "request access first",
			"a checkout names the grant it stands on");
	rc = item_of(c, &item);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	rc = checkout_item(c, &item);
	sr_item_row_free(&item);
	return rc;
}

static int rule_return(struct ctx *c) {
	struct sr_checkout_row row = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "checkout", 0, c->e);

	if (rc == 0)
		rc = sr_query_checkout(&row, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return deny(c, "no-such-checkout", "", "no such checkout");
	if (rc != 0)
		return rc;
	if (strcmp(row.person, c->me.person) != 0)
		return deny(c, "not-yours", "", "the checkout is %s's", row.person);
	if (!sr_state_may(SR_M_CHECKOUT, row.state, SR_E_RETURN))
		return deny(
			c, "checkout-state", "", "the checkout is %s", sr_state_name(row.state));
	return allow(c);
}

/* --- dispatch --------------------------------------------------------------------------------- */

static int (*const rule_for[SR_T_COUNT])(struct ctx *c) = {
	[SR_T_DEAL] = rule_deal,
	[SR_T_ACCEPT] = rule_accept,
	[SR_T_COMPLAINT] = rule_quarrel,
	[SR_T_REVEAL] = rule_quarrel,
	[SR_T_PERSON] = rule_person,
	[SR_T_PERSON_END] = rule_person_end,
	[SR_T_ACCESSION] = rule_accession,
	[SR_T_DESCRIBE] = rule_describe,
	[SR_T_RELEASE] = rule_release,
	[SR_T_REQUEST] = rule_request,
	[SR_T_AMEND] = rule_amend,
	[SR_T_JOIN] = rule_join,
	[SR_T_COMMENT] = rule_comment,
	[SR_T_RECUSE] = rule_recuse,
	[SR_T_VOTE] = rule_vote,
	[SR_T_WITHDRAW] = rule_withdraw,
	[SR_T_SUSPEND] = rule_suspend,
	[SR_T_LIFT] = rule_lift,
	[SR_T_CLOSE] = rule_close,
	[SR_T_CHECKOUT] = rule_checkout,
	[SR_T_RETURN] = rule_return,
};

/* Roles that a type's row in ledger/types.c allows to sign, as roles of the catalogue. */
static unsigned roles_of(unsigned signers) {
	unsigned roles = 0;

	if ((signers & SR_BY_MEMBER) != 0)
		roles |= SR_ROLE_MEMBER;
	if ((signers & SR_BY_CURATOR) != 0)
		roles |= SR_ROLE_CURATOR;
	if ((signers & SR_BY_OFFICER) != 0)
		roles |= SR_ROLE_OFFICER;
	if ((signers & SR_BY_DEPOSITOR) != 0)
		roles |= SR_ROLE_DEPOSITOR;
	if ((signers & SR_BY_RESEARCHER) != 0)
		roles |= SR_ROLE_RESEARCHER;
	if ((signers & SR_BY_PERSON) != 0)
		roles |= SR_ROLES_ALL;
	return roles;
}

/* "p-... is no researcher or curator here, and a checkout statement needs one". */
static int role_missing(struct ctx *c, unsigned roles) {
	char names[160] = "";
	size_t len = 0;

	for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
		if ((roles & bit) == 0 || len >= sizeof names)
			continue;
		int n = snprintf(names + len, sizeof names - len, "%s%s", len == 0 ? "" : " or ",
			sr_role_name(bit));
		len += n > 0 ? (size_t)n : 0;
	}
	return deny(c, "role-missing", "a curator, an officer or the board gives roles",
		"%s is no %s here, and a %s statement needs one", c->me.person, names,
		c->s->type->name);
}

static bool ceremony_type(enum sr_type_id t) {
	return t == SR_T_DEAL || t == SR_T_ACCEPT || t == SR_T_COMPLAINT || t == SR_T_REVEAL;
}

int sr_rules_check(struct sr_ruling *out, const struct sr_rules *r, const struct sr_statement *s,
	struct sr_err *e) {
	struct ctx *c = calloc(1, sizeof *c);
	int rc;

	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "rules: out of memory");
	memset(out, 0, sizeof *out);
	c->out = out;
	c->cat = r->catalogue;
	c->now = r->now;
	c->items = r->items;
	c->item_count = r->item_count;
	c->s = s;
	c->e = e;
	deny(c, "default-deny", "", "no rule allows a %s statement", s->type->name);
	rc = sr_query_person(&c->me, c->cat, s->head.actor, e);
	if (rc == SR_NOTFOUND) {
		rc = deny(c, "unknown-person", "a curator or officer adds people",
			"%s is not known here", s->head.actor);
		goto out;
	}
	if (rc == 0)
		rc = sr_query_board(&c->board, c->cat, 0, e);
	if (rc != 0)
		goto out;
	if (rule_for[s->type->id] == NULL)
		goto out;
	if ((c->me.roles & roles_of(s->type->signers)) == 0)
		rc = role_missing(c, roles_of(s->type->signers));
	else if (!c->board.opened && !ceremony_type(s->type->id))
		rc = deny(c, "board-not-open", "every founding member accepts first",
			"until all members accepted the keys nothing but the ceremony is taken");
	else
		rc = rule_for[s->type->id](c);
out:
	sr_person_row_free(&c->me);
	free(c);
	return rc;
}
