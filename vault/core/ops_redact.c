/*
 * redact.make: a new item from an opened one, without what its plan leaves out: bytes, and unless
 * the curator says otherwise the names that the whole one has. The bytes go
 * from the room into a deposit of this process; the curator then signs `redact` for it as a
 * depositor signs `accession` (deposit.finish, submit).
 */
#include "catalogue/family.h"
#include "core/inflow.h"
#include "core/ops_in.h"
#include "room/redact.h"

enum {
	CHUNK = 1 << 20,
	NAMES = 16 /* a container in a container...: of each the number is in the name */
};

/* By way of ${chunk}, CHUNK bytes. */
static int feed(struct sr_inflow *in, const struct sr_redacting *r, uint64_t file, uint8_t *chunk,
	struct sr_err *e) {
	struct sr_redact_cursor c = {.file = file};
	size_t got = 1, most = 0;
	int rc = 0;
	while (rc == 0 && got > 0) {
		rc = sr_redact_read(r, &c, chunk, CHUNK, &got, e);
		most = got > most ? got : most;
		if (rc == 0 && got > 0)
			rc = sr_inflow_feed(in, sr_bytes_of(chunk, got), e);
	}
	sr_wipe(chunk, most < SR_REDACT_MARK ? SR_REDACT_MARK : most);
	return rc;
}

/* A path says who and what as well as a page does. What is left of it is the number of the file and
 * an ending of at most 5 letters and digits, so that a reader knows what to open it with. */
static void plain_name(char *out, size_t size, uint64_t index, struct sr_bytes path) {
	size_t n = 0;
	while (n < path.len && n < 6 && path.p[path.len - 1 - n] != '.' &&
		path.p[path.len - 1 - n] != '/')
		n++;
	bool ending = n > 0 && n <= 5 && n < path.len && path.p[path.len - 1 - n] == '.';
	for (size_t i = 0; ending && i < n; i++) {
		const uint8_t b = path.p[path.len - 1 - i];
		ending = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
	}
	(void)snprintf(out, size, "%llu%.*s", (unsigned long long)index, ending ? (int)n + 1 : 0,
		ending ? (const char *)path.p + path.len - n - 1 : "");
}

/* The file that ${index} is the text of, if it is one and that stays; else ${index}. Several may
 * have the name that it is called after. */
static int of_text(uint64_t *out, const struct sr_redacting *r, uint64_t index, struct sr_err *e) {
	uint64_t source = index;
	struct sr_file f;
	int rc = sr_room_file(r->room, r->checkout, index, &f, e);
	if (rc == 0 && sr_file_is_rendition(&f) &&
		sr_family_source(&source, r->plan->family, index) &&
		!sr_redact_drops(r->plan, source))
		*out = source;
	return rc;
}

/* What came out of what can still be seen by the names: a member's stands behind its container's,
 * as far as that stays, so that a version of this version knows (catalogue/family.h), and a text is
 * read in place of its file. */
static int put_name(
	struct sr_buf *out, const struct sr_redacting *r, uint64_t index, struct sr_err *e) {
	uint64_t chain[NAMES], at = index;
	char name[40];
	size_t n = 1;
	int rc = 0;
	chain[0] = index;
	rc = of_text(&at, r, index, e);
	if (at != index)
		chain[n++] = at;
	while (n < NAMES && sr_redact_source(&at, r->plan, at))
		chain[n++] = at;
	while (rc == 0 && n-- > 0) {
		struct sr_file f;
		rc = sr_room_file(r->room, r->checkout, chain[n], &f, e);
		if (rc != 0)
			break;
		if (sr_file_is_rendition(&f) && out->len > 0) {
			sr_buf_put_str(out, SR_RENDITION_TEXT_SUFFIX);
			continue;
		}
		plain_name(name, sizeof name, chain[n], f.path);
		sr_buf_printf(out, "%s%s", out->len > 0 ? "/" : "", name);
	}
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

static int put_file(struct sr_inflow *in, const struct sr_redacting *r, uint64_t index, bool keep,
	uint8_t *chunk, struct sr_err *e) {
	struct sr_buf name;
	struct sr_file f;
	sr_buf_init_secret(&name);
	int rc = put_name(&name, r, index, e);
	if (rc == 0)
		rc = sr_room_file(r->room, r->checkout, index, &f, e);
	if (rc != 0) {
		sr_buf_free(&name);
		return rc;
	}
	const struct sr_ingest_file g = {.path = keep ? f.path : sr_buf_view(&name),
		.media_type = f.media_type,
		.kind = f.kind,
		/* where a link leads, or why something could not be read: it names paths */
		.note = keep || f.note.len == 0 ? f.note : sr_bytes_str("redacted"),
		.mtime_s = f.mtime_s,
		.mtime_ns = f.mtime_ns,
		.size_expected = UINT64_MAX,
		.changed = (f.flags & SR_FILE_CHANGED) != 0};
	rc = sr_inflow_file(in, &g, e);
	if (rc == 0 && f.kind == SR_FILE_REGULAR)
		rc = feed(in, r, index, chunk, e);
	if (rc == 0)
		rc = sr_inflow_file_end(in, sr_bytes_of(NULL, 0), e);
	sr_buf_free(&name);
	return rc;
}

static int put_item(struct sr_inflow *in, const struct sr_redacting *r,
	const struct sr_item_row *parent, bool keep, struct sr_err *e) {
	const char *title = keep && parent->title != NULL ? parent->title : "";
	uint8_t *chunk = malloc(CHUNK);
	uint64_t files = 0;
	size_t len = strlen(title);
	if (len > SR_LIST_TITLE_MAX)
		len = 0;
	int rc = chunk == NULL ? sr_fail(e, SR_NOMEM, "out of memory")
			       : sr_room_files(r->room, r->checkout, r->person, &files, e);
	if (rc == 0)
		rc = sr_inflow_item_begin(in, sr_bytes_of((const uint8_t *)title, len), e);
	for (uint64_t i = 0; rc == 0 && i < files; i++) {
		if (!sr_redact_drops(r->plan, i))
			rc = put_file(in, r, i, keep, chunk, e);
	}
	free(chunk);
	return rc == 0 ? sr_inflow_item_end(in, e) : rc;
}

int sr_op_redact_make(struct sr_x *x, struct sr_err *e) {
	struct sr_redaction plan;
	struct sr_redacting r = {.room = x->core->room, .person = x->caller.person, .plan = &plan};
	struct sr_checkout_row row = {.has_grant = false};
	struct sr_item_row parent = {0};
	struct sr_buf results;
	char names[SR_IN_TEXT];
	const bool keep = strcmp(sr_in_str(x, "names", names), "keep") == 0;
	if (!sr_in_id(x, "checkout", r.checkout))
		return sr_fail(e, SR_MISUSE, "redact.make without a checkout");
	int rc = sr_redaction_read(&plan, sr_in_body(x), e);
	if (rc == 0)
		rc = sr_redact_check(&r, e);
	if (rc == 0)
		rc = sr_query_checkout(&row, x->catalogue, r.checkout, e);
	if (rc == 0)
		rc = sr_query_item(&parent, x->catalogue, row.item, e);
	const struct sr_inflow_options o = {
		.collection = parent.collection, .depositor = x->caller.person, .redacted = true};
	if (rc == 0)
		rc = sr_inflow_begin(x, &o, e);
	if (rc == 0) {
		rc = put_item(x->session->deposit, &r, &parent, keep, e);
		sr_buf_init_secret(&results);
		sr_inflow_results(x->session->deposit, &results); /* the curator knows the files */
		sr_buf_free(&results);
		if (rc != 0)
			(void)!sr_inflow_drop(x, NULL);
	}
	if (rc == 0) {
		sr_text_put_hex(&x->r->head, "parent", row.item, SR_ID);
		sr_text_put_hex(&x->r->head, "collection", parent.collection, SR_ID);
	}
	sr_item_row_free(&parent);
	sr_redaction_free(&plan);
	return rc;
}
