/*
 * poster - see poster.h.
 *
 * A job goes from `fresh` (put there by the caller) to curl's hands (the thread's alone) to `done`
 * (taken by the caller). The lock guards the two lists and the counts; curl's handles are touched
 * by the thread only.
 */
#include "ledger/poster.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/library.h"

enum {
	WAIT_MS = 60000 /* the thread's longest sleep; it is woken for every job */
};

struct job {
	struct job *next, *prev; /* prev: among those under way */
	CURL *easy;
	struct curl_slist *headers;
	char *url;
	struct sr_buf body;
	bool large; /* the answer is cut: it is larger than an answer may be */
	char told[CURL_ERROR_SIZE];
	struct sr_posted answer;
};

struct sr_poster {
	CURLM *multi;
	pthread_t thread;
	pthread_mutex_t lock;
	struct job *fresh, *done, *under_way; /* under_way: the thread's */
	size_t count;                         /* jobs anywhere */
	bool stop, started;
	int wake_fd; /* readable while `done` is not empty */
	long connect_ms, total_ms;
};

/* What is used of libcurl, by its own types. The varied arguments of easy_setopt, easy_getinfo and
 * multi_setopt are looked at by nobody: a cast says their type where it is not plain. */
/* clang-format off */
#define NAMES(X) \
	X(easy_cleanup) X(easy_getinfo) X(easy_init) X(easy_setopt) X(easy_strerror) \
	X(global_init) X(multi_add_handle) X(multi_cleanup) X(multi_info_read) X(multi_init) \
	X(multi_perform) X(multi_poll) X(multi_remove_handle) X(multi_setopt) X(multi_wakeup) \
	X(slist_append) X(slist_free_all)
/* clang-format on */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): it is a name */
#define MEMBER(name) __typeof__(curl_##name) *name;
#define ENTRY(name) {"curl_" #name, &curl.name},
static struct { NAMES(MEMBER) } curl;
static const struct sr_library_name names[] = {NAMES(ENTRY)};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static struct sr_err curl_why; /* when curl_rc is not 0 */
static int curl_rc;
static void curl_load(void) {
	CURLcode rc;

	curl_rc = sr_library_load("libcurl.so.4", names, sizeof names / sizeof names[0], &curl_why);
	if (curl_rc != 0)
		return;
	rc = curl.global_init(CURL_GLOBAL_DEFAULT);
	if (rc != CURLE_OK)
		curl_rc = sr_fail(&curl_why, SR_NOMEM, "libcurl: %s", curl.easy_strerror(rc));
}

static void job_free(struct job *j) {
	if (j == NULL)
		return;
	if (j->easy != NULL)
		curl.easy_cleanup(j->easy);
	curl.slist_free_all(j->headers);
	sr_buf_free(&j->body);
	sr_buf_free(&j->answer.body);
	free(j->url);
	free(j);
}

/* --- the thread --- */

static size_t take_body(char *p, size_t size, size_t n, void *ctx) {
	struct job *j = ctx;
	const size_t len = size * n;

	if (j->answer.body.len + len > SR_WITNESS_ANSWER_MAX) {
		j->large = true;
		return 0;
	}
	sr_buf_put(&j->answer.body, p, len);
	return sr_buf_ok(&j->answer.body, NULL) == 0 ? len : 0;
}

static size_t take_nothing(char *p, size_t size, size_t n, void *ctx) {
	(void)p;
	(void)ctx;
	return size * n;
}

static bool set_up(struct sr_poster *p, struct job *j) {
	CURL *c = j->easy = curl.easy_init();
	bool ok = c != NULL;

	j->headers = curl.slist_append(NULL, "Content-Type: text/plain; charset=utf-8");
	ok = ok && j->headers != NULL;
	if (ok) {
		/* No "Expect: 100-continue", which would cost a second with a server that has none.
		 */
		struct curl_slist *more = curl.slist_append(j->headers, "Expect:");
		ok = more != NULL;
	}
#define SET(option, value) (ok = ok && curl.easy_setopt(c, (option), (value)) == CURLE_OK)
	SET(CURLOPT_URL, j->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CONNECTTIMEOUT_MS, p->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, p->total_ms);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_USERAGENT, "strongroom");
	SET(CURLOPT_HTTPHEADER, j->headers);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDS, (const char *)j->body.p);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body.len);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, (void *)j);
	SET(CURLOPT_HEADERFUNCTION, take_nothing);
	SET(CURLOPT_ERRORBUFFER, j->told);
	SET(CURLOPT_PRIVATE, (void *)j);
#undef SET
	return ok;
}

static void finish(struct sr_poster *p, struct job *j, CURLcode result) {
	struct sr_posted *a = &j->answer;
	const uint64_t one = 1;
	const char *type = NULL;
	long status = 0;

	if (j->easy != NULL) {
		(void)curl.easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
		(void)curl.easy_getinfo(j->easy, CURLINFO_CONTENT_TYPE, &type);
		if (type != NULL)
			snprintf(a->type, sizeof a->type, "%s", type);
	}
	a->answered = result == CURLE_OK && status >= 100 && status <= 999;
	a->status = a->answered ? (unsigned)status : 0;
	if (j->large)
		snprintf(a->why, sizeof a->why, "its answer is larger than %d bytes",
			(int)SR_WITNESS_ANSWER_MAX);
	else if (!a->answered)
		sr_escape_to(a->why, sizeof a->why,
			sr_bytes_str(j->told[0] != '\0' ? j->told : curl.easy_strerror(result)));
	/* The handle goes now: its connection stays with the multi handle. */
	if (j->easy != NULL)
		curl.easy_cleanup(j->easy);
	j->easy = NULL;
	(void)pthread_mutex_lock(&p->lock);
	j->next = p->done;
	p->done = j;
	(void)pthread_mutex_unlock(&p->lock);
	(void)!write(p->wake_fd, &one, sizeof one);
}

static void begin(struct sr_poster *p, struct job *j) {
	if (!set_up(p, j) || curl.multi_add_handle(p->multi, j->easy) != CURLM_OK) {
		finish(p, j, CURLE_OUT_OF_MEMORY);
		return;
	}
	j->prev = NULL;
	j->next = p->under_way;
	if (p->under_way != NULL)
		p->under_way->prev = j;
	p->under_way = j;
}

static void leave(struct sr_poster *p, struct job *j) {
	(void)curl.multi_remove_handle(p->multi, j->easy);
	if (j->prev != NULL)
		j->prev->next = j->next;
	else
		p->under_way = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
}

static void collect(struct sr_poster *p) {
	CURLMsg *m;
	int left = 0;

	while ((m = curl.multi_info_read(p->multi, &left)) != NULL) {
		const CURLcode result = m->data.result;
		char *mine = NULL;
		struct job *j;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &mine);
		j = (struct job *)(void *)mine;
		leave(p, j);
		finish(p, j, result);
	}
}

/* False: it is over. */
static bool take_fresh(struct sr_poster *p) {
	struct job *j;
	bool stop;

	(void)pthread_mutex_lock(&p->lock);
	j = p->fresh;
	p->fresh = NULL;
	stop = p->stop;
	(void)pthread_mutex_unlock(&p->lock);
	while (j != NULL) {
		struct job *next = j->next;

		begin(p, j);
		j = next;
	}
	return !stop;
}

static void *run(void *ctx) {
	struct sr_poster *p = ctx;
	int running = 0;

	while (take_fresh(p)) {
		(void)curl.multi_perform(p->multi, &running);
		collect(p);
		(void)curl.multi_poll(p->multi, NULL, 0, WAIT_MS, NULL);
	}
	while (p->under_way != NULL) {
		struct job *j = p->under_way;

		leave(p, j);
		finish(p, j, CURLE_ABORTED_BY_CALLBACK);
	}
	return NULL;
}

/* --- the caller's side --- */

static int start(struct sr_poster *p, struct sr_err *e) {
	sigset_t all, old;
	int failed;

	(void)pthread_once(&curl_once, curl_load);
	if (curl_rc != 0)
		return sr_fail(e, curl_why.code, "%s", curl_why.text);
	p->multi = curl.multi_init();
	if (p->multi == NULL)
		return sr_fail(e, SR_NOMEM, "libcurl: out of memory");
	(void)curl.multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)SR_POSTER_AT_ONCE);
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0)
		return sr_fail_errno(e, "eventfd");
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	failed = pthread_create(&p->thread, NULL, run, p);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed != 0)
		return sr_fail(e, SR_NOMEM, "no thread for witnesses (%s)", strerror(failed));
	p->started = true;
	return 0;
}

int sr_poster_new(
	struct sr_poster **out, unsigned connect_ms, unsigned total_ms, struct sr_err *e) {
	struct sr_poster *p = calloc(1, sizeof *p);
	int rc;

	if (p == NULL || pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	}
	p->wake_fd = -1;
	p->connect_ms = connect_ms != 0 ? connect_ms : SR_POSTER_CONNECT_MS;
	p->total_ms = total_ms != 0 ? total_ms : SR_POSTER_TOTAL_MS;
	rc = start(p, e);
	if (rc != 0) {
		sr_poster_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

static void list_free(struct job *j) {
	while (j != NULL) {
		struct job *next = j->next;

		job_free(j);
		j = next;
	}
}

void sr_poster_free(struct sr_poster *p) {
	if (p == NULL)
		return;
	if (p->started) {
		(void)pthread_mutex_lock(&p->lock);
		p->stop = true;
		(void)pthread_mutex_unlock(&p->lock);
		(void)curl.multi_wakeup(p->multi);
		(void)pthread_join(p->thread, NULL);
	}
	list_free(p->fresh);
	list_free(p->done);
	if (p->multi != NULL)
		(void)curl.multi_cleanup(p->multi);
	if (p->wake_fd >= 0)
		(void)close(p->wake_fd);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

int sr_poster_post(struct sr_poster *p, uint64_t tag, const char *url, struct sr_bytes body,
	struct sr_err *e) {
	struct job *j = NULL;
	char shown[96];

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return sr_fail(e, SR_USAGE, "\"%s\" is no address of http or https",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(url)));
	j = calloc(1, sizeof *j);
	if (j == NULL)
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	sr_buf_init(&j->body);
	sr_buf_init(&j->answer.body);
	j->answer.tag = tag;
	j->url = strdup(url);
	sr_buf_put_bytes(&j->body, body);
	if (j->url == NULL || sr_buf_ok(&j->body, NULL) != 0) {
		job_free(j);
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	}
	(void)pthread_mutex_lock(&p->lock);
	if (p->count >= SR_POSTER_AT_ONCE) {
		(void)pthread_mutex_unlock(&p->lock);
		job_free(j);
		return sr_fail(e, SR_LIMIT, "%d requests to witnesses are under way already",
			SR_POSTER_AT_ONCE);
	}
	p->count++;
	j->next = p->fresh;
	p->fresh = j;
	(void)pthread_mutex_unlock(&p->lock);
	(void)curl.multi_wakeup(p->multi);
	return 0;
}

bool sr_poster_take(struct sr_poster *p, struct sr_posted *out) {
	struct job *j;
	uint64_t all;

	(void)pthread_mutex_lock(&p->lock);
	j = p->done;
	if (j != NULL) {
		p->done = j->next;
		p->count--;
	}
	if (p->done == NULL)
		(void)!read(p->wake_fd, &all, sizeof all);
	(void)pthread_mutex_unlock(&p->lock);
	if (j == NULL)
		return false;
	*out = j->answer;
	sr_buf_init(&j->answer.body);
	job_free(j);
	return true;
}

void sr_posted_free(struct sr_posted *a) {
	sr_buf_free(&a->body);
}

int sr_poster_fd(const struct sr_poster *p) {
	return p->wake_fd;
}
