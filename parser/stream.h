/*
 * stream - where a parser reads from and where its findings go, so that each parser is a function
 * of bytes that a test can run without a sandbox.
 */
#ifndef SR_PARSER_STREAM_H
#define SR_PARSER_STREAM_H

#include "sandbox/wire.h"

/* Bytes at any place. Short only at the end; 0 there. */
struct par_input {
	uint64_t size;
	size_t (*read)(void *ctx, uint64_t offset, void *p, size_t len);
	void *ctx;
};

/* Bytes one after the other. */
struct par_stream {
	/* Up to ${len}; 0 at the end; negative: broken, ${why} says how. */
	ptrdiff_t (*read)(void *ctx, void *p, size_t len, const char **why);
	void *ctx;
};

/* What was found. begin and data return false when a cap is reached: then nothing more is wanted,
 * and the parser returns SR_BOX_CAPPED. */
struct par_sink {
	bool (*begin)(void *ctx, const struct sr_member *m);
	void (*fact)(void *ctx, const char *key, struct sr_bytes value);
	bool (*data)(void *ctx, const void *p, size_t len);
	void (*end)(void *ctx, enum sr_box_status status, const char *reason);
	void *ctx;
};

/* How a container ended. */
struct par_result {
	enum sr_box_status status;
	char reason[SR_BOX_REASON_MAX];
};

static inline struct sr_bytes par_str(const char *s) {
	return sr_bytes_str(s);
}

#endif
