#!/usr/bin/env bash
# Gets what the clients in this folder need and what can be had:
#
#     ./install.sh [folder for Node's modules [folder whose package.json names them]]
#
# Debian's packages as root only; npm's into the folder, this one if none is named. What cannot be had is named and left
# out: the contract reports that client as not run. So the status is 0 in any case.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
modules=${1:-$here}
named=${2:-$here}

# Debian package, and a program or file that shows that it is not needed.
wanted=(
    curl curl
    golang-go go
    mono-mcs mcs
    mono-runtime mono
    libmono-system-net-http4.0-cil /usr/lib/mono/4.5/System.Net.Http.dll
    default-jdk-headless javac
    libokhttp-java /usr/share/java/okhttp-tls.jar
    chromium chromium
    nodejs node
    npm npm
    ruby ruby
    php-cli php
    php-http-request2 /usr/share/php/HTTP/Request2.php
    swiftlang swiftc
)

is_there() { case $1 in /*) [ -e "$1" ] ;; *) command -v "$1" >/dev/null ;; esac; }
say() { printf 'seed clients: %s\n' "$*"; }

missing=()
for ((i = 0; i < ${#wanted[@]}; i += 2)); do
    is_there "${wanted[i + 1]}" || missing+=("${wanted[i]}")
done

if [ ${#missing[@]} -eq 0 ]; then
    say "every toolchain is there"
elif ! command -v apt-get >/dev/null; then
    say "not installed, for there is no apt-get: ${missing[*]}"
elif [ "$(id -u)" -ne 0 ]; then
    say "not installed, for that takes root: apt-get install --no-install-recommends ${missing[*]}"
else
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null || say "apt-get update failed; what it knew before has to do"
    available=()
    for package in "${missing[@]}"; do
        # Not into `grep -q`, which goes as soon as it has found it, and leaves apt-cache with a broken pipe.
        policy=$(apt-cache policy "$package")
        if [[ $policy == *"Candidate: "[0-9]* ]]; then
            available+=("$package")
        else
            say "not installed, for this Debian has no such package: $package"
        fi
    done
    # One at a time if not all at once: one that cannot be had must not keep the others away.
    if [ ${#available[@]} -gt 0 ]; then
        say "installing ${available[*]}"
        apt-get install -q -y --no-install-recommends "${available[@]}" >/dev/null ||
            for package in "${available[@]}"; do
                apt-get install -q -y --no-install-recommends "$package" >/dev/null ||
                    say "not installed, for apt-get failed: $package"
            done
    fi
fi

if is_there npm; then
    mkdir -p "$modules"
    [ "$modules" -ef "$named" ] || cp "$named"/{package.json,package-lock.json,.npmrc} "$modules"
    if (cd "$modules" && npm ci --no-progress --loglevel=error); then
        say "Node's modules are in $modules/node_modules"
    else
        say "not installed, for npm failed: what $named/package.json names"
    fi
else
    say "not installed, for there is no npm: what $named/package.json names"
fi
