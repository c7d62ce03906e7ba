// SPDX-License-Identifier: Apache-2.0
// What marks a function as one that users may call: all others are hidden in the library.
// Public. Includes nothing.
#ifndef SHARDPROP_EXPORT_H
#define SHARDPROP_EXPORT_H

#define SP_API __attribute__((visibility("default")))

#endif
