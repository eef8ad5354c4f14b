/* SPDX-License-Identifier: Apache-2.0 */
/* Word to the service manager that started us, by the datagram protocol of
 * sd_notify(3): lines of NAME=VALUE to the Unix socket that it names. libsystemd
 * would bring its libraries into the process that holds everything. */
#ifndef OS_NOTIFY_H
#define OS_NOTIFY_H

#include "base/err.h"
#include <stdint.h>

/* `path` as in NOTIFY_SOCKET: a file, or a name without one that begins with '@'.
 * ERR_NOT_FOUND (NULL or empty: nobody wants to hear, or nobody is there), ERR_SYNTAX
 * (neither of both forms), ERR_LIMIT (longer than such a name may be), ERR_IO. */
enum err notify_open(const char *path, int *ret_fd) MUST_USE;
/* One datagram, never waited for. -1 is nobody, and no error. ERR_AGAIN (it does not
 * read), ERR_IO. */
enum err notify_send(int fd, const char *words) MUST_USE;
/* The same with a descriptor (-1: none), waited for a moment: a manager that is given many at
 * once must get them all. ERR_NOT_FOUND: there is nobody. */
enum err notify_store(int fd, const char *words, int descriptor) MUST_USE;
/* How many descriptors the manager has given us, from 3 on, by LISTEN_FDS and LISTEN_PID (NULL: not
 * set); 0: none, or not to us. */
int notify_listen_count(const char *count, const char *pid);
void notify_shut(int fd); /* close-on-exec, as what it gives is not */
/* How often a beat is wanted at least, from WATCHDOG_USEC and WATCHDOG_PID (NULL: not
 * set); 0: not at all, or not from us. */
uint64_t notify_watchdog_us(const char *every, const char *pid);

#endif
