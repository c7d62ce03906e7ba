#!/usr/bin/env bash
# Objectives: the examples train with the same bits on every rank count and after a resume; the published values of x/log(x)
# come out; what is wrong with a plug-in is said.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
mkdir -p build
ln -s "$(dirname "$program")/examples" build/examples

# published NAME: the values after steps of a run, from records in which a step has the x before it.
published() {
  local step want got
  while read -r step want; do
    got=$(sed -n "s/.*\"event\":\"step\",\"step\":$((step + 1)),.*\"x\":\([0-9.]*\).*/\1/p" "runs/$1/metrics.jsonl")
    [[ $(printf %.4f "$got") == "$want" ]] || fail "$1: after step $step x is '$got', expected $want"
  done
}
for name in x_over_log_x_pytorch x_over_log_x_keras; do
  "$program" train "$source_root/configs/$name.yaml" --quiet --set data.rows=1501
done
published x_over_log_x_pytorch <<'END'
1 361.0000
101 302.5840
201 268.0156
301 236.2579
401 205.2928
501 174.5349
601 143.7643
701 112.8619
801 81.7036
901 50.0471
1001 17.0591
1101 2.7183
1201 2.7183
1301 2.7183
1401 2.7183
1500 2.7183
END
published x_over_log_x_keras <<'END'
1 363.0513
101 330.9281
201 300.8935
301 270.8544
401 240.8105
501 210.7600
601 180.7007
701 150.6295
801 120.5406
901 90.4234
1001 60.2539
1101 29.9579
1201 2.7183
1301 2.7183
1401 2.7183
END

# The same bits, and gone on with.
awk 'BEGIN { OFS = ","; print "a,t"; for (i = 0; i < 100; i++) print i / 50, 3 * i / 50 + sin(i) }' > line.csv
"$program" import csv line.csv --features a --target t -o line.h5 2> /dev/null
cat > line.yaml <<'YAML'
data: {train: {file: line.h5, features: /train/features, targets: /train/targets}, validation: {fraction: 0.2}}
model: {objective: {library: build/examples/linear_regression.so, options: {intercept: 1}}}
optimizer: {rmsprop: {lr: 0.01}}
train: {batch_size: 12, epochs: 5, lanes: 4, monitor: mse}
YAML
for config in line.yaml "$source_root/configs/bowl.yaml" "$source_root/configs/x_over_log_x_keras.yaml"; do
  name=$(basename "$config" .yaml)
  options=(--set train.lanes=4 --set train.batch_size=12 --set train.steps=20 --set data.shuffle=full)
  [[ $name == line ]] || options+=(--set data.rows=300)
  reference=''
  for precision in float32 float64; do
    for ranks in 1 2 4; do
      on $ranks train "$config" --quiet --set run.directory=$name-$precision-$ranks --set train.precision=$precision "${options[@]}"
      got=$(state "$(last $name-$precision-$ranks)")
      [[ $ranks == 1 ]] && reference=$got
      [[ $got == "$reference" ]] || fail "$name: $ranks ranks give other bits"
    done
    on 3 train "$config" --quiet --set run.directory=$name-$precision-again --set train.precision=$precision "${options[@]}" --set train.steps=7
    on 2 train "$config" --quiet --set run.directory=$name-$precision-again --set train.precision=$precision "${options[@]}"
    [[ $(state "$(last $name-$precision-again)") == "$reference" ]] || fail "$name: resumed, other bits"
  done
done
"$program" eval line-float32-2 | grep -q '^mse ' || fail 'eval does not show the score'
"$program" plan line.yaml | grep -q 'linear_regression/slope' || fail 'plan does not show the tensors'

# refused STATUS PART COMMAND…
refused() {
  local status=0 want=$1 part=$2
  shift 2
  timeout 60 "$program" "$@" > out.txt 2> err.log || status=$?
  ((status == want)) || fail "$*: status $status, expected $want: $(cat err.log)"
  grep -qF -- "$part" err.log || fail "$*: '$part' is not said: $(cat err.log)"
}
refused 2 'model.objective: an objective has no outputs' predict line-float32-2 -o none.h5
[[ ! -e none.h5 ]] || fail 'predict made a file'
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
refused 2 'cannot be loaded' "${train[@]}" --set model.objective.library=none.so
sed 's/a: 1/curvature: 1/' wrong.yaml > bad.yaml
refused 2 'bad.yaml:6:7: model.objective.options.curvature: unknown key (known: a, b, x, y)' train bad.yaml
refused 2 'model.objective.options.a: expected a number in (0, inf), got -1' "${train[@]}" --set model.objective.options.a=-1
refused 2 "model.objective.options.a: expected a number in (0, inf), got 'x'" "${train[@]}" --set model.objective.options.a=x
refused 2 'in place of layers and loss' "${train[@]}" --set model.loss=mse
refused 2 'data.rows: is for runs without data.train' train line.yaml --set data.rows=3
refused 2 'expected rows of one feature and one target, got 0 and 0' "${train[@]}" --set 'model.objective={library: build/examples/linear_regression.so}'
refused 2 'train.monitor' "${train[@]}" --set train.monitor=z
refused 1 'loss of the objective x_over_log_x' train "$source_root/configs/x_over_log_x_keras.yaml" --quiet \
  --set run.directory=nan --set optimizer.rmsprop.lr=400 --set data.rows=9
"$program" train wrong.yaml --quiet
refused 2 'model.objective.options.a: the run has 1, the configuration 2' "${train[@]}" --set model.objective.options.a=2

# plugin NAME FLAG…: a plug-in that is wrong in one way.
plugin() {
  local name=$1
  shift
  cc -shared -fPIC -I "$source_root/include" "$@" plugin.c -o "$name.so" -lm
}
cat > plugin.c <<'C'
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "shardprop/objective.h"
#ifndef VERSION
#define VERSION SP_OBJECTIVE_ABI
#endif
#ifndef SYMBOL
#define SYMBOL shardprop_objective
#endif
#ifndef SLOPE
#define SLOPE 2 * p[0][0]
#endif
#ifndef ROWS
#define ROWS (double)b->rows
#endif
#ifndef SECOND
#define SECOND "q"
#endif
#ifndef EXTENT
#define EXTENT 3
#endif
#ifndef START
#define START 1
#endif
#ifndef BEFORE
#define BEFORE
#endif
static int64_t tensors(const void *s) { (void)s; return 2; }
static void tensor(const void *s, int64_t i, sp_objective_tensor *t) {
  (void)s;
  strcpy(t->name, i ? SECOND : "p");
  t->rank = 2;
  t->extent[0] = i ? EXTENT : 1;
  t->extent[1] = i ? EXTENT : 1;
}
static void initial(const void *s, int64_t i, uint64_t seed, double *v) { (void)s, (void)i, (void)seed; v[0] = START; }
static void run(void *s, const sp_objective_batch *b, const double *const *p, double *const *g, double *sums) {
  (void)s;
  BEFORE;
  sums[0] = ROWS * (p[0][0] * p[0][0] + p[1][0] * p[1][0]);
  if (!g) return;
  g[0][0] = ROWS * (SLOPE);
  g[1][0] = ROWS * 2 * p[1][0];
}
const sp_objective SYMBOL = {.abi = VERSION, .name = "test", .tensors = tensors, .tensor = tensor,
#ifndef NO_INITIAL
                             .initial = initial,
#endif
                             .loss_and_gradient_float64 = run};
C
wrong() {
  local part=$2 status=$1
  shift 2
  plugin wrong "$@"
  rm -rf runs/wrong
  refused "$status" "$part" "${train[@]}" --set train.precision=float64 --set 'model.objective={library: wrong.so}'
}
wrong 2 'version 99 of the interface, expected 1' -DVERSION=99
wrong 2 'has no symbol shardprop_objective' -DSYMBOL=other
wrong 2 'member initial is NULL' -DNO_INITIAL
wrong 2 "two tensors are called 'p'" '-DSECOND="p"'
wrong 2 'its name cannot be used' '-DSECOND="p/q"'
wrong 2 'tensor q' '-DEXTENT=4000000000000'
wrong 1 'initial value 0 of test/p is not finite' -DSTART=NAN
wrong 1 'gradient of test/p' -DSLOPE=NAN
plugin good
refused 2 'has no loss_and_gradient_float32' "${train[@]}" --set 'model.objective={library: good.so}'
for crash in 'abort()' '*(volatile int *)8=1' 'raise(8)'; do
  plugin crash "-DBEFORE=$crash" -include signal.h
  rm -rf runs/wrong
  code=0
  "$program" "${train[@]}" --set train.precision=float64 --set model.objective.library=crash.so \
    --set 'model.objective={library: crash.so}' > out.txt 2> err.log || code=$?
  ((code > 2)) || fail "a crash ends with $code"
  grep -q 'model.objective: crash.so: loss_and_gradient_float64 crashed' err.log || fail "a crash is not told: $(cat err.log)"
done

# Gradients against finite differences.
for config in line.yaml "$source_root/configs/bowl.yaml" "$source_root/configs/x_over_log_x_keras.yaml"; do
  "$program" check-objective "$config" --set train.precision=float64 | grep -q 'gradient is right' || fail "$config: check-objective"
done
code=0
on 2 check-objective "$config" 2> error || code=$?
[[ $code == 2 ]] && grep -qF 'check-objective: expected one rank, got 2' error || fail "check-objective on two ranks: $code, $(cat error)"
check=(check-objective wrong.yaml --set train.precision=float64 --set 'model.objective={library: wrong.so}')
plugin wrong '-DSLOPE=2.01 * p[0][0]'
refused 1 'the gradient is wrong, at worst in test/p[0]' "${check[@]}"
plugin wrong '-DROWS=1.0'
refused 1 'expected a sum over rows' "${check[@]}"
