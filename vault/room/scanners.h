/*
 * scanners - which scanners this host has: DIR/scanners, written by whoever runs the vault. A line
 *
 *   clamd /run/clamav/clamd.ctl        the socket of a clamd
 *   command /usr/local/bin/scan -q     a program, and its words (no quoting)
 *   # a comment
 *
 * It says what may be asked, and nothing is believed of it: `scan` statements name the scanner.
 */
#ifndef SR_ROOM_SCANNERS_H
#define SR_ROOM_SCANNERS_H

#include "board/vault.h"
#include "sandbox/scan.h"

enum {
	SR_SCANNERS_MAX = 4,    /* each looks at every byte again */
	SR_SCANNER_WORDS = 16,  /* of a command */
	SR_SCANNERS_FILE = 8192 /* bytes of the file */
};

struct sr_scanners {
	struct sr_scanner rows[SR_SCANNERS_MAX];
	size_t count;
	const char *words[SR_SCANNERS_MAX][SR_SCANNER_WORDS + 1];
	char text[SR_SCANNERS_FILE + 1]; /* what words point into */
};

/* Read the file and ask each. No file: count 0. USAGE: a line that is none, or too many, with its
 * number; IO, CORRUPT: one that does not answer. */
SR_MUST int sr_scanners_open(struct sr_scanners **out, struct sr_vault *v, struct sr_err *e);
/* Judge ${text} as open would, without asking anybody. */
SR_MUST int sr_scanners_check(struct sr_bytes text, struct sr_err *e);
/* Put it in place; empty: there are none any more. */
SR_MUST int sr_scanners_write(struct sr_vault *v, struct sr_bytes text, struct sr_err *e);

#endif
