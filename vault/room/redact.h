/*
 * redact - the files of an opened checkout as a redacted version has them: some left out, and
 * ranges of text files replaced by a mark that says how much is missing.
 *
 * For curators: the checkout must be of right quarantine (a held item) or redact (a released one,
 * which a quorum's pieces opened). Bytes are handed out raw; they go into a
 * new item of the same vault and nowhere else (core/ops_redact.c). A gap is a range of bytes of a
 * text in ASCII or UTF-8, on the bounds of characters; in its place stands "[redacted: 17 bytes]".
 *
 * What came out of a file (catalogue/family.h: members of a container, the texts that the vault
 * made) says again what the file says. So it goes with a file that is left out or has gaps, unless
 * the plan keeps it or has gaps in it, and a member that is left out or has gaps while its
 * container stays whole is refused. So is a plan that leaves a copy of a file that goes or has gaps
 * whole, unless it says that the copy is to be kept.
 */
#ifndef SR_ROOM_REDACT_H
#define SR_ROOM_REDACT_H

#include "room/room.h"

enum {
	SR_REDACT_MAX = 65536, /* files left out, kept, and gaps, of one redaction: 2 MiB of plan */
	SR_REDACT_MARK = 48    /* bytes of a mark, with its NUL */
};

struct sr_family; /* catalogue/family.h */

struct sr_gap {
	uint64_t file;
	uint64_t from, to; /* bytes [from, to) */
};
struct sr_redaction {
	uint64_t *left_out; /* ascending */
	size_t left_count;
	struct sr_gap *gaps; /* in order of file and place, without overlap */
	size_t gap_count;
	/* ascending: stay, though what they came out of, or are a copy of, is left out or has gaps
	 */
	uint64_t *kept;
	size_t kept_count;
	/* Once the plan was checked against what is open, and as long as that is; else NULL. */
	struct sr_family *family;
	uint8_t *fate; /* of each file */
};
void sr_redaction_free(struct sr_redaction *p);
/* le32 count, le64 each left out; le32 count, le64 file, from, to each gap; le32 count, le64 each
 * kept. CORRUPT: out of order, or nothing to do. Free in every case. */
SR_MUST int sr_redaction_read(struct sr_redaction *out, struct sr_bytes body, struct sr_err *e);
void sr_redaction_put(struct sr_buf *out, const struct sr_redaction *p);

/* Does the plan fit what is open? Reads every file with gaps, and finds out which files stay:
 * USAGE: no such file, a range beyond its end or inside a character, a file that is left out and
 * has gaps or is kept, nothing would be left; a gap in, or leaving out, what came out of a file
 * which stays whole (but a text that the vault made may be left out alone), or in a file of which a
 * copy stays whole; UNSUPPORTED: no text.
 */
struct sr_redacting {
	struct sr_room *room;
	uint8_t checkout[SR_ID];
	const char *person;
	struct sr_redaction *plan;
};
SR_MUST int sr_redact_check(const struct sr_redacting *r, struct sr_err *e);
bool sr_redact_leaves_out(const struct sr_redaction *p, uint64_t file);
/* Of a plan that was checked: is file ${file} left out, by the plan or because of what it came out
 * of? */
bool sr_redact_drops(const struct sr_redaction *p, uint64_t file);
/* The file that stays of those that ${file} came out of, the closest one; false: none. */
bool sr_redact_source(uint64_t *source, const struct sr_redaction *p, uint64_t file);

/* One file as it will be, in order, in the same call as the check. Begin with {.file = n}. *got 0
 * at the end; ${len} at least SR_REDACT_MARK. */
struct sr_redact_cursor {
	uint64_t file, at;
	size_t gap; /* index of the next one to look at */
};
SR_MUST int sr_redact_read(const struct sr_redacting *r, struct sr_redact_cursor *c, uint8_t *out,
	size_t len, size_t *got, struct sr_err *e);

#endif
