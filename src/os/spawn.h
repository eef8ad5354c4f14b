/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a child: fork and exec with chosen descriptors, an empty
 * environment, no core and (unless it is to tidy up) death with its parent. */
#ifndef OS_SPAWN_H
#define OS_SPAWN_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SPAWN_CHANNEL = 3, MAX_SPAWN_ARGUMENTS = 80 }; /* the child's descriptor of its channel */

struct spawn {
	const char *program;                        /* absolute path */
	const char *arguments[MAX_SPAWN_ARGUMENTS]; /* after the program's name, ended by NULL */
	int channel;                                /* becomes SPAWN_CHANNEL */
	int image; /* of spawn_open_image: runs instead of what stands at the path now; 0: none */
	bool is_survivor;     /* no death signal: ends itself when its channel closes */
	bool has_environment; /* ours; else an empty one */
};

/* 0, 1 and 2 are inherited, all other descriptors are closed. ERR_IO, ERR_NOT_FOUND
 * (no such program; found before forking). */
enum err spawn_start(const struct spawn *s, pid_t *ret) MUST_USE;
enum err spawn_kill(pid_t pid, int number) MUST_USE;

struct spawn_end {
	pid_t pid;
	int status; /* exit status, or -1 */
	int number; /* signal that ended it, or 0 */
};
/* A child that has ended. ERR_AGAIN: none has; ERR_NOT_FOUND: there are no children. */
enum err spawn_reap(struct spawn_end *ret) MUST_USE;

/* Path of the running program, as it is before anything takes its place. ERR_LIMIT, ERR_IO. */
enum err spawn_own(char *ret, size_t size) MUST_USE;
/* Path of a program in the folder of the running one. ERR_LIMIT, ERR_IO. */
enum err spawn_sibling(const char *name, char *ret, size_t size) MUST_USE;
bool spawn_is_program(const char *path);
/* The program that stands there now, to be started as it is whatever takes its place. The
 * caller's; above the numbers that a child gets. ERR_NOT_FOUND, ERR_IO. */
enum err spawn_open_image(const char *path, int *ret_fd) MUST_USE;
/* What `ps` calls this process: one that was started from an image has no name. */
void spawn_set_name(const char *name);
/* Children of children that end become ours to reap. */
void spawn_adopt(void);
bool spawn_is_alone(void); /* nobody is left to reap, and nobody lives */
/* Stands in for a process that serves in our place, for who knows our number alone: hands SIGTERM
 * and SIGINT on, ends with its status. Over the channel it may say, before it ends, who
 * follows it (a pid_t). All other descriptors are closed. */
int spawn_follow(pid_t pid, int channel);
/* As many descriptors as the hard limit allows; returns that number. */
size_t spawn_raise_descriptors(void);
/* For a process that holds secrets: no core, no ptrace by others of the same user. */
void spawn_shut_memory(void);

#endif
