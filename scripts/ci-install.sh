#!/usr/bin/env bash
# Debian's packages that the heavy tests drive: real mail programs and a browser. No service is started.
set -eu
export DEBIAN_FRONTEND=noninteractive
packages="git python3 postfix dovecot-core dovecot-pop3d dovecot-submissiond fetchmail getmail6 mpop alpine libio-socket-ssl-perl msmtp swaks curl chromium fonts-dejavu-core busybox"
packages="$packages neomutt s-nail openjdk-17-jre-headless libmail-java libecj-java testssl.sh openssl sqlmap wapiti python3-prometheus-client"

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi

apt-get update -qq
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $packages >/dev/null
