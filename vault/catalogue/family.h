/*
 * family - which files of an item came out of which: members of a container, what is in those, and
 * the texts that the vault made.
 *
 * Two things say so, and either is enough: a path that is another file's path, a slash and more
 * (how intake and deposit --unpack name members, and how renditions are named; no file system has a
 * file below a file), and the fact `of` of the intake, which names the outermost container, for
 * paths that had to be cut. A member whose path was cut inside of a container in a container counts
 * as of everything that came out of the same outermost one: who leaves out one, or does not trust
 * it, must not be left with a part of it.
 *
 * Families are flat lists of ancestors: what came out of a file is marked with it in one pass.
 *
 * The same bytes may lie in an item many times: an attachment of every letter of an exchange, a box
 * and the same box unpacked. What one of these says, all of them say. A file without bytes says
 * nothing, and is no copy of another.
 */
#ifndef SR_CATALOGUE_FAMILY_H
#define SR_CATALOGUE_FAMILY_H

#include "catalogue/query.h"
#include "store/reader.h"

struct sr_family; /* opaque */

/* Of the files that ${it} has. ${it} is borrowed, and asked for paths as long as this lives. An
 * item whose facts are gone, or that never had any, has its paths. */
SR_MUST int sr_family_new(struct sr_family **out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	struct sr_item *it, struct sr_err *e);
void sr_family_free(struct sr_family *f); /* NULL allowed */

/* The files that ${file} came out of, directly or through others, as its path and `of` say; the
 * closest last. An ancestor may come twice. false from ${each} ends it, and is the result. */
bool sr_family_ancestors(const struct sr_family *f, uint64_t file,
	bool (*each)(void *ctx, uint64_t ancestor), void *ctx);

/* Next of the files with the bytes of ${file}, in a ring: itself where there is no other. */
uint64_t sr_family_copy(const struct sr_family *f, uint64_t file);
/* ${files}: a byte for each file. 0 becomes ${mark} for copies of those whose byte is not 0. */
void sr_family_copies(struct sr_family *f, uint8_t *files, uint8_t mark);

/* ${files}: a byte for each file. It becomes 1 for every file that says again what one says whose
 * byte is not 0: a copy of it, what came out of it or of a copy, what it or a copy came out of, as
 * far as that is known, and copies of these. Of cut paths any two that came out of the same
 * container do. */
void sr_family_again(struct sr_family *f, uint8_t *files);

/* The file that ${text}, which the vault made, is the text of. false: several have the name that it
 * is called after, and nothing says which; or none has. */
bool sr_family_source(uint64_t *source, const struct sr_family *f, uint64_t text);
/* Is it there at all, whichever of several it is? */
bool sr_family_has_source(const struct sr_family *f, uint64_t text);

/* ${marks}: a byte for each file. 0 becomes ${mark} where an ancestor's byte is ${of}, which is
 * not ${mark}. */
void sr_family_spread(struct sr_family *f, uint8_t *marks, uint8_t of, uint8_t mark);

#endif
