/* SPDX-License-Identifier: Apache-2.0 */
/* A few files, read once. */
#include "proc/outreach_trust.h"

#include "acme/url.h"
#include "os/socket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_AUTHORITY = 1 << 20 };

static struct trusted {
	char name[ACME_LABEL_SIZE];
	struct view pem;
} trusted[MAX_ACME];
static uint32_t trusted_count;

static struct view read_pem(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = fd >= 0 ? malloc(MAX_AUTHORITY) : NULL;
	size_t len = 0;
	ssize_t got = 1;

	while (bytes && len < MAX_AUTHORITY && got > 0) {
		got = read(fd, bytes + len, MAX_AUTHORITY - len);
		len += got > 0 ? (size_t)got : 0;
	}
	socket_close(&fd);
	return view_bytes(bytes, bytes ? len : 0);
}

void trust_authority(struct child *c, const struct acme_options *o)
{
	struct trusted *t = &trusted[trusted_count];
	struct acme_url url;

	if (trusted_count == MAX_ACME)
		return;
	(void)VIEW_COPY(view_of(o->name), t->name);
	t->pem = read_pem(o->authority);
	if (t->pem.len == 0)
		log_write(LEVEL_ERROR, "acme", "%s: %s cannot be read: nobody there is trusted",
		          o->name, o->authority);
	if (acme_url_read(view_of(o->directory), &url) == ERR_NONE)
		child_allow_port(c, url.port);
	trusted_count++;
}

struct view trust_of_authority(const char *name)
{
	for (uint32_t i = 0; i < trusted_count; i++)
		if (view_equal(view_of(trusted[i].name), view_of(name)))
			return trusted[i].pem;
	return VIEW_EMPTY;
}
