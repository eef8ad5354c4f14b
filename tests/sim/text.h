/* SPDX-License-Identifier: Apache-2.0 */
/* SIP as plain text, for ends that share no code with what they try. Header names are
 * looked for as our border and these ends write them. */
#ifndef SIM_TEXT_H
#define SIM_TEXT_H

#include "judge/chance.h"
#include <stddef.h>

/* Value of the first header of that name; false leaves "" in ret. Whole or not at all. */
bool text_header(const char *text, const char *name, char *ret, size_t size);
/* name="value" or name=value within a text, up to a quote or one of "; ,\r\n". */
bool text_param(const char *text, const char *name, char *ret, size_t size);
/* What stands within <>. */
bool text_uri(const char *value, char *ret, size_t size);
/* User and host of sip:USER@HOST...; each "" where absent. */
void text_user(const char *uri, char *ret, size_t size);
void text_host(const char *uri, char *ret, size_t size);
/* Method of a request line, or "" for a response. */
void text_method(const char *text, char *ret, size_t size);
unsigned text_status(const char *text); /* 0: a request */
uint64_t text_hash(const char *a, const char *b);
const char *text_body(const char *text);
/* All Via lines, with their ends; what a response repeats. */
bool text_vias(const char *text, char *ret, size_t size);

#endif
