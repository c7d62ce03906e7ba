// SPDX-License-Identifier: Apache-2.0
// Reading of the rows of a CSV file: libcsv handles the quoting, this file counts the lines.
#include "import/csv_reader.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { BLOCK_BYTES = 1 << 20, ROW_LIMIT = 64 << 20, FIELD_LIMIT = 1000000 };

typedef struct reader {
  struct csv_parser parser;
  const char *path;
  sp_csv_each each;
  void *context;
  sp_status status;
  int64_t line, row_line;           // current line, and the first line of its row
  int64_t quote_line, quote_field;  // start of the quoted field that continues on the next line
  char comment;
  bool in_row, after_cr, in_comment;
  sp_text cells;  // cells of the current row, as consecutive C strings
  int64_t count, capacity;
  size_t *start;  // offset of each cell
  const char **cell;
} reader;

// --- callbacks of libcsv ---------------------------------------------------------------------------------------------

static sp_status grow(reader *r) {
  int64_t capacity = r->capacity > 0 ? 2 * r->capacity : 64;
  size_t *start = realloc(r->start, (size_t)capacity * sizeof *start);
  if (start) r->start = start;
  const char **cell = realloc(r->cell, (size_t)capacity * sizeof *cell);
  if (cell) r->cell = cell;
  if (!start || !cell) return sp_fail(SP_ERR_MEMORY, "%s:%lld: out of memory for a row", r->path, (long long)r->line);
  r->capacity = capacity;
  return SP_OK;
}

static void end_cell(void *text, size_t size, void *context) {
  reader *r = context;
  if (r->status != SP_OK) return;
  if (r->count == FIELD_LIMIT) {
    r->status = sp_fail(SP_ERR_DATA, "%s:%lld: found a row of more than %d fields, which is the limit", r->path,
                        (long long)r->row_line, FIELD_LIMIT);
  } else if (r->count == r->capacity) {
    r->status = grow(r);
  }
  if (r->status != SP_OK) return;
  r->start[r->count++] = r->cells.size;
  sp_text_append(&r->cells, text, size);
  sp_text_append(&r->cells, "", 1);
}

static void end_row(int terminator, void *context) {
  (void)terminator;
  reader *r = context;
  if (r->status != SP_OK) return;
  for (int64_t i = 0; i < r->count; i++) r->cell[i] = r->cells.data + r->start[i];
  sp_csv_row row = {.line = r->row_line, .count = r->count, .cell = r->cell};
  r->status = r->each(&row, r->context);
  r->count = 0;
  r->cells.size = 0;
  r->in_row = false;
}

// --- lines --------------------------------------------------------------------------------------------------------

static sp_status parse_failure(reader *r) {
  if (csv_error(&r->parser) != CSV_EPARSE) {
    return sp_fail(SP_ERR_MEMORY, "%s:%lld: out of memory for a row", r->path, (long long)r->line);
  }
  return sp_fail(SP_ERR_DATA,
                 "%s:%lld: found a quote inside a field; enclose such a field in quotes, and double the "
                 "quotes in it",
                 r->path, (long long)r->line);
}

/// Does the piece contain only blanks and a line end? Then it is not a row. A separator is not a blank.
static bool is_empty(const reader *r, const char *piece, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (piece[i] == r->parser.delim_char || !strchr(" \t\r\n", piece[i]) || !piece[i]) return false;
  }
  return true;
}

static sp_status not_closed(const reader *r) {
  return sp_fail(SP_ERR_DATA,
                 "%s:%lld: found a quote that opens a field, but no closing quote before the end of the file or "
                 "within the limit of %d MiB for a row",
                 r->path, (long long)r->quote_line, ROW_LIMIT >> 20);
}

/// Record the line on which a quoted field that is open at the end of a line was opened.
static void note_quote(reader *r) {
  if (!r->parser.quoted) {
    r->quote_line = 0;
  } else if (r->quote_line == 0 || r->quote_field != r->count) {
    r->quote_line = r->line;
    r->quote_field = r->count;
  }
}

/// Parse a piece of one line.
static sp_status parse_piece(reader *r, const char *piece, size_t size) {
  if (!r->in_row && !is_empty(r, piece, size)) {
    r->in_row = true;
    r->row_line = r->line;
  }
  if (memchr(piece, '\0', size)) {
    return sp_fail(SP_ERR_DATA,
                   "%s:%lld: found a NUL byte, expected text in UTF-8 (convert UTF-16 with iconv -f UTF-16 "
                   "-t UTF-8)",
                   r->path, (long long)r->line);
  }
  if (csv_parse(&r->parser, piece, size, end_cell, end_row, r) != size) return parse_failure(r);
  SP_TRY(r->status);
  note_quote(r);
  if (r->cells.size + r->parser.entry_pos <= ROW_LIMIT) return SP_OK;
  if (r->quote_line > 0) return not_closed(r);
  return sp_fail(SP_ERR_DATA, "%s:%lld: found a row of more than %d MiB, which is the limit", r->path,
                 (long long)r->row_line, ROW_LIMIT >> 20);
}

/// Parse a block line by line, so that errors can name the line. The block is followed by a NUL.
static sp_status parse_block(reader *r, const char *block, size_t size) {
  for (size_t at = 0; at < size;) {
    if (block[at] == '\n' && r->after_cr) r->line--;  // the second half of a CRLF
    r->after_cr = false;
    size_t length = 0;
    while (at + length < size && block[at + length] != '\n' && block[at + length] != '\r') length++;
    bool ended = at + length < size;
    if (!r->in_row && !r->in_comment && r->comment) r->in_comment = block[at] == r->comment;
    bool blank = length == 0 && !r->in_row;  // an empty line
    if (!r->in_comment && !blank) SP_TRY(parse_piece(r, block + at, length + ended));
    if (ended) r->in_comment = false;
    at += length + ended;
    if (!ended) break;
    r->line++;
    r->after_cr = block[at - 1] == '\r';
  }
  return SP_OK;
}

/// Reject files that are not text, by their first bytes.
static sp_status check_format(const reader *r, const char *block, int64_t size) {
  static const struct {
    const char *start, *format, *remedy;
  } formats[] = {{"PK\3\4", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"},
                 {"BZh", "a bzip2 file", "unpack it with bunzip2"},
                 {"\xFD"
                  "7zXZ",
                  "an xz file", "unpack it with unxz"},
                 {"\x28\xB5\x2F\xFD", "a Zstandard file", "unpack it with unzstd"},
                 {"PAR1", "a Parquet file", "save it as CSV"},
                 {"\x89HDF", "an HDF5 file", "shardprop train reads it directly"}};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    size_t length = strlen(formats[i].start);
    if ((size_t)size < length || memcmp(block, formats[i].start, length) != 0) continue;
    return sp_fail(SP_ERR_DATA, "%s:1: found %s, expected text, compressed with gzip or not (%s)", r->path,
                   formats[i].format, formats[i].remedy);
  }
  return SP_OK;
}

static sp_status check_start(const reader *r, const char *block, int64_t size, int64_t *mark) {
  SP_TRY(check_format(r, block, size));
  *mark = size >= 3 && memcmp(block, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  if (size >= 2 && (memcmp(block, "\xFF\xFE", 2) == 0 || memcmp(block, "\xFE\xFF", 2) == 0)) {
    return sp_fail(SP_ERR_DATA, "%s:1: found UTF-16, expected UTF-8 (convert it with iconv -f UTF-16 -t UTF-8)",
                   r->path);
  }
  return SP_OK;
}

static sp_status parse_file(reader *r, sp_input *input, char *block) {
  int64_t got, mark;
  for (bool first = true;; first = false) {
    SP_TRY(sp_input_read(input, block, BLOCK_BYTES, &got));
    block[got] = '\0';
    mark = 0;
    if (first) SP_TRY(check_start(r, block, got, &mark));
    SP_TRY(parse_block(r, block + mark, (size_t)(got - mark)));
    if (got < BLOCK_BYTES) break;
  }
  if (csv_fini(&r->parser, end_cell, end_row, r) != 0) return not_closed(r);
  return r->status;
}

sp_status sp_csv_read(sp_input *input, sp_csv_dialect dialect, sp_csv_each each, void *context) {
  reader r = {.path = sp_input_path(input),
              .each = each,
              .context = context,
              .line = 1,
              .row_line = 1,
              .comment = dialect.comment};
  char *block = NULL;
  if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
    return sp_fail(SP_ERR_LIBRARY, "libcsv cannot be initialised");
  csv_set_delim(&r.parser, (unsigned char)dialect.separator);
  csv_set_quote(&r.parser, (unsigned char)dialect.quote);
  csv_set_blk_size(&r.parser, BLOCK_BYTES);  // growth of the buffer for a field: few copies, even of a long field
  sp_status status = sp_allocate(BLOCK_BYTES + 1, 1, "a block of text", &block);
  if (status == SP_OK) status = parse_file(&r, input, block);
  free(block);
  sp_text_free(&r.cells);
  free(r.start);
  free(r.cell);
  csv_free(&r.parser);
  return status;
}
