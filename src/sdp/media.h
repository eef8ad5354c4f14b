/* SPDX-License-Identifier: Apache-2.0 */
/* One m= line of a session description with all that belongs to it: formats,
 * direction, address, RTCP address (RFC 3605), packet times. */
#ifndef SDP_MEDIA_H
#define SDP_MEDIA_H

#include "base/addr.h"
#include "base/err.h"

/* MAX_SDP_FORMATS and MAX_SDP_ATTRIBUTES bound the whole description. */
enum {
	MAX_SDP_MEDIA = 16,
	MAX_SDP_FORMATS = 128,
	MAX_SDP_MEDIA_FORMATS = 64,
	MAX_SDP_ATTRIBUTES = 256
};
enum { SDP_CLOCK_RATE_MAX = 1000000, SDP_PTIME_MAX_MS = 1000, MAX_SDP_PAYLOAD_TYPE = 127 };

enum sdp_kind {
	SDP_KIND_AUDIO,
	SDP_KIND_VIDEO,
	SDP_KIND_TEXT,
	SDP_KIND_IMAGE,
	SDP_KIND_APPLICATION,
	SDP_KIND_MESSAGE,
	SDP_KIND_OTHER
};

enum sdp_protocol {
	SDP_PROTOCOL_AVP,       /* RTP/AVP: carried */
	SDP_PROTOCOL_AVPF,      /* RTP/AVPF: carried */
	SDP_PROTOCOL_SAVP,      /* RTP/SAVP: carried with keys of the line's own (sdp/crypto.h) */
	SDP_PROTOCOL_SAVPF,     /* RTP/SAVPF: the same */
	SDP_PROTOCOL_DTLS_SAVP, /* up to UDPTL understood and refused by name */
	SDP_PROTOCOL_DTLS_SAVPF,
	SDP_PROTOCOL_UDPTL,    /* carried as an image */
	SDP_PROTOCOL_TCP_AVP,  /* TCP/RTP/AVP (RFC 4571): carried, see sdp/connection.h */
	SDP_PROTOCOL_TLS_AVP,  /* TCP/TLS/RTP/AVP (RFC 8122) */
	SDP_PROTOCOL_MRCP,     /* TCP/MRCPv2 (RFC 6787): carried as an application */
	SDP_PROTOCOL_TLS_MRCP, /* TCP/TLS/MRCPv2 */
	SDP_PROTOCOL_OTHER,
};

/* As the describing end sees it (RFC 3264 5.1). */
enum sdp_direction {
	SDP_INACTIVE = 0,
	SDP_SENDONLY = 1,
	SDP_RECVONLY = 2,
	SDP_SENDRECV = 3,
	SDP_DIRECTION_NONE = 4
};

/* What may stand before the first m= line and again below each. */
struct sdp_level {
	struct addr connection;       /* c=; family 0 where there is none; port 0 */
	enum sdp_direction direction; /* SDP_DIRECTION_NONE where none is written */
	uint32_t bandwidth_as_kbit;   /* b=AS; 0 where none is written */
	uint16_t first_attribute, attribute_count;
	bool has_keys; /* a=crypto or a=fingerprint is among them */
};

struct sdp_format {
	struct view text;       /* as on the m= line */
	struct view encoding;   /* of rtpmap; empty where there is none */
	struct view fmtp;       /* parameters without the payload type; empty where there is none */
	uint32_t clock_rate_hz; /* of rtpmap or the static table; 0 unknown */
	uint8_t payload_type;   /* RTP protocols only */
	uint8_t channels;       /* 0 where rtpmap says nothing */
	bool is_dropped;        /* doubled, or dynamic without rtpmap: sdp_write leaves it out */
};

struct sdp_attribute {
	struct view name;
	struct view value; /* empty for a flag */
	bool has_value;    /* a colon was there */
	bool is_field;     /* read into fields: sdp_write writes it from there */
};

struct sdp_media {
	struct sdp_level level; /* as written below this m= line */
	enum sdp_kind kind;
	enum sdp_protocol protocol;
	struct view kind_text, protocol_text;
	uint16_t port; /* 0: refused or not wanted */
	uint16_t first_format, format_count;
	uint16_t ptime_ms, maxptime_ms; /* 0 where none is written */
	/* Derived from both levels: */
	struct addr rtp; /* effective address and port */
	struct addr
		rtcp; /* a=rtcp, else RTP's host and the next port; family 0 where port is 0, held,
					   or a=rtcp names another host than c= */
	enum sdp_direction
		direction; /* effective; SDP_SENDRECV where nothing is written (RFC 8866 6.7) */
	bool is_held_by_address; /* c= is 0.0.0.0 or :: (RFC 3264 8.4): nothing may be sent there */
	bool has_rtcp_attribute;
	struct addr rtcp_attribute; /* as written; family 0 where it names the port alone */
};

/* The describing end will send; wants to receive and can be reached. */
bool sdp_media_is_sending(const struct sdp_media *m);
bool sdp_media_is_receiving(const struct sdp_media *m);
/* As it stands on an m= line; empty for SDP_PROTOCOL_OTHER. Static storage. */
struct view sdp_protocol_text(enum sdp_protocol p);
const char *sdp_direction_text(enum sdp_direction d); /* "sendrecv" ...; static storage */

/* Clock rate of a static payload type (RFC 3551 6); 0 where it has none. */
uint32_t sdp_static_clock_hz(uint8_t payload_type);

#endif
