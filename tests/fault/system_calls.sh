#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A step makes no system call, on one rank, and on one of two that share memory: 2,000 steps more make hardly one call more.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

if [[ $(ldd "$program") == *libasan* ]]; then
  echo 'SKIP: the sanitizer calls the system as it likes'
  exit 77
fi
strace -c -o calls true 2>/dev/null || { echo 'SKIP: strace is missing or not allowed here'; exit 77; }
small_data
small_config

# The last of the ranks is watched.
cat > watched <<'RANK'
#!/usr/bin/env bash
((OMPI_COMM_WORLD_RANK < OMPI_COMM_WORLD_SIZE - 1)) || exec strace -c -o calls "$@"
exec "$@"
RANK
chmod +x watched

calls_of() { # RANKS STEPS
  rm -rf run
  timeout 120 mpirun -n "$1" ./watched "$program" train run.yaml --quiet --set train.epochs=1000 --set "train.steps=$2" \
    --set train.batch_size=8 --set report.steps=0 --set data.validation=~ --set checkpoint.every='100000 steps' \
    --set data.cache=node --set exchange.path=window
  # Without what waits: while MPI starts, and for another rank to have its turn on a core.
  awk '$NF !~ /^(total|syscall|clock_nanosleep|poll|epoll_wait|select|sched_yield|futex)$/ { calls += $4 } END { print calls }' calls
}

for ranks in 1 2; do
  few=$(calls_of $ranks 100)
  many=$(calls_of $ranks 2100)
  printf '%d ranks: %d calls for 100 steps, %d for 2,100\n' $ranks "$few" "$many"
  # 16 epochs more write some records and log lines; one call a step would be 2,000.
  ((many - few < 200)) || { cat calls; fail 'steps call the system'; }
done
