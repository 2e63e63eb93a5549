/*
 * warc - web archives, read record by record: WARC 0.17 to 1.1 (ISO 28500) and the older ARC 1 and
 * 2 (Internet Archive's), plain or in gzip (a member for each record, or one for all).
 *
 *   WARC record   "WARC/1.0" CRLF, fields "Name: value" CRLF, CRLF, Content-Length bytes, CRLF CRLF
 *   ARC record    "URL IP date type length" LF (version 2: ten words), length bytes, LF; the first
 *                 is "filedesc://..." and names the words
 *
 * A record is handed out with what its fields say, and its payload: of an HTTP message the body,
 * with the chunks of its transfer taken apart (what Content-Encoding did to it stays), of all
 * others the block. Digests that the record names are compared; payload digests are taken for right
 * if they fit the body with or without its chunks, since tools differ.
 *
 * Nothing ends the reading but its limits, its input and its reader: what is no record, or breaks
 * off, is handed out as a record that is not whole, with the reason, and the reading goes on at the
 * next thing that looks like one (in gzip: at the next member). Memory: two windows of 128 KiB.
 *
 * The bytes are hostile. Nothing here knows of files; what a URI says is a name, never a path.
 * Sources: IIPC, "The WARC Format 1.1"; Internet Archive, "ARC File Format Reference" (1996, 2002);
 * RFC 1952 (gzip), RFC 9112 section 7.1 (chunks).
 */
#ifndef SR_PARSER_WARC_H
#define SR_PARSER_WARC_H

#include "base/bytes.h"

enum {
	PAR_WARC_TEXT = 4096, /* of one field kept: URIs of 4 KB; longer ones are cut */
	PAR_WARC_WORD = 128,  /* of types, dates, digests */
	PAR_WARC_HEAD_MAX =
		65536, /* fields of a record, or of an HTTP message: what servers take */
	PAR_WARC_WHY = 200
};

/* A file at which reading began; *${got} 0 at the end. */
struct par_warc_in {
	int (*read)(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e);
	void *ctx;
	uint64_t records_max; /* LIMIT beyond; 0: none */
	uint64_t bytes_max; /* of the file when inflated, so that no bomb goes on for ever; 0: none
			     */
};

struct par_warc_record {
	uint64_t index;  /* from 0 */
	uint64_t offset; /* of its first byte, in the file when inflated */
	bool none;       /* bytes that are no record */
	bool arc;
	char type[PAR_WARC_WORD]; /* response, resource, ...; "arc", "filedesc"; "": it does not say
				   */
	char id[PAR_WARC_TEXT];   /* WARC-Record-ID without its <> */
	char uri[PAR_WARC_TEXT];  /* WARC-Target-URI without <> */
	char date[PAR_WARC_WORD]; /* as it stands there */
	char content_type[PAR_WARC_TEXT]; /* of the block */
	char ip[PAR_WARC_WORD];            /* of who answered */
	char truncated[PAR_WARC_WORD];    /* WARC-Truncated: why whoever captured it stopped */
	uint64_t length;                  /* of the block, as it says */
	bool http;                        /* the block is an HTTP message, and its head was read: */
	char status[PAR_WARC_WORD];       /* its first line, cut */
	char payload_type[PAR_WARC_TEXT]; /* Content-Type */
	char encoding[PAR_WARC_WORD];     /* Content-Encoding: the payload is still in it */
	bool chunked;                     /* Transfer-Encoding: chunked, and it was */
};

enum par_warc_digest {
	PAR_WARC_NO_DIGEST, /* none is named */
	PAR_WARC_SAME,
	PAR_WARC_OTHER,  /* the bytes are not those that the record was made of */
	PAR_WARC_UNKNOWN /* an algorithm that is not known here, or no digest of that size */
};
struct par_warc_end {
	uint64_t bytes; /* of the payload, handed out */
	bool whole;
	char why[PAR_WARC_WHY]; /* when it is not: ASCII, escaped */
	enum par_warc_digest block, payload;
};

/* For each record begin, data (any number), end. A non-zero result stops the reading and is
 * returned. ${r} is there until end returns. */
struct par_warc_out {
	int (*begin)(void *ctx, const struct par_warc_record *r, struct sr_err *e);
	int (*data)(void *ctx, struct sr_bytes payload, struct sr_err *e);
	int (*end)(void *ctx, const struct par_warc_record *r, const struct par_warc_end *j,
		struct sr_err *e);
	void *ctx;
};

struct par_warc_sum {
	uint64_t records, broken;
	uint64_t bytes; /* of the file when inflated */
};

/* Does it begin like one? ${head}: the first bytes, inflated if it was gzip. */
bool par_warc_begins(struct sr_bytes head);

/* 0: read to the end, whatever it was. LIMIT, NOMEM, and what ${in} and ${out} return. */
SR_MUST int par_warc_read(const struct par_warc_in *in, const struct par_warc_out *out,
	struct par_warc_sum *sum, struct sr_err *e);

#endif
