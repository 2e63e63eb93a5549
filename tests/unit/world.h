/*
 * world - a whole vault with its people, for tests of what happens between them: a real directory,
 * real keys, real votes.
 *
 *     struct world *w = world_new(NULL);              3 members with level 2, founded, opened,
 * people and a collection added world_deposit(w, &(struct world_deposit){...}); a depositor brings
 * files -> item ids world_held_release(w, item);                    described, then released by
 * another curator world_request(w, &rq); world_vote(w, &vote);    ... until world_grant_of(w,
 * rq.id, grant) world_checkout(...); world_open(...);           the room opens from the votes'
 * pieces world_free(w);
 *
 * Acts fail the test when the vault itself fails; what the door says comes back: 0 or the refusal's
 * code, with the sentence in w->out. Everybody's keys are made from small numbers. The clock stands
 * still until a test moves w->now. A test program that includes this links all layers below core
 * (see the Makefile).
 */
#ifndef SR_TESTS_WORLD_H
#define SR_TESTS_WORLD_H

#include "board/ceremony.h"
#include "board/door.h"
#include "board/vault.h"
#include "catalogue/query.h"
#include "crypto/piece.h"
#include "intake/deposit.h"
#include "room/room.h"
#include "util.h"

#define W_ORIGIN "vault.example/strongroom"
#define WORLD_CREDENTIAL "a credential of forty or so random bytes" /* unlocks keys/service */
#define W_TIME INT64_C(1795255200)                                  /* 2026-11-21T10:00:00Z */
#define W_DAY INT64_C(86400)
#define W_HOUR INT64_C(3600)
#define W_MIN INT64_C(60)

enum {
	W_MEMBERS = 5,
	W_CURATORS = 2,
	W_RESEARCHERS = 3,
	W_TEXTS = 24,
	W_OBJECTS = 4,
	W_ITEMS = 64,
	W_FILES = 64
};

struct world_person {
	uint8_t seed[SR_SEED];
	uint8_t pk[SR_PK];
	char person[SR_PERSON_TEXT];
	char name[40];
	uint8_t salt[SR_SALT];
	struct sr_buf card;
};

struct world {
	char *path;  /* temporary folder; the vault is ${path}/vault, its second copy ${path}/second
		      */
	char *vault; /* path of the vault */
	char *second; /* NULL: --no-second */
	int64_t now;  /* what the vault's clock says */
	struct sr_vault *v;
	struct sr_room *room;
	size_t members;
	uint32_t level[SR_BOARD_LEVELS_MAX];
	size_t levels;
	struct world_person member[W_MEMBERS], curator[W_CURATORS], researcher[W_RESEARCHERS];
	struct world_person officer, auditor, custodian, depositor;
	struct world_person outsider; /* known to nobody */
	/* The members' side of the ceremony: everybody's shares. */
	struct sr_ceremony_keys keys;
	uint8_t x[W_MEMBERS][SR_BOARD_LEVELS_MAX][SR_SCALAR];
	uint8_t collection[SR_ID];
	struct sr_outcome out; /* of the last act */
	struct sr_err e;       /* for calls of tests */
	uint64_t serial;       /* makes ids and keys differ */
	/* The next act is left there instead of being committed (and taken as done); NULL again
	 * then. */
	struct world_draft *instead;
};

struct world_options {
	size_t members;                      /* 2..5; 0: 3 */
	uint32_t level[SR_BOARD_LEVELS_MAX]; /* ascending, ends with 0; {0}: {2} */
	bool second;                         /* with a second copy of secrets.db */
	bool bare; /* stop when the vault exists and is open: not founded, nobody added */
};
/* ${o} NULL: the usual. */
struct world *world_new(const struct world_options *o);
void world_free(struct world *w); /* NULL allowed */
/* Close and open again, as another process would. */
void world_reopen(struct world *w);
/* The service keys change (board/rotate.h); the vault is open again afterwards. */
void world_rotate(struct world *w);
/* What a test opens it with itself. */
struct sr_unlock world_unlock(void);
struct sr_clock world_clock(struct world *w);
/* Only that: the room and the vault are gone until world_reopen. */
void world_close(struct world *w);

/* --- statements: begin, put fields on d.text, texts and objects, commit ----------------------- */

struct world_draft {
	struct world *w;
	const struct world_person *by;
	struct sr_buf text;
	struct sr_door_text texts[W_TEXTS];
	char *kept[W_TEXTS]; /* copies of the texts */
	size_t text_count;
	struct sr_door_object objects[W_OBJECTS];
	struct sr_buf bodies[W_OBJECTS];
	size_t object_count;
	uint8_t id[SR_ID];
};
void world_begin(struct world_draft *d, struct world *w, const struct world_person *by,
	enum sr_type_id type);
/* A line `${key} ~...` and the text behind it; NULL: nothing. */
void world_text(struct world_draft *d, const char *key, const char *text);
/* A line `${key} <card>` of ${p}, and the name behind it. */
void world_card(struct world_draft *d, const char *key, const struct world_person *p);
/* A line `${key} <id>` and the object. */
void world_object(struct world_draft *d, const char *key, struct sr_bytes body);
/* `${key} word` for each word of ${words} (single spaces; NULL or "": none). */
void world_words(struct sr_buf *text, const char *key, const char *words);
/* Sign, commit, free; w->out has the outcome, whose code is returned. ${hooks}: a submission with
 * hooks (and a deposit's objects), or NULL. */
int world_commit(struct world_draft *d, struct sr_submission *hooks);
void world_draft_free(struct world_draft *d); /* instead of committing */
/* A fresh id. */
void world_id(struct world *w, uint8_t id[SR_ID]);

/* --- acts --- */

/* Somebody new, known to nobody yet; their card is the caller's to free. */
void world_person_make(struct world *w, struct world_person *p, const char *name);

/* The ceremony, step by step; world_new does all of it unless bare. */
void world_draft_found(struct world *w);
bool world_sign_found(struct world *w, size_t member); /* true: founded */
int world_accept(struct world *w, size_t member);
/* After a complaint: deal in run ${number}; complain of ${dealer}'s share in it; answer
 * ${complainer}. Of level number 0. */
int world_deal(struct world *w, size_t member, uint64_t number);
int world_complain(struct world *w, size_t member, size_t dealer, uint64_t number);
int world_reveal(struct world *w, size_t member, size_t complainer, uint64_t number);
/* Public inputs of a run of the founded vault, and a member's dealing in it, appended. */
void world_run(struct world *w, uint64_t number, struct sr_dkg *d);
void world_dealing(struct world *w, size_t member, uint64_t number, struct sr_buf *out);

int world_person_add(struct world *w, const struct world_person *by, const struct world_person *who,
	const char *roles);
/* A request of kind collection with the votes it needs. */
void world_collection(struct world *w, const char *name, const char *dedupe, uint8_t id[SR_ID]);

struct world_file {
	const char *path;
	struct sr_bytes content;
	enum sr_file_kind kind; /* 0: regular */
	const char *note;       /* of other kinds: where a link leads, why it could not be read */
	const char *media_type; /* NULL: none */
};
struct world_deposit {
	const struct world_person *by; /* NULL: the depositor */
	const uint8_t *collection;     /* NULL: the world's */
	const struct world_file *files;
	size_t count;
	bool together;                 /* one item of all files; else an item for each */
	uint8_t items[W_FILES][SR_ID]; /* out */
	size_t item_count;             /* out */
};
int world_deposit(struct world *w, struct world_deposit *d);

int world_describe(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	const char *title, const char *hazards);
/* The curator's whole way: seal, part, prepare, statement. ${hazards} decide the level. */
int world_release(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	const char *hazards);
/* describe by curator 0 and release by curator 1; both must be taken. */
void world_held_release(struct world *w, const uint8_t item[SR_ID]);
/* The part of a held item, as a curator's client opens it. */
int world_part(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	uint8_t part[SR_PART]);

struct world_request {
	const struct world_person *by;
	const char *kind; /* NULL: access */
	const uint8_t (*items)[SR_ID];
	size_t count;
	const char *forms;                  /* NULL: "text" */
	int64_t ends;                       /* 0: in 30 days */
	int64_t closes;                     /* 0: none */
	const struct world_person *with[4]; /* co-applicants */
	const char *recipient;
	const uint8_t *target;   /* kind revoke, lift */
	const char *authority;   /* kind referral */
	const char *instruction; /* kind destroy */
	uint32_t version;        /* 0: a new request; else an amend to this version */
	uint8_t id[SR_ID];       /* out (in, for an amend) */
};
int world_request(struct world *w, struct world_request *rq);
int world_join(struct world *w, const struct world_person *who, const uint8_t request[SR_ID]);

enum world_lie {
	W_HONEST,
	W_BAD_PIECE,
	W_BAD_BUNDLE
};
struct world_vote {
	size_t member; /* 0.. */
	const uint8_t *request;
	const char *decision; /* NULL: approve */
	const char *forms;    /* NULL: all that are asked for */
	int64_t ends;         /* 0: as asked */
	const char *condition;
	enum world_lie lie;  /* BAD_PIECE: a piece with another share; BAD_BUNDLE: the object is not
				what `bundle` says */
	const uint8_t *room; /* SR_X_PK bytes: the room key that the pieces are for; NULL: the
			      version's */
	const struct world_seals *seals; /* that the pieces are for; NULL: those in force */
	int64_t extension;               /* topup: of its items; 0: of the request's own */
};
/* The seals of the items of a request (0) or of an extension of its grant as they are now; the
 * caller frees it. */
struct world_seals *world_seals(struct world *w, const uint8_t request[SR_ID], int64_t extension);
/* Items that came later into a live grant. */
struct world_extend {
	const struct world_person *by;
	const uint8_t *grant, *request;
	const uint8_t (*items)[SR_ID];
	size_t count;
	uint32_t version; /* 0: 1 */
	uint64_t number;
};
int world_extend(struct world *w, const struct world_extend *x);
int world_vote(struct world *w, const struct world_vote *vote);
/* Members 0, 1, ... approve until it is granted; the grant. */
void world_grant(struct world *w, const uint8_t request[SR_ID], uint8_t grant[SR_ID]);
/* The newest grant of a request; false: none. */
bool world_grant_of(struct world *w, const uint8_t request[SR_ID], uint8_t grant[SR_ID]);

struct world_checkout {
	const struct world_person *by;
	const uint8_t *grant; /* NULL: right quarantine */
	const uint8_t *item;
	const char *right; /* NULL: access, or quarantine without a grant */
	const char *form;  /* NULL: text */
	uint8_t id[SR_ID]; /* out */
};
int world_checkout(struct world *w, struct world_checkout *c);
/* The record keys of all votes for the item, as the researcher's client derives them. */
size_t world_records(struct world *w, const struct world_checkout *c,
	struct sr_room_record *records, size_t max);
/* records + sr_room_open: the room's own code, sentence in w->e. */
int world_open(struct world *w, const struct world_checkout *c);
int world_return(struct world *w, const struct world_checkout *c);
/* The whole text form of a file, appended. */
int world_read(struct world *w, const struct world_checkout *c, uint64_t file, struct sr_buf *text);

int world_suspend(struct world *w, size_t member, const uint8_t grant[SR_ID]);
int world_lift(struct world *w, size_t member, const uint8_t grant[SR_ID]);
int world_close_grant(struct world *w, const struct world_person *who, const uint8_t grant[SR_ID]);
/* A request of kind revoke by member 0 with the votes of the lowest level. */
void world_revoke(struct world *w, const uint8_t grant[SR_ID]);

/* --- looking --- */

/* How many statements of that type are in the ledger. */
size_t world_count(struct world *w, enum sr_type_id type);
/* The last one, opened. */
void world_last(struct world *w, enum sr_type_id type, struct sr_entry *out);

#endif
