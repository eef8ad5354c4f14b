/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping and comparing secrets. */
#include "base/secret.h"
#include "runner/test.h"

TEST(secret_compares, "compares every byte")
{
	char a[33] = "0123456789abcdef0123456789abcdef", b[33];

	memcpy(b, a, sizeof(a));
	CHECK(secret_equal(a, b, 32));
	for (size_t i = 0; i < 32; i++) {
		b[i] ^= 1;
		CHECK(!secret_equal(a, b, 32));
		b[i] ^= 1;
	}
	b[31] ^= (char)0x80;
	CHECK(!secret_equal(a, b, 32));
	CHECK(secret_equal(a, b, 31));
	CHECK(secret_equal(NULL, NULL, 0));
	return ERR_NONE;
}

TEST(secret_wiped, "wipes exactly what it is told")
{
	char a[] = "secret!";

	secret_wipe(a, 6);
	CHECK(memcmp(a, "\0\0\0\0\0\0!", 7) == 0);
	secret_wipe(NULL, 0);
	return ERR_NONE;
}
