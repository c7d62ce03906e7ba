// SPDX-License-Identifier: Apache-2.0
// compare FILE GROUP FILE GROUP TOLERANCE: do two HDF5 groups hold the same data sets with nearly the same values?
// Prints the largest absolute difference over the largest absolute value of the second group. Exits 0 when that is at
// most TOLERANCE, 1 when it is more, 2 when the groups cannot be compared. Uses nothing but HDF5.
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct comparison {
  double largest_difference, largest_value;
  long long values;
  char worst[512];  ///< the data set that differs most
} comparison;

static void stop(const char *what, const char *name) {
  fprintf(stderr, "compare: %s: %s\n", name, what);
  exit(2);
}

static hid_t open_group(const char *file, const char *group) {
  hid_t opened = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (opened < 0) stop("cannot open", file);
  hid_t found = H5Gopen2(opened, group, H5P_DEFAULT);
  if (found < 0) stop("no such group", group);
  H5Fclose(opened);  // stays open as long as the group
  return found;
}

static double *read_values(hid_t set, const char *name, int *rank, hsize_t extent[H5S_MAX_RANK], long long *count) {
  hid_t space = H5Dget_space(set);
  *rank = H5Sget_simple_extent_dims(space, extent, NULL);
  *count = H5Sget_simple_extent_npoints(space);
  H5Sclose(space);
  if (*rank < 0 || *count < 0) stop("has no simple shape", name);
  double *values = malloc(((size_t)*count + 1) * sizeof(double));
  if (!values) stop("out of memory", name);
  if (H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) stop("cannot read as numbers", name);
  return values;
}

static void compare_sets(hid_t a, hid_t b, const char *name, comparison *result) {
  int rank_a, rank_b;
  hsize_t extent_a[H5S_MAX_RANK], extent_b[H5S_MAX_RANK];
  long long count_a, count_b;
  double *x = read_values(a, name, &rank_a, extent_a, &count_a), *y = read_values(b, name, &rank_b, extent_b, &count_b);
  if (rank_a != rank_b || memcmp(extent_a, extent_b, (size_t)rank_a * sizeof(hsize_t)) != 0) {
    stop("the two have different shapes", name);
  }
  for (long long i = 0; i < count_a; i++) {
    double difference = x[i] == y[i] ? 0 : fabs(x[i] - y[i]);
    if (isnan(difference)) difference = INFINITY;
    if (difference > result->largest_difference) {
      result->largest_difference = difference;
      snprintf(result->worst, sizeof(result->worst), "%s", name);
    }
    result->largest_value = fmax(result->largest_value, fabs(y[i]));
  }
  result->values += count_a;
  free(x);
  free(y);
}

static hsize_t link_count(hid_t group) {
  H5G_info_t info;
  return H5Gget_info(group, &info) < 0 ? 0 : info.nlinks;
}

static void compare_groups(hid_t a, hid_t b, const char *path, comparison *result) {
  if (link_count(a) != link_count(b)) stop("the two hold different numbers of things", path);
  for (hsize_t i = 0; i < link_count(b); i++) {
    char name[256], below[512];
    if (H5Lget_name_by_idx(b, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof(name), H5P_DEFAULT) < 0) {
      stop("cannot list", path);
    }
    snprintf(below, sizeof(below), "%s/%s", path, name);
    if (H5Lexists(a, name, H5P_DEFAULT) <= 0) stop("is missing from the first", below);
    hid_t in_a = H5Oopen(a, name, H5P_DEFAULT), in_b = H5Oopen(b, name, H5P_DEFAULT);
    if (in_a < 0 || in_b < 0 || H5Iget_type(in_a) != H5Iget_type(in_b)) stop("is not the same kind of thing", below);
    if (H5Iget_type(in_b) == H5I_GROUP) compare_groups(in_a, in_b, below, result);
    if (H5Iget_type(in_b) == H5I_DATASET) compare_sets(in_a, in_b, below, result);
    H5Oclose(in_a);
    H5Oclose(in_b);
  }
}

int main(int count, char **argument) {
  char *end = NULL;
  double tolerance = count == 6 ? strtod(argument[5], &end) : -1;
  if (!end || *end || end == argument[5] || !(tolerance >= 0)) {
    fprintf(stderr, "usage: compare FILE GROUP FILE GROUP TOLERANCE\n");
    return 2;
  }
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t a = open_group(argument[1], argument[2]), b = open_group(argument[3], argument[4]);
  comparison result = {0};
  compare_groups(a, b, argument[4], &result);
  H5Gclose(a);
  H5Gclose(b);
  if (result.values == 0) stop("nothing to compare", argument[4]);

  double relative = result.largest_difference == 0 ? 0 : result.largest_difference / result.largest_value;
  printf("%.3g (%lld values%s%s)\n", relative, result.values, *result.worst ? ", most in " : "", result.worst);
  return relative <= tolerance ? 0 : 1;
}
