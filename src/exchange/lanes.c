// SPDX-License-Identifier: Apache-2.0
// The fixed tree along which the values of the lanes are added.
#include "exchange/lanes.h"

#include <stdbool.h>

#include "base/share.h"

sp_subtree sp_lanes_hosted(int64_t lanes, int ranks, int rank) {
  return (sp_subtree){sp_share_begin(lanes, ranks, rank), sp_share_begin(lanes, ranks, rank + 1)};
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

int sp_lanes_subtrees(int64_t lanes, int64_t begin, int64_t end, sp_subtree subtrees[SP_MAX_SUBTREES]) {
  int count = 0;
  while (begin < end) {
    int64_t span = 1;
    while (span < lanes && begin % (2 * span) == 0 && smaller(begin + 2 * span, lanes) <= end) span *= 2;
    int64_t next = smaller(begin + span, lanes);
    subtrees[count++] = (sp_subtree){begin, next};
    begin = next;
  }
  return count;
}

bool sp_lanes_is_subtree(int64_t lanes, sp_subtree range) {
  int64_t span = 1;
  while (span < range.end - range.begin) span *= 2;
  return range.begin % span == 0 && range.end == smaller(range.begin + span, lanes);
}

void sp_lanes_sum_tree(int64_t lanes, const sp_subtree *parts, int64_t count,
                       void (*add)(void *context, int64_t into, int64_t from), void *context) {
  struct {
    sp_subtree range;
    int64_t part;
  } stack[SP_MAX_SUBTREES + 1];
  int top = 0;
  for (int64_t i = 0; i < count; i++) {
    stack[top].range = parts ? parts[i] : (sp_subtree){i, i + 1};
    stack[top++].part = i;
    while (top > 1) {
      sp_subtree both = {stack[top - 2].range.begin, stack[top - 1].range.end};
      if (!sp_lanes_is_subtree(lanes, both)) break;
      add(context, stack[top - 2].part, stack[top - 1].part);
      stack[--top - 1].range = both;
    }
  }
}
