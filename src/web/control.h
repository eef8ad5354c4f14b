/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come to the control listener: by address before a byte is read, then by certificate
 * before a byte of HTTP is. The handshake is GnuTLS's within libmicrohttpd; what is asked of a
 * certificate is ours: a chain to the authority, its time, no revocation, the purpose "client", a
 * name that a `server` block has, and that block's networks. TLS 1.2 and 1.3, nothing resumed. */
#ifndef WEB_CONTROL_H
#define WEB_CONTROL_H

#include "keys/request.h"
#include "web/control_options.h"
#include "web/web.h"

enum control_refusal {
	CONTROL_FINE,
#define CONTROL_REFUSAL(name, word) CONTROL_##name,
#include "web/control.def"
#undef CONTROL_REFUSAL
	CONTROL_REFUSAL_COUNT
};

const char *web_control_word(enum control_refusal why);

/* What libmicrohttpd takes as its priorities. */
#define WEB_CONTROL_PRIORITIES                                                                     \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"             \
	"+AES-128-GCM:+CHACHA20-POLY1305:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SAFE_RENEGOTIATION"

/* PEM, as the files have it. */
struct web_control_files {
	struct view chain, authority, revoked; /* revoked empty: nothing is asked */
};

/* The key is elsewhere: `sign` asks for a signature by it and waits for the answer, which it
 * bounds; whatever it returns but ERR_NONE ends the handshake. Outlives each web_control. */
struct web_control_signer {
	void *context;
	enum err (*sign)(void *context, struct keys_request *q, struct keys_answer *ret);
};

struct web_control_list {
	const struct web_control_server *servers;
	size_t count;
};

struct web_control;

struct web_control_port {
	struct web *web; /* whose trail and counters hear of refusals */
	struct web_control_signer signer;
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
};

/* Before the handshake of a GnuTLS session: it has to show a certificate of a server. The session
 * must give `client` through web_control_client_of, which the caller defines. */
enum err web_control_begin(struct web_control_client *client, void *session) MUST_USE;
struct web_control_client *web_control_client_of(void *session);
/* The connection is gone. */
void web_control_end(struct web_control_client *client);
/* Of a certificate (gnutls_x509_crt_t): whether revocations are not asked for, or a list of who
 * issued it is among them. GnuTLS lets pass what no list is about. */
bool web_control_has_list(const struct web_control *c, void *certificate);

/* Refused for another reason: told as the others are. */
void web_control_refuse(struct web_control *c, const struct addr *from, const char *name,
                        enum control_refusal why);

#endif
