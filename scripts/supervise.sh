# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Functions of scripts/slurm/train.sbatch and scripts/shardprop-run: one start of a run under mpirun or srun, to which every
# request to stop is passed as SIGUSR1, and its outcome. Sourced.
#
# Expects `directory`, the run directory, and `start_timeout`, in seconds (0: none).
directory=${directory-}
start_timeout=${start_timeout-1800}
stopping='' # the signal that requested a stop
code=0      # exit status of the last start
verdict=''  # done, failed, stopped (after saving a checkpoint) or killed
why=''
job='' reminder='' watcher='' before=''

say() { printf '%s: %s\n' "$(date '+%F %T')" "$*" >&2 || true; }

# find_program PROJECT: print the path of the program: SHARDPROP, otherwise shardprop on PATH, otherwise build/shardprop.
find_program() {
  if [[ -n ${SHARDPROP-} ]] || command -v shardprop >/dev/null; then
    command -v "${SHARDPROP:-shardprop}"
  else
    command -v "$1/build/shardprop"
  fi
}

# Let mpirun notice within 15 s that a host is disconnected. Without this, mpirun and its daemons wait permanently.
notice_cuts() {
  export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time-5}
  export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl-2}
  export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes-3}
  # The same for Open MPI 5.
  export PRTE_MCA_oob_tcp_keepalive_time=${PRTE_MCA_oob_tcp_keepalive_time-$OMPI_MCA_oob_tcp_keepalive_time}
  export PRTE_MCA_oob_tcp_keepalive_intvl=${PRTE_MCA_oob_tcp_keepalive_intvl-$OMPI_MCA_oob_tcp_keepalive_intvl}
  export PRTE_MCA_oob_tcp_keepalive_probes=${PRTE_MCA_oob_tcp_keepalive_probes-$OMPI_MCA_oob_tcp_keepalive_probes}
}

status_file() { tr -d '\0' 2>/dev/null <"$directory/status.json" || true; }

# Print the value of a key in status.json, which has one key per line.
status_of() { status_file | sed -n "s/^ *\"$1\": *//p" | sed 's/,$//; s/^"\(.*\)"$/\1/'; }

# Print the newest committed step, or -1 if there is none.
committed() {
  local newest
  newest=$(find "$directory/checkpoints" -maxdepth 1 -name 'step-*' 2>/dev/null | sort | tail -n 1)
  if [[ $newest =~ step-0*([0-9]+)$ ]]; then printf '%s\n' "${BASH_REMATCH[1]}"; else printf '%s\n' -1; fi
}

# request_stop SIGNAL: request a stop by USR1, because mpirun kills its ranks within two seconds on any other signal. A launcher
# or rank that is still starting may miss it, so it is repeated until the launcher has ended.
request_stop() {
  say "$1: requesting the run to stop"
  stopping=$1
  [[ -z $job ]] || remind
}

remind() {
  if [[ -n $reminder ]]; then return 0; fi # without 0, the status in a trap would be that before the trap
  while kill -USR1 "$job" 2>/dev/null; do sleep 5; done &
  reminder=$!
}

# Print a checksum of the files that the first rank of a run updates every few seconds: its lease and its status.
signs_of_life() { { cat "$directory/lease" "$directory/status.json" 2>/dev/null || true; } | cksum; }

# Kill a launcher that hangs, because a host does not respond, a rank has died in MPI_Init, or it has missed the end of its
# ranks: it is killed if the run has shown no sign of life for $start_timeout seconds, counted by this script.
watch() {
  local seconds=0 every=1 last now
  last=$(signs_of_life)
  if ((start_timeout >= 60)); then every=5; fi
  while sleep $every; do
    seconds=$((seconds + every))
    now=$(signs_of_life)
    if [[ $now != "$last" ]]; then last=$now seconds=0; fi
    if ((seconds < start_timeout)); then continue; fi
    say "no sign of life from the run for $start_timeout s (its files lease and status.json have not changed): ending this start"
    kill -TERM "$job" 2>/dev/null || true
    sleep 10
    kill -KILL "$job" 2>/dev/null || true
    return
  done
}

# start COMMAND…: run a command and wait until it has ended. A trap ends a wait early, and so does Slurm's SIGCONT.
start() {
  before=$(status_file)
  code=75
  if [[ -n $stopping ]]; then return; fi
  "$@" </dev/null &
  job=$!
  [[ -z $stopping ]] || remind
  if ((start_timeout > 0)); then
    watch &
    watcher=$!
  fi
  while kill -0 $job 2>/dev/null; do wait $job || true; done
  code=0
  wait $job || code=$?
  job=''
  [[ -z $reminder ]] || kill "$reminder" 2>/dev/null || true
  [[ -z $watcher ]] || kill "$watcher" 2>/dev/null || true
  reminder='' watcher=''
}

# Set `verdict` and `why`, the outcome of the last start. status.json takes precedence if this start has written it, because
# launchers change exit statuses. If this start has not written it, it has trained nothing.
judge() {
  local state reason
  state=$(status_of state)
  reason=$(status_of reason)
  if [[ $(status_file) == "$before" ]]; then
    reason="exit status $code"
    case $code in
      0) [[ $state == 'done' ]] || state=killed ;; # the mpirun of Open MPI 5 returns 0 after losing a host
      2 | 126 | 127) state=failed ;;
      75) state=preempted ;;
      *) state=${stopping:+preempted} ;;
    esac
  fi
  case $state in
    done) verdict='done' why='the run is done' ;;
    failed) verdict=failed why="the run failed: $reason" ;;
    preempted) verdict=stopped why="the run stopped after step $(committed): $reason" ;;
    *) verdict=killed why="the run was killed or has lost a host (exit status $code); the last committed step is $(committed)" ;;
  esac
  if [[ $verdict == failed ]] && ((code == 0)); then code=1; fi
}

# may_start_again WHO MOST: count a restart, and fail after MOST restarts without a new committed step. The count is stored in
# the run directory, with the name of the counting job.
may_start_again() {
  local who='' step='' count='' now file=$directory/restarts
  now=$(committed)
  if [[ -e $file && ! -f $file ]]; then
    say "$file: expected a file: moving it to $file.aside-$$"
    mv -T "$file" "$file.aside-$$" || true
  fi
  if [[ -f $file ]]; then read -r who step count <"$file" || true; fi
  # The file may have been written by others: check it before bash evaluates it.
  [[ $step =~ ^(-1|0|[1-9][0-9]{0,17})$ && $count =~ ^(0|[1-9][0-9]{0,5})$ ]] || who=''
  if [[ $who == "$1" ]] && ((now <= step)); then count=$((count + 1)); else count=0; fi
  if ! mkdir -p "$directory" || ! printf '%s %s %s\n' "$1" "$now" "$count" 2>/dev/null >"$file"; then
    why+="; giving up: restarts cannot be counted in $file"
    return 1
  fi
  if ((count < $2)); then return; fi
  why+="; giving up: no further step was committed in $2 restart(s)"
  return 1
}
