/*
 * backend - the one narrow interface to stored bytes (DESIGN 7), so that a bucket can take the
 * place of a directory.
 *
 * Names are "folder/rest", relative, of [0-9A-Za-z./_-], without "..". What is put is immutable: a
 * name is taken once. A large thing is uploaded: new -> write* -> (sync ->) commit | abort, and
 * gets its name only at the end, because names are hashes of what was written. What was committed
 * is durable, bytes and name, when the next sr_backend_settle returned, so that many commits share
 * one flush. Whoever looks for a name before anything durable speaks of it (a resumed deposit looks
 * for packs) must not find one without its bytes: then `sync` comes before commit.
 * `list` is for recovery and rebuild only:
 * nothing in the normal course depends on it. Thread-safe, except that one upload belongs to one
 * thread at a time.
 */
#ifndef SR_STORE_BACKEND_H
#define SR_STORE_BACKEND_H

#include "base/fs.h"

/* bytes of a name with its NUL: "objects/ab/" and 64 digits */
enum {
	SR_STORED_NAME = 96
};

struct sr_backend; /* opaque */
struct sr_upload;  /* opaque */

typedef int sr_backend_each_fn(void *ctx, const char *name, struct sr_err *e);

/* What an implementation provides; `self` and `up` are its own. Contracts are those of the calls
 * below. */
struct sr_backend_ops {
	int (*upload_new)(void *self, const char *folder, void **up, struct sr_err *e);
	void (*upload_bulk)(void *up); /* NULL where it makes no difference */
	int (*upload_write)(void *up, const void *p, size_t len, struct sr_err *e);
	int (*upload_sync)(void *up, struct sr_err *e);
	int (*upload_commit)(void *self, void *up, const char *name,
		struct sr_err *e); /* frees ${up} in every case */
	void (*upload_abort)(void *up);
	int (*get)(void *self, const char *name, uint64_t offset, void *p, size_t len,
		struct sr_err *e);
	/* NULL: as get */
	int (*get_bulk)(void *self, const char *name, uint64_t offset, void *p, size_t len,
		struct sr_err *e);
	int (*head)(void *self, const char *name, uint64_t *size, struct sr_err *e);
	int (*list)(void *self, const char *folder, sr_backend_each_fn *each, void *ctx,
		struct sr_err *e);
	int (*del)(void *self, const char *name, struct sr_err *e);
	int (*settle)(void *self, struct sr_err *e);
	/* NULL where files beside it do not share its settle */
	int (*beside)(void *self, struct sr_dir *dir, struct sr_err *e);
	int (*sweep)(void *self, const char *folder, size_t *removed, struct sr_err *e);
	/* NULL, all three, where it makes no difference */
	int (*open)(void *self, const char *name, void **file, struct sr_err *e);
	int (*open_get)(void *file, uint64_t offset, void *p, size_t len, struct sr_err *e);
	void (*open_close)(void *file);
	void (*free)(void *self);
};

/* A backend of foreign make; ${self} is freed by ops->free. */
SR_MUST int sr_backend_new(
	struct sr_backend **out, const struct sr_backend_ops *ops, void *self, struct sr_err *e);
/* Over a directory, which is borrowed and must outlive the backend. Folders are made at need
 * (0700). */
SR_MUST int sr_backend_dir(struct sr_backend **out, struct sr_dir *dir, struct sr_err *e);
void sr_backend_free(struct sr_backend *b); /* NULL allowed */

/* Put if absent: EXISTS if the name is taken. Durable at the next settle. */
SR_MUST int sr_backend_put(
	struct sr_backend *b, const char *name, struct sr_bytes data, struct sr_err *e);
SR_MUST int sr_upload_new(
	struct sr_upload **out, struct sr_backend *b, const char *folder, struct sr_err *e);
/* One of many large things that nobody reads soon: where there is a cache they leave it to others.
 */
void sr_upload_bulk(struct sr_upload *u);
SR_MUST int sr_upload_write(struct sr_upload *u, const void *p, size_t len, struct sr_err *e);
uint64_t sr_upload_size(const struct sr_upload *u);
SR_MUST int sr_upload_sync(struct sr_upload *u, struct sr_err *e);
/* Gives the name (EXISTS if taken) and frees ${u}, also on failure. */
SR_MUST int sr_upload_commit(struct sr_upload *u, const char *name, struct sr_err *e);
void sr_upload_abort(struct sr_upload *u); /* frees; NULL allowed */

/* Exactly ${len} bytes at ${offset}: NOTFOUND; CORRUPT when the thing is shorter. */
SR_MUST int sr_backend_get(struct sr_backend *b, const char *name, uint64_t offset, void *p,
	size_t len, struct sr_err *e);
/* Many pieces of one thing, which is looked for once: what was deleted meanwhile may still come, so
 * it is held for moments. As sr_backend_get; one thread at a time. */
struct sr_opened; /* opaque */
SR_MUST int sr_backend_open(
	struct sr_opened **out, struct sr_backend *b, const char *name, struct sr_err *e);
SR_MUST int sr_opened_get(
	struct sr_opened *o, uint64_t offset, void *p, size_t len, struct sr_err *e);
void sr_opened_close(struct sr_opened *o); /* NULL allowed */
/* The same of much that nobody reads again soon: where there is a cache they leave it to others,
 * and see what the medium holds. As sr_fd_pread_bulk says of ${p} and ${offset}. */
SR_MUST int sr_backend_get_bulk(struct sr_backend *b, const char *name, uint64_t offset, void *p,
	size_t len, struct sr_err *e);
/* The whole of a thing of at most ${max} bytes, appended to ${out}; LIMIT above. */
SR_MUST int sr_backend_get_all(
	struct sr_backend *b, const char *name, struct sr_buf *out, size_t max, struct sr_err *e);
SR_MUST int sr_backend_head(
	struct sr_backend *b, const char *name, uint64_t *size, struct sr_err *e);
/* Full names of what lies under ${folder} (one level of sub-folders), in byte order; a non-zero
 * result stops. */
SR_MUST int sr_backend_list(struct sr_backend *b, const char *folder, sr_backend_each_fn *each,
	void *ctx, struct sr_err *e);
SR_MUST int sr_backend_delete(
	struct sr_backend *b, const char *name, struct sr_err *e); /* NOTFOUND */
/* Everything committed before this call is durable when it returns. */
SR_MUST int sr_backend_settle(struct sr_backend *b, struct sr_err *e);
/* Files of ${dir}, which lies beside what is stored here (envelopes, run/), were written without
 * waiting (sr_file_create_later): the next settle waits for them too. Borrowed until then. */
SR_MUST int sr_backend_beside(struct sr_backend *b, struct sr_dir *dir, struct sr_err *e);
/* Remove what killed writers left in ${folder}. Only while no upload is open there. */
SR_MUST int sr_backend_sweep(
	struct sr_backend *b, const char *folder, size_t *removed, struct sr_err *e);

/* "packs/ab/<64 hex>" for ${folder} "packs". ${out} has SR_STORED_NAME bytes. */
void sr_hash_name(char *out, const char *folder, const uint8_t hash[32]);
/* The hash at the end of such a name; CORRUPT if ${name} is not exactly one under ${folder}. */
SR_MUST int sr_hash_of_name(
	uint8_t hash[32], const char *folder, const char *name, struct sr_err *e);

#endif
