/*
 * derive - see derive.h. Words of a statement (repeated lines) and words of the catalogue (tokens
 * with single spaces) are compared as lists in byte order.
 */
#include "audit/derive.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/time.h"
#include "board/invariants.h"
#include "board/kinds.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "ledger/founding.h"

static void wrong(struct sr_audit_finding *f, const char *what, const char *field, const char *fmt,
	...) SR_PRINTF(4, 5);
static void wrong(
	struct sr_audit_finding *f, const char *what, const char *field, const char *fmt, ...) {
	va_list ap;

	if (what != f->what)
		snprintf(f->what, sizeof f->what, "%s", what);
	snprintf(f->field, sizeof f->field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

/* --- lists of words --------------------------------------------------------------------------- */

struct words {
	char **word; /* in byte order, each once; into ${text} */
	size_t count;
	struct sr_buf text; /* each with a NUL */
	size_t *at;
	size_t cap;
};

static void words_free(struct words *w) {
	free(w->word);
	free(w->at);
	sr_buf_free(&w->text);
}

static int words_add(struct words *w, const char *p, size_t n, struct sr_err *e) {
	if (w->count == w->cap) {
		const size_t cap = w->cap == 0 ? 32 : 2 * w->cap;
		size_t *more = reallocarray(w->at, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "audit: no memory for %zu words", cap);
		w->at = more;
		w->cap = cap;
	}
	w->at[w->count++] = w->text.len;
	sr_buf_put(&w->text, p, n);
	sr_buf_put_u8(&w->text, 0);
	return sr_buf_ok(&w->text, e);
}

/* ${tokens}: words with single spaces, or NULL. */
static int words_split(struct words *w, const char *tokens, struct sr_err *e) {
	int rc = 0;

	for (const char *p = tokens; rc == 0 && p != NULL && *p != '\0';) {
		const size_t n = strcspn(p, " ");

		if (n > 0)
			rc = words_add(w, p, n, e);
		p += n;
		p += strspn(p, " ");
	}
	return rc;
}

static int word_order(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int words_sort(struct words *w, struct sr_err *e) {
	size_t n = 0;

	w->word = calloc(w->count + 1, sizeof *w->word);
	if (w->word == NULL || (w->count > 0 && w->text.p == NULL))
		return sr_fail(e, SR_NOMEM, "audit: no memory for %zu words", w->count);
	for (size_t i = 0; i < w->count; i++)
		w->word[i] = (char *)w->text.p + w->at[i];
	if (w->count > 0)
		qsort(w->word, w->count, sizeof *w->word, word_order);
	for (size_t i = 0; i < w->count; i++)
		if (i == 0 || strcmp(w->word[i], w->word[n - 1]) != 0)
			w->word[n++] = w->word[i];
	w->count = n;
	return 0;
}

static void words_show(char *out, size_t size, const struct words *w) {
	size_t len = 0;

	snprintf(out, size, "%s", w->count == 0 ? "nothing" : "");
	for (size_t i = 0; i < w->count && len < size; i++) {
		const int n =
			snprintf(out + len, size - len, "%s%s", i == 0 ? "" : " ", w->word[i]);
		len += n > 0 ? (size_t)n : 0;
	}
}

static bool words_equal(const struct words *a, const struct words *b) {
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = a->word[i] != NULL && b->word[i] != NULL &&
		       strcmp(a->word[i], b->word[i]) == 0;
	return same;
}

/* The lines ${key} of the statement against what was computed; both are sorted here. */
static int compare_words(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, struct words *want, struct sr_err *e) {
	struct words have = {.count = 0};
	char says[160], derived[160];
	int rc = words_sort(want, e);

	sr_buf_init(&have.text);
	for (size_t i = 0; rc == 0 && i < sr_field_count(s, key); i++) {
		const struct sr_bytes v = sr_field(s, key, i);

		rc = words_add(&have, (const char *)v.p, v.len, e);
	}
	if (rc == 0)
		rc = words_sort(&have, e);
	if (rc == 0 && !words_equal(want, &have)) {
		words_show(says, sizeof says, &have);
		words_show(derived, sizeof derived, want);
		wrong(f, f->what, key, "it says %s %s; from the votes follows %s", key, says,
			derived);
		*ok = false;
	}
	words_free(&have);
	return rc;
}

/* --- the request and its votes ---------------------------------------------------------------- */

struct asked {
	struct sr_version_row v;
	struct sr_votes votes;
	struct sr_board_row board; /* of the version's epoch */
	uint32_t quorum;           /* of its level */
};

static void asked_free(struct asked *a) {
	if (a == NULL)
		return;
	sr_votes_free(&a->votes);
	sr_version_row_free(&a->v);
	free(a);
}

static bool counts(const struct sr_vote_row *vote) {
	return !vote->is_void && strcmp(vote->decision, "approve") == 0;
}

/* ${s} cites a request and, where its type says so, a version; else it is the newest. NOTFOUND. */
static int load(struct asked **out, struct sr_catalogue *c, const struct sr_statement *s,
	struct sr_err *e) {
	struct asked *a = calloc(1, sizeof *a);
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int rc;

	*out = NULL;
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "audit: out of memory");
	rc = sr_field_id(request, s, "request", 0, e);
	if (rc == 0 && sr_field_count(s, "version") > 0) {
		rc = sr_field_dec(&version, s, "version", 0, e);
		if (rc == 0 && (version == 0 || version > UINT32_MAX))
			rc = sr_fail(e, SR_NOTFOUND, "there is no version %llu",
				(unsigned long long)version);
	}
	if (rc == 0)
		rc = sr_query_version(&a->v, c, request, (uint32_t)version, e);
	if (rc == 0)
		rc = sr_query_votes(&a->votes, c, request, a->v.version, e);
	if (rc == 0)
		rc = sr_query_board(&a->board, c, a->v.board, a->v.epoch, e);
	for (size_t i = 0; rc == 0 && i < a->board.level_count; i++)
		if (a->board.levels[i].level == a->v.level)
			a->quorum = a->board.levels[i].quorum;
	if (rc == 0)
		*out = a;
	else
		asked_free(a);
	return rc;
}

/* May this vote count? Its voter sat on the board in that epoch, and is none whom the request is
 * of. */
static int eligible(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct asked *a, const struct sr_vote_row *vote, struct sr_err *e) {
	struct sr_attestation_row why = {0};
	bool sits = false, recused = false, conflict = false;
	const char *against = NULL;
	int rc = sr_query_recused(&recused, c, a->v.request, vote->person, e);

	if (rc == 0)
		rc = sr_query_conflict(
			&conflict, &why, c, a->v.request, a->v.version, vote->person, e);
	sr_attestation_row_free(&why);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < a->board.member_count; i++)
		sits = sits || strcmp(a->board.members[i].person, vote->person) == 0;
	if (!sits)
		against = "was no member of the board in that epoch";
	else if (vote->epoch != a->v.epoch)
		against = "voted in another epoch";
	else if (recused)
		against = "had recused themselves";
	else if (conflict)
		against = "was in conflict with somebody of the request";
	else if (a->v.has_key && strcmp(a->v.applicant, vote->person) == 0)
		against = "is the applicant";
	for (size_t i = 0; a->v.has_key && i < a->v.people_count; i++)
		if (strcmp(a->v.people[i].person, vote->person) == 0)
			against = "is a co-applicant";
	for (size_t i = 0; i < a->votes.count; i++)
		if (&a->votes.rows[i] != vote && counts(&a->votes.rows[i]) &&
			strcmp(a->votes.rows[i].person, vote->person) == 0)
			against = "voted twice";
	if (against != NULL) {
		wrong(f, f->what, "vote", "the vote of entry %llu does not count: %s %s",
			(unsigned long long)vote->entry, vote->person, against);
		*ok = false;
	}
	return 0;
}

/* The quorum of the version's level, of votes that may count. */
static int check_quorum(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct asked *a, struct sr_err *e) {
	uint32_t approved = 0;
	int rc = 0;

	if (a->v.state != SR_S_OPEN) {
		wrong(f, f->what, "request", "version %u of its request was %s, not open",
			a->v.version, sr_state_name(a->v.state));
		*ok = false;
	}
	for (size_t i = 0; i < a->votes.count && rc == 0 && *ok; i++) {
		if (!counts(&a->votes.rows[i]))
			continue;
		approved++;
		rc = eligible(ok, f, c, a, &a->votes.rows[i], e);
	}
	if (rc == 0 && *ok && (a->quorum == 0 || approved < a->quorum)) {
		wrong(f, f->what, "vote", "level %u of the board takes %u members; %u approved",
			a->v.level, a->quorum, approved);
		*ok = false;
	}
	return rc;
}

/* --- one line against the request ------------------------------------------------------------- */

static void line_is(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, const char *want) {
	const struct sr_bytes v = sr_field(s, key, 0);
	char shown[96];

	if (!*ok || (v.p == NULL && (want == NULL || *want == '\0')))
		return;
	if (v.p != NULL && want != NULL && sr_bytes_eq(v, sr_bytes_str(want)))
		return;
	wrong(f, f->what, key, "it says %s %s; what was asked and voted for is %s", key,
		v.p != NULL ? sr_escape_to(shown, sizeof shown, v) : "nothing",
		want != NULL && *want != '\0' ? want : "nothing");
	*ok = false;
}

static void id_is(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, const uint8_t want[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, want, SR_ID);
	line_is(ok, f, s, key, hex);
}

static void dec_is(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, uint64_t want) {
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)want);
	line_is(ok, f, s, key, text);
}

static void time_is(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, int64_t want) {
	char text[SR_TIME_TEXT];

	sr_time_format(text, want);
	line_is(ok, f, s, key, text);
}

/* --- grants ----------------------------------------------------------------------------------- */

static bool all_approve(const struct asked *a, const char *form) {
	for (size_t i = 0; i < a->votes.count; i++)
		if (counts(&a->votes.rows[i]) && !sr_token_in(a->votes.rows[i].forms, form))
			return false;
	return true;
}

/* Forms that were asked for and that every approval names. */
static int grant_forms(bool *ok, struct sr_audit_finding *f, const struct asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct words asked = {.count = 0}, want = {.count = 0};
	int rc;

	sr_buf_init(&asked.text);
	sr_buf_init(&want.text);
	rc = words_split(&asked, a->v.forms, e);
	if (rc == 0)
		rc = words_sort(&asked, e);
	for (size_t i = 0; rc == 0 && i < asked.count; i++)
		if (all_approve(a, asked.word[i]))
			rc = words_add(&want, asked.word[i], strlen(asked.word[i]), e);
	if (rc == 0)
		rc = compare_words(ok, f, s, "form", &want, e);
	words_free(&asked);
	words_free(&want);
	return rc;
}

static int grant_trainings(bool *ok, struct sr_audit_finding *f, const struct asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct words want = {.count = 0};
	int rc = 0;

	sr_buf_init(&want.text);
	for (size_t i = 0; rc == 0 && i < a->votes.count; i++)
		if (counts(&a->votes.rows[i]))
			rc = words_split(&want, a->votes.rows[i].trainings, e);
	if (rc == 0)
		rc = compare_words(ok, f, s, "training", &want, e);
	words_free(&want);
	return rc;
}

static int grant_people(bool *ok, struct sr_audit_finding *f, const struct asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct words want = {.count = 0};
	int rc;

	sr_buf_init(&want.text);
	rc = words_add(&want, a->v.applicant, strlen(a->v.applicant), e);
	for (size_t i = 0; rc == 0 && i < a->v.people_count; i++)
		rc = words_add(&want, a->v.people[i].person, strlen(a->v.people[i].person), e);
	if (rc == 0)
		rc = compare_words(ok, f, s, "person", &want, e);
	words_free(&want);
	return rc;
}

/* Every approval, so that each one's conditions hold, and nothing else. */
static int grant_votes(bool *ok, struct sr_audit_finding *f, const struct asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct words want = {.count = 0};
	int rc = 0;

	sr_buf_init(&want.text);
	for (size_t i = 0; rc == 0 && i < a->votes.count; i++) {
		char hex[2 * SR_ID + 1];

		if (!counts(&a->votes.rows[i]))
			continue;
		sr_hex(hex, a->votes.rows[i].statement, SR_ID);
		rc = words_add(&want, hex, 2 * (size_t)SR_ID, e);
	}
	if (rc == 0)
		rc = compare_words(ok, f, s, "vote", &want, e);
	words_free(&want);
	return rc;
}

static int64_t earliest_end(const struct asked *a) {
	int64_t ends = a->v.ends;

	for (size_t i = 0; i < a->votes.count; i++) {
		const struct sr_vote_row *vote = &a->votes.rows[i];

		if (counts(vote) && vote->ends != 0 && vote->ends < ends)
			ends = vote->ends;
	}
	return ends;
}

/* No item of the request is sealed to a higher level than the one that was voted at. */
static int grant_level(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct asked *a, struct sr_err *e) {
	struct sr_version_seals seals = {0};
	int rc = a->v.items == 0 ? 0 : sr_query_version_seals(&seals, c, &a->v, 0, e);

	if (rc == 0 && *ok && seals.level > a->v.level) {
		wrong(f, f->what, "level",
			"an item of it is sealed to level %u; it was voted at %u", seals.level,
			a->v.level);
		*ok = false;
	}
	return rc;
}

static int grant_lines(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct asked *a, const struct sr_statement *s, struct sr_err *e) {
	int rc;

	line_is(ok, f, s, "right", a->v.kind);
	time_is(ok, f, s, "ends", earliest_end(a));
	dec_is(ok, f, s, "level", a->v.level);
	dec_is(ok, f, s, "epoch", a->v.epoch);
	if (!*ok)
		return 0;
	for (size_t i = 0; i < a->v.people_count; i++)
		if (!a->v.people[i].joined) {
			wrong(f, f->what, "person", "co-applicant %s had not joined",
				a->v.people[i].person);
			*ok = false;
			return 0;
		}
	rc = grant_people(ok, f, a, s, e);
	if (rc == 0 && *ok)
		rc = grant_votes(ok, f, a, s, e);
	if (rc == 0 && *ok)
		rc = grant_forms(ok, f, a, s, e);
	if (rc == 0 && *ok)
		rc = grant_trainings(ok, f, a, s, e);
	return rc == 0 && *ok ? grant_level(ok, f, c, a, e) : rc;
}

/* What the catalogue does not have cannot have been decided about. */
static int not_there(bool *ok, struct sr_audit_finding *f, struct sr_err *e) {
	wrong(f, f->what, "request", "there is no such request or version before it");
	sr_err_clear(e);
	*ok = false;
	return 0;
}

int sr_derive_grant(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e) {
	static const char *const kinds[] = {"access", "export", "referral", "reseal", "redact"};
	struct asked *a = NULL;
	bool granted = false;
	int rc = load(&a, c, s, e);

	*ok = true;
	snprintf(f->what, sizeof f->what, "grant");
	if (rc == SR_NOTFOUND)
		return not_there(ok, f, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		granted = granted || strcmp(a->v.kind, kinds[i]) == 0;
	if (!granted) {
		wrong(f, f->what, "request", "a request of kind %s brings no grant", a->v.kind);
		*ok = false;
	}
	if (*ok)
		rc = check_quorum(ok, f, c, a, e);
	if (rc == 0 && *ok)
		rc = grant_lines(ok, f, c, a, s, e);
	asked_free(a);
	return rc;
}

/* --- other decisions -------------------------------------------------------------------------- */

/* Lines of what the board's votes bring about that stand in the request, word for word. */
static const char *const copied[SR_K_COUNT][6] = {
	[SR_K_COLLECTION] = {"name"},
	[SR_K_BOARD] = {"quorum", "member", "newcomer"},
	[SR_K_RESHARE] = {"quorum", "member", "newcomer", "dealer", "standby"},
	[SR_K_REKEY] = {"quorum", "member", "newcomer"},
	[SR_K_POLICY] = {"rules", "set"},
	[SR_K_WITNESSES] = {"rules", "set"},
	[SR_K_ADOPT] = {"set"},
};

static bool same_lines(
	const struct sr_statement *a, const struct sr_statement *b, const char *key) {
	const size_t count = sr_field_count(a, key);
	bool same = count == sr_field_count(b, key);

	for (size_t i = 0; same && i < count; i++)
		same = sr_bytes_eq(sr_field(a, key, i), sr_field(b, key, i));
	return same;
}

/* The lines that were voted on, of the request's own entry. */
static int request_lines(bool *ok, struct sr_audit_finding *f, struct sr_replaying *from,
	const struct asked *a, enum sr_kind_id kind, const struct sr_statement *s,
	struct sr_err *e) {
	const char *const *const lines = copied[kind];
	struct sr_entry en = {0};
	uint64_t first = 0;
	int rc;

	if (!*ok || (lines[0] == NULL && kind != SR_K_AUDITOR))
		return 0;
	rc = sr_replaying_entry(from, a->v.entry, &en, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; lines[i] != NULL && *ok; i++)
		if (!same_lines(s, &en.statement, lines[i])) {
			wrong(f, f->what, lines[i],
				"its lines %s are not those of the request that was voted on",
				lines[i]);
			*ok = false;
		}
	if (kind == SR_K_AUDITOR)
		rc = sr_field_dec(&first, &en.statement, "from", 0, e);
	if (rc == 0 && kind == SR_K_AUDITOR)
		dec_is(ok, f, s, "first", first);
	sr_entry_free(&en);
	return rc;
}

/* The items that end are those that were asked about. */
static int same_items(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct asked *a, const struct sr_statement *s, struct sr_err *e) {
	uint8_t root[SR_HASH] = {0}, want[SR_HASH] = {0}, *ids = NULL;
	uint64_t signed_count = 0;
	size_t count = 0;
	int rc = sr_query_request_items(&ids, &count, c, a->v.request, a->v.version, e);

	if (rc == 0)
		rc = sr_request_list_root(want, ids, count, e);
	if (rc == 0)
		rc = sr_field_count_root(&signed_count, root, s, "items", e);
	if (rc == 0 && (signed_count != count || memcmp(root, want, SR_HASH) != 0)) {
		wrong(f, f->what, "items", "its %llu items are not the %zu that were asked about",
			(unsigned long long)signed_count, count);
		*ok = false;
	}
	free(ids);
	return rc;
}

static int same_roles(bool *ok, struct sr_audit_finding *f, const struct asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct words want = {.count = 0};
	int rc;

	sr_buf_init(&want.text);
	rc = words_split(&want, a->v.roles, e);
	if (rc == 0)
		rc = compare_words(ok, f, s, "role", &want, e);
	words_free(&want);
	return rc;
}

static int decision_lines(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct asked *a, const struct sr_statement *s, struct sr_err *e) {
	const bool names_board = sr_type_field(s->type, sr_bytes_str("board")) != NULL;
	int rc = 0;

	switch ((int)s->type->id) {
	case SR_T_REVOKE:
		id_is(ok, f, s, "grant", a->v.target);
		break;
	case SR_T_RENEW:
		id_is(ok, f, s, "grant", a->v.target);
		time_is(ok, f, s, "ends", a->v.ends);
		break;
	case SR_T_LIFT:
		id_is(ok, f, s, sr_field_count(s, "grant") > 0 ? "grant" : "flag", a->v.target);
		break;
	case SR_T_DESTROY:
		rc = same_items(ok, f, c, a, s, e);
		break;
	case SR_T_PERSON:
	case SR_T_PERSON_KEY:
		line_is(ok, f, s, "person", a->v.subject);
		line_is(ok, f, s, "card", a->v.card);
		if (*ok && s->type->id == SR_T_PERSON)
			rc = same_roles(ok, f, a, s, e);
		break;
	case SR_T_PERSON_END:
	case SR_T_AUDITOR:
		line_is(ok, f, s, "person", a->v.subject);
		break;
	case SR_T_ERASE:
		line_is(ok, f, s, "person", a->v.subject);
		line_is(ok, f, s, "ground", a->v.purposes);
		break;
	case SR_T_COLLECTION:
		id_is(ok, f, s, "collection", a->v.collection);
		line_is(ok, f, s, "dedupe", a->v.dedupe);
		break;
	case SR_T_BOARD:
		id_is(ok, f, s, "board", a->v.target);
		return 0; /* the board that decided is another one */
	default:
		break;
	}
	if (rc == 0 && names_board)
		id_is(ok, f, s, "board", a->v.board);
	return rc;
}

/* A reshare that no vote stands behind is what the founders planned, line by line, and follows the
 * opening of their board: nothing else was planned for it since. */
static int founders_plan(bool *ok, struct sr_audit_finding *f, struct sr_replaying *from,
	struct sr_catalogue *c, const struct sr_statement *s, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_entry found = {0};
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory")
			   : sr_replaying_entry(from, 0, &found, e);

	snprintf(f->what, sizeof f->what, "decision");
	if (rc != 0)
		goto out;
	if (!sr_founding_plan_is(s, &found.statement)) {
		wrong(f, f->what, "request",
			"a reshare cites no vote, and is not what the founders planned");
		*ok = false;
	} else {
		rc = sr_query_board(b, c, found.statement.hash, SR_FOUNDING_STANDBY_EPOCH, e);
		if (rc == 0) {
			wrong(f, f->what, "epoch",
				"the founders' plan again, where another took its place");
			*ok = false;
		} else if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = 0;
		}
	}
	sr_entry_free(&found);
out:
	free(b);
	return rc;
}

int sr_derive_decision(bool *is, bool *ok, struct sr_audit_finding *f, struct sr_replaying *from,
	struct sr_catalogue *c, const struct sr_statement *s, struct sr_err *e) {
	const struct sr_kind *const d = sr_kind_deciding(s);
	enum sr_kind_id kind = SR_K_COUNT;
	struct asked *a = NULL;
	int rc;

	*is = d != NULL && s->by_service && sr_field_count(s, "request") > 0;
	*ok = true;
	if (s->by_service && sr_founding_planned(s))
		return founders_plan(ok, f, from, c, s, e);
	if (!*is || d == NULL || !sr_kind_named(&kind, sr_bytes_str(d->name)))
		return 0;
	snprintf(f->what, sizeof f->what, "decision");
	rc = load(&a, c, s, e);
	if (rc == SR_NOTFOUND)
		return not_there(ok, f, e);
	if (rc != 0)
		return rc;
	if (strcmp(a->v.kind, d->name) != 0) {
		wrong(f, f->what, "request", "it cites a request of kind %s, want %s", a->v.kind,
			d->name);
		*ok = false;
	}
	if (*ok)
		rc = check_quorum(ok, f, c, a, e);
	if (rc == 0 && *ok)
		rc = decision_lines(ok, f, c, a, s, e);
	if (rc == 0)
		rc = request_lines(ok, f, from, a, kind, s, e);
	asked_free(a);
	return rc;
}

/* --- views ------------------------------------------------------------------------------------ */

/* Marks of the item that a grant of this level does not cover: of ${file}, or of any (-1).
 * *${whole}: one of them is of a whole file. */
static int uncovered(size_t *count, bool *whole, struct sr_catalogue *c,
	const uint8_t item_id[SR_ID], const struct sr_grant_row *g, int64_t file,
	struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_item_marks l = {NULL, 0};
	struct sr_item_row item = {0};
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory")
			   : sr_query_item_marks(&l, c, item_id, e);

	*count = 0;
	*whole = false;
	if (rc == 0 && l.count > 0)
		rc = sr_query_item(&item, c, item_id, e);
	if (rc == 0 && l.count > 0)
		rc = sr_query_board(b, c, item.board, 0, e);
	for (size_t i = 0; b != NULL && rc == 0 && i < l.count; i++) {
		if ((file >= 0 && l.rows[i].file != (uint64_t)file) ||
			sr_invariants_mark_covered(
				b, &l.rows[i], g->level > item.level ? g->level : item.level))
			continue;
		(*count)++;
		*whole = *whole || l.rows[i].unit == SR_MARK_FILE;
	}
	sr_item_row_free(&item);
	sr_item_marks_free(&l);
	free(b);
	return rc;
}

/* What was shown of a file, against what the grant's level covers of it. */
static int parts_shown(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, const struct sr_checkout_row *k, const struct sr_grant_row *g,
	struct sr_err *e) {
	const bool read = sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("read"));
	const bool part = sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("read-part"));
	const bool copy = sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("export")) &&
			  strcmp(g->right, "export") == 0;
	uint64_t file = 0;
	size_t count = 0;
	bool whole = false;
	int rc = 0;

	if (!read && !part && !copy)
		return 0;
	if (!copy)
		rc = sr_field_dec(&file, s, "file", 0, e);
	if (rc == SR_NOTFOUND) { /* of no file: nothing was shown */
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0)
		rc = uncovered(&count, &whole, c, k->item, g, copy ? -1 : (int64_t)file, e);
	if (rc != 0 || (part ? count > 0 && !whole : count == 0))
		return rc;
	wrong(f, f->what, "event",
		part && count == 0
			? "it says that parts of file %llu were left out, and level %u "
			  "covers all of it"
			: "file %llu was shown, and level %u of the grant does not cover "
			  "what is marked of it",
		(unsigned long long)file, g->level);
	*ok = false;
	return 0;
}

int sr_derive_view(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e) {
	const struct sr_bytes form = sr_field(s, "form", 0);
	struct sr_checkout_row k = {.entry = 0};
	struct sr_grant_row g = {.entry = 0};
	uint8_t id[SR_ID];
	char word[130]; /* a token has at most 128 */
	int rc;

	*ok = true;
	if (form.p == NULL)
		return 0;
	snprintf(f->what, sizeof f->what, "view");
	snprintf(word, sizeof word, "%.*s", (int)form.len, (const char *)form.p);
	rc = sr_field_id(id, s, "checkout", 0, e);
	if (rc == 0)
		rc = sr_query_checkout(&k, c, id, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0; /* applying it says so */
	}
	if (rc != 0 || !k.has_grant)
		return rc;
	rc = sr_query_grant(&g, c, k.grant, e);
	if (rc == 0 && strcmp(g.right, "access") == 0 && !sr_token_in(g.forms, word)) {
		wrong(f, f->what, "form", "the form %s was shown; granted are %s", word,
			g.forms != NULL && *g.forms != '\0' ? g.forms : "none");
		*ok = false;
	}
	if (rc == 0 && *ok)
		rc = parts_shown(ok, f, c, s, &k, &g, e);
	sr_grant_row_free(&g);
	return rc;
}
