#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Disks that are full (at the data, the metadata or the rename), read-only, or removed during the run: the run warns and
# continues, the last good checkpoint is unchanged, and when there is room again the run saves, with the right bits.
if [[ -z ${OWN_MOUNTS:-} ]]; then  # what is mounted here goes when the test ends
  unshare --mount mount -t tmpfs none /mnt 2>/dev/null || { echo 'SKIP: needs the superuser, to mount' && exit 77; }
  OWN_MOUNTS=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
preload=${4:-}
trap 'if [[ -n ${job:-} ]]; then kill "$job" 2>/dev/null || true; wait; fi; umount -R disk 2>/dev/null; rm -rf "$place"' EXIT

small_data
small_config
mkdir disk
run=disk/run
options=(--set "run.directory=$run" --set train.epochs=1000000 --set checkpoint.every='20 steps' --set checkpoint.keep=1
  --set train.monitor=loss --set data.validation=~ --set report.steps=0)

# fresh: a disk of 4 MB with a run that has saved step 20.
fresh() {
  umount disk 2>/dev/null || true
  mount -t tmpfs -o size=4m,nr_inodes=200 none disk
  on 2 train run.yaml --quiet "${options[@]}" --set train.steps=20
  remember_good
}

# read_only OPTIONS PLACE: mount it so, which is refused while the run has a file there open for writing.
read_only() {
  local tries
  for ((tries = 0; tries < 1000; tries++)); do
    if mount -o "$1" "$2" 2>/dev/null; then return; fi
    sleep 0.02
  done
  fail "$2 cannot be mounted read-only"
}
free() { df --output=avail -B 1 disk | tail -n 1; }
size_of() { stat -c %s "$run"/checkpoints/step-000000020/"$1"; }

# fill BYTES: fill the disk except for this many bytes.
fill() {
  local blocks=$((($(free) - $1) / 4096))
  dd if=/dev/zero of=disk/filled bs=4096 count=$blocks status=none
}

# await TEXT: wait until the run has logged the text; it must not end before.
await() {
  until grep -q "$1" err.log; do
    kill -0 $job 2>/dev/null || fail "$what: ended without '$1': $(cat err.log)"
    sleep 0.05
  done
}
start() {  # OPTION…: of mpirun
  : > err.log
  timeout 180 mpirun -n 2 "$@" "$program" train run.yaml "${options[@]}" 2> err.log &
  job=$!
}

# saves_again: beyond all that was there.
saves_again() {
  local before
  before=$(readlink "$run"/checkpoints/last || true)
  until [[ -e $run/checkpoints/last && $(readlink "$run"/checkpoints/last) > "$before" ]]; do
    kill -0 $job 2>/dev/null || fail "$what: ended, and did not save: $(cat err.log)"
    sleep 0.05
  done
}

# ends_well: stopped, with the bits of a run that nothing happened to.
ends_well() {
  local code=0 step
  kill -USR1 "$(ranks_of $job | tail -n 1)"
  wait $job || code=$?
  job=
  [[ $code == 75 ]] || fail "$what: exit $code: $(cat err.log)"
  ! grep -q 'shardprop: error' err.log || fail "$what: $(cat err.log)"
  step=$(readlink "$run"/checkpoints/last)
  step=$((10#${step#step-}))
  on 1 train run.yaml --quiet "${options[@]}" --set run.directory=whole --set "train.steps=$step" --set checkpoint.every='100000 steps'
  [[ $(state "$(last $run)") == "$(state "$(last whole)")" ]] || fail "$what: other bits after step $step"
  rm -rf whole
}
remember_good() { newest=$(readlink $run/checkpoints/last) && good=$(state "$(last $run)"); }
good_is_untouched() {
  [[ $(readlink $run/checkpoints/last) == "$newest" ]] || fail "$what: last is $(readlink $run/checkpoints/last)"
  [[ $(state "$(last $run)") == "$good" ]] || fail "$what: the last good checkpoint has changed"
}

# recovers WARNING COMMAND…: the run said so and went on; what the command mends is all it needs.
recovers() {
  await "$1"
  await 'training continues, next attempt to save in'
  good_is_untouched
  "${@:2}"
  saves_again
  ends_well
}

what='full at the data'
fresh
fill 65536
start
recovers 'needs 393.2 kB, .* free' rm disk/filled

what='full at the metadata'
fresh
fill $(($(size_of node-0000.h5) + $(size_of state.h5) / 2))
start
recovers 'state.h5: cannot be written: No space left' rm disk/filled

what='no file can be made'
fresh
for ((i = 0; i < 200; i++)); do : 2>/dev/null > disk/file-$i || break; done
start
recovers 'No space left on device' find disk -name 'file-*' -delete

what='not a byte free at the start'
fresh
echo '{"event":"epoch","step":25}' >> $run/metrics.jsonl
fill 0
start
recovers 'config.yaml: cannot be written: No space left' rm disk/filled

what='a stop on a full disk'
fresh
fill 0
start
await 'training continues, next attempt to save in'
kill -TERM "$(ranks_of $job | tail -n 1)"
code=0
wait $job || code=$?
job=
[[ $code == 1 ]] || fail "$what: exit $code: $(cat err.log)"
grep -q '"state": "failed"' $run/status.json || fail "$what: $(cat $run/status.json)"
grep -q '"reason": ".*needs 393.2 kB, but only 0 B are free' $run/status.json || fail "$what: $(cat $run/status.json)"
good_is_untouched

what='read-only'
fresh
start
saves_again
mount --bind $run/checkpoints $run/checkpoints
read_only remount,bind,ro $run/checkpoints
remember_good
await 'Read-only file system'
good_is_untouched
umount $run/checkpoints
saves_again
ends_well

what='moved away'
fresh
start
saves_again
mv disk/run disk/aside
await 'was removed during the run'
rm -rf disk/aside
saves_again
ends_well

if [[ -n $preload ]]; then
  fails_once() { # CALL BELOW NUMBER ERROR
    start -x LD_PRELOAD="$preload" -x FAIL_NAME="$1" -x FAIL_BELOW="$2" -x FAIL_CALL="$3" -x FAIL_WITH="$4" -x FAIL_ONCE=1
  }
  ENOSPC=28 EIO=5
  what='full at the rename'
  fresh
  fails_once rename /.step- 3 $ENOSPC  # state.h5, manifest, and what makes it a checkpoint
  await 'cannot be renamed to disk/run/checkpoints/step-0.*No space left .*training continues, next attempt to save in'
  saves_again
  ends_well

  what='an error of the disk'
  fresh
  fails_once fsync node-0000.h5 2 $EIO
  await 'cannot be written: Input/output error; training continues, next attempt to save in'
  saves_again
  ends_well

  what='the newest cannot be read'
  for file in manifest state.h5 node-0000.h5; do
    fresh
    on 2 train run.yaml --quiet "${options[@]}" --set checkpoint.keep=2 --set train.steps=40
    good=$(state "$(last $run)")
    timeout 60 mpirun -n 2 -x LD_PRELOAD="$preload" -x FAIL_BELOW="/step-000000040/$file" -x FAIL_CALL=1 -x FAIL_WITH=$EIO \
      "$program" train run.yaml --quiet "${options[@]}" --set train.steps=40 2> err.log || fail "$what: $file: $(cat err.log)"
    grep -q "$file: Input/output error; falling back to the previous checkpoint" err.log || fail "$what: $file: $(cat err.log)"
    [[ $(state "$(last $run)") == "$good" ]] || fail "$what: $file: other bits"
  done
fi

# --- a new run ---
what='a new run'
refused() { # TEXT
  local code=0
  find disk | sort > before
  on 2 train run.yaml --quiet "${options[@]}" --set run.directory=disk/new/deep 2> err.log || code=$?
  [[ $code == 1 ]] || fail "$what: exit $code: $(cat err.log)"
  grep -q "shardprop: error: .*$1" err.log || fail "$what: not '$1': $(cat err.log)"
  find disk | sort | cmp -s - before || fail "$what: it has left $(find disk)"
}
fresh
fill 65536
refused 'a checkpoint needs 393.2 kB'
rm disk/filled
for ((i = 0; i < 200; i++)); do : 2>/dev/null > disk/file-$i || break; done # no file can be created
for left in 1 2 1 1 1 1; do                                                  # 1, 3, 4, 5, 6, 7
  for ((j = 0; j < left; j++)); do rm "disk/file-$((--i))"; done
  refused 'No space left on device'
done
mkdir disk/new && : > disk/new/train.log # of somebody else
refused 'No space left on device'
find disk -name 'file-*' -delete
read_only remount,ro disk
refused 'Read-only file system (choose a path that you have permission to use'
echo 'all held'
