# packages.sh - the Debian packages each task needs; to be sourced
# shellcheck shell=sh disable=SC2034,SC2154 # names are made, see need_packages
#
#   need_packages build tests ...
#
# installs those that are missing, as root or with sudo.

packages_build='gcc make autoconf automake libtool pkgconf protobuf-compiler
protobuf-c-compiler libprotobuf-dev libprotobuf-c-dev libarchive-dev
libzstd-dev libsodium-dev libsqlite3-dev'
packages_data='wordnet-base zstd tar coreutils'
packages_tests='zstd tar xz-utils libarchive-tools coreutils procps g++ jq python3
util-linux bsdutils'
packages_valgrind='valgrind'
packages_analysis='cppcheck clang-tidy clang-tools'
packages_clang='clang libclang-rt-14-dev'

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
		--no-install-recommends "$@" >"${TMPDIR:-/tmp}/cxa-apt.$$" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 3 "${TMPDIR:-/tmp}/cxa-apt.$$"
	rm -f "${TMPDIR:-/tmp}/cxa-apt.$$"
	return $status
}
