/*
 * audit_in - what the files of the replay share: the work, its step, and its parts one by one.
 *
 *   replay.c    the work and its steps: one transaction each, taken back whole or committed
 *   keep.c      the file: what an interrupted replay goes on with, counts, findings
 *   judge.c     what can be said of an entry before it is applied
 *   asked.c     what the boards' rules were asked with, made again from the log
 *   dealt.c     key generation, as far as everybody can see it
 *   signers.c   by which key each entry should be signed, and whether it is
 *   pieces.c    bundles of votes, against what their votes say
 *   stopped.c   what the service ends, stops or voids by itself, against its causes
 *   refused.c   requests that it ended as refused
 *   hindered.c  what stood in the way of what was voted for (hindered.h)
 *   witnessed.c what is said to have been witnessed, against what was
 *   telling.c   the end: findings, the tables compared, the tree
 *   derive*.c   what must follow from a board's votes (derive.h)
 *   judged.c    the answer that must follow from rules and inputs (derive.h)
 *   inputs.c    two inputs compared, attribute by attribute (inputs.h)
 */
#ifndef SR_AUDIT_AUDIT_IN_H
#define SR_AUDIT_AUDIT_IN_H

#include "audit/audit.h"
#include "board/pieces.h"
#include "board/policy_inputs.h"
#include "board/replaying.h"
#include "catalogue/query.h"
#include "catalogue/sql.h"

struct audit_signature { /* one entry of the step, and by whom it should be signed */
	struct sr_entry entry;
	char name[320];
	uint8_t pk[SR_PK];
	bool known; /* false: nobody that the log had introduced */
	bool good;
	struct sr_err why;
	/* of a vote with pieces: the bundle, and what must be true of it */
	bool bundled;
	struct sr_buf bundle;
	struct sr_pieces_want want;
	struct sr_err bundle_why; /* code 0: it is */
};

struct sr_audit {
	struct sr_vault *v;
	struct sr_catalogue *cat;
	struct sr_replaying from;
	enum sr_audit_state state;
	struct sr_audit_counts counts;
	char room[320]; /* name that the service signs by */
	uint8_t vault[SR_HASH];
	bool introduced; /* the two above are known: found was applied */
	uint64_t seen_size;
	uint8_t seen_root[SR_HASH]; /* ours at seen_size; 0: nothing looked up */
	uint64_t policies; /* as many of the witnesses' policies as `asks` is of the last of */
	bool asks;         /* it asks for a quorum */
	/* of the step at work */
	struct audit_signature *batch;
	size_t count, cap;
	size_t bytes; /* of the entries in it, as they lie in the ledger */
	struct sr_audit_finding *found;
	size_t found_count, found_cap;
};

/* --- findings of the step --- */

/* ${f} says nothing yet, but of which entry. */
void audit_about(struct sr_audit_finding *f, const struct sr_entry *en);
SR_MUST int audit_add(struct sr_audit *a, const struct sr_audit_finding *f, struct sr_err *e);
SR_MUST int audit_found(struct sr_audit *a, const struct sr_entry *en, const char *what,
	const char *field, struct sr_err *e, const char *fmt, ...) SR_PRINTF(6, 7);

/* --- the tables as they stand --- */

/* Is the first column of the only row of ${sql} other than 0? */
SR_MUST int audit_is(bool *out, struct sr_audit *a, struct sr_err *e, const char *sql,
	const struct sr_sql_arg *args, size_t count);
#define AUDIT_IS(out, a, e, sql, ...) audit_is((out), (a), (e), (sql), SQL_ARGS(__VA_ARGS__))
/* ${rc} where it is this machine's (IO, NOMEM). Else what was asked for is not there, or cannot be:
 * 0, and ${e} is cleared. */
SR_MUST int audit_ours(int rc, struct sr_err *e);

/* --- keep.c --- */

/* Open what an earlier one left, or with ${create} begin anew: a->cat, a->counts, a->state. */
SR_MUST int audit_keep_open(struct sr_audit *a, bool create, struct sr_err *e);
void audit_keep_close(struct sr_audit *a);
/* The counts and the findings of the step, into its transaction. */
SR_MUST int audit_keep_step(struct sr_audit *a, struct sr_err *e);
/* Every finding that was kept, in the order of the log. */
SR_MUST int audit_keep_each(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* --- judge.c --- */

SR_MUST int audit_judge(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e);
/* The object of the first line ${key} of an entry that is not applied, of which no table knows yet,
 * appended. NOTFOUND: its subject's key is gone. */
SR_MUST int audit_object(struct sr_audit *a, const struct sr_entry *en, const char *key,
	struct sr_buf *body, struct sr_err *e);

/* --- dealt.c --- */

/* ${en} is `deal`, not applied: is it sound as far as everybody can see? */
SR_MUST int audit_deal(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e);
/* ${en} is `opened` or `standby`, not applied: are its keys those that were dealt and accepted? */
SR_MUST int audit_dealt(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e);

/* --- asked.c --- */

/* What rules are told at ${now}, as far as entries say it: inputs.c takes the rest from what was
 * kept. */
SR_MUST int audit_facts(struct sr_facts *out, struct sr_audit *a, int64_t now, struct sr_err *e);
/* A statement of a person, and whether the invariants allow it: then what its board's rules are
 * asked is kept until the `decided` that answers it. What waited before it waits in vain. */
SR_MUST int audit_asked(
	struct sr_audit *a, const struct sr_entry *en, bool allowed, struct sr_err *e);
/* The same at the end of the log: nothing more comes. */
SR_MUST int audit_asked_end(struct sr_audit *a, struct sr_err *e);
/* ${en} is `decided`: the question that it answers, from the log, against ${inputs}. *${ok} false:
 * ${f} names the attribute, or the line. */
SR_MUST int audit_asked_same(bool *ok, struct sr_audit_finding *f, struct sr_audit *a,
	const struct sr_entry *en, struct sr_bytes inputs, struct sr_err *e);
/* ${en} does what the votes on a request brought about: the entry before it is the answer of the
 * rules that allows it (of rules, which are not asked about that, the last vote), and of the same
 * commit. */
SR_MUST int audit_asked_allowed(bool *ok, struct sr_audit_finding *f, struct sr_audit *a,
	const struct sr_entry *en, struct sr_err *e);

/* --- signers.c --- */

/* The key in force for the entry, which was applied. */
SR_MUST int audit_signer(struct sr_audit *a, struct audit_signature *s, struct sr_err *e);
/* All of the step, on all cores; and the bundles with them. */
SR_MUST int audit_signatures(struct sr_audit *a, struct sr_err *e);

/* --- stopped.c --- */

/* ${en} is what the service ends, stops or voids by itself, not applied: has it a cause? */
SR_MUST int audit_stopped(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e);

/* --- refused.c --- */

/* ${en} is `refuse`, not applied: where it ends a request, does that follow? */
SR_MUST int audit_refused(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e);

/* --- pieces.c --- */

/* The bundle of a vote that was applied, as it lies in the store. */
SR_MUST int audit_pieces(struct sr_audit *a, struct audit_signature *s, struct sr_err *e);
/* Is it what it must be? s->bundle_why. On any thread. */
void audit_pieces_check(struct audit_signature *s);
SR_MUST int audit_pieces_told(
	struct sr_audit *a, const struct audit_signature *s, struct sr_err *e);

/* --- witnessed.c --- */

/* Did checkouts wait for a quorum of witnesses, by the policy in force? */
SR_MUST int audit_witnessed_asked(bool *out, struct sr_audit *a, struct sr_err *e);
/* ${en} is `decided`; its rules were told that the grant ${grant} was witnessed. */
SR_MUST int audit_witnessed_told(struct sr_audit *a, const struct sr_entry *en,
	const uint8_t grant[SR_ID], struct sr_err *e);
/* ${en} is `witness`: where it says how far nobody had confirmed the log, what was said before. */
SR_MUST int audit_witnessed_gap(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e);
/* At the end: against the quorum's cosignatures that are kept. ${each} gets what they do not show.
 */
SR_MUST int audit_witnessed_end(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_err *e);

#endif
