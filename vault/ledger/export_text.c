/*
 * export_text - what stands beside an exported log, for whoever finds it without us.
 */
#include "ledger/export.h"

static const char text[] =
	"\n"
	"This folder is a transparency log: a list of entries to which one only ever adds,\n"
	"and which shows it. The formats are public: C2SP tlog-tiles, tlog-checkpoint,\n"
	"signed-note, tlog-cosignature (https://c2sp.org), with the hash tree of RFC 6962\n"
	"over SHA-256. Any tool for these reads it, over a web server or as files.\n"
	"\n"
	"  checkpoint       signed note: origin, number of entries n, root of the tree\n"
	"                   (base64), an empty line, signatures (the log's, its witnesses')\n"
	"  tile/entries/N   entries 256*N to 256*N+255: for each its length as two bytes (the\n"
	"                   higher first), then its bytes. N is written in groups of three\n"
	"                   digits, each but the last with x before it: 1234 is x001/234\n"
	"  tile/L/N         hash tile: 256 hashes of 32 bytes. On level 0 those of entries,\n"
	"                   on level L+1 those over 256 hashes of level L each\n"
	"  .../N.p/W        the first W entries, or hashes, of one that is not full yet\n"
	"  epochs/N         keys of epochs, boxed to the auditors of then by entry N: they open\n"
	"                   the structural parts with `strongroom log --export .`; none else does\n"
	"  vkey             the log's public key: do not believe it because it lies here\n"
	"  key-change.N     if the log changed its key, or its name because entries were lost:\n"
	"                   the next one, signed by the one before\n"
	"\n"
	"To check it by hand:\n"
	"  hash of an entry    SHA-256(0x00, entry)\n"
	"  hash of two hashes  SHA-256(0x01, left, right)\n"
	"  root of n hashes    n = 1: the hash; else the hash of two: the root of the first k\n"
	"                      and that of the rest, k the largest power of two below n\n"
	"  signature           base64 of 4 bytes of key id and 64 of Ed25519, over the note up\n"
	"                      to and with the newline before the empty line. key id = the\n"
	"                      first 4 of SHA-256(name, 0x0A, 0x01, public key)\n"
	"  cosignature         4 bytes of key id, 8 of time (seconds since 1970, the higher\n"
	"                      first), 64 of Ed25519 over \"cosignature/v1\\ntime T\\n\" and the\n"
	"                      note's text\n"
	"\n"
	"With Strongroom's own reader, which needs no vault:\n"
	"  strongroom-verify log . --key VKEY\n"
	"  strongroom-verify log . --key VKEY --since OLDER-CHECKPOINT-OR-RECEIPT\n"
	"The key belongs on paper: `strongroom board minutes` prints it for the founding\n"
	"members to sign. What this folder alone cannot show: that the log was not cut back to\n"
	"an earlier state, or written anew by whoever holds its key. An older checkpoint, a\n"
	"receipt, or the cosignature of a witness shows that; keep what you have.\n"
	"\n"
	"The entries are sealed. Each begins \"SRE1\" and has three compartments: who did what\n"
	"to which thing (structural), titles and descriptions (descriptive), names and reasons\n"
	"(personal), each under keys of their own, so that what must be forgotten can be.\n"
	"Whoever was given an entry's keys opens it. All formats are in formats.txt, and\n"
	"reader.py reads them with Python 3 and nothing else, should Strongroom be gone:\n"
	"  python3 reader.py log . VKEY            checks this folder\n"
	"  python3 reader.py proof FILE VKEY       a receipt of one entry\n"
	"  python3 reader.py open NAME VKEY        reads NAME.tlog-proof with NAME.keys\n";

void sr_export_readme(struct sr_buf *out, const char *origin, struct sr_bytes vkey) {
	sr_buf_put_str(out, "The log of ");
	sr_buf_put_str(out, origin);
	sr_buf_put_str(out, "\nkey ");
	sr_buf_put_bytes(out, vkey);
	sr_buf_put_str(out, "\n");
	sr_buf_put_str(out, text);
}
