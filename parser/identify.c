/*
 * identify - see identify.h. One cookie answers with media types and with sentences in turn: it
 * keeps the regular expressions of the data base that it has compiled, which take ten times what
 * the rest of a file does. A worker lives for one file, so most of them are compiled before it is
 * forked, by a look at a text of ours.
 */
#include "parser/identify.h"

#include <magic.h>

enum {
	USUAL = MAGIC_NO_CHECK_COMPRESS | MAGIC_ERROR
};

static magic_t book;

bool par_identify_begin(void) {
	static const char sample[] = "Words of ours, and nothing else.\nA second line.\n";
	const struct sr_bytes text = sr_bytes_str(sample);

	book = magic_open(USUAL);
	if (book != NULL && magic_load(book, "/usr/share/misc/magic.mgc") != 0) {
		magic_close(book);
		book = NULL;
	}
	if (book == NULL)
		return false;
	(void)par_media_type(text);
	(void)par_description(text);
	return true;
}

static const char *ask(int how, struct sr_bytes head, const char *otherwise) {
	const char *said = NULL;

	if (book != NULL && magic_setflags(book, USUAL | how) == 0)
		said = magic_buffer(book, head.len > 0 ? head.p : (const uint8_t *)"", head.len);
	return said != NULL && *said != '\0' ? said : otherwise;
}

const char *par_media_type(struct sr_bytes head) {
	return ask(MAGIC_MIME_TYPE, head, "application/octet-stream");
}

const char *par_description(struct sr_bytes head) {
	return ask(MAGIC_NONE, head, "data");
}
