/*
 * entry - the envelope of one ledger entry: three compartments, always all three, padded and
 * sealed.
 *
 *   offset  size  meaning
 *        0     4  "SRE1"
 *        4     4  le32 epoch whose keys seal the compartments
 *        8    16  kid, fresh random: rewriting an index never repeats a key
 *       24     2  le16 length of the sealed structural compartment (a)
 *       26     a  crypto/aead.h
 *     26+a     2  le16 length of the sealed descriptive compartment (b)
 *     28+a     b
 *   28+a+b     2  le16 length of the sealed personal compartment (c)
 *   30+a+b     c  the end; nothing follows
 *
 * Plaintext of every compartment: le32 length n, n bytes, zeros; padded to 256 * 2^j (structural
 * at most SR_STRUCTURAL_MAX, the others SR_COMPARTMENT_MAX). Structural n bytes: le32 length of
 * the service part, service part, signed note. Descriptive and personal n bytes: for each `in`
 * record of that compartment, in order: le32 length, sealed record body; a body is salt[32] and
 * text. The service part is base/text lines:
 *
 *   strongroom/entry/v1
 *   received <T>
 *   object <hash>                            the object file of this commit, if any
 *   record <d|p> in <subject> <key> <index>
 *   record <d|p> out <subject> <key> <index> <hash>
 *
 * `in`: the record lies in the descriptive or personal compartment; `out`: in the object file,
 * under that record id (it would pass the compartment's cap).
 * <key> <index> name the line of the statement whose commitment the record opens. Every record's
 * text is checked against it.
 *
 * Keys: compartment key = BLAKE2b(epoch key of the compartment; "strongroom/entry-key/v1", origin,
 * index, compartment, kid); record key = the same from the subject's key. Associated data of a
 * compartment: origin, index, all envelope bytes before its length; of a record: origin, index,
 * compartment, number of the record, subject, key, index in the statement, kid. So no part can be
 * moved to another index, entry, compartment or field, and single keys can be handed out in a
 * receipt.
 */
#ifndef SR_LEDGER_ENTRY_H
#define SR_LEDGER_ENTRY_H

#include "base/limits.h"
#include "crypto/aead.h"
#include "ledger/statement.h"

enum {
	SR_KID = 16,
	SR_ENTRY_RECORDS = 256,
	SR_EPOCH_FIRST = 1
};

/* The keys of one epoch: one per compartment. */
struct sr_epoch {
	uint32_t number;
	uint8_t key[SR_COMPARTMENTS][SR_KEY];
};
/* All three from one secret of the epoch (kept in keys/service); an auditor gets a single one of
 * them. */
void sr_epoch_derive(struct sr_epoch *out, uint32_t number, const uint8_t secret[SR_KEY]);

enum sr_record_state {
	SR_RECORD_READ,   /* salt and text are here */
	SR_RECORD_ERASED, /* the subject has no key (any more), or it was not disclosed */
	SR_RECORD_CLOSED, /* the key of the compartment is not here */
	SR_RECORD_OUT     /* in the object file: object_id says where */
};

struct sr_record {
	enum sr_compartment compartment; /* descriptive or personal */
	char subject[SR_SUBJECT_TEXT];
	const char *key; /* static, of the type table */
	uint32_t index;  /* which of the lines with that key */
	bool out;
	uint8_t object_id[SR_HASH]; /* out only */
	enum sr_record_state state; /* after opening */
	uint8_t salt[SR_SALT];
	struct sr_bytes text; /* encoding: the caller's; opened: points into the entry */
};

/* Where keys come from. get returns 0, or NOTFOUND when there is none (erased, not disclosed);
 * other codes stop. */
struct sr_keyring {
	int (*epoch)(void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY],
		struct sr_err *e);
	int (*subject)(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
		uint8_t key[SR_KEY], struct sr_err *e); /* ${epoch}: the entry's */
	void *ctx;
};

struct sr_entry_in {
	const char *origin;
	uint64_t index;
	const struct sr_epoch *epoch;
	int64_t received;
	bool has_object;
	uint8_t object[SR_HASH]; /* name of the object file */
	const struct sr_statement *statement;
	const struct sr_record *records; /* sorted by the caller as they shall be listed */
	size_t count;
	const struct sr_keyring *keys; /* only ->subject is asked; NOTFOUND here is an error */
};

/* Append the envelope to ${out}. LIMIT when a compartment would pass its cap (move records out),
 * AUTH when a record's text does not match its commitment, CORRUPT when a record names a line that
 * is not there or has no text. */
SR_MUST int sr_entry_seal(struct sr_buf *out, const struct sr_entry_in *in, struct sr_err *e);
/* Bytes a record takes in its compartment; the caller keeps the sum (and 4) at most
 * SR_COMPARTMENT_MAX. */
size_t sr_record_size(const struct sr_record *r);

/* The keys of exactly one entry, as a receipt hands them out. Wipe with sr_entry_keys_free. */
struct sr_entry_keys {
	bool have[SR_COMPARTMENTS];
	uint8_t key[SR_COMPARTMENTS][SR_KEY];
	struct {
		bool have;
		uint8_t key[SR_KEY];
	} * record; /* one per record in the entry; NULL while count is 0 */
	size_t count;
};
void sr_entry_keys_free(struct sr_entry_keys *k);

struct sr_entry { /* opened; free with sr_entry_free, which wipes the text */
	uint32_t epoch;
	uint64_t index;
	int64_t received;
	bool has_object;
	uint8_t object[SR_HASH];
	struct sr_statement statement;
	struct sr_record *records;
	size_t count;
	struct sr_buf plain; /* holds texts of records; secret */
};

/* Open with keys of epochs and subjects. NOTFOUND when the structural key is not in the ring; AUTH
 * when bytes were moved or changed, or a record's text does not match its commitment; CORRUPT when
 * a length or the padding breaks the format. Signatures of the statement are not checked here. */
SR_MUST int sr_entry_open(struct sr_entry *out, const char *origin, uint64_t index,
	struct sr_bytes envelope, const struct sr_keyring *keys, struct sr_err *e);
/* Open with disclosed keys alone. */
SR_MUST int sr_entry_open_disclosed(struct sr_entry *out, const char *origin, uint64_t index,
	struct sr_bytes envelope, const struct sr_entry_keys *keys, struct sr_err *e);
void sr_entry_free(struct sr_entry *en);

/* What a holder may read of an entry: asked for the compartments (r == NULL) and for each record.
 */
struct sr_disclose {
	bool (*may)(void *ctx, enum sr_compartment c, const struct sr_record *r);
	void *ctx;
};
/* The keys of one entry for its holder. Erased records and those in objects have none. */
SR_MUST int sr_entry_disclose(struct sr_entry_keys *out, const char *origin, uint64_t index,
	struct sr_bytes envelope, const struct sr_keyring *keys, const struct sr_disclose *d,
	struct sr_err *e);

/* The epoch number in clear, without a key. */
SR_MUST int sr_entry_epoch(uint32_t *out, struct sr_bytes envelope, struct sr_err *e);

/* A record that is kept in an object: sealed under its subject's key, bound to vault, subject and
 * object record salt is the store's business; here body <-> (salt, text). */
void sr_record_body(struct sr_buf *out, const uint8_t salt[SR_SALT], struct sr_bytes text);
SR_MUST int sr_record_body_read(
	uint8_t salt[SR_SALT], struct sr_bytes *text, struct sr_bytes body, struct sr_err *e);
/* Check a record (from an object, or beside a submitted statement) against the commitment it opens:
 * 0 or AUTH. */
SR_MUST int sr_record_check(
	const struct sr_statement *s, const struct sr_record *r, struct sr_err *e);

#endif
