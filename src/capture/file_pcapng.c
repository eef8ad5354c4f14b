/* SPDX-License-Identifier: Apache-2.0 */
/* The format in blocks (draft-ietf-opsawg-pcapng). Interfaces belong to a section; a
 * new section may even change the byte order. Unknown blocks are passed over. */
#include "capture/file_priv.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete, and still in old files */
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_SECRETS = 10,
	BLOCK_SECTION = 0x0a0d0d0a, /* in either order */
};
enum { BLOCK_HEAD = 8, BLOCK_TAIL = 4, SECTION_LEN = 28, BYTE_ORDER_MAGIC = 0x1a2b3c4d };
enum { OPTION_END = 0, OPTION_TIME_RESOLUTION = 9, OPTION_TIME_OFFSET = 14 };
enum { SECRETS_TLS_KEY_LOG = 0x544c534b };

enum err capture_file_pcapng_open(struct capture_file *f)
{
	/* The first block is a section's, which `next` reads like any other. */
	return capture_file_has(f, SECTION_LEN) ? ERR_NONE : capture_file_close_short(f);
}

static uint32_t u32_at(const struct capture_file *f, struct view body, size_t at)
{
	return load32_as(f->order, body.at + at);
}

/* Ticks a second: a power of ten or, with the highest bit, of two. Finer than 64 bits
 * can count, all stamps lie within the first second. */
static uint64_t resolution_ticks(uint8_t resolution)
{
	unsigned exponent = resolution & 0x7f;
	uint64_t ticks = 1;

	if (resolution & 0x80)
		return exponent < 64 ? UINT64_C(1) << exponent : UINT64_MAX;
	if (exponent > 19)
		return UINT64_MAX;
	while (exponent-- > 0)
		ticks *= 10;
	return ticks;
}

static void read_options(const struct capture_file *f, struct view rest,
                         struct pcapng_interface *ret)
{
	while (rest.len >= 4) {
		uint16_t code = load16_as(f->order, rest.at);
		size_t len = load16_as(f->order, rest.at + 2);

		if (code == OPTION_END || len > rest.len - 4)
			return;
		if (code == OPTION_TIME_RESOLUTION && len == 1)
			ret->ticks = resolution_ticks((uint8_t)rest.at[4]);
		if (code == OPTION_TIME_OFFSET && len == 8)
			ret->offset_s = (int64_t)load64_as(f->order, rest.at + 4);
		rest = view_after(rest, 4 + ((len + 3) & ~(size_t)3));
	}
}

static bool add_interface(struct capture_file *f, struct view body)
{
	struct pcapng_interface *i;

	if (body.len < 8)
		return false;
	if (f->pcapng.count == MAX_CAPTURE_INTERFACES)
		return true;
	i = &f->pcapng.interfaces[f->pcapng.count++];
	i->link = load16_as(f->order, body.at);
	i->max_len = u32_at(f, body, 4);
	i->ticks = 1000000;
	i->offset_s = 0;
	read_options(f, view_after(body, 8), i);
	return true;
}

static int64_t stamp_us(const struct pcapng_interface *i, uint64_t stamp)
{
	uint64_t ticks = i->ticks, seconds = stamp / ticks, rest = stamp % ticks, us;
	/* Of no product below a bit is lost, and of the second quotient no whole microsecond. */
	const uint64_t fine = 10000000000000;
	int64_t sum;

	us = ticks <= fine ? rest * 1000000 / ticks : rest / (ticks / 1000000);
	if (seconds > INT64_MAX)
		seconds = INT64_MAX;
	if (__builtin_add_overflow((int64_t)seconds, i->offset_s, &sum))
		sum = INT64_MAX;
	return capture_file_wall_us(sum, (int64_t)us);
}

/* What the three packet blocks say, each in its own way. */
struct block_packet {
	uint32_t interface, captured, original;
	size_t head; /* where the bytes begin */
	uint64_t stamp;
	bool has_stamp;
};

/* False where the body is too short for its own head. */
static bool read_packet_head(const struct capture_file *f, uint32_t type, struct view body,
                             struct block_packet *ret)
{
	struct block_packet p = { .head = type == BLOCK_SIMPLE_PACKET ? 4 : 20 };

	if (body.len < p.head)
		return false;
	if (type == BLOCK_SIMPLE_PACKET) {
		p.original = u32_at(f, body, 0);
		p.captured = p.original;
		if (f->pcapng.count > 0 && f->pcapng.interfaces[0].max_len > 0 &&
		    p.captured > f->pcapng.interfaces[0].max_len)
			p.captured = f->pcapng.interfaces[0].max_len;
	} else {
		/* The obsolete block keeps a count of drops beside a number half as wide. */
		p.interface =
			type == BLOCK_PACKET ? load16_as(f->order, body.at) : u32_at(f, body, 0);
		p.stamp = (uint64_t)u32_at(f, body, 4) << 32 | u32_at(f, body, 8);
		p.captured = u32_at(f, body, 12);
		p.original = u32_at(f, body, 16);
		p.has_stamp = true;
	}
	*ret = p;
	return true;
}

/* ERR_NONE: *ret is a packet. ERR_NOT_FOUND: left out and counted. ERR_CLOSED. */
static enum err read_packet(struct capture_file *f, uint32_t type, struct view body,
                            struct capture_packet *ret)
{
	const struct pcapng_interface *i;
	struct block_packet p;

	if (!read_packet_head(f, type, body, &p) || p.captured > body.len - p.head)
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	if (p.captured > MAX_CAPTURE_PACKET || p.interface >= f->pcapng.count) {
		f->skipped->counts[p.captured > MAX_CAPTURE_PACKET ? CAPTURE_SKIP_PACKET_LONG
		                                                   : CAPTURE_SKIP_INTERFACE]++;
		return ERR_NOT_FOUND;
	}
	i = &f->pcapng.interfaces[p.interface];
	if (p.has_stamp)
		f->pcapng.last_us = stamp_us(i, p.stamp);
	ret->wall_us = f->pcapng.last_us;
	ret->link = i->link;
	ret->original_len = p.original > p.captured ? p.original : p.captured;
	ret->bytes = view_first(view_after(body, p.head), p.captured);
	return ERR_NONE;
}

static void read_secrets(const struct capture_file *f, struct view body)
{
	uint32_t len;

	if (body.len < 8 || u32_at(f, body, 0) != SECRETS_TLS_KEY_LOG || !f->input.key_log)
		return;
	len = u32_at(f, body, 4);
	f->input.key_log(f->input.context, view_first(view_after(body, 8), len));
}

/* A section's head is read before its length, because it says in which order that is. */
static enum err start_section(struct capture_file *f, const char *at)
{
	if (load32(at + 8) == BYTE_ORDER_MAGIC)
		f->order = CAPTURE_BIG;
	else if (load32_as(CAPTURE_LITTLE, at + 8) == BYTE_ORDER_MAGIC)
		f->order = CAPTURE_LITTLE;
	else
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	if (load32_as(f->order, at + 4) < SECTION_LEN)
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	if (load16_as(f->order, at + 12) != 1)
		return capture_file_close(f, CAPTURE_END_VERSION);
	f->pcapng.count = 0;
	return ERR_NONE;
}

/* A block that cannot be looked at as a whole. */
static enum err pass_long_block(struct capture_file *f, uint32_t type, uint32_t len)
{
	if (type == BLOCK_INTERFACE)
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	if (!capture_file_skip(f, len))
		return capture_file_close_cut(f);
	if (type == BLOCK_SECRETS)
		f->skipped->counts[CAPTURE_SKIP_SECRETS]++;
	else if (type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET ||
	         type == BLOCK_ENHANCED_PACKET)
		f->skipped->counts[CAPTURE_SKIP_PACKET_LONG]++;
	return ERR_NOT_FOUND;
}

/* ERR_NONE: *ret is a packet. ERR_NOT_FOUND: there was none in it. ERR_CLOSED. */
static enum err read_block(struct capture_file *f, uint32_t type, struct view body,
                           struct capture_packet *ret)
{
	switch (type) {
	case BLOCK_PACKET:
	case BLOCK_SIMPLE_PACKET:
	case BLOCK_ENHANCED_PACKET:
		return read_packet(f, type, body, ret);
	case BLOCK_INTERFACE:
		if (!add_interface(f, body))
			return capture_file_close(f, CAPTURE_END_CORRUPT);
		return ERR_NOT_FOUND;
	case BLOCK_SECRETS:
		read_secrets(f, body);
		return ERR_NOT_FOUND;
	default:
		return ERR_NOT_FOUND;
	}
}

static enum err next_block(struct capture_file *f, struct capture_packet *ret)
{
	uint32_t type, len;
	const char *at;

	if (!capture_file_has(f, BLOCK_HEAD + BLOCK_TAIL))
		return capture_file_close_short(f);
	type = load32_as(f->order, capture_file_at(f));
	if (type == BLOCK_SECTION) {
		if (!capture_file_has(f, SECTION_LEN))
			return capture_file_close_short(f);
		if (start_section(f, capture_file_at(f)) != ERR_NONE)
			return ERR_CLOSED;
	}
	len = load32_as(f->order, capture_file_at(f) + 4);
	if (len < BLOCK_HEAD + BLOCK_TAIL || len % 4 != 0)
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	if (len > MAX_FILE_BUFFER)
		return pass_long_block(f, type, len);
	if (!capture_file_has(f, len))
		return capture_file_close_short(f);
	at = capture_file_at(f);
	if (load32_as(f->order, at + len - BLOCK_TAIL) != len)
		return capture_file_close(f, CAPTURE_END_CORRUPT);
	capture_file_move(f, len);
	return read_block(f, type, view_bytes(at + BLOCK_HEAD, len - BLOCK_HEAD - BLOCK_TAIL), ret);
}

enum err capture_file_pcapng_next(struct capture_file *f, struct capture_packet *ret)
{
	enum err err;

	do
		err = next_block(f, ret);
	while (err == ERR_NOT_FOUND);
	return err;
}
