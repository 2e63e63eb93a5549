/*
 * telling - the end of a replay: everything that was found, then what is never remembered: what the
 * witnesses' cosignatures show, the tables in use against the replayed ones, the tree.
 */
#include "audit/audit_in.h"

#include "catalogue/diff.h"
#include "ledger/ledger.h"

struct telling {
	struct sr_audit *a;
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e);
	void *ctx;
	size_t told;
};

static int tell(struct telling *t, const struct sr_audit_finding *f, bool fresh, struct sr_err *e) {
	t->a->counts.findings += fresh;
	return t->told++ < SR_AUDIT_FINDINGS_MAX ? t->each(t->ctx, f, e) : 0;
}

static int tell_kept(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	return tell(ctx, f, false, e);
}

static int tell_witness(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	return tell(ctx, f, true, e);
}

static int tell_difference(void *ctx, const struct sr_difference *d, struct sr_err *e) {
	struct sr_audit_finding f = {.has_entry = d->has_entry, .entry = d->entry};

	snprintf(f.what, sizeof f.what, "catalogue");
	memcpy(f.statement, d->statement, SR_ID);
	snprintf(f.type, sizeof f.type, "%s", d->type);
	snprintf(f.field, sizeof f.field, "%s%s%.46s", d->table, d->kind == SR_DIFFERS ? "." : "",
		d->kind == SR_DIFFERS ? d->field : "");
	if (d->kind == SR_DIFFERS)
		snprintf(f.text, sizeof f.text,
			"%s of %.180s is %s in the catalogue; from the log follows %s", d->field,
			d->key, d->have, d->want);
	else
		snprintf(f.text, sizeof f.text, "%s %.180s %s", d->table, d->key,
			d->kind == SR_MISSING ? "is missing in the catalogue"
					      : "is in the catalogue, and follows from no entry");
	return tell(ctx, &f, true, e);
}

static int tell_whole(struct telling *t, const char *what, const char *text, struct sr_err *e) {
	struct sr_audit_finding f = {.has_entry = false};

	snprintf(f.what, sizeof f.what, "%s", what);
	snprintf(f.text, sizeof f.text, "%.600s", text);
	return tell(t, &f, true, e);
}

/* The catalogue in use: its pages, then its rows. */
static int compare(struct telling *t, struct sr_audit_compared *out, struct sr_err *e) {
	struct sr_err why = {.code = SR_OK};
	int rc = sr_db_verify(sr_catalogue_db(t->a->v->catalogue), &why);

	if (rc == 0 && sr_catalogue_size(t->a->v->catalogue) == sr_catalogue_size(t->a->cat))
		rc = sr_catalogue_diff(
			t->a->v->catalogue, t->a->cat, tell_difference, t, &out->rows, &why);
	else if (rc == 0) /* both are at the end of the log */
		rc = sr_fail(&why, SR_MISUSE,
			"the catalogue in use has %llu entries, the log has %llu",
			(unsigned long long)sr_catalogue_size(t->a->v->catalogue),
			(unsigned long long)sr_catalogue_size(t->a->cat));
	if (rc == 0)
		return 0;
	if (rc == SR_NOMEM || rc == SR_IO)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	return tell_whole(t, "catalogue", why.text, e);
}

static int verify_tree(struct telling *t, struct sr_audit_compared *out, struct sr_err *e) {
	const struct sr_ledger_check check = {.leaf = NULL};
	struct sr_ledger_checked done = {0};
	struct sr_err why = {.code = SR_OK};
	const int rc = sr_ledger_verify(t->a->v->ledger, &check, &done, &why);

	out->tiles = done.tiles;
	out->bytes = done.bytes;
	if (rc == 0)
		return 0;
	if (rc == SR_NOMEM || rc == SR_IO)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	return tell_whole(t, "tree", why.text, e);
}

int sr_audit_report(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_audit_compared *out, struct sr_err *e) {
	struct telling t = {.a = a, .each = each, .ctx = ctx};
	int rc;

	memset(out, 0, sizeof *out);
	if (a->state == SR_AUDIT_RUNNING)
		return sr_fail(e, SR_MISUSE, "audit: the replay is not at the end of the log");
	rc = audit_keep_each(a, tell_kept, &t, e);
	if (rc == 0)
		rc = audit_witnessed_end(a, tell_witness, &t, e);
	if (rc == 0 && a->state == SR_AUDIT_COMPLETE)
		rc = compare(&t, out, e);
	return rc == 0 ? verify_tree(&t, out, e) : rc;
}
