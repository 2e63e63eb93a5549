/*
 * deposit - see deposit.h. Items become real in batches of SR_ENVELOPE_BATCH: their secrets in one
 * commit of secrets.db (and its copy), then their envelopes. Item ids and the salts of their lists
 * come from the intake key, the accession and the item's ordinal, so a deposit that is run again
 * under the same accession makes the same items, and ingest finds the blocks it has.
 *
 *   run/accession-<32 hex>.keep   what a kill between envelopes and statement must not lose, sealed
 * under the intake key: le32 length and note, le32 length and names of packs (32 bytes each), le32
 * count of objects, per object: 32 bytes salt, le32 length and subject, le32 length and body, and
 * where that is empty le64 offset and le64 length in .lists (intake/file_lists.h); le32 count of
 * texts, per text: le32 length and field, le32 index, 32 bytes salt, le32 length and text
 */
#include "intake/deposit.h"

#include "base/escape.h"
#include "base/secret.h"
#include "board/erase.h"
#include "board/fixity.h"
#include "board/held.h"
#include "board/keys.h"
#include "catalogue/query.h"
#include "crypto/tdh2.h"
#include "intake/accession_key.h"
#include "intake/file_lists.h"
#include "intake/holding.h"
#include "ledger/statement.h"
#include "merkle/tree.h"
#include "store/backend.h"
#include "store/envelope.h"
#include "store/inventory.h"
#include "store/itemkey.h"
#include "store/object.h"
#include "store/secrets.h"

enum {
	KEEP_MAX =
		512
		<< 20,  /* bytes of a keep file: lists of 45,000 items with long paths are 60 MiB */
	KEEP_TEXTS = 4, /* of one statement: `redact` has one, its reason */
	FIRST_ENVELOPE = 1,   /* number of the envelope that a deposit makes */
	BATCH_BYTES = 8 << 20 /* of envelopes that wait: a batch of small items is under 3 MiB */
};

struct held_item { /* waits for its batch */
	uint8_t item[SR_ID];
	uint8_t slot[SR_KEY];
	struct sr_buf quarantine; /* secret */
	struct sr_buf intake; /* secret; empty for a redacted version, which nothing is done to */
	struct sr_buf envelope;
	bool put, named; /* its secrets, its envelope: by us, in the door */
};

struct sr_deposit {
	struct sr_vault *v;
	struct sr_deposit_options o;
	struct sr_ingest *ingest;
	uint8_t accession[SR_ID], collection[SR_ID];
	enum sr_dedupe dedupe;
	struct sr_board_row board;
	struct sr_people curators;     /* who can look at what is held */
	uint64_t curators_at;          /* size of the log that they are of */
	struct sr_accession_list list; /* items as they end */
	size_t item_cap;
	struct sr_file_lists *file_lists; /* of the items that have ended */
	uint8_t (*salts)[SR_SALT];        /* of the file lists */
	uint8_t *key;        /* of what lies in run/; SR_KEY bytes, in the secret arena */
	struct sr_tree tree; /* of the files root */
	uint64_t files, bytes;
	/* the item at work */
	bool in_item;
	struct sr_buf title, rows; /* rows: its file list, from the first file on */
	size_t count_at;           /* where the list says how many files it has */
	uint32_t row_count;
	uint64_t item_bytes;
	const struct sr_ingest_file *file;
	/* items whose turn it is to become real */
	struct held_item *batch;
	size_t batch_count, batch_bytes;
	size_t placed; /* items of batches that are durable already */
	size_t sealed; /* items given by ingest so far, in order */
	/* at finish */
	struct sr_buf packs; /* names, SR_HASH bytes each */
	struct sr_buf list_body;
	uint8_t list_salt[SR_SALT], list_id[SR_HASH];
	struct sr_door_object *objects;
	size_t object_count;
	const struct sr_door_text *texts; /* of the submission that signs for it; borrowed */
	size_t text_count;
	bool finished, committed;
};

/* --- keys and names --------------------------------------------------------------------------- */

static void derived(uint8_t out[SR_HASH], const struct sr_vault *v, const uint8_t accession[SR_ID],
	const char *label, uint64_t ordinal) {
	uint8_t n[8];

	sr_le64_put(n, ordinal);
	SR_HASH_OF(out, label, v->keys->s->intake_sk, sr_bytes_of(accession, SR_ID),
		sr_bytes_of(n, sizeof n));
}

static void keep_name(char out[64], const uint8_t accession[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, accession, SR_ID);
	snprintf(out, 64, "accession-%s.keep", hex);
}

static const struct sr_board_level *highest(const struct sr_board_row *b) {
	return &b->levels[b->level_count - 1];
}

static void ingest_ends(
	struct sr_ingest_abort *a, struct sr_vault *v, const uint8_t accession[SR_ID]) {
	a->backend = v->store;
	a->index = v->index;
	a->run = v->run;
	memcpy(a->accession, accession, SR_ID);
}

/* --- one item becomes real -------------------------------------------------------------------- */

static int sign_envelope(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	const struct sr_vault *v = ctx;

	return sr_sign(sig, v->keys->s->room_seed, text, e);
}

static void batch_clear(struct sr_deposit *d) {
	for (size_t i = 0; i < d->batch_count; i++) {
		sr_wipe(d->batch[i].slot, SR_KEY);
		sr_buf_free(&d->batch[i].quarantine);
		sr_buf_free(&d->batch[i].intake);
		sr_buf_free(&d->batch[i].envelope);
	}
	d->batch_count = 0;
	d->batch_bytes = 0;
}

/* Into the group of secrets that is open. */
static int batch_secrets(struct sr_deposit *d, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < d->batch_count && rc == 0; i++) {
		struct held_item *h = &d->batch[i];
		char name[2 * SR_ID + 1];

		sr_hex(name, h->item, SR_ID);
		h->put = true;
		rc = sr_secrets_put(d->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name),
			FIRST_ENVELOPE, sr_bytes_of(h->slot, SR_KEY), e);
		if (rc == 0)
			rc = sr_secrets_put(d->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name),
				FIRST_ENVELOPE, sr_buf_view(&h->quarantine), e);
		if (rc == 0 && h->intake.len > 0)
			rc = sr_secrets_put(d->v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name),
				FIRST_ENVELOPE, sr_buf_view(&h->intake), e);
	}
	return rc;
}

/* One batch of many: secrets durable here and at the copy, then envelopes. */
static int batch_flush(struct sr_deposit *d, struct sr_err *e) {
	struct sr_envelope_batch *b = NULL;
	int rc = sr_secrets_begin(d->v->secrets, e);

	if (rc != 0)
		return rc;
	rc = batch_secrets(d, e);
	if (rc != 0) {
		sr_secrets_rollback(d->v->secrets);
		return rc;
	}
	rc = sr_secrets_commit(d->v->secrets, e);
	if (rc == 0)
		rc = sr_envelope_batch_new(&b, d->v->items, e);
	for (size_t i = 0; i < d->batch_count && rc == 0; i++)
		rc = sr_envelope_batch_add(
			b, d->batch[i].item, FIRST_ENVELOPE, sr_buf_view(&d->batch[i].envelope), e);
	if (rc == 0)
		rc = sr_envelope_batch_commit(b, e);
	if (rc != 0)
		sr_envelope_batch_abort(b);
	else
		d->placed += d->batch_count;
	batch_clear(d);
	return rc;
}

/* What batch_place did, as far as it came. If something stays, the next opening takes it: no
 * statement names it. */
static void batch_take_back(struct sr_deposit *d) {
	static const enum sr_secret_kind kinds[] = {
		SR_SECRET_SLOT, SR_SECRET_QUARANTINE, SR_SECRET_INTAKE};

	for (size_t i = 0; i < d->batch_count; i++) {
		struct held_item *h = &d->batch[i];
		char name[2 * SR_ID + 1];
		size_t erased = 0;

		sr_hex(name, h->item, SR_ID);
		for (size_t k = 0; h->put && k < sizeof kinds / sizeof kinds[0]; k++)
			(void)!sr_secrets_erase(d->v->secrets, kinds[k], sr_bytes_str(name),
				FIRST_ENVELOPE, &erased, NULL);
		if (h->named)
			(void)!sr_envelope_remove(d->v->items, h->item, FIRST_ENVELOPE, NULL);
		h->put = h->named = false;
	}
}

/* The last batch, or the only one, in the door: its secrets in the door's group, its envelopes
 * under their names; durable when the door has committed the one and settled the store. */
static int batch_place(struct sr_deposit *d, struct sr_err *e) {
	int rc = batch_secrets(d, e);

	for (size_t i = 0; i < d->batch_count && rc == 0; i++) {
		struct held_item *h = &d->batch[i];

		rc = sr_envelope_place(
			d->v->items, h->item, FIRST_ENVELOPE, sr_buf_view(&h->envelope), e);
		h->named = rc == 0;
	}
	if (rc == 0)
		rc = sr_backend_beside(d->v->store, d->v->items, e);
	return rc;
}

struct new_item {
	uint8_t part[SR_PART];
	uint8_t key[SR_KEY];
	uint8_t seal[SR_SEAL];
};

/* The deposit may take days: who became a curator meanwhile gets a box, who is none any more does
 * not. */
static int curators_now(struct sr_deposit *d, struct sr_err *e) {
	const uint64_t size = sr_catalogue_size(d->v->catalogue);

	if (d->curators.count > 0 && d->curators_at == size)
		return 0;
	sr_people_free(&d->curators);
	d->curators_at = size;
	return sr_query_people(&d->curators, d->v->catalogue, SR_ROLE_CURATOR, e);
}

static int item_seals(
	struct sr_deposit *d, struct held_item *h, struct new_item *n, struct sr_err *e) {
	const struct sr_board_level *level = highest(&d->board);
	struct sr_held_place at = {.number = FIRST_ENVELOPE};
	struct sr_tdh2_key key = {0};
	int rc;

	sr_random(n->part, SR_PART);
	sr_random(h->slot, SR_KEY);
	sr_item_key(n->key, h->slot, d->v->fingerprint, h->item, n->part);
	memcpy(key.vault, d->v->fingerprint, SR_HASH);
	memcpy(key.board, level->key, SR_POINT);
	key.level = (uint8_t)level->level;
	key.kind = "item";
	rc = sr_tdh2_seal(n->seal, &key, h->item, FIRST_ENVELOPE, n->part, e);
	memcpy(at.vault, d->v->fingerprint, SR_HASH);
	memcpy(at.item, h->item, SR_ID);
	if (rc == 0)
		rc = curators_now(d, e);
	if (rc == 0)
		rc = sr_held_seal(&h->quarantine, d->v->keys->s->quarantine_key, &at, &d->curators,
			n->part, e);
	if (rc == 0 && !d->o.redacted)
		rc = sr_intake_seal(&h->intake, d->v->keys->s->quarantine_key, &at, n->part, e);
	return rc;
}

static int item_envelope(struct sr_deposit *d, struct held_item *h, const struct new_item *n,
	const struct sr_ingest_item *it, uint8_t hash[SR_HASH], struct sr_err *e) {
	struct sr_envelope_signer signer = {sign_envelope, d->v};
	struct sr_manifest_place at = {.n = FIRST_ENVELOPE};
	struct sr_envelope env = {0};
	struct sr_buf manifest, reach;
	int rc;

	sr_buf_init(&manifest);
	sr_buf_init(&reach);
	memcpy(at.vault, d->v->fingerprint, SR_HASH);
	memcpy(at.item, h->item, SR_ID);
	rc = sr_manifest_seal(&manifest, it->manifest, n->key, &at, e);
	if (rc == 0)
		rc = sr_reach_seal(
			&reach, it->reach, d->v->keys->structure_pk, d->v->fingerprint, h->item, e);
	memcpy(env.vault, d->v->fingerprint, SR_HASH);
	memcpy(env.item, h->item, SR_ID);
	env.n = FIRST_ENVELOPE;
	memcpy(env.collection, d->collection, SR_ID);
	memcpy(env.board, d->board.id, SR_ID);
	env.level = (uint8_t)highest(&d->board)->level;
	env.epoch = d->board.epoch;
	env.dedupe = d->dedupe;
	env.kind = d->o.redacted ? SR_ITEM_REDACTED : SR_ITEM_ORIGINAL;
	sr_item_key_commit(env.commitment, n->key, d->v->fingerprint, h->item);
	env.seal = sr_bytes_of(n->seal, SR_SEAL);
	env.manifest = sr_buf_view(&manifest);
	env.reach = sr_buf_view(&reach);
	if (rc == 0)
		rc = sr_envelope_encode(&h->envelope, hash, &env, &signer, e);
	sr_buf_free(&manifest);
	sr_buf_free(&reach);
	return rc;
}

/* Given by ingest in order of item_end, when all blocks of the item are durable. */
static int on_item(void *ctx, const struct sr_ingest_item *it, struct sr_err *e) {
	struct sr_deposit *d = ctx;
	struct held_item *h = &d->batch[d->batch_count];
	struct sr_list_item *row = &d->list.items[d->sealed];
	struct new_item n;
	int rc;

	memset(h, 0, sizeof *h);
	sr_buf_init_secret(&h->quarantine);
	sr_buf_init_secret(&h->intake);
	sr_buf_init(&h->envelope);
	memcpy(h->item, it->item, SR_ID);
	d->batch_count++; /* there is room: a full one went before */
	rc = item_seals(d, h, &n, e);
	if (rc == 0)
		rc = item_envelope(d, h, &n, it, row->envelope, e);
	if (rc == 0) {
		sr_tdh2_hash(row->seal, n.seal);
		d->sealed++;
	}
	sr_wipe(&n, sizeof n);
	d->batch_bytes += h->envelope.len;
	if (rc == 0 && (d->batch_count == SR_ENVELOPE_BATCH || d->batch_bytes > BATCH_BYTES))
		rc = batch_flush(d, e);
	return rc;
}

/* --- files ------------------------------------------------------------------------------------ */

/* What a file counts as in lists and roots: only what was stored has size and hash. */
static void list_file(struct sr_list_file *out, const struct sr_ingest_file *f,
	const struct sr_ingest_file_result *r) {
	bool stored = r->status == SR_INGEST_STORED || r->status == SR_INGEST_CHANGED;

	memset(out, 0, sizeof *out);
	out->path = f->path;
	out->media_type = f->media_type;
	out->kind = r->status == SR_INGEST_UNREADABLE ? SR_FILE_UNREADABLE : f->kind;
	out->mtime = f->mtime_s;
	out->size = stored ? r->size : 0;
	if (stored)
		memcpy(out->sha256, r->sha256, SR_HASH);
}

#ifdef SR_TESTING
static size_t list_max = SR_OBJECT_MAX;

void sr_deposit_list_max(size_t bytes) {
	list_max = bytes;
}
#else
static const size_t list_max = SR_OBJECT_MAX;
#endif

/* The list of the item at work; how many files it has is said at its end. */
static void list_begin(struct sr_deposit *d) {
	if (d->rows.len > 0)
		return;
	sr_file_list_begin(&d->rows, sr_buf_view(&d->title), 0);
	d->count_at = d->rows.len - sizeof(uint32_t);
}

static int on_file(void *ctx, const struct sr_ingest_file_result *r, struct sr_err *e) {
	struct sr_deposit *d = ctx;
	struct sr_list_file f;
	uint8_t leaf[SR_HASH];
	int rc;

	list_file(&f, d->file, r);
	if (d->title.len == 0)
		sr_buf_put_bytes(&d->title, sr_utf8_fit(f.path, SR_LIST_TITLE_MAX));
	list_begin(d);
	sr_file_list_add(&d->rows, &f);
	if (d->rows.len > list_max)
		return sr_fail(e, SR_LIMIT,
			"deposit: the list of the item's files is longer than %zu bytes at file "
			"%u: such a tree is to be several items (--each folder), or one packed "
			"file",
			list_max, d->row_count + 1);
	d->row_count++;
	d->item_bytes += f.size;
	d->bytes += f.size;
	d->files++;
	sr_file_leaf(leaf, &f);
	rc = sr_tree_append(&d->tree, leaf, e);
	if (rc == 0)
		rc = sr_buf_ok(&d->rows, e);
	if (rc != 0)
		return rc;
	return d->o.file != NULL ? d->o.file(d->o.ctx, r, e) : 0;
}

/* --- the steps -------------------------------------------------------------------------------- */

/* How the collection dedupes, and the board that its items are sealed to. */
static int collection_load(struct sr_deposit *d, struct sr_err *e) {
	struct sr_collection_row row = {0};
	int rc = sr_query_collection(&row, d->v->catalogue, d->collection, e);

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "deposit: no such collection");
	d->dedupe = row.dedupe ? SR_DEDUPE_COLLECTION : SR_DEDUPE_NONE;
	if (rc == 0)
		rc = sr_query_board(&d->board, d->v->catalogue, row.board, 0, e);
	if (rc == 0 && !d->board.opened) /* such a board makes no collection */
		rc = sr_fail(e, SR_MISUSE, "deposit: the board has no keys yet");
	sr_collection_row_free(&row);
	return rc;
}

static int ingest_begin(struct sr_deposit *d, struct sr_err *e) {
	struct sr_ingest_options *o = calloc(1, sizeof *o);
	int rc;

	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory");
	o->backend = d->v->store;
	o->index = d->v->index;
	o->run = d->v->run;
	memcpy(o->domain.vault, d->v->fingerprint, SR_HASH);
	memcpy(o->domain.domain, d->collection, SR_ID);
	o->domain.dedupe = d->dedupe;
	o->domain.kdf_key = d->v->keys->s->kdf_key;
	memcpy(o->structure_pk, d->v->keys->structure_pk, SR_X_PK);
	memcpy(o->journal_key, d->key, SR_KEY);
	memcpy(o->accession, d->accession, SR_ID);
	o->settle_later = true; /* the door does */
	o->codec = SR_CODEC_ZSTD;
	o->threads = d->o.threads;
	o->progress = d->o.progress;
	o->file = on_file;
	o->item = on_item;
	o->ctx = d;
	rc = sr_ingest_begin(&d->ingest, o, e);
	sr_wipe(o, sizeof *o);
	free(o);
	return rc;
}

static int remove_items(struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e);

static int check_uncommitted(struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e) {
	struct sr_accession_row row;
	int rc;

	if (v->failed) /* the ledger may hold the accession, and the catalogue not */
		return sr_fail(e, SR_IO,
			"deposit: an earlier write failed: nothing is resumed until the vault is "
			"opened again");
	rc = sr_query_accession(&row, v->catalogue, accession, e);
	if (rc == 0)
		return sr_fail(e, SR_EXISTS,
			"deposit: this accession is committed already; nothing is left to resume");
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
}

int sr_deposit_begin(struct sr_deposit **out, struct sr_vault *v,
	const struct sr_deposit_options *o, struct sr_err *e) {
	struct sr_deposit *d = calloc(1, sizeof *d);
	int rc = 0;

	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory");
	d->v = v;
	d->o = *o;
	memcpy(d->collection, o->collection, SR_ID);
	sr_random(d->accession, SR_ID);
	sr_tree_init(&d->tree);
	sr_buf_init(&d->packs);
	sr_buf_init_secret(&d->title);
	sr_buf_init_secret(&d->rows);
	sr_buf_init_secret(&d->list_body);
	d->batch = calloc(SR_ENVELOPE_BATCH, sizeof *d->batch);
	if (d->batch == NULL)
		rc = sr_fail(e, SR_NOMEM, "deposit: out of memory");
	if (rc == 0) {
		d->key = sr_secret_new(SR_KEY, e);
		rc = d->key == NULL ? SR_LIMIT : 0;
	}
	if (rc == 0 && o->resume != NULL) {
		memcpy(d->accession, o->resume, SR_ID);
		rc = check_uncommitted(v, d->accession, e);
	}
	if (rc == 0)
		rc = collection_load(d, e);
	/* Items that became real before it broke off are made again, with new keys; their blocks
	 * are found. */
	if (rc == 0 && o->resume != NULL)
		rc = remove_items(v, d->accession, e);
	/* A journal is worth something after a cut of power only with its key. */
	if (rc == 0)
		rc = sr_accession_key_make(d->key, v, d->accession, d->dedupe == SR_DEDUPE_NONE, e);
	if (rc == 0)
		rc = sr_file_lists_new(&d->file_lists, v->run, d->accession, d->key, e);
	if (rc == 0)
		rc = ingest_begin(d, e);
	if (rc != 0) {
		sr_deposit_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

static int see_pack(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	(void)p;
	(void)e;
	*(bool *)ctx = true;
	return 0;
}

int sr_deposit_kept(
	bool *kept, struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e) {
	int rc = check_uncommitted(v, accession, e);

	*kept = false;
	return rc == 0 ? sr_index_packs(v->index, accession, see_pack, kept, e) : rc;
}

const uint8_t *sr_deposit_accession(const struct sr_deposit *d) {
	return d->accession;
}

static int items_grow(struct sr_deposit *d, struct sr_err *e) {
	size_t cap = d->item_cap == 0 ? 16 : d->item_cap * 2;
	struct sr_list_item *items = reallocarray(d->list.items, cap, sizeof *items);
	uint8_t(*salts)[SR_SALT];

	if (items == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory for %zu items", cap);
	d->list.items = items;
	salts = reallocarray(d->salts, cap, sizeof *salts);
	if (salts == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory for %zu items", cap);
	d->salts = salts;
	d->item_cap = cap;
	return 0;
}

int sr_deposit_item_begin(struct sr_deposit *d, struct sr_bytes title, struct sr_err *e) {
	uint8_t id[SR_HASH];
	struct sr_list_item *row;
	int rc = 0;

	if (d->in_item || d->finished)
		return sr_fail(e, SR_MISUSE,
			"deposit: an item begins inside another one, or after the end");
	if (title.len > SR_LIST_TITLE_MAX)
		return sr_fail(e, SR_LIMIT, "deposit: a title of %zu bytes, at most %d", title.len,
			SR_LIST_TITLE_MAX);
	if (d->list.item_count == d->item_cap)
		rc = items_grow(d, e);
	if (rc != 0)
		return rc;
	row = &d->list.items[d->list.item_count];
	memset(row, 0, sizeof *row);
	derived(id, d->v, d->accession, "strongroom/item-id/v1", d->list.item_count);
	memcpy(row->id, id, SR_ID);
	rc = sr_ingest_item_begin(d->ingest, row->id, e);
	if (rc != 0)
		return rc;
	sr_buf_clear(&d->title);
	sr_buf_clear(&d->rows);
	sr_buf_put_bytes(&d->title, title);
	d->row_count = 0;
	d->item_bytes = 0;
	d->in_item = true;
	return 0;
}

int sr_deposit_file(struct sr_deposit *d, const struct sr_ingest_file *f, struct sr_err *e) {
	int rc;

	if (!d->in_item)
		return sr_fail(e, SR_MISUSE, "deposit: a file outside of an item");
	d->file = f;
	rc = sr_ingest_file(d->ingest, f, e);
	d->file = NULL;
	return rc;
}

int sr_deposit_item_end(struct sr_deposit *d, struct sr_err *e) {
	struct sr_list_item *row;
	size_t at = d->list.item_count;
	int rc;

	if (!d->in_item)
		return sr_fail(e, SR_MISUSE, "deposit: the end of an item that has not begun");
	d->in_item = false;
	row = &d->list.items[at];
	list_begin(d);
	sr_random(d->salts[at], SR_SALT);
	rc = sr_buf_ok(&d->rows, e);
	if (rc != 0)
		return rc;
	sr_le32_put(d->rows.p + d->count_at, d->row_count);
	sr_object_id(row->files_id, d->salts[at], sr_buf_view(&d->rows));
	rc = sr_file_lists_add(d->file_lists, &d->rows, e);
	if (rc != 0)
		return rc;
	d->list.item_count++;
	row->bytes = d->item_bytes;
	row->files = d->row_count;
	return sr_ingest_item_end(d->ingest, e);
}

static int take_packs(struct sr_deposit *d, struct sr_err *e) {
	const uint8_t *names = NULL;
	size_t count = 0;
	int rc = sr_ingest_packs(d->ingest, &names, &count, e);

	if (rc != 0)
		return rc;
	sr_buf_put(&d->packs, names, count * SR_HASH);
	return sr_buf_ok(&d->packs, e);
}

static int make_objects(struct sr_deposit *d, struct sr_err *e) {
	size_t n = d->list.item_count;

	d->objects = calloc(n + 1, sizeof *d->objects);
	if (d->objects == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory for %zu lists", n + 1);
	memcpy(d->objects[0].salt, d->list_salt, SR_SALT);
	d->objects[0].body = sr_buf_view(&d->list_body);
	for (size_t i = 0; i < n; i++) {
		struct sr_door_object *o = &d->objects[i + 1];
		char hex[2 * SR_ID + 1];

		sr_hex(hex, d->list.items[i].id, SR_ID);
		snprintf(o->subject, sizeof o->subject, "item:%s", hex);
		memcpy(o->salt, d->salts[i], SR_SALT);
		o->body = sr_file_lists_held(d->file_lists, i);
	}
	d->object_count = n + 1;
	return 0;
}

int sr_deposit_finish(struct sr_deposit *d, struct sr_deposit_sign *out, struct sr_err *e) {
	int rc;

	if (d->in_item || d->finished)
		return sr_fail(e, SR_MISUSE, "deposit: finish inside an item, or twice");
	if (d->list.item_count == 0)
		return sr_fail(e, SR_USAGE, "deposit: nothing was deposited");
	rc = sr_ingest_finish(d->ingest, e);
	if (rc == 0 && d->sealed != d->list.item_count)
		rc = sr_fail(e, SR_MISUSE, "deposit: %zu items of %zu were stored", d->sealed,
			d->list.item_count);
	if (rc == 0)
		rc = take_packs(d, e);
	if (rc != 0)
		return rc;
	sr_accession_list_put(&d->list_body, &d->list);
	rc = sr_buf_ok(&d->list_body, e);
	if (rc != 0)
		return rc;
	sr_random(d->list_salt, SR_SALT);
	sr_object_id(d->list_id, d->list_salt, sr_buf_view(&d->list_body));
	rc = make_objects(d, e);
	if (rc != 0)
		return rc;
	memset(out, 0, sizeof *out);
	memcpy(out->accession, d->accession, SR_ID);
	memcpy(out->collection, d->collection, SR_ID);
	out->items = d->list.item_count;
	out->files = d->files;
	out->bytes = d->bytes;
	sr_tree_root(out->files_root, &d->tree);
	rc = sr_accession_list_root(out->items_root, &d->list, e);
	memcpy(out->list_salt, d->list_salt, SR_SALT);
	memcpy(out->list_id, d->list_id, SR_HASH);
	out->list = sr_buf_view(&d->list_body);
	d->finished = rc == 0;
	return rc;
}

/* --- through the door ------------------------------------------------------------------------- */

/* Of a list that is not in .keep itself. */
static void place_put(struct sr_buf *b, struct sr_file_list_place at) {
	sr_buf_put_le64(b, at.offset);
	sr_buf_put_le64(b, at.length);
}

static int keep_write(const struct sr_deposit *d, struct sr_bytes note, struct sr_err *e) {
	struct sr_buf plain, sealed;
	char name[64];
	int rc;

	sr_buf_init_secret(&plain);
	sr_buf_init(&sealed);
	sr_buf_put_lp(&plain, note);
	sr_buf_put_lp_buf(&plain, &d->packs);
	sr_buf_put_le32(&plain, (uint32_t)d->object_count);
	for (size_t i = 0; i < d->object_count; i++) {
		sr_buf_put(&plain, d->objects[i].salt, SR_SALT);
		sr_buf_put_lp(&plain, sr_bytes_str(d->objects[i].subject));
		sr_buf_put_lp(&plain, d->objects[i].body);
		if (d->objects[i].body.len == 0)
			place_put(&plain, sr_file_lists_place(d->file_lists, i - 1));
	}
	sr_buf_put_le32(&plain, (uint32_t)d->text_count);
	for (size_t i = 0; i < d->text_count; i++) {
		sr_buf_put_lp(&plain, sr_bytes_str(d->texts[i].field));
		sr_buf_put_le32(&plain, d->texts[i].index);
		sr_buf_put(&plain, d->texts[i].salt, SR_SALT);
		sr_buf_put_lp(&plain, d->texts[i].text);
	}
	keep_name(name, d->accession);
	rc = sr_buf_ok(&plain, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&sealed, d->key, "strongroom/accession-keep/v2",
			sr_bytes_of(d->accession, SR_ID), sr_buf_view(&plain), e);
	if (rc == 0)
		rc = sr_file_replace_later(d->v->run, name, sr_buf_view(&sealed), e);
	if (rc == 0)
		rc = sr_backend_beside(d->v->store, d->v->run, e);
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	return rc;
}

static int gone(int rc, struct sr_err *e) {
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}

/* Of what is not to come back: it waits. */
static int keep_remove(struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e) {
	char name[64];

	keep_name(name, accession);
	const int rc = gone(sr_file_remove(v->run, name, e), e);
	return rc == 0 ? sr_file_lists_remove(v->run, accession, e) : rc;
}

static int committed(struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_bytes packs,
	struct sr_err *e) {
	struct sr_ingest_abort a = {0};
	char name[64];
	int rc;

	ingest_ends(&a, v, accession);
	rc = sr_ingest_committed(&a, e);
	if (rc == 0)
		rc = sr_fixity_inventory(v, packs, sr_bytes_of(NULL, 0), e);
	/* One that comes back after a cut of power tells of what the ledger has. */
	keep_name(name, accession);
	if (rc == 0)
		rc = gone(sr_file_remove_later(v->run, name, e), e);
	if (rc == 0)
		rc = sr_file_lists_remove(v->run, accession, e);
	/* Last, for what is left without it is told as damaged. */
	return rc == 0 ? sr_accession_key_end(v, accession, e) : rc;
}

/* The board may have got a new key since the deposit began: its items are sealed under the one
 * before, which nobody is to need again. */
static int key_holds(const struct sr_deposit *d, struct sr_vault *v, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "deposit: out of memory")
			   : sr_query_board(b, v->catalogue, d->board.id, 0, e);

	if (rc == 0 && d->board.epoch < b->base)
		rc = sr_fail(e, SR_DENIED,
			"the board got a new key in epoch %u while this was deposited, and it is "
			"sealed under the one before: deposit --resume goes on under the new one",
			b->base);
	free(b);
	return rc;
}

static int count_pack(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	(void)p;
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

/* An abort of the same accession from elsewhere takes items that are there, from the first on, and
 * the packs. */
static int still_there(const struct sr_deposit *d, struct sr_vault *v, struct sr_err *e) {
	char name[2 * SR_ID + 1];
	size_t packs = 0;
	bool there = true;
	int rc = sr_index_packs(v->index, d->accession, count_pack, &packs, e);

	if (rc != 0)
		return rc;
	sr_hex(name, d->list.items[0].id, SR_ID);
	if (d->placed > 0)
		rc = sr_secrets_find(
			&there, v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), FIRST_ENVELOPE, e);
	if (rc != 0)
		return rc;
	if (packs == d->packs.len / SR_HASH && there)
		return 0;
	return sr_fail(e, SR_DENIED,
		"what was deposited under this accession was removed meanwhile: deposit it anew");
}

static int before(void *ctx, struct sr_vault *v, struct sr_bytes note, struct sr_err *e) {
	struct sr_deposit *d = ctx;
	int rc = key_holds(d, v, e);

	if (rc == 0)
		rc = still_there(d, v, e);
	if (rc != 0)
		return rc;
	rc = batch_place(d, e);
	if (rc == 0)
		rc = keep_write(d, note, e);
	if (rc != 0)
		batch_take_back(d);
	return rc;
}

static void refused(void *ctx, struct sr_vault *v) {
	struct sr_deposit *d = ctx;

	batch_take_back(d);
	(void)!keep_remove(v, d->accession,
		NULL); /* if it stays, the next opening finds that the door refuses it again */
}

static int after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	struct sr_deposit *d = ctx;

	d->committed = true;
	batch_clear(d);
	return committed(v, d->accession, sr_buf_view(&d->packs), e);
}

/* A file list that does not wait in memory: the first object is the list of the items. */
static int object(void *ctx, size_t i, struct sr_buf *body, struct sr_err *e) {
	const struct sr_deposit *d = ctx;

	return sr_file_lists_get(d->file_lists, i - 1, body, e);
}

int sr_deposit_submission(struct sr_deposit *d, struct sr_submission *sub, struct sr_err *e) {
	if (!d->finished || d->committed)
		return sr_fail(
			e, SR_MISUSE, "deposit: nothing is finished that could be committed");
	d->texts = sub->texts;
	d->text_count = sub->text_count;
	sub->objects = d->objects;
	sub->object_count = d->object_count;
	sub->object = object;
	sub->packs = sr_buf_view(&d->packs);
	sub->before = before;
	sub->refused = refused;
	sub->after = after;
	sub->ctx = d;
	return 0;
}

/* What was broken off before it was signed; of one that was, .keep may need all of this. If it
 * fails, the next opening does it. */
static void broken_off(const struct sr_deposit *d) {
	bool kept = false;
	int rc = sr_file_lists_remove(d->v->run, d->accession, NULL);

	if (rc == 0)
		rc = sr_index_packs(d->v->index, d->accession, see_pack, &kept, NULL);
	if (rc == 0 && !kept)
		(void)!sr_accession_key_end(d->v, d->accession, NULL);
}

void sr_deposit_free(struct sr_deposit *d) {
	if (d == NULL)
		return;
	sr_ingest_free(d->ingest);
	if (d->batch != NULL)
		batch_clear(d);
	if (!d->finished && d->file_lists != NULL)
		broken_off(d);
	free(d->batch);
	sr_file_lists_free(d->file_lists);
	sr_secret_free(d->key, SR_KEY);
	free(d->salts);
	sr_accession_list_free(&d->list);
	sr_people_free(&d->curators);
	sr_buf_free(&d->packs);
	sr_buf_free(&d->title);
	sr_buf_free(&d->rows);
	sr_buf_free(&d->list_body);
	free(d->objects);
	free(d);
}

/* --- removing what no statement names --------------------------------------------------------- */

struct stray {
	struct sr_vault *v;
	size_t secrets, envelopes;
	enum sr_secret_kind kind;
};

/* Destroyed, and witnesses have not seen it: board/erase.h ends it. */
static bool waits(const struct sr_vault *v, const struct sr_item_row *row) {
	return row->state == SR_S_DESTROYED && row->destroyed >= sr_erase_seen(v);
}

static int stray_secret(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct stray *s = ctx;
	uint8_t item[SR_ID];
	struct sr_item_row row = {0};
	size_t erased = 0;
	bool keep;
	int rc;

	if (sr_unhex(item, SR_ID, name, NULL) != 0)
		return 0;
	rc = sr_query_item(&row, s->v->catalogue, item, e);
	/* A slot lives for the envelope in force; quarantine and intake seals only while the item
	 * is held (when an intake is over, its queue sees). */
	keep = rc == 0 && n == row.number &&
	       (row.state == SR_S_HELD ||
		       (s->kind == SR_SECRET_SLOT && row.state == SR_S_RELEASED) ||
		       waits(s->v, &row));
	sr_item_row_free(&row);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc != 0 || keep)
		return rc;
	rc = sr_secrets_erase(s->v->secrets, s->kind, name, n, &erased, e);
	s->secrets += erased;
	return rc;
}

static int stray_envelope(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct stray *s = ctx;
	struct sr_item_row row = {0};
	uint8_t item[SR_ID];
	uint32_t n = 0;
	bool keep;
	int rc;

	if (is_dir || sr_envelope_name_parse(item, &n, name, NULL) != 0)
		return 0;
	rc = sr_query_item(&row, s->v->catalogue, item, e);
	keep = rc == 0 && n == row.number && (row.state != SR_S_DESTROYED || waits(s->v, &row));
	sr_item_row_free(&row);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc != 0 || keep)
		return rc;
	s->envelopes++;
	return sr_envelope_remove(s->v->items, item, n, e);
}

static int remove_strays(struct sr_vault *v, struct stray *s, struct sr_err *e) {
	static const enum sr_secret_kind kinds[] = {
		SR_SECRET_SLOT, SR_SECRET_QUARANTINE, SR_SECRET_INTAKE};
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	s->v = v;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && rc == 0; i++) {
		s->kind = kinds[i];
		rc = sr_secrets_each(
			v->secrets, kinds[i], sr_bytes_of(NULL, 0), stray_secret, s, e);
	}
	if (rc == 0 && s->secrets > 0)
		rc = sr_secrets_commit(v->secrets, e);
	else
		sr_secrets_rollback(v->secrets);
	if (rc == 0)
		rc = sr_dir_each(v->items, stray_envelope, s, e);
	return rc;
}

/* Everything of one item that is not committed; *${had} tells whether there was anything. */
static int remove_item(struct sr_vault *v, const uint8_t item[SR_ID], bool *had, struct sr_err *e) {
	static const enum sr_secret_kind kinds[] = {
		SR_SECRET_SLOT, SR_SECRET_QUARANTINE, SR_SECRET_INTAKE};
	char name[2 * SR_ID + 1], envelope[SR_ENVELOPE_NAME];
	size_t erased = 0;
	bool there = false;
	int rc = 0;

	sr_hex(name, item, SR_ID);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && rc == 0; i++) {
		size_t n = 0;

		rc = sr_secrets_erase(
			v->secrets, kinds[i], sr_bytes_str(name), FIRST_ENVELOPE, &n, e);
		erased += n;
	}
	sr_envelope_name(envelope, item, FIRST_ENVELOPE);
	*had = erased > 0;
	if (rc == 0)
		rc = sr_file_find(&there, v->items, envelope, e);
	if (rc == 0 && there) {
		*had = true;
		rc = sr_envelope_remove(v->items, item, FIRST_ENVELOPE, e);
	}
	return rc;
}

/* The items of an accession have known ids: by ordinal, until a whole batch of them left nothing.
 * Other deposits that are under way are not touched. */
static int remove_items(struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e) {
	size_t missed = 0;
	int rc = sr_secrets_begin(v->secrets, e);

	if (rc != 0)
		return rc;
	for (uint64_t i = 0; missed <= SR_ENVELOPE_BATCH && rc == 0; i++) {
		uint8_t id[SR_HASH];
		bool had = false;

		derived(id, v, accession, "strongroom/item-id/v1", i);
		rc = remove_item(v, id, &had, e);
		missed = had ? 0 : missed + 1;
	}
	if (rc != 0) {
		sr_secrets_rollback(v->secrets);
		return rc;
	}
	return sr_secrets_commit(v->secrets, e);
}

int sr_deposit_abort(struct sr_deposit *d, struct sr_err *e) {
	struct sr_accession_row row;
	struct sr_ingest_abort a = {0};
	struct sr_vault *v = d->v;
	size_t packs = 0;
	int rc;

	ingest_ends(&a, v, d->accession);
	sr_deposit_free(d);
	if (v->failed) /* the ledger may hold the accession, and the catalogue not */
		return sr_fail(e, SR_IO,
			"an earlier write failed: what was deposited is kept until the vault is "
			"opened again");
	rc = sr_query_accession(&row, v->catalogue, a.accession, e);
	if (rc == 0)
		return sr_fail(e, SR_MISUSE, "the accession is committed; only a board destroys");
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	rc = remove_items(v, a.accession, e);
	if (rc == 0) /* of a commit that was refused: it must not come back at the next opening */
		rc = keep_remove(v, a.accession, e);
	if (rc == 0)
		rc = sr_ingest_abort(&a, &packs, e);
	return rc == 0 ? sr_accession_key_end(v, a.accession, e) : rc;
}

/* --- at opening ------------------------------------------------------------------------------- */

struct kept {
	struct sr_buf plain;
	struct sr_bytes note, packs;
	struct sr_door_object *objects;
	struct sr_file_list_place *places; /* of those whose body is not in it */
	size_t count;
	struct sr_door_text texts[KEEP_TEXTS];
	uint32_t text_count;
	/* of the lists that lie beside it */
	struct sr_dir *run;
	uint8_t accession[SR_ID], key[SR_KEY];
};

static int kept_texts(struct kept *k, struct sr_reader *r, struct sr_err *e) {
	int rc = sr_get_le32(r, &k->text_count, e);

	if (rc == 0 && k->text_count > KEEP_TEXTS)
		rc = sr_fail(e, SR_CORRUPT, "%u texts, at most %d", k->text_count, KEEP_TEXTS);
	for (uint32_t i = 0; rc == 0 && i < k->text_count; i++) {
		struct sr_door_text *t = &k->texts[i];
		struct sr_bytes field = {0};
		uint32_t index = 0;

		rc = sr_get_lp(r, &field, sizeof t->field - 1, e);
		if (rc == 0)
			rc = sr_get_le32(r, &index, e);
		if (rc == 0)
			rc = sr_get(r, t->salt, SR_SALT, e);
		if (rc == 0)
			rc = sr_get_lp(r, &t->text, KEEP_MAX, e);
		if (rc == 0 && field.len > 0)
			memcpy(t->field, field.p, field.len);
		t->index = index;
	}
	return rc;
}

static int kept_decode(struct kept *k, struct sr_err *e) {
	struct sr_reader r;
	uint32_t n = 0;
	int rc;

	sr_reader_init(&r, sr_buf_view(&k->plain));
	rc = sr_get_lp(&r, &k->note, SR_STATEMENT_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &k->packs, KEEP_MAX, e);
	if (rc == 0)
		rc = sr_get_le32(&r, &n, e);
	if (rc == 0 && n == 0)
		rc = sr_fail(e, SR_CORRUPT, "it has no list of its items");
	if (rc == 0 && n > sr_reader_left(&r) / SR_SALT)
		rc = sr_fail(e, SR_CORRUPT, "%u objects do not fit", n);
	if (rc == 0) {
		k->objects = calloc(n == 0 ? 1 : n, sizeof *k->objects);
		k->places = calloc(n == 0 ? 1 : n, sizeof *k->places);
		if (k->objects == NULL || k->places == NULL)
			rc = sr_fail(e, SR_NOMEM, "out of memory for %u objects", n);
	}
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct sr_bytes subject = {0};

		rc = sr_get(&r, k->objects[i].salt, SR_SALT, e);
		if (rc == 0)
			rc = sr_get_lp(&r, &subject, sizeof k->objects[i].subject - 1, e);
		if (rc == 0)
			rc = sr_get_lp(&r, &k->objects[i].body, KEEP_MAX, e);
		if (rc == 0 && k->objects[i].body.len == 0)
			rc = sr_get_le64(&r, &k->places[i].offset, e);
		if (rc == 0 && k->objects[i].body.len == 0)
			rc = sr_get_le64(&r, &k->places[i].length, e);
		if (rc == 0 && subject.len > 0)
			memcpy(k->objects[i].subject, subject.p, subject.len);
	}
	k->count = n;
	if (rc == 0)
		rc = kept_texts(k, &r, e);
	return rc != 0 ? rc : sr_get_end(&r, e);
}

static int keep_read(struct kept *k, struct sr_vault *v, const char *name,
	const uint8_t accession[SR_ID], struct sr_err *e) {
	struct sr_buf sealed;
	int rc;

	sr_buf_init(&sealed);
	k->run = v->run;
	memcpy(k->accession, accession, SR_ID);
	rc = sr_accession_key(k->key, v, accession, e);
	if (rc == 0)
		rc = sr_file_read(v->run, name, &sealed, KEEP_MAX, e);
	if (rc == 0)
		rc = sr_aead_open_buf(&k->plain, k->key, "strongroom/accession-keep/v2",
			sr_bytes_of(accession, SR_ID), sr_buf_view(&sealed), e);
	if (rc == 0)
		rc = kept_decode(k, e);
	sr_buf_free(&sealed);
	return rc;
}

/* A list that lies beside it; the first object is the list of the items. */
static int kept_object(void *ctx, size_t i, struct sr_buf *body, struct sr_err *e) {
	const struct kept *k = ctx;

	return sr_file_lists_read(k->run, k->accession, k->key, i - 1, k->places[i], body, e);
}

static int kept_lists(const char **why, struct kept *k, struct sr_err *e) {
	for (size_t i = 1; i < k->count; i++) {
		struct sr_buf body;
		int rc = 0;

		sr_buf_init_secret(&body);
		if (k->objects[i].body.len == 0)
			rc = kept_object(k, i, &body, e);
		sr_buf_free(&body);
		if (rc == SR_NOTFOUND || rc == SR_AUTH || rc == SR_CORRUPT) {
			sr_err_clear(e);
			*why = "a list of files is not whole";
			return 0;
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The keep may be on disk without what was written beside it (deposit.h, "Order on disk"). *${why}
 * is set where something is not there as the statement will name it. */
static int kept_lacks(const char **why, struct sr_vault *v, struct kept *k,
	const struct sr_accession_list *list, struct sr_err *e) {
	struct sr_buf file;
	int rc = kept_lists(why, k, e);

	sr_buf_init(&file);
	for (size_t i = 0; i + SR_HASH <= k->packs.len && *why == NULL && rc == 0; i += SR_HASH) {
		char path[SR_STORED_NAME];
		uint64_t size = 0;

		sr_hash_name(path, "packs", k->packs.p + i);
		rc = sr_backend_head(v->store, path, &size, e);
		if (rc != 0 && rc != SR_NOTFOUND)
			break;
		if (rc == SR_NOTFOUND)
			*why = "a pack is not there";
	}
	for (size_t i = 0; i < list->item_count && *why == NULL && rc == 0; i++) {
		const struct sr_list_item *it = &list->items[i];
		char name[2 * SR_ID + 1], envelope[SR_ENVELOPE_NAME];
		uint8_t hash[SR_HASH];
		bool there = false;

		sr_hex(name, it->id, SR_ID);
		sr_envelope_name(envelope, it->id, FIRST_ENVELOPE);
		rc = sr_secrets_find(
			&there, v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), FIRST_ENVELOPE, e);
		if (rc == 0 && !there)
			*why = "the secret of an item is not there";
		if (rc != 0 || !there)
			break;
		sr_buf_clear(&file);
		rc = sr_file_read(v->items, envelope, &file, SR_ENVELOPE_MAX, e);
		if (rc == SR_NOTFOUND)
			*why = "an envelope is not there";
		if (rc != 0)
			break;
		sr_envelope_hash(hash, sr_buf_view(&file));
		if (memcmp(hash, it->envelope, SR_HASH) != 0)
			*why = "an envelope is not whole";
	}
	sr_buf_free(&file);
	return *why != NULL ? gone(rc, e) : rc;
}

/* Nobody was told that it is stored: its packs are kept for a resume, the rest goes with the other
 * strays. */
static int recover_not(struct sr_vault *v, const char *name, const uint8_t accession[SR_ID],
	const char *why, struct sr_err *e) {
	sr_buf_printf(&v->recovered,
		"run/%s was signed but not acknowledged before the vault stopped, and is not "
		"finished: %s\n",
		name, why);
	return keep_remove(v, accession, e);
}

static int recover_one(
	struct sr_vault *v, const char *name, const uint8_t accession[SR_ID], struct sr_err *e) {
	struct sr_accession_list list = {0};
	struct sr_submission sub = {0};
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct kept k = {0};
	struct sr_accession_row row;
	const char *lacks = NULL;
	struct sr_err torn = {0};
	int rc;

	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	sr_buf_init_secret(&k.plain);
	rc = sr_query_accession(&row, v->catalogue, accession, e);
	const bool there = rc == 0;
	if (rc != 0 && rc != SR_NOTFOUND)
		goto out;
	sr_err_clear(e);
	rc = keep_read(&k, v, name, accession, &torn);
	if (rc == SR_AUTH || rc == SR_CORRUPT) {
		rc = there ? keep_remove(v, accession, e)
			   : recover_not(v, name, accession, torn.text, e);
		goto out;
	}
	if (rc != 0) {
		rc = sr_fail(e, (enum sr_code)rc, "%s", torn.text);
		goto out;
	}
	rc = sr_accession_list_read(&list, k.objects[0].body, e);
	if (rc != 0)
		goto out;
	/* What the ledger has is whole, and may have been changed since. */
	if (!there) {
		rc = kept_lacks(&lacks, v, &k, &list, e);
		if (rc == 0 && lacks != NULL)
			rc = recover_not(v, name, accession, lacks, e);
	}
	if (rc != 0 || lacks != NULL)
		goto out;
	sub.note = k.note;
	sub.objects = k.objects;
	sub.object_count = k.count;
	sub.object = kept_object;
	sub.ctx = &k;
	sub.texts = k.texts;
	sub.text_count = k.text_count;
	sub.packs = k.packs;
	sub.resumed = true;
	rc = sr_door_commit(v, &sub, 1, o, e);
	if (rc != 0)
		goto out;
	if (o->code != 0) {
		sr_buf_printf(&v->recovered,
			"an accession that was broken off is refused now and removed: %s\n",
			o->err.text);
		rc = keep_remove(v, accession, e);
		goto out;
	}
	rc = committed(v, accession, k.packs, e);
	if (rc == 0)
		sr_buf_printf(&v->recovered,
			"an accession of %zu items that was signed but not yet committed is %s\n",
			list.item_count,
			o->repeated ? "committed, as the ledger shows" : "committed now");
out:
	sr_accession_list_free(&list);
	free(k.objects);
	free(k.places);
	sr_wipe(k.key, sizeof k.key);
	sr_buf_free(&k.plain);
	free(o);
	return rc;
}

/* "accession-<32 hex>" and ${suffix}. */
static bool is_accession(uint8_t accession[SR_ID], const char *name, const char *suffix) {
	static const char prefix[] = "accession-";
	const size_t len = strlen(name), p = sizeof prefix - 1, s = strlen(suffix);

	return len == p + (size_t)2 * SR_ID + s && memcmp(name, prefix, p) == 0 &&
	       strcmp(name + len - s, suffix) == 0 &&
	       sr_unhex(accession, SR_ID, sr_bytes_of(name + p, (size_t)2 * SR_ID), NULL) == 0;
}

static int recover_keep(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	uint8_t accession[SR_ID];
	int rc;

	if (is_dir || !is_accession(accession, name, ".keep"))
		return 0;
	rc = recover_one(ctx, name, accession, e);
	return rc != 0 ? sr_wrap(e, "run/%s", name) : 0;
}

/* Of a deposit that was broken off before it was signed: one that goes on with it makes them anew.
 */
static int remove_lists(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct sr_vault *v = ctx;
	uint8_t accession[SR_ID];
	char keep[64];
	bool there = false;
	int rc;

	if (is_dir || !is_accession(accession, name, ".lists"))
		return 0;
	keep_name(keep, accession);
	rc = sr_file_find(&there, v->run, keep, e);
	return rc != 0 || there ? rc : sr_file_lists_remove(v->run, accession, e);
}

/* The key of what is over, or has left nothing that could be gone on with. */
static int end_key(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct sr_vault *v = ctx;
	uint8_t accession[SR_ID];
	char keep[64];
	bool there = false, packs = false;
	int rc;

	if (is_dir || !is_accession(accession, name, ".cell"))
		return 0;
	keep_name(keep, accession);
	rc = sr_file_find(&there, v->run, keep, e);
	if (rc == 0 && !there)
		rc = sr_index_packs(v->index, accession, see_pack, &packs, e);
	return rc != 0 || there || packs ? rc : sr_accession_key_end(v, accession, e);
}

/* Files that a step of intake added: committed, but the index was not told; to be gone on with; or
 * of no use any more, since the item was released, sealed anew or destroyed. */
static int recover_work(
	struct sr_vault *v, const uint8_t work[SR_ID], bool live, bool done, struct sr_err *e) {
	struct sr_ingest_abort a = {0};
	size_t packs = 0;

	ingest_ends(&a, v, work);
	if (done)
		return sr_ingest_committed(&a, e);
	return live ? 0 : sr_ingest_abort(&a, &packs, e);
}

static int recover_pending(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e) {
	struct sr_vault *v = ctx;
	struct sr_accession_row row;
	struct sr_ingest_abort a = {0};
	char hex[2 * SR_ID + 1];
	bool is = false, live = false, done = false;
	int rc = sr_query_accession(&row, v->catalogue, accession, e);

	if (rc == 0) { /* committed, but the index was not told */
		ingest_ends(&a, v, accession);
		return sr_ingest_committed(&a, e);
	}
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	rc = sr_holding_pending(&is, &live, &done, v, accession, e);
	if (rc != 0 || is)
		return rc == 0 ? recover_work(v, accession, live, done, e) : rc;
	sr_hex(hex, accession, SR_ID);
	sr_buf_printf(&v->recovered,
		"accession %s was broken off; its packs are kept (deposit --resume with this id "
		"goes on, deposit --abandon removes them)\n",
		hex);
	return 0;
}

/* A kill between the last statement that brought packs and the inventory, which is told after it:
 * told again, what it knows is no change. */
static int recover_inventory(struct sr_vault *v, struct sr_err *e) {
	uint8_t *names = NULL;
	size_t count = 0;
	int rc = sr_query_last_packs(&names, &count, v->catalogue, e);

	if (rc == 0 && count > 0)
		rc = sr_fixity_inventory(
			v, sr_bytes_of(names, count * SR_HASH), sr_bytes_of(NULL, 0), e);
	free(names);
	return rc;
}

int sr_deposit_recover(struct sr_vault *v, struct sr_err *e) {
	struct stray s = {0};
	int rc;

	if (!v->founded)
		return 0;
	rc = sr_dir_each(v->run, recover_keep, v, e);
	if (rc == 0)
		rc = sr_dir_each(v->run, remove_lists, v, e);
	if (rc == 0)
		rc = remove_strays(v, &s, e);
	if (rc == 0 && (s.secrets > 0 || s.envelopes > 0))
		sr_buf_printf(&v->recovered,
			"%zu secrets and %zu envelopes that no statement names were removed\n",
			s.secrets, s.envelopes);
	if (rc == 0)
		rc = sr_index_pending(v->index, recover_pending, v, e);
	if (rc == 0)
		rc = sr_dir_each(v->run, end_key, v, e);
	if (rc == 0)
		rc = recover_inventory(v, e);
	return rc != 0 ? sr_wrap(e, "deposits") : 0;
}
