/* SPDX-License-Identifier: Apache-2.0 */
/* Reading PEM where nobody is there to be asked. */
#ifndef BASE_PEM_H
#define BASE_PEM_H

/* What OpenSSL's readers of PEM call for a password (pem_password_cb): there is none, so what is
 * encrypted cannot be read. Without it OpenSSL asks the terminal. */
int pem_no_password(char *ret, int size, int is_writing, void *unused);

#endif
