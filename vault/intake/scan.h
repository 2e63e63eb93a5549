/*
 * scan - the files of an opened item go to a scanner, a few beside each other, and what it says
 * becomes the statement `scan`.
 *
 *   begin -> turn* until DONE -> log -> free
 *
 * Only what was looked at as a whole, and without a name, is clean; what is not regular has no
 * bytes and is not scanned, with what it is; so is a file whose bytes are not those of the deposit.
 * Paths and names of the first findings are kept with the statement, under the item's descriptive
 * key; the counts are of all.
 *
 * A turn never waits for the scanner; one that was silent about as many files as go beside each
 * other is not asked about those that follow, each of which would cost its whole patience. One
 * thread.
 */
#ifndef SR_INTAKE_SCAN_H
#define SR_INTAKE_SCAN_H

#include "board/vault.h"
#include "intake/step.h"
#include "sandbox/scan.h"
#include "store/reader.h"

struct sr_filescan; /* opaque */

/* ${s} outlives it. */
SR_MUST int sr_filescan_begin(
	struct sr_filescan **out, const struct sr_scanner *s, struct sr_err *e);
void sr_filescan_free(struct sr_filescan *x); /* NULL allowed */

struct sr_filescan_told { /* what is found, file by file, in order, but for the clean ones */
	int (*found)(void *ctx, uint64_t file, struct sr_bytes path,
		const struct sr_scan_verdict *v, struct sr_err *e); /* NULL: nobody is told */
	void *ctx;
};
/* ${it}: the same item at every turn. */
SR_MUST int sr_filescan_turn(struct sr_filescan *x, struct sr_item *it, uint64_t until_ms,
	const struct sr_filescan_told *told, enum sr_turn *turn, struct sr_err *e);

struct sr_filescan_counts {
	uint64_t clean, infected, not_scanned, files;
	enum sr_scan_result result;
};
void sr_filescan_counts(const struct sr_filescan *x, struct sr_filescan_counts *out);

/* Which files were named, without saying which: the statement's `named` is a hash of their
 * positions in order, under the vault's own key. Two scans with the same one named the same files,
 * whatever they call what is in them: what a curator decided about the first holds for the second
 * (catalogue/apply_flag.c). ${chain} begins as zeros. */
void sr_named_add(uint8_t chain[SR_HASH], uint64_t file);

/* The statement. ${checkout}: SR_ID bytes of the look that it was made in; NULL: the vault's own.
 */
struct sr_filescan_of {
	const uint8_t *item;
	uint32_t number;
	const uint8_t *checkout;
};
SR_MUST int sr_filescan_log(const struct sr_filescan *x, struct sr_vault *v,
	const struct sr_filescan_of *of, uint64_t *entry, struct sr_err *e);

/* An engine's name as a token of the ledger: no spaces, and the slashes that part engine from
 * signatures. */
void sr_scanner_name(char out[SR_SCAN_TEXT], const char *engine);

/* What it has come to, so that a kill costs no more than the files at work; and to go on from it,
 * directly after begin. CORRUPT: a note of another scanner, or of other signatures. */
SR_MUST int sr_filescan_note(const struct sr_filescan *x, struct sr_buf *out, struct sr_err *e);
SR_MUST int sr_filescan_resume(struct sr_filescan *x, struct sr_bytes note, struct sr_err *e);

/* A verdict about an item that no scanner of this host was asked for: ${scanner} [!-~]. */
struct sr_verdict_of {
	const uint8_t *item;
	uint32_t number;
	const char *scanner;
	int64_t signatures; /* 0: it does not say */
	struct sr_filescan_counts counts;
	const char *const *findings;
	size_t finding_count;
	const uint8_t *named; /* SR_HASH bytes: the chain; NULL: not known */
};
SR_MUST int sr_verdict_log(struct sr_vault *v, const struct sr_verdict_of *of,
	const uint8_t *checkout, uint64_t *entry, struct sr_err *e);

#endif
