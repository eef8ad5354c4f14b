/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as the parent reads it: file, secrets, the tree, and the
 * blob that each row gets. */
#ifndef PROC_SETTINGS_H
#define PROC_SETTINGS_H

#include "conf/tree.h"
#include "event/ask.h"

/* Reads and checks. ERR_SYNTAX with the reasons in the report. */
enum err settings_load(const char *path, struct conf_tree **ret,
                       struct conf_report *report) MUST_USE;
/* The same of a text that stands for what the file holds: the one that is in force. */
enum err settings_load_text(const char *path, struct view text, bool is_watching,
                            struct conf_tree **ret, struct conf_report *report) MUST_USE;
/* The same without reading secrets, for who may not: to check and to compare. With a
 * text (at not NULL) that stands for what the file holds. */
enum err settings_check(const char *path, struct view text, struct conf_tree **ret,
                        struct conf_report *report) MUST_USE;
/* Reads it for watching alone, where nothing needs to be listened to. Path "": there is no
 * file, all is as without a word. */
enum err settings_watch(const char *path, struct conf_tree **ret,
                        struct conf_report *report) MUST_USE;
/* For who judges captures: as a service could not run on it, and without reading secrets. */
enum err settings_read(const char *path, struct conf_tree **ret,
                       struct conf_report *report) MUST_USE;
/* The blocks that the row needs, sealed. ERR_NO_MEMORY, ERR_IO. */
enum err settings_seal(const struct conf_tree *t, enum role role, int *ret_fd) MUST_USE;
/* The same bytes in memory of the caller, who frees *ret (aligned as conf_blob_open wants it). */
enum err settings_blob(const struct conf_tree *t, enum role role, void **ret,
                       struct conf_blob *ret_blob) MUST_USE;

/* What changed between two trees, in words on one line; and whether any of it
 * needs a new start (named in those words). */
bool settings_compare(const struct conf_tree *old, const struct conf_tree *new,
                      struct buffer *words);
/* The whole file, for who asks for the running configuration: freed by the caller. */
enum err settings_text(const char *path, char **ret, size_t *ret_len) MUST_USE;

#endif
