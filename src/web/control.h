/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come to the control listener: by address before a byte is read, then by certificate
 * before a byte of HTTP is. What is asked of a certificate: a chain to the authority, its time, no
 * revocation, the purpose "client", a name that a `server` block has, and that block's networks.
 * TLS 1.2 and 1.3, nothing resumed. The listener itself is web/door.h. */
#ifndef WEB_CONTROL_H
#define WEB_CONTROL_H

#include "tls/line.h"
#include "web/control_options.h"
#include "web/web.h"

struct evp_pkey_st;
struct x509_st;

enum control_refusal {
	CONTROL_FINE,
#define CONTROL_REFUSAL(name, word) CONTROL_##name,
#include "web/control.def"
#undef CONTROL_REFUSAL
	CONTROL_REFUSAL_COUNT
};

const char *web_control_word(enum control_refusal why);

/* PEM, as the files have it. */
struct web_control_files {
	struct view chain, authority, revoked; /* revoked empty: nothing is asked */
};

struct web_control_list {
	const struct web_control_server *servers;
	size_t count;
};

struct web_control;

struct web_control_port {
	struct web *web; /* whose trail and counters hear of refusals */
	void *context;
	/* The key of our certificate, or a handle of it; the caller's. As keys_client_pkey. */
	enum err (*key)(void *context, struct x509_st *leaf, struct evp_pkey_st **ret);
};

/* The list is copied. ERR_SYNTAX: a file that cannot be used, `ret_why` says which. ERR_NO_MEMORY.
 * Whether the certificate matches its key, who has the key knows. */
enum err web_control_new(const struct web_control_list *list, const struct web_control_files *files,
                         const struct web_control_port *port, struct web_control **ret,
                         const char **ret_why) MUST_USE;
/* Another one takes its place: it goes when nobody is left whom it let in. */
void web_control_free(struct web_control **c);

/* Whether some server may come from there; what is refused is counted and told to the trail. */
bool web_control_admits(struct web_control *c, const struct addr *from);

/* One connection; its memory is the caller's and lives as long. */
struct web_control_client {
	struct web_control *control;
	struct addr from;
	const struct web_control_server *server; /* once it has shown who it is; NULL: nobody */
	int64_t wall_us;                         /* of the step in hand */
	enum control_refusal why;                /* of the certificate that was shown */
	char shown[WEB_IDENTITY_SIZE];           /* its first name, printable */
};

/* Before its handshake, in which it has to show a certificate of a server; `from` is set. With
 * an error nothing is begun. ERR_NO_MEMORY. */
enum err web_control_begin(struct web_control *c, const struct tls_lines *lines,
                           const struct tls_wire *wire, struct web_control_client *client,
                           struct tls_line *ret) MUST_USE;
/* The next step of it, as tls_line_shake. Of who is refused the trail hears. */
enum err web_control_shake(struct web_control_client *client, struct tls_line *line,
                           struct now now) MUST_USE;
/* The connection is gone. */
void web_control_end(struct web_control_client *client);

/* Refused for another reason: told as the others are. */
void web_control_refuse(struct web_control *c, const struct addr *from, const char *name,
                        enum control_refusal why);

#endif
