/*
 * pages - see pages.h.
 *
 * jobs[] is a ring of files in the order in which they were given; each waits for a sandbox, is in
 * one, or is done. work() gives those that wait to sandboxes that are free, then takes frames from
 * whichever has one; a sandbox never waits for another's file to be taken.
 */
#include "intake/pages.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/secret.h"
#include "base/time.h"

enum {
	BOXES_MIN = 2,
	LANGUAGES = 4,
	MEMORY = 1 << 30 /* bytes of address space of a tool: tesseract has 400 MiB */
};

enum state {
	J_WAITS,
	J_WORKS,
	J_DONE
};

struct job {
	enum state state;
	struct sr_box_input in;
	struct sr_pages text;
	uint64_t begun_ms;
	struct sr_buf page; /* of the page at hand; secret */
	char how[16];
	bool in_page;
};

struct seat { /* a sandbox */
	struct sr_box *box;
	struct job *job;
	unsigned used;
};

struct sr_pages_reader {
	struct sr_launcher *l;
	struct sr_pages_policy policy;
	struct seat seats[SR_PAGES_BOXES_MAX];
	size_t seat_count;
	struct job jobs[SR_PAGES_AHEAD];
	size_t first, count;
};

struct sr_pages_policy sr_pages_usual(void) {
	const struct sr_pages_policy p = {.languages = "eng",
		.pages = 20000,
		.bytes = UINT64_C(64) << 20,
		.page_ms = 120000,
		.file_ms = UINT64_C(4) * 3600 * 1000};

	return p;
}

/* NAME.traineddata, of a language: not what finds out directions, or reads formulas. */
static int is_trained(const struct dirent *d) {
	static const char end[] = ".traineddata";
	const size_t n = strlen(d->d_name);

	return n > sizeof end && strcmp(d->d_name + n - (sizeof end - 1), end) == 0 &&
	       strncmp(d->d_name, "osd.", 4) != 0 && strncmp(d->d_name, "equ.", 4) != 0;
}

int sr_pages_languages(char out[SR_BOX_LANGUAGES_MAX + 1], struct sr_err *e) {
	static const char place[] = "/usr/share/tesseract-ocr/5/tessdata";
	struct dirent **found = NULL;
	char all[SR_BOX_LANGUAGES_MAX + 1] = "";
	int n = scandir(place, &found, is_trained, alphasort);
	int taken = 0;

	out[0] = '\0';
	if (n < 0 && errno != ENOENT)
		return sr_fail_errno(e, "the languages of OCR, %s", place);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < n && taken < LANGUAGES; i++) {
			const size_t len = strcspn(found[i]->d_name, "."), have = strlen(all);
			const bool english = strncmp(found[i]->d_name, "eng.", 4) == 0;

			if (english != (pass == 0) || have + len + 1 > SR_BOX_LANGUAGES_MAX)
				continue;
			(void)snprintf(all + have, sizeof all - have, "%s%.*s", have > 0 ? "+" : "",
				(int)len, found[i]->d_name);
			taken++;
		}
	for (int i = 0; i < n; i++)
		free(found[i]);
	free(found);
	if (sr_box_languages_valid(sr_bytes_str(all)))
		memcpy(out, all, sizeof all);
	return 0;
}

void sr_pages_free(struct sr_pages *t) {
	sr_buf_free(&t->rendition);
	sr_wipe(t, sizeof *t);
}

/* --- pages ------------------------------------------------------------------------------------ */

static void put_char(struct sr_buf *out, struct sr_bytes c, uint32_t cp) {
	const bool turns = (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);

	if (cp == '\n' || cp == '\t')
		sr_buf_put_u8(out, (uint8_t)cp);
	else if (cp == '\r')
		return;
	else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || turns || cp == 0x2028 || cp == 0x2029)
		sr_buf_put_u8(out, ' ');
	else
		sr_buf_put_bytes(out, c);
}

/* The text of a page: false if it is no UTF-8. */
static bool put_page(struct sr_buf *out, struct sr_bytes in) {
	static const char mark[] = "--- p";
	bool starts = true;
	size_t at = 0;

	while (in.len > 0 && in.p[in.len - 1] <= ' ') /* tools end pages with empty lines */
		in.len--;

	while (at < in.len) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp);

		if (n == 0)
			return false;
		if (starts && in.len - at >= sizeof mark - 1 &&
			memcmp(in.p + at, mark, sizeof mark - 1) == 0)
			sr_buf_put_u8(out, ' ');
		put_char(out, sr_bytes_of(in.p + at, n), cp);
		/* what becomes nothing does not end the start of a line */
		starts = cp == '\n' || (starts && cp == '\r');
		at += n;
	}
	if (out->len > 0 && out->p[out->len - 1] != '\n')
		sr_buf_put_u8(out, '\n');
	return true;
}

static void page_line(struct job *j, const char *what, const char *why) {
	struct sr_pages *t = &j->text;

	sr_buf_printf(&t->rendition, "%s--- %s %u%s%s%s%s ---\n",
		t->paged && t->pages > 1 ? "\f" : "", t->paged ? "page" : "part", t->pages,
		*what != '\0' ? ", " : "", what, *why != '\0' ? ": " : "", why);
}

static void begin_page(struct job *j) {
	j->text.pages++;
	j->in_page = true;
	j->how[0] = '\0';
	sr_buf_clear(&j->page);
}

static void lose_page(struct job *j, const char *why) {
	char shown[SR_BOX_REASON_MAX];

	j->text.lost++;
	j->in_page = false;
	page_line(j, "lost", sr_escape_to(shown, sizeof shown, sr_bytes_str(why)));
}

static void end_page(struct job *j, enum sr_box_status status, struct sr_bytes reason) {
	struct sr_pages *t = &j->text;
	const size_t before = t->rendition.len;
	char why[SR_BOX_REASON_MAX + 1];

	(void)snprintf(why, sizeof why, "%.*s", (int)reason.len, (const char *)reason.p);
	if (status != SR_BOX_WHOLE && status != SR_BOX_CAPPED) {
		lose_page(j, why);
		return;
	}
	j->in_page = false;
	if (strcmp(j->how, "text") == 0)
		j->how[0] = '\0';
	page_line(j, status == SR_BOX_CAPPED ? "cut" : j->how, status == SR_BOX_CAPPED ? why : "");
	if (!put_page(&t->rendition, sr_buf_view(&j->page))) {
		t->rendition.len = before;
		lose_page(j, "its text is no UTF-8");
		return;
	}
	t->ocr += strcmp(j->how, "ocr") == 0;
	t->blank += strcmp(j->how, "blank") == 0;
}

/* --- what a sandbox says ---------------------------------------------------------------------- */

static bool says(const struct sr_frame *f, const char *key) {
	return sr_bytes_eq(f->key, sr_bytes_str(key));
}

static void take_fact(struct job *j, const struct sr_frame *f) {
	struct sr_pages *t = &j->text;

	if (j->in_page && says(f, "how"))
		(void)snprintf(j->how, sizeof j->how, "%s",
			sr_bytes_eq(f->value, sr_bytes_str("ocr"))     ? "ocr"
			: sr_bytes_eq(f->value, sr_bytes_str("blank")) ? "blank"
								       : "text");
	if (j->in_page || t->pages > 0)
		return;
	if (says(f, "itself"))
		t->itself = true;
	else if (says(f, "paged"))
		t->paged = true;
	else if (says(f, "pages")) {
		uint64_t n = 0;

		if (sr_parse_dec(&n, f->value, UINT32_MAX, NULL) == 0)
			t->of = (uint32_t)n;
	} else if (says(f, "encoding"))
		(void)snprintf(t->encoding, sizeof t->encoding, "%.*s", (int)f->value.len,
			(const char *)f->value.p);
	else if (says(f, "ocr") && t->reason[0] == '\0')
		(void)snprintf(t->reason, sizeof t->reason, "OCR: %.*s", (int)f->value.len,
			(const char *)f->value.p);
}

/* The head goes in front: its numbers are known now. */
static int put_head(struct sr_pages *t, const char *languages, struct sr_err *e) {
	struct sr_buf all;
	int rc;

	if (t->pages == t->lost + t->blank) /* no word at all; the result says why */
		sr_buf_clear(&t->rendition);
	if (t->rendition.len == 0)
		return 0;
	sr_buf_init_secret(&all);
	sr_buf_printf(&all, "strongroom text 1: %u %s%s", t->pages, t->paged ? "page" : "part",
		t->pages == 1 ? "" : "s");
	if (t->ocr > 0)
		sr_buf_printf(&all, ", %u by OCR (%s)", t->ocr, languages);
	if (t->lost > 0)
		sr_buf_printf(&all, ", %u lost", t->lost);
	sr_buf_printf(&all, ", %s%s%s\n", t->failed ? "failed" : sr_box_status_name(t->status),
		t->reason[0] != '\0' ? ": " : "", t->reason);
	sr_buf_put_buf(&all, &t->rendition);
	rc = sr_buf_ok(&t->rendition, e);
	if (rc == 0)
		rc = sr_buf_ok(&all, e);
	sr_buf_free(&t->rendition);
	t->rendition = all;
	return rc;
}

static int finish(struct sr_pages_reader *r, struct seat *s, struct sr_err *e) {
	struct job *j = s->job;

	s->job = NULL;
	j->state = J_DONE;
	sr_buf_free(&j->page);
	return put_head(&j->text, r->policy.languages, e);
}

/* The parser failed over it: what came of it stays, and the sandbox goes. */
static int failed(struct sr_pages_reader *r, struct seat *s, const char *why, struct sr_err *e) {
	struct job *j = s->job;

	sr_box_free(s->box);
	s->box = NULL;
	j->text.failed = true;
	j->text.status = SR_BOX_BROKEN;
	(void)snprintf(j->text.reason, sizeof j->text.reason, "%.*s", SR_PAGES_REASON - 1, why);
	if (j->in_page)
		lose_page(j, "the parser failed over it");
	return finish(r, s, e);
}

static int take_member(struct job *j, const struct sr_member *m, struct sr_err *why) {
	char number[12];

	(void)snprintf(number, sizeof number, "%u", j->text.pages + 1);
	if (m->kind != SR_MEMBER_FILE || !sr_bytes_eq(m->path, sr_bytes_str(number)))
		return sr_fail(
			why, SR_CORRUPT, "the parser broke the protocol: want page %s", number);
	begin_page(j);
	return 0;
}

static int take_frame(struct job *j, const struct sr_frame *f, struct sr_err *why) {
	switch (f->type) {
	case SR_FRAME_FACT:
		take_fact(j, f);
		return 0;
	case SR_FRAME_MEMBER:
		return take_member(j, &f->member, why);
	case SR_FRAME_DATA:
		if (f->data.len > SR_PAGES_PAGE - j->page.len)
			return sr_fail(why, SR_LIMIT,
				"the parser sent a page of more than %d bytes", SR_PAGES_PAGE);
		sr_buf_put_bytes(&j->page, f->data);
		return sr_buf_ok(&j->page, why);
	case SR_FRAME_END:
		end_page(j, f->status, f->reason);
		return 0;
	case SR_FRAME_DONE:
		j->text.status = f->status;
		if (f->reason.len > 0)
			(void)snprintf(j->text.reason, sizeof j->text.reason, "%.*s",
				(int)f->reason.len, (const char *)f->reason.p);
		return 0;
	case SR_FRAME_HELLO:
	case SR_FRAME_JOB:
	case SR_FRAME_READ:
	case SR_FRAME_ANSWER:
		break;
	}
	return sr_fail(why, SR_MISUSE, "pages: a frame of type %c", (int)f->type);
}

/* A frame of a sandbox, if it has one: 1; 0: it has not. */
static int take(struct sr_pages_reader *r, struct seat *s, struct sr_err *e) {
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct job *j = s->job;
	struct sr_err why = {0};
	bool got = false;
	int rc = sr_box_try(s->box, &f, &got, &why);

	if (rc == 0 && sr_mono_ms() - j->begun_ms > r->policy.file_ms)
		rc = sr_fail(&why, SR_LIMIT, "it takes longer than the %llu minutes of a file",
			(unsigned long long)r->policy.file_ms / 60000);
	if (rc == 0 && got)
		rc = take_frame(j, &f, &why);
	if (rc == SR_CORRUPT || rc == SR_LIMIT)
		rc = failed(r, s, why.text, e);
	else if (rc != 0)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	else if (got && f.type == SR_FRAME_DONE)
		rc = finish(r, s, e);
	return rc != 0 ? rc : got;
}

/* --- files to sandboxes ----------------------------------------------------------------------- */

static struct sr_box_options job_of(const struct sr_pages_reader *r) {
	struct sr_box_options o = {.job = {.what = SR_BOX_TEXT,
					   .members = r->policy.pages,
					   .bytes = r->policy.bytes,
					   .depth = 1,
					   .page = r->policy.ocr_pages},
		.limits = sr_box_limits_usual(),
		.whole = true,
		.stays = true,
		.paced = true};

	memcpy(o.job.languages, r->policy.languages, sizeof o.job.languages);
	o.limits.memory = MEMORY;
	o.limits.wall_ms = r->policy.page_ms;
	o.limits.cpu_s = r->policy.page_ms / 1000 + 1;
	o.limits.tools = SR_TOOLS_PAGES;
	return o;
}

static int sit(struct sr_pages_reader *r, struct seat *s, struct job *j, struct sr_err *e) {
	struct sr_box_options o = job_of(r);
	struct sr_err why = {0};
	int rc;

	/* Too large for a tool: it is asked for, and what no tool must have is read. */
	o.whole = j->in.size <= SR_BOX_WHOLE_MAX;
	if (s->box != NULL && s->used >= SR_PAGES_RECYCLE) {
		sr_box_free(s->box);
		s->box = NULL;
	}
	s->job = j;
	j->state = J_WORKS;
	j->begun_ms = sr_mono_ms();
	if (s->box != NULL) {
		s->used++;
		rc = sr_box_again(s->box, &j->in, &o, &why);
	} else {
		s->used = 1;
		rc = sr_box_begin(&s->box, r->l, &j->in, &o, &why);
	}
	if (rc == SR_CORRUPT || rc == SR_LIMIT)
		return failed(r, s, why.text, e);
	return rc == 0 ? 0 : sr_fail(e, (enum sr_code)rc, "%s", why.text);
}

static int seat_all(struct sr_pages_reader *r, struct sr_err *e) {
	size_t waiting = 0; /* bytes of text, of those before it */
	int rc = 0;

	for (size_t i = 0; i < r->count && rc == 0 && waiting <= SR_PAGES_WAITING; i++) {
		struct job *j = &r->jobs[(r->first + i) % SR_PAGES_AHEAD];
		struct seat *s = r->seats;

		waiting += j->text.rendition.len;
		if (j->state != J_WAITS)
			continue;
		while (s < r->seats + r->seat_count && s->job != NULL)
			s++;
		if (s == r->seats + r->seat_count)
			break;
		rc = sit(r, s, j, e);
	}
	return rc;
}

/* --- the reader ------------------------------------------------------------------------------- */

int sr_pages_reader_new(struct sr_pages_reader **out, struct sr_launcher *l,
	const struct sr_pages_policy *policy, struct sr_err *e) {
	struct sr_pages_reader *r;
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);

	*out = NULL;
	if (!sr_box_languages_valid(sr_bytes_str(policy->languages)))
		return sr_fail(e, SR_USAGE,
			"languages of OCR are words between plus signs, as in eng+ara, not %s",
			policy->languages);
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to read text");
	r->l = l;
	r->policy = *policy;
	/* One more than cores: one of them waits for us now and then. */
	r->seat_count = cores < BOXES_MIN             ? BOXES_MIN
			: cores >= SR_PAGES_BOXES_MAX ? SR_PAGES_BOXES_MAX
						      : (size_t)cores + 1;
	*out = r;
	return 0;
}

void sr_pages_reader_free(struct sr_pages_reader *r) {
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->seat_count; i++)
		sr_box_free(r->seats[i].box);
	for (size_t i = 0; i < r->count; i++) {
		struct job *j = &r->jobs[(r->first + i) % SR_PAGES_AHEAD];

		sr_buf_free(&j->page);
		sr_pages_free(&j->text);
	}
	free(r);
}

bool sr_pages_full(const struct sr_pages_reader *r) {
	return r->count == SR_PAGES_AHEAD;
}

size_t sr_pages_held(const struct sr_pages_reader *r) {
	return r->count;
}

int sr_pages_give(struct sr_pages_reader *r, const struct sr_box_input *in, struct sr_err *e) {
	struct job *j;

	if (sr_pages_full(r))
		return sr_fail(e, SR_MISUSE, "pages: %d files wait already", SR_PAGES_AHEAD);
	j = &r->jobs[(r->first + r->count++) % SR_PAGES_AHEAD];
	*j = (struct job){.state = J_WAITS, .in = *in};
	sr_buf_init_secret(&j->page);
	sr_buf_init_secret(&j->text.rendition);
	return seat_all(r, e);
}

/* Frames of all that have one now: how many; 0: none had. */
static int take_all(struct sr_pages_reader *r, int wait_ms, struct sr_err *e) {
	struct pollfd p[SR_PAGES_BOXES_MAX];
	nfds_t n = 0;
	int took = 0, rc = 0;

	for (size_t i = 0; i < r->seat_count; i++)
		if (r->seats[i].job != NULL)
			p[n++] =
				(struct pollfd){.fd = sr_box_fd(r->seats[i].box), .events = POLLIN};
	if (n == 0 || (wait_ms > 0 && poll(p, n, wait_ms) < 0 && errno != EINTR))
		return 0;
	/* Those that said nothing too: their time may be over. */
	for (size_t i = 0; i < r->seat_count && rc >= 0; i++)
		if (r->seats[i].job != NULL) {
			rc = take(r, &r->seats[i], e);
			took += rc > 0 || r->seats[i].job == NULL;
		}
	return rc < 0 ? rc : took;
}

int sr_pages_work(struct sr_pages_reader *r, unsigned wait_ms, bool *ready, uint32_t *pages,
	struct sr_err *e) {
	const struct job *oldest = &r->jobs[r->first];
	int rc = r->count > 0 ? seat_all(r, e) : 0;

	*ready = false;
	while (rc == 0 && r->count > 0 && oldest->state != J_DONE) {
		rc = take_all(r, (int)wait_ms, e);
		if (rc <= 0)
			break;
		rc = seat_all(r, e);
	}
	*ready = rc == 0 && r->count > 0 && oldest->state == J_DONE;
	if (pages != NULL)
		*pages = r->count > 0 ? oldest->text.pages : 0;
	return rc < 0 ? rc : 0;
}

void sr_pages_at(const struct sr_pages_reader *r, uint32_t *pages, uint32_t *of) {
	const struct sr_pages *t = &r->jobs[r->first].text;

	*pages = r->count > 0 ? t->pages : 0;
	*of = r->count > 0 ? t->of : 0;
}

void sr_pages_take(struct sr_pages_reader *r, struct sr_pages *out) {
	*out = r->jobs[r->first].text;
	r->jobs[r->first] = (struct job){.state = J_WAITS};
	r->first = (r->first + 1) % SR_PAGES_AHEAD;
	r->count--;
}

int sr_pages_read(struct sr_pages *out, struct sr_launcher *l, const struct sr_pages_policy *policy,
	const struct sr_box_input *in, struct sr_err *e) {
	struct sr_pages_reader *r = NULL;
	bool ready = false;
	int rc = sr_pages_reader_new(&r, l, policy, e);

	*out = (struct sr_pages){.failed = true};
	sr_buf_init_secret(&out->rendition);
	if (rc == 0)
		rc = sr_pages_give(r, in, e);
	while (rc == 0 && !ready)
		rc = sr_pages_work(r, 1000, &ready, NULL, e);
	if (rc == 0)
		sr_pages_take(r, out);
	sr_pages_reader_free(r);
	return rc;
}
