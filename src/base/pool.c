/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in one array, their state in another, so that an overrun of an
 * object cannot forge a generation that names it. An odd generation is a taken
 * object; taking and giving add one each, so a handle stays dead until 2^31
 * further lives of its place. Under ASan a red zone parts neighbours. */
#include "base/pool.h"
#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif

#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 32 };
#else
#define ASAN_POISON_MEMORY_REGION(at, len)   ((void)(at), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
enum { RED_ZONE = 0 };
#endif

#define NO_PLACE UINT32_MAX

enum { PAGE = 4096, MOST_AHEAD = 16 * PAGE };

struct place {
	uint32_t generation;
	uint32_t next_free;
};

struct pool {
	char *objects;
	struct place *places;
	size_t object_size, stride;
	/* A multiple of the stride is divided by it without a division: shifted by its even
	 * part, times the inverse of its odd part (modulo 2^64). */
	size_t inverse;
	unsigned shift;
	uint32_t count, used;
	uint32_t first_free; /* given back last; NO_PLACE: none */
	uint32_t fresh;      /* from here on none was ever taken: all zeros still */
	size_t touched;      /* bytes of objects whose pages are there */
};

static bool is_taken(const struct pool *p, uint32_t index)
{
	return p->places[index].generation % 2 == 1;
}

static void *object_at(const struct pool *p, uint32_t index)
{
	return p->objects + index * p->stride;
}

/* What is no multiple of the stride comes out as something that does not lie there. */
static uint32_t index_of(const struct pool *p, const void *object)
{
	size_t distance = (size_t)((const char *)object - p->objects);
	size_t index = (distance >> p->shift) * p->inverse;

	assert(index < p->count && index * p->stride == distance);
	return (uint32_t)index;
}

/* By Newton: each step doubles the bits that are right, which are three at first. */
static size_t inverse_of(size_t odd)
{
	size_t inverse = odd;

	for (unsigned bits = 3; bits < 64; bits *= 2)
		inverse *= 2 - odd * inverse;
	return inverse;
}

enum err pool_new(size_t object_size, uint32_t count, struct pool **ret)
{
	const size_t align = alignof(max_align_t);
	struct pool *p;
	size_t stride, total;

	if (object_size == 0 || object_size > SIZE_MAX / 2 || count == 0 || count == NO_PLACE)
		return ERR_LIMIT;
	stride = (object_size + RED_ZONE + align - 1) / align * align;
	if (__builtin_mul_overflow(stride, count, &total))
		return ERR_LIMIT;

	p = calloc(1, sizeof(*p));
	if (!p)
		return ERR_NO_MEMORY;
	*p = (struct pool){
		.object_size = object_size, .stride = stride, .count = count, .first_free = NO_PLACE
	};
	p->shift = (unsigned)__builtin_ctzll(stride);
	p->inverse = inverse_of(stride >> p->shift);
	p->objects = calloc(1, total);
	p->places = calloc(count, sizeof(struct place));
	if (!p->objects || !p->places) {
		pool_free(&p);
		return ERR_NO_MEMORY;
	}
	ASAN_POISON_MEMORY_REGION(p->objects, total);
	*ret = p;
	return ERR_NONE;
}

void pool_free(struct pool **p)
{
	if (!*p)
		return;
	if ((*p)->objects)
		ASAN_UNPOISON_MEMORY_REGION((*p)->objects, (*p)->count * (*p)->stride);
	free((*p)->objects);
	free((*p)->places);
	free(*p);
	*p = NULL;
}

/* Each page that nobody touched is a fault, and several asked for at once cost a third of as many.
 * A quarter of what is there already, so that what grows no more has little too much. Where that
 * cannot be, they come one by one. */
static void ask_ahead(struct pool *p)
{
	size_t end = (size_t)p->fresh * p->stride, left = p->count * p->stride - end;
	size_t ahead = end / 4 < MOST_AHEAD ? end / 4 : MOST_AHEAD;
	uintptr_t from = (uintptr_t)(p->objects + p->touched) / PAGE * PAGE + PAGE;

	if (end <= p->touched)
		return;
	p->touched = end + (ahead < left ? ahead : left);
	end = (uintptr_t)(p->objects + p->touched) / PAGE * PAGE;
#ifdef MADV_POPULATE_WRITE
	if (end > from + PAGE)
		(void)madvise(p->objects + (from - (uintptr_t)p->objects), end - from,
		              MADV_POPULATE_WRITE);
#endif
}

void *pool_take_as_is(struct pool *p)
{
	uint32_t index = p->first_free;

	if (index == NO_PLACE && p->fresh == p->count)
		return NULL;
	if (index == NO_PLACE) {
		index = p->fresh++;
		ask_ahead(p);
	} else {
		p->first_free = p->places[index].next_free;
	}
	ASAN_UNPOISON_MEMORY_REGION(object_at(p, index), p->object_size);
	p->places[index].generation++;
	p->used++;
	return object_at(p, index);
}

/* What is fresh is zeroed already, and its memory not used before somebody writes to it. */
void *pool_take(struct pool *p)
{
	uint32_t fresh = p->fresh;
	void *object = pool_take_as_is(p);

	if (object && fresh == p->fresh)
		memset(object, 0, p->object_size);
	return object;
}

void pool_give(struct pool *p, void *object)
{
	uint32_t index = index_of(p, object);

	assert(is_taken(p, index));
	p->places[index].generation++;
	p->places[index].next_free = p->first_free;
	p->first_free = index;
	p->used--;
	ASAN_POISON_MEMORY_REGION(object, p->object_size);
}

struct pool_handle pool_handle_of(const struct pool *p, const void *object)
{
	uint32_t index = index_of(p, object);

	assert(is_taken(p, index));
	return (struct pool_handle){ index, p->places[index].generation };
}

void *pool_at(const struct pool *p, struct pool_handle h)
{
	if (h.index >= p->fresh || p->places[h.index].generation != h.generation)
		return NULL;
	/* A forged handle may carry the generation of a free place. */
	if (!is_taken(p, h.index))
		return NULL;
	return object_at(p, h.index);
}

uint32_t pool_index(const struct pool *p, const void *object) { return index_of(p, object); }

void *pool_object(const struct pool *p, uint32_t index) { return object_at(p, index); }

void *pool_next(const struct pool *p, uint32_t *place)
{
	while (*place < p->fresh) {
		uint32_t index = (*place)++;

		if (is_taken(p, index))
			return object_at(p, index);
	}
	return NULL;
}

uint32_t pool_used(const struct pool *p) { return p->used; }

uint32_t pool_count(const struct pool *p) { return p->count; }
