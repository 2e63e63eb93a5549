/*
 * banned - calls that do not compile here. Forced into every file by the Makefile (-include).
 * Constant-time comparison of secrets is sr_ct_eq; memcmp stays allowed for public bytes.
 */
#ifndef SR_BASE_BANNED_H
#define SR_BASE_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* glibc has some of them as macros, and a macro cannot be poisoned. */
#undef alloca
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol gets alloca strncpy strncat
#endif
