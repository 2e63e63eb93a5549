/*
 * fuzz_base_text - any bytes: refused, or encoded back to exactly themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A NUL-terminated copy; values hold no NUL. */
static const char *terminated(char *out, struct sr_bytes v) {
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char key[SR_TEXT_MAX + 1];
	static char value[SR_TEXT_MAX + 1];
	struct sr_text t;
	struct sr_err e;
	if (sr_text_parse(&t, sr_bytes_of(data, size), &e) != 0)
		return 0;
	struct sr_buf b;
	sr_buf_init(&b);
	sr_text_begin(&b, terminated(value, t.type));
	for (size_t i = 0; i < t.count; i++)
		sr_text_put(
			&b, terminated(key, t.lines[i].key), terminated(value, t.lines[i].value));
	if (sr_buf_ok(&b, &e) != 0 || !sr_bytes_eq(sr_buf_view(&b), sr_bytes_of(data, size)))
		abort();
	sr_buf_free(&b);
	sr_text_free(&t);
	return 0;
}
