/* SPDX-License-Identifier: Apache-2.0 */
/* One look-up for each function. */
#include "os/library.h"

#include <dlfcn.h>
#include <string.h>

enum err library_load(const char *file, const struct library_function *functions, size_t count,
                      void *ret)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < count; i++)
		if (!dlsym(library, functions[i].name)) {
			(void)dlclose(library);
			return ERR_NOT_FOUND;
		}
	for (size_t i = 0; i < count; i++) {
		void *at = dlsym(library, functions[i].name);

		memcpy((char *)ret + functions[i].at, &at, sizeof(at));
	}
	return ERR_NONE;
}
