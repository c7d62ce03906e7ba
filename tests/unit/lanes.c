// SPDX-License-Identifier: Apache-2.0
// The lane tree: maximal subtrees, and the same order of additions however the lanes are cut into parts.
#include "exchange/lanes.h"

#include "base/share.h"
#include "check.h"

// The sum of a node written out, from the definition in lanes.h: its children in brackets.
static void spell(int64_t lanes, int64_t begin, int64_t span, char *out) {
  int64_t end = begin + span < lanes ? begin + span : lanes;
  if (end - begin == 1) {
    sprintf(out + strlen(out), "%lld", (long long)begin);
  } else if (begin + span / 2 >= lanes) {
    spell(lanes, begin, span / 2, out);
  } else {
    strcat(out, "(");
    spell(lanes, begin, span / 2, out);
    strcat(out, "+");
    spell(lanes, begin + span / 2, span / 2, out);
    strcat(out, ")");
  }
}

static int64_t root_span(int64_t lanes) {
  int64_t span = 1;
  while (span < lanes) span *= 2;
  return span;
}

enum { LANES = 40, TEXT = 400 };
static char part_text[LANES][TEXT];

static void join(void *context, int64_t into, int64_t from) {
  (void)context;
  char both[2 * TEXT + 8];
  snprintf(both, sizeof both, "(%s+%s)", part_text[into], part_text[from]);
  snprintf(part_text[into], TEXT, "%s", both);
}

static void additions_follow_the_tree(void **state) {
  (void)state;
  for (int64_t lanes = 1; lanes <= LANES; lanes++) {
    char expected[TEXT] = "";
    spell(lanes, 0, root_span(lanes), expected);
    for (int64_t ranks = 1; ranks <= lanes; ranks++) {
      sp_subtree part[LANES];
      int64_t parts = 0;
      for (int64_t r = 0; r < ranks; r++) {
        sp_subtree mine[SP_MAX_SUBTREES];
        int count =
            sp_lanes_subtrees(lanes, sp_share_begin(lanes, ranks, r), sp_share_begin(lanes, ranks, r + 1), mine);
        for (int i = 0; i < count; i++) {
          // A rank adds its own subtrees up from single lanes.
          sp_subtree s = mine[i];
          assert_true(sp_lanes_is_subtree(lanes, s));
          int64_t span = 1;
          while (span < s.end - s.begin) span *= 2;
          part_text[parts][0] = '\0';
          spell(lanes, s.begin, span, part_text[parts]);
          part[parts++] = s;
        }
      }
      sp_lanes_sum_tree(lanes, part, parts, join, NULL);
      assert_string_equal(part_text[0], expected);
    }
    for (int64_t lane = 0; lane < lanes; lane++) sprintf(part_text[lane], "%lld", (long long)lane);
    sp_lanes_sum_tree(lanes, NULL, lanes, join, NULL);
    assert_string_equal(part_text[0], expected);
  }
}

static void subtrees_are_maximal_and_cover(void **state) {
  (void)state;
  for (int64_t lanes = 1; lanes <= LANES; lanes++) {
    for (int64_t begin = 0; begin <= lanes; begin++) {
      for (int64_t end = begin; end <= lanes; end++) {
        sp_subtree s[SP_MAX_SUBTREES];
        int count = sp_lanes_subtrees(lanes, begin, end, s);
        int64_t at = begin;
        for (int i = 0; i < count; i++) {
          assert_int_equal(s[i].begin, at);
          assert_true(s[i].end > at);
          at = s[i].end;
          if (i > 0) assert_false(sp_lanes_is_subtree(lanes, (sp_subtree){s[i - 1].begin, s[i].end}));
        }
        assert_int_equal(at, end);
      }
    }
  }
}

static void known_trees(void **state) {
  (void)state;
  char text[TEXT] = "";
  spell(5, 0, 8, text);
  assert_string_equal(text, "(((0+1)+(2+3))+4)");
  text[0] = '\0';
  spell(7, 0, 8, text);
  assert_string_equal(text, "(((0+1)+(2+3))+((4+5)+6))");
  sp_subtree s[SP_MAX_SUBTREES];
  assert_int_equal(sp_lanes_subtrees(8, 1, 7, s), 4);  // 1, 2-3, 4-5, 6
  assert_int_equal(s[1].end, 4);
}

static void shares_cover(void **state) {
  (void)state;
  const int64_t totals[] = {0, 1, 7, 100, INT64_MAX};
  for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
    for (int64_t shares = 1; shares < 50; shares++) {
      assert_int_equal(sp_share_begin(totals[i], shares, 0), 0);
      assert_int_equal(sp_share_begin(totals[i], shares, shares), totals[i]);
      for (int64_t s = 0; s < shares; s++) {
        int64_t size = sp_share_begin(totals[i], shares, s + 1) - sp_share_begin(totals[i], shares, s);
        assert_in_range(size - totals[i] / shares, 0, 1);
        if (size > 0) assert_int_equal(sp_share_of(totals[i], shares, sp_share_begin(totals[i], shares, s)), s);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(additions_follow_the_tree),
      cmocka_unit_test(subtrees_are_maximal_and_cover),
      cmocka_unit_test(known_trees),
      cmocka_unit_test(shares_cover),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
