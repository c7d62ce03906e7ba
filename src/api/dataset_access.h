// What the public model sees of the public data set.
#ifndef SP_API_DATASET_ACCESS_H
#define SP_API_DATASET_ACCESS_H

#include "shardprop/dataset.h"
#include "train/feed.h"

struct sp_data {
  sp_comm comm;
  sp_feed feed;
  sp_rows rows;  ///< of the part
};

#endif
