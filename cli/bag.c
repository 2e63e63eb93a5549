/*
 * bag - see bag.h.
 */
#include "cli/bag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "intake/bag.h"

enum {
	SHOWN = 20 /* findings told one by one */
};

struct cli_bag {
	struct sr_bag *bag;
	struct sr_deposit_source inner;
	size_t prefix; /* bytes of a stored path before the path in the bag */
	size_t seen;
};

static void tell(const struct cli *c, const struct sr_bag *b, bool refuses) {
	size_t count = 0, shown = 0;
	const struct sr_bag_finding *f = sr_bag_findings(b, &count);
	const size_t all = refuses ? sr_bag_refusals(b) : sr_bag_warnings(b);

	if (c->json && !refuses)
		return;
	for (size_t i = 0; i < count && shown < SHOWN; i++) {
		if (f[i].refuses != refuses)
			continue;
		(void)fprintf(stderr, "%s: %s\n", refuses ? "refused" : "warning", f[i].text);
		shown++;
	}
	if (all > shown)
		(void)fprintf(
			stderr, "%s: %zu more\n", refuses ? "refused" : "warning", all - shown);
}

static int judge(struct cli *c, const struct sr_bag *b, const char *shown, struct sr_err *e) {
	int rc;

	tell(c, b, false);
	rc = sr_bag_verdict(b, e);
	if (rc != 0) {
		if (sr_bag_refusals(b) > 1)
			tell(c, b, true);
		(void)sr_wrap(e, "%s is no valid bag", shown);
		cli_hint(c, "nothing was deposited; have it made anew, or deposit it as a folder "
			    "without --bag");
		return rc;
	}
	rc = sr_bag_accept(b, e);
	if (rc != 0)
		(void)sr_wrap(e, "%s", shown);
	return rc;
}

int cli_bag_open(struct cli_bag **out, struct cli *c, const char *path, struct sr_err *e) {
	struct sr_progress progress = cli_progress(c);
	struct cli_bag *b = calloc(1, sizeof *b);
	char shown[256];
	int rc;

	*out = NULL;
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a bag");
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	rc = sr_bag_read(&b->bag, path, &progress, e);
	cli_progress_end();
	if (rc == 0)
		rc = judge(c, b->bag, shown, e);
	if (rc != 0) {
		cli_bag_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

static int next_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct cli_bag *b = ctx;

	return b->inner.item(b->inner.ctx, title, e);
}

static int next_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct cli_bag *b = ctx;

	return b->inner.file(b->inner.ctx, out, e);
}

static void told(void *ctx, struct sr_bytes path, const char *status, const char *reason) {
	const struct cli_bag *b = ctx;

	b->inner.told(b->inner.ctx, path, status, reason);
}

static int was_read(
	void *ctx, struct sr_bytes path, uint64_t size, const uint8_t *sha256, struct sr_err *e) {
	struct cli_bag *b = ctx;
	const struct sr_bag_file *f;
	char shown[256];
	size_t count = 0;

	if (path.p == NULL) {
		(void)sr_bag_files(b->bag, &count);
		return b->seen == count
			       ? 0
			       : sr_fail(e, SR_AUTH,
					 "the bag had %zu files when it was judged, %zu were "
					 "read since: nothing is signed",
					 count, b->seen);
	}
	f = path.len < b->prefix
		    ? NULL
		    : sr_bag_find(b->bag, sr_bytes_of(path.p + b->prefix, path.len - b->prefix));
	if (f == NULL || !f->hashed || f->size != size || memcmp(f->sha256, sha256, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"%s is not what it was when the bag was judged: nothing is signed",
			sr_escape_to(shown, sizeof shown, path));
	b->seen++;
	return 0;
}

void cli_bag_guard(struct cli_bag *b, const char *stored, struct sr_deposit_source *source) {
	b->inner = *source;
	b->prefix = *stored == '\0' ? 0 : strlen(stored) + 1;
	*source = (struct sr_deposit_source){.item = next_item,
		.file = next_file,
		.told = b->inner.told != NULL ? told : NULL,
		.read = was_read,
		.ctx = b};
}

json_t *cli_bag_json(const struct cli_bag *b) {
	size_t count = 0, files = 0;
	const struct sr_bag_finding *f = sr_bag_findings(b->bag, &count);
	json_t *o = json_object(), *warnings = json_array();

	(void)sr_bag_files(b->bag, &files);
	json_object_set_new(o, "version", json_string(sr_bag_version(b->bag)));
	json_object_set_new(o, "files", json_integer((json_int_t)files));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(warnings, json_string(f[i].text));
	json_object_set_new(o, "warnings", warnings);
	return o;
}

void cli_bag_free(struct cli_bag *b) {
	if (b == NULL)
		return;
	sr_bag_free(b->bag);
	free(b);
}
