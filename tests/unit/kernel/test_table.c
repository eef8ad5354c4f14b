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
static const struct addr no_control;

static struct addr place_of(const char *text)
{
	struct addr place = { 0 };

	(void)!addr_parse_port(view_of(text), &place);
	return place;
}

TEST(form, "a batch is framed, numbered, and its attributes fill their messages")
{
	struct kernel_batch b = kernel_batch_on(storage, sizeof(storage));
	struct reading r;
	uint32_t count = 0;

	kernel_table_write(&b, &no_control);
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
	CHECK(count == 2 + 3 + KERNEL_SET_COUNT - SET_NEVER4 + 1 + SET_SIP - SET_NEVER4);
	return ERR_NONE;
}

/* ---- a rule as text: what each expression does, in turn ---- */

static void say_number(struct buffer *out, struct view expression, uint16_t attribute)
{
	buffer_char(out, ' ');
	buffer_decimal(out, reading_u32(reading_find(expression, attribute)));
}

static void say_bytes(struct buffer *out, struct view bytes)
{
	buffer_char(out, ' ');
	buffer_hex(out, bytes.at, bytes.len);
}

static void say_expression(struct buffer *out, struct view name, struct view e)
{
	struct view verdict;

	buffer_text(out, name.at);
	if (strcmp(name.at, "meta") == 0) {
		say_number(out, e, NFTA_META_KEY);
	} else if (strcmp(name.at, "cmp") == 0) {
		say_number(out, e, NFTA_CMP_OP);
		say_bytes(out, reading_find(reading_find(e, NFTA_CMP_DATA), NFTA_DATA_VALUE));
	} else if (strcmp(name.at, "payload") == 0) {
		say_number(out, e, NFTA_PAYLOAD_BASE);
		say_number(out, e, NFTA_PAYLOAD_OFFSET);
		say_number(out, e, NFTA_PAYLOAD_LEN);
	} else if (strcmp(name.at, "lookup") == 0) {
		buffer_char(out, ' ');
		buffer_text(out, reading_find(e, NFTA_LOOKUP_SET).at);
		say_number(out, e, NFTA_LOOKUP_FLAGS);
	} else if (strcmp(name.at, "immediate") == 0) {
		verdict = reading_find(reading_find(e, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
		say_number(out, verdict, NFTA_VERDICT_CODE);
	}
	buffer_text(out, "; ");
}

/* The first rule of the batch. */
static struct view first_rule(struct view batch, struct buffer *out)
{
	struct reading r = { .rest = batch };
	struct view list, element;
	uint16_t type;

	while (reading_message(&r)) {
		if (r.head.nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
			continue;
		list = reading_find(r.body, NFTA_RULE_EXPRESSIONS);
		while (reading_attribute(&list, &type, &element))
			say_expression(out, reading_find(element, NFTA_EXPR_NAME),
			               reading_find(element, NFTA_EXPR_DATA));
		break;
	}
	return buffer_view(out);
}

static size_t sets_named(struct view batch, const char *name)
{
	struct reading r = { .rest = batch };
	size_t count = 0;

	while (reading_message(&r))
		count += r.head.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET) &&
		         strcmp(reading_find(r.body, NFTA_SET_NAME).at, name) == 0;
	return count;
}

TEST(control_first, "the first rule drops TCP to the control listener of who is not in its set")
{
	/* meta 15: family; 16: protocol. Payload 1: network header, 2: transport header. */
	static const struct {
		const char *name, *listener;
		size_t sets4, sets6;
		const char *rule;
	} cases[] = {
		{ "none", "", 0, 0,
		  "meta 15; cmp 0 02; payload 1 12 4; lookup never4 0; immediate 1; " },
		{ "IPv4", "192.0.2.10:8443", 1, 0,
		  "meta 15; cmp 0 02; meta 16; cmp 0 06; payload 1 16 4; cmp 0 c000020a; "
		  "payload 2 2 2; cmp 0 20fb; payload 1 12 4; lookup control4 1; counter; "
		  "immediate 0; " },
		{ "IPv6", "[2001:db8::a]:443", 0, 1,
		  "meta 15; cmp 0 0a; meta 16; cmp 0 06; payload 1 24 16; "
		  "cmp 0 20010db800000000000000000000000a; payload 2 2 2; cmp 0 01bb; "
		  "payload 1 8 16; lookup control6 1; counter; immediate 0; " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr listener = place_of(cases[i].listener);
		struct kernel_batch b = kernel_batch_on(storage, sizeof(storage));
		uint8_t text[512];
		struct buffer out = BUFFER_ON(text);
		struct view batch;

		kernel_table_write(&b, &listener);
		kernel_batch_close(&b);
		TRY(b.out.err);
		batch = buffer_view(&b.out);
		CHECK_CASE(view_equal(first_rule(batch, &out), view_of(cases[i].rule)),
		           cases[i].name);
		CHECK_CASE(sets_named(batch, "control4") == cases[i].sets4, cases[i].name);
		CHECK_CASE(sets_named(batch, "control6") == cases[i].sets6, cases[i].name);
	}
	return ERR_NONE;
}

TEST(too_small, "a batch that does not fit its storage says so and is never sent")
{
	struct kernel_batch b = kernel_batch_on(storage, 512);

	kernel_table_write(&b, &no_control);
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
static int ask_kernel(bool has_right, const char *listener)
{
	struct addr control = place_of(listener);
	struct kernel_batch b = kernel_batch_on(storage, sizeof(storage));
	int fd;
	enum err err;

	if (unshare(CLONE_NEWNET) != 0)
		return CANNOT;
	if (!has_right && setresuid(65534, 65534, 65534) != 0)
		return CANNOT;
	if (socket_netfilter_open(&fd) != ERR_NONE)
		return CANNOT;
	kernel_table_write(&b, &control);
	kernel_batch_close(&b);
	err = kernel_socket_send(fd, &b);
	return err == ERR_NONE ? 0 : 1 + (int)err;
}

static int in_process(bool has_right, const char *listener)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(ask_kernel(has_right, listener));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(kernel_agrees, "the kernel takes the table, and refuses one without the right to ask")
{
	int with = in_process(true, ""), without = in_process(false, "");

	if (with == CANNOT || without == CANNOT || with == 1 + (int)ERR_UNSUPPORTED)
		SKIP("needs root and nf_tables");
	CHECK(with == 0);
	CHECK(in_process(true, "192.0.2.10:8443") == 0);
	CHECK(in_process(true, "[2001:db8::a]:8443") == 0);
	CHECK(without == 1 + (int)ERR_DENIED);
	return ERR_NONE;
}
