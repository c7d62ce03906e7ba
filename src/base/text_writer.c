// SPDX-License-Identifier: Apache-2.0
// A text file that is being written.
#include "base/text_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"

struct sp_text_writer {
  char path[PATH_MAX], beside[SP_FILE_BESIDE];
  int descriptor;
};

sp_status sp_text_writer_create(const char *path, bool replace, sp_text_writer **out) {
  sp_text_writer *writer;
  SP_TRY(sp_allocate(1, sizeof *writer, "a text file", &writer));
  snprintf(writer->path, sizeof writer->path, "%s", path);
  sp_status status = sp_file_begin(path, replace, writer->beside);
  if (status != SP_OK) {
    free(writer);
    return status;
  }
  writer->descriptor = open(writer->beside, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (writer->descriptor < 0) {
    status = sp_file_error(path, "cannot be written", errno);
    sp_text_writer_abandon(writer);
    return status;
  }
  *out = writer;
  return SP_OK;
}

sp_status sp_text_writer_append(sp_text_writer *writer, sp_text *text) {
  for (size_t done = 0; done < text->size;) {
    ssize_t written = write(writer->descriptor, text->data + done, text->size - done);
    if (written < 0 && errno != EINTR) return sp_file_error(writer->path, "cannot be written", errno);
    if (written > 0) done += (size_t)written;
  }
  text->size = 0;
  if (text->data) *text->data = '\0';
  return SP_OK;
}

static sp_status finish(sp_text_writer *writer) {
  int synced = fsync(writer->descriptor), failed = synced == 0 ? 0 : errno;
  int closed = close(writer->descriptor);
  writer->descriptor = -1;
  if (closed != 0 && !failed) failed = errno;
  if (failed) return sp_file_error(writer->path, "cannot be written", failed);
  return sp_file_commit(writer->beside);
}

sp_status sp_text_writer_commit(sp_text_writer *writer) {
  sp_status status = finish(writer);
  if (status != SP_OK) {
    sp_text_writer_abandon(writer);
  } else {
    free(writer);
  }
  return status;
}

void sp_text_writer_abandon(sp_text_writer *writer) {
  if (!writer) return;
  if (writer->descriptor >= 0) close(writer->descriptor);
  sp_file_abandon(writer->beside);
  free(writer);
}
