/*
 * fuzz_store_pack - packs put together here: header, 64 KiB, a footer and a trailer with right
 * hashes and the right name, so that what is fuzzed is what a writer could make.
 *
 * Input: u8 flags, u8 kind, u8 added to footer_off, u8 added to end, u8 size of the body / 256
 * above 64 KiB, then the footer's plaintext. Flag bit 0: no zeros after it; bit 1: it is put
 * unsealed; bit 2: another header than the footer was sealed for; bit 3: another name; bit 4: one
 * byte more at the end.
 */
#include "fuzz_store.h"
#include "store/pack.h"
#include "store/padme.h"

enum {
	ENTRY = SR_HASH + 8
};

static void put_footer(struct sr_buf *pack, struct sr_bytes plain, uint8_t flags) {
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	struct sr_buf padded, header;
	struct sr_err e;
	fuzz_structure(sk, pk);
	if (flags & 2) {
		sr_buf_put_bytes(pack, plain);
		return;
	}
	sr_buf_init(&padded);
	sr_buf_init(&header);
	sr_buf_put_bytes(&padded, plain);
	if (!(flags & 1))
		sr_buf_put_zero(&padded, (size_t)sr_padme(plain.len, SR_PAD_META) - plain.len);
	sr_buf_put(&header, pack->p, SR_PACK_HEADER);
	header.p[45] ^= (flags >> 2) & 1;
	assert_ok(sr_box_seal(pack, pk, sr_bytes_of(NULL, 0), "strongroom/pack-footer/v1",
			  sr_buf_view(&header), sr_buf_view(&padded), &e),
		&e);
	sr_buf_free(&padded);
	sr_buf_free(&header);
}

static void put_trailer(struct sr_buf *pack, uint64_t footer_off, uint64_t end) {
	size_t body = pack->len;
	for (size_t i = 0; i * SR_SEGMENT < body; i++) {
		uint8_t hash[SR_HASH], index[8];
		size_t len =
			body - i * SR_SEGMENT < SR_SEGMENT ? body - i * SR_SEGMENT : SR_SEGMENT;
		sr_le64_put(index, i);
		SR_HASH_OF(hash, "strongroom/segment/v1", NULL, sr_bytes_of(index, 8),
			sr_bytes_of(pack->p + i * SR_SEGMENT, len));
		sr_buf_put(pack, hash, SR_HASH);
	}
	sr_buf_put_le64(pack, footer_off);
	sr_buf_put_le64(pack, end);
	sr_buf_put_str(pack, "SRPKEND\n");
	MUST(sr_buf_ok(pack, NULL) == 0);
}

static void check_footer(const struct sr_pack *p, struct sr_backend *b, struct sr_bytes plain) {
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	static uint8_t record[SR_RECORD_MAX];
	struct sr_pack_entry *entries = NULL;
	struct sr_buf again;
	struct sr_err e;
	size_t count = 0;
	uint64_t from = SR_PACK_HEADER;
	fuzz_structure(sk, pk);
	if (sr_pack_footer(&entries, &count, p, b, sk, &e) != 0) {
		MUST(entries == NULL && count == 0);
		return;
	}
	sr_buf_init(&again);
	sr_buf_put_le32(&again, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		struct sr_place at = {.offset = entries[i].offset, .len = entries[i].len};
		memcpy(at.pack, p->name, SR_HASH);
		MUST(at.offset >= from && (uint64_t)at.offset + at.len <= p->footer_off);
		from = (uint64_t)at.offset + at.len;
		assert_ok(sr_pack_read(b, &at, record, &e), &e);
		sr_buf_put(&again, entries[i].cid, SR_HASH);
		sr_buf_put_le32(&again, at.offset);
		sr_buf_put_le32(&again, at.len);
	}
	for (size_t i = 0; i < again.len; i++)
		MUST(again.p[i] == (i < plain.len ? plain.p[i] : 0));
	free(entries);
	sr_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static uint8_t segment[SR_SEGMENT];
	struct sr_bytes in = sr_bytes_of(data, size);
	uint8_t vault[SR_HASH], name[SR_HASH];
	struct sr_buf pack;
	struct sr_pack p;
	struct sr_err e;
	fuzz_start();
	uint8_t flags = fuzz_u8(&in), kind = fuzz_u8(&in);
	uint64_t off_more = fuzz_u8(&in), end_more = fuzz_u8(&in);
	size_t body = SR_PAD_PACK + 256u * fuzz_u8(&in);
	fuzz_vault(vault);
	sr_buf_init(&pack);
	sr_buf_put_str(&pack, "SRPACK1\n");
	sr_buf_put(&pack, vault, SR_HASH);
	sr_buf_put_zero(&pack, 16);
	sr_buf_put_u8(&pack, kind);
	sr_buf_put_zero(&pack, body - pack.len);
	put_footer(&pack, in, flags);
	size_t end = pack.len;
	put_trailer(&pack, body + off_more, end + end_more);
	SR_HASH_OF(name, "strongroom/pack/v1", NULL, sr_bytes_of(pack.p, SR_PACK_HEADER),
		sr_bytes_of(pack.p + end, pack.len - end));
	name[0] ^= (flags >> 3) & 1;
	sr_buf_put_zero(&pack, (flags >> 4) & 1);
	struct fuzz_blob blob = {sr_buf_view(&pack)};
	struct sr_backend *b = fuzz_backend(&blob);
	bool right = end_more == 0 && (flags & 0x18) == 0 && (kind == 1 || kind == 2) &&
		     body + off_more <= end;
	int rc = sr_pack_open(&p, b, name, &e);
	MUST((rc == 0) == right);
	if (rc == 0) {
		MUST(p.end == end && memcmp(p.vault, vault, SR_HASH) == 0);
		for (size_t i = 0; i < p.segments; i++)
			assert_ok(sr_pack_check_segment(&p, b, i, segment, &e), &e);
		check_footer(&p, b, in);
		sr_pack_close(&p);
	}
	sr_backend_free(b);
	sr_buf_free(&pack);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf plain;
	uint8_t cid[SR_HASH];
	sr_buf_init(&plain);
	sr_buf_put_le32(&plain, 3);
	for (uint32_t i = 0; i < 3; i++) {
		t_fill(cid, sizeof cid, i);
		sr_buf_put(&plain, cid, sizeof cid);
		sr_buf_put_le32(&plain, SR_PACK_HEADER + 500 * i);
		sr_buf_put_le32(&plain, 500);
	}
	fuzz_seed_with("three", "\0\1\0\0\0", 5, sr_buf_view(&plain));
	fuzz_seed_with("meta", "\0\2\0\0\x10", 5, sr_buf_view(&plain));
	fuzz_seed_with("no-zeros", "\1\1\0\0\0", 5, sr_buf_view(&plain));
	fuzz_seed_with("footer-off", "\0\1\1\0\0", 5, sr_buf_view(&plain));
	fuzz_seed_with("none", "\0\1\0\0\0", 5, sr_bytes_of("\0\0\0\0", 4));
	fuzz_seed_with("end", "\0\1\0\1\0", 5, sr_buf_view(&plain));
	sr_buf_free(&plain);
}
