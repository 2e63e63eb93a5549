/*
 * policy_default - see policy_default.h. The files are taken in by the assembler; the Makefile says
 * that this object depends on them.
 */
#include "board/policy_default.h"

/* A file from the top of the tree: its bytes are sr_policy_NAME, their number sr_policy_NAME_size.
 */
#define TAKE_IN(name, file)                                                            \
	__asm__(".pushsection .rodata\n"                                               \
		"sr_policy_" #name ":\n"                                               \
		".incbin \"" file "\"\n"                                               \
		".Lsr_policy_" #name "_end:\n"                                         \
		".balign 8\n"                                                          \
		"sr_policy_" #name "_size:\n"                                          \
		".quad .Lsr_policy_" #name "_end - sr_policy_" #name "\n"              \
		".popsection\n");                                                      \
	extern const uint8_t sr_policy_##name[] __attribute__((visibility("hidden"))); \
	extern const uint64_t sr_policy_##name##_size __attribute__((visibility("hidden")))

TAKE_IN(source, "policy/strongroom.cedarschema");
TAKE_IN(requests, "policy/default/10-requests.cedar");
TAKE_IN(votes, "policy/default/20-votes.cedar");
TAKE_IN(decisions, "policy/default/30-decisions.cedar");
TAKE_IN(reading, "policy/default/40-reading.cedar");
TAKE_IN(material, "policy/default/50-material.cedar");
TAKE_IN(people, "policy/default/60-people.cedar");

#define FILE_ROW(file, name) \
	{ file, sr_policy_##name, &sr_policy_##name##_size }

static const struct {
	const char *name;
	const uint8_t *from;
	const uint64_t *size;
} files[] = {
	FILE_ROW("10-requests.cedar", requests),
	FILE_ROW("20-votes.cedar", votes),
	FILE_ROW("30-decisions.cedar", decisions),
	FILE_ROW("40-reading.cedar", reading),
	FILE_ROW("50-material.cedar", material),
	FILE_ROW("60-people.cedar", people),
};

struct sr_bytes sr_policy_schema(void) {
	return sr_bytes_of(sr_policy_source, (size_t)sr_policy_source_size);
}

bool sr_policy_default_file(struct sr_policy_file *out, size_t i) {
	if (i >= sizeof files / sizeof files[0])
		return false;
	out->name = files[i].name;
	out->text = sr_bytes_of(files[i].from, (size_t)*files[i].size);
	return true;
}

int sr_policy_default(struct sr_buf *out, struct sr_err *e) {
	struct sr_policy_file f;

	for (size_t i = 0; sr_policy_default_file(&f, i); i++) {
		if (i > 0)
			sr_buf_put_u8(out, '\n');
		sr_buf_put_bytes(out, f.text);
	}
	return sr_buf_ok(out, e);
}
