/* pattern - the right side of `like`; see pattern.h. */
#include "policy/pattern.h"

#include <string.h>

static int push(struct sr_cedar_pattern_maker *m, struct sr_bytes text, struct sr_err *e) {
	if (m->count == m->cap) {
		size_t cap = m->cap == 0 ? 4 : m->cap * 2;
		struct sr_cedar_piece *pieces = sr_arena_new(m->arena, cap, sizeof *pieces, e);
		if (pieces == NULL)
			return sr_arena_failed(m->arena);
		if (m->count > 0)
			memcpy(pieces, m->pieces, m->count * sizeof *pieces);
		m->pieces = pieces;
		m->cap = cap;
	}
	m->pieces[m->count++].text = text;
	return 0;
}

/* The text gathered so far becomes a piece. */
static int end_text(struct sr_cedar_pattern_maker *m, struct sr_err *e) {
	if (m->text_len == 0)
		return 0;
	struct sr_bytes text = sr_bytes_of(m->text, m->text_len);
	m->text = NULL;
	m->text_len = m->text_cap = 0;
	return push(m, text, e);
}

int sr_cedar_pattern_text(
	struct sr_cedar_pattern_maker *m, struct sr_bytes text, struct sr_err *e) {
	if (text.len == 0)
		return 0;
	if (text.len > m->text_cap - m->text_len) {
		size_t cap = (m->text_cap + text.len) * 2;
		uint8_t *grown = sr_arena_new(m->arena, cap, 1, e);
		if (grown == NULL)
			return sr_arena_failed(m->arena);
		if (m->text_len > 0)
			memcpy(grown, m->text, m->text_len);
		m->text = grown;
		m->text_cap = cap;
	}
	memcpy(m->text + m->text_len, text.p, text.len);
	m->text_len += text.len;
	return 0;
}

int sr_cedar_pattern_wild(struct sr_cedar_pattern_maker *m, struct sr_err *e) {
	int rc = end_text(m, e);
	return rc != 0 ? rc : push(m, (struct sr_bytes){0}, e);
}

int sr_cedar_pattern_done(
	struct sr_cedar_pattern_maker *m, const struct sr_cedar_pattern **out, struct sr_err *e) {
	int rc = end_text(m, e);
	if (rc != 0)
		return rc;
	struct sr_cedar_pattern *p = sr_arena_new(m->arena, 1, sizeof *p, e);
	if (p == NULL)
		return sr_arena_failed(m->arena);
	p->pieces = m->pieces;
	p->count = m->count;
	*out = p;
	return 0;
}

static bool starts(struct sr_bytes text, struct sr_bytes with) {
	return text.len >= with.len && memcmp(text.p, with.p, with.len) == 0;
}

bool sr_cedar_pattern_match(const struct sr_cedar_pattern *p, struct sr_bytes text) {
	bool wild = false; /* a wildcard stands before this piece */
	for (size_t i = 0; i < p->count; i++) {
		struct sr_bytes piece = p->pieces[i].text;
		if (sr_cedar_piece_wild(&p->pieces[i])) {
			wild = true;
			continue;
		}
		if (!wild) {
			if (!starts(text, piece))
				return false;
			text = sr_bytes_of(text.p + piece.len, text.len - piece.len);
		} else if (i + 1 == p->count) {
			/* The last piece stands at the end. */
			return text.len >= piece.len &&
			       starts(sr_bytes_of(text.p + text.len - piece.len, piece.len), piece);
		} else {
			const uint8_t *found = memmem(text.p, text.len, piece.p, piece.len);
			if (found == NULL)
				return false;
			size_t skipped = (size_t)(found - text.p) + piece.len;
			text = sr_bytes_of(text.p + skipped, text.len - skipped);
		}
		wild = false;
	}
	return wild || text.len == 0;
}
