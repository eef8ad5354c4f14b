/* SPDX-License-Identifier: Apache-2.0 */
/* The disk fails in each way at each place in turn: what was told to be written is there, once,
 * after the database was opened anew; what was not told may be given again. */
#include "place.h"
#include "runner/fault.h"
#include "runner/test.h"

#include <errno.h>

enum { BATCH = 4 };

static const struct fault_kind disk[] = {
	{ FAULT_pwrite, ENOSPC }, { FAULT_pwrite, EIO },        { FAULT_pwrite, FAULT_SHORT },
	{ FAULT_write, ENOSPC },  { FAULT_fdatasync, EIO },     { FAULT_fsync, EIO },
	{ FAULT_pread, EIO },     { FAULT_pread, FAULT_SHORT }, { FAULT_ftruncate, ENOSPC },
	{ FAULT_fcntl, EIO },     { FAULT_mmap, ENFILE },       { FAULT_open, EMFILE },
	{ FAULT_open, EIO },
};

enum { DISK = sizeof(disk) / sizeof(disk[0]) };

static enum err put(const struct place *p, uint32_t ring, uint64_t from, struct store_tally *ret)
{
	union record batch[BATCH];
	struct store *s = NULL;
	enum err err = place_open(p, &s);

	for (uint64_t i = 0; i < BATCH; i++) {
		batch[i] = a_call(from + i, from + i);
		batch[i].head.ring = ring;
	}
	if (err == ERR_NONE)
		err = store_write(s, batch, BATCH, ret);
	store_free(&s);
	return err;
}

/* All of both batches, each record once. */
static enum err is_whole(const struct place *p)
{
	struct store_query calls = { .kind = RECORD_CALL };
	struct store *s = NULL;
	uint32_t count = 0;
	enum err err = place_open(p, &s);

	if (err == ERR_NONE)
		err = count_of(s, &calls, &count, NULL);
	store_free(&s);
	return err == ERR_NONE && count != 2 * BATCH ? ERR_DENIED : err;
}

/* Of the repetition: 3, or another one, as if nobody knew how far the ring was kept. */
static uint32_t second_ring = 3;

/* What comes after a restart: both batches again. */
static enum err give_again(const struct place *p, enum err first)
{
	struct store_tally tally = { 0 };
	enum err err = put(p, second_ring, 1, &tally);

	if (err == ERR_NONE)
		err = put(p, second_ring, 1 + BATCH, &tally);
	if (err != ERR_NONE)
		return err == ERR_NO_MEMORY ? err : ERR_DENIED;
	/* What was told to be written must not be missing. */
	if (first == ERR_NONE && tally.repeated != BATCH)
		return ERR_DENIED;
	return is_whole(p);
}

static enum err write_scene(void)
{
	struct store_tally tally = { 0 };
	struct place p;
	enum err first, err = place_make(&p);

	if (err != ERR_NONE)
		return err;
	first = put(&p, 3, 1, &tally);
	if (first == ERR_NONE)
		first = put(&p, 3, 1 + BATCH, &tally);
	(void)fault_disarm();
	err = first == ERR_NO_MEMORY ? first : give_again(&p, first);
	place_remove(&p);
	return err != ERR_NONE ? err : first;
}

TEST(disk_faults, "no record is lost or doubled by a disk that fails at any place")
{
	uint32_t faults;

	TRY(fault_ladder(write_scene, disk, DISK, &faults));
	CHECK(faults >= 30);
	return ERR_NONE;
}

TEST(disk_faults_seen, "records whose place in the ring was forgotten are seen twice")
{
	second_ring = 4;
	CHECK(write_scene() != ERR_NONE);
	second_ring = 3;
	return write_scene();
}
