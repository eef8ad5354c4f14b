/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON. Numbers that name something are strings: they use 63 bits,
 * a browser keeps 53. Times are RFC 3339 in UTC, null where there is none. */
#ifndef WEB_JSON_H
#define WEB_JSON_H

#include "event/ask.h"
#include "event/verdict.h"
#include <jansson.h>

json_t *web_json_text(struct view text); /* any bytes; what is not UTF-8 becomes U+FFFD */
json_t *web_json_time(int64_t wall_us);
json_t *web_json_number_text(uint64_t number);

json_t *web_json_call(const struct record_call *c);
json_t *web_json_incident(const struct record_incident *i);
json_t *web_json_sample(const struct record_sample *s);
json_t *web_json_block(const struct record_block *b);
json_t *web_json_audit(const struct record_audit *a);
json_t *web_json_registration(const struct ask_registration *r);
json_t *web_json_trace(const struct ask_trace *t);
json_t *web_json_detector(const struct ask_detector *d);

/* "off", "observe", "block"; NULL beyond. */
const char *web_mode_name(uint8_t mode);
/* False where it is no mode. */
bool web_mode_read(const char *text, uint8_t *ret);
/* "30m", "12h", "7d" -> seconds, at least 1. False where it is no length. */
bool web_length_read(const char *text, uint32_t *ret_s);

#endif
