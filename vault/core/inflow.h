/*
 * inflow - a deposit whose files arrive in messages, while intake/deposit.h pulls them through a
 * read callback.
 *
 * A file that comes in more than one message is read by a thread of its own, but that thread and
 * the caller never run at the same time: feeding hands it one piece and waits until the piece is
 * used up (or the file is done), so everything below sees one thread, and at most one message of
 * content is in memory here. What lies in one message as a whole needs no hand-over (for small
 * files it would cost more than all the rest). Only calls of one thread, in this order:
 *
 *   new -> (item_begin -> ([age ->] (file -> feed* -> file_end | whole))* -> item_end)* -> finish
 * -> submission -> free any failure of the store is sticky; free leaves what a resume needs, abort
 * removes everything
 */
#ifndef SR_CORE_INFLOW_H
#define SR_CORE_INFLOW_H

#include "core/rows.h"
#include "intake/deposit.h"

struct sr_inflow; /* opaque */

struct sr_inflow_options {
	const uint8_t *collection; /* SR_ID */
	const char *depositor;
	const uint8_t *resume; /* or NULL */
	bool redacted;         /* its envelopes are of a redacted version */
};
SR_MUST int sr_inflow_new(struct sr_inflow **out, struct sr_vault *v,
	const struct sr_inflow_options *o, struct sr_err *e);
const uint8_t *sr_inflow_accession(const struct sr_inflow *s);
SR_MUST int sr_inflow_item_begin(struct sr_inflow *s, struct sr_bytes title, struct sr_err *e);
SR_MUST int sr_inflow_item_end(struct sr_inflow *s, struct sr_err *e);
/* ${f}: path, media type, kind, note, times, size expected; its read is ours. Copied. */
SR_MUST int sr_inflow_file(struct sr_inflow *s, const struct sr_ingest_file *f, struct sr_err *e);
/* The next file, which must be a regular one, brings an age file for the vault's recipient
 * (intake/recipient.h), in armor or not: what is in it is stored, not itself. One that does not
 * open to its end becomes an unreadable file, with the reason. */
SR_MUST int sr_inflow_age(struct sr_inflow *s, struct sr_err *e);
SR_MUST int sr_inflow_feed(struct sr_inflow *s, struct sr_bytes data, struct sr_err *e);
/* The file at hand, which ends next, was written to while it was read. */
void sr_inflow_changed(struct sr_inflow *s);
/* ${broken}: the depositor could not read further, for this reason; p == NULL: the file is whole.
 */
SR_MUST int sr_inflow_file_end(struct sr_inflow *s, struct sr_bytes broken, struct sr_err *e);
/* A file that is there as a whole: ${records}: D records as of deposit.put (core/ops.h), which are
 * well formed. The same as file, feed for each, file_end, without the thread. */
SR_MUST int sr_inflow_whole(struct sr_inflow *s, const struct sr_ingest_file *f,
	struct sr_bytes records, struct sr_bytes broken, struct sr_err *e);
SR_MUST int sr_inflow_finish(struct sr_inflow *s, struct sr_deposit_sign *out, struct sr_err *e);
SR_MUST int sr_inflow_hooks(struct sr_inflow *s, struct sr_submission *sub, struct sr_err *e);
/* Rows `file` of what became known since the last call, appended to ${body} as one list. */
void sr_inflow_results(struct sr_inflow *s, struct sr_buf *body);
void sr_inflow_free(struct sr_inflow *s);                           /* NULL allowed */
SR_MUST int sr_inflow_abort(struct sr_inflow *s, struct sr_err *e); /* frees */

#endif
