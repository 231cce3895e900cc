#include "error_panel.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define LINE_MOST 160 /* characters; canvas_text takes no more */

typedef struct {
  canvas *on; /* NULL: only measure */
  float unit, left, width, y, bottom;
} column;

/* As many characters of `text` as fit the width, at least one; at a space if there is one. */
static size_t fitting(const char *text, size_t length, float scale, float width) {
  char line[LINE_MOST];
  size_t fits = 0, space = 0;
  for (; fits < length && fits + 1 < sizeof line; fits++) {
    line[fits] = text[fits], line[fits + 1] = 0;
    if (fits > 0 && canvas_text_width(scale, line) > width) break;
    if (text[fits] == ' ') space = fits;
  }
  return fits < length && space > 0 ? space : fits;
}

/* A paragraph, wrapped; lines after the first are set in a little more. */
static void put(column *column, float indent, float scale, colour ink, const char *text, size_t length) {
  float height = floorf(CANVAS_TEXT_HEIGHT * scale * 1.75f + 0.5f);
  for (bool first = true; length > 0; first = false) {
    float inset = indent + (first ? 0 : 16 * column->unit);
    size_t count = fitting(text, length, scale, column->width - inset);
    char line[LINE_MOST];
    memcpy(line, text, count);
    line[count] = 0;
    if (column->on && column->y + height <= column->bottom)
      canvas_text(column->on, column->left + inset, floorf(column->y + 0.5f), scale, ink, line);
    column->y += height;
    while (count < length && text[count] == ' ') count++;
    text += count, length -= count;
  }
}

/* The length of "FILE:LINE" at the beginning of an error, or 0. */
static size_t place_length(const char *text, size_t length) {
  for (size_t i = 1; i + 1 < length; i++) {
    if (text[i] != ':' || !isdigit((unsigned char)text[i + 1])) continue;
    size_t end = i + 1;
    while (end < length && isdigit((unsigned char)text[end])) end++;
    if (end + 1 < length && text[end] == ':' && text[end + 1] == ' ') return end;
  }
  return 0;
}

/* Lines about functions that are not the script's: C's, and perilune's own. */
static bool is_foreign(const char *line) {
  return !strncmp(line, "[C]", 3) || !strncmp(line, "perilune.", 9) || !strncmp(line, "...\t", 4);
}

static void put_traceback(column *column, const char *text) {
  float scale = canvas_text_scale(1.5f * column->unit);
  while (*text) {
    size_t length = strcspn(text, "\n"), tabs = strspn(text, "\t");
    colour ink = !tabs || is_foreign(text + tabs) ? INK_FAINT : INK_TEXT;
    put(column, tabs ? 20 * column->unit : 0, scale, ink, text + tabs, length - tabs);
    if (!tabs) column->y += 3 * column->unit;
    text += length + (text[length] == '\n');
  }
}

static void put_error(column *column, const char *text) {
  static const char TRACEBACK[] = "\nstack traceback:";
  const char *trace = strstr(text, TRACEBACK);
  size_t length = trace ? (size_t)(trace - text) : strlen(text), place = place_length(text, length);
  float large = canvas_text_scale(2.5f * column->unit), middle = canvas_text_scale(2 * column->unit);
  put(column, 0, large, INK_RED, place ? text : "error", place ? place : 5);
  column->y += 4 * column->unit;
  const char *message = text + (place ? place + 2 : 0), *end = text + length;
  while (message < end) {
    size_t line = strcspn(message, "\n");
    if (line > (size_t)(end - message)) line = (size_t)(end - message);
    put(column, 0, middle, INK_BRIGHT, message, line);
    message += line + 1;
  }
  if (!trace) return;
  column->y += 12 * column->unit;
  put_traceback(column, trace + 1);
}

void error_panel_draw(canvas *on, float unit, const char *text) {
  float width = (float)on->width, height = (float)on->height;
  float margin = floorf(36 * unit), padding = floorf(26 * unit), bar = floorf(5 * unit);
  column column = {.unit = unit, .left = margin + bar + padding, .width = width - 2 * margin - bar - 2 * padding};
  put_error(&column, text);
  float tall = fminf(column.y + 2 * padding, height - 2 * margin), top = floorf((height - tall) / 2);
  colour shade = INK_GROUND;
  shade.a = 205;
  canvas_fill(on, 0, 0, width, height, shade);
  canvas_panel(on, margin, top, width - 2 * margin, tall, 6 * unit, INK_PANEL);
  canvas_fill(on, margin, top, bar, tall, INK_RED);
  bool whole = column.y + 2 * padding <= tall;
  column.on = on, column.y = top + padding, column.bottom = top + tall - (whole ? padding / 2 : 1.6f * padding);
  put_error(&column, text);
  float low = floorf(top + tall - 1.2f * padding);
  if (!whole)
    canvas_text(on, column.left, low, canvas_text_scale(1.5f * unit), INK_FAINT, "the rest is in the terminal");
}
