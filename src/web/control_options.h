/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks `control` and `server` within it: where servers may command calls, and which. */
#ifndef WEB_CONTROL_OPTIONS_H
#define WEB_CONTROL_OPTIONS_H

#include "conf/schema.h"
#include "event/command.h"

enum { WEB_MAX_SERVERS = 16, WEB_MAX_SERVER_NETS = 8, WEB_IDENTITY_SIZE = 128 };

struct web_control_options {
	struct addr listen;                /* family 0: no server commands anything */
	uint16_t certificate;              /* row of `certificate`, ours; CONF_NO_ROW: none */
	char authority[256], revoked[256]; /* paths; the parent reads them */
};

/* A server that may command the calls of its peer. */
struct web_control_server {
	uint16_t parent;                           /* row of `control`: 0 */
	char label[COMMAND_NAME_SIZE];             /* what we call it */
	char name[WEB_IDENTITY_SIZE];              /* its certificate's, exactly */
	struct addr_net from[WEB_MAX_SERVER_NETS]; /* where it comes from */
	uint8_t from_count;
	uint8_t may;   /* 1 << enum command_verb, or-ed; nothing without this */
	uint16_t peer; /* row of `peer`; CONF_NO_ROW is refused by proc/check.c */
};

extern const struct conf_block web_control_block;
extern const struct conf_block web_server_block;

#endif
