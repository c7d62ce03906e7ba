// SPDX-License-Identifier: Apache-2.0
// Running gnuplot.
#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/unfinished.h"

extern char **environ;

// The colours of Okabe & Ito 2008, without yellow, which is too light for lines.
static const char style[] =
    "set encoding utf8\n"
    "set border 3 linecolor rgb '#444444'\n"
    "set tics nomirror textcolor rgb '#222222'\n"
    "set grid linecolor rgb '#dddddd' linetype 1 linewidth 1\n"
    "set style line 1 linecolor rgb '#0072b2' linewidth 2 pointtype 7\n"
    "set style line 2 linecolor rgb '#d55e00' linewidth 2 pointtype 7\n"
    "set style line 3 linecolor rgb '#009e73' linewidth 2 pointtype 7\n"
    "set style line 4 linecolor rgb '#cc79a7' linewidth 2 pointtype 7\n"
    "set style line 5 linecolor rgb '#56b4e9' linewidth 2 pointtype 7\n"
    "set style line 6 linecolor rgb '#e69f00' linewidth 2 pointtype 7\n"
    "set style line 7 linecolor rgb '#444444' linewidth 2 pointtype 7\n"
    "set style line 8 linecolor rgb '#999999' linewidth 2 pointtype 7\n"
    "set style increment user\n";

// --- finding it ---------------------------------------------------------------------------------------------------

static bool is_program(const char *path) { return sp_file_regular(path) && access(path, X_OK) == 0; }

bool sp_gnuplot_find(char path[PATH_MAX]) {
  const char *places = getenv("PATH");
  for (const char *place = places; place; place = strchr(place, ':'), place += place != NULL) {
    int length = (int)strcspn(place, ":");  // an empty entry is the working directory
    int size = snprintf(path, PATH_MAX, "%.*s%sgnuplot", length, place, length > 0 ? "/" : "./");
    if (size < PATH_MAX && is_program(path)) return true;
  }
  return false;
}

// --- running it ---------------------------------------------------------------------------------------------------

/// Return an error with gnuplot's message, "line 3: invalid expression", or, if there is none (such as for an unknown
/// option), with the last line that is not empty.
static sp_status failure_of(const char *path, int state, FILE *complaints) {
  char line[256], error[256] = "";
  bool found = false;
  if (WIFSIGNALED(state)) return sp_fail(SP_ERR_IO, "%s: gnuplot was killed by signal %d", path, WTERMSIG(state));
  rewind(complaints);
  while (fgets(line, sizeof line, complaints)) {
    const char *said = line + strspn(line, " ");
    bool numbered = strncmp(said, "line ", 5) == 0;
    if (*said == '\n' || (found && !numbered)) continue;
    found = numbered;
    snprintf(error, sizeof error, ": %.*s", (int)strcspn(said, "\n"), said);
  }
  return sp_fail(SP_ERR_IO, "%s: gnuplot failed with status %d%s", path, WEXITSTATUS(state), error);
}

/// Wait until gnuplot exits, and kill it if it takes too long.
static sp_status wait_for(pid_t child, double seconds, const char *path, int *state) {
  const struct timespec pause = {.tv_nsec = 5000000};
  double started = sp_clock();
  pid_t ended;
  while ((ended = waitpid(child, state, WNOHANG)) == 0 && sp_clock() - started < seconds) nanosleep(&pause, NULL);
  if (ended == child) return SP_OK;
  if (ended < 0) return sp_file_error(path, "waiting for gnuplot failed", errno);
  kill(child, SIGKILL);
  while (waitpid(child, state, 0) < 0 && errno == EINTR) {
  }
  return sp_fail(SP_ERR_IO, "%s: gnuplot took more than %g s and was killed", path, seconds);
}

/// Run gnuplot on `input` and write its output to `beside`, which is renamed to `path` later.
static sp_status run(const char *program, FILE *input, FILE *complaints, double seconds, const char *beside,
                     const char *path) {
  char gnuplot[] = "gnuplot", own_settings_only[] = "--default-settings", standard_input[] = "-";
  char *arguments[] = {gnuplot, own_settings_only, standard_input, NULL};
  posix_spawn_file_actions_t actions;
  pid_t child;
  int state = 0, output = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (output < 0) return sp_file_error(path, "cannot be written", errno);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
  int failed = posix_spawn(&child, program, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(output);
  if (failed) return sp_file_error(program, "cannot be started", failed);
  sp_unfinished_child(child);
  sp_status status = wait_for(child, seconds, path, &state);
  sp_unfinished_child(0);
  SP_TRY(status);
  return state == 0 ? SP_OK : failure_of(path, state, complaints);
}

/// The script is passed in a file, not a pipe, so that writing it cannot block.
static sp_status run_script(const char *program, const char *terminal, const char *script, double seconds,
                            const char *beside, const char *path) {
  FILE *input = tmpfile(), *complaints = tmpfile();
  sp_status status = SP_OK;
  if (!input || !complaints) status = sp_file_error(path, "cannot create a temporary file for gnuplot", errno);
  if (status == SP_OK && (fprintf(input, "%s\n%s%s\n", terminal, style, script) < 0 || fflush(input) != 0)) {
    status = sp_file_error(path, "cannot write a temporary file for gnuplot", errno);
  }
  if (status == SP_OK) {
    rewind(input);
    status = run(program, input, complaints, seconds, beside, path);
  }
  if (input) fclose(input);
  if (complaints) fclose(complaints);
  return status;
}

// --- paths --------------------------------------------------------------------------------------------------------

const char *const sp_gnuplot_endings[] = {"csv", "svg", "png", NULL};

/// Remove the endings of the files that are written, as in "lr.svg", from a prefix.
static void remove_endings(char *prefix) {
  for (const char *const *ending = sp_gnuplot_endings; *ending;) {
    size_t length = strlen(prefix), more = strlen(*ending) + 1;
    bool has = length > more && prefix[length - more] == '.' && strcmp(prefix + length - more + 1, *ending) == 0;
    if (has && prefix[length - more - 1] != '/') {
      prefix[length - more] = '\0';
      ending = sp_gnuplot_endings;
    } else {
      ending++;
    }
  }
}

sp_status sp_gnuplot_prefix(const char *output, const char *name, char prefix[PATH_MAX]) {
  enum { ENDING = 8 };
  char copy[PATH_MAX];
  size_t length = strlen(output);
  if (strcmp(output, "-") == 0) {
    return sp_fail(SP_ERR_USAGE,
                   "--output: expected the start of a path, got '-': standard output is not supported (use ./- for a "
                   "file of that name)");
  }
  bool within = length > 0 && output[length - 1] == '/';
  if (length == 0 || length + strlen(name) >= PATH_MAX - ENDING) {
    return sp_fail(SP_ERR_USAGE, "--output: expected the start of a path of 1 to %zu characters, got %zu",
                   (size_t)PATH_MAX - ENDING - strlen(name) - 1, length);
  }
  snprintf(prefix, PATH_MAX, "%s%s", output, within ? name : "");
  remove_endings(prefix);
  snprintf(copy, sizeof copy, "%s", prefix);
  return sp_directory_create(dirname(copy));
}

sp_status sp_gnuplot_check_input(const char *prefix, const char *input) {
  char path[PATH_MAX];
  for (const char *const *ending = sp_gnuplot_endings; *ending; ending++) {
    if (snprintf(path, sizeof path, "%s.%s", prefix, *ending) >= (int)sizeof path) continue;
    SP_TRY(sp_file_check_output(path, input));
  }
  return SP_OK;
}

// --- drawing ------------------------------------------------------------------------------------------------------

typedef struct format {
  const char *ending, *terminal;
  const char
      *end;  // bytes at the end of a complete file, which are checked because gnuplot does not report a full disk
} format;

static const format formats[] = {{"svg", "svg font 'sans,13'", "</svg>"}, {"png", "pngcairo font 'sans,10'", "IEND"}};
enum { FORMATS = sizeof formats / sizeof *formats };

static sp_status check_whole(const char *beside, const char *path, const char *end) {
  enum { LAST = 16 };
  char last[LAST + 1] = "";
  FILE *file = fopen(beside, "rb");
  if (!file) return sp_file_error(path, "cannot be read", errno);
  bool whole = fseek(file, -LAST, SEEK_END) == 0 && fread(last, 1, LAST, file) == LAST;
  fclose(file);
  for (int i = 0; i < LAST && whole; i++) {
    if (strncmp(last + i, end, strlen(end)) == 0) return SP_OK;
  }
  return sp_fail(SP_ERR_IO, "%s: gnuplot wrote an incomplete file: is the disk full?", path);
}

/// Draw into the temporary file `beside`, which exists afterwards if the status is SP_OK.
static sp_status draw(const char *program, const format *f, const char *script, int width, int height, double seconds,
                      const char *prefix, char beside[SP_FILE_BESIDE]) {
  char path[PATH_MAX], terminal[200];
  if (snprintf(path, sizeof path, "%s.%s", prefix, f->ending) >= (int)sizeof path) {
    return sp_fail(SP_ERR_IO, "%s: the path is too long", prefix);
  }
  SP_TRY(sp_file_begin(path, true, beside));
  snprintf(terminal, sizeof terminal, "set terminal %s size %d,%d enhanced background rgb 'white'", f->terminal, width,
           height);
  sp_status status = run_script(program, terminal, script, seconds, beside, path);
  if (status == SP_OK) status = check_whole(beside, path, f->end);
  if (status != SP_OK) sp_file_abandon(beside);
  return status;
}

/// All files are drawn before the first one is renamed, so that a failure leaves the older ones as they were.
sp_status sp_gnuplot_draw(const char *script, int width, int height, double seconds, const char *prefix) {
  char program[PATH_MAX], beside[FORMATS][SP_FILE_BESIDE];
  if (!sp_gnuplot_find(program)) {
    return sp_fail(SP_ERR_IO,
                   "%s: not drawn: gnuplot is not on PATH (on Debian and Ubuntu: apt-get install "
                   "gnuplot-nox)",
                   prefix);
  }
  int drawn = 0, done = 0;
  sp_status status = SP_OK;
  while (status == SP_OK && drawn < FORMATS) {
    status = draw(program, &formats[drawn], script, width, height, seconds, prefix, beside[drawn]);
    drawn += status == SP_OK;
  }
  while (status == SP_OK && done < drawn) {
    status = sp_file_commit(beside[done]);
    done += status == SP_OK;
  }
  while (done < drawn) sp_file_abandon(beside[done++]);
  return status;
}

void sp_gnuplot_add_string(sp_text *script, const char *string) {
  size_t size;
  sp_text_append(script, "'", 1);
  for (const char *c = string; *c; c += size > 0 ? size : (size_t)1) {
    size = sp_text_character(c);
    if (size != 1) {
      sp_text_append(script, size > 0 ? c : "\xef\xbf\xbd", size > 0 ? size : (size_t)3);
      continue;
    }
    char plain = (unsigned char)*c < ' ' ? ' ' : *c;
    // Characters with a meaning in enhanced text, and the quote, whose usual doubling gnuplot misreads after a quote.
    if (strchr("^_{}@&~\\'", plain)) sp_text_append(script, "\\", 1);
    if (plain == '\'') sp_text_append(script, "'", 1);
    sp_text_append(script, &plain, 1);
  }
  sp_text_append(script, "'", 1);
}
