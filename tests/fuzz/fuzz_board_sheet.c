/*
 * fuzz_board_sheet - the lines of a recovery sheet as somebody types them. What is read is a sheet:
 * written again and read again it is the same.
 *
 * Input: u8 mode: 0 the text is the rest; 1 the rest is the sheet's contents, written by us.
 */
#include "board/sheet.h"
#include "fuzz_crypto.h"

static const uint8_t fingerprint[SR_HASH], board[SR_ID];
static const struct sr_sheet_about about = {
	"test.example/vault", "p-0123456789abcdef", fingerprint, board, 1};

static void check_text(struct sr_bytes in) {
	struct sr_sheet s, again;
	struct sr_buf text;
	struct sr_err e;
	static const struct sr_sheet none;
	if (sr_sheet_read(&s, in, NULL) != 0) {
		MUST(memcmp(&s, &none, sizeof s) == 0);
		return;
	}
	MUST(s.index >= 1 && s.index <= SR_BOARD_MEMBERS_MAX);
	MUST(s.levels >= 1 && s.levels <= SR_BOARD_LEVELS_MAX);
	sr_buf_init_secret(&text);
	assert_ok(sr_sheet_write(&text, &s, &about, &e), &e);
	assert_ok(sr_sheet_read(&again, sr_buf_view(&text), &e), &e);
	MUST(memcmp(&s, &again, sizeof s) == 0);
	sr_buf_free(&text);
}

static void sheet_of(struct sr_sheet *s, struct sr_bytes in) {
	memset(s, 0, sizeof *s);
	s->index = fuzz_u8(&in);
	s->levels = (uint8_t)(1 + fuzz_u8(&in) % SR_BOARD_LEVELS_MAX);
	for (size_t i = 0; i < s->levels; i++) {
		const struct sr_bytes x = fuzz_take(&in, SR_SCALAR);
		s->level[i] = fuzz_u8(&in);
		if (x.len > 0)
			memcpy(s->x[i], x.p, x.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_sheet s;
	struct sr_buf text;
	struct sr_err e;
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0) {
		check_text(in);
		return 0;
	}
	sheet_of(&s, in);
	sr_buf_init_secret(&text);
	assert_ok(sr_sheet_write(&text, &s, &about, &e), &e);
	check_text(sr_buf_view(&text));
	sr_buf_free(&text);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t raw[3 + 2 * 33] = {1, 3, 1};
	struct sr_sheet s;
	struct sr_buf text;
	struct sr_err e;
	fuzz_start();
	t_fill(raw + 3, sizeof raw - 3, 1);
	raw[3 + 31] = raw[3 + 33 + 31] = 0;
	raw[3 + 32] = 2;
	raw[3 + 33 + 32] = 3;
	sheet_of(&s, sr_bytes_of(raw + 1, sizeof raw - 1));
	sr_buf_init_secret(&text);
	assert_ok(sr_sheet_write(&text, &s, &about, &e), &e);
	fuzz_seed("contents", sr_bytes_of(raw, sizeof raw));
	fuzz_seed_with("text", "\0", 1, sr_buf_view(&text));
	fuzz_seed_with("cut", "\0", 1, sr_bytes_of(text.p, text.len - 40));
	text.p[text.len - 3] ^= 3;
	fuzz_seed_with("letter", "\0", 1, sr_buf_view(&text));
	sr_buf_free(&text);
}
