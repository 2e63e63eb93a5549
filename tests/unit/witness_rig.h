/*
 * witness_rig - logs that grow, and fork, for the tests of both sides of add-checkpoint; and a
 * plain HTTP client over a socket, which sends exactly the bytes it is given.
 */
#ifndef SR_TESTS_WITNESS_RIG_H
#define SR_TESTS_WITNESS_RIG_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/sign.h"
#include "merkle/addcheckpoint.h"
#include "merkle/cosignature.h"
#include "util.h"

#define RIG_ORIGIN "vault.example/log"

enum {
	RIG_LEAVES = 64
};

struct rig_log {
	struct sr_vkey vkey;
	uint8_t seed[SR_SEED];
	uint8_t leaves[RIG_LEAVES * SR_HASH];
};

/* Leaves from ${forked} on are others than in the log with 64. */
static inline void rig_log(struct rig_log *l, const char *name, uint64_t key, size_t forked) {
	uint8_t pk[SR_PK];
	struct sr_err e = {0};

	memset(l, 0, sizeof *l);
	t_fill(l->seed, SR_SEED, key);
	sr_sign_public(pk, l->seed);
	assert_ok(sr_vkey_make(&l->vkey, sr_bytes_str(name), SR_NOTE_ED25519, pk, &e), &e);
	for (size_t i = 0; i < RIG_LEAVES; i++) {
		char entry[32];

		snprintf(entry, sizeof entry, "%s %zu", i < forked ? "entry" : "other", i);
		sr_leaf_hash(l->leaves + i * SR_HASH, sr_bytes_str(entry));
	}
}

static inline void rig_root(uint8_t root[SR_HASH], const struct rig_log *l, size_t size) {
	sr_merkle_root(root, l->leaves, size);
}

/* The checkpoint of ${size} entries. */
static inline void rig_note(struct sr_buf *out, const struct rig_log *l, size_t size) {
	struct sr_checkpoint c = {.size = size};
	const struct sr_signer s = {.key = &l->vkey, .seed = l->seed};
	struct sr_err e = {0};

	snprintf(c.origin, sizeof c.origin, "%s", l->vkey.name);
	rig_root(c.root, l, size);
	assert_ok(sr_checkpoint_sign(out, &c, &s, 1, &e), &e);
}

static inline void rig_proof(
	struct sr_proof *p, const struct rig_log *l, size_t size1, size_t size2) {
	struct sr_leaf_array a = {l->leaves, RIG_LEAVES};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&a);
	struct sr_err e = {0};

	memset(p, 0, sizeof *p);
	if (size1 > 0)
		assert_ok(sr_proof_consistency(p, &nodes, size1, size2, &e), &e);
}

/* The honest request to go from ${old} to ${size}. */
static inline void rig_request(
	struct sr_buf *out, const struct rig_log *l, size_t old, size_t size) {
	struct sr_add_checkpoint r = {.old = old};
	struct sr_err e = {0};
	struct sr_buf note;

	sr_buf_init(&note);
	rig_note(&note, l, size);
	rig_proof(&r.proof, l, old, size);
	r.note = sr_buf_view(&note);
	assert_ok(sr_add_checkpoint_put(out, &r, &e), &e);
	sr_buf_free(&note);
}

/* Do ${lines} cosign the checkpoint of ${size} by ${witness}, and when? */
static inline void rig_cosigned(struct sr_bytes lines, const struct rig_log *l, size_t size,
	const struct sr_vkey *witness, uint64_t time) {
	struct sr_buf note, both;
	struct sr_note n;
	struct sr_cosigned by;
	struct sr_err e = {0};

	sr_buf_init(&note);
	sr_buf_init(&both);
	rig_note(&note, l, size);
	sr_buf_put_bytes(&both, sr_buf_view(&note));
	sr_buf_put_bytes(&both, lines);
	assert_ok(sr_note_parse(&n, sr_buf_view(&both), &e), &e);
	assert_int_equal(n.count, 2);
	assert_ok(sr_cosign_verify(&by, &n, witness, 1, &e), &e);
	assert_true(by.valid);
	assert_int_equal(by.time, time);
	sr_note_free(&n);
	sr_buf_free(&both);
	sr_buf_free(&note);
}

/* --- HTTP by hand --- */

static inline int rig_connect(uint16_t port) {
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static inline void rig_send(int fd, struct sr_bytes b) {
	while (b.len > 0) {
		ssize_t n = send(fd, b.p, b.len, MSG_NOSIGNAL);

		assert_true(n > 0);
		b = sr_bytes_of(b.p + n, b.len - (size_t)n);
	}
}

struct rig_answer {
	unsigned status; /* 0: the connection ended without an answer */
	char type[64];
	struct sr_buf all;
	struct sr_bytes head, body;
};

static inline void rig_answer_free(struct rig_answer *a) {
	sr_buf_free(&a->all);
}

static inline size_t rig_find(struct sr_bytes in, const char *what) {
	const uint8_t *p = in.len == 0 ? NULL : memmem(in.p, in.len, what, strlen(what));

	return p == NULL ? SIZE_MAX : (size_t)(p - in.p);
}

/* The value of a header into ${out}; "" if it is not there. Names as libmicrohttpd writes them. */
static inline void rig_header(char *out, size_t size, struct sr_bytes head, const char *name) {
	char want[64];
	size_t at, end;

	snprintf(want, sizeof want, "\r\n%s: ", name);
	at = rig_find(head, want);
	out[0] = '\0';
	if (at == SIZE_MAX)
		return;
	at += strlen(want);
	end = rig_find(sr_bytes_of(head.p + at, head.len - at), "\r\n");
	assert_true(end != SIZE_MAX && end < size);
	memcpy(out, head.p + at, end);
	out[end] = '\0';
}

/* Read one answer, at most ten seconds; ${no_body} for HEAD. */
static inline void rig_read(struct rig_answer *a, int fd, bool no_body) {
	size_t head = SIZE_MAX, length = 0;
	char text[32];

	memset(a, 0, sizeof *a);
	sr_buf_init(&a->all);
	for (;;) {
		uint8_t part[4096];
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (head == SIZE_MAX &&
			(head = rig_find(sr_buf_view(&a->all), "\r\n\r\n")) != SIZE_MAX) {
			head += 4;
			a->head = sr_bytes_of(a->all.p, head);
			rig_header(text, sizeof text, a->head, "Content-Length");
			length = no_body ? 0 : strtoul(text, NULL, 10);
		}
		if (head != SIZE_MAX && a->all.len >= head + length)
			break;
		if (poll(&p, 1, 10000) != 1)
			fail_msg("no answer within ten seconds (%zu bytes so far)", a->all.len);
		n = recv(fd, part, sizeof part, 0);
		if (n <= 0)
			return; /* cut */
		sr_buf_put(&a->all, part, (size_t)n);
	}
	a->head = sr_bytes_of(a->all.p, head);
	a->body = sr_bytes_of(a->all.p + head, length);
	a->status = (unsigned)strtoul((const char *)a->all.p + 9, NULL, 10);
	rig_header(a->type, sizeof a->type, a->head, "Content-Type");
}

static inline void rig_post(int fd, struct sr_bytes body) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_printf(&b,
		"POST /add-checkpoint HTTP/1.1\r\nHost: witness\r\nContent-Length: %zu\r\n\r\n",
		body.len);
	sr_buf_put_bytes(&b, body);
	rig_send(fd, sr_buf_view(&b));
	sr_buf_free(&b);
}

#endif
