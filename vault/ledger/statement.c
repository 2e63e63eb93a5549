/*
 * statement - build, sign, parse and verify statements. See statement.h.
 *
 * The parser walks the lines once, in the order of the table; what it accepts has one spelling,
 * because every value grammar is canonical and no line may stand elsewhere. Signing goes through
 * the same parser.
 */
#include "ledger/statement.h"

#include "base/escape.h"
#include "base/time.h"
#include "ledger/card.h"
#include "ledger/founding.h"
#include "ledger/seen.h"
#include "merkle/note.h"
#include "merkle/tree.h"

static const char hash_label[] = "strongroom/statement/v1";

void sr_statement_hash(uint8_t out[SR_HASH], struct sr_bytes text) {
	SR_HASH_OF(out, hash_label, NULL, text);
}

/* ---- building ---- */

void sr_statement_begin(struct sr_buf *b, enum sr_type_id type, const struct sr_head *head) {
	const struct sr_type *t = sr_type_at(type);
	char line[64];
	struct sr_buf seen;
	(void)snprintf(line, sizeof line, "strongroom/%s/v1", t == NULL ? "?" : t->name);
	sr_text_begin(b, line);
	if (type != SR_T_FOUND)
		sr_text_put_hex(b, "vault", head->vault, SR_HASH);
	sr_text_put_hex(b, "id", head->id, SR_ID);
	sr_text_put_time(b, "time", head->time);
	if (type == SR_T_FOUND)
		return;
	if (head->until != 0)
		sr_text_put_time(b, "until", head->until);
	sr_text_put(b, "actor", head->actor);
	if (strcmp(head->actor, "service") == 0)
		return;
	sr_buf_init(&seen);
	sr_buf_put_base64(&seen, head->seen_root, SR_HASH);
	if (sr_buf_ok(&seen, NULL) == 0)
		sr_text_putf(b, "seen", "%llu %.*s", (unsigned long long)head->seen_size,
			(int)seen.len, (const char *)seen.p);
	else
		b->failed = seen.failed;
	sr_buf_free(&seen);
}

void sr_statement_put_text(
	struct sr_buf *b, const char *key, const uint8_t salt[SR_SALT], struct sr_bytes text) {
	uint8_t commit[SR_HASH];
	struct sr_buf value;
	sr_buf_init(&value);
	sr_text_commit(commit, salt, text);
	sr_buf_put_base64(&value, commit, sizeof commit);
	if (sr_buf_ok(&value, NULL) == 0)
		sr_text_putf(b, key, "~%.*s", (int)value.len, (const char *)value.p);
	else
		b->failed = value.failed;
	sr_buf_free(&value);
}

void sr_statement_put_count_root(
	struct sr_buf *b, const char *key, uint64_t count, const uint8_t root[SR_HASH]) {
	char hex[2 * SR_HASH + 1];
	sr_hex(hex, root, SR_HASH);
	sr_text_putf(b, key, "%llu %s", (unsigned long long)count, hex);
}

int sr_statement_room_name(char *out, size_t size, const char *origin, struct sr_err *e) {
	const size_t len = strlen(origin);
	if (len >= SR_ORIGIN_MAX || len + sizeof "/room" > size)
		return sr_fail(e, SR_LIMIT, "origin has %zu bytes, at most %d are allowed", len,
			SR_ORIGIN_MAX - 1);
	(void)snprintf(out, size, "%s/room", origin);
	return 0;
}

/* ---- parsing ---- */

struct cursor {
	struct sr_statement *s;
	size_t at; /* next line */
};

static struct sr_bytes peek(const struct cursor *c, const char *key) {
	const struct sr_text *t = &c->s->text;
	if (c->at < t->count && sr_bytes_eq(t->lines[c->at].key, sr_bytes_str(key)))
		return t->lines[c->at].value;
	return sr_bytes_of(NULL, 0);
}

/* The next line must be ${key} with a value of ${kind}. Lines count from 1, the type line. */
static int take(struct sr_bytes *out, struct cursor *c, const char *key, enum sr_value_kind kind,
	struct sr_err *e) {
	const struct sr_bytes v = peek(c, key);
	if (v.p == NULL)
		return sr_fail(e, SR_CORRUPT, "line %zu: want `%s`", c->at + 2, key);
	const int rc = sr_value_check(kind, v, e);
	if (rc != 0) {
		(void)sr_wrap(e, "line %zu: `%s`", c->at + 2, key);
		return rc;
	}
	c->at++;
	*out = v;
	return 0;
}

static int take_seen(struct cursor *c, struct sr_err *e) {
	struct sr_head *h = &c->s->head;
	const size_t line = c->at + 2;
	const struct sr_bytes v = peek(c, "seen");
	uint8_t empty[SR_HASH];
	if (v.p == NULL)
		return sr_fail(e, SR_CORRUPT, "line %zu: want `seen`", line);
	if (sr_word_count(v) != 2 ||
		sr_parse_dec(&h->seen_size, sr_word(v, 0), SR_TREE_SIZE_MAX, NULL) != 0 ||
		sr_unbase64_fixed(h->seen_root, SR_HASH, sr_word(v, 1), NULL) != 0)
		return sr_fail(e, SR_CORRUPT,
			"line %zu: `seen` is not a size and base64 of 32 bytes", line);
	sr_merkle_root(empty, NULL, 0);
	if (h->seen_size == 0 && memcmp(empty, h->seen_root, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"line %zu: `seen` says size 0 with another root than the empty tree's",
			line);
	c->s->has_seen = true;
	c->at++;
	return 0;
}

static int take_actor(struct cursor *c, struct sr_err *e) {
	struct sr_statement *s = c->s;
	const struct sr_bytes v = peek(c, "actor");
	const size_t line = c->at + 2;
	if (v.p == NULL)
		return sr_fail(e, SR_CORRUPT, "line %zu: want `actor`", line);
	s->by_service = sr_bytes_eq(v, sr_bytes_str("service"));
	if (!s->by_service && sr_value_check(SR_V_PERSON, v, NULL) != 0)
		return sr_fail(
			e, SR_CORRUPT, "line %zu: `actor` is neither service nor a person", line);
	if (s->by_service && (s->type->signers & SR_BY_SERVICE) == 0)
		return sr_fail(e, SR_CORRUPT, "line %zu: a `%s` is not signed by the service", line,
			s->type->name);
	if (!s->by_service && (s->type->signers & ~(unsigned)SR_BY_SERVICE) == 0)
		return sr_fail(e, SR_CORRUPT, "line %zu: a `%s` is signed by the service alone",
			line, s->type->name);
	memcpy(s->head.actor, v.p, v.len); /* 7 or 18 bytes, checked above */
	s->head.actor[v.len] = '\0';
	c->at++;
	return s->by_service ? 0 : take_seen(c, e);
}

static int take_common(struct cursor *c, struct sr_err *e) {
	struct sr_head *h = &c->s->head;
	const bool found = c->s->type->id == SR_T_FOUND;
	struct sr_bytes v;
	int rc;
	if (!found) {
		if ((rc = take(&v, c, "vault", SR_V_HASH, e)) != 0 ||
			(rc = sr_unhex(h->vault, SR_HASH, v, e)) != 0)
			return rc;
	}
	if ((rc = take(&v, c, "id", SR_V_ID, e)) != 0 || (rc = sr_unhex(h->id, SR_ID, v, e)) != 0)
		return rc;
	if ((rc = take(&v, c, "time", SR_V_TIME, e)) != 0 ||
		(rc = sr_time_parse(&h->time, v, e)) != 0)
		return rc;
	if (found)
		return 0;
	if (peek(c, "until").p != NULL) {
		if ((rc = take(&v, c, "until", SR_V_TIME, e)) != 0 ||
			(rc = sr_time_parse(&h->until, v, e)) != 0)
			return rc;
		if (h->until == 0)
			return sr_fail(e, SR_CORRUPT, "`until` is the first second of 1970");
	}
	return take_actor(c, e);
}

/* The order that a sorted field is in. */
static bool follows(enum sr_value_kind kind, struct sr_bytes a, struct sr_bytes b) {
	uint64_t x = 0, y = 0;
	if (kind != SR_V_DEC && kind != SR_V_LEVEL_KEY && kind != SR_V_LEVEL_QUORUM)
		return sr_bytes_cmp(a, b) < 0;
	return sr_parse_dec(&x, sr_word(a, 0), INT64_MAX, NULL) == 0 &&
	       sr_parse_dec(&y, sr_word(b, 0), INT64_MAX, NULL) == 0 && x < y;
}

static int take_field(struct cursor *c, const struct sr_field *f, struct sr_err *e) {
	const bool one = f->cardinality == SR_ONE || f->cardinality == SR_OPTIONAL;
	struct sr_bytes before = {NULL, 0}, v;
	size_t n = 0;
	while (peek(c, f->key).p != NULL) {
		if (one && n == 1)
			return sr_fail(
				e, SR_CORRUPT, "line %zu: `%s` comes twice", c->at + 2, f->key);
		const int rc = take(&v, c, f->key, f->kind, e);
		if (rc != 0)
			return rc;
		if (f->sorted && n > 0 && !follows(f->kind, before, v))
			return sr_fail(e, SR_CORRUPT, "line %zu: `%s` is not in ascending order",
				c->at + 1, f->key);
		before = v;
		n++;
	}
	if (n == 0 && (f->cardinality == SR_ONE || f->cardinality == SR_SOME))
		return sr_fail(e, SR_CORRUPT, "line %zu: want `%s`", c->at + 2, f->key);
	return 0;
}

/* Texts must have somebody whose key they lie under. */
static int check_subjects(const struct sr_statement *s, struct sr_err *e) {
	for (const struct sr_field *f = s->type->fields; f->key != NULL; f++) {
		char subject[SR_SUBJECT_TEXT];
		for (size_t i = 0; f->kind == SR_V_TEXT && i < sr_field_count(s, f->key); i++) {
			const int rc = sr_field_subject(subject, s, f->key, i, e);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

static int check_found(const struct sr_statement *s, struct sr_err *e) {
	const size_t n = sr_field_count(s, "member");
	const size_t levels = sr_field_count(s, "level");
	const struct sr_bytes origin = sr_field(s, "origin", 0);
	struct sr_vkey key;
	if (n < 2 || n > SR_BOARD_MEMBERS_MAX)
		return sr_fail(
			e, SR_CORRUPT, "have %zu members, want 2 to %d", n, SR_BOARD_MEMBERS_MAX);
	if (levels > SR_BOARD_LEVELS_MAX)
		return sr_fail(e, SR_CORRUPT, "have %zu quorum levels, want at most %d", levels,
			SR_BOARD_LEVELS_MAX);
	for (size_t i = 0; i < levels; i++) {
		uint64_t k;
		const int rc = sr_field_dec(&k, s, "level", i, e);
		if (rc != 0)
			return rc;
		if (k < 2 || k > n)
			return sr_fail(e, SR_CORRUPT,
				"quorum level %llu is not within 2 and %zu members",
				(unsigned long long)k, n);
	}
	if (origin.len >= SR_ORIGIN_MAX)
		return sr_fail(e, SR_CORRUPT, "origin has %zu bytes, want at most %d", origin.len,
			SR_ORIGIN_MAX - 1);
	const int rc = sr_vkey_parse(&key, sr_field(s, "ledger-key", 0), e);
	if (rc != 0)
		return rc;
	if (key.type != SR_NOTE_ED25519 || !sr_bytes_eq(sr_bytes_str(key.name), origin))
		return sr_fail(
			e, SR_CORRUPT, "`ledger-key` is not an Ed25519 key named as the origin");
	for (size_t i = 0; i < n; i++) { /* the same key at two places would count for two */
		char a[SR_SUBJECT_TEXT], b[SR_SUBJECT_TEXT];
		int r = sr_field_subject(a, s, "member", i, e);
		for (size_t j = 0; r == 0 && j < i; j++) {
			r = sr_field_subject(b, s, "member", j, e);
			if (r == 0 && strcmp(a, b) == 0)
				return sr_fail(e, SR_CORRUPT, "member %s is there twice", a);
		}
		if (r != 0)
			return r;
	}
	return sr_founding_standby_check(s, e);
}

static int check_lines(struct sr_statement *s, struct sr_err *e) {
	struct cursor c = {s, 0};
	int rc = sr_type_of_line(&s->type, s->text.type, e);
	if (rc != 0)
		return rc;
	if ((rc = take_common(&c, e)) != 0)
		goto named;
	s->fields_at = c.at;
	for (const struct sr_field *f = s->type->fields; f->key != NULL; f++) {
		if ((rc = take_field(&c, f, e)) != 0)
			goto named;
	}
	if (c.at < s->text.count) {
		char shown[64];
		rc = sr_fail(e, SR_CORRUPT, "line %zu: `%s` is unknown or out of place%s", c.at + 2,
			sr_escape_to(shown, sizeof shown, s->text.lines[c.at].key),
			sr_type_field(s->type, s->text.lines[c.at].key) == NULL
				? ": a newer strongroom may know it"
				: "");
		goto named;
	}
	const char *needs = s->type->service_needs;
	if (needs != NULL && s->by_service != (sr_field_count(s, needs) > 0)) {
		rc = sr_fail(e, SR_CORRUPT,
			"the service signs it with a `%s` line, persons without", needs);
		goto named;
	}
	if ((rc = check_subjects(s, e)) != 0)
		goto named;
	if (s->type->id == SR_T_FOUND && (rc = check_found(s, e)) != 0)
		goto named;
	return 0;
named:
	(void)sr_wrap(e, "%s", s->type->name);
	return rc;
}

/* ${s}->note is filled and ${body} points into it. */
static int parse_body(struct sr_statement *s, struct sr_bytes body, struct sr_err *e) {
	if (body.len > SR_TEXT_MAX)
		return sr_fail(e, SR_LIMIT, "the text has %zu bytes, want at most %d", body.len,
			SR_TEXT_MAX);
	int rc = sr_text_parse(&s->text, body, e);
	if (rc != 0)
		return rc;
	s->body = body;
	if ((rc = check_lines(s, e)) != 0) {
		sr_text_free(&s->text);
		return rc;
	}
	sr_statement_hash(s->hash, body);
	if (s->type->id == SR_T_FOUND)
		memcpy(s->head.vault, s->hash, SR_HASH);
	return 0;
}

static int parse(struct sr_statement *out, struct sr_bytes in, bool is_note, struct sr_err *e) {
	struct sr_statement s = {.type = NULL};
	struct sr_note note = {.count = 0};
	struct sr_bytes body = {NULL, 0};
	int rc = 0;
	sr_buf_init(&s.note);
	if (in.len > SR_STATEMENT_MAX) {
		rc = sr_fail(
			e, SR_LIMIT, "it has %zu bytes, want at most %d", in.len, SR_STATEMENT_MAX);
		goto out;
	}
	sr_buf_put_bytes(&s.note, in);
	if ((rc = sr_buf_ok(&s.note, e)) != 0)
		goto out;
	body = sr_buf_view(&s.note);
	if (is_note) {
		if ((rc = sr_note_parse(&note, sr_buf_view(&s.note), e)) != 0)
			goto out;
		body = note.text;
		sr_note_free(&note);
	}
	if ((rc = parse_body(&s, body, e)) != 0)
		goto out;
	*out = s;
	return 0;
out:
	sr_buf_free(&s.note);
	(void)sr_wrap(e, "statement");
	return rc;
}

int sr_statement_parse(struct sr_statement *out, struct sr_bytes note, struct sr_err *e) {
	return parse(out, note, true, e);
}

int sr_statement_parse_text(struct sr_statement *out, struct sr_bytes text, struct sr_err *e) {
	return parse(out, text, false, e);
}

void sr_statement_free(struct sr_statement *s) {
	sr_text_free(&s->text);
	sr_buf_free(&s->note);
	*s = (struct sr_statement){.type = NULL};
}

/* ---- signatures ---- */

int sr_statement_sign(struct sr_buf *out, struct sr_bytes text, const char *name,
	const uint8_t seed[SR_SEED], struct sr_err *e) {
	struct sr_statement s;
	struct sr_vkey key;
	uint8_t pk[SR_PK];
	int rc = sr_statement_parse_text(&s, text, e);
	if (rc != 0)
		return rc;
	sr_sign_public(pk, seed);
	if (!s.by_service && s.type->id != SR_T_FOUND && strcmp(s.head.actor, name) != 0)
		rc = sr_fail(e, SR_MISUSE, "the actor is %s, the signer %s", s.head.actor, name);
	if (rc == 0)
		rc = sr_vkey_make(&key, sr_bytes_str(name), SR_NOTE_ED25519, pk, e);
	if (rc == 0) {
		const struct sr_signer signer = {.key = &key, .seed = seed, .person = true};
		rc = sr_note_sign(out, text, &signer, 1, e);
	}
	if (rc != 0)
		(void)sr_wrap(e, "sign %s", s.type->name);
	sr_statement_free(&s);
	return rc;
}

int sr_statement_verify(
	const struct sr_statement *s, const char *name, const uint8_t pk[SR_PK], struct sr_err *e) {
	struct sr_note note;
	struct sr_vkey key;
	int rc = sr_note_parse(&note, sr_buf_view(&s->note), e);
	if (rc != 0)
		return rc;
	rc = sr_vkey_make(&key, sr_bytes_str(name), SR_NOTE_ED25519, pk, e);
	if (rc == 0 && note.count != 1)
		rc = sr_fail(e, SR_AUTH, "have %zu signature lines, want 1", note.count);
	else if (rc == 0 && !sr_note_line_is(&note.lines[0], &key))
		rc = sr_fail(e, SR_AUTH, "the signature line is not by %s with the key known here",
			name);
	if (rc == 0)
		rc = sr_note_verify(&note, &key, 1, e);
	if (rc != 0)
		(void)sr_wrap(e, "statement %s", s->type->name);
	sr_note_free(&note);
	return rc;
}

/* The key that member ${i} of a found signs with. */
static int member_key(
	struct sr_vkey *out, const struct sr_statement *s, size_t i, struct sr_err *e) {
	struct sr_buf b;
	struct sr_card card;
	sr_buf_init(&b);
	int rc = sr_field_card(&b, s, "member", i, e);
	if (rc == 0)
		rc = sr_card_read(&card, sr_buf_view(&b), e);
	if (rc == 0)
		rc = sr_vkey_make(out, sr_bytes_str(card.person), SR_NOTE_ED25519, card.key, e);
	sr_buf_free(&b);
	return rc;
}

int sr_statement_verify_found(const struct sr_statement *s, struct sr_err *e) {
	struct sr_vkey keys[SR_BOARD_MEMBERS_MAX];
	struct sr_note note;
	if (s->type->id != SR_T_FOUND)
		return sr_fail(e, SR_MISUSE, "statement %s is not a found", s->type->name);
	const size_t n = sr_field_count(s, "member");
	int rc = sr_note_parse(&note, sr_buf_view(&s->note), e);
	if (rc != 0)
		return rc;
	if (note.count != n)
		rc = sr_fail(e, SR_AUTH,
			"have %zu signature lines, want one of each of %zu members", note.count, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = member_key(&keys[i], s, i, e);
		if (rc == 0 && !sr_note_line_is(&note.lines[i], &keys[i]))
			rc = sr_fail(e, SR_AUTH, "signature line %zu is not by member %s", i + 1,
				keys[i].name);
	}
	if (rc == 0)
		rc = sr_note_verify(&note, keys, n, e);
	if (rc != 0)
		(void)sr_wrap(e, "statement found");
	sr_note_free(&note);
	return rc;
}

/* Append the line of ${key} from whichever of ${notes} has it; its signature must be good. */
static int put_line_of(struct sr_buf *out, const struct sr_statement *first,
	const struct sr_vkey *key, const struct sr_bytes *notes, size_t count, struct sr_err *e) {
	int rc = 0;
	bool have = false;
	for (size_t i = 0; rc == 0 && !have && i < count; i++) {
		struct sr_note n;
		if ((rc = sr_note_parse(&n, notes[i], e)) != 0)
			return rc;
		if (!sr_bytes_eq(n.text, first->body))
			rc = sr_fail(
				e, SR_CORRUPT, "note %zu has another text than the first", i + 1);
		for (size_t l = 0; rc == 0 && !have && l < n.count; l++) {
			if (!sr_note_line_is(&n.lines[l], key))
				continue;
			rc = sr_note_verify(&n, key, 1, e);
			if (rc == 0)
				sr_buf_put_bytes(out, n.lines[l].raw);
			have = true;
		}
		sr_note_free(&n);
	}
	if (rc == 0 && !have)
		rc = sr_fail(e, SR_MISUSE, "member %s has not signed", key->name);
	return rc;
}

int sr_statement_merge(
	struct sr_buf *out, const struct sr_bytes *notes, size_t count, struct sr_err *e) {
	struct sr_statement s;
	struct sr_buf b;
	if (count == 0)
		return sr_fail(e, SR_MISUSE, "merge: no notes");
	int rc = sr_statement_parse(&s, notes[0], e);
	if (rc != 0)
		return rc;
	sr_buf_init(&b);
	if (s.type->id != SR_T_FOUND)
		rc = sr_fail(e, SR_MISUSE, "a %s has one signature", s.type->name);
	sr_buf_put_bytes(&b, s.body);
	sr_buf_put_str(&b, "\n");
	for (size_t i = 0; rc == 0 && i < sr_field_count(&s, "member"); i++) {
		struct sr_vkey key;
		rc = member_key(&key, &s, i, e);
		if (rc == 0)
			rc = put_line_of(&b, &s, &key, notes, count, e);
	}
	if (rc == 0)
		rc = sr_buf_ok(&b, e);
	if (rc == 0)
		sr_buf_put_buf(out, &b);
	else
		(void)sr_wrap(e, "merge");
	sr_buf_free(&b);
	sr_statement_free(&s);
	return rc;
}

/* ---- fields ---- */

size_t sr_field_count(const struct sr_statement *s, const char *key) {
	const struct sr_bytes k = sr_bytes_str(key);
	size_t n = 0;
	for (size_t i = s->fields_at; i < s->text.count; i++)
		n += sr_bytes_eq(s->text.lines[i].key, k);
	return n;
}

struct sr_bytes sr_field(const struct sr_statement *s, const char *key, size_t n) {
	const struct sr_bytes k = sr_bytes_str(key);
	for (size_t i = s->fields_at; i < s->text.count; i++) {
		if (sr_bytes_eq(s->text.lines[i].key, k) && n-- == 0)
			return s->text.lines[i].value;
	}
	return sr_bytes_of(NULL, 0);
}

/* The ${i}-th value of ${key}, which must be of ${kind}. */
static int get(struct sr_bytes *out, const struct sr_statement *s, const char *key, size_t i,
	enum sr_value_kind kind, struct sr_err *e) {
	const struct sr_field *f = sr_type_field(s->type, sr_bytes_str(key));
	if (f == NULL || f->kind != kind)
		return sr_fail(e, SR_MISUSE, "a %s has no `%s` of that kind", s->type->name, key);
	const struct sr_bytes v = sr_field(s, key, i);
	if (v.p == NULL)
		return sr_fail(
			e, SR_NOTFOUND, "the %s has no `%s` number %zu", s->type->name, key, i);
	*out = v;
	return 0;
}

int sr_field_id(uint8_t out[SR_ID], const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_bytes v;
	const int rc = get(&v, s, key, i, SR_V_ID, e);
	return rc != 0 ? rc : sr_unhex(out, SR_ID, v, e);
}

int sr_field_hash(uint8_t out[SR_HASH], const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_bytes v;
	const int rc = get(&v, s, key, i, SR_V_HASH, e);
	return rc != 0 ? rc : sr_unhex(out, SR_HASH, v, e);
}

int sr_field_key(uint8_t out[SR_PK], const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_bytes v;
	const int rc = get(&v, s, key, i, SR_V_KEY, e);
	return rc != 0 ? rc : sr_unbase64_fixed(out, SR_PK, v, e);
}

int sr_field_dec(
	uint64_t *out, const struct sr_statement *s, const char *key, size_t i, struct sr_err *e) {
	struct sr_bytes v;
	const int rc = get(&v, s, key, i, SR_V_DEC, e);
	return rc != 0 ? rc : sr_parse_dec(out, v, INT64_MAX, e);
}

int sr_field_time(
	int64_t *out, const struct sr_statement *s, const char *key, size_t i, struct sr_err *e) {
	struct sr_bytes v;
	const int rc = get(&v, s, key, i, SR_V_TIME, e);
	return rc != 0 ? rc : sr_time_parse(out, v, e);
}

int sr_field_count_root(uint64_t *count, uint8_t root[SR_HASH], const struct sr_statement *s,
	const char *key, struct sr_err *e) {
	struct sr_bytes v;
	int rc = get(&v, s, key, 0, SR_V_COUNT_ROOT, e);
	if (rc == 0)
		rc = sr_parse_dec(count, sr_word(v, 0), INT64_MAX, e);
	if (rc == 0)
		rc = sr_unhex(root, SR_HASH, sr_word(v, 1), e);
	return rc;
}

int sr_field_level_key(uint64_t *level, uint8_t key_out[SR_PK], const struct sr_statement *s,
	const char *key, size_t i, struct sr_err *e) {
	struct sr_bytes v;
	int rc = get(&v, s, key, i, SR_V_LEVEL_KEY, e);
	if (rc == 0)
		rc = sr_parse_dec(level, sr_word(v, 0), INT64_MAX, e);
	if (rc == 0)
		rc = sr_unbase64_fixed(key_out, SR_PK, sr_word(v, 1), e);
	return rc;
}

int sr_field_level_quorum(uint64_t *level, uint64_t *quorum, const struct sr_statement *s,
	const char *key, size_t i, struct sr_err *e) {
	struct sr_bytes v;
	int rc = get(&v, s, key, i, SR_V_LEVEL_QUORUM, e);
	if (rc == 0)
		rc = sr_parse_dec(level, sr_word(v, 0), INT64_MAX, e);
	if (rc == 0)
		rc = sr_parse_dec(quorum, sr_word(v, 1), INT64_MAX, e);
	return rc;
}

int sr_field_id_hash(uint8_t id[SR_ID], uint8_t hash[SR_HASH], const struct sr_statement *s,
	const char *key, struct sr_err *e) {
	struct sr_bytes v;
	int rc = get(&v, s, key, 0, SR_V_ID_HASH, e);
	if (rc == 0)
		rc = sr_unhex(id, SR_ID, sr_word(v, 0), e);
	if (rc == 0)
		rc = sr_unhex(hash, SR_HASH, sr_word(v, 1), e);
	return rc;
}

int sr_field_card(struct sr_buf *out, const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_bytes v;
	const int rc = get(&v, s, key, i, SR_V_CARD, e);
	return rc != 0 ? rc : sr_unbase64(out, v, e);
}

static int read_card(struct sr_card *out, const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_buf b;
	sr_buf_init(&b);
	int rc = sr_field_card(&b, s, key, i, e);
	if (rc == 0)
		rc = sr_card_reread(out, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

int sr_field_commitment(uint8_t out[SR_HASH], const struct sr_statement *s, const char *key,
	size_t i, struct sr_err *e) {
	const struct sr_field *f = sr_type_field(s->type, sr_bytes_str(key));
	struct sr_card card;
	struct sr_bytes v;
	int rc;
	if (f != NULL && f->kind == SR_V_CARD) {
		rc = read_card(&card, s, key, i, e);
		if (rc == 0)
			memcpy(out, card.name, SR_HASH);
		return rc;
	}
	rc = get(&v, s, key, i, SR_V_TEXT, e);
	return rc != 0 ? rc : sr_unbase64_fixed(out, SR_HASH, sr_bytes_of(v.p + 1, v.len - 1), e);
}

int sr_field_subject(char out[SR_SUBJECT_TEXT], const struct sr_statement *s, const char *key,
	size_t i, struct sr_err *e) {
	const struct sr_field *f = sr_type_field(s->type, sr_bytes_str(key));
	if (f == NULL || f->subject == NULL || sr_field(s, key, i).p == NULL)
		return sr_fail(e, SR_NOTFOUND, "the %s has no text `%s` number %zu", s->type->name,
			key, i);
	if (strcmp(f->subject, "actor") == 0) {
		if (s->by_service)
			return sr_fail(e, SR_CORRUPT, "`%s`: the service has no personal key", key);
		memcpy(out, s->head.actor, SR_PERSON_TEXT);
		return 0;
	}
	const struct sr_field *named = sr_type_field(s->type, sr_bytes_str(f->subject));
	const struct sr_bytes v = named == NULL ? sr_bytes_of(NULL, 0) : sr_field(s, f->subject, 0);
	if (v.p != NULL && named->kind == SR_V_PERSON)
		(void)snprintf(out, SR_SUBJECT_TEXT, "%.*s", (int)v.len, (const char *)v.p);
	else if (v.p != NULL)
		(void)snprintf(
			out, SR_SUBJECT_TEXT, "%s:%.*s", named->key, (int)v.len, (const char *)v.p);
	if (v.p != NULL)
		return 0;
	if (f->kind != SR_V_CARD)
		return sr_fail(e, SR_CORRUPT, "`%s` needs a `%s` line", key, f->subject);
	struct sr_card card;
	const int rc = read_card(&card, s, key, i, e);
	if (rc == 0)
		memcpy(out, card.person, SR_PERSON_TEXT);
	return rc;
}
