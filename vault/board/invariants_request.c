/*
 * invariants_request - requests of every kind, their versions, who joins, comments and steps aside.
 * See invariants_in.h.
 */
#include "board/invariants_in.h"

#include "base/escape.h"
#include "base/limits.h"
#include "board/kinds.h"
#include "crypto/age.h"
#include "crypto/box.h"
#include "ledger/card.h"

/* Lines that requests of a kind must have, and may have; others that some kind has, it has not. Who
 * may ask what, after that: of a kind whose approvals have no pieces. */
struct shape {
	const char *must, *may;
	rule_fn *asked;
};
static rule_fn target_revoked, target_lifted, role_request, collection_request, board_request,
	reshare_request, rekey_request;
static const struct shape shapes[SR_K_COUNT] = {
	[SR_K_ACCESS] = {"items list form purpose ends key", "person", NULL},
	[SR_K_EXPORT] = {"items list purpose ends key recipient", "person", NULL},
	[SR_K_REFERRAL] = {"items list ends key recipient authority", "", NULL},
	[SR_K_RESEAL] = {"items list ends key", "purpose", NULL},
	[SR_K_REDACT] = {"items list form ends key", "purpose", NULL},
	[SR_K_REVOKE] = {"target", "", target_revoked},
	[SR_K_LIFT] = {"target", "", target_lifted},
	[SR_K_RENEW] = {"target ends", "", NULL},
	[SR_K_ROLE] = {"subject card role", "", role_request},
	[SR_K_PERSON] = {"subject card", "", rules_key_asked},
	[SR_K_PERSON_END] = {"subject", "", rules_end_asked},
	[SR_K_COLLECTION] = {"collection dedupe name", "", collection_request},
	[SR_K_BOARD] = {"target quorum member", "newcomer", board_request},
	[SR_K_RESHARE] = {"quorum member dealer", "newcomer standby", reshare_request},
	[SR_K_REKEY] = {"quorum member", "newcomer", rekey_request},
	[SR_K_DESTROY] = {"items list", "instruction", rules_destroy_asked},
	[SR_K_POLICY] = {"rules set", "", rules_policy_asked},
	[SR_K_ERASE] = {"subject purpose", "", rules_erase_asked},
	[SR_K_AUDITOR] = {"subject from", "", rules_auditor_asked},
	[SR_K_WITNESSES] = {"rules set", "", rules_witnesses_asked},
	[SR_K_ADOPT] = {"set", "", rules_adopt_asked},
};

/* True when the shape holds; else the ruling is made. */
static bool shape_holds(struct rules_ctx *c, enum sr_kind_id kind) {
	const struct shape *const sh = &shapes[kind];
	const char *const name = sr_kind_at(kind)->name;
	static const char *const keys[] = {"items", "list", "form", "purpose", "ends", "person",
		"key", "recipient", "target", "subject", "from", "card", "role", "collection",
		"dedupe", "name", "instruction", "authority", "quorum", "member", "newcomer",
		"dealer", "standby", "rules", "set"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const size_t n = sr_field_count(c->s, keys[i]);

		if (n == 0 && sr_token_in(sh->must, keys[i])) {
			rules_deny(c, "request-incomplete", "",
				"a request of kind %s needs the line %s", name, keys[i]);
			return false;
		}
		if (n > 0 && !sr_token_in(sh->must, keys[i]) && !sr_token_in(sh->may, keys[i])) {
			rules_deny(c, "request-surplus", "", "a request of kind %s has no line %s",
				name, keys[i]);
			return false;
		}
	}
	return true;
}

/* Forms, purposes and dates of an access or export request. */
static int request_terms(struct rules_ctx *c) {
	int64_t ends = 0, closes = 0;
	char word[80];
	int rc = sr_field_time(&ends, c->s, "ends", 0, c->e);

	if (rc != 0)
		return rc;
	if (ends <= c->now)
		return rules_deny(c, "ends-past", "", "its end lies in the past");
	rc = sr_field_time(&closes, c->s, "closes", 0, NULL);
	if (rc == 0 && closes <= c->now)
		return rules_deny(c, "closes-past", "", "its closing date lies in the past");
	for (size_t i = 0; i < sr_field_count(c->s, "form"); i++)
		if (!sr_invariants_form(sr_field(c->s, "form", i))) {
			sr_escape_to(word, sizeof word, sr_field(c->s, "form", i));
			return rules_deny(c, "unknown-form", "request --help lists them",
				"unknown form %s", word);
		}
	for (size_t i = 0; i < sr_field_count(c->s, "purpose"); i++)
		if (!sr_invariants_purpose(sr_field(c->s, "purpose", i))) {
			sr_escape_to(word, sizeof word, sr_field(c->s, "purpose", i));
			return rules_deny(c, "unknown-purpose", "request --help lists them",
				"unknown purpose %s", word);
		}
	return rules_allow(c);
}

/* X25519 keys that nobody can seal to would stop every vote on the request. */
static int key_usable(struct rules_ctx *c) {
	uint8_t key[SR_X_PK];
	int rc = sr_field_key(key, c->s, "key", 0, c->e);

	if (rc != 0)
		return rc;
	return sr_box_pk_check(key, NULL) == 0 ? rules_allow(c)
					       : rules_deny(c, "key-unusable", "",
							 "the request key is a point of low order");
}

/* An export that all voted for must not fail for want of a key to seal it to. */
static int recipient_usable(struct rules_ctx *c) {
	uint8_t pk[SR_X_PK];

	return sr_age_recipient_parse(pk, sr_field(c->s, "recipient", 0), NULL) == 0
		       ? rules_allow(c)
		       : rules_deny(c, "recipient-unusable", "identity age prints one",
				 "the recipient is not an age X25519 recipient");
}

static int request_people(struct rules_ctx *c) {
	size_t n = sr_field_count(c->s, "person");

	const char *words = "";
	const unsigned roles_wanted = sr_invariants_readers(sr_field(c->s, "kind", 0), &words);

	if (rules_field_is(c->s, "kind", "referral") || rules_field_is(c->s, "kind", "reseal") ||
		rules_field_is(c->s, "kind", "redact"))
		return rules_has_role(c, roles_wanted)
			       ? rules_allow(c)
			       : rules_deny(c, "role-missing", "", "%s asks for a %.*s; %s is none",
					 words, (int)sr_field(c->s, "kind", 0).len,
					 (const char *)sr_field(c->s, "kind", 0).p, c->me.person);
	if (!rules_has_role(c, SR_ROLE_RESEARCHER))
		return rules_deny(c, "role-missing", "a curator or officer adds you as researcher",
			"%s is not a researcher here", c->me.person);
	if (n + 1 > SR_REQUEST_PEOPLE_MAX)
		return rules_deny(c, "too-many-people", "split the request",
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
			return rules_deny(
				c, "named-twice", "", "the applicant is not a co-applicant too");
		rc = sr_query_person(&row, c->cat, name, c->e);
		if (rc != 0 && rc != SR_NOTFOUND)
			return rc;
		roles = rc == 0 ? row.roles : 0;
		sr_person_row_free(&row);
		if ((roles & SR_ROLE_RESEARCHER) == 0)
			return rules_deny(c, "not-a-researcher", "",
				"co-applicant %s is not a researcher here", name);
	}
	return rules_allow(c);
}

int rules_list(struct rules_ctx *c) {
	uint64_t count = 0;
	uint8_t root[SR_HASH];
	int rc = sr_field_count_root(&count, root, c->s, "items", c->e);

	if (rc != 0)
		return rc;
	if (count == 0 || count > SR_REQUEST_ITEMS_MAX)
		return rules_deny(c, "too-many-items", "split the request",
			"want 1 to %d items, have %llu", SR_REQUEST_ITEMS_MAX,
			(unsigned long long)count);
	if (c->items == NULL || c->item_count != count)
		return rules_deny(c, "list-missing", "",
			"the list of items is not the one that the request names");
	return rules_allow(c);
}

/* One item that is asked for: released; of a referral, or of a reseal for a new key of the board,
 * held or released. */
static int request_item(
	struct rules_ctx *c, const uint8_t id[SR_ID], bool former, uint32_t *highest) {
	const bool referral = rules_field_is(c->s, "kind", "referral");
	const bool reseal = rules_field_is(c->s, "kind", "reseal");
	struct sr_item_row item = {0};
	char hex[2 * SR_ID + 1];
	enum sr_state state;
	bool other, fits, held;
	int rc = sr_query_item(&item, c->cat, id, c->e);

	rules_hex(hex, id);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	state = rc == 0 ? item.state : SR_S_NONE;
	other = rc == 0 && memcmp(item.board, c->board.id, SR_ID) != 0;
	fits = rc == 0 && rules_has_key_of(&c->board, &item);
	held = reseal && former && state == SR_S_HELD;
	if (rc == 0 && item.level > *highest)
		*highest = item.level;
	sr_item_row_free(&item);
	if (referral && !sr_state_may(SR_M_ITEM, state, SR_E_REFERRAL))
		return rules_deny(c, "item-state", "", "item %.8s is %s (or does not exist)", hex,
			sr_state_name(state));
	if (!referral && !held && state != SR_S_RELEASED)
		return rules_deny(c, "item-not-released", "list shows what can be requested",
			"item %.8s is not released (or does not exist)", hex);
	if (other)
		return rules_deny(c, "other-board", "split the request: one for each board",
			"item %.8s is under another board than the request names", hex);
	if (!fits && former)
		return rules_deny(c, "other-key", "reseal ask --left takes those of one key",
			"item %.8s is not sealed under the key of epoch %u", hex, c->board.epoch);
	if (!fits)
		return rules_deny(c, "key-before", "reseal ask --left has it sealed anew",
			"item %.8s is sealed under the key that the board had before epoch %u", hex,
			c->board.base);
	return rules_allow(c);
}

/* Every item asked for can be granted, and the level is the highest among them: no partial grant
 * (DESIGN 6a). */
static int request_items(struct rules_ctx *c, uint64_t level, bool former) {
	uint32_t highest = 0;
	int rc = rules_list(c);

	for (size_t i = 0; i < c->item_count && rc == 0 && c->out->allowed; i++)
		rc = request_item(c, c->items + i * SR_ID, former, &highest);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (highest != level)
		return rules_deny(c, "level-differs", "fetch the items anew",
			"its items need level %u, the request says %llu", highest,
			(unsigned long long)level);
	return rules_allow(c);
}

/* Acts on a grant: an end of it, or of its suspension. A lift may also be about the seal of an
 * item.
 */
static int target_act(struct rules_ctx *c, bool lift) {
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	enum sr_state state;
	bool ours = false;
	int rc;

	rc = sr_field_id(id, c->s, "target", 0, c->e);
	if (rc == 0)
		rc = sr_query_grant(&g, c->cat, id, c->e);
	if (rc == SR_NOTFOUND && lift)
		return rules_lift_asked(c, id);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-grant", "", "no such grant");
	ours = rc == 0 && memcmp(g.board, c->board.id, SR_ID) == 0;
	state = g.state;
	sr_grant_row_free(&g);
	if (rc != 0)
		return rc;
	if (!ours)
		return rules_deny(c, "other-board", "ask the board that granted it",
			"the grant is of another board");
	if (!lift && !sr_state_may(SR_M_GRANT, state, SR_E_REVOKE))
		return rules_deny(
			c, "grant-ended", "", "the grant is %s already", sr_state_name(state));
	if (lift && !sr_state_may(SR_M_GRANT, state, SR_E_LIFT))
		return rules_deny(c, "grant-state", "", "the grant is %s: there is nothing to lift",
			sr_state_name(state));
	return rules_allow(c);
}

static int target_revoked(struct rules_ctx *c) {
	return target_act(c, false);
}

static int target_lifted(struct rules_ctx *c) {
	return target_act(c, true);
}

/* More time for a live grant: as many members decide as gave it. What was suspended is not renewed
 * behind the back of who suspended it. */
static int renew_request(struct rules_ctx *c, uint64_t level) {
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	int64_t ends = 0;
	bool ours = false;
	int rc = sr_field_id(id, c->s, "target", 0, c->e);

	if (rc == 0)
		rc = sr_field_time(&ends, c->s, "ends", 0, c->e);
	if (rc == 0)
		rc = sr_query_grant(&g, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-grant", "grants shows yours", "no such grant");
	ours = rc == 0 && memcmp(g.board, c->board.id, SR_ID) == 0;
	if (rc == 0 && !ours)
		rc = rules_deny(c, "other-board", "ask the board that granted it",
			"the grant is of another board");
	else if (rc == 0 && (!sr_state_may(SR_M_GRANT, g.state, SR_E_RENEW) || g.ends <= c->now))
		rc = rules_deny(c, "grant-state",
			g.state == SR_S_SUSPENDED ? "it is lifted first" : "make a new request",
			"the grant is %s", g.ends <= c->now ? "over" : sr_state_name(g.state));
	else if (rc == 0 && ends <= g.ends)
		rc = rules_deny(c, "ends-not-later", "", "the grant lasts as long already");
	else if (rc == 0 && level != g.level)
		rc = rules_deny(c, "level-differs", "fetch the grant anew",
			"the grant was given at level %u, the request says %llu", g.level,
			(unsigned long long)level);
	else if (rc == 0 && sr_field_count(c->s, "reason") == 0)
		rc = rules_deny(c, "report-missing", "renew GRANT --reason ...",
			"whoever asks for more time says what the time so far was used for");
	else if (rc == 0)
		rc = rules_allow(c);
	sr_grant_row_free(&g);
	return rc;
}

static int collection_request(struct rules_ctx *c) {
	struct sr_collection_row row = {0};
	uint8_t id[SR_ID];
	int rc;

	if (!rules_field_is(c->s, "dedupe", "collection") &&
		!rules_field_is(c->s, "dedupe", "none"))
		return rules_deny(c, "unknown-dedupe", "", "dedupe is collection or none");
	rc = sr_field_id(id, c->s, "collection", 0, c->e);
	if (rc == 0)
		rc = sr_query_collection(&row, c->cat, id, c->e);
	sr_collection_row_free(&row);
	if (rc == 0)
		return rules_deny(c, "collection-taken", "",
			"a collection with this id is there "
			"already");
	return rc == SR_NOTFOUND ? rules_allow(c) : rc;
}

static int role_request(struct rules_ctx *c) {
	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++) {
		unsigned role = sr_role_named(sr_field(c->s, "role", i));

		if (role == 0)
			return rules_deny(c, "unknown-role", "", "unknown role in line %zu", i + 1);
		if (role == SR_ROLE_MEMBER)
			return rules_deny(c, "member-needs-reshare", "",
				"a member joins the board by a reshare of its keys only");
	}
	/* Otherwise the last vote would find that the role cannot be given. */
	return rules_card_in_force(c, "subject");
}

static bool twice(const struct sr_statement *s, const char *key) {
	for (size_t i = 1; i < sr_field_count(s, key); i++)
		for (size_t k = 0; k < i; k++)
			if (sr_bytes_eq(sr_field(s, key, i), sr_field(s, key, k)))
				return true;
	return false;
}

/* The board's member of now, active or not; NULL: none. */
static const struct sr_member_row *seat_of(const struct rules_ctx *c, struct sr_bytes person) {
	for (size_t i = 0; i < c->board.member_count; i++)
		if (sr_bytes_eq(person, sr_bytes_str(c->board.members[i].person)))
			return &c->board.members[i];
	return NULL;
}

/* Is ${person} one of the board's members now? Their key was voted on before. Who lost the role
 * keeps no seat by being left in a list: to sit again takes a card, as of anybody new. */
static bool has_seat(const struct rules_ctx *c, struct sr_bytes person) {
	const struct sr_member_row *m = seat_of(c, person);

	return m != NULL && m->active;
}

/* The card of ${person} among the newcomers': the quorum votes on the whole key, not on its name.
 * 0 and *${found}. */
static int newcomer_card(struct rules_ctx *c, struct sr_bytes person, bool *found) {
	int rc = 0;

	*found = false;
	for (size_t i = 0; rc == 0 && !*found && i < sr_field_count(c->s, "newcomer"); i++) {
		struct sr_person_row known = {0};
		struct sr_card card;
		struct sr_buf bytes;

		sr_buf_init(&bytes);
		rc = sr_field_card(&bytes, c->s, "newcomer", i, c->e);
		if (rc == 0)
			rc = sr_card_read(&card, sr_buf_view(&bytes), c->e);
		sr_buf_free(&bytes);
		if (rc != 0 || !sr_bytes_eq(person, sr_bytes_str(card.person)))
			continue;
		*found = true;
		rc = sr_query_person(&known, c->cat, card.person, c->e);
		if (rc == 0 && (known.erased != 0 || memcmp(known.pk, card.key, SR_PK) != 0))
			*found = false;
		sr_person_row_free(&known);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(c->e);
			rc = 0;
		}
	}
	return rc;
}

/* Members and quorums of a board to be. ${keep}: who sits on this board now needs no card. */
static int request_members(struct rules_ctx *c, bool keep) {
	size_t members = sr_field_count(c->s, "member"), cards = sr_field_count(c->s, "newcomer"),
	       levels = sr_field_count(c->s, "quorum"), used = 0;

	if (members < 2 || members > SR_BOARD_MEMBERS_MAX)
		return rules_deny(c, "members-count", "", "want 2 to %d members, have %zu",
			SR_BOARD_MEMBERS_MAX, members);
	if (levels > SR_BOARD_LEVELS_MAX)
		return rules_deny(c, "levels-count", "", "want at most %d levels, have %zu",
			SR_BOARD_LEVELS_MAX, levels);
	if (twice(c->s, "member") || twice(c->s, "newcomer"))
		return rules_deny(c, "member-twice", "", "a member is named twice");
	for (size_t i = 0; i < levels; i++) {
		uint64_t level = 0, quorum = 0;
		int rc = sr_field_level_quorum(&level, &quorum, c->s, "quorum", i, c->e);

		if (rc != 0)
			return rc;
		if (quorum < 2 || quorum > members || level > SR_BOARD_MEMBERS_MAX)
			return rules_deny(c, "quorum-range", "",
				"level %llu takes %llu of %zu members, want 2 to %zu",
				(unsigned long long)level, (unsigned long long)quorum, members,
				members);
	}
	for (size_t i = 0; i < members; i++) {
		struct sr_bytes person = sr_field(c->s, "member", i);
		bool found = false;
		int rc = keep && has_seat(c, person) ? 0 : newcomer_card(c, person, &found);

		if (rc != 0)
			return rc;
		used += found;
		if (!found && keep && !has_seat(c, person) && seat_of(c, person) != NULL)
			return rules_deny(c, "member-ended",
				"leave them out (--leave), or give their card to have them anew",
				"%.*s has lost their seat on the board", (int)person.len,
				(const char *)person.p);
		if (!found && !(keep && has_seat(c, person)))
			return rules_deny(c, "card-missing", "give the card of each new member",
				"the card of %.*s did not come, or has another key than is known "
				"here",
				(int)person.len, (const char *)person.p);
	}
	if (used != cards)
		return rules_deny(c, "card-surplus", "",
			"%zu cards came, %zu of them of new members", cards, used);
	return rules_allow(c);
}

/* The quorum of the level that takes most, in the epoch in force. */
static uint32_t most_of(const struct sr_board_row *b) {
	uint32_t most = 0;

	for (size_t i = 0; i < b->level_count; i++)
		most = b->levels[i].quorum > most ? b->levels[i].quorum : most;
	return most;
}

/* Those who deal: active members in the order of the board, as many as the highest level takes,
 * whose share is theirs. */
static int reshare_dealers(struct rules_ctx *c) {
	size_t n = sr_field_count(c->s, "dealer"), want = most_of(&c->board);
	uint32_t last = 0;

	if (n != want)
		return rules_deny(c, "dealers-count", "",
			"%zu dealers are named, the highest level takes %zu", n, want);
	for (size_t i = 0; i < n; i++) {
		struct sr_bytes person = sr_field(c->s, "dealer", i);
		const struct sr_member_row *m = NULL;

		for (size_t k = 0; k < c->board.member_count; k++)
			if (sr_bytes_eq(person, sr_bytes_str(c->board.members[k].person)))
				m = &c->board.members[k];
		if (m == NULL || !m->active)
			return rules_deny(c, "not-a-member", "board show names them",
				"dealer %.*s is not an active member of the board", (int)person.len,
				(const char *)person.p);
		bool other = false;
		const int rc = rules_other_key(&other, c, m);
		if (rc != 0)
			return rc;
		if (other)
			return rules_deny(c, "dealer-rekeyed",
				"name others: the reshare deals a share to the new key",
				"dealer %s has another key than the share was dealt to", m->person);
		if (m->index <= last)
			return rules_deny(c, "dealers-order", "",
				"dealers are named in the order of the board, each once");
		last = m->index;
	}
	return rules_allow(c);
}

/* Levels keep their names; what a higher one takes is not less than a lower. */
static int reshare_levels(struct rules_ctx *c) {
	uint64_t before = 0;

	if (sr_field_count(c->s, "quorum") != c->board.level_count)
		return rules_deny(c, "levels-kept", "", "the board has %zu levels, %zu are named",
			c->board.level_count, sr_field_count(c->s, "quorum"));
	for (size_t i = 0; i < c->board.level_count; i++) {
		uint64_t level = 0, quorum = 0;
		int rc = sr_field_level_quorum(&level, &quorum, c->s, "quorum", i, c->e);

		if (rc != 0)
			return rc;
		if (level != c->board.levels[i].level)
			return rules_deny(c, "levels-kept", "",
				"the board has level %u, the request names %llu",
				c->board.levels[i].level, (unsigned long long)level);
		if (quorum < before)
			return rules_deny(c, "quorum-order", "",
				"level %llu takes %llu members, fewer than the level below",
				(unsigned long long)level, (unsigned long long)quorum);
		before = quorum;
	}
	return rules_allow(c);
}

/* A standby board is other people, all of them: what befalls the one shall not befall the other. */
static int standby_apart(struct rules_ctx *c) {
	if (!rules_field_is(c->s, "standby", "yes"))
		return rules_deny(
			c, "standby-word", "", "the line standby says yes, or is not there");
	for (size_t i = 0; i < sr_field_count(c->s, "member"); i++) {
		const struct sr_bytes person = sr_field(c->s, "member", i);

		for (size_t k = 0; k < c->board.member_count; k++)
			if (sr_bytes_eq(person, sr_bytes_str(c->board.members[k].person)))
				return rules_deny(c, "standby-apart", "name other people",
					"%s sits on the board, and a standby board is other people",
					c->board.members[k].person);
	}
	return rules_allow(c);
}

/* Nobody of before deals: those who are to sit make a key that has nothing to do with any share. */
static int rekey_request(struct rules_ctx *c) {
	int rc = reshare_levels(c);

	return rc == 0 && c->out->allowed ? request_members(c, true) : rc;
}

static int reshare_request(struct rules_ctx *c) {
	int rc = reshare_levels(c);

	if (rc == 0 && c->out->allowed)
		rc = reshare_dealers(c);
	if (rc == 0 && c->out->allowed && sr_field_count(c->s, "standby") > 0)
		rc = standby_apart(c);
	return rc == 0 && c->out->allowed ? request_members(c, true) : rc;
}

static int board_request(struct rules_ctx *c) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	uint8_t id[SR_ID];
	int rc = b == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			   : sr_field_id(id, c->s, "target", 0, c->e);

	if (rc == 0)
		rc = sr_query_board(b, c->cat, id, 0, c->e);
	free(b);
	if (rc == 0)
		return rules_deny(c, "board-taken", "", "a board with this id is there already");
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(c->e);
	for (size_t i = 0; i < sr_field_count(c->s, "quorum"); i++) {
		uint64_t level = 0, quorum = 0;

		rc = sr_field_level_quorum(&level, &quorum, c->s, "quorum", i, c->e);
		if (rc != 0)
			return rc;
		if (level != quorum)
			return rules_deny(c, "level-name", "",
				"a level of a new board is named by its quorum: %llu, not %llu",
				(unsigned long long)quorum, (unsigned long long)level);
	}
	return request_members(c, false);
}

/* A request whose approvals carry pieces. */
static int keyed_request(struct rules_ctx *c, enum sr_kind_id kind, uint64_t level, bool former) {
	int rc = request_terms(c);

	if (rc == 0 && c->out->allowed)
		rc = request_people(c);
	if (rc == 0 && c->out->allowed)
		rc = key_usable(c);
	if (rc == 0 && c->out->allowed && sr_token_in(shapes[kind].must, "recipient"))
		rc = recipient_usable(c);
	if (rc == 0 && c->out->allowed)
		rc = request_items(c, level, former);
	return rc;
}

/* What depends on the kind, after the shape: who may ask, and what for. */
static int request_by_kind(struct rules_ctx *c, enum sr_kind_id kind) {
	const struct sr_kind *const k = sr_kind_at(kind);
	uint64_t epoch = 0, level = 0;
	uint32_t decides = 0;
	bool former = false;
	int rc = sr_field_dec(&epoch, c->s, "epoch", 0, c->e);

	if (rc == 0)
		rc = sr_field_dec(&level, c->s, "level", 0, c->e);
	/* What is left under a key before is for those who have shares of that one. */
	if (rc == 0 && kind == SR_K_RESEAL) {
		const uint32_t now = c->board.epoch;

		rc = rules_former(c, epoch);
		former = c->board.epoch != now;
	}
	if (rc != 0)
		return rc;
	if (epoch != c->board.epoch)
		return rules_deny(c, "other-epoch", "fetch the board's state anew",
			"made for epoch %llu, the board is in epoch %u", (unsigned long long)epoch,
			c->board.epoch);
	if ((k->flags & SR_KIND_PIECES) != 0)
		return keyed_request(c, kind, level, former);
	if (kind == SR_K_RENEW)
		return renew_request(c, level);
	decides = (k->flags & SR_KIND_HIGHEST) != 0
			  ? c->board.levels[c->board.level_count - 1].level
			  : c->board.levels[0].level;
	rc = kind == SR_K_LIFT ? rules_lift_level(&decides, c) : 0;
	if (rc != 0)
		return rc;
	if (level != decides)
		return rules_deny(c, "level-differs", "",
			"this request of kind %s is decided at level %u", k->name, decides);
	if (!c->board.founding && (k->flags & SR_KIND_FOUNDING) != 0)
		return rules_deny(c, "not-this-board", "ask the founding board",
			"a request of kind %s is the founding board's to decide", k->name);
	return shapes[kind].asked(c);
}

/* The lines of the kind that the statement names, and who may ask for it. */
static int asked_for(struct rules_ctx *c) {
	enum sr_kind_id kind = SR_K_COUNT;

	if (!sr_kind_named(&kind, sr_field(c->s, "kind", 0)))
		return rules_deny(c, "unknown-kind", "", "unknown kind of request");
	return shape_holds(c, kind) ? request_by_kind(c, kind) : 0;
}

int rule_request(struct rules_ctx *c) {
	uint64_t version = 0;
	uint8_t id[SR_ID];
	struct sr_version_row row = {0};
	int rc = sr_field_dec(&version, c->s, "version", 0, c->e);

	if (rc == 0)
		rc = sr_field_id(id, c->s, "request", 0, c->e);
	if (rc != 0)
		return rc;
	rc = sr_query_version(&row, c->cat, id, 0, c->e);
	sr_version_row_free(&row);
	if (rc == 0)
		return rules_deny(c, "request-taken", "amend makes a new version",
			"a request with this id is there already");
	if (rc != SR_NOTFOUND)
		return rc;
	if (version != 1)
		return rules_deny(c, "version", "",
			"a request begins with version 1, this says %llu",
			(unsigned long long)version);
	return asked_for(c);
}

/* The newest version of the line `request`. False: it is not there, which is ruled, or ${*rc} is an
 * error; the rule is over either way. */
static bool version_of(int *rc, struct rules_ctx *c, struct sr_version_row *v) {
	uint8_t id[SR_ID];

	*rc = sr_field_id(id, c->s, "request", 0, c->e);
	if (*rc == 0)
		*rc = sr_query_version(v, c->cat, id, 0, c->e);
	if (*rc == 0)
		return true;
	if (*rc == SR_NOTFOUND)
		*rc = rules_deny(c, "no-such-request", "", "no such request");
	return false;
}

static int amend_version(struct rules_ctx *c, const struct sr_version_row *v) {
	uint64_t version = 0;
	int rc = sr_field_dec(&version, c->s, "version", 0, c->e);

	if (rc != 0)
		return rc;
	if (strcmp(v->applicant, c->me.person) != 0)
		return rules_deny(c, "not-applicant", "",
			"only the applicant (%s) amends a request", v->applicant);
	if (!sr_state_may(SR_M_VERSION, v->state, SR_E_AMEND))
		return rules_deny(c, "request-ended", "make a new request", "the request is %s",
			sr_state_name(v->state));
	if (version != (uint64_t)v->version + 1)
		return rules_deny(c, "version", "fetch the request anew",
			"its next version is %u, this says %llu", v->version + 1,
			(unsigned long long)version);
	if (memcmp(v->board, c->board.id, SR_ID) != 0)
		return rules_deny(
			c, "other-board", "make a new request", "the request is of another board");
	if (!rules_field_is(c->s, "kind", v->kind))
		return rules_deny(c, "kind-differs", "make a new request",
			"the request is of kind %s", v->kind);
	return asked_for(c);
}

int rule_amend(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	int rc = 0;

	if (!version_of(&rc, c, &v))
		return rc;
	rc = amend_version(c, &v);
	sr_version_row_free(&v);
	return rc;
}

int rule_join(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	int rc = 0;

	if (!version_of(&rc, c, &v))
		return rc;
	rc = rules_deny(c, "not-named", "", "%s is no co-applicant of this request", c->me.person);
	for (size_t i = 0; i < v.people_count; i++) {
		if (strcmp(v.people[i].person, c->me.person) != 0)
			continue;
		if (v.people[i].joined)
			rc = rules_deny(
				c, "joined-already", "", "%s has joined already", c->me.person);
		else if (!sr_state_may(SR_M_VERSION, v.state, SR_E_JOIN))
			rc = rules_deny(c, "request-ended", "", "the request is %s",
				sr_state_name(v.state));
		else
			rc = key_usable(c);
	}
	sr_version_row_free(&v);
	return rc;
}

int rule_comment(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	int rc = 0;

	if (!version_of(&rc, c, &v))
		return rc;
	rc = rules_on_policy(c, &v);
	sr_version_row_free(&v);
	return rc;
}

int rule_recuse(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	bool recused = false;
	int rc = 0;

	if (!version_of(&rc, c, &v))
		return rc;
	rc = rules_former_of(c, &v);
	if (rc == 0)
		rc = sr_query_recused(&recused, c->cat, v.request, c->me.person, c->e);
	if (rc == 0) {
		if (recused)
			rc = rules_deny(c, "recused-already", "", "%s has stepped aside already",
				c->me.person);
		else if (!sr_state_may(SR_M_VERSION, v.state, SR_E_RECUSE))
			rc = rules_deny(c, "request-ended", "", "the request is %s",
				sr_state_name(v.state));
		else
			rc = rules_on_policy(c, &v);
	}
	sr_version_row_free(&v);
	return rc;
}

int rule_withdraw(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	uint64_t version = 0;
	int rc = 0;

	if (!version_of(&rc, c, &v))
		return rc;
	rc = sr_field_dec(&version, c->s, "version", 0, c->e);
	if (rc == 0) {
		if (version != v.version)
			rc = rules_deny(c, "version", "",
				"its newest version is %u, this says %llu", v.version,
				(unsigned long long)version);
		else if (!sr_state_may(SR_M_VERSION, v.state, SR_E_WITHDRAW))
			rc = rules_deny(c, "request-ended", "", "the request is %s",
				sr_state_name(v.state));
		else
			rc = rules_on_policy(c, &v);
	}
	sr_version_row_free(&v);
	return rc;
}
