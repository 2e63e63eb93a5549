/* name - what Cedar calls an identifier and a path; see name.h. */
#include "policy/name.h"

#include <string.h>

static const char *const words[] = {
	[SR_WORD_TRUE] = "true",
	[SR_WORD_FALSE] = "false",
	[SR_WORD_IF] = "if",
	[SR_WORD_THEN] = "then",
	[SR_WORD_ELSE] = "else",
	[SR_WORD_IN] = "in",
	[SR_WORD_IS] = "is",
	[SR_WORD_LIKE] = "like",
	[SR_WORD_HAS] = "has",
	[SR_WORD_CEDAR] = "__cedar",
};

bool sr_cedar_ident_first(uint8_t c) {
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool sr_cedar_ident_next(uint8_t c) {
	return sr_cedar_ident_first(c) || (c >= '0' && c <= '9');
}

enum sr_cedar_word sr_cedar_word_of(struct sr_bytes ident) {
	if (ident.len >= 2 && ident.len <= 7)
		for (size_t w = SR_WORD_TRUE; w < sizeof words / sizeof words[0]; w++)
			if (words[w][0] == (char)ident.p[0] &&
				sr_bytes_eq(ident, sr_bytes_str(words[w])))
				return (enum sr_cedar_word)w;
	return SR_WORD_NONE;
}

bool sr_cedar_is_anyident(struct sr_bytes s) {
	if (s.len == 0 || !sr_cedar_ident_first(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!sr_cedar_ident_next(s.p[i]))
			return false;
	return true;
}

bool sr_cedar_is_ident(struct sr_bytes s) {
	return sr_cedar_is_anyident(s) && sr_cedar_word_of(s) == SR_WORD_NONE;
}

bool sr_cedar_is_path(struct sr_bytes s) {
	for (;;) {
		const uint8_t *colon = s.len == 0 ? NULL : memchr(s.p, ':', s.len);
		size_t len = colon == NULL ? s.len : (size_t)(colon - s.p);
		if (!sr_cedar_is_ident(sr_bytes_of(s.p, len)))
			return false;
		if (colon == NULL)
			return true;
		if (s.len < len + 2 || s.p[len + 1] != ':')
			return false;
		s = sr_bytes_of(s.p + len + 2, s.len - len - 2);
	}
}

bool sr_cedar_is_action_type(struct sr_bytes path) {
	static const char action[] = "Action";
	size_t len = sizeof action - 1;
	if (path.len < len || memcmp(path.p + path.len - len, action, len) != 0)
		return false;
	return path.len == len || path.p[path.len - len - 1] == ':';
}
