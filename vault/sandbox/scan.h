/*
 * scan - whether bytes hold what a scanner knows: ClamAV's daemon by its unix socket, or a command
 * of the site. Neither is linked, and neither sees more than the bytes.
 *
 * A verdict is an aid. "clean" means that this engine with these signatures named nothing; what was
 * not looked at as a whole is "not scanned", with the reason, and never clean: too large,
 * encrypted, a limit of the scanner, a scanner that died, slept or spoke nonsense.
 *
 *   begin --more--> ... --sent--> answered --end--> verdict; a failure on the way is sticky and
 * comes out as the verdict
 *
 * Nothing here waits but end, before answered says yes: whoever serves people asks takes and
 * answered, and does something else while they say no. A scanner that is stopped, takes no
 * connection, no byte or says nothing is a verdict when its patience is over, and holds nobody.
 *
 * One scan is used by one thread; any number run beside each other, each with a connection or child
 * of its own. clamd: `zINSTREAM`, chunks of be32 length and bytes, a length of 0; the answer ends
 * with NUL. A command gets the bytes on its standard input and says by its status: 0 clean, 1 found
 * (its first line is the name), all else not scanned.
 * Sources: clamd(8); ClamAV 1.4.6, as it answers.
 */
#ifndef SR_SANDBOX_SCAN_H
#define SR_SANDBOX_SCAN_H

#include "base/bytes.h"

enum {
	SR_SCAN_TEXT = 200,
	SR_SCAN_SOCKET_MAX = 107, /* sockaddr_un */
	SR_SCAN_ANSWER_MAX = 4096 /* bytes of an answer that are read: a name and a word */
};

struct sr_scanner {
	char socket[SR_SCAN_SOCKET_MAX + 1]; /* clamd's; "": a command */
	const char *const *command;          /* argv, NULL at its end; borrowed */
	char engine[SR_SCAN_TEXT];           /* "ClamAV 1.4.6/27500", escaped */
	int64_t signatures;                  /* when they were made, seconds; 0: it does not say */
	/* A scan ends after so long without a byte taken or an answer: clamd's own MaxScanTime is
	 * 60 s in the advised configuration. */
	unsigned patience_ms;
	uint64_t bytes_max; /* more are not sent: not scanned; 0: as the scanner likes */
};

/* Ask clamd at ${socket} who it is, which it has 5 s for. IO: nobody answers (says what to do);
 * CORRUPT: nonsense. */
struct sr_asking; /* opaque */
SR_MUST int sr_asking_begin(struct sr_asking **out, const char *socket, struct sr_err *e);
bool sr_asking_answered(struct sr_asking *a);
/* Waits, unless it answered; frees. */
SR_MUST int sr_asking_end(struct sr_asking *a, struct sr_scanner *out, struct sr_err *e);
void sr_asking_drop(struct sr_asking *a); /* NULL allowed */
/* All of it at once. */
SR_MUST int sr_scanner_clamd(struct sr_scanner *out, const char *socket, struct sr_err *e);
/* ${argv} stays the caller's; argv[0] is an absolute path. USAGE: it is not, or cannot be run. */
SR_MUST int sr_scanner_command(struct sr_scanner *out, const char *const *argv, struct sr_err *e);
/* Older than ${age_max} seconds at ${now}, or of unknown age? */
bool sr_scanner_stale(const struct sr_scanner *s, int64_t now, int64_t age_max);

enum sr_scan_result {
	SR_SCAN_CLEAN,
	SR_SCAN_INFECTED,
	SR_SCAN_NOT /* not scanned, or not as a whole */
};
const char *sr_scan_result_name(enum sr_scan_result r); /* clean, infected, not-scanned */
struct sr_scan_verdict {
	enum sr_scan_result result;
	char text[SR_SCAN_TEXT]; /* infected: the signature; not scanned: why; escaped */
	uint64_t bytes;          /* that were handed to it */
	bool silent;             /* not scanned, because its patience was over */
};

struct sr_scan; /* opaque */
/* NOMEM alone; a scanner that does not answer is a verdict. */
SR_MUST int sr_scan_begin(struct sr_scan **out, const struct sr_scanner *s, struct sr_err *e);
/* What it does not take at once is kept in memory, and handed on by the calls that follow: who has
 * much asks sr_scan_takes first. */
void sr_scan_more(struct sr_scan *s, struct sr_bytes data);
/* Has it taken all that it was given? Also true when it takes nothing any more. */
bool sr_scan_takes(struct sr_scan *s);
/* Is the verdict here (or its time over), so that sr_scan_end does not wait? After sr_scan_sent. */
bool sr_scan_answered(struct sr_scan *s);
/* That was all: the scanner may begin to look while something else is sent to another. May be left
 * out. */
void sr_scan_sent(struct sr_scan *s);
/* The verdict; frees. */
void sr_scan_end(struct sr_scan *s, struct sr_scan_verdict *out);
/* Without one; frees. NULL allowed. */
void sr_scan_drop(struct sr_scan *s);

#ifdef SR_TESTING
/* What is made of clamd's ${answer} to a scan, and of the date in it as in its version. */
void sr_scan_judge_test(struct sr_scan_verdict *out, int64_t *signatures, struct sr_bytes answer);
#endif

#endif
