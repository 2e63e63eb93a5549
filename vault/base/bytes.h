/*
 * bytes - byte strings: a view, a growing buffer, a bounds-checked reader, fixed-width integers,
 * hex and base64.
 *
 * A sr_buf owns its memory. A buffer made secret (sr_buf_init_secret) is wiped when it grows,
 * shrinks or is freed. Failure of a put is sticky: later puts do nothing and sr_buf_ok reports it
 * once (NOMEM or LIMIT), so encoders read as a list of fields. All on-disk integers of our own
 * formats are little-endian; C2SP formats are big-endian.
 */
#ifndef SR_BASE_BYTES_H
#define SR_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sr_bytes { /* a view; owns nothing */
	const uint8_t *p;
	size_t len;
};

struct sr_buf {
	uint8_t *p; /* NULL while empty */
	size_t len;
	size_t cap;
	bool secret;
	enum sr_code failed; /* sticky */
};

static inline struct sr_bytes sr_bytes_of(const void *p, size_t len) {
	struct sr_bytes b = {(const uint8_t *)p, len};
	return b;
}
struct sr_bytes sr_bytes_str(const char *s);            /* without the NUL */
bool sr_bytes_eq(struct sr_bytes a, struct sr_bytes b); /* not for secrets (use sr_ct_eq) */
/* The same, where letters of ASCII may be of either case. */
bool sr_bytes_eq_nocase(struct sr_bytes a, struct sr_bytes b);
int sr_bytes_cmp(struct sr_bytes a, struct sr_bytes b);  /* memcmp order, shorter first */
bool sr_ct_eq(const void *a, const void *b, size_t len); /* constant time */
/* What ${len} bytes at ${p} say of a secret may be known from here on: that it is valid, that a tag
 * verifies. Does nothing; in test builds it tells whoever follows secrets through the code
 * (tests/unit/test_crypto_ct.c), which takes every other branch on one for a leak. */
#ifdef SR_TESTING
extern void (*sr_public_hook)(const void *p, size_t len);
void sr_public(const void *p, size_t len);
#else
static inline void sr_public(const void *p, size_t len) {
	(void)p;
	(void)len;
}
#endif
/* survives the optimiser; NULL allowed */
void sr_wipe(void *p, size_t len);
/* A text of the heap that may be somebody's words: wiped, and its memory given back; NULL allowed.
 */
void sr_words_free(char *text);

void sr_buf_init(struct sr_buf *b);
void sr_buf_init_secret(struct sr_buf *b);
/* wipes if secret; back to the empty state, keeps `secret` */
void sr_buf_free(struct sr_buf *b);
/* len = 0 and failed = 0; wipes if secret */
void sr_buf_clear(struct sr_buf *b);
void sr_buf_put(struct sr_buf *b, const void *p, size_t len);
void sr_buf_put_bytes(struct sr_buf *b, struct sr_bytes v);
/* What ${from} holds. When ${from} failed, ${b} fails as it did: what there was no memory for would
 * otherwise be put as nothing (scripts/layers looks for a view of a buffer that is put). */
void sr_buf_put_buf(struct sr_buf *b, const struct sr_buf *from);
void sr_buf_put_zero(struct sr_buf *b, size_t len);
void sr_buf_put_u8(struct sr_buf *b, uint8_t v);
void sr_buf_put_le16(struct sr_buf *b, uint16_t v);
void sr_buf_put_le32(struct sr_buf *b, uint32_t v);
void sr_buf_put_le64(struct sr_buf *b, uint64_t v);
void sr_buf_put_be16(struct sr_buf *b, uint16_t v);
void sr_buf_put_be64(struct sr_buf *b, uint64_t v);
void sr_buf_put_lp(struct sr_buf *b, struct sr_bytes v); /* le32 length, then the bytes */
void sr_buf_put_lp_buf(struct sr_buf *b, const struct sr_buf *from); /* as sr_buf_put_buf */
void sr_buf_put_str(struct sr_buf *b, const char *s);                /* without the NUL */
void sr_buf_printf(struct sr_buf *b, const char *fmt, ...) SR_PRINTF(2, 3);
void sr_buf_put_hex(struct sr_buf *b, const void *p, size_t len);
/* RFC 4648 section 4, padded */
void sr_buf_put_base64(struct sr_buf *b, const void *p, size_t len);
SR_MUST int sr_buf_reserve(struct sr_buf *b, size_t more, struct sr_err *e);
SR_MUST int sr_buf_ok(const struct sr_buf *b, struct sr_err *e); /* 0, or what failed */
static inline struct sr_bytes sr_buf_view(const struct sr_buf *b) {
	return sr_bytes_of(b->p, b->len);
}
/* A NUL-terminated copy that the caller frees; NULL when out of memory. */
char *sr_buf_dup_str(const struct sr_buf *b);

/* A reader over a view. Each get returns 0 or CORRUPT ("want 8 bytes at offset 40, have 3"); the
 * position moves only on success. */
struct sr_reader {
	struct sr_bytes in;
	size_t pos;
};
void sr_reader_init(struct sr_reader *r, struct sr_bytes in);
SR_MUST int sr_get(struct sr_reader *r, void *out, size_t len, struct sr_err *e);
SR_MUST int sr_get_view(struct sr_reader *r, struct sr_bytes *out, size_t len, struct sr_err *e);
SR_MUST int sr_get_u8(struct sr_reader *r, uint8_t *v, struct sr_err *e);
SR_MUST int sr_get_le16(struct sr_reader *r, uint16_t *v, struct sr_err *e);
SR_MUST int sr_get_le32(struct sr_reader *r, uint32_t *v, struct sr_err *e);
SR_MUST int sr_get_le64(struct sr_reader *r, uint64_t *v, struct sr_err *e);
/* le32 length <= max */
SR_MUST int sr_get_lp(struct sr_reader *r, struct sr_bytes *out, size_t max, struct sr_err *e);
SR_MUST int sr_get_end(const struct sr_reader *r, struct sr_err *e); /* CORRUPT if bytes are left */
size_t sr_reader_left(const struct sr_reader *r);

uint16_t sr_le16_get(const uint8_t *p);
uint32_t sr_le32_get(const uint8_t *p);
uint64_t sr_le64_get(const uint8_t *p);
uint16_t sr_be16_get(const uint8_t *p);
uint32_t sr_be32_get(const uint8_t *p);
uint64_t sr_be64_get(const uint8_t *p);
void sr_le16_put(uint8_t *p, uint16_t v);
void sr_le32_put(uint8_t *p, uint32_t v);
void sr_le64_put(uint8_t *p, uint64_t v);
void sr_be16_put(uint8_t *p, uint16_t v);
void sr_be32_put(uint8_t *p, uint32_t v);
void sr_be64_put(uint8_t *p, uint64_t v);

/* ${out} needs 2*len+1 bytes; lowercase, terminated. */
void sr_hex(char *out, const void *p, size_t len);
/* Exactly 2*len lowercase digits, else CORRUPT. ${e} may be NULL. */
SR_MUST int sr_unhex(void *out, size_t len, struct sr_bytes text, struct sr_err *e);
/* What a digit of others' hex is worth, of either case: 0 to 15, or -1. */
int sr_hex_digit(uint8_t c);
/* Canonical base64 only: padded, no white space, zero trailing bits; appended to ${out}. CORRUPT
 * otherwise. */
SR_MUST int sr_unbase64(struct sr_buf *out, struct sr_bytes text, struct sr_err *e);
/* As sr_unbase64 for a value of known length. */
SR_MUST int sr_unbase64_fixed(void *out, size_t len, struct sr_bytes text, struct sr_err *e);

/* Checked arithmetic: 0, or LIMIT. */
SR_MUST int sr_add_size(size_t *out, size_t a, size_t b, struct sr_err *e);
SR_MUST int sr_mul_size(size_t *out, size_t a, size_t b, struct sr_err *e);

/* Decimal without sign or leading zero, at most ${max}; CORRUPT otherwise. */
SR_MUST int sr_parse_dec(uint64_t *out, struct sr_bytes text, uint64_t max, struct sr_err *e);

#endif
