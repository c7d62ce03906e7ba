#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line: help goes to stdout with status 0, wrong usage to stderr with status 2 and one clear line; every
# topic and every registered name is explained.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# answers TEXT ARGUMENTS…: help that holds the text, on stdout alone.
answers() {
  local text=$1
  shift
  "$program" "$@" > out.log 2> err.log || fail "'$*': exit $?: $(cat err.log)"
  [[ ! -s err.log ]] || fail "'$*': on stderr: $(cat err.log)"
  grep -qF -- "$text" out.log || fail "'$*': expected '$text', got: $(cat out.log)"
}

# refused TEXT ARGUMENTS…: wrong usage, in one line on stderr that holds the text.
refused() {
  local text=$1 got=0
  shift
  "$program" "$@" > out.log 2> err.log || got=$?
  [[ $got == 2 ]] || fail "'$*': exit $got, expected 2: $(cat err.log)"
  [[ ! -s out.log ]] || fail "'$*': on stdout: $(cat out.log)"
  [[ $(wc -l < err.log) == 1 ]] || fail "'$*': not one line: $(cat err.log)"
  grep -qF -- "$text" err.log || fail "'$*': expected '$text', got: $(cat err.log)"
}

# --- the program ---
mapfile -t commands < <("$program" --help | sed -n 's/^  shardprop \([a-z-]*\) .*/\1/p')
[[ ${commands[*]} == 'train eval predict import plan bench lr-find inspect verify diff status plot check-objective help' ]] || fail "commands: ${commands[*]}"
answers 'mpirun -n 2 shardprop train' --help
answers 'mpirun -n 2 shardprop train' -h
answers 'shardprop 0.' --version
refused "unknown command 'trian' (did you mean 'train'?); see shardprop --help" trian
refused "unknown command 'frobnicate': expected one of train, eval, predict, import, plan, bench, lr-find, inspect, verify, diff, status, plot, check-objective, help" frobnicate
"$program" > out.log 2> err.log && fail 'no command: exit 0'
[[ ! -s out.log ]] || fail "no command: on stdout: $(cat out.log)"
grep -q '^usage:' err.log || fail "no command: $(cat err.log)"

# --- every command ---
for command in "${commands[@]}"; do
  for flag in --help -h; do
    answers "shardprop $command " "$command" "$flag"
    grep -q '^usage: ' out.log || fail "$command $flag: no usage line"
    grep -qiE '^example|for example' out.log || fail "$command $flag: no example"
  done
  [[ $(awk 'length > 120' out.log) == '' ]] || fail "$command --help: lines of more than 120 columns"
  [[ $command == import ]] && continue
  answers '-h, --help' "$command" --help --no-such-option  # help first
  answers '-q, --quiet' "$command" -qh
  refused "$command: unknown option '--no-such-option'; see shardprop $command --help" "$command" --no-such-option
  OMPI_MCA_ess=none refused "unknown option '--no-such-option'" "$command" --no-such-option  # without MPI
  refused "unknown option '--hlep' (did you mean --help?)" "$command" --hlep
  refused "unknown option '--queit=1' (did you mean --quiet?)" "$command" --queit=1
  refused "unknown option '-Z'" "$command" -qZ
  refused '--quiet: takes no value' "$command" --quiet=yes
  [[ $command == verify || $command == plot ]] || refused ', expected no more arguments' "$command" a b c
done

# --- their options, by name and by letter ---
refused 'missing argument: config' train --quiet
refused 'missing argument: run' eval
refused 'missing argument: run' predict -o out.h5
refused '--output is missing' predict run
refused 'missing argument: config' plan
refused 'missing argument: config' bench
refused 'missing argument: path' inspect
refused "unknown option '--sett' (did you mean --set?)" train run.yaml --sett x=1
refused '--set: needs a value' train run.yaml --set
refused '--set: needs a value' plan run.yaml -qs
refused '--set x: expected path=value' plan "$source_root/configs/fashion_mnist.yaml" -s x
for given in 0 65537 -1 2.5 1x '' nan 1e99; do
  refused "--ranks: expected an integer in [1, 65536], got '$given'" plan run.yaml --ranks "$given"
  refused "--ranks: expected an integer in [1, 65536], got '$given'" plan run.yaml "-n" "$given"
done
refused '(does not fit in 64 bits)' plan run.yaml --ranks=99999999999999999999
refused '--ranks: given twice' plan run.yaml -n 1 --ranks 1
refused "--nodes: requires --bandwidth and --latency" plan run.yaml --nodes 2
refused "--nodes: requires --bandwidth and --latency" plan run.yaml --nodes 2 --latency 1us
refused "--scaling: requires --bandwidth and --latency" plan run.yaml --scaling --bandwidth 1gbit
refused "--bandwidth: expected a rate such as 10gbit or 1.25GB/s, got '10'" plan run.yaml --nodes 2 --bandwidth 10 --latency 1us
refused "--latency: expected a time such as 20us or 0.5ms, got '1'" plan run.yaml --nodes 2 --bandwidth 1gbit --latency 1
refused '--ranks: use --ranks-per-node with --nodes' plan run.yaml --ranks 4 --nodes 1
refused '--rows: requires --nodes or --scaling' plan run.yaml --rows 4
refused '--bench: requires --nodes or --scaling' plan run.yaml --bench bench.json
refused "--nodes: expected an integer in [1, 65536], got '0'" plan run.yaml --nodes 0
refused "--steps: expected 'auto' or an integer in [1, 1000000], got '0'" bench run.yaml --steps 0
refused "--warm-up: expected an integer in [1, 1000000], got '0'" bench run.yaml --warm-up 0
refused "--seconds: expected a number in [0.001, 60], got '0'" bench run.yaml --seconds 0
refused '--limits-only: takes no value' bench run.yaml --limits-only=1
refused 'missing argument: config' lr-find --quiet
refused "--from: expected a number in (0, inf), got '0'" lr-find run.yaml --from 0
refused "--to: expected a number in (0, inf), got '-1'" lr-find run.yaml --to -1
refused '--to: expected a value greater than --from (0.1), got 0.1' lr-find run.yaml --from 0.1 --to 0.1
refused '--to: expected a value greater than --from (1), got 0.5' lr-find run.yaml --from 1 --to 0.5
refused "--steps: expected an integer in [10, 1000000], got '9'" lr-find run.yaml --steps 9
refused "--data: expected one of test, validation, train, got 'tset' (did you mean 'test'?)" eval run --data tset
refused '--data: expected one of' eval run -d ''
refused '--data: needs a value' eval run -d
refused '--json: takes no value' eval run --json=1
refused "--data: expected one of test, validation, train, got 'tset' (did you mean 'test'?)" predict run -d tset -o out.h5
refused "'out/': expected the name of a file" predict run -o out/
refused '--gzip: applies to HDF5 files only, and out.csv is a CSV table' predict run -o out.csv --gzip 1
refused 'nowhere: no such run' predict nowhere -o out.h5
refused 'nowhere: no such file, run or checkpoint' inspect nowhere
refused 'nowhere: no such file, run or checkpoint' inspect -b -c -- nowhere
refused '--bytes: no such file, run or checkpoint' inspect -- --bytes
refused 'nowhere: no such run' eval nowhere -j

# What they fill in: the short and the long form do the same, --set adds up, the last one of a key holds.
small_data
small_config
"$program" plan run.yaml -n 4 -s train.batch_size=64 -s train.batch_size=50 -q > short.txt
"$program" plan --ranks=4 --set train.batch_size=50 --quiet run.yaml > long.txt
[[ $("$program" plan run.yaml --directory --set run.directory=runs/other --set data.train.file=missing.h5) == runs/other ]] ||
  fail 'plan: no run directory'
[[ $("$program" plan run.yaml --directory) == run ]] || fail 'plan: no run directory'
cmp <(grep -v "^  free in" short.txt) <(grep -v "^  free in" long.txt) || fail 'plan: short and long options differ'
grep -q '^4 ranks, 8 lanes, 6 to 7 rows' short.txt || fail "plan: $(cat short.txt)"
"$program" train run.yaml -q -s train.epochs=1 2> err.log || fail "train: $(cat err.log)"
[[ ! -s err.log ]] || fail "train -q is not quiet: $(cat err.log)"
"$program" eval run -q > test.txt
"$program" eval run --data test --quiet 2> err.log | cmp - test.txt || fail 'eval: test is not the default'
[[ ! -s err.log ]] || fail "eval --quiet is not quiet: $(cat err.log)"
[[ $("$program" eval -jqd validation run) == *'"rows":200,'* ]] || fail 'eval: 200 rows of validation expected'
[[ $("$program" eval -j --data=train run 2>/dev/null) == *'"rows":800,'* ]] || fail 'eval: 800 rows of training expected'
# Which rows are scored is told, all the more where nobody asked for them.
said() { "$program" eval run "${@:2}" 2>&1 > scores.txt | grep -qE "^shardprop: .*, step [0-9]+, $1\$" || fail "eval ${*:2}: not said: $1"; }
said '200 rows of test'
said '800 rows of train' --data train
said '200 rows of validation, because the configuration has no data.test' --set data.test=~
said '1,000 rows of train, because the configuration has neither data.test nor data.validation' --set data.test=~ --set data.validation=~
[[ $("$program" eval -jq run --set data.test=~) == *'"data":"validation","rows":200,'* ]] || fail 'eval: --json does not tell which rows'
# Files are written, and never standard output.
refused "predict: '-': expected the name of a file" predict run -o -
refused "import csv: '-': expected the name of a file" import csv rows.csv --target y --force --output -
refused "import synthetic: '-': expected the name of a file" import synthetic --rows 9 --features 2 --regression -o-
refused "plot: --output: expected the start of a path, got '-'" plot run -o -
refused "lr-find: --output: expected the start of a path, got '-'" lr-find run.yaml -o -
[[ -z $(find . -name '-*') ]] || fail "-o - has written: $(find . -name '-*')"
cmp <("$program" inspect -c run) <("$program" inspect run --config) || fail 'inspect: -c is not --config'
cmp <("$program" inspect -b run) <("$program" inspect run --bytes) || fail 'inspect: -b is not --bytes'
[[ $("$program" inspect -c run) == *$'\ntrain:'* ]] || fail 'inspect: no configuration'
refused 'data.h5: no checkpoint found' inspect data.h5 --config

# --- shardprop help ---
mapfile -t topics < <("$program" help | sed -n 's/^  \([a-z]*\) .*: .*/\1/p')
[[ ${topics[*]} == 'optimizer schedule layer loss metric initialiser transform config' ]] || fail "topics: ${topics[*]}"
for topic in "${topics[@]}"; do
  answers '' help "$topic"
  case $topic in
    config) mapfile -t names < <(sed -nE 's/^([a-z_]+) .*/\1/p' out.log) ;;
    *) mapfile -t names < <(sed -nE 's/^  ([a-z_0-9]+) .*/\1/p' out.log) ;;
  esac
  ((${#names[@]} > 0)) || fail "help $topic: no names: $(cat out.log)"
  for name in "${names[@]}"; do
    if [[ $topic == config ]]; then answers '' help config "$name"; else answers "$name: " help "$topic" "$name"; fi
    [[ -s out.log ]] || fail "help $topic $name: nothing"
  done
  refused "expected one of ${names[0]}" help "$topic" no_such_name_at_all
done
answers 'number in [0, 1)' help optimizer rmsprop
answers 'units ' help layer dense
answers 'batch_size ' help config train
answers 'batch_size: 32' help reference
refused "reference: expected no further argument, got 'train'" help reference train
refused "unknown layer 'dens' (did you mean 'dense'?)" help layer dens
refused "unknown section 'trian' (did you mean 'train'?)" help config trian
refused "unknown topic 'layr' (did you mean 'layer'?)" help layr
refused "unknown topic 'import': expected one of config, optimizer" help import

# --- commands that compute and then print, to a full device ---
for given in 'bench run.yaml --steps 3 --warm-up 1 --seconds 0.001' 'lr-find run.yaml --steps 20 -o found' 'eval run --json' 'help layer'; do
  code=0
  # shellcheck disable=SC2086  # words
  "$program" $given > /dev/full 2> err.log || code=$?
  [[ $code == 1 ]] && grep -q 'cannot write to standard output' err.log || fail "$given > /dev/full: exit $code: $(cat err.log)"
done
echo 'every command line is answered'
