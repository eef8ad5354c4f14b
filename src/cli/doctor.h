/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `ringfence doctor`. Each looks at one thing that is handed to it
 * (facts of the configuration, an answer of the API, the text of a file under
 * /proc) and adds findings; only doctor_examine_* ask the system themselves. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "base/addr.h"
#include "cli/command.h"
#include <jansson.h>
#include <sys/types.h>

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_FAULT, DOCTOR_LEVEL_COUNT };

enum doctor_finding {
#define FINDING(name, id, level, why, remedy) DOCTOR_##name##_FINDING,
#include "cli/doctor.def"
#undef FINDING
	DOCTOR_FINDING_COUNT
};

/* Findings as they are made: arrays of {"id","level","subject","what","why","remedy"}
 * by level; why and remedy are absent where all is well. */
struct doctor {
	json_t *found[DOCTOR_LEVEL_COUNT];
};

enum { MAX_DOCTOR_WHAT = 512 };

/* All or nothing; end with doctor_free either way. */
bool doctor_new(struct doctor *ret);
void doctor_free(struct doctor *d);
/* `subject`: the listener, peer or process that is meant; "" for the machine. */
void doctor_find(struct doctor *d, enum doctor_finding finding, const char *subject,
                 const char *what, ...) __attribute__((format(printf, 4, 5)));
void doctor_pass(struct doctor *d, enum doctor_finding finding, const char *subject,
                 const char *what, ...) __attribute__((format(printf, 4, 5)));
/* Of that level; the worst first in what doctor_all makes. */
size_t doctor_count(const struct doctor *d, enum doctor_level level);
json_t *doctor_all(const struct doctor *d);
const char *doctor_id(enum doctor_finding finding);

/* Members of others' objects: "" and 0 where they are absent or something else. */
const char *doctor_text(const json_t *object, const char *name);
long long doctor_number(const json_t *object, const char *name);

/* --- doctor_ports.c: addresses and ports; facts as config_facts.h has them --- */

void doctor_judge_addresses(struct doctor *d, const json_t *facts);
/* The kernel's words: /proc/sys/net/ipv4/ip_local_port_range and ip_local_reserved_ports. */
void doctor_judge_media(struct doctor *d, const json_t *facts, struct view local,
                        struct view reserved);
/* The service as far as it can be seen: its status is NULL where nothing runs, or where it
 * does not tell who asks. */
struct doctor_service {
	bool is_running;
	const json_t *status;
};
/* Tries every listener. */
void doctor_examine_ports(struct doctor *d, const json_t *facts, const struct doctor_service *s);
/* Media ports, open files, the database's folder; what a running service has is not asked for. */
void doctor_examine_limits(struct doctor *d, const json_t *facts, const struct doctor_service *s);

/* --- doctor_kernel.c --- */

void doctor_examine_kernel(struct doctor *d);
void doctor_judge_tracking(struct doctor *d, struct view count, struct view max);

/* --- doctor_service.c: answers of the API --- */

void doctor_judge_status(struct doctor *d, const json_t *status);
void doctor_judge_peers(struct doctor *d, const json_t *peers, const json_t *facts);
void doctor_judge_store(struct doctor *d, const json_t *store);
void doctor_judge_mode(struct doctor *d, const json_t *mode);
void doctor_judge_counters(struct doctor *d, const char *metrics);

/* --- doctor_certificates.c: rows of `certificates list` --- */

void doctor_judge_certificates(struct doctor *d, const json_t *rows);
void doctor_examine_certificates(struct doctor *d, const char *path);

/* A realm that tells strangers more than the domain does. */
enum doctor_realm { REALM_FITS, REALM_IS_ADDRESS, REALM_IS_HOST };
enum doctor_realm doctor_realm_of(struct view realm, struct view domain);

#endif
