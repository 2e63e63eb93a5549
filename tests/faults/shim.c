/*
 * shim - one call to the system fails, as the test wants it, or the process dies before it.
 *
 *     LD_PRELOAD=shim.so FAULT_ROOT=FOLDER FAULT="CALL NTH[@STACK] HOW" [FAULT_NAME=PIECE]
 *             [FAULT_COUNT=FILE] [FAULT_STACKS=FILE] [FAULT_HIT=FILE] [FAULT_DEPTH=N]
 *             [FAULT_OWN=1] strongroom ...
 *
 * CALL is a name of the table below. Calls on files count when the file lies under FOLDER, and
 * PIECE is in its path; calls on sockets and pipes (`talk`), on memory and on processes count
 * always; `change` counts all that change a disk, whatever they are, and is for deaths. From the
 * NTH of them (1: the first) on: HOW is an errno (decimal), by which that one call fails; the same
 * with a `+` behind it, and all that follow fail too; `short`: of a read or write only a half (at
 * least one byte) happens; or `kill`: SIGKILL. FAULT_COUNT: at the end the number of calls of each
 * name is written there, a line each; with FAULT unset that tells how many there are.
 *
 * Most of them are one place in the code, called again. FAULT_STACKS: at the end the places are
 * written there, a line each, in no order:
 *
 *     CALL FIRST TIMES STACK FRAME...
 *
 * FIRST is the number of the first call from there (in whichever process), TIMES how many came from
 * there, STACK 16 hexadecimal digits: a hash of CALL and of the return addresses, the innermost
 * first, of which each FRAME tells one: FUNCTION+OFFSET in the program itself, as its symbol table
 * has it, so that a place keeps its name for as long as its functions are built alike; and
 * FILE+OFFSET in a library. So neither the randomisation of addresses nor code elsewhere changes
 * it. Of an address that comes again (recursion) only the first counts; of the others the innermost
 * FAULT_DEPTH (24 unless said, which is the most). FAULT_OWN: libraries are left out, and what they
 * call is called by the program's line that called them. `lost N` in the end: so many calls found
 * no room in the table.
 *
 * NTH@STACK in FAULT: it is the first call, from the NTH on, that comes from there. FAULT_HIT: the
 * first call that failed is written there, `CALL NUMBER STACK` and spaces to a line of 64 bytes, at
 * once; the file is all zeros for as long as none did.
 *
 * Only a program of the name `strongroom` and its forks fail; what they execute does not, nor what
 * the C library calls within itself. A fork goes on counting where its parent was, so in it, too,
 * there is an NTH call.
 *
 * Not for release: tests preload it into any build.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

enum call {
	OPEN,
	CREATE, /* an open that makes a file, if there is none */
	READ,
	WRITE,
	FSYNC,
	RENAME,
	UNLINK,
	MKDIR,
	TRUNCATE,
	ALLOCATE,
	LINK,
	MODE,
	STAT,
	LIST,
	LOCK,
	CLOSE,
	SOCKET, /* whatever makes a descriptor that is no file */
	CONNECT,
	TALK,
	POLL,
	FORK,
	THREAD,
	WAIT,
	SETUP, /* of a process or a descriptor: its limits, its rights, what it executes */
	MAP,
	PIN,
	RANDOM,
	MEMORY,
	CHANGE,
	CALLS
};
static const char *const names[CALLS] = {"open", "create", "read", "write", "fsync", "rename",
	"unlink", "mkdir", "truncate", "allocate", "link", "mode", "stat", "list", "lock", "close",
	"socket", "connect", "talk", "poll", "fork", "thread", "wait", "setup", "map", "pin",
	"random", "memory", "change"};

static const char *root, *piece;
static atomic_ulong counts[CALLS];
static int wanted = -1, error;
static unsigned long nth;
static bool forever, half, deadly, begun;
static uint64_t wanted_stack; /* 0: any */
static atomic_bool struck;    /* the call from wanted_stack has come */
static pid_t first;           /* children of ours keep silent: they would write over the counts */
/* What the shim itself calls, is no call of the program's. */
static _Thread_local bool within __attribute__((tls_model("initial-exec")));

/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a function */
#define REAL(name) (__extension__(__typeof__(&name)) real(#name))

static void *real(const char *name) {
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

/* --- where a call comes from --- */

enum {
	FRAMES = 24,     /* of a stack, at most */
	STEPS = 256,     /* frames that are looked at, at most: deeper is recursion */
	SLOTS = 1 << 15, /* places, at most; the most that an act has is a quarter of that */
	HIT_LEN = 64
};

struct symbol {
	uintptr_t at; /* as linked */
	size_t len;
	const char *name;
};
static struct symbol *symbols; /* functions of the program, by address; none: it is stripped */
static size_t symbol_count;

struct frame {
	uint64_t key; /* what it is called, hashed: does not change from run to run */
	uintptr_t at;
};

/* Shared with all forks, which may have no way left to write anything: made before the first. */
struct place {
	_Atomic uint64_t stack; /* 0: free */
	atomic_ulong times;
	atomic_bool filled; /* what follows */
	enum call what;
	unsigned long number;
	int depth;
	uintptr_t at[FRAMES];
};
static struct place *places; /* NULL: nobody asks */
static atomic_ulong *lost;   /* behind the last of them */
static char *hit;            /* HIT_LEN bytes, NULL: nobody asks */
static atomic_flag hit_told = ATOMIC_FLAG_INIT;
static int depth = FRAMES;
static bool own;
static uintptr_t shim_base, program_base;

static uint64_t mixed(uint64_t h, const void *p, size_t len) { /* FNV-1a */
	const unsigned char *b = p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3U;
	return h;
}

static int by_address(const void *a, const void *b) {
	const struct symbol *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static const struct symbol *symbol_of(uintptr_t linked) {
	size_t low = 0, high = symbol_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (symbols[middle].at <= linked)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || linked - symbols[low - 1].at >= symbols[low - 1].len)
		return NULL;
	return &symbols[low - 1];
}

/* The functions of the program, out of its symbol table: also those that are static. */
static void symbols_read(void) {
	struct stat st;
	const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		abort();
	const char *image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		abort();
	(void)close(fd);
	const ElfW(Ehdr) *head = (const void *)image;
	const ElfW(Shdr) *sections = (const void *)(image + head->e_shoff);
	for (int i = 0; i < head->e_shnum; i++) {
		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		const ElfW(Sym) *table = (const void *)(image + sections[i].sh_offset);
		const char *strings = image + sections[sections[i].sh_link].sh_offset;
		const size_t count = sections[i].sh_size / sizeof *table;
		symbols = calloc(count, sizeof *symbols);
		if (symbols == NULL)
			abort();
		for (size_t k = 0; k < count; k++) {
			if ((table[k].st_info & 15) == STT_FUNC && table[k].st_size > 0)
				symbols[symbol_count++] = (struct symbol){table[k].st_value,
					table[k].st_size, strings + table[k].st_name};
		}
	}
	if (symbol_count > 0)
		qsort(symbols, symbol_count, sizeof *symbols, by_address);
}

static const char *file_name(const struct link_map *map) {
	const char *slash = strrchr(map->l_name, '/');

	return slash == NULL ? map->l_name : slash + 1;
}

/* What a return address is called; false: nothing to count (see the head). */
static bool frame_of(uintptr_t at, struct frame *out) {
	struct dl_find_object found;
	uint64_t key = 0xcbf29ce484222325U;
	uintptr_t offset = at;

	out->at = at;
	if (_dl_find_object((void *)at, &found) != 0)
		return false;
	const uintptr_t base = found.dlfo_link_map->l_addr;
	if (base == shim_base)
		return false;
	offset = at - base;
	if (base != program_base) {
		if (own)
			return false;
		const char *name = file_name(found.dlfo_link_map);
		key = mixed(key, name, strlen(name));
	} else {
		const struct symbol *s = symbol_of(offset);
		if (s != NULL) {
			key = mixed(key, s->name, strlen(s->name));
			offset -= s->at;
		}
	}
	out->key = mixed(key, &offset, sizeof offset);
	return true;
}

static void frame_print(FILE *f, uintptr_t at) {
	struct dl_find_object found;

	if (_dl_find_object((void *)at, &found) != 0) {
		(void)fprintf(f, " ?");
		return;
	}
	const uintptr_t offset = at - found.dlfo_link_map->l_addr;
	const struct symbol *s =
		found.dlfo_link_map->l_addr == program_base ? symbol_of(offset) : NULL;
	if (s != NULL)
		(void)fprintf(f, " %s+%" PRIxPTR, s->name, offset - s->at);
	else
		(void)fprintf(f, " %s+%" PRIxPTR, file_name(found.dlfo_link_map), offset);
}

struct walk {
	struct frame frames[FRAMES];
	int count, steps;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *ctx) {
	struct walk *w = ctx;
	struct frame f;
	int before = 0;
	uintptr_t at = _Unwind_GetIPInfo(context, &before);

	if (at == 0 || ++w->steps > STEPS || w->count == depth)
		return _URC_END_OF_STACK;
	if (before == 0)
		at--; /* within the call: what follows it may be another function */
	if (!frame_of(at, &f))
		return _URC_NO_REASON;
	for (int i = 0; i < w->count; i++) {
		if (w->frames[i].key == f.key)
			return _URC_NO_REASON;
	}
	w->frames[w->count++] = f;
	return _URC_NO_REASON;
}

/* The stack of this call: its hash, never 0. */
static uint64_t walked(enum call what, struct walk *w) {
	uint64_t h = 0xcbf29ce484222325U;
	const int no = errno;

	w->count = 0;
	w->steps = 0;
	within = true;
	(void)_Unwind_Backtrace(step, w);
	within = false;
	errno = no;
	h = mixed(h, names[what], strlen(names[what]));
	for (int i = 0; i < w->count; i++)
		h = mixed(h, &w->frames[i].key, sizeof w->frames[i].key);
	return h == 0 ? 1 : h;
}

static void noted(enum call what, unsigned long n, uint64_t stack, const struct walk *w) {
	for (size_t i = 0; i < SLOTS; i++) {
		struct place *p = &places[(stack + i) % SLOTS];
		uint64_t there = 0;
		if (atomic_compare_exchange_strong(&p->stack, &there, stack)) {
			p->what = what;
			p->number = n;
			p->depth = w->count;
			for (int k = 0; k < w->count; k++)
				p->at[k] = w->frames[k].at;
			atomic_store(&p->filled, true);
			there = stack;
		}
		if (there == stack) {
			(void)atomic_fetch_add(&p->times, 1);
			return;
		}
	}
	(void)atomic_fetch_add(lost, 1);
}

static void hit_out(enum call what, unsigned long n, uint64_t stack) {
	char line[HIT_LEN];

	if (hit == NULL || atomic_flag_test_and_set(&hit_told))
		return;
	const int len = snprintf(line, sizeof line, "%s %lu %016" PRIx64, names[what], n, stack);
	if (len < 0 || len >= HIT_LEN)
		abort();
	memset(line + len, ' ', sizeof line - (size_t)len);
	line[HIT_LEN - 1] = '\n';
	memcpy(hit, line, sizeof line);
}

/* Whom they ask for: what must be there before the first fork. */
static void stacks_begin(void) {
	const char *text = getenv("FAULT_DEPTH"), *file = getenv("FAULT_HIT");
	const bool all = getenv("FAULT_STACKS") != NULL;
	struct dl_find_object found;

	if (!all && wanted_stack == 0 && file == NULL)
		return;
	depth = text == NULL ? FRAMES : (int)strtol(text, NULL, 10);
	own = getenv("FAULT_OWN") != NULL;
	if (depth < 1 || depth > FRAMES ||
		_dl_find_object((void *)(uintptr_t)stacks_begin, &found) != 0)
		abort();
	shim_base = found.dlfo_link_map->l_addr;
	program_base = _r_debug.r_map->l_addr; /* the program is the first in the list */
	symbols_read();
	if (all) {
		void *p = mmap(NULL, (SLOTS + 1) * sizeof *places, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			abort();
		places = p;
		lost = &places[SLOTS].times;
	}
	if (file != NULL) {
		const int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, HIT_LEN) != 0)
			abort();
		hit = mmap(NULL, HIT_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (hit == MAP_FAILED)
			abort();
		(void)close(fd);
	}
}

static void stacks_out(void) {
	const char *file = getenv("FAULT_STACKS");
	FILE *f = file == NULL || places == NULL ? NULL : fopen(file, "w");

	if (f == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		struct place *p = &places[i];
		if (!atomic_load(&p->filled))
			continue;
		(void)fprintf(f, "%s %lu %lu %016" PRIx64, names[p->what], p->number,
			atomic_load(&p->times), atomic_load(&p->stack));
		for (int k = 0; k < p->depth; k++)
			frame_print(f, p->at[k]);
		(void)fputc('\n', f);
	}
	if (atomic_load(lost) > 0)
		(void)fprintf(f, "lost %lu\n", atomic_load(lost));
	(void)fclose(f);
}

static void count_out(void) {
	const char *file = getenv("FAULT_COUNT");

	begun = false;
	if (getpid() != first)
		return;
	stacks_out();
	FILE *f = file == NULL ? NULL : fopen(file, "w");
	for (int i = 0; f != NULL && i < CALLS; i++)
		(void)fprintf(f, "%s %lu\n", names[i], atomic_load(&counts[i]));
	if (f != NULL)
		(void)fclose(f);
}

__attribute__((constructor)) static void begin(void) {
	const char *fault = getenv("FAULT");
	char name[16] = "", *end = NULL;

	if (strcmp(program_invocation_short_name, "strongroom") != 0)
		return;
	root = getenv("FAULT_ROOT");
	piece = getenv("FAULT_NAME");
	first = getpid();
	if (fault != NULL) {
		const size_t len = strcspn(fault, " ");
		if (len >= sizeof name)
			abort();
		memcpy(name, fault, len);
		for (int i = 0; i < CALLS; i++)
			wanted = strcmp(names[i], name) == 0 ? i : wanted;
		nth = strtoul(fault + len, &end, 10);
		if (*end == '@')
			wanted_stack = strtoull(end + 1, &end, 16);
		half = strcmp(end, " short") == 0;
		deadly = strcmp(end, " kill") == 0;
		error = half || deadly ? 0 : (int)strtol(end, &end, 10);
		forever = error != 0 && *end == '+';
		if (wanted < 0 || nth == 0 || (!half && !deadly && error == 0))
			abort();
	}
	stacks_begin();
	(void)atexit(count_out);
	begun = true;
}

static bool changes(enum call what) {
	return what == WRITE || what == FSYNC || what == RENAME || what == UNLINK ||
	       what == MKDIR || what == TRUNCATE || what == ALLOCATE || what == LINK ||
	       what == MODE;
}

/* Counted; is it the one? */
static bool at(enum call what) {
	const unsigned long n = atomic_fetch_add(&counts[what], 1) + 1;
	const bool mine = (int)what == wanted && n >= nth;
	struct walk w;
	uint64_t stack = 0;

	/* All that changes a disk has another name, too. */
	if (places != NULL && what != CHANGE) {
		stack = walked(what, &w);
		noted(what, n, stack, &w);
	}
	if (!mine)
		return false;
	if (wanted_stack == 0) {
		if (n != nth && !forever)
			return false;
	} else if (atomic_load(&struck)) {
		return forever;
	}
	if (stack == 0 && (wanted_stack != 0 || hit != NULL))
		stack = walked(what, &w);
	if (wanted_stack != 0) {
		if (stack != wanted_stack)
			return false;
		if (atomic_exchange(&struck, true)) /* by another thread, just now */
			return forever;
	}
	hit_out(what, n, stack);
	return true;
}

/* Is this the call? One that is to kill does so here. */
static bool due(enum call what) {
	if (!begun || within)
		return false;
	const bool change = changes(what) && at(CHANGE);
	const bool this = at(what);
	if (deadly && (this || change)) {
		(void)kill(getpid(), SIGKILL);
		for (;;)
			(void)pause();
	}
	return this;
}

static bool fails(enum call what) {
	if (!due(what) || half)
		return false;
	errno = error;
	return true;
}

static bool beneath(const char *path) {
	const size_t len = root == NULL ? 0 : strlen(root);

	return len > 0 && strncmp(path, root, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0') &&
	       (piece == NULL || strstr(path, piece) != NULL);
}

/* The path of a descriptor, at most ${size} - 1 bytes of it and a zero; how many, 0: none. */
static size_t path_of(int fd, char *path, size_t size) {
	const int no = errno;
	ssize_t n = 0;
	char link[64];

	if (fd == AT_FDCWD) {
		n = getcwd(path, size) == NULL ? 0 : (ssize_t)strlen(path);
	} else {
		(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = readlink(link, path, size - 1);
	}
	errno = no;
	if (n <= 0)
		return 0;
	path[n] = '\0';
	return (size_t)n;
}

/* What a descriptor is: nothing of ours, a file under the folder, a socket or pipe. */
enum thing {
	NOTHING,
	FILE_OF_OURS,
	CHANNEL
};

static enum thing thing(int fd) {
	char path[PATH_MAX];

	if (!begun || path_of(fd, path, sizeof path) == 0)
		return NOTHING;
	/* Standard output and errors are the test's. */
	if (fd > STDERR_FILENO &&
		(strncmp(path, "socket:", 7) == 0 || strncmp(path, "pipe:", 5) == 0))
		return CHANNEL;
	return beneath(path) ? FILE_OF_OURS : NOTHING;
}

/* Does ${fd} lie under the folder? */
static bool ours(int fd) {
	return thing(fd) == FILE_OF_OURS;
}

/* Does ${name}, as seen from the folder ${fd}? */
static bool named(int fd, const char *name) {
	char path[PATH_MAX];

	if (!begun || root == NULL)
		return false;
	if (name[0] == '/')
		return beneath(name);
	const size_t len = path_of(fd, path, sizeof path);
	return len > 0 &&
	       (size_t)snprintf(path + len, sizeof path - len, "/%s", name) < sizeof path - len &&
	       beneath(path);
}

static enum call opening(int flags) {
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? CREATE : OPEN;
}

static size_t some(enum call what, size_t len) {
	return due(what) && half && len > 1 ? len / 2 : len;
}

/* What may be due for a call on ${fd}: a failure, or less than ${len}. */
static bool stopped(enum call what, int fd, size_t *len) {
	const enum thing t = thing(fd);

	if (t == NOTHING)
		return false;
	if (t == CHANNEL)
		what = TALK;
	if (!half)
		return fails(what);
	*len = some(what, *len);
	return false;
}

int open(const char *name, int flags, ...) {
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (named(AT_FDCWD, name) && fails(opening(flags)))
		return -1;
	return REAL(open)(name, flags, mode);
}

FILE *fopen(const char *name, const char *mode) {
	const enum call what = strchr(mode, 'r') != NULL ? OPEN : CREATE;

	return named(AT_FDCWD, name) && fails(what) ? NULL : REAL(fopen)(name, mode);
}

int openat(int fd, const char *name, int flags, ...) {
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (named(fd, name) && fails(opening(flags)))
		return -1;
	return REAL(openat)(fd, name, flags, mode);
}

/* openat2 has no wrapper in the C library, and libsodium asks for randomness by number. */
long syscall(long number, ...) {
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
#ifdef SYS_openat2
	if (number == SYS_openat2) {
		const void *name = NULL, *at = NULL;
		struct open_how how;
		memcpy(&name, &a[1], sizeof name);
		memcpy(&at, &a[2], sizeof at);
		memcpy(&how, at, sizeof how);
		if (named((int)a[0], name) && fails(opening((int)how.flags)))
			return -1;
	}
#endif
	if (number == SYS_getrandom && fails(RANDOM))
		return -1;
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t pread(int fd, void *p, size_t len, off_t offset) {
	if (stopped(READ, fd, &len))
		return -1;
	return REAL(pread)(fd, p, len, offset);
}

ssize_t read(int fd, void *p, size_t len) {
	if (stopped(READ, fd, &len))
		return -1;
	return REAL(read)(fd, p, len);
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t offset) {
	if (stopped(WRITE, fd, &len))
		return -1;
	return REAL(pwrite)(fd, p, len, offset);
}

ssize_t write(int fd, const void *p, size_t len) {
	if (stopped(WRITE, fd, &len))
		return -1;
	return REAL(write)(fd, p, len);
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the C library's names */

/* What a fortified program calls. */
int __openat_2(int fd, const char *name, int flags);
int __open_2(const char *name, int flags);
char *__realpath_chk(const char *name, char *out, size_t room);

int __openat_2(int fd, const char *name, int flags) {
	return named(fd, name) && fails(OPEN) ? -1 : REAL(__openat_2)(fd, name, flags);
}

int __open_2(const char *name, int flags) {
	return named(AT_FDCWD, name) && fails(OPEN) ? -1 : REAL(__open_2)(name, flags);
}

char *__realpath_chk(const char *name, char *out, size_t room) {
	return named(AT_FDCWD, name) && fails(STAT) ? NULL : REAL(__realpath_chk)(name, out, room);
}

ssize_t __pread_chk(int fd, void *p, size_t len, off_t offset, size_t room);
ssize_t __read_chk(int fd, void *p, size_t len, size_t room);

ssize_t __pread_chk(int fd, void *p, size_t len, off_t offset, size_t room) {
	if (len > room)
		abort();
	return pread(fd, p, len, offset);
}

ssize_t __read_chk(int fd, void *p, size_t len, size_t room) {
	if (len > room)
		abort();
	return read(fd, p, len);
}

int fsync(int fd) {
	return ours(fd) && fails(FSYNC) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
	return ours(fd) && fails(FSYNC) ? -1 : REAL(fdatasync)(fd);
}

int syncfs(int fd) {
	return ours(fd) && fails(FSYNC) ? -1 : REAL(syncfs)(fd);
}

int renameat(int from, const char *old, int to, const char *name) {
	return named(from, old) && fails(RENAME) ? -1 : REAL(renameat)(from, old, to, name);
}

int renameat2(int from, const char *old, int to, const char *name, unsigned flags) {
	return named(from, old) && fails(RENAME) ? -1 : REAL(renameat2)(from, old, to, name, flags);
}

int unlinkat(int fd, const char *name, int flags) {
	return named(fd, name) && fails(UNLINK) ? -1 : REAL(unlinkat)(fd, name, flags);
}

int unlink(const char *name) {
	return named(AT_FDCWD, name) && fails(UNLINK) ? -1 : REAL(unlink)(name);
}

int mkdirat(int fd, const char *name, mode_t mode) {
	return named(fd, name) && fails(MKDIR) ? -1 : REAL(mkdirat)(fd, name, mode);
}

int mkdir(const char *name, mode_t mode) {
	return named(AT_FDCWD, name) && fails(MKDIR) ? -1 : REAL(mkdir)(name, mode);
}

int linkat(int from, const char *old, int to, const char *name, int flags) {
	return named(to, name) && fails(LINK) ? -1 : REAL(linkat)(from, old, to, name, flags);
}

int ftruncate(int fd, off_t size) {
	return ours(fd) && fails(TRUNCATE) ? -1 : REAL(ftruncate)(fd, size);
}

int fallocate(int fd, int mode, off_t offset, off_t len) {
	return ours(fd) && fails(ALLOCATE) ? -1 : REAL(fallocate)(fd, mode, offset, len);
}

int posix_fallocate(int fd, off_t offset, off_t len) {
	return ours(fd) && fails(ALLOCATE) ? errno : REAL(posix_fallocate)(fd, offset, len);
}

int fchmod(int fd, mode_t mode) {
	return ours(fd) && fails(MODE) ? -1 : REAL(fchmod)(fd, mode);
}

int fchmodat(int fd, const char *name, mode_t mode, int flags) {
	return named(fd, name) && fails(MODE) ? -1 : REAL(fchmodat)(fd, name, mode, flags);
}

int fstat(int fd, struct stat *st) {
	return ours(fd) && fails(STAT) ? -1 : REAL(fstat)(fd, st);
}

int fstatat(int fd, const char *name, struct stat *st, int flags) {
	return named(fd, name) && fails(STAT) ? -1 : REAL(fstatat)(fd, name, st, flags);
}

int lstat(const char *name, struct stat *st) {
	return named(AT_FDCWD, name) && fails(STAT) ? -1 : REAL(lstat)(name, st);
}

char *realpath(const char *name, char *out) {
	return named(AT_FDCWD, name) && fails(STAT) ? NULL : REAL(realpath)(name, out);
}

ssize_t readlink(const char *name, char *out, size_t size) {
	return named(AT_FDCWD, name) && fails(STAT) ? -1 : REAL(readlink)(name, out, size);
}

ssize_t readlinkat(int fd, const char *name, char *out, size_t size) {
	return named(fd, name) && fails(STAT) ? -1 : REAL(readlinkat)(fd, name, out, size);
}

int access(const char *name, int mode) {
	return named(AT_FDCWD, name) && fails(STAT) ? -1 : REAL(access)(name, mode);
}

off_t lseek(int fd, off_t offset, int whence) {
	return ours(fd) && fails(STAT) ? -1 : REAL(lseek)(fd, offset, whence);
}

/* What was to be written is not, perhaps; but the descriptor is gone. */
int close(int fd) {
	const bool broken = ours(fd) && fails(CLOSE);
	const int no = errno, rc = REAL(close)(fd);

	if (!broken)
		return rc;
	errno = no;
	return -1;
}

DIR *opendir(const char *name) {
	return named(AT_FDCWD, name) && fails(LIST) ? NULL : REAL(opendir)(name);
}

int scandir(const char *name, struct dirent ***out, int (*chosen)(const struct dirent *),
	int (*order)(const struct dirent **, const struct dirent **)) {
	return named(AT_FDCWD, name) && fails(LIST) ? -1 : REAL(scandir)(name, out, chosen, order);
}

DIR *fdopendir(int fd) {
	return ours(fd) && fails(LIST) ? NULL : REAL(fdopendir)(fd);
}

struct dirent *readdir(DIR *d) {
	return ours(dirfd(d)) && fails(LIST) ? NULL : REAL(readdir)(d);
}

int fcntl(int fd, int cmd, ...) {
	va_list args;

	va_start(args, cmd);
	void *arg = va_arg(args, void *);
	va_end(args);
	const bool lock = cmd == F_SETLK || cmd == F_SETLKW || cmd == F_OFD_SETLK;
	return lock && ours(fd) && fails(LOCK) ? -1 : REAL(fcntl)(fd, cmd, arg);
}

/* --- descriptors that are no files, and what goes over them --- */

int socket(int domain, int type, int protocol) {
	return fails(SOCKET) ? -1 : REAL(socket)(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2]) {
	return fails(SOCKET) ? -1 : REAL(socketpair)(domain, type, protocol, fds);
}

int pipe2(int fds[2], int flags) {
	return fails(SOCKET) ? -1 : REAL(pipe2)(fds, flags);
}

int eventfd(unsigned first_value, int flags) {
	return fails(SOCKET) ? -1 : REAL(eventfd)(first_value, flags);
}

int signalfd(int fd, const sigset_t *set, int flags) {
	return fails(SOCKET) ? -1 : REAL(signalfd)(fd, set, flags);
}

int memfd_create(const char *name, unsigned flags) {
	return fails(SOCKET) ? -1 : REAL(memfd_create)(name, flags);
}

int accept4(int fd, __SOCKADDR_ARG a, socklen_t *len, int flags) {
	return fails(SOCKET) ? -1 : REAL(accept4)(fd, a, len, flags);
}

int dup(int fd) {
	return fails(SOCKET) ? -1 : REAL(dup)(fd);
}

int connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t len) {
	return fails(CONNECT) ? -1 : REAL(connect)(fd, a, len);
}

int bind(int fd, __CONST_SOCKADDR_ARG a, socklen_t len) {
	return fails(CONNECT) ? -1 : REAL(bind)(fd, a, len);
}

int listen(int fd, int backlog) {
	return fails(CONNECT) ? -1 : REAL(listen)(fd, backlog);
}

ssize_t recv(int fd, void *p, size_t len, int flags) {
	if (stopped(TALK, fd, &len))
		return -1;
	return REAL(recv)(fd, p, len, flags);
}

ssize_t send(int fd, const void *p, size_t len, int flags) {
	if (stopped(TALK, fd, &len))
		return -1;
	return REAL(send)(fd, p, len, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
	return !half && fails(TALK) ? -1 : REAL(recvmsg)(fd, m, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
	return !half && fails(TALK) ? -1 : REAL(sendmsg)(fd, m, flags);
}

int poll(struct pollfd *p, nfds_t n, int ms) {
	return fails(POLL) ? -1 : REAL(poll)(p, n, ms);
}

int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room);

int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room) {
	if (room / sizeof *p < n)
		abort();
	return poll(p, n, ms);
}

/* --- processes, threads --- */

pid_t fork(void) {
	return fails(FORK) ? -1 : REAL(fork)();
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attr, char *const argv[], char *const envp[]) {
	return fails(FORK) ? errno : REAL(posix_spawn)(pid, path, actions, attr, argv, envp);
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg) {
	return fails(THREAD) ? errno : REAL(pthread_create)(t, attr, run, arg);
}

pid_t waitpid(pid_t pid, int *status, int options) {
	return fails(WAIT) ? -1 : REAL(waitpid)(pid, status, options);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
	return fails(WAIT) ? -1 : REAL(waitid)(type, id, info, options);
}

int execve(const char *path, char *const argv[], char *const envp[]) {
	return fails(SETUP) ? -1 : REAL(execve)(path, argv, envp);
}

int prctl(int option, ...) {
	unsigned long a[4];
	va_list args;

	va_start(args, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(args, unsigned long);
	va_end(args);
	return fails(SETUP) ? -1 : REAL(prctl)(option, a[0], a[1], a[2], a[3]);
}

int getrlimit(__rlimit_resource_t what, struct rlimit *out) {
	return fails(SETUP) ? -1 : REAL(getrlimit)(what, out);
}

int setrlimit(__rlimit_resource_t what, const struct rlimit *limit) {
	return fails(SETUP) ? -1 : REAL(setrlimit)(what, limit);
}

int setpgid(pid_t pid, pid_t group) {
	return fails(SETUP) ? -1 : REAL(setpgid)(pid, group);
}

int dup2(int from, int to) {
	return fails(SETUP) ? -1 : REAL(dup2)(from, to);
}

int close_range(unsigned from, unsigned to, int flags) {
	return fails(SETUP) ? -1 : REAL(close_range)(from, to, flags);
}

int setsockopt(int fd, int level, int name, const void *p, socklen_t len) {
	return fails(SETUP) ? -1 : REAL(setsockopt)(fd, level, name, p, len);
}

int getsockopt(int fd, int level, int name, void *p, socklen_t *len) {
	return fails(SETUP) ? -1 : REAL(getsockopt)(fd, level, name, p, len);
}

/* --- memory, randomness --- */

void *mmap(void *p, size_t len, int prot, int flags, int fd, off_t offset) {
	return fails(MAP) ? MAP_FAILED : REAL(mmap)(p, len, prot, flags, fd, offset);
}

int mprotect(void *p, size_t len, int prot) {
	return fails(MAP) ? -1 : REAL(mprotect)(p, len, prot);
}

int mlock(const void *p, size_t len) {
	return fails(PIN) ? -1 : REAL(mlock)(p, len);
}

int madvise(void *p, size_t len, int advice) {
	return fails(PIN) ? -1 : REAL(madvise)(p, len, advice);
}

ssize_t getrandom(void *p, size_t len, unsigned flags) {
	return fails(RANDOM) ? -1 : REAL(getrandom)(p, len, flags);
}

/* Memory: the C library's own names for the real ones, since dlsym itself takes some. */
extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *p, size_t len);

void *malloc(size_t len) {
	return fails(MEMORY) ? NULL : __libc_malloc(len);
}

void *calloc(size_t count, size_t len) {
	return fails(MEMORY) ? NULL : __libc_calloc(count, len);
}

void *realloc(void *p, size_t len) {
	return fails(MEMORY) ? NULL : __libc_realloc(p, len);
}

void *aligned_alloc(size_t alignment, size_t len) {
	return fails(MEMORY) ? NULL : REAL(aligned_alloc)(alignment, len);
}

int posix_memalign(void **out, size_t alignment, size_t len) {
	return fails(MEMORY) ? errno : REAL(posix_memalign)(out, alignment, len);
}

/* Libraries that are built for large files call these by their other names. */
#define ALSO(name) __attribute__((alias(#name)))
int open64(const char *name, int flags, ...) ALSO(open);
int openat64(int fd, const char *name, int flags, ...) ALSO(openat);
FILE *fopen64(const char *name, const char *mode) ALSO(fopen);
ssize_t pread64(int fd, void *p, size_t len, off_t offset) ALSO(pread);
ssize_t pwrite64(int fd, const void *p, size_t len, off_t offset) ALSO(pwrite);
int ftruncate64(int fd, off_t size) ALSO(ftruncate);
int fallocate64(int fd, int mode, off_t offset, off_t len) ALSO(fallocate);
off_t lseek64(int fd, off_t offset, int whence) ALSO(lseek);
void *mmap64(void *p, size_t len, int prot, int flags, int fd, off_t offset) ALSO(mmap);

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
