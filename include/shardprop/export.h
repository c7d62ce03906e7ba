// SPDX-License-Identifier: Apache-2.0
// SP_API marks the functions that the library exports; all others are hidden.
// Public. Includes nothing.
#ifndef SHARDPROP_EXPORT_H
#define SHARDPROP_EXPORT_H

#define SP_API __attribute__((visibility("default")))

#endif
