# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The runs of tests/golden/hashes.txt, for the tests that repeat them and the script that writes the file. To be sourced after
# tests/lib.sh, whose variables it uses.
#
#   golden_data                      # write images.h5
#   golden_alone ARGUMENT…           # the program in one process, without mpirun
#   golden_run NAME OPTIONS START…   # train in the directory NAME; the start is "on 3" for example
#   golden_check NAME WHERE          # compare with the file
#   golden_cpus                      # the values of SHARDPROP_CPU that this machine can run

# shellcheck disable=SC2154 # source_root, program: of tests/lib.sh
golden=$source_root/tests/golden
# shellcheck disable=SC2034 # for the tests
golden_names=(images layers float64)

# golden_numbers: 600 images of 28 x 28 bytes and their labels, in the format of Fashion-MNIST's files, as octal escapes of
# printf. All arithmetic is of whole numbers below 2^53: every awk gives the same. Each image is that of its class, of which
# half the pixels are black, with six of seven pixels replaced.
golden_numbers() {
  awk -v part="$1" '
    function random(n) { state = state * 16807 % 2147483647; return int(state / 7) % n }
    function word(x) { byte(int(x / 16777216)); byte(int(x / 65536) % 256); byte(int(x / 256) % 256); byte(x % 256) }
    function byte(x) { printf "\\%03o", x }
    BEGIN {
      rows = 600; pixels = 784; state = 20
      if (part == "images") { word(2051); word(rows); word(28); word(28) } else { word(2049); word(rows) }
      for (c = 0; c < 10; c++) for (i = 0; i < pixels; i++) class[c, i] = random(2) * random(256)
      for (r = 0; r < rows; r++) {
        c = random(10)
        if (part == "labels") byte(c)
        for (i = 0; i < pixels; i++) {
          x = random(7) ? random(256) : class[c, i]
          if (part == "images") byte(x)
        }
      }
    }'
}

# shellcheck disable=SC2154
golden_data() {
  local part
  for part in images labels; do
    # shellcheck disable=SC2059 # it has no other characters
    printf "$(golden_numbers $part)" > "$part.idx"
  done
  "$program" import idx --train-images images.idx --train-labels labels.idx -o images.h5 --quiet
}

golden_alone() { "$program" "$@"; }

# golden_run NAME OPTIONS START…: OPTIONS for train in one word.
golden_run() {
  local name=$1 options
  read -ra options <<< "$2"
  shift 2
  rm -rf "$name"
  "$@" train "$golden/hash_$name.yaml" --quiet "${options[@]}"
}

# golden_result NAME: "NAME HASH VALIDATION_LOSS BEST_VALUE" of the run.
golden_result() {
  local numbers
  numbers=$("$program" inspect "$(last "$1")" --json |
    sed 's/.*"validation_loss": \([^,]*\), "best_value": \([^,]*\),.*/\1 \2/')
  printf '%s %s %s\n' "$1" "$(state "$(last "$1")")" "$numbers"
}

# golden_version: the version of the arithmetic of the program, as it is written into checkpoints.
golden_version() {
  "$program" inspect "$(last "$1")" --json | sed 's/.*"arithmetic": \([0-9]*\),.*/\1/'
}

# golden_check NAME WHERE
golden_check() {
  local name=$1 where=$2 version expected got
  version=$(sed -n 's/^arithmetic //p' "$golden/hashes.txt")
  expected=$(grep "^$name " "$golden/hashes.txt")
  got=$(golden_version "$name")
  [[ $got == "$version" ]] ||
    fail "the program has version $got of the arithmetic, tests/golden/hashes.txt is of version $version: run scripts/make_hashes"
  got=$(golden_result "$name")
  [[ $got == "$expected" ]] || fail "$name $where: other bits:
  $got
  $expected (tests/golden/hashes.txt)"
}

golden_cpus() {
  local names name
  names=$({ SHARDPROP_CPU='?' "$program" help 2>&1 || true; } | sed -n "s/.*SHARDPROP_CPU: expected \(.*\), got.*/\1/p")
  [[ -n $names ]] || fail 'the program does not say which values SHARDPROP_CPU may have'
  for name in $(tr ',' ' ' <<< "${names/ or / }"); do
    if SHARDPROP_CPU=$name "$program" help > /dev/null 2>&1; then printf '%s\n' "$name"; fi
  done
}
