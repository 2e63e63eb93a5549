/*
 * statement - a signed text that says what somebody did: build, sign, parse, verify.
 *
 * A statement is a signed note (merkle/note.h) over lines of base/text.h. The signed text is
 *
 *   strongroom/<type>/v1
 *   vault <hex64>          the fingerprint; absent in found alone
 *   id <hex32>             never repeated
 *   time <T>
 *   until <T>              optional: later is refused
 *   actor p-<16 hex> | service           absent in found
 *   seen <dec> <base64 root>             persons: the ledger they last verified; absent in found
 * and for the service fields of the type, in the order of ledger/types.h
 *
 * followed by one signature line named as the actor (service: "<origin>/room"; found: all members,
 * in order). encode(parse(b)) == b: the parser accepts exactly one spelling. Hashes of statements
 * (vote, request, fingerprint) are BLAKE2b("strongroom/statement/v1", signed text) and do not
 * depend on signatures. At most SR_TEXT_MAX bytes of text.
 */
#ifndef SR_LEDGER_STATEMENT_H
#define SR_LEDGER_STATEMENT_H

#include "base/limits.h"
#include "base/text.h"
#include "crypto/identity.h"
#include "ledger/types.h"

enum {
	SR_STATEMENT_SIGNATURES = 32,             /* found: all members of a board */
	SR_STATEMENT_MAX = SR_TEXT_MAX + 32 * 128 /* the note: text, and lines of about 116 bytes */
};

/* The common lines. */
struct sr_head {
	uint8_t vault[SR_HASH];
	uint8_t id[SR_ID];
	int64_t time;
	int64_t until;              /* 0: no such line */
	char actor[SR_PERSON_TEXT]; /* "service", or p-... */
	uint64_t seen_size;
	uint8_t seen_root[SR_HASH];
};

struct sr_statement { /* owns ${note}; the views point into it */
	const struct sr_type *type;
	struct sr_head head; /* found: vault is its own fingerprint, actor "" */
	bool by_service;
	bool has_seen;
	struct sr_text text;   /* lines of the signed text, common lines included */
	size_t fields_at;      /* index in text.lines of the first line of the type's fields */
	struct sr_bytes body;  /* the signed text */
	struct sr_buf note;    /* the whole: signed text, blank line, signature lines */
	uint8_t hash[SR_HASH]; /* of body; of found: the fingerprint */
};

/* Start a text of ${type} with its common lines (found: id and time only); fields follow by
 * sr_text_put...(base/text.h) in order of the table. */
void sr_statement_begin(struct sr_buf *b, enum sr_type_id type, const struct sr_head *head);
/* A `key ~<base64>` line: the commitment to ${text} under ${salt}. */
void sr_statement_put_text(
	struct sr_buf *b, const char *key, const uint8_t salt[SR_SALT], struct sr_bytes text);
void sr_statement_put_count_root(
	struct sr_buf *b, const char *key, uint64_t count, const uint8_t root[SR_HASH]);

/* Check ${text} against the table, sign it as ${name} and append the whole note to ${out}. A text
 * that would not parse is never signed. ${name}: "p-..." or "<origin>/room". */
SR_MUST int sr_statement_sign(struct sr_buf *out, struct sr_bytes text, const char *name,
	const uint8_t seed[SR_SEED], struct sr_err *e);
/* found: one note with the signatures of ${notes} (same text, one signature each) in the order of
 * its member cards; MISUSE when one is missing, CORRUPT when texts differ. */
SR_MUST int sr_statement_merge(
	struct sr_buf *out, const struct sr_bytes *notes, size_t count, struct sr_err *e);

/* Parse a whole note strictly (CORRUPT, UNSUPPORTED); signatures are looked at but not verified.
 * Free after success. */
SR_MUST int sr_statement_parse(struct sr_statement *out, struct sr_bytes note, struct sr_err *e);
/* The same for a text that nobody has signed yet: ${out}->note holds the text alone. */
SR_MUST int sr_statement_parse_text(
	struct sr_statement *out, struct sr_bytes text, struct sr_err *e);
void sr_statement_free(struct sr_statement *s);

/* Exactly one signature line, named ${name}, that verifies with ${pk}: 0 or AUTH. */
SR_MUST int sr_statement_verify(
	const struct sr_statement *s, const char *name, const uint8_t pk[SR_PK], struct sr_err *e);
/* found: exactly one signature per member card, in their order, all good. */
SR_MUST int sr_statement_verify_found(const struct sr_statement *s, struct sr_err *e);
/* "<origin>/room" into ${out}; LIMIT if it does not fit. */
SR_MUST int sr_statement_room_name(char *out, size_t size, const char *origin, struct sr_err *e);

void sr_statement_hash(uint8_t out[SR_HASH], struct sr_bytes text);

/*
 * Fields of a parsed statement. The grammar has been checked: a missing optional line is NOTFOUND,
 * a key or kind that the type does not have is MISUSE.
 */
size_t sr_field_count(const struct sr_statement *s, const char *key);
struct sr_bytes sr_field(
	const struct sr_statement *s, const char *key, size_t i); /* p == NULL if absent */
SR_MUST int sr_field_id(uint8_t out[SR_ID], const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e);
SR_MUST int sr_field_hash(uint8_t out[SR_HASH], const struct sr_statement *s, const char *key,
	size_t i, struct sr_err *e);
SR_MUST int sr_field_key(uint8_t out[SR_PK], const struct sr_statement *s, const char *key,
	size_t i, struct sr_err *e);
SR_MUST int sr_field_dec(
	uint64_t *out, const struct sr_statement *s, const char *key, size_t i, struct sr_err *e);
SR_MUST int sr_field_time(
	int64_t *out, const struct sr_statement *s, const char *key, size_t i, struct sr_err *e);
SR_MUST int sr_field_count_root(uint64_t *count, uint8_t root[SR_HASH],
	const struct sr_statement *s, const char *key, struct sr_err *e);
SR_MUST int sr_field_level_key(uint64_t *level, uint8_t key_out[SR_PK],
	const struct sr_statement *s, const char *key, size_t i, struct sr_err *e);
SR_MUST int sr_field_level_quorum(uint64_t *level, uint64_t *quorum, const struct sr_statement *s,
	const char *key, size_t i, struct sr_err *e);
SR_MUST int sr_field_id_hash(uint8_t id[SR_ID], uint8_t hash[SR_HASH], const struct sr_statement *s,
	const char *key, struct sr_err *e);
/* The bytes of a card value, appended to ${out}. */
SR_MUST int sr_field_card(struct sr_buf *out, const struct sr_statement *s, const char *key,
	size_t i, struct sr_err *e);
/* The commitment of a text value, or of the name in a card value. */
SR_MUST int sr_field_commitment(uint8_t out[SR_HASH], const struct sr_statement *s, const char *key,
	size_t i, struct sr_err *e);
/* The subject under whose key the text of that value lies: "item:<id>", "collection:<id>" or
 * "p-...", terminated. */
enum {
	SR_SUBJECT_TEXT = 64
};
SR_MUST int sr_field_subject(char out[SR_SUBJECT_TEXT], const struct sr_statement *s,
	const char *key, size_t i, struct sr_err *e);

#endif
