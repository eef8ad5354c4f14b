/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the kernel under /proc, as far as `ringfence doctor` reads them. */
#ifndef CLI_KERNEL_TEXT_H
#define CLI_KERNEL_TEXT_H

#include "base/addr.h"

/* In the text of /proc/net/udp, udp6, tcp or tcp6 the socket that hears anybody there, or at all
 * addresses with that port: its inode. False: none; one end of a connection is none. */
bool kernel_text_socket(struct view table, const struct addr *local, uint64_t *ret_inode);
/* "32768\t60999". */
bool kernel_text_range(struct view text, uint32_t ret[2]);
/* Whether a list like "2000-2999,5060" holds all ports from first to last. */
bool kernel_text_covers(struct view list, uint32_t first, uint32_t last);
/* The whole file, at most size bytes; empty where it cannot be read. */
struct view kernel_text_read(const char *path, char *storage, size_t size);

#endif
