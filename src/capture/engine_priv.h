/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine and its talks share. */
#ifndef CAPTURE_ENGINE_PRIV_H
#define CAPTURE_ENGINE_PRIV_H

#include "capture/engine.h"
#include "capture/keylog.h"
#include "capture/sctp.h"
#include "capture/sip_ports.h"
#include "capture/sip_stream.h"
#include "capture/tcp.h"

struct capture_engine {
	struct capture_settings settings;
	struct capture_ports ports;
	struct capture_counts counts;
	struct capture_skipped skipped;
	struct capture_keys *keys;
	struct capture_walk *walk;
	struct capture_tcp *tcp;
	struct capture_sctp *sctp;
	struct capture_sip_ports *sip_ports;
	enum err err; /* the first that happened within a packet */
};

/* Counts the message and hands it out; SIP's sender is noted. */
void engine_tell(struct capture_engine *e, const struct capture_message *m);

/* The readers of one TCP connection's bytes: ports of capture/tcp.h. */
enum err engine_talk_piece(void *context, struct capture_connection *c,
                           const struct capture_piece *p);
enum err engine_talk_end(void *context, struct capture_connection *c);

#endif
