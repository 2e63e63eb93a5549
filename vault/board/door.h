/*
 * door - the one way in: every change of state goes through sr_door_commit, one thread (DESIGN 3
 * and 6).
 *
 * For each submission, in order, against the state that earlier ones of the group left: parse by
 * the table of types, signature, time and `until`, identity of a repeated id, rules
 * (board/invariants.h: what nobody can change; then board/authorize.h: what the board adopted),
 * what follows from it (room-key with a request, grant with the k-th approval,
 * ...). Then, for the group: secrets that the statements need -> objects -> entries are encrypted
 * at their index and applied in one catalogue transaction -> journal, one fdatasync -> catalogue
 * commit -> secrets that ended are erased -> receipts. A submission that is refused leaves no trace
 * but, where DESIGN 6a says so, a `refuse` entry. Nothing is acknowledged before its journal record
 * is durable.
 */
#ifndef SR_BOARD_DOOR_H
#define SR_BOARD_DOOR_H

#include "board/vault.h"

/* The opening of a `~` commitment of the statement, kept as a record. */
struct sr_door_text {
	char field[33]; /* the field's key, e.g. "reason" */
	unsigned index; /* 0 for the first line with that key */
	uint8_t salt[SR_SALT];
	struct sr_bytes text; /* UTF-8, at most 8 KiB (64 KiB for description) */
};

/* The body of an object that the statement names (id = BLAKE2b("strongroom/object-record/v1";
 * salt, body)). */
struct sr_door_object {
	uint8_t salt[SR_SALT];
	struct sr_bytes body; /* empty: the submission's `object` gives it */
	char subject[64];     /* "" structural, or "item:<hex>": which key seals it */
};

struct sr_submission {
	struct sr_bytes note; /* the signed note */
	const struct sr_door_text *texts;
	size_t text_count;
	const struct sr_door_object *objects;
	size_t object_count;
	/* Appends the body of object ${i} to ${body}, a secret buffer: of those that an accession
	 * brings beside what its lines name, which need not fit into memory together. NULL: none.
	 */
	int (*object)(void *ctx, size_t i, struct sr_buf *body, struct sr_err *e);
	struct sr_bytes packs; /* of an accession: names of the packs that were written for it,
				  SR_HASH each, for its `stored`. Empty for all others */
	/* How the person came, which rules may ask. */
	bool browser;
	const char *network; /* an address; NULL: not known */
	bool resumed; /* taken up again after a kill, by the vault itself: signed long ago, so its
			 time is not judged */
	/* Side effects that belong to this statement and must be durable before it / undone if it
	 * is refused: set by room and intake (release: new slot and envelope; accession: slots,
	 * quarantine seals). Called with the vault, in order; ${before} with the note at hand,
	 * since one ctx may serve two submissions of a group. ${refused} is never called for what
	 * the ledger holds, nor when nobody knows whether it does (the vault has failed then).
	 * ${after} is called for each that was committed, whatever became of others. NULL: none. */
	int (*before)(void *ctx, struct sr_vault *v, struct sr_bytes note, struct sr_err *e);
	void (*refused)(void *ctx, struct sr_vault *v);
	int (*after)(void *ctx, struct sr_vault *v, struct sr_err *e);
	void *ctx;
};

struct sr_outcome {
	int code; /* 0, or why it was refused */
	struct sr_err err;
	char rule[48]; /* refused by a rule: its id, "" else; and the title of one of the board's */
	char title[121];
	bool repeated;  /* the identical statement was there already: its first receipt */
	uint64_t index; /* of its entry */
	int64_t received;
	char follow[4]
		   [96]; /* what followed, for people: "grant 3f.. is live until ...", "" unused */
};

/* Returns 0 when every submission has its outcome (refused or not); an error means that nothing of
 * the group is committed (or, SR_IO after the journal write, that the vault must be closed: the
 * text says so). */
SR_MUST int sr_door_commit(struct sr_vault *v, const struct sr_submission *subs, size_t count,
	struct sr_outcome *outcomes, struct sr_err *e);

/* Commit statements of the service itself (viewed, export, scrub, lapse, incident): ${text} is
 * built with sr_statement_* without signature; the door signs it with the room key. */
SR_MUST int sr_door_service(
	struct sr_vault *v, struct sr_bytes text, struct sr_outcome *outcome, struct sr_err *e);
/* The same for one that names objects, opens texts or has side effects: objects, texts and hooks of
 * ${parts}, whose note is not read (`before` gets ${text}). */
SR_MUST int sr_door_service_with(struct sr_vault *v, struct sr_bytes text,
	const struct sr_submission *parts, struct sr_outcome *outcome, struct sr_err *e);

/* End what is due: requests past their closing date, grants past their end (both also when all
 * their items are destroyed: their room keys are erased with that), checkouts past 8 h or
 * unopened for 10 min, embargoes whose date has come, attestations past their end; and, where an
 * end or another key of a person had more to stop than one commit takes, what is left of that.
 * Called at open, each minute by core, and before every decision. */
SR_MUST int sr_door_sweep(struct sr_vault *v, size_t *ended, struct sr_err *e);

#endif
