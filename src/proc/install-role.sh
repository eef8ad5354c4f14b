#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install-role.sh BUILT FOLDER NAME: puts an executable into libexec under its role's name.
set -e
install -D -m 0755 "$1" "${MESON_INSTALL_DESTDIR_PREFIX}/$2/$3"
