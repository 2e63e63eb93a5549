/*
 * scanners - which scanners this host has: DIR/scanners, written by whoever runs the vault. A line
 *
 *   clamd /run/clamav/clamd.ctl        the socket of a clamd
 *   command /usr/local/bin/scan -q     a program, and its words (no quoting)
 *   limit members 20000                a limit of intake, as in struct sr_intake_limits: depth,
 *                                      members, bytes, ratio, name (of containers), text-bytes,
 *                                      texts, item-seconds, scan-bytes,
 *                                      signatures-days
 *   ocr eng+ara                in which languages OCR reads (intake/tongues.h)
 *   # a comment
 *
 * Its first line is a MAC of the rest under the vault's own key: a command in it is run by the
 * process that holds the keys, so whoever has only the disks must not be able to write one.
 * Nothing that a scanner says is believed: `scan` statements name the scanner.
 *
 *   hex of BLAKE2b(label "strongintake/scanners/v1", key quarantine_key; fingerprint, text) LF
 *   text
 */
#ifndef SR_INTAKE_SCANNERS_H
#define SR_INTAKE_SCANNERS_H

#include "board/vault.h"
#include "intake/tongues.h"
#include "sandbox/scan.h"

enum {
	SR_SCANNERS_MAX = 4,    /* each looks at every byte again */
	SR_SCANNER_WORDS = 16,  /* of a command */
	SR_SCANNERS_FILE = 8192 /* bytes of the text */
};

struct sr_intake_limits {
	uint32_t depth;   /* containers in containers: SR_INSPECT_DEPTH, at most SR_BOX_DEPTH_MAX */
	uint32_t members; /* of one container: SR_INSPECT_MEMBERS */
	uint64_t bytes;   /* of what comes out of one item: 4 GiB, at most SR_INTAKE_BYTES_MAX */
	uint32_t ratio;   /* bytes out for a byte in (64 MiB are free): SR_INSPECT_RATIO */
	uint32_t name;    /* bytes of a member's path with its container's: SR_PATH_MAX */
	uint64_t text_bytes; /* of the texts of one item: 4 GiB, at most SR_INTAKE_BYTES_MAX */
	uint32_t texts;      /* of one item: SR_INTAKE_TEXTS_MAX */
	/* of work on one item in a row, before it waits until somebody asks for more
	 * (intake/step.h): 4 h, the longest file whose text is read (intake/pages.h) */
	uint64_t item_ms;
	uint64_t scan_bytes; /* of a file; more are not scanned; 0: as the scanner likes */
	int64_t signatures;  /* seconds; a scan with older ones is stale: 7 days */
};
#define SR_INTAKE_BYTES_MAX                                                  \
	(UINT64_C(12) << 30) /* the statement names its packs: 400 of 32 MiB \
			      */

/* Half of the facts of a step (SR_FACTS_MAX): the other half says what came of each file. */
#define SR_INTAKE_TEXTS_MAX 100000

struct sr_scanners {
	struct sr_intake_limits limits;
	struct sr_tongues tongues;
	struct sr_scanner rows[SR_SCANNERS_MAX];
	size_t count;
	struct sr_asking *asking[SR_SCANNERS_MAX]; /* who did not say yet who it is */
	unsigned line[SR_SCANNERS_MAX];            /* of the text */
	const char *words[SR_SCANNERS_MAX][SR_SCANNER_WORDS + 1];
	char text[SR_SCANNERS_FILE + 1]; /* what words point into */
};

/* Read the file and ask each. No file: count 0. USAGE: a line that is none, or too many, with its
 * number; IO, CORRUPT: one that does not answer; AUTH: the file was not written under these keys.
 */
SR_MUST int sr_scanners_open(struct sr_scanners **out, struct sr_vault *v, struct sr_err *e);
/* The same without waiting for any, for who serves people meanwhile: begin, ready until *${ready}.
 */
SR_MUST int sr_scanners_begin(struct sr_scanners **out, struct sr_vault *v, struct sr_err *e);
SR_MUST int sr_scanners_ready(struct sr_scanners *s, bool *ready, struct sr_err *e);
void sr_scanners_free(struct sr_scanners *s); /* NULL allowed */
/* The limits alone, without asking anybody. No file, or no line: those named above. */
SR_MUST int sr_intake_limits(struct sr_intake_limits *out, struct sr_vault *v, struct sr_err *e);
/* And its languages of OCR. */
SR_MUST int sr_intake_tongues(struct sr_tongues *out, struct sr_vault *v, struct sr_err *e);
/* Does the host name a scanner? */
SR_MUST int sr_scanners_any(bool *any, struct sr_vault *v, struct sr_err *e);
/* Judge ${text} as open would, without asking anybody. */
SR_MUST int sr_scanners_check(struct sr_bytes text, struct sr_err *e);
/* Put it in place; empty: there are none any more. */
SR_MUST int sr_scanners_write(struct sr_vault *v, struct sr_bytes text, struct sr_err *e);

#endif
