/* SPDX-License-Identifier: Apache-2.0 */
/* Network Monitor 2.x: a header, frames one after the other, and a table of their
 * places behind them. The table tells in which order to show the frames; we take
 * them as they lie, up to the table, and so need no seeking. */
#include "capture/file_priv.h"

enum { FILE_HEADER = 128, RECORD_HEADER = 16 };
enum { NETWORK_METADATA = 0xffe0 }; /* from here on: filters, caches, lists of adapters */

/* Days from 1970 to a date of the proleptic Gregorian calendar, from March 1st of the
 * year 0 counted in eras of 400 years, so that the leap day ends a year. */
static int64_t days_to(int64_t year, int64_t month, int64_t day)
{
	int64_t from_march = month > 2 ? month - 3 : month + 9, y = month > 2 ? year : year - 1;
	int64_t in_era = y % 400, in_year = (153 * from_march + 2) / 5 + day - 1;

	return y / 400 * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

/* A SYSTEMTIME in the local time of the capturing host, which the file does not tell:
 * taken as UTC. */
static int64_t header_start_us(const char *at)
{
	int64_t field[8];

	for (int i = 0; i < 8; i++)
		field[i] = load16_as(CAPTURE_LITTLE, at + (size_t)i * 2);
	if (field[0] < 1970 || field[1] < 1 || field[1] > 12)
		return 0;
	return capture_file_wall_us(days_to(field[0], field[1], field[3]) * 86400 +
	                                    field[4] * 3600 + field[5] * 60 + field[6],
	                            field[7] * 1000);
}

enum err capture_file_netmon_open(struct capture_file *f)
{
	const char *at;

	if (!capture_file_has(f, FILE_HEADER))
		return capture_file_close_short(f);
	at = capture_file_at(f);
	if (at[5] != 2 || (uint8_t)at[4] > 3)
		return capture_file_close(f, CAPTURE_END_VERSION);
	f->netmon.minor = (uint8_t)at[4];
	f->netmon.link = load16_as(CAPTURE_LITTLE, at + 6);
	f->netmon.start_us = header_start_us(at + 8);
	f->netmon.frames_end = load32_as(CAPTURE_LITTLE, at + 24);
	if (f->netmon.frames_end < FILE_HEADER)
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	capture_file_move(f, FILE_HEADER);
	return ERR_NONE;
}

/* To a LINKTYPE_; one that nobody has where there is none. */
static uint32_t link_of(uint16_t network)
{
	if ((network & 0xf000) == 0xe000)
		return network & 0x0fff; /* converted from pcap */
	if (network <= 1)
		return LINKTYPE_ETHERNET;
	/* Tunnels, mobile networks, plain IP. */
	return network >= 7 && network <= 9 ? LINKTYPE_RAW : UINT32_MAX;
}

static int64_t record_us(const struct capture_file *f, const char *record, const char *trailer)
{
	const uint64_t from_1601 = UINT64_C(116444736000000000);
	uint64_t stamp;
	int64_t us;

	if (f->netmon.minor >= 3) { /* tenths of a microsecond since 1601, UTC */
		stamp = load64_as(CAPTURE_LITTLE, trailer + 6);
		stamp = stamp > from_1601 ? (stamp - from_1601) / 10 : 0;
		return capture_file_wall_us((int64_t)(stamp / 1000000), (int64_t)(stamp % 1000000));
	}
	/* Microseconds since the start, that may lie before it: the makers' own way is to
	 * multiply without a sign and to read the product with one. */
	us = (int64_t)(load64_as(CAPTURE_LITTLE, record) * 10) / 10;
	if (us < -f->netmon.start_us)
		return 0;
	return us > MAX_FILE_WALL_US - f->netmon.start_us ? MAX_FILE_WALL_US
	                                                  : f->netmon.start_us + us;
}

enum err capture_file_netmon_next(struct capture_file *f, struct capture_packet *ret)
{
	static const uint8_t trailers[] = { 0, 2, 6, 15 }; /* by minor version */
	const size_t trailer = trailers[f->netmon.minor];

	while (f->position < f->netmon.frames_end) {
		uint32_t original, captured;
		uint64_t size;
		uint16_t network;
		const char *at;

		if (!capture_file_has(f, RECORD_HEADER))
			return capture_file_close_cut(f);
		at = capture_file_at(f);
		original = load32_as(CAPTURE_LITTLE, at + 8);
		captured = load32_as(CAPTURE_LITTLE, at + 12);
		size = (uint64_t)RECORD_HEADER + captured + trailer;
		if (size > f->netmon.frames_end - f->position)
			return capture_file_close(f, CAPTURE_END_CORRUPT);
		if (captured > MAX_CAPTURE_PACKET) {
			if (!capture_file_skip(f, size))
				return capture_file_close_cut(f);
			f->skipped->counts[CAPTURE_SKIP_PACKET_LONG]++;
			continue;
		}
		if (!capture_file_has(f, (size_t)size))
			return capture_file_close_cut(f);
		at = capture_file_at(f);
		capture_file_move(f, (size_t)size);
		network = trailer ? load16_as(CAPTURE_LITTLE, at + RECORD_HEADER + captured)
		                  : (uint16_t)f->netmon.link;
		if (network >= NETWORK_METADATA)
			continue;
		ret->wall_us = record_us(f, at, at + RECORD_HEADER + captured);
		ret->link = link_of(network);
		ret->original_len = original > captured ? original : captured;
		ret->bytes = view_bytes(at + RECORD_HEADER, captured);
		return ERR_NONE;
	}
	return capture_file_close(f, CAPTURE_END_WHOLE);
}
