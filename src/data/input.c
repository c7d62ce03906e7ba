// A file that is read from front to back: zlib reads gzip'd files and plain ones alike.
// May include: base, data/meter.h.
#include "data/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/files.h"

struct sp_input {
  const char *path;
  sp_meter *progress;
  gzFile stream;
  int64_t offset, file_size;
  bool regular;
};

sp_status sp_input_open(const char *path, sp_meter *progress, sp_input **out) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return sp_file_error(path, "cannot be opened", errno);
  struct stat about;
  if (fstat(descriptor, &about) != 0) {
    int failed = errno;
    close(descriptor);
    return sp_file_error(path, "cannot be examined", failed);
  }
  if (S_ISDIR(about.st_mode)) {
    close(descriptor);
    return sp_fail(SP_ERR_DATA, "%s: is a directory, expected a file", path);
  }
  sp_input *input = calloc(1, sizeof *input);
  gzFile stream = input ? gzdopen(descriptor, "rb") : NULL;
  if (!stream) {
    close(descriptor);
    free(input);
    return sp_fail(SP_ERR_MEMORY, "%s: no memory to read it", path);
  }
  gzbuffer(stream, 256 * 1024);
  bool regular = S_ISREG(about.st_mode);
  *input = (sp_input){.path = path, .progress = progress, .stream = stream, .regular = regular,
                      .file_size = regular ? (int64_t)about.st_size : -1};
  *out = input;
  return SP_OK;
}

void sp_input_close(sp_input *input) {
  if (!input) return;
  gzclose_r(input->stream);
  free(input);
}

static sp_status stream_failure(sp_input *input) {
  int code, failed = errno;
  const char *text = gzerror(input->stream, &code);
  if (code == Z_ERRNO) return sp_file_error(input->path, "cannot be read", failed);
  if (code == Z_BUF_ERROR) {
    return sp_fail(SP_ERR_DATA, "%s: offset %lld: the gzip'd file is cut off", input->path, (long long)input->offset);
  }
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: the gzip'd file is damaged (%s)", input->path,
                 (long long)input->offset, text);
}

sp_status sp_input_read(sp_input *input, void *buffer, int64_t size, int64_t *got) {
  enum { PIECE = 4 << 20 };
  int64_t filled = 0;
  while (filled < size) {
    unsigned piece = size - filled < PIECE ? (unsigned)(size - filled) : PIECE;
    int read = gzread(input->stream, (char *)buffer + filled, piece);
    if (read < 0) return stream_failure(input);
    filled += read;
    input->offset += read;
    if ((unsigned)read < piece) {
      int code;
      gzerror(input->stream, &code);
      if (code != Z_OK && code != Z_STREAM_END) return stream_failure(input);
      break;
    }
    sp_meter_reach(input->progress, (int64_t)gzoffset(input->stream));
  }
  *got = filled;
  return SP_OK;
}

sp_status sp_input_exact(sp_input *input, void *buffer, int64_t size, const char *what) {
  int64_t offset = input->offset, got;
  SP_TRY(sp_input_read(input, buffer, size, &got));
  if (got == size) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: %s: found %lld bytes, expected %lld: the file is cut off",
                 input->path, (long long)offset, what, (long long)got, (long long)size);
}

sp_status sp_input_end(sp_input *input) {
  char extra;
  int64_t offset = input->offset, got;
  SP_TRY(sp_input_read(input, &extra, 1, &got));
  if (got == 0) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: found more data, expected the end of the file", input->path,
                 (long long)offset);
}

sp_status sp_input_rewind(sp_input *input) {
  if (!input->regular || gzrewind(input->stream) != 0) {
    return sp_fail(SP_ERR_DATA, "%s: cannot be read a second time, expected an ordinary file", input->path);
  }
  input->offset = 0;
  return SP_OK;
}

sp_status sp_input_expect(sp_input *input, int64_t size, const char *what) {
  enum { DEFLATE_RATIO = 1032 };  // zlib's technical details: no block expands further
  if (input->file_size < 0) return SP_OK;
  bool plain = gzdirect(input->stream);
  int64_t found = plain ? input->file_size - input->offset : -1;
  if (plain && found == size) return SP_OK;
  if (!plain && size / DEFLATE_RATIO <= input->file_size) return SP_OK;
  if (plain) {
    return sp_fail(SP_ERR_DATA, "%s: offset %lld: %s: found %lld bytes, expected %lld: %s", input->path,
                   (long long)input->offset, what, (long long)found, (long long)size,
                   found < size ? "the file is cut off" : "something follows");
  }
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: %s: expected %lld bytes, more than a gzip'd file of %lld bytes holds",
                 input->path, (long long)input->offset, what, (long long)size, (long long)input->file_size);
}

const char *sp_input_path(const sp_input *input) { return input->path; }

int64_t sp_input_offset(const sp_input *input) { return input->offset; }

int64_t sp_input_file_size(const sp_input *input) { return input->file_size; }
