/* SPDX-License-Identifier: Apache-2.0 */
/* A channel: a SOCK_SEQPACKET pair between parent and child, for set-up, rare
 * requests and descriptors. Never blocks; messages keep their borders. */
#ifndef OS_CHANNEL_H
#define OS_CHANNEL_H

#include "base/err.h"
#include "base/view.h"

enum { CHANNEL_MESSAGE_MAX = 8192, CHANNEL_DESCRIPTORS_MAX = 250 };

struct channel_message {
	uint8_t bytes[CHANNEL_MESSAGE_MAX];
	size_t len;
	int descriptors[CHANNEL_DESCRIPTORS_MAX]; /* close-on-exec; owned by whoever received */
	size_t descriptor_count;
};

/* Both ends are non-blocking and close-on-exec. ERR_IO. */
enum err channel_open(int *ret_ours, int *ret_theirs) MUST_USE;

/* The descriptors stay the sender's. ERR_AGAIN (the other end does not read, or the
 * kernel has no memory for a moment), ERR_CLOSED, ERR_LIMIT, ERR_IO. */
enum err channel_send(int fd, const struct channel_message *m) MUST_USE;
/* ERR_AGAIN (nothing there, or no memory for a moment: what came waits), ERR_CLOSED (end of
 * the other process), ERR_LIMIT (too long, or descriptors lost because our table is full: all
 * that came is closed again and the message is gone), ERR_IO. */
enum err channel_receive(int fd, struct channel_message *ret) MUST_USE;
/* Closes what a message brought and nobody took. */
void channel_drop_descriptors(struct channel_message *m);
/* Waits until the channel can be read, at most so long. ERR_AGAIN. */
enum err channel_wait(int fd, int wait_ms) MUST_USE;

#endif
