/* SPDX-License-Identifier: Apache-2.0 */
/* The files of certificates and keys that a configuration names. The parent reads them, because
 * nobody else may open files, and parses none of them: it seals what is public for signal, and the
 * same with the private keys for `keys` (keys/bundle.h); what `control` names is web's alone. */
#ifndef PROC_MATERIAL_H
#define PROC_MATERIAL_H

#include "conf/tree.h"

/* Sealed memories, -1 where no file of that sort is named; the holder's. */
struct material {
	int public, secret;
	int control; /* certificates and the key of the listener of servers, for web */
};
#define MATERIAL_NONE                                                                              \
	(struct material) { -1, -1, -1 }

/* All or nothing; words say which file and why. ERR_NOT_FOUND, ERR_DENIED, ERR_LIMIT, ERR_IO,
 * ERR_NO_MEMORY. */
enum err material_read(const struct conf_tree *t, struct material *ret,
                       struct buffer *words) MUST_USE;
void material_close(struct material *m);
/* A number that is another one once any of the files was changed or replaced. */
uint64_t material_stamp(const struct conf_tree *t);

#endif
