# completion.bash - what bash offers behind "cortexarc"; install it as
# share/bash-completion/completions/cortexarc

_cortexarc_values()
{
	local collections="concepts embeddings columns connections system_state
		query_cache sync_queue"

	case "$1:$2" in
	*:--collection) echo $collections ;;
	*:--format) echo store json ndjson archive ;;
	*:--limit) "$3" help limits 2>/dev/null |
		sed -n 's/^  \([a-z-]*\) .*/\1=/p' ;;
	verify:--level) echo structure bytes records graph \
		restorable ;;
	verify:--fail-on | repair:--fail-on) echo Low Medium High Critical ;;
	pack:--level | migrate:--level | repair:--level) echo 1 3 9 19 ;;
	repair:--rule) echo id-order content-hash unit-range float-finite \
		concept-column concept-connection concept-parent \
		column-concept column-claim synapse-target neighbor-column \
		connection-concept query-reference query-hash query-expired \
		embedding-concept system-state-missing system-state-totals \
		metadata-totals ;;
	migrate:--to-version) echo 1 2 ;;
	get:1) echo $collections ;;
	esac
}

_cortexarc_options()
{
	local reading="--threads --temp-dir --limit --wait --sandbox --no-sandbox
		--progress --quiet --help"

	case $1 in
	pack) echo --output --level --no-check-encode --verify --lenient \
		--json $reading ;;
	unpack) echo --output --into --safety-backup --no-safety-backup --format --collection --ids --lenient --json \
		$reading ;;
	verify) echo --level --fail-on --now --expect --max-issues --json \
		$reading ;;
	info) echo --lenient --json $reading ;;
	list) echo --json $reading ;;
	init) echo --quiet --help ;;
	cat) echo --collection --ids --lenient $reading ;;
	get) echo --lenient $reading ;;
	migrate) echo --to-version --output --in-place --safety-backup \
		--dry-run --repair --max-issues --format --level \
		--no-check-encode --lenient --json $reading ;;
	repair) echo --output --dry-run --rule --fail-on --now --max-issues \
		--safety-backup --no-safety-backup --format --level \
		--no-check-encode --lenient --json $reading ;;
	salvage) echo --output --from --keep-unverified --max-issues --json \
		$reading ;;
	diff) echo --collection --ids --fields --full --metadata \
		--max-records --lenient --json $reading ;;
	esac
}

_cortexarc()
{
	local commands="pack unpack init verify info list cat get diff migrate repair salvage help"
	local word=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	local values

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "$commands --help --version" -- "$word"))
		return
	fi
	if [ "$command" = help ]; then
		COMPREPLY=($(compgen -W "$commands limits" -- "$word"))
		return
	fi
	if [ "$COMP_CWORD" -eq 2 ] && [ "$command" = get ]; then
		before=1
	fi
	values=$(_cortexarc_values "$command" "$before" "${COMP_WORDS[0]}")
	if [ -n "$values" ]; then
		COMPREPLY=($(compgen -W "$values" -- "$word"))
		return
	fi
	case $before:$word in
	--temp-dir:*)
		COMPREPLY=($(compgen -d -- "$word")) ;;
	--threads:* | --ids:* | --expect:* | --max-issues:* | --now:* | \
		--max-records:*)
		;;
	*:-*)
		COMPREPLY=($(compgen -W "$(_cortexarc_options "$command")" \
			-- "$word")) ;;
	*)
		COMPREPLY=($(compgen -f -- "$word")) ;;
	esac
}

complete -o filenames -F _cortexarc cortexarc
