/* SPDX-License-Identifier: Apache-2.0 */
/* What may be configured of the API. */
#ifndef WEB_OPTIONS_H
#define WEB_OPTIONS_H

#include "conf/schema.h"

struct web_options {
	char socket[108]; /* as long as a Unix socket's path may be */
	char administrators[33], operators[33], readers[33]; /* groups; "" for none */
};

extern const struct conf_block web_block;

#endif
