/* SPDX-License-Identifier: Apache-2.0 */
/* Proves how src/rtp/packet.c reads. */
#include "contracts.h"
#include "rtp/packet.h"

/*@ requires cursor_is_good(in);
    assigns in->end \from in->at, in->end, in->err;
    assigns in->err;
    ensures cursor_is_good(in) && ordered(in->end, \old(in->end));
    ensures \old(in->err) != 0 ==> in->err != 0; */
static void strip_padding(struct cursor *in);

/*@ requires cursor_is_good(in);
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in); */
static void skip_extension(struct cursor *in);

/*@ requires readable(at, 4);
    assigns \nothing; */
static uint32_t load_u32(const char *at);

/* What it says of the payload is asserted where the packet is complete: past the copy of the
 * whole structure into *ret the provers do not find it again. */
/*@ requires view_is_good(rest) && \valid(ret);
    assigns *ret \from rest, rest.at[0 .. rest.len - 1];
    ensures \result == 0 ==> ret->source_count <= MAX_RTP_SOURCES;
    ensures \result != 0 ==> *ret == \old(*ret); */
static enum err read_rest(struct view rest, uint8_t first, struct rtp_packet *ret);

/*@ requires view_is_good(datagram) && \valid(ret);
    assigns *ret \from datagram, datagram.at[0 .. datagram.len - 1];
    ensures \result == 0 ==> RTP_HEADER_SIZE <= datagram.len <= MAX_RTP_PACKET;
    ensures \result != 0 ==> *ret == \old(*ret); */
enum err rtp_packet_parse(struct view datagram, struct rtp_packet *ret);

#include "rtp/packet.c"
