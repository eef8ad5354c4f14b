/* SPDX-License-Identifier: Apache-2.0 */
/* a=crypto (RFC 4568, suites of RFC 3711, 6188 and 7714): keys of an m= line in
 * the description itself. Read when it is asked for, from the attributes that
 * the parser kept. What is read is secret: wiped by who has it, never logged. */
#ifndef SDP_CRYPTO_H
#define SDP_CRYPTO_H

#include "base/buffer.h"
#include "base/suite.h"
#include "sdp/session.h"

enum { MAX_SDP_CRYPTO = 8, SDP_CRYPTO_TAG_MAX = 999999999, SDP_CRYPTO_LINE_MAX = 128 };

struct sdp_crypto {
	uint32_t tag;
	uint8_t suite;                    /* enum suite, never SUITE_NONE */
	uint8_t secret[SUITE_MAX_SECRET]; /* key and salt; zeros behind */
};

/* The value of one attribute. ERR_SYNTAX: against the grammar, or a key of another length than
 * its suite's. ERR_UNSUPPORTED: a suite that is not ours, several keys or an MKI, a rate of
 * derivation, anything that leaves packets unencrypted or unauthenticated, and any session
 * parameter that is not known (but those that say that they may be passed over, and WSH). */
enum err sdp_crypto_parse(struct view value, struct sdp_crypto *ret) MUST_USE;
/* The same value as it is written; ends without CRLF. */
void sdp_crypto_write(struct buffer *b, const struct sdp_crypto *c);

/* Those of the line that can be used, in its order, each tag once; of more than MAX_SDP_CRYPTO
 * the first. *ret_written: how many there are of any kind. */
size_t sdp_crypto_read(const struct sdp_session *s, const struct sdp_media *m,
                       struct sdp_crypto ret[MAX_SDP_CRYPTO], size_t *ret_written);

/* RTP/SAVP, RTP/SAVPF: the line is protected or not at all. */
bool sdp_protocol_is_secure(enum sdp_protocol p);
/* RTP/AVPF, RTP/SAVPF. */
bool sdp_protocol_has_feedback(enum sdp_protocol p);
/* One of the four that these two make. */
enum sdp_protocol sdp_protocol_of(bool is_secure, bool has_feedback);

#endif
