/*
 * fields - the table, and the check of each form. See fields.h.
 */
#include "ledger/fields.h"

#include "base/escape.h"
#include "base/text.h"
#include "ledger/edtf.h"
#include "ledger/langtag.h"
#include "ledger/mark.h"

/* clang-format off */
#define SR_FIELD(n, k, c, m, f, w, v, h) \
	{.name = (n), .kind = (k), .compartment = (c), .max = (m), .form = (f), .kept = (w), \
	 .value = (v), .help = (h)},
static const struct sr_desc_field table[] = {
#include "ledger/fields.inc"
};
#undef SR_FIELD
/* clang-format on */

_Static_assert(sizeof table / sizeof table[0] <= SR_FIELDS_MAX, "arrays of fields are too short");

static const char *const mediums[] = {"book", "magazine", "newspaper", "leaflet", "poster",
	"letter", "image", "sound", "film", "post", "web-page", "mail", "dataset", "software",
	"other", NULL};
static const char *const qualities[] = {"unusable", "rough", "fair", "good", "professional", NULL};
/* Article 6 of the GDPR, its research and archiving clauses, and what a court wants kept. */
static const char *const bases[] = {"public-task", "legal-obligation", "legitimate-interests",
	"consent", "contract", "vital-interests", "research", "archiving", "court-order", NULL};

const struct sr_desc_field *sr_desc_fields(size_t *count) {
	*count = sizeof table / sizeof table[0];
	return table;
}

const struct sr_desc_field *sr_desc_field(struct sr_bytes name) {
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (sr_bytes_eq(name, sr_bytes_str(table[i].name)))
			return &table[i];
	return NULL;
}

const char *const *sr_mediums(void) {
	return mediums;
}
const char *const *sr_qualities(void) {
	return qualities;
}
const char *const *sr_bases(void) {
	return bases;
}

const char *sr_form_wants(enum sr_form form) {
	switch (form) {
	case SR_FORM_HAZARD:
		return "a hazard, as graphic; of a part, as graphic@2:12-18";
	case SR_FORM_DATE:
		return "a date (EDTF level 1) as 1994, 1994-05-01, 1994~, 199X or 1994/1996";
	case SR_FORM_LANGUAGE:
		return "a language tag (BCP 47) as en, ar, zh-hant";
	case SR_FORM_MEDIUM:
		return "book, magazine, newspaper, leaflet, poster, letter, image, sound, film, "
		       "post, web-page, mail, dataset, software or other";
	case SR_FORM_ITEM:
		return "the 32 hex digits of an item";
	case SR_FORM_QUALITY:
		return "unusable, rough, fair, good or professional";
	case SR_FORM_BASIS:
		return "public-task, legal-obligation, legitimate-interests, consent, contract, "
		       "vital-interests, research, archiving or court-order";
	case SR_FORM_TEXT:
		return "UTF-8 text of at most 8192 bytes";
	case SR_FORM_LINE:
		return "one line of UTF-8 text of 1 to 500 bytes";
	case SR_FORM_SHORT:
		return "one line of UTF-8 text of 1 to 64 bytes";
	case SR_FORM_CLOCK:
		return "a length of time as 05:12 or 1:02:03";
	case SR_FORM_PAGES:
		return "a number of pages from 1 to 1000000";
	case SR_FORM_ENGAGEMENT:
		return "what was counted, how many, and the day on which it was read, as \"likes "
		       "120 2024-05-01\"";
	case SR_FORM_PROVENANCE:
		return "when and who held it, as \"1994/1998 M. Weber, Hamburg\"";
	case SR_FORM_COUNT:
		break;
	}
	return "";
}

static int wrong(enum sr_form form, struct sr_bytes v, struct sr_err *e) {
	char shown[160];

	return sr_fail(e, SR_USAGE, "\"%s\": want %s", sr_escape_to(shown, sizeof shown, v),
		sr_form_wants(form));
}

static bool among(const char *const *words, struct sr_bytes v) {
	for (; *words != NULL; words++)
		if (sr_bytes_eq(v, sr_bytes_str(*words)))
			return true;
	return false;
}

/* No control characters, and none that turn the direction of what follows. */
static bool is_line(struct sr_bytes v, size_t max) {
	if (v.len < 1 || v.len > max)
		return false;
	for (size_t at = 0; at < v.len;) {
		uint32_t cp;
		const size_t n = sr_utf8_next(sr_bytes_of(v.p + at, v.len - at), &cp);

		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
			(cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069))
			return false;
		at += n;
	}
	return true;
}

static bool is_word(struct sr_bytes v) {
	if (v.len < 1 || v.len > 32 || v.p[0] == '-')
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (!((v.p[i] >= 'a' && v.p[i] <= 'z') || v.p[i] == '-'))
			return false;
	return true;
}

static bool is_engagement(struct sr_bytes v) {
	struct sr_edtf day;
	uint64_t n = 0;

	return sr_word_count(v) == 3 && is_word(sr_word(v, 0)) &&
	       sr_parse_dec(&n, sr_word(v, 1), INT64_MAX, NULL) == 0 &&
	       sr_edtf_check(&day, sr_word(v, 2), NULL) == 0 && day.exact_day;
}

static int check_provenance(struct sr_bytes v, struct sr_err *e) {
	const uint8_t *space = v.len == 0 ? NULL : memchr(v.p, ' ', v.len);
	struct sr_edtf when;
	struct sr_bytes who;
	size_t at;

	if (space == NULL)
		return wrong(SR_FORM_PROVENANCE, v, e);
	at = (size_t)(space - v.p);
	if (sr_edtf_check(&when, sr_bytes_of(v.p, at), e) != 0)
		return sr_wrap(e, "when it was held");
	who = sr_bytes_of(v.p + at + 1, v.len - at - 1);
	return is_line(who, SR_FIELD_LINE - at - 1) && who.p[0] != ' '
		       ? 0
		       : wrong(SR_FORM_PROVENANCE, v, e);
}

int sr_desc_check(const struct sr_desc_field *f, struct sr_bytes v, struct sr_err *e) {
	struct sr_edtf date;
	uint64_t n = 0;
	bool good = true;

	switch (f->form) {
	case SR_FORM_HAZARD:
	case SR_FORM_ITEM:
		good = sr_value_check(f->kind, v, NULL) == 0;
		break;
	case SR_FORM_DATE:
		return sr_edtf_check(&date, v, e);
	case SR_FORM_LANGUAGE:
		return sr_langtag_check(v, e);
	case SR_FORM_MEDIUM:
		good = among(mediums, v);
		break;
	case SR_FORM_QUALITY:
		good = among(qualities, v);
		break;
	case SR_FORM_BASIS:
		good = among(bases, v);
		break;
	case SR_FORM_TEXT:
		good = v.len <= SR_FIELD_TEXT && sr_utf8_valid(v);
		break;
	case SR_FORM_LINE:
		good = is_line(v, SR_FIELD_LINE);
		break;
	case SR_FORM_SHORT:
		good = is_line(v, SR_FIELD_SHORT);
		break;
	case SR_FORM_CLOCK:
		good = sr_clock_parse(&n, v, NULL) == 0;
		break;
	case SR_FORM_PAGES:
		good = sr_parse_dec(&n, v, SR_MARK_PAGES, NULL) == 0 && n > 0;
		break;
	case SR_FORM_ENGAGEMENT:
		good = is_engagement(v);
		break;
	case SR_FORM_PROVENANCE:
		return check_provenance(v, e);
	case SR_FORM_COUNT:
		good = false;
		break;
	}
	return good ? 0 : wrong(f->form, v, e);
}

void sr_desc_put(struct sr_buf *out, const struct sr_desc_field *f, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++) {
		const uint8_t c = v.p[i];

		sr_buf_put_u8(out, f->form == SR_FORM_LANGUAGE && c >= 'A' && c <= 'Z'
					   ? (uint8_t)(c | 0x20)
					   : c);
	}
}
