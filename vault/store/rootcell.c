/*
 * rootcell - see the header. sr_rootcell_set and sr_rootcell_destroy are each one write of a whole
 * slot, in place, and one fdatasync.
 */
#include "store/rootcell.h"

#include <unistd.h>

#include "base/secret.h"
#include "store/supersede.h"

enum {
	ROOT_PLAIN = SR_KEY + SR_STATE,
	REPLICA = 16 + ROOT_PLAIN + SR_AEAD_OVERHEAD,
	REPLICA_2 = SR_ROOT_SLOT / 2
};
static const uint8_t replica_magic[8] = "srroot1\n";
static const char *const root_label = "strongroom/db-root-cell/v1";

void sr_rootcell_name(
	char out[SR_DB_NAME_MAX + 16], const struct sr_unit_file *f, const char *role) {
	snprintf(out, SR_DB_NAME_MAX + 16, "%s-%s", f->name, role);
}

static struct sr_bytes replica_ad(uint8_t ad[SR_ID + SR_HASH + 8], const struct sr_unit_file *f,
	const char *role, uint64_t number) {
	memcpy(ad, f->id, SR_ID);
	SR_HASH_OF(ad + SR_ID, "strongroom/db-role/v1", NULL, sr_bytes_str(role));
	sr_le64_put(ad + SR_ID + SR_HASH, number);
	return sr_bytes_of(ad, SR_ID + SR_HASH + 8);
}

static void replica_put(
	uint8_t *out, const struct sr_unit_file *f, const char *role, const struct sr_root *root) {
	uint8_t plain[ROOT_PLAIN], ad[SR_ID + SR_HASH + 8];
	uint64_t number = root->birth.root_number;

	memcpy(plain, root->key, SR_KEY);
	sr_state_put(plain + SR_KEY, &root->birth);
	memcpy(out, replica_magic, sizeof replica_magic);
	sr_le64_put(out + 8, number);
	sr_aead_seal(out + 16, sr_unit_cell_key(f), root_label, replica_ad(ad, f, role, number),
		sr_bytes_of(plain, sizeof plain));
	sr_wipe(plain, sizeof plain);
}

static int replica_get(
	struct sr_root *root, const uint8_t *in, const struct sr_unit_file *f, const char *role) {
	uint8_t plain[ROOT_PLAIN], ad[SR_ID + SR_HASH + 8];
	uint64_t number = sr_le64_get(in + 8);
	int rc;

	if (memcmp(in, replica_magic, 8) != 0)
		return SR_NOTFOUND;
	rc = sr_aead_open(plain, sr_unit_cell_key(f), root_label, replica_ad(ad, f, role, number),
		sr_bytes_of(in + 16, REPLICA - 16), NULL);
	if (rc == 0)
		rc = sr_state_get(&root->birth, plain + SR_KEY, NULL);
	if (rc == 0 && root->birth.root_number != number)
		rc = SR_CORRUPT;
	if (rc == 0) {
		memcpy(root->key, plain, SR_KEY);
		root->present = true;
	}
	sr_wipe(plain, sizeof plain);
	return rc;
}

static void slot_put(uint8_t slot[SR_ROOT_SLOT], const struct sr_unit_file *f, const char *role,
	const struct sr_root *root) {
	sr_random(slot, SR_ROOT_SLOT);
	if (root == NULL)
		return;
	replica_put(slot, f, role, root);
	replica_put(slot + REPLICA_2, f, role, root);
}

int sr_rootcell_create(struct sr_dir *dir, const struct sr_unit_file *f, const char *role,
	const struct sr_root *first, struct sr_err *e) {
	uint8_t cell[SR_ROOT_CELL];
	char name[SR_DB_NAME_MAX + 16];

	sr_rootcell_name(name, f, role);
	slot_put(cell, f, role, first);
	slot_put(cell + SR_ROOT_SLOT, f, role, NULL);
	return sr_file_create(dir, name, sr_bytes_of(cell, sizeof cell), e);
}

int sr_rootcell_open(struct sr_rootcell *c, struct sr_dir *dir, const struct sr_unit_file *f,
	const char *role, struct sr_err *e) {
	uint8_t slot[SR_ROOT_SLOT];
	uint64_t size;
	int rc;

	*c = (struct sr_rootcell){.fd = -1, .role = role};
	sr_rootcell_name(c->name, f, role);
	rc = sr_file_size(dir, c->name, &size, e);
	if (rc != 0)
		goto out;
	if (size != SR_ROOT_CELL) {
		rc = sr_fail(e, SR_CORRUPT, "%s: has %llu bytes, want %d", c->name,
			(unsigned long long)size, SR_ROOT_CELL);
		goto out;
	}
	rc = sr_file_open(&c->fd, dir, c->name, SR_FS_WRITE, e);
	if (rc != 0)
		goto out;
	c->slots = sr_secret_new(2 * sizeof *c->slots, e);
	if (c->slots == NULL) {
		rc = SR_LIMIT;
		goto out;
	}
	for (unsigned i = 0; i < 2; i++) {
		rc = sr_fd_pread(c->fd, slot, sizeof slot, (uint64_t)i * SR_ROOT_SLOT, e);
		if (rc != 0)
			goto out;
		bool second = replica_get(&c->slots[i], slot + REPLICA_2, f, role) == 0;
		bool first = replica_get(&c->slots[i], slot, f, role) == 0;
		if (first != second)
			c->replica_bad = true;
	}
	if (!c->slots[0].present && !c->slots[1].present)
		rc = sr_fail(e, SR_AUTH,
			"%s: neither slot opens: a wrong key, or a damaged root cell", c->name);
out:
	sr_wipe(slot, sizeof slot);
	if (rc != 0)
		sr_rootcell_close(c);
	return rc;
}

void sr_rootcell_close(struct sr_rootcell *c) {
	if (c->fd >= 0)
		(void)close(c->fd);
	sr_secret_free(c->slots, 2 * sizeof *c->slots);
	*c = (struct sr_rootcell){.fd = -1};
}

static int write_slot(
	struct sr_rootcell *c, int i, const uint8_t slot[SR_ROOT_SLOT], struct sr_err *e) {
	int rc = sr_fd_pwrite(c->fd, slot, SR_ROOT_SLOT, (uint64_t)i * SR_ROOT_SLOT, e);

	if (rc == 0)
		rc = sr_fd_datasync(c->fd, e);
	if (rc != 0)
		sr_wrap(e, "%s: slot %d", c->name, i);
	return rc;
}

int sr_rootcell_set(struct sr_rootcell *c, const struct sr_unit_file *f, int i,
	const struct sr_root *root, struct sr_err *e) {
	uint8_t slot[SR_ROOT_SLOT];
	int rc;

	slot_put(slot, f, c->role, root);
	rc = write_slot(c, i, slot, e);
	if (rc == 0) {
		c->slots[i] = *root;
		c->slots[i].present = true;
	}
	return rc;
}

int sr_rootcell_destroy(struct sr_rootcell *c, int i, struct sr_err *e) {
	uint8_t slot[SR_ROOT_SLOT];

	sr_random(slot, sizeof slot);
	sr_wipe(&c->slots[i], sizeof c->slots[i]);
	return write_slot(c, i, slot, e);
}

int sr_rootcell_move(struct sr_rootcell *c, const struct sr_unit_file *f, int i, struct sr_err *e) {
	struct sr_root *same = sr_secret_new(sizeof *same, e);
	int rc;

	if (same == NULL)
		return SR_LIMIT;
	*same = c->slots[i];
	rc = sr_rootcell_set(c, f, 1 - i, same, e);
	if (rc == 0)
		rc = sr_rootcell_destroy(c, i, e);
	sr_secret_free(same, sizeof *same);
	return rc;
}

int sr_rootcell_remove(struct sr_dir *dir, const char *name, struct sr_err *e) {
	bool there = false;
	int rc = sr_file_find(&there, dir, name, e);

	if (rc == 0 && there)
		rc = sr_file_overwrite(dir, name, e);
	return rc == 0 && there ? sr_file_remove(dir, name, e) : rc;
}
