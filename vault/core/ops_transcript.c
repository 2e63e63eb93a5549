/*
 * transcript.add: the time-coded transcript of a file of an item that a curator has open.
 */
#include "core/ops_in.h"
#include "intake/transcript.h"
#include "room/room.h"

/* Of a right that lets a curator make something of the item. */
static int look_of(
	struct sr_transcribing *t, struct sr_x *x, struct sr_checkout_row *c, struct sr_err *e) {
	int rc = sr_own_checkout(c, x, e);
	if (rc == 0 && strcmp(c->right, "quarantine") != 0 && strcmp(c->right, "redact") != 0)
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s: a transcript is added by a curator in a "
			"look at a held item (right quarantine), or at a released one by the "
			"board's leave (right redact)",
			c->right);
	if (rc == 0)
		rc = sr_room_look(
			x->core->room, t->look.checkout, x->caller.person, &t->look.it, e);
	t->look.item = c->item;
	return rc;
}

int sr_op_transcript_add(struct sr_x *x, struct sr_err *e) {
	struct sr_transcribing t = {.text = sr_in_body(x)};
	struct sr_transcribed done = {.file = 0};
	struct sr_checkout_row c = {.has_grant = false};
	char language[SR_IN_TEXT];
	struct sr_buf *head = &x->r->head;
	uint8_t id[SR_ID];
	if (!sr_in_id(x, "checkout", id) || !sr_in_dec(x, "file", &t.file))
		return sr_fail(e, SR_MISUSE, "transcript.add without a checkout, or a file");
	t.look.checkout = id;
	if (*sr_in_str(x, "language", language) != '\0')
		t.language = language;
	int rc = look_of(&t, x, &c, e);
	if (rc == 0)
		rc = sr_transcribe(&done, x->vault, &t, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(head, "item", c.item, SR_ID);
	sr_text_put_dec(head, "file", done.file);
	sr_text_put_dec(head, "number", done.number);
	sr_text_put(head, "form", done.read.form == SR_TRANSCRIPT_VTT ? "webvtt" : "subrip");
	sr_text_put_dec(head, "cues", done.read.cues);
	sr_text_put_dec(head, "speakers", done.read.speakers);
	sr_text_put_dec(head, "entry", done.entry);
	return sr_after_commit(x->core, e);
}
