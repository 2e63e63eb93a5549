/*
 * file_lists - the file lists of an accession's items (catalogue/lists.h), from the end of each
 * item until a statement names them.
 *
 * The first SR_FILE_LISTS_HELD bytes of them stay in memory; what comes after goes to
 * run/accession-<32 hex>.lists, so that memory does not grow with the number of items:
 *
 *   without gaps, one for each list: aead (label "strongroom/accession-list/v1", associated data
 *   accession, le64 ordinal of the item) under the accession's journal key
 *
 * Written without waiting: the settle before the statement waits for it, as for all of run/.
 * Where each list lies is said by run/accession-<..>.keep alone; a deposit that begins anew, or is
 * gone on with, writes over what is there.
 */
#ifndef SR_INTAKE_FILE_LISTS_H
#define SR_INTAKE_FILE_LISTS_H

#include "base/fs.h"
#include "crypto/aead.h"

enum {
	/* bytes: 10,000 files, so that a deposit of fewer makes no file more */
	SR_FILE_LISTS_HELD = 1 << 20
};

struct sr_file_lists; /* opaque; one thread */

/* Where list ${i} lies in the file; length 0: it is held in memory. */
struct sr_file_list_place {
	uint64_t offset, length;
};

/* ${run} is borrowed, the key copied. */
SR_MUST int sr_file_lists_new(struct sr_file_lists **out, struct sr_dir *run,
	const uint8_t accession[SR_ID], const uint8_t key[SR_KEY], struct sr_err *e);
/* Takes what is in ${body}, a secret buffer, as the next item's list; ${body} is empty then. NOMEM,
 * or what the disk says (NOSPC, IO). */
SR_MUST int sr_file_lists_add(struct sr_file_lists *l, struct sr_buf *body, struct sr_err *e);
struct sr_file_list_place sr_file_lists_place(const struct sr_file_lists *l, size_t i);
/* What is held in memory; empty for what lies in the file. A view until free. */
struct sr_bytes sr_file_lists_held(const struct sr_file_lists *l, size_t i);
/* The body of list ${i}, appended to ${out}, a secret buffer. AUTH, CORRUPT: not what was put
 * there. */
SR_MUST int sr_file_lists_get(
	struct sr_file_lists *l, size_t i, struct sr_buf *out, struct sr_err *e);
/* Closes and wipes; the file stays. NULL allowed. */
void sr_file_lists_free(struct sr_file_lists *l);

/* After a kill, out of what .keep says. NOTFOUND: there is no such file. */
SR_MUST int sr_file_lists_read(struct sr_dir *run, const uint8_t accession[SR_ID],
	const uint8_t key[SR_KEY], uint64_t ordinal, struct sr_file_list_place at,
	struct sr_buf *out, struct sr_err *e);
/* The file is of no use any more. That there is none is no failure. */
SR_MUST int sr_file_lists_remove(
	struct sr_dir *run, const uint8_t accession[SR_ID], struct sr_err *e);
#ifdef SR_TESTING
void sr_file_lists_hold(size_t bytes); /* instead of SR_FILE_LISTS_HELD */
#endif

#endif
