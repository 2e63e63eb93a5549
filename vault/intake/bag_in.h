/*
 * bag_in - what the parts of bag share: the folder as found (bag.c), what its tag files say
 * (bag_tags.c), and the comparison of the two (bag_check.c).
 */
#ifndef SR_INTAKE_BAG_IN_H
#define SR_INTAKE_BAG_IN_H

#include "base/fs.h"
#include "crypto/digest.h"
#include "intake/bag.h"
#include "intake/tagtext.h"

struct bag_manifest {
	char *name; /* manifest-sha256.txt */
	enum sr_digest_kind kind;
	bool tag;
};

struct bag_entry { /* one line of a manifest whose file is there */
	uint32_t file, manifest, line;
	bool alias; /* listed under another spelling of the name */
	uint8_t digest[SR_DIGEST_MAX];
};

struct bag_key { /* a name as another system would take it */
	struct sr_buf key;
	uint32_t file;
};

struct sr_bag {
	struct sr_dir *dir;
	const struct sr_progress *progress;
	struct sr_bag_file *files; /* sorted */
	size_t file_count, file_cap;
	bool has_data; /* data/ is a folder */
	struct bag_manifest manifests[2 * SR_BAG_MANIFESTS_MAX];
	size_t manifest_count, payload_manifests;
	uint32_t *listed; /* per file: a bit for each manifest */
	struct bag_entry *entries;
	size_t entry_count, entry_cap;
	struct bag_key *composed, *folded; /* of all files, sorted by key */
	char **fetch;                      /* paths, sorted once all are read */
	size_t fetch_count, fetch_cap;
	char version[16];
	unsigned major, minor;
	enum sr_tag_encoding encoding;
	bool oxum;
	uint64_t oxum_bytes, oxum_files;
	struct sr_bag_finding findings[SR_BAG_FINDINGS_MAX];
	size_t finding_count, refusals, warnings;
};

static inline bool bag_is_1(const struct sr_bag *b) {
	return b->major >= 1;
}

/* Bytes of the bag in texts go through bag_show. */
struct bag_shown {
	char text[160];
};
const char *bag_show(struct bag_shown *s, struct sr_bytes v);
#ifdef SR_TESTING
extern size_t bag_files_max; /* and lines of fetch.txt */
#else
static const size_t bag_files_max = SR_BAG_FILES_MAX;
#endif
void bag_refuse(struct sr_bag *b, enum sr_bag_kind k, const char *fmt, ...) SR_PRINTF(3, 4);
void bag_warn(struct sr_bag *b, enum sr_bag_kind k, const char *fmt, ...) SR_PRINTF(3, 4);
/* Index of the file of that path, or -1. */
ptrdiff_t bag_index(const struct sr_bag *b, struct sr_bytes path);

/* bag_tags.c: bagit.txt (false: nothing more can be read), then all other tag files. */
SR_MUST int bag_declaration(struct sr_bag *b, bool *readable, struct sr_err *e);
SR_MUST int bag_tags(struct sr_bag *b, struct sr_err *e);
/* One text each; for tests and fuzzing too. */
void bag_declaration_text(struct sr_bag *b, struct sr_bytes text, bool *readable);
SR_MUST int bag_manifest_text(
	struct sr_bag *b, size_t manifest, struct sr_bytes text, struct sr_err *e);
SR_MUST int bag_fetch_text(struct sr_bag *b, struct sr_bytes text, struct sr_err *e);
void bag_info_text(struct sr_bag *b, const char *name, struct sr_bytes text);

/* bag_check.c */
SR_MUST int bag_keys(struct sr_bag *b, struct sr_err *e);
SR_MUST int bag_check(struct sr_bag *b, struct sr_err *e);
/* Index of a file whose name some system takes for ${path}, or -1. */
ptrdiff_t bag_alias(const struct sr_bag *b, struct sr_bytes path, bool *only_case);

#endif
