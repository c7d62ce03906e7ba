#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tables as pandas, R and spreadsheets write them, by the options of import csv: an index, markers of missing values, a decimal
# comma, labels that count from 1. What the HDF5 file holds is read by h5dump.
# shellcheck source=tests/lib.sh
source "$2/tests/lib.sh"

# holds DATASET VALUES TABLE OPTION…: the table becomes this.
holds() {
  local dataset=$1 expected=$2
  printf '%b' "$3" > table.csv
  shift 3
  "$program" import csv table.csv "$@" -o out.h5 --force --quiet 2> err || fail "$*: $(cat err)"
  found=$(h5dump -y -m %.9g -w 0 -d "/train/$dataset" out.h5 | sed -n '/DATA {/,/}/{p;/}/q}' | grep -oE '[-0-9.e+]+|nan' | paste -sd ,)
  [[ $found == "$expected" ]] || fail "$*: $dataset is $found, expected $expected: $(cat table.csv)"
}

# refused CODE TEXT TABLE OPTION…
refused() {
  local code=$1 text=$2 got=0
  printf '%b' "$3" > table.csv
  shift 3
  rm -f out.h5
  "$program" import csv table.csv "$@" -o out.h5 2> err || got=$?
  [[ $got == "$code" && ! -e out.h5 ]] || fail "$*: exit $got, expected $code: $(cat err)"
  grep -qF -- "$text" err || fail "$*: expected '$text', got: $(cat err)"
}

# --- an index: the hint names the column and the option, which works ---
for index in '' '""' 'Unnamed: 0'; do
  refused 1 'column 1, as in a table with an index' "$index,a,y\n0,5,6\n1,7,8\n" --target y
  [[ $(cat err) =~ --drop\ \'([^\']*)\' ]] || fail "no remedy: $(cat err)"
  holds features 5,7 "$index,a,y\n0,5,6\n1,7,8\n" --target y --drop "${BASH_REMATCH[1]}"
  holds features 5,7 "$index,a,y\n0,5,6\n1,7,8\n" --target y --features a
done

# --- missing values ---
markers=('""' NA N/A n/a '#N/A' '#NA' '<NA>' NaN nan -nan NULL None '?' . - 1.#IND)
for marker in '' '<NA>' '#N/A' . -; do refused 1 '--missing nan' "a,y\n$marker,1\n2,3\n" --target y; done
holds features "$(printf 'nan,%.0s' "${markers[@]}")2" "a,y\n$(printf '%s,1\\n' "${markers[@]}")2,3\n" --target y --missing nan
holds features 2 "a,y\n$(printf '%s,1\\n' "${markers[@]}")2,3\n" --target y --missing drop-row
holds features nan,-1 'a,y\n-999,1\n-1,3\n' --target y --missing nan --missing-values -999
holds features nan,-1 'a,y\n-999.0,1\n-1,3\n' --target y --missing nan --missing-values=-999
holds features -1,5 'a,b,y\n-999,2,1\n-1,5,3\n' --target y --missing drop-row --missing-values a=-999,x
holds features -1,nan,2,-999 'a,b,y\n-1,-1,1\n2,-999,3\n' --target y --missing nan --missing-values b=-1
refused 1 "found 'x'" 'a,y\nx,1\n' --target y --missing nan
holds features nan,3 'a,y\nx,1\n3,1\n' --target y --missing nan --missing-values x --missing-values z
refused 2 '--missing-values' 'a,y\n1,1\n' --target y --missing nan --missing-values none=1

# --- a decimal comma ---
holds features 1.5,-2.5 'a;y\n1,5;1\n-,25e1;3\n' --target y --separator ';' --decimal ,
holds features 1.5,2 'a\ty\n1,5\t1\n2\t3\n' --target y --separator tab --decimal=,
refused 1 'decimal comma' 'a;y\n1.5;1\n' --target y --separator ';' --decimal ,
refused 1 "--decimal ','" 'a;y\n1,5;1\n' --target y --separator ';'
refused 2 '--decimal: ' 'a,y\n1,1\n' --target y --decimal ,
refused 2 '--decimal: ' 'a,y\n1,1\n' --target y --decimal ';'

# --- classes ---
holds targets 0,2,1 'a,y\n5,1\n6,3\n7,2\n' --target y --class-target --first-class 1
refused 1 "found '0', expected a class" 'a,y\n5,0\n' --target y --class-target --first-class 1
refused 2 '--first-class: ' 'a,y\n5,1\n' --target y --first-class 1
refused 2 '--first-class: ' 'a,y\n5,1\n' --target y --class-target --first-class x
for label in 9007199254740992 9007199254740993 18446744073709551617 1e16; do
  refused 1 "found '$label', expected a class" "a,y\n5,1\n6,$label\n" --target y --class-target
done

# --- quotes and comments ---
holds features 1,2 "# made by x\n'a,b';y\n1;2\n#3;4\n2;5\n" --target y --separator ';' --quote "'" --comment '#'
refused 2 '--comment: ' 'a,y\n1,2\n' --target y --comment '##'
echo 'tables are read'
