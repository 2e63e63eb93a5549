/*
 * fetch - see fetch.h.
 *
 * The hint is tried first, because it needs no database. A record that is not there, or is not this
 * block (the place was never right, the pack was rewritten, or is damaged), sends us to the index,
 * whose copies are tried one by one; only when none of them is this block it is lost, and the first
 * error is the one that counts.
 */
#include "store/fetch.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Bytes of a record from which many at once go past the page cache, where a copy of each
	 * costs as much as to open it. Shorter ones lie close together and are read ahead there. */
	BULK_MIN = 256 << 10
};

struct sr_fetch {
	struct sr_fetch_options o;
	struct sr_block_domain domain;
	struct sr_block_work *work;
};

int sr_fetch_new(struct sr_fetch **out, const struct sr_fetch_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_fetch *f = calloc(1, sizeof *f);
	if (f == NULL)
		return sr_fail(e, SR_NOMEM, "fetch: no memory");
	f->o = *o;
	memcpy(f->domain.vault, o->vault, SR_HASH);
	memcpy(f->domain.domain, o->domain, SR_ID);
	int rc = sr_block_work_new(&f->work, &f->domain, SR_CODEC_NONE, e);
	if (rc != 0) {
		sr_fetch_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void sr_fetch_free(struct sr_fetch *f) {
	if (f == NULL)
		return;
	sr_block_work_free(f->work);
	free(f);
}

/* One try at one place. */
static int try_place(struct sr_fetch *f, enum sr_block_kind kind, const struct sr_block_ref *ref,
	struct sr_bytes *plain, struct sr_err *e) {
	struct sr_place at = {.offset = ref->offset, .len = ref->len};
	char hex[2 * SR_HASH + 1];
	memcpy(at.pack, ref->pack, SR_HASH);
	int rc = sr_pack_read(f->o.backend, &at, sr_block_work_record(f->work), e);
	if (rc == 0)
		rc = sr_block_open(f->work, kind, ref, plain, e);
	if (rc != 0 && e != NULL) {
		sr_hex(hex, ref->pack, SR_HASH);
		(void)sr_wrap(e, "pack %s, segment %u", hex, ref->offset / SR_SEGMENT + 1);
	}
	return rc;
}

/* Is there a copy elsewhere that is whole? */
static bool try_copies(struct sr_fetch *f, enum sr_block_kind kind, const struct sr_block_ref *ref,
	struct sr_bytes *plain) {
	struct sr_place copies[SR_INDEX_COPIES];
	struct sr_block_ref moved = *ref;
	size_t count = 0;
	bool found = false;
	if (sr_index_copies(f->o.index, ref->cid, copies, &count, NULL) != 0)
		count = 0;
	for (size_t i = 0; i < count && !found; i++) {
		if (copies[i].offset == ref->offset &&
			memcmp(copies[i].pack, ref->pack, SR_HASH) == 0)
			continue;
		memcpy(moved.pack, copies[i].pack, SR_HASH);
		moved.offset = copies[i].offset;
		moved.len = copies[i].len;
		found = try_place(f, kind, &moved, plain, NULL) == 0;
	}
	sr_wipe(&moved, sizeof moved);
	return found;
}

int sr_fetch_block(struct sr_fetch *f, enum sr_block_kind kind, const struct sr_block_ref *ref,
	struct sr_bytes *plain, struct sr_err *e) {
	int rc = try_place(f, kind, ref, plain, e);
	if (rc == 0 || f->o.index == NULL || !try_copies(f, kind, ref, plain))
		return rc;
	sr_err_clear(e);
	return 0;
}

/* From where the hint says, without H. A failure needs no words: sr_fetch_block has them. */
static bool unseal(struct sr_fetch_one *o, enum sr_block_kind kind) {
	struct sr_place at = {.offset = o->ref.offset, .len = o->ref.len};
	struct sr_block_work *w = o->fetch->work;
	uint8_t *buf = sr_block_work_record(w);
	const uint8_t *record = buf;
	int rc;
	memcpy(at.pack, o->ref.pack, SR_HASH);
	rc = at.len >= BULK_MIN ? sr_pack_read_bulk(o->fetch->o.backend, &at, buf, &record, NULL)
				: sr_pack_read(o->fetch->o.backend, &at, buf, NULL);
	return rc == 0 && sr_block_unseal(w, kind, &o->ref, record, &o->plain, NULL) == 0;
}

/* The way of nearly all: read, opened, and H of all of them at once. Whatever is not as it should
 * be there goes the way of one, from its beginning. */
void sr_fetch_blocks(struct sr_fetch_one *const *ones, size_t count, enum sr_block_kind kind) {
	struct sr_bytes plain[SR_LANES] = {{NULL, 0}};
	uint8_t h[SR_LANES][SR_HASH];
	for (size_t i = 0; i < count && count > 1; i++)
		if (unseal(ones[i], kind))
			plain[i] = ones[i]->plain;
	if (count > 1)
		sr_block_hashes(h, plain, count);
	for (size_t i = 0; i < count; i++) {
		struct sr_fetch_one *o = ones[i];
		o->rc = 0;
		if (plain[i].p != NULL && sr_ct_eq(h[i], o->ref.h, SR_HASH))
			continue;
		o->plain = sr_bytes_of(NULL, 0);
		o->rc = sr_fetch_block(o->fetch, kind, &o->ref, &o->plain, &o->e);
	}
}
