/*
 * Small files of persons outside of any vault: identities, cards, passphrases, bundles. They may
 * be links or pipes (a password manager's /dev/fd/63), so reading is plain; writing goes through
 * base/fs and is durable.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"

int cli_open(int at, const char *path, int flags) {
	int fd = -1;
	do
		fd = openat(at, path, flags | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR && cli_stopped == 0);
	return fd;
}

int cli_read_file(struct sr_buf *out, const char *path, size_t max, struct sr_err *e) {
	char shown[256];
	uint8_t part[16 << 10];
	int rc = 0;
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	const bool standard = strcmp(path, "-") == 0;
	const int fd = standard ? STDIN_FILENO : cli_open(AT_FDCWD, path, O_RDONLY);
	if (fd < 0 && errno == ENOENT)
		return sr_fail(e, SR_NOTFOUND, "%s: no such file", shown);
	if (fd < 0)
		return sr_fail_errno(e, "%s", shown);
	while (rc == 0) {
		const ssize_t n = read(fd, part, sizeof part);
		if (n < 0 && errno == EINTR && cli_stopped == 0)
			continue;
		if (n < 0)
			rc = sr_fail_errno(e, "%s", shown);
		if (n <= 0)
			break;
		if (out->len + (size_t)n > max)
			rc = sr_fail(e, SR_LIMIT, "%s: more than %zu bytes", shown, max);
		else
			sr_buf_put(out, part, (size_t)n);
	}
	sr_wipe(part, sizeof part);
	if (!standard)
		(void)close(fd);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

int cli_split_path(struct sr_dir **dir, char name[256], const char *path, struct sr_err *e) {
	char folder[SR_PATH_MAX + 1];
	char shown[256];
	const char *slash = strrchr(path, '/');
	const char *last = slash != NULL ? slash + 1 : path;
	const size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	if (*last == '\0' || strlen(last) > 255 || len >= sizeof folder)
		return sr_fail(e, SR_USAGE, "\"%s\" is no name for a file", shown);
	if (slash == NULL)
		memcpy(folder, ".", 2);
	else if (len == 0)
		memcpy(folder, "/", 2);
	else {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	memcpy(name, last, strlen(last) + 1);
	return sr_dir_open(dir, folder, e);
}

int cli_real_place(struct sr_dir **dir, char name[256], const char *path, struct sr_err *e) {
	char *real = realpath(path, NULL);
	char shown[256];
	if (real == NULL)
		return sr_fail_errno(
			e, "%s", sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
	int rc = cli_split_path(dir, name, real, e);
	free(real);
	return rc;
}

int cli_write_file(const char *path, struct sr_bytes data, bool replace, struct sr_err *e) {
	struct sr_dir *d = NULL;
	char name[256];
	int rc = cli_split_path(&d, name, path, e);
	if (rc == 0)
		rc = replace ? sr_file_replace(d, name, data, e) : sr_file_create(d, name, data, e);
	sr_dir_close(d);
	return rc;
}
