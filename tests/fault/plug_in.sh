#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plug-ins that are wrong, one way each: refused with place and reason, or found by check-objective; crashes are told, by the
# program alone. One in C++ trains.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
mkdir -p build
ln -s "$(dirname "$program")/examples" build/examples
# Under AddressSanitizer too, these signals are the plug-in's.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0"

# refused STATUS PART COMMAND…
refused() {
  local status=0 want=$1 part=$2
  shift 2
  timeout 60 "$program" "$@" > out.txt 2> err.log || status=$?
  ((status == want)) || fail "$*: status $status, expected $want: $(cat err.log)"
  grep -qF -- "$part" err.log || fail "$*: '$part' is not said: $(cat err.log)"
}

# beside CASE…: in the background, in a directory of its own: starting waits more than it computes. finish: all that run.
cases=0 running=()
beside() {
  cases=$((cases + 1))
  mkdir "case$cases"
  cp wrong.yaml "case$cases"
  (cd "case$cases" && "$@") &
  running+=($!)
  ((${#running[@]} < 8)) || finish
}
finish() {
  local process bad=0
  for process in "${running[@]}"; do wait "$process" || bad=1; done
  running=()
  ((bad == 0)) || exit 1
}

# --- the configuration --------------------------------------------------------------------------------------------

awk 'BEGIN { OFS = ","; print "a,t"; for (i = 0; i < 24; i++) print i / 12, i / 4 + sin(i) }' > line.csv
"$program" import csv line.csv --features a --target t -o line.h5 --quiet
cat > line.yaml <<'YAML'
data: {train: {file: line.h5, features: /train/features, targets: /train/targets}}
model: {objective: {library: build/examples/linear_regression.so, options: {intercept: 1}}}
train: {batch_size: 4, epochs: 2, lanes: 2, monitor: mse}
YAML
cat > wrong.yaml <<'YAML'
data: {rows: 4}
model:
  objective:
    library: build/examples/bowl.so
    options:
      a: 1
train: {batch_size: 2, epochs: 1}
YAML
train=(train wrong.yaml --quiet)
refused 2 'error: wrong.yaml:3:3: model.objective: none.so: cannot be loaded' "${train[@]}" \
  --set model.objective.library=none.so
sed 's/a: 1/curvature: 1/' wrong.yaml > bad.yaml
refused 2 'error: bad.yaml:6:7: model.objective.options.curvature: unknown key (known: a, b, x, y)' train bad.yaml
refused 2 'model.objective.options.a: expected a number in (0, inf), got -1' "${train[@]}" --set model.objective.options.a=-1
refused 2 "model.objective.options.a: expected a number in (0, inf), got 'x'" "${train[@]}" --set model.objective.options.a=x
refused 2 'replaces model.layers and model.loss' "${train[@]}" --set model.loss=mse
refused 2 'data.rows: applies to runs without data.train' train line.yaml --set data.rows=3
refused 2 'expected rows of one feature and one target, got 0 and 0' "${train[@]}" --set 'model.objective={library: build/examples/linear_regression.so}'
refused 2 'train.monitor' "${train[@]}" --set train.monitor=z
refused 1 'step 2 (epoch 1): not finite: loss of the objective x_over_log_x is ' train "$source_root/configs/x_over_log_x_keras.yaml" \
  --quiet --set run.directory=nan --set optimizer.rmsprop.lr=400 --set data.rows=9
"$program" train wrong.yaml --quiet
refused 2 'model.objective.options.a: the run has 1, the configuration 2' "${train[@]}" --set model.objective.options.a=2
rm -rf runs/wrong

# --- the table ----------------------------------------------------------------------------------------------------

# plugin NAME FLAG…
plugin() {
  local name=$1
  shift
  cc -shared -fPIC -O1 -I "$source_root/include" "$@" "$source_root/tests/tools/plug_in.c" -o "$name.so" -lm
}
# wrong STATUS PART FLAG…: so made it is refused.
own=(--set train.precision=float64 --set 'model.objective={library: wrong.so}')
wrong() {
  local part=$2 status=$1
  shift 2
  plugin wrong "$@"
  refused "$status" "$part" "${train[@]}" "${own[@]}"
}
beside wrong 2 'version 99 of the interface, expected 2' -DVERSION=99
beside wrong 2 'has no symbol shardprop_objective' -DSYMBOL=other
beside wrong 2 'member name: expected 1 to 31' '-DNAME="a/b"'
beside wrong 2 'member initial is NULL' -DNO_INITIAL
beside wrong 2 'are both NULL' -DNO_FLOAT64
beside wrong 2 "score 0: the name 'loss' is not valid" '-DSCORE="loss"'
beside wrong 2 "option 0 'k': its name, kind or range is not valid" '-DOPTION={"k", SP_OBJECTIVE_NUMBER, "1", "1 to 2", "range"}'
beside wrong 2 'model.objective.options.k: missing' '-DOPTION={"k", SP_OBJECTIVE_INTEGER, NULL, NULL, "must be given"}'
beside wrong 2 '0 tensors, expected 1' -DTENSORS=0
beside wrong 2 "two tensors have the name 'p'" '-DSECOND="p"'
beside wrong 2 'its name is not valid' '-DSECOND="p/q"'
beside wrong 2 'tensor q: rank 9, expected 0 to 8' -DRANK=9
beside wrong 2 'tensor q' '-DEXTENT=4000000000000'
beside wrong 1 'initial value 0 of test/p is not finite' -DSTART=NAN
beside wrong 1 'step 2 (epoch 1): not finite: gradient of test/p is -inf at value 0, in lane 0' '-DSLOPE=b->step == 1 ? -INFINITY : x'
beside wrong 1 'step 1 (epoch 1): not finite: loss of the objective test is inf' '-DLOSS=x / 0.0'
finish
printf 'const int shardprop_objective = 1;\n' | cc -shared -fPIC -x c - -o wrong.so
refused 2 'shardprop_objective has 4 bytes, expected the' "${train[@]}" "${own[@]}"
plugin wrong
refused 2 'has no loss_and_gradient_float32' "${train[@]}" --set 'model.objective={library: wrong.so}'

# --- crashes: the program tells them and ends of the signal -------------------------------------------------------

# crashed STATUS FUNCTION SIGNAL COMMAND FLAG…: so made, it does.
crashed() {
  local status=0 want=$1 function=$2 signal=$3 command=$4
  shift 4
  plugin wrong "$@"
  { timeout 60 "$program" "$command" wrong.yaml "${own[@]}" > out.txt 2> err.log; } 2> /dev/null || status=$?
  ((status == want)) || fail "$function, $signal: status $status, expected $want: $(cat err.log)"
  grep -qxF "shardprop: error: model.objective: wrong.so: $function crashed ($signal)" err.log ||
    fail "$function, $signal: not told: $(cat err.log)"
}
beside crashed 134 loss_and_gradient_float64 SIGABRT train '-DBEFORE=abort()'
beside crashed 139 loss_and_gradient_float64 SIGSEGV train '-DBEFORE=*(volatile int *)8=1'
beside crashed 136 loss_and_gradient_float64 SIGFPE train '-DBEFORE=raise(SIGFPE)'
beside crashed 139 loss_and_gradient_float64 SIGSEGV train '-DBEFORE=deep(&(volatile int){0})'
beside crashed 139 loss_and_gradient_float64 SIGSEGV check-objective '-DBEFORE=*(volatile int *)8=1'
for function in open tensors tensor initial close; do
  beside crashed 134 $function SIGABRT train '-DHERE(f)=if (strcmp(#f, CRASH) == 0) abort()' "-DCRASH=\"$function\""
done
finish
# In a program of somebody else's, signals are left alone.
plugin wrong '-DBEFORE=raise(SIGFPE)'
status=0
{ timeout 60 "$(dirname "$program")/src/examples/example_embedded_trainer" wrong.yaml run.directory=embedded \
  train.precision=float64 'model.objective={library: wrong.so}' > out.txt 2> err.log; } 2> /dev/null || status=$?
((status == 136)) || fail "embedded: status $status, expected 136: $(cat err.log)"
! grep -q 'shardprop: error' err.log || fail "embedded: signals are taken: $(cat err.log)"

# --- check-objective ----------------------------------------------------------------------------------------------

# right COMMAND…
right() {
  "$program" check-objective "$@" > out.txt 2> err.log || fail "check-objective $*: $(cat err.log)"
  grep -q '^the gradient is correct$' out.txt || fail "check-objective $*: $(cat out.txt)"
}
x_over_log_x=$source_root/configs/x_over_log_x_keras.yaml
for precision in float32 float64; do
  for config in line.yaml "$source_root/configs/bowl.yaml" "$x_over_log_x"; do
    right "$config" --set train.precision=$precision
    grep -q "^[0-9]* values compared: gradient in $precision, finite differences in float64$" out.txt || fail "$config: $(cat out.txt)"
  done
done
right line.yaml --points 4 --batches 5 --seed 3
grep -q '^40 values compared' out.txt || fail "2 values at 4 points, on 5 batches: $(cat out.txt)"
right line.yaml --points 1 --batches 1000 # there are 12, and the initial values are looked at
grep -q '^24 values compared' out.txt || fail "2 values at one point, on 12 batches: $(cat out.txt)"
plugin wrong -DFLOAT32 -DNO_FLOAT64
right wrong.yaml --set 'model.objective={library: wrong.so}'
grep -q 'gradient in float32, finite differences in float32' out.txt || fail "without float64: $(cat out.txt)"
plugin wrong '-DLOSS=fabs(x - 1) + square' '-DSLOPE=x < 1 ? -1.0 : 1.0' # a kink at the initial value
right wrong.yaml "${own[@]}"
grep -q '^2 of them skipped' out.txt || fail "a kink: $(cat out.txt)"

# found PART FLAG…: so made, what is wrong is found.
found() {
  local part=$1
  shift
  plugin wrong "$@"
  refused 1 "$part" check-objective wrong.yaml "${own[@]}"
}
beside found 'the gradient is wrong; the largest error is in test/p[0]: gradient 4.00002, finite differences 4, at point 0 (the initial values), batch 0' \
  '-DSLOPE=x == 1 ? 2.00001 : 2 * x'
# Away from the initial values only.
found 'the gradient is wrong; the largest error is in test/p[0]' '-DSLOPE=x == 1 ? 2 : 2.001 * x'
grep -q 'at point [12], batch' err.log || fail "which point: $(cat err.log)"
beside found 'finite differences 4, at point 0 (the initial values), batch 1' '-DSLOPE=b->step == 1 ? 0 : 2 * x' # in the second batch only
beside found 'the gradient is wrong; the largest error is in test/p[0]: gradient nan' '-DSLOPE=NAN'
beside found 'add up to 4: expected a sum over rows' '-DROWS=1.0'
beside found 'add up to 8: expected a sum over rows' '-DSLOPE=4.0 / (double)b->rows'
beside found 'two calls with the same arguments return different losses' '-DLOSS=x * x + square + 1e-9 * calls++' '-DBEFORE=static int calls'
beside found 'the objective writes past the end of the gradient of test/p' -DBESIDE=1
beside found 'with a gradient and' '-DLOSS=x * x + square + (g ? 1e-9 : 0)'
beside found 'the loss is inf at point 0, the initial values, batch 0' '-DLOSS=x / 0.0'
finish
plugin wrong -DFLOAT32 '-DLOSS=x * x + square + (sizeof **p == 4 ? 0.01 : 0)'
refused 1 'in float32 and' check-objective wrong.yaml --set 'model.objective={library: wrong.so}'
refused 2 "expected an integer in [1, 1000], got '0'" check-objective wrong.yaml --points 0
code=0
on 2 check-objective wrong.yaml 2> err.log || code=$?
((code == 2)) || fail "on two ranks: status $code"
grep -qF 'expected one rank, got 2' err.log || fail "on two ranks: $(cat err.log)"

# --- C++ ----------------------------------------------------------------------------------------------------------

if command -v g++ > /dev/null; then
  g++ -std=c++17 -Wall -Wextra -Werror -shared -fPIC -I "$source_root/include" "$source_root/tests/tools/plug_in.cc" -o cxx.so
  right wrong.yaml --set 'model.objective={library: cxx.so, options: {to: 2}}'
  "$program" train wrong.yaml --quiet --set run.directory=cxx --set 'model.objective={library: cxx.so}' ||
    fail 'a plug-in in C++ does not train'
fi
