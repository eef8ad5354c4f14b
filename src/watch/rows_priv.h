/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the watch's tables. */
#ifndef WATCH_ROWS_PRIV_H
#define WATCH_ROWS_PRIV_H

#include "base/wheel.h"
#include "rtp/statistics.h"
#include "watch/report.h"
#include "watch/table.h"

struct watch;

enum {
	MAX_CHALLENGERS = 4,
	MAX_KNOWN_ACCOUNTS = 4,
	MAX_REALMS = 2,
	MAX_LEGS = 4,
	MAX_MEDIA_FORMATS = 8,
};

struct watch_host {
	struct watch_row row;
	uint64_t challengers[MAX_CHALLENGERS]; /* who challenged it and did not let it in since */
	uint64_t challenged; /* whose call it challenged last; means something if is_challenger */
	uint8_t next;
	bool is_server;     /* registered others who had asked it, or challenged them */
	bool is_challenger; /* challenged the call of one who was no server then */
	bool repeats_tags;  /* those of its answers to different hosts begin alike */
	bool is_asking;     /* its requests pass here */
	bool is_registrar;  /* others ask it to register them */
};

/* Whom a flow may ask to be, and the nonces with which it last was. */
struct watch_known_account {
	uint64_t account;
	uint64_t registered, other; /* nonces: of a REGISTER, of any other method */
};

struct watch_known {
	struct watch_row row;
	uint64_t until_us;
	struct watch_known_account accounts[MAX_KNOWN_ACCOUNTS];
	uint8_t next;
};

enum watch_note_state { NOTE_SEEN, NOTE_CHALLENGED, NOTE_SHARED };

/* A nonce at a host, a Call-ID at a host, or an oddity that was said: seen before? */
struct watch_note {
	struct watch_row row;
	uint64_t host; /* of a nonce wherever it went: to whom it went last */
	uint8_t state; /* enum watch_note_state */
};

enum watch_flag {
	HAS_REQUEST = 1 << 0,
	HAS_CREDENTIALS = 1 << 1,
	IS_IN_DIALOG = 1 << 2,
	IS_DIALOG_SEEN = 1 << 3,
	IS_RINGING = 1 << 4,
	IS_STALE = 1 << 5,       /* the challenge says so, or the nonce had served already */
	IS_OTHER_REALM = 1 << 6, /* the challenge is for other credentials than were sent */
	IS_DECIDED = 1 << 7,
	IS_WAITING_FOR_ACK = 1 << 8,
	IS_SILENT = 1 << 9, /* nothing is said of it: CANCEL */
	IS_FIRST_LEG = 1 << 10,
	IS_QUERY = 1 << 11,          /* REGISTER without Contact */
	IS_RESPONSE_ODD = 1 << 12,   /* oddities of its response were said */
	IS_NON_SIP = 1 << 14,        /* no request at all; IS_RINGING: answered in its own kind */
	HAS_AUTHORIZATION = 1 << 13, /* of any scheme and grammar */
};

struct watch_transaction;

/* One leg's, by its key, as long as it may be repeated: a request between two hosts. A line of
 * the cache, for most of a busy table was said long ago and waits for what repeats it; until
 * it is said there are the lines of the whole too. */
struct watch_seen {
	struct watch_row row;
	uint64_t until_us;               /* of what was said */
	struct watch_transaction *whole; /* NULL once it was said */
	uint16_t flags;                  /* of what was said */
};

/* The whole: what is taken, and changed, with each message first. Lives with its row. */
struct watch_transaction {
	struct watch_seen *seen;
	struct watch *watch;
	struct timer timer;
	uint16_t flags;
	uint8_t method;
	uint32_t expires_s;
	struct fact fact; /* about who asked; kind and outcome are set when it is said */
	uint64_t asker, asked, asker_place; /* hashes, as of a message */
	uint64_t standing_at; /* what watch_standings() was when its standing was looked up */
	uint64_t account;     /* hash; of a REGISTER, or of a login */
	uint64_t nonce;       /* note of the nonce that it carried; 0: none */
	uint64_t call;        /* row among the calls; 0: none */
	uint64_t to_tag;      /* hash of the response's; 0: none */
	uint64_t realms[MAX_REALMS];
	char caller[sizeof((struct fact){ 0 }.account)]; /* user@host of From, or of the login */
	char contact[WATCH_TEXT_SIZE];                   /* of a REGISTER, as the next */
	char agent[WATCH_AGENT_SIZE];
};

struct watch_dialog {
	struct watch_row row;
	struct timer timer;
	struct watch *watch;
	struct watch_call report;
	struct list streams;
	uint64_t caller_tag, callee_tag; /* hashes; 0: not seen yet */
	uint64_t asked[MAX_LEGS];        /* hashes of the hosts that were asked last, a ring */
	uint32_t cseq;                   /* of that INVITE */
	uint8_t legs;                    /* counts on, round and round */
	bool is_challenged;              /* so ended its last INVITE */
	bool is_ringing, is_acknowledged, is_over;
	bool has_plain; /* a stream without keys */
};

struct watch_format {
	uint8_t payload_type;
	uint32_t clock_hz;
	char codec[WATCH_CODEC_SIZE];
};

/* An address and port where a description wants RTP. */
struct watch_place {
	struct watch_row row;
	uint64_t call, number_in_watch;
	uint8_t media, count;
	struct watch_format formats[MAX_MEDIA_FORMATS];
};

/* Both addresses, then both ports and the source. */
struct watch_stream_key {
	uint64_t words[5];
};

struct watch_flow_of_rtp {
	struct watch_row row;
	struct watch_stream_key key;
	struct rtp_statistics statistics;
	uint64_t moved_us; /* when it was last put in front */
	uint32_t clock_hz;
	uint8_t payload_type; /* of the last packet */
	uint8_t run;          /* packets in sequence while not believed */
	bool is_believed, is_event;
	uint64_t place; /* row of the description, 0: none */
	struct timer timer;
	struct watch *watch;
	struct watch_dialog *call; /* or NULL; lives longer than this */
	struct list of_call;
	struct watch_stream report;
};

struct watch_registration {
	struct watch_row row;
	struct timer timer;
	struct watch *watch;
	struct watch_phone report;
	struct fact fact;
	uint64_t account;
};

#endif
