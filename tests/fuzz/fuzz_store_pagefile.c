/*
 * fuzz_store_pagefile - a page file with its redo file, damaged: what opens reads as one of the
 * states that were synced, whole, or says that it does not verify; never a mixture.
 *
 * Four states are made once, and the files as they lay after each are kept. Input: u8 which state's
 * files to begin with, then operations of six bytes:
 *   u8 what, u8 which file (0 NAME, 1 NAME-redo), u32 at
 *   0  xor the byte at ${at} with 1 << (what / 16)
 *   1  cut the file at ${at}
 *   2  the file as it lay after state ${at}
 *   3  copy the 4112-byte cell at / 256 over cell at % 256
 */
#include "fuzz_crypto.h"
#include "fuzz_files.h"
#include "store/pagefile.h"

enum {
	STATES = 4,
	PAGES = 9
};

static const char *const names[2] = {"x.db", "x.db-redo"};

struct made {
	struct sr_buf file[STATES][2];
	uint64_t sequence[STATES];
	uint64_t pages[STATES];
};

static void a_page(uint8_t page[SR_UNIT_PLAIN], size_t state, uint64_t index) {
	/* a page keeps its content of the last state that wrote it: every second one each time */
	while (state > 0 && (index + state) % 2 == 0)
		state--;
	t_fill(page, SR_UNIT_PLAIN, 1000 * state + index);
}

static struct sr_pagefile_options options(struct sr_dir *d, bool create) {
	static uint8_t key[SR_KEY];
	t_fill(key, SR_KEY, 40);
	struct sr_pagefile_options o = {
		.dir = d, .name = names[0], .key = key, .create = create, .durable = true};
	return o;
}

static void make(struct made *m) {
	struct sr_pagefile *pf = NULL;
	struct sr_dir *d = NULL;
	uint8_t page[SR_UNIT_PLAIN];
	struct sr_err e;
	assert_ok(sr_dir_open(&d, fuzz_folder(), &e), &e);
	const struct sr_pagefile_options o = options(d, true);
	assert_ok(sr_pagefile_open(&pf, &o, &e), &e);
	for (size_t s = 0; s < STATES; s++) {
		for (uint64_t i = 0; i < PAGES; i++) {
			if (s > 0 && (i + s) % 2 == 0)
				continue;
			a_page(page, s, i);
			assert_ok(sr_pagefile_write(pf, i, page, &e), &e);
		}
		assert_ok(sr_pagefile_sync(pf, &e), &e);
		if (s == 1)
			assert_ok(sr_pagefile_checkpoint(pf, &e), &e);
		m->sequence[s] = sr_pagefile_state(pf)->sequence;
		m->pages[s] = sr_pagefile_pages(pf);
		for (int f = 0; f < 2; f++) {
			sr_buf_init(&m->file[s][f]);
			fuzz_read(&m->file[s][f], fuzz_folder_path, names[f]);
		}
	}
	sr_pagefile_free(pf);
	sr_dir_close(d);
}

static void damage(struct sr_buf file[2], const struct made *m, struct sr_bytes op) {
	struct sr_buf *f = &file[op.p[1] % 2];
	uint32_t at = sr_le32_get(op.p + 2);
	switch (op.p[0] % 4) {
	case 0:
		if (f->len > 0)
			f->p[at % f->len] ^= (uint8_t)(1u << (op.p[0] / 16 % 8));
		break;
	case 1:
		f->len = at < f->len ? at : f->len;
		break;
	case 2:
		sr_buf_clear(f);
		sr_buf_put_bytes(f, sr_buf_view(&m->file[at % STATES][op.p[1] % 2]));
		break;
	default:
		if (f->len >= SR_REDO_CELL) {
			size_t cells = f->len / SR_REDO_CELL;
			memmove(f->p + at % 256 % cells * SR_REDO_CELL,
				f->p + at / 256 % cells * SR_REDO_CELL, SR_REDO_CELL);
		}
	}
	MUST(sr_buf_ok(f, NULL) == 0);
}

static void check(struct sr_dir *d, const struct made *m) {
	const struct sr_pagefile_options o = options(d, false);
	uint8_t page[SR_UNIT_PLAIN], want[SR_UNIT_PLAIN];
	struct sr_pagefile *pf = NULL;
	struct sr_err e;
	size_t s = 0;
	if (sr_pagefile_open(&pf, &o, &e) != 0) {
		MUST(pf == NULL);
		return;
	}
	while (s < STATES && m->sequence[s] != sr_pagefile_state(pf)->sequence)
		s++;
	/* sequence 0 is the empty file, before the first state */
	MUST(s < STATES || sr_pagefile_pages(pf) == 0);
	MUST(s == STATES || sr_pagefile_pages(pf) == m->pages[s]);
	bool whole = true;
	for (uint64_t i = 0; i < sr_pagefile_pages(pf); i++) {
		int rc = sr_pagefile_read(pf, i, page, &e);
		whole = whole && rc == 0;
		if (rc != 0)
			continue;
		a_page(want, s, i);
		MUST(memcmp(page, want, sizeof page) == 0);
	}
	MUST((sr_pagefile_verify(pf, &e) == 0) <= whole);
	sr_pagefile_free(pf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct made m;
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf file[2];
	struct sr_dir *d = NULL;
	struct sr_err e;
	fuzz_start();
	if (m.file[0][0].p == NULL)
		make(&m);
	size_t state = fuzz_u8(&in) % STATES;
	for (int f = 0; f < 2; f++) {
		sr_buf_init(&file[f]);
		sr_buf_put_bytes(&file[f], sr_buf_view(&m.file[state][f]));
	}
	for (int i = 0; i < 16 && in.len >= 6; i++)
		damage(file, &m, fuzz_take(&in, 6));
	const char *folder = fuzz_folder();
	for (int f = 0; f < 2; f++) {
		fuzz_plant(folder, names[f], sr_buf_view(&file[f]));
		sr_buf_free(&file[f]);
	}
	assert_ok(sr_dir_open(&d, folder, &e), &e);
	check(d, &m);
	sr_dir_close(d);
	return 0;
}

void fuzz_seeds(void) {
#define OPS(name, bytes) fuzz_seed(name, sr_bytes_of(bytes, sizeof(bytes) - 1))
	OPS("state-0", "\0");
	OPS("state-1", "\1");
	OPS("state-2", "\2");
	OPS("state-3", "\3");
	OPS("flip-header", "\3\0\0\x20\0\0\0");
	OPS("flip-page", "\3\0\0\0\x20\0\0");
	OPS("flip-frame", "\3\0\1\x20\x12\0\0");
	OPS("cut-redo", "\3\1\1\0\x30\0\0");
	OPS("old-redo", "\3\2\1\2\0\0\0");
	OPS("old-name", "\3\2\0\0\0\0\0");
	OPS("new-redo-old-name", "\1\2\1\3\0\0\0");
	OPS("copied-cell", "\3\3\1\2\1\0\0");
#undef OPS
}
