/*
 * invariants_vote - who may vote on a version, and what an approval must carry. See
 * invariants_in.h.
 */
#include "board/invariants_in.h"

#include "base/limits.h"
#include "crypto/box.h"

/* One top-up of a member is enough until an incident voids it, a restore renews the room key or an
 * item is sealed anew: a researcher's client proves every vote with pieces before it opens
 * anything. */
static int topped_up(struct rules_ctx *c, const struct sr_version_row *v, int64_t extension) {
	const struct sr_grant_filter live = {.request = v->request, .state = SR_S_LIVE};
	const struct sr_page first = {.limit = 1};
	struct sr_grants grants = {0};
	struct sr_version_seals seals = {0};
	struct sr_votes votes = {0};
	int rc = sr_query_grants(&grants, c->cat, &live, &first, c->e);
	const bool none = grants.count == 0;
	/* By the grant's own end: a renewal is later than what the request asked for. */
	const bool over = !none && grants.rows[0].ends <= c->now;

	if (rc != 0)
		return rc;
	sr_grants_free(&grants);
	if (none || over)
		return rules_deny(c, "grant-state",
			"a new request is needed once a grant has ended",
			none ? "pieces are added to a live grant, and this request has none"
			     : "pieces are added to a live grant, and that of this request is "
			       "over");
	rc = sr_query_version_seals(&seals, c->cat, v, extension, c->e);
	if (rc == 0)
		rc = sr_query_votes(&votes, c->cat, v->request, v->version, c->e);
	if (rc != 0)
		return rc;
	rc = rules_allow(c);
	for (size_t i = 0; i < votes.count; i++)
		if (!votes.rows[i].is_void && votes.rows[i].entry > seals.sealed &&
			votes.rows[i].entry > v->room_key_entry &&
			votes.rows[i].extension == extension &&
			strcmp(votes.rows[i].decision, "topup") == 0 &&
			votes.rows[i].epoch == c->board.epoch &&
			strcmp(votes.rows[i].person, c->me.person) == 0)
			rc = rules_deny(c, "topped-up", "",
				"member %s has topped up these items already", c->me.person);
	sr_votes_free(&votes);
	return rc;
}

/* Nobody whose roles ended gets a piece: the applicant leaves them out, or is one of them. What
 * takes no piece may be said all the same, or such a request could be ended by its applicant alone.
 * *${ended}: somebody's have. */
static int readers_stay(struct rules_ctx *c, const struct sr_version_row *v,
	struct sr_bytes decision, bool *ended) {
	const bool topup = sr_bytes_eq(decision, sr_bytes_str("topup"));
	const char *why = "";
	char name[SR_PERSON_TEXT];
	int rc = sr_invariants_reader_ended(name, &why, c->cat, v, c->e);

	*ended = rc == 0 && name[0] != '\0';
	if (rc != 0 || !*ended || (!topup && !sr_bytes_eq(decision, sr_bytes_str("approve"))))
		return rc != 0 ? rc : rules_allow(c);
	return rules_deny(c, "reader-ended",
		topup ? "those who stay make a new request"
		      : "the applicant amends the request (amend --without), or withdraws it; a "
			"vote correct sends it back to them",
		"%s %s", name, why);
}

/* Who has a share to vote with, and may still. Who is too near to what it is about is the board's
 * to say (actions vote-approve, ..). */
static int vote_eligible(struct rules_ctx *c, const struct sr_version_row *v,
	struct sr_bytes decision, const struct sr_extension *x) {
	struct sr_vote_row mine = {0};
	struct sr_tally tally;
	const bool topup = sr_bytes_eq(decision, sr_bytes_str("topup"));
	bool ended = false;
	int rc;

	if (rules_member(&c->board, c->me.person) == NULL)
		return rules_deny(c, "role-missing", "", "%s is not an active member of the board",
			c->me.person);
	rc = rules_vote_on_policy(c, v);
	if (rc == 0 && c->out->allowed)
		rc = readers_stay(c, v, decision, &ended);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (!sr_state_may(SR_M_VERSION, v->state, topup ? SR_E_TOPUP : SR_E_VOTE))
		return rules_deny(c, "request-ended", "", "version %u of the request is %s",
			v->version, sr_state_name(v->state));
	if (!topup && v->closes != 0 && v->closes <= c->now)
		return rules_deny(c, "closed", "the applicant may make a new request",
			"the request closed before this vote came");
	rc = sr_query_vote_of(&mine, c->cat, v, c->me.person, c->e);
	sr_vote_row_free(&mine);
	if (rc == 0 && !topup)
		return rules_deny(c, "already-voted",
			"a vote cannot be changed; recuse voids it before the grant",
			"member %s has voted on version %u already", c->me.person, v->version);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	rc = sr_query_tally(&tally, c->cat, v->request, v->version, c->e);
	if (rc != 0)
		return rc;
	if (topup) {
		rc = topped_up(c, v, (int64_t)x->number);
		if (rc != 0 || !c->out->allowed)
			return rc;
	}
	if (tally.joined < tally.co_applicants && !ended)
		return rules_deny(c, "not-joined", "each co-applicant joins first",
			"%u of %u co-applicants have not joined, so no piece can be made for them",
			tally.co_applicants - tally.joined, tally.co_applicants);
	return rules_allow(c);
}

/* Lines that only an approval with pieces has. */
static bool carries_more(const struct rules_ctx *c) {
	static const char *const keys[] = {
		"form", "ends", "training", "count", "room-key", "seals", "bundle", "pieces"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		n += sr_field_count(c->s, keys[i]);
	return n > 0;
}

/* Pieces open under one room key alone. A vote that was signed before a restore renewed it is not
 * that voter's fault, and must not become it at a checkout. */
static int vote_room_key(struct rules_ctx *c, const struct sr_version_row *v) {
	uint8_t key[SR_X_PK];
	int rc = sr_field_key(key, c->s, "room-key", 0, c->e);

	if (rc != 0)
		return rc;
	if (v->has_room_key && memcmp(key, v->room_key, SR_X_PK) == 0)
		return rules_allow(c);
	return rules_deny(c, "other-room-key", "a restore renewed the room key: vote again",
		"the vote's pieces are for another room key than that of entry %llu",
		(unsigned long long)v->room_key_entry);
}

static int vote_level(
	struct rules_ctx *c, const struct sr_version_row *v, const struct sr_version_seals *now) {
	if (now->level > v->level)
		return rules_deny(c, "level-raised", "the applicant amends the request",
			"an item was sealed at level %u after this request, which is of level %u",
			now->level, v->level);
	return rules_allow(c);
}

/* Pieces are for the seals in force (catalogue/seals.h). Those for the seal before open nothing and
 * would be blamed on the voter at a checkout. */
static int vote_seals(
	struct rules_ctx *c, const struct sr_version_row *v, const struct sr_extension *x) {
	struct sr_version_seals now = {0};
	uint8_t seals[SR_HASH];
	int rc = sr_query_version_seals(&now, c->cat, v, (int64_t)x->number, c->e);

	if (rc == 0)
		rc = sr_field_hash(seals, c->s, "seals", 0, c->e);
	if (rc != 0)
		return rc;
	if (memcmp(seals, now.hash, SR_HASH) != 0)
		return rules_deny(c, "sealed-anew", "vote again: the pieces are made anew",
			"an item was sealed anew (the last one at entry %llu), and the vote's "
			"pieces are for the seals before",
			(unsigned long long)now.sealed);
	return rules_field_is(c->s, "decision", "topup") ? rules_allow(c) : vote_level(c, v, &now);
}

/* Who votes has shares of one key: what is sealed under another they cannot open. A topup passes
 * over such items; the next one brings their pieces. */
static int vote_key(struct rules_ctx *c, const struct sr_version_row *v) {
	uint64_t other = 0;
	int rc = sr_query_other_key(&other, c->cat, v, 0, &c->board, c->e);

	if (rc != 0 || other == 0)
		return rc != 0 ? rc : rules_allow(c);
	return rules_deny(c, "key-before",
		"vote when they are sealed anew (board show says how many are left)",
		"%llu of its items are sealed under another key than that of epoch %u",
		(unsigned long long)other, c->board.epoch);
}

/* Is what the request asks for still to be had? Nothing opens the record of an item that is gone.
 */
static int vote_in_time(struct rules_ctx *c, const struct sr_version_row *v) {
	uint8_t item[SR_ID];
	char hex[2 * SR_ID + 1];
	int rc = sr_query_request_item_like(
		item, c->cat, v, (struct sr_item_like){SR_S_DESTROYED, 0}, c->e);

	if (rc == 0) {
		rules_hex(hex, item);
		return rules_deny(c, "item-destroyed", "the applicant amends the request",
			"item %.12s was destroyed after this request", hex);
	}
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(c->e);
	if (v->ends <= c->now)
		return rules_deny(c, "ends-past", "the applicant amends the request",
			"the end that the request asks for has passed");
	return rules_allow(c);
}

/* What an approval must say and carry. ${x}: the list that its pieces are for, and how long it is.
 */
static int vote_approval(
	struct rules_ctx *c, const struct sr_version_row *v, const struct sr_extension *x) {
	const bool keyed = v->has_key, topup = rules_field_is(c->s, "decision", "topup");
	uint64_t count = 0;
	int64_t ends = 0;
	int rc = 0;
	size_t n = sr_field_count(c->s, "form");

	if (!keyed) {
		if (carries_more(c))
			return rules_deny(c, "vote-surplus", "",
				"a request of kind %s takes no forms, end or pieces", v->kind);
		return rules_allow(c);
	}
	/* A topup is for what is left of a grant. */
	if (!topup) {
		rc = vote_in_time(c, v);
		if (rc != 0 || !c->out->allowed)
			return rc;
	}
	if (sr_field_count(c->s, "bundle") == 0 || sr_field_count(c->s, "pieces") == 0 ||
		sr_field_count(c->s, "room-key") == 0 || sr_field_count(c->s, "seals") == 0 ||
		sr_field_dec(&count, c->s, "count", 0, NULL) != 0)
		return rules_deny(c, "pieces-missing", "",
			"an approval of kind %s carries a piece for each item", v->kind);
	rc = vote_room_key(c, v);
	if (rc == 0 && c->out->allowed)
		rc = vote_seals(c, v, x);
	if (rc == 0 && c->out->allowed && !topup)
		rc = vote_key(c, v);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (count != x->items)
		return rules_deny(c, "pieces-count", "", "want %llu pieces, have %llu",
			(unsigned long long)x->items, (unsigned long long)count);
	if (sr_field_count(c->s, "training") > SR_VOTE_TRAININGS_MAX)
		return rules_deny(c, "too-many-trainings", "",
			"want at most %d trainings, have %zu", SR_VOTE_TRAININGS_MAX,
			sr_field_count(c->s, "training"));
	if (topup && sr_field_count(c->s, "training") > 0)
		return rules_deny(c, "vote-surplus", "",
			"a topup adds pieces to a grant; what it demands of its readers is "
			"settled");
	/* A topup adds pieces to a grant whose forms are settled. */
	if (sr_invariants_looks(v->kind) && n == 0 && !topup)
		return rules_deny(c, "forms-missing", "vote --form ...",
			"an approval names the forms it allows");
	for (size_t i = 0; i < n; i++) {
		struct sr_bytes f = sr_field(c->s, "form", i);
		char word[64];

		snprintf(word, sizeof word, "%.*s", (int)(f.len < 63 ? f.len : 63),
			(const char *)f.p);
		if (!sr_token_in(v->forms, word))
			return rules_deny(c, "form-not-asked", "",
				"the form %s was not asked for (asked: %s)", word, v->forms);
	}
	if (sr_field_time(&ends, c->s, "ends", 0, NULL) == 0) {
		if (ends > v->ends)
			return rules_deny(
				c, "ends-too-late", "", "the vote's end lies after the request's");
		if (ends <= c->now)
			return rules_deny(c, "ends-past", "", "the vote's end lies in the past");
	}
	return rules_allow(c);
}

/* The forms left when this vote joins those before it: none left would be a grant of nothing. */
static int vote_forms_meet(struct rules_ctx *c, const struct sr_version_row *v) {
	struct sr_votes votes = {0};
	int rc;

	if (!sr_invariants_looks(v->kind))
		return rules_allow(c);
	rc = sr_query_votes(&votes, c->cat, v->request, v->version, c->e);
	if (rc != 0)
		return rc;
	rc = rules_deny(c, "forms-disjoint", "agree on a form (comment), or reject",
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
			rc = rules_allow(c);
	}
	sr_votes_free(&votes);
	return rc;
}

/* The list that the pieces are for: the version's own, or by topup that of an extension of its
 * grant. False: it is ruled, or ${*rc} is an error. */
static bool vote_list(
	int *rc, struct rules_ctx *c, const struct sr_version_row *v, struct sr_extension *x) {
	struct sr_extensions l = {0};
	uint64_t number = 0;
	bool found = false;

	*x = (struct sr_extension){.items = v->items};
	*rc = 0;
	if (sr_field_count(c->s, "extension") == 0)
		return true;
	*rc = sr_field_dec(&number, c->s, "extension", 0, c->e);
	if (*rc == 0)
		*rc = sr_query_extensions(&l, c->cat, v, c->e);
	if (*rc != 0)
		return false;
	for (size_t i = 0; i < l.count && !found; i++) {
		found = l.rows[i].number == number;
		*x = l.rows[i];
	}
	sr_extensions_free(&l);
	if (!found)
		*rc = rules_deny(c, "no-such-extension", "request show lists them",
			"version %u has no extension %llu", v->version, (unsigned long long)number);
	else if (!rules_field_is(c->s, "decision", "topup"))
		*rc = rules_deny(c, "vote-surplus", "vote REQUEST topup --extension N",
			"the items of an extension are topped up");
	else
		return true;
	return false;
}

/* Those who sit now vote on what was asked of those who sit now. A live grant outlives a reshare:
 * they add pieces to it. */
static int vote_epoch(
	struct rules_ctx *c, const struct sr_version_row *v, uint64_t epoch, bool topup) {
	const bool older = v->epoch < c->board.epoch && topup;

	if (epoch != c->board.epoch || (v->epoch != c->board.epoch && !older))
		return rules_deny(c, "other-epoch", "vote again in the board's new epoch",
			"the vote is of epoch %llu, the request of %u, the board in %u",
			(unsigned long long)epoch, v->epoch, c->board.epoch);
	return rules_allow(c);
}

static int vote_on(
	struct rules_ctx *c, const struct sr_version_row *v, const uint8_t hash[SR_HASH]) {
	struct sr_extension x;
	uint64_t version = 0, epoch = 0;
	int rc = sr_field_dec(&version, c->s, "version", 0, c->e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, c->s, "epoch", 0, c->e);
	if (rc != 0)
		return rc;
	if (version != v->version)
		return rules_deny(c, "other-version", "read the newest version and vote on that",
			"the vote is on version %llu, the request is at version %u",
			(unsigned long long)version, v->version);
	if (memcmp(hash, v->hash, SR_HASH) != 0)
		return rules_deny(c, "other-text", "read the request anew",
			"the vote names another text of version %u", v->version);
	rc = vote_epoch(c, v, epoch, rules_field_is(c->s, "decision", "topup"));
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (!vote_list(&rc, c, v, &x))
		return rc;
	rc = vote_eligible(c, v, sr_field(c->s, "decision", 0), &x);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (rules_field_is(c->s, "decision", "reject") ||
		rules_field_is(c->s, "decision", "correct")) {
		if (carries_more(c))
			return rules_deny(c, "vote-surplus", "",
				"only an approval carries forms, an end or pieces");
		return rules_allow(c);
	}
	if (!rules_field_is(c->s, "decision", "approve") &&
		!rules_field_is(c->s, "decision", "topup"))
		return rules_deny(c, "unknown-decision", "",
			"a decision is approve, reject, correct or topup");
	rc = vote_approval(c, v, &x);
	if (rc != 0 || !c->out->allowed || rules_field_is(c->s, "decision", "topup"))
		return rc;
	return vote_forms_meet(c, v);
}

int rule_vote(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	uint8_t id[SR_ID], hash[SR_HASH];
	int rc = sr_field_id_hash(id, hash, c->s, "request", c->e);

	if (rc == 0)
		rc = sr_query_version(&v, c->cat, id, 0, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-request", "", "no such request");
	if (rc != 0)
		return rc;
	rc = rules_former_of(c, &v);
	if (rc == 0)
		rc = vote_on(c, &v, hash);
	sr_version_row_free(&v);
	return rc;
}

/* What any approval by c->me would meet, whatever it says and carries. */
static int approval_due(struct rules_ctx *c, const struct sr_version_row *v) {
	const struct sr_extension whole = {.items = v->items};
	struct sr_version_seals seals = {0};
	int rc = rules_former_of(c, v);

	if (rc == 0)
		rc = vote_epoch(c, v, c->board.epoch, false);
	if (rc == 0 && c->out->allowed)
		rc = vote_eligible(c, v, sr_bytes_str("approve"), &whole);
	if (rc != 0 || !c->out->allowed || !v->has_key)
		return rc;
	rc = vote_in_time(c, v);
	if (rc == 0 && c->out->allowed)
		rc = sr_query_version_seals(&seals, c->cat, v, 0, c->e);
	if (rc == 0 && c->out->allowed)
		rc = vote_level(c, v, &seals);
	if (rc == 0 && c->out->allowed)
		rc = vote_key(c, v);
	return rc;
}

int sr_invariants_voter(struct sr_ruling *out, struct sr_catalogue *cat, int64_t now,
	const struct sr_version_row *v, const char *member, struct sr_err *e) {
	struct rules_ctx *c = calloc(1, sizeof *c);
	int rc = c == NULL ? sr_fail(e, SR_NOMEM, "rules: out of memory") : 0;

	memset(out, 0, sizeof *out);
	if (c == NULL)
		return rc;
	c->out = out;
	c->cat = cat;
	c->now = now;
	c->e = e;
	rc = sr_query_person(&c->me, cat, member, e);
	if (rc == 0)
		rc = sr_query_board(&c->board, cat, v->board, 0, e);
	if (rc == 0)
		rc = approval_due(c, v);
	sr_person_row_free(&c->me);
	free(c);
	return rc;
}
