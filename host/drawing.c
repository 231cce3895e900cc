#include "drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_TEXT SIZE_MAX
#define TEXT_SCALE 2.0f
#define LINE_HEIGHT 24.0 /* from one line of a text to the next */

struct drawn {
  float left, top, right, bottom; /* of a text the first two alone */
  colour ink;
  size_t text; /* where it begins in `texts`, or NO_TEXT */
};

/* Room for `more` items of `size` bytes behind `used` of them. */
static bool grow(void *items, size_t *room, size_t used, size_t more, size_t size) {
  if (used + more <= *room) return true;
  size_t wanted = *room * 2 > used + more ? *room * 2 : used + more + 64;
  void *grown = realloc(*(void **)items, wanted * size);
  if (!grown) return false;
  *(void **)items = grown;
  *room = wanted;
  return true;
}

static bool add(drawing *drawing, drawn thing) {
  if (!grow(&drawing->things, &drawing->room, drawing->count, 1, sizeof(drawn))) return false;
  drawing->things[drawing->count++] = thing;
  drawing->used = true;
  return true;
}

/* Far outside is as good as a little outside, and fits a float. */
static float within(double at, double most) { return (float)fmin(fmax(at, -most), 2 * most); }

bool drawing_rectangle(drawing *drawing, double x, double y, double width, double height, colour ink) {
  drawn thing = {.ink = ink, .text = NO_TEXT};
  thing.left = within(x, DRAWING_WIDTH), thing.right = within(x + width, DRAWING_WIDTH);
  thing.top = within(y, DRAWING_HEIGHT), thing.bottom = within(y + height, DRAWING_HEIGHT);
  return add(drawing, thing);
}

bool drawing_text(drawing *drawing, double x, double y, const char *text) {
  size_t size = strlen(text) + 1, begin = drawing->texts_length;
  if (!grow(&drawing->texts, &drawing->texts_room, begin, size, 1)) return false;
  memcpy(drawing->texts + begin, text, size);
  double most = 4 * DRAWING_WIDTH; /* a long line may begin far left of what is seen of it */
  drawn thing = {.left = within(x, most), .top = within(y, most), .ink = INK_BRIGHT, .text = begin};
  if (!add(drawing, thing)) return false;
  drawing->texts_length += size;
  return true;
}

void drawing_clear(drawing *drawing) { drawing->count = drawing->texts_length = 0; }

void drawing_free(drawing *drawing) {
  free(drawing->things);
  free(drawing->texts);
  *drawing = (struct drawing){0};
}

/* ---- Onto the canvas --------------------------------------------------------------------------------------------- */

typedef struct {
  canvas *on;
  float left, top, scale;
} place;

static void show_line(const place *place, float x, float y, colour ink, const char *text, size_t length) {
  char line[256];
  if (length >= sizeof line) length = sizeof line - 1;
  memcpy(line, text, length);
  line[length] = 0;
  canvas_text(place->on, floorf(place->left + x * place->scale + 0.5f), floorf(place->top + y * place->scale + 0.5f),
              canvas_text_scale(TEXT_SCALE * place->scale), ink, line);
}

static void show_text(const place *place, const drawn *thing, const char *text) {
  float y = thing->top;
  for (;; y += LINE_HEIGHT) {
    size_t length = strcspn(text, "\n");
    show_line(place, thing->left, y, thing->ink, text, length);
    if (!text[length]) return;
    text += length + 1;
  }
}

static void show_rectangle(const place *place, const drawn *thing) {
  canvas_fill(place->on, place->left + thing->left * place->scale, place->top + thing->top * place->scale,
              (thing->right - thing->left) * place->scale, (thing->bottom - thing->top) * place->scale, thing->ink);
}

void drawing_show(const drawing *drawing, canvas *on, float left, float top, float scale) {
  place place = {on, left, top, scale};
  canvas_clip(on, left, top, DRAWING_WIDTH * scale, DRAWING_HEIGHT * scale);
  for (size_t i = 0; i < drawing->count; i++) {
    const drawn *thing = &drawing->things[i];
    if (thing->text == NO_TEXT)
      show_rectangle(&place, thing);
    else
      show_text(&place, thing, drawing->texts + thing->text);
  }
  canvas_unclip(on);
}
