#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A file system without symbolic links: several starts on several ranks, retention, every command that looks for the last or
# the best checkpoint, and a run that is moved between such a file system and an ordinary one.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
fail_calls=${4:-}
[[ $fail_calls ]] || { echo 'not built with the library that makes calls fail' && exit 77; }

small_data
small_config
train=(train run.yaml --set checkpoint.every='10 steps' --set checkpoint.keep=1)
bare() { LD_PRELOAD=$fail_calls FAIL_BELOW=${below:-bare/} FAIL_NAME=symlink FAIL_CALL=1 FAIL_WITH=1 on "$@"; }
name() { [[ ! -L $1/checkpoints/$2 ]] && cat "$1/checkpoints/$2"; }  # RUN LINK: of a text file
kept() { find "$1/checkpoints" -maxdepth 1 -name 'step-*' | wc -l; }

# --- starts, retention ---
on 2 "${train[@]}" --quiet --set run.directory=linked
bare 2 "${train[@]}" --set run.directory=bare --set train.steps=25 2> log || fail "the first start: $(cat log)"
[[ $(name bare last) == step-000000025 ]] || fail "last: $(ls -l bare/checkpoints)"
bare 3 "${train[@]}" --set run.directory=bare 2> log || fail "the second start: $(cat log)"
grep -q 'continuing after step 25' log || fail "it does not continue: $(cat log)"
! grep -qE 'warning|error' log || fail "$(cat log)"
[[ $(name bare last) == "$(readlink linked/checkpoints/last)" ]] || fail "last: $(ls -l bare/checkpoints)"
[[ $(name bare best) == "$(readlink linked/checkpoints/best)" ]] || fail "best: $(ls -l bare/checkpoints)"
(($(kept bare) <= 2)) || fail "with keep: 1 there are $(ls bare/checkpoints)"
newest=bare/checkpoints/$(name bare last)
[[ $(state "$newest") == "$(state "$(last linked)")" ]] || fail 'other bits than with links'

# --- the commands find the last and the best ---
for command in 'eval RUN --json' 'inspect RUN --bytes' 'inspect RUN --config' 'eval RUN/checkpoints/last --json' 'eval RUN/checkpoints/best --json'; do
  # shellcheck disable=SC2086  # words
  "$program" ${command/RUN/bare} > bare.out 2> log || fail "$command: $(cat log)"
  # shellcheck disable=SC2086
  "$program" ${command/RUN/linked} > linked.out 2> log
  diff <(sed 's/linked/bare/g' linked.out) bare.out || fail "$command: another answer than with links"
done
"$program" predict bare -o bare.csv --quiet && "$program" predict linked -o linked.csv --quiet
cmp bare.csv linked.csv || fail 'predict: other rows than with links'
for path in bare bare/checkpoints/last bare/checkpoints/best; do
  "$program" verify $path > out || fail "verify $path: $(cat out)"
  "$program" diff $path $path > out || fail "diff $path: $(cat out)"
  [[ $(state $path) == "$(state ${path/bare/linked})" ]] || fail "$path: another checkpoint than with links"
done
[[ $("$program" status bare) == *'state       done'* ]] || fail "status: $("$program" status bare)"

# --- what such a file may hold otherwise ---
for text in '' 'step-000000001' '../../data.h5' $'step\e[31m' '/' "$(printf 'x%.0s' {1..9000})"; do
  printf '%s' "$text" > bare/checkpoints/best
  code=0
  "$program" eval bare > out 2> log || code=$?
  [[ $code == 1 ]] || fail "best holds '$text': exit $code: $(cat log)"
  printf '%s' "$text" > bare/checkpoints/last
  bare 2 "${train[@]}" --quiet --set run.directory=bare 2> log || fail "last holds '$text': $(cat log)"
  [[ $(name bare last) == "${newest##*/}" ]] || fail "last holds '$text': $(ls -l bare/checkpoints)"
done

# --- a run that is moved between file systems ---
on 2 "${train[@]}" --quiet --set run.directory=linked --set train.epochs=4
rm -r bare
cp -rL linked/. copied && rm -r copied/checkpoints/{last,best}
for link in last best; do readlink linked/checkpoints/$link > copied/checkpoints/$link; done
on 2 "${train[@]}" --quiet --set run.directory=linked --set train.epochs=5
on 2 "${train[@]}" --set run.directory=copied --set train.epochs=5 2> log || fail "links again: $(cat log)"
[[ $(readlink copied/checkpoints/last) == "$(readlink linked/checkpoints/last)" ]] || fail "links again: $(ls -l copied/checkpoints)"
below=copied/
bare 2 "${train[@]}" --set run.directory=copied --set train.epochs=6 2> log || fail "no links any more: $(cat log)"
on 2 "${train[@]}" --quiet --set run.directory=linked --set train.epochs=6
[[ $(name copied last) == "$(readlink linked/checkpoints/last)" ]] || fail "no links any more: $(ls -l copied/checkpoints)"
[[ $(state "copied/checkpoints/$(name copied last)") == "$(state "$(last linked)")" ]] || fail 'no links any more: other bits'
echo 'runs need no links'
