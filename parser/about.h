/*
 * about - what other programs say of a file, brought into the forms that a description has
 * (vault/ledger/fields.inc): exiftool and ffprobe as JSON, pdfinfo as lines. Runs in the sandbox;
 * who gets these facts checks them again.
 *
 *   fact       from                                                    as
 *   title      Title, tag title                                        one line of text
 *   creator    Creator, Artist, Author, tag artist                     the same
 *   language   tag language of streams, Language                       BCP 47, the shortest code
 *   captured   DateTimeOriginal, tag creation_time                     a day or time (EDTF)
 *   date       tag date                                                a year, month or day (EDTF)
 *   duration   Duration, format.duration                               H:MM:SS.mmm
 *   pages      Pages, PageCount                                        a number
 *   created    CreationDate, CreateDate: when a program wrote the file, which is no date of what it
 *              shows
 *   producer   Producer, Software, Creator of a PDF: the program
 *   location   yes: it holds coordinates (not which: they are of people)
 *   protected  yes: under a password or restrictions
 *   tool       "exiftool/12.57"
 *
 * A duration that exiftool guesses from a bit rate is left out. What is not UTF-8, empty or of
 * another form is left out, too.
 */
#ifndef SR_PARSER_ABOUT_H
#define SR_PARSER_ABOUT_H

#include "base/bytes.h"

enum {
	PAR_ABOUT_LINE = 400 /* bytes of a text, cut at a character */
};

struct par_about {
	void (*fact)(void *ctx, const char *key, struct sr_bytes value);
	void *ctx;
};

/* False: the output is not what the program prints. */
bool par_about_ffprobe(const struct par_about *to, struct sr_bytes json);
bool par_about_exiftool(const struct par_about *to, struct sr_bytes json);
bool par_about_pdfinfo(const struct par_about *to, struct sr_bytes text);

#endif
