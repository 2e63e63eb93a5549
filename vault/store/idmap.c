/*
 * idmap - see idmap.h. Invariant: a key lies at or after its home slot with no free slot between.
 */
#include "store/idmap.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAP = 8 /* an item's packs are one or two, and many items wait at a time */
};

struct sr_idmap_slot {
	uint8_t id[SR_HASH];
	uint64_t value;
	uint64_t used;
};

static size_t home(const struct sr_idmap *m, const uint8_t id[SR_HASH]) {
	return (size_t)(sr_le64_get(id) & (m->cap - 1));
}

/* The slot of ${id}, or the free one where it would go. Some slot is free. */
static size_t seek(const struct sr_idmap *m, const uint8_t id[SR_HASH]) {
	size_t i = home(m, id);
	while (m->slots[i].used != 0 && memcmp(m->slots[i].id, id, SR_HASH) != 0)
		i = (i + 1) & (m->cap - 1);
	return i;
}

static int grow(struct sr_idmap *m, struct sr_err *e) {
	struct sr_idmap bigger = {NULL, m->cap == 0 ? FIRST_CAP : m->cap * 2, m->count};
	bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
	if (bigger.slots == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a map of %zu ids", bigger.cap);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].used != 0)
			bigger.slots[seek(&bigger, m->slots[i].id)] = m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

int sr_idmap_put(struct sr_idmap *m, const uint8_t id[SR_HASH], uint64_t value, struct sr_err *e) {
	if (m->count + 1 > m->cap / 4 * 3) {
		int rc = grow(m, e);
		if (rc != 0)
			return rc;
	}
	struct sr_idmap_slot *s = &m->slots[seek(m, id)];
	if (s->used == 0) {
		memcpy(s->id, id, SR_HASH);
		s->used = 1;
		m->count++;
	}
	s->value = value;
	return 0;
}

bool sr_idmap_get(const struct sr_idmap *m, const uint8_t id[SR_HASH], uint64_t *value) {
	if (m->count == 0)
		return false;
	const struct sr_idmap_slot *s = &m->slots[seek(m, id)];
	if (s->used != 0 && value != NULL)
		*value = s->value;
	return s->used != 0;
}

bool sr_idmap_del(struct sr_idmap *m, const uint8_t id[SR_HASH]) {
	if (m->count == 0)
		return false;
	size_t hole = seek(m, id);
	if (m->slots[hole].used == 0)
		return false;
	size_t mask = m->cap - 1;
	for (size_t i = (hole + 1) & mask; m->slots[i].used != 0; i = (i + 1) & mask) {
		/* A follower may fill the hole if its home is not behind the hole. */
		size_t from_home = (i - home(m, m->slots[i].id)) & mask;
		if (from_home >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	memset(&m->slots[hole], 0, sizeof m->slots[hole]);
	m->count--;
	return true;
}

const uint8_t *sr_idmap_next(const struct sr_idmap *m, size_t *at, uint64_t *value) {
	for (; *at < m->cap; ++*at) {
		const struct sr_idmap_slot *s = &m->slots[*at];
		if (s->used == 0)
			continue;
		if (value != NULL)
			*value = s->value;
		++*at;
		return s->id;
	}
	return NULL;
}

static int by_id(const void *a, const void *b) {
	return memcmp(a, b, SR_HASH);
}

int sr_idmap_sorted(const struct sr_idmap *m, struct sr_buf *out, struct sr_err *e) {
	size_t at = 0;
	size_t start = out->len;
	const uint8_t *id = NULL;
	int rc = sr_buf_reserve(out, m->count * SR_HASH, e);
	if (rc != 0)
		return rc;
	while ((id = sr_idmap_next(m, &at, NULL)) != NULL)
		sr_buf_put(out, id, SR_HASH);
	rc = sr_buf_ok(out, e);
	if (rc == 0 && m->count > 1)
		qsort(out->p + start, m->count, SR_HASH, by_id);
	return rc;
}

void sr_idmap_clear(struct sr_idmap *m) {
	if (m->slots != NULL)
		memset(m->slots, 0, m->cap * sizeof *m->slots);
	m->count = 0;
}

void sr_idmap_free(struct sr_idmap *m) {
	free(m->slots);
	memset(m, 0, sizeof *m);
}
