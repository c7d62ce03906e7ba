#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A storm: a run is started again and again, on another number of ranks and with another exchange. Before each start
# checkpoints, links and files of the run directory are damaged; each start ends by a signal, a watchdog, a full disk or
# at a step that was asked for. Every start must go on from the newest checkpoint that is whole, nothing may be left behind,
# and the run must end with the bits of a run that nothing happened to.
# SHARDPROP_RESTARTS: how many starts. SHARDPROP_SEED: which faults; the same seed draws the same ones, though the steps they
# strike at depend on how fast the run is.
if [[ -z ${OWN_MOUNTS:-} ]] && unshare --mount mount -t tmpfs none /mnt 2> /dev/null; then
  OWN_MOUNTS=1 exec unshare --mount --propagation private bash "$0" "$@" # what is mounted here goes when the test ends
fi
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
restarts=${SHARDPROP_RESTARTS:-12} seed=${SHARDPROP_SEED:-5}
LC_ALL=C
shopt -s nullglob
limit=180 # seconds; a start that has not ended by then hangs
job='' lanes=6 most_ranks=8 keep=4 moment=''
clean_up() {
  # shellcheck disable=SC2046  # several
  [[ -z $job ]] || kill -9 $(descendants "$job") 2> /dev/null
  umount disk 2> /dev/null
  rm -rf "$place"
}
trap 'set +e; clean_up' EXIT

small_data
small_config
mkdir disk
run=disk/run checkpoints=disk/run/checkpoints
options=(--set train.epochs=1000000 --set checkpoint.every='3 steps' --set "checkpoint.keep=$keep" --set "train.lanes=$lanes")

# --- where faults strike ---
# Each restart draws from these tables: what is damaged, how (damage_NAME is the function that does it), and how the start
# ends: SIGNAL RECEIVER, or a function end_NAME. What is drawn in a subshell would not be the same for the same seed.
damages=(cut zeroed flipped emptied removed)
damaged_files=(part part state.h5 manifest)
links=(best last)
link_damages=(removed text dangling loop directory)
files=(status.json metrics.jsonl train.log config.yaml lease lock restarts)
file_damages=(removed emptied random huge directory)
endings=('KILL rank' 'KILL mpirun' 'KILL all' 'SEGV rank' 'ABRT rank' 'TERM rank' 'INT rank' 'HUP rank' 'XCPU rank'
  'USR1 mpirun' 'TERM mpirun' 'HUP all' paused orphaned stuck finished)
if [[ -n ${OWN_MOUNTS:-} ]]; then
  mount -t tmpfs -o size=16m none disk
  mount -t tmpfs none /dev/shm
  endings+=(full full_at_start)
fi

declare -A drawn=()
count() { drawn[$1]=$((${drawn[$1]:-0} + 1)); }
draw() { # NAME VALUE…: one of the values
  local -n into=$1
  shift
  # shellcheck disable=SC2034  # the caller's variable
  into=${*:RANDOM % $# + 1:1}
}
garbage() { # BYTES FILE: bytes of the program, from anywhere in it
  local from=$((RANDOM * 10 + 1))
  { cat "$program" "$program" "$program" | tail -c +$from | head -c "$1" || true; } > "$2"
}

damage_cut() { truncate -s $(($(stat -c %s "$1") * (RANDOM % 100) / 100)) "$1"; }
damage_zeroed() { # a quarter of it
  local size
  size=$(stat -c %s "$1")
  dd if=/dev/zero of="$1" bs=1 seek=$((size * (RANDOM % 75) / 100)) count=$((size / 4)) conv=notrunc status=none
}
damage_flipped() { # four bytes
  local size i at old new
  size=$(stat -c %s "$1")
  for ((i = 0; i < 4; i++)); do
    at=$(((RANDOM * 32768 + RANDOM) % size)) new=$((1 + RANDOM % 255))
    old=$(od -An -tu1 -j $at -N 1 "$1")
    printf -v new '\\x%x' $(((old + new) % 256))
    printf '%b' "$new" | dd of="$1" bs=1 seek=$at conv=notrunc status=none
  done
}
damage_directory() { rm -rf "$1" && mkdir "$1" && garbage 100 "$1/file"; }
damage_emptied() { rm -rf "$1" && : > "$1"; }
damage_removed() { rm -rf "$1"; }
damage_text() { rm -rf "$1" && garbage 40 "$1"; }
damage_dangling() { rm -rf "$1" && ln -sfn step-999999999 "$1"; }
damage_loop() { rm -rf "$1" && ln -sfn "${1##*/}" "$1"; }
damage_random() { rm -rf "$1" && garbage $((1 + RANDOM % 3000)) "$1"; }
damage_huge() { rm -rf "$1" && garbage 2000000 "$1"; }

# --- what is known of the run ---
declare -A damaged=() # steps whose checkpoint was damaged here

steps_of() { # all that are there, oldest first
  local path
  for path in "$checkpoints"/step-*; do printf '%d\n' $((10#${path##*step-})); done
}
path_of() { printf '%s/step-%09d' "$checkpoints" "$1"; }
good_steps() {
  local step
  for step in $(steps_of); do [[ -n ${damaged[$step]:-} ]] || printf '%d\n' "$step"; done
}
newest_whole() { # a changed byte may be one that has no meaning
  local newest=-1 step
  for step in $(steps_of); do
    if [[ -z ${damaged[$step]:-} ]] || "$program" verify "$(path_of "$step")" > /dev/null 2>&1; then newest=$step; fi
  done
  printf '%d\n' "$newest"
}
newest_good() { good_steps | tail -n 1 | grep . || printf '%d\n' -1; }
writes() {
  local partial=("$checkpoints"/.step-*.partial*)
  ((${#partial[@]} > 0))
}
newest_name() {
  local committed=("$checkpoints"/step-*)
  ((${#committed[@]} == 0)) || stat -c %i/%n "${committed[@]}" 2> /dev/null | sort | sha256sum
}
has_saved() { [[ $(newest_name) != "$saved" ]]; }
has_started() { grep -q '^shardprop: model' start.log; }
has_said() { grep -q "$1" start.log; }
all_started() {
  ranks_started=$(ranks_of "$job")
  [[ $(wc -w <<< "$ranks_started") == "$ranks" ]]
}

# --- faults before a start ---
say_fault() { faults+=("$1;") && count "${2:-$1}"; }

# A file of the newest good checkpoint, or one in each of the two newest, where older ones are good; but not of the best.
fault_checkpoint() {
  local good file how i most=$((RANDOM % 2 + 1)) step
  mapfile -t good < <(good_steps)
  for ((i = 1; i <= most && ${#good[@]} >= keep; i++)); do
    step=${good[-i]}
    [[ $step != "$best" ]] || continue
    draw file "${damaged_files[@]}"
    draw how "${damages[@]}"
    say_fault "step $step: $file $how" "$file $how"
    [[ $file != part ]] || draw file "$(basename -a "$(path_of "$step")"/node-*)"
    "damage_$how" "$(path_of "$step")/$file"
    damaged[$step]=1
  done
}
fault_link() {
  local link how
  draw link "${links[@]}"
  draw how "${link_damages[@]}"
  [[ -d $checkpoints ]] || return 0
  "damage_$how" "$checkpoints/$link"
  say_fault "$link $how"
}
fault_file() {
  local file how
  draw file "${files[@]}"
  draw how "${file_damages[@]}"
  [[ -d $run ]] || return 0
  "damage_$how" "$run/$file"
  say_fault "$file $how"
}
# What a start that was killed may leave.
fault_leftovers() {
  [[ -d $checkpoints ]] || return 0
  mkdir -p "$checkpoints/.step-000000123.partial-1a2b" "$checkpoints/.step-000000456.removed"
  garbage 5000 "$checkpoints/.step-000000123.partial-1a2b/node-0000.h5"
  ln -sfn step-000000123 "$checkpoints/.last.new"
  garbage 100 "$run/lease.new"
  garbage 100 "$run/status.json.new"
  say_fault leftovers
}
disturb() {
  local kind
  for kind in link file file leftovers checkpoint; do
    ((RANDOM % 2 == 0)) || "fault_$kind"
  done
}

# --- faults while it runs ---
# until_so CONDITION…: false when the job ends before; a wait without end ends in the time limit of the job.
until_so() {
  until "$@"; do
    kill -0 "$job" 2> /dev/null || return 1
    sleep 0.01
  done
}
signal() { kill "-$1" "${@:2}" 2> /dev/null || true; }
launcher() { pgrep -P "$job" || true; }
await_moment() { # drawn before: while it starts, while it writes a checkpoint, or after one
  case $moment in
    starting) ;;
    writing) until_so has_started && until_so writes && sleep "0.00$((RANDOM % 10))" ;;
    saved) until_so has_started && until_so has_saved && sleep "0.$((RANDOM % 4))$((RANDOM % 10))" ;;
  esac
}

# end_by_signal SIGNAL RECEIVER: a rank that is asked to stop saves and leaves, and all others with it.
end_by_signal() {
  local receiver
  case $2 in
    rank) receiver=$a_rank ;;
    mpirun) receiver=$(launcher) ;;
    all) receiver="$(launcher) $ranks_started" ;;
  esac
  await_moment || return 0
  # shellcheck disable=SC2086  # several
  signal "$1" $receiver
  if [[ $moment == starting ]]; then return; fi
  case "$1 $2" in 'TERM rank' | 'INT rank' | 'HUP rank' | 'XCPU rank' | 'USR1 mpirun') expected=75 ;; esac
}
stop_in_order() { signal USR1 "$(launcher)" && expected=75; }

# A rank, or all of them, are suspended for a moment and continue.
end_paused() {
  local receiver
  receiver=$a_rank
  ((RANDOM % 2)) || receiver=$ranks_started
  until_so has_started || return 0
  await_moment || return 0
  # shellcheck disable=SC2086  # several
  signal STOP $receiver
  sleep "0.$((RANDOM % 10))"
  saved=$(newest_name)
  # shellcheck disable=SC2086
  signal CONT $receiver
  until_so has_saved && stop_in_order
}
# A rank is suspended, its launcher is killed, and then it continues: it must leave, too.
end_orphaned() {
  until_so has_started || return 0
  await_moment || return 0
  signal STOP "$a_rank"
  signal KILL "$(launcher)"
  sleep "0.$((RANDOM % 10))"
  signal CONT "$a_rank"
}
# A rank is suspended for good: the watchdog ends the job.
end_stuck() {
  until_so has_started || return 0
  await_moment || return 0
  signal STOP "$a_rank"
  explained='watchdog: no progress'
}
end_finished() { expected=0; }
fill() { dd if=/dev/zero of=disk/filled bs=4096 status=none 2> /dev/null || true; }
# The disk is full for a while: the run continues without saving, and saves when there is room.
end_full() {
  until_so has_started || return 0
  await_moment || return 0
  fill
  until_so has_said 'training continues, next attempt to save in' || return 0
  saved=$(newest_name)
  rm disk/filled
  until_so has_saved && stop_in_order
}
# It may be full no more when the start has replaced a file that was huge.
fails_or_saves() { has_said 'training continues, next attempt to save in' || has_saved; }
end_full_at_start() {
  until_so fails_or_saves || return 0
  saved=$(newest_name)
  rm disk/filled
  until_so has_saved && stop_in_order
}

# --- a start, and what must be so afterwards ---
start() {
  local more=()
  case $ending in
    stuck) more=(--set train.watchdog=5) ;; # seconds
    finished) more=(--set "train.steps=$(((before > 0 ? before : 0) + 1 + RANDOM % 20))") ;;
    full_at_start) fill ;;
  esac
  timeout $limit mpirun -n "$ranks" "$program" train run.yaml "${options[@]}" "${more[@]}" --set "exchange.path=$path" \
    --set "run.directory=$run" 2> start.log &
  job=$!
}
lost() {
  fail "restart $attempt (seed $seed) on $ranks ranks, exchange $path, faults before it: ${faults[*]:-none;} ended by $ending:" \
    "$*"$'\n'"$(tail -n 30 start.log)"
}

check_processes() {
  local process i
  for process in $ranks_started; do
    for ((i = 0; i < 3000; i++)); do
      [[ $(readlink "/proc/$process/exe" 2> /dev/null || true) == "$program" ]] || break
      sleep 0.01
    done
    ((i < 3000)) || lost "process $process is left, in state $(sed -n 's/^State:\t//p' "/proc/$process/status")"
  done
}
check_log() {
  local went_on
  if [[ -z $explained ]] || ! grep -q "$explained" start.log; then
    ! grep -q 'shardprop: error' start.log || lost 'it says an error'
  fi
  went_on=$(sed -n 's/^shardprop: continuing after step \([0-9]*\) .*/\1/p' start.log)
  [[ ${went_on:-$before} == "$before" ]] || lost "it went on after step $went_on, the newest good checkpoint is of step $before"
  [[ -z $went_on ]] || continued=$((continued + 1))
}
check_checkpoints() {
  local step now
  for step in "${!damaged[@]}"; do # written again by this start, or gone
    if [[ ! -e $(path_of "$step") ]]; then unset "damaged[$step]"; continue; fi
    ! "$program" verify "$(path_of "$step")" > /dev/null 2>&1 || unset "damaged[$step]"
  done
  now=$(newest_good)
  ((now >= before)) || lost "committed steps are lost: the newest good one was $before, now it is $now"
  if ((now >= 0)) && ! "$program" verify "$(path_of "$now")" > verify.log 2>&1; then
    lost "step $now was committed and is not whole: $(cat verify.log)"
  fi
  before=$now
  best=$(readlink "$checkpoints/best" | sed -n 's/^step-0*\([0-9]\)/\1/p' || true)
}
# Where the start has gone on, it has removed what it did not need: there are the newest, the best, the links, damaged ones, two
# links that were set aside, and one that was being written. What a killed Open MPI leaves in /dev/shm is its own.
check_leftovers() {
  local all=("$checkpoints"/* "$checkpoints"/.[a-z]*) stray='' most=$((keep + 1 + 2 + ${#damaged[@]} + 3))
  if has_said 'continuing after step' && ((${#all[@]} > most)); then lost "more than $most files: ${all[*]##*/}"; fi
  stray=$(find "$run" -mindepth 1 -maxdepth 1 -printf '%f\n' 2> /dev/null | grep -vxE \
    '(checkpoints|watchdog|(config.yaml|lease|lock|metrics.jsonl|restarts|status.json|train.log)(\.new|\.damaged)?)' || true)
  [[ -z $stray ]] || lost "unknown files: $stray"
  [[ -n ${OWN_MOUNTS:-} ]] || return 0
  stray=$(find /dev/shm -mindepth 1 -not -name 'vader_segment*' -not -name 'sm_segment*' -printf '%f\n')
  [[ -z $stray ]] || lost "left in /dev/shm: $stray"
  rm -rf /dev/shm/*
}

RANDOM=$seed
for ((i = ${#endings[@]} - 1; i > 0; i--)); do # in any order
  other=$((RANDOM % (i + 1)))
  ending=${endings[i]} endings[i]=${endings[other]} endings[other]=$ending
done
before=-1 best='' continued=0
for ((attempt = 0; attempt < restarts; attempt++)); do
  RANDOM=$((seed * 1000 + attempt))
  faults=() expected='' explained='' code=0 ranks_started=''
  ending=${endings[attempt % ${#endings[@]}]}
  ((attempt > 0)) || ending='KILL rank' # the first start of a run is not to find a full disk
  ranks=$((RANDOM % most_ranks + 1)) number=$((RANDOM % (ranks < lanes ? ranks : lanes) + 1))
  [[ $ending != stuck || $ranks != 1 ]] || ranks=2 # a rank that is stopped does not watch itself
  draw path auto window mpi
  draw moment starting writing saved saved
  count "$ending"
  disturb
  before=$(newest_whole)
  saved=$(newest_name)
  start
  if until_so all_started; then
    a_rank=$(sort -n <<< "$ranks_started" | sed -n "${number}p") # one that works: launchers start them in order
    case $ending in
      *' '*) end_by_signal "${ending% *}" "${ending#* }" ;;
      *) "end_$ending" ;;
    esac
  fi
  ended "$job" 2> /dev/null || code=$?
  job=''
  check_processes
  rm -f disk/filled
  if ((code == 124)) && ! grep -q '^shardprop:' start.log && [[ $moment == starting ]]; then
    count "hung in MPI_Init, where a rank died" # Open MPI's mpirun waits then; the launchers give up and start again
  elif ((code == 124)); then
    lost "it had not ended after $limit s"
  elif [[ -n $expected && $code != "$expected" ]]; then
    lost "exit status $code, expected $expected"
  fi
  check_log
  check_checkpoints
  check_leftovers
done

ranks=2 path=auto ending='a stop at a step' faults=() attempt=end
newest=$(steps_of | tail -n 1)
steps=$((newest + 3 * keep + 3)) # what was damaged is no longer kept then
on 2 train run.yaml "${options[@]}" --set "run.directory=$run" --set "train.steps=$steps" 2> start.log || lost 'it fails'
check_log
"$program" verify "$run" > verify.log 2>&1 || lost "verify: $(cat verify.log)"
all=("$checkpoints"/.[a-z]* "$run"/*.new)
((${#all[@]} == 0)) || lost "left behind: ${all[*]}"
on 2 train run.yaml "${options[@]}" --quiet --set run.directory=whole --set "train.steps=$steps" \
  --set checkpoint.every='1000000 steps'
[[ $(state "$(last $run)") == "$(state "$(last whole)")" ]] || lost 'other bits than the run that nothing happened to'
((continued * 2 >= restarts)) || fail "only $continued of $restarts starts got as far as to go on"
for name in "${!drawn[@]}"; do printf '%s: %d\n' "$name" "${drawn[$name]}"; done | sort | paste -sd , | sed 's/,/, /g'
printf '%d starts, %d went on, last at step %d: same bits, whole, nothing left behind (seed %d)\n' "$restarts" "$continued" \
  "$steps" "$seed"
