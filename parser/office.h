/*
 * office - the words of documents that are zip files of XML: Word, PowerPoint and Excel since 2007
 * (ECMA-376), OpenDocument (ISO/IEC 26300) and EPUB, by libarchive and markup.h.
 *
 *   word/document.xml            and footnotes, endnotes: <w:t>, <w:p> a line
 *   ppt/slides/slideN.xml        a page each, in the order of N
 *   xl/worksheets/sheetN.xml     a page each: cells <c>, strings by number in xl/sharedStrings.xml
 *   content.xml                  <text:p>, <text:h> a line; draw:page a page
 *   styles.xml                   of it: headers and footers
 *   *.xhtml, *.html              EPUB: in the order of the spine of its package document (*.opf,
 *                                which META-INF/container.xml names), then those not in it; without
 *                                one in the order in which the archive has them
 *   other *.xml                  behind all: headers, comments, notes of slides, what stands in
 *                                charts and text boxes of sheets
 *
 * Names are what programs give, and free where relations say what a part is: sheets, strings,
 * chapters and OpenDocument's are also known by their first element, whatever they are called.
 *
 * Parts are in UTF-8, in UTF-16 or in what their XML says. Elements are known by their names
 * without the prefix, which each document chooses. What one holds beside its words and pictures
 * (objects, macros) is counted, and not read.
 *
 * Why not LibreOffice, which draws them: it is a hundred megabytes of code and wants a writable
 * profile, a unix socket and a shell in its root. Words need none of that. What is lost is what
 * only a layout has: page numbers of Word, computed fields that were never saved.
 */
#ifndef SR_PARSER_OFFICE_H
#define SR_PARSER_OFFICE_H

#include "parser/text.h"

enum {
	PAR_OFFICE_PARTS = 2000,     /* of a document that are read: slides, sheets, chapters */
	PAR_OFFICE_STRINGS = 1000000 /* shared strings of a workbook */
};

/* Says done. */
void par_office_text(struct sr_inside *s);

#endif
