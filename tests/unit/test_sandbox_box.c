/*
 * box: our parser behind its walls, on input in memory and input that is asked for; every attempt
 * to get out, which must be held; and a parser that lies in every way, which its parent survives
 * and names. Needs bubblewrap and user namespaces, and says so where they are missing.
 */
#include "util.h"

#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/time.h"
#include "mounts.h"
#include "sandbox/box.h"
#include "sandbox/walls.h"

static struct sr_err e;
static struct sr_launcher *fake, *hello, *real;

static struct sr_box_options usual(enum sr_box_what what) {
	struct sr_box_options o = {
		.job = {.what = what, .members = 100, .bytes = 1 << 20, .depth = 8},
		.limits = sr_box_limits_usual(),
	};

	o.limits.wall_ms = 20000;
	return o;
}

static void need(const struct sr_launcher *l) {
	if (l == NULL) {
		print_message("skipped: no sandbox here: %s\n", e.text);
		skip();
	}
}

/* All frames of one input: how it ends; the last of them in ${last}. */
struct told {
	size_t members, facts, ends;
	uint64_t bytes;
	char status[16], reason[400], attempt[100], through[300], type[100];
};

static bool by_try; /* as a loop that has other things to do, too, takes it */

static int next(struct sr_box *b, struct sr_frame *f) {
	bool got = false;
	int rc = by_try ? sr_box_try(b, f, &got, &e) : sr_box_next(b, f, &e);

	while (by_try && rc == 0 && !got) {
		(void)poll(NULL, 0, 1);
		rc = sr_box_try(b, f, &got, &e);
	}
	return rc;
}

static int run(struct sr_launcher *l, const struct sr_box_options *o, struct sr_bytes input,
	struct told *t) {
	struct sr_box_input in = sr_box_input_bytes(&input);
	struct sr_box *b = NULL;
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	int rc = sr_box_begin(&b, l, &in, o, &e);

	memset(t, 0, sizeof *t);
	while (rc == 0 && f.type != SR_FRAME_DONE) {
		rc = next(b, &f);
		if (rc != 0)
			break;
		t->members += f.type == SR_FRAME_MEMBER;
		t->facts += f.type == SR_FRAME_FACT;
		t->ends += f.type == SR_FRAME_END;
		t->bytes += f.type == SR_FRAME_DATA ? f.data.len : 0;
		if (f.type == SR_FRAME_FACT && sr_bytes_eq(f.key, sr_bytes_str("attempt")))
			snprintf(
				t->attempt, sizeof t->attempt, "%.*s", (int)f.value.len, f.value.p);
		if (f.type == SR_FRAME_FACT && sr_bytes_eq(f.key, sr_bytes_str("through")))
			snprintf(
				t->through, sizeof t->through, "%.*s", (int)f.value.len, f.value.p);
		if (f.type == SR_FRAME_FACT && sr_bytes_eq(f.key, sr_bytes_str("media-type")))
			snprintf(t->type, sizeof t->type, "%.*s", (int)f.value.len, f.value.p);
		if (f.type == SR_FRAME_DONE || f.type == SR_FRAME_END) {
			snprintf(t->status, sizeof t->status, "%s", sr_box_status_name(f.status));
			snprintf(
				t->reason, sizeof t->reason, "%.*s", (int)f.reason.len, f.reason.p);
		}
	}
	struct sr_err again = {0};
	if (rc == 0)
		assert_fails(sr_box_next(b, &f, &again), SR_MISUSE, &again, "the parser is done");
	else if (b != NULL)
		assert_int_equal(sr_box_next(b, &f, NULL), rc); /* sticky */
	sr_box_free(b);
	return rc;
}

/* --- a parser that lies --- */

static void lies(void **state) {
	static const struct {
		const char *input;
		int rc;
		const char *text;
	} cases[] = {
		{"a", 0, NULL},
		{"x", 0, NULL}, /* what comes after done is never read */
		{"e", SR_CORRUPT, "ended without an answer"},
		{"g", SR_CORRUPT, "ended without an answer"},
		{"c", SR_CORRUPT, "ended without an answer"},
		{"0", SR_CORRUPT, "ended without an answer"},
		{"M0", SR_CORRUPT, "a member of kind 0"},
		{"M1", SR_CORRUPT, "a member of kind 6"},
		{"M2", SR_CORRUPT, "a member at depth 0"},
		{"M3", SR_CORRUPT, "a member at depth 33"},
		{"M4", SR_CORRUPT, "did not ask for"},
		{"M5", SR_CORRUPT, "broke the protocol"},
		{"M6", SR_CORRUPT, "broke the protocol"},
		{"M7", SR_CORRUPT, "broke the protocol"},
		{"M8", SR_CORRUPT, "broke the protocol"},
		{"M9", SR_CORRUPT, "a member without a path"},
		{"v", 0, NULL},
		{"Ba", SR_CORRUPT, "broke the protocol"},
		{"Bb", SR_CORRUPT, "broke the protocol"},
		{"Bc", SR_CORRUPT, "a fact without a key"},
		{"Bd", SR_CORRUPT, "broke the protocol"},
		{"Be", SR_CORRUPT, "broke the protocol"},
		{"Bf", SR_CORRUPT, "broke the protocol"},
		{"Bg", SR_CORRUPT, "status 255"},
		{"Bh", SR_CORRUPT, "broke the protocol"},
		{"Bi", SR_CORRUPT, "a reason that is no UTF-8"},
		{"Bj", SR_CORRUPT, "broke the protocol"},
		{"Bk", SR_CORRUPT, "broke the protocol"},
		{"Bl", SR_CORRUPT, "a read of 65537 bytes"},
		{"Bm", SR_CORRUPT, "a read of 4294967295 bytes"},
		{"Bn", SR_CORRUPT, "broke the protocol"},
		{"Bo", SR_CORRUPT, "broke the protocol"},
		{"Bp", SR_CORRUPT, "broke the protocol"},
		{"Bq", SR_CORRUPT, "broke the protocol"},
		{"Br", SR_CORRUPT, "none of a parser's"},
		{"Bs", SR_CORRUPT, "job 255, want 1 to"},
		{"Bt", SR_CORRUPT, "languages that are no words between plus signs"},
		{"Bu", SR_CORRUPT, "languages that are no words between plus signs"},
		{"Bv", SR_CORRUPT, "broke the protocol"},
		{"Bw", SR_CORRUPT, "broke the protocol"},
		{"Bx", SR_CORRUPT, "65540 bytes of data, want 1 to 65536"},
		{"B1", SR_CORRUPT, "or has controls in it"},
		{"B2", SR_CORRUPT, "or has controls in it"},
		{"B3", SR_CORRUPT, "or has controls in it"},
		{"B4", SR_CORRUPT, "or has controls in it"},
		{"D", SR_CORRUPT, "data of no member"},
		{"E", SR_CORRUPT, "the end of no member"},
		{"T", SR_CORRUPT, "a member begins in a member"},
		{"Z", SR_CORRUPT, "done within a member"},
		{"m", SR_LIMIT, "more than 100 members"},
		{"d", SR_LIMIT, "more than 1048576 bytes"},
		{"f", SR_CORRUPT, "too many facts"},
		{"L", SR_CORRUPT, "a frame of 65560 bytes"},
		{"S", SR_CORRUPT, "0 bytes of data"},
		{"U", SR_CORRUPT, "a frame of type 0x78"},
		{"H", SR_CORRUPT, "none of a parser's"},
		{"J", SR_CORRUPT, "none of a parser's"},
		{"R", SR_CORRUPT, "outside of its input"},
		{"r", SR_CORRUPT, "outside of its input"},
		{"O", SR_CORRUPT, "outside of its input"},
		{"l", SR_CORRUPT, "a read of 0 bytes"},
		{"k", SR_CORRUPT, "in the key of a fact"},
		{"u", SR_CORRUPT, "no UTF-8"},
		{"s", SR_CORRUPT, "status 9"},
	};
	struct sr_box_options o = usual(SR_BOX_UNPACK);
	struct told t;

	(void)state;
	need(fake);
	for (size_t i = 0; i < 2 * T_COUNT(cases); i++) {
		const size_t k = i % T_COUNT(cases);
		int rc;

		by_try = i >= T_COUNT(cases);
		rc = run(fake, &o, sr_bytes_str(cases[k].input), &t);
		by_try = false;
		if (rc != cases[k].rc)
			fail_msg("%s: %d (%s)", cases[k].input, rc, e.text);
		if (rc != 0)
			assert_fails(rc, (enum sr_code)cases[k].rc, &e, cases[k].text);
	}
	/* What it must not send at all when only identifying is asked for. */
	o = usual(SR_BOX_IDENTIFY);
	assert_fails(run(fake, &o, sr_bytes_str("a"), &t), SR_CORRUPT, &e, "did not ask for");
}

/* It is of another version, before anything is handed to it. */
static void other_version(void **state) {
	struct sr_box_options o = usual(SR_BOX_UNPACK);
	struct told t;

	(void)state;
	need(hello);
	for (int i = 0; i < 2; i++) {
		by_try = i == 1;
		assert_fails(run(hello, &o, sr_bytes_str("a"), &t), SR_CORRUPT, &e,
			"hello in another version (4294967295, want");
		by_try = false;
		assert_int_equal(t.members + t.facts + t.ends, 0);
	}
}

static void never_ends(void **state) {
	static const char *const inputs[] = {"n", "q", "p"};
	struct sr_box_options o = usual(SR_BOX_UNPACK);
	struct told t;

	(void)state;
	need(fake);
	o.limits.wall_ms = 700;
	for (size_t i = 0; i < 2 * T_COUNT(inputs); i++) {
		const char *input = inputs[i % T_COUNT(inputs)];
		const uint64_t before = sr_mono_ms();
		o.ask = strcmp(input, "p") == 0;

		by_try = i >= T_COUNT(inputs);
		assert_fails(run(fake, &o, sr_bytes_str(input), &t), SR_LIMIT, &e,
			"took longer than 700 ms");
		by_try = false;
		assert_true(sr_mono_ms() - before < 5000);
	}
	/* The clock stands still while we do something else. */
	o.ask = false;
	o.limits.wall_ms = 2000;
	const struct sr_bytes fine = sr_bytes_str("a");
	const struct sr_box_input in = sr_box_input_bytes(&fine);
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct sr_box *b = NULL;
	assert_ok(sr_box_begin(&b, fake, &in, &o, &e), &e);
	(void)usleep(2500000);
	while (f.type != SR_FRAME_DONE)
		assert_ok(sr_box_next(b, &f, &e), &e);
	sr_box_free(b);
	/* One that burns the processor is ended by its own limit, long before the clock's. */
	o.limits.wall_ms = 60000;
	o.limits.cpu_s = 1;
	assert_fails(
		run(fake, &o, sr_bytes_str("C"), &t), SR_CORRUPT, &e, "ended without an answer");
}

/* --- ours --- */

static void escapes(void **state) {
	const struct sr_bytes input = sr_bytes_str("something");
	struct sr_box_options o = usual(SR_BOX_ESCAPE);
	size_t tried = 0;
	struct told t;

	(void)state;
	need(real);
	for (unsigned i = 0; i < 200; i++) {
		o.job.argument = (uint8_t)(i / 2);
		o.limits.tools = (enum sr_box_tools)(i % SR_TOOLS_COUNT); /* behind all walls */
		const int rc = run(real, &o, input, &t);

		if (rc == 0 && strcmp(t.status, "unread") == 0)
			break;
		tried++;
		/* Held, or ended for the attempt. */
		assert_true(t.attempt[0] != '\0');
		if (t.through[0] != '\0')
			fail_msg("it got through: %s: %s", t.attempt, t.through);
		assert_true(rc == 0 || rc == SR_CORRUPT);
	}
	print_message("%zu attempts, all held\n", tried);
	assert_true(tried >= 50);
}

static void identifies(void **state) {
	static const char text[] = "Just some words, and more of them.\n";
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	struct told t;

	(void)state;
	need(real);
	for (int ask = 0; ask < 2; ask++) {
		o.ask = ask == 1;
		assert_ok(run(real, &o, sr_bytes_str(text), &t), &e);
		assert_string_equal(t.type, "text/plain");
		assert_string_equal(t.status, "whole");
		assert_ok(run(real, &o, sr_bytes_str("%PDF-1.4\n"), &t), &e);
		assert_string_equal(t.type, "application/pdf");
		assert_ok(run(real, &o, sr_bytes_of("", 0), &t), &e);
	}
}

static int input_breaks(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *err) {
	(void)ctx;
	(void)offset;
	memset(p, 'x', len);
	return sr_fail(err, SR_AUTH, "block 3: tag does not verify");
}

/* What is wrong with the input comes through as it is. */
static void broken_input(void **state) {
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	const struct sr_box_input in = {1 << 30, input_breaks, NULL};
	struct sr_box *b = NULL;
	struct sr_frame f;

	(void)state;
	need(real);
	assert_ok(sr_box_begin(&b, real, &in, &o, &e), &e);
	assert_fails(sr_box_next(b, &f, &e), SR_AUTH, &e, "block 3: tag does not verify");
	sr_box_free(b);
	const struct sr_box_input small = {100, input_breaks, NULL};
	assert_fails(sr_box_begin(&b, real, &small, &o, &e), SR_AUTH, &e, "tag does not verify");
	assert_null(b);
}

static int never_asked(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *err) {
	(void)ctx;
	(void)offset;
	(void)p;
	(void)len;
	return sr_fail(err, SR_MISUSE, "it was asked for");
}

/* What a caller may not do. */
static void misused(void **state) {
	const struct sr_bytes input = sr_bytes_str("abc");
	const struct sr_box_input in = sr_box_input_bytes(&input);
	struct sr_box_input large = {(uint64_t)SR_BOX_WHOLE_MAX + 1, never_asked, NULL};
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct sr_box *b = NULL;
	char p[4];

	(void)state;
	assert_ok(in.read(in.ctx, 1, p, 2, &e), &e);
	assert_fails(in.read(in.ctx, 1, p, 3, &e), SR_MISUSE, &e, "a read outside of the input");
	assert_fails(in.read(in.ctx, UINT64_MAX, p, 2, &e), SR_MISUSE, &e,
		"a read outside of the input");
	need(real);
	/* tools get all of it or nothing: its size is looked at before its first byte */
	o.whole = true;
	assert_fails(sr_box_begin(&b, real, &large, &o, &e), SR_LIMIT, &e,
		"it has 268435457 bytes; tools are given at most 256 MiB");
	assert_null(b);
	/* one that is at work is not given something else, nor one that does not stay */
	o.whole = false;
	for (int stays = 0; stays < 2; stays++) {
		o.stays = stays != 0;
		assert_ok(sr_box_begin(&b, real, &in, &o, &e), &e);
		assert_fails(sr_box_again(b, &in, &o, &e), SR_MISUSE, &e,
			"a parser that is at work, or ended, is not used again");
		f.type = SR_FRAME_HELLO;
		while (f.type != SR_FRAME_DONE)
			assert_ok(sr_box_next(b, &f, &e), &e);
		if (stays == 0) {
			assert_fails(sr_box_again(b, &in, &o, &e), SR_MISUSE, &e,
				"a parser that is at work, or ended, is not used again");
		} else {
			o.limits.tools = SR_TOOLS_PAGES; /* nor behind other walls */
			assert_fails(sr_box_again(b, &in, &o, &e), SR_MISUSE, &e,
				"a parser that is at work, or ended, is not used again");
			o.limits.tools = SR_TOOLS_NONE;
			assert_ok(sr_box_again(b, &in, &o, &e), &e);
		}
		sr_box_free(b);
	}
}

/* --- a root that cannot be made --- */

/* A program of 64 bits that does nothing but name its loader; NULL: not even that. */
static void put_program(const char *path, const char *loader) {
	const Elf64_Phdr p = {.p_type = PT_INTERP,
		.p_offset = sizeof(Elf64_Ehdr) + sizeof p,
		.p_filesz = loader == NULL ? 0 : strlen(loader) + 1};
	Elf64_Ehdr h = {.e_phoff = sizeof h, .e_phentsize = sizeof p, .e_phnum = 1};
	struct sr_buf b;

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	sr_buf_init(&b);
	sr_buf_put(&b, &h, sizeof h);
	sr_buf_put(&b, &p, sizeof p);
	if (loader != NULL)
		sr_buf_put(&b, loader, strlen(loader) + 1);
	t_write_file(path, b.p, b.len);
	sr_buf_free(&b);
}

/* What is wrong with the parts of a root is said with their names, and nothing is started. */
static void no_root(void **state) {
	enum {
		MANY = 400 /* libraries; 384 are taken */
	};
	static const struct {
		const char *list; /* what the loader does; NULL: it is not there */
		enum sr_code code;
		const char *says;
	} rows[] = {
		{NULL, SR_UNSUPPORTED, "does not work (status 32512)"},
		{"exit 3", SR_UNSUPPORTED, "does not work (status 768)"},
		{"echo '\tlibnone.so.1 => not found'", SR_UNSUPPORTED,
			"lacks a library:\tlibnone.so.1 => not found"},
		{"echo '\tlinux-vdso.so.1 (0x7ffd)'", SR_UNSUPPORTED,
			"the loader lists no library of "},
		{"echo '/nowhere/libnone.so.1 (0x7ffd)'", SR_IO, "/nowhere/libnone.so.1"},
		{"cat \"${0%/*}/many\"", SR_LIMIT, "has more than 384 libraries"},
	};
	char program[T_PATH], loader[T_PATH], script[200], path[T_PATH];
	const struct sr_walls_root root = {.program = program};
	struct sr_walls *w = NULL;
	struct sr_buf many;
	char *dir = NULL;

	(void)state;
	need(real);
	dir = t_tmp_new();
	snprintf(program, sizeof program, "%s/program", dir);
	snprintf(loader, sizeof loader, "%s/loader", dir);
	t_write_file(program, "#!/bin/sh\n", 10);
	assert_fails(sr_walls_new(&w, &root, &e), SR_UNSUPPORTED, &e,
		"/program names no loader of its libraries");
	put_program(program, NULL);
	assert_fails(sr_walls_new(&w, &root, &e), SR_UNSUPPORTED, &e,
		"/program names no loader of its libraries");
	put_program(program, loader);
	sr_buf_init(&many);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(path, sizeof path, "%s/%u", dir, i);
		t_write_file(path, "", 0);
		sr_buf_printf(&many, "%s (0x7ffd)\n", path);
	}
	t_write_file(t_path(dir, "many"), many.p, many.len);
	sr_buf_free(&many);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		if (rows[i].list != NULL) {
			const int n =
				snprintf(script, sizeof script, "#!/bin/sh\n%s\n", rows[i].list);

			t_write_file(loader, script, (size_t)n);
			assert_int_equal(chmod(loader, 0700), 0);
		}
		assert_fails(sr_walls_new(&w, &root, &e), rows[i].code, &e, rows[i].says);
		assert_null(w);
	}
	t_tmp_remove(dir);
}

static bool no_filter; /* of a libseccomp that does not get along with this system */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_seccomp_export_bpf(void *ctx, int fd);
int __wrap_seccomp_export_bpf(void *ctx, int fd);

int __wrap_seccomp_export_bpf(void *ctx, int fd) {
	return no_filter ? -ECANCELED : __real_seccomp_export_bpf(ctx, fd);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* More data than a root has room for; and a program of ours that was not installed. */
static void no_room(void **state) {
	static const char *data[60];
	char program[T_PATH];
	struct sr_walls *w = NULL;

	(void)state;
	need(real);
	assert_ok(sr_walls_program(program, sizeof program, "fake-parser", &e), &e);
	for (size_t i = 0; i + 1 < T_COUNT(data); i++)
		data[i] = "/usr";
	assert_fails(
		sr_walls_new(&w, &(struct sr_walls_root){.program = program, .data = data}, &e),
		SR_LIMIT, &e, "the sandbox's root has no room for /usr");
	assert_null(w);
	no_filter = true;
	assert_fails(sr_walls_new(&w, &(struct sr_walls_root){.program = program}, &e),
		SR_UNSUPPORTED, &e, "the system call filter cannot be made: libseccomp says -125");
	no_filter = false;
	assert_null(w);
	assert_fails(sr_walls_program(program, sizeof program, "strongroom-nobody", &e),
		SR_UNSUPPORTED, &e,
		"strongroom-nobody is not beside this program nor in ../libexec/strongroom");
}

/* What the loader does over a tool: its own failure is the tool's, and the others are there; one
 * that was ended from outside, or did not begin, says nothing of the tool and stops all. */
static void loader_fails(
	const char *tool, const char *loader, const char *program, size_t libraries) {
	static const struct {
		const char *does;
		int status; /* that is told of */
		bool stops;
	} rows[] = {
		{"exit 1", 1 << 8, false},
		{"exit 127", 127 << 8, false},
		{"kill -BUS $$", SIGBUS, false},
		{"kill -SEGV $$", SIGSEGV, false},
		{"kill -KILL $$", SIGKILL, true},
		{"exit 126", 126 << 8, true},
	};
	const char *const tools[] = {tool, program, NULL};
	const struct sr_walls_root root = {.program = program, .tools = tools};
	char script[80], says[2 * T_PATH + 80], told[2048];
	struct sr_walls *w = NULL;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const int n = snprintf(
			script, sizeof script, "#!/bin/sh\nulimit -c 0\n%s\n", rows[i].does);

		t_write_file(loader, script, (size_t)n);
		snprintf(says, sizeof says, "%s --list %s does not work (status %d)", loader, tool,
			rows[i].status);
		if (rows[i].stops) {
			assert_fails(sr_walls_new(&w, &root, &e), SR_UNSUPPORTED, &e, says);
			continue;
		}
		assert_ok(sr_walls_new(&w, &root, &e), &e);
		sr_walls_unusable(w, told, sizeof told);
		assert_string_equal(told, says);
		assert_int_equal(sr_walls_libraries(w), libraries); /* program's, and no other */
		sr_walls_free(w);
		w = NULL;
	}
}

/* A file that the system does not get at is not called one that nobody installed. What the program
 * needs stops all; a tool, or what it reads, is told of and stops nothing. */
static void out_of_reach(void **state) {
	static const char lists[] =
		"#!/bin/sh\necho '\t/bin/sh (0x7ffd)'\necho '\tlibnone.so.1 => not found'\n";
	char program[T_PATH], loop[T_PATH], up[T_PATH + 80], told[2048], says[2 * T_PATH + 200];
	char script[T_PATH], lacks[T_PATH], loader[T_PATH];
	const char *const several[] = {script, lacks, program, NULL};
	const char *const tools[] = {loop, NULL};
	const char *const absent[] = {"/nowhere/pdfinfo", NULL};
	const struct sr_walls_extra extras[] = {{loop, "/run/loop"}, {NULL, NULL}};
	struct sr_walls_root root = {.program = program, .tools = tools};
	struct sr_walls *w = NULL;
	char *dir = NULL;

	(void)state;
	need(real);
	dir = t_tmp_new();
	assert_ok(sr_walls_program(program, sizeof program, "fake-parser", &e), &e);
	snprintf(loop, sizeof loop, "%s/loop", dir);
	assert_int_equal(symlink(loop, loop), 0);
	assert_ok(sr_walls_new(&w, &root, &e), &e);
	const size_t libraries = sr_walls_libraries(w);
	snprintf(says, sizeof says,
		"%s, which the sandbox is made with: Too many levels of symbolic links", loop);
	sr_walls_unusable(w, told, sizeof told);
	assert_string_equal(told, says);
	assert_false(sr_walls_is_whole(w));
	sr_walls_unusable(w, told, SR_WALLS_MORE); /* no room: what fits whole, and how many not */
	assert_string_equal(told, "1 more, for which there is no room here");
	sr_walls_free(w);
	root = (struct sr_walls_root){.program = program, .extras = extras};
	assert_ok(sr_walls_new(&w, &root, &e), &e);
	sr_walls_unusable(w, told, sizeof told);
	assert_string_equal(told, says);
	sr_walls_free(w);
	/* One that is no program, one that lacks a library, and one that is as it should be. */
	snprintf(script, sizeof script, "%s/script", dir);
	t_write_file(script, "#!/bin/sh\n", 10);
	assert_int_equal(chmod(script, 0700), 0);
	snprintf(lacks, sizeof lacks, "%s/lacks", dir);
	snprintf(loader, sizeof loader, "%s/loader", dir);
	put_program(lacks, loader);
	assert_int_equal(chmod(lacks, 0700), 0);
	t_write_file(loader, lists, sizeof lists - 1);
	assert_int_equal(chmod(loader, 0700), 0);
	root = (struct sr_walls_root){.program = program, .tools = several};
	assert_ok(sr_walls_new(&w, &root, &e), &e);
	snprintf(says, sizeof says,
		"%s names no loader of its libraries\n"
		"%s lacks a library:\tlibnone.so.1 => not found",
		script, lacks);
	sr_walls_unusable(w, told, sizeof told);
	assert_string_equal(told, says);
	const size_t full = strlen(told);
	assert_int_equal(sr_walls_libraries(w), libraries); /* none of theirs stays */
	snprintf(says, sizeof says,
		"%s names no loader of its libraries\n1 more, for which there is no room here",
		script);
	/* Room for the first alone; and one byte less than for both. */
	sr_walls_unusable(w, told, strlen(script) + 60 + SR_WALLS_MORE);
	assert_string_equal(told, says);
	sr_walls_unusable(w, told, full + 1 + SR_WALLS_MORE - 1);
	assert_string_equal(told, says);
	sr_walls_unusable(w, told, full + 1 + SR_WALLS_MORE);
	assert_int_equal(strlen(told), full);
	sr_walls_free(w);
	loader_fails(lacks, loader, program, libraries);
	w = NULL;
	root = (struct sr_walls_root){.program = program, .data = tools};
	assert_fails(sr_walls_new(&w, &root, &e), SR_IO, &e, "Too many levels of symbolic links");
	root.data = absent;
	assert_fails(sr_walls_new(&w, &root, &e), SR_IO, &e,
		"/nowhere/pdfinfo, which is needed inside the sandbox: No such file");
	sr_err_clear(&e);
	root = (struct sr_walls_root){.program = program, .tools = absent};
	assert_ok(sr_walls_new(&w, &root, &e), &e); /* it is left out */
	assert_true(sr_walls_is_whole(w));
	sr_walls_unusable(w, told, sizeof told);
	assert_string_equal(told, "");
	sr_walls_free(w);
	snprintf(up, sizeof up, "../../../../../../../../../../../../../../..%s", loop);
	assert_fails(sr_walls_program(program, sizeof program, up, &e), SR_IO, &e,
		"Too many levels of symbolic links");
	t_tmp_remove(dir);
}

/* A tool that is repaired is used from the next request on: what the launcher found is not kept
 * for as long as it lives. In a process that may lay files over the system's. */
static int repaired_in_child(const char *spoilt) {
	static const char tool[] = "/usr/bin/pdftotext";
	char told[SR_LAUNCHER_UNUSABLE];
	struct sr_launcher *l = NULL;
	int at = 0;

	if (!mounts_own())
		return 77;
	if (!mounts_lay(tool, spoilt) || sr_launcher_start(&l, NULL, &e) != 0)
		return 1;
	for (int i = 0; i < 2 && at == 0; i++) /* unusable, and so again */
		at = sr_launcher_unusable(l, SR_TOOLS_PAGES, told, &e) != 0 ? 2
		     : strstr(told, "/usr/bin/pdftotext, which") == NULL ||
				     strstr(told, "Permission denied") == NULL
			     ? 3
			     : 0;
	if (at == 0 && umount2(tool, MNT_DETACH) != 0)
		at = 4;
	if (at == 0 && (sr_launcher_unusable(l, SR_TOOLS_PAGES, told, &e) != 0 || told[0] != '\0'))
		at = 5;
	sr_launcher_stop(l);
	return at;
}

static void repaired(void **state) {
	char spoilt[T_PATH];
	char *dir = NULL;
	int status = 0;

	(void)state;
	need(real);
	dir = t_tmp_new();
	if (access("/usr/bin/pdftotext", X_OK) != 0)
		skip();
	snprintf(spoilt, sizeof spoilt, "%s/spoilt", dir);
	t_write_file(spoilt, "", 0);
	assert_int_equal(chmod(spoilt, 0600), 0);
	const pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(repaired_in_child(spoilt));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	t_tmp_remove(dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void many_at_once(void **state) {
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	const struct sr_bytes input = sr_bytes_str("words\n");
	struct sr_box_input in = sr_box_input_bytes(&input);
	struct sr_box *b[8] = {NULL};
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct told t;

	(void)state;
	need(real);
	for (size_t i = 0; i < T_COUNT(b); i++)
		assert_ok(sr_box_begin(&b[i], real, &in, &o, &e), &e);
	for (size_t i = 0; i < T_COUNT(b); i++) {
		do
			assert_ok(sr_box_next(b[i], &f, &e), &e);
		while (f.type != SR_FRAME_DONE);
		sr_box_free(b[i]);
	}
	/* Start-up: what one costs. */
	const uint64_t before = sr_mono_ms();
	for (int i = 0; i < 50; i++)
		assert_ok(run(real, &o, input, &t), &e);
	print_message("a sandboxed parser from start to end: %.1f ms\n",
		(double)(sr_mono_ms() - before) / 50);
}

/* The user id of a sandbox that ${l} started, once it is not root any more; 0: it cannot be seen.
 */
static unsigned user_of_child(const struct sr_launcher *l) {
	const int pid = (int)sr_launcher_pid(l);
	char path[64], line[256];

	for (int tries = 0; tries < 500; tries++) {
		int child = 0;
		unsigned uid = 0;
		FILE *f;

		(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
		if ((f = fopen(path, "r")) == NULL)
			return 0;
		child = fgets(line, sizeof line, f) != NULL ? (int)strtol(line, NULL, 10) : 0;
		(void)fclose(f);
		(void)snprintf(path, sizeof path, "/proc/%d/status", child);
		if (child > 0 && (f = fopen(path, "r")) != NULL) {
			while (fgets(line, sizeof line, f) != NULL)
				if (strncmp(line, "Uid:", 4) == 0)
					uid = (unsigned)strtoul(line + 4, NULL, 10);
			(void)fclose(f);
		}
		if (uid != 0)
			return uid;
		(void)usleep(10000);
	}
	return 0;
}

/* Processes are counted by user: what one vault's parsers take is not taken from another's. */
static void apart_from_other_launchers(void **state) {
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	const struct sr_bytes input = sr_bytes_str("words\n");
	struct sr_box_input in = sr_box_input_bytes(&input);
	struct sr_launcher *l[2];
	struct sr_box *b[2];
	unsigned uid[2];

	(void)state;
	need(real);
	if (geteuid() != 0) {
		print_message("skipped: a person's sandboxes all have that person's user id\n");
		skip();
	}
	o.stays = true;
	for (size_t i = 0; i < T_COUNT(l); i++) {
		assert_ok(sr_launcher_start(&l[i], NULL, &e), &e);
		assert_ok(sr_box_begin(&b[i], l[i], &in, &o, &e), &e);
		uid[i] = user_of_child(l[i]);
	}
	if (uid[0] != 0 && uid[1] != 0) {
		assert_int_not_equal(uid[0], uid[1]);
		for (size_t i = 0; i < T_COUNT(l); i++)
			assert_in_range(uid[i], 2000000000U, 2000000000U + SR_WALLS_SLOTS - 1);
	}
	for (size_t i = 0; i < T_COUNT(l); i++) {
		sr_box_free(b[i]);
		sr_launcher_stop(l[i]);
	}
}

/* Killed at any moment while they set out, they leave nothing behind that the launcher would have
 * to wait for: it ends with its parent's word. */
static void killed_as_they_set_out(void **state) {
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	const struct sr_bytes input = sr_bytes_str("words\n");
	struct sr_box_input in = sr_box_input_bytes(&input);
	struct sr_launcher *l;

	(void)state;
	need(real);
	assert_ok(sr_launcher_start(&l, NULL, &e), &e);
	for (int i = 0; i < 120; i++) {
		const struct timespec moment = {0, 60000L * (i % 40)};
		struct sr_box *b;

		assert_ok(sr_box_begin(&b, l, &in, &o, &e), &e);
		(void)nanosleep(&moment, NULL);
		sr_box_free(b);
	}
	(void)alarm(60); /* what waits for ever is ended, and the test with it */
	sr_launcher_stop(l);
	(void)alarm(0);
}

static void not_there(void **state) {
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	struct sr_launcher *l;
	struct told t;
	char *dir = t_tmp_new();

	(void)state;
	assert_ok(sr_launcher_start(&l, t_path(dir, "none"), &e), &e);
	assert_true(run(l, &o, sr_bytes_str("x"), &t) != 0);
	assert_true(strstr(e.text, "none") != NULL || strstr(e.text, "bubblewrap") != NULL);
	sr_launcher_stop(l);
	/* The launcher dies: said, and nothing hangs. */
	assert_ok(sr_launcher_start(&l, NULL, &e), &e);
	assert_int_equal(kill(sr_launcher_pid(l), SIGKILL), 0);
	assert_fails(run(l, &o, sr_bytes_str("x"), &t), SR_IO, &e,
		"the launcher of sandboxed children is gone: start again");
	sr_launcher_stop(l);
	t_tmp_remove(dir);
}

/* How often ${what} stands in the memory of ${pid}; -1: that cannot be read here. */
static long count_in(pid_t pid, struct sr_bytes what) {
	char path[64], line[400];
	struct sr_buf part;
	FILE *maps, *mem;
	long found = 0;

	(void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	(void)snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	mem = fopen(path, "re");
	if (maps == NULL || mem == NULL)
		found = -1;
	sr_buf_init(&part);
	while (found >= 0 && fgets(line, sizeof line, maps) != NULL) {
		char *end = NULL;
		const unsigned long from = strtoul(line, &end, 16);
		const unsigned long to = *end == '-' ? strtoul(end + 1, NULL, 16) : 0;

		/* The kernel's own; what a sanitizer keeps for itself. */
		if (to <= from || strstr(line, "[v") != NULL || to - from > 64 << 20)
			continue;
		sr_buf_clear(&part);
		assert_ok(sr_buf_reserve(&part, to - from, &e), &e);
		(void)fseek(mem, (long)from, SEEK_SET);
		part.len = fread(part.p, 1, to - from, mem);
		for (const uint8_t *p = part.p, *over = part.p + part.len;
			p != NULL && (p = memmem(p, (size_t)(over - p), what.p, what.len)) != NULL;
			p++)
			found++;
	}
	if (maps != NULL)
		(void)fclose(maps);
	if (mem != NULL)
		(void)fclose(mem);
	sr_buf_free(&part);
	return found;
}

/* While a key is in memory no launcher is forked; one that was before has none of it. */
static void before_any_key(void **state) {
	static uint8_t marked[32]; /* in this program before the fork: the scan sees something */
	struct sr_launcher *before = NULL, *after = NULL;
	uint8_t pattern[32];
	uint8_t *key;

	(void)state;
	t_fill(marked, sizeof marked, 77);
	assert_int_equal(sr_secret_in_use(), 0);
	assert_ok(sr_launcher_start(&before, NULL, &e), &e);
	key = sr_secret_new(sizeof pattern, &e);
	assert_non_null(key);
	t_fill(pattern, sizeof pattern, 78);
	memcpy(key, pattern, sizeof pattern);
	assert_fails(sr_launcher_start(&after, NULL, &e), SR_MISUSE, &e, "32 bytes of keys are");
	assert_null(after);
	const pid_t pid = sr_launcher_pid(before);
	if (count_in(pid, sr_bytes_of(marked, sizeof marked)) < 1) {
		print_message("the memory of another process cannot be read here\n");
	} else {
		assert_int_equal(count_in(pid, sr_bytes_of(pattern, sizeof pattern)), 0);
		assert_true(count_in(getpid(), sr_bytes_of(pattern, sizeof pattern)) >= 1);
	}
	sr_secret_free(key, sizeof pattern);
	assert_ok(sr_launcher_start(&after, NULL, &e), &e);
	sr_launcher_stop(after);
	sr_launcher_stop(before);
}

static int try_launcher(struct sr_launcher **l, const char *program) {
	struct sr_box_options o = usual(SR_BOX_IDENTIFY);
	struct told t;
	int rc = sr_launcher_start(l, program, &e);

	if (rc == 0)
		rc = run(*l, &o, sr_bytes_str("a"), &t);
	/* The fake one breaks this job: it started all the same. */
	if (rc == 0 || rc == SR_CORRUPT)
		return 0;
	sr_launcher_stop(*l);
	*l = NULL;
	return rc;
}

static int setup(void **state) {
	static char path[T_PATH];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

	(void)state;
	if (n <= 0)
		return -1;
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 32, "/fake-hello");
	(void)try_launcher(&hello, path);
	snprintf(strrchr(path, '/'), 32, "/fake-parser");
	(void)try_launcher(&fake, path);
	(void)try_launcher(&real, NULL);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_launcher_stop(hello);
	sr_launcher_stop(fake);
	sr_launcher_stop(real);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies),
		cmocka_unit_test(other_version),
		cmocka_unit_test(never_ends),
		cmocka_unit_test(escapes),
		cmocka_unit_test(identifies),
		cmocka_unit_test(broken_input),
		cmocka_unit_test(misused),
		cmocka_unit_test(no_root),
		cmocka_unit_test(no_room),
		cmocka_unit_test(out_of_reach),
		cmocka_unit_test(repaired),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(apart_from_other_launchers),
		cmocka_unit_test(killed_as_they_set_out),
		cmocka_unit_test(not_there),
		cmocka_unit_test(before_any_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
