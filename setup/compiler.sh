# A C compiler for ./dev, for the load generator of the benchmarks and nothing else: the machine's own; where there is
# none, Debian's tcc with the headers of the C library, five megabytes, unpacked into .cache/compiler as `cc`. What the
# generator does it does in the kernel, so that tcc makes it no slower. Sourced by ./dev, after setup/debs.sh.

need_compiler() {
    ! has_compiler || return 0
    made=$(stamp_of setup/compiler.sh setup/debs.sh)
    is_stamped .cache/compiler/stamp "$made" || locked make_compiler
}

has_compiler() { where cc >/dev/null || where gcc >/dev/null || where clang >/dev/null; }

make_compiler() {
    is_stamped .cache/compiler/stamp "$made" && return
    command -v apt-get >/dev/null || fail 'the load generator of the benchmarks is in C, and there is no C compiler' \
        'Install gcc or clang, with the headers of the C library, and run the same command again.'
    say 'unpacking tcc into .cache/compiler, because there is no C compiler (ten seconds to a minute)'
    unpack_debs .cache/compiler 0.9.27 download tcc libc6-dev linux-libc-dev
    fresh_bin .cache/compiler
    write_compiler "$top/.cache/compiler"
    echo "$made" >.cache/compiler/stamp
}

# tcc would look for everything where it lies when it is installed. It links with the machine's own C library, which is
# of the same release.
write_compiler() {
    root=$1/root
    include=$root/usr/include
    own=$(dirname "$(find "$root/usr/lib" -name libtcc1.a | head -n 1)")
    start=$(dirname "$(find "$root/usr/lib" -name crt1.o | head -n 1)")
    machine=$(basename "$start")
    libc=$(dirname "$(ls -d "/lib/$machine/libc.so.6" "/usr/lib/$machine/libc.so.6" 2>/dev/null | head -n 1)")
    cat >"$1/bin/cc" <<WRAPPER
#!/bin/sh
exec '$root/usr/bin/tcc' -B'$own' -nostdinc -I'$own/include' -I'$include' -I'$include/$machine' -nostdlib -L'$start' \\
    '$start/crt1.o' '$start/crti.o' "\$@" '$libc/libc.so.6' '$own/libtcc1.a' '$start/crtn.o'
WRAPPER
    chmod +x "$1/bin/cc"
}
