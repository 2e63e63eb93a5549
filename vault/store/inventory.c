/*
 * inventory - see inventory.h.
 *
 * Memory: one idmap of live names, 64 bytes a pack (3.3 million packs of a 100 TiB vault: 200 MiB
 * while it is open). The file is read in one go and appended to with pwrite at its known end; a
 * failed append leaves a torn line, which the next append overwrites because the known end did not
 * move.
 */
#include "store/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "merkle/note.h"
#include "merkle/tree.h"
#include "store/idmap.h"

enum {
	LINE = 1 + 2 * SR_HASH + 1,
	FILE_MAX = 1 << 30, /* bytes of INVENTORY.names: 16 million lines */
	NOTE_MAX = 4096
};

static const char NAMES[] = "INVENTORY.names";
static const char NOTE[] = "INVENTORY";

struct sr_inventory {
	struct sr_dir *packs; /* borrowed */
	int fd;
	uint64_t end; /* of the last whole line */
	struct sr_idmap live;
	struct sr_buf sorted; /* of the live names, while `fresh` */
	bool fresh;
};

/* One line into the set. */
static int take_line(struct sr_inventory *inv, const uint8_t *p, size_t number, struct sr_err *e) {
	uint8_t name[SR_HASH];
	if ((p[0] != '+' && p[0] != '-') || p[LINE - 1] != '\n' ||
		sr_unhex(name, SR_HASH, sr_bytes_of(p + 1, 2 * (size_t)SR_HASH), NULL) != 0)
		return sr_fail(
			e, SR_CORRUPT, "%s: line %zu is not a sign and 64 digits", NAMES, number);
	if (p[0] == '+')
		return sr_idmap_put(&inv->live, name, 0, e);
	(void)sr_idmap_del(&inv->live, name);
	return 0;
}

/* A line of an append that a power cut came into: the file had grown, and some of its bytes never
 * came (zeros), in the middle of what was appended as well as at its end. Any other byte that is
 * wrong was put there. */
static bool cut_short(const uint8_t *p) {
	static const char digits[] = "0123456789abcdef";
	bool zeros = false;
	for (size_t i = 0; i < LINE; i++) {
		if (p[i] == 0)
			zeros = true;
		else if (i == 0          ? p[i] != '+' && p[i] != '-'
			 : i == LINE - 1 ? p[i] != '\n'
					 : strchr(digits, p[i]) == NULL)
			return false;
	}
	return zeros;
}

static int load(struct sr_inventory *inv, struct sr_err *e) {
	struct sr_buf file;
	sr_buf_init(&file);
	int rc = sr_file_read(inv->packs, NAMES, &file, FILE_MAX, e);
	/* A power cut may leave a grown file whose last bytes never came. */
	while (file.len > 0 && file.p[file.len - 1] == 0)
		file.len--;
	size_t lines = 0;
	const size_t most = file.len / LINE;
	while (rc == 0 && lines < most && !cut_short(file.p + lines * LINE)) {
		rc = take_line(inv, file.p + lines * LINE, lines + 1, e);
		lines++;
	}
	inv->end = (uint64_t)lines * LINE;
	/* What came behind such a line is of the same append. It is told again at the opening of
	 * the vault (intake/deposit.h), and must not lie behind what is told then. */
	if (rc == 0 && lines < most)
		rc = sr_fd_truncate(inv->fd, inv->end, e);
	sr_buf_free(&file);
	return rc;
}

int sr_inventory_open(struct sr_inventory **out, struct sr_dir *packs, struct sr_err *e) {
	*out = NULL;
	struct sr_inventory *inv = calloc(1, sizeof *inv);
	if (inv == NULL)
		return sr_fail(e, SR_NOMEM, "inventory: no memory");
	inv->packs = packs;
	inv->fd = -1;
	sr_buf_init(&inv->sorted);
	int rc = sr_file_open(&inv->fd, packs, NAMES, SR_FS_WRITE | SR_FS_CREATE, e);
	if (rc == 0)
		rc = load(inv, e);
	if (rc != 0) {
		sr_inventory_close(inv);
		return rc;
	}
	*out = inv;
	return 0;
}

void sr_inventory_close(struct sr_inventory *inv) {
	if (inv == NULL)
		return;
	if (inv->fd >= 0)
		(void)close(inv->fd);
	sr_idmap_free(&inv->live);
	sr_buf_free(&inv->sorted);
	free(inv);
}

static int append(
	struct sr_inventory *inv, char sign, const uint8_t name[SR_HASH], struct sr_err *e) {
	char line[LINE + 1];
	line[0] = sign;
	sr_hex(line + 1, name, SR_HASH);
	line[LINE - 1] = '\n';
	int rc = sr_fd_pwrite(inv->fd, line, LINE, inv->end, e);
	if (rc != 0) {
		if (e != NULL)
			(void)sr_wrap(e, "%s", NAMES);
		return rc;
	}
	inv->end += LINE;
	inv->fresh = false;
	return 0;
}

int sr_inventory_add(struct sr_inventory *inv, const uint8_t name[SR_HASH], struct sr_err *e) {
	if (sr_idmap_get(&inv->live, name, NULL))
		return 0;
	int rc = append(inv, '+', name, e);
	return rc == 0 ? sr_idmap_put(&inv->live, name, 0, e) : rc;
}

int sr_inventory_remove(struct sr_inventory *inv, const uint8_t name[SR_HASH], struct sr_err *e) {
	if (!sr_idmap_get(&inv->live, name, NULL))
		return 0;
	int rc = append(inv, '-', name, e);
	if (rc == 0)
		(void)sr_idmap_del(&inv->live, name);
	return rc;
}

int sr_inventory_sync(struct sr_inventory *inv, struct sr_err *e) {
	return sr_fd_datasync(inv->fd, e);
}

size_t sr_inventory_count(const struct sr_inventory *inv) {
	return inv->live.count;
}

bool sr_inventory_has(const struct sr_inventory *inv, const uint8_t name[SR_HASH]) {
	return sr_idmap_get(&inv->live, name, NULL);
}

int sr_inventory_names(
	struct sr_inventory *inv, const uint8_t **names, size_t *count, struct sr_err *e) {
	if (!inv->fresh) {
		sr_buf_clear(&inv->sorted);
		int rc = sr_idmap_sorted(&inv->live, &inv->sorted, e);
		if (rc != 0)
			return rc;
		inv->fresh = true;
	}
	*names = inv->sorted.p;
	*count = inv->live.count;
	return 0;
}

int sr_inventory_root(struct sr_inventory *inv, uint8_t root[SR_HASH], struct sr_err *e) {
	const uint8_t *names = NULL;
	struct sr_tree tree;
	size_t count = 0;
	int rc = sr_inventory_names(inv, &names, &count, e);
	sr_tree_init(&tree);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		uint8_t leaf[SR_HASH];
		sr_leaf_hash(leaf, sr_bytes_of(names + i * SR_HASH, SR_HASH));
		rc = sr_tree_append(&tree, leaf, e);
	}
	if (rc == 0)
		sr_tree_root(root, &tree);
	return rc;
}

/* Write the file anew from ${set}; the set, the end and the descriptor change only when that is
 * durable. */
static int rewrite(struct sr_inventory *inv, struct sr_idmap *set, struct sr_err *e) {
	struct sr_buf names;
	struct sr_buf file;
	int fd = -1;
	sr_buf_init(&names);
	sr_buf_init(&file);
	int rc = sr_idmap_sorted(set, &names, e);
	if (rc == 0)
		rc = sr_buf_reserve(&file, set->count * LINE, e);
	for (size_t i = 0; rc == 0 && i < names.len; i += SR_HASH) {
		sr_buf_put_u8(&file, '+');
		sr_buf_put_hex(&file, names.p + i, SR_HASH);
		sr_buf_put_u8(&file, '\n');
	}
	if (rc == 0)
		rc = sr_buf_ok(&file, e);
	if (rc == 0)
		rc = sr_file_replace(inv->packs, NAMES, sr_buf_view(&file), e);
	if (rc == 0)
		rc = sr_file_open(&fd, inv->packs, NAMES, SR_FS_WRITE, e);
	if (rc == 0) {
		(void)close(inv->fd);
		inv->fd = fd;
		inv->end = file.len;
		inv->fresh = false;
	}
	sr_buf_free(&names);
	sr_buf_free(&file);
	return rc;
}

int sr_inventory_replace(
	struct sr_inventory *inv, const uint8_t *names, size_t count, struct sr_err *e) {
	struct sr_idmap set = {NULL, 0, 0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = sr_idmap_put(&set, names + i * SR_HASH, 0, e);
	if (rc == 0)
		rc = rewrite(inv, &set, e);
	if (rc != 0) {
		sr_idmap_free(&set);
		return rc;
	}
	sr_idmap_free(&inv->live);
	inv->live = set;
	return 0;
}

int sr_inventory_compact(struct sr_inventory *inv, struct sr_err *e) {
	return rewrite(inv, &inv->live, e);
}

/* --- the note ------------------------------------------------------------------------------------
 */

static int note_text(struct sr_buf *out, struct sr_inventory *inv, const uint8_t vault[SR_HASH],
	struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc = sr_inventory_root(inv, root, e);
	if (rc != 0)
		return rc;
	sr_text_begin(out, "strongroom/inventory/v1");
	sr_text_put_hex(out, "vault", vault, SR_HASH);
	sr_text_put_dec(out, "count", inv->live.count);
	sr_text_put_base64(out, "root", root, SR_HASH);
	return sr_buf_ok(out, e);
}

int sr_inventory_sign(struct sr_inventory *inv, const uint8_t vault[SR_HASH],
	const struct sr_inventory_signer *s, struct sr_err *e) {
	struct sr_buf text;
	struct sr_buf note;
	struct sr_vkey key;
	uint8_t sig[SR_SIG];
	sr_buf_init(&text);
	sr_buf_init(&note);
	int rc = note_text(&text, inv, vault, e);
	if (rc == 0)
		rc = sr_vkey_make(&key, sr_bytes_str(s->name), SR_NOTE_ED25519, s->pk, e);
	if (rc == 0)
		rc = s->sign(s->ctx, sig, sr_buf_view(&text), e);
	if (rc == 0) {
		sr_buf_put_buf(&note, &text);
		sr_buf_put_str(&note, "\n");
		rc = sr_note_put_line(&note, &key, sr_bytes_of(sig, SR_SIG), e);
	}
	if (rc == 0)
		rc = sr_buf_ok(&note, e);
	if (rc == 0)
		rc = sr_inventory_sync(inv, e); /* the note never says more than the names */
	if (rc == 0)
		rc = sr_file_replace_later(inv->packs, NOTE, sr_buf_view(&note), e);
	sr_buf_free(&text);
	sr_buf_free(&note);
	return rc;
}

/* The note's count against ours, for the sentence. */
static int compare(struct sr_bytes said, struct sr_bytes have, const struct sr_inventory *inv,
	struct sr_err *e) {
	struct sr_text t;
	uint64_t count = 0;
	if (sr_bytes_eq(said, have))
		return 0;
	int rc = sr_text_parse(&t, said, e);
	if (rc != 0)
		return rc;
	rc = sr_parse_dec(&count, sr_text_get(&t, "count"), INT64_MAX, e);
	sr_text_free(&t);
	if (rc == 0 && count != inv->live.count)
		return sr_fail(e, SR_CORRUPT, "the note says %llu packs, %s has %zu",
			(unsigned long long)count, NAMES, inv->live.count);
	return rc != 0 ? rc
		       : sr_fail(e, SR_CORRUPT,
				 "the note and %s do not name the same %zu packs of this vault",
				 NAMES, inv->live.count);
}

int sr_inventory_check(struct sr_inventory *inv, const uint8_t vault[SR_HASH], const char *key_name,
	const uint8_t pk[SR_PK], struct sr_err *e) {
	struct sr_buf file;
	struct sr_buf text;
	struct sr_note note;
	struct sr_vkey key;
	sr_buf_init(&file);
	sr_buf_init(&text);
	memset(&note, 0, sizeof note);
	int rc = sr_file_read(inv->packs, NOTE, &file, NOTE_MAX, e);
	if (rc == 0)
		rc = sr_vkey_make(&key, sr_bytes_str(key_name), SR_NOTE_ED25519, pk, e);
	if (rc == 0)
		rc = sr_note_open(&note, sr_buf_view(&file), &key, 1, e);
	if (rc == 0) {
		rc = note_text(&text, inv, vault, e);
		if (rc == 0)
			rc = compare(note.text, sr_buf_view(&text), inv, e);
		sr_note_free(&note);
	}
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "inventory");
	sr_buf_free(&file);
	sr_buf_free(&text);
	return rc;
}
