/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, without judgement: signal (or a capture, or the honeypot)
 * says it, the judge reads it. Fixed size, fits a 256-byte ring slot. Text is
 * cut, printable and NUL-terminated; hashes are keyed, per installation. */
#ifndef EVENT_FACT_H
#define EVENT_FACT_H

#include "event/flow.h"

enum { FACT_VERSION = 1 };

enum fact_kind {
	FACT_REQUEST,       /* a stranger's, met by silence, challenge or bound; `method` */
	FACT_LOGIN,         /* a REGISTER with credentials was decided; `outcome` */
	FACT_UNKNOWN_USER,  /* the PBX does not know `account` */
	FACT_ANOMALY,       /* the parser or the screen named a reason; `reason`, `grade` */
	FACT_SCANNER,       /* structural signature matched; `reason` */
	FACT_NON_SIP,       /* not SIP at all on a SIP port */
	FACT_OUT_OF_DIALOG, /* wrong tags */
	FACT_PEER_MISMATCH, /* a peer's address without what that peer would carry */
	FACT_CAPPED,        /* a login beyond the caps, refused by us */
	FACT_OLD_PASSWORD,  /* a device repeats one wrong login; held back by us */
	FACT_DIGEST_LEAK,   /* an outside party challenged what came from inside */
	FACT_CALL,          /* a call was tried, answered or ended; `number`, `outcome` */
	FACT_UNACKED,       /* an INVITE was answered and never acknowledged */
	FACT_BLOCKED_HITS,  /* `count` datagrams dropped at the door since the last such fact */
	FACT_REGISTERED,    /* registration made or refreshed */
	FACT_UNREGISTERED,  /* the last registration of its flow ended */
	FACT_CRASH,         /* a worker died with this message in hand */
	FACT_UNTRUSTED,     /* TLS was refused before a byte of SIP; `reason`: enum tls_refusal */
	FACT_KIND_COUNT
};

/* Whether the evidence proves that its source receives what we send there. */
enum fact_proof { PROOF_NONE, PROOF_COOKIE, PROOF_TAG, PROOF_BRANCH, PROOF_CONNECTION };
static inline bool fact_is_proven(enum fact_proof p) { return p != PROOF_NONE; }

enum fact_outcome { OUTCOME_UNKNOWN, OUTCOME_SUCCEEDED, OUTCOME_FAILED };

/* What stood there instead of SIP: `reason` of FACT_NON_SIP. */
enum fact_non_sip {
	NON_SIP_NOISE,
	NON_SIP_HTTP,
	NON_SIP_TLS, /* where no TLS is spoken */
	NON_SIP_SSDP,
	NON_SIP_RTSP,
	NON_SIP_KEEPALIVE, /* empty lines, STUN, a short greeting: keeps a NAT open */
	NON_SIP_CAPTURED,  /* the others are known where a WebSocket was asked of us */
	NON_SIP_UPGRADE = NON_SIP_CAPTURED, /* no browser writes such a request */
	NON_SIP_FOREIGN, /* a page that may not connect, or one that wants no SIP: its reader's
	                  * browser does it, not he */
	NON_SIP_COUNT
};

struct fact {
	uint8_t version, kind;  /* FACT_VERSION, enum fact_kind */
	uint8_t proof, outcome; /* enum fact_proof, enum fact_outcome */
	uint8_t standing;       /* enum fact_standing: what the source was when it sent this */
	uint8_t grade;          /* enum sip_grade of an anomaly */
	uint16_t reason; /* enum sip_reason, guard's signature or oddity, enum fact_non_sip */
	uint16_t status; /* SIP status that decided it, 0 if none */
	uint16_t owner;  /* worker that says so */
	uint32_t tenant; /* 0 by default */
	uint32_t count;  /* 1 unless it stands for several */
	uint32_t cseq;
	uint16_t agent; /* number of a scanner's User-Agent, 0 none: guard/agent.h; a weak sign */
	uint8_t is_unheard; /* only answers to it were seen: what else it sent is unknown */
	uint8_t is_server;  /* who sent it is known to answer for others */
	uint64_t sequence;  /* in its ring; rises by one */
	uint64_t now_us;    /* monotonic */
	int64_t wall_us;    /* since 1970, UTC */
	struct flow flow;
	uint64_t call_id_hash; /* keyed: tells one device's attempts from another's */
	uint64_t contact_hash;
	char method[12];
	char account[56]; /* user@domain of To (REGISTER) or From, cut */
	char number[32];  /* dialled string, cut */
};

enum fact_standing { STANDING_STRANGER, STANDING_KNOWN, STANDING_PEER };

_Static_assert(sizeof(struct fact) <= 256, "a fact fits its ring slot");

const char *fact_kind_name(enum fact_kind kind); /* "login", "unknown-user" ...; static storage */

/* Whether a slot that another process wrote may be used: version, every
 * enumeration in range, addresses of a family, text terminated and printable. */
bool fact_is_sound(const struct fact *f);

#endif
