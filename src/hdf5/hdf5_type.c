// SPDX-License-Identifier: Apache-2.0
// The type of the values of a data set.
#include "hdf5/hdf5_type.h"

static const char *class_name(H5T_class_t class) {
  switch (class) {
    case H5T_STRING: return "strings";
    case H5T_BITFIELD: return "bit fields";
    case H5T_OPAQUE: return "opaque bytes";
    case H5T_COMPOUND: return "compound values";
    case H5T_REFERENCE: return "references";
    case H5T_VLEN: return "lists of varying length";
    case H5T_ARRAY: return "arrays";
    case H5T_TIME: return "times";
    default: return "values of an unknown type";
  }
}

static sp_dtype integer_dtype(size_t size, bool is_signed) {
  if (size <= 1) return is_signed ? SP_INT8 : SP_UINT8;
  if (size <= 2) return is_signed ? SP_INT16 : SP_UINT16;
  if (size <= 4) return is_signed ? SP_INT32 : SP_UINT32;
  return is_signed ? SP_INT64 : SP_UINT64;
}

sp_status sp_hdf5_examine_type(const char *path, const char *name, hid_t id, sp_dtype *dtype) {
  hid_t type = H5Dget_type(id);
  H5T_class_t class = H5Tget_class(type);
  if (class == H5T_ENUM) {  // including the booleans of h5py; read as integers
    hid_t base = H5Tget_super(type);
    H5Tclose(type);
    type = base;
    class = H5T_INTEGER;
  }
  size_t size = H5Tget_size(type);
  bool is_signed = class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2;
  H5Tclose(type);
  if (class != H5T_INTEGER && class != H5T_FLOAT) {
    return sp_fail(SP_ERR_DATA, "%s: %s: holds %s, expected integers or floats", path, name, class_name(class));
  }
  if (size > 8) {
    return sp_fail(SP_ERR_DATA, "%s: %s: holds %s of %zu bytes, expected at most 8", path, name,
                   class == H5T_FLOAT ? "floats" : "integers", size);
  }
  *dtype = class == H5T_INTEGER ? integer_dtype(size, is_signed) : size <= 4 ? SP_FLOAT32 : SP_FLOAT64;
  return SP_OK;
}
