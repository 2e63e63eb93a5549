/*
 * Statements from a draft to a verified receipt. See client.h.
 *
 * A draft's text, openings and objects are fixed when it is signed; whatever happens on the way,
 * the same bytes are handed in again, and the vault answers a repeated statement with its first
 * receipt. What counts as handed in is the receipt: inclusion and consistency with what was
 * verified before, and a leaf that opens to exactly the signed bytes.
 */
#include "base/escape.h"
#include "core/client_in.h"
#include "core/ops.h"
#include "ledger/card.h"
#include "store/object.h"

static const char MAGIC[8] = {'S', 'R', 'S', 'I', 'G', 'N', '1', '\n'};

int sr_writ_begin(struct sr_writ *d, struct sr_client *c, enum sr_type_id type, int64_t until,
	struct sr_err *e) {
	struct sr_head head = {.time = sr_now(&c->clock), .until = until};
	int rc = sr_client_signer(c, e);

	memset(d, 0, sizeof *d);
	if (rc != 0)
		return rc;
	sr_buf_init_secret(&d->text);
	sr_buf_init_secret(&d->parts);
	sr_buf_init_secret(&d->objects);
	sr_buf_init_secret(&d->note);
	d->type = type;
	sr_random(d->id, SR_ID);
	memcpy(head.vault, c->info.fingerprint, SR_HASH);
	memcpy(head.id, d->id, SR_ID);
	snprintf(head.actor, sizeof head.actor, "%s", c->o.identity->person);
	head.seen_size = c->proofs.seen.size;
	memcpy(head.seen_root, c->proofs.seen.root, SR_HASH);
	sr_statement_begin(&d->text, type, &head);
	return sr_buf_ok(&d->text, e);
}

void sr_writ_free(struct sr_writ *d) {
	sr_buf_free(&d->text);
	sr_buf_free(&d->parts);
	sr_buf_free(&d->objects);
	sr_buf_free(&d->note);
	d->part_count = d->object_count = 0;
}

/* How many lines with ${key} the text has by now. */
static uint32_t lines_with(const struct sr_buf *text, const char *key) {
	const size_t n = strlen(key);
	uint32_t count = 0;

	for (size_t i = 0; i + n + 2 <= text->len; i++)
		if (text->p[i] == '\n' && memcmp(text->p + i + 1, key, n) == 0 &&
			i + 1 + n < text->len && text->p[i + 1 + n] == ' ')
			count++;
	return count;
}

static void opening(
	struct sr_writ *d, const char *key, const uint8_t salt[SR_SALT], struct sr_bytes text) {
	sr_buf_put_lp(&d->parts, sr_bytes_str(key));
	sr_buf_put_le32(&d->parts, lines_with(&d->text, key));
	sr_buf_put(&d->parts, salt, SR_SALT);
	sr_buf_put_lp(&d->parts, text);
	d->part_count++;
}

void sr_writ_text(struct sr_writ *d, const char *key, struct sr_bytes text) {
	uint8_t salt[SR_SALT];

	if (text.len == 0)
		return;
	sr_random(salt, SR_SALT);
	opening(d, key, salt, text);
	sr_statement_put_text(&d->text, key, salt, text);
	sr_wipe(salt, sizeof salt);
}

void sr_writ_card(struct sr_writ *d, const char *key, const struct sr_introduction *who) {
	opening(d, key, who->salt, who->name);
	sr_text_put_base64(&d->text, key, who->card.p, who->card.len);
}

void sr_writ_object(struct sr_writ *d, const char *key, struct sr_bytes body) {
	uint8_t salt[SR_SALT], id[SR_HASH];

	sr_random(salt, SR_SALT);
	sr_object_id(id, salt, body);
	sr_text_put_hex(&d->text, key, id, SR_HASH);
	sr_buf_put(&d->objects, salt, SR_SALT);
	sr_buf_put_lp(&d->objects, sr_bytes_of(NULL, 0));
	sr_buf_put_lp(&d->objects, body);
	d->object_count++;
}

int sr_client_sign(struct sr_client *c, struct sr_writ *d, struct sr_err *e) {
	int rc = sr_client_signer(c, e);

	if (rc == 0 && d->note.len > 0)
		return sr_fail(e, SR_MISUSE, "the statement is signed already");
	if (rc == 0)
		rc = sr_buf_ok(&d->text, e);
	if (rc == 0)
		rc = sr_buf_ok(&d->parts, e);
	if (rc == 0)
		rc = sr_buf_ok(&d->objects, e);
	if (rc == 0)
		rc = sr_statement_sign(&d->note, sr_buf_view(&d->text), c->o.identity->person,
			c->o.identity->seed, e);
	/* Nothing is damaged: the statement was written from what somebody typed. */
	if (rc == SR_CORRUPT) {
		rc = SR_USAGE;
		if (e != NULL)
			e->code = SR_USAGE;
	}
	SR_NAMED(rc, e, "%s", sr_type_at(d->type)->name);
	return rc;
}

void sr_writ_encode(struct sr_buf *out, const struct sr_writ *d) {
	sr_buf_put_lp_buf(out, &d->note);
	sr_buf_put_le32(out, d->part_count);
	sr_buf_put_buf(out, &d->parts);
	sr_buf_put_le32(out, d->object_count);
	sr_buf_put_buf(out, &d->objects);
}

/* --- what came back --------------------------------------------------------------------------- */

void sr_submitted_free(struct sr_submitted *s) {
	sr_buf_free(&s->receipt);
	memset(s, 0, sizeof *s);
}

static void take_follow(struct sr_submitted *out, const struct sr_row *row) {
	for (size_t i = 0; i < sizeof out->follow / sizeof out->follow[0]; i++) {
		const struct sr_bytes v = sr_row_get_n(row, "follow", i);

		if (v.p != NULL)
			sr_escape_to(out->follow[i], sizeof out->follow[i], v);
	}
}

static void refused(struct sr_submitted *out, const struct sr_row *row) {
	const struct sr_bytes code = sr_row_get(row, "code");
	char sentence[700];
	int have = SR_DENIED;

	for (int k = -1; k >= SR_USAGE; k--)
		if (sr_bytes_eq(code, sr_bytes_str(sr_code_name((enum sr_code)k))))
			have = k;
	sr_escape_to(sentence, sizeof sentence, sr_row_get(row, "error"));
	out->code = sr_fail(&out->why, (enum sr_code)have, "%s", sentence);
	sr_escape_to(out->rule, sizeof out->rule, sr_row_get(row, "rule"));
	sr_escape_to(out->title, sizeof out->title, sr_row_get(row, "title"));
}

/* One outcome. ${note}: what was signed; ${own}: by us, so the vault owes us a receipt. */
static int take_outcome(struct sr_client *c, struct sr_submitted *out, const struct sr_row *row,
	struct sr_bytes note, bool own, struct sr_err *e) {
	const struct sr_bytes receipt = sr_row_get(row, "receipt");
	struct sr_proven *pr = NULL;
	int rc;

	if (!sr_bytes_eq(sr_row_get(row, "code"), sr_bytes_str("OK"))) {
		refused(out, row);
		return 0;
	}
	out->code = 0;
	out->repeated = sr_row_get(row, "repeated").p != NULL;
	take_follow(out, row);
	rc = sr_row_get_dec(&out->index, row, "index", e);
	if (rc == 0)
		rc = sr_row_get_time(&out->received, row, "received", e);
	if (rc != 0)
		return rc;
	if (receipt.p == NULL)
		return own ? sr_fail(e, SR_AUTH,
				     "the vault says that it took the statement, and withholds "
				     "the receipt")
			   : 0;
	rc = sr_proofs_add(&c->proofs, receipt, note, &pr, e);
	if (rc == 0 && pr->index != out->index)
		rc = sr_fail(e, SR_AUTH, "the receipt is of entry %llu, the vault says %llu",
			(unsigned long long)pr->index, (unsigned long long)out->index);
	if (rc != 0)
		return rc;
	out->received = pr->entry.received;
	out->proven = true;
	sr_buf_put_bytes(&out->receipt, receipt);
	return sr_buf_ok(&out->receipt, e);
}

struct sending {
	const struct sr_bytes *notes;
	size_t count;
	bool own;
};

/* Hand in ${body} and take the outcomes. A refusal of a single one is also the result. */
static int send(struct sr_client *c, struct sr_bytes body, const struct sending *s,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	struct sr_err said = {0};
	size_t n = 0;
	int rc, parsed;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "submit");
	sr_client_put_since(c, &q);
	sr_buf_put_bytes(&q.body, body);
	rc = sr_client_call(c, &q, &r, &said);
	parsed = r.body.len > 0 ? sr_rows_parse(&rows, sr_buf_view(&r.body), e) : 0;
	if (rc != 0 &&
		(parsed != 0 ||
			rows.count != s->count)) { /* not an outcome, but a failure of the call */
		rc = sr_fail(e, said.code, "%s", said.text);
		for (size_t i = 0; i < s->count; i++)
			out[i].code = sr_fail(&out[i].why, said.code, "%s", said.text);
		goto out;
	}
	rc = parsed;
	for (size_t i = 0; i < rows.count && rc == 0; i++)
		if (n < s->count && sr_row_is(&rows.rows[i], "outcome")) {
			rc = take_outcome(c, &out[n], &rows.rows[i], s->notes[n], s->own, e);
			n++;
		}
	if (rc == 0 && n != s->count)
		rc = sr_fail(e, SR_CORRUPT, "submit: want %zu outcomes, have %zu", s->count, n);
	if (rc == 0 && c->proofs.founded)
		rc = sr_proofs_settle(&c->proofs, e);
	if (rc == 0)
		rc = sr_client_seen(c, true, e);
	if (s->count == 1) {
		memcpy(c->info.rule, out[0].rule, sizeof c->info.rule);
		memcpy(c->info.title, out[0].title, sizeof c->info.title);
	}
	if (rc == 0 && s->count == 1 && out[0].code != 0)
		rc = sr_fail(e, (enum sr_code)out[0].code, "%s", out[0].why.text);
out:
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_submit_many(struct sr_client *c, struct sr_writ *d, size_t count,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_bytes notes[SR_SUBMIT_MAX] = {{NULL, 0}};
	struct sr_buf body;
	int rc = 0;

	if (count < 1 || count > SR_SUBMIT_MAX)
		return sr_fail(e, SR_MISUSE, "submit: %zu statements at once, want 1 to %d", count,
			SR_SUBMIT_MAX);
	sr_buf_init_secret(&body);
	sr_buf_put_le32(&body, (uint32_t)count);
	for (size_t i = 0; i < count && rc == 0; i++) {
		memset(&out[i], 0, sizeof out[i]);
		sr_buf_init_secret(&out[i].receipt);
		memcpy(out[i].id, d[i].id, SR_ID);
		if (d[i].note.len == 0)
			rc = sr_client_sign(c, &d[i], e);
		if (rc == 0)
			sr_writ_encode(&body, &d[i]);
		notes[i] = sr_buf_view(&d[i].note);
	}
	if (rc == 0)
		rc = sr_buf_ok(&body, e);
	const struct sending s = {notes, count, true};
	if (rc == 0)
		rc = send(c, sr_buf_view(&body), &s, out, e);
	sr_buf_free(&body);
	return rc;
}

int sr_client_submit(
	struct sr_client *c, struct sr_writ *d, struct sr_submitted *out, struct sr_err *e) {
	struct sr_submitted *mine = out != NULL ? out : calloc(1, sizeof *mine);
	int rc;

	if (mine == NULL)
		return sr_fail(e, SR_NOMEM, "submit: out of memory");
	rc = sr_client_submit_many(c, d, 1, mine, e);
	if (out == NULL) {
		sr_submitted_free(mine);
		free(mine);
	}
	return rc;
}

/* --- in a file -------------------------------------------------------------------------------- */

int sr_client_save(struct sr_client *c, struct sr_writ *d, struct sr_buf *out, struct sr_err *e) {
	int rc = d->note.len == 0 ? sr_client_sign(c, d, e) : 0;

	if (rc != 0)
		return rc;
	sr_buf_put(out, MAGIC, sizeof MAGIC);
	sr_buf_put(out, c->info.fingerprint, SR_HASH);
	sr_writ_encode(out, d);
	return sr_buf_ok(out, e);
}

/* The submission inside, checked for form: note and vault. */
static int file_parts(struct sr_bytes file, const uint8_t vault[SR_HASH], struct sr_bytes *sub,
	struct sr_statement *st, struct sr_err *e) {
	uint8_t magic[sizeof MAGIC], whose[SR_HASH];
	struct sr_bytes note;
	struct sr_reader r;
	int rc;

	sr_reader_init(&r, file);
	rc = sr_get(&r, magic, sizeof magic, e);
	if (rc == 0 && memcmp(magic, MAGIC, sizeof MAGIC) != 0)
		rc = sr_fail(e, SR_CORRUPT,
			"it does not begin with SRSIGN1: it is not a file of a signed statement");
	if (rc == 0)
		rc = sr_get(&r, whose, SR_HASH, e);
	if (rc == 0 && memcmp(whose, vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_DENIED, "it was signed for another vault");
	if (rc == 0) {
		*sub = sr_bytes_of(file.p + r.pos, file.len - r.pos);
		rc = sr_get_lp(&r, &note, SR_STATEMENT_MAX, e);
	}
	if (rc == 0)
		rc = sr_statement_parse(st, note, e);
	return rc;
}

int sr_client_carry(
	struct sr_client *c, struct sr_bytes file, struct sr_submitted *out, struct sr_err *e) {
	struct sr_statement st = {0};
	struct sr_bytes sub, note;
	struct sr_buf body;
	int rc;

	memset(out, 0, sizeof *out);
	sr_buf_init_secret(&out->receipt);
	sr_buf_init_secret(&body);
	rc = file_parts(file, c->info.fingerprint, &sub, &st, e);
	if (rc != 0) {
		SR_NAMED(rc, e, "signed statement");
		goto out;
	}
	memcpy(out->id, st.head.id, SR_ID);
	note = sr_buf_view(&st.note);
	sr_buf_put_le32(&body, 1);
	sr_buf_put_bytes(&body, sub);
	rc = sr_buf_ok(&body, e);
	const struct sending s = {&note, 1, strcmp(st.head.actor, c->info.person) == 0};
	if (rc == 0)
		rc = send(c, sr_buf_view(&body), &s, out, e);
out:
	sr_statement_free(&st);
	sr_buf_free(&body);
	return rc;
}

/* --- statements with one thing in them -------------------------------------------------------- */

void sr_client_request_key(const struct sr_client *c, const uint8_t request[SR_ID],
	uint8_t sk[SR_X_SK], uint8_t pk[SR_X_PK]) {
	sr_box_request_sk(sk, c->o.identity->seed, sr_bytes_of(c->info.fingerprint, SR_HASH),
		sr_bytes_of(request, SR_ID));
	sr_box_public(pk, sk);
}

/* The newest version of a request, as the server says: a wrong number is refused by the vault,
 * nothing else. */
int sr_client_version(
	struct sr_client *c, const uint8_t request[SR_ID], uint64_t *version, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "request");
	sr_text_put_hex(&q.head, "request", request, SR_ID);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "version");

		rc = row == NULL ? sr_fail(e, SR_CORRUPT, "request: the vault shows no version")
				 : sr_row_get_dec(version, row, "version", e);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static int act_fields(
	struct sr_client *c, struct sr_writ *d, const struct sr_act *a, struct sr_err *e) {
	static const char *const about[] = {"request", "grant", "checkout", "attestation"};
	const struct sr_type *t = sr_type_at(a->type);
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	uint64_t version = 0;
	int rc = 0;

	if (a->type == SR_T_PERSON_END)
		sr_text_put(&d->text, "person", a->person);
	for (size_t i = 0;
		i < sizeof about / sizeof about[0] && a->id != NULL && a->type != SR_T_PERSON_END;
		i++) {
		const struct sr_field *f = sr_type_field(t, sr_bytes_str(about[i]));

		/* A lift may also be of something else: here it is a grant's. */
		if (f != NULL && (f->cardinality == SR_ONE ||
					 (a->type == SR_T_LIFT && strcmp(about[i], "grant") == 0)))
			sr_text_put_hex(&d->text, about[i], a->id, SR_ID);
	}
	if (a->type == SR_T_WITHDRAW) {
		rc = sr_client_version(c, a->id, &version, e);
		sr_text_put_dec(&d->text, "version", version);
	}
	if (a->type == SR_T_JOIN) {
		sr_client_request_key(c, a->id, sk, pk);
		sr_text_put_base64(&d->text, "key", pk, SR_X_PK);
		sr_wipe(sk, sizeof sk);
	}
	if (sr_type_field(t, sr_bytes_str("reason")) != NULL)
		sr_writ_text(d, "reason", a->text);
	else if (sr_type_field(t, sr_bytes_str("text")) != NULL)
		sr_writ_text(d, "text", a->text);
	return rc;
}

int sr_client_act(
	struct sr_client *c, const struct sr_act *a, struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ d;
	int rc = sr_writ_begin(&d, c, a->type, 0, e);

	if (rc == 0)
		rc = act_fields(c, &d, a, e);
	if (rc == 0)
		rc = sr_client_submit(c, &d, out, e);
	sr_writ_free(&d);
	return rc;
}

int sr_client_person(struct sr_client *c, const struct sr_introduction *who,
	const char *const *roles, struct sr_submitted *out, struct sr_err *e) {
	struct sr_card card;
	struct sr_writ d;
	int rc = sr_card_read(&card, who->card, e);

	if (rc != 0) {
		SR_NAMED(rc, e, "card");
		return rc;
	}
	rc = sr_writ_begin(&d, c, SR_T_PERSON, 0, e);
	if (rc == 0) {
		sr_text_put(&d.text, "person", card.person);
		for (size_t i = 0; roles[i] != NULL; i++)
			sr_text_put(&d.text, "role", roles[i]);
		sr_writ_card(&d, "card", who);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}

static void put_words(struct sr_writ *d, const char *key, const char *const *words) {
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		sr_text_put(&d->text, key, words[i]);
}

void sr_writ_string(struct sr_writ *d, const char *key, const char *text) {
	if (text != NULL)
		sr_writ_text(d, key, sr_bytes_str(text));
}

/* One value as its line; checked before it is signed. */
static int put_value(
	struct sr_writ *d, const struct sr_desc_field *f, const char *value, struct sr_err *e) {
	const struct sr_bytes v = sr_bytes_str(value);
	const bool none = strcmp(value, "none") == 0 &&
			  (f->form == SR_FORM_HAZARD || f->form == SR_FORM_LANGUAGE);
	struct sr_buf spelled;
	int rc = none ? 0 : sr_desc_check(f, v, e);

	if (rc != 0)
		return sr_wrap(e, "%s", f->name);
	if (f->kind == SR_V_TEXT) {
		sr_writ_text(d, f->name, v);
		return 0;
	}
	sr_buf_init(&spelled);
	sr_desc_put(&spelled, f, v);
	sr_buf_put_u8(&spelled, 0);
	rc = sr_buf_ok(&spelled, e);
	if (rc == 0)
		sr_text_put(&d->text, f->name, (const char *)spelled.p);
	sr_buf_free(&spelled);
	return rc;
}

/* What the description says in a field, from wherever it stands in ${w}. */
static int put_field(struct sr_writ *d, const struct sr_describe *w, const struct sr_desc_field *f,
	struct sr_err *e) {
	const struct {
		const char *name, *text;
		const char *const *list;
	} named[] = {{"hazard", NULL, w->hazards}, {"date", w->date, NULL},
		{"language", NULL, w->languages}, {"title", w->title, NULL},
		{"translit", w->translit, NULL}, {"description", w->description, NULL},
		{"creator", w->creator, NULL}, {"source", w->source, NULL},
		{"rights", w->rights, NULL}, {"keyword", NULL, w->keywords}};
	int rc = 0;

	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		if (strcmp(named[i].name, f->name) != 0)
			continue;
		if (named[i].text != NULL)
			rc = put_value(d, f, named[i].text, e);
		for (const char *const *v = named[i].list; rc == 0 && v != NULL && *v != NULL; v++)
			rc = put_value(d, f, *v, e);
	}
	for (size_t i = 0; rc == 0 && i < w->value_count; i++)
		if (w->values[i].field == f)
			rc = put_value(d, f, w->values[i].text, e);
	return rc;
}

static int draft_description(
	struct sr_writ *d, struct sr_client *c, const struct sr_describe *w, struct sr_err *e) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	int rc = sr_writ_begin(d, c, SR_T_DESCRIBE, 0, e);

	if (rc != 0)
		return rc;
	sr_text_put_hex(&d->text, "item", w->item, SR_ID);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = put_field(d, w, &fields[i], e);
	for (size_t i = 0; i < w->mark_count; i++) {
		char mark[SR_MARK_TEXT];

		sr_mark_format(mark, &w->marks[i]);
		sr_text_put(&d->text, "mark", mark);
	}
	put_words(d, "clear", w->clear);
	return rc;
}

int sr_client_describe(struct sr_client *c, const struct sr_describe *w, size_t count,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ *d = calloc(SR_SUBMIT_MAX, sizeof *d);
	int rc = d == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;
	size_t n = 0;

	for (size_t at = 0; d != NULL && at < count && rc == 0; at += n) {
		n = count - at < SR_SUBMIT_MAX ? count - at : SR_SUBMIT_MAX;
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = draft_description(&d[i], c, &w[at + i], e);
		if (rc == 0)
			rc = sr_client_submit_many(c, d, n, out + at, e);
		if (rc != 0 && count > 1 && n == 1 && out[at].code == rc)
			rc = 0; /* one refusal among many is that one's outcome */
		for (size_t i = 0; i < n; i++)
			sr_writ_free(&d[i]);
	}
	free(d);
	return rc;
}
