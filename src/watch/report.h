/* SPDX-License-Identifier: Apache-2.0 */
/* What the watch reports beside facts: calls, streams of media, telephones.
 * Plain values; texts are cut, printable and NUL-terminated. */
#ifndef WATCH_REPORT_H
#define WATCH_REPORT_H

#include "event/fact.h"

enum { WATCH_TEXT_SIZE = 64, WATCH_NUMBER_SIZE = 32, WATCH_AGENT_SIZE = 48, WATCH_CODEC_SIZE = 16 };

/* Reported once, when it ended or nothing more is to come. A call that passed
 * several hosts (proxies, each leg captured) is one call of several legs; the
 * addresses are those of the leg that was seen first. */
struct watch_call {
	uint64_t number_in_watch; /* 1, 2 ...; what streams refer to */
	struct addr caller, callee;
	char from[WATCH_TEXT_SIZE], to[WATCH_TEXT_SIZE]; /* user@host */
	char number[WATCH_NUMBER_SIZE];                  /* user of the Request-URI */
	char call_id[WATCH_TEXT_SIZE];
	int64_t started_wall_us, answered_wall_us, ended_wall_us; /* 0: did not happen, or unseen */
	uint64_t packets, lost;                                   /* of all its streams */
	uint16_t streams;                                         /* with RTP seen */
	uint16_t status;                                          /* final response, 0: none seen */
	uint8_t outcome;   /* enum fact_outcome: SUCCEEDED was answered */
	uint8_t standing;  /* enum fact_standing of the caller when it called */
	bool is_cancelled; /* by the caller before an answer */
	bool is_encrypted; /* at least one stream, none plain */
};

enum watch_media {
	WATCH_MEDIA_UNKNOWN, /* no description was seen */
	WATCH_MEDIA_PLAIN,   /* RTP/AVP and no keys */
	WATCH_MEDIA_KEYED,   /* SAVP, or keys or a fingerprint in the description */
};

/* RTP of one source from one address and port to another. */
struct watch_stream {
	uint64_t call; /* number_in_watch; 0: no call of it was seen */
	struct addr from, to;
	uint32_t ssrc;
	uint64_t packets, octets; /* octets of payload */
	uint32_t lost, jitter_us;
	int64_t first_wall_us, last_wall_us;
	uint32_t clock_hz;            /* 0: unknown, counted as 8000 */
	uint8_t payload_type;         /* of the first packet that was no event or silence */
	uint8_t media;                /* enum watch_media */
	bool has_rtcp;                /* RTCP was seen beside it */
	char codec[WATCH_CODEC_SIZE]; /* "PCMA"; empty: unknown */
};

/* Who registered. Reported once, when the registration ended (was taken back or
 * ran out, or the table needed the room) or nothing more is to come. */
struct watch_phone {
	struct addr address, server;
	char account[WATCH_TEXT_SIZE];
	char contact[WATCH_TEXT_SIZE]; /* URI, cut */
	char agent[WATCH_AGENT_SIZE];  /* User-Agent, cut; empty: none */
	int64_t first_wall_us, last_wall_us;
	uint32_t expires_s; /* as granted last */
	uint32_t refreshes; /* how often it was granted */
	bool is_registered; /* still, as far as was seen */
	bool is_open;       /* the server asked for no password */
};

#endif
