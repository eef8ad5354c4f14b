/* SPDX-License-Identifier: Apache-2.0 */
/* The files of certificates and keys that a configuration names. The parent reads them, because
 * nobody else may open files, and parses none of them: it seals what is public for signal, and the
 * same with the private keys for `keys` (keys/bundle.h). */
#ifndef PROC_MATERIAL_H
#define PROC_MATERIAL_H

#include "conf/tree.h"

/* Two sealed memories, -1 where no file of that sort is named; the holder's. */
struct material {
	int public, secret;
};

/* All or nothing; words say which file and why. ERR_NOT_FOUND, ERR_DENIED, ERR_LIMIT, ERR_IO,
 * ERR_NO_MEMORY. */
enum err material_read(const struct conf_tree *t, struct material *ret,
                       struct buffer *words) MUST_USE;
void material_close(struct material *m);
/* A number that is another one once any of the files was changed or replaced. */
uint64_t material_stamp(const struct conf_tree *t);

#endif
