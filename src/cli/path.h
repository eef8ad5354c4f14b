/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file is, for a process that may stand in another folder. */
#ifndef CLI_PATH_H
#define CLI_PATH_H

/* Its folder, resolved, and the name that was given: a link stays one, since what a configuration
 * names counts from the folder where it is written. The caller's; NULL: there is no such folder. */
char *cli_path_whole(const char *file);

#endif
