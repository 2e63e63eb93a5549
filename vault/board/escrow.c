/*
 * escrow - see escrow.h. One write of a whole slot and one fdatasync each, as in store/rootcell.c.
 */
#include "board/escrow.h"

#include <errno.h>
#include <unistd.h>

enum {
	AT_VAULT = 8,
	AT_ID = 40,
	AT_GENERATION = 56,
	AT_KEY = 64,
	AT_HASH = 96
};
static const char MAGIC[8] = {'S', 'R', 'E', 'S', 'C', 'R', '1', '\n'};

/* --- slots ------------------------------------------------------------------------------------ */

static void slot_hash(uint8_t hash[SR_HASH], const uint8_t *slot) {
	SR_HASH_OF(hash, "strongroom/escrow/v1", NULL, sr_bytes_of(slot, AT_HASH));
}

static void slot_put(
	uint8_t slot[SR_ESCROW_SLOT], const struct sr_escrow *x, const struct sr_escrow_key *k) {
	sr_random(slot, SR_ESCROW_SLOT);
	memcpy(slot, MAGIC, sizeof MAGIC);
	memcpy(slot + AT_VAULT, x->vault, SR_HASH);
	memcpy(slot + AT_ID, x->id, SR_ID);
	sr_le64_put(slot + AT_GENERATION, k->generation);
	memcpy(slot + AT_KEY, k->key, SR_KEY);
	slot_hash(slot + AT_HASH, slot);
}

/* A slot that was torn reads as one without a key: it never held the only one. */
static bool slot_get(
	struct sr_escrow_key *k, uint8_t vault[SR_HASH], uint8_t id[SR_ID], const uint8_t *slot) {
	uint8_t hash[SR_HASH];

	slot_hash(hash, slot);
	k->generation = sr_le64_get(slot + AT_GENERATION);
	if (memcmp(slot, MAGIC, sizeof MAGIC) != 0 || k->generation == 0 ||
		k->generation > INT64_MAX ||
		!sr_bytes_eq(sr_bytes_of(hash, SR_HASH), sr_bytes_of(slot + AT_HASH, SR_HASH)))
		return false;
	memcpy(vault, slot + AT_VAULT, SR_HASH);
	memcpy(id, slot + AT_ID, SR_ID);
	memcpy(k->key, slot + AT_KEY, SR_KEY);
	k->present = true;
	return true;
}

static int decode(struct sr_escrow *x, const uint8_t file[SR_ESCROW_FILE], struct sr_err *e) {
	uint8_t vault[2][SR_HASH], id[2][SR_ID];
	size_t first;

	for (size_t i = 0; i < 2; i++)
		(void)slot_get(&x->slots[i], vault[i], id[i], file + i * SR_ESCROW_SLOT);
	if (!x->slots[0].present && !x->slots[1].present)
		return sr_fail(e, SR_CORRUPT, "no escrow file, or damaged: neither slot has a key");
	first = x->slots[0].present ? 0 : 1;
	memcpy(x->vault, vault[first], SR_HASH);
	memcpy(x->id, id[first], SR_ID);
	if (!sr_escrow_unsettled(x))
		return 0;
	if (memcmp(vault[0], vault[1], SR_HASH) != 0 || memcmp(id[0], id[1], SR_ID) != 0)
		return sr_fail(e, SR_CORRUPT, "the two slots are of different escrows");
	if (x->slots[0].generation + 1 != x->slots[1].generation &&
		x->slots[1].generation + 1 != x->slots[0].generation)
		return sr_fail(e, SR_CORRUPT, "generations %llu and %llu do not follow each other",
			(unsigned long long)x->slots[0].generation,
			(unsigned long long)x->slots[1].generation);
	return 0;
}

#ifdef SR_TESTING
int sr_escrow_decode(struct sr_escrow *out, const uint8_t file[SR_ESCROW_FILE], struct sr_err *e) {
	*out = (struct sr_escrow){.fd = -1};
	return decode(out, file, e);
}
#endif

static int slot_write(
	struct sr_escrow *x, size_t i, const uint8_t slot[SR_ESCROW_SLOT], struct sr_err *e) {
	int rc = 0;

	if (x->closed) {
		errno = EROFS;
		return sr_fail_errno(e, "escrow file: slot %zu", i);
	}
	rc = sr_fd_pwrite(x->fd, slot, SR_ESCROW_SLOT, i * SR_ESCROW_SLOT, e);
	if (rc == 0)
		rc = sr_fd_datasync(x->fd, e);
	return rc != 0 ? sr_wrap(e, "escrow file: slot %zu", i) : 0;
}

/* A slot that has the mark and no key was being overwritten, or written, when the power went. */
static int finish_torn(struct sr_escrow *x, size_t i, const uint8_t *slot, struct sr_err *e) {
	uint8_t fresh[SR_ESCROW_SLOT];

	if (x->slots[i].present || memcmp(slot, MAGIC, sizeof MAGIC) != 0)
		return 0;
	sr_random(fresh, sizeof fresh);
	return slot_write(x, i, fresh, e);
}

/* --- the file --------------------------------------------------------------------------------- */

int sr_escrow_create(
	struct sr_escrow *out, const char *path, const uint8_t vault[SR_HASH], struct sr_err *e) {
	struct sr_escrow x = {.fd = -1};
	uint8_t file[SR_ESCROW_FILE];
	const char *name = NULL;
	struct sr_dir *dir = NULL;
	int rc;

	*out = x;
	memcpy(x.vault, vault, SR_HASH);
	sr_random(x.id, SR_ID);
	x.slots[0] = (struct sr_escrow_key){.present = true, .generation = 1};
	sr_random(x.slots[0].key, SR_KEY);
	slot_put(file, &x, &x.slots[0]);
	sr_random(file + SR_ESCROW_SLOT, SR_ESCROW_SLOT);
	rc = sr_dir_of(&dir, &name, path, e);
	if (rc == 0)
		rc = sr_file_create(dir, name, sr_bytes_of(file, sizeof file), e);
	if (rc == 0)
		rc = sr_file_open(&x.fd, dir, name, SR_FS_WRITE, e);
	sr_dir_close(dir);
	sr_wipe(file, sizeof file);
	if (rc != 0) {
		sr_escrow_close(&x);
		return sr_wrap(e, "escrow file");
	}
	*out = x;
	sr_wipe(&x, sizeof x);
	return 0;
}

/* A stick from the safe may be one that nobody can write on: nothing is written unless a key is to
 * be overwritten. */
static int open_file(struct sr_escrow *x, struct sr_dir *dir, const char *name, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = sr_file_open(&x->fd, dir, name, SR_FS_WRITE, &why);

	x->closed = rc == SR_IO && why.no == EROFS;
	if (x->closed)
		return sr_file_open(&x->fd, dir, name, SR_FS_READ, e);
	if (rc != 0 && e != NULL)
		*e = why;
	return rc;
}

int sr_escrow_open(
	struct sr_escrow *out, const char *path, const uint8_t vault[SR_HASH], struct sr_err *e) {
	struct sr_escrow x = {.fd = -1};
	uint8_t file[SR_ESCROW_FILE];
	const char *name = NULL;
	struct sr_dir *dir = NULL;
	uint64_t size = 0;
	int rc = sr_dir_of(&dir, &name, path, e);

	*out = x;
	if (rc == 0)
		rc = sr_file_size(dir, name, &size, e);
	if (rc == 0 && size != SR_ESCROW_FILE)
		rc = sr_fail(e, SR_CORRUPT, "%llu bytes, want %d", (unsigned long long)size,
			SR_ESCROW_FILE);
	if (rc == 0)
		rc = open_file(&x, dir, name, e);
	if (rc == 0)
		rc = sr_fd_pread(x.fd, file, sizeof file, 0, e);
	if (rc == 0)
		rc = decode(&x, file, e);
	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = finish_torn(&x, i, file + i * SR_ESCROW_SLOT, e);
	if (rc == 0 && memcmp(x.vault, vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "it belongs to another vault");
	sr_dir_close(dir);
	sr_wipe(file, sizeof file);
	if (rc != 0) {
		sr_escrow_close(&x);
		return sr_wrap(e, "escrow file");
	}
	*out = x;
	sr_wipe(&x, sizeof x);
	return 0;
}

void sr_escrow_close(struct sr_escrow *x) {
	if (x->fd >= 0)
		(void)close(x->fd);
	sr_wipe(x, sizeof *x);
	x->fd = -1;
}

/* --- generations ------------------------------------------------------------------------------ */

static size_t newest(const struct sr_escrow *x) {
	const struct sr_escrow_key *s = x->slots;

	return s[1].present && (!s[0].present || s[1].generation > s[0].generation) ? 1 : 0;
}

const struct sr_escrow_key *sr_escrow_newest(const struct sr_escrow *x) {
	return &x->slots[newest(x)];
}

const struct sr_escrow_key *sr_escrow_of(const struct sr_escrow *x, uint64_t generation) {
	for (size_t i = 0; i < 2; i++)
		if (x->slots[i].present && x->slots[i].generation == generation)
			return &x->slots[i];
	return NULL;
}

bool sr_escrow_unsettled(const struct sr_escrow *x) {
	return x->slots[0].present && x->slots[1].present;
}

int sr_escrow_add(struct sr_escrow *x, struct sr_err *e) {
	struct sr_escrow_key k = {.present = true};
	uint8_t slot[SR_ESCROW_SLOT];
	size_t i = 1 - newest(x);
	int rc;

	if (sr_escrow_unsettled(x))
		return sr_fail(e, SR_MISUSE, "escrow file: an earlier rotation is not settled");
	k.generation = sr_escrow_newest(x)->generation + 1;
	sr_random(k.key, SR_KEY);
	slot_put(slot, x, &k);
	rc = slot_write(x, i, slot, e);
	if (rc == 0)
		x->slots[i] = k;
	sr_wipe(slot, sizeof slot);
	sr_wipe(&k, sizeof k);
	return rc;
}

int sr_escrow_settle(struct sr_escrow *x, struct sr_err *e) {
	uint8_t slot[SR_ESCROW_SLOT];
	size_t i = 1 - newest(x);
	int rc;

	if (!sr_escrow_unsettled(x))
		return 0;
	sr_random(slot, sizeof slot);
	rc = slot_write(x, i, slot, e);
	if (rc == 0)
		sr_wipe(&x->slots[i], sizeof x->slots[i]);
	return rc;
}
