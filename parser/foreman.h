/*
 * foreman - the first process in a sandbox: a fresh process for each input, none of which reaches
 * the next one. It sees no byte of an input itself; what its workers say it passes on.
 *
 *   parent --J, an open file--> foreman --fork--> worker (the inner filter, file 3 a socket of its
 *   own, file 0 the input) --frames--> foreman --> parent
 *   Z or the worker's end: everything in the sandbox but the foreman is killed and buried; then Z
 *
 * A worker that was taken over can lie about its own input, which its parent expects, and no more:
 * it has not the foreman's socket, cannot trace it or see its memory (the filter, no /proc, not
 * dumpable), and nothing that it started lives when the next job is asked for. One that ends
 * without an answer is told as that input's failure (BROKEN), and the sandbox goes on.
 */
#ifndef SR_PARSER_FOREMAN_H
#define SR_PARSER_FOREMAN_H

#include <stdbool.h>

#include "sandbox/wire.h"

/* ${work} runs in each worker, behind the outer filter alone, and does what sandbox/inside.h says;
 * it returns when it has said that it is done. Ends the process when the parent hangs up. */
_Noreturn void par_foreman(void (*work)(void));

/* In a worker, or before a tool is started: the inner filter (sandbox/walls.h), and that a signal
 * goes to this process only, for good. */
bool par_inner_filter(void);

#endif
