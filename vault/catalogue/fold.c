/*
 * fold - see fold.h. One pass over code points, each mapped by sorted tables of ranges (binary
 * search; ASCII directly).
 *
 * What must look at two characters: kana with a voicing mark, conjoining Hangul letters, and
 * Cyrillic i with a breve. Everything else is decided by one character alone, because decoration is
 * dropped, not composed.
 */
#include "catalogue/fold.h"

#include <string.h>

#include "base/escape.h"

struct fold_class {
	uint32_t first, last;
	uint8_t kind;
};
struct fold_run {
	uint32_t first, last;
	uint8_t step;
	uint32_t target;
};
struct fold_string {
	uint32_t cp;
	uint16_t at;
	uint8_t count;
};
struct fold_pair {
	uint32_t base, mark, composed;
};

#include "catalogue/fold_table.inc"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	SEPARATOR = 0,
	WORD = 1,
	GRAM = 2,
	IGNORED = 3
};
enum {
	BREVE = 0x306,
	CYRILLIC_I = 0x438,
	CYRILLIC_SHORT_I = 0x439,
	VOICED = 0x3099,
	SEMI_VOICED = 0x309A
};
enum {
	L_BASE = 0x1100,
	V_BASE = 0x1161,
	T_BASE = 0x11A7,
	S_BASE = 0xAC00,
	L_COUNT = 19,
	V_COUNT = 21,
	T_COUNT = 28
};

static int class_of(uint32_t cp) {
	size_t lo = 0, hi = COUNT(fold_classes);

	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
				       (cp >= 'A' && cp <= 'Z')
			       ? WORD
			       : SEPARATOR;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (cp > fold_classes[mid].last)
			lo = mid + 1;
		else if (cp < fold_classes[mid].first)
			hi = mid;
		else
			return fold_classes[mid].kind;
	}
	return SEPARATOR;
}

/* The last run that begins at or before ${cp} holds it, or none does: runs do not overlap. */
static bool mapped_single(uint32_t cp, uint32_t *out) {
	size_t lo = 0, hi = COUNT(fold_runs);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (fold_runs[mid].first <= cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return false;
	const struct fold_run *r = &fold_runs[lo - 1];
	if (cp > r->last || (cp - r->first) % r->step != 0)
		return false;
	*out = r->target + (cp - r->first);
	return true;
}

/* At most 4 code points. */
static size_t map(uint32_t cp, uint32_t out[4]) {
	size_t lo = 0, hi = COUNT(fold_strings);

	if (cp < 0x80) {
		out[0] = cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
		return 1;
	}
	if (mapped_single(cp, &out[0]))
		return 1;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (fold_strings[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == COUNT(fold_strings) || fold_strings[lo].cp != cp) {
		out[0] = cp;
		return 1;
	}
	for (size_t i = 0; i < fold_strings[lo].count; i++)
		out[i] = fold_targets[fold_strings[lo].at + i];
	return fold_strings[lo].count;
}

static void put_utf8(struct sr_fold_unit *u, uint32_t cp) {
	char *p = u->text + u->len;

	if (cp < 0x80) {
		p[0] = (char)cp;
		u->len += 1;
	} else if (cp < 0x800) {
		p[0] = (char)(0xC0 | (cp >> 6));
		p[1] = (char)(0x80 | (cp & 0x3F));
		u->len += 2;
	} else if (cp < 0x10000) {
		p[0] = (char)(0xE0 | (cp >> 12));
		p[1] = (char)(0x80 | ((cp >> 6) & 0x3F));
		p[2] = (char)(0x80 | (cp & 0x3F));
		u->len += 3;
	} else {
		p[0] = (char)(0xF0 | (cp >> 18));
		p[1] = (char)(0x80 | ((cp >> 12) & 0x3F));
		p[2] = (char)(0x80 | ((cp >> 6) & 0x3F));
		p[3] = (char)(0x80 | (cp & 0x3F));
		u->len += 4;
	}
}

static struct sr_bytes rest(const struct sr_fold *f) {
	return sr_bytes_of(f->in.p + f->pos, f->in.len - f->pos);
}

/* ${base} and ${mark} as one character; 0 if they do not compose. */
static uint32_t compose(uint32_t base, uint32_t mark) {
	if (mark == VOICED || mark == SEMI_VOICED) {
		for (size_t i = 0; i < COUNT(fold_kana); i++)
			if (fold_kana[i].base == base && fold_kana[i].mark == mark)
				return fold_kana[i].composed;
		return 0;
	}
	if (base >= L_BASE && base < L_BASE + L_COUNT && mark >= V_BASE && mark < V_BASE + V_COUNT)
		return S_BASE + ((base - L_BASE) * V_COUNT + (mark - V_BASE)) * T_COUNT;
	if (base >= S_BASE && base < S_BASE + L_COUNT * V_COUNT * T_COUNT &&
		(base - S_BASE) % T_COUNT == 0 && mark > T_BASE && mark < T_BASE + T_COUNT)
		return base + (mark - T_BASE);
	return 0;
}

/* Full and half width; alone it means nothing. */
static bool is_voicing(uint32_t cp) {
	return cp == VOICED || cp == SEMI_VOICED || cp == 0xFF9E || cp == 0xFF9F;
}

/* What composes with ${base} next, over invisible characters: the composed character, the position
 * moved behind it; 0, and the position as it was, when nothing does. */
static uint32_t compose_next(struct sr_fold *f, uint32_t base) {
	struct sr_fold ahead = *f;
	uint32_t next = 0, to[4], both;
	size_t len;

	while ((len = sr_utf8_next(rest(&ahead), &next)) != 0) {
		ahead.pos += len;
		if (map(next, to) == 1 && (both = compose(base, to[0])) != 0) {
			f->pos = ahead.pos;
			return both;
		}
		if (class_of(next) != IGNORED && !is_voicing(next))
			break;
	}
	return 0;
}

/* The gram character ${cp} begins at ${u}->start and the position is after it: take what composes
 * with it. */
static void take_gram(struct sr_fold *f, struct sr_fold_unit *u, uint32_t cp) {
	uint32_t m[4], both;
	size_t n = map(cp, m);

	while (n == 1 && (both = compose_next(f, m[0])) != 0)
		m[0] = both;
	for (size_t i = 0; i < n; i++)
		put_utf8(u, m[i]);
}

/* The word character ${cp} was read: it and what follows, up to a separator, a gram or the longest
 * word. */
static void take_word(struct sr_fold *f, struct sr_fold_unit *u, uint32_t cp) {
	uint32_t last = 0, m[4];

	for (;;) {
		size_t n = map(cp, m);
		for (size_t i = 0; i < n; i++)
			put_utf8(u, m[i]);
		last = m[n - 1];
		u->end = f->pos;
		for (;;) {
			uint32_t next = 0;
			size_t len = sr_utf8_next(rest(f), &next);
			int kind = len == 0 ? SEPARATOR : class_of(next);
			if (kind == IGNORED) {
				if (next == BREVE && last == CYRILLIC_I) {
					u->len -= 2; /* both letters are two bytes long */
					put_utf8(u, CYRILLIC_SHORT_I);
					last = CYRILLIC_SHORT_I;
				}
				f->pos += len;
				u->end = f->pos;
				continue;
			}
			if (kind != WORD || u->len >= SR_FOLD_WORD)
				return;
			f->pos += len;
			cp = next;
			break;
		}
	}
}

void sr_fold_init(struct sr_fold *f, struct sr_bytes in) {
	f->in = in;
	f->pos = 0;
	f->last_gram_end = 0;
}

bool sr_fold_next(struct sr_fold *f, struct sr_fold_unit *u) {
	while (f->pos < f->in.len) {
		uint32_t cp = 0;
		size_t len = sr_utf8_next(rest(f), &cp);
		if (len == 0) {
			f->pos++;
			continue;
		}
		size_t start = f->pos;
		int kind = class_of(cp);
		f->pos += len;
		if (kind == IGNORED || is_voicing(cp)) {
			if (f->last_gram_end != 0 && f->last_gram_end == start)
				f->last_gram_end =
					f->pos; /* an invisible character does not part two grams */
			continue;
		}
		if (kind == SEPARATOR)
			continue;
		u->len = 0;
		u->start = start;
		u->gram = kind == GRAM;
		u->joined = u->gram && f->last_gram_end != 0 && f->last_gram_end == start;
		if (u->gram)
			take_gram(f, u, cp);
		else
			take_word(f, u, cp);
		u->end = f->pos;
		f->last_gram_end = u->gram ? f->pos : 0;
		return true;
	}
	return false;
}

void sr_fold_text(struct sr_buf *out, struct sr_bytes in) {
	struct sr_fold f;
	struct sr_fold_unit u;
	bool first = true;

	sr_fold_init(&f, in);
	while (sr_fold_next(&f, &u)) {
		if (!first && !u.joined)
			sr_buf_put_u8(out, ' ');
		sr_buf_put(out, u.text, u.len);
		first = false;
	}
}
