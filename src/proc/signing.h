/* SPDX-License-Identifier: Apache-2.0 */
/* The way of signal and of web to `keys`: its client (keys/client.h) over two rings, beneath their
 * lines of TLS (tls/line.h). */
#ifndef PROC_SIGNING_H
#define PROC_SIGNING_H

#include "keys/client.h"
#include "proc/child.h"
#include "tls/line.h"

struct signing_way {
	enum ring_name requests, answers;
	const char *what; /* the log says of whom */
};

/* Before the sandbox. Ends the process where OpenSSL cannot do it. */
struct keys_client *signing_open(struct child *c, const struct signing_way *way);
/* For tls_lines_open. */
struct tls_keys signing_keys(void);

/* Of handshakes that wait for a signature; where signing_open was not called, nothing does. */
uint64_t signing_wait_us(struct now now);
void signing_advance(struct now now);

#endif
