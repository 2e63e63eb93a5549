/*
 * fuzz_store_manifest - manifests and reach lists: refused, or written back as they were read.
 *
 * Input: u8 mode: 0 a manifest's root; 1 the plaintext of a sealed manifest; 2 the plaintext of a
 * sealed reach list; 3 one row of a file after the other; 4 a part of files; 5 a part of blocks.
 */
#include "fuzz_store.h"
#include "store/columns.h"
#include "store/itemkey.h"
#include "store/reach.h"

static void check_files(struct sr_bytes stream) {
	struct sr_reader r;
	struct sr_file f;
	struct sr_buf again;
	struct sr_err e;
	size_t before = 0;
	sr_reader_init(&r, stream);
	sr_buf_init(&again);
	while (sr_reader_left(&r) > 0 && sr_file_get(&r, &f, &e) == 0) {
		MUST(f.path.len >= 1 && f.path.len <= SR_PATH_MAX);
		MUST(f.kind == SR_FILE_REGULAR || f.block_count == 0);
		sr_file_put(&again, &f);
		before = r.pos;
	}
	MUST(sr_buf_ok(&again, NULL) == 0);
	MUST(sr_bytes_eq(sr_buf_view(&again), sr_bytes_of(stream.p, before)));
	sr_buf_free(&again);
}

static void check_file_part(struct sr_bytes part) {
	struct sr_buf rows, again;
	struct sr_err e;
	uint32_t count = 0;
	uint64_t block = 5, from = 5;
	sr_buf_init_secret(&rows);
	sr_buf_init_secret(&again);
	if (sr_files_unpack(&rows, &count, part, &block, &e) == 0) {
		MUST(count >= 1 && count <= SR_FILES_PART_ROWS && block >= from);
		check_files(sr_buf_view(&rows));
		assert_ok(sr_files_pack(&again, sr_buf_view(&rows), &from, &e), &e);
		MUST(from == block && sr_bytes_eq(sr_buf_view(&again), part));
	} else {
		MUST(rows.len == 0 && block == 5);
		MUST(e.code == SR_CORRUPT);
	}
	sr_buf_free(&rows);
	sr_buf_free(&again);
}

static void check_ref_part(struct sr_bytes part) {
	static struct sr_block_ref refs[SR_REFS_PART_ROWS];
	struct sr_buf again;
	struct sr_err e;
	uint32_t count = 0;
	sr_buf_init_secret(&again);
	if (sr_refs_unpack(refs, &count, part, &e) == 0) {
		MUST(count >= 1 && count <= SR_REFS_PART_ROWS);
		assert_ok(sr_refs_pack(&again, refs, count, &e), &e);
		MUST(sr_bytes_eq(sr_buf_view(&again), part));
	} else {
		MUST(e.code == SR_CORRUPT);
	}
	sr_buf_free(&again);
}

static void check_manifest(const struct sr_manifest *m, struct sr_bytes root) {
	struct sr_buf again;
	struct sr_err e;
	sr_buf_init_secret(&again);
	assert_ok(sr_manifest_encode(&again, m, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), root));
	sr_buf_free(&again);
	if (m->files.part_count == 0)
		check_file_part(sr_buf_view(&m->files.inline_bytes));
	if (m->blocks.part_count == 0)
		check_ref_part(sr_buf_view(&m->blocks.inline_bytes));
}

static void check_root(struct sr_bytes in) {
	struct sr_manifest m;
	struct sr_err e;
	if (sr_manifest_decode(&m, in, &e) == 0)
		check_manifest(&m, in);
	sr_manifest_free(&m);
}

static void check_sealed(struct sr_bytes plain) {
	struct sr_manifest_place at = {.n = 2};
	uint8_t item_key[SR_KEY], key[SR_KEY], ad[SR_HASH + SR_ID + 4];
	struct sr_manifest m;
	struct sr_buf sealed;
	struct sr_err e;
	fuzz_vault(at.vault);
	fuzz_item(at.item);
	t_fill(item_key, SR_KEY, 8);
	sr_item_subkey(key, item_key, at.vault, at.item, SR_SUBKEY_MANIFEST);
	memcpy(ad, at.vault, SR_HASH);
	memcpy(ad + SR_HASH, at.item, SR_ID);
	sr_le32_put(ad + SR_HASH + SR_ID, at.n);
	sr_buf_init(&sealed);
	assert_ok(sr_aead_seal_buf(&sealed, key, "strongroom/manifest/v1",
			  sr_bytes_of(ad, sizeof ad), plain, &e),
		&e);
	if (sr_manifest_open(&m, sr_buf_view(&sealed), item_key, &at, &e) == 0) {
		MUST(plain.len >= 8 && sr_le64_get(plain.p) <= plain.len - 8);
		check_manifest(&m, sr_bytes_of(plain.p + 8, (size_t)sr_le64_get(plain.p)));
	}
	sr_manifest_free(&m);
	sr_buf_free(&sealed);
}

static void check_reach(struct sr_bytes plain) {
	uint8_t vault[SR_HASH], item[SR_ID], sk[SR_X_SK], pk[SR_X_PK];
	struct sr_reach r, again;
	struct sr_buf sealed;
	struct sr_bytes context;
	struct sr_err e;
	uint8_t both[SR_HASH + SR_ID];
	fuzz_vault(vault);
	fuzz_item(item);
	fuzz_structure(sk, pk);
	memcpy(both, vault, SR_HASH);
	memcpy(both + SR_HASH, item, SR_ID);
	context = sr_bytes_of(both, sizeof both);
	sr_buf_init(&sealed);
	assert_ok(sr_box_seal(&sealed, pk, sr_bytes_of(NULL, 0), "strongroom/reach/v1", context,
			  plain, &e),
		&e);
	if (sr_reach_open(&r, sr_buf_view(&sealed), sk, vault, item, &e) == 0) {
		MUST(r.packs.len % SR_HASH == 0 && r.packs.len / SR_HASH <= SR_REACH_PACKS_MAX);
		for (size_t i = SR_HASH; i < r.packs.len; i += SR_HASH)
			MUST(memcmp(r.packs.p + i - SR_HASH, r.packs.p + i, SR_HASH) < 0);
		MUST(r.cids.len % SR_HASH == 0);
		sr_buf_clear(&sealed);
		assert_ok(sr_reach_seal(&sealed, &r, pk, vault, item, &e), &e);
		assert_ok(sr_reach_open(&again, sr_buf_view(&sealed), sk, vault, item, &e), &e);
		MUST(sr_bytes_eq(sr_buf_view(&r.packs), sr_buf_view(&again.packs)));
		MUST(r.cids.len == again.cids.len && r.cids.part_count == again.cids.part_count);
		sr_reach_free(&again);
	}
	sr_reach_free(&r);
	sr_buf_free(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	switch (fuzz_u8(&in) % 6) {
	case 0:
		check_root(in);
		break;
	case 1:
		check_sealed(in);
		break;
	case 2:
		check_reach(in);
		break;
	case 3:
		check_files(in);
		break;
	case 4:
		check_file_part(in);
		break;
	default:
		check_ref_part(in);
	}
	return 0;
}

static void a_ref(struct sr_block_ref *ref, uint64_t i) {
	t_fill(ref->cid, SR_HASH, 10 * i);
	t_fill(ref->key, SR_KEY, 10 * i + 1);
	t_fill(ref->h, SR_HASH, 10 * i + 2);
	t_fill(ref->pack, SR_HASH, 3);
	ref->offset = SR_PACK_TARGET / 2;
	ref->len = 700;
	ref->plain_len = 600;
}

void fuzz_seeds(void) {
	struct sr_manifest m;
	struct sr_block_ref ref;
	struct sr_buf b, plain;
	struct sr_err e;
	struct sr_file f = {.kind = SR_FILE_REGULAR,
		.size = 600,
		.mtime_s = -5,
		.mtime_ns = 7,
		.block_count = 1,
		.path = sr_bytes_str("box 12/pamphlet.txt"),
		.media_type = sr_bytes_str("text/plain")};
	struct sr_file link = {.kind = SR_FILE_SYMLINK,
		.first_block = 1,
		.path = sr_bytes_str("link"),
		.note = sr_bytes_str("box 12")};
	fuzz_start();
	sr_buf_init(&b);
	sr_buf_init(&plain);
	sr_manifest_init(&m);
	uint64_t block = 0;
	sr_file_put(&b, &f);
	fuzz_seed_with("file", "\3", 1, sr_buf_view(&b));
	sr_file_put(&b, &link);
	assert_ok(sr_files_pack(&m.files.inline_bytes, sr_buf_view(&b), &block, &e), &e);
	sr_buf_clear(&b);
	m.files.len = m.files.inline_bytes.len;
	fuzz_seed_with("files", "\4", 1, sr_buf_view(&m.files.inline_bytes));
	a_ref(&ref, 1);
	assert_ok(sr_refs_pack(&m.blocks.inline_bytes, &ref, 1, &e), &e);
	m.blocks.len = m.blocks.inline_bytes.len;
	struct sr_block_ref both[2];
	both[0] = ref;
	a_ref(&both[1], 2);
	both[1].pack[0] ^= 1;
	assert_ok(sr_refs_pack(&b, both, 2, &e), &e);
	fuzz_seed_with("blocks", "\5", 1, sr_buf_view(&b));
	sr_buf_clear(&b);
	m.dedupe = SR_DEDUPE_COLLECTION;
	m.file_count = 2;
	m.bytes = 600;
	m.block_count = 1;
	assert_ok(sr_manifest_encode(&b, &m, &e), &e);
	fuzz_seed_with("root", "\0", 1, sr_buf_view(&b));
	sr_buf_put_le64(&plain, b.len);
	sr_buf_put_bytes(&plain, sr_buf_view(&b));
	sr_buf_put_zero(&plain, 32);
	fuzz_seed_with("sealed", "\1", 1, sr_buf_view(&plain));
	sr_manifest_free(&m);
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "SRREACH1");
	sr_buf_put_zero(&b, SR_ID);
	sr_buf_put_le32(&b, 2);
	sr_buf_put_zero(&b, SR_HASH);
	sr_buf_put(&b, ref.pack, SR_HASH);
	sr_buf_put_u8(&b, 0);
	sr_buf_put_le64(&b, SR_HASH);
	sr_buf_put(&b, ref.cid, SR_HASH);
	sr_buf_clear(&plain);
	sr_buf_put_le64(&plain, b.len);
	sr_buf_put_bytes(&plain, sr_buf_view(&b));
	sr_buf_put_zero(&plain, 32);
	fuzz_seed_with("reach", "\2", 1, sr_buf_view(&plain));
	b.len -= 9 + SR_HASH;
	sr_buf_put_u8(&b, 1);
	sr_buf_put_le64(&b, (uint64_t)SR_BLOCK);
	sr_buf_put_le32(&b, 1);
	ref.plain_len = SR_BLOCK;
	sr_block_ref_put(&b, &ref);
	sr_buf_put_le32(&b, SR_BLOCK / SR_HASH);
	sr_buf_clear(&plain);
	sr_buf_put_le64(&plain, b.len);
	sr_buf_put_bytes(&plain, sr_buf_view(&b));
	fuzz_seed_with("reach-part", "\2", 1, sr_buf_view(&plain));
	sr_buf_free(&b);
	sr_buf_free(&plain);
}
