// SPDX-License-Identifier: Apache-2.0
// The formats, in the order of `shardprop import --help`: one line for each file import_NAME.c.
SP_IMPORT_FORMAT(idx)
SP_IMPORT_FORMAT(csv)
SP_IMPORT_FORMAT(npy)
SP_IMPORT_FORMAT(synthetic)
