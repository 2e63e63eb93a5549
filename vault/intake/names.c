/*
 * names - see names.h. A run of characters is taken up to the next one that begins a new cluster
 * (combining class 0), decomposed, put in canonical order and written; so memory is bounded, and a
 * run of more marks than RUN_MAX is written in pieces, each in order.
 */
#include "intake/names.h"

#include "base/escape.h"

enum {
	MAPPED_MAX = 4, /* characters that one becomes */
	RUN_MAX = 64,   /* characters of one cluster; Unicode's own safe limit is 30 marks */
	HANGUL_FIRST = 0xAC00,
	HANGUL_LAST = 0xD7A3,
	HANGUL_L = 0x1100,
	HANGUL_V = 0x1161,
	HANGUL_T = 0x11A7,
	HANGUL_V_COUNT = 21,
	HANGUL_T_COUNT = 28,
	NO_CHARACTER = 0x110000 /* and above: a byte that is no UTF-8 */
};

struct names_mapping {
	uint32_t from;
	uint32_t to[MAPPED_MAX]; /* 0: no more */
};
struct names_class {
	uint32_t first, last;
	uint8_t value;
};

#include "intake/names_table.inc"

struct run {
	uint32_t cp[RUN_MAX];
	size_t count;
	struct sr_buf *out;
};

static const uint32_t *mapped(const struct names_mapping *table, size_t count, uint32_t cp) {
	size_t low = 0, high = count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (table[mid].from == cp)
			return table[mid].to;
		if (table[mid].from < cp)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
#define MAPPED(table, cp) mapped((table), sizeof(table) / sizeof *(table), (cp))

static uint8_t class_of(uint32_t cp) {
	size_t low = 0, high = sizeof names_classes / sizeof *names_classes;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (cp < names_classes[mid].first)
			high = mid;
		else if (cp > names_classes[mid].last)
			low = mid + 1;
		else
			return names_classes[mid].value;
	}
	return 0;
}

static void put_character(struct sr_buf *out, uint32_t cp) {
	if (cp >= NO_CHARACTER)
		sr_buf_put_u8(out, (uint8_t)(cp - NO_CHARACTER));
	else
		sr_utf8_put(out, cp);
}

/* Marks of one cluster in order of their classes; a stable sort, as the standard wants. */
static void flush(struct run *r) {
	for (size_t i = 1; i < r->count; i++) {
		const uint32_t cp = r->cp[i];
		const uint8_t class = class_of(cp);
		size_t at = i;

		while (class != 0 && at > 0 && class_of(r->cp[at - 1]) > class) {
			r->cp[at] = r->cp[at - 1];
			at--;
		}
		r->cp[at] = cp;
	}
	for (size_t i = 0; i < r->count; i++)
		put_character(r->out, r->cp[i]);
	r->count = 0;
}

static void push(struct run *r, uint32_t cp) {
	if (r->count == RUN_MAX || (r->count > 0 && class_of(cp) == 0))
		flush(r);
	r->cp[r->count++] = cp;
}

static void decompose(struct run *r, uint32_t cp) {
	const uint32_t *to;

	if (cp >= HANGUL_FIRST && cp <= HANGUL_LAST) {
		const uint32_t s = cp - HANGUL_FIRST;

		push(r, HANGUL_L + s / (HANGUL_V_COUNT * HANGUL_T_COUNT));
		push(r, HANGUL_V + s / HANGUL_T_COUNT % HANGUL_V_COUNT);
		if (s % HANGUL_T_COUNT != 0)
			push(r, HANGUL_T + s % HANGUL_T_COUNT);
		return;
	}
	to = MAPPED(names_decomposed, cp);
	if (to == NULL) {
		push(r, cp);
		return;
	}
	for (size_t i = 0; i < MAPPED_MAX && to[i] != 0; i++)
		push(r, to[i]);
}

static void fold(struct run *r, uint32_t cp) {
	const uint32_t *to = MAPPED(names_folded, cp);

	if (to == NULL) {
		decompose(r, cp);
		return;
	}
	for (size_t i = 0; i < MAPPED_MAX && to[i] != 0; i++)
		decompose(r, to[i]);
}

static void key_once(struct sr_buf *out, struct sr_bytes name, bool folding) {
	struct run r = {.out = out};

	while (name.len > 0) {
		uint32_t cp = 0;
		size_t n = sr_utf8_next(name, &cp);

		if (n == 0) {
			cp = (uint32_t)NO_CHARACTER + name.p[0];
			n = 1;
		}
		if (folding)
			fold(&r, cp);
		else
			decompose(&r, cp);
		name = sr_bytes_of(name.p + n, name.len - n);
	}
	flush(&r);
}

void sr_name_key(struct sr_buf *out, struct sr_bytes name, bool folding) {
	struct sr_buf plain;

	if (!folding) {
		key_once(out, name, false);
		return;
	}
	/* Unicode's canonical caseless matching: NFD(fold(NFD(x))). */
	sr_buf_init(&plain);
	key_once(&plain, name, false);
	if (plain.failed != 0)
		out->failed = plain.failed;
	else
		key_once(out, sr_buf_view(&plain), true);
	sr_buf_free(&plain);
}

bool sr_name_alike(struct sr_bytes a, struct sr_bytes b) {
	struct sr_buf x, y;
	bool alike = sr_bytes_eq(a, b);

	if (alike)
		return true;
	sr_buf_init(&x);
	sr_buf_init(&y);
	sr_name_key(&x, a, false);
	sr_name_key(&y, b, false);
	alike = x.failed == SR_OK && y.failed == SR_OK &&
		sr_bytes_eq(sr_buf_view(&x), sr_buf_view(&y));
	sr_buf_free(&y);
	sr_buf_free(&x);
	return alike;
}
