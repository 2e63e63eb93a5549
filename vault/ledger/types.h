/*
 * types - the one table of statement types: who signs, which lines in which order, what a value may
 * be, which compartment the text of a `~` value lies in and under whose key, and what the statement
 * is about.
 *
 * Lines of a statement: the type line; the common lines (vault, id, time, until?, actor, seen);
 * then the fields of the type in the order of the table, repeated lines together. A type or key
 * that is not here stops replay (DESIGN 6). A value that holds free text is `~` and the base64 of
 * sr_text_commit(salt, text): salt and text travel as a record. Nothing else in the project lists
 * types or fields; a new type is a new row, a new effect and a test.
 */
#ifndef SR_LEDGER_TYPES_H
#define SR_LEDGER_TYPES_H

#include "base/bytes.h"

enum sr_type_id {
	SR_T_FOUND,
	SR_T_KEY_EPOCH,
	SR_T_SERVICE_KEY,
	SR_T_AUDITOR,
	SR_T_DEAL,
	SR_T_ACCEPT,
	SR_T_COMPLAINT,
	SR_T_REVEAL,
	SR_T_OPENED,
	SR_T_SHARE,
	SR_T_CONFIRM,
	SR_T_BOARD,
	SR_T_RESHARE,
	SR_T_STANDBY,
	SR_T_TAKEOVER,
	SR_T_REKEY,
	SR_T_REKEYED,
	SR_T_POLICY,
	SR_T_COLLECTION,
	SR_T_PERSON,
	SR_T_PERSON_END,
	SR_T_PERSON_SET,
	SR_T_PERSON_KEY,
	SR_T_ERASE,
	SR_T_ATTEST,
	SR_T_ATTEST_END,
	SR_T_ACCESSION,
	SR_T_REDACT,
	SR_T_STORED,
	SR_T_DESCRIBE,
	SR_T_HELD_BOX,
	SR_T_INTAKE,
	SR_T_SCAN,
	SR_T_RELEASE,
	SR_T_RESEAL,
	SR_T_EMBARGO,
	SR_T_HOLD,
	SR_T_SEAL,
	SR_T_RETENTION,
	SR_T_DESTROY,
	SR_T_REQUEST,
	SR_T_AMEND,
	SR_T_ROOM_KEY,
	SR_T_JOIN,
	SR_T_COMMENT,
	SR_T_RECUSE,
	SR_T_VOTE,
	SR_T_WITHDRAW,
	SR_T_LAPSE,
	SR_T_REFUSE,
	SR_T_GRANT,
	SR_T_SUSPEND,
	SR_T_LIFT,
	SR_T_REVOKE,
	SR_T_RENEW,
	SR_T_EXTEND,
	SR_T_CLOSE,
	SR_T_CHECKOUT,
	SR_T_VIEWED,
	SR_T_RETURN,
	SR_T_EXPORT,
	SR_T_ENQUIRY,
	SR_T_NOTICE,
	SR_T_READ,
	SR_T_SCRUB,
	SR_T_COLLECT,
	SR_T_ESCROW,
	SR_T_BACKUP,
	SR_T_RECOVER,
	SR_T_WITNESS,
	SR_T_BREAK_GLASS,
	SR_T_INCIDENT,
	SR_T_DECIDED,
	SR_T_COUNT
};

enum sr_compartment {
	SR_STRUCTURAL = 0,
	SR_DESCRIPTIVE = 1,
	SR_PERSONAL = 2
};
enum {
	SR_COMPARTMENTS = 3
};

enum sr_value_kind {
	SR_V_ID,           /* 32 hex digits */
	SR_V_HASH,         /* 64 hex digits */
	SR_V_PERSON,       /* p- and 16 hex digits */
	SR_V_KEY,          /* base64 of 32 bytes */
	SR_V_CARD,         /* base64 of a key card (ledger/card.h) */
	SR_V_TOKEN,        /* [a-z0-9][a-z0-9._:+-]{0,127} */
	SR_V_NAME,         /* [!-~]{1,255} */
	SR_V_DEC,          /* decimal below 2^63 */
	SR_V_TIME,         /* 2026-11-21T10:00:00Z */
	SR_V_TEXT,         /* ~ and base64 of 32 bytes: text beside, as a record */
	SR_V_COUNT_ROOT,   /* <dec> <hash> */
	SR_V_LEVEL_KEY,    /* <dec> <key> */
	SR_V_LEVEL_QUORUM, /* <dec> <dec> */
	SR_V_ID_HASH       /* <id> <hash> */
};

enum sr_cardinality {
	SR_ONE,
	SR_OPTIONAL,
	SR_ANY,
	SR_SOME
}; /* 1, ?, *, + */

/* Roles that may sign a type, as a set. What more a signer needs (member of this board, not the
 * depositor) is board/invariants. */
enum {
	SR_BY_SERVICE = 1 << 0,
	SR_BY_MEMBER = 1 << 1,
	SR_BY_CURATOR = 1 << 2,
	SR_BY_OFFICER = 1 << 3,
	SR_BY_DEPOSITOR = 1 << 4,
	SR_BY_RESEARCHER = 1 << 5,
	SR_BY_PERSON = 1 << 6,  /* any person of the vault */
	SR_BY_FOUNDERS = 1 << 7 /* all founding members together: found alone */
};

/* What a statement changes; replay dispatches on the type, screens and the log list group by this.
 */
enum sr_effect {
	SR_EFFECT_TRUST,      /* found, key-epoch, service-key, auditor: keys, who is believed */
	SR_EFFECT_CEREMONY,   /* deal ... opened, board, policy: a board, its keys and rules */
	SR_EFFECT_PEOPLE,     /* people, their keys, their end, what is attested */
	SR_EFFECT_COLLECTION, /* collection */
	SR_EFFECT_ITEM,       /* accession, stored, describe, release, reseal, embargo, hold, seal,
				 retention, destroy */
	SR_EFFECT_REQUEST,    /* request, amend, room-key, join, comment, recuse, withdraw, lapse */
	SR_EFFECT_VOTE,       /* vote */
	SR_EFFECT_GRANT,      /* grant, suspend, lift, revoke, close */
	SR_EFFECT_CHECKOUT,   /* checkout, viewed, return, export, break-glass */
	SR_EFFECT_OFFICE,     /* enquiry, notice */
	SR_EFFECT_RECORD /* read, refuse, scrub, witness, incident, decided: kept, changes no state
			    (an incident may void a vote) */
};

struct sr_field {
	const char *key;
	enum sr_value_kind kind;
	enum sr_cardinality cardinality;
	bool sorted; /* repeated values in byte order without duplicates (decimals: by number) */
	enum sr_compartment compartment; /* of the text of a SR_V_TEXT, or of the name of a
					    SR_V_CARD; else structural */
	const char *subject; /* whose key: "actor", "card", or the key of the line that names item
				or collection */
	bool object; /* a SR_V_HASH that is the id of an object record stored with the same commit
		      */
};

struct sr_type {
	enum sr_type_id id;
	const char *name;          /* "vote"; the type line is strongroom/<name>/v1 */
	unsigned signers;          /* SR_BY_... */
	const char *service_needs; /* the service signs only with this line, persons only without
				      it; NULL: no such rule */
	enum sr_effect effect;
	const struct sr_field *fields; /* ends with key == NULL */
};

/* Does it bring items into the vault, so that a `stored` stands directly behind it? accession,
 * redact.
 */
bool sr_type_brings_items(enum sr_type_id id);

/* All SR_T_COUNT rows, in order of sr_type_id. */
const struct sr_type *sr_type_at(enum sr_type_id id);
/* By the word in the type line ("vote"); NULL if unknown. */
const struct sr_type *sr_type_named(struct sr_bytes name);
/* By the type line ("strongroom/vote/v1"): UNSUPPORTED for another version, CORRUPT for an unknown
 * type. */
SR_MUST int sr_type_of_line(const struct sr_type **out, struct sr_bytes line, struct sr_err *e);
/* The field with ${key}; NULL if the type has none. */
const struct sr_field *sr_type_field(const struct sr_type *t, struct sr_bytes key);

/* 0, or CORRUPT saying what the grammar of ${kind} wants. */
SR_MUST int sr_value_check(enum sr_value_kind kind, struct sr_bytes value, struct sr_err *e);

/* "structural", "descriptive", "personal"; static. */
const char *sr_compartment_name(enum sr_compartment c);

#endif
