/* SPDX-License-Identifier: Apache-2.0 */
/* For programs: one object, or one line an object. The object is written item
 * by item, a line each, so that it never stands in memory as a whole. */
#include "cli/report_json.h"
#include "cli/report_priv.h"
#include <stdlib.h>

static const char schema[] = "ringfence/analysis/1";

/* --- One object --- */

/* Where the next object goes, behind those that are still to be written. */
static struct buffer room(struct cli_report *r)
{
	return buffer_on(r->bytes + r->len, REPORT_OBJECT_MAX);
}

static void put_waiting(struct cli_report *r)
{
	if (fwrite(r->bytes, 1, r->len, r->settings.out) != r->len)
		r->is_failed = true;
	r->len = 0;
}

static void put(struct cli_report *r, const struct buffer *b)
{
	if (b->err != ERR_NONE)
		r->is_failed = true;
	r->len += b->len;
	if (r->len > REPORT_WAITING_MAX)
		put_waiting(r);
}

static void put_text(struct cli_report *r, struct view text)
{
	struct buffer b = room(r);

	buffer_put(&b, text);
	put(r, &b);
}

/* An item of a list on a line of its own; the first one has no comma before it. */
static struct buffer item(struct cli_report *r, uint64_t *count)
{
	struct buffer b = room(r);

	buffer_put(&b, (*count)++ ? VIEW(",\n") : VIEW("\n"));
	cli_json_open(&b, CLI_JSON_ITEM, '{');
	return b;
}

static void end_item(struct cli_report *r, struct buffer *b)
{
	cli_json_close(b, '}');
	cli_json_finish(b);
	put(r, b);
}

static enum err put_sources(struct cli_report *r)
{
	const struct report_source **list;
	size_t source_count;
	uint64_t count = 0;
	enum err err = report_sources_sort(r, &list, &source_count);

	if (err != ERR_NONE)
		return err;
	for (size_t i = 0; i < source_count; i++) {
		struct buffer b = item(r, &count);

		report_write_source(r, list[i], &b);
		end_item(r, &b);
	}
	free(list);
	return ERR_NONE;
}

static void put_calls(struct cli_report *r)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < r->calls.count; i++) {
		const struct watch_call *call = cli_spool_read(&r->calls, i);
		struct buffer b = item(r, &count);

		if (call)
			report_write_call(r, call, &b);
		end_item(r, &b);
	}
}

struct stream_list {
	struct cli_report *report;
	uint64_t count;
};

static void put_stream(void *context, const struct watch_stream *stream)
{
	struct stream_list *list = context;
	struct buffer b = item(list->report, &list->count);

	report_write_stream(stream, &b);
	end_item(list->report, &b);
}

static void put_phones(struct cli_report *r)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < r->phones.count; i++) {
		const struct watch_phone *phone = cli_spool_read(&r->phones, i);
		struct buffer b = item(r, &count);

		if (phone)
			report_write_phone(phone, &b);
		end_item(r, &b);
	}
}

/* Numbers are shared with blocks, and one that is told by another says so. */
static const struct record_incident *incident_at(struct cli_report *r, uint64_t place)
{
	const struct record_incident *i = cli_spool_read(&r->incidents, place);

	return i && i->incident && i->part_of == 0 ? i : NULL;
}

static void put_incidents(struct cli_report *r)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < r->incidents.count; i++) {
		const struct record_incident *incident = incident_at(r, i);
		struct buffer b;

		if (!incident)
			continue;
		b = item(r, &count);
		report_write_incident(incident, &b);
		end_item(r, &b);
	}
}

enum err report_write_json(struct cli_report *r, const struct cli_report_capture *c)
{
	struct stream_list streams = { r, 0 };
	struct buffer b = room(r);
	enum err err;

	cli_json_open(&b, CLI_JSON_ITEM, '{');
	cli_json_text(&b, CLI_JSON("schema"), view_of(schema));
	cli_json_open(&b, CLI_JSON("capture"), '{');
	report_write_capture(c, &b);
	cli_json_close(&b, '}');
	buffer_char(&b, '\n');
	cli_json_number(&b, CLI_JSON("sources_left_out"), r->sources.left_out);
	buffer_put(&b, VIEW("\n\"sources\":["));
	put(r, &b);
	err = put_sources(r);
	put_text(r, VIEW("],\n\"calls\":["));
	put_calls(r);
	put_text(r, VIEW("],\n\"streams\":["));
	report_each_stream(r, 0, put_stream, &streams);
	put_text(r, VIEW("],\n\"phones\":["));
	put_phones(r);
	put_text(r, VIEW("],\n\"incidents\":["));
	put_incidents(r);
	put_text(r, VIEW("]}\n"));
	put_waiting(r);
	return err;
}

/* --- Lines --- */

enum err report_write_lines(struct cli_report *r, const struct cli_report_capture *c)
{
	const struct report_source **list;
	size_t count;
	enum err err = report_sources_sort(r, &list, &count);
	struct buffer b;

	if (err != ERR_NONE)
		return err;
	for (uint64_t i = 0; i < r->incidents.count; i++) {
		const struct record_incident *incident = incident_at(r, i);

		if (!incident)
			continue;
		b = report_line(r, "incident");
		report_write_incident(incident, &b);
		report_end_line(r, &b);
	}
	for (size_t i = 0; i < count; i++) {
		b = report_line(r, "source");
		report_write_source(r, list[i], &b);
		report_end_line(r, &b);
	}
	free(list);
	b = report_line(r, "capture");
	cli_json_text(&b, CLI_JSON("schema"), view_of(schema));
	report_write_capture(c, &b);
	cli_json_number(&b, CLI_JSON("sources_left_out"), r->sources.left_out);
	report_end_line(r, &b);
	return ERR_NONE;
}
