#!/usr/bin/env bash
# A step of one rank makes no system call: 2,000 steps more make hardly one call more.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

if [[ $(ldd "$program") == *libasan* ]]; then
  echo 'SKIP: the sanitizer calls the system as it likes'
  exit 77
fi
strace -c -o calls true 2>/dev/null || { echo 'SKIP: strace is missing or not allowed here'; exit 77; }
small_data
small_config

calls_of() { # STEPS
  rm -rf run
  strace -c -o calls "$program" train run.yaml --quiet --set train.epochs=1000 --set "train.steps=$1" \
    --set train.batch_size=8 --set report.steps=0 --set data.validation=~ --set checkpoint.every='100000 steps' --set data.cache=node
  # Without what waits while MPI starts.
  awk '$NF !~ /^(total|syscall|clock_nanosleep|poll|epoll_wait|select|sched_yield|futex)$/ { calls += $4 } END { print calls }' calls
}

few=$(calls_of 100)
many=$(calls_of 2100)
printf '%d calls for 100 steps, %d for 2,100\n' "$few" "$many"
# 16 epochs more write some records and log lines; one call a step would be 2,000.
((many - few < 200)) || { cat calls; fail 'steps call the system'; }
