/* SPDX-License-Identifier: Apache-2.0 */
/* Paths for a process that stands elsewhere. */
#include "cli/path.h"
#include "runner/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool leads_to(const char *file, const char *folder, const char *name)
{
	char *whole = cli_path_whole(file);
	size_t len = strlen(folder);
	bool is_right = whole && strncmp(whole, folder, len) == 0 && whole[len] == '/' &&
	                strcmp(whole + len + 1, name) == 0;

	free(whole);
	return is_right;
}

TEST(path_whole, "resolves a file's folder and keeps its name, which may be a link")
{
	char folder[] = "/tmp/path-XXXXXX", link[64], upward[64], none[64];

	CHECK(mkdtemp(folder));
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	(void)snprintf(upward, sizeof(upward), "%s/../%s/link", folder, folder + strlen("/tmp/"));
	(void)snprintf(none, sizeof(none), "%s/none/link", folder);
	CHECK(symlink("/etc/passwd", link) == 0);
	CHECK(leads_to(link, folder, "link"));
	CHECK(leads_to(upward, folder, "link"));
	CHECK(!cli_path_whole(none));
	CHECK(leads_to("/absent", "", "absent"));
	CHECK(unlink(link) == 0 && rmdir(folder) == 0);
	return ERR_NONE;
}

TEST(path_here, "counts a name without a folder from where one stands")
{
	char *here = realpath(".", NULL);
	bool is_right = here && leads_to("ringfence.conf", here, "ringfence.conf");

	free(here);
	CHECK(is_right);
	return ERR_NONE;
}
