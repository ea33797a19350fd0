#!/bin/sh
# hardening.t - what was built is hard to turn against its user
. "$(dirname "$0")/tap.sh"

skip()
{
	echo "1..0 # SKIP $*"
	exit 0
}
command -v readelf >/dev/null || skip 'no readelf'
tool=$built/.libs/cortexarc
[ -e "$tool" ] || tool=$built/cortexarc
readelf -h "$tool" >/dev/null 2>&1 || skip 'the tool is no ELF file'
nm "$tool" 2>/dev/null | grep -qE '__(asan|tsan)_init' &&
	skip 'the sanitizers have measures of their own'
nm "$tool" 2>/dev/null | grep -q __gcov_init &&
	skip 'what gcov counts is for tests, and tells where it was built'

# Each prints what is wrong with an ELF file.
fixed_place()
{
	readelf -hW "$1" | grep -q 'Type: *DYN' || echo "$1 has a fixed place"
}
executable_stack()
{
	readelf -lW "$1" | grep 'GNU_STACK' | grep -q 'RW ' ||
		echo "$1 has a stack that can be run"
}
writable_code()
{
	readelf -lW "$1" | grep -E '^ *LOAD .* RWE '
}
late_binding()
{
	readelf -dW "$1" | grep -qE 'BIND_NOW|Flags:.*NOW' ||
		echo "$1 binds its functions late"
	readelf -lW "$1" | grep -q GNU_RELRO ||
		echo "$1 has relocations that stay writable"
}
text_relocations()
{
	readelf -dW "$1" | grep TEXTREL
}
imports() # FILE PATTERN
{
	readelf -sW --dyn-syms "$1" | grep -qE "UND ($2)" ||
		echo "$1 imports no $2"
}
build_folder()
{
	grep -lF -e "$top" -e "$(cd "$built" && pwd)" "$1"
}
has_flag()
{
	grep '^S\["HARDEN_CFLAGS"\]' "$built/config.status" | grep -q "$1"
}

if command -v cc >/dev/null; then
	echo 'int main(void) { return 0; }' >"$scratch/weak.c"
	cc -no-pie -fno-stack-protector -Wl,-z,execstack,-z,norelro,-z,lazy \
		-g -o "$scratch/weak" "$scratch/weak.c" 2>/dev/null
	weak=$scratch/weak
	finds "$(fixed_place "$weak")" 'a fixed place is found'
	finds "$(executable_stack "$weak")" 'a stack that can be run is found'
	finds "$(late_binding "$weak")" 'late binding is found'
	finds "$(imports "$weak" '__stack_chk_fail')" 'a bare stack is found'
	finds "$(imports "$weak" '__[a-z]*_chk@')" 'bare functions are found'
	finds "$(cd "$scratch" && top=$scratch && build_folder weak)" \
		'the folder it was built in is found'
fi

for file in "$tool" "$built/.libs/libcortexarc.so"; do
	[ -e "$file" ] || continue
	is=$(basename "$file")
	claim "$(fixed_place "$file")" "$is has no fixed place"
	claim "$(executable_stack "$file")" "the stack of $is cannot be run"
	claim "$(writable_code "$file")" "no code of $is can be written"
	claim "$(text_relocations "$file")" "and none must be at its start"
	claim "$(late_binding "$file")" "$is binds at once, and then for ever"
	claim "$(imports "$file" '__stack_chk_fail')" \
		"the stack of $is has guards"
	# Without optimization the compiler knows no sizes.
	! has_flag FORTIFY ||
		claim "$(imports "$file" '__[a-z]*_chk@')" \
			"functions know the sizes of their buffers in $is"
	claim "$(build_folder "$file")" "$is does not tell where it was built"
done

# Every object that the compiler made has it, or the processor does not ask.
object=$(find "$built" -name 'sandbox_calls.o' -o -name '*-sandbox_calls.o' |
	head -n 1)
if [ "$(uname -m)" = x86_64 ] && [ -n "$object" ] &&
	has_flag fcf-protection; then
	claim "$(readelf -nW "$object" | grep -q 'IBT, SHSTK' ||
		echo 'no IBT, SHSTK')" 'calls and returns are marked'
fi
done_testing
