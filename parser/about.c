/*
 * about - see about.h.
 */
#include "parser/about.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

/* --- values ----------------------------------------------------------------------------------- */

static void say(const struct par_about *to, const char *key, const char *value) {
	to->fact(to->ctx, key, sr_bytes_str(value));
}

/* One line of it: blanks for controls, none at the ends, cut at a character. */
static void say_line(const struct par_about *to, const char *key, struct sr_bytes v) {
	char out[PAR_ABOUT_LINE + 1];
	size_t n = 0;

	while (v.len > 0 && n + 4 <= PAR_ABOUT_LINE) {
		uint32_t cp = 0;
		const size_t len = sr_utf8_next(v, &cp);
		const bool blank = cp <= ' ' || (cp >= 0x7f && cp < 0xa0) ||
				   (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);

		if (len == 0)
			return; /* no text: not guessed at */
		if (!blank) {
			memcpy(out + n, v.p, len);
			n += len;
		} else if (n > 0 && out[n - 1] != ' ') {
			out[n++] = ' ';
		}
		v = sr_bytes_of(v.p + len, v.len - len);
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	if (n > 0)
		to->fact(to->ctx, key, sr_bytes_of(out, n));
}

static bool digits(const char *text, size_t n) {
	for (size_t i = 0; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* "2014:05:06 10:11:12", "2014-05-06T10:11:12.000000Z", "20140506", "2014": as EDTF has it. */
static void say_date(const struct par_about *to, const char *key, const char *text) {
	char out[32];
	const size_t n = strlen(text);
	const bool day = n >= 10 && digits(text, 4) && (text[4] == ':' || text[4] == '-') &&
			 digits(text + 5, 2) && text[7] == text[4] && digits(text + 8, 2);
	const bool time = day && n >= 19 && (text[10] == ' ' || text[10] == 'T') &&
			  digits(text + 11, 2) && text[13] == ':' && digits(text + 14, 2) &&
			  text[16] == ':' && digits(text + 17, 2);

	if (n < 4 || !digits(text, 4) || memcmp(text, "0000", 4) == 0)
		return;
	if (time) {
		(void)snprintf(out, sizeof out, "%.4s-%.2s-%.2sT%.8s%s", text, text + 5, text + 8,
			text + 11, strchr(text + 19, 'Z') != NULL ? "Z" : "");
	} else if (day && n == 10) {
		(void)snprintf(out, sizeof out, "%.4s-%.2s-%.2s", text, text + 5, text + 8);
	} else if (n == 8 && digits(text, 8)) {
		(void)snprintf(out, sizeof out, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	} else if (n == 7 && text[4] == '-' && digits(text + 5, 2)) {
		(void)snprintf(out, sizeof out, "%s", text);
	} else if (n == 4) {
		(void)snprintf(out, sizeof out, "%s", text);
	} else {
		return;
	}
	say(to, key, out);
}

static void say_ms(const struct par_about *to, double seconds) {
	char out[32];

	if (!(seconds >= 0.001 && seconds < 3600000.0))
		return;
	const unsigned long long ms = (unsigned long long)(seconds * 1000 + 0.5);
	(void)snprintf(out, sizeof out, "%llu:%02llu:%02llu.%03llu", ms / 3600000, ms / 60000 % 60,
		ms / 1000 % 60, ms % 1000);
	say(to, "duration", out);
}

/* "12.008000", "12.01 s", "0:01:12". */
static void say_duration(const struct par_about *to, const char *text) {
	double h = 0, m = 0, s = 0;
	char *end = NULL;

	if (strstr(text, "approx") != NULL || text[0] < '0' || text[0] > '9')
		return;
	s = strtod(text, &end);
	for (int i = 0; i < 2 && end != NULL && *end == ':'; i++) {
		h = m;
		m = s;
		s = strtod(end + 1, &end);
	}
	if (end != NULL && (*end == '\0' || strcmp(end, " s") == 0))
		say_ms(to, (h * 60 + m) * 60 + s);
}

static void say_count(const struct par_about *to, const char *key, const char *text) {
	const size_t n = strlen(text);

	if (n >= 1 && n <= 6 && digits(text, n) && text[0] != '0')
		say(to, key, text);
}

/* ISO 639-2 codes (T, and B where it differs) that have a shorter one in BCP 47. */
static const char *const shorter[][2] = {{"aar", "aa"}, {"abk", "ab"}, {"afr", "af"}, {"aka", "ak"},
	{"alb", "sq"}, {"amh", "am"}, {"ara", "ar"}, {"arg", "an"}, {"arm", "hy"}, {"asm", "as"},
	{"ava", "av"}, {"ave", "ae"}, {"aym", "ay"}, {"aze", "az"}, {"bak", "ba"}, {"bam", "bm"},
	{"baq", "eu"}, {"bel", "be"}, {"ben", "bn"}, {"bis", "bi"}, {"bod", "bo"}, {"bos", "bs"},
	{"bre", "br"}, {"bul", "bg"}, {"bur", "my"}, {"cat", "ca"}, {"ces", "cs"}, {"cha", "ch"},
	{"che", "ce"}, {"chi", "zh"}, {"chu", "cu"}, {"chv", "cv"}, {"cor", "kw"}, {"cos", "co"},
	{"cre", "cr"}, {"cym", "cy"}, {"cze", "cs"}, {"dan", "da"}, {"deu", "de"}, {"div", "dv"},
	{"dut", "nl"}, {"dzo", "dz"}, {"ell", "el"}, {"eng", "en"}, {"epo", "eo"}, {"est", "et"},
	{"eus", "eu"}, {"ewe", "ee"}, {"fao", "fo"}, {"fas", "fa"}, {"fij", "fj"}, {"fin", "fi"},
	{"fra", "fr"}, {"fre", "fr"}, {"fry", "fy"}, {"ful", "ff"}, {"geo", "ka"}, {"ger", "de"},
	{"gla", "gd"}, {"gle", "ga"}, {"glg", "gl"}, {"glv", "gv"}, {"gre", "el"}, {"grn", "gn"},
	{"guj", "gu"}, {"hat", "ht"}, {"hau", "ha"}, {"heb", "he"}, {"her", "hz"}, {"hin", "hi"},
	{"hmo", "ho"}, {"hrv", "hr"}, {"hun", "hu"}, {"hye", "hy"}, {"ibo", "ig"}, {"ice", "is"},
	{"ido", "io"}, {"iii", "ii"}, {"iku", "iu"}, {"ile", "ie"}, {"ina", "ia"}, {"ind", "id"},
	{"ipk", "ik"}, {"isl", "is"}, {"ita", "it"}, {"jav", "jv"}, {"jpn", "ja"}, {"kal", "kl"},
	{"kan", "kn"}, {"kas", "ks"}, {"kat", "ka"}, {"kau", "kr"}, {"kaz", "kk"}, {"khm", "km"},
	{"kik", "ki"}, {"kin", "rw"}, {"kir", "ky"}, {"kom", "kv"}, {"kon", "kg"}, {"kor", "ko"},
	{"kua", "kj"}, {"kur", "ku"}, {"lao", "lo"}, {"lat", "la"}, {"lav", "lv"}, {"lim", "li"},
	{"lin", "ln"}, {"lit", "lt"}, {"ltz", "lb"}, {"lub", "lu"}, {"lug", "lg"}, {"mac", "mk"},
	{"mah", "mh"}, {"mal", "ml"}, {"mao", "mi"}, {"mar", "mr"}, {"may", "ms"}, {"mkd", "mk"},
	{"mlg", "mg"}, {"mlt", "mt"}, {"mon", "mn"}, {"mri", "mi"}, {"msa", "ms"}, {"mya", "my"},
	{"nau", "na"}, {"nav", "nv"}, {"nbl", "nr"}, {"nde", "nd"}, {"ndo", "ng"}, {"nep", "ne"},
	{"nld", "nl"}, {"nno", "nn"}, {"nob", "nb"}, {"nor", "no"}, {"nya", "ny"}, {"oci", "oc"},
	{"oji", "oj"}, {"ori", "or"}, {"orm", "om"}, {"oss", "os"}, {"pan", "pa"}, {"per", "fa"},
	{"pli", "pi"}, {"pol", "pl"}, {"por", "pt"}, {"pus", "ps"}, {"que", "qu"}, {"roh", "rm"},
	{"ron", "ro"}, {"rum", "ro"}, {"run", "rn"}, {"rus", "ru"}, {"sag", "sg"}, {"san", "sa"},
	{"sin", "si"}, {"slk", "sk"}, {"slo", "sk"}, {"slv", "sl"}, {"sme", "se"}, {"smo", "sm"},
	{"sna", "sn"}, {"snd", "sd"}, {"som", "so"}, {"sot", "st"}, {"spa", "es"}, {"sqi", "sq"},
	{"srd", "sc"}, {"srp", "sr"}, {"ssw", "ss"}, {"sun", "su"}, {"swa", "sw"}, {"swe", "sv"},
	{"tah", "ty"}, {"tam", "ta"}, {"tat", "tt"}, {"tel", "te"}, {"tgk", "tg"}, {"tgl", "tl"},
	{"tha", "th"}, {"tib", "bo"}, {"tir", "ti"}, {"ton", "to"}, {"tsn", "tn"}, {"tso", "ts"},
	{"tuk", "tk"}, {"tur", "tr"}, {"twi", "tw"}, {"uig", "ug"}, {"ukr", "uk"}, {"urd", "ur"},
	{"uzb", "uz"}, {"ven", "ve"}, {"vie", "vi"}, {"vol", "vo"}, {"wel", "cy"}, {"wln", "wa"},
	{"wol", "wo"}, {"xho", "xh"}, {"yid", "yi"}, {"yor", "yo"}, {"zha", "za"}, {"zho", "zh"},
	{"zul", "zu"}};

static void say_language(const struct par_about *to, const char *text) {
	const size_t n = strlen(text);
	char low[16];

	if (n < 2 || n >= sizeof low)
		return;
	for (size_t i = 0; i <= n; i++) {
		const char c = text[i];

		low[i] = c;
		if (c >= 'A' && c <= 'Z')
			low[i] = (char)(c - 'A' + 'a');
		if (i < n && !((low[i] >= 'a' && low[i] <= 'z') || (i >= 2 && c == '-')))
			return;
	}
	if (strcmp(low, "und") == 0 || strcmp(low, "zxx") == 0 || strcmp(low, "mul") == 0 ||
		low[n - 1] == '-')
		return;
	for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++)
		if (strcmp(low, shorter[i][0]) == 0) {
			say(to, "language", shorter[i][1]);
			return;
		}
	if (n <= 3 || low[2] == '-' || low[3] == '-')
		say(to, "language", low);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* A member as text, whatever the case of its name and the type of its value; "" when it is none. */
static const char *text_of(const json_t *o, const char *name, char *room, size_t size) {
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		if (strcasecmp(key, name) != 0)
			continue;
		if (json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v))
			return json_string_value(v);
		if (json_is_integer(v))
			(void)snprintf(room, size, "%lld", (long long)json_integer_value(v));
		else if (json_is_real(v))
			(void)snprintf(room, size, "%.10g", json_real_value(v));
		else
			continue;
		return room;
	}
	return "";
}

static void line_of(
	const struct par_about *to, const json_t *o, const char *name, const char *key) {
	char room[64];

	say_line(to, key, sr_bytes_str(text_of(o, name, room, sizeof room)));
}

static json_t *load(struct sr_bytes text) {
	json_error_t why;

	return text.len == 0 ? NULL : json_loadb((const char *)text.p, text.len, 0, &why);
}

/* Each language of its streams once. */
static void stream_languages(const struct par_about *to, const json_t *streams) {
	char before[16][16], room[64];
	size_t count = 0, i, k;
	json_t *s;

	json_array_foreach(streams, i, s) {
		const char *v = text_of(json_object_get(s, "tags"), "language", room, sizeof room);

		for (k = 0; k < count && strcmp(before[k], v) != 0; k++)
			;
		if (k < count || count == 16 || *v == '\0' || strlen(v) >= sizeof before[0])
			continue;
		(void)snprintf(before[count++], sizeof before[0], "%s", v);
		say_language(to, v);
	}
}

bool par_about_ffprobe(const struct par_about *to, struct sr_bytes text) {
	json_t *o = load(text);
	const json_t *format = json_object_get(o, "format");
	const json_t *tags = json_object_get(format, "tags");
	const char *version;
	char room[64], tool[80];

	if (!json_is_object(format)) {
		json_decref(o);
		return false;
	}
	say_duration(to, text_of(format, "duration", room, sizeof room));
	line_of(to, tags, "title", "title");
	line_of(to, tags, "artist", "creator");
	say_date(to, "date", text_of(tags, "date", room, sizeof room));
	say_date(to, "captured", text_of(tags, "creation_time", room, sizeof room));
	line_of(to, tags, "encoder", "producer");
	if (*text_of(tags, "location", room, sizeof room) != '\0' ||
		*text_of(tags, "com.apple.quicktime.location.ISO6709", room, sizeof room) != '\0')
		say(to, "location", "yes");
	stream_languages(to, json_object_get(o, "streams"));
	version = text_of(json_object_get(o, "program_version"), "version", room, sizeof room);
	(void)snprintf(tool, sizeof tool, "ffprobe/%.60s", *version != '\0' ? version : "?");
	say_line(to, "tool", sr_bytes_str(tool));
	json_decref(o);
	return true;
}

bool par_about_exiftool(const struct par_about *to, struct sr_bytes text) {
	json_t *list = load(text);
	const json_t *o = json_array_get(list, 0);
	static const char *const makers[] = {"Creator", "Artist", "Author", "By-line"};
	char room[64], tool[80];
	bool said = false;

	if (!json_is_object(o)) {
		json_decref(list);
		return false;
	}
	line_of(to, o, "Title", "title");
	for (size_t i = 0; i < sizeof makers / sizeof *makers && !said; i++) {
		said = *text_of(o, makers[i], room, sizeof room) != '\0';
		line_of(to, o, makers[i], "creator");
	}
	say_date(to, "captured", text_of(o, "DateTimeOriginal", room, sizeof room));
	say_date(to, "created", text_of(o, "CreateDate", room, sizeof room));
	say_duration(to, text_of(o, "Duration", room, sizeof room));
	say_count(to, "pages", text_of(o, "PageCount", room, sizeof room));
	say_language(to, text_of(o, "Language", room, sizeof room));
	line_of(to, o, "Software", "producer");
	if (*text_of(o, "GPSLatitude", room, sizeof room) != '\0' ||
		*text_of(o, "GPSPosition", room, sizeof room) != '\0')
		say(to, "location", "yes");
	(void)snprintf(tool, sizeof tool, "exiftool/%.20s",
		text_of(o, "ExifToolVersion", room, sizeof room));
	say_line(to, "tool", sr_bytes_str(tool));
	json_decref(list);
	return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* What the document says of itself comes first and may have line ends in it: of what pdfinfo found
 * out, the last line counts. */
bool par_about_pdfinfo(const struct par_about *to, struct sr_bytes text) {
	static const struct {
		const char *name, *key;
	} lines[] = {{"Title", "title"}, {"Author", "creator"}, {"Producer", "producer"}};
	char pages[64] = "";
	bool locked = false;

	while (text.len > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.len);
		const size_t n = end != NULL ? (size_t)(end - text.p) : text.len;
		const uint8_t *colon = memchr(text.p, ':', n);
		char value[64];

		if (colon != NULL) {
			struct sr_bytes name = sr_bytes_of(text.p, (size_t)(colon - text.p));
			struct sr_bytes v = sr_bytes_of(colon + 1, n - name.len - 1);

			while (v.len > 0 && v.p[0] == ' ')
				v = sr_bytes_of(v.p + 1, v.len - 1);
			(void)snprintf(value, sizeof value, "%.*s", (int)(v.len < 60 ? v.len : 60),
				v.len > 0 ? (const char *)v.p : "");
			for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
				if (sr_bytes_eq(name, sr_bytes_str(lines[i].name)))
					say_line(to, lines[i].key, v);
			if (sr_bytes_eq(name, sr_bytes_str("CreationDate")))
				say_date(to, "created", value);
			if (sr_bytes_eq(name, sr_bytes_str("Encrypted")))
				locked = strncmp(value, "yes", 3) == 0;
			if (sr_bytes_eq(name, sr_bytes_str("Pages")))
				memcpy(pages, value, sizeof pages);
		}
		text = sr_bytes_of(text.p + n + (end != NULL), text.len - n - (end != NULL));
	}
	say_count(to, "pages", pages);
	if (locked)
		say(to, "protected", "yes");
	return pages[0] != '\0';
}
