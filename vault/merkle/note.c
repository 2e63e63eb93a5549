/*
 * note - C2SP signed notes. The contract is in note.h.
 *
 * Parsing goes over the bytes once for what holds for the whole note (length, UTF-8, controls),
 * then splits at the last empty line, then takes the signature lines apart. Decoded signatures lie
 * in one buffer; while it may still grow a line's `sig` is only a length, and the pointers are set
 * at the end.
 */
#include "merkle/note.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "merkle/lines.h"

#define EM_DASH "\xe2\x80\x94"

enum {
	TYPE_ECDSA = 0x02, /* its key ids are made otherwise */
	QUOTED = 96        /* bytes of a name shown in an error */
};

/* --- names and keys ------------------------------------------------------------------------- */

/* Characters with the property White_Space of Unicode. */
static bool is_space(uint32_t c) {
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static bool is_name(struct sr_bytes s) {
	if (s.len == 0)
		return false;
	while (s.len > 0) {
		uint32_t c = 0;
		size_t n = sr_utf8_next(s, &c);

		if (n == 0 || c < 0x20 || c == '+' || is_space(c))
			return false;
		s = sr_bytes_of(s.p + n, s.len - n);
	}
	return true;
}

int sr_note_name_check(struct sr_bytes name, struct sr_err *e) {
	char quoted[QUOTED];

	if (name.len > SR_NAME_MAX)
		return sr_fail(
			e, SR_LIMIT, "key name of %zu bytes, at most %d", name.len, SR_NAME_MAX);
	if (!is_name(name))
		return sr_fail(e, SR_CORRUPT, "\"%s\" is not a key name (no spaces, no +)",
			sr_escape_to(quoted, sizeof quoted, name));
	return 0;
}

/* ${material} is type and public key. NOMEM. */
static int key_id(uint8_t id[SR_NOTE_KEYID], struct sr_bytes name, struct sr_bytes material,
	struct sr_err *e) {
	uint8_t hash[SR_HASH];
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	sr_buf_put_bytes(&b, name);
	sr_buf_put_u8(&b, '\n');
	sr_buf_put_bytes(&b, material);
	rc = sr_buf_ok(&b, e);
	if (rc == 0) {
		sr_sha256(hash, b.p, b.len);
		memcpy(id, hash, SR_NOTE_KEYID);
	}
	sr_buf_free(&b);
	return rc;
}

static bool is_ed25519(uint8_t type) {
	return type == SR_NOTE_ED25519 || type == SR_NOTE_COSIGN;
}

/* Name checked; ${material} is type and public key, at least one byte. */
static int make_key(
	struct sr_vkey *out, struct sr_bytes name, struct sr_bytes material, struct sr_err *e) {
	struct sr_vkey k;
	int rc;

	memset(&k, 0, sizeof k);
	memcpy(k.name, name.p, name.len);
	k.type = material.p[0];
	if (is_ed25519(k.type)) {
		if (material.len != 1 + SR_PK)
			return sr_fail(e, SR_CORRUPT,
				"key \"%s\": public key of %zu bytes, want %d", k.name,
				material.len - 1, SR_PK);
		memcpy(k.pk, material.p + 1, SR_PK);
	}
	rc = key_id(k.id, name, material, e);
	if (rc != 0)
		return rc;
	*out = k;
	return 0;
}

int sr_vkey_make(struct sr_vkey *out, struct sr_bytes name, uint8_t type, const uint8_t pk[SR_PK],
	struct sr_err *e) {
	uint8_t material[1 + SR_PK];
	int rc = sr_note_name_check(name, e);

	if (rc != 0)
		return rc;
	if (!is_ed25519(type))
		return sr_fail(e, SR_MISUSE, "key type 0x%02x is not made here", type);
	material[0] = type;
	memcpy(material + 1, pk, SR_PK);
	return make_key(out, name, sr_bytes_of(material, sizeof material), e);
}

/* Cut ${text} at its first two "+": name, key id, the rest. */
static bool split_vkey(struct sr_bytes part[3], struct sr_bytes text) {
	for (int i = 0; i < 2; i++) {
		const uint8_t *plus = text.len == 0 ? NULL : memchr(text.p, '+', text.len);

		if (plus == NULL)
			return false;
		part[i] = sr_bytes_of(text.p, (size_t)(plus - text.p));
		text = sr_bytes_of(plus + 1, text.len - part[i].len - 1);
	}
	part[2] = text;
	return true;
}

int sr_vkey_parse(struct sr_vkey *out, struct sr_bytes text, struct sr_err *e) {
	struct sr_bytes part[3];
	struct sr_buf material;
	struct sr_vkey k;
	uint8_t id[SR_NOTE_KEYID];
	char quoted[QUOTED];
	int rc;

	sr_buf_init(&material);
	(void)sr_escape_to(quoted, sizeof quoted, text);
	if (!split_vkey(part, text))
		return sr_fail(e, SR_CORRUPT, "key \"%s\": want name+keyid+base64", quoted);
	rc = sr_note_name_check(part[0], e);
	if (rc == 0)
		rc = sr_unhex(id, sizeof id, part[1], e);
	if (rc == 0)
		rc = sr_unbase64(&material, part[2], e);
	if (rc != 0) {
		(void)sr_wrap(e, "key \"%s\"", quoted);
		goto out;
	}
	if (material.len < 2) {
		rc = sr_fail(e, SR_CORRUPT, "key \"%s\": %zu bytes of key, want 2 or more", quoted,
			material.len);
		goto out;
	}
	if (material.p[0] == TYPE_ECDSA) {
		rc = sr_fail(
			e, SR_UNSUPPORTED, "key \"%s\": ECDSA keys are not checked here", quoted);
		goto out;
	}
	rc = make_key(&k, part[0], sr_buf_view(&material), e);
	if (rc != 0)
		goto out;
	if (memcmp(id, k.id, sizeof id) != 0) {
		rc = sr_fail(e, SR_CORRUPT,
			"key \"%s\": key id is %08" PRIx32 " by its name and key", quoted,
			sr_be32_get(k.id));
		goto out;
	}
	*out = k;
out:
	sr_buf_free(&material);
	return rc;
}

void sr_vkey_put(struct sr_buf *out, const struct sr_vkey *k) {
	uint8_t material[1 + SR_PK];

	if (!is_ed25519(k->type)) {
		out->failed = out->failed != 0 ? out->failed : SR_MISUSE;
		return;
	}
	material[0] = k->type;
	memcpy(material + 1, k->pk, SR_PK);
	sr_buf_put_str(out, k->name);
	sr_buf_put_u8(out, '+');
	sr_buf_put_hex(out, k->id, sizeof k->id);
	sr_buf_put_u8(out, '+');
	sr_buf_put_base64(out, material, sizeof material);
}

/* --- parsing -------------------------------------------------------------------------------- */

/* What holds for every byte of a note. */
static int check_bytes(struct sr_bytes in, struct sr_err *e) {
	if (in.len > SR_NOTE_MAX)
		return sr_fail(e, SR_LIMIT, "note of %zu bytes, at most %d", in.len, SR_NOTE_MAX);
	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] < 0x20 && in.p[i] != '\n')
			return sr_fail(e, SR_CORRUPT, "note: control byte 0x%02x at offset %zu",
				in.p[i], i);
	if (!sr_utf8_valid(in))
		return sr_fail(e, SR_CORRUPT, "note: is not UTF-8");
	return 0;
}

int sr_note_text_check(struct sr_bytes text, struct sr_err *e) {
	int rc = check_bytes(text, e);

	if (rc != 0)
		return rc;
	if (text.len == 0 || text.p[text.len - 1] != '\n')
		return sr_fail(e, SR_CORRUPT, "note: text of %zu bytes does not end in a newline",
			text.len);
	return 0;
}

/* One signature line, without its newline. The decoded bytes go to ${sigs}. */
static int parse_line(
	struct sr_note_line *l, struct sr_buf *sigs, struct sr_bytes line, struct sr_err *e) {
	struct sr_bytes rest = line;
	const uint8_t *space;
	size_t before = sigs->len;
	int rc;

	if (!sr_take_prefix(&rest, EM_DASH " "))
		return sr_fail(e, SR_CORRUPT, "does not begin with an em dash and a space");
	space = rest.len == 0 ? NULL : memchr(rest.p, ' ', rest.len);
	if (space == NULL)
		return sr_fail(e, SR_CORRUPT, "has no signature");
	l->name = sr_bytes_of(rest.p, (size_t)(space - rest.p));
	if (!is_name(l->name))
		return sr_fail(e, SR_CORRUPT, "has no key name");
	rc = sr_unbase64(sigs, sr_bytes_of(space + 1, rest.len - l->name.len - 1), e);
	if (rc != 0)
		return rc;
	l->sig.len = sigs->len - before;
	if (l->sig.len <= SR_NOTE_KEYID)
		return sr_fail(e, SR_CORRUPT, "has %zu bytes of key id and signature, want %d",
			l->sig.len, SR_NOTE_KEYID + 1);
	l->raw = sr_bytes_of(line.p, line.len + 1); /* the newline follows */
	l->key = SR_NOTE_UNKNOWN;
	return 0;
}

/* Set pointers once ${sigs} does not move any more. */
static void place_sigs(struct sr_note *n) {
	const uint8_t *p = n->sigs.p;

	for (size_t i = 0; i < n->count; i++) {
		struct sr_note_line *l = &n->lines[i];

		memcpy(l->id, p, SR_NOTE_KEYID);
		l->sig.p = p + SR_NOTE_KEYID;
		p += l->sig.len;
		l->sig.len -= SR_NOTE_KEYID;
	}
}

/* Signature lines and nothing else into n->lines. On failure the caller frees ${n}. */
static int parse_lines(struct sr_note *n, struct sr_bytes in, struct sr_err *e) {
	struct sr_bytes line;
	int rc;

	if (in.len == 0)
		return sr_fail(e, SR_CORRUPT, "note: no signature line");
	n->lines = calloc(SR_NOTE_LINES, sizeof *n->lines);
	if (n->lines == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for signature lines");
	while (in.len > 0) {
		if (!sr_take_line(&line, &in))
			return sr_fail(e, SR_CORRUPT,
				"note: signature line %zu does not end in a newline", n->count + 1);
		if (n->count == SR_NOTE_LINES)
			return sr_fail(
				e, SR_LIMIT, "note: more than %d signature lines", SR_NOTE_LINES);
		rc = parse_line(&n->lines[n->count], &n->sigs, line, e);
		if (rc != 0) {
			(void)sr_wrap(e, "note: signature line %zu", n->count + 1);
			return rc;
		}
		n->count++;
	}
	place_sigs(n);
	return 0;
}

static void note_init(struct sr_note *n) {
	memset(n, 0, sizeof *n);
	sr_buf_init(&n->sigs);
}

int sr_note_parse(struct sr_note *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_note n;
	size_t at;
	int rc = check_bytes(in, e);

	note_init(out);
	if (rc != 0)
		return rc;
	for (at = in.len; at >= 2; at--)
		if (in.p[at - 1] == '\n' && in.p[at - 2] == '\n')
			break;
	if (at < 2)
		return sr_fail(e, SR_CORRUPT, "note: no empty line before signatures");
	note_init(&n);
	n.raw = in;
	n.text = sr_bytes_of(in.p, at - 1);
	rc = parse_lines(&n, sr_bytes_of(in.p + at, in.len - at), e);
	if (rc != 0) {
		sr_note_free(&n);
		return rc;
	}
	*out = n;
	return 0;
}

void sr_note_free(struct sr_note *n) {
	if (n == NULL)
		return;
	free(n->lines);
	sr_buf_free(&n->sigs);
	note_init(n);
}

/* --- verifying ------------------------------------------------------------------------------ */

bool sr_note_line_is(const struct sr_note_line *l, const struct sr_vkey *k) {
	return sr_bytes_eq(l->name, sr_bytes_str(k->name)) &&
	       memcmp(l->id, k->id, sizeof l->id) == 0;
}

/* Sets l->key if one of the keys signed; AUTH if a key is meant and none did. */
static int verify_line(struct sr_note_line *l, struct sr_bytes text, const struct sr_vkey *keys,
	size_t count, struct sr_err *e) {
	const struct sr_vkey *meant = NULL;
	char quoted[QUOTED];

	for (size_t i = 0; i < count; i++) {
		if (keys[i].type != SR_NOTE_ED25519 || !sr_note_line_is(l, &keys[i]))
			continue;
		meant = &keys[i];
		if (l->sig.len == SR_SIG && sr_verify(l->sig.p, keys[i].pk, text, NULL) == 0) {
			l->key = i;
			return 0;
		}
	}
	if (meant == NULL)
		return 0;
	return sr_fail(e, SR_AUTH, "note: the signature of \"%s\" does not verify",
		sr_escape_to(quoted, sizeof quoted, sr_bytes_str(meant->name)));
}

int sr_note_verify(struct sr_note *n, const struct sr_vkey *keys, size_t count, struct sr_err *e) {
	size_t good = 0;
	int rc = 0;

	for (size_t i = 0; i < n->count; i++)
		n->lines[i].key = SR_NOTE_UNKNOWN;
	for (size_t i = 0; i < n->count && rc == 0; i++) {
		rc = verify_line(&n->lines[i], n->text, keys, count, e);
		good += n->lines[i].key != SR_NOTE_UNKNOWN;
	}
	if (rc == 0 && good == 0)
		rc = sr_fail(e, SR_AUTH,
			"note: none of its %zu signatures is by one of the %zu known keys",
			n->count, count);
	if (rc != 0)
		for (size_t i = 0; i < n->count; i++)
			n->lines[i].key = SR_NOTE_UNKNOWN;
	return rc;
}

int sr_note_open(struct sr_note *out, struct sr_bytes in, const struct sr_vkey *keys, size_t count,
	struct sr_err *e) {
	int rc = sr_note_parse(out, in, e);

	if (rc == 0)
		rc = sr_note_verify(out, keys, count, e);
	if (rc != 0)
		sr_note_free(out);
	return rc;
}

bool sr_note_signed_by(const struct sr_note *n, size_t key) {
	for (size_t i = 0; i < n->count; i++)
		if (key != SR_NOTE_UNKNOWN && n->lines[i].key == key)
			return true;
	return false;
}

/* --- signing -------------------------------------------------------------------------------- */

int sr_note_put_line(
	struct sr_buf *out, const struct sr_vkey *k, struct sr_bytes sig, struct sr_err *e) {
	struct sr_buf field;
	int rc;

	if (sig.len == 0)
		return sr_fail(
			e, SR_MISUSE, "signature line of \"%s\" without a signature", k->name);
	sr_buf_init(&field);
	sr_buf_put(&field, k->id, sizeof k->id);
	sr_buf_put_bytes(&field, sig);
	rc = sr_buf_ok(&field, e);
	if (rc == 0) {
		sr_buf_put_str(out, EM_DASH " ");
		sr_buf_put_str(out, k->name);
		sr_buf_put_u8(out, ' ');
		sr_buf_put_base64(out, field.p, field.len);
		sr_buf_put_u8(out, '\n');
		rc = sr_buf_ok(out, e);
	}
	sr_buf_free(&field);
	return rc;
}

int sr_note_sign_line(struct sr_buf *out, struct sr_bytes text, const struct sr_signer *signer,
	struct sr_err *e) {
	uint8_t pk[SR_PK], sig[SR_SIG];
	int rc = sr_note_text_check(text, e);

	if (rc != 0)
		return rc;
	if (signer->key->type != SR_NOTE_ED25519)
		return sr_fail(e, SR_MISUSE, "key \"%s\" of type 0x%02x does not sign notes",
			signer->key->name, signer->key->type);
	sr_sign_public(pk, signer->seed);
	if (memcmp(pk, signer->key->pk, sizeof pk) != 0)
		return sr_fail(e, SR_MISUSE, "the seed given for \"%s\" is of another key",
			signer->key->name);
	if (signer->person) {
		rc = sr_sign(sig, signer->seed, text, e);
		if (rc != 0)
			return rc;
	} else {
		sr_sign_raw(sig, signer->seed, text);
	}
	return sr_note_put_line(out, signer->key, sr_bytes_of(sig, sizeof sig), e);
}

int sr_note_sign(struct sr_buf *out, struct sr_bytes text, const struct sr_signer *signers,
	size_t count, struct sr_err *e) {
	struct sr_buf b;
	int rc = 0;

	if (count == 0 || count > SR_NOTE_LINES)
		return sr_fail(
			e, SR_MISUSE, "note with %zu signers, want 1 to %d", count, SR_NOTE_LINES);
	sr_buf_init(&b);
	sr_buf_put_bytes(&b, text);
	sr_buf_put_u8(&b, '\n');
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = sr_note_sign_line(&b, text, &signers[i], e);
	if (rc == 0)
		rc = sr_buf_ok(&b, e);
	if (rc == 0 && b.len > SR_NOTE_MAX)
		rc = sr_fail(e, SR_LIMIT, "note of %zu bytes, at most %d", b.len, SR_NOTE_MAX);
	if (rc == 0) {
		sr_buf_put_buf(out, &b);
		rc = sr_buf_ok(out, e);
	}
	sr_buf_free(&b);
	return rc;
}

static bool has_raw(const struct sr_note_line *lines, size_t count, struct sr_bytes raw) {
	for (size_t i = 0; i < count; i++)
		if (sr_bytes_eq(lines[i].raw, raw))
			return true;
	return false;
}

int sr_note_merge(
	struct sr_buf *out, const struct sr_note *n, struct sr_bytes lines, struct sr_err *e) {
	struct sr_note more;
	struct sr_buf b;
	size_t count = n->count;
	int rc;

	note_init(&more);
	sr_buf_init(&b);
	sr_buf_put_bytes(&b, n->raw);
	rc = check_bytes(lines, e);
	if (rc == 0)
		rc = parse_lines(&more, lines, e);
	for (size_t i = 0; rc == 0 && i < more.count; i++) {
		struct sr_bytes raw = more.lines[i].raw;

		if (has_raw(n->lines, n->count, raw) || has_raw(more.lines, i, raw))
			continue;
		sr_buf_put_bytes(&b, raw);
		count++;
	}
	if (rc == 0)
		rc = sr_buf_ok(&b, e);
	if (rc == 0 && (count > SR_NOTE_LINES || b.len > SR_NOTE_MAX))
		rc = sr_fail(e, SR_LIMIT, "note of %zu lines and %zu bytes, at most %d and %d",
			count, b.len, SR_NOTE_LINES, SR_NOTE_MAX);
	if (rc == 0) {
		sr_buf_put_buf(out, &b);
		rc = sr_buf_ok(out, e);
	}
	sr_buf_free(&b);
	sr_note_free(&more);
	return rc;
}
