/*
 * markup - the words of HTML and XML, without a tree: tags are walked over, what is between them is
 * text, what a block begins or ends becomes a line end. Broken markup has words too, so nothing is
 * refused: an unclosed tag ends at the next "<" or the end.
 *
 * What a browser shows must not be lost here, so that a tag, a comment and a raw text end where
 * HTML (its standard's tokenizer) ends them; where browsers differ more is shown rather than less.
 *
 *   "<!--" comment "-->"   "<![CDATA[" text "]]>"   "<!" "<?" to ">"   "<name attributes>" with
 *   quotes in attributes   "&name;" "&#N;" "&#xN;"
 *
 * No entity that a document defines is expanded, nothing outside of it is fetched: those are the
 * two holes of XML readers. Of HTML, script and style are left out, and comments; `alt` and `title`
 * of pictures are not read.
 */
#ifndef SR_PARSER_MARKUP_H
#define SR_PARSER_MARKUP_H

#include "base/bytes.h"

struct par_tag {
	struct sr_bytes name; /* as written, with its prefix */
	struct sr_bytes attributes;
	bool closes, alone; /* "</name>"; "<name/>" */
};

struct par_markup {
	struct sr_bytes in;
	size_t at;
	bool html; /* else XML, whose names may begin with more than letters */
	bool raw;  /* only the end tag of raw_name counts */
	struct sr_bytes raw_name;
	bool unended; /* a quote was found that never ends: from there on quotes are letters */
};
enum par_piece {
	PAR_PIECE_END,
	PAR_PIECE_TAG,
	PAR_PIECE_TEXT,    /* with entities still in it */
	PAR_PIECE_LITERAL, /* CDATA: without */
};
enum par_piece par_markup_next(struct par_markup *m, struct par_tag *tag, struct sr_bytes *text);
/* The value of an attribute, as written; empty: not there. */
struct sr_bytes par_attribute(const struct par_tag *tag, const char *name);
/* Text with its entities decoded. */
void par_entities(struct sr_buf *out, struct sr_bytes text);
bool par_tag_is(const struct par_tag *tag, const char *name); /* ASCII case does not matter */
/* The same behind its prefix, which a document chooses as it likes. */
bool par_tag_local(const struct par_tag *tag, const char *name);

/* Does it begin as HTML or XML? */
bool par_is_html(struct sr_bytes head);
bool par_is_xml(struct sr_bytes head);
/* The charset that a meta element or an XML declaration names; empty: none. */
struct sr_bytes par_markup_charset(struct sr_bytes head);
/* UTF-8 in, words out; ${html}: blocks and hidden elements as HTML has them. */
void par_markup_text(struct sr_buf *out, struct sr_bytes in, bool html);

#endif
