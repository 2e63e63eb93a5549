/*
 * old_office - the words of office documents before 2007, which lie in compound files (compound.h):
 * Word 6 to 2003 ([MS-DOC]), Excel 5 to 2003 ([MS-XLS]), PowerPoint 97 to 2003 ([MS-PPT]).
 *
 *   Word         the text of the piece table, in its order: main text, footnotes, headers, notes;
 * of Word 6 and 95 the text that lies in one piece. Codes of fields are left out, their results
 * stay. Excel        a page for each sheet, in the order of the file: strings, numbers as they are
 * kept (a date is a number), results of formulas that are strings or numbers PowerPoint   every
 * text of every slide and note, in the order of the file; of masters none. An old version of a
 * slide that the program left in the file is read too.
 *
 * Why not catdoc, which Debian has: it reads Word from its standard input, but xls2csv and catppt
 * open a file by name, which a sandbox without a folder to write in has not; and these formats need
 * no more than whole numbers at known places, here behind the filter that lets a worker compute and
 * nothing else. What is lost is what only a layout has: dates as dates, columns, positions.
 */
#ifndef SR_PARSER_OLD_OFFICE_H
#define SR_PARSER_OLD_OFFICE_H

#include "parser/text.h"

enum {
	PAR_OLD_STRINGS = 1000000 /* shared strings of a workbook */
};

/* Says done. */
void par_old_office_text(struct sr_inside *s);

/* --- the readers, on a stream in memory ------------------------------------------------------ */

enum par_old_end {
	PAR_OLD_WHOLE,
	PAR_OLD_BROKEN, /* what was read is there */
	PAR_OLD_ENCRYPTED,
	PAR_OLD_UNREAD /* fast-saved by Word 6 or 95: pieces whose table is another */
};
/* ${table}: of Word 97 and later; empty before. */
enum par_old_end par_word_text(struct sr_buf *out, struct sr_bytes document, struct sr_bytes table);
/* Which of the two streams is the table of ${document}; NULL: it has none. */
const char *par_word_table(struct sr_bytes document);
/* Each sheet to ${page}; false from it ends the work. */
enum par_old_end par_excel_text(
	struct sr_bytes book, bool (*page)(void *ctx, struct sr_bytes text), void *ctx);
enum par_old_end par_powerpoint_text(struct sr_buf *out, struct sr_bytes document);

#endif
