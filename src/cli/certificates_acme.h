/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that the service has by ACME: what it begins with, and what is asked of it. */
#ifndef CLI_CERTIFICATES_ACME_H
#define CLI_CERTIFICATES_ACME_H

#include "cli/certificates.h"

/* ---- certificates_fresh.c: asked by the service, where ACME begins ---- */
/* A key (P-256), and in `chain`, unless NULL, a certificate by itself. What is there stays. */
enum cli_exit certificates_fresh(const char *key, const char *chain, size_t count, char **names,
                                 int64_t now_s);

/* ---- certificates_acme.c: what the service has by ACME ---- */
/* config may be NULL. */
bool certificates_is_by_acme(const struct certificates_config *config, const char *name);
enum cli_exit certificates_ask_renewal(const struct cli *c, const char *name);
/* Adds to rows who gives them, and what the service says of it, where it runs. */
void certificates_tell_acme(const struct cli *c, const struct certificates_config *config,
                            json_t *rows);

#endif
