/*
 * markup - see markup.h.
 */
#include "parser/markup.h"

#include <string.h>

#include "base/escape.h"
#include "parser/charset.h"

enum {
	ENTITY_MAX = 10,    /* bytes of a name: "thetasym" has 8 */
	LOOKED_AT = 4 << 10 /* for what it is, and its charset */
};

/* HTML 4's 252, and &apos;. In order. */
/* clang-format off */
static const struct {
	const char *name;
	uint32_t cp;
} entities[] = {
	{"AElig", 0xC6}, {"Aacute", 0xC1}, {"Acirc", 0xC2}, {"Agrave", 0xC0}, {"Alpha", 0x391},
	{"Aring", 0xC5}, {"Atilde", 0xC3}, {"Auml", 0xC4}, {"Beta", 0x392}, {"Ccedil", 0xC7},
	{"Chi", 0x3A7}, {"Dagger", 0x2021}, {"Delta", 0x394}, {"ETH", 0xD0}, {"Eacute", 0xC9},
	{"Ecirc", 0xCA}, {"Egrave", 0xC8}, {"Epsilon", 0x395}, {"Eta", 0x397}, {"Euml", 0xCB},
	{"Gamma", 0x393}, {"Iacute", 0xCD}, {"Icirc", 0xCE}, {"Igrave", 0xCC}, {"Iota", 0x399},
	{"Iuml", 0xCF}, {"Kappa", 0x39A}, {"Lambda", 0x39B}, {"Mu", 0x39C}, {"Ntilde", 0xD1},
	{"Nu", 0x39D}, {"OElig", 0x152}, {"Oacute", 0xD3}, {"Ocirc", 0xD4}, {"Ograve", 0xD2},
	{"Omega", 0x3A9}, {"Omicron", 0x39F}, {"Oslash", 0xD8}, {"Otilde", 0xD5}, {"Ouml", 0xD6},
	{"Phi", 0x3A6}, {"Pi", 0x3A0}, {"Prime", 0x2033}, {"Psi", 0x3A8}, {"Rho", 0x3A1},
	{"Scaron", 0x160}, {"Sigma", 0x3A3}, {"THORN", 0xDE}, {"Tau", 0x3A4}, {"Theta", 0x398},
	{"Uacute", 0xDA}, {"Ucirc", 0xDB}, {"Ugrave", 0xD9}, {"Upsilon", 0x3A5}, {"Uuml", 0xDC},
	{"Xi", 0x39E}, {"Yacute", 0xDD}, {"Yuml", 0x178}, {"Zeta", 0x396}, {"aacute", 0xE1},
	{"acirc", 0xE2}, {"acute", 0xB4}, {"aelig", 0xE6}, {"agrave", 0xE0}, {"alefsym", 0x2135},
	{"alpha", 0x3B1}, {"amp", 0x26}, {"and", 0x2227}, {"ang", 0x2220}, {"apos", 0x27},
	{"aring", 0xE5}, {"asymp", 0x2248}, {"atilde", 0xE3}, {"auml", 0xE4}, {"bdquo", 0x201E},
	{"beta", 0x3B2}, {"brvbar", 0xA6}, {"bull", 0x2022}, {"cap", 0x2229}, {"ccedil", 0xE7},
	{"cedil", 0xB8}, {"cent", 0xA2}, {"chi", 0x3C7}, {"circ", 0x2C6}, {"clubs", 0x2663},
	{"cong", 0x2245}, {"copy", 0xA9}, {"crarr", 0x21B5}, {"cup", 0x222A}, {"curren", 0xA4},
	{"dArr", 0x21D3}, {"dagger", 0x2020}, {"darr", 0x2193}, {"deg", 0xB0}, {"delta", 0x3B4},
	{"diams", 0x2666}, {"divide", 0xF7}, {"eacute", 0xE9}, {"ecirc", 0xEA}, {"egrave", 0xE8},
	{"empty", 0x2205}, {"emsp", 0x2003}, {"ensp", 0x2002}, {"epsilon", 0x3B5},
	{"equiv", 0x2261}, {"eta", 0x3B7}, {"eth", 0xF0}, {"euml", 0xEB}, {"euro", 0x20AC},
	{"exist", 0x2203}, {"fnof", 0x192}, {"forall", 0x2200}, {"frac12", 0xBD},
	{"frac14", 0xBC}, {"frac34", 0xBE}, {"frasl", 0x2044}, {"gamma", 0x3B3}, {"ge", 0x2265},
	{"gt", 0x3E}, {"hArr", 0x21D4}, {"harr", 0x2194}, {"hearts", 0x2665}, {"hellip", 0x2026},
	{"iacute", 0xED}, {"icirc", 0xEE}, {"iexcl", 0xA1}, {"igrave", 0xEC}, {"image", 0x2111},
	{"infin", 0x221E}, {"int", 0x222B}, {"iota", 0x3B9}, {"iquest", 0xBF}, {"isin", 0x2208},
	{"iuml", 0xEF}, {"kappa", 0x3BA}, {"lArr", 0x21D0}, {"lambda", 0x3BB}, {"lang", 0x2329},
	{"laquo", 0xAB}, {"larr", 0x2190}, {"lceil", 0x2308}, {"ldquo", 0x201C}, {"le", 0x2264},
	{"lfloor", 0x230A}, {"lowast", 0x2217}, {"loz", 0x25CA}, {"lrm", 0x200E},
	{"lsaquo", 0x2039}, {"lsquo", 0x2018}, {"lt", 0x3C}, {"macr", 0xAF}, {"mdash", 0x2014},
	{"micro", 0xB5}, {"middot", 0xB7}, {"minus", 0x2212}, {"mu", 0x3BC}, {"nabla", 0x2207},
	{"nbsp", 0xA0}, {"ndash", 0x2013}, {"ne", 0x2260}, {"ni", 0x220B}, {"not", 0xAC},
	{"notin", 0x2209}, {"nsub", 0x2284}, {"ntilde", 0xF1}, {"nu", 0x3BD}, {"oacute", 0xF3},
	{"ocirc", 0xF4}, {"oelig", 0x153}, {"ograve", 0xF2}, {"oline", 0x203E}, {"omega", 0x3C9},
	{"omicron", 0x3BF}, {"oplus", 0x2295}, {"or", 0x2228}, {"ordf", 0xAA}, {"ordm", 0xBA},
	{"oslash", 0xF8}, {"otilde", 0xF5}, {"otimes", 0x2297}, {"ouml", 0xF6}, {"para", 0xB6},
	{"part", 0x2202}, {"permil", 0x2030}, {"perp", 0x22A5}, {"phi", 0x3C6}, {"pi", 0x3C0},
	{"piv", 0x3D6}, {"plusmn", 0xB1}, {"pound", 0xA3}, {"prime", 0x2032}, {"prod", 0x220F},
	{"prop", 0x221D}, {"psi", 0x3C8}, {"quot", 0x22}, {"rArr", 0x21D2}, {"radic", 0x221A},
	{"rang", 0x232A}, {"raquo", 0xBB}, {"rarr", 0x2192}, {"rceil", 0x2309},
	{"rdquo", 0x201D}, {"real", 0x211C}, {"reg", 0xAE}, {"rfloor", 0x230B}, {"rho", 0x3C1},
	{"rlm", 0x200F}, {"rsaquo", 0x203A}, {"rsquo", 0x2019}, {"sbquo", 0x201A},
	{"scaron", 0x161}, {"sdot", 0x22C5}, {"sect", 0xA7}, {"shy", 0xAD}, {"sigma", 0x3C3},
	{"sigmaf", 0x3C2}, {"sim", 0x223C}, {"spades", 0x2660}, {"sub", 0x2282},
	{"sube", 0x2286}, {"sum", 0x2211}, {"sup", 0x2283}, {"sup1", 0xB9}, {"sup2", 0xB2},
	{"sup3", 0xB3}, {"supe", 0x2287}, {"szlig", 0xDF}, {"tau", 0x3C4}, {"there4", 0x2234},
	{"theta", 0x3B8}, {"thetasym", 0x3D1}, {"thinsp", 0x2009}, {"thorn", 0xFE},
	{"tilde", 0x2DC}, {"times", 0xD7}, {"trade", 0x2122}, {"uArr", 0x21D1}, {"uacute", 0xFA},
	{"uarr", 0x2191}, {"ucirc", 0xFB}, {"ugrave", 0xF9}, {"uml", 0xA8}, {"upsih", 0x3D2},
	{"upsilon", 0x3C5}, {"uuml", 0xFC}, {"weierp", 0x2118}, {"xi", 0x3BE}, {"yacute", 0xFD},
	{"yen", 0xA5}, {"yuml", 0xFF}, {"zeta", 0x3B6}, {"zwj", 0x200D}, {"zwnj", 0x200C},
};
/* clang-format on */

static uint8_t lower(uint8_t c) {
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_word(struct sr_bytes v, const char *word) {
	if (v.len != strlen(word))
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (lower(v.p[i]) != lower((uint8_t)word[i]))
			return false;
	return true;
}

static bool is_space(uint8_t c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool begins(struct sr_bytes v, size_t at, const char *word) {
	const size_t n = strlen(word);

	return at <= v.len && v.len - at >= n && same_word(sr_bytes_of(v.p + at, n), word);
}

/* Where ${word} is next, at or after ${at}; the end if nowhere. */
static size_t find(struct sr_bytes v, size_t at, const char *word) {
	while (at < v.len && !begins(v, at, word))
		at++;
	return at;
}

bool par_tag_is(const struct par_tag *tag, const char *name) {
	return same_word(tag->name, name);
}

bool par_tag_local(const struct par_tag *tag, const char *name) {
	size_t from = tag->name.len;

	while (from > 0 && tag->name.p[from - 1] != ':')
		from--;
	return same_word(sr_bytes_of(tag->name.p + from, tag->name.len - from), name);
}

/* --- pieces ----------------------------------------------------------------------------------- */

/* The end of a tag that begins at ${at}, where browsers find it: ">" outside of the quotes of a
 * value. A quote anywhere else is a letter; one that never ends is none, nor is any behind it: a
 * browser shows nothing more there, and each tag would be looked through to the end of all. */
static size_t tag_end(struct par_markup *m, size_t at) {
	const struct sr_bytes v = m->in;
	enum {
		WORD, /* the tag's name, or a value without quotes */
		GAP,  /* before a name */
		NAME,
		AFTER, /* it, and a space */
		VALUE  /* behind "=" */
	} is = WORD;
	uint8_t quote = 0;

	for (size_t i = at; i < v.len && !m->unended; i++) {
		const uint8_t c = v.p[i];

		if (quote != 0) {
			quote = c == quote ? 0 : quote;
			is = GAP;
		} else if (c == '>') {
			return i;
		} else if (is == VALUE) {
			quote = c == '"' || c == '\'' ? c : 0;
			is = is_space(c) ? VALUE : WORD;
		} else if (is == WORD) {
			is = is_space(c) ? GAP : WORD;
		} else if (c == '=' && is != GAP) {
			is = VALUE;
		} else if (is_space(c)) {
			is = is == NAME ? AFTER : is;
		} else {
			is = c == '/' ? GAP : NAME;
		}
	}
	m->unended = m->unended || quote != 0;
	return m->unended ? find(v, at, ">") : v.len;
}

static bool is_letter(uint8_t c) {
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* Does "<" before ${v} begin a tag, or what else has an end? */
static bool begins_tag(const struct par_markup *m, struct sr_bytes v) {
	if (v.len == 0)
		return false;
	return is_letter(v.p[0]) || v.p[0] == '/' || v.p[0] == '!' || v.p[0] == '?' ||
	       (!m->html && (v.p[0] == '_' || v.p[0] == ':' || v.p[0] >= 0x80));
}

/* ">" is the end of all that is no tag: <!doctype ...>, <?...>, </ ...>. */
static bool is_no_tag(const struct par_markup *m, struct sr_bytes v) {
	return v.p[0] == '!' || v.p[0] == '?' ||
	       (m->html && v.p[0] == '/' && (v.len == 1 || !is_letter(v.p[1])));
}

/* Behind the comment that begins at ${at}; "<!-->" is one. */
static size_t comment_end(struct sr_bytes v, size_t at) {
	for (at += 2; at < v.len; at++) {
		if (begins(v, at, "-->"))
			return at + 3;
		if (begins(v, at, "--!>"))
			return at + 4;
	}
	return v.len;
}

static void read_tag(struct par_tag *tag, struct sr_bytes v) {
	size_t n = 0;

	*tag = (struct par_tag){.closes = v.len > 0 && v.p[0] == '/'};
	if (tag->closes)
		v = sr_bytes_of(v.p + 1, v.len - 1);
	tag->alone = v.len > 0 && v.p[v.len - 1] == '/';
	if (tag->alone)
		v.len--;
	while (n < v.len && !is_space(v.p[n]) && v.p[n] != '/')
		n++;
	tag->name = sr_bytes_of(v.p, n);
	tag->attributes = sr_bytes_of(v.p + n, v.len - n);
}

/* Up to its end tag. */
static enum par_piece raw_text(struct par_markup *m, struct sr_bytes *text) {
	const size_t n = m->raw_name.len;
	size_t at = m->at;

	for (; at < m->in.len; at++) {
		const struct sr_bytes v = sr_bytes_of(m->in.p + at, m->in.len - at);
		bool same = v.len > n + 2 && v.p[0] == '<' && v.p[1] == '/' &&
			    (is_space(v.p[n + 2]) || v.p[n + 2] == '>' || v.p[n + 2] == '/');

		for (size_t i = 0; i < n && same; i++)
			same = lower(v.p[2 + i]) == lower(m->raw_name.p[i]);
		if (same)
			break;
	}
	*text = sr_bytes_of(m->in.p + m->at, at - m->at);
	m->at = at;
	m->raw = false;
	return PAR_PIECE_LITERAL;
}

enum par_piece par_markup_next(struct par_markup *m, struct par_tag *tag, struct sr_bytes *text) {
	const struct sr_bytes v = m->in;

	while (m->at < v.len) {
		size_t end;

		if (m->raw)
			return raw_text(m, text);
		const struct sr_bytes behind = sr_bytes_of(v.p + m->at + 1, v.len - m->at - 1);
		if (v.p[m->at] != '<' || !begins_tag(m, behind)) {
			const size_t from = m->at++;

			while (m->at < v.len && v.p[m->at] != '<')
				m->at++;
			*text = sr_bytes_of(v.p + from, m->at - from);
			return PAR_PIECE_TEXT;
		}
		if (begins(v, m->at, "<!--")) {
			m->at = comment_end(v, m->at);
			continue;
		}
		if (begins(v, m->at, "<![CDATA[")) {
			end = find(v, m->at + 9, "]]>");
			*text = sr_bytes_of(v.p + m->at + 9, end - m->at - 9);
			m->at = end < v.len ? end + 3 : v.len;
			return PAR_PIECE_LITERAL;
		}
		const bool no_tag = is_no_tag(m, behind);
		end = no_tag ? find(v, m->at + 1, ">") : tag_end(m, m->at + 1);
		const struct sr_bytes inner = sr_bytes_of(v.p + m->at + 1, end - m->at - 1);
		m->at = end < v.len ? end + 1 : v.len;
		if (no_tag)
			continue;
		read_tag(tag, inner);
		return PAR_PIECE_TAG;
	}
	return PAR_PIECE_END;
}

struct sr_bytes par_attribute(const struct par_tag *tag, const char *name) {
	const struct sr_bytes v = tag->attributes;
	const size_t n = strlen(name);

	for (size_t i = 0; i + n < v.len; i++) {
		size_t at = i + n, end;

		if (!begins(v, i, name) || (i > 0 && !is_space(v.p[i - 1])))
			continue;
		while (at < v.len && is_space(v.p[at]))
			at++;
		if (at >= v.len || v.p[at] != '=')
			continue;
		at++;
		while (at < v.len && is_space(v.p[at]))
			at++;
		const uint8_t quote =
			at < v.len && (v.p[at] == '"' || v.p[at] == '\'') ? v.p[at] : 0;
		at += quote != 0;
		for (end = at; end < v.len; end++)
			if (quote != 0 ? v.p[end] == quote : is_space(v.p[end]))
				break;
		return sr_bytes_of(v.p + at, end - at);
	}
	return sr_bytes_of(NULL, 0);
}

/* --- entities --------------------------------------------------------------------------------- */

static bool number_entity(uint32_t *cp, struct sr_bytes v) {
	const bool hex = v.len > 1 && lower(v.p[1]) == 'x';
	size_t i = hex ? 2 : 1;

	*cp = 0;
	if (i >= v.len)
		return false;
	for (; i < v.len; i++) {
		const uint8_t c = lower(v.p[i]);
		const int d = c >= '0' && c <= '9'          ? c - '0'
			      : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
							    : -1;

		if (d < 0 || *cp > 0x10FFFF)
			return false;
		*cp = *cp * (hex ? 16 : 10) + (uint32_t)d;
	}
	if (*cp == 0 || *cp > 0x10FFFF || (*cp >= 0xD800 && *cp < 0xE000))
		*cp = 0xFFFD;
	else if (*cp >= 0x80 && *cp < 0xA0) /* by old programs, and what browsers show */
		*cp = par_charset_high(PAR_WINDOWS1252, (uint8_t)*cp);
	return true;
}

static bool entity(uint32_t *cp, struct sr_bytes v) {
	size_t from = 0, to = sizeof entities / sizeof *entities;

	if (v.len > 0 && v.p[0] == '#')
		return number_entity(cp, v);
	while (from < to) {
		const size_t at = from + (to - from) / 2;
		const struct sr_bytes name = sr_bytes_str(entities[at].name);
		const size_t n = name.len < v.len ? name.len : v.len;
		int c = n > 0 ? memcmp(v.p, name.p, n) : 0;

		if (c == 0)
			c = v.len < name.len ? -1 : v.len > name.len;
		if (c == 0) {
			*cp = entities[at].cp;
			return true;
		}
		if (c < 0)
			to = at;
		else
			from = at + 1;
	}
	return false;
}

void par_entities(struct sr_buf *out, struct sr_bytes text) {
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint32_t cp = 0;
		size_t n = 0;

		if (text.p[i] != '&')
			continue;
		while (i + 1 + n < text.len && n <= ENTITY_MAX && text.p[i + 1 + n] != ';' &&
			text.p[i + 1 + n] != '&')
			n++;
		if (i + 1 + n >= text.len || text.p[i + 1 + n] != ';' ||
			!entity(&cp, sr_bytes_of(text.p + i + 1, n)))
			continue;
		sr_buf_put(out, text.p + from, i - from);
		sr_utf8_put(out, cp);
		i += n + 1;
		from = i + 1;
	}
	if (from < text.len)
		sr_buf_put(out, text.p + from, text.len - from);
}

/* --- what it is ------------------------------------------------------------------------------- */

static size_t start(struct sr_bytes head) {
	size_t at = head.len >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	while (at < head.len && is_space(head.p[at]))
		at++;
	return at;
}

bool par_is_html(struct sr_bytes head) {
	static const char *const marks[] = {"<!doctype html", "<html", "<head", "<body"};
	const size_t at = start(head);

	if (head.len > LOOKED_AT)
		head.len = LOOKED_AT;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (begins(head, at, marks[i]))
			return true;
	/* XHTML, or one that begins with a comment */
	return (begins(head, at, "<?xml") || begins(head, at, "<!")) &&
	       find(head, at, "<html") < head.len;
}

bool par_is_xml(struct sr_bytes head) {
	return begins(head, start(head), "<?xml");
}

/* What stands behind ${key}, with or without quotes. */
static struct sr_bytes value_behind(struct sr_bytes v, const char *key) {
	size_t at = find(v, 0, key), n = 0;

	if (at >= v.len)
		return sr_bytes_of(NULL, 0);
	at += strlen(key);
	if (at < v.len && (v.p[at] == '"' || v.p[at] == '\''))
		at++;
	while (at + n < v.len && v.p[at + n] > ' ' && strchr("\"'>;/?", v.p[at + n]) == NULL)
		n++;
	return sr_bytes_of(v.p + at, n);
}

struct sr_bytes par_markup_charset(struct sr_bytes head) {
	struct par_markup m = {.html = true};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0}, named = {NULL, 0};
	enum par_piece piece = PAR_PIECE_TEXT;

	if (head.len > LOOKED_AT)
		head.len = LOOKED_AT;
	m.in = head;
	/* Not anywhere: in a comment nobody else looks for it. */
	while (named.len == 0 && piece != PAR_PIECE_END) {
		piece = par_markup_next(&m, &tag, &text);
		if (piece == PAR_PIECE_TAG && par_tag_is(&tag, "meta"))
			named = value_behind(tag.attributes, "charset=");
	}
	if (named.len == 0 && par_is_xml(head))
		named = value_behind(sr_bytes_of(head.p, find(head, 0, "?>")), "encoding=");
	return named;
}

/* --- words ------------------------------------------------------------------------------------ */

static bool one_of(const struct par_tag *tag, const char *const *names) {
	for (; *names != NULL; names++)
		if (par_tag_is(tag, *names))
			return true;
	return false;
}

static void line(struct sr_buf *out) {
	while (out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	if (out->len > 0 && out->p[out->len - 1] != '\n')
		sr_buf_put_u8(out, '\n');
}

/* White space becomes one space, none at the start of a line. */
static void words(struct sr_buf *out, struct sr_bytes text) {
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t before = out->len > 0 ? out->p[out->len - 1] : '\n';

		if (!is_space(text.p[i]))
			sr_buf_put_u8(out, text.p[i]);
		else if (before != ' ' && before != '\n')
			sr_buf_put_u8(out, ' ');
	}
}

/* What an end tag alone ends. ${left_out}: what is in it are no words. */
static bool is_raw(const struct par_tag *tag, bool *left_out) {
	static const char *const code[] = {"script", "style", NULL};
	static const char *const words_of[] = {"title", "textarea", "noscript", "xmp", "iframe",
		"noembed", "noframes", "plaintext", NULL};

	*left_out = one_of(tag, code);
	return *left_out || one_of(tag, words_of);
}

void par_markup_text(struct sr_buf *out, struct sr_bytes in, bool html) {
	static const char *const blocks[] = {"p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd",
		"tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "blockquote",
		"section", "article", "header", "footer", "nav", "main", "aside", "form", "title",
		"option", "caption", "figcaption", "figure", "body", "head", "template", "noscript",
		"textarea", "svg", NULL};
	static const char *const cells[] = {"td", "th", NULL};
	/* Pictures and formulas in a page have rules of their own for what is raw in it. */
	static const char *const foreign[] = {"svg", "math", NULL};
	const bool xml = par_is_xml(in);
	struct par_markup m = {.in = in, .html = html};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	struct sr_buf decoded;
	bool away = false, left_out = false; /* away: in what is foreign */
	enum par_piece piece;

	sr_buf_init(&decoded);
	while ((piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END) {
		if (piece == PAR_PIECE_TAG) {
			const bool alone = tag.alone && (xml || away);

			if (!html || one_of(&tag, blocks))
				line(out);
			else if (one_of(&tag, cells) && out->len > 0)
				words(out, sr_bytes_str(" "));
			if (html && one_of(&tag, foreign) && !alone)
				away = !tag.closes;
			if (html && !away && !tag.closes && !alone && is_raw(&tag, &left_out)) {
				m.raw = true;
				m.raw_name = tag.name;
				piece = par_markup_next(&m, &tag, &text);
			}
			if (piece == PAR_PIECE_TAG || piece == PAR_PIECE_END || left_out) {
				left_out = false;
				continue;
			}
			piece = PAR_PIECE_TEXT; /* entities are decoded in some of them */
		}
		if (piece == PAR_PIECE_LITERAL) {
			words(out, text);
			continue;
		}
		sr_buf_clear(&decoded);
		par_entities(&decoded, text);
		words(out, sr_buf_view(&decoded));
	}
	sr_buf_free(&decoded);
}
