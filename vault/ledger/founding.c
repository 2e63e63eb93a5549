/*
 * founding - see founding.h.
 */
#include "ledger/founding.h"

#include "base/limits.h"
#include "ledger/card.h"

bool sr_founding_standby(const struct sr_statement *found) {
	return sr_field_count(found, "standby") > 0;
}

static int quorums_check(const struct sr_statement *found, size_t people, struct sr_err *e) {
	const size_t levels = sr_field_count(found, "level");
	uint64_t before = 0;

	if (sr_field_count(found, "standby-quorum") != levels)
		return sr_fail(e, SR_CORRUPT,
			"the board has %zu quorum levels, the standby board %zu", levels,
			sr_field_count(found, "standby-quorum"));
	for (size_t i = 0; i < levels; i++) {
		uint64_t want = 0, level = 0, k = 0;
		int rc = sr_field_dec(&want, found, "level", i, e);

		if (rc == 0)
			rc = sr_field_level_quorum(&level, &k, found, "standby-quorum", i, e);
		if (rc != 0)
			return rc;
		if (level != want)
			return sr_fail(e, SR_CORRUPT,
				"a standby quorum of level %llu, where the board has level %llu",
				(unsigned long long)level, (unsigned long long)want);
		if (k < 2 || k > people || k < before)
			return sr_fail(e, SR_CORRUPT,
				"level %llu takes %llu of the standby board: want 2 to %zu (its "
				"members), and no fewer than the level below",
				(unsigned long long)level, (unsigned long long)k, people);
		before = k;
	}
	return 0;
}

/* Is ${subject} that of a card of ${key} before the ${n}-th? */
static int named_before(bool *out, const struct sr_statement *found, const char *subject,
	const char *key, size_t n, struct sr_err *e) {
	char other[SR_SUBJECT_TEXT];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = sr_field_subject(other, found, key, i, e);
		*out = *out || (rc == 0 && strcmp(subject, other) == 0);
	}
	return rc;
}

int sr_founding_standby_check(const struct sr_statement *found, struct sr_err *e) {
	const size_t n = sr_field_count(found, "standby");

	if (n == 0 && sr_field_count(found, "standby-quorum") == 0)
		return 0;
	if (n < 2 || n > SR_BOARD_MEMBERS_MAX)
		return sr_fail(e, SR_CORRUPT, "the standby board has %zu members, want 2 to %d", n,
			SR_BOARD_MEMBERS_MAX);
	for (size_t i = 0; i < n; i++) {
		char subject[SR_SUBJECT_TEXT];
		bool sits = false, twice = false;
		int rc = sr_field_subject(subject, found, "standby", i, e);

		if (rc == 0)
			rc = named_before(&sits, found, subject, "member",
				sr_field_count(found, "member"), e);
		if (rc == 0)
			rc = named_before(&twice, found, subject, "standby", i, e);
		if (rc != 0)
			return rc;
		if (sits || twice)
			return sr_fail(e, SR_CORRUPT,
				sits ? "%s sits on the board, and the standby board is other people"
				     : "%s is on the standby board twice",
				subject);
	}
	return quorums_check(found, n, e);
}

/* The people of ${key}, the first ${n}, as lines ${as}. */
static int put_people(struct sr_buf *text, const char *as, const struct sr_statement *found,
	const char *key, size_t n, struct sr_err *e) {
	for (size_t i = 0; i < n; i++) {
		struct sr_card card;
		struct sr_buf bytes;
		int rc;

		sr_buf_init(&bytes);
		rc = sr_field_card(&bytes, found, key, i, e);
		if (rc == 0)
			rc = sr_card_read(&card, sr_buf_view(&bytes), e);
		sr_buf_free(&bytes);
		if (rc != 0)
			return rc;
		sr_text_put(text, as, card.person);
	}
	return 0;
}

int sr_founding_plan(struct sr_buf *text, const struct sr_statement *found, struct sr_err *e) {
	const size_t levels = sr_field_count(found, "level");
	uint64_t most = 0;
	int rc = levels == 0 || !sr_founding_standby(found)
			 ? sr_fail(e, SR_MISUSE, "the founders named no standby board")
			 : sr_field_dec(&most, found, "level", levels - 1, e);

	if (rc != 0)
		return rc;
	sr_text_put_hex(text, "board", found->hash, SR_ID);
	sr_text_put_dec(text, "epoch", SR_FOUNDING_STANDBY_EPOCH);
	for (size_t i = 0; i < levels; i++) {
		const struct sr_bytes v = sr_field(found, "standby-quorum", i);

		sr_text_putf(text, "quorum", "%.*s", (int)v.len, (const char *)v.p);
	}
	rc = put_people(text, "member", found, "standby", sr_field_count(found, "standby"), e);
	if (rc == 0)
		rc = put_people(text, "dealer", found, "member", (size_t)most, e);
	sr_text_put(text, "standby", "yes");
	return rc == 0 ? sr_buf_ok(text, e) : rc;
}

bool sr_founding_planned(const struct sr_statement *s) {
	return s->type->id == SR_T_RESHARE && sr_field_count(s, "request") == 0;
}

int sr_founding_plan_is(bool *is, const struct sr_statement *s, const struct sr_statement *found,
	struct sr_err *e) {
	struct sr_buf plan, have;
	int rc;

	*is = false;
	if (!sr_founding_planned(s) || found->type->id != SR_T_FOUND || !sr_founding_standby(found))
		return 0;
	sr_buf_init(&plan);
	sr_buf_init(&have);
	for (size_t i = s->fields_at; i < s->text.count; i++) {
		const struct sr_line *l = &s->text.lines[i];

		sr_buf_put_bytes(&have, l->key);
		sr_buf_put_u8(&have, ' ');
		sr_buf_put_bytes(&have, l->value);
		sr_buf_put_u8(&have, '\n');
	}
	rc = sr_founding_plan(&plan, found, e);
	if (rc == 0)
		rc = sr_buf_ok(&have, e);
	if (rc == SR_CORRUPT || rc == SR_AUTH) { /* a found that has no plan */
		if (e != NULL)
			sr_err_clear(e);
		rc = SR_NOTFOUND;
	}
	*is = rc == 0 && sr_bytes_eq(sr_buf_view(&plan), sr_buf_view(&have));
	sr_buf_free(&plan);
	sr_buf_free(&have);
	return rc == SR_NOTFOUND ? 0 : rc;
}
