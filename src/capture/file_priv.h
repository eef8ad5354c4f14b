/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats share: one buffer, filled in large reads, over which the reader
 * moves. A record is looked at where it lies. */
#ifndef CAPTURE_FILE_PRIV_H
#define CAPTURE_FILE_PRIV_H

#include "capture/file.h"
#include "capture/load_priv.h"

enum {
	/* Also the longest run of bytes that can be looked at together. */
	MAX_FILE_BUFFER = 1 << 20,
	/* Small enough that the cache still holds what was read, and all the rest. */
	FILE_READ = 256 << 10,
	/* A record that claims more than any packet has is a sign of rubbish. */
	MAX_FILE_RECORD = 16 << 20,
};

/* The last microsecond of the year 9999: later stamps become this one, so that no
 * sum of times overflows. */
#define MAX_FILE_WALL_US INT64_C(253402300799999999)

struct pcap_state {
	uint32_t link;
	uint32_t units_per_us; /* 1, or 1000 where stamps are in nanoseconds */
};

struct pcapng_interface {
	uint32_t link;
	uint32_t max_len; /* 0: no limit */
	uint64_t ticks;   /* a second */
	int64_t offset_s; /* to be added to stamps */
};

struct pcapng_state {
	struct pcapng_interface interfaces[MAX_CAPTURE_INTERFACES];
	uint32_t count;
	int64_t last_us; /* for blocks without a stamp */
};

struct netmon_state {
	uint64_t frames_end; /* position of the frame table */
	int64_t start_us;
	uint32_t link;
	uint32_t minor; /* version 2.minor */
};

struct capture_file {
	struct capture_input input;
	struct capture_skipped *skipped;
	char *buffer;
	size_t at, len; /* what is there and not yet done: buffer[at..len) */
	uint64_t position;
	enum capture_order order;
	enum capture_format format;
	enum capture_end end;
	bool is_over;   /* `end` says why */
	bool is_dry;    /* the input gave its last byte */
	bool is_broken; /* the input failed */
	union {
		struct pcap_state pcap;
		struct pcapng_state pcapng;
		struct netmon_state netmon;
	};
};

/* Whether `size` bytes, at most MAX_FILE_BUFFER, can be looked at; reads where needed. */
bool capture_file_fill(struct capture_file *f, size_t size);
static inline bool capture_file_has(struct capture_file *f, size_t size)
{
	return f->len - f->at >= size || capture_file_fill(f, size);
}
static inline const char *capture_file_at(const struct capture_file *f)
{
	return f->buffer + f->at;
}
/* Moves over bytes that are there. */
static inline void capture_file_move(struct capture_file *f, size_t size)
{
	f->at += size;
	f->position += size;
}
/* Moves over bytes that need not fit the buffer; false where the file ends before. */
bool capture_file_skip(struct capture_file *f, uint64_t size);

/* No more packets, for this reason; ERR_CLOSED, to be handed on. */
enum err capture_file_close(struct capture_file *f, enum capture_end end);
/* The input ended within a record. */
enum err capture_file_close_cut(struct capture_file *f);
/* The input ended where a record was needed: whole, if none has begun. */
enum err capture_file_close_short(struct capture_file *f);

/* Before 1970 becomes 1970. */
int64_t capture_file_wall_us(int64_t seconds, int64_t us);

/* The file's header, then packet after packet; ERR_CLOSED once closed. */
enum err capture_file_pcap_open(struct capture_file *f) MUST_USE;
enum err capture_file_pcap_next(struct capture_file *f, struct capture_packet *ret) MUST_USE;
enum err capture_file_pcapng_open(struct capture_file *f) MUST_USE;
enum err capture_file_pcapng_next(struct capture_file *f, struct capture_packet *ret) MUST_USE;
enum err capture_file_netmon_open(struct capture_file *f) MUST_USE;
enum err capture_file_netmon_next(struct capture_file *f, struct capture_packet *ret) MUST_USE;

#endif
