// SPDX-License-Identifier: Apache-2.0
// Pictures through gnuplot: a script that holds its data in, SVG and PNG out.
#ifndef SP_REPORT_GNUPLOT_H
#define SP_REPORT_GNUPLOT_H

#include <limits.h>
#include <stdbool.h>

#include "base/text.h"
#include "shardprop/status.h"

/// Find gnuplot on PATH. false: it is not there; then sp_gnuplot_draw fails with the name of the package to install.
bool sp_gnuplot_find(char path[PATH_MAX]);

/// Where pictures go, without their endings: `output` as the user gave it, with `name` behind it where it ends in a /.
/// Its directory is made.
/// Errors: SP_ERR_USAGE for what is no start of a path; those of sp_directory_create.
sp_status sp_gnuplot_prefix(const char *output, const char *name, char prefix[PATH_MAX]);

/// What the names of the table and the pictures of a prefix end in: "csv", "svg", "png", NULL.
extern const char *const sp_gnuplot_endings[];

/// Refuse a prefix one of whose files (sp_gnuplot_endings) is the input. Errors: SP_ERR_DATA naming both.
sp_status sp_gnuplot_check_input(const char *prefix, const char *input);

enum { SP_GNUPLOT_SECONDS = 120 };  ///< enough for any picture, also on a machine that is very busy

/// Draw `script` to PREFIX.svg and PREFIX.png, of so many pixels; each is whole or not there. The script holds the
/// data, in blocks ("$loss << EOD"), and sets neither terminal nor output. Before it come the settings that all
/// pictures share: a grid, no frame above and to the right, line styles 1 to 8 in colours that colour-blind people
/// can tell apart. No shell takes part, and nobody's own settings of gnuplot are read. A gnuplot that takes more than
/// `seconds` for a picture is ended.
/// Collective: no; one rank draws.  Ownership: borrows all.
/// Errors: SP_ERR_IO or SP_ERR_SPACE: gnuplot is not there, finds an error (told) or does not end, or a file cannot be
/// written; SP_ERR_DATA where a directory, a device or a pipe is in the place of a picture.
sp_status sp_gnuplot_draw(const char *script, int width, int height, double seconds, const char *prefix);

/// Append a string literal of gnuplot that shows `string` as it is, as a title, label or key, whatever is in it;
/// bytes that are no UTF-8, which would spoil an SVG, become U+FFFD.
void sp_gnuplot_add_string(sp_text *script, const char *string);

#endif
