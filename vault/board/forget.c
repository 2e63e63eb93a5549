/*
 * forget - see forget.h.
 */
#include "board/forget.h"

#include "board/witnessing.h"
#include "catalogue/query.h"
#include "store/secrets.h"

static int find_key(bool *there, struct sr_vault *v, const struct sr_erased *x, struct sr_err *e) {
	return sr_secrets_find(there, v->secrets, SR_SECRET_PERSON, sr_bytes_str(x->subject), 0, e);
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
		bool there = false;

		if (seen(v, &l.rows[i]))
			rc = find_key(&there, v, &l.rows[i], e);
		if (rc != 0 || !there)
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
	for (size_t i = 0; i < l.count && rc == 0; i++) {
		bool there = false;

		rc = find_key(&there, v, &l.rows[i], e);
		*left += there ? 1 : 0;
	}
	sr_erased_free(&l);
	return rc;
}
