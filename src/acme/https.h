/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPS to an ACME server, by libcurl on our loop: one request at a time, no redirects, no proxy,
 * no file, bounded in bytes and seconds. libcurl brings thirty libraries, so it is mapped
 * only by who asks an ACME server, and before the sandbox. */
#ifndef ACME_HTTPS_H
#define ACME_HTTPS_H

#include "acme/run.h"
#include "os/loop.h"

struct acme_https;

struct acme_https_ports {
	struct loop *loop;
	/* Once for each acme_https_send that was taken, never within it; views live for the
	 * call. */
	void (*answered)(void *context, const struct acme_response *a);
	void *context;
};

/* ERR_NOT_FOUND: libcurl is not installed, ERR_NO_MEMORY, ERR_UNSUPPORTED. */
enum err acme_https_new(const struct acme_https_ports *ports, struct acme_https **ret) MUST_USE;

struct acme_https_call {
	enum acme_method method;
	const char *url;
	const char *at; /* address of its host, as text (IPv6 in brackets); NULL: the host is one */
	struct view body;      /* POST */
	struct view authority; /* PEM: who may have signed the server; outlives the call */
};
/* ERR_AGAIN: another one is under way; ERR_NO_MEMORY, ERR_IO. */
enum err acme_https_send(struct acme_https *h, const struct acme_https_call *call) MUST_USE;
/* Nobody is answered any more. */
void acme_https_cancel(struct acme_https *h);
/* Times that are over. */
void acme_https_advance(struct acme_https *h, struct now now);
uint64_t acme_https_wait_us(const struct acme_https *h, struct now now);

#endif
