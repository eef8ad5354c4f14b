/* SPDX-License-Identifier: Apache-2.0 */
/* What an m= line says of a connection of its own: who makes it (RFC 4145), by which
 * certificate its end is known (RFC 8122), which channel of a speech server it is (RFC 6787 4.2).
 * Read when it is asked for, from the attributes that the parser kept. */
#ifndef SDP_CONNECTION_H
#define SDP_CONNECTION_H

#include "base/buffer.h"
#include "sdp/session.h"

enum { SDP_FINGERPRINT_SIZE = 32, MAX_SDP_CHANNEL = 96, SDP_PORT_DISCARD = 9 };

/* By which a certificate may be named, the weakest first. */
enum sdp_hash { SDP_SHA256, SDP_SHA384, SDP_SHA512, SDP_HASH_COUNT };
enum { MAX_SDP_FINGERPRINT = 64 };

enum sdp_carrier { SDP_OVER_UDP, SDP_OVER_TCP, SDP_OVER_TLS };

enum sdp_setup { SDP_SETUP_NONE, SDP_ACTIVE, SDP_PASSIVE, SDP_ACTPASS, SDP_HOLDCONN };

struct sdp_connection {   /* views: into the text that was parsed */
	uint8_t setup;    /* enum sdp_setup; SDP_SETUP_NONE where none is written */
	bool is_existing; /* a=connection:existing; else a new one */
	bool has_fingerprint;
	uint8_t fingerprint[SDP_FINGERPRINT_SIZE]; /* SHA-256 of the certificate */
	struct view channel;  /* "7F3A91C4E2@speechrecog"; empty where there is none */
	struct view resource; /* "speechrecog"; the same */
	struct view cmid;     /* a=mid of the audio that the channel is about; the same */
};

enum sdp_carrier sdp_media_carrier(const struct sdp_media *m);
/* The same kind of line over another carrier; SDP_PROTOCOL_OTHER where there is none such. */
enum sdp_protocol sdp_protocol_over(enum sdp_protocol p, enum sdp_carrier carrier);

/* ERR_SYNTAX: one of the attributes is malformed, or there twice. Fingerprints by other digests
 * are passed over, as RFC 8122 5.1 lets; of two by SHA-256 the line has none that counts
 * (ERR_UNSUPPORTED), for we would have to try both. */
enum err sdp_connection_read(const struct sdp_session *s, const struct sdp_media *m,
                             struct sdp_connection *ret) MUST_USE;

/* "sha-256 A1:B2:..." as in a=fingerprint, in letters of either size (devices write both); what the
 * hash leaves of ret is zero. ERR_UNSUPPORTED: by another hash. */
enum err sdp_fingerprint_parse(struct view text, enum sdp_hash *ret_hash,
                               uint8_t ret[MAX_SDP_FINGERPRINT]) MUST_USE;
/* By SHA-256, in upper case. */
void sdp_fingerprint_write(struct buffer *b, const uint8_t fingerprint[SDP_FINGERPRINT_SIZE]);

/* The value of a=setup; *ret: enum sdp_setup. ERR_SYNTAX. */
enum err sdp_setup_parse(struct view text, uint8_t *ret) MUST_USE;
const char *sdp_setup_text(enum sdp_setup s); /* static storage */
/* What answers an offer of that setup where we would rather be connected to (RFC 4145 4.1). */
enum sdp_setup sdp_setup_answer(enum sdp_setup offered);
/* Whether an answer of that setup fits the offer; *ret_is_active: who answered connects. */
bool sdp_setup_fits(enum sdp_setup offered, enum sdp_setup answered, bool *ret_is_active);

#endif
