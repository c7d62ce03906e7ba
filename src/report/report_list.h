// SPDX-License-Identifier: Apache-2.0
// The reports of every run, in the order in which they are called: one line for each file NAME.c.
SP_REPORT(train_log)
SP_REPORT(console)
SP_REPORT(metrics_file)
SP_REPORT(status_file)
