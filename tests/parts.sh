#!/bin/sh
# The real parts the tests need beside Python: installed with apt where that is allowed, else named.
set -eu
missing=""
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null 2>&1 || missing="$missing mosquitto"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
command -v dbus-daemon >/dev/null 2>&1 || missing="$missing dbus-daemon"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v strace >/dev/null 2>&1 || missing="$missing strace"
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "tests: installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  # Debian's mosquitto and postgresql start services of their own; the tests start theirs, so none is wanted.
  apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "tests: missing$missing; install it (Debian: apt-get install$missing) and run again" >&2
  [ -z "${CI:-}" ] || exit 1
fi
