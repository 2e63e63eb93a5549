/*
 * invariants - see invariants.h: the controlled terms, and the dispatch to that of a statement's
 * type; a type without one is denied. Statements of the service are made by board/follow.c from
 * state that was just read and are not judged here; replay checks their steps.
 */
#include "board/invariants_in.h"

#include <stdarg.h>

#include "board/kinds.h"

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

static const char *const hazards_distressing[] = {"graphic", "violence", "self-harm", "hate",
	"extremist", "traumatic", "sexual-violence", "minors", NULL};

static bool in_list(const char *const *list, struct sr_bytes word) {
	for (; *list != NULL; list++)
		if (sr_bytes_eq(word, sr_bytes_str(*list)))
			return true;
	return false;
}

bool sr_invariants_form(struct sr_bytes word) {
	return in_list(forms, word);
}
bool sr_invariants_purpose(struct sr_bytes word) {
	return in_list(purposes, word);
}
bool sr_invariants_hazard(struct sr_bytes word) {
	return in_list(hazards, word);
}
const char *const *sr_invariants_forms(void) {
	return forms;
}
const char *const *sr_invariants_purposes(void) {
	return purposes;
}
const char *const *sr_invariants_hazards(void) {
	return hazards;
}

const char *const *sr_invariants_distressing(void) {
	return hazards_distressing;
}

int sr_invariants_level(
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

int sr_invariants_all_hazards(char **out, const struct sr_item_row *item, struct sr_err *e) {
	const char *whole = item->hazards == NULL ? "" : item->hazards;
	const char *parts = item->parts == NULL ? "" : item->parts;

	*out = NULL;
	if (asprintf(out, "%s%s%s", whole, *whole != '\0' && *parts != '\0' ? " " : "", parts) < 0)
		return sr_fail(e, SR_NOMEM, "hazards: out of memory");
	return 0;
}

bool sr_invariants_mark_covered(
	const struct sr_board_row *b, const struct sr_mark *m, uint32_t level) {
	uint32_t need = 0;

	return sr_invariants_level(&need, b, m->hazard, NULL) == 0 && need <= level;
}

int sr_invariants_reseal_level(uint32_t *level, const struct sr_board_row *b,
	const struct sr_item_row *item, struct sr_err *e) {
	uint32_t need = item->level;
	char *words = NULL;
	int rc = sr_invariants_all_hazards(&words, item, e);

	if (rc == 0 && (item->flags & SR_ITEM_REFERRAL) == 0)
		rc = sr_invariants_level(&need, b, words, e);
	free(words);
	if (rc == 0)
		*level = need > item->level ? need : item->level;
	return rc;
}

unsigned sr_invariants_readers(struct sr_bytes kind, const char **words) {
	if (sr_bytes_eq(kind, sr_bytes_str("referral"))) { /* whom the law makes report */
		*words = "an officer or curator";
		return SR_ROLE_OFFICER | SR_ROLE_CURATOR;
	}
	if (sr_bytes_eq(kind, sr_bytes_str("redact"))) {
		*words = "a curator";
		return SR_ROLE_CURATOR;
	}
	if (sr_bytes_eq(kind, sr_bytes_str("reseal"))) {
		*words = "a curator, officer or member";
		return SR_ROLE_OFFICER | SR_ROLE_CURATOR | SR_ROLE_MEMBER;
	}
	*words = "a researcher";
	return SR_ROLE_RESEARCHER;
}

int sr_invariants_reader_ended(char name[SR_PERSON_TEXT], const char **why, struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_err *e) {
	const char *words = "";
	const unsigned want = sr_invariants_readers(sr_bytes_str(v->kind), &words);
	int rc = 0;

	name[0] = '\0';
	*why = want == SR_ROLE_RESEARCHER ? "is no researcher here any more"
					  : "has no role for it here any more";
	for (size_t i = 0; v->has_key && rc == 0 && name[0] == '\0' && i <= v->people_count; i++) {
		const char *reader = i == 0 ? v->applicant : v->people[i - 1].person;
		struct sr_person_row p = {0};

		rc = sr_query_person(&p, c, reader, e);
		if (rc == 0 && (p.roles & want) == 0)
			snprintf(name, SR_PERSON_TEXT, "%s", reader);
		sr_person_row_free(&p);
	}
	if (rc != 0 || !v->has_key || name[0] != '\0' || v->state != SR_S_GRANTED)
		return rc;
	*why = "has another key since";
	return sr_query_reader_rekeyed(name, c, v->request, v->version, e);
}

bool sr_invariants_looks(const char *kind) {
	return sr_kind_is(sr_bytes_str(kind), SR_KIND_LOOKS);
}

bool sr_invariants_raised(const struct sr_board_row *b, const struct sr_item_row *item) {
	uint32_t need = 0;

	return sr_invariants_level(&need, b, item->hazards, NULL) != 0 || need > item->level;
}

/* --- what rule functions share (invariants_in.h)
 * --------------------------------------------------- */

int rules_deny(struct rules_ctx *c, const char *rule, const char *help, const char *fmt, ...) {
	va_list ap;

	c->out->allowed = false;
	snprintf(c->out->rule, sizeof c->out->rule, "%s", rule);
	snprintf(c->out->help, sizeof c->out->help, "%s", help);
	va_start(ap, fmt);
	vsnprintf(c->out->why, sizeof c->out->why, fmt, ap);
	va_end(ap);
	return 0;
}

int rules_allow(struct rules_ctx *c) {
	c->out->allowed = true;
	return 0;
}

void rules_hex(char out[2 * SR_ID + 1], const uint8_t id[SR_ID]) {
	sr_hex(out, id, SR_ID);
}

bool rules_has_role(const struct rules_ctx *c, unsigned role) {
	return (c->me.roles & role) != 0;
}

const struct sr_member_row *rules_member(const struct sr_board_row *b, const char *person) {
	for (size_t i = 0; i < b->member_count; i++)
		if (strcmp(b->members[i].person, person) == 0 && b->members[i].active)
			return &b->members[i];
	return NULL;
}

void rules_person_text(char out[SR_PERSON_TEXT], const struct sr_statement *s, const char *key) {
	struct sr_bytes v = sr_field(s, key, 0);

	snprintf(out, SR_PERSON_TEXT, "%.*s", (int)v.len, (const char *)v.p);
}

int rules_on_named(struct rules_ctx *c, const char *key, rules_person_fn *judge, const void *ctx) {
	struct sr_person_row p = {0};
	char name[SR_PERSON_TEXT];
	int rc;

	rules_person_text(name, c->s, key);
	rc = sr_query_person(&p, c->cat, name, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-person", "", "%s is not known here", name);
	if (rc == 0)
		rc = judge(c, &p, ctx);
	sr_person_row_free(&p);
	return rc;
}

int rules_on_person(struct sr_ruling *out, struct sr_catalogue *cat, const char *person,
	rules_person_fn *judge, const void *ctx, struct sr_err *e) {
	struct rules_ctx *c = calloc(1, sizeof *c);
	struct sr_person_row p = {0};
	int rc = c == NULL ? sr_fail(e, SR_NOMEM, "rules: out of memory")
			   : sr_query_person(&p, cat, person, e);

	memset(out, 0, sizeof *out);
	if (c != NULL && rc == 0) {
		c->out = out;
		c->cat = cat;
		c->e = e;
		rc = judge(c, &p, ctx);
	}
	sr_person_row_free(&p);
	free(c);
	return rc;
}

bool rules_field_is(const struct sr_statement *s, const char *key, const char *word) {
	return sr_bytes_eq(sr_field(s, key, 0), sr_bytes_str(word));
}

bool rules_has_key_of(const struct sr_board_row *b, const struct sr_item_row *item) {
	return item->epoch >= b->base && item->epoch <= b->epoch;
}

int rules_former(struct rules_ctx *c, uint64_t epoch) {
	struct sr_board_row *b = NULL, *next = NULL;
	int rc = 0;

	if (!c->board.opened || epoch == 0 || epoch >= c->board.base)
		return 0;
	b = calloc(1, sizeof *b);
	next = calloc(1, sizeof *next);
	rc = b == NULL || next == NULL
		     ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
		     : sr_query_board(b, c->cat, c->board.id, (uint32_t)epoch, c->e);
	if (rc == 0)
		rc = sr_query_board(next, c->cat, c->board.id, (uint32_t)epoch + 1, c->e);
	if (rc == 0 && b->opened && next->base == next->epoch)
		c->board = *b;
	free(b);
	free(next);
	return rc;
}

int rules_former_of(struct rules_ctx *c, const struct sr_version_row *v) {
	return strcmp(v->kind, "reseal") == 0 ? rules_former(c, v->epoch) : 0;
}

int rules_item(struct rules_ctx *c, struct sr_item_row *item) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "item", 0, c->e);

	return rc != 0 ? rc : sr_query_item(item, c->cat, id, c->e);
}

int rules_grant(struct rules_ctx *c, struct sr_grant_row *g) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "grant", 0, c->e);

	return rc != 0 ? rc : sr_query_grant(g, c->cat, id, c->e);
}

/* --- dispatch --------------------------------------------------------------------------------- */

static int (*const rule_for[SR_T_COUNT])(struct rules_ctx *c) = {
	[SR_T_DEAL] = rule_deal,
	[SR_T_ACCEPT] = rule_accept,
	[SR_T_SHARE] = rule_share,
	[SR_T_COMPLAINT] = rule_quarrel,
	[SR_T_REVEAL] = rule_quarrel,
	[SR_T_CONFIRM] = rule_confirm,
	[SR_T_TAKEOVER] = rule_takeover,
	[SR_T_PERSON] = rule_person,
	[SR_T_PERSON_END] = rule_person_end,
	[SR_T_PERSON_SET] = rule_person_set,
	[SR_T_PERSON_KEY] = rule_person_key,
	[SR_T_ATTEST] = rule_attest,
	[SR_T_ATTEST_END] = rule_attest_end,
	[SR_T_ACCESSION] = rule_accession,
	[SR_T_REDACT] = rule_redact,
	[SR_T_DESCRIBE] = rule_describe,
	[SR_T_HELD_BOX] = rule_held_box,
	[SR_T_RELEASE] = rule_release,
	[SR_T_EMBARGO] = rule_embargo,
	[SR_T_HOLD] = rule_hold,
	[SR_T_SEAL] = rule_seal,
	[SR_T_RETENTION] = rule_retention,
	[SR_T_REQUEST] = rule_request,
	[SR_T_AMEND] = rule_amend,
	[SR_T_EXTEND] = rule_extend,
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
	[SR_T_BREAK_GLASS] = rule_break_glass,
	[SR_T_ENQUIRY] = rule_enquiry,
	[SR_T_READ] = rule_read,
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
static int role_missing(struct rules_ctx *c, unsigned roles) {
	char names[160] = "";
	size_t len = 0;

	for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
		if ((roles & bit) == 0 || len >= sizeof names)
			continue;
		int n = snprintf(names + len, sizeof names - len, "%s%s", len == 0 ? "" : " or ",
			sr_role_name(bit));
		len += n > 0 ? (size_t)n : 0;
	}
	return rules_deny(c, "role-missing", "a curator, an officer or the board gives roles",
		"%s is no %s here, and a %s statement needs one", c->me.person, names,
		c->s->type->name);
}

/* The board that a request, a grant, an item, a collection or a run is of: NOTFOUND when there is
 * no such thing, which the rule says in its own words. */
static int board_of_request(
	uint8_t out[SR_ID], struct rules_ctx *c, const uint8_t request[SR_ID], struct sr_err *e) {
	struct sr_version_row v = {0};
	int rc = sr_query_version(&v, c->cat, request, 0, e);

	memcpy(out, v.board, SR_ID);
	sr_version_row_free(&v);
	return rc;
}

static int board_of_grant(
	uint8_t out[SR_ID], struct rules_ctx *c, const uint8_t grant[SR_ID], struct sr_err *e) {
	struct sr_grant_row g = {0};
	int rc = sr_query_grant(&g, c->cat, grant, e);

	memcpy(out, g.board, SR_ID);
	sr_grant_row_free(&g);
	return rc;
}

static int board_of_item(
	uint8_t out[SR_ID], struct rules_ctx *c, const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_item_row row = {0};
	int rc = sr_query_item(&row, c->cat, item, e);

	memcpy(out, row.board, SR_ID);
	sr_item_row_free(&row);
	return rc;
}

static int board_of_collection(
	uint8_t out[SR_ID], struct rules_ctx *c, const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_collection_row row = {0};
	int rc = sr_query_collection(&row, c->cat, id, e);

	memcpy(out, row.board, SR_ID);
	sr_collection_row_free(&row);
	return rc;
}

static int board_of_run(
	uint8_t out[SR_ID], struct rules_ctx *c, const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_run_row *row = calloc(1, sizeof *row);
	int rc = row == NULL ? sr_fail(e, SR_NOMEM, "rules: out of memory")
			     : sr_query_run(row, c->cat, id, e);

	if (rc == 0)
		memcpy(out, row->board, SR_ID);
	free(row);
	return rc;
}

/* Which board the statement is about: the one it names, else that of the thing it names; the
 * founding board for what names neither. */
static int find_board(struct rules_ctx *c) {
	static const struct {
		const char *key;
		int (*of)(uint8_t out[SR_ID], struct rules_ctx *c, const uint8_t id[SR_ID],
			struct sr_err *e);
	} ways[] = {{"board", NULL}, {"run", board_of_run}, {"request", board_of_request},
		{"grant", board_of_grant}, {"item", board_of_item},
		{"collection", board_of_collection}};
	uint8_t id[SR_ID], board[SR_ID];
	bool found = false;
	int rc = 0;

	for (size_t i = 0; i < sizeof ways / sizeof ways[0] && rc == 0 && !found; i++) {
		struct sr_bytes v = sr_field(c->s, ways[i].key, 0);

		if (v.p == NULL || sr_unhex(id, SR_ID, sr_word(v, 0), NULL) != 0)
			continue;
		if (ways[i].of == NULL)
			memcpy(board, id, SR_ID);
		else
			rc = ways[i].of(board, c, id, c->e);
		found = rc == 0;
	}
	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		found = false;
	} else if (rc != 0) {
		return rc;
	}
	return sr_query_board(&c->board, c->cat, found ? board : NULL, 0, c->e);
}

static bool ceremony_type(enum sr_type_id t) {
	return t == SR_T_DEAL || t == SR_T_ACCEPT || t == SR_T_COMPLAINT || t == SR_T_REVEAL ||
	       t == SR_T_TAKEOVER || t == SR_T_CONFIRM;
}

/* Who left a board that gets a new key is a member until its last item is sealed anew, to vote on
 * exactly that: whatever else a member may begin is not theirs any more. */
static int former_member(bool *former, struct rules_ctx *c, unsigned roles) {
	const enum sr_type_id t = c->s->type->id;
	bool sits = true;
	int rc = 0;

	*former = false;
	if ((c->me.roles & roles) != SR_ROLE_MEMBER)
		return 0;
	if (t == SR_T_SEAL || t == SR_T_BREAK_GLASS || t == SR_T_SUSPEND ||
		((t == SR_T_REQUEST || t == SR_T_AMEND) && !rules_field_is(c->s, "kind", "reseal")))
		rc = sr_query_sits(&sits, c->cat, c->me.person, c->e);
	*former = rc == 0 && !sits;
	if (*former)
		rc = rules_deny(c, "left-the-board", "a member of now does it",
			"%s sits on no board any more, and only votes on what is left under the "
			"key before",
			c->me.person);
	return rc;
}

int sr_invariants_check(struct sr_ruling *out, const struct sr_invariants *r,
	const struct sr_statement *s, struct sr_err *e) {
	struct rules_ctx *c = calloc(1, sizeof *c);
	bool former = true; /* nothing more is asked */
	int rc;

	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "rules: out of memory");
	memset(out, 0, sizeof *out);
	c->out = out;
	c->cat = r->catalogue;
	c->now = r->now;
	c->items = r->items;
	c->item_count = r->item_count;
	c->object = r->object;
	c->records = r->records;
	c->record_count = r->record_count;
	c->s = s;
	c->e = e;
	rules_deny(c, "default-deny", "", "no rule allows a %s statement", s->type->name);
	rc = sr_query_person(&c->me, c->cat, s->head.actor, e);
	if (rc == SR_NOTFOUND) {
		rc = rules_deny(c, "unknown-person", "a curator or officer adds people",
			"%s is not known here", s->head.actor);
		goto out;
	}
	if (rc == 0)
		rc = find_board(c);
	if (rc == SR_NOTFOUND) {
		rc = rules_deny(c, "no-such-board", "board list shows them", "no such board");
		goto out;
	}
	if (rc != 0)
		goto out;
	if (rule_for[s->type->id] == NULL)
		goto out;
	if (!ceremony_type(s->type->id) && (c->me.roles & roles_of(s->type->signers)) == 0)
		rc = role_missing(c, roles_of(s->type->signers));
	else if (!c->board.opened && !ceremony_type(s->type->id))
		rc = rules_deny(c, "board-not-open", "every founding member accepts first",
			c->board.founding ? "until all members accepted the keys nothing but the "
					    "ceremony is taken"
					  : "the board has no keys yet");
	else
		rc = former_member(&former, c, roles_of(s->type->signers));
	if (rc == 0 && !former)
		rc = rule_for[s->type->id](c);
out:
	sr_person_row_free(&c->me);
	free(c);
	return rc;
}
