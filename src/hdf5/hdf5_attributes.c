// SPDX-License-Identifier: Apache-2.0
// The attributes with which netCDF and related formats define the meaning of stored numbers.
// Source: netCDF User's Guide, Appendix A (attribute conventions); CF conventions 1.8, sections 2.5.1 and 8.1.
#include "hdf5/hdf5_attributes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "hdf5/convert.h"
#include "hdf5/hdf5_file.h"

// --- reading ------------------------------------------------------------------------------------------------------

/// Read an attribute of 1 to `most` numbers; *count is 0 if there is no such attribute.
static sp_status read_numbers(const char *path, const char *name, hid_t id, const char *attribute, int most,
                              double *number, int *count) {
  *count = 0;
  if (H5Aexists(id, attribute) <= 0) return SP_OK;
  hid_t opened = H5Aopen(id, attribute, H5P_DEFAULT);
  if (opened < 0) return sp_hdf5_fail(SP_ERR_DATA, "%s: %s: attribute %s cannot be opened", path, name, attribute);
  hid_t type = H5Aget_type(opened), space = H5Aget_space(opened);
  H5T_class_t class = H5Tget_class(type);
  hssize_t values = H5Sget_simple_extent_npoints(space);
  sp_status status = SP_OK;
  if (class != H5T_INTEGER && class != H5T_FLOAT) {
    status = sp_fail(SP_ERR_DATA, "%s: %s: attribute %s is %s, expected a number", path, name, attribute,
                     class == H5T_STRING ? "text" : "of a type without numbers");
  } else if (values < 1 || values > most) {
    status = sp_fail(SP_ERR_DATA, "%s: %s: attribute %s has %lld values, expected %s%d", path, name, attribute,
                     (long long)values, most == SP_MISSING_VALUES ? "1 to " : "", most);
  } else if (H5Aread(opened, H5T_NATIVE_DOUBLE, number) < 0) {
    status = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: attribute %s cannot be read", path, name, attribute);
  } else {
    *count = (int)values;
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(opened);
  return status;
}

/// Read the beginning of a text attribute; empty if it is not a text.
static void read_text(hid_t id, const char *attribute, char text[16]) {
  text[0] = '\0';
  if (H5Aexists(id, attribute) <= 0) return;
  hid_t opened = H5Aopen(id, attribute, H5P_DEFAULT), type = H5Aget_type(opened), space = H5Aget_space(opened);
  hid_t memory = H5Tcopy(H5T_C_S1);
  bool one = opened >= 0 && H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1;
  if (one && H5Tis_variable_str(type) > 0) {
    char *given = NULL;
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    if (H5Aread(opened, memory, &given) >= 0 && given) strncat(text, given, 15);
    H5free_memory(given);
  } else if (one) {
    H5Tset_size(memory, 16);
    H5Tset_cset(memory, H5Tget_cset(type));
    if (H5Aread(opened, memory, text) < 0) text[0] = '\0';
    text[15] = '\0';
  }
  H5Tclose(memory);
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(opened);
}

// --- attributes that change values --------------------------------------------------------------------------------

static sp_status check_packing(const char *path, const char *name, hid_t id) {
  double scale = 1, offset = 0;
  int scaled, shifted;
  SP_TRY(read_numbers(path, name, id, "scale_factor", 1, &scale, &scaled));
  SP_TRY(read_numbers(path, name, id, "add_offset", 1, &offset, &shifted));
  if (scale == 1 && offset == 0) return SP_OK;
  if (!isfinite(scale) || !isfinite(offset)) {
    return sp_fail(SP_ERR_DATA, "%s: %s: attribute %s is %g, expected a finite number", path, name,
                   isfinite(scale) ? "add_offset" : "scale_factor", isfinite(scale) ? offset : scale);
  }
  char found[100], formula[60];
  bool both = scaled && shifted;
  if (both) {
    snprintf(found, sizeof found, "attributes scale_factor %.17g and add_offset %.17g", scale, offset);
  } else {
    snprintf(found, sizeof found, "attribute %s %.17g", scaled ? "scale_factor" : "add_offset",
             scaled ? scale : offset);
  }
  snprintf(formula, sizeof formula, "value = stored%s%s", scaled ? " * scale_factor" : "",
           shifted ? " + add_offset" : "");
  return sp_fail(
      SP_ERR_DATA,
      "%s: %s: %s: the numbers are packed (%s), and this version does not unpack them: write the unpacked values to "
      "another file (xarray does so when it is given encoding={}), or remove %s and set data.transform: [{scale: "
      "{factor: %.17g, shift: %.17g}}] (data.target_transform for targets, data.transforms.NAME for a column of "
      "another name)",
      path, name, found, formula, both ? "these attributes" : "this attribute", scale, offset);
}

static sp_status check_unsigned(const char *path, const char *name, hid_t id, sp_dtype dtype) {
  char text[16];
  read_text(id, "_Unsigned", text);
  bool is_signed = dtype == SP_INT8 || dtype == SP_INT16 || dtype == SP_INT32 || dtype == SP_INT64;
  if (!is_signed || strcasecmp(text, "true") != 0) return SP_OK;
  return sp_fail(SP_ERR_DATA,
                 "%s: %s: attribute _Unsigned is \"%s\": the stored %s represent unsigned integers, and this version "
                 "does not convert them: write them as unsigned integers (in Python: values.view('u%zu'))",
                 path, name, text, sp_dtype_name(dtype), sp_dtype_size(dtype));
}

// --- missing values -----------------------------------------------------------------------------------------------

static double as_stored(sp_dtype dtype, double number) { return dtype == SP_FLOAT32 ? (double)(float)number : number; }

/// Files written by the netCDF library or h5netcdf have this attribute.
static bool is_netcdf(hid_t id) { return H5Aexists_by_name(id, "/", "_NCProperties", H5P_DEFAULT) > 0; }

static bool is_filled(hid_t id) {
  hid_t properties = H5Dget_create_plist(id);
  H5D_fill_time_t time = H5D_FILL_TIME_NEVER;
  bool filled = properties >= 0 && H5Pget_fill_time(properties, &time) >= 0 && time != H5D_FILL_TIME_NEVER;
  if (properties >= 0) H5Pclose(properties);
  return filled;
}

/// The value with which netCDF fills a variable without _FillValue (netcdf.h: NC_FILL_SHORT and so on), and which it
/// treats as missing. One-byte types have none, because all of their values are in use.
static bool default_fill(sp_dtype dtype, double *value) {
  switch (dtype) {
    case SP_INT16: *value = -32767; return true;
    case SP_UINT16: *value = 65535; return true;
    case SP_INT32: *value = -2147483647; return true;
    case SP_UINT32: *value = 4294967295; return true;
    case SP_INT64: *value = -9223372036854775806.0; return true;
    case SP_UINT64: *value = 18446744073709551614.0; return true;
    case SP_FLOAT32:
    case SP_FLOAT64: *value = 9.9692099683868690e+36; return true;
    default: return false;
  }
}

sp_status sp_hdf5_check_attributes(const char *path, const char *name, hid_t id, sp_dtype dtype, sp_hdf5_missing *out) {
  sp_hdf5_missing missing = {.low = -INFINITY, .high = INFINITY};
  double range[2];
  int fills = 0, count;
  if (H5Aget_num_attrs(id) > 0) {
    SP_TRY(check_packing(path, name, id));
    SP_TRY(check_unsigned(path, name, id, dtype));
    SP_TRY(read_numbers(path, name, id, "_FillValue", 1, missing.value, &fills));
    for (int i = 0; i < fills; i++) missing.fill[i] = true;
    SP_TRY(read_numbers(path, name, id, "missing_value", SP_MISSING_VALUES - 1, missing.value + fills, &count));
    missing.count = fills + count;
    for (int i = 0; i < missing.count; i++) missing.value[i] = as_stored(dtype, missing.value[i]);
    SP_TRY(read_numbers(path, name, id, "valid_range", 2, range, &count));
    if (count == 1) {
      return sp_fail(SP_ERR_DATA, "%s: %s: attribute valid_range has 1 value, expected 2", path, name);
    }
    missing.by_range = count == 2;
    if (count == 2) {
      missing.low = range[0];
      missing.high = range[1];
    } else {
      SP_TRY(read_numbers(path, name, id, "valid_min", 1, &missing.low, &count));
      SP_TRY(read_numbers(path, name, id, "valid_max", 1, &missing.high, &count));
    }
    missing.low = as_stored(dtype, missing.low);
    missing.high = as_stored(dtype, missing.high);
    missing.ranged = missing.low > -INFINITY || missing.high < INFINITY;
  }
  if (fills == 0 && is_netcdf(id) && is_filled(id) && default_fill(dtype, &missing.value[missing.count])) {
    missing.by_default = ++missing.count;
  }
  *out = missing;
  return SP_OK;
}

static bool has_value(const sp_hdf5_missing *missing, double x) {
  for (int i = 0; i < missing->count; i++) {
    if (x == missing->value[i] || (isnan(x) && isnan(missing->value[i]))) return true;
  }
  return false;
}

sp_status sp_hdf5_add_missing(sp_hdf5_missing *whole, const sp_hdf5_missing *part) {
  for (int i = 0; i < part->count; i++) {
    if (has_value(whole, part->value[i])) continue;
    if (whole->count > SP_MISSING_VALUES) {
      return sp_fail(SP_ERR_DATA, "more than %d values denote missing values", SP_MISSING_VALUES);
    }
    whole->value[whole->count] = part->value[i];
    whole->fill[whole->count++] = part->fill[i];
    if (part->by_default == i + 1) whole->by_default = whole->count;
  }
  if (!part->ranged) return SP_OK;
  whole->low = whole->ranged ? fmax(whole->low, part->low) : part->low;
  whole->high = whole->ranged ? fmin(whole->high, part->high) : part->high;
  whole->ranged = true;
  whole->by_range = whole->by_range || part->by_range;
  return SP_OK;
}

static bool is_missing(const sp_hdf5_missing *missing, double x) {
  bool found = missing->ranged && !(x >= missing->low && x <= missing->high);
  for (int i = 0; i < missing->count; i++)
    found = found || x == missing->value[i] || (isnan(missing->value[i]) && isnan(x));
  return found;
}

#define FIRST_MISSING(type)                                                                    \
  static int64_t first_##type(const sp_hdf5_missing *missing, const void *values, int64_t n) { \
    const type *x = values;                                                                    \
    for (int64_t i = 0; i < n; i++) {                                                          \
      if (is_missing(missing, (double)x[i])) return i;                                         \
    }                                                                                          \
    return -1;                                                                                 \
  }
FIRST_MISSING(int8_t)
FIRST_MISSING(uint8_t)
FIRST_MISSING(int16_t)
FIRST_MISSING(uint16_t)
FIRST_MISSING(int32_t)
FIRST_MISSING(uint32_t)
FIRST_MISSING(int64_t)
FIRST_MISSING(uint64_t)
FIRST_MISSING(float)
FIRST_MISSING(double)

int64_t sp_hdf5_first_missing(const sp_hdf5_missing *missing, sp_dtype dtype, const void *values, int64_t n) {
  switch (dtype) {
    case SP_INT8: return first_int8_t(missing, values, n);
    case SP_UINT8: return first_uint8_t(missing, values, n);
    case SP_INT16: return first_int16_t(missing, values, n);
    case SP_UINT16: return first_uint16_t(missing, values, n);
    case SP_INT32: return first_int32_t(missing, values, n);
    case SP_UINT32: return first_uint32_t(missing, values, n);
    case SP_INT64: return first_int64_t(missing, values, n);
    case SP_UINT64: return first_uint64_t(missing, values, n);
    case SP_FLOAT32: return first_float(missing, values, n);
    default: return first_double(missing, values, n);
  }
}

sp_status sp_hdf5_fail_missing_value(const sp_hdf5_missing *missing, sp_dtype dtype, const void *values, int64_t i) {
  char text[32];
  const char *value = sp_convert_text(dtype, (const char *)values + (size_t)i * sp_dtype_size(dtype), text);
  static const char remedy[] = "such values are missing: remove these rows, or replace the missing values by numbers";
  double x = strtod(value, NULL);
  for (int j = 0; j < missing->count; j++) {
    double m = missing->value[j];
    if (x != m && as_stored(dtype, x) != m && !(isnan(m) && isnan(x))) continue;
    if (missing->by_default == j + 1) {
      return sp_fail(SP_ERR_DATA,
                     "value %s is netCDF's default fill value, as the variable has no attribute _FillValue: %s (if the "
                     "value is valid, give the variable a _FillValue that does not occur in it)",
                     value, remedy);
    }
    return sp_fail(SP_ERR_DATA, "value %s is the data set's attribute %s: %s", value,
                   missing->fill[j] ? "_FillValue" : "missing_value", remedy);
  }
  const char *attribute = missing->by_range           ? " valid_range"
                          : missing->high == INFINITY ? " valid_min"
                          : missing->low == -INFINITY ? " valid_max"
                                                      : "s valid_min and valid_max";
  return sp_fail(SP_ERR_DATA, "value %s is outside the range %.17g to %.17g of the data set's attribute%s: %s", value,
                 missing->low, missing->high, attribute, remedy);
}
