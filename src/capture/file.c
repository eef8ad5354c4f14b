/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer under all formats, and which format a file has. */
#include "capture/file_priv.h"

#include <stdlib.h>

static const struct {
	const char *name;
	enum err (*open)(struct capture_file *f);
	enum err (*next)(struct capture_file *f, struct capture_packet *ret);
} formats[] = {
	[CAPTURE_PCAP] = { "pcap", capture_file_pcap_open, capture_file_pcap_next },
	[CAPTURE_PCAPNG] = { "pcapng", capture_file_pcapng_open, capture_file_pcapng_next },
	[CAPTURE_NETMON] = { "netmon", capture_file_netmon_open, capture_file_netmon_next },
	[CAPTURE_NO_FORMAT] = { "unknown", NULL, NULL },
};

/* First bytes of a file; formats without a reader say why it is refused. */
static const struct {
	struct view magic;
	enum capture_format format;
	enum capture_end refusal;
} magics[] = {
	{ VIEW("\xd4\xc3\xb2\xa1"), CAPTURE_PCAP, CAPTURE_END_WHOLE },
	{ VIEW("\xa1\xb2\xc3\xd4"), CAPTURE_PCAP, CAPTURE_END_WHOLE },
	{ VIEW("\x4d\x3c\xb2\xa1"), CAPTURE_PCAP, CAPTURE_END_WHOLE },
	{ VIEW("\xa1\xb2\x3c\x4d"), CAPTURE_PCAP, CAPTURE_END_WHOLE },
	{ VIEW("\x0a\x0d\x0d\x0a"), CAPTURE_PCAPNG, CAPTURE_END_WHOLE },
	{ VIEW("GMBU"), CAPTURE_NETMON, CAPTURE_END_WHOLE },
	{ VIEW("RTSS"), CAPTURE_NO_FORMAT, CAPTURE_END_VERSION }, /* Network Monitor 1.x */
	/* Longer record headers of an old Linux, and others' own. */
	{ VIEW("\x34\xcd\xb2\xa1"), CAPTURE_NO_FORMAT, CAPTURE_END_VARIANT },
	{ VIEW("\xa1\xb2\xcd\x34"), CAPTURE_NO_FORMAT, CAPTURE_END_VARIANT },
	{ VIEW("\xcd\x34\xb2\xa1"), CAPTURE_NO_FORMAT, CAPTURE_END_VARIANT },
	{ VIEW("\xa1\xb2\x34\xcd"), CAPTURE_NO_FORMAT, CAPTURE_END_VARIANT },
	{ VIEW("\x4d\x3c\x2b\xa1"), CAPTURE_NO_FORMAT, CAPTURE_END_VARIANT },
	{ VIEW("\xa1\x2b\x3c\x4d"), CAPTURE_NO_FORMAT, CAPTURE_END_VARIANT },
	{ VIEW("\x1f\x8b"), CAPTURE_NO_FORMAT, CAPTURE_END_COMPRESSED },         /* gzip */
	{ VIEW("\x28\xb5\x2f\xfd"), CAPTURE_NO_FORMAT, CAPTURE_END_COMPRESSED }, /* zstd */
	{ VIEW("\xfd\x37zX"), CAPTURE_NO_FORMAT, CAPTURE_END_COMPRESSED },       /* xz */
	{ VIEW("BZh"), CAPTURE_NO_FORMAT, CAPTURE_END_COMPRESSED },
	{ VIEW("PK\x03\x04"), CAPTURE_NO_FORMAT, CAPTURE_END_COMPRESSED },
	{ VIEW("\x04\x22\x4d\x18"), CAPTURE_NO_FORMAT, CAPTURE_END_COMPRESSED }, /* lz4 */
};

enum err capture_file_new(const struct capture_input *input, struct capture_skipped *skipped,
                          struct capture_file **ret)
{
	struct capture_file *f = calloc(1, sizeof(*f));

	if (!f)
		return ERR_NO_MEMORY;
	f->buffer = malloc(MAX_FILE_BUFFER);
	if (!f->buffer) {
		capture_file_free(&f);
		return ERR_NO_MEMORY;
	}
	f->input = *input;
	f->skipped = skipped;
	f->format = CAPTURE_NO_FORMAT;
	*ret = f;
	return ERR_NONE;
}

void capture_file_free(struct capture_file **f)
{
	if (!*f)
		return;
	free((*f)->buffer);
	free(*f);
	*f = NULL;
}

bool capture_file_fill(struct capture_file *f, size_t size)
{
	memmove(f->buffer, f->buffer + f->at, f->len - f->at);
	f->len -= f->at;
	f->at = 0;
	while (f->len < size && !f->is_dry) {
		size_t room = MAX_FILE_BUFFER - f->len, want = room < FILE_READ ? room : FILE_READ;
		size_t got = f->input.read(f->input.context, f->buffer + f->len, want);

		f->is_broken = got > want;
		f->is_dry = got == 0 || f->is_broken;
		if (!f->is_dry)
			f->len += got;
	}
	return f->len >= size;
}

bool capture_file_skip(struct capture_file *f, uint64_t size)
{
	while (size > 0) {
		size_t part = f->len - f->at;

		if (part > size)
			part = (size_t)size;
		capture_file_move(f, part);
		size -= part;
		if (size > 0 && !capture_file_fill(f, 1))
			return false;
	}
	return true;
}

enum err capture_file_close(struct capture_file *f, enum capture_end end)
{
	f->is_over = true;
	f->end = end;
	return ERR_CLOSED;
}

enum err capture_file_close_cut(struct capture_file *f)
{
	return capture_file_close(f, f->is_broken ? CAPTURE_END_IO : CAPTURE_END_TRUNCATED);
}

enum err capture_file_close_short(struct capture_file *f)
{
	if (f->at == f->len && !f->is_broken)
		return capture_file_close(f, CAPTURE_END_WHOLE);
	return capture_file_close_cut(f);
}

int64_t capture_file_wall_us(int64_t seconds, int64_t us)
{
	if (seconds < 0)
		return 0;
	if (seconds > (MAX_FILE_WALL_US - us) / 1000000)
		return MAX_FILE_WALL_US;
	return seconds * 1000000 + us;
}

static enum err open_file(struct capture_file *f)
{
	struct view start;

	(void)capture_file_has(f, 4); /* or what there is of them */
	start = view_bytes(capture_file_at(f), f->len);
	if (f->is_broken)
		return capture_file_close(f, CAPTURE_END_IO);
	if (view_is_empty(start))
		return capture_file_close(f, CAPTURE_END_EMPTY);
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (!view_starts(start, magics[i].magic) && !view_starts(magics[i].magic, start))
			continue;
		if (magics[i].format == CAPTURE_NO_FORMAT)
			return capture_file_close(f, magics[i].refusal);
		f->format = magics[i].format;
		return formats[f->format].open(f);
	}
	return capture_file_close(f, CAPTURE_END_UNKNOWN);
}

enum err capture_file_next(struct capture_file *f, struct capture_packet *ret)
{
	if (f->format == CAPTURE_NO_FORMAT && !f->is_over && open_file(f) != ERR_NONE)
		return ERR_CLOSED;
	return f->is_over ? ERR_CLOSED : formats[f->format].next(f, ret);
}

enum capture_end capture_file_end(const struct capture_file *f) { return f->end; }
enum capture_format capture_file_format(const struct capture_file *f) { return f->format; }
uint64_t capture_file_position(const struct capture_file *f) { return f->position; }

const char *capture_format_name(enum capture_format format)
{
	return formats[format <= CAPTURE_NO_FORMAT ? format : CAPTURE_NO_FORMAT].name;
}

static const struct {
	const char *name, *text;
} ends[] = {
#define END(name, word, text) [CAPTURE_END_##name] = { word, text },
#include "capture/end.def"
#undef END
};

const char *capture_end_name(enum capture_end end)
{
	return ends[end < CAPTURE_END_COUNT ? end : CAPTURE_END_UNKNOWN].name;
}

const char *capture_end_text(enum capture_end end)
{
	return ends[end < CAPTURE_END_COUNT ? end : CAPTURE_END_UNKNOWN].text;
}

bool capture_end_is_reading(enum capture_end end) { return end <= CAPTURE_END_IO; }
