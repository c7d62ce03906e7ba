// SPDX-License-Identifier: Apache-2.0
// The options of the section `exchange`.
#include "exchange/exchange_options.h"

_Static_assert(sizeof(sp_exchange_path) == sizeof(int) && sizeof(sp_exchange_wire) == sizeof(int),
               "choices are read as int");

const sp_option sp_exchange_fields[] = {
    {"path", SP_OPTION_CHOICE, offsetof(sp_exchange_options, path), "auto", "auto|window|mpi",
     .help = "within a node: memory that its ranks share, or messages (slower; to compare with); auto: messages only "
             "where memory cannot be shared"},
    // Three blocks of float32: with its header such a message stays below the 64 KiB from which on Open MPI's TCP asks the
    // receiver first, whose answer then waits behind the data that go there: with both ends sending, half the bandwidth.
    {"bucket_mb", SP_OPTION_REAL, offsetof(sp_exchange_options, bucket_mb), "0.046875", "[0.015625, 1024]",
     .unit = "MiB", .help = "of gradients that travel between nodes as one message, while the backward pass goes on"},
    {"wire", SP_OPTION_CHOICE, offsetof(sp_exchange_options, wire), "full", "full|bfloat16",
     .help = "what travels between nodes: values as they are, or rounded to bfloat16, which halves the bytes; what the "
             "rounding takes off is sent with the next step, and results depend on the number of nodes"},
    {0}};
