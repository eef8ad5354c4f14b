/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pem.h"

int pem_no_password(char *ret, int size, int is_writing, void *unused)
{
	(void)ret;
	(void)size;
	(void)is_writing;
	(void)unused;
	return -1;
}
