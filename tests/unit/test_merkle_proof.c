/*
 * Tests of merkle/proof: the worked proofs of the eight-leaf tree, other people's vectors with what
 * must be refused, and every size that is small or near a power of two: what is made verifies, and
 * no altered, missing, additional or moved hash does.
 */
#include "merkle/proof.h"

#include <dirent.h>
#include <jansson.h>
#include <string.h>

#include "util.h"

enum {
	BIG = 65537
};
static uint8_t *leaves; /* BIG synthetic leaf hashes */

static int setup(void **state) {
	(void)state;
	leaves = malloc((size_t)BIG * SR_HASH);
	if (leaves == NULL)
		return -1;
	t_fill(leaves, (size_t)BIG * SR_HASH, 11);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	free(leaves);
	return 0;
}

/* --- worked proofs -------------------------------------------------------------------------- */

static const char *const entries[] = {"", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f"};

struct worked {
	uint64_t first; /* leaf, or old size */
	uint64_t size;
	bool consistency;
	const char *hash[3];
};

static const struct worked worked[] = {
	{5, 8, false,
		{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
			"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
			"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
	{2, 3, false, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
	{1, 8, true,
		{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
			"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
			"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
	{6, 8, true,
		{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
			"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
			"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
	{2, 5, true,
		{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
			"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};

static void worked_proofs(void **state) {
	uint8_t all[8 * SR_HASH], entry[32], want[SR_HASH];
	struct sr_leaf_array a = {all, 8};
	struct sr_nodes nodes = sr_leaf_array_nodes(&a);
	struct sr_err e = {0};
	struct sr_proof p;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		sr_leaf_hash(all + i * SR_HASH,
			sr_bytes_of(entry, t_hex(entry, sizeof entry, entries[i])));
	for (size_t i = 0; i < T_COUNT(worked); i++) {
		const struct worked *w = &worked[i];
		size_t n = 0;

		if (w->consistency)
			assert_ok(sr_proof_consistency(&p, &nodes, w->first, w->size, &e), &e);
		else
			assert_ok(sr_proof_inclusion(&p, &nodes, w->first, w->size, &e), &e);
		for (; n < 3 && w->hash[n] != NULL; n++) {
			assert_int_equal(t_hex(want, sizeof want, w->hash[n]), SR_HASH);
			assert_memory_equal(p.hash[n], want, SR_HASH);
		}
		assert_int_equal(p.count, n);
	}
}

/* --- other people's vectors ----------------------------------------------------------------- */

/* Base64 of any length; whether it is a hash. */
static bool get_hash(uint8_t out[SR_HASH], const json_t *v) {
	memset(out, 0, SR_HASH);
	return sr_unbase64_fixed(out, SR_HASH, sr_bytes_str(json_string_value(v)), NULL) == 0;
}

static bool get_proof(struct sr_proof *p, const json_t *list) {
	bool ok = true;

	memset(p, 0, sizeof *p);
	for (size_t i = 0; i < json_array_size(list); i++, p->count++)
		ok = get_hash(p->hash[p->count], json_array_get(list, i)) && ok;
	return ok;
}

/* Read as reals, because 2^64 - 1 is among them and jansson's integers end at 2^63. */
static uint64_t number(const json_t *o, const char *key) {
	double v = json_real_value(json_object_get(o, key));

	assert_true(v >= 0);
	return v < 9e15 ? (uint64_t)v : UINT64_MAX;
}

static void vector_case(const char *path, bool consistency) {
	json_error_t je;
	json_t *o = json_load_file(path, JSON_DECODE_INT_AS_REAL, &je);
	uint8_t h1[SR_HASH], h2[SR_HASH];
	struct sr_err e = {0};
	struct sr_proof p;
	bool want_err, ok;

	assert_non_null(o);
	want_err = json_is_true(json_object_get(o, "wantErr"));
	assert_true(want_err || json_is_false(json_object_get(o, "wantErr")));
	ok = get_proof(&p, json_object_get(o, "proof"));
	ok = get_hash(h1, json_object_get(o, consistency ? "root1" : "leafHash")) && ok;
	ok = get_hash(h2, json_object_get(o, consistency ? "root2" : "root")) && ok;
	/* What is no hash at all never reaches a check: base64 of other lengths is refused. */
	if (ok && consistency)
		ok = sr_proof_check_consistency(
			     &p, number(o, "size1"), h1, number(o, "size2"), h2, &e) == 0;
	else if (ok)
		ok = sr_proof_check_inclusion(
			     &p, number(o, "leafIdx"), number(o, "treeSize"), h1, h2, &e) == 0;
	if (ok == want_err)
		fail_msg("%s: %s", path, ok ? "was accepted" : e.text);
	json_decref(o);
}

static size_t walk(const char *dir, bool consistency) {
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t count = 0;
	char path[T_PATH];

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		assert_true(snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) < T_PATH);
		if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
			vector_case(path, consistency);
			count++;
		} else {
			count += walk(path, consistency);
		}
	}
	closedir(d);
	return count;
}

static void vectors(void **state) {
	size_t in, cons;

	(void)state;
	in = walk(t_vector("merkle/testdata/inclusion"), false);
	cons = walk(t_vector("merkle/testdata/consistency"), true);
	print_message("%zu inclusion and %zu consistency vectors\n", in, cons);
	assert_true(in >= 30 && cons >= 30);
}

/* --- every size ------------------------------------------------------------------------------ */

/* What is checked about one proof, whole and altered. */
struct subject {
	bool consistency;
	uint64_t first; /* leaf, or old size */
	uint64_t size;
	const uint8_t *h1; /* leaf hash, or old root */
	const uint8_t *h2; /* root, or new root */
};

static int check(const struct sr_proof *p, const struct subject *s, struct sr_err *e) {
	return s->consistency ? sr_proof_check_consistency(p, s->first, s->h1, s->size, s->h2, e)
			      : sr_proof_check_inclusion(p, s->first, s->size, s->h1, s->h2, e);
}

static void refuse_altered(const struct sr_proof *p, const struct subject *s, uint64_t *seed) {
	uint8_t h[SR_HASH];
	struct sr_err e = {0};
	struct sr_proof x;
	struct subject other;

	for (size_t i = 0; i < p->count; i++) {
		x = *p;
		x.hash[i][t_rand(seed, SR_HASH)] ^= (uint8_t)(1u << t_rand(seed, 8));
		assert_fails(check(&x, s, &e), SR_AUTH, &e, "does not lead to the");
		x = *p;
		memmove(x.hash[i], x.hash[i + 1], (p->count - i - 1) * SR_HASH);
		x.count--;
		assert_int_equal(check(&x, s, &e), SR_AUTH);
	}
	for (size_t i = 0; i <= p->count; i++) {
		x = *p;
		memmove(x.hash[i + 1], x.hash[i], (p->count - i) * SR_HASH);
		t_fill(x.hash[i], SR_HASH, t_rand(seed, 1000));
		x.count++;
		assert_int_equal(check(&x, s, &e), SR_AUTH);
	}
	other = *s;
	memcpy(h, s->h1, SR_HASH);
	h[t_rand(seed, SR_HASH)] ^= 1;
	other.h1 = h;
	assert_int_equal(check(p, &other, &e), SR_AUTH);
	other = *s;
	memcpy(h, s->h2, SR_HASH);
	h[t_rand(seed, SR_HASH)] ^= 1;
	other.h2 = h;
	assert_int_equal(check(p, &other, &e), SR_AUTH);
}

/* Roots of the first 0..n leaves. */
static uint8_t *all_roots(size_t n) {
	uint8_t *roots = malloc((n + 1) * SR_HASH);
	struct sr_err e = {0};
	struct sr_tree t;

	assert_non_null(roots);
	sr_tree_init(&t);
	for (size_t i = 0; i <= n; i++) {
		sr_tree_root(roots + i * SR_HASH, &t);
		if (i < n)
			assert_ok(sr_tree_append(&t, leaves + i * SR_HASH, &e), &e);
	}
	return roots;
}

static void every_small_size(void **state) {
	enum {
		N = 70
	};
	uint8_t *roots = all_roots(N);
	struct sr_err e = {0};
	uint64_t seed = 5;
	struct sr_proof p;

	(void)state;
	for (size_t n = 1; n <= N; n++) {
		struct sr_leaf_array a = {leaves, n};
		struct sr_nodes nodes = sr_leaf_array_nodes(&a);

		for (size_t i = 0; i < n; i++) {
			struct subject s = {false, i, n, leaves + i * SR_HASH, roots + n * SR_HASH};

			assert_ok(sr_merkle_inclusion(&p, leaves, n, i, &e), &e);
			assert_ok(check(&p, &s, &e), &e);
			refuse_altered(&p, &s, &seed);
			for (size_t j = 0; j < n; j++) { /* at no other place */
				s.first = j;
				assert_int_equal(check(&p, &s, &e), j == i ? 0 : SR_AUTH);
			}
		}
		for (size_t m = 1; m <= n; m++) {
			struct subject s = {true, m, n, roots + m * SR_HASH, roots + n * SR_HASH};

			assert_ok(sr_proof_consistency(&p, &nodes, m, n, &e), &e);
			assert_ok(check(&p, &s, &e), &e);
			assert_true((p.count == 0) == (m == n));
			refuse_altered(&p, &s, &seed);
		}
	}
	free(roots);
}

static void sizes_near_powers(void **state) {
	static const size_t sizes[] = {255, 256, 257, 258, 65535, 65536, 65537};
	uint8_t *roots = all_roots(BIG);
	struct sr_err e = {0};
	uint64_t seed = 6;
	struct sr_proof p;

	(void)state;
	for (size_t k = 0; k < T_COUNT(sizes); k++) {
		size_t n = sizes[k];
		struct sr_leaf_array a = {leaves, n};
		struct sr_nodes nodes = sr_leaf_array_nodes(&a);

		for (size_t round = 0; round < 10; round++) {
			size_t i = round == 0 ? 0 : round == 1 ? n - 1 : t_rand(&seed, n);
			struct subject s = {false, i, n, leaves + i * SR_HASH, roots + n * SR_HASH};

			assert_ok(sr_proof_inclusion(&p, &nodes, i, n, &e), &e);
			assert_ok(check(&p, &s, &e), &e);
			refuse_altered(&p, &s, &seed);
			s.consistency = true;
			s.first = i + 1;
			s.h1 = roots + (i + 1) * SR_HASH;
			assert_ok(sr_proof_consistency(&p, &nodes, i + 1, n, &e), &e);
			assert_ok(check(&p, &s, &e), &e);
			refuse_altered(&p, &s, &seed);
		}
	}
	free(roots);
}

/* --- the largest trees ------------------------------------------------------------------------ */

/* A tree whose leaves are all alike: one hash per height. */
static int alike(
	void *ctx, uint8_t out[SR_HASH], unsigned height, uint64_t index, struct sr_err *e) {
	const uint8_t(*by_height)[SR_HASH] = ctx;

	(void)e;
	assert_true(height < SR_TREE_PEAKS && index < SR_TREE_SIZE_MAX >> height);
	memcpy(out, by_height[height], SR_HASH);
	return 0;
}

static void largest_tree(void **state) {
	static const uint64_t places[] = {0, 1, 255, 256, SR_TREE_SIZE_MAX / 2,
		SR_TREE_SIZE_MAX / 2 - 1, SR_TREE_SIZE_MAX / 3, SR_TREE_SIZE_MAX - 1};
	uint8_t by_height[SR_TREE_PEAKS][SR_HASH], root[SR_HASH], root1[SR_HASH];
	struct sr_nodes nodes = {alike, by_height};
	struct sr_err e = {0};
	struct sr_tree t;
	struct sr_proof p;
	size_t longest = 0;

	(void)state;
	memset(by_height, 0, sizeof by_height);
	for (unsigned h = 1; h < SR_TREE_PEAKS; h++)
		sr_node_hash(by_height[h], by_height[h - 1], by_height[h - 1]);
	assert_ok(sr_tree_load(&t, SR_TREE_SIZE_MAX, &nodes, &e), &e);
	sr_tree_root(root, &t);
	for (size_t i = 0; i < T_COUNT(places); i++) {
		uint64_t at = places[i];

		assert_ok(sr_proof_inclusion(&p, &nodes, at, SR_TREE_SIZE_MAX, &e), &e);
		assert_ok(
			sr_proof_check_inclusion(&p, at, SR_TREE_SIZE_MAX, by_height[0], root, &e),
			&e);
		assert_ok(sr_tree_load(&t, at + 1, &nodes, &e), &e);
		sr_tree_root(root1, &t);
		assert_ok(sr_proof_consistency(&p, &nodes, at + 1, SR_TREE_SIZE_MAX, &e), &e);
		assert_ok(sr_proof_check_consistency(&p, at + 1, root1, SR_TREE_SIZE_MAX, root, &e),
			&e);
		longest = p.count > longest ? p.count : longest;
	}
	assert_true(longest <= SR_PROOF_MAX && longest >= 63);
}

static void refusals(void **state) {
	struct sr_leaf_array a = {leaves, 10};
	struct sr_nodes nodes = sr_leaf_array_nodes(&a);
	struct sr_err e = {0};
	struct sr_proof p, empty = {0};
	uint8_t r[SR_HASH] = {0}, r2[SR_HASH] = {1};

	(void)state;
	assert_fails(sr_proof_inclusion(&p, &nodes, 10, 10, &e), SR_MISUSE, &e, "leaf 10 of 10");
	assert_fails(sr_proof_inclusion(&p, &nodes, 0, 0, &e), SR_MISUSE, &e, "leaf 0 of 0");
	assert_fails(sr_proof_inclusion(&p, &nodes, 0, SR_TREE_SIZE_MAX + 1, &e), SR_MISUSE, &e,
		"leaf 0 of 9223372036854775808");
	assert_fails(sr_proof_consistency(&p, &nodes, 0, 10, &e), SR_MISUSE, &e, "size 0 to 10");
	assert_fails(sr_proof_consistency(&p, &nodes, 7, 6, &e), SR_MISUSE, &e, "size 7 to 6");
	/* A source that fails is heard. */
	assert_fails(sr_proof_inclusion(&p, &nodes, 3, 11, &e), SR_MISUSE, &e, "outside 10");
	assert_fails(sr_proof_check_inclusion(&empty, 0, 0, r, r, &e), SR_AUTH, &e,
		"outside a tree of 0");
	assert_fails(sr_proof_check_inclusion(&empty, 0, 2, r, r, &e), SR_AUTH, &e, "too few");
	assert_ok(sr_proof_check_inclusion(&empty, 0, 1, r, r, &e), &e);
	assert_fails(sr_proof_check_consistency(&empty, 0, r, 0, r, &e), SR_AUTH, &e, "size 0");
	assert_fails(sr_proof_check_consistency(&empty, 3, r, 2, r, &e), SR_AUTH, &e,
		"shrank from 3 to 2");
	assert_fails(sr_proof_check_consistency(&empty, 2, r, 3, r, &e), SR_AUTH, &e, "0 hashes");
	assert_fails(sr_proof_check_consistency(&empty, 2, r, 2, r2, &e), SR_AUTH, &e,
		"two roots for size 2");
	assert_ok(sr_proof_check_consistency(&empty, 2, r, 2, r, &e), &e);
	p = empty;
	p.count = SR_PROOF_MAX + 1;
	assert_fails(sr_proof_check_inclusion(&p, 0, UINT64_MAX, r, r, &e), SR_AUTH, &e,
		"65 hashes, at most 64");
	assert_fails(
		sr_proof_check_consistency(&p, 1, r, UINT64_MAX, r, &e), SR_AUTH, &e, "65 hashes");
}

/* --- as lines --------------------------------------------------------------------------------- */

static void parse_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct sr_proof *good = ctx;
	struct sr_err e = {0};
	struct sr_buf b;
	struct sr_proof p;

	sr_buf_init(&b);
	if (sr_proof_parse(&p, mutant, &e) == 0) { /* then it is another proof, or a whole part */
		sr_proof_put(&b, &p);
		if (!sr_bytes_eq(sr_buf_view(&b), mutant) || memcmp(&p, good, sizeof p) == 0)
			fail_msg("%s: parsed as something else", what);
	} else {
		assert_int_equal(e.code, SR_CORRUPT);
		assert_non_null(strstr(e.text, "proof: hash"));
	}
	sr_buf_free(&b);
}

static void lines(void **state) {
	struct sr_err e = {0};
	struct sr_proof p, q;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_ok(sr_merkle_inclusion(&p, leaves, 20, 7, &e), &e);
	sr_proof_put(&b, &p);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_int_equal(b.len, p.count * 45);
	assert_ok(sr_proof_parse(&q, sr_buf_view(&b), &e), &e);
	assert_memory_equal(&p, &q, sizeof p);
	t_each_cut(sr_buf_view(&b), parse_mutant, &p);
	t_each_flip(sr_buf_view(&b), parse_mutant, &p);
	assert_ok(sr_proof_parse(&q, sr_bytes_of("", 0), &e), &e);
	assert_int_equal(q.count, 0);
	assert_fails(sr_proof_parse(&q, sr_bytes_str("\n"), &e), SR_CORRUPT, &e, "hash 1");
	sr_buf_clear(&b);
	for (int i = 0; i < SR_PROOF_MAX + 1; i++) {
		sr_buf_put_base64(&b, leaves, SR_HASH);
		sr_buf_put_u8(&b, '\n');
	}
	assert_fails(sr_proof_parse(&q, sr_buf_view(&b), &e), SR_LIMIT, &e, "more than 64");
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_proofs),
		cmocka_unit_test(vectors),
		cmocka_unit_test(every_small_size),
		cmocka_unit_test(sizes_near_powers),
		cmocka_unit_test(largest_tree),
		cmocka_unit_test(refusals),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
