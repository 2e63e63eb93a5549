/*
 * client_said - what a request says, line by line, for whoever votes on it. See client.h.
 *
 * All of it is of the proven statement, or of others that are proven: names are those of proven
 * cards, the board that changes is the one in force, a grant that is asked about is the statement
 * `grant`. What the vault's catalogue says of a request is not used, for a vote is signed over the
 * statement's hash. A line that is a hash or a key says nothing to a person; `silent` lists them,
 * and a test sees to it that each line of the table is in one of the two lists.
 */
#include "board/kinds.h"
#include "core/ballot.h"
#include "ledger/card.h"

enum manner {
	PLAIN,  /* the line as it is */
	WORDS,  /* all lines of that key, with ", " between them */
	PERSON, /* each with the name on their card */
	TEXT,   /* what the commitment is of */
	QUORUM,
	CARD,  /* of another key of somebody: what bears it out */
	SEATS, /* who is to sit: `member`, and beside it who joins and who leaves */
	STANDBY,
	TARGET
};

static const struct line {
	const char *key, *told;
	enum manner manner;
} lines[] = {
	{"subject", "subject", PERSON},
	{"card", "new key", CARD},
	{"role", "roles", WORDS},
	{"from", "from epoch", PLAIN},
	{"name", "name", TEXT},
	{"collection", "collection", PLAIN},
	{"dedupe", "dedupe", PLAIN},
	{"target", "target", TARGET},
	{"quorum", "quorum", QUORUM},
	{"member", "member", SEATS},
	{"dealer", "dealer", PERSON},
	{"standby", "standby", STANDBY},
	{"person", "with", PERSON},
	{"form", "forms", WORDS},
	{"purpose", "purposes", WORDS},
	{"ends", "ends", PLAIN},
	{"closes", "closes", PLAIN},
	{"recipient", "recipient", PLAIN},
	{"authority", "authority", TEXT},
	{"project", "project", TEXT},
	{"instruction", "instruction", TEXT},
	{"reason", "reason", TEXT},
};
/* Told in another way (kind, level, board and items; newcomers by name, rules by the verb
 * that votes), or nothing that a person reads. */
static const char *const silent[] = {"request", "version", "kind", "board", "epoch", "level",
	"items", "list", "key", "newcomer", "rules", "set"};

bool sr_said_covers(struct sr_bytes field) {
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if (sr_bytes_eq(field, sr_bytes_str(lines[i].key)))
			return true;
	for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
		if (sr_bytes_eq(field, sr_bytes_str(silent[i])))
			return true;
	return false;
}

/* --- names ------------------------------------------------------------------------------------ */

/* On a card of ${person} in that entry. */
static struct sr_bytes name_in(const struct sr_entry *en, struct sr_bytes person) {
	for (size_t k = 0; k < en->count; k++) {
		const struct sr_record *r = &en->records[k];
		const struct sr_field *f = sr_type_field(en->statement.type, sr_bytes_str(r->key));

		if (f != NULL && f->kind == SR_V_CARD && r->state == SR_RECORD_READ &&
			sr_bytes_eq(person, sr_bytes_str(r->subject)))
			return r->text;
	}
	return sr_bytes_of(NULL, 0);
}

/* The name on the newest card of ${person} that is proven and disclosed; p == NULL: none is. What
 * was only asked for names nobody who has a name: a request for another key comes with a card that
 * says whose it is, and any name. */
static struct sr_bytes name_of(const struct sr_ballot *b, struct sr_bytes person) {
	const struct sr_proofs *p = &b->client->proofs;
	const struct sr_statement *asked = &b->view.entry->statement;

	for (size_t i = p->count; i-- > 0;) {
		const struct sr_proven *pr = p->entries[i];
		const enum sr_type_id type = pr->entry.statement.type->id;
		struct sr_bytes name;

		if (!pr->trusted || type == SR_T_REQUEST || type == SR_T_AMEND)
			continue;
		name = name_in(&pr->entry, person);
		if (name.p != NULL)
			return name;
	}
	return sr_bytes_eq(sr_field(asked, "kind", 0), sr_bytes_str("person"))
		       ? sr_bytes_of(NULL, 0)
		       : name_in(b->view.entry, person);
}

/* --- lines ------------------------------------------------------------------------------------ */

struct telling {
	const struct sr_ballot *b;
	const struct sr_statement *s;
	sr_said_fn *tell;
	void *ctx;
};

static int tell(const struct telling *t, const char *key, struct sr_bytes value, struct sr_err *e) {
	return t->tell(t->ctx, &(struct sr_said){.key = key, .value = value}, e);
}

static int tell_person(
	const struct telling *t, const char *key, struct sr_bytes person, struct sr_err *e) {
	return t->tell(t->ctx,
		&(struct sr_said){.key = key, .value = person, .name = name_of(t->b, person)}, e);
}

static int tell_words(const struct telling *t, const struct sr_statement *s, const char *field,
	const char *key, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	if (sr_field_count(s, field) == 0)
		return 0;
	sr_buf_init(&b);
	for (size_t i = 0; i < sr_field_count(s, field); i++) {
		sr_buf_put_str(&b, i > 0 ? ", " : "");
		sr_buf_put_bytes(&b, sr_field(s, field, i));
	}
	rc = sr_buf_ok(&b, e);
	if (rc == 0)
		rc = tell(t, key, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static int tell_text(const struct telling *t, const struct line *l, struct sr_err *e) {
	const struct sr_entry *en = t->b->view.entry;

	if (sr_field_count(t->s, l->key) == 0)
		return 0;
	for (size_t i = 0; i < en->count; i++)
		if (strcmp(en->records[i].key, l->key) == 0 &&
			en->records[i].state == SR_RECORD_READ)
			return tell(t, l->told, en->records[i].text, e);
	return tell(t, l->told, sr_bytes_str("(not shown to you, or erased)"), e);
}

static int tell_quorums(const struct telling *t, const struct line *l, struct sr_err *e) {
	const size_t members = sr_field_count(t->s, "member");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sr_field_count(t->s, l->key); i++) {
		uint64_t level = 0, quorum = 0;
		char text[80];

		rc = sr_field_level_quorum(&level, &quorum, t->s, l->key, i, e);
		snprintf(text, sizeof text, "level %llu: %llu of %zu members",
			(unsigned long long)level, (unsigned long long)quorum, members);
		if (rc == 0)
			rc = tell(t, l->told, sr_bytes_str(text), e);
	}
	return rc;
}

static bool says(const struct sr_statement *s, const char *key, struct sr_bytes value) {
	for (size_t i = 0; i < sr_field_count(s, key); i++)
		if (sr_bytes_eq(sr_field(s, key, i), value))
			return true;
	return false;
}

/* Against the board that decides, which a reshare or a new key changes; a board of its own, and one
 * that waits, is all newcomers, and nobody leaves for it. */
static int tell_seats(const struct telling *t, const struct line *l, struct sr_err *e) {
	const struct sr_board_view *now = &t->b->client->board->view;
	const bool board = sr_bytes_eq(sr_field(t->s, "kind", 0), sr_bytes_str("board"));
	const size_t seats = sr_field_count(t->s, l->key);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < seats; i++) {
		const struct sr_bytes who = sr_field(t->s, l->key, i);
		const bool sits = !board && sr_client_index(now, who) != 0;

		rc = tell_person(t, sits ? l->told : "newcomer", who, e);
	}
	if (board || seats == 0 || sr_field_count(t->s, "standby") > 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < now->members; i++)
		if (!says(t->s, l->key, sr_bytes_str(now->member[i])))
			rc = tell_person(t, "leaving", sr_bytes_str(now->member[i]), e);
	return rc;
}

/* Of a grant: whose it is, for what. */
static int tell_target(const struct telling *t, const struct line *l, struct sr_err *e) {
	const struct sr_bytes id = sr_field(t->s, l->key, 0);
	const struct sr_proven *pr =
		id.p != NULL ? sr_proofs_find(&t->b->client->proofs, SR_T_GRANT, "grant", id, 0)
			     : NULL;
	int rc = id.p != NULL ? tell(t, l->told, id, e) : 0;

	if (rc != 0 || pr == NULL || !pr->trusted)
		return rc;
	const struct sr_statement *s = &pr->entry.statement;
	for (size_t i = 0; rc == 0 && i < sr_field_count(s, "person"); i++)
		rc = tell_person(t, "granted to", sr_field(s, "person", i), e);
	if (rc == 0)
		rc = tell_words(t, s, "right", "granted right", e);
	return rc == 0 ? tell_words(t, s, "form", "granted forms", e) : rc;
}

static int tell_card(const struct telling *t, const struct line *l, struct sr_err *e) {
	char subject[SR_PERSON_TEXT];
	const struct sr_known *whose;
	struct sr_err said = {0};
	struct sr_buf bytes;
	int rc;

	sr_view_str(subject, sizeof subject, sr_field(t->s, "subject", 0));
	whose = sr_proofs_person(&t->b->client->proofs, subject);
	if (!sr_bytes_eq(sr_field(t->s, "kind", 0), sr_bytes_str("person")))
		return 0;
	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, t->s, l->key, 0, e);
	if (rc == 0) {
		const struct sr_bytes view = sr_buf_view(&bytes);
		const bool borne = whose != NULL && sr_card_by_old(view, whose->pk, &said) == 0;

		rc = tell(t, l->told,
			sr_bytes_str(borne ? "signed with the key before too"
					   : "not signed with the key before: that it is theirs is "
					     "what you vote on"),
			e);
	}
	sr_buf_free(&bytes);
	return rc;
}

static int tell_line(const struct telling *t, const struct line *l, struct sr_err *e) {
	int rc = 0;

	switch (l->manner) {
	case WORDS:
		return tell_words(t, t->s, l->key, l->told, e);
	case QUORUM:
		return tell_quorums(t, l, e);
	case TARGET:
		return tell_target(t, l, e);
	case CARD:
		return tell_card(t, l, e);
	case SEATS:
		return tell_seats(t, l, e);
	case TEXT:
		return tell_text(t, l, e);
	case STANDBY:
		return sr_field_count(t->s, l->key) == 0
			       ? 0
			       : tell(t, l->told,
					 sr_bytes_str("yes: the board in force stays until this "
						      "one takes over"),
					 e);
	case PERSON:
	case PLAIN:
		for (size_t i = 0; rc == 0 && i < sr_field_count(t->s, l->key); i++) {
			const struct sr_bytes v = sr_field(t->s, l->key, i);

			rc = l->manner == PERSON ? tell_person(t, l->told, v, e)
						 : tell(t, l->told, v, e);
		}
		break;
	}
	return rc;
}

int sr_ballot_said(const struct sr_ballot *b, sr_said_fn *fn, void *ctx, struct sr_err *e) {
	const struct telling t = {b, &b->view.entry->statement, fn, ctx};
	int rc = tell_person(&t, "applicant", sr_bytes_str(t.s->head.actor), e);

	if (rc == 0 && memcmp(b->view.board, b->client->info.fingerprint, SR_ID) != 0)
		rc = tell(&t, "board", sr_field(t.s, "board", 0), e);
	for (size_t i = 0; rc == 0 && i < sizeof lines / sizeof lines[0]; i++)
		rc = tell_line(&t, &lines[i], e);
	return rc;
}
