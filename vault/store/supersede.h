/*
 * supersede - a small file with a sealed secret takes other bytes, and those before die with the
 * change: a new passphrase is worth little while the file under the old one lies in the free space
 * of the same disk.
 *
 *   1  NAME gets a second name, .NAME.superseded            link, folder fsynced
 *   2  the new bytes replace NAME                           base/fs: write, fdatasync, rename,
 * fsync 3  what .NAME.superseded names is overwritten           random bytes, fdatasync 4
 * .NAME.superseded is removed                          unlink, fsync
 *
 * A kill before 2 leaves NAME as it was (both names are one file: finishing only drops the second
 * name); a kill after 2 leaves the new NAME, and finishing does 3 and 4. So NAME opens at every
 * moment, with the old secret or with the new one. Where the file system has no second names the
 * old bytes are overwritten through a descriptor held open, and a kill in between leaves them in
 * free space. Overwritten is what the medium makes of it: see store/rootcell.h.
 */
#ifndef SR_STORE_SUPERSEDE_H
#define SR_STORE_SUPERSEDE_H

#include "base/fs.h"

/* ${name} (without folders) must be there: NOTFOUND. *${replaced} (may be NULL): the new bytes are
 * NAME's, whatever failed afterwards. */
SR_MUST int sr_file_supersede(
	struct sr_dir *d, const char *name, struct sr_bytes data, bool *replaced, struct sr_err *e);
/* What a kill left of an earlier change. *${found} (may be NULL): old bytes were still there. */
SR_MUST int sr_file_supersede_finish(
	struct sr_dir *d, const char *name, bool *found, struct sr_err *e);
/* Every byte of ${name} becomes another one, durably: what is removed afterwards lies in free space
 * as noise. NOTFOUND. */
SR_MUST int sr_file_overwrite(struct sr_dir *d, const char *name, struct sr_err *e);

#endif
