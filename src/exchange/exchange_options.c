// SPDX-License-Identifier: Apache-2.0
// The options of the section `exchange`.
#include "exchange/exchange_options.h"

_Static_assert(sizeof(sp_exchange_path) == sizeof(int) && sizeof(sp_exchange_wire) == sizeof(int),
               "choices are read as int");

const sp_option sp_exchange_fields[] = {
    {"path", SP_OPTION_CHOICE, offsetof(sp_exchange_options, path), "auto", "auto|window|mpi",
     .help = "transport within a node. window: memory that the ranks of the node share; mpi: MPI messages, which are "
             "slower and serve for comparison; auto: window, or mpi where memory cannot be shared"},
    // Three blocks of float32. With its header such a message stays below 64 KiB. Above that size, Open MPI's TCP asks
    // the receiver first, and the answer waits behind data sent in its direction; when both ends send,
    // this halves the bandwidth.
    {"bucket_mb", SP_OPTION_REAL, offsetof(sp_exchange_options, bucket_mb), "0.046875", "[0.015625, 1024]",
     .unit = "MiB", .help = "size of the messages that carry gradients between nodes during the backward pass"},
    {"wire", SP_OPTION_CHOICE, offsetof(sp_exchange_options, wire), "full", "full|bfloat16",
     .help = "format of values sent between nodes. full: unchanged; bfloat16: rounded to bfloat16, which halves the "
             "bytes; the rounding error is added to the values of the next step, and results depend on the number of "
             "nodes"},
    {0}};
