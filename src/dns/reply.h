/* SPDX-License-Identifier: Apache-2.0 */
/* A server's reply as records. c-ares has checked number, question and sender; it expands the
 * names. What it does not tell (1.18: TTL and owner of SRV and NAPTR) is read here, record by
 * record. Hostile bytes: nothing is believed but what lies within them. */
#ifndef DNS_REPLY_H
#define DNS_REPLY_H

#include "base/err.h"
#include "resolve/record.h"

/* Fills records, left_out and negative_s; the result is ANSWERED or NOTHING by whether there are
 * records. What follows a record that cannot be read is left out with it. ERR_SHORT: no reply. */
enum err dns_reply_read(const uint8_t *bytes, size_t len, struct resolve_answer *ret) MUST_USE;

#endif
