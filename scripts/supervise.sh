# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What scripts/slurm/train.sbatch and scripts/shardprop-run share: one start of a run under mpirun or srun, which is handed
# every request to stop as SIGUSR1; and what has become of the run then. Sourced.
#
# Expects `directory`, the run directory, and `start_timeout`, seconds (0: none).
directory=${directory-}
start_timeout=${start_timeout-1800}
stopping='' # the signal that asked for a stop
code=0      # what the last start exited with
verdict=''  # done, failed, stopped (with everything saved) or killed
why=''
job='' reminder='' watcher='' before=''

say() { printf '%s: %s\n' "$(date '+%F %T')" "$*" >&2 || true; }

# find_program PROJECT: SHARDPROP, else from PATH, else what was built.
find_program() {
  if [[ -n ${SHARDPROP-} ]] || command -v shardprop >/dev/null; then
    command -v "${SHARDPROP:-shardprop}"
  else
    command -v "$1/build/shardprop"
  fi
}

# A host that is cut off is noticed within 15 s: without this, mpirun and its daemons never stop waiting.
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

# The value of a key in status.json, which has one a line.
status_of() { status_file | sed -n "s/^ *\"$1\": *//p" | sed 's/,$//; s/^"\(.*\)"$/\1/'; }

# The newest committed step, -1 where there is none.
committed() {
  local newest
  newest=$(find "$directory/checkpoints" -maxdepth 1 -name 'step-*' 2>/dev/null | sort | tail -n 1)
  if [[ $newest =~ step-0*([0-9]+)$ ]]; then printf '%s\n' "${BASH_REMATCH[1]}"; else printf '%s\n' -1; fi
}

# request_stop SIGNAL: handed on as USR1, for at any other signal mpirun kills its ranks within two seconds. A launcher or rank
# that is only starting does not hear it: the signal is repeated until it has ended.
request_stop() {
  say "$1: the run is asked to stop"
  stopping=$1
  [[ -z $job ]] || remind
}

remind() {
  if [[ -n $reminder ]]; then return 0; fi # without 0, in a trap, it would be the status before the trap
  while kill -USR1 "$job" 2>/dev/null; do sleep 5; done &
  reminder=$!
}

# What the first rank of a run writes again and again for as long as it lives: every few seconds into its lease.
signs_of_life() { { cat "$directory/lease" "$directory/status.json" 2>/dev/null || true; } | cksum; }

# A launcher can hang: it waits for a host that does not answer, for a rank that died in MPI_Init, or because it has missed the
# end of its ranks. It is killed when the run has shown no sign of life for $start_timeout seconds of this script's time.
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

# start COMMAND…: until it has ended. A trap ends a wait early, and so does Slurm's CONT.
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

# What the last start came to. Launchers change exit statuses: status.json goes first, where this start has written it. Where it
# has not, it has trained nothing.
judge() {
  local state reason
  state=$(status_of state)
  reason=$(status_of reason)
  if [[ $(status_file) == "$before" ]]; then
    reason="exit status $code"
    case $code in
      0) [[ $state == 'done' ]] || state=killed ;; # what the mpirun of Open MPI 5 exits with when it has lost a host
      2 | 126 | 127) state=failed ;;
      75) state=preempted ;;
      *) state=${stopping:+preempted} ;;
    esac
  fi
  case $state in
    done) verdict='done' why='the run is done' ;;
    failed) verdict=failed why="the run failed: $reason" ;;
    preempted) verdict=stopped why="the run stopped after step $(committed): $reason" ;;
    *) verdict=killed why="the run was killed or has lost a host (exit status $code); committed is step $(committed)" ;;
  esac
  if [[ $verdict == failed ]] && ((code == 0)); then code=1; fi
}

# may_start_again WHO MOST: no more than MOST times without a step committed in between. The count lies in the run directory,
# with the name of who counts.
may_start_again() {
  local who='' step='' count='' now file=$directory/restarts
  now=$(committed)
  if [[ -e $file && ! -f $file ]]; then
    say "$file: expected a file: moving it to $file.aside-$$"
    mv -T "$file" "$file.aside-$$" || true
  fi
  if [[ -f $file ]]; then read -r who step count <"$file" || true; fi
  # What others have written there is no count of this run, and nothing for bash to evaluate.
  [[ $step =~ ^(-1|0|[1-9][0-9]{0,17})$ && $count =~ ^(0|[1-9][0-9]{0,5})$ ]] || who=''
  if [[ $who == "$1" ]] && ((now <= step)); then count=$((count + 1)); else count=0; fi
  if ! mkdir -p "$directory" || ! printf '%s %s %s\n' "$1" "$now" "$count" 2>/dev/null >"$file"; then
    why+="; giving up: restarts cannot be counted in $file"
    return 1
  fi
  if ((count < $2)); then return; fi
  why+="; giving up: nothing beyond it was committed in $2 restart(s)"
  return 1
}
