// The options of the section `exchange`: how gradients and parameters travel between ranks. They change no result, but
// for `wire`.
#ifndef SP_EXCHANGE_EXCHANGE_OPTIONS_H
#define SP_EXCHANGE_EXCHANGE_OPTIONS_H

#include "config/options.h"

enum { SP_PATH_AUTO, SP_PATH_WINDOW, SP_PATH_MPI };
enum { SP_WIRE_FULL, SP_WIRE_BFLOAT16 };

typedef struct sp_exchange_options {
  int path;
  double bucket_mb;
  int wire;
} sp_exchange_options;

extern const sp_option sp_exchange_fields[];

#endif
