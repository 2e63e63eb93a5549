/*
 * export_carry - what an exported log carries so that it outlives us: the text of the formats, and
 * a reader in one file that needs nothing of ours. Both are taken in by the assembler when this is
 * compiled; the Makefile makes the first out of strongroom-formats(5) and says that this object
 * depends on them.
 */
#include "ledger/export.h"

#ifndef SR_FORMATS_TEXT /* compiled by hand, or looked at by a checker */
#define SR_FORMATS_TEXT "man/strongroom-formats.5"
#endif

/* A file from the top of the tree: its bytes are sr_carry_NAME, their number sr_carry_NAME_size. */
#define TAKE_IN(name, file)                                                           \
	__asm__(".pushsection .rodata\n"                                              \
		"sr_carry_" #name ":\n"                                               \
		".incbin \"" file "\"\n"                                              \
		".Lsr_carry_" #name "_end:\n"                                         \
		".balign 8\n"                                                         \
		"sr_carry_" #name "_size:\n"                                          \
		".quad .Lsr_carry_" #name "_end - sr_carry_" #name "\n"               \
		".popsection\n");                                                     \
	extern const uint8_t sr_carry_##name[] __attribute__((visibility("hidden"))); \
	extern const uint64_t sr_carry_##name##_size __attribute__((visibility("hidden")))

TAKE_IN(formats, SR_FORMATS_TEXT);
TAKE_IN(reader, "verify/reader.py");

bool sr_export_carried(size_t i, const char **name, struct sr_bytes *text) {
	if (i == 0) {
		*name = "formats.txt";
		*text = sr_bytes_of(sr_carry_formats, (size_t)sr_carry_formats_size);
	} else if (i == 1) {
		*name = "reader.py";
		*text = sr_bytes_of(sr_carry_reader, (size_t)sr_carry_reader_size);
	}
	return i < 2;
}
