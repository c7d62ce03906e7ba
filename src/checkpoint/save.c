// Saving a checkpoint while everybody waits.
// May include: base, comm, exchange/shard.h, checkpoint.
#include <limits.h>
#include <string.h>

#include "checkpoint/directory.h"
#include "checkpoint/saver.h"

sp_status sp_checkpoint_save(const sp_comm *comm, const char *directory, const sp_shards *shards,
                             const sp_state *state) {
  sp_saver_options options = {.directory = directory, .verify = true};
  sp_saver *saver;
  SP_TRY(sp_saver_create(comm, shards, state, &options, &saver));
  sp_status status = sp_saver_reserve(saver);
  if (status == SP_OK) {
    sp_saver_take(saver, state);
    sp_saver_start(saver);
    status = sp_saver_finish(saver);
  }
  sp_saver_free(saver);
  return status;
}
