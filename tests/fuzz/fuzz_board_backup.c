/*
 * fuzz_board_backup - the secrets file of a backup, and the founders' names before the founding.
 *
 * Input: u8 mode: 0 a secrets file; 1 the plaintext of one, sealed here for a credential: only
 * kinds that a backup carries get in, all or nothing; 2 `names`: refused, or written back as they
 * were read.
 */
#include "board/backup.h"
#include "board/ceremony.h"
#include "fuzz_crypto.h"
#include "fuzz_files.h"
#include "store/secrets.h"

static const char credential[] = "0123456789abcdef0123456789abcdef";

static void fingerprint(uint8_t f[SR_HASH]) {
	t_fill(f, SR_HASH, 3);
}

/* An empty secrets.db, or the one that the last input left empty. */
static struct sr_secrets *secrets(bool fresh) {
	static struct sr_secrets *s;
	static struct sr_dir *d;
	static uint8_t key[SR_KEY];
	struct sr_err e;
	if (s != NULL && !fresh)
		return s;
	sr_secrets_free(s);
	sr_dir_close(d);
	t_fill(key, sizeof key, 9);
	assert_ok(sr_dir_open(&d, fuzz_folder(), &e), &e);
	const struct sr_secrets_options o = {.dir = d, .key = key, .create = true};
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	return s;
}

static uint64_t count(struct sr_secrets *s, int from, int to) {
	uint64_t all = 0, n = 0;
	struct sr_err e;
	for (int k = from; k <= to; k++) {
		assert_ok(sr_secrets_count(s, (enum sr_secret_kind)k, &n, &e), &e);
		all += n;
	}
	return all;
}

static void load(struct sr_bytes file, bool ours) {
	const struct sr_unlock u = {.credential = sr_bytes_str(credential)};
	struct sr_secrets *s = secrets(false);
	uint8_t f[SR_HASH];
	struct sr_err e;
	fingerprint(f);
	int rc = sr_backup_secrets_load(s, file, f, &u, &e);
	uint64_t all = count(s, SR_SECRET_SLOT, SR_SECRET_DB_KEY);
	MUST(rc == 0 || all == 0);
	MUST(all == count(s, SR_SECRET_SLOT, SR_SECRET_SLOT) +
			    count(s, SR_SECRET_PERSON, SR_SECRET_DESCRIPTIVE));
	MUST(ours || rc != 0 || all == 3); /* the file of the corpus */
	if (rc == 0)
		(void)secrets(true);
}

static void seal(struct sr_buf *file, struct sr_bytes plain) {
	const struct sr_unlock u = {.credential = sr_bytes_str(credential)};
	uint8_t key[SR_KEY], f[SR_HASH];
	struct sr_buf text;
	struct sr_err e;
	t_fill(key, sizeof key, 8);
	fingerprint(f);
	sr_buf_init(&text);
	assert_ok(sr_passphrase_seal(&text, "strongroom/backup/v1", sr_bytes_of(NULL, 0), &u,
			  sr_bytes_of(key, SR_KEY), &e),
		&e);
	sr_buf_put_str(file, "SRBACKUP");
	sr_buf_put_lp(file, sr_buf_view(&text));
	assert_ok(sr_aead_seal_buf(file, key, "strongroom/backup-secrets/v1",
			  sr_bytes_of(f, SR_HASH), plain, &e),
		&e);
	sr_buf_free(&text);
}

static void check_names(struct sr_bytes in) {
	struct sr_buf again;
	struct sr_err e;
	sr_buf_init(&again);
	if (sr_ceremony_names_again(&again, in, &e) == 0)
		MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf file;
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 3;
	sr_buf_init(&file);
	if (mode == 0) {
		load(in, false);
	} else if (mode == 1) {
		seal(&file, in);
		load(sr_buf_view(&file), true);
	} else {
		check_names(in);
	}
	sr_buf_free(&file);
	return 0;
}

static void put_row(struct sr_buf *b, uint8_t kind, const char *name, uint64_t n) {
	uint8_t value[SR_KEY];
	t_fill(value, sizeof value, kind);
	sr_buf_put_u8(b, kind);
	sr_buf_put_lp(b, sr_bytes_str(name));
	sr_buf_put_le64(b, n);
	sr_buf_put_lp(b, sr_bytes_of(value, sizeof value));
}

static void put_head(struct sr_buf *b, uint64_t rows) {
	uint8_t f[SR_HASH];
	fingerprint(f);
	sr_buf_put(b, f, SR_HASH);
	sr_buf_put_le64(b, 12);
	sr_buf_put_zero(b, SR_HASH);
	sr_buf_put_le64(b, rows);
}

void fuzz_seeds(void) {
	static const char item[] = "00112233445566778899aabbccddeeff";
	struct sr_buf plain, file;
	fuzz_start();
	sr_buf_init(&plain);
	sr_buf_init(&file);
	put_head(&plain, 3);
	put_row(&plain, SR_SECRET_SLOT, item, 1);
	put_row(&plain, SR_SECRET_PERSON, "p-0011223344556677", 0);
	put_row(&plain, SR_SECRET_DESCRIPTIVE, item, 0);
	seal(&file, sr_buf_view(&plain));
	fuzz_seed_with("file", "\0", 1, sr_buf_view(&file));
	fuzz_seed_with("plaintext", "\1", 1, sr_buf_view(&plain));
	sr_buf_clear(&plain);
	put_head(&plain, 2);
	put_row(&plain, SR_SECRET_SLOT, item, 1);
	put_row(&plain, SR_SECRET_ROOM_KEY, item, 1);
	fuzz_seed_with("room-key", "\1", 1, sr_buf_view(&plain));
	sr_buf_clear(&plain);
	put_head(&plain, UINT64_MAX);
	put_row(&plain, SR_SECRET_SLOT, item, 1);
	fuzz_seed_with("count", "\1", 1, sr_buf_view(&plain));
	sr_buf_clear(&plain);
	sr_buf_put_le32(&plain, 2);
	for (uint32_t i = 0; i < 2; i++) {
		sr_buf_put_lp(&plain, sr_bytes_str("member"));
		sr_buf_put_le32(&plain, i);
		sr_buf_put_zero(&plain, SR_SALT);
		sr_buf_put_lp(&plain, sr_bytes_str("A. Member"));
	}
	fuzz_seed_with("names", "\2", 1, sr_buf_view(&plain));
	sr_buf_free(&plain);
	sr_buf_free(&file);
}
