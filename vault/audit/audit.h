/*
 * audit - the log lived through once more, believing nothing but its entries: what `audit replay`
 * does (issue 4.5).
 *
 *   every entry      opened and applied to a catalogue that begins empty, beside the one in use
 *   every signature  by the key that the log had given the signer by then; of found, all of them
 *   every person's   statement judged again by the rules, against the state that stood before it
 *   every time       what a person signed was taken by the `until` that it says, else within the
 *                    ten minutes that clocks may differ by: nothing is kept back for a better day,
 *                    and the log's own time is not the service's alone
 *   every `seen`     the root that the signer had verified is the root of this log at that size
 *   every grant      derived anew (audit/derive.h): its forms, trainings, end, people, level and
 *                    votes are computed from the votes that count, and compared with what it says;
 *                    and whom it names are there still
 *   every decision   of the board (revoke, renew, role, collection, ...) had its quorum, says what
 *                    was asked for, follows directly on the rules' answer that allows it, which
 *                    came in the commit of the vote or word that let it be asked for, and
 *                    nothing stood in the way of it any more (hindered.h)
 *   every answer     of the boards' rules (`decided`) follows from the rules in force then and its
 *                    inputs, and these from the log: what Cedar was asked is made again from the
 *                    tables as they stood, and compared attribute by attribute (audit/asked.c). A
 *                    checkout has one
 *   every dealing    of a board's keys is the one that was signed, its commitments and proofs hold,
 *                    and from all of a run follow the keys that its members accepted. Of a reshare
 *                    the dealings cannot be read once its epoch is in force, by nobody
 *                    (board/dealings.h): then it is asked that the board's own key is the one of
 *                    before (audit/dealt.c)
 *   every bundle     of a vote's pieces lies in the store, is of the form and size that the request
 *                    asks for, and its root is the one that the vote signs. Whether a piece in it
 *                    is a true one cannot be asked: each is sealed to the room, whose key ends with
 *                    the grant, and that to a reader, whose key the vault never has
 *                    (crypto/piece.h). The room asks it at every checkout, and an incident names
 *                    the member
 *   the witnesses    what is said to have been witnessed, and what was opened, against the gaps
 *                    that the log admits and the quorum's cosignatures that are kept
 *                    (witnessed.c); and no policy of the custodian's follows one that the board
 *                    adopted
 *   every lapse      of a request, grant, checkout, embargo or attestation was due, or nothing or
 *                    nobody is left of it; every suspension by the service, vote that it made void
 *                    and room key that it made anew has its cause (stopped.c)
 *   every refusal    that ended a request follows from its votes, its board and what it was about
 *                    (refused.c). The service's other refusals, what it says was shown or found,
 *                    is its word: it is in no other entry
 *   every epoch      of the log's key is sealed to the auditors of its time
 *   every name       that a log takes because entries were lost: the root that it says is that of
 *                    the entries before it
 *   the tables       compared with those in use, row by row (catalogue/diff.h)
 *   the tree         every tile, the root, the commit record and the checkpoint
 *
 * It goes in steps, each one transaction, so others' calls go in between, and so that it can be
 * interrupted and goes on where it was. What remembers that is the replayed catalogue itself, with
 * two tables of findings and counts beside the usual ones:
 *
 *   catalogue-replay.db   sealed under a key of its own; every page authenticated, an older page or
 *                         file found (store/pagefile.h); its commit carries the size and root of
 *                         the log that it stands for, which must be a prefix of this log
 *
 * So the prefix that counts as verified is exactly the prefix that was applied, and neither can be
 * moved without the service keys. Whoever holds those and the running host can make this process
 * print anything; against them helps what the reader of an export does elsewhere
 * (strongroom-verify, a copy on another machine), not a file here. An old copy of the file put back
 * is a shorter verified prefix, no more. `anew` begins from nothing in any case, and what is
 * compared at the end (tables, tree) is never remembered. A destruction, an erasure or a rebuild
 * makes the file worthless: its key comes from that of the catalogue.
 *
 *   RUNNING --step--> RUNNING ... --step, at the log's end--> COMPLETE --report--> (file removed)
 *   an entry that cannot be opened or applied -> BROKEN: nothing behind it can be judged
 *
 * One thread but for signatures, which all cores check; nothing else may use the vault meanwhile.
 */
#ifndef SR_AUDIT_AUDIT_H
#define SR_AUDIT_AUDIT_H

#include "board/vault.h"
#include "catalogue/catalogue.h"

#define SR_AUDIT_FILE "catalogue-replay.db"

enum {
	SR_AUDIT_STEP = 2048, /* entries of one step: about a third of a second on two cores */
	SR_AUDIT_FINDINGS_MAX = 1000 /* kept; more are counted */
};

struct sr_audit; /* opaque */

enum sr_audit_state {
	SR_AUDIT_RUNNING,
	SR_AUDIT_COMPLETE,
	SR_AUDIT_BROKEN
};

struct sr_audit_counts {
	uint64_t entries;    /* applied */
	uint64_t size;       /* of the log */
	uint64_t signatures; /* good ones */
	uint64_t judged;     /* statements of persons that the rules allowed again */
	uint64_t seen;       /* roots that signers had verified, and that are ours */
	uint64_t grants;     /* derived, and equal */
	uint64_t decisions;  /* of boards, with their quorum */
	uint64_t rules;      /* answers of a board's rules, made again with their inputs */
	uint64_t pieces;     /* bundles of votes that are what their votes say */
	uint64_t findings;   /* what is wrong */
	uint64_t resumed;    /* entries that an earlier process had verified */
};

struct sr_audit_finding {
	/* signature, rule, seen, late, early, cause, epoch, grant, decision, dealt, view, judged,
	 * pieces, witness, name, entry (the replay ends with it), newer (so, for a format that this
	 * program does not know), catalogue, tree */
	char what[16];
	bool has_entry; /* false: of the catalogue or the tree as a whole */
	uint64_t entry;
	uint8_t statement[SR_ID]; /* id of the statement there; zeros: unknown */
	char type[32];            /* its type, or "" */
	char field[80];           /* line of the statement, or table.column; "" */
	char text[640];           /* one sentence */
};

/* Begin, or go on with what was interrupted (unless ${anew}). */
SR_MUST int sr_audit_open(struct sr_audit **out, struct sr_vault *v, bool anew, struct sr_err *e);
/* Leave it as it is, to be gone on with. NULL allowed. */
void sr_audit_close(struct sr_audit *a);
/* Remove what an interrupted one left in this vault. */
SR_MUST int sr_audit_remove(struct sr_vault *v, struct sr_err *e);

/* Up to ${entries} more. An error is one of this machine (IO, NOMEM); what is wrong with the log is
 * a finding. */
SR_MUST int sr_audit_step(struct sr_audit *a, size_t entries, struct sr_err *e);
enum sr_audit_state sr_audit_state(const struct sr_audit *a);
void sr_audit_counts(struct sr_audit_counts *out, const struct sr_audit *a);

/* At the end (COMPLETE or BROKEN): everything that was found, then the comparison with the
 * catalogue in use and the check of the tree. ${each} gets at most SR_AUDIT_FINDINGS_MAX findings,
 * its answer other than 0 is returned. ${tables} (rows compared) and ${tiles} may be NULL. */
struct sr_audit_compared {
	uint64_t rows, tiles, bytes;
};
SR_MUST int sr_audit_report(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_audit_compared *out, struct sr_err *e);

#endif
