/* SPDX-License-Identifier: Apache-2.0 */
/* Reads capture files: pcap (microseconds and nanoseconds, both byte orders),
 * pcapng (any number of sections, interfaces of different link types, decryption
 * secrets) and Network Monitor 2.x. Pulls from a read function, front to back and
 * never seeking, so that a pipe will do; memory is one buffer of fixed size. */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include "base/err.h"
#include "capture/packet.h"
#include "capture/skip.h"

/* Interfaces of one pcapng section; packets of further ones are skipped and counted. */
enum { MAX_CAPTURE_INTERFACES = 1024 };

enum capture_end {
#define END(name, word, text) CAPTURE_END_##name,
#include "capture/end.def"
#undef END
	CAPTURE_END_COUNT
};

enum capture_format { CAPTURE_PCAP, CAPTURE_PCAPNG, CAPTURE_NETMON, CAPTURE_NO_FORMAT };

/* What the read function returns where reading failed. */
#define CAPTURE_READ_FAILED SIZE_MAX

struct capture_input {
	void *context;
	/* At most `size` bytes into the buffer; how many it were, 0 at the end. */
	size_t (*read)(void *context, void *buffer, size_t size);
	/* A TLS key log (NSS format) that the file carries, before the packets that follow
	 * it; the view lives during the call. May be NULL. */
	void (*key_log)(void *context, struct view text);
};

struct capture_file;

/* Reads nothing yet. The counters stay the caller's and must outlive the reader. ERR_NO_MEMORY. */
enum err capture_file_new(const struct capture_input *input, struct capture_skipped *skipped,
                          struct capture_file **ret) MUST_USE;
void capture_file_free(struct capture_file **f);

/* The next packet; its bytes live until the next call. ERR_CLOSED where there is none
 * any more, whatever the reason: capture_file_end tells. All whole packets before a
 * break come out. */
enum err capture_file_next(struct capture_file *f, struct capture_packet *ret) MUST_USE;

/* Means something once capture_file_next has said ERR_CLOSED. */
enum capture_end capture_file_end(const struct capture_file *f);
/* "truncated", and "breaks off: ..."; static storage. */
const char *capture_end_name(enum capture_end end);
const char *capture_end_text(enum capture_end end);
/* Whether packets may have come before that end (whole, truncated, corrupt, io): the
 * others refuse the file as a whole. */
bool capture_end_is_reading(enum capture_end end);

enum capture_format capture_file_format(const struct capture_file *f);
const char *capture_format_name(enum capture_format format);  /* "pcapng" */
uint64_t capture_file_position(const struct capture_file *f); /* bytes done, for progress */

#endif
