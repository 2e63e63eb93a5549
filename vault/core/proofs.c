/*
 * See proofs.h. People are learned anew at each settle, by walking the entries in order of the log,
 * so that it does not matter in which order receipts came. Signatures are checked once.
 */
#include "core/proofs.h"

#include <assert.h>

#include "base/escape.h"
#include "board/kinds.h"
#include "ledger/card.h"
#include "ledger/founding.h"
#include "ledger/keychange.h"

enum {
	VOUCHED = SR_ROLE_RESEARCHER |
		  SR_ROLE_DEPOSITOR, /* roles that one curator or officer gives */
	VOUCHERS = SR_ROLE_CURATOR | SR_ROLE_OFFICER
};

static const char *const founders[] = {"member", "curator", "officer", "auditor", "custodian"};

void sr_proofs_begin(struct sr_proofs *p, const uint8_t fingerprint[SR_HASH], const char *person,
	const uint8_t *pk, const struct sr_seen *seen) {
	memset(p, 0, sizeof *p);
	if (seen != NULL) {
		p->seen = *seen;
		p->links = seen->keys.count;
	} else {
		memcpy(p->seen.vault, fingerprint, SR_HASH);
		snprintf(p->seen.person, sizeof p->seen.person, "%s", person);
		sr_merkle_root(p->seen.root, NULL, 0);
	}
	if (p->links == 0)
		p->links = 1; /* the one of found */
	snprintf(p->self, sizeof p->self, "%s", person);
	if (pk != NULL)
		memcpy(p->self_pk, pk, SR_PK);
	sr_buf_init(&p->changes);
}

static void proven_free(struct sr_proven *pr) {
	sr_entry_free(&pr->entry);
	free(pr);
}

void sr_proofs_free(struct sr_proofs *p) {
	for (size_t i = 0; i < p->count; i++)
		proven_free(p->entries[i]);
	sr_buf_free(&p->changes);
	free(p->entries);
	free(p->people);
	free(p->boards);
	sr_endeds_free(&p->ended);
	memset(p, 0, sizeof *p);
}

/* --- people ----------------------------------------------------------------------------------- */

const struct sr_known *sr_proofs_person(const struct sr_proofs *p, const char *person) {
	for (size_t i = 0; i < p->people_count; i++)
		if (strcmp(p->people[i].person, person) == 0)
			return &p->people[i];
	return NULL;
}

/* --- boards --- */

const struct sr_known_board *sr_proofs_board(
	const struct sr_proofs *p, const uint8_t board[SR_ID], uint64_t epoch) {
	for (size_t i = 0; i < p->board_count; i++)
		if (p->boards[i].epoch == epoch && memcmp(p->boards[i].id, board, SR_ID) == 0)
			return &p->boards[i];
	return NULL;
}

uint8_t sr_known_index(const struct sr_known_board *b, const char *person) {
	for (uint8_t i = 0; i < b->members; i++)
		if (strcmp(b->member[i], person) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

uint64_t sr_proofs_base(const struct sr_proofs *p, const uint8_t board[SR_ID], uint64_t epoch) {
	const struct sr_known_board *b = sr_proofs_board(p, board, epoch);

	return b != NULL ? b->base : 0;
}

uint64_t sr_proofs_last(const struct sr_proofs *p, const uint8_t board[SR_ID], uint64_t epoch) {
	const uint64_t base = sr_proofs_base(p, board, epoch);
	uint64_t last = epoch;

	for (const struct sr_known_board *b; base != 0 &&
					     (b = sr_proofs_board(p, board, last + 1)) != NULL &&
					     b->opened != 0 && b->base == base;)
		last++;
	return last;
}

/* Is the vote on a request of kind reseal that names ${epoch}? */
static bool on_reseal(const struct sr_proofs *p, const struct sr_proven *vote, uint64_t epoch) {
	uint8_t id[SR_ID], hash[SR_HASH];

	if (sr_field_id_hash(id, hash, &vote->entry.statement, "request", NULL) != 0)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		const struct sr_statement *s = &p->entries[i]->entry.statement;
		uint64_t asked = 0;

		if ((s->type->id == SR_T_REQUEST || s->type->id == SR_T_AMEND) &&
			memcmp(s->hash, hash, SR_HASH) == 0)
			return p->entries[i]->trusted &&
			       sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("reseal")) &&
			       sr_field_dec(&asked, s, "epoch", 0, NULL) == 0 && asked <= epoch;
	}
	return false;
}

/* Did a quorum end the roles of ${person} after entry ${since} and before ${at}? */
static bool ended_between(
	const struct sr_proofs *p, const char *person, uint64_t since, uint64_t at) {
	for (size_t i = 0; i < p->ended.count; i++) {
		const struct sr_ended *end = &p->ended.rows[i];

		if (end->all && end->index > since && end->index < at &&
			strcmp(end->person, person) == 0)
			return true;
	}
	return false;
}

bool sr_proofs_ended(const struct sr_proofs *p, const char *person, uint64_t since) {
	return ended_between(p, person, since, UINT64_MAX);
}

/* Had a quorum ended the roles of ${person} before entry ${at}, after the board last seated them?
 * Another board that seats them afterwards gives this one's seat not back; as the catalogue has it
 * (catalogue/standby.h, SR_SQL_SEATED). */
static bool unseated(
	const struct sr_proofs *p, const uint8_t board[SR_ID], const char *person, uint64_t at) {
	uint64_t since = 0;

	for (size_t i = 0; i < p->board_count; i++) {
		const struct sr_known_board *b = &p->boards[i];
		const uint64_t from = b->standby ? b->entry : b->opened;

		if (memcmp(b->id, board, SR_ID) == 0 && b->opened != 0 && b->opened < at &&
			from > since && sr_known_index(b, person) != 0)
			since = from;
	}
	return ended_between(p, person, since, at);
}

/* Has ${person} a seat on a board, before entry ${at}, or is one dealt to them? Then it takes a
 * quorum to give them a key that the one before does not bear out. Who has left has none any more.
 */
static bool sits(const struct sr_proofs *p, const char *person, uint64_t at) {
	for (size_t i = 0; i < p->board_count; i++) {
		const struct sr_known_board *b = &p->boards[i];
		bool over = false;

		for (size_t k = 0; k < p->board_count; k++)
			over = over ||
			       (memcmp(p->boards[k].id, b->id, SR_ID) == 0 &&
				       p->boards[k].opened != 0 && p->boards[k].epoch > b->epoch);
		if (!over && sr_known_index(b, person) != 0 &&
			(b->opened == 0 || !unseated(p, b->id, person, at)))
			return true;
	}
	return false;
}

/* Was ${b} in force at entry ${at}? The founders' from the first on. */
static bool in_force(const struct sr_proofs *p, const struct sr_known_board *b, uint64_t at) {
	const struct sr_known_board *next = sr_proofs_board(p, b->id, b->epoch + 1);
	const bool first = b->epoch == 1 && b->entry == 0;

	return (first || (b->opened != 0 && b->opened < at)) &&
	       (next == NULL || next->opened == 0 || at < next->opened);
}

bool sr_proofs_sits(const struct sr_proofs *p, const char *person, uint64_t at) {
	for (size_t i = 0; i < p->board_count; i++) {
		const struct sr_known_board *b = &p->boards[i];

		if (in_force(p, b, at) && sr_known_index(b, person) != 0 &&
			!unseated(p, b->id, person, at))
			return true;
	}
	return false;
}

uint8_t sr_proofs_voter(
	const struct sr_proofs *p, const uint8_t board[SR_ID], const struct sr_proven *vote) {
	const struct sr_statement *s = &vote->entry.statement;
	const struct sr_known_board *b, *next;
	uint64_t epoch = 0;

	if (!vote->trusted || sr_field_dec(&epoch, s, "epoch", 0, NULL) != 0)
		return 0;
	b = sr_proofs_board(p, board, epoch);
	next = sr_proofs_board(p, board, epoch + 1);
	if (b == NULL || vote->index < b->entry ||
		(b->epoch > 1 && (b->opened == 0 || vote->index < b->opened)))
		return 0;
	if (next != NULL && next->opened != 0 && vote->index > next->opened &&
		(next->base != next->epoch || !on_reseal(p, vote, epoch)))
		return 0;
	return unseated(p, board, s->head.actor, vote->index) ? 0
							      : sr_known_index(b, s->head.actor);
}

/* Room for one more, zeroed. A second statement about an epoch that is in force is a forgery. */
static int know_board(struct sr_known_board **out, struct sr_proofs *p, const uint8_t board[SR_ID],
	uint64_t epoch, struct sr_err *e) {
	struct sr_known_board *before =
		(struct sr_known_board *)(uintptr_t)sr_proofs_board(p, board, epoch);

	/* A later decision replaces a plan that was not carried out. */
	if (before != NULL && before->opened == 0 && epoch > 1) {
		memmove(before, before + 1,
			(size_t)(p->boards + p->board_count - (before + 1)) * sizeof *before);
		p->board_count--;
		before = NULL;
	}
	if (before != NULL)
		return sr_fail(e, SR_AUTH, "another statement made epoch %llu of this board",
			(unsigned long long)epoch);
	if (p->board_count == p->board_cap) {
		const size_t cap = p->board_cap == 0 ? 4 : p->board_cap * 2;
		struct sr_known_board *more = reallocarray(p->boards, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "proofs: out of memory for %zu boards", cap);
		p->boards = more;
		p->board_cap = cap;
	}
	*out = &p->boards[p->board_count];
	memset(*out, 0, sizeof **out);
	memcpy((*out)->id, board, SR_ID);
	(*out)->epoch = epoch;
	return 0;
}

/* The person, made if new; NULL: no memory. A name that is known keeps its key: another one is a
 * forgery. */
static int know(struct sr_known **out, struct sr_proofs *p, const char *person,
	const uint8_t pk[SR_PK], struct sr_err *e) {
	struct sr_known *k = (struct sr_known *)(uintptr_t)sr_proofs_person(p, person);

	if (k != NULL && memcmp(k->pk, pk, SR_PK) != 0)
		return sr_fail(e, SR_AUTH, "%s has another key than was proven before", person);
	if (k == NULL) {
		if (p->people_count == p->people_cap) {
			const size_t cap = p->people_cap == 0 ? 16 : p->people_cap * 2;
			struct sr_known *more = reallocarray(p->people, cap, sizeof *more);

			if (more == NULL)
				return sr_fail(
					e, SR_NOMEM, "proofs: out of memory for %zu people", cap);
			p->people = more;
			p->people_cap = cap;
		}
		k = &p->people[p->people_count++];
		memset(k, 0, sizeof *k);
		snprintf(k->person, sizeof k->person, "%s", person);
		memcpy(k->pk, pk, SR_PK);
		memcpy(k->first, pk, SR_PK);
	}
	*out = k;
	return 0;
}

static int card_of(struct sr_card *card, const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, s, key, i, e);
	if (rc == 0)
		rc = sr_card_read(card, sr_buf_view(&bytes), e);
	sr_buf_free(&bytes);
	return rc;
}

/* Levels of the founding board, whose members are filled in; it is known from here on. */
static int founding_board(struct sr_proofs *p, struct sr_known_board *b,
	const struct sr_statement *found, struct sr_err *e) {
	const size_t levels = sr_field_count(found, "level");

	b->members = (uint8_t)sr_field_count(found, "member");
	b->levels = (uint8_t)levels;
	for (size_t i = 0; i < levels; i++) {
		uint64_t k = 0;
		const int rc = sr_field_dec(&k, found, "level", i, e);

		if (rc != 0)
			return rc;
		b->level[i] = b->quorum[i] = (uint8_t)k;
	}
	b->base = 1;
	p->board_count++;
	return 0;
}

static int know_founders(struct sr_proofs *p, const struct sr_statement *found, struct sr_err *e) {
	struct sr_known_board *b = NULL;
	int rc = know_board(&b, p, found->hash, 1, e);

	for (size_t k = 0; k < sizeof founders / sizeof founders[0] && rc == 0; k++) {
		for (size_t i = 0; i < sr_field_count(found, founders[k]) && rc == 0; i++) {
			struct sr_known *who = NULL;
			struct sr_card card;

			rc = card_of(&card, found, founders[k], i, e);
			if (rc == 0)
				rc = know(&who, p, card.person, card.key, e);
			if (rc != 0)
				break;
			who->roles |= sr_role_named(sr_bytes_str(founders[k]));
			if (k == 0 && i < SR_BOARD_MEMBERS_MAX)
				memcpy(b->member[i], card.person, SR_PERSON_TEXT);
		}
	}
	for (size_t i = 0; i < sr_field_count(found, "standby") && rc == 0; i++) {
		struct sr_known *who = NULL; /* who waits has no role */
		struct sr_card card;

		rc = card_of(&card, found, "standby", i, e);
		if (rc == 0)
			rc = know(&who, p, card.person, card.key, e);
	}
	return rc == 0 ? founding_board(p, b, found, e) : rc;
}

static unsigned roles_in(const struct sr_statement *s) {
	unsigned roles = 0;

	for (size_t i = 0; i < sr_field_count(s, "role"); i++)
		roles |= sr_role_named(sr_field(s, "role", i));
	return roles;
}

static bool same_lines(
	const struct sr_statement *a, const struct sr_statement *b, const char *key) {
	const size_t n = sr_field_count(a, key);

	if (n != sr_field_count(b, key))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!sr_bytes_eq(sr_field(a, key, i), sr_field(b, key, i)))
			return false;
	return true;
}

/* Did another key take the place of the one that the vote is signed with, before ${before}, without
 * its word? It may have been in other hands when it voted. */
static bool key_lost(const struct sr_proofs *p, const struct sr_proven *vote, uint64_t before) {
	const struct sr_bytes voter = sr_bytes_str(vote->entry.statement.head.actor);

	for (size_t i = 0; i < p->count && p->entries[i]->index < before; i++) {
		const struct sr_proven *pr = p->entries[i];

		if (pr->index > vote->index && pr->trusted && !pr->by_old &&
			pr->entry.statement.type->id == SR_T_PERSON_KEY &&
			sr_bytes_eq(sr_proven_field(pr, "person", 0), voter))
			return true;
	}
	return false;
}

/* What was not decided by then is decided without what a lost key voted, or who was ended since
 * (catalogue/apply_key.c, apply_trust.c). */
static bool vote_void(const struct sr_proofs *p, const struct sr_proven *vote, uint64_t before) {
	return key_lost(p, vote, before) ||
	       ended_between(p, vote->entry.statement.head.actor, vote->index, before);
}

/* Approvals of the exact version ${req} by distinct members of ${b}, before ${before}. */
static size_t approvals(const struct sr_proofs *p, const struct sr_known_board *b,
	const struct sr_proven *req, uint64_t before) {
	bool voted[SR_BOARD_MEMBERS_MAX + 1] = {false};
	size_t n = 0;

	for (size_t i = 0; i < p->count && p->entries[i]->index < before; i++) {
		const struct sr_proven *v = p->entries[i];
		uint8_t id[SR_ID], want[SR_ID], hash[SR_HASH], index;
		uint64_t epoch = 0;

		if (v->entry.statement.type->id != SR_T_VOTE || !v->trusted ||
			v->index < req->index ||
			!sr_bytes_eq(sr_proven_field(v, "decision", 0), sr_bytes_str("approve")) ||
			sr_field_id_hash(id, hash, &v->entry.statement, "request", NULL) != 0 ||
			sr_field_id(want, &req->entry.statement, "request", 0, NULL) != 0 ||
			memcmp(id, want, SR_ID) != 0 ||
			memcmp(hash, req->entry.statement.hash, SR_HASH) != 0)
			continue;
		index = sr_proofs_voter(p, b->id, v);
		if (index == 0 || voted[index] ||
			sr_field_dec(&epoch, &v->entry.statement, "epoch", 0, NULL) != 0 ||
			epoch != b->epoch ||
			sr_bytes_eq(sr_proven_field(req, "subject", 0),
				sr_bytes_str(v->entry.statement.head.actor)) ||
			vote_void(p, v, before))
			continue;
		voted[index] = true;
		n++;
	}
	return n;
}

/* What a quorum makes that clients believe: the lines that the statement and the request which asks
 * for it must have alike. */
static const struct made {
	enum sr_kind_id kind;
	const char *same[6];
} makes[] = {
	{SR_K_ROLE, {"role", "card"}},
	{SR_K_PERSON, {"card"}},
	{SR_K_PERSON_END, {NULL}},
	{SR_K_ERASE, {NULL}},
	{SR_K_AUDITOR, {NULL}},
	{SR_K_WITNESSES, {"rules", "set"}},
	{SR_K_ADOPT, {"set"}},
	{SR_K_BOARD, {"quorum", "member", "newcomer"}},
	{SR_K_RESHARE, {"quorum", "member", "newcomer", "dealer", "standby"}},
	{SR_K_REKEY, {"quorum", "member", "newcomer"}},
};

/* What a request of this kind makes; NULL: nothing that clients believe. */
static const struct made *makes_of(struct sr_bytes kind) {
	enum sr_kind_id id = SR_K_COUNT;

	for (size_t i = 0; sr_kind_named(&id, kind) && i < sizeof makes / sizeof makes[0]; i++)
		if (makes[i].kind == id)
			return &makes[i];
	return NULL;
}

/* Statements that plan the next epoch of a board, which that board itself decides. */
static bool plans_epoch(enum sr_type_id type) {
	return type == SR_T_RESHARE || type == SR_T_REKEY;
}

/* NULL: it needs none. The first witnesses may be the custodian's choice, and what the founders
 * planned all of them signed (plan_holds). */
static const struct made *made_by_quorum(const struct sr_statement *s) {
	const struct sr_kind *const kind = sr_kind_deciding(s);

	if (kind == NULL || sr_founding_planned(s) ||
		(kind == sr_kind_at(SR_K_WITNESSES) && sr_field_count(s, "request") == 0))
		return NULL;
	return makes_of(sr_bytes_str(kind->name));
}

/* Is ${r} a version of the request that asks for exactly what ${s} made? */
static bool asks_for(
	const struct sr_statement *r, const struct sr_statement *s, const struct made *m) {
	if ((r->type->id != SR_T_REQUEST && r->type->id != SR_T_AMEND) ||
		!sr_bytes_eq(sr_field(r, "request", 0), sr_field(s, "request", 0)) ||
		!sr_bytes_eq(sr_field(r, "kind", 0), sr_bytes_str(sr_kind_at(m->kind)->name)))
		return false;
	if (plans_epoch(s->type->id) &&
		!sr_bytes_eq(sr_field(r, "board", 0), sr_field(s, "board", 0)))
		return false;
	if (s->type->id != SR_T_BOARD && !plans_epoch(s->type->id) &&
		!sr_bytes_eq(sr_field(r, "subject", 0), sr_field(s, "person", 0)))
		return false;
	if (s->type->id == SR_T_BOARD &&
		!sr_bytes_eq(sr_field(r, "target", 0), sr_field(s, "board", 0)))
		return false;
	for (size_t i = 0; m->same[i] != NULL; i++)
		if (!same_lines(r, s, m->same[i]))
			return false;
	return true;
}

/* Does a quorum stand behind what the service made? The founding board's; of a reshare or a new
 * key, the one that the board has in the epoch before, for a new key that of its highest level. */
static bool quorum_behind(const struct sr_proofs *p, const struct sr_proven *made, char why[240]) {
	const struct sr_statement *s = &made->entry.statement;
	const struct made *m = made_by_quorum(s);
	why[0] = '\0';
	if (m == NULL) /* nothing that a quorum makes: none stands behind it */
		return false;
	const bool highest = (sr_kind_at(m->kind)->flags & SR_KIND_HIGHEST) != 0;
	const uint8_t *founding = p->entries[0]->entry.statement.hash;
	size_t best = 0, quorum = 0;
	uint8_t board[SR_ID];
	uint64_t epoch = 0;

	if (plans_epoch(s->type->id) && sr_field_dec(&epoch, s, "epoch", 0, NULL) != 0)
		return false;
	for (size_t i = 0; i < p->count && p->entries[i]->index < made->index; i++) {
		const struct sr_statement *r = &p->entries[i]->entry.statement;

		if (!asks_for(r, s, m) || sr_field_id(board, r, "board", 0, NULL) != 0 ||
			(!plans_epoch(s->type->id) && memcmp(board, founding, SR_ID) != 0))
			continue;
		for (size_t k = 0; k < p->board_count; k++) {
			const struct sr_known_board *b = &p->boards[k];
			size_t n, need;

			if (memcmp(b->id, board, SR_ID) != 0 ||
				(plans_epoch(s->type->id) && b->epoch + 1 != epoch))
				continue;
			need = b->quorum[highest && b->levels > 0 ? b->levels - 1 : 0];
			n = approvals(p, b, p->entries[i], made->index);
			if (n >= need)
				return true;
			if (n >= best) {
				best = n;
				quorum = need;
			}
		}
	}
	snprintf(why, 240, "%s of the vault with %zu of %zu members' approvals proven",
		s->type->name, best, quorum);
	return false;
}

/* Dealers of a reshare: by their places in the epoch before. */
static int learn_dealers(const struct sr_proofs *p, struct sr_known_board *b,
	const struct sr_statement *s, struct sr_err *e) {
	const struct sr_known_board *old = sr_proofs_board(p, b->id, b->epoch - 1);
	const size_t n = sr_field_count(s, "dealer");

	if (old == NULL || n > old->members)
		return sr_fail(e, SR_AUTH,
			"a reshare by %zu dealers, of an epoch that is not proven or has fewer "
			"members",
			n);
	for (size_t i = 0; i < n; i++) {
		char person[SR_PERSON_TEXT];
		const struct sr_bytes v = sr_field(s, "dealer", i);

		snprintf(person, sizeof person, "%.*s", (int)v.len, (const char *)v.p);
		b->dealer[i] = sr_known_index(old, person);
		if (b->dealer[i] == 0)
			return sr_fail(
				e, SR_AUTH, "dealer %s is no member of the epoch before", person);
	}
	b->dealers = (uint8_t)n;
	b->base = old->base;
	return 0;
}

/* The board that a trusted statement made: members whose keys are proven, or nobody. */
static int learn_board(struct sr_proofs *p, const struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *s = &pr->entry.statement;
	const size_t members = sr_field_count(s, "member"), levels = sr_field_count(s, "quorum");
	struct sr_known_board *b = NULL;
	uint64_t epoch = 1;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, s, "board", 0, e);

	if (rc == 0 && plans_epoch(s->type->id))
		rc = sr_field_dec(&epoch, s, "epoch", 0, e);
	for (size_t i = 0; rc == 0 && i < sr_field_count(s, "newcomer"); i++) {
		struct sr_known *who = NULL;
		struct sr_card card;

		rc = card_of(&card, s, "newcomer", i, e);
		if (rc == 0)
			rc = know(&who, p, card.person, card.key, e);
	}
	if (rc == 0 && (members < 2 || members > SR_BOARD_MEMBERS_MAX || levels < 1 ||
			       levels > SR_BOARD_LEVELS_MAX))
		rc = sr_fail(
			e, SR_CORRUPT, "a board of %zu members and %zu levels", members, levels);
	if (rc == 0)
		rc = know_board(&b, p, id, epoch, e);
	if (rc != 0 || b == NULL) /* know_board made it */
		return rc != 0 ? rc : SR_MISUSE;
	for (size_t i = 0; rc == 0 && i < members; i++) {
		const struct sr_bytes v = sr_field(s, "member", i);
		const struct sr_known *who;

		snprintf(b->member[i], SR_PERSON_TEXT, "%.*s", (int)v.len, (const char *)v.p);
		who = sr_proofs_person(p, b->member[i]);
		if (who == NULL)
			return sr_fail(e, SR_AUTH,
				"no proven statement has the key of the board's member %s",
				b->member[i]);
	}
	for (size_t i = 0; rc == 0 && i < levels; i++) {
		uint64_t level = 0, quorum = 0;

		rc = sr_field_level_quorum(&level, &quorum, s, "quorum", i, e);
		if (rc == 0 && (quorum < 2 || quorum > members || level > UINT8_MAX))
			rc = sr_fail(e, SR_CORRUPT, "level %llu takes %llu of %zu members",
				(unsigned long long)level, (unsigned long long)quorum, members);
		if (rc != 0)
			break;
		b->level[i] = (uint8_t)level;
		b->quorum[i] = (uint8_t)quorum;
	}
	if (rc != 0)
		return rc;
	b->members = (uint8_t)members;
	b->levels = (uint8_t)levels;
	b->entry = pr->index;
	b->standby = s->type->id == SR_T_RESHARE && sr_field_count(s, "standby") > 0;
	b->base = epoch;
	if (s->type->id == SR_T_RESHARE)
		rc = learn_dealers(p, b, s, e);
	if (rc == 0)
		p->board_count++;
	return rc;
}

static bool distrust(struct sr_proven *pr, const char *why) {
	snprintf(pr->why, sizeof pr->why, "%.239s", why);
	return false;
}

/* Is it a word for ${b} with these keys? */
static bool says_takeover(
	const struct sr_proven *pr, const struct sr_known_board *b, struct sr_bytes keys) {
	const struct sr_statement *s = &pr->entry.statement;
	uint64_t epoch = 0;
	uint8_t id[SR_ID];

	return s->type->id == SR_T_TAKEOVER && pr->trusted && pr->index >= b->entry &&
	       sr_field_id(id, s, "board", 0, NULL) == 0 && memcmp(id, b->id, SR_ID) == 0 &&
	       sr_field_dec(&epoch, s, "epoch", 0, NULL) == 0 && epoch == b->epoch &&
	       sr_bytes_eq(sr_field(s, "keys", 0), keys);
}

/* Does it count still, before entry ${before}: has whoever said it that key, and did no quorum end
 * what they were (of a member: since the board was decided)? */
static bool word_counts(const struct sr_proofs *p, const struct sr_known_board *b,
	const struct sr_proven *pr, uint64_t before) {
	const struct sr_known *who = sr_proofs_person(p, pr->entry.statement.head.actor);
	uint64_t since = pr->index;

	if (who == NULL || who->rekeyed > pr->index)
		return false;
	if (sr_known_index(b, who->person) != 0)
		since = b->entry;
	return !ended_between(p, who->person, since, before);
}

void sr_proofs_takeover(struct sr_takeover *out, const struct sr_proofs *p,
	const struct sr_known_board *b, struct sr_bytes keys, uint64_t before) {
	struct sr_takeover t = {0};

	for (size_t i = 0; i < p->count && p->entries[i]->index < before; i++) {
		const struct sr_proven *pr = p->entries[i];
		const char *actor = pr->entry.statement.head.actor;
		bool again = false;

		if (!says_takeover(pr, b, keys) || !word_counts(p, b, pr, before))
			continue;
		/* The last word is the one: who is back says it again. */
		for (size_t k = i + 1; k < p->count && p->entries[k]->index < before; k++)
			again = again || (says_takeover(p->entries[k], b, keys) &&
						 strcmp(p->entries[k]->entry.statement.head.actor,
							 actor) == 0);
		if (again)
			continue;
		if (sr_known_index(b, actor) != 0)
			t.members++;
		else if ((pr->roles & SR_ROLE_CUSTODIAN) != 0)
			t.custodian = true;
		else if ((pr->roles & SR_ROLE_AUDITOR) != 0)
			t.auditor = true;
	}
	*out = t;
}

static uint8_t most_of(const struct sr_known_board *b) {
	uint8_t most = 0;

	for (size_t i = 0; i < b->levels; i++)
		most = b->quorum[i] > most ? b->quorum[i] : most;
	return most;
}

/* A board that waits begins only when enough said so, whatever the service says. */
static bool opening_holds(const struct sr_proofs *p, struct sr_proven *pr) {
	const struct sr_statement *s = &pr->entry.statement;
	const struct sr_known_board *b;
	struct sr_takeover t;
	uint8_t id[SR_ID];
	uint64_t epoch = 0;

	if (sr_field_id(id, s, "board", 0, NULL) != 0 ||
		sr_field_dec(&epoch, s, "epoch", 0, NULL) != 0)
		return distrust(pr, "it names no board");
	b = sr_proofs_board(p, id, epoch);
	if (b == NULL || !b->standby)
		return true;
	sr_proofs_takeover(&t, p, b, sr_field(s, "keys", 0), pr->index);
	if (t.members >= most_of(b) && t.custodian && t.auditor)
		return true;
	snprintf(pr->why, sizeof pr->why,
		"the vault opened a standby board with %u of %u of its members, %s custodian "
		"and %s auditor proven to take over",
		t.members, most_of(b), t.custodian ? "a" : "no", t.auditor ? "an" : "no");
	return false;
}

/* The keys of an epoch that opens, by level. */
static int opened_keys(uint8_t key[SR_BOARD_LEVELS_MAX][SR_PK], const struct sr_known_board *b,
	const struct sr_statement *s, struct sr_err *e) {
	if (sr_field_count(s, "board-key") != b->levels)
		return sr_fail(e, SR_AUTH, "%zu keys for the %u levels of the board",
			sr_field_count(s, "board-key"), b->levels);
	for (size_t i = 0; i < b->levels; i++) {
		uint64_t level = 0;
		const int rc = sr_field_level_key(&level, key[i], s, "board-key", i, e);

		if (rc != 0)
			return rc;
		if (level != b->level[i])
			return sr_fail(e, SR_AUTH, "a key of level %llu, the board has level %u",
				(unsigned long long)level, b->level[i]);
	}
	return 0;
}

/* From this entry on the epoch is in force. Only a rekey, which members voted for, brings other
 * keys than the epoch before had. */
static int learn_opened(struct sr_proofs *p, const struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *s = &pr->entry.statement;
	const struct sr_known_board *old;
	struct sr_known_board *b;
	uint8_t id[SR_ID];
	uint64_t epoch = 0;
	int rc = sr_field_id(id, s, "board", 0, e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, s, "epoch", 0, e);
	if (rc != 0)
		return rc;
	b = (struct sr_known_board *)(uintptr_t)sr_proofs_board(p, id, epoch);
	if (b == NULL || b->opened != 0)
		return 0; /* what made it is not (yet) in the set; or it is in force already */
	rc = opened_keys(b->key, b, s, e);
	old = sr_proofs_board(p, id, epoch - 1);
	if (rc == 0 && b->base != b->epoch &&
		(old == NULL || old->opened == 0 || old->levels != b->levels ||
			memcmp(old->key, b->key, sizeof b->key) != 0))
		rc = sr_fail(e, SR_AUTH,
			"the vault opened epoch %llu of the board with other keys than those of "
			"the epoch before, and no rekey",
			(unsigned long long)epoch);
	if (rc == 0)
		b->opened = pr->index;
	return rc;
}

/* *${out}: the second signature of the card, where there is one, is by ${pk}. */
static int borne_out(
	bool *out, const struct sr_statement *s, const uint8_t pk[SR_PK], struct sr_err *e) {
	struct sr_err said = {0};
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, s, "card", 0, &said);
	if (rc == 0)
		rc = sr_card_by_old(sr_buf_view(&bytes), pk, &said);
	sr_buf_free(&bytes);
	*out = rc == 0;
	if (rc != SR_NOMEM)
		return 0;
	if (e != NULL)
		*e = said;
	return rc;
}

/* Another key of somebody who is known. */
static int learn_key(struct sr_proofs *p, struct sr_proven *pr, struct sr_err *e) {
	struct sr_known *who;
	struct sr_card card;
	int rc = card_of(&card, &pr->entry.statement, "card", 0, e);

	if (rc != 0)
		return rc;
	who = (struct sr_known *)(uintptr_t)sr_proofs_person(p, card.person);
	if (!card.next || who == NULL ||
		!sr_bytes_eq(sr_proven_field(pr, "person", 0), sr_bytes_str(card.person)))
		return sr_fail(
			e, SR_AUTH, "%s has no proven key that this could follow", card.person);
	rc = borne_out(&pr->by_old, &pr->entry.statement, who->pk, e);
	if (rc != 0)
		return rc;
	memcpy(who->pk, card.key, SR_PK);
	memcpy(pr->pk, card.key, SR_PK);
	who->rekeyed = pr->index;
	who->by_old = pr->by_old;
	return 0;
}

static int learn_room(struct sr_proofs *p, const struct sr_proven *pr, struct sr_err *e) {
	struct sr_key_change k;
	const int rc = sr_key_change_read(&k, &pr->entry.statement, e);

	return rc != 0 || k.log.renames ? rc : sr_log_keys_add(&p->room, pr->index, k.room_pk, e);
}

static void apply_end(struct sr_proofs *p, const struct sr_ended *end) {
	struct sr_known *who = (struct sr_known *)(uintptr_t)sr_proofs_person(p, end->person);

	if (who != NULL)
		who->roles &= end->all ? 0U : ~(unsigned)VOUCHED;
}

/* Ends from the ${at}-th on, of entries before ${index}; the place of the next. */
static size_t apply_ends(struct sr_proofs *p, size_t at, uint64_t index) {
	while (at < p->ended.count && p->ended.rows[at].index < index)
		apply_end(p, &p->ended.rows[at++]);
	return at;
}

/* What a trusted entry changes about who is believed. */
static int learn(struct sr_proofs *p, struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *s = &pr->entry.statement;
	struct sr_known *who = NULL;
	struct sr_card card;
	int rc;

	if (s->type->id == SR_T_BOARD || plans_epoch(s->type->id))
		return learn_board(p, pr, e);
	if (s->type->id == SR_T_SERVICE_KEY)
		return learn_room(p, pr, e);
	if (s->type->id == SR_T_PERSON_KEY)
		return learn_key(p, pr, e);
	if (s->type->id == SR_T_OPENED)
		return learn_opened(p, pr, e);
	if (s->type->id == SR_T_PERSON_END) {
		struct sr_ended one = {.index = pr->index, .all = s->by_service};

		snprintf(one.person, sizeof one.person, "%.*s", SR_PERSON_TEXT - 1,
			(const char *)sr_field(s, "person", 0).p);
		apply_end(p, &one);
		return sr_endeds_add(&p->ended, &one, e);
	}
	rc = card_of(&card, s, "card", 0, e);
	if (rc == 0 && !sr_bytes_eq(sr_field(s, "person", 0), sr_bytes_str(card.person)))
		rc = sr_fail(e, SR_AUTH, "the card is of %s, the statement of another person",
			card.person);
	if (rc == 0 && card.next && sr_proofs_person(p, card.person) == NULL)
		rc = sr_fail(
			e, SR_AUTH, "a later key of %s, whose first is not proven", card.person);
	if (rc == 0)
		rc = know(&who, p, card.person, card.key, e);
	if (rc == 0 && who != NULL)
		who->roles |= roles_in(s);
	return rc;
}

/* --- signatures ------------------------------------------------------------------------------- */

/* What a check said of ${pr}. What could not be looked at for want of memory is no verdict: an end
 * of somebody's role that is passed over would leave it to them. */
static int verdict(bool *holds, struct sr_proven *pr, int rc, const char *why,
	const struct sr_err *said, struct sr_err *e) {
	*holds = rc == 0;
	if (rc == 0)
		return 0;
	if (rc == SR_NOMEM) {
		if (e != NULL)
			*e = *said;
		return rc;
	}
	(void)distrust(pr, why != NULL ? why : said->text);
	return 0;
}

/* A new key that one person gives: somebody else's, and borne out by the key before unless one
 * person could have added them: who sits on no board and has no other role that takes a quorum. */
static int key_holds(bool *holds, const struct sr_proofs *p, struct sr_proven *pr,
	const struct sr_known *by, struct sr_err *e) {
	static const char why[] = "who gave that person this key may not, or the key before does "
				  "not bear it out";
	const struct sr_known *whose;
	struct sr_err said = {0};
	struct sr_buf bytes;
	struct sr_card card;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, &pr->entry.statement, "card", 0, &said);
	if (rc == 0)
		rc = sr_card_read(&card, sr_buf_view(&bytes), &said);
	if (rc == 0) {
		whose = sr_proofs_person(p, card.person);
		if (whose == NULL || (by->roles & VOUCHERS) == 0 || whose == by ||
			(!card.by_old &&
				((whose->roles & ~(unsigned)(VOUCHED | SR_ROLE_MEMBER)) != 0 ||
					sits(p, whose->person, pr->index))))
			rc = SR_AUTH;
		else if (card.by_old)
			rc = sr_card_by_old(sr_buf_view(&bytes), whose->pk, &said);
	}
	sr_buf_free(&bytes);
	return verdict(holds, pr, rc, why, &said, e);
}

/* By the actor's key, or by our own, which needs no proof. */
static int verify_actor(const struct sr_proofs *p, const struct sr_statement *s,
	const struct sr_known *k, struct sr_err *e) {
	int rc = k != NULL ? sr_statement_verify(s, s->head.actor, k->pk, e) : SR_AUTH;

	if (rc != 0 && strcmp(s->head.actor, p->self) == 0)
		rc = sr_statement_verify(s, s->head.actor, p->self_pk, e);
	return rc;
}

/* Signed by both keys before it, at the index that it names, and the change that checkpoints show.
 */
static int change_holds(
	bool *holds, const struct sr_proofs *p, struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *s = &pr->entry.statement;
	struct sr_key_change k;
	struct sr_err said = {0};
	bool followed = false;
	int rc = sr_key_change_read(&k, s, &said);

	if (rc == 0)
		rc = sr_key_change_verify(s, p->seen.origin,
			sr_log_keys_link(&p->seen.keys, pr->index),
			sr_log_keys_at(&p->room, pr->index), &said);
	if (rc != 0)
		return verdict(holds, pr, rc, NULL, &said, e);
	for (size_t i = 1; i < p->seen.keys.count; i++)
		followed |= p->seen.keys.key[i].from == pr->index &&
			    memcmp(p->seen.keys.key[i].pk, k.log.next.pk, SR_PK) == 0 &&
			    strcmp(p->seen.keys.key[i].name, k.log.next.name) == 0;
	*holds = (followed && k.log.next.from == pr->index) ||
		 distrust(pr, "it names another entry than it is, or other keys than sign the log");
	return 0;
}

/* A plan that no vote stands behind: the founders' own, line by line, and no other is known for
 * that epoch before it, which a quorum may have decided since. */
static int plan_holds(
	bool *holds, const struct sr_proofs *p, struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *found = &p->entries[0]->entry.statement;
	const int rc = sr_founding_plan_is(holds, &pr->entry.statement, found, e);

	if (rc != 0)
		return rc;
	if (!*holds)
		(void)distrust(pr, "a reshare that cites no vote, and the founders did not sign");
	else
		*holds = sr_proofs_board(p, found->hash, SR_FOUNDING_STANDBY_EPOCH) == NULL ||
			 distrust(pr, "the founders' plan again, where another took its place");
	return 0;
}

/* By the service itself: and what it says a quorum decided, was. */
static int service_holds(
	bool *holds, const struct sr_proofs *p, struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *s = &pr->entry.statement;
	struct sr_err said = {0};
	char why[240];
	int rc = sr_statement_verify(s, p->room_name, sr_log_keys_at(&p->room, pr->index), &said);

	rc = verdict(holds, pr, rc, NULL, &said, e);
	if (rc != 0 || !*holds)
		return rc;
	if (made_by_quorum(s) != NULL && !quorum_behind(p, pr, why)) {
		*holds = distrust(pr, why);
		return 0;
	}
	if (sr_founding_planned(s))
		return plan_holds(holds, p, pr, e);
	*holds = s->type->id != SR_T_OPENED || opening_holds(p, pr);
	return 0;
}

/* Is it signed by who may? People are as known before this entry. A failure is no answer. */
static int signature_holds(
	bool *holds, const struct sr_proofs *p, struct sr_proven *pr, struct sr_err *e) {
	const struct sr_statement *s = &pr->entry.statement;
	const enum sr_type_id type = s->type->id;
	struct sr_err said = {0};
	char why[240];

	if (type == SR_T_FOUND) {
		*holds = pr->index == 0 || distrust(pr, "a second founding");
		return 0;
	}
	if (type == SR_T_SERVICE_KEY)
		return change_holds(holds, p, pr, e);
	if (s->by_service)
		return service_holds(holds, p, pr, e);
	const struct sr_known *k = sr_proofs_person(p, s->head.actor);
	if (k == NULL && strcmp(s->head.actor, p->self) != 0) {
		snprintf(why, sizeof why, "signed by %s, whom no proven statement introduces",
			s->head.actor);
		*holds = distrust(pr, why);
		return 0;
	}
	const int rc = verdict(holds, pr, verify_actor(p, s, k, &said), NULL, &said, e);
	if (rc != 0 || !*holds)
		return rc;
	if (type == SR_T_PERSON_KEY && k != NULL)
		return key_holds(holds, p, pr, k, e);
	if (type == SR_T_PERSON_KEY)
		*holds = distrust(pr, "by nobody who is proven");
	if (type == SR_T_PERSON && ((roles_in(s) & ~(unsigned)VOUCHED) != 0 || k == NULL ||
					   (k->roles & VOUCHERS) == 0)) {
		snprintf(why, sizeof why, "%s may not give these roles", s->head.actor);
		*holds = distrust(pr, why);
	}
	if (type == SR_T_PERSON_END && (k == NULL || (k->roles & VOUCHERS) == 0))
		*holds = distrust(pr, "who ended that person's role may not");
	return 0;
}

/* Is link ${i}, a name, confirmed by an entry of the set: exactly the statement that gave it? */
static bool confirmed_itself(const struct sr_proofs *p, size_t i) {
	const struct sr_proven *said = sr_proofs_at(p, p->seen.keys.key[i].from), *by;
	char hex[2 * SR_HASH + 1];

	if (said == NULL || !said->trusted || said->entry.statement.type->id != SR_T_SERVICE_KEY)
		return false;
	sr_hex(hex, said->entry.statement.hash, SR_HASH);
	for (size_t n = 0;
		(by = sr_proofs_find(p, SR_T_WITNESS, "set", sr_bytes_str(hex), n)) != NULL; n++)
		if (by->trusted && by->index > said->index &&
			sr_bytes_eq(sr_proven_field(by, "event", 0), sr_bytes_str("confirmed")))
			return true;
	return false;
}

/* Or a later one that took its place, and says no less loss? */
static bool confirmed(const struct sr_proofs *p, size_t i) {
	const struct sr_log_keys *k = &p->seen.keys;

	if (confirmed_itself(p, i))
		return true;
	for (size_t j = i + 1; j < k->count; j++)
		if (sr_log_keys_renames(k, j) && k->key[j].agreed <= k->key[i].agreed &&
			k->key[j].known >= k->key[i].known && confirmed_itself(p, j))
			return true;
	return false;
}

const struct sr_log_link *sr_proofs_unconfirmed(const struct sr_proofs *p) {
	for (size_t i = p->links; i < p->seen.keys.count; i++)
		if (sr_log_keys_renames(&p->seen.keys, i))
			return &p->seen.keys.key[i];
	return NULL;
}

int sr_proofs_settle(struct sr_proofs *p, struct sr_err *e) {
	size_t ends = 0;
	int rc = 0;

	if (!p->founded)
		return sr_fail(e, SR_MISUSE, "proofs: found is not in the set");
	p->people_count = 0;
	p->board_count = 0;
	p->room.count = 1;
	rc = know_founders(p, &p->entries[0]->entry.statement, e);
	for (size_t i = 0; i < p->count && rc == 0; i++) {
		struct sr_proven *pr = p->entries[i];
		const enum sr_type_id type = pr->entry.statement.type->id;

		ends = apply_ends(p, ends, pr->index);
		if (!pr->trusted)
			rc = signature_holds(&pr->trusted, p, pr, e);
		if (type == SR_T_TAKEOVER) {
			const struct sr_known *by =
				sr_proofs_person(p, pr->entry.statement.head.actor);

			pr->roles = by != NULL ? by->roles : 0;
		}
		if (rc != 0 || !pr->trusted ||
			(type != SR_T_SERVICE_KEY && type != SR_T_PERSON &&
				type != SR_T_PERSON_KEY && type != SR_T_PERSON_END &&
				type != SR_T_BOARD && !plans_epoch(type) && type != SR_T_OPENED))
			continue;
		rc = learn(p, pr, e);
		if (rc == SR_AUTH || rc == SR_CORRUPT) { /* a forged introduction is worth nothing;
							    others stand */
			pr->trusted = distrust(pr, e != NULL ? e->text : "the card does not fit");
			sr_err_clear(e);
			rc = 0;
		}
	}
	(void)apply_ends(p, ends, UINT64_MAX);
	if (rc == 0 && p->self[0] != '\0' && sr_proofs_person(p, p->self) == NULL) {
		struct sr_known *me = NULL; /* nothing shows who we are; our key is ours */

		rc = know(&me, p, p->self, p->self_pk, e);
	}
	while (rc == 0 && p->links < p->seen.keys.count &&
		(!sr_log_keys_renames(&p->seen.keys, p->links) || confirmed(p, p->links)))
		p->links++;
	return rc;
}

bool sr_proofs_key_at(
	const struct sr_proofs *p, const char *person, uint64_t index, uint8_t pk[SR_PK]) {
	const struct sr_known *k = sr_proofs_person(p, person);

	if (k == NULL)
		return false;
	memcpy(pk, k->first, SR_PK);
	for (size_t i = 0; i < p->count && p->entries[i]->index < index; i++) {
		const struct sr_proven *pr = p->entries[i];

		if (pr->trusted && pr->entry.statement.type->id == SR_T_PERSON_KEY &&
			sr_bytes_eq(sr_proven_field(pr, "person", 0), sr_bytes_str(person)))
			memcpy(pk, pr->pk, SR_PK);
	}
	return true;
}

int sr_proofs_need(const struct sr_proven *pr, const char *what, struct sr_err *e) {
	if (pr == NULL)
		return sr_fail(e, SR_AUTH, "the vault shows no %s: it is withheld", what);
	if (!pr->trusted)
		return sr_fail(e, SR_AUTH, "%s (entry %llu) is not to be trusted: %s", what,
			(unsigned long long)pr->index, pr->why);
	return 0;
}

bool sr_proofs_owed(const struct sr_proofs *p, size_t *at, uint8_t request[SR_ID]) {
	for (; *at < p->count; (*at)++) {
		const struct sr_proven *pr = p->entries[*at];

		if (pr->trusted || made_by_quorum(&pr->entry.statement) == NULL ||
			!pr->entry.statement.by_service ||
			sr_field_id(request, &pr->entry.statement, "request", 0, NULL) != 0)
			continue;
		(*at)++;
		return true;
	}
	return false;
}

/* --- receipts --------------------------------------------------------------------------------- */

/* Size of the tree that a receipt's checkpoint speaks of; its signature is looked at later. */
static int claimed_size(uint64_t *size, const struct sr_receipt *r, struct sr_err *e) {
	struct sr_checkpoint cp;
	struct sr_note note;
	int rc = sr_note_parse(&note, sr_buf_view(&r->checkpoint), e);

	if (rc != 0)
		return rc;
	rc = sr_checkpoint_parse(&cp, note.text, e);
	if (rc == 0)
		*size = cp.size;
	sr_note_free(&note);
	return rc;
}

static int not_withheld(const struct sr_proofs *p, const struct sr_receipt *r, struct sr_err *e) {
	uint64_t size = 0;
	int rc;

	if (p->seen.size == 0 || r->since == p->seen.size)
		return 0;
	rc = claimed_size(&size, r, e);
	if (rc == 0 && size > p->seen.size)
		rc = sr_fail(e, SR_AUTH,
			"withheld: no proof came that the ledger of %llu entries begins with the "
			"%llu that were verified before",
			(unsigned long long)size, (unsigned long long)p->seen.size);
	return rc;
}

/* Those that came before the key was known. */
static int changes_follow(struct sr_proofs *p, struct sr_err *e) {
	struct sr_reader r;
	int rc = 0;

	sr_reader_init(&r, sr_buf_view(&p->changes));
	while (rc == 0 && sr_reader_left(&r) > 0) {
		struct sr_bytes note;

		rc = sr_get_lp(&r, &note, SR_LOG_CHANGE_MAX, e);
		if (rc == 0)
			rc = sr_key_change_follow(NULL, &p->seen.keys, p->seen.vault, note, e);
	}
	sr_buf_clear(&p->changes);
	return rc;
}

int sr_proofs_key_change(struct sr_proofs *p, struct sr_bytes note, struct sr_err *e) {
	if (note.len > SR_LOG_CHANGE_MAX)
		return sr_fail(e, SR_LIMIT, "a service-key of %zu bytes", note.len);
	if (p->seen.vkey[0] != '\0')
		return sr_key_change_follow(NULL, &p->seen.keys, p->seen.vault, note, e);
	if (p->changes.len > (size_t)SR_LOG_LINKS * SR_LOG_CHANGE_MAX)
		return sr_fail(e, SR_LIMIT, "more changes of the log's key than there can be");
	sr_buf_put_lp(&p->changes, note);
	return sr_buf_ok(&p->changes, e);
}

const uint8_t *sr_proofs_service_pk(const struct sr_proofs *p) {
	return sr_log_keys_newest(&p->room);
}

bool sr_proofs_change_owed(const struct sr_proofs *p, size_t n, uint64_t *entry) {
	for (size_t i = 1; i < p->seen.keys.count; i++) {
		if (sr_proofs_at(p, p->seen.keys.key[i].from) != NULL || n-- > 0)
			continue;
		*entry = p->seen.keys.key[i].from;
		return true;
	}
	return false;
}

/* Receipts of service-key among ${rows}: their notes first, because all receipts beside them may
 * show checkpoints of a key that one of them names. */
static int rows_key_changes(struct sr_proofs *p, const struct sr_rows *rows, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < rows->count && rc == 0; i++) {
		const struct sr_row *row = &rows->rows[i];
		struct sr_receipt r;
		struct sr_entry en;

		if (!sr_row_is(row, "receipt") ||
			!sr_bytes_eq(sr_row_get(row, "what"), sr_bytes_str("service-key")))
			continue;
		rc = sr_receipt_decode(&r, sr_row_get(row, "receipt"), e);
		if (rc != 0)
			break;
		rc = sr_entry_open_disclosed(
			&en, r.origin, r.index, sr_buf_view(&r.leaf), &r.keys, e);
		if (rc == 0) {
			rc = sr_proofs_key_change(p, sr_buf_view(&en.statement.note), e);
			sr_entry_free(&en);
		}
		sr_receipt_free(&r);
	}
	return rc;
}

/* found names the keys that its own receipt is checked with; that it may, its hash shows. */
static int learn_found(struct sr_proofs *p, const struct sr_receipt *r, struct sr_err *e) {
	char origin[SR_ORIGIN_MAX], vkey[SR_VKEY_TEXT];
	uint8_t room[SR_PK];
	struct sr_seen fresh;
	struct sr_entry en;
	int rc;

	if (r->index != 0)
		return sr_fail(e, SR_AUTH, "found is not shown first: it is withheld");
	rc = sr_entry_open_disclosed(&en, r->origin, 0, sr_buf_view(&r->leaf), &r->keys, e);
	if (rc != 0)
		return rc;
	const struct sr_statement *s = &en.statement;
	if (s->type->id != SR_T_FOUND)
		rc = sr_fail(e, SR_AUTH, "entry 0 is %s, not found", s->type->name);
	else if (memcmp(s->hash, p->seen.vault, SR_HASH) != 0)
		rc = sr_fail(
			e, SR_AUTH, "found has another fingerprint than is pinned for this vault");
	if (rc == 0)
		rc = sr_statement_verify_found(s, e);
	if (rc == 0)
		rc = sr_field_key(room, s, "room-key", 0, e);
	if (rc != 0)
		goto out;
	const struct sr_bytes o = sr_field(s, "origin", 0), k = sr_field(s, "ledger-key", 0);
	snprintf(origin, sizeof origin, "%.*s", (int)o.len, (const char *)o.p);
	sr_log_keys_begin(&p->room, origin, room);
	snprintf(vkey, sizeof vkey, "%.*s", (int)k.len, (const char *)k.p);
	rc = sr_statement_room_name(p->room_name, sizeof p->room_name, origin, e);
	if (rc == 0)
		rc = sr_seen_init(&fresh, origin, p->seen.vault, vkey, p->seen.person, e);
	if (rc == 0 && p->seen.vkey[0] != '\0' &&
		(strcmp(p->seen.vkey, vkey) != 0 || strcmp(p->seen.origin, origin) != 0))
		rc = sr_fail(e, SR_AUTH,
			"the memory of this vault names another origin or ledger key than found");
	if (rc == 0 && p->seen.vkey[0] == '\0')
		p->seen = fresh;
	if (rc == 0)
		rc = changes_follow(p, e);
out:
	sr_entry_free(&en);
	return rc;
}

static size_t place_of(const struct sr_proofs *p, uint64_t index) {
	size_t lo = 0, hi = p->count;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (p->entries[mid]->index < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct sr_proven *sr_proofs_at(const struct sr_proofs *p, uint64_t index) {
	const size_t i = place_of(p, index);

	return i < p->count && p->entries[i]->index == index ? p->entries[i] : NULL;
}

/* Keep an entry that was verified; the one that is there already stays, unless the new one has more
 * texts in clear. */
static int keep(struct sr_proofs *p, struct sr_receipt_result *res, struct sr_proven **out,
	struct sr_err *e) {
	const size_t at = place_of(p, res->entry.index);
	struct sr_proven *pr = NULL;

	if (at < p->count && p->entries[at]->index == res->entry.index) {
		pr = p->entries[at];
		if (!sr_bytes_eq(sr_buf_view(&pr->entry.statement.note),
			    sr_buf_view(&res->entry.statement.note))) {
			sr_entry_free(&res->entry);
			return sr_fail(e, SR_AUTH, "entry %llu is not what it was before",
				(unsigned long long)pr->index);
		}
		sr_entry_free(&res->entry);
		*out = pr;
		return 0;
	}
	if (p->count == p->cap) {
		const size_t cap = p->cap == 0 ? 32 : p->cap * 2;
		struct sr_proven **more = reallocarray(p->entries, cap, sizeof(struct sr_proven *));

		if (more != NULL) {
			p->entries = more;
			p->cap = cap;
		}
	}
	if (p->count < p->cap)
		pr = calloc(1, sizeof *pr);
	if (pr == NULL) {
		sr_entry_free(&res->entry);
		return sr_fail(e, SR_NOMEM, "proofs: out of memory for %zu entries", p->count + 1);
	}
	pr->index = res->entry.index;
	pr->entry = res->entry;
	/* What the old key signed after it is to be told apart from what it signed before. */
	if (pr->entry.statement.type->id == SR_T_PERSON_KEY ||
		pr->entry.statement.type->id == SR_T_SERVICE_KEY)
		for (size_t i = 0; i < p->count; i++)
			p->entries[i]->trusted = false;
	snprintf(pr->why, sizeof pr->why, "its signature was not looked at yet");
	memmove(&p->entries[at + 1], &p->entries[at], (p->count - at) * sizeof(struct sr_proven *));
	p->entries[at] = pr;
	p->count++;
	*out = pr;
	return 0;
}

int sr_proofs_add(struct sr_proofs *p, struct sr_bytes receipt, struct sr_bytes expected,
	struct sr_proven **out, struct sr_err *e) {
	struct sr_receipt_check check = {.seen = &p->seen, .expected = expected};
	struct sr_receipt_result res;
	struct sr_proven *pr = NULL;
	struct sr_receipt r;
	int rc = sr_receipt_decode(&r, receipt, e);

	if (rc != 0)
		return rc;
	if (!p->founded)
		rc = learn_found(p, &r, e);
	if (rc == 0)
		rc = not_withheld(p, &r, e);
	if (rc == 0)
		rc = sr_receipt_verify(&res, &r, &check, e);
	if (rc == 0) {
		p->seen = res.seen;
		rc = keep(p, &res, &pr, e);
	}
	if (rc == 0) {
		p->founded = true;
		if (out != NULL)
			*out = pr;
	}
	sr_receipt_free(&r);
	return rc;
}

int sr_proofs_add_rows(struct sr_proofs *p, const struct sr_rows *rows, struct sr_err *e) {
	int rc = rows_key_changes(p, rows, e);

	for (size_t i = 0; i < rows->count && rc == 0; i++) {
		const struct sr_row *row = &rows->rows[i];

		if (!sr_row_is(row, "receipt"))
			continue;
		struct sr_proven *pr = NULL;
		const struct sr_bytes what = sr_row_get(row, "what"),
				      bytes = sr_row_get(row, "receipt");
		rc = sr_proofs_add(p, bytes, sr_bytes_of(NULL, 0), &pr, e);
		if (rc == 0 && what.p != NULL &&
			!sr_bytes_eq(what, sr_bytes_str(pr->entry.statement.type->name)))
			rc = sr_fail(e, SR_AUTH, "entry %llu was announced as another type than %s",
				(unsigned long long)pr->index, pr->entry.statement.type->name);
	}
	return rc == 0 ? sr_proofs_settle(p, e) : rc;
}

/* --- looking ---------------------------------------------------------------------------------- */

const struct sr_proven *sr_proofs_id(const struct sr_proofs *p, const uint8_t id[SR_ID]) {
	for (size_t i = 0; i < p->count; i++)
		if (memcmp(p->entries[i]->entry.statement.head.id, id, SR_ID) == 0)
			return p->entries[i];
	return NULL;
}

const struct sr_proven *sr_proofs_find(const struct sr_proofs *p, enum sr_type_id type,
	const char *key, struct sr_bytes value, size_t n) {
	for (size_t i = 0; i < p->count; i++) {
		const struct sr_proven *pr = p->entries[i];

		if (pr->entry.statement.type->id != type ||
			!sr_bytes_eq(sr_proven_field(pr, key, 0), value))
			continue;
		if (n-- == 0)
			return pr;
	}
	return NULL;
}

const struct sr_proven *sr_proofs_room_key(const struct sr_proofs *p, const uint8_t of[SR_HASH]) {
	const struct sr_proven *pr, *newest = NULL;
	char hex[2 * SR_HASH + 1];

	sr_hex(hex, of, SR_HASH);
	for (size_t n = 0;
		(pr = sr_proofs_find(p, SR_T_ROOM_KEY, "of", sr_bytes_str(hex), n)) != NULL; n++)
		newest = pr;
	return newest;
}

static bool still_needed(const struct sr_proven *pr) {
	const struct sr_statement *s = &pr->entry.statement;

	switch (s->type->id) {
	case SR_T_FOUND:
	case SR_T_SERVICE_KEY:
	case SR_T_PERSON:
	case SR_T_PERSON_END:
	case SR_T_PERSON_KEY:
	case SR_T_BOARD:
	case SR_T_RESHARE:
	case SR_T_TAKEOVER:
	case SR_T_REKEY:
	case SR_T_OPENED:
		return true;
	case SR_T_REQUEST:
	case SR_T_AMEND:
	case SR_T_EXTEND:
		return makes_of(sr_field(s, "kind", 0)) != NULL;
	case SR_T_VOTE:
		return sr_field_count(s, "pieces") == 0;
	case SR_T_KEY_EPOCH:
	case SR_T_AUDITOR:
	case SR_T_DEAL:
	case SR_T_ACCEPT:
	case SR_T_COMPLAINT:
	case SR_T_REVEAL:
	case SR_T_STANDBY:
	case SR_T_POLICY:
	case SR_T_SHARE:
	case SR_T_CONFIRM:
	case SR_T_REKEYED:
	case SR_T_COLLECTION:
	case SR_T_PERSON_SET:
	case SR_T_ERASE:
	case SR_T_ATTEST:
	case SR_T_ATTEST_END:
	case SR_T_ACCESSION:
	case SR_T_REDACT:
	case SR_T_STORED:
	case SR_T_DESCRIBE:
	case SR_T_HELD_BOX:
	case SR_T_INTAKE:
	case SR_T_SCAN:
	case SR_T_RELEASE:
	case SR_T_RESEAL:
	case SR_T_EMBARGO:
	case SR_T_HOLD:
	case SR_T_SEAL:
	case SR_T_RETENTION:
	case SR_T_DESTROY:
	case SR_T_ROOM_KEY:
	case SR_T_JOIN:
	case SR_T_COMMENT:
	case SR_T_RECUSE:
	case SR_T_WITHDRAW:
	case SR_T_LAPSE:
	case SR_T_REFUSE:
	case SR_T_GRANT:
	case SR_T_SUSPEND:
	case SR_T_LIFT:
	case SR_T_REVOKE:
	case SR_T_RENEW:
	case SR_T_CLOSE:
	case SR_T_CHECKOUT:
	case SR_T_VIEWED:
	case SR_T_RETURN:
	case SR_T_EXPORT:
	case SR_T_ENQUIRY:
	case SR_T_NOTICE:
	case SR_T_READ:
	case SR_T_SCRUB:
	case SR_T_COLLECT:
	case SR_T_ESCROW:
	case SR_T_BACKUP:
	case SR_T_RECOVER:
	case SR_T_WITNESS:
	case SR_T_BREAK_GLASS:
	case SR_T_INCIDENT:
	case SR_T_DECIDED:
	case SR_T_COUNT:
		break;
	}
	return false;
}

void sr_proofs_trim(struct sr_proofs *p) {
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (still_needed(p->entries[i]))
			p->entries[n++] = p->entries[i];
		else
			proven_free(p->entries[i]);
	}
	p->count = n;
}
