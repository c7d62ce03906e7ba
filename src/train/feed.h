// SPDX-License-Identifier: Apache-2.0
// The data of a run: training, validation and test rows, with one copy in each node's memory if it fits, and the
// statistics of `standardize`.
#ifndef SP_TRAIN_FEED_H
#define SP_TRAIN_FEED_H

#include "base/text.h"
#include "comm/window.h"
#include "data/row_dataset.h"
#include "model/network.h"
#include "train/run_config.h"

/// A range of a data set's rows.
typedef struct sp_rows {
  sp_dataset *dataset;
  int64_t first, count;
} sp_rows;

typedef struct sp_feed {
  sp_dataset *train, *validation, *test;  ///< validation may be equal to train; NULL: none
  sp_rows train_rows, validation_rows, test_rows;
  sp_window window[3];  ///< memory of the copies
} sp_feed;

/// Parts of a feed. With SP_FEED_WITHOUT_TARGETS the rows need no targets, because they are predicted only.
enum { SP_FEED_TRAINING = 1, SP_FEED_TEST = 2, SP_FEED_WITHOUT_TARGETS = 4 };

/// Open the parts and check them. Collective: yes. Errors: agreed on.
sp_status sp_feed_open(const sp_comm *comm, const sp_run_config *config, int parts, sp_feed *out);
void sp_feed_close(sp_feed *feed);

/// Open the test rows, if the configuration names some, in addition to the training rows, and check that they have the same
/// shapes and types. Reads no rows. Collective: yes.
/// Errors, agreed on: SP_ERR_CONFIG naming the place in the configuration if the rows do not fit; SP_ERR_MEMORY, SP_ERR_IO.
/// The test rows are closed then.
sp_status sp_feed_open_test(const sp_comm *comm, const sp_run_config *config, const sp_network *network, sp_feed *feed);
void sp_feed_close_test(sp_feed *feed);

/// Deliver the columns from now on as the network uses them: as values, as class numbers, or not at all.
/// Collective: yes. Errors: agreed on; SP_ERR_CONFIG for a part that lacks a column which the network uses.
sp_status sp_feed_use(const sp_comm *comm, const sp_run_config *config, sp_feed *feed, const sp_network *network);

/// Check that the network, which was created for the first part of the feed, can compute scores. Collective: no.
/// Errors: SP_ERR_CONFIG naming the column that this part lacks.
sp_status sp_feed_check_scored(const sp_run_config *config, const sp_feed *feed, const sp_network *network);

/// Check that the loss of the network accepts every target, and that weights are finite, at least 0, and not all 0. Each
/// rank checks a share of the rows. Collective: yes. Errors: those of sp_dataset_check, agreed on; SP_ERR_DATA.
sp_status sp_feed_check_columns(const sp_comm *comm, sp_feed *feed, const sp_network *network);

/// Copy the rows into the memory of each node according to data.cache. Collective: yes.
sp_status sp_feed_cache(const sp_comm *comm, const sp_run_config *config, sp_feed *feed);

/// Returns the number of values of the transforms' statistics; 0: there are none.
int64_t sp_feed_moments_size(const sp_feed *feed);

/// Compute the statistics over the training rows, along the lane tree: the same bits on any number of ranks. mean,
/// deviation: (size). Collective: yes. Errors: agreed on; SP_ERR_DATA for values that are too large.
sp_status sp_feed_moments(const sp_comm *comm, const sp_feed *feed, int64_t lanes, double *mean, double *deviation);

/// Set the statistics of all data sets.
void sp_feed_set_moments(sp_feed *feed, const double *mean, const double *deviation);

/// Append one line of text that identifies the columns, shapes and types of the data.
void sp_feed_signature(const sp_feed *feed, sp_text *out);

/// Write one line of text that identifies the contents: fingerprints of training and validation rows, and `chunk_rows` if
/// the row order depends on it (0 otherwise). Collective: yes. Errors: those of sp_dataset_fingerprint, agreed on.
sp_status sp_feed_contents(const sp_comm *comm, const sp_feed *feed, int64_t chunk_rows, char buffer[200]);

#endif
