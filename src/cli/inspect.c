// shardprop inspect: what is in a run, a checkpoint or an HDF5 data set.
// May include: everything.
#include <hdf5.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "checkpoint/checkpoint.h"
#include "cli/command.h"

typedef struct arguments {
  const char *path;
  bool config, bytes;
} arguments;

#define AT(member) offsetof(arguments, member)
static const sp_option options[] = {
    {.name = "path", .kind = SP_OPTION_STRING, .offset = AT(path), .unit = "run|checkpoint|file",
     .flags = SP_OPTION_POSITIONAL, .help = "a run (its best or last checkpoint), a checkpoint, or an HDF5 data set"},
    {.name = "config", .letter = 'c', .kind = SP_OPTION_BOOL, .offset = AT(config), .preset = "false",
     .help = "the configuration that a checkpoint keeps"},
    {.name = "bytes", .letter = 'b', .kind = SP_OPTION_BOOL, .offset = AT(bytes), .preset = "false",
     .help = "the raw bytes of parameters and optimizer state"},
    {0}};

static const sp_usage usage = {
    .command = "inspect",
    .synopsis = "shardprop inspect RUN|CHECKPOINT|FILE [--config | --bytes]",
    .details = "Show what is in a checkpoint or an HDF5 data set, on stdout.",
    .example = "shardprop inspect runs/fashion_mnist --bytes | sha256sum"};

// --- data sets ----------------------------------------------------------------------------------------------------

static void add_type(sp_text *out, hid_t type) {
  static const char *const classes[] = {"integer", "float", "time", "string", "bits", "opaque",
                                        "compound", "reference", "enumeration", "variable-length", "array"};
  H5T_class_t class = H5Tget_class(type);
  size_t bits = 8 * H5Tget_size(type);
  if (class == H5T_INTEGER) {
    sp_text_add(out, "%sint%zu", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
  } else if (class == H5T_FLOAT) {
    sp_text_add(out, "float%zu", bits);
  } else {
    sp_text_add(out, "%s", class >= 0 && class < 11 ? classes[class] : "unknown");
  }
}

static void add_extents(sp_text *out, int rank, const hsize_t *extent) {
  sp_text_add(out, "[");
  for (int i = 0; i < rank; i++) sp_text_add(out, i ? ", %llu" : "%llu", (unsigned long long)extent[i]);
  sp_text_add(out, "]");
}

static void add_layout(sp_text *out, hid_t dataset, int rank) {
  hid_t properties = H5Dget_create_plist(dataset);
  hsize_t chunk[H5S_MAX_RANK];
  H5D_layout_t layout = H5Pget_layout(properties);
  if (layout == H5D_CHUNKED) {
    H5Pget_chunk(properties, rank, chunk);
    sp_text_add(out, "  chunks ");
    add_extents(out, rank, chunk);
    if (H5Pget_nfilters(properties) > 0) sp_text_add(out, " compressed");
  } else {
    sp_text_add(out, layout == H5D_VIRTUAL ? "  virtual" : layout == H5D_COMPACT ? "  compact" : "  contiguous");
  }
  H5Pclose(properties);
}

static herr_t visit(hid_t file, const char *name, const H5O_info_t *about, void *context) {
  sp_text *out = context;
  if (about->type != H5O_TYPE_DATASET) return 0;
  hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  if (dataset < 0) return 0;
  hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
  hsize_t extent[H5S_MAX_RANK];
  int rank = H5Sget_simple_extent_dims(space, extent, NULL);
  char bytes[32];
  sp_text_add(out, "/%-32s ", name);
  add_type(out, type);
  sp_text_add(out, " ");
  add_extents(out, rank, extent);
  add_layout(out, dataset, rank);
  sp_text_add(out, "  %s\n", sp_text_bytes((int64_t)H5Sget_simple_extent_npoints(space) * (int64_t)H5Tget_size(type),
                                           bytes));
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(dataset);
  return 0;
}

static sp_status inspect_data(const char *path) {
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return sp_fail(SP_ERR_DATA, "%s: is not a whole HDF5 file", path);
  sp_text text = {0};
  H5Ovisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &text);
  H5Fclose(file);
  fputs(text.size > 0 ? text.data : "no data sets\n", stdout);
  sp_text_free(&text);
  return SP_OK;
}

// --- checkpoints --------------------------------------------------------------------------------------------------

static void print_about(const char *path, const sp_checkpoint_about *about) {
  char seconds[32], values[32], rows[32];
  const sp_progress *p = &about->progress;
  printf("checkpoint  %s\n", path);
  printf("step        %lld (epoch %lld, step %lld in it)\n", (long long)p->step, (long long)p->epoch + 1,
         (long long)p->epoch_step);
  printf("rows seen   %s in %s\n", sp_text_count(p->rows_seen, rows), sp_text_duration(p->seconds, seconds));
  if (p->best_step >= 0) printf("best        %.6g at step %lld\n", p->best_value, (long long)p->best_step);
  printf("state       %s values of %s, %lld lanes, seed %llu, %lld part%s\n",
         sp_text_count(about->blocks * SP_BLOCK, values), sp_dtype_name(about->precision), (long long)about->lanes,
         (unsigned long long)about->seed, (long long)about->parts, about->parts == 1 ? "" : "s");
  printf("written by  %s\n\n", about->versions);
}

static sp_status inspect_checkpoint(const char *path, const arguments *given) {
  sp_checkpoint_about about;
  if (given->bytes) return sp_checkpoint_print(path, true);
  SP_TRY(sp_checkpoint_inspect(path, &about));
  sp_status status = SP_OK;
  if (given->config) {
    fputs(about.config, stdout);
  } else {
    print_about(path, &about);
    status = sp_checkpoint_print(path, false);
  }
  sp_checkpoint_about_free(&about);
  return status;
}

static sp_status inspect(const void *context) {
  const arguments *given = context;
  char path[PATH_MAX];
  if (!sp_file_exists(given->path)) return sp_fail(SP_ERR_USAGE, "%s: there is no such file", given->path);
  if (sp_checkpoint_find(given->path, path) == SP_OK) return inspect_checkpoint(path, given);
  if (given->config || given->bytes) return sp_fail(SP_ERR_USAGE, "%s", sp_error_message());
  return inspect_data(given->path);
}

int sp_command_inspect(int argc, char **argv) {
  arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, inspect, &given);
}
