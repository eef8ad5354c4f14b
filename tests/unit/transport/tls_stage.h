/* SPDX-License-Identifier: Apache-2.0 */
/* TLS in memory: our end, and OpenSSL as a client at the other. */
#ifndef UNIT_TRANSPORT_TLS_STAGE_H
#define UNIT_TRANSPORT_TLS_STAGE_H

#include "transport/tls.h"
#include "unit/tls/papers.h"

#include <openssl/ssl.h>

/* Bytes on their way. */
struct pipe {
	char bytes[1 << 17];
	size_t start, end;
	size_t each; /* at most so many at once; 0: any */
	bool is_closed, is_full;
};

struct stage {
	struct tls *tls;
	struct tls_session *session;
	SSL_CTX *client_context;
	SSL *client;
	struct pipe in, out; /* towards us, from us */
	struct flow flow;
	struct now now;
	struct view staple; /* the other end brings it when it is called */
};

/* What our end is set to. */
struct stage_wish {
	const struct paper *own[2]; /* certificates of the side; the second may be NULL */
	struct transport_signalling rows[2];
	struct tls_peer peers[2];
	size_t peer_count;
	struct view authority[2], revoked[2]; /* PEM, by peer */
	struct view staple;                   /* of our first certificate */
	bool are_elsewhere;                   /* no peer is at the flow's address */
	bool are_together;                    /* both are */
	uint8_t oldest;
};

enum err stage_open(struct stage *s, const struct stage_wish *wish) MUST_USE;
/* New certificates and policies while it runs. */
enum err stage_reload(struct stage *s, const struct stage_wish *wish) MUST_USE;
void stage_close(struct stage *s);
/* A client that shows `paper` (NULL: nothing) and our end of its connection; one before is
 * closed. */
enum err stage_connect(struct stage *s, const struct paper *paper) MUST_USE;
/* Our end of a connection of ours to a server that shows `paper`. ERR_NOT_FOUND where no
 * policy says whom to ask for. */
enum err stage_call(struct stage *s, const struct paper *paper) MUST_USE;
/* As far as both get: how our end stands. */
enum err stage_shake(struct stage *s) MUST_USE;
/* What the client has written to us, and we to it. */
void stage_carry(struct stage *s);
/* Whether bytes go both ways. */
bool stage_talks(struct stage *s);

/* The same in a test. What is refused may also fail for lack of memory: that the ladder is told. */
#define RELOAD(stage, wish, wanted)                                                                \
	do {                                                                                       \
		enum err reload_err = stage_reload(stage, wish);                                   \
		if (reload_err == ERR_NO_MEMORY)                                                   \
			stage_close(stage);                                                        \
		if (reload_err == ERR_NO_MEMORY)                                                   \
			return reload_err;                                                         \
		CHECK(reload_err == (wanted));                                                     \
	} while (0)

#endif
