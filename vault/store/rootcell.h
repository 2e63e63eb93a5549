/*
 * rootcell - the file that holds the root of an erasable page file: it is overwritten in place.
 *
 *   NAME-root: 8192 bytes, two slots of 4096 (a torn write cannot touch the other's sector), each
 *   offset  size  meaning
 *        0   376  replica
 *      376  1672  random
 *     2048   376  the same replica, sealed afresh
 *     2424  1672  random
 *   a replica:
 *        0     8  "srroot1\n"
 *        8     8  root number, le64
 *       16   360  aead (cell key; file id, role, number) over root key (32) and the state record of
 *                 the batch with which this root began (256)
 *
 * A slot without a root is random from end to end.
 *
 * The state record is here too, so that a bad sector under the one record of the redo file that
 * this root opens does not take everything. Bytes overwritten in place are as gone as the medium
 * makes them. The protocol of slots is drawn in store/secrets.h.
 */
#ifndef SR_STORE_ROOTCELL_H
#define SR_STORE_ROOTCELL_H

#include "base/fs.h"
#include "store/unit.h"

enum {
	SR_ROOT_SLOT = 4096,
	SR_ROOT_CELL = 2 * SR_ROOT_SLOT
};

struct sr_root {
	bool present;
	uint8_t key[SR_KEY];
	struct sr_page_state birth; /* birth.root_number is the root's number */
};

struct sr_rootcell { /* slots are read once; wipe with sr_rootcell_close */
	int fd;
	char name[SR_DB_NAME_MAX + 16];
	const char *role;      /* "root" or "copy-root" */
	struct sr_root *slots; /* 2, in the secret arena */
	bool replica_bad; /* one replica of a present root did not open: worth a line in a report */
};

/* A new cell with ${first} in slot 0; EXISTS. */
SR_MUST int sr_rootcell_create(struct sr_dir *dir, const struct sr_unit_file *f, const char *role,
	const struct sr_root *first, struct sr_err *e);
/* NOTFOUND; CORRUPT (size); AUTH when neither slot opens. */
SR_MUST int sr_rootcell_open(struct sr_rootcell *c, struct sr_dir *dir,
	const struct sr_unit_file *f, const char *role, struct sr_err *e);
void sr_rootcell_close(struct sr_rootcell *c);
/* Write ${root} into slot ${i}, durable. */
SR_MUST int sr_rootcell_set(struct sr_rootcell *c, const struct sr_unit_file *f, int i,
	const struct sr_root *root, struct sr_err *e);
/* Overwrite slot ${i} with random bytes, durable. */
SR_MUST int sr_rootcell_destroy(struct sr_rootcell *c, int i, struct sr_err *e);

/* Write the root of slot ${i} into the other slot, then destroy slot ${i}: a replica of it was
 * damaged. */
SR_MUST int sr_rootcell_move(
	struct sr_rootcell *c, const struct sr_unit_file *f, int i, struct sr_err *e);
/* Overwrite the whole cell file with random bytes, durable, then remove it; absent is no error.
 * Needs no key. */
SR_MUST int sr_rootcell_remove(struct sr_dir *dir, const char *name, struct sr_err *e);

/* "NAME-root" or "NAME-copy-root". */
void sr_rootcell_name(
	char out[SR_DB_NAME_MAX + 16], const struct sr_unit_file *f, const char *role);

#endif
