#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Unlike processors: two hosts, one of which computes in portable C, the other with the best instructions of this machine. The
# audit, which compares parameters and gradients of all ranks, finds no difference, and the runs end with the bits of
# tests/golden/hashes.txt; also one that stops there and continues on one rank.
# shellcheck source=tests/tools/hosts.sh
source "$2/tests/tools/hosts.sh"
hosts_enter "$@"
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
# shellcheck source=tests/tools/golden.sh
source "$2/tests/tools/golden.sh"
hosts_start 2

cat > unlike <<SCRIPT
#!/usr/bin/env bash
# The program on this host.
if [[ \$(uname -n) == host2 ]]; then export SHARDPROP_CPU=portable; fi
printf '%s %s\n' "\$(uname -n)" "\${SHARDPROP_CPU-best}" >> "$work/started"
exec "$program" "\$@"
SCRIPT
chmod +x unlike
unlike() { on_hosts "$layout" "$work/unlike" "$@"; }

golden_data
for layout in 1+1 1+2; do
  for name in "${golden_names[@]}"; do
    rm -f started
    golden_run "$name" '--set train.audit=3' unlike
    [[ $(sort -u started) == $'host1 best\nhost2 portable' ]] || fail "other hosts than expected: $(cat started)"
    golden_check "$name" "on $layout ranks of unlike hosts"
  done
  printf '%s ranks of unlike hosts: the same\n' "$layout"
done

layout=2+1
golden_run images '--set train.audit=1 --set train.steps=23' unlike
"$program" train "$golden/hash_images.yaml" --quiet
golden_check images 'stopped on unlike hosts, continued on one rank'
