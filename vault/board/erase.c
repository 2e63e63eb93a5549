/*
 * erase - see erase.h.
 */
#include "board/erase.h"

#include "board/witnessing.h"
#include "store/envelope.h"
#include "store/secrets.h"

static const enum sr_secret_kind kinds[] = {
	SR_SECRET_SLOT, SR_SECRET_QUARANTINE, SR_SECRET_INTAKE, SR_SECRET_DESCRIPTIVE};

/* Under which name a kind keeps what belongs to the item: its hex, or its subject's. */
static struct sr_bytes name_of(
	char out[SR_SUBJECT_TEXT], enum sr_secret_kind kind, const uint8_t item[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, item, SR_ID);
	snprintf(out, SR_SUBJECT_TEXT, "%s%s", kind == SR_SECRET_DESCRIPTIVE ? "item:" : "", hex);
	return sr_bytes_str(out);
}

static int count_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	size_t *count = ctx;

	(void)name;
	(void)n;
	(void)e;
	(*count)++;
	return 0;
}

int sr_item_secrets(
	size_t *count, struct sr_vault *v, const uint8_t item[SR_ID], struct sr_err *e) {
	char name[SR_SUBJECT_TEXT];
	int rc = 0;

	*count = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && rc == 0; i++)
		rc = sr_secrets_each(
			v->secrets, kinds[i], name_of(name, kinds[i], item), count_one, count, e);
	return rc;
}

int sr_item_erase_secrets(
	struct sr_vault *v, const uint8_t item[SR_ID], size_t *erased, struct sr_err *e) {
	char name[SR_SUBJECT_TEXT];
	int rc = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && rc == 0; i++) {
		size_t n = 0;

		rc = sr_secrets_erase(
			v->secrets, kinds[i], name_of(name, kinds[i], item), SR_SECRET_ALL, &n, e);
		*erased += n;
	}
	return rc;
}

int sr_item_erase_envelope(struct sr_vault *v, const struct sr_tombstone *item, struct sr_err *e) {
	char name[SR_ENVELOPE_NAME];
	bool there = false;
	int rc;

	sr_envelope_name(name, item->item, item->number);
	rc = sr_file_find(&there, v->items, name, e);
	return rc == 0 && there ? sr_envelope_remove(v->items, item->item, item->number, e) : rc;
}

/* --- when witnesses have seen it ---------------------------------------------------------------
 */

uint64_t sr_erase_seen(const struct sr_vault *v) {
	return sr_witnessing_asked(v) ? sr_witnessing_size(v) : UINT64_MAX;
}

int sr_erase_due(struct sr_vault *v, uint64_t from, size_t *secrets, struct sr_err *e) {
	struct sr_tombstones dead = {0};
	int rc = sr_query_tombstones(&dead, v->catalogue, from, sr_erase_seen(v), e);

	*secrets = 0;
	if (rc == 0 && dead.count > 0) {
		rc = sr_secrets_begin(v->secrets, e);
		for (size_t i = 0; i < dead.count && rc == 0; i++)
			rc = sr_item_erase_secrets(v, dead.rows[i].item, secrets, e);
		if (rc == 0 && *secrets > 0)
			rc = sr_secrets_commit(v->secrets, e);
		else
			sr_secrets_rollback(v->secrets);
	}
	for (size_t i = 0; i < dead.count && rc == 0; i++)
		rc = sr_item_erase_envelope(v, &dead.rows[i], e);
	sr_tombstones_free(&dead);
	return rc;
}

int sr_erase_left(size_t *left, struct sr_vault *v, struct sr_err *e) {
	struct sr_tombstones dead = {0};
	const uint64_t seen = sr_erase_seen(v);
	int rc = seen == UINT64_MAX ? 0
				    : sr_query_tombstones(&dead, v->catalogue, seen, UINT64_MAX, e);

	*left = 0;
	for (size_t i = 0; i < dead.count && rc == 0; i++) {
		size_t n = 0;

		rc = sr_item_secrets(&n, v, dead.rows[i].item, e);
		*left += n;
	}
	sr_tombstones_free(&dead);
	return rc;
}

/* --- at open ---------------------------------------------------------------------------------- */

struct reap {
	struct sr_vault *v;
	const struct sr_tombstones *dead; /* sorted by item */
	enum sr_secret_kind kind;
	size_t erased;
};

static int by_item(const void *a, const void *b) {
	return memcmp(((const struct sr_tombstone *)a)->item,
		((const struct sr_tombstone *)b)->item, SR_ID);
}

static int reap_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	static const char prefix[] = "item:";
	const size_t skip = sizeof prefix - 1;
	struct reap *r = ctx;
	struct sr_tombstone key = {.number = 0};
	struct sr_bytes hex = name;
	size_t erased = 0;
	int rc;

	if (r->kind == SR_SECRET_DESCRIPTIVE) {
		if (name.len <= skip || memcmp(name.p, prefix, skip) != 0)
			return 0; /* a collection's */
		hex = sr_bytes_of(name.p + skip, name.len - skip);
	}
	if (sr_unhex(key.item, SR_ID, hex, NULL) != 0 ||
		bsearch(&key, r->dead->rows, r->dead->count, sizeof key, by_item) == NULL)
		return 0;
	rc = sr_secrets_erase(r->v->secrets, r->kind, name, n, &erased, e);
	r->erased += erased;
	return rc;
}

/* One walk over each kind, whatever the number of tombstones; only what is found begins an erasing
 * commit: an opening that finds nothing writes nothing. */
static int repeat_secrets(
	struct sr_vault *v, struct sr_tombstones *dead, size_t *secrets, struct sr_err *e) {
	struct reap r = {.v = v, .dead = dead};
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	qsort(dead->rows, dead->count, sizeof *dead->rows, by_item);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && rc == 0; i++) {
		r.kind = kinds[i];
		rc = sr_secrets_each(v->secrets, kinds[i], sr_bytes_of(NULL, 0), reap_one, &r, e);
	}
	*secrets = r.erased;
	if (rc == 0 && r.erased > 0)
		return sr_secrets_commit(v->secrets, e);
	sr_secrets_rollback(v->secrets);
	return rc;
}

int sr_erase_repeat(struct sr_vault *v, size_t *secrets, size_t *envelopes, struct sr_err *e) {
	struct sr_tombstones dead = {0};
	int rc = sr_query_tombstones(&dead, v->catalogue, 0, sr_erase_seen(v), e);

	*secrets = *envelopes = 0;
	if (rc == 0 && dead.count > 0)
		rc = repeat_secrets(v, &dead, secrets, e);
	for (size_t i = 0; i < dead.count && rc == 0; i++) {
		char name[SR_ENVELOPE_NAME];
		bool there = false;

		sr_envelope_name(name, dead.rows[i].item, dead.rows[i].number);
		rc = sr_file_find(&there, v->items, name, e);
		if (rc != 0 || !there)
			continue;
		rc = sr_item_erase_envelope(v, &dead.rows[i], e);
		*envelopes += rc == 0 ? 1 : 0;
	}
	sr_tombstones_free(&dead);
	return rc;
}
