#include "live_line.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host.h"

#define REDRAW 0.05         /* seconds */
#define LINE_MOST 2048      /* bytes; a column takes up to 3, and colours some more */
#define METER_FLOOR (-54.0) /* dB where a meter begins */

/* ---- Text that counts its columns -------------------------------------------------------------------------------- */

typedef struct {
  char *text;
  size_t size, length;
  int columns;
  bool colour;
} column_text;

static void add_bytes(column_text *out, const char *bytes) {
  size_t count = strlen(bytes);
  if (out->length + count + 1 > out->size) return;
  memcpy(out->text + out->length, bytes, count + 1);
  out->length += count;
}

static void add_cell(column_text *out, const char *character) {
  add_bytes(out, character);
  out->columns++;
}

static void add_colour(column_text *out, const char *code) {
  if (out->colour) add_bytes(out, code);
}

static void add_ascii(column_text *out, const char *text) {
  add_bytes(out, text);
  out->columns += (int)strlen(text);
}

static const char *meter_colour(double decibels) {
  return decibels >= -1 ? "\033[31m" : decibels >= -9 ? "\033[33m" : "\033[32m";
}

/* A bar of `cells` columns that rises to the level; eighths of a cell where the terminal has Unicode. */
static void add_meter(column_text *out, double decibels, int cells, bool unicode) {
  static const char *const EIGHTHS[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  double part = (decibels - METER_FLOOR) / -METER_FLOOR;
  int eighths = part <= 0 ? 0 : part >= 1 ? cells * 8 : (int)(part * cells * 8 + 0.5);
  const char *last = "";
  add_ascii(out, unicode ? "" : "[");
  add_colour(out, "\033[48;5;236m");
  for (int cell = 0; cell < cells; cell++) {
    int filled = eighths - cell * 8 < 0 ? 0 : eighths - cell * 8 > 8 ? 8 : eighths - cell * 8;
    const char *code = meter_colour(METER_FLOOR * (1 - (cell + 1.0) / cells));
    if (code != last) add_colour(out, last = code);
    add_cell(out, unicode ? EIGHTHS[filled] : filled >= 4 ? "#" : ".");
  }
  add_colour(out, "\033[0m");
  add_ascii(out, unicode ? "" : "]");
}

/* ---- What the line says ------------------------------------------------------------------------------------------ */

static void add_field(column_text *out, int columns, bool warn, const char *text) {
  if (out->columns + 2 + (int)strlen(text) > columns) return;
  add_ascii(out, "  ");
  if (warn) add_colour(out, "\033[31m");
  add_ascii(out, text);
  if (warn) add_colour(out, "\033[0m");
}

#define METER_LEAST 4
#define METER_MOST 20
#define FIELDS_WIDTH 62 /* of all fields in usual lengths */

int live_line_format(char *text, size_t size, int columns, bool unicode, bool colour, const host_status *status) {
  column_text out = {.text = text, .size = size, .colour = colour};
  text[0] = 0;
  int meters = status->channels > 1 ? 2 : 1;
  int room = (columns - FIELDS_WIDTH) / meters - 4;
  int cells = room < METER_LEAST ? METER_LEAST : room > METER_MOST ? METER_MOST : room;
  for (int c = 0; c < meters && out.columns + cells + 5 <= columns; c++) {
    double level = status->has_view && (uint32_t)c < status->view.channels ? status->view.peak[c] : 0;
    add_ascii(&out, meters == 1 ? "M " : c == 0 ? "L " : " R ");
    add_meter(&out, status_decibels(level), cells, unicode);
  }
  char field[64];
  double peak = status_peak(status);
  snprintf(field, sizeof field, peak > -100 ? "%5.1f dB" : " -inf dB", peak);
  add_field(&out, columns, peak >= -0.05, field);
  snprintf(field, sizeof field, "%u playing", status->stats.sources_playing);
  add_field(&out, columns, false, field);
  snprintf(field, sizeof field, "%u scheduled", status->stats.sources_scheduled);
  add_field(&out, columns, false, field);
  snprintf(field, sizeof field, "load %.0f%%", status->stats.load * 100);
  add_field(&out, columns, status->stats.load > 0.8, field);
  snprintf(field, sizeof field, "%llu underrun%s", (unsigned long long)status->stats.underruns,
           status->stats.underruns == 1 ? "" : "s");
  add_field(&out, columns, status->stats.underruns > 0, field);
  return out.columns;
}

int live_line_format_load(char *text, size_t size, int columns, const peri_node_load *load) {
  column_text out = {.text = text, .size = size};
  char field[64];
  text[0] = 0;
  snprintf(field, sizeof field, "%6.2f%%", load->load * 100);
  add_field(&out, columns, false, field);
  snprintf(field, sizeof field, "worst %6.2f%%", load->load_peak * 100);
  add_field(&out, columns, false, field);
  add_field(&out, columns, false, status_load_name(load));
  status_load_voices(field, sizeof field, load);
  if (field[0]) add_field(&out, columns, false, field);
  return out.columns;
}

/* ---- The terminal ------------------------------------------------------------------------------------------------ */

/* Asks without setlocale, which would change the C library under the script. */
static bool locale_is_unicode(void) {
  locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
  if (!locale) return false;
  bool unicode = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
  freelocale(locale);
  return unicode;
}

void live_line_open(live_line *line) {
  const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
  *line = (live_line){.unicode = locale_is_unicode(), .colour = !no_colour || !*no_colour};
  line->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
  pthread_mutex_init(&line->lock, NULL);
}

typedef struct {
  int columns, rows;
} terminal_size;

static terminal_size ask_size(void) {
  struct winsize window;
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0;
  return (terminal_size){.columns = known && window.ws_col > 0 ? window.ws_col : 80,
                         .rows = known && window.ws_row > 0 ? window.ws_row : 24};
}

bool live_line_is_due(live_line *line) {
  double now = host_clock();
  if (!line->terminal || now < line->next) return false;
  line->next = now + REDRAW;
  return true;
}

static void wipe(live_line *line) {
  if (line->shown) fputs(line->rows ? "\r\033[J" : "\r\033[K", stderr);
  line->shown = false;
}

static void draw_rows(live_line *line, int columns, const peri_node_load *loads, int count) {
  char text[LINE_MOST];
  for (int k = 0; k < count; k++) {
    live_line_format_load(text, sizeof text, columns, &loads[k]);
    fprintf(stderr, "\n%s\033[K", text);
  }
  if (count < line->rows) fputs("\033[J", stderr); /* there were more */
  if (count) fprintf(stderr, "\033[%dA\r", count);
  line->rows = count;
}

/* The cursor rests at the line's beginning, so that output from elsewhere begins there too. */
static void draw(live_line *line, const char *text, int columns, const peri_node_load *loads, int count) {
  pthread_mutex_lock(&line->lock);
  if (!line->inside_line) {
    fprintf(stderr, "\r%s\033[K\r", text);
    draw_rows(line, columns, loads, count);
    fflush(stderr);
    line->shown = true;
  }
  pthread_mutex_unlock(&line->lock);
}

void live_line_show_status(live_line *line, const host_status *status) {
  char text[LINE_MOST];
  terminal_size size = ask_size();
  int rows = (int)status->load_count < size.rows - 2 ? (int)status->load_count : size.rows - 2;
  live_line_format(text, sizeof text, size.columns - 1, line->unicode, line->colour, status);
  draw(line, text, size.columns - 1, status->loads, rows > 0 ? rows : 0);
}

void live_line_show_progress(live_line *line, double part, const char *message) {
  char text[LINE_MOST] = "";
  column_text out = {.text = text, .size = sizeof text, .colour = line->colour};
  int columns = ask_size().columns, room = columns - (int)strlen(message) - 12, cells = room > 40 ? 40 : room;
  if (part <= 1 && cells > 3) {
    char percent[16];
    int done = (int)(part * cells + 0.5);
    add_colour(&out, "\033[34m");
    for (int cell = 0; cell < cells; cell++) {
      if (cell == done) add_colour(&out, "\033[90m");
      add_cell(&out, line->unicode ? "━" : cell < done ? "=" : "-");
    }
    add_colour(&out, "\033[0m");
    snprintf(percent, sizeof percent, " %3.0f %%  ", part * 100);
    add_ascii(&out, percent);
  }
  if (out.columns + (int)strlen(message) < columns) add_ascii(&out, message);
  draw(line, text, columns, NULL, 0);
}

void live_line_clear(live_line *line) {
  pthread_mutex_lock(&line->lock);
  wipe(line);
  fflush(stderr);
  pthread_mutex_unlock(&line->lock);
}

void live_line_set_inside(live_line *line, bool inside) {
  pthread_mutex_lock(&line->lock);
  line->inside_line = inside;
  pthread_mutex_unlock(&line->lock);
}

void live_line_say(live_line *line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&line->lock);
  wipe(line);
  fputs("perilune: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  pthread_mutex_unlock(&line->lock);
  va_end(arguments);
}
