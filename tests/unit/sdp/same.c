/* SPDX-License-Identifier: Apache-2.0 */
/* Two sessions, field by field: their paddings, and rows beyond the counts, may differ. */
#include "unit/sdp/same.h"

static bool is_same_view(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || a.at == b.at);
}

static bool is_same_level(const struct sdp_level *a, const struct sdp_level *b)
{
	return addr_equal(&a->connection, &b->connection) &&
	       a->connection.family == b->connection.family && a->direction == b->direction &&
	       a->bandwidth_as_kbit == b->bandwidth_as_kbit &&
	       a->first_attribute == b->first_attribute &&
	       a->attribute_count == b->attribute_count && a->has_keys == b->has_keys;
}

static bool is_same_media(const struct sdp_media *a, const struct sdp_media *b)
{
	return is_same_level(&a->level, &b->level) && a->kind == b->kind &&
	       a->protocol == b->protocol && is_same_view(a->kind_text, b->kind_text) &&
	       is_same_view(a->protocol_text, b->protocol_text) && a->port == b->port &&
	       a->first_format == b->first_format && a->format_count == b->format_count &&
	       a->ptime_ms == b->ptime_ms && a->maxptime_ms == b->maxptime_ms &&
	       addr_equal(&a->rtp, &b->rtp) && addr_equal(&a->rtcp, &b->rtcp) &&
	       a->direction == b->direction && a->is_held_by_address == b->is_held_by_address &&
	       a->has_rtcp_attribute == b->has_rtcp_attribute &&
	       addr_equal(&a->rtcp_attribute, &b->rtcp_attribute);
}

static bool is_same_format(const struct sdp_format *a, const struct sdp_format *b)
{
	return is_same_view(a->text, b->text) && is_same_view(a->encoding, b->encoding) &&
	       is_same_view(a->fmtp, b->fmtp) && a->clock_rate_hz == b->clock_rate_hz &&
	       a->payload_type == b->payload_type && a->channels == b->channels &&
	       a->is_dropped == b->is_dropped;
}

static bool is_same_attribute(const struct sdp_attribute *a, const struct sdp_attribute *b)
{
	return is_same_view(a->name, b->name) && is_same_view(a->value, b->value) &&
	       a->has_value == b->has_value && a->is_field == b->is_field;
}

static bool is_same(const struct sdp_session *a, const struct sdp_session *b)
{
	bool is = is_same_view(a->origin.session_id, b->origin.session_id) &&
	          is_same_view(a->origin.version, b->origin.version) &&
	          addr_equal(&a->origin.addr, &b->origin.addr) &&
	          is_same_level(&a->level, &b->level) && a->media_count == b->media_count &&
	          a->format_count == b->format_count && a->attribute_count == b->attribute_count &&
	          a->line_count == b->line_count;

	for (size_t i = 0; is && i < a->media_count; i++)
		is = is_same_media(&a->media[i], &b->media[i]);
	for (size_t i = 0; is && i < a->format_count; i++)
		is = is_same_format(&a->formats[i], &b->formats[i]);
	for (size_t i = 0; is && i < a->attribute_count; i++)
		is = is_same_attribute(&a->attributes[i], &b->attributes[i]);
	return is;
}

bool sdp_reads_alike(struct view text)
{
	static struct sdp_session shortly, carefully;
	enum sdp_reason reason = sdp_parse(text, &shortly);

	return reason == sdp_parse_plain(text, &carefully) &&
	       (reason == SDP_TOO_LONG || shortly.sloppy == carefully.sloppy) &&
	       (reason != SDP_FINE || is_same(&shortly, &carefully));
}
