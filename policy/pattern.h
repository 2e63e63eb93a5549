/*
 * pattern - the right side of `like`: pieces of text and wildcards, and whether a string matches.
 *
 * A wildcard stands for any run of characters, also none. Matching takes each piece at the first
 * place where it fits, which is enough as there is no other kind of wildcard: no backtracking, and
 * time linear in the string (memmem of the C library).
 */
#ifndef SR_POLICY_PATTERN_H
#define SR_POLICY_PATTERN_H

#include "policy/arena.h"

struct sr_cedar_piece {
	struct sr_bytes text; /* of a wildcard: empty, p == NULL */
};

struct sr_cedar_pattern {
	struct sr_cedar_piece *pieces; /* no two texts side by side, none empty */
	size_t count;
};

static inline bool sr_cedar_piece_wild(const struct sr_cedar_piece *p) {
	return p->text.p == NULL;
}

/* Making one, from the left: text and wildcards in any order. */
struct sr_cedar_pattern_maker {
	struct sr_arena *arena;
	struct sr_cedar_piece *pieces;
	size_t count, cap;
	uint8_t *text; /* of the piece being made; its array has text_cap bytes */
	size_t text_len, text_cap;
};
SR_MUST int sr_cedar_pattern_text(
	struct sr_cedar_pattern_maker *m, struct sr_bytes text, struct sr_err *e);
SR_MUST int sr_cedar_pattern_wild(struct sr_cedar_pattern_maker *m, struct sr_err *e);
SR_MUST int sr_cedar_pattern_done(
	struct sr_cedar_pattern_maker *m, const struct sr_cedar_pattern **out, struct sr_err *e);

bool sr_cedar_pattern_match(const struct sr_cedar_pattern *p, struct sr_bytes text);

#endif
