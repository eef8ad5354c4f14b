/* SPDX-License-Identifier: Apache-2.0 */
/* Entering the sandbox: the layers in the order in which each still has what
 * it needs. Namespace (needs a right), user (needs a right), capabilities, no
 * new privileges, files, writable code, system calls. */
#include "os/sandbox.h"

#include "os/sandbox_priv.h"

#include <cap-ng.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65 /* Linux 6.3 */
#endif
enum { MDWE_REFUSE_EXEC_GAIN = 1 };

bool sandbox_is_sanitized(void) { return RINGFENCE_SANITIZED; }

/* An own network without any interface: sockets that we hold go on in theirs. */
static bool empty_network(enum sandbox_row row)
{
	if (row == ROW_OUTREACH)
		return false;
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	/* Without root it takes a user namespace, in which web could not tell its clients
	 * apart any more: unmapped users all look alike in SO_PEERCRED. And kernel would
	 * leave its right over the network behind. */
	return row != ROW_WEB && row != ROW_KERNEL && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

static enum err change_user(const struct sandbox *s, bool *ret_has_changed)
{
	if (s->uid == (uid_t)-1 || geteuid() != 0)
		return ERR_NONE;
	if (setgroups(0, NULL) != 0 || setresgid(s->gid, s->gid, s->gid) != 0 ||
	    setresuid(s->uid, s->uid, s->uid) != 0)
		return ERR_DENIED;
	*ret_has_changed = true;
	return ERR_NONE;
}

void sandbox_use_files_as(uid_t uid, gid_t gid)
{
	if (uid == (uid_t)-1 || geteuid() != 0)
		return;
	(void)setfsgid(gid);
	(void)setfsuid(uid);
}

static enum err drop_capabilities(capng_select_t which)
{
	capng_clear(which);
	return capng_apply(which) == 0 ? ERR_NONE : ERR_DENIED;
}

/* The last of them go here; who has not the one that kernel needs finds that out elsewhere. */
static enum err keep_capabilities(enum sandbox_row row)
{
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
	bool is_kept;

	capng_get_caps_process();
	is_kept = row == ROW_KERNEL && capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN);
	capng_clear(CAPNG_SELECT_CAPS);
	if (is_kept && capng_update(CAPNG_ADD, sets, CAP_NET_ADMIN) != 0)
		return ERR_DENIED;
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? ERR_NONE : ERR_DENIED;
}

static enum err close_privileges(enum sandbox_row row, const struct sandbox *s,
                                 struct sandbox_report *report)
{
	enum err err;

	report->has_empty_network = empty_network(row);
	/* The bounding set can be emptied only by who still has CAP_SETPCAP. */
	capng_get_caps_process();
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) &&
	    drop_capabilities(CAPNG_SELECT_BOUNDS) != ERR_NONE)
		return ERR_DENIED;
	if (row == ROW_KERNEL && prctl(PR_SET_KEEPCAPS, 1) != 0)
		return ERR_DENIED;
	err = change_user(s, &report->has_changed_user);
	if (err != ERR_NONE)
		return err;
	err = keep_capabilities(row);
	if (err != ERR_NONE)
		return err;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? ERR_NONE : ERR_DENIED;
}

static enum err enter(enum sandbox_row row, const struct sandbox *s, struct sandbox_report *ret)
{
	struct sandbox_report report = { 0 };
	enum err err = close_privileges(row, s, &report);

	if (err != ERR_NONE)
		return err;
	err = sandbox_close_files(s, &report.landlock_abi);
	if (err != ERR_NONE)
		return err;
	/* A change of credentials forgets the death signal and makes the memory readable again. */
	if (!s->is_survivor && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return ERR_DENIED;
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return ERR_DENIED;
	if (!RINGFENCE_SANITIZED)
		report.has_write_xor_execute =
			prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
	err = sandbox_close_calls(row, s->silent);
	if (err == ERR_NONE)
		*ret = report;
	return err;
}

enum err sandbox_enter_signal(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_SIGNAL, s, ret);
}

enum err sandbox_enter_media(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_MEDIA, s, ret);
}

enum err sandbox_enter_judge(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_JUDGE, s, ret);
}

enum err sandbox_enter_store(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_STORE, s, ret);
}

enum err sandbox_enter_web(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_WEB, s, ret);
}

enum err sandbox_enter_kernel(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_KERNEL, s, ret);
}

enum err sandbox_enter_observe(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_OBSERVE, s, ret);
}

enum err sandbox_enter_outreach(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_OUTREACH, s, ret);
}

enum err sandbox_enter_keys(const struct sandbox *s, struct sandbox_report *ret)
{
	return enter(ROW_KEYS, s, ret);
}
