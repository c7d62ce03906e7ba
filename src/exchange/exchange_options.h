// SPDX-License-Identifier: Apache-2.0
// The options of the section `exchange`: how gradients and parameters travel between ranks.
// Only `wire` affects results.
#ifndef SP_EXCHANGE_EXCHANGE_OPTIONS_H
#define SP_EXCHANGE_EXCHANGE_OPTIONS_H

#include "config/options.h"

typedef enum sp_exchange_path { SP_PATH_AUTO, SP_PATH_WINDOW, SP_PATH_MPI } sp_exchange_path;
typedef enum sp_exchange_wire { SP_WIRE_FULL, SP_WIRE_BFLOAT16 } sp_exchange_wire;

typedef struct sp_exchange_options {
  sp_exchange_path path;
  double bucket_mb;
  sp_exchange_wire wire;
} sp_exchange_options;

extern const sp_option sp_exchange_fields[];

#endif
