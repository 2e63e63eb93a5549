/*
 * report_html - a report as one HTML page: no script, nothing fetched, readable on paper and by a
 * screen reader.
 *
 * Three plots (SVG in the page), each with a title, a description and the same figures in a table
 * beside it; then a table for each section. Everything that comes from outside goes through put():
 * controls and deceptive characters are escaped as on a terminal (base/escape.h), then what HTML
 * takes for its own, and it stands in <bdi> so that a title in Arabic does not turn its neighbours.
 * Colours are told apart without colour by order and by the labels on the bars.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"
#include "catalogue/report.h"
#include "cli/verbs.h"

enum {
	ROWS_MOST = 1000,  /* of a section: more is for CSV, and the page says so */
	BUCKETS_MOST = 60, /* bars that can be told apart on paper */
	BARS_MOST = 24,    /* hazards or outcomes; there are fewer */
	DAY = 86400,
	WIDTH = 720,
	PLOT_LEFT = 46,
	PLOT_HEIGHT = 200
};

static const char STYLE[] =
	":root{color-scheme:light}"
	"body{font:15px/1.5 system-ui,'DejaVu Sans',sans-serif;color:#1b1b1b;background:#fff;"
	"max-width:1180px;margin:2rem auto;padding:0 1.25rem}"
	"h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.2rem 0 .5rem;"
	"border-bottom:2px solid #d9d9d9;padding-bottom:.2rem}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.75rem 0 0;"
	"font-size:.92rem}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}"
	"figure{margin:1rem 0;display:grid;grid-template-columns:minmax(0,2fr) minmax(14rem,1fr);"
	"gap:1.5rem;align-items:start;break-inside:avoid}"
	"figure svg{width:100%;height:auto;display:block}"
	"figcaption{grid-column:1/-1;font-weight:600}"
	"table{border-collapse:collapse;width:100%;font-size:.82rem;font-variant-numeric:"
	"tabular-nums}"
	"caption{text-align:left;color:#555;padding:.2rem 0}"
	"th,td{text-align:left;vertical-align:top;padding:.22rem .5rem;border-bottom:1px solid "
	"#e3e3e3;overflow-wrap:break-word}th{font-weight:600}thead th{border-bottom:2px "
	"solid #bdbdbd;"
	"white-space:nowrap}td.n,th.n{text-align:right;white-space:nowrap}"
	"td.k{white-space:nowrap;font-family:'DejaVu Sans Mono',monospace;font-size:.76rem}"
	".none{color:#555;font-style:italic}"
	".lead{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0 0;padding:0;list-style:none}"
	".lead li{border:1px solid #d9d9d9;border-radius:6px;padding:.4rem .8rem;min-width:7rem}"
	".lead b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}"
	".lead span{color:#555;font-size:.82rem}"
	"footer{margin:2.5rem 0 1rem;color:#444;font-size:.85rem;border-top:1px solid #d9d9d9;"
	"padding-top:.75rem}"
	"@media (max-width:800px){figure{grid-template-columns:1fr}}"
	"@media print{body{font-size:10pt;max-width:none;margin:0;padding:0}h2{break-after:avoid}"
	"tr{break-inside:avoid}thead{display:table-header-group}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}"
	"@page{margin:16mm}";

/* --- text from outside ------------------------------------------------------------------------ */

static void put_raw(struct sr_buf *b, const char *p, size_t n) {
	for (size_t i = 0; i < n; i++) {
		switch (p[i]) {
		case '&':
			sr_buf_put_str(b, "&amp;");
			break;
		case '<':
			sr_buf_put_str(b, "&lt;");
			break;
		case '>':
			sr_buf_put_str(b, "&gt;");
			break;
		case '"':
			sr_buf_put_str(b, "&quot;");
			break;
		case '\'':
			sr_buf_put_str(b, "&#39;");
			break;
		default:
			sr_buf_put_u8(b, (uint8_t)p[i]);
			break;
		}
	}
}

static void put(struct sr_buf *b, struct sr_bytes v) {
	struct sr_buf safe;

	sr_buf_init_secret(&safe);
	sr_escape(&safe, v, 0);
	put_raw(b, safe.p != NULL ? (const char *)safe.p : "", safe.len);
	sr_buf_free(&safe);
}

static void put_str(struct sr_buf *b, const char *s) {
	put(b, sr_bytes_str(s));
}

/* --- what the plots show ---------------------------------------------------------------------- */

enum { /* of activity */
	READING,
	DECIDING,
	MATERIAL,
	HOUSE,
	GROUPS
};
static const struct {
	const char *name, *says, *colour;
} groups[GROUPS] = {
	{"reading", "checkouts, views, returns, exports", "#0072b2"},
	{"deciding", "requests, votes, grants, the board", "#e69f00"},
	{"material", "deposits, descriptions, releases, ends", "#009e73"},
	{"house", "people, notices, scrubs, refusals", "#8c8c8c"},
};

static int group_of(struct sr_bytes type) {
	const struct sr_type *t = sr_type_named(type);

	if (t == NULL)
		return HOUSE;
	switch (t->effect) {
	case SR_EFFECT_CHECKOUT:
		return READING;
	case SR_EFFECT_REQUEST:
	case SR_EFFECT_VOTE:
	case SR_EFFECT_GRANT:
	case SR_EFFECT_CEREMONY:
		return DECIDING;
	case SR_EFFECT_ITEM:
	case SR_EFFECT_COLLECTION:
		return MATERIAL;
	case SR_EFFECT_TRUST:
	case SR_EFFECT_PEOPLE:
	case SR_EFFECT_OFFICE:
	case SR_EFFECT_RECORD:
		return HOUSE;
	}
	return HOUSE;
}

struct day {
	int64_t day;
	uint64_t n[GROUPS];
};

struct bar {
	char word[64];
	uint64_t n;    /* seconds, or how many */
	uint64_t more; /* openings */
};

struct figures {
	struct day *days;
	size_t count, cap;
	struct bar hazard[BARS_MOST], outcome[BARS_MOST];
	size_t hazards, outcomes;
	uint64_t openings, seconds, entries;
};

static int64_t day_of(const struct sr_row *row) {
	int64_t t = 0;

	return sr_time_parse(&t, sr_row_get(row, "day"), NULL) == 0 ? t / DAY : 0;
}

static uint64_t number(const struct sr_row *row, const char *key) {
	uint64_t n = 0;

	(void)!sr_parse_dec(&n, sr_row_get(row, key), INT64_MAX, NULL);
	return n;
}

static int take_activity(void *ctx, const struct sr_row *row) {
	struct figures *f = ctx;
	const int64_t day = day_of(row);
	const uint64_t n = number(row, "count");

	if (f->count == 0 || f->days[f->count - 1].day != day) {
		if (f->count == f->cap) {
			const size_t cap = f->cap == 0 ? 64 : 2 * f->cap;
			struct day *more = reallocarray(f->days, cap, sizeof *more);

			if (more == NULL)
				return SR_NOMEM;
			f->days = more;
			f->cap = cap;
		}
		memset(&f->days[f->count], 0, sizeof f->days[0]);
		f->days[f->count++].day = day;
	}
	f->days[f->count - 1].n[group_of(sr_row_get(row, "type"))] += n;
	f->entries += n;
	return 0;
}

static struct bar *bar_of(struct bar *bars, size_t *count, struct sr_bytes word) {
	for (size_t i = 0; i < *count; i++)
		if (sr_bytes_eq(sr_bytes_str(bars[i].word), word))
			return &bars[i];
	if (*count == BARS_MOST) { /* the rest stands together */
		snprintf(bars[BARS_MOST - 1].word, sizeof bars[0].word, "others");
		return &bars[BARS_MOST - 1];
	}
	memset(&bars[*count], 0, sizeof bars[0]);
	snprintf(bars[*count].word, sizeof bars[0].word, "%.*s",
		(int)(word.len < 60 ? word.len : 60), word.p != NULL ? (const char *)word.p : "");
	return &bars[(*count)++];
}

static int take_exposure(void *ctx, const struct sr_row *row) {
	struct figures *f = ctx;
	struct bar *b = bar_of(f->hazard, &f->hazards, sr_row_get(row, "hazard"));

	b->n += number(row, "seconds");
	b->more += number(row, "openings");
	return 0;
}

static int take_view(void *ctx, const struct sr_row *row) {
	struct figures *f = ctx;

	f->openings++;
	f->seconds += number(row, "seconds");
	return 0;
}

static int take_request(void *ctx, const struct sr_row *row) {
	struct figures *f = ctx;

	bar_of(f->outcome, &f->outcomes, sr_row_get(row, "outcome"))->n++;
	return 0;
}

static int most_first(const void *a, const void *b) {
	const struct bar *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->word, y->word);
}

/* --- small parts ------------------------------------------------------------------------------ */

/* "1 h 05 min", "3 min 20 s" */
static void put_span(struct sr_buf *b, uint64_t s) {
	if (s >= 3600)
		sr_buf_printf(b, "%llu h %02llu min", (unsigned long long)(s / 3600),
			(unsigned long long)(s / 60 % 60));
	else if (s >= 60)
		sr_buf_printf(b, "%llu min %02llu s", (unsigned long long)(s / 60),
			(unsigned long long)(s % 60));
	else
		sr_buf_printf(b, "%llu s", (unsigned long long)s);
}

static void put_date(struct sr_buf *b, int64_t day) {
	char text[SR_TIME_TEXT];

	sr_time_format(text, day * DAY);
	sr_buf_put(b, text, 10);
}

/* The next of 1, 2, 5, 10, 20 ... that is not below ${n}. */
static uint64_t round_up(uint64_t n) {
	static const uint64_t steps[] = {1, 2, 5};
	uint64_t ten = 1;

	for (;; ten *= 10)
		for (size_t i = 0; i < 3; i++)
			if (steps[i] * ten >= n || ten > UINT64_MAX / 100)
				return steps[i] * ten;
}

static void svg_begin(
	struct sr_buf *b, const char *id, int height, const char *title, const char *says) {
	sr_buf_printf(b,
		"<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-labelledby=\"%s-t %s-d\">"
		"<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n",
		WIDTH, height, id, id, id, title, id, says);
}

/* --- activity over time ----------------------------------------------------------------------- */

struct buckets {
	struct day *of;
	size_t count;
	int64_t first, width; /* days */
};

static int make_buckets(struct buckets *o, const struct figures *f, const struct cli_report *r) {
	int64_t first = f->days[0].day, last = f->days[f->count - 1].day;

	if (r->begins != 0 && r->begins / DAY < first)
		first = r->begins / DAY;
	if (r->ends != 0 && (r->ends - 1) / DAY > last)
		last = (r->ends - 1) / DAY;
	static const int64_t widths[] = {1, 7, 28, 91, 365, 3650};
	o->width = 36500;
	for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
		if ((last - first) / widths[i] + 1 <= BUCKETS_MOST) {
			o->width = widths[i];
			break;
		}
	o->first = first;
	o->count = (size_t)((last - first) / o->width + 1);
	o->of = calloc(o->count, sizeof *o->of);
	if (o->of == NULL)
		return SR_NOMEM;
	for (size_t i = 0; i < o->count; i++)
		o->of[i].day = first + (int64_t)i * o->width;
	for (size_t i = 0; i < f->count; i++) {
		struct day *d = &o->of[(f->days[i].day - first) / o->width];

		for (size_t g = 0; g < GROUPS; g++)
			d->n[g] += f->days[i].n[g];
	}
	return 0;
}

static uint64_t total_of(const struct day *d) {
	uint64_t n = 0;

	for (size_t g = 0; g < GROUPS; g++)
		n += d->n[g];
	return n;
}

static const char *bucket_word(int64_t width) {
	return width == 1 ? "day" : width == 7 ? "week" : width == 28 ? "4 weeks" : "period";
}

static void activity_axes(struct sr_buf *b, uint64_t top, double scale) {
	const uint64_t step = top >= 4 ? top / 4 : 1;

	for (uint64_t v = 0; v <= top; v += step) {
		const double y = 10 + PLOT_HEIGHT - (double)v * scale;

		sr_buf_printf(b,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" font-size=\"12\" "
			"fill=\"#444\">%llu</text>\n",
			PLOT_LEFT, WIDTH, y, y, v == 0 ? "#555" : "#e3e3e3", PLOT_LEFT - 6, y + 4,
			(unsigned long long)v);
	}
}

static void activity_bars(struct sr_buf *b, const struct buckets *o, double scale) {
	const double step = (double)(WIDTH - PLOT_LEFT - 4) / (double)o->count;
	const double width = step > 40 ? 34 : step * 0.84;
	const size_t every = o->count > 6 ? (o->count + 5) / 6 : 1;

	for (size_t i = 0; i < o->count; i++) {
		const double x = PLOT_LEFT + 4 + step * (double)i + (step - width) / 2;
		double y = 10 + PLOT_HEIGHT;

		for (size_t g = 0; g < GROUPS; g++) {
			const double h = (double)o->of[i].n[g] * scale;

			if (o->of[i].n[g] == 0)
				continue;
			y -= h;
			sr_buf_printf(b,
				"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
				"fill=\"%s\"/>",
				x, y, width, h, groups[g].colour);
		}
		if (i % every == 0) {
			sr_buf_printf(b,
				"<text x=\"%.1f\" y=\"%d\" font-size=\"12\" fill=\"#444\" "
				"text-anchor=\"%s\">",
				i == 0 ? x : x + width / 2, PLOT_HEIGHT + 28,
				i == 0                  ? "start"
				: i + every >= o->count ? "end"
							: "middle");
			put_date(b, o->of[i].day);
			sr_buf_put_str(b, "</text>\n");
		}
	}
}

static void activity_legend(struct sr_buf *b) {
	for (int g = 0; g < GROUPS; g++)
		sr_buf_printf(b,
			"<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/><text "
			"x=\"%d\" y=\"%d\" font-size=\"13\" fill=\"#1b1b1b\">%s</text>\n",
			PLOT_LEFT + g * 120, PLOT_HEIGHT + 44, groups[g].colour,
			PLOT_LEFT + g * 120 + 18, PLOT_HEIGHT + 55, groups[g].name);
}

static void activity_table(struct sr_buf *b, const struct buckets *o) {
	uint64_t sum[GROUPS] = {0}, all = 0;

	sr_buf_printf(b,
		"<table><caption>Entries by kind of act</caption><thead><tr><th scope=\"col\">"
		"kind</th><th scope=\"col\" class=\"n\">entries</th></tr></thead><tbody>");
	for (size_t i = 0; i < o->count; i++)
		for (size_t g = 0; g < GROUPS; g++)
			sum[g] += o->of[i].n[g];
	for (int g = 0; g < GROUPS; g++) {
		all += sum[g];
		sr_buf_printf(b,
			"<tr><th scope=\"row\">%s<br><span style=\"font-weight:400\">%s</span></th>"
			"<td class=\"n\">%llu</td></tr>",
			groups[g].name, groups[g].says, (unsigned long long)sum[g]);
	}
	sr_buf_printf(b, "<tr><th scope=\"row\">all</th><td class=\"n\">%llu</td></tr>",
		(unsigned long long)all);
	sr_buf_put_str(b, "</tbody></table>");
	if (o->count < 2 || o->count > 14)
		return;
	sr_buf_printf(b,
		"<table><caption>Entries of each %s</caption><thead><tr><th scope=\"col\">from</th>"
		"<th scope=\"col\" class=\"n\">entries</th></tr></thead><tbody>",
		bucket_word(o->width));
	for (size_t i = 0; i < o->count; i++) {
		sr_buf_put_str(b, "<tr><td>");
		put_date(b, o->of[i].day);
		sr_buf_printf(b, "</td><td class=\"n\">%llu</td></tr>",
			(unsigned long long)total_of(&o->of[i]));
	}
	sr_buf_put_str(b, "</tbody></table>");
}

static int put_activity(struct sr_buf *b, const struct figures *f, const struct cli_report *r) {
	struct buckets o = {NULL, 0, 0, 0};
	char says[200];
	uint64_t most = 1;

	sr_buf_put_str(b, "<h2>Activity over time</h2>\n");
	if (f->count == 0) {
		sr_buf_put_str(b, "<p class=\"none\">Nothing in this time.</p>\n");
		return 0;
	}
	if (make_buckets(&o, f, r) != 0)
		return SR_NOMEM;
	for (size_t i = 0; i < o.count; i++)
		if (total_of(&o.of[i]) > most)
			most = total_of(&o.of[i]);
	const uint64_t top = round_up(most);
	const double scale = (double)PLOT_HEIGHT / (double)top;
	snprintf(says, sizeof says,
		"Stacked bars, one for each %s, of entries of the log: reading, deciding, "
		"material, house. The largest has %llu entries.",
		bucket_word(o.width), (unsigned long long)most);
	sr_buf_printf(b, "<figure><figcaption>Entries of the log, by %s</figcaption><div>",
		bucket_word(o.width));
	svg_begin(b, "activity", PLOT_HEIGHT + 64, "Activity over time", says);
	activity_axes(b, top, scale);
	activity_bars(b, &o, scale);
	activity_legend(b);
	sr_buf_put_str(b, "</svg></div><div>");
	activity_table(b, &o);
	sr_buf_put_str(b, "</div></figure>\n");
	free(o.of);
	return 0;
}

/* --- bars side by side ------------------------------------------------------------------------ */

struct barred {
	const char *id, *head, *caption, *says, *first, *colour;
	bool spans; /* ${n} is seconds */
};

static void bar_value(struct sr_buf *b, const struct barred *w, const struct bar *bar) {
	if (w->spans)
		put_span(b, bar->n);
	else
		sr_buf_printf(b, "%llu", (unsigned long long)bar->n);
}

static void bar_table(
	struct sr_buf *b, const struct barred *w, const struct bar *bars, size_t count) {
	sr_buf_printf(b,
		"<table><caption>%s</caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\" "
		"class=\"n\">%s</th>%s</tr></thead><tbody>",
		w->caption, w->first, w->spans ? "time" : "requests",
		w->spans ? "<th scope=\"col\" class=\"n\">openings</th>" : "");
	for (size_t i = 0; i < count; i++) {
		sr_buf_put_str(b, "<tr><th scope=\"row\">");
		put_str(b, bars[i].word);
		sr_buf_put_str(b, "</th><td class=\"n\">");
		bar_value(b, w, &bars[i]);
		sr_buf_put_str(b, "</td>");
		if (w->spans)
			sr_buf_printf(
				b, "<td class=\"n\">%llu</td>", (unsigned long long)bars[i].more);
		sr_buf_put_str(b, "</tr>");
	}
	sr_buf_put_str(b, "</tbody></table>");
}

static void put_bars(struct sr_buf *b, const struct barred *w, struct bar *bars, size_t count) {
	const int row = 30, left = 170, room = WIDTH - 170 - 120;
	uint64_t most = 1;

	sr_buf_printf(b, "<h2>%s</h2>\n", w->head);
	if (count == 0) {
		sr_buf_put_str(b, "<p class=\"none\">None in this time.</p>\n");
		return;
	}
	qsort(bars, count, sizeof *bars, most_first);
	if (bars[0].n > most)
		most = bars[0].n;
	sr_buf_printf(b, "<figure><figcaption>%s</figcaption><div>", w->caption);
	svg_begin(b, w->id, (int)count * row + 12, w->head, w->says);
	for (size_t i = 0; i < count; i++) {
		const double width = (double)room * (double)bars[i].n / (double)most;
		const int y = (int)i * row + 6;

		sr_buf_printf(b,
			"<text x=\"%d\" y=\"%d\" text-anchor=\"end\" font-size=\"14\" "
			"fill=\"#1b1b1b\">",
			left - 10, y + 16);
		put_str(b, bars[i].word);
		sr_buf_printf(b,
			"</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"22\" "
			"fill=\"%s\"/><text x=\"%.1f\" y=\"%d\" font-size=\"13\" fill=\"#1b1b1b\">",
			left, y, width < 1 ? 1.0 : width, w->colour, left + width + 8, y + 16);
		bar_value(b, w, &bars[i]);
		sr_buf_put_str(b, "</text>\n");
	}
	sr_buf_printf(b,
		"<line x1=\"%d\" x2=\"%d\" y1=\"2\" y2=\"%d\" stroke=\"#555\"/></svg></div><div>",
		left, left, (int)count * row + 8);
	bar_table(b, w, bars, count);
	sr_buf_put_str(b, "</div></figure>\n");
}

/* --- tables of the sections ------------------------------------------------------------------- */

struct tabling {
	struct sr_buf *b;
	const struct sr_section *section;
	size_t rows;
};

/* Ids are shown by their first 12 digits, as on a terminal; CSV and JSON have all of them. */
static void put_cell(struct sr_buf *b, const struct sr_column *c, const struct sr_row *row) {
	const struct sr_bytes v = sr_row_get(row, c->key);

	switch (c->kind) {
	case SR_CELL_DEC:
		sr_buf_put_str(b, "<td class=\"n\">");
		if (strcmp(c->key, "seconds") == 0)
			put_span(b, number(row, "seconds"));
		else
			put(b, v);
		break;
	case SR_CELL_TIME:
	case SR_CELL_DAY:
		sr_buf_put_str(b, "<td class=\"k\">");
		for (size_t i = 0; i + 1 < v.len; i++)
			sr_buf_put_u8(b, v.p[i] == 'T' ? ' ' : v.p[i]);
		break;
	case SR_CELL_HEX:
		sr_buf_put_str(b, "<td class=\"k\">");
		put(b, sr_bytes_of(v.p, v.len < 12 ? v.len : 12));
		break;
	case SR_CELL_FLAG:
		sr_buf_put_str(b, v.p != NULL ? "<td>yes" : "<td>");
		break;
	case SR_CELL_WORDS:
		sr_buf_put_str(b, "<td>");
		for (size_t i = 0; sr_row_get_n(row, c->key, i).p != NULL; i++) {
			if (i > 0)
				sr_buf_put_str(b, ", ");
			put(b, sr_row_get_n(row, c->key, i));
		}
		break;
	case SR_CELL_WORD:
	case SR_CELL_NAME:
	case SR_CELL_TITLE:
	case SR_CELL_TEXT:
	case SR_CELL_REASON:
		sr_buf_put_str(b, v.len > 2 && v.p[0] == 'p' && v.p[1] == '-'
					  ? "<td class=\"k\"><bdi>"
					  : "<td><bdi>");
		put(b, v);
		sr_buf_put_str(b, "</bdi>");
		break;
	}
	sr_buf_put_str(b, "</td>");
}

/* What a page of paper has no room for. */
static bool shown(const struct sr_section *s, const struct sr_column *c) {
	static const char *const hidden[] = {
		"collection", "sha256", "shut", "level", "version", "right", "begins", "ends"};

	if (strcmp(s->name, "unused") == 0)
		return strcmp(c->key, "checkouts") != 0;
	if (strcmp(s->name, "views") == 0 && strcmp(c->key, "grant") == 0)
		return false;
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (strcmp(c->key, hidden[i]) == 0)
			return false;
	return true;
}

static void table_head(struct tabling *t) {
	sr_buf_put_str(t->b, "<table><thead><tr>");
	for (int i = 0; i < SR_REPORT_COLUMNS && t->section->columns[i].key != NULL; i++)
		if (shown(t->section, &t->section->columns[i]))
			sr_buf_printf(t->b, "<th scope=\"col\"%s>%s</th>",
				t->section->columns[i].kind == SR_CELL_DEC ? " class=\"n\"" : "",
				strcmp(t->section->columns[i].key, "seconds") == 0
					? "time"
					: t->section->columns[i].key);
	sr_buf_put_str(t->b, "</tr></thead><tbody>\n");
}

static int table_row(void *ctx, const struct sr_row *row) {
	struct tabling *t = ctx;

	if (t->rows++ == 0)
		table_head(t);
	sr_buf_put_str(t->b, "<tr>");
	for (int i = 0; i < SR_REPORT_COLUMNS && t->section->columns[i].key != NULL; i++)
		if (shown(t->section, &t->section->columns[i]))
			put_cell(t->b, &t->section->columns[i], row);
	sr_buf_put_str(t->b, "</tr>\n");
	return (int)t->b->failed;
}

static const struct {
	const char *section, *head;
} tables[] = {
	{"views", "Who saw what, in which form, for how long"},
	{"unused", "Grants under which nothing was opened"},
	{"requests", "Requests"},
	{"refusals", "Refused acts"},
	{"glass", "Breaks of glass: witnessing waived"},
	{"exports", "Exports: the record is written before the last bytes leave"},
	{"reads", "Who read the log"},
	{"heartbeat", "Silence of more than ten minutes while core ran"},
	{"unwitnessed", "Times in which entries waited for witnesses for more than a minute"},
};

static int put_table(struct sr_buf *b, size_t i, const struct cli_report *r, struct sr_err *e) {
	struct tabling t = {.b = b, .section = sr_section_named(sr_bytes_str(tables[i].section))};
	bool cut = false;

	sr_buf_printf(b, "<section><h2>%s</h2>\n", tables[i].head);
	const int rc = r->rows(r->ctx, tables[i].section, ROWS_MOST, table_row, &t, &cut, e);
	sr_buf_put_str(b,
		t.rows > 0 ? "</tbody></table>\n" : "<p class=\"none\">None in this time.</p>\n");
	if (r->note(r->ctx)[0] != '\0')
		sr_buf_printf(b, "<p class=\"none\">%s</p>\n", r->note(r->ctx));
	if (cut)
		sr_buf_printf(b,
			"<p class=\"none\">The first %d are shown; --format csv has all of "
			"them.</p>\n",
			ROWS_MOST);
	sr_buf_put_str(b, "</section>\n");
	return rc;
}

/* --- the page --------------------------------------------------------------------------------- */

static void head_line(struct sr_buf *b, const char *term, const char *value) {
	sr_buf_printf(b, "<dt>%s</dt><dd><bdi>", term);
	put_str(b, value);
	sr_buf_put_str(b, "</bdi></dd>");
}

static void put_head(struct sr_buf *b, const struct cli_report *r) {
	char size[32];

	sr_buf_printf(b,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'\">\n<meta name=\"viewport\" "
		"content=\"width=device-width\">\n<meta name=\"referrer\" "
		"content=\"no-referrer\">\n<title>%s: ",
		r->title);
	put_str(b, r->origin);
	sr_buf_printf(b, "</title>\n<style>%s</style>\n</head>\n<body>\n<header><h1>%s</h1>\n<dl>",
		STYLE, r->title);
	head_line(b, "vault", r->origin);
	head_line(b, "about", r->scope[0] != '\0' ? r->scope : "everything");
	head_line(b, "made", r->made);
	head_line(b, "by", r->by);
	snprintf(size, sizeof size, "%llu entries", (unsigned long long)r->size);
	head_line(b, "log", size);
	head_line(b, "root", r->root);
	sr_buf_put_str(b, "</dl></header>\n<main>\n");
}

static void put_lead(struct sr_buf *b, const struct figures *f) {
	uint64_t asked = 0, refused = 0;

	for (size_t i = 0; i < f->outcomes; i++) {
		asked += f->outcome[i].n;
		if (strcmp(f->outcome[i].word, "refused") == 0)
			refused = f->outcome[i].n;
	}
	sr_buf_printf(b,
		"<ul class=\"lead\"><li><b>%llu</b><span>openings of items</span></li><li><b>",
		(unsigned long long)f->openings);
	put_span(b, f->seconds);
	sr_buf_printf(b,
		"</b><span>open, all together</span></li><li><b>%llu</b><span>requests</span></li>"
		"<li><b>%llu</b><span>of them refused</span></li><li><b>%llu</b><span>entries of "
		"the log</span></li></ul>\n",
		(unsigned long long)asked, (unsigned long long)refused,
		(unsigned long long)f->entries);
}

static int collect(struct figures *f, const struct cli_report *r, struct sr_err *e) {
	bool cut = false;
	int rc = r->rows(r->ctx, "activity", SIZE_MAX, take_activity, f, &cut, e);

	if (rc == 0)
		rc = r->rows(r->ctx, "exposure", SIZE_MAX, take_exposure, f, &cut, e);
	if (rc == 0)
		rc = r->rows(r->ctx, "views", SIZE_MAX, take_view, f, &cut, e);
	if (rc == 0)
		rc = r->rows(r->ctx, "requests", SIZE_MAX, take_request, f, &cut, e);
	return rc;
}

int cli_report_html(struct sr_buf *out, const struct cli_report *r, struct sr_err *e) {
	static const struct barred hazards = {"hazard", "Exposure by hazard",
		"Time that items were open, by their hazards",
		"Horizontal bars, the longest first: how long items with each hazard were open. An "
		"item with two hazards counts for both.",
		"hazard", "#b2432f", true};
	static const struct barred outcomes = {"outcome", "Requests by outcome",
		"Versions of requests, by how they came out",
		"Horizontal bars, the longest first: how many versions of requests were granted, "
		"refused, returned, withdrawn or are open.",
		"outcome", "#0072b2", false};
	struct figures *f = calloc(1, sizeof *f);
	int rc = f == NULL ? sr_fail(e, SR_NOMEM, "report: out of memory") : collect(f, r, e);

	if (rc == 0) {
		put_head(out, r);
		put_lead(out, f);
		if (put_activity(out, f, r) != 0)
			rc = sr_fail(e, SR_NOMEM, "report: out of memory");
		put_bars(out, &hazards, f->hazard, f->hazards);
		put_bars(out, &outcomes, f->outcome, f->outcomes);
	}
	for (size_t i = 0; rc == 0 && i < sizeof tables / sizeof tables[0]; i++)
		rc = put_table(out, i, r, e);
	sr_buf_put_str(out,
		"</main>\n<footer><p>Times are UTC. An item counts as open from its opening "
		"until it was opened again, shut or given back: at most so long was it looked "
		"at. Ids are cut to 12 digits.</p><p>These figures come from the vault's "
		"catalogue. That it follows from the log, entry by entry, is what <code>"
		"strongroom audit replay</code> checks; that the log is the one others "
		"remember, <code>strongroom-verify</code> and the witnesses.</p></footer>\n"
		"</body>\n</html>\n");
	if (f != NULL)
		free(f->days);
	free(f);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}
