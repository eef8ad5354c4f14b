/* SPDX-License-Identifier: Apache-2.0 */
/* Covers OCSP staples (transport/tls_staple.c): those of others, and those that we are to bring.
 * Nobody has the key that would make one hold, whatever it says. */
#include <stdlib.h>

#include "../tests/unit/transport/tls_stage.h"
#include "transport/tls_staple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct paper *of = paper_issue(0, &(struct paper_wish){ .names = "DNS:a.example" });
	X509 *issuer = paper_authority(0)->certificate;
	struct view der = view_bytes(data, size);
	struct tls_staple_times times;
	enum tls_refusal why =
		tls_staple_judge(der, of->certificate, issuer, STAGE_WALL_S * (int64_t)SECOND_US);

	if (why == TLS_REFUSED_NOT || why == TLS_REFUSED_STAPLE_REVOKED)
		abort();
	(void)!tls_staple_take(der, of->certificate, NULL, &times);
	return 0;
}
