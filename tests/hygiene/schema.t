#!/bin/sh
# schema.t - the schema in archives says what the .proto files say
. "$(dirname "$0")/tap.sh"

# What a schema says; whether it has names for JSON is protoc's affair.
told()
{
	protoc -I/usr/include --decode=google.protobuf.FileDescriptorSet \
		google/protobuf/descriptor.proto <"$1" | grep -v json_name
}

sh "$top/proto/make-schema" "$scratch/made.pb"
told "$scratch/made.pb" >"$scratch/made"
told "$top/proto/schema.pb" >"$scratch/kept"
finds "$(cat "$scratch/kept")" "proto/schema.pb is a schema"
claim "$(diff "$scratch/made" "$scratch/kept")" \
	"proto/schema.pb is what proto/make-schema makes"
done_testing
