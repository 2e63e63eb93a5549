/*
 * identify - see identify.h. Two cookies: one answers with media types, one with sentences.
 */
#include "parser/identify.h"

#include <magic.h>

static magic_t types, sentences;

static magic_t load(int flags) {
	magic_t m = magic_open(flags | MAGIC_NO_CHECK_COMPRESS | MAGIC_ERROR);

	if (m == NULL || magic_load(m, "/usr/share/misc/magic.mgc") == 0)
		return m;
	magic_close(m);
	return NULL;
}

bool par_identify_begin(void) {
	types = load(MAGIC_MIME_TYPE);
	sentences = load(MAGIC_NONE);
	return types != NULL && sentences != NULL;
}

static const char *ask(magic_t m, struct sr_bytes head, const char *otherwise) {
	const char *said =
		m != NULL ? magic_buffer(m, head.len > 0 ? head.p : (const uint8_t *)"", head.len)
			  : NULL;

	return said != NULL && *said != '\0' ? said : otherwise;
}

const char *par_media_type(struct sr_bytes head) {
	return ask(types, head, "application/octet-stream");
}

const char *par_description(struct sr_bytes head) {
	return ask(sentences, head, "data");
}
