#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pictures: whole SVG and PNG files with the names of the runs, the right numbers in them, also from records that are damaged or
# still being written; wrong usage; and what the comparison of the rules on the bowl shows.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"
real=$(command -v gnuplot) || { echo 'gnuplot is not installed'; exit 77; }

# What gnuplot is told is kept in script.txt.
mkdir bin
cat > bin/gnuplot <<SH
#!/bin/sh
exec 3>&1
tee '$work/script.txt' | '$real' "\$@"
SH
chmod +x bin/gnuplot
export PATH=$work/bin:$PATH

# whole PREFIX WIDTH HEIGHT: both pictures are, the SVG as XML whose elements are all closed.
whole() {
  awk '
    { text = text $0 "\n" }
    END {
      gsub(/<!--[^-]*(-[^-]+)*-->|<\?[^>]*\?>|<!\[CDATA\[[^]]*\]\]>/, "", text)
      while (match(text, /<[^>]*>/)) {
        tag = substr(text, RSTART + 1, RLENGTH - 2); text = substr(text, RSTART + RLENGTH)
        if (tag ~ /^!|\/$/) continue
        name = tag; sub(/[ \t\n].*/, "", name)
        if (name !~ /^\//) open[++depth] = name
        else if (depth < 1 || "/" open[depth--] != name) { print "unexpected <" name ">"; exit 1 }
        elements++
      }
      if (depth != 0 || elements < 10 || text ~ /</) { print "not closed: " open[depth]; exit 1 }
    }' "$1.svg" || fail "$1.svg is no whole XML"
  local size
  size=$(od -A n -j 16 -N 8 -t u1 "$1.png" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }')
  [[ $size == "$2 $3" ]] || fail "$1.png has $size pixels, expected $2 $3"
  grep -q "width=\"$2\" height=\"$3\"" "$1.svg" || fail "$1.svg is not $2 by $3"
  [[ $(tail -c 8 "$1.png" | od -A n -c) == *'I   E   N   D'* ]] || fail "$1.png is cut"
  [[ -z $(compgen -G "$1.*.new*") ]] || fail "$1: half a picture is left"
}

# has PREFIX TEXT…: the SVG shows them.
has() {
  local text prefix=$1
  shift
  for text in "$@"; do
    grep -qF -e ">$text<" -e "$text</tspan>" "$prefix.svg" || fail "$prefix.svg: no '$text'"
  done
}

# drawn BLOCK: its values, in one line.
drawn() {
  awk -v block="\$$1" '
    $1 == "END" { on = 0 }
    on { printf "%s%s,%s", n++ ? " " : "", $1, $2 }
    $1 == block && $2 == "<<" { on = 1 }' script.txt
}

# draws BLOCK VALUES
draws() { [[ $(drawn "$1") == "$2" ]] || fail "$1 is $(drawn "$1"), expected $2"; }

# refused STATUS PART ARGUMENT…: of plot; nothing is drawn.
refused() {
  local status=0 want=$1 part=$2
  shift 2
  "$program" plot "$@" -o refused > out.txt 2> err.log || status=$?
  ((status == want)) || fail "plot $*: status $status, expected $want: $(cat err.log)"
  grep -qF -- "$part" err.log || fail "plot $*: '$part' is not said: $(cat err.log)"
  [[ ! -e refused.svg && ! -e refused.png ]] || fail "plot $*: drew something"
}

plot() { "$program" plot "$@" 2> err.log || fail "plot $*: $(cat err.log)"; }

# --- a run that goes on, with damage: two epochs and a half record ---
mkdir -p runs/first runs/second "runs/it's a & <b>_{c}\`touch pwned\`"
cat > runs/first/metrics.jsonl <<'END'
{"event":"start","step":0,"time":1}
{"event":"step","step":10,"epoch":1,"loss":8,"accuracy":0.1,"lr":0.1}
{"event":"step","step":20,"epoch":1,"loss":4,"accuracy":0.2,"lr":0.1}
{"event":"epoch","step":20,"epoch":1,"training":{"loss":6,"accuracy":0.2},"validation":{"loss":5,"accuracy":0.3},"best":true}
{"event":"step","st
{"event":"step","step":30,"epoch":2,"loss":null,"accuracy":0.3,"lr":0.1}
{"event":"step","step":40,"epoch":2,"loss":2,"accuracy":0.4,"lr":0.05}
{"event":"step","step":50,"epoch":2,"loss":0,"accuracy":0.4,"lr":0.05}
{"event":"epoch","step":50,"epoch":2,"training":{"loss":2,"accuracy":0.4},"validation":{"loss":3,"accuracy":0.5},"best":true}
END
printf '{"event":"step","step":60,"epoch":3,"lo' >> runs/first/metrics.jsonl
sed 's/"loss":\([0-9]\)/"loss":1\1/g; /"event":"step","st$/d' runs/first/metrics.jsonl > runs/second/metrics.jsonl
cp runs/second/metrics.jsonl "runs/it's a & <b>_{c}\`touch pwned\`/"

plot runs/first -o one
grep -q 'runs/first: damaged lines of metrics.jsonl skipped: 1' err.log || fail "damage is not told: $(cat err.log)"
whole one 956 400
has one 'first, training' 'first, validation' loss epoch
draws training0 '1,6 2,2'
draws validation0 '1,5 2,3'

plot runs/first/ runs/second "runs/it's a & <b>_{c}\`touch pwned\`" -o two -m loss -m accuracy --title 'A title'
whole two 1052 830
has two first second training validation loss accuracy epoch 'A title'
has two "it's a &amp; &lt;b>_{c}\`touch pwned\`"
[[ ! -e pwned ]] || fail 'a name was run as a command'
draws validation1 '1,15 2,13 1,0.3 2,0.5'

plot runs/first -o in/there/
whole in/there/plot 956 400
grep -qF 'in/there/plot.svg and in/there/plot.png' err.log || fail "the files are not named: $(cat err.log)"

# Over steps: single records, a gap, a mean of two; only what a logarithmic axis can show; a run with records of steps alone.
plot runs/first -o steps --over step
draws training0 '10,8 20,4 30,NaN 40,2 50,0'
draws validation0 '20,5 50,3'
plot runs/first -o steps --over step --smooth 2 --data train
draws training0 '10,8 20,6 30,NaN 40,NaN 50,1'
draws validation0 ''
has steps first 'training loss' step
plot runs/first -o steps --over step --log y -d train
draws training0 '10,8 20,4 30,NaN 40,2 50,NaN'
plot runs/first -o steps --log xy
draws training0 '1,6 2,2'
plot runs/first -o steps -m lr
draws training0 '10,0.1 20,0.1 30,0.1 40,0.05 50,0.05'
plot runs/first -o steps -d validation -m accuracy
has steps 'validation accuracy'
draws training0 ''
mkdir a b
cp -r runs/first a/x
cp -r runs/second b/x
plot a/x b/x -o equal
has equal a/x b/x
(cd a/x && plot . -o here && has here 'x, training')
mkdir few
head -n 3 runs/first/metrics.jsonl > few/metrics.jsonl
plot few runs/first -o few
draws training0 '10,8 20,4'
sed '/accuracy/s/,"accuracy":[0-9.]*//g' runs/first/metrics.jsonl > few/metrics.jsonl
plot few runs/first -o few -m accuracy
grep -q 'few: there are no records of accuracy' err.log || fail "a run without the metric: $(cat err.log)"

# Very many points: few are drawn, the spike among them.
mkdir many
awk 'BEGIN { for (i = 1; i <= 20000; i++) printf "{\"event\":\"step\",\"step\":%d,\"epoch\":1,\"loss\":%s}\n", i, i == 12345 ? 99 : i % 7 ? sin(i) : "null" }' \
  > many/metrics.jsonl
plot many -o many
points=$(drawn training0 | wc -w)
((points > 1000 && points <= 2000)) || fail "$points points are drawn"
[[ $(drawn training0) == *' 12345,99 '* ]] || fail 'the spike is not drawn'

# --- what cannot be drawn ---
refused 2 'nowhere: not a run: there is no metrics.jsonl' nowhere
refused 2 'nowhere: not a run' runs/first nowhere
refused 2 "unknown metric 'los' (did you mean 'loss'?)" runs/first -m los
refused 2 "unknown metric 'recall': expected one of loss, accuracy" runs/first -m recall
mkdir begun  # with records of steps alone
head -n 3 runs/first/metrics.jsonl > begun/metrics.jsonl
refused 2 "unknown metric 'recall': expected one of loss, accuracy, lr" begun -m recall
refused 2 "unknown metric 'seconds': expected one of loss, accuracy" runs/first -m loss -m seconds
refused 2 '--metric: expected at most 8 metrics, got 9' runs/first -m{1..9}
refused 2 '--smooth: requires --over step' runs/first --smooth 2
refused 2 "--smooth: expected an integer in [1, 1000], got '0'" runs/first --over step --smooth 0
refused 2 "--over: expected one of auto, epoch, step" runs/first --over time
refused 2 "--log: expected one of none, x, y, xy" runs/first --log z
refused 2 'missing argument: run' -m loss
mkdir empty negative
head -n 1 runs/first/metrics.jsonl > empty/metrics.jsonl
refused 1 'nothing to draw: the runs have no records' empty
printf '{"event":"step","step":%d,"epoch":1,"loss":-1}\n' 1 2 > negative/metrics.jsonl
refused 1 'loss: no value to draw (a logarithmic axis shows values above 0 only)' negative --log y
refused 1 'nothing to draw: the runs have no records of a validation' negative -d validation
ln -s runs/first/metrics.jsonl mine.svg
code=0
"$program" plot runs/second runs/first -o mine 2> err.log || code=$?
[[ $code == 1 && -L mine.svg ]] && grep -qF 'mine.svg: is the input runs/first/metrics.jsonl' err.log || fail "records: $code $(cat err.log)"
code=0
"$program" plot runs/first -o /dev/null/picture 2> err.log || code=$?
[[ $code == 1 ]] && grep -qF '/dev/null: is a file, expected a directory' err.log || fail "no directory: $code, $(cat err.log)"
code=0
"$program" plot runs/first -o '' 2> err.log || code=$?
[[ $code == 2 && ! -e .svg ]] && grep -qF -e '--output: expected the start of a path' err.log || fail "no name: $code, $(cat err.log)"
code=0
PATH=$work/few "$program" plot runs/first -o refused 2> err.log || code=$?
[[ $code == 1 ]] && grep -qF 'gnuplot is not on PATH (on Debian and Ubuntu: apt-get install gnuplot-nox' err.log ||
  fail "without gnuplot: $code, $(cat err.log)"

# --- the comparison ---
mkdir -p tree/build
ln -s "$source_root/scripts" "$source_root/configs" tree/
ln -s "$program" "$(dirname "$program")/examples" tree/build/
rules=(sgd momentum nesterov adagrad rmsprop adam)

# The configurations of a task differ in the rule alone.
for task in bowl fashion_mnist; do
  for rule in "${rules[@]}"; do
    sed "1d; /^optimizer: /d; s|\b$rule\b|RULE|g" "tree/configs/comparison/$task/$rule.yaml" > "$task.$rule"
    cmp -s "$task.sgd" "$task.$rule" || fail "$task: $rule differs in more than the rule: $(diff "$task.sgd" "$task.$rule")"
  done
done
(cd tree && scripts/compare --no-build bowl > ../compare.txt 2>&1) || fail "scripts/compare: $(cat compare.txt)"
whole tree/runs/comparison/bowl_loss 916 430
has tree/runs/comparison/bowl_loss "${rules[@]}" step loss
whole tree/runs/comparison/bowl_paths 1080 660
has tree/runs/comparison/bowl_paths 'sgd: {lr: 0.4}' 'rmsprop: {lr: 0.4, decay: 0.9}' x y

# What the paths show: in the steep direction plain descent jumps to the other side at every step, RMSProp at none until
# nothing is left of y.
# crossings RULE STEPS: changes of the sign of y.
crossings() {
  sed -n 's/.*"event":"step",.*"y":\([^,]*\),.*/\1/p' "tree/runs/comparison/bowl/$1/metrics.jsonl" |
    awk -v steps="$2" 'NR > 1 && NR <= steps + 1 && $1 * before < 0 { n++ } { before = $1 } END { print n + 0 }'
}
[[ $(crossings sgd 12) == 12 ]] || fail "plain descent crosses $(crossings sgd 12) times in 12 steps"
[[ $(crossings rmsprop 11) == 0 ]] || fail "RMSProp crosses $(crossings rmsprop 11) times in 11 steps"
left=$(sed -n 's/.*"event":"step","step":12,.*"y":\([^,]*\),.*/\1/p' tree/runs/comparison/bowl/rmsprop/metrics.jsonl)
awk "BEGIN { exit !($left < 0 && $left > -1e-6) }" || fail "after 11 steps RMSProp has y $left left"
# Done once, it is drawn again without training.
(cd tree && scripts/compare --no-build bowl) > compare.txt 2>&1 || fail "scripts/compare again: $(cat compare.txt)"
if grep -q '^Training' compare.txt; then fail "trained again: $(cat compare.txt)"; fi

# Predictions: the line through the six points, and the diamonds in dollars.
(cd tree && scripts/compare --no-build fits > ../compare.txt 2>&1) || fail "scripts/compare fits: $(cat compare.txt)"
whole tree/runs/comparison/six_points 720 480
has tree/runs/comparison/six_points 'A line through six points: RMSE 5.81319577' error prediction target x y
awk '$1 == "$rows" { on = 1 } on && NF == 3 && $1 + 0 > 0 { n++; if ($2 > 300 && $2 < 20000) dollars++ } END { exit !(n == 10788 && dollars == n) }' \
  script.txt || fail 'the diamonds are not all drawn'
whole tree/runs/comparison/diamonds 720 480
has tree/runs/comparison/diamonds carat 'price in dollars' prediction 'target, one in five'
echo 'pictures are whole and show what was recorded'
