// What the public files that take a configuration see of it.
#ifndef SP_API_CONFIG_ACCESS_H
#define SP_API_CONFIG_ACCESS_H

#include "base/text.h"
#include "shardprop/config.h"
#include "train/run_config.h"

struct sp_config {
  sp_run_config run;
  sp_text text;  ///< resolved
};

#endif
