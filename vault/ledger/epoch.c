/*
 * epoch - the structural key of an epoch, sealed to auditors. See epoch.h.
 */
#include "ledger/epoch.h"

#include "crypto/box.h"

static const char type_line[] = "strongroom/epoch-keys/v1";
static const char many_line[] = "strongroom/auditor-keys/v1";
static const char label[] = "strongroom/epoch-key/v1";

static void put_context(
	struct sr_buf *b, const uint8_t vault[SR_HASH], uint32_t number, const char *person) {
	sr_buf_clear(b);
	sr_buf_put(b, vault, SR_HASH);
	sr_buf_put_le32(b, number);
	sr_buf_put_lp(b, sr_bytes_str(person));
}

/* The base64 of the epoch's structural key, boxed to ${a}. */
static int put_box(struct sr_buf *value, const uint8_t vault[SR_HASH], const struct sr_epoch *epoch,
	const struct sr_auditor *a, struct sr_err *e) {
	struct sr_buf context, box;
	sr_buf_init(&context);
	sr_buf_init(&box);
	put_context(&context, vault, epoch->number, a->person);
	int rc = sr_buf_ok(&context, e);
	if (rc == 0)
		rc = sr_box_seal_person(&box, a->pk, label, sr_buf_view(&context),
			sr_bytes_of(epoch->key[SR_STRUCTURAL], SR_KEY), e);
	if (rc == 0) {
		sr_buf_put_base64(value, box.p, box.len);
		rc = sr_buf_ok(value, e);
	}
	if (rc != 0)
		(void)sr_wrap(e, "auditor %s", a->person);
	sr_buf_free(&context);
	sr_buf_free(&box);
	return rc;
}

static int put_auditor(struct sr_buf *text, const uint8_t vault[SR_HASH],
	const struct sr_epoch *epoch, const struct sr_auditor *a, struct sr_err *e) {
	struct sr_buf value;
	sr_buf_init(&value);
	int rc = put_box(&value, vault, epoch, a, e);
	if (rc == 0)
		sr_text_putf(text, "auditor", "%s %.*s", a->person, (int)value.len,
			(const char *)value.p);
	sr_buf_free(&value);
	return rc;
}

int sr_epoch_seal(struct sr_buf *out, const uint8_t vault[SR_HASH], const struct sr_epoch *epoch,
	const struct sr_auditor *auditors, size_t count, struct sr_err *e) {
	struct sr_buf text;
	int rc = 0;
	sr_buf_init(&text);
	sr_text_begin(&text, type_line);
	sr_text_put_hex(&text, "vault", vault, SR_HASH);
	sr_text_put_dec(&text, "epoch", epoch->number);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (i > 0 && strcmp(auditors[i - 1].person, auditors[i].person) >= 0)
			rc = sr_fail(
				e, SR_MISUSE, "epoch keys: auditors are not in ascending order");
		else
			rc = put_auditor(&text, vault, epoch, &auditors[i], e);
	}
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		sr_buf_put_buf(out, &text);
	if (rc == 0)
		rc = sr_buf_ok(out, e);
	sr_buf_free(&text);
	return rc;
}

/* Vault and epoch first, then auditors alone. */
static int check_head(
	const struct sr_text *t, const uint8_t vault[SR_HASH], uint32_t number, struct sr_err *e) {
	uint8_t v[SR_HASH];
	uint64_t n;
	int rc;
	if (!sr_bytes_eq(t->type, sr_bytes_str(type_line)))
		return sr_fail(e, SR_CORRUPT, "the first line is not \"%s\"", type_line);
	if (t->count < 2 || !sr_bytes_eq(t->lines[0].key, sr_bytes_str("vault")) ||
		!sr_bytes_eq(t->lines[1].key, sr_bytes_str("epoch")))
		return sr_fail(e, SR_CORRUPT, "the lines do not begin with `vault` and `epoch`");
	if ((rc = sr_unhex(v, sizeof v, t->lines[0].value, e)) != 0 ||
		(rc = sr_parse_dec(&n, t->lines[1].value, UINT32_MAX, e)) != 0)
		return rc;
	if (memcmp(v, vault, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "they are of another vault");
	if (n != number)
		return sr_fail(e, SR_AUTH, "they are of epoch %llu, want %u", (unsigned long long)n,
			number);
	for (size_t i = 2; i < t->count; i++) {
		if (!sr_bytes_eq(t->lines[i].key, sr_bytes_str("auditor")) ||
			sr_word_count(t->lines[i].value) != 2)
			return sr_fail(e, SR_CORRUPT, "line %zu is not an auditor's", i + 2);
	}
	return 0;
}

static int open_box(uint8_t key[SR_KEY], struct sr_bytes b64, struct sr_bytes context,
	const uint8_t seed[SR_SEED], struct sr_err *e) {
	struct sr_buf box, plain;
	sr_buf_init(&box);
	sr_buf_init_secret(&plain);
	int rc = sr_unbase64(&box, b64, e);
	if (rc == 0)
		rc = sr_box_open_person(&plain, seed, label, context, sr_buf_view(&box), e);
	if (rc == 0 && plain.len != SR_KEY)
		rc = sr_fail(e, SR_CORRUPT, "the key has %zu bytes, want %d", plain.len, SR_KEY);
	if (rc == 0)
		memcpy(key, plain.p, SR_KEY);
	sr_buf_free(&box);
	sr_buf_free(&plain);
	return rc;
}

int sr_epoch_open(uint8_t key[SR_KEY], struct sr_bytes body, const uint8_t vault[SR_HASH],
	uint32_t number, const char *person, const uint8_t seed[SR_SEED], struct sr_err *e) {
	struct sr_text t;
	struct sr_buf context;
	int rc = sr_text_parse(&t, body, e);
	if (rc != 0) {
		(void)sr_wrap(e, "epoch keys");
		return rc;
	}
	sr_buf_init(&context);
	put_context(&context, vault, number, person);
	rc = sr_buf_ok(&context, e);
	if (rc == 0)
		rc = check_head(&t, vault, number, e);
	struct sr_bytes found = {NULL, 0};
	for (size_t i = 2; rc == 0 && i < t.count; i++) {
		if (sr_bytes_eq(sr_word(t.lines[i].value, 0), sr_bytes_str(person)))
			found = sr_word(t.lines[i].value, 1);
	}
	if (rc == 0 && found.p == NULL)
		rc = sr_fail(e, SR_NOTFOUND, "none is sealed to %s", person);
	if (rc == 0)
		rc = open_box(key, found, sr_buf_view(&context), seed, e);
	if (rc != 0)
		(void)sr_wrap(e, "epoch keys");
	sr_buf_free(&context);
	sr_text_free(&t);
	return rc;
}

/* --- several epochs to one auditor --- */

int sr_epochs_seal(struct sr_buf *out, const uint8_t vault[SR_HASH], const struct sr_epoch_range *r,
	const struct sr_auditor *a, struct sr_err *e) {
	struct sr_epoch epoch;
	struct sr_buf text, value;
	int rc = 0;
	sr_buf_init(&text);
	sr_buf_init(&value);
	if (r->first < SR_EPOCH_FIRST || r->first > r->last)
		rc = sr_fail(e, SR_MISUSE, "epoch keys: epochs %u to %u", r->first, r->last);
	sr_text_begin(&text, many_line);
	sr_text_put_hex(&text, "vault", vault, SR_HASH);
	sr_text_put(&text, "auditor", a->person);
	for (uint32_t n = r->first; rc == 0 && n <= r->last; n++) {
		sr_buf_clear(&value);
		sr_epoch_derive(&epoch, n, r->secret(r->ctx, n));
		rc = put_box(&value, vault, &epoch, a, e);
		sr_wipe(&epoch, sizeof epoch);
		if (rc == 0)
			sr_text_putf(&text, "epoch", "%u %.*s", n, (int)value.len,
				(const char *)value.p);
	}
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		sr_buf_put_buf(out, &text);
	if (rc == 0)
		rc = sr_buf_ok(out, e);
	sr_buf_free(&text);
	sr_buf_free(&value);
	return rc;
}

/* The box of epoch ${number} in a text for one auditor, whole. */
static int find_many(struct sr_bytes *box, const struct sr_text *t, const uint8_t vault[SR_HASH],
	uint32_t number, const char *person, struct sr_err *e) {
	uint8_t v[SR_HASH];
	uint64_t n = 0, last = 0;
	int rc = 0;
	*box = sr_bytes_of(NULL, 0);
	if (t->count < 3 || !sr_bytes_eq(t->lines[0].key, sr_bytes_str("vault")) ||
		!sr_bytes_eq(t->lines[1].key, sr_bytes_str("auditor")))
		return sr_fail(e, SR_CORRUPT, "the lines do not begin with `vault` and `auditor`");
	if ((rc = sr_unhex(v, sizeof v, t->lines[0].value, e)) != 0)
		return rc;
	if (memcmp(v, vault, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "they are of another vault");
	for (size_t i = 2; i < t->count; i++) {
		if (!sr_bytes_eq(t->lines[i].key, sr_bytes_str("epoch")) ||
			sr_word_count(t->lines[i].value) != 2 ||
			sr_parse_dec(&n, sr_word(t->lines[i].value, 0), UINT32_MAX, NULL) != 0 ||
			n <= last)
			return sr_fail(e, SR_CORRUPT, "line %zu is not an epoch's, or out of order",
				i + 2);
		last = n;
		if (n == number)
			*box = sr_word(t->lines[i].value, 1);
	}
	if (box->p == NULL || !sr_bytes_eq(t->lines[1].value, sr_bytes_str(person)))
		return sr_fail(
			e, SR_NOTFOUND, "epoch %u is not sealed to %s in it", number, person);
	return 0;
}

int sr_epoch_find(uint8_t key[SR_KEY], struct sr_bytes body, const uint8_t vault[SR_HASH],
	uint32_t number, const char *person, const uint8_t seed[SR_SEED], struct sr_err *e) {
	struct sr_text t;
	struct sr_bytes box;
	struct sr_buf context;
	int rc = sr_text_parse(&t, body, e);
	if (rc != 0) {
		(void)sr_wrap(e, "epoch keys");
		return rc;
	}
	if (!sr_bytes_eq(t.type, sr_bytes_str(many_line))) {
		sr_text_free(&t);
		return sr_epoch_open(key, body, vault, number, person, seed, e);
	}
	sr_buf_init(&context);
	put_context(&context, vault, number, person);
	rc = sr_buf_ok(&context, e);
	if (rc == 0)
		rc = find_many(&box, &t, vault, number, person, e);
	if (rc == 0)
		rc = open_box(key, box, sr_buf_view(&context), seed, e);
	if (rc != 0)
		(void)sr_wrap(e, "epoch keys");
	sr_buf_free(&context);
	sr_text_free(&t);
	return rc;
}
