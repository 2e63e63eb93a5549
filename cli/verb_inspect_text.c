/*
 * inspect --text, --draw: what files on this machine say, and their first page, read and drawn in
 * the sandbox. No vault is opened and nothing is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fs.h"
#include "cli/verbs.h"
#include "intake/pages.h"
#include "intake/picture.h"

struct given { /* a file that is being read */
	const char *path;
	int fd;
	struct sr_box_input in;
};

static int read_at(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	return sr_fd_pread(*(const int *)ctx, p, len, offset, e);
}

static int open_one(struct given *g, const char *path, struct sr_err *e) {
	char shown[256];
	struct stat st;

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	*g = (struct given){.path = path, .fd = cli_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)};
	g->in = (struct sr_box_input){.read = read_at, .ctx = &g->fd};
	if (g->fd < 0)
		return errno == ENOENT ? sr_fail(e, SR_NOTFOUND, "%s: nothing is there", shown)
				       : sr_fail_errno(e, "%s", shown);
	if (fstat(g->fd, &st) != 0)
		return sr_fail_errno(e, "%s", shown);
	if (!S_ISREG(st.st_mode))
		return sr_fail(e, SR_USAGE, "%s is no file%s", shown,
			S_ISDIR(st.st_mode) ? ": name the files that are in it" : "");
	g->in.size = (uint64_t)st.st_size;
	return 0;
}

static void text_json(json_t *o, const struct sr_pages *t) {
	json_object_set_new(
		o, "status", json_string(t->failed ? "failed" : sr_box_status_name(t->status)));
	if (t->reason[0] != '\0')
		json_object_set_new(o, "reason", cli_json_bytes(sr_bytes_str(t->reason)));
	if (t->encoding[0] != '\0')
		json_object_set_new(o, "encoding", cli_json_bytes(sr_bytes_str(t->encoding)));
	json_object_set_new(o, "itself", json_boolean(t->itself));
	json_object_set_new(o, "pages", json_integer((json_int_t)t->pages));
	json_object_set_new(o, "ocr", json_integer((json_int_t)t->ocr));
	json_object_set_new(o, "blank", json_integer((json_int_t)t->blank));
	json_object_set_new(o, "lost", json_integer((json_int_t)t->lost));
	cli_json_set_bytes(o, "text", sr_buf_view(&t->rendition));
}

static int show(const struct given *g, const struct sr_pages *t, struct sr_err *e) {
	char path[512], reason[SR_PAGES_REASON];
	struct sr_buf safe;
	int rc;

	sr_buf_init_secret(&safe);
	sr_escape_text(&safe, sr_buf_view(&t->rendition));
	rc = sr_buf_ok(&safe, e);
	printf("%s: %s%s%s%s\n", sr_escape_to(path, sizeof path, sr_bytes_str(g->path)),
		t->itself   ? "is text itself, "
		: t->failed ? "FAILED"
			    : sr_box_status_name(t->status),
		t->itself ? t->encoding : "", t->reason[0] != '\0' ? ": " : "",
		sr_escape_to(reason, sizeof reason, sr_bytes_str(t->reason)));
	if (rc == 0 && safe.len > 0)
		(void)fwrite(safe.p, 1, safe.len, stdout);
	sr_buf_free(&safe);
	return rc;
}

static int draw(
	struct cli *c, struct sr_launcher *l, const struct given *g, json_t *o, struct sr_err *e) {
	struct sr_picture p;
	char reason[SR_PICTURE_REASON];
	const int rc = sr_picture_draw(&p, l, &g->in, 1, e);

	if (rc == 0 && c->json && p.grey.len > 0)
		json_object_set_new(o, "drawn",
			json_pack("{s:i,s:i}", "width", (int)p.width, "height", (int)p.height));
	if (rc == 0 && c->json && p.grey.len == 0)
		json_object_set_new(o, "not-drawn",
			json_pack("{s:s,s:o}", "status",
				p.failed ? "failed" : sr_box_status_name(p.status), "reason",
				cli_json_bytes(sr_bytes_str(p.reason))));
	if (rc == 0 && !c->json && p.grey.len > 0)
		printf("  page 1: %u x %u\n", p.width, p.height);
	if (rc == 0 && !c->json && p.grey.len == 0)
		printf("  page 1 is not drawn: %s%s\n", p.failed ? "FAILED: " : "",
			sr_escape_to(reason, sizeof reason, sr_bytes_str(p.reason)));
	sr_picture_free(&p);
	return rc;
}

struct reading {
	struct cli *c;
	struct sr_launcher *launcher;
	struct sr_pages_reader *reader;
	struct given ring[SR_PAGES_AHEAD];
	size_t begun, done;
	json_t *all;
};

/* The oldest, when it is read. */
static int finish_one(struct reading *r, struct sr_err *e) {
	struct given *g = &r->ring[r->done % SR_PAGES_AHEAD];
	const struct cli *c = r->c;
	struct sr_pages t;
	json_t *o = c->json ? json_object() : NULL;
	bool ready = false;
	const struct sr_progress progress = cli_progress(r->c);
	uint32_t pages = 0, of = 0;
	int rc = 0;

	while (rc == 0 && !ready) {
		rc = sr_pages_work(r->reader, 500, &ready, &pages, e);
		sr_pages_at(r->reader, &pages, &of);
		if (rc == 0 && (cli_stopped != 0 || sr_progress_report(&progress, "reading text",
							    pages, of, "pages") != 0))
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	cli_progress_end();
	if (rc == 0) {
		sr_pages_take(r->reader, &t);
		if (o != NULL) {
			cli_json_set_bytes(o, "path", sr_bytes_str(g->path));
			text_json(o, &t);
		} else {
			rc = show(g, &t, e);
		}
		sr_pages_free(&t);
	}
	if (rc == 0 && cli_has(c, "draw"))
		rc = draw(r->c, r->launcher, g, o, e);
	if (o != NULL)
		json_array_append_new(r->all, o);
	(void)close(g->fd);
	g->fd = -1;
	r->done++;
	return rc;
}

int cli_inspect_text(struct cli *c, struct sr_err *e) {
	struct reading r = {.c = c, .all = c->json ? json_array() : NULL};
	struct sr_pages_policy policy = sr_pages_usual();
	const char *languages = cli_get(c, "ocr");
	int rc = 0;

	if (languages != NULL && strlen(languages) >= sizeof policy.languages)
		rc = sr_fail(e, SR_USAGE, "--ocr: at most %zu bytes of languages",
			sizeof policy.languages - 1);
	else if (languages != NULL)
		(void)snprintf(policy.languages, sizeof policy.languages, "%s",
			strcmp(languages, "no") == 0 ? "" : languages);
	if (rc == 0)
		rc = sr_launcher_start(&r.launcher, NULL, e);
	if (rc == 0)
		rc = sr_pages_reader_new(&r.reader, r.launcher, &policy, e);
	while (rc == 0 && r.done < c->args.word_count) {
		if (r.begun == c->args.word_count || sr_pages_full(r.reader)) {
			rc = finish_one(&r, e);
			continue;
		}
		struct given *g = &r.ring[r.begun % SR_PAGES_AHEAD];
		rc = open_one(g, c->args.words[r.begun], e);
		if (rc == 0)
			rc = sr_pages_give(r.reader, &g->in, e);
		r.begun++;
	}
	sr_pages_reader_free(r.reader);
	sr_launcher_stop(r.launcher);
	for (size_t i = r.done; i < r.begun; i++)
		if (r.ring[i % SR_PAGES_AHEAD].fd >= 0)
			(void)close(r.ring[i % SR_PAGES_AHEAD].fd);
	if (rc == 0 && c->json)
		cli_json_print(r.all);
	else
		json_decref(r.all);
	return rc;
}
