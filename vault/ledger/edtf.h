/*
 * edtf - dates that may be uncertain: the Extended Date/Time Format, levels 0 and 1 (ISO
 * 8601-2:2019, as the Library of Congress specifies it), one spelling each.
 *
 *   1994   1994-05   1994-05-01   1994-05-01T10:00:00Z   1994-05-01T10:00:00+02:00
 *   1994/1996                  from, to                     1994-21      spring (22 summer, ...)
 *   1994?  1994-05~  1994-05-01%   uncertain, approximate, both
 *   199X   19XX   1994-XX   1994-05-XX   1994-XX-XX         what is not known
 *   1994/..   ../1994            open                       1994/   /1994   not known
 *   Y17000000002   -1985
 *
 * Days are of the proleptic Gregorian calendar. An interval does not end before it begins, as far
 * as both are known. Unknown parts stand for all that they may be.
 */
#ifndef SR_LEDGER_EDTF_H
#define SR_LEDGER_EDTF_H

#include "base/bytes.h"

enum {
	SR_EDTF_MAX = 64 /* bytes: an interval of two times is 51 */
};

struct sr_edtf {
	bool interval;
	bool exact_day; /* one day of the calendar, nothing uncertain: 1994-05-01, or a time of it
			 */
};

/* USAGE: says what about it is wrong. */
SR_MUST int sr_edtf_check(struct sr_edtf *out, struct sr_bytes text, struct sr_err *e);

#endif
