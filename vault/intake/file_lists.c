#include "intake/file_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"

#define LABEL "strongroom/accession-list/v1"

enum {
	NAME = 64
};

#ifdef SR_TESTING
static size_t hold = SR_FILE_LISTS_HELD;

void sr_file_lists_hold(size_t bytes) {
	hold = bytes;
}
#else
static const size_t hold = SR_FILE_LISTS_HELD;
#endif

struct list {
	struct sr_buf held; /* secret; empty if it lies in the file */
	struct sr_file_list_place at;
};

struct sr_file_lists {
	struct sr_dir *run; /* borrowed */
	uint8_t accession[SR_ID];
	uint8_t *key; /* in the secret arena */
	struct list *lists;
	size_t count, cap;
	size_t held;   /* bytes in memory */
	int fd;        /* -1: nothing went to the file yet */
	uint64_t size; /* of what was written there */
};

static void file_name(char out[NAME], const uint8_t accession[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, accession, SR_ID);
	(void)snprintf(out, NAME, "accession-%s.lists", hex);
}

static void bound_to(
	uint8_t out[SR_ID + 8], const uint8_t accession[SR_ID], const uint64_t ordinal) {
	memcpy(out, accession, SR_ID);
	sr_le64_put(out + SR_ID, ordinal);
}

int sr_file_lists_new(struct sr_file_lists **out, struct sr_dir *run,
	const uint8_t accession[SR_ID], const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_file_lists *l = calloc(1, sizeof *l);

	*out = NULL;
	if (l == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory for lists of files");
	l->key = sr_secret_new(SR_KEY, e);
	if (l->key == NULL) {
		free(l);
		return SR_LIMIT;
	}
	l->run = run;
	memcpy(l->accession, accession, SR_ID);
	memcpy(l->key, key, SR_KEY);
	l->fd = -1;
	*out = l;
	return 0;
}

/* What an earlier try left is of no use. */
static int file_begin(struct sr_file_lists *l, struct sr_err *e) {
	char name[NAME];
	int rc;

	file_name(name, l->accession);
	rc = sr_file_open(&l->fd, l->run, name, SR_FS_WRITE | SR_FS_CREATE, e);
	return rc == 0 ? sr_fd_truncate(l->fd, 0, e) : rc;
}

static int put_in_file(struct sr_file_lists *l, struct list *to, const struct sr_buf *body,
	uint64_t ordinal, struct sr_err *e) {
	uint8_t ad[SR_ID + 8];
	struct sr_buf sealed;
	int rc = l->fd < 0 ? file_begin(l, e) : 0;

	sr_buf_init(&sealed);
	bound_to(ad, l->accession, ordinal);
	if (rc == 0)
		rc = sr_aead_seal_buf(
			&sealed, l->key, LABEL, sr_bytes_of(ad, sizeof ad), sr_buf_view(body), e);
	if (rc == 0)
		rc = sr_fd_pwrite(l->fd, sealed.p, sealed.len, l->size, e);
	if (rc == 0) {
		to->at = (struct sr_file_list_place){.offset = l->size, .length = sealed.len};
		l->size += sealed.len;
	}
	sr_buf_free(&sealed);
	return rc;
}

int sr_file_lists_add(struct sr_file_lists *l, struct sr_buf *body, struct sr_err *e) {
	struct list *to;
	int rc = sr_buf_ok(body, e);

	if (rc != 0)
		return rc;
	if (l->count == l->cap) {
		const size_t cap = l->cap == 0 ? 16 : l->cap * 2;
		struct list *grown = reallocarray(l->lists, cap, sizeof *grown);

		if (grown == NULL)
			return sr_fail(
				e, SR_NOMEM, "deposit: out of memory for %zu lists of files", cap);
		l->lists = grown;
		l->cap = cap;
	}
	to = &l->lists[l->count];
	sr_buf_init_secret(&to->held);
	to->at = (struct sr_file_list_place){0, 0};
	if (l->held + body->len <= hold) {
		sr_buf_put_buf(&to->held, body);
		rc = sr_buf_ok(&to->held, e);
		l->held += to->held.len;
	} else {
		rc = put_in_file(l, to, body, l->count, e);
	}
	if (rc != 0) {
		sr_buf_free(&to->held);
		return rc;
	}
	l->count++;
	sr_buf_free(body);
	sr_buf_init_secret(body);
	return 0;
}

struct sr_file_list_place sr_file_lists_place(const struct sr_file_lists *l, size_t i) {
	return l->lists[i].at;
}

struct sr_bytes sr_file_lists_held(const struct sr_file_lists *l, size_t i) {
	return sr_buf_view(&l->lists[i].held);
}

static int read_at(int fd, const uint8_t accession[SR_ID], const uint8_t key[SR_KEY],
	uint64_t ordinal, struct sr_file_list_place at, struct sr_buf *out, struct sr_err *e) {
	uint8_t ad[SR_ID + 8];
	uint8_t *sealed;
	int rc;

	if (at.length < SR_AEAD_OVERHEAD || at.length > (uint64_t)SR_OBJECT_MAX + SR_AEAD_OVERHEAD)
		return sr_fail(e, SR_CORRUPT, "a list of files of %llu bytes",
			(unsigned long long)at.length);
	sealed = malloc((size_t)at.length);
	if (sealed == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for a list of %llu bytes",
			(unsigned long long)at.length);
	bound_to(ad, accession, ordinal);
	rc = sr_fd_pread(fd, sealed, (size_t)at.length, at.offset, e);
	if (rc == 0)
		rc = sr_aead_open_buf(out, key, LABEL, sr_bytes_of(ad, sizeof ad),
			sr_bytes_of(sealed, (size_t)at.length), e);
	free(sealed);
	return rc;
}

int sr_file_lists_get(struct sr_file_lists *l, size_t i, struct sr_buf *out, struct sr_err *e) {
	int rc;

	if (l->lists[i].at.length == 0) {
		sr_buf_put_buf(out, &l->lists[i].held);
		return sr_buf_ok(out, e);
	}
	rc = read_at(l->fd, l->accession, l->key, i, l->lists[i].at, out, e);
	return rc == 0 ? 0 : sr_wrap(e, "the file list of item %zu", i + 1);
}

void sr_file_lists_free(struct sr_file_lists *l) {
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->count; i++)
		sr_buf_free(&l->lists[i].held);
	free(l->lists);
	if (l->fd >= 0)
		(void)close(l->fd);
	sr_secret_free(l->key, SR_KEY);
	free(l);
}

int sr_file_lists_read(struct sr_dir *run, const uint8_t accession[SR_ID],
	const uint8_t key[SR_KEY], uint64_t ordinal, struct sr_file_list_place at,
	struct sr_buf *out, struct sr_err *e) {
	char name[NAME];
	int fd = -1, rc;

	file_name(name, accession);
	rc = sr_file_open(&fd, run, name, SR_FS_READ, e);
	if (rc != 0)
		return rc;
	rc = read_at(fd, accession, key, ordinal, at, out, e);
	(void)close(fd);
	return rc;
}

int sr_file_lists_remove(struct sr_dir *run, const uint8_t accession[SR_ID], struct sr_err *e) {
	char name[NAME];
	int rc;

	file_name(name, accession);
	rc = sr_file_remove_later(run, name, e);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}
