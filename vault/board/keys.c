/*
 * keys - see keys.h.
 */
#include "board/keys.h"

#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "store/object.h"
#include "store/secrets.h"

static enum sr_secret_kind kind_of(const char *subject) {
	const bool personal =
		strncmp(subject, "p-", 2) == 0 || strncmp(subject, "enquiry:", 8) == 0;

	if (strncmp(subject, SR_CEREMONY_SUBJECT, sizeof SR_CEREMONY_SUBJECT - 1) == 0)
		return SR_SECRET_CEREMONY;
	return personal ? SR_SECRET_PERSON : SR_SECRET_DESCRIPTIVE;
}

int sr_subject_key(uint8_t key[SR_KEY], struct sr_vault *v, const char *subject, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init_secret(&b);
	rc = sr_secrets_get(v->secrets, kind_of(subject), sr_bytes_str(subject), 0, &b, e);
	if (rc == 0 && b.len != SR_KEY)
		rc = sr_fail(e, SR_CORRUPT, "secrets.db: key of %s: want %d bytes, have %zu",
			subject, SR_KEY, b.len);
	if (rc == 0)
		memcpy(key, b.p, SR_KEY);
	sr_buf_free(&b);
	return rc;
}

int sr_subject_key_make(
	uint8_t key[SR_KEY], struct sr_vault *v, const char *subject, struct sr_err *e) {
	int rc = sr_subject_key(key, v, subject, e);

	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	sr_random(key, SR_KEY);
	return sr_secrets_put(v->secrets, kind_of(subject), sr_bytes_str(subject), 0,
		sr_bytes_of(key, SR_KEY), e);
}

void sr_vault_epoch(struct sr_epoch *out, const struct sr_vault *v, uint32_t number) {
	sr_epoch_derive(out, number, sr_service_epoch_key(v->keys, number));
}

int sr_vault_epoch_now(uint32_t *number, struct sr_vault *v, struct sr_err *e) {
	return sr_query_epoch_now(number, v->catalogue, e);
}

/* Any number: that it is the right one for its place, replay checks. */
static int ring_epoch(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_epoch ep;

	if (epoch < SR_EPOCH_FIRST)
		return sr_fail(e, SR_NOTFOUND, "no key of epoch %u", epoch);
	sr_vault_epoch(&ep, ctx, epoch);
	memcpy(key, ep.key[c], SR_KEY);
	sr_wipe(&ep, sizeof ep);
	return 0;
}

/* A subject's key lives on when the service keys change. So that who has one of before, from an old
 * copy of secrets.db, reads nothing that is written later, epochs of later keys need their secret
 * too.
 */
static int subject_in_epoch(uint8_t key[SR_KEY], struct sr_vault *v, const char *subject,
	uint32_t epoch, struct sr_err *e) {
	const uint8_t *secret = sr_service_epoch_key(v->keys, epoch);
	uint8_t own[SR_KEY];
	int rc = sr_subject_key(own, v, subject, e);

	if (rc == 0 && sr_service_epoch_first(v->keys, epoch))
		memcpy(key, own, SR_KEY);
	else if (rc == 0)
		SR_HASH_OF(key, "strongroom/subject-epoch/v1", secret, sr_bytes_of(own, SR_KEY));
	sr_wipe(own, sizeof own);
	return rc;
}

static int ring_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)c;
	return subject_in_epoch(key, ctx, subject, epoch, e);
}

struct sr_keyring sr_vault_keyring(struct sr_vault *v) {
	struct sr_keyring k = {ring_epoch, ring_subject, v};

	return k;
}

int sr_object_key(uint8_t key[SR_KEY], struct sr_vault *v, const char *subject, uint32_t epoch,
	struct sr_err *e) {
	uint8_t base[SR_KEY];
	int rc = subject[0] == '\0' ? ring_epoch(v, epoch, SR_STRUCTURAL, base, e)
				    : subject_in_epoch(base, v, subject, epoch, e);

	if (rc == 0)
		sr_hash_of(key, "strongroom/object-key/v1", base, NULL, 0);
	sr_wipe(base, sizeof base);
	return rc;
}

static int source_get(
	void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e) {
	struct sr_object_source *st = ctx;
	uint8_t key[SR_KEY];
	int rc = sr_object_key(key, st->vault, at->subject, at->epoch, e);

	if (rc != 0)
		goto out;
	if (st->open == NULL || memcmp(st->file, at->file, SR_HASH) != 0) {
		sr_object_close(st->open);
		st->open = NULL;
		rc = sr_object_open(
			&st->open, st->vault->store, st->vault->fingerprint, at->file, e);
		if (rc != 0)
			goto out;
		memcpy(st->file, at->file, SR_HASH);
	}
	rc = sr_object_read(st->open, at->position, key, at->id, body, e);
out:
	if (rc != 0 && rc != SR_NOTFOUND) {
		char id[2 * SR_HASH + 1];

		sr_hex(id, at->id, SR_HASH);
		sr_wrap(e, "object %.16s of entry %llu", id, (unsigned long long)at->entry);
	}
	sr_wipe(key, sizeof key);
	return rc;
}

struct sr_objects sr_object_source_init(struct sr_object_source *st, struct sr_vault *v) {
	struct sr_objects o = {source_get, st};

	memset(st, 0, sizeof *st);
	st->vault = v;
	return o;
}

void sr_object_source_free(struct sr_object_source *st) {
	sr_object_close(st->open);
	memset(st, 0, sizeof *st);
}

int sr_object_fetch(
	struct sr_vault *v, const uint8_t id[SR_HASH], struct sr_buf *out, struct sr_err *e) {
	struct sr_object_source st;
	struct sr_objects o = sr_object_source_init(&st, v);
	struct sr_object_at at;
	int rc = sr_query_object(&at, v->catalogue, id, e);

	if (rc == 0)
		rc = o.get(o.ctx, &at, out, e);
	sr_object_source_free(&st);
	return rc;
}

int sr_vault_entry(struct sr_entry *out, struct sr_vault *v, uint64_t index, struct sr_err *e) {
	struct sr_keyring ring = sr_vault_keyring(v);
	struct sr_buf raw;
	int rc;

	sr_buf_init(&raw);
	rc = sr_ledger_entry(v->ledger, index, &raw, e);
	if (rc == 0) /* names the entry itself */
		rc = sr_entry_open(out, v->keys->origin, index, sr_buf_view(&raw), &ring, e);
	else
		(void)sr_wrap(e, "entry %llu", (unsigned long long)index);
	sr_buf_free(&raw);
	return rc;
}
