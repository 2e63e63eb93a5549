/*
 * unit - see the header. Keys: BLAKE2b(caller's key; "strongroom/db-keys/v1", purpose, file id,
 * mode).
 */
#include "store/unit.h"

#include "base/secret.h"

struct sr_unit_keys {
	uint8_t page[SR_KEY];   /* seals units in plain mode */
	uint8_t tag[SR_KEY];    /* entries in plain mode, the header's hash */
	uint8_t record[SR_KEY]; /* seals state records in plain mode */
	uint8_t cell[SR_KEY];   /* seals the slots of root cells */
	uint8_t state[SR_KEY];  /* sr_state_hash */
};

static const uint8_t header_magic[16] = "strongroom-db/1\n";
static const char *const unit_label = "strongroom/db-unit/v1";
static const char *const state_label = "strongroom/db-state/v1";

static void derive(uint8_t out[SR_KEY], const struct sr_unit_file *f, const uint8_t key[SR_KEY],
	const char *purpose) {
	uint8_t mode = f->erasable ? 1 : 0;

	SR_HASH_OF(out, "strongroom/db-keys/v1", key, sr_bytes_str(purpose),
		sr_bytes_of(f->id, SR_ID), sr_bytes_of(&mode, 1));
}

int sr_unit_file_init(struct sr_unit_file *f, const char *name, const uint8_t id[SR_ID],
	bool erasable, const uint8_t key[SR_KEY], struct sr_err *e) {
	size_t len = strlen(name);

	*f = (struct sr_unit_file){.erasable = erasable};
	if (len == 0 || len >= sizeof f->name)
		return sr_fail(e, SR_MISUSE, "a database name of %zu bytes, want 1 to %zu", len,
			sizeof f->name - 1);
	memcpy(f->name, name, len + 1);
	memcpy(f->id, id, SR_ID);
	f->keys = sr_secret_new(sizeof *f->keys, e);
	if (f->keys == NULL)
		return SR_LIMIT;
	derive(f->keys->page, f, key, "page");
	derive(f->keys->tag, f, key, "tag");
	derive(f->keys->record, f, key, "record");
	derive(f->keys->cell, f, key, "cell");
	derive(f->keys->state, f, key, "state");
	return 0;
}

void sr_unit_file_wrap(struct sr_unit_file *f, const uint8_t wrap[SR_KEY]) {
	derive(f->keys->cell, f, wrap, "cell");
}

void sr_unit_file_free(struct sr_unit_file *f) {
	sr_secret_free(f->keys, sizeof *f->keys);
	f->keys = NULL;
}

const uint8_t *sr_unit_cell_key(const struct sr_unit_file *f) {
	return f->keys->cell;
}

const uint8_t *sr_unit_record_key(const struct sr_unit_file *f) {
	return f->keys->record;
}

/* ---- the header of NAME ---- */

static void header_hash(
	uint8_t out[SR_HASH], const struct sr_unit_file *f, const uint8_t in[SR_UNIT]) {
	SR_HASH_OF(out, "strongroom/db-header/v1", f->keys->tag, sr_bytes_of(in, 36));
}

void sr_unit_header_put(uint8_t out[SR_UNIT], const struct sr_unit_file *f) {
	memset(out, 0, SR_UNIT);
	memcpy(out, header_magic, sizeof header_magic);
	sr_le32_put(out + 16, f->erasable ? 1 : 0);
	memcpy(out + 20, f->id, SR_ID);
	header_hash(out + 36, f, out);
}

int sr_unit_header_get(
	uint8_t id[SR_ID], bool *erasable, const uint8_t in[SR_UNIT], struct sr_err *e) {
	uint32_t mode = sr_le32_get(in + 16);

	if (memcmp(in, header_magic, 14) != 0)
		return sr_fail(
			e, SR_CORRUPT, "the first bytes are not those of a strongroom database");
	if (memcmp(in, header_magic, 16) != 0)
		return sr_fail(e, SR_UNSUPPORTED, "the format is newer than \"strongroom-db/1\"");
	if (mode > 1)
		return sr_fail(e, SR_CORRUPT, "mode %u in the header, want 0 or 1", mode);
	*erasable = mode == 1;
	memcpy(id, in + 20, SR_ID);
	return 0;
}

int sr_unit_header_check(
	const struct sr_unit_file *f, const uint8_t in[SR_UNIT], struct sr_err *e) {
	uint8_t want[SR_HASH];

	header_hash(want, f, in);
	if (!sr_ct_eq(want, in + 36, SR_HASH))
		return sr_fail(
			e, SR_AUTH, "the header does not verify: a wrong key, or a damaged header");
	for (size_t i = 68; i < SR_UNIT; i++)
		if (in[i] != 0)
			return sr_fail(
				e, SR_CORRUPT, "byte %zu of the header is %u, want 0", i, in[i]);
	return 0;
}

/* ---- units ---- */

enum {
	UNIT_AD = SR_ID + 12
};

static struct sr_bytes unit_ad(
	uint8_t ad[UNIT_AD], const struct sr_unit_file *f, struct sr_unit_at at) {
	memcpy(ad, f->id, SR_ID);
	sr_le32_put(ad + SR_ID, at.level);
	sr_le64_put(ad + SR_ID + 4, at.index);
	return sr_bytes_of(ad, UNIT_AD);
}

/* The entry in plain mode. Only nonce, commitment and tag enter: another ciphertext under the same
 * tag is a forgery. */
static void tag_entry(uint8_t out[SR_KEY], const struct sr_unit_file *f, struct sr_bytes ad,
	const uint8_t sealed[SR_UNIT]) {
	SR_HASH_OF(out, "strongroom/db-tag/v1", f->keys->tag, ad,
		sr_bytes_of(sealed, SR_NONCE + SR_HASH),
		sr_bytes_of(sealed + SR_UNIT - SR_TAG, SR_TAG));
}

void sr_unit_seal(uint8_t out[SR_UNIT], uint8_t entry[SR_KEY], const struct sr_unit_file *f,
	struct sr_unit_at at, const uint8_t plain[SR_UNIT_PLAIN]) {
	uint8_t buf[UNIT_AD];
	struct sr_bytes ad = unit_ad(buf, f, at);

	if (f->erasable) {
		sr_random(entry, SR_KEY);
		sr_aead_seal(out, entry, unit_label, ad, sr_bytes_of(plain, SR_UNIT_PLAIN));
	} else {
		sr_aead_seal(out, f->keys->page, unit_label, ad, sr_bytes_of(plain, SR_UNIT_PLAIN));
		tag_entry(entry, f, ad, out);
	}
}

static int unit_fail(struct sr_err *e, struct sr_unit_at at, const char *what) {
	if (at.level == 0)
		return sr_fail(e, SR_AUTH, "page %llu: %s", (unsigned long long)at.index + 1, what);
	return sr_fail(e, SR_AUTH, "tree node %llu of level %u: %s", (unsigned long long)at.index,
		at.level, what);
}

int sr_unit_open(uint8_t plain[SR_UNIT_PLAIN], const struct sr_unit_file *f, struct sr_unit_at at,
	const uint8_t entry[SR_KEY], const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	uint8_t buf[UNIT_AD], have[SR_KEY];
	struct sr_bytes ad = unit_ad(buf, f, at), in = sr_bytes_of(sealed, SR_UNIT);
	int rc;

	if (f->erasable) {
		if (sr_aead_open(plain, entry, unit_label, ad, in, NULL) != 0)
			return unit_fail(e, at,
				"does not open under its own key: damaged, or an older one was "
				"put back");
		return 0;
	}
	rc = sr_aead_open(plain, f->keys->page, unit_label, ad, in, NULL);
	if (rc != 0)
		return unit_fail(
			e, at, "its tag does not verify: damaged, or from another place or file");
	tag_entry(have, f, ad, sealed);
	if (!sr_ct_eq(have, entry, SR_KEY)) {
		sr_wipe(plain, SR_UNIT_PLAIN);
		return unit_fail(e, at,
			"is whole, but not the one that the tree names: an older one was put back");
	}
	return 0;
}

bool sr_unit_absent(const uint8_t entry[SR_KEY]) {
	static const uint8_t zero[SR_KEY];

	return sr_ct_eq(entry, zero, SR_KEY);
}

/* ---- places ---- */

/* Nodes that lie before the page of index ${x}: node (K, i) comes when i * F^K + F^(K-1) pages are
 * there. */
static uint64_t nodes_before(uint64_t x) {
	uint64_t n = 0, step = 1;

	for (unsigned k = 1; k < SR_UNIT_LEVELS && x >= step; k++) {
		n += (x - step) / (step * SR_UNIT_FAN) + 1;
		step *= SR_UNIT_FAN;
	}
	return n;
}

uint64_t sr_unit_place(struct sr_unit_at at) {
	uint64_t span = 1, pages;

	if (at.level == 0)
		return at.index + nodes_before(at.index);
	for (unsigned k = 1; k < at.level; k++)
		span *= SR_UNIT_FAN;
	pages = at.index * span * SR_UNIT_FAN + span;
	return pages + nodes_before(pages) -
	       1; /* no two nodes come after the same page, so only this one is counted too much */
}

unsigned sr_unit_height(uint64_t pages) {
	unsigned h = 0;

	for (uint64_t span = 1; span < pages; span *= SR_UNIT_FAN)
		h++;
	return h;
}

uint64_t sr_unit_count(unsigned level, uint64_t pages) {
	for (; level > 0; level--)
		pages = pages / SR_UNIT_FAN + (pages % SR_UNIT_FAN != 0);
	return pages;
}

uint64_t sr_unit_places(uint64_t pages) {
	uint64_t end = 0;

	for (unsigned level = 0; pages > 0 && level <= sr_unit_height(pages); level++) {
		uint64_t place =
			sr_unit_place((struct sr_unit_at){level, sr_unit_count(level, pages) - 1});

		if (place >= end)
			end = place + 1;
	}
	return end;
}

/* ---- state records ---- */

void sr_state_put(uint8_t out[SR_STATE], const struct sr_page_state *s) {
	memset(out, 0, SR_STATE);
	sr_le64_put(out, s->sequence);
	sr_le64_put(out + 8, s->pages);
	sr_le64_put(out + 16, s->ledger_size);
	memcpy(out + 24, s->ledger_root, SR_HASH);
	memcpy(out + 56, s->top, SR_KEY);
	sr_le64_put(out + 88, s->root_number);
	sr_le64_put(out + 96, s->copy_root);
	sr_le64_put(out + 104, s->cells);
	memcpy(out + 112, s->cells_hash, SR_HASH);
	memcpy(out + 144, s->prev, SR_HASH);
	memcpy(out + 176, s->salt, SR_ID);
}

int sr_state_get(struct sr_page_state *s, const uint8_t in[SR_STATE], struct sr_err *e) {
	s->sequence = sr_le64_get(in);
	s->pages = sr_le64_get(in + 8);
	s->ledger_size = sr_le64_get(in + 16);
	memcpy(s->ledger_root, in + 24, SR_HASH);
	memcpy(s->top, in + 56, SR_KEY);
	s->root_number = sr_le64_get(in + 88);
	s->copy_root = sr_le64_get(in + 96);
	s->cells = sr_le64_get(in + 104);
	memcpy(s->cells_hash, in + 112, SR_HASH);
	memcpy(s->prev, in + 144, SR_HASH);
	memcpy(s->salt, in + 176, SR_ID);
	if (s->pages > UINT32_MAX)
		return sr_fail(e, SR_CORRUPT, "a state of %llu pages, at most %llu",
			(unsigned long long)s->pages, (unsigned long long)UINT32_MAX);
	return 0;
}

void sr_state_seal(uint8_t out[SR_STATE_SEALED], const struct sr_unit_file *f, const char *role,
	const uint8_t key[SR_KEY], const struct sr_page_state *s) {
	uint8_t plain[SR_STATE];
	uint8_t ad[SR_ID + SR_HASH];

	memcpy(ad, f->id, SR_ID);
	SR_HASH_OF(ad + SR_ID, "strongroom/db-role/v1", NULL, sr_bytes_str(role));
	sr_state_put(plain, s);
	sr_aead_seal(out, key, state_label, sr_bytes_of(ad, sizeof ad),
		sr_bytes_of(plain, sizeof plain));
	sr_wipe(plain, sizeof plain);
}

int sr_state_open(struct sr_page_state *s, const struct sr_unit_file *f, const char *role,
	const uint8_t key[SR_KEY], const uint8_t in[SR_STATE_SEALED], struct sr_err *e) {
	uint8_t plain[SR_STATE];
	uint8_t ad[SR_ID + SR_HASH];
	int rc;

	memcpy(ad, f->id, SR_ID);
	SR_HASH_OF(ad + SR_ID, "strongroom/db-role/v1", NULL, sr_bytes_str(role));
	rc = sr_aead_open(plain, key, state_label, sr_bytes_of(ad, sizeof ad),
		sr_bytes_of(in, SR_STATE_SEALED), e);
	if (rc == 0)
		rc = sr_state_get(s, plain, e);
	sr_wipe(plain, sizeof plain);
	return rc;
}

void sr_state_hash(
	uint8_t out[SR_HASH], const struct sr_unit_file *f, const struct sr_page_state *s) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/db-root/v1", f->keys->state);
	sr_hash_field(&h, sr_bytes_of(f->id, SR_ID));
	sr_hash_u64(&h, s->sequence);
	sr_hash_u64(&h, s->pages);
	sr_hash_u64(&h, s->ledger_size);
	sr_hash_field(&h, sr_bytes_of(s->ledger_root, SR_HASH));
	sr_hash_field(&h, sr_bytes_of(s->top, SR_KEY));
	sr_hash_u64(&h, s->root_number);
	sr_hash_final(&h, out);
}
