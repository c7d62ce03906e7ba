// SPDX-License-Identifier: Apache-2.0
// The time limit of a run.
#include "supervise/deadline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

static const double SPARE = 10;  // seconds, for the end of the program and differences between clocks
static const double FARTHEST = 100 * 366 * 86400.0;  // seconds; later times are not accepted

// --- reading ------------------------------------------------------------------------------------------------------

static bool parse_duration(const char *text, double *seconds) {
  static const struct {
    const char *name;
    double seconds;
  } units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400}};
  double number;
  char unit[16];
  int end = 0;
  if (sscanf(text, "%lf %15[a-z]%n", &number, unit, &end) != 2 || text[end]) return false;
  size_t length = strlen(unit);
  if (length > 1 && unit[length - 1] == 's') unit[length - 1] = '\0';
  for (int i = 0; i < 4; i++) {
    if (strcmp(unit, units[i].name) != 0) continue;
    *seconds = number * units[i].seconds;
    return *seconds > 0 && *seconds <= FARTHEST;
  }
  return false;
}

/// Parse a time zone, "Z", "+01:00" or "-0330", to seconds east of Greenwich.
static bool parse_zone(const char *text, long *seconds) {
  char sign;
  unsigned hours, minutes;
  int end = 0;
  *seconds = 0;
  if (strcmp(text, "Z") == 0) return true;
  if (sscanf(text, "%c%2u:%2u%n", &sign, &hours, &minutes, &end) != 3 &&
      sscanf(text, "%c%2u%2u%n", &sign, &hours, &minutes, &end) != 3) {
    return false;
  }
  *seconds = (sign == '-' ? -1 : 1) * (long)(3600 * hours + 60 * minutes);
  return !text[end] && (sign == '+' || sign == '-') && hours < 24 && minutes < 60;
}

static bool parse_calendar(const char *text, double *out) {
  struct tm given = {.tm_isdst = -1};
  char between;
  int end = 0, date = 0;
  if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d%n", &given.tm_year, &given.tm_mon, &given.tm_mday, &between, &given.tm_hour,
             &given.tm_min, &date) != 6 ||
      (between != ' ' && between != 'T')) {
    return false;
  }
  if (sscanf(text + date, ":%2d%n", &given.tm_sec, &end) == 1) date += end;
  given.tm_year -= 1900;
  given.tm_mon -= 1;
  struct tm real = given;
  const char *zone = text + date + strspn(text + date, " ");
  long east = 0;
  if (*zone && !parse_zone(zone, &east)) return false;
  time_t time = *zone ? timegm(&real) : mktime(&real);
  bool exists = real.tm_year == given.tm_year && real.tm_mon == given.tm_mon && real.tm_mday == given.tm_mday &&
                real.tm_min == given.tm_min && real.tm_sec == given.tm_sec;  // no February 30
  *out = (double)time - (double)east;
  return exists;
}

/// Return the time limit that Slurm reports, or infinity if there is none or it is invalid.
static double slurm_end(double now) {
  const char *text = getenv("SLURM_JOB_END_TIME");
  if (!text || !*text) return INFINITY;
  char *end;
  double value = strtod(text, &end);
  if (strspn(text, "0123456789") == strlen(text) && !*end && value > now && value <= now + FARTHEST) return value;
  sp_warn(
      "SLURM_JOB_END_TIME: expected a future time in seconds since 1970, got '%.40s': it is ignored, and the run will "
      "not stop before its time limit",
      text);
  return INFINITY;
}

sp_status sp_deadline_check(const char *text) {
  double end;
  if (strcmp(text, "auto") == 0 || strcmp(text, "none") == 0 || parse_duration(text, &end) ||
      parse_calendar(text, &end)) {
    return SP_OK;
  }
  return sp_fail(SP_ERR_CONFIG,
                 "expected auto, none, a duration like '90 minutes', or a time like '2026-11-21 18:00:00', "
                 "got '%.100s'",
                 text);
}

sp_status sp_deadline_set(const char *text, sp_deadline *out) {
  double now = sp_clock_calendar(), end = INFINITY;
  const char *source = "train.deadline";
  if (strcmp(text, "auto") == 0) {
    source = "SLURM_JOB_END_TIME";
    end = slurm_end(now);
  } else if (parse_duration(text, &end)) {
    end += now;
  } else if (parse_calendar(text, &end) && end <= now) {
    return sp_fail(SP_ERR_CONFIG, "%s has passed: set a later time, or none", text);
  }
  *out = (sp_deadline){.end = end, .source = source};
  return SP_OK;
}

// --- checking -----------------------------------------------------------------------------------------------------

bool sp_deadline_near(sp_deadline *deadline, double saving) {
  if (!(deadline->end < INFINITY)) return false;
  double now = sp_clock_calendar(), passed = deadline->looked > 0 ? now - deadline->looked : 0;
  if (passed > deadline->longest) deadline->longest = passed;
  deadline->looked = now;
  return now + 2 * saving + 2 * deadline->longest + SPARE >= deadline->end;
}

const char *sp_deadline_text(const sp_deadline *deadline, char *buffer) {
  char time_text[40] = "?", left[32];
  time_t end = (time_t)deadline->end;
  struct tm local;
  if (localtime_r(&end, &local)) strftime(time_text, sizeof time_text, "%Y-%m-%d %H:%M:%S", &local);
  double before = deadline->end - sp_clock_calendar();
  snprintf(buffer, 160, "deadline %s (%s), %s %s it", time_text, deadline->source, sp_text_duration(fabs(before), left),
           before >= 0 ? "before" : "after");
  return buffer;
}
