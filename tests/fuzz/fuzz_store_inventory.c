/*
 * fuzz_store_inventory - the list of packs and the note over it.
 *
 * Input: u8 mode: 0 INVENTORY.names: refused, or the set that its lines make one after the other,
 * which goes on from there; 1 the text of INVENTORY, signed with the ledger key: it is right
 * exactly when it is what would be signed.
 */
#include "base/text.h"
#include "fuzz_files.h"
#include "fuzz_merkle.h"
#include "fuzz_store.h"
#include "store/inventory.h"

enum {
	LINE = 1 + 2 * SR_HASH + 1
};

static struct sr_dir *packs(struct sr_bytes names) {
	const char *folder = fuzz_folder();
	struct sr_dir *d = NULL;
	struct sr_err e;
	fuzz_plant(folder, "INVENTORY.names", names);
	assert_ok(sr_dir_open(&d, folder, &e), &e);
	return d;
}

/* Whether ${name} lives after the lines. */
static bool lives(struct sr_bytes lines, const char *name) {
	bool live = false;
	for (size_t i = 0; i + LINE <= lines.len; i += LINE)
		if (memcmp(lines.p + i + 1, name, LINE - 2) == 0)
			live = lines.p[i] == '+';
	return live;
}

static void check_names(struct sr_bytes in) {
	struct sr_inventory *inv = NULL;
	const uint8_t *names = NULL;
	uint8_t other[SR_HASH], root[SR_HASH], again[SR_HASH];
	char hex[2 * SR_HASH + 1];
	size_t count = 0;
	struct sr_err e;
	struct sr_dir *d = packs(in);
	while (in.len > 0 && in.p[in.len - 1] == 0)
		in.len--; /* a grown file whose last bytes never came */
	if (sr_inventory_open(&inv, d, &e) == 0) {
		assert_ok(sr_inventory_names(inv, &names, &count, &e), &e);
		MUST(count == sr_inventory_count(inv));
		for (size_t i = 0; i < count; i++) {
			MUST(i == 0 || memcmp(names + (i - 1) * SR_HASH, names + i * SR_HASH,
					       SR_HASH) < 0);
			sr_hex(hex, names + i * SR_HASH, SR_HASH);
			MUST(lives(in, hex));
		}
		for (size_t i = 0; i + LINE <= in.len; i += LINE) {
			uint8_t name[SR_HASH];
			char *text = fuzz_str(sr_bytes_of(in.p + i + 1, LINE - 2));
			MUST(sr_unhex(name, SR_HASH, sr_bytes_str(text), NULL) == 0);
			MUST(sr_inventory_has(inv, name) == lives(in, text));
			free(text);
		}
		t_fill(other, sizeof other, 77);
		assert_ok(sr_inventory_add(inv, other, &e), &e);
		assert_ok(sr_inventory_root(inv, root, &e), &e);
		count = sr_inventory_count(inv);
		sr_inventory_close(inv);
		inv = NULL;
		assert_ok(sr_inventory_open(&inv, d, &e), &e);
		MUST(sr_inventory_has(inv, other) && sr_inventory_count(inv) == count);
		assert_ok(sr_inventory_compact(inv, &e), &e);
		assert_ok(sr_inventory_root(inv, again, &e), &e);
		MUST(memcmp(root, again, SR_HASH) == 0);
	}
	sr_inventory_close(inv);
	sr_dir_close(d);
}

static void our_text(struct sr_buf *out, struct sr_inventory *inv) {
	uint8_t vault[SR_HASH], root[SR_HASH];
	struct sr_err e;
	fuzz_vault(vault);
	assert_ok(sr_inventory_root(inv, root, &e), &e);
	sr_text_begin(out, "strongroom/inventory/v1");
	sr_text_put_hex(out, "vault", vault, SR_HASH);
	sr_text_put_dec(out, "count", sr_inventory_count(inv));
	sr_text_put_base64(out, "root", root, SR_HASH);
}

static struct sr_inventory *our_inventory(struct sr_dir **d) {
	struct sr_inventory *inv = NULL;
	uint8_t name[SR_HASH];
	struct sr_err e;
	*d = packs(sr_bytes_of(NULL, 0));
	assert_ok(sr_inventory_open(&inv, *d, &e), &e);
	for (unsigned i = 0; i < 3; i++) {
		t_fill(name, sizeof name, i);
		assert_ok(sr_inventory_add(inv, name, &e), &e);
	}
	return inv;
}

static void check_note(struct sr_bytes text) {
	uint8_t vault[SR_HASH];
	struct fuzz_key k;
	struct sr_dir *d = NULL;
	struct sr_inventory *inv = our_inventory(&d);
	struct sr_buf note, right;
	struct sr_err e;
	sr_buf_init(&note);
	sr_buf_init(&right);
	fuzz_log_key(&k);
	fuzz_vault(vault);
	our_text(&right, inv);
	if (sr_note_sign(&note, text, &k.signer, 1, &e) == 0) {
		fuzz_plant(fuzz_folder_path, "INVENTORY", sr_buf_view(&note));
		int rc = sr_inventory_check(inv, vault, FUZZ_ORIGIN, k.vkey.pk, &e);
		MUST((rc == 0) == sr_bytes_eq(text, sr_buf_view(&right)));
	}
	sr_inventory_close(inv);
	sr_dir_close(d);
	sr_buf_free(&note);
	sr_buf_free(&right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0)
		check_names(in);
	else
		check_note(in);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_dir *d = NULL;
	struct sr_buf b;
	struct sr_err e;
	uint8_t name[SR_HASH];
	fuzz_start();
	struct sr_inventory *inv = our_inventory(&d);
	sr_buf_init(&b);
	our_text(&b, inv);
	fuzz_seed_with("note", "\1", 1, sr_buf_view(&b));
	t_fill(name, sizeof name, 1);
	assert_ok(sr_inventory_remove(inv, name, &e), &e);
	sr_inventory_close(inv);
	sr_dir_close(d);
	sr_buf_clear(&b);
	fuzz_read(&b, fuzz_folder_path, "INVENTORY.names");
	fuzz_seed_with("names", "\0", 1, sr_buf_view(&b));
	fuzz_seed_with("torn", "\0", 1, sr_bytes_of(b.p, b.len - 20));
	sr_buf_free(&b);
}
