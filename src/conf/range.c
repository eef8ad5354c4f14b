/* SPDX-License-Identifier: Apache-2.0 */
/* What an option takes, in words: the same in faults, `explain` and manual. */
#include "conf/manual.h"
#include "conf/reader_priv.h"

static void write_choices(const struct conf_option *o, struct buffer *b)
{
	size_t count = conf_choice_count(o);

	if (o->type == CONF_FLAGS)
		buffer_text(b, "one or more of ");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_text(b, i + 1 < count           ? ", "
			               : o->type == CONF_FLAGS ? " and "
			                                       : " or ");
		buffer_text(b, o->choices[i]);
	}
}

static void write_number(const struct conf_option *o, struct buffer *b, uint64_t number)
{
	switch (o->type) {
	case CONF_SECONDS:
		conf_scaled_write(b, conf_durations, number * 1000, "");
		break;
	case CONF_MILLISECONDS:
		conf_scaled_write(b, conf_durations, number, "");
		break;
	case CONF_SIZE:
		conf_scaled_write(b, conf_sizes, number, " ");
		break;
	case CONF_THOUSANDTHS:
		buffer_decimal(b, number / 1000);
		if (number % 1000 != 0) {
			const char digits[] = { '.', (char)('0' + number / 100 % 10),
				                (char)('0' + number / 10 % 10),
				                (char)('0' + number % 10) };

			buffer_put(b, view_bytes(digits, sizeof(digits)));
		}
		break;
	default:
		buffer_decimal(b, number);
	}
}

static void write_limits(const struct conf_option *o, struct buffer *b)
{
	write_number(o, b, o->min);
	buffer_text(b, " to ");
	write_number(o, b, o->max);
}

static const char *const forms[] = {
	[CONF_SWITCH] = "no value",
	[CONF_YES_NO] = "yes or no",
	[CONF_SECRET] = "file:PATH or env:NAME",
	[CONF_PATH] = "a path",
	[CONF_ADDRESS] = "an address, as 192.0.2.1 or 2001:db8::1",
	[CONF_NETWORK] = "a network or an address, as 192.0.2.0/24",
	[CONF_ADDRESSES] = "addresses, as 192.0.2.1 or 2001:db8::1",
	[CONF_NETWORKS] = "networks or addresses, as 192.0.2.0/24",
	[CONF_NOTED_NETWORKS] =
		"networks or addresses, each with a note if wished, as 192.0.2.0/24 \"head office\"",
};

static void write_endpoint(const struct conf_option *o, struct buffer *b)
{
	if (o->flags & CONF_PORT_ALONE)
		buffer_text(b, "PORT or ");
	buffer_text(b, o->port ? "ADDRESS[:PORT]" : "ADDRESS:PORT");
	buffer_text(b, ", as 192.0.2.1:5060 or [2001:db8::1]:5060");
	if (o->name_size)
		buffer_text(b, ", or a name, as sip.example.com or sip.example.com:5060");
}

static void write_text(const struct conf_option *o, struct buffer *b)
{
	buffer_text(b, o->type == CONF_TEXTS ? "words or \"texts\" of " : "a word or \"text\" of ");
	buffer_decimal(b, o->min);
	buffer_text(b, " to ");
	buffer_decimal(b, (o->item_size ? o->item_size : o->size) - 1);
	buffer_text(b, " bytes");
}

void conf_range_write(const struct conf_option *o, struct buffer *b)
{
	if (o->type < sizeof(forms) / sizeof(*forms) && forms[o->type]) {
		buffer_text(b, forms[o->type]);
		return;
	}
	switch (o->type) {
	case CONF_CHOICE:
	case CONF_FLAGS:
		write_choices(o, b);
		return;
	case CONF_TEXT:
	case CONF_TEXTS:
		write_text(o, b);
		return;
	case CONF_NAME:
		buffer_text(b, "the name of a ");
		buffer_text(b, o->refers_to);
		buffer_text(b, " block");
		return;
	case CONF_ENDPOINT:
	case CONF_ENDPOINTS:
		write_endpoint(o, b);
		return;
	case CONF_RANGE:
	case CONF_RANGES:
		buffer_text(b, "FROM-TO or one number, ");
		break;
	default:
		break;
	}
	write_limits(o, b);
	if (o->type == CONF_RATE)
		buffer_text(b, ", then in DURATION or per second, minute or hour, as 30 in 2s");
	if (o->unit) {
		buffer_char(b, ' ');
		buffer_text(b, o->unit);
	}
}
