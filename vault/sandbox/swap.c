/*
 * swap - see swap.h.
 */
#include "sandbox/swap.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEPTH_MAX = 8 /* devices on devices */
};

static const char *swaps_at = "/proc/swaps", *blocks_at = "/sys/block";

#ifdef SR_TESTING
void sr_swap_places_test(const char *swaps, const char *blocks) {
	swaps_at = swaps != NULL ? swaps : "/proc/swaps";
	blocks_at = blocks != NULL ? blocks : "/sys/block";
}
#endif

/* The first line of what the kernel says of device ${name} in ${file}; false: nothing. */
static bool kernel_says(char *line, int size, const char *name, const char *file) {
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof path, "%s/%s/%s", blocks_at, name, file);
	FILE *f = n > 0 && (size_t)n < sizeof path ? fopen(path, "re") : NULL;
	bool ok;

	if (f == NULL)
		return false; /* errno says why */
	ok = fgets(line, size, f) != NULL;
	(void)fclose(f);
	if (!ok)
		errno = EIO; /* there, and nothing to read */
	return ok;
}

static bool is_safe(const char *name, unsigned depth);

/* Those of cryptsetup's mappings that encrypt; it makes others: CRYPT-INTEGRITY-, CRYPT-VERITY-. */
static bool is_crypt(const char *uuid) {
	static const char *const kinds[] = {"CRYPT-LUKS1-", "CRYPT-LUKS2-", "CRYPT-PLAIN-",
		"CRYPT-LOOPAES-", "CRYPT-TCRYPT-", "CRYPT-BITLK-", "CRYPT-FVAULT2-"};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(uuid, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

/* Does ${name} lie on others, each of which is safe? A volume of LVM lies on the encrypted disk. */
static bool on_safe_ones(const char *name, unsigned depth) {
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof path, "%s/%s/slaves", blocks_at, name);
	DIR *d = n > 0 && (size_t)n < sizeof path ? opendir(path) : NULL;
	const struct dirent *below;
	size_t count = 0;
	bool safe = d != NULL;

	while (safe && (errno = 0, below = readdir(d)) != NULL) {
		if (below->d_name[0] == '.')
			continue;
		count++;
		safe = is_safe(below->d_name, depth + 1);
	}
	safe = safe && errno == 0 && count > 0;
	if (d != NULL)
		(void)closedir(d);
	return safe;
}

/* Is what is written to the block device encrypted, or kept in memory? */
static bool is_safe(const char *name, unsigned depth) {
	char line[64] = "";

	if (strncmp(name, "zram", 4) == 0) {
		/* Each has a size, or it is none; and it may have a disk to write back to. */
		if (!kernel_says(line, sizeof line, name, "disksize"))
			return false;
		if (kernel_says(line, sizeof line, name, "backing_dev"))
			return strcmp(line, "none\n") == 0;
		return errno == ENOENT; /* a kernel that writes nothing back */
	}
	/* A device mapper's table says whose it is. */
	if (strncmp(name, "dm-", 3) != 0 || depth > DEPTH_MAX ||
		!kernel_says(line, sizeof line, name, "dm/uuid"))
		return false;
	return is_crypt(line) || on_safe_ones(name, depth);
}

static bool is_safe_device(const char *device) {
	char real[PATH_MAX];
	const char *name;

	return realpath(device, real) != NULL && (name = strrchr(real, '/')) != NULL &&
	       is_safe(name + 1, 0);
}

/* A line of the list: "/dev/dm-1    partition    999420    0    -2"; blanks in a name are
 * written as \040. */
static int check_line(char *line, struct sr_err *e) {
	char *rest = NULL;
	const char *device = strtok_r(line, " \t\n", &rest), *type = strtok_r(NULL, " \t\n", &rest);

	if (device == NULL)
		return 0;
	if (type != NULL && strcmp(type, "partition") == 0 && is_safe_device(device))
		return 0;
	return sr_fail(e, SR_UNSUPPORTED,
		"swap on %.200s is not encrypted, so plaintext may reach the disk: switch it off "
		"(swapoff), or put it on a partition with dm-crypt",
		device);
}

/* No list: a kernel without swap has none, where /proc is mounted. */
static int no_list(struct sr_err *e) {
	if (errno == ENOENT && access("/proc/version", F_OK) == 0)
		return 0;
	return sr_fail(e, SR_UNSUPPORTED,
		"%s cannot be read (%s), so nobody knows whether plaintext may reach a swap: mount "
		"/proc",
		swaps_at, strerror(errno));
}

int sr_swap_check(struct sr_err *e) {
	char line[PATH_MAX + 128];
	FILE *f = fopen(swaps_at, "re");
	bool heading = true, broken;
	int rc = 0;

	if (f == NULL)
		return no_list(e);
	while (rc == 0 && fgets(line, sizeof line, f) != NULL) {
		if (!heading)
			rc = check_line(line, e);
		else if (strncmp(line, "Filename", 8) != 0)
			break; /* not the kernel's list */
		heading = false;
	}
	broken = ferror(f) != 0 || heading;
	(void)fclose(f);
	if (rc == 0 && broken)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"%s is not the kernel's list, or cannot be read to its end, so nobody "
			"knows whether plaintext may reach a swap",
			swaps_at);
	return rc;
}
