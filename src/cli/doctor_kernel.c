/* SPDX-License-Identifier: Apache-2.0 */
/* What of the sandbox this kernel can give, and what it does to packets. */
#include "cli/doctor.h"
#include "cli/kernel_text.h"
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LANDLOCK_RULESET_VERSION = 1,
	LANDLOCK_WITH_TCP = 4,
	GET_MEMORY_DENY_WRITE_EXECUTE = 66, /* PR_GET_MDWE: newer than some headers */
	WANTED_RECEIVE_BYTES = 8 << 20,     /* as the SIP sockets ask for */
};

static void examine_seccomp(struct doctor *d)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		doctor_pass(d, DOCTOR_SECCOMP_FINDING, "", "the kernel filters system calls");
	else
		doctor_find(d, DOCTOR_SECCOMP_FINDING, "",
		            "the kernel cannot end a process for a system call");
}

static void examine_seals(struct doctor *d)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int fd = memfd_create("doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && fcntl(fd, F_ADD_SEALS, seals) == 0)
		doctor_pass(d, DOCTOR_MEMORY_SEALS_FINDING, "", "memory can be sealed");
	else
		doctor_find(d, DOCTOR_MEMORY_SEALS_FINDING, "", "memory cannot be sealed");
	if (fd >= 0)
		(void)close(fd);
}

static void examine_landlock(struct doctor *d)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_RULESET_VERSION);

	if (abi <= 0)
		doctor_find(d, DOCTOR_LANDLOCK_FINDING, "",
		            "the kernel has no Landlock, or it is off");
	else
		doctor_pass(d, DOCTOR_LANDLOCK_FINDING, "", "Landlock ABI %ld%s", abi,
		            abi < LANDLOCK_WITH_TCP ? " (files; from 4 on TCP too)" : "");
}

/* In a child, since there is no way back. */
static bool can_leave_network(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0
		                                                                               : 1);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void examine_network(struct doctor *d)
{
	if (can_leave_network())
		doctor_pass(d, DOCTOR_NETWORK_NAMESPACE_FINDING, "",
		            "processes can have an empty network of their own");
	else
		doctor_find(d, DOCTOR_NETWORK_NAMESPACE_FINDING, "",
		            "who asks may not make an empty network for a process");
	if (prctl(GET_MEMORY_DENY_WRITE_EXECUTE, 0L, 0L, 0L, 0L) >= 0)
		doctor_pass(d, DOCTOR_WRITE_EXECUTE_FINDING, "",
		            "the kernel keeps memory from becoming code");
	else
		doctor_find(d, DOCTOR_WRITE_EXECUTE_FINDING, "",
		            "the kernel itself lets memory become code");
}

/* ---- what is done to packets ---- */

static bool is_in_kernel(const char *module, const char *file)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/module/%s%s", module, file);
	return access(path, F_OK) == 0;
}

static void examine_helpers(struct doctor *d)
{
	static const char *const helpers[] = { "nf_conntrack_sip", "nf_nat_sip" };
	bool is_loaded = false;

	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		if (!is_in_kernel(helpers[i], ""))
			continue;
		is_loaded = true;
		/* Only what was loaded has a state, and can be unloaded. */
		if (is_in_kernel(helpers[i], "/initstate"))
			doctor_find(d, DOCTOR_SIP_HELPER_FINDING, helpers[i],
			            "the kernel's SIP helper %s is loaded", helpers[i]);
		else
			doctor_find(d, DOCTOR_SIP_HELPER_BUILT_IN_FINDING, helpers[i],
			            "the SIP helper %s is built into the kernel", helpers[i]);
	}
	if (!is_loaded)
		doctor_pass(d, DOCTOR_SIP_HELPER_FINDING, "",
		            "no SIP helper of the kernel is loaded");
}

void doctor_judge_tracking(struct doctor *d, struct view count, struct view max)
{
	uint64_t used, most;

	if (!view_decimal(view_trim(max), UINT64_MAX, &most) || most == 0 ||
	    !view_decimal(view_trim(count), UINT64_MAX, &used)) {
		doctor_pass(d, DOCTOR_CONNECTION_TRACKING_FINDING, "",
		            "the kernel tracks no connections here");
	} else if (used > most / 4 * 3) {
		doctor_find(d, DOCTOR_CONNECTION_TRACKING_FINDING, "",
		            "the kernel's table of connections holds %llu of at most %llu",
		            (unsigned long long)used, (unsigned long long)most);
	} else {
		doctor_pass(d, DOCTOR_CONNECTION_TRACKING_FINDING, "",
		            "the kernel tracks %llu of at most %llu connections",
		            (unsigned long long)used, (unsigned long long)most);
	}
}

/* With the right to, the sockets take what they want past the bound. */
static void examine_buffers(struct doctor *d)
{
	char text[32];
	uint64_t most;

	if (!view_decimal(
		    view_trim(kernel_text_read("/proc/sys/net/core/rmem_max", text, sizeof(text))),
		    UINT64_MAX, &most))
		return;
	if (geteuid() != 0 && most < WANTED_RECEIVE_BYTES)
		doctor_find(d, DOCTOR_RECEIVE_BUFFER_FINDING, "",
		            "sockets may hold %llu bytes, and %d are wanted",
		            (unsigned long long)most, WANTED_RECEIVE_BYTES);
	else
		doctor_pass(d, DOCTOR_RECEIVE_BUFFER_FINDING, "",
		            "sockets can hold the %d bytes that are wanted", WANTED_RECEIVE_BYTES);
}

void doctor_examine_kernel(struct doctor *d)
{
	char count[32], max[32];

	examine_seccomp(d);
	examine_seals(d);
	examine_landlock(d);
	examine_network(d);
	examine_helpers(d);
	doctor_judge_tracking(
		d,
		kernel_text_read("/proc/sys/net/netfilter/nf_conntrack_count", count,
	                         sizeof(count)),
		kernel_text_read("/proc/sys/net/netfilter/nf_conntrack_max", max, sizeof(max)));
	examine_buffers(d);
}
