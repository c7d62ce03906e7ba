// SPDX-License-Identifier: Apache-2.0
// A sequential input file, which is inflated if it is compressed with gzip.
// Source: RFC 1952 (gzip). zlib's gzread silently ignores data after the last member, which may be rows.
#include "import/inflated_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/files.h"

enum { BUFFER_BYTES = 256 * 1024, GZIP_WINDOW = 15 + 16 };

struct sp_input {
  const char *path;
  sp_meter *progress;
  int descriptor;
  bool regular, gzip;
  bool at_end;                       ///< end of file: only the data in the buffer remain
  bool in_member;                    ///< inside a member of a gzip file
  int64_t offset, file_size, taken;  ///< taken: bytes read from the file
  z_stream stream;                   ///< next_in and avail_in: unread data in the buffer, also for plain files
  unsigned char buffer[BUFFER_BYTES];
};

// --- bytes of the file --------------------------------------------------------------------------------------------

/// Read up to `size` bytes once; *got is 0 at the end of the file.
static sp_status read_some(sp_input *input, void *buffer, int64_t size, int64_t *got) {
  ssize_t count;
  while ((count = read(input->descriptor, buffer, (size_t)size)) < 0) {
    if (errno != EINTR) return sp_file_error(input->path, "cannot be read", errno);
  }
  input->at_end = count == 0;
  input->taken += count;
  *got = count;
  return SP_OK;
}

/// Read until the buffer contains `size` bytes or the file ends.
static sp_status fill(sp_input *input, unsigned size) {
  z_stream *stream = &input->stream;
  while (stream->avail_in < size && !input->at_end) {
    int64_t got = 0;
    if (stream->avail_in > 0) memmove(input->buffer, stream->next_in, stream->avail_in);
    stream->next_in = input->buffer;
    SP_TRY(read_some(input, input->buffer + stream->avail_in, BUFFER_BYTES - stream->avail_in, &got));
    stream->avail_in += (unsigned)got;
  }
  return SP_OK;
}

static bool at_member(const sp_input *input) {
  return input->stream.avail_in >= 2 && input->stream.next_in[0] == 0x1f && input->stream.next_in[1] == 0x8b;
}

/// Reset the state, and detect whether the file is compressed with gzip.
static sp_status begin(sp_input *input) {
  input->stream.avail_in = 0;
  input->at_end = input->in_member = false;
  input->offset = input->taken = 0;
  SP_TRY(fill(input, 2));
  input->gzip = at_member(input);
  return SP_OK;
}

sp_status sp_input_open(const char *path, sp_meter *progress, sp_input **out) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && strcmp(path, "-") == 0) {
    return sp_fail(SP_ERR_USAGE, "'-': standard input is not supported, expected the name of a file");
  }
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
  if (!input || inflateInit2(&input->stream, GZIP_WINDOW) != Z_OK) {
    close(descriptor);
    free(input);
    return sp_fail(SP_ERR_MEMORY, "%s: out of memory while opening the file", path);
  }
  input->path = path;
  input->progress = progress;
  input->descriptor = descriptor;
  input->regular = S_ISREG(about.st_mode);
  input->file_size = input->regular ? (int64_t)about.st_size : -1;
  sp_status status = begin(input);
  if (status == SP_OK) {
    *out = input;
  } else {
    sp_input_close(input);
  }
  return status;
}

void sp_input_close(sp_input *input) {
  if (!input) return;
  inflateEnd(&input->stream);
  close(input->descriptor);
  free(input);
}

// --- contents -----------------------------------------------------------------------------------------------------

static sp_status read_plain(sp_input *input, void *buffer, int64_t size, int64_t *got) {
  z_stream *stream = &input->stream;
  if (stream->avail_in == 0) return input->at_end ? SP_OK : read_some(input, buffer, size, got);
  *got = size < (int64_t)stream->avail_in ? size : (int64_t)stream->avail_in;
  memcpy(buffer, stream->next_in, (size_t)*got);
  stream->next_in += *got;
  stream->avail_in -= (unsigned)*got;
  return SP_OK;
}

/// Enter the next member, or detect the end. Like gzip, ignore zeros between members, which pad tapes.
static sp_status next_member(sp_input *input, bool *ended) {
  z_stream *stream = &input->stream;
  SP_TRY(fill(input, 2));
  if (at_member(input)) {
    input->in_member = true;
    inflateReset(stream);
    return SP_OK;
  }
  while (stream->avail_in > 0 && *stream->next_in == 0) {
    stream->next_in++;
    stream->avail_in--;
    SP_TRY(fill(input, 1));
  }
  *ended = stream->avail_in == 0;
  if (*ended) return SP_OK;
  int64_t place = input->taken - (int64_t)stream->avail_in;
  return sp_fail(
      SP_ERR_DATA,
      "%s: byte %lld of the gzip file: found other data after the end of the gzip data, expected "
      "another gzip member or the end of the file (if they belong to the data, compress the file again; if not, "
      "remove them with head -c %lld)",
      input->path, (long long)place, (long long)place);
}

static sp_status read_gzip(sp_input *input, void *buffer, int64_t size, int64_t *got) {
  z_stream *stream = &input->stream;
  bool ended = false;
  if (!input->in_member) SP_TRY(next_member(input, &ended));
  if (ended) return SP_OK;
  SP_TRY(fill(input, 1));
  if (stream->avail_in == 0) {
    return sp_fail(SP_ERR_DATA, "%s: offset %lld: the gzip file is truncated", input->path, (long long)input->offset);
  }
  stream->next_out = buffer;
  stream->avail_out = (unsigned)size;
  int code = inflate(stream, Z_NO_FLUSH);
  *got = size - (int64_t)stream->avail_out;
  if (code == Z_STREAM_END) input->in_member = false;
  if (code == Z_OK || code == Z_STREAM_END) return SP_OK;
  if (code == Z_MEM_ERROR) return sp_fail(SP_ERR_MEMORY, "%s: out of memory while inflating the file", input->path);
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: the gzip file is damaged (%s)", input->path,
                 (long long)(input->offset + *got), stream->msg ? stream->msg : "it requires a dictionary");
}

/// The data that the first member begins with must not be compressed again.
static sp_status check_inflated(const sp_input *input, const unsigned char *data, int64_t size) {
  if (input->offset > 0 || size < 2 || data[0] != 0x1f || data[1] != 0x8b) return SP_OK;
  return sp_fail(SP_ERR_DATA,
                 "%s: is compressed with gzip twice: decompress it once with gunzip (the result is a gzip file, too)",
                 input->path);
}

static bool all_read(const sp_input *input) {
  return input->at_end && input->stream.avail_in == 0 && !input->in_member;
}

sp_status sp_input_read(sp_input *input, void *buffer, int64_t size, int64_t *got) {
  enum { PIECE = 4 << 20 };
  int64_t filled = 0;
  while (filled < size && !all_read(input)) {
    int64_t piece = size - filled < PIECE ? size - filled : PIECE, read = 0;
    SP_TRY((input->gzip ? read_gzip : read_plain)(input, (char *)buffer + filled, piece, &read));
    if (input->gzip) SP_TRY(check_inflated(input, buffer, read));
    filled += read;
    input->offset += read;
    sp_meter_reach(input->progress, input->taken - (int64_t)input->stream.avail_in);
  }
  *got = filled;
  return SP_OK;
}

sp_status sp_input_exact(sp_input *input, void *buffer, int64_t size, const char *what) {
  int64_t offset = input->offset, got;
  SP_TRY(sp_input_read(input, buffer, size, &got));
  if (got == size) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: %s: found %lld bytes, expected %lld: the file is truncated",
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
  if (!input->regular || lseek(input->descriptor, 0, SEEK_SET) != 0 || inflateReset(&input->stream) != Z_OK) {
    return sp_fail(
        SP_ERR_DATA, "%s: %s, expected a regular file: write the data to a file first, then import that", input->path,
        input->regular ? "cannot be read a second time" : "is a pipe or a device, which cannot be read twice");
  }
  return begin(input);
}

sp_status sp_input_expect(sp_input *input, int64_t size, const char *what) {
  enum { DEFLATE_RATIO = 1032 };  // largest expansion of deflate, according to zlib's technical details
  if (input->file_size < 0) return SP_OK;
  bool plain = !input->gzip;
  int64_t found = plain ? input->file_size - input->offset : -1;
  if (plain && found == size) return SP_OK;
  if (!plain && size / DEFLATE_RATIO <= input->file_size) return SP_OK;
  if (plain) {
    return sp_fail(SP_ERR_DATA, "%s: offset %lld: %s: found %lld bytes, expected %lld: %s", input->path,
                   (long long)input->offset, what, (long long)found, (long long)size,
                   found < size ? "the file is truncated" : "more data follow");
  }
  return sp_fail(SP_ERR_DATA,
                 "%s: offset %lld: %s: expected %lld bytes, more than a gzip file of %lld bytes can contain",
                 input->path, (long long)input->offset, what, (long long)size, (long long)input->file_size);
}

const char *sp_input_path(const sp_input *input) { return input->path; }

int64_t sp_input_offset(const sp_input *input) { return input->offset; }

int64_t sp_input_file_size(const sp_input *input) { return input->file_size; }
