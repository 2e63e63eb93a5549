/*
 * bag - folders in the BagIt form (RFC 8493, and drafts 0.93 to 0.97), read and judged completely
 * before anything is taken from them.
 *
 *   bagit.txt                  BagIt-Version: M.N, Tag-File-Character-Encoding: X; always UTF-8
 *   data/                      the payload
 *   manifest-<alg>.txt         "<digest, hex> <path>" for the payload; one or more
 *   tagmanifest-<alg>.txt      the same for files outside of data/
 *   bag-info.txt               "Label: value"; package-info.txt before 0.96
 *   fetch.txt                  "<url> <length> <path>": what lies elsewhere; nothing is fetched
 *
 * A bag is valid if every file that a manifest lists is there with that digest, and every payload
 * file is listed: from 1.0 on in each payload manifest, before in one. From 1.0 on each tag
 * manifest lists all payload manifests, and no tag manifest. Paths are relative and stay
 * in the bag; %0A and %0D in them are decoded, %25 from 1.0 on. Links and special files are no part
 * of a bag. What one system would take for the same name (case, composed accents) and another not
 * is a warning, and so is what older tools wrote ("*" or "./" before a path).
 *
 * The judgment is a list of findings. The folder is read through a directory held open, without
 * following links; what is done with the bag later must compare with the SHA-256 that is recorded
 * here, since the folder is somebody's who may change it meanwhile.
 */
#ifndef SR_INTAKE_BAG_H
#define SR_INTAKE_BAG_H

#include "base/bytes.h"
#include "base/progress.h"
#include "crypto/hash.h"

enum {
	SR_BAG_FILES_MAX = 1000000, /* files of one bag: 300 MB of tables */
	SR_BAG_DEPTH_MAX = 100,     /* folders in folders: one open file each */
	SR_BAG_TAG_MAX = 256 << 20, /* bytes of a manifest: a million long lines */
	SR_BAG_FINDINGS_MAX = 200,  /* that are kept; all are counted */
	SR_BAG_MANIFESTS_MAX = 16   /* of each kind; there are six digests */
};

/* What a finding is about; the first word of its kind says whether it refuses. */
enum sr_bag_kind {
	SR_BAG_DECLARATION, /* bagit.txt: missing, version, encoding, its two lines */
	SR_BAG_FORM,        /* a line of another tag file that cannot be read */
	SR_BAG_SCOPE,       /* a path that leaves the bag, or its part of it */
	SR_BAG_MISSING,     /* listed, not there */
	SR_BAG_EXTRA,       /* there, not listed */
	SR_BAG_DIGEST,      /* other bytes than listed */
	SR_BAG_TWICE,       /* listed twice */
	SR_BAG_FETCH,       /* lies elsewhere */
	SR_BAG_OXUM,        /* Payload-Oxum says another size */
	SR_BAG_LINK,        /* a link or special file */
	SR_BAG_NAME,        /* a name that some systems take for another, or for their own */
	SR_BAG_STYLE,       /* what another tool would not take; read all the same */
	SR_BAG_LARGE,       /* beyond the limits above */
	SR_BAG_KINDS
};
const char *sr_bag_kind_name(enum sr_bag_kind k);

struct sr_bag_finding {
	bool refuses; /* else it is a warning */
	enum sr_bag_kind kind;
	char text[400];
};

struct sr_bag_file {
	char *path; /* in the bag, '/' between, as on disk */
	uint64_t size;
	uint8_t sha256[SR_HASH];
	bool payload;
	bool hashed; /* sha256 is set: the bag got as far as reading contents */
};

struct sr_bag; /* opaque; a value once it was read */

/* Read and judge the folder ${path}. 0: judged, whatever it is; NOTFOUND, IO, NOMEM; LOCKED:
 * stopped through ${progress} (may be NULL). */
SR_MUST int sr_bag_read(struct sr_bag **out, const char *path, const struct sr_progress *progress,
	struct sr_err *e);
void sr_bag_free(struct sr_bag *b); /* NULL allowed */

/* 0, or CORRUPT with the first finding that refuses and how many there are. */
SR_MUST int sr_bag_verdict(const struct sr_bag *b, struct sr_err *e);
/* May it be deposited? A valid bag, and nothing that lies elsewhere. A bag whose fetch.txt has
 * lines is complete, and so valid, once what they name is there (RFC 8493, 2.2.3 and 3); we store
 * none that speaks of places on the net as its own. UNSUPPORTED: valid, but it does. */
SR_MUST int sr_bag_accept(const struct sr_bag *b, struct sr_err *e);
const struct sr_bag_finding *sr_bag_findings(const struct sr_bag *b, size_t *count);
size_t sr_bag_refusals(const struct sr_bag *b); /* all, also those not kept */
size_t sr_bag_warnings(const struct sr_bag *b);
/* All regular files, in byte order of their paths; payload and tag files. */
const struct sr_bag_file *sr_bag_files(const struct sr_bag *b, size_t *count);
const struct sr_bag_file *sr_bag_find(const struct sr_bag *b, struct sr_bytes path);
const char *sr_bag_version(const struct sr_bag *b); /* "1.0"; "" if it has none */
/* Lines of fetch.txt. */
size_t sr_bag_fetches(const struct sr_bag *b);

#ifdef SR_TESTING
void sr_bag_files_max(size_t files); /* and lines of fetch.txt, instead of SR_BAG_FILES_MAX */
#endif

#endif
