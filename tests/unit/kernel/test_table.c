/* SPDX-License-Identifier: Apache-2.0 */
/* The batch that makes the table: its form, and what the kernel itself says of
 * it where we may ask. */
#include "kernel/socket.h"
#include "os/socket.h"
#include "reading.h"
#include "runner/test.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static uint8_t storage[65536];

TEST(form, "a batch is framed, numbered, and its attributes fill their messages")
{
	struct kernel_batch b = kernel_batch_on(storage, sizeof(storage));
	struct reading r;
	uint32_t count = 0;

	kernel_table_write(&b);
	kernel_batch_close(&b);
	TRY(b.out.err);
	r = (struct reading){ .rest = buffer_view(&b.out) };
	while (reading_message(&r)) {
		struct view rest = r.body, value;
		uint16_t type;

		count++;
		CHECK(r.head.nlmsg_seq == count);
		CHECK((count == 1) == (r.head.nlmsg_type == NFNL_MSG_BATCH_BEGIN));
		CHECK((r.rest.len == 0) == (r.head.nlmsg_type == NFNL_MSG_BATCH_END));
		while (reading_attribute(&rest, &type, &value))
			CHECK(type != 0);
		CHECK(rest.len == 0);
	}
	CHECK(r.rest.len == 0);
	/* Three words on the table, sets, a chain, a rule a set but one, and the frame. */
	CHECK(count == 2 + 3 + KERNEL_SET_COUNT + 1 + SET_SIP);
	return ERR_NONE;
}

TEST(too_small, "a batch that does not fit its storage says so and is never sent")
{
	struct kernel_batch b = kernel_batch_on(storage, 512);

	kernel_table_write(&b);
	kernel_batch_close(&b);
	CHECK(b.out.err == ERR_LIMIT);
	CHECK(kernel_socket_send(-1, &b) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(long_nest, "a nest beyond 16 bits is an error, not a wrong length")
{
	static uint8_t large[1 << 17];
	struct kernel_batch b = kernel_batch_on(large, sizeof(large));
	size_t nest = kernel_elements_begin(&b, SET_SOURCE4, false);
	struct kernel_element e = { .set = SET_SOURCE4, .prefix = 128, .until_us = 1 };

	for (int i = 0; i < 4 * MAX_ELEMENTS_A_MESSAGE; i++)
		kernel_element_write(&b, &e, 0, false);
	CHECK(b.out.err == ERR_NONE);
	for (int i = 0; i < 4 * MAX_ELEMENTS_A_MESSAGE; i++)
		kernel_element_write(&b, &e, 0, false);
	kernel_elements_end(&b, nest);
	CHECK(b.out.err == ERR_LIMIT);
	return ERR_NONE;
}

enum { CANNOT = 77 };

/* Exit status: 0, CANNOT, or 1 + the error. */
static int ask_kernel(bool has_right)
{
	struct kernel_batch b = kernel_batch_on(storage, sizeof(storage));
	int fd;
	enum err err;

	if (unshare(CLONE_NEWNET) != 0)
		return CANNOT;
	if (!has_right && setresuid(65534, 65534, 65534) != 0)
		return CANNOT;
	if (socket_netfilter_open(&fd) != ERR_NONE)
		return CANNOT;
	kernel_table_write(&b);
	kernel_batch_close(&b);
	err = kernel_socket_send(fd, &b);
	return err == ERR_NONE ? 0 : 1 + (int)err;
}

static int in_process(bool has_right)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(ask_kernel(has_right));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(kernel_agrees, "the kernel takes the table, and refuses one without the right to ask")
{
	int with = in_process(true), without = in_process(false);

	if (with == CANNOT || without == CANNOT || with == 1 + (int)ERR_UNSUPPORTED)
		SKIP("needs root and nf_tables");
	CHECK(with == 0);
	CHECK(without == 1 + (int)ERR_DENIED);
	return ERR_NONE;
}
