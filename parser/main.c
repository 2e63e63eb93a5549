/*
 * strongroom-parse - what runs in the sandbox: one job on one input at a time, told over file 3
 * (sandbox/wire.h), in a process of its own (foreman.h). It is started by the launcher only; on its
 * own it has nothing to talk to.
 *
 * Before the input is touched a worker takes the inner filter, and then gives up all system calls
 * but those that reading, writing, computing and memory need. One whose input is read by tools
 * starts them behind the inner filter and sees only what they print (text.h).
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "parser/about_tools.h"
#include "parser/draw.h"
#include "parser/escape.h"
#include "parser/foreman.h"
#include "parser/identify.h"
#include "parser/text.h"
#include "parser/unpack.h"
#include "sandbox/inside.h"

enum {
	HELD_MAX = 256 << 20 /* bytes of nested containers; the sandbox has 1 GiB in all */
};

/* --- the second filter ------------------------------------------------------------------------ */

#ifdef __x86_64__
static bool only_compute(void) {
	static const uint32_t left[] = {SYS_read, SYS_write, SYS_pread64, SYS_lseek, SYS_mmap,
		SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk, SYS_fstat,
		SYS_newfstatat, SYS_close, SYS_exit, SYS_exit_group, SYS_futex, SYS_rt_sigreturn,
		SYS_rt_sigprocmask, SYS_clock_gettime, SYS_getrandom, SYS_getpid, SYS_gettid,
		SYS_tgkill};
	enum {
		COUNT = sizeof left / sizeof *left
	};
	struct sock_filter f[COUNT + 6];
	struct sock_fprog prog = {.filter = f};
	size_t n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	f[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT; i++)
		f[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, left[i], (uint8_t)(COUNT - i), 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog.len = (unsigned short)n;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}
#else
static bool only_compute(void) {
	return true; /* the first filter knows every architecture */
}
#endif

/* --- members ---------------------------------------------------------------------------------- */

struct outlet {
	struct sr_inside *s;
	uint8_t *head; /* PAR_IDENTIFY bytes: of the member at hand */
	size_t head_len;
	bool is_file;
	const char *cap; /* which cap was reached */
};

static bool out_begin(void *ctx, const struct sr_member *m) {
	struct outlet *o = ctx;

	if (!sr_inside_room(o->s)) {
		o->cap = "there are more members than may be taken out";
		return false;
	}
	sr_inside_member(o->s, m);
	o->head_len = 0;
	o->is_file = m->kind == SR_MEMBER_FILE;
	return true;
}

static void out_fact(void *ctx, const char *key, struct sr_bytes value) {
	const struct outlet *o = ctx;

	sr_inside_fact(o->s, key, value);
}

static bool out_data(void *ctx, const void *p, size_t len) {
	struct outlet *o = ctx;
	const uint64_t left = sr_inside_left(o->s);
	const size_t head = len < PAR_IDENTIFY - o->head_len ? len : PAR_IDENTIFY - o->head_len;

	memcpy(o->head + o->head_len, p, head);
	o->head_len += head;
	sr_inside_data(o->s, p, len < left ? len : (size_t)left);
	if (len <= left)
		return true;
	o->cap = "there are more bytes than may be taken out";
	return false;
}

static void out_end(void *ctx, enum sr_box_status status, const char *reason) {
	struct outlet *o = ctx;

	if (o->is_file && o->head_len > 0)
		sr_inside_fact(o->s, "media-type",
			sr_bytes_str(par_media_type(sr_bytes_of(o->head, o->head_len))));
	sr_inside_end(o->s, status,
		status == SR_BOX_CAPPED && *reason == '\0' && o->cap != NULL ? o->cap : reason);
}

/* --- jobs ------------------------------------------------------------------------------------- */

static size_t input_read(void *ctx, uint64_t offset, void *p, size_t len) {
	return sr_inside_read(ctx, offset, p, len);
}

static void identify(struct sr_inside *s, uint8_t *head) {
	size_t n = 0, got = 1;

	while (n < PAR_IDENTIFY && got > 0) {
		got = sr_inside_read(s, n, head + n, PAR_IDENTIFY - n);
		n += got;
	}
	sr_inside_fact(s, "media-type", sr_bytes_str(par_media_type(sr_bytes_of(head, n))));
	sr_inside_fact(s, "description", sr_bytes_str(par_description(sr_bytes_of(head, n))));
}

static void unpack(struct sr_inside *s, uint8_t *head) {
	struct outlet o = {.s = s, .head = head};
	const struct par_sink to = {out_begin, out_fact, out_data, out_end, &o};
	const struct par_input in = {s->job.size, input_read, s};
	struct par_unpack u = {.to = &to, .depth_max = s->job.depth, .held_max = HELD_MAX};
	struct par_result r = {.status = SR_BOX_WHOLE};

	sr_buf_init(&u.path);
	par_unpack(&r, &u, &in);
	sr_inside_done(s, r.status, r.status == SR_BOX_CAPPED && o.cap != NULL ? o.cap : r.reason);
}

static void escape(struct sr_inside *s) {
	const char *name = par_escape_name(s->job.argument);
	char how[200];

	if (name == NULL) {
		sr_inside_done(s, SR_BOX_UNREAD, "there is no such attempt");
		return;
	}
	sr_inside_fact(s, "attempt", sr_bytes_str(name));
	if (par_escape(s->job.argument, how, sizeof how))
		sr_inside_fact(s, "through", sr_bytes_str(how));
	else
		sr_inside_fact(s, "held", sr_bytes_str("refused"));
	sr_inside_done(s, SR_BOX_WHOLE, "");
}

static bool magic; /* libmagic's data base is there */

/* In a worker. The order matters: no byte of the input is looked at before its filter is there. */
static void work(void) {
	static struct sr_inside s;
	static uint8_t head[PAR_IDENTIFY];

	sr_inside_begin(&s);
	if (s.job.what == SR_BOX_ABOUT) {
		par_about_by_tools(&s);
		return;
	}
	if (s.job.what == SR_BOX_DRAW || (s.job.what == SR_BOX_TEXT && par_text_needs_tools(&s))) {
		if (s.job.what == SR_BOX_DRAW)
			par_draw(&s);
		else
			par_text_by_tools(&s);
		return;
	}
	if (!par_inner_filter()) {
		sr_inside_done(&s, SR_BOX_UNREAD, "the inner filter cannot be set");
		return;
	}
	if (s.job.what == SR_BOX_ESCAPE) { /* behind that filter only: that is what is tried */
		escape(&s);
		return;
	}
	if (!only_compute()) {
		sr_inside_done(&s, SR_BOX_UNREAD, "the last filter cannot be set");
		return;
	}
	if (!magic) {
		sr_inside_done(&s, SR_BOX_UNREAD, "libmagic's data base cannot be loaded");
		return;
	}
	identify(&s, head);
	if (s.job.what == SR_BOX_UNPACK)
		unpack(&s, head);
	else if (s.job.what == SR_BOX_TEXT)
		par_text(&s);
	else
		sr_inside_done(&s, SR_BOX_WHOLE, "");
}

int main(void) {
	/* By hand: in the sandbox all three are there. */
	if (sr_standard_files(NULL) != 0)
		return 1;
	/* For names in archives alone; where there is none those beyond ASCII are "(no name)". */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	magic = par_identify_begin();
	par_foreman(work);
}
