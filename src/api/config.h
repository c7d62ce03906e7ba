// What the public files that take a configuration see of it.
// May include: base, train/config.h.
#ifndef SP_API_CONFIG_H
#define SP_API_CONFIG_H

#include "base/text.h"
#include "shardprop/config.h"
#include "train/config.h"

struct sp_config {
  sp_run_config run;
  sp_text text;  ///< resolved
};

#endif
