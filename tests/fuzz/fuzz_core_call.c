/*
 * fuzz_core_call - what comes over the socket before anybody is known: the eight bytes, the head,
 * and rows as a client reads them. Refused with a sentence, or within bounds and the same when
 * read again.
 */
#include "base/escape.h"
#include "base/limits.h"
#include "core/call.h"
#include "core/rows.h"
#include "core/wire.h"
#include "fuzz.h"

/* Another machine's sentence is shown to a person. */
static void must_be_safe(const char *text) {
	uint32_t cp = 0;
	for (struct sr_bytes t = sr_bytes_str(text); t.len > 0;) {
		size_t n = sr_utf8_next(t, &cp);
		MUST(n > 0 && cp >= 0x20 && (cp < 0x7f || cp >= 0xa0));
		t = sr_bytes_of(t.p + n, t.len - n);
	}
}

static void check_head(struct sr_bytes in) {
	struct sr_call c;
	struct sr_err e = {0};
	sr_call_init(&c);
	sr_buf_put_bytes(&c.head, in);
	const int rc = sr_call_parse(&c, &e);
	if (rc != 0) {
		MUST((int)e.code == rc && e.text[0] != '\0');
		must_be_safe(e.text);
	} else {
		MUST(c.text.count > 0 && c.text.raw.len == in.len);
	}
	sr_call_free(&c);
}

static void check_values(const struct sr_row *r, const char *key) {
	uint8_t raw[32];
	uint64_t n = 0;
	int64_t t = 0;
	MUST(sr_row_get_n(r, key, r->count).p == NULL);
	MUST(sr_row_get_id(raw, 16, r, key, NULL) != SR_NOTFOUND);
	MUST(sr_row_get_key(raw, 32, r, key, NULL) != SR_NOTFOUND);
	MUST(sr_row_get_dec(&n, r, key, NULL) != SR_NOTFOUND);
	MUST(sr_row_get_time(&t, r, key, NULL) != SR_NOTFOUND);
}

static void check_rows(struct sr_bytes in) {
	struct sr_rows l;
	struct sr_rows_out o;
	struct sr_buf b;
	struct sr_err e = {0};
	if (sr_rows_parse(&l, in, &e) != 0) {
		MUST(e.code == SR_CORRUPT && e.text[0] != '\0');
		return;
	}
	sr_buf_init(&b);
	sr_rows_begin(&o, &b);
	for (size_t i = 0; i < l.count; i++) {
		char name[256];
		memcpy(name, l.rows[i].kind.p, l.rows[i].kind.len);
		name[l.rows[i].kind.len] = '\0';
		MUST(sr_row_is(&l.rows[i], name));
		sr_row(&o, name);
		for (size_t j = 0; j < l.rows[i].count; j++) {
			const struct sr_row_field *f = &l.rows[i].fields[j];
			memcpy(name, f->key.p, f->key.len);
			name[f->key.len] = '\0';
			MUST(sr_row_get(&l.rows[i], name).p != NULL || f->value.len == 0);
			sr_row_bytes(&o, name, f->value);
			check_values(&l.rows[i], name);
		}
	}
	MUST(sr_buf_ok(&b, NULL) == 0);
	MUST(in.len == 0 || sr_bytes_eq(sr_buf_view(&b), in)); /* one spelling */
	sr_buf_free(&b);
	sr_rows_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_wire w;
	if (size >= SR_WIRE_HEADER && sr_wire_get(&w, data, NULL) == 0)
		MUST(w.head > 0 && w.head <= SR_TEXT_MAX && w.body <= SR_CALL_BODY_MAX);
	check_head(sr_bytes_of(data, size));
	check_rows(sr_bytes_of(data, size));
	return 0;
}

void fuzz_seeds(void) {
	struct sr_call c;
	struct sr_rows_out o;
	struct sr_buf b;
	struct sr_err e = {0};
	sr_call_init(&c);
	sr_call_begin(&c, "checkout.read");
	sr_text_put_dec(&c.head, "offset", 0);
	fuzz_seed("call", sr_buf_view(&c.head));
	sr_reply_begin(&c, 0, NULL);
	sr_text_put_dec(&c.head, "next", 44);
	fuzz_seed("reply", sr_buf_view(&c.head));
	const int rc = sr_fail(&e, SR_DENIED, "the grant ended");
	sr_reply_begin(&c, rc, &e);
	fuzz_seed("refusal", sr_buf_view(&c.head));
	sr_call_free(&c);
	sr_buf_init(&b);
	sr_rows_begin(&o, &b);
	fuzz_seed("no-rows", sr_buf_view(&b));
	sr_row(&o, "item");
	sr_row_dec(&o, "bytes", 12);
	sr_row_words(&o, "hazard", "malware graphic");
	sr_row(&o, "file");
	sr_row_bytes(&o, "path", sr_bytes_of("a\0b", 3));
	fuzz_seed("rows", sr_buf_view(&b));
	sr_buf_free(&b);
}
