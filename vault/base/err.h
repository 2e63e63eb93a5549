/*
 * err - what went wrong, in one code and one sentence.
 *
 * Every fallible function returns 0 or a negative enum sr_code and takes `struct sr_err *e` last.
 * The function that sees the fact states it once, with numbers (sr_fail); each level above that
 * knows a noun puts it in front (sr_wrap):
 *
 *     deposit: item 3f2a: block 7 of 12 (offset 7340032): tag does not verify
 *
 * `e` may be NULL; the code is then all that the caller learns. Text is always terminated and never
 * holds a secret; bytes from outside go through sr_escape (base/escape.h) before they get here.
 */
#ifndef SR_BASE_ERR_H
#define SR_BASE_ERR_H

#include <stdarg.h>

/* A caller that ignores the result of such a function does not compile. */
#define SR_MUST __attribute__((warn_unused_result))
#define SR_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum sr_code {
	SR_OK = 0,
	SR_NOMEM = -1,        /* memory, or an address space limit */
	SR_IO = -2,           /* the operating system refused: errno is in the text */
	SR_CORRUPT = -3,      /* bytes break a format */
	SR_AUTH = -4,         /* a tag, commitment, proof or signature is wrong */
	SR_NOTFOUND = -5,     /* no such thing */
	SR_EXISTS = -6,       /* it is there already */
	SR_LOCKED = -7,       /* another process or session holds it */
	SR_LIMIT = -8,        /* a limit of base/limits.h, or a full disk */
	SR_DENIED = -9,       /* a rule says no */
	SR_MISUSE = -10,      /* our own bug, or a call in the wrong state */
	SR_UNSUPPORTED = -11, /* a newer format, or a part that is not here */
	SR_USAGE = -12        /* the person's command line or form is off */
};

struct sr_err {
	enum sr_code code;
	int no; /* errno of what the system refused, under every wrap; 0: nothing that it did */
	char text[768];
};

/* Set ${e} to ${code} and the formatted sentence; returns ${code}. An earlier error in ${e} is
 * replaced. */
int sr_fail(struct sr_err *e, enum sr_code code, const char *fmt, ...) SR_PRINTF(3, 4);

/* As sr_fail with SR_IO (SR_LIMIT for ENOSPC, EDQUOT; SR_NOMEM for ENOMEM), ": " and
 * strerror(errno) appended; errno stays, and is in ${e}->no. */
int sr_fail_errno(struct sr_err *e, const char *fmt, ...) SR_PRINTF(2, 3);

/* Put "<formatted>: " in front of ${e}'s text; returns ${e}'s code, or SR_MISUSE if ${e} is NULL or
 * holds none: callers that may have e == NULL use `rc` of the inner call instead. */
int sr_wrap(struct sr_err *e, const char *fmt, ...) SR_PRINTF(2, 3);

/* These three never return 0; the compilers are told, so that they see that a caller which goes on
 * after rc == 0 has its values. */
static inline int sr_failed(int rc) {
	if (rc >= 0)
		__builtin_unreachable();
	return rc;
}
#define sr_fail(...) sr_failed((sr_fail)(__VA_ARGS__))
#define sr_fail_errno(...) sr_failed((sr_fail_errno)(__VA_ARGS__))
#define sr_wrap(...) sr_failed((sr_wrap)(__VA_ARGS__))

void sr_err_clear(struct sr_err *e);

/* "NOMEM", "IO", ... for ${code}; a static string. */
const char *sr_code_name(enum sr_code code);

/* The one table of codes: exit status of the command (0 ok, 1 refused, 2 usage, 3 damaged, 4
 * locked, 5 system). */
int sr_code_exit(enum sr_code code);

/* The same for HTTP (403, 404, 409, 413, 423, 500, ...). */
int sr_code_http(enum sr_code code);

#endif
