/*
 * tar - see tar.h. Headers are built field by field in a block of 512 zeros; a number that does not
 * fit its octal field goes to the extended header and the field stays 0.
 */
#include "room/tar.h"

#include "base/escape.h"

enum { /* offsets in the header block */
	AT_NAME = 0,
	NAME_MAX_BYTES = 100,
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_CHECKSUM = 148,
	AT_TYPE = 156,
	AT_MAGIC = 257
};
static const uint64_t OCTAL11 = 077777777777; /* what eleven octal digits hold */

static void put_component(struct sr_buf *out, struct sr_bytes c, size_t start) {
	if (c.len == 0 || (c.len == 1 && c.p[0] == '.'))
		return;
	if (out->len > start)
		sr_buf_put_u8(out, '/');
	if (c.len == 2 && c.p[0] == '.' && c.p[1] == '.')
		sr_buf_put_u8(out, '_');
	for (size_t i = 0; i < c.len; i++)
		sr_buf_put_u8(out, c.p[i] == 0 ? '_' : c.p[i]);
}

void sr_tar_name(struct sr_buf *out, struct sr_bytes path) {
	size_t start = out->len, at = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.p[i] != '/')
			continue;
		put_component(out, sr_bytes_of(path.p + at, i - at), start);
		at = i + 1;
	}
	if (out->len == start)
		sr_buf_put_u8(out, '_');
}

static void octal(uint8_t *p, size_t digits, uint64_t v) {
	for (size_t i = digits; i > 0; i--) {
		p[i - 1] = (uint8_t)('0' + (v & 7));
		v >>= 3;
	}
}

enum {
	FOLDER = '5'
};

struct header {
	struct sr_bytes name; /* at most 100 bytes */
	uint64_t size, mtime;
	uint8_t type;
};

static void put_header(struct sr_buf *out, const struct header *h) {
	uint8_t b[SR_TAR_BLOCK] = {0};
	uint64_t sum = 0;

	if (h->name.len > 0)
		memcpy(b + AT_NAME, h->name.p,
			h->name.len < NAME_MAX_BYTES ? h->name.len : NAME_MAX_BYTES);
	octal(b + AT_MODE, 7, h->type == FOLDER ? 0755 : 0644);
	octal(b + AT_UID, 7, 0);
	octal(b + AT_GID, 7, 0);
	octal(b + AT_SIZE, 11, h->size);
	octal(b + AT_MTIME, 11, h->mtime);
	memset(b + AT_CHECKSUM, ' ', 8);
	b[AT_TYPE] = h->type;
	memcpy(b + AT_MAGIC, "ustar\00000", 8);
	for (size_t i = 0; i < SR_TAR_BLOCK; i++)
		sum += b[i];
	octal(b + AT_CHECKSUM, 6, sum);
	b[AT_CHECKSUM + 6] = 0;
	sr_buf_put(out, b, SR_TAR_BLOCK);
}

static size_t digits_of(size_t v) {
	size_t n = 1;

	while (v >= 10) {
		v /= 10;
		n++;
	}
	return n;
}

/* The length counts its own digits: found by trying, since one more digit may make one more. */
static void put_record(struct sr_buf *records, const char *key, struct sr_bytes value) {
	size_t rest = 1 + strlen(key) + 1 + value.len + 1, len = rest + 1;

	while (len != rest + digits_of(len))
		len = rest + digits_of(len);
	sr_buf_printf(records, "%zu %s=", len, key);
	sr_buf_put_bytes(records, value);
	sr_buf_put_u8(records, '\n');
}

static bool plain_name(struct sr_bytes name) {
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < 0x20 || name.p[i] > 0x7e)
			return false;
	return name.len <= NAME_MAX_BYTES;
}

/* Seconds with a decimal part; before 1970 both parts are negative: -1.5 is s = -2, ns = 500000000.
 */
static void put_mtime(struct sr_buf *records, int64_t s, uint32_t ns) {
	char text[48];

	if (s < 0 && ns > 0 && s == -1)
		snprintf(text, sizeof text, "-0.%09u", 1000000000u - ns);
	else if (s < 0 && ns > 0)
		snprintf(text, sizeof text, "%lld.%09u", (long long)s + 1, 1000000000u - ns);
	else if (ns > 0)
		snprintf(text, sizeof text, "%lld.%09u", (long long)s, ns);
	else
		snprintf(text, sizeof text, "%lld", (long long)s);
	put_record(records, "mtime", sr_bytes_str(text));
}

static void put_records(struct sr_buf *records, const struct sr_tar_file *f, struct sr_bytes name) {
	char text[24];

	if (!plain_name(name)) {
		if (!sr_utf8_valid(name))
			put_record(records, "hdrcharset", sr_bytes_str("BINARY"));
		put_record(records, "path", name);
	}
	if (f->size > OCTAL11) {
		snprintf(text, sizeof text, "%llu", (unsigned long long)f->size);
		put_record(records, "size", sr_bytes_str(text));
	}
	if (f->mtime_ns > 0 || f->mtime_s < 0 || (uint64_t)f->mtime_s > OCTAL11)
		put_mtime(records, f->mtime_s, f->mtime_ns);
}

void sr_tar_header(struct sr_buf *out, const struct sr_tar_file *f) {
	struct header h = {.size = f->size <= OCTAL11 ? f->size : 0, .type = '0'};
	struct sr_buf name, records;

	sr_buf_init_secret(&name);
	sr_buf_init_secret(&records);
	sr_tar_name(&name, f->path);
	put_records(&records, f, sr_buf_view(&name));
	if (records.len > 0) {
		struct header x = {
			.name = sr_bytes_str("pax-header"), .size = records.len, .type = 'x'};

		put_header(out, &x);
		sr_buf_put_buf(out, &records);
		sr_tar_pad(out, records.len);
	}
	if (f->mtime_s > 0 && (uint64_t)f->mtime_s <= OCTAL11)
		h.mtime = (uint64_t)f->mtime_s;
	/* Who cannot read the extended header sees the start of the name. */
	h.name = sr_buf_view(&name);
	put_header(out, &h);
	if (name.failed != 0 || records.failed != 0)
		out->failed = name.failed != 0 ? name.failed : records.failed;
	sr_buf_free(&name);
	sr_buf_free(&records);
}

void sr_tar_folder(struct sr_buf *out, struct sr_bytes path, int64_t mtime_s) {
	struct header h = {.type = FOLDER};
	struct sr_buf name;

	sr_buf_init_secret(&name);
	sr_tar_name(&name, path);
	sr_buf_put_u8(&name, '/');
	if (mtime_s > 0 && (uint64_t)mtime_s <= OCTAL11)
		h.mtime = (uint64_t)mtime_s;
	h.name = sr_buf_view(&name);
	put_header(out, &h);
	if (name.failed != 0)
		out->failed = name.failed;
	sr_buf_free(&name);
}

void sr_tar_pad(struct sr_buf *out, uint64_t size) {
	size_t over = (size_t)(size % SR_TAR_BLOCK);

	if (over > 0)
		sr_buf_put_zero(out, SR_TAR_BLOCK - over);
}

void sr_tar_end(struct sr_buf *out) {
	sr_buf_put_zero(out, (size_t)2 * SR_TAR_BLOCK);
}
