/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the cases of this folder build descriptions from. */
#ifndef SDP_CASE_H
#define SDP_CASE_H

#define SDP_V     "v=0\r\n"
#define SDP_O     "o=- 11 7 IN IP4 192.0.2.1\r\n"
#define SDP_S     "s=-\r\n"
#define SDP_C     "c=IN IP4 192.0.2.1\r\n"
#define SDP_T     "t=0 0\r\n"
#define SDP_HEAD  SDP_V SDP_O SDP_S SDP_C SDP_T
#define SDP_AUDIO "m=audio 4000 RTP/AVP 0\r\n"

#endif
