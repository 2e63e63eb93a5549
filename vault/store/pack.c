/*
 * pack - writer and keyless reader; see pack.h.
 *
 * Writer's memory: the shuffle buffer (records with their entry number), segments (1 MiB each) and
 * 40 bytes per record. Segments are the one that is being gathered, those that wait to be written,
 * and up to SR_LANES that are written and wait for each other to be hashed; then they are empty and
 * used again, so there are never more than once were needed at a time.
 * Entries are kept in the order of add; their offsets are set when the record leaves the shuffle
 * buffer.
 */
#include "store/pack.h"

#include <stdlib.h>
#include <string.h>

#include "store/draw.h"
#include "store/padme.h"

#define FOOTER_LABEL "strongroom/pack-footer/v1"
#define SEGMENT_LABEL "strongroom/segment/v1"

static const char MAGIC[] = "SRPACK1\n";
static const char END_MAGIC[] = "SRPKEND\n";

enum {
	MAGIC_LEN = 8,
	ENTRY = SR_HASH + 8,
	SEGMENTS_MAX = SR_PACK_MAX / SR_SEGMENT
};

enum state {
	OPEN,
	SEALED,
	FAILED
};

enum {
	/* Bytes from which malloc maps and unmaps each record's memory, and the kernel zeroes it:
	 * the buffer of one that left is kept for the next. */
	LARGE = 256 << 10
};

struct sr_pack_segment {
	struct sr_pack_segment *next; /* of those that wait, or are empty */
	struct sr_upload *upload;
	struct written *written; /* where it goes */
	uint64_t index;
	size_t len;
	uint8_t *bytes; /* SR_SEGMENT, at a whole page: behind this */
};

/* What is in the file, in order. Who took a segment and did not put it back yet has this for
 * himself. */
struct written {
	struct sr_pack_segment *waiting[SR_LANES]; /* the last of them, to be hashed */
	size_t count;
	size_t done;          /* of these, from the first: hashed */
	struct sr_buf hashes; /* of those before, and of the done */
};

struct pending { /* a record in the shuffle buffer */
	uint8_t *p;
	size_t entry;
};

struct sr_pack_writer {
	enum state state;
	struct sr_pack_options o;
	uint8_t header[SR_PACK_HEADER];
	uint8_t name[SR_HASH];
	struct sr_upload *upload;
	struct sr_pack_entry *entries;
	size_t count, cap;
	struct pending *shuffle;
	size_t shuffle_count, shuffle_cap, shuffle_bytes;
	uint8_t *spare; /* SR_RECORD_MAX bytes of a large record that left, or NULL */
	struct sr_pack_segment *segment;      /* being gathered; NULL before its first byte */
	struct sr_pack_segment *first, *last; /* full, in order */
	size_t waiting;
	struct sr_pack_segment *empty; /* to be used again */
	uint64_t segments;             /* that became full */
	uint64_t size;                 /* of the file, when it is sealed */
	struct written written;
	struct sr_draw draw;
};

/* --- writing -------------------------------------------------------------------------------------
 */

static struct sr_pack_segment *segment_new(struct sr_pack_writer *w) {
	struct sr_pack_segment *s = w->empty;
	void *p = NULL;

	if (s != NULL)
		w->empty = s->next;
	if (s == NULL && posix_memalign(&p, SR_DIRECT_PAGE, SR_DIRECT_PAGE + SR_SEGMENT) == 0)
		s = p;
	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof *s);
	s->bytes = (uint8_t *)s + SR_DIRECT_PAGE;
	s->upload = w->upload;
	s->written = &w->written;
	s->index = w->segments;
	return s;
}

/* What was gathered waits to be written. */
static void end_segment(struct sr_pack_writer *w) {
	struct sr_pack_segment *s = w->segment;

	if (w->last != NULL)
		w->last->next = s;
	else
		w->first = s;
	w->last = s;
	w->waiting++;
	w->segments++;
	w->segment = NULL;
}

size_t sr_pack_writer_waiting(const struct sr_pack_writer *w) {
	return w->waiting;
}

struct sr_pack_segment *sr_pack_writer_take(struct sr_pack_writer *w) {
	struct sr_pack_segment *s = w->first;

	if (s == NULL)
		return NULL;
	w->first = s->next;
	if (w->first == NULL)
		w->last = NULL;
	w->waiting--;
	s->next = NULL;
	return s;
}

/* Those that wait, side by side. */
static void hash_written(struct written *d) {
	uint8_t index[SR_LANES][8], hashes[SR_LANES][SR_HASH];
	struct sr_lane lanes[SR_LANES] = {0};

	for (size_t i = 0; i < d->count; i++) {
		const struct sr_pack_segment *s = d->waiting[i];
		sr_le64_put(index[i], s->index);
		lanes[i].head = sr_bytes_of(index[i], sizeof index[i]);
		lanes[i].text = sr_bytes_of(s->bytes, s->len);
	}
	sr_hash_lanes(hashes, SEGMENT_LABEL, lanes, d->count);
	for (size_t i = 0; i < d->count; i++)
		sr_buf_put(&d->hashes, hashes[i], SR_HASH);
	d->done = d->count;
}

int sr_pack_segment_write(struct sr_pack_segment *s, struct sr_err *e) {
	struct written *d = s->written;
	int rc = sr_upload_write(s->upload, s->bytes, s->len, e);

	if (rc != 0)
		return rc;
	d->waiting[d->count++] = s;
	if (d->count == SR_LANES)
		hash_written(d);
	return 0;
}

void sr_pack_writer_put_back(struct sr_pack_writer *w, struct sr_pack_segment *s) {
	struct written *d = &w->written;

	if (d->count == 0 || d->waiting[d->count - 1] != s) {
		w->state = FAILED;
		free(s);
		return;
	}
	if (d->done == 0)
		return;
	for (size_t i = 0; i < d->count; i++) {
		d->waiting[i]->next = w->empty;
		w->empty = d->waiting[i];
	}
	d->count = d->done = 0;
}

static int write_waiting(struct sr_pack_writer *w, struct sr_err *e) {
	struct sr_pack_segment *s;
	int rc = 0;

	while (rc == 0 && (s = sr_pack_writer_take(w)) != NULL) {
		rc = sr_pack_segment_write(s, e);
		sr_pack_writer_put_back(w, s);
	}
	return rc;
}

/* Bytes of the hashed part, in order: gathered to segments. */
static int put(struct sr_pack_writer *w, const uint8_t *p, size_t len, struct sr_err *e) {
	while (len > 0) {
		if (w->segment == NULL && (w->segment = segment_new(w)) == NULL)
			return sr_fail(e, SR_NOMEM, "pack: no memory for a segment");
		struct sr_pack_segment *s = w->segment;
		size_t n = SR_SEGMENT - s->len;
		if (n > len)
			n = len;
		memcpy(s->bytes + s->len, p, n);
		s->len += n;
		p += n;
		len -= n;
		if (s->len == SR_SEGMENT)
			end_segment(w);
	}
	return 0;
}

/* Where the next byte of the hashed part lands. */
static uint64_t position(const struct sr_pack_writer *w) {
	return w->segments * SR_SEGMENT + (w->segment != NULL ? w->segment->len : 0);
}

int sr_pack_writer_new(
	struct sr_pack_writer **out, const struct sr_pack_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_pack_writer *w = calloc(1, sizeof *w);
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "pack: no memory");
	w->o = *o;
	int rc = sr_upload_new(&w->upload, o->backend, "packs", e);
	if (rc == 0)
		sr_upload_bulk(w->upload);
	memcpy(w->header, MAGIC, MAGIC_LEN);
	memcpy(w->header + 8, o->vault, SR_HASH);
	sr_random(w->header + 40, 16);
	w->header[56] = (uint8_t)o->kind;
	if (rc == 0)
		rc = put(w, w->header, SR_PACK_HEADER, e);
	if (rc != 0) {
		sr_pack_writer_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

uint64_t sr_pack_writer_size(const struct sr_pack_writer *w) {
	return w->state == SEALED ? w->size : position(w) + w->shuffle_bytes;
}

size_t sr_pack_writer_count(const struct sr_pack_writer *w) {
	return w->count;
}

bool sr_pack_writer_full(const struct sr_pack_writer *w, size_t len) {
	return w->count >= SR_PACK_RECORDS_MAX ||
	       sr_pack_writer_size(w) + len > (uint64_t)SR_PACK_TARGET;
}

/* Memory for a record, to be given back with its length. NULL: there is none. */
static uint8_t *record_buffer(struct sr_pack_writer *w, size_t len) {
	uint8_t *p = w->spare;
	if (len < LARGE)
		return malloc(len);
	w->spare = NULL;
	return p != NULL ? p : malloc(SR_RECORD_MAX);
}

static void record_done(struct sr_pack_writer *w, uint8_t *p, size_t len) {
	if (len < LARGE || w->spare != NULL)
		free(p);
	else
		w->spare = p;
}

/* One record, drawn at random, leaves the shuffle buffer for the file. */
static int drain_one(struct sr_pack_writer *w, struct sr_err *e) {
	/* No more than SR_PACK_RECORDS_MAX. */
	size_t i = sr_draw_below(&w->draw, (uint32_t)w->shuffle_count);
	struct pending out = w->shuffle[i];
	w->shuffle[i] = w->shuffle[--w->shuffle_count];
	struct sr_pack_entry *en = &w->entries[out.entry];
	w->shuffle_bytes -= en->len;
	en->offset = (uint32_t)position(w);
	int rc = put(w, out.p, en->len, e);
	record_done(w, out.p, en->len);
	return rc;
}

/* Room for one more entry and one more pending record. */
static int reserve(struct sr_pack_writer *w, struct sr_err *e) {
	if (w->count == w->cap) {
		size_t cap = w->cap == 0 ? 64 : w->cap * 2;
		struct sr_pack_entry *v = reallocarray(w->entries, cap, sizeof *v);
		if (v == NULL)
			return sr_fail(e, SR_NOMEM, "pack: no memory for %zu entries", cap);
		w->entries = v;
		w->cap = cap;
	}
	if (w->shuffle_count == w->shuffle_cap) {
		size_t cap = w->shuffle_cap == 0 ? 64 : w->shuffle_cap * 2;
		struct pending *v = reallocarray(w->shuffle, cap, sizeof *v);
		if (v == NULL)
			return sr_fail(e, SR_NOMEM, "pack: no memory to shuffle %zu records", cap);
		w->shuffle = v;
		w->shuffle_cap = cap;
	}
	return 0;
}

static int add(struct sr_pack_writer *w, const uint8_t cid[SR_HASH], struct sr_bytes record,
	struct sr_err *e) {
	int rc = reserve(w, e);
	if (rc != 0)
		return rc;
	uint8_t *copy = record_buffer(w, record.len);
	if (copy == NULL)
		return sr_fail(
			e, SR_NOMEM, "pack: no memory for a record of %zu bytes", record.len);
	memcpy(copy, record.p, record.len);
	struct sr_pack_entry *en = &w->entries[w->count];
	memcpy(en->cid, cid, SR_HASH);
	en->offset = 0;
	en->len = (uint32_t)record.len;
	w->shuffle[w->shuffle_count++] = (struct pending){copy, w->count++};
	w->shuffle_bytes += record.len;
	while (rc == 0 && w->shuffle_bytes > SR_PACK_SHUFFLE)
		rc = drain_one(w, e);
	return rc;
}

int sr_pack_writer_add(struct sr_pack_writer *w, const uint8_t cid[SR_HASH], struct sr_bytes record,
	struct sr_err *e) {
	if (w->state != OPEN)
		return sr_fail(e, SR_MISUSE, "pack: add after it was sealed or failed");
	if (record.len <= SR_RECORD_OVERHEAD || record.len > SR_RECORD_MAX ||
		(w->count > 0 && sr_pack_writer_full(w, record.len)))
		return sr_fail(e, SR_MISUSE,
			"pack: a record of %zu bytes after %zu records and %llu bytes", record.len,
			w->count, (unsigned long long)sr_pack_writer_size(w));
	int rc = add(w, cid, record, e);
	if (rc != 0)
		w->state = FAILED;
	return rc;
}

/* Random bytes up to the PADME size: sealed records look like that too. */
static int pad(struct sr_pack_writer *w, struct sr_err *e) {
	uint8_t buf[4096];
	uint64_t left = sr_padme(position(w), SR_PAD_PACK) - position(w);
	int rc = 0;
	while (rc == 0 && left > 0) {
		size_t n = left < sizeof buf ? (size_t)left : sizeof buf;
		sr_random(buf, n);
		rc = put(w, buf, n, e);
		if (rc == 0)
			rc = write_waiting(w, e);
		left -= n;
	}
	return rc;
}

static int by_offset(const void *a, const void *b) {
	uint32_t x = ((const struct sr_pack_entry *)a)->offset;
	uint32_t y = ((const struct sr_pack_entry *)b)->offset;
	return x < y ? -1 : x > y;
}

/* The footer lists records as they lie, not as they came. */
static int put_footer(struct sr_pack_writer *w, struct sr_err *e) {
	struct sr_buf plain;
	struct sr_buf sealed;
	sr_buf_init_secret(&plain);
	sr_buf_init(&sealed);
	struct sr_pack_entry *sorted = calloc(w->count + 1, sizeof *sorted);
	int rc = sorted == NULL ? sr_fail(e, SR_NOMEM, "pack: no memory for a footer") : 0;
	if (rc == 0 && w->count > 0) {
		memcpy(sorted, w->entries, w->count * sizeof *sorted);
		qsort(sorted, w->count, sizeof *sorted, by_offset);
	}
	if (rc == 0) {
		sr_buf_put_le32(&plain, (uint32_t)w->count);
		for (size_t i = 0; i < w->count; i++) {
			sr_buf_put(&plain, sorted[i].cid, SR_HASH);
			sr_buf_put_le32(&plain, sorted[i].offset);
			sr_buf_put_le32(&plain, sorted[i].len);
		}
		sr_buf_put_zero(&plain, (size_t)sr_padme(plain.len, SR_PAD_META) - plain.len);
		rc = sr_buf_ok(&plain, e);
	}
	if (rc == 0)
		rc = sr_box_seal(&sealed, w->o.structure_pk, sr_bytes_of(NULL, 0), FOOTER_LABEL,
			sr_bytes_of(w->header, SR_PACK_HEADER), sr_buf_view(&plain), e);
	if (rc == 0)
		rc = put(w, sealed.p, sealed.len, e);
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	free(sorted);
	return rc;
}

static void pack_name(
	uint8_t name[SR_HASH], const uint8_t header[SR_PACK_HEADER], struct sr_bytes trailer) {
	SR_HASH_OF(name, "strongroom/pack/v1", NULL, sr_bytes_of(header, SR_PACK_HEADER), trailer);
}

/* Those that were written, and are empty. */
static void free_segments(struct sr_pack_writer *w) {
	struct written *d = &w->written;
	while (d->count > 0)
		free(d->waiting[--d->count]);
	d->done = 0;
	while (w->empty != NULL) {
		struct sr_pack_segment *s = w->empty;
		w->empty = s->next;
		free(s);
	}
}

static int seal(struct sr_pack_writer *w, struct sr_err *e) {
	int rc = 0;
	while (rc == 0 && w->shuffle_count > 0) {
		rc = drain_one(w, e);
		if (rc == 0)
			rc = write_waiting(w, e);
	}
	if (rc == 0)
		rc = pad(w, e);
	uint64_t footer_off = position(w);
	if (rc == 0)
		rc = put_footer(w, e);
	uint64_t end = position(w);
	if (rc == 0 && w->segment != NULL)
		end_segment(w);
	if (rc == 0)
		rc = write_waiting(w, e);
	if (rc == 0)
		hash_written(&w->written);
	struct sr_buf *trailer = &w->written.hashes;
	sr_buf_put_le64(trailer, footer_off);
	sr_buf_put_le64(trailer, end);
	sr_buf_put(trailer, END_MAGIC, MAGIC_LEN);
	if (rc == 0)
		rc = sr_buf_ok(trailer, e);
	if (rc == 0)
		rc = sr_upload_write(w->upload, trailer->p, trailer->len, e);
	if (rc == 0)
		pack_name(w->name, w->header, sr_buf_view(trailer));
	w->size = sr_upload_size(w->upload);
	return rc;
}

int sr_pack_writer_seal(struct sr_pack_writer *w, uint8_t name[SR_HASH], struct sr_err *e) {
	if (w->state != OPEN)
		return sr_fail(e, SR_MISUSE, "pack: seal after it was sealed or failed");
	int rc = seal(w, e);
	if (rc != 0) {
		w->state = FAILED;
		return rc;
	}
	w->state = SEALED;
	free_segments(w);
	free(w->spare);
	w->spare = NULL;
	memcpy(name, w->name, SR_HASH);
	return 0;
}

const struct sr_pack_entry *sr_pack_writer_entries(const struct sr_pack_writer *w, size_t *count) {
	*count = w->count;
	return w->entries;
}

int sr_pack_writer_commit(struct sr_pack_writer *w, struct sr_err *e) {
	char name[SR_STORED_NAME];
	if (w->state != SEALED)
		return sr_fail(
			e, SR_MISUSE, "pack: commit before it was sealed, or after it failed");
	w->state = FAILED;
	sr_hash_name(name, "packs", w->name);
	int rc = sr_upload_sync(w->upload, e);
	if (rc != 0)
		return rc;
	rc = sr_upload_commit(w->upload, name, e);
	w->upload = NULL;
	/* The header is random, so a taken name is the same bytes from a repeated commit. */
	return rc == SR_EXISTS ? 0 : rc;
}

void sr_pack_writer_free(struct sr_pack_writer *w) {
	if (w == NULL)
		return;
	sr_upload_abort(w->upload);
	for (size_t i = 0; i < w->shuffle_count; i++)
		free(w->shuffle[i].p);
	free(w->spare);
	free(w->shuffle);
	free(w->entries);
	while (w->first != NULL)
		free(sr_pack_writer_take(w));
	free(w->segment);
	free_segments(w);
	sr_buf_free(&w->written.hashes);
	sr_draw_wipe(&w->draw);
	free(w);
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* Lengths of the tail against the size of the file; fills end, footer_off and segments. */
static int check_tail(struct sr_pack *p, const uint8_t tail[SR_PACK_TAIL], struct sr_err *e) {
	p->footer_off = sr_le64_get(tail);
	p->end = sr_le64_get(tail + 8);
	if (memcmp(tail + 16, END_MAGIC, MAGIC_LEN) != 0)
		return sr_fail(e, SR_CORRUPT, "the pack's last 8 bytes are not its end mark");
	if (p->end > SR_PACK_MAX || p->end < p->footer_off || p->footer_off < SR_PAD_PACK)
		return sr_fail(e, SR_CORRUPT, "trailer says footer at %llu, end at %llu",
			(unsigned long long)p->footer_off, (unsigned long long)p->end);
	p->segments = (size_t)((p->end + SR_SEGMENT - 1) / SR_SEGMENT);
	if (p->end + p->segments * SR_HASH + SR_PACK_TAIL != p->size)
		return sr_fail(e, SR_CORRUPT,
			"trailer says %llu bytes in %zu segments, the pack has %llu",
			(unsigned long long)p->end, p->segments, (unsigned long long)p->size);
	return 0;
}

static int check_header(struct sr_pack *p, struct sr_err *e) {
	static const uint8_t zero[7];
	if (memcmp(p->header, MAGIC, MAGIC_LEN) != 0)
		return sr_fail(e, SR_CORRUPT, "the pack's first 8 bytes are not its mark");
	if ((p->header[56] != SR_PACK_FILES && p->header[56] != SR_PACK_META) ||
		memcmp(p->header + 57, zero, sizeof zero) != 0)
		return sr_fail(e, SR_UNSUPPORTED, "the pack is of kind %u, which is not known here",
			p->header[56]);
	p->kind = (enum sr_pack_kind)p->header[56];
	memcpy(p->vault, p->header + 8, SR_HASH);
	return 0;
}

static int open_pack(struct sr_pack *p, struct sr_backend *b, const char *path, struct sr_err *e) {
	uint8_t tail[SR_PACK_TAIL];
	uint8_t name[SR_HASH];
	int rc = sr_backend_head(b, path, &p->size, e);
	if (rc != 0)
		return rc;
	if (p->size < SR_PAD_PACK + SR_HASH + SR_PACK_TAIL ||
		p->size > SR_PACK_MAX + SEGMENTS_MAX * SR_HASH + SR_PACK_TAIL)
		return sr_fail(e, SR_CORRUPT, "%s: %llu bytes cannot be a pack", path,
			(unsigned long long)p->size);
	rc = sr_backend_get(b, path, 0, p->header, SR_PACK_HEADER, e);
	if (rc == 0)
		rc = sr_backend_get(b, path, p->size - SR_PACK_TAIL, tail, sizeof tail, e);
	if (rc == 0)
		rc = check_tail(p, tail, e);
	if (rc != 0)
		return rc;
	size_t len = p->segments * SR_HASH + SR_PACK_TAIL;
	p->hashes = malloc(len);
	if (p->hashes == NULL)
		return sr_fail(e, SR_NOMEM, "pack: no memory for %zu segments", p->segments);
	rc = sr_backend_get(b, path, p->end, p->hashes, len, e);
	if (rc != 0)
		return rc;
	pack_name(name, p->header, sr_bytes_of(p->hashes, len));
	if (memcmp(name, p->name, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"header and trailer do not have the hash that is the pack's name");
	return check_header(p, e);
}

int sr_pack_open(
	struct sr_pack *out, struct sr_backend *b, const uint8_t name[SR_HASH], struct sr_err *e) {
	char path[SR_STORED_NAME];
	struct sr_pack p = {.hashes = NULL};
	memset(out, 0, sizeof *out);
	memcpy(p.name, name, SR_HASH);
	sr_hash_name(path, "packs", name);
	int rc = open_pack(&p, b, path, e);
	if (rc != 0) {
		sr_pack_close(&p);
		return rc;
	}
	*out = p;
	return 0;
}

void sr_pack_close(struct sr_pack *p) {
	free(p->hashes);
	p->hashes = NULL;
}

/* Of the hashed part, from segment ${index} on. */
static size_t segments_len(const struct sr_pack *p, size_t index, size_t count) {
	const uint64_t left = p->end - (uint64_t)index * SR_SEGMENT;
	return left < count * (uint64_t)SR_SEGMENT ? (size_t)left : count * (size_t)SR_SEGMENT;
}

unsigned sr_pack_whole_segments(
	const struct sr_pack *p, struct sr_backend *b, size_t first, uint8_t *buf) {
	char path[SR_STORED_NAME];
	uint8_t index[SR_LANES][8], hashes[SR_LANES][SR_HASH];
	struct sr_lane lanes[SR_LANES] = {0};
	unsigned whole = 0;
	size_t count = 0;
	if (first >= p->segments)
		return 0;
	sr_hash_name(path, "packs", p->name);
	if (sr_backend_get_bulk(b, path, (uint64_t)first * SR_SEGMENT, buf,
		    segments_len(p, first, SR_LANES), NULL) != 0)
		return 0;
	for (; count < SR_LANES && first + count < p->segments; count++) {
		sr_le64_put(index[count], first + count);
		lanes[count].head = sr_bytes_of(index[count], sizeof index[count]);
		lanes[count].text =
			sr_bytes_of(buf + count * SR_SEGMENT, segments_len(p, first + count, 1));
	}
	sr_hash_lanes(hashes, SEGMENT_LABEL, lanes, count);
	for (size_t i = 0; i < count; i++)
		if (memcmp(hashes[i], p->hashes + (first + i) * SR_HASH, SR_HASH) == 0)
			whole |= 1u << i;
	return whole;
}

int sr_pack_check_segment(const struct sr_pack *p, struct sr_backend *b, size_t index, uint8_t *buf,
	struct sr_err *e) {
	char path[SR_STORED_NAME];
	uint8_t hash[SR_HASH];
	uint8_t le[8];
	if (index >= p->segments)
		return sr_fail(e, SR_MISUSE, "pack: segment %zu of %zu", index + 1, p->segments);
	uint64_t at = (uint64_t)index * SR_SEGMENT;
	size_t len = segments_len(p, index, 1);
	sr_hash_name(path, "packs", p->name);
	int rc = sr_backend_get_bulk(b, path, at, buf, len, e);
	if (rc != 0) {
		if (e != NULL)
			(void)sr_wrap(e, "segment %zu of %zu (offset %llu)", index + 1, p->segments,
				(unsigned long long)at);
		return rc;
	}
	sr_le64_put(le, index);
	SR_HASH_OF(hash, SEGMENT_LABEL, NULL, sr_bytes_of(le, sizeof le), sr_bytes_of(buf, len));
	if (memcmp(hash, p->hashes + index * SR_HASH, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "segment %zu of %zu (offset %llu): hash differs",
			index + 1, p->segments, (unsigned long long)at);
	return 0;
}

/* One footer entry: inside [header, footer), behind the one before. */
static int get_entry(struct sr_pack_entry *en, struct sr_reader *r, uint64_t from, uint64_t to,
	struct sr_err *e) {
	int rc = sr_get(r, en->cid, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le32(r, &en->offset, e);
	if (rc == 0)
		rc = sr_get_le32(r, &en->len, e);
	if (rc != 0)
		return rc;
	if (en->offset < from || en->len <= SR_RECORD_OVERHEAD || en->len > SR_RECORD_MAX ||
		(uint64_t)en->offset + en->len > to)
		return sr_fail(e, SR_CORRUPT, "footer says a record of %u bytes at %u", en->len,
			en->offset);
	return 0;
}

static int parse_footer(struct sr_pack_entry **out, size_t *count, const struct sr_pack *p,
	struct sr_bytes plain, struct sr_err *e) {
	struct sr_reader r;
	uint32_t n = 0;
	sr_reader_init(&r, plain);
	int rc = sr_get_le32(&r, &n, e);
	if (rc != 0)
		return rc;
	if (n > SR_PACK_RECORDS_MAX || (size_t)n * ENTRY > sr_reader_left(&r))
		return sr_fail(e, SR_CORRUPT, "footer says %u records in %zu bytes", n, plain.len);
	struct sr_pack_entry *v = calloc((size_t)n + 1, sizeof *v);
	if (v == NULL)
		return sr_fail(e, SR_NOMEM, "pack: no memory for %u entries", n);
	uint64_t from = SR_PACK_HEADER;
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		rc = get_entry(&v[i], &r, from, p->footer_off, e);
		from = (uint64_t)v[i].offset + v[i].len;
	}
	for (size_t i = r.pos; rc == 0 && i < plain.len; i++)
		if (plain.p[i] != 0)
			rc = sr_fail(e, SR_CORRUPT, "footer's padding is not zero at %zu", i);
	if (rc != 0) {
		free(v);
		return rc;
	}
	*out = v;
	*count = n;
	return 0;
}

int sr_pack_footer(struct sr_pack_entry **out, size_t *count, const struct sr_pack *p,
	struct sr_backend *b, const uint8_t structure_sk[SR_X_SK], struct sr_err *e) {
	char path[SR_STORED_NAME];
	struct sr_buf sealed;
	struct sr_buf plain;
	*out = NULL;
	*count = 0;
	sr_buf_init(&sealed);
	sr_buf_init_secret(&plain);
	sr_hash_name(path, "packs", p->name);
	size_t len = (size_t)(p->end - p->footer_off);
	int rc = sr_buf_reserve(&sealed, len + 1, e);
	if (rc == 0)
		rc = sr_backend_get(b, path, p->footer_off, sealed.p, len, e);
	if (rc == 0) {
		sealed.len = len;
		rc = sr_box_open(&plain, structure_sk, sr_bytes_of(NULL, 0), FOOTER_LABEL,
			sr_bytes_of(p->header, SR_PACK_HEADER), sr_buf_view(&sealed), e);
	}
	if (rc == 0)
		rc = parse_footer(out, count, p, sr_buf_view(&plain), e);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	return rc;
}

static int check_place(const struct sr_place *at, struct sr_err *e) {
	if (at->offset < SR_PACK_HEADER || at->len <= SR_RECORD_OVERHEAD ||
		at->len > SR_RECORD_MAX || (uint64_t)at->offset + at->len > SR_PACK_MAX)
		return sr_fail(e, SR_CORRUPT, "no record can lie at %u with %u bytes", at->offset,
			at->len);
	return 0;
}

int sr_pack_read(struct sr_backend *b, const struct sr_place *at, uint8_t *out, struct sr_err *e) {
	char path[SR_STORED_NAME];
	int rc = check_place(at, e);
	if (rc != 0)
		return rc;
	sr_hash_name(path, "packs", at->pack);
	return sr_backend_get(b, path, at->offset, out, at->len, e);
}

int sr_pack_read_bulk(struct sr_backend *b, const struct sr_place *at, uint8_t *buf,
	const uint8_t **record, struct sr_err *e) {
	const size_t skip = at->offset % SR_DIRECT_PAGE;
	char path[SR_STORED_NAME];
	int rc = check_place(at, e);
	if (rc != 0)
		return rc;
	sr_hash_name(path, "packs", at->pack);
	*record = buf + skip;
	return sr_backend_get_bulk(b, path, at->offset - skip, buf, skip + at->len, e);
}

/* The open pack that ${at} lies in. */
static int pack_at(struct sr_pack_reads *r, const struct sr_place *at, struct sr_opened **out,
	struct sr_err *e) {
	char path[SR_STORED_NAME];
	for (unsigned i = 0; i < SR_PACK_READS_OPEN; i++)
		if (r->open[i] != NULL && memcmp(r->names[i], at->pack, SR_HASH) == 0) {
			*out = r->open[i];
			return 0;
		}
	const unsigned i = r->next;
	r->next = (i + 1) % SR_PACK_READS_OPEN;
	sr_opened_close(r->open[i]);
	sr_hash_name(path, "packs", at->pack);
	int rc = sr_backend_open(&r->open[i], r->backend, path, e);
	memcpy(r->names[i], at->pack, SR_HASH);
	*out = r->open[i];
	return rc;
}

int sr_pack_reads(
	struct sr_pack_reads *r, const struct sr_place *at, uint8_t *out, struct sr_err *e) {
	struct sr_opened *pack = NULL;
	int rc = check_place(at, e);
	if (rc == 0)
		rc = pack_at(r, at, &pack, e);
	return rc == 0 ? sr_opened_get(pack, at->offset, out, at->len, e) : rc;
}

void sr_pack_reads_end(struct sr_pack_reads *r) {
	for (unsigned i = 0; i < SR_PACK_READS_OPEN; i++) {
		sr_opened_close(r->open[i]);
		r->open[i] = NULL;
	}
}
