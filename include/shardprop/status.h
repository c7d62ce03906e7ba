// SPDX-License-Identifier: Apache-2.0
// Status codes, and error messages with the place where they were recorded.
// Public. Includes shardprop/export.h.
// Every fallible function of the library returns sp_status and leaves its outputs untouched on failure.
#ifndef SHARDPROP_STATUS_H
#define SHARDPROP_STATUS_H

#include "shardprop/export.h"

#ifdef __cplusplus
extern "C" {
#endif

// The compiler warns about an ignored status. To ignore one deliberately, write (void) before the call.
#if defined(__cplusplus) && __cplusplus >= 201703L
#define SP_NODISCARD [[nodiscard]]
#elif defined(__clang__)
#define SP_NODISCARD __attribute__((warn_unused_result))
#elif !defined(__cplusplus) && defined(__has_c_attribute)  // gcc 11 accepts the attribute in every version of C
#define SP_NODISCARD [[nodiscard]]
#else
#define SP_NODISCARD
#endif

__extension__ typedef enum SP_NODISCARD sp_status {
  SP_OK = 0,
  SP_ERR_USAGE,      ///< a command line or argument that is not valid
  SP_ERR_CONFIG,     ///< a configuration that is not valid, or does not match the run it is used for
  SP_ERR_DATA,       ///< a data set that is missing, unreadable or does not match the configuration
  SP_ERR_SHAPE,      ///< shapes within a model, or of a model and its data, that do not match
  SP_ERR_IO,         ///< a read or write that failed
  SP_ERR_SPACE,      ///< the disk is full
  SP_ERR_MEMORY,     ///< out of memory, or a size that overflows
  SP_ERR_CORRUPT,    ///< a checkpoint that is damaged or incomplete
  SP_ERR_BUSY,       ///< a run that another job is using
  SP_ERR_NONFINITE,  ///< a loss or gradient that is not finite
  SP_ERR_LIBRARY,    ///< an unexpected failure of a library call
  SP_ERR_DIVERGED,   ///< ranks that hold different bits where they must hold the same
  SP_STOPPED         ///< stopped on request with the state saved; start again to continue
} sp_status;

/// Record a failure and return its code: `return sp_fail(SP_ERR_SHAPE, "layer %s: …", name);`.
/// The message is kept for the calling thread until its next failure. `code` must not be SP_OK.
#define sp_fail(code, ...) sp_fail_at((code), __FILE__, __LINE__, __VA_ARGS__)

/// Prepend "context: " to the message of a failure that is being passed on. Returns `code`; does nothing for SP_OK.
SP_API sp_status sp_context(sp_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Returns the message of the calling thread's last failure ("" when there was none). Valid until its next failure.
SP_API const char *sp_error_message(void);

/// Returns the file and line where that failure was recorded, "file.c:12", for bug reports.
SP_API const char *sp_error_place(void);

/// Returns the exit code for a status: 0 for SP_OK, 2 for wrong usage, configuration or shapes, 75 for SP_STOPPED, else
/// 1.
SP_API int sp_exit_code(sp_status code);

SP_API sp_status sp_fail_at(sp_status code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// Pass a failure on to the caller.
#define SP_TRY(call)                                  \
  do {                                                \
    sp_status sp_try_status = (call);                 \
    if (sp_try_status != SP_OK) return sp_try_status; \
  } while (0)

#ifdef __cplusplus
}
#endif
#endif
