#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The moving average of the parameters: the same bits on every rank count, by windows and by messages, fresh and resumed; it
# is what the saved parameters make it; scores are its; what is trained does not depend on it.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

small_data
small_config
with=(--quiet --set optimizer.average=0.95 --set optimizer.clip_norm=1
  --set 'optimizer.groups=[{tensors: "*/bias", lr: 0.0005}]')

# epochs RUN: its records of epochs, but for times.
epochs() { grep '"event":"epoch"' "$1/metrics.jsonl" | sed 's/,"seconds".*//'; }

# validation RUN [OPTION…]: the loss that eval prints.
validation() { "$program" eval --quiet --data validation "$@" | awk '$1 == "loss" { print $2 }'; }

# same RUN: the state and the records of run `one`.
same() {
  [[ $(state "$(last "$1")") == "$expected" ]] || fail "$1: other bits"
  diff <(epochs one) <(epochs "$1") || fail "$1: other scores"
}

on 1 train run.yaml "${with[@]}" --set run.directory=one
expected=$(state "$(last one)")
for ranks in 2 3 5; do
  for path in window mpi; do
    on $ranks train run.yaml "${with[@]}" --set run.directory=$path-$ranks --set exchange.path=$path
    same $path-$ranks
  done
done
on 3 train run.yaml "${with[@]}" --set run.directory=resumed --set train.steps=23 --set exchange.path=mpi
on 5 train run.yaml "${with[@]}" --set run.directory=resumed --set train.steps=31
on 2 train run.yaml "${with[@]}" --set run.directory=resumed
same resumed

# Whatever the rule, the parameters are those of a run without an average. A vector is
# 6 blocks of 4,096 float32; the average lies behind the rule's slots.
vector=$((6 * 4096 * 4))
for rule in '{sgd: {lr: 0.05}}' '{rmsprop: {centered: true, momentum: 0.5, weight_decay: 0.01}}'; do
  rm -rf plain averaged
  on 2 train run.yaml --quiet --set "optimizer=$rule" --set train.steps=20 --set run.directory=plain
  on 3 train run.yaml --quiet --set "optimizer=$rule" --set optimizer.average=0.9 --set train.steps=20 \
    --set run.directory=averaged
  "$program" inspect "$(last plain)" --bytes > plain.bytes
  "$program" inspect "$(last averaged)" --bytes > averaged.bytes
  (($(wc -c < averaged.bytes) == $(wc -c < plain.bytes) + vector)) || fail "$rule: $(wc -c < averaged.bytes) bytes of state"
  cmp -n "$(wc -c < plain.bytes)" plain.bytes averaged.bytes || fail "$rule: the average changes what is trained"
  cmp -s <(tail -c $vector averaged.bytes) <(head -c $vector averaged.bytes) && fail "$rule: the average is the parameters"
done

# A vector of several runs (see exchange/shard.h).
wide=("${with[@]}" --set 'model.layers=[{dense: {units: 2048}}, relu, {dense: {units: 2100}}, relu, {dense: {units: 4}}]'
  --set train.lanes=3 --set train.batch_size=400 --set train.epochs=1 --set checkpoint.verify=false)
on 1 train run.yaml "${wide[@]}" --set run.directory=wide-1
on 3 train run.yaml "${wide[@]}" --set run.directory=wide-3
[[ $(state "$(last wide-1)") == "$(state "$(last wide-3)")" ]] || fail 'a vector of several runs: other bits on 3 ranks'
diff <(epochs wide-1) <(epochs wide-3) || fail 'a vector of several runs: other scores on 3 ranks'

# eval: the average where nothing else is said, with the scores that the run has had of it; else what is trained.
score=$(epochs one | tail -n 1 | sed 's/.*"validation":{"loss":\([^,}]*\).*/\1/')
[[ $(validation one/checkpoints/last) == "$score" ]] || fail "eval does not give the run's score $score"
[[ $(validation one/checkpoints/last --parameters average) == "$score" ]] || fail 'eval --parameters average: another score'
on 1 train run.yaml "${with[@]}" --set optimizer.average=none --set run.directory=plain-one
raw=$(validation plain-one/checkpoints/last)
[[ $(validation one/checkpoints/last --parameters raw) == "$raw" && $raw != "$score" ]] ||
  fail "eval --parameters raw: $(validation one/checkpoints/last --parameters raw), expected $raw, not $score"
for ranks in 1 3; do on $ranks eval one --json --quiet > score-$ranks.json; done
cmp score-1.json score-3.json || fail 'eval: other scores on 3 ranks'
grep -qF '"parameters":"average"' score-1.json || fail "eval --json: $(cat score-1.json)"
on 1 eval one > /dev/null 2> said.txt
grep -qF 'averaged parameters' said.txt || fail "eval does not say that it uses the average: $(cat said.txt)"

# predict, too: the accuracy of its classes is that of the average.
for ranks in 1 3; do on $ranks predict one --quiet --data validation -o predicted-$ranks.csv; done
cmp predicted-1.csv predicted-3.csv || fail 'predict: other predictions on 3 ranks'
"$program" predict one/checkpoints/last --quiet --data validation --parameters raw -o raw.csv
"$program" predict plain-one/checkpoints/last --quiet --data validation -o plain.csv
cmp raw.csv plain.csv || fail 'predict --parameters raw: not what the run without an average predicts'
"$program" predict one --quiet --data validation -o average.h5
h5dump -a /parameters average.h5 | grep -qF '"average"' || fail 'predict: the file does not say that it is of the average'
! cmp -s predicted-1.csv raw.csv || fail 'predict: the average predicts what the parameters do'
right=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { right += $at["class"] == $at["targets"] } END { print right / 200 }' predicted-1.csv)
[[ $("$program" eval one --quiet --data validation) == *"accuracy $right" ]] || fail "predict: an accuracy of $right"
status=0
"$program" eval plain-one --parameters average 2> error || status=$?
[[ $status == 2 ]] && grep -qF 'the run keeps no average' error || fail "eval without an average: $status, $(cat error)"

# Recomputed from the parameters of every step, in float64.
tiny=(--quiet --set train.precision=float64 --set 'model.layers=[{dense: {units: 4}}]' --set run.directory=tiny
  --set 'checkpoint={every: 1 steps, keep: 100}' --set train.steps=12 --set optimizer.rmsprop.lr=0.1)
on 2 train run.yaml "${tiny[@]}" --set optimizer.average=0.8
for ((step = 1; step <= 12; step++)); do
  "$program" inspect "$(printf 'tiny/checkpoints/step-%09d' $step)" --bytes > bytes
  (($(wc -c < bytes) == 5 * 4096 * 8)) || fail "tiny: $(wc -c < bytes) bytes of state"
  paste <(head -c 32768 bytes | od -An -v -w8 -tf8) <(tail -c 32768 bytes | od -An -v -w8 -tf8) | sed "s/^/$step /"
done | awk '
  $1 > 1 { expected = 0.8 * average[NR % 4096] + 0.2 * $2; off = expected - $3; if (off < 0) off = -off
           if (off > worst) worst = off; moved += $3 != average[NR % 4096] }
  { average[NR % 4096] = $3 }
  END { if (worst > 1e-12 || moved < 500 || NR != 12 * 4096) { print worst, moved, NR; exit 1 } }' ||
  fail 'the average is not what the parameters make it'

# A rank that dies in an evaluation: by messages the last three of these calls put the average in place, add up the scores and
# put the parameters back.
killed() {  # killed OPTION…: of mpirun
  timeout 60 mpirun -n 2 -x LD_PRELOAD="$preload" -x FAIL_KIND=messages -x FAIL_NAME=MPI_Allgatherv -x FAIL_RANK=1 "$@" \
    "$program" train run.yaml "${with[@]}" --set run.directory=killed --set exchange.path=mpi
}
preload=${4:-}
if [[ -n $preload ]]; then
  killed -x FAIL_LOG="$work/calls.log"
  calls=$(wc -l < calls.log)
  for ((call = calls - 2; call <= calls; call++)); do
    rm -rf killed
    status=0
    killed -x FAIL_CALL="$call" -x FAIL_WITH=0 2> error &
    ended $! || status=$?
    [[ $status != 0 && $status != 124 ]] || fail "a rank dies in call $call of $calls: exit $status: $(cat error)"
    on 2 train run.yaml "${with[@]}" --set run.directory=killed 2> /dev/null
    [[ $(state "$(last killed)") == "$expected" ]] || fail "a rank died in call $call of $calls: other bits"
  done
fi

# Not to be changed, and to be between 0 and 1.
refused() {  # refused RUN SETTING MESSAGE
  status=0
  on 2 train run.yaml "${with[@]}" --set run.directory="$1" --set "$2" 2> error || status=$?
  [[ $status == 2 ]] && grep -qF "$3" error || fail "$2: exit $status: $(cat error)"
}
refused plain-one optimizer.average=0.95 'optimizer.average: the run has none, the configuration 0.95'
refused one optimizer.average=none 'optimizer.average: the run has 0.95, the configuration none'
refused one optimizer.average=0.9 'optimizer.average: the run has 0.95, the configuration 0.9'
for value in 0 1 yes; do
  refused_setting optimizer.average=$value "optimizer.average: expected 'none' or a number in (0, 1)"
done

# The best checkpoint is that of the best averaged score; other commands count the average.
best=$(epochs one | sed 's/.*"step":\([0-9]*\),.*"validation":{"loss":\([^,}]*\).*/\2 \1/' | sort -g | head -n 1 | cut -d ' ' -f 2)
[[ $(readlink one/checkpoints/best) == "$(printf 'step-%09d' "$best")" ]] || fail "best is $(readlink one/checkpoints/best)"
"$program" verify one > /dev/null || fail 'verify'
"$program" plan run.yaml -n 3 --set train.lanes=3 --set 'optimizer={adam: {}, average: 0.9}' > plan.txt
grep -q "optimizer state  *98.3 kB" plan.txt || fail "plan: $(grep 'optimizer state' plan.txt)"
"$program" bench run.yaml --quiet --limits-only --seconds 0.002 --json --set optimizer.average=0.9 > limits.json
grep -q '"sweep_bytes": 44,' limits.json || fail "bench: $(cat limits.json)"  # gradient, parameter and 4 arrays of float32
status=0
"$program" diff one/checkpoints/last plain-one/checkpoints/last > diff.txt 2>&1 || status=$?
[[ $status == 1 ]] && grep -q average diff.txt || fail "diff: $status: $(cat diff.txt)"

# A skipped step moves nothing.
rm -rf data.h5
nonfinite_run
on 2 train run.yaml --quiet --set run.directory=skipped --set optimizer.average=0.9 --set train.on_nonfinite=skip \
  --set checkpoint.every='1 steps' --set train.steps=13 2> /dev/null
at() { state "$(printf 'skipped/checkpoints/step-%09d' "$1")"; }
[[ $(at 10) == "$(at 11)" && $(at 11) != "$(at 12)" ]] || fail 'a skipped step moves the average'
