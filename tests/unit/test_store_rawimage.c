/*
 * rawimage - after an erasure the raw medium does not hold what would open the erased secret:
 * secrets.db on a file system in a file, mounted by loop device, searched byte by byte. Needs root,
 * mkfs.ext4 and a free loop device.
 *
 * What is searched for: both replicas of the root slot as they stood while the secret lived
 * (ciphertext and the random bytes behind them), in pieces of 64 bytes. The control: before the
 * erasure the image does hold them.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/rootcell.h"
#include "store/secrets.h"
#include "util.h"

enum {
	IMAGE = 32 << 20,
	PIECE = 64
};

static int run(const char *const argv[]) {
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct medium {
	char *folder;
	char image[T_PATH], mount[T_PATH];
	bool mounted;
};

static bool medium_new(struct medium *m) {
	int fd;

	m->folder = t_tmp_new();
	(void)snprintf(m->image, sizeof m->image, "%s/image", m->folder);
	(void)snprintf(m->mount, sizeof m->mount, "%s/mount", m->folder);
	fd = open(m->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, IMAGE), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkdir(m->mount, 0700), 0);
	if (run((const char *const[]){"mkfs.ext4", "-q", "-F", m->image, NULL}) != 0)
		return false;
	m->mounted =
		run((const char *const[]){"mount", "-o", "loop", m->image, m->mount, NULL}) == 0;
	return m->mounted;
}

static void medium_unmount(struct medium *m) {
	if (m->mounted)
		assert_int_equal(run((const char *const[]){"umount", m->mount, NULL}), 0);
	m->mounted = false;
}

static void medium_free(struct medium *m) {
	medium_unmount(m);
	t_tmp_remove(m->folder);
}

/* How many of the slot's pieces lie anywhere in the image. */
static size_t pieces_found(const struct medium *m, const uint8_t *slots, size_t len) {
	struct sr_buf raw;
	size_t found = 0;

	sr_buf_init(&raw);
	t_read_file(m->image, &raw);
	for (size_t at = 0; at + PIECE <= len; at += PIECE)
		found += memmem(raw.p, raw.len, slots + at, PIECE) != NULL;
	sr_buf_free(&raw);
	return found;
}

static void test_erased(void **state) {
	static const uint8_t wrap[SR_KEY] = {1, 2, 3};
	struct medium m = {0};
	struct sr_secrets_options o = {.key = wrap, .create = true};
	struct sr_secrets *s = NULL;
	struct sr_dir *d = NULL;
	struct sr_buf cell;
	struct sr_err e;
	uint8_t value[SR_KEY];

	(void)state;
	if (geteuid() != 0 || !medium_new(&m)) {
		if (m.folder != NULL)
			medium_free(&m);
		print_message("needs root, mkfs.ext4 and a loop device\n");
		skip();
	}
	assert_ok(sr_dir_open(&d, m.mount, &e), &e);
	o.dir = d;
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	sr_random(value, sizeof value);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, sr_bytes_str("item"), 1,
			  sr_bytes_of(value, sizeof value), &e),
		&e);
	sr_buf_init(&cell);
	t_read_file(t_path(m.mount, "secrets.db-root"), &cell);
	assert_int_equal(cell.len, SR_ROOT_CELL);
	sync();
	assert_true(pieces_found(&m, cell.p, cell.len) > 0);
	assert_ok(sr_secrets_erase(s, SR_SECRET_SLOT, sr_bytes_str("item"), 1, NULL, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	sr_dir_close(d);
	sync();
	medium_unmount(&m);
	assert_int_equal(pieces_found(&m, cell.p, cell.len), 0);
	{ /* And the secret itself never lay there at all. */
		struct sr_buf raw;

		sr_buf_init(&raw);
		t_read_file(m.image, &raw);
		assert_null(memmem(raw.p, raw.len, value, sizeof value));
		sr_buf_free(&raw);
	}
	sr_buf_free(&cell);
	medium_free(&m);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_erased)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
