/*
 * swap: what the kernel may say of its swaps, and which of it is refused; while one is refused the
 * doctor finds a fault and no child is started.
 */
#include "util.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/doctor.h"
#include "sandbox/swap.h"

static struct sr_err e;
static char *dir;

static void put(const char *name, const char *text) {
	t_write_file(t_path(dir, name), text, strlen(text));
}

/* A list whose devices are files in ${dir}. */
static void list(const char *heading, const char *name, const char *type) {
	char text[T_PATH + 200];

	(void)snprintf(text, sizeof text, "%s%s%s%s\t%s\t\t999420\t\t0\t\t-2\n", heading,
		name[0] == '/' ? "" : dir, name[0] == '/' ? "" : "/", name, type);
	put("swaps", text);
}

static int setup(void **state) {
	static const char *const folders[] = {"block", "block/dm-0", "block/dm-0/dm", "block/dm-1",
		"block/dm-1/dm", "block/zram0", "block/zram1", "block/zram2", "block/dm-7",
		"block/dm-7/dm", "block/dm-3", "block/dm-3/dm", "block/dm-3/slaves",
		"block/dm-3/slaves/dm-0", "block/dm-4", "block/dm-4/dm", "block/dm-4/slaves",
		"block/dm-4/slaves/dm-0", "block/dm-4/slaves/sda2", "block/dm-5", "block/dm-5/dm",
		"block/dm-5/slaves", "block/dm-5/slaves/dm-3", "block/dm-6", "block/dm-6/dm",
		"block/dm-6/slaves", "block/dm-6/slaves/dm-6"};

	(void)state;
	dir = t_tmp_new();
	for (size_t i = 0; i < T_COUNT(folders); i++)
		if (mkdir(t_path(dir, folders[i]), 0700) != 0)
			return -1;
	put("block/dm-0/dm/uuid", "CRYPT-LUKS2-0123456789abcdef-swap\n");
	put("block/dm-1/dm/uuid", "LVM-0123456789abcdef\n");
	put("block/dm-3/dm/uuid", "LVM-on-dm-0\n");
	put("block/dm-4/dm/uuid", "LVM-on-dm-0-and-sda2\n");
	put("block/dm-5/dm/uuid", "LVM-on-dm-3\n");
	put("block/dm-6/dm/uuid", "on itself\n");
	put("block/dm-7/dm/uuid", "CRYPT-INTEGRITY-swap\n");
	put("block/zram0/disksize", "1048576\n");
	put("block/zram1/disksize", "1048576\n");
	put("block/zram2/disksize", "1048576\n");
	put("block/zram0/backing_dev", "none\n");
	put("block/zram1/backing_dev", "/dev/sda3\n");
	static const char *const devices[] = {"dm-0", "dm-1", "dm-2", "dm-3", "dm-4", "dm-5",
		"dm-6", "dm-7", "zram0", "zram1", "zram2", "zram_swap", "sda2"};

	for (size_t i = 0; i < T_COUNT(devices); i++)
		put(devices[i], "");
	return symlink("dm-0", t_path(dir, "cryptswap")) == 0 &&
			       symlink("sda2", t_path(dir, "dm-0-not")) == 0
		       ? 0
		       : -1;
}

static int teardown(void **state) {
	(void)state;
	sr_swap_places_test(NULL, NULL);
	t_tmp_remove(dir);
	return 0;
}

static const char heading[] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

static void use(void) {
	static char swaps[T_PATH], blocks[T_PATH];

	(void)snprintf(swaps, sizeof swaps, "%s", t_path(dir, "swaps"));
	(void)snprintf(blocks, sizeof blocks, "%s", t_path(dir, "block"));
	sr_swap_places_test(swaps, blocks);
}

static void lists(void **state) {
	static const struct {
		const char *name, *type;
		bool fine;
	} cases[] = {
		{"dm-0", "partition", true},
		{"cryptswap", "partition", true},
		{"zram0", "partition", true},
		{"zram2", "partition", true}, /* a kernel that knows no disk behind it */
		{"dm-3", "partition", true},  /* a volume on an encrypted disk, */
		{"dm-5", "partition", true},  /* one on that, */
		{"dm-4", "partition", false}, /* and one of which a part is not */
		{"dm-6", "partition", false},
		{"zram1", "partition", false},
		{"zram_swap", "partition", false}, /* a name that somebody gave */
		{"dm-7", "partition", false},      /* cryptsetup's, and not encrypted */
		{"dm-1", "partition", false},
		{"dm-2", "partition", false},
		{"dm-0-not", "partition", false},
		{"sda2", "partition", false},
		{"dm-0", "file", false}, /* a file that is named like one */
		{"zram0", "file", false},
		{"dm-0", "", false},
		{"not-there", "partition", false},
		{"/dev/mapper/not\\040there", "partition", false},
	};

	(void)state;
	use();
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		list(heading, cases[i].name, cases[i].type);
		if (cases[i].fine)
			assert_ok(sr_swap_check(&e), &e);
		else
			assert_fails(sr_swap_check(&e), SR_UNSUPPORTED, &e, cases[i].name);
	}
	assert_non_null(strstr(e.text, "swapoff"));
	/* No swap; one that is fine before one that is not. */
	put("swaps", heading);
	assert_ok(sr_swap_check(&e), &e);
	/* What has not the kernel's heading is not its list. */
	put("swaps", "");
	assert_fails(sr_swap_check(&e), SR_UNSUPPORTED, &e, "not the kernel's list");
	list("", "dm-0", "partition");
	assert_fails(sr_swap_check(&e), SR_UNSUPPORTED, &e, "not the kernel's list");
	char two[2 * T_PATH + 200];
	(void)snprintf(two, sizeof two, "%s%s/dm-0 partition 1 0 -2\n%s/sda2 partition 1 0 -3\n",
		heading, dir, dir);
	put("swaps", two);
	assert_fails(sr_swap_check(&e), SR_UNSUPPORTED, &e, "sda2");
	/* A list that cannot be read is none. */
	sr_swap_places_test(dir, NULL);
	assert_fails(sr_swap_check(&e), SR_UNSUPPORTED, &e, "cannot be read");
	sr_swap_places_test(t_path(dir, "sda2/swaps"), NULL);
	assert_fails(sr_swap_check(&e), SR_UNSUPPORTED, &e, "mount /proc");
}

struct seen {
	size_t lines, faults;
	char swap[600];
	bool swap_ok;
};

static void told(void *ctx, enum sr_doctor_says says, const char *what, const char *found) {
	const bool ok = says == SR_DOCTOR_OK;
	struct seen *s = ctx;

	s->lines++;
	s->faults += ok ? 0 : 1;
	if (strcmp(what, "swap") == 0) {
		s->swap_ok = ok;
		(void)snprintf(s->swap, sizeof s->swap, "%s", found);
	}
}

static int starts_one(struct sr_launcher *l) {
	const struct sr_box_options o = {
		.job = {.what = SR_BOX_IDENTIFY}, .limits = sr_box_limits_usual()};
	const struct sr_bytes bytes = sr_bytes_str("words");
	const struct sr_box_input in = sr_box_input_bytes(&bytes);
	struct sr_box *b = NULL;
	const int rc = sr_box_begin(&b, l, &in, &o, &e);

	sr_box_free(b);
	return rc;
}

/* The doctor fails, and it is no matter of the doctor's alone; when it is off again, all goes on
 * with the same launcher. */
static void closed(void **state) {
	struct seen s = {.lines = 0};
	const struct sr_doctor d = {told, &s};
	struct sr_launcher *l = NULL;

	(void)state;
	use();
	list(heading, "sda2", "partition");
	assert_ok(sr_launcher_start(&l, NULL, &e), &e);
	assert_fails(sr_doctor(l, &d, &e), SR_DENIED, &e, "not stand");
	assert_false(s.swap_ok);
	assert_non_null(strstr(s.swap, "sda2 is not encrypted"));
	assert_int_equal(s.faults, 1); /* that nothing can be started is the same one */
	assert_fails(starts_one(l), SR_UNSUPPORTED, &e, "sda2 is not encrypted");
	list(heading, "dm-0", "partition");
	const int rc = starts_one(l);
	if (rc == SR_UNSUPPORTED)
		print_message("no sandbox here, so none was started: %s\n", e.text);
	else
		assert_ok(rc, &e);
	assert_true(rc == 0 || strstr(e.text, "swap") == NULL);
	sr_launcher_stop(l);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(closed)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
