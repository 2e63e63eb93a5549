/*
 * backup_secrets - see backup_in.h; the format is drawn in backup.h.
 */
#include "board/backup_in.h"

#include <unistd.h>

#include "catalogue/query.h"
#include "crypto/aead.h"
#include "crypto/passphrase.h"
#include "ledger/ledger.h"

enum {
	SECRETS_MAX = 1 << 30, /* bytes of a secrets file: 4 million items */
	HEAD = 8 + SR_ID + 8,  /* magic, escrow, generation */
	KEY_TEXT_MAX = 4096
};
static const char MAGIC[8] = {'S', 'R', 'B', 'A', 'C', 'K', 'U', 'P'};
static const char TYPE[] = "strongroom/backup/v1";
static const char LABEL[] = "strongroom/backup-secrets/v1";
static const char KEY_LABEL[] = "strongroom/backup-escrow/v1";

struct gather {
	struct sr_vault *v;
	struct sr_buf rows; /* secret */
	enum sr_secret_kind kind;
	uint64_t count;
	struct sr_tombstones dead; /* by item: what waits */
};

static int by_item(const void *a, const void *b) {
	return memcmp(((const struct sr_tombstone *)a)->item,
		((const struct sr_tombstone *)b)->item, SR_ID);
}

/* Is it of an item or a person that the log destroyed or erased, and waits for witnesses
 * (board/erase.h, board/forget.h)? A backup that had it would bring it back when it is gone here.
 */
static int is_ended(bool *ended, struct gather *g, struct sr_bytes name, struct sr_err *e) {
	static const char prefix[] = "item:";
	struct sr_tombstone key = {.number = 0};
	char subject[SR_SUBJECT_TEXT];
	const size_t skip = sizeof prefix - 1;

	*ended = false;
	if (g->kind == SR_SECRET_PERSON) {
		snprintf(subject, sizeof subject, "%.*s", (int)name.len, (const char *)name.p);
		return sr_query_is_erased(ended, g->v->catalogue, subject, e);
	}
	if (name.len > skip && memcmp(name.p, prefix, skip) == 0)
		name = sr_bytes_of(name.p + skip, name.len - skip);
	if (g->dead.count > 0 && sr_unhex(key.item, SR_ID, name, NULL) == 0)
		*ended = bsearch(&key, g->dead.rows, g->dead.count, sizeof key, by_item) != NULL;
	return 0;
}

static int gather_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct gather *g = ctx;
	struct sr_buf value;
	bool ended = false;
	int rc = is_ended(&ended, g, name, e);

	if (rc != 0 || ended)
		return rc;
	sr_buf_init_secret(&value);
	rc = sr_secrets_get(g->v->secrets, g->kind, name, n, &value, e);
	if (rc == 0) {
		sr_buf_put_u8(&g->rows, (uint8_t)g->kind);
		sr_buf_put_lp(&g->rows, name);
		sr_buf_put_le64(&g->rows, n);
		sr_buf_put_lp_buf(&g->rows, &value);
		g->count++;
		rc = sr_buf_ok(&g->rows, e);
	}
	sr_buf_free(&value);
	return rc;
}

/* The kinds that a backup carries: never keys that end with a grant, a release or a scan. */
static const enum sr_secret_kind carried_kinds[] = {
	SR_SECRET_SLOT, SR_SECRET_PERSON, SR_SECRET_DESCRIPTIVE};
enum {
	CARRIED = sizeof carried_kinds / sizeof carried_kinds[0]
};

static bool carried(uint8_t kind) {
	for (size_t i = 0; i < CARRIED; i++)
		if (carried_kinds[i] == kind)
			return true;
	return false;
}

static int gather_all(struct gather *g, struct sr_err *e) {
	int rc = sr_query_tombstones(&g->dead, g->v->catalogue, 0, UINT64_MAX, e);

	if (rc == 0 && g->dead.count > 0)
		qsort(g->dead.rows, g->dead.count, sizeof *g->dead.rows, by_item);

	for (size_t i = 0; i < CARRIED && rc == 0; i++) {
		g->kind = carried_kinds[i];
		rc = sr_secrets_each(
			g->v->secrets, g->kind, sr_bytes_of(NULL, 0), gather_one, g, e);
	}
	sr_tombstones_free(&g->dead);
	return rc;
}

static int write_beside(const char *path, struct sr_bytes data, struct sr_err *e) {
	const char *name = NULL;
	struct sr_dir *d = NULL;
	int rc = sr_dir_of(&d, &name, path, e);

	if (rc == 0)
		rc = sr_file_replace(d, name, data, e);
	sr_dir_close(d);
	return rc;
}

enum {
	KEY_AD = SR_HASH + SR_ID + 8
};

/* What the wrapped key is bound to. */
static struct sr_bytes key_ad(uint8_t ad[KEY_AD], const uint8_t fingerprint[SR_HASH],
	const uint8_t escrow[SR_ID], uint64_t generation) {
	memcpy(ad, fingerprint, SR_HASH);
	memcpy(ad + SR_HASH, escrow, SR_ID);
	sr_le64_put(ad + SR_HASH + SR_ID, generation);
	return sr_bytes_of(ad, KEY_AD);
}

/* Header and wrapped key: without the escrow's, nobody can even try passphrases. */
static int put_key(struct sr_buf *file, const struct sr_vault *v, const struct sr_backup_options *o,
	const struct sr_escrow *x, const uint8_t key[SR_KEY], struct sr_err *e) {
	const struct sr_escrow_key *k = sr_escrow_newest(x);
	struct sr_buf text, wrapped;
	uint8_t ad[KEY_AD];
	int rc;

	sr_buf_init_secret(&text);
	sr_buf_init(&wrapped);
	rc = sr_passphrase_seal(
		&text, TYPE, sr_bytes_of(NULL, 0), &o->unlock, sr_bytes_of(key, SR_KEY), e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&wrapped, k->key, KEY_LABEL,
			key_ad(ad, v->fingerprint, x->id, k->generation), sr_buf_view(&text), e);
	if (rc == 0) {
		sr_buf_put(file, MAGIC, sizeof MAGIC);
		sr_buf_put(file, x->id, SR_ID);
		sr_buf_put_le64(file, k->generation);
		sr_buf_put_lp_buf(file, &wrapped);
		rc = sr_buf_ok(file, e);
	}
	sr_buf_free(&text);
	sr_buf_free(&wrapped);
	return rc;
}

/* Was a backup under that key begun here? Else the file is of another vault, or of a later state of
 * this one. */
static int begun_here(bool *here, struct sr_vault *v, const uint8_t head[HEAD], struct sr_err *e) {
	const uint8_t *const escrow = head + sizeof MAGIC;
	const uint64_t generation = sr_le64_get(escrow + SR_ID);
	struct sr_backups l = {NULL, 0};
	const int rc = sr_query_backups(&l, v->catalogue, false, 0, e);

	*here = false;
	for (size_t i = 0; i < l.count && !*here; i++)
		*here = l.rows[i].generation == generation &&
			memcmp(l.rows[i].escrow, escrow, SR_ID) == 0;
	sr_backups_free(&l);
	return rc;
}

static int may_replace(
	struct sr_vault *v, const uint8_t *head, size_t got, const char *path, struct sr_err *e) {
	bool here = true;
	int rc = 0;

	if (got > 0 && (got < sizeof MAGIC || memcmp(head, MAGIC, sizeof MAGIC) != 0))
		return sr_fail(e, SR_EXISTS,
			"%s is there and is no secrets file of a backup: name another, it would be "
			"replaced",
			path);
	if (got == HEAD)
		rc = begun_here(&here, v, head, e);
	return rc != 0 || here
		       ? rc
		       : sr_fail(e, SR_EXISTS,
				 "%s is the secrets file of no backup that the log here "
				 "names, but of another vault or a later state of this one: "
				 "name another, it would be replaced",
				 path);
}

int sr_backup_secrets_may_replace(struct sr_vault *v, const char *path, struct sr_err *e) {
	uint8_t head[HEAD] = {0};
	const char *name = NULL;
	struct sr_dir *d = NULL;
	size_t got = 0;
	int fd = -1, rc = sr_dir_of(&d, &name, path, e);

	if (rc == 0)
		rc = sr_file_open(&fd, d, name, SR_FS_READ, e);
	if (rc == 0)
		rc = sr_fd_pread_some(fd, head, sizeof head, 0, &got, e);
	if (rc == 0)
		rc = may_replace(v, head, got, path, e);
	if (fd >= 0)
		(void)close(fd);
	sr_dir_close(d);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}

int sr_backup_secrets_write(struct sr_vault *v, const struct sr_backup_options *o,
	const struct sr_escrow *x, uint64_t *count, struct sr_err *e) {
	struct gather g = {.v = v};
	struct sr_buf plain, file;
	uint8_t key[SR_KEY], root[SR_HASH];
	int rc;

	sr_buf_init_secret(&g.rows);
	sr_buf_init_secret(&plain);
	sr_buf_init(&file);
	sr_random(key, sizeof key);
	sr_ledger_root(root, v->ledger);
	rc = gather_all(&g, e);
	if (rc == 0)
		rc = put_key(&file, v, o, x, key, e);
	if (rc != 0)
		goto out;
	sr_buf_put(&plain, v->fingerprint, SR_HASH);
	sr_buf_put_le64(&plain, sr_ledger_next_index(v->ledger));
	sr_buf_put(&plain, root, SR_HASH);
	sr_buf_put_le64(&plain, g.count);
	sr_buf_put_buf(&plain, &g.rows);
	rc = sr_buf_ok(&plain, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&file, key, LABEL, sr_bytes_of(v->fingerprint, SR_HASH),
			sr_buf_view(&plain), e);
	if (rc == 0)
		rc = write_beside(o->secrets_path, sr_buf_view(&file), e);
	*count = g.count;
out:
	sr_wipe(key, sizeof key);
	sr_buf_free(&g.rows);
	sr_buf_free(&plain);
	sr_buf_free(&file);
	return rc != 0 ? sr_wrap(e, "secrets file") : 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* The escrow's key for a secrets file of ${id} and ${generation}, or why there is none. */
static int escrow_key(const struct sr_escrow_key **out, const struct sr_escrow *x,
	const uint8_t id[SR_ID], uint64_t generation, struct sr_err *e) {
	char want[2 * SR_ID + 1], have[2 * SR_ID + 1];
	const unsigned long long newest = sr_escrow_newest(x)->generation;

	sr_hex(want, id, SR_ID);
	sr_hex(have, x->id, SR_ID);
	if (memcmp(id, x->id, SR_ID) != 0)
		return sr_fail(e, SR_AUTH,
			"it was made under escrow %.8s..., the file that was given is of escrow "
			"%.8s...",
			want, have);
	*out = sr_escrow_of(x, generation);
	if (*out != NULL)
		return 0;
	if (generation < newest)
		return sr_fail(e, SR_NOTFOUND,
			"it was made under generation %llu of the escrow, which was rotated: the "
			"escrow file has generation %llu. The key of this one is overwritten and "
			"nothing opens it any more; take a backup that was made later",
			(unsigned long long)generation, newest);
	return sr_fail(e, SR_NOTFOUND,
		"it was made under generation %llu of the escrow, the escrow file has %llu: it is "
		"an older copy, which should not exist",
		(unsigned long long)generation, newest);
}

static int get_key(struct sr_buf *key, struct sr_bytes wrapped, const struct sr_escrow_key *k,
	struct sr_bytes ad, const struct sr_unlock *u, struct sr_err *e) {
	struct sr_buf text;
	int rc;

	sr_buf_init_secret(&text);
	rc = sr_aead_open_buf(&text, k->key, KEY_LABEL, ad, wrapped, e);
	if (rc == SR_AUTH)
		sr_wrap(e, "the escrow's key does not open it");
	if (rc == 0)
		rc = sr_passphrase_open(key, TYPE, u, sr_buf_view(&text), e);
	if (rc == 0 && key->len != SR_KEY)
		rc = sr_fail(e, SR_CORRUPT, "its key has %zu bytes, want %d", key->len, SR_KEY);
	sr_buf_free(&text);
	return rc;
}

int sr_backup_secrets_open(struct sr_backup_secrets *f, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_backup_keys *keys, struct sr_err *e) {
	const struct sr_escrow_key *k = NULL;
	struct sr_bytes wrapped, sealed;
	struct sr_reader r;
	struct sr_buf key;
	uint8_t magic[8], own[SR_HASH], id[SR_ID], ad[KEY_AD];
	uint64_t generation = 0;
	int rc;

	sr_buf_init_secret(&key);
	sr_reader_init(&r, file);
	rc = sr_get(&r, magic, sizeof magic, e);
	if (rc == 0 && memcmp(magic, MAGIC, sizeof MAGIC) != 0)
		rc = sr_fail(e, SR_CORRUPT, "not a secrets file of a backup");
	if (rc == 0)
		rc = sr_get(&r, id, SR_ID, e);
	if (rc == 0)
		rc = sr_get_le64(&r, &generation, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &wrapped, KEY_TEXT_MAX, e);
	if (rc == 0)
		rc = sr_get_view(&r, &sealed, sr_reader_left(&r), e);
	if (rc == 0)
		rc = escrow_key(&k, keys->escrow, id, generation, e);
	if (rc == 0)
		rc = get_key(
			&key, wrapped, k, key_ad(ad, fingerprint, id, generation), keys->unlock, e);
	if (rc == 0) {
		rc = sr_aead_open_buf(
			&f->plain, key.p, LABEL, sr_bytes_of(fingerprint, SR_HASH), sealed, e);
		if (rc == SR_AUTH)
			sr_wrap(e, "it belongs to another vault, or was altered");
	}
	sr_reader_init(&f->rows, sr_buf_view(&f->plain));
	if (rc == 0)
		rc = sr_get(&f->rows, own, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le64(&f->rows, &f->size, e);
	if (rc == 0)
		rc = sr_get(&f->rows, f->root, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le64(&f->rows, &f->count, e);
	sr_buf_free(&key);
	return rc;
}

int sr_backup_secrets_put(struct sr_secrets *s, struct sr_backup_secrets *f, struct sr_err *e) {
	int rc = sr_secrets_begin(s, e);

	for (uint64_t i = 0; i < f->count && rc == 0; i++) {
		struct sr_bytes name, value;
		uint64_t n = 0;
		uint8_t kind = 0;

		rc = sr_get_u8(&f->rows, &kind, e);
		if (rc == 0 && !carried(kind))
			rc = sr_fail(e, SR_CORRUPT,
				"row %llu is a secret of kind %u, which no backup carries",
				(unsigned long long)i, kind);
		if (rc == 0)
			rc = sr_get_lp(&f->rows, &name, SR_SECRET_NAME_MAX, e);
		if (rc == 0)
			rc = sr_get_le64(&f->rows, &n, e);
		if (rc == 0)
			rc = sr_get_lp(&f->rows, &value, SR_SECRET_MAX, e);
		if (rc == 0)
			rc = sr_secrets_put(s, (enum sr_secret_kind)kind, name, n, value, e);
	}
	if (rc == 0)
		rc = sr_get_end(&f->rows, e);
	if (rc != 0) {
		sr_secrets_rollback(s);
		return rc;
	}
	return sr_secrets_commit(s, e);
}

#ifdef SR_TESTING
int sr_backup_secrets_load(struct sr_secrets *s, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_backup_keys *keys, struct sr_err *e) {
	struct sr_backup_secrets f = {.size = 0};

	sr_buf_init_secret(&f.plain);
	int rc = sr_backup_secrets_open(&f, file, fingerprint, keys, e);
	if (rc == 0)
		rc = sr_backup_secrets_put(s, &f, e);
	sr_buf_free(&f.plain);
	return rc;
}
#endif

/* --- files ------------------------------------------------------------------------------------ */

int sr_backup_secrets_read(struct sr_buf *out, const char *path, struct sr_err *e) {
	const char *name = NULL;
	struct sr_dir *d = NULL;
	int rc = sr_dir_of(&d, &name, path, e);

	if (rc == 0)
		rc = sr_file_read(d, name, out, SECRETS_MAX, e);
	sr_dir_close(d);
	return rc;
}
