// SPDX-License-Identifier: Apache-2.0
// Parts: the file of one node.
#define _GNU_SOURCE
#include "checkpoint/part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/files.h"
#include "base/memory.h"
#include "checkpoint/tensors.h"
#include "compute/elementwise.h"
#include "hdf5/hdf5_file.h"

static int64_t block_bytes(sp_dtype precision) { return SP_BLOCK * (int64_t)sp_dtype_size(precision); }

uint64_t sp_block_checksum(sp_dtype precision, const void *block) {
  return XXH3_64bits(block, (size_t)block_bytes(precision));
}

const char *sp_block_text(const sp_parameter_table *table, const char *slot, int64_t block, char buffer[512]) {
  char tensors[256];
  snprintf(buffer, 512, "%s%s: block %" PRId64 " (%s)", slot ? "slot " : "parameters", slot ? slot : "", block,
           sp_tensors_text(table, block, 1, tensors));
  return buffer;
}

// --- plain files --------------------------------------------------------------------------------------------------

static int open_part(const char *directory, const sp_part *part, int flags) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", directory, part->file);
  return open(path, flags | O_CLOEXEC);
}

/// Open a part with O_DIRECT where the file system supports it: I/O runs at the speed of the disk without taking memory
/// and cores from training, and data read back come from the disk.
static int open_direct(const char *directory, const sp_part *part, int flags) {
  int descriptor = open_part(directory, part, flags | O_DIRECT);
  return descriptor < 0 && errno == EINVAL ? open_part(directory, part, flags) : descriptor;
}

/// Switch O_DIRECT off, because an address or an offset is not aligned as it requires.
static bool leave_direct(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_DIRECT) && fcntl(descriptor, F_SETFL, flags & ~O_DIRECT) == 0;
}

static sp_status part_error(const char *directory, const sp_part *part, const char *what, int system_error) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", directory, part->file);
  return sp_file_error(path, what, system_error);
}

/// Read exactly `size` bytes. Returns 0, an errno value, or -1 when the file ends too early.
static int read_at(int descriptor, void *into, int64_t size, int64_t offset) {
  enum { PIECE = 1 << 30 };
  for (char *next = into; size > 0;) {
    ssize_t got = pread(descriptor, next, (size_t)(size < PIECE ? size : PIECE), (off_t)offset);
    if (got < 0 && (errno == EINTR || (errno == EINVAL && leave_direct(descriptor)))) continue;
    if (got < 0) return errno;
    if (got == 0) return -1;
    next += got;
    offset += got;
    size -= got;
  }
  return 0;
}

/// Write exactly `size` bytes. Returns 0 or an errno value.
static int write_at(int descriptor, const void *from, int64_t size, int64_t offset) {
  enum { PIECE = 1 << 30 };
  for (const char *next = from; size > 0;) {
    ssize_t written = pwrite(descriptor, next, (size_t)(size < PIECE ? size : PIECE), (off_t)offset);
    if (written < 0 && (errno == EINTR || (errno == EINVAL && leave_direct(descriptor)))) continue;
    if (written < 0) return errno;
    next += written;
    offset += written;
    size -= written;
  }
  return 0;
}

/// Compute the XXH3 of all bytes outside the data sets, which are stored in order. Returns as read_at does.
static int frame_checksum(int descriptor, const sp_part *part, int vectors, int64_t bytes, uint64_t *out) {
  char piece[16384];
  int64_t size = lseek(descriptor, 0, SEEK_END), at = 0;
  int failed = 0;
  XXH3_state_t *hash = XXH3_createState();
  if (!hash) return ENOMEM;
  XXH3_64bits_reset(hash);
  for (int v = 0; v <= vectors && !failed; v++) {
    int64_t end = v < vectors ? part->offset[v] : size;
    while (at < end && !failed) {
      int64_t count = end - at < (int64_t)sizeof piece ? end - at : (int64_t)sizeof piece;
      failed = read_at(descriptor, piece, count, at);
      if (!failed) XXH3_64bits_update(hash, piece, (size_t)count);
      at += count;
    }
    at += v < vectors ? bytes : 0;
  }
  *out = XXH3_64bits_digest(hash);
  XXH3_freeState(hash);
  return failed;
}

// --- writing ------------------------------------------------------------------------------------------------------

enum { PAGE = 4096 };

/// Check that the file system has room for the structures of HDF5 and allows a file of this size. HDF5 1.10 crashes at
/// exit when it could not close a file, so plain system calls try first.
static sp_status try_to_write(const char *path, int vectors, int64_t bytes) {
  enum { STRUCTURES = 65536 };
  static const char zeros[STRUCTURES];
  int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return sp_file_error(path, "cannot be created", errno);
  int failed = write_at(descriptor, zeros, STRUCTURES, 0);
  if (!failed && ftruncate(descriptor, (off_t)(STRUCTURES + vectors * (bytes + PAGE))) != 0) failed = errno;
  if (!failed && fsync(descriptor) != 0) failed = errno;
  close(descriptor);
  return failed ? sp_file_error(path, "cannot be written", failed) : SP_OK;
}

static sp_status make_sets(hid_t file, const sp_state *state, sp_part *part) {
  hsize_t extent = (hsize_t)(part->blocks * SP_BLOCK);
  hid_t space = H5Screate_simple(1, &extent, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  hid_t type = state->precision == SP_FLOAT32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  H5Pset_layout(create, H5D_CONTIGUOUS);
  H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
  H5Pset_obj_track_times(create, 0);
  sp_status status = SP_OK;
  for (int v = 0; v <= state->slots && status == SP_OK; v++) {
    const char *name = v == 0 ? "parameters" : state->slot_name[v - 1];
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    haddr_t offset = set < 0 ? HADDR_UNDEF : H5Dget_offset(set);
    if (offset == HADDR_UNDEF || (v > 0 && (int64_t)offset < part->offset[v - 1])) {
      status = sp_hdf5_fail(SP_ERR_LIBRARY, "%s: no space was allocated in the file", name);
    }
    part->offset[v] = (int64_t)offset;
    H5Dclose(set);
  }
  H5Pclose(create);
  H5Sclose(space);
  return status;
}

static sp_status make_file(const char *path, const sp_state *state, sp_part *part) {
  sp_hdf5_lock();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_sec2(access);
  H5Pset_alignment(access, PAGE, PAGE);  // so that ranks do not share pages
  sp_hdf5_no_locking(access);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file < 0) {
    sp_status failed = sp_hdf5_fail(SP_ERR_IO, "%s: cannot be created", path);
    H5Pclose(access);
    sp_hdf5_unlock();
    return failed;
  }
  sp_status status = make_sets(file, state, part);
  if (H5Fclose(file) < 0 && status == SP_OK) status = sp_hdf5_fail(SP_ERR_IO, "%s: cannot be closed", path);
  H5Pclose(access);
  sp_hdf5_unlock();
  return status;
}

sp_status sp_part_create(const char *directory, int node, const sp_state *state, int64_t blocks, sp_part *out) {
  char path[PATH_MAX];
  sp_part part = {.blocks = blocks};
  snprintf(part.file, sizeof part.file, "node-%04d.h5", node);
  snprintf(path, sizeof path, "%s/%s", directory, part.file);
  int64_t bytes = blocks * block_bytes(state->precision);
  SP_TRY(try_to_write(path, 1 + state->slots, bytes));
  SP_TRY(make_file(path, state, &part));

  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return sp_file_error(path, "cannot be opened", errno);
  int failed = frame_checksum(descriptor, &part, 1 + state->slots, bytes, &part.frame);
  close(descriptor);
  if (failed) return sp_file_error(path, "cannot be read", failed > 0 ? failed : EIO);
  *out = part;
  return SP_OK;
}

// --- values -------------------------------------------------------------------------------------------------------

/// Number of blocks that are checked and written, or read and checked, while they are in the cache.
enum { CHUNK = 256 };

static sp_status nonfinite(const sp_part_content *content, int vector, int64_t place) {
  const sp_block_range *range = content->range;
  while (place >= range->place + range->blocks) range++;
  char text[512];
  return sp_fail(SP_ERR_NONFINITE, "not saved: %s contains a value that is not finite",
                 sp_block_text(content->state->table, vector ? content->state->slot_name[vector - 1] : NULL,
                               range->first + place - range->place, text));
}

/// Check and write one vector. *failed: 0 or an errno value.
static sp_status write_vector(int descriptor, const sp_part *part, const sp_part_content *content, int vector,
                              int *failed) {
  sp_dtype precision = content->state->precision;
  const int64_t bytes = block_bytes(precision), begin = part->offset[vector];
  const char *values = content->values + vector * part->blocks * bytes;
  uint64_t *checksum = content->checksum + vector * part->blocks;
  for (int64_t first = 0; first < part->blocks && !*failed; first += CHUNK) {
    int64_t end = first + CHUNK < part->blocks ? first + CHUNK : part->blocks;
    for (int64_t i = first; i < end; i++) {
      const char *block = values + i * bytes;
      if (!sp_all_finite(precision, SP_BLOCK, block)) return nonfinite(content, vector, i);
      checksum[i] = sp_block_checksum(precision, block);
    }
    *failed = write_at(descriptor, values + first * bytes, (end - first) * bytes, begin + first * bytes);
  }
  return SP_OK;
}

sp_status sp_part_write(const char *directory, const sp_part *part, const sp_part_content *content) {
  int descriptor = open_direct(directory, part, O_WRONLY), failed = 0;
  if (descriptor < 0) return part_error(directory, part, "cannot be opened", errno);
  sp_status status = SP_OK;
  for (int v = 0; v <= content->state->slots && status == SP_OK; v++) {
    status = write_vector(descriptor, part, content, v, &failed);
  }
  if (status == SP_OK && !failed && fsync(descriptor) != 0) failed = errno;
  if (close(descriptor) != 0 && !failed) failed = errno;
  if (status != SP_OK) return status;
  return failed ? part_error(directory, part, "cannot be written", failed) : SP_OK;
}

static sp_status compare_vector(const char *directory, int descriptor, const sp_part *part,
                                const sp_part_content *content, int vector, char *chunk) {
  const int64_t bytes = block_bytes(content->state->precision);
  const uint64_t *checksum = content->checksum + vector * part->blocks;
  for (int64_t first = 0; first < part->blocks; first += CHUNK) {
    int64_t count = part->blocks - first < CHUNK ? part->blocks - first : CHUNK;
    int failed = read_at(descriptor, chunk, count * bytes, part->offset[vector] + first * bytes);
    if (failed) return part_error(directory, part, "cannot be read back", failed > 0 ? failed : EIO);
    for (int64_t i = 0; i < count; i++) {
      if (sp_block_checksum(content->state->precision, chunk + i * bytes) == checksum[first + i]) continue;
      return sp_fail(SP_ERR_CORRUPT, "%s/%s: the data read back differ from the data written", directory, part->file);
    }
  }
  return SP_OK;
}

sp_status sp_part_read_back(const char *directory, const sp_part *part, const sp_part_content *content) {
  char *chunk;
  SP_TRY(sp_allocate(CHUNK, (size_t)block_bytes(content->state->precision), "reading back", &chunk));
  int descriptor = open_direct(directory, part, O_RDONLY), vectors = 1 + content->state->slots;
  sp_status status = SP_OK;
  if (descriptor < 0) {
    status = part_error(directory, part, "cannot be read back", errno);
  } else {
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);  // read from the disk, not from the page cache
    for (int v = 0; v < vectors && status == SP_OK; v++) {
      status = compare_vector(directory, descriptor, part, content, v, chunk);
    }
    uint64_t frame = 0;
    int failed =
        frame_checksum(descriptor, part, vectors, part->blocks * block_bytes(content->state->precision), &frame);
    if (status == SP_OK && failed)
      status = part_error(directory, part, "cannot be read back", failed > 0 ? failed : EIO);
    if (status == SP_OK && frame != part->frame) {
      status = sp_fail(SP_ERR_CORRUPT, "%s/%s: the data read back differ from the data written", directory, part->file);
    }
    close(descriptor);
  }
  free(chunk);
  return status;
}

// --- reading ------------------------------------------------------------------------------------------------------

/// A file that cannot be read is damaged, unless the system denies access.
static sp_status read_error(const char *directory, const sp_part *part, int failed) {
  switch (failed) {
    case -1: return sp_fail(SP_ERR_CORRUPT, "%s: is truncated", part->file);
    case EIO:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP: return sp_fail(SP_ERR_CORRUPT, "%s: %s", part->file, strerror(failed));
    default: return part_error(directory, part, "cannot be read", failed);
  }
}

sp_status sp_part_check(const char *directory, const sp_snapshot *snapshot, int64_t index) {
  const sp_part *part = &snapshot->layout.part[index];
  int descriptor = open_part(directory, part, O_RDONLY);
  if (descriptor < 0) return read_error(directory, part, errno);
  uint64_t found = 0;
  int failed =
      frame_checksum(descriptor, part, 1 + snapshot->slots, part->blocks * block_bytes(snapshot->precision), &found);
  close(descriptor);
  if (failed) return read_error(directory, part, failed);
  if (found == part->frame) return SP_OK;
  return sp_fail(SP_ERR_CORRUPT, "%s: outside its data sets: checksum differs", part->file);
}

static sp_status check_blocks(const sp_part *part, const sp_snapshot *snapshot, int vector, int64_t first,
                              int64_t blocks, const char *data) {
  for (int64_t i = 0; i < blocks; i++) {
    const char *block = data + i * block_bytes(snapshot->precision);
    if (sp_block_checksum(snapshot->precision, block) == snapshot->checksum[vector][first + i]) continue;
    char text[512];
    return sp_fail(SP_ERR_CORRUPT, "%s: %s: checksum differs", part->file,
                   sp_block_text(&snapshot->table, vector ? snapshot->slot_name[vector - 1] : NULL, first + i, text));
  }
  return SP_OK;
}

static sp_status read_from_range(const char *directory, const sp_block_range *range, const sp_snapshot *snapshot,
                                 int vector, int64_t first, int64_t blocks, char *into) {
  const sp_part *part = &snapshot->layout.part[range->part];
  const int64_t bytes = block_bytes(snapshot->precision);
  const int64_t offset = part->offset[vector] + (range->place + first - range->first) * bytes;
  int descriptor = open_direct(directory, part, O_RDONLY);
  if (descriptor < 0) return read_error(directory, part, errno);
  sp_status status = SP_OK;
  for (int64_t done = 0; done < blocks && status == SP_OK; done += CHUNK) {
    int64_t count = blocks - done < CHUNK ? blocks - done : CHUNK;
    int failed = read_at(descriptor, into + done * bytes, count * bytes, offset + done * bytes);
    status = failed ? read_error(directory, part, failed)
                    : check_blocks(part, snapshot, vector, first + done, count, into + done * bytes);
  }
  close(descriptor);
  return status;
}

sp_status sp_vector_read(const char *directory, const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks,
                         void *into) {
  int64_t bytes = block_bytes(snapshot->precision);
  for (int64_t i = 0; i < snapshot->layout.ranges; i++) {
    const sp_block_range *range = &snapshot->layout.range[i];
    int64_t begin = range->first > first ? range->first : first;
    int64_t end = range->first + range->blocks;
    if (end > first + blocks) end = first + blocks;
    if (begin >= end) continue;
    char *place = (char *)into + (begin - first) * bytes;
    SP_TRY(read_from_range(directory, range, snapshot, vector, begin, end - begin, place));
  }
  return SP_OK;
}
