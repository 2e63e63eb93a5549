/*
 * wire - what a sandboxed child and its parent say to each other: one message a frame, over a
 * SOCK_SEQPACKET pair, so a frame's length is the message's. Both sides encode and decode here; the
 * parent believes nothing else of a child.
 *
 *   u8 type, then            (integers little-endian, "lp": le32 length and bytes)
 *   'H' child   hello        le32 version
 *   'J' parent  job          u8 what, u8 argument, le64 size of the input, le32 members, le64
 *                            bytes, le32 depth: what may come out; le32 page, lp languages
 *   'R' child   read         le64 offset, le32 length 1..SR_BOX_READ_MAX, within the input
 *   'A' parent  answer       those bytes, all of them
 *   'M' child   member       u8 kind, u8 depth 1.., le64 size as claimed (UINT64_MAX: not said),
 *                            le64 seconds, lp path, lp target
 *   'D' child   data         1..SR_BOX_DATA_MAX bytes of the member at hand
 *   'F' child   fact         lp key, lp value: of the member at hand, else of the input
 *   'E' child   member's end u8 status, lp reason
 *   'Z' child   done         u8 status, lp reason; nothing of this job follows
 *
 * Order: H, then (J, then (R A | F | M (R A | D | F)* E)*, Z)*: a child that has said Z waits for
 * another job, until its parent hangs up. With J comes the input, as an open sealed memory file
 * (SCM_RIGHTS), or none, and then it is asked for. Paths and targets are bytes as the container has
 * them, names and never places; reasons and values are UTF-8 as sr_escape writes it (they stand in
 * lines of ours, so nothing in them ends a line or a page), keys are [a-z-], languages [a-z_+].
 */
#ifndef SR_SANDBOX_WIRE_H
#define SR_SANDBOX_WIRE_H

#include "base/bytes.h"

enum {
	SR_BOX_VERSION = 2,
	SR_BOX_READ_MAX = 65536,   /* bytes of one read: a socket's buffer holds three */
	SR_BOX_DATA_MAX = 65536,   /* bytes of one data frame */
	SR_BOX_PATH_MAX = 4096,    /* bytes of a path: SR_PATH_MAX */
	SR_BOX_KEY_MAX = 32,       /* of a fact's key */
	SR_BOX_VALUE_MAX = 1024,   /* of its value */
	SR_BOX_LANGUAGES_MAX = 63, /* of a job's languages: eight of them */
	SR_BOX_REASON_MAX = 300,   /* SR_FILE_NOTE_MAX is no smaller */
	SR_BOX_FACTS_MAX = 64,     /* facts of one member, or of the input */
	SR_BOX_DEPTH_MAX = 32,     /* of a member; a job asks for less */
	SR_BOX_FRAME_MAX = SR_BOX_DATA_MAX + 16
};

enum sr_frame_type {
	SR_FRAME_HELLO = 'H',
	SR_FRAME_JOB = 'J',
	SR_FRAME_READ = 'R',
	SR_FRAME_ANSWER = 'A',
	SR_FRAME_MEMBER = 'M',
	SR_FRAME_DATA = 'D',
	SR_FRAME_FACT = 'F',
	SR_FRAME_END = 'E',
	SR_FRAME_DONE = 'Z'
};

enum sr_box_what {
	SR_BOX_IDENTIFY = 1, /* facts only */
	SR_BOX_UNPACK,       /* facts, and members to any depth */
	SR_BOX_ESCAPE,       /* try to get out, in way number `argument` (parser/escape.c) */
	SR_BOX_TEXT,         /* facts, and a member for each page: its text (parser/text.h) */
	SR_BOX_DRAW,         /* one member: page `page`, as grey pixels (parser/draw.h) */
	SR_BOX_ABOUT         /* facts: what other programs say of it (parser/about.h) */
};

enum sr_member_kind {
	SR_MEMBER_FILE = 1,
	SR_MEMBER_FOLDER,
	SR_MEMBER_SYMLINK,
	SR_MEMBER_HARDLINK,
	SR_MEMBER_SPECIAL, /* device, pipe, socket */
	SR_MEMBER_KINDS
};

enum sr_box_status {
	SR_BOX_WHOLE = 0,
	SR_BOX_BROKEN,    /* bytes break its format */
	SR_BOX_CAPPED,    /* a limit of the job ended it */
	SR_BOX_ENCRYPTED, /* under a password */
	SR_BOX_UNREAD,    /* a form that is not read here */
	SR_BOX_STATUSES
};
const char *sr_box_status_name(enum sr_box_status s);
const char *sr_member_kind_name(enum sr_member_kind k);

struct sr_box_job {
	enum sr_box_what what;
	uint8_t argument;
	uint64_t size;    /* of the input */
	uint32_t members; /* at most */
	uint64_t bytes;   /* of all members together, at most */
	uint32_t depth;   /* of containers in containers, at most */
	uint32_t page;    /* DRAW: which, from 1; TEXT: the last that is read, 0: as it likes */
	/* TEXT: what pages without text are read in ("ara+eng"); "": they are not read. */
	char languages[SR_BOX_LANGUAGES_MAX + 1];
};

/* [a-z_], in words between single `+`; or nothing. */
bool sr_box_languages_valid(struct sr_bytes v);

struct sr_member {
	enum sr_member_kind kind;
	unsigned depth;
	uint64_t size; /* claimed; UINT64_MAX: not said */
	int64_t mtime;
	struct sr_bytes path, target;
};

struct sr_frame {
	enum sr_frame_type type;
	uint32_t version;           /* H */
	struct sr_box_job job;      /* J */
	uint64_t offset;            /* R */
	uint32_t length;            /* R */
	struct sr_bytes data;       /* A, D */
	struct sr_member member;    /* M */
	struct sr_bytes key, value; /* F */
	enum sr_box_status status;  /* E, Z */
	struct sr_bytes reason;     /* E, Z */
};

/* Append the frame to ${out}, which should be empty. Limits are the caller's (asserted). */
void sr_frame_put(struct sr_buf *out, const struct sr_frame *f);
/* Views into ${in}. CORRUPT: anything else than one frame in its limits; order and amounts are the
 * reader's business. */
SR_MUST int sr_frame_get(struct sr_frame *f, struct sr_bytes in, struct sr_err *e);

#endif
