// SPDX-License-Identifier: Apache-2.0
// Reading and broadcasting a configuration.
#include "run/read_config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

enum { LARGEST_CONFIG = 1 << 20 };

/// Returns whether a path is a readable regular file of acceptable size. Then a failure to read it is one of the file system
/// and may be temporary.
static bool is_fit(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= LARGEST_CONFIG &&
         access(path, R_OK) == 0;
}

sp_status sp_run_read_config(const sp_comm *comm, const char *path, const char *const *overrides, int count,
                             sp_run_config *out) {
  char *text = NULL;
  size_t size = 0;
  sp_status status = comm->rank == 0 ? sp_file_read(path, LARGEST_CONFIG, &text, &size) : SP_OK;
  if (status == SP_ERR_IO)
    status = sp_fail(is_fit(path) ? SP_ERR_IO : SP_ERR_CONFIG, "configuration %s", sp_error_message());
  SP_TRY(sp_comm_agree(comm, status));
  return sp_run_share_config(comm, text, size, path, overrides, count, out);
}

sp_status sp_run_share_config(const sp_comm *comm, char *text, size_t size, const char *source,
                              const char *const *overrides, int count, sp_run_config *out) {
  sp_status status = sp_comm_broadcast_text(comm, &text, &size);
  if (status == SP_OK) status = sp_comm_agree(comm, sp_run_config_read(text, size, source, overrides, count, out));
  free(text);
  return status;
}
