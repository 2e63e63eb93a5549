/*
 * unpack - see unpack.h.
 *
 * Members wait in memory until they were read (core/ahead.h reads several at a time). Together they
 * stay under CLI_UNPACK_MEMBER: file() waits until enough were closed. That ends: whoever reads
 * closes each before it waits for the next, and needs nothing more of us for those that it has.
 */
#include "cli/unpack.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "intake/inspect.h"
#include "store/manifest.h"

struct waiting { /* the bytes of one member, until they were sent */
	struct cli_unpack *u;
	struct sr_buf bytes; /* secret */
	size_t at;
	char failed[SR_INSPECT_REASON]; /* why there are no more; "": these are all */
};

struct cli_unpack {
	struct sr_launcher *launcher;
	struct cli_walk *walk;
	struct sr_deposit_source inner;
	struct sr_box *box; /* the container at work, or NULL */
	int fd;             /* of it */
	struct sr_box_input in;
	struct sr_buf path;  /* of the container, as it is stored */
	struct sr_buf shown; /* of the member at hand */
	char media_type[SR_MEDIA_TYPE_MAX + 1], note[SR_BOX_PATH_MAX + 32];
	struct sr_deposit_file entry;
	bool last; /* the container ended with a reason, which is one entry more */
	char reason[SR_INSPECT_REASON];
	pthread_mutex_t lock;
	pthread_cond_t closed;
	size_t held; /* bytes that wait; under the lock */
};

int cli_unpack_new(struct cli_unpack **out, struct sr_err *e) {
	struct cli_unpack *u = calloc(1, sizeof *u);
	int rc;

	*out = NULL;
	if (u == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to unpack");
	u->fd = -1;
	sr_buf_init(&u->path);
	sr_buf_init(&u->shown);
	(void)pthread_mutex_init(&u->lock, NULL);
	(void)pthread_cond_init(&u->closed, NULL);
	rc = sr_launcher_start(&u->launcher, NULL, e);
	if (rc != 0) {
		cli_unpack_free(u);
		return rc;
	}
	*out = u;
	return 0;
}

static void end_container(struct cli_unpack *u) {
	sr_box_free(u->box);
	u->box = NULL;
	if (u->fd >= 0)
		(void)close(u->fd);
	u->fd = -1;
}

void cli_unpack_free(struct cli_unpack *u) {
	if (u == NULL)
		return;
	end_container(u);
	sr_launcher_stop(u->launcher);
	sr_buf_free(&u->path);
	sr_buf_free(&u->shown);
	(void)pthread_cond_destroy(&u->closed);
	(void)pthread_mutex_destroy(&u->lock);
	free(u);
}

/* --- members that wait ------------------------------------------------------------------------ */

static int read_waiting(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct waiting *w = ctx;

	*got = w->bytes.len - w->at < len ? w->bytes.len - w->at : len;
	if (*got > 0)
		memcpy(p, w->bytes.p + w->at, *got);
	w->at += *got;
	return *got == 0 && len > 0 && w->failed[0] != '\0' ? sr_fail(e, SR_IO, "%s", w->failed)
							    : 0;
}

static void close_waiting(void *ctx) {
	struct waiting *w = ctx;

	(void)pthread_mutex_lock(&w->u->lock);
	w->u->held -= w->bytes.len;
	(void)pthread_cond_broadcast(&w->u->closed);
	(void)pthread_mutex_unlock(&w->u->lock);
	sr_buf_free(&w->bytes);
	free(w);
}

/* Room for ${len} bytes more, of which nobody else takes any: one thread makes members. */
static void wait_for_room(struct cli_unpack *u, size_t len) {
	(void)pthread_mutex_lock(&u->lock);
	while (u->held > 0 && u->held + len > CLI_UNPACK_MEMBER)
		(void)pthread_cond_wait(&u->closed, &u->lock);
	u->held += len;
	(void)pthread_mutex_unlock(&u->lock);
}

/* What is known of the member at hand is its entry; ${w} becomes its content. */
static void give(struct cli_unpack *u, struct waiting *w, struct sr_deposit_file *out) {
	u->entry.path = sr_buf_view(&u->shown);
	u->entry.media_type = sr_bytes_str(u->media_type);
	u->entry.note = sr_bytes_str(u->note);
	if (u->entry.kind == SR_FILE_REGULAR) {
		wait_for_room(u, w->bytes.len);
		u->entry.content = (struct sr_deposit_content){
			.read = read_waiting, .close = close_waiting, .ctx = w};
		u->entry.size = w->failed[0] != '\0' ? UINT64_MAX : w->bytes.len;
	} else {
		sr_buf_free(&w->bytes);
		free(w);
	}
	*out = u->entry;
}

/* --- one container ---------------------------------------------------------------------------- */

static int read_at(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	return sr_fd_pread(*(const int *)ctx, p, len, offset, e);
}

/* A parser that cannot be started at all ends the deposit; one that breaks is told of its file. */
static int begin_container(struct cli_unpack *u, int fd, struct sr_err *e) {
	const struct sr_inspect_caps caps = sr_inspect_usual();
	struct sr_box_options o;
	struct stat st;

	u->fd = fd;
	u->reason[0] = '\0';
	u->last = false;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		end_container(u);
		return 0;
	}
	u->in = (struct sr_box_input){.size = (uint64_t)st.st_size, .read = read_at, .ctx = &u->fd};
	o = sr_inspect_job(&caps, u->in.size);
	return sr_box_begin(&u->box, u->launcher, &u->in, &o, e);
}

static void begin_member(struct cli_unpack *u, const struct sr_member *m) {
	static const char cut[] = "~cut";
	size_t room;

	sr_buf_clear(&u->shown);
	sr_buf_put_buf(&u->shown, &u->path);
	if (u->shown.len > SR_PATH_MAX / 2)
		u->shown.len = SR_PATH_MAX / 2;
	sr_buf_put_u8(&u->shown, '/');
	room = SR_PATH_MAX - u->shown.len;
	if (m->path.len > room) {
		sr_buf_put(&u->shown, m->path.p, room - (sizeof cut - 1));
		sr_buf_put_str(&u->shown, cut);
	} else {
		sr_buf_put_bytes(&u->shown, m->path);
	}
	u->media_type[0] = u->note[0] = '\0';
	u->entry = (struct sr_deposit_file){.kind = SR_FILE_REGULAR, .mtime_s = m->mtime};
	switch (m->kind) {
	case SR_MEMBER_SYMLINK:
		u->entry.kind = SR_FILE_SYMLINK;
		(void)snprintf(u->note, sizeof u->note, "%.*s", (int)m->target.len,
			(const char *)m->target.p);
		break;
	case SR_MEMBER_HARDLINK:
		u->entry.kind = SR_FILE_SPECIAL;
		(void)snprintf(u->note, sizeof u->note, "hard link to %.*s", (int)m->target.len,
			(const char *)m->target.p);
		break;
	case SR_MEMBER_SPECIAL:
		u->entry.kind = SR_FILE_SPECIAL;
		(void)snprintf(u->note, sizeof u->note, "special file");
		break;
	case SR_MEMBER_FILE:
	case SR_MEMBER_FOLDER:
	case SR_MEMBER_KINDS:
		break;
	}
	u->note[SR_FILE_NOTE_MAX] = '\0'; /* a longer one would be refused, and all with it */
}

static void take_fact(struct cli_unpack *u, const struct sr_frame *f) {
	size_t n = f->value.len < SR_MEDIA_TYPE_MAX ? f->value.len : SR_MEDIA_TYPE_MAX;

	if (!sr_bytes_eq(f->key, sr_bytes_str("media-type")))
		return;
	for (size_t i = 0; i < n; i++) /* printable ASCII only, as a manifest wants */
		if (f->value.p[i] < 0x21 || f->value.p[i] > 0x7E)
			n = i;
	(void)snprintf(
		u->media_type, sizeof u->media_type, "%.*s", (int)n, (const char *)f->value.p);
}

static void end_member(struct waiting *w, const struct sr_frame *f) {
	if (w->failed[0] == '\0' && f->status != SR_BOX_WHOLE)
		(void)snprintf(w->failed, sizeof w->failed, "%s: %.*s",
			sr_box_status_name(f->status), (int)f->reason.len,
			(const char *)f->reason.p);
}

static void take_data(struct waiting *w, struct sr_bytes data) {
	if (w->failed[0] != '\0')
		return;
	if (data.len > CLI_UNPACK_MEMBER - w->bytes.len) {
		(void)snprintf(w->failed, sizeof w->failed,
			"it has more than %d MiB and was not taken out: the container has it",
			CLI_UNPACK_MEMBER >> 20);
		sr_buf_clear(&w->bytes);
		return;
	}
	sr_buf_put_bytes(&w->bytes, data);
}

/* The container is over; why, if not well, is one more entry, as of a file that cannot be read. */
static void over(struct cli_unpack *u, const char *status, struct sr_bytes reason) {
	if (status != NULL)
		(void)snprintf(u->reason, sizeof u->reason, "%s: %.*s", status,
			(int)(reason.len < 400 ? reason.len : 400), (const char *)reason.p);
	u->last = status != NULL;
	end_container(u); /* the reason was a view of it */
}

/* The parser failed over this file: an outcome, unless it is ours or the sandbox's. */
static int failed(struct cli_unpack *u, struct waiting *w, int rc, const struct sr_err *why,
	struct sr_err *e) {
	if (rc != SR_CORRUPT && rc != SR_LIMIT)
		return sr_fail(e, (enum sr_code)rc, "%s", why->text);
	if (w != NULL)
		(void)snprintf(w->failed, sizeof w->failed, "the parser failed while it was read");
	over(u, "the parser failed", sr_bytes_str(why->text));
	return 0;
}

/* Frames until a member is whole: 1; 0 when the container is over. */
static int next_member(struct cli_unpack *u, struct sr_deposit_file *out, struct sr_err *e) {
	struct waiting *w = NULL;
	bool folder = false;

	while (u->box != NULL) {
		struct sr_frame f;
		struct sr_err why = {0};
		int rc = cli_stopped != 0 ? sr_fail(&why, SR_LOCKED, "stopped on request")
					  : sr_box_next(u->box, &f, &why);

		if (rc == 0 && f.type == SR_FRAME_MEMBER) {
			begin_member(u, &f.member);
			folder = f.member.kind == SR_MEMBER_FOLDER;
			w = calloc(1, sizeof *w);
			if (w == NULL || sr_buf_ok(&u->shown, NULL) != 0)
				rc = sr_fail(&why, SR_NOMEM, "no memory for a member");
			else
				sr_buf_init_secret(&w->bytes);
		}
		if (w != NULL)
			w->u = u;
		if (rc != 0) {
			rc = failed(u, w, rc, &why, e);
			if (rc == 0 && w != NULL)
				break; /* what came of it is given, with the reason */
			if (w != NULL)
				sr_buf_free(&w->bytes);
			free(w);
			return rc;
		}
		if (f.type == SR_FRAME_FACT)
			take_fact(u, &f);
		if (f.type == SR_FRAME_DATA && w != NULL)
			take_data(w, f.data);
		if (f.type == SR_FRAME_DONE)
			over(u, f.status == SR_BOX_WHOLE ? NULL : sr_box_status_name(f.status),
				f.reason);
		if (f.type != SR_FRAME_END || w == NULL)
			continue;
		if (!folder) {
			end_member(w, &f);
			break;
		}
		sr_buf_free(&w->bytes);
		free(w);
		w = NULL;
	}
	if (w == NULL)
		return 0;
	give(u, w, out);
	return 1;
}

static int give_last(struct cli_unpack *u, struct sr_deposit_file *out, struct sr_err *e) {
	static const char name[] = "/(the rest)";
	struct waiting *w = calloc(1, sizeof *w);

	u->last = false;
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to unpack");
	w->u = u;
	sr_buf_init_secret(&w->bytes);
	(void)snprintf(w->failed, sizeof w->failed, "%s", u->reason);
	sr_buf_clear(&u->shown);
	sr_buf_put_buf(&u->shown, &u->path);
	if (u->shown.len > SR_PATH_MAX - (sizeof name - 1))
		u->shown.len = SR_PATH_MAX - (sizeof name - 1);
	sr_buf_put_str(&u->shown, name);
	u->media_type[0] = u->note[0] = '\0';
	u->entry = (struct sr_deposit_file){.kind = SR_FILE_REGULAR};
	if (sr_buf_ok(&u->shown, e) != 0) {
		free(w);
		return SR_NOMEM;
	}
	give(u, w, out);
	return 1;
}

/* --- the source ------------------------------------------------------------------------------- */

static int item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct cli_unpack *u = ctx;

	return u->inner.item(u->inner.ctx, title, e);
}

static void told(void *ctx, struct sr_bytes path, const char *status, const char *reason) {
	const struct cli_unpack *u = ctx;

	u->inner.told(u->inner.ctx, path, status, reason);
}

static int file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct cli_unpack *u = ctx;
	int fd = cli_walk_take(u->walk);
	int rc = 0;

	if (fd >= 0)
		rc = begin_container(u, fd, e);
	if (rc == 0 && u->box != NULL)
		rc = next_member(u, out, e);
	if (rc != 0)
		return rc;
	if (u->last)
		return give_last(u, out, e);
	rc = u->inner.file(u->inner.ctx, out, e);
	if (rc == 1) { /* its path, as long as its members come */
		sr_buf_clear(&u->path);
		sr_buf_put_bytes(&u->path, out->path);
		if (sr_buf_ok(&u->path, e) != 0)
			return SR_NOMEM;
	}
	return rc;
}

void cli_unpack_source(struct cli_unpack *u, struct cli_walk *w, struct sr_deposit_source *source) {
	cli_walk_keep(w);
	u->walk = w;
	u->inner = *source;
	*source = (struct sr_deposit_source){
		.item = item, .file = file, .told = u->inner.told != NULL ? told : NULL, .ctx = u};
}
