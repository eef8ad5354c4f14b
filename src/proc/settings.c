/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration, and cutting it up for the processes. */
#include "proc/settings.h"

#include "os/shared.h"
#include "proc/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err read_all(int fd, char *ret, size_t size, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = len < size ? read(fd, ret + len, size - len) : 0;

		if (got < 0)
			return ERR_IO;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len == size)
		return ERR_LIMIT;
	*ret_len = len;
	return ERR_NONE;
}

static enum err read_file(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err;

	(void)context;
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_DENIED : ERR_IO;
	err = read_all(fd, ret, size, ret_len);
	(void)close(fd);
	return err;
}

static enum err read_secret(void *context, const char *reference, char *ret, size_t size)
{
	const char *value;
	size_t len = 0;
	enum err err;

	if (strncmp(reference, "file:", 5) == 0) {
		err = read_file(context, reference + 5, ret, size - 1, &len);
		if (err != ERR_NONE)
			return err;
		while (len > 0 && (ret[len - 1] == '\n' || ret[len - 1] == '\r'))
			len--;
		ret[len] = '\0';
		return ERR_NONE;
	}
	value = strncmp(reference, "env:", 4) == 0 ? getenv(reference + 4) : NULL;
	if (!value)
		return ERR_NOT_FOUND;
	return view_copy(view_of(value), ret, size) ? ERR_NONE : ERR_LIMIT;
}

static enum err load(const struct conf_ports *ports, const char *path, bool is_watching,
                     struct conf_tree **ret, struct conf_report *report)
{
	struct conf_tree *t = NULL;
	enum err err = conf_load(&proc_schema, path, ports, &t, report);

	if (err != ERR_NONE)
		return err;
	proc_check(t, is_watching, report);
	if (report->count > 0) {
		conf_tree_free(&t);
		return ERR_SYNTAX;
	}
	*ret = t;
	return ERR_NONE;
}

enum err settings_load(const char *path, struct conf_tree **ret, struct conf_report *report)
{
	static const struct conf_ports ports = { NULL, read_file, read_secret };

	return load(&ports, path, false, ret, report);
}

/* The text that stands for the file; what it includes is read from the disk. */
struct given {
	const char *path;
	struct view text;
};

static enum err read_given(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	const struct given *given = context;

	if (given->text.at == NULL || !view_equal(view_of(path), view_of(given->path)))
		return read_file(context, path, ret, size, ret_len);
	if (given->text.len > size)
		return ERR_LIMIT;
	memcpy(ret, given->text.at, given->text.len);
	*ret_len = given->text.len;
	return ERR_NONE;
}

enum err settings_load_text(const char *path, struct view text, bool is_watching,
                            struct conf_tree **ret, struct conf_report *report)
{
	struct given given = { path, text };
	const struct conf_ports ports = { &given, read_given, read_secret };

	return load(&ports, path, is_watching, ret, report);
}

enum err settings_check(const char *path, struct view text, struct conf_tree **ret,
                        struct conf_report *report)
{
	struct given given = { path, text };
	const struct conf_ports ports = { &given, read_given, NULL };

	return load(&ports, path, false, ret, report);
}

enum err settings_watch(const char *path, struct conf_tree **ret, struct conf_report *report)
{
	struct given nothing = { "", VIEW("\n") };
	const struct conf_ports ports = { &nothing, read_given, read_secret };

	return load(&ports, path, true, ret, report);
}

enum err settings_read(const char *path, struct conf_tree **ret, struct conf_report *report)
{
	static const struct conf_ports ports = { NULL, read_file, NULL };

	return conf_load(&proc_schema, path, &ports, ret, report);
}

enum err settings_blob(const struct conf_tree *t, enum role role, void **ret,
                       struct conf_blob *ret_blob)
{
	size_t count, size;
	const struct conf_block *const *blocks = proc_blocks_of(role, &count);
	struct buffer b;
	void *memory;
	enum err err;

	size = conf_blob_size(t, blocks, count);
	memory = aligned_alloc(16, (size + 15) / 16 * 16);
	if (!memory)
		return ERR_NO_MEMORY;
	b = buffer_on(memory, size);
	conf_blob_write(t, blocks, count, &b);
	err = b.err;
	if (err == ERR_NONE)
		err = conf_blob_open(memory, b.len, ret_blob);
	if (err != ERR_NONE) {
		free(memory);
		return err;
	}
	*ret = memory;
	return ERR_NONE;
}

enum err settings_seal(const struct conf_tree *t, enum role role, int *ret_fd)
{
	struct conf_blob blob;
	void *memory;
	enum err err = settings_blob(t, role, &memory, &blob);

	if (err != ERR_NONE)
		return err;
	err = shared_create_sealed("settings", view_bytes(blob.at, blob.size), ret_fd);
	/* Secrets may stand in it. */
	explicit_bzero(memory, blob.size);
	free(memory);
	return err;
}

static void write_change(struct buffer *words, const struct conf_change *c)
{
	static const char *const verbs[] = { "added", "removed", "changed" };

	buffer_text(words, words->len > 0 ? "; " : "");
	buffer_text(words, verbs[c->kind]);
	buffer_char(words, ' ');
	buffer_text(words, c->block->word);
	if (c->label[0] != '\0') {
		buffer_char(words, ' ');
		buffer_text(words, c->label);
	}
	if (c->option) {
		buffer_text(words, ": ");
		buffer_text(words, c->option->word[0] != '\0' ? c->option->word : "value");
	}
	buffer_text(words, proc_needs_start(c) ? " (needs a new start)" : "");
}

bool settings_compare(const struct conf_tree *old, const struct conf_tree *new,
                      struct buffer *words)
{
	size_t count = conf_diff(old, new, NULL, 0);
	struct conf_change *changes = calloc(count + 1, sizeof(*changes));
	bool needs_start = false;

	/* Not knowing what changed, nothing may be put in force. */
	if (!changes)
		return true;
	(void)conf_diff(old, new, changes, count);
	for (size_t i = 0; i < count; i++) {
		write_change(words, &changes[i]);
		needs_start = needs_start || proc_needs_start(&changes[i]);
	}
	free(changes);
	return needs_start;
}

enum err settings_text(const char *path, char **ret, size_t *ret_len)
{
	char *text = malloc(MAX_CONF_FILE);
	enum err err;

	if (!text)
		return ERR_NO_MEMORY;
	err = read_file(NULL, path, text, MAX_CONF_FILE, ret_len);
	if (err != ERR_NONE) {
		free(text);
		return err;
	}
	*ret = text;
	return ERR_NONE;
}
