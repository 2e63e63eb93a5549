/*
 * redo - see the header. Invariant: cells [1, r->cells) are whole batches; the open batch follows,
 * its last r->buffered cells in memory. Recovery (scan) reads the file once, front to back, in
 * pieces of SR_REDO_BUFFER cells.
 */
#include "store/redo.h"

#include <unistd.h>

enum {
	CELL_BASE = 1,
	CELL_FRAME = 2,
	CELL_RECORD = 3
};
enum {
	BODY = 16,
	BASE_STATE = 56,
	RECORD_STATE = 8
};
static const uint8_t base_magic[16] = "strongroom-rdo/1";

static const char *base_role(const char *role) {
	return strcmp(role, "copy") == 0 ? "copy-base" : "redo-base";
}

static int place_name(
	struct sr_redo *r, const struct sr_unit_file *f, const char *role, struct sr_err *e) {
	*r = (struct sr_redo){.f = f, .role = role, .fd = -1};
	snprintf(r->name, sizeof r->name, "%s-%s", f->name, role);
	r->buf = malloc((size_t)SR_REDO_BUFFER * SR_REDO_CELL);
	if (r->buf == NULL)
		return sr_fail(e, SR_NOMEM, "%s: no memory for a buffer", r->name);
	return 0;
}

void sr_redo_close(struct sr_redo *r) {
	if (r->fd >= 0)
		(void)close(r->fd);
	sr_tmpfile_abort(r->tmp);
	sr_umap_free(&r->committed);
	sr_umap_free(&r->pending);
	free(r->buf);
	*r = (struct sr_redo){.fd = -1};
}

static void hash_start(struct sr_redo *r) {
	sr_hash_init(&r->hash, "strongroom/db-cells/v1", NULL);
	r->batch = 0;
	r->buffered = 0;
	sr_umap_clear(&r->pending);
}

/* ---- writing ---- */

static int put_cells(
	struct sr_redo *r, const uint8_t *p, size_t count, uint64_t cell, struct sr_err *e) {
	int rc;

	if (r->tmp != NULL)
		rc = sr_tmpfile_write(r->tmp, p, count * SR_REDO_CELL, e);
	else
		rc = sr_fd_pwrite(r->fd, p, count * SR_REDO_CELL, cell * SR_REDO_CELL, e);
	if (rc != 0)
		sr_wrap(e, "%s: cell %llu", r->name, (unsigned long long)cell);
	return rc;
}

static int spill(struct sr_redo *r, struct sr_err *e) {
	int rc;

	if (r->buffered == 0)
		return 0;
	rc = put_cells(r, r->buf, r->buffered, r->cells + r->batch - r->buffered, e);
	if (rc == 0)
		r->buffered = 0;
	return rc;
}

int sr_redo_begin(struct sr_redo *r, struct sr_dir *dir, const struct sr_unit_file *f,
	const char *role, const struct sr_redo_base *base, struct sr_err *e) {
	uint8_t *cell;
	struct sr_page_state s = *base->state;
	int rc = place_name(r, f, role, e);

	if (rc != 0)
		goto out;
	rc = sr_tmpfile_new(&r->tmp, dir, e);
	if (rc != 0)
		goto out;
	sr_random(r->salt, sizeof r->salt);
	memcpy(s.salt, r->salt, SR_ID);
	cell = r->buf;
	memset(cell, 0, SR_REDO_CELL);
	sr_le32_put(cell, CELL_BASE);
	memcpy(cell + BODY, base_magic, sizeof base_magic);
	memcpy(cell + BODY + 16, f->id, SR_ID);
	memcpy(cell + BODY + 32, r->salt, SR_ID);
	sr_le64_put(cell + BODY + 48, s.root_number);
	sr_state_seal(cell + BODY + BASE_STATE, f, base_role(role), base->key, &s);
	rc = put_cells(r, cell, 1, 0, e);
	r->cells = 1;
	hash_start(r);
out:
	sr_wipe(&s, sizeof s);
	if (rc != 0)
		sr_redo_close(r);
	return rc;
}

int sr_redo_publish(struct sr_redo *r, struct sr_dir *dir, struct sr_err *e) {
	int rc = sr_tmpfile_commit(r->tmp, r->name, true, true, e);

	r->tmp = NULL;
	if (rc == 0)
		rc = sr_file_open(&r->fd, dir, r->name, SR_FS_WRITE, e);
	return rc;
}

int sr_redo_frame(
	struct sr_redo *r, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	uint8_t *cell;
	int rc;

	if (r->buffered == SR_REDO_BUFFER) {
		rc = spill(r, e);
		if (rc != 0)
			return rc;
	}
	rc = sr_umap_put(&r->pending, sr_unit_place(at), r->cells + r->batch, e);
	if (rc != 0)
		return rc;
	cell = r->buf + r->buffered * SR_REDO_CELL;
	sr_le32_put(cell, CELL_FRAME);
	sr_le32_put(cell + 4, at.level);
	sr_le64_put(cell + 8, at.index);
	memcpy(cell + BODY, sealed, SR_UNIT);
	sr_hash_field(&r->hash, sr_bytes_of(cell, SR_REDO_CELL));
	r->buffered++;
	r->batch++;
	return 0;
}

int sr_redo_finish(struct sr_redo *r, struct sr_page_state *s, struct sr_err *e) {
	struct sr_hash h = r->hash;
	int rc = r->buffered == SR_REDO_BUFFER ? spill(r, e) : 0; /* room for the record */

	if (rc == 0)
		rc = sr_umap_reserve(&r->committed, r->pending.count, e);
	s->cells = r->batch;
	sr_hash_final(&h, s->cells_hash);
	memcpy(s->salt, r->salt, SR_ID);
	return rc;
}

static void merge_pending(struct sr_redo *r) {
	uint64_t place, cell;
	size_t at = 0;

	while (sr_umap_next(&r->pending, &at, &place, &cell))
		if (sr_umap_put(&r->committed, place, cell, NULL) != 0)
			abort(); /* room was reserved before */
}

int sr_redo_record(struct sr_redo *r, const uint8_t key[SR_KEY], const struct sr_page_state *s,
	struct sr_err *e) {
	uint8_t *cell = r->buf + r->buffered * SR_REDO_CELL;
	int rc;

	memset(cell, 0, SR_REDO_CELL);
	sr_le32_put(cell, CELL_RECORD);
	sr_le64_put(cell + BODY, s->root_number);
	sr_state_seal(cell + BODY + RECORD_STATE, r->f, r->role, key, s);
	rc = put_cells(r, r->buf, r->buffered + 1, r->cells + r->batch - r->buffered, e);
	if (rc != 0)
		return rc;
	merge_pending(r);
	r->cells += r->batch + 1;
	hash_start(r);
	return 0;
}

int sr_redo_sync(struct sr_redo *r, struct sr_err *e) {
	int rc = r->tmp != NULL ? sr_tmpfile_sync(r->tmp, e) : sr_fd_datasync(r->fd, e);

	if (rc != 0)
		sr_wrap(e, "%s", r->name);
	return rc;
}

void sr_redo_abort(struct sr_redo *r) {
	hash_start(r);
}

/* ---- reading ---- */

int sr_redo_read(
	struct sr_redo *r, uint64_t place, uint8_t out[SR_UNIT], bool *found, struct sr_err *e) {
	uint64_t cell, first_buffered = r->cells + r->batch - r->buffered;
	int rc;

	*found = sr_umap_get(&r->pending, place, &cell) || sr_umap_get(&r->committed, place, &cell);
	if (!*found)
		return 0;
	if (r->buffered > 0 && cell >= first_buffered) {
		memcpy(out, r->buf + (size_t)(cell - first_buffered) * SR_REDO_CELL + BODY,
			SR_UNIT);
		return 0;
	}
	rc = sr_fd_pread(r->fd, out, SR_UNIT, cell * SR_REDO_CELL + BODY, e);
	if (rc != 0)
		sr_wrap(e, "%s: cell %llu", r->name, (unsigned long long)cell);
	return rc;
}

static bool frame_head(const uint8_t *cell, struct sr_unit_at *at) {
	at->level = sr_le32_get(cell + 4);
	at->index = sr_le64_get(cell + 8);
	return sr_le32_get(cell) == CELL_FRAME && at->level < SR_UNIT_LEVELS &&
	       at->index <= UINT32_MAX;
}

int sr_redo_cell(struct sr_redo *r, uint64_t cell, struct sr_unit_at *at, uint8_t out[SR_UNIT],
	bool *is_frame, struct sr_err *e) {
	uint8_t raw[SR_REDO_CELL];
	int rc = sr_fd_pread(r->fd, raw, sizeof raw, cell * SR_REDO_CELL, e);

	if (rc != 0)
		return sr_wrap(e, "%s: cell %llu", r->name, (unsigned long long)cell), rc;
	*is_frame = frame_head(raw, at);
	if (!*is_frame && sr_le32_get(raw) != CELL_RECORD)
		return sr_fail(e, SR_CORRUPT, "%s: cell %llu is neither a frame nor a record",
			r->name, (unsigned long long)cell);
	memcpy(out, raw + BODY, SR_UNIT);
	return 0;
}

/* ---- recovery ---- */

struct scan {
	struct sr_redo *r;
	const struct sr_redo_open *o;
	struct sr_redo_found *found;
	bool known;       /* found->state holds a state: the base or a record opened */
	uint64_t newest;  /* highest number among the keys' roots */
	uint64_t highest; /* highest root number that the file speaks of */
	uint64_t end;     /* whole cells in the file */
	uint64_t tail;    /* bytes after them */
	uint8_t *chunk;
	uint64_t chunk_first;
	size_t chunk_count;
};

static unsigned long long offset_of(uint64_t cell) {
	return (unsigned long long)cell * SR_REDO_CELL;
}

static int scan_cell(struct scan *s, uint64_t cell, const uint8_t **out, struct sr_err *e) {
	if (cell < s->chunk_first || cell >= s->chunk_first + s->chunk_count) {
		size_t n =
			s->end - cell < SR_REDO_BUFFER ? (size_t)(s->end - cell) : SR_REDO_BUFFER;
		int rc = sr_fd_pread(s->r->fd, s->chunk, n * SR_REDO_CELL, cell * SR_REDO_CELL, e);

		if (rc != 0)
			return rc;
		s->chunk_first = cell;
		s->chunk_count = n;
	}
	*out = s->chunk + (size_t)(cell - s->chunk_first) * SR_REDO_CELL;
	return 0;
}

static bool zeros(const uint8_t *p, size_t len) {
	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	return len == 0;
}

/* Which key opens the sealed state at ${at}; -1: none. */
static int open_state(
	const struct scan *s, const char *role, const uint8_t *at, struct sr_page_state *state) {
	for (int i = 0; i < s->o->keys->count; i++)
		if (sr_state_open(state, s->o->f, role, s->o->keys->key[i], at, NULL) == 0)
			return i;
	return -1;
}

static int scan_base(struct scan *s, struct sr_err *e) {
	struct sr_redo *r = s->r;
	const uint8_t *cell, *body;
	uint64_t number;
	int rc;

	if (s->end == 0)
		return sr_fail(e, SR_CORRUPT, "%s: has %llu bytes, want at least %d", r->name,
			(unsigned long long)s->tail, SR_REDO_CELL);
	rc = scan_cell(s, 0, &cell, e);
	if (rc != 0)
		return rc;
	body = cell + BODY;
	if (memcmp(body, base_magic, 15) != 0 || sr_le32_get(cell) != CELL_BASE)
		return sr_fail(
			e, SR_CORRUPT, "%s: the first bytes are not those of a redo file", r->name);
	if (memcmp(body, base_magic, 16) != 0)
		return sr_fail(e, SR_UNSUPPORTED, "%s: the format is newer than strongroom-rdo/1",
			r->name);
	if (memcmp(body + 16, r->f->id, SR_ID) != 0)
		return sr_fail(e, SR_AUTH, "%s: belongs to another database", r->name);
	if (!zeros(cell + 4, 12) ||
		!zeros(body + BASE_STATE + SR_STATE_SEALED, SR_UNIT - BASE_STATE - SR_STATE_SEALED))
		return sr_fail(
			e, SR_CORRUPT, "%s: the base cell has bytes that should be zero", r->name);
	memcpy(r->salt, body + 32, SR_ID);
	number = sr_le64_get(body + 48);
	s->highest = number;
	s->found->key = open_state(s, base_role(r->role), body + BASE_STATE, &s->found->state);
	if (s->found->key >= 0) {
		if (memcmp(s->found->state.salt, r->salt, SR_ID) != 0 ||
			s->found->state.root_number != number)
			return sr_fail(e, SR_AUTH,
				"%s: the base cell was put together from two files", r->name);
		s->known = true;
		return 0;
	}
	if (!s->o->f->erasable)
		return sr_fail(e, SR_AUTH,
			"%s: the base cell does not verify: damaged, or from another file",
			r->name);
	if (number >= s->newest)
		return sr_fail(e, SR_AUTH,
			"%s: its base is under root %llu and does not open, the root cell holds "
			"root %llu: %s",
			r->name, (unsigned long long)number, (unsigned long long)s->newest,
			number > s->newest ? "an older root cell was put back"
					   : "the base cell is damaged");
	return 0;
}

enum verdict {
	TAKEN,
	BAD
};

/* The record in ${cell} against the batch just read: taken into s->found, or bad (torn or damaged),
 * or an error. */
static int judge_record(
	struct scan *s, const uint8_t *cell, uint64_t at, enum verdict *out, struct sr_err *e) {
	struct sr_redo *r = s->r;
	struct sr_page_state state;
	struct sr_hash h = r->hash;
	uint8_t prev[SR_HASH], cells_hash[SR_HASH];
	uint64_t number = sr_le64_get(cell + BODY);
	int key = open_state(s, r->role, cell + BODY + RECORD_STATE, &state), rc = 0;

	sr_hash_final(&h, cells_hash);
	*out = BAD;
	if (key < 0) {
		if (s->o->f->erasable && number > s->newest && number < s->newest + UINT32_MAX) {
			rc = sr_fail(e, SR_AUTH,
				"%s: the batch at offset %llu is under root %llu, the root cell "
				"holds root %llu: "
				"an older root cell was put back",
				r->name, offset_of(at), (unsigned long long)number,
				(unsigned long long)s->newest);
		} else if (!s->known) {
			*out = TAKEN; /* history under a destroyed root */
			if (number > s->highest)
				s->highest = number;
		}
		goto out;
	}
	if (memcmp(state.salt, r->salt, SR_ID) != 0) {
		rc = sr_fail(e, SR_AUTH,
			"%s: the batch at offset %llu is from another redo file: an old batch was "
			"put back",
			r->name, offset_of(at));
		goto out;
	}
	sr_state_hash(prev, r->f, &s->found->state);
	if (s->known && (state.sequence <= s->found->state.sequence ||
				memcmp(prev, state.prev, SR_HASH) != 0)) {
		/* a later one after a gap is no sign of malice by itself: its predecessor may be
		 * torn */
		if (state.sequence <= s->found->state.sequence)
			rc = sr_fail(e, SR_AUTH,
				"%s: batch %llu lies at offset %llu, after batch %llu: an old "
				"batch was put back",
				r->name, (unsigned long long)state.sequence, offset_of(at),
				(unsigned long long)s->found->state.sequence);
		goto out;
	}
	if (state.cells != r->batch || memcmp(cells_hash, state.cells_hash, SR_HASH) != 0 ||
		state.root_number != number || !zeros(cell + 4, 12) ||
		!zeros(cell + BODY + RECORD_STATE + SR_STATE_SEALED,
			SR_UNIT - RECORD_STATE - SR_STATE_SEALED))
		goto out;
	s->found->state = state;
	s->found->key = key;
	s->known = true;
	s->highest = number > s->highest ? number : s->highest;
	*out = TAKEN;
out:
	sr_wipe(&state, sizeof state);
	return rc;
}

/* After a batch that does not agree: is there a whole record further on that is not its own? Then
 * nothing was torn. */
static int look_behind(struct scan *s, uint64_t from, struct sr_err *e) {
	struct sr_page_state state = {0};
	uint8_t last[SR_HASH];
	const uint8_t *cell;
	int rc = 0;

	sr_state_hash(last, s->r->f, &s->found->state);
	for (uint64_t at = from; rc == 0 && at < s->end; at++) {
		rc = scan_cell(s, at, &cell, e);
		if (rc != 0 || sr_le32_get(cell) != CELL_RECORD)
			continue;
		if (open_state(s, s->r->role, cell + BODY + RECORD_STATE, &state) < 0)
			continue;
		if (memcmp(state.salt, s->r->salt, SR_ID) != 0)
			rc = sr_fail(e, SR_AUTH,
				"%s: the batch at offset %llu is from another redo file: an old "
				"batch was put back",
				s->r->name, offset_of(at));
		else if (state.sequence <= s->found->state.sequence)
			rc = sr_fail(e, SR_AUTH,
				"%s: batch %llu lies at offset %llu, after batch %llu: an old "
				"batch was put back",
				s->r->name, (unsigned long long)state.sequence, offset_of(at),
				(unsigned long long)s->found->state.sequence);
		else if (s->o->strict && memcmp(last, state.prev, SR_HASH) != 0)
			rc = sr_fail(e, SR_CORRUPT,
				"%s: the batch after batch %llu, at offset %llu, is damaged "
				"(batch %llu behind "
				"it is whole)",
				s->r->name, (unsigned long long)s->found->state.sequence,
				offset_of(s->r->cells), (unsigned long long)state.sequence);
	}
	sr_wipe(&state, sizeof state);
	return rc;
}

static int take_batch(struct scan *s, uint64_t at, struct sr_err *e) {
	int rc = sr_umap_reserve(&s->r->committed, s->r->pending.count, e);

	if (rc != 0)
		return rc;
	merge_pending(s->r);
	s->r->cells = at + 1;
	s->found->batches++;
	hash_start(s->r);
	return 0;
}

static int scan_batches(struct scan *s, struct sr_err *e) {
	struct sr_redo *r = s->r;
	struct sr_unit_at place;
	const uint8_t *cell;
	uint64_t at = 1, bad = 0;
	int rc;

	for (r->cells = 1; at < s->end && bad == 0; at++) {
		enum verdict verdict = BAD;

		rc = scan_cell(s, at, &cell, e);
		if (rc != 0)
			return rc;
		if (frame_head(cell, &place)) {
			rc = sr_umap_put(&r->pending, sr_unit_place(place), at, e);
			sr_hash_field(&r->hash, sr_bytes_of(cell, SR_REDO_CELL));
			r->batch++;
			verdict = TAKEN;
		} else if (sr_le32_get(cell) == CELL_RECORD) {
			rc = judge_record(s, cell, at, &verdict, e);
			if (rc == 0 && verdict == TAKEN)
				rc = take_batch(s, at, e);
		}
		if (rc != 0)
			return rc;
		if (verdict == BAD)
			bad = at;
	}
	if (bad == 0 && r->batch == 0 && s->tail == 0)
		return 0;
	s->found->dropped = true;
	snprintf(s->found->text, sizeof s->found->text,
		"%s: %s at offset %llu was dropped (%llu bytes)", r->name,
		bad != 0 ? "a batch that does not verify" : "an unfinished batch",
		offset_of(r->cells), offset_of(s->end - r->cells) + (unsigned long long)s->tail);
	return bad == 0 ? 0 : look_behind(s, bad, e);
}

/* Erasable, and no record opened: the one that this root began with is damaged; the root cell has
 * its state. */
static int take_birth(struct scan *s, struct sr_err *e) {
	const struct sr_redo_keys *k = s->o->keys;

	for (int i = 0; i < k->count; i++) {
		if (k->birth[i] == NULL || k->birth[i]->root_number != s->highest)
			continue;
		s->found->state = *k->birth[i];
		s->found->key = i;
		s->found->dropped = true;
		snprintf(s->found->text, sizeof s->found->text,
			"%s: the record of batch %llu is damaged; its state was taken from the "
			"root cell",
			s->r->name, (unsigned long long)s->found->state.sequence);
		return 0;
	}
	return sr_fail(e, SR_AUTH,
		"%s: its newest batch is under root %llu, the root cell holds root %llu: "
		"an older redo file was put back",
		s->r->name, (unsigned long long)s->highest, (unsigned long long)s->newest);
}

int sr_redo_open(struct sr_redo *r, struct sr_redo_found *found, const struct sr_redo_open *o,
	struct sr_err *e) {
	struct scan s = {.r = r, .o = o, .found = found};
	uint64_t size;
	int rc;

	*found = (struct sr_redo_found){.key = -1};
	rc = place_name(r, o->f, o->role, e);
	if (rc != 0)
		goto out;
	for (int i = 0; i < o->keys->count; i++)
		if (o->keys->birth[i] != NULL && o->keys->birth[i]->root_number > s.newest)
			s.newest = o->keys->birth[i]->root_number;
	s.chunk = malloc((size_t)SR_REDO_BUFFER * SR_REDO_CELL);
	if (s.chunk == NULL) {
		rc = sr_fail(e, SR_NOMEM, "%s: no memory for a buffer", r->name);
		goto out;
	}
	rc = sr_file_size(o->dir, r->name, &size, e);
	if (rc == 0)
		rc = sr_file_open(&r->fd, o->dir, r->name, SR_FS_WRITE, e);
	if (rc != 0)
		goto out;
	s.end = size / SR_REDO_CELL;
	s.tail = size % SR_REDO_CELL;
	hash_start(r);
	rc = scan_base(&s, e);
	if (rc == 0)
		rc = scan_batches(&s, e);
	if (rc == 0 && !s.known)
		rc = take_birth(&s, e);
	if (rc == 0)
		hash_start(r);
out:
	free(s.chunk);
	if (rc != 0) {
		sr_redo_close(r);
		sr_wipe(&found->state, sizeof found->state);
	}
	return rc;
}

int sr_redo_peek(uint8_t id[SR_ID], struct sr_dir *dir, const char *name, struct sr_err *e) {
	uint8_t head[BODY + 32];
	int fd = -1, rc = sr_file_open(&fd, dir, name, SR_FS_READ, e);

	if (rc != 0)
		return rc;
	rc = sr_fd_pread(fd, head, sizeof head, 0, e);
	if (rc == 0 && (sr_le32_get(head) != CELL_BASE || memcmp(head + BODY, base_magic, 15) != 0))
		rc = sr_fail(
			e, SR_CORRUPT, "%s: the first bytes are not those of a redo file", name);
	if (rc == 0)
		memcpy(id, head + BODY + 16, SR_ID);
	(void)close(fd);
	return rc;
}
