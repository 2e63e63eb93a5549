/*
 * mail - messages (RFC 5322, MIME: RFC 2045 to 2047) and mailboxes of them (mbox).
 *
 *   mbox      "From " begins a message at the start and after each empty line; the message is the
 *             lines that follow, as they are (">From " stays: what wrote it is not known)
 *   message   header, empty line, body; a multipart body has parts between lines "--boundary" and
 *             after "--boundary--" nothing
 *
 * Messages of an mbox become members 000001.eml; parts of a message become members 01-NAME, or
 * 01.TYPE without a name, decoded from base64 and quoted-printable. Multiparts in multiparts are
 * walked to PAR_MAIL_DEPTH; a message in a message is a member that is taken apart in its turn.
 * Names are as encoded.h reads them, without what would be a line. The charset that a part says is
 * a fact of it; its bytes stay.
 *
 * Lines end with LF or CR LF. What cannot be decoded is passed over in base64 and kept in
 * quoted-printable, and said.
 */
#ifndef SR_PARSER_MAIL_H
#define SR_PARSER_MAIL_H

#include "parser/stream.h"

enum {
	PAR_MAIL_DEPTH = 16,       /* multiparts in one another */
	PAR_MAIL_HEADER = 64 << 10 /* bytes of one header that are read; the rest is passed over */
};

/* Does it begin as one? An mbox: "From ", then a header. A message: headers of which two are those
 * that messages have. */
bool par_is_mbox(struct sr_bytes head);
bool par_is_mail(struct sr_bytes head);
/* From, to, subject, date, message-id of the header at ${head}, as facts. */
void par_mail_facts(const struct par_sink *to, struct sr_bytes head);
void par_mbox(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth);
void par_mail(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth);

#endif
