/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over blocks of 64 bytes, made once for each kind of processor: only how the masks
 * come about differs. What is odd is asked of whole blocks, and the places of line ends are
 * written two at a time, whether there are as many or not: a branch for each line, and one
 * for each block without any, would be predicted wrong as often as not. */
#include "sip/lines_priv.h"

#include "sip/masks_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))

static const uint64_t last = UINT64_C(1) << (MASKS_BLOCK - 1);

struct walk {
	uint32_t *next;          /* place of the next line end */
	uint64_t feeds, returns; /* of the block before */
	bool has_high;
};

enum step { STEP_ON, STEP_ODD, STEP_ENDED };

/* Two at a time; a last bit that is not there is counted by nobody. */
static ALWAYS_INLINE void put(struct walk *w, uint64_t feeds, uint32_t block)
{
	uint32_t *at = w->next;

	w->next += __builtin_popcountll(feeds);
	do {
		at[0] = block + (uint32_t)__builtin_ctzll(feeds | last);
		feeds &= feeds - 1;
		at[1] = block + (uint32_t)__builtin_ctzll(feeds | last);
		feeds &= feeds - 1;
		at += 2;
	} while (feeds != 0);
}

static ALWAYS_INLINE enum step take(struct walk *w, struct masks m, size_t block)
{
	uint64_t ended = m.returns << 1 | w->returns >> (MASKS_BLOCK - 1);
	uint64_t empty = m.feeds & (m.feeds << 2 | w->feeds >> (MASKS_BLOCK - 2));
	uint64_t upto = empty ^ (empty - 1); /* the end of the first empty line, or all */

	if ((((m.controls ^ (m.feeds | m.returns)) | (ended ^ m.feeds)) & upto) != 0)
		return STEP_ODD;
	w->feeds = m.feeds;
	w->returns = m.returns;
	w->has_high |= m.has_high;
	put(w, m.feeds & upto, (uint32_t)block);
	return empty == 0 ? STEP_ON : STEP_ENDED;
}

/* No line behind the first goes on one before. */
static ALWAYS_INLINE bool is_unfolded(const char *bytes, const struct sip_lines *lines)
{
	bool has_fold = false;

	for (uint32_t i = 0; i + 1 < lines->count; i++)
		has_fold |= bytes[lines->feeds[i] + 1] == ' ';
	return !has_fold;
}

static ALWAYS_INLINE bool walk(struct masks (*masks_of)(const char *at), const char *bytes,
                               size_t len, struct sip_lines *ret)
{
	/* As if a line had ended before the first: an empty one in front is odd. */
	struct walk w = { .next = ret->feeds, .feeds = last };
	enum step step = STEP_ON;
	size_t at = 0;

	if (len < MASKS_BLOCK || len > UINT32_MAX)
		return false;
	while (step == STEP_ON && len - at >= MASKS_BLOCK && w.next <= ret->feeds + MAX_SIP_LINES) {
		step = take(&w, masks_of(bytes + at), at);
		at += MASKS_BLOCK;
	}
	/* What is left is less than a block: one is loaded that ends where the bytes do. */
	if (step == STEP_ON && at < len && w.next <= ret->feeds + MAX_SIP_LINES) {
		unsigned over = (unsigned)(at + MASKS_BLOCK - len);
		struct masks m = masks_of(bytes + at - over);

		m.controls >>= over;
		m.feeds >>= over;
		m.returns >>= over;
		step = take(&w, m, at);
	}
	ret->count = (uint32_t)(w.next - ret->feeds);
	ret->has_high = w.has_high;
	return step == STEP_ENDED && ret->count > 1 && ret->count <= MAX_SIP_LINES &&
	       is_unfolded(bytes, ret);
}

#define WAY(name, target, masks_of)                                                                \
	target static bool name(const char *bytes, size_t len, struct sip_lines *ret)              \
	{                                                                                          \
		return walk(masks_of, bytes, len, ret);                                            \
	}

WAY(find_plain, , masks_plain)
WAY(find_usual, , masks_usual)

#if defined(__x86_64__)

#define WITH_AVX2   __attribute__((target("avx2,bmi,popcnt")))
#define WITH_AVX512 __attribute__((target("avx512bw,bmi,popcnt")))

WITH_AVX2 static ALWAYS_INLINE uint64_t both(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
	                                                     << 32;
}

WITH_AVX2 static ALWAYS_INLINE uint64_t equal(__m256i a, __m256i b, char byte)
{
	const __m256i wanted = _mm256_set1_epi8(byte);

	return both(_mm256_cmpeq_epi8(a, wanted), _mm256_cmpeq_epi8(b, wanted));
}

WITH_AVX2 static ALWAYS_INLINE uint64_t below_blank(__m256i a, __m256i b)
{
	const __m256i top = _mm256_set1_epi8(0x1f);

	return both(_mm256_cmpeq_epi8(_mm256_min_epu8(a, top), a),
	            _mm256_cmpeq_epi8(_mm256_min_epu8(b, top), b));
}

WITH_AVX2 static ALWAYS_INLINE struct masks masks_avx2(const char *at)
{
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));

	return (struct masks){ below_blank(a, b) | equal(a, b, 0x7f), equal(a, b, '\n'),
		               equal(a, b, '\r'),
		               _mm256_movemask_epi8(_mm256_or_si256(a, b)) != 0 };
}

WITH_AVX512 static ALWAYS_INLINE uint64_t equal_512(__m512i x, char byte)
{
	return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(byte));
}

WITH_AVX512 static ALWAYS_INLINE struct masks masks_avx512(const char *at)
{
	__m512i x = _mm512_loadu_si512(at);

	return (struct masks){ _mm512_cmplt_epu8_mask(x, _mm512_set1_epi8(0x20)) |
		                       equal_512(x, 0x7f),
		               equal_512(x, '\n'), equal_512(x, '\r'),
		               _mm512_movepi8_mask(x) != 0 };
}

WAY(find_avx2, WITH_AVX2, masks_avx2)
WAY(find_avx512, WITH_AVX512, masks_avx512)

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

static bool has_avx512(void) { return __builtin_cpu_supports("avx512bw") && has_avx2(); }

#endif

static const struct sip_lines_way ways[] = {
#if defined(__x86_64__)
	{ "AVX-512", find_avx512 }, { "AVX2", find_avx2 },
#endif
	{ "usual", find_usual },    { "plain C", find_plain }, { NULL, NULL },
};

/* Which of them is the first that this processor has. */
static size_t first_way(void)
{
#if defined(__x86_64__)
	return has_avx512() ? 0 : has_avx2() ? 1 : 2;
#else
	return 0;
#endif
}

const struct sip_lines_way *sip_lines_way(size_t i) { return &ways[first_way() + i]; }

bool sip_lines_find(const char *bytes, size_t len, struct sip_lines *ret)
{
	return ways[first_way()].find(bytes, len, ret);
}
