// SPDX-License-Identifier: Apache-2.0
// Plots drawn by gnuplot, as SVG and PNG, from a script that contains its data.
#ifndef SP_REPORT_GNUPLOT_H
#define SP_REPORT_GNUPLOT_H

#include <limits.h>
#include <stdbool.h>

#include "base/text.h"
#include "shardprop/status.h"

/// Find gnuplot on PATH. Returns false if it is missing; then sp_gnuplot_draw fails and names the package to install.
bool sp_gnuplot_find(char path[PATH_MAX]);

/// Set `prefix` to the path of the files without their endings: `output` as the user gave it, without such an ending, or
/// followed by `name` if it ends in a /. Creates its directory.
/// Errors: SP_ERR_USAGE if `output` cannot be the start of a path; those of sp_directory_create.
sp_status sp_gnuplot_prefix(const char *output, const char *name, char prefix[PATH_MAX]);

/// Endings of the files of a prefix, the table and the plots: "csv", "svg", "png", NULL.
extern const char *const sp_gnuplot_endings[];

/// Refuse a prefix if one of its files (sp_gnuplot_endings) is the input. Errors: SP_ERR_DATA naming both.
sp_status sp_gnuplot_check_input(const char *prefix, const char *input);

enum { SP_GNUPLOT_SECONDS = 120 };  ///< enough for any plot, even on a busy machine

/// Draw `script` to PREFIX.svg and PREFIX.png, `width` by `height` pixels. Each file is written completely or not at all. The
/// script contains the data in blocks ("$loss << EOD") and sets neither terminal nor output. It is preceded by settings that
/// all plots share: a grid, no border at the top and on the right, line styles 1 to 8 in colours that colour-blind readers
/// can distinguish. gnuplot runs without a shell and without the user's gnuplot settings, and is killed if it takes more than
/// `seconds` for a file.
/// Collective: no; one rank draws. Ownership: borrows its arguments.
/// Errors: SP_ERR_IO or SP_ERR_SPACE: gnuplot is missing, reports an error or does not end, or a file cannot be written;
/// SP_ERR_DATA if the path of a plot is a directory, a device or a pipe.
sp_status sp_gnuplot_draw(const char *script, int width, int height, double seconds, const char *prefix);

/// Append `string` as a string literal of gnuplot that is shown literally as a title, label or key. Bytes that are not UTF-8,
/// which would make an SVG invalid, become U+FFFD.
void sp_gnuplot_add_string(sp_text *script, const char *string);

#endif
