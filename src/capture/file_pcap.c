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

enum err capture_file_pcap_next(struct capture_file *f, struct capture_packet *ret)
{
	for (;;) {
		uint32_t captured, original, seconds, units;
		const char *at;

		if (!capture_file_has(f, RECORD_HEADER))
			return capture_file_close_short(f);
		at = capture_file_at(f);
		seconds = load32_as(f->order, at);
		units = load32_as(f->order, at + 4);
		captured = load32_as(f->order, at + 8);
		original = load32_as(f->order, at + 12);
		if (captured > MAX_FILE_RECORD)
			return capture_file_close(f, CAPTURE_END_CORRUPT);
		if (captured > MAX_CAPTURE_PACKET) {
			if (!capture_file_skip(f, (uint64_t)RECORD_HEADER + captured))
				return capture_file_close_cut(f);
			f->skipped->counts[CAPTURE_SKIP_PACKET_LONG]++;
			continue;
		}
		if (!capture_file_has(f, RECORD_HEADER + captured))
			return capture_file_close_short(f);
		ret->wall_us = capture_file_wall_us(seconds, units / f->pcap.units_per_us);
		ret->link = f->pcap.link;
		ret->original_len = original > captured ? original : captured;
		ret->bytes = view_bytes(capture_file_at(f) + RECORD_HEADER, captured);
		capture_file_move(f, RECORD_HEADER + captured);
		return ERR_NONE;
	}
}
