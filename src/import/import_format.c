// SPDX-License-Identifier: Apache-2.0
// The registry of formats, and the code common to all imports: a file that appears only when complete, progress, a
// summary.
#include "import/import_format.h"

#include <stdio.h>

#include "base/files.h"
#include "base/log.h"
#include "base/visible.h"

const sp_variant *const sp_import_formats[] = {
#define SP_IMPORT_FORMAT(name) &sp_import_##name.variant,
#include "import/import_format_list.h"
#undef SP_IMPORT_FORMAT
    NULL};

#define AT(member) offsetof(sp_import_output, member)
const sp_option sp_import_output_options[] = {
    {.name = "output",
     .kind = SP_OPTION_STRING,
     .offset = AT(output),
     .unit = "file",
     .letter = 'o',
     .help = "HDF5 file to create; it appears when it is complete"},
    {.name = "force",
     .kind = SP_OPTION_BOOL,
     .offset = AT(force),
     .preset = "false",
     .help = "replace an existing file"},
    {.name = "chunk",
     .kind = SP_OPTION_INT,
     .offset = AT(chunk),
     .range = "[1, inf)",
     .unit = "rows",
     .flags = SP_OPTION_OPTIONAL,
     .help =
         "number of rows per HDF5 chunk (default: contiguous storage, which is fastest to read; with --gzip, chunks "
         "of about 1 MiB)"},
    {.name = "gzip",
     .kind = SP_OPTION_INT,
     .offset = AT(gzip),
     .preset = "0",
     .range = "[0, 9]",
     .unit = "level",
     .help = "compression level: 0 is none, 1 is the fastest, 9 gives the smallest file"},
    {0}};

static sp_status record(sp_hdf5_writer *writer, const char *format, const char *command) {
  SP_TRY(sp_hdf5_writer_text(writer, SP_HDF5_WRITER_FILE, "creator", "shardprop " SP_VERSION));
  SP_TRY(sp_hdf5_writer_text(writer, SP_HDF5_WRITER_FILE, "format", format));
  return command ? sp_hdf5_writer_text(writer, SP_HDF5_WRITER_FILE, "command", command) : SP_OK;
}

static void say(const char *path, const char *contents, double seconds) {
  char bytes[32], duration[32];
  sp_text text = {0};
  if (seconds < 60) {
    snprintf(duration, sizeof duration, "%.1f s", seconds);
  } else {
    sp_text_duration(seconds, duration);
  }
  sp_visible_format(&text, "%s: %s in %s", path, sp_text_bytes(sp_file_size(path), bytes), duration);
  sp_text_add(&text, "\n%s", contents);
  sp_info("%s", text.data);
  sp_text_free(&text);
}

sp_status sp_import_run(const sp_import_format *format, const void *options, const sp_import_output *output,
                        const char *command) {
  double started = sp_clock();
  sp_import import = {0};
  sp_hdf5_writer_layout layout = {output->chunk > 0 ? output->chunk : 0, output->gzip};
  SP_TRY(sp_hdf5_writer_create(output->output, output->force, layout, &import.writer));
  sp_status status = record(import.writer, format->variant.name, command);
  if (status == SP_OK) status = format->run(options, &import);
  sp_meter_end(&import.progress);
  sp_text contents = {0};
  if (status == SP_OK) {
    sp_hdf5_writer_describe(import.writer, &contents);
    status = sp_hdf5_writer_commit(import.writer);
  } else {
    sp_hdf5_writer_abandon(import.writer);
  }
  if (status == SP_OK) say(output->output, sp_text_string(&contents), sp_clock() - started);
  sp_text_free(&contents);
  return status;
}
