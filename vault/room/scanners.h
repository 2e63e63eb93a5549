/*
 * scanners - which scanners this host has: DIR/scanners, written by whoever runs the vault. A line
 *
 *   clamd /run/clamav/clamd.ctl        the socket of a clamd
 *   command /usr/local/bin/scan -q     a program, and its words (no quoting)
 *   # a comment
 *
 * Its first line is a MAC of the rest under the vault's own key: a command in it is run by the
 * process that holds the keys, so whoever has only the disks must not be able to write one.
 * Nothing that a scanner says is believed: `scan` statements name the scanner.
 *
 *   hex of BLAKE2b(label "strongroom/scanners/v1", key quarantine_key; fingerprint, text) LF
 *   text
 */
#ifndef SR_ROOM_SCANNERS_H
#define SR_ROOM_SCANNERS_H

#include "board/vault.h"
#include "sandbox/scan.h"

enum {
	SR_SCANNERS_MAX = 4,    /* each looks at every byte again */
	SR_SCANNER_WORDS = 16,  /* of a command */
	SR_SCANNERS_FILE = 8192 /* bytes of the text */
};

struct sr_scanners {
	struct sr_scanner rows[SR_SCANNERS_MAX];
	size_t count;
	const char *words[SR_SCANNERS_MAX][SR_SCANNER_WORDS + 1];
	char text[SR_SCANNERS_FILE + 1]; /* what words point into */
};

/* Read the file and ask each. No file: count 0. USAGE: a line that is none, or too many, with its
 * number; IO, CORRUPT: one that does not answer; AUTH: the file was not written under these keys.
 */
SR_MUST int sr_scanners_open(struct sr_scanners **out, struct sr_vault *v, struct sr_err *e);
/* Judge ${text} as open would, without asking anybody. */
SR_MUST int sr_scanners_check(struct sr_bytes text, struct sr_err *e);
/* Put it in place; empty: there are none any more. */
SR_MUST int sr_scanners_write(struct sr_vault *v, struct sr_bytes text, struct sr_err *e);

#endif
