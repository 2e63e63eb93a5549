/*
 * apply - the effect of one entry on the catalogue: a pure function of the entry, the structural
 * objects it names, and the tables as earlier entries left them. It asks no clock and no key. Used
 * at commit and at replay alike.
 *
 * Structural tables come from the structural part alone; records whose text is here go into the
 * text tables, missing ones (erased, closed, not disclosed) leave NULL there and nothing else
 * differs. What cannot be (a step that states.h does not list, an unknown item, a second grant with
 * one id, a list whose root is another, an accession without its `stored`) is CORRUPT, and the
 * sentence names index and type. Rules
 * (who may, quorum, dates) are not judged here: board/rules did, before the entry was written.
 *
 * One function for each row of ledger/types.h; a test walks both tables.
 */
#ifndef SR_CATALOGUE_APPLY_H
#define SR_CATALOGUE_APPLY_H

#include "catalogue/catalogue.h"

/* Inside sr_catalogue_begin; ${en}->index must be sr_catalogue_size. After a failure the
 * transaction must be rolled back (or undone to its mark). */
SR_MUST int sr_catalogue_apply(struct sr_catalogue *c, const struct sr_entry *en,
	const struct sr_objects *objects, struct sr_err *e);
/* Is there an effect for ${type}? For the test. */
bool sr_apply_knows(enum sr_type_id type);

#endif
