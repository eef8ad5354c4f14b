/* SPDX-License-Identifier: Apache-2.0 */
/* A SIP message, read in place: an index of views into the bytes that came,
 * no copy, no allocation. One pass names and delimits the headers; their
 * values are parsed on demand by the file of that header (via.h, cseq.h ...).
 *
 * struct sip_msg is large (its table is fixed): keep one for each worker and
 * parse into it again and again; nothing in it needs clearing before. */
#ifndef SIP_MSG_H
#define SIP_MSG_H

#include "base/err.h"
#include "base/view.h"
#include "sip/cseq.h"
#include "sip/header.h"
#include "sip/method.h"
#include "sip/parts.h"
#include "sip/reason.h"

enum { MAX_SIP_HEADERS = 128 };
enum { SIP_HEADER_NONE = 0xff }; /* no header: ends a chain */

enum sip_framing {
	SIP_DATAGRAM, /* no Content-Length: the body is the rest */
	SIP_STREAM,   /* Content-Length must be there (RFC 3261 18.3) */
};

/* Bytes, each without its line end. */
struct sip_limits {
	uint32_t method, uri; /* of the start line */
	uint32_t header;      /* one header, name to end of value */
	uint32_t headers;     /* start line and all headers together */
	uint32_t message;     /* the whole */
	enum sip_framing framing;
};

/* 64, 1024, 8192, 16 KiB, 64 KiB, datagram. */
extern const struct sip_limits sip_limits_default;

struct sip_header {
	struct view name;  /* as it came, without blanks */
	struct view value; /* trimmed; folds are blanks by now; may be empty */
	uint8_t id;        /* enum sip_header_id */
	uint8_t next;      /* next header of the same id, or SIP_HEADER_NONE */
	bool is_foreign;   /* odd grammar: to be kept out of what we write */
};

struct sip_msg {
	struct view text; /* start line to end of body; what trails is not in it */
	struct view start_line;
	struct view method_text; /* request: as it came; response: empty */
	struct view uri;         /* request: Request-URI, bytes checked, grammar not */
	struct view phrase;      /* response: reason phrase, may be empty */
	struct view body;
	struct view call_id;
	struct sip_cseq cseq;
	uint16_t status; /* response: 100..699; request: 0 */
	bool is_request;
	uint8_t method;         /* enum sip_method; response: that of CSeq */
	uint8_t reason;         /* enum sip_reason why it was refused, or NONE */
	uint8_t count;          /* headers in the table */
	uint64_t anomalies;     /* set of sloppy and foreign reasons (and the hostile one) */
	struct sip_parts parts; /* by sip_check; sip/parts.h reads them out */
	uint8_t first[SIP_HEADER_COUNT]; /* by id: index, or SIP_HEADER_NONE */
	uint8_t last[SIP_HEADER_COUNT];
	struct sip_header headers[MAX_SIP_HEADERS];
};

/* Reads one message. `bytes` may be changed (line ends of folds become
 * blanks) and must outlive what is read from *ret.
 * ERR_SYNTAX, ERR_LIMIT or ERR_SHORT where it is refused; ret->reason then
 * says why, and *ret holds what was understood up to there, which suffices
 * for an answer if sip_msg_is_answerable says so. Leading empty lines are
 * skipped; a datagram of nothing but CR and LF is EMPTY (a keep-alive: look
 * at the bytes first). */
enum err sip_msg_parse(char *bytes, size_t len, const struct sip_limits *limits,
                       struct sip_msg *ret) MUST_USE;

/* How many bytes the first message in a stream's buffer has, start line to
 * body (leading empty lines counted in). ERR_SHORT: more must be read first.
 * ERR_SYNTAX, ERR_LIMIT: the framing cannot be trusted, close the connection.
 * Costs one pass over the headers; changes nothing. */
enum err sip_msg_frame(struct view bytes, const struct sip_limits *limits, size_t *ret) MUST_USE;
/* The same as soon as the headers are whole: *ret may lie beyond the bytes, so that who
 * waits for a body need not look at its headers again with every piece. */
enum err sip_msg_measure(struct view bytes, const struct sip_limits *limits, size_t *ret) MUST_USE;

/* Whether a refused request still has what a response must repeat: Via,
 * From, To, Call-ID and a CSeq, once each, and is not an ACK. */
bool sip_msg_is_answerable(const struct sip_msg *m);

/* The first header of that id, or NULL. O(1). */
const struct sip_header *sip_msg_header(const struct sip_msg *m, enum sip_header_id id);
/* The next one of the same id, or NULL. O(1). Headers with OTHER are not chained. */
const struct sip_header *sip_msg_next(const struct sip_msg *m, const struct sip_header *h);
/* The first value of that id, or the empty view. */
struct view sip_msg_value(const struct sip_msg *m, enum sip_header_id id);
/* The first header of that name, whether we know it or not, or NULL. O(count) for unknown names. */
const struct sip_header *sip_msg_find(const struct sip_msg *m, struct view name);

#endif
