/* SPDX-License-Identifier: Apache-2.0 */
/* An authority that signs what a test asks for. */
#ifndef UNIT_TLS_PAPERS_H
#define UNIT_TLS_PAPERS_H

#include "base/view.h"

#include <openssl/x509.h>

enum { STAGE_WALL_S = 1800000000, DAY_S = 86400 };

struct paper {
	X509 *certificate;
	EVP_PKEY *key;
	X509 *by; /* the authority between that signed it; NULL: a root did */
	char pem[8192], key_pem[4096];
};

/* What a certificate shall be; NULL: as most are. */
struct paper_wish {
	const char *names; /* subjectAltName as OpenSSL writes it: "DNS:a.example" */
	const char *use;   /* extendedKeyUsage; NULL: none */
	const char *common_name;
	long from_s, to_s; /* of the stage's wall clock; both 0: yesterday to tomorrow */
	bool is_rsa;
	bool is_must; /* its owner has to bring a staple */
};

/* An authority that lives as long as the program. 0 and 1 are roots, 2 stands below 0. */
const struct paper *paper_authority(unsigned number);
/* Signed by it; lives as long as the program: the same wish may be asked for again. */
const struct paper *paper_issue(unsigned authority, const struct paper_wish *wish);
/* A list of that authority, on which one certificate is, or none (NULL). */
struct view paper_list(unsigned authority, const struct paper *revoked, long to_s, char ret[4096]);

/* What an authority says of one certificate. */
struct staple_wish {
	const struct paper *by; /* who signs */
	const struct paper *of;
	unsigned authority; /* whose certificate `of` is said to be */
	int status;         /* V_OCSP_CERTSTATUS_... */
	long from_s, to_s;  /* of the stage's wall clock; to_s 0: no end */
	bool is_delegate;   /* `by` is no authority: its certificate comes along */
};
enum { STAPLE_SIZE = 4096 };
struct view paper_staple(const struct staple_wish *wish, char ret[STAPLE_SIZE]);

#endif
