// SPDX-License-Identifier: Apache-2.0
// Lines for people, on stderr. The level is the library's only global state.
#ifndef SP_BASE_LOG_H
#define SP_BASE_LOG_H

typedef enum sp_log_level { SP_LOG_SILENT, SP_LOG_ERROR, SP_LOG_WARNING, SP_LOG_INFO } sp_log_level;

/// Set the level up to which lines are shown, initially SP_LOG_INFO. Programs of several ranks silence all but one.
void sp_log_set_level(sp_log_level level);
sp_log_level sp_log_get_level(void);

/// Write one line to stderr: "shardprop: …", "shardprop: warning: …", "shardprop: error: …".
void sp_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sp_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sp_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Copy every line, whatever its level, to this file descriptor too (a run's train.log); -1 ends that.
void sp_log_set_copy(int descriptor);

#endif
