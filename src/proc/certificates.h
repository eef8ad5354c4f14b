/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys while we run: the parent's side (certificates.c). Files are looked at
 * every ten seconds and when a configuration is applied. What has changed is read as a whole, given
 * to web, to `keys`, then to signal; only when all have taken it does it stand, so that a file that
 * cannot be used, or is half written, changes nothing. Connections go on with what they had, but
 * for those of servers that command: they show anew who they are. */
#ifndef PROC_CERTIFICATES_H
#define PROC_CERTIFICATES_H

#include "proc/parent_priv.h"

/* At the start: reads all files; words say which cannot be. And `keys` runs where there is
 * something for it. */
enum err certificates_take(struct parent *p, struct buffer *words) MUST_USE;
void certificates_advance(struct parent *p, struct now now);

/* A configuration is to be applied: what it names is read. Words say which file cannot be. */
enum err certificates_apply(struct parent *p, const struct conf_tree *t,
                            struct buffer *words) MUST_USE;
/* Gives it to who uses it, before they get the settings that name it. */
void certificates_offer(struct parent *p);
/* The settings are in force, or the old ones again. */
void certificates_settle(struct parent *p, enum err result);

#endif
