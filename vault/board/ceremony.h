/*
 * ceremony - founding: the draft of `found`, the members' signatures and dealings until all are
 * there, and the public side of the key generation that server, members and auditors compute alike.
 *
 *   NONE --draft--> DRAFT --sign (each member once)--> ... --the last one--> FOUNDED (entry 0,
 * key-epoch, all deals) DRAFT with no signature yet may be replaced by another draft; a signed one
 * may not. FOUNDED --accept (each member)--> OPENED (board/door.c, when all accepted one
 * transcript)
 *
 * A run of the key generation, from FOUNDED on:
 *
 *   DEALING --complaint--> VOID --reveal (the accused dealer)--> VOID
 *
 * The first run's dealings come with the founding. After a complaint everybody deals anew, in the
 * run with the next number, by `deal` statements through the door.
 *
 * Until FOUNDED everything lies in DIR/run/ceremony: `found` (the text), `names` (openings of the
 * cards' names), `sign-<index>` per member. Nothing there is secret but the names; shares inside a
 * dealing are sealed to each member.
 *
 *   names         aead (label "strongroom/ceremony-names/v1", associated data origin, key from
 * keys/service) of le32 count, then per name: lp field, le32 index, 32 bytes salt, lp text     (lp:
 * le32 length, bytes) sign-<index>  lp note of found with this member's one signature, lp note of
 * deal, 32 bytes salt, lp dealing
 *
 * Source: FROST key generation (crypto/dkg.h); DESIGN 5.
 */
#ifndef SR_BOARD_CEREMONY_H
#define SR_BOARD_CEREMONY_H

#include "board/door.h"
#include "crypto/dkg.h"
#include "ledger/statement.h"

/* Which run: the id is the first 16 bytes of BLAKE2b("strongroom/run/v1"; fingerprint, board, le64
 * number). The runs of a board count from 1, over all its epochs; a complaint voids a run, and the
 * next one has the next number and new polynomials. The founding board's id is the first half of
 * the fingerprint. */
void sr_ceremony_run_id(uint8_t out[SR_ID], const uint8_t fingerprint[SR_HASH],
	const uint8_t board[SR_ID], uint64_t number);

/* The run that members of the board may deal in now: the first that no complaint has voided.
 * ${number} from 1; after the opening it is the run that opened the board. */
SR_MUST int sr_ceremony_current(uint64_t *number, uint8_t run[SR_ID], struct sr_catalogue *c,
	const uint8_t board[SR_ID], struct sr_err *e);

/* The public inputs of the first key generation, from `found`: members in card order, its levels,
 * epoch 1. */
SR_MUST int sr_ceremony_dkg(struct sr_dkg *out, const struct sr_statement *found,
	const uint8_t run[SR_ID], struct sr_err *e);
/* The same of any run of a founded vault, as its catalogue knows the board. */
struct sr_run_row; /* catalogue/query.h */
SR_MUST int sr_ceremony_run_dkg(struct sr_dkg *out, struct sr_vault *v, const uint8_t board[SR_ID],
	const uint8_t run[SR_ID], struct sr_err *e);
/* What a run makes public. */
struct sr_ceremony_keys {
	struct sr_level_key level[SR_BOARD_LEVELS_MAX];
	size_t levels;
	uint8_t transcript[SR_HASH];
};
/* Make ${d}, whose new members and quorums are filled in, the ceremony of a reshare: ${old} are the
 * keys of the epoch before, ${key} the ${members} members' keys in it, ${dealer} the indices there
 * of those who deal, ascending. A level with quorum k is dealt by the first k of them. */
struct sr_reshare {
	const struct sr_ceremony_keys *old;
	const uint8_t (*key)[SR_PK];
	uint8_t members;
	const uint8_t *dealer;
	size_t dealers;
};
SR_MUST int sr_ceremony_reshare(struct sr_dkg *d, const struct sr_reshare *r, struct sr_err *e);

/* BLAKE2b("strongroom/dealing/v1"; bytes): what `deal` names. */
void sr_ceremony_dealing_hash(uint8_t out[SR_HASH], struct sr_bytes dealing);

/* How many deal in it. */
size_t sr_ceremony_dealers(const struct sr_dkg *d);

/* All dealings of a run (in order of dealer) -> keys per level and the transcript's hash. Verifies
 * everything public. */
SR_MUST int sr_ceremony_combine(struct sr_ceremony_keys *out, const struct sr_dkg *d,
	const struct sr_bytes *dealings, size_t count, struct sr_err *e);
/* The same for a run of this vault, its dealings fetched from the objects that `deal` statements
 * name. */
SR_MUST int sr_ceremony_run_keys(struct sr_ceremony_keys *out, struct sr_vault *v,
	const struct sr_run_row *run, struct sr_err *e);
/* Member ${index}'s own shares, one per level, into ${x} (secret; the caller wipes). */
struct sr_ceremony_member {
	uint8_t index;       /* from 1 */
	const uint8_t *seed; /* SR_SEED bytes */
};
SR_MUST int sr_ceremony_shares(uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR],
	const struct sr_ceremony_keys *keys, const struct sr_dkg *d,
	const struct sr_bytes *dealings, const struct sr_ceremony_member *m, struct sr_err *e);

/* A `deal` of a founded vault and the dealing that came with it: is it the one that was signed, the
 * signer's own, and sound as far as everybody can see? AUTH or CORRUPT says what is not. */
SR_MUST int sr_ceremony_deal_check(struct sr_vault *v, const struct sr_statement *deal,
	struct sr_bytes dealing, struct sr_err *e);

/* Does ${found} name this vault's own origin, ledger key and room key? USAGE if not: nobody founds
 * with another service's keys. */
SR_MUST int sr_ceremony_is_ours(
	const struct sr_vault *v, const struct sr_statement *found, struct sr_err *e);

/* The draft: ${text} as sr_statement_begin(SR_T_FOUND) and fields made it; ${names} open every
 * distinct person's card name. USAGE (what is wrong with it), EXISTS (founded, or signed by
 * somebody). */
SR_MUST int sr_ceremony_draft(struct sr_vault *v, struct sr_bytes text,
	const struct sr_door_text *names, size_t count, struct sr_err *e);

struct sr_ceremony_state {
	struct sr_buf text;           /* the draft */
	uint8_t fingerprint[SR_HASH]; /* of the draft */
	struct sr_door_text *names;   /* views into names_raw */
	size_t name_count;
	struct sr_buf names_raw;
	bool signed_by[SR_BOARD_MEMBERS_MAX]; /* by member index - 1 */
	size_t members;
};
/* NOTFOUND when there is no draft (or the vault is founded). Free after success. */
SR_MUST int sr_ceremony_load(struct sr_ceremony_state *out, struct sr_vault *v, struct sr_err *e);
void sr_ceremony_state_free(struct sr_ceremony_state *s);

struct sr_ceremony_sign {
	struct sr_bytes found;   /* note: the draft's text with one signature, the member's */
	struct sr_bytes deal;    /* note of the `deal` statement */
	uint8_t salt[SR_SALT];   /* of the dealing as an object record */
	struct sr_bytes dealing; /* crypto/dkg.h */
};
/* Checks everything (text, signature, deal statement, dealing's public part) and keeps it; the last
 * member's founds the vault: *${founded} is true and the entries are durable. EXISTS when this
 * member has signed already. */
SR_MUST int sr_ceremony_sign(
	struct sr_vault *v, const struct sr_ceremony_sign *s, bool *founded, struct sr_err *e);

/* Remove what the founding left in run/ceremony; absent is no error. At opening too, for a kill in
 * between. */
SR_MUST int sr_ceremony_clear(struct sr_vault *v, struct sr_err *e);

#ifdef SR_TESTING
/* The vault stops looking into dealings: a liar that works with a lying dealer. */
void sr_ceremony_lax(bool lax);
/* The plaintext of `names`, read and written again. */
SR_MUST int sr_ceremony_names_again(struct sr_buf *out, struct sr_bytes raw, struct sr_err *e);
#endif

#endif
