/* SPDX-License-Identifier: Apache-2.0 */
/* Proves how src/rtp/rtcp.c reads. */
#include "contracts.h"
#include "rtp/rtcp.h"

/*@ predicate counts_fit(struct rtcp_compound *c) =
        c->report_count <= MAX_RTCP_REPORTS && c->bye_count <= MAX_RTCP_BYES; */

#include "rtp/rtcp.c"

/*@ requires cursor_is_good(in) && \valid(ret);
    requires \separated(in, ret);
    assigns *ret \from in->at, in->end, in->err;
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in);
    ensures view_is_good(ret->body) && ret->count <= 31; */
static void read_part(struct cursor *in, struct part *ret);

/*@ requires \valid(p) && view_is_good(p->body);
    assigns p->body.len;
    ensures p->body.len <= \old(p->body.len) && view_is_good(p->body); */
static enum err strip_padding(struct part *p, bool is_last);

/*@ requires cursor_is_good(in);
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in);
    ensures -0x800000 <= \result <= 0x7fffff; */
static int32_t read_lost(struct cursor *in);

/*@ requires cursor_is_good(in);
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in); */
static struct rtcp_report read_report(struct cursor *in);

/*@ requires cursor_is_good(in) && \valid(c) && \separated(in, c);
    assigns c->ntp, c->rtp_timestamp, c->packets, c->octets, c->has_sender_info;
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in); */
static void read_sender_info(struct cursor *in, struct rtcp_compound *c);

/*@ requires \valid_read(p) && view_is_good(p->body) && p->count <= 31;
    requires \valid(c) && \separated(p, c) && counts_fit(c) && c->dropped < MAX_RTCP_PACKETS;
    assigns *c;
    ensures counts_fit(c) && c->dropped <= \old(c->dropped) + 1; */
static enum err read_reports(const struct part *p, bool is_first, struct rtcp_compound *c);

/*@ requires cursor_is_good(in) && ordered(start, in->at);
    requires readable(start, in->end - start);
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in); */
static void walk_chunk(struct cursor *in, const char *start);

/*@ requires \valid_read(p) && view_is_good(p->body);
    assigns \nothing; */
static enum err walk_sdes(const struct part *p);

/*@ requires \valid_read(p) && view_is_good(p->body) && p->count <= 31;
    requires \valid(c) && \separated(p, c) && counts_fit(c);
    assigns c->bye_count, c->byes[0 .. MAX_RTCP_BYES - 1];
    ensures counts_fit(c); */
static enum err read_bye(const struct part *p, struct rtcp_compound *c);

/*@ requires \valid_read(p) && view_is_good(p->body) && p->count <= 31;
    requires \valid(c) && \separated(p, c) && counts_fit(c) && c->dropped < MAX_RTCP_PACKETS;
    assigns *c;
    ensures counts_fit(c) && c->dropped <= \old(c->dropped) + 1; */
static enum err read_body(const struct part *p, bool is_first, struct rtcp_compound *c);

/*@ requires view_is_good(datagram) && \valid(ret);
    assigns *ret; */
enum err rtcp_parse(struct view datagram, struct rtcp_compound *ret);
