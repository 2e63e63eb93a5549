/*
 * util - what unit tests share: cmocka, assertions on results, temporary folders, bytes, and where
 * the vectors lie.
 *
 * A test asserts success with assert_ok and failure with assert_fails, by code AND by a piece of
 * the sentence. Temporary folders are made under $TMPDIR (or /tmp) and removed with everything in
 * them, whatever its mode.
 */
#ifndef SR_TESTS_UTIL_H
#define SR_TESTS_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define T_ON_VALGRIND (RUNNING_ON_VALGRIND != 0)
#else
#define T_ON_VALGRIND false
#endif

#include "base/bytes.h"

enum {
	T_PATH = 4200 /* bytes of a path made here, with the NUL */
};

#define T_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ${rc} must be 0; the error's text is printed otherwise. ${e}: struct sr_err *. */
#define assert_ok(rc, e) t_assert_ok((rc), (e), #rc, __FILE__, __LINE__)
/* ${rc} and ${e}'s code must be ${want}, and ${e}'s text must contain ${piece} (NULL: any text but
 * the empty one). */
#define assert_fails(rc, want, e, piece) \
	t_assert_fails((rc), (want), (e), (piece), __FILE__, __LINE__)

void t_assert_ok(int rc, const struct sr_err *e, const char *what, const char *file, int line);
void t_assert_fails(int rc, enum sr_code want, const struct sr_err *e, const char *piece,
	const char *file, int line);

/* End a forked child at once. What it holds then is no leak, and nothing is to look for one:
 * under a checker (SR_WRAPPED, scripts/check) another program takes its place and ends. */
_Noreturn void t_exit(int status);

/* A new folder; the caller frees the path with t_tmp_remove, which removes the whole tree. */
char *t_tmp_new(void);
void t_tmp_remove(char *path);
/* From now on such folders lie in memory, where there is room for them (and ON_DISK is not set):
 * for tests that commit thousands of times and are not about what a disk keeps. NULL: they do not;
 * what it returns goes to t_tmp_remove at the end of the program. */
char *t_tmp_in_memory(void);
/* "${dir}/${name}" in one of eight static buffers. */
const char *t_path(const char *dir, const char *name);
/* Whole files, straight through stdio: for what a test plants or looks at behind the library's
 * back. */
void t_write_file(const char *path, const void *p, size_t len);
void t_read_file(const char *path, struct sr_buf *out);
bool t_exists(const char *path);
/* Entries of a folder but "." and "..". */
size_t t_count_entries(const char *path);

/* Bytes from hex (spaces allowed between digits) into ${out} of ${size} bytes; returns how many.
 * Fails the test otherwise. */
size_t t_hex(void *out, size_t size, const char *hex);

/* Repeatable bytes that look random (splitmix64 of ${seed}); the same seed gives the same bytes for
 * every length. */
void t_fill(void *p, size_t len, uint64_t seed);
/* A repeatable number below ${bound} (> 0), moving ${seed} on. */
uint64_t t_rand(uint64_t *seed, uint64_t bound);

/* "${SR_VECTORS}/${name}" in a static buffer, or the test is skipped when the file or folder is not
 * there. */
const char *t_vector(const char *name);

/*
 * For formats: call ${check} with every strict prefix of ${good}, and with ${good} with one bit
 * flipped, for every bit. Each copy lies in an allocation of exactly its length, so that a
 * sanitizer sees a read past the end.
 * ${what} passed to ${check} says which one it is ("cut to 17 of 40 bytes", "bit 3 of byte 12
 * flipped").
 */
typedef void t_mutant_fn(void *ctx, struct sr_bytes mutant, const char *what);
void t_each_cut(struct sr_bytes good, t_mutant_fn *check, void *ctx);
void t_each_flip(struct sr_bytes good, t_mutant_fn *check, void *ctx);

/* How many fault points a walk over all of them goes at once: ${usual} in make check, 1 when
 * $SR_EVERY_STEP is set (tests/soak/every-step.sh). */
unsigned long t_stride(unsigned long usual);

#endif
