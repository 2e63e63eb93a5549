/*
 * shelf - sandboxes that are done and wait for another input of the same deposit: one costs ten
 * times what another process in it does (sandbox/box.h).
 *
 *   begin: from the shelf, or a new one -> the box's own life -> put: back, if it is done; else
 * freed
 *
 * A box is made anew after SR_SHELF_RECYCLE inputs, since its foreman's own processor time counts
 * against its limit.
 */
#ifndef SR_SANDBOX_SHELF_H
#define SR_SANDBOX_SHELF_H

#include "sandbox/box.h"

enum {
	SR_SHELF_MAX = 8,       /* boxes that wait */
	SR_SHELF_RECYCLE = 1000 /* inputs of one */
};

struct sr_shelf {
	struct sr_box *boxes[SR_SHELF_MAX];
	size_t count;
};

/* As sr_box_begin. The limits of all that are begun from one shelf are the same, but for the clock.
 */
SR_MUST int sr_shelf_begin(struct sr_box **out, struct sr_shelf *s, struct sr_launcher *l,
	const struct sr_box_input *in, const struct sr_box_options *o, struct sr_err *e);
void sr_shelf_put(struct sr_shelf *s, struct sr_box *b); /* NULL allowed */
void sr_shelf_clear(struct sr_shelf *s);

#endif
