/* SPDX-License-Identifier: Apache-2.0 */
/* The classic format (draft-ietf-opsawg-pcap): one header, then records. */
#include "capture/file_priv.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

enum err capture_file_pcap_open(struct capture_file *f)
{
	const char *at;

	if (!capture_file_has(f, FILE_HEADER))
		return capture_file_close_short(f);
	at = capture_file_at(f);
	f->order = at[0] == '\xa1' ? CAPTURE_BIG : CAPTURE_LITTLE;
	f->pcap.units_per_us = load32_as(f->order, at) == 0xa1b23c4d ? 1000 : 1;
	if (load16_as(f->order, at + 4) != 2)
		return capture_file_close(f, CAPTURE_END_VERSION);
	/* The upper half tells of the frame check sequence, which IP's own length leaves out. */
	f->pcap.link = load32_as(f->order, at + 20) & 0xffff;
	capture_file_move(f, FILE_HEADER);
	return ERR_NONE;
}

/* The record at the front, all of which is there: its header and `captured` bytes. */
static inline void take_record(struct capture_file *f, uint32_t captured,
                               struct capture_packet *ret)
{
	const char *at = capture_file_at(f);
	uint32_t seconds = load32_as(f->order, at), units = load32_as(f->order, at + 4);
	uint32_t original = load32_as(f->order, at + 12);

	/* 32 bits of seconds are over in 2106: no bound to look at. */
	ret->wall_us = seconds * INT64_C(1000000) +
	               (f->pcap.units_per_us == 1 ? units : units / f->pcap.units_per_us);
	ret->link = f->pcap.link;
	ret->original_len = original > captured ? original : captured;
	ret->bytes = view_bytes(at + RECORD_HEADER, captured);
	capture_file_move(f, RECORD_HEADER + captured);
}

static uint32_t captured_here(const struct capture_file *f)
{
	return load32_as(f->order, capture_file_at(f) + 8);
}

/* The next record is not whole in the buffer, or no packet. */
__attribute__((noinline)) static enum err find_record(struct capture_file *f,
                                                      struct capture_packet *ret)
{
	for (;;) {
		uint32_t captured;

		if (!capture_file_has(f, RECORD_HEADER))
			return capture_file_close_short(f);
		captured = captured_here(f);
		if (captured <= MAX_CAPTURE_PACKET) {
			if (!capture_file_has(f, RECORD_HEADER + captured))
				return capture_file_close_short(f);
			take_record(f, captured, ret);
			return ERR_NONE;
		}
		if (captured > MAX_FILE_RECORD)
			return capture_file_close(f, CAPTURE_END_CORRUPT);
		if (!capture_file_skip(f, (uint64_t)RECORD_HEADER + captured))
			return capture_file_close_cut(f);
		f->skipped->counts[CAPTURE_SKIP_PACKET_LONG]++;
	}
}

enum err capture_file_pcap_next(struct capture_file *f, struct capture_packet *ret)
{
	size_t here = f->len - f->at;

	if (here < RECORD_HEADER || captured_here(f) > MAX_CAPTURE_PACKET ||
	    here - RECORD_HEADER < captured_here(f))
		return find_record(f, ret);
	take_record(f, captured_here(f), ret);
	return ERR_NONE;
}
