/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a stream's bytes into SIP messages, as an observer must: by Content-Length
 * where it can be trusted (RFC 3261 18.3); where it cannot, or bytes are missing,
 * what is there is one message and the next start line begins another. */
#ifndef CAPTURE_SIP_STREAM_H
#define CAPTURE_SIP_STREAM_H

#include "capture/pile.h"

/* The longest message that is put together. */
enum { MAX_CAPTURE_SIP = 64 << 10 };

struct capture_sip_sink {
	void *context;
	/* One message; the bytes may be changed, and live during the call. */
	void (*message)(void *context, struct view bytes, bool is_cut);
	/* Where a message should begin something else stood: the bytes that are there.
	 * Once a stream, and not where the stream was met in its middle. */
	void (*foreign)(void *context, struct view bytes);
};

/* Zeroed is empty. */
struct capture_sip_stream {
	struct capture_pile pile;
	size_t want;  /* bytes of the message that it begins with, once that is known */
	bool is_open; /* begins with a message whose headers have not ended yet */
	bool is_lost; /* looks for a start line */
	bool has_foreign;
};

/* ERR_NO_MEMORY: these bytes are lost, the stream looks for a start line. */
enum err capture_sip_stream_take(struct capture_sip_stream *s, struct view bytes,
                                 const struct capture_sip_sink *sink) MUST_USE;
/* Bytes are missing from here on, or the stream was met in its middle, or it ends:
 * what is in hand comes out as a cut message. */
void capture_sip_stream_break(struct capture_sip_stream *s, const struct capture_sip_sink *sink);
void capture_sip_stream_clear(struct capture_sip_stream *s);

#endif
