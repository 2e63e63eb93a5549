/*
 * about_tools - the job SR_BOX_ABOUT: what programs say of the input (about.h), as facts. Runs in a
 * worker whose root has these programs; its input lies in file 0, as a whole or with its ends
 * alone.
 */
#ifndef SR_PARSER_ABOUT_TOOLS_H
#define SR_PARSER_ABOUT_TOOLS_H

#include "sandbox/inside.h"

void par_about_by_tools(struct sr_inside *s);

#endif
