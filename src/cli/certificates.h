/* SPDX-License-Identifier: Apache-2.0 */
/* A private certificate authority for an installation and its peers, as a folder of files:
 *
 *     authority.pem  authority.key  authority.crl     itself, and whom it has revoked
 *     NAME.pem       NAME.key                         what it has issued, by name
 *
 * Keys are readable by their owner alone. Each file is replaced as a whole. There is no register
 * beside the files: serial numbers are random, and what is revoked stands in the CRL.
 *
 * The functions say on standard error what is wrong and what to do, and return the exit code.
 * Time is an argument: seconds since 1970. */
#ifndef CLI_CERTIFICATES_H
#define CLI_CERTIFICATES_H

#include "base/buffer.h"
#include "cli/command.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define CERTIFICATES_FOLDER "/etc/ringfence/certificates"

enum {
	MAX_CERTIFICATES_NAMES = 16,     /* in one certificate, and domains of an authority */
	MAX_CERTIFICATES_NAME = 253,     /* bytes, as DNS has it */
	MAX_CERTIFICATES_LABEL = 64,     /* what a file is called, and a common name */
	MAX_CERTIFICATES_FILE = 1 << 20, /* bytes of a file that is read */
	MAX_CERTIFICATES_LISTED = 1000,
};

/* ---- certificates_name.c: whom a certificate names ---- */

enum certificates_name_kind { CERTIFICATES_DNS, CERTIFICATES_IP, CERTIFICATES_URI };

/* For an authority an address may be a network: prefix counts there alone. */
struct certificates_name {
	uint8_t kind, prefix;
	uint8_t ip_len; /* 4, 16 */
	uint8_t ip[16];
	char text[MAX_CERTIFICATES_NAME + 1]; /* lower case but for the user of a URI */
};

/* "sbc.example.com", "192.0.2.1", "2001:db8::1", "sip:user@example.com", "sips:example.com"; with
 * `is_subtree` "192.0.2.0/24". ERR_SYNTAX, ERR_LIMIT. */
enum err certificates_name_read(struct view text, bool is_subtree,
                                struct certificates_name *ret) MUST_USE;
/* The host of a URI, the text itself otherwise; a borrow of it. */
struct view certificates_name_host(const struct certificates_name *n);
/* NULL: no memory. The caller's. */
GENERAL_NAME *certificates_name_general(const struct certificates_name *n);
/* Whether this authority may vouch for it: what its name constraints say, and for URIs, of which
 * they say nothing, the same of their hosts. */
bool certificates_name_fits(X509 *authority, const struct certificates_name *n);
/* All alternative names of a certificate as text, by ", ". */
void certificates_name_list(X509 *certificate, struct buffer *ret);

/* ---- certificates_folder.c: files ---- */

struct certificates_folder {
	int fd; /* -1: not open; locked against others while it is */
	const char *path;
};

/* Makes it where `is_new`. */
enum cli_exit certificates_folder_open(const char *path, bool is_new,
                                       struct certificates_folder *ret);
void certificates_folder_close(struct certificates_folder *f);
bool certificates_folder_has(const struct certificates_folder *f, const char *name,
                             const char *suffix);
/* Replaces each of the files as a whole; the key before what names it. NULL members stay. */
struct certificates_files {
	EVP_PKEY *key;
	X509 *certificate;
	X509_CRL *crl;
};
enum cli_exit certificates_folder_write(const struct certificates_folder *f, const char *name,
                                        const struct certificates_files *files);
/* What is asked for (not NULL) is the caller's. An encrypted key is not read. */
enum cli_exit certificates_folder_read(const struct certificates_folder *f, const char *name,
                                       EVP_PKEY **ret_key, X509 **ret_certificate);
/* A name that may be a file's. */
bool certificates_label_is_good(struct view name);

/* ---- certificates_authority.c ---- */

struct certificates_authority {
	EVP_PKEY *key;
	X509 *certificate;
	X509_CRL *crl;
};

struct certificates_authority_wish {
	const char *name; /* of the installation */
	uint32_t days;
	size_t only_count; /* domains and networks that it may vouch for; 0: any */
	struct certificates_name only[MAX_CERTIFICATES_NAMES];
};

enum cli_exit certificates_authority_make(const struct certificates_folder *f,
                                          const struct certificates_authority_wish *wish,
                                          int64_t now_s);
enum cli_exit certificates_authority_read(const struct certificates_folder *f,
                                          struct certificates_authority *ret);
void certificates_authority_clear(struct certificates_authority *a);
bool certificates_authority_has_revoked(const struct certificates_authority *a, X509 *certificate);
/* Writes the CRL anew. Of one that is revoked already: nothing to do. */
enum cli_exit certificates_authority_revoke(const struct certificates_folder *f,
                                            struct certificates_authority *a, X509 *certificate,
                                            int64_t now_s);

/* ---- certificates_issue.c ---- */

/* What a certificate is for, as its extended key usage says; the last is told, never made. */
enum certificates_use {
	CERTIFICATES_PEER,    /* both ends of a trunk: server and client, SIP domain (RFC 5924) */
	CERTIFICATES_SERVER,  /* a listener: phones and browsers connect to it */
	CERTIFICATES_CLIENT,  /* a phone: it only connects */
	CERTIFICATES_CONTROL, /* a server that gives orders: client, and no SIP domain */
	CERTIFICATES_AUTHORITY,
	CERTIFICATES_OTHER,
};
const char *certificates_use_name(enum certificates_use use);
enum certificates_use certificates_use_of(X509 *certificate);

struct certificates_wish {
	const char *name; /* of its files */
	enum certificates_use use;
	bool is_rsa;
	uint32_t days;
	size_t name_count;
	struct certificates_name names[MAX_CERTIFICATES_NAMES];
};

enum cli_exit certificates_issue(const struct certificates_folder *f,
                                 const struct certificates_authority *a,
                                 const struct certificates_wish *wish, int64_t now_s);
/* The same names, use and sort of key, a new key, as many days as the old one had. */
enum cli_exit certificates_renew(const struct certificates_folder *f,
                                 const struct certificates_authority *a, const char *name,
                                 int64_t now_s);

/* Pieces that authority and issue share. */
X509 *certificates_blank(EVP_PKEY *key, const char *name, uint32_t days, int64_t now_s);
bool certificates_extend(X509 *certificate, X509 *issuer, int nid, const char *value);
/* The NID of id-kp-sipDomain, made known on the first call. */
int certificates_sip_domain(void);

/* ---- certificates_list.c ---- */

int64_t certificates_end(X509 *certificate);
/* Rows of everything in the folder; authority may be NULL. The caller's; NULL: no memory. */
json_t *certificates_list(const struct certificates_folder *f,
                          const struct certificates_authority *a, int64_t now_s);
/* A row of a file of certificates that somebody names ("certificate main"): of the first of them,
 * and of the end that comes first. */
json_t *certificates_row_of_file(const char *path, const char *named_by, int64_t now_s);
/* The nearest end first; takes the rows over. */
json_t *certificates_sorted(json_t *rows);

/* ---- certificates_main.c ---- */

/* What a configuration says of certificates, as far as it is of use here. */
struct certificates_peer {
	char name[32];
	char host[256]; /* a name, or an address as text */
	uint16_t port;
	char identity[MAX_CERTIFICATES_NAME + 1]; /* whom its certificate must name; "": the host */
	char authority[1024], crl[1024], chain[1024], key[1024]; /* paths; "": none */
	bool is_clear;                                           /* requests go to it without TLS */
};
enum { MAX_CERTIFICATES_NAMED = 256 };
struct certificates_named {
	char by[64], path[1024], acme[32]; /* acme: who gives it; "": nobody */
};
struct certificates_config {
	size_t named_count;
	struct certificates_named named[MAX_CERTIFICATES_NAMED]; /* files of certificates, CRLs */
	bool (*find_peer)(const char *name, struct certificates_peer *ret);
};
/* Reads the file, NULL: the usual one; the answer lives until the process ends. Says what fails,
 * but of the usual one that it is not there (CLI_NOT_FOUND). */
typedef enum cli_exit certificates_read_config(const char *path,
                                               const struct certificates_config **ret);

/* The program behind `ringfence certificates`; argv begins with its name. */
int certificates_main(int argc, char **argv, int64_t now_s, certificates_read_config *read_config);

/* ---- certificates_probe.c ---- */

/* Connects as the service would, and says each step in words on standard output, or as one
 * object. CLI_DONE: calls could pass. */
enum cli_exit certificates_probe(const struct cli *c, const struct certificates_peer *peer,
                                 int64_t now_s);

#endif
