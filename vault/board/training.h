/*
 * training - does whoever reads under a grant have the trainings that its votes demanded? Asked at
 * each checkout (invariants_grant.c) and at each page (room/room.c): a training that ends while
 * somebody reads ends the reading.
 */
#ifndef SR_BOARD_TRAINING_H
#define SR_BOARD_TRAINING_H

#include "catalogue/query.h"

enum sr_training_state {
	SR_TRAINING_HOLDS,
	SR_TRAINING_MISSING, /* nobody attested it */
	SR_TRAINING_EXPIRED, /* its date has come */
	SR_TRAINING_ENDED    /* an officer ended it */
};
struct sr_training {
	enum sr_training_state state;
	char term[130];     /* the first that does not hold; "" while all do */
	char sentence[400]; /* why; "" */
};
/* ${trainings}: terms of the grant, between spaces; NULL or "": none. */
SR_MUST int sr_training_ask(struct sr_training *out, struct sr_catalogue *c, const char *trainings,
	const char *person, int64_t now, struct sr_err *e);

#endif
