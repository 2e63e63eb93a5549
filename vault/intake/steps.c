/*
 * steps - the table of intake/step.h. What a file is comes before whether it is dangerous, and both
 * before anything that reads it further.
 */
#include "intake/step.h"

#include <stdlib.h>

const struct sr_intake_step *const sr_intake_steps[] = {
	&sr_step_inspect,
	&sr_step_scan,
	NULL,
};
