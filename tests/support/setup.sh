# SPDX-License-Identifier: Apache-2.0
# What ./demo and ./check do before anything of Baton runs: become sure of root, install what is missing, build.
# Sourced by bash; needs nothing but bash and apt, because on a bare Debian 12 nothing else is there. Every change it makes to the machine is
# said in one line. Exit 77 means "cannot run here", with one line that says why.
#
#   setup_root NAME              root, the processor, and what the kernel must have
#   setup_packages               apt-get, only when something is missing; no package may start a daemon
#   setup_clients                the same for the clients of tests/peers and the daemons of tests/routing, which do without those
#                                that cannot be had
#   setup_rivals                 apt-get too, for the benches
#   setup_meson FOLDER           meson once, with $setup_options (release when none)
#   setup_build FOLDER [TARGET]  that, and ninja on all cores; either ends the script with 1 if it fails

export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin # another python3 or meson further ahead may lack Debian's modules
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

packages=(g++ meson ninja-build pkg-config dpdk libdpdk-dev libbpf-dev clang libclang-rt-14-dev clang-format llvm libcap-dev
    libboost-dev libboost-program-options-dev libprotobuf-dev protobuf-compiler libfmt-dev libspdlog-dev nlohmann-json3-dev
    libedit-dev libcurl4-openssl-dev atftpd libgtest-dev python3 python3-pytest python3-scapy iproute2 ethtool iputils-ping traceroute)

# what operators have; Ansible is large, and is tried where it is installed
clients=(groff-base openssh-client openssh-server python3-netmiko rancid)

# what routes beside Baton, and its neighbours; the policy below keeps both from starting
daemons=(frr bird2)

# who is measured beside Baton, and what draws plots
rivals=(dpdk-dev openvswitch-switch-dpdk python3-matplotlib)

# what a person runs; the demo builds these and nothing else
programs=(baton-chassis baton-dataplane baton-msm baton baton-tester)

say() { printf '%s\n' "$*"; }
cannot() { say "cannot run here: $*"; exit 77; }

setup_root() {
    [ "$(id -u)" = 0 ] || cannot "$1 makes namespaces and ports, so it needs root; run: sudo ./$1"
    grep -qw avx2 /proc/cpuinfo || cannot "the forwarding path is built for x86-64-v3, and this processor has no AVX2"
    [ -c /dev/net/tun ] || cannot "there is no /dev/net/tun, so no tap port can be made; load the tun module or pass the device in"
    unshare --net --mount true 2>/dev/null || cannot "namespaces may not be made (a container without privileges?)"
}

# A package may start a daemon when it is installed. Debian's own way to forbid that is a policy-rc.d that exits 101; ours
# is there only while apt-get runs, and one that is there already stays as it is.
policy=/usr/sbin/policy-rc.d
policy_mark='# placed by Baton while it installs packages; delete it if no installation is running'
policy_guard() {
    [ -e $policy ] && return
    say "setup: $policy forbids services to start while packages are installed"
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >$policy
    chmod 755 $policy
}
policy_restore() {
    if grep -qsF "$policy_mark" $policy; then rm -f $policy; fi
}

missing_of() { # PACKAGE...: those that are not installed
    local package state
    for package; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
        [ "$state" = installed ] || echo "$package"
    done
}

install() { # PACKAGE...; false, with the end of what apt-get said, when that cannot be done
    command -v apt-get >/dev/null || { say "setup: there is no apt-get"; return 1; }
    say "setup: installing $*"
    local log quiet=(-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0) failed=
    log=$(mktemp)
    trap 'policy_restore; rm -f "$log"' EXIT
    trap 'exit 130' INT TERM
    policy_guard
    export DEBIAN_FRONTEND=noninteractive
    apt-get "${quiet[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 || {
        say "setup: refreshing the package lists" # a bare machine has none
        apt-get "${quiet[@]}" update >"$log" 2>&1 &&
            apt-get "${quiet[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 || failed=1
    }
    [ -z $failed ] || tail -n 15 "$log"
    policy_restore
    rm -f "$log"
    trap - EXIT INT TERM
    [ -z $failed ]
}

setup_packages() {
    local missing
    policy_restore # what a killed run may have left
    mapfile -t missing < <(missing_of "${packages[@]}")
    [ ${#missing[@]} = 0 ] || install "${missing[@]}" ||
        cannot "missing: ${missing[*]}; install them by hand and run this again"
}

install_if_possible() { # PACKAGE...
    local missing
    mapfile -t missing < <(missing_of "$@")
    [ ${#missing[@]} = 0 ] || install "${missing[@]}" || say "setup: going on without ${missing[*]}"
}

setup_clients() { install_if_possible "${clients[@]}" "${daemons[@]}"; }

setup_rivals() { install_if_possible "${rivals[@]}"; }

setup_meson() {
    local folder=$1 log
    [ -f "$folder/build.ninja" ] && return
    say "setup: configuring $folder"
    log=$(mktemp)
    if ! meson setup "$folder" ${setup_options:-} >"$log" 2>&1; then
        tail -n 30 "$log"
        rm -f "$log"
        say "setup: meson failed (above)"
        exit 1
    fi
    rm -f "$log"
}

# Ninja's own progress line on a terminal; elsewhere every 25th step, and all that is not a step (that is, errors).
setup_build() {
    local folder=$1 targets=("${@:2}")
    setup_meson "$folder"
    if [ -t 1 ]; then
        ninja -C "$folder" "${targets[@]}" || exit 1
    else
        ninja -C "$folder" "${targets[@]}" |
            awk '/^\[[0-9]+\/[0-9]+\]/ { if (++n % 25 == 0) print; next } !/^ninja: / { print } { fflush() }'
        [ "${PIPESTATUS[0]}" = 0 ] || exit 1
    fi
}
