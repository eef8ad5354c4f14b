/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over all values of one header of a message, whether they stand on
 * lines of their own or behind commas; commas within quotes, within angle
 * brackets and within ROWS headers do not separate.
 *
 *     struct sip_values w = sip_values_of(msg, SIP_HEADER_ROUTE);
 *     while (sip_values_next(&w, &text)) ...
 *     if (w.err != ERR_NONE) ...
 */
#ifndef SIP_VALUES_H
#define SIP_VALUES_H

#include "sip/msg.h"

struct sip_values {
	const struct sip_msg *msg;
	const struct sip_header *next; /* header to open when rest is used up */
	struct view rest;
	bool is_list, is_open;
	bool skips_empty; /* set it after: nothing between two commas is passed over */
	enum err err;     /* ERR_SYNTAX: open quote or bracket, nothing between two commas */
};

struct sip_values sip_values_of(const struct sip_msg *m, enum sip_header_id id);
/* The same over one text, without a message. */
struct sip_values sip_values_on(struct view text);
/* Next value, trimmed. False at the end and after an error. An empty header
 * has no values. */
bool sip_values_next(struct sip_values *w, struct view *ret);

#endif
