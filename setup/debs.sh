# Programs for ./dev that are not Python: MicroPython for demo and tests, mosquitto for tests and bench, Paho C's for tests.
# One that is installed is used; else Debian's or Ubuntu's package is unpacked into .cache with all libraries it needs, from
# the mirror that this machine is configured with and under the same keys. No root is needed and the system is not changed.

need_micropython() { need_program micropython 1.23 micropython micropython; }

# Older ones differ too much to be a yardstick.
need_mosquitto() { need_program debian 2.0.18 'mosquitto mosquitto-clients' mosquitto mosquitto_pub mosquitto_sub; }

# Older ones were not tried. Debian's 1.3.12 calls itself 1.3.11.
need_paho_c() { need_program paho-c 1.3.11 paho.mqtt.c-examples paho_c_pub paho_c_sub; }

need_program() { # folder in .cache, lowest version, packages, programs (the first is asked for its version)
    made=$(stamp_of setup/debs.sh)
    is_stamped ".cache/$1/stamp" "$made" && [ -x ".cache/$1/bin/$4" ] || locked make_program "$@"
}

make_program() {
    is_stamped ".cache/$1/stamp" "$made" && [ -x ".cache/$1/bin/$4" ] && return
    folder=.cache/$1 lowest=$2 packages=$3
    shift 3
    if installed_is "$lowest" "$@"; then
        fresh_bin "$folder"
        for program; do ln -s "$(where "$program")" "$folder/bin/$program"; done
    else
        say "unpacking $packages into $folder (ten seconds to a minute)"
        unpack_debs "$folder" "$lowest" install $packages
        fresh_bin "$folder"
        for program; do write_wrapper "$folder" "$program"; done
    fi
    # 127 is what the loader says when a library is missing; anything else is a program that started.
    "$folder/bin/$1" -h >/dev/null 2>&1 || [ $? -ne 127 ] || fail "$folder/bin/$1 does not start"
    echo "$made" >"$folder/stamp"
}

fresh_bin() { rm -rf "$1/bin" && mkdir -p "$1/bin"; }

# What is asked for is the machine's own program, never one of ours. /usr/sbin, where mosquitto lies, is not on everybody's
# path.
where() {
    others=$(printf '%s' "$PATH" | tr : '\n' | grep -v "^$top/" | tr '\n' :)
    PATH=$others/usr/local/sbin:/usr/sbin command -v "$1"
}

installed_is() {
    lowest=$1
    shift
    for program; do where "$program" >/dev/null || return 1; done
    case $1 in
        micropython) found=$("$(where "$1")" -c 'import sys; print("%d.%d.%d" % sys.implementation[1][:3])' 2>/dev/null) ;;
        paho_c_pub) found=$("$(where "$1")" 2>/dev/null | sed -n 's/^Version: *\([0-9.]*\).*/\1/p') ;;
        *) found=$("$(where "$1")" -h 2>/dev/null | sed -n 's/^[a-z]* version \([0-9.]*\).*/\1/p') ;;
    esac
    [ -n "$found" ] && [ "$(printf '%s\n' "$lowest" "$found" | sort -V | head -n 1)" = "$lowest" ]
}

# A program of another release runs with that release's C library only, so it is started by the loader that was unpacked
# with it. Unlike LD_LIBRARY_PATH this does not reach programs that it starts in turn.
write_wrapper() {
    root=$top/$1/root
    libraries=$(find "$root/lib" "$root/usr/lib" -maxdepth 1 -name '*-linux-gnu*' -type d 2>/dev/null | tr '\n' ':')
    loader=$(find "$root/lib" "$root/usr/lib" -maxdepth 2 -name 'ld-linux-*.so.*' 2>/dev/null | head -n 1)
    program=$(find "$root/usr/bin" "$root/usr/sbin" -name "$2" 2>/dev/null | head -n 1)
    [ -n "$loader" ] && [ -n "$program" ] || fail "the packages hold no $2 for this machine ($(uname -m))"
    cat >"$1/bin/$2" <<WRAPPER
#!/bin/sh
exec '$loader' --library-path '${libraries%:}' '$program' "\$@"
WRAPPER
    chmod +x "$1/bin/$2"
}

# Puts packages into $1/root. `install` takes everything that they depend on, down to the C library, because the private
# apt knows of no installed package; `download` takes them alone. The first release that has the lowest version wins.
unpack_debs() { # folder, lowest version, install|download, packages
    folder=$1 lowest=$2 mode=$3
    shift 3
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || fail "$* is needed, and this is no Debian or Ubuntu" \
        "Install it yourself ($lowest or newer), for example: brew install $*"
    apt_root=$top/$folder/apt
    for release in $(releases); do
        rm -rf "$folder/root.new"
        fresh_apt "$release" deb
        version=$(private_apt apt-cache policy "$1" 2>>"$apt_root/log" | sed -n 's/^ *Candidate: *\([^ (]*\).*/\1/p')
        [ -n "$version" ] && dpkg --compare-versions "$version" ge "$lowest" && break
        version=
    done
    [ -n "$version" ] || fail "no package $1 of version $lowest or newer in: $(releases)" \
        "See $apt_root/log, or install it yourself: sudo apt install $*"
    if [ "$mode" = download ]; then
        (cd "$apt_root/debs" && private_apt apt-get download "$@") >>"$apt_root/log" 2>&1
    else
        private_apt apt-get install --yes --download-only --no-install-recommends "$@" >>"$apt_root/log" 2>&1 &&
            mv "$apt_root"/cache/archives/*.deb "$apt_root/debs"
    fi || fail "apt-get could not download $*, see $apt_root/log" 'Run the same command again to go on.'
    for deb in "$apt_root"/debs/*.deb; do dpkg -x "$deb" "$folder/root.new" || fail "$deb could not be unpacked"; done
    rm -rf "$folder/root"
    mv "$folder/root.new" "$folder/root"
    rm -rf "$apt_root"
}

# An apt of our own: its lists, its cache, an empty list of installed packages. The keys and the proxy are the machine's.
fresh_apt() { # release, deb or deb-src
    rm -rf "$apt_root"
    mkdir -p "$apt_root/lists/partial" "$apt_root/cache/archives/partial" "$apt_root/sources" "$apt_root/debs"
    : >"$apt_root/status"
    machine_sources "$1" | sed "s/^deb /$2 /" >"$apt_root/sources/machine.list"
    # One of several sources may not know this release: what counts is whether the package is found.
    private_apt apt-get update >"$apt_root/log" 2>&1 || :
}

private_apt() {
    program=$1
    shift
    "$program" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$apt_root/sources" \
        -o Dir::State="$apt_root" -o Dir::State::Lists="$apt_root/lists" -o Dir::State::Status="$apt_root/status" \
        -o Dir::Cache="$apt_root/cache" -o Dir::Log="$apt_root" -o APT::Sandbox::User= -o Debug::NoLocking=1 \
        -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# This machine's own release first, then those of the same mirror that surely have what is missing in it: Debian 12 has no
# MicroPython, Ubuntu up to 24.04 one that is too old.
releases() {
    . /etc/os-release
    own=${UBUNTU_CODENAME:-${VERSION_CODENAME:-stable}}
    case " $ID ${ID_LIKE-} " in
        *' ubuntu '*) echo "$own" resolute questing ;;
        *) echo "$own" trixie ;;
    esac
}

# The machine's sources for its own release, as one-line entries for release $1. Both forms that apt knows are read; the
# tests point HENGE_APT_ETC at their own.
machine_sources() {
    case $(releases) in *resolute*) components='main universe' ;; *) components=main ;; esac
    etc=${HENGE_APT_ETC:-/etc/apt}
    {
        cat "$etc/sources.list" "$etc"/sources.list.d/*.list 2>/dev/null | one_line_entries
        for file in "$etc"/sources.list.d/*.sources; do [ ! -f "$file" ] || { cat "$file"; echo; }; done | stanza_entries
    } | awk -F '\t' -v own="$(releases | cut -d ' ' -f 1)" -v release="$1" -v components="$components" '
        ($1 == own || $1 ~ /^(stable|testing|unstable|sid)$/) && $3 !~ /^cdrom:/ && !seen[$3]++ {
            print "deb " ($2 == "" ? "" : "[" $2 "] ") $3 " " release " " components
        }'
}

# `deb [options] uri suite components` -> suite, options, uri with tabs between.
one_line_entries() {
    awk '$1 == "deb" {
        options = ""
        if (match($0, /\[[^]]*\]/)) {
            options = substr($0, RSTART + 1, RLENGTH - 2)
            $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
        }
        print $3 "\t" options "\t" $2
    }'
}

# The deb822 form (apt-sources(5), files *.sources) -> the same. A key written into the file itself is left out: the
# releases of Debian and Ubuntu are signed with keys that lie in files.
stanza_entries() {
    awk '
    function flush(    i, j, uri, suite, options) {
        if (field["types:"] ~ /(^| )deb( |$)/ && field["enabled:"] !~ /no/) {
            gsub(/[ ,]+/, ",", field["signed-by:"])
            if (field["signed-by:"] ~ /^\//) options = "signed-by=" field["signed-by:"]
            if (field["trusted:"] != "") options = options " trusted=" field["trusted:"]
            split(field["uris:"], uri, " ")
            split(field["suites:"], suite, " ")
            for (i in uri) for (j in suite) print suite[j] "\t" options "\t" uri[i]
        }
        split("", field)
    }
    /^#/ { next }
    NF == 0 { flush(); next }
    /^[^ \t]/ { name = tolower($1); $1 = "" }
    { sub(/^[ \t]+/, ""); field[name] = (field[name] == "" ? "" : field[name] " ") $0 }
    END { flush() }'
}
