/*
 * fuzz_base_text - any bytes: refused, or encoded back to exactly themselves; words of a value are
 * what lies between its spaces.
 */
#include "base/limits.h"
#include "base/text.h"
#include "fuzz.h"

/* A NUL-terminated copy; values hold no NUL. */
static const char *terminated(char *out, struct sr_bytes v) {
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return out;
}

static void check_words(struct sr_bytes value) {
	size_t at = 0;
	size_t count = sr_word_count(value);
	for (size_t i = 0; i < count; i++) {
		struct sr_bytes w = sr_word(value, i);
		MUST(w.len > 0 && w.p == value.p + at);
		MUST(memchr(w.p, ' ', w.len) == NULL);
		at += w.len + 1;
	}
	MUST(at == value.len + 1);
	MUST(sr_word(value, count).p == NULL || sr_word(value, count).len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char key[SR_TEXT_MAX + 1];
	static char value[SR_TEXT_MAX + 1];
	struct sr_text t;
	struct sr_err e;
	if (sr_text_parse(&t, sr_bytes_of(data, size), &e) != 0) {
		MUST(e.code != SR_OK && e.text[0] != '\0');
		return 0;
	}
	struct sr_buf b;
	sr_buf_init(&b);
	sr_text_begin(&b, terminated(value, t.type));
	for (size_t i = 0; i < t.count; i++) {
		check_words(t.lines[i].value);
		sr_text_put(
			&b, terminated(key, t.lines[i].key), terminated(value, t.lines[i].value));
		MUST(sr_text_count(&t, key) > 0 && sr_text_get(&t, key).p != NULL);
	}
	MUST(sr_buf_ok(&b, &e) == 0 && sr_bytes_eq(sr_buf_view(&b), sr_bytes_of(data, size)));
	sr_buf_free(&b);
	sr_text_free(&t);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf b;
	uint8_t hash[32];
	sr_buf_init(&b);
	t_fill(hash, sizeof hash, 1);
	sr_text_begin(&b, "strongroom/vote/v1");
	fuzz_seed("type-alone", sr_buf_view(&b));
	sr_text_put_hex(&b, "vault", hash, sizeof hash);
	sr_text_put_time(&b, "time", 1795255200);
	sr_text_put_dec(&b, "count", 12);
	sr_text_put_base64(&b, "root", hash, sizeof hash);
	sr_text_put(&b, "form", "text grey colour");
	sr_text_put(&b, "form", "outline");
	MUST(sr_buf_ok(&b, NULL) == 0);
	fuzz_seed("lines", sr_buf_view(&b));
	sr_buf_free(&b);
}
