# Python for ./dev: a virtual environment in .venv that holds exactly what the lock files name, and the locks themselves.
# Sourced by ./dev, which sets $top. It never touches the Python of the machine; only as root, or where sudo asks no
# password, does it install Debian's python3-venv.

say() { echo "set-up: $*" >&2; }
fail() { printf '%s\n' "set-up failed: $1" >&2; shift; [ $# -eq 0 ] || printf '  %s\n' "$@" >&2; exit 1; }

# Two `./dev` at once: the second waits here, then finds the work done. flock is the kernel's, so a killed set-up holds
# nothing. Everything made carries a stamp, written last: without its stamp a thing is made again.
locked() {
    mkdir -p "$top/.cache"
    (
        flock -n 9 || { say 'another ./dev is setting up, waiting for it'; flock 9; }
        "$@" 9>&-
    ) 9>"$top/.cache/lock"
}

# What a stamp holds: whatever the thing was made from, and where, since a moved checkout breaks the paths inside.
stamp_of() { { echo "$top"; cat "$@"; } | sha256sum | cut -c1-64; }
is_stamped() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

need_venv() { # $1: run (what the demo needs), flash (what a board on a port needs too) or dev (all), the same versions
    stamp=$(stamp_of requirements.lock requirements-flash.lock requirements-dev.lock pyproject.toml setup/venv.sh)
    is_stamped ".venv/stamp-$1" "$stamp" || locked make_venv "$1"
}

make_venv() {
    is_stamped ".venv/stamp-$1" "$stamp" && return
    is_stamped .venv/stamp-made "$top" || make_empty_venv
    lock=requirements.lock
    [ "$1" = run ] || lock=requirements-$1.lock
    say "installing the Python packages of $lock into .venv (about a minute)"
    # A pip that is killed may leave half a package which it later takes for a whole one: without stamp-made the next
    # set-up begins with an empty .venv.
    rm -f .venv/stamp-made .venv/stamp-run .venv/stamp-flash .venv/stamp-dev
    install_lock || fail "pip could not install $lock" \
        'It needs the network once. Run the same command again to go on from here.'
    pip install --no-deps --no-build-isolation --editable . || fail 'pip could not install this project into .venv'
    # setuptools' own editable hook lists the packages of today; plain paths also hold those of tomorrow, and pyright
    # can read them.
    printf '%s\n' "$top/agent" "$top/broker" "$top/tools" \
        >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/henge.pth"
    echo "$top" >.venv/stamp-made
    [ "$1" != dev ] || echo "$stamp" >.venv/stamp-dev
    [ "$1" = run ] || echo "$stamp" >.venv/stamp-flash
    echo "$stamp" >.venv/stamp-run
}

# esptool comes as source only, and is built with the setuptools that the same lock names: so that is there first.
install_lock() {
    awk '/^[^ ]/ { keep = !/^esptool==/ } keep' "$lock" >.venv/wheels.lock &&
        pip install --require-hashes --only-binary :all: -r .venv/wheels.lock || return 1
    ! grep -q '^esptool==' "$lock" ||
        pip install --require-hashes --no-deps --no-build-isolation --only-binary :all: --no-binary esptool -r "$lock"
}

pip() { "$top/.venv/bin/python" -m pip --disable-pip-version-check --quiet --quiet "$@"; }

make_empty_venv() {
    rm -rf .venv
    find_python
    if "$python" -c 'import ensurepip, venv' 2>/dev/null || install_venv_package; then
        "$python" -m venv .venv || fail "$python -m venv .venv did not work, see above"
    else
        make_venv_from_wheel
    fi
}

find_python() {
    command -v python3 >/dev/null || install python3-venv || :
    # Ubuntu 22.04 has a newer one beside its own.
    search_python || { install python3.11-venv && search_python; } ||
        fail "Python 3.11 or newer (64-bit) is needed; here is: $(python3 --version 2>&1 || :)" \
            'Debian 12 and newer, Ubuntu 24.04 and newer, Raspberry Pi OS: sudo apt install python3-venv' \
            'Ubuntu 22.04: sudo apt install python3.11-venv' \
            'Then run the same command again.'
}

search_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        "$python" -c 'import sys; sys.exit(not (sys.version_info >= (3, 11) and sys.maxsize > 2**32))' 2>/dev/null && return
    done
    return 1
}

# Debian ships Python without ensurepip. As root its package is installed; else pip's wheel is taken out of Debian's
# package, which needs no rights at all.
install_venv_package() {
    install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" &&
        "$python" -c 'import ensurepip, venv' 2>/dev/null
}

install() {
    if [ "$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root='sudo -n'; else return 1; fi
    command -v apt-get >/dev/null || return 1
    say "apt-get install $1 (half a minute)"
    log=$top/.cache/apt.log
    { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"; } \
        >"$log" 2>&1 || { say "apt-get could not install $1, see $log"; return 1; }
}

make_venv_from_wheel() {
    say 'this Python has no ensurepip: taking pip out of the package python3-pip-whl (ten seconds)'
    unpack_debs .cache/pip "0" download python3-pip-whl
    "$python" -m venv --without-pip .venv || fail "$python -m venv did not work" 'sudo apt install python3-venv'
    wheel=$(find .cache/pip/root -name 'pip-*.whl' | head -n 1)
    .venv/bin/python "$wheel/pip" install --quiet --no-index "$wheel" || fail 'pip could not be unpacked' \
        'sudo apt install python3-venv'
}

# The stubs of the two boards cannot lie in one environment: both bring a machine.pyi. Pure type information, used by
# `./dev check` only.
need_stubs() {
    stubs=$(stamp_of requirements-esp32.lock requirements-pico.lock setup/venv.sh)
    is_stamped .cache/stubs/stamp "$stubs" || locked make_stubs
}

make_stubs() {
    is_stamped .cache/stubs/stamp "$stubs" && return
    say 'fetching the type stubs of MicroPython (ten seconds)'
    rm -rf .cache/stubs
    for board in esp32 pico; do
        pip install --require-hashes --no-deps --target ".cache/stubs/$board" -r "requirements-$board.lock" || fail "pip could not fetch the stubs of $board"
    done
    echo "$stubs" >.cache/stubs/stamp
}

# The development lock is made first and binds the others: one .venv can then grow from each to the next. uv looks
# at the public registry only, whatever pip is configured to, and writes no address.
make_locks() {
    find_python
    [ -x .cache/uv/bin/uv ] || { "$python" -m venv .cache/uv && .cache/uv/bin/pip install --quiet uv==0.13.8; } ||
        fail 'uv could not be installed' 'It makes the locks: python3-venv and the network are needed.'
    compile() {
        echo "lock: $1"
        out=$1
        shift
        .cache/uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
            --no-emit-index-url --no-header --no-annotate --output-file "$out" "$@"
    }
    compile requirements-dev.lock --group build --extra bench --extra flash --extra test pyproject.toml
    compile requirements-flash.lock --group build --extra flash --constraint requirements-dev.lock pyproject.toml
    compile requirements.lock --group build --constraint requirements-dev.lock pyproject.toml
    compile requirements-esp32.lock --group pyproject.toml:esp32
    compile requirements-pico.lock --group pyproject.toml:pico
}
