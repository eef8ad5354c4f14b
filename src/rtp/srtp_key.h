/* SPDX-License-Identifier: Apache-2.0 */
/* Session keys out of a master key and its salt (RFC 3711 4.3, RFC 6188 3,
 * RFC 7714 11): AES in counter mode, with a rate of 0, so once a master key. */
#ifndef RTP_SRTP_KEY_H
#define RTP_SRTP_KEY_H

#include "rtp/srtp_cipher.h"

/* `secret` is key and salt, suite_secret_size bytes. Session keys are the caller's to wipe. */
void rtp_key_derive(struct srtp_engine *e, unsigned suite, const uint8_t *secret, bool is_rtcp,
                    struct srtp_session *ret);

#endif
