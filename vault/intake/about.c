/*
 * about - see about.h.
 */
#include "intake/about.h"

#include <stdio.h>

#include "ledger/fields.h"
#include "sandbox/known.h"

bool sr_about_wanted(struct sr_bytes head) {
	return sr_known_by(head) != SR_KNOWN_NOT;
}

struct sr_box_options sr_about_job(void) {
	struct sr_box_options o = {.job = {.what = SR_BOX_ABOUT},
		.limits = sr_box_limits_usual(),
		.whole = true,
		.ends = SR_ABOUT_ENDS};

	o.limits.tools = SR_TOOLS_ABOUT;
	o.limits.wall_ms = SR_ABOUT_MS;
	o.limits.cpu_s = SR_ABOUT_MS / 1000;
	return o;
}

bool sr_about_takes(struct sr_bytes key, struct sr_bytes value) {
	static const char *const fields[] = {
		"title", "creator", "language", "captured", "date", "duration", "pages"};
	static const char *const others[] = {
		"created", "producer", "location", "protected", "tool"};
	static const struct sr_desc_field line = {.form = SR_FORM_LINE};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (sr_bytes_eq(key, sr_bytes_str(fields[i])))
			return sr_desc_check(&line, value, NULL) == 0 &&
			       sr_desc_check(sr_desc_field(key), value, NULL) == 0;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (sr_bytes_eq(key, sr_bytes_str(others[i])))
			return sr_desc_check(&line, value, NULL) == 0;
	return false;
}

int sr_about_read(struct sr_about_to *to, struct sr_launcher *l, const struct sr_box_input *in,
	struct sr_err *e) {
	const struct sr_box_options o = sr_about_job();
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct sr_err why = {0};
	struct sr_box *b = NULL;
	int rc = sr_box_begin(&b, l, in, &o, e);

	to->why[0] = '\0';
	while (rc == 0 && f.type != SR_FRAME_DONE) {
		rc = sr_box_next(b, &f, &why);
		if (rc == SR_CORRUPT || rc == SR_LIMIT) { /* an outcome of this file */
			(void)snprintf(to->why, sizeof to->why, "%.300s", why.text);
			rc = 0;
			break;
		}
		if (rc != 0)
			rc = sr_fail(e, (enum sr_code)rc, "%s", why.text);
		else if (f.type == SR_FRAME_FACT && sr_about_takes(f.key, f.value))
			rc = to->fact(to->ctx, f.key, f.value, e);
		else if (f.type == SR_FRAME_DONE && f.status != SR_BOX_WHOLE)
			(void)snprintf(to->why, sizeof to->why, "%.*s", (int)f.reason.len,
				f.reason.len > 0 ? (const char *)f.reason.p : "");
	}
	sr_box_free(b);
	return rc;
}
