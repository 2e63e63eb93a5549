/*
 * witnessd - HTTP for a witness. The contract is in witnessd.h.
 *
 * libmicrohttpd 0.9.75 takes two Content-Length headers, and Content-Length beside
 * Transfer-Encoding; whoever stands before us could read such a request otherwise. They are refused
 * here, with the connection.
 */
#include "ledger/witnessd.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/library.h"

/* What is used of libmicrohttpd, which is loaded with the first daemon. */
/* clang-format off */
#define NAMES(X) \
	X(add_response_header) X(create_response_from_buffer) X(destroy_response) \
	X(get_connection_values) X(get_daemon_info) X(queue_response) X(start_daemon) \
	X(stop_daemon)
/* clang-format on */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): it is a name */
#define MEMBER(name) __typeof__(MHD_##name) *name;
#define ENTRY(name) {"MHD_" #name, &mhd.name},
static struct { NAMES(MEMBER) } mhd;
static const struct sr_library_name names[] = {NAMES(ENTRY)};

static pthread_once_t mhd_once = PTHREAD_ONCE_INIT;
static struct sr_err mhd_why; /* when mhd_rc is not 0 */
static int mhd_rc;
static void mhd_load(void) {
	mhd_rc = sr_library_load(
		"libmicrohttpd.so.12", names, sizeof names / sizeof names[0], &mhd_why);
}

struct sr_witnessd {
	struct MHD_Daemon *daemon;
	struct sr_witness *witness;
	void (*tell)(void *ctx, const char *sentence);
	void *ctx;
	uint64_t request_ms;
	uint16_t port;
};

struct request { /* one under way */
	uint64_t begun_ms;
	struct sr_buf body;
	unsigned refuse; /* status that is answered after the body; 0: none */
};

static void tell(
	const struct sr_witnessd *d, const char *method, const char *url, unsigned status) {
	char line[256], path[128];

	if (d->tell == NULL || status == 200)
		return;
	snprintf(line, sizeof line, "%u to %.8s %s", status, method,
		sr_escape_to(path, sizeof path, sr_bytes_str(url)));
	d->tell(d->ctx, line);
}

/* ${body} is copied. */
static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *type,
	struct sr_bytes body, const char *allow) {
	struct MHD_Response *r;
	enum MHD_Result ok = MHD_NO;
	void *bytes = malloc(body.len == 0 ? 1 : body.len);

	if (bytes == NULL)
		return MHD_NO;
	if (body.len > 0)
		memcpy(bytes, body.p, body.len);
	r = mhd.create_response_from_buffer(body.len, bytes, MHD_RESPMEM_MUST_FREE);
	if (r == NULL) {
		free(bytes);
		return MHD_NO;
	}
	if (mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
		(allow == NULL ||
			mhd.add_response_header(r, MHD_HTTP_HEADER_ALLOW, allow) == MHD_YES) &&
		(status != 400 && status != 413
				? MHD_YES
				: mhd.add_response_header(
					  r, MHD_HTTP_HEADER_CONNECTION, "close")) == MHD_YES)
		ok = mhd.queue_response(c, status, r);
	mhd.destroy_response(r);
	return ok;
}

static enum MHD_Result sentence(
	struct MHD_Connection *c, unsigned status, const char *text, const char *allow) {
	return answer(c, status, "text/plain; charset=utf-8", sr_bytes_str(text), allow);
}

struct framing {
	unsigned lengths, encodings;
	uint64_t length;
	bool bad;
};

static enum MHD_Result count_header(
	void *cls, enum MHD_ValueKind kind, const char *key, const char *value) {
	struct framing *f = cls;

	(void)kind;
	if (strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		f->lengths++;
		f->bad = f->bad || value == NULL ||
			 sr_parse_dec(&f->length, sr_bytes_str(value), INT64_MAX, NULL) != 0;
	}
	if (strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
		f->encodings++;
	return MHD_YES;
}

/* The first call of a request: its headers are here. */
static enum MHD_Result begin(struct MHD_Connection *c, void **state) {
	struct framing f = {0};
	struct request *q = calloc(1, sizeof *q);

	if (q == NULL)
		return MHD_NO;
	sr_buf_init(&q->body);
	q->begun_ms = sr_mono_ms();
	(void)mhd.get_connection_values(c, MHD_HEADER_KIND, count_header, &f);
	*state = q;
	if (f.lengths + f.encodings > 1 || f.bad)
		return sentence(
			c, 400, "the length of the body is said twice, or not as a number\n", NULL);
	if (f.length > SR_WITNESS_REQUEST_MAX)
		return sentence(c, 413, "the body is larger than any request to a witness\n", NULL);
	return MHD_YES;
}

static enum MHD_Result add(
	struct sr_witnessd *d, struct MHD_Connection *c, struct request *q, const char *url) {
	struct sr_witness_reply r;
	enum MHD_Result ok;

	if (q->refuse != 0)
		return sentence(
			c, q->refuse, "the body is larger than any request to a witness\n", NULL);
	if (sr_buf_ok(&q->body, NULL) != 0)
		return MHD_NO;
	sr_witness_add(d->witness, sr_buf_view(&q->body), &r);
	tell(d, "POST", url, r.status);
	ok = answer(c, r.status, r.type, sr_buf_view(&r.body), NULL);
	sr_buf_free(&r.body);
	return ok;
}

/* "/<64 hex digits>/checkpoint" */
static bool is_checkpoint(struct sr_bytes *hex, const char *url) {
	const size_t len = strlen(url);

	if (len != 1 + 64 + 11 || url[0] != '/' || strcmp(url + 65, "/checkpoint") != 0)
		return false;
	*hex = sr_bytes_of(url + 1, 64);
	return true;
}

static enum MHD_Result get(
	struct sr_witnessd *d, struct MHD_Connection *c, struct sr_bytes hex, const char *url) {
	struct sr_witness_reply r;
	enum MHD_Result ok;

	sr_witness_get(d->witness, hex, &r);
	tell(d, "GET", url, r.status);
	ok = answer(c, r.status, r.type, sr_buf_view(&r.body), NULL);
	sr_buf_free(&r.body);
	return ok;
}

static bool too_slow(const struct sr_witnessd *d, const struct request *q) {
	return sr_mono_ms() - q->begun_ms > d->request_ms;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **state) {
	struct sr_witnessd *d = cls;
	struct request *q = *state;
	struct sr_bytes hex;

	(void)version;
	if (q == NULL)
		return begin(c, state);
	if (too_slow(d, q))
		return MHD_NO;
	if (*upload_len > 0) { /* a part of the body */
		if (q->body.len + *upload_len > SR_WITNESS_REQUEST_MAX)
			q->refuse = 413;
		else
			sr_buf_put(&q->body, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/add-checkpoint") == 0) {
		if (strcmp(method, MHD_HTTP_METHOD_POST) == 0)
			return add(d, c, q, url);
		tell(d, method, url, 405);
		return sentence(c, 405, "add-checkpoint is a POST\n", "POST");
	}
	if (is_checkpoint(&hex, url)) {
		if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
			strcmp(method, MHD_HTTP_METHOD_HEAD) == 0)
			return get(d, c, hex, url);
		tell(d, method, url, 405);
		return sentence(c, 405, "a checkpoint is a GET\n", "GET, HEAD");
	}
	tell(d, method, url, 404);
	return sentence(
		c, 404, "here are /add-checkpoint and /<sha256 of origin>/checkpoint\n", NULL);
}

static void completed(
	void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code) {
	struct request *q = *state;

	(void)cls;
	(void)c;
	(void)code;
	if (q == NULL)
		return;
	sr_buf_free(&q->body);
	free(q);
	*state = NULL;
}

struct address {
	struct sockaddr_storage a;
	bool v6;
};

static int parse_address(struct address *out, const char *text, uint16_t port, struct sr_err *e) {
	char shown[96];
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(out, 0, sizeof *out);
	if (text == NULL)
		text = "127.0.0.1";
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(&out->a, &v4, sizeof v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(&out->a, &v6, sizeof v6);
		out->v6 = true;
		return 0;
	}
	return sr_fail(e, SR_USAGE,
		"\"%s\" is no numeric address to listen at, such as 127.0.0.1 or 10.1.2.3",
		sr_escape_to(shown, sizeof shown, sr_bytes_str(text)));
}

int sr_witnessd_start(
	struct sr_witnessd **out, const struct sr_witnessd_options *o, struct sr_err *e) {
	struct sr_witnessd *d = NULL;
	const union MHD_DaemonInfo *info;
	struct address at;
	int rc = parse_address(&at, o->address, o->port, e);

	if (rc != 0)
		return rc;
	(void)pthread_once(&mhd_once, mhd_load);
	if (mhd_rc != 0)
		return sr_fail(e, mhd_why.code, "%s", mhd_why.text);
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "witness: out of memory");
	d->witness = o->witness;
	d->tell = o->tell;
	d->ctx = o->ctx;
	d->request_ms = o->request_ms != 0 ? o->request_ms : SR_WITNESSD_REQUEST_MS;
	/* poll, not epoll: with epoll, 0.9.75 misses the end of a client that stops in its body,
	 * and keeps the connection until it is idle. */
	d->daemon = mhd.start_daemon(
		(unsigned)MHD_USE_POLL_INTERNAL_THREAD | (at.v6 ? (unsigned)MHD_USE_IPv6 : 0U),
		o->port, NULL, NULL, handle, d, MHD_OPTION_SOCK_ADDR,
		(const struct sockaddr *)&at.a, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)SR_WITNESSD_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)SR_WITNESSD_PER_ADDRESS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SR_WITNESSD_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SR_WITNESSD_MEMORY,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (d->daemon == NULL) {
		free(d);
		return sr_fail_errno(e, "listen at port %u", (unsigned)o->port);
	}
	info = mhd.get_daemon_info(d->daemon, MHD_DAEMON_INFO_BIND_PORT);
	d->port = info != NULL ? info->port : o->port;
	*out = d;
	return 0;
}

uint16_t sr_witnessd_port(const struct sr_witnessd *d) {
	return d->port;
}

void sr_witnessd_stop(struct sr_witnessd *d) {
	if (d == NULL)
		return;
	mhd.stop_daemon(d->daemon);
	free(d);
}
