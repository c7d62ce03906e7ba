#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signals and closed pipes stop a run with everything saved, from the first moment; standard output that cannot be written
# is an error; what lies in the way in a run directory steps aside; runs without symbolic links; names of runs.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
fail_calls=${4:-}

small_data
small_config
long=(train run.yaml --quiet --set train.epochs=1000000 --set checkpoint.every='17 steps')

# ended CODE COMMAND…: the command ends with this exit status.
ended() {
  local expected=$1 code=0
  shift
  "$@" 2> err.log || code=$?
  [[ $code == "$expected" ]] || fail "$*: exit $code, expected $expected: $(cat err.log)"
}

# says RUN KEY: a value of its status.json.
says() { sed -n "s/^  \"$2\": //p" "$1/status.json" | sed 's/,$//; s/^"//; s/"$//'; }

# --- every signal that asks for an end ---
for signal in HUP INT QUIT USR1 USR2 XCPU ALRM VTALRM PROF PWR STKFLT IO RTMIN RTMIN+7 RTMAX; do
  # A shell lets a job in the background ignore SIGINT and SIGQUIT, which would stay so.
  timeout 120 env --default-signal=INT,QUIT "$program" "${long[@]}" --set run.directory="to-$signal" 2> err.log &
  job=$!
  until [[ -e to-$signal/checkpoints/last ]]; do kill -0 $job 2> /dev/null || fail "$signal: $(cat err.log)"; sleep 0.02; done
  kill -"$signal" "$(says "to-$signal" pid)"
  ended 75 wait $job
  case $signal in
    IO) name=SIGPOLL ;;
    RTMAX) name=SIGRTMIN+30 ;;
    *) name=SIG$signal ;;
  esac
  [[ $(says "to-$signal" state) == preempted && $(says "to-$signal" reason) == "signal $name" ]] ||
    fail "$signal: $(cat "to-$signal/status.json")"
done

# --- nohup ---
timeout 120 env --ignore-signal=HUP "$program" "${long[@]}" --set run.directory=nohup 2> err.log &
job=$!
until [[ -e nohup/checkpoints/last ]]; do sleep 0.02; done
kill -HUP "$(says nohup pid)"
before=$(readlink nohup/checkpoints/last)
until [[ $(readlink nohup/checkpoints/last) > "$before" ]]; do kill -0 $job 2> /dev/null || fail "nohup: $(cat err.log)"; sleep 0.02; done
kill -TERM "$(says nohup pid)"
ended 75 wait $job

# --- a limit of CPU time ---
ended 75 bash -c 'ulimit -S -t 2; exec "$@"' - timeout 120 "$program" "${long[@]}" --set run.directory=limited
[[ $(says limited reason) == 'signal SIGXCPU' ]] || fail "limit of CPU time: $(cat limited/status.json)"

# --- the reader of the messages goes ---
mkfifo pipe
timeout 120 "$program" train run.yaml --set train.epochs=1000000 --set run.directory=piped --set report.progress=0.05 \
  2> pipe > /dev/null &
job=$!
head -n 3 pipe > /dev/null
ended 75 wait $job
[[ $(says piped state) == preempted && $(says piped reason) == *SIGPIPE* ]] || fail "pipe: $(cat piped/status.json)"
grep -q '"event":"stopped"' piped/metrics.jsonl || fail "pipe: not in metrics.jsonl"

# --- while it starts: nothing is trained, nothing is left ---
mkfifo late.yaml
"$program" train late.yaml --quiet --set run.directory=early 2> err.log &
job=$!
exec 3> late.yaml  # once the program waits for its configuration
kill -TERM $job
cat run.yaml >&3
exec 3>&-
ended 75 wait $job
[[ ! -e early ]] || fail "a stop at the start has left $(ls early)"

# --- other commands: they end at once, as any program does, and leave no part of a file ---
on 1 train run.yaml --quiet --set train.steps=20
"$program" import synthetic --rows 1500000 --features 12 --classes 4 -o large.h5 --quiet
mkdir bin
printf '#!/bin/sh\necho $$ > gnuplot.pid\nexec sleep 1000\n' > bin/gnuplot
chmod +x bin/gnuplot

# begun KIND: the command has come to what takes long.
begun() {
  case $1 in
    plot) [[ -s gnuplot.pid ]] ;;
    data) find "/proc/$job/fd" -lname '*/large.h5' 2> /dev/null | grep -q . ;;
  esac
}
runs() { [[ $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2> /dev/null || echo Z) != Z ]]; }  # PROCESS
of_large=(--set data.test.file=large.h5 --set data.test.features=/train/features --set data.test.targets=/train/targets)
while read -r kind command; do
  [[ $kind != data ]] || command+=" ${of_large[*]}"
  for signal in HUP INT; do
    rm -f gnuplot.pid ./*.csv out.txt
    : > err.log
    # shellcheck disable=SC2086  # words
    PATH=$work/bin:$PATH timeout 120 env --default-signal=INT "$program" $command > out.txt 2> err.log &
    waiting=$!
    until job=$(pgrep -P $waiting) && [[ $(readlink "/proc/$job/exe") == "$program" ]] && begun "$kind"; do
      kill -0 $waiting 2> /dev/null || fail "$command: ended before $signal: $(cat err.log)"
      sleep 0.01
    done
    kill -"$signal" "$job"
    code=0
    wait $waiting || code=$?
    [[ $code == $((128 + $(kill -l "$signal"))) ]] || fail "$command: $signal: exit $code: $(cat err.log)"
    [[ -z $(find . -name '*.new*') ]] || fail "$command: $signal: left $(find . -name '*.new*')"
    if [[ $kind == plot ]] && runs "$(< gnuplot.pid)"; then sleep 0.5; fi  # it dies at SIGKILL, soon
    [[ $kind != plot ]] || ! runs "$(< gnuplot.pid)" || fail "$command: $signal: gnuplot goes on"
  done
done << 'LIST'
plot plot run -o curves
plot lr-find run.yaml --steps 20 -o found
data predict run -o predicted.csv
data predict run -o predicted.h5
data eval run
data bench run.yaml --steps 1000000 --set data.train.file=large.h5
LIST
cp -r run watched
sed -i 's/"state": "done"/"state": "running"/; s/"host": ".*"/"host": "elsewhere"/' watched/status.json
timeout 120 "$program" status watched --watch > out.txt &
waiting=$!
until [[ -s out.txt ]]; do sleep 0.02; done
kill -HUP "$(pgrep -P $waiting)"
ended 129 wait $waiting

# --- standard output that cannot be written ---
for given in 'eval run' 'inspect run' 'inspect run --json' 'inspect run --bytes' 'inspect data.h5' 'plan run.yaml' 'status run' \
  'status run --json' 'verify run' 'diff run run' 'help' 'help config' 'train --help' 'import' '--version' '--help'; do
  [[ $given == import ]] && given='import --help'
  code=0
  # shellcheck disable=SC2086  # words
  "$program" $given > /dev/full 2> err.log || code=$?
  [[ $code == 1 ]] || fail "$given > /dev/full: exit $code"
  grep -q 'cannot write to standard output' err.log || fail "$given > /dev/full: $(cat err.log)"
  code=0
  # shellcheck disable=SC2086
  "$program" $given 2> err.log >&- || code=$?
  [[ $code == 1 ]] || fail "$given >&-: exit $code"
done

# --- names of runs ---
for name in . .. '' a/../b /a a/ -x ' x' $'a\nb' $'a\eb' "$(printf 'x%.0s' {1..300})"; do
  ended 2 "$program" train run.yaml --quiet --set "run.name=\"${name//$'\n'/\\n}\"" --set run.directory=null
  grep -q 'run.name' err.log || fail "name '$name': $(cat err.log)"
  [[ $(wc -l < err.log) == 1 ]] || fail "name '$name': $(cat err.log)"
done

# --- configurations: a byte order mark, line ends of Windows, other encodings, what is no file ---
{ printf '\xef\xbb\xbf' && sed 's/$/\r/' run.yaml; } > marked.yaml
"$program" plan marked.yaml > /dev/null || fail 'a byte order mark'
iconv -t UTF-16 run.yaml > wide.yaml
ended 2 "$program" plan wide.yaml
grep -q 'UTF-16' err.log || fail "UTF-16: $(cat err.log)"
mkdir a-directory
head -c 2000000 /dev/zero > large.yaml
: > empty.yaml
for file in nowhere.yaml a-directory large.yaml empty.yaml /dev/zero; do
  ended 2 "$program" train $file
  [[ $file == empty.yaml ]] || ended 2 "$program" plan $file --directory
done

# --- what lies in the way in a run directory ---
for file in lease lock status.json metrics.jsonl train.log config.yaml; do
  for kind in directory pipe dangling garbage large; do
    [[ $file == metrics.jsonl && $kind == large ]] && continue
    rm -rf "run/$file"
    case $kind in
      directory) mkdir "run/$file" && touch "run/$file/x" ;;
      pipe) mkfifo "run/$file" ;;
      dangling) ln -s nowhere/at/all "run/$file" ;;
      garbage) printf '\x01\xff not\nthis' > "run/$file" ;;
      large) head -c 5000 /dev/urandom > "run/$file" ;;
    esac
    ended 0 timeout 60 "$program" train run.yaml --set train.steps=20
    [[ $file != lease || $kind == dangling ]] || grep -q 'lease.damaged' err.log || fail "$file, $kind: no warning: $(cat err.log)"
  done
done
for name in last best; do
  rm -rf run/checkpoints/$name && mkdir run/checkpoints/$name
  ended 0 timeout 60 "$program" train run.yaml --set train.steps=20
  [[ $(readlink run/checkpoints/last) == step-000000020 ]] || fail "$name is a directory: $(ls -l run/checkpoints)"
done

# --- no locks, no symbolic links ---
if [[ $fail_calls ]]; then
  for code in 22 37 38 95; do  # EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP
    rm -rf unlocked
    LD_PRELOAD=$fail_calls FAIL_BELOW=unlocked/ FAIL_NAME=flock FAIL_CALL=1 FAIL_WITH=$code \
      "$program" train run.yaml --quiet --set run.directory=unlocked --set train.steps=5 2> err.log || fail "no locks: $(cat err.log)"
  done
  for code in 1 38 95; do  # EPERM, ENOSYS, EOPNOTSUPP
    rm -rf bare
    LD_PRELOAD=$fail_calls FAIL_BELOW=bare/ FAIL_NAME=symlink FAIL_CALL=1 FAIL_WITH=$code \
      "$program" train run.yaml --set run.directory=bare --set checkpoint.keep=1 2> err.log || fail "no links: $(cat err.log)"
    [[ ! -L bare/checkpoints/last && $(cat bare/checkpoints/last) == step-* ]] || fail "no links: $(ls -l bare/checkpoints)"
    grep -q warning err.log && fail "no links: $(cat err.log)"
  done
  "$program" eval bare --json > scores.json 2> err.log || fail "no links: eval: $(cat err.log)"
  grep -qF "\"step\":$(sed 's/step-0*//' bare/checkpoints/best)," scores.json || fail "no links: eval: $(cat scores.json)"
  "$program" eval bare/checkpoints/last --json > scores.json || fail 'no links: last'
  grep -qF "\"step\":$(sed 's/step-0*//' bare/checkpoints/last)," scores.json || fail "no links: last: $(cat scores.json)"
  "$program" verify bare/checkpoints/last > /dev/null || fail 'no links: verify'
  echo step-000000007 > bare/checkpoints/best
  ended 1 "$program" eval bare
  grep -q 'best: does not refer to a checkpoint' err.log || fail "no links: $(cat err.log)"
fi
echo 'all held'
