/*
 * policy_inputs - see policy_inputs.h. One maker gathers the context, the resource's entity and the
 * names of everybody whom they mention; people, boards and the action's groups are written last,
 * each once.
 */
#include "board/policy_inputs.h"

#include "base/limits.h"
#include "base/time.h"
#include "board/invariants.h"
#include "ledger/card.h"
#include "policy/json.h"
#include "policy/judge.h"

enum {
	/* people whom one question names: those of a request, its subject, those of a grant twice
	 * over, a depositor and whoever acts */
	NAMES_MAX = 3 * SR_REQUEST_PEOPLE_MAX + 8,
	BOARDS_MAX = 4,   /* the resource's, its request's, its grant's, the principal's own */
	TOKEN_TEXT = 130, /* a token has at most 128 bytes */
	DAY_S = 86400,
	MONTH_S = 30 * DAY_S
};

struct maker {
	const struct sr_facts *f;
	struct sr_inputs *out;
	struct sr_buf context, entities;
	bool first; /* field of the open record */
	char people[NAMES_MAX][SR_PERSON_TEXT];
	size_t people_count;
	/* Who gives pieces of what is left under a key before (board rekey) sat in this epoch of
	 * the request's board, and the request is decided by that one. 0: by the board of now. */
	uint8_t former[SR_ID];
	uint32_t former_epoch;
	uint8_t boards[BOARDS_MAX][SR_ID];
	size_t board_count;
	const char *who_type, *what_type;
	char who[2 * SR_ID + 1], what[2 * SR_ID + 1];
	bool failed; /* a list above was too short, which is a bug */
	struct sr_err *e;
};

void sr_inputs_free(struct sr_inputs *in) {
	sr_buf_free(&in->text);
	memset(in, 0, sizeof *in);
}

/* --- names that are to be described ----------------------------------------------------------- */

static void mention(struct maker *m, const char *person) {
	for (size_t i = 0; i < m->people_count; i++)
		if (strcmp(m->people[i], person) == 0)
			return;
	if (m->people_count == NAMES_MAX) {
		m->failed = true;
		return;
	}
	snprintf(m->people[m->people_count++], SR_PERSON_TEXT, "%s", person);
}

static void mention_board(struct maker *m, const uint8_t board[SR_ID]) {
	for (size_t i = 0; i < m->board_count; i++)
		if (memcmp(m->boards[i], board, SR_ID) == 0)
			return;
	if (m->board_count == BOARDS_MAX)
		m->failed = true;
	else
		memcpy(m->boards[m->board_count++], board, SR_ID);
}

/* Each word of a list of tokens. */
static bool next_word(const char **at, char word[TOKEN_TEXT]) {
	size_t n;

	if (*at == NULL)
		return false;
	*at += strspn(*at, " ");
	n = strcspn(*at, " ");
	if (n == 0)
		return false;
	snprintf(word, TOKEN_TEXT, "%.*s", (int)n, *at);
	*at += n;
	return true;
}

/* --- JSON: fields of the open record ---------------------------------------------------------- */

static void put_key(struct maker *m, struct sr_buf *b, const char *key) {
	sr_buf_put_str(b, m->first ? "" : ",");
	m->first = false;
	sr_json_put_string(b, sr_bytes_str(key));
	sr_buf_put_u8(b, ':');
}

static void put_uid(struct sr_buf *b, const char *type, const char *id) {
	sr_buf_put_str(b, "{\"type\":");
	sr_json_put_string(b, sr_bytes_str(type));
	sr_buf_put_str(b, ",\"id\":");
	sr_json_put_string(b, sr_bytes_str(id));
	sr_buf_put_u8(b, '}');
}

static void put_entity(struct sr_buf *b, const char *type, const char *id) {
	sr_buf_put_str(b, "{\"__entity\":");
	put_uid(b, type, id);
	sr_buf_put_u8(b, '}');
}

static void put_extension(struct sr_buf *b, const char *fn, const char *arg) {
	sr_buf_put_str(b, "{\"__extn\":{\"fn\":");
	sr_json_put_string(b, sr_bytes_str(fn));
	sr_buf_put_str(b, ",\"arg\":");
	sr_json_put_string(b, sr_bytes_str(arg));
	sr_buf_put_str(b, "}}");
}

static void put_time_value(struct sr_buf *b, int64_t t) {
	char text[SR_TIME_TEXT];

	sr_time_format(text, t);
	put_extension(b, "datetime", text);
}

static void field_bool(struct maker *m, struct sr_buf *b, const char *key, bool v) {
	put_key(m, b, key);
	sr_buf_put_str(b, v ? "true" : "false");
}

static void field_long(struct maker *m, struct sr_buf *b, const char *key, uint64_t v) {
	put_key(m, b, key);
	sr_buf_printf(b, "%llu", (unsigned long long)v);
}

static void field_str(struct maker *m, struct sr_buf *b, const char *key, const char *v) {
	put_key(m, b, key);
	sr_json_put_string(b, sr_bytes_str(v));
}

static void field_time(struct maker *m, struct sr_buf *b, const char *key, int64_t t) {
	put_key(m, b, key);
	put_time_value(b, t);
}

static void field_person(struct maker *m, struct sr_buf *b, const char *key, const char *person) {
	put_key(m, b, key);
	put_entity(b, "Person", person);
	mention(m, person);
}

static void field_board(
	struct maker *m, struct sr_buf *b, const char *key, const uint8_t board[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, board, SR_ID);
	put_key(m, b, key);
	put_entity(b, "Board", hex);
	mention_board(m, board);
}

/* A set of strings, or with ${people} of persons, from a list of tokens (NULL: empty). */
static void field_words(
	struct maker *m, struct sr_buf *b, const char *key, const char *tokens, bool people) {
	char word[TOKEN_TEXT];
	bool first = true;

	put_key(m, b, key);
	sr_buf_put_u8(b, '[');
	while (next_word(&tokens, word)) {
		sr_buf_put_str(b, first ? "" : ",");
		first = false;
		if (people) {
			put_entity(b, "Person", word);
			mention(m, word);
		} else {
			sr_json_put_string(b, sr_bytes_str(word));
		}
	}
	sr_buf_put_u8(b, ']');
}

/* Lines of a statement as one list of tokens. */
static int tokens_of(
	struct sr_buf *out, const struct sr_statement *s, const char *key, struct sr_err *e) {
	for (size_t i = 0; i < sr_field_count(s, key); i++) {
		sr_buf_put_str(out, i == 0 ? "" : " ");
		sr_buf_put_bytes(out, sr_field(s, key, i));
	}
	sr_buf_put_u8(out, 0);
	return sr_buf_ok(out, e);
}

/* --- entities --------------------------------------------------------------------------------- */

static void entity_begin(struct maker *m, const char *type, const char *id) {
	sr_buf_put_str(&m->entities, m->entities.len == 0 ? "{\"uid\":" : ",{\"uid\":");
	put_uid(&m->entities, type, id);
	sr_buf_put_str(&m->entities, ",\"attrs\":{");
	m->first = true;
}

/* ${parents}: what stands between the brackets, made by put_uid; NULL: nothing. */
static void entity_end(struct maker *m, const struct sr_buf *parents, const struct sr_buf *tags) {
	sr_buf_put_str(&m->entities, "},\"parents\":[");
	if (parents != NULL)
		sr_buf_put_buf(&m->entities, parents);
	sr_buf_put_str(&m->entities, "],\"tags\":{");
	if (tags != NULL)
		sr_buf_put_buf(&m->entities, tags);
	sr_buf_put_str(&m->entities, "}}");
}

static uint32_t epoch_of(const struct maker *m, const uint8_t board[SR_ID]);

/* Did the person sit in the epoch that decides this? */
static int sat(bool *out, struct maker *m, const char *person) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
			   : sr_query_board(b, m->f->catalogue, m->former, m->former_epoch, m->e);

	*out = false;
	for (size_t i = 0; rc == 0 && i < b->member_count; i++)
		*out = *out || (b->members[i].active && strcmp(b->members[i].person, person) == 0);
	free(b);
	return rc;
}

static int person_parents(struct sr_buf *out, struct maker *m, const char *person) {
	struct sr_person_row row = {0};
	uint8_t *seats = NULL;
	size_t count = 0;
	bool then = false;
	int rc = sr_query_person(&row, m->f->catalogue, person, m->e);
	unsigned roles = rc == 0 ? row.roles : 0;

	sr_person_row_free(&row);
	if (rc == SR_NOTFOUND) { /* about to be added */
		sr_err_clear(m->e);
		return 0;
	}
	for (unsigned bit = 1; rc == 0 && bit < SR_ROLES_ALL; bit <<= 1) {
		if ((roles & bit) == 0)
			continue;
		sr_buf_put_str(out, out->len == 0 ? "" : ",");
		put_uid(out, "Role", sr_role_name(bit));
	}
	if (rc == 0)
		rc = sr_query_seats(&seats, &count, m->f->catalogue, person, m->e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		char hex[2 * SR_ID + 1];

		if (epoch_of(m, seats + i * SR_ID) != 0)
			continue; /* of now; what counts is who sat then */
		sr_hex(hex, seats + i * SR_ID, SR_ID);
		sr_buf_put_str(out, out->len == 0 ? "" : ",");
		put_uid(out, "Board", hex);
	}
	free(seats);
	if (rc == 0 && m->former_epoch != 0)
		rc = sat(&then, m, person);
	if (rc == 0 && then) {
		char hex[2 * SR_ID + 1];

		sr_hex(hex, m->former, SR_ID);
		sr_buf_put_str(out, out->len == 0 ? "" : ",");
		put_uid(out, "Board", hex);
	}
	return rc;
}

static int person_tags(struct sr_buf *out, struct maker *m, const char *person) {
	struct sr_standings l = {NULL, 0};
	int rc = sr_query_standings(&l, m->f->catalogue, person, m->e);

	for (size_t i = 0; i < l.count; i++) {
		char name[TOKEN_TEXT + 20];

		snprintf(name, sizeof name, "%s %s", l.rows[i].kind, l.rows[i].term);
		sr_buf_put_str(out, i == 0 ? "" : ",");
		sr_json_put_string(out, sr_bytes_str(name));
		sr_buf_put_u8(out, ':');
		put_time_value(out, l.rows[i].until);
	}
	sr_standings_free(&l);
	return rc;
}

static int put_person(struct maker *m, const char *person) {
	struct sr_buf parents, tags;
	int rc;

	sr_buf_init(&parents);
	sr_buf_init(&tags);
	rc = person_parents(&parents, m, person);
	if (rc == 0)
		rc = person_tags(&tags, m, person);
	if (rc == 0) {
		entity_begin(m, "Person", person);
		entity_end(m, &parents, &tags);
	}
	sr_buf_free(&parents);
	sr_buf_free(&tags);
	return rc;
}

static int put_board(struct maker *m, const uint8_t board[SR_ID]) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	char hex[2 * SR_ID + 1];
	uint64_t active = 0;
	int rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
			   : sr_query_board(b, m->f->catalogue, board, epoch_of(m, board), m->e);

	if (rc == 0 && b->level_count == 0)
		rc = sr_fail(m->e, SR_CORRUPT, "inputs: the board has no quorum level");
	if (rc == 0) {
		for (size_t i = 0; i < b->member_count; i++)
			active += b->members[i].active;
		sr_hex(hex, board, SR_ID);
		entity_begin(m, "Board", hex);
		field_long(m, &m->entities, "members", active);
		field_long(m, &m->entities, "lowest", b->levels[0].level);
		field_long(m, &m->entities, "highest", b->levels[b->level_count - 1].level);
		entity_end(m, NULL, NULL);
	}
	free(b);
	return rc;
}

/* The action and the groups that it is in. */
static int put_action(struct maker *m) {
	const struct sr_schema *s = m->f->schema;
	const struct sr_schema_action *a = sr_schema_action_named(s, sr_bytes_str(m->out->action));
	struct sr_buf groups;
	int rc;

	if (a == NULL)
		return sr_fail(
			m->e, SR_MISUSE, "inputs: the schema has no action %s", m->out->action);
	sr_buf_init(&groups);
	for (size_t i = 0; i < s->action_count; i++) {
		char name[SR_ACTION_TEXT];

		if (&s->actions[i] == a || !sr_schema_action_in(a, &s->actions[i]))
			continue;
		snprintf(name, sizeof name, "%.*s", (int)s->actions[i].name.len,
			(const char *)s->actions[i].name.p);
		sr_buf_put_str(&groups, groups.len == 0 ? "" : ",");
		put_uid(&groups, "Action", name);
	}
	entity_begin(m, "Action", m->out->action);
	entity_end(m, &groups, NULL);
	rc = sr_buf_ok(&groups, m->e);
	sr_buf_free(&groups);
	return rc;
}

/* --- a request -------------------------------------------------------------------------------- */

/* What the schema says of a request, from a statement or from the catalogue. */
struct request {
	char id[2 * SR_ID + 1];
	uint8_t board[SR_ID];
	const char *kind, *applicant, *subject, *people, *forms, *purposes;
	uint64_t level;
	int64_t ends; /* 0: none */
	bool has_target;
	uint8_t target[SR_ID];
	struct sr_items_facts items;
};

static uint64_t days_until(int64_t ends, int64_t now) {
	return ends <= now ? 0 : (uint64_t)((ends - now + DAY_S - 1) / DAY_S);
}

/* The epoch of the board that this is decided by; 0: the one in force. */
static uint32_t epoch_of(const struct maker *m, const uint8_t board[SR_ID]) {
	return m->former_epoch != 0 && memcmp(m->former, board, SR_ID) == 0 ? m->former_epoch : 0;
}

/* A request to seal anew what is under a key that the board has no more? */
static int former_of(
	struct maker *m, const char *kind, const uint8_t board[SR_ID], uint64_t epoch) {
	struct sr_board_row *b = NULL;
	int rc = 0;

	if (strcmp(kind, "reseal") != 0 || epoch == 0)
		return 0;
	b = calloc(1, sizeof *b);
	rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
		       : sr_query_board(b, m->f->catalogue, board, 0, m->e);
	if (rc == 0 && epoch < b->base) {
		memcpy(m->former, board, SR_ID);
		m->former_epoch = (uint32_t)epoch;
	}
	free(b);
	return rc;
}

/* How many members a level takes. */
static int quorum_of(uint64_t *out, struct maker *m, const uint8_t board[SR_ID], uint64_t level) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
			   : sr_query_board(b, m->f->catalogue, board, epoch_of(m, board), m->e);

	*out = 0;
	for (size_t i = 0; rc == 0 && i < b->level_count; i++)
		if (b->levels[i].level == level)
			*out = b->levels[i].quorum;
	free(b);
	if (rc == 0 && *out == 0)
		rc = sr_fail(m->e, SR_CORRUPT, "inputs: the board has no level %llu",
			(unsigned long long)level);
	return rc;
}

/* Whom the target grant names; who reads the item of a flag that is to be lifted, among those who
 * may ask or vote; and what a lift is about. */
static int target_facts(
	struct sr_buf *people, const char **lifts, struct maker *m, const struct request *r) {
	struct sr_grant_row g = {0};
	struct sr_flag_row flag = {0};
	const bool lift = strcmp(r->kind, "lift") == 0;
	int rc = r->has_target ? sr_query_grant(&g, m->f->catalogue, r->target, m->e) : SR_NOTFOUND;

	*lifts = NULL;
	if (rc == 0) {
		sr_buf_put_str(people, g.people);
		*lifts = lift ? "suspension" : NULL;
	} else if (rc == SR_NOTFOUND && lift) {
		sr_err_clear(m->e);
		rc = sr_query_flag(&flag, m->f->catalogue, r->target, m->e);
		if (rc == 0)
			*lifts = strcmp(flag.what, "referral") == 0 ? "referral" : "seal";
		if (rc == 0)
			rc = sr_query_flag_readers(people, m->f->catalogue,
				&(struct sr_flag_readers){r->target, r->board, m->who}, m->e);
	} else if (rc == SR_NOTFOUND) { /* the target is a board to be, or there is none */
		sr_err_clear(m->e);
		rc = 0;
	}
	sr_flag_row_free(&flag);
	sr_grant_row_free(&g);
	sr_buf_put_u8(people, 0);
	return rc == 0 ? sr_buf_ok(people, m->e) : rc;
}

static void items_fields(struct maker *m, struct sr_buf *b, const struct sr_items_facts *f) {
	char states[40];

	snprintf(states, sizeof states, "%s%s%s", f->held ? "held " : "",
		f->released ? "released " : "", f->destroyed ? "destroyed" : "");
	field_long(m, b, "items", f->count);
	field_words(m, b, "hazards", f->hazards, false);
	field_words(m, b, "states", states, false);
	field_bool(m, b, "anySealed", f->any_sealed);
	field_bool(m, b, "anyHold", f->any_hold);
	field_bool(m, b, "anyReferral", f->any_referral);
	field_bool(m, b, "allReferral", f->all_referral);
}

static int put_request(struct maker *m, const struct request *r) {
	struct sr_buf *b = &m->entities, target;
	const char *lifts = NULL;
	uint64_t quorum = 0;
	int rc = quorum_of(&quorum, m, r->board, r->level);

	sr_buf_init(&target);
	if (rc == 0)
		rc = target_facts(&target, &lifts, m, r);
	if (rc == 0) {
		m->what_type = "Request";
		snprintf(m->what, sizeof m->what, "%s", r->id);
		memcpy(m->out->board, r->board, SR_ID);
		entity_begin(m, "Request", r->id);
		field_board(m, b, "board", r->board);
		field_str(m, b, "kind", r->kind);
		field_long(m, b, "level", r->level);
		field_long(m, b, "quorum", quorum);
		field_person(m, b, "applicant", r->applicant);
		field_words(m, b, "people", r->people, true);
		if (r->subject != NULL)
			field_person(m, b, "subject", r->subject);
		field_words(m, b, "forms", r->forms, false);
		field_words(m, b, "purposes", r->purposes, false);
		field_long(m, b, "days", days_until(r->ends, m->f->now));
		items_fields(m, b, &r->items);
		field_words(m, b, "targetPeople", (const char *)target.p, true);
		if (lifts != NULL)
			field_str(m, b, "lifts", lifts);
		if (m->former_epoch != 0)
			field_bool(m, b, "keyBefore", true);
		entity_end(m, NULL, NULL);
	}
	sr_buf_free(&target);
	return rc;
}

static int request_of_version(struct maker *m, const struct sr_version_row *v) {
	char people[SR_REQUEST_PEOPLE_MAX * SR_PERSON_TEXT + 1] = "";
	struct request r = {.kind = v->kind,
		.applicant = v->applicant,
		.subject = v->subject,
		.people = people,
		.forms = v->forms,
		.purposes = v->purposes,
		.level = v->level,
		.ends = v->ends,
		.has_target = v->has_target};
	size_t at = 0;
	int rc;

	sr_hex(r.id, v->request, SR_ID);
	memcpy(r.board, v->board, SR_ID);
	memcpy(r.target, v->target, SR_ID);
	for (size_t i = 0; i < v->people_count; i++)
		at += (size_t)snprintf(people + at, sizeof people - at, "%s ", v->people[i].person);
	rc = sr_query_version_facts(&r.items, m->f->catalogue, v, m->e);
	if (rc == 0)
		rc = former_of(m, v->kind, v->board, v->epoch);
	return rc == 0 ? put_request(m, &r) : rc;
}

/* A statement's own strings, which live as long as the maker's work on it. */
struct request_texts {
	struct sr_buf people, forms, purposes;
	char kind[32], subject[SR_PERSON_TEXT], applicant[SR_PERSON_TEXT];
};

static void word_to(char *out, size_t size, struct sr_bytes v) {
	snprintf(out, size, "%.*s", (int)v.len, (const char *)v.p);
}

/* Whose request it is: who signs a new one, and of an amend whose it was. */
static int applicant_of(struct request_texts *t, struct maker *m, const struct sr_statement *s) {
	struct sr_version_row v = {0};
	uint8_t id[SR_ID];
	int rc = 0;

	snprintf(t->applicant, sizeof t->applicant, "%s", s->head.actor);
	if (s->type->id != SR_T_AMEND)
		return 0;
	rc = sr_field_id(id, s, "request", 0, m->e);
	if (rc == 0)
		rc = sr_query_version(&v, m->f->catalogue, id, 0, m->e);
	if (rc == 0)
		snprintf(t->applicant, sizeof t->applicant, "%s", v.applicant);
	sr_version_row_free(&v);
	return rc;
}

static int request_of_statement(struct maker *m, struct request_texts *t,
	const struct sr_statement *s, const uint8_t *items, size_t item_count) {
	struct request r = {.kind = t->kind, .applicant = t->applicant};
	uint64_t epoch = 0;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, s, "request", 0, m->e);

	if (rc == 0)
		rc = sr_field_id(r.board, s, "board", 0, m->e);
	if (rc == 0)
		rc = sr_field_dec(&r.level, s, "level", 0, m->e);
	if (rc == 0)
		rc = applicant_of(t, m, s);
	if (rc == 0)
		rc = tokens_of(&t->people, s, "person", m->e);
	if (rc == 0)
		rc = tokens_of(&t->forms, s, "form", m->e);
	if (rc == 0)
		rc = tokens_of(&t->purposes, s, "purpose", m->e);
	if (rc == 0 && sr_field_count(s, "ends") > 0)
		rc = sr_field_time(&r.ends, s, "ends", 0, m->e);
	if (rc == 0 && sr_field_count(s, "target") > 0) {
		rc = sr_field_id(r.target, s, "target", 0, m->e);
		r.has_target = true;
	}
	if (rc == 0)
		rc = sr_query_items_facts(&r.items, m->f->catalogue, items, item_count, m->e);
	if (rc == 0)
		rc = sr_field_dec(&epoch, s, "epoch", 0, m->e);
	if (rc == 0)
		rc = former_of(m, t->kind, r.board, epoch);
	if (rc != 0)
		return rc;
	sr_hex(r.id, id, SR_ID);
	if (sr_field_count(s, "subject") > 0) {
		word_to(t->subject, sizeof t->subject, sr_field(s, "subject", 0));
		r.subject = t->subject;
	}
	r.people = (const char *)t->people.p;
	r.forms = (const char *)t->forms.p;
	r.purposes = (const char *)t->purposes.p;
	return put_request(m, &r);
}

/* --- items, grants, checkouts ----------------------------------------------------------------- */

static int raised(bool *out, bool *before, struct maker *m, const struct sr_item_row *item) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
			   : sr_query_board(b, m->f->catalogue, item->board, 0, m->e);

	if (rc == 0)
		*out = item->state == SR_S_RELEASED && sr_invariants_raised(b, item);
	*before = rc == 0 && item->epoch < b->base;
	free(b);
	return rc;
}

static void put_collection(struct maker *m, const char *hex, const uint8_t board[SR_ID]) {
	entity_begin(m, "Collection", hex);
	field_board(m, &m->entities, "board", board);
	entity_end(m, NULL, NULL);
}

static int put_item(struct maker *m, const struct sr_item_row *item) {
	char hex[2 * SR_ID + 1], collection[2 * SR_ID + 1];
	struct sr_buf *b = &m->entities, parent;
	bool up = false, before = false;
	char *words = NULL;
	int rc = raised(&up, &before, m, item);

	if (rc == 0)
		rc = sr_invariants_all_hazards(&words, item, m->e);
	if (rc != 0)
		return rc;
	sr_buf_init(&parent);
	sr_hex(hex, item->id, SR_ID);
	sr_hex(collection, item->collection, SR_ID);
	m->what_type = "Item";
	snprintf(m->what, sizeof m->what, "%s", hex);
	memcpy(m->out->board, item->board, SR_ID);
	put_uid(&parent, "Collection", collection);
	entity_begin(m, "Item", hex);
	field_board(m, b, "board", item->board);
	field_str(m, b, "state", sr_state_name(item->state));
	field_words(m, b, "hazards", words, false);
	free(words);
	field_long(m, b, "level", item->level);
	field_bool(m, b, "raised", up);
	if (before)
		field_bool(m, b, "keyBefore", true);
	field_bool(m, b, "described", item->described);
	field_bool(m, b, "embargo", (item->flags & SR_ITEM_EMBARGO) != 0);
	field_bool(m, b, "hold", (item->flags & SR_ITEM_HOLD) != 0);
	field_bool(m, b, "sealed", (item->flags & SR_ITEM_SEALED) != 0);
	field_bool(m, b, "referral", (item->flags & SR_ITEM_REFERRAL) != 0);
	field_person(m, b, "depositor", item->depositor);
	entity_end(m, &parent, NULL);
	rc = sr_buf_ok(&parent, m->e);
	sr_buf_free(&parent);
	put_collection(m, collection, item->board);
	return rc;
}

static int put_item_of(struct maker *m, const struct sr_statement *s, const char *key) {
	struct sr_item_row item = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, s, key, 0, m->e);

	if (rc == 0)
		rc = sr_query_item(&item, m->f->catalogue, id, m->e);
	if (rc == 0)
		rc = put_item(m, &item);
	sr_item_row_free(&item);
	return rc;
}

static int put_grant(struct maker *m, const struct sr_grant_row *g) {
	struct sr_version_row v = {0};
	struct sr_buf *b = &m->entities;
	char hex[2 * SR_ID + 1];
	int rc = sr_query_version(&v, m->f->catalogue, g->request, g->version, m->e);

	if (rc == 0) {
		sr_hex(hex, g->id, SR_ID);
		entity_begin(m, "Grant", hex);
		field_board(m, b, "board", g->board);
		field_str(m, b, "right", g->right);
		field_str(m, b, "state", sr_state_name(g->state));
		field_words(m, b, "people", g->people, true);
		field_words(m, b, "forms", g->forms, false);
		field_words(m, b, "purposes", v.purposes, false);
		field_time(m, b, "ends", g->ends);
		if (g->state == SR_S_SUSPENDED && strncmp(g->suspended_by, "p-", 2) == 0)
			field_person(m, b, "suspendedBy", g->suspended_by);
		entity_end(m, NULL, NULL);
	}
	sr_version_row_free(&v);
	return rc;
}

static int resource_grant(struct maker *m, const struct sr_statement *s) {
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, s, "grant", 0, m->e);

	if (rc == 0)
		rc = sr_query_grant(&g, m->f->catalogue, id, m->e);
	if (rc == 0) {
		m->what_type = "Grant";
		sr_hex(m->what, id, SR_ID);
		memcpy(m->out->board, g.board, SR_ID);
		rc = put_grant(m, &g);
	}
	sr_grant_row_free(&g);
	return rc;
}

/* The board whose rules hold for a checkout: its item's. */
static int resource_checkout(struct maker *m, const struct sr_statement *s) {
	struct sr_checkout_row c = {.entry = 0};
	struct sr_item_row item = {0};
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, s, "checkout", 0, m->e);

	if (rc == 0)
		rc = sr_query_checkout(&c, m->f->catalogue, id, m->e);
	if (rc == 0)
		rc = sr_query_item(&item, m->f->catalogue, c.item, m->e);
	if (rc == 0 && c.has_grant)
		rc = sr_query_grant(&g, m->f->catalogue, c.grant, m->e);
	if (rc == 0) {
		m->what_type = "Checkout";
		sr_hex(m->what, id, SR_ID);
		memcpy(m->out->board, item.board, SR_ID);
		entity_begin(m, "Checkout", m->what);
		field_person(m, &m->entities, "person", c.person);
		field_words(m, &m->entities, "people", g.people, true);
		entity_end(m, NULL, NULL);
	}
	sr_item_row_free(&item);
	sr_grant_row_free(&g);
	return rc;
}

/* --- contexts --------------------------------------------------------------------------------- */

static void context_begin(struct maker *m) {
	sr_buf_clear(&m->context);
	sr_buf_put_u8(&m->context, '{');
	m->first = true;
	field_time(m, &m->context, "now", m->f->now);
}

/* And how the person came. */
static void context_asked(struct maker *m) {
	context_begin(m);
	field_bool(m, &m->context, "browser", m->f->browser);
	if (m->f->network != NULL) {
		put_key(m, &m->context, "network");
		put_extension(&m->context, "ip", m->f->network);
	}
}

static int context_voting(struct maker *m, const struct sr_version_row *v, const char *member) {
	struct sr_ballots n;
	struct sr_ties ties;
	struct sr_buf *b = &m->context;
	bool recused = false;
	char words[64];
	int rc = sr_query_ballots(&n, m->f->catalogue, v, m->f->now, m->e);

	if (rc == 0)
		rc = sr_query_ties(&ties, m->f->catalogue, v, member, m->e);
	if (rc == 0)
		rc = sr_query_recused(&recused, m->f->catalogue, v->request, member, m->e);
	if (rc != 0)
		return rc;
	snprintf(words, sizeof words, "%s%s%s%s", ties.supervisor ? "supervisor " : "",
		ties.student ? "student " : "", ties.conflict ? "conflict " : "",
		ties.project ? "project" : "");
	context_asked(m);
	field_bool(m, b, "recused", recused);
	field_words(m, b, "ties", words, false);
	field_long(m, b, "approvals", n.approvals);
	field_long(m, b, "denials", n.denials);
	field_long(m, b, "recusals", n.recusals);
	return 0;
}

/* trained: everybody has a training that stands; lapsed: one of somebody's is over. */
static int safe_people(const char **out, struct maker *m, const struct sr_version_row *v) {
	bool lapsed = false, untrained = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i <= v->people_count; i++) {
		struct sr_standings l = {NULL, 0};
		bool one = false;

		rc = sr_query_standings(
			&l, m->f->catalogue, i == 0 ? v->applicant : v->people[i - 1].person, m->e);
		for (size_t k = 0; k < l.count; k++) {
			if (strcmp(l.rows[k].kind, "training") != 0)
				continue;
			one = true;
			lapsed = lapsed || l.rows[k].until <= m->f->now;
		}
		untrained = untrained || !one;
		sr_standings_free(&l);
	}
	*out = lapsed ? "lapsed" : untrained ? "untrained" : "trained";
	return rc;
}

static int field_safes(struct maker *m, const struct sr_version_row *v) {
	const bool copies = strcmp(v->kind, "export") == 0 || strcmp(v->kind, "referral") == 0;
	struct sr_board_row *b = calloc(1, sizeof *b);
	const char *people = NULL;
	bool highest = false;
	int rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
			   : sr_query_board(b, m->f->catalogue, v->board, 0, m->e);

	if (rc == 0 && b->level_count > 1)
		highest = v->level == b->levels[b->level_count - 1].level;
	free(b);
	if (rc == 0)
		rc = safe_people(&people, m, v);
	if (rc != 0)
		return rc;
	put_key(m, &m->context, "safes");
	sr_buf_put_u8(&m->context, '{');
	m->first = true;
	field_str(m, &m->context, "people", people);
	field_str(m, &m->context, "projects",
		v->purposes != NULL && v->purposes[0] != '\0' ? "named" : "unnamed");
	field_str(m, &m->context, "settings", copies ? "outside" : "room");
	field_str(m, &m->context, "data", highest ? "highest" : "lowest");
	field_str(m, &m->context, "outputs", copies ? "copies" : "none");
	sr_buf_put_u8(&m->context, '}');
	m->first = false;
	return 0;
}

static int context_using(struct maker *m, const struct sr_use *u) {
	const int64_t day = m->f->now - m->f->now % DAY_S;
	struct sr_buf *b = &m->context;
	uint32_t loans = 0, today = 0, month = 0;
	char hex[2 * SR_ID + 1];
	bool has = false;
	int rc = sr_query_grant_has_item(&has, m->f->catalogue, u->grant->id, u->item, m->e);

	if (rc == 0)
		rc = sr_query_loans(&loans, m->f->catalogue, u->person, u->item, u->checkout, m->e);
	if (rc == 0)
		rc = sr_query_exposure(&today, m->f->catalogue, u->person, u->item, day,
			sr_invariants_distressing(), m->e);
	if (rc == 0)
		rc = sr_query_exposure(&month, m->f->catalogue, u->person, u->item,
			m->f->now - MONTH_S, sr_invariants_distressing(), m->e);
	if (rc == 0)
		rc = put_grant(m, u->grant);
	if (rc != 0)
		return rc;
	sr_hex(hex, u->grant->id, SR_ID);
	context_asked(m);
	put_key(m, b, "grant");
	put_entity(b, "Grant", hex);
	field_bool(m, b, "granted", has);
	field_str(m, b, "form", u->form);
	field_long(m, b, "loans", loans);
	field_long(m, b, "exposureToday", today);
	field_long(m, b, "exposureMonth", month);
	field_bool(m, b, "witnessed", m->f->witnessed > u->grant->entry);
	return 0;
}

/* --- one question ----------------------------------------------------------------------------- */

static int maker_new(struct maker **out, struct sr_inputs *in, const struct sr_facts *f,
	const char *who_type, const char *who, struct sr_err *e) {
	struct maker *m = calloc(1, sizeof *m);

	memset(in, 0, sizeof *in);
	sr_buf_init(&in->text);
	*out = m;
	if (m == NULL)
		return sr_fail(e, SR_NOMEM, "inputs: out of memory");
	m->f = f;
	m->out = in;
	m->e = e;
	sr_buf_init(&m->context);
	sr_buf_init(&m->entities);
	m->who_type = who_type;
	snprintf(m->who, sizeof m->who, "%s", who);
	if (strcmp(who_type, "Person") == 0)
		mention(m, who);
	return 0;
}

static void action_is(struct maker *m, const char *action) {
	snprintf(m->out->action, sizeof m->out->action, "%s", action);
}

/* People may be on boards of their own, but nothing is said of those: `in` needs only their names.
 */
static int finish(struct maker *m) {
	struct sr_buf request;
	int rc = m->failed ? sr_fail(m->e, SR_MISUSE,
				     "inputs: more people or boards than there "
				     "can be in one question")
			   : put_action(m);

	for (size_t i = 0; rc == 0 && i < m->people_count; i++)
		rc = put_person(m, m->people[i]);
	for (size_t i = 0; rc == 0 && i < m->board_count; i++)
		rc = put_board(m, m->boards[i]);
	if (rc != 0)
		return rc;
	sr_buf_put_u8(&m->context, '}');
	sr_buf_init(&request);
	sr_buf_put_str(&request, "{\"principal\":");
	put_uid(&request, m->who_type, m->who);
	sr_buf_put_str(&request, ",\"action\":");
	put_uid(&request, "Action", m->out->action);
	sr_buf_put_str(&request, ",\"resource\":");
	put_uid(&request, m->what_type, m->what);
	sr_buf_put_str(&request, ",\"context\":");
	sr_buf_put_buf(&request, &m->context);
	sr_buf_put_u8(&request, '}');
	rc = sr_buf_ok(&m->context, m->e);
	if (rc == 0)
		rc = sr_buf_ok(&m->entities, m->e);
	if (rc == 0)
		rc = sr_buf_ok(&request, m->e);
	if (rc == 0) {
		struct sr_buf all;

		sr_buf_init(&all);
		sr_buf_put_u8(&all, '[');
		sr_buf_put_buf(&all, &m->entities);
		sr_buf_put_u8(&all, ']');
		rc = sr_buf_ok(&all, m->e);
		sr_question_put(&m->out->text, sr_buf_view(&request), sr_buf_view(&all));
		sr_buf_free(&all);
	}
	sr_buf_free(&request);
	return rc == 0 ? sr_buf_ok(&m->out->text, m->e) : rc;
}

/* Take the maker apart; what failed leaves nothing in ${in}. */
static int maker_end(struct maker *m, struct sr_inputs *in, int rc) {
	if (rc == 0 && m != NULL && in->action[0] != '\0')
		rc = finish(m);
	if (m != NULL) {
		sr_buf_free(&m->context);
		sr_buf_free(&m->entities);
	}
	free(m);
	if (rc != 0)
		sr_inputs_free(in);
	return rc;
}

/* --- by statement ----------------------------------------------------------------------------- */

/* What a statement asks: its part of the table in policy_inputs.h. */
struct asked {
	struct maker *m;
	const struct sr_statement *s;
	const uint8_t *items;
	size_t item_count;
	struct request_texts texts;
};
typedef int ask_fn(struct asked *a);

static bool says(const struct sr_statement *s, const char *key, const char *word) {
	return sr_bytes_eq(sr_field(s, key, 0), sr_bytes_str(word));
}

static int ask_request(struct asked *a) {
	static const char *const own[] = {"access", "export", "referral", "reseal", "redact",
		"destroy", "renew", "revoke", "lift", NULL};
	char action[SR_ACTION_TEXT] = "request-act";

	if (says(a->s, "kind", "policy"))
		return 0;
	word_to(a->texts.kind, sizeof a->texts.kind, sr_field(a->s, "kind", 0));
	for (size_t i = 0; own[i] != NULL; i++)
		if (strcmp(a->texts.kind, own[i]) == 0)
			snprintf(action, sizeof action, "request-%s", own[i]);
	action_is(a->m, action);
	context_asked(a->m);
	return request_of_statement(a->m, &a->texts, a->s, a->items, a->item_count);
}

/* What is done to a request that is there. */
static int ask_on_request(struct asked *a) {
	struct sr_version_row v = {0};
	uint8_t id[SR_ID], hash[SR_HASH];
	const bool vote = a->s->type->id == SR_T_VOTE;
	int rc = vote ? sr_field_id_hash(id, hash, a->s, "request", a->m->e)
		      : sr_field_id(id, a->s, "request", 0, a->m->e);

	if (rc == 0)
		rc = sr_query_version(&v, a->m->f->catalogue, id, 0, a->m->e);
	if (rc == 0 && strcmp(v.kind, "policy") != 0) {
		char action[SR_ACTION_TEXT], decision[16];

		word_to(decision, sizeof decision, sr_field(a->s, "decision", 0));
		snprintf(action, sizeof action, "%s%s", vote ? "vote-" : a->s->type->name,
			vote ? decision : "");
		action_is(a->m, action);
		if (vote)
			rc = context_voting(a->m, &v, a->s->head.actor);
		else
			context_asked(a->m);
		if (rc == 0)
			rc = request_of_version(a->m, &v);
	}
	sr_version_row_free(&v);
	return rc;
}

static int ask_grant(struct asked *a) {
	action_is(a->m, a->s->type->id == SR_T_LIFT ? "lift-suspension" : a->s->type->name);
	context_asked(a->m);
	return resource_grant(a->m, a->s);
}

/* A suspension, or what stands on an item; what is lifted by a quorum alone asks nothing (the
 * invariants refuse it). */
static int ask_lift(struct asked *a) {
	struct sr_flag_row f = {0};
	uint8_t id[SR_ID];
	int rc;

	if (sr_field_count(a->s, "flag") == 0)
		return ask_grant(a);
	rc = sr_field_id(id, a->s, "flag", 0, a->m->e);
	if (rc == 0)
		rc = sr_query_flag(&f, a->m->f->catalogue, id, a->m->e);
	if (rc == 0) {
		action_is(a->m, strcmp(f.what, "hold") == 0        ? "lift-hold"
				: strcmp(f.what, "retention") == 0 ? "retention"
								   : "lift-embargo");
		context_asked(a->m);
		rc = put_item_of(a->m, a->s, "item");
	}
	sr_flag_row_free(&f);
	return rc;
}

static int ask_on_checkout(struct asked *a) {
	action_is(a->m, a->s->type->name);
	context_asked(a->m);
	return resource_checkout(a->m, a->s);
}

static int ask_item(struct asked *a) {
	action_is(a->m, a->s->type->name);
	context_asked(a->m);
	return put_item_of(a->m, a->s, a->s->type->id == SR_T_REDACT ? "parent" : "item");
}

/* What scanners said last, in one word, and since when their signatures are at the oldest. */
static int field_scanned(struct asked *a) {
	static const char *const worst[] = {"infected", "not-scanned", "clean"};
	struct sr_scans l = {NULL, 0};
	const char *word = "never";
	int64_t oldest = INT64_MAX;
	uint8_t item[SR_ID];
	int rc = sr_field_id(item, a->s, "item", 0, a->m->e);

	if (rc == 0)
		rc = sr_query_scans(&l, a->m->f->catalogue, item, true, a->m->e);
	if (rc != 0)
		return rc;
	for (size_t w = sizeof worst / sizeof worst[0]; w > 0; w--)
		for (size_t i = 0; i < l.count; i++)
			if (strcmp(l.rows[i].result, worst[w - 1]) == 0)
				word = worst[w - 1];
	for (size_t i = 0; i < l.count; i++)
		if (l.rows[i].signatures < oldest)
			oldest = l.rows[i].signatures;
	field_str(a->m, &a->m->context, "scanned", word);
	if (l.count > 0 && oldest != 0)
		field_time(a->m, &a->m->context, "signatures", oldest);
	field_bool(a->m, &a->m->context, "reason", sr_field_count(a->s, "reason") > 0);
	sr_scans_free(&l);
	return 0;
}

/* Hazards that a release keeps: those that it names, and those of parts, which stay without a word.
 */
static int release_hazards(char **out, const struct asked *a) {
	struct sr_item_row item = {0}, kept = {0};
	struct sr_buf hazards;
	uint8_t id[SR_ID];
	int rc;

	sr_buf_init(&hazards);
	rc = tokens_of(&hazards, a->s, "hazard", a->m->e);
	if (rc == 0)
		rc = sr_field_id(id, a->s, "item", 0, a->m->e);
	if (rc == 0)
		rc = sr_query_item(&item, a->m->f->catalogue, id, a->m->e);
	if (rc == 0) {
		kept.hazards =
			strcmp((const char *)hazards.p, "none") == 0 ? NULL : (char *)hazards.p;
		kept.parts = item.parts;
		rc = sr_invariants_all_hazards(out, &kept, a->m->e);
	}
	sr_item_row_free(&item);
	sr_buf_free(&hazards);
	return rc;
}

static int ask_release(struct asked *a) {
	char *words = NULL;
	int rc = release_hazards(&words, a);

	if (rc == 0) {
		action_is(a->m, "release");
		context_asked(a->m);
		field_words(a->m, &a->m->context, "hazards", words, false);
		rc = field_scanned(a);
	}
	if (rc == 0)
		rc = put_item_of(a->m, a->s, "item");
	free(words);
	return rc;
}

static int ask_deposit(struct asked *a) {
	struct sr_collection_row row = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "collection", 0, a->m->e);

	if (rc == 0)
		rc = sr_query_collection(&row, a->m->f->catalogue, id, a->m->e);
	if (rc == 0) {
		action_is(a->m, "deposit");
		context_asked(a->m);
		a->m->what_type = "Collection";
		sr_hex(a->m->what, id, SR_ID);
		memcpy(a->m->out->board, row.board, SR_ID);
		put_collection(a->m, a->m->what, row.board);
	}
	sr_collection_row_free(&row);
	return rc;
}

/* Rules about people and the house are the founding board's. */
static int founding(struct maker *m) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(m->e, SR_NOMEM, "inputs: out of memory")
			   : sr_query_board(b, m->f->catalogue, NULL, 0, m->e);

	if (rc == 0)
		memcpy(m->out->board, b->id, SR_ID);
	free(b);
	return rc;
}

/* Roles that the person has, as one list of tokens; none of who is not there yet. */
static int roles_of(char out[128], struct maker *m, const char *person) {
	struct sr_person_row row = {0};
	int rc = sr_query_person(&row, m->f->catalogue, person, m->e);
	size_t at = 0;

	out[0] = '\0';
	for (unsigned bit = 1; rc == 0 && bit < SR_ROLES_ALL; bit <<= 1)
		if ((row.roles & bit) != 0)
			at += (size_t)snprintf(out + at, 128 - at, "%s ", sr_role_name(bit));
	sr_person_row_free(&row);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(m->e);
		rc = 0;
	}
	return rc;
}

/* Did the key before sign for the new one? Whether it is so the invariants look at. */
static int vouched(bool *out, struct asked *a) {
	struct sr_card card = {.by_old = false};
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, a->s, "card", 0, a->m->e);
	if (rc == 0)
		rc = sr_card_read(&card, sr_buf_view(&bytes), a->m->e);
	*out = rc == 0 && card.by_old;
	sr_buf_free(&bytes);
	return rc;
}

static int ask_person(struct asked *a) {
	const enum sr_type_id t = a->s->type->id;
	const char *action = t == SR_T_PERSON       ? "add-person"
			     : t == SR_T_PERSON_SET ? "set-person"
			     : t == SR_T_PERSON_KEY ? "rekey-person"
						    : "end-person";
	struct maker *m = a->m;
	char roles[128];
	struct sr_buf given;
	int rc = founding(m);

	sr_buf_init(&given);
	word_to(m->what, sizeof m->what, sr_field(a->s, "person", 0));
	m->what_type = "Person";
	mention(m, m->what);
	action_is(m, action);
	if (rc == 0 && t == SR_T_PERSON)
		rc = tokens_of(&given, a->s, "role", m->e);
	else if (rc == 0)
		rc = roles_of(roles, m, m->what);
	context_asked(m);
	if (rc == 0)
		field_words(m, &m->context, "roles",
			t == SR_T_PERSON ? (const char *)given.p : roles, false);
	if (rc == 0 && t == SR_T_PERSON_KEY) {
		bool by_old = false;

		rc = vouched(&by_old, a);
		field_bool(m, &m->context, "vouched", by_old);
	}
	sr_buf_free(&given);
	return rc;
}

static int ask_attest(struct asked *a) {
	struct sr_attestation_row row = {0};
	struct maker *m = a->m;
	char kind[32], other[SR_PERSON_TEXT] = "";
	uint8_t id[SR_ID];
	int rc = founding(m);

	m->what_type = "Person";
	if (rc == 0 && a->s->type->id == SR_T_ATTEST) {
		word_to(m->what, sizeof m->what, sr_field(a->s, "person", 0));
		word_to(kind, sizeof kind, sr_field(a->s, "kind", 0));
		if (sr_field_count(a->s, "of") > 0)
			word_to(other, sizeof other, sr_field(a->s, "of", 0));
		action_is(m, "attest");
	} else if (rc == 0) {
		rc = sr_field_id(id, a->s, "attestation", 0, m->e);
		if (rc == 0)
			rc = sr_query_attestation(&row, m->f->catalogue, id, m->e);
		snprintf(m->what, sizeof m->what, "%s", row.person);
		snprintf(kind, sizeof kind, "%s", row.kind);
		snprintf(other, sizeof other, "%s", row.other);
		action_is(m, "end-attestation");
	}
	sr_attestation_row_free(&row);
	if (rc != 0)
		return rc;
	mention(m, m->what);
	context_asked(m);
	field_str(m, &m->context, "kind", kind);
	if (other[0] != '\0')
		field_person(m, &m->context, "other", other);
	return 0;
}

static int ask_enquiry(struct asked *a) {
	struct maker *m = a->m;
	int rc = founding(m);

	action_is(m, "enquire");
	context_asked(m);
	m->what_type = "Vault";
	snprintf(m->what, sizeof m->what, "vault");
	entity_begin(m, "Vault", "vault");
	entity_end(m, NULL, NULL);
	return rc;
}

static const char *action_of_right(const char *right) {
	static const struct {
		const char *right, *action;
	} rights[] = {{"export", "export"}, {"referral", "hand-over"}, {"reseal", "reseal"},
		{"redact", "look-to-redact"}};

	for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++)
		if (strcmp(right, rights[i].right) == 0)
			return rights[i].action;
	return NULL;
}

/* Under a grant, by the right that is asked for. */
static int use_of(struct maker *m, const char *right, const struct sr_use *u) {
	const char *action = action_of_right(right);
	char look[SR_ACTION_TEXT];
	struct sr_item_row item = {0};
	int rc = sr_query_item(&item, m->f->catalogue, u->item, m->e);

	snprintf(look, sizeof look, "look-%.20s", u->form);
	action_is(m, action != NULL ? action : look);
	if (rc == 0)
		rc = context_using(m, u);
	if (rc == 0)
		rc = put_item(m, &item);
	sr_item_row_free(&item);
	return rc;
}

/* A curator's look at what is held. */
static int inspection(struct maker *m, const struct sr_use *u) {
	struct sr_item_row item = {0};
	uint32_t loans = 0;
	int rc = sr_query_item(&item, m->f->catalogue, u->item, m->e);

	if (rc == 0)
		rc = sr_query_loans(&loans, m->f->catalogue, u->person, u->item, u->checkout, m->e);
	if (rc == 0) {
		action_is(m, "inspect");
		context_asked(m);
		field_long(m, &m->context, "loans", loans);
		rc = put_item(m, &item);
	}
	sr_item_row_free(&item);
	return rc;
}

static int ask_checkout(struct asked *a) {
	struct sr_grant_row g = {0};
	char right[16], form[64];
	uint8_t item[SR_ID], grant[SR_ID];
	struct sr_use u = {.grant = &g, .person = a->s->head.actor, .item = item, .form = form};
	int rc = sr_field_id(item, a->s, "item", 0, a->m->e);

	word_to(right, sizeof right, sr_field(a->s, "right", 0));
	word_to(form, sizeof form, sr_field(a->s, "form", 0));
	if (rc != 0 || strcmp(right, "quarantine") == 0)
		return rc != 0 ? rc : inspection(a->m, &u);
	rc = sr_field_id(grant, a->s, "grant", 0, a->m->e);
	if (rc == 0)
		rc = sr_query_grant(&g, a->m->f->catalogue, grant, a->m->e);
	if (rc == 0)
		rc = use_of(a->m, right, &u);
	sr_grant_row_free(&g);
	return rc;
}

static ask_fn *const asks[SR_T_COUNT] = {
	[SR_T_PERSON] = ask_person,
	[SR_T_PERSON_END] = ask_person,
	[SR_T_PERSON_SET] = ask_person,
	[SR_T_PERSON_KEY] = ask_person,
	[SR_T_ATTEST] = ask_attest,
	[SR_T_ATTEST_END] = ask_attest,
	[SR_T_ACCESSION] = ask_deposit,
	[SR_T_REDACT] = ask_item,
	[SR_T_DESCRIBE] = ask_item,
	[SR_T_RELEASE] = ask_release,
	[SR_T_EMBARGO] = ask_item,
	[SR_T_HOLD] = ask_item,
	[SR_T_SEAL] = ask_item,
	[SR_T_RETENTION] = ask_item,
	[SR_T_REQUEST] = ask_request,
	[SR_T_AMEND] = ask_request,
	[SR_T_EXTEND] = ask_grant,
	[SR_T_JOIN] = ask_on_request,
	[SR_T_COMMENT] = ask_on_request,
	[SR_T_RECUSE] = ask_on_request,
	[SR_T_VOTE] = ask_on_request,
	[SR_T_WITHDRAW] = ask_on_request,
	[SR_T_SUSPEND] = ask_grant,
	[SR_T_LIFT] = ask_lift,
	[SR_T_CLOSE] = ask_grant,
	[SR_T_CHECKOUT] = ask_checkout,
	[SR_T_RETURN] = ask_on_checkout,
	[SR_T_BREAK_GLASS] = ask_on_checkout,
	[SR_T_ENQUIRY] = ask_enquiry,
};

bool sr_inputs_asks(enum sr_type_id type) {
	return (unsigned)type < SR_T_COUNT && asks[type] != NULL;
}

int sr_inputs_of_statement(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_statement *s, const uint8_t *items, size_t item_count, struct sr_err *e) {
	struct asked a = {.s = s, .items = items, .item_count = item_count};
	int rc = maker_new(&a.m, out, f, "Person", s->head.actor, e);

	sr_buf_init(&a.texts.people);
	sr_buf_init(&a.texts.forms);
	sr_buf_init(&a.texts.purposes);
	if (rc == 0 && asks[s->type->id] != NULL)
		rc = asks[s->type->id](&a);
	sr_buf_free(&a.texts.people);
	sr_buf_free(&a.texts.forms);
	sr_buf_free(&a.texts.purposes);
	return maker_end(a.m, out, rc);
}

int sr_inputs_of_decision(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_version_row *v, uint32_t more, struct sr_err *e) {
	char board[2 * SR_ID + 1];
	struct maker *m = NULL;
	struct sr_ballots n;
	int rc;

	sr_hex(board, v->board, SR_ID);
	rc = maker_new(&m, out, f, "Board", board, e);
	if (rc == 0)
		rc = sr_query_ballots(&n, f->catalogue, v, f->now, e);
	if (rc == 0) {
		action_is(m, v->has_key                        ? "grant"
			     : strcmp(v->kind, "destroy") == 0 ? "destroy"
							       : "enact");
		context_begin(m);
		field_long(m, &m->context, "approvals", (uint64_t)n.approvals + more);
		field_long(m, &m->context, "denials", n.denials);
		field_long(m, &m->context, "recusals", n.recusals);
		field_long(m, &m->context, "institutions", (uint64_t)n.institutions + more);
		field_long(m, &m->context, "browserVotes", n.browser);
		rc = field_safes(m, v);
	}
	if (rc == 0)
		rc = request_of_version(m, v);
	return maker_end(m, out, rc);
}

int sr_inputs_of_voter(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_version_row *v, const char *member, struct sr_err *e) {
	struct maker *m = NULL;
	int rc = maker_new(&m, out, f, "Person", member, e);

	if (rc == 0) {
		action_is(m, "vote-approve");
		rc = context_voting(m, v, member);
	}
	if (rc == 0)
		rc = request_of_version(m, v);
	return maker_end(m, out, rc);
}

int sr_inputs_of_use(struct sr_inputs *out, const struct sr_facts *f, const struct sr_use *use,
	struct sr_err *e) {
	struct maker *m = NULL;
	int rc = maker_new(&m, out, f, "Person", use->person, e);

	if (rc == 0)
		rc = use_of(m, use->grant->right, use);
	return maker_end(m, out, rc);
}

int sr_inputs_of_checkout(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_checkout_row *c, struct sr_err *e) {
	struct sr_grant_row g = {0};
	const struct sr_use use = {.grant = &g,
		.person = c->person,
		.item = c->item,
		.form = c->form,
		.checkout = c->id};
	struct maker *m = NULL;
	int rc = maker_new(&m, out, f, "Person", c->person, e);

	if (rc == 0 && c->has_grant)
		rc = sr_query_grant(&g, f->catalogue, c->grant, e);
	if (rc == 0)
		rc = c->has_grant ? use_of(m, c->right, &use) : inspection(m, &use);
	rc = maker_end(m, out, rc);
	sr_grant_row_free(&g);
	return rc;
}
