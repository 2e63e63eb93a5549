/*
 * invariants_people - who gives and ends roles. See invariants_in.h.
 */
#include "board/invariants_in.h"

#include "crypto/box.h"
#include "ledger/card.h"

int rule_person(struct rules_ctx *c) {
	struct sr_person_row row = {0};
	char name[SR_PERSON_TEXT];
	int rc;

	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++) {
		unsigned role = sr_role_named(sr_field(c->s, "role", i));

		if (role == 0)
			return rules_deny(c, "unknown-role", "", "unknown role in line %zu", i + 1);
		if ((role & (SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) == 0)
			return rules_deny(c, "role-needs-quorum",
				"person add for this role makes a request that members vote on",
				"the role %s is given by a quorum of the board, not by one person",
				sr_role_name(role));
	}
	rules_person_text(name, c->s, "person");
	rc = rules_card_in_force(c, "person");
	if (rc != 0 || !c->out->allowed)
		return rc;
	rc = sr_query_person(&row, c->cat, name, c->e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		return rules_allow(c);
	}
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++)
		if ((row.roles & sr_role_named(sr_field(c->s, "role", i))) == 0) {
			sr_person_row_free(&row);
			return rules_allow(c);
		}
	sr_person_row_free(&row);
	return rules_deny(c, "has-role", "", "%s has that role already", name);
}

/* The first role of ${p} that nobody else holds, of those that a vault is founded with. */
static int last_of_role(
	unsigned *last, struct sr_catalogue *cat, const struct sr_person_row *p, struct sr_err *e) {
	static const unsigned kept[] = {
		SR_ROLE_CURATOR, SR_ROLE_OFFICER, SR_ROLE_AUDITOR, SR_ROLE_CUSTODIAN};
	int rc = 0;

	*last = 0;
	for (size_t i = 0; i < sizeof kept / sizeof kept[0] && rc == 0 && *last == 0; i++) {
		struct sr_people l = {0};

		if ((p->roles & kept[i]) == 0)
			continue;
		rc = sr_query_people(&l, cat, kept[i], e);
		if (rc == 0 && l.count < 2)
			*last = kept[i];
		sr_people_free(&l);
	}
	return rc;
}

static uint32_t highest_quorum(const struct sr_board_row *b) {
	uint32_t highest = 0;

	for (size_t i = 0; i < b->level_count; i++)
		highest = b->levels[i].quorum > highest ? b->levels[i].quorum : highest;
	return highest;
}

/* Every level must stay within reach of members who are left, else nobody could even reshare. */
static bool board_stays(const struct sr_board_row *b, const char *person, size_t *left) {
	bool member = false;

	*left = 0;
	for (size_t i = 0; i < b->member_count; i++) {
		if (!b->members[i].active)
			continue;
		if (strcmp(b->members[i].person, person) == 0)
			member = true;
		else
			(*left)++;
	}
	return !member || *left >= highest_quorum(b);
}

/* That holds of every board; else the ruling is made. */
static int boards_stay(struct rules_ctx *c, const char *person) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_boards all = {0};
	int rc = b == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			   : sr_query_boards(&all, c->cat, c->e);

	rules_allow(c);
	for (size_t i = 0; i < all.count && rc == 0 && c->out->allowed; i++) {
		size_t left = 0;

		rc = sr_query_board(b, c->cat, all.rows[i].id, 0, c->e);
		if (rc == 0 && !board_stays(b, person, &left))
			rc = rules_deny(c, "quorum-kept", "reshare the board without this member",
				"%zu members would be left, and the highest level needs %u", left,
				highest_quorum(b));
	}
	sr_boards_free(&all);
	free(b);
	return rc;
}

static int end_holds(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	unsigned last = 0;
	int rc = last_of_role(&last, c->cat, p, c->e);

	(void)ctx;
	if (rc != 0)
		return rc;
	if (p->roles == 0)
		return rules_deny(c, "no-role", "", "%s has no role any more", p->person);
	if (last != 0)
		return rules_deny(c, "last-of-role", "give the role to somebody else first",
			"%s is the only %s, and a vault without one stands still", p->person,
			sr_role_name(last));
	return boards_stay(c, p->person);
}

int sr_invariants_end(
	struct sr_ruling *out, struct sr_catalogue *cat, const char *person, struct sr_err *e) {
	return rules_on_person(out, cat, person, end_holds, NULL, e);
}

static int end_by_one(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	if ((p->roles & ~(unsigned)(SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) != 0)
		return rules_deny(c, "role-needs-quorum",
			"person end then makes a request that members vote on",
			"%s has a role that only a quorum ends", p->person);
	return end_holds(c, p, ctx);
}

/* What cites a request is what the votes on it brought about, and decides it. The type lets both
 * sign (ledger/types.c), so that logs with such an end of before this rule are read on. */
int rule_person_end(struct rules_ctx *c) {
	if (sr_field_count(c->s, "request") > 0)
		return rules_deny(c, "cites-request", "leave the line `request` out",
			"an end that one person signs decides no request");
	return rules_on_named(c, "person", end_by_one, NULL);
}

int rules_end_asked(struct rules_ctx *c) {
	return rules_on_named(c, "subject", end_holds, NULL);
}

/* --- cards and keys --------------------------------------------------------------------------- */

static int card_of_line(struct rules_ctx *c, struct sr_card *card, struct sr_buf *bytes) {
	int rc = sr_field_card(bytes, c->s, "card", 0, c->e);

	return rc == 0 ? sr_card_read(card, sr_buf_view(bytes), c->e) : rc;
}

/* Does the card introduce somebody, or is it of the key that its person has? */
static int card_fits(struct rules_ctx *c, const struct sr_card *card) {
	struct sr_person_row row = {0};
	int rc = sr_query_person(&row, c->cat, card->person, c->e);

	if (rc == SR_NOTFOUND && card->next)
		rc = rules_deny(c, "other-key", "a card of the first key introduces a person",
			"nobody here is %s, and the card is of a later key", card->person);
	else if (rc == 0 && row.erased != 0)
		rc = rules_deny(c, "person-erased", "identity new makes another identity",
			"what was kept of %s is erased, and nothing is kept of them again",
			card->person);
	else if (rc == 0 && memcmp(row.pk, card->key, SR_PK) != 0)
		rc = rules_deny(c, "other-key", "person rekey changes a key",
			"%s has another key than this card's", card->person);
	else if (rc == 0 || rc == SR_NOTFOUND)
		rc = rules_allow(c);
	sr_person_row_free(&row);
	return rc;
}

int sr_invariants_card(struct sr_ruling *out, struct sr_catalogue *cat, const struct sr_card *card,
	struct sr_err *e) {
	struct rules_ctx *c = calloc(1, sizeof *c);
	int rc;

	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "rules: out of memory");
	memset(out, 0, sizeof *out);
	c->out = out;
	c->cat = cat;
	c->e = e;
	rc = card_fits(c, card);
	free(c);
	return rc;
}

int rules_card_in_force(struct rules_ctx *c, const char *key) {
	struct sr_card card;
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = card_of_line(c, &card, &bytes);
	sr_buf_free(&bytes);
	if (rc != 0)
		return rc;
	if (!sr_bytes_eq(sr_field(c->s, key, 0), sr_bytes_str(card.person)))
		return rules_deny(c, "other-card", "", "the card is that of %s", card.person);
	return card_fits(c, &card);
}

/* May this card's key take the place of the one that ${p} has? ${vouched}: the old key bears it
 * out.
 */
static int next_key(
	struct rules_ctx *c, struct sr_person_row *p, struct sr_bytes bytes, bool *vouched) {
	struct sr_card card;
	uint8_t x[SR_X_PK];
	bool used = false, pending = false;
	struct sr_err why = {0};
	int rc = sr_card_read(&card, bytes, c->e);

	*vouched = false;
	/* Who is to sit on a board is dealt a share to the key in force: that is a member's. */
	if (rc == 0)
		rc = sr_query_pending_member(&pending, c->cat, p->person, c->e);
	if (pending)
		p->roles |= SR_ROLE_MEMBER;
	if (rc == 0)
		rc = sr_query_key_used(&used, c->cat, card.key, c->e);
	if (rc != 0)
		return rc;
	if (strcmp(card.person, p->person) != 0)
		return rules_deny(c, "other-card", "", "the card is that of %s", card.person);
	if (p->roles == 0)
		return rules_deny(c, "no-role", "add them anew with a new name",
			"%s has no role any more", p->person);
	if (used || !card.next)
		return rules_deny(c, "key-used", "identity renew makes a new key",
			"this key is, or was, somebody's here");
	if (sr_box_pk_of_sign(x, card.key, NULL) != 0)
		return rules_deny(c, "key-unusable", "identity renew makes a new key",
			"nothing can be sealed to this key");
	if (card.by_old)
		rc = sr_card_by_old(bytes, p->pk, &why);
	if (rc != 0 && rc != SR_AUTH && rc != SR_CORRUPT) { /* it was not looked at */
		if (c->e != NULL)
			*c->e = why;
		return rc;
	}
	if (rc != 0)
		return rules_deny(c, "old-key", "identity renew with the identity in force",
			"the second signature is not by the key that %s has", p->person);
	*vouched = card.by_old;
	return rules_allow(c);
}

/* ${ctx}: the card, a struct sr_bytes. */
static int may_rekey(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	bool vouched;

	return next_key(c, p, *(const struct sr_bytes *)ctx, &vouched);
}

int sr_invariants_key(struct sr_ruling *out, struct sr_catalogue *cat, const char *person,
	struct sr_bytes card, struct sr_err *e) {
	return rules_on_person(out, cat, person, may_rekey, &card, e);
}

static int card_is_theirs(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	(void)p;
	(void)ctx;
	return rules_card_in_force(c, "person");
}

int rule_person_set(struct rules_ctx *c) {
	return rules_on_named(c, "person", card_is_theirs, NULL);
}

/* With the old key's word, or for who alone may be added by one: one curator or officer. A lost key
 * of another role is the board's affair: whoever has the new one acts as that person. */
static int rekey_by_one(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	bool vouched = false;
	int rc = next_key(c, p, *(const struct sr_bytes *)ctx, &vouched);

	if (rc == 0 && c->out->allowed && !vouched &&
		(p->roles & ~(unsigned)(SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) != 0)
		rc = rules_deny(c, "role-needs-quorum",
			"person rekey then makes a request that members vote on",
			"%s has a role that only a quorum gives to a key that the old one does not "
			"bear out",
			p->person);
	return rc;
}

/* The ruling on the person whom line ${key} names and the card of the statement. */
static int on_named_card(struct rules_ctx *c, const char *key, rules_person_fn *judge) {
	struct sr_bytes bytes;
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	rc = sr_field_card(&b, c->s, "card", 0, c->e);
	bytes = sr_buf_view(&b);
	if (rc == 0)
		rc = rules_on_named(c, key, judge, &bytes);
	sr_buf_free(&b);
	return rc;
}

int rule_person_key(struct rules_ctx *c) {
	return on_named_card(c, "person", rekey_by_one);
}

int rules_key_asked(struct rules_ctx *c) {
	return on_named_card(c, "subject", may_rekey);
}
