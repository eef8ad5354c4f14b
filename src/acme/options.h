/* SPDX-License-Identifier: Apache-2.0 */
/* The block `acme NAME`: an authority that gives certificates by ACME (RFC 8555), and how it is
 * shown that a name is ours. */
#ifndef ACME_OPTIONS_H
#define ACME_OPTIONS_H

#include "conf/schema.h"
#include "event/acme.h"

enum { MAX_ACME = 4, MAX_ACME_CONTACTS = 2, ACME_PATH_SIZE = 256 };

enum acme_proof_kind { ACME_BY_HTTP, ACME_BY_DNS };

struct acme_options {
	char name[ACME_LABEL_SIZE];
	char directory[ACME_URL_SIZE];  /* https: */
	char key[ACME_PATH_SIZE];       /* of the account; made where it is not there */
	char authority[ACME_PATH_SIZE]; /* that signs the server itself */
	char hook[ACME_PATH_SIZE];      /* program; empty: none */
	char contacts[MAX_ACME_CONTACTS][ACME_NAME_SIZE];
	struct addr listen; /* HTTP-01 */
	uint8_t contact_count, proof, agrees;
};

extern const struct conf_block acme_block;

#endif
