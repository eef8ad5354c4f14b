/* SPDX-License-Identifier: Apache-2.0 */
/* TLS in memory: an authority that signs what a test asks for, our end, and OpenSSL as a client
 * at the other. */
#ifndef UNIT_TRANSPORT_TLS_STAGE_H
#define UNIT_TRANSPORT_TLS_STAGE_H

#include "transport/tls.h"

#include <openssl/ssl.h>

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
