#!/bin/sh
# headers.t - each header compiles alone; the public ones as C11 and as C++
. "$(dirname "$0")/tap.sh"

cc=$(sed -n 's/^CC = //p' "$built/Makefile" 2>/dev/null)
cc=${cc:-cc}
cxx=
for name in c++ g++ clang++; do
	command -v $name >/dev/null && cxx=$name && break
done
includes="-I$top/libcortexarc/include -I$built/libcortexarc/include
$(pkg-config --cflags libprotobuf-c 2>/dev/null)"
strict='-Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only'

# refused COMPILER, HEADER: what the compiler says against it
refused()
{
	echo "#include $2" >"$scratch/alone.c"
	# shellcheck disable=SC2086 # flags are words
	$1 $strict $includes "$scratch/alone.c" 2>&1 | head -n 5
}

echo 'size_t lonely(void);' >"$scratch/lonely.h"
finds "$(refused "$cc -std=c11 -pedantic" "\"$scratch/lonely.h\"")" \
	'a header that needs another before it is found'

# Found where they are: some are generated into the build's folder.
for path in "$top"/libcortexarc/include/cortexarc/*.h \
		"$built"/libcortexarc/include/cortexarc/*.pb-c.h; do
	echo "<cortexarc/$(basename "$path")>"
done | sort -u | grep -v '\*' >"$scratch/public"
while read -r header; do
	claim "$(refused "$cc -std=c11 -pedantic" "$header")" \
		"$header alone is C11"
	if [ -n "$cxx" ]; then
		claim "$(refused "$cxx -std=c++11 -x c++" "$header")" \
			"$header alone is C++11"
	fi
done <"$scratch/public"

includes="$includes -I$top/libcortexarc"
for path in $(our_files -path './libcortexarc/*/*.h'); do
	case $path in
	libcortexarc/include/*) continue ;;
	*_body.h) continue ;; # a body to be included within another file
	esac
	claim "$(refused "$cc -std=gnu11 -D_GNU_SOURCE" \
		"\"${path#libcortexarc/}\"")" "$path compiles alone"
done
done_testing
