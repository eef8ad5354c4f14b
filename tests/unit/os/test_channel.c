/* SPDX-License-Identifier: Apache-2.0 */
/* The channel: borders, descriptors, ends, and a full table of descriptors. */
#include "os/channel.h"
#include "runner/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct channel_message out, in;

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

TEST(channel_borders, "messages keep their borders, also the largest")
{
	int ours, theirs;

	TRY(channel_open(&ours, &theirs));
	out = (struct channel_message){ .len = 3, .bytes = "one" };
	TRY(channel_send(ours, &out));
	out.len = CHANNEL_MESSAGE_MAX;
	memset(out.bytes, 'z', sizeof(out.bytes));
	TRY(channel_send(ours, &out));
	TRY(channel_receive(theirs, &in));
	CHECK(in.len == 3 && memcmp(in.bytes, "one", 3) == 0 && in.descriptor_count == 0);
	TRY(channel_receive(theirs, &in));
	CHECK(in.len == CHANNEL_MESSAGE_MAX && in.bytes[in.len - 1] == 'z');
	CHECK(channel_receive(theirs, &in) == ERR_AGAIN);
	out.len = CHANNEL_MESSAGE_MAX + 1;
	CHECK(channel_send(ours, &out) == ERR_LIMIT);
	out.len = 0;
	CHECK(channel_send(ours, &out) == ERR_LIMIT);
	(void)close(ours);
	CHECK(channel_receive(theirs, &in) == ERR_CLOSED);
	out.len = 1;
	CHECK(channel_send(theirs, &out) == ERR_CLOSED);
	(void)close(theirs);
	return ERR_NONE;
}

TEST(channel_descriptors, "250 descriptors travel at once and are close-on-exec")
{
	int ours, theirs;
	size_t before = open_descriptors();

	TRY(channel_open(&ours, &theirs));
	out = (struct channel_message){ .len = 1, .descriptor_count = CHANNEL_DESCRIPTORS_MAX };
	for (size_t i = 0; i < out.descriptor_count; i++)
		out.descriptors[i] = 0;
	TRY(channel_send(ours, &out));
	TRY(channel_receive(theirs, &in));
	CHECK(in.descriptor_count == CHANNEL_DESCRIPTORS_MAX);
	CHECK((fcntl(in.descriptors[249], F_GETFD) & FD_CLOEXEC) != 0);
	channel_drop_descriptors(&in);
	(void)close(ours);
	(void)close(theirs);
	CHECK(open_descriptors() == before);
	return ERR_NONE;
}

TEST(channel_exhausted,
     "a message whose descriptors do not fit is an error, leaks nothing and ends nothing")
{
	struct rlimit old, tight;
	int ours, theirs;
	size_t before;

	TRY(channel_open(&ours, &theirs));
	before = open_descriptors();
	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
	tight = old;
	for (rlim_t most = (rlim_t)theirs + 1; most < (rlim_t)theirs + 12; most++) {
		out = (struct channel_message){ .len = 1, .descriptor_count = 20 };
		TRY(channel_send(ours, &out));
		tight.rlim_cur = most;
		CHECK(setrlimit(RLIMIT_NOFILE, &tight) == 0);
		CHECK(channel_receive(theirs, &in) == ERR_LIMIT);
		CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
		CHECK(open_descriptors() == before);
	}
	out = (struct channel_message){ .len = 1 };
	TRY(channel_send(ours, &out));
	TRY(channel_receive(theirs, &in));
	(void)close(ours);
	(void)close(theirs);
	return ERR_NONE;
}

TEST(channel_unread, "a peer that does not read costs no waiting")
{
	int ours, theirs, sent = 0;

	TRY(channel_open(&ours, &theirs));
	out = (struct channel_message){ .len = 8000 };
	while (sent < 100000 && channel_send(ours, &out) == ERR_NONE)
		sent++;
	CHECK(sent > 10 && sent < 100000);
	CHECK(channel_send(ours, &out) == ERR_AGAIN);
	(void)close(ours);
	(void)close(theirs);
	return ERR_NONE;
}
