# packages.sh - the Debian packages each task needs; to be sourced
# shellcheck shell=sh disable=SC2034,SC2154 # names are made, see need_packages
#
#   need_packages build tests ...
#
# installs those that are missing, as root or with sudo; nothing is removed.
#
#   need_libraries ARCHITECTURE FOLDER
#
# unpacks what is linked, for another processor, into FOLDER.

packages_build='gcc make autoconf automake libtool pkgconf protobuf-compiler
protobuf-c-compiler libprotobuf-dev libprotobuf-c-dev libarchive-dev
libzstd-dev libsodium-dev libsqlite3-dev'
packages_libraries='libarchive-dev libzstd-dev libsodium-dev
libprotobuf-c-dev libsqlite3-dev'
packages_data='wordnet-base zstd tar coreutils'
packages_tests='zstd tar xz-utils libarchive-tools coreutils procps g++ jq python3
util-linux bsdutils'
packages_valgrind='valgrind'
packages_analysis='cppcheck clang-tidy clang-tools'
packages_clang='clang libclang-rt-14-dev'
# gcc -m32; gcc-multilib would bring no more, and remove every cross compiler.
packages_m32='libc6-dev-i386 lib32gcc-12-dev'
packages_qemu='qemu-user util-linux'

need_packages()
{
	missing=
	for package_group in "$@"; do
		eval "package_names=\$packages_$package_group"
		for package in $package_names; do
			state=$(dpkg-query -W -f '${db:Status-Status}' \
				"$package" 2>/dev/null || true)
			[ "$state" = installed ] || missing="$missing $package"
		done
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	as_root=
	if [ "$(id -u)" != 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "these Debian packages are missing:$missing" >&2
			echo "install them as root, or install sudo" >&2
			return 1
		fi
		as_root=sudo
	fi
	# shellcheck disable=SC2086 # a list of words
	install_packages $missing && return 0
	echo "refreshing the list of packages"
	$as_root apt-get update -qq && install_packages $missing && return 0
	echo "cannot install:$missing" >&2
	return 1
}

install_packages()
{
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-remove --no-install-recommends "$@" >"${TMPDIR:-/tmp}/cxa-apt.$$" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 3 "${TMPDIR:-/tmp}/cxa-apt.$$"
	rm -f "${TMPDIR:-/tmp}/cxa-apt.$$"
	return $status
}

# Installed side by side, each would have to have the very version that this
# machine has, or apt would remove that; and a mirror that has not all of the
# other architecture would fail every later update. So the machine does not know
# of it. What was downloaded is checked as always.
need_libraries()
{
	folder=$2
	[ "$(cat "$folder/complete" 2>/dev/null)" != "$packages_libraries" ] ||
		return 0
	echo "unpacking for $1:" $packages_libraries
	rm -rf "$folder"
	mkdir -p "$folder/apt/lists/partial" \
		"$folder/apt/archives/partial" || return 1
	: >"$folder/apt/status"
	# A list that is missing is told of below, if something is needed of it.
	apt_elsewhere "$1" "$folder/apt" update
	# shellcheck disable=SC2086 # a list of words
	apt_elsewhere "$1" "$folder/apt" install -y --download-only \
		--no-install-recommends $packages_libraries || {
		tail -n 5 "$folder/apt/log"
		return 1
	}
	for package in "$folder"/apt/archives/*.deb; do
		case ${package##*/} in
		# The C library has to fit its loader, which is this machine's.
		libc6* | libc-* | linux-libc-*) ;;
		*) dpkg-deb -x "$package" "$folder" || return 1 ;;
		esac
	done
	rm -rf "$folder/apt"
	echo "$packages_libraries" >"$folder/complete"
}

apt_elsewhere() # architecture, folder, command ...
{
	architecture=$1
	state=$2
	shift 2
	apt-get -qq -o "APT::Architecture=$architecture" \
		-o "APT::Architectures::=$architecture" \
		-o APT::Sandbox::User=root -o "Dir::State=$state" \
		-o "Dir::State::lists=$state/lists" \
		-o "Dir::State::status=$state/status" \
		-o "Dir::Cache=$state" "$@" >>"$state/log" 2>&1
}
