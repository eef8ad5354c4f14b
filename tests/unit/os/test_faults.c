/* SPDX-License-Identifier: Apache-2.0 */
/* Each system call fails in turn, in each way that it may: what is told is an error of ours,
 * no descriptor is left behind, and what was made before still works. */
#include "os/channel.h"
#include "os/ring.h"
#include "os/socket.h"
#include "runner/fault.h"
#include "runner/test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct fault_kind makers[] = {
	{ FAULT_memfd_create, EMFILE }, { FAULT_memfd_create, ENFILE },
	{ FAULT_ftruncate, ENOSPC },    { FAULT_ftruncate, EIO },
	{ FAULT_fcntl, EIO },           { FAULT_mmap, ENFILE },
	{ FAULT_open, EMFILE },         { FAULT_open, EIO },
	{ FAULT_eventfd, EMFILE },      { FAULT_write, ENOSPC },
	{ FAULT_write, EINTR },         { FAULT_write, FAULT_SHORT },
	{ FAULT_socketpair, EMFILE },   { FAULT_socket, EMFILE },
	{ FAULT_socket, ENFILE },       { FAULT_socket, ENOBUFS },
	{ FAULT_setsockopt, ENOMEM },   { FAULT_bind, EADDRINUSE },
	{ FAULT_bind, EADDRNOTAVAIL },  { FAULT_listen, EIO },
};

enum { MAKERS = sizeof(makers) / sizeof(makers[0]) };

static const struct ring_shape small = { 64, 8, 1 };

static enum err use_ring(const struct ring_ends *ends)
{
	struct ring writer = { .wake = -1 }, reader = { .wake = -1 };
	uint64_t sent = 0x1122334455667788, got = 0, sequence = 0;
	enum err err = ring_open_writer(&writer, &ends->writer);

	if (err == ERR_NONE)
		err = ring_open_reader(&reader, &ends->reader);
	if (err == ERR_NONE)
		err = ring_put(&writer, &sent, sizeof(sent), RING_KEPT);
	if (err == ERR_NONE) {
		(void)ring_sleep(&reader);
		ring_flush(&writer);
		ring_rise(&reader);
		err = ring_peek(&reader, 0, &got, sizeof(got), &sequence);
		if (err == ERR_NONE && (got != sent || sequence != 1))
			err = ERR_DENIED;
	}
	ring_close(&writer);
	ring_close(&reader);
	return err;
}

static enum err ring_scene(void)
{
	struct ring_ends ends;
	enum err err = ring_create("fault", &small, &ends);

	if (err != ERR_NONE)
		return err;
	err = use_ring(&ends);
	ring_ends_close(&ends);
	return err;
}

TEST(ring_faults, "a ring is made whole or not at all, whichever call fails")
{
	uint32_t faults;

	TRY(fault_ladder(ring_scene, makers, MAKERS, &faults));
	CHECK(faults >= 20);
	return ERR_NONE;
}

static enum err sealed_scene(void)
{
	struct shared_map map;
	int fd = -1;
	enum err err = shared_create_sealed("fault", VIEW("what was written"), &fd);

	if (err != ERR_NONE)
		return err;
	err = shared_map(fd, SHARED_READ, 1, &map);
	if (err == ERR_NONE) {
		/* A write that did part of it must not be taken for the whole. */
		if (memcmp(map.at, "what was written", 16) != 0)
			err = ERR_DENIED;
		shared_unmap(&map);
	}
	(void)close(fd);
	return err;
}

TEST(sealed_faults, "sealed bytes are all there, or it is told")
{
	uint32_t faults;

	TRY(fault_ladder(sealed_scene, makers, MAKERS, &faults));
	CHECK(faults >= 8);
	return ERR_NONE;
}

static enum err pass_one(int from, int to)
{
	struct channel_message sent = { .bytes = "word", .len = 4, .descriptors = { from }, 1 };
	struct channel_message got = { .len = 0 };
	enum err err = channel_send(from, &sent);

	if (err == ERR_NONE)
		err = channel_receive(to, &got);
	if (err == ERR_NONE && (got.len != 4 || got.descriptor_count != 1))
		err = ERR_DENIED;
	channel_drop_descriptors(&got);
	return err;
}

static enum err channel_scene(void)
{
	int ours, theirs;
	enum err err = channel_open(&ours, &theirs);

	if (err != ERR_NONE)
		return err;
	err = pass_one(ours, theirs);
	/* A fault on the way is over after it: the channel goes on. */
	if (err != ERR_NONE && fault_disarm()) {
		struct channel_message left;

		if (channel_receive(theirs, &left) == ERR_NONE)
			channel_drop_descriptors(&left);
		err = pass_one(ours, theirs) == ERR_NONE ? err : ERR_DENIED;
	}
	socket_close(&ours);
	socket_close(&theirs);
	return err;
}

TEST(channel_faults, "a channel outlives a call that failed on it")
{
	static const struct fault_kind kinds[] = {
		{ FAULT_socketpair, EMFILE }, { FAULT_setsockopt, ENOBUFS },
		{ FAULT_sendmsg, EAGAIN },    { FAULT_sendmsg, EINTR },
		{ FAULT_sendmsg, ENOBUFS },   { FAULT_sendmsg, ETOOMANYREFS },
		{ FAULT_recvmsg, EAGAIN },    { FAULT_recvmsg, EINTR },
		{ FAULT_recvmsg, ENOMEM },
	};
	uint32_t faults;

	TRY(fault_ladder(channel_scene, kinds, sizeof(kinds) / sizeof(kinds[0]), &faults));
	CHECK(faults >= 9);
	return ERR_NONE;
}

TEST(channel_no_memory, "what comes while the kernel has no memory waits, and ends no channel")
{
	static struct channel_message sent = { .bytes = "word", .len = 4 }, got;
	int ours, theirs;

	TRY(channel_open(&ours, &theirs));
	fault_arm(FAULT_sendmsg, 1, ENOMEM);
	CHECK(channel_send(ours, &sent) == ERR_AGAIN && fault_disarm());
	TRY(channel_send(ours, &sent));
	fault_arm(FAULT_recvmsg, 1, ENOMEM);
	CHECK(channel_receive(theirs, &got) == ERR_AGAIN && fault_disarm());
	TRY(channel_receive(theirs, &got));
	CHECK(got.len == 4);
	socket_close(&ours);
	socket_close(&theirs);
	return ERR_NONE;
}

static enum err udp_scene(void)
{
	static const struct socket_options all = { 1 << 16, 1 << 16, true, true, 184, true };
	struct addr local;
	int fd = -1;
	enum err err = addr_parse(VIEW("127.0.0.1"), &local);

	if (err == ERR_NONE)
		err = socket_udp_open(&local, &all, &fd);
	if (err != ERR_NONE)
		return fd == -1 ? err : ERR_DENIED;
	socket_close(&fd);
	return ERR_NONE;
}

TEST(udp_faults, "a UDP socket that cannot be had whole is not had, and ret stays")
{
	uint32_t faults;

	TRY(fault_ladder(udp_scene, makers, MAKERS, &faults));
	CHECK(faults >= 8);
	return ERR_NONE;
}

/* What the ladder is there to find. */
static int forgotten[2];

static enum err leaking_scene(void)
{
	char byte = 0;
	enum err err = channel_open(&forgotten[0], &forgotten[1]);

	if (err != ERR_NONE || write(forgotten[0], &byte, 1) != 1)
		return ERR_IO;
	socket_close(&forgotten[0]);
	socket_close(&forgotten[1]);
	return ERR_NONE;
}

TEST(ladder_of_faults, "who forgets a descriptor after a failed call is seen")
{
	uint32_t before = fault_descriptors();

	fault_arm(FAULT_write, 1, EIO);
	CHECK(leaking_scene() == ERR_IO && fault_disarm());
	CHECK(fault_descriptors() == before + 2);
	socket_close(&forgotten[0]);
	socket_close(&forgotten[1]);
	CHECK(leaking_scene() == ERR_NONE && fault_descriptors() == before);
	return ERR_NONE;
}
