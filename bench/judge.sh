#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Attackers found, honest people left alone: all variants with a known and with
# a fresh seed, then a month of 10,000 phones (PHONES, DAYS and SEED change that).
set -uo pipefail
cd "$(dirname "$0")/.."

judge=build/bench/bench/judge/bench-judge
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
code=0
"$judge" variants 1 || code=1
"$judge" variants "$seed" || code=1
"$judge" estates "$seed" "${PHONES:-10000}" "${DAYS:-30}" || code=1
exit "$code"
