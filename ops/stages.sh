# The stages of ops/test and ops/soak: what each runs, and the counting. Sourced behind lib.sh.
# shellcheck shell=bash
# A stage goes on behind a failing case. Every case is a line `outcome<TAB>name` in $cases.
logs=$TOP/build/checks
cases=$logs/cases
symbolizer=/usr/bin/llvm-symbolizer-19
export ASAN_SYMBOLIZER_PATH=$symbolizer UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1:abort_on_error=0
export TSAN_OPTIONS=suppressions=$TOP/ops/lint/tsan.supp:external_symbolizer_path=$symbolizer

begin_stages() {
    rm -rf "$logs"
    mkdir -p "$logs"
    : >"$cases"
}

# record passed|failed|skipped NAME
record() { printf '%s\t%s\n' "$1" "$2" >>"$cases"; }
count() { grep -c "^$1"$'\t' "$cases" || true; }

# stage NAME FUNCTION [ARGUMENT...]: runs it, says how long it took; running no case is a failure.
stage() {
    local name=$1 start=$SECONDS passed failed skipped
    shift
    passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
    say "== $name"
    "$@" || true # failures are in $cases
    if [ "$(wc -l <"$cases")" -eq $((passed + failed + skipped)) ]; then
        say "   $name ran nothing"
        record failed "$name ran nothing"
    fi
    say "   $name: $(($(count passed) - passed)) passed, $(($(count failed) - failed)) failed," \
        "$((SECONDS - start)) s"
}

# attempt NAME COMMAND...: one case; its output is shown only when it fails.
attempt() {
    local name=$1 log
    log=$logs/$(printf '%s' "$1" | tr -c 'A-Za-z0-9_.-' '_').log
    shift
    if "$@" >"$log" 2>&1; then
        record passed "$name"
    else
        record failed "$name"
        say "   FAILED $name; the end of $log:"
        tail -n 60 "$log"
        return 1
    fi
}

# The plain last line, and 1 when something failed.
end_stages() {
    local passed failed skipped
    passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
    sed -n 's/^failed\t/failed: /p; s/^skipped\t/skipped: /p' "$cases"
    say "$1 took $SECONDS s"
    if [ "$skipped" -gt 0 ] && [ "${CI:-}" = true ]; then
        say "a skipped test counts as failed here"
        failed=$((failed + skipped)) skipped=0
    fi
    if [ "$skipped" -gt 0 ]; then
        say "$passed passed, $failed failed, $skipped skipped"
    else
        say "$passed passed, $failed failed"
    fi
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

check_format() {
    local files
    mapfile -t files < <(formatted_files)
    attempt "format of ${#files[@]} files" "$TOP/ops/lint/format" --check
}

check_openapi() { attempt "openapi" "$TOP/ops/lint/description" openapi; }
check_asyncapi() { attempt "asyncapi" "$TOP/ops/lint/description" asyncapi; }

# build PRESET [TARGET...]
build() { attempt "build $*" build_preset "$@"; }

# The lines of Boost.Test's detailed report that speak of a case, as lines for $cases.
cases_of_report() {
    sed -n -E -e 's/^ *Test case "([^"]*)" has passed.*/passed\t\1/p' \
        -e 's/^ *Test case "([^"]*)" was skipped.*/skipped\t\1/p' \
        -e 's/^ *Test case "([^"]*)" (has failed|was aborted).*/failed\t\1/p' "$1"
}

# boost_tests PRESET EXECUTABLE: its cases, one by one. A test program that dies, or that ends with
# a failure none of its cases reports (a leak, say), is a failed case of its own.
boost_tests() {
    local preset=$1 executable=$2 name report status=0 failed catch=yes
    name=$preset/$(basename "$executable")
    report=$logs/$name.report
    mkdir -p "$logs/$preset"
    [ "$preset" = release ] || catch=no # the sanitizer tells more about a signal than Boost.Test
    failed=$(count failed)
    (cd "$logs/$preset" && timeout "${unit_seconds:-900}" \
        "$executable" --catch_system_errors="$catch" \
        --color_output=no --log_level=error --report_level=detailed --report_format=HRF \
        --report_sink="$report") >"$logs/$name.log" 2>&1 || status=$?
    if [ -s "$report" ]; then
        cases_of_report "$report" | sed "s|\t|\t$name/|" >>"$cases"
    else
        record failed "$name left no report (status $status)"
    fi
    if [ "$status" -ne 0 ] && [ "$(count failed)" -eq "$failed" ]; then
        record failed "$name ended with status $status"
    fi
    if [ "$(count failed)" -ne "$failed" ]; then
        say "   FAILED $name (status $status); the end of $logs/$name.log:"
        tail -n 80 "$logs/$name.log"
    fi
}

tidy_tests() { boost_tests release "$TOP/build/release/tests/tidy/tidy_tests"; }

# long_tests PRESET PROGRAM: a test program, for as long as the environment says, and its figures.
long_tests() {
    local unit_seconds=14400
    boost_tests "$1" "$TOP/build/$1/tests/$2"
    grep -h '^figure: ' "$logs/$1/$(basename "$2").log" || true
}

# Waits until fewer jobs run in the background than there are processors.
await_processor() {
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
}

# unit_tests PRESET: every test program but tidy_tests, which reads files and needs one run only.
# As many at a time as there are processors; each has its own list of cases and its own output.
unit_tests() {
    local executable name tests=$TOP/build/$1/tests
    mkdir -p "$logs/$1"
    while IFS= read -r executable; do
        await_processor
        name=$logs/$1/$(basename "$executable")
        (
            cases=$name.cases
            : >"$cases"
            boost_tests "$1" "$executable"
        ) >"$name.said" 2>&1 &
    done < <(find "$tests" -type f -perm -u+x -name '*_tests' ! -name tidy_tests | sort)
    wait
    cat "$logs/$1"/*.said
    cat "$logs/$1"/*.cases >>"$cases"
}

# integration PRESET [NAME=VALUE...]: the Python tests against that build's program. With $again
# set to --again, what fails beside others has a second chance alone; what passed then is named.
integration() {
    local preset=$1 lines=$logs/integration-$1.lines log=$logs/integration-$1.log status=0
    shift
    (cd "$TOP" && env PARLOUR="$TOP/build/$preset/parlour" "$@" timeout "$integration_seconds" \
        python3 ops/lint/unittest_cases.py ${again:+"$again"} tests/integration \
        "integration-$preset" "$lines") >"$log" 2>&1 || status=$?
    if [ -f "$lines" ]; then cat "$lines" >>"$cases"; fi
    if grep -h '^again: ' "$log"; then tail -n 60 "$lines.failures"; fi
    if [ "$status" -eq 0 ]; then
        grep -h '^figure: ' "$log" || true
        return
    fi
    # What failed is short and stands first: who reads this may see the beginning only.
    say "   FAILED integration-$preset; all of it is in $log:"
    if grep -s '^failed' "$lines"; then
        tail -n 60 "$lines.failures"
    else
        record failed "integration-$preset ended with status $status"
        tail -n 60 "$log"
    fi
}

# landings PRESET: each script that shows a slice end to end, against that build's program.
landings() {
    local script
    for script in "$TOP"/tests/landings/*; do
        [ -x "$script" ] || continue
        attempt "landing ${script##*/}" env PARLOUR="$TOP/build/$1/parlour" timeout 300 "$script"
    done
}

fuzz_targets() { sed -n 's/^parlour_fuzz(\([a-z_]*\).*/\1/p' "$TOP/tests/fuzz/CMakeLists.txt"; }

# fuzz SECONDS: each target NAME_fuzz for that long, as many at a time as there are processors.
fuzz() {
    local target targets
    mapfile -t targets < <(fuzz_targets)
    build asan "${targets[@]}" || return
    for target in "${targets[@]}"; do
        await_processor
        fuzz_one "$target" "$1" &
    done
    wait
}

# fuzz_one TARGET SECONDS: begins with corpus/NAME; what it finds goes to build/checks.
fuzz_one() {
    local target=$1 corpus found
    corpus=$TOP/tests/fuzz/corpus/${target%_fuzz}
    if [ -z "$(ls -A "$corpus" 2>/dev/null)" ]; then
        record failed "fuzz $target has no corpus in $corpus"
        return
    fi
    found=$logs/fuzz-$target
    mkdir -p "$found/new"
    attempt "fuzz $target" timeout $(($2 + 120)) "$TOP/build/asan/tests/fuzz/$target" \
        -max_total_time="$2" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
        -artifact_prefix="$found/" "$found/new" "$corpus" &&
        say "$target: $(grep -h '^stat::number_of_executed_units' "$logs/fuzz_$target.log")"
}

# clang_tidy --changed|--all SECONDS
clang_tidy() {
    local lines=$logs/clang-tidy.lines
    "$TOP/ops/lint/clang-tidy" "$1" --seconds "$2" --cases "$lines" || true
    if [ -f "$lines" ]; then cat "$lines" >>"$cases"; fi
}
