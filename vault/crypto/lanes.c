/*
 * lanes - see lanes.h.
 *
 * A lane's text is cut into BLAKE2b's blocks of 128 bytes:
 *
 *   first    le64 length and bytes of the label, of the head if there is one, le64 length of the
 *            text, and as much of the text as fits
 *   middle   where they lie in the text
 *   last     what is left, and zeros
 *
 * All lanes step together, as far as the first of them comes that is at an end of its text. A lane
 * that is done takes the longest text that is left, so that none waits for another before the last
 * ones; then it repeats what some other does, and nobody looks.
 *
 * There is one kernel, compiled for each set of instructions. Word w of the four blocks is one
 * vector, as is each word of the state, so a step of RFC 7693 is one line for all four.
 */
#include "crypto/lanes.h"

#include <assert.h>
#include <pthread.h>

#include <sodium.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_KERNELS 1
#else
#define HAS_KERNELS 0
#endif

enum {
	BLOCK = 128,
	WORDS = 8,        /* of the state */
	LEAST = 4 * BLOCK /* bytes of a text: for less the copies cost more than is gained */
};
_Static_assert(8 + SR_LANES_LABEL + 8 + SR_LANES_HEAD + 8 < BLOCK, "some text is in the first");

/* ${blocks} blocks of each lane, the first of which ends at byte t[lane] of its text; f[lane] is
 * all ones if that is its end. */
struct work {
	uint64_t h[WORDS][SR_LANES];
	uint64_t t[SR_LANES], f[SR_LANES];
	const uint8_t *at[SR_LANES];
};
typedef void kernel_fn(struct work *w, size_t blocks);

static const uint64_t iv[WORDS] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b,
	0x5be0cd19137e2179};

/* --- the kernels ---------------------------------------------------------------------------------
 */

#if HAS_KERNELS
typedef uint64_t quad __attribute__((vector_size(8 * SR_LANES)));

#define ROR(x, n) (((x) >> (n)) | ((x) << (64 - (n))))

/* G and the rounds of RFC 7693, 3.1 and 3.2; v and m are the kernel's. */
#define G(a, b, c, d, x, y)          \
	v[a] += v[b] + m[x];         \
	v[d] = ROR(v[d] ^ v[a], 32); \
	v[c] += v[d];                \
	v[b] = ROR(v[b] ^ v[c], 24); \
	v[a] += v[b] + m[y];         \
	v[d] = ROR(v[d] ^ v[a], 16); \
	v[c] += v[d];                \
	v[b] = ROR(v[b] ^ v[c], 63)

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
	G(0, 4, 8, 12, s0, s1);                                                     \
	G(1, 5, 9, 13, s2, s3);                                                     \
	G(2, 6, 10, 14, s4, s5);                                                    \
	G(3, 7, 11, 15, s6, s7);                                                    \
	G(0, 5, 10, 15, s8, s9);                                                    \
	G(1, 6, 11, 12, s10, s11);                                                  \
	G(2, 7, 8, 13, s12, s13);                                                   \
	G(3, 4, 9, 14, s14, s15)

/* Words k to k + 3 of the four blocks: a square of 4 x 4, turned on its side. */
#define TURN(k)                                                    \
	memcpy(&a, at[0] + sizeof(uint64_t) * (k), sizeof a);      \
	memcpy(&b, at[1] + sizeof(uint64_t) * (k), sizeof b);      \
	memcpy(&c, at[2] + sizeof(uint64_t) * (k), sizeof c);      \
	memcpy(&d, at[3] + sizeof(uint64_t) * (k), sizeof d);      \
	even = __builtin_shufflevector(a, b, 0, 4, 2, 6);          \
	odd = __builtin_shufflevector(a, b, 1, 5, 3, 7);           \
	a = __builtin_shufflevector(c, d, 0, 4, 2, 6);             \
	b = __builtin_shufflevector(c, d, 1, 5, 3, 7);             \
	m[(k) + 0] = __builtin_shufflevector(even, a, 0, 1, 4, 5); \
	m[(k) + 1] = __builtin_shufflevector(odd, b, 0, 1, 4, 5);  \
	m[(k) + 2] = __builtin_shufflevector(even, a, 2, 3, 6, 7); \
	m[(k) + 3] = __builtin_shufflevector(odd, b, 2, 3, 6, 7)

/* The counter is of 64 bits: no text has more bytes than that. */
#define KERNEL(name, instructions)                                                              \
	__attribute__((target(instructions))) static void name(struct work *w, size_t blocks) { \
		const uint8_t *at[SR_LANES] = {w->at[0], w->at[1], w->at[2], w->at[3]};         \
		quad h[WORDS], v[16], m[16], t, f, a, b, c, d, even, odd;                       \
		memcpy(h, w->h, sizeof h);                                                      \
		memcpy(&t, w->t, sizeof t);                                                     \
		memcpy(&f, w->f, sizeof f);                                                     \
		for (; blocks > 0; blocks--) {                                                  \
			TURN(0);                                                                \
			TURN(4);                                                                \
			TURN(8);                                                                \
			TURN(12);                                                               \
			for (unsigned i = 0; i < WORDS; i++) {                                  \
				v[i] = h[i];                                                    \
				v[WORDS + i] = (quad){iv[i], iv[i], iv[i], iv[i]};              \
			}                                                                       \
			v[12] ^= t;                                                             \
			v[14] ^= f;                                                             \
			ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);            \
			ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);            \
			ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);            \
			ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);            \
			ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);            \
			ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);            \
			ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);            \
			ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);            \
			ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);            \
			ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);            \
			ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);            \
			ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);            \
			for (unsigned i = 0; i < WORDS; i++)                                    \
				h[i] ^= v[i] ^ v[WORDS + i];                                    \
			for (unsigned i = 0; i < SR_LANES; i++)                                 \
				at[i] += BLOCK;                                                 \
			t += BLOCK;                                                             \
		}                                                                               \
		memcpy(w->h, h, sizeof h);                                                      \
	}

/* How gcc orders 1,400 instructions depends on the processor it has in mind: a quarter of the time.
 */
KERNEL(kernel_avx2, "avx2,tune=haswell")
KERNEL(kernel_avx512, "avx2,avx512f,avx512vl,tune=icelake-server")
#endif

/* --- lanes ---------------------------------------------------------------------------------------
 */

struct cut {
	uint8_t first[BLOCK], last[BLOCK];
	const uint8_t *text; /* at its byte 0 the first block has ${skip} bytes before it */
	size_t skip;
	uint64_t bytes; /* with all that stands before the text */
	uint64_t blocks;
};

static size_t put_field(uint8_t *to, const void *p, size_t len) {
	sr_le64_put(to, len);
	if (p != NULL)
		memcpy(to + 8, p, len);
	return 8 + len;
}

/* ${l->text} has LEAST bytes or more, so first and last are two blocks. */
static void cut(struct cut *c, const char *label, const struct sr_lane *l) {
	size_t n = put_field(c->first, label, strlen(label));

	if (l->head.p != NULL)
		n += put_field(c->first + n, l->head.p, l->head.len);
	sr_le64_put(c->first + n, l->text.len);
	n += 8;
	memcpy(c->first + n, l->text.p, BLOCK - n);
	c->text = l->text.p;
	c->skip = n;
	c->bytes = n + l->text.len;
	c->blocks = (c->bytes + BLOCK - 1) / BLOCK;
	const size_t from = (size_t)((c->blocks - 1) * BLOCK - n);
	memset(c->last, 0, BLOCK);
	memcpy(c->last, l->text.p + from, l->text.len - from);
}

/* Block ${i} of the cut, which is none of its ends. */
static const uint8_t *middle(const struct cut *c, uint64_t i) {
	return c->text + (i * BLOCK - c->skip);
}

struct lane {
	struct cut cut;
	uint64_t next; /* block */
	size_t text;   /* whose */
	bool busy;
};

/* How many blocks from the next on lie one behind the other: an end lies by itself. */
static uint64_t stretch(const struct lane *l) {
	const uint64_t last = l->cut.blocks - 1;

	return l->next == 0 || l->next == last ? 1 : last - l->next;
}

/* Where the next block of ${l} lies, and what the kernel has to know of it as lane ${k}. */
static void aim(struct work *w, unsigned k, const struct lane *l) {
	const bool last = l->next == l->cut.blocks - 1;

	w->at[k] = l->next == 0 ? l->cut.first : last ? l->cut.last : middle(&l->cut, l->next);
	w->t[k] = last ? l->cut.bytes : (l->next + 1) * BLOCK;
	w->f[k] = last ? UINT64_MAX : 0;
}

static void take_in(struct work *w, unsigned k, struct lane *l, size_t text, const char *label,
	const struct sr_lane *of) {
	cut(&l->cut, label, of);
	l->next = 0;
	l->text = text;
	l->busy = true;
	for (unsigned i = 0; i < WORDS; i++)
		w->h[i][k] = iv[i];
	/* parameter block: 32 bytes of hash, no key, fanout and depth 1 */
	w->h[0][k] ^= UINT64_C(0x01010000) | SR_HASH;
}

static void take_out(uint8_t out[SR_HASH], const struct work *w, unsigned k) {
	for (unsigned i = 0; i < SR_HASH / 8; i++)
		sr_le64_put(out + 8 * (size_t)i, w->h[i][k]);
}

/* All lanes a step on; lanes that come to their end are not busy any more. */
static void step(
	kernel_fn *kernel, struct work *w, struct lane lanes[SR_LANES], uint8_t (*out)[SR_HASH]) {
	const struct lane *some = NULL;
	uint64_t blocks = UINT64_MAX;

	for (unsigned k = 0; k < SR_LANES; k++) {
		if (!lanes[k].busy)
			continue;
		some = &lanes[k];
		if (stretch(some) < blocks)
			blocks = stretch(some);
	}
	for (unsigned k = 0; k < SR_LANES; k++)
		aim(w, k, lanes[k].busy ? &lanes[k] : some);
	kernel(w, (size_t)blocks);
	for (unsigned k = 0; k < SR_LANES; k++) {
		if (!lanes[k].busy)
			continue;
		lanes[k].next += blocks;
		lanes[k].busy = lanes[k].next < lanes[k].cut.blocks;
		if (!lanes[k].busy)
			take_out(out[lanes[k].text], w, k);
	}
}

/* The texts that ${order} names, in this order. */
static void run(kernel_fn *kernel, uint8_t (*out)[SR_HASH], const char *label,
	const struct sr_lane *texts, const uint8_t *order, size_t count) {
	struct lane lanes[SR_LANES];
	struct work w = {.t = {0}};
	bool any = true;

	for (unsigned k = 0; k < SR_LANES; k++)
		lanes[k].busy = false;
	while (any) {
		any = false;
		for (unsigned k = 0; k < SR_LANES; k++) {
			if (!lanes[k].busy && count > 0) {
				take_in(&w, k, &lanes[k], *order, label, &texts[*order]);
				order++;
				count--;
			}
			any = any || lanes[k].busy;
		}
		if (any)
			step(kernel, &w, lanes, out);
	}
	sr_wipe(lanes, sizeof lanes);
	sr_wipe(&w, sizeof w);
}

/* --- which --- */

static const struct way {
	kernel_fn *kernel; /* NULL: libsodium */
	unsigned least;    /* lanes that must be busy for it to gain; measured */
} ways[] = {
	{NULL, 0},
#if HAS_KERNELS
	{kernel_avx2, 3},
	{kernel_avx512, 2},
#endif
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct way *best = &ways[0], *chosen = &ways[0];

static void one(uint8_t out[SR_HASH], const char *label, const struct sr_lane *l) {
	if (l->head.p != NULL)
		SR_HASH_OF(out, label, NULL, l->head, l->text);
	else
		SR_HASH_OF(out, label, NULL, l->text);
}

/* The long ones (LEAST) of ${texts}, the longest first. Returns how many. */
static size_t by_length(
	uint8_t order[SR_LANES_TEXTS], uint64_t *bytes, const struct sr_lane *texts, size_t count) {
	size_t n = 0;

	*bytes = 0;
	for (size_t i = 0; i < count; i++) {
		size_t at = n;
		if (texts[i].text.len < LEAST)
			continue;
		for (; at > 0 && texts[order[at - 1]].text.len < texts[i].text.len; at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
		*bytes += texts[i].text.len;
		n++;
	}
	return n;
}

static void lanes_by(const struct way *way, uint8_t (*out)[SR_HASH], const char *label,
	const struct sr_lane *texts, size_t count) {
	uint8_t order[SR_LANES_TEXTS];
	bool side_by_side[SR_LANES_TEXTS] = {false};
	uint64_t bytes = 0;
	size_t first = 0, n = way->kernel != NULL ? by_length(order, &bytes, texts, count) : 0;

	/* A long one keeps a lane busy for its whole length: it goes alone while the others
	 * together would not keep enough lanes busy beside it. */
	for (; first < n && bytes < texts[order[first]].text.len * way->least; first++)
		bytes -= texts[order[first]].text.len;
	for (size_t i = first; i < n; i++)
		side_by_side[order[i]] = true;
	if (first < n)
		run(way->kernel, out, label, texts, order + first, n - first);
	for (size_t i = 0; i < count; i++)
		if (!side_by_side[i])
			one(out[i], label, &texts[i]);
}

#if HAS_KERNELS
/* Does it say what libsodium says, of texts of every kind of end? */
static bool agrees(const struct way *way) {
	static const char label[] = "strongroom/lanes-trial/v1";
	uint8_t text[LEAST + 3 * BLOCK], have[SR_LANES][SR_HASH], want[SR_HASH];
	struct sr_lane lanes[SR_LANES];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * 167 + (i >> 8) * 13);
	for (size_t k = 0; k < SR_LANES; k++)
		lanes[k] = (struct sr_lane){.head = sr_bytes_of(text, 8 * k),
			.text = sr_bytes_of(text + k, LEAST + k * (BLOCK - 9))};
	lanes[0].head.p = NULL;
	lanes[1].text.len = LEAST + BLOCK - 8 - (sizeof label - 1) - 8 - 8 - 8; /* whole blocks */
	lanes_by(way, have, label, lanes, SR_LANES);
	bool same = true;
	for (size_t k = 0; k < SR_LANES; k++) {
		lanes_by(&ways[0], &want, label, &lanes[k], 1);
		same = same && memcmp(have[k], want, SR_HASH) == 0;
	}
	return same;
}
#endif

static void choose(void) {
#if HAS_KERNELS
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2") && agrees(&ways[1]))
		best = &ways[1];
	if (best == &ways[1] && __builtin_cpu_supports("avx512f") &&
		__builtin_cpu_supports("avx512vl") && agrees(&ways[2]))
		best = &ways[2];
#endif
	chosen = best;
}

void sr_hash_lanes(
	uint8_t (*out)[SR_HASH], const char *label, const struct sr_lane *texts, size_t count) {
	const int rc = pthread_once(&once, choose);

	assert(rc == 0 && count <= SR_LANES_TEXTS && strlen(label) <= SR_LANES_LABEL);
	(void)rc;
	for (size_t k = 0; k < count; k++)
		assert(texts[k].head.p == NULL || texts[k].head.len <= SR_LANES_HEAD);
	lanes_by(chosen, out, label, texts, count);
}

#ifdef SR_TESTING
enum sr_lanes_kind sr_lanes_best(void) {
	const int rc = pthread_once(&once, choose);

	assert(rc == 0);
	(void)rc;
	return (enum sr_lanes_kind)(best - ways);
}

void sr_lanes_use(enum sr_lanes_kind kind) {
	assert(kind <= sr_lanes_best());
	chosen = &ways[kind];
}
#endif
