/*
 * padme - the rule in one function; see padme.h.
 */
#include "store/padme.h"

static unsigned log2_floor(uint64_t v) {
	return 63u - (unsigned)__builtin_clzll(v);
}

uint64_t sr_padme(uint64_t len, uint64_t min) {
	if (len < min)
		len = min;
	if (len < 4)
		return len;
	unsigned e = log2_floor(len);
	unsigned s = log2_floor(e) + 1;
	uint64_t mask = ((uint64_t)1 << (e - s)) - 1;
	return (len + mask) & ~mask;
}
