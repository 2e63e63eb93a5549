/*
 * shelf - see shelf.h.
 */
#include "sandbox/shelf.h"

int sr_shelf_begin(struct sr_box **out, struct sr_shelf *s, struct sr_launcher *l,
	const struct sr_box_input *in, const struct sr_box_options *o, struct sr_err *e) {
	struct sr_box_options stays = *o;
	int rc;

	stays.stays = true;
	*out = NULL;
	if (s->count == 0)
		return sr_box_begin(out, l, in, &stays, e);
	*out = s->boxes[--s->count];
	rc = sr_box_again(*out, in, &stays, e);
	if (rc != 0) {
		sr_box_free(*out);
		*out = NULL;
	}
	/* One that ended while it waited is no fault of this input. */
	if (rc == SR_CORRUPT)
		rc = sr_box_begin(out, l, in, &stays, e);
	return rc;
}

void sr_shelf_put(struct sr_shelf *s, struct sr_box *b) {
	if (b != NULL && s->count < SR_SHELF_MAX && sr_box_inputs(b) < SR_SHELF_RECYCLE &&
		sr_box_done(b))
		s->boxes[s->count++] = b;
	else
		sr_box_free(b);
}

void sr_shelf_clear(struct sr_shelf *s) {
	while (s->count > 0)
		sr_box_free(s->boxes[--s->count]);
}
