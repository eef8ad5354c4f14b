/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtp_tone_detect: any audio, in frames of any length, gives the same keys as in one. */
#include "rtp/tone.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum tone_law law = size > 0 && data[0] & 1 ? TONE_ALAW : TONE_MULAW;
	struct tone_detector whole = { .count = 0 }, parts = whole;
	size_t step = size > 0 ? 1 + (data[0] >> 1) : 1;

	for (size_t i = 0; i < size; i++)
		(void)rtp_tone_detect(&whole, law, view_bytes(data + i, 1));
	for (size_t i = 0; i < size; i += step)
		(void)rtp_tone_detect(&parts, law,
		                      view_bytes(data + i, size - i < step ? size - i : step));
	if (whole.told != parts.told || whole.before != parts.before || whole.count != parts.count)
		abort();
	return 0;
}
