/*
 * fuzz_catalogue_lists - bodies of the objects that statements name: refused, or written back as
 * they were read.
 *
 * Input: u8 mode: 0 accession list, 1 file list, 2 request list, 3 ids to sort into one, 4 pack
 * list.
 */
#include "catalogue/lists.h"
#include "fuzz_crypto.h"

static void check_accession(struct sr_bytes in) {
	uint8_t root[SR_HASH];
	struct sr_accession_list l;
	struct sr_buf again;
	struct sr_err e;
	if (sr_accession_list_read(&l, in, &e) != 0)
		return;
	sr_buf_init(&again);
	sr_accession_list_put(&again, &l);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	for (size_t i = 0; i < l.item_count; i++)
		for (size_t j = 0; j < i; j++)
			MUST(memcmp(l.items[i].id, l.items[j].id, SR_ID) != 0);
	assert_ok(sr_accession_list_root(root, &l, &e), &e);
	sr_buf_free(&again);
	sr_accession_list_free(&l);
}

static void check_files(struct sr_bytes in) {
	uint8_t leaf[SR_HASH];
	struct sr_file_list l;
	struct sr_list_file f;
	struct sr_buf again;
	struct sr_err e;
	int rc = 0;
	if (sr_file_list_read(&l, in, &e) != 0)
		return;
	MUST(l.title.len <= SR_LIST_TITLE_MAX);
	sr_buf_init(&again);
	sr_file_list_begin(&again, l.title, l.count);
	while ((rc = sr_file_list_next(&l, &f, &e)) == 0) {
		sr_file_list_add(&again, &f);
		sr_file_leaf(leaf, &f);
	}
	MUST(rc == SR_NOTFOUND || rc == SR_CORRUPT);
	MUST(rc != SR_NOTFOUND || sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
}

static void must_ascend(const uint8_t *ids, size_t count) {
	MUST(count >= 1 && count <= SR_REQUEST_ITEMS_MAX);
	for (size_t i = 1; i < count; i++)
		MUST(memcmp(ids + (i - 1) * SR_ID, ids + i * SR_ID, SR_ID) < 0);
}

static void check_request(struct sr_bytes in) {
	uint8_t root[SR_HASH];
	struct sr_err e;
	if (sr_request_list_check(in, &e) != 0)
		return;
	MUST(in.len % SR_ID == 0);
	must_ascend(in.p, in.len / SR_ID);
	assert_ok(sr_request_list_root(root, in.p, in.len / SR_ID, &e), &e);
}

static void check_sort(struct sr_bytes in) {
	size_t count = in.len / SR_ID;
	uint8_t *ids = malloc(in.len + 1);
	struct sr_err e;
	MUST(ids != NULL);
	if (in.len > 0)
		memcpy(ids, in.p, in.len);
	if (sr_request_list_sort(ids, count, &e) == 0 && count > 0) {
		must_ascend(ids, count);
		assert_ok(sr_request_list_check(sr_bytes_of(ids, count * SR_ID), &e), &e);
	}
	free(ids);
}

static void check_packs(struct sr_bytes in) {
	uint8_t root[SR_HASH];
	struct sr_bytes names = {NULL, 0};
	struct sr_buf again;
	struct sr_err e;
	if (sr_pack_list_read(&names, in, &e) != 0)
		return;
	MUST(names.len % SR_HASH == 0);
	sr_buf_init(&again);
	sr_pack_list_put(&again, names);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	assert_ok(sr_pack_list_root(root, names, &e), &e);
	sr_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	switch (fuzz_u8(&in) % 5) {
	case 0:
		check_accession(in);
		break;
	case 1:
		check_files(in);
		break;
	case 2:
		check_request(in);
		break;
	case 3:
		check_sort(in);
		break;
	default:
		check_packs(in);
	}
	return 0;
}

void fuzz_seeds(void) {
	uint8_t ids[4 * SR_ID];
	struct sr_accession_list l = {calloc(2, sizeof *l.items), 2};
	struct sr_list_file f = {.path = sr_bytes_str("box 12/a\xff.txt"),
		.media_type = sr_bytes_str("text/plain"),
		.kind = SR_FILE_REGULAR,
		.size = 10,
		.mtime = -5};
	struct sr_buf b;
	struct sr_err e;
	fuzz_start();
	sr_buf_init(&b);
	for (size_t i = 0; i < 2; i++) {
		t_fill(l.items[i].id, SR_ID, i);
		t_fill(l.items[i].envelope, SR_HASH, 10 + i);
		l.items[i].bytes = 10;
		l.items[i].files = 1;
	}
	sr_accession_list_put(&b, &l);
	fuzz_seed_with("accession", "\0", 1, sr_buf_view(&b));
	memcpy(l.items[1].id, l.items[0].id, SR_ID);
	sr_buf_clear(&b);
	sr_accession_list_put(&b, &l);
	fuzz_seed_with("twice", "\0", 1, sr_buf_view(&b));
	sr_accession_list_free(&l);
	sr_buf_clear(&b);
	sr_file_list_begin(&b, sr_bytes_str("A title"), 2);
	sr_file_list_add(&b, &f);
	f.kind = SR_FILE_SYMLINK;
	sr_file_list_add(&b, &f);
	fuzz_seed_with("files", "\1", 1, sr_buf_view(&b));
	t_fill(ids, sizeof ids, 5);
	fuzz_seed_with("unsorted", "\3", 1, sr_bytes_of(ids, sizeof ids));
	assert_ok(sr_request_list_sort(ids, 4, &e), &e);
	sr_buf_clear(&b);
	sr_pack_list_put(&b, sr_bytes_of(ids, sizeof ids));
	fuzz_seed_with("packs", "\4", 1, sr_buf_view(&b));
	fuzz_seed_with("request", "\2", 1, sr_bytes_of(ids, sizeof ids));
	sr_buf_free(&b);
}
