/*
 * library - a library that few runs of the program need is loaded by the run that does.
 *
 * libcurl and libmicrohttpd bring 26 others along (two for TLS, LDAP, Kerberos, SSH, RTMP). Linked,
 * they were in every process, beside the keys of whoever types a command, and their loading took
 * half of the time that a short command has. What they are used for, asking witnesses and being
 * one, happens in two places.
 *
 * The caller names the functions, and calls them through pointers of its own:
 *
 *   #define NAMES(X) X(easy_init) X(easy_cleanup)
 *   #define MEMBER(name) __typeof__(curl_##name) *name;
 *   #define ENTRY(name) {"curl_" #name, &curl.name},
 *   static struct { NAMES(MEMBER) } curl;
 */
#ifndef SR_BASE_LIBRARY_H
#define SR_BASE_LIBRARY_H

#include <stddef.h>

#include "base/err.h"

struct sr_library_name {
	const char *name; /* of a function of the library */
	void *at;         /* where the pointer to it goes */
};

/* Load ${library} (its soname), which stays until the process ends, and find all of ${names}; a
 * library that is loaded already is not loaded again. UNSUPPORTED says what is missing. */
SR_MUST int sr_library_load(
	const char *library, const struct sr_library_name *names, size_t count, struct sr_err *e);

#endif
