/*
 * entry - seal and open the envelope of one ledger entry. See entry.h for the format.
 *
 * Sealing checks what opening will check: every record against the statement's commitment and
 * subject. Opening asks for keys through one inner interface (struct source), so that epoch keys
 * and the single keys of a receipt take the same path.
 */
#include "ledger/entry.h"

#include "base/escape.h"
#include "base/time.h"

static const char magic[4] = {'S', 'R', 'E', '1'};
static const char label_key[] = "strongroom/entry-key/v1";
static const char label_compartment[] = "strongroom/entry-compartment/v1";
static const char label_record[] = "strongroom/entry-record/v1";
static const char label_epoch[] = "strongroom/epoch/v1";
static const char service_type[] = "strongroom/entry/v1";

enum {
	HEADER = 4 + 4 + SR_KID,
	PAD = 256,
	LEN = 4 /* le32 before a padded content, a service part, a record */
};

/* Where an entry is, for keys and associated data. */
struct place {
	const char *origin;
	uint64_t index;
	const uint8_t *kid;
};

void sr_epoch_derive(struct sr_epoch *out, uint32_t number, const uint8_t secret[SR_KEY]) {
	uint8_t n[4];
	out->number = number;
	sr_le32_put(n, number);
	for (int i = 0; i < SR_COMPARTMENTS; i++) {
		const uint8_t c = (uint8_t)i;
		SR_HASH_OF(out->key[i], label_epoch, secret, sr_bytes_of(n, sizeof n),
			sr_bytes_of(&c, 1));
	}
}

static void derive(uint8_t out[SR_KEY], const uint8_t from[SR_KEY], const struct place *at,
	enum sr_compartment c) {
	uint8_t index[8];
	const uint8_t which = (uint8_t)c;
	sr_le64_put(index, at->index);
	SR_HASH_OF(out, label_key, from, sr_bytes_str(at->origin), sr_bytes_of(index, 8),
		sr_bytes_of(&which, 1), sr_bytes_of(at->kid, SR_KID));
}

static void put_place(struct sr_buf *ad, const struct place *at, enum sr_compartment c) {
	sr_buf_put_lp(ad, sr_bytes_str(at->origin));
	sr_buf_put_le64(ad, at->index);
	sr_buf_put_u8(ad, (uint8_t)c);
}

static void record_ad(
	struct sr_buf *ad, const struct place *at, const struct sr_record *r, size_t number) {
	sr_buf_clear(ad);
	put_place(ad, at, r->compartment);
	sr_buf_put_le32(ad, (uint32_t)number);
	sr_buf_put_lp(ad, sr_bytes_str(r->subject));
	sr_buf_put_lp(ad, sr_bytes_str(r->key));
	sr_buf_put_le32(ad, r->index);
	sr_buf_put(ad, at->kid, SR_KID);
}

static size_t cap_of(enum sr_compartment c) {
	return c == SR_STRUCTURAL ? SR_STRUCTURAL_MAX : SR_COMPARTMENT_MAX;
}

/* The padded size of ${len} bytes with their length before them; 0 above the cap. */
static size_t padded(size_t len, size_t cap) {
	size_t size = PAD;
	if (len > cap - LEN)
		return 0;
	while (size < len + LEN)
		size *= 2;
	return size < cap ? size : cap;
}

/* ---- records ---- */

void sr_record_body(struct sr_buf *out, const uint8_t salt[SR_SALT], struct sr_bytes text) {
	sr_buf_put(out, salt, SR_SALT);
	sr_buf_put_bytes(out, text);
}

int sr_record_body_read(
	uint8_t salt[SR_SALT], struct sr_bytes *text, struct sr_bytes body, struct sr_err *e) {
	if (body.len < SR_SALT)
		return sr_fail(
			e, SR_CORRUPT, "record has %zu bytes, want at least %d", body.len, SR_SALT);
	memcpy(salt, body.p, SR_SALT);
	*text = sr_bytes_of(body.p + SR_SALT, body.len - SR_SALT);
	return 0;
}

size_t sr_record_size(const struct sr_record *r) {
	return r->out ? 0 : LEN + SR_AEAD_OVERHEAD + SR_SALT + r->text.len;
}

int sr_record_check(const struct sr_statement *s, const struct sr_record *r, struct sr_err *e) {
	uint8_t want[SR_HASH], have[SR_HASH];
	const int rc = sr_field_commitment(want, s, r->key, r->index, e);
	if (rc != 0)
		return rc;
	sr_text_commit(have, r->salt, r->text);
	if (!sr_ct_eq(want, have, SR_HASH))
		return sr_fail(e, SR_AUTH, "text of `%s` number %u does not match its commitment",
			r->key, r->index);
	return 0;
}

/* Compartment, subject and line of ${r} are those of the statement's type; key becomes the static
 * one. */
static int check_place(const struct sr_statement *s, struct sr_record *r, struct sr_err *e) {
	const struct sr_field *f =
		r->key == NULL ? NULL : sr_type_field(s->type, sr_bytes_str(r->key));
	char subject[SR_SUBJECT_TEXT];
	if (f == NULL || f->compartment == SR_STRUCTURAL)
		return sr_fail(e, SR_CORRUPT, "a %s has no text in that field", s->type->name);
	if (f->compartment != r->compartment)
		return sr_fail(e, SR_CORRUPT, "`%s` number %u belongs to the %s compartment",
			f->key, r->index, sr_compartment_name(f->compartment));
	const int rc = sr_field_subject(subject, s, f->key, r->index, e);
	if (rc == SR_NOMEM) /* nothing is known of the text */
		return rc;
	if (rc != 0)
		return sr_fail(e, SR_CORRUPT, "the %s has no text `%s` number %u", s->type->name,
			f->key, r->index);
	if (strcmp(subject, r->subject) != 0)
		return sr_fail(e, SR_CORRUPT, "the subject of `%s` number %u is not %s", f->key,
			r->index, subject);
	r->key = f->key;
	return 0;
}

static bool seen_before(const struct sr_record *records, size_t i) {
	for (size_t j = 0; j < i; j++) {
		if (records[j].index == records[i].index && records[j].key != NULL &&
			records[i].key != NULL && strcmp(records[j].key, records[i].key) == 0)
			return true;
	}
	return false;
}

/* ---- sealing ---- */

static void put_service(struct sr_buf *b, const struct sr_entry_in *in) {
	sr_text_begin(b, service_type);
	sr_text_put_time(b, "received", in->received);
	if (in->has_object)
		sr_text_put_hex(b, "object", in->object, SR_HASH);
	for (size_t i = 0; i < in->count; i++) {
		const struct sr_record *r = &in->records[i];
		const char c = r->compartment == SR_DESCRIPTIVE ? 'd' : 'p';
		char hex[2 * SR_HASH + 1];
		sr_hex(hex, r->object_id, SR_HASH);
		if (r->out)
			sr_text_putf(b, "record", "%c out %s %s %u %s", c, r->subject, r->key,
				r->index, hex);
		else
			sr_text_putf(
				b, "record", "%c in %s %s %u", c, r->subject, r->key, r->index);
	}
}

static void put_structural(struct sr_buf *b, const struct sr_entry_in *in) {
	struct sr_buf service;
	sr_buf_init(&service);
	put_service(&service, in);
	sr_buf_put_lp_buf(b, &service);
	sr_buf_put_buf(b, &in->statement->note);
	if (service.failed != SR_OK)
		b->failed = service.failed;
	sr_buf_free(&service);
}

static int put_records(struct sr_buf *b, const struct sr_entry_in *in, const struct place *at,
	enum sr_compartment c, struct sr_err *e) {
	struct sr_buf ad, body, sealed;
	uint8_t subject_key[SR_KEY], key[SR_KEY];
	int rc = 0;
	sr_buf_init(&ad);
	sr_buf_init_secret(&body);
	sr_buf_init(&sealed);
	for (size_t i = 0; rc == 0 && i < in->count; i++) {
		const struct sr_record *r = &in->records[i];
		if (r->compartment != c || r->out)
			continue;
		rc = in->keys->subject(
			in->keys->ctx, in->epoch->number, c, r->subject, subject_key, e);
		if (rc != 0) {
			(void)sr_wrap(e, "key of %s", r->subject);
			break;
		}
		derive(key, subject_key, at, c);
		record_ad(&ad, at, r, i);
		sr_buf_clear(&body);
		sr_buf_clear(&sealed);
		sr_record_body(&body, r->salt, r->text);
		rc = sr_buf_ok(&ad, e);
		if (rc == 0)
			rc = sr_buf_ok(&body, e);
		if (rc == 0)
			rc = sr_aead_seal_buf(&sealed, key, label_record, sr_buf_view(&ad),
				sr_buf_view(&body), e);
		if (rc == 0)
			sr_buf_put_lp_buf(b, &sealed);
	}
	sr_wipe(subject_key, sizeof subject_key);
	sr_wipe(key, sizeof key);
	sr_buf_free(&ad);
	sr_buf_free(&body);
	sr_buf_free(&sealed);
	return rc;
}

/* Pad ${content} and append its length and sealed form to the envelope ${env}. */
static int put_compartment(struct sr_buf *env, const struct sr_entry_in *in, const struct place *at,
	enum sr_compartment c, struct sr_bytes content, struct sr_err *e) {
	struct sr_buf plain, ad, sealed;
	uint8_t key[SR_KEY];
	const size_t size = padded(content.len, cap_of(c));
	if (size == 0)
		return sr_fail(e, SR_LIMIT, "%s compartment: %zu bytes, want at most %zu",
			sr_compartment_name(c), content.len, cap_of(c) - LEN);
	sr_buf_init_secret(&plain);
	sr_buf_init(&ad);
	sr_buf_init(&sealed);
	sr_buf_put_lp(&plain, content);
	sr_buf_put_zero(&plain, size - LEN - content.len);
	put_place(&ad, at, c);
	sr_buf_put_buf(&ad, env);
	derive(key, in->epoch->key[c], at, c);
	int rc = sr_buf_ok(&plain, e);
	if (rc == 0)
		rc = sr_buf_ok(&ad, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(
			&sealed, key, label_compartment, sr_buf_view(&ad), sr_buf_view(&plain), e);
	if (rc == 0) {
		sr_buf_put_le16(env, (uint16_t)sealed.len);
		sr_buf_put_buf(env, &sealed);
		rc = sr_buf_ok(env, e);
	}
	sr_wipe(key, sizeof key);
	sr_buf_free(&plain);
	sr_buf_free(&ad);
	sr_buf_free(&sealed);
	return rc;
}

static int check_in(const struct sr_entry_in *in, struct sr_err *e) {
	if (in->count > SR_ENTRY_RECORDS)
		return sr_fail(
			e, SR_LIMIT, "%zu records, want at most %d", in->count, SR_ENTRY_RECORDS);
	for (size_t i = 0; i < in->count; i++) {
		struct sr_record r = in->records[i];
		int rc = check_place(in->statement, &r, e);
		if (rc == 0 && seen_before(in->records, i))
			rc = sr_fail(e, SR_CORRUPT, "`%s` number %u comes twice", r.key, r.index);
		if (rc == 0)
			rc = sr_record_check(in->statement, &r, e);
		if (rc != 0) {
			(void)sr_wrap(e, "record %zu", i);
			return rc;
		}
	}
	return 0;
}

int sr_entry_seal(struct sr_buf *out, const struct sr_entry_in *in, struct sr_err *e) {
	struct sr_buf env, content;
	uint8_t kid[SR_KID];
	const struct place at = {in->origin, in->index, kid};
	sr_buf_init(&env);
	sr_buf_init_secret(&content);
	sr_random(kid, sizeof kid);
	int rc = check_in(in, e);
	if (rc != 0)
		goto out;
	sr_buf_put(&env, magic, sizeof magic);
	sr_buf_put_le32(&env, in->epoch->number);
	sr_buf_put(&env, kid, sizeof kid);
	for (int i = 0; i < SR_COMPARTMENTS; i++) {
		const enum sr_compartment c = (enum sr_compartment)i;
		sr_buf_clear(&content);
		if (c == SR_STRUCTURAL)
			put_structural(&content, in);
		else if ((rc = put_records(&content, in, &at, c, e)) != 0)
			goto out;
		if ((rc = sr_buf_ok(&content, e)) != 0)
			goto out;
		if ((rc = put_compartment(&env, in, &at, c, sr_buf_view(&content), e)) != 0)
			goto out;
	}
	sr_buf_put_buf(out, &env);
	rc = sr_buf_ok(out, e);
out:
	if (rc != 0)
		(void)sr_wrap(e, "entry %llu", (unsigned long long)in->index);
	sr_buf_free(&env);
	sr_buf_free(&content);
	return rc;
}

/* ---- opening ---- */

struct parts {
	uint32_t epoch;
	uint8_t kid[SR_KID];
	struct sr_bytes before[SR_COMPARTMENTS]; /* envelope bytes before the length of each */
	struct sr_bytes sealed[SR_COMPARTMENTS];
};

static int split(struct parts *p, struct sr_bytes env, struct sr_err *e) {
	struct sr_reader r;
	struct sr_bytes head;
	int rc;
	if (env.len > SR_ENTRY_MAX)
		return sr_fail(
			e, SR_CORRUPT, "have %zu bytes, want at most %d", env.len, SR_ENTRY_MAX);
	sr_reader_init(&r, env);
	if ((rc = sr_get_view(&r, &head, sizeof magic, e)) != 0)
		return rc;
	if (memcmp(head.p, magic, sizeof magic) != 0)
		return sr_fail(e, SR_CORRUPT, "the envelope does not begin \"SRE1\"");
	if ((rc = sr_get_le32(&r, &p->epoch, e)) != 0 || (rc = sr_get(&r, p->kid, SR_KID, e)) != 0)
		return rc;
	for (int c = 0; c < SR_COMPARTMENTS; c++) {
		uint16_t len;
		p->before[c] = sr_bytes_of(env.p, r.pos);
		if ((rc = sr_get_le16(&r, &len, e)) != 0 ||
			(rc = sr_get_view(&r, &p->sealed[c], len, e)) != 0)
			return rc;
	}
	return sr_get_end(&r, e);
}

int sr_entry_epoch(uint32_t *out, struct sr_bytes envelope, struct sr_err *e) {
	struct parts p;
	const int rc = split(&p, envelope, e);
	if (rc == 0)
		*out = p.epoch;
	return rc;
}

/* Where entry keys come from: both give the key of this entry, or NOTFOUND. */
struct source {
	int (*compartment)(const struct source *s, enum sr_compartment c, uint8_t key[SR_KEY],
		struct sr_err *e);
	int (*record)(const struct source *s, const struct sr_record *r, size_t number,
		uint8_t key[SR_KEY], struct sr_err *e);
	const struct sr_keyring *ring;
	const struct sr_entry_keys *keys;
	const struct place *at;
	uint32_t epoch;
};

static int ring_compartment(
	const struct source *s, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	uint8_t from[SR_KEY];
	const int rc = s->ring->epoch(s->ring->ctx, s->epoch, c, from, e);
	if (rc == 0)
		derive(key, from, s->at, c);
	sr_wipe(from, sizeof from);
	return rc;
}

static int ring_record(const struct source *s, const struct sr_record *r, size_t number,
	uint8_t key[SR_KEY], struct sr_err *e) {
	uint8_t from[SR_KEY];
	(void)number;
	const int rc =
		s->ring->subject(s->ring->ctx, s->epoch, r->compartment, r->subject, from, e);
	if (rc == 0)
		derive(key, from, s->at, r->compartment);
	sr_wipe(from, sizeof from);
	return rc;
}

static int disclosed_compartment(
	const struct source *s, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	if (!s->keys->have[c])
		return sr_fail(
			e, SR_NOTFOUND, "no key for the %s compartment", sr_compartment_name(c));
	memcpy(key, s->keys->key[c], SR_KEY);
	return 0;
}

static int disclosed_record(const struct source *s, const struct sr_record *r, size_t number,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)r;
	if (number >= s->keys->count || !s->keys->record[number].have)
		return sr_fail(e, SR_NOTFOUND, "no key for record %zu", number);
	memcpy(key, s->keys->record[number].key, SR_KEY);
	return 0;
}

static int check_padding(
	struct sr_bytes *content, struct sr_bytes plain, enum sr_compartment c, struct sr_err *e) {
	const uint32_t len = plain.len >= LEN ? sr_le32_get(plain.p) : 0;
	if (plain.len < LEN || plain.len != padded(len, cap_of(c)))
		return sr_fail(e, SR_CORRUPT, "%zu bytes hold %u, padded otherwise than here",
			plain.len, len);
	for (size_t i = LEN + len; i < plain.len; i++) {
		if (plain.p[i] != 0)
			return sr_fail(e, SR_CORRUPT, "padding byte %zu is not zero", i);
	}
	*content = sr_bytes_of(plain.p + LEN, len);
	return 0;
}

/* NOTFOUND when there is no key. ${content} points into ${plain}. */
static int open_compartment(struct sr_buf *plain, struct sr_bytes *content, const struct parts *p,
	const struct source *s, enum sr_compartment c, struct sr_err *e) {
	struct sr_buf ad;
	uint8_t key[SR_KEY];
	int rc = s->compartment(s, c, key, e);
	if (rc != 0)
		return rc;
	sr_buf_init(&ad);
	put_place(&ad, s->at, c);
	sr_buf_put_bytes(&ad, p->before[c]);
	sr_buf_clear(plain);
	rc = sr_buf_ok(&ad, e);
	if (rc == 0)
		rc = sr_aead_open_buf(
			plain, key, label_compartment, sr_buf_view(&ad), p->sealed[c], e);
	if (rc == 0)
		rc = check_padding(content, sr_buf_view(plain), c, e);
	if (rc != 0)
		(void)sr_wrap(e, "%s compartment", sr_compartment_name(c));
	sr_wipe(key, sizeof key);
	sr_buf_free(&ad);
	return rc;
}

/* "d in item:<id> title 0" or "p out p-... reason 0 <hash>"; points into the text until
 * check_place. */
static int read_record_line(
	struct sr_record *r, const struct sr_type *type, struct sr_bytes v, struct sr_err *e) {
	const size_t words = sr_word_count(v);
	const struct sr_bytes c = sr_word(v, 0), where = sr_word(v, 1), subject = sr_word(v, 2);
	const struct sr_field *f = sr_type_field(type, sr_word(v, 3));
	uint64_t index;
	char shown[128];
	if (words < 5 || f == NULL || c.len != 1 || (c.p[0] != 'd' && c.p[0] != 'p') ||
		subject.len >= SR_SUBJECT_TEXT ||
		sr_parse_dec(&index, sr_word(v, 4), SR_TEXT_LINES, NULL) != 0)
		goto bad;
	*r = (struct sr_record){.compartment = c.p[0] == 'd' ? SR_DESCRIPTIVE : SR_PERSONAL};
	r->out = sr_bytes_eq(where, sr_bytes_str("out"));
	if (!r->out && !sr_bytes_eq(where, sr_bytes_str("in")))
		goto bad;
	if (words != (r->out ? 6U : 5U))
		goto bad;
	if (r->out && sr_unhex(r->object_id, SR_HASH, sr_word(v, 5), NULL) != 0)
		goto bad;
	r->state = r->out ? SR_RECORD_OUT : SR_RECORD_CLOSED;
	r->key = f->key;
	r->index = (uint32_t)index;
	memcpy(r->subject, subject.p, subject.len);
	return 0;
bad:
	return sr_fail(e, SR_CORRUPT, "record line \"%s\" is not one",
		sr_escape_to(shown, sizeof shown, v));
}

static int read_service_lines(struct sr_entry *en, const struct sr_text *t, struct sr_err *e) {
	const struct sr_bytes received = sr_text_get(t, "received"),
			      object = sr_text_get(t, "object");
	size_t at = 1;
	int rc;
	if (!sr_bytes_eq(t->type, sr_bytes_str(service_type)))
		return sr_fail(e, SR_CORRUPT, "the first line is not \"%s\"", service_type);
	if (t->count == 0 || received.p != t->lines[0].value.p)
		return sr_fail(e, SR_CORRUPT, "line 2: want `received`");
	if ((rc = sr_time_parse(&en->received, received, e)) != 0)
		return rc;
	if (t->count > 1 && object.p != NULL && object.p == t->lines[1].value.p) {
		if ((rc = sr_unhex(en->object, SR_HASH, object, e)) != 0)
			return rc;
		en->has_object = true;
		at = 2;
	}
	if (t->count - at > SR_ENTRY_RECORDS)
		return sr_fail(e, SR_CORRUPT, "%zu records, want at most %d", t->count - at,
			SR_ENTRY_RECORDS);
	if (t->count == at)
		return 0;
	en->records = calloc(t->count - at, sizeof *en->records);
	if (en->records == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu records", t->count - at);
	for (size_t i = at; i < t->count; i++) {
		struct sr_record *r = &en->records[en->count];
		if (!sr_bytes_eq(t->lines[i].key, sr_bytes_str("record")))
			return sr_fail(e, SR_CORRUPT, "line %zu is unknown or out of place", i + 2);
		if ((rc = read_record_line(r, en->statement.type, t->lines[i].value, e)) != 0 ||
			(rc = check_place(&en->statement, r, e)) != 0)
			return rc;
		if (seen_before(en->records, en->count))
			return sr_fail(
				e, SR_CORRUPT, "`%s` number %u comes twice", r->key, r->index);
		en->count++;
	}
	return 0;
}

static int read_structural(struct sr_entry *en, struct sr_bytes content, struct sr_err *e) {
	struct sr_reader r;
	struct sr_bytes service;
	struct sr_text t;
	sr_reader_init(&r, content);
	int rc = sr_get_lp(&r, &service, SR_STRUCTURAL_MAX, e);
	if (rc == 0)
		rc = sr_statement_parse(
			&en->statement, sr_bytes_of(content.p + r.pos, content.len - r.pos), e);
	if (rc != 0)
		return rc;
	if ((rc = sr_text_parse(&t, service, e)) == 0) {
		rc = read_service_lines(en, &t, e);
		sr_text_free(&t);
	}
	if (rc != 0)
		(void)sr_wrap(e, "service part");
	return rc;
}

/* One sealed record: read and checked against its commitment, or marked erased. */
static int open_record(struct sr_entry *en, size_t i, const struct source *s,
	struct sr_bytes sealed, struct sr_err *e) {
	struct sr_record *r = &en->records[i];
	struct sr_err inner = {.code = SR_OK};
	struct sr_buf ad;
	uint8_t key[SR_KEY];
	const size_t at = en->plain.len;
	int rc = s->record(s, r, i, key, &inner);
	if (rc == SR_NOTFOUND) {
		r->state = SR_RECORD_ERASED;
		return 0;
	}
	if (rc != 0)
		return sr_fail(e, (enum sr_code)rc, "key of record %zu: %s", i, inner.text);
	sr_buf_init(&ad);
	record_ad(&ad, s->at, r, i);
	rc = sr_buf_ok(&ad, e);
	if (rc == 0)
		rc = sr_aead_open_buf(&en->plain, key, label_record, sr_buf_view(&ad), sealed, e);
	if (rc == 0)
		rc = sr_record_body_read(
			r->salt, &r->text, sr_bytes_of(en->plain.p + at, en->plain.len - at), e);
	if (rc == 0)
		rc = sr_record_check(&en->statement, r, e);
	if (rc == 0)
		r->state = SR_RECORD_READ;
	else
		(void)sr_wrap(e, "record %zu", i);
	sr_wipe(key, sizeof key);
	sr_buf_free(&ad);
	return rc;
}

static int open_records(struct sr_entry *en, const struct parts *p, const struct source *s,
	enum sr_compartment c, struct sr_err *e) {
	struct sr_err inner = {.code = SR_OK};
	struct sr_buf plain;
	struct sr_bytes content = {NULL, 0}, sealed;
	struct sr_reader r;
	sr_buf_init_secret(&plain);
	int rc = open_compartment(&plain, &content, p, s, c, &inner);
	if (rc == SR_NOTFOUND) {
		rc = 0; /* they stay closed */
		goto out;
	}
	if (rc != 0) {
		(void)sr_fail(e, (enum sr_code)rc, "%s", inner.text);
		goto out;
	}
	sr_reader_init(&r, content);
	for (size_t i = 0; rc == 0 && i < en->count; i++) {
		if (en->records[i].compartment != c || en->records[i].out)
			continue;
		rc = sr_get_lp(&r, &sealed, SR_COMPARTMENT_MAX, e);
		if (rc == 0)
			rc = open_record(en, i, s, sealed, e);
	}
	if (rc == 0)
		rc = sr_get_end(&r, e);
	if (rc != 0)
		(void)sr_wrap(e, "%s compartment", sr_compartment_name(c));
out:
	sr_buf_free(&plain);
	return rc;
}

static int open_with(struct sr_entry *out, struct source *s, struct place *at,
	struct sr_bytes envelope, struct sr_err *e) {
	struct sr_entry en = {.index = at->index};
	struct sr_buf plain;
	struct sr_bytes content = {NULL, 0};
	struct parts p;
	sr_buf_init_secret(&plain);
	sr_buf_init_secret(&en.plain);
	int rc = split(&p, envelope, e);
	if (rc != 0)
		goto out;
	at->kid = p.kid;
	s->at = at;
	s->epoch = en.epoch = p.epoch;
	if ((rc = open_compartment(&plain, &content, &p, s, SR_STRUCTURAL, e)) != 0)
		goto out;
	if ((rc = read_structural(&en, content, e)) != 0)
		goto out;
	if (s->keys != NULL && s->keys->count != 0 && s->keys->count != en.count) {
		rc = sr_fail(e, SR_CORRUPT, "keys for %zu records, the entry has %zu",
			s->keys->count, en.count);
		goto out;
	}
	/* so that views into it stay: plaintexts are shorter than what seals them */
	rc = sr_buf_reserve(
		&en.plain, p.sealed[SR_DESCRIPTIVE].len + p.sealed[SR_PERSONAL].len + 1, e);
	if (rc == 0)
		rc = open_records(&en, &p, s, SR_DESCRIPTIVE, e);
	if (rc == 0)
		rc = open_records(&en, &p, s, SR_PERSONAL, e);
out:
	at->kid = NULL; /* it pointed into ${p} */
	sr_buf_free(&plain);
	if (rc == 0) {
		*out = en;
		return 0;
	}
	sr_entry_free(&en);
	(void)sr_wrap(e, "entry %llu", (unsigned long long)at->index);
	return rc;
}

int sr_entry_open(struct sr_entry *out, const char *origin, uint64_t index,
	struct sr_bytes envelope, const struct sr_keyring *keys, struct sr_err *e) {
	struct source s = {.compartment = ring_compartment, .record = ring_record, .ring = keys};
	struct place at = {origin, index, NULL};
	return open_with(out, &s, &at, envelope, e);
}

int sr_entry_open_disclosed(struct sr_entry *out, const char *origin, uint64_t index,
	struct sr_bytes envelope, const struct sr_entry_keys *keys, struct sr_err *e) {
	struct source s = {
		.compartment = disclosed_compartment, .record = disclosed_record, .keys = keys};
	struct place at = {origin, index, NULL};
	return open_with(out, &s, &at, envelope, e);
}

void sr_entry_free(struct sr_entry *en) {
	if (en->statement.type != NULL)
		sr_statement_free(&en->statement);
	if (en->records != NULL)
		sr_wipe(en->records, en->count * sizeof *en->records);
	free(en->records);
	sr_buf_free(&en->plain);
	*en = (struct sr_entry){.records = NULL};
}

/* ---- disclosing ---- */

void sr_entry_keys_free(struct sr_entry_keys *k) {
	if (k->record != NULL)
		sr_wipe(k->record, k->count * sizeof *k->record);
	free(k->record);
	sr_wipe(k, sizeof *k);
}

static int disclose_records(struct sr_entry_keys *k, const struct sr_entry *en,
	const struct source *s, const struct sr_disclose *d, struct sr_err *e) {
	if (en->count == 0)
		return 0;
	k->record = calloc(en->count, sizeof *k->record);
	if (k->record == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for keys of %zu records", en->count);
	k->count = en->count;
	for (size_t i = 0; i < en->count; i++) {
		const struct sr_record *r = &en->records[i];
		if (r->state != SR_RECORD_READ || !k->have[r->compartment] ||
			!d->may(d->ctx, r->compartment, r))
			continue;
		const int rc = s->record(s, r, i, k->record[i].key, e);
		if (rc != 0)
			return rc;
		k->record[i].have = true;
	}
	return 0;
}

int sr_entry_disclose(struct sr_entry_keys *out, const char *origin, uint64_t index,
	struct sr_bytes envelope, const struct sr_keyring *keys, const struct sr_disclose *d,
	struct sr_err *e) {
	struct source s = {.compartment = ring_compartment, .record = ring_record, .ring = keys};
	struct place at = {origin, index, NULL};
	struct sr_entry_keys k = {.record = NULL};
	struct sr_entry en;
	struct parts p;
	int rc = sr_entry_open(&en, origin, index, envelope, keys, e);
	if (rc != 0)
		return rc;
	if ((rc = split(&p, envelope, e)) != 0)
		goto out;
	at.kid = p.kid;
	s.at = &at;
	s.epoch = p.epoch;
	for (int i = 0; i < SR_COMPARTMENTS; i++) {
		const enum sr_compartment c = (enum sr_compartment)i;
		if (!d->may(d->ctx, c, NULL))
			continue;
		rc = s.compartment(&s, c, k.key[c], e);
		if (rc != 0 && rc != SR_NOTFOUND)
			goto out;
		k.have[c] = rc == 0;
	}
	rc = disclose_records(&k, &en, &s, d, e);
out:
	sr_entry_free(&en);
	if (rc != 0)
		sr_entry_keys_free(&k);
	else
		*out = k;
	return rc;
}
