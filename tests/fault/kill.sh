#!/usr/bin/env bash
# kill -9 of a rank at 50 random moments of a short run that saves often: every start goes on from what was committed,
# on another rank count each time, and the run ends with the bits of the uninterrupted one.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
kills=${SHARDPROP_KILLS:-50}

small_data
small_config
steps=$((60 * kills)) # more than the starts that are killed get done
options=(--quiet --set train.epochs=1000 --set "train.steps=$steps" --set checkpoint.every='3 steps')
on 1 train run.yaml "${options[@]}" --set run.directory=whole
expected=$(state "$(last whole)")

RANDOM=${SHARDPROP_SEED:-11}
killed=0 before=0
for ((attempt = 0; attempt < kills; attempt++)); do
  ranks=$((RANDOM % 4 + 1))
  on $ranks train run.yaml "${options[@]}" --set run.directory=killed 2> start.log &
  job=$!
  # Wait until it saves, then for a moment that no step knows of.
  for ((i = 0; i < 2000; i++)); do
    kill -0 $job 2>/dev/null || break
    victims=$(ranks_of $job)
    [[ $(wc -w <<<"$victims") == "$ranks" && -n $(find killed/checkpoints -newer start.log -name 'step-*' 2>/dev/null | head -n 1) ]] && break
    sleep 0.005
  done
  sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
  victim=$(shuf -n 1 --random-source=<(printf '%*s' 64 "$RANDOM") <<<"$victims")
  [[ -n $victim ]] && kill -9 "$victim" 2>/dev/null && killed=$((killed + 1))
  wait $job 2>/dev/null || true
  grep -q 'error' start.log && fail "start $attempt: $(cat start.log)"
  now=$("$program" inspect killed/checkpoints/last 2>/dev/null | sed -n 's/^step *\([0-9]*\).*/\1/p')
  ((${now:-0} >= before)) || fail "start $attempt lost committed steps: $before, then ${now:-none}"
  before=${now:-0}
done
((killed * 2 >= kills)) || fail "only $killed of $kills starts could be killed in time"
on 2 train run.yaml "${options[@]}" --set run.directory=killed
[[ $(state "$(last killed)") == "$expected" ]] || fail 'other bits than the uninterrupted run'
printf '%d starts, %d killed, last at step %d of %d: same bits\n' "$kills" "$killed" "$before" "$steps"
