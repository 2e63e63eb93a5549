/*
 * report - see report.h. Parameters of every statement: ?1 person, ?2 item, ?3 collection, ?4 and
 * ?5 the time (from, before), ?6 now, ?7 and ?8 the page.
 */
#include "catalogue/report.h"

#include "catalogue/query_in.h"

#define PAGE " LIMIT ?7 OFFSET ?8"
#define WHEN(t) "(?4 = 0 OR " t " >= ?4) AND (?5 = 0 OR " t " < ?5)"
#define OF_ITEM(i) "(?2 IS NULL OR " i ".item = ?2) AND (?3 IS NULL OR " i ".collection = ?3)"
#define NAME(p) "(SELECT name FROM people_texts WHERE person = " p ")"
#define TITLE(n) "(SELECT title FROM item_texts WHERE n = " n ")"

/* Ended: written before the last bytes leave, so that nothing leaves as a whole that is not on the
 * record; whether they arrived nobody here can know. Began, and did not end: all but the last bytes
 * may have left, and there is no recipient, bytes and sha256. */
#define EXPORTS                                                                                   \
	"SELECT entry, checkout, recipient, bytes, sha256 FROM exports UNION ALL"                 \
	" SELECT v.entry, v.checkout, NULL, NULL, NULL FROM views v WHERE v.event = 'export' AND" \
	" NOT EXISTS(SELECT 1 FROM exports y WHERE y.checkout = v.checkout AND"                   \
	"  y.entry > v.entry AND NOT EXISTS(SELECT 1 FROM views w WHERE w.checkout = v.checkout"  \
	"  AND w.event = 'export' AND w.entry > v.entry AND w.entry < y.entry))"

/* Openings of items: the next event of the same checkout that ends one, else the end of the
 * checkout, else now. */
#define VIEWS                                                                                    \
	"SELECT v.entry AS entry, v.checkout AS checkout, k.person AS person, i.n AS n,"         \
	" i.item AS item, i.collection AS collection, k.grant_id AS grant_id,"                   \
	" k.right_to AS right_to, coalesce(v.form, k.form) AS form, o.received AS opened,"       \
	" coalesce((SELECT min(f.received) FROM views w JOIN entries f ON f.entry = w.entry"     \
	"  WHERE w.checkout = v.checkout AND w.entry > v.entry AND w.event IN ('open',"          \
	"  'shut')), (SELECT received FROM entries WHERE entry = k.ended), max(?6, o.received))" \
	"  AS shut,"                                                                             \
	" k.ended IS NULL AND NOT EXISTS(SELECT 1 FROM views w WHERE w.checkout = v.checkout"    \
	"  AND w.entry > v.entry AND w.event IN ('open', 'shut')) AS still,"                     \
	" (SELECT count(*) FROM views w WHERE w.checkout = v.checkout AND w.event"               \
	"  IN ('read', 'read-part')"                                                             \
	"  AND w.entry > v.entry AND w.entry < coalesce((SELECT min(x.entry) FROM views x"       \
	"  WHERE x.checkout = v.checkout AND x.entry > v.entry AND x.event IN ('open',"          \
	"  'shut')), 9223372036854775807)) AS reads"                                             \
	" FROM views v JOIN checkouts k ON k.checkout = v.checkout JOIN items i ON i.n = k.n"    \
	" JOIN entries o ON o.entry = v.entry WHERE v.event = 'open'"                            \
	" AND (?1 IS NULL OR k.person = ?1) AND " OF_ITEM("i") " AND " WHEN("o.received")

/* Hazards of items and of their parts, as budgets count them (query_in.h); of all items that were
 * ever checked out, since a join of them takes one table. */
#define OF_VIEWED SR_HAZARDS_OF("x.n")
#define HAZARDS                                                                          \
	"(SELECT n, hazard FROM item_hazards WHERE n IN (SELECT n FROM checkouts) UNION" \
	" SELECT n, hazard FROM item_marks WHERE n IN (SELECT n FROM checkouts))"

/* clang-format off */
static const struct sr_section sections[] = {
	{"views", false, {
		{"entry", SR_CELL_DEC, NULL}, {"person", SR_CELL_WORD, NULL},
		{"name", SR_CELL_NAME, "person"}, {"item", SR_CELL_HEX, NULL},
		{"title", SR_CELL_TITLE, "item"}, {"collection", SR_CELL_HEX, NULL},
		{"right", SR_CELL_WORD, NULL}, {"form", SR_CELL_WORD, NULL},
		{"opened", SR_CELL_TIME, NULL}, {"shut", SR_CELL_TIME, NULL},
		{"seconds", SR_CELL_DEC, NULL}, {"still", SR_CELL_FLAG, NULL},
		{"files", SR_CELL_DEC, NULL}, {"hazard", SR_CELL_WORDS, NULL},
		{"grant", SR_CELL_HEX, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT x.entry, x.person, " NAME("x.person") ", x.item, " TITLE("x.n")
		", x.collection, x.right_to, x.form, x.opened, x.shut, x.shut - x.opened, x.still,"
		" x.reads, (SELECT group_concat(hazard, ' ') FROM (SELECT hazard FROM"
		" " OF_VIEWED " ORDER BY hazard)),"
		" x.grant_id FROM (" VIEWS ") x ORDER BY x.entry" PAGE},
	{"exposure", false, {
		{"hazard", SR_CELL_WORD, NULL}, {"form", SR_CELL_WORD, NULL},
		{"openings", SR_CELL_DEC, NULL}, {"persons", SR_CELL_DEC, NULL},
		{"items", SR_CELL_DEC, NULL}, {"seconds", SR_CELL_DEC, NULL},
		{NULL, SR_CELL_DEC, NULL}},
		"SELECT coalesce(h.hazard, 'none'), x.form, count(*), count(DISTINCT x.person),"
		" count(DISTINCT x.n), sum(x.shut - x.opened) FROM (" VIEWS ") x LEFT JOIN"
		" " HAZARDS " h ON h.n = x.n GROUP BY 1, 2 ORDER BY 6 DESC, 1, 2" PAGE},
	{"unused", false, {
		{"entry", SR_CELL_DEC, NULL}, {"grant", SR_CELL_HEX, NULL},
		{"request", SR_CELL_HEX, NULL}, {"right", SR_CELL_WORD, NULL},
		{"state", SR_CELL_WORD, NULL}, {"granted", SR_CELL_TIME, NULL},
		{"ends", SR_CELL_TIME, NULL}, {"ended", SR_CELL_TIME, NULL},
		{"person", SR_CELL_WORDS, NULL}, {"items", SR_CELL_DEC, NULL},
		{"checkouts", SR_CELL_DEC, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT g.entry, g.grant_id, v.request, g.right_to, g.state, o.received, g.ends,"
		" (SELECT received FROM entries WHERE entry = g.ended),"
		" (SELECT group_concat(person, ' ') FROM (SELECT person FROM grant_people p WHERE"
		"  p.grant_id = g.grant_id ORDER BY person)),"
		" (SELECT count(*) FROM request_items r WHERE r.v = g.v),"
		" (SELECT count(*) FROM checkouts k WHERE k.grant_id = g.grant_id)"
		" FROM grants g JOIN versions v ON v.v = g.v JOIN entries o ON o.entry = g.entry"
		" WHERE NOT EXISTS(SELECT 1 FROM checkouts k WHERE k.grant_id = g.grant_id AND"
		" k.opened = 1) AND (?1 IS NULL OR EXISTS(SELECT 1 FROM grant_people p WHERE"
		" p.grant_id = g.grant_id AND p.person = ?1)) AND (?2 IS NULL AND ?3 IS NULL OR"
		" EXISTS(SELECT 1 FROM request_items r JOIN items i ON i.n = r.n WHERE r.v = g.v"
		" AND " OF_ITEM("i") ")) AND " WHEN("o.received") " AND ?6 NOT NULL"
		" ORDER BY g.entry" PAGE},
	{"requests", false, {
		{"entry", SR_CELL_DEC, NULL}, {"request", SR_CELL_HEX, NULL},
		{"version", SR_CELL_DEC, NULL}, {"kind", SR_CELL_WORD, NULL},
		{"outcome", SR_CELL_WORD, NULL}, {"applicant", SR_CELL_WORD, NULL},
		{"name", SR_CELL_NAME, "applicant"}, {"asked", SR_CELL_TIME, NULL},
		{"ended", SR_CELL_TIME, NULL}, {"level", SR_CELL_DEC, NULL},
		{"items", SR_CELL_DEC, NULL}, {"approvals", SR_CELL_DEC, NULL},
		{"rejections", SR_CELL_DEC, NULL}, {"rule", SR_CELL_WORD, NULL},
		{NULL, SR_CELL_DEC, NULL}},
		"SELECT v.entry, v.request, v.version, q.kind, v.state, q.applicant,"
		" " NAME("q.applicant") ", v.received, (SELECT received FROM entries WHERE entry ="
		" v.ended), v.level, v.items,"
		" (SELECT count(*) FROM votes x WHERE x.v = v.v AND x.decision = 'approve' AND"
		"  x.ended IS NULL),"
		" (SELECT count(*) FROM votes x WHERE x.v = v.v AND x.decision = 'reject' AND"
		"  x.ended IS NULL),"
		" (SELECT r.rule FROM refusals r WHERE r.entry = v.ended)"
		" FROM versions v JOIN requests q ON q.request = v.request"
		" WHERE (?1 IS NULL OR q.applicant = ?1 OR EXISTS(SELECT 1 FROM request_people p"
		" WHERE p.v = v.v AND p.person = ?1)) AND (?2 IS NULL AND ?3 IS NULL OR"
		" v.collection = ?3 OR EXISTS(SELECT 1 FROM request_items r JOIN items i ON i.n ="
		" r.n WHERE r.v = v.v AND " OF_ITEM("i") ")) AND " WHEN("v.received")
		" AND ?6 NOT NULL ORDER BY v.entry" PAGE},
	{"refusals", false, {
		{"entry", SR_CELL_DEC, NULL}, {"what", SR_CELL_WORD, NULL},
		{"rule", SR_CELL_WORD, NULL}, {"person", SR_CELL_WORD, NULL},
		{"name", SR_CELL_NAME, "person"}, {"received", SR_CELL_TIME, NULL},
		{"request", SR_CELL_HEX, NULL}, {"grant", SR_CELL_HEX, NULL},
		{"item", SR_CELL_HEX, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT r.entry, r.what, r.rule, r.person, " NAME("r.person") ", o.received,"
		" r.request, r.grant_id, r.item FROM refusals r JOIN entries o ON o.entry = r.entry"
		" LEFT JOIN items i ON i.item = r.item WHERE (?1 IS NULL OR r.person = ?1) AND"
		" " OF_ITEM("i") " AND " WHEN("o.received") " AND ?6 NOT NULL"
		" ORDER BY r.entry" PAGE},
	{"glass", false, {
		{"entry", SR_CELL_DEC, NULL}, {"checkout", SR_CELL_HEX, NULL},
		{"person", SR_CELL_WORD, NULL}, {"name", SR_CELL_NAME, "person"},
		{"received", SR_CELL_TIME, NULL}, {"reader", SR_CELL_WORD, NULL},
		{"item", SR_CELL_HEX, NULL}, {"form", SR_CELL_WORD, NULL},
		{"opened", SR_CELL_FLAG, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT x.entry, x.checkout, x.person, " NAME("x.person") ", o.received, k.person,"
		" i.item, k.form, k.opened FROM glass x JOIN entries o ON o.entry = x.entry JOIN"
		" checkouts k ON k.checkout = x.checkout JOIN items i ON i.n = k.n WHERE (?1 IS"
		" NULL OR x.person = ?1 OR k.person = ?1) AND " OF_ITEM("i") " AND "
		WHEN("o.received") " AND ?6 NOT NULL ORDER BY x.entry" PAGE},
	{"exports", false, {
		{"entry", SR_CELL_DEC, NULL}, {"person", SR_CELL_WORD, NULL},
		{"name", SR_CELL_NAME, "person"}, {"item", SR_CELL_HEX, NULL},
		{"title", SR_CELL_TITLE, "item"}, {"received", SR_CELL_TIME, NULL},
		{"stage", SR_CELL_WORD, NULL},
		{"recipient", SR_CELL_WORD, NULL}, {"bytes", SR_CELL_DEC, NULL},
		{"sha256", SR_CELL_HEX, NULL}, {"grant", SR_CELL_HEX, NULL},
		{NULL, SR_CELL_DEC, NULL}},
		"SELECT x.entry, k.person, " NAME("k.person") ", i.item, " TITLE("i.n")
		", o.received, iif(x.sha256 IS NULL, 'began', 'ended'), x.recipient, x.bytes,"
		" x.sha256, k.grant_id FROM (" EXPORTS ") x"
		" JOIN entries o ON o.entry = x.entry JOIN checkouts k ON k.checkout = x.checkout"
		" JOIN items i ON i.n = k.n WHERE (?1 IS NULL OR k.person = ?1) AND " OF_ITEM("i")
		" AND " WHEN("o.received") " AND ?6 NOT NULL ORDER BY x.entry" PAGE},
	{"activity", false, {
		{"day", SR_CELL_DAY, NULL}, {"type", SR_CELL_WORD, NULL},
		{"count", SR_CELL_DEC, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT o.received / 86400, o.type, count(*) FROM entries o WHERE (?1 IS NULL OR"
		" o.actor = ?1 OR o.entry IN (SELECT entry FROM subjects WHERE value = ?1)) AND"
		" (?2 IS NULL OR o.entry IN (SELECT entry FROM subjects WHERE value ="
		" lower(hex(?2)))) AND (?3 IS NULL OR o.entry IN (SELECT s.entry FROM subjects s"
		" JOIN items i ON s.value = lower(hex(i.item)) WHERE i.collection = ?3)) AND "
		WHEN("o.received") " AND ?6 NOT NULL GROUP BY 1, 2 ORDER BY 1, 2" PAGE},
	{"reads", false, {
		{"entry", SR_CELL_DEC, NULL}, {"reader", SR_CELL_WORD, NULL},
		{"name", SR_CELL_NAME, "reader"}, {"what", SR_CELL_WORD, NULL},
		{"person", SR_CELL_WORD, NULL}, {"item", SR_CELL_HEX, NULL},
		{"collection", SR_CELL_HEX, NULL}, {"from", SR_CELL_DEC, NULL},
		{"to", SR_CELL_DEC, NULL}, {"begins", SR_CELL_TIME, NULL},
		{"ends", SR_CELL_TIME, NULL}, {"received", SR_CELL_TIME, NULL},
		{"reason", SR_CELL_REASON, "reader"}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT r.entry, r.reader, " NAME("r.reader") ", r.what, r.person, r.item,"
		" r.collection, r.first, r.past, r.begins, r.ends, r.received, (SELECT t.text FROM"
		" records c JOIN texts t ON t.entry = c.entry AND t.record = c.record WHERE"
		" c.entry = r.entry AND c.field = 'reason') FROM reads r WHERE (?1 IS NULL OR"
		" r.reader = ?1 OR r.person = ?1) AND (?2 IS NULL OR r.item = ?2) AND (?3 IS NULL"
		" OR r.collection = ?3) AND " WHEN("r.received") " AND ?6 NOT NULL ORDER BY r.entry"
		PAGE},
	{"heartbeat", false, {
		{"from", SR_CELL_TIME, NULL}, {"to", SR_CELL_TIME, NULL},
		{"seconds", SR_CELL_DEC, NULL}, {"entries", SR_CELL_DEC, NULL},
		{"cut", SR_CELL_FLAG, NULL}, {NULL, SR_CELL_DEC, NULL}}, NULL},
	{"unwitnessed", false, {
		{"from", SR_CELL_TIME, NULL}, {"to", SR_CELL_TIME, NULL},
		{"seconds", SR_CELL_DEC, NULL}, {"entry", SR_CELL_DEC, NULL},
		{"entries", SR_CELL_DEC, NULL}, {"still", SR_CELL_FLAG, NULL},
		{NULL, SR_CELL_DEC, NULL}}, NULL},
	{"texts", true, {
		{"entry", SR_CELL_DEC, NULL}, {"type", SR_CELL_WORD, NULL},
		{"field", SR_CELL_WORD, NULL}, {"received", SR_CELL_TIME, NULL},
		{"text", SR_CELL_TEXT, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT c.entry, o.type, c.field, o.received, t.text FROM records c JOIN entries o"
		" ON o.entry = c.entry LEFT JOIN texts t ON t.entry = c.entry AND t.record ="
		" c.record WHERE c.subject = ?1 AND ?2 IS NULL AND ?3 IS NULL AND "
		WHEN("o.received") " AND ?6 NOT NULL ORDER BY c.entry, c.record" PAGE},
	{"signed", true, {
		{"type", SR_CELL_WORD, NULL}, {"count", SR_CELL_DEC, NULL},
		{"first", SR_CELL_TIME, NULL}, {"last", SR_CELL_TIME, NULL},
		{"entry", SR_CELL_DEC, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT type, count(*), min(received), max(received), max(entry) FROM entries"
		" WHERE actor = ?1 AND ?2 IS NULL AND ?3 IS NULL AND " WHEN("received")
		" AND ?6 NOT NULL GROUP BY 1 ORDER BY 1" PAGE},
	{"named", true, {
		{"entry", SR_CELL_DEC, NULL}, {"type", SR_CELL_WORD, NULL},
		{"as", SR_CELL_WORD, NULL}, {"actor", SR_CELL_WORD, NULL},
		{"received", SR_CELL_TIME, NULL}, {NULL, SR_CELL_DEC, NULL}},
		"SELECT s.entry, o.type, s.what, o.actor, o.received FROM subjects s JOIN entries o"
		" ON o.entry = s.entry WHERE s.value = ?1 AND o.actor <> ?1 AND o.type <> 'enquiry'"
		" AND ?2 IS NULL AND ?3 IS NULL AND " WHEN("o.received")
		" AND ?6 NOT NULL ORDER BY s.entry" PAGE},
	{"attested", true, {
		{"entry", SR_CELL_DEC, NULL}, {"person", SR_CELL_WORD, NULL},
		{"kind", SR_CELL_WORD, NULL}, {"of", SR_CELL_WORD, NULL},
		{"term", SR_CELL_WORD, NULL}, {"ends", SR_CELL_TIME, NULL},
		{"officer", SR_CELL_WORD, NULL}, {"received", SR_CELL_TIME, NULL},
		{NULL, SR_CELL_DEC, NULL}},
		"SELECT a.entry, a.person, a.kind, a.other, a.term, a.ends, a.officer, o.received"
		" FROM attestations a JOIN entries o ON o.entry = a.entry WHERE (a.person = ?1 OR"
		" a.other = ?1) AND ?2 IS NULL AND ?3 IS NULL AND " WHEN("o.received")
		" AND ?6 NOT NULL ORDER BY a.entry" PAGE},
};
/* clang-format on */

const struct sr_section *sr_section_at(size_t i) {
	return i < sizeof sections / sizeof sections[0] ? &sections[i] : NULL;
}

const struct sr_section *sr_section_named(struct sr_bytes name) {
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
		if (sr_bytes_eq(name, sr_bytes_str(sections[i].name)))
			return &sections[i];
	return NULL;
}

static void read_cell(struct sr_cell *out, struct sr_stmt *st, int i, enum sr_cell_kind kind) {
	*out = (struct sr_cell){.null = sr_stmt_col_is_null(st, i)};
	if (out->null)
		return;
	switch (kind) {
	case SR_CELL_DEC:
	case SR_CELL_TIME:
	case SR_CELL_DAY:
	case SR_CELL_FLAG:
		out->number = sr_stmt_col_int(st, i);
		break;
	case SR_CELL_HEX:
	case SR_CELL_WORD:
	case SR_CELL_WORDS:
	case SR_CELL_NAME:
	case SR_CELL_TITLE:
	case SR_CELL_TEXT:
	case SR_CELL_REASON:
		out->text = sr_stmt_col_bytes(st, i);
		break;
	}
}

int sr_report_rows(struct sr_catalogue *c, const struct sr_section *s,
	const struct sr_report_filter *f, const struct sr_page *page,
	int (*each)(void *ctx, const struct sr_cell *cells, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	const struct sr_page p = sr_page_of(page);
	struct sr_cell cells[SR_REPORT_COLUMNS];
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc;

	if (s->person && f->person == NULL)
		return sr_fail(e, SR_MISUSE, "section %s is about one person", s->name);
	if (s->sql == NULL)
		return sr_fail(e, SR_MISUSE, "section %s is not of the catalogue", s->name);
	rc = SQL_NEW(&st, sr_catalogue_db(c), e, s->sql, A_STR(f->person), A_ID(f->item),
		A_ID(f->collection), A_INT(f->begins), A_INT(f->ends), A_INT(f->now),
		A_U64(p.limit), A_U64(p.offset));
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		for (int i = 0; i < SR_REPORT_COLUMNS && s->columns[i].key != NULL; i++)
			read_cell(&cells[i], st, i, s->columns[i].kind);
		rc = each(ctx, cells, e);
	}
	sr_stmt_free(st);
	return rc;
}

/* --- readings --------------------------------------------------------------------------------- */

int sr_query_reading(
	bool *out, struct sr_catalogue *c, const struct sr_reading_want *w, struct sr_err *e) {
	int64_t n = 0;
	const int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT EXISTS(SELECT 1 FROM reads WHERE reader = ?1 AND received > ?2 AND what ="
		" ?3 AND person IS ?4 AND item IS ?5 AND collection IS ?6"
		" AND coalesce(first, 0) <= ?7 AND coalesce(past, 9223372036854775807) >= ?8"
		" AND coalesce(begins, 0) <= ?9 AND coalesce(ends, 9223372036854775807) >= ?10)",
		A_STR(w->reader), A_INT(w->of.now - SR_READ_S), A_STR(w->what), A_STR(w->of.person),
		A_ID(w->of.item), A_ID(w->of.collection), A_U64(w->from), A_U64(w->to),
		A_INT(w->of.begins), A_INT(w->of.ends != 0 ? w->of.ends : INT64_MAX));

	*out = rc == 0 && n != 0;
	return rc;
}

void sr_reads_free(struct sr_reads *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].reason);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_reads_of(struct sr_reads *out, struct sr_catalogue *c, const char *person,
	int64_t since, struct sr_err *e) {
	struct sr_reads l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT r.entry, o.statement, r.reader, r.what, r.received, t.text FROM reads r"
		" JOIN entries o ON o.entry = r.entry"
		" LEFT JOIN records c ON c.entry = r.entry AND c.field = 'reason'"
		" LEFT JOIN texts t ON t.entry = c.entry AND t.record = c.record"
		" WHERE r.person = ?1 AND r.reader <> ?1 AND r.received > ?2 ORDER BY r.entry",
		A_STR(person), A_INT(since));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_read_row *r = &l.rows[l.count - 1];
		r->entry = (uint64_t)sr_stmt_col_int(st, 0);
		rc = sr_stmt_col_copy(st, 1, r->statement, SR_ID, e);
		sr_col_person(r->reader, st, 2);
		snprintf(r->what, sizeof r->what, "%s", sr_stmt_col_str(st, 3));
		r->received = sr_stmt_col_int(st, 4);
		if (rc == 0)
			rc = sr_col_dup(&r->reason, st, 5, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_reads_free(&l);
	*out = l;
	return rc;
}
