/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over blocks of 64 bytes, made once for each kind of processor: only how the masks
 * come about differs. What is odd is asked of whole blocks, and the places of line ends are
 * written two at a time, whether there are as many or not: a branch for each line, and one
 * for each block without any, would be predicted wrong as often as not. */
#include "sip/lines_priv.h"

#include "base/view.h"
#include "sip/masks_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))

static const uint64_t last = UINT64_C(1) << (MASKS_BLOCK - 1);

struct walk {
	const char *bytes;
	uint32_t *next;       /* place of the next line end */
	uint64_t feeds, ends; /* of the block before: its LF; what is odd and no LF */
	bool has_high;
};

/* What one kind of processor does its own way. */
typedef struct masks (*masks_of)(const char *at);
typedef uint64_t (*high_of)(const char *at);

enum step { STEP_ON, STEP_ODD, STEP_ENDED };

/* Two at a time; a last bit that is not there is counted by nobody. */
static ALWAYS_INLINE void put(struct walk *w, uint64_t feeds, size_t block)
{
	uint32_t *at = w->next;

	w->next += (unsigned)__builtin_popcountll(feeds);
	do {
		at[0] = (uint32_t)block + (uint32_t)__builtin_ctzll(feeds | last);
		feeds &= feeds - 1;
		at[1] = (uint32_t)block + (uint32_t)__builtin_ctzll(feeds | last);
		feeds &= feeds - 1;
		at += 2;
	} while (feeds != 0);
}

/* The empty line is in this block, or something odd: what is beyond ASCII is not. */
static ALWAYS_INLINE enum step take_last(struct walk *w, struct masks m, uint64_t high,
                                         size_t block)
{
	uint64_t before = w->ends >> (MASKS_BLOCK - 1), ends, ended;
	uint64_t empty = m.feeds & (m.feeds << 2 | w->feeds >> (MASKS_BLOCK - 2));
	uint64_t upto = empty ^ (empty - 1); /* the end of the first empty line, or all */

	if (before != 0 && (w->bytes[block - 1] & 0x80) != 0)
		before = 0;
	w->has_high |= ((high & upto) != 0) | (before != w->ends >> (MASKS_BLOCK - 1));
	ends = m.odd & ~m.feeds & ~high;
	ended = ends << 1 | before;
	if (((ended ^ m.feeds) & upto) != 0)
		return STEP_ODD;
	w->feeds = m.feeds;
	w->ends = ends;
	put(w, m.feeds & upto, block);
	return empty == 0 ? STEP_ON : STEP_ENDED;
}

/* `over`: bytes in front of the block that were loaded with it, where it is the last one. */
static ALWAYS_INLINE enum step take(struct walk *w, masks_of masks, high_of high, size_t block,
                                    unsigned over)
{
	struct masks m = masks(w->bytes + block - over);
	uint64_t ends, ended, empty;

	m.odd >>= over;
	m.feeds >>= over;
	ends = m.odd & ~m.feeds;
	ended = ends << 1 | w->ends >> (MASKS_BLOCK - 1);
	empty = m.feeds & (m.feeds << 2 | w->feeds >> (MASKS_BLOCK - 2));
	if (((ended ^ m.feeds) | empty) != 0)
		return take_last(w, m, high(w->bytes + block - over) >> over, block);
	w->feeds = m.feeds;
	w->ends = ends;
	put(w, m.feeds, block);
	return STEP_ON;
}

static ALWAYS_INLINE bool walk(masks_of masks, high_of high, struct view bytes,
                               struct sip_lines *ret)
{
	/* As if a line had ended before the first: an empty one in front is odd. */
	struct walk w = { .bytes = bytes.at, .next = ret->feeds, .feeds = last };
	enum step step = STEP_ON;
	size_t at = 0;

	if (bytes.len < MASKS_BLOCK || bytes.len > UINT32_MAX)
		return false;
	while (step == STEP_ON && at <= bytes.len - MASKS_BLOCK &&
	       w.next <= ret->feeds + MAX_SIP_LINES) {
		step = take(&w, masks, high, at, 0);
		at += MASKS_BLOCK;
	}
	/* What is left is less than a block: one is loaded that ends where the bytes do. */
	if (step == STEP_ON && at < bytes.len && w.next <= ret->feeds + MAX_SIP_LINES)
		step = take(&w, masks, high, at, (unsigned)(at + MASKS_BLOCK - bytes.len));
	ret->count = (uint32_t)(w.next - ret->feeds);
	ret->has_high = w.has_high;
	return step == STEP_ENDED && ret->count > 1 && ret->count <= MAX_SIP_LINES;
}

#define WAY(name, target, masks, high)                                                             \
	target static bool name(const char *bytes, size_t len, struct sip_lines *ret)              \
	{                                                                                          \
		return walk(masks, high, (struct view){ bytes, len }, ret);                        \
	}

WAY(find_plain, , masks_plain, masks_high_plain)
WAY(find_usual, , masks_usual, masks_high_usual)

#if defined(__x86_64__)

#define WITH_AVX2   __attribute__((target("avx2,bmi,popcnt")))
#define WITH_AVX512 __attribute__((target("avx512bw,bmi,popcnt")))

WITH_AVX2 static ALWAYS_INLINE uint64_t both(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
	                                                     << 32;
}

WITH_AVX2 static ALWAYS_INLINE __m256i is_text(__m256i x)
{
	__m256i above = _mm256_sub_epi8(x, _mm256_set1_epi8(0x20));

	return _mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8(0x7e - 0x20)), above);
}

WITH_AVX2 static ALWAYS_INLINE struct masks masks_avx2(const char *at)
{
	const __m256i lf = _mm256_set1_epi8('\n');
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));

	return (struct masks){ ~both(is_text(a), is_text(b)),
		               both(_mm256_cmpeq_epi8(a, lf), _mm256_cmpeq_epi8(b, lf)) };
}

WITH_AVX2 static ALWAYS_INLINE uint64_t high_avx2(const char *at)
{
	return both(_mm256_loadu_si256((const __m256i *)(const void *)at),
	            _mm256_loadu_si256((const __m256i *)(const void *)(at + 32)));
}

WITH_AVX512 static ALWAYS_INLINE struct masks masks_avx512(const char *at)
{
	__m512i x = _mm512_loadu_si512(at);

	return (struct masks){ _mm512_cmpgt_epu8_mask(_mm512_sub_epi8(x, _mm512_set1_epi8(0x20)),
		                                      _mm512_set1_epi8(0x7e - 0x20)),
		               _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('\n')) };
}

WITH_AVX512 static ALWAYS_INLINE uint64_t high_avx512(const char *at)
{
	return _mm512_movepi8_mask(_mm512_loadu_si512(at));
}

WAY(find_avx2, WITH_AVX2, masks_avx2, high_avx2)
WAY(find_avx512, WITH_AVX512, masks_avx512, high_avx512)

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
