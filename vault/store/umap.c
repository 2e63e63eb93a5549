/*
 * umap - see the header. Linear probing keeps a key between its home slot and the next free slot;
 * deletion restores that by moving back each follower whose home lies at or before the gap.
 */
#include "store/umap.h"

static size_t home_of(const struct sr_umap *m, uint64_t key) {
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (m->cap - 1);
}

static size_t slot_of(const struct sr_umap *m, uint64_t key) {
	size_t i = home_of(m, key);

	while (m->used[i] && m->keys[i] != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

static void put_raw(struct sr_umap *m, uint64_t key, uint64_t value) {
	size_t i = slot_of(m, key);

	if (!m->used[i]) {
		m->used[i] = 1;
		m->keys[i] = key;
		m->count++;
	}
	m->values[i] = value;
}

static int grow(struct sr_umap *m, size_t cap, struct sr_err *e) {
	struct sr_umap n = {.cap = cap};

	n.keys = calloc(cap, sizeof *n.keys);
	n.values = calloc(cap, sizeof *n.values);
	n.used = calloc(cap, 1);
	if (n.keys == NULL || n.values == NULL || n.used == NULL) {
		sr_umap_free(&n);
		return sr_fail(e, SR_NOMEM, "no memory for a table of %zu pages", cap);
	}
	for (size_t i = 0; i < m->cap; i++)
		if (m->used[i])
			put_raw(&n, m->keys[i], m->values[i]);
	free(m->keys);
	free(m->values);
	free(m->used);
	m->keys = n.keys;
	m->values = n.values;
	m->used = n.used;
	m->cap = n.cap;
	return 0;
}

int sr_umap_reserve(struct sr_umap *m, size_t more, struct sr_err *e) {
	size_t cap = m->cap == 0 ? 64 : m->cap;

	while (m->count + more > cap / 4 * 3) {
		if (cap > SIZE_MAX / 32)
			return sr_fail(
				e, SR_LIMIT, "a table of %zu pages is too large", m->count + more);
		cap *= 2;
	}
	return cap == m->cap ? 0 : grow(m, cap, e);
}

int sr_umap_put(struct sr_umap *m, uint64_t key, uint64_t value, struct sr_err *e) {
	int rc = sr_umap_reserve(m, 1, e);

	if (rc == 0)
		put_raw(m, key, value);
	return rc;
}

bool sr_umap_get(const struct sr_umap *m, uint64_t key, uint64_t *value) {
	size_t i;

	if (m->count == 0)
		return false;
	i = slot_of(m, key);
	if (!m->used[i])
		return false;
	*value = m->values[i];
	return true;
}

void sr_umap_del(struct sr_umap *m, uint64_t key) {
	size_t gap, i, mask = m->cap - 1;

	if (m->count == 0)
		return;
	gap = slot_of(m, key);
	if (!m->used[gap])
		return;
	m->used[gap] = 0;
	m->count--;
	for (i = (gap + 1) & mask; m->used[i]; i = (i + 1) & mask) {
		size_t home = home_of(m, m->keys[i]);

		if (((i - home) & mask) < ((i - gap) & mask))
			continue; /* its home lies after the gap */
		m->keys[gap] = m->keys[i];
		m->values[gap] = m->values[i];
		m->used[gap] = 1;
		m->used[i] = 0;
		gap = i;
	}
}

bool sr_umap_next(const struct sr_umap *m, size_t *at, uint64_t *key, uint64_t *value) {
	while (*at < m->cap) {
		size_t i = (*at)++;

		if (m->used[i]) {
			*key = m->keys[i];
			*value = m->values[i];
			return true;
		}
	}
	return false;
}

static int cmp_u64(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int sr_umap_sorted(const struct sr_umap *m, uint64_t **out, struct sr_err *e) {
	uint64_t *keys = NULL, value;
	size_t at = 0, n = 0;

	if (m->count > 0) {
		keys = malloc(m->count * sizeof *keys);
		if (keys == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for a list of %zu pages", m->count);
		while (n < m->count && sr_umap_next(m, &at, &keys[n], &value))
			n++;
		qsort(keys, n, sizeof *keys, cmp_u64);
	}
	*out = keys;
	return 0;
}

void sr_umap_clear(struct sr_umap *m) {
	if (m->cap > 0)
		memset(m->used, 0, m->cap);
	m->count = 0;
}

void sr_umap_free(struct sr_umap *m) {
	free(m->keys);
	free(m->values);
	free(m->used);
	*m = (struct sr_umap){0};
}
