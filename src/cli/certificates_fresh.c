/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the place of a certificate until an authority has given one. */
#include "base/buffer.h"
#include "base/pem.h"
#include "cli/certificates_acme.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

enum { FRESH_DAYS = 90 };

static enum cli_exit fail(const char *path)
{
	return cli_fail(CLI_FAILED, "%s cannot be made: %s", path, strerror(errno));
}

/* Beside its place first: whoever reads it finds nothing, or the whole. */
static enum cli_exit put(const char *path, EVP_PKEY *key, X509 *certificate)
{
	char beside[PATH_MAX];
	bool is_good = snprintf(beside, sizeof(beside), "%s.new", path) < (int)sizeof(beside);
	FILE *out = NULL;
	int fd = -1;

	if (is_good) {
		(void)unlink(beside);
		fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd < 0)
		return fail(path);
	out = fdopen(fd, "w");
	if (!out) {
		(void)close(fd);
		return fail(path);
	}
	/* What the stream keeps of a key would stay in memory. */
	(void)setvbuf(out, NULL, _IONBF, 0);
	is_good = (key ? PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL)
	               : PEM_write_X509(out, certificate)) == 1 &&
	          fflush(out) == 0 && fsync(fd) == 0;
	is_good = fclose(out) == 0 && is_good;
	return is_good && rename(beside, path) == 0 ? CLI_DONE : fail(path);
}

static enum cli_exit take_key(const char *path, EVP_PKEY **ret)
{
	FILE *in = fopen(path, "re");
	EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, pem_no_password, NULL) : NULL;
	enum cli_exit code = CLI_DONE;

	if (in)
		(void)fclose(in);
	else if (errno != ENOENT)
		return fail(path);
	if (in && !key)
		return cli_fail(CLI_FAILED, "%s is no key in PEM without password", path);
	if (!key) {
		key = EVP_EC_gen("P-256");
		code = key ? put(path, key, NULL) : fail(path);
	}
	if (code == CLI_DONE)
		*ret = key;
	else
		EVP_PKEY_free(key);
	return code;
}

static bool add_names(X509 *certificate, size_t count, char **names)
{
	GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
	struct certificates_name n;
	bool is_good = list != NULL;

	for (size_t i = 0; i < count && is_good; i++) {
		GENERAL_NAME *one = certificates_name_read(view_of(names[i]), false, &n) == ERR_NONE
		                          ? certificates_name_general(&n)
		                          : NULL;

		is_good = one && sk_GENERAL_NAME_push(list, one) > 0;
		if (!is_good)
			GENERAL_NAME_free(one);
	}
	is_good = is_good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0,
	                                       X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(list);
	return is_good;
}

static enum cli_exit make_chain(const char *path, EVP_PKEY *key, size_t count, char **names,
                                int64_t now_s)
{
	X509 *own = certificates_blank(key, "no certificate yet", FRESH_DAYS, now_s);
	enum cli_exit code = CLI_DONE;

	if (!own || !X509_set_issuer_name(own, X509_get_subject_name(own)) ||
	    !certificates_extend(own, own, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_names(own, count, names) || X509_sign(own, key, EVP_sha256()) <= 0)
		code = cli_fail(CLI_FAILED, "%s cannot be made: are its names good?", path);
	if (code == CLI_DONE)
		code = put(path, NULL, own);
	X509_free(own);
	return code;
}

enum cli_exit certificates_fresh(const char *key, const char *chain, size_t name_count,
                                 char **names, int64_t now_s)
{
	EVP_PKEY *own = NULL;
	enum cli_exit code = take_key(key, &own);

	if (code == CLI_DONE && chain && access(chain, F_OK) != 0)
		code = make_chain(chain, own, name_count, names, now_s);
	EVP_PKEY_free(own);
	return code;
}
