#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The published results of the RMSProp tutorials come out of the configurations in configs/: scripts/results with fewer
# seeds. And what it rests on: that it fails when a result is out, errors in the units of the file, the same scores on
# more ranks.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# A tree like the repository's after quickstart, to write into.
ln -s "$source_root/scripts" scripts
ln -s "$source_root/configs" configs
ln -s "$(dirname "$program")" build

parts=(x_over_log_x six_points diamonds)
if [[ -f /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ]]; then
  parts+=(fashion_mnist)
else
  printf 'Fashion-MNIST is not installed: that part is left out\n'
fi
scripts/results --short --no-build "${parts[@]}" || fail 'a result is out'

# What is shown in dollars is the standardized error times the deviation of the training prices.
deviation=$(zcat "$source_root/configs/data/diamonds.csv.gz" |
  awk -F , '$NF == "train" { n++; d = $7 - 4000; sum += d; square += d * d }
    END { printf "%.6f", sqrt(square / n - (sum / n)^2) }')
run=runs/results/diamonds_linear_1
score() { "$program" eval "$run" --quiet --data test "$@" | awk '$1 == "rmse" { print $2 }'; }
awk -v shown="$(score)" -v plain="$(score --set 'model.metrics=[rmse]')" -v deviation="$deviation" \
  'BEGIN { d = shown / (plain * deviation) - 1; exit !(plain > 0 && d <= 1e-8 && d >= -1e-8) }' ||
  fail "the error is $(score) in dollars, $(score --set 'model.metrics=[rmse]') in deviations of $deviation"
[[ $(on 3 eval $run --quiet) == $("$program" eval $run --quiet) ]] || fail 'three ranks give other scores'

# Nothing to turn back: said before anything is read twice.
for wrong in '[]' '[{one_hot: {classes: 2}}]' '[{scale: 0}]'; do
  status=0
  on 1 train configs/diamonds.yaml --set run.directory=wrong --set "data.target_transform=$wrong" 2> wrong.txt ||
    status=$?
  ((status != 0)) || fail "target_transform $wrong was taken"
done
on 1 train configs/diamonds.yaml --set run.directory=wrong --set 'data.target_transform=[]' 2> wrong.txt &&
  fail 'it was taken'
grep -q 'model.metrics\[0\]: rmse: units: original needs a data.target_transform' wrong.txt || fail "$(cat wrong.txt)"

# It fails when one is out: with a rule that is a little different.
rm build
mkdir build
ln -s "$(dirname "$program")/examples" build/examples
cat > build/shardprop <<SCRIPT
#!/usr/bin/env bash
if [[ \$1 == train ]]; then set -- "\$@" --set optimizer.rmsprop.decay=0.91; fi
exec "$program" "\$@"
SCRIPT
chmod +x build/shardprop
status=0
scripts/results --short --no-build six_points > table 2>&1 || status=$?
((status == 1)) || fail "another rule: exit status $status"
grep -q 'six points: slope .* NO ' table || fail "$(cat table)"
