/* SPDX-License-Identifier: Apache-2.0 */
/* Covers SRTP and SRTCP: what nobody authenticated changes neither state nor bytes, and what
 * was protected, where it may be at all, is the same again. */
#include "rtp/srtp.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct srtp_engine engine;
	static struct srtp sender, receiver, before;
	static const uint8_t key[SUITE_MAX_SECRET] = "some key of ours";
	static char bytes[4096];
	struct srtp_mark sent[SRTP_MAX_SOURCES] = { 0 }, heard[SRTP_MAX_SOURCES] = { 0 };
	size_t len = size - 1, how = size > 0 ? data[0] : 0;
	unsigned suite = how % 2 ? SUITE_CM_128_80 : SUITE_GCM_256;

	if (size == 0 || len + SRTP_MAX_TRAILER > sizeof(bytes) ||
	    (!engine.contexts[0] && rtp_engine_open(&engine)) ||
	    rtp_srtp_start(&sender, &engine, suite, key, &(struct srtp_setup){ .marks = sent }) ||
	    rtp_srtp_start(&receiver, &engine, suite, key, &(struct srtp_setup){ .marks = heard }))
		return 0;
	memcpy(bytes, data + 1, len);
	memcpy(&before, &receiver, sizeof(before));
	if (!(how & 2 ? rtp_srtcp_unprotect : rtp_srtp_unprotect)(&receiver, bytes, &len) ||
	    memcmp(bytes, data + 1, len) != 0 || memcmp(&before, &receiver, sizeof(before)) != 0 ||
	    memcmp(sent, heard, sizeof(heard)) != 0)
		abort();
	if (!(how & 2 ? rtp_srtcp_protect : rtp_srtp_protect)(&sender, bytes, sizeof(bytes),
	                                                      &len) &&
	    ((how & 2 ? rtp_srtcp_unprotect : rtp_srtp_unprotect)(&receiver, bytes, &len) ||
	     len != size - 1 || memcmp(bytes, data + 1, len) != 0))
		abort();
	return 0;
}
