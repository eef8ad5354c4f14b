/* SPDX-License-Identifier: Apache-2.0 */
/* Files of an authority: written beside and put in place, so that whoever reads them while we
 * write finds the old one or the new one. */
#include "base/pem.h"
#include "cli/certificates.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NAME_MAX = MAX_CERTIFICATES_LABEL + 16 };

bool certificates_label_is_good(struct view name)
{
	const struct view marks = VIEW("-_.@:");

	if (name.len == 0 || name.len > MAX_CERTIFICATES_LABEL || name.at[0] == '.' ||
	    name.at[0] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.at[i]) &&
		    view_find(marks, name.at[i], 0) == marks.len)
			return false;
	return true;
}

static enum cli_exit fail_on(const char *path, const char *what)
{
	bool is_right = errno == EACCES || errno == EPERM;

	if (errno == ENOENT)
		return cli_fail(CLI_NOT_FOUND,
		                "%s is not there; `ringfence certificates init` makes an authority",
		                path);
	return cli_fail(is_right ? CLI_NOT_ALLOWED : CLI_FAILED, "%s %s: %s%s", path, what,
	                strerror(errno), is_right ? "; ask as root, or name another --folder" : "");
}

static enum cli_exit fail_to_make(const char *path)
{
	if (errno == ENOENT)
		return cli_fail(
			CLI_FAILED,
			"%s cannot be made: the folder above it is not there; make that, or "
			"name another --folder",
			path);
	return fail_on(path, "cannot be made");
}

enum cli_exit certificates_folder_open(const char *path, bool is_new,
                                       struct certificates_folder *ret)
{
	struct stat about;
	int fd;

	if (is_new && mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail_to_make(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_on(path, "cannot be opened");
	/* Who may write here may put his own authority in the place of ours. */
	if (fstat(fd, &about) != 0 || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
	    (about.st_uid != geteuid() && about.st_uid != 0)) {
		(void)close(fd);
		return cli_fail(CLI_NOT_ALLOWED,
		                "others may write to %s: chown it to who asks, and chmod go-w",
		                path);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return cli_fail(CLI_FAILED, "%s is being changed by another command; ask again",
		                path);
	}
	*ret = (struct certificates_folder){ fd, path };
	return CLI_DONE;
}

void certificates_folder_close(struct certificates_folder *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
}

static void name_of(const char *name, const char *suffix, char ret[FILE_NAME_MAX])
{
	(void)snprintf(ret, FILE_NAME_MAX, "%.*s%s", MAX_CERTIFICATES_LABEL, name, suffix);
}

bool certificates_folder_has(const struct certificates_folder *f, const char *name,
                             const char *suffix)
{
	char file[FILE_NAME_MAX];

	name_of(name, suffix, file);
	return faccessat(f->fd, file, F_OK, 0) == 0;
}

/* ---- writing ---- */

static bool write_pem(FILE *out, const struct certificates_files *one)
{
	if (one->key)
		return PEM_write_PrivateKey(out, one->key, NULL, NULL, 0, NULL, NULL) == 1;
	if (one->certificate)
		return PEM_write_X509(out, one->certificate) == 1;
	return PEM_write_X509_CRL(out, one->crl) == 1;
}

/* Beside its place, under the same name with ".new". */
static bool write_beside(const struct certificates_folder *f, const char *file,
                         const struct certificates_files *one)
{
	char beside[FILE_NAME_MAX + 8];
	bool is_good;
	FILE *out;
	int fd;

	(void)snprintf(beside, sizeof(beside), "%s.new", file);
	(void)unlinkat(f->fd, beside, 0);
	fd = openat(f->fd, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	/* A key is never readable by others, not for a moment. */
	is_good = fchmod(fd, one->key ? 0600 : 0644) == 0;
	out = is_good ? fdopen(fd, "w") : NULL;
	if (!out) {
		(void)close(fd);
		return false;
	}
	/* What the stream keeps of a key would stay in memory. */
	(void)setvbuf(out, NULL, _IONBF, 0);
	is_good = write_pem(out, one) && fflush(out) == 0 && fsync(fileno(out)) == 0;
	return fclose(out) == 0 && is_good;
}

static bool put_in_place(const struct certificates_folder *f, const char *file)
{
	char beside[FILE_NAME_MAX + 8];

	(void)snprintf(beside, sizeof(beside), "%s.new", file);
	return renameat(f->fd, beside, f->fd, file) == 0;
}

enum cli_exit certificates_folder_write(const struct certificates_folder *f, const char *name,
                                        const struct certificates_files *files)
{
	const struct {
		const char *suffix;
		struct certificates_files one;
	} parts[] = {
		{ ".key", { .key = files->key } },
		{ ".pem", { .certificate = files->certificate } },
		{ ".crl", { .crl = files->crl } },
	};
	bool is_there[3], is_good = true;
	char file[FILE_NAME_MAX];

	for (size_t i = 0; i < 3; i++) {
		name_of(name, parts[i].suffix, file);
		is_there[i] = parts[i].one.key || parts[i].one.certificate || parts[i].one.crl;
		is_good = is_good && (!is_there[i] || write_beside(f, file, &parts[i].one));
	}
	for (size_t i = 0; i < 3; i++) {
		name_of(name, parts[i].suffix, file);
		is_good = is_good && (!is_there[i] || put_in_place(f, file));
	}
	is_good = is_good && fsync(f->fd) == 0;
	return is_good ? CLI_DONE
	               : cli_fail(CLI_FAILED, "%s/%s cannot be written: %s", f->path, name,
	                          strerror(errno));
}

/* ---- reading ---- */

static FILE *open_file(const struct certificates_folder *f, const char *file)
{
	int fd = openat(f->fd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (fd >= 0 && !in)
		(void)close(fd);
	return in;
}

static enum cli_exit fail_file(const struct certificates_folder *f, const char *name,
                               const char *suffix, bool is_open)
{
	if (is_open)
		return cli_fail(CLI_FAILED, "%s/%s%s is not in PEM, or is encrypted", f->path, name,
		                suffix);
	return cli_fail(errno == ENOENT ? CLI_NOT_FOUND : CLI_NOT_ALLOWED, "%s/%s%s: %s", f->path,
	                name, suffix, strerror(errno));
}

enum cli_exit certificates_folder_read(const struct certificates_folder *f, const char *name,
                                       EVP_PKEY **ret_key, X509 **ret_certificate)
{
	X509 *certificate = NULL;
	EVP_PKEY *key = NULL;
	char file[FILE_NAME_MAX];
	FILE *in;

	if (ret_certificate) {
		name_of(name, ".pem", file);
		in = open_file(f, file);
		certificate = in ? PEM_read_X509(in, NULL, pem_no_password, NULL) : NULL;
		if (!certificate)
			return fail_file(f, name, ".pem", in && fclose(in) == 0);
		(void)fclose(in);
	}
	if (ret_key) {
		name_of(name, ".key", file);
		in = open_file(f, file);
		key = in ? PEM_read_PrivateKey(in, NULL, pem_no_password, NULL) : NULL;
		if (!key) {
			X509_free(certificate);
			return fail_file(f, name, ".key", in && fclose(in) == 0);
		}
		(void)fclose(in);
		*ret_key = key;
	}
	if (ret_certificate)
		*ret_certificate = certificate;
	return CLI_DONE;
}
