/*
 * forget - see forget.h.
 */
#include "board/forget.h"

#include "board/witnessing.h"
#include "catalogue/query.h"
#include "store/secrets.h"

static bool has_key(struct sr_vault *v, const struct sr_erased *x) {
	return sr_secrets_has(v->secrets, SR_SECRET_PERSON, sr_bytes_str(x->subject), 0);
}

static bool seen(const struct sr_vault *v, const struct sr_erased *x) {
	return !sr_witnessing_asked(v) || x->entry < sr_witnessing_size(v);
}

int sr_forget_due(struct sr_vault *v, size_t *erased, struct sr_err *e) {
	struct sr_erased_list l = {NULL, 0};
	bool begun = false;
	int rc = sr_query_erased(&l, v->catalogue, NULL, e);

	*erased = 0;
	for (size_t i = 0; i < l.count && rc == 0; i++) {
		size_t n = 0;

		if (!seen(v, &l.rows[i]) || !has_key(v, &l.rows[i]))
			continue;
		rc = begun ? 0 : sr_secrets_begin(v->secrets, e);
		begun = begun || rc == 0;
		if (rc == 0)
			rc = sr_secrets_erase(v->secrets, SR_SECRET_PERSON,
				sr_bytes_str(l.rows[i].subject), SR_SECRET_ALL, &n, e);
		*erased += n;
	}
	if (begun && rc == 0)
		rc = sr_secrets_commit(v->secrets, e);
	else if (begun)
		sr_secrets_rollback(v->secrets);
	sr_erased_free(&l);
	return rc;
}

int sr_forget_left(size_t *left, struct sr_vault *v, const char *person, struct sr_err *e) {
	struct sr_erased_list l = {NULL, 0};
	int rc = sr_query_erased(&l, v->catalogue, person, e);

	*left = 0;
	for (size_t i = 0; i < l.count && rc == 0; i++)
		*left += has_key(v, &l.rows[i]) ? 1 : 0;
	sr_erased_free(&l);
	return rc;
}
