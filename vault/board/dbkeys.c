/*
 * dbkeys - see dbkeys.h. The files themselves are made in vault.c, which knows how they open.
 */
#include "board/dbkeys.h"

#include <errno.h>

#include "base/escape.h"
#include "board/erase.h"
#include "board/forget.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "store/index.h"
#include "store/secrets.h"

enum {
	VALUE = SR_KEY + 8
};

static const char *const names[] = {SR_CATALOGUE_FILE, SR_INDEX_FILE};

/* The half and the size it was made at: 0 and *${size} 0 without a half when there is none. */
static int half_of(struct sr_buf *out, uint64_t *size, struct sr_vault *v, const char *name,
	struct sr_err *e) {
	int rc = sr_secrets_get(v->secrets, SR_SECRET_DB_KEY, sr_bytes_str(name), 0, out, e);

	*size = 0;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0 && out->len != VALUE)
		rc = sr_fail(e, SR_CORRUPT, "secrets.db: key of %s: want %d bytes, have %zu", name,
			VALUE, out->len);
	if (rc == 0)
		*size = sr_le64_get(out->p + SR_KEY);
	return rc;
}

int sr_db_file_key(uint8_t key[SR_KEY], struct sr_vault *v, const char *name, struct sr_err *e) {
	const uint8_t *base = strcmp(name, SR_INDEX_FILE) == 0 ? v->keys->s->index_key
							       : v->keys->s->catalogue_key;
	struct sr_hash h;
	struct sr_buf half;
	uint64_t size;
	int rc;

	sr_buf_init_secret(&half);
	rc = half_of(&half, &size, v, name, e);
	if (rc == 0 && half.len == 0) {
		memcpy(key, base, SR_KEY);
	} else if (rc == 0) {
		sr_hash_init(&h, "strongroom/db-file-key/v1", base);
		sr_hash_field(&h, sr_bytes_str(name));
		sr_hash_field(&h, sr_bytes_of(half.p, SR_KEY));
		sr_hash_final(&h, key);
	}
	sr_buf_free(&half);
	return rc;
}

static int count_pending(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e) {
	size_t *n = ctx;

	(void)accession;
	(void)e;
	(*n)++;
	return 0;
}

int sr_renewal_due(struct sr_renewal *out, struct sr_vault *v, struct sr_err *e) {
	struct sr_buf half;
	uint64_t made = 0, last = 0, packs = 0, blocks = 0;
	size_t pending = 0, left = 0;
	int rc = sr_query_last_erasing(&last, v->catalogue, e);

	*out = (struct sr_renewal){.due = false};
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	sr_buf_init_secret(&half);
	if (rc == 0)
		rc = half_of(&half, &made, v, SR_CATALOGUE_FILE, e);
	sr_buf_free(&half);
	if (rc != 0 || last < made)
		return rc;
	out->due = true;
	rc = sr_forget_left(&left, v, NULL, e);
	out->waits = left > 0 || v->keeps_keys;
	if (rc == 0)
		rc = sr_erase_left(&left, v, e);
	out->waits = out->waits || left > 0;
	if (rc == 0)
		rc = sr_index_counts(v->index, &packs, &blocks, e);
	if (rc == 0)
		rc = sr_index_pending(v->index, count_pending, &pending, e);
	out->small = sr_ledger_next_index(v->ledger) <= SR_RENEW_ENTRIES &&
		     packs <= SR_RENEW_PACKS && pending == 0;
	return rc;
}

int sr_db_keys_renew(struct sr_vault *v, struct sr_err *e) {
	uint8_t value[VALUE];
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	sr_le64_put(value + SR_KEY, sr_ledger_next_index(v->ledger));
	for (size_t i = 0; i < sizeof names / sizeof names[0] && rc == 0; i++) {
		sr_random(value, SR_KEY);
		rc = sr_secrets_replace(v->secrets, SR_SECRET_DB_KEY, sr_bytes_str(names[i]), 0,
			sr_bytes_of(value, VALUE), e);
	}
	sr_wipe(value, sizeof value);
	if (rc != 0) {
		sr_secrets_rollback(v->secrets);
		return rc;
	}
	return sr_secrets_commit(v->secrets, e);
}

/* Without them the vault could not be opened any more, for as long as a replay stops: they stay,
 * and so do the pages from before. So where there is no room for a replay beside: a full disk keeps
 * nobody from what is there. Said where repairs are. */
static int keep_databases(struct sr_vault *v, int rc, struct sr_err *e) {
	const bool full = e != NULL && (e->no == ENOSPC || e->no == EDQUOT);
	char shown[512];

	if (rc != SR_CORRUPT && rc != SR_AUTH && rc != SR_NOTFOUND && !full)
		return rc;
	sr_escape_to(shown, sizeof shown, sr_bytes_str(e != NULL ? e->text : "a replay stops"));
	sr_buf_printf(&v->recovered,
		"catalogue and index keep old pages after a destruction or erasure, as they cannot "
		"be made anew: %s; %s, then `rebuild`\n",
		shown, full ? "make room" : "put back what `scrub` names");
	v->keeps_keys = true;
	sr_err_clear(e);
	return 0;
}

int sr_vault_renew(struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e) {
	int rc = sr_vault_replays(v, progress, e);

	if (rc != 0)
		return keep_databases(v, rc, e);
	rc = sr_db_keys_renew(v, e);
	if (rc == 0)
		rc = sr_vault_databases_anew(v, progress, e);
	return rc != 0 ? sr_wrap(e, "new keys of catalogue and index") : 0;
}
