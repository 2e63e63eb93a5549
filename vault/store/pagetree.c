/*
 * pagetree - see the header. A node in memory is its sealed plaintext, 125 entries of 32 bytes and
 * 24 zero bytes.
 */
#include "store/pagetree.h"

struct node {
	struct sr_unit_at at;
	bool dirty;
	uint8_t plain[SR_UNIT_PLAIN];
};

static uint8_t *entry_of(struct node *n, uint64_t child) {
	return n->plain + (size_t)(child % SR_UNIT_FAN) * SR_KEY;
}

static struct node *as_node(uint64_t value) {
	return (struct node *)(uintptr_t)value;
}

static void node_free(struct node *n) {
	sr_wipe(n, sizeof *n);
	free(n);
}

void sr_pagetree_init(struct sr_pagetree *t, const struct sr_unit_file *f,
	int (*fetch)(void *ctx, struct sr_unit_at at, uint8_t out[SR_UNIT], struct sr_err *e),
	void *ctx) {
	*t = (struct sr_pagetree){.f = f, .fetch = fetch, .ctx = ctx};
}

void sr_pagetree_reset(struct sr_pagetree *t, uint64_t pages, const uint8_t top[SR_KEY]) {
	uint64_t place, value;
	size_t at = 0;

	while (sr_umap_next(&t->nodes, &at, &place, &value))
		node_free(as_node(value));
	sr_umap_clear(&t->nodes);
	t->dirty = 0;
	t->pages = pages;
	memcpy(t->top, top, SR_KEY);
}

void sr_pagetree_free(struct sr_pagetree *t) {
	uint8_t zero[SR_KEY] = {0};

	sr_pagetree_reset(t, 0, zero);
	sr_umap_free(&t->nodes);
}

/* Only at the start of a public call: pointers to nodes live until its end. */
static int drop_clean(struct sr_pagetree *t, struct sr_err *e) {
	struct sr_umap keep = {0};
	uint64_t place, value;
	size_t at = 0;
	int rc;

	if (t->nodes.count - t->dirty <= SR_TREE_CLEAN)
		return 0;
	rc = sr_umap_reserve(&keep, t->dirty + 1, e);
	if (rc != 0)
		return rc;
	while (sr_umap_next(&t->nodes, &at, &place, &value)) {
		struct node *n = as_node(value);

		if (!n->dirty)
			node_free(n);
		else if (sr_umap_put(&keep, place, value, NULL) != 0)
			abort(); /* room was reserved */
	}
	sr_umap_free(&t->nodes);
	t->nodes = keep;
	return 0;
}

static int node_new(
	struct node **out, struct sr_pagetree *t, struct sr_unit_at at, struct sr_err *e) {
	struct node *n = calloc(1, sizeof *n);
	int rc;

	if (n == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a tree node");
	n->at = at;
	rc = sr_umap_put(&t->nodes, sr_unit_place(at), (uint64_t)(uintptr_t)n, e);
	if (rc != 0) {
		free(n);
		return rc;
	}
	*out = n;
	return 0;
}

/* The node at ${at}, level >= 1, at most the top's. Walks down from the lowest ancestor in memory.
 */
static int node_get(
	struct node **out, struct sr_pagetree *t, struct sr_unit_at at, struct sr_err *e) {
	unsigned height = sr_unit_height(t->pages), level = at.level;
	struct sr_unit_at path[SR_UNIT_LEVELS + 1];
	struct node *n = NULL;
	uint64_t value;
	int rc;

	path[level] = at;
	while (!sr_umap_get(&t->nodes, sr_unit_place(path[level]), &value) && level < height) {
		path[level + 1] = (struct sr_unit_at){level + 1, path[level].index / SR_UNIT_FAN};
		level++;
	}
	if (sr_umap_get(&t->nodes, sr_unit_place(path[level]), &value)) {
		n = as_node(value);
		if (level == at.level) {
			*out = n;
			return 0;
		}
		level--;
	}
	for (;; level--) {
		uint8_t sealed[SR_UNIT], entry[SR_KEY];

		memcpy(entry, n == NULL ? t->top : entry_of(n, path[level].index), SR_KEY);
		rc = node_new(&n, t, path[level], e);
		if (rc == 0 && !sr_unit_absent(entry)) {
			rc = t->fetch(t->ctx, path[level], sealed, e);
			if (rc == 0)
				rc = sr_unit_open(n->plain, t->f, path[level], entry, sealed, e);
			if (rc != 0) {
				sr_umap_del(&t->nodes, sr_unit_place(path[level]));
				node_free(n);
			}
		}
		sr_wipe(entry, sizeof entry);
		if (rc != 0)
			return rc;
		if (level == at.level)
			break;
	}
	*out = n;
	return 0;
}

/* The node, with itself and all its ancestors dirty. */
static int node_dirty(
	struct node **out, struct sr_pagetree *t, struct sr_unit_at at, struct sr_err *e) {
	unsigned height = sr_unit_height(t->pages);
	struct node *n;
	int rc = node_get(out, t, at, e);

	for (n = rc == 0 ? *out : NULL; rc == 0 && !n->dirty;) {
		n->dirty = true;
		t->dirty++;
		if (n->at.level >= height)
			break;
		/* a parent that cannot be read must not leave a dirty child below a clean node */
		rc = node_get(
			&n, t, (struct sr_unit_at){n->at.level + 1, n->at.index / SR_UNIT_FAN}, e);
	}
	return rc;
}

/* The entry of the unit at ${at} as its parent has it. */
static int entry_at(
	struct sr_pagetree *t, struct sr_unit_at at, uint8_t entry[SR_KEY], struct sr_err *e) {
	struct node *n;
	int rc;

	if (at.level >= sr_unit_height(t->pages)) {
		memcpy(entry, t->top, SR_KEY);
		return 0;
	}
	rc = node_get(&n, t, (struct sr_unit_at){at.level + 1, at.index / SR_UNIT_FAN}, e);
	if (rc == 0)
		memcpy(entry, entry_of(n, at.index), SR_KEY);
	return rc;
}

int sr_pagetree_get(
	struct sr_pagetree *t, uint64_t index, uint8_t entry[SR_KEY], struct sr_err *e) {
	int rc = drop_clean(t, e);

	if (rc == 0)
		rc = entry_at(t, (struct sr_unit_at){0, index}, entry, e);
	return rc;
}

int sr_pagetree_set(
	struct sr_pagetree *t, uint64_t index, const uint8_t entry[SR_KEY], struct sr_err *e) {
	struct node *n;
	int rc;

	if (sr_unit_height(t->pages) == 0) {
		memcpy(t->top, entry, SR_KEY);
		return 0;
	}
	rc = drop_clean(t, e);
	if (rc == 0)
		rc = node_dirty(&n, t, (struct sr_unit_at){1, index / SR_UNIT_FAN}, e);
	if (rc == 0)
		memcpy(entry_of(n, index), entry, SR_KEY);
	return rc;
}

int sr_pagetree_check(struct sr_pagetree *t, struct sr_unit_at at, const uint8_t sealed[SR_UNIT],
	bool *part, struct sr_err *e) {
	uint8_t plain[SR_UNIT_PLAIN], entry[SR_KEY];
	int rc;

	*part = false;
	if (t->pages == 0 || at.level > sr_unit_height(t->pages) ||
		at.index >= sr_unit_count(at.level, t->pages))
		return 0;
	rc = drop_clean(t, e);
	if (rc == 0)
		rc = entry_at(t, at, entry, e);
	if (rc != 0)
		return rc;
	*part = !sr_unit_absent(entry);
	if (*part)
		rc = sr_unit_open(plain, t->f, at, entry, sealed, e);
	sr_wipe(plain, sizeof plain);
	sr_wipe(entry, sizeof entry);
	return rc;
}

/* One level more: a new top node over the old top unit. */
static int grow_level(struct sr_pagetree *t, unsigned height, struct sr_err *e) {
	struct node *n;
	int rc = node_new(&n, t, (struct sr_unit_at){height, 0}, e);

	if (rc != 0)
		return rc;
	memcpy(n->plain, t->top, SR_KEY);
	n->dirty = true;
	t->dirty++;
	sr_wipe(t->top, SR_KEY);
	return 0;
}

static void node_drop(struct sr_pagetree *t, struct node *n) {
	if (n->dirty)
		t->dirty--;
	sr_umap_del(&t->nodes, sr_unit_place(n->at));
	node_free(n);
}

/* Zero the entries beyond the new end, in the last node of each level, and drop the nodes beyond.
 */
static int cut_levels(struct sr_pagetree *t, uint64_t pages, struct sr_err *e) {
	unsigned height = sr_unit_height(t->pages);
	uint64_t *places = NULL, value;
	struct node *n;
	int rc;

	for (unsigned level = 1; level <= height && pages > 0; level++) {
		uint64_t last = sr_unit_count(level - 1, pages) - 1;
		size_t keep = (size_t)(last % SR_UNIT_FAN + 1) * SR_KEY;

		rc = node_dirty(&n, t, (struct sr_unit_at){level, last / SR_UNIT_FAN}, e);
		if (rc != 0)
			return rc;
		sr_wipe(n->plain + keep, SR_UNIT_PLAIN - keep);
	}
	rc = sr_umap_sorted(&t->nodes, &places, e);
	if (rc != 0)
		return rc;
	for (size_t i = t->nodes.count; i-- > 0;) {
		if (!sr_umap_get(&t->nodes, places[i], &value))
			continue;
		n = as_node(value);
		if (n->at.index >= sr_unit_count(n->at.level, pages))
			node_drop(t, n);
	}
	free(places);
	return 0;
}

int sr_pagetree_resize(struct sr_pagetree *t, uint64_t pages, struct sr_err *e) {
	unsigned height = sr_unit_height(t->pages), want = sr_unit_height(pages);
	struct node *n;
	int rc = drop_clean(t, e);

	if (rc == 0 && pages < t->pages)
		rc = cut_levels(t, pages, e);
	while (rc == 0 && height < want)
		rc = grow_level(t, ++height, e);
	while (rc == 0 && height > want) {
		rc = pages == 0 ? 0 : node_get(&n, t, (struct sr_unit_at){height, 0}, e);
		if (rc == 0 && pages > 0) {
			memcpy(t->top, n->plain, SR_KEY);
			node_drop(t, n);
		}
		height--;
	}
	if (rc == 0 && pages == 0)
		sr_wipe(t->top, SR_KEY);
	if (rc == 0)
		t->pages = pages;
	return rc;
}

int sr_pagetree_seal(struct sr_pagetree *t,
	int (*put)(
		void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e),
	struct sr_err *e) {
	unsigned height = sr_unit_height(t->pages);
	uint8_t sealed[SR_UNIT], entry[SR_KEY];
	struct node *n, *parent;
	uint64_t *places = NULL, value;
	size_t count = t->nodes.count;
	int rc;

	if (t->dirty == 0)
		return 0;
	rc = sr_umap_sorted(&t->nodes, &places, e);
	for (unsigned level = 1; rc == 0 && level <= height; level++) {
		for (size_t i = 0; rc == 0 && i < count; i++) {
			if (!sr_umap_get(&t->nodes, places[i], &value))
				continue;
			n = as_node(value);
			if (n->at.level != level || !n->dirty)
				continue;
			sr_unit_seal(sealed, entry, t->f, n->at, n->plain);
			rc = put(t->ctx, n->at, sealed, e);
			if (rc != 0)
				break;
			if (level == height) {
				memcpy(t->top, entry, SR_KEY);
			} else {
				rc = node_get(&parent, t,
					(struct sr_unit_at){level + 1, n->at.index / SR_UNIT_FAN},
					e);
				if (rc == 0)
					memcpy(entry_of(parent, n->at.index), entry, SR_KEY);
			}
			n->dirty = false;
			t->dirty--;
		}
	}
	sr_wipe(entry, sizeof entry);
	free(places);
	return rc;
}

int sr_pagetree_walk(struct sr_pagetree *t,
	int (*each)(
		void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e),
	void *ctx, struct sr_err *e) {
	uint8_t sealed[SR_UNIT], plain[SR_UNIT_PLAIN], entry[SR_KEY];
	unsigned height = sr_unit_height(t->pages);
	int rc = 0;

	for (unsigned level = 0; rc == 0 && t->pages > 0 && level <= height; level++) {
		uint64_t count = sr_unit_count(level, t->pages);

		for (uint64_t i = 0; rc == 0 && i < count; i++) {
			struct sr_unit_at at = {level, i};

			rc = drop_clean(t, e);
			if (rc == 0)
				rc = entry_at(t, at, entry, e);
			if (rc != 0 || sr_unit_absent(entry))
				continue;
			rc = t->fetch(t->ctx, at, sealed, e);
			if (rc == 0)
				rc = sr_unit_open(plain, t->f, at, entry, sealed, e);
			if (rc == 0)
				rc = each(ctx, at, sealed, e);
		}
	}
	sr_wipe(plain, sizeof plain);
	sr_wipe(entry, sizeof entry);
	return rc;
}
