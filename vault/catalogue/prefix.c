/*
 * Ids are blobs, so a prefix is a range: the digits with zeros behind them up to the digits with
 * f behind them.
 */
#include "catalogue/prefix.h"

#include <string.h>

#include "catalogue/sql.h"

static const struct {
	const char *name;
	const char *sql;
} kinds[SR_PREFIX_KINDS] = {
	[SR_PREFIX_ITEM] = {"item",
		"SELECT item FROM items WHERE item BETWEEN ? AND ? ORDER BY item LIMIT ?"},
	[SR_PREFIX_COLLECTION] = {"collection",
		"SELECT collection FROM collections WHERE collection BETWEEN ? AND ?"
		" ORDER BY collection LIMIT ?"},
	[SR_PREFIX_ACCESSION] = {"accession",
		"SELECT accession FROM accessions WHERE accession BETWEEN ? AND ?"
		" ORDER BY accession LIMIT ?"},
	[SR_PREFIX_REQUEST] = {"request",
		"SELECT request FROM requests WHERE request BETWEEN ? AND ?"
		" ORDER BY request LIMIT ?"},
	[SR_PREFIX_GRANT] = {"grant", "SELECT grant_id FROM grants WHERE grant_id BETWEEN ? AND ?"
				      " ORDER BY grant_id LIMIT ?"},
	[SR_PREFIX_BOARD] = {"board",
		"SELECT board FROM boards WHERE board BETWEEN ? AND ? ORDER BY board LIMIT ?"},
	[SR_PREFIX_CHECKOUT] = {"checkout",
		"SELECT checkout FROM checkouts WHERE checkout BETWEEN ? AND ?"
		" ORDER BY checkout LIMIT ?"},
	[SR_PREFIX_ATTESTATION] = {"attestation",
		"SELECT attestation FROM attestations WHERE attestation BETWEEN ? AND ?"
		" ORDER BY attestation LIMIT ?"},
	[SR_PREFIX_ENQUIRY] = {"enquiry",
		"SELECT enquiry FROM enquiries WHERE enquiry BETWEEN ? AND ?"
		" ORDER BY enquiry LIMIT ?"},
};

const char *sr_prefix_kind_name(enum sr_prefix_kind k) {
	return (unsigned)k < SR_PREFIX_KINDS ? kinds[k].name : "unknown";
}

static int bounds(uint8_t low[SR_ID], uint8_t high[SR_ID], const char *prefix, struct sr_err *e) {
	char digits[2 * SR_ID];
	const size_t len = strlen(prefix);
	if (len < SR_PREFIX_MIN || len > sizeof digits)
		return sr_fail(e, SR_USAGE,
			"an id is %zu hex digits and may be shortened to %d; \"%.40s\" has %zu",
			sizeof digits, SR_PREFIX_MIN, prefix, len);
	memcpy(digits, prefix, len);
	memset(digits + len, '0', sizeof digits - len);
	if (sr_unhex(low, SR_ID, sr_bytes_of(digits, sizeof digits), NULL) != 0)
		return sr_fail(
			e, SR_USAGE, "\"%.40s\" is not the start of an id (0-9 a-f)", prefix);
	memset(digits + len, 'f', sizeof digits - len);
	return sr_unhex(high, SR_ID, sr_bytes_of(digits, sizeof digits), e);
}

int sr_query_prefix(struct sr_prefix_match *out, size_t max, size_t *count, struct sr_catalogue *c,
	const char *prefix, struct sr_err *e) {
	uint8_t low[SR_ID], high[SR_ID];
	size_t n = 0;
	int rc = bounds(low, high, prefix, e);
	for (size_t k = 0; rc == 0 && k < SR_PREFIX_KINDS; k++) {
		struct sr_stmt *st = NULL;
		bool row = false;
		rc = SQL_OPEN(&st, sr_catalogue_db(c), e, kinds[k].sql, A_ID(low), A_ID(high),
			A_U64(max - n));
		if (rc != 0)
			break;
		while ((rc = sr_stmt_step(st, &row, e)) == 0 && row && n < max) {
			out[n].kind = (enum sr_prefix_kind)k;
			if ((rc = sr_stmt_col_copy(st, 0, out[n].id, SR_ID, e)) != 0)
				break;
			n++;
		}
		sr_stmt_reset(st);
	}
	if (rc == 0)
		*count = n;
	return rc;
}
