/* SPDX-License-Identifier: Apache-2.0 */
/* TLS beneath a connection (tls/line.h), and who may speak it. Who is at the other end is decided
 * within the handshake, by the policy of the peers that may be there (tls_judge.h): whoever fits
 * none is refused with a reason.
 *
 * TLS 1.2 and 1.3 unless a side says otherwise by name; no renegotiation, no early data, no
 * compression, tickets by keys that change (tls_ticket.h), and none for who showed a
 * certificate: each of his connections is judged anew. */
#ifndef TRANSPORT_TLS_H
#define TRANSPORT_TLS_H

#include "base/buffer.h"
#include "base/now.h"
#include "event/flow.h"
#include "event/tls_refusal.h"
#include "tls/line.h"
#include "transport/tls_options.h"

struct tls;
struct tls_session;
struct evp_pkey_st;
struct x509_st;

/* Files as the parent read them (PEM; a staple DER). */
enum tls_file { TLS_FILE_CHAIN, TLS_FILE_AUTHORITY, TLS_FILE_REVOKED, TLS_FILE_STAPLE };
struct tls_material {
	void *context;
	/* `name`: of the certificate or the peer; empty: of `authorities`. *ret lives with
	 * the material. */
	bool (*find)(void *context, enum tls_file kind, struct view name, struct view *ret);
	/* The private key of a certificate of ours; the caller's reference. ERR_NOT_FOUND,
	 * ERR_SYNTAX, ERR_NO_MEMORY. */
	enum err (*key)(void *context, struct view name, struct x509_st *leaf,
	                struct evp_pkey_st **ret);
};

/* A peer whose signalling is not clear. */
struct tls_peer {
	char label[TLS_LABEL_SIZE]; /* of its block */
	char name[TLS_NAME_SIZE];   /* in its certificate; empty: not asked, for a pin says it */
	const struct transport_signalling *signalling;
	uint16_t row; /* of its block: what `is_at` is asked */
	uint8_t side;
};

struct tls_side {
	bool is_on;     /* TLS is spoken there */
	uint8_t oldest; /* enum tls_version */
	uint8_t count;
	char certificates[MAX_SIDE_CERTIFICATES][TLS_LABEL_SIZE];
};

struct tls_settings {
	const struct tls_side *sides; /* MAX_SIDES */
	const struct tls_peer *peers;
	size_t peer_count;
	const struct transport_certificate *certificates;
	size_t certificate_count;
};

struct tls_ports {
	void *context;
	/* Whether the peer of that row may be at the other end of the flow, by its address; of a
	 * connection of ours, whether it is exactly there. */
	bool (*is_at)(void *context, uint16_t row, const struct flow *flow, bool is_ours);
	struct tls_keys keys;
	struct counters *counters;
};

/* At most so many sessions at once. All that OpenSSL reads or looks up at its first use is used
 * here. ERR_NO_MEMORY. */
enum err tls_new(const struct tls_ports *ports, uint32_t at_most, struct tls **ret) MUST_USE;
void tls_free(struct tls **t); /* sessions first */
/* Certificates and policies, all or nothing: on an error those before stay, and `why` has words.
 * A staple of ours that cannot be shown is left out, and `why` has words though all is well.
 * Sessions that stand keep what they agreed on. ERR_SYNTAX, ERR_NOT_FOUND, ERR_NO_MEMORY. */
enum err tls_load(struct tls *t, const struct tls_settings *settings,
                  const struct tls_material *material, struct buffer *why) MUST_USE;
bool tls_is_on(const struct tls *t, uint8_t side);

/* A session of a connection that came in, or of one that we opened. The wire is copied, the
 * flow too. ERR_FULL, ERR_NO_MEMORY, ERR_NOT_FOUND (no TLS there, no such peer). */
enum err tls_accept(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                    struct tls_session **ret) MUST_USE;
enum err tls_connect(struct tls *t, const struct flow *flow, const struct tls_wire *wire,
                     struct tls_session **ret) MUST_USE;
/* Says good-bye as far as that goes at once, and forgets it. */
void tls_close(struct tls_session **s);

/* The next step of the handshake. ERR_NONE: it is done; ERR_AGAIN: it waits; ERR_CLOSED, ERR_IO:
 * the other end is gone; ERR_DENIED: refused, tls_why says why. */
enum err tls_shake(struct tls_session *s, struct now now) MUST_USE;
/* Once the handshake is done, as socket_read and socket_write. What is written may be
 * only begun: ERR_AGAIN then wants the same bytes again, and may be given more behind them. */
enum err tls_read(struct tls_session *s, char *ret, size_t size, size_t *ret_len) MUST_USE;
enum err tls_write(struct tls_session *s, struct view bytes, size_t *ret_len) MUST_USE;
/* Bytes were read off the wire that no tls_read gave yet. */
bool tls_has_more(const struct tls_session *s);
/* The last step stopped because the wire took no more. */
bool tls_wants_write(const struct tls_session *s);
/* What was read wants an answer, and the wire takes none: to be read again once it does, and not
 * before. */
bool tls_is_answering(const struct tls_session *s);
/* It waits for our key, not for the wire. */
bool tls_is_parked(const struct tls_session *s);

enum tls_refusal tls_why(const struct tls_session *s);
/* The peer that showed who it is; empty: nobody did. Lives with the session. */
const char *tls_peer_label(const struct tls_session *s);
/* Who is there is looked at anew, by the policies of now. False: tls_why says why not. */
bool tls_still_fits(struct tls_session *s, struct now now);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; the array, which is returned. */
enum { TLS_WORDS_SIZE = 96 };
const char *tls_words(const struct tls_session *s, char ret[TLS_WORDS_SIZE]);

#endif
