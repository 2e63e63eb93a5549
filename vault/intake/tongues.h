/*
 * tongues - in which languages OCR reads an item, by policy of the site: lines of the file that
 * names its scanners (intake/scanners.h), under the same MAC.
 *
 *   ocr LANGS                   of items of which nothing more is known; without this line those
 *                               that the host has trained data for
 *   ocr collection NAME LANGS   of the items of a collection (its name without spaces, or its id)
 *   ocr language TAG LANGS      of items that are described with that language (BCP 47), and with
 *                               all that begin with it: de says de-ch too, unless that has a line
 *   LANGS                       tesseract's words between plus signs (ara, eng+deu), or "no"
 *
 * An item is read in the languages that it is described with; without any, in those of its
 * collection; else in the usual ones. A language without a line has the words of the table in
 * tongues.c: ar is ara. What has no trained data on the host is said where the text is kept, and
 * the rest is used. Pure: no file, no clock.
 */
#ifndef SR_INTAKE_TONGUES_H
#define SR_INTAKE_TONGUES_H

#include "base/bytes.h"
#include "crypto/hash.h"
#include "ledger/langtag.h"
#include "sandbox/wire.h"

enum {
	SR_TONGUES_RULES = 64, /* lines: the file has 8 KiB */
	SR_TONGUES_MAX = 4     /* at once: each makes OCR slower, and worse in the others */
};

struct sr_tongue_rule {
	bool collection;               /* else a language */
	char name[SR_LANGTAG_MAX + 1]; /* lower case, if it is a language */
	char languages[SR_BOX_LANGUAGES_MAX + 1];
};
struct sr_tongues {
	bool has_usual;
	char usual[SR_BOX_LANGUAGES_MAX + 1];
	struct sr_tongue_rule rules[SR_TONGUES_RULES];
	size_t count;
};

/* The words of a line behind "ocr". USAGE, with what is wanted. */
SR_MUST int sr_tongues_line(
	struct sr_tongues *t, const char *const *words, size_t count, struct sr_err *e);

struct sr_tongues_of {
	const char *described;  /* tags between spaces, or NULL */
	const char *collection; /* its name, or NULL */
	const char *id;         /* of the collection, in hex */
	const char *host;       /* what it has trained data for */
};
/* "": none, OCR is not done. */
void sr_tongues_choose(char out[SR_BOX_LANGUAGES_MAX + 1], const struct sr_tongues *t,
	const struct sr_tongues_of *of);

#endif
