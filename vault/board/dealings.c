/*
 * dealings - see dealings.h.
 */
#include "board/dealings.h"

#include "catalogue/query.h"
#include "store/secrets.h"

struct keep {
	struct sr_vault *v;
	size_t erased;
};

/* Does somebody need the dealings of the run that the secret is of? */
static int needed(bool *out, struct sr_vault *v, struct sr_bytes name, struct sr_err *e) {
	const size_t skip = sizeof SR_CEREMONY_SUBJECT - 1;
	uint8_t run[SR_ID];

	*out = false;
	if (name.len <= skip || memcmp(name.p, SR_CEREMONY_SUBJECT, skip) != 0 ||
		sr_unhex(run, SR_ID, sr_bytes_of(name.p + skip, name.len - skip), NULL) != 0)
		return 0; /* nobody put it there */
	return sr_query_run_needed(out, v->catalogue, run, e);
}

static int keep_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct keep *k = ctx;
	size_t erased = 0;
	bool keep = false;
	int rc = needed(&keep, k->v, name, e);

	if (rc == 0 && !keep)
		rc = sr_secrets_erase(k->v->secrets, SR_SECRET_CEREMONY, name, n, &erased, e);
	k->erased += erased;
	return rc;
}

int sr_dealings_keep(struct sr_vault *v, size_t *erased, struct sr_err *e) {
	struct keep k = {.v = v};
	int rc = sr_secrets_begin(v->secrets, e);

	*erased = 0;
	if (rc != 0)
		return rc;
	rc = sr_secrets_each(v->secrets, SR_SECRET_CEREMONY, sr_bytes_of(NULL, 0), keep_one, &k, e);
	if (rc != 0 || k.erased == 0) {
		sr_secrets_rollback(v->secrets);
		return rc;
	}
	rc = sr_secrets_commit(v->secrets, e);
	if (rc == 0)
		*erased = k.erased;
	return rc;
}
