# What the scripts in this folder share. Sourced, never run.
# shellcheck shell=bash
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly TOP
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
# A checkout that belongs to another user (a mounted one, say) is listed all the same.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$TOP

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# A port that nobody listens on answers a connection with a refusal.
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# json_field FILE KEY...: one value out of a JSON document; a number counts into a list.
json_field() {
    python3 -c '
import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
for key in sys.argv[2:]:
    value = value[int(key) if isinstance(value, list) else key]
print(value)' "$@"
}

# The files that clang-format looks after: tracked ones and new ones that git does not ignore.
formatted_files() {
    git -C "$TOP" ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' '*.proto' |
        while IFS= read -r file; do
            if [ -f "$TOP/$file" ]; then printf '%s\n' "$file"; fi
        done
}

# build_preset PRESET [TARGET...]: configures and builds with every core. Without targets: all.
build_preset() {
    local preset=$1
    shift
    cd "$TOP"
    # Without the network it builds all the same, without the API reference.
    "$TOP/ops/node" --docs || say "build: the API reference is left out"
    cmake --preset "$preset" >"$TOP/build/configure-$preset.log" 2>&1 || {
        tail -n 40 "$TOP/build/configure-$preset.log" >&2
        return 1
    }
    cmake --build --preset "$preset" --parallel "$(nproc)" --target "${@:-all}"
}
