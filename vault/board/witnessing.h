/*
 * witnessing - the vault's side of its witnesses: which policy is in force, up to where the log is
 * witnessed, and what has to be sent and kept.
 *
 * The policy (C2SP tlog-policy, merkle/policy.h) lies in the log itself: a `witness` statement
 * names it, an object is its text. So there is no file to take away. The board adopts it (a request
 * of kind witnesses); before it ever did, the custodian may, and clients see which of the two it
 * was. Whoever holds the service keys can adopt another one past the program, and that is an entry
 * which everybody sees (and an `incident`, when one was in force). Its `log` lines are not
 * consulted. When the quorum did not confirm the log for longer than SR_WITNESSING_GAP_S, an entry
 * says so afterwards: `witness`, event unwitnessed, from when to when.
 *
 *   ledger/checkpoint   published; carries every cosignature that came for this size
 *   ledger/witnessed    the last checkpoint that the quorum cosigned, with all its lines
 *   ledger/alarm        what a witness said that must not be: one sentence. While it is there
 *                       nothing is committed, whoever opens the vault.
 *
 * Order: what a checkpoint implies is durable before it is published; it is published before a
 * witness sees it; cosignatures are durable before anything waits on them no longer. A checkpoint
 * goes out when there is news, at most every SR_WITNESSING_NEWS_MS, at once when somebody waits,
 * and in any case every SR_WITNESSING_BEAT_MS.
 *
 * A witness that cosigned more than this log has, or says that our history is another, stops it: an
 * incident written here would be the very fork that it warns of. The alarm ends by
 * sr_witnessing_dismiss, whose incident is then on the record; or with the name that it was about.
 *
 * No thread waits for the network here: ledger/poster.h has one of its own. One thread.
 */
#ifndef SR_BOARD_WITNESSING_H
#define SR_BOARD_WITNESSING_H

#include "board/vault.h"
#include "ledger/cosigning.h"

enum {
	SR_WITNESSING_NEWS_MS = 10000,  /* the cadence of other logs; what witnesses are made for */
	SR_WITNESSING_BEAT_MS = 540000, /* below the 10 minutes after which silence is a sign */
	SR_WITNESSING_WAIT_MS = 10000,  /* what a reader waits: two tries of a slow witness */
	SR_WITNESSING_GAP_S = 900,      /* a beat that was missed, and time for the next to come */
	SR_WITNESS_POLICY_MAX = 64 << 10 /* bytes: 64 witnesses with addresses are 20 kB */
};

struct sr_witnessing; /* opaque */

/* Read policy, alarm and what is witnessed; v->witnessing. Called by sr_vault_open, and again when
 * a policy was adopted. CORRUPT when ledger/witnessed shows more than the log has. */
SR_MUST int sr_witnessing_open(struct sr_vault *v, struct sr_err *e);
void sr_witnessing_close(struct sr_vault *v);

/* Could ${text} be a policy here? USAGE says why not: it is none, or the witnesses with an address
 * cannot make its quorum. */
SR_MUST int sr_witnessing_fit(struct sr_bytes text, struct sr_err *e);
/* The custodian adopts ${text}: DENIED when a quorum of members adopted the one in force, who then
 * vote on another one. (USAGE if it is no policy, or a witness that its quorum needs has no
 * address). */
SR_MUST int sr_witnessing_adopt(struct sr_vault *v, struct sr_bytes text, struct sr_err *e);
/* The text in force, appended; NOTFOUND. */
SR_MUST int sr_witnessing_policy(struct sr_vault *v, struct sr_buf *out, struct sr_err *e);

/* A quorum is asked for: checkouts wait. */
bool sr_witnessing_asked(const struct sr_vault *v);
/* Entries below this index are witnessed by the quorum in force. */
uint64_t sr_witnessing_size(const struct sr_vault *v);
/* The latest time at which witnesses enough for the quorum cosigned: each with its own clock, so
 * one alone cannot move it. 0: never. What ends by time has ended by this one, too: a vault's clock
 * that is set back prolongs nothing beyond it. */
int64_t sr_witnessing_time(const struct sr_vault *v);
/* What a witness said that stops the vault; NULL: nothing. */
const char *sr_witnessing_alarm(const struct sr_vault *v);
/* 0, or DENIED with who is missing and what to do: may what entry ${index} began be opened? */
SR_MUST int sr_witnessing_check(struct sr_vault *v, uint64_t index, struct sr_err *e);

/* Take what came, publish and send what is due. Cheap when nothing is. ${hurry}: somebody waits. */
SR_MUST int sr_witnessing_step(struct sr_vault *v, bool hurry, struct sr_err *e);
/* Readable when answers wait; -1: none under way. */
int sr_witnessing_fd(const struct sr_vault *v);
/* Every witness that has an address was asked since the vault was opened, and has answered or
 * failed; or there is none to ask, or an alarm. Before, nobody knows whether this copy of the log
 * is the newest. */
bool sr_witnessing_heard(const struct sr_vault *v);
/* Steps until all entries of now are witnessed, an alarm, or ${timeout_ms}. 0 also when time is
 * over: the caller looks at sr_witnessing_size. */
SR_MUST int sr_witnessing_run(struct sr_vault *v, unsigned timeout_ms, struct sr_err *e);

#ifdef SR_TESTING
/* As if the last offer had been made so long before. */
void sr_witnessing_age(struct sr_vault *v, uint64_t ms);
#endif

/* The witness that gave the alarm was wrong: an incident, and the vault writes again. */
SR_MUST int sr_witnessing_dismiss(struct sr_vault *v, struct sr_err *e);

/* The log takes another name (board/adopt.h), and what a witness said of the one before stops it no
 * longer: in this process from hush on, durably with forget. */
void sr_witnessing_hush(struct sr_vault *v);
SR_MUST int sr_witnessing_forget(struct sr_vault *v, struct sr_err *e);

size_t sr_witnessing_count(const struct sr_vault *v);
void sr_witnessing_show(struct sr_cosigning_witness *out, const struct sr_vault *v, size_t i);

#endif
