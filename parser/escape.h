/*
 * escape - attempts to get out of the sandbox, made by ourselves inside it: strongroom doctor runs
 * each, and every one must fail.
 */
#ifndef SR_PARSER_ESCAPE_H
#define SR_PARSER_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* What attempt ${number} tries, or NULL: there are fewer. */
const char *par_escape_name(unsigned number);
/* true: it got through, ${how} says how; false: it was held. May not return at all, which is held
 * too. */
bool par_escape(unsigned number, char *how, size_t size);

#endif
