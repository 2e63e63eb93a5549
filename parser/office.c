/*
 * office - see office.h.
 */
#include "parser/office.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "parser/charset.h"
#include "parser/markup.h"

enum {
	BLOCK = 64 << 10,
	NAME_MAX_KEPT = 200,
	HREF_MAX = 2000, /* of an id, or a name that is kept, however its letters are written */
	AFTER_SPINE = 1 << 20, /* more than there are entries in front of it */
	OTHERS_MAX = 16 << 20  /* bytes of OTHER: they must not keep the pages out */
};

enum kind {
	NONE,
	WORD,    /* a text */
	NOTES,   /* after it */
	SLIDE,   /* a page each */
	SHEET,   /* the same */
	STRINGS, /* of sheets */
	CONTENT, /* OpenDocument */
	FRAME,   /* of its pages: headers, footers */
	CHAPTER, /* HTML */
	PACKAGE, /* of an e-book: its order */
	ROOT,    /* which package that is */
	OTHER    /* any other XML: notes of slides, comments, what stands in charts and drawings */
};

struct part {
	enum kind kind;
	unsigned number; /* of a slide or sheet; else the order of the archive, or of the spine */
	char name[NAME_MAX_KEPT + 1]; /* "": it is longer, and in no spine */
	struct sr_buf bytes;
};

struct office {
	struct sr_inside *s;
	uint64_t at; /* of the input */
	uint8_t block[BLOCK];
	struct part *parts;
	size_t count;
	size_t held, others; /* bytes of all parts, of OTHER */
	unsigned unread;     /* members that are neither parts nor what parts are drawn with */
	bool capped, encrypted, broken;
};

/* --- the zip file ----------------------------------------------------------------------------- */

static la_ssize_t feed_read(struct archive *a, void *ctx, const void **out) {
	struct office *o = ctx;
	const size_t n = sr_inside_read(o->s, o->at, o->block, sizeof o->block);

	(void)a;
	*out = o->block;
	o->at += n;
	return (la_ssize_t)n;
}

static la_int64_t feed_skip(struct archive *a, void *ctx, la_int64_t request) {
	struct office *o = ctx;
	const uint64_t left = o->s->job.size - o->at;
	const uint64_t n = request < 0 ? 0 : (uint64_t)request < left ? (uint64_t)request : left;

	(void)a;
	o->at += n;
	return (la_int64_t)n;
}

static la_int64_t feed_seek(struct archive *a, void *ctx, la_int64_t offset, int whence) {
	struct office *o = ctx;
	const la_int64_t size = (la_int64_t)o->s->job.size;
	const la_int64_t from = whence == SEEK_SET   ? 0
				: whence == SEEK_CUR ? (la_int64_t)o->at
						     : size;

	(void)a;
	if (offset < -from || offset > size - from)
		return ARCHIVE_FATAL;
	o->at = (uint64_t)(from + offset);
	return (la_int64_t)o->at;
}

/* PREFIX NUMBER ".xml" */
static bool numbered(const char *name, const char *prefix, unsigned *number) {
	const size_t n = strlen(prefix);
	char *end = NULL;

	if (strncmp(name, prefix, n) != 0 || name[n] < '0' || name[n] > '9')
		return false;
	*number = (unsigned)strtoul(name + n, &end, 10);
	return strcmp(end, ".xml") == 0;
}

static bool ends(const char *name, const char *with) {
	const size_t n = strlen(name), w = strlen(with);

	return n > w && strcmp(name + n - w, with) == 0;
}

static bool in_folder(const char *name, const char *const *folders) {
	for (; *folders != NULL; folders++)
		if (strncmp(name, *folders, strlen(*folders)) == 0)
			return true;
	return false;
}

/* By its name, as programs give them; NONE: it says nothing. */
static enum kind kind_of(const char *name, unsigned *number) {
	if (numbered(name, "ppt/slides/slide", number))
		return SLIDE;
	if (numbered(name, "xl/worksheets/sheet", number))
		return SHEET;
	if (strcmp(name, "word/document.xml") == 0)
		return WORD;
	if (strcmp(name, "word/footnotes.xml") == 0 || strcmp(name, "word/endnotes.xml") == 0)
		return NOTES;
	if (strcmp(name, "xl/sharedStrings.xml") == 0)
		return STRINGS;
	if (strcmp(name, "content.xml") == 0) {
		*number = 0; /* those of objects in it come after its pages */
		return CONTENT;
	}
	if (strcmp(name, "styles.xml") == 0)
		return FRAME;
	if (ends(name, ".xhtml") || ends(name, ".html") || ends(name, ".htm"))
		return CHAPTER;
	return ends(name, ".xml") ? OTHER : NONE;
}

/* Does it begin with a tag, in whatever encoding? */
static bool begins_tag(struct sr_bytes v) {
	static const char before[] = "\xEF\xBB\xBF\xFE\xFF\0 \t\r\n";
	size_t i = 0;

	while (i < v.len && memchr(before, v.p[i], sizeof before - 1) != NULL)
		i++;
	return i < v.len && v.p[i] == '<';
}

/* By its first element too: names are free where relations say what a part is, and who does not
 * want one to be read calls it a picture, or what is passed over. */
static enum kind by_root(enum kind named, struct sr_bytes in) {
	static const struct {
		const char *name;
		enum kind is;
	} roots[] = {{"worksheet", SHEET}, {"macrosheet", SHEET}, {"sst", STRINGS},
		{"html", CHAPTER}, {"container", ROOT}, {"package", PACKAGE},
		{"document-content", CONTENT}, {"document-styles", FRAME},
		/* Prompts of empty slides; numbers and headings once more; what is no text. */
		{"sldMaster", NONE}, {"sldLayout", NONE}, {"notesMaster", NONE},
		{"handoutMaster", NONE}, {"pivotCacheDefinition", NONE},
		{"pivotCacheRecords", NONE}, {"calcChain", NONE}, {"ncx", NONE}, {"svg", NONE},
		{"Relationships", NONE}, {"RDF", NONE}};
	struct par_markup m = {.in = in};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	enum kind is = OTHER;
	enum par_piece piece;

	while ((piece = par_markup_next(&m, &tag, &text)) == PAR_PIECE_TEXT)
		;
	for (size_t i = 0; i < sizeof roots / sizeof *roots && piece == PAR_PIECE_TAG; i++)
		if (par_tag_local(&tag, roots[i].name))
			is = roots[i].is;
	return is == SHEET || is == STRINGS || named == STRINGS || named == OTHER || named == NONE
		       ? is
		       : named;
}

/* What parts are drawn with, by their names; everything else may be a document of its own. */
static bool is_furniture(const char *name) {
	static const char *const endings[] = {"/", ".xml", ".rels", ".png", ".jpg", ".jpeg", ".gif",
		".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".css", ".ncx", ".ttf", ".otf",
		".odttf", ".woff", ".rdf"};
	static const char *const folders[] = {"xl/printerSettings/", NULL};

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends(name, endings[i]))
			return true;
	/* layout-cache: what OpenOffice keeps of how it broke its lines. */
	return strcmp(name, "mimetype") == 0 || strcmp(name, "layout-cache") == 0 ||
	       in_folder(name, folders);
}

/* Readers of parts want UTF-8. XML says which encoding it has, or begins with a mark; without one
 * the first letter, which is "<", shows UTF-16, but not in HTML, where a NUL is no letter. */
static void make_utf8(struct part *p) {
	const struct sr_bytes v = sr_buf_view(&p->bytes);
	const bool wide = p->kind != CHAPTER && v.len >= 2 && (v.p[0] == 0 || v.p[1] == 0);
	enum par_charset is;
	struct sr_buf utf8;
	bool guessed;

	if (!wide && sr_utf8_valid(v))
		return;
	if (wide)
		is = v.p[0] == 0 ? PAR_UTF16BE : PAR_UTF16LE;
	else
		is = par_charset_of(v, par_markup_charset(v), &guessed);
	sr_buf_init(&utf8);
	par_charset_decode(&utf8, is, v);
	sr_buf_free(&p->bytes);
	p->bytes = utf8;
}

/* What is no XML, and what has no words, may be large: its first bytes are enough. */
static bool passed_over(const struct part *p) {
	const struct sr_bytes v = sr_buf_view(&p->bytes);

	return (p->kind == NONE && !begins_tag(v)) || by_root(p->kind, v) == NONE;
}

/* The bytes of the entry at hand, within what is held in all. False: they are damaged. */
static bool read_entry(struct office *o, struct archive *a, struct part *p) {
	const bool other = p->kind == OTHER || p->kind == NONE;
	la_ssize_t n;

	do {
		if (sr_buf_reserve(&p->bytes, BLOCK, NULL) != 0)
			return false;
		n = archive_read_data(a, p->bytes.p + p->bytes.len, BLOCK);
		p->bytes.len += n > 0 ? (size_t)n : 0;
		if (p->bytes.len <= BLOCK && passed_over(p))
			return true;
		if (o->held + p->bytes.len > PAR_DOCUMENT_MAX ||
			(other && o->others + p->bytes.len > OTHERS_MAX)) {
			o->capped = true;
			return true;
		}
	} while (n > 0);
	return n == 0;
}

/* The entry at hand, if it is a part. What is XML and called something else may say more than is
 * found in it. */
static void keep(
	struct office *o, struct archive *a, const char *name, enum kind kind, unsigned number) {
	struct part *p = &o->parts[o->count];
	const bool full = o->others > OTHERS_MAX;
	bool whole;

	*p = (struct part){.kind = kind, .number = number};
	if (strlen(name) < sizeof p->name)
		(void)snprintf(p->name, sizeof p->name, "%s", name);
	sr_buf_init(&p->bytes);
	whole = read_entry(o, a, p);
	if (kind == NONE && !begins_tag(sr_buf_view(&p->bytes))) {
		o->unread += !is_furniture(name);
		sr_buf_free(&p->bytes);
		return;
	}
	make_utf8(p);
	p->kind = by_root(kind, sr_buf_view(&p->bytes));
	o->unread += kind == NONE && p->kind == OTHER;
	o->broken = o->broken || !whole || sr_buf_ok(&p->bytes, NULL) != 0;
	if (p->kind == NONE || (p->kind == OTHER && full)) {
		sr_buf_free(&p->bytes);
		return;
	}
	o->held += p->bytes.len;
	o->others += p->kind == OTHER ? p->bytes.len : 0;
	o->capped = o->capped || o->held > PAR_DOCUMENT_MAX;
	o->count++;
}

static void take_entry(
	struct office *o, struct archive *a, struct archive_entry *entry, unsigned order) {
	const char *name = archive_entry_pathname(entry);
	unsigned number = order;

	if (name == NULL)
		name = archive_entry_pathname_utf8(entry);
	if (archive_entry_is_encrypted(entry)) {
		o->encrypted = true;
	} else if (name == NULL) {
		o->unread++;
	} else if (o->count == PAR_OFFICE_PARTS) {
		o->capped = true;
	} else {
		const enum kind kind = kind_of(name, &number);

		keep(o, a, name, kind, number);
	}
}

static void take_parts(struct office *o) {
	struct archive *a = archive_read_new();
	struct archive_entry *entry = NULL;
	unsigned order = 1;
	int rc;

	if (a == NULL) {
		o->broken = true;
		return;
	}
	(void)archive_read_support_format_zip(a);
	(void)archive_read_set_read_callback(a, feed_read);
	(void)archive_read_set_seek_callback(a, feed_seek);
	(void)archive_read_set_skip_callback(a, feed_skip);
	(void)archive_read_set_callback_data(a, o);
	rc = archive_read_open1(a);
	while (rc >= ARCHIVE_WARN && o->held <= PAR_DOCUMENT_MAX) {
		rc = archive_read_next_header(a, &entry);
		if (rc == ARCHIVE_EOF)
			break;
		if (rc >= ARCHIVE_WARN)
			take_entry(o, a, entry, order++);
	}
	o->broken = o->broken || rc < ARCHIVE_WARN;
	(void)archive_read_free(a);
}

static int in_order(const void *a, const void *b) {
	const struct part *p = a, *q = b;

	if (p->kind != q->kind)
		return p->kind < q->kind ? -1 : 1;
	return p->number < q->number ? -1 : p->number > q->number;
}

/* --- e-books: the order in which they are read -------------------------------------------------
 */

struct item { /* of a package: views of it */
	struct sr_bytes id, href;
};

/* The path in the archive that ${href} is in a file at ${base}; what is no such path fits no part.
 */
static void resolve(struct sr_buf *out, const char *base, struct sr_bytes href) {
	const char *slash = strrchr(base, '/');
	struct sr_buf plain;

	sr_buf_init(&plain);
	par_entities(&plain, href);
	sr_buf_clear(out);
	sr_buf_put(out, base, slash != NULL ? (size_t)(slash + 1 - base) : 0);
	for (size_t i = 0; i < plain.len && plain.p[i] != '#'; i++) {
		const int high =
			plain.p[i] == '%' && i + 2 < plain.len ? sr_hex_digit(plain.p[i + 1]) : -1;
		const int low = high >= 0 ? sr_hex_digit(plain.p[i + 2]) : -1;

		sr_buf_put_u8(out, low >= 0 ? (uint8_t)(16 * high + low) : plain.p[i]);
		i += low >= 0 ? 2 : 0;
		/* "../" takes back what is before it, and "./" nothing. */
		if (out->len >= 3 && memcmp(out->p + out->len - 3, "../", 3) == 0 &&
			(out->len == 3 || out->p[out->len - 4] == '/')) {
			out->len -= out->len > 3 ? 4 : 3;
			while (out->len > 0 && out->p[out->len - 1] != '/')
				out->len--;
		} else if (out->len >= 2 && memcmp(out->p + out->len - 2, "./", 2) == 0 &&
			   (out->len == 2 || out->p[out->len - 3] == '/')) {
			out->len -= 2;
		}
	}
	sr_buf_free(&plain);
}

static struct part *part_named(struct office *o, enum kind kind, struct sr_bytes name) {
	for (size_t i = 0; i < o->count; i++)
		if (o->parts[i].kind == kind &&
			(name.p == NULL || sr_bytes_eq(sr_bytes_str(o->parts[i].name), name)))
			return &o->parts[i];
	return NULL;
}

static struct part *package_of(struct office *o) {
	const struct part *root = part_named(o, ROOT, sr_bytes_str("META-INF/container.xml"));
	struct par_markup m = {.in = root != NULL ? sr_buf_view(&root->bytes) : sr_bytes_str("")};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	struct part *found = NULL;
	size_t roots = 0; /* each is looked for among all parts */
	enum par_piece piece;

	while (found == NULL && roots < PAR_OFFICE_PARTS &&
		(piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END)
		if (piece == PAR_PIECE_TAG && par_tag_local(&tag, "rootfile") && !tag.closes) {
			found = part_named(o, PACKAGE, par_attribute(&tag, "full-path"));
			roots++;
		}
	return found != NULL ? found : part_named(o, PACKAGE, sr_bytes_of(NULL, 0));
}

static struct sr_bytes href_of(const struct item *items, size_t count, struct sr_bytes id) {
	for (size_t i = 0; i < count && id.len <= HREF_MAX; i++)
		if (sr_bytes_eq(items[i].id, id))
			return items[i].href;
	return sr_bytes_of(NULL, 0);
}

/* Chapters get the numbers of the spine. */
static void by_spine(struct office *o) {
	const struct part *package = package_of(o);
	struct par_markup m = {.at = 0};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	size_t count = 0, refs = 0;
	enum par_piece piece;
	struct item *items;
	struct sr_buf path;
	unsigned next = 0;

	if (package == NULL || (items = calloc(PAR_OFFICE_PARTS, sizeof *items)) == NULL)
		return;
	m.in = sr_buf_view(&package->bytes);
	sr_buf_init(&path);
	for (size_t i = 0; i < o->count; i++)
		o->parts[i].number += o->parts[i].kind == CHAPTER ? AFTER_SPINE : 0;
	while ((piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END) {
		if (piece != PAR_PIECE_TAG)
			continue;
		if (!tag.closes && par_tag_local(&tag, "item") && count < PAR_OFFICE_PARTS) {
			items[count++] = (struct item){
				par_attribute(&tag, "id"), par_attribute(&tag, "href")};
		} else if (!tag.closes && par_tag_local(&tag, "itemref") &&
			   refs++ < PAR_OFFICE_PARTS) {
			const struct sr_bytes href =
				href_of(items, count, par_attribute(&tag, "idref"));
			struct part *p = NULL;

			sr_buf_clear(&path);
			if (href.len > 0 && href.len <= HREF_MAX)
				resolve(&path, package->name, href);
			if (path.len > 0)
				p = part_named(o, CHAPTER, sr_buf_view(&path));
			if (p != NULL && p->number >= AFTER_SPINE)
				p->number = next++;
		}
	}
	sr_buf_free(&path);
	free(items);
}

/* --- Word, PowerPoint: text in named elements ------------------------------------------------- */

static void line(struct sr_buf *out) {
	sr_buf_put_u8(out, '\n');
}

static bool has_words(struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] > ' ')
			return true;
	return false;
}

static void put_text(struct sr_buf *out, enum par_piece piece, struct sr_bytes text) {
	if (piece == PAR_PIECE_LITERAL)
		sr_buf_put_bytes(out, text);
	else
		par_entities(out, text);
}

/* <t>: whose text counts; <p>, or a cell's comment: that is a line. By whatever prefix. */
static void runs(struct sr_buf *out, struct sr_bytes in) {
	struct par_markup m = {.in = in};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	bool inside = false;
	enum par_piece piece;

	while ((piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END) {
		if (piece != PAR_PIECE_TAG) {
			if (inside)
				put_text(out, piece, text);
			continue;
		}
		if (par_tag_local(&tag, "t") || par_tag_local(&tag, "text"))
			inside = !tag.closes && !tag.alone;
		else if ((par_tag_local(&tag, "p") || par_tag_local(&tag, "comment") ||
				 par_tag_local(&tag, "threadedComment")) &&
			 (tag.closes || tag.alone))
			line(out);
		else if (par_tag_local(&tag, "tab") || par_tag_local(&tag, "tc"))
			sr_buf_put_str(out, tag.closes ? "" : "\t");
		else if (par_tag_local(&tag, "br"))
			line(out);
	}
}

/* --- OpenDocument ----------------------------------------------------------------------------- */

static void open_document(struct par_pages *p, struct sr_bytes in) {
	struct par_markup m = {.in = in};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	struct sr_buf out;
	unsigned depth = 0; /* of paragraphs: notes have their own */
	bool pages = false, more = true;
	enum par_piece piece;

	sr_buf_init(&out);
	while (more && (piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END) {
		if (piece != PAR_PIECE_TAG) {
			if (depth > 0)
				put_text(&out, piece, text);
			continue;
		}
		if (par_tag_local(&tag, "p") || par_tag_local(&tag, "h")) {
			if (tag.closes || tag.alone)
				line(&out);
			depth += !tag.closes && !tag.alone ? 1 : 0;
			depth -= tag.closes && depth > 0 ? 1 : 0;
		} else if (par_tag_local(&tag, "s")) {
			sr_buf_put_u8(&out, ' ');
		} else if (par_tag_local(&tag, "tab")) {
			sr_buf_put_u8(&out, '\t');
		} else if (par_tag_local(&tag, "line-break")) {
			line(&out);
		} else if (par_tag_local(&tag, "page") && tag.closes) {
			if (!pages)
				sr_inside_fact(p->s, "paged", sr_bytes_str("yes"));
			pages = true;
			more = par_page(p, sr_buf_view(&out), "text");
			sr_buf_clear(&out);
		}
	}
	if (more && has_words(sr_buf_view(&out)))
		(void)par_parts(p, sr_buf_view(&out));
	sr_buf_free(&out);
}

/* --- Excel ------------------------------------------------------------------------------------ */

struct strings {
	struct sr_buf bytes;
	size_t *end; /* of each */
	size_t count, cap;
};

static bool string_ends(struct strings *t) {
	if (t->count == t->cap) {
		const size_t cap = t->cap == 0 ? 1024 : t->cap * 2;
		size_t *end = cap > (size_t)2 * PAR_OFFICE_STRINGS
				      ? NULL
				      : realloc(t->end, cap * sizeof *end);

		if (end == NULL)
			return false;
		t->end = end;
		t->cap = cap;
	}
	t->end[t->count++] = t->bytes.len;
	return true;
}

/* false: there are more than are taken. */
static bool read_strings(struct strings *t, struct sr_bytes in) {
	struct par_markup m = {.in = in};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	bool inside = false, phonetic = false;
	enum par_piece piece;

	while ((piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END) {
		if (piece != PAR_PIECE_TAG) {
			if (inside && !phonetic)
				put_text(&t->bytes, piece, text);
		} else if (par_tag_local(&tag, "t")) {
			inside = !tag.closes && !tag.alone;
		} else if (par_tag_local(&tag, "rPh")) {
			phonetic = !tag.closes;
		} else if (par_tag_local(&tag, "si") && (tag.closes || tag.alone)) {
			if (!string_ends(t))
				return false;
		}
	}
	return sr_buf_ok(&t->bytes, NULL) == 0;
}

static void cell(struct sr_buf *out, const struct strings *t, bool shared, struct sr_bytes v) {
	size_t n = 0;

	if (!shared) {
		par_entities(out, v);
		return;
	}
	for (size_t i = 0; i < v.len && v.p[i] >= '0' && v.p[i] <= '9' && n < t->count; i++)
		n = n * 10 + (size_t)(v.p[i] - '0');
	if (n < t->count && t->bytes.len > 0) { /* not: all of them are empty */
		const size_t from = n == 0 ? 0 : t->end[n - 1];
		const struct sr_bytes all = sr_bytes_of(t->bytes.p + from, t->end[n] - from);

		/* With a letter more than a page, so that it is known for one that was cut. */
		sr_buf_put_bytes(out, sr_utf8_fit(all, PAR_PAGE_MAX + 4));
	}
}

static void sheet(struct sr_buf *out, const struct strings *t, struct sr_bytes in) {
	struct par_markup m = {.in = in};
	struct par_tag tag = {.closes = false};
	struct sr_bytes text = {NULL, 0};
	bool value = false, shared = false, first = true;
	enum par_piece piece;

	/* A few bytes can name a string of any size: what no page takes is not put together. */
	while (out->len <= PAR_PAGE_MAX &&
		(piece = par_markup_next(&m, &tag, &text)) != PAR_PIECE_END) {
		if (piece != PAR_PIECE_TAG) {
			if (value)
				cell(out, t, shared, text);
		} else if (par_tag_local(&tag, "row") && (tag.closes || tag.alone)) {
			line(out);
			first = true;
		} else if (par_tag_local(&tag, "c") && !tag.closes) {
			shared = sr_bytes_eq(par_attribute(&tag, "t"), sr_bytes_str("s"));
			sr_buf_put_str(out, first ? "" : "\t");
			first = false;
		} else if (par_tag_local(&tag, "v") || par_tag_local(&tag, "t")) {
			value = !tag.closes && !tag.alone;
		}
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool is_document(const struct office *o) {
	for (size_t i = 0; i < o->count; i++)
		if (o->parts[i].kind < FRAME || o->parts[i].kind == CHAPTER)
			return true;
	return false;
}

static bool has_pages(const struct office *o) {
	for (size_t i = 0; i < o->count; i++)
		if (o->parts[i].kind == SLIDE || o->parts[i].kind == SHEET ||
			o->parts[i].kind == CHAPTER)
			return true;
	return false;
}

static void tell_parts(struct office *o, struct par_pages *p) {
	struct strings t = {.count = 0};
	struct sr_buf out, flow;
	bool more = true;

	sr_buf_init(&t.bytes);
	sr_buf_init(&out);
	sr_buf_init(&flow);
	for (size_t i = 0; i < o->count; i++)
		if (o->parts[i].kind == STRINGS &&
			!read_strings(&t, sr_buf_view(&o->parts[i].bytes)))
			o->capped = true;
	if (has_pages(o))
		sr_inside_fact(o->s, "paged", sr_bytes_str("yes"));
	for (size_t i = 0; i < o->count && more; i++) {
		const struct sr_bytes in = sr_buf_view(&o->parts[i].bytes);

		sr_buf_clear(&out);
		switch (o->parts[i].kind) {
		case WORD:
		case NOTES:
		case OTHER:
			runs(&flow, in);
			break;
		case SLIDE:
			runs(&out, in);
			more = par_page(p, sr_buf_view(&out), "text");
			break;
		case SHEET:
			sheet(&out, &t, in);
			more = par_page(p, sr_buf_view(&out), "text");
			break;
		case CHAPTER:
			par_markup_text(&out, in, true);
			more = par_page(p, sr_buf_view(&out), "text");
			break;
		case CONTENT:
		case FRAME:
			open_document(p, in);
			break;
		case STRINGS:
		case PACKAGE:
		case ROOT:
		case NONE:
			break;
		}
	}
	if (more && has_words(sr_buf_view(&flow)))
		(void)par_parts(p, sr_buf_view(&flow));
	free(t.end);
	sr_buf_free(&t.bytes);
	sr_buf_free(&out);
	sr_buf_free(&flow);
}

void par_office_text(struct sr_inside *s) {
	static struct office o;
	struct par_pages p = {.s = s};
	char unread[80] = "";

	o = (struct office){.s = s};
	o.parts = calloc(PAR_OFFICE_PARTS, sizeof *o.parts);
	if (o.parts == NULL) {
		sr_inside_done(s, SR_BOX_BROKEN, "there is no memory for it");
		return;
	}
	take_parts(&o);
	by_spine(&o);
	qsort(o.parts, o.count, sizeof *o.parts, in_order);
	tell_parts(&o, &p);
	if (o.unread > 0)
		(void)snprintf(unread, sizeof unread,
			"%u member%s of it %s not read: what is embedded, macros", o.unread,
			o.unread == 1 ? "" : "s", o.unread == 1 ? "is" : "are");
	if (o.capped)
		par_pages_done(&p, SR_BOX_CAPPED, "the document is larger than is read");
	else if (o.encrypted)
		par_pages_done(&p, SR_BOX_ENCRYPTED,
			p.page == 0 ? "it is under a password"
				    : "a part of it is under a password");
	else if (o.broken)
		par_pages_done(&p, SR_BOX_BROKEN, "a part of it is damaged");
	else if (p.page == 0 && !is_document(&o))
		par_pages_done(&p, SR_BOX_UNREAD,
			"it has none of the parts of a document that are read here");
	else
		par_pages_done(&p, SR_BOX_WHOLE, unread);
	for (size_t i = 0; i < o.count; i++)
		sr_buf_free(&o.parts[i].bytes);
	free(o.parts);
}
