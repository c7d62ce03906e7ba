// SPDX-License-Identifier: Apache-2.0
// The structs of public handles that several files of this folder use.
#ifndef SP_API_HANDLES_H
#define SP_API_HANDLES_H

#include "base/text.h"
#include "shardprop/config.h"
#include "shardprop/dataset.h"
#include "train/feed.h"
#include "train/run_config.h"

struct sp_config {
  sp_run_config run;
  sp_text text;  ///< resolved
};

struct sp_data {
  sp_comm comm;
  sp_feed feed;
  sp_rows rows;  ///< of the part
};

#endif
