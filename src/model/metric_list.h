// SPDX-License-Identifier: Apache-2.0
// The metrics: one line for each sp_metric_NAME, in the order of the help.
SP_METRIC(accuracy)
SP_METRIC(top_k)
SP_METRIC(precision_recall)
SP_METRIC(auc)
SP_METRIC(mae)
SP_METRIC(rmse)
SP_METRIC(r2)
