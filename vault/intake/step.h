/*
 * step - what is done to a held item by itself after its deposit, one step after the other, until
 * nobody but its curators can open it any more (DESIGN 5 "Item key", 9).
 *
 *   deposit, which leaves an intake seal -> inspect -> scan -> ... -> the intake seal is erased
 *
 * A step is a row of sr_intake_steps (steps.c). It works on a sr_holding (intake/holding.h): reads
 * files, says facts of them, adds files (members of containers, renditions). It knows nothing of
 * the ledger: when its turn says DONE, the queue (intake/queue.h) makes one statement `intake` of
 * what it said and added, with a new envelope if anything was added, and opens the item anew for
 * the next step. A step that was killed begins anew: what it added is found again, what it must
 * remember beyond that it keeps itself (sr_holding_note).
 *
 * One thread, core's own, which also answers people: a turn works until ${until_ms} and returns,
 * and never waits: for a child or a scanner it says WAITS and is called again.
 *
 *   begin -> turn* -> end; begin that leaves *out NULL: it is done already
 *
 * Work on one item in a row has a limit (item-seconds, intake/scanners.h), so that others' turn
 * comes whatever is in it. When that time is used up the step at work is told to stop: it says from
 * which file on nothing was done (sr_holding_rest), and its statement says `unfinished`. The item
 * waits until a curator asks for more (sr_queue_again); the same step goes on there then, with what
 * it said of the files before.
 */
#ifndef SR_INTAKE_STEP_H
#define SR_INTAKE_STEP_H

#include "base/bytes.h"

struct sr_holding;

enum sr_turn {
	SR_TURN_AGAIN, /* there is more to do now */
	SR_TURN_WAITS, /* for somebody else */
	SR_TURN_DONE
};

/* How far a step is, for whoever waits. */
struct sr_step_at {
	uint64_t file, files;     /* at work, from 0, of all; files 0: it does not say */
	uint32_t pages, pages_of; /* of that file: done, and all; 0: not known */
};

struct sr_intake_step {
	const char *name; /* a token, of the statement: [a-z][a-z-]* */
	/* It is due while there is no statement `intake` of this name about the item, and this
	 * says so (NULL: always). What is not due makes no statement. */
	int (*due)(bool *due, struct sr_holding *h, struct sr_err *e);
	/* A failure of begin or turn is trouble of the vault or the host, not of the item: the
	 * queue tells it, and tries again later. What is wrong with the item's bytes is a fact. */
	int (*begin)(void **out, struct sr_holding *h, struct sr_err *e);
	int (*turn)(void *state, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e);
	/* The time is used up: begin no other file, say what is left, and be DONE with the files at
	 * hand. ${must}: nothing else came of that time, so that one file at least is to be done:
	 * whoever asks again gets on. NULL: it goes on to its end. */
	int (*stop)(void *state, bool must, struct sr_err *e);
	void (*at)(void *state, struct sr_step_at *out); /* NULL: it does not say */
	void (*end)(void *state);                        /* frees; before or after DONE */
};

/* The result of a step that is to go on, and the fact of its first file that waits. */
#define SR_RESULT_UNFINISHED "unfinished"
#define SR_FACT_REST "rest"
/* How facts of two steps begin that decide the result of a step that goes on: of a text that is not
 * read for what a scanner said, which makes it `partly`; of a container that was deposited with
 * what is in it, whose `unpacked` does not. */
#define SR_FACT_NOT_READ "not read: "
#define SR_FACT_NOT_HERE "not here: "

/* The table, in the order in which they are done; NULL behind the last. */
extern const struct sr_intake_step *const sr_intake_steps[];

/* inspect.c's: what each file is, and the members of containers, as files of the item. */
extern const struct sr_intake_step sr_step_inspect;
/* step_text.c's: what files say, as renditions beside them (intake/pages.h). */
extern const struct sr_intake_step sr_step_text;
/* scan's: what the scanners of this host say of every file. Of each in which one names something it
 * says the fact SR_FACT_SCAN, SR_FACT_INFECTED, the scanner as statements name it, ": " and the
 * name: the steps behind it read that. */
#define SR_FACT_SCAN "scan"
#define SR_FACT_INFECTED "infected by "
extern const struct sr_intake_step sr_step_scan;
/* about's: what other programs say that a file is about. */
extern const struct sr_intake_step sr_step_about;

#endif
