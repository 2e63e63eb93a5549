/*
 * fuzz_ledger_statement - statements of every type: refused, or exactly one spelling of what they
 * say (encode(parse(b)) == b), every field readable as its kind; what parses can be signed, and the
 * signed note parses to the same.
 *
 * Input: u8 mode: 0 a note, 1 a text.
 */
#include "fuzz_merkle.h"

#include "../unit/ledger_fixture.h"

static void check_value(const struct sr_statement *s, const struct sr_field *f, size_t i) {
	uint8_t a[SR_HASH];
	uint8_t b[SR_HASH];
	char subject[SR_SUBJECT_TEXT];
	struct sr_buf card;
	struct sr_err e;
	uint64_t n = 0, m = 0;
	int64_t t = 0;
	int rc = 0;
	MUST(sr_value_check(f->kind, sr_field(s, f->key, i), &e) == 0);
	switch (f->kind) {
	case SR_V_ID:
		rc = sr_field_id(a, s, f->key, i, &e);
		break;
	case SR_V_HASH:
		rc = sr_field_hash(a, s, f->key, i, &e);
		break;
	case SR_V_KEY:
		rc = sr_field_key(a, s, f->key, i, &e);
		break;
	case SR_V_CARD:
		sr_buf_init(&card);
		rc = sr_field_card(&card, s, f->key, i, &e);
		sr_buf_free(&card);
		if (rc == 0)
			rc = sr_field_commitment(a, s, f->key, i, &e);
		break;
	case SR_V_DEC:
		rc = sr_field_dec(&n, s, f->key, i, &e);
		break;
	case SR_V_TIME:
		rc = sr_field_time(&t, s, f->key, i, &e);
		break;
	case SR_V_TEXT:
		rc = sr_field_commitment(a, s, f->key, i, &e);
		if (rc == 0)
			rc = sr_field_subject(subject, s, f->key, i, &e);
		break;
	case SR_V_COUNT_ROOT:
		rc = sr_field_count_root(&n, a, s, f->key, &e);
		break;
	case SR_V_LEVEL_KEY:
		rc = sr_field_level_key(&n, a, s, f->key, i, &e);
		break;
	case SR_V_LEVEL_QUORUM:
		rc = sr_field_level_quorum(&n, &m, s, f->key, i, &e);
		break;
	case SR_V_ID_HASH:
		rc = sr_field_id_hash(a, b, s, f->key, &e);
		break;
	case SR_V_PERSON:
	case SR_V_TOKEN:
	case SR_V_NAME:
		break;
	}
	assert_ok(rc, &e);
}

/* The signed text is its lines; the fields are the rest of them, all known. */
static void check_statement(const struct sr_statement *s) {
	struct sr_buf b;
	size_t fields = 0;
	uint8_t hash[SR_HASH];
	sr_buf_init(&b);
	char *type = fuzz_str(s->text.type);
	sr_text_begin(&b, type);
	free(type);
	for (size_t i = 0; i < s->text.count; i++) {
		char *key = fuzz_str(s->text.lines[i].key);
		char *value = fuzz_str(s->text.lines[i].value);
		sr_text_put(&b, key, value);
		free(key);
		free(value);
	}
	MUST(sr_buf_ok(&b, NULL) == 0 && sr_bytes_eq(sr_buf_view(&b), s->body));
	sr_buf_free(&b);
	sr_statement_hash(hash, s->body);
	MUST(memcmp(hash, s->hash, SR_HASH) == 0);
	for (const struct sr_field *f = s->type->fields; f->key != NULL; f++) {
		size_t count = sr_field_count(s, f->key);
		MUST(f->cardinality == SR_ANY || count > 0 || f->cardinality == SR_OPTIONAL);
		MUST(count < 2 || f->cardinality == SR_ANY || f->cardinality == SR_SOME);
		for (size_t i = 0; i < count; i++)
			check_value(s, f, i);
		fields += count;
	}
	MUST(s->fields_at + fields == s->text.count);
}

static void check_note(struct sr_bytes in) {
	const struct t_person p = t_person(1);
	struct sr_statement s;
	struct sr_err e;
	if (sr_statement_parse(&s, in, &e) != 0)
		return;
	MUST(sr_bytes_eq(sr_buf_view(&s.note), in));
	MUST(s.body.len < in.len && memcmp(s.body.p, in.p, s.body.len) == 0);
	check_statement(&s);
	int rc = sr_statement_verify(&s, p.name, p.pk, &e);
	MUST(rc == 0 || rc == SR_AUTH);
	MUST(rc != 0 || s.type->id == SR_T_DESCRIBE); /* the one note of the corpus */
	if (s.type->id == SR_T_FOUND)
		MUST(sr_statement_verify_found(&s, &e) != 0);
	sr_statement_free(&s);
}

static void check_text(struct sr_bytes in) {
	const struct t_person p = t_person(1);
	struct sr_statement s, again;
	struct sr_buf note;
	struct sr_err e;
	char name[SR_NAME_MAX + 1];
	if (sr_statement_parse_text(&s, in, &e) != 0)
		return;
	MUST(sr_bytes_eq(s.body, in));
	check_statement(&s);
	sr_buf_init(&note);
	if (s.by_service)
		assert_ok(sr_statement_room_name(name, sizeof name, T_ORIGIN, &e), &e);
	else
		(void)snprintf(name, sizeof name, "%s", s.head.actor);
	if (s.type->id != SR_T_FOUND) {
		assert_ok(sr_statement_sign(&note, in, name, p.seed, &e), &e);
		assert_ok(sr_statement_parse(&again, sr_buf_view(&note), &e), &e);
		MUST(sr_bytes_eq(again.body, in) && memcmp(again.hash, s.hash, SR_HASH) == 0);
		assert_ok(sr_statement_verify(&again, name, p.pk, &e), &e);
		sr_statement_free(&again);
	}
	sr_buf_free(&note);
	sr_statement_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0)
		check_note(in);
	else
		check_text(in);
	return 0;
}

/* A value of the field's kind. */
static void put_field(struct sr_buf *b, const struct sr_field *f) {
	const struct t_person p = t_person(1);
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_buf b64;
	t_fill(hash, sizeof hash, 9);
	sr_hex(hex, hash, sizeof hash);
	sr_buf_init(&b64);
	sr_buf_put_base64(&b64, p.pk, SR_PK);
	sr_buf_put_u8(&b64, 0);
	switch (f->kind) {
	case SR_V_ID:
		sr_text_put(b, f->key, T_ITEM_HEX);
		break;
	case SR_V_HASH:
		sr_text_put(b, f->key, hex);
		break;
	case SR_V_PERSON:
		sr_text_put(b, f->key, p.name);
		break;
	case SR_V_KEY:
		sr_text_put(b, f->key, (const char *)b64.p);
		break;
	case SR_V_CARD:
		t_put_card(b, f->key, &p);
		break;
	case SR_V_TOKEN:
		sr_text_put(b, f->key, "text");
		break;
	case SR_V_NAME:
		sr_text_put(b, f->key, "name.example/x");
		break;
	case SR_V_DEC:
		sr_text_put(b, f->key, "2");
		break;
	case SR_V_TIME:
		sr_text_put_time(b, f->key, T_TIME + 60);
		break;
	case SR_V_TEXT:
		t_put_text(b, f->key, "a reason");
		break;
	case SR_V_COUNT_ROOT:
		sr_statement_put_count_root(b, f->key, 2, hash);
		break;
	case SR_V_LEVEL_KEY:
		sr_text_putf(b, f->key, "2 %s", (const char *)b64.p);
		break;
	case SR_V_LEVEL_QUORUM:
		sr_text_put(b, f->key, "2 3");
		break;
	case SR_V_ID_HASH:
		sr_text_putf(b, f->key, "%s %s", T_ITEM_HEX, hex);
		break;
	}
	sr_buf_free(&b64);
}

void fuzz_seeds(void) {
	const struct t_person p = t_person(1);
	struct sr_buf b, note;
	struct sr_err e;
	fuzz_start();
	sr_buf_init(&b);
	sr_buf_init(&note);
	for (int i = 0; i < SR_T_COUNT; i++) {
		const struct sr_type *t = sr_type_at((enum sr_type_id)i);
		bool service = (t->signers & ~(unsigned)SR_BY_SERVICE) == 0;
		const struct sr_head h = t_head(service ? NULL : &p, (uint64_t)i);
		sr_buf_clear(&b);
		if (t->id == SR_T_FOUND) {
			t_found_text(&b, 3);
		} else {
			sr_statement_begin(&b, t->id, &h);
			for (const struct sr_field *f = t->fields; f->key != NULL; f++)
				if (service || t->service_needs == NULL ||
					strcmp(f->key, t->service_needs) != 0)
					put_field(&b, f);
		}
		assert_ok(sr_buf_ok(&b, &e), &e);
		fuzz_seed_with(t->name, "\1", 1, sr_buf_view(&b));
	}
	t_describe(&note, &p, 1);
	fuzz_seed_with("note", "\0", 1, sr_buf_view(&note));
	sr_buf_free(&b);
	sr_buf_free(&note);
}
