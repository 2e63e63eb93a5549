/*
 * invariants_item - accession, redaction, description, release. See invariants_in.h.
 */
#include "board/invariants_in.h"

#include "base/escape.h"
#include "ledger/fields.h"
#include "ledger/mark.h"

/* Nothing is sealed to keys that the founders would not have lie in one place, before a second
 * board has its shares of them. */
static int standby_dealt(struct rules_ctx *c, const uint8_t board[SR_ID]) {
	struct sr_vault_row v;
	int rc = sr_query_vault(&v, c->cat, c->e);

	if (rc == 0 && v.standby_due && memcmp(board, v.fingerprint, SR_ID) == 0)
		return rules_deny(c, "standby-due",
			"board show says who deals and who accepts; board reshare --standby names "
			"others",
			"the standby board that the founders named has no shares yet");
	return rc != 0 ? rc : rules_allow(c);
}

int rule_accession(struct rules_ctx *c) {
	struct sr_collection_row row = {0};
	struct sr_accession_row acc;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "accession", 0, c->e);

	if (rc != 0)
		return rc;
	rc = sr_query_accession(&acc, c->cat, id, c->e);
	if (rc == 0)
		return rules_deny(
			c, "accession-taken", "", "an accession with this id is there already");
	if (rc != SR_NOTFOUND)
		return rc;
	rc = sr_field_id(id, c->s, "collection", 0, c->e);
	if (rc == 0)
		rc = sr_query_collection(&row, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-collection", "collection list shows them",
			"no such collection");
	memcpy(id, row.board, SR_ID);
	sr_collection_row_free(&row);
	return rc != 0 ? rc : standby_dealt(c, id);
}

/* The parent as the actor has it open, against what the statement says. */
static int redact_parent(struct rules_ctx *c, const struct sr_item_row *parent) {
	uint8_t collection[SR_ID], id[SR_ID], root[SR_HASH];
	struct sr_checkout_row look = {.has_grant = false};
	uint64_t items = 0;
	int rc = sr_field_id(collection, c->s, "collection", 0, c->e);

	if (rc == 0)
		rc = sr_field_count_root(&items, root, c->s, "items", c->e);
	if (rc == 0)
		rc = sr_field_id(id, c->s, "checkout", 0, c->e);
	if (rc != 0)
		return rc;
	if (memcmp(collection, parent->collection, SR_ID) != 0 || items != 1)
		return rules_deny(c, "not-one-version", "",
			"a redaction is one item, in the collection of its parent");
	if (parent->state != SR_S_HELD && parent->state != SR_S_RELEASED)
		return rules_deny(c, "item-state", "",
			"a redaction is made from a held or released item, this one is %s",
			sr_state_name(parent->state));
	rc = sr_query_checkout(&look, c->cat, id, c->e);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	if (rc == SR_NOTFOUND || strcmp(look.person, c->me.person) != 0 ||
		memcmp(look.item, parent->id, SR_ID) != 0 || look.ended != 0 ||
		strcmp(look.right, parent->state == SR_S_HELD ? "quarantine" : "redact") != 0)
		return rules_deny(c, "no-such-checkout",
			parent->state == SR_S_HELD
				? "checkout ITEM --right quarantine"
				: "request redact ITEM, then checkout ITEM --right redact",
			"%s has no live look at the parent under that checkout", c->me.person);
	return rules_allow(c);
}

int rule_redact(struct rules_ctx *c) {
	struct sr_item_row parent = {0};
	uint8_t id[SR_ID];
	int rc = rule_accession(c);

	if (rc != 0 || !c->out->allowed)
		return rc;
	rc = sr_field_id(id, c->s, "parent", 0, c->e);
	if (rc == 0)
		rc = sr_query_item(&parent, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-item", "", "no such parent");
	if (rc != 0)
		return rc;
	rc = redact_parent(c, &parent);
	sr_item_row_free(&parent);
	return rc;
}

static size_t hazards_known(void) {
	size_t n = 0;

	while (sr_invariants_hazards()[n] != NULL)
		n++;
	return n;
}

static int check_hazards(struct rules_ctx *c, bool *ok) {
	*ok = true;
	if (sr_field_count(c->s, "hazard") > hazards_known()) {
		*ok = false;
		return rules_deny(c, "hazard-twice", "name each hazard once",
			"%zu hazards, of %zu known", sr_field_count(c->s, "hazard"),
			hazards_known());
	}
	/* `none` alone says that there is none, where no line at all leaves them as they are. */
	if (sr_field_count(c->s, "hazard") == 1 &&
		sr_bytes_eq(sr_field(c->s, "hazard", 0), sr_bytes_str("none")))
		return 0;
	for (size_t i = 0; i < sr_field_count(c->s, "hazard"); i++)
		if (!sr_invariants_hazard(sr_field(c->s, "hazard", i))) {
			char word[80];

			*ok = false;
			sr_escape_to(word, sizeof word, sr_field(c->s, "hazard", i));
			return rules_deny(c, "unknown-hazard", "describe --help lists them",
				"unknown hazard %s", word);
		}
	return 0;
}

/* --- fields (ledger/fields.h) --- */

/* The text that came for a line; p == NULL: it is not here (replay). */
static struct sr_bytes text_of(const struct rules_ctx *c, const char *key, size_t i) {
	for (size_t k = 0; k < c->record_count; k++)
		if (strcmp(c->records[k].key, key) == 0 && c->records[k].index == i)
			return c->records[k].text;
	return sr_bytes_of(NULL, 0);
}

/* `none` alone empties the list, as of hazards. */
static bool is_none(const struct rules_ctx *c, const struct sr_desc_field *f) {
	return f->form == SR_FORM_LANGUAGE && sr_field_count(c->s, f->name) == 1 &&
	       sr_bytes_eq(sr_field(c->s, f->name, 0), sr_bytes_str("none"));
}

static int check_values(struct rules_ctx *c, const struct sr_desc_field *f, bool *ok) {
	const size_t count = sr_field_count(c->s, f->name);
	struct sr_err why = {0};

	if (count > f->max) {
		*ok = false;
		return rules_deny(c, "too-many-values", "", "%zu values of %s, at most %zu", count,
			f->name, f->max);
	}
	for (size_t i = 0; i < count && *ok; i++) {
		const struct sr_bytes v =
			f->kind == SR_V_TEXT ? text_of(c, f->name, i) : sr_field(c->s, f->name, i);

		if (v.p == NULL || is_none(c, f) || sr_desc_check(f, v, &why) == 0)
			continue;
		*ok = false;
		return rules_deny(c, "bad-value", "", "%s: %.300s", f->name, why.text);
	}
	return 0;
}

/* Another item that the description names: it is there, and is not the item itself. */
static int check_other(struct rules_ctx *c, const struct sr_item_row *item,
	const struct sr_desc_field *f, size_t i, bool *ok) {
	const bool part = strcmp(f->name, "part-of") == 0;
	struct sr_item_row other = {0};
	uint8_t id[SR_ID];
	bool ring = false;
	int rc = sr_field_id(id, c->s, f->name, i, c->e);

	if (rc == 0)
		rc = sr_query_item(&other, c->cat, id, c->e);
	if (rc == SR_NOTFOUND) {
		*ok = false;
		return rules_deny(c, "no-such-item", "", "%s: there is no such item", f->name);
	}
	if (rc == 0 && part)
		rc = sr_query_part_of(&ring, c->cat, id, item->id, c->e);
	if (rc == 0 && (ring || memcmp(id, item->id, SR_ID) == 0)) {
		*ok = false;
		rc = rules_deny(c, "own-part", "", "%s: the item would be %s itself", f->name,
			part ? "a part of" : "said of");
	} else if (rc == 0 && strcmp(f->name, "companion") == 0 &&
		   (!other.redacted || memcmp(other.parent, item->id, SR_ID) != 0)) {
		*ok = false;
		rc = rules_deny(c, "no-companion", "redact makes one",
			"companion: that item is no redacted version of this one");
	}
	sr_item_row_free(&other);
	return rc;
}

static int check_marks(struct rules_ctx *c, const struct sr_item_row *item, bool *ok) {
	const size_t count = sr_field_count(c->s, "mark");
	struct sr_err why = {0};
	struct sr_mark m;

	if (count > SR_MARKS_MAX) {
		*ok = false;
		return rules_deny(c, "too-many-values", "make a redacted version",
			"%zu hazards of parts, at most %d", count, SR_MARKS_MAX);
	}
	for (size_t i = 0; i < count; i++) {
		if (sr_mark_parse(&m, sr_field(c->s, "mark", i), &why) != 0) {
			*ok = false;
			return rules_deny(c, "bad-value", "", "mark: %.300s", why.text);
		}
		if (!sr_invariants_hazard(sr_bytes_str(m.hazard))) {
			*ok = false;
			return rules_deny(c, "unknown-hazard", "describe --help lists them",
				"unknown hazard %s", m.hazard);
		}
		if (strcmp(m.hazard, "referral") == 0) {
			*ok = false;
			return rules_deny(c, "referral", "name it without a part",
				"what must be reported is the item, not a part of it");
		}
		if (m.file >= item->files) {
			*ok = false;
			return rules_deny(c, "no-such-file", "",
				"mark: there is no file %llu, the item has %llu (from 0)",
				(unsigned long long)m.file, (unsigned long long)item->files);
		}
	}
	return 0;
}

/* What is cleared is a field that can be, and is not set by the same statement. */
static int check_clear(struct rules_ctx *c, bool *ok) {
	for (size_t i = 0; i < sr_field_count(c->s, "clear"); i++) {
		const struct sr_bytes name = sr_field(c->s, "clear", i);
		const struct sr_desc_field *f = sr_desc_field(name);
		const bool marks = sr_bytes_eq(name, sr_bytes_str("mark"));
		char word[80];

		sr_escape_to(word, sizeof word, name);
		if (!marks &&
			(f == NULL || f->form == SR_FORM_HAZARD || strcmp(f->name, "title") == 0)) {
			*ok = false;
			return rules_deny(
				c, "not-cleared", "", "%s is no field that can be cleared", word);
		}
		if (sr_field_count(c->s, marks ? "mark" : f->name) > 0) {
			*ok = false;
			return rules_deny(
				c, "not-cleared", "", "%s is set and cleared at once", word);
		}
	}
	return 0;
}

static int check_fields(struct rules_ctx *c, const struct sr_item_row *item, bool *ok) {
	size_t count = 0;
	const struct sr_desc_field *f = sr_desc_fields(&count);
	int rc = 0;

	*ok = true;
	for (size_t i = 0; i < count && rc == 0 && *ok; i++) {
		if (f[i].form == SR_FORM_HAZARD)
			continue;
		rc = check_values(c, &f[i], ok);
		for (size_t k = 0; f[i].form == SR_FORM_ITEM && rc == 0 && *ok &&
				   k < sr_field_count(c->s, f[i].name);
			k++)
			rc = check_other(c, item, &f[i], k, ok);
	}
	if (rc == 0 && *ok && sr_field_count(c->s, "translation-quality") > 0 &&
		sr_field_count(c->s, "translation-basis") == 0) {
		*ok = false;
		return rules_deny(c, "no-basis", "add a translation-basis",
			"a rating of a translation says what it rests on");
	}
	if (rc == 0 && *ok)
		rc = check_marks(c, item, ok);
	return rc == 0 && *ok ? check_clear(c, ok) : rc;
}

static int describe_hazards(struct rules_ctx *c, bool referral) {
	bool ok = false;
	int rc = check_hazards(c, &ok);

	if (rc != 0 || !ok)
		return rc;
	for (size_t i = 0; i < sr_field_count(c->s, "hazard"); i++)
		if (sr_bytes_eq(sr_field(c->s, "hazard", i), sr_bytes_str("referral")))
			referral = false;
	if (referral && sr_field_count(c->s, "hazard") > 0)
		return rules_deny(c, "referral", "name it among the hazards",
			"the item is marked for referral, and no description takes that back (lift "
			"ITEM FLAG --ask, by an officer)");
	return rules_allow(c);
}

int rule_describe(struct rules_ctx *c) {
	struct sr_item_row item = {0};
	bool ok = false;
	int rc = rules_flag_id(c); /* hazards may mark it for referral */

	if (rc != 0 || !c->out->allowed)
		return rc;
	rc = rules_item(c, &item);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	if (!sr_state_may(SR_M_ITEM, item.state, SR_E_DESCRIBE))
		rc = rules_deny(c, "item-state", "", "the item is %s", sr_state_name(item.state));
	else
		rc = check_fields(c, &item, &ok);
	if (rc == 0 && ok)
		rc = describe_hazards(c, (item.flags & SR_ITEM_REFERRAL) != 0);
	sr_item_row_free(&item);
	return rc;
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

static int release_item(struct rules_ctx *c, const struct sr_item_row *item) {
	char words[1024];
	uint32_t level = 0, parts = 0;
	uint64_t given = 0, number = 0;
	bool ok = false;
	int rc = check_hazards(c, &ok);

	if (rc != 0 || !ok)
		return rc;
	if (item->state != SR_S_HELD)
		return rules_deny(c, "not-held", "", "the item is %s", sr_state_name(item->state));
	if ((item->flags & SR_ITEM_REFERRAL) != 0)
		return rules_deny(
			c, "referral", "", "the item is marked for referral: it is never released");
	join_tokens(words, sizeof words, c->s, "hazard");
	rc = sr_invariants_level(&level, &c->board, words, c->e);
	if (rc == SR_DENIED)
		return rules_deny(
			c, "referral", "", "hazard referral: such an item is never released");
	/* Whoever has the key of the item has its parts. */
	if (rc == 0)
		rc = sr_invariants_level(
			&parts, &c->board, item->parts == NULL ? "" : item->parts, c->e);
	level = parts > level ? parts : level;
	if (rc == 0)
		rc = sr_field_dec(&given, c->s, "level", 0, c->e);
	if (rc == 0)
		rc = sr_field_dec(&number, c->s, "number", 0, c->e);
	if (rc != 0)
		return rc;
	if (given < level)
		return rules_deny(c, "level-too-low", "",
			"its hazards need level %u, the release says %llu", level,
			(unsigned long long)given);
	ok = false;
	for (size_t i = 0; i < c->board.level_count; i++)
		ok = ok || c->board.levels[i].level == given;
	if (!ok)
		return rules_deny(c, "no-such-level", "", "the board has no level %llu",
			(unsigned long long)given);
	if (number != (uint64_t)item->number + 1)
		return rules_deny(c, "envelope-number", "prepare the release again",
			"want envelope number %u, have %llu", item->number + 1,
			(unsigned long long)number);
	return rules_allow(c);
}

int rule_release(struct rules_ctx *c) {
	struct sr_item_row item = {0};
	int rc = rules_item(c, &item);

	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	rc = release_item(c, &item);
	sr_item_row_free(&item);
	return rc;
}

/* A box to another curator: whoever opens one looks, on the record, at what is held. What is in it
 * nobody can judge but whom it is for. */
int rule_held_box(struct rules_ctx *c) {
	struct sr_item_row item = {0};
	struct sr_person_row whom = {0};
	char person[SR_PERSON_TEXT];
	uint8_t key[SR_PK];
	uint64_t number = 0;
	int rc = rules_item(c, &item);

	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-item", "", "no such item");
	rules_person_text(person, c->s, "person");
	if (rc == 0)
		rc = sr_field_dec(&number, c->s, "number", 0, c->e);
	if (rc == 0)
		rc = sr_field_key(key, c->s, "key", 0, c->e);
	if (rc == 0)
		rc = sr_query_person(&whom, c->cat, person, c->e);
	if (rc != 0 && rc != SR_NOTFOUND)
		goto out;
	if (rc == SR_NOTFOUND || (whom.roles & SR_ROLE_CURATOR) == 0)
		rc = rules_deny(c, "not-a-curator", "person add makes one",
			"%s is not a curator here", person);
	else if (memcmp(whom.pk, key, SR_PK) != 0)
		rc = rules_deny(c, "other-key", "share the items again",
			"the key is not the one that %s has now", person);
	else if (strcmp(person, c->me.person) == 0)
		rc = rules_deny(c, "own-affair", "another curator shares them",
			"nobody gives themselves what is held");
	else if (item.state != SR_S_HELD)
		rc = rules_deny(c, "not-held", "", "the item is %s", sr_state_name(item.state));
	else if (number != item.number)
		rc = rules_deny(c, "envelope-number", "share the items again",
			"want envelope number %u, have %llu", item.number,
			(unsigned long long)number);
	else
		rc = rules_allow(c);
out:
	sr_person_row_free(&whom);
	sr_item_row_free(&item);
	return rc;
}
