/* SPDX-License-Identifier: Apache-2.0 */
/* Covers our end of a TLS handshake (transport/tls.c and all below it), with a peer by mutual
 * TLS at the other: bytes in pieces, a byte of length before each. Nobody gets in by them, and
 * who is refused has a reason. */
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/transport/tls_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stage s;
	static struct stage_wish wish;
	enum err err = ERR_AGAIN;

	if (!s.tls) {
		wish.own[0] = paper_issue(0, &(struct paper_wish){ .names = "DNS:a.example" });
		wish.rows[0].mode = SIGNALLING_MUTUAL;
		wish.peer_count = 1;
		wish.authority[0] = wish.authority[1] = view_of(paper_authority(0)->pem);
		if (stage_open(&s, &wish) != ERR_NONE)
			abort();
	}
	if (stage_connect(&s, NULL) != ERR_NONE)
		abort();
	for (size_t at = 0, n; at < size && err == ERR_AGAIN; at += n + 1) {
		n = data[at] < size - at - 1 ? data[at] : size - at - 1;
		s.in.start = s.out.end = 0;
		memcpy(s.in.bytes, data + at + 1, n);
		s.in.end = n;
		err = tls_shake(s.session, s.now);
	}
	if (err == ERR_NONE || (err == ERR_DENIED && tls_why(s.session) == TLS_REFUSED_NOT))
		abort();
	return 0;
}
