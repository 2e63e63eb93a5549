/*
 * note - C2SP signed notes: text that ends in a newline, an empty line, signature lines.
 *
 *   note  = text "\n" line+        line = EM DASH SP name SP base64(keyid[4] || signature) "\n"
 *   keyid = SHA-256(name || 0x0A || type || public key)[0:4]
 *   vkey  = name "+" hex8(keyid) "+" base64(type || public key)
 *
 * The whole is valid UTF-8 without bytes below 0x20 but \n; it is split at its last empty line.
 * Names are not empty and hold no Unicode space and no "+". Base64 is canonical. A (name, keyid)
 * that the caller knows must verify, or the note is refused; lines of unknown keys stay as they
 * are, and are worth nothing. Hashes of a text (statements) are over sr_note.text, the view
 * without signature lines. This module makes and checks type 0x01 (Ed25519 over the text); keys of
 * another type in a list count as unknown here (cosignature.h handles 0x04). Source: digest 1.2.
 */
#ifndef SR_MERKLE_NOTE_H
#define SR_MERKLE_NOTE_H

#include "base/limits.h"
#include "crypto/sign.h"

enum {
	SR_NOTE_ED25519 = 0x01, /* over the text */
	SR_NOTE_COSIGN = 0x04,  /* timestamped Ed25519 cosignature */
	SR_NOTE_KEYID = 4
};

struct sr_vkey {
	char name[SR_NAME_MAX + 1]; /* terminated; no NUL inside */
	uint8_t type;
	uint8_t id[SR_NOTE_KEYID];
	uint8_t pk[SR_PK]; /* types 0x01 and 0x04; zero for types that are not checked here */
};

/* CORRUPT if ${name} is not a key name (empty, space, "+", control, invalid UTF-8), LIMIT if
 * longer than SR_NAME_MAX. */
SR_MUST int sr_note_name_check(struct sr_bytes name, struct sr_err *e);
/* From its parts; ${type} 0x01 or 0x04, else MISUSE. */
SR_MUST int sr_vkey_make(struct sr_vkey *out, struct sr_bytes name, uint8_t type,
	const uint8_t pk[SR_PK], struct sr_err *e);
/* CORRUPT, also when the key id does not match. Other types than 0x01 and 0x04 are taken (their
 * lines stay unchecked), but for 0x02, whose key id is made otherwise (UNSUPPORTED). */
SR_MUST int sr_vkey_parse(struct sr_vkey *out, struct sr_bytes text, struct sr_err *e);
/* For types 0x01 and 0x04; else the buffer fails (MISUSE). */
void sr_vkey_put(struct sr_buf *out, const struct sr_vkey *k);

struct sr_note_line {
	struct sr_bytes name;
	uint8_t id[SR_NOTE_KEYID];
	struct sr_bytes sig; /* after the key id; at least one byte */
	struct sr_bytes raw; /* the whole line with its \n, to keep and to pass on */
	size_t key; /* index into the list of keys that verified it, else SR_NOTE_UNKNOWN */
};
#define SR_NOTE_UNKNOWN SIZE_MAX

struct sr_note {
	/* Views into the bytes that were parsed, which must outlive the note. */
	struct sr_bytes raw;
	struct sr_bytes text; /* with its final \n */
	struct sr_note_line *lines;
	size_t count;       /* 1..SR_NOTE_LINES */
	struct sr_buf sigs; /* what the sig views point into */
};

/* Structure only: CORRUPT, LIMIT. On failure ${out} is empty. Free with sr_note_free. */
SR_MUST int sr_note_parse(struct sr_note *out, struct sr_bytes in, struct sr_err *e);
void sr_note_free(struct sr_note *n);
/* Check every line of a known type-0x01 key and set its `key`. AUTH if one of them is wrong or
 * none is there. */
SR_MUST int sr_note_verify(
	struct sr_note *n, const struct sr_vkey *keys, size_t count, struct sr_err *e);
/* Parse and verify. On failure ${out} is empty. */
SR_MUST int sr_note_open(struct sr_note *out, struct sr_bytes in, const struct sr_vkey *keys,
	size_t count, struct sr_err *e);
bool sr_note_signed_by(const struct sr_note *n, size_t key);
/* Whether the line is from this (name, keyid). */
bool sr_note_line_is(const struct sr_note_line *l, const struct sr_vkey *k);

struct sr_signer {
	const struct sr_vkey *key; /* type 0x01; 0x04 for sr_cosign_line */
	const uint8_t *seed;       /* SR_SEED bytes; its public key must be the vkey's (MISUSE) */
	bool person; /* sign through sr_sign, which refuses texts that do not begin "strongroom/" */
};

/* What a note's text must be: CORRUPT, LIMIT. */
SR_MUST int sr_note_text_check(struct sr_bytes text, struct sr_err *e);
/* Append ${text}, the empty line and one line per signer to ${out}; at least one signer. */
SR_MUST int sr_note_sign(struct sr_buf *out, struct sr_bytes text, const struct sr_signer *signers,
	size_t count, struct sr_err *e);
/* Append only the signature line for ${text}: to put under a note that exists. */
SR_MUST int sr_note_sign_line(
	struct sr_buf *out, struct sr_bytes text, const struct sr_signer *signer, struct sr_err *e);
/* Append a line made of its parts (other signature types). */
SR_MUST int sr_note_put_line(
	struct sr_buf *out, const struct sr_vkey *k, struct sr_bytes sig, struct sr_err *e);
/* Parse one or more signature lines and nothing else (a witness's answer), and append to ${out} the
 * whole note ${n} with those of the lines under it that it does not hold yet. CORRUPT, LIMIT. */
SR_MUST int sr_note_merge(
	struct sr_buf *out, const struct sr_note *n, struct sr_bytes lines, struct sr_err *e);

#endif
