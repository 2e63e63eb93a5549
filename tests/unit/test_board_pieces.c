/*
 * pieces - what the door refuses of a vote's bundle: every cut, another size than the request's,
 * another root, keys of low order.
 */
#include "board/pieces.h"

#include "crypto/piece.h"
#include "merkle/tree.h"
#include "util.h"

enum {
	ITEMS = 3,
	READERS = 2,
	AT_KEYS = 16 /* piece.h: E_0, then one key for each researcher */
};

struct made {
	struct sr_buf bundle;
	struct sr_pieces_want want;
	struct sr_err e;
};

static void root_of(uint8_t root[SR_HASH], struct sr_bytes bytes) {
	uint8_t hash[ITEMS][SR_HASH];
	struct sr_bundle b;
	struct sr_buf leaf;
	struct sr_err e;

	assert_int_equal(sr_bundle_parse(&b, bytes, &e), 0);
	sr_buf_init(&leaf);
	for (size_t i = 0; i < b.items; i++) {
		sr_buf_clear(&leaf);
		sr_bundle_leaf(&leaf, &b, i);
		sr_leaf_hash(hash[i], sr_buf_view(&leaf));
	}
	sr_merkle_root(root, hash[0], b.items);
	sr_buf_free(&leaf);
}

static void make(struct made *m) {
	static const uint8_t seals[ITEMS][SR_SEAL], pieces[ITEMS * SR_PIECE];
	struct sr_sealed s[ITEMS];
	struct sr_piece_ctx c = {.key = {.kind = "item"}, .reader_count = READERS};
	uint8_t readers[READERS][SR_X_PK], sk[SR_X_SK];

	memset(m, 0, sizeof *m);
	memset(s, 0, sizeof s);
	sr_buf_init(&m->bundle);
	for (size_t i = 0; i < ITEMS; i++) {
		s[i].id[0] = (uint8_t)i;
		s[i].seal = seals[i];
	}
	for (size_t i = 0; i < READERS; i++)
		sr_box_keypair(readers[i], sk);
	sr_box_keypair(c.room, sk);
	c.readers = (const uint8_t(*)[SR_X_PK])readers;
	assert_ok(sr_bundle_make(&m->bundle, &c, s, pieces, ITEMS, &m->e), &m->e);
	m->want.items = ITEMS;
	m->want.readers = READERS;
	root_of(m->want.root, sr_buf_view(&m->bundle));
}

static void good_and_cut(void **state) {
	struct made m;

	(void)state;
	make(&m);
	assert_ok(sr_pieces_check(sr_buf_view(&m.bundle), &m.want, &m.e), &m.e);
	for (size_t n = 0; n < m.bundle.len; n++)
		assert_fails(sr_pieces_check(sr_bytes_of(m.bundle.p, n), &m.want, &m.e), SR_CORRUPT,
			&m.e, "bundle: ");
	sr_buf_free(&m.bundle);
}

static void other_sizes_and_root(void **state) {
	struct made m;

	(void)state;
	make(&m);
	m.want.items++;
	assert_fails(sr_pieces_check(sr_buf_view(&m.bundle), &m.want, &m.e), SR_CORRUPT, &m.e,
		"3 items for 2 researchers, the request has 4 for 2");
	m.want.items--;
	m.want.readers--;
	assert_fails(sr_pieces_check(sr_buf_view(&m.bundle), &m.want, &m.e), SR_CORRUPT, &m.e,
		"the request has 3 for 1");
	m.want.readers++;
	for (size_t i = AT_KEYS; i < m.bundle.len; i += 7) {
		m.bundle.p[i] ^= 1;
		assert_fails(sr_pieces_check(sr_buf_view(&m.bundle), &m.want, &m.e), SR_AUTH, &m.e,
			"is not the one that the vote names");
		m.bundle.p[i] ^= 1;
	}
	sr_buf_free(&m.bundle);
}

/* With such a key the researcher's client could derive no record key, and would open nothing of
 * anybody's. */
static void low_order(void **state) {
	static const uint8_t low[][SR_X_PK] = {{0}, {1},
		{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f,
			0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62,
			0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}};
	struct made m;
	uint8_t kept[SR_X_PK];

	(void)state;
	make(&m);
	for (size_t k = 0; k <= READERS; k++)
		for (size_t i = 0; i < T_COUNT(low); i++) {
			uint8_t *at = m.bundle.p + AT_KEYS + k * SR_X_PK;

			memcpy(kept, at, SR_X_PK);
			memcpy(at, low[i], SR_X_PK);
			root_of(m.want.root, sr_buf_view(&m.bundle)); /* the voter signs it so */
			assert_fails(sr_pieces_check(sr_buf_view(&m.bundle), &m.want, &m.e),
				SR_AUTH, &m.e, "of low order");
			memcpy(at, kept, SR_X_PK);
		}
	sr_buf_free(&m.bundle);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_and_cut),
		cmocka_unit_test(other_sizes_and_root),
		cmocka_unit_test(low_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
