#!/bin/sh
# Chromium and a Chinese font for the tests that open a browser; installed where that is allowed, named where not.
set -eu
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || {
    remedy="apt-get install chromium fonts-noto-cjk"
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        { echo "hangpai: Chromium is missing; remedy: $remedy" >&2; exit 1; }
    echo "hangpai: installing Chromium" >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
}
